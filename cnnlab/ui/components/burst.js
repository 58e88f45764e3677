// Photos from the webcam: one for a click, many while the button is held.
import { create } from "./kernel_stage/nodes.js";
import { Camera } from "./camera.js";

const EVERY_MS = 150;
const MOST = 60; // Photos of one burst.
const QUALITY = 0.92;

class Burst {
  #camera = new Camera();
  #frame = document.createElement("canvas");
  #photos = [];
  #taking = false;
  #last = -Infinity;

  constructor(root) {
    this.root = root;
  }

  update({ labels }, send) {
    this.send = send;
    if (this.built === JSON.stringify(labels)) return;
    this.built = JSON.stringify(labels);
    this.labels = labels;
    this.view = Object.assign(create("canvas", "burst-view"), { width: 320, height: 240, hidden: true });
    this.view.setAttribute("role", "img");
    this.view.setAttribute("aria-label", labels.view);
    this.switch = create("button", "burst-button", labels.start);
    this.switch.onclick = () => this.#switch();
    this.take = Object.assign(create("button", "burst-button burst-take", labels.take), { hidden: true });
    this.note = create("div", "burst-note");
    this.note.setAttribute("role", "status");
    this.#listen();
    this.root.replaceChildren(this.view, create("div", "burst-buttons", this.take, this.switch), this.note);
  }

  end() {
    this.#taking = false;
    this.#camera.stop();
  }

  #listen() {
    this.take.onpointerdown = (event) => {
      this.take.setPointerCapture(event.pointerId);
      this.#begin();
    };
    this.take.onpointerup = this.take.onpointercancel = () => this.#finish();
    this.take.onkeydown = (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.#begin();
    };
    this.take.onkeyup = this.take.onblur = () => this.#finish();
    this.take.oncontextmenu = (event) => event.preventDefault();
  }

  async #switch() {
    if (this.#camera.running) {
      this.end();
      return this.#show();
    }
    const reason = await this.#camera.start((video) => this.#follow(video));
    this.#show();
    this.note.textContent = this.labels.notes[reason || "running"];
    return undefined;
  }

  #show() {
    const { running } = this.#camera;
    this.view.hidden = this.take.hidden = !running;
    this.switch.textContent = running ? this.labels.stop : this.labels.start;
    this.note.textContent = "";
  }

  #follow(video) {
    const { videoWidth: width, videoHeight: height } = video;
    if (this.#frame.width !== width) Object.assign(this.#frame, { width, height });
    if (this.view.width !== width) Object.assign(this.view, { width, height });
    this.#frame.getContext("2d").drawImage(video, 0, 0);
    // People expect a mirror; the photos themselves are not mirrored.
    const shown = this.view.getContext("2d");
    shown.setTransform(-1, 0, 0, 1, width, 0);
    shown.drawImage(video, 0, 0);
    this.ready = true;
    if (this.#taking) this.#keep();
  }

  #begin() {
    if (this.#taking || !this.ready) return;
    Object.assign(this, { ready: true });
    this.#photos = [];
    this.#taking = true;
    this.#last = -Infinity;
    this.#keep();
  }

  #keep() {
    const now = performance.now();
    if (now - this.#last < EVERY_MS || this.#photos.length >= MOST) return;
    this.#last = now;
    this.#photos.push(this.#frame.toDataURL("image/jpeg", QUALITY).split(",")[1]);
    this.note.textContent = `${this.#photos.length} / ${MOST}`;
  }

  #finish() {
    if (!this.#taking) return;
    this.#taking = false;
    this.send({ at: Date.now(), photos: this.#photos });
    this.#photos = [];
  }
}

const bursts = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!bursts.has(parentElement)) bursts.set(parentElement, new Burst(parentElement.querySelector(".cnnlab-burst")));
  const burst = bursts.get(parentElement);
  burst.update(data, (taken) => setStateValue("taken", taken));
  return () => {
    bursts.delete(parentElement);
    burst.end();
  };
}
