// Small arrays with their values written in the cells.

import { create } from "./nodes.js";
import { styleOf } from "./paint.js";
import { decimals } from "./sums.js";

export function createCells(label) {
  const node = create("div", "filter-cells");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  return node;
}

// Shows the values of a square, row by row.
export function paintCells(node, values, scale, limit) {
  const side = Math.sqrt(values.length);
  if (node.children.length !== values.length) {
    node.replaceChildren(...values.map(() => create("span", "")));
    node.style.setProperty("--side", side);
    node.dataset.side = side;
  }
  values.forEach((value, k) => {
    const cell = node.children[k];
    const text = decimals(value, 2).replace(/\.?0+$/, "");
    if (cell.textContent !== text) cell.textContent = text;
    [cell.style.backgroundColor, cell.style.color] = styleOf(value, scale, limit);
  });
}
