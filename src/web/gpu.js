// gpu.js - WebGL2 and WebGPU for a C program: what the page calls, and what C asks (gpu/gpu_web.h).
//
//   const gpu = await createGpu({ canvas: document.querySelector('canvas'), api: 'best' });
//   const host = await startThreads(bytes, { host: gpu.host });
//   gpu.memory = host.memory;
//   host.exports.start();             // calls w3d_gpu_create with w3d_gpu_web(...)
//
// Works on a page and in a worker, with an OffscreenCanvas or what transferControlToOffscreen gave.
// Without threads.js any module will do: imports are { w3d: { host: gpu.host, now } }. With
// Emscripten: Module.w3dHost = gpu.host, and no memory to give.

import { GPU_API_WEBGL2, GPU_API_WEBGPU, GPU_BUSY, GPU_CAPS_BYTES } from './gpu_stream.js';
import { GPU_CAPS_WORDS, GPU_EVENT_FAILED, GpuEvents } from './gpu_stream.js';
import { WebGl2Executor } from './gpu_webgl.js';
import { WebGpuExecutor } from './gpu_webgpu.js';
import { MemoryViews } from './memory.js';

// The operations of core/host.h.
const W3DI_HOST_GPU_OPEN = 16;
const W3DI_HOST_GPU_SUBMIT = 17;
const W3DI_HOST_GPU_POLL = 18;
const W3DI_HOST_GPU_TAKE = 19;
const W3DI_HOST_GPU_CAPS = 20;
const W3DI_HOST_GPU_COUNT = 21;
const W3DI_HOST_GPU_CLOSE = 22;

const W3DI_GPU_ENCODER = new TextEncoder();
const W3DI_GPU_NO_BYTES = new Uint8Array(0);

// Finds out what there is. Gives a GpuHost. Never throws: what is wrong is told to C, when it opens
// a device.
//
//   options  all may be left out:
//     canvas, canvases   an HTMLCanvasElement or OffscreenCanvas, or a list of them, which C calls
//                        by number; none: passes into textures only
//     api                'webgl2', 'webgpu', or 'best' (default): WebGPU where it really gives a
//                        device, for C that leaves the choice to the page
//     memory             the module's WebAssembly.Memory, where it is there already
//     replace            (canvas, number) => canvas: a fresh one in place of one that is married to
//                        the other API. Default: of elements a copy takes its place in the
//                        document; an OffscreenCanvas cannot be replaced
//     webgl2, webgpu     options of the executors: see gpu_webgl.js, gpu_webgpu.js
export async function createGpu(options = {}) {
    let { api = 'best' } = options;
    if (api === 'best') {
        api = 'webgl2';
        try {
            if (await globalThis.navigator?.gpu?.requestAdapter()) api = 'webgpu';
        } catch {
            // then it is of no use
        }
    }
    return new GpuHost(options, api === 'webgpu' ? GPU_API_WEBGPU : GPU_API_WEBGL2);
}

export class GpuHost {
    constructor(options, api) {
        this._options = options;
        this._api = api;
        this._views = null;
        this._memory = null;
        // canvas: shown, api: what it is married to, 0: nothing yet
        this._canvases = (options.canvases ?? (options.canvas ? [options.canvas] : []))
            .map((canvas) => ({ canvas, api: 0 }));
        this._devices = [null]; // what C calls by number: { executor, event, text }
        this.host = (op, a, b, c, memory) => {
            if (memory && memory !== this._memory) this.memory = memory;
            return this._answer(op, a, b >>> 0, c >>> 0);
        };
        if (options.memory) this.memory = options.memory;
    }
    get memory() { return this._memory; }
    set memory(memory) {
        this._memory = memory;
        this._views = new MemoryViews(memory);
    }
    // The executor of a device; of the newest without a number. null where there is none.
    executor(device = this._devices.findLastIndex((entry) => entry)) {
        return this._devices[device]?.executor ?? null;
    }
    // The canvas that is shown under a number: another one after a change of API.
    canvas(number = 0) {
        return this._canvases[number]?.canvas ?? null;
    }

