// The component: a whole network at work on one image, at any of its snapshots.

import { createBars, paintBars } from "../live_network/bars.js";
import { fitted, toDigit } from "../live_network/digit.js";
import { Runner } from "../live_network/networks.js";
import { isUnder, pixelsOf, watchPen } from "../live_network/pen.js";
import { Camera } from "../camera.js";
import { Columns } from "./columns.js";
import { Controls } from "./controls.js";
import { Detail } from "./detail.js";
import { clicked } from "./edits.js";
import { element, filled, numbersOf } from "../live_network/element.js";
import { factsOf, learn } from "./facts.js";
import { hasSnapshot, keepSnapshot, snapshotOf, whenSnapshotComes } from "./film.js";
import { edgesTo, Frame } from "./frame.js";
import { Keyboard } from "./keyboard.js";
import { focused } from "./lens.js";
import { Loader } from "./loader.js";
import { Teller } from "./teller.js";

class NetworkStage {
  #built = "";
  #asked = new Set(); // Keys of snapshots about whose maps the server has been asked.

  constructor(root) {
    this.root = root;
    this.runner = new Runner();
    this.loader = new Loader();
    this.camera = new Camera();
    this.keyboard = new Keyboard(this);
    this.teller = new Teller(this);
    const ends = [watchPen((canvas) => this.draw(canvas)), whenSnapshotComes((key) => this.hear(key))];
    const watch = new ResizeObserver(() => this.columns && this.layOut());
    watch.observe(root);
    this.stop = () => {
      for (const end of ends) end();
      watch.disconnect();
      for (const part of [this.camera, this.loader, this.controls]) part?.stop();
      this.runner.close();
      stages.delete(root);
    };
  }

  // The keys of all snapshots, and that of the chosen one.
  get keys() {
    return this.data.moments.map(({ key }) => key);
  }

  get key() {
    return this.data.moments[this.at].key;
  }

  // The chosen snapshot in its run; its key changes if it is written again.
  get moment() {
    return this.data.moments[this.at].moment;
  }

  // Shows what the server sent. Its snapshot counts if it knows all that it has been told, and nobody is about to choose
  // another one here.
  show(data, tell) {
    const [run, shown] = [this.data?.run, this.data && this.moment];
    Object.assign(this, { data, tell });
    if (data.run !== run) this.begin();
    else if (this.teller.isHeard(data.heard, shown)) this.follow(data.at);
    else this.at = Math.max(data.moments.findIndex(({ moment }) => moment === shown), 0);
    if (!this.camera.running) this.image = numbersOf(data.image);
    this.build();
    this.load();
    this.request();
  }

  // Chooses the snapshot that the server has chosen.
  follow(at) {
    this.at = at;
    this.teller.moment = this.moment;
  }

  // Starts with what the server knows about a run.
  begin() {
    const { at, choice, edits, scale, heard } = this.data;
    this.follow(at);
    Object.assign(this, { choice, edits, scale, frame: null });
    this.teller.begin(heard);
    this.camera.stop();
  }

  // Follows the pen, if the canvas is where the image comes from.
  draw(canvas) {
    if (!this.data || !isUnder(canvas, this.data.canvas)) return;
    const digit = toDigit(pixelsOf(canvas), {});
    if (digit) this.see(fitted(digit, this.data.shape));
  }

  // Shows what the network makes of an image from the page.
  see(image) {
    this.image = image;
    this.request();
  }

  // Switches the webcam on or off; then the server's image is back.
  async film() {
    if (this.camera.running) {
      this.camera.stop();
      this.cameraNote = "";
      this.see(numbersOf(this.data.image));
    } else {
      const reason = await this.camera.start((video) => this.see(focused(video, this.data.shape)));
      this.cameraNote = this.data.labels.webcamNotes[reason || "running"];
    }
    this.showControls();
  }

