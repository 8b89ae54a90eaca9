// Scanners that type. A burst of keys too quick for a hand is a scan, and goes where the cursor is:
// - into the field itself where that takes codes (data-scan-here), whose Enter then sends the form; but what stands there
//   already is of another box: the code then goes to the page's field for scans;
// - into the field as text, where it is no product's code (a patient's bar code, a reference); its Enter sends nothing;
// - into the page's field for scans (data-scan-target, which gets a "scan" event; data-scan-submit also sends the form) with
//   the cursor in that field or in none, from a field that takes numbers or dates, and wherever a product's code is scanned;
// - nowhere, where the page has no such field: a number, a date or a choice stays what it was, and nothing is sent.
// The separator of GS1 codes (GS, U+001D) arrives as Ctrl+], as F8 or as an Alt code from many scanners, and is kept. An Enter
// that ends a scan presses no button that happens to have the focus.

const PACE_MS = 35;
// A longer pause parts what was typed before from a scan; a key that falters (a radio scanner's, a busy page's) does not.
const PAUSE_MS = 200;
const SHARE_AT_PACE = 0.7;
const SHORTEST_SCAN = 6;
const GS = "\u001d";
const PRODUCT_CODE = /^(?:\][A-Za-z]\d)?\u001d?(?:0[12]\d{14}|\(0[12]\)\d{14}|(?:17\d{6})?91S[IPS]:)|^https?:\/\/\S+\/01\/\d{8,14}(?!\d)/i;
// Keys that type nothing by themselves: scanners press them to write a sign, or against a locked Caps Lock.
const SILENT = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "Dead", "Process", "Unidentified"]);

let burst = "";
let atPace = 0;
let lastAt = -Infinity;
let startField = null;
let startValue = "";
let altCode = "";
let idle = 0;

function targetField() {
  return [...document.querySelectorAll("[data-scan-target]")].find((field) => !field.disabled && field.offsetParent !== null);
}

function isField(element) {
  return element instanceof HTMLElement && element.matches("input:not([type=checkbox], [type=radio], [type=file]), textarea, select");
}

function takesText(field) {
  return field.matches("textarea, input") && !field.matches("[inputmode=numeric], [inputmode=decimal], [type=number], [type=date], [type=datetime-local]");
}

function begin(event) {
  burst = "";
  atPace = 0;
  startField = isField(event.target) ? event.target : null;
  startValue = startField ? startField.value : "";
}

