// The agent's console and the simulated phone: keys, forms that are posted, presence, sounds, and the softphone.
//
// What is shown is rendered by the server, and followed by pages.js; nothing here knows the state of a call. A press
// shows at once that it was pressed, the server answers when it is committed, and the parts are asked for again.

const root = document.querySelector("[data-console]");
const phone = document.querySelector("[data-phone]");
const csrf = (root ?? phone).dataset.csrf;
const trouble = document.querySelector("[data-trouble]");
const TYPING = 600; // ms after the last key until what was typed is saved
const POLL = 500; // ms between two looks at the simulated phone

function tell(words) {
  trouble.textContent = words ?? "";
  trouble.hidden = !words;
}

async function ask(does, body) {
  const [method, path] = does.split(" ");
  const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const given = { method, headers, cache: "no-store", signal: AbortSignal.timeout(10000) };
  if (body !== undefined) given.body = JSON.stringify(body);
  const response = await fetch(path, given);
  if (response.status === 401) location.reload();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? `It did not work (${response.status}).`);
  return answer;
}

const look = () => document.dispatchEvent(new Event("look"));

async function press(button, does, body) {
  if (button.getAttribute("aria-busy") === "true") return false;
  button.setAttribute("aria-busy", "true");
  tell();
  try {
    await ask(does, body);
    return true;
  } catch (error) {
    tell(error.name === "TimeoutError" ? "No answer within 10 seconds. Look again before you repeat it." : error.message);
    return false;
  } finally {
    button.removeAttribute("aria-busy");
    look();
  }
}

// ---- buttons, keys, forms -----------------------------------------------------------------------------------------

const fields = (form) => {
  const body = JSON.parse(form.dataset.body ?? "{}");
  for (const one of form.elements) {
    if (!one.name || (one.type === "checkbox" && !one.checked) || one.value === "") continue;
    body[one.name] = one.type === "checkbox" ? true : one.type === "datetime-local" ? new Date(one.value).toISOString() : one.value;
  }
  if ("target" in form.dataset) {
    const [kind, ...name] = body.to.split(":");
    delete body.to;
    body[kind] = name.join(":");
  }
  return body;
};

async function open(form) {
  for (const other of document.querySelectorAll("form.ask")) other.hidden = other !== form || !form.hidden;
  for (const one of document.querySelectorAll("[data-opens]")) {
    one.setAttribute("aria-expanded", String(one.dataset.opens === form.id && !form.hidden));
  }
  if (form.hidden) return;
  form.querySelector("input, select")?.focus();
  const times = form.querySelector("[data-times]");
  if (times) await offerTimes(times);
}

