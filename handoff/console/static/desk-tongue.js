// Words of the scripts in the page's language, which a script before this one may have brought (handoff/console/scripts.py).
"use strict";
const deskTongue = (() => {
  const words = globalThis.deskWords ?? {};
  const fill = (text, values) => text.replace(/%\((\w+)\)[sd]|\{(\w+)\}/g, (mark, one, other) => values[one ?? other] ?? mark);
  return {
    say: (text, values = {}) => fill(words[text] ?? text, values),
    // A page stays in its language until it is opened anew, whatever was chosen in another tab.
    ask: (path, options = {}) => fetch(path, { ...options, headers: { ...options.headers, "X-Desk-Language": document.documentElement.lang.slice(0, 2) } }),
    counted: (text, n, values = {}) => fill(words[text]?.[n === 1 ? 0 : 1] ?? text, { n, ...values }),
  };
})();