function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function insertSeparator(field) {
  const at = field.selectionStart ?? field.value.length;
  field.setRangeText(GS, at, field.selectionEnd ?? at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function deliver(target, text) {
  // What the burst typed into another field is taken out again: nothing typed by a person is lost.
  if (startField && startField !== target) {
    startField.value = startValue;
    changed(startField);
  }
  // No button is pressed: a form that came so reads what was scanned, and does no more.
  bring(target, text);
}

function isScan() {
  return burst.length >= SHORTEST_SCAN && atPace >= SHARE_AT_PACE * (burst.length - 1);
}

// A GTIN of 12 to 14 digits, by its check digit: every second digit counts three times, from the right.
function isGtin(text) {
  if (!/^\d{12,14}$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

function isProduct(text) {
  return PRODUCT_CODE.test(text) || isGtin(text);
}

function staysIn(field, text) {
  if (field === null) return false;
  if (field.hasAttribute("data-scan-here")) return !(startValue.trim() && isProduct(text) && targetField());
  return takesText(field) && !isProduct(text);
}

// What a scan makes of a list or a date is nobody's choice, and a product's code is no number.
function isSpoiled(field, text) {
  return field !== null && !takesText(field) && (isProduct(text) || field.matches("select, [type=date], [type=datetime-local]"));
}

// A code in a field for words is there to be looked at, not to send what is half filled in. A list of lines takes the Enter.
function sendsTooSoon(field, text) {
  return isProduct(text) && field.matches("input") && field.form?.method === "post";
}

// As Enter in the field would: the form's first button, which reads what was scanned and does no more.
function sendFrom(field) {
  const first = field.form?.querySelector("button:not([type]), [type=submit]");
  if (first) field.form.requestSubmit(first);
}

// A code read some other way, by the camera say, into a field that takes codes.
export function bring(field, text) {
  field.focus();
  field.value = text;
  changed(field);
  field.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: { text } }));
  if (field.hasAttribute("data-scan-submit")) field.form?.requestSubmit();
  else if (field.hasAttribute("data-scan-here")) sendFrom(field);
}

// Says which of the keys that may end a scan has done its work. Without a key the form is sent from here.
function finish(withoutKey = false) {
  const text = burst;
  const target = targetField();
  burst = "";
  if (startField !== target && staysIn(startField, text)) {
    const here = startField.hasAttribute("data-scan-here");
    if (here) {
      startField.value = text;
      changed(startField);
      if (withoutKey) sendFrom(startField);
    }
    return target && !here ? ["Enter"] : [];
  }
  if (!target && isSpoiled(startField, text)) {
    startField.value = startValue;
    changed(startField);
    return ["Enter", "Tab"];
  }
  if (!target) return startField && !sendsTooSoon(startField, text) ? [] : ["Enter"];
  deliver(target, text);
  return ["Enter", "Tab"];
}

// Some scanners send no Enter: the pause after a burst ends it, unless it may be text that belongs where the cursor is.
function finishLater() {
  const unsure = startField !== null && (startField === targetField() ? !isProduct(burst) : staysIn(startField, burst) && !isProduct(burst));
  if (isScan() && !unsure) idle = window.setTimeout(() => finish(true), PAUSE_MS);
}

// Ctrl+] by the key's sign or, within a scan, by its place: on a German keyboard that key is +, and Ctrl++ enlarges the page.
// AltGr looks like Ctrl and Alt.
function charOf(event) {
  if (event.ctrlKey && !event.altKey && (event.key === "]" || (event.code === "BracketRight" && burst))) return GS;
  if (event.key === GS || (event.key === "F8" && burst)) return GS;
  const alone = !event.metaKey && (!event.ctrlKey || event.altKey);
  return event.key.length === 1 && alone ? event.key : "";
}

function take(char, event) {
  if (char === GS) {
    event.preventDefault();
    if (isField(event.target) && takesText(event.target)) insertSeparator(event.target);
  }
  // A space would press the button that has the focus.
  if (char === " " && burst && !startField) event.preventDefault();
  burst += char;
  finishLater();
}

// Says how long ago the key before was; after a pause something new is typed.
function sinceLast(event) {
  window.clearTimeout(idle);
  const gap = event.timeStamp - lastAt;
  lastAt = event.timeStamp;
  if (gap >= PAUSE_MS) burst = "";
  return gap;
}

function onKey(event) {
  if (event.altKey && !event.ctrlKey && /^Numpad\d$/.test(event.code)) {
    altCode += event.code.slice(-1);
    return;
  }
  if (SILENT.has(event.key)) return;
  // A key held down repeats as quickly as a scanner types.
  if (event.repeat) {
    window.clearTimeout(idle);
    burst = "";
    return;
  }
  const gap = sinceLast(event);
  if ((event.key === "Enter" || event.key === "Tab") && isScan()) {
    if (finish().includes(event.key)) event.preventDefault();
    return;
  }
  const char = charOf(event);
  if (!char) {
    burst = "";
    return;
  }
  if (!burst) begin(event);
  else if (gap < PACE_MS) atPace += 1;
  take(char, event);
}

// Letting go of Alt after digits types the sign of that number.
function onKeyUp(event) {
  if (event.key !== "Alt" || !altCode) return;
  const char = String.fromCharCode(Number(altCode));
  altCode = "";
  sinceLast(event);
  if (!burst) begin(event);
  else atPace += 1;
  take(char, event);
}

export function startScanner() {
  document.addEventListener("keydown", onKey, { capture: true });
  document.addEventListener("keyup", onKeyUp, { capture: true });
}
