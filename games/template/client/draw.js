// draw.js: one frame. It gets everything it shows and keeps nothing.
import { HEIGHT, WIDTH } from "./view.js";

const FONT = "system-ui, sans-serif";
const BAR = 48; // above the field: the scores
const PLAYER_RADIUS = 12;
const COIN_RADIUS = 7;
const AWAY_ALPHA = 0.3;

const PALETTES = {
  dark: { paper: "#0d1512", field: "#15221d", ink: "#eef5f0", coin: "#ffd24d" },
  light: { paper: "#f2f5f0", field: "#ffffff", ink: "#17211c", coin: "#c98a00" },
};
const COLOURS = [
  "#2f9fd8",
  "#e06a3b",
  "#5aa83a",
  "#c2559d",
  "#8d78d6",
  "#b08d12",
  "#22a088",
  "#d3504f",
];

// Where the field is on a screen of any size: {left, top, scale}.
export function layField(screen) {
  const scale = Math.min(screen.width / WIDTH, Math.max(1, screen.height - BAR) / HEIGHT);
  return {
    left: (screen.width - WIDTH * scale) / 2,
    top: BAR + (screen.height - BAR - HEIGHT * scale) / 2,
    scale,
  };
}

// scene: {screen, theme, view or null, ownSlot or null, names: as start.players, caption}
export function draw(context, { screen, theme, view, ownSlot, names, caption }) {
  const palette = PALETTES[theme];
  const { left, top, scale } = layField(screen);
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  context.fillStyle = palette.field;
  context.fillRect(left, top, WIDTH * scale, HEIGHT * scale);
  if (view) {
    drawScores(context, screen, view, ownSlot, names, palette);
    context.translate(left, top);
    context.scale(scale, scale);
    for (const coin of view.coins) circle(context, coin, COIN_RADIUS, palette.coin);
    view.players.forEach((player, slot) => {
      context.globalAlpha = player.here ? 1 : AWAY_ALPHA;
      circle(context, player, PLAYER_RADIUS, COLOURS[slot]);
      if (slot === ownSlot) ring(context, player, palette.ink);
    });
    context.globalAlpha = 1;
    context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  }
  write(context, caption, screen.width / 2, screen.height / 2, 28, palette.ink);
}

function drawScores(context, screen, view, ownSlot, names, palette) {
  const width = screen.width / (view.players.length + 1);
  write(context, String(view.secondsLeft), width / 2, BAR / 2, 22, palette.ink);
  view.players.forEach((player, slot) => {
    const x = width * (slot + 1.5);
    const name = names?.find((seat) => seat.slot === slot)?.name ?? "";
    const weight = slot === ownSlot ? "bold" : "normal";
    context.globalAlpha = player.here ? 1 : AWAY_ALPHA;
    write(context, String(player.score), x, BAR / 3, 18, COLOURS[slot], weight, width);
    write(context, name, x, (BAR * 3) / 4, 12, palette.ink, weight, width);
  });
  context.globalAlpha = 1;
}

function circle(context, { x, y }, radius, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function ring(context, { x, y }, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, PLAYER_RADIUS + 3, 0, 2 * Math.PI);
  context.stroke();
}

function write(context, text, x, y, size, colour, weight = "normal", width = undefined) {
  context.font = `${weight} ${size}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(text, x, y, width);
}
