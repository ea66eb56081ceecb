// The BJSON reader and writer in JavaScript; ends with the count.
//
//   node tests/web/test_bjson.mjs                   what the vectors do not show
//   node tests/web/test_bjson.mjs --dump FROM TO    for tests/test_vectors.py, of all FROM/*.bjson:
//                                                   TO/NAME.txt gets the meaning as JSON or "error
//                                                   offset", TO/NAME.bjson is it written again
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { growthCases } from './bjson_growth.mjs';
import { loadBjson, loadMemory } from './bjson_module.mjs';
import { readAndWrite, toText } from './bjson_text.mjs';
import { findChromium, openPage } from './browser.mjs';
import { buildWasm } from './wasm_build.mjs';

const bjson = await loadBjson();

function dump(from, to) {
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from).filter((one) => one.endsWith('.bjson'))) {
        const bytes = new Uint8Array(readFileSync(`${from}/${name}`)).slice();
        const { json, written, error, offset } = readAndWrite(bjson, bytes);
        writeFileSync(`${to}/${name.replace('.bjson', '.txt')}`, json ?? `${error} ${offset}`);
        if (written) writeFileSync(`${to}/${name}`, written);
    }
}

if (process.argv[2] === '--dump') {
    dump(process.argv[3], process.argv[4]);
    process.exit(0);
}

let passed = 0, failed = 0;

function check(what, good, detail = '') {
    if (good) passed++;
    else failed++;
    if (!good) console.log(`FAILED ${what} ${detail}`);
}

// ---- what vectors do not show: values as JavaScript has them ----

const { Elements, Reference, Time, Unsigned, array, bytes, large, open, vector, write } = bjson;

function refused(what, make, kind = Error) {
    let error = null;
    try {
        make();
    } catch (caught) {
        error = caught;
    }
    check(`${what} is refused`, error instanceof kind, String(error));
}

function again(properties, options) {
    return open(write([{ type: 0, name: 'A', properties }, { type: 1, name: 'B', properties: {} }],
        options)).id(0).properties;
}

function values() {
    const p = again({ number: 5, half: 0.5, big: 5n, list: [1, 'two', null, [true]],
        map: { x: 1, y: { z: 's' } }, ordered: new Map([['b', 1], ['a', 2]]),
        text: 'caf\u00e9 \u{1F600}', small: new Float32Array([1, 2, 3]), long: new Uint16Array(17),
        time: new Time(-1n), unsigned: new Unsigned(2n ** 64n - 1n), to: new Reference(1),
        none: new Reference(null), raw: bytes(new Uint8Array([1, 2])),
        rows: array(new Int16Array([1, 2, 3, 4]), 2) });
    check('number is f64', p.get('number') === 5 && p.shape.byKey.get('number').tag === 3);
    check('bigint is i64', p.get('big') === 5n);
    check('list', JSON.stringify(p.get('list')) === '[1,"two",null,[true]]');
    check('map', p.get('map').get('y').get('z') === 's' &&
        [...p.get('ordered').keys()].join() === 'a,b');
    check('text', p.get('text') === 'caf\u00e9 \u{1F600}');
    const small = p.get('small'), long = p.get('long');
    check('a short typed array is a vector', small instanceof Elements && small.tag === 8 &&
        small.data.join() === '1,2,3');
    check('a long one is a large array', long.tag === 0x90 && long.data.length === 17);
    check('time, u64', p.get('time').value === -1n && p.get('unsigned').value === 2n ** 64n - 1n);
    check('references', p.get('to').row === 1 && p.get('none').row === null);
    check('bytes, rows', p.get('raw').data.join() === '1,2' && p.get('rows').n === 2);
    check('absent', p.get('absent') === undefined);
    const file = open(write([{ type: 0, name: 'A', properties: { i: -3n, u: new Unsigned(7n),
        b: true, s: 'x', d: vector(new Float64Array([1, 2])) } }]));
    const record = file.id(0).properties, number = (key, i) => file.key(key).number(record, i);
    check('keys as numbers', number('i') === -3 && number('u') === 7 && number('b') === 1 &&
        number('s') === undefined && number('d', 1) === 2 && number('d', 2) === undefined &&
        number('absent') === undefined);
    check('index', file.f64[file.key('d').index(record) + 1] === 2 &&
        file.key('absent').index(record) === -1);
    const many = open(write(Array.from({ length: 3000 }, (_, row) => {
        const to = array(Uint32Array.of(row, 2999 - row), 1, 'ref');
        return { type: row % 3, name: `n${row}`, properties: { [`k${row % 7}`]: row, to } };
    })));
    check('many', [...many].every((id, row) => id.name === `n${row}` &&
        id.properties.get(`k${row % 7}`) === row &&
        id.properties.get('to').data[1] === 2999 - row));
    const nan = write([{ type: 0, name: '', properties: { a: NaN } }]);
    check('nan', new DataView(nan.buffer).getBigUint64(96, true) === 0x7FF8000000000000n);
    const view = new Uint8Array(write([]).length + 16).fill(1);
    view.set(write([]), 8);
    check('a file inside a buffer', open(view, 8, view.length - 16).idCount === 0 &&
        open(view.subarray(8, -8)).idCount === 0);
}

