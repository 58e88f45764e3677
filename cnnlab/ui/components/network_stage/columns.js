// The overview: the layers of a network from left to right, each with its maps, and the edges between maps.

import { rangeOf } from "../live_network/maps.js";
import { element } from "../live_network/element.js";
import { cellOf, gridOf, mapAt, mapsOf, oneMap, paintGrid, resize } from "./pictures.js";

const HIGH = 220; // Pixels of the page that a column has for its maps.
const [NARROWEST, WIDEST] = [52, 150];
const BETWEEN = 30; // Between columns, as in stage.css.
const ANSWER = 150; // The column with the output, as in stage.css.
const MOST_EDGES = 24; // The strongest are drawn.

export class Columns {
  // `answer` are the bars of the output, whose layer has the index `last`. `hear` has the functions point(layer, map, row,
  // column), isChosen(layer, map), act(layer, map), key(layer, grid, event), focus(layer) and leave().
  constructor(layers, answer, last, hear) {
    this.node = element("div", "cnnlab-net");
    this.overlay = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.overlay.setAttribute("aria-hidden", "true");
    this.layers = layers;
    this.answer = answer;
    this.last = last;
    this.columns = layers.map((layer) => this.#column(layer, hear));
    const output = element("div", "cnnlab-column cnnlab-answer-column");
    output.append(answer);
    this.node.append(...this.columns.map(({ node }) => node), output, this.overlay);
  }

  #column(layer, hear) {
    const node = element("div", "cnnlab-column");
    const canvas = element("canvas", "");
    const focus = element("div", "cnnlab-maps");
    focus.tabIndex = 0;
    focus.setAttribute("role", "group");
    focus.setAttribute("aria-label", layer.alt);
    focus.append(canvas);
    const name = element("b", "", layer.name);
    name.title = layer.name;
    node.append(focus, name, element("small", "", layer.size));
    const column = { layer, node, focus, canvas, grid: null };
    const pointed = (event) => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const map = mapAt(column.grid, x, y);
      if (map === null) return null;
      const [left, top, wide, high] = cellOf(column.grid, map);
      const [height, width] = mapsOf(layer.shape);
      const inside = (at, length) => Math.min(Math.max(Math.floor(at * length), 0), length - 1);
      return [map, inside((y - top) / high, height), inside((x - left) / wide, width)];
    };
    focus.onpointermove = (event) => {
      const found = pointed(event);
      if (found) hear.point(layer, ...found);
    };
    // A finger has not pointed before it presses: its first press chooses a map, the next one acts on it.
    let wasChosen;
    focus.onpointerdown = (event) => {
      const found = pointed(event);
      wasChosen = found && hear.isChosen(layer, found[0]);
      if (found) hear.point(layer, ...found);
    };
    focus.onclick = (event) => {
      const found = pointed(event);
      if (found && wasChosen) hear.act(layer, found[0]);
    };
    focus.onkeydown = (event) => hear.key(layer, column.grid, event);
    focus.onfocus = () => focus.matches(":focus-visible") && hear.focus(layer);
    focus.onblur = () => hear.leave();
    return column;
  }

  // Lays the columns out for the width of the page.
  layOut() {
    // It must not keep the columns from becoming narrower.
    this.overlay.setAttribute("width", 0);
    const room = this.node.clientWidth - ANSWER - BETWEEN * this.columns.length;
    const wide = Math.min(Math.max(Math.floor(room / this.columns.length), NARROWEST), WIDEST);
    for (const column of this.columns) {
      column.grid = gridOf(column.layer.shape, wide, HIGH);
      resize(column.canvas, ...column.grid.size);
    }
  }

  // Paints all columns. `tensorOf(layer)` returns its output, `scale` is "local", "layer" or "global".
  paint(tensorOf, scale) {
    const tensors = this.columns.map(({ layer }) => tensorOf(layer));
    const ranges = tensors.map(({ data }) => rangeOf(data));
    // The input and vectors have scales of their own.
    const isShared = this.columns.map(({ layer }) => layer.index >= 0 && layer.shape.length === 3);
    const limit = Math.max(...ranges.map((range, k) => (isShared[k] ? range.limit : 0)));
    this.columns.forEach(({ canvas, grid }, k) => {
      const own = scale === "global" && isShared[k] ? { ...ranges[k], limit } : ranges[k];
      const isLocal = scale === "local" && tensors[k].shape.length === 3;
      const rangeFor = (map) => (isLocal ? { ...rangeOf(oneMap(tensors[k], map)), signed: own.signed } : own);
      paintGrid(canvas, grid, tensors[k], rangeFor);
    });
  }

  // Draws frames around maps and the edges to the chosen map.
  //
  // `marks` are { layer, map, kind }; `edges` are { from: [layer, map], to: [layer, map], weight }, strongest by weight.
  draw(marks, edges) {
    this.overlay.setAttribute("width", this.node.scrollWidth);
    this.overlay.setAttribute("height", this.node.scrollHeight);
    const strongest = Math.max(...edges.map(({ weight }) => Math.abs(weight)), 1e-12);
    const shown = edges.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, MOST_EDGES);
    const lines = shown.map((edge) => this.#edge(edge, strongest));
    this.overlay.replaceChildren(...lines.filter(Boolean), ...marks.map((mark) => this.#mark(mark)).filter(Boolean));
  }

  #edge({ from, to, weight }, strongest) {
    const [start, end] = [this.#box(...from), this.#box(...to)];
    if (!start || !end) return null;
    const [x0, y0] = [start.x + start.wide, start.y + start.high / 2];
    const [x1, y1] = [end.x, end.y + end.high / 2];
    const middle = (x0 + x1) / 2;
    return svg("path", {
      d: `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${x1},${y1}`,
      class: weight < 0 ? "cnnlab-edge cnnlab-negative-edge" : "cnnlab-edge",
      "stroke-width": 0.6 + (2.4 * Math.abs(weight)) / strongest,
    });
  }

  #mark({ layer, map, kind }) {
    const box = this.#box(layer, map);
    if (!box) return null;
    const { x, y, wide, high } = box;
    const group = svg("g", { class: `cnnlab-${kind}` });
    group.append(svg("rect", { x, y, width: wide, height: high }));
    if (kind === "off") group.append(svg("path", { d: `M${x},${y}l${wide},${high}m0,${-high}l${-wide},${high}` }));
    if (kind === "flipped") group.append(svg("path", { d: `M${x},${y + high / 2}h${wide}` }));
    return group;
  }

  // Returns where a map of a layer is in the overview; a unit of the output is a bar.
  #box(index, map) {
    const origin = this.node.getBoundingClientRect();
    const [left, top] = [this.node.scrollLeft - origin.left, this.node.scrollTop - origin.top];
    if (index === this.last) {
      const bar = this.answer.children[map]?.getBoundingClientRect();
      return bar && { x: bar.left + left, y: bar.top + top, wide: bar.width, high: bar.height };
    }
    const column = this.columns.find(({ layer }) => layer.index === index);
    if (!column || map >= column.grid.count) return null;
    const box = column.canvas.getBoundingClientRect();
    const [x, y, wide, high] = cellOf(column.grid, map);
    return { x: box.left + left + x, y: box.top + top + y, wide, high };
  }
}

function svg(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
