// The matrix: rows are groups and their nodes, columns are DaemonSets. Only what is in sight is drawn.

const CELL = 22;
const MAX_UNFOLDED = 300;

const matrix = { view: null, rows: [], open: new Set(), cursor: { row: 0, column: 0 }, frame: 0 };

const nameWidth = () => (byId("grid").clientWidth < 600 ? 130 : 240);
const headHeight = () => (byId("grid").clientWidth < 600 ? 110 : 150);

// Makes the rows anew: of groups that are open the nodes follow.
const layRows = () => {
  const rows = [];
  for (const group of matrix.view.groups) {
    rows.push({ group, node: -1 });
    if (matrix.open.has(group.number)) group.nodes.forEach((node) => rows.push({ group, node }));
  }
  matrix.rows = rows;
  const extent = byId("extent");
  extent.style.width = `${nameWidth() + matrix.view.columns.length * CELL + 60}px`;
  extent.style.height = `${headHeight() + rows.length * CELL + 2}px`;
  const grid = byId("grid");
  grid.style.height = `${Math.min(headHeight() + rows.length * CELL + 20, Math.max(360, innerHeight * 0.75))}px`;
  moveCursor(matrix.cursor.row, matrix.cursor.column, false);
  redraw();
};

// Opens all groups if their nodes are few, none if they are many.
const openGroups = () => {
  const count = matrix.view.groups.reduce((sum, group) => sum + group.nodes.length, 0);
  const few = count <= (isFiltered() ? MAX_UNFOLDED : 60) || matrix.view.groups.length === 1;
  matrix.open = new Set(few ? matrix.view.groups.map((group) => group.number) : []);
};

const redraw = () => {
  cancelAnimationFrame(matrix.frame);
  matrix.frame = requestAnimationFrame(draw);
};

const draw = () => {
  const grid = byId("grid");
  const canvas = byId("canvas");
  const [width, height] = [grid.clientWidth, grid.clientHeight];
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = colours.page;
  pen.fillRect(0, 0, width, height);
  const [left, top] = [nameWidth(), headHeight()];
  const first = Math.floor(grid.scrollTop / CELL);
  const last = Math.min(matrix.rows.length, first + Math.ceil((height - top) / CELL) + 1);
  const from = Math.floor(grid.scrollLeft / CELL);
  const to = Math.min(matrix.view.columns.length, from + Math.ceil((width - left) / CELL) + 1);
  for (let row = first; row < last; row++) drawRow(pen, row, from, to, top + row * CELL - grid.scrollTop, width);
  // Names and heads stay in their places over the cells that are scrolled beneath them.
  pen.fillStyle = colours.page;
  pen.fillRect(0, 0, width, top);
  for (let column = from; column < to; column++) drawHead(pen, column, left + column * CELL - grid.scrollLeft, top);
  pen.fillStyle = colours.page;
  pen.fillRect(0, 0, left, top);
  pen.fillStyle = colours.line;
  pen.fillRect(0, top - 1, width, 1);
};

const drawRow = (pen, number, from, to, y, width) => {
  const { group, node } = matrix.rows[number];
  const grid = byId("grid");
  const left = nameWidth();
  const isGroup = node < 0;
  pen.fillStyle = isGroup ? colours.band : colours.page;
  pen.fillRect(0, y, width, CELL);
  for (let number = from; number < to; number++) {
    const column = matrix.view.columns[number];
    const x = left + number * CELL - grid.scrollLeft + CELL / 2;
    if (isGroup) drawSum(pen, column, group, x, y + CELL / 2);
    else {
      const look = column.set.looks[column.set.cells[node]];
      drawShape(pen, look, x, y + CELL / 2, 7, !isMeant(matrix.view, column, node));
    }
  }
  pen.fillStyle = isGroup ? colours.band : colours.page;
  pen.fillRect(0, y, left, CELL);
  pen.fillStyle = colours.text;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.font = `${isGroup ? "bold " : ""}13px system-ui, sans-serif`;
  const mark = isGroup ? `${matrix.open.has(group.number) ? "▾" : "▸"} ` : "  ";
  const count = isGroup ? ` (${group.nodes.length})` : "";
  const room = left - 12 - pen.measureText(mark + count).width;
  pen.fillText(mark + fit(pen, isGroup ? group.title : nodes.names[node], room) + count, 6, y + CELL / 2);
  if (number === matrix.cursor.row && document.activeElement === grid) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    const x = left + matrix.cursor.column * CELL - grid.scrollLeft;
    pen.strokeRect(isGroup || x < left ? 1 : x + 1, y + 1, isGroup || x < left ? left - 2 : CELL - 2, CELL - 2);
  }
};

// Of a group the worst look, and a figure if more than one node has it.
const drawSum = (pen, column, group, x, y) => {
  const at = group.number * LOOKS.length;
  let look = FAILING;
  while (look > 0 && column.groups[at + look] === 0) look--;
  const count = column.groups[at + look];
  if (look < WAITING || count < 2) return drawShape(pen, look, x, y, 7);
  pen.fillStyle = colours[LOOKS[look].name];
  if (look === WARNING) polygon(pen, [[x, y - 10], [x + 10, y + 9], [x - 10, y + 9]]);
  else if (look === FAILING) pen.fillRect(x - 10, y - 9, 20, 18);
  else disc(pen, x, y, 10);
  pen.fillStyle = colours.page;
  pen.font = "bold 9px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(count < 1000 ? count : `${Math.floor(count / 1000)}k`, x, y + (look === WARNING ? 3 : 1));
};

