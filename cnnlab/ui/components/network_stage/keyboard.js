// The stage by keyboard: arrow keys choose a map or a pixel, Enter changes a filter, and a screen reader hears it.

import { element } from "../live_network/element.js";
import { factorOf } from "./edits.js";
import { mapsOf } from "./pictures.js";

const ARROWS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }; // Down and right.

export class Keyboard {
  constructor(stage) {
    this.stage = stage;
    this.node = element("div", "cnnlab-says");
    this.node.setAttribute("aria-live", "polite");
  }

  pressMap(layer, grid, event) {
    const { choice } = this.stage;
    const map = choice.layer === layer.index ? choice.map : 0;
    if (event.key === "Enter" || event.key === " ") this.stage.edit(layer, map);
    else if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      const next = map + down * grid.columns + right;
      if (next >= 0 && next < grid.count) this.stage.choose({ layer: layer.index, map: next });
    } else return;
    event.preventDefault();
    this.say();
  }

  pressPixel(event) {
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    const { frame, choice, scale } = this.stage;
    const { layer, row, column } = frame.explain(choice, scale);
    const [[height, width], [down, right]] = [mapsOf(layer.shape), ARROWS[event.key]];
    const within = (place, length) => Math.min(Math.max(place, 0), length - 1);
    this.stage.choose({ ...choice, row: within(row + down, height), column: within(column + right, width) });
    this.say();
  }

  // Tells screen readers what a key has chosen.
  say() {
    const { detail, edits, choice, data } = this.stage;
    const states = { 0: data.labels.off, "-1": data.labels.flipped };
    const state = states[factorOf(edits, choice.layer, choice.map)];
    this.node.textContent = [detail.large.caption.textContent, detail.formula.textContent, state].filter(Boolean).join(". ");
  }
}
