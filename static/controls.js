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
  if (!navigator.geolocation) return;
  for (const button of root.querySelectorAll("[data-locate][hidden]")) button.hidden = false;
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

/** The button that fills in where the device is. */
async function locate(button) {
  const told = document.getElementById(`${button.dataset.locate}-located`);
  const inputs = [0, 1, 2].map((place) => document.getElementById(`${button.dataset.locate}-${place}`));
  told.textContent = button.dataset.textWaiting;
  try {
    const options = { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 };
    const { coords } = await new Promise((found, failed) => navigator.geolocation.getCurrentPosition(found, failed, options));
    const numbers = [coords.latitude.toFixed(6), coords.longitude.toFixed(6), String(Math.ceil(coords.accuracy))];
    inputs.forEach((input, place) => {
      input.value = numbers[place];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    inputs[2].dispatchEvent(new Event("change", { bubbles: true }));
    told.textContent = button.dataset.textDone;
  } catch {
    told.textContent = button.dataset.textFailed;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-locate]");
  if (button) locate(button);
});
