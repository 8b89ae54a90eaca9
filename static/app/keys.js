// Keys: "/" to search, "g" then a letter to go, "?" for help. A link says its letter with data-shortcut.

const SECOND_KEY_WITHIN_MS = 1500;
// A scanner types faster than any hand: a second key this soon after the first is not a shortcut.
const SCANNER_PACE_MS = 35;

let goPressedAt = 0;
let lastKeyAt = -Infinity;

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function focusSearch() {
  const search = document.querySelector("[data-search]");
  if (!search) return false;
  search.focus();
  search.select();
  return true;
}

function goTo(letter) {
  const link = document.querySelector(`a[data-shortcut="${CSS.escape(letter)}"]`);
  if (!link) return false;
  link.click();
  return true;
}

function openHelp() {
  const dialog = document.querySelector("[data-help-dialog]");
  if (dialog && !dialog.open) dialog.showModal();
}

function onKey(event) {
  const sinceLast = event.timeStamp - lastKeyAt;
  lastKeyAt = event.timeStamp;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]") || sinceLast < SCANNER_PACE_MS) return;

  if (goPressedAt && event.timeStamp - goPressedAt < SECOND_KEY_WITHIN_MS) {
    goPressedAt = 0;
    if (goTo(event.key.toLowerCase())) event.preventDefault();
    return;
  }
  goPressedAt = event.key === "g" ? event.timeStamp : 0;
  if (event.key === "/" && focusSearch()) event.preventDefault();
  if (event.key === "?") openHelp();
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) openHelp();
  });
}
