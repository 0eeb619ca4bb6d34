// Niceties on top of pages that work without them. No text stands here: words come from the page's attributes.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

/** The error summary is read first. */
function focusSummary() {
  one("[data-focus]")?.focus();
}

/** Menus close on a click elsewhere and on Escape, and give the focus back. */
function tameMenus() {
  const open = () => all("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      one("summary", menu)?.focus();
    }
  });
}

/** "/" goes to the search field; j, k and Enter walk through a list. */
function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const field = all("[data-search]").find((input) => input.offsetParent !== null);
      if (field) {
        event.preventDefault();
        field.focus();
        field.select();
      }
    } else if (event.key === "j" || event.key === "k") {
      walk(event.key === "j" ? 1 : -1);
    }
  });
}

function walk(step) {
  const rows = all("[data-rows] > tr[data-href]");
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("at"));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  rows[now]?.classList.remove("at");
  next.classList.add("at");
  // The row's own link takes the focus, so Enter opens it as any link would.
  one("a", next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** One box ticks all rows; the bar tells how many are ticked. */
function wireSelectAll() {
  for (const master of all("[data-select-all]")) {
    const table = master.closest("table");
    const boxes = all("tbody input[type=checkbox]", table);
    const tell = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      master.checked = ticked === boxes.length && ticked > 0;
      master.indeterminate = ticked > 0 && ticked < boxes.length;
      for (const box of boxes) box.closest("tr").classList.toggle("picked", box.checked);
      const counter = one(`[data-ticked-for="${master.dataset.selectAll}"]`);
      if (counter) counter.textContent = ticked ? counter.dataset.text.replace("{n}", ticked) : "";
    };
    master.hidden = false;
    master.addEventListener("change", () => {
      for (const box of boxes) box.checked = master.checked;
      tell();
    });
    for (const box of boxes) box.addEventListener("change", tell);
  }
}

/** Filters leave no empty conditions in the address; a marked select submits at once. */
function wireGetForms() {
  for (const form of all("form[data-clean]")) {
    form.addEventListener("submit", () => {
      for (const control of all("input[name], select[name]", form)) if (!control.value) control.disabled = true;
    });
  }
  for (const control of all("[data-submit-on-change]")) control.addEventListener("change", () => control.form.requestSubmit());
  window.addEventListener("pageshow", () => {
    for (const control of all("form[data-clean] :disabled")) control.disabled = false;
  });
}

/** Asks before leaving a form with unsaved changes; the browser words the question. */
function guardForms() {
  for (const form of all("form[data-guard]")) {
    let dirty = false;
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    form.addEventListener("zhiye:saved", () => { dirty = false; });
    window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }
}

/** Posts a form to data-autosave-url a moment after the last change and tells when that was. */
function autosave() {
  for (const form of all("form[data-autosave-url]")) {
    const told = one("[data-saved-at]", form) ?? one("[data-saved-at]");
    let timer = 0;
    let running = false;
    let again = false;
    const save = async () => {
      if (running) { again = true; return; }
      running = true;
      try {
        const answer = await fetch(form.dataset.autosaveUrl, {
          method: "POST",
          body: withoutFiles(new FormData(form)),
          credentials: "same-origin",
          headers: { "X-CSRFToken": one("meta[name=csrf-token]")?.content ?? "", Accept: "application/json" },
        });
        const kept = answer.ok && (answer.headers.get("Content-Type") ?? "").includes("json") ? await answer.json() : null;
        tell(told, Boolean(kept), kept?.saved_at);
        if (kept && !again) form.dispatchEvent(new Event("zhiye:saved"));
      } catch {
        tell(told, false);
      }
      running = false;
      if (again) { again = false; save(); }
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(save, Number(form.dataset.autosaveDelay ?? 1500));
    });
    form.addEventListener("submit", () => clearTimeout(timer));
  }
}

function withoutFiles(data) {
  for (const [name, value] of Array.from(data.entries())) if (value instanceof File) data.delete(name);
  return data;
}

function tell(element, kept, at) {
  if (!element) return;
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const time = at && /^\d\d:\d\d$/.test(at) ? at : clock.format(new Date());
  element.textContent = kept ? element.dataset.textSaved.replace("{time}", time) : element.dataset.textFailed;
}

/** Chosen photos are shown before they are sent. */
function previewPhotos() {
  for (const group of all("[data-photos]")) {
    const list = document.getElementById(group.dataset.photos);
    group.addEventListener("change", () => {
      for (const picture of all("img", list)) URL.revokeObjectURL(picture.src);
      list.replaceChildren(...all("input[type=file]", group).flatMap((input) => Array.from(input.files)).map(preview));
    });
  }
}

function preview(file) {
  const item = document.createElement("li");
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(file);
  picture.alt = file.name;
  item.append(picture);
  return item;
}

/** Adds a row to a form inside a form from its template, under the next free number. */
function wireInlineRows() {
  for (const group of all("[data-inline]")) {
    const add = one("[data-inline-add]", group);
    const rows = one("[data-inline-rows]", group);
    const template = one("template[data-inline-template]", group);
    let next = rows.children.length;
    add.hidden = false;
    add.addEventListener("click", () => {
      const row = template.content.firstElementChild.cloneNode(true);
      const prefix = `${group.dataset.inline}-${next++}`;
      for (const attribute of ["id", "name", "for"]) {
        for (const element of all(`[${attribute}]`, row)) {
          const old = element.getAttribute(attribute);
          element.setAttribute(attribute, old ? `${prefix}-${old}` : prefix);
        }
      }
      row.id = prefix;
      rows.append(row);
      one("[data-inline-remove]", row).addEventListener("click", () => row.remove());
      one("input:not([type=hidden]), select, textarea", row)?.focus();
    });
  }
}

/** A print button prints; without script it stays hidden. */
function wirePrint() {
  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

focusSummary();
tameMenus();
listenToKeys();
wireSelectAll();
wireGetForms();
guardForms();
autosave();
previewPhotos();
wireInlineRows();
wirePrint();
