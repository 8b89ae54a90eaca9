// Scanners that type. A burst of keys too quick for a hand is a scan. Wherever the cursor is, its text goes into the field
// marked data-scan-target, which receives a "scan" event; data-scan-submit also sends the form.
// The separator of GS1 codes (GS, U+001D) arrives as Ctrl+] from many scanners, and is kept.

const PACE_MS = 35;
// Once a burst is under way, a key that falters (a radio scanner's, say) does not end it.
const FALTER_MS = 120;
const UNDER_WAY = 4;
const SHORTEST_SCAN = 6;
const GS = "\u001d";

let burst = "";
let lastAt = -Infinity;
let startField = null;
let startValue = "";
let idle = 0;

function targetField() {
  return [...document.querySelectorAll("[data-scan-target]")].find((field) => !field.disabled && field.offsetParent !== null);
}

function isField(element) {
  return element instanceof HTMLElement && element.matches("input:not([type=checkbox], [type=radio], [type=file]), textarea");
}

function begin(event) {
  burst = "";
  startField = isField(event.target) ? event.target : null;
  startValue = startField ? startField.value : "";
}

function insertSeparator(field) {
  const at = field.selectionStart ?? field.value.length;
  field.setRangeText(GS, at, field.selectionEnd ?? at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function deliver(text) {
  const target = targetField();
  if (!target) return false;
  // What the burst typed into another field is taken out again: nothing typed by a person is lost.
  if (startField && startField !== target) {
    startField.value = startValue;
    startField.dispatchEvent(new Event("input", { bubbles: true }));
  }
  target.focus();
  target.value = text;
  target.dispatchEvent(new Event("input", { bubbles: true }));
  target.dispatchEvent(new Event("change", { bubbles: true }));
  target.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: { text } }));
  if (target.hasAttribute("data-scan-submit") && target.form) target.form.requestSubmit();
  return true;
}

function isScan() {
  return burst.length >= SHORTEST_SCAN;
}

function finish() {
  const text = burst;
  burst = "";
  return deliver(text);
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
    if (finish()) event.preventDefault();
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
    if (isField(event.target)) insertSeparator(event.target);
  }
  burst += char;
  // Some scanners send no Enter: outside any field the pause after a burst ends it.
  if (!startField && isScan()) idle = window.setTimeout(finish, PACE_MS * 3);
}

export function startScanner() {
  document.addEventListener("keydown", onKey, { capture: true });
}
