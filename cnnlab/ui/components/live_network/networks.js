// The networks that this page has received, by run and snapshot. The module is loaded once per page, so they outlive
// the nodes that show them.

import { forward } from "./layers.js";
import { keyOf, readNetwork } from "./message.js";

const MOST = 8; // More than can be shown at once; those that were used least recently are let go.

// Computes networks in a worker, so that the pen and the page never wait. Where the browser allows no worker (some pages
// that embed others), the page computes.
export class Runner {
  #worker = new Worker(import.meta.url, { type: "module" });
  #isHere = false;
  #network = null; // If the page computes.
  #loaded = null; // The message of the network that the worker has.
  #working = null;
  #waiting = null;

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#finish(data);
    this.#worker.onerror = () => {
      this.#isHere = true;
      this.#loaded = null;
      if (this.#working) this.#start(this.#working);
    };
  }

  // Prepares the network of a message (Uint8Array).
  load(bytes) {
    if (bytes === this.#loaded) return;
    this.#loaded = bytes;
    if (this.#isHere) this.#network = readNetwork(bytes);
    else this.#worker.postMessage(bytes);
  }

  // Calls `done` with the outputs of all layers, see `forward`. While an image is computed only the newest other one
  // waits: a network that is too slow for every frame leaves out some, and does not fall behind.
  run(bytes, image, done, edits = []) {
    this.#waiting = { bytes, image, done, edits };
    if (!this.#working) this.#start(this.#waiting);
  }

  #start(task) {
    if (task === this.#waiting) this.#waiting = null;
    this.#working = task;
    this.load(task.bytes);
    const { image, edits } = task;
    if (this.#isHere) this.#finish(forward(this.#network, image, edits));
    else this.#worker.postMessage({ image, edits });
  }

  #finish(outputs) {
    const { done } = this.#working;
    this.#working = null;
    done(outputs);
    if (this.#waiting) this.#start(this.#waiting);
  }

  close() {
    this.#worker.terminate();
  }
}

class KeptNetwork {
  #runner = new Runner();
  #bytes;

  constructor(bytes) {
    // A copy: the message belongs to Streamlit.
    this.#bytes = bytes.slice();
    this.#runner.load(this.#bytes);
  }

  run(image, done) {
    this.#runner.run(this.#bytes, image, done);
  }

  close() {
    this.#runner.close();
  }
}

const kept = new Map(); // Key -> KeptNetwork, in the order of their last use.
const expected = new Map(); // Key -> what is to be done when the network is here.

// Keeps the network of a message (Uint8Array), unless it is here already.
export function keep(bytes) {
  const key = keyOf(bytes);
  if (!kept.has(key)) kept.set(key, new KeptNetwork(bytes));
  expected.get(key)?.(touched(key));
  expected.delete(key);
  for (const [oldest, network] of kept) {
    if (kept.size <= MOST) break;
    network.close();
    kept.delete(oldest);
  }
}

// Calls `use` with a network, now or when its message arrives; until then a later call replaces an earlier one.
export function withNetwork(key, use) {
  if (kept.has(key)) use(touched(key));
  else expected.set(key, use);
}

// Returns a network, which becomes the one used most recently.
function touched(key) {
  const network = kept.get(key);
  kept.delete(key);
  kept.set(key, network);
  return network;
}
