// The diary's week: a session is dragged to another day, or moved by keys: m on it, arrows, Enter. Both send the one form of
// the page, which the Move page answers too. Without this file its link does the same.

// A scanner types faster than any hand: its m moves nothing.
const SCANNER_PACE_MS = 35;

const week = document.querySelector(".diary-week[data-diary]");
const form = document.querySelector("[data-move-form]");
const said = document.querySelector("[data-move-said]");
let moving = null;
let lastKeyAt = -Infinity;

function days() {
  return [...week.querySelectorAll("[data-day]")];
}

function mark(day) {
  days().forEach((one) => one.classList.toggle("diary-target", one === day));
}

function say(text) {
  if (said) said.textContent = text;
}

function send(visit, day) {
  form.action = visit.dataset.move;
  form.elements.planned_on.value = day.dataset.day;
  form.requestSubmit();
}

function stop() {
  if (moving) moving.visit.classList.remove("visit-moving");
  moving = null;
  mark(null);
}

function begin(visit, byKeys) {
  const from = visit.closest("[data-day]");
  moving = { visit, from, to: from, byKeys };
  visit.classList.add("visit-moving");
}

// By keys.

function choose(step) {
  const all = days();
  const next = all[all.indexOf(moving.to) + step];
  if (!next) return;
  moving.to = next;
  mark(next);
  say(next.dataset.name);
  next.scrollIntoView({ block: "nearest" });
}

function onMovingKey(event) {
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(step);
    return;
  }
  const { visit, from, to } = moving;
  stop();
  // Any other key leaves it, and does what it does elsewhere.
  if (event.key === "Enter" || event.key === "Escape") event.preventDefault();
  if (event.key === "Enter" && to !== from) send(visit, to);
  else say(said?.dataset.ended || "");
}

function onKey(event) {
  const sinceLast = event.timeStamp - lastKeyAt;
  lastKeyAt = event.timeStamp;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (moving) {
    onMovingKey(event);
    return;
  }
  const visit = event.target instanceof Element ? event.target.closest("[data-visit]") : null;
  if (event.key !== "m" || !visit || sinceLast < SCANNER_PACE_MS) return;
  event.preventDefault();
  begin(visit, true);
  mark(moving.to);
  say((said?.dataset.begin || "").replace("{name}", visit.dataset.name));
}

// By pointer.

function onDragStart(event) {
  const visit = event.target.closest?.("[data-visit]");
  if (!visit) return;
  begin(visit, false);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", visit.dataset.name);
}

function onDragOver(event) {
  const day = event.target.closest?.("[data-day]");
  if (!moving || !day) return;
  event.preventDefault();
  mark(day);
}

function onDrop(event) {
  const day = event.target.closest?.("[data-day]");
  if (!moving || !day) return;
  event.preventDefault();
  const { visit, from } = moving;
  stop();
  if (day !== from) send(visit, day);
}

function start() {
  for (const visit of week.querySelectorAll("[data-visit]")) {
    visit.draggable = true;
    // A link is dragged by itself otherwise, as its address.
    visit.querySelectorAll("a").forEach((link) => { link.draggable = false; });
  }
  week.addEventListener("dragstart", onDragStart);
  week.addEventListener("dragover", onDragOver);
  week.addEventListener("drop", onDrop);
  week.addEventListener("dragend", stop);
  document.addEventListener("keydown", onKey);
  week.addEventListener("focusout", () => { if (moving?.byKeys) stop(); });
}

// What was acted on is in the address: the cursor is there again.
function focusNamed() {
  const named = location.hash.startsWith("#session-") && document.getElementById(location.hash.slice(1));
  if (named) named.focus();
}

if (week && form) start();
focusNamed();
