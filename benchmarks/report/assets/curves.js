// Training curves: one figure of all runs, over the steps that they counted.

const FIRST_CURVES = ["score", "em", "all: em", "f1", "reward", "loss"];

function curveNames() {
  const runs = new Map();
  DATA.curves.forEach((run) => Object.keys(run.series).forEach((name) => runs.set(name, (runs.get(name) ?? 0) + 1)));
  return [...runs].sort((a, b) => b[1] - a[1]).map(([name, count]) => [name, `${name} (${plural(count, "run")})`]);
}

function firstCurve(names) {
  const found = FIRST_CURVES.find((wanted) => names.some(([name]) => name === wanted));
  return found ?? names[0][0];
}

function curvePlot(name, runs) {
  const points = runs.flatMap((run) => run.series[name].points);
  const x = axis(points.map(([step]) => step), PLOT.left, PLOT.width - PLOT.right, { zero: true });
  const y = axis(points.map(([, value]) => value), PLOT.height - PLOT.bottom, PLOT.top);
  const clocks = [...new Set(runs.map((run) => run.series[name].clock))].join(" or ");
  const told = runs.map((run) => `${run.name} from ${number(run.series[name].points[0][1])} to ${number(run.series[name].points.at(-1)[1])}`);
  const svg = frame(x, y, clocks, name, `${name} by ${clocks}: ${told.join("; ")}.`);
  DATA.curves.forEach((run, id) => {
    if (runs.includes(run)) svg.append(curveLine(run, id, run.series[name].points, x, y));
  });
  return svg;
}

function curveLine(run, id, points, x, y) {
  const at = ([step, value]) => [x.at(step), y.at(value)];
  const some = Math.max(1, Math.round(points.length / 8)); // markers tell lines apart without colour
  return draw("g", { class: `series ${look(id)}`, "data-key": id },
    draw("path", { d: path(points.map(at)), class: "line thin" }, draw("title", {}, run.name)),
    ...points.filter((_, n) => n % some === some - 1 || points.length < 3).map((point) =>
      fill(marker(id, ...at(point), "small"), [draw("title", {}, `${run.name}: ${number(point[1])} at ${point[0]}`)])));
}

function curveTable(name, runs) {
  const rows = runs.map((run) => {
    const values = run.series[name].points.map(([, value]) => value);
    const last = run.series[name].points.at(-1);
    return make("tr", {}, make("th", { scope: "row" }, run.name),
      ...[last[0], values[0], Math.min(...values), Math.max(...values), last[1]]
        .map((value) => make("td", {}, number(value))));
  });
  return make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": `${name} of each run` },
    make("table", { className: "small" },
      make("thead", {}, make("tr", {}, ...["Run", "Until", "First", "Least", "Most", "Last"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows)));
}

function drawCurves() {
  const names = curveNames();
  const name = names.some(([each]) => each === state.curve) ? state.curve : firstCurve(names);
  const runs = DATA.curves.filter((run) => name in run.series);
  const select = make("select", { id: "curve" });
  fillSelect(select, names);
  select.value = name;
  select.addEventListener("change", () => {
    change({ curve: select.value });
    $("curve").focus();
  });
  const svg = curvePlot(name, runs);
  const entries = DATA.curves.flatMap((run, id) => (runs.includes(run) ? [{ id, place: id, text: run.name }] : []));
  $("curves").replaceChildren(
    make("div", { className: "controls" }, make("label", {}, "Figure ", select)),
    make("div", { className: "beside" }, make("div", {}, svg, key(entries, svg)), curveTable(name, runs)));
}

function startCurves() {
  if (!$("curves") || !DATA.curves.length) return;
  watch(["curve"], drawCurves);
  drawCurves();
}
