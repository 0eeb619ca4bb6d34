// Entry of a configured form: redraws what an answer decides, and sends photographs as soon as they are chosen.
// The page works the same way without this module, one press of a button later.

const form = document.querySelector("form[data-entry]");
const status = form?.querySelector("[data-saved-at]");
let turn = Promise.resolve();

/** Posts the page as the refresh button would and puts the answer's rows in place of what changed. */
async function refresh({ files }) {
  const data = new FormData(form);
  if (!files) for (const [name, value] of Array.from(data)) if (value instanceof File) data.delete(name);
  data.set("refresh", "1");
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin", redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-swap=rows]");
  if (!fresh) throw new Error(String(answer.status));
  swapRows(form.querySelector("[data-swap=rows]"), fresh, { files });
  swap("notice", page);
  if (files) tellProblems(page);
  for (const name of ["base", "tab"]) {
    if (form.elements[name]) form.elements[name].value = page.querySelector(`form[data-entry] [name=${name}]`).value;
  }
}

function swap(part, page) {
  document.querySelector(`[data-swap=${part}]`).replaceChildren(...page.querySelector(`[data-swap=${part}]`).childNodes);
}

/** Shows what is wrong with new photographs; an older summary stays while it speaks of other questions. */
function tellProblems(page) {
  const links = Array.from(document.querySelectorAll("[data-swap=errors] a"));
  const others = links.some((link) => !document.querySelector("[data-photo-row]")?.querySelector(link.hash));
  if (page.querySelector("[data-swap=errors] a") || !others) swap("errors", page);
}

/** Takes over new rows and drops hidden ones; a row that stays keeps its control, its focus and what is typed. */
function swapRows(old, fresh, { files }) {
  const kept = new Map(Array.from(old.querySelectorAll(":scope > [data-row]"), (row) => [row.dataset.row, row]));
  let place = old.firstElementChild;
  for (const row of Array.from(fresh.children)) {
    while (place && !place.dataset.row) place = drop(place); // headings are cheap, and in the way
    const mine = row.dataset.row ? kept.get(row.dataset.row) : null;
    const renew = !mine || "computedRow" in row.dataset || (files && "photoRow" in row.dataset);
    if (mine && !renew) {
      kept.delete(row.dataset.row);
      if (mine === place) place = place.nextElementSibling;
      else old.insertBefore(mine, place);
      takeMark(mine, row);
      continue;
    }
    if (mine) {
      kept.delete(row.dataset.row);
      if (mine === place) place = place.nextElementSibling;
      mine.remove();
    }
    old.insertBefore(row, place);
  }
  while (place) place = drop(place);
}

function drop(element) {
  const next = element.nextElementSibling;
  element.remove();
  return next;
}

/** A question that became required, or no longer is, says so. */
function takeMark(mine, fresh) {
  const [now, then] = [fresh.querySelector(".mark"), mine.querySelector(".mark")];
  if (now && !then) mine.querySelector("label, legend")?.append(now);
  if (!now && then) then.remove();
}

async function sendPhotos() {
  if (status) status.textContent = form.dataset.textSending;
  try {
    await refresh({ files: true });
    if (status) status.textContent = "";
    form.dispatchEvent(new Event("zhiye:saved"));
  } catch {
    if (status) status.textContent = form.dataset.textFailed;
  }
}

if (form) {
  const deciding = new Set(form.dataset.depends.split(" "));
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") turn = turn.then(sendPhotos);
    else if (deciding.has(event.target.name)) turn = turn.then(() => refresh({ files: false })).catch(() => {});
  });
}
