// Pooling: one value for each window of each channel.

import { windowPlaces } from "./windows.js";

// Returns `reduce` of every window of every channel; pixels outside the image do not count.
function pool(image, { pool_size: size, strides, padding }, reduce) {
  const [height, width, channels] = image.shape;
  const steps = strides ?? size;
  const [rows, columns] = windowPlaces(image.shape, size, steps, [1, 1], padding);
  const data = new Float32Array(rows.count * columns.count * channels);
  for (let y = 0; y < rows.count; y++) {
    const top = y * steps[0] - rows.before;
    const [first, end] = [Math.max(top, 0), Math.min(top + size[0], height)];
    for (let x = 0; x < columns.count; x++) {
      const left = x * steps[1] - columns.before;
      const [begin, stop] = [Math.max(left, 0), Math.min(left + size[1], width)];
      const to = (y * columns.count + x) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = reduce(image, c, first, end, begin, stop);
    }
  }
  return { shape: [rows.count, columns.count, channels], data };
}

function largest({ shape: [, width, channels], data }, channel, first, end, begin, stop) {
  let found = -Infinity;
  for (let y = first; y < end; y++) {
    for (let x = begin; x < stop; x++) {
      const value = data[(y * width + x) * channels + channel];
      // A comparison with NaN is false, and NaN must not disappear.
      if (!(value <= found)) found = value;
    }
  }
  return found;
}

function mean({ shape: [, width, channels], data }, channel, first, end, begin, stop) {
  let sum = 0;
  for (let y = first; y < end; y++) {
    for (let x = begin; x < stop; x++) sum += data[(y * width + x) * channels + channel];
  }
  return sum / ((end - first) * (stop - begin));
}

export const maxPool = (image, options) => pool(image, options, largest);
export const averagePool = (image, options) => pool(image, options, mean);

// Returns one value per channel of the whole image.
function poolAll(image, reduce) {
  const [height, width, channels] = image.shape;
  const data = Float32Array.from({ length: channels }, (_, c) => reduce(image, c, 0, height, 0, width));
  return { shape: [channels], data };
}

export const maxOfAll = (image) => poolAll(image, largest);
export const averageOfAll = (image) => poolAll(image, mean);
