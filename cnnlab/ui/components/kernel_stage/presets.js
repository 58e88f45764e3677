// The presets: one button each, with a picture of the kernel and one of what it makes of the image.

import { create } from "./nodes.js";
import { paint, strongest } from "./paint.js";
import { convolved } from "./steps.js";

const PLAIN = { stride: 1, dilation: 1, padding: "same", bias: 0, activation: "linear" };

export class Presets {
  // `kernels` are { name, title, about, kernel }; calls `choose` with one of them.
  constructor(label, kernels, choose) {
    this.kernels = kernels;
    this.node = create("div", "filter-presets");
    this.node.setAttribute("role", "group");
    this.node.setAttribute("aria-label", label);
    this.buttons = kernels.map((preset) => {
      const pictures = [create("canvas", ""), create("canvas", "")];
      const node = create("button", "", ...pictures);
      Object.assign(node, { type: "button", title: preset.title, onclick: () => choose(preset) });
      node.setAttribute("aria-label", preset.title);
      const tensor = { shape: [preset.kernel.length, preset.kernel.length, 1], data: preset.kernel.flat() };
      paint(pictures[0], tensor, "signed", strongest(tensor.data));
      return node;
    });
    this.node.append(...this.buttons);
  }

  // Shows what each kernel makes of an image of one channel.
  showImage(image) {
    this.kernels.forEach(({ kernel }, k) => {
      const result = convolved(image, { ...PLAIN, kernel });
      paint(this.buttons[k].lastChild, result, "signed", strongest(result.data));
    });
  }

  // Marks the chosen preset.
  choose(name) {
    this.kernels.forEach((preset, k) => this.buttons[k].setAttribute("aria-pressed", preset.name === name));
  }
}