const drawHead = (pen, number, x, top) => {
  const { set } = matrix.view.columns[number];
  pen.save();
  pen.translate(x + CELL / 2 + 4, top - 6);
  pen.rotate(-Math.PI / 2);
  const isChosen = number === matrix.cursor.column && document.activeElement === byId("grid");
  pen.font = `${isChosen ? "bold " : ""}12px system-ui, sans-serif`;
  pen.fillStyle = isChosen ? colours.accent : colours.text;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(fit(pen, set.title, top - 12), 0, 0);
  pen.restore();
};

// The row and the column at a place of the window; the column is -1 beside the cells.
const cellAt = (event) => {
  const grid = byId("grid");
  const box = grid.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left - grid.clientLeft, event.clientY - box.top - grid.clientTop];
  if (y < headHeight()) return null;
  const row = Math.floor((y - headHeight() + grid.scrollTop) / CELL);
  const column = x < nameWidth() ? -1 : Math.floor((x - nameWidth() + grid.scrollLeft) / CELL);
  if (row >= matrix.rows.length || column >= matrix.view.columns.length) return null;
  return { row, column };
};

// What a cell says, in a line.
const describe = (row, column) => {
  const { group, node } = matrix.rows[row];
  const shown = matrix.view.columns[column];
  if (node < 0) {
    const parts = shown
      ? LOOKS.map(({ words }, look) => [shown.groups[group.number * LOOKS.length + look], words])
          .filter(([count]) => count > 0)
          .map(([count, words]) => `${count} ${words}`)
      : [];
    return `${group.title}, ${plural(group.nodes.length, "node")}${shown ? `: ${shown.set.title}: ${parts.join(", ")}` : ""}`;
  }
  if (!shown) return `${nodes.names[node]}: ${nodes.summary(node)}`;
  return `${nodes.names[node]}, ${shown.set.title}: ${wordsOf(shown.set, shown.set.kinds[shown.set.cells[node]])}`;
};

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const say = (row, column) => (byId("readout").textContent = describe(row, column));

// Opens what stands at a place: a group, or a node with the DaemonSet of the column.
const openAt = (row, column) => {
  const { group, node } = matrix.rows[row];
  if (node >= 0) return openNode(node, matrix.view.columns[column]?.set ?? null);
  if (!matrix.open.delete(group.number)) matrix.open.add(group.number);
  layRows();
};

// Moves the cursor within the matrix, and the matrix so that the cursor is in sight.
const moveCursor = (row, column, follow = true) => {
  const within = (value, count) => Math.max(0, Math.min(value, count - 1));
  matrix.cursor = { row: within(row, matrix.rows.length), column: within(column, matrix.view.columns.length) };
  if (!follow || matrix.rows.length === 0) return;
  const grid = byId("grid");
  const [x, y] = [matrix.cursor.column * CELL, matrix.cursor.row * CELL];
  const room = { x: grid.clientWidth - nameWidth() - CELL, y: grid.clientHeight - headHeight() - CELL };
  if (y < grid.scrollTop) grid.scrollTop = y;
  if (y > grid.scrollTop + room.y) grid.scrollTop = y - room.y;
  if (x < grid.scrollLeft) grid.scrollLeft = x;
  if (x > grid.scrollLeft + room.x) grid.scrollLeft = x - room.x;
  say(matrix.cursor.row, matrix.cursor.column);
  redraw();
};

const KEYS = {
  ArrowUp: ({ row, column }) => [row - 1, column],
  ArrowDown: ({ row, column }) => [row + 1, column],
  ArrowLeft: ({ row, column }) => [row, column - 1],
  ArrowRight: ({ row, column }) => [row, column + 1],
  PageUp: ({ row, column }) => [row - 20, column],
  PageDown: ({ row, column }) => [row + 20, column],
  Home: ({ row }) => [row, 0],
  End: ({ row }) => [row, Infinity],
};

const listenToMatrix = () => {
  const grid = byId("grid");
  grid.addEventListener("scroll", redraw, { passive: true });
  grid.addEventListener("focus", redraw);
  grid.addEventListener("blur", redraw);
  grid.addEventListener("click", (event) => {
    const at = cellAt(event);
    if (!at) return;
    moveCursor(at.row, Math.max(0, at.column), false);
    openAt(at.row, at.column);
  });
  grid.addEventListener("mousemove", (event) => {
    const at = cellAt(event);
    grid.classList.toggle("pointing", at !== null);
    if (at) say(at.row, at.column);
  });
  grid.addEventListener("keydown", (event) => {
    if (matrix.rows.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") openAt(matrix.cursor.row, matrix.cursor.column);
    else if (KEYS[event.key]) moveCursor(...KEYS[event.key](matrix.cursor));
    else return;
    event.preventDefault();
  });
  new ResizeObserver(layRows).observe(document.documentElement);
};
