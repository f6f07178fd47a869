// Shows records as the server tells them. What a record holds becomes text nodes and nothing else.
const byId = (id) => document.getElementById(id);
const [ask, judge, rowsList, wholeBox] = ["ask", "judge", "rows", "whole"].map(byId);
const state = { asked: "", page: 0, rows: [], at: -1, record: null, chosen: null, show: new Set(),
  all: false, searches: 0 };
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

class Told extends Error {}

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
    throw new Told();
  }
  const told = await answer.json();
  trouble(answer.ok ? "" : told.error);
  if (!answer.ok) throw new Told();
  return told;
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

// What the page has told already is no news.
function settled(work) {
  return work.catch((error) => {
    if (!(error instanceof Told)) reportError(error);
  });
}

// One thing after another: a key that is pressed soon is for what the key before it shows.
let last = Promise.resolve();
function queue(work) {
  last = settled(last.then(work));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  if (event.target.closest('input:not([type="checkbox"]), select')) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  event.preventDefault();
  queue(KEYS[event.key]);
});
ask.addEventListener("submit", (event) => {
  event.preventDefault();
  document.activeElement?.blur(); // so that keys are keys again
  queue(submit);
});
ask.addEventListener("reset", () => setTimeout(() => {
  byId("seeded").hidden = true;
  queue(submit);
}));
ask.elements.order.addEventListener("change", () => {
  byId("seeded").hidden = ask.elements.order.value !== "random";
});
judge.addEventListener("submit", (event) => event.preventDefault());
for (const button of judge.querySelectorAll("[data-verdict]")) {
  // The words stay selected.
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => queue(() => mark(button.dataset.verdict)));
}
byId("undo").addEventListener("click", () => queue(undo));
byId("before").addEventListener("click", () => queue(() => search(state.page - 1)));
byId("after").addEventListener("click", () => queue(() => search(state.page + 1)));

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
queue(begin);
