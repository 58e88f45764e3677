// What a network has made of an image at a snapshot, and what there is to say about it.

import { UNCHANGING } from "../live_network/layers.js";
import { rangeOf } from "../live_network/maps.js";
import { networkOf } from "./film.js";
import { mapsOf, oneMap, shownMaps } from "./pictures.js";
import { sumOf } from "./sums.js";

export class Frame {
  // `data` is the server's; `key` the snapshot's; `edits` are [layer, map, factor]; `outputs` those of all layers.
  constructor(data, key, image, edits, outputs) {
    Object.assign(this, { data, key, edits, outputs });
    this.input = { shape: data.shape, data: image };
  }

  // Returns the output of a layer by its index; -1: the input.
  tensorOf(index) {
    return index < 0 ? this.input : this.outputs[index];
  }

  // Returns a layer as `data` describes it.
  layerOf(index) {
    const { layers, output } = this.data;
    return [...layers, output.layer].find((layer) => layer.index === index) ?? layers[0];
  }

  // Returns the index of the layer whose maps a layer is computed from; layers that change nothing are passed over.
  sourceOf(index) {
    const { layers } = networkOf(this.key);
    let from = index - 1;
    while (from >= 0 && UNCHANGING.has(layers[from].kind)) from--;
    return from;
  }

  // Returns the first layer with a value that is NaN or infinite.
  overflow() {
    const place = this.outputs.findIndex(({ data }) => !data.every(Number.isFinite));
    return place < 0 ? null : (this.data.layers.find(({ index }) => index >= place) ?? this.data.output.layer);
  }

  // Returns whether a feature map is zero everywhere.
  hasZeroMap() {
    return this.data.layers.some(({ index, shape }) => {
      if (index < 0 || shape.length < 3) return false;
      const { data } = this.outputs[index];
      const seen = new Set();
      for (let i = 0; i < data.length && seen.size < shape[2]; i++) if (data[i] !== 0) seen.add(i % shape[2]);
      return seen.size < shape[2];
    });
  }

  // Returns everything about the pixel of a choice { layer, map, row, column } for `Detail.show`; without a row, about
  // the strongest value of the map.
  explain(choice, scale) {
    const layer = this.layerOf(choice.layer);
    const output = this.tensorOf(layer.index);
    const map = Math.min(choice.map, shownMaps(layer.shape) - 1);
    const one = oneMap(output, map);
    const [row, column] = pixelOf(choice, one, layer.shape);
    const whole = rangeOf(output.data);
    const range = scale === "local" ? { ...rangeOf(one), signed: whole.signed } : whole;
    const common = { layer, map, row, column, output, range, input: this.input };
    if (layer.index < 0) return { ...common, before: this.input, source: layer, sum: null };
    const source = this.layerOf(this.sourceOf(layer.index));
    const before = this.tensorOf(source.index);
    const factor = this.edits.find(([place, edited]) => place === layer.index && edited === map)?.[2] ?? 1;
    const sum = sumOf(networkOf(this.key).layers[layer.index], before, map, row, column, factor);
    return { ...common, before, source, sum };
  }
}

function pixelOf({ row, column }, one, shape) {
  const [height, width] = mapsOf(shape);
  if (row !== undefined) return [Math.min(row, height - 1), Math.min(column, width - 1)];
  const strongest = one.reduce((best, value, k) => (Math.abs(value) > Math.abs(one[best]) ? k : best), 0);
  return [Math.floor(strongest / width), strongest % width];
}

// Returns the edges to the map of an explanation, for `Columns.draw`.
export function edgesTo({ layer, map, source, sum }) {
  if (layer.index < 0) return [];
  const to = [layer.index, map];
  if (!sum) return [{ from: [source.index, map], to, weight: 1 }];
  return sum.terms.map((term) => ({ from: [source.index, term.channel], to, weight: term.sum }));
}
