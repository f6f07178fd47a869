// Lets the model of this server answer, under guard, and shows what is released as it comes.

const CHAT = "/v1/chat/completions", TEXT = "/v1/completions", MODERATIONS = "/v1/moderations";
let stopping = null; // what stops the answer under way

/** Return the turns that a model may read: each prompt that passed, with its last answer. */
function heard() {
  const last = new Map();
  for (const turn of turns) if (turn.answers && turn.answers.passed !== null) last.set(turn.answers, turn);
  return [...last].flat();
}

/** Return the body that asks for an answer to a text, after the turns that are read before it. */
function request(endpoint, text, read) {
  const number = (id) => (find(id).value === "" ? undefined : find(id).valueAsNumber);
  const how = {
    model: known.model.id, max_tokens: number("longest"), temperature: number("temperature"), seed: number("seed"),
  };
  if (endpoint === TEXT) return { ...how, prompt: text };
  const messages = read.map(({ use, passed }) => ({ role: use === "prompt" ? "user" : "assistant", content: passed }));
  messages.push({ role: "user", content: text });
  return { ...how, messages, moderation: { model: "omni-moderation-latest" } };
}

/** Say what the model is asked with. */
function source(endpoint, asked, read) {
  if (asked.passed === null) return `${known.model.id} reads nothing: turn ${asked.number} passed nothing on`;
  if (endpoint === TEXT) return `${known.model.id}, under guard, goes on with turn ${asked.number}`;
  const numbers = [...read, asked].map((turn) => String(turn.number));
  const words = new Intl.ListFormat("en-GB").format(numbers);
  return `${known.model.id}, under guard, asked with turn${read.length ? "s" : ""} ${words}`;
}

/** Show an answer as it comes; return what was said, how it ended, and the fault if it broke. */
async function listen(turn, answer) {
  const said = { text: "" };
  let released = performance.now();
  try {
    for await (const { text, ending, refusal, moderation } of answer) {
      if (text) {
        said.text += text;
        released = performance.now();
        turn.add(text);
      }
      said.ending ??= ending;
      said.refusal ??= refusal;
      said.moderation ??= moderation;
      const seconds = Math.round((performance.now() - released) / 1000);
      turn.tell({ state: `the next words are being judged${seconds ? `: ${seconds} s` : ""}` });
    }
  } catch (error) {
    said.fault = error;
  }
  return said;
}

/** Return the word for how an answer ended. */
function outcome({ text, ending, fault }) {
  if (fault?.name === "AbortError") return "stopped";
  if (fault) return text ? "broke off" : "not answered";
  return ending === "content_filter" ? "ended by the policy" : "released";
}

/** Say why an answer ended where it did; an answer to a beginning brings no reasons. */
function why(turn, { ending, refusal, fault }) {
  if (fault) return fault.name === "AbortError" ? "" : fault.message;
  if (ending !== "content_filter" || refusal) return refusal ?? "";
  return turn.answers.passed === null ? "the prompt was dropped" : "ask by message to be told why";
}

/** Show how an answer ended, and what of it passes on. */
function close(turn, said) {
  const word = outcome(said);
  turn.item.className = { released: "keep", "ended by the policy": "drop" }[word] ?? "broken";
  turn.tell({
    action: word,
    reasons: why(turn, said),
    state: said.ending === "length" ? "cut off at the most tokens it may have" : "",
    passes: turn.passed === null ? "nothing passes on" : "what was released passes on",
  });
}

/** Have the model answer a prompt, then judge what was released; return whether it answered. */
async function write(endpoint, asked, text) {
  const read = endpoint === CHAT ? heard() : [];
  const turn = new Turn("output", asked);
  turn.item.className = "writing";
  turn.tell({ action: "being written", source: source(endpoint, asked, read), state: "nothing is released yet" });
  stopping = new AbortController();
  find("stop").hidden = false;
  const said = await listen(turn, parts(endpoint, request(endpoint, text, read), stopping.signal));
  find("stop").hidden = true;
  const broke = said.fault && outcome(said) !== "stopped";
  if (!broke && !refused(endpoint, asked, said)) {
    turn.passed = said.text || null;
    turns.push(turn);
  }
  close(turn, said);
  await review(turn, said);
  return !broke;
}

/** Say whether the model was given nothing to read: then no answer of its own is judged. */
function refused(endpoint, asked, { ending, moderation }) {
  return asked.passed === null || (endpoint === CHAT && ending === "content_filter" && !moderation);
}

/** Return the scores of labels that a moderation tells, in the words of OpenAI's categories. */
function named({ category_scores: scores, category_applied_input_types: types }) {
  const told = Object.entries(known.categories).filter(([category]) => types[category].length);
  return told.map(([category, label]) => [label, scores[category]]);
}

/** Judge what was released as a whole, and show its scores with those of all that was judged. */
async function review(turn, { text, moderation }) {
  const kept = turn.passed !== null;
  const checked = kept ? await check(text, "output", turn.answers.passed) : { action: "keep", findings: [] };
  turn.show(text, checked, moderation ? named(moderation) : []);
  if (moderation) turn.tell({ whole: ", of all that was judged" });
  if (checked.action !== "keep") turn.tell({ state: `as a whole: ${checked.action}, ${checked.reasons.join(", ")}` });
}
