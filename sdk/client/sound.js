// sound.js: short tones by WebAudio. Silent until the player has touched or typed something, as
// browsers demand, and while the page's sound switch is off.

export class Sound {
  constructor(on) {
    this.on = on;
    this.context = null;
    const wake = () => this.#wake();
    window.addEventListener("pointerdown", wake);
    window.addEventListener("keydown", wake);
  }

  #wake() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  // A tone of `seconds` that glides from `from` to `to` (Hz). volume 0..1, pan -1 left .. 1 right.
  tone({ from, to = from, seconds = 0.1, type = "triangle", volume = 0.2, pan = 0, after = 0 }) {
    if (!this.on || this.context?.state !== "running") return;
    const begin = this.context.currentTime + after;
    const end = begin + seconds;
    const oscillator = new OscillatorNode(this.context, { type, frequency: from });
    const gain = new GainNode(this.context, { gain: 0 });
    const panner = new StereoPannerNode(this.context, { pan });
    oscillator.frequency.setValueAtTime(from, begin);
    oscillator.frequency.exponentialRampToValueAtTime(to, end);
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(volume, begin + 0.004);
    gain.gain.exponentialRampToValueAtTime(0.0001, end);
    oscillator.connect(gain).connect(panner).connect(this.context.destination);
    oscillator.start(begin);
    oscillator.stop(end);
  }
}
