// Passkeys: asks Supply what to ask the device, asks the device, and sends its answer with the form. Without this file the
// forms are not shown, and an app's code does the same.

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(list) {
  return (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
}

function toCreate(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  };
}

function toGet(options) {
  return { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
}

function answered(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = text(response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said });
}

class Refused extends Error {}

async function question(form) {
  const answer = await fetch(form.dataset.question, { method: "POST", body: new FormData(form) });
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(read.error || form.dataset.cancelled);
  return read;
}

async function ask(form) {
  if (!window.PublicKeyCredential) throw new Refused(form.dataset.unable);
  const options = await question(form);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: toCreate(options) });
  }
  return navigator.credentials.get({ publicKey: toGet(options) });
}

function why(form, error) {
  if (error instanceof Refused) return error.message;
  if (error.name === "InvalidStateError") return form.dataset.known;
  if (error.name === "SecurityError") return form.dataset.elsewhere;
  return form.dataset.cancelled;
}

function say(form, message) {
  const line = form.querySelector("[data-passkey-error]");
  line.textContent = message;
  line.hidden = !message;
}

function keepSignedIn(form) {
  const box = document.querySelector('input[type="checkbox"][name="remember"]');
  if (!box || !box.checked) return;
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name: "remember", value: "y" });
  form.append(input);
}

async function onSubmit(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button[type=submit]");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  say(form, "");
  try {
    form.elements.answer.value = answered(await ask(form));
    keepSignedIn(form);
    // Past the submit event: the form is sent as it stands.
    HTMLFormElement.prototype.submit.call(form);
  } catch (error) {
    say(form, why(form, error));
    button.removeAttribute("aria-busy");
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) form.addEventListener("submit", onSubmit);
