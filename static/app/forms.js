// Forms: − and + beside counts, one submit per click, and the list of errors read first.

function decimals(text) {
  const point = text.search(/[.,]/);
  return point < 0 ? 0 : text.length - point - 1;
}

// Counted in whole steps, so that 0.1 + 0.2 stays 0.3. A comma typed stays a comma.
function stepped(text, step, direction, minimum) {
  const places = Math.max(decimals(text), decimals(step));
  const scale = 10 ** places;
  const now = Math.round((Number(text.replace(",", ".")) || 0) * scale);
  const next = Math.max(now + direction * Math.round(Number(step) * scale), Math.round(minimum * scale));
  const written = (next / scale).toFixed(places);
  return text.includes(",") ? written.replace(".", ",") : written;
}

function onStep(event) {
  const button = event.target.closest("[data-step-by]");
  if (!button) return;
  const control = button.closest("[data-stepper]");
  const input = control.querySelector("input");
  const minimum = Number(input.min || input.dataset.minimum || 0);
  input.value = stepped(input.value.trim(), control.dataset.step || "1", Number(button.dataset.stepBy), minimum);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// The second click of a double click does nothing. The button is not disabled before the form is sent: a disabled button
// would leave its own name and value out.
function onSubmit(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
}

function focusErrors(within) {
  const summary = within.querySelector("[data-error-summary]");
  if (summary) summary.focus();
}

export function startForms() {
  document.addEventListener("click", onStep);
  document.addEventListener("submit", onSubmit);
  // Coming back with the browser's Back, and an answer fetched by htmx, make a form usable again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    if (form) release(form);
  });
  document.addEventListener("htmx:afterSettle", (event) => focusErrors(event.target));
  focusErrors(document);
}
