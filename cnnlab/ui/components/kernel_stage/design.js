// The stage for a kernel: an image, the kernel and the result, and how one pixel of it is computed.

import { Camera } from "../camera.js";
import { Explanation } from "./explanation.js";
import { channelOf, decodedImage } from "./image.js";
import { KernelField } from "./kernel.js";
import { mirrored } from "./mirror.js";
import { filled } from "../live_network/element.js";
import { button, Choice, create, NumberField, teller } from "./nodes.js";
import { strongest } from "./paint.js";
import { Picture } from "./picture.js";
import { Player } from "./player.js";
import { Presets } from "./presets.js";
import { convolved, explained, placeOver, placesOf, reachOf, resized, sizeText } from "./steps.js";
import { decimals } from "./sums.js";

const PRESETS_MS = 500; // Between new pictures on the presets while the webcam runs.

class DesignStage {
  #camera = new Camera();
  #result = null; // null: there is a problem.
  #presetsAt = -Infinity;

  constructor(root) {
    this.root = root;
  }

  // Shows what the server sent. The design is the page's own: what the server knows of it can be older.
  show(data, report, ask) {
    const { image, labels, presets, fields } = data;
    const built = JSON.stringify([labels, presets, fields]);
    const sent = JSON.stringify(image);
    Object.assign(this, { data, report, ask });
    this.design ??= data.design;
    this.tell ??= teller(() => this.design, (design) => this.report("design", design));
    if (built !== this.built) this.#build();
    if (built !== this.built || sent !== this.sent) {
      this.given = decodedImage(image);
      this.#stopCamera();
    }
    Object.assign(this, { built, sent });
  }

  stop() {
    this.player.stop();
    this.#camera.stop();
  }

  #build() {
    const { labels, presets, fields } = this.data;
    this.presets = new Presets(labels.presets, presets, ({ name, kernel }) => this.#change({ preset: name, kernel }));
    this.kernel = new KernelField(labels, {
      change: (kernel) => {
        this.design.kernel = kernel;
        this.#compute();
      },
      end: this.tell,
    });
    this.explanation = new Explanation(labels, this.kernel.node);
    const size = new Choice(fields.size, (side) =>
      this.#change({ kernel: resized(this.design.kernel, Number(side)) }),
    );
    this.fields = { size, ...this.#fieldsFor(fields) };
    const step = (down, right) => {
      this.#move(this.design.pixel[0] + down, this.design.pixel[1] + right);
      this.said.textContent = `${this.#place()}: ${this.values.join(", ")}`; // Screen readers say it.
    };
    const end = this.tell;
    this.image = new Picture({ point: (...pixel) => this.#move(...placeOver(this.seen, this.design, pixel)), step, end });
    this.result = new Picture({ point: (row, column) => this.#move(row, column), step, end });
    this.player = new Player(labels, { step: () => this.#advance(), end });
    this.webcam = button(labels.webcam, "filter-webcam", () => this.#switchCamera());
    this.#layOut();
  }

  #fieldsFor({ padding, stride, dilation, bias, activation, channel }) {
    const choose = (name) => (value) => this.#change({ [name]: value });
    const enter = (name) => (value) => this.#apply({ [name]: value });
    return {
      padding: new Choice(padding, choose("padding")),
      stride: new NumberField(stride, enter("stride"), this.tell),
      dilation: new NumberField(dilation, enter("dilation"), this.tell),
      bias: new NumberField(bias, enter("bias"), this.tell),
      activation: new Choice(activation, choose("activation")),
      channel: new Choice(channel, choose("channel")),
    };
  }

  #layOut() {
    const note = (name = "filter-note") => create("div", name);
    Object.assign(this, { about: note("filter-about"), size: note(), cameraNote: note() });
    Object.assign(this, { imageTitle: create("b", ""), resultTitle: create("b", "") });
    this.problem = note("filter-problem");
    this.problem.setAttribute("role", "alert");
    this.said = note("filter-said");
    this.said.setAttribute("role", "status");
    const { channel, ...settings } = this.fields;
    const source = create("div", "filter-row", this.webcam, channel.node);
    const left = create("div", "filter-side", this.imageTitle, this.image.node, source, this.cameraNote);
    const fields = create("div", "filter-row", ...Object.values(settings).map(({ node }) => node));
    const middle = create("div", "filter-middle", fields, this.explanation.node, this.problem, this.explanation.sum);
    middle.append(this.said);
    const right = create("div", "filter-side", this.resultTitle, this.result.node, this.player.node, this.size);
    this.root.replaceChildren(this.presets.node, this.about, create("div", "filter-parts", left, middle, right));
  }

  #change(changed) {
    this.#apply(changed);
    this.tell();
  }

  #apply(changed) {
    Object.assign(this.design, changed);
    this.#showSettings();
    this.#showImage();
  }

  async #switchCamera() {
    if (this.#camera.running) return this.#stopCamera();
    const { labels, offersFile } = this.data;
    const reason = await this.#camera.start((video) => this.#use(mirrored(video)));
    this.cameraNote.replaceChildren(labels.webcamNotes[reason || "running"]);
    if (!reason) this.webcam.textContent = labels.stopWebcam;
    else if (offersFile) this.cameraNote.append(" ", button(labels.useFile, "", () => this.ask("file", true)));
  }

  // Goes back to the server's image.
  #stopCamera() {
    this.#camera.stop();
    this.webcam.textContent = this.data.labels.webcam;
    this.cameraNote.replaceChildren();
    this.#presetsAt = -Infinity;
    this.#showSettings();
    this.#use(this.given);
  }

  #use(image) {
    this.source = image;
    this.fields.channel.node.hidden = image.shape[2] === 1;
    if (performance.now() - this.#presetsAt > PRESETS_MS) {
      this.#presetsAt = performance.now();
      this.presets.showImage(channelOf(image, "gray"));
    }
    this.#showImage();
  }

  #showSettings() {
    const { design } = this;
    const { kernel } = design;
    Object.entries(this.fields).forEach(([name, field]) => field.show(name === "size" ? kernel.length : design[name]));
    this.kernel.show(kernel);
  }

  #showImage() {
    const { design, data, source } = this;
    this.seen = channelOf(source, design.channel);
    this.image.show(this.seen, "gray", 1);
    const [height, width] = this.seen.shape;
    const name = this.#camera.running ? data.labels.webcam : data.name;
    this.imageTitle.textContent = `${name} · ${height}×${width}`;
    this.image.describe(filled(data.labels.imageAlt, { height, width }), data.labels.arrows);
    this.#compute();
  }

