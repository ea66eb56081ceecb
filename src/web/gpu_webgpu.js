// gpu_webgpu.js - runs the command stream on WebGPU.
//
//   const executor = new WebGpuExecutor(canvas, { powerPreference: 'high-performance' });
//   executor.submit(views, at, count, blobs);   // the shape of an executor: gpu_stream.js
//
// Options: adapter, device (a GPUDevice to work on; it is not destroyed by close), powerPreference,
// alphaMode of the canvas ('opaque'), bundles (false: never).
//
// How it works
//   * The surface is a texture of our own, copied to the canvas by PRESENT: so it can be read at
//     any time, may be drawn to in several submits, and is there without a canvas too.
//   * Group 0 is one bind group for all pipelines: frame constants at a dynamic offset into a ring,
//     and the object table. A draw's object is its firstInstance.
//   * Runs of MULTI with many draws that come again unchanged become render bundles, found by a
//     hash of their words, compared in full, and let go when they have not been used for a while.
//   * Commands are collected until something is written from memory, which WebGPU does at once, to
//     a resource that they may use: then they are handed in first. So all takes effect in order.
import { GPU_DONE, GPU_BUSY, GPU_CLOSED, GPU_PASS_BEGIN, GPU_VIEWPORT } from './gpu_stream.js';
import { GPU_SCISSOR, GPU_STENCIL_REF, GPU_BLEND_CONSTANT, GPU_CONSTANTS } from './gpu_stream.js';
import { GPU_INSTANCE_BUFFER, GPU_MULTI, GPU_DRAW_INDIRECT } from './gpu_stream.js';
import { GPU_QUERY_BEGIN, GPU_QUERY_END, GPU_LABEL_PUSH, GPU_LABEL_POP } from './gpu_stream.js';
import { GPU_PASS_END, GPU_KIND_BUFFER, GPU_KIND_TEXTURE } from './gpu_stream.js';
import { GPU_KIND_PIPELINE, GPU_KIND_GROUP, GPU_KIND_MESH, GPU_RGBA8 } from './gpu_stream.js';
import { GPU_R32UI, GPU_RGBA32UI, GPU_DEPTH24_STENCIL8, GPU_SLOT } from './gpu_stream.js';
import { W3DI_WEBGPU_COPY, W3DI_WEBGPU_SLICES } from './gpu_webgpu_device.js';
import { W3DI_WEBGPU_FORMATS } from './gpu_webgpu_make.js';
import { W3diWebgpuResources } from './gpu_webgpu_resource.js';

const W3DI_WEBGPU_INDIRECT = 0x100;
const W3DI_WEBGPU_BUNDLE_MIN = 32;   // draws from which on a bundle is worth its making
const W3DI_WEBGPU_BUNDLE_MAX = 256;  // draws after which a further MULTI begins another one
const W3DI_WEBGPU_BUNDLE_AGE = 240;  // submits that a bundle stays unused
const W3DI_WEBGPU_SEEN = 4096;       // runs remembered as seen once; a power of two

