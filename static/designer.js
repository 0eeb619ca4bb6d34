// Niceties of the form designer on top of pages that work without them. Words come from the page's attributes.

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

/** Rows of options get buttons that move them, in place of the numbers to type. */
function movableOptions(root = document) {
  for (const table of all("[data-options]", root)) {
    const rows = () => all("tbody > tr", table);
    const renumber = () => rows().forEach((row, place) => { row.querySelector("input[type=number]").value = place + 1; });
    for (const row of rows()) {
      const buttons = document.createElement("div");
      buttons.className = "d-inline-flex gap-1";
      for (const [sign, words, step] of [["↑", table.dataset.textUp, -1], ["↓", table.dataset.textDown, 1]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-outline-secondary";
        button.textContent = sign;
        button.setAttribute("aria-label", words);
        button.addEventListener("click", () => {
          const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
          if (!other) return;
          if (step < 0) other.before(row);
          else other.after(row);
          renumber();
          button.focus();
          row.dispatchEvent(new Event("input", { bubbles: true }));
        });
        buttons.append(button);
      }
      const number = row.querySelector("input[type=number]");
      number.hidden = true;
      number.after(buttons);
    }
  }
}

movableOptions();
document.addEventListener("designer:redrawn", (event) => movableOptions(event.target));
