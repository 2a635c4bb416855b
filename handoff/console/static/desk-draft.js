// The ticket draft: search as one types, sent without leaving the page, never exchanged under somebody's hands.
"use strict";
(() => {
  const { say, counted, ask } = deskTongue;
  const { me, conversation } = document.body.dataset;
  const section = () => document.querySelector("[data-draft]");
  if (!section()) return;
  const key = `desk-draft ticket ${me} ${conversation}`; // with the beginning that the desk clears at the logout
  const standing = new URL(location.href);
  if (/\/(amend|submit)$/.test(standing.pathname)) {
    standing.pathname = standing.pathname.replace(/\/[a-z]+$/, "/ticket");
    history.replaceState(null, "", standing);
  }

  // The board is a page of its own on a phone: who fills this form in for minutes is there all the same.
  if (document.body.dataset.page === "draft") {
    const here = () => {
      const csrf = document.querySelector('[data-logout] input[name="csrf"]')?.value ?? "";
      ask("/desk/here", { method: "POST", body: new URLSearchParams({ csrf }) }).catch(() => { /* the next one makes up for it */ });
    };
    here();
    setInterval(here, 15000);
  }

  // --- What is typed is kept until it is saved, also over an expired session or a closed window

  const form = () => section()?.querySelector("form[data-draft-form]:not([data-draft-begin])");
  const SILENT = new Set(["csrf", "action", "from", "begun"]);
  const TOGETHER = { category: ["category", "category_words"], place: ["place", "place_choice", "no_place"] };
  const grouped = new Set(Object.values(TOGETHER).flat());
  const members = (thing) => TOGETHER[thing] ?? [thing];
  const typedIn = (of) => Object.fromEntries([...new FormData(of)].filter(([name]) => !SILENT.has(name)));
  const begunOf = (of) => JSON.parse(of.elements.begun.value || "null");
  const things = (of) => [...Object.keys(TOGETHER), ...Object.keys(begunOf(of) ?? {}).filter((name) => name !== "key" && !grouped.has(name))];
  const lines = (text) => (text ?? "").split(/\r?\n/).map((line) => line.trim().replace(/\s+/g, " ")).filter(Boolean).join("\n");
  const alike = (thing, one, other) => members(thing).every((name) => lines(one[name]) === lines(other[name]));
  const isDirty = () => {
    const [mine, begun] = form() ? [typedIn(form()), begunOf(form())] : [];
    return mine && (!begun || things(form()).some((thing) => !alike(thing, mine, begun)));
  };

  function keep() {
    if (isDirty()) sessionStorage.setItem(key, JSON.stringify({ typed: typedIn(form()), begun: begunOf(form()) }));
    else sessionStorage.removeItem(key);
  }

  function restore() {
    const kept = form() && JSON.parse(sessionStorage.getItem(key) ?? "null");
    if (!kept?.begun || kept.typed.key !== form().elements.key.value) return; // it was for another matter
    const [shown, record] = [typedIn(form()), begunOf(form()) ?? {}];
    let laid = false;
    for (const thing of things(form())) {
      if (alike(thing, kept.typed, kept.begun) || alike(thing, kept.typed, shown)) continue;
      lay(thing, kept.typed);
      if (!alike(thing, kept.begun, record) && !alike(thing, kept.typed, record)) clash(thing, record);
      laid = true;
    }
    if (laid) tell(say("您填了但没有保存的内容已恢复。"));
  }

  function lay(thing, values) {
    for (const box of form().elements) {
      if (!members(thing).includes(box.name)) continue;
      if (box.type === "checkbox") box.checked = Boolean(values[box.name]);
      else if (box.type === "radio") box.checked = values[box.name] === box.value;
      else box.value = values[box.name] ?? "";
    }
    if (thing === "category") form().querySelector("[data-combo-path]").textContent = values.category ? values.category_words : "";
  }

  // Both changed it: what was typed stands, and what the record says can be taken instead.
  function clash(thing, record) {
    document.getElementById(`clash-${thing}`)?.remove();
    const note = Object.assign(document.createElement("p"), { className: "field-clash", id: `clash-${thing}` });
    const said = Object.assign(document.createElement("q"), { textContent: recorded(thing, record) });
    const button = Object.assign(document.createElement("button"), { className: "button", type: "submit", name: "take", value: thing, textContent: say("改用更新的") });
    button.setAttribute("formaction", section().dataset.source.replace(/ticket$/, "amend"));
    note.append(say("这里刚有更新："), said, say("您填的没有动。"), button);
    const field = form().querySelector(`[name="${members(thing)[0]}"]`)?.closest(".field");
    field?.append(note);
    if (field?.contains(document.activeElement)) requestAnimationFrame(() => note.scrollIntoView({ block: "nearest" })); // the foot grows first
  }

  function recorded(thing, record) {
    if (thing === "urgent") return record.urgent ? say("紧急") : say("不紧急");
    if (thing === "category") return record.category_words || say("（空）");
    const box = form().elements[thing];
    const option = box?.options && [...box.options].find((one) => one.value === record[thing]);
    return option?.textContent || record[thing] || (thing === "place" && record.no_place ? say("没有具体地点") : say("（空）"));
  }

  // The record changed under a form in which somebody writes.
  function follow(fresh) {
    const [mine, first, now] = [typedIn(form()), begunOf(form()), begunOf(fresh)];
    let followed = false;
    for (const thing of things(fresh)) {
      if (alike(thing, first, now)) continue;
      if (!alike(thing, mine, first)) { if (!alike(thing, mine, now)) clash(thing, now); continue; }
      lay(thing, now);
      if (thing === "place") form().querySelector("[data-place-parts]").replaceChildren(...fresh.querySelector("[data-place-parts]").cloneNode(true).childNodes);
      followed = true;
    }
    form().elements.begun.value = fresh.elements.begun.value;
    keep();
    const clashes = form().querySelector(".field-clash");
    tell(clashes ? say("市民改了您也改过的内容，已标出；您填的没有动。") : followed ? say("市民刚说的已填进来；您填的没有动。") : "");
  }

  function tell(words) {
    const line = section()?.querySelector("[data-draft-says]");
    if (line) line.textContent = words;
  }

  // --- A fresh page's draft takes the place of this one, unless somebody is writing in it

  function take(page) {
    const fresh = page.querySelector("[data-draft]");
    if (!fresh) return;
    const from = section().querySelector("input[name=from]")?.value;
    section().replaceWith(document.importNode(fresh, true));
    const origin = section().querySelector("input[name=from]");
    if (origin && from !== undefined) origin.value = from;
    begin();
  }

  function says(page) {
    const here = document.querySelector("[data-part=says]");
    const fresh = page.querySelector("[data-part=says]");
    if (here && fresh) here.replaceChildren(...fresh.cloneNode(true).childNodes);
  }

  async function pageOf(response) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (page.body.dataset.page === "login") { location.assign(response.url); return null; }
    return page;
  }

  let fetching = false;
  async function look() {
    const is = document.querySelector("[data-draft-is]")?.dataset.draftIs;
    if (fetching || !is || is === section()?.dataset.state) return;
    fetching = true;
    try {
      const page = await pageOf(await ask(section().dataset.source, { headers: { "X-Desk-Refresh": "1" } }));
      if (!page || form()?.dataset.busy) return;
      const fresh = page.querySelector("form[data-draft-form]:not([data-draft-begin])");
      if (!isDirty()) take(page);
      else if (!fresh || !begunOf(form()) || fresh.elements.key.value !== form().elements.key.value) tell(say("草稿在别处有变动；您填的内容没有动。"));
      else { follow(fresh); section().dataset.state = page.querySelector("[data-draft]").dataset.state; }
    } catch { /* offline: the live connection says so, and what comes next looks again */
    } finally { fetching = false; }
  }
  document.addEventListener("desk:fresh", look);

  // --- Sending

  document.addEventListener("submit", async (event) => {
    const sent = event.target;
    if (!sent.matches("[data-draft-form]")) return;
    event.preventDefault();
    if (sent.dataset.busy) return;
    const button = event.submitter;
    sent.dataset.busy = "1";
    for (const each of sent.querySelectorAll("button")) each.setAttribute("aria-disabled", "true");
    try {
      const body = new URLSearchParams(new FormData(sent, button));
      const to = button?.getAttribute("formaction") ?? sent.getAttribute("action");
      const response = await ask(to, { method: "POST", body });
      const page = await pageOf(response);
      if (!page) return; // to the login; what was typed is kept
      if (!page.querySelector("[data-draft]")) { tell(page.querySelector("[data-broken]")?.textContent ?? say("没有成功，您填的内容仍保留，请再试一次。")); return; }
      if (response.ok) sessionStorage.removeItem(key);
      if (response.ok && document.body.dataset.page === "draft" && page.body.dataset.page === "desk") {
        location.assign(response.url);
        return;
      }
      says(page);
      take(page);
      if (button?.name === "take") form()?.elements[members(button.value).at(button.value === "category" ? 1 : 0)]?.focus();
      const first = section().querySelector("[aria-invalid], .field-clash button") ?? section().querySelector("[data-combo-words]");
      if (!response.ok || sent.matches("[data-draft-begin]")) { first?.focus(); first?.scrollIntoView({ block: "center" }); }
      if (response.ok) setTimeout(() => document.querySelector("[data-part=says] .say-notice")?.remove(), 8000);
    } catch {
      tell(say("没有连上，您填的内容仍保留，请再按一次。"));
    } finally {
      delete sent.dataset.busy;
      for (const each of sent.querySelectorAll("button")) each.removeAttribute("aria-disabled");
    }
  });
  document.addEventListener("input", (event) => { if (event.target.closest("[data-draft-form]")) keep(); });
  document.addEventListener("change", (event) => { if (event.target.closest("[data-draft-form]")) keep(); });
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.closest?.("[data-draft-form]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // --- The category: a combobox after the ARIA pattern

  function combo(root) {
    const box = root.querySelector("[data-combo-words]");
    const code = root.querySelector("[data-combo-code]");
    const list = root.querySelector("[data-combo-list]");
    const status = root.querySelector("[data-combo-says]");
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
      .forEach(([name, value]) => box.setAttribute(name, value));
    const path = root.querySelector("[data-combo-path]");
    let at = -1;
    let asked = 0;
    let timer;

    const show = (open) => {
      list.hidden = !open;
      box.setAttribute("aria-expanded", String(open));
      if (!open) { at = -1; box.removeAttribute("aria-activedescendant"); }
    };
    const mark = (to) => {
      const options = [...list.children];
      if (!options.length) return;
      at = (to + options.length) % options.length;
      options.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
      box.setAttribute("aria-activedescendant", options[at].id);
      options[at].scrollIntoView({ block: "nearest" });
    };
    const choose = (option) => {
      code.value = option.dataset.code;
      box.value = path.textContent = option.dataset.words;
      box.removeAttribute("aria-invalid");
      root.querySelector(".field-fault")?.remove();
      show(false);
      keep();
    };

    async function search() {
      const words = box.value.trim();
      const mine = ++asked;
      if (!words) { show(false); return; }
      try {
        const response = await ask(`/desk/categories?q=${encodeURIComponent(words)}`, { headers: { "X-Desk-Refresh": "1" } });
        if (response.redirected || !response.ok) return;
        const found = await response.json();
        if (mine !== asked || document.activeElement !== box) return;
        list.replaceChildren(...found.map((each, n) => {
          const option = document.createElement("li");
          option.id = `draft-category-${n}`;
          option.setAttribute("role", "option");
          option.dataset.code = each.code;
          option.dataset.words = each.words;
          const name = document.createElement("strong");
          name.textContent = each.path.at(-1);
          const rest = document.createElement("span");
          rest.textContent = [each.path.slice(0, -1).join(" > "), each.why && say("关键词：{why}", { why: each.why })].filter(Boolean).join(" · ");
          option.append(name, rest);
          return option;
        }));
        status.textContent = found.length ? counted("%(n)d 个类别", found.length) : say("没有找到，请换个说法");
        show(found.length > 0);
        if (found.length) mark(0);
      } catch { /* offline: the words are still looked up when the form is sent */ }
    }

    box.addEventListener("input", () => { code.value = path.textContent = ""; clearTimeout(timer); timer = setTimeout(search, 120); });
    box.addEventListener("focus", () => box.select());
    box.addEventListener("blur", () => setTimeout(() => show(false), 150)); // after the click on an option
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown") { event.preventDefault(); if (list.hidden) search(); else mark(at + 1); }
      else if (event.key === "ArrowUp" && !list.hidden) { event.preventDefault(); mark(at - 1); }
      else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault(); // an Enter in a field must not submit a ticket
        if (!list.hidden && at >= 0) choose(list.children[at]);
      } else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); show(false); }
    });
    list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) { event.preventDefault(); choose(option); }
    });
  }

  // --- The place: what it resolves to, as soon as the words are left

  function place(root) {
    const box = root.querySelector("[data-place-words]");
    const parts = root.querySelector("[data-place-parts]");
    const options = root.querySelector("[data-place-options]");
    let asked = 0;
    async function resolve() {
      const mine = ++asked;
      const body = new URLSearchParams({ csrf: box.form.elements.csrf.value, place: box.value });
      try {
        const response = await ask("/desk/places", { method: "POST", body, headers: { "X-Desk-Refresh": "1" } });
        if (response.redirected || !response.ok) return;
        const found = await response.json();
        if (mine !== asked) return;
        parts.replaceChildren(...found.parts.map(([label, value]) => {
          const part = document.createElement("span");
          const name = document.createElement("b");
          name.textContent = label;
          part.append(name, ` ${value}`);
          return part;
        }));
        const asTyped = options.lastElementChild;
        for (const old of [...options.querySelectorAll("label")]) if (old !== asTyped) old.remove();
        for (const each of found.places) {
          const label = document.createElement("label");
          const radio = document.createElement("input");
          Object.assign(radio, { type: "radio", name: "place_choice", value: each.code });
          label.append(radio, ` ${[...new Set([each.district, each.street, each.name])].filter(Boolean).join(" ")}`);
          options.insertBefore(label, asTyped);
        }
        options.hidden = found.places.length === 0;
      } catch { /* offline: it is resolved when the form is sent */ }
    }
    box.addEventListener("input", () => {
      for (const radio of options.querySelectorAll("input")) radio.checked = false;
      root.querySelector(".field-fault")?.remove();
    });
    box.addEventListener("change", resolve);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); resolve(); }
    });
  }

  function begin() {
    for (const only of section().querySelectorAll("[data-plain-only]")) only.hidden = true;
    if (!form()) return;
    combo(form().querySelector("[data-combo]"));
    place(form().querySelector("[data-place]"));
    for (const box of form().querySelectorAll("input:not([type=radio]):not([type=checkbox])")) {
      box.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault(); });
    }
    restore();
    keep();
    const lifting = form().querySelector("[data-lifting]");
    const secrecy = form().elements.secrecy;
    const offer = () => { if (lifting) lifting.hidden = secrecy.value !== ""; };
    secrecy.addEventListener("change", offer);
    offer();
  }
  begin();
})();
