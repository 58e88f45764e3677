// The output of a layer as a picture: feature maps next to each other, or one square per unit.

const MOST_MAPS = 16;
const MOST_PIXELS = 100_000;

// The colors of cnnlab/figures/heatmap.py: gray for values from 0 up, else red below zero and blue above.
const GRAY = ["#000000", "#ffffff"];
const SIGNED = ["#b2352b", "#e89a80", "#f7f7f7", "#7fb0dd", "#1f5fa8"];
export const SHADES = 256;

// Returns `SHADES` colors between the given ones, as the numbers that ImageData holds.
function palette(colors) {
  const bytes = new Uint8ClampedArray(4 * SHADES);
  const stops = colors.map((code) => [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16)));
  for (let shade = 0; shade < SHADES; shade++) {
    const at = (shade / (SHADES - 1)) * (stops.length - 1);
    const before = Math.min(Math.floor(at), stops.length - 2);
    stops[before].forEach((value, channel) => {
      bytes[4 * shade + channel] = value + (stops[before + 1][channel] - value) * (at - before);
    });
    bytes[4 * shade + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

export const PALETTES = { gray: palette(GRAY), signed: palette(SIGNED) };

// Returns the strongest value and whether any is below zero.
export function rangeOf(data) {
  let [lowest, highest] = [0, 0];
  for (const value of data) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { limit: Math.max(-lowest, highest), signed: lowest < 0 };
}

// Returns a function from a value to its color, as a number for ImageData: a scale up to the strongest value.
export function colorsOf({ limit, signed }) {
  const [colors, offset, factor] = signed
    ? [PALETTES.signed, (SHADES - 1) / 2, (SHADES - 1) / 2 / (limit || 1)]
    : [PALETTES.gray, 0, (SHADES - 1) / (limit || 1)];
  return (value) => colors[Math.round(offset + value * factor)];
}

// Returns where the maps of a shape stand: their number, size and columns. Units are maps of one pixel.
function layout(shape) {
  const [height, width, channels] = shape.length === 3 ? shape : [1, 1, shape[0]];
  const most = shape.length === 3 ? Math.min(MOST_MAPS, Math.max(Math.floor(MOST_PIXELS / height / width), 1)) : Infinity;
  const count = Math.min(channels, most);
  const columns = Math.ceil(Math.sqrt(count));
  const gap = height * width > 1 ? Math.max(Math.round(width / 14), 1) : 0;
  return { height, width, channels, count, columns, gap };
}

// Returns the size of a layer's picture in pixels.
function sizeOf({ height, width, count, columns, gap }) {
  const rows = Math.ceil(count / columns);
  return [columns * (width + gap) - gap, rows * (height + gap) - gap];
}

// Gives a canvas the size of a layer's picture, and empties it.
export function clearMaps(canvas, shape) {
  [canvas.width, canvas.height] = sizeOf(layout(shape));
}

// Draws the output of a layer on a canvas that `clearMaps` has prepared.
export function paintMaps(canvas, { shape, data }) {
  const place = layout(shape);
  const { height, width, channels, count, columns, gap } = place;
  const [wide, high] = sizeOf(place);
  const picture = new ImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  // Each layer has its own scale.
  const color = colorsOf(rangeOf(data));
  for (let map = 0; map < count; map++) {
    const corner = Math.floor(map / columns) * (height + gap) * wide + (map % columns) * (width + gap);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) pixels[corner + y * wide + x] = color(data[(y * width + x) * channels + map]);
    }
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
