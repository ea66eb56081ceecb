// The GPU back-end of browsers, both executors: scenes of gpu_scenes.c drawn by Chromium and looked
// at pixel by pixel; what a device refuses; how few calls many draws take; loss in the middle of a
// frame; a worker that draws while the page stands still; no garbage.
//
//   node tests/web/test_gpu.mjs [webgl2|webgpu [PART]]     without: both, all parts
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { findChromium, openPage } from './browser.mjs';
import { buildWasm } from './wasm_build.mjs';

let passed = 0, failed = 0;
function check(good, what, details = '') {
    good ? passed++ : failed++;
    if (!good) console.log(`FAILED ${what}\n    ${details}`);
}

if (!findChromium() || !existsSync('/usr/bin/clang')) {
    console.log('Chromium or clang is missing: run tests/setup.sh');
    process.exit(77);
}

const APIS = { webgl2: 3, webgpu: 4 };
const wanted = process.argv[2] ? [process.argv[2]] : Object.keys(APIS);
const folder = 'build/gpu';
mkdirSync(folder, { recursive: true });
const sources = ['tests/web/gpu_scenes.c', 'src/memory/allocator.c',
    ...['gpu', 'gpu_pass', 'gpu_pipeline', 'gpu_resource', 'gpu_web', 'shader', 'shader_glsl']
        .map((name) => `src/gpu/${name}.c`)];
const flags = ['-Wno-missing-field-initializers'];
buildWasm(sources, `${folder}/gpu_scenes.wasm`, { threads: false, flags });
buildWasm(sources, `${folder}/gpu_shared.wasm`, { flags });
const common = existsSync('tests/gpu/scenes.h') ? readdirSync('tests/gpu')
    .filter((name) => /^scene.*\.c$/.test(name)).map((name) => `tests/gpu/${name}`) : [];
buildWasm(['tests/web/gpu_common.c', ...common, ...sources.slice(1)], `${folder}/gpu_common.wasm`,
    { threads: false, flags });
writeFileSync(`${folder}/index.html`, `<!doctype html><meta charset=utf-8><title>gpu</title>
<link rel=icon href="data:,"><canvas id=a width=64 height=64></canvas>
<script type=module>
import { Scenes } from '../../tests/web/gpu_run.js';
window.Scenes = Scenes;
document.title = 'ready';
</script>`);

// ---- what the scenes show ----
// By name: [x, y, the four bytes], or a function of the bytes that gives what is wrong, or ''.

const points = {
    'triangle on the surface': [[2, 2, 255, 128, 64, 255], [60, 60, 0, 0, 0, 255],
        [2, 58, 255, 128, 64, 255], [58, 2, 255, 128, 64, 255], [40, 40, 0, 0, 0, 255]],
    'depth, indices': [[2, 62, 255, 0, 0, 255], [32, 32, 255, 0, 0, 255], [46, 18, 255, 0, 0, 255],
        [60, 2, 0, 255, 0, 255], [60, 44, 0, 255, 0, 255], [2, 2, 0, 0, 0, 255]],
    'mip levels': [[2, 2, 60, 60, 60, 60], [2, 20, 120, 120, 120, 120],
        [2, 40, 180, 180, 180, 180], [2, 60, 240, 240, 240, 240],
        [60, 20, 100, 100, 100, 100], [60, 40, 100, 100, 100, 100], [60, 60, 100, 100, 100, 100]],
    'blending': [[2, 2, 128, 0, 128, 192, 1], [60, 2, 128, 64, 255, 255, 1],
        [2, 60, 0, 255, 255, 255], [60, 60, 0, 0, 255, 255]],
    'instances': [[2, 2, 0, 0, 51, 255], [60, 2, 255, 0, 51, 255], [2, 60, 0, 255, 51, 255],
        [60, 60, 255, 255, 51, 255]],
    'viewport and scissor': [[8, 4, 255, 0, 0, 255], [23, 27, 255, 0, 0, 255], [7, 4, 0, 0, 0, 255],
        [8, 3, 0, 0, 0, 255], [24, 27, 0, 0, 0, 255], [23, 28, 0, 0, 0, 255],
        [32, 40, 0, 255, 0, 255], [47, 47, 0, 255, 0, 255], [31, 40, 0, 0, 0, 255],
        [32, 39, 0, 0, 0, 255], [48, 47, 0, 0, 0, 255], [47, 48, 0, 0, 0, 255]],
    'four samples': [[31, 2, 255, 255, 255, 255], [33, 2, 0, 0, 0, 0],
        [32, 2, 128, 128, 128, 128, 66], [32, 40, 0, 0, 0, 0]],
    'a target sampled': [[2, 2, 255, 0, 0, 255], [60, 30, 255, 0, 0, 255], [2, 34, 0, 255, 0, 255],
        [60, 60, 0, 255, 0, 255]],
    'cube map': [0, 1, 2, 3, 4, 5].map((i) => [Math.floor(10.67 * i + 5), 9, 40 * i, 40 * i + 10,
        40 * i + 20, 40 * i + 30]),
    'stencil': [[2, 2, 0, 255, 255, 255], [60, 2, 0, 0, 0, 0], [2, 60, 0, 0, 0, 0],
        [60, 60, 255, 0, 255, 255]],
    'material, instance buffer': [[8, 8, 128, 0, 0, 255, 1], [24, 8, 0, 128, 0, 255, 1],
        [8, 56, 0, 0, 128, 255, 1], [24, 56, 128, 128, 0, 255, 1], [40, 8, 0, 0, 0, 255],
        [8, 32, 0, 0, 0, 255]],
    'kinds of textures': [[2, 2, 255, 30, 0, 255], [60, 2, 255, 30, 255, 255],
        [2, 60, 0, 30, 0, 255], [60, 60, 0, 30, 255, 255]],
};
points['triangle on a texture'] = points['triangle on the surface'];

