// line.js: the WebSocket to the tool. JSON objects whose `t` says what they are, and binary frames
// as on the site (docs/protocol.md), a channel a seat. The token comes in the address once and is
// then kept by this tab only, so that it is in no history and no screenshot.

const RETRY_MS = 1000;
const CLOSED_REPLACED = 4409;
const TOKEN_KEY = "token";

function takeToken() {
  const given = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(given)) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, "", "/");
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? "";
}

export class Line {
  // handlers: {message(object), frame(channel, ArrayBuffer), opened(), closed(replaced)}
  constructor(handlers) {
    this.handlers = handlers;
    this.token = takeToken();
    this.connect();
  }

  connect() {
    const { host } = location;
    this.socket = new WebSocket(`ws://${host}/socket?token=${encodeURIComponent(this.token)}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.handlers.opened();
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.handlers.message(JSON.parse(data));
      else this.handlers.frame(new DataView(data).getUint8(1), data);
    };
    this.socket.onclose = ({ code }) => {
      const replaced = code === CLOSED_REPLACED;
      this.handlers.closed(replaced);
      if (!replaced) setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  tell(type, fields = {}) {
    if (this.isOpen) this.socket.send(JSON.stringify({ t: type, ...fields }));
  }

  sendFrame(frame) {
    if (this.isOpen) this.socket.send(frame);
  }
}
