// marks.js: a shape for each player, so that nobody has to tell colours apart.

const FULL = 2 * Math.PI;

// Corners on a circle of radius 1, the first one upwards; `inner` between two: a star.
function star(corners, inner = null) {
  const count = inner === null ? corners : 2 * corners;
  return Array.from({ length: count }, (_, i) => {
    const radius = inner !== null && i % 2 === 1 ? inner : 1;
    const angle = (i / count) * FULL - FULL / 4;
    return [Math.cos(angle) * radius, Math.sin(angle) * radius];
  });
}

const turned = (points) => points.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);

// By slot; null is a disc.
const SHAPES = [
  null,
  turned(star(4)), // square
  star(3), // triangle
  star(4), // diamond
  star(4, 0.42), // star of four
  star(6), // hexagon
  star(5, 0.45), // star of five
  turned(star(4, 0.42)), // cross
];

// Adds the shape of a player to a new path, around (x, y).
export function tracePlayer(context, slot, x, y, radius) {
  const shape = SHAPES[slot % SHAPES.length];
  context.beginPath();
  if (shape === null) context.arc(x, y, radius * 0.85, 0, FULL);
  else for (const [right, down] of shape) context.lineTo(x + right * radius, y + down * radius);
  context.closePath();
}