function pixelsWrong(bytes, list, width) {
    return list.map(([x, y, r, g, b, a, near = 0]) => {
        const at = 4 * (y * width + x), got = [...bytes.slice(at, at + 4)];
        return [r, g, b, a].every((value, i) => Math.abs(value - got[i]) <= near) ? '' :
            `(${x}, ${y}) is ${got}, not ${[r, g, b, a]}`;
    }).filter(Boolean).join('; ');
}

const special = {
    '5000 draws': (bytes) => {
        for (let i = 0; i < 5000; i++) {
            const want = [i & 255, i >> 8, i % 7, 255];
            if (want.some((value, k) => bytes[4 * i + k] !== value)) {
                return `object ${i} is ${bytes.slice(4 * i, 4 * i + 4)}, not ${want}`;
            }
        }
        return '';
    },
    'a buffer read': (bytes) => {
        const words = new Uint32Array(bytes.buffer);
        const want = (i) => i < 4 ? 0 : i >= 8 && i < 12 ? 992 + i : i < 36 ? 3 * (i - 4) : 0;
        const wrong = [...words].findIndex((word, i) => word !== want(i));
        return words.length !== 64 || wrong >= 0 ? `word ${wrong} is ${words[wrong]}` : '';
    },
    'integers': (bytes) => {
        const words = new Uint32Array(bytes.buffer);
        for (let i = 0; i < 4096; i++) {
            const want = [0xF0000000 + i, 7, 0xFFFFFFFF, i >> 6];
            if (want.some((value, k) => words[4 * i + k] !== value)) {
                return `pixel ${i} is ${words.slice(4 * i, 4 * i + 4)}, not ${want}`;
            }
        }
        return '';
    },
    'two targets': (bytes) => {
        const halves = new Uint16Array(bytes.buffer);
        const want = [0x2E66, 0xC000, 0x7BFF, 0x00A8];
        const good = want.every((value, i) => halves[400 + i] === value);
        return halves.length === 4 * 4096 && good ? '' :
            `halves are ${[...halves.slice(400, 404)].map((half) => half.toString(16))}`;
    },
};

// ---- on the page ----

