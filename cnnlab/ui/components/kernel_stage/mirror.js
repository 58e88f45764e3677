// A frame of the webcam as an image to filter.

const LONGER_SIDE = 96; // Pixels of an image: enough to recognize a face, few enough to see a window of three.
const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// Returns the current frame as a mirror shows it, a tensor (height, width, 3).
export function mirrored(video) {
  const { videoWidth, videoHeight } = video;
  const scale = LONGER_SIDE / Math.max(videoWidth, videoHeight);
  const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
  // A new size also undoes the mirroring of the frame before.
  Object.assign(context.canvas, { width, height });
  context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(video, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height).data;
  const data = new Float32Array(3 * width * height);
  for (let k = 0; k < width * height; k++) {
    for (let channel = 0; channel < 3; channel++) data[3 * k + channel] = pixels[4 * k + channel] / 255;
  }
  return { shape: [height, width, 3], data };
}
