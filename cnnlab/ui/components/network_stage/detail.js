// One map large, the part of the input that a value of it depends on, and the sum that made the value.

import { rangeOf } from "../live_network/maps.js";
import { element, filled } from "../live_network/element.js";
import { mapsOf, oneMap, paintLarge } from "./pictures.js";
import { cornerOf } from "./sums.js";

const LARGE = 150; // Sizes of the pictures, in pixels of the page.
const FACTOR = 96; // As in stage.css.
const CHIPS = 6; // Input channels that are named, those with the largest sums.

const signed = (value, digits = 3) => value.toFixed(digits).replace("-", "−");

export class Detail {
  #channel = null; // The input channel that was asked for.
  #of = ""; // The map for which it was.

  // `hear` has the functions point(row, column), leave() and key(event).
  constructor(labels, hear) {
    this.labels = labels;
    this.large = this.#figure("cnnlab-large");
    this.origin = this.#figure("");
    this.factors = ["patch", "kernel", "products"].map(() => this.#figure("cnnlab-factor"));
    this.chips = Array.from({ length: CHIPS }, () => {
      const chip = element("button", "cnnlab-chip");
      chip.type = "button";
      chip.onclick = () => {
        this.#channel = Number(chip.dataset.channel);
        this.show(this.shown);
      };
      return chip;
    });
    this.more = element("span", "");
    this.formula = element("p", "cnnlab-formula");
    this.sum = element("div", "cnnlab-sum");
    const row = element("div", "cnnlab-factors");
    this.factors.forEach(({ node }, k) => row.append(...(k ? [element("span", "", k === 1 ? "×" : "="), node] : [node])));
    const chips = element("div", "cnnlab-chips");
    chips.append(...this.chips, this.more);
    this.sum.append(row, chips, this.formula);
    this.node = element("div", "cnnlab-detail");
    this.node.append(this.large.node, this.origin.node, this.sum);
    const { frame, canvas } = this.large;
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    canvas.onpointermove = canvas.onpointerdown = (event) => {
      const [height, width] = mapsOf(this.shown.layer.shape);
      const box = canvas.getBoundingClientRect();
      const inside = (at, length) => Math.min(Math.max(Math.floor(at * length), 0), length - 1);
      const row = inside((event.clientY - box.top) / box.height, height);
      hear.point(row, inside((event.clientX - box.left) / box.width, width));
    };
    frame.onkeydown = hear.key;
    frame.onblur = hear.leave;
  }

  #figure(className) {
    const node = element("figure", className);
    const frame = element("div", "cnnlab-frame");
    const canvas = element("canvas", "");
    canvas.setAttribute("role", "img");
    const caption = element("figcaption", "");
    frame.append(canvas);
    node.append(frame, caption);
    return { node, frame, canvas, caption };
  }

  // Shows { layer, map, row, column, output, range, input, before, source, sum }: the layer as the server describes it, its
  // output, the range of its colors, the network's input, the layer's input with the layer that it comes from, and the
  // sum of `sumOf` (null for layers without a kernel).
  show(shown) {
    this.shown = shown;
    const { layer, map, row, column, output, range, input } = shown;
    const [height, width] = mapsOf(layer.shape);
    const one = oneMap(output, map);
    const pixel = { top: row, left: column, high: 1, wide: 1 };
    paintLarge(this.large.canvas, [height, width], one, LARGE, { range, frame: pixel });
    const title = filled(this.labels.map, { layer: layer.name, map });
    this.#say(this.large, title, filled(this.labels.place, { row, column, value: signed(one[row * width + column]) }));
    this.#showOrigin(input, layer, row, column);
    this.#showSum(shown, one[row * width + column]);
  }

  #say({ canvas, frame, caption }, title, more = "") {
    canvas.setAttribute("aria-label", title);
    if (frame.tabIndex === 0) frame.setAttribute("aria-label", `${title}. ${this.labels.pixelKeys}`);
    caption.replaceChildren(element("b", "", title), element("span", "", more));
  }

  #showOrigin(input, layer, row, column) {
    const [height, width, channels] = input.shape;
    const gray = Float32Array.from({ length: height * width }, (_, k) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += input.data[k * channels + c];
      return sum / channels;
    });
    const { field } = layer;
    const frame = field && {
      top: field.start[0] + row * field.jump[0],
      left: field.start[1] + column * field.jump[1],
      high: field.size[0],
      wide: field.size[1],
    };
    paintLarge(this.origin.canvas, [height, width], gray, LARGE, { range: { limit: 1, signed: false }, frame });
    this.#say(this.origin, this.labels.origin, field ? filled(this.labels.field, { size: field.size.join("×") }) : "");
  }

  #showSum({ layer, map, row, column, before, source, sum }, value) {
    this.sum.classList.toggle("cnnlab-no-sum", !sum);
    this.node.dataset.total = sum ? sum.total : "";
    if (!sum) return this.#showSource(layer, map, row, column, before, source, value);
    const of = `${layer.index}/${map}`;
    if (of !== this.#of) this.#channel = null;
    this.#of = of;
    const sorted = sum.terms.toSorted((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    const term = sum.terms.find(({ channel }) => channel === this.#channel) ?? sorted[0];
    const products = term.patch.map((part, k) => part * term.kernel[k]);
    const titles = [filled(this.labels.map, { layer: source.name, map: term.channel }), this.labels.kernel, this.labels.products];
    [term.patch, term.kernel, products].forEach((values, k) => {
      const range = k === 0 ? rangeOf(before.data) : { ...rangeOf(values), signed: true };
      paintLarge(this.factors[k].canvas, term.shape, values, FACTOR, { range });
      this.#say(this.factors[k], titles[k], k === 2 ? filled(this.labels.added, { sum: signed(term.sum) }) : "");
    });
    this.chips.forEach((chip, k) => {
      chip.hidden = !sorted[k] || sorted.length === 1;
      if (chip.hidden) return;
      chip.dataset.channel = sorted[k].channel;
      chip.textContent = filled(this.labels.term, { channel: sorted[k].channel, sum: signed(sorted[k].sum) });
      chip.setAttribute("aria-pressed", sorted[k] === term);
    });
    const rest = sorted.length - CHIPS;
    this.more.textContent = rest > 0 ? filled(this.labels.moreTerms, { count: rest }) : "";
    this.formula.textContent = filled(sum.terms.length > 1 ? this.labels.sums : this.labels.sum, {
      count: sum.terms.length,
      sum: signed(sum.total - sum.bias),
      bias: signed(sum.bias),
      total: signed(sum.total),
      activation: layer.activation,
      value: signed(value),
    });
  }

  // A layer without a kernel: the map that it is computed from, with the window of a pooling layer.
  #showSource(layer, map, row, column, before, source, value) {
    const [height, width, channels] = mapsOf(before.shape);
    const { window: options } = layer;
    let frame;
    if (options) {
      const { top, left } = cornerOf(before.shape, options.pool_size, options, row, column);
      frame = { top, left, high: options.pool_size[0], wide: options.pool_size[1] };
    }
    const [{ canvas }] = this.factors;
    paintLarge(canvas, [height, width], oneMap(before, Math.min(map, channels - 1)), LARGE, {
      range: rangeOf(before.data),
      frame,
    });
    this.#say(this.factors[0], filled(this.labels.map, { layer: source.name, map }));
    this.chips.forEach((chip) => (chip.hidden = true));
    this.more.textContent = "";
    this.formula.textContent = `${layer.title}: ${signed(value)}`;
  }
}
