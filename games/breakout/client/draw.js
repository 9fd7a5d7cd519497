// draw.js: one frame of the courts. It gets everything it shows in `scene` and keeps nothing.
import {
  BALL_RADIUS,
  brickAt,
  HEIGHT,
  LIVES_MAX,
  PADDLE_HALF,
  PADDLE_WIDE,
  PADDLE_Y,
  WIDTH,
} from "./view.js";

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const TOP = 40;
const MARGIN = 10;
const PADDLE_THICKNESS = 14;
const DROPS = ["↔", "½", "+", "♥"];
const PALETTES = {
  dark: {
    paper: "#0b0e16",
    court: "#131829",
    line: "#2c3550",
    ink: "#f3f5fa",
    soft: "#8f9ab3",
    players: ["#5ad1ff", "#ffa552"],
    veil: "rgba(11, 14, 22, 0.88)",
    glow: 1,
    rows: ["#ff6a5c", "#ff9650", "#ffc44d", "#9fd65c", "#4fcf9f", "#4fb8e8", "#8f8bf0", "#d67fe0"],
  },
  light: {
    paper: "#f4f1ea",
    court: "#fffdf8",
    line: "#cfc6b4",
    ink: "#1b2130",
    soft: "#5d6371",
    players: ["#0077b6", "#b85000"],
    veil: "rgba(255, 253, 248, 0.92)",
    glow: 0.35,
    rows: ["#e04b3c", "#e2762a", "#d99a16", "#7fb03a", "#2fa57c", "#2f94c4", "#6b66d6", "#b556c0"],
  },
};

// Where each court is: beside each other, or below each other on an upright screen.
export function layCourts(screen, count) {
  const upright = screen.height > screen.width;
  const across = upright ? 1 : count;
  const down = upright ? count : 1;
  const width = (screen.width - MARGIN * (across + 1)) / across;
  const height = (screen.height - MARGIN - TOP * down) / down;
  const scale = Math.max(0.01, Math.min(width / WIDTH, height / HEIGHT));
  return Array.from({ length: count }, (_, i) => ({
    scale,
    left: MARGIN + (upright ? 0 : i) * (width + MARGIN) + (width - WIDTH * scale) / 2,
    top: TOP + (upright ? i : 0) * (height + TOP) + (height - HEIGHT * scale) / 2,
  }));
}

// scene: {screen, theme, view, places, effects: by court, now, ownSlot, names: by slot, notes: by
// slot, level(number): a text, verdicts: by status, number, title, lines}
export function draw(context, scene) {
  const { screen, view, places } = scene;
  const palette = PALETTES[scene.theme];
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  context.textBaseline = "middle";
  view?.courts.forEach((court, index) => {
    const { left, top, scale } = places[index];
    context.save();
    context.translate(left, top);
    drawHead(context, scene, palette, index, WIDTH * scale);
    context.scale(scale, scale);
    drawCourt(context, scene, palette, court, index);
    context.restore();
  });
  if (scene.title) drawPanel(context, scene, palette);
  else if (view && scene.lines.length > 0) drawHint(context, scene, palette);
}

