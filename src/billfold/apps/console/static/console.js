// What script adds to pages that work without it: live pieces, search as you type, countdowns, copying.
"use strict";

document.documentElement.classList.add("has-script");

function replaceWith(place, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  place.replaceChildren(...parsed.body.childNodes);
}

// A live piece: the server sends it again whenever it changed. What it says is spoken once, when it changes.
for (const region of document.querySelectorAll("[data-live]")) {
  const piece = region.querySelector("[data-live-piece]");
  const status = region.querySelector("[data-live-said]");
  const source = new EventSource(region.dataset.live);
  let first = true;
  source.addEventListener("piece", (event) => {
    const sent = JSON.parse(event.data);
    replaceWith(piece, sent.html);
    const stand = piece.querySelector("[data-state]");
    const changed = stand && region.dataset.stand !== stand.dataset.state;
    if (stand) region.dataset.stand = stand.dataset.state;
    if (changed && !first) arrived(stand.dataset.state);
    if (!first && status && status.textContent !== sent.said) status.textContent = sent.said;
    first = false;
    const next = piece.querySelector("[data-go]");
    if (next) location.assign(next.dataset.go);
    if (sent.over) source.close();
    startCountdowns(piece);
  });
  addEventListener("pagehide", () => source.close());
}

// Each verdict has a sound of its own (frequencies in Hz, one after another); the desk's button turns them off.
const SOUNDS = { accepted: [660, 990], refused: [330, 220], unsure: [440, 440], declined: [392], expired: [294] };
const SOUND_KEY = "billfold-desk-sound";
const soundButton = document.querySelector("[data-sound]");
let audio;

function showSound() {
  soundButton.setAttribute("aria-pressed", String(localStorage.getItem(SOUND_KEY) !== "off"));
}

if (soundButton) {
  showSound();
  soundButton.addEventListener("click", () => {
    localStorage.setItem(SOUND_KEY, localStorage.getItem(SOUND_KEY) === "off" ? "on" : "off");
    showSound();
    if (localStorage.getItem(SOUND_KEY) !== "off") play(SOUNDS.accepted);
  });
}

function play(frequencies) {
  audio ??= new AudioContext();
  audio.resume();
  frequencies.forEach((frequency, number) => {
    const begin = audio.currentTime + number * 0.18;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.17);
  });
}

function arrived(stand) {
  if (soundButton?.getAttribute("aria-pressed") === "true" && SOUNDS[stand]) play(SOUNDS[stand]);
  const byHand = document.querySelector("[data-by-hand]");
  if (byHand && stand === "unsure") byHand.open = true;
}

// A countdown does not speak, but says once that it is about to end.
function say(part, text) {
  const status = part.closest("[data-live]")?.querySelector("[data-live-said]");
  if (status) status.textContent = text;
}

function left(until) {
  return Math.max(0, Math.round((Date.parse(until) - Date.now()) / 1000));
}

function inUnits(number, unit) {
  const format = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(number);
}

function inClock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds >= 86400) return inUnits(Math.floor(seconds / 86400), "day");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

// Countdowns move once a second. A page that clears itself says how long it stays, and can be held.
function startCountdowns(root) {
  for (const timer of root.querySelectorAll("[data-until]")) {
    const show = () => {
      if (!timer.isConnected) return clearInterval(tick);
      const rest = left(timer.dataset.until);
      timer.textContent = inClock(rest);
      if (rest === 60 && timer.dataset.lastMinute) say(timer, timer.dataset.lastMinute);
    };
    const tick = setInterval(show, 1000);
    show();
  }
  for (const bar of root.querySelectorAll("[data-until-bar]")) {
    const show = () => {
      if (!bar.isConnected) return clearInterval(tick);
      bar.value = left(bar.dataset.untilBar);
    };
    const tick = setInterval(show, 1000);
    show();
  }
  for (const clearing of root.querySelectorAll("[data-clears]")) {
    const seconds = clearing.querySelector("[data-seconds]");
    const hold = clearing.querySelector("[data-hold]");
    let rest = Number(clearing.dataset.clears);
    let held = false;
    hold.addEventListener("click", () => {
      held = !held;
      hold.setAttribute("aria-pressed", String(held));
    });
    const tick = setInterval(() => {
      if (!clearing.isConnected) return clearInterval(tick);
      if (held) return;
      rest -= 1;
      seconds.textContent = inUnits(Math.max(0, rest), "second");
      if (rest > 0) return;
      clearInterval(tick);
      clearing.requestSubmit();
    }, 1000);
  }
}
startCountdowns(document);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  } catch {
    field.select();
  }
});

// Search as you type: the same page is asked for, and its results take the place of the old ones.
for (const form of document.querySelectorAll("form[data-search]")) {
  let waiting, asked = 0;
  const ask = async () => {
    const number = ++asked;
    const query = new URLSearchParams(new FormData(form));
    const address = `${form.action}?${query}`;
    const answer = await fetch(address, { headers: { "x-requested-with": "search" } });
    if (number !== asked) return;
    if (!answer.ok || answer.redirected) return location.assign(answer.url);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const results = found.getElementById(form.dataset.search);
    if (!results) return location.assign(address);
    document.getElementById(form.dataset.search).replaceWith(results);
    history.replaceState(null, "", address);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 180);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
}

// A draft's preview follows what is typed and ticked; its fields follow the accepted types.
for (const form of document.querySelectorAll("form[data-draft]")) {
  let waiting, asked = 0;
  const [preview, fields] = form.dataset.draft.split(" ");
  const ask = async (withFields) => {
    const number = ++asked;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "look");
    const answer = await fetch(form.action, { method: "POST", body });
    if (number !== asked || !answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of withFields ? [preview, fields] : [preview]) {
      const part = page.getElementById(id);
      if (part) document.getElementById(id).replaceWith(part);
    }
  };
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    const decides = event.target.matches("[data-accept], [type=radio]");
    waiting = setTimeout(ask, decides ? 0 : 250, event.target.matches("[data-accept]"));
  });
}

// On a narrow screen the menu begins closed; on a wide one, where nothing could open it, it is open. Tablets turn.
const narrow = matchMedia("(max-width: 60rem)");
const fitMenus = () => {
  for (const menu of document.querySelectorAll("details.menu")) menu.open = !narrow.matches;
};
narrow.addEventListener("change", fitMenus);
fitMenus();
