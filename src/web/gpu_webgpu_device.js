// gpu_webgpu_device.js - the WebGPU executor's foundation: device, events, downloads, the surface.
//
// Private to gpu_webgpu.js.
import { GPU_API_WEBGPU, GPU_KIND_BUFFER, GPU_KIND_TEXTURE, GPU_KIND_COUNT } from './gpu_stream.js';
import { GPU_EVENT_READY, GPU_EVENT_FAILED, GPU_EVENT_LOST } from './gpu_stream.js';
import { GPU_EVENT_REFUSED, GPU_EVENT_DOWNLOAD, GPU_EVENT_QUERY } from './gpu_stream.js';
import { GPU_EVENT_TIME, GPU_SLOT, gpuText, GpuEvents, GpuObjects } from './gpu_stream.js';
import { W3DI_WEBGPU_FORMATS, w3diWebgpuOpen, w3diWebgpuCaps } from './gpu_webgpu_make.js';

const W3DI_WEBGPU_MAP_READ = 0x1;
export const W3DI_WEBGPU_COPY = 0xC; // source and destination
const W3DI_WEBGPU_COPY_DST = 0x8;
const W3DI_WEBGPU_STORAGE = 0x80;
const W3DI_WEBGPU_RESOLVE = 0x200;
export const W3DI_WEBGPU_TEXTURE_COPY = 0x3;
export const W3DI_WEBGPU_ATTACHED = 0x10;
export const W3DI_WEBGPU_SLICES = 3; // of the ring of frame constants, used in turn
const W3DI_WEBGPU_CONSTANTS = 16384; // bytes that a shader sees of them
export const W3DI_WEBGPU_ALIGNMENT = 256; // of constants, of rows copied to a buffer
const W3DI_WEBGPU_KEEP = 1 << 24; // bytes up to which a buffer for downloads is used again

// A buffer that results are mapped in, used again and again.
class W3diWebgpuReadback {
    constructor(executor, size) {
        const usage = W3DI_WEBGPU_MAP_READ | W3DI_WEBGPU_COPY_DST;
        this.buffer = executor.device.createBuffer({ size, usage });
        this.size = size;
        this.kind = this.handle = this.bytes = this.row = this.pitch = this.count = 0;
        this.ids = [];
        this.done = () => executor._arrived(this);
        this.failed = () => executor._missed(this);
    }
}

// Queries of one type: a set, what their results go through, and whose they are.
class W3diWebgpuQueries {
    constructor(device, type, kind, per) {
        this.device = device;
        this.type = type;
        this.kind = kind;
        this.per = per; // queries that make one result
        this.room = this.count = 0;
        this.set = this.buffer = null;
        this.ids = [];
    }
    reserve(results) {
        if (results <= this.room) return;
        this.close();
        while (this.room < results) this.room = this.room * 2 || 64;
        const { type } = this, count = this.room * this.per;
        this.set = this.device.createQuerySet({ type, count });
        this.buffer = this.device.createBuffer({
            size: 8 * count,
            usage: W3DI_WEBGPU_RESOLVE | W3DI_WEBGPU_COPY,
        });
    }
    take(id) {
        this.ids[this.count] = id;
        return this.count++;
    }
    close() {
        this.set?.destroy();
        this.buffer?.destroy();
    }
}

export class W3diWebgpuDevice {
    constructor(canvas, options = {}) {
        this.api = GPU_API_WEBGPU;
        this.caps = null;
        this.device = null;
        this.counters = {
            submits: 0, passes: 0, draws: 0, skipped: 0, pipelines: 0, groups: 0, buffers: 0,
            uploads: 0, dispatches: 0, bundlesMade: 0, bundlesRun: 0, bundleDraws: 0,
        };
        this._canvas = canvas;
        this._options = options;
        this._events = new GpuEvents();
        this._objects = new GpuObjects();
        this._lists = this._objects.lists;
        this._lost = this._closed = false;
        this._context = this._surface = null;
        this._encoder = this._computePass = null; // commands that were not handed in yet
        this._dead = [];          // to be destroyed after that
        this._waiting = [];       // readbacks to be mapped after that
        this._commands = [null];
        this._labels = 0;         // groups open in the encoder
        this._pool = Array.from({ length: 32 }, () => []);
        this._given = [];         // readbacks of the events DOWNLOAD, in their order
        this._held = null;
        this._texts = new Map();
        this._layouts = new Map();
        this._mipPipelines = new Map();
        this._error = '';
    }

    // ---- opening and closing ----

