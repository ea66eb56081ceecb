// The ring, proven between all its parties: C in native threads and processes, C in wasm threads,
// JavaScript in workers of node and of Chromium; SPSC, MPSC, MPMC; checked records; memory that
// grows meanwhile; workers killed in mid-transfer; hostile headers. Native C meets native C only:
// node cannot map memory of another process.
//
//   node tests/web/test_ring.mjs [COUNT]     records of each pair: 100,000
//   node tests/web/test_ring.mjs --full      10,000,000
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { buildWasm } from './wasm_build.mjs';
import { findChromium, openPage } from './browser.mjs';

const folder = 'build/tests/ring', full = process.argv.includes('--full');
const count = full ? 10000000 : Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 100000);
const only = process.argv.find((word) => /^--(native|node|browser)$/.test(word))?.slice(2);
const sources = ['src/sync/ring.c', 'src/sync/ring_message.c', 'src/sync/ring_words.c',
    'src/sync/thread.c', 'src/memory/allocator.c'];
let passed = 0, failed = 0;

function add(where, { passed: good, failures }) {
    passed += good;
    failed += failures.length;
    for (const text of failures) console.log(`FAILED ${where}: ${text}`);
}

if (!existsSync('/usr/bin/clang') || !findChromium()) {
    console.log('clang or Chromium is missing: run tests/setup.sh');
    process.exit(77);
}
mkdirSync(folder, { recursive: true });
if (!only || only === 'native') {
    execFileSync('cc', ['-std=c99', '-O2', '-Wall', '-Wextra', '-Isrc', 'tests/web/ring_peer.c',
        ...sources, '-pthread', '-lrt', '-o', `${folder}/ring_peer`], { stdio: 'inherit' });
    let output = '';
    try {
        output = execFileSync(`${folder}/ring_peer`, [String(count)], { encoding: 'utf8' });
    } catch (error) {
        output = error.stdout ?? String(error);
    }
    const [, good, bad] = /(\d+) passed, (\d+) failed/.exec(output) ?? [0, 0, 1];
    console.log(output.replace(/^\d+ passed.*\n/m, '').trimEnd());
    passed += Number(good);
    failed += Number(bad);
}

buildWasm(['tests/web/ring_peer.c', ...sources], `${folder}/ring_peer.wasm`,
    { maxMemory: 64 << 20, initialMemory: 20 << 20 });
writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
for (const name of readdirSync('src/web')) copyFileSync(`src/web/${name}`, `${folder}/${name}`);
copyFileSync('tests/web/ring_cases.mjs', `${folder}/ring_cases.mjs`);

if (!only || only === 'node') {
    const { runRingCases } =
        await import(new URL(`../../${folder}/ring_cases.mjs`, import.meta.url));
    const bytes = readFileSync(`${folder}/ring_peer.wasm`);
    add('node', await runRingCases({ bytes, count, log: (text) => console.log(`node: ${text}`) }));
}
if (!only || only === 'browser') {
    writeFileSync(`${folder}/index.html`, `<!doctype html><meta charset=utf-8><title>running</title>
<link rel=icon href="data:,"><script type=module>
import { runRingCases } from './ring_cases.mjs';
window.run = async (count) => runRingCases({ count, log: (text) => console.log(text),
    bytes: new Uint8Array(await (await fetch('ring_peer.wasm')).arrayBuffer()) });
document.title = 'ready';
</script>`);
    const onMessage = (text) => console.log(`Chromium: ${text}`);
    const { page, errors, close } = await openPage(folder, { timeout: 1800000, onMessage });
    await page.waitForFunction(() => document.title === 'ready');
    add('Chromium', await page.evaluate((n) => window.run(n), count));
    add('Chromium', { passed: Number(!errors.length), failures: errors });
    await close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
