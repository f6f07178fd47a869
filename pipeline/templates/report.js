"use strict";
// Filters and sorts the drill-down tables. The page says the same, only longer, without it.
(() => {
  const tables = [...document.querySelectorAll("table.drill")];
  const form = document.querySelector("form.pick");
  if (!form) return;
  for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
  const said = (cell) => cell.textContent.trim();
  const lines = (table) => [...table.tBodies[0].rows];
  const choices = new Map(); // column -> its control

  function column(table, name) {
    return [...table.tHead.rows[0].cells].findIndex((cell) => cell.dataset.by === name);
  }

  function show() {
    for (const table of tables) {
      const asked = [...choices]
        .map(([name, control]) => [column(table, name), control.value])
        .filter(([place, value]) => place >= 0 && value);
      let count = 0;
      for (const line of lines(table)) {
        line.hidden = !asked.every(([place, value]) => said(line.cells[place]) === value);
        if (!line.hidden) count += 1;
      }
      table.caption.querySelector("output").value = ` ${count} of ${lines(table).length} lines`;
    }
  }

  function choice(name) {
    const values = new Set();
    for (const table of tables) {
      const place = column(table, name);
      if (place >= 0) for (const line of lines(table)) values.add(said(line.cells[place]));
    }
    if (values.size < 2) return;
    const control = document.createElement("select");
    control.append(new Option("all", ""));
    for (const value of [...values].sort()) control.append(new Option(value, value));
    control.addEventListener("change", show);
    const words = document.createElement("label");
    words.append(name, control);
    form.append(words);
    choices.set(name, control);
  }

  function sort(table, place, title) {
    const down = title.ariaSort !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    title.ariaSort = down ? "descending" : "ascending";
    const number = title.classList.contains("num");
    const key = (line) => {
      const text = said(line.cells[place]);
      return number ? parseFloat(text.replace(/[^\d.-]/g, "")) || 0 : text;
    };
    const keyed = lines(table).map((line) => [key(line), line]);
    keyed.sort(([a], [b]) => (number ? a - b : b.localeCompare(a)) * (down ? -1 : 1));
    table.tBodies[0].append(...keyed.map(([, line]) => line));
  }

  for (const name of ["source", "language", "group", "reason", "action", "differs"]) choice(name);
  const all = document.createElement("button");
  all.type = "reset";
  all.textContent = "show all";
  form.append(all);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const table of tables) {
    table.caption.append(document.createElement("output"));
    [...table.tHead.rows[0].cells].forEach((title, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...title.childNodes);
      title.append(button);
      button.addEventListener("click", () => sort(table, place, title));
    });
  }
  show();
})();
