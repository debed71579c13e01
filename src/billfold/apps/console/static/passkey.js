// Passkeys: a form with data-passkey asks the authenticator first, and sends its answer as a field.
// Source: Web Authentication Level 3, section 5.1; the JSON forms of 5.1.8 are made here, for browsers without them.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const words = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function questionOf(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (options[name]) publicKey[name] = options[name].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  return { publicKey };
}

function answerOf(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = words(credential.response[name]);
  }
  return { id: credential.id, rawId: words(credential.rawId), type: credential.type, response };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.hidden = true;
    continue;
  }
  const said = form.querySelector("[data-passkey-said]");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    said.hidden = true;
    try {
      const asked = await fetch(form.dataset.options, { headers: { accept: "application/json" } });
      if (!asked.ok) throw new Error("no question");
      const question = questionOf(await asked.json());
      const made = await navigator.credentials[form.dataset.passkey](question);
      form.elements.credential.value = JSON.stringify(answerOf(made));
      form.submit();
    } catch (error) {
      button.removeAttribute("aria-busy");
      said.querySelector("span").textContent =
        error.name === "InvalidStateError" ? form.dataset.known : form.dataset.stopped;
      said.hidden = false;
    }
  });
}