async function scenesOf(name, options = {}) {
    const opened = await openPage('.', { path: `${folder}/index.html`, isolated: true,
        flags: ['--js-flags=--expose-gc', '--enable-precise-memory-info'], ...options.page });
    await opened.page.waitForFunction(() => document.title === 'ready');
    const status = await opened.page.evaluate(async ([api, more, url, samples]) => {
        const options = { canvas: document.getElementById('a'), webgl2: { check: true, ...more } };
        window.scenes = await Scenes.load(url, options);
        return scenes.open(api, 0, samples);
    }, [APIS[name], options.webgl2 ?? {}, options.url ?? 'gpu_scenes.wasm', options.samples ?? 1]);
    check(status === 1, `${name}: opens`, `status ${status} ${await opened.page.evaluate(
        () => scenes.messages())}`);
    return opened;
}
const bytesOf = async (page, other = false) => {
    const list = await page.evaluate(async (flag) => {
        const bytes = await scenes.bytes(flag);
        return bytes && Array.from(bytes);
    }, other);
    return list && Uint8Array.from(list);
};

async function drawAll(name, options = {}) {
    const label = options.label ?? name;
    const { page, errors, close } = await scenesOf(name, options);
    const names = await page.evaluate(() => Array.from({ length: scenes.wasm.scene_count() },
        (_, i) => scenes.text(scenes.wasm.scene_name(i))));
    const empty = await page.evaluate(() => scenes.counts());
    for (const [i, scene] of names.entries()) {
        const result = await page.evaluate((number) => scenes.start(number), i);
        const bytes = await bytesOf(page);
        const said = await page.evaluate(() => {
            const text = scenes.messages();
            scenes.wasm.scene_forget();
            return text;
        });
        check(result === 0 && !said, `${label}: ${scene}: no errors`, `${result} ${said}`);
        const wrong = !bytes ? 'nothing came back' : special[scene] ? special[scene](bytes) :
            pixelsWrong(bytes, points[scene], 64);
        check(!wrong, `${label}: ${scene}`, wrong);
        if (scene === '5000 draws') {
            const [one, two, issued] = await page.evaluate(() => {
                const first = scenes.counters();
                scenes.wasm.scene_frame();
                return [first, scenes.counters(), scenes.wasm.scene_issued()];
            });
            if (name === 'webgl2' && !options.webgl2) {
                check(two.draws - one.draws === 2 && issued === 2,
                    `${label}: 5000 draws are 2 calls`,
                    `${two.draws - one.draws} calls, ${issued} issued`);
                const others = ['programs', 'vaos', 'textures', 'uniforms', 'state', 'framebuffers']
                    .map((key) => two[key] - one[key]);
                check(others.every((count) => count <= 8), `${label}: few state changes`,
                    others.join());
            }
        }
        if (scene === 'two targets') {
            const other = await bytesOf(page, true);
            const bad = other && pixelsWrong(other, [[5, 5, 255, 0, 255, 255], [60, 60, 255, 0, 255,
                255]], 64);
            check(bad === '', `${label}: a mask of its own`, bad ?? 'nothing');
            const query = await page.evaluate(async () => {
                for (let n = 0; n < 200; n++) {
                    const value = scenes.wasm.scene_query();
                    if (value >= 0) return value;
                    await new Promise((done) => setTimeout(done, 5));
                }
                return -1;
            });
            check(query >= 1, `${label}: the query's result`, query);
            const time = await page.evaluate(async () => {
                let value = -1;
                for (let n = 0; n < 200 && value === -1; n++) {
                    value = scenes.wasm.scene_time();
                    await new Promise((done) => setTimeout(done, 5));
                }
                return value;
            });
            check(time === -2 || (time >= 0 && time < 5e9), `${label}: the pass's time`, time);
        }
        await page.evaluate(() => {
            scenes.wasm.scene_end();
            scenes.wasm.scene_submit();
        });
    }
    const left = await page.evaluate(() => scenes.counts());
    check(String(left) === String(empty), `${label}: nothing is left`, `${left}`);
    check(!errors.length, `${label}: no errors in the console`, errors.join('\n'));
    return { page, close };
}

// A shader that the device refuses: its own words, and draws that are left out.
async function refused(name) {
    const { page, close } = await scenesOf(name);
    const said = await page.evaluate(async () => {
        scenes.wasm.scene_bad_shader();
        for (let n = 0; n < 200 && !/missing/.test(scenes.messages()); n++) {
            await new Promise((done) => setTimeout(done, 10));
            scenes.wasm.scene_poll();
        }
        return scenes.messages();
    });
    check(/the device refuses/.test(said) && /missing/.test(said), `${name}: a bad shader`, said);
    check(name !== 'webgl2' || /vertex shader: .*0:1:/.test(said), `${name}: the line`, said);
    await close();
}

