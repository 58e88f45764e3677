// A digit that draws itself on an empty canvas, to invite people to draw over it. It is a layer above the canvas.

// An eight of few points, in shares of the canvas, in the order in which a hand writes it. It ends where it began.
const DIGIT = [
  [0.66, 0.27], [0.5, 0.17], [0.34, 0.27], [0.4, 0.42], [0.58, 0.53], [0.67, 0.7], [0.5, 0.84], [0.33, 0.7],
  [0.42, 0.53], [0.6, 0.42],
]; // prettier-ignore
const POINTS_BETWEEN = 12;
const PEN_WIDTH = 20;
const WAIT_MS = 500;
const DRAW_MS = 2500;

// Returns points on a smooth closed line through the given ones (a Catmull-Rom spline).
function smooth(points) {
  const at = (k) => points[(k + points.length) % points.length];
  return points.flatMap((_, k) =>
    Array.from({ length: POINTS_BETWEEN }, (_, step) => {
      const t = step / (POINTS_BETWEEN - 1);
      return [0, 1].map((axis) => {
        const [a, b, c, d] = [-1, 0, 1, 2].map((next) => at(k + next)[axis]);
        return b + (t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))) / 2;
      });
    }),
  );
}

// Announces that the drawing has changed without the pen; see live_network/pen.js.
export function announce(canvas) {
  canvas.dispatchEvent(new Event("cnnlab-drawn", { bubbles: true, composed: true }));
}

export const invitationOn = (canvas) => canvas.parentElement.querySelector(".cnnlab-invitation");

// Draws a digit in a layer above a canvas, once and slowly unless the reader wants no motion. The first touch removes it.
let invited = false;
export function invite(canvas) {
  const layer = document.createElement("canvas");
  layer.className = "cnnlab-invitation";
  Object.assign(layer, { width: canvas.width, height: canvas.height });
  canvas.parentElement.append(layer);
  canvas.addEventListener("pointerdown", () => layer.remove(), { once: true });
  const pen = layer.getContext("2d");
  Object.assign(pen, { lineWidth: PEN_WIDTH, lineCap: "round", lineJoin: "round", strokeStyle: "white" });
  const points = smooth(DIGIT);
  const still = invited || matchMedia("(prefers-reduced-motion: reduce)").matches;
  invited = true;
  const begin = performance.now() + WAIT_MS;
  const frame = (now) => {
    if (!layer.isConnected) return;
    const share = still ? 1 : Math.min(Math.max((now - begin) / DRAW_MS, 0), 1);
    pen.clearRect(0, 0, layer.width, layer.height);
    pen.beginPath();
    for (const [x, y] of points.slice(0, Math.ceil(share * points.length))) pen.lineTo(x * layer.width, y * layer.height);
    pen.stroke();
    if (share > 0) announce(canvas);
    if (share < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
