// Versions of a built test game, made of its files, and an admin who brings them and puts them live.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const built = path.join(root, 'build', process.env.TEST_PRESET ?? 'dev');
const MIB = 1024 * 1024;

// Where the manifest stands: behind the head of the note (8, its bytes, 1) and its name.
const NOTE_HEAD = Buffer.from([8, 0, 0, 0, 96, 1, 0, 0, 1, 0, 0, 0]);
const MANIFEST_AT = 20; // from there
// Of struct gk_manifest, see sdk/include/gamekit/game.h.
const SCHEMA = 16;
const SCHEMA_OLDEST = 20;
const VERSION = 136;
const VERSION_BYTES = 24;

// The folder of a game as it was built: one of test-plugins, or of plugins.d.
export const bundle_of = (name, folder = 'test-plugins') => path.join(built, folder, name);

// Its archive as an admin brings it, with another version or state schema in its manifest.
export function archive_of(bundle, { version, schema } = {}) {
    const folder = fs.mkdtempSync(path.join(built, 'bundle-'));
    try {
        fs.cpSync(bundle, folder, { recursive: true });
        const file = path.join(folder, 'game.so');
        const image = fs.readFileSync(file);
        const manifest = image.indexOf(NOTE_HEAD) + MANIFEST_AT;
        assert.ok(manifest > MANIFEST_AT);
        if (version) image.fill(0, manifest + VERSION, manifest + VERSION + VERSION_BYTES);
        if (version) image.write(version, manifest + VERSION);
        if (schema) image.writeUInt32LE(schema, manifest + SCHEMA);
        if (schema) image.writeUInt32LE(schema - 1, manifest + SCHEMA_OLDEST);
        fs.writeFileSync(file, image);
        return execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', '-', '.'], {
            maxBuffer: 256 * MIB,
        });
    } finally {
        fs.rmSync(folder, { recursive: true });
    }
}

// Gives the version's sha; nobody plays it yet.
export async function bring(admin, game, archive) {
    const answer = await admin.api('POST', `/api/games/${game}/versions`, {
        body: archive,
        headers: { 'Content-Type': 'application/x-tar' },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.sha;
}

// Gives what became of it: `released` of the protocol.
export async function put_live(admin, game, sha) {
    const answer = await admin.api('POST', `/api/games/${game}/swap`, { body: { sha } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
}
