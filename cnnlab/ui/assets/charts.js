// Draws Plotly figures into nodes that stay: Plotly.react changes what changed, so the reader's zoom and hidden
// lines survive an update. Streamlit's own chart makes a new node each time.

let loading;

function plotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error("Plotly could not be loaded from " + source));
    };
    document.head.append(script);
  });
  return loading;
}

function withThemeColours(layout, style) {
  const text = style.getPropertyValue("--st-text-color").trim();
  const line = style.getPropertyValue("--st-border-color").trim();
  const ground = style.getPropertyValue("--st-background-color").trim();
  const axis = (given) => ({ ...given, gridcolor: line, zerolinecolor: line, linecolor: line });
  const themed = {
    ...layout,
    font: { ...layout.font, color: text, family: style.getPropertyValue("--st-font").trim() || undefined },
    hoverlabel: { bgcolor: ground, bordercolor: line, font: { color: text } },
  };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) themed[name] = axis(layout[name]);
  }
  return themed;
}

// The buttons under a chart that save it; `node` is the chart.
function downloads(holder, Plotly, node, name) {
  let bar = holder.querySelector(".cnnlab-downloads");
  if (!bar) {
    bar = document.createElement("div");
    bar.className = "cnnlab-downloads";
    for (const format of ["png", "svg"]) {
      const button = document.createElement("button");
      button.textContent = format.toUpperCase() + " ↓";
      button.onclick = () =>
        Plotly.downloadImage(node, {
          format,
          filename: bar.dataset.name,
          width: node.clientWidth,
          height: node.clientHeight,
          scale: format === "png" ? 3 : 1,
        });
      bar.append(button);
    }
    holder.append(bar);
  }
  bar.dataset.name = name;
}

// Tells the server which cell or point was clicked; `said` keeps the newest way to say it, since nodes outlive renders.
function hearClicks(node, k, said) {
  node.cnnlabSaid = said;
  if (node.cnnlabHeard) return;
  node.cnnlabHeard = true;
  node.on("plotly_click", ({ points: [point] }) => {
    node.cnnlabSaid("clicked", { chart: k, x: point.x, y: point.y, index: point.pointNumber, at: Date.now() });
  });
}

// Figures in words and digits; their nodes stay too, so that what is marked in them stays marked.
function writeNumbers(list, numbers) {
  while (list.children.length > numbers.length) list.lastChild.remove();
  numbers.forEach(([label, value], k) => {
    let pair = list.children[k];
    if (!pair) {
      pair = document.createElement("div");
      pair.append(document.createElement("dt"), document.createElement("dd"));
      list.append(pair);
    }
    [label, value].forEach((text, n) => {
      if (pair.children[n].textContent !== text) pair.children[n].textContent = text;
    });
  });
}

export default function ({ parentElement, data, setStateValue }) {
  writeNumbers(parentElement.querySelector(".cnnlab-numbers"), data.numbers);
  const root = parentElement.querySelector(".cnnlab-charts");
  while (root.children.length > data.figures.length) root.lastChild.remove();
  root.classList.toggle("cnnlab-stacked", Boolean(data.stacked));
  while (root.children.length < data.figures.length) {
    const holder = document.createElement("div");
    const title = document.createElement("div");
    title.className = "cnnlab-title";
    holder.append(title, document.createElement("div"));
    root.append(holder);
  }
  plotly(data.source).then(
    (Plotly) => {
      const style = getComputedStyle(root);
      data.figures.forEach(({ figure, alt, aspect, download, title, least }, k) => {
        const [heading, node] = root.children[k].children;
        root.children[k].style.overflowX = least ? "auto" : "";
        node.style.minWidth = least ? least + "px" : "";
        heading.textContent = title;
        node.setAttribute("role", "img");
        node.setAttribute("aria-label", alt);
        const { data: traces, layout } = JSON.parse(figure);
        if (aspect) layout.height = Math.round(node.clientWidth * aspect);
        Plotly.react(node, traces, withThemeColours(layout, style), {
          responsive: true,
          displaylogo: false,
          displayModeBar: "hover",
          modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
        });
        if (data.clickable) hearClicks(node, k, setStateValue);
        if (download) downloads(root.children[k], Plotly, node, download);
      });
    },
    (error) => {
      root.textContent = error.message;
    },
  );
}
