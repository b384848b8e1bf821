// The list of episodes. Only the rows in sight exist, so that ten thousand cost what ten do.

const ROW = 74; // the height of a row, as the style sheet has it
const list = $("list");
const rows = $("rows");
let current = null; // until something is shown

/** Return the episode that is shown: the one that was asked for, or else the first of the list. */
function chosenEpisode() {
  const asked = places.get(addressKey(state));
  if (state.ask && asked !== undefined) return asked;
  return matches.length ? matches[0] : -1;
}

function pip(place) {
  const verdict = verdictOf(place);
  return make("span", {
    className: `pip ${verdict}${place === current ? " now" : ""}`,
    title: `${rowOf(place).label}: ${VERDICTS[verdict][1]}`,
  });
}

function about(place) {
  const { hops, type } = questionOf(place);
  return [TABLES.length > 1 ? tableOf(place).tab : "", hops ? plural(hops, "hop") : "", type];
}

function listRow(at) {
  const place = matches[at];
  const { text } = questionOf(place);
  const verdict = verdictOf(place);
  const row = make("div", {
    className: "item", id: `row${place}`, role: "option",
    "aria-selected": String(place === current), "aria-posinset": at + 1, "aria-setsize": matches.length,
    "aria-label": [text, rowOf(place).label, VERDICTS[verdict][1], ...about(place)].filter(Boolean).join(", "),
  },
  make("div", { className: "ask" }, text),
  make("div", { className: "meta" },
    make("span", { className: `verdict ${verdict}` }, VERDICTS[verdict][0]),
    make("span", { className: "by" }, keySign(rowOf(place).look), make("span", {}, rowOf(place).label)),
    make("span", { className: "about" }, about(place).filter(Boolean).join(" · ")),
    make("span", { className: "pips" }, ...siblings(place).slice(0, 12).map(pip))));
  row.querySelector(".by").classList.add(look(rowOf(place).look));
  row.style.top = `${at * ROW}px`;
  row.addEventListener("click", () => change(addressOf(place)));
  return row;
}

function drawRows() {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 4);
  const last = Math.min(matches.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 4);
  rows.style.height = `${matches.length * ROW}px`;
  rows.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, n) => listRow(first + n)));
  if (!matches.length) rows.append(make("div", { className: "empty" }, "No episode matches these filters."));
  list.setAttribute("role", matches.length ? "listbox" : "group"); // a list box has options
  const shown = $(`row${current}`);
  if (shown) list.setAttribute("aria-activedescendant", shown.id);
  else list.removeAttribute("aria-activedescendant");
}

function bringIntoSight() {
  const at = matches.indexOf(current);
  if (at < 0) return;
  const [top, bottom] = [at * ROW, (at + 1) * ROW];
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

function showList() {
  const before = current;
  current = chosenEpisode();
  bringIntoSight();
  drawRows();
  if (current !== before) showEpisode();
}

function otherAgent(by) {
  const all = siblings(current);
  return all[Math.min(all.length - 1, Math.max(0, all.indexOf(current) + by))];
}

function onListKey(event) {
  const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
  const move = (by) => matches[Math.min(matches.length - 1, Math.max(0, matches.indexOf(current) + by))];
  const moves = {
    ArrowDown: () => move(1), ArrowUp: () => move(-1), PageDown: () => move(page), PageUp: () => move(-page),
    Home: () => matches[0], End: () => matches.at(-1), ArrowRight: () => otherAgent(1), ArrowLeft: () => otherAgent(-1),
  };
  if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey || !matches.length) return;
  event.preventDefault();
  change(addressOf(moves[event.key]()));
}

function startList() {
  let waiting = false;
  list.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; drawRows(); });
  }, { passive: true });
  list.addEventListener("keydown", onListKey);
  watch(["on", "by", "ask", "seed"], showList);
}