async function offerTimes(select) {
  try {
    const { at, zone } = await ask(`GET ${select.dataset.times}`);
    const say = new Intl.DateTimeFormat(undefined, { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    select.replaceChildren(...at.map((one) => new Option(say.format(new Date(one)), one)));
    if (!at.length) select.replaceChildren(new Option("No lawful time within a week", ""));
  } catch (error) {
    tell(error.message);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { does, opens, phoneAct, act } = { does: button.dataset.do, ...button.dataset };
  if (button.dataset.sure && !confirm(button.dataset.sure)) return;
  if (does) {
    press(button, does, does.startsWith("DELETE") ? undefined : JSON.parse(button.dataset.body ?? "{}")).then(
      (done) => done && "reload" in button.dataset && location.reload(),
    );
  }
  else if (opens) open(document.getElementById(opens));
  else if (phoneAct) softphone?.[phoneAct]();
  else if (act) hand?.act(act, button.dataset.digits);
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.save) event.preventDefault();
  if (!form.dataset.send) return;
  event.preventDefault();
  if (!(await press(form.querySelector("button"), form.dataset.send, fields(form)))) return;
  if ("clears" in form.dataset) form.reset();
  else form.hidden = true;
  document.activeElement?.blur();
  look();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelectorAll("form.ask").forEach((form) => (form.hidden = true));
    document.activeElement?.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select")) return;
  const button = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`)].find((one) => one.offsetParent);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// ---- what is typed is saved ---------------------------------------------------------------------------------------

const waiting = new Map();
const saving = new Map(); // one at a time, so that an older one never comes last

async function save(form) {
  while (saving.has(form)) await saving.get(form);
  clearTimeout(waiting.get(form));
  if (!waiting.delete(form)) return;
  const done = put(form);
  saving.set(form, done);
  await done;
  saving.delete(form);
}

async function put(form) {
  const body = { answers: {}, note: form.elements.note.value };
  for (const one of form.elements) {
    if (one.name?.startsWith("answers.")) body.answers[one.name.slice(8)] = one.value;
  }
  const said = form.querySelector("[data-saved]");
  try {
    await ask(form.dataset.save, body);
    if (!waiting.has(form)) said.textContent = "Saved";
  } catch (error) {
    said.textContent = "";
    tell(`What you typed is not saved. ${error.message}`);
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-save]");
  if (!form) return;
  form.querySelector("[data-saved]").textContent = "…";
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => save(form), TYPING));
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-save]");
  if (form) save(form);
  const fills = event.target.dataset.fills;
  if (fills && event.target.value) document.getElementById(fills).value = event.target.value;
});
document.addEventListener("leaving", () => [...waiting.keys()].forEach(save));

// ---- time ---------------------------------------------------------------------------------------------------------

function countDown() {
  for (const one of document.querySelectorAll("[data-until]")) {
    const left = Math.ceil((new Date(one.dataset.until) - Date.now()) / 1000);
    one.textContent = left > 90 ? `${Math.floor(left / 60)} min` : `${Math.max(left, 0)} s`;
    if (left <= 0 && !one.dataset.over) {
      one.dataset.over = "yes";
      setTimeout(look, 800);
    }
  }
}
setInterval(countDown, 250);

function every(ms, work) {
  const ticker = new Worker((root ?? phone).dataset.ticker);
  ticker.onmessage = work;
  ticker.postMessage(ms);
}

// ---- the offer: a sound, and a notice -----------------------------------------------------------------------------

let sound = null;
let ringing = 0;
let notice = null;

document.addEventListener("pointerdown", () => (sound ??= new AudioContext()), { once: true });
document.addEventListener("keydown", () => (sound ??= new AudioContext()), { once: true });

function tone() {
  if (!sound || sound.state !== "running") return;
  for (const [pitch, at] of [[660, 0], [880, 0.18]]) {
    const [wave, level] = [sound.createOscillator(), sound.createGain()];
    wave.frequency.value = pitch;
    level.gain.setValueAtTime(0.12, sound.currentTime + at);
    level.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + at + 0.16);
    wave.connect(level).connect(sound.destination);
    wave.start(sound.currentTime + at);
    wave.stop(sound.currentTime + at + 0.18);
  }
}

function offers() {
  const offered = document.querySelector("[data-offer]");
  if (!offered === !ringing) return;
  clearInterval(ringing);
  ringing = 0;
  notice?.close();
  document.title = document.title.replace(/^● /, "");
  if (!offered) return;
  tone();
  ringing = setInterval(tone, 1600);
  document.title = `● ${document.title}`;
  if ("Notification" in window && Notification.permission === "granted" && document.hidden) {
    notice = new Notification("A lead for you", { body: offered.dataset.offer, requireInteraction: true });
    notice.onclick = () => window.focus();
  }
}

// ---- the softphone ------------------------------------------------------------------------------------------------
// One interface, two phones: the carrier's voice SDK, or the simulated carrier's stand-in. accept, decline, hangup.

let softphone = null;

const post = (address, path, more = {}) => ask(`POST /simulator/phones/calls${path}`, { address, ...more });

// An offer may be on the page a moment before the phone rings: a key that was pressed then is meant for it.
async function soon(find, read = () => undefined) {
  for (let tries = 0; !find() && tries < 25; tries++) {
    await new Promise((done) => setTimeout(done, 200));
    await read();
  }
  return find();
}

function simulated(address) {
  let calls = [];
  const live = () => calls.find((one) => ["ringing", "in-progress"].includes(one.status));
  const read = async () => ({ calls } = await post(address, ""));
  const act = async (does) => {
    tell();
    try {
      await read();
      const one = await soon(live, read);
      if (!one) return tell("Nobody is on this phone.");
      await post(address, `/${one.sid}/${does}`);
    } catch (error) {
      tell(error.message);
    }
    look();
  };
  every(POLL, async () => {
    try {
      await read();
      shown(live() ? { ringing: "rings", "in-progress": "is on the call" }[live().status] ?? "is ready" : "is ready");
    } catch {
      shown("is not connected");
    }
  });
  return { accept: () => act("answer"), answer: () => act("answer"), decline: () => act("decline"), hangup: () => act("hangup") };
}

async function ofCarrier() {
  await import("/agent/voice-sdk.js"); // the account's own copy: sets window.Twilio
  const fresh = async () => (await ask("GET /v1/agent/token")).token;
  const device = new window.Twilio.Device(await fresh(), { closeProtection: true });
  let call = null;
  device.on("tokenWillExpire", async () => device.updateToken(await fresh()));
  device.on("registered", () => shown("is ready"));
  device.on("unregistered", () => shown("is not connected"));
  device.on("error", (error) => tell(`The phone: ${error.message}`));
  device.on("incoming", (one) => {
    call = one;
    for (const over of ["cancel", "disconnect", "reject"]) one.on(over, () => (call = null));
  });
  await device.register();
  const accept = async () => (await soon(() => call))?.accept();
  const decline = async () => (await soon(() => call))?.reject();
  return { accept, answer: accept, decline, hangup: () => call?.disconnect() };
}

let words = "";
function shown(said) {
  words = said;
  const place = document.querySelector("[data-softphone]");
  if (place) place.textContent = `: the phone ${words}`;
}

async function ring() {
  try {
    const token = await ask("GET /v1/agent/token");
    softphone = token.kind === "simulated" ? simulated(root.dataset.address) : await ofCarrier();
  } catch (error) {
    tell(`The phone in this browser does not work: ${error.message}`);
  }
}

// ---- the simulated phone, on a page of its own --------------------------------------------------------------------

let hand = null;

function inHand() {
  const number = phone.querySelector("input[name=number]");
  const [state, other, heard, keypad] = ["state", "with", "heard", "keypad"].map((name) => phone.querySelector(`[data-${name}]`));
  let now = null;
  const show = (call) => {
    now = call;
    const status = call?.status ?? "idle";
    const is = { ringing: "ringing", "in-progress": "live", queued: "placing" }[status] ?? "idle";
    phone.className = `phone ${is}`;
    const said = { ringing: "Ringing", live: call?.talking ? "Talking" : "Answered", placing: "Being dialled", idle: "Idle" }[is];
    if (state.textContent !== said) state.textContent = said;
    other.textContent = call ? `${call.with}${call.reason ? `: ${call.reason}` : ""}` : "";
    heard.textContent = call?.heard?.join(" ") ?? "";
    heard.hidden = !heard.textContent;
    keypad.hidden = is !== "live";
    for (const one of phone.querySelectorAll(".actions button")) {
      one.hidden = !{ answer: is === "ringing", decline: is === "ringing", hangup: is === "live" }[one.dataset.act];
    }
  };
  const poll = async () => {
    try {
      const { calls } = await post(number.value.trim(), "");
      show(calls.find((one) => ["queued", "ringing", "in-progress"].includes(one.status)));
      tell();
    } catch (error) {
      show(null);
      tell(error.message);
    }
  };
  const act = async (does, digits) => {
    if (!now) return;
    try {
      await post(number.value.trim(), `/${now.sid}/${does}`, digits ? { digits } : {});
    } catch (error) {
      tell(error.message);
    }
    poll();
  };
  every(POLL, poll);
  poll();
  return { act };
}

// ---- begin --------------------------------------------------------------------------------------------------------

if (phone) hand = inHand();
if (root?.dataset.address) {
  const there = () => ask("POST /v1/agent/presence").catch(() => undefined); // pages.js says when we are not connected
  there();
  every(Number(root.dataset.renew), there);
  if (root.dataset.address.startsWith("client:")) {
    // One tab of the browser has the phone; when it is closed, the next one takes it.
    navigator.locks.request("softphone", async () => {
      await ring();
      if (softphone) await new Promise(() => undefined);
    });
    setTimeout(() => softphone || shown("is in another tab"), 3000);
  }
  document.addEventListener("click", () => "Notification" in window && Notification.permission === "default" && Notification.requestPermission(), { once: true });
  document.addEventListener("swapped", () => {
    offers();
    countDown();
    if (words) shown(words);
  });
  document.addEventListener("news", ({ detail }) => {
    if (detail.kind === "call.changed" && detail.data.state === "failed") tell(`It did not work: ${detail.data.action.replaceAll("_", " ")}. ${detail.data.why ?? ""}`);
  });
  offers();
}
