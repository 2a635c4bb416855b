// One line on any page, <script src="https://HOST/widget.js" async></script>, adds a button that opens the chat.
(() => {
  if (customElements.get("suda-chat")) return;
  const origin = new URL(document.currentScript.src).origin;
  const CSS = `
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom, 0px)); z-index: 2147483000; width: 60px; height: 60px; padding: 0;
      border: 0; border-radius: 50%; background: #0e5a66; color: #fff; cursor: pointer; display: grid; place-items: center;
      box-shadow: 0 4px 18px rgb(10 50 58 / 32%); }
    button:hover { background: #0a4650; }
    button:focus-visible { outline: 3px solid #0b6fb8; outline-offset: 3px; }
    svg { width: 30px; height: 30px; }
    .panel { position: fixed; right: 20px; bottom: calc(92px + env(safe-area-inset-bottom, 0px)); z-index: 2147483000; width: 392px; height: min(660px, calc(100vh - 120px));
      border-radius: 18px; overflow: hidden; background: #eef2f1; box-shadow: 0 12px 44px rgb(10 50 58 / 30%); }
    .panel[hidden] { display: none; }
    iframe { width: 100%; height: 100%; border: 0; display: block; }
    @media (max-width: 480px) {
      .panel { inset: 0; width: auto; height: auto; border-radius: 0; }
      .open button { bottom: auto; top: calc(7px + env(safe-area-inset-top, 0px)); right: 8px; width: 44px; height: 44px; background: #0a4650; box-shadow: none; }
      .open svg { width: 22px; height: 22px; }
    }`;
  const TALK = "M12 6h24a8 8 0 0 1 8 8v14a8 8 0 0 1-8 8H23l-9.2 6.6A1.1 1.1 0 0 1 12 41.7V36a8 8 0 0 1-8-8V14a8 8 0 0 1 8-8z";
  const CLOSE = "m12 12 24 24M36 12 12 36";

  class SudaChat extends HTMLElement {
    connectedCallback() {
      if (this.frame !== undefined) return;
      this.frame = null;
      const root = this.attachShadow({ mode: "closed" });
      const sheet = new CSSStyleSheet(); // works under a page's strict style policy, where <style> does not
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
      this.holder = document.createElement("div");
      this.panel = document.createElement("div");
      this.panel.className = "panel";
      this.panel.hidden = true;
      this.panel.id = "panel";
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.setAttribute("aria-controls", "panel");
      this.button.addEventListener("click", () => this.toggle(this.panel.hidden));
      this.addEventListener("keydown", (event) => { if (event.key === "Escape") this.toggle(false); });
      addEventListener("message", (event) => {
        if (event.origin === origin && event.source === this.frame?.contentWindow) this.hear(event.data);
      });
      this.holder.append(this.panel, this.button);
      root.append(this.holder);
      this.toggle(false);
    }

    toggle(open) {
      if (open && !this.frame) this.load();
      this.panel.hidden = !open;
      this.holder.classList.toggle("open", open);
      this.button.setAttribute("aria-expanded", String(open));
      this.button.setAttribute("aria-label", open ? "关闭诉求对话" : "打开诉求对话");
      this.button.replaceChildren(this.draw(open));
      if (open) this.frame.focus();
    }

    // Where a browser gives frames no storage, this page remembers for the frame who its visitor is.
    hear(data) {
      if (data === "suda:close") {
        this.toggle(false);
        this.button.focus();
      } else if (data === "suda:recall") {
        let token = "";
        try { token = localStorage.getItem("suda.visitor") ?? ""; } catch { /* this page may keep nothing either */ }
        this.frame.contentWindow.postMessage({ suda: "visitor", token }, origin);
      } else if (data?.suda === "keep") {
        try { localStorage.setItem("suda.visitor", data.token); } catch { /* the same */ }
      }
    }

    load() {
      this.frame = document.createElement("iframe");
      this.frame.title = "诉求对话";
      this.frame.allow = "geolocation; camera; microphone";
      this.frame.src = origin + "/chat?embed=1";
      this.panel.append(this.frame);
    }

    draw(open) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      svg.setAttribute("viewBox", "0 0 48 48");
      svg.setAttribute("aria-hidden", "true");
      path.setAttribute("d", open ? CLOSE : TALK);
      path.setAttribute(open ? "stroke" : "fill", "currentColor");
      if (open) { path.setAttribute("stroke-width", "5"); path.setAttribute("stroke-linecap", "round"); }
      svg.append(path);
      if (!open) {
        const tick = document.createElementNS("http://www.w3.org/2000/svg", "path");
        tick.setAttribute("d", "m15.5 21.5 6 6 11.5-12");
        for (const [name, value] of [["fill", "none"], ["stroke", "#0e5a66"], ["stroke-width", "4.2"], ["stroke-linecap", "round"], ["stroke-linejoin", "round"]]) tick.setAttribute(name, value);
        svg.append(tick);
      }
      return svg;
    }
  }

  customElements.define("suda-chat", SudaChat);
  const start = () => document.body.append(document.createElement("suda-chat"));
  if (document.body) start(); else addEventListener("DOMContentLoaded", start);
})();
