// Where a window stands on its input, as in cnnlab/network/arithmetic.py. A tensor is { shape, data }: shape is
// [height, width, channels] or [units], data a Float32Array with the channels last.

// Returns how many places a window has along an axis, and how many zeros stand before the first one.
export function places(length, size, stride, dilation, padding) {
  const reach = (size - 1) * dilation + 1;
  if (padding === "valid") return { count: Math.floor((length - reach) / stride) + 1, before: 0, zeros: 0 };
  const count = Math.ceil(length / stride);
  const zeros = Math.max((count - 1) * stride + reach - length, 0);
  // TensorFlow puts an odd zero at the end.
  return { count, before: zeros >> 1, zeros };
}

// Returns the places along both axes.
export function windowPlaces([height, width], [high, wide], [down, right], [dilatedDown, dilatedRight], padding) {
  return [places(height, high, down, dilatedDown, padding), places(width, wide, right, dilatedRight, padding)];
}

// Returns an image with rows and columns of `value` around it. Loops over windows then need no check at the borders.
export function framed(image, above, below, left, right, value = 0) {
  if (!(above || below || left || right)) return image;
  const [height, width, channels] = image.shape;
  const shape = [height + above + below, width + left + right, channels];
  const data = new Float32Array(shape[0] * shape[1] * channels);
  if (value) data.fill(value);
  for (let y = 0; y < height; y++) {
    const row = image.data.subarray(y * width * channels, (y + 1) * width * channels);
    data.set(row, ((y + above) * shape[1] + left) * channels);
  }
  return { shape, data };
}
