// The short condition panel of a register: fetched when it is opened first. Without it the panel holds a plain link.

async function fill(menu) {
  const answer = await fetch(menu.dataset.fill, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const panel = menu.querySelector(".menu-panel");
  panel.innerHTML = (await answer.json()).html;
  panel.querySelector("form").addEventListener("submit", leaveOutEmpty);
  panel.querySelector("select, input:not([type=hidden])")?.focus();
}

/** Empty conditions do not belong into the address. */
function leaveOutEmpty(event) {
  const empty = Array.from(event.target.elements).filter((control) => control.name && !control.value);
  for (const control of empty) control.disabled = true;
  window.addEventListener("pageshow", () => { for (const control of empty) control.disabled = false; }, { once: true });
}

for (const menu of document.querySelectorAll("details[data-fill]")) {
  menu.addEventListener("toggle", () => fill(menu), { once: true });
}
