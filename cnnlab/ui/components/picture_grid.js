// Pictures in a grid, of which any number can be selected: click, Shift and click for a range, or with the keyboard.

import { create } from "./kernel_stage/nodes.js";

const TELL_MS = 250; // Several quick clicks go to the server as one.

class Grid {
  #selected = new Set();
  #last = null;
  #waiting;

  constructor(root) {
    this.root = root;
  }

  update({ edition, pictures, label }, send) {
    this.send = send;
    if (edition === this.edition) return;
    this.edition = edition;
    clearTimeout(this.#waiting);
    this.#selected.clear();
    this.#last = null;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", label);
    this.nodes = pictures.map((picture, place) => this.#button(picture, place));
    this.root.replaceChildren(...this.nodes);
  }

  #button({ source, name, id, caption }, place) {
    const image = Object.assign(document.createElement("img"), { src: source, alt: "", draggable: false });
    const button = create("button", "grid-picture", image);
    if (caption) button.append(create("span", "grid-caption", caption));
    Object.assign(button, { title: name, type: "button" });
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", false);
    button.dataset.id = id;
    button.onclick = (event) => this.#click(place, event.shiftKey);
    return button;
  }

  #click(place, range) {
    const wanted = this.nodes[place].getAttribute("aria-pressed") !== "true";
    const from = range && this.#last !== null ? this.#last : place;
    for (let k = Math.min(from, place); k <= Math.max(from, place); k += 1) {
      this.nodes[k].setAttribute("aria-pressed", wanted);
      this.#selected[wanted ? "add" : "delete"](Number(this.nodes[k].dataset.id));
    }
    this.#last = place;
    clearTimeout(this.#waiting);
    const { edition } = this;
    this.#waiting = setTimeout(() => this.send({ edition, ids: [...this.#selected] }), TELL_MS);
  }
}

const grids = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement.querySelector(".cnnlab-grid")));
  grids.get(parentElement).update(data, (chosen) => setStateValue("chosen", chosen));
}
