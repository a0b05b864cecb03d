// Draws the part of the matrix that is in sight. Every look has a shape as well as a colour.

const SHAPES = {
  absent: () => {},
  good: (pen, x, y, r) => disc(pen, x, y, r * 0.55),
  off: (pen, x, y, r) => pen.fillRect(x - r * 0.4, y - 0.5, r * 0.8, 1),
  waiting: (pen, x, y, r) => {
    pen.beginPath();
    pen.arc(x, y, r * 0.65, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.stroke();
  },
  unknown: (pen, x, y, r) => {
    pen.font = `bold ${Math.round(r * 1.9)}px sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText("?", x, y + 1);
  },
  warning: (pen, x, y, r) => polygon(pen, [[x, y - r * 0.9], [x + r, y + r * 0.8], [x - r, y + r * 0.8]]),
  failing: (pen, x, y, r) => {
    pen.fillRect(x - r, y - r, 2 * r, 2 * r);
    pen.save();
    pen.strokeStyle = colours.page;
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [dx, dy] of [[1, 1], [1, -1]]) {
      pen.moveTo(x - dx * r * 0.5, y - dy * r * 0.5);
      pen.lineTo(x + dx * r * 0.5, y + dy * r * 0.5);
    }
    pen.stroke();
    pen.restore();
  },
};

const disc = (pen, x, y, r) => {
  pen.beginPath();
  pen.arc(x, y, r, 0, 2 * Math.PI);
  pen.fill();
};

const polygon = (pen, [first, ...rest]) => {
  pen.beginPath();
  pen.moveTo(...first);
  rest.forEach((point) => pen.lineTo(...point));
  pen.closePath();
  pen.fill();
};

// The colours of the style sheet, light or dark.
let colours = {};
const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "text", "faint", "line", "band", "accent", ...LOOKS.map(({ name }) => name)];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

const drawShape = (pen, look, x, y, r, faint = false) => {
  const { name } = LOOKS[look];
  pen.globalAlpha = faint ? 0.25 : 1;
  pen.fillStyle = pen.strokeStyle = colours[name] || colours.faint;
  SHAPES[name](pen, x, y, r);
  pen.globalAlpha = 1;
};

// A text that ends before `width`; names of nodes differ at their ends, so the middle goes.
const fit = (pen, text, width) => {
  if (pen.measureText(text).width <= width) return text;
  const kept = Math.max(4, Math.floor((text.length * width) / pen.measureText(text).width) - 1);
  return `${text.slice(0, Math.ceil(kept / 3))}…${text.slice(text.length - Math.floor((kept * 2) / 3))}`;
};

// A picture of one look, for the legend and the list.
const picture = (look) => {
  const canvas = document.createElement("canvas");
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.height = 16 * scale;
  canvas.className = "shape";
  canvas.setAttribute("aria-hidden", "true");
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  drawShape(pen, look, 8, 8, 6);
  return canvas;
};
