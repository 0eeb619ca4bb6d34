// The daily table of points: Enter goes down the column, arrows too; Ctrl+Enter saves.
const form = document.querySelector("[data-points]");
const cells = form ? [...form.querySelectorAll('input[name^="p"][inputmode]')] : [];

form?.addEventListener("keydown", (event) => {
  const at = cells.indexOf(event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (at >= 0 && ["Enter", "ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const next = cells[at + (event.key === "ArrowUp" ? -1 : 1)];
    next?.focus();
    next?.select();
  } else if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
    event.preventDefault();
  }
});
