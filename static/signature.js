// A signature drawn with finger, pen or mouse. It goes into the file input beside it as a picture, like a photograph:
// entry.js then sends it at once. Whoever cannot draw uploads a photograph of a signature on paper.

const LINE = 7; // of 1200 pixels across: a pen on paper

/** One pad: strokes are kept as points, so that the last one can be taken back. */
class Pad {
  constructor(box) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.file = document.getElementById(box.dataset.signature);
    this.strokes = [];
    box.hidden = false;
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, (event) => this.end(event));
    this.button("undo", () => this.strokes.pop());
    this.button("clear", () => { this.strokes.length = 0; });
    box.querySelector("[data-signature-keep]").addEventListener("click", () => this.keep());
    this.file.form?.addEventListener("submit", () => { if (this.box.isConnected && !this.file.files.length) this.fill(); });
  }

  button(name, act) {
    this.box.querySelector(`[data-signature-${name}]`).addEventListener("click", () => {
      act();
      this.draw();
      this.tell(this.strokes.length ? this.box.dataset.textDrawn : "");
    });
  }

  tell(words) {
    this.box.querySelector("[data-signature-told]").textContent = words;
  }

  point(event) {
    const place = this.canvas.getBoundingClientRect();
    const across = this.canvas.width / place.width;
    const down = this.canvas.height / place.height;
    return [(event.clientX - place.left) * across, (event.clientY - place.top) * down];
  }

  begin(event) {
    if (!event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = [this.point(event)];
    this.strokes.push(this.drawing);
    this.draw();
  }

  go(event) {
    if (!this.drawing || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.drawing.push(this.point(one));
    this.draw();
  }

  end(event) {
    if (!this.drawing || !event.isPrimary) return;
    this.drawing = null;
    this.tell(this.box.dataset.textDrawn);
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  draw() {
    this.box.toggleAttribute("data-drawn", this.strokes.length > 0); // not to be put aside while other files are sent
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    Object.assign(pen, { lineWidth: LINE, lineCap: "round", lineJoin: "round", strokeStyle: "#000", fillStyle: "#000" });
    for (const stroke of this.strokes) trace(pen, stroke);
  }

  /** Puts the picture into the file input. The drawing is turned into bytes at once, because a form does not wait. */
  fill() {
    if (!this.strokes.length) return false;
    const text = atob(this.canvas.toDataURL("image/png").split(",")[1]);
    const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    const carrier = new DataTransfer();
    carrier.items.add(new File([bytes], "signature.png", { type: "image/png" }));
    this.file.files = carrier.files;
    return true;
  }

  keep() {
    this.box.removeAttribute("data-drawn");
    if (this.fill()) this.file.dispatchEvent(new Event("change", { bubbles: true }));
    else this.tell(this.box.dataset.textEmpty);
  }
}

/** Draws one stroke, rounded through the middles of its points; a touch alone is a dot. */
function trace(pen, points) {
  const [first, ...rest] = points;
  pen.beginPath();
  if (!rest.length) {
    pen.arc(...first, LINE / 2, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  pen.moveTo(...first);
  rest.forEach((point, place) => {
    const next = rest[place + 1];
    if (next) pen.quadraticCurveTo(...point, (point[0] + next[0]) / 2, (point[1] + next[1]) / 2);
    else pen.lineTo(...point);
  });
  pen.stroke();
}

function wake(root) {
  for (const box of root.querySelectorAll("[data-signature][hidden]")) new Pad(box);
}

wake(document);
const rows = document.querySelector("[data-swap=rows]");
if (rows) new MutationObserver(() => wake(rows)).observe(rows, { childList: true, subtree: true });
