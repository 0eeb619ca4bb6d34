// Looking up a person without leaving the page: the button and the enter key ask the server, and only what it found is
// put in place. A choice that carries details over brings the questions that take them. Without this module the same
// button draws the whole page anew.

const form = document.querySelector("form[data-entry]");

/** Posts the page as the look-up button would, and returns the page that came of it. */
async function ask(value) {
  const data = new FormData(form);
  for (const [name, one] of Array.from(data)) if (one instanceof File) data.delete(name);
  data.set("refresh", value);
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin", redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-swap=rows]")) throw new Error(String(answer.status));
  for (const name of ["base", "tab"]) {
    const fresh = page.querySelector(`form[data-entry] [name=${name}]`);
    if (form.elements[name] && fresh) form.elements[name].value = fresh.value;
  }
  return page;
}

const rowOf = (root, at) => root.querySelector(`[data-row="${CSS.escape(at)}"]`);

/** Puts fresh rows in place of those on the page; what is not among them stays as it is. */
function renew(page, places) {
  for (const at of places) {
    const [mine, fresh] = [rowOf(form, at), rowOf(page, at)];
    if (mine && fresh) mine.replaceWith(document.adoptNode(fresh));
  }
}

async function find(button) {
  const at = button.closest("[data-row]").dataset.row;
  button.disabled = true;
  try {
    renew(await ask(button.value), [at]);
    const row = rowOf(form, at);
    (row.querySelector("input[type=radio]") ?? row.querySelector("[data-lookup-box]")).focus();
  } catch {
    button.disabled = false;
    button.form.requestSubmit(button);
  }
}

async function carry(radio) {
  const row = radio.closest("[data-row]");
  const at = row.dataset.row;
  const beside = at.slice(0, at.lastIndexOf("/") + 1);
  const places = row.querySelector("[data-fills]").dataset.fills.split(" ").map((fid) => `${beside}${fid}`);
  try {
    renew(await ask(radio.name), [at, ...places]);
    rowOf(form, at).querySelector("input[type=radio]:checked")?.focus();
  } catch {
    // The choice stands; its details come with the next page.
  }
}

if (form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-lookup-button]");
    if (!button) return;
    event.preventDefault();
    find(button);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("[data-lookup-box]")) return;
    event.preventDefault();
    find(event.target.closest("[data-row]").querySelector("[data-lookup-button]"));
  });
  form.addEventListener("change", (event) => {
    const radio = event.target;
    if (radio.type === "radio" && radio.closest("[data-fills]")?.dataset.fills) carry(radio);
  });
}
