// The row above the overview: the time slider over the snapshots, the color scale, and what a click on a map does.

import { element, filled } from "../live_network/element.js";

const PLAY_MS = 4000; // How long playing all snapshots takes, if there are few enough for that.
const FRAME_MS = 1000 / 24; // The shortest time of a snapshot.
const SCALES = ["local", "layer", "global"];

export class Controls {
  // `hear` has the functions seek(place), settle(), scale(name), film() and reset().
  constructor(labels, hear) {
    this.labels = labels;
    this.hear = hear;
    this.slider = element("input", "");
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", labels.snapshot);
    this.slider.oninput = () => {
      this.stop();
      hear.seek(Number(this.slider.value));
    };
    this.slider.onchange = hear.settle;
    this.time = element("output", "");
    this.loaded = element("span", "cnnlab-quiet");
    this.play = element("button", "", labels.play);
    this.play.onclick = () => (this.playing ? this.stop(true) : this.#start());
    this.timeline = element("div", "cnnlab-timeline");
    this.timeline.append(this.play, this.slider, this.time);
    this.scale = element("select", "");
    SCALES.forEach((name) => this.scale.append(new Option(labels.scales[name], name)));
    this.scale.onchange = () => hear.scale(this.scale.value);
    const scale = element("label", "", labels.scale);
    scale.append(this.scale);
    this.camera = element("button", "", labels.camera);
    this.camera.onclick = hear.film;
    this.reset = element("button", "", labels.reset);
    this.reset.onclick = hear.reset;
    this.effect = element("span", "");
    this.effect.setAttribute("role", "status");
    this.node = element("div", "cnnlab-controls");
    this.node.append(this.timeline, scale, this.camera, this.reset, this.loaded, this.effect);
    for (const button of [this.play, this.camera, this.reset]) button.type = "button";
  }

  // Shows { moments, at, isHere, wanted, all, scale, edits, effect, isFilming }.
  show({ moments, at, isHere, wanted, all, scale, edits, effect, isFilming }) {
    this.count = moments.length;
    this.timeline.hidden = moments.length < 2;
    this.slider.max = moments.length - 1;
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", moments[at].label);
    this.time.textContent = moments[at].label;
    const [here, room] = [wanted.filter(isHere).length, wanted.length];
    if (here < room) this.loaded.textContent = filled(this.labels.loading, { here, all: room });
    else this.loaded.textContent = room < all ? filled(this.labels.notAll, { room, all }) : "";
    this.scale.value = scale;
    this.reset.hidden = !edits.length;
    this.camera.setAttribute("aria-pressed", isFilming);
    this.effect.textContent = effect;
  }

  get playing() {
    return Boolean(this.timer);
  }

  #start() {
    let at = Number(this.slider.value);
    if (at >= this.count - 1) at = -1;
    const step = () => {
      at += 1;
      this.hear.seek(at);
      if (at >= this.count - 1) this.stop(true);
    };
    this.timer = setInterval(step, Math.max(PLAY_MS / this.count, FRAME_MS));
    this.play.textContent = this.labels.pause;
  }

  // Ends playing; `settle`: and tells the server the snapshot.
  stop(settle = false) {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = this.labels.play;
    if (settle) this.hear.settle();
  }
}
