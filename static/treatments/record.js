// Ctrl+Enter (or Cmd+Enter) presses the one big button of the form one is in.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
  const main = document.querySelector("[data-main]");
  if (!main || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  main.click();
});
