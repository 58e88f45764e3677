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

// Charts that arrive together are drawn each in a task of its own, so that the browser shows the first ones (the answer
// to a drawing, say) before it has drawn the others.
let drawn = Promise.resolve();

function inTurn(draw) {
  const done = drawn.then(draw);
  drawn = done.catch(() => {}).then(() => new Promise((resolve) => setTimeout(resolve)));
  return done;
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
    // Upright at the right edge: a row of buttons would lie over the legend.
    modebar: { bgcolor: ground, color: text, activecolor: text, orientation: "v" },
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

const THUMBNAIL = 84;

// Shows the image of the point under the pointer beside it. `images` is one file with all of them, see thumbnails.py; a
// click ends it, since what is clicked is then shown by the page, and a finger that taps does not leave by itself.
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
    node.on("plotly_hover", ({ event, points: [point] }) => place(holder, shown, node.cnnlabImages, event, point));
    node.on("plotly_unhover", hide);
    node.on("plotly_click", hide);
  }
  node.cnnlabImages = images;
  shown.style.backgroundImage = `url("${images.source}")`;
}

function place(holder, shown, { columns, width, height }, { clientX, clientY }, { customdata }) {
  const times = Math.max(Math.round(THUMBNAIL / Math.max(width, height)), 1);
  const [wide, high] = [width * times, height * times];
  const box = holder.getBoundingClientRect();
  // Below and to the right of the pointer, where there is room: the text stands beside the point.
  const beside = (at, size, room) => (at + 20 + size <= room ? at + 20 : Math.max(at - 20 - size, 0));
  Object.assign(shown.style, {
    width: wide + "px",
    height: high + "px",
    left: beside(clientX - box.left, wide, box.width) + "px",
    top: beside(clientY - box.top, high, box.height) + "px",
    backgroundSize: columns * wide + "px auto",
    backgroundPosition: `${-(customdata % columns) * wide}px ${-Math.floor(customdata / columns) * high}px`,
  });
  shown.hidden = false;
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

function drawAll(Plotly, root, data, setStateValue) {
  const style = getComputedStyle(root);
  data.figures.forEach(({ figure, alt, aspect, download, title, least, thumbnails }, k) => {
    const [heading, node] = root.children[k].children;
    root.children[k].classList.toggle("cnnlab-wide", Boolean(least));
    node.style.minWidth = least ? least + "px" : "";
    heading.textContent = title;
    // No "img": its buttons (save, zoom) would not be there for those who hear the page.
    node.setAttribute("role", "figure");
    node.setAttribute("aria-label", alt);
    const { data: traces, layout } = JSON.parse(figure);
    if (aspect) layout.height = Math.round(node.clientWidth * aspect);
    Plotly.react(node, traces, withThemeColours(layout, style), {
      responsive: true,
      displaylogo: false,
      // A picture is not zoomed, and its buttons would hide a part of it.
      displayModeBar: aspect ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "pan2d", "zoomIn2d", "zoomOut2d"],
    });
    if (data.clickable) hearClicks(node, k, setStateValue);
    if (thumbnails) showImages(root.children[k], node, thumbnails);
    if (download) downloads(root.children[k], Plotly, node, download);
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
      inTurn(() => {
        if (root.isConnected && root.cnnlabNewest === data) drawAll(Plotly, root, data, setStateValue);
      }),
    (error) => {
      root.textContent = error.message;
    },
  );
}
