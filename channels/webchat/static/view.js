// What the visitor sees: lines as bubbles, built node by node; words are only ever set as text.

const ICONS = "/channels/web/static/icons.svg#";
const SPEAKERS = { bot: "机器人", operator: "坐席", system: "系统通知", citizen: "我" };
const PAUSE = 300;
const LINKS = /https?:\/\/[\w\-./?%&=#:~+@!$*;]*[\w\-/=#&]|1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|12[3-9]\d{2,3}|11[09]|12[02]/g;
const COUNTED = /^\s*[元块个米号栋户天年月日平人分岁楼室单路次件度%\uff05]/;
const CALLS = /拨|电话|热线|报警|急救|火警/;

export function element(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", ICONS + name);
  svg.append(use);
  return svg;
}

// Telephone numbers become tappable, addresses links; 120元 and the digits inside a ticket number do not.
function linked(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(LINKS)) {
    const [word] = found;
    const after = text.slice(found.index + word.length);
    const isLink = word.startsWith("http");
    if (!isLink && (/[\w.-]$/.test(text.slice(0, found.index)) || /^[\w-]/.test(after))) continue;
    if (word.length === 3 && (COUNTED.test(after) || !CALLS.test(text))) continue;
    const anchor = element("a", "", word);
    anchor.href = isLink ? word : "tel:" + word.replaceAll("-", "");
    if (isLink) { anchor.target = "_blank"; anchor.rel = "noopener noreferrer"; }
    parts.push(text.slice(last, found.index), anchor);
    last = found.index + word.length;
  }
  parts.push(text.slice(last));
  return parts.filter((part) => part !== "");
}

function clock(at) {
  const date = new Date(at * 1000);
  const time = date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  if (date.toDateString() === new Date().toDateString()) return time;
  return `${date.getMonth() + 1}月${date.getDate()}日 ${time}`;
}

export class View {
  // loadMedia(url) → Promise of an object URL; choose(choice) when a choice is tapped
  constructor(loadMedia, choose) {
    this.loadMedia = loadMedia;
    this.choose = choose;
    this.scroller = document.getElementById("scroll");
    this.log = document.getElementById("log");
    this.intro = document.getElementById("intro");
    this.typingNode = document.getElementById("typing");
    this.viewer = document.getElementById("viewer");
    this.pending = new Map();
    this.lastAt = 0;
    this.lastSpeaker = "";
    this.viewer.querySelector("button").addEventListener("click", () => this.viewer.close());
    this.viewer.addEventListener("click", (event) => event.target === this.viewer && this.viewer.close());
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(this.scroller);
    this.pinned = true;
    this.scroller.addEventListener("scroll", () => { this.pinned = this.atEnd(); }, { passive: true });
  }

