// Images: from a message of the server, and their channels. Tensors are as in windows.js.

import { numbersOf } from "../live_network/element.js";

const LUMA = [0.299, 0.587, 0.114]; // As in cnnlab/ui/shared/picture_picker.py.
const PLANES = { red: 0, green: 1, blue: 2 };

// Returns the image (height, width, channels) of a message: its shape, and float32 values as base64.
export function decodedImage({ shape, pixels }) {
  return { shape, data: numbersOf(pixels) };
}

// Returns a channel of an image, its brightness ("gray"), or all of it ("color").
export function channelOf(image, channel) {
  const [height, width, channels] = image.shape;
  if (channels === 1 || channel === "color") return image;
  const data = new Float32Array(height * width);
  for (let k = 0; k < data.length; k++) {
    data[k] =
      channel === "gray"
        ? LUMA.reduce((sum, weight, plane) => sum + weight * image.data[3 * k + plane], 0)
        : image.data[3 * k + PLANES[channel]];
  }
  return { shape: [height, width, 1], data };
}
