// Reads a network as cnnlab/export/live_network.py writes it.

// Returns the number that the 16 bits of a half float stand for (IEEE 754).
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const HALVES = new Float32Array(65536);

// Returns the numbers of a message from a position on, as Float32Array.
function numbers(bytes, position, count, half) {
  if (!half) return new Float32Array(bytes.slice(position, position + 4 * count).buffer);
  // A table takes less time than the arithmetic as soon as there are as many numbers.
  if (!HALVES[1]) HALVES.forEach((_, bits) => (HALVES[bits] = fromHalf(bits)));
  const halves = new Uint16Array(bytes.slice(position, position + 2 * count).buffer);
  const data = new Float32Array(count);
  // Float32Array.from with a function takes twenty times as long.
  for (let k = 0; k < count; k++) data[k] = HALVES[halves[k]];
  return data;
}

// Returns the head of a message, and where its numbers start.
function headOf(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))), 4 + length];
}

// Returns the key of the network in a message: its run and snapshot.
export function keyOf(bytes) {
  return headOf(bytes)[0].key;
}

// Returns the network in a message (Uint8Array) for `forward`. The weights of a layer are read when they are first used.
export function readNetwork(bytes) {
  const [head, start] = headOf(bytes);
  let position = start;
  const layers = head.layers.map(({ kind, options, weights: shapes }) => {
    const from = position;
    for (const shape of shapes) position += sizeOfWeights(shape) * (head.half ? 2 : 4);
    let read;
    return {
      kind,
      options,
      get weights() {
        return (read ??= weightsAt(bytes, from, shapes, head.half));
      },
    };
  });
  return { inputShape: head.input_shape, layers };
}

const sizeOfWeights = (shape) => shape.reduce((product, length) => product * length, 1);

function weightsAt(bytes, from, shapes, half) {
  let position = from;
  return shapes.map((shape) => {
    const count = sizeOfWeights(shape);
    const data = numbers(bytes, position, count, half);
    position += count * (half ? 2 : 4);
    return { shape, data };
  });
}
