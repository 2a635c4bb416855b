// Light or dark, as this browser's user chose; without a choice, as the system has it. Runs before the first paint.
"use strict";
(() => {
  const SHADES = ["light", "dark"];
  const root = document.documentElement;

  function kept() {
    try { return localStorage.getItem("desk-shade") ?? ""; } catch { return ""; } // storage may be forbidden
  }

  function show(shade) {
    if (SHADES.includes(shade)) root.dataset.shade = shade;
    else delete root.dataset.shade;
    for (const button of document.querySelectorAll("button[data-shade]")) {
      button.setAttribute("aria-pressed", String(button.dataset.shade === (root.dataset.shade ?? "")));
    }
    document.dispatchEvent(new CustomEvent("desk-shade"));
  }

  show(kept());
  window.addEventListener("storage", (event) => { if (event.key === "desk-shade") show(event.newValue ?? ""); });
  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll("[data-shade-box]")) box.hidden = false;
    show(kept());
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-shade]");
    for (const box of document.querySelectorAll("[data-shade-box][open]")) if (button || !box.contains(event.target)) box.open = false;
    if (!button) return;
    try {
      if (button.dataset.shade) localStorage.setItem("desk-shade", button.dataset.shade);
      else localStorage.removeItem("desk-shade");
    } catch { /* then it holds for this page alone */ }
    show(button.dataset.shade);
    button.closest("details")?.querySelector("summary").focus();
  });
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Escape" && event.target.closest?.("[data-shade-box][open]");
    if (!box) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
})();
