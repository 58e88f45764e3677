// The twin of every layer of cnnlab/network/layers.py, as it works at inference, and the pass through all of them.

import { convolve, convolveDepthwise, dense, mixChannels } from "./convolution.js";
import { activate, leakyRelu, normalizeBatch, normalizeLayer, rescale } from "./pointwise.js";
import { averageOfAll, averagePool, maxOfAll, maxPool } from "./pooling.js";
import { framed } from "./windows.js";

// Dropout and noise are for training only.
const unchanged = (input) => input;

// Layers that pass on the same values when a network predicts.
export const UNCHANGING = new Set(["Dropout", "SpatialDropout2D", "GaussianNoise", "Flatten"]);

// Keras's class -> function of the input, the layer's arguments (Keras's names) and its weights (in Keras's order).
export const LAYERS = {
  Conv2D: (input, layer, [kernel, bias]) => activate(convolve(input, kernel, bias, layer), layer.activation),
  DepthwiseConv2D: (input, layer, [kernel, bias]) =>
    activate(convolveDepthwise(input, kernel, bias, layer), layer.activation),
  SeparableConv2D: (input, layer, [depthwise, pointwise, bias]) =>
    activate(mixChannels(convolveDepthwise(input, depthwise, null, layer), pointwise, bias), layer.activation),
  MaxPooling2D: maxPool,
  AveragePooling2D: averagePool,
  GlobalAveragePooling2D: averageOfAll,
  GlobalMaxPooling2D: maxOfAll,
  BatchNormalization: (input, layer, weights) => normalizeBatch(input, weights, layer),
  LayerNormalization: (input, layer, weights) => normalizeLayer(input, weights, layer),
  Dropout: unchanged,
  SpatialDropout2D: unchanged,
  GaussianNoise: unchanged,
  Activation: (input, layer) => activate(input, layer.activation),
  LeakyReLU: (input, { negative_slope: slope }) => leakyRelu(input, slope),
  Rescaling: rescale,
  ZeroPadding2D: (input, { padding: [high, wide] }) => framed(input, high, high, wide, wide),
  Flatten: ({ data }) => ({ shape: [data.length], data }),
  Dense: (input, layer, [matrix, bias]) => activate(dense(input, matrix, bias), layer.activation),
};

// Returns the output of every layer for an image, Float32Array (height, width, channels) in 0..1.
//
// `edits` change filters of layers with a kernel: { layer, map, factor }. A factor of 0 switches the filter off, -1
// flips its sign; it applies to kernel and bias, and therefore to the sum before the activation.
export function forward({ inputShape, layers }, image, edits = []) {
  let tensor = { shape: inputShape, data: image };
  return layers.map((layer, place) => {
    const own = edits.filter((edit) => edit.layer === place);
    return (tensor = own.length ? edited(layer, tensor, own) : LAYERS[layer.kind](tensor, layer.options, layer.weights));
  });
}

function edited({ kind, options, weights }, input, edits) {
  const sums = LAYERS[kind](input, { ...options, activation: "linear" }, weights);
  const maps = sums.shape.at(-1);
  for (const { map, factor } of edits) {
    for (let i = map; i < sums.data.length; i += maps) sums.data[i] *= factor;
  }
  return activate(sums, options.activation);
}
