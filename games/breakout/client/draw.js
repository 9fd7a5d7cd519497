// draw.js: one frame of the courts. It gets everything it shows and keeps nothing.
import { COLUMNS, HEIGHT, PADDLE_Y, WIDTH } from "./view.js";

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const TOP = 40;
const MARGIN = 10;
const ROWS = [
  "#ff6a5c",
  "#ff9650",
  "#ffc44d",
  "#9fd65c",
  "#4fcf9f",
  "#4fb8e8",
  "#8f8bf0",
  "#d67fe0",
];
const DROPS = ["↔", "½", "+", "♥"];
const PALETTES = {
  dark: {
    paper: "#0b0e16",
    court: "#13182a",
    ink: "#f3f5fa",
    soft: "#8f9ab3",
    own: "#5ad1ff",
    veil: "rgba(11,14,22,.85)",
  },
  light: {
    paper: "#f4f1ea",
    court: "#fffdf8",
    ink: "#1b2130",
    soft: "#6a6f7d",
    own: "#0077b6",
    veil: "rgba(255,253,248,.9)",
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

export function draw(context, { screen, theme, view, places, ownSlot, names, texts, caption }) {
  const palette = PALETTES[theme];
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  context.textBaseline = "middle";
  view?.courts.forEach((court, i) => {
    const { left, top, scale } = places[i];
    const here = names.filter(({ slot }) => view.players[slot]?.court === i);
    context.save();
    context.translate(left, top);
    context.font = `600 14px ${FONT}`;
    context.textAlign = "left";
    context.fillStyle = palette.ink;
    context.fillText(here.map(({ name }) => name).join(" + "), 0, -18, WIDTH * scale * 0.5);
    context.textAlign = "right";
    const score = `${texts.level(court.level + 1, court.score)}  ${"●".repeat(court.lives)}`;
    context.fillText(score, WIDTH * scale, -18, WIDTH * scale * 0.48);
    context.scale(scale, scale);
    drawCourt(context, court, view, i, ownSlot, palette, texts);
    context.restore();
  });
  if (!caption.title) return;
  const middle = { x: screen.width / 2, y: screen.height / 2 };
  context.textAlign = "center";
  context.fillStyle = palette.veil;
  const width = Math.min(360, screen.width - 20);
  context.beginPath();
  context.roundRect(middle.x - width / 2, middle.y - 42, width, 84, 14);
  context.fill();
  context.fillStyle = palette.ink;
  context.font = `700 28px ${FONT}`;
  context.fillText(caption.title, middle.x, middle.y - 12, width - 20);
  context.font = `500 15px ${FONT}`;
  context.fillText(caption.line, middle.x, middle.y + 22, width - 20);
}

function drawCourt(context, court, view, index, ownSlot, palette, texts) {
  context.fillStyle = palette.court;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.beginPath();
  context.rect(0, 0, WIDTH, HEIGHT);
  context.clip();
  court.bricks.forEach((hits, n) => {
    if (hits === 0) return;
    const x = 16 + (n % COLUMNS) * 64;
    const row = Math.floor(n / COLUMNS);
    context.fillStyle = ROWS[row];
    context.beginPath();
    context.roundRect(x + 2, 60 + row * 24 + 2, 60, 20, 4);
    context.fill();
    if (hits < 2) return;
    context.strokeStyle = palette.ink;
    context.lineWidth = 3;
    context.stroke();
  });
  context.textAlign = "center";
  context.font = `700 20px ${FONT}`;
  for (const { kind, x, y } of court.drops) {
    context.fillStyle = palette.ink;
    context.beginPath();
    context.arc(x, y, 14, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = palette.court;
    context.fillText(DROPS[kind], x, y + 1);
  }
  const half = court.wide ? 88 : 56;
  view.players.forEach((player, slot) => {
    if (player.court !== index || player.gone) return;
    context.fillStyle = slot === ownSlot ? palette.own : palette.soft;
    context.beginPath();
    context.roundRect(player.x - half, PADDLE_Y, 2 * half, 14, 7);
    context.fill();
  });
  context.fillStyle = palette.ink;
  for (const { x, y } of court.balls) {
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.fill();
  }
  if (court.status !== "cleared" && court.status !== "lost") return;
  context.font = `700 44px ${FONT}`;
  context.fillText(texts[court.status], WIDTH / 2, HEIGHT * 0.7);
}
