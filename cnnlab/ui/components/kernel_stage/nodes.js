// Nodes of the page: plain ones, and fields with their labels.

export function create(tag, className, ...content) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...content);
  return node;
}

// Returns a function that reports a state, unless it is as it was the last time.
export function teller(stateOf, report) {
  let told = JSON.stringify(stateOf());
  return () => {
    const state = JSON.stringify(stateOf());
    if (state !== told) report(JSON.parse(state));
    told = state;
  };
}

function labelled(label, help, field) {
  const node = create("label", "filter-field", create("span", "", label), field);
  node.title = field.title = help ?? "";
  return node;
}

// A field for a number from `low` to `high`. Calls `change` with each number that is in this range, also while it is
// being typed, and `end()` after that.
export class NumberField {
  constructor({ label, help, low, high, step }, change, end) {
    this.input = Object.assign(create("input", ""), { type: "number", min: low, max: high, step });
    this.node = labelled(label, help, this.input);
    this.input.oninput = () => {
      const valid = this.input.value !== "" && this.input.validity.valid;
      this.input.setAttribute("aria-invalid", !valid);
      if (valid) change(this.input.valueAsNumber);
      else this.input.reportValidity(); // The browser says which numbers it takes.
    };
    this.input.onchange = () => {
      // What is out of range is not used: show again what is.
      this.show(this.value);
      end();
    };
  }

  show(value) {
    this.value = value;
    if (document.activeElement === this.input && this.input.valueAsNumber === value) return;
    this.input.value = String(value);
    this.input.setAttribute("aria-invalid", false);
  }
}

// A list to choose from. `options` are pairs of a value and its text.
export class Choice {
  constructor({ label, help, options }, change) {
    this.input = create("select", "");
    for (const [value, text] of options) this.input.append(Object.assign(create("option", "", text), { value }));
    this.node = labelled(label, help, this.input);
    this.input.onchange = () => change(this.input.value);
  }

  show(value) {
    this.input.value = value;
  }
}

// Returns a button; `name` is a word for its style.
export function button(text, name, press) {
  const node = create("button", `filter-button ${name}`, text);
  node.type = "button";
  node.onclick = press;
  return node;
}
