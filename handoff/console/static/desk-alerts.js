// Sound and desktop notices, by choice and per browser: somebody waits, or wrote in a conversation of mine.
"use strict";
(() => {
  const box = document.querySelector("[data-alerts]");
  if (!box) return;
  const { say } = deskTongue;
  const says = box.querySelector("[data-alert-says]");
  const chosen = (what) => localStorage.getItem(`desk-alert ${what}`) === "on";
  let audio = null;

  const known = new Map();
  function news() {
    const fresh = [];
    for (const row of document.querySelectorAll("[data-news]")) {
      const at = Number(row.dataset.at);
      if (!(known.get(row.dataset.key) >= at)) fresh.push(row);
      known.set(row.dataset.key, at);
    }
    return fresh;
  }

  function beep() {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = 880;
    loud.gain.setValueAtTime(0.12, audio.currentTime);
    loud.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.35);
    tone.connect(loud).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.35);
    box.dataset.sounded = String(Number(box.dataset.sounded ?? 0) + 1);
  }

  function notice(row) {
    const mine = row.dataset.news === "mine";
    // No word of the citizen's: a notice also shows on a locked screen.
    const shown = new Notification(mine ? say("您的会话有新消息") : say("有市民等候人工"), { tag: `desk ${row.dataset.key}`, renotify: true });
    shown.addEventListener("click", () => { window.focus(); location.assign(row.dataset.path); });
  }

  document.addEventListener("desk:fresh", () => {
    const open = document.hasFocus() ? document.body.dataset.conversation : null;
    const fresh = news().filter((row) => !(row.dataset.news === "mine" && open && row.dataset.key === `mine ${open}`));
    if (!fresh.length || !("leads" in document.body.dataset)) return; // one tab of a browser is enough
    if (chosen("sound")) beep();
    if (chosen("desktop") && window.Notification?.permission === "granted") fresh.forEach(notice);
  });

  async function choose(input, what) {
    if (input.checked && what === "sound") beep(); // so that one knows what to listen for; and the browser lets it sound
    if (input.checked && what === "desktop") {
      const answer = window.Notification ? await Notification.requestPermission() : "denied";
      if (answer !== "granted") {
        input.checked = false;
        says.textContent = say("浏览器不允许本站发通知。请在地址栏左侧的网站设置里改为允许。");
        return;
      }
    }
    localStorage.setItem(`desk-alert ${what}`, input.checked ? "on" : "off");
  }

  for (const input of box.querySelectorAll("[data-alert]")) {
    const what = input.dataset.alert;
    input.checked = chosen(what) && (what === "sound" || window.Notification?.permission === "granted");
    input.addEventListener("change", () => choose(input, what));
  }
  // After a reload a browser lets a page sound again once somebody has touched it.
  document.addEventListener("pointerdown", () => { if (chosen("sound")) (audio ??= new AudioContext()).resume(); }, { once: true });
  news();
  box.hidden = false;
})();
