// The page's only script: sortable tables and the trajectory viewer. All text is set as text.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const VERDICTS = { right: "right", partly: "partly right", wrong: "wrong", none: "no answer", error: "error" };
const $ = (id) => document.getElementById(id);
const state = { group: 0, agent: 0, verdict: "", hops: "", question: 0, view: "steps" };

/** Make an element: tag, properties, children (strings become text). */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Tables -----------------------------------------------------------------------------------------

function compareCells(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function sortTable(table, column, header) {
  const descending = header.getAttribute("aria-sort") !== "descending" && column > 0
    || header.getAttribute("aria-sort") === "ascending";
  const sign = descending ? -1 : 1;
  const key = (row) => row.children[column].dataset.sort;
  const rows = [...table.tBodies[0].rows].sort((a, b) => sign * compareCells(key(a), key(b)));
  table.querySelectorAll("thead th").forEach((other) => other.setAttribute("aria-sort", "none"));
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  table.tBodies[0].append(...rows);
}

document.querySelectorAll("table.board").forEach((table) => {
  table.querySelectorAll("thead th").forEach((header, column) => {
    header.firstElementChild.addEventListener("click", () => sortTable(table, column, header));
  });
});

// Viewer: what is chosen -------------------------------------------------------------------------

const group = () => DATA.groups[state.group];
const episodeOf = (agent, question) => group().episodes[agent][question];

function matching() {
  return group().questions.map((_, place) => place).filter((place) => {
    const episode = episodeOf(state.agent, place);
    return (!state.verdict || (episode && episode.verdict === state.verdict))
      && (state.hops === "" || group().questions[place].hops === Number(state.hops));
  });
}

function choose(change) {
  Object.assign(state, change);
  if ("group" in change) {
    Object.assign(state, { agent: group().start, question: 0, hops: "" });
    fillChoices();
  }
  const places = matching();
  if (!places.includes(state.question)) state.question = places.length ? places[0] : -1;
  $("pick-agent").value = state.agent;
  drawList(places);
  drawEpisode();
}

function fillChoices() {
  const hops = [...new Set(group().questions.map((question) => question.hops))].sort((a, b) => a - b);
  $("pick-agent").replaceChildren(...group().agents.map((name, place) => new Option(name, place)));
  $("pick-hops").replaceChildren(new Option("all", ""), ...hops.map((n) => new Option(n || "unknown", n)));
}

// Viewer: the list of questions ------------------------------------------------------------------

function pip(agent, place) {
  const episode = episodeOf(agent, place);
  const verdict = episode ? episode.verdict : "none";
  const name = group().agents[agent];
  return make("span", {
    className: `pip ${verdict}${agent === state.agent ? " now" : ""}`,
    title: `${name}: ${episode ? VERDICTS[verdict] : "not played"}`,
  });
}

function listItem(place) {
  const question = group().questions[place];
  const episode = episodeOf(state.agent, place);
  const item = make("div", { className: "item", id: `question-${place}` },
    question.text || question.id,
    make("div", { className: "meta" },
      [question.hops ? `${question.hops} hop${question.hops > 1 ? "s" : ""}` : "", question.type]
        .filter(Boolean).join(" · "),
      make("span", { className: "pips" }, ...group().agents.map((_, agent) => pip(agent, place)))));
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(place === state.question));
  item.setAttribute("aria-label",
    `${question.text} ${episode ? VERDICTS[episode.verdict] : "not played"}`);
  item.addEventListener("click", () => choose({ question: place }));
  return item;
}

function counted(matching, shown, total) {
  const some = shown < total ? `${shown} of ${total} shown` : `${total} question${total > 1 ? "s" : ""}`;
  return matching < shown ? `${some}, ${matching} match` : some;
}

function drawList(places) {
  const empty = make("div", { className: "empty" }, "No question matches these filters.");
  $("list").replaceChildren(...(places.length ? places.map(listItem) : [empty]));
  $("count").textContent = counted(places.length, group().questions.length, group().total);
  const selected = $(`question-${state.question}`);
  $("list").setAttribute("aria-activedescendant", selected ? selected.id : "");
  if (selected) {
    const list = $("list");
    const top = selected.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top - 6;
    const bottom = top + selected.offsetHeight;
    if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight + 6;
  }
}

// Viewer: one episode ----------------------------------------------------------------------------

const number = (value) => String(Math.round(value * 1000) / 1000);

function chips(values, sign) {
  return Object.entries(values).map(([name, value]) => make("span", { className: "chip" },
    `${name} ${sign && value > 0 ? "+" : ""}${number(value)}`));
}

function span(author, text) {
  const who = author === "agent" ? "Agent" : "Environment";
  return make("div", { className: `span ${author}` }, make("span", { className: "who" }, who), text);
}

function hitsTable(hits, queries) {
  if (!hits.length) return null;
  const rows = hits.map(([id, score, fresh, query]) => make("tr", {},
    make("td", {}, id), make("td", {}, number(score)), make("td", {}, fresh ? "new" : "seen"),
    queries.length > 1 ? make("td", {}, queries[query] ?? "") : null));
  return make("details", { className: "hits" },
    make("summary", {}, `${hits.length} hit${hits.length > 1 ? "s" : ""}`),
    make("table", {}, make("tbody", {}, ...rows)));
}

/** Grow what is drawn elsewhere, `[tag, attributes, children]`, into elements; strings become text. */
function grow(drawing) {
  if (typeof drawing === "string") return drawing;
  const [tag, attributes, children] = drawing;
  const element = document.createElementNS($("ink").namespaceURI, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children.map(grow));
  return element;
}

