// Shows turns: their words, what was found in them, and scores against limits.

/** Show a text with what was found in it; offsets are in code points, which strings here are not. */
function highlight(place, text, findings) {
  const letters = Array.from(text);
  let reached = 0;
  place.replaceChildren();
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

/** Show each label's score beside its limit, the highest first. */
function table(place, scores, limits) {
  for (const [label, score] of [...scores].sort((a, b) => b[1] - a[1])) {
    const limit = limits[label];
    const row = place.insertRow();
    const family = label.lastIndexOf(".") + 1;
    row.insertCell().append(label.slice(0, family), document.createElement("wbr"), label.slice(family));
    const cell = row.insertCell();
    cell.textContent = score.toFixed(3);
    if (limit !== undefined && score > limit) cell.className = "over";
    row.insertCell().textContent = limit === undefined ? "none" : String(limit);
    row.insertCell().append(picture(score, limit));
  }
}

/** Add labels' scores to others, of each label the highest. */
function raise(scores, more) {
  for (const [label, score] of more) scores.set(label, Math.max(score, scores.get(label) ?? 0));
}

/** A turn at the end of the conversation, what it passes on (null: nothing), and whom it answers. */
class Turn {
  constructor(use, answers) {
    Object.assign(this, { use, answers, passed: null });
    this.number = find("turns").childElementCount + 1;
    this.item = find("turn").content.firstElementChild.cloneNode(true);
    this.tell({ number: this.number, use });
    follow(() => find("turns").append(this.item));
  }

  part(name) {
    return this.item.querySelector(`.${name}`);
  }

  /** Put words into its parts, by their names. */
  tell(words) {
    follow(() => {
      for (const [name, text] of Object.entries(words)) this.part(name).textContent = text;
    });
  }

  /** Add to its text. */
  add(text) {
    follow(() => this.part("text").append(text));
  }

  /** Show a verdict: findings in their places, and scores, with more of them by label. */
  show(text, checked, more = []) {
    const scores = new Map();
    raise(scores, checked.findings.map(({ label, score }) => [label, score]));
    raise(scores, more);
    follow(() => {
      this.part("text").ariaLive = "off"; // what is marked has been read out
      highlight(this.part("text"), text, checked.findings);
      table(this.part("scores"), scores, known.limits[this.use] ?? {});
      this.part("limits").hidden = !scores.size;
    });
  }
}

/** Change the page, and keep its end in sight where it was. */
function follow(change) {
  const page = document.documentElement;
  const seen = innerHeight + scrollY >= page.scrollHeight - 40;
  change();
  if (seen) scrollTo(0, page.scrollHeight);
}
