// The data blocks of the page, unpacked once.

// How a cell looks, by number; the higher, the more a person should look.
const LOOKS = [
  { name: "absent", words: "not asked about" },
  { name: "good", words: "healthy or placed" },
  { name: "off", words: "not eligible" },
  { name: "waiting", words: "starting or pending" },
  { name: "unknown", words: "unknown" },
  { name: "warning", words: "warning" },
  { name: "failing", words: "failing" },
];
const WAITING = 3;
const WARNING = 5;
const FAILING = 6;
// Stands in a sentence for a word of the node's own.
const HOLE = "#";

const byId = (id) => document.getElementById(id);

// The blocks of a class, which then leave the page.
const blocks = (name) =>
  [...document.querySelectorAll(`script.${name}`)].map((block) => {
    const value = JSON.parse(block.textContent);
    block.remove();
    return value;
  });

// `KIND*COUNT,KIND` as an array.
const unpack = (runs, length) => {
  const values = new Uint16Array(length);
  let at = 0;
  for (const run of runs === "" ? [] : runs.split(",")) {
    const star = run.indexOf("*");
    const count = star < 0 ? 1 : Number(run.slice(star + 1));
    values.fill(star < 0 ? Number(run) : Number(run.slice(0, star)), at, at + count);
    at += count;
  }
  return values;
};

const readNodes = ({ names, summaries, summary_of, labels }) => ({
  names,
  summary: (() => {
    const of = unpack(summary_of, names.length);
    return (node) => summaries[of[node]];
  })(),
  labels: labels.map(({ key, values, of }) => ({ key, values, of: unpack(of, names.length) })),
});

const readSet = ([set, packed], nodes) => ({
  ...set,
  title: `${set.namespace}/${set.name}`,
  kinds: packed.kinds.map(([look, placement, state, reasons, others]) => ({ look, placement, state, reasons, others })),
  looks: Uint8Array.from(packed.kinds, ([look]) => look),
  findings: set.findings.map(([code, severity, message, of]) => [code, severity, message, of && unpack(of, nodes.names.length)]),
  cells: unpack(packed.runs, nodes.names.length),
  sentences: packed.sentences,
  details: new Map(packed.details.map(([node, pod, words]) => [node, { pod, words }])),
});

const nodes = readNodes(blocks("nodes")[0] ?? { names: [], summaries: [], summary_of: "", labels: [] });
const sets = blocks("daemonset").map((block) => readSet(block, nodes));
const { titles, left_out: figuresLeftOut } = blocks("report")[0];

const valueOf = (label, node) => label.values[label.of[node] - 1] ?? "";

// The sentence of a reason on a node, with the node's own words in their places.
const sentenceOf = (set, node, number) => {
  const [finding, sentence] = set.kinds[set.cells[node]].reasons[number];
  const whole = set.findings[finding]?.[2] ?? "";
  const words = set.details.get(node)?.words[number];
  if (sentence < 0) return whole;
  const text = set.sentences[sentence];
  if (!words) return text.split(" ").includes(HOLE) ? whole : text;
  const own = words.split(" ");
  return text.split(" ").map((word) => (word === HOLE ? own.shift() : word)).join(" ");
};

// Findings that no reason of a node refers to (a rollout that is stuck) name their nodes themselves.
const nodesOf = (set, finding) => set.findings[finding][3];

const concerns = (set, finding, node) => nodesOf(set, finding)?.[node] === 1;

const codeOf = (set, finding) => set.findings[finding]?.[0] ?? "";

// What a cell is, in a few words: `unschedulable (DS210)`.
const wordsOf = (set, kind) => {
  const state = kind.state === "none" || kind.state === "" || !set.deployed ? kind.placement : kind.state;
  const codes = [...new Set(kind.reasons.map(([finding]) => codeOf(set, finding)))];
  return (state || LOOKS[kind.look].words) + (codes.length > 0 ? ` (${codes.join(", ")})` : "");
};
