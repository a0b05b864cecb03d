// A node that was opened: what the cell says, why, what to do, and what else is wrong on the node.

// A name inside a command: quoted unless a shell reads it as it is.
const quoted = (name) => (/^[A-Za-z0-9._/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);

const commandLine = (text, words) =>
  element("p", { className: "next" }, words, withButton(element("code", { className: "copy" }, text)));

const withButton = (code) => {
  const both = document.createDocumentFragment();
  both.append(code, copyButton());
  return both;
};

// The finding of the page again, without the names that links lead to.
const findingAgain = (set, finding) => {
  const section = document.querySelector(`section.daemonset[data-ds="${sets.indexOf(set)}"]`);
  const original = section?.querySelector(`article[data-finding="${finding}"]`);
  if (!original) return "";
  const again = original.cloneNode(true);
  again.hidden = false;
  again.removeAttribute("id");
  again.querySelectorAll("a[id]").forEach((anchor) => anchor.remove());
  again.querySelectorAll("button.show, .about").forEach((part) => part.remove());
  return again;
};

const reasonsOf = (set, node) => {
  const kind = set.kinds[set.cells[node]];
  // A sentence that the finding below says in the same words stands there.
  const isNew = ([finding], sentence) => !sentence.startsWith(set.findings[finding]?.[2] ?? "\0");
  const items = kind.reasons
    .map((reason, number) => [reason, sentenceOf(set, node, number)])
    .filter(([reason, sentence]) => isNew(reason, sentence))
    .map(([[finding, , stage], sentence]) => element("li", {}, `${codeOf(set, finding)} (${stage}): ${sentence}`));
  const others = kind.others.map((code) => element("li", { className: "aside" }, `also ${code}: ${titles[code] ?? ""}`));
  return [...items, ...others];
};

const podLine = ([name, phase, ready, revision, since]) =>
  `pod ${name}: ${phase}, ${ready ? "ready" : "not ready"}` +
  (revision ? `, revision ${revision}` : "") +
  (since ? `, created ${since}` : "");

const sectionOf = (set, node) => {
  const kind = set.kinds[set.cells[node]];
  const pod = set.details.get(node)?.pod;
  const reasons = reasonsOf(set, node);
  const own = kind.reasons.map(([finding]) => finding);
  const findings = [...set.findings.keys()].filter((finding) => own.includes(finding) || concerns(set, finding, node));
  const namespace = `-n ${quoted(set.namespace)}`;
  const live = set.deployed
    ? [
        commandLine(`kubectl daemonset doctor ${quoted(set.name)} ${namespace} --node ${quoted(nodes.names[node])}`, "all reasons: "),
        commandLine(`kubectl get pods ${namespace} -o wide --field-selector spec.nodeName=${quoted(nodes.names[node])}`, "pods: "),
      ]
    : [];
  return element(
    "section",
    { className: "opened" },
    element("h3", {}, picture(kind.look), ` ${set.title}: ${wordsOf(set, kind)}`),
    element("p", { className: "status" }, `placement ${kind.placement || "unknown"}, state ${kind.state || "unknown"}`),
    ...(pod ? [element("p", {}, podLine(pod))] : []),
    ...(reasons.length > 0 ? [element("ul", { className: "reasons" }, ...reasons)] : []),
    ...findings.map((finding) => findingAgain(set, finding)),
    ...live,
  );
};

const labelsOf = (node) =>
  nodes.labels.map((label) => [label.key, valueOf(label, node)]).filter(([, value]) => value !== "");

// Opens a node with one DaemonSet, or with those that are not well there.
const openNode = (node, set) => {
  const isSick = (other) => other.looks[other.cells[node]] >= WAITING;
  const others = sets.filter((other) => other !== set && isSick(other));
  const chosen = set ? [set] : others.slice(0, 10);
  const rest = others.filter((other) => !chosen.includes(other));
  const buttons = rest.slice(0, 30).map((other) => {
    const open = () => openNode(node, other);
    const words = `${other.title}: ${wordsOf(other, other.kinds[other.cells[node]])}`;
    return element("li", {}, element("button", { type: "button", onclick: open }, words));
  });
  byId("panel-content").replaceChildren(
    element("h2", { id: "panel-title" }, nodes.names[node]),
    element("p", {}, nodes.summary(node)),
    element("p", { className: "labels" }, ...labelsOf(node).map(([key, value]) => element("span", {}, `${key}=${value}`))),
    ...(chosen.length === 0 ? [element("p", {}, "Nothing to fix on this node.")] : chosen.map((one) => sectionOf(one, node))),
    ...(rest.length > 0
      ? [element("h3", {}, `Also on this node: ${plural(rest.length, "DaemonSet")}`), element("ul", {}, ...buttons)]
      : []),
  );
  const panel = byId("panel");
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
  byId("close").focus();
};

const listenToPanel = () => {
  const panel = byId("panel");
  byId("close").addEventListener("click", () => panel.close());
  // A click beside the panel closes it.
  panel.addEventListener("click", (event) => event.target === panel && panel.close());
};