    // The answer to an operation of core/host.h, 0 for those that are not the GPU's.
    _answer(op, a, b, c) {
        if (op < W3DI_HOST_GPU_OPEN || op > W3DI_HOST_GPU_CLOSE) {
            return this._options.host?.(op, a, b, c) ?? 0;
        }
        if (op === W3DI_HOST_GPU_OPEN) return this._open(a, b);
        const entry = this._devices[a], views = this._views;
        if (!entry) return 0;
        if (!views && op !== W3DI_HOST_GPU_CLOSE) {
            throw new Error('createGpu: set memory before the program uses its GPU');
        }
        switch (op) {
        case W3DI_HOST_GPU_SUBMIT: {
            const words = views.u32, at = b >>> 2; // a w3d_gpu_stream
            return entry.executor.submit(views, words[at] >>> 2, words[at + 2], words[at + 1]);
        }
        case W3DI_HOST_GPU_POLL: return this._poll(entry, b >>> 2);
        case W3DI_HOST_GPU_TAKE: return this._take(entry, b, c);
        case W3DI_HOST_GPU_CAPS: return this._caps(entry.executor.caps, b);
        case W3DI_HOST_GPU_COUNT:
            for (let kind = 0; kind < c; kind++) {
                views.u32[(b >>> 2) + kind] = entry.executor.count(kind);
            }
            return 1;
        }
        entry.executor.close();
        this._devices[a] = null;
        return 1;
    }

    _open(wanted, number) {
        const api = wanted === GPU_API_WEBGL2 || wanted === GPU_API_WEBGPU ? wanted : this._api;
        const slot = this._canvases[number] ?? null;
        const executor = this._make(api, slot, number);
        let device = 1;
        while (this._devices[device]) device++;
        this._devices[device] = { executor, event: null, text: W3DI_GPU_NO_BYTES };
        return device;
    }

    _make(api, slot, number) {
        const options = this._options;
        if (slot && slot.api && slot.api !== api) {
            const fresh = this._replace(slot.canvas, number);
            if (!fresh) {
                return new W3diGpuNone('the canvas shows another API already, and cannot be ' +
                    'replaced: give createGpu a function `replace`');
            }
            slot.canvas = fresh;
        }
        if (slot) slot.api = api;
        try {
            return api === GPU_API_WEBGPU ?
                new WebGpuExecutor(slot?.canvas ?? null, options.webgpu ?? {}) :
                new WebGl2Executor(slot?.canvas ?? null, options.webgl2 ?? {});
        } catch (error) {
            return new W3diGpuNone(String(error?.message ?? error));
        }
    }

    _replace(canvas, number) {
        if (this._options.replace) return this._options.replace(canvas, number);
        if (typeof HTMLCanvasElement !== 'function' || !(canvas instanceof HTMLCanvasElement)) {
            return null;
        }
        const fresh = canvas.cloneNode(false);
        canvas.replaceWith(fresh);
        return fresh;
    }

    // Fills a w3d_gpu_event: kind, handle, value (64 bits), bytes, size, size of text, text.
    _poll(entry, at) {
        const event = entry.executor.poll(), words = this._views.u32;
        entry.event = event;
        if (!event) return 0;
        entry.text = event.text ? W3DI_GPU_ENCODER.encode(event.text) : W3DI_GPU_NO_BYTES;
        words[at] = event.kind;
        words[at + 1] = event.handle;
        words[at + 2] = event.value % 4294967296;
        words[at + 3] = event.value / 4294967296;
        words[at + 5] = event.bytes ? event.size : 0;
        words[at + 6] = entry.text.length;
        return 1;
    }

    _take({ event, text }, address, room) {
        const { u8 } = this._views, size = event?.bytes ? event.size : 0;
        if (!event || size + text.length > room) return 0;
        if (size) u8.set(size === event.bytes.length ? event.bytes : event.bytes.subarray(0, size),
            address);
        u8.set(text, address + size);
        return 1;
    }

    _caps(caps, address) {
        const { u8, u32 } = this._views;
        if (!caps) return 0;
        const name = W3DI_GPU_ENCODER.encode(caps.name).subarray(0, 63);
        u8.fill(0, address, address + 64).set(name, address);
        GPU_CAPS_WORDS.forEach((key, i) => { u32[(address >>> 2) + 16 + i] = caps[key] ?? 0; });
        const bytes = address + 64 + 4 * GPU_CAPS_WORDS.length;
        GPU_CAPS_BYTES.forEach((key, i) => { u8[bytes + i] = caps[key] ? 1 : 0; });
        return 1;
    }
}

// An executor that could not be.
class W3diGpuNone {
    constructor(text) {
        this.api = 0;
        this.caps = null;
        this.counters = {};
        this._events = new GpuEvents();
        this._events.push(GPU_EVENT_FAILED, 0, 0, text);
    }
    submit() { return GPU_BUSY; }
    poll() { return this._events.next(); }
    count() { return 0; }
    close() {}
}
