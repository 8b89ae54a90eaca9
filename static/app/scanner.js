// Scanners that type. A burst of keys too quick for a hand is a scan, and goes where the cursor is:
// - into the field itself where that takes codes (data-scan-here), whose Enter then sends the form;
// - into the field as text, where it is no product's code (a patient's bar code, a reference); its Enter sends nothing;
// - into the page's field for scans (data-scan-target, which gets a "scan" event; data-scan-submit also sends the form) with
//   the cursor in that field or in none, from a field that takes numbers or dates, and wherever a product's code is scanned.
// The separator of GS1 codes (GS, U+001D) arrives as Ctrl+] from many scanners, and is kept.

const PACE_MS = 35;
// Once a burst is under way, a key that falters (a radio scanner's, say) does not end it.
const FALTER_MS = 120;
const UNDER_WAY = 4;
const SHORTEST_SCAN = 6;
const GS = "\u001d";
const PRODUCT_CODE = /^(?:\][A-Za-z]\d)?\u001d?(?:0[12]\d{14}|\(0[12]\)\d{14})/;

let burst = "";
let lastAt = -Infinity;
let startField = null;
let startValue = "";
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
  target.focus();
  target.value = text;
  changed(target);
  target.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: { text } }));
  if (target.hasAttribute("data-scan-submit") && target.form) target.form.requestSubmit();
}

function isScan() {
  return burst.length >= SHORTEST_SCAN;
}

// A GTIN of 12 to 14 digits, by its check digit: every second digit counts three times, from the right.
function isGtin(text) {
  if (!/^\d{12,14}$/.test(text)) return false;
  const sum = [...text].reverse().reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

function staysIn(field, text) {
  if (field === null) return false;
  return field.hasAttribute("data-scan-here") || (takesText(field) && !PRODUCT_CODE.test(text) && !isGtin(text));
}

// Says which of the keys that may end a scan has done its work.
function finish() {
  const text = burst;
  const target = targetField();
  burst = "";
  if (startField !== target && staysIn(startField, text)) {
    const here = startField.hasAttribute("data-scan-here");
    if (here) {
      startField.value = text;
      changed(startField);
    }
    return target && !here ? ["Enter"] : [];
  }
  if (!target) return [];
  deliver(target, text);
  return ["Enter", "Tab"];
}

function charOf(event) {
  if (event.key === "]" && event.ctrlKey) return GS;
  if (event.key === GS) return GS;
  return event.key.length === 1 && !event.ctrlKey && !event.metaKey ? event.key : "";
}

function onKey(event) {
  if (event.key === "Shift" || event.key === "Control" || event.key === "Alt") return;
  window.clearTimeout(idle);
  const quick = event.timeStamp - lastAt < (burst.length < UNDER_WAY ? PACE_MS : FALTER_MS);
  lastAt = event.timeStamp;
  if ((event.key === "Enter" || event.key === "Tab") && quick && isScan()) {
    if (finish().includes(event.key)) event.preventDefault();
    return;
  }
  const char = charOf(event);
  if (!char) {
    burst = "";
    return;
  }
  if (!quick || !burst) begin(event);
  if (char === GS) {
    event.preventDefault();
    if (isField(event.target) && takesText(event.target)) insertSeparator(event.target);
  }
  burst += char;
  // Some scanners send no Enter: outside any field the pause after a burst ends it.
  if (!startField && isScan()) idle = window.setTimeout(finish, PACE_MS * 3);
}

export function startScanner() {
  document.addEventListener("keydown", onKey, { capture: true });
}
