// The output of a network as one bar per class.

const percent = (share) => `${(share * 100).toFixed(share > 0.9995 || share < 0.00005 ? 0 : 1)}%`;

// Returns a list of bars, all empty. `kind` is that of `network.outputs`: only probabilities are shown as percentages.
export function createBars(classes, label, kind) {
  const list = document.createElement("ol");
  list.className = "cnnlab-bars";
  list.setAttribute("aria-label", label);
  list.dataset.kind = kind;
  for (const name of classes) {
    const bar = document.createElement("li");
    bar.append(document.createElement("span"), document.createElement("i"), document.createElement("b"));
    bar.firstChild.textContent = name;
    list.append(bar);
  }
  paintBars(list, null);
  return list;
}

// Shows the values of all classes; null: nothing has been drawn. Values that overflow are no prediction.
export function paintBars(list, outputs) {
  const values = outputs?.every(Number.isFinite) ? outputs : null;
  const { kind } = list.dataset;
  const most = kind === "scores" ? Math.max(...(values ?? []).map(Math.abs)) : 1;
  const best = values ? values.indexOf(Math.max(...values)) : -1;
  [...list.children].forEach((bar, k) => {
    const [, stripe, number] = bar.children;
    bar.classList.toggle("cnnlab-best", k === best);
    bar.dataset.value = values ? values[k] : "";
    stripe.hidden = !values;
    stripe.classList.toggle("cnnlab-negative", Boolean(values) && values[k] < 0);
    stripe.style.width = `${values ? (100 * Math.abs(values[k])) / most || 0 : 0}%`;
    number.textContent = values ? (kind === "probabilities" ? percent(values[k]) : values[k].toFixed(2)) : "";
  });
}
