// Controls that a script makes handier. Every one of them works without it.

/** A slider beside a number: it appears, follows the number, and writes it when it is moved. */
function liven(slider) {
  const number = document.getElementById(slider.dataset.slides);
  if (!number || !slider.hidden) return;
  slider.hidden = false;
  const follow = () => {
    slider.value = number.value.trim() === "" ? slider.min : number.value;
  };
  slider.addEventListener("input", () => {
    number.value = slider.value;
    number.dispatchEvent(new Event("input", { bubbles: true }));
  });
  slider.addEventListener("change", () => number.dispatchEvent(new Event("change", { bubbles: true })));
  number.addEventListener("input", follow);
  follow();
}

function livenAll(root) {
  for (const slider of root.querySelectorAll("[data-slides]")) liven(slider);
}

/** A scanner ends what it reads with the enter key: that leads on to the next question and does not send the page. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-scan]")) return;
  event.preventDefault();
  const fields = Array.from(event.target.form.querySelectorAll("input, select, textarea, button"));
  const next = fields.slice(fields.indexOf(event.target) + 1).find((one) => one.offsetParent && one.tabIndex >= 0);
  next?.focus();
});

livenAll(document);
const rows = document.querySelector("[data-swap=rows]");
if (rows) new MutationObserver(() => livenAll(rows)).observe(rows, { childList: true, subtree: true });
