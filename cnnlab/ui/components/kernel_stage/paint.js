// Values as colors: gray from 0 up to a limit, or red below zero and blue above.

import { PALETTES, SHADES } from "../live_network/maps.js";

// Returns a function from a value to its color, as the number that ImageData holds.
function colorOf(scale, limit) {
  const colors = PALETTES[scale];
  const [offset, factor] = scale === "signed" ? [0.5, 0.5 / (limit || 1)] : [0, 1 / (limit || 1)];
  return (value) => colors[Math.round((SHADES - 1) * Math.min(Math.max(offset + value * factor, 0), 1))];
}

// Returns the largest absolute value.
export function strongest(...arrays) {
  let found = 0;
  for (const array of arrays) for (const value of array) found = Math.max(found, Math.abs(value));
  return found;
}

// Draws an image of one channel in the colors of `scale`; one of three channels, in its own colors.
export function paint(canvas, { shape: [height, width, channels], data }, scale, limit) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const picture = new ImageData(width, height);
  if (channels === 1) {
    const color = colorOf(scale, limit);
    new Uint32Array(picture.data.buffer).set(Uint32Array.from(data, color));
  } else {
    for (let k = 0; k < width * height; k++) {
      for (let channel = 0; channel < 3; channel++) picture.data[4 * k + channel] = 255 * data[3 * k + channel];
      picture.data[4 * k + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

// Returns a value's color for style sheets, and the color of a text on it.
export function styleOf(value, scale, limit) {
  const color = colorOf(scale, limit)(value);
  const [red, green, blue] = [color & 255, (color >> 8) & 255, (color >> 16) & 255];
  const bright = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
  return [`rgb(${red},${green},${blue})`, bright ? "#000" : "#fff"];
}
