// The stage for pooling: an image that can be dragged, its feature map, the pooled map, and the window in numbers.

import { createCells, paintCells } from "./cells.js";
import { channelOf, decodedImage } from "./image.js";
import { filled } from "../live_network/element.js";
import { Choice, create, NumberField, teller } from "./nodes.js";
import { paint, strongest } from "./paint.js";
import { Picture } from "./picture.js";
import { Presets } from "./presets.js";
import { differenceOf, featureMap, pooled, poolFits, shifted, valuesIn } from "./shifting.js";
import { decimals } from "./sums.js";

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

class PoolingStage {
  #built = "";
  #dragged = null; // Where the pointer took hold of the image, and the shift then.

  constructor(root) {
    this.root = root;
  }

  // Shows what the server sent. The settings are the page's own: what the server knows of them can be older.
  show(data, report) {
    const { image, labels, presets, fields } = data;
    Object.assign(this, { data, report });
    this.pooling ??= data.pooling;
    this.tell ??= teller(() => this.pooling, (pooling) => this.report("pooling", pooling));
    const built = JSON.stringify([labels, presets, fields]);
    if (built !== this.#built) this.#build();
    this.#built = built;
    this.original = channelOf(decodedImage(image), "gray");
    this.presets.showImage(this.original);
    this.#paint();
  }

  #build() {
    const { labels, presets, fields } = this.data;
    this.presets = new Presets(labels.presets, presets, ({ name }) => this.#change({ preset: name }));
    const number = (name) => new NumberField(fields[name], (value) => this.#apply({ [name]: value }), this.tell);
    this.fields = {
      kind: new Choice(fields.kind, (kind) => this.#change({ kind })),
      size: number("size"),
      stride: number("stride"),
      right: number("right"),
      down: number("down"),
    };
    const end = () => {
      this.#dragged = null;
      this.tell();
    };
    const step = (down, right) => this.#move(this.pooling.pixel[0] + down, this.pooling.pixel[1] + right);
    this.image = new Picture({ point: (...pixel) => this.#drag(...pixel), step: (...by) => this.#shiftBy(...by), end });
    this.image.node.classList.add("filter-grip");
    this.map = new Picture({ point: (row, column) => this.#moveOver(row, column), step, end });
    this.pool = new Picture({ point: (row, column) => this.#move(row, column), step, end });
    this.#layOut(labels);
  }

  #layOut({ image, map, pooledMap, original, mapChange, pooledChange, changes, drag, values }) {
    const node = (name = "filter-note", ...content) => create("div", name, ...content);
    this.about = node("filter-about");
    this.problem = node("filter-problem");
    this.problem.setAttribute("role", "alert");
    this.sizes = [create("span", ""), create("span", ""), create("span", "")];
    const titled = (title, k, picture, ...more) =>
      node("filter-side", create("b", "", title, " ", this.sizes[k]), picture.node, ...more);
    this.before = [create("canvas", ""), create("canvas", ""), create("canvas", "")];
    this.before.forEach((canvas) => canvas.setAttribute("role", "img"));
    const small = this.before.map((canvas) => node("filter-before", original, canvas));
    this.window = createCells(values);
    this.sum = node("filter-sum");
    this.sum.setAttribute("role", "status");
    this.changes = [create("strong", ""), create("strong", "")];
    const share = (label, k) => node("filter-share", label, this.changes[k]);
    const numbers = node("filter-side filter-numbers", this.sum, this.window, this.problem);
    numbers.append(share(mapChange, 0), share(pooledChange, 1), node("filter-note", changes), node("filter-note", drag));
    const fields = node("filter-row", ...Object.values(this.fields).map((field) => field.node));
    const parts = node("filter-parts filter-four");
    parts.append(titled(image, 0, this.image, small[0]), titled(map, 1, this.map, small[1]));
    parts.append(titled(pooledMap, 2, this.pool, small[2]), numbers);
    this.root.replaceChildren(this.presets.node, node("filter-head", this.about, fields), parts);
  }

  #change(changed) {
    this.#apply(changed);
    this.tell();
  }

  #apply(changed) {
    Object.assign(this.pooling, changed);
    this.#paint();
  }

  // Moves the digit with the pointer while its button is down, else the window.
  #drag(row, column, { type, pointerId, currentTarget }) {
    const { down, right } = this.pooling;
    if (type === "pointerdown") {
      currentTarget.setPointerCapture(pointerId);
      this.#dragged = { row, column, down, right };
    } else if (this.#dragged) {
      this.#shiftTo(this.#dragged.down + row - this.#dragged.row, this.#dragged.right + column - this.#dragged.column);
    } else this.#moveOver(row, column);
  }

  // Moves the window so that its middle is nearest to a pixel of the image, which is one of the feature map, too.
  #moveOver(row, column) {
    const { size, stride } = this.pooling;
    this.#move(...[row, column].map((place) => Math.round((place - (size - 1) / 2) / stride)));
  }

  #shiftBy(down, right) {
    this.#shiftTo(this.pooling.down + down, this.pooling.right + right);
  }

  #shiftTo(down, right) {
    const { low, high } = this.data.fields.right;
    const to = { down: clamp(down, low, high), right: clamp(right, low, high) };
    if (to.down === this.pooling.down && to.right === this.pooling.right) return;
    Object.assign(this.pooling, to);
    this.#paint();
  }

  // Recomputes everything and shows it.
  #paint() {
    const { pooling, data, original } = this;
    const { title, about, kernel } = data.presets.find(({ name }) => name === pooling.preset);
    this.about.replaceChildren(create("b", "", title), " ", about);
    this.presets.choose(pooling.preset);
    Object.entries(this.fields).forEach(([name, field]) => field.show(pooling[name]));
    const fits = poolFits(original, pooling);
    this.root.toggleAttribute("data-problem", !fits);
    const [height, width] = original.shape;
    const { size } = pooling;
    const values = { window: `${size}×${size}`, image: `${height}×${width}` };
    this.problem.hidden = fits;
    this.problem.textContent = fits ? "" : filled(data.labels.noFit, values);
    const versions = [original, shifted(original, pooling.down, pooling.right)].map((image) => {
      const map = featureMap(image, kernel);
      return fits ? [image, map, pooled(map, pooling)] : [image, map];
    });
    this.#paintVersions(...versions);
    this.shown = versions[1];
    if (fits) return this.#move(...(pooling.pixel ?? this.#strongestPixel()));
    this.image.unframe();
    this.map.unframe();
    this.pool.clear();
  }

  #paintVersions(before, after) {
    const { labels } = this.data;
    const alts = [labels.imageAlt, labels.mapAlt, labels.pooledAlt];
    const ways = [labels.moveDigit, labels.arrows, labels.arrows];
    [this.image, this.map, this.pool].slice(0, after.length).forEach((picture, k) => {
      const limit = k ? strongest(before[k].data, after[k].data) : 1;
      const [height, width] = after[k].shape;
      const alt = filled(alts[k], { height, width });
      picture.show(after[k], "gray", limit);
      picture.describe(alt, ways[k]);
      this.sizes[k].textContent = `· ${height}×${width}`;
      paint(this.before[k], before[k], "gray", limit);
      this.before[k].setAttribute("aria-label", `${labels.original}: ${alt}`);
      if (k) this.changes[k - 1].textContent = `${Math.round(100 * differenceOf(before[k], after[k]))}%`;
    });
  }

