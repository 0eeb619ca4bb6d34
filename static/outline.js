// The outline of a form without leaving the page: buttons act in place, items are dragged, Ctrl+Z undoes.
// Everything here is a form of the page sent in the background; without this file the same forms are sent as usual.

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const designer = document.querySelector("[data-designer]");
const outline = designer.querySelector("[data-outline]");
const told = document.querySelector("[data-told]");

/** Names a button in a way that survives redrawing: what its form does. */
const nameOf = (form) => `${form.getAttribute("action")} ${form.elements.to?.value ?? ""}`;

async function send(action, data, native) {
  const answer = await fetch(action, { method: "POST", body: data, credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-outline]");
  if (!answer.ok || !fresh) {  // a conflict or a refusal has a page of its own
    native();
    return false;
  }
  outline.innerHTML = fresh.innerHTML;
  told.replaceChildren(...all("main > .notice", page).map((notice) => document.importNode(notice, true)));
  showHandles();
  const preview = designer.querySelector("iframe[data-preview]");
  if (preview) preview.src = preview.getAttribute("src");
  return true;
}

function actInPlace(form, focus) {
  send(form.action, new FormData(form), () => form.submit()).then((done) => {
    if (!done) return;
    const again = all("form[data-act]", outline).find((one) => nameOf(one) === focus.name);
    const button = again?.querySelector("button:not(:disabled)");
    const visible = button?.offsetParent ? button : null;
    const row = document.getElementById(focus.row);
    (visible ?? row?.querySelector("a") ?? outline.querySelector("a, button:not(:disabled)"))?.focus();
  });
}

outline.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  actInPlace(form, { name: nameOf(form), row: form.closest("tr[id]")?.id });
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  const name = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : "";
  const form = name && outline.querySelector(`form[data-act="${name}"]`);
  if (!form) return;
  event.preventDefault();
  if (!form.querySelector("button:disabled")) form.requestSubmit();
});

// ---------- dragging ----------

function showHandles() {
  for (const handle of all("[data-drag]", outline)) handle.hidden = false;
}

/** Tells where an item would go if it were dropped at a point: the row or page, and how it is marked. */
function targetAt(x, y, dragged) {
  const under = document.elementFromPoint(x, y);
  const row = under?.closest("tr[data-fid]");
  if (row && row !== dragged && outline.contains(row)) {
    const box = row.getBoundingClientRect();
    const part = (y - box.top) / box.height;
    if ("holds" in row.dataset && part > 0.35) return { element: row, mark: "drop-inside", to: `inside:${row.dataset.fid}` };
    const before = part < 0.5;
    return { element: row, mark: before ? "drop-before" : "drop-after", to: `${before ? "before" : "after"}:${row.dataset.fid}` };
  }
  const page = under?.closest("[data-page]");
  return page && !row ? { element: page, mark: "drop-end", to: page.dataset.page } : null;
}

outline.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle || event.button) return;
  event.preventDefault();
  const row = handle.closest("tr[data-fid]");
  let target = null;
  row.classList.add("dragged");
  const unmark = () => target?.element.classList.remove("drop-before", "drop-after", "drop-inside", "drop-end");
  const move = (at) => {
    unmark();
    target = targetAt(at.clientX, at.clientY, row);
    target?.element.classList.add(target.mark);
    if (at.clientY < 80) window.scrollBy(0, -12);
    else if (at.clientY > window.innerHeight - 40) window.scrollBy(0, 12);
  };
  const end = (dropped) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape);
    row.classList.remove("dragged");
    unmark();
    if (!dropped || !target) return;
    const form = row.querySelector("form[data-act]");
    const data = new FormData(form);
    data.set("to", target.to);
    send(row.dataset.move, data, () => location.reload()).then(() => document.querySelector(`#item-${row.dataset.fid} a`)?.focus());
  };
  const drop = () => end(true);
  const cancel = () => end(false);
  const escape = (key) => { if (key.key === "Escape") end(false); };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});

showHandles();
