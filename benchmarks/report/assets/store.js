// The episodes: an index by columns, and details that are unpacked when they are asked for.

const TABLES = DATA.tables;
const EPISODES = DATA.episodes;
const COLUMNS = EPISODES.columns;
const COUNT = COLUMNS.table.length;
const KEPT_CHUNKS = 16;

const chunkElements = [...document.querySelectorAll(".chunk")];
const unpacked = new Map();
const searched = new Map();

const tableOf = (place) => TABLES[COLUMNS.table[place]];
const rowOf = (place) => tableOf(place).rows[COLUMNS.agent[place]];
const verdictOf = (place) => EPISODES.verdicts[COLUMNS.verdict[place]];

function questionOf(place) {
  const [id, text, type, hops, answers, reachable] = EPISODES.questions[COLUMNS.question[place]];
  return { id, text: text || id, type, hops, answers, reachable };
}

/** What names an episode in a link. */
function addressOf(place) {
  return {
    on: tableOf(place).key,
    by: rowOf(place).label,
    ask: questionOf(place).id,
    seed: COLUMNS.seed[place],
  };
}

const addressKey = ({ on, by, ask, seed }) => JSON.stringify([on, by, ask, String(seed)]);
const places = new Map();
for (let place = 0; place < COUNT; place += 1) places.set(addressKey(addressOf(place)), place);

/** Return the episodes of the same table, question and seed, one for each agent: they lie together. */
function siblings(place) {
  const same = (other) => ["table", "question"].every((c) => COLUMNS[c][other] === COLUMNS[c][place]);
  let first = place;
  while (first > 0 && same(first - 1)) first -= 1;
  const found = [];
  for (let other = first; other < COUNT && same(other); other += 1) {
    if (COLUMNS.seed[other] === COLUMNS.seed[place]) found.push(other);
  }
  return found;
}

async function decompress(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** Return a chunk's details; those of late stay in memory. */
function chunk(number) {
  if (!unpacked.has(number)) {
    unpacked.set(number, decompress(chunkElements[number].textContent));
    if (unpacked.size > KEPT_CHUNKS) unpacked.delete(unpacked.keys().next().value);
  }
  return unpacked.get(number);
}

/** Return one episode: its details beside what the index has of it. */
async function episodeAt(place) {
  const details = (await chunk(Math.floor(place / EPISODES.chunk)))[place % EPISODES.chunk];
  const column = (name) => COLUMNS[name][place];
  return {
    ...details,
    place,
    agent: rowOf(place).label,
    look: rowOf(place).look,
    question: questionOf(place),
    verdict: verdictOf(place),
    prediction: column("prediction"),
    error: column("error"),
    costs: ["reward", "queries", "words", "steps", "ms"].map((name) => [name, column(name)]),
    letters: Array.from(details.text), // places count characters, not UTF-16 units
  };
}

/** What a search looks in, beside the transcripts. */
function searchable(place) {
  if (!searched.has(place)) {
    const { id, text, answers } = questionOf(place);
    const parts = [id, text, ...answers, COLUMNS.prediction[place], COLUMNS.error[place]];
    searched.set(place, parts.filter(Boolean).join("\n").toLowerCase());
  }
  return searched.get(place);
}

/** Find a text in all transcripts, chunk by chunk; `told` hears how far it is and may stop it. */
async function searchTranscripts(text, told) {
  const found = new Set();
  for (let number = 0; number < chunkElements.length; number += 1) {
    if (!told(number / chunkElements.length)) return null;
    const details = unpacked.has(number)
      ? await unpacked.get(number) : await decompress(chunkElements[number].textContent);
    details.forEach((one, place) => {
      if (one.text.toLowerCase().includes(text)) found.add(number * EPISODES.chunk + place);
    });
  }
  return found;
}
