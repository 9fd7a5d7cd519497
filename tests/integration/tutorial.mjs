// docs/games/tutorial.md as data, for the tests that follow it where sdk/tests/tutorial.sh cannot: on a
// platform and in a browser. What its boxes mean is said there; a quote (">") is what a page shows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { program } from './harness.mjs';

const document = path.resolve(import.meta.dirname, '../../docs/games/tutorial.md');
const COMMAND_MS = 120_000; // on a busy machine
const START = '## 2. '; // before it the tool is installed, which the build has done

// The steps from part 2 on: {kind, text}, kind being what stands behind ```, or "quote".
export function tutorial_steps() {
    const text = fs.readFileSync(document, 'utf8');
    const box = /^```(.+)\n((?:.*\n)*?)```$|^((?:> .*\n)+)/gm;
    const steps = [...text.slice(text.indexOf(START)).matchAll(box)].map(
        ([, kind, inside, quote]) =>
            quote
                ? { kind: 'quote', text: quote.replace(/^> /gm, '').replaceAll('\n', ' ') }
                : { kind, text: inside },
    );
    assert.ok(steps.length > 20, 'the tutorial has boxes');
    return steps;
}

export const commands_of = ({ text }) =>
    text.split('\n').flatMap((line) => (line.startsWith('$ ') ? [line.slice(2)] : []));

// The words of a quote that the page shows, in their order, and whether the reader presses them.
export const words_of = ({ text }) =>
    [...text.matchAll(/(Press )?\*\*(.+?)\*\*/g)].map(([, press, word]) => ({
        word,
        is_pressed: press !== undefined,
    }));

// Somebody at home, with the tool in his PATH and a platform at ~/transcendence.
export class Author {
    constructor() {
        this.home = fs.mkdtempSync(path.join(os.tmpdir(), 'transcendence-author-'));
        this.plugins = path.join(this.home, 'transcendence/plugins.d');
        fs.mkdirSync(this.plugins, { recursive: true });
        const tools = path.dirname(program);
        this.environment = {
            ...process.env,
            HOME: this.home,
            PATH: `${tools}${path.delimiter}${process.env.PATH}`,
            DISPLAY: '',
            WAYLAND_DISPLAY: '',
        };
        this.folder = this.home; // where the last command has left the shell
    }

    // Does what the step says; a step of another kind, nothing.
    follow(step) {
        if (step.kind === 'diff') this.#run(['patch', '-p0', '--fuzz=0'], step.text);
        if (!['console', 'console platform'].includes(step.kind)) return;
        const commands = commands_of(step);
        if (commands.some((command) => /^gamekit (fuzz|bench|replay)|^c(make|test) /.test(command)))
            return; // sdk/tests/tutorial.sh
        const said = this.#run(['bash', '-ec', [...commands, 'echo; pwd'].join('\n')]);
        this.folder = said.trimEnd().split('\n').at(-1);
    }

    #run([command, ...words], input = '') {
        const { folder: cwd, environment: env } = this;
        return execFileSync(command, words, {
            cwd,
            env,
            input,
            encoding: 'utf8',
            timeout: COMMAND_MS,
        });
    }

    leave() {
        fs.rmSync(this.home, { recursive: true, force: true });
    }
}