// Who plays here on the left; level, score and lives on the right.
function drawHead(context, { view, names, notes, ownSlot, level }, palette, index, width) {
  const court = view.courts[index];
  const size = Math.max(12, Math.min(16, width / 26));
  const line = -TOP / 2 + 2;
  const pip = size * 0.32;
  context.fillStyle = palette.ink;
  for (let i = 0; i < Math.max(court.lives, 0) && i < LIVES_MAX; i++) {
    context.beginPath();
    context.arc(width - pip - i * pip * 2.8, line, pip, 0, 2 * Math.PI);
    context.fill();
  }
  const right = width - LIVES_MAX * pip * 2.8 - 4;
  context.textAlign = "right";
  context.font = `600 ${size}px ${FONT}`;
  const score = `${level(court.level + 1)}   ${court.score}`;
  context.fillText(score, right, line, width * 0.45);
  let x = 0;
  const room = (right - context.measureText(score).width - 12) / players(view, index).length;
  context.textAlign = "left";
  for (const slot of players(view, index)) {
    context.globalAlpha = view.players[slot].gone ? 0.45 : 1;
    context.fillStyle = palette.players[slot];
    tracePaddle(context, slot, x + 10, line, 10, 8);
    context.fill();
    context.fillStyle = palette.ink;
    context.font = `${slot === ownSlot ? 700 : 500} ${size}px ${FONT}`;
    const name = notes[slot] ? `${names[slot]} (${notes[slot]})` : names[slot];
    context.fillText(name, x + 26, line, room - 34);
    x += Math.min(room, 38 + context.measureText(name).width);
    context.globalAlpha = 1;
  }
}

function players(view, index) {
  return view.players.map((_, slot) => slot).filter((slot) => view.players[slot].court === index);
}

// The first player's paddle is round at its ends, the second one's is pointed.
function tracePaddle(context, slot, x, y, half, thickness) {
  const up = y - thickness / 2;
  context.beginPath();
  if (slot === 0) {
    context.roundRect(x - half, up, 2 * half, thickness, thickness / 2);
    return;
  }
  const slant = thickness * 0.7;
  context.moveTo(x - half, y);
  context.lineTo(x - half + slant, up);
  context.lineTo(x + half - slant, up);
  context.lineTo(x + half, y);
  context.lineTo(x + half - slant, up + thickness);
  context.lineTo(x - half + slant, up + thickness);
  context.closePath();
}

function drawCourt(context, scene, palette, court, index) {
  const { view, effects, now, ownSlot, verdicts, number } = scene;
  context.fillStyle = palette.court;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  drawWalls(context, palette);
  context.beginPath();
  context.rect(0, 0, WIDTH, HEIGHT);
  context.clip();
  drawBricks(context, palette, court);
  for (const { x, y, row, left } of effects[index].crumbsAt(now)) {
    context.globalAlpha = left;
    context.fillStyle = palette.rows[row];
    context.fillRect(x - 3, y - 3, 6, 6);
  }
  context.globalAlpha = 1;
  for (const drop of court.drops) drawDrop(context, palette, drop);
  for (const slot of players(view, index))
    if (slot !== ownSlot) drawPaddle(context, scene, palette, court, slot);
  if (view.players[ownSlot]?.court === index) drawPaddle(context, scene, palette, court, ownSlot);
  drawBalls(context, scene, palette, court, index);
  drawLasting(context, palette, court);
  const verdict = view.phase === "over" ? null : verdicts[court.status];
  const text = number === null ? verdict : String(number);
  if (!text) return;
  context.textAlign = "center";
  context.font = `700 ${number === null ? 44 : 130}px ${FONT}`;
  context.fillStyle = palette.ink;
  context.fillText(text, WIDTH / 2, HEIGHT * 0.6);
}

// Left, above and right: below, the ball is lost.
function drawWalls(context, palette) {
  context.strokeStyle = palette.line;
  context.lineWidth = 4;
  context.beginPath();
  context.moveTo(-2, HEIGHT);
  context.lineTo(-2, -2);
  context.lineTo(WIDTH + 2, -2);
  context.lineTo(WIDTH + 2, HEIGHT);
  context.stroke();
}

function drawBricks(context, palette, court) {
  court.bricks.forEach((hits, index) => {
    if (hits === 0) return;
    const { x, y, row } = brickAt(index);
    context.fillStyle = palette.rows[row];
    context.beginPath();
    context.roundRect(x, y, 60, 20, 4);
    context.fill();
    if (hits < 2) return;
    context.strokeStyle = palette.ink;
    context.lineWidth = 2.5;
    context.stroke();
    context.fillStyle = palette.ink; // and two rivets: it takes two hits
    for (const rivet of [10, 50]) {
      context.beginPath();
      context.arc(x + rivet, y + 10, 3, 0, 2 * Math.PI);
      context.fill();
    }
  });
}

