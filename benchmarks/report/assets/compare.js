// Two agents on one question, side by side: the figures, the documents, and turn by turn the words.

function figuresOf(episode) {
  const terms = Object.entries(episode.terms).map(([name, value]) => [`reward: ${name}`, value]);
  return new Map([...Object.entries(episode.metrics), ...episode.costs, ...terms]);
}

function compareTable(left, right) {
  const [a, b] = [figuresOf(left), figuresOf(right)];
  const names = [...new Set([...a.keys(), ...b.keys()])];
  const body = names.map((name) => {
    const [x, y] = [a.get(name), b.get(name)];
    const known = typeof x === "number" && typeof y === "number";
    return make("tr", { className: known && x !== y ? "" : "same" }, make("th", { scope: "row" }, name),
      make("td", {}, number(x)), make("td", {}, number(y)), make("td", {}, known ? signed(y - x) : "–"));
  });
  return make("details", { className: "figures", open: true }, make("summary", {}, "Figures"),
    make("table", { className: "small" },
      make("thead", {}, make("tr", {}, ...["", left.agent, right.agent, "Difference"].map((text) => (text
        ? make("th", { scope: "col" }, text) : make("td", {}))))),
      make("tbody", {}, ...body)));
}

function documentsOf(episode) {
  return [...new Set(episode.steps.flatMap((step) => step.hits.map(([id]) => id)))];
}

function documentLines(left, right) {
  const [a, b] = [documentsOf(left), documentsOf(right)];
  if (!a.length && !b.length) return null;
  const line = (name, ids) => [
    make("dt", {}, `${name} (${ids.length})`),
    make("dd", { className: "chips" }, ...ids.map((id) => make("span", { className: "chip" }, id)))];
  return make("details", { className: "figures", open: a.length + b.length < 16 },
    make("summary", {}, "Documents found"),
    make("dl", { className: "answers" }, ...line("by both", a.filter((id) => b.includes(id))),
      ...line(`by ${left.agent} alone`, a.filter((id) => !b.includes(id))),
      ...line(`by ${right.agent} alone`, b.filter((id) => !a.includes(id)))));
}

function turnPair(left, right, n) {
  const [a, b] = [left.steps[n], right.steps[n]];
  const absent = (agent) => make("p", { className: "empty" }, `${agent} had ended by then.`);
  const marks = a && b ? differing(actionText(a, left), actionText(b, right)) : [];
  return [
    a ? stepCard(a, left, marks[0]) : absent(left.agent),
    b ? stepCard(b, right, marks[1]) : absent(right.agent)];
}

function compareTurns(left, right) {
  const turns = Math.max(left.steps.length, right.steps.length);
  return Array.from({ length: turns }, (_, n) => make("div", { className: "two" }, ...turnPair(left, right, n)));
}

function compareHead(episode) {
  return make("div", {},
    make("h4", { className: `agent-name ${look(episode.look)}` }, keySign(episode.look), episode.agent),
    make("p", { className: "prediction" }, episode.prediction ?? "", " ", verdictMark(episode.verdict)),
    episode.error ? make("p", { className: "note" }, episode.error) : null,
    episode.graph ? graphFigure(episode) : null, ...endNotes(episode));
}

function compared(left, right) {
  const { question } = left;
  const wholes = state.view === "text"
    ? [make("div", { className: "two" }, ...transcript(left), ...transcript(right))]
    : compareTurns(left, right);
  return [
    make("h3", {}, question.text),
    make("dl", { className: "answers" }, make("dt", {}, "accepted"), make("dd", {}, question.answers.join(" · "))),
    make("div", { className: "two heads" }, compareHead(left), compareHead(right)),
    make("div", { className: "two" }, compareTable(left, right), documentLines(left, right)),
    state.view === "text" ? null : make("p", { className: "told" }, "Underlined: words that the other agent did not write in this turn."),
    ...wholes];
}
