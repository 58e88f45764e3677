// Draws Plotly figures into persistent nodes: Plotly.react updates only what changed, so the user's zoom and hidden
// lines survive an update. Streamlit's own chart creates a new node each time.

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

// Draw each chart in its own task, so that the browser shows the first ones (such as the prediction for a drawing)
// before it has drawn the others.
let lastDrawing = Promise.resolve();

function enqueue(draw) {
  const done = lastDrawing.then(draw);
  lastDrawing = done.catch(() => {}).then(() => new Promise((resolve) => setTimeout(resolve)));
  return done;
}

function withThemeColors(layout, style) {
  const text = style.getPropertyValue("--st-text-color").trim();
  const line = style.getPropertyValue("--st-border-color").trim();
  const background = style.getPropertyValue("--st-background-color").trim();
  const axis = (given) => ({ ...given, gridcolor: line, zerolinecolor: line, linecolor: line });
  const themed = {
    ...layout,
    font: { ...layout.font, color: text, family: style.getPropertyValue("--st-font").trim() || undefined },
    hoverlabel: { bgcolor: background, bordercolor: line, font: { color: text } },
    // Vertical, at the right edge: a row of buttons would cover the legend.
    modebar: { bgcolor: background, color: text, activecolor: text, orientation: "v" },
  };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) themed[name] = axis(layout[name]);
  }
  return themed;
}

// Adds the buttons below a chart that save it. `node` is the chart.
function addDownloads(holder, Plotly, node, name) {
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

// Sends the clicked cell or point to the server. Nodes outlive renders, so the node keeps the newest `setStateValue`.
function sendClicks(node, k, setStateValue) {
  node.cnnlabSetStateValue = setStateValue;
  if (node.cnnlabListens) return;
  node.cnnlabListens = true;
  node.on("plotly_click", ({ points: [point] }) => {
    node.cnnlabSetStateValue("clicked", { chart: k, x: point.x, y: point.y, index: point.pointNumber, at: Date.now() });
  });
}

const THUMBNAIL_PX = 84;

// Shows the image of the hovered point next to it. `images` is one file with all images, see thumbnails.py. A click
// hides it: the page then shows the clicked image, and a tap on a touch screen sends no leave event.
function showImages(holder, node, images) {
  let shown = holder.querySelector(".cnnlab-thumbnail");
  if (shown) {
    shown.hidden = true;
  } else {
    shown = document.createElement("div");
    shown.className = "cnnlab-thumbnail";
    shown.hidden = true;
    holder.append(shown);
    const hide = () => (shown.hidden = true);
    node.on("plotly_hover", ({ event, points: [point] }) => placeImage(holder, shown, node.cnnlabImages, event, point));
    node.on("plotly_unhover", hide);
    node.on("plotly_click", hide);
  }
  node.cnnlabImages = images;
  shown.style.backgroundImage = `url("${images.source}")`;
}

function placeImage(holder, shown, { columns, width, height }, { clientX, clientY }, { customdata }) {
  const scale = Math.max(Math.round(THUMBNAIL_PX / Math.max(width, height)), 1);
  const [wide, high] = [width * scale, height * scale];
  const box = holder.getBoundingClientRect();
  // Below and to the right of the pointer if there is room: the hover text appears next to the point.
  const nextTo = (at, size, room) => (at + 20 + size <= room ? at + 20 : Math.max(at - 20 - size, 0));
  Object.assign(shown.style, {
    width: wide + "px",
    height: high + "px",
    left: nextTo(clientX - box.left, wide, box.width) + "px",
    top: nextTo(clientY - box.top, high, box.height) + "px",
    backgroundSize: columns * wide + "px auto",
    backgroundPosition: `${-(customdata % columns) * wide}px ${-Math.floor(customdata / columns) * high}px`,
  });
  shown.hidden = false;
}

// Writes the labeled values above the charts. Their nodes stay, too, so that selected text stays selected.
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

function drawAll(Plotly, root, data, setStateValue) {
  const style = getComputedStyle(root);
  data.figures.forEach(({ figure, alt, aspect, download, title, least, thumbnails }, k) => {
    const [heading, node] = root.children[k].children;
    root.children[k].classList.toggle("cnnlab-wide", Boolean(least));
    // The arrow keys scroll only what has the focus.
    root.children[k].toggleAttribute("tabindex", Boolean(least));
    if (least) root.children[k].tabIndex = 0;
    node.style.minWidth = least ? least + "px" : "";
    heading.textContent = title;
    // Not "img": screen readers would skip the buttons inside (save, zoom).
    node.setAttribute("role", "figure");
    node.setAttribute("aria-label", alt);
    const { data: traces, layout } = JSON.parse(figure);
    if (aspect) layout.height = Math.round(node.clientWidth * aspect);
    Plotly.react(node, traces, withThemeColors(layout, style), {
      responsive: true,
      displaylogo: false,
      // Images need no zoom, and the buttons would cover a part of them.
      displayModeBar: aspect ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "pan2d", "zoomIn2d", "zoomOut2d"],
    });
    if (data.clickable) sendClicks(node, k, setStateValue);
    if (thumbnails) showImages(root.children[k], node, thumbnails);
    if (download) addDownloads(root.children[k], Plotly, node, download);
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
  root.cnnlabNewest = data;
  plotly(data.source).then(
    (Plotly) =>
      enqueue(() => {
        if (root.isConnected && root.cnnlabNewest === data) drawAll(Plotly, root, data, setStateValue);
      }),
    (error) => {
      root.textContent = error.message;
    },
  );
}
