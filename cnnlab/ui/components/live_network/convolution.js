// Convolutions and dense layers. Their loops are nearly all of a network's work, so they are arranged for the
// processor: sums stay in registers, and input and weights are both read one after the other.

import { framed, windowPlaces } from "./windows.js";

const FILTERS = 4; // Filters computed together; with two columns of the output this makes eight sums.

const rearranged = new WeakMap();

// Returns the weights of a kernel (height, width, channels, filters) in groups of `FILTERS` filters, so that the inner
// loop reads them in order; the last group is filled up with zeros. Computed once per kernel.
function inGroups(kernel) {
  const known = rearranged.get(kernel);
  if (known) return known;
  const filters = kernel.shape.at(-1);
  const taps = kernel.data.length / filters;
  const weights = new Float32Array(Math.ceil(filters / FILTERS) * FILTERS * taps);
  for (let f = 0; f < filters; f++) {
    const start = (f - (f % FILTERS)) * taps + (f % FILTERS);
    for (let t = 0; t < taps; t++) weights[start + t * FILTERS] = kernel.data[t * filters + f];
  }
  rearranged.set(kernel, weights);
  return weights;
}

// Returns the input with its zeros around it, and the places of the window along both axes.
function prepared(image, size, { strides, padding, dilation_rate: dilation }) {
  const [rows, columns] = windowPlaces(image.shape, size, strides, dilation, padding);
  const input = framed(image, rows.before, rows.zeros - rows.before, columns.before, columns.zeros - columns.before);
  return [input, rows.count, columns.count];
}

// Returns the convolution of an image with a kernel (height, width, channels, filters): a filter covers all channels.
export function convolve(image, kernel, bias, options) {
  const [high, wide, channels, filters] = kernel.shape;
  const { strides, dilation_rate: dilation } = options;
  const [input, rows, columns] = prepared(image, [high, wide], options);
  const source = input.data;
  const width = input.shape[1] * channels;
  const weights = inGroups(kernel);
  // Without dilation, a row of the window is one piece of the input.
  const pieces = dilation[1] > 1 ? wide : 1;
  const length = (wide / pieces) * channels;
  const output = new Float32Array(rows * columns * filters);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x += 2) {
      // The last of an odd number of columns is computed twice: simpler than another loop, and hardly slower.
      const next = Math.min(x + 1, columns - 1);
      const from = y * strides[0] * width + x * strides[1] * channels;
      const apart = (next - x) * strides[1] * channels;
      const to = (y * columns + x) * filters;
      const toNext = (y * columns + next) * filters;
      for (let f = 0, w = 0; f < filters; f += FILTERS) {
        let [a0, a1, a2, a3] = [0, 0, 0, 0];
        let [b0, b1, b2, b3] = [0, 0, 0, 0];
        for (let ky = 0; ky < high; ky++) {
          for (let piece = 0; piece < pieces; piece++) {
            const start = from + ky * dilation[0] * width + piece * dilation[1] * channels;
            for (let i = start; i < start + length; i++, w += FILTERS) {
              const a = source[i];
              const b = source[i + apart];
              a0 += a * weights[w];
              a1 += a * weights[w + 1];
              a2 += a * weights[w + 2];
              a3 += a * weights[w + 3];
              b0 += b * weights[w];
              b1 += b * weights[w + 1];
              b2 += b * weights[w + 2];
              b3 += b * weights[w + 3];
            }
          }
        }
        const sums = filters - f >= FILTERS ? FILTERS : filters - f;
        output[to + f] = a0;
        output[toNext + f] = b0;
        if (sums > 1) output[to + f + 1] = a1;
        if (sums > 1) output[toNext + f + 1] = b1;
        if (sums > 2) output[to + f + 2] = a2;
        if (sums > 2) output[toNext + f + 2] = b2;
        if (sums > 3) output[to + f + 3] = a3;
        if (sums > 3) output[toNext + f + 3] = b3;
      }
    }
  }
  return withBias({ shape: [rows, columns, filters], data: output }, bias);
}

// Returns the depthwise convolution with a kernel (height, width, channels, kernels per channel): channels do not mix.
export function convolveDepthwise(image, kernel, bias, options) {
  const [high, wide, channels, each] = kernel.shape;
  const { strides, dilation_rate: dilation } = options;
  const [input, rows, columns] = prepared(image, [high, wide], options);
  const width = input.shape[1] * channels;
  const maps = channels * each;
  const output = new Float32Array(rows * columns * maps);
  for (let place = 0; place < rows * columns; place++) {
    const y = Math.floor(place / columns);
    const from = y * strides[0] * width + (place - y * columns) * strides[1] * channels;
    for (let map = 0; map < maps; map++) {
      const channel = Math.floor(map / each);
      let sum = 0;
      for (let ky = 0, w = map; ky < high; ky++) {
        for (let kx = 0; kx < wide; kx++, w += maps) {
          sum += input.data[from + channel + ky * dilation[0] * width + kx * dilation[1] * channels] * kernel.data[w];
        }
      }
      output[place * maps + map] = sum;
    }
  }
  return withBias({ shape: [rows, columns, maps], data: output }, bias);
}

// Returns a 1×1 convolution with a kernel (1, 1, channels, filters): it mixes the channels of each place.
export function mixChannels(image, kernel, bias) {
  return convolve(image, kernel, bias, { strides: [1, 1], padding: "valid", dilation_rate: [1, 1] });
}

const asKernels = new WeakMap();

// Returns a vector times a matrix (inputs, units), which is the same sum as a convolution of one pixel.
export function dense(vector, matrix, bias) {
  if (!asKernels.has(matrix)) asKernels.set(matrix, { shape: [1, 1, ...matrix.shape], data: matrix.data });
  const { data } = mixChannels({ shape: [1, 1, ...vector.shape], data: vector.data }, asKernels.get(matrix), bias);
  return { shape: [data.length], data };
}

function withBias(tensor, bias) {
  if (!bias) return tensor;
  const { data } = tensor;
  const count = bias.data.length;
  for (let i = 0; i < data.length; i += count) {
    for (let channel = 0; channel < count; channel++) data[i + channel] += bias.data[channel];
  }
  return tensor;
}
