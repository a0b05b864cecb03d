// Which cells are meant: by state, cause, DaemonSet, label and text. One pass over all cells gives rows, columns and counts.

const WILDCARD = "";
// Of such kinds a finding says which nodes are meant.
const PER_NODE = 2;
const filter = { text: "", look: WILDCARD, cause: WILDCARD, set: WILDCARD, label: WILDCARD, group: 0 };

const isFiltered = () =>
  filter.text !== "" || [filter.look, filter.cause, filter.set, filter.label].some((value) => value !== WILDCARD);

// Whether each kind of a DaemonSet is meant by state and cause, and by text.
const meantKinds = (set, text) => {
  const codes = new Map(set.findings.map(([code]) => [code, `${code} ${titles[code] ?? ""}`.toLowerCase()]));
  const meant = new Uint8Array(set.kinds.length);
  const named = new Uint8Array(set.kinds.length);
  set.kinds.forEach((kind, number) => {
    const own = kind.reasons.map(([finding]) => codeOf(set, finding));
    const look = filter.look === WILDCARD ? kind.look > 0 : filter.look.split(" ").includes(LOOKS[kind.look].name);
    meant[number] = !look ? 0 : filter.cause === WILDCARD || own.includes(filter.cause) ? 1 : PER_NODE;
    named[number] = own.some((code) => codes.get(code)?.includes(text)) ? 1 : 0;
  });
  // What no reason of a node tells, the findings tell.
  const ofCause = set.findings.filter(([code, , , of]) => code === filter.cause && of).map(([, , , of]) => of);
  return { meant, named, ofCause };
};

// The nodes of a label's value, and those that the text names.
const meantNodes = (text) => {
  const count = nodes.names.length;
  const meant = new Uint8Array(count).fill(1);
  const named = new Uint8Array(count);
  if (filter.label !== WILDCARD) {
    const [label, value] = filter.label.split(":").map(Number);
    const of = nodes.labels[label].of;
    for (let node = 0; node < count; node++) meant[node] = of[node] === value ? 1 : 0;
  }
  if (text !== "") {
    const values = nodes.labels.map((label) => label.values.map((value) => value.toLowerCase().includes(text)));
    for (let node = 0; node < count; node++) {
      const has = (label, number) => label.of[node] > 0 && values[number][label.of[node] - 1];
      named[node] = nodes.names[node].includes(text) || nodes.labels.some(has) ? 1 : 0;
    }
  }
  return { meant, named };
};

// The rows and columns that are left. A row is a node with its worst look; of a group every column has the worst look and
// how many cells have it.
const applyFilter = () => {
  const text = filter.text.trim().toLowerCase();
  const count = nodes.names.length;
  const ofNodes = meantNodes(text);
  const label = nodes.labels[filter.group];
  const groupOf = label ? label.of : new Uint16Array(count);
  const groupCount = label ? label.values.length + 1 : 1;
  const worstOfNode = new Uint8Array(count);
  const columns = [];
  const totals = new Uint32Array(LOOKS.length);
  sets.forEach((set, number) => {
    if (filter.set !== WILDCARD && Number(filter.set) !== number) return;
    const ofKinds = meantKinds(set, text);
    const isNamed = text === "" || set.title.toLowerCase().includes(text);
    const groups = new Uint32Array(groupCount * LOOKS.length);
    const own = new Uint32Array(LOOKS.length);
    for (let node = 0; node < count; node++) {
      const kind = set.cells[node];
      if (!ofNodes.meant[node] || !isOfKind(ofKinds, kind, node)) continue;
      if (!isNamed && !ofKinds.named[kind] && !ofNodes.named[node]) continue;
      const look = set.looks[kind];
      own[look]++;
      groups[groupOf[node] * LOOKS.length + look]++;
      if (look > worstOfNode[node]) worstOfNode[node] = look;
    }
    own.forEach((cells, look) => (totals[look] += cells));
    if (own.some((cells) => cells > 0)) columns.push({ set, ofKinds, isNamed, own, groups });
  });
  const shown = (column) => [column.own[FAILING], column.own[WARNING], column.own[WAITING]];
  columns.sort((a, b) => {
    const [x, y] = [shown(a), shown(b)];
    return y[0] - x[0] || y[1] - x[1] || y[2] - x[2] || (a.set.title < b.set.title ? -1 : 1);
  });
  return { columns, groups: groupsOf(label, groupOf, worstOfNode, groupCount), ofNodes, worstOfNode, totals, text };
};

// The groups with their nodes, the worst first.
const groupsOf = (label, groupOf, worstOfNode, groupCount) => {
  const groups = Array.from({ length: groupCount }, (_, number) => ({
    number,
    title: label ? (number === 0 ? `no ${label.key}` : `${label.key}=${label.values[number - 1]}`) : "all nodes",
    buckets: LOOKS.map(() => []),
  }));
  worstOfNode.forEach((look, node) => look > 0 && groups[groupOf[node]].buckets[look].push(node));
  const sizes = ({ buckets }) => [buckets[FAILING].length, buckets[WARNING].length, buckets[WAITING].length];
  const kept = groups.filter(({ buckets }) => buckets.some((bucket) => bucket.length > 0));
  kept.sort((a, b) => {
    const [x, y] = [sizes(a), sizes(b)];
    return y[0] - x[0] || y[1] - x[1] || y[2] - x[2] || (a.title < b.title ? -1 : 1);
  });
  return kept.map(({ number, title, buckets }) => ({ number, title, nodes: buckets.toReversed().flat() }));
};

const isOfKind = ({ meant, ofCause }, kind, node) =>
  meant[kind] === 1 || (meant[kind] === PER_NODE && ofCause.some((of) => of[node] === 1));

// Whether a cell is one of those that are meant.
const isMeant = (view, column, node) => {
  const kind = column.set.cells[node];
  const isNamed = column.isNamed || column.ofKinds.named[kind] || view.ofNodes.named[node];
  return view.ofNodes.meant[node] && isNamed && isOfKind(column.ofKinds, kind, node);
};
