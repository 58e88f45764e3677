// Functions that keep the shape: activations, normalization, rescaling.

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

// Returns the error function, to 1.2e-7 (Numerical Recipes in C, 2nd edition, section 6.2).
function erf(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const factors = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const series = factors.reduceRight((sum, factor) => sum * t + factor, 0);
  const rest = t * Math.exp(-x * x + series);
  return x >= 0 ? 1 - rest : rest - 1;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// Keras's activations of one value, with Keras's constants. Comparisons are written so that NaN stays NaN.
const ACTIVATIONS = {
  relu: (x) => (x < 0 ? 0 : x),
  sigmoid,
  tanh: Math.tanh,
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  leaky_relu: (x) => (x < 0 ? 0.2 * x : x),
  selu: (x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * Math.expm1(x) : x),
  silu: (x) => x * sigmoid(x),
  // In this form a large value does not overflow.
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

// Returns the activation of every value; softmax is over the channels of a place.
export function activate(tensor, name) {
  if (name === "linear") return tensor;
  if (name === "softmax") return softmax(tensor);
  const activation = ACTIVATIONS[name];
  return { shape: tensor.shape, data: tensor.data.map((value) => activation(value)) };
}

// Returns the values, the negative ones multiplied by a slope.
export function leakyRelu({ shape, data }, slope) {
  return { shape, data: data.map((value) => (value < 0 ? slope * value : value)) };
}

function softmax({ shape, data }) {
  const output = new Float32Array(data.length);
  const channels = shape.at(-1);
  for (let from = 0; from < data.length; from += channels) {
    // Math.max is NaN if a value is.
    const most = Math.max(...data.subarray(from, from + channels));
    let sum = 0;
    for (let i = from; i < from + channels; i++) sum += output[i] = Math.exp(data[i] - most);
    for (let i = from; i < from + channels; i++) output[i] /= sum;
  }
  return { shape, data: output };
}

// Returns `value · scale + offset` of every value; both are arrays by channel.
function scaled({ shape, data }, scale, offset) {
  const output = new Float32Array(data.length);
  const channels = shape.at(-1);
  for (let from = 0; from < data.length; from += channels) {
    for (let c = 0; c < channels; c++) output[from + c] = data[from + c] * scale[c] + offset[c];
  }
  return { shape, data: output };
}

// Returns every value times `scale` plus `offset`, two numbers.
export function rescale({ shape, data }, { scale, offset }) {
  return { shape, data: data.map((value) => value * scale + offset) };
}

// Returns batch normalization as at inference: by the moving mean and variance of each channel.
export function normalizeBatch(tensor, [gamma, beta, mean, variance], { epsilon }) {
  const scale = Float64Array.from(gamma.data, (value, c) => value / Math.sqrt(variance.data[c] + epsilon));
  const offset = Float64Array.from(beta.data, (value, c) => value - mean.data[c] * scale[c]);
  return scaled(tensor, scale, offset);
}

// Returns layer normalization: by the mean and variance of the channels of each place.
export function normalizeLayer({ shape, data }, [gamma, beta], { epsilon }) {
  const output = new Float32Array(data.length);
  const channels = shape.at(-1);
  for (let from = 0; from < data.length; from += channels) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[from + c];
    const mean = sum / channels;
    let squares = 0;
    for (let c = 0; c < channels; c++) squares += (data[from + c] - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / channels + epsilon);
    for (let c = 0; c < channels; c++) {
      output[from + c] = (data[from + c] - mean) * scale * gamma.data[c] + beta.data[c];
    }
  }
  return { shape, data: output };
}
