// The counter without waiting: buttons and a hand scanner change the basket on the page. No text stands here.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const MOST = 999;

const wantedOf = (good) => Number(one("[data-wanted]", good).value.trim()) || 0;

function want(good, count) {
  const within = Math.min(Math.max(count, 0), MOST);
  one("[data-wanted]", good).value = within ? String(within) : "";
}

/** Adds up, and says when it is more than can be spent. */
function addUp(form) {
  const foot = one("[data-total]", form);
  if (!foot) return;
  let sum = 0;
  for (const good of all("[data-good]", form)) {
    const wanted = wantedOf(good);
    good.classList.toggle("good-wanted", wanted > 0);
    sum += wanted * Number(good.dataset.price);
  }
  one("[data-sum]", foot).textContent = String(sum);
  one("[data-short]", foot).hidden = sum <= Number(foot.dataset.available);
}

/** Puts the good that was scanned into the basket, and says so. */
function take(form, field) {
  const code = field.value.trim();
  field.value = "";
  if (!code) return;
  const said = one("[data-said]", form);
  const good = all("[data-good]", form).find((item) => item.dataset.code === code);
  if (good) want(good, wantedOf(good) + 1);
  said.classList.toggle("is-danger", !good);
  said.textContent = good
    ? said.dataset.textAdded.replace("{good}", one("strong", good).textContent)
    : said.dataset.textUnknown;
  addUp(form);
  field.focus();
}

function wire(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    event.preventDefault();
    const good = button.closest("[data-good]");
    want(good, wantedOf(good) + Number(button.dataset.step));
    addUp(form);
  });
  form.addEventListener("input", () => addUp(form));
  let sent = false;
  form.addEventListener("submit", (event) => {
    const once = event.submitter?.matches("[data-once]");
    const field = one("[data-scan]", form);
    if (!once) {
      // Enter in any field comes from the scanner or from somebody who is not done yet.
      event.preventDefault();
      if (field) take(form, field);
      return;
    }
    if (sent) event.preventDefault();
    sent = true;
    event.submitter.textContent = event.submitter.dataset.textBusy;
  });
  addUp(form);
}

/** A photograph of a code is sent as soon as it is taken or chosen. */
function send(form) {
  form.addEventListener("change", (event) => {
    if (event.target.files?.length) form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    const button = one("[data-text-busy]", form);
    button.textContent = button.dataset.textBusy;
  });
}

/** A scanner types like a keyboard: what it types while nothing has the focus goes to the scan field. */
function listen() {
  document.addEventListener("keydown", (event) => {
    const field = one("[data-scan]");
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (!field || typing || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (event.key === " ") return;
    field.focus();
  });
  // A page kept by the browser for the way back may be sent again; the uid decides what that means.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}

for (const form of all("form[data-basket]")) wire(form);
for (const form of all("form[data-photo]")) send(form);
listen();
