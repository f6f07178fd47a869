"use strict";
// Shows records as the server tells them. What a record holds becomes text nodes and nothing else.
(() => {
  const byId = (id) => document.getElementById(id);
  const [ask, judge, rowsList, wholeBox] = ["ask", "judge", "rows", "whole"].map(byId);
  const state = { asked: "", page: 0, rows: [], at: -1, record: null, chosen: null, show: new Set(),
    all: false, searches: 0, loads: 0 };
  const count = (n) => n.toLocaleString("en");
  const counted = (n, one) => `${count(n)} ${one}${n === 1 ? "" : "s"}`;
  const place = (f) => (f.start === null ? "" : `${count(f.start)}–${count(f.end)}`);

  function make(tag, properties = {}, ...children) {
    const { data = {}, ...own } = properties;
    const made = Object.assign(document.createElement(tag), own);
    Object.assign(made.dataset, data);
    made.append(...children);
    return made;
  }

  function trouble(message) {
    byId("trouble").textContent = message;
    byId("trouble").hidden = !message;
  }

  async function call(path, body) {
    const options = body && { method: "POST", body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" } };
    let answer;
    try {
      answer = await fetch(path, options);
    } catch {
      trouble("gemsieve inspect does not answer: is it still running?");
      throw new Error("no answer");
    }
    const told = await answer.json();
    trouble(answer.ok ? "" : told.error);
    if (!answer.ok) throw new Error(told.error);
    return told;
  }

  // Texts

  function piece(part, findings) {
    const here = part.findings || [];
    const names = [...new Set(here.map((i) => findings[i].label))].join(", ");
    const own = here.includes(state.chosen) ? " chosen" : "";
    if (part.mask) {
      const hide = make("button", { type: "button", className: `mask${own}`,
        title: `${names}: show`, ariaLabel: `masked: ${names}, ${counted(part.mask, "character")}; show`,
        data: { start: part.start } }, "•".repeat(Math.min(part.mask, 12)));
      hide.addEventListener("click", () => reveal(here));
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

  // The list

  function outcome(row) {
    const name = row.action === "redact" ? "redact" : row.outcome;
    const words = row.action === "redact" ? "kept, redacted" : row.outcome;
    return make("span", { className: `chip ${name}` }, words);
  }

  function line(row, i) {
    const head = make("span", { className: "id" }, row.id);
    const why = [...row.reasons, ...(row.fault ? [row.fault] : [])].join(", ");
    const button = make("button", { type: "button" }, head, " ", outcome(row),
      row.marked ? make("span", { className: "right" }, " marked") : "",
      make("div", { className: "dim" }, [row.source, why].filter(Boolean).join(" · ")), glance(row));
    button.addEventListener("click", () => choose(i));
    return make("li", {}, button);
  }

  async function search(page, { last = false, focus = false } = {}) {
    const ticket = ++state.searches;
    for (let first = true; ; first = false) {
      const told = await call(`api/search?${state.asked}&page=${page}`);
      if (ticket !== state.searches) return;
      state.page = page;
      const many = told.total === 1 ? "record answers" : "records answer";
      byId("found").textContent = `${count(told.total)} ${many}`
        + (told.done ? "" : ` so far, ${Math.floor(100 * told.share)} % read`);
      const shown = state.asked.includes("seed=") ? Math.min(told.total, 1000) : told.total;
      const pages = Math.max(1, Math.ceil(shown / state.about.page));
      byId("paged").textContent = `${count(page + 1)} of ${count(pages)}${told.done ? "" : "+"}`;
      byId("before").disabled = page === 0;
      byId("after").disabled = page + 1 >= pages && told.done;
      if (first || told.rows.length !== state.rows.length) {
        state.rows = told.rows;
        rowsList.replaceChildren(...state.rows.map(line));
        if (state.rows.length) await choose(last ? state.rows.length - 1 : 0, focus);
        else if (told.done) empty();
      }
      if (told.done) return;
      await new Promise((resume) => setTimeout(resume, 250));
    }
  }

  function empty() {
    state.record = null;
    state.at = -1;
    byId("record-title").textContent = "No record";
    wholeBox.replaceChildren();
    judge.hidden = true;
  }

  async function choose(i, focus = true) {
    state.at = i;
    [...rowsList.children].forEach((item, j) => item.firstChild.setAttribute("aria-current", j === i));
    rowsList.children[i].scrollIntoView({ block: "nearest" });
    state.chosen = null;
    state.show = new Set();
    state.all = false;
    judge.reset();
    await load(state.rows[i].n);
    if (focus && matchMedia("(max-width: 56rem)").matches) byId("record").scrollIntoView();
  }

  async function step(by) {
    const to = state.at + by;
    if (to >= 0 && to < state.rows.length) await choose(to);
    else if (by > 0 && !byId("after").disabled) await search(state.page + 1, { focus: true });
    else if (by < 0 && state.page > 0) await search(state.page - 1, { last: true, focus: true });
  }

  // The record

  async function load(n) {
    const ticket = ++state.loads;
    const show = state.all ? "all" : [...state.show].join(",");
    const told = await call(`api/record?n=${n}&show=${show}`);
    if (ticket !== state.loads) return;
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
      pick.addEventListener("click", () => pickOut(state.chosen === i ? null : i));
      acts.append(pick);
    }
    if (found.start !== null) {
      const seen = state.all || state.show.has(i);
      const eye = make("button", { type: "button" }, seen ? "mask" : "show");
      eye.addEventListener("click", () => (seen ? mask([i]) : reveal([i])));
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
      every.addEventListener("click", everything);
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
    return load(state.record.n);
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
    const judged = [...state.record.findings.keys()].filter((i) => state.record.findings[i].judged);
    if (!judged.length) return;
    const at = judged.indexOf(state.chosen);
    const to = at < 0 ? (by > 0 ? 0 : judged.length - 1) : at + by;
    pickOut(judged[to] ?? null);
  }

  // Marks

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
    const row = state.rows[state.at];
    if (row && !row.marked) {
      row.marked = true;
      const focused = rowsList.contains(document.activeElement);
      rowsList.children[state.at].replaceWith(line(row, state.at));
      rowsList.children[state.at].firstChild.setAttribute("aria-current", true);
      if (focused) rowsList.children[state.at].firstChild.focus();
    }
    await again();
  }

  async function undo() {
    const told = await call("api/undo", {});
    tell(told);
    if (told.record === null) trouble("There is no mark to take back.");
    else if (state.record) await again();
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

  // The form and the keys

  function submit() {
    const fields = new FormData(ask);
    const asked = new URLSearchParams();
    for (const [name, value] of fields) {
      if (value && !["order", "seed"].includes(name)) asked.append(name, value);
    }
    if (fields.get("order") === "random") asked.set("seed", fields.get("seed") || "1");
    state.asked = asked.toString();
    return search(0);
  }

  async function menus() {
    const told = await call("api/words");
    for (const name of ["labels", "reasons", "sources"]) {
      const options = told[name].map(([word, n]) => make("option", { value: word, label: `${word} (${count(n)})` }));
      byId(name).replaceChildren(...options);
    }
    if (told.share < 1) setTimeout(menus, 1000);
  }

  const KEYS = { j: () => step(1), k: () => step(-1), r: () => mark("right"), w: () => mark("wrong"),
    m: () => mark("missed"), u: undo, v: everything, n: () => nextFinding(1), p: () => nextFinding(-1),
    s: () => state.chosen !== null && (state.show.has(state.chosen) || state.all ? mask : reveal)([state.chosen]),
    "/": () => ask.elements.words.focus(), Escape: () => state.record && pickOut(null) };

  function settled(work) {
    // What failed was told on the page.
    Promise.resolve(work).catch(() => {});
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    if (event.target.closest("input, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    event.preventDefault();
    settled(KEYS[event.key]());
  });
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    document.activeElement?.blur(); // so that keys are keys again
    settled(submit());
  });
  ask.addEventListener("reset", () => setTimeout(() => {
    byId("seeded").hidden = true;
    settled(submit());
  }));
  ask.elements.order.addEventListener("change", () => {
    byId("seeded").hidden = ask.elements.order.value !== "random";
  });
  judge.addEventListener("submit", (event) => event.preventDefault());
  for (const button of judge.querySelectorAll("[data-verdict]")) {
    // The words stay selected.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => settled(mark(button.dataset.verdict)));
  }
  byId("undo").addEventListener("click", () => settled(undo()));
  byId("before").addEventListener("click", () => settled(search(state.page - 1)));
  byId("after").addEventListener("click", () => settled(search(state.page + 1)));

  async function begin() {
    state.about = await call("api/about");
    const { folder, policy, records, counts, state: how } = state.about;
    const fate = { finished: "", failed: " · failed at a gate", annotated: " · annotated" }[how];
    byId("about").textContent = `${folder} · policy ${policy} · ${counted(records, "record")}${fate}`;
    document.title = `Inspector · ${folder}`;
    for (const [name, n] of Object.entries(counts)) {
      byId("outcomes").append(make("label", {},
        make("input", { type: "checkbox", name: "outcome", value: name }), `${name} ${count(n)}`));
    }
    tell(await call("api/marks"));
    settled(menus());
    await submit();
  }
  settled(begin());
})();
