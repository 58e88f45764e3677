// From a drawing to the image that a network takes: the twin of cnnlab/vision/digit_preprocessing.py, which says why.

const IMAGE_SIDE = 28;
const DIGIT_SIDE = 20;
const INK_THRESHOLD = 0.2;
const MIN_BRIGHTNESS = 0.02;

// Python rounds a half to the even neighbor.
function round(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

// Returns the brightness of RGBA pixels (ImageData) in 0..1; transparent counts as black.
function grayOf({ width, height, data }) {
  const values = new Float32Array(width * height);
  for (let k = 0; k < values.length; k++) {
    const at = 4 * k;
    values[k] = ((0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]) * data[at + 3]) / (255 * 255);
  }
  return { width, height, values };
}

// Returns the box around all pixels that belong to the drawing.
function inkBox({ width, height, values }, threshold) {
  const box = { left: width, right: 0, top: height, bottom: 0 };
  for (let k = 0; k < values.length; k++) {
    if (values[k] <= threshold) continue;
    const y = Math.floor(k / width);
    const x = k - y * width;
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
  }
  return box;
}

function cropped({ width, values }, { left, right, top, bottom }) {
  const rows = Array.from({ length: bottom - top }, (_, y) =>
    values.subarray((top + y) * width + left, (top + y) * width + right),
  );
  const piece = new Float32Array((right - left) * rows.length);
  rows.forEach((row, y) => piece.set(row, y * row.length));
  return { width: right - left, height: rows.length, values: piece };
}

const triangle = (distance) => Math.max(1 - Math.abs(distance), 0);
// A pixel's edge belongs to the pixel before it.
const box = (distance) => (distance > -0.5 && distance <= 0.5 ? 1 : 0);

// Returns, for each of `size` new pixels, the first old pixel under the filter and the weights of the pixels from there
// on, as Pillow computes them: the filter is widened if the image shrinks.
function filters(length, size, shape, reach) {
  const scale = length / size;
  const widened = Math.max(scale, 1);
  return Array.from({ length: size }, (_, k) => {
    const center = (k + 0.5) * scale;
    const first = Math.max(Math.trunc(center - reach * widened + 0.5), 0);
    const end = Math.min(Math.trunc(center + reach * widened + 0.5), length);
    const weights = Array.from({ length: end - first }, (_, i) => shape((i + first - center + 0.5) / widened));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

// Returns the rows resized to `size` pixels and turned into columns.
function resizedRows({ width, height, values }, size, shape, reach) {
  const turned = new Float32Array(size * height);
  filters(width, size, shape, reach).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += values[y * width + first + i] * weights[i];
      turned[x * height + y] = sum;
    }
  });
  return { width: height, height: size, values: turned };
}

// Returns the image resized by `factor`, to at least one pixel: Pillow's BILINEAR, or BOX for `shape` box.
function resized(image, factor, shape = triangle, reach = 1) {
  const [width, height] = [image.width, image.height].map((length) => Math.max(round(length * factor), 1));
  return resizedRows(resizedRows(image, width, shape, reach), height, shape, reach);
}

// Returns the center of mass as [row, column].
function centerOfMass({ width, values }) {
  let [mass, down, across] = [0, 0, 0];
  values.forEach((value, k) => {
    const y = Math.floor(k / width);
    mass += value;
    down += value * y;
    across += value * (k - y * width);
  });
  return [down / mass, across / mass];
}

// Returns `piece` on a black image, its upper left pixel at a row and a column; what lies outside is cut off.
function placed(piece, width, height, [top, left]) {
  const values = new Float32Array(width * height);
  for (let y = Math.max(top, 0); y < Math.min(top + piece.height, height); y++) {
    for (let x = Math.max(left, 0); x < Math.min(left + piece.width, width); x++) {
      values[y * width + x] = piece.values[(y - top) * piece.width + x - left];
    }
  }
  return { width, height, values };
}

// Returns the digit on a canvas (ImageData) as a gray image of 28×28; null if nothing is drawn. `steps` can switch off
// "crop", "scale" and "center".
export function toDigit(pixels, { crop = true, scale = true, center = true } = {}) {
  const gray = grayOf(pixels);
  const brightest = gray.values.reduce((most, value) => Math.max(most, value), 0);
  if (brightest < MIN_BRIGHTNESS) return null;
  const piece = crop ? cropped(gray, inkBox(gray, INK_THRESHOLD * brightest)) : gray;
  const factor = scale
    ? DIGIT_SIDE / Math.max(piece.width, piece.height)
    : IMAGE_SIDE / Math.max(gray.width, gray.height);
  const small = resized(piece, factor);
  const corner = center
    ? centerOfMass(small).map((at) => round(IMAGE_SIDE / 2 - at))
    : [small.height, small.width].map((length) => Math.floor((IMAGE_SIDE - length) / 2));
  return placed(small, IMAGE_SIDE, IMAGE_SIDE, corner);
}

// Returns a gray image as the input of a network (height, width, channels): centered on black, or scaled down. The twin
// of `Picture.fitted` in cnnlab/ui/shared/picture_picker.py.
export function fitted(image, [height, width, channels]) {
  const factor = Math.min(height / image.height, width / image.width);
  const piece = factor < 1 ? resized(image, factor, box, 0.5) : image;
  const corner = [height - piece.height, width - piece.width].map((room) => Math.floor(room / 2));
  const { values } = placed(piece, width, height, corner);
  if (channels === 1) return values;
  return Float32Array.from({ length: values.length * channels }, (_, k) => values[Math.floor(k / channels)]);
}
