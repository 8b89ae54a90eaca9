// Toasts: a click dismisses them, time does too, but not errors, and not while a pointer or the focus rests on them.

const STAYS_MS = 7000;
const UNDO_STAYS_MS = 30000;

function lifetime(toast) {
  const kind = toast.dataset.toast;
  if (kind === "error" || kind === "danger" || kind === "warning") return Infinity;
  return kind === "undo" ? UNDO_STAYS_MS : STAYS_MS;
}

function watch(toast) {
  const stays = lifetime(toast);
  if (stays === Infinity) return;
  const again = () => window.setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) again();
    else toast.remove();
  }, stays);
  again();
}

export function startToasts() {
  document.querySelectorAll("[data-toast]").forEach(watch);
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-toast]")) watch(event.target);
    event.target.querySelectorAll?.("[data-toast]").forEach(watch);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]").remove();
  });
}