// The surface: its samples, its size, what the canvas shows, and that it keeps what was drawn.
async function surface(name) {
    const { page, close } = await scenesOf(name, { samples: 4 });
    await page.evaluate(() => scenes.start(0));
    const edge = await bytesOf(page);
    const grey = edge && [...edge.slice(4 * (20 * 64 + 43), 4 * (20 * 64 + 43) + 4)];
    check(grey && grey[0] > 20 && grey[0] < 235, `${name}: samples of the surface`, grey);
    const shown = await page.evaluate(async () => {
        const other = new OffscreenCanvas(64, 64).getContext('2d');
        scenes.wasm.scene_frame();
        other.drawImage(scenes.gpu.canvas(), 0, 0);
        return [[2, 2], [60, 60]].map(([x, y]) => Array.from(other.getImageData(x, y, 1, 1).data));
    });
    check(String(shown) === '255,128,64,255,0,0,0,255', `${name}: the canvas shows it`, shown);
    await page.evaluate(() => {
        scenes.wasm.scene_resize(100, 30);
        scenes.wasm.scene_frame();
    });
    const bytes = await bytesOf(page);
    const wrong = bytes && bytes.length === 12000 ? pixelsWrong(bytes, [[2, 2, 255, 128, 64, 255],
        [97, 27, 0, 0, 0, 255]], 100) : `${bytes?.length} bytes`;
    check(!wrong, `${name}: another size`, wrong);
    const sides = await page.evaluate(() => {
        const canvas = scenes.gpu.canvas();
        return [canvas.width, canvas.height].join();
    });
    check(sides === '100,30', `${name}: the canvas's size`, sides);
    await close();
}

// Everything that is made on the WebGL context goes again at the end; and a device that compiles
// shaders aside, which the software rasteriser does not, so it is acted here.
async function webglOnly() {
    const { page, close } = await openPage('.', { path: `${folder}/index.html` });
    await page.waitForFunction(() => document.title === 'ready');
    const seen = await page.evaluate(async () => {
        const made = {}, type = WebGL2RenderingContext.prototype;
        const count = (name, key, by) => {
            const before = type[name];
            type[name] = function (...all) {
                if (by > 0 || all[0]) made[key] = (made[key] ?? 0) + by;
                return before.apply(this, all);
            };
        };
        for (const key of ['Buffer', 'Texture', 'Framebuffer', 'Renderbuffer', 'Sampler', 'Program',
            'Shader', 'VertexArray', 'Query']) {
            count(`create${key}`, key, 1);
            count(`delete${key}`, key, -1);
        }
        count('fenceSync', 'Sync', 1);
        count('deleteSync', 'Sync', -1);
        const { getExtension, getProgramParameter } = type;
        let polls = 0;
        type.getExtension = function (name) {
            return name === 'KHR_parallel_shader_compile' ? { COMPLETION_STATUS_KHR: 0x91B1 } :
                getExtension.call(this, name);
        };
        type.getProgramParameter = function (program, name) {
            if (name === 0x91B1) return ++polls % 8 === 0;
            return getProgramParameter.call(this, program, name);
        };
        const canvas = document.getElementById('a'), skipped = [];
        const scenes = await Scenes.load('gpu_scenes.wasm', { canvas });
        await scenes.open(3);
        for (let i = 0; i < scenes.wasm.scene_count(); i++) {
            scenes.wasm.scene_make(i);
            skipped.push(scenes.wasm.scene_frame());
            await scenes.drawn();
            if (i % 2) await scenes.bytes();
            else scenes.wasm.scene_read();
            if (i % 3) scenes.wasm.scene_end();
        }
        const most = { ...made };
        scenes.wasm.scene_close();
        return { made, most, skipped, messages: scenes.messages() };
    });
    check(Object.values(seen.made).every((left) => left === 0),
        'webgl2: nothing is left at the end', JSON.stringify(seen.made));
    check(seen.most.Texture > 10 && seen.most.Buffer > 3, 'webgl2: and there was something',
        JSON.stringify(seen.most));
    check(seen.skipped.filter((result) => result === 1).length >= 15,
        'webgl2: draws are left out until their program is linked', seen.skipped.join());
    check(!seen.messages, 'webgl2: nothing was said', seen.messages);
    await close();
}

