// draw.js: one frame of the court. It gets everything it shows in `scene` and keeps nothing.
import { drawNumber } from "./digits.js";
import { BALL_RADIUS, HEIGHT, WIDTH } from "./view.js";

const PADDLE_THICKNESS = 20;
const FLASH_MS = 500;
const LIT_MS = 180;
const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";

const PALETTES = {
  dark: {
    paper: "#0b0e16",
    court: "#101521",
    line: "#262e42",
    faint: "#1a2132",
    ink: "#f3f5fa",
    soft: "#8f9ab3",
    teams: ["#ff7a59", "#3fd0c9"],
    glow: 1,
    veil: "rgba(11, 14, 22, 0.92)",
  },
  light: {
    paper: "#f4f1ea",
    court: "#fffdf8",
    line: "#d9d2c3",
    faint: "#ece7db",
    ink: "#1b2130",
    soft: "#6a6f7d",
    teams: ["#d8452a", "#08807d"],
    glow: 0.45,
    veil: "rgba(255, 253, 248, 0.94)",
  },
};

// scene: {screen, theme, court, view, effects, now, ownSlot, names: [left, right], notes: [left,
// right], number, title, lines, tint: the team in whose colour the title is}
export function draw(context, scene) {
  const { screen, court, view } = scene;
  const palette = PALETTES[scene.theme];
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  drawCourt(context, scene, palette);
  drawNames(context, scene, palette);
  if (view) {
    context.save();
    context.beginPath();
    context.roundRect(court.left, court.top, court.width, court.height, 14);
    context.clip();
    drawScores(context, scene, palette);
    drawEffects(context, scene, palette);
    drawPaddles(context, scene, palette);
    if (view.phase !== "over" && view.phase !== "waiting") drawBall(context, scene, palette);
    context.restore();
  }
  if (scene.number) drawCountdown(context, scene, palette);
  if (scene.title) drawPanel(context, scene, palette);
  else if (scene.lines?.length) drawHint(context, scene, palette);
}

function drawCourt(context, { court, effects, now }, palette) {
  context.fillStyle = palette.court;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(court.left, court.top, court.width, court.height, 14);
  context.fill();
  context.stroke();
  drawFlash(context, court, effects, now, palette);
  context.fillStyle = palette.line;
  for (let i = 0; i < 23; i++) {
    const { x, y } = court.point(WIDTH / 2, ((i + 0.5) * HEIGHT) / 23);
    dot(context, x, y, Math.max(1.2, 4 * court.scale));
  }
}

// After a point the goal that was hit glows for a moment.
function drawFlash(context, court, effects, now, palette) {
  const left = 1 - (now - effects.flash.at) / FLASH_MS;
  if (left <= 0) return;
  const goal = effects.flash.team === 0 ? WIDTH : 0;
  const box = court.box(goal, HEIGHT / 2, 70, HEIGHT / 2);
  context.save();
  context.beginPath();
  context.roundRect(court.left, court.top, court.width, court.height, 14);
  context.clip();
  context.globalAlpha = left * 0.35;
  context.fillStyle = palette.teams[effects.flash.team];
  context.fillRect(box.x, box.y, box.width, box.height);
  context.restore();
}

function drawScores(context, { court, view }, palette) {
  const height = Math.min(court.width, court.height) * 0.26;
  for (const team of [0, 1]) {
    const across = court.upright ? 0.84 : 0.19; // beside the ways of countdown and verdict
    const { x, y } = court.point(WIDTH * (team === 0 ? 0.38 : 0.62), HEIGHT * across);
    context.globalAlpha = 0.32;
    drawNumber(context, view.scores[team], x, y, height, palette.teams[team], palette.line);
    context.globalAlpha = 1;
  }
}