  // Shows the window behind a pixel of the pooled map; outside it, behind the nearest one.
  #move(row, column) {
    const [, map, pool] = this.shown;
    if (!pool) return;
    const { kind, size, stride, preset } = this.pooling;
    const [height, width] = pool.shape;
    const pixel = [clamp(row, 0, height - 1), clamp(column, 0, width - 1)];
    this.pooling.pixel = pixel;
    const corner = pixel.map((place) => place * stride);
    // A value of the feature map depends on the pixels around it, too.
    const margin = (this.data.presets.find(({ name }) => name === preset).kernel.length - 1) / 2;
    this.image.frame(corner[0] - margin, corner[1] - margin, size + 2 * margin, size + 2 * margin);
    this.map.frame(...corner, size, size);
    this.pool.frame(...pixel, 1, 1);
    paintCells(this.window, valuesIn(map, corner, size), "gray", strongest(map.data));
    const { labels } = this.data;
    const place = filled(labels.pixel, { row: pixel[0], column: pixel[1] });
    const result = filled(labels[kind], { value: decimals(pool.data[pixel[0] * width + pixel[1]]) });
    this.sum.replaceChildren(create("b", "", place), create("div", "", result));
  }

  #strongestPixel() {
    const [, , { shape, data }] = this.shown;
    const place = data.indexOf(Math.max(...data));
    return [Math.floor(place / shape[1]), place % shape[1]];
  }
}

const poolings = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".filter-stage");
  if (!poolings.has(root)) poolings.set(root, new PoolingStage(root));
  poolings.get(root).show(data, setStateValue);
}
