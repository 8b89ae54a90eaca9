// Menus are <details data-menu>: a click elsewhere or Escape closes them. Facets (.sheet) stand open on a wide screen.

function close(menu) {
  menu.open = false;
}

function onClick(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) close(menu);
  }
}

function onKey(event) {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    const held = menu.contains(document.activeElement);
    close(menu);
    if (held) menu.querySelector("summary").focus();
  }
}

export function startMenus() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
}
