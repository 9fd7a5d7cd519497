// draw.js: one frame of the arena. It gets everything it shows in `scene` and keeps nothing.
import { tracePlayer } from "./marks.js";
import { HEIGHT, STEPS, trailUpTo, WIDTH } from "./view.js";

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const SPARK_MS = 700;
const SPARKS = 14;

const PALETTES = {
  dark: {
    paper: "#0b0e16",
    field: "#0e1420",
    grid: "#182133",
    edge: "#33405c",
    ink: "#f3f5fa",
    soft: "#8f9ab3",
    veil: "rgba(11, 14, 22, 0.9)",
    glow: 1,
    players: [
      "#35d0ff",
      "#ff8a3d",
      "#8bec5a",
      "#ff6fb1",
      "#ffe14d",
      "#b795ff",
      "#3ff0b8",
      "#ff5f5f",
    ],
    pairs: ["#35d0ff", "#ff8a3d", "#8fb4ff", "#ffd05a"],
    outside: "#1f2a3f",
  },
  light: {
    paper: "#f4f1ea",
    field: "#fffdf8",
    grid: "#eee9dd",
    edge: "#bdb39d",
    ink: "#1b2130",
    soft: "#6a6f7d",
    veil: "rgba(255, 253, 248, 0.93)",
    glow: 0.35,
    players: [
      "#0077b6",
      "#d35400",
      "#3c8d0d",
      "#c2185b",
      "#a17c00",
      "#6a3fc9",
      "#00857a",
      "#c62828",
    ],
    pairs: ["#0077b6", "#d35400", "#3a53c4", "#a17c00"],
    outside: "#e5decd",
  },
};

// scene: {screen, theme, arena, shown: {view, lengths} or null, crashes: [{slot, x, y, at}], now,
// reducedMotion, ownSlot, slots: shown, names: by slot, notes: by slot, number, title, lines, tint:
// team or null}
export function draw(context, scene) {
  const { screen, shown } = scene;
  const palette = PALETTES[scene.theme];
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  drawField(context, scene, palette);
  if (shown) {
    drawBorder(context, scene, palette);
    drawNames(context, scene, palette);
    shown.view.players.forEach((_, slot) => {
      drawTrail(context, scene, palette, slot);
    });
    drawCrashes(context, scene, palette);
    if (shown.view.phase === "countdown") drawHeadNames(context, scene, palette);
  }
  if (scene.number) drawNumber(context, scene, palette);
  if (scene.title) drawPanel(context, scene, palette);
  else if (scene.lines.length > 0) drawHint(context, scene, palette);
}

function drawField(context, { arena }, palette) {
  context.fillStyle = palette.field;
  context.fillRect(arena.left, arena.top, arena.width, arena.height);
  context.strokeStyle = palette.grid;
  context.lineWidth = 1;
  context.beginPath();
  const every = 7 * arena.cell;
  for (let x = every; x < arena.width - 1; x += every) {
    context.moveTo(arena.left + x, arena.top);
    context.lineTo(arena.left + x, arena.top + arena.height);
  }
  for (let y = every; y < arena.height - 1; y += every) {
    context.moveTo(arena.left, arena.top + y);
    context.lineTo(arena.left + arena.width, arena.top + y);
  }
  context.stroke();
  context.strokeStyle = palette.edge;
  context.lineWidth = 2;
  context.strokeRect(arena.left - 1, arena.top - 1, arena.width + 2, arena.height + 2);
}

// Mates have two shades of the colour of their team; every player has a shape of his own besides.
function colourOf(palette, view, slot) {
  return view.teams < view.players.length ? palette.pairs[slot] : palette.players[slot];
}

// What the border has come over.
function drawBorder(context, { arena, shown }, palette) {
  const { inset } = shown.view;
  if (inset === 0) return;
  const from = arena.corner(inset, inset);
  const to = arena.corner(WIDTH - inset, HEIGHT - inset);
  context.fillStyle = palette.outside;
  context.beginPath();
  context.rect(arena.left, arena.top, arena.width, arena.height);
  context.rect(from.x, from.y, to.x - from.x, to.y - from.y);
  context.fill("evenodd");
  context.strokeStyle = palette.ink;
  context.lineWidth = 2;
  context.setLineDash([8, 6]);
  context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y);
  context.setLineDash([]);
}

