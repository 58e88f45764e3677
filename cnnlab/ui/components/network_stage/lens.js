// A frame of the webcam as the input of a network.

// Returns the largest part in the middle of the current frame with the proportions of a shape (height, width, channels),
// in that size: colors, or their brightness (ITU-R BT.601), from 0 to 1.
export function focused(video, [height, width, channels]) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
  const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
  context.drawImage(video, (width - wide) / 2, (height - high) / 2, wide, high);
  const pixels = context.getImageData(0, 0, width, height).data;
  const values = new Float32Array(width * height * channels);
  for (let k = 0; k < width * height; k++) {
    const [red, green, blue] = pixels.subarray(4 * k, 4 * k + 3);
    const own = channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
    for (let c = 0; c < channels; c++) values[k * channels + c] = (own[c] ?? own[0]) / 255;
  }
  return values;
}
