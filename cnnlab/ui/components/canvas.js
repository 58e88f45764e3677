// What streamlit-drawable-canvas lacks: keys, undo and redo without waiting for the server, an invitation to draw, and a
// memory for when the page is reloaded. Its own toolbar is hidden.

import { announce, invitationOn, invite } from "./invitation.js";

const KEPT = "cnnlab-drawing"; // The drawing of this tab in the browser's session storage.
const KEEP_AFTER_MS = 300;
const FRAMES_TO_LOAD = 3; // After an undo, the canvas shows the drawing some frames later.
const OWN_NAMES = { undo: "Undo", redo: "Redo" };

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  .dc-toolbar.dc-toolbar { display: none !important; }
  .upper-canvas:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
  .cnnlab-invitation { left: 0; opacity: 0.45; pointer-events: none; position: absolute; top: 0; z-index: 20; }
`);

function afterFrames(count, act) {
  if (count === 0) act();
  else requestAnimationFrame(() => afterFrames(count - 1, act));
}

// Returns what a key asks for: "undo", "redo", "clear" or nothing. Delete only counts on the canvas.
function commandOf({ key = "", code = "", ctrlKey, metaKey, shiftKey }, onCanvas) {
  // A Korean keyboard sends Korean letters.
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.slice(-1).toLowerCase();
  if ((ctrlKey || metaKey) && letter === "z") return shiftKey ? "redo" : "undo";
  if ((ctrlKey || metaKey) && letter === "y") return "redo";
  return onCanvas && (key === "Delete" || key === "Backspace") ? "clear" : "";
}

class Help {
  #canvas = null;
  #data = {};
  #ended = false;
  #keeping = 0;
  #listeners = {
    keydown: (event) => this.#press(event),
    click: (event) => this.#click(event),
    pointerup: () => this.#keepSoon(),
    "cnnlab-watch": () => this.#canvas && invitationOn(this.#canvas) && announce(this.#canvas),
  };

  constructor() {
    for (const [name, listen] of Object.entries(this.#listeners)) document.addEventListener(name, listen, true);
  }

  end() {
    this.#ended = true;
    for (const [name, listen] of Object.entries(this.#listeners)) document.removeEventListener(name, listen, true);
  }

  update(data, restore) {
    this.#data = data;
    this.#keepSoon();
    this.#find(restore);
  }

  // Looks for the canvas, which appears some time after its place on the page.
  #find(restore) {
    const { canvas: key, label, begun, inviting } = this.#data;
    if (this.#ended || this.#isCurrent()) return;
    const places = [...document.querySelectorAll(`.st-key-${key} *`)];
    this.#canvas = places.map((place) => place.shadowRoot?.querySelector(".upper-canvas")).find(Boolean) ?? null;
    if (!this.#canvas) return requestAnimationFrame(() => this.#find(restore));
    this.#canvas.getRootNode().adoptedStyleSheets.push(STYLE);
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "img");
    this.#canvas.setAttribute("aria-label", label);
    this.#canvas.addEventListener("pointerdown", ({ target }) => target.focus({ preventScroll: true }));
    if (begun) return;
    const kept = sessionStorage.getItem(KEPT);
    if (kept) restore(kept);
    else if (inviting) invite(this.#canvas);
  }

  #isCurrent() {
    return Boolean(this.#canvas?.isConnected && this.#canvas.getRootNode().host.closest(`.st-key-${this.#data.canvas}`));
  }

  #keepSoon() {
    clearTimeout(this.#keeping);
    if (this.#data.begun) this.#keeping = setTimeout(() => this.#keep(), KEEP_AFTER_MS);
  }

  #keep() {
    if (this.#data.empty) return sessionStorage.removeItem(KEPT);
    if (!this.#isCurrent()) return;
    const { width, height } = this.#canvas;
    // A copy in memory: reading the canvas itself would slow it down.
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.#lower, 0, 0);
    // A new canvas is black until it has loaded its drawing.
    const isBlack = pen.getImageData(0, 0, width, height).data.every((value, k) => k % 4 === 3 || !value);
    if (!isBlack) sessionStorage.setItem(KEPT, copy.toDataURL());
  }

  get #lower() {
    return this.#canvas.parentElement.querySelector(".lower-canvas");
  }

  #button(command) {
    return document.querySelector(`.st-key-${this.#data.buttons}-${command} button`);
  }

  #press(event) {
    const [target] = event.composedPath();
    if (!this.#isCurrent() || target.closest?.("input, textarea, [contenteditable=true]")) return;
    const command = commandOf(event, target === this.#canvas);
    if (!command) return;
    event.preventDefault();
    if (!this.#undo(command)) this.#button(command)?.click();
  }

  #click(event) {
    if (!this.#isCurrent()) return;
    const command = ["undo", "redo", "clear"].find((name) => this.#button(name)?.contains(event.target));
    if (command && this.#undo(command)) event.stopImmediatePropagation();
    if (command === "clear") this.#blank();
  }

  // Lets the canvas undo or redo by itself. It knows only its own strokes; the server knows those before, too.
  #undo(command) {
    const own = this.#canvas.getRootNode().querySelector(`.dc-toolbar [title="${OWN_NAMES[command]}"]`);
    if (!own || own.disabled) return false;
    own.click();
    afterFrames(FRAMES_TO_LOAD, () => announce(this.#canvas));
    this.#keepSoon();
    return true;
  }

  // Shows an empty canvas until the server's new one is there.
  #blank() {
    const { width, height } = this.#canvas;
    this.#lower.getContext("2d").fillRect(0, 0, width, height);
    announce(this.#canvas);
  }
}

const helps = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  if (!helps.has(parentElement)) helps.set(parentElement, new Help());
  const help = helps.get(parentElement);
  help.update(data, (picture) => setStateValue("kept", picture));
  return () => {
    helps.delete(parentElement);
    help.end();
  };
}
