// Writing: canned replies, suggestions, photos and files, typing, the window's countdown. All of it also works, more
// slowly, when this file does not.
"use strict";
(() => {
  const { say, counted, ask } = deskTongue;
  const body = document.body;
  const conversation = body.dataset.conversation;
  if (body.dataset.page !== "desk" || !conversation) return;
  document.documentElement.classList.add("scripted");
  const path = `/desk/c/${encodeURIComponent(conversation)}`;
  const one = (query) => document.querySelector(query);
  const box = () => one("#reply textarea");
  const csrf = () => one('#reply input[name="csrf"]')?.value ?? "";

  // --- What a script makes possible is shown only now, also in a composer that was exchanged.

  let dressed = null;

  function dress() {
    const text = box();
    if (text !== dressed) text?.setSelectionRange(text.value.length, text.value.length); // go on where he stopped
    dressed = text;
    for (const query of ["[data-canned-open]", ".canned-search", ".canned-keys", "[data-unenclose]"]) {
      for (const hidden of document.querySelectorAll(query)) hidden.hidden = false;
    }
    document.querySelectorAll(".canned-one:not([data-place])").forEach((button, place) => { button.dataset.place = place; });
    const files = one("[data-files]");
    if (files) files.removeAttribute("name"); // they are uploaded when chosen, and named by their grants
    showUnfilled();
    tick();
  }
  const main = document.getElementById("middle");
  new MutationObserver(dress).observe(main, { childList: true, subtree: true });

  // --- Canned replies and suggestions: laid in at the caret, never sent

  const caret = { start: 0, end: 0 };

  function insert(words) {
    const text = box();
    if (!text) return;
    const before = text.value.slice(0, caret.start);
    const lead = before && !before.endsWith("\n") ? "\n" : "";
    text.focus();
    text.setRangeText(lead + words, Math.min(caret.start, text.value.length), Math.min(caret.end, text.value.length), "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    const [first] = unfilled(text.value);
    if (first) text.setSelectionRange(text.value.indexOf(first), text.value.indexOf(first) + first.length);
  }

  function unfilled(text) {
    const names = (box()?.dataset.placeholders ?? "").split(" ").filter(Boolean);
    return names.map((name) => `{${name}}`).filter((mark) => text.includes(mark)).sort((a, b) => text.indexOf(a) - text.indexOf(b));
  }

  function showUnfilled() {
    const shown = one("[data-unfilled]");
    if (!shown) return;
    const open = unfilled(box()?.value ?? "");
    const words = open.length ? say("待填：{names}", { names: open.join(say("、")) }) : "";
    if (shown.textContent !== words) shown.textContent = words;
    if (shown.hidden !== !words) shown.hidden = !words;
  }

  function openCanned() {
    const canned = one("[data-canned]");
    if (!canned) return;
    const text = box();
    caret.start = text.selectionStart;
    caret.end = text.selectionEnd;
    canned.open = true;
    one("[data-canned-open]").setAttribute("aria-expanded", "true");
    const search = one("[data-canned-search]");
    search.value = "";
    filter();
    search.focus();
  }

  function closeCanned() {
    const canned = one("[data-canned]");
    if (!canned?.open) return;
    canned.open = false;
    one("[data-canned-open]").setAttribute("aria-expanded", "false");
    box()?.focus();
  }

  const offered = () => [...document.querySelectorAll(".canned-one")].filter((button) => !button.parentElement.hidden);

  function filter() {
    const wanted = one("[data-canned-search]").value.trim().toLowerCase();
    const list = [...document.querySelectorAll(".canned-one")];
    for (const button of list) button.parentElement.hidden = !button.dataset.words.includes(wanted);
    // what begins with the code that was typed comes first
    const rank = (button) => (wanted && button.dataset.shortcut.startsWith(wanted) ? 0 : 1);
    const sorted = [...list].sort((a, b) => rank(a) - rank(b) || Number(a.dataset.place) - Number(b.dataset.place));
    for (const button of sorted) button.closest("ul").append(button.parentElement);
    one("[data-canned-none]").hidden = offered().length > 0;
  }

  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-insert]");
    if (chosen) {
      event.preventDefault();
      if (chosen.matches(".canned-one")) closeCanned();
      else remember();
      insert(chosen.dataset.insert);
      return;
    }
    if (event.target.closest("[data-canned-open]")) {
      if (one("[data-canned]").open) closeCanned(); else openCanned();
      return;
    }
    const dropped = event.target.closest("[data-unenclose]");
    if (dropped) { dropped.closest("li").remove(); renumber(); box()?.focus(); return; }
    if (!event.target.closest("[data-canned]")) { const canned = one("[data-canned]"); if (canned) canned.open = false; }
  });

  function remember() {
    const text = box();
    caret.start = text.selectionStart;
    caret.end = text.selectionEnd;
  }

  const keysOn = () => one("[data-keys]")?.checked !== false;

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const canned = event.target.closest("[data-canned]");
    if (canned) { inCanned(event); return; }
    const suggestions = [...document.querySelectorAll(".suggest-one")];
    const number = /^Digit([1-9])$/.exec(event.code)?.[1];
    const aside = event.target !== box() && event.target.closest("input, textarea, select, dialog");
    if (number && suggestions[number - 1] && box() && event.altKey && !aside && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      remember();
      insert(suggestions[number - 1].dataset.insert);
      return;
    }
    if (event.defaultPrevented || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !keysOn() || one("dialog[open]")) return;
    if (event.target.closest("input, textarea, select") || !box()) return;
    event.preventDefault();
    openCanned();
  });

  function inCanned(event) {
    const buttons = offered();
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); closeCanned(); }
    else if (event.key === "ArrowDown") { event.preventDefault(); buttons[Math.min(at + 1, buttons.length - 1)]?.focus(); }
    else if (event.key === "ArrowUp") { event.preventDefault(); (at > 0 ? buttons[at - 1] : one("[data-canned-search]")).focus(); }
    else if (event.key === "Enter" && event.target.matches("[data-canned-search]")) { event.preventDefault(); buttons[0]?.click(); }
  }

  // A slash at the start of a line opens the list, typed by an input method too, whose key is 、
  function slash(text, event) {
    if (!["/", "\u3001"].includes(event.data)) return;
    const at = text.selectionStart;
    const before = text.value.slice(0, at - 1);
    if (before && !before.endsWith("\n")) return;
    text.setRangeText("", at - 1, at, "end");
    text.dispatchEvent(new Event("input", { bubbles: true })); // what is kept of the words must not keep the slash
    openCanned();
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-canned-search]")) { filter(); return; }
    if (event.target !== box()) return;
    showUnfilled();
    forgetGate();
    tellTyping();
    if (event.data && !event.isComposing) slash(event.target, event);
  });

  // Other words than those that were warned of are looked at anew.
  function forgetGate() {
    const sure = one('#reply input[name="sure"]');
    if (!sure) return;
    sure.remove();
    one("[data-gate]")?.remove();
    one("[data-send] span").textContent = one("#reply").hasAttribute("data-holds") ? say("发送") : say("接管并发送");
  }

  // --- Photos and files: uploaded when chosen, shown, and sent with the words

  let uploading = 0;

  function problem(words) {
    const shown = one("[data-file-problem]");
    if (!shown) return;
    shown.textContent = words;
    shown.hidden = !words;
  }

  function renumber() {
    const grants = document.querySelectorAll('[data-enclosed] input[type="hidden"]');
    grants.forEach((grant, number) => { grant.name = `file${number}`; });
  }

  async function enclose(file) {
    const input = one("[data-files]");
    const list = one("[data-enclosed]");
    const largest = Number(input.dataset.largest);
    if (list.children.length >= Number(input.dataset.most)) { problem(say("一次最多发 {most} 个文件。", { most: input.dataset.most })); return; }
    if (file.size > largest) {
      problem(say("文件有 {size} MB，超过 {most} MB，没有发送。请压缩或换一张再发。", { size: (file.size / 1048576).toFixed(1), most: largest / 1048576 }));
      const form = new FormData();
      form.append("csrf", csrf());
      form.append("refused", String(file.size));
      // for the audit log; who is offline has sent nothing that it should know of
      ask(`${path}/files`, { method: "POST", body: form }).catch(() => {});
      return;
    }
    const item = document.createElement("li");
    item.className = "enclosing";
    item.textContent = say("正在上传 {name}…", { name: file.name });
    list.append(item);
    uploading += 1;
    try {
      const form = new FormData();
      form.append("csrf", csrf());
      form.append("file", file, file.name);
      const response = await ask(`${path}/files`, { method: "POST", body: form });
      const told = response.headers.get("Content-Type")?.includes("json") ? await response.json() : { problem: unread(response) };
      if (!response.ok || told.problem) throw new Error(told.problem);
      show(item, told);
    } catch (error) {
      item.remove();
      problem(error instanceof TypeError ? say("没有连上，文件没有上传。请再试一次。") : error.message);
    } finally { uploading -= 1; }
  }

  // A proxy in front may refuse in its own words, and an expired session leads to the login.
  function unread(response) {
    if (response.status === 413) return say("文件太大，没有发送。请压缩或换一张再发。");
    return response.redirected ? say("登录已过期，文件没有上传。请重新登录。") : say("没有成功，文件没有上传。请再试一次。");
  }

  function show(item, told) {
    const grant = Object.assign(document.createElement("input"), { type: "hidden", value: told.grant });
    const name = Object.assign(document.createElement("span"), { textContent: told.name });
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet", textContent: "×" });
    drop.dataset.unenclose = "";
    drop.setAttribute("aria-label", say("不发 %(name)s", { name: told.name }));
    const parts = [grant, name, drop];
    if (told.kind === "image") parts.splice(1, 0, Object.assign(document.createElement("img"), { src: told.url, alt: "" }));
    item.className = "";
    item.replaceChildren(...parts);
    renumber();
  }

  function encloseAll(files) {
    if (!files.length || !one("[data-files]")) return false;
    problem("");
    for (const file of files) enclose(file);
    return true;
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-files]")) return;
    encloseAll([...event.target.files]);
    event.target.value = "";
    box()?.focus();
  });
  document.addEventListener("paste", (event) => {
    if (event.target === box() && encloseAll([...event.clipboardData.files])) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    if (event.target.closest?.(".composer") && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (event.target.closest?.(".composer") && encloseAll([...event.dataTransfer.files])) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-reply]") || !uploading) return;
    event.preventDefault();
    event.stopPropagation();
    problem(say("文件还在上传，传完再发送。"));
  }, true);

  // --- Typing, both ways; forgotten after seconds

  let told = 0;
  function tellTyping() {
    if (!one("#reply")?.hasAttribute("data-holds") || !box().value.trim() || Date.now() - told < 4000) return;
    told = Date.now();
    ask(`${path}/typing`, { method: "POST", body: new URLSearchParams({ csrf: csrf() }) }).catch(() => { /* worth nothing later */ });
  }

  async function askTyping() {
    const shown = one("[data-citizen-typing]");
    if (!shown || document.hidden) return;
    try {
      const response = await ask(`${path}/typing`, { headers: { "X-Desk-Refresh": "1" } });
      if (response.ok && !response.redirected) shown.hidden = !(await response.json()).typing;
    } catch { shown.hidden = true; }
  }
  setInterval(askTyping, 2000);

  // --- The window's countdown: the same words as the server's

  function span(seconds) {
    const minutes = Math.floor(Math.max(0, seconds) / 60);
    const hours = Math.floor(minutes / 60);
    if (hours) return minutes % 60 ? say("{hours} 小时 {minutes} 分", { hours, minutes: minutes % 60 }) : counted("%(n)d 小时", hours);
    return minutes ? counted("%(n)d 分钟", minutes) : say("不到 1 分钟");
  }
  const remaining = (seconds) => (seconds < 60 ? span(seconds) : say("剩 {lasting}", { lasting: span(seconds) }));

  function tick() {
    const shown = one("[data-window]");
    if (!shown) return;
    const left = Number(shown.dataset.left);
    const seconds = Number(shown.dataset.until) - Date.now() / 1000;
    const words = left && seconds > 0 ? counted("本窗口还可发送 %(n)d 条，%(lasting)s", left, { lasting: remaining(seconds) }) : say("窗口已关闭，发出的会留到市民下次来信时送达");
    if (shown.textContent !== words) shown.textContent = words;
  }
  setInterval(tick, 1000);

  dress();
})();
