// The tables: tabs, sorting by a column, and the theme.

function compareCells(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function sortTable(table, column, direction) {
  const sign = direction === "descending" ? -1 : 1;
  const key = (row) => row.children[column].dataset.sort;
  const rows = [...table.tBodies[0].rows].sort((a, b) => sign * compareCells(key(a), key(b)));
  table.querySelectorAll("thead th").forEach((header, place) =>
    header.setAttribute("aria-sort", place === column ? direction : "none"));
  table.tBodies[0].append(...rows);
}

/** Names sort upward first, numbers downward; asked again, the other way. */
function nextDirection(header, column) {
  const now = header.getAttribute("aria-sort");
  if (now === "none") return column === 0 ? "ascending" : "descending";
  return now === "ascending" ? "descending" : "ascending";
}

function readSorts() {
  return new Map(state.sort.split(",").filter(Boolean).map((one) => {
    const [table, column, direction] = one.split(".");
    return [Number(table), [Number(column), direction === "d" ? "descending" : "ascending"]];
  }));
}

function applySorts() {
  readSorts().forEach(([column, direction], place) => {
    const table = document.querySelectorAll("table.board")[place];
    if (table?.tHead.rows[0].cells[column]) sortTable(table, column, direction);
  });
}

function startSorting() {
  document.querySelectorAll("table.board").forEach((table, place) => {
    table.querySelectorAll("thead th").forEach((header, column) => {
      header.firstElementChild.addEventListener("click", () => {
        const sorts = readSorts();
        sorts.set(place, [column, nextDirection(header, column)]);
        const told = [...sorts].map(([table_, [column_, way]]) => `${table_}.${column_}.${way[0]}`);
        change({ sort: told.join(",") });
      });
    });
  });
  watch(["sort"], applySorts);
  applySorts();
}

// Tabs -------------------------------------------------------------------------------------------

const tabs = [...$("tabs").children];

function chosenTable() {
  return Math.max(0, TABLES.findIndex((table) => table.key === state.task));
}

function showTable() {
  const chosen = chosenTable();
  tabs.forEach((tab, place) => {
    tab.setAttribute("aria-selected", String(place === chosen));
    tab.tabIndex = place === chosen ? 0 : -1;
    $(`panel${place}`).hidden = place !== chosen;
  });
}

function onTabKey(event) {
  const last = tabs.length - 1;
  const moves = {
    ArrowRight: (place) => (place < last ? place + 1 : 0),
    ArrowLeft: (place) => (place > 0 ? place - 1 : last),
    Home: () => 0,
    End: () => last,
  };
  if (!(event.key in moves)) return;
  event.preventDefault();
  const place = moves[event.key](tabs.indexOf(event.target));
  change({ task: TABLES[place].key });
  tabs[place].focus();
}

function startTabs() {
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => change({ task: TABLES[place].key }));
    tab.addEventListener("keydown", onTabKey);
    if (tabs.length > 1) {
      $(`panel${place}`).setAttribute("role", "tabpanel");
      $(`panel${place}`).setAttribute("aria-labelledby", tab.id);
    }
  });
  $("tabs").hidden = tabs.length < 2;
  watch(["task"], showTable);
  showTable();
}

// The head of the page ---------------------------------------------------------------------------

const THEMES = ["", "light", "dark"];

function showTheme() {
  const theme = THEMES.includes(state.theme) ? state.theme : "";
  document.documentElement.dataset.theme = theme;
  $("theme").lastElementChild.textContent = theme || "auto";
}

/** Links within the page move the focus and leave the address to the choices. */
function onInnerLink(event) {
  const target = $(event.currentTarget.getAttribute("href").slice(1));
  event.preventDefault();
  target.focus({ preventScroll: true });
  target.scrollIntoView();
}

async function copyLink() {
  const button = $("copy");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    button.textContent = "See the address bar";
  }
  setTimeout(() => { button.textContent = "Copy link"; }, 2000);
}

function startHead() {
  $("theme").hidden = $("copy").hidden = false;
  $("theme").addEventListener("click", () =>
    change({ theme: THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] }));
  $("copy").addEventListener("click", copyLink);
  document.querySelectorAll("nav a, .skip").forEach((a) => a.addEventListener("click", onInnerLink));
  watch(["theme"], showTheme);
  showTheme();
}
