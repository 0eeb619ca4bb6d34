// The rows of repeats: added, taken out, brought back and moved in the page, without asking the server.
// Each button also works as one that submits.

const NEW = "_new_";
const LENGTH = 8; // bytes of a row's id

/** Does what a row's button says. Gives the repeat that changed, or null where the server must do it. */
export function act(button, words) {
  const repeat = button.closest("[data-repeat]");
  const told = repeat && ACTS[button.name]?.(button, repeat, words);
  if (!told) return null;
  number(repeat, words);
  repeat.querySelector(":scope > [data-told]").textContent = told;
  return repeat;
}

/** The entries of a repeat that count; what was taken out does not. */
export function entries(repeat) {
  return Array.from(repeat.querySelectorAll(":scope > [data-entries] > [data-entry-row]"));
}

const ACTS = { add, drop, restore, up: (...given) => move(...given, -1), down: (...given) => move(...given, 1) };

function add(_button, repeat, words) {
  const blank = repeat.querySelector(":scope > template[data-blank]");
  const copy = document.importNode(blank.content, true);
  const at = repeat.dataset.row;
  rename(copy, `${at}/${NEW}`, `${at}/${freshId()}`);
  const entry = copy.firstElementChild;
  repeat.querySelector(":scope > [data-entries]").append(copy);
  focusFirst(entry);
  return words.added.replace("{n}", entries(repeat).length);
}

function freshId() {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Gives a copied row its own address everywhere, also in what is kept aside in it. */
function rename(root, before, after) {
  for (const element of root.querySelectorAll("*")) {
    for (const { name, value } of Array.from(element.attributes)) {
      if (value.includes(before)) element.setAttribute(name, value.replaceAll(before, after));
    }
    if (element instanceof HTMLTemplateElement) rename(element.content, before, after);
  }
}

/** A row that is taken out stays beside its button, with all that was typed in it. */
function drop(button, repeat, words) {
  const entry = button.closest("[data-entry-row]");
  const place = entries(repeat).indexOf(entry) + 1;
  const told = words.gone.replace("{n}", place);
  const strip = document.createElement("p");
  strip.className = "entry-gone";
  const back = document.createElement("button");
  Object.assign(back, { type: "submit", name: "restore", value: `${entry.dataset.entryRow} ${place - 1}`, className: "btn btn-outline-secondary", textContent: words.restore });
  const aside = document.createElement("template");
  strip.append(`${told} `, back, aside);
  entry.replaceWith(strip);
  aside.content.append(entry);
  back.focus();
  return told;
}

function restore(button, repeat, words) {
  const aside = button.parentElement.querySelector("template");
  if (!aside || entries(repeat).length >= Number(repeat.dataset.most)) return null;
  const entry = aside.content.firstElementChild;
  button.parentElement.replaceWith(entry);
  focusFirst(entry);
  return words.added.replace("{n}", entries(repeat).indexOf(entry) + 1);
}

function move(button, repeat, words, step) {
  const entry = button.closest("[data-entry-row]");
  const other = entries(repeat)[entries(repeat).indexOf(entry) + step];
  if (!other) return null;
  if (step < 0) other.before(entry);
  else other.after(entry);
  number(repeat, words);
  const acts = Array.from(button.parentElement.querySelectorAll("button:not([hidden])"));
  (acts.includes(button) ? button : acts[0]).focus();
  return words.number.replace("{n}", entries(repeat).indexOf(entry) + 1);
}

/** Numbers the rows and shows the buttons that can do something. */
function number(repeat, words) {
  const all = entries(repeat);
  const { least, most } = repeat.dataset;
  for (const [place, entry] of all.entries()) {
    for (const told of entry.querySelectorAll("[data-number]")) {
      if (told.closest("[data-entry-row]") === entry) told.textContent = words.number.replace("{n}", place + 1);
    }
    const acts = entry.querySelector(":scope > .entry-acts");
    acts.querySelector("[name=up]").hidden = place === 0;
    acts.querySelector("[name=down]").hidden = place === all.length - 1;
    acts.querySelector("[name=drop]").hidden = all.length <= Number(least);
  }
  repeat.querySelector(":scope > [name=add]").hidden = all.length >= Number(most);
  repeat.querySelector(":scope > [data-full]").hidden = all.length < Number(most);
}

function focusFirst(entry) {
  const controls = Array.from(entry.querySelectorAll("input:not([type=hidden]), select, textarea"));
  controls.find((control) => control.offsetParent !== null)?.focus();
}
