// What is typed into an entry's form survives an expired session. Every page also works when this file does not.
"use strict";
(() => {
  const me = document.body.dataset.me;
  const form = document.getElementById("entry");
  const prefix = `desk-draft faq ${me} `;
  const address = new URL(location.href);
  const key = prefix + address.pathname;

  if (address.searchParams.has("done")) {
    sessionStorage.removeItem(key);
    if (address.searchParams.get("done") === "made") sessionStorage.removeItem(`${prefix}/desk/faq/new`);
    address.searchParams.delete("done"); // said once; a refresh must not say it again
    history.replaceState(null, "", address);
  }
  if (!form || form.querySelector("fieldset").disabled) return;

  const boxes = [...form.elements].filter((box) => box.matches("input:not([type=hidden]), textarea"));
  const version = form.elements.namedItem("version").value;
  const typed = () => Object.fromEntries(boxes.map((box) => [box.name, box.value]));
  const asked = address.searchParams.get("q"); // the question that a new entry was begun with
  const keep = () => sessionStorage.setItem(key, JSON.stringify({ version, asked, typed: typed() }));
  const shown = JSON.stringify(typed());

  // A page that answers a form shows what was typed already; only one that was opened anew may have lost something.
  if (form.dataset.typed) keep();
  const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
  const same = kept && kept.version === version && (asked === null || kept.asked === asked);
  if (same && JSON.stringify(kept.typed) !== shown) {
    for (const box of boxes) box.value = kept.typed[box.name] ?? box.value;
    const note = document.querySelector("[data-restored]");
    note.hidden = false;
    note.querySelector("button").addEventListener("click", () => {
      sessionStorage.removeItem(key);
      location.reload();
    });
  }
  form.addEventListener("input", keep);
})();
