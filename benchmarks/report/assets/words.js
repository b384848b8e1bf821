// The words by which two texts differ: a longest common subsequence, as `diff` finds it.

const MOST_WORDS = 900; // of each text; the table below grows with the product of both

const wordsOf = (text) => text.split(/(\s+)/).filter(Boolean);

/** Return for each of two lists which of its items the other has too, in the same order. */
function common(a, b) {
  const wide = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * wide + j] = a[i] === b[j]
        ? lengths[(i + 1) * wide + j + 1] + 1
        : Math.max(lengths[(i + 1) * wide + j], lengths[i * wide + j + 1]);
    }
  }
  const shared = [new Array(a.length).fill(false), new Array(b.length).fill(false)];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      shared[0][i] = shared[1][j] = true;
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * wide + j] >= lengths[i * wide + j + 1]) i += 1;
    else j += 1;
  }
  return shared;
}

/** Return what writes each of two texts, with the words marked that the other lacks. */
function differing(left, right) {
  const words = [left, right].map((text) => wordsOf(text).slice(0, MOST_WORDS));
  const shared = common(...words);
  return [left, right].map((text, side) => () => {
    const pieces = [];
    words[side].forEach((word, n) => {
      const only = !shared[side][n] && word.trim() !== "";
      const last = pieces.at(-1);
      if (last && last.only === only) last.text += word;
      else pieces.push({ only, text: word });
    });
    const shown = pieces.map(({ only, text: piece }) => (only ? make("mark", {}, piece) : piece));
    return [...shown, wordsOf(text).slice(MOST_WORDS).join("")];
  });
}