    _begin() {
        const { device } = this._options;
        if (device) {
            this._start(device);
        } else {
            w3diWebgpuOpen(this._options).then((made) => this._start(made), (error) =>
                this._events.push(GPU_EVENT_FAILED, 0, 0, error.message));
        }
    }
    _start(device) {
        if (this._closed) {
            if (device !== this._options.device) device.destroy();
            return;
        }
        this.device = device;
        device.lost.then((info) => {
            if (this._closed) return;
            this._lost = true;
            this._events.push(GPU_EVENT_LOST, 0, 0, info.message || info.reason || 'lost');
        });
        this._onError = (event) => this._refuse(0, 0, null, event.error.message);
        device.addEventListener('uncapturederror', this._onError);
        if (this._canvas) {
            this._context = this._canvas.getContext('webgpu');
            if (!this._context) {
                const why = 'the canvas has a context of another API';
                this._events.push(GPU_EVENT_FAILED, 0, 0, why);
                return;
            }
            this._context.configure({
                device,
                format: 'rgba8unorm',
                usage: W3DI_WEBGPU_TEXTURE_COPY | W3DI_WEBGPU_ATTACHED,
                alphaMode: this._options.alphaMode ?? 'opaque',
            });
        }
        this.caps = w3diWebgpuCaps(device);
        this._frameLayout = device.createBindGroupLayout({ entries: [
            { binding: 0, visibility: 7, buffer: { type: 'uniform', hasDynamicOffset: true } },
            { binding: 1, visibility: 7, buffer: { type: 'read-only-storage' } }] });
        this._emptyLayout = device.createBindGroupLayout({ entries: [] });
        this._emptyGroup = device.createBindGroup({ layout: this._emptyLayout, entries: [] });
        this._occlusion = new W3diWebgpuQueries(device, 'occlusion', GPU_EVENT_QUERY, 1);
        this._times = new W3diWebgpuQueries(device, 'timestamp', GPU_EVENT_TIME, 2);
        this._rowSize = 0;
        this._table = this._storage(4096); // stands for the object table until there is one
        this._slice = 0;
        this._ringOpen(1 << 16);
        this._events.push(GPU_EVENT_READY);
    }
    close() {
        if (this._closed) return;
        this._closed = true;
        this._held = null;
        this._bundles.clear();
        this._context?.unconfigure();
        if (!this.device) return;
        this.device.removeEventListener('uncapturederror', this._onError);
        if (this.device !== this._options.device) {
            this.device.destroy();
        } else if (this.caps) {
            for (const kind of [GPU_KIND_BUFFER, GPU_KIND_TEXTURE]) {
                for (const object of this._lists[kind]) object?.gpu.destroy();
            }
            for (const list of this._pool) for (const one of list) one.buffer.destroy();
            for (const one of this._given) one?.buffer.destroy();
            for (const one of this._waiting) one.buffer.destroy();
            for (const one of this._dead) one.destroy();
            this._surfaceClose();
            this._occlusion.close();
            this._times.close();
            this._table.destroy();
            this._ring.destroy();
            this._indirect.buffer?.destroy();
        }
        for (let kind = 0; kind < GPU_KIND_COUNT; kind++) {
            for (let slot = 1; slot < this._lists[kind].length; slot++) {
                this._objects.take(kind, slot);
            }
        }
    }
    count(kind) {
        return this._objects.count(kind);
    }

    // ---- events ----