export class WebGpuExecutor extends W3diWebgpuResources {
    constructor(canvas, options = {}) {
        super(canvas, options);
        this._initPass();
        this._begin();
    }
    // What passes use again, so that a frame allocates nothing.
    _initPass() {
        const color = () => ({
            view: null, resolveTarget: undefined, loadOp: 'clear', storeOp: 'store',
            clearValue: { r: 0, g: 0, b: 0, a: 0 },
        });
        this._passDescriptors = [0, 1, 2, 3, 4].map((count) => ({
            label: '', colorAttachments: Array.from({ length: count }, color),
            depthStencilAttachment: undefined, occlusionQuerySet: undefined,
            timestampWrites: undefined,
        }));
        this._depthOnly = { view: null, depthLoadOp: '', depthStoreOp: '', depthClearValue: 1 };
        this._depthStencil = { view: null, depthLoadOp: '', depthStoreOp: '', depthClearValue: 1,
            stencilLoadOp: '', stencilStoreOp: '', stencilClearValue: 0 };
        this._timeWrites = { querySet: null, beginningOfPassWriteIndex: 0,
            endOfPassWriteIndex: 0 };
        this._copyFrom = { texture: null, mipLevel: 0, origin: { x: 0, y: 0, z: 0 } };
        this._copyTo = { texture: null, mipLevel: 0, origin: { x: 0, y: 0, z: 0 } };
        this._copyRows = { buffer: null, offset: 0, bytesPerRow: 0, rowsPerImage: 0 };
        this._copySize = { width: 0, height: 0, depthOrArrayLayers: 1 };
        this._blendColor = { r: 0, g: 0, b: 0, a: 0 };
        this._pass = null;
        this._skip = false;       // this pass's targets are not there
        this._formats = new Uint32Array(6); // four colours, depth, samples
        this._width = this._height = 0;
        this._instances = [null, null, null, null];
        this._instanceWords = new Uint32Array(8); // handle and offset of each
        this._nowBuffers = [null, null, null, null];
        this._nowOffsets = [0, 0, 0, 0];
        this._offsets = new Uint32Array(1); // of the frame constants
        this._bundles = new Map();
        this._bundleList = [null];
        this._seen = new Uint32Array(W3DI_WEBGPU_SEEN);
        this._indirect = { buffer: null, words: new Uint32Array(0), used: 0, next: 0 };
    }
    submit(views, at, count, blobs) {
        if (this._lost || this._closed) return GPU_CLOSED;
        if (!this.caps) return GPU_BUSY;
        const u32 = views.u32, end = at + count;
        this._views = views;
        this._blobs = blobs;
        this.counters.submits++;
        for (let i = at; i < end;) {
            try {
                if ((u32[i] & 255) === GPU_MULTI) {
                    i = this._multi(u32, i, end);
                    continue;
                }
                if (!this._resource(views, u32, i)) this._inPass(views, u32, i, end);
            } catch (error) { // WebGPU throws at numbers it cannot convert
                this._refuse(0, 0, null, error.message);
            }
            i += u32[i] >>> 8;
        }
        if (this._pass) this._passEnd(); // a stream that was cut off
        this._flush();
        if (this._ringUsed) {
            this._slice = (this._slice + 1) % W3DI_WEBGPU_SLICES;
            this._ringUsed = this._ringWritten = 0;
        }
        if ((this.counters.submits & 63) === 0) this._bundlesAge();
        this._views = null;
        return GPU_DONE;
    }

    // ---- passes ----