  // Recomputes the result and shows it, or says why there is none.
  #compute() {
    const { design, seen, data } = this;
    const problem = this.#problem();
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
    this.root.toggleAttribute("data-problem", Boolean(problem));
    this.#showAbout();
    this.#result = problem ? null : convolved(seen, design);
    if (problem) {
      this.image.unframe();
      this.result.clear();
      this.resultTitle.textContent = data.labels.result;
      this.size.textContent = "";
      return;
    }
    this.result.show(this.#result, "signed", strongest(this.#result.data));
    const [height, width] = this.#result.shape;
    this.resultTitle.textContent = `${data.labels.result} · ${height}×${width}`;
    this.result.describe(filled(data.labels.resultAlt, { height, width }), data.labels.arrows);
    this.size.textContent = this.#sizes();
    const [row, column] = design.pixel ?? this.#strongestPixel();
    this.#move(row, column);
  }

  #problem() {
    const { design, seen, data } = this;
    if (design.kernel.flat().includes(null)) return data.labels.noNumber;
    if (placesOf(seen, design).every(({ count }) => count > 0)) return "";
    const reach = reachOf(design);
    const [height, width] = seen.shape;
    return filled(data.labels.noFit, { window: `${reach}×${reach}`, image: `${height}×${width}` });
  }

  // Says what the kernel does, unless it is no longer the preset, and what its sum means.
  #showAbout() {
    const { labels, presets } = this.data;
    const { kernel, preset } = this.design;
    const { title, about, kernel: original } = presets.find(({ name }) => name === preset);
    const isOriginal = `${resized(original, kernel.length)}` === `${kernel}`;
    this.presets.choose(isOriginal ? preset : "");
    const name = isOriginal ? title : filled(labels.custom, { title });
    this.about.replaceChildren(create("b", "", name), ` ${isOriginal ? about : ""} ${aboutSum(kernel, labels)}`);
  }

  #sizes() {
    const { design, seen, data } = this;
    const { kernel, stride, dilation, padding } = design;
    const [height, width] = seen.shape.slice(0, 2).map((length) => sizeText(length, kernel.length, stride, dilation, padding));
    return filled(height === width ? data.labels.bothSizes : data.labels.sizes, { height, width });
  }

  // Shows how a pixel of the result is computed; outside it, the one that is nearest.
  #move(row, column) {
    if (!this.#result) return;
    const { design, seen } = this;
    const [height, width] = this.#result.shape;
    design.pixel = [Math.min(Math.max(row, 0), height - 1), Math.min(Math.max(column, 0), width - 1)];
    const { corner, steps } = explained(seen, design, design.pixel);
    this.image.frame(...corner, reachOf(design), reachOf(design), design.dilation);
    this.result.frame(...design.pixel, 1, 1);
    this.explanation.show(steps, this.#place(), design.bias, design.activation);
    this.values = steps.map(({ value }) => decimals(value));
  }

  // Returns which pixel of the result is explained.
  #place() {
    const [row, column] = this.design.pixel;
    return filled(this.data.labels.pixel, { row, column });
  }

  // Goes on to the next pixel; after a row's last comes the next row's first.
  #advance() {
    if (!this.#result) return;
    const [height, width] = this.#result.shape;
    const [row, column] = this.design.pixel;
    const next = (row * width + column + 1) % (height * width);
    this.#move(Math.floor(next / width), next % width);
  }

  #strongestPixel() {
    const { shape, data } = this.#result;
    let best = 0;
    data.forEach((value, k) => Math.abs(value) > Math.abs(data[best]) && (best = k));
    const place = Math.floor(best / shape[2]);
    return [Math.floor(place / shape[1]), place % shape[1]];
  }
}

// Returns what the sum of the weights means for the result.
function aboutSum(kernel, { sumsToZero, sumsToOne, sumsTo }) {
  const sum = kernel.flat().reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum) < 1e-9) return sumsToZero;
  if (Math.abs(sum - 1) < 1e-9) return sumsToOne;
  return filled(sumsTo, { sum: String(Number(sum.toPrecision(4))).replace("-", "−") });
}

const designs = new WeakMap();

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".filter-stage");
  if (!designs.has(root)) designs.set(root, new DesignStage(root));
  const stage = designs.get(root);
  stage.show(data, setStateValue, setTriggerValue);
  return () => stage.stop();
}
