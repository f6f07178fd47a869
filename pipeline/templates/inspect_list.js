// The list: searches, pages, and the record that is chosen.

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
  button.addEventListener("click", () => queue(() => choose(i)));
  return make("li", {}, button);
}

async function search(page, { last = false, focus = false } = {}) {
  const ticket = ++state.searches;
  if (!(await answered(ticket, page, { first: true, last, focus }))) settled(follow(ticket, page));
}

// Asks again until every record was asked, beside whatever else is done.
async function follow(ticket, page) {
  do await new Promise((resume) => setTimeout(resume, 250));
  while (!(await answered(ticket, page, {})));
}

// Shows what is known of a page; says whether that is all, or nobody's any more.
async function answered(ticket, page, { first, last, focus }) {
  const told = await call(`api/search?${state.asked}&page=${page}`);
  if (ticket !== state.searches) return true;
  state.page = page;
  const many = told.total === 1 ? "record answers" : "records answer";
  byId("found").textContent = `${count(told.total)} ${many}`
    + (told.done ? "" : ` so far, ${Math.floor(100 * told.share)} % read`);
  const shown = state.asked.includes("seed=") ? Math.min(told.total, 1000) : told.total;
  const pages = Math.max(1, Math.ceil(shown / state.about.page));
  byId("paged").textContent = `${count(page + 1)} of ${count(pages)}${told.done ? "" : "+"}`;
  byId("before").disabled = page === 0;
  byId("after").disabled = page + 1 >= pages && told.done;
  const more = !first && told.rows.length > state.rows.length;
  if (first || more) {
    const at = more && state.rows.length ? state.at : -1;
    state.rows = told.rows;
    rowsList.replaceChildren(...state.rows.map(line));
    if (at >= 0) current(at);
    else if (state.rows.length) await choose(last ? state.rows.length - 1 : 0, focus);
    else empty();
  }
  return told.done;
}

function empty() {
  state.record = null;
  state.at = -1;
  byId("record-title").textContent = "No record";
  wholeBox.replaceChildren();
  judge.hidden = true;
}

function current(i) {
  state.at = i;
  [...rowsList.children].forEach((item, j) => item.firstChild.setAttribute("aria-current", j === i));
}

async function choose(i, focus = true) {
  current(i);
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