    // Runs an operation of a pass.
    _inPass(views, u32, i, end) {
        const op = u32[i] & 255, { f32 } = views, pass = this._pass;
        if (op === GPU_PASS_BEGIN) {
            this._passBegin(u32, f32, i, end);
        } else if (op === GPU_LABEL_PUSH) {
            if (pass) this._passLabels++;
            else if (!this._skip) this._labels++;
            if (!this._skip) (pass ?? this._commandEncoder()).pushDebugGroup(this._label(i + 1));
        } else if (op === GPU_LABEL_POP) {
            if (pass && this._passLabels) {
                this._passLabels--;
                pass.popDebugGroup();
            } else if (!pass && this._labels) {
                this._labels--;
                this._commandEncoder().popDebugGroup();
            }
        } else if (op === GPU_PASS_END) {
            this._skip = false;
            if (pass) this._passEnd();
        } else if (pass) {
            this._passState(pass, op, u32, f32, i);
        }
    }
    _passEnd() {
        for (; this._passLabels; this._passLabels--) this._pass.popDebugGroup();
        this._pass.end();
        this._pass = null;
    }
    _passState(pass, op, u32, f32, i) {
        switch (op) {
        case GPU_VIEWPORT:
            pass.setViewport(f32[i + 1], f32[i + 2], f32[i + 3], f32[i + 4], f32[i + 5],
                f32[i + 6]);
            break;
        case GPU_SCISSOR: { // WebGPU wants it within the target
            const x = Math.min(u32[i + 1], this._width), y = Math.min(u32[i + 2], this._height);
            pass.setScissorRect(x, y, Math.min(u32[i + 3], this._width - x),
                Math.min(u32[i + 4], this._height - y));
            break;
        }
        case GPU_STENCIL_REF: pass.setStencilReference(u32[i + 1]); break;
        case GPU_BLEND_CONSTANT:
            this._color(this._blendColor, f32, i + 1);
            pass.setBlendConstant(this._blendColor);
            break;
        case GPU_CONSTANTS: this._constants(u32[i + 1], u32[i + 2]); break;
        case GPU_INSTANCE_BUFFER: {
            const slot = u32[i + 1], handle = u32[i + 2];
            this._instances[slot] = handle ? this._used(GPU_KIND_BUFFER, handle) : null;
            this._instanceWords[2 * slot] = handle;
            this._instanceWords[2 * slot + 1] = handle ? u32[i + 3] : 0;
            break;
        }
        case GPU_DRAW_INDIRECT: this._drawIndirect(pass, u32, i); break;
        case GPU_QUERY_BEGIN: pass.beginOcclusionQuery(this._occlusion.take(u32[i + 1])); break;
        case GPU_QUERY_END: pass.endOcclusionQuery(); break;
        default: // a newer stream's
        }
    }
    _color(color, words, at) {
        color.r = words[at];
        color.g = words[at + 1];
        color.b = words[at + 2];
        color.a = words[at + 3];
    }
    // The view of one level and layer to draw to; `place`: level | layer << 16.
    _attachment(handle, place) {
        const texture = this._used(GPU_KIND_TEXTURE, handle);
        if (!texture || texture.bad) return null;
        const mip = place & 0xFFFF, layer = place >>> 16, at = layer * texture.mips + mip;
        return texture.views[at] ??= texture.gpu.createView({
            dimension: '2d', baseMipLevel: mip, mipLevelCount: 1, baseArrayLayer: layer,
            arrayLayerCount: 1,
        });
    }
    _passBegin(u32, f32, i, end) {
        const count = u32[i + 1], surface = u32[i + 2] & 1 ? this._surface : null;
        const descriptor = this._passDescriptors[count], formats = this._formats;
        let good = !(u32[i + 2] & 1) || surface !== null;
        formats.fill(0);
        for (let k = 0, at = i + 16; k < count; k++, at += 9) {
            const target = descriptor.colorAttachments[k];
            if (surface) {
                target.view = surface.manyView ?? surface.colorView;
                target.resolveTarget = surface.manyView ? surface.colorView : undefined;
                formats[k] = GPU_RGBA8;
            } else {
                target.view = this._attachment(u32[at], u32[at + 1]);
                target.resolveTarget =
                    u32[at + 2] ? this._attachment(u32[at + 2], u32[at + 3]) : undefined;
                if (!target.view || target.resolveTarget === null) good = false;
                else formats[k] = this._find(GPU_KIND_TEXTURE, u32[at]).format;
            }
            target.loadOp = u32[at + 4] & 255 ? 'load' : 'clear';
            target.storeOp = u32[at + 4] >> 8 & 255 ? 'discard' : 'store';
            const integer = formats[k] === GPU_R32UI || formats[k] === GPU_RGBA32UI;
            this._color(target.clearValue, integer ? u32 : f32, at + 5);
        }
        descriptor.depthStencilAttachment = undefined;
        const depthView = surface ? surface.depthView
            : u32[i + 11] ? this._attachment(u32[i + 11], u32[i + 12]) : undefined;
        if (depthView === null) good = false;
        if (depthView) this._passDepth(descriptor, surface, depthView, u32, f32, i);
        this._skip = !good;
        if (!good) return;
        formats[5] = u32[i + 5];
        this._width = u32[i + 3];
        this._height = u32[i + 4];
        descriptor.label = this._label(i + 9);
        this._passQueries(descriptor, u32, i, end);
        this._instances.fill(null);
        this._instanceWords.fill(0);
        this._constants(u32[i + 6], u32[i + 7]);
        this._passLabels = 0;
        this._pass = this._commandEncoder().beginRenderPass(descriptor);
        this._nowNothing();
        this.counters.passes++;
    }
    _passDepth(descriptor, surface, view, u32, f32, i) {
        const format = surface ? surface.depthFormat
            : this._find(GPU_KIND_TEXTURE, u32[i + 11]).format;
        const stencil = format === GPU_DEPTH24_STENCIL8, words = u32[i + 13];
        const depth = stencil ? this._depthStencil : this._depthOnly;
        this._formats[4] = format;
        descriptor.depthStencilAttachment = depth;
        depth.view = view;
        depth.depthLoadOp = words & 255 ? 'load' : 'clear';
        depth.depthStoreOp = words >> 8 & 255 ? 'discard' : 'store';
        depth.depthClearValue = f32[i + 14];
        if (!stencil) return;
        depth.stencilLoadOp = words >> 16 & 255 ? 'load' : 'clear';
        depth.stencilStoreOp = words >>> 24 ? 'discard' : 'store';
        depth.stencilClearValue = u32[i + 15];
    }
    // Looks ahead for what has to be ready before the pass: queries, indirect draws of objects.
    _passQueries(descriptor, u32, i, end) {
        const { _occlusion: occlusion, _times: times } = this;
        const timed = u32[i + 8] && this.caps.timestamps;
        let queries = 0, indirect = 0;
        for (let at = i; at < end; at += u32[at] >>> 8) {
            const op = u32[at] & 255;
            if (op === GPU_PASS_END) break;
            if (op === GPU_QUERY_BEGIN) queries++;
            if (op === GPU_DRAW_INDIRECT && u32[at + 4]) indirect += u32[at + 7];
        }
        if ((queries && occlusion.count && occlusion.count + queries > occlusion.room) ||
            (timed && times.count && times.count + 1 > times.room)) {
            this._flush(); // the sets are in use up to here
        }
        if (queries) occlusion.reserve(occlusion.count + queries);
        descriptor.occlusionQuerySet = queries ? occlusion.set : undefined;
        descriptor.timestampWrites = undefined;
        if (timed) {
            times.reserve(times.count + 1);
            const index = 2 * times.take(u32[i + 8]);
            this._timeWrites.querySet = times.set;
            this._timeWrites.beginningOfPassWriteIndex = index;
            this._timeWrites.endOfPassWriteIndex = index + 1;
            descriptor.timestampWrites = this._timeWrites;
        }
        if (indirect) this._indirectCopy(u32, i, end, indirect);
    }

