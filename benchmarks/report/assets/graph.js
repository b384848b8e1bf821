// The facts of a question's graph: those that were selected, and those that should have been.

const NODE = { width: 134, height: 30, gap: 104, space: 14, margin: 8 };
const MOST_DRAWN = 28; // facts in the picture; the table below it has them all

/** What became of a fact, in a word. */
function fate(edge) {
  if (edge.gold) return edge.turn ? "found" : "missed";
  return "extra";
}

/** Return the facts with the turn that selected each; 0 for none. */
function edgesOf(episode) {
  const turns = new Map();
  episode.steps.forEach((step) => (step.facts ?? []).forEach((fact) => turns.has(fact) || turns.set(fact, step.turn)));
  return episode.graph.edges.map(([place, head, relation, tail, gold]) =>
    ({ head, relation, tail, gold, turn: turns.get(place) ?? 0 }));
}

/** Put the entities into columns by their distance from the topics. */
function columnsOf(edges, topics) {
  const names = [...new Set(edges.flatMap(({ head, tail }) => [head, tail]))];
  const near = new Map(names.map((name) => [name, new Set()]));
  edges.forEach(({ head, tail }) => { near.get(head).add(tail); near.get(tail).add(head); });
  const depth = new Map();
  const walk = (starts, first) => {
    for (let wave = starts, level = first; wave.length; level += 1) {
      wave.forEach((name) => depth.set(name, level));
      wave = [...new Set(wave.flatMap((name) => [...near.get(name)]))].filter((name) => !depth.has(name));
    }
  };
  walk(names.filter((name) => topics.includes(name)), 0);
  names.forEach((name) => { if (!depth.has(name)) walk([name], depth.size ? 1 : 0); });
  const columns = Array.from({ length: Math.max(0, ...depth.values()) + 1 }, () => []);
  names.forEach((name) => columns[depth.get(name)].push(name));
  return { columns: ordered(columns.filter((column) => column.length), near), near };
}

/** Put each column's entities near the middle of their neighbours in the column before. */
function ordered(columns, near) {
  columns.slice(1).forEach((column, n) => {
    const pull = (name) => {
      const found = columns[n].flatMap((other, at) => (near.get(name).has(other) ? [at] : []));
      return found.length ? found.reduce((sum, at) => sum + at, 0) / found.length : columns[n].length;
    };
    const pulls = new Map(column.map((name) => [name, pull(name)]));
    column.sort((a, b) => pulls.get(a) - pulls.get(b));
  });
  return columns;
}

function layout(edges, topics) {
  const { columns } = columnsOf(edges, topics);
  const rowHeight = NODE.height + NODE.space;
  const tall = Math.max(...columns.map((column) => column.length)) * rowHeight;
  const spots = new Map();
  columns.forEach((column, n) => column.forEach((name, at) => spots.set(name, {
    column: n,
    x: NODE.margin + n * (NODE.width + NODE.gap),
    y: NODE.margin + (tall - column.length * rowHeight) / 2 + at * rowHeight + NODE.space / 2,
  })));
  const bulge = edges.some(({ head, tail }) => spots.get(head).column === spots.get(tail).column) ? 90 : 0;
  const width = columns.length * (NODE.width + NODE.gap) - NODE.gap + 2 * NODE.margin + bulge;
  return { spots, width, height: tall + 2 * NODE.margin };
}

/** Draw an arrow from an entity to another; it leaves and arrives level. */
function arrow(edge, from, to) {
  const onward = to.column > from.column;
  const beside = to.column === from.column;
  const [x0, y0] = [from.x + (onward || beside ? NODE.width : 0), from.y + NODE.height / 2];
  const [x1, y1] = [to.x + (onward ? 0 : NODE.width), to.y + NODE.height / 2];
  const bend = beside ? Math.max(x0, x1) + 70 : (x0 + x1) / 2;
  const head = onward ? "m-7,-4l7,4l-7,4" : "m7,-4l-7,4l7,4";
  const label = beside
    ? { x: (x0 + 6 * bend + x1) / 8, y: (y0 + y1) / 2 - 5, class: "relation middle" }
    : { x: x1 + (onward ? -11 : 11), y: y1 - 6, class: `relation ${onward ? "end" : ""}` }; // by its head: tails share a point
  const self = edge.head === edge.tail ? 16 : 0;
  return [
    draw("path", { d: `M${x0},${y0}C${bend},${y0 - self} ${bend},${y1 + self} ${x1},${y1}`, class: "edge" }),
    draw("path", { d: `M${x1},${y1}${head}`, class: "head" }),
    draw("text", label, shorten(edge.relation, 17)),
  ];
}

function entity(name, { x, y }, { topics, answers }) {
  const kind = [topics.includes(name) ? "topic" : "", answers.includes(name) ? "answer" : ""].filter(Boolean);
  const told = kind.length ? `${name} (${kind.join(", ")})` : name;
  const sign = kind.includes("answer") ? "★ " : kind.includes("topic") ? "● " : "";
  return draw("g", { class: `entity ${kind.join(" ")}`, transform: `translate(${x},${y})` },
    draw("title", {}, told),
    draw("rect", { width: NODE.width, height: NODE.height, rx: 15 }),
    draw("text", { x: NODE.width / 2, y: 19, class: "middle" }, shorten(sign + name, 17)));
}

function factTable(edges) {
  const words = { found: "✓ found", missed: "✗ missed", extra: "+ extra" };
  const body = edges.map((edge) => make("tr", {},
    make("td", { className: `fate ${fate(edge)}` }, words[fate(edge)]),
    make("td", {}, edge.head), make("td", {}, edge.relation), make("td", {}, edge.tail),
    make("td", {}, edge.turn ? `turn ${edge.turn}` : "")));
  return make("details", { className: "hits", open: edges.length <= 6 },
    make("summary", {}, plural(edges.length, "fact")),
    make("table", {}, make("thead", {}, make("tr", {}, ...["Fate", "Head", "Relation", "Tail", "Selected"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...body)));
}

function graphFigure(episode) {
  const edges = edgesOf(episode);
  if (!edges.length) return null;
  const drawn = edges.slice(0, MOST_DRAWN); // the gold ones come first
  const { spots, width, height } = layout(drawn, episode.graph.topics);
  const count = (word) => edges.filter((edge) => fate(edge) === word).length;
  const told = `${count("found")} gold facts found, ${count("missed")} missed, ${count("extra")} extra`;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `The facts: ${told}. They are listed below.` },
    ...drawn.map((edge) => draw("g", { class: `fact ${fate(edge)}` },
      draw("title", {}, `${edge.head} → ${edge.relation} → ${edge.tail}: ${fate(edge)}`),
      ...arrow(edge, spots.get(edge.head), spots.get(edge.tail)))),
    ...[...spots].map(([name, spot]) => entity(name, spot, episode.graph)));
  svg.style.maxWidth = `${width}px`;
  svg.style.minWidth = `${0.68 * width}px`;
  const more = edges.length > drawn.length ? ` The picture has the first ${drawn.length}.` : "";
  return make("figure", { className: "graph" },
    make("figcaption", {}, `● topic  ★ answer  ━ found  ┅ missed  ─ extra: ${told}.${more}`),
    make("div", { tabIndex: 0, role: "group", "aria-label": `Knowledge graph of ${episode.agent}` }, svg), factTable(edges));
}
