// draw.js: one frame of the table. It gets everything it shows in `scene` and keeps nothing.
import { cellsOf } from "./fleet.js";
import { CELLS, HIT, LENGTHS, MISS, SIDE, SUNK } from "./view.js";
import { cellName } from "./words.js";

const FONT = "system-ui, 'Segoe UI', Roboto, sans-serif";
const SPLASH_MS = 650;
const FLEET_CELL = 6;
const FLEET_GAP = 6;
const FLEET_WIDTH =
  LENGTHS.reduce((sum, length) => sum + length * FLEET_CELL + FLEET_GAP, 0) - FLEET_GAP;
const HURRY_SECONDS = 20; // from here on they are shown as a number

const PALETTES = {
  dark: {
    paper: "#0b0e16",
    sea: "#0e2236",
    grid: "#1d3b58",
    ship: "#7f8fa6",
    shipEdge: "#b9c5d6",
    wrong: "#b4443a",
    hit: "#ff6a4d",
    sunk: "#7c1f1f",
    miss: "#6f9cc4",
    ink: "#f3f5fa",
    soft: "#8f9ab3",
    focus: "#ffe14d",
    button: "#1b2536",
    primary: "#d9f24b",
    onPrimary: "#14190a",
  },
  light: {
    paper: "#f4f1ea",
    sea: "#dcebf5",
    grid: "#b5d0e3",
    ship: "#64748b",
    shipEdge: "#334155",
    wrong: "#d64536",
    hit: "#d8452a",
    sunk: "#8c1c13",
    miss: "#5b8bb3",
    ink: "#1b2130",
    soft: "#5d6371",
    focus: "#b35c00",
    button: "#e4dfd3",
    primary: "#1d5b45",
    onPrimary: "#ffffff",
  },
};

// scene: {screen, theme, table, view, title, names: by slot, fleet: while it is laid or null, wrong:
// numbers of ships, held: number of a ship or null, cursor: {slot, cell} or null, hover: the same,
// secondsLeft: of this turn or null, of turnSeconds; splash: {slot, cell, at} or null, now,
// reducedMotion, labels: of the buttons, disabled: ids}
export function draw(context, scene) {
  const { screen, table, view } = scene;
  const palette = PALETTES[scene.theme];
  context.setTransform(screen.ratio, 0, 0, screen.ratio, 0, 0);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, screen.width, screen.height);
  context.textBaseline = "middle";
  drawTitle(context, scene, palette);
  if (view) for (const board of table.boards) drawBoard(context, scene, palette, board);
  for (const button of table.buttons) drawButton(context, scene, palette, button);
}

// What to do, and how long there is for it: a bar below, and the seconds when they are few.
function drawTitle(context, { table, title, secondsLeft, turnSeconds, labels }, palette) {
  const hurry = secondsLeft !== null && secondsLeft <= HURRY_SECONDS;
  const text = hurry ? `${title} · ${labels.seconds(Math.ceil(secondsLeft))}` : title;
  context.textAlign = "center";
  context.fillStyle = palette.ink;
  context.font = `700 ${table.width < 480 ? 17 : 19}px ${FONT}`;
  context.fillText(fitted(context, text, table.width - 24), table.width / 2, table.titleY);
  if (secondsLeft === null) return;
  const width = Math.min(280, table.width - 48);
  const left = (table.width - width) / 2;
  const y = table.titleY + 15;
  context.fillStyle = palette.grid;
  bar(context, left, y, width);
  context.fillStyle = hurry ? palette.hit : palette.shipEdge;
  bar(context, left, y, Math.max(4, (width * secondsLeft) / turnSeconds));
}

function bar(context, x, y, width) {
  context.beginPath();
  context.roundRect(x, y, width, 4, 2);
  context.fill();
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width)
    short = short.slice(0, -1);
  return `${short}…`;
}

function drawBoard(context, scene, palette, board) {
  const { view, names, fleet, now } = scene;
  const player = view.players[board.slot];
  context.textAlign = "left";
  context.font = `${view.turn !== null && view.turn !== board.slot ? 700 : 500} 14px ${FONT}`;
  context.fillStyle = palette.ink;
  const name = fitted(context, names[board.slot], board.size - FLEET_WIDTH - 12);
  context.fillText(name, board.left, board.top - 13);
  drawFleet(context, palette, board, player);
  drawSea(context, palette, board);
  const ships = fleet && scene.fleetSlot === board.slot ? fleet : player.ships;
  ships.forEach((place, ship) => {
    if (place) drawShip(context, scene, palette, board, ship, place);
  });
  for (let cell = 0; cell < CELLS; cell++)
    drawShot(context, palette, board, cell, player.cells[cell]);
  drawSplash(context, scene, palette, board, now);
  for (const [mark, width] of [
    [scene.hover, 2],
    [scene.cursor, 3],
  ])
    if (mark?.slot === board.slot) outline(context, palette, board, mark.cell, width);
}

// Which ships still swim: a bar for each; of a sunk one the outline, crossed out.
function drawFleet(context, palette, board, player) {
  let x = board.left + board.size - FLEET_WIDTH;
  const y = board.top - 17;
  context.lineWidth = 1.5;
  LENGTHS.forEach((length, ship) => {
    const place = player.ships[ship];
    const sunk = place !== null && player.cells[place.first] === SUNK;
    const width = length * FLEET_CELL;
    context.fillStyle = palette.ship;
    context.strokeStyle = sunk ? palette.hit : palette.shipEdge;
    context.beginPath();
    context.roundRect(x, y, width, 8, 4);
    if (!sunk) context.fill();
    if (sunk) {
      context.moveTo(x - 2, y + 10);
      context.lineTo(x + width + 2, y - 2);
    }
    context.stroke();
    x += width + FLEET_GAP;
  });
}

