// The page's half of test_gpu_webgpu.mjs: streams made by hand, run by the WebGPU executor, and
// what is made of its events.
import * as gpu from '/src/web/gpu_stream.js';
import { WebGpuExecutor } from '/src/web/gpu_webgpu.js';

const bits = new DataView(new ArrayBuffer(4));
export const float = (value) => (bits.setFloat32(0, value), bits.getUint32(0));
const SIZE = 32; // of most targets
let next = 1;
export const handle = () => 1 << 20 | next++;

// A stream under construction: words, and blobs at multiples of 16.
export class Stream {
    constructor() {
        this.words = [];
        this.blobs = [];
    }
    op(code, ...words) {
        this.words.push(code | (words.length + 1) << 8, ...words);
        return this;
    }
    blob(data) {
        if (!data) return [0, 0];
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data)
            : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        const offset = this.blobs.length;
        for (const byte of bytes) this.blobs.push(byte);
        while (this.blobs.length % 16) this.blobs.push(0);
        return [offset, bytes.length];
    }
    buffer(use, data, size = data.byteLength) {
        const id = handle();
        this.op(gpu.GPU_BUFFER_CREATE, id, size, use, ...this.blob('buffer'));
        if (data) this.op(gpu.GPU_BUFFER_WRITE, id, 0, ...this.blob(data));
        return id;
    }
    texture({ kind = gpu.GPU_2D, format = gpu.GPU_RGBA8, width = SIZE, height = SIZE, layers = 1,
        mips = 1, samples = 1, use = 0, data = null }) {
        const id = handle();
        this.op(gpu.GPU_TEXTURE_CREATE, id, kind, format, width, height, layers, mips, samples,
            use, ...this.blob('texture'));
        if (data) {
            this.op(gpu.GPU_TEXTURE_WRITE, id, 0, 0, 0, 0, width, height, layers,
                ...this.blob(data));
        }
        return id;
    }
    target(options = {}) {
        return this.texture({ use: gpu.GPU_USE_TARGET | gpu.GPU_USE_TEXTURE_READ, ...options });
    }
    sampler({ filter = 0, wrap = 1, compare = 0, mip = filter } = {}) {
        const id = handle();
        this.op(gpu.GPU_SAMPLER_CREATE, id, filter | filter << 8 | mip << 16,
            wrap | wrap << 8 | wrap << 16, compare, 0, float(32), 1);
        return id;
    }
    // bindings: [group, binding, kind, stages, texture kind, sample, samples]
    shader(wgsl, { bindings = [], compute = '' } = {}) {
        const id = handle(), words = [];
        for (const [group, binding, kind, stages, kindOf = 0, sample = 0, many = 0] of bindings) {
            words.push((group | binding << 8 | kind << 16 | stages << 24) >>> 0,
                kindOf | sample << 8 | many << 16);
        }
        this.op(gpu.GPU_SHADER_CREATE, id, ...this.blob(wgsl), 0, 0, 0, 0,
            ...this.blob(compute ? '' : 'vs'), ...this.blob(compute ? '' : 'fs'),
            ...this.blob(compute), 0, 0, 1, 1, 1, 0, bindings.length, ...this.blob('shader'),
            ...words);
        return id;
    }
    pipeline(shader, { topology = 0, cull = 0, winding = 0, strip = 0, formats = [gpu.GPU_RGBA8],
        samples = 1, depth = 0, compare = 2, write = 1, bias = 0, stencil = null, masks = 0xFFFF,
        blend = 0, mask = 15, color = 0x10200, alpha = color, buffers = [], attributes = [],
        compute = 0 } = {}) {
        const id = handle(), words = [id, shader, compute, topology | cull << 8 | winding << 16 |
            strip << 24, formats.length | samples << 8, depth, depth ? compare | write << 8 : 8,
        bias, 0, 0, stencil ?? 8, stencil ?? 8, masks];
        for (let i = 0; i < 4; i++) {
            words.push(i < formats.length ? formats[i] | mask << 8 | blend << 16 : 0, color, alpha);
        }
        words.push(buffers.length, attributes.length / 4, ...this.blob('pipeline'));
        for (const [stride, instance = 0] of buffers) words.push((stride | instance << 31) >>> 0);
        for (let i = 0; i < attributes.length; i += 4) { // location, buffer, format, offset
            words.push(attributes[i] | attributes[i + 1] << 8 | attributes[i + 2] << 16,
                attributes[i + 3]);
        }
        this.op(gpu.GPU_PIPELINE_CREATE, ...words);
        return id;
    }
    // entries: [group, binding, kind, handle, offset, size]
    group(shader, entries) {
        const id = handle(), words = [];
        for (const [group, binding, kind, object, offset = 0, size = 0] of entries) {
            words.push(group | binding << 8 | kind << 16, object, offset, size);
        }
        this.op(gpu.GPU_GROUP_CREATE, id, shader, entries.length, ...this.blob('group'), ...words);
        return id;
    }
    mesh(buffers, indices = 0, format = 0) {
        const id = handle();
        this.op(gpu.GPU_MESH_CREATE, id, indices, format, buffers.length / 2, ...buffers);
        return id;
    }
    // colors: [{ texture, place, resolve, load, store, clear, bits }]; texture 0: the surface
    pass(colors, { depth = 0, depthPlace = 0, load = 0, clearDepth = 1, clearStencil = 0,
        samples = 1, width = SIZE, height = SIZE, constants = null, time = 0,
        label = 'pass' } = {}) {
        const words = [];
        for (const { texture = 0, place = 0, resolve = 0, resolvePlace = 0, load: keep = 0,
            store = 0, clear = [0, 0, 0, 0], integers = null } of colors) {
            words.push(texture, place, resolve, resolvePlace, keep | store << 8,
                ...integers ?? clear.map(float));
        }
        const surface = colors.length && !colors[0].texture ? 1 : 0;
        return this.op(gpu.GPU_PASS_BEGIN, colors.length, surface, width, height, samples,
            ...this.blob(constants), time, ...this.blob(label), depth, depthPlace,
            load | load << 16, float(clearDepth), clearStencil, ...words);
    }
    end() {
        return this.op(gpu.GPU_PASS_END);
    }
    // draws: [count, first (byte offset where indexed), instances, row, base]
    multi(pipeline, group, mesh, draws, indexed = 0) {
        const words = [];
        for (let k = 0; k < 5; k++) for (const draw of draws) words.push((draw[k] ?? 0) >>> 0);
        return this.op(gpu.GPU_MULTI, pipeline, group, mesh, draws.length, indexed, ...words);
    }
    draw(pipeline, group = 0, count = 3, row = 0, instances = 1) {
        return this.multi(pipeline, group, 0, [[count, 0, instances, row]]);
    }
    objects(rows, size, data, first = 0) {
        if (rows) this.op(gpu.GPU_OBJECTS_CREATE, rows, size);
        return this.op(gpu.GPU_OBJECTS_WRITE, first, ...this.blob(data));
    }
    read(texture, width = SIZE, height = SIZE, bytes = 4, place = [0, 0, 0, 0]) {
        const id = handle();
        this.op(gpu.GPU_TEXTURE_READ, texture, ...place, width, height, id, width * height * bytes);
        return id;
    }
    readBuffer(buffer, offset, size) {
        const id = handle();
        this.op(gpu.GPU_BUFFER_READ, buffer, offset, size, id);
        return id;
    }
    // The stream as it lies in memory: what submit takes.
    packed(shared) {
        const start = 64, blobs = Math.ceil((start + this.words.length * 4) / 16) * 16;
        const size = blobs + this.blobs.length + 16;
        const memory = shared ? new SharedArrayBuffer(Math.ceil(size / 16) * 16)
            : new ArrayBuffer(Math.ceil(size / 16) * 16);
        const views = { u8: new Uint8Array(memory), u32: new Uint32Array(memory),
            i32: new Int32Array(memory), f32: new Float32Array(memory) };
        views.u32.set(this.words, start / 4);
        views.u8.set(this.blobs, blobs);
        return [views, start / 4, this.words.length, blobs];
    }
}