    // ---- indirect draws: firstInstance comes from the buffer, and has to be the object's row ----

    _indirectCopy(u32, i, end, draws) {
        const own = this._indirect, encoder = this._commandEncoder();
        const size = 20 * draws;
        if (!own.buffer || own.used + size > own.buffer.size) {
            if (own.buffer) this._dead.push(own.buffer);
            own.buffer = this.device.createBuffer({
                size: Math.max(2 * size, 4096),
                usage: W3DI_WEBGPU_INDIRECT | W3DI_WEBGPU_COPY,
            });
            own.words = new Uint32Array(own.buffer.size / 4);
            own.used = 0;
        }
        own.next = own.used;
        for (let at = i, to = own.used; (u32[at] & 255) !== GPU_PASS_END; at += u32[at] >>> 8) {
            if ((u32[at] & 255) !== GPU_DRAW_INDIRECT || !u32[at + 4]) continue;
            const words = u32[at + 9] ? 5 : 4, buffer = this._used(GPU_KIND_BUFFER, u32[at + 5]);
            for (let k = 0; k < u32[at + 7]; k++, to += 20) {
                own.words[to / 4 + words - 1] = u32[at + 4];
                encoder.copyBufferToBuffer(buffer.gpu, u32[at + 6] + k * u32[at + 8], own.buffer,
                    to, 4 * words - 4);
            }
        }
        this.device.queue.writeBuffer(own.buffer, own.used, own.words, own.used / 4, size / 4);
        own.used += size;
    }
    _drawIndirect(pass, u32, i) {
        const draws = u32[i + 7], row = u32[i + 4], own = this._indirect, indexed = u32[i + 9];
        const buffer = this._used(GPU_KIND_BUFFER, u32[i + 5]);
        const start = own.next, mesh = this._find(GPU_KIND_MESH, u32[i + 3]);
        if (row) own.next += 20 * draws;
        if (!buffer || !this._set(pass, this._find(GPU_KIND_PIPELINE, u32[i + 1]), u32[i + 2], mesh,
            indexed)) {
            this.counters.skipped += draws;
            return;
        }
        const from = row ? own.buffer : buffer.gpu;
        for (let k = 0; k < draws; k++) {
            const at = row ? start + 20 * k : u32[i + 6] + k * u32[i + 8];
            if (indexed) pass.drawIndexedIndirect(from, at);
            else pass.drawIndirect(from, at);
        }
        this.counters.draws += draws;
    }

