// An image on the page with a frame over it. The pointer and the arrow keys move the frame.

import { create } from "./nodes.js";
import { paint } from "./paint.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Picture {
  // `point(row, column)` follows the pointer, `step(down, right)` the arrow keys, `end()` the end of a gesture.
  constructor({ point, step, end }) {
    this.canvas = create("canvas", "");
    this.canvas.setAttribute("role", "img");
    this.mark = create("div", "filter-mark");
    this.node = create("div", "filter-picture", this.canvas, this.mark);
    // Tells screen readers to pass on the arrow keys.
    this.node.setAttribute("role", "application");
    this.node.tabIndex = 0;
    const moved = (event) => point(...this.placeOf(event), event);
    this.node.onpointermove = moved;
    this.node.onpointerdown = moved;
    this.node.onpointerup = end;
    this.node.onpointercancel = end;
    this.node.onpointerleave = end;
    this.node.onkeydown = (event) => {
      const by = ARROWS[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      step(...by);
    };
    this.node.onkeyup = end;
  }

  // Names the picture for those who do not see it.
  describe(name, way) {
    this.canvas.setAttribute("aria-label", name);
    this.node.setAttribute("aria-label", `${name} ${way}`);
  }

  show(tensor, scale, limit) {
    paint(this.canvas, tensor, scale, limit);
    this.node.removeAttribute("data-empty");
  }

  clear() {
    this.node.setAttribute("data-empty", "");
    this.unframe();
  }

  unframe() {
    this.mark.hidden = true;
  }

  // Frames pixels from (row, column) on; they can be outside the image. Of a dilated window, dots show the pixels used.
  frame(row, column, height, width, dilation = 1) {
    const { canvas, mark } = this;
    mark.hidden = false;
    mark.classList.toggle("filter-dilated", dilation > 1);
    mark.style.setProperty("--dilation", dilation);
    mark.style.backgroundSize = `${(100 * dilation) / width}% ${(100 * dilation) / height}%`;
    mark.style.top = `${(100 * row) / canvas.height}%`;
    mark.style.left = `${(100 * column) / canvas.width}%`;
    mark.style.height = `${(100 * height) / canvas.height}%`;
    mark.style.width = `${(100 * width) / canvas.width}%`;
  }

  // Returns the row and column of the pixel under the pointer.
  placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { canvas } = this;
    return [Math.floor(((clientY - top) / height) * canvas.height), Math.floor(((clientX - left) / width) * canvas.width)];
  }
}
