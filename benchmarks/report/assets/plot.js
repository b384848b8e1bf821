// What plots are made of: axes, markers and a key. A plot takes the page's colours from its style.

const PLOT = { width: 560, height: 320, left: 50, right: 16, top: 14, bottom: 44 };

const MARKERS = [
  "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0",
  "M-4,-4h8v8h-8z",
  "M0,-5.2L5,4h-10z",
  "M0,-5.6L5.6,0L0,5.6L-5.6,0z",
  "M0,5.2L5,-4h-10z",
  "M-1.8,-5h3.6v3.2h3.2v3.6h-3.2v3.2h-3.6v-3.2h-3.2v-3.6h3.2z",
  "M-4.6,-2.6L-2.6,-4.6L0,-2L2.6,-4.6L4.6,-2.6L2,0L4.6,2.6L2.6,4.6L0,2L-2.6,4.6L-4.6,2.6L-2,0z",
  "M-2.6,-4.8h5.2L5.4,0L2.6,4.8h-5.2L-5.4,0z",
];

function marker(place, x, y, extra = "") {
  return draw("path", {
    d: MARKERS[place % LOOKS], class: `marker ${extra}`, transform: `translate(${round(x)},${round(y)})`,
  });
}

const round = (value) => Math.round(value * 10) / 10;

/** Return round numbers from low to high, about so many. */
function ticks(low, high, count = 5) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((each) => each >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
}

/** Return an axis: what maps values to places, and its ticks. Wide ranges above 0 are logarithmic. */
function axis(values, from, to, { zero = false, wide = false } = {}) {
  let low = Math.min(...values, zero ? 0 : Infinity);
  let high = Math.max(...values, zero ? 0 : -Infinity);
  if (high === low) [low, high] = [low - (zero && low === 0 ? 0 : 0.5), high + 0.5];
  if (wide && Math.min(...values) > 0 && high / Math.min(...values) > 40) {
    return logAxis(Math.min(...values), high, from, to);
  }
  const spare = zero ? 0 : (high - low) * 0.04;
  const marks = ticks(low, high);
  [low, high] = [Math.min(low - spare, marks[0]), high + (high - low) * 0.05];
  return { ticks: marks, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

function logAxis(low, high, from, to) {
  const [a, b] = [Math.log10(low) - 0.08, Math.log10(high) + 0.08];
  const powers = Array.from({ length: Math.ceil(b) - Math.floor(a) + 1 }, (_, n) => 10 ** (Math.floor(a) + n));
  const marks = powers.filter((each) => Math.log10(each) >= a && Math.log10(each) <= b);
  return { ticks: marks, at: (value) => from + ((Math.log10(value) - a) / (b - a)) * (to - from), log: true };
}

function tickText(value) {
  const size = Math.abs(value);
  if (size >= 1e4 || (size && size < 1e-3)) return value.toExponential(0).replace("e+", "e");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}

/** Draw the frame of a plot: gridlines, axes and their names. */
function frame(x, y, xName, yName, label) {
  const { width, height, left, right, top, bottom } = PLOT;
  const base = height - bottom;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "plot" });
  y.ticks.forEach((value) => {
    const place = round(y.at(value));
    svg.append(draw("line", { x1: left, x2: width - right, y1: place, y2: place, class: "gridline" }),
      draw("text", { x: left - 8, y: place + 4, class: "tick end" }, tickText(value)));
  });
  x.ticks.forEach((value) =>
    svg.append(draw("text", { x: round(x.at(value)), y: base + 18, class: "tick middle" }, tickText(value))));
  svg.append(
    draw("line", { x1: left, x2: width - right, y1: base, y2: base, class: "axis" }),
    draw("text", { x: (left + width - right) / 2, y: height - 6, class: "name middle" }, xName),
    draw("text", { transform: `translate(12,${(top + base) / 2}) rotate(-90)`, class: "name middle" }, yName));
  return svg;
}

const path = (points) => points.map(([x, y], n) => `${n ? "L" : "M"}${round(x)},${round(y)}`).join("");

/** Make the key of a plot: pointing at an entry makes the others step back. */
function key(entries, svg) {
  const light = (chosen) => svg.querySelectorAll(".series").forEach((series) =>
    series.classList.toggle("dim", chosen !== null && series.dataset.key !== String(chosen)));
  return make("ul", { className: "keys-of" }, ...entries.map(({ id, place, text }) => {
    const item = make("li", { className: look(place), tabIndex: 0 }, keySign(place), text);
    ["pointerenter", "focus"].forEach((name) => item.addEventListener(name, () => light(id)));
    ["pointerleave", "blur"].forEach((name) => item.addEventListener(name, () => light(null)));
    return item;
  }));
}

function keySign(place) {
  return draw("svg", { viewBox: "-7 -7 14 14", class: "sign", "aria-hidden": "true" }, marker(place, 0, 0));
}
