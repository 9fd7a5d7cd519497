// sounds.js: the sounds of breakout, made of the kit's tones. The higher a row, the higher its tone.

const SCALE = [24, 22, 19, 17, 15, 12, 10, 7]; // half tones by row, pentatonic

export function soundsOf(sound) {
  const note = (halfTones, base = 220) => base * 2 ** (halfTones / 12);
  return {
    brick(row) {
      sound.tone({ from: note(SCALE[row]), seconds: 0.07, volume: 0.14 });
    },
    paddle() {
      sound.tone({ from: 260, seconds: 0.06, type: "sine" });
    },
    caught() {
      [0, 7, 12].forEach((halfTones, i) => {
        sound.tone({ from: note(halfTones, 523), seconds: 0.09, volume: 0.12, after: i * 0.06 });
      });
    },
    lost() {
      sound.tone({ from: 300, to: 70, seconds: 0.4, type: "sawtooth", volume: 0.1 });
    },
    count(last) {
      sound.tone({ from: last ? 880 : 440, seconds: last ? 0.25 : 0.1, type: "sine" });
    },
    end(won) {
      (won ? [0, 4, 7, 12] : [7, 3, 0, -5]).forEach((halfTones, i) => {
        sound.tone({ from: note(halfTones, 392), seconds: 0.28, after: i * 0.13 });
      });
    },
  };
}
