// Where it starts: an episode is drawn when it is chosen, and the parts are set going.

let drawing = 0;

function single(episode) {
  return [
    make("h3", {}, episode.question.text), answerLines(episode), episodeChips(episode),
    episode.graph ? graphFigure(episode) : null,
    ...(state.view === "text" ? transcript(episode) : stepCards(episode)), ...endNotes(episode)];
}

async function showEpisode() {
  drawing += 1;
  const mine = drawing;
  const article = $("episode");
  const place = current;
  if (place < 0) {
    article.replaceChildren(make("p", { className: "empty" }, "Nothing to show."));
    article.dataset.shown = "";
    return;
  }
  const other = siblings(place).find((each) => each !== place && rowOf(each).label === state.with);
  const wanted = [place, ...(other === undefined ? [] : [other])];
  const episodes = await Promise.all(wanted.map(episodeAt));
  if (mine !== drawing) return; // another was chosen meanwhile
  const body = episodes.length > 1 ? compared(...episodes) : single(episodes[0]);
  article.replaceChildren(fill(viewBar(place), []), ...body.filter(Boolean));
  article.dataset.shown = episodes.map((episode) => episode.place).join(" ");
  $("viewer").classList.toggle("pairwise", episodes.length > 1);
  if (article.dataset.focus) article.querySelector(article.dataset.focus)?.focus();
  delete article.dataset.focus;
}

function startEpisode() {
  watch(["view", "with"], showEpisode);
}

function start() {
  const asked = readAddress();
  Object.assign(state, asked);
  startHead();
  startTabs();
  startCharts();
  startSorting();
  startCurves();
  if (!COUNT) {
    $("trajectories").hidden = true;
    return;
  }
  $("viewer").hidden = false;
  startFilters();
  startList();
  startEpisode();
  showMatches();
  searchDeep();
  if (asked.ask) $("trajectories").scrollIntoView();
}

start();
