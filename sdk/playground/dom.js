// dom.js: elements in one line. Texts are only ever set as text.

// element("button", {class: "quiet", onclick: f, "aria-label": "x"}, "text", child, ...)
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const button = (text, attributes = {}) =>
  element("button", { type: "button", ...attributes }, text);

export const option = (value, text, selected) => element("option", { value, selected }, text);

export const byId = (id) => document.getElementById(id);

// Sets a text only when it is another: what did not change is not read out again.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setPressed(node, pressed) {
  node.setAttribute("aria-pressed", String(pressed));
}

// Calls `work` with the newest arguments, at most once in `ms`.
export function paced(ms, work) {
  let waiting = null;
  let timer = null;
  const run = () => {
    timer = null;
    if (waiting === null) return;
    const given = waiting;
    waiting = null;
    timer = setTimeout(run, ms);
    work(...given);
  };
  return (...given) => {
    waiting = given;
    if (timer === null) run();
  };
}

export const bytes = (count) =>
  count < 10_000
    ? `${count} B`
    : count < 1_000_000
      ? `${Math.round(count / 102.4) / 10} KiB`
      : `${Math.round(count / 104_857.6) / 10} MiB`;
