// Keys of the desk: the table of them on every page, the list, a conversation and its acts. Outside of fields only, and
// only if its user wants them; whatever leaves the house takes a second key.
"use strict";
(() => {
  const help = document.querySelector("[data-help-box]");
  if (!help) return;
  const one = (query) => document.querySelector(query);
  const box = () => one("[data-reply] textarea");
  const keysOn = help.querySelector("[data-keys]");
  keysOn.checked = localStorage.getItem("desk-keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("desk-keys", keysOn.checked ? "on" : "off"));
  const button = one("[data-help]");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());

  function step(by) {
    const heads = [...document.querySelectorAll(".lists .head")];
    const from = heads.findIndex((head) => head === document.activeElement);
    const open = heads.findIndex((head) => head.hasAttribute("aria-current"));
    const start = from >= 0 ? from : open >= 0 ? open : by > 0 ? -1 : heads.length;
    heads[Math.min(heads.length - 1, Math.max(0, start + by))]?.focus();
  }

  function take() {
    const row = document.activeElement.closest?.(".lists .head");
    if (row && !row.hasAttribute("aria-current")) document.dispatchEvent(new CustomEvent("desk:take", { detail: row }));
    else if (one("[data-claim]")) one("[data-claim]").click();
    else one("[data-take]")?.focus(); // out of a colleague's hands: that takes a second key
  }

  // An act's panel opens; an act that has none waits under the focus for its Enter.
  function reach(kind) {
    const form = one(`.top .panel form[action$="/${kind}"]`) ?? one(`.top form[action$="/${kind}"]`);
    const panel = form?.closest("details");
    if (panel) panel.open = true;
    else form?.querySelector("button").focus();
  }

  function draft(query) {
    const target = one(`[data-draft] ${query}`);
    if (target?.offsetParent) target.focus();
    else one(".sheet-link a")?.focus(); // on a small screen the draft has a page of its own
  }

  const search = () => { const field = one("#list-search"); field?.focus(); field?.select(); };
  const ACTS = {
    "?": () => help.showModal(),
    j: () => step(1),
    k: () => step(-1),
    c: take,
    r: () => box()?.focus(),
    t: () => reach("transfer"),
    b: () => reach("give_back"),
    e: () => reach("close"),
    w: () => reach("whisper"),
    a: () => reach("assign"),
    d: () => draft("[data-combo-words], [data-draft] [data-draft-begin] button"),
    s: () => draft(".button-main"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // an input method is at work: its Enter and Esc are not ours
    const field = event.target.closest?.("textarea");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.closest("[data-live]")) {
      event.preventDefault();
      field.form.requestSubmit(field.form.querySelector("button[type=submit]:not([formaction])"));
      return;
    }
    if (event.key === "Escape") {
      if (event.target === box()) box().blur();
      const open = one("[data-alerts][open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      return;
    }
    const left = event.target.closest?.("dialog:not([open])"); // just closed, it has the focus until the next frame
    if (!left && event.target.closest?.("input, textarea, select")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !keysOn.checked || one("dialog[open]")) return;
    const inList = event.target.closest?.(".lists") || !one("[data-canned]");
    const act = event.key === "/" ? inList && one("#list-search") && search : ACTS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
