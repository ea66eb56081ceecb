// The demo's page in a real browser: the picture of the shipped model, files given by hand and by
// drag and drop, the table, the downloads' hashes, what is said about a bad file. Leaves
// screenshots beside the page: page_light.png, page_dark.png, page_phone.png, page_error.png.
//
//   node tests/web/test_page.mjs [FOLDER]     of a built page; without one it runs `make page`
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, openPage } from './browser.mjs';

const STEPS = ['read', 'check', 'weld', 'normals', 'write', 'reopen', 'render', 'PNG', 'all'];
const expected = JSON.parse(readFileSync(new URL('../demo_expected.json', import.meta.url)));
const model = (name) => readFileSync(new URL(`../../examples/models/${name}`, import.meta.url));
const folder = process.argv[2] ?? 'build/page';
let passed = 0, failed = 0;

function check(good, what, details = '') {
    good ? passed++ : failed++;
    if (!good) console.log(`FAILED ${what}\n    ${details}`);
}

if (!findChromium() || !existsSync('/usr/bin/clang')) {
    console.log('Chromium or clang is missing: run tests/setup.sh');
    process.exit(77);
}
if (!process.argv[2]) execFileSync('make', ['page'], { stdio: 'inherit' });

const { page, url, errors, close } = await openPage(folder, { width: 1280, height: 880 });
const requests = [];
page.on('request', (request) => requests.push(request.url()));
const shot = (name) => page.screenshot({ path: join(folder, `page_${name}.png`), fullPage: true });

// The status ends in "... ms" when a picture is shown, in "see below" when something is wrong.
async function finished(name, pattern = 'ms$') {
    await page.waitForFunction(([start, end]) => {
        const text = document.getElementById('status').textContent;
        return text.startsWith(start) && new RegExp(end).test(text);
    }, [name, pattern]);
}

async function hashOf(id) {
    const bytes = await page.evaluate(async (link) => Array.from(new Uint8Array(
        await (await fetch(document.getElementById(link).href)).arrayBuffer())), id);
    return createHash('sha256').update(Uint8Array.from(bytes)).digest('hex');
}

async function give(...files) {
    const mimeType = 'application/octet-stream';
    const list = files.map(([name, buffer]) => ({ name, mimeType, buffer }));
    await page.setInputFiles('#files', list);
}

async function drop(...files) {
    await page.evaluate((list) => {
        const data = new DataTransfer();
        for (const [name, text] of list) data.items.add(new File([text], name));
        dispatchEvent(new DragEvent('dragover', { dataTransfer: data, cancelable: true }));
        dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
    }, files);
}

// The shipped model, by itself.
await finished('gardener.glb');
const wanted = expected['gardener.glb'];
check(await hashOf('bjson') === wanted['scene.bjson'], 'scene.bjson as from the native program');
check(await hashOf('png') === wanted['scene.png'], 'scene.png as from the native program');
const size = await page.$eval('#picture',
    (image) => [image.naturalWidth, image.naturalHeight, image.alt]);
check(size[0] === 960 && size[1] === 640 && size[2].includes('gardener.glb'), 'the picture', size);
const rows = await page.$$eval('#rows tr',
    (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
check(String(rows.map(([step]) => step)) === String(STEPS), 'the steps', rows.join('; '));
check(rows.slice(0, 8).every(([, items, , milliseconds]) =>
    /^[\d,]+( → [\d,]+)? \w+$/.test(items) && /^[\d.]+$/.test(milliseconds)),
'the numbers in the table', rows.join('; '));
check(await page.$eval('#bjson', (link) => link.download) === 'scene.bjson', "the download's name");

// Light, dark, and as wide as a phone: nothing may stick out.
await page.emulateMedia({ colorScheme: 'light' });
await shot('light');
await page.emulateMedia({ colorScheme: 'dark' });
await shot('dark');
await page.setViewportSize({ width: 360, height: 800 });
await shot('phone');
check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    'fits a phone');
await page.setViewportSize({ width: 1280, height: 880 });
await page.emulateMedia({ colorScheme: 'light' });

// Several files at once: an OBJ finds the materials given with it.
await give(['gardener.mtl', model('gardener.mtl')], ['gardener.obj', model('gardener.obj')]);
await finished('gardener.obj');
check((await page.textContent('#summary')).startsWith('OBJ: 20 objects'), 'OBJ and MTL',
    await page.textContent('#summary'));

// A bad file: what, where, what to do; and then a good one again, dropped.
await give(['bad.obj', Buffer.from('v 0 0 0\nv 1 0 0\nv 0 1 x\nf 1 2 3\n')]);
await finished('Not opened', 'below');
const message = await page.innerText('#error');
const parts = ['bad.obj', 'number', 'line 3, column 7', 'Export'];
check(parts.every((part) => message.includes(part)), 'the message about a bad file', message);
check(await page.isHidden('#outcome'), 'no picture of a bad file');
await shot('error');
await drop(['note.mtl', 'newmtl a\nKd 1 0 0\n'],
    ['dropped.obj', 'mtllib note.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\n']);
await finished('dropped.obj: 1 triangle');
check(await page.isHidden('#error') && await page.isVisible('#picture'),
    'a dropped file after a bad one');

// With the keyboard alone: Tab reaches the file field first, then the button behind it.
await page.evaluate(() => document.activeElement.blur());
await page.keyboard.press('Tab');
const chooser = page.waitForEvent('filechooser');
check(await page.evaluate(() => document.activeElement.id) === 'files', 'Tab to the file field');
await page.keyboard.press('Enter');
await (await chooser).setFiles([]);
await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
await finished('gardener.glb');
check(true, 'Enter on "Shipped model"');

check(requests.every((address) => address.startsWith(url) || /^(blob|data):/.test(address)),
    'no request to anywhere else', requests.join(' '));
check(!errors.length, 'no errors in the console', errors.join('\n'));
await close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
