// Counts the tests of one runner: `tally.mjs junit FILE` for ctest, where each program holds many
// CUnit tests or node's, `tally.mjs tap FILE` for node's runner. Prints "PASSED FAILED SKIPPED". A runner that
// left no result has failed.
import fs from 'node:fs';

const [kind, file] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';

if (kind === 'junit') {
    for (const [, attributes, inside] of text.matchAll(/<testcase ([^>]*)>(.*?)<\/testcase>/gs)) {
        const cunit = inside.match(/\btests +(\d+) +(\d+) +(\d+) +(\d+) +\d+/);
        const broke = !/status="(run|disabled|notrun)"/.test(attributes);
        const node = inside.match(/^# pass (\d+)\n# fail (\d+)/m);
        if (/status="(disabled|notrun)"/.test(attributes)) skipped++;
        else if (cunit) {
            passed += Number(cunit[3]);
            failed += Math.max(Number(cunit[4]), broke ? 1 : 0);
        } else if (node) {
            passed += Number(node[1]);
            failed += Math.max(Number(node[2]), broke ? 1 : 0);
        } else if (broke) failed++;
        else passed++;
    }
} else {
    const count = (name) => {
        const all = [...text.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))];
        return all.length === 0 ? 0 : Number(all.at(-1)[1]);
    };
    passed = count('pass');
    failed = count('fail') + count('cancelled');
    skipped = count('skipped') + count('todo');
}
if (passed + failed + skipped === 0) failed = 1;
console.log(passed, failed, skipped);
