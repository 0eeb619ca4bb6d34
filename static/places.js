// The place of photographs: with the consent of who fills in, each photograph sent carries where the device is.
// Without it photographs are sent all the same, and say that the place is not known.

let here = null; // "latitude longitude accuracy", kept up to date while somebody wants it
let failed = false;
let watch = 0;

const boxes = () => document.querySelectorAll("[data-place]");

function show() {
  for (const box of boxes()) {
    box.hidden = false;
    const told = box.querySelector("[data-place-told]");
    box.dataset.textFirst ??= told.textContent;
    box.querySelector("[data-place-ask]").checked = Boolean(watch);
    box.querySelector("[data-place-value]").value = watch && here ? here : "";
    const { textFirst, textWaiting, textFailed, textDone } = box.dataset;
    const words = here ? textDone.replace("{metres}", here.split(" ")[2]) : failed ? textFailed : textWaiting;
    const now = watch ? words : failed ? textFailed : textFirst;
    if (told.textContent !== now) told.textContent = now;
  }
}

function begin() {
  failed = false;
  watch = navigator.geolocation.watchPosition(
    ({ coords }) => {
      here = [coords.latitude.toFixed(6), coords.longitude.toFixed(6), Math.ceil(coords.accuracy)].join(" ");
      show();
    },
    () => {
      if (here) return; // the place known a moment ago is better than none
      stop();
      failed = true;
      show();
    },
    { enableHighAccuracy: true, timeout: 20000, maximumAge: 10000 },
  );
}

function stop() {
  navigator.geolocation.clearWatch(watch);
  watch = 0;
  here = null;
  failed = false;
}

if (navigator.geolocation) {
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-place-ask]")) return;
    if (event.target.checked) begin();
    else stop();
    show();
  });
  show();
  const rows = document.querySelector("[data-swap=rows]");
  if (rows) {
    new MutationObserver((changes) => {
      const added = changes.flatMap((change) => Array.from(change.addedNodes));
      if (added.some((node) => node.querySelector?.("[data-place]"))) show();
    }).observe(rows, { childList: true, subtree: true });
  }
}