function drawNames(context, { court, names, notes, ownSlot, screen }, palette) {
  const size = Math.max(13, Math.min(18, screen.width / 34));
  context.textBaseline = "middle";
  for (const team of [0, 1]) {
    const place = court.nameOf(team);
    const mine = ownSlot !== null && ownSlot % 2 === team;
    const note = notes[team] ? `  ${notes[team]}` : "";
    context.textAlign = "left";
    context.font = `${mine ? 700 : 500} ${size}px ${FONT}`;
    const room = (court.upright ? court.width : court.width / 2) - 40;
    const name = fitted(context, names[team], room - context.measureText(note).width);
    const nameWidth = context.measureText(name).width;
    const whole = 18 + nameWidth + context.measureText(note).width;
    const begin = { left: place.x, right: place.x - whole, center: place.x - whole / 2 }[
      place.align
    ];
    context.fillStyle = palette.teams[team]; // a disc and a square: not by colour alone
    if (team === 0) dot(context, begin + 5, place.y, 5.5);
    else context.fillRect(begin, place.y - 5, 10, 10);
    context.fillStyle = palette.ink;
    context.fillText(name, begin + 18, place.y);
    context.fillStyle = palette.soft;
    context.fillText(note, begin + 18 + nameWidth, place.y);
  }
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width)
    short = short.slice(0, -1);
  return `${short}…`;
}

function drawPaddles(context, { court, view, effects, now, ownSlot }, palette) {
  view.paddles.forEach((paddle, slot) => {
    if (paddle.gone) return;
    const back = paddle.team === 0 ? -1 : 1;
    const middle = paddle.face + (back * PADDLE_THICKNESS) / 2;
    const box = court.box(middle, paddle.y, PADDLE_THICKNESS / 2, paddle.half);
    const lit = Math.max(0, 1 - (now - effects.lit[slot]) / LIT_MS);
    context.save();
    context.globalAlpha = paddle.here ? 1 : 0.3;
    context.fillStyle = palette.teams[paddle.team];
    context.shadowColor = palette.teams[paddle.team];
    context.shadowBlur = (10 + 26 * lit) * palette.glow * (slot === ownSlot || lit ? 1 : 0.5);
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, Math.min(box.width, box.height) / 2);
    context.fill();
    if (slot === ownSlot) markOwn(context, court, middle, paddle, palette);
    context.restore();
  });
}

// A light core tells the own paddle from a mate's without relying on colour.
function markOwn(context, court, middle, paddle, palette) {
  const core = court.box(middle, paddle.y, PADDLE_THICKNESS / 8, paddle.half * 0.72);
  context.shadowBlur = 0;
  context.fillStyle = palette.court;
  context.beginPath();
  context.roundRect(core.x, core.y, core.width, core.height, Math.min(core.width, core.height) / 2);
  context.fill();
}

function drawEffects(context, { court, effects, now }, palette) {
  const trailColour =
    effects.lastHitter === null ? palette.soft : palette.teams[effects.lastHitter];
  drawTrail(context, court, effects.trailAt(now), trailColour);
  for (const { x, y, left, team } of effects.sparksAt(now)) {
    const place = court.point(x, y);
    context.globalAlpha = left;
    context.fillStyle = palette.teams[team];
    dot(context, place.x, place.y, Math.max(1, 5 * court.scale * left));
  }
  for (const { x, y, left, team } of effects.ringsAt(now)) {
    const place = court.point(x, y);
    context.globalAlpha = left;
    context.strokeStyle = palette.teams[team];
    context.lineWidth = Math.max(1, 6 * court.scale * left);
    context.beginPath();
    context.arc(place.x, place.y, (1 - left) * 220 * court.scale, 0, 2 * Math.PI);
    context.stroke();
  }
  context.globalAlpha = 1;
}

