// frame.js: the loader behind /play-frame/ID/SHA. It greets the page, takes the one answer with the
// port, imports the game's entry and hands it a kit. After the greeting only the port is used. It
// loads nothing but the files of the version that its own address names.
import { createKit } from "./kit.js";

function greet() {
  return new Promise((resolve) => {
    const listen = (event) => {
      const data = event.data;
      if (event.source !== window.parent || data?.gamekit !== 1 || !data.start) return;
      if (event.ports.length !== 1) return;
      window.removeEventListener("message", listen);
      resolve({ entry: data.entry, start: data.start, port: event.ports[0] });
    };
    window.addEventListener("message", listen);
    window.parent.postMessage({ gamekit: 1, ready: true }, "*");
  });
}

// "/games/ID/SHA/" for a page at "/play-frame/ID/SHA".
function filesOfThisVersion() {
  const [, , id, sha] = location.pathname.split("/");
  return `/games/${id}/${sha}/`;
}

function reportFailures(port) {
  const report = (problem) => {
    const message = String(problem?.message ?? problem).slice(0, 200);
    port.postMessage({ t: "error", message });
    const line = document.getElementById("failure");
    line.textContent = message;
    line.hidden = false;
  };
  window.addEventListener("error", (event) => report(event.error ?? event.message));
  window.addEventListener("unhandledrejection", (event) => report(event.reason));
  return report;
}

// The one way to the network that no policy closes in the browsers of today.
function closePeerConnections() {
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"])
    Object.defineProperty(window, name, { value: undefined });
}

closePeerConnections();
const { entry, start, port } = await greet();
const report = reportFailures(port);
try {
  const address = new URL(String(entry), location.href);
  const files = filesOfThisVersion();
  if (address.host !== location.host || !address.pathname.startsWith(files))
    throw new Error("The page asked for files of another game.");
  const kit = createKit(port, start, {
    canvas: document.getElementById("game"),
    buttons: document.getElementById("buttons"),
    files,
  });
  const game = await import(address.href);
  await game.create(kit);
  kit.open();
} catch (problem) {
  report(problem);
}
