// The webcam. Its images never leave the browser.

// Returns why there is no image, as a key of `webcam.notes`.
function reasonOf(error) {
  if (error.name === "NotAllowedError") return "denied";
  return error.name === "NotFoundError" ? "missing" : "failed";
}

export class Camera {
  #stream = null;
  #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });

  get running() {
    return this.#stream !== null;
  }

  // Starts the webcam and calls `use` with the video for every frame. Returns "" or why there is none.
  async start(use) {
    if (!navigator.mediaDevices) return "insecure";
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, frameRate: 30 } });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.stop();
      return reasonOf(error);
    }
    this.#follow(use);
    return "";
  }

  stop() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.#video.srcObject = null;
  }

  #follow(use) {
    let last = -1;
    const frame = () => {
      if (!this.#stream) return;
      if (this.#video.currentTime !== last) use(this.#video);
      last = this.#video.currentTime;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
}
