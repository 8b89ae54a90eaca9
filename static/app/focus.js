// Focus: after an action in a list the page comes back with the cursor where it was: on the next step there, in the same
// row or the one after, else on what was said. What was said is announced.

const KEY = "supply.acted";
const WITHIN_MS = 20000;
// Readers hear a live region when it changes, not what stands in it from the start.
const ANNOUNCE_AFTER_MS = 150;
const ROW = "tbody tr, .work > li, .lines > li, .timeline > li";
const TAKES_FOCUS = "a[href], button:not([hidden]), input:not([type=hidden]), select, textarea, summary";

function lists() {
  return [...document.querySelectorAll("main :is(tbody, .work, .lines, .timeline)")];
}

function nameOf(list, index) {
  return list.closest("section[id], [id]:not(main)")?.id || String(index);
}

function remember(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const row = form.closest(ROW);
  if (!row) return;
  const list = row.parentElement;
  const acted = {
    path: location.pathname,
    at: Date.now(),
    list: nameOf(list, lists().indexOf(list)),
    row: [...list.children].indexOf(row),
    first: row.querySelector("a[href]")?.getAttribute("href") || "",
    y: window.scrollY,
  };
  sessionStorage.setItem(KEY, JSON.stringify(acted));
}

function recalled() {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  const acted = kept && JSON.parse(kept);
  return acted && acted.path === location.pathname && Date.now() - acted.at < WITHIN_MS ? acted : null;
}

function stepOf(row) {
  return row.querySelector("form button:not([hidden]), a.button, .work-action summary");
}

// The row's own next step, else that of the next row with one, else the row's name.
function placeFor(row) {
  for (let one = row; one; one = one.nextElementSibling) {
    const step = stepOf(one);
    if (step) return step;
  }
  return row.querySelector(TAKES_FOCUS);
}

function rowFor(acted) {
  const list = lists().find((one, index) => nameOf(one, index) === acted.list);
  if (!list) return null;
  const rows = [...list.children];
  const same = acted.first && rows.find((row) => row.querySelector("a[href]")?.getAttribute("href") === acted.first);
  return same || rows[Math.min(acted.row, rows.length - 1)] || null;
}

function restore(acted) {
  window.scrollTo({ top: acted.y, behavior: "instant" });
  const row = rowFor(acted);
  const step = (row && placeFor(row)) || document.querySelector("[data-toast] button") || document.querySelector("main h1");
  if (!step) return;
  if (step.matches("h1")) step.tabIndex = -1;
  step.focus({ preventScroll: Boolean(row) });
  if (row) row.scrollIntoView({ block: "nearest" });
}

function announce() {
  const said = [...document.querySelectorAll("[data-toasts] [data-toast] > p")].map((one) => one.textContent.trim());
  const region = document.querySelector("[data-announce]");
  if (!said.length || !region) return;
  window.setTimeout(() => { region.textContent = said.join(" "); }, ANNOUNCE_AFTER_MS);
}

export function startFocus() {
  document.addEventListener("submit", remember);
  announce();
  const acted = recalled();
  if (acted && !document.querySelector("[data-error-summary]")) restore(acted);
}
