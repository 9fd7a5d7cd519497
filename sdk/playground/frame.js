// frame.js: one player's sandboxed frame, hosted as the site hosts it (docs/protocol.md, "The game
// frame"): the same frame page, the same kit, one MessagePort. It moves bytes between the port and
// the line and knows no game.

const OP = { input: 1, state: 2, whole: 3, ping: 4, pong: 5 };
const INPUT_HEAD_BYTES = 6;
const INPUT_BYTES_MAX = 1024;
const PING_MS = 1000;

export class PlayerFrame {
  // what: {channel, slot (null: spectator), title, address, entry, start}
  // handlers: {send(frame), ready(), latency(ms), status(text), escape(), failed(text)}
  constructor(what, handlers) {
    this.what = what;
    this.handlers = handlers;
    this.port = null;
    this.seq = 0;
    this.up = true;
    this.hasEnded = false;
    this.node = document.createElement("iframe");
    this.node.title = what.title;
    this.node.setAttribute("sandbox", "allow-scripts allow-pointer-lock");
    this.node.allow = "fullscreen; gamepad; autoplay";
    this.node.src = what.address;
    this.greeted = (event) => this.#greet(event);
    window.addEventListener("message", this.greeted);
  }

  close() {
    window.removeEventListener("message", this.greeted);
    clearInterval(this.timer);
    this.port?.close();
    this.port = null;
    this.node.remove();
  }

  // A binary frame of this channel.
  receive(frame) {
    const bytes = new DataView(frame);
    const op = bytes.getUint8(0);
    if (op === OP.state) this.port?.postMessage(frame, [frame]);
    if (op === OP.pong) {
      const ms = Math.max(0, performance.now() - bytes.getFloat64(2, true));
      this.post({ t: "latency", ms });
      this.handlers.latency(ms);
    }
  }

  post(message) {
    this.port?.postMessage(message);
  }

  setUp(up) {
    if (up === this.up) return;
    this.up = up;
    this.post({ t: "link", up });
  }

  end(result) {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.post({ t: "ended", result });
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  #greet(event) {
    if (event.source !== this.node.contentWindow || this.port) return;
    if (event.data?.gamekit !== 1 || event.data.ready !== true) return;
    const { entry, start } = this.what;
    const channel = new MessageChannel();
    this.port = channel.port1;
    this.port.onmessage = ({ data }) => this.#hear(data);
    this.node.contentWindow.postMessage({ gamekit: 1, entry, start }, "*", [channel.port2]);
    if (!this.up) this.post({ t: "link", up: false });
    this.#sendShort(OP.whole);
    this.#ping();
    this.timer = setInterval(() => this.#ping(), PING_MS);
    this.handlers.ready();
  }

  #hear(data) {
    if (data instanceof ArrayBuffer) this.#input(data);
    else if (data?.t === "status") this.handlers.status(String(data.text).slice(0, 200));
    else if (data?.t === "escape") this.handlers.escape();
    else if (data?.t === "error") this.handlers.failed(String(data.message));
  }

  // Every input takes a number, also one that is not sent, so that the frame can count along.
  #input(input) {
    this.seq++;
    if (this.what.slot === null || !this.up || input.byteLength > INPUT_BYTES_MAX) return;
    const frame = new Uint8Array(INPUT_HEAD_BYTES + input.byteLength);
    const head = new DataView(frame.buffer);
    head.setUint8(0, OP.input);
    head.setUint8(1, this.what.channel);
    head.setUint32(2, this.seq, true);
    frame.set(new Uint8Array(input), INPUT_HEAD_BYTES);
    this.handlers.send(frame.buffer);
  }

  #ping() {
    if (!this.up) return;
    const frame = new DataView(new ArrayBuffer(10));
    frame.setUint8(0, OP.ping);
    frame.setUint8(1, this.what.channel);
    frame.setFloat64(2, performance.now(), true);
    this.handlers.send(frame.buffer);
  }

  #sendShort(op) {
    this.handlers.send(Uint8Array.of(op, this.what.channel).buffer);
  }
}
