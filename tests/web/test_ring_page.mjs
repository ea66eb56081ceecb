// The ring's page in a real browser: a million records from C to JavaScript and back the other way,
// stopping half way, the keyboard alone, light and dark and as wide as a phone, and what is said
// where the page is not cross-origin isolated. Leaves screenshots beside the page: page_light.png,
// page_dark.png, page_phone.png, page_error.png.
//
//   node tests/web/test_ring_page.mjs [FOLDER]     of a built page; without one it runs `make ring`
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, openPage } from './browser.mjs';

const folder = process.argv[2] ?? 'build/ring';
let passed = 0, failed = 0;

function check(good, what, details = '') {
    good ? passed++ : failed++;
    if (!good) console.log(`FAILED ${what}\n    ${details}`);
}

if (!findChromium() || !existsSync('/usr/bin/clang')) {
    console.log('Chromium or clang is missing: run tests/setup.sh');
    process.exit(77);
}
if (!process.argv[2]) execFileSync('make', ['ring'], { stdio: 'inherit' });

const { page, errors, close } = await openPage(folder, { width: 900, height: 640 });
const text = (id) => page.textContent(`#${id}`);
const shot = (name) => page.screenshot({ path: join(folder, `page_${name}.png`), fullPage: true });
const says = (start) => page.waitForFunction((wanted) =>
    document.getElementById('status').textContent.startsWith(wanted), start);

// A million records, each way.
await says('Ready');
for (const [direction, first] of [['c', 'C'], ['js', 'JavaScript']]) {
    await page.check(`input[value=${direction}]`);
    check((await page.textContent('#from b')) === first, 'the arrow follows the direction');
    await page.click('#start');
    await says('1,000,000 records, none lost, none wrong');
    check(await text('received') === '1,000,000' && await text('wrong') === '0', 'the figures',
        `${await text('received')} ${await text('wrong')}`);
    const rate = /^([\d.]+) M\/s$/.exec(await text('rate'));
    check(rate && Number(rate[1]) > 0.05, 'a rate', await text('rate'));
    check(await page.$eval('#progress', (bar) => bar.value) === 1, 'the bar is full');
    console.log(`${first} first: ${await text('rate')}, ${await text('time')}`);
}

await page.emulateMedia({ colorScheme: 'light' });
await shot('light');
await page.emulateMedia({ colorScheme: 'dark' });
await shot('dark');
await page.setViewportSize({ width: 360, height: 800 });
await shot('phone');
check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    'fits a phone');
await page.setViewportSize({ width: 900, height: 640 });
await page.emulateMedia({ colorScheme: 'light' });

// Far too many, and stop.
await page.fill('#count', '2000000000');
await page.click('#start');
await says('Running');
await page.waitForFunction(() => document.getElementById('progress').value > 0);
check(await page.isDisabled('#start') && await page.isEnabled('#stop'), 'buttons while it runs');
await page.click('#stop');
await says('Stopped after');
check((await text('status')).includes('the ring was closed') && await text('wrong') === '0' &&
    await page.isHidden('#error'), 'a clean end half way', await text('status'));

// With the keyboard alone, and a number that is not allowed.
await page.fill('#count', '5000');
await page.focus('#count');
await page.keyboard.press('Tab');
check(await page.evaluate(() => document.activeElement.id) === 'start', 'Tab to Start');
await page.keyboard.press('Enter');
await says('5,000 records');
await page.fill('#count', '0');
await page.click('#start');
check((await text('status')).startsWith('5,000'), 'zero records are refused');
check(!errors.length, 'no errors in the console', errors.join('\n'));
await close();

// Without isolation: says what to do.
const plain = await openPage(folder, { isolated: false, width: 900, height: 640 });
await plain.page.waitForSelector('#error:not([hidden])');
const why = await plain.page.innerText('#error');
check(why.includes('Cross-Origin-Opener-Policy: same-origin') &&
    await plain.page.isDisabled('#start'), 'the message about isolation', why);
await plain.page.screenshot({ path: join(folder, 'page_error.png'), fullPage: true });
check(!plain.errors.length, 'no errors in that console', plain.errors.join('\n'));
await plain.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
