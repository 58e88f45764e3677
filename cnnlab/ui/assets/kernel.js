// A kernel as a square of number boxes, coloured by sign. Every change is sent when the reader pauses for a moment.

const PAUSE = 150;

function colour(value, limit) {
  const share = Math.min(Math.abs(value) / (limit || 1), 1) * 0.5;
  return value === 0 || Number.isNaN(value) ? "transparent" : `rgba(${value > 0 ? "31,95,168" : "178,53,43"},${share})`;
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".cnnlab-kernel");
  const { values, edition, label } = data;
  // The reader's own boxes stay as they are typed; another edition (a preset, another size) begins anew.
  if (root.dataset.edition === String(edition)) return;
  root.dataset.edition = edition;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", label);
  root.style.gridTemplateColumns = `repeat(${values.length}, minmax(0, 4.2rem))`;
  let waiting;
  const boxes = values.flatMap((row, y) =>
    row.map((value, x) => {
      const box = document.createElement("input");
      box.type = "number";
      box.step = "any";
      box.value = String(Math.round(value * 1e4) / 1e4);
      box.setAttribute("aria-label", `${label} ${y + 1}, ${x + 1}`);
      return box;
    })
  );
  const paint = () => {
    const numbers = boxes.map((box) => box.valueAsNumber);
    const limit = Math.max(...numbers.filter((value) => !Number.isNaN(value)).map(Math.abs), 0);
    boxes.forEach((box, k) => (box.style.backgroundColor = colour(numbers[k], limit)));
    return numbers;
  };
  const send = () => {
    const numbers = paint().map((value) => (Number.isFinite(value) ? value : null));
    const size = values.length;
    const rows = Array.from({ length: size }, (_, y) => numbers.slice(y * size, (y + 1) * size));
    setStateValue("kernel", { values: rows, edition });
  };
  boxes.forEach((box) => {
    box.oninput = () => {
      paint();
      clearTimeout(waiting);
      waiting = setTimeout(send, PAUSE);
    };
  });
  root.replaceChildren(...boxes);
  paint();
}
