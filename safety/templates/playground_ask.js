// Talks with this server; a key, if it wants one, is kept in its field alone.
"use strict";

const find = (id) => document.getElementById(id);

/** Return what this server answers; what it refuses is an error in its words. */
async function fetched(path, body, signal) {
  const headers = { "content-type": "application/json" };
  if (find("key").value) headers.authorization = `Bearer ${find("key").value}`;
  const options = body ? { method: "POST", headers, body: JSON.stringify(body), signal } : { headers };
  const response = await fetch(path, options).catch(broken("the server does not answer"));
  if (response.ok) return response;
  if (response.status === 401) find("locked").hidden = false;
  const said = await response.json().catch(() => null);
  throw new Error(said?.error?.message ?? `the server answers ${response.status}`);
}

/** Ask for what comes at once. */
async function ask(path, body) {
  return (await fetched(path, body)).json();
}

/** Return what gives a line that broke its words, and leaves alone that somebody stopped. */
function broken(words) {
  return (error) => {
    throw error.name === "AbortError" ? error : new Error(words);
  };
}

/** Yield what a stream of events tells, null for a beat; half an answer is an error. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(broken("the answer broke off"));
    if (done) throw new Error("the answer broke off");
    const lines = (rest + value).split("\n\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "data: [DONE]") return;
      const told = line.startsWith("data: ") ? JSON.parse(line.slice(6)) : null;
      if (told?.error) throw new Error(told.error.message);
      yield told;
    }
  }
}

/** Yield the parts of an answer as they are released, from either endpoint; a beat has no text. */
async function* parts(endpoint, body, signal) {
  const response = await fetched(endpoint, { ...body, stream: true }, signal);
  for await (const event of events(response)) {
    const choice = event?.choices[0];
    yield {
      text: choice?.delta?.content ?? choice?.text ?? "",
      ending: choice?.finish_reason ?? undefined,
      refusal: choice?.delta?.refusal,
      moderation: event?.moderation?.output.results[0],
    };
  }
}
