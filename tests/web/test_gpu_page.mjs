// The page of the GPU examples in a real browser: every example by WebGL2 and WebGPU, switched while it
// runs, the device taken away, light and dark and as wide as a phone. Leaves a screenshot of each beside
// the page: page_10_triangle_webgl2.png and so on.
//
//   node tests/web/test_gpu_page.mjs [FOLDER]     of a built page; without one it runs `make web-examples`
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, openPage } from './browser.mjs';

const folder = process.argv[2] ?? 'build/web_examples';
let passed = 0, failed = 0;

function check(good, what, details = '') {
    good ? passed++ : failed++;
    if (!good) console.log(`FAILED ${what}\n    ${details}`);
}

if (!findChromium() || !existsSync('/usr/bin/clang')) {
    console.log('Chromium or clang is missing: run tests/setup.sh');
    process.exit(77);
}
if (!process.argv[2]) execFileSync('make', ['web-examples'], { stdio: 'inherit' });

const { page, errors, close } = await openPage(folder, { width: 900, height: 700 });
const state = () => page.textContent('#state');
const frames = () => page.evaluate(() => Number(document.documentElement.dataset.frames ?? 0));
const shot = (name) => page.screenshot({ path: join(folder, `page_${name}.png`) });

// Waits until so many more frames were drawn, or an error is shown.
async function drawn(count) {
    const before = await frames();
    await page.waitForFunction((wanted) => Number(document.documentElement.dataset.frames ?? 0) >= wanted ||
        document.querySelector('#state.error'), before + count).catch(() => {});
    check(await frames() >= before + count, `${count} frames`, await state());
}

// How many colours the canvas shows, as it stands on the page.
async function colors() {
    const bytes = await page.locator('canvas').screenshot();
    return page.evaluate(async (data) => {
        const blob = await (await fetch(`data:image/png;base64,${data}`)).blob(), bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
    }, bytes.toString('base64'));
}

const APIS = { webgl2: '3', webgpu: '4' };
for (const [api, value] of Object.entries(APIS)) {
    await page.selectOption('#api', value);
    for (const example of ['10_triangle', '11_textured_cube', '12_many', '13_compute']) {
        await page.selectOption('#example', example);
        await page.evaluate(() => { document.documentElement.dataset.frames = 0; });
        await page.dispatchEvent('#example', 'change');
        await page.waitForFunction(() => Number(document.documentElement.dataset.frames) >= 8 ||
            document.querySelector('#state.error')).catch(() => {});
        const count = await colors();
        check(count >= (example === '13_compute' ? 2 : 10), `${example} by ${api} shows something`, `${count} colours: ${await state()}`);
        check(await page.$('#state.error') === null, `${example} by ${api}: no error`, await state());
        if (example === '12_many') {
            check(/20000 draws asked, [1-9]\d? issued/.test(await state()), `${example} by ${api}: merged`, await state());
        }
        await shot(`${example}_${api}`);
    }
}

// Switched while it runs, there and back, and the device taken away.
await page.selectOption('#example', '11_textured_cube');
await page.waitForTimeout(500);
for (const value of ['3', '4', '3']) {
    await page.selectOption('#api', value);
    await drawn(3);
    check(await colors() >= 10, `switched to ${value}`, await state());
}
await page.click('#lose');
await drawn(3);
check(await colors() >= 10, 'after the loss', await state());

await page.emulateMedia({ colorScheme: 'dark' });
await page.setViewportSize({ width: 360, height: 800 });
check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'fits a phone');
await shot('phone_dark');

const unexpected = errors.filter((text) => !/context lost|CONTEXT_LOST|Device was destroyed/i.test(text));
check(unexpected.length === 0, 'nothing is reported', unexpected.join('\n    '));
await close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
