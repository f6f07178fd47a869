// The conversation: what each turn passes on, and what the form asks for.

const SPEAKERS = {
  user: "prompt", human: "prompt", system: "prompt", developer: "prompt", prompt: "prompt",
  assistant: "output", model: "output", ai: "output", output: "output",
};
const known = { limits: {}, categories: {}, model: null };
let turns = []; // those that count

/** Learn the policy, with the lowest limit of each use and label, and which model answers here. */
async function learn() {
  const policy = await ask("/v1/policy");
  const { data } = await ask("/v1/models");
  for (const [use, rules] of Object.entries(policy.limits)) {
    known.limits[use] = {};
    for (const { label, above } of rules)
      known.limits[use][label] = Math.min(above, known.limits[use][label] ?? 1);
  }
  known.categories = policy.categories;
  known.model = data.find(({ endpoints }) => !endpoints.includes(MODERATIONS)) ?? null;
  const loading = known.model?.endpoints.length === 0;
  const model = known.model ? `, model ${known.model.id}${loading ? " (being loaded)" : ""}` : "";
  find("policy").textContent = `Policy ${policy.name} ${policy.sha256.slice(0, 12)}${model}`;
  if (loading) setTimeout(() => learn().catch(complain), 1000);
  else if (known.model) offer(known.model);
}

/** Offer what a model can be asked for, the first of it at once. */
function offer({ id, endpoints }) {
  for (const way of document.querySelectorAll("[data-endpoint]")) {
    way.hidden = way.disabled = !endpoints.includes(way.dataset.endpoint);
    way.textContent = way.textContent.replace("MODEL", id);
  }
  if (!turns.length) find("use").value = find("use").querySelector("option:enabled").value;
}

/** Return what is found in a text and decided, by the rules for its use. */
async function check(input, use, prompt) {
  return (await ask("/v1/check", { input, use, prompt, identity: find("identity").checked })).results[0];
}

/** Judge a turn, an output with what its prompt passed on; show it and return what it passes on. */
async function judge(text, use) {
  const answers = use === "output" ? turns.findLast((turn) => turn.use === "prompt") : undefined;
  const turn = new Turn(use, answers);
  turn.tell({ text, action: "being judged", source: before(use, answers) });
  try {
    const checked = await verdict(turn, text);
    turn.item.className = checked.action;
    turn.show(text, checked);
    turn.tell({ action: checked.action, reasons: checked.reasons.join(", "), ...passing(checked, turn) });
    turns.push(turn);
  } catch (error) {
    turn.item.remove();
    throw error;
  }
  return turn;
}

/** Return the verdict on a turn, and note what it passes on. */
async function verdict(turn, text) {
  const prompt = turn.answers?.passed ?? null;
  const [checked, redacted] = await Promise.all([
    check(text, turn.use, prompt), ask("/v1/redact", { input: text, use: turn.use, prompt }),
  ]);
  turn.passed = redacted.results[0].text;
  return checked;
}

/** Say what passes on. */
function passing({ action }, { passed }) {
  if (action === "redact") return { passes: "passes on as", redacted: passed };
  return { passes: action === "keep" ? "passes on as it is" : "nothing passes on" };
}

/** Say with which prompt a turn is judged. */
function before(use, prompt) {
  if (use === "prompt") return "judged alone";
  if (!prompt) return "judged alone: no prompt is before it";
  if (prompt.passed === null) return `judged alone: turn ${prompt.number} passed nothing on`;
  return `judged as an answer to what turn ${prompt.number} passed on`;
}

/** Return a conversation's turns: of OpenAI's messages, or of lines that begin with who speaks. */
function spoken(text) {
  const turn = (role, words) => {
    const use = SPEAKERS[String(role).toLowerCase()];
    if (!use || typeof words !== "string") throw new Error(`turns are of: ${Object.keys(SPEAKERS).join(", ")}`);
    return { use, words: words.trim() };
  };
  if (text.trimStart().startsWith("[")) {
    const words = (content) => (Array.isArray(content) ? content.map((part) => part.text).join("\n") : content);
    return JSON.parse(text).map(({ role, content }) => turn(role, words(content)));
  }
  const [before, ...said] = text.split(new RegExp(`^[ \\t]*(${Object.keys(SPEAKERS).join("|")})[ \\t]*:`, "im"));
  if (before.trim() || !said.length) throw new Error("begin each turn with User: or Assistant:");
  return said.flatMap((role, index) => (index % 2 ? [] : [turn(role, said[index + 1])]));
}

/** Do what the form asks for with a text; return whether all of it counts. */
async function take(use, text) {
  if (!known.limits.output) await learn();
  if (use === "conversation") {
    for (const turn of spoken(text)) await judge(turn.words, turn.use);
    return true;
  }
  const { endpoint } = find("use").selectedOptions[0].dataset;
  if (endpoint) return write(endpoint, await judge(text, "prompt"), text);
  await judge(text, use);
  find("use").value = use === "prompt" ? "output" : "prompt";
  return true;
}

find("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = find("text").value;
  if (find("go").disabled || !text.trim()) return;
  find("error").textContent = find("text").value = "";
  find("go").disabled = find("again").disabled = true;
  try {
    if (!(await take(find("use").value, text))) find("text").value ||= text;
  } catch (error) {
    complain(error);
    find("text").value ||= text;
  }
  find("go").disabled = find("again").disabled = false;
});

find("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  find("ask").requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stopping?.abort();
});

find("stop").addEventListener("click", () => stopping?.abort());

find("again").addEventListener("click", () => {
  turns = [];
  find("turns").replaceChildren();
  find("text").focus();
});

for (const example of find("empty").querySelectorAll("button"))
  example.addEventListener("click", () => {
    find("use").value = example.dataset.use;
    find("text").value = example.dataset.text;
    find("text").focus();
    find("ask").requestSubmit();
  });

find("key").addEventListener("change", () => learn().catch(complain));
learn().catch(complain);

function complain(error) {
  find("error").textContent = error.message;
}