function drawNames(context, { arena, shown, slots, names, notes, ownSlot }, palette) {
  const { view } = shown;
  context.textBaseline = "middle";
  context.textAlign = "left";
  slots.forEach((slot, index) => {
    const player = view.players[slot];
    const place = arena.nameOf(index);
    const pips = 22 + view.roundsToWin * 11;
    context.globalAlpha = player.gone ? 0.45 : 1;
    context.strokeStyle = colourOf(palette, view, slot);
    context.fillStyle = colourOf(palette, view, slot);
    tracePlayer(context, slot, place.x + 8, place.y, 8);
    context.fill();
    for (let i = 0; i < view.roundsToWin; i++) {
      context.beginPath();
      context.arc(place.x + 26 + i * 11, place.y, 3.5, 0, 2 * Math.PI);
      context.lineWidth = 1.5;
      if (i < player.wins) context.fill();
      context.stroke();
    }
    context.font = `${slot === ownSlot ? 700 : 500} 14px ${FONT}`;
    context.fillStyle = palette.ink;
    const text = notes[slot] ? `${names[slot]} (${notes[slot]})` : names[slot];
    context.fillText(fitted(context, text, place.width - pips - 12), place.x + pips + 2, place.y);
    context.globalAlpha = 1;
  });
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width)
    short = short.slice(0, -1);
  return `${short}…`;
}

function drawTrail(context, { arena, shown, ownSlot }, palette, slot) {
  const { view } = shown;
  const player = view.players[slot];
  if (!player.riding && player.steps === 0) return;
  const points = trailUpTo(player.corners, shown.lengths[slot]).map(([x, y]) => arena.point(x, y));
  const head = points.at(-1);
  context.save();
  context.globalAlpha = player.riding ? 1 : 0.45;
  const colour = colourOf(palette, view, slot);
  const width = Math.max(1.5, arena.cell * 0.55);
  context.strokeStyle = colour;
  context.shadowColor = colour;
  context.shadowBlur = player.riding ? 8 * palette.glow : 0;
  context.lineWidth = width;
  context.lineJoin = "miter";
  context.beginPath();
  context.moveTo(points[0].x, points[0].y);
  for (const point of points.slice(1)) context.lineTo(point.x, point.y);
  context.stroke();
  context.shadowBlur = 0;
  if (view.teams < view.players.length && player.team === 1) {
    context.strokeStyle = palette.field; // the walls of the second pair are hollow
    context.lineWidth = width * 0.4;
    context.stroke();
  }
  context.fillStyle = colour;
  tracePlayer(context, slot, points[0].x, points[0].y, Math.max(6, arena.cell * 1.1));
  context.fill();
  if (player.riding) drawCycle(context, arena, player, head, palette, slot === ownSlot, colour);
  context.restore();
}

// A wedge that points ahead; the own one has a ring, which tells it apart without colour.
function drawCycle(context, arena, player, head, palette, own, colour) {
  const [right, down] = STEPS[arena.direction(player.heading)];
  const size = Math.max(4, arena.cell * 1.05);
  context.fillStyle = palette.ink;
  context.beginPath();
  context.moveTo(head.x + right * size * 1.3, head.y + down * size * 1.3);
  context.lineTo(
    head.x - right * size * 0.7 - down * size * 0.8,
    head.y - down * size * 0.7 - right * size * 0.8,
  );
  context.lineTo(
    head.x - right * size * 0.7 + down * size * 0.8,
    head.y - down * size * 0.7 + right * size * 0.8,
  );
  context.fill();
  if (!own) return;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(head.x, head.y, size * 2, 0, 2 * Math.PI);
  context.stroke();
}