// An executor and what it has said.
export class Device {
    constructor(canvas = null, options = {}) {
        this.executor = new WebGpuExecutor(canvas, options);
        this.ready = new Set();
        this.downloads = new Map();
        this.queries = new Map();
        this.times = new Map();
        this.refused = [];
        this.lost = this.failed = null;
        this.open = false;
        this.shared = 0;
    }
    poll() {
        for (let event; (event = this.executor.poll());) {
            const { kind, handle: id, value, text, bytes, size } = event;
            if (kind === gpu.GPU_EVENT_READY) this.open = true;
            if (kind === gpu.GPU_EVENT_FAILED) this.failed = text;
            if (kind === gpu.GPU_EVENT_LOST) this.lost = text;
            if (kind === gpu.GPU_EVENT_PIPELINE) this.ready.add(id);
            if (kind === gpu.GPU_EVENT_REFUSED) this.refused.push({ id, kind: value, text });
            if (kind === gpu.GPU_EVENT_DOWNLOAD) {
                this.downloads.set(id, bytes ? bytes.slice(0, size) : null);
            }
            if (kind === gpu.GPU_EVENT_QUERY) this.queries.set(id, value);
            if (kind === gpu.GPU_EVENT_TIME) this.times.set(id, value);
        }
    }
    async until(what, text = 'an event') {
        const stop = performance.now() + 20000;
        for (this.poll(); !what(); this.poll()) {
            if (performance.now() > stop) throw new Error(`waited in vain for ${text}`);
            await new Promise((done) => setTimeout(done, 2));
        }
    }
    opened() {
        return this.until(() => this.open || this.failed, 'the device');
    }
    // Every other stream comes from shared memory.
    submit(stream) {
        return this.executor.submit(...stream.packed(this.shared++ & 1));
    }
    // Submits what creates things; waits for its pipelines.
    async make(stream, ...pipelines) {
        const code = this.submit(stream);
        if (code !== gpu.GPU_DONE) throw new Error(`submit gave ${code}`);
        await this.until(() => pipelines.every((id) => this.ready.has(id)) || this.refused.length,
            'pipelines');
    }
    async bytes(id) {
        await this.until(() => this.downloads.has(id), 'a download');
        return this.downloads.get(id);
    }
    counts() {
        return Array.from({ length: 8 }, (_, kind) => this.executor.count(kind));
    }
}

