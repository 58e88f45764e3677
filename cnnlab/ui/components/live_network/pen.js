// Watches the pen on streamlit-drawable-canvas, whose pixels can be read while a stroke is being drawn.

// After a stroke, the canvas clears it from one layer and draws it on the other in a later frame. In between it would
// seem to be gone.
const FRAMES_AFTER = 3;

let scratch; // The context of a canvas in memory, from which pixels are read without a trip to the graphics card.

// Returns the pixels of a drawing: the finished strokes, and above them the one that is being drawn.
export function pixelsOf(canvas) {
  const { width, height } = canvas;
  scratch ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // A new size also empties it.
  Object.assign(scratch.canvas, { width, height });
  for (const layer of canvas.parentElement.querySelectorAll("canvas")) scratch.drawImage(layer, 0, 0);
  return scratch.getImageData(0, 0, width, height);
}

// Returns whether a canvas is on the page under this key, which may be empty. A canvas that has been replaced stays there for a moment.
export function isUnder(canvas, key) {
  return Boolean(key && canvas.isConnected && canvas.getRootNode().host?.closest(`.st-key-${key}`));
}

// Returns whether what is drawn on a canvas is not the person's: the digit that draws itself on an empty one.
export function isInvitation(canvas) {
  return Boolean(canvas.parentElement.querySelector(".cnnlab-invitation"));
}

// Calls `draw(canvas)` in every frame in which the stroke on a canvas grows, once after its end, and when the canvas says
// that the drawing has changed otherwise. Returns a function that ends the watch.
export function watchPen(draw) {
  let canvas;
  let down = false;
  let moved = false;
  let framesLeft = 0;

  function frame() {
    if (down && moved) draw(canvas);
    moved = false;
    if (!down) framesLeft -= 1;
    if (down || framesLeft > 0) requestAnimationFrame(frame);
    else draw(canvas);
  }
  const lift = () => {
    if (down) framesLeft = FRAMES_AFTER;
    down = false;
  };
  const listeners = {
    pointerdown: (event) => {
      // It is in a shadow root, so `target` is not the canvas.
      const touched = event.composedPath().find((node) => node.classList?.contains("upper-canvas"));
      if (!touched) return;
      if (!down && framesLeft <= 0) requestAnimationFrame(frame);
      canvas = touched;
      down = true;
      moved = true;
    },
    pointermove: () => (moved = true),
    pointerup: lift,
    pointercancel: lift,
    "cnnlab-drawn": (event) => draw(event.composedPath()[0]),
  };
  for (const [name, listen] of Object.entries(listeners)) document.addEventListener(name, listen, true);
  // A canvas on which a digit has drawn itself already says so again.
  document.dispatchEvent(new Event("cnnlab-watch"));
  return () => {
    down = false;
    for (const [name, listen] of Object.entries(listeners)) document.removeEventListener(name, listen, true);
  };
}
