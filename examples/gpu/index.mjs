// index.mjs - the page of the GPU examples: a menu of examples, a menu of APIs, which switches while
// the example goes on, and a button that takes the device away to show that nothing is lost.

import { createGpu } from './wasm3d.js';

const EXAMPLES = ['10_triangle', '11_textured_cube', '12_many', '13_compute'];
const DREW = 1, OPENING = 2, LOST = 3;

const element = (id) => document.getElementById(id);
const state = element('state');
let running = null; // { exports, gpu, frames, began, stopped }

function say(text, error = false) {
    state.textContent = text;
    state.classList.toggle('error', error);
}

function textAt(exports, address) {
    const bytes = new Uint8Array(exports.memory.buffer, address);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

async function start(name) {
    if (running) running.stopped = true;
    const mine = running = { stopped: false, frames: 0, began: performance.now() };
    say(`Loading ${name}`);
    try {
        const old = document.querySelector('canvas'), canvas = old.cloneNode(false);
        old.replaceWith(canvas);
        const gpu = await createGpu({ canvas, api: element('api').value === '4' ? 'webgpu' : 'webgl2' });
        const imports = { w3d: { host: gpu.host, now: () => performance.now() } };
        const answer = await fetch(`${name}.wasm`);
        if (!answer.ok) throw new Error(`${name}.wasm: ${answer.status} ${answer.statusText}; run make web-examples`);
        const { instance } = await WebAssembly.instantiate(await answer.arrayBuffer(), imports);
        gpu.memory = instance.exports.memory;
        Object.assign(mine, { gpu, exports: instance.exports });
        if (!instance.exports.open(Number(element('api').value), canvas.width, canvas.height)) throw new Error('out of memory');
        if (!mine.stopped) requestAnimationFrame((time) => frame(mine, time));
    } catch (error) {
        say(error.message, true);
    }
}

function frame(mine, time) {
    if (mine.stopped) return;
    const { exports, gpu } = mine, { width, height } = gpu.canvas(0);
    const result = exports.frame((time - mine.began) / 1000, width, height);
    if (result === LOST) {
        say('The device was lost; making it again');
        exports.change(Number(element('api').value));
    } else if (result === OPENING) {
        say('Opening the device');
    } else if (result !== DREW) {
        say(textAt(exports, exports.message()), true);
        return;
    } else if (++mine.frames % 30 === 6) {
        say(`${textAt(exports, exports.device())}: ${exports.draws_asked()} draws asked, ${exports.draws_issued()} issued`);
    }
    document.documentElement.dataset.frames = mine.frames; // for tests
    requestAnimationFrame((next) => frame(mine, next));
}

for (const name of EXAMPLES) element('example').append(new Option(name.replace(/_/g, ' '), name));
if (!navigator.gpu) {
    element('api').value = '3';
    element('api').options[0].disabled = true;
}
const wanted = new URLSearchParams(location.search);
if (EXAMPLES.includes(wanted.get('example'))) element('example').value = wanted.get('example');
if (['3', '4'].includes(wanted.get('api'))) element('api').value = wanted.get('api');
element('example').onchange = () => start(element('example').value);
element('api').onchange = () => {
    if (running?.exports && !running.stopped) running.exports.change(Number(element('api').value));
};
element('lose').onclick = () => {
    const canvas = running?.gpu?.canvas(0);
    if (!canvas) return;
    if (element('api').value === '3') {
        const switchable = canvas.getContext('webgl2').getExtension('WEBGL_lose_context');
        switchable?.loseContext();
        setTimeout(() => switchable?.restoreContext(), 200); // as a browser does by itself
    } else {
        running.gpu.executor()?.device?.destroy();
    }
};
start(element('example').value);