function drawDrop(context, palette, { kind, x, y }) {
  context.fillStyle = palette.ink;
  context.beginPath();
  context.arc(x, y, 15, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = palette.court;
  context.textAlign = "center";
  context.font = `700 20px ${FONT}`;
  context.fillText(DROPS[kind] ?? "", x, y + 1);
}

function drawPaddle(context, { view, effects, now, ownSlot }, palette, court, slot) {
  const player = view.players[slot];
  if (player.gone) return;
  const half = court.wide ? PADDLE_WIDE : PADDLE_HALF;
  const lit = effects[player.court].litAfter(now);
  const y = PADDLE_Y + PADDLE_THICKNESS / 2;
  context.save();
  context.globalAlpha = player.here ? 1 : 0.35;
  context.fillStyle = palette.players[slot];
  context.shadowColor = palette.players[slot];
  context.shadowBlur = (6 + 24 * lit) * palette.glow;
  tracePaddle(context, slot, player.x, y, half, PADDLE_THICKNESS);
  context.fill();
  context.shadowBlur = 0;
  if (slot === ownSlot) {
    context.fillStyle = palette.court; // a core tells the own one from a mate's
    tracePaddle(context, slot, player.x, y, half * 0.66, 4);
    context.fill();
  }
  context.restore();
}

function drawBalls(context, { effects, now }, palette, court, index) {
  if (court.status === "lost" || court.status === "cleared") return;
  context.fillStyle = palette.ink;
  for (const tail of effects[index].follow(court.balls, now)) {
    tail.forEach(({ x, y }, i) => {
      context.globalAlpha = (0.3 * i) / tail.length;
      disc(context, x, y, BALL_RADIUS * (0.4 + (0.5 * i) / tail.length));
    });
  }
  context.globalAlpha = 1;
  for (const { x, y } of court.balls) disc(context, x, y, BALL_RADIUS);
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

// What was caught and still lasts.
function drawLasting(context, palette, court) {
  const lasting = [court.wide ? DROPS[0] : null, court.slow ? DROPS[1] : null].filter(Boolean);
  context.fillStyle = palette.soft;
  context.textAlign = "left";
  context.font = `700 22px ${FONT}`;
  context.fillText(lasting.join("  "), 12, 22);
}

function drawPanel(context, { screen, title, lines }, palette) {
  const size = Math.max(20, Math.min(34, screen.width / 14));
  const height = size * 1.6 + lines.length * 24 + 24;
  const middle = { x: screen.width / 2, y: screen.height / 2 };
  const top = middle.y - height / 2;
  context.textAlign = "center";
  context.font = `700 ${size}px ${FONT}`;
  const width = Math.min(
    screen.width - 20,
    Math.max(280, context.measureText(title).width + 2 * size),
  );
  context.fillStyle = palette.veil;
  context.beginPath();
  context.roundRect(middle.x - width / 2, top, width, height, 16);
  context.fill();
  context.fillStyle = palette.ink;
  context.fillText(title, middle.x, top + 12 + size * 0.8, width - 24);
  context.font = `500 16px ${FONT}`;
  lines.forEach((line, i) => {
    context.fillText(line, middle.x, top + 12 + size * 1.6 + (i + 0.5) * 24, width - 24);
  });
}

function drawHint(context, { view, lines, places, ownSlot }, palette) {
  const { left, top, scale } = places[view.players[ownSlot]?.court ?? 0];
  context.textAlign = "center";
  context.font = `500 15px ${FONT}`;
  context.fillStyle = palette.soft;
  lines.forEach((line, i) => {
    const y = top + HEIGHT * scale * 0.8 + i * 22;
    context.fillText(line, left + (WIDTH * scale) / 2, y, WIDTH * scale - 24);
  });
}