function refusals() {
    const one = (properties) => () => again(properties);
    const nested = (depth) => (depth ? [nested(depth - 1)] : 1);
    check('32 deep', again({ a: nested(32) }).size === 1);
    refused('33 deep', one({ a: nested(33) }), RangeError);
    refused('a reference to no row', one({ a: new Reference(2) }), RangeError);
    refused('a negative row', one({ a: new Reference(-1) }), RangeError);
    refused('a vector of 65', one({ a: vector(new Uint8Array(65)) }), TypeError);
    refused('an empty vector', one({ a: vector(new Uint8Array(0)) }), TypeError);
    refused('half a row', one({ a: array(new Uint8Array(5), 2) }), TypeError);
    refused('half a surrogate pair', one({ a: 'a\uD800' }), TypeError);
    refused('a key with a NUL', one({ 'a\0b': 1 }), TypeError);
    refused('a name of 256 bytes',
        () => write([{ type: 0, name: 'x'.repeat(256), properties: {} }]), TypeError);
    refused('a reference in meta', () => write([], { meta: { a: new Reference(0) } }));
    refused('a large array in meta', () => write([], { meta: { a: large(new Uint8Array(1)) } }),
        TypeError);
    refused('an offset not on 8', () => open(new Uint8Array(200), 4), RangeError);
    refused('a row that is not there', () => open(write([])).id(0), RangeError);
    refused('no bytes', () => open(new ArrayBuffer(0)), bjson.BjsonError);
    refused('a size beyond the buffer', () => open(write([]), 0, 1e6), RangeError);
    // Trusted, yet damaged: any answer but one from outside the file.
    const good = write([{ type: 0, name: 'A', properties: { a: 'text', b: large(new Uint8Array(64)),
        c: { d: [1] } } }]);
    let random = 1;
    for (let i = 0; i < 3000; i++) {
        const bad = new Uint8Array(good.length + 4096).fill(0xEE);
        bad.set(good);
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        bad[64 + (random >>> 8) % (good.length - 64)] = random;
        try {
            const text = toText(bjson, open(bad, 0, good.length, { trusted: true }));
            check('nothing from outside', !text.includes('\xEE\xEE') && !text.includes('7u7u'),
                text);
        } catch (error) {
            if (!(error instanceof Error)) throw error;
        }
    }
}

// ---- growing memory, in node and in Chromium, and the vectors there ----

const built = new URL('../../build/tests/bjson/', import.meta.url);

function buildModule() {
    buildWasm(['tests/web/bjson_growth.c'], 'build/tests/bjson/growth.wasm', { threads: false });
    return readFileSync(new URL('growth.wasm', built));
}

async function browser() {
    if (!findChromium()) {
        console.log('SKIPPED: no Chromium here (tests/setup.sh installs it)');
        check('CI has a browser', process.env.CI !== 'true');
        return;
    }
    const here = new URL('./', import.meta.url);
    for (const name of ['bjson_growth.mjs', 'bjson_text.mjs']) {
        copyFileSync(new URL(name, here), new URL(name, built));
    }
    copyFileSync(new URL('../../src/web/memory.js', here), new URL('memory.js', built));
    const vectors = new URL('../vectors/', import.meta.url);
    const names = readdirSync(vectors).filter((name) => name.endsWith('.bjson'));
    const files = names.map((name) => readFileSync(new URL(name, vectors)).toString('base64'));
    writeFileSync(new URL('index.html', built), '<!doctype html><link rel=icon href="data:,">');
    const { page, close } = await openPage(built.pathname);
    const { said, answers } = await page.evaluate(async (all) => {
        const bjson = await import('./web/bjson.js');
        const { MemoryViews } = await import('./memory.js');
        const { growthCases } = await import('./bjson_growth.mjs');
        const { readAndWrite } = await import('./bjson_text.mjs');
        const said = [];
        const module = await WebAssembly.compileStreaming(fetch('growth.wasm'));
        await growthCases(bjson, MemoryViews, module, (...all) => said.push(all));
        const answers = all.map((text) => {
            const { json, error, offset } = readAndWrite(bjson,
                Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
            return json ?? `${error} ${offset}`;
        });
        return { said, answers };
    }, files);
    await close();
    for (const [what, good, detail] of said) check(`Chromium: ${what}`, good, detail);
    names.forEach((name, i) => {
        const { json, error, offset } = readAndWrite(bjson,
            new Uint8Array(readFileSync(new URL(name, vectors))).slice());
        check(`Chromium: ${name} as in node`, answers[i] === (json ?? `${error} ${offset}`),
            answers[i]);
    });
}

values();
refusals();
const wasm = buildModule();
await growthCases(bjson, (await loadMemory()).MemoryViews, new WebAssembly.Module(wasm), check);
await browser();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
