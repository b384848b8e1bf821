// What every part uses: elements, numbers and words. All text is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const DATA = JSON.parse($("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const LOOKS = 8; // the last is for ceilings

/** How an episode ended: a sign and a word, so that colour is never alone. */
const VERDICTS = {
  right: ["✓", "right"],
  partly: ["≈", "partly right"],
  wrong: ["✗", "wrong"],
  none: ["○", "no answer"],
  error: ["!", "error"],
};

/** Add children; strings become text, null and undefined nothing. */
function fill(element, children) {
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an element: tag, properties (or attributes, where they have a hyphen), children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.entries(properties).forEach(([name, value]) => {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  });
  return fill(element, children);
}

/** Make an element of a drawing: tag, attributes, children. */
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return fill(element, children);
}

/** Write a number with at most three decimals, and a true minus. */
function number(value) {
  if (value === null || value === undefined) return "–";
  return String(Math.round(value * 1000) / 1000).replace("-", "−");
}

const signed = (value) => (value > 0 ? "+" : "") + number(value);
const percent = (value) => (value === null || value === undefined ? "–" : (100 * value).toFixed(1));
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const look = (place) => `k${place % LOOKS}`;

/** Cut a text to so many signs; the dots tell. */
function shorten(text, most) {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

function verdictMark(verdict) {
  const [sign, word] = VERDICTS[verdict];
  return make("span", { className: `verdict ${verdict}` },
    make("span", { "aria-hidden": "true" }, `${sign} `), word);
}

/** Fill a choice with `[value, text]` pairs. */
function fillSelect(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
}
