// What the stages compute: a kernel over an image, and one pixel of it in single steps. Tensors are as in windows.js.

import { convolveDepthwise } from "../live_network/convolution.js";
import { activate } from "../live_network/pointwise.js";
import { places, windowPlaces } from "../live_network/windows.js";

// Returns where the kernel of a design stands along both axes of an image; a count below 1 means that it does not fit.
export function placesOf(image, { kernel: { length }, stride, dilation, padding }) {
  return windowPlaces(image.shape, [length, length], [stride, stride], [dilation, dilation], padding);
}

export const reachOf = ({ kernel, dilation }) => (kernel.length - 1) * dilation + 1;

// Returns each channel of an image convolved with a kernel (rows of numbers), plus the bias, activated.
export function convolved(image, { kernel, stride, dilation, padding, bias, activation }) {
  const channels = image.shape[2];
  const weights = {
    shape: [kernel.length, kernel.length, channels, 1],
    data: Float32Array.from(kernel.flat().flatMap((value) => Array(channels).fill(value))),
  };
  const options = { strides: [stride, stride], dilation_rate: [dilation, dilation], padding };
  return activate(convolveDepthwise(image, weights, { data: Array(channels).fill(bias) }, options), activation);
}

// Returns how one pixel of the result is computed: the corner of its window (outside the image within the padding), and
// for each channel the patch, the products with the kernel, their sum, the sum plus the bias, and the value.
export function explained(image, design, [row, column]) {
  const [height, width, channels] = image.shape;
  const { kernel, stride, dilation, bias, activation } = design;
  const [rows, columns] = placesOf(image, design);
  const corner = [row * stride - rows.before, column * stride - columns.before];
  const steps = Array.from({ length: channels }, (_, channel) => {
    const patch = kernel.flatMap((weights, ky) =>
      weights.map((_weight, kx) => {
        const [y, x] = [corner[0] + ky * dilation, corner[1] + kx * dilation];
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        return inside ? image.data[(y * width + x) * channels + channel] : 0;
      }),
    );
    const products = kernel.flat().map((weight, k) => weight * patch[k]);
    const total = products.reduce((sum, product) => sum + product, 0);
    const [value] = activate({ shape: [1], data: [total + bias] }, activation).data;
    return { patch, products, total, biased: total + bias, value };
  });
  return { corner, steps };
}

// Returns the place whose window has its middle nearest to a pixel of the image.
export function placeOver(image, design, pixel) {
  return placesOf(image, design).map(({ count, before }, axis) => {
    const place = Math.round((pixel[axis] - (reachOf(design) - 1) / 2 + before) / design.stride);
    return Math.min(Math.max(place, 0), count - 1);
  });
}

// Returns a kernel with zeros around it, or cropped to its middle.
export function resized(kernel, size) {
  const margin = (size - kernel.length) / 2;
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => (kernel[y - margin] ? (kernel[y - margin][x - margin] ?? 0) : 0)),
  );
}

// Returns the rule for the size of a result with its values, as `Window.output_text` of cnnlab/network/arithmetic.py.
export function sizeText(length, size, stride, dilation, padding) {
  const reach = (size - 1) * dilation + 1;
  const { count, zeros } = places(length, size, stride, dilation, padding);
  const quotient = `(${length} - ${reach} + ${zeros % 2 ? zeros : `2·${zeros / 2}`}) / ${stride}`;
  return `${(length - reach + zeros) % stride ? `⌊${quotient}⌋` : quotient} + 1 = ${count}`;
}
