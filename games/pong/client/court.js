// court.js: where things are on the screen. A wide screen shows the field as it is; a tall one (a
// phone held upright) turns it, so that the own goal is at the bottom and the paddle moves sideways.
import { HEIGHT, WIDTH } from "./view.js";

const MARGIN = 12;
const NAMES_HEIGHT = 44;

export class Court {
  // `team`: whose goal is at the bottom of a tall screen.
  constructor(screen, team) {
    this.upright = screen.height > screen.width;
    this.team = team;
    const length = this.upright ? HEIGHT : WIDTH;
    const depth = this.upright ? WIDTH : HEIGHT;
    const above = NAMES_HEIGHT;
    const below = this.upright ? NAMES_HEIGHT : MARGIN;
    const width = Math.max(1, screen.width - 2 * MARGIN);
    const height = Math.max(1, screen.height - above - below);
    this.scale = Math.min(width / length, height / depth);
    this.width = length * this.scale;
    this.height = depth * this.scale;
    this.left = (screen.width - this.width) / 2;
    this.top = above + (height - this.height) / 2;
  }

  // A point of the field on the screen.
  point(x, y) {
    if (!this.upright) return { x: this.left + x * this.scale, y: this.top + y * this.scale };
    const depth = this.team === 0 ? WIDTH - x : x;
    return { x: this.left + y * this.scale, y: this.top + depth * this.scale };
  }

  // A rectangle of the field on the screen, given by its middle and its halves.
  box(x, y, halfX, halfY) {
    const middle = this.point(x, y);
    const halfWidth = (this.upright ? halfY : halfX) * this.scale;
    const halfHeight = (this.upright ? halfX : halfY) * this.scale;
    return {
      x: middle.x - halfWidth,
      y: middle.y - halfHeight,
      width: 2 * halfWidth,
      height: 2 * halfHeight,
    };
  }

  // Where along the goal line a point of the screen is.
  alongGoal(screenX, screenY) {
    return this.upright ? (screenX - this.left) / this.scale : (screenY - this.top) / this.scale;
  }

  // Where the names of a team stand: its goal's end of the court.
  nameOf(team) {
    if (this.upright) {
      const own = team === this.team;
      const y = own ? this.top + this.height + NAMES_HEIGHT / 2 : this.top - NAMES_HEIGHT / 2;
      return { x: this.left + this.width / 2, y, align: "center" };
    }
    const y = this.top - NAMES_HEIGHT / 2;
    return team === 0
      ? { x: this.left, y, align: "left" }
      : { x: this.left + this.width, y, align: "right" };
  }
}
