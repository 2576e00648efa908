import { PLACES, WORDS } from "./words.js";

const BASE = "/demo/chat";
const LOOK_EVERY_MS = 800;
const LIVE_S = 900;
const STEP = 0.0004; // degrees that a step makes: some 40 m

const at = (id) => document.getElementById(id);
const kept = (name, otherwise) => sessionStorage.getItem(name) ?? otherwise;
let language = kept("language", navigator.language.startsWith("zh") ? "zh" : "en");
let open = Number(kept("open", 0));
let version = "";
let chats = [];
const seen = JSON.parse(kept("seen", "{}"));
const sharing = new Map();

const t = (key) => WORDS[language][key];

async function send(path, said) {
  const answer = await fetch(`${BASE}/${path}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 201 ? answer.json() : null;
}

async function act(name, said = {}) {
  await send(`chats/${open}/${name}`, said);
  await look();
}

// Nothing that is shown ever comes from HTML: texts are text nodes.
function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function dress() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", t(one.dataset.label));
  document.title = `${t("title")} – Linli`;
  at("language").textContent = t("other");
  at("language").lang = language === "zh" ? "en" : "zh-Hans";
  const chosen = at("spot").selectedIndex;
  at("spot").replaceChildren(...PLACES.map((place, number) => make("option", { value: number, textContent: place[language] })));
  at("spot").selectedIndex = Math.max(0, chosen);
  version = "";
}

function place() {
  return { lat: Number(at("lat").value), lon: Number(at("lon").value) };
}

function put({ lat, lon }) {
  at("lat").value = lat.toFixed(5);
  at("lon").value = lon.toFixed(5);
}

function showChats() {
  const key = JSON.stringify([chats, seen, open, language]);
  if (at("chats").dataset.key === key) return;
  at("chats").dataset.key = key;
  const focused = document.activeElement?.dataset?.chat;
  at("chats").replaceChildren(...chats.map((chat) => {
    const fresh = chat.id === open ? 0 : chat.shown - (seen[chat.id] ?? 0);
    const words = chat.title + (fresh > 0 ? ` (${fresh} ${t("fresh")})` : "");
    const button = make("button", { type: "button", textContent: words, onclick: () => choose(chat.id) });
    button.dataset.chat = chat.id;
    if (chat.id === open) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }));
  if (focused) document.querySelector(`[data-chat="${focused}"]`)?.focus();
}

function choose(id) {
  open = id;
  version = "";
  at("log").replaceChildren();
  at("toast").textContent = "";
  sessionStorage.setItem("open", id);
  look();
}

function rowOf(buttons, message) {
  return make("div", { className: "row" }, ...buttons.map((one) => {
    if (one.url) return make("a", { href: one.url, target: "_blank", rel: "noopener", textContent: `${one.text} ↗`, title: t("opens") });
    return make("button", { type: "button", textContent: one.text, onclick: () => act("tap", { label: one.text, message, ...place() }) });
  }));
}

function messageOf(one) {
  const when = new Date(one.at * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
  const item = make("li", { className: one.is_bot ? "bot" : "own" },
    make("p", { className: "who", textContent: one.is_bot ? t("bot") : one.from }));
  if (one.kind === "photo" && one.file) item.append(make("img", { src: `${BASE}/files/${one.file}`, alt: t("photo") }));
  if (one.kind === "voice") item.append(make("audio", { src: `${BASE}/files/${one.file}`, controls: true, ariaLabel: t("voice") }));
  if (one.kind === "document") item.append(make("p", { className: "words", textContent: t("document") }));
  if (one.place) {
    const moves = one.place.live_period ? ` (${t("moving")})` : "";
    item.append(make("p", { className: "words", textContent: `${t("located")}: ${one.place.latitude.toFixed(5)}, ${one.place.longitude.toFixed(5)}${moves}` }));
  }
  if (one.text) item.append(make("p", { className: "words", textContent: one.text }));
  item.append(...one.rows.map((row) => rowOf(row, one.id)));
  item.append(make("p", { className: "when", textContent: one.changed ? `${when}, ${t("changed")}` : when }));
  item.dataset.key = JSON.stringify(one) + language;
  return item;
}

// What stays as it was is left alone, so that a screen reader says what is new and the focus keeps its place.
function showMessages(messages) {
  const log = at("log");
  const before = log.children.length;
  messages.forEach((one, number) => {
    const old = log.children[number];
    if (old?.dataset.key === JSON.stringify(one) + language) return;
    const held = old?.contains(document.activeElement);
    const fresh = messageOf(one);
    if (old) old.replaceWith(fresh); else log.append(fresh);
    if (held) (fresh.querySelector("button, a") ?? at("say")).focus();
  });
  while (log.children.length > messages.length) log.lastChild.remove();
  if (messages.length !== before) at("scroll").scrollTop = at("scroll").scrollHeight;
}

// Without rows: the button that begins a chat.
function showKeyboard(rows) {
  const key = JSON.stringify([open, rows, language]);
  if (at("keyboard").dataset.key === key) return;
  at("keyboard").dataset.key = key;
  const begin = make("button", { type: "button", textContent: t("start"), onclick: () => act("say", { text: "/start" }) });
  at("keyboard").replaceChildren(...(rows ? rows.map((row) => rowOf(row, null)) : [make("div", { className: "row" }, begin)]));
}

function showChat(view) {
  const chat = chats.find((one) => one.id === open);
  version = view.version;
  at("chat-title").textContent = chat.title;
  showMessages(view.messages);
  showKeyboard(view.messages.length === 0 && chat.kind === "private" ? null : view.keyboard);
  at("standing").textContent = view.bot === "blocked" ? t("blocked") : view.messages.length === 0 ? t("begin") : "";
  at("block").textContent = view.bot === "blocked" ? t("unblock") : t("block");
  at("block").onclick = () => act(view.bot === "blocked" ? "unblock" : "block");
  at("toast").textContent = view.tap?.waits ? "…" : view.tap?.text ?? "";
  at("speaks-now").value = chat.language ?? "en";
  at("speaks-now").disabled = chat.kind !== "private";
  at("walk").disabled = at("stop").disabled = !sharing.has(open);
}

// One look at a time: whoever asks meanwhile gets a look that began after they asked.
let looking = Promise.resolve();
let waiting = null;
function look() {
  waiting ??= looking.then(() => { waiting = null; looking = lookNow(); return looking; });
  return waiting;
}

async function lookNow() {
  const wanted = open;
  try {
    const found = await (await fetch(`${BASE}/chats`)).json();
    if (open !== wanted) return;
    chats = found;
    if (!chats.some((chat) => chat.id === open)) open = chats[0]?.id ?? 0;
    const chat = chats.find((one) => one.id === open);
    if (chat) {
      const answer = await fetch(`${BASE}/chats/${open}?version=${encodeURIComponent(version)}`);
      const view = answer.status === 200 ? await answer.json() : null;
      if (open !== chat.id) return;
      if (view) showChat(view);
      seen[open] = chat.shown;
      sessionStorage.setItem("seen", JSON.stringify(seen));
    }
    showChats();
  } catch {
    at("standing").textContent = t("lost");
    version = "";
  }
}

async function share(live) {
  await act("place", { ...place(), accuracy_m: 12, live_s: live ? LIVE_S : null });
  if (!live) return;
  const view = await (await fetch(`${BASE}/chats/${open}`)).json();
  sharing.set(open, view.messages.findLast((one) => one.place && !one.is_bot).id);
  version = "";
  await look();
}

at("language").onclick = () => {
  language = language === "zh" ? "en" : "zh";
  sessionStorage.setItem("language", language);
  dress();
  look();
};
at("new-person").onsubmit = async (event) => {
  event.preventDefault();
  const { id } = await send("people", { name: at("name").value, language: at("speaks").value });
  at("name").value = "";
  choose(id);
};
at("new-group").onclick = async () => {
  const founder = chats.find((chat) => chat.kind === "private");
  const { id } = await send("groups", { title: t("groupName"), as: founder.id });
  choose(id);
};
at("write").onsubmit = async (event) => {
  event.preventDefault();
  const text = at("say").value.trim();
  at("say").value = "";
  if (text) await act("say", { text });
};
at("file").onchange = async () => {
  const [file] = at("file").files;
  if (!file) return;
  await fetch(`${BASE}/chats/${open}/photo`, { method: "POST", headers: { "Content-Type": file.type }, body: file });
  at("file").value = "";
  await look();
};
at("sample-photo").onclick = () => act("photo");
at("sample-voice").onclick = () => act("voice");
at("spot").onchange = () => put(PLACES[at("spot").selectedIndex]);
at("device").onclick = () => navigator.geolocation.getCurrentPosition(({ coords }) => put({ lat: coords.latitude, lon: coords.longitude }));
at("share").onclick = () => share(false);
at("live").onclick = () => share(true);
at("walk").onclick = () => {
  const { lat, lon } = place();
  put({ lat: lat + STEP, lon: lon + STEP });
  return act("move", { message: sharing.get(open), ...place() });
};
at("stop").onclick = async () => {
  const message = sharing.get(open);
  sharing.delete(open);
  version = "";
  await act("stop", { message });
};
at("speaks-now").onchange = () => act("language", { language: at("speaks-now").value });

dress();
put(PLACES[0]);
look();
setInterval(look, LOOK_EVERY_MS);
