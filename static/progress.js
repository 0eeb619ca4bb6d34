// A long piece of work behind the page: its progress without reloading; the page itself loads again when it ends.

const box = document.querySelector("[data-progress]");
const EVERY = 1500;

async function look() {
  const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) {
    const now = await answer.json();
    if (now.state !== box.dataset.state) {
      location.reload();
      return;
    }
    const text = box.querySelector("[data-progress-text]");
    if (text.textContent !== now.text) text.textContent = now.text;
    const bar = box.querySelector("progress");
    if (now.total) {
      bar.max = now.total;
      bar.value = now.done;
    }
  }
  setTimeout(look, EVERY);
}

if (box) setTimeout(look, EVERY);
