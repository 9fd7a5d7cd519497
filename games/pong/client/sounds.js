// sounds.js: the sounds of Pong, made of the kit's tones. The more returns, the higher the pitch.

const SCALE = [0, 3, 5, 7, 10, 12, 15, 17, 19, 22, 24]; // half tones, pentatonic

export function soundsOf(sound) {
  const note = (halfTones, base = 330) => base * 2 ** (halfTones / 12);
  return {
    hit(rally, pan) {
      const from = note(SCALE[Math.min(rally, SCALE.length - 1)]);
      sound.tone({ from, seconds: 0.09, volume: 0.22, pan });
    },
    wall(pan) {
      sound.tone({ from: 196, seconds: 0.06, type: "sine", volume: 0.16, pan });
    },
    point(pan) {
      sound.tone({ from: 420, to: 110, seconds: 0.35, type: "sawtooth", volume: 0.1, pan });
    },
    count(last) {
      sound.tone({
        from: last ? 880 : 440,
        seconds: last ? 0.25 : 0.1,
        type: "sine",
        volume: 0.18,
      });
    },
    end(won) {
      const notes = won ? [0, 4, 7, 12] : [7, 3, 0, -5];
      notes.forEach((halfTones, i) => {
        sound.tone({ from: note(halfTones, 392), seconds: 0.28, volume: 0.2, after: i * 0.13 });
      });
    },
  };
}
