// How one value of a layer with a kernel comes about: products of the input and the weights, added up, and the bias.

import { windowPlaces } from "../live_network/windows.js";

// Returns the terms of the value of a map at (row, column), one for each input channel, the bias and the total, which
// is the value before the activation; null for layers without a kernel.
//
// A term is { channel, shape, patch, kernel, sum }: `patch` are the values of the input under the kernel, zeros where
// it reaches over the edge. `factor` is that of an edit of the filter.
export function sumOf({ kind, options, weights }, input, map, row, column, factor = 1) {
  if (!SUMS[kind]) return null;
  const terms = SUMS[kind](input, options, weights, map, row, column);
  for (const term of terms) {
    term.kernel = term.kernel.map((weight) => weight * factor);
    term.sum = term.patch.reduce((sum, value, k) => sum + value * term.kernel[k], 0);
  }
  const bias = options.use_bias === false ? 0 : weights.at(-1).data[map] * factor;
  return { terms, bias, total: terms.reduce((sum, term) => sum + term.sum, bias) };
}

const SUMS = {
  Conv2D(input, options, [kernel], map, row, column) {
    const [, , channels, filters] = kernel.shape;
    return channelsOf(channels, (channel) => ({
      ...windowOf(input, kernel, options, channel, row, column),
      kernel: everyNth(kernel.data, channel * filters + map, channels * filters),
    }));
  },
  DepthwiseConv2D: (input, options, [kernel], map, row, column) => [depthwise(input, options, kernel, map, row, column)],
  // The 1×1 convolution weighs the depthwise kernels: a term has the product of both.
  SeparableConv2D(input, options, [kernel, pointwise], map, row, column) {
    const [, , between, filters] = pointwise.shape;
    return channelsOf(between, (place) => {
      const term = depthwise(input, options, kernel, place, row, column);
      const weight = pointwise.data[place * filters + map];
      return { ...term, kernel: term.kernel.map((value) => value * weight) };
    });
  },
  // A unit after feature maps (with a layer Flatten between) has a kernel as large as they are for each of them.
  Dense(input, options, [matrix], map) {
    const [height, width, channels] = input.shape.length === 3 ? input.shape : [1, 1, input.shape[0]];
    const units = matrix.shape[1];
    return channelsOf(channels, (channel) => ({
      channel,
      shape: [height, width],
      patch: everyNth(input.data, channel, channels),
      kernel: everyNth(matrix.data, channel * units + map, channels * units),
    }));
  },
};

const channelsOf = (count, term) => Array.from({ length: count }, (_, channel) => term(channel));

// Returns every `step`-th number from `start` on, in double precision.
function everyNth(data, start, step) {
  const found = new Float64Array(Math.ceil((data.length - start) / step));
  for (let k = 0; k < found.length; k++) found[k] = data[start + k * step];
  return found;
}

function depthwise(input, options, kernel, map, row, column) {
  const [, , channels, each] = kernel.shape;
  return {
    ...windowOf(input, kernel, options, Math.floor(map / each), row, column),
    kernel: everyNth(kernel.data, map, channels * each),
  };
}

// Returns the values of a channel in the window of a kernel at (row, column).
function windowOf(input, kernel, options, channel, row, column) {
  const [high, wide] = kernel.shape;
  const { top, left, down, across } = cornerOf(input.shape, [high, wide], options, row, column);
  const [height, width, channels] = input.shape;
  const patch = Float64Array.from({ length: high * wide }, (_, k) => {
    const y = top + Math.floor(k / wide) * down;
    const x = left + (k % wide) * across;
    const isInside = y >= 0 && y < height && x >= 0 && x < width;
    return isInside ? input.data[(y * width + x) * channels + channel] : 0;
  });
  return { channel, shape: [high, wide], patch };
}

// Returns where the window of a layer begins on its input, and the steps inside it.
export function cornerOf(shape, size, { strides, padding, dilation_rate: dilation = [1, 1] }, row, column) {
  const steps = strides ?? size;
  const [rows, columns] = windowPlaces(shape, size, steps, dilation, padding);
  const [down, across] = dilation;
  return { top: row * steps[0] - rows.before, left: column * steps[1] - columns.before, down, across };
}
