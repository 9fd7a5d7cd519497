// arena.js: where things are on the screen. A wide screen shows the arena as it is; a tall one (a
// phone held upright) mirrors it along its diagonal, and the directions with it.
import { DOWN, HEIGHT, LEFT, RIGHT, UP, WIDTH } from "./view.js";

const MARGIN = 10;
const ROW_HEIGHT = 28;
const NAME_WIDTH_MIN = 168;
const MIRRORED = { [UP]: LEFT, [LEFT]: UP, [DOWN]: RIGHT, [RIGHT]: DOWN };

export class Arena {
  constructor(screen, playerCount) {
    this.upright = screen.height > screen.width;
    this.columns = Math.max(
      1,
      Math.min(playerCount, Math.floor((screen.width - 2 * MARGIN) / NAME_WIDTH_MIN)),
    );
    this.rows = Math.ceil(playerCount / this.columns);
    const above = this.rows * ROW_HEIGHT + MARGIN;
    const across = this.upright ? HEIGHT : WIDTH;
    const down = this.upright ? WIDTH : HEIGHT;
    const width = Math.max(1, screen.width - 2 * MARGIN);
    const height = Math.max(1, screen.height - above - MARGIN);
    this.cell = Math.min(width / across, height / down);
    this.width = across * this.cell;
    this.height = down * this.cell;
    this.left = (screen.width - this.width) / 2;
    this.top = above + (height - this.height) / 2;
    this.namesTop = this.top - above + MARGIN / 2;
  }

  // The middle of a cell on the screen.
  point(x, y) {
    const [right, down] = this.upright ? [y, x] : [x, y];
    return {
      x: this.left + (right + 0.5) * this.cell,
      y: this.top + (down + 0.5) * this.cell,
    };
  }

  // The upper left corner of a cell of the field, on the screen.
  corner(x, y) {
    const [right, down] = this.upright ? [y, x] : [x, y];
    return { x: this.left + right * this.cell, y: this.top + down * this.cell };
  }

  // A direction on the screen is which one of the field, and the other way round.
  direction(direction) {
    return this.upright ? MIRRORED[direction] : direction;
  }

  // Where the name of a player stands: {x, y, width}.
  nameOf(index) {
    const width = this.width / this.columns;
    return {
      x: this.left + (index % this.columns) * width,
      y: this.namesTop + (Math.floor(index / this.columns) + 0.5) * ROW_HEIGHT,
      width,
    };
  }
}
