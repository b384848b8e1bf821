// The three plots of a table: score by hops, score against cost with its Pareto front, reward by term.

const DRAW = { hops: hopsPlot, cost: costPlot, terms: termsPlot };
const percentAxis = () => axis([0, 100], PLOT.height - PLOT.bottom, PLOT.top, { zero: true });

function rowKey(row, id, text = row.label) {
  return { id, place: row.look, text: row.ceiling ? `${text} (ceiling)` : text };
}

function series(row, id, ...children) {
  return draw("g", {
    class: `series ${look(row.look)}${row.ceiling ? " ceiling" : ""}`, "data-key": id,
  }, ...children);
}

// By hops ----------------------------------------------------------------------------------------

function hopsPlot(table) {
  const step = (PLOT.width - PLOT.left - PLOT.right) / table.hops.length;
  const at = (hops) => PLOT.left + (table.hops.indexOf(hops) + 0.5) * step;
  const x = { ticks: table.hops, at };
  const y = percentAxis();
  const told = table.rows.map((row) => `${row.label}: ${row.hops.map((p, n) => `${table.hops[n]} hops ${percent(p?.[0])}`).join(", ")}`);
  const svg = frame(x, y, "hops in the question", `${table.ranked[1]}, %`, `${table.ranked[1]} in percent by number of hops. ${told.join("; ")}.`);
  table.rows.forEach((row, id) => svg.append(hopsLine(table, row, id, at, (share) => y.at(100 * share))));
  return [svg, key(table.rows.map((row, id) => rowKey(row, id)), svg)];
}

function hopsLine(table, row, id, at, up) {
  const known = row.hops.map((points, n) => [at(table.hops[n]), points]).filter(([, points]) => points);
  if (!known.length) return series(row, id); // all of its episodes failed
  const high = known.map(([x, points]) => [x, up(points[2])]);
  const low = known.map(([x, points]) => [x, up(points[1])]).reverse();
  return series(row, id,
    draw("path", { d: `${path([...high, ...low])}z`, class: "band" }),
    draw("path", { d: path(known.map(([x, points]) => [x, up(points[0])])), class: "line" }),
    ...known.map(([x, points]) => {
      const mark = marker(row.look, x, up(points[0]));
      return fill(mark, [draw("title", {}, `${row.label}: ${percent(points[0])} [${percent(points[1])}, ${percent(points[2])}]`)]);
    }));
}

// Against cost -----------------------------------------------------------------------------------

/** Return those that nothing else beats or equals at a cost as low; ceilings take no part. */
function paretoFront(points) {
  let best = -Infinity;
  return points.filter((point) => !point.row.ceiling)
    .sort((a, b) => a.cost - b.cost || b.score[0] - a.score[0])
    .filter((point) => point.score[0] > best && (best = point.score[0], true));
}

function costPlot(table) {
  const cost = table.costs.find(([name]) => name === state.cost) ?? table.costs[0];
  const score = table.scores.find(([name]) => name === state.score) ?? table.ranked;
  const points = table.rows.filter((row) => row.scores[score[0]])
    .map((row) => ({ row, cost: row[cost[0]], score: row.scores[score[0]] }));
  const controls = make("div", { className: "controls" },
    picker("Score", "score", table.scores, score[0]), picker("Cost", "cost", table.costs, cost[0]));
  if (!points.length) return [controls, make("p", { className: "empty" }, "No agent has this score.")];
  const x = axis(points.map((point) => point.cost), PLOT.left + 8, PLOT.width - PLOT.right, { zero: true, wide: true });
  const y = percentAxis();
  const front = paretoFront(points);
  const names = front.map((point) => point.row.label).join(", ");
  const svg = frame(x, y, `${cost[1].toLowerCase()} an episode${x.log ? ", logarithmic" : ""}`, `${score[1]}, %`,
    `${score[1]} against ${cost[1].toLowerCase()}: ${points.map((p) => `${p.row.label} ${percent(p.score[0])} at ${number(p.cost)}`).join("; ")}.`);
  const up = (share) => y.at(100 * share);
  svg.append(frontLine(front, x, up), ...points.map((point, id) => costPoint(point, id, x, up)),
    ...placeLabels(points, x, up));
  return [controls, svg, make("p", { className: "told" }, names
    ? `Pareto front, dashed: nothing is cheaper and better than ${names}.` : "A ceiling alone has no front.")];
}

function picker(name, choice, pairs, value) {
  const select = make("select");
  fillSelect(select, pairs);
  select.value = value;
  select.addEventListener("change", () => {
    change({ [choice]: select.value });
    document.querySelector(`.panel:not([hidden]) [data-choice=${choice}]`)?.focus(); // it was redrawn
  });
  select.dataset.choice = choice;
  return make("label", {}, `${name} `, select);
}

function frontLine(front, x, up) {
  const steps = front.flatMap((point, n) => [
    ...(n ? [[x.at(point.cost), up(front[n - 1].score[0])]] : []), [x.at(point.cost), up(point.score[0])]]);
  if (front.length) steps.push([PLOT.width - PLOT.right, up(front.at(-1).score[0])]);
  return draw("path", { d: path(steps), class: "front" });
}

