// The chat page: wires what the visitor does to the connection, and what comes back to the view.

import { Connection, TOKEN, newId, openStorage } from "./connection.js";
import { View } from "./view.js";

const MAX_TEXT = 4000;
const REFUSED = { malformed: "这条消息未能发送，请换一种说法再试。", too_fast: "发送太快了，稍后自动重发…", unavailable: "服务繁忙，稍后自动重发…" };
const UPLOAD_FAULTS = {
  413: "文件太大，请选择较小的文件", 415: "暂不支持这种文件，可发送照片、语音、视频或 PDF", 429: "上传太频繁，请稍后再试", 403: "身份已失效，请刷新页面",
};

const storage = openStorage();
const words = document.getElementById("words");
const files = document.getElementById("files");
const banner = document.getElementById("banner");
const state = document.getElementById("state");
const privacy = document.getElementById("privacy");
let maxUpload = 10 * 1024 * 1024;
const embedded = new URLSearchParams(location.search).has("embed") && parent !== window;
let holder = "";
let first = true;

// A frame without storage asks the widget on the page around it who its visitor was.
function recall() {
  if (!embedded || !storage.lost) return Promise.resolve();
  return new Promise((resolve) => {
    addEventListener("message", (event) => {
      if (event.source !== parent || event.data?.suda !== "visitor") return;
      holder = event.origin;
      if (event.data.token) storage.setItem(TOKEN, String(event.data.token));
      resolve();
    });
    parent.postMessage("suda:recall", "*");
    setTimeout(resolve, 1000);
  });
}

if (embedded) {
  document.documentElement.classList.add("embed");
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) parent.postMessage("suda:close", "*");
  });
}
if (!privacy.getAttribute("href")) privacy.hidden = true;

// The visitor's token travels in a header, since a frame on a foreign page has no cookie.
const identity = () => (connection.token ? { "X-Suda-Visitor": connection.token } : {});

const loaded = new Map();
function loadMedia(url) {
  if (!loaded.has(url)) {
    loaded.set(url, fetch(url, { headers: identity() }).then(async (response) => {
      if (!response.ok) throw new Error(String(response.status));
      return URL.createObjectURL(await response.blob());
    }));
    loaded.get(url).catch(() => loaded.delete(url));
  }
  return loaded.get(url);
}

const view = new View(loadMedia, (choice) => {
  say({ text: choice.label, choice: choice.value });
  refocus();
});

const connection = new Connection(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/channels/web/socket`, storage, {
  lines: (lines) => (first && lines.length > 2 ? view.quietly(() => view.show(lines)) : view.show(lines)),
  acknowledged: (id) => { first = false; view.fate(id, "已送达"); view.showTyping("", 5); },
  refused: (id, code) => {
    view.fate(id, REFUSED[code] ?? REFUSED.unavailable, true);
    if (code === "malformed" && !id) notice(REFUSED.malformed);
  },
  typing: (name) => view.showTyping(name, 6),
  welcome: (frame) => {
    maxUpload = frame.max_upload;
    if (holder && frame.token) parent.postMessage({ suda: "keep", token: frame.token }, holder);
  },
  state: (name) => {
    state.dataset.state = name;
    state.textContent = { online: "在线", connecting: "正在连接…", offline: "连接已断开" }[name];
    banner.hidden = name !== "offline";
    if (name === "offline") banner.textContent = "网络已断开，正在重新连接。您可以继续输入，恢复后自动发送。";
  },
});

function notice(text) {
  banner.textContent = text;
  banner.hidden = false;
  setTimeout(() => { if (state.dataset.state !== "offline") banner.hidden = true; }, 6000);
}

function say({ id = newId(), text = "", choice = "", attachments = [], pin = null, shown = false }) {
  const message = { id, at: Date.now(), text, choice, attachments, pin };
  if (!shown) view.showPending(message);
  connection.say(message);
}

// -- words

function fit() {
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight + 2, 132)}px`;
}

// A tapped button goes away and would take the focus with it; on a phone the keyboard should not jump up.
function refocus() {
  if (matchMedia("(pointer: fine)").matches) words.focus();
}

function submit() {
  const text = words.value.trim();
  if (!text) return;
  for (let start = 0; start < text.length; start += MAX_TEXT) say({ text: text.slice(start, start + MAX_TEXT) });
  words.value = "";
  fit();
  words.focus();
}

words.addEventListener("input", fit);
words.addEventListener("input", () => words.value.trim() && connection.typing());
words.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter picks a word; Safari says so only by keyCode 229.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
document.getElementById("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
document.getElementById("starters").addEventListener("click", (event) => {
  if (event.target.tagName === "BUTTON") { say({ text: event.target.textContent }); refocus(); }
});

// -- photos and files

document.getElementById("photo").addEventListener("click", () => files.click());
files.addEventListener("change", () => { [...files.files].forEach(upload); files.value = ""; });
words.addEventListener("paste", (event) => {
  const pasted = [...(event.clipboardData?.files ?? [])];
  if (pasted.length) { event.preventDefault(); pasted.forEach(upload); }
});

function upload(file) {
  const id = newId();
  const progress = view.showUpload(id, file);
  if (file.size > maxUpload) { view.fate(id, UPLOAD_FAULTS[413], true); return; }
  const request = new XMLHttpRequest();
  const failed = () => view.offerAgain(id, "发送失败，点此重试", () => upload(file));
  request.open("POST", "/channels/web/upload");
  Object.entries(identity()).forEach(([name, value]) => request.setRequestHeader(name, value));
  request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
  request.onerror = request.ontimeout = failed;
  request.onload = () => {
    if (request.status === 200) {
      progress(1);
      view.fate(id, "发送中…");
      say({ id, attachments: [JSON.parse(request.responseText).grant], shown: true });
    } else if (UPLOAD_FAULTS[request.status]) view.fate(id, UPLOAD_FAULTS[request.status], true);
    else failed();
  };
  const form = new FormData();
  form.append("file", file, file.name);
  request.send(form);
}

// -- location

const place = document.getElementById("place");
place.addEventListener("click", () => {
  if (!navigator.geolocation) { notice("此浏览器不能提供位置，请直接输入地址。"); return; }
  place.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      place.disabled = false;
      say({ pin: { latitude: coords.latitude, longitude: coords.longitude } });
    },
    () => { place.disabled = false; notice("未能取得位置，请直接输入地址，例如：某区某路几号。"); },
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  );
});

connection.unsent().forEach((message) => view.showPending(message, "等待发送…"));
recall().then(() => connection.open());
refocus();
