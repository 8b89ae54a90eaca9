// Counting a location. Each line is sent as soon as it is filled in; while the network is away lines wait in this browser, in their
// order, and are sent once it is back, each once: its key is the same however often it is tried. Without this file the page's
// form keeps all lines together.

const AGAIN_MS = 5000;
const PAUSE_MS = 3000;
const PREFIX = "supply-count:";

const page = document.querySelector("[data-count]");
const said = document.querySelector("[data-count-said]");
const person = (page || said).dataset.person;
const store = `${PREFIX}${person}`;
let sending = false;
let timer = 0;
const pauses = new Map();

function kept() {
  try {
    return JSON.parse(localStorage.getItem(store)) || [];
  } catch {
    return [];
  }
}

function keep(lines) {
  if (lines.length) localStorage.setItem(store, JSON.stringify(lines));
  else localStorage.removeItem(store);
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function words(name, count) {
  const text = count === 1 ? said.dataset[`${name}One`] : said.dataset[`${name}Many`];
  return text.replace("987", count);
}

// What is not sent yet, and what was refused, said where it is heard.
function tell() {
  const lines = kept();
  const refused = lines.filter((line) => line.problem);
  const parts = [];
  if (lines.length > refused.length) parts.push(words("waits", lines.length - refused.length));
  for (const line of refused) parts.push(`${line.name}, ${line.typed}: ${line.problem}`);
  const text = parts.join(" ");
  const place = said.querySelector("[data-count-text]");
  if (place.textContent !== text) place.textContent = text;
  said.querySelector("[data-count-forget]").hidden = !refused.length;
}

function rowOf(id) {
  return page?.querySelector(`[data-line="${id}"]`);
}

function mark(row, state, text) {
  if (!row) return;
  row.dataset.state = state;
  row.querySelector("[data-line-state]").textContent = text;
  progress();
}

function progress() {
  const rows = [...page.querySelectorAll("[data-line]")];
  const done = rows.filter((row) => row.dataset.done || row.dataset.state === "waits").length;
  page.querySelector("progress").value = done;
  page.querySelector("[data-count-done]").textContent = done;
}

function fieldsOf(row) {
  return [...row.querySelectorAll("input:not([type=hidden])")];
}

function stands(row) {
  return fieldsOf(row).map((field) => field.value.trim()).join("|");
}

// Whole: all its fields are filled in, but for the rest that nobody recorded as open.
function isWhole(row) {
  return fieldsOf(row).every((field) => field.value.trim() || mayBeEmpty(field));
}

function mayBeEmpty(field) {
  return /^rest-\d+$/.test(field.name);
}

// Emptied: what was said of it is taken back.
function isEmptied(row) {
  return Boolean(row.dataset.done) && fieldsOf(row).every((field) => !field.value.trim());
}

function changed(row) {
  if (stands(row) === row.dataset.sent || !(isWhole(row) || isEmptied(row))) return;
  row.dataset.sent = stands(row);
  const fields = Object.fromEntries(fieldsOf(row).map((field) => [field.name, field.value.trim()]));
  const line = { key: newKey(), line: row.dataset.line, url: page.dataset.send, fields, at: Date.now(), name: row.dataset.name, typed: stands(row).split("|").filter(Boolean).join(" + ") };
  keep([...kept(), line]);
  mark(row, "waits", "");
  send();
}

function forget(key) {
  keep(kept().filter((line) => line.key !== key));
}

function refuse(line, problem) {
  const row = rowOf(line.line);
  if (row && line.url === page.dataset.send) {
    // It stands in its field still, where it can be put right.
    forget(line.key);
    row.dataset.sent = "";
    mark(row, "problem", problem);
  } else {
    keep(kept().map((one) => (one.key === line.key ? { ...one, problem } : one)));
  }
}

function took(line, answer) {
  forget(line.key);
  const row = line.url === page?.dataset.send ? rowOf(line.line) : null;
  if (!row) return;
  if (answer.counted) row.dataset.done = "yes";
  else delete row.dataset.done;
  row.querySelector("[data-was]").value = answer.was;
  if (!answer.kept) {
    for (const [name, value] of Object.entries(answer.fields)) {
      const field = row.querySelector(`[name="${name}"]`);
      if (field) field.value = value;
    }
    row.dataset.sent = stands(row);
  }
  if (!answer.counted) mark(row, "", page.dataset.back);
  else mark(row, "saved", answer.kept ? page.dataset.saved : page.dataset.since.replace("WHO", answer.by));
}

async function post(line) {
  const body = new FormData();
  body.set("csrf_token", said.dataset.token);
  body.set("form_key", line.key);
  body.set("line", line.line);
  body.set("ago", Math.max(0, Math.floor((Date.now() - line.at) / 1000)));
  for (const [name, value] of Object.entries(line.fields)) body.set(name, value);
  return fetch(line.url, { method: "POST", body, headers: { Accept: "application/json" } });
}

// One at a time, in their order. Returns whether there is one left to try later.
async function sendAll() {
  for (;;) {
    const line = kept().find((one) => !one.problem);
    if (!line) return false;
    let answer;
    try {
      answer = await post(line);
    } catch {
      return true;
    }
    const isOurs = (answer.headers.get("Content-Type") || "").includes("json");
    if (answer.status >= 500 || answer.status === 429 || !isOurs) {
      if (answer.status !== 404) return true;
      refuse(line, said.dataset.gone);
      continue;
    }
    const told = await answer.json();
    if (answer.ok) took(line, told);
    else refuse(line, told.problem || told.detail || said.dataset.gone);
  }
}

async function send() {
  if (sending) return;
  sending = true;
  window.clearTimeout(timer);
  let left = true;
  try {
    left = await sendAll();
  } finally {
    sending = false;
    tell();
    if (left) timer = window.setTimeout(send, AGAIN_MS);
  }
}

function next(row) {
  const rows = [...page.querySelectorAll("[data-line]")];
  const after = rows.slice(rows.indexOf(row) + 1).find((one) => !one.dataset.done) || rows[rows.indexOf(row) + 1];
  return after ? fieldsOf(after)[0] : null;
}

function onKey(event) {
  const row = event.target.closest?.("[data-line]");
  if (event.key !== "Enter" || !row || !event.target.matches("input")) return;
  event.preventDefault();
  const fields = fieldsOf(row);
  const following = fields[fields.indexOf(event.target) + 1];
  const to = following && !mayBeEmpty(following) ? following : next(row);
  if (to) {
    to.focus();
    to.select();
  } else changed(row);
}

function onLeave(event) {
  const row = event.target.closest?.("[data-line]");
  if (!row || row.contains(event.relatedTarget)) return;
  changed(row);
  // Some of it is said: who goes on must know that it is not kept yet.
  if (!isWhole(row) && fieldsOf(row).some((field) => field.value.trim())) mark(row, "problem", page.dataset.part);
}

// Who does not go on to another line has said this one all the same.
function soon(row) {
  if (!row) return;
  window.clearTimeout(pauses.get(row));
  pauses.set(row, window.setTimeout(() => changed(row), PAUSE_MS));
}

function all() {
  for (const row of page.querySelectorAll("[data-line]")) changed(row);
}

function goTo(id) {
  const row = rowOf(id);
  const field = row && fieldsOf(row)[0];
  if (!field) return;
  row.scrollIntoView({ block: "center" });
  field.focus();
  field.select();
}

// Away from the network the list itself is asked: the lot as the code has it, after its product's number.
function here(code) {
  const plain = code.replace(/[^0-9A-Za-z]/g, "").toUpperCase();
  const found = [...page.querySelectorAll("[data-line]")].filter((row) => {
    const lot = row.dataset.lot;
    return lot && (plain === lot || plain.includes(`10${lot}`));
  });
  return found.length === 1 ? found[0].dataset.line : null;
}

async function find(code) {
  const told = page.querySelector("[data-find-said]");
  told.textContent = "";
  let answer = { line: here(code) };
  try {
    const response = await fetch(`${page.dataset.find}?${new URLSearchParams({ code })}`, { headers: { Accept: "application/json" } });
    if (response.ok && !response.redirected) answer = await response.json();
  } catch {
    if (!answer.line) answer = { problem: said.dataset.away };
  }
  if (answer.line) return goTo(answer.line);
  if (answer.add) return location.assign(answer.add);
  told.textContent = answer.problem || said.dataset.away;
}

function startPage() {
  for (const row of page.querySelectorAll("[data-line]")) row.dataset.sent = stands(row);
  // What waits from before stands in its fields again.
  for (const line of kept()) {
    const row = line.url === page.dataset.send && !line.problem ? rowOf(line.line) : null;
    if (!row) continue;
    for (const [name, value] of Object.entries(line.fields)) {
      const field = row.querySelector(`[name="${name}"]`);
      if (field) field.value = value;
    }
    row.dataset.sent = stands(row);
    mark(row, "waits", "");
  }
  page.addEventListener("keydown", onKey);
  page.addEventListener("focusout", onLeave);
  page.addEventListener("input", (event) => soon(event.target.closest("[data-line]")));
  page.addEventListener("click", (event) => soon(event.target.closest("[data-step-by]")?.closest("[data-line]")));
  document.addEventListener("visibilitychange", () => document.hidden && all());
  window.addEventListener("pagehide", all);
  const form = page.querySelector("[data-count-find]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.querySelector("input");
    const code = field.value;
    field.value = "";
    if (code.trim()) find(code);
  });
  // What the form saves whole need not be sent line by line as well.
  page.querySelector("[data-count-form]")?.addEventListener("submit", () => {
    const row = document.activeElement?.closest?.("[data-line]");
    if (row) row.dataset.sent = stands(row);
  });
}

if (page) startPage();
said.querySelector("[data-count-forget]").addEventListener("click", () => {
  keep(kept().filter((line) => !line.problem));
  tell();
});
window.addEventListener("online", send);
tell();
send();
