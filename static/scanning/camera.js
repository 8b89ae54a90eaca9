// The camera as a scanner: a dialog over the page, whose reading goes into the field its button stands in.
// - A reading counts when two frames in a row say the same; of several codes in view the person chooses.
// - The camera is let go while the page is hidden, and taken again afterwards: phones end it behind our back.
// - Where it may not be used a photo of the code is sent to the server instead.
// - In a form that boxes are scanned into it stays open for the next one: the form is sent behind it, as a scanner's Enter would, and
//   the page's content is exchanged for the answer. A code counts again only after it was out of sight. It closes when the page says
//   that all is scanned, and when nothing was for a while.

import { bring } from "../app/scanner.js";

const PACE_MS = 100;
const STILL_AFTER_MS = 6000;
const LONGEST_SIDE = 1280;
const LENS = "supply-lens";
const OUT_OF_SIGHT_MS = 1500;
const SAME_AFTER_MS = 2500;
const UNUSED_MS = 120000;
const TICK_MS = 500;

const sleep = (ms) => new Promise((done) => window.setTimeout(done, ms));

class Camera {
  constructor(dialog, field) {
    this.dialog = dialog;
    this.field = field;
    this.video = this.part("video");
    this.canvas = document.createElement("canvas");
    this.stream = null;
    this.worker = null;
    this.turn = 0;
    this.last = { text: "", at: -Infinity };
    this.tones = null;
  }

  part(name) {
    return this.dialog.querySelector(name);
  }

  say(word) {
    const said = this.part("[data-camera-said]");
    if (said.textContent !== said.dataset[word]) said.textContent = said.dataset[word];
  }

  listen() {
    this.part("[data-camera-close]").addEventListener("click", () => this.dialog.close());
    this.part("[data-camera-done]").addEventListener("click", () => this.dialog.close());
    this.part("[data-camera-done]").hidden = !this.goesOn();
    this.part("[data-camera-again]").addEventListener("click", () => this.start());
    this.part("[data-camera-lens]").addEventListener("click", () => this.otherLens());
    this.part("[data-camera-light]").addEventListener("click", () => this.light());
    this.part("[data-camera-photo] input[type=file]").addEventListener("change", () => this.photo());
    this.onVisible = () => (document.hidden ? this.stop() : this.start());
    document.addEventListener("visibilitychange", this.onVisible);
    this.dialog.addEventListener("close", () => this.end());
  }

  // Whether the field stands in a form that takes box after box.
  goesOn() {
    const field = document.getElementById(this.field);
    return Boolean(field?.hasAttribute("data-scan-submit") && field.form?.method === "post");
  }

  async start() {
    this.stop();
    const turn = ++this.turn;
    this.choices([]);
    this.say("starting");
    try {
      const stream = await this.taken();
      if (turn !== this.turn || !this.dialog.open) return letGo(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      this.part("[data-camera-view]").hidden = false;
      await this.video.play();
      await this.tools();
      await this.read(turn);
    } catch (fault) {
      if (turn === this.turn) this.refused(fault);
    }
  }

  async taken() {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera here", "NotFoundError");
    const video = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };
    const lens = localStorage.getItem(LENS);
    if (lens) video.deviceId = { ideal: lens };
    return navigator.mediaDevices.getUserMedia({ audio: false, video });
  }

