// The WebGPU executor in a real browser: scenes decided by their pixels, what the device refuses,
// a device destroyed in the middle of a frame, bundles, many draws, memory.
//
//   node tests/web/test_gpu_webgpu.mjs [SCENE]
import { findChromium, openPage } from './browser.mjs';

if (!findChromium()) {
    console.log('Chromium is missing: run tests/setup.sh');
    process.exit(77);
}
const { page, errors, close } = await openPage('.', {
    path: 'tests/web/package.json', flags: ['--js-flags=--expose-gc'], timeout: 120000,
});
const outcome = await page.evaluate(async (only) => {
    const { SCENES, scenes } = await import('/tests/web/gpu_webgpu_scenes.mjs');
    const { results } = await import('/tests/web/gpu_webgpu_page.mjs');
    if (only) for (const name of Object.keys(SCENES)) if (name !== only) delete SCENES[name];
    const count = await scenes();
    if (!only) await (await import('/tests/web/gpu_webgpu_life.mjs')).life();
    return { count, ...results() };
}, process.argv[2]);
await close();
const said = errors.filter((error) => !/404/.test(error)); // the page has no icon
for (const failure of outcome.failures) console.log(`FAILED ${failure}`);
for (const error of said) console.log(`FAILED the page says: ${error}`);
console.log(`${outcome.count} scenes`);
console.log(`${outcome.passed} passed, ${outcome.failures.length + said.length} failed`);
process.exit(outcome.failures.length + said.length ? 1 : 0);
