// What the pooling stage computes: the feature map and the pooled map of an image, and how much a shift changes them.

import { averagePool, maxPool } from "../live_network/pooling.js";
import { places } from "../live_network/windows.js";
import { convolved } from "./steps.js";

const POOLING = { max: maxPool, average: averagePool };

// Returns an image of one channel moved down and right, with zeros where nothing is.
export function shifted({ shape, data }, down, right) {
  const [height, width] = shape;
  const moved = new Float32Array(data.length);
  for (let y = Math.max(down, 0); y < Math.min(height, height + down); y++) {
    for (let x = Math.max(right, 0); x < Math.min(width, width + right); x++) {
      moved[y * width + x] = data[(y - down) * width + x - right];
    }
  }
  return { shape, data: moved };
}

// Returns the feature map of a kernel, after ReLU.
export function featureMap(image, kernel) {
  return convolved(image, { kernel, stride: 1, dilation: 1, padding: "same", bias: 0, activation: "relu" });
}

export const poolFits = ({ shape: [height, width] }, { size, stride }) =>
  [height, width].every((length) => places(length, size, stride, 1, "valid").count > 0);

export function pooled(map, { kind, size, stride }) {
  return POOLING[kind](map, { pool_size: [size, size], strides: [stride, stride], padding: "valid" });
}

// Returns the values of a map in a window, row by row.
export function valuesIn({ shape: [, width], data }, [top, left], size) {
  return Array.from({ length: size * size }, (_, k) => data[(top + Math.floor(k / size)) * width + left + (k % size)]);
}

// Returns how much a map changed, 0 to 1, as `difference` of cnnlab/vision/convolution.py.
export function differenceOf({ data: before }, { data: after }) {
  const [changes, scale] = before.reduce(
    ([sum, both], value, k) => [sum + Math.abs(after[k] - value), both + Math.abs(value) + Math.abs(after[k])],
    [0, 0],
  );
  return scale ? changes / scale : 0;
}
