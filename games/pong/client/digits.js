// digits.js: numbers as a matrix of 4 x 7 dots, the scoreboard's face.

const ROWS = 7;
const COLUMNS = 4;
const SHAPES = [
  "0110 1001 1001 1001 1001 1001 0110",
  "0010 0110 0010 0010 0010 0010 0111",
  "0110 1001 0001 0010 0100 1000 1111",
  "1110 0001 0001 0110 0001 0001 1110",
  "0001 0011 0101 1001 1111 0001 0001",
  "1111 1000 1110 0001 0001 1001 0110",
  "0110 1000 1000 1110 1001 1001 0110",
  "1111 0001 0001 0010 0010 0100 0100",
  "0110 1001 1001 0110 1001 1001 0110",
  "0110 1001 1001 0111 0001 0001 0110",
].map((rows) => rows.split(" "));

// Draws `number` around (x, y), `height` tall; dots that are off are drawn in `off`.
export function drawNumber(context, number, x, y, height, on, off) {
  const digits = String(number).split("").map(Number);
  const step = height / (ROWS - 1);
  const advance = step * (COLUMNS + 1);
  const width = advance * digits.length - 2 * step;
  digits.forEach((digit, index) => {
    for (let row = 0; row < ROWS; row++) {
      for (let column = 0; column < COLUMNS; column++) {
        const lit = SHAPES[digit][row][column] === "1";
        context.fillStyle = lit ? on : off;
        context.beginPath();
        const dotX = x - width / 2 + index * advance + column * step;
        const dotY = y - height / 2 + row * step;
        context.arc(dotX, dotY, step * (lit ? 0.4 : 0.16), 0, 2 * Math.PI);
        context.fill();
      }
    }
  });
}