    // ---- draws ----

    // Forgets what is set: a new pass, a new bundle, or a bundle was run.
    _nowNothing() {
        this._nowPipeline = this._nowGroup = this._nowIndices = null;
        this._nowFormat = '';
        this._nowFrame = false;
        for (let k = 0; k < 4; k++) this._nowBuffers[k] = null;
    }
    // Sets what a draw needs and is not set yet; false: something is not there, leave it out.
    _set(to, pipeline, groupHandle, mesh, indexed) {
        if (!pipeline?.gpu) return false;
        const { counters } = this;
        let group = null;
        if (groupHandle) {
            group = this._lists[GPU_KIND_GROUP][groupHandle & GPU_SLOT];
            if (!group || group.bad) return false;
        }
        if (indexed && (!mesh?.indices || mesh.indices.bad)) return false;
        for (let k = 0; k < pipeline.bufferCount; k++) {
            if (!pipeline.reads[k]) continue;
            const own = this._instances[k], buffer = own ?? mesh?.buffers[k];
            if (!buffer || buffer.bad) return false;
            const offset = own ? this._instanceWords[2 * k + 1] : mesh.offsets[k];
            if (this._nowBuffers[k] === buffer && this._nowOffsets[k] === offset) continue;
            to.setVertexBuffer(k, buffer.gpu, offset);
            this._nowBuffers[k] = buffer;
            this._nowOffsets[k] = offset;
            counters.buffers++;
        }
        if (this._nowPipeline !== pipeline) {
            to.setPipeline(pipeline.gpu);
            this._nowPipeline = pipeline;
            counters.pipelines++;
        }
        if (!this._nowFrame) {
            to.setBindGroup(0, this._frameGroup, this._offsets, 0, 1);
            this._nowFrame = true;
            counters.groups++;
        }
        if (group && this._nowGroup !== group) {
            if (group.first) to.setBindGroup(1, group.first);
            if (group.second) to.setBindGroup(2, group.second);
            this._nowGroup = group;
            counters.groups++;
        }
        if (indexed && (this._nowIndices !== mesh.indices || this._nowFormat !== mesh.format)) {
            to.setIndexBuffer(mesh.indices.gpu, mesh.format);
            this._nowIndices = mesh.indices;
            this._nowFormat = mesh.format;
            counters.buffers++;
        }
        return true;
    }
    // Draws one MULTI into a pass or a bundle.
    _draw(to, u32, i) {
        const n = u32[i + 4], indexed = u32[i + 5] & 1;
        const pipeline = this._lists[GPU_KIND_PIPELINE][u32[i + 1] & GPU_SLOT];
        const mesh = this._find(GPU_KIND_MESH, u32[i + 3]);
        if (!this._set(to, pipeline, u32[i + 2], mesh, indexed)) {
            this.counters.skipped += n;
            return;
        }
        let count = i + 6, first = count + n, instances = first + n, row = instances + n;
        let base = row + n;
        const rows = pipeline.perInstance ? 0 : -1; // a mask: such pipelines count from 0
        if (indexed) {
            for (const { shift } = mesh, stop = count + n; count < stop;) {
                to.drawIndexed(u32[count++], u32[instances++], u32[first++] >>> shift,
                    u32[base++] | 0, (u32[row++] & rows) >>> 0);
            }
        } else {
            for (const stop = count + n; count < stop;) {
                to.draw(u32[count++], u32[instances++], u32[first++], (u32[row++] & rows) >>> 0);
            }
        }
        this.counters.draws += n;
    }
    // Draws a run of MULTI operations, as a bundle if it was drawn so before; gives where it ends.
    _multi(u32, i, end) {
        let stop = i, draws = 0;
        while (stop < end && (u32[stop] & 255) === GPU_MULTI && draws < W3DI_WEBGPU_BUNDLE_MAX) {
            draws += u32[stop + 4];
            stop += u32[stop] >>> 8;
        }
        if (!this._pass) {
            this.counters.skipped += draws;
            return stop;
        }
        if (draws >= W3DI_WEBGPU_BUNDLE_MIN && this._options.bundles !== false &&
            this._bundle(u32, i, stop, draws)) return stop;
        for (let at = i; at < stop; at += u32[at] >>> 8) this._draw(this._pass, u32, at);
        return stop;
    }