function costPoint({ row, cost, score }, id, x, up) {
  const place = x.at(cost);
  const mark = marker(row.look, place, up(score[0]));
  mark.append(draw("title", {}, `${row.label}: ${percent(score[0])} [${percent(score[1])}, ${percent(score[2])}] at ${number(cost)}`));
  return series(row, id,
    draw("line", { x1: place, x2: place, y1: up(score[1]), y2: up(score[2]), class: "whisker" }), mark);
}

/** Put each name beside its point where it covers no other name or point. */
function placeLabels(points, x, up) {
  const taken = points.map(({ cost, score }) => box(x.at(cost) - 6, up(score[0]) - 6, 12, 12));
  return points.map(({ row, cost, score }) => {
    const text = shorten(row.label, 26);
    const [width, px, py] = [6.4 * text.length, x.at(cost), up(score[0])];
    const tries = [[9, -6], [-9 - width, -6], [9, 9], [-9 - width, 9], [9, -21], [-9 - width, -21], [9, 24], [-9 - width, 24]]
      .map(([dx, dy]) => box(px + dx, py + dy - 6, width, 13));
    const inside = tries.filter((one) => one.x > PLOT.left && one.x + one.width < PLOT.width && one.y > 0 && one.y < PLOT.height - PLOT.bottom - 12);
    const spot = inside.find((one) => !taken.some((other) => overlap(one, other))) ?? inside[0] ?? tries[0];
    taken.push(spot);
    return draw("text", { x: round(spot.x), y: round(spot.y + 10), class: `point ${look(row.look)}` }, text);
  });
}

const box = (x, y, width, height) => ({ x, y, width, height });
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

// By term ----------------------------------------------------------------------------------------

function termsPlot(table) {
  const sums = (sign) => table.rows.map((row) => row.terms.reduce((sum, term) => sum + Math.max(0, sign * term), 0));
  const [left, height, bar] = [130, 34 * table.rows.length + 40, 18];
  const x = axis([...sums(1), ...sums(-1).map((sum) => -sum)], left, PLOT.width - 60, { zero: true });
  const told = table.rows.map((row) => `${row.label}: ${row.terms.map((term, n) => `${table.terms[n]} ${number(term)}`).join(", ")}`);
  const svg = draw("svg", { viewBox: `0 0 ${PLOT.width} ${height}`, class: "plot", role: "img", "aria-label": `Mean reward by term. ${told.join("; ")}.` });
  x.ticks.forEach((value) => svg.append(
    draw("line", { x1: x.at(value), x2: x.at(value), y1: 4, y2: height - 26, class: value ? "gridline" : "axis" }),
    draw("text", { x: x.at(value), y: height - 8, class: "tick middle" }, tickText(value))));
  table.rows.forEach((row, n) => svg.append(...termBars(table, row, 10 + 34 * n, bar, x, left)));
  return [svg, key(table.terms.map((text, id) => ({ id, place: id, text })), svg)];
}

function termBars(table, row, top, bar, x, left) {
  const ends = { 1: 0, "-1": 0 };
  const pieces = row.terms.map((term, n) => {
    const sign = term < 0 ? -1 : 1;
    const [from, to] = [x.at(ends[sign]), x.at(ends[sign] += term)];
    const wide = Math.abs(to - from);
    return draw("g", { class: `series ${look(n)}`, "data-key": n },
      draw("rect", { x: Math.min(from, to), y: top, width: Math.max(0, wide - 1), height: bar, class: "piece" },
        draw("title", {}, `${row.label}: ${table.terms[n]} ${signed(term)}`)));
  });
  const total = row.terms.reduce((sum, term) => sum + term, 0);
  return [...pieces,
    draw("text", { x: left - 10, y: top + 13, class: "who end" }, shorten(row.label, 18)),
    draw("text", { x: PLOT.width - 4, y: top + 13, class: "sum end" }, total.toFixed(2).replace("-", "−"))];
}

// Drawing ----------------------------------------------------------------------------------------

/** Draw what the chosen table shows; the others wait until they are chosen. */
function drawCharts() {
  const place = chosenTable();
  $(`panel${place}`).querySelectorAll("[data-draw]").forEach((target) =>
    target.replaceChildren(...DRAW[target.dataset.draw](TABLES[place])));
}

/** An agent's name in a table leads to its episodes. */
function playedButton(table, row) {
  const button = make("button", { type: "button", className: "who-played", title: "Show its episodes" }, row.label);
  button.addEventListener("click", () => {
    change({ env: table.key, agent: row.label, ask: "" });
    $("trajectories").scrollIntoView();
    list.focus({ preventScroll: true });
  });
  return button;
}

function startCharts() {
  document.querySelectorAll("table.board .key").forEach((sign, n) => {
    const [table, row] = TABLES.flatMap((each) => each.rows.map((own) => [each, own]))[n];
    sign.nextSibling.replaceWith(playedButton(table, row));
    sign.replaceWith(keySign(row.look));
  });
  watch(["task", "score", "cost"], drawCharts);
  drawCharts();
}