  refused(fault) {
    this.stop();
    this.part("[data-camera-view]").dataset.refused = "yes";
    this.say({ NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy" }[fault.name] || "failed");
    this.part("[data-camera-photo] .button").classList.replace("button-secondary", "button-primary");
  }

  // The lens switch and the light show where there is more than one lens, and a light.
  async tools() {
    const [track] = this.stream.getVideoTracks();
    const lenses = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    this.lenses = lenses.map((lens) => lens.deviceId);
    this.part("[data-camera-lens]").hidden = lenses.length < 2;
    const able = track.getCapabilities?.() || {};
    this.part("[data-camera-light]").hidden = !able.torch;
    if (able.focusMode?.includes("continuous")) await track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
  }

  otherLens() {
    const now = this.stream?.getVideoTracks()[0].getSettings().deviceId;
    const next = this.lenses[(this.lenses.indexOf(now) + 1) % this.lenses.length];
    localStorage.setItem(LENS, next);
    return this.start();
  }

  async light() {
    const button = this.part("[data-camera-light]");
    const on = button.getAttribute("aria-pressed") !== "true";
    await this.stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
    button.setAttribute("aria-pressed", String(on));
  }

  async read(turn) {
    this.say("hint");
    let before = "";
    let since = performance.now();
    while (turn === this.turn && this.stream) {
      const inView = await this.codesInView();
      if (turn !== this.turn || !this.stream) return;
      const codes = this.unseen(inView);
      const same = codes.join("\n");
      if (same && same === before) {
        await this.found(codes);
        if (turn !== this.turn) return;
        before = "";
        since = performance.now();
        this.say("hint");
        continue;
      }
      before = same;
      const waited = performance.now() - since;
      if (waited > UNUSED_MS) return this.dialog.close();
      if (inView.length > codes.length) this.say(waited > SAME_AFTER_MS ? "same" : "hint");
      else if (waited > STILL_AFTER_MS) this.say("still");
      await sleep(PACE_MS);
    }
  }

  // The code that was just taken is none until it was out of sight.
  unseen(codes) {
    const now = performance.now();
    const { text, at } = this.last;
    if (!codes.includes(text) || now - at > OUT_OF_SIGHT_MS) return codes;
    this.last.at = now;
    return codes.filter((code) => code !== text);
  }

  async codesInView() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return [];
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const pen = this.canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return this.ask(pen.getImageData(0, 0, this.canvas.width, this.canvas.height));
  }

  ask(frame) {
    this.worker ??= new Worker(new URL("./reader.js", import.meta.url));
    return new Promise((done, failed) => {
      this.worker.onmessage = ({ data }) => (data.fault ? failed(new Error(data.fault)) : done(data.codes.sort()));
      this.worker.onerror = () => failed(new Error("no reader"));
      this.worker.postMessage({ frame }, [frame.data.buffer]);
    });
  }

  async found(codes) {
    navigator.vibrate?.(60);
    if (codes.length === 1) return this.take(codes[0]);
    this.stop();
    const form = new FormData(this.part("[data-camera-photo]"));
    form.delete("photo");
    for (const code of codes) form.append("code", code);
    return this.decide(await this.post(this.part("[data-camera-photo]").dataset.read, form));
  }

  async photo() {
    const form = this.part("[data-camera-photo]");
    if (!form.elements.photo.files.length) return;
    this.stop();
    this.choices([]);
    this.say("reading");
    try {
      this.decide(await this.post(form.action, new FormData(form)));
    } catch {
      this.say("failed");
    }
    form.elements.photo.value = "";
  }

  async post(address, body) {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    return answer.json();
  }

  decide({ codes, problem }) {
    if (problem) {
      this.part("[data-camera-said]").textContent = problem;
      this.part("[data-camera-again]").hidden = false;
    } else if (codes.length === 1) this.take(codes[0].text);
    else this.choices(codes);
  }

  choices(codes) {
    const list = this.part("[data-camera-choices]");
    list.replaceChildren(...codes.map((code) => this.choice(code)));
    list.hidden = !codes.length;
    this.part("[data-camera-again]").hidden = !codes.length;
    if (!codes.length) return;
    this.part("[data-camera-view]").hidden = true;
    this.say("choose");
    list.querySelector("button").focus();
  }

  choice({ text, said }) {
    const row = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-secondary";
    button.textContent = said;
    button.addEventListener("click", () => this.take(text));
    row.append(button);
    return row;
  }

  async take(text) {
    const field = document.getElementById(this.field);
    if (this.goesOn()) return this.takeAndGoOn(field, text);
    this.dialog.close();
    if (field) bring(field, text);
  }

  async takeAndGoOn(field, text) {
    field.value = text;
    this.last = { text, at: performance.now() };
    let page;
    try {
      page = await this.answerTo(field.form);
    } catch {
      page = null;
    }
    if (!this.dialog.open) return;
    // What cannot be shown here is shown as ever: signed out, no network, led on to another page.
    if (!page) {
      this.dialog.close();
      return bring(document.getElementById(this.field) || field, text);
    }
    this.last.at = performance.now();
    if (page.done) return this.finished();
    this.told(page);
    if (!this.stream && !this.part("[data-camera-view]").dataset.refused) await this.start();
  }

  // Sends a form and exchanges the page's content for the answer.
  async answerTo(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (answer.redirected || answer.status >= 500 || !fresh?.querySelector(`[id="${this.field}"]`)) return null;
    document.querySelector("main").replaceWith(document.importNode(fresh, true));
    const said = [...fresh.querySelectorAll("[data-scan-said], [data-error-summary] li")].map((part) => part.textContent.trim());
    return { good: answer.ok, said: said.join(" "), done: Boolean(fresh.querySelector("[data-scan-done]")) };
  }

  told({ good, said }) {
    const told = this.part("[data-camera-told]");
    told.dataset.tone = good ? "good" : "bad";
    told.textContent = said || told.dataset.read;
    told.hidden = false;
    this.sound(good);
    const view = this.part("[data-camera-view]");
    view.dataset.tick = told.dataset.tone;
    window.setTimeout(() => delete view.dataset.tick, TICK_MS);
  }

  // A short high tone for what was taken, a low one for what was not. No sound is no fault.
  sound(good) {
    try {
      this.tones ??= new AudioContext();
      const tone = this.tones.createOscillator();
      const volume = this.tones.createGain();
      volume.gain.value = 0.08;
      tone.frequency.value = good ? 1320 : 220;
      tone.connect(volume).connect(this.tones.destination);
      tone.start();
      tone.stop(this.tones.currentTime + (good ? 0.08 : 0.25));
    } catch {
      this.tones = null;
    }
  }

  finished() {
    this.sound(true);
    this.dialog.close();
    document.querySelector("[data-scan-done]")?.querySelector("button")?.focus();
  }

  stop() {
    this.turn += 1;
    letGo(this.stream);
    this.stream = null;
    this.part("[data-camera-light]").setAttribute("aria-pressed", "false");
  }

  end() {
    this.stop();
    this.worker?.terminate();
    this.tones?.close();
    document.removeEventListener("visibilitychange", this.onVisible);
    this.dialog.remove();
  }
}

function letGo(stream) {
  for (const track of stream?.getTracks() || []) track.stop();
}

// The dialog is on the page for photos, so that no other page carries it.
async function dialogFrom(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return document.importNode(page.querySelector("[data-camera-dialog]").content, true).querySelector("dialog");
}

// So is its style sheet: no other page loads it.
function styled() {
  const href = new URL("./camera.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => {
    sheet.onload = sheet.onerror = done;
    document.head.append(sheet);
  });
}

export async function openCamera(link) {
  if (document.querySelector("dialog.camera")) return;
  const [dialog] = await Promise.all([dialogFrom(link.href), styled()]);
  document.body.append(dialog);
  const camera = new Camera(dialog, link.dataset.camera);
  camera.listen();
  dialog.showModal();
  camera.start();
}
