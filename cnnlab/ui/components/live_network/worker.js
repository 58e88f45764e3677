// The part that runs in a Web Worker, which loads this same module: it has no document.

import { forward } from "./layers.js";
import { readNetwork } from "./message.js";

const WARM_UP = 6; // Passes after which the browser has compiled the loops.

function warmUp(network, passes) {
  const length = network.inputShape.reduce((product, side) => product * side, 1);
  forward(network, new Float32Array(length));
  // One at a time: an image that comes in the meantime does not have to wait for all of them.
  if (passes > 1) setTimeout(() => warmUp(network, passes - 1));
}

if (typeof document === "undefined") {
  let network;
  self.onmessage = ({ data }) => {
    if (data instanceof Uint8Array) {
      const isFirst = !network;
      network = readNetwork(data);
      if (isFirst) setTimeout(() => warmUp(network, WARM_UP));
      return;
    }
    const outputs = forward(network, data.image, data.edits);
    // Layers that change nothing share their array with the layer before.
    self.postMessage(outputs, [...new Set(outputs.map((tensor) => tensor.data.buffer))]);
  };
}
