// The unit tests in a real browser: built by Emscripten with SIMD, run in a page, counted here.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { findChromium, openPage } from './browser.mjs';

const folder = 'build/tests/page';
if (!findChromium() || !existsSync('/usr/bin/emcc')) {
    console.log('Chromium or Emscripten is missing: run tests/setup.sh');
    process.exit(77);
}
execFileSync('python3', ['tests/unit.py', '--page', folder, 'tests/toolchains/emcc_oldest.sh', '-O2', '-msimd128'],
    { stdio: 'inherit' });
writeFileSync(`${folder}/index.html`, `<!doctype html><meta charset=utf-8><title>running</title>
<script>var Module = { print: (line) => console.log(line), printErr: (line) => console.log(line),
    onExit: (status) => { document.title = 'exit ' + status; },
    onAbort: () => { document.title = 'exit by abort'; } };
    addEventListener('error', () => { document.title = 'exit by exception'; });</script>
<script src=tests.js></script>`);

const { page, messages, errors, close } = await openPage(folder, { timeout: 300000 });
await page.waitForFunction(() => document.title.startsWith('exit'));
const title = await page.title();
await close();
console.log(messages.join('\n'));
for (const error of errors.filter((text) => !text.includes('favicon'))) {
    console.log(`page error: ${error}`);
}
process.exit(title === 'exit 0' ? 0 : 1);