function planFigure(plan) {
  const picture = grow(plan);
  const caption = make("figcaption", {}, plan[1]["aria-label"]);
  caption.setAttribute("aria-hidden", "true"); // it repeats the label of what is pointed at
  picture.querySelectorAll(".node").forEach((node) => {
    const label = node.querySelector("title").textContent;
    const tell = () => { caption.textContent = label; };
    node.setAttribute("aria-label", label);
    node.addEventListener("focus", tell);
    node.addEventListener("pointerenter", tell);
  });
  picture.style.maxWidth = `${plan[1].width}px`;
  picture.style.minWidth = `${0.65 * plan[1].width}px`; // readable, or else it scrolls
  return make("figure", { className: "plan" }, make("div", {}, picture), caption);
}

function stepCard(step, letters) {
  const text = (piece) => Array.isArray(piece) ? letters.slice(piece[0], piece[1]).join("") : piece;
  const asked = step.queries.length ? `asked: ${step.queries.join(" | ")}` : "";
  return make("section", { className: "step" },
    make("h4", {}, [`Turn ${step.turn}`, step.plan ? "plan" : asked].filter(Boolean).join(" · ")),
    step.plan ? planFigure(step.plan) : null,
    step.plan ? make("p", { className: "hits" }, asked) : null,
    text(step.action) ? span("agent", text(step.action)) : null,
    text(step.reply) ? span("env", text(step.reply).trim()) : null,
    hitsTable(step.hits, step.queries),
    make("div", { className: "chips" }, ...chips(step.terms, true),
      step.error ? make("span", { className: "chip bad" }, `not understood: ${step.error}`) : null));
}

function transcript(episode, letters) {
  const pieces = episode.spans.map(([start, end, author]) =>
    span(author, letters.slice(start, end).join("").replace(/^\n+|\n+$/g, "")));
  return make("section", { className: "step" }, ...pieces);
}

function viewButton(name, label) {
  const button = make("button", { type: "button" }, label);
  button.setAttribute("aria-pressed", String(state.view === name));
  button.addEventListener("click", () => choose({ view: name }));
  return button;
}

function heading(question, episode) {
  const verdict = make("span", { className: `verdict ${episode.verdict}` }, VERDICTS[episode.verdict]);
  const row = (name, ...content) => [make("dt", {}, name), make("dd", {}, ...content)];
  return make("dl", { className: "answers" },
    ...row(group().agents[state.agent], episode.prediction === null ? "" : `${episode.prediction} `, verdict),
    ...row("accepted", question.answers.join(" · ")),
    ...(question.reachable === false ? row("corpus", "holds none of the accepted answers") : []),
    ...(episode.error ? row("error", episode.error) : []));
}

function drawEpisode() {
  const question = group().questions[state.question];
  if (!question) return $("episode").replaceChildren(make("p", { className: "empty" }, "Nothing to show."));
  const title = make("h3", {}, question.text || question.id);
  const episode = episodeOf(state.agent, state.question);
  if (!episode) {
    const name = group().agents[state.agent];
    return $("episode").replaceChildren(title, make("p", {}, `${name} has not played this question.`));
  }
  const letters = Array.from(episode.text); // the places count characters, not UTF-16 units
  const body = state.view === "steps"
    ? episode.steps.map((step) => stepCard(step, letters))
    : [transcript(episode, letters)];
  $("episode").replaceChildren(
    make("div", { className: "views" }, viewButton("steps", "Steps"), viewButton("text", "Transcript")),
    title, heading(question, episode),
    make("div", { className: "chips" },
      make("span", { className: "chip" }, `reward ${number(episode.reward)}`),
      ...chips(episode.terms, true), make("span", { className: "chip" }, episode.outcome.replaceAll("_", " "))),
    ...body,
    ...(episode.cut ? [make("p", { className: "empty" }, "The transcript goes on; it is cut here.")] : []));
}

// Viewer: choices and keys -----------------------------------------------------------------------

function step(list, current, by) {
  const place = list.indexOf(current);
  return list[Math.min(list.length - 1, Math.max(0, place + by))];
}

function onKey(event) {
  const places = matching();
  const agents = group().agents.map((_, place) => place);
  const moves = {
    ArrowDown: () => ({ question: step(places, state.question, 1) }),
    ArrowUp: () => ({ question: step(places, state.question, -1) }),
    Home: () => ({ question: places[0] }),
    End: () => ({ question: places[places.length - 1] }),
    ArrowRight: () => ({ agent: step(agents, state.agent, 1) }),
    ArrowLeft: () => ({ agent: step(agents, state.agent, -1) }),
  };
  if (!(event.key in moves) || !places.length) return;
  event.preventDefault();
  choose(moves[event.key]());
}

if (DATA.groups.some((one) => one.questions.length)) {
  $("pick-group").replaceChildren(...DATA.groups.map((one, place) => new Option(one.title, place)));
  $("pick-group").parentElement.hidden = DATA.groups.length < 2;
  $("pick-group").addEventListener("change", (event) => choose({ group: Number(event.target.value) }));
  $("pick-agent").addEventListener("change", (event) => choose({ agent: Number(event.target.value) }));
  $("pick-verdict").addEventListener("change", (event) => choose({ verdict: event.target.value }));
  $("pick-hops").addEventListener("change", (event) => choose({ hops: event.target.value }));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("list").addEventListener("keydown", onKey);
  choose({ group: 0 });
} else {
  $("viewer").hidden = true;
}
