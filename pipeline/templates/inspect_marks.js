// Marks: what a person says of a verdict, a finding, or words that no detector found.

// Whether places in the text of this name are those of the text as it was read.
function spots(name) {
  const { record } = state;
  return name === "as it was read" || (record.action !== "redact" && !record.transforms.length);
}

function offset(node, inner) {
  const holder = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-start]");
  if (!holder) return null;
  const before = node.nodeType === Node.TEXT_NODE ? node.data.slice(0, inner) : "";
  return Number(holder.dataset.start) + [...before].length;
}

function selected() {
  const picked = getSelection();
  const box = picked.anchorNode?.parentElement?.closest(".block");
  if (picked.isCollapsed || !box || !spots(box.dataset.name)) return null;
  const ends = [offset(picked.anchorNode, picked.anchorOffset), offset(picked.focusNode, picked.focusOffset)];
  if (ends.includes(null)) return null;
  const [start, end] = ends.sort((a, b) => a - b);
  return start < end ? { start, end } : null;
}

async function mark(verdict) {
  if (!state.record) return;
  const body = { n: state.record.n, finding: state.chosen, verdict, meant: judge.elements.meant.value,
    note: judge.elements.note.value };
  if (verdict === "missed") {
    const span = selected();
    if (!span || !body.meant.trim()) {
      trouble("Select the words in the text and name the label meant; then mark them as missed.");
      return;
    }
    Object.assign(body, span);
  }
  tell(await call("api/mark", body));
  judge.reset();
  badge(body.n, true);
  await again();
}

async function undo() {
  const told = await call("api/undo", {});
  tell(told);
  if (told.record === null) trouble("There is no mark to take back.");
  else {
    byId("counts").textContent += `; the last one, on ${told.id}, was taken back`;
    badge(told.record, told.marked);
    if (state.record) await again();
  }
}

// Tells in the list whether a record has marks.
function badge(n, marked) {
  const i = state.rows.findIndex((row) => row.n === n);
  if (i < 0 || state.rows[i].marked === marked) return;
  state.rows[i].marked = marked;
  const focused = rowsList.children[i].contains(document.activeElement);
  rowsList.children[i].replaceWith(line(state.rows[i], i));
  rowsList.children[i].firstChild.setAttribute("aria-current", i === state.at);
  if (focused) rowsList.children[i].firstChild.focus();
}

function tell(told) {
  byId("counts").textContent = `${counted(told.marks, "mark")} on ${counted(told.records, "record")},`
    + ` kept in ${state.about.marks}`;
  const head = ["label", "right", "wrong", "missed", "right of judged", "95 % interval"].map((name, i) =>
    make("th", { scope: "col", className: i ? "num" : "" }, name));
  const percent = (x) => `${(100 * x).toFixed(1)} %`;
  const lines = told.labels.map((row) => make("tr", {}, make("td", {}, make("code", {}, row.label)),
    ...[count(row.right), count(row.wrong), count(row.missed),
      row.share === null ? "–" : percent(row.share),
      row.share === null ? "–" : row.interval.map(percent).join(" to ")]
      .map((words) => make("td", { className: "num" }, words))));
  byId("precision").replaceChildren(...(lines.length ? [make("table", {},
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines))] : []));
}
