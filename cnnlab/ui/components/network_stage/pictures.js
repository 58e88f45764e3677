// Pictures of arrays on canvases: all maps of a layer in a grid, or one array large, with numbers where they fit.

import { colorsOf, rangeOf } from "../live_network/maps.js";

const SHOWN_MAPS = 64;
const SHOWN_UNITS = 512;
const GAP = 2;
const BETWEEN_MAPS = "#80808060";
const LARGEST = 64; // Pixels of the page.
const NUMBER_PX = 26; // Cells of this size have room for their value.
const FRAME = "#ff9f1c"; // MARK_COLOR of cnnlab/figures/heatmap.py.

let strip; // The context of a canvas in memory, on which arrays are painted with one pixel for each value.

// Returns height, width and number of the maps of a shape; units are maps of one pixel.
export const mapsOf = (shape) => (shape.length === 3 ? shape : [1, 1, shape[0]]);

// Returns one map of a tensor, (height × width).
export function oneMap({ shape, data }, map) {
  const [height, width, channels] = mapsOf(shape);
  const one = new Float32Array(height * width);
  for (let k = 0; k < one.length; k++) one[k] = data[k * channels + map];
  return one;
}

// Returns how many maps of a shape are shown.
export function shownMaps(shape) {
  return Math.min(shape.at(-1), shape.length === 3 ? SHOWN_MAPS : SHOWN_UNITS);
}

// Returns the grid in which the maps of a shape are largest within a width and a height, in pixels of the page.
export function gridOf(shape, wide, high) {
  const [height, width] = mapsOf(shape);
  const count = shownMaps(shape);
  let best = { side: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const across = (wide + GAP) / columns - GAP;
    const down = (((high + GAP) / rows - GAP) * width) / height;
    const side = Math.max(Math.floor(Math.min(across, down, LARGEST)), 1);
    if (side > best.side) best = { side, columns, rows };
  }
  const tall = Math.max(Math.round((best.side * height) / width), 1);
  const size = [best.columns * (best.side + GAP) - GAP, best.rows * (tall + GAP) - GAP];
  return { ...best, tall, count, size };
}

// Returns where a map stands in its grid: left, top, width, height.
export function cellOf({ columns, side, tall }, map) {
  return [(map % columns) * (side + GAP), Math.floor(map / columns) * (tall + GAP), side, tall];
}

// Returns the map at a point of the grid; null between maps.
export function mapAt(grid, x, y) {
  const column = Math.floor(x / (grid.side + GAP));
  const map = Math.floor(y / (grid.tall + GAP)) * grid.columns + column;
  if (column < 0 || column >= grid.columns || map < 0 || map >= grid.count) return null;
  const [left, top, wide, high] = cellOf(grid, map);
  return x < left + wide && y < top + high ? map : null;
}

// Gives a canvas a size in pixels of the page, as fine as the screen is.
export function resize(canvas, wide, high) {
  const fine = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(wide * fine), Math.round(high * fine)];
  [canvas.style.width, canvas.style.height] = [`${wide}px`, `${high}px`];
}

// Paints the maps of a layer on a canvas of the grid's size. `rangeFor(map)` returns the range of its colors.
export function paintGrid(canvas, grid, { shape, data }, rangeFor) {
  const [height, width, channels] = mapsOf(shape);
  onStrip(width, height * grid.count, (pixels) => {
    for (let map = 0, at = 0; map < grid.count; map++) {
      const color = colorsOf(rangeFor(map));
      for (let i = map; i < data.length; i += channels) pixels[at++] = color(data[i]);
    }
  });
  const context = canvas.getContext("2d");
  context.setTransform(canvas.width / grid.size[0], 0, 0, canvas.height / grid.size[1], 0, 0);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, ...grid.size);
  context.fillStyle = BETWEEN_MAPS;
  for (let map = 0; map < grid.count; map++) {
    const [left, top, wide, high] = cellOf(grid, map);
    context.fillRect(left - GAP / 2, top - GAP / 2, wide + GAP, high + GAP);
    context.drawImage(strip.canvas, 0, map * height, width, height, left, top, wide, high);
  }
}

// Paints one array (height, width) as large as fits into `most` × `most` pixels of the page, with a frame around
// { top, left, high, wide } of its cells, which may reach over the edge.
export function paintLarge(canvas, [height, width], values, most, { range = rangeOf(values), frame } = {}) {
  const cell = Math.min(most / width, most / height);
  resize(canvas, Math.round(cell * width), Math.round(cell * height));
  const color = colorsOf(range);
  onStrip(width, height, (pixels) => values.forEach((value, k) => (pixels[k] = color(value))));
  const context = canvas.getContext("2d");
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(strip.canvas, 0, 0, width, height, 0, 0, width, height);
  if (cell >= NUMBER_PX) writeNumbers(context, width, values, color, cell);
  if (!frame) return;
  context.strokeStyle = FRAME;
  context.lineWidth = 2.5 / cell;
  context.strokeRect(frame.left, frame.top, frame.wide, frame.high);
}

// Lets `fill` set the pixels (Uint32Array) of the canvas in memory.
function onStrip(width, height, fill) {
  strip ??= document.createElement("canvas").getContext("2d");
  Object.assign(strip.canvas, { width, height });
  const picture = new ImageData(width, height);
  fill(new Uint32Array(picture.data.buffer));
  strip.putImageData(picture, 0, 0);
}

function writeNumbers(context, width, values, color, cell) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${Math.min(11 / cell, 0.3)}px sans-serif`;
  values.forEach((value, k) => {
    const shade = color(value);
    const brightness = (shade & 255) + 2 * ((shade >> 8) & 255) + ((shade >> 16) & 255);
    context.fillStyle = brightness > 480 ? "#000000" : "#ffffff";
    context.fillText(shortNumber(value), (k % width) + 0.5, Math.floor(k / width) + 0.5);
  });
}

const shortNumber = (value) => value.toFixed(Math.abs(value) < 9.995 ? 2 : 0).replace("-", "−");
