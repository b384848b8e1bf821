// All that a reader has chosen, in one place and in the address: a link brings the same view back.

const START = {
  task: "", // which table
  sort: "", // how tables are sorted: `key.column.direction`, joined by commas
  score: "", // what the plot against cost shows
  cost: "queries",
  curve: "",
  env: "", agent: "", verdict: "", hops: "", type: "", find: "", deep: "", // the filters
  on: "", by: "", ask: "", seed: "", // the episode: table, agent, question, seed
  view: "steps",
  with: "", // the agent to compare with
  theme: "",
};

const state = { ...START };
const watchers = [];

/** Call `act` when any of some choices changes. */
function watch(names, act) {
  watchers.push({ names, act });
}

/** Change choices, keep them in the address, and tell those who watch. */
function change(patch) {
  const changed = Object.keys(patch).filter((name) => state[name] !== String(patch[name]));
  if (!changed.length) return;
  changed.forEach((name) => { state[name] = String(patch[name]); });
  writeAddress();
  watchers.filter(({ names }) => names.some((name) => changed.includes(name)))
    .forEach(({ act }) => act());
}

function writeAddress() {
  const chosen = Object.entries(state).filter(([name, value]) => value !== START[name]);
  const address = `#${new URLSearchParams(chosen)}`;
  try {
    history.replaceState(null, "", address);
  } catch {
    location.hash = address; // a browser may refuse the former from a file
  }
}

/** Return what the address asks for; an address without choices asks for nothing. */
function readAddress() {
  if (!location.hash.includes("=")) return {};
  const asked = [...new URLSearchParams(location.hash.slice(1))];
  return Object.fromEntries(asked.filter(([name]) => name in START));
}

window.addEventListener("hashchange", () => {
  if (location.hash.includes("=")) change({ ...START, ...readAddress() });
});
