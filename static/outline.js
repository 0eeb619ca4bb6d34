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
  const [head, theirs] = [document, page].map((one) => one.querySelector("main > .page-head")); // how many, and its state
  if (head && theirs) head.innerHTML = theirs.innerHTML;
  told.replaceChildren(...all("main > .notice", page).map((notice) => document.importNode(notice, true)));
  showHandles();
  const preview = designer.querySelector("iframe[data-preview]");
  if (preview) preview.src = preview.getAttribute("src");
  return true;
}

const formOf = (name) => all("form[data-act]", outline).find((one) => nameOf(one) === name);

/** Does what a button says, and gives the focus back to it, or to its row when it is gone. */
async function actInPlace(name, row) {
  const form = formOf(name);
  if (!form || form.querySelector("button:disabled")) return;
  if (!await send(form.action, new FormData(form), () => form.submit())) return;
  const button = formOf(name)?.querySelector("button:not(:disabled)");
  const visible = button?.offsetParent ? button : null;
  (visible ?? document.getElementById(row)?.querySelector("a") ?? outline.querySelector("a, button:not(:disabled)"))?.focus();
}

let turn = Promise.resolve(); // one act at a time: the next one goes out with the state that the last one left
const inTurn = (act) => { turn = turn.then(act).catch(() => location.reload()); };

outline.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  const [name, row] = [nameOf(form), form.closest("tr[id]")?.id];
  inTurn(() => actInPlace(name, row));
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

async function drop(fid, action, to) {
  const data = new FormData(document.querySelector(`#item-${fid} form[data-act]`));
  data.set("to", to);
  await send(action, data, () => location.reload());
  document.querySelector(`#item-${fid} a`)?.focus();
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
  const end = (done) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", dropped);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape);
    row.classList.remove("dragged");
    unmark();
    if (!done || !target) return;
    const to = target.to;
    inTurn(() => drop(row.dataset.fid, row.dataset.move, to));
  };
  const dropped = () => end(true);
  const cancel = () => end(false);
  const escape = (key) => { if (key.key === "Escape") end(false); };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", dropped);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});

showHandles();