const CLOSED = 17;
async function loss(name) {
    const { page, close } = await scenesOf(name);
    for (const i of [0, 2, 3, 5, 6, 11, 14, 15]) {
        const seen = await page.evaluate(([number, api]) => scenes.lose(number, { number: 0, api }),
            [i, APIS[name]]);
        const what = `${name}: lost in a frame of scene ${i}`;
        check(seen.submit === CLOSED && seen.status === 2, `${what}: told`,
            `${seen.submit} ${seen.status}`);
        check(seen.switched === 0 && seen.again === 1, `${what}: a new device`,
            `${seen.switched} ${seen.again} ${seen.messages}`);
        check(seen.before.length && String(seen.before) === String(seen.after),
            `${what}: the same picture`, seen.messages);
        check(String(seen.counts) === String(seen.countsAfter), `${what}: the same objects`,
            `${seen.counts} ${seen.countsAfter}`);
        await page.evaluate(() => {
            scenes.wasm.scene_end();
            scenes.wasm.scene_submit();
            scenes.wasm.scene_forget();
        });
    }
    await close();
}

// From one API to the other and back, live, the canvas replaced.
async function between() {
    const { page, close } = await scenesOf('webgl2');
    const seen = await page.evaluate(async () => {
        const out = [];
        const look = async () => out.push(String(await scenes.bytes()), String(scenes.counts()),
            scenes.gpu.executor().api);
        await scenes.start(6);
        await look();
        for (const [number, api] of [[1, 4], [2, 3], [3, 4]]) {
            out.push(scenes.wasm.scene_switch(number, api, 0), await scenes.settled());
            out.push(await scenes.drawn());
            await look();
        }
        out.push(document.querySelectorAll('canvas').length, scenes.messages());
        return out;
    });
    check([3, 9, 15].every((at) => seen[at] === 0 && seen[at + 1] === 1 && seen[at + 2] === 0),
        'switched live', seen.map((part) => String(part).slice(0, 40)).join(' | '));
    check([6, 12, 18].every((at) => seen[at] === seen[0] && seen[at + 1] === seen[1]),
        'switched live: the same picture and objects',
        seen.map((part) => String(part).slice(0, 40)));
    check([2, 8, 14, 20].map((at) => seen[at]).join() === '3,4,3,4' && seen[21] === 1,
        'switched live: the APIs, one canvas', seen.slice(21).join());
    await close();
}

// The scenes of all back-ends, which look at their pixels themselves.
async function shared(name) {
    const OK = 0, UNSUPPORTED = 10, BUSY = 15;
    const { page, errors, close } = await openPage('.', { path: `${folder}/index.html` });
    await page.waitForFunction(() => document.title === 'ready');
    const seen = await page.evaluate(async ([api, busy]) => {
        const later = () => new Promise((done) => setTimeout(done, 1)), out = [];
        const scenes = await Scenes.load('gpu_common.wasm', { canvas: document.getElementById('a'),
            webgl2: { check: true } });
        const { wasm } = scenes;
        if (wasm.common_gpu(api)) return [];
        for (let n = 0; n < 1000 && wasm.common_poll() === 0; n++) await later();
        for (let i = 0; i < wasm.common_count(); i++) {
            let result = wasm.common_begin(i);
            for (let n = 0; n < 2000 && (n === 0 && !result || result === busy); n++) {
                await later();
                result = wasm.common_step();
            }
            out.push([scenes.text(wasm.common_name(i)), result,
                scenes.text(wasm.common_message())]);
        }
        return out;
    }, [APIS[name], BUSY]);
    let left = 0;
    for (const [scene, result, said] of seen) {
        if (result === UNSUPPORTED) left++;
        check(result === OK || result === UNSUPPORTED, `${name}: common scene: ${scene}`,
            `${result} ${said}`);
    }
    check(seen.length >= 10, `${name}: common scenes`, seen.length);
    check(!errors.length, `${name}: common scenes: no errors in the console`, errors.join('\n'));
    console.log(`${name}: ${seen.length} common scenes, ${left} that this device cannot draw`);
    await close();
}

