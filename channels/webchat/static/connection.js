// The line to the service: resumes by cursor after a cut, and keeps what is not yet acknowledged.

const UNSENT = "suda.unsent.";
export const TOKEN = "suda.visitor";
const PING_EVERY = 20000;
const SILENT_FOR = 12000;
const AGAIN_AFTER = 4000;

// Embedded pages may be denied storage; the chat then works as long as the page stays open.
export function openStorage() {
  try {
    localStorage.setItem("suda.probe", "1");
    localStorage.removeItem("suda.probe");
    return localStorage;
  } catch {
    const kept = new Map();
    return {
      lost: true,
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() { return kept.size; },
    };
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Date.now().toString(36) + "-" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Connection {
  // on: {lines, acknowledged, refused, typing, state, welcome}
  constructor(url, storage, on) {
    this.url = url;
    this.storage = storage;
    this.on = on;
    this.cursor = 0;
    this.failures = 0;
    this.socket = null;
    this.ready = false;
    this.timers = [];
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
  }

  get token() { return this.storage.getItem(TOKEN) ?? ""; }

  // Everything not acknowledged yet, oldest first (ids begin with the time).
  unsent() {
    const found = [];
    for (let index = 0; index < this.storage.length; index += 1) {
      const key = this.storage.key(index);
      if (!key?.startsWith(UNSENT)) continue;
      try { found.push(JSON.parse(this.storage.getItem(key))); } catch { this.storage.removeItem(key); }
    }
    return found.sort((one, other) => one.at - other.at);
  }

  say(message) {
    try { this.storage.setItem(UNSENT + message.id, JSON.stringify(message)); } catch { /* full: it is sent all the same */ }
    this.transmit(message);
  }

  forget(id) { this.storage.removeItem(UNSENT + id); }

  open() {
    if (this.socket) return;
    this.on.state("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", cursor: this.cursor, token: this.token }));
    socket.onmessage = (event) => { this.heard = Date.now(); this.take(JSON.parse(event.data)); };
    socket.onclose = (event) => { if (this.socket === socket) this.closed(event.code); };
    this.heard = Date.now();
    this.timers = [setInterval(() => this.watch(), 2000)];
  }

  retryNow() {
    if (this.socket) { this.pinged = 0; this.watch(); return; }
    clearTimeout(this.later);
    this.open();
  }

  watch() {
    const silent = Date.now() - this.heard;
    if (silent > PING_EVERY + SILENT_FOR || (!this.ready && silent > SILENT_FOR)) { this.drop(); return; }
    if (this.ready && Date.now() - Math.max(this.heard, this.pinged ?? 0) > PING_EVERY) {
      this.pinged = Date.now();
      this.socket.send('{"type":"ping"}');
    }
  }

  // A dead line may take minutes to close by itself; do not wait for it.
  drop() {
    const socket = this.socket;
    this.closed(1006);
    socket.onmessage = null;
    socket.close();
  }

  closed(code) {
    this.timers.forEach(clearInterval);
    this.socket = null;
    this.ready = false;
    if (code === 4403) { this.renew(); return; }
    this.failures += 1;
    this.on.state(this.failures > 1 ? "offline" : "connecting");
    const wait = Math.min(15000, 400 * 2 ** Math.min(this.failures - 1, 6));
    this.later = setTimeout(() => this.open(), wait * (0.7 + Math.random() * 0.6));
  }

  // The service does not know this visitor any more: be somebody new, at most once per page.
  renew() {
    if (this.renewed) { this.on.state("offline"); return; }
    this.renewed = true;
    const hadToken = this.token !== "";
    this.storage.removeItem(TOKEN);
    if (hadToken) { this.cursor = 0; this.open(); return; }
    const last = Number(this.storage.getItem("suda.renewed") ?? 0);
    this.storage.setItem("suda.renewed", String(Date.now()));
    // The page brings a new cookie; if even that is not believed, do not turn in circles.
    if (Date.now() - last > 60000) location.reload(); else this.on.state("offline");
  }

  take(frame) {
    switch (frame.type) {
      case "welcome":
        this.failures = 0;
        this.ready = true;
        if (frame.token) try { this.storage.setItem(TOKEN, frame.token); } catch { /* lasts as long as the page */ }
        this.on.welcome(frame);
        this.on.state("online");
        this.unsent().forEach((message) => this.transmit(message));
        break;
      case "lines": {
        const fresh = frame.lines.filter((line) => line.cursor > this.cursor);
        if (fresh.length) this.cursor = fresh[fresh.length - 1].cursor;
        fresh.forEach((line) => line.client && this.forget(line.client));
        this.on.lines(fresh);
        break;
      }
      case "ack":
        this.forget(frame.id);
        this.on.acknowledged(frame.id);
        break;
      case "typing":
        this.on.typing(frame.name);
        break;
      case "error":
        this.refused(frame);
        break;
      default: // pong, and what a newer service may say
    }
  }

  // Only while the line is up: what is not heard now is worth nothing later.
  typing() {
    if (!this.ready || Date.now() - (this.typed ?? 0) < 3000) return;
    this.typed = Date.now();
    this.socket.send('{"type":"typing"}');
  }

  refused(frame) {
    if (frame.code === "malformed") this.forget(frame.id);
    else setTimeout(() => this.unsent().filter((message) => message.id === frame.id).forEach((message) => this.transmit(message)), AGAIN_AFTER);
    this.on.refused(frame.id, frame.code);
  }

  transmit(message) {
    if (!this.ready) return;
    const { id, text, choice, attachments, pin } = message;
    this.socket.send(JSON.stringify({ type: "message", id, text, choice, attachments, pin }));
  }
}
