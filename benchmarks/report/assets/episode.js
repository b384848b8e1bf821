// One episode: what was asked and answered, turn by turn or as the plain transcript.

function chips(values, sign = true) {
  return Object.entries(values).map(([name, value]) =>
    make("span", { className: "chip" }, `${name} ${sign ? signed(value) : number(value)}`));
}

function spanBlock(author, ...content) {
  const who = author === "agent" ? "Agent" : "Environment";
  return make("div", { className: `span ${author}` }, make("span", { className: "who" }, who), ...content);
}

function hitsTable(hits, queries) {
  if (!hits.length) return null;
  const several = queries.length > 1;
  const body = hits.map(([id, score, fresh, query]) => make("tr", {},
    make("td", {}, id), make("td", { className: "end" }, number(score)), make("td", {}, fresh ? "new" : "seen"),
    several ? make("td", {}, queries[query] ?? "") : null));
  const names = ["Document", "Score", "Shown", ...(several ? ["Query"] : [])];
  return make("details", { className: "hits" }, make("summary", {}, plural(hits.length, "hit")),
    make("table", {}, make("thead", {}, make("tr", {}, ...names.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...body)));
}

/** Return a piece of the transcript, which is kept as its place there. */
function pieceText(piece, letters) {
  return Array.isArray(piece) ? letters.slice(piece[0], piece[1]).join("") : piece;
}

function actionText(step, episode) {
  if (step.facts && episode.graph && !Array.isArray(step.action)) {
    const known = new Map(episode.graph.edges.map(([place, ...fact]) => [place, fact.slice(0, 3).join(" → ")]));
    const told = step.facts.map((place) => known.get(place) ?? `fact ${place}`);
    return told.length ? `selects\n${told.join("\n")}` : "selects nothing";
  }
  return pieceText(step.action, episode.letters);
}

/** Draw a turn; `mark` may mark words of what the agent wrote. */
function stepCard(step, episode, mark = (text) => [text]) {
  const asked = step.queries.length ? `asked: ${step.queries.join(" | ")}` : "";
  const [action, reply] = [actionText(step, episode), pieceText(step.reply, episode.letters).trim()];
  return make("section", { className: "step", "aria-label": `Turn ${step.turn} of ${episode.agent}` },
    make("h4", {}, [`Turn ${step.turn}`, step.plan ? "plan" : asked].filter(Boolean).join(" · ")),
    step.plan ? planFigure(step.plan) : null,
    step.plan ? make("p", { className: "hits" }, asked) : null,
    action ? spanBlock("agent", ...mark(action)) : null,
    reply ? scrolled(spanBlock("env", reply), `Reply to turn ${step.turn}`) : null,
    hitsTable(step.hits, step.queries),
    make("div", { className: "chips" }, ...chips(step.terms),
      step.error ? make("span", { className: "chip bad" }, `not understood: ${step.error}`) : null));
}

/** What can scroll must take the focus, or the keyboard cannot move it. */
function scrolled(block, label) {
  block.tabIndex = 0;
  block.setAttribute("role", "group");
  block.setAttribute("aria-label", label);
  return block;
}

function transcript(episode) {
  const pieces = episode.spans.map(([start, end, author]) =>
    spanBlock(author, episode.letters.slice(start, end).join("").replace(/^\n+|\n+$/g, "")));
  return [make("section", { className: "step whole", "aria-label": `Transcript of ${episode.agent}` }, ...pieces)];
}

function stepCards(episode) {
  return episode.steps.map((step) => stepCard(step, episode));
}

function answerLines(episode) {
  const { question } = episode;
  const row = (name, ...content) => [make("dt", {}, name), make("dd", {}, ...content)];
  return make("dl", { className: "answers" },
    ...row(episode.agent, episode.prediction === null ? "" : `${episode.prediction} `, verdictMark(episode.verdict)),
    ...row("accepted", question.answers.join(" · ")),
    ...(question.reachable === false ? row("corpus", "holds none of the accepted answers") : []),
    ...(episode.error ? row("error", episode.error) : []));
}

function episodeChips(episode) {
  const costs = Object.fromEntries(episode.costs);
  return make("div", { className: "chips" },
    make("span", { className: "chip strong" }, `reward ${number(costs.reward)}`), ...chips(episode.terms),
    make("span", { className: "chip" }, `${plural(costs.queries, "query").replace("querys", "queries")} · ${plural(costs.words, "word")} · ${plural(costs.steps, "step")} · ${number(costs.ms)} ms`),
    episode.outcome ? make("span", { className: "chip" }, episode.outcome.replaceAll("_", " ")) : null);
}

function endNotes(episode) {
  const notes = [
    episode.cut ? "The transcript goes on; it is cut here." : "",
    episode.kept || episode.error ? "" : "The trajectory of this episode was not kept.",
  ];
  return notes.filter(Boolean).map((text) => make("p", { className: "empty" }, text));
}

/** The choices above an episode: how it is shown, and with whom it is compared. */
function viewBar(place) {
  const button = (name, label) => {
    const element = make("button", { type: "button", "aria-pressed": String(state.view === name) }, label);
    element.addEventListener("click", () => { change({ view: name }); focusAgain(`[data-view=${name}]`); });
    element.dataset.view = name;
    return element;
  };
  const select = make("select", { id: "with" });
  const others = siblings(place).filter((other) => other !== place).map((other) => rowOf(other).label);
  fillSelect(select, [["", "nobody"], ...others.map((label) => [label, label])]);
  select.value = others.includes(state.with) ? state.with : "";
  select.addEventListener("change", () => { change({ with: select.value }); focusAgain("#with"); });
  return make("div", { className: "views" },
    make("div", { role: "group", "aria-label": "Shown as" }, button("steps", "Steps"), button("text", "Transcript")),
    others.length ? make("label", {}, "Compare with ", select) : null);
}

/** Focus a control again that was drawn anew by its own change. */
function focusAgain(selector) {
  $("episode").dataset.focus = selector;
}
