// The page answers the desk's question whether it is still there, and one panel of acts is open at a time.
"use strict";
(() => {
  document.addEventListener("desk-beat", () => {
    const csrf = document.querySelector('[data-logout] input[name="csrf"]')?.value ?? "";
    // A beat that does not arrive is made up for by the next one; the bar says so when the line is cut.
    fetch("/desk/here", { method: "POST", body: new URLSearchParams({ csrf }) }).catch(() => {});
  });

  const panels = () => [...document.querySelectorAll(".panel")];
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.(".panel") || !event.target.open) return;
    for (const other of panels()) if (other !== event.target) other.open = false;
    const panel = event.target;
    (panel.querySelector("[data-first]") ?? panel.querySelector("textarea, select"))?.focus();
  }, true);
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && panels().find((panel) => panel.open);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
