// What script adds to the editor of Cred types: the card as one types, order by arrow keys, nothing lost on the way.
"use strict";

const form = document.getElementById("draft");
const card = document.querySelector("[data-card]");
const said = document.querySelector("[data-card-said]");
const toPublish = document.getElementById("to-publish");

// Colours and art go in by CSSOM: a style attribute does not pass the page's policy.
const chosenPictures = {};

function dress() {
  const piece = card.querySelector("[data-piece]");
  const colour = /^#[0-9a-f]{6}$/;
  const { bg, second, ink } = piece.dataset;
  for (const drawn of card.querySelectorAll(".cred")) {
    if (colour.test(bg) && colour.test(ink)) {
      drawn.style.setProperty("--cred-bg", bg);
      drawn.style.setProperty("--cred-bg-2", second);
      drawn.style.setProperty("--cred-ink", ink);
    }
    if (chosenPictures.art) drawn.style.setProperty("--cred-art", `url("${chosenPictures.art}")`);
    const logo = drawn.querySelector("img.cred__logo");
    if (logo && chosenPictures.logo) logo.src = chosenPictures.logo;
  }
}

// The card as the form would have it. The server draws it, so that there is one way to draw it.
let asked = 0;
let waiting;

async function draw() {
  const number = ++asked;
  const data = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) data.delete(input.name);
  const answer = await fetch(form.dataset.preview, { method: "POST", body: data });
  if (number !== asked || !answer.ok || answer.redirected) return;
  const focused = card.contains(document.activeElement) ? document.activeElement.id : "";
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  card.replaceChildren(...parsed.body.childNodes);
  dress();
  if (focused) document.getElementById(focused)?.focus();
  const heard = card.querySelector("[data-readable-said]").textContent.trim();
  if (said.textContent !== heard) said.textContent = heard;
  const shut = card.querySelector("[data-piece]").dataset.readable === "no";
  if (shut) toPublish.setAttribute("aria-disabled", "true");
  else toPublish.removeAttribute("aria-disabled");
}

function drawSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 200);
}

// Whoever goes to another tab takes what they typed along: it is saved on the way.
let changed = false;
let sending = false;

function carryAlong() {
  for (const link of document.querySelectorAll("a[data-go]")) {
    link.addEventListener("click", (event) => {
      if (!changed || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      form.elements.go.value = link.dataset.go;
      sending = true;
      form.submit();
    });
  }
  form.addEventListener("submit", () => {
    sending = true;
  });
  addEventListener("beforeunload", (event) => {
    if (changed && !sending) event.preventDefault();
  });
}

// Order: the grip moves a field by the arrow keys, and says where it is.
const list = document.querySelector("[data-fields]");
const moved = document.querySelector("[data-moved]");

function nameOf(item) {
  return item.querySelector("[data-field-name]").textContent;
}

function afterMove(item) {
  const items = [...list.children];
  form.elements.order.value = items.map((each) => each.dataset.field).join(",");
  const words = { "{field}": nameOf(item), "{n}": items.indexOf(item) + 1, "{of}": items.length };
  moved.textContent = moved.dataset.said.replace(/\{\w+\}/g, (hole) => words[hole]);
  changed = true;
  drawSoon();
}

function addGrips() {
  for (const item of list.children) {
    const grip = document.createElement("button");
    grip.type = "button";
    grip.className = "iconbtn grip";
    grip.setAttribute("aria-label", moved.dataset.grip.replace("{field}", nameOf(item)));
    const icon = item.querySelector(".moves .icon").cloneNode(true);
    icon.firstElementChild.setAttribute("href", "/static/icons.svg#i-grip-vertical");
    grip.append(icon);
    grip.addEventListener("keydown", (event) => {
      const other = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling }[event.key];
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      if (!other) return;
      if (event.key === "ArrowUp") other.before(item);
      else other.after(item);
      grip.focus();
      afterMove(item);
    });
    item.querySelector(".row").prepend(grip);
  }
}

// What a source does not need is put away.
function showWhatIsNeeded(item) {
  const source = item.querySelector("select[name$='.source']").value;
  for (const part of item.querySelectorAll("[data-for-source]")) part.hidden = part.dataset.forSource !== source;
  const field = item.querySelector("[data-names]");
  if (field.value.trim()) item.querySelector("[data-field-name]").textContent = field.value;
}

function readPicture(input) {
  const note = form.querySelector(`[data-unchecked="${input.dataset.picture}"]`);
  const [file] = input.files;
  note.hidden = !file;
  delete chosenPictures[input.dataset.picture];
  if (!file) return drawSoon();
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    chosenPictures[input.dataset.picture] = reader.result;
    drawSoon();
  });
  reader.readAsDataURL(file);
}

function begin() {
  dress();
  if (list) {
    addGrips();
    for (const item of list.children) showWhatIsNeeded(item);
  }
  for (const button of form.querySelectorAll(".moves [aria-disabled]")) {
    button.addEventListener("click", (event) => event.preventDefault());
  }
  for (const pick of form.querySelectorAll("input[type=color]")) {
    const text = document.getElementById(pick.dataset.for);
    pick.addEventListener("input", () => {
      text.value = pick.value;
    });
    text.addEventListener("input", () => {
      if (/^#[0-9a-fA-F]{6}$/.test(text.value)) pick.value = text.value;
    });
  }
  form.addEventListener("input", (event) => {
    changed = true;
    const item = event.target.closest("[data-field]");
    if (item) showWhatIsNeeded(item);
    if (event.target.dataset.picture) readPicture(event.target);
    else drawSoon();
  });
  card.addEventListener("click", (event) => {
    const link = event.target.closest("[data-preview-state], [data-preview-name]");
    if (!link) return;
    event.preventDefault();
    const { previewState, previewName } = link.dataset;
    if (previewState !== undefined) form.elements.preview_state.value = previewState;
    if (previewName !== undefined) form.elements.preview_name.value = previewName;
    draw();
  });
  carryAlong();
}

if (form) begin();
else if (card) dress();
