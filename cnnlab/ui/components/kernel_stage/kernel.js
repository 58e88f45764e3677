// A kernel as a square of number fields, colored by sign. Type a value, or drag a cell up or down.

import { filled } from "../live_network/element.js";
import { create } from "./nodes.js";
import { strongest, styleOf } from "./paint.js";

const DRAG_FROM = 4; // Pixels from which on a movement is no longer a click.
const DRAG_STEPS = 40; // Steps of a drag from 0 to the kernel's strongest value.

// Returns a step of 1, 2 or 5 times a power of ten.
function stepFor(values) {
  const step = (strongest(values) || 1) / DRAG_STEPS;
  const power = 10 ** Math.floor(Math.log10(step));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= step * 0.999);
}

// Returns the number in a field, null if there is none or it is out of range.
const valueOf = (box) => (box.value !== "" && box.validity.valid ? box.valueAsNumber : null);

export class KernelField {
  #boxes = [];

  // Calls `change(kernel)` with rows of numbers, null where there is none; `end()` at the end of a gesture.
  constructor({ kernel, cell, kernelHint, mostWeight }, { change, end }) {
    this.cellLabel = cell;
    this.most = mostWeight;
    this.change = change;
    this.end = end;
    this.node = create("div", "filter-cells filter-kernel");
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", kernel);
    this.node.title = kernelHint;
  }

  show(kernel) {
    this.values = kernel.flat();
    if (this.#boxes.length !== this.values.length) this.#build(kernel.length);
    this.#boxes.forEach((box, k) => this.#write(box, this.values[k]));
    this.#paint();
  }

  #build(side) {
    this.#boxes = this.values.map((_, k) => {
      const box = Object.assign(create("input", ""), { type: "number", step: "any", min: -this.most, max: this.most });
      const place = { row: Math.floor(k / side) + 1, column: (k % side) + 1 };
      box.setAttribute("aria-label", filled(this.cellLabel, place));
      box.oninput = () => {
        this.#set(k, valueOf(box));
      };
      box.onchange = this.end;
      this.#letDrag(box, k);
      return box;
    });
    this.node.style.setProperty("--side", side);
    this.node.dataset.side = side;
    this.node.replaceChildren(...this.#boxes);
  }

  // Writes a value; leaves alone a field in which just this value is being typed.
  #write(box, value) {
    if (valueOf(box) === value) return;
    box.value = value === null ? "" : String(Math.round(value * 1e4) / 1e4);
  }

  #set(k, value) {
    this.values[k] = value;
    this.#paint();
    const side = Math.sqrt(this.values.length);
    this.change(Array.from({ length: side }, (_, y) => this.values.slice(y * side, (y + 1) * side)));
  }

  #paint() {
    const limit = 1.6 * strongest(this.values); // Colors stay light enough for the values on them.
    this.#boxes.forEach((box, k) => {
      [box.style.backgroundColor, box.style.color] = styleOf(this.values[k] ?? 0, "signed", limit);
      box.setAttribute("aria-invalid", this.values[k] === null);
    });
  }

  #letDrag(box, k) {
    let start = null;
    // The browser would select text, which a drag must not do; a click does it below.
    box.onmousedown = (event) => event.preventDefault();
    box.onpointerdown = ({ button, clientX, clientY, pointerId }) => {
      if (button) return;
      box.setPointerCapture(pointerId);
      start = { x: clientX, y: clientY, value: this.values[k] ?? 0, step: stepFor(this.values), dragged: false };
    };
    box.onpointermove = ({ clientX, clientY }) => {
      if (!start) return;
      const by = start.y - clientY + clientX - start.x;
      start.dragged ||= Math.abs(by) >= DRAG_FROM;
      if (!start.dragged) return;
      const steps = Math.round(start.value / start.step + by);
      const value = Math.min(Math.max(Number((steps * start.step).toPrecision(6)), -this.most), this.most);
      this.#write(box, value);
      this.#set(k, value);
    };
    box.onpointerup = () => {
      if (start?.dragged) this.end();
      else if (start) box.select();
      start = null;
    };
    box.onpointercancel = () => (start = null);
  }
}