// ---- checking ----

let passed = 0;
const failures = [];
export function check(good, what, details = '') {
    if (good) passed++;
    else failures.push(`${what} ${details}`);
}
export function results() {
    return { passed, failures };
}
export function near(bytes, at, wanted, what, tolerance = 1) {
    const found = Array.from(bytes.subarray(at, at + wanted.length));
    check(found.every((value, k) => Math.abs(value - wanted[k]) <= tolerance), what,
        `is ${found}, not ${wanted}`);
}
export const pixel = (x, y, width = SIZE) => 4 * (y * width + x);

// ---- shaders that many scenes use ----

// All of the target, or what firstInstance says of its place.
export const FULL = `
@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    return vec4f(f32(i & 1u) * 4.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.5, 1.0);
}`;
export const CONSTANT = `${FULL}
struct Frame { color: vec4f }
@group(0) @binding(0) var<uniform> frame: Frame;
@fragment fn fs() -> @location(0) vec4f { return frame.color; }`;
// A rectangle of each object: x, y, width, height in clip space, then its colour, then its depth.
export const OBJECTS = `
struct Object { place: vec4f, color: vec4f, depth: vec4f }
@group(0) @binding(1) var<storage, read> objects: array<Object>;
struct Out { @builtin(position) position: vec4f, @location(0) color: vec4f }
@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) instance: u32) -> Out {
    let object = objects[instance];
    let corner = vec2f(f32(i & 1u), f32((i >> 1u) & 1u));
    var out: Out;
    out.position = vec4f(object.place.xy + corner * object.place.zw, object.depth.x, 1.0);
    out.color = object.color;
    return out;
}
@fragment fn fs(in: Out) -> @location(0) vec4f { return in.color; }`;
export const color = (...values) => new Float32Array(values);
// Rows for OBJECTS: [x, y, width, height in pixels from the top left, colour, depth].
export function rows(list, width = SIZE, height = SIZE) {
    const data = new Float32Array(12 * list.length);
    list.forEach(([x, y, w, h, tint, depth = 0], k) => data.set([
        x / width * 2 - 1, 1 - y / height * 2, w / width * 2, -h / height * 2, ...tint, depth],
    12 * k));
    return data;
}
export { gpu, SIZE };