// A tail that gets thinner and fainter towards its end.
function drawTrail(context, court, dots, colour) {
  let last = null;
  context.strokeStyle = colour;
  for (const { x, y, left } of dots) {
    const place = court.point(x, y);
    if (last) {
      context.globalAlpha = 0.6 * left * left;
      context.lineWidth = Math.max(1, 2 * BALL_RADIUS * court.scale * (0.15 + 0.8 * left));
      context.beginPath();
      context.moveTo(last.x, last.y);
      context.lineTo(place.x, place.y);
      context.stroke();
    }
    last = place;
  }
}

function drawBall(context, { court, view, effects }, palette) {
  const { x, y } = court.point(view.ball.x, view.ball.y);
  const radius = Math.max(3.5, BALL_RADIUS * court.scale);
  if (view.phase !== "play") drawDirection(context, court, view.ball, palette);
  context.save();
  context.fillStyle = palette.ink;
  context.shadowColor =
    effects.lastHitter === null ? palette.ink : palette.teams[effects.lastHitter];
  context.shadowBlur = 18 * palette.glow;
  dot(context, x, y, radius);
  context.restore();
}

// Where a standing ball is about to fly.
function drawDirection(context, court, ball, palette) {
  const speed = Math.hypot(ball.vx, ball.vy) || 1;
  context.fillStyle = palette.soft;
  for (let i = 1; i <= 4; i++) {
    const way = 24 + i * 24;
    const { x, y } = court.point(
      ball.x + (ball.vx / speed) * way,
      ball.y + (ball.vy / speed) * way,
    );
    context.globalAlpha = 1 - i * 0.2;
    dot(context, x, y, Math.max(1.4, (6 - i) * court.scale));
  }
  context.globalAlpha = 1;
}

function drawCountdown(context, { court, number }, palette) {
  const height = Math.min(court.width, court.height) * 0.2;
  const x = court.left + court.width / 2;
  const y = court.top + court.height * (court.upright ? 0.36 : 0.72);
  context.fillStyle = palette.court; // the middle line stops behind it
  context.fillRect(x - height * 0.5, y - height * 0.62, height, height * 1.24);
  drawNumber(context, number, x, y, height, palette.ink, palette.faint);
}

function drawPanel(context, { court, title, lines, tint }, palette) {
  const size = Math.max(22, Math.min(44, court.width / 14));
  const small = Math.max(14, size * 0.45);
  const middle = { x: court.left + court.width / 2, y: court.top + court.height / 2 };
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `700 ${size}px ${FONT}`;
  const shown = fitted(context, title, court.width - 56);
  const widest = [context.measureText(shown).width];
  context.font = `500 ${small}px ${FONT}`;
  for (const line of lines) widest.push(context.measureText(line).width);
  const width = Math.min(court.width - 16, Math.max(...widest) + 2 * size);
  const height = size * 2 + lines.length * small * 1.7;
  context.fillStyle = palette.veil;
  context.strokeStyle = palette.line;
  context.beginPath();
  context.roundRect(middle.x - width / 2, middle.y - height / 2, width, height, 18);
  context.fill();
  context.stroke();
  context.fillStyle = tint === undefined ? palette.ink : palette.teams[tint];
  context.font = `700 ${size}px ${FONT}`;
  context.fillText(shown, middle.x, middle.y - height / 2 + size * 1.1);
  context.fillStyle = palette.soft;
  context.font = `500 ${small}px ${FONT}`;
  lines.forEach((line, i) => {
    const text = fitted(context, line, width - 24);
    context.fillText(text, middle.x, middle.y - height / 2 + size * 1.9 + (i + 0.5) * small * 1.7);
  });
}

function drawHint(context, { court, lines }, palette) {
  const size = Math.max(13, Math.min(18, court.width / 30));
  const { x, y } = { x: court.left + court.width / 2, y: court.top + court.height * 0.92 };
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `500 ${size}px ${FONT}`;
  context.fillStyle = palette.soft;
  lines.forEach((line, i) => {
    const up = (lines.length - 1 - i) * size * 1.6;
    context.fillText(fitted(context, line, court.width - 24), x, y - up);
  });
}

function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
