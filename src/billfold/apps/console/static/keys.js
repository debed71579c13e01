// Keys of the keyboard: / to the search, g and a letter to go, ? shows them. The page leaves this file out for who
// switched them off (WCAG 2.1.4); none acts while somebody types, or together with another key.
"use strict";

const dialog = document.getElementById("keys");
const places = new Map([...document.querySelectorAll("nav a[data-key]")].map((link) => [link.dataset.key, link]));
const LONGEST_PAUSE_MS = 1500;
let going = 0;

const types = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

for (const [key, link] of places) {
  const term = document.createElement("dt");
  const letters = ["g", key].map((letter) => Object.assign(document.createElement("kbd"), { textContent: letter }));
  term.append(letters[0], " ", letters[1]);
  dialog.querySelector("dl").append(term, Object.assign(document.createElement("dd"), { textContent: link.textContent }));
}

// To the search of this page, else to that of People.
function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else if (places.has("p")) location.assign(`${places.get("p").href}#search`);
}
if (location.hash === "#search") search();

function show() {
  dialog.showModal();
  document.getElementById("keys-title").focus();
}

document.addEventListener("keydown", (event) => {
  const waited = going && Date.now() - going < LONGEST_PAUSE_MS;
  going = 0;
  if (event.ctrlKey || event.altKey || event.metaKey || dialog.open || types(event.target)) return;
  if (event.key === "g" && !waited) going = Date.now();
  else if (waited) {
    const link = places.get(event.key);
    if (link) location.assign(link.href);
  } else if (event.key === "/") {
    event.preventDefault();
    search();
  } else if (event.key === "?") show();
});
