// Photos of the transcript open large in place; without this file they open in a window of their own.
"use strict";
(() => {
  const large = document.querySelector("[data-large]");
  if (!large) return;
  document.addEventListener("click", (event) => {
    const photo = event.target.closest?.("[data-photo]");
    if (!photo || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const image = large.querySelector("[data-large-image]");
    image.src = photo.href;
    image.alt = photo.querySelector("img").alt;
    large.querySelector("[data-large-link]").href = photo.href;
    large.showModal();
  });
  large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
})();