    poll() {
        if (this._held) {
            this._recycle(this._held);
            this._held = null;
        }
        const event = this._events.next();
        if (event?.kind === GPU_EVENT_DOWNLOAD) this._held = this._given.shift();
        if (event?.kind === GPU_EVENT_REFUSED) this._error = '';
        return event;
    }
    _refuse(kind, handle, object, text) {
        if (this._closed) return;
        if (object) {
            object.bad = true;
            this._bundles.clear(); // one may draw with it
        }
        if (!kind && text === this._error) return; // the same again, each frame
        if (!kind) this._error = text;
        this._events.push(GPU_EVENT_REFUSED, handle, kind, text);
    }
    // Begins to watch the making of something; _watched ends it and tells of errors.
    _watch(memory = false) {
        if (memory) this.device.pushErrorScope('out-of-memory');
        this.device.pushErrorScope('validation');
    }
    _watched(kind, handle, object, memory = false) {
        const told = (error) => {
            if (error && !object.bad) this._refuse(kind, handle, object, error.message);
        };
        this.device.popErrorScope().then(told, () => {});
        if (memory) this.device.popErrorScope().then(told, () => {});
    }
    _arrived(one) {
        if (this._closed) return;
        if (one.kind === GPU_EVENT_DOWNLOAD) {
            const bytes = new Uint8Array(one.buffer.getMappedRange(0, one.used));
            if (one.pitch !== one.row) { // rows come at multiples of 256
                for (let from = one.pitch, to = one.row; to < one.bytes; from += one.pitch) {
                    bytes.copyWithin(to, from, from + one.row);
                    to += one.row;
                }
            }
            this._given.push(one);
            this._events.push(one.kind, one.handle, 0, '', bytes, one.bytes);
            return;
        }
        const words = new Uint32Array(one.buffer.getMappedRange(0, one.used));
        const times = one.kind === GPU_EVENT_TIME, step = times ? 4 : 2;
        for (let i = 0, at = 0; i < one.count; i++, at += step) {
            const value = times
                ? (words[at + 3] - words[at + 1]) * 4294967296 + (words[at + 2] - words[at])
                : words[at + 1] * 4294967296 + words[at];
            this._events.push(one.kind, one.ids[i], Math.max(0, value));
        }
        this._recycle(one);
    }
    _missed(one) {
        if (this._closed) return;
        one.buffer.destroy();
        if (one.kind !== GPU_EVENT_DOWNLOAD) return;
        this._given.push(null);
        this._events.push(GPU_EVENT_DOWNLOAD, one.handle);
    }
    _recycle(one) {
        if (one.size > W3DI_WEBGPU_KEEP) {
            one.buffer.destroy();
        } else {
            one.buffer.unmap();
            this._pool[31 - Math.clz32(one.size)].push(one);
        }
    }
    // A readback for so many bytes, to be mapped when the commands so far are handed in.
    _readback(kind, handle, used, bytes) {
        const bits = used > 256 ? 32 - Math.clz32(used - 1) : 8;
        const one = this._pool[bits].pop() ?? new W3diWebgpuReadback(this, 2 ** bits);
        one.kind = kind;
        one.handle = handle;
        one.used = used;
        one.bytes = one.row = one.pitch = bytes;
        this._waiting.push(one);
        return one;
    }

    // ---- running a stream ----

    _commandEncoder() {
        if (this._computePass) {
            this._computePass.end();
            this._computePass = null;
        }
        this._encoder ??= this.device.createCommandEncoder();
        return this._encoder;
    }
    // Hands in the commands so far.
    _flush() {
        if (this._encoder) {
            const encoder = this._commandEncoder();
            this._ringWrite();
            this._resolve(encoder, this._occlusion);
            this._resolve(encoder, this._times);
            for (; this._labels; this._labels--) encoder.popDebugGroup();
            this._commands[0] = encoder.finish();
            this.device.queue.submit(this._commands);
            this._commands[0] = this._encoder = null;
            this._indirect.used = 0;
            for (let i = 0; i < this._waiting.length; i++) {
                const one = this._waiting[i];
                one.buffer.mapAsync(W3DI_WEBGPU_MAP_READ, 0, one.used).then(one.done, one.failed);
            }
            this._waiting.length = 0;
        }
        for (let i = 0; i < this._dead.length; i++) this._dead[i].destroy();
        this._dead.length = 0;
    }
    _resolve(encoder, queries) {
        const { count, per } = queries;
        if (!count) return;
        const one = this._readback(queries.kind, 0, 8 * per * count, 0);
        one.count = count;
        for (let i = 0; i < count; i++) one.ids[i] = queries.ids[i];
        encoder.resolveQuerySet(queries.set, 0, per * count, queries.buffer, 0);
        encoder.copyBufferToBuffer(queries.buffer, 0, one.buffer, 0, 8 * per * count);
        queries.count = 0;
    }
    // Before something is written from memory. What is fresh no command has used yet.
    _beforeWrite(object) {
        if (this._encoder && !object.fresh) this._flush();
        this.counters.uploads++;
    }
    _used(kind, handle) {
        const object = this._lists[kind][handle & GPU_SLOT];
        if (object) object.fresh = false;
        return object;
    }
    _find(kind, handle) {
        return handle ? this._lists[kind][handle & GPU_SLOT] : null;
    }
    _text(at) {
        const { u32 } = this._views;
        return gpuText(this._views, this._blobs + u32[at], u32[at + 1]);
    }
    // A label that may come each frame: the string is kept.
    _label(at) {
        const { u32, u8 } = this._views, size = u32[at + 1], start = this._blobs + u32[at];
        if (!size) return '';
        let hash = size;
        for (let i = start; i < start + size; i++) hash = Math.imul(hash ^ u8[i], 0x01000193);
        hash &= 0x3FFFFFFF;
        let text = this._texts.get(hash);
        if (text === undefined) {
            if (this._texts.size > 1000) this._texts.clear();
            text = this._text(at);
            this._texts.set(hash, text);
        }
        return text;
    }
    _storage(size) {
        const usage = W3DI_WEBGPU_STORAGE | W3DI_WEBGPU_COPY;
        return this.device.createBuffer({ size, usage });
    }

