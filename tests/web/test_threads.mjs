// The thread host (src/web/threads.js) and sync/thread.c in freestanding wasm: adding under a
// mutex, waking each other, sleeping, joining, traps, ending by force, reuse of workers, and litmus
// tests of the memory model between C threads and between C and JavaScript. In node and in
// Chromium.
//
// Also the joined JavaScript half, as it rides in the header, from a blob: and a data: address, and
// a worker script of the page's own where its Content-Security-Policy wants that.
//
//   node tests/web/test_threads.mjs [--node | --browser] [--rounds N]
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { buildWasm } from './wasm_build.mjs';
import { findChromium, openPage } from './browser.mjs';

const folder = 'build/tests/threads';
const option = (name) => process.argv.includes(name);
const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 0) || 500;
let passed = 0, failed = 0;

function count(where, { passed: good, failures }) {
    passed += good;
    failed += failures.length;
    for (const text of failures) console.log(`FAILED ${where}: ${text}`);
}

if (!existsSync('/usr/bin/clang')) {
    console.log('clang is missing: run tests/setup.sh');
    process.exit(77);
}
mkdirSync(folder, { recursive: true });
const sources = ['tests/web/thread_cases.c', 'src/sync/thread.c', 'src/sync/mutex.c',
    'src/memory/allocator.c'];
buildWasm(sources, `${folder}/threads.wasm`, { maxMemory: 16 << 20 });
buildWasm(sources, `${folder}/locals.wasm`,
    { maxMemory: 16 << 20, flags: ['-DWITH_LOCALS=1', '-ftls-model=local-exec'] });
buildWasm(sources, `${folder}/plain.wasm`, { threads: false });
writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
for (const name of readdirSync('src/web')) copyFileSync(`src/web/${name}`, `${folder}/${name}`);
const joined = execFileSync('python3', ['amalgamate.py', '--js'], { encoding: 'utf8' });
writeFileSync(`${folder}/joined.js`, joined);
writeFileSync(`${folder}/own_worker.mjs`, `import { setThreadImports } from './threads.js';
setThreadImports({ env: {} });\n`);
copyFileSync('tests/web/thread_cases.mjs', `${folder}/thread_cases.mjs`);

if (!option('--browser')) {
    const { runOneThread, runThreadCases, runViewCases, runWithoutThreads } =
        await import(new URL(`../../${folder}/thread_cases.mjs`, import.meta.url));
    const bytes = readFileSync(`${folder}/threads.wasm`);
    const otherBytes = readFileSync(`${folder}/locals.wasm`);
    const log = (text) => console.log(`node: ${text}`);
    count('node', await runThreadCases({ bytes, otherBytes, rounds, log }));
    count('node', runViewCases() ? { passed: 1, failures: [] } :
        { passed: 0, failures: ['MemoryViews'] });
    const plain = await runWithoutThreads(
        await import(new URL(`../../${folder}/threads.js`, import.meta.url)),
        readFileSync(`${folder}/plain.wasm`));
    count('node', { passed: Number(plain), failures: plain ? [] : ['without threads'] });
    const data = await import('data:text/javascript,' + encodeURIComponent(joined));
    const own = new URL(`../../${folder}/own_worker.mjs`, import.meta.url).href;
    for (const url of [undefined, own]) {
        const text = await runOneThread(data, bytes, url ? { url } : {});
        count('node', { passed: Number(!text), failures: text ? [`data: ${text}`] : [] });
    }
}
if (!option('--node')) {
    if (!findChromium()) {
        console.log('Chromium is missing: run tests/setup.sh');
        process.exit(77);
    }
    writeFileSync(`${folder}/index.html`, `<!doctype html><meta charset=utf-8><title>running</title>
<link rel=icon href="data:,"><script type=module>
import { runOneThread, runThreadCases, runViewCases, runWithoutThreads }
    from './thread_cases.mjs';
import * as web from './threads.js';
import { whyNoThreads } from './memory.js';
window.why = whyNoThreads();
const get = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
window.run = async (rounds, url) => runThreadCases({ bytes: await get('threads.wasm'), url,
    otherBytes: await get('locals.wasm'), rounds, log: (text) => console.log(text) });
window.views = runViewCases;
window.plain = async () => runWithoutThreads(web, await get('plain.wasm'));
window.one = async (options) => {
    const joined = new Blob([await get('joined.js')], { type: 'text/javascript' });
    const web = await import(URL.createObjectURL(joined));
    return runOneThread(web, await get('threads.wasm'), options);
};
document.title = 'ready';
</script>`);
    const onMessage = (text) => console.log(`Chromium: ${text}`);
    const { page, errors, close } = await openPage(folder, { timeout: 240000, onMessage });
    await page.waitForFunction(() => document.title === 'ready');
    count('Chromium', await page.evaluate((n) => window.run(n), rounds));
    count('Chromium', await page.evaluate(() => window.views()) ? { passed: 1, failures: [] } :
        { passed: 0, failures: ['MemoryViews'] });
    const text = await page.evaluate(() => window.one({}));
    count('Chromium', { passed: Number(!text), failures: text ? [`blob: ${text}`] : [] });
    // The one error is the request for a script that is not there.
    const wrong = errors.filter((text) => !/nowhere|404/.test(text));
    count('Chromium', wrong.length ? { passed: 0, failures: wrong } : { passed: 1, failures: [] });
    await close();
    // No blob: workers allowed: an error that says what to do, and that helps.
    const policy = `<meta http-equiv=Content-Security-Policy content="worker-src 'self'">`;
    writeFileSync(`${folder}/policy.html`, policy + readFileSync(`${folder}/index.html`, 'utf8'));
    const strict = await openPage(folder, { path: 'policy.html' });
    await strict.page.waitForFunction(() => document.title === 'ready');
    const refused = await strict.page.evaluate(() => window.one({}));
    const own = await strict.page.evaluate(() =>
        window.one({ url: new URL('own_worker.mjs', location.href).href }));
    await strict.close();
    count('Chromium', { passed: Number(/Content-Security-Policy/.test(refused)) + Number(!own),
        failures: [refused.includes('Policy') ? '' : `policy: ${refused}`, own].filter(Boolean) });
    // Not isolated: said in words.
    const plain = await openPage(folder, { isolated: false });
    await plain.page.waitForFunction(() => document.title === 'ready');
    const why = await plain.page.evaluate(async () =>
        [window.why, await window.run(1).then(() => '', (error) => error.message)]);
    const alone = await plain.page.evaluate(() => window.plain());
    await plain.close();
    const good = alone && why.every((text) => text.includes('Cross-Origin-Opener-Policy'));
    count('Chromium', good ? { passed: 1, failures: [] } : { passed: 0, failures: why });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
