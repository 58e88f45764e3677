// Asks the server for the snapshots of a run that are not here, a few at a time, those nearest to the chosen one first.

import { factsOf } from "./facts.js";
import { hasSnapshot, MOST_BYTES } from "./film.js";

const TOGETHER_BYTES = 4_000_000; // Snapshots that are asked for together.
const MOST_TOGETHER = 12;
const PATIENCE_MS = 8000; // After that they are asked for again: a rerun of the page can have ended before it sent them.

export class Loader {
  wanted = []; // Keys of the snapshots to have: all that can be shown, or every n-th if not all fit.
  all = 0; // How many can be shown.
  #expected = new Set(); // Keys of those that the server has been asked for.

  // Asks for what is missing, with `ask(keys)`. `keys` are those of the run's snapshots, in order, `at` is the chosen
  // one, and `bytes` is how much one of them takes at most.
  ask(keys, at, bytes, ask) {
    const all = keys.map((_, place) => place).filter((place) => !factsOf(keys[place]).problem);
    this.all = all.length;
    const every = Math.ceil(all.length / Math.max(Math.floor(MOST_BYTES / bytes), 1));
    const wanted = all.filter((place, k) => k % every === 0 || place === at);
    this.wanted = wanted.map((place) => keys[place]);
    const missing = wanted.filter((place) => !hasSnapshot(keys[place]));
    if (!missing.length || missing.some((place) => this.#expected.has(keys[place]))) return;
    missing.sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
    const together = Math.min(Math.max(Math.floor(TOGETHER_BYTES / bytes), 1), MOST_TOGETHER);
    this.#expected = new Set(missing.slice(0, together).map((place) => keys[place]));
    ask([...this.#expected]);
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.#expected.clear();
      this.ask(keys, at, bytes, ask);
    }, PATIENCE_MS);
  }

  // A snapshot is here, or the server has said why not.
  got(key) {
    this.#expected.delete(key);
  }

  stop() {
    clearTimeout(this.patience);
  }
}
