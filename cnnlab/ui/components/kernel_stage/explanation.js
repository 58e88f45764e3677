// How a pixel of the result is computed: patch × kernel = products, and their sum.

import { createCells, paintCells } from "./cells.js";
import { create } from "./nodes.js";
import { strongest } from "./paint.js";
import { decimals, equalSign, sumText } from "./sums.js";

export class Explanation {
  constructor({ kernel, patch, products, patchAlt, productsAlt }, kernelField) {
    this.alts = [patchAlt, productsAlt];
    this.stacks = [create("div", "filter-stack"), create("div", "filter-stack")];
    const titled = (title, content) => create("div", "filter-term", create("b", "", title), content);
    this.node = create("div", "filter-terms");
    this.node.append(titled(patch, this.stacks[0]), create("i", "", "×"), titled(kernel, kernelField));
    this.node.append(create("i", "", "="), titled(products, this.stacks[1]));
    this.sum = create("div", "filter-sum");
  }

  // Shows the steps of `explained` (steps.js), one for each channel; `place` says which pixel it is.
  show(steps, place, bias, activation) {
    this.stacks.forEach((stack, k) => {
      if (stack.children.length === steps.length) return;
      stack.replaceChildren(...steps.map(() => createCells(this.alts[k])));
    });
    const limit = strongest(...steps.map(({ products }) => products));
    steps.forEach(({ patch, products }, k) => {
      paintCells(this.stacks[0].children[k], patch, "gray", 1);
      paintCells(this.stacks[1].children[k], products, "signed", limit);
    });
    const sums = steps.map((step) => create("div", "", writtenOut(step, bias, activation)));
    this.sum.replaceChildren(create("b", "", place), ...sums);
  }
}

// Returns the sum of the products, then with the bias, then with the activation, as far as there are any.
function writtenOut({ products, total, biased, value }, bias, activation) {
  const parts = [`${sumText(products)} ${equalSign(products, total)} ${decimals(total)}`];
  if (bias) parts.push(`${sumText([total, bias])} ${equalSign([total, bias], biased)} ${decimals(biased)}`);
  if (activation !== "linear") parts.push(`${activation}(${decimals(biased)}) = ${decimals(value)}`);
  return parts.join("  →  ");
}
