// Starts the page: choices of the filters, buttons that copy, links to findings.

const copyButton = () => element("button", { type: "button", className: "copy-button" }, "copy");

const copy = async (button) => {
  const text = button.previousElementSibling.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without permission: as a selection.
    getSelection().selectAllChildren(button.previousElementSibling);
    document.execCommand("copy");
  }
  button.textContent = "copied";
  setTimeout(() => (button.textContent = "copy"), 1500);
};

const choices = (id, first, options) =>
  byId(id).replaceChildren(...first, ...options.map(([value, words]) => new Option(words, value)));

const fillChoices = () => {
  const all = (words) => [new Option(words, WILDCARD)];
  const counts = new Map();
  for (const set of sets) {
    for (const code of new Set(set.findings.map(([code]) => code))) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const looks = LOOKS.slice(1).toReversed();
  choices("look", all("any"), [["failing warning unknown waiting", "all but healthy"], ...looks.map(({ name, words }) => [name, words])]);
  choices("cause", all("any"), [...counts].sort().map(([code, count]) => [code, `${code} ${titles[code] ?? ""} (${count})`]));
  choices("set", all("all"), sets.map((set, number) => [number, set.title]));
  const values = nodes.labels.flatMap((label, number) =>
    label.values.length === 1 ? [] : label.values.map((value, at) => [`${number}:${at + 1}`, `${label.key}=${value}`]),
  );
  choices("label", all("any"), values);
  const groups = nodes.labels.map((label, number) => [number, label.key]);
  choices("group", [], nodes.labels.length > 0 ? groups : [[0, "nothing"]]);
};

// Reads the filters and shows what is left.
const refresh = () => {
  for (const key of ["text", "look", "cause", "set", "label"]) filter[key] = byId(key).value;
  filter.group = Number(byId("group").value);
  const began = performance.now();
  matrix.view = applyFilter();
  openGroups();
  layRows();
  layList(matrix.view);
  tellCounts();
  byId("matrix").dataset.milliseconds = (performance.now() - began).toFixed(1);
};

const tellCounts = () => {
  const { view } = matrix;
  const shown = view.groups.reduce((sum, group) => sum + group.nodes.length, 0);
  const parts = LOOKS.map(({ words }, look) => [view.totals[look], words]).filter(([count]) => count > 0);
  const cells = parts.toReversed().map(([count, words]) => `${count.toLocaleString("en")} ${words}`);
  const left = figuresLeftOut ? " Figures of single nodes are left out where they are too many; see -o json." : "";
  byId("counts").textContent =
    `${plural(view.columns.length, "DaemonSet")} on ${plural(shown, "node")}: ${cells.join(", ") || "no cell matches"}.${left}`;
};

const fillLegend = () =>
  byId("legend").replaceChildren(
    ...LOOKS.slice(1).map(({ words }, number) => element("li", {}, picture(number + 1), ` ${words}`)),
  );

// Buttons of the findings: copy, and show in the matrix.
const addButtons = () => {
  document.querySelectorAll("main .copy").forEach((code) => code.after(copyButton()));
  for (const article of document.querySelectorAll("article.finding")) {
    if (!article.querySelector(".nodes")) continue;
    const show = element("button", { type: "button", className: "show" }, "show in matrix");
    show.setAttribute("aria-label", `show in matrix: ${article.dataset.code}`);
    article.querySelector("h4").append(" ", show);
  }
};

const showInMatrix = (article) => {
  byId("filters").reset();
  byId("cause").value = article.dataset.code;
  byId("set").value = article.closest(".daemonset").dataset.ds;
  refresh();
  byId("matrix").scrollIntoView();
  byId("grid").focus({ preventScroll: true });
};

// A link to a code or a finding opens what holds it.
const follow = () => {
  const name = decodeURIComponent(location.hash.slice(1));
  const target = name === "" ? null : byId(name);
  if (!target) return;
  for (let holder = target; holder; holder = holder.parentElement) {
    if (holder.tagName === "DETAILS") holder.open = true;
    if (holder.tagName === "ARTICLE") holder.hidden = false;
  }
  document.querySelectorAll(".target").forEach((old) => old.classList.remove("target"));
  (target.closest("article") ?? target).classList.add("target");
  target.scrollIntoView();
};

const start = () => {
  readColours();
  document.querySelectorAll(".needs-script").forEach((part) => (part.hidden = false));
  fillChoices();
  fillLegend();
  addButtons();
  listenToPanel();
  refresh();
  listenToMatrix();
  byId("filters").addEventListener("input", refresh);
  byId("filters").addEventListener("reset", () => setTimeout(refresh));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("unfold").addEventListener("click", () => {
    matrix.open = new Set(matrix.view.groups.map((group) => group.number));
    layRows();
  });
  byId("fold").addEventListener("click", () => {
    matrix.open.clear();
    layRows();
  });
  byId("more").addEventListener("click", showMore);
  byId("list").addEventListener("toggle", () => layList(matrix.view));
  document.addEventListener("click", ({ target }) => {
    if (target.matches("button.copy-button")) copy(target);
    if (target.matches("button.show")) showInMatrix(target.closest("article"));
  });
  addEventListener("hashchange", follow);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    fillLegend();
    layList(matrix.view);
    redraw();
  });
  addEventListener("beforeprint", () => {
    // On paper nothing can be opened.
    document.querySelectorAll("#list, details.folded").forEach((part) => (part.open = true));
    layList(matrix.view);
  });
  follow();
};

start();
