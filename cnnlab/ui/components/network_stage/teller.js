// Tells the server what a person has chosen, when a gesture has ended.

const SETTLE_MS = 120; // After the last change of a gesture that consists of several, such as keys on the slider.

export class Teller {
  #told = ""; // The choice that the server knows.
  #timer = 0;

  constructor(stage) {
    this.stage = stage;
  }

  // The server knows what the stage shows; `serial` identifies the gesture that it has heard of last.
  begin(serial) {
    this.serial = serial;
    this.moment = this.stage.moment; // The snapshot that the server knows.
    this.#told = this.#choice();
  }

  // Returns whether the server has heard all, and nobody is about to choose another snapshot than `moment`.
  isHeard(serial, moment) {
    return serial === this.serial && moment === this.moment;
  }

  settle() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { stage } = this;
      const choice = this.#choice();
      if (stage.controls.playing || !stage.root.isConnected || choice === this.#told) return;
      this.#told = choice;
      this.moment = stage.moment;
      this.serial = `${Date.now()} ${Math.random()}`;
      stage.tell("choice", { ...JSON.parse(choice), serial: this.serial });
    }, SETTLE_MS);
  }

  #choice() {
    const { data, moment, choice, edits, scale } = this.stage;
    return JSON.stringify({ run: data.run, moment, choice, edits, scale });
  }
}
