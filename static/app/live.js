// Live search: a list follows what is typed in its search field. The form works without this: it is the same address.

const PAUSE_MS = 180;

let waiting = 0;
let asked = null;

function results() {
  return document.querySelector("[data-live]");
}

function addressOf(form) {
  const given = new FormData(form);
  for (const [name, value] of [...given]) if (!value) given.delete(name);
  const query = new URLSearchParams(given).toString();
  return form.getAttribute("action") + (query ? `?${query}` : "");
}

async function follow(form) {
  const address = addressOf(form);
  asked?.abort();
  asked = new AbortController();
  const region = results();
  region.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asked.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    // Signed out, or an error: the page itself says it better.
    if (!answer.ok || answer.redirected || !fresh) return location.assign(address);
    region.replaceChildren(...fresh.childNodes);
    const lede = document.querySelector(".page-lede");
    const told = page.querySelector(".page-lede");
    if (lede && told) lede.replaceChildren(...told.childNodes);
    history.replaceState(null, "", address);
    document.querySelector("[data-live-said]").textContent = region.querySelector("[data-found]")?.dataset.found || "";
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(address);
    return;
  }
  region.removeAttribute("aria-busy");
}

function onInput(event) {
  const field = event.target;
  if (!field.matches("[data-search]") || !results() || !field.form) return;
  window.clearTimeout(waiting);
  // A scan sends its form by itself, whole.
  waiting = window.setTimeout(() => follow(field.form), PAUSE_MS);
}

export function startLive() {
  if (!results()) return;
  document.addEventListener("input", onInput);
  document.addEventListener("submit", () => window.clearTimeout(waiting));
}