    // ---- frame constants and objects: group 0 ----

    _ringOpen(slice) {
        if (this._ring) {
            this._ringWrite();
            this._dead.push(this._ring);
        }
        this._ringSize = slice;
        this._ring = this.device.createBuffer({
            size: slice * W3DI_WEBGPU_SLICES + W3DI_WEBGPU_CONSTANTS,
            usage: 0x40 | W3DI_WEBGPU_COPY,
        });
        this._ringWords = new Uint32Array(slice / 4);
        this._ringUsed = this._ringWritten = 0;
        this._frameGroupOpen();
    }
    _frameGroupOpen() {
        this._frameGroup = this.device.createBindGroup({ layout: this._frameLayout, entries: [
            { binding: 0, resource: { buffer: this._ring, size: W3DI_WEBGPU_CONSTANTS } },
            { binding: 1, resource: { buffer: this._table } }] });
        this._bundles.clear(); // they hold the group
        this._nowFrame = false;
    }
    _ringWrite() {
        if (this._ringUsed === this._ringWritten) return;
        this.device.queue.writeBuffer(this._ring, this._slice * this._ringSize + this._ringWritten,
            this._ringWords, this._ringWritten / 4, (this._ringUsed - this._ringWritten) / 4);
        this._ringWritten = this._ringUsed;
    }
    // Frame constants for what is drawn from now on.
    _constants(offset, size) {
        const room = Math.ceil(size / W3DI_WEBGPU_ALIGNMENT) * W3DI_WEBGPU_ALIGNMENT;
        if (this._ringUsed + room > this._ringSize) this._ringOpen(this._ringSize * 2);
        const start = this._ringUsed >> 2, words = (size + 3) >> 2, address = this._blobs + offset;
        const { u32 } = this._views;
        for (let i = 0, from = address >> 2; i < words; i++) {
            this._ringWords[start + i] = u32[from + i];
        }
        this._offsets[0] = this._slice * this._ringSize + this._ringUsed;
        this._ringUsed += room;
        this._nowFrame = false;
    }
    _objectsCreate(rows, size) {
        const old = this._table, oldSize = this._rowSize ? old.size : 0;
        this._table = this._storage(Math.max(rows * size, 4096));
        this._rowSize = size;
        if (oldSize) {
            this._commandEncoder().copyBufferToBuffer(old, 0, this._table, 0,
                Math.min(oldSize, this._table.size));
        }
        this._dead.push(old);
        this._frameGroupOpen();
    }

    // ---- the surface ----

    _surfaceOpen(u32, i) {
        const now = this._surface, width = u32[i + 1], height = u32[i + 2];
        const samples = u32[i + 3], depthFormat = u32[i + 4];
        if (now && now.width === width && now.height === height && now.samples === samples &&
            now.depthFormat === depthFormat) return;
        this._surfaceClose();
        const texture = (format, sampleCount, usage) => this.device.createTexture({
            size: [width, height], format, sampleCount, usage, label: 'surface',
        });
        const attached = W3DI_WEBGPU_ATTACHED;
        const color = texture('rgba8unorm', 1, attached | W3DI_WEBGPU_TEXTURE_COPY);
        const many = samples > 1 ? texture('rgba8unorm', samples, attached) : null;
        const depth = depthFormat
            ? texture(W3DI_WEBGPU_FORMATS[depthFormat], samples, attached) : null;
        this._surface = {
            width, height, samples, depthFormat, color, many, depth, colorView: color.createView(),
            manyView: many?.createView(), depthView: depth?.createView(),
        };
        if (this._canvas) {
            if (this._canvas.width !== width) this._canvas.width = width;
            if (this._canvas.height !== height) this._canvas.height = height;
        }
    }
    _surfaceClose() {
        const { color, many, depth } = this._surface ?? {};
        for (const texture of [color, many, depth]) if (texture) this._dead.push(texture);
        this._surface = null;
    }
    _present() {
        const { _surface: surface, _context: context } = this;
        if (!surface || !context) return;
        this._copyFrom.texture = surface.color;
        this._copyTo.texture = context.getCurrentTexture();
        this._copyFrom.mipLevel = this._copyTo.mipLevel = 0;
        this._copyFrom.origin.x = this._copyFrom.origin.y = this._copyFrom.origin.z = 0;
        this._copyTo.origin.x = this._copyTo.origin.y = this._copyTo.origin.z = 0;
        this._size(surface.width, surface.height, 1);
        this._commandEncoder().copyTextureToTexture(this._copyFrom, this._copyTo, this._copySize);
        this._flush();
    }
}
