// table.js: where things are on the screen. While the ships are laid there is one board; then there
// are two, beside each other or, on an upright phone, the sea that is shot at above and larger.
import { SIDE } from "./view.js";

const MARGIN = 12;
const TITLE_HEIGHT = 46;
const NAME_HEIGHT = 26;
const BUTTON_HEIGHT = 48;
const GAP = 18;

// boards: [{slot, left, top, cell, size}]; buttons: [{id, x, y, width, height}]
export function layTable(screen, slots, buttonIds) {
  const upright = screen.height > screen.width;
  const width = Math.max(1, screen.width - 2 * MARGIN);
  const below = buttonIds.length > 0 ? BUTTON_HEIGHT + GAP : 0;
  const height = Math.max(1, screen.height - TITLE_HEIGHT - MARGIN - below);
  const boards =
    slots.length === 1
      ? [centred(slots[0], MARGIN, TITLE_HEIGHT, width, height)]
      : upright
        ? stacked(slots, width, height)
        : sideBySide(slots, width, height);
  const last = boards.at(-1);
  const buttons = rowOfButtons(buttonIds, screen, last.top + last.size + GAP / 2);
  return { boards, buttons, titleY: TITLE_HEIGHT / 2, width: screen.width };
}

// A board in the middle of a place, its name above it.
function centred(slot, left, top, width, height) {
  const size = Math.max(SIDE, Math.min(width, height - NAME_HEIGHT, 620));
  return {
    slot,
    size,
    cell: size / SIDE,
    left: left + (width - size) / 2,
    top: top + NAME_HEIGHT + (height - NAME_HEIGHT - size) / 2,
  };
}

function sideBySide(slots, width, height) {
  const half = (width - GAP) / 2;
  return slots.map((slot, i) =>
    centred(slot, MARGIN + i * (half + GAP), TITLE_HEIGHT, half, height),
  );
}

function stacked([small, large], width, height) {
  const above = Math.min(width + NAME_HEIGHT, height * 0.62);
  return [
    centred(large, MARGIN, TITLE_HEIGHT, width, above),
    centred(small, MARGIN, TITLE_HEIGHT + above, width, height - above),
  ];
}

function rowOfButtons(ids, screen, y) {
  const gap = 10;
  const width = Math.min(150, (screen.width - 2 * MARGIN - gap * (ids.length - 1)) / ids.length);
  const left = (screen.width - ids.length * width - gap * (ids.length - 1)) / 2;
  const top = Math.min(y, screen.height - BUTTON_HEIGHT - 4);
  return ids.map((id, i) => ({
    id,
    x: left + i * (width + gap),
    y: top,
    width,
    height: BUTTON_HEIGHT,
  }));
}

// The cell of a board at a point of the screen, or null.
export function cellAt(board, x, y) {
  const column = Math.floor((x - board.left) / board.cell);
  const row = Math.floor((y - board.top) / board.cell);
  if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) return null;
  return row * SIDE + column;
}

export function buttonAt(table, x, y) {
  const hit = table.buttons.find(
    (button) =>
      x >= button.x && x < button.x + button.width && y >= button.y && y < button.y + button.height,
  );
  return hit?.id ?? null;
}
