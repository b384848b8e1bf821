// Which episodes are listed: the filters above the list, and the search.

const filters = $("filters");
const CHOICES = ["env", "agent", "verdict", "hops", "type"];
let matches = [];
let inTranscripts = null; // the episodes whose transcripts hold the text, once they have been read
let searching = 0;

function distinct(values) {
  return [...new Set(values)];
}

function fillFilters() {
  const questions = EPISODES.questions;
  const agents = distinct(TABLES.flatMap((table) => table.rows.map((row) => row.label)));
  const hops = distinct(questions.map((question) => question[3])).sort((a, b) => a - b);
  const types = distinct(questions.map((question) => question[2])).filter(Boolean).sort();
  const plain = (values) => values.map((value) => [value, value]);
  const pairs = {
    env: TABLES.map((table) => [table.key, table.tab]),
    agent: plain(agents),
    verdict: EPISODES.verdicts.map((name) => [name, VERDICTS[name].join(" ")]),
    hops: hops.map((n) => [n, n || "unknown"]),
    type: plain(types),
  };
  CHOICES.forEach((name) => {
    fillSelect(filters.elements[name], [["", "all"], ...pairs[name]]);
    filters.elements[name].parentElement.hidden = pairs[name].length < 2 && name !== "verdict";
  });
}

function showFilters() {
  CHOICES.forEach((name) => { filters.elements[name].value = state[name]; });
  if (filters.elements.find.value.trim() !== state.find) filters.elements.find.value = state.find;
  filters.elements.deep.checked = Boolean(state.deep);
}

function passes(place, text) {
  const question = EPISODES.questions[COLUMNS.question[place]];
  return (!state.env || tableOf(place).key === state.env)
    && (!state.agent || rowOf(place).label === state.agent)
    && (!state.verdict || verdictOf(place) === state.verdict)
    && (!state.hops || question[3] === Number(state.hops))
    && (!state.type || question[2] === state.type)
    && (!text || searchable(place).includes(text) || Boolean(inTranscripts?.has(place)));
}

function findMatches() {
  const text = state.find.toLowerCase();
  matches = [];
  for (let place = 0; place < COUNT; place += 1) if (passes(place, text)) matches.push(place);
}

function tellCount(more = "") {
  const listed = matches.length < COUNT ? `${matches.length.toLocaleString("en")} of ` : "";
  const left = EPISODES.played - COUNT;
  const rest = left ? `, ${left.toLocaleString("en")} more were played` : "";
  $("count").textContent = `${listed}${plural(COUNT, "episode")}${rest}${more}`;
}

/** Read all transcripts for the text, in the background; a newer search stops an older one. */
async function searchDeep() {
  searching += 1;
  const mine = searching;
  inTranscripts = null;
  if (!state.deep || !state.find) return;
  const found = await searchTranscripts(state.find.toLowerCase(), (share) => {
    if (mine !== searching) return false;
    tellCount(`, reading transcripts: ${Math.round(100 * share)} %`);
    return true;
  });
  if (found && mine === searching) {
    inTranscripts = found;
    showMatches();
  }
}

function showMatches() {
  findMatches();
  tellCount();
  showList();
}

function startFilters() {
  fillFilters();
  filters.hidden = false;
  let typing = 0;
  filters.addEventListener("change", (event) => {
    const { name, type, value, checked } = event.target;
    if (name in state) change({ [name]: type === "checkbox" ? (checked ? "1" : "") : value.trim() });
  });
  filters.elements.find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => change({ find: filters.elements.find.value.trim() }), 150);
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    filters.elements.find.value = "";
    change(Object.fromEntries([...CHOICES, "find", "deep"].map((name) => [name, ""])));
  });
  watch(["find", "deep"], searchDeep);
  watch([...CHOICES, "find", "deep"], () => { showFilters(); showMatches(); });
  showFilters();
}
