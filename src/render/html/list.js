// The same cells as a table, for screen readers, for paper, and for those who prefer a list.

const PAGE = 100;
const list = { cells: [], shown: 0 };

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

// The cells that are meant, the worst first; what is well only if a state or a cause is chosen.
const layList = (view) => {
  const least = filter.look === WILDCARD && filter.cause === WILDCARD ? WAITING : 1;
  const count = view.totals.reduce((sum, cells, look) => sum + (look >= least ? cells : 0), 0);
  byId("list-title").textContent = `As a table: ${plural(count, "cell")}`;
  // Nobody sees the rows of a list that is closed.
  list.cells = byId("list").open ? cellsOf(view, least) : [];
  list.shown = 0;
  byId("rows").replaceChildren();
  showMore();
};

const cellsOf = (view, least) => {
  const buckets = LOOKS.map(() => []);
  for (const column of view.columns) {
    if (!column.own.some((cells, look) => look >= least && cells > 0)) continue;
    for (let node = 0; node < nodes.names.length; node++) {
      const look = column.set.looks[column.set.cells[node]];
      if (look >= least && isMeant(view, column, node)) buckets[look].push([node, column.set]);
    }
  }
  return buckets.toReversed().flat();
};

const showMore = () => {
  const next = list.cells.slice(list.shown, list.shown + PAGE);
  list.shown += next.length;
  byId("rows").append(...next.map(([node, set]) => rowOf(node, set)));
  byId("more").hidden = list.shown === list.cells.length;
  byId("more").textContent = `Show more (${list.cells.length - list.shown} left)`;
};

const rowOf = (node, set) => {
  const kind = set.kinds[set.cells[node]];
  const cause = kind.reasons.length > 0 ? sentenceOf(set, node, 0) : "";
  const open = element("button", { type: "button", onclick: () => openNode(node, set) }, "open");
  open.setAttribute("aria-label", `open ${nodes.names[node]}, ${set.title}`);
  return element(
    "tr",
    {},
    element("td", {}, picture(kind.look), " ", wordsOf(set, kind)),
    element("th", { scope: "row" }, nodes.names[node]),
    element("td", {}, set.title),
    element("td", {}, cause),
    element("td", {}, open),
  );
};
