// Live pages. The server renders every part; this module only notices that something happened, asks for the
// parts again, and puts in those that changed. It keeps focus and opened details, and says when it is not connected.
//
// The event stream is read with fetch, not EventSource: an EventSource hears only the kinds of events that are
// named in advance, cannot tell a dead connection from a quiet one, and does not come back after a 503.

const root = document.querySelector("[data-live]");
const SOON = Number(root?.dataset.soon ?? 150); // ms to gather events of one moment
const GAP = Number(root?.dataset.gap ?? 400); // ms at least between two refreshes
const REGULARLY = 5000; // ms: what ends by itself (a pause, a due time) sends no event
const SILENT = 25000; // ms: the server says something every 10 s
const LONGEST_PAUSE = 8000;

const state = { streaming: false, fresh: true, at: new Date() };
const seen = new Map();
const born = new WeakMap();

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function tell() {
  const line = root.querySelector("[data-connection]");
  if (!line) return;
  const live = state.streaming && state.fresh;
  const words = live ? "Live" : `Not connected. This is how it was at ${state.at.toLocaleTimeString()}. Trying again …`;
  line.hidden = false;
  line.dataset.state = live ? "live" : "lost";
  if (line.textContent !== words) line.textContent = words;
}

function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const name = part.dataset.part;
    const old = root.querySelector(`[data-part="${CSS.escape(name)}"]`);
    const source = part.outerHTML;
    if (!old || seen.get(name) === source || isTyped(old, part)) continue;
    seen.set(name, source);
    for (const details of old.querySelectorAll("details[id]")) {
      const same = part.querySelector(`#${CSS.escape(details.id)}`);
      if (same) same.open = details.open;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && [...old.querySelectorAll("summary")].indexOf(focused);
    old.replaceWith(document.adoptNode(part));
    if (!focused) continue;
    const again = focused.id ? document.getElementById(focused.id) : part.querySelectorAll("summary")[place];
    again?.focus({ preventScroll: true });
  }
  state.at = new Date();
}

// Whoever types in a part keeps it, while it is still about the same; a form that is open stays open.
function isTyped(old, part) {
  const same = (old.dataset.of ?? "") === (part.dataset.of ?? "");
  const typing = old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  if (same && (typing || old.querySelector("form.ask:not([hidden])"))) return true;
  if (!same) document.dispatchEvent(new Event("leaving"));
  return false;
}

function age() {
  for (const element of document.querySelectorAll("[data-age]")) {
    if (!born.has(element)) born.set(element, performance.now());
    const seconds = Math.max(0, Math.floor(Number(element.dataset.age) + (performance.now() - born.get(element)) / 1000));
    const two = (n) => String(n).padStart(2, "0");
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    const words = (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(seconds % 60)}`;
    if (element.textContent !== words) element.textContent = words;
  }
}

async function fetchParts() {
  const response = await fetch(root.dataset.fragment, { cache: "no-store", signal: AbortSignal.timeout(10000) });
  if (response.status === 401) location.reload(); // signed out: the server sends us to the sign-in page
  if (!response.ok) throw new Error(`status ${response.status}`);
  swap(await response.text());
  age();
  document.dispatchEvent(new Event("swapped"));
}

let running = null;
let again = false;

function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      try {
        await fetchParts();
        state.fresh = true;
      } catch {
        state.fresh = false;
      }
      tell();
      await wait(GAP);
    } while (again);
    running = null;
  })();
  return running;
}

let timer = 0;
function refreshSoon() {
  timer ||= setTimeout(() => {
    timer = 0;
    refresh();
  }, SOON);
}

function heard(block) {
  const data = block.split("\n").find((line) => line.startsWith("data: "));
  if (!data) return;
  const { lead } = root.dataset;
  document.dispatchEvent(new CustomEvent("news", { detail: JSON.parse(data.slice(6)) }));
  if (!lead || JSON.parse(data.slice(6)).lead_id === lead) refreshSoon();
}

async function follow(alive, signal) {
  const response = await fetch(root.dataset.events, {
    headers: { Accept: "text/event-stream" },
    cache: "no-store",
    signal,
  });
  if (response.status === 401) location.reload();
  if (!response.ok) throw new Error(`status ${response.status}`);
  state.streaming = true;
  refresh(); // what happened while we were away
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(heard);
  }
}

async function listen() {
  let pause = 1000;
  for (;;) {
    const stop = new AbortController();
    let watchdog = 0;
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stop.abort(), SILENT);
    };
    const began = performance.now();
    try {
      alive();
      await follow(alive, stop.signal);
    } catch {
      // said below, and tried again
    }
    clearTimeout(watchdog);
    state.streaming = false;
    tell();
    pause = performance.now() - began > SILENT ? 1000 : Math.min(pause * 1.6, LONGEST_PAUSE);
    await Promise.race([wait(pause), new Promise((done) => addEventListener("online", done, { once: true }))]);
  }
}

async function poll() {
  state.streaming = true;
  while (!root.querySelector("[data-done]")) {
    try {
      await fetchParts();
      state.fresh = true;
    } catch {
      state.fresh = false;
    }
    tell();
    await wait(Number(root.dataset.poll));
  }
  root.querySelector("[data-connection]").hidden = true;
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select(); // no clipboard without https: what is selected can still be copied by hand
    button.textContent = "Selected: copy it now";
    return;
  }
  button.textContent = "Copied";
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

if (root?.dataset.poll) poll();
document.addEventListener("look", refresh);
if (root?.dataset.events) {
  listen();
  setInterval(() => document.hidden || !state.streaming || refresh(), REGULARLY);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
if (root) {
  age();
  setInterval(age, 1000);
}