  build() {
    const { layers, output, labels } = this.data;
    const wanted = JSON.stringify([layers, output, labels]);
    if (wanted === this.#built) return;
    this.#built = wanted;
    this.controls?.stop();
    this.controls = new Controls(labels, {
      seek: (at) => this.seek(at),
      settle: () => this.teller.settle(),
      scale: (name) => this.change(() => (this.scale = name)),
      film: () => this.film(),
      reset: () => this.change(() => (this.edits = [])),
    });
    this.bars = createBars(output.classes, output.alt, output.kind);
    this.columns = new Columns(layers, this.bars, output.layer.index, {
      point: (layer, map, row, column) => this.choose({ layer: layer.index, map, row, column }),
      leave: () => this.teller.settle(),
      isChosen: (layer, map) => this.choice.layer === layer.index && this.choice.map === map,
      act: (layer, map) => this.edit(layer, map),
      focus: (layer) => this.choice.layer !== layer.index && this.choose({ layer: layer.index, map: 0 }),
      key: (layer, grid, event) => this.keyboard.pressMap(layer, grid, event),
    });
    this.bars.onpointermove = (event) => {
      const map = [...this.bars.children].indexOf(event.target.closest("li"));
      if (map >= 0) this.choose({ layer: output.layer.index, map, row: 0, column: 0 });
    };
    this.detail = new Detail(labels, {
      point: (row, column) => this.choose({ ...this.choice, row, column }),
      leave: () => this.teller.settle(),
      key: (event) => this.keyboard.pressPixel(event),
    });
    this.problem = element("p", "cnnlab-problem");
    this.problem.setAttribute("role", "alert");
    this.root.onpointerleave = () => this.teller.settle();
    this.root.replaceChildren(
      this.controls.node,
      this.problem,
      this.columns.node,
      this.detail.node,
      element("div", "cnnlab-quiet", labels.hint),
      this.keyboard.node
    );
    this.layOut();
  }

  layOut() {
    this.columns.layOut();
    if (this.frame) this.paint(this.frame);
  }

  load() {
    this.loader.ask(this.keys, this.at, this.data.bytes, (keys) => this.tell("missing", keys));
  }

  // A snapshot is here, or the server has said why not.
  hear(key) {
    if (!this.data) return;
    this.loader.got(key);
    this.load();
    if (key === this.key) this.request();
    else this.showControls();
  }

  // Computes and paints the chosen snapshot for the image, once it is here.
  request() {
    const { key, data, image, edits } = this;
    this.showControls();
    this.showProblem();
    this.root.toggleAttribute("data-waiting", !hasSnapshot(key));
    if (!hasSnapshot(key)) return;
    const changes = edits.map(([layer, map, factor]) => ({ layer, map, factor }));
    const show = (outputs) => {
      // Meanwhile another run can have been chosen.
      if (data.run === this.data.run && hasSnapshot(key)) this.paint(new Frame(data, key, image, edits, outputs));
    };
    this.runner.run(snapshotOf(key), image, show, changes);
  }

  // Says why the snapshot cannot be shown; of the server's own snapshot the server says it.
  showProblem() {
    const { problem } = factsOf(this.key);
    this.root.toggleAttribute("data-broken", Boolean(problem));
    const isSaid = this.key === this.keys[this.data.at];
    const overflow = this.frame?.key === this.key && this.frame.overflow();
    if (problem) this.problem.textContent = isSaid ? "" : problem;
    else this.problem.textContent = overflow ? filled(this.data.labels.notFinite, { name: overflow.name }) : "";
  }

  paint(frame) {
    this.frame = frame;
    this.root.dataset.snapshot = frame.key;
    this.showProblem();
    this.columns.paint(({ index }) => frame.tensorOf(index), this.scale);
    paintBars(this.bars, [...frame.outputs.at(-1).data]);
    this.paintChoice();
    this.askAboutZeros();
  }

  // Paints what depends on the chosen map and pixel.
  paintChoice() {
    if (!this.frame) return;
    const explained = this.frame.explain(this.choice, this.scale);
    this.detail.show(explained);
    this.columns.draw(this.marks(), edgesTo(explained));
  }

  marks() {
    const edited = this.edits.map(([layer, map, factor]) => ({ layer, map, kind: factor ? "flipped" : "off" }));
    const dead = (factsOf(this.frame.key).dead ?? []).map(([layer, map]) => ({ layer, map, kind: "dead" }));
    const { layer, map } = this.choice;
    return [...dead, ...edited, { layer, map, kind: "chosen" }];
  }

  // Asks the server whether maps that are zero are dead: zero for all of its test images.
  askAboutZeros() {
    const { key } = this.frame;
    const isSettled = !this.edits.length && key === this.key && this.moment === this.teller.moment;
    if (!isSettled || this.#asked.has(key) || !this.frame.hasZeroMap()) return;
    this.#asked.add(key);
    this.tell("zeros", key);
  }

  showControls() {
    const { moments, labels } = this.data;
    const { at, scale, edits } = this;
    const { wanted, all } = this.loader;
    const found = factsOf(this.key);
    const isKnown = found.effect && JSON.stringify(found.edits) === JSON.stringify(edits);
    const about = edits.length ? (isKnown ? found.effect : labels.waiting) : found.about_dead;
    const effect = [this.cameraNote, about].filter(Boolean).join(" ");
    const isFilming = this.camera.running;
    this.controls.show({ moments, at, isHere: hasSnapshot, wanted, all, scale, edits, effect, isFilming });
  }

  hearFacts(found) {
    for (const { key, problem } of found) if (problem) this.hear(key);
    this.showControls();
    this.paintChoice();
  }

  seek(at) {
    this.at = at;
    this.request();
  }

  // Chooses { layer, map, row, column }; without a row, the strongest value of the map.
  choose(choice) {
    this.choice = choice;
    this.paintChoice();
  }

  change(apply) {
    apply();
    this.request();
    this.teller.settle();
  }

  edit(layer, map) {
    if (!layer.editable) return;
    this.change(() => (this.edits = clicked(this.edits, layer.index, map)));
  }
}

const stages = new Map(); // Node -> NetworkStage

// Snapshots (Uint8Array) and facts come in messages of their own, so that they are sent once and not with every change.
if (typeof document !== "undefined") {
  addEventListener("cnnlab-stage", ({ detail }) => {
    if (detail instanceof Uint8Array) return keepSnapshot(detail);
    learn(detail);
    stages.forEach((stage) => stage.hearFacts(detail));
  });
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".cnnlab-stage");
  if (!stages.has(root)) stages.set(root, new NetworkStage(root));
  const stage = stages.get(root);
  stage.show(data, setTriggerValue);
  return stage.stop;
}
