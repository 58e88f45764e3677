// Changed filters, as [index of the layer, index of the filter, factor]; what is not listed is as it was trained.

const FACTORS = [1, 0, -1]; // What clicks on a map do in turn: nothing, off, flipped.

const isOf = (layer, map) => ([place, edited]) => place === layer && edited === map;

// Returns the factor of a filter.
export const factorOf = (edits, layer, map) => edits.find(isOf(layer, map))?.[2] ?? 1;

// Returns the edits after a click on a map.
export function clicked(edits, layer, map) {
  const factor = FACTORS[(FACTORS.indexOf(factorOf(edits, layer, map)) + 1) % FACTORS.length];
  const others = edits.filter((edit) => !isOf(layer, map)(edit));
  return factor === 1 ? others : [...others, [layer, map, factor]];
}