  atEnd() { return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 80; }
  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; this.pinned = true; }

  // A long history is not read aloud; only what comes while the visitor is here.
  quietly(work) {
    this.log.setAttribute("aria-live", "off");
    work();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500);
  }

  show(lines) {
    const stay = !this.pinned && !lines.some((line) => line.who === "citizen");
    for (const line of lines) this.showLine(line);
    if (!stay) this.toEnd();
  }

  showLine(line) {
    this.intro.classList.add("small");
    this.pending.get(line.client)?.node.remove();
    this.pending.delete(line.client);
    if (line.who === "citizen") this.settleChoices(line.text);
    else this.hideTyping();
    const speaker = line.who + line.name;
    const paused = line.at - this.lastAt > PAUSE;
    if (paused) this.insert(element("p", "when", clock(line.at)));
    const node = this.build(line, this.lastSpeaker === speaker && !paused);
    this.lastAt = line.at;
    this.lastSpeaker = speaker;
    this.insert(node);
  }

  // Lines that are on their way stay below those that have arrived.
  insert(node) {
    const first = this.pending.values().next().value;
    this.log.insertBefore(node, first ? first.node : null);
  }

  build(line, follows) {
    const node = element("div", `line ${line.who}${follows ? " follows" : ""}`);
    const title = line.who === "operator" && line.name ? `坐席 ${line.name}` : SPEAKERS[line.who];
    node.append(element("span", line.who === "citizen" ? "quiet" : "who", title));
    for (const attachment of line.attachments) node.append(this.attachment(attachment));
    if (line.pin) node.append(this.place(line.pin));
    if (line.text) {
      const bubble = element("div", "bubble");
      bubble.append(...linked(line.text));
      node.append(bubble);
    }
    if (line.choices.length) node.append(this.choices(line.choices));
    return node;
  }

  place(pin) {
    const bubble = element("div", "bubble pin");
    bubble.append(icon("place"), element("span", "", `我的位置 ${pin.latitude.toFixed(5)}, ${pin.longitude.toFixed(5)}`));
    return bubble;
  }

  choices(choices) {
    const group = element("div", "choices");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "可选答复");
    choices.forEach((choice, index) => {
      const button = element("button");
      button.type = "button";
      button.dataset.label = choice.label;
      button.append(element("span", "number", String(index + 1)), choice.label);
      button.addEventListener("click", () => this.choose(choice));
      group.append(button);
    });
    return group;
  }

  // Once he has gone on, older choices only show what was chosen.
  settleChoices(text) {
    for (const button of this.log.querySelectorAll(".choices button:enabled")) {
      button.disabled = true;
      if (button.dataset.label === text) button.setAttribute("aria-pressed", "true");
    }
  }

  attachment(attachment) {
    if (!attachment.url) return element("div", "bubble", "附件正在保存…");
    if (attachment.kind === "image") return this.picture(attachment);
    if (attachment.kind === "voice" || attachment.kind === "video") return this.player(attachment);
    const button = element("button", "bubble document");
    button.type = "button";
    button.append(icon("file"), element("span", "", attachment.filename || "文件"));
    button.addEventListener("click", async () => this.download(await this.loadMedia(attachment.url), attachment.filename));
    return button;
  }

  picture(attachment) {
    const button = element("button", "media");
    button.type = "button";
    button.setAttribute("aria-label", `查看照片 ${attachment.filename}`);
    const image = element("img");
    image.alt = "照片";
    button.append(image);
    this.loadMedia(attachment.url).then(
      (url) => { image.onload = () => this.pinned && this.toEnd(); image.src = url; },
      () => button.replaceChildren(element("span", "bubble", "照片暂时无法显示")),
    );
    button.addEventListener("click", () => {
      if (!image.src) return;
      if (!this.viewer.showModal) { window.open(image.src); return; } // Safari before 15.4
      this.viewer.querySelector("img").src = image.src;
      this.viewer.querySelector("img").alt = attachment.filename || "照片";
      this.viewer.showModal();
    });
    return button;
  }

  player(attachment) {
    const holder = element("div", "media");
    const player = element(attachment.kind === "voice" ? "audio" : "video");
    player.controls = true;
    player.setAttribute("aria-label", attachment.kind === "voice" ? "语音" : "视频");
    holder.append(player);
    this.loadMedia(attachment.url).then((url) => { player.src = url; }, () => holder.replaceChildren(element("span", "bubble", "暂时无法播放")));
    return holder;
  }

  download(url, filename) {
    const anchor = element("a");
    anchor.href = url;
    anchor.download = filename;
    anchor.click();
  }

  // What he has sent but we have not heard back: shown at once, replaced by the line when it comes.
  showPending(message, fate = "发送中…") {
    if (this.pending.has(message.id)) return;
    this.intro.classList.add("small");
    this.settleChoices(message.text);
    const follows = this.lastSpeaker === "citizen";
    const node = this.build({ who: "citizen", name: "", text: message.text, pin: message.pin, attachments: [], choices: [] }, follows);
    const note = element("p", "fate", fate);
    if (message.attachments?.length && !message.preview) node.append(element("div", "bubble", "[照片或文件]"));
    node.append(note);
    this.log.append(node);
    this.pending.set(message.id, { node, note });
    this.toEnd();
  }

  showUpload(id, file) {
    const progress = element("progress", "progress");
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", `正在上传 ${file.name}`);
    this.showPending({ id, text: "", pin: null, preview: true }, "上传中…");
    const { node, note } = this.pending.get(id);
    const holder = element("div", file.type.startsWith("image/") ? "media" : "bubble");
    if (file.type.startsWith("image/")) {
      const image = element("img");
      image.alt = "待发送的照片";
      image.onload = () => this.toEnd();
      image.src = URL.createObjectURL(file);
      holder.append(image);
    } else holder.append(element("span", "", file.name));
    holder.append(progress);
    node.insertBefore(holder, note);
    this.toEnd();
    return (share) => { progress.value = share; note.textContent = `上传中 ${Math.round(share * 100)}%`; };
  }

  fate(id, text, failed = false) {
    const shown = this.pending.get(id);
    if (!shown) return;
    shown.note.textContent = text;
    shown.note.classList.toggle("failed", failed);
  }

  offerAgain(id, text, again) {
    const shown = this.pending.get(id);
    if (!shown) return;
    shown.node.querySelector("progress")?.remove();
    const button = element("button", "again", text);
    button.type = "button";
    button.addEventListener("click", () => { shown.node.remove(); this.pending.delete(id); again(); });
    shown.note.replaceChildren(button);
  }

  drop(id) {
    this.pending.get(id)?.node.remove();
    this.pending.delete(id);
  }

  showTyping(name, seconds) {
    if (this.lastSpeaker.startsWith("operator") && !name) return;
    document.getElementById("typist").textContent = `${name || "机器人"}正在输入`;
    this.typingNode.hidden = false;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.hideTyping(), seconds * 1000);
    if (this.pinned) this.toEnd();
  }

  hideTyping() { this.typingNode.hidden = true; }
}