function drawHeadNames(context, { arena, shown, names, ownSlot }, palette) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  shown.view.players.forEach((player, slot) => {
    if (!player.riding) return;
    const head = arena.point(...player.corners.at(-1));
    context.font = `${slot === ownSlot ? 700 : 500} 13px ${FONT}`;
    context.fillStyle = colourOf(palette, shown.view, slot);
    const half = context.measureText(names[slot]).width / 2 + 4;
    const x = Math.max(arena.left + half, Math.min(arena.left + arena.width - half, head.x));
    const above = head.y - 22 > arena.top + 8;
    context.fillText(names[slot], x, above ? head.y - 22 : head.y + 22);
  });
}

function drawCrashes(context, { arena, shown, crashes, now, reducedMotion }, palette) {
  for (const { slot, x, y, at } of crashes) {
    const left = 1 - (now - at) / SPARK_MS;
    const place = arena.point(x, y);
    context.strokeStyle = colourOf(palette, shown.view, slot);
    context.lineWidth = 2;
    if (left <= 0 || reducedMotion) {
      const arm = Math.max(4, arena.cell);
      context.beginPath();
      context.moveTo(place.x - arm, place.y - arm);
      context.lineTo(place.x + arm, place.y + arm);
      context.moveTo(place.x + arm, place.y - arm);
      context.lineTo(place.x - arm, place.y + arm);
      context.stroke();
      continue;
    }
    context.globalAlpha = left;
    for (let i = 0; i < SPARKS; i++) {
      const angle = (i / SPARKS) * 2 * Math.PI + slot;
      const far = (1 - left) * arena.cell * (5 + (i % 3) * 2.5);
      const near = far * 0.6;
      context.beginPath();
      context.moveTo(place.x + Math.cos(angle) * near, place.y + Math.sin(angle) * near);
      context.lineTo(place.x + Math.cos(angle) * far, place.y + Math.sin(angle) * far);
      context.stroke();
    }
    context.globalAlpha = 1;
  }
}

function drawNumber(context, { arena, number }, palette) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `700 ${Math.min(120, arena.height / 4)}px ${FONT}`;
  context.fillStyle = palette.ink;
  context.globalAlpha = 0.85;
  context.fillText(String(number), arena.left + arena.width / 2, arena.top + arena.height / 2);
  context.globalAlpha = 1;
}

function drawPanel(context, { arena, shown, title, lines, tint }, palette) {
  const size = Math.max(20, Math.min(38, arena.width / 16));
  const line = 24;
  const height = size * 1.6 + lines.length * line + 24;
  const middle = arena.left + arena.width / 2;
  const top = arena.top + (arena.height - height) / 2;
  context.font = `700 ${size}px ${FONT}`;
  const widest = Math.min(
    arena.width,
    Math.max(260, context.measureText(title).width + 2 * size, arena.width * 0.4),
  );
  context.fillStyle = palette.veil;
  context.beginPath();
  context.roundRect(middle - widest / 2, top, widest, height, 16);
  context.fill();
  context.textAlign = "center";
  context.textBaseline = "middle";
  // The first player of a team has its number.
  context.fillStyle = tint === null ? palette.ink : colourOf(palette, shown.view, tint);
  context.fillText(fitted(context, title, widest - 24), middle, top + 12 + size * 0.8);
  context.font = `500 16px ${FONT}`;
  context.fillStyle = palette.ink;
  lines.forEach((text, i) => {
    const y = top + 12 + size * 1.6 + (i + 0.5) * line;
    context.fillText(fitted(context, text, widest - 24), middle, y);
  });
}

// At the bottom; below the number while there is one, where no cycle stands.
function drawHint(context, { arena, lines, number }, palette) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `500 15px ${FONT}`;
  context.fillStyle = palette.soft;
  const x = arena.left + arena.width / 2;
  lines.forEach((text, i) => {
    const y = number
      ? arena.top + arena.height / 2 + Math.min(120, arena.height / 4) * 0.5 + 14 + i * 22
      : arena.top + arena.height - 18 - (lines.length - 1 - i) * 22;
    context.fillText(fitted(context, text, arena.width - 16), x, y);
  });
}
