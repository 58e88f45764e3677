// The component: networks at work while the pen moves, with the bars of each and the layers of the first.

import { createBars, paintBars } from "./bars.js";
import { fitted, toDigit } from "./digit.js";
import { element, numbersOf } from "./element.js";
import { clearMaps, paintMaps } from "./maps.js";
import { keep, withNetwork } from "./networks.js";
import { isInvitation, isUnder, pixelsOf, watchPen } from "./pen.js";

const CLOSE = 1e-4;

// Returns whether two images are the same; null: nothing is drawn.
function areSame(one, other) {
  return one && other ? one.every((value, k) => Math.abs(value - other[k]) < CLOSE) : one === other;
}

class Stage {
  #built = "";
  #empty = true;
  #awaited = new Map(); // Key of a network -> the image whose outputs are not shown yet.
  #canvas = null; // The canvas that was drawn on last.

  constructor(root) {
    this.root = root;
  }

  // Shows what the server sent: it answers after each stroke. By then another one may have been drawn, so as long as
  // there is a canvas that was drawn on here, its pixels count, and not the server's image.
  show(data) {
    this.data = data;
    this.told = data.networks.map(({ image }) => image && numbersOf(image));
    this.build();
    if (this.#canvas && isUnder(this.#canvas, data.canvas)) this.draw(this.#canvas);
    else this.run(this.told);
    this.stop ??= watchPen((canvas) => this.draw(canvas));
  }

  draw(canvas) {
    if (!isUnder(canvas, this.data.canvas)) return;
    this.#canvas = canvas;
    const digit = toDigit(pixelsOf(canvas), this.data.steps);
    this.run(this.data.networks.map(({ shape }) => digit && fitted(digit, shape)));
  }

  // Passes one image (Float32Array or null) through each network and shows the outputs.
  run(images) {
    // While this is another drawing than the server's, the page dims what the server said (page_header.css).
    // Of a digit that draws itself, the server knows nothing.
    const invites = this.#canvas?.isConnected && isInvitation(this.#canvas);
    this.root.toggleAttribute("data-stale", !invites && !areSame(images[0], this.told[0]));
    this.#empty = !images[0];
    if (this.#empty) return this.clear();
    const { networks } = this.data;
    this.#awaited.clear();
    this.root.ariaBusy = "true";
    networks.forEach(({ key }, k) => {
      // The same network can be shown twice; it computes once.
      if (networks.findIndex((other) => other.key === key) < k) return;
      this.#awaited.set(key, images[k]);
      const show = (outputs) => this.paintAll(key, images[k], outputs);
      withNetwork(key, (network) => network.run(images[k], show));
    });
  }

  paintAll(key, image, outputs) {
    // Meanwhile the drawing can have been cleared, or another network chosen.
    if (this.#empty) return;
    this.data.networks.forEach((network, k) => network.key === key && this.paint(k, image, outputs));
    if (this.#awaited.get(key) === image) this.#awaited.delete(key);
    this.root.ariaBusy = String(this.#awaited.size > 0);
  }

  paint(k, image, outputs) {
    paintBars(this.bars[k], [...outputs.at(-1).data]);
    if (k > 0) return;
    const input = { shape: this.data.networks[0].shape, data: image };
    this.data.layers.forEach(({ index }, card) => paintMaps(this.cards[card], index < 0 ? input : outputs[index]));
  }

  clear() {
    this.root.ariaBusy = "false";
    this.bars.forEach((bars) => paintBars(bars, null));
    this.data.layers.forEach(({ shape }, card) => clearMaps(this.cards[card], shape));
  }

  // Creates the nodes, unless those for the same networks and texts are there.
  build() {
    const { networks, layers, note } = this.data;
    const wanted = JSON.stringify([networks.map(({ image, ...rest }) => rest), layers, note]);
    if (wanted === this.#built) return;
    this.#built = wanted;
    this.bars = networks.map(({ classes, alt, kind }) => createBars(classes, alt, kind));
    const answers = element("div", "cnnlab-answers");
    networks.forEach(({ title }, k) => {
      const answer = element("div", "cnnlab-answer");
      if (networks.length > 1) answer.append(element("div", "cnnlab-title", title));
      answer.append(this.bars[k]);
      answers.append(answer);
    });
    const strip = element("ol", "cnnlab-layers");
    this.cards = layers.map(({ title, size, shape, alt }) => {
      const card = element("li", "");
      const canvas = element("canvas", "");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", alt);
      clearMaps(canvas, shape);
      card.append(canvas, element("b", "", title), element("small", "", size));
      strip.append(card);
      return canvas;
    });
    this.root.replaceChildren(answers, strip, element("div", "cnnlab-note", note));
  }
}

const stages = new WeakMap();

function show({ parentElement, data }) {
  const root = parentElement.querySelector(".cnnlab-live");
  if (!stages.has(root)) stages.set(root, new Stage(root));
  const stage = stages.get(root);
  stage.show(data);
  return stage.stop;
}

// This module comes to the page with a network; the stage is a component of its own, which finds it here (mount.js).
export default function ({ data }) {
  keep(data);
}

if (typeof document !== "undefined") {
  globalThis.cnnlabLive = show;
  document.dispatchEvent(new Event("cnnlab-live"));
}
