"use strict";

const find = (id) => document.getElementById(id);
const limits = {};
let prompt = null; // the last one that passed: what an output answers

/** Ask this server; a key, if it wants one, is kept in the field alone. */
async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  if (find("key").value) headers.authorization = `Bearer ${find("key").value}`;
  const options = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  const response = await fetch(path, options);
  const said = await response.json();
  if (response.ok) return said;
  if (response.status === 401) find("locked").hidden = false;
  throw new Error(said.error.message);
}

/** Learn the policy and its limits: the lowest that calls for anything, by use and label. */
async function learn() {
  const policy = await ask("/v1/policy");
  find("policy").textContent = `${policy.name}, ${policy.sha256.slice(0, 12)}`;
  for (const [use, rules] of Object.entries(policy.limits)) {
    limits[use] = {};
    for (const { label, above } of rules)
      limits[use][label] = Math.min(above, limits[use][label] ?? 1);
  }
}

/** Show a text with what was found in it; offsets are in code points, which strings here are not. */
function highlight(place, text, findings) {
  const letters = Array.from(text);
  let reached = 0;
  for (const { label, start, end } of findings.filter((f) => f.start !== null).sort((a, b) => a.start - b.start)) {
    if (end <= reached) continue;
    const from = Math.max(start, reached);
    place.append(letters.slice(reached, from).join(""));
    const mark = document.createElement("mark");
    const name = document.createElement("small");
    name.textContent = ` ${label}`;
    mark.append(letters.slice(from, end).join(""), name);
    place.append(mark);
    reached = end;
  }
  place.append(letters.slice(reached).join(""));
}

/** Draw a score as a bar, its limit as a line across. */
function picture(score, limit) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const box = (kind, x, width) => {
    const rect = document.createElementNS(svg.namespaceURI, "rect");
    rect.setAttribute("class", kind);
    rect.setAttribute("x", x);
    rect.setAttribute("width", width);
    rect.setAttribute("y", kind === "limit" ? "0" : "25%");
    rect.setAttribute("height", kind === "limit" ? "100%" : "50%");
    svg.append(rect);
  };
  box("track", "0", "100%");
  box(limit !== undefined && score > limit ? "bar over" : "bar", "0", `${100 * score}%`);
  if (limit !== undefined) box("limit", `${Math.min(100 * limit, 99)}%`, "2");
  return svg;
}

/** Show each label's highest score beside its limit. */
function table(place, findings, use) {
  const best = new Map();
  for (const { label, score } of findings) best.set(label, Math.max(score, best.get(label) ?? 0));
  for (const [label, score] of [...best].sort((a, b) => b[1] - a[1])) {
    const limit = limits[use]?.[label];
    const row = place.insertRow();
    row.insertCell().textContent = label;
    const cell = row.insertCell();
    cell.textContent = score.toFixed(3);
    if (limit !== undefined && score > limit) cell.className = "over";
    row.insertCell().textContent = limit === undefined ? "none" : String(limit);
    row.insertCell().append(picture(score, limit));
  }
}

/** Put a judged turn at the end of the conversation. */
function show(text, use, checked, redacted) {
  const turn = find("turn").content.firstElementChild.cloneNode(true);
  const part = (name) => turn.querySelector(`.${name}`);
  turn.className = checked.action;
  part("use").textContent = use;
  part("action").textContent = checked.action;
  part("reasons").textContent = checked.reasons.join(", ");
  highlight(part("text"), text, checked.findings);
  part("passes").hidden = checked.action !== "redact";
  part("redacted").textContent = redacted ?? "";
  table(turn.querySelector("tbody"), checked.findings, use);
  find("turns").append(turn);
}

find("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("error").textContent = "";
  const [text, use] = [find("text").value, find("use").value];
  const body = { input: text, use, prompt: use === "output" ? prompt : null };
  try {
    if (!limits[use]) await learn();
    const [checks, redactions] = await Promise.all([
      ask("/v1/check", { ...body, identity: find("identity").checked }),
      ask("/v1/redact", body),
    ]);
    const redacted = redactions.results[0].text;
    show(text, use, checks.results[0], redacted);
    if (use === "prompt") prompt = redacted;
    find("use").value = use === "prompt" ? "output" : "prompt";
    find("text").value = "";
    find("text").focus();
  } catch (error) {
    find("error").textContent = error.message;
  }
});

learn().catch((error) => { find("error").textContent = error.message; });
