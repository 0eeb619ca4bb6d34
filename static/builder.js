// Condition builders show themselves again without leaving the page: the server draws, this puts its answer in place.

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

/** A typed value is not asked where another question or today was chosen. */
function hideValues(root = document) {
  for (const select of all("select[data-other]", root)) {
    const input = document.getElementById(select.dataset.other);
    const fit = () => { input.hidden = select.value !== ""; };
    if (!select.dataset.wired) select.addEventListener("change", fit);
    select.dataset.wired = "true";
    fit();
  }
}

/** What was typed or chosen while the server was drawing: by name, the values. */
function changedSince(form, sent) {
  const now = new FormData(form);
  const names = new Set([...now.keys(), ...sent.keys()]);
  return Array.from(names, (name) => [name, now.getAll(name)]).filter(([name, values]) => String(values) !== String(sent.getAll(name)));
}

function putBack(part, changed) {
  for (const [name, values] of changed) {
    for (const control of all(`[name="${name}"]`, part)) {
      if (["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
      else if (values.length === 1 && control.type !== "hidden") control.value = values[0];
    }
  }
}

/** Posts the form as the pressed button (or a choice) would, and replaces the part of the page around it. */
async function redraw(form, part, trigger, name, value) {
  const data = new FormData(form);
  data.set(name, value);
  const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
  const changed = changedSince(form, data).filter(([one]) => one !== name);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
  if (!answer.ok || !fresh) {
    form.requestSubmit(trigger.matches("button") ? trigger : undefined);
    return;
  }
  part.innerHTML = fresh.innerHTML;
  putBack(part, changed);
  hideValues(part);
  part.dispatchEvent(new Event("designer:redrawn", { bubbles: true }));
  const next = part.querySelector("[data-fresh]") ?? (trigger.id ? document.getElementById(trigger.id) : null) ?? part.querySelector("button[name=more]");
  next?.focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const form of all("form[data-redraws]")) {
  let turn = Promise.resolve(); // one answer at a time: the next question goes out with what the last one left
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=more], button[name=less]");
    const part = button?.closest("[data-part]");
    if (!part) return;
    event.preventDefault();
    turn = turn.then(() => redraw(form, part, button, button.name, button.value));
  });
  form.addEventListener("change", (event) => {
    const part = event.target.matches("[data-redraw]") ? event.target.closest("[data-part]") : null;
    if (part) turn = turn.then(() => redraw(form, part, event.target, "redraw", "1"));
  });
}
hideValues();
