// Tables: the whole row follows its link, arrows move between rows, Enter opens (the link has the focus).

const CONTROLS = "a, button, input, select, textarea, label, summary";

function onClick(event) {
  const row = event.target.closest("tr");
  if (!row || event.target.closest(CONTROLS) || event.defaultPrevented) return;
  const link = row.querySelector(".row-link");
  if (!link || window.getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else link.click();
}

function rowLinks() {
  return [...document.querySelectorAll(".table .row-link")].filter((link) => link.offsetParent !== null);
}

function onKey(event) {
  if ((event.key !== "ArrowDown" && event.key !== "ArrowUp") || event.ctrlKey || event.metaKey || event.altKey) return;
  const focused = document.activeElement;
  const fromSearch = focused.matches("[data-search]") && event.key === "ArrowDown";
  if (!fromSearch && !focused.matches(".row-link")) return;
  const links = rowLinks();
  const next = links[links.indexOf(focused) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.closest("tr").scrollIntoView({ block: "nearest" });
}

export function startTables() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}
