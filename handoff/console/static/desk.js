// The desk without F5: live parts, drafts that survive, keys. Every page also works when this file does not.
//
// For the scripts of single parts: `desk:fresh` is heard on the document after parts were renewed; what a script puts
// into a part stays there if it carries `data-stays`; what somebody has typed or opened stays by itself.
"use strict";
(() => {
  const { say, counted, ask } = deskTongue;
  const body = document.body;
  const me = body.dataset.me;
  const conversation = body.dataset.conversation;
  const draftKey = `desk-draft ${me} ${conversation}`;
  const part = (name, root = document) => root.querySelector(`[data-part="${name}"]`);
  const textBox = () => document.querySelector("[data-reply] textarea");
  // What was typed and not sent is its writer's: it goes when he logs out, in all tabs, and before somebody else sees a page.
  const forget = (which) => {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith("desk-draft ") && which(key)) store.removeItem(key);
    }
  };
  const mine = (key) => ["", "ticket ", "faq "].some((what) => key.startsWith(`desk-draft ${what}${me} `));

  if ("left" in body.dataset) { // not when 退出 is pressed: who still holds conversations is asked first, and may stay
    forget(() => true);
    localStorage.setItem("desk-left", String(Date.now())); // heard by the other tabs, whose sessionStorage is their own
    localStorage.removeItem("desk-left");
  }
  window.addEventListener("storage", (event) => {
    if (event.key !== "desk-left" || !event.newValue) return;
    forget(() => true);
    // What a conversation's page shows, and what stands in its boxes, would be kept again, and read by who comes next.
    if (me && ["desk", "draft"].includes(body.dataset.page)) location.replace("/desk/login?left=1");
  });
  if (me) forget((key) => !mine(key)); // somebody else's, whose session ended in this browser
  if (body.dataset.page !== "desk") return;
  const address = new URL(location.href);
  address.searchParams.delete("done"); // said once; a refresh must not say it again
  if (/\/(claim|reply|give_back|close|transfer|assign|whisper|part)$/.test(address.pathname)) address.pathname = address.pathname.replace(/\/[a-z_]+$/, "");
  history.replaceState(null, "", address);

  // --- Parts: take over from a fresh page what has changed, and leave the rest, its focus and its scrolling alone.

  // idiomorph knows elements again by their id. Rows carry a key; forms are told apart by where they lead, so that the
  // button under a finger never turns into another one.
  function name(root, place) {
    for (const row of root.querySelectorAll("[data-key]")) row.id ||= `${place} ${row.dataset.key}`;
    for (const form of root.querySelectorAll("form[action]")) form.id ||= `${place} ${form.getAttribute("action")}`;
  }

  const typed = (field) => field.matches("textarea, input, select") && field.type !== "hidden" && (
    field.matches("select") ? [...field.options].some((one) => one.selected !== one.defaultSelected)
      : field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
        : field.value !== field.defaultValue);

  function morph(here, fresh, all) {
    name(here, here.dataset.part);
    name(fresh, here.dataset.part);
    const focused = here.contains(document.activeElement) ? document.activeElement : null;
    const row = focused?.closest("[data-key]")?.id;
    Idiomorph.morph(here, [...fresh.childNodes], {
      morphStyle: "innerHTML",
      callbacks: {
        beforeNodeMorphed: (old) => !(old.nodeType === 1 && (old.hasAttribute("data-stays") || (!all && (typed(old) || old.hasAttribute("data-gated"))))), // a warning stays until it is answered
        beforeNodeRemoved: (old) => !(old.nodeType === 1 && old.hasAttribute("data-stays")),
        beforeAttributeUpdated: (attribute, element) => attribute !== "open" || !element.matches("details, dialog"),
      },
    });
    if (!focused || document.activeElement === focused) return;
    const again = focused.isConnected ? focused : row && document.getElementById(row)?.querySelector("a, button, summary");
    again?.focus({ preventScroll: true }); // a row that changed its place lost it on the way
  }

  // Taken out of one's hands while the page is open: the page says by whom; what was done before is no news any more, and
  // what was typed into a panel that is gone is kept to be read and copied.
  let orphaned = "";
  function taken(fresh) {
    if (part("composer")?.dataset.state === fresh?.dataset.state) return;
    part("says").querySelector(".say-notice")?.remove();
    const words = [...document.querySelectorAll(".top .panel textarea")].map((box) => box.value.trim()).filter(Boolean);
    orphaned = [orphaned, ...words].filter(Boolean).join("\n");
  }
  function keepOrphaned() {
    const room = part("composer");
    const open = [...document.querySelectorAll(".top .panel textarea")].map((box) => box.value.trim());
    const rest = orphaned.split("\n").filter((line) => !open.some((words) => words.includes(line))).join("\n");
    if (!room || !rest || room.querySelector("[data-orphaned]")) return;
    const label = Object.assign(document.createElement("label"), { htmlFor: "orphaned", textContent: room.dataset.orphaned });
    const box = Object.assign(document.createElement("textarea"), { id: "orphaned", rows: 2, readOnly: true, value: rest });
    const kept = Object.assign(document.createElement("div"), { className: "kept" });
    kept.dataset.orphaned = kept.dataset.stays = "";
    kept.append(label, box);
    room.append(kept);
  }

  function swap(page, { composer, says }) {
    if (composer) orphaned = "";
    else taken(part("composer", page));
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const called = fresh.dataset.part;
      const here = part(called);
      if (!here || (called === "says" && !says)) continue;
      if (called === "composer" && !composer && here.dataset.state === fresh.dataset.state) continue;
      if (called === "composer") {
        here.dataset.state = fresh.dataset.state;
        here.replaceChildren(...fresh.childNodes); // another form: nothing of the old one may shine through
      } else if (!here.isEqualNode(fresh)) morph(here, fresh, composer);
    }
    keepOrphaned();
    cursor = Math.max(cursor, Number(page.body.dataset.change));
    toEnd();
    ready();
    document.dispatchEvent(new CustomEvent("desk:fresh"));
  }

  // A button that is pressed stays until it is let go: a press whose button goes away meanwhile does nothing.

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
    if (page.body.dataset.page === "login") return { ended: response.url };
    return page.body.dataset.page === "desk" ? { page } : { broken: page.querySelector("[data-broken]")?.textContent };
  }

  // `cursor` is the change up to which this page is known to show everything, `wanted` the latest that it heard of.
  let cursor = Number(body.dataset.change);
  let wanted = cursor;
  let refreshing = false;
  let again = false;
  let acts = 0; // what was fetched before the last act is older than what the page shows
  async function refresh() {
    if (refreshing || over) { again = true; return; }
    refreshing = true;
    try {
      do {
        again = false;
        const before = acts;
        const response = await ask(location.href, { headers: { "X-Desk-Refresh": "1" } });
        const { page, ended } = await pageOf(response);
        if (ended) { end(); return; }
        await released;
        if (document.querySelector("form[data-busy]") || before !== acts) again = true; // its answer brings a fresher page
        else if (page?.body.dataset.conversation === conversation) swap(page, {});
        else { wanted = cursor; break; } // it is gone, or the server is in trouble: the next change asks again
        await new Promise((resolve) => setTimeout(resolve, 20)); // a storm of changes is one fetch after the other
      } while (again || (wanted > cursor && !over));
    } catch { /* offline: the live connection says so, and what is still wanted is fetched when it is back */
    } finally { refreshing = false; }
  }

  // --- Live: one tab of a browser holds the connection and tells the others, since a browser has only six to a server.

  const BEAT = 14000; // an operator of whom nothing is heard for 60 s loses his conversations
  const QUIET = 40000; // the server says something every 15 s
  const UNGREETED = 8000; // a proxy that keeps answers back until they end
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`desk ${me}`) : null;
  let source = null;
  let opened = 0;
  let heardAt = Date.now();
  let greeted = false;
  let polling = false;
  let over = false;
  let last = { kind: "lost" };

  function show(state, words) {
    const mark = document.querySelector("[data-live-state]");
    if (mark.dataset.liveState === state) return;
    mark.dataset.liveState = state;
    mark.querySelector("span").textContent = words;
  }

  function hear(news) {
    if (over) return;
    heardAt = Date.now();
    if (news.kind === "over") { end(); return; }
    if (news.kind === "lost") { show("lost", say("连接中断，正在重连")); return; }
    show("on", say("实时"));
    if (news.kind === "hello" && news.number < cursor) cursor = wanted = -1; // another record: nothing of it is known
    if (news.number > wanted) wanted = news.number;
    if (wanted > cursor) refresh();
  }

  function tell(news) {
    last = news.kind === "change" ? { kind: "hello", number: news.number } : news.kind === "warm" ? last : news;
    hear(news);
    channel?.postMessage(news);
  }

  function end() {
    if (over) return;
    over = true;
    source?.close();
    show("over", say("登录已结束"));
    const onward = new URLSearchParams({ next: location.pathname, expired: "1" });
    warn(say("登录已结束，页面不再更新。您写的内容仍保留。"), `/desk/login?${onward}`, say("重新登录"));
  }

  let beatAt = 0;
  function beat() { // what is only sent may reach a laptop that was shut: desk-queue.js answers that the page is there
    if (Date.now() - beatAt < BEAT) return;
    beatAt = Date.now();
    document.dispatchEvent(new Event("desk-beat"));
  }

  function listen() {
    if (over) return;
    source?.close();
    greeted = false;
    opened = Date.now();
    const here = source = new EventSource(`/desk/live?after=${Math.max(0, cursor)}${polling ? "&poll=1" : ""}`);
    const on = (kind) => here.addEventListener(kind, (event) => {
      greeted = true;
      beat();
      tell({ kind, number: event.lastEventId ? Number(event.lastEventId) : cursor });
    });
    for (const kind of ["hello", "change", "warm"]) on(kind);
    here.addEventListener("expired", () => tell({ kind: "over" }));
    here.addEventListener("error", () => {
      if (here !== source) return;
      if (polling && greeted) { here.close(); setTimeout(listen, 200); return; } // it speaks by ending
      tell({ kind: "lost" });
      greeted = false;
      opened = Date.now();
      if (here.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      refresh();
      setTimeout(listen, 3000);
    });
  }

  function watch() {
    if (over) return;
    const quiet = Date.now() - heardAt > QUIET;
    if (quiet) show("lost", say("连接中断，正在重连"));
    if (source && !greeted && source.readyState !== EventSource.CLOSED && Date.now() - opened > UNGREETED && navigator.onLine) {
      polling = true;
      listen();
    } else if (quiet) {
      heardAt = Date.now();
      listen(); // also when the tab that held the connection fell silent
    }
  }

  channel?.addEventListener("message", ({ data }) => {
    if (data.kind === "ask") { if (source) channel.postMessage(last); } else if (!source) hear(data);
  });
  function join() {
    setInterval(watch, 2000);
    if (!channel || !navigator.locks) { listen(); return; }
    navigator.locks.request(`desk ${me}`, () => new Promise(() => { body.dataset.leads = ""; listen(); }));
    channel.postMessage({ kind: "ask" });
  }
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // out of the browser's memory

  // More of a long list, or less, without leaving the page; its address asks for that from now on.
  document.addEventListener("click", (event) => {
    const more = event.target.closest?.("[data-more]");
    if (!more || over || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", more.href);
    refresh();
  });

  // --- Acting: the same form and the same action id, without leaving the page; a failure keeps what was typed.

  function warn(words, path, label) {
    const line = document.createElement("p");
    line.className = "say say-problem";
    line.setAttribute("role", "alert");
    line.textContent = words;
    if (path) line.append(Object.assign(document.createElement("a"), { href: path, textContent: label }));
    part("says").replaceChildren(line);
  }

  // Who types fast is at the next reply while the last one is still on its way: what he wrote since stays in the box.
  const writtenSince = (sent, now) => (now.startsWith(sent) ? now.slice(sent.length).trimStart() : now);
  let pressedAgain = false;

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-live]")) return;
    event.preventDefault();
    const reply = form.matches("[data-reply]");
    if (form.dataset.busy) { pressedAgain ||= reply; return; }
    pressedAgain = false;
    const box = textBox();
    const sent = box?.value ?? "";
    const leaves = form.querySelector("[data-leaves]");
    if (leaves && box?.value.trim() && !window.confirm(say("您写的内容还没有发送。不发送就离开这个会话吗？"))) return;
    form.dataset.busy = "1";
    form.querySelector("button").setAttribute("aria-disabled", "true");
    try {
      // not form.action: the form has a field of that name
      const path = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
      const response = await ask(path, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const { page, ended, broken } = await pageOf(response);
      if (ended) { location.assign(ended); return; }
      if (!page) { warn(broken ?? say("没有成功，您写的内容仍保留，请再试一次。")); return; }
      const now = reply ? box.value : sent;
      const since = response.ok ? writtenSince(sent, now) : now;
      if ((reply || leaves) && response.ok) localStorage.removeItem(draftKey);
      if (page.body.dataset.conversation !== conversation) { // left it, or refused: then stay, and say why
        if (response.ok) location.assign(response.url);
        else swap(page, { says: true });
        return;
      }
      const writing = reply || form.matches("[data-claim]") || form.querySelector("[data-claim]");
      if (reply && response.ok) part("says", page).replaceChildren(); // the line itself appears, with its fate
      swap(page, { composer: true, says: true });
      if (writing) textBox()?.focus();
      if (now !== sent && textBox()) {
        textBox().value = since;
        textBox().dispatchEvent(new Event("input", { bubbles: true }));
        if (pressedAgain && response.ok && since) queueMicrotask(() => textBox().form.requestSubmit());
      }
      if (reply && response.ok) toEnd(true);
    } catch {
      warn(say("没有连上，您写的内容仍保留，请再按一次发送。"));
    } finally {
      acts += 1;
      delete form.dataset.busy;
      form.querySelector("button")?.removeAttribute("aria-disabled");
    }
  });

  // A row of the list is taken over by a key: the same act as the button of its page.
  document.addEventListener("desk:take", async ({ detail: row }) => {
    const csrf = document.querySelector('[data-logout] input[name="csrf"]').value;
    const action = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
      const response = await ask(`${row.getAttribute("href")}/claim`, { method: "POST", body: new URLSearchParams({ csrf, action }) });
      const { page, ended } = await pageOf(response);
      if (ended ?? response.ok) location.assign(ended ?? response.url);
      else { warn(page?.querySelector(".say-problem")?.textContent ?? say("没有成功，请再试一次。")); refresh(); }
    } catch { warn(say("没有连上，请再按一次。")); }
  });

  // --- Drafts

  function count() {
    const box = textBox();
    const shown = document.querySelector("[data-count]");
    if (!box || !shown) return;
    const length = [...box.value.trim()].length;
    const longest = Number(box.dataset.longest);
    shown.textContent = length > longest ? say("{length} / {longest}，请分成几条", { length, longest }) : `${length} / ${longest}`;
    shown.classList.toggle("over", length > longest);
  }

  document.addEventListener("input", (event) => {
    if (event.target !== textBox()) return;
    if (event.target.value) localStorage.setItem(draftKey, event.target.value);
    else localStorage.removeItem(draftKey);
    count();
  });

  // The same conversation in another tab: what is typed there is typed here, and what was sent there is gone here.
  window.addEventListener("storage", (event) => {
    const box = textBox();
    if (event.key !== draftKey || !box || box.form.dataset.busy) return;
    box.value = event.newValue ?? "";
    count();
    document.dispatchEvent(new CustomEvent("desk:draft"));
  });

  function ready() {
    const draft = conversation && localStorage.getItem(draftKey);
    const box = textBox();
    if (box && draft && !box.value) box.value = draft;
    // Written only if it is new: the other tab that sent these words may be forgetting them at this very moment.
    if (box?.value && box.value !== draft) localStorage.setItem(draftKey, box.value);
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
    if (minutes < 1) return say("刚刚");
    if (hours < 1) return counted("%(n)d 分钟", minutes);
    if (hours < 24) return minutes % 60 ? say("{hours} 小时 {minutes} 分", { hours, minutes: minutes % 60 }) : counted("%(n)d 小时", hours);
    return counted("%(n)d 天", Math.floor(hours / 24));
  }

  function tick() {
    const now = Date.now() / 1000;
    for (const time of document.querySelectorAll("[data-ago]")) {
      const seconds = now - Number(time.dataset.ago);
      const words = seconds < 60 || !("waited" in time.dataset) ? ago(seconds) : say("等了 {lasting}", { lasting: ago(seconds) });
      if (time.textContent !== words) time.textContent = words; // writing the same would lay hundreds of rows out anew
    }
    for (const wait of document.querySelectorAll("[data-wait]")) {
      const waited = now - Number(wait.dataset.wait);
      const look = waited >= Number(body.dataset.waitLate) ? "wait-late" : waited >= Number(body.dataset.waitLong) ? "wait-long" : "wait-calm";
      if (wait.classList.contains(look)) continue;
      wait.classList.remove("wait-calm", "wait-long", "wait-late");
      wait.classList.add(look);
    }
  }
  setInterval(tick, 15000);

  ready();
  toEnd(true);
  join();
})();