// A worker draws on its OffscreenCanvas while the page stands still for half a second.
async function worker(name) {
    const { page, close } = await openPage('.', { path: `${folder}/index.html` });
    const seen = await page.evaluate(async (api) => {
        const words = new Int32Array(new SharedArrayBuffer(8));
        const canvas = document.getElementById('a').transferControlToOffscreen();
        const made = new Worker('../../tests/web/gpu_worker.js', { type: 'module' });
        const url = new URL('gpu_scenes.wasm', location.href).href;
        made.postMessage({ canvas, api, frames: words.buffer, url }, [canvas]);
        const { data } = await new Promise((done) => made.addEventListener('message', done));
        if (data.status !== 1) return data;
        while (Atomics.load(words, 0) < 10) await new Promise((done) => setTimeout(done, 5));
        const first = Atomics.load(words, 0), end = performance.now() + 500;
        while (performance.now() < end);
        data.frames = Atomics.load(words, 0) - first;
        data.others = Atomics.load(words, 1);
        await new Promise((done) => setTimeout(done, 200));
        const other = new OffscreenCanvas(64, 64).getContext('2d');
        other.drawImage(document.getElementById('a'), 0, 0);
        data.shown = [2, 60].map((x) => Array.from(other.getImageData(x, x, 1, 1).data)).join();
        data.bytes = Array.from(data.bytes);
        return data;
    }, APIS[name]);
    check(seen.status === 1 && seen.result === 0, `${name}: in a worker`,
        `${seen.status} ${seen.said}`);
    check(seen.bytes && !pixelsWrong(seen.bytes, points['triangle on the surface'], 64),
        `${name}: in a worker: the pixels`);
    check(seen.frames >= 5 && seen.others === 0, `${name}: in a worker, while the page is busy`,
        `${seen.frames} frames in 500 ms, ${seen.others} went wrong`);
    check(seen.shown === '255,128,64,255,0,0,0,255', `${name}: in a worker: shown`, seen.shown);
    console.log(`${name} in a worker: ${seen.frames} frames while the page was busy for 500 ms`);
    await close();
}

// Two thousand frames leave nothing on JavaScript's heap. Engines go on compiling for a while: of
// up to ten times two thousand frames one has to leave it as it was, which no leak would.
async function heap(name) {
    const { page, close } = await scenesOf(name, { webgl2: { check: false } });
    for (const i of [4, 5, 14]) {
        const [growth, garbage] = await page.evaluate(async (number) => {
            const used = () => performance.memory.usedJSHeapSize, growth = [];
            let garbage = Infinity;
            await scenes.start(number);
            for (let n = 0; n < 10 && !growth.some((bytes) => bytes < 128); n++) {
                for (let k = 0; k < 5; k++) gc();
                const before = used();
                await scenes.frames(2000);
                garbage = Math.min(garbage, (used() - before) / 2000);
                for (let k = 0; k < 5; k++) gc();
                growth.push(used() - before);
            }
            scenes.wasm.scene_end();
            scenes.wasm.scene_submit();
            return [growth, garbage];
        }, i);
        check(growth.some((bytes) => bytes < 128),
            `${name}: scene ${i}: no growth over 2,000 frames`, `${growth} bytes`);
        console.log(`${name}, scene ${i}: ${growth.at(-1)} bytes more after 2,000 frames and gc, ` +
            `${garbage.toFixed(0)} bytes of garbage a frame`);
    }
    await close();
}

const parts = { draw: async (name) => {
    const { page, close } = await drawAll(name);
    if (name === 'webgl2') {
        const counters = await page.evaluate(() => scenes.counters());
        check(counters.errors === 0, 'webgl2: no WebGL error', counters.errors);
    }
    await close();
    if (name === 'webgl2') {
        const label = 'webgl2 without multi_draw', webgl2 = { multiDraw: false };
        await (await drawAll(name, { webgl2, label })).close();
    }
    const more = { url: 'gpu_shared.wasm', label: `${name} on shared memory` };
    await (await drawAll(name, more)).close();
}, shared, refused, surface, loss, worker, heap };
const only = process.argv[3];
for (const name of wanted) {
    for (const [part, run] of Object.entries(parts)) {
        if (only && part !== only) continue;
        try {
            await run(name);
        } catch (error) {
            check(false, `${name}: ${part}`, error.stack);
        }
    }
}
if (wanted.includes('webgl2') && (!only || only === 'webglOnly')) await webglOnly();
if (wanted.length === 2 || only === 'between') await between();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
