// The desk without F5: live parts, drafts that survive, keys. Every page also works when this file does not.
"use strict";
(() => {
  const body = document.body;
  const me = body.dataset.me;
  const conversation = body.dataset.conversation;
  const draftKey = `desk-draft ${me} ${conversation}`;
  const part = (name, root = document) => root.querySelector(`[data-part="${name}"]`);
  const textBox = () => document.querySelector("[data-reply] textarea");

  if (body.dataset.page !== "desk") return;
  const address = new URL(location.href);
  address.searchParams.delete("done"); // said once; a refresh must not say it again
  if (/\/(claim|reply|give_back|close|transfer|assign|whisper)$/.test(address.pathname)) address.pathname = address.pathname.replace(/\/[a-z_]+$/, "");
  history.replaceState(null, "", address);

  // --- Parts: take over from a fresh page what has changed, and leave the rest, its focus and its scrolling alone.

  function keep(container, fresh) {
    const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
    const focused = container.contains(document.activeElement) ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    let place = container.firstElementChild;
    for (const child of [...fresh.children]) {
      const known = old.get(child.dataset.key);
      old.delete(child.dataset.key);
      if (known && known.isEqualNode(child)) {
        if (known === place) place = place.nextElementSibling;
        else container.insertBefore(known, place);
        continue;
      }
      container.insertBefore(child, place);
      if (known === place && known) place = place.nextElementSibling;
      if (known) known.remove();
      if (focused && child.dataset.key === focused) child.querySelector("a")?.focus({ preventScroll: true });
    }
    for (const gone of old.values()) gone.remove();
  }

  function swap(page, { composer, says }) {
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const name = fresh.dataset.part;
      const here = part(name);
      if (!here || (name === "says" && !says)) continue;
      if (name === "composer" && !composer && here.dataset.state === fresh.dataset.state) continue;
      if (name === "top" && !composer && here.querySelector("details[open]")) continue;
      if (name === "composer") here.dataset.state = fresh.dataset.state;
      if (fresh.hasAttribute("data-list")) keep(here, fresh);
      else if (composer || !alike(here, fresh)) here.replaceChildren(...fresh.childNodes);
    }
    toEnd();
    ready();
  }

  // Each page gives its forms new action ids; those that were not sent yet are as good.
  function alike(here, fresh) {
    const old = here.querySelectorAll('input[name="action"]');
    const same = fresh.cloneNode(true);
    same.querySelectorAll('input[name="action"]').forEach((input, n) => input.setAttribute("value", old[n]?.getAttribute("value") ?? ""));
    return here.innerHTML === same.innerHTML;
  }

  // A button that is pressed stays until it is let go: a press whose button is exchanged meanwhile does nothing.

  let letGo = null;
  let released = Promise.resolve();
  const press = () => { if (!letGo) released = new Promise((resolve) => { letGo = resolve; }); };
  const release = () => setTimeout(() => { letGo?.(); letGo = null; }); // after the click that follows
  const spaceOnButton = (event) => event.key === " " && event.target.matches("button");
  document.addEventListener("pointerdown", press, true);
  document.addEventListener("keydown", (event) => { if (spaceOnButton(event)) press(); }, true);
  for (const end of ["pointerup", "pointercancel", "keyup", "dragend", "blur"]) window.addEventListener(end, release, true);

  // --- The transcript stays at its end, also when a photo arrives late, unless somebody scrolled up to read.

  const lines = part("lines");
  let atEnd = true;
  const toEnd = (always) => { if (lines && (atEnd || always)) lines.scrollTop = lines.scrollHeight; };
  lines?.addEventListener("scroll", () => { atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60; });
  lines?.addEventListener("load", () => toEnd(), true);

  async function pageOf(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (page.body.dataset.page === "login") {
      location.assign(response.url);
      return null;
    }
    return page.body.dataset.page === "desk" ? page : null;
  }

  let refreshing = false;
  let again = false;
  let acts = 0; // what was fetched before the last act is older than what the page shows
  async function refresh() {
    if (refreshing) { again = true; return; }
    refreshing = true;
    try {
      do {
        again = false;
        const before = acts;
        const response = await fetch(location.href, { headers: { "X-Desk-Refresh": "1" } });
        const page = await pageOf(response);
        await released;
        if (document.querySelector("form[data-busy]") || before !== acts) again = true; // its answer brings a fresher page
        else if (page && page.body.dataset.conversation === conversation) swap(page, {});
        await new Promise((resolve) => setTimeout(resolve, 150)); // a storm of changes is one fetch in 150 ms
      } while (again);
    } catch { /* offline: the live connection says so, and refreshes when it is back */
    } finally { refreshing = false; }
  }

  // --- Live

  function liveState(state, words) {
    const mark = document.querySelector("[data-live-state]");
    if (mark.dataset.liveState === state) return;
    mark.dataset.liveState = state;
    mark.querySelector("span").textContent = words;
  }

  let stream;
  function listen() {
    stream = new EventSource("/desk/live");
    const beat = () => document.dispatchEvent(new Event("desk-beat")); // desk-queue.js answers that the page is there
    stream.addEventListener("hello", () => { liveState("on", "实时"); beat(); refresh(); });
    stream.addEventListener("change", refresh);
    stream.addEventListener("beat", beat);
    stream.addEventListener("expired", () => { stream.close(); refresh(); });
    stream.addEventListener("error", () => {
      liveState("lost", "连接中断，正在重连");
      if (stream.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      refresh();
      setTimeout(listen, 5000);
    });
  }
  window.addEventListener("pagehide", () => stream?.close());

  // --- Acting: the same form and the same action id, without leaving the page; a failure keeps what was typed.

  function say(words) {
    const line = document.createElement("p");
    line.className = "say say-problem";
    line.setAttribute("role", "alert");
    line.textContent = words;
    part("says").replaceChildren(line);
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-logout]")) {
      for (const key of Object.keys(sessionStorage)) if (key.startsWith("desk-draft ")) sessionStorage.removeItem(key);
      return;
    }
    if (!form.matches("[data-live]")) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    const box = textBox();
    const reply = form.matches("[data-reply]");
    const leaves = form.querySelector("[data-leaves]");
    if (leaves && box?.value.trim() && !window.confirm("您写的内容还没有发送。不发送就离开这个会话吗？")) return;
    form.dataset.busy = "1";
    form.querySelector("button").setAttribute("aria-disabled", "true");
    try {
      // not form.action: the form has a field of that name
      const response = await fetch(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = await pageOf(response);
      if (!page) { if (!response.url.includes("/desk/login")) say("没有成功，您写的内容仍保留，请再试一次。"); return; }
      if ((reply || leaves) && response.ok) sessionStorage.removeItem(draftKey);
      if (page.body.dataset.conversation !== conversation) { // left it, or refused: then stay, and say why
        if (response.ok) location.assign(response.url);
        else swap(page, { says: true });
        return;
      }
      const writing = reply || form.matches("[data-claim]") || form.querySelector("[data-claim]");
      if (reply && response.ok) part("says", page).replaceChildren(); // the line itself appears, with its fate
      swap(page, { composer: true, says: true });
      if (writing) textBox()?.focus();
      if (reply && response.ok) toEnd(true);
    } catch {
      say("没有连上，您写的内容仍保留，请再按一次发送。");
    } finally {
      acts += 1;
      delete form.dataset.busy;
      form.querySelector("button")?.removeAttribute("aria-disabled");
    }
  });

  // --- Drafts

  function count() {
    const box = textBox();
    const shown = document.querySelector("[data-count]");
    if (!box || !shown) return;
    const length = [...box.value.trim()].length;
    const longest = Number(box.dataset.longest);
    shown.textContent = length > longest ? `${length} / ${longest},请分成几条` : `${length} / ${longest}`;
    shown.classList.toggle("over", length > longest);
  }

  document.addEventListener("input", (event) => {
    if (event.target !== textBox()) return;
    if (event.target.value) sessionStorage.setItem(draftKey, event.target.value);
    else sessionStorage.removeItem(draftKey);
    count();
  });

  function ready() {
    const draft = conversation && sessionStorage.getItem(draftKey);
    const box = textBox();
    if (box && draft && !box.value) box.value = draft;
    if (box?.value) sessionStorage.setItem(draftKey, box.value);
    const kept = document.querySelector("[data-kept]");
    if (kept && draft) { kept.hidden = false; kept.querySelector("textarea").value = draft; }
    count();
    tick();
    const waiting = part("waiting-count")?.textContent.trim();
    document.title = document.title.replace(/^(\(\d+\) )?/, waiting && waiting !== "0" ? `(${waiting}) ` : "");
    const notice = part("says").querySelector(".say-notice");
    if (notice) setTimeout(() => notice.remove(), 8000);
  }

  // --- Times: the same words as the server's

  function ago(seconds) {
    const minutes = Math.floor(Math.max(0, seconds) / 60);
    const hours = Math.floor(minutes / 60);
    if (minutes < 1) return "刚刚";
    if (hours < 1) return `${minutes} 分钟`;
    if (hours < 24) return minutes % 60 ? `${hours} 小时 ${minutes % 60} 分` : `${hours} 小时`;
    return `${Math.floor(hours / 24)} 天`;
  }

  function tick() {
    const now = Date.now() / 1000;
    for (const time of document.querySelectorAll("[data-ago]")) time.textContent = ago(now - Number(time.dataset.ago));
    for (const wait of document.querySelectorAll("[data-wait]")) {
      const waited = now - Number(wait.dataset.wait);
      wait.classList.remove("wait-calm", "wait-long", "wait-late");
      wait.classList.add(waited >= 900 ? "wait-late" : waited >= 300 ? "wait-long" : "wait-calm");
    }
  }
  setInterval(tick, 15000);

  // --- Keys

  const help = document.querySelector("[data-help-box]");
  const keysOn = help.querySelector("[data-keys]");
  keysOn.checked = localStorage.getItem("desk-keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("desk-keys", keysOn.checked ? "on" : "off"));
  const helpButton = document.querySelector("[data-help]");
  helpButton.hidden = false;
  helpButton.addEventListener("click", () => help.showModal());

  function step(by) {
    const heads = [...document.querySelectorAll(".lists .head")];
    const from = heads.findIndex((head) => head === document.activeElement);
    const open = heads.findIndex((head) => head.hasAttribute("aria-current"));
    const start = from >= 0 ? from : open >= 0 ? open : by > 0 ? -1 : heads.length;
    heads[Math.min(heads.length - 1, Math.max(0, start + by))]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const box = textBox();
    if (event.isComposing) return; // an input method is at work: its Enter and Esc are not ours
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === box) {
      event.preventDefault();
      box.form.requestSubmit();
    } else if (event.key === "Escape" && event.target === box) {
      box.blur();
    }
    if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!keysOn.checked || help.open) return;
    const act = {
      j: () => step(1),
      k: () => step(-1),
      c: () => document.querySelector("[data-claim]")?.click(),
      r: () => box?.focus(),
      "?": () => help.showModal(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  ready();
  toEnd(true);
  listen();
})();
