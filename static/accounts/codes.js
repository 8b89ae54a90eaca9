// Recovery codes: print them; a download leaves the page as it is, so its form may be sent again.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

for (const form of document.querySelectorAll("form[data-stays]")) {
  form.addEventListener("submit", () => {
    setTimeout(() => {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    }, 500);
  });
}