    // ---- bundles ----

    _bundle(u32, i, stop, draws) {
        const { _instanceWords: instances, counters } = this;
        let hash = Math.imul(this._offsets[0] ^ 0x2545F491, 0x01000193);
        for (let k = 0; k < 8; k++) hash = Math.imul(hash ^ instances[k], 0x01000193);
        for (let at = i; at < stop; at++) {
            hash = Math.imul(hash ^ u32[at], 0x01000193);
            hash ^= hash >>> 15;
        }
        hash &= 0x3FFFFFFF;
        let found = this._bundles.get(hash);
        if (!found || !this._bundleIs(found, u32, i, stop)) {
            const place = hash & (W3DI_WEBGPU_SEEN - 1);
            if (this._seen[place] !== hash) { // the first time it is only remembered
                this._seen[place] = hash;
                return false;
            }
            found = this._bundleMake(u32, i, stop);
            if (!found) return false;
            this._bundles.set(hash, found);
        }
        found.used = counters.submits;
        this._bundleList[0] = found.bundle;
        this._pass.executeBundles(this._bundleList);
        this._nowNothing();
        counters.bundlesRun++;
        counters.bundleDraws += draws;
        return true;
    }
    _bundleIs(found, u32, i, stop) {
        const { words, instances } = found, count = words.length;
        if (count !== stop - i || found.offset !== this._offsets[0]) return false;
        for (let k = 0; k < 8; k++) if (instances[k] !== this._instanceWords[k]) return false;
        for (let k = 0; k < count; k++) if (words[k] !== u32[i + k]) return false;
        return true;
    }
    // Null where some draw would be left out: that may be for now only.
    _bundleMake(u32, i, stop) {
        const { _formats: formats, counters } = this, { draws, skipped } = counters;
        const colorFormats = [];
        for (let k = 0; k < 4; k++) {
            if (formats[k]) colorFormats.push(W3DI_WEBGPU_FORMATS[formats[k]]);
        }
        const encoder = this.device.createRenderBundleEncoder({
            colorFormats,
            depthStencilFormat: formats[4] ? W3DI_WEBGPU_FORMATS[formats[4]] : undefined,
            sampleCount: formats[5],
        });
        this._nowNothing();
        for (let at = i; at < stop; at += u32[at] >>> 8) this._draw(encoder, u32, at);
        const bundle = encoder.finish();
        this._nowNothing();
        const whole = counters.skipped === skipped;
        counters.draws = draws;
        counters.skipped = skipped;
        if (!whole) return null;
        counters.bundlesMade++;
        return {
            bundle, words: u32.slice(i, stop), instances: this._instanceWords.slice(),
            offset: this._offsets[0], used: 0,
        };
    }
    _bundlesAge() {
        const before = this.counters.submits - W3DI_WEBGPU_BUNDLE_AGE;
        for (const [hash, { used }] of this._bundles) {
            if (used < before) this._bundles.delete(hash);
        }
    }
}
