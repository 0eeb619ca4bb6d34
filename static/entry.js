// Entry of a configured form: what an answer decides is shown, required and computed at once; rows of repeats are added
// and taken out in place; uploads are sent as soon as they are chosen. The page works the same way without this module,
// one press of a button later, and the server judges everything again.

import { readControls } from "./answers.js";
import { Live } from "./live.js";
import { act, entries } from "./rows.js";

const form = document.querySelector("form[data-entry]");
const PREFIX = "f_";

/** All that stands on the page by address: its element, and the template that keeps it aside while it is hidden. */
function placesOf(root, found = new Map(), aside = null) {
  for (const element of root.children) {
    if (element instanceof HTMLTemplateElement) {
      if ("aside" in element.dataset) placesOf(element.content, found, element);
      continue;
    }
    if ("row" in element.dataset) found.set(element.dataset.row, { element, aside });
    placesOf(element, found);
  }
  return found;
}

class Page {
  constructor() {
    this.rows = form.querySelector("[data-swap=rows]");
    const told = JSON.parse(form.querySelector("script[data-live]").textContent);
    this.words = told.words;
    this.filtering = new Set(told.filtering); // answers that decide which options another question offers
    this.live = new Live(told);
    this.turn = Promise.resolve();
    this.watch = new MutationObserver(() => { this.stale = true; }); // what other modules put in place
    this.watch.observe(this.rows, { childList: true, subtree: true });
    this.sync();
    this.settle();
    form.addEventListener("input", (event) => this.changed(event));
    form.addEventListener("change", (event) => this.changed(event));
    form.addEventListener("click", (event) => this.pressed(event));
  }

  /** Takes in how the page stands: where rows are, what is shown, what is answered. */
  sync() {
    this.stale = false;
    this.places = placesOf(this.rows);
    const rowsAt = (at) => {
      const repeat = this.places.get(at)?.element;
      return repeat ? entries(repeat).map((entry) => entry.dataset.entryRow.split("/").at(-1)) : null;
    };
    this.live.build(rowsAt, (at) => !this.places.has(at) || this.isOpen(at));
    for (const [scope, item] of this.live.walk()) this.read(scope.prefix + item.fid, item);
  }

  isOpen(at) {
    return this.places.get(at).aside === null;
  }

  read(at, item) {
    const place = this.places.get(at);
    if (!place || !item || item.holds || item.value !== undefined) return;
    const controls = Array.from(place.element.querySelectorAll(`[name="${PREFIX}${at}"]`));
    const kept = place.element.querySelector(`[name="kept_${at}"]`);
    this.live.put(at, readControls(item, kept ? [kept] : controls));
  }

  /** Evaluates what depends on some fids, on all without them, and shows it. */
  settle(fids) {
    const reached = this.live.settle(fids);
    for (const [at, item] of reached) if (this.places.has(at)) this.apply(at, item);
    for (const heading of this.rows.querySelectorAll("[data-heading]")) heading.hidden = isBare(heading);
    this.rows.querySelector("[name=asked]").value = this.asked();
    this.watch.takeRecords();
  }

  apply(at, item) {
    this.toggle(at, this.live.shown.has(at));
    const { element } = this.places.get(at);
    if (item.value !== undefined) this.tell(element, this.live.values.get(at));
    else this.demand(element, at, this.live.required.has(at));
  }

  toggle(at, on) {
    const place = this.places.get(at);
    if (on && place.aside) {
      place.aside.replaceWith(place.element);
      place.aside = null;
    } else if (!on && !place.aside) {
      place.aside = document.createElement("template");
      place.aside.dataset.aside = at;
      place.element.replaceWith(place.aside);
      place.aside.content.append(place.element);
    }
  }

  /** Writes what was computed; what only the server knows stays. */
  tell(element, value) {
    const output = element.querySelector("output");
    if (output && typeof value !== "symbol") output.textContent = this.spell(value);
  }

  spell(value) {
    if (value === null || value === undefined) return this.words.waiting;
    return typeof value === "boolean" ? this.words[value] : String(value);
  }