function drawSea(context, palette, board) {
  context.fillStyle = palette.sea;
  context.fillRect(board.left, board.top, board.size, board.size);
  context.strokeStyle = palette.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i <= SIDE; i++) {
    const at = i * board.cell;
    context.moveTo(board.left + at, board.top);
    context.lineTo(board.left + at, board.top + board.size);
    context.moveTo(board.left, board.top + at);
    context.lineTo(board.left + board.size, board.top + at);
  }
  context.stroke();
  context.fillStyle = palette.soft;
  context.globalAlpha = 0.75;
  context.textAlign = "left";
  context.font = `500 ${Math.max(8, Math.min(12, board.cell * 0.28))}px ${FONT}`;
  for (let i = 0; i < SIDE; i++) {
    const row = { x: board.left + 3, y: board.top + i * board.cell + board.cell * 0.2 };
    if (i > 0) context.fillText(String(i + 1), row.x, row.y);
    context.fillText(
      cellName(i).slice(0, i > 0 ? 1 : 2),
      board.left + i * board.cell + 3,
      board.top + board.cell * 0.2,
    );
  }
  context.globalAlpha = 1;
}

function place(board, cell) {
  return {
    x: board.left + (cell % SIDE) * board.cell,
    y: board.top + Math.floor(cell / SIDE) * board.cell,
  };
}

function drawShip(context, scene, palette, board, ship, at) {
  const cells = cellsOf(ship, at);
  const begin = place(board, cells[0]);
  const end = place(board, cells.at(-1));
  const inset = board.cell * 0.12;
  const lying = scene.fleet !== null && scene.fleetSlot === board.slot;
  context.fillStyle = lying && scene.wrong.includes(ship) ? palette.wrong : palette.ship;
  context.strokeStyle = lying && scene.held === ship ? palette.focus : palette.shipEdge;
  context.lineWidth = lying && scene.held === ship ? 3 : 1.5;
  context.beginPath();
  context.roundRect(
    begin.x + inset,
    begin.y + inset,
    end.x - begin.x + board.cell - 2 * inset,
    end.y - begin.y + board.cell - 2 * inset,
    board.cell * 0.36,
  );
  context.fill();
  context.stroke();
}

// Told apart by shape, not by colour alone: a dot, a cross, a cross on a dark ground.
function drawShot(context, palette, board, cell, known) {
  if (known !== MISS && known !== HIT && known !== SUNK) return;
  const { x, y } = place(board, cell);
  const middle = board.cell / 2;
  if (known === MISS) {
    context.fillStyle = palette.miss;
    context.beginPath();
    context.arc(x + middle, y + middle, board.cell * 0.13, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  if (known === SUNK) {
    context.fillStyle = palette.sunk;
    context.fillRect(x + 1, y + 1, board.cell - 2, board.cell - 2);
  }
  const arm = board.cell * 0.26;
  context.strokeStyle = palette.hit;
  context.lineWidth = Math.max(2, board.cell * 0.11);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(x + middle - arm, y + middle - arm);
  context.lineTo(x + middle + arm, y + middle + arm);
  context.moveTo(x + middle + arm, y + middle - arm);
  context.lineTo(x + middle - arm, y + middle + arm);
  context.stroke();
}

function drawSplash(context, { splash, reducedMotion }, palette, board, now) {
  if (!splash || splash.slot !== board.slot) return;
  const left = 1 - (now - splash.at) / SPLASH_MS;
  if (reducedMotion || left <= 0) {
    outline(context, palette, board, splash.cell, 1.5);
    return;
  }
  const { x, y } = place(board, splash.cell);
  context.globalAlpha = left;
  context.strokeStyle = splash.success === MISS ? palette.miss : palette.hit;
  context.lineWidth = 3;
  context.beginPath();
  const radius = board.cell * (0.4 + (1 - left) * 1.2);
  context.arc(x + board.cell / 2, y + board.cell / 2, radius, 0, 2 * Math.PI);
  context.stroke();
  context.globalAlpha = 1;
}

function outline(context, palette, board, cell, width) {
  const { x, y } = place(board, cell);
  context.strokeStyle = palette.focus;
  context.lineWidth = width;
  context.strokeRect(x + 1, y + 1, board.cell - 2, board.cell - 2);
}

function drawButton(context, { labels, disabled }, palette, button) {
  const primary = button.id === "ready";
  context.globalAlpha = disabled.includes(button.id) ? 0.45 : 1;
  context.fillStyle = primary ? palette.primary : palette.button;
  context.beginPath();
  context.roundRect(button.x, button.y, button.width, button.height, 14);
  context.fill();
  context.fillStyle = primary ? palette.onPrimary : palette.ink;
  context.textAlign = "center";
  context.font = `600 15px ${FONT}`;
  context.fillText(
    fitted(context, labels[button.id], button.width - 12),
    button.x + button.width / 2,
    button.y + button.height / 2,
  );
  context.globalAlpha = 1;
}
