// Plays the window over the image, pixel by pixel.

import { button, create } from "./nodes.js";

const SLOWEST = 1;
const FASTEST = 60;

export class Player {
  #playing = false;
  #due = 0;

  // Calls `step()` as often a second as the speed says; `end()` when it stops.
  constructor(labels, { step, end }) {
    this.labels = labels;
    this.step = step;
    this.end = end;
    this.button = button(labels.play, "filter-play", () => this.#set(!this.#playing));
    this.speed = Object.assign(create("input", ""), { type: "range", min: 0, max: 1, step: 0.05, value: 0.4 });
    this.node = create("div", "filter-player", this.button, create("label", "", labels.speed, this.speed));
  }

  // Steps a second: each part of the slider multiplies them by the same factor.
  get #rate() {
    return SLOWEST * (FASTEST / SLOWEST) ** this.speed.valueAsNumber;
  }

  #set(playing) {
    this.#playing = playing;
    this.button.textContent = playing ? this.labels.pause : this.labels.play;
    if (!playing) return this.end();
    let last = performance.now();
    const frame = (now) => {
      if (!this.#playing) return;
      this.#due += ((now - last) * this.#rate) / 1000;
      last = now;
      for (; this.#due >= 1; this.#due -= 1) this.step();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.#playing = false;
  }
}