  demand(element, at, on) {
    const head = element.querySelector("legend") ?? element.querySelector("label.choice > span") ?? element.querySelector("label");
    const mark = head?.querySelector(":scope > .must");
    if (!head || Boolean(mark) === on) return;
    if (mark) mark.remove();
    else head.append(Object.assign(document.createElement("span"), { className: "must", textContent: this.words.must }));
    for (const control of element.querySelectorAll(`[name="${PREFIX}${at}"]`)) {
      if (!["radio", "checkbox", "file", "hidden"].includes(control.type)) control.required = on;
    }
  }

  /** The addresses of the questions that stand on the page now. */
  asked() {
    return Array.from(this.rows.querySelectorAll("[data-row][data-asks]"), ({ dataset }) => dataset.row).join(" ");
  }

  changed(event) {
    const { target, type } = event;
    if (target.type === "file") {
      if (type === "change") this.queue(() => this.send());
      return;
    }
    if (!target.name?.startsWith(PREFIX)) return;
    if (this.stale) this.sync();
    const at = target.name.slice(PREFIX.length);
    const fid = at.split("/").at(-1);
    this.read(at, this.live.items.get(fid));
    this.settle([fid]);
    if ((this.live.asks || this.filtering.has(fid)) && type === "change") this.queue(() => this.refresh({ files: false }).catch(() => {}));
  }

  pressed(event) {
    const button = event.target.closest("button[name]");
    const repeat = button && act(button, this.words);
    if (!repeat) return;
    event.preventDefault();
    this.sync();
    this.settle([repeat.dataset.row.split("/").at(-1)]);
    form.dispatchEvent(new Event("input", { bubbles: true })); // saved and guarded as anything typed
  }

  queue(job) {
    this.turn = this.turn.then(job);
  }

  /** Posts the page as the refresh button would and takes over what the server says of each question. */
  async refresh({ files }) {
    const data = new FormData(form);
    if (!files) for (const [name, value] of Array.from(data)) if (value instanceof File) data.delete(name);
    data.set("refresh", "1");
    const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin", redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-swap=rows]");
    if (!fresh) throw new Error(String(answer.status));
    this.takeOver(placesOf(fresh), { files });
    swap("notice", page);
    if (files) tellProblems(page);
    for (const name of ["base", "tab"]) {
      if (form.elements[name]) form.elements[name].value = page.querySelector(`form[data-entry] [name=${name}]`).value;
    }
  }

  takeOver(fresh, { files }) {
    for (const [at, theirs] of fresh) {
      const mine = this.places.get(at);
      if (!mine) continue;
      const sent = files && "photoRow" in mine.element.dataset && !mine.element.querySelector("[data-drawn]");
      if (sent || "filtered" in mine.element.dataset) {
        const element = document.importNode(theirs.element, true);
        mine.element.replaceWith(element);
        mine.element = element;
      }
      this.toggle(at, theirs.aside === null);
      const output = theirs.element.querySelector(":scope > output");
      if (output) mine.element.querySelector("output").textContent = output.textContent;
      else if ("asks" in theirs.element.dataset) this.demand(mine.element, at, hasMark(theirs.element));
    }
    this.sync();
    this.settle();
  }

  async send() {
    const status = form.querySelector("[data-saved-at]");
    const say = (text) => { if (status) status.textContent = text; };
    say(form.dataset.textSending);
    try {
      await this.refresh({ files: true });
      say("");
      form.dispatchEvent(new Event("zhiye:saved"));
    } catch {
      say(form.dataset.textFailed);
    }
  }
}

function hasMark(element) {
  const head = element.querySelector("legend, label");
  return head.querySelector(".must") !== null;
}

/** Tells whether no question stands between a heading and the next one. */
function isBare(heading) {
  let next = heading.nextElementSibling;
  while (next && !("row" in next.dataset) && !("heading" in next.dataset)) next = next.nextElementSibling;
  return !next || "heading" in next.dataset;
}

function swap(part, page) {
  document.querySelector(`[data-swap=${part}]`).replaceChildren(...page.querySelector(`[data-swap=${part}]`).childNodes);
}

/** Shows what is wrong with new uploads; an older summary stays while it speaks of other questions. */
function tellProblems(page) {
  const links = Array.from(document.querySelectorAll("[data-swap=errors] a"));
  const others = links.some(({ hash }) => !document.getElementById(hash.slice(1))?.closest("[data-photo-row]"));
  if (page.querySelector("[data-swap=errors] a") || !others) swap("errors", page);
}

if (form) new Page();
