// A frame on a picture: drag it or a corner with the mouse or a finger, or move it with the arrow keys.

const LEAST = 0.03;
const KEY_STEP = 0.02;
const TYPING_PAUSE_MS = 400;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
// The sides (left, top, right, bottom) that a corner moves.
const CORNERS = [[0, 1], [2, 1], [2, 3], [0, 3]];

const between = (value, low, high) => Math.min(Math.max(value, low), high);

function moved(sides, part, dx, dy) {
  const next = [...sides];
  if (part === "move") {
    const x = between(dx, -sides[0], 1 - sides[2]);
    const y = between(dy, -sides[1], 1 - sides[3]);
    return [sides[0] + x, sides[1] + y, sides[2] + x, sides[3] + y];
  }
  const [across, down] = CORNERS[part];
  next[across] = across === 0 ? between(sides[0] + dx, 0, sides[2] - LEAST) : between(sides[2] + dx, sides[0] + LEAST, 1);
  next[down] = down === 1 ? between(sides[1] + dy, 0, sides[3] - LEAST) : between(sides[3] + dy, sides[1] + LEAST, 1);
  return next;
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".cnnlab-crop");
  const { picture, preset, edition, label, move, corners } = data;
  // Keep the frame that the user chose. A new edition (another picture) starts over.
  if (root.dataset.edition === edition) return;
  root.dataset.edition = edition;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", label);
  let sides = [...preset];
  let waiting;

  const image = document.createElement("img");
  image.src = picture;
  image.alt = label;
  image.draggable = false;
  const part = (kind, name) => {
    const node = document.createElement("div");
    node.dataset.part = kind;
    node.tabIndex = 0;
    node.setAttribute("role", "button");
    node.setAttribute("aria-label", name);
    return node;
  };
  const frame = part("move", move);
  const handles = corners.map((name) => part("corner", name));

  const place = () => {
    const [left, top, right, bottom] = sides.map((side) => side * 100);
    Object.assign(frame.style, {
      left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%`,
    });
    handles.forEach((handle, k) => {
      const [across, down] = CORNERS[k];
      Object.assign(handle.style, { left: `${sides[across] * 100}%`, top: `${sides[down] * 100}%` });
    });
    root.dataset.sides = sides.map((side) => side.toFixed(3)).join(" ");
  };
  const send = () => setStateValue("frame", { sides, edition });

  [[frame, "move"], ...handles.map((handle, k) => [handle, k])].forEach(([node, which]) => {
    node.onpointerdown = (event) => {
      event.preventDefault();
      node.focus();
      node.setPointerCapture(event.pointerId);
      const start = { x: event.clientX, y: event.clientY, sides };
      const box = image.getBoundingClientRect();
      node.onpointermove = (now) => {
        sides = moved(start.sides, which, (now.clientX - start.x) / box.width, (now.clientY - start.y) / box.height);
        place();
      };
      node.onpointerup = node.onpointercancel = () => {
        node.onpointermove = node.onpointerup = node.onpointercancel = null;
        if (sides !== start.sides) send();
      };
    };
    node.onkeydown = (event) => {
      const arrow = ARROWS[event.key];
      if (!arrow) return;
      event.preventDefault();
      sides = moved(sides, which, arrow[0] * KEY_STEP, arrow[1] * KEY_STEP);
      place();
      clearTimeout(waiting);
      waiting = setTimeout(send, TYPING_PAUSE_MS);
    };
  });
  root.replaceChildren(image, frame, ...handles);
  place();
}
