// Suggestions below a field that names a row of another list; without script the field takes the code as typed.

const WAIT = 250;

function suggest(field) {
  const list = document.createElement("datalist");
  list.id = `${field.id}-suggestions`;
  field.after(list);
  field.setAttribute("list", list.id);
  let timer = 0;
  let asked = "";
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      asked = field.value.trim();
      if (!asked) return;
      const address = new URL(field.dataset.lookup, location.origin);
      address.searchParams.set("query", asked);
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || asked !== field.value.trim()) return;
      const rows = await answer.json();
      list.replaceChildren(...rows.map(([value, label]) => new Option(label, value)));
    }, WAIT);
  });
}

for (const field of document.querySelectorAll("input[data-lookup]")) suggest(field);
