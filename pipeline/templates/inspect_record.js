// Draws a record: its texts in pieces, its findings, and what they are masked by.

function piece(part, findings) {
  const here = part.findings || [];
  const names = [...new Set(here.map((i) => findings[i].label))].join(", ");
  const own = here.includes(state.chosen) ? " chosen" : "";
  if (part.mask) {
    const hide = make("button", { type: "button", className: `mask${own}`,
      title: `${names}: show`, ariaLabel: `masked: ${names}, ${counted(part.mask, "character")}; show`,
      data: { start: part.start } }, "•".repeat(Math.min(part.mask, 12)));
    hide.addEventListener("click", () => queue(() => reveal(here)));
    return hide;
  }
  const inner = part.sign
    ? make("span", { className: "sign", title: part.sign }, part.sign.split(" ")[0])
    : part.text;
  if (!here.length) {
    return part.sign ? inner : make("span", { data: { start: part.start } }, inner);
  }
  return make("mark", { className: own.trim(), title: names, data: { start: part.start } }, inner);
}

function block(text, record) {
  const told = counted(text.characters, "character") + (text.cut ? ", of which the first are shown" : "");
  const box = make("div", { className: "text block", dir: "auto", tabIndex: 0,
    data: { name: text.name } });
  box.setAttribute("aria-label", `the text ${text.name}`);
  box.setAttribute("role", "region");
  box.append(...text.pieces.map((part) => piece(part, record.findings)));
  return [make("h3", {}, `The text ${text.name} `, make("span", { className: "dim" }, told)), box];
}

function glance(row) {
  if (!row.pieces) return make("span", { className: "dim" }, "no text stored");
  const line = make("span", { className: "text", dir: "auto" });
  for (const part of row.pieces) {
    line.append(part.mask ? "•".repeat(Math.min(part.mask, 12))
      : part.sign ? make("span", { className: "sign", title: part.sign }, part.sign.split(" ")[0])
        : part.text);
  }
  return line;
}

async function load(n) {
  const show = state.all ? "all" : [...state.show].join(",");
  const told = await call(`api/record?n=${n}&show=${show}`);
  if (state.rows[state.at]?.n !== n) return;
  state.record = told;
  draw();
}

function draw() {
  const record = state.record;
  byId("record-title").replaceChildren(record.id, " ", outcome(record));
  const facts = { source: record.source, reasons: record.reasons.join(", "), fault: record.fault,
    changed: record.transforms.join(", "), ...record.columns };
  const list = make("dl", { className: "facts" }, ...Object.entries(facts).filter(([, v]) => v)
    .map(([k, v]) => make("div", {}, make("dt", {}, k), make("dd", {}, v))));
  const top = wholeBox.querySelector(".block")?.scrollTop || 0;
  const same = wholeBox.dataset.n === String(record.n);
  const open = same && wholeBox.querySelector("details")?.open;
  wholeBox.dataset.n = record.n;
  wholeBox.replaceChildren(list, ...record.texts.flatMap((text) => block(text, record)),
    ...(record.note ? [make("p", { className: "note" }, record.note)] : []), ...tables(record));
  if (same && wholeBox.querySelector(".block")) wholeBox.querySelector(".block").scrollTop = top;
  if (open && wholeBox.querySelector("details")) wholeBox.querySelector("details").open = true;
  judge.hidden = false;
  target();
}

function target() {
  const { record, chosen } = state;
  const mark = record.marks.find((m) => m.finding === chosen && (chosen !== null || !m.label));
  const what = chosen === null
    ? ["the verdict ", outcome(record)]
    : [make("code", {}, record.findings[chosen].label), ` ${place(record.findings[chosen])}`];
  byId("target").replaceChildren("You judge ", ...what, ...(mark ? [": ", said(mark)] : ""));
  judge.querySelector('[data-verdict="missed"]').disabled = !record.texts.some((t) => spots(t.name));
}

function said(mark) {
  const more = [mark.meant && `meant ${mark.meant}`, mark.note].filter(Boolean).join("; ");
  return make("span", { className: mark.verdict }, mark.verdict + (more ? ` (${more})` : ""));
}

function entry(record, i) {
  const found = record.findings[i];
  const mark = record.marks.find((m) => m.finding === i);
  const acts = make("td", { className: "num" });
  if (found.judged) {
    const pick = make("button", { type: "button", ariaPressed: state.chosen === i }, "judge");
    pick.addEventListener("click", () => queue(() => pickOut(state.chosen === i ? null : i)));
    acts.append(pick);
  }
  if (found.start !== null) {
    const seen = state.all || state.show.has(i);
    const eye = make("button", { type: "button" }, seen ? "mask" : "show");
    eye.addEventListener("click", () => queue(() => (seen ? mask([i]) : reveal([i]))));
    acts.append(" ", eye);
  }
  return make("tr", { className: state.chosen === i ? "chosen" : "" },
    make("td", {}, make("code", {}, found.label), found.reason ? " · a reason" : ""),
    make("td", { className: "num" }, found.score === null ? "–" : String(+found.score.toPrecision(4))),
    make("td", { className: "num" }, place(found)), make("td", {}, mark ? said(mark) : ""), acts);
}

function table(caption, lines) {
  const head = ["finding", "score", "place", "mark", ""].map((name, i) =>
    make("th", { scope: "col", className: i === 1 || i === 2 ? "num" : "" }, name));
  return make("div", { className: "scroll" }, make("table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines)));
}

function tables(record) {
  const all = record.findings.map((_, i) => i);
  const first = all.filter((i) => record.findings[i].judged);
  const others = all.filter((i) => !record.findings[i].judged);
  const parts = [];
  for (const mark of record.marks.filter((m) => m.verdict === "missed")) {
    parts.push(make("p", { className: "missed" }, `missed: ${mark.label} ${place(mark)}`));
  }
  if (first.some((i) => record.findings[i].start !== null)) {
    const every = make("button", { type: "button", id: "every" },
      state.all ? "Mask all" : "Show all", " ", make("kbd", {}, "v"));
    every.addEventListener("click", () => queue(everything));
    parts.push(make("p", { className: "buttons" }, every));
  }
  if (first.length) parts.push(table("Findings", first.map((i) => entry(record, i))));
  if (others.length) {
    parts.push(make("details", {}, make("summary", {}, `${counted(others.length, "measure")} of the whole text`),
      table("Measures", others.map((i) => entry(record, i)))));
  }
  return parts;
}

function again() {
  if (!state.record) return null;
  return load(state.rows[state.at].n);
}

function reveal(places) {
  for (const i of places) state.show.add(i);
  return again();
}

function mask(places) {
  if (state.all) state.show = new Set(state.record.findings.keys());
  state.all = false;
  for (const i of places) state.show.delete(i);
  return again();
}

function everything() {
  state.all = !state.all;
  state.show = new Set();
  return again();
}

function pickOut(i) {
  state.chosen = i;
  draw();
  (wholeBox.querySelector(".block .chosen") || wholeBox.querySelector("tr.chosen"))
    ?.scrollIntoView({ block: "nearest" });
}

function nextFinding(by) {
  if (!state.record) return;
  const judged = [...state.record.findings.keys()].filter((i) => state.record.findings[i].judged);
  if (!judged.length) return;
  const at = judged.indexOf(state.chosen);
  const to = at < 0 ? (by > 0 ? 0 : judged.length - 1) : at + by;
  pickOut(judged[to] ?? null);
}
