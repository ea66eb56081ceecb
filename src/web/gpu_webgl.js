// gpu_webgl.js - the WebGL2 executor: runs the command stream on a canvas.
//
//   const executor = new WebGl2Executor(canvas);
//   executor.submit(views, at, count, blobs);
//
// See gpu_stream.js for what an executor is. Options:
//   alpha, powerPreference, ...   as getContext takes them; antialias, depth and stencil stay off
//   multiDraw   false: WEBGL_multi_draw is not used though it is there
//   restoreMs   how long a lost context is waited for (10000)
//   check       true: asks for errors after each submit and counts them (slow; for tests)
//
// Textures are stored top row first, so drawing to them turns y; the surface is as WebGL has it.
// The surface is drawn in a framebuffer of its own and copied to the canvas when it is presented:
// so it keeps its contents, can be read at any time, and has the samples that were asked for.

import { GPU_BLEND_CONSTANT, GPU_BUFFER_COPY, GPU_BUFFER_CREATE } from './gpu_stream.js';
import { GPU_BUFFER_READ, GPU_BUFFER_WRITE, GPU_BUSY, GPU_CLOSED } from './gpu_stream.js';
import { GPU_CONSTANTS, GPU_DESTROY, GPU_DONE, GPU_EVENT_DOWNLOAD } from './gpu_stream.js';
import { GPU_EVENT_QUERY, GPU_GROUP_CREATE, GPU_INSTANCE_BUFFER } from './gpu_stream.js';
import { GPU_KIND_BUFFER, GPU_KIND_GROUP, GPU_KIND_MESH, GPU_KIND_PIPELINE } from './gpu_stream.js';
import { GPU_KIND_TEXTURE, GPU_MESH_CREATE, GPU_MULTI, GPU_OBJECTS_CREATE } from './gpu_stream.js';
import { GPU_OBJECTS_WRITE, GPU_PASS_BEGIN, GPU_PASS_END } from './gpu_stream.js';
import { GPU_PIPELINE_CREATE, GPU_PRESENT, GPU_QUERY_BEGIN, GPU_QUERY_END } from './gpu_stream.js';
import { GPU_RGBA8, GPU_SAMPLER_CREATE, GPU_SCISSOR, GPU_SHADER_CREATE } from './gpu_stream.js';
import { GPU_STENCIL_REF, GPU_SURFACE, GPU_TEXTURE_COPY } from './gpu_stream.js';
import { GPU_TEXTURE_CREATE, GPU_TEXTURE_MIPS, GPU_TEXTURE_READ } from './gpu_stream.js';
import { GPU_TEXTURE_WRITE, GPU_VIEWPORT } from './gpu_stream.js';
import { GL_UNIT_DRAWS, GL_UNIT_OBJECTS } from './gpu_webgl_state.js';
import { GlDevice } from './gpu_webgl_device.js';

export class WebGl2Executor extends GlDevice {
    constructor(canvas, options = {}) {
        super(canvas, options);
        this._views = null;        // of the submit that runs, like the four below
        this._u8 = this._u32 = this._i32 = this._f32 = null;
        this._blobs = 0;
        this._ids = new Uint32Array(1024); // rows by draw, gathered before the stream is run
        this._idsAt = 0;           // of the next MULTI
        this._last = null;         // the event that was given last
        this._ring = 0;            // which of the three, and how much of it is used
        this._ringAt = 0;
        this._ringUsed = false;
        this._inPass = false;      // false too where the pass's targets cannot be drawn to
        this._pass = 0;            // where its words begin
        this._passTarget = null;   // its framebuffer's record; null: the surface
        this._passHeight = 0;
        this._timed = false;
        this._flipped = 0;         // 1: into textures, whose y goes the other way
        this._targetX = this._targetY = this._targetZ = 0;
        this._reference = 0;
        this._pipeline = null;     // what is set in this pass
        this._group = null;
        this._instanceBuffers = [null, null, null, null];
        this._instanceOffsets = [0, 0, 0, 0];
    }

    submit(views, at, count, blobs) {
        if (this._lost || (this.caps && this._gl.isContextLost())) {
            this._lose('the WebGL context is lost');
            return GPU_CLOSED;
        }
        if (!this.caps || this._closed) return GPU_BUSY;
        this._views = views;
        this._u8 = views.u8;
        this._u32 = views.u32;
        this._i32 = views.i32;
        this._f32 = views.f32;
        this._blobs = blobs;
        if (this._ringUsed) { // the last one may still be read from
            this._ring = (this._ring + 1) % 3;
            this._ringAt = 0;
            this._ringUsed = false;
        }
        this._gather(at, at + count);
        const u32 = this._u32, end = at + count;
        for (let w = at; w < end; w += u32[w] >>> 8) this._run(w, u32[w] & 255);
        this._views = this._u8 = this._u32 = this._i32 = this._f32 = null;
        if (this._options.check) this._check();
        if (this._gl.isContextLost()) {
            this._lose('the WebGL context is lost');
            return GPU_CLOSED;
        }
        return GPU_DONE;
    }

    poll() {
        if (this._last && this._last.bytes) {
            this._reads.giveBack(this._last.bytes);
            this._last.bytes = null;
        }
        this._last = this._events.next();
        if (this._last || !this.caps || this._lost || this._closed) return this._last;
        if (this._compiling.length) this._shadersLook();
        this._reads.look();
        return this._last = this._events.next();
    }

    // ---- the stream ----

    _run(at, op) {
        const u32 = this._u32;
        switch (op) {
        case GPU_MULTI: this._multiDraw(at); break;
        case GPU_PASS_BEGIN: this._passBegin(at); break;
        case GPU_PASS_END: this._passEnd(); break;
        case GPU_CONSTANTS: this._constants(this._blobs + u32[at + 1], u32[at + 2]); break;
        case GPU_VIEWPORT: this._viewport(at); break;
        case GPU_SCISSOR: this._scissor(at); break;
        case GPU_STENCIL_REF:
            this._reference = u32[at + 1];
            this._pipeline = null; // to be set again with it
            break;
        case GPU_BLEND_CONSTANT:
            this._state.blendConstant(this._f32[at + 1], this._f32[at + 2], this._f32[at + 3],
                this._f32[at + 4]);
            break;
        case GPU_INSTANCE_BUFFER:
            this._instanceBuffers[u32[at + 1]] = this._find(GPU_KIND_BUFFER, u32[at + 2]);
            this._instanceOffsets[u32[at + 1]] = u32[at + 3];
            break;
        case GPU_QUERY_BEGIN:
            this._reads.queryBegin(this._gl.ANY_SAMPLES_PASSED, u32[at + 1], GPU_EVENT_QUERY);
            break;
        case GPU_QUERY_END:
            this._reads.queryEnd(this._gl.ANY_SAMPLES_PASSED, GPU_EVENT_QUERY);
            break;
        case GPU_OBJECTS_WRITE: this._objectsWrite(at); break;
        case GPU_SURFACE: this._surfaceMake(at); break;
        case GPU_PRESENT: this._present(); break;
        case GPU_BUFFER_WRITE: this._bufferWrite(at); break;
        case GPU_BUFFER_COPY: this._bufferCopy(at); break;
        case GPU_BUFFER_READ: this._bufferRead(at); break;
        case GPU_TEXTURE_WRITE: this._textureWrite(at); break;
        case GPU_TEXTURE_MIPS: this._textureMips(at); break;
        case GPU_TEXTURE_COPY: this._textureCopy(at); break;
        case GPU_TEXTURE_READ: this._textureRead(at); break;
        case GPU_BUFFER_CREATE: this._bufferCreate(at); break;
        case GPU_TEXTURE_CREATE: this._textureCreate(at); break;
        case GPU_SAMPLER_CREATE: this._samplerCreate(at); break;
        case GPU_SHADER_CREATE: this._shaderCreate(at); break;
        case GPU_PIPELINE_CREATE: this._pipelineCreate(at); break;
        case GPU_GROUP_CREATE: this._groupCreate(at); break;
        case GPU_MESH_CREATE: this._meshCreate(at); break;
        case GPU_OBJECTS_CREATE: this._objectsCreate(at); break;
        case GPU_DESTROY: this._destroy(u32[at + 1], u32[at + 2]); break;
        } // labels: WebGL has no place for them; compute: the caps say there is none
    }

    _check() {
        for (let code; (code = this._gl.getError()) && code !== this._gl.CONTEXT_LOST_WEBGL;) {
            this.counters.errors++;
            this._refuse(0, 0, `WebGL error 0x${code.toString(16)}`);
        }
    }

    // Gathers the object rows of all MULTIs into one texture: gl_DrawID begins at 0 in each.
    _gather(at, end) {
        const u32 = this._u32;
        let total = 0;
        this._idsAt = 0;
        if (!this._multi) return;
        for (let w = at; w < end; w += u32[w] >>> 8) {
            if ((u32[w] & 255) === GPU_MULTI) total += u32[w + 4];
        }
        if (!total) return;
        if (this._ids.length < total) this._ids = new Uint32Array(2 * total);
        const ids = this._ids;
        for (let w = at, to = 0; w < end; w += u32[w] >>> 8) {
            if ((u32[w] & 255) !== GPU_MULTI) continue;
            const n = u32[w + 4], rows = w + 6 + 3 * n;
            for (let i = 0; i < n; i++) ids[to++] = u32[rows + i];
        }
        this._turn = (this._turn + 1) % 3;
        let table = this._draws[this._turn];
        if (!table || table.height * 1024 < total) {
            table = this._draws[this._turn] = this._drawsMake(table, total);
        }
        this._state.texture(GL_UNIT_DRAWS, table); // where it is read from, too
        this._state.unit(GL_UNIT_DRAWS);
        this._texels(0, total, this._gl.RED_INTEGER, ids, 0, 1);
    }

    _drawsMake(old, total) {
        const gl = this._gl;
        if (old) {
            this._state.forgetTexture(old);
            gl.deleteTexture(old.gl);
        }
        let height = 4;
        while (height * 1024 < total) height *= 2;
        const table = { handle: 0, gl: gl.createTexture(), target: gl.TEXTURE_2D, height };
        this._edit(table);
        gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R32UI, 1024, height);
        this._nearest(gl.TEXTURE_2D);
        return table;
    }

    // ---- the surface ----

    _surfaceMake(at) {
        const gl = this._gl, u32 = this._u32, old = this._surface;
        const width = u32[at + 1], height = u32[at + 2], samples = u32[at + 3];
        const depth = u32[at + 4];
        if (old && old.width === width && old.height === height && old.samples === samples &&
            old.depth === depth) return;
        this._surfaceFree();
        if (this._shown && (this._canvas.width !== width || this._canvas.height !== height)) {
            this._canvas.width = width;
            this._canvas.height = height;
        }
        const attach = (attachment, format, count) => {
            const made = gl.createRenderbuffer();
            gl.bindRenderbuffer(gl.RENDERBUFFER, made);
            if (count > 1) {
                gl.renderbufferStorageMultisample(gl.RENDERBUFFER, count, format, width, height);
            } else {
                gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
            }
            gl.framebufferRenderbuffer(gl.DRAW_FRAMEBUFFER, attachment, gl.RENDERBUFFER, made);
            return made;
        };
        const surface = this._surface = { width, height, samples, depth, buffers: [],
            gl: gl.createFramebuffer(), resolved: null,
            hasDepth: depth ? this._formats[depth].depth : 0 };
        this._state.drawTo(surface.gl);
        surface.buffers.push(attach(gl.COLOR_ATTACHMENT0, gl.RGBA8, samples));
        if (depth) {
            surface.buffers.push(attach(surface.hasDepth === 2 ? gl.DEPTH_STENCIL_ATTACHMENT :
                gl.DEPTH_ATTACHMENT, this._formats[depth].internal, samples));
        }
        if (samples > 1) {
            surface.resolved = gl.createFramebuffer();
            this._state.drawTo(surface.resolved);
            surface.buffers.push(attach(gl.COLOR_ATTACHMENT0, gl.RGBA8, 1));
        }
    }

    _surfaceFree() {
        const gl = this._gl, surface = this._surface;
        if (!surface) return;
        for (const made of [surface.gl, surface.resolved]) {
            if (!made) continue;
            this._state.forgetFramebuffer(made);
            gl.deleteFramebuffer(made);
        }
        for (const made of surface.buffers) gl.deleteRenderbuffer(made);
        this._surface = null;
    }

    // Its one sample a pixel, bound to be read.
    _surfaceResolve() {
        const { gl, resolved, width, height } = this._surface, context = this._gl;
        this._state.readFrom(gl);
        if (!resolved) return;
        this._state.scissor(0, 0, 0, 0, 0);
        this._state.drawTo(resolved);
        context.blitFramebuffer(0, 0, width, height, 0, 0, width, height, context.COLOR_BUFFER_BIT,
            context.NEAREST);
        this._state.readFrom(resolved);
    }

    _surfaceRead(x, y, width, height, download) {
        const surface = this._surface;
        if (!surface) {
            this._events.push(GPU_EVENT_DOWNLOAD, download); // no bytes: it failed
            return;
        }
        this._surfaceResolve();
        this._reads.texels(x, surface.height - y - height, width, height,
            this._formats[GPU_RGBA8], true, download);
    }

    _present() {
        const gl = this._gl, surface = this._surface;
        if (!this._shown || !surface) return;
        this._surfaceResolve();
        this._state.scissor(0, 0, 0, 0, 0);
        this._state.drawTo(null);
        gl.blitFramebuffer(0, 0, surface.width, surface.height, 0, 0, surface.width, surface.height,
            gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }

    // ---- passes ----

    _passBegin(at) {
        const u32 = this._u32, f32 = this._f32, colors = u32[at + 1], onSurface = u32[at + 2] & 1;
        const width = u32[at + 3], height = u32[at + 4];
        this._pass = at;
        this._pipeline = this._group = null;
        this._instanceBuffers[0] = this._instanceBuffers[1] = null;
        this._instanceBuffers[2] = this._instanceBuffers[3] = null;
        this._reference = 0;
        this._passHeight = height;
        this._flipped = onSurface ? 0 : 1;
        this._targetX = onSurface ? 1 : -1;
        this._targetY = onSurface ? -1 : 1;
        this._targetZ = onSurface ? height : 0;
        let depth = 0; // 1: depth, 2: stencil too
        if (onSurface) {
            this._passTarget = null;
            this._inPass = this._surface !== null;
            if (!this._inPass) return;
            this._state.drawTo(this._surface.gl);
            depth = this._surface.hasDepth;
        } else {
            const wanted = this._wanted;
            for (let i = 0; i < 4; i++) {
                wanted[2 * i] = i < colors ? u32[at + 16 + 9 * i] : 0;
                wanted[2 * i + 1] = i < colors ? u32[at + 17 + 9 * i] : 0;
            }
            wanted[8] = u32[at + 11];
            wanted[9] = u32[at + 11] ? u32[at + 12] : 0;
            this._passTarget = this._framebuffer();
            this._inPass = this._passTarget.good;
            if (!this._inPass) return;
            this._state.drawTo(this._passTarget.gl);
            if (wanted[8]) depth = this._find(GPU_KIND_TEXTURE, wanted[8]).format.depth;
        }
        this._state.viewport(0, 0, width, height);
        this._state.depthRange(0, 1);
        this._state.blendConstant(0, 0, 0, 0);
        this._state.openForClear();
        this._timed = u32[at + 8] !== 0;
        if (this._timed) this._reads.timeBegin(u32[at + 8]);
        for (let i = 0; i < colors; i++) this._clearColor(at + 16 + 9 * i, i, onSurface);
        if (depth) this._clearDepth(at, depth, f32);
        if (u32[at + 7]) this._constants(this._blobs + u32[at + 6], u32[at + 7]);
    }

    _clearColor(at, i, onSurface) {
        const gl = this._gl, u32 = this._u32;
        if ((u32[at + 4] & 255) !== 0) return; // it is kept
        if (!onSurface && this._find(GPU_KIND_TEXTURE, u32[at]).format.integer) {
            gl.clearBufferuiv(gl.COLOR, i, u32, at + 5);
        } else {
            gl.clearBufferfv(gl.COLOR, i, this._f32, at + 5);
        }
    }

    _clearDepth(at, depth, f32) {
        const gl = this._gl, u32 = this._u32, word = u32[at + 13];
        const clear = (word & 255) === 0, stencil = depth === 2 && (word >> 16 & 255) === 0;
        if (clear && stencil) gl.clearBufferfi(gl.DEPTH_STENCIL, 0, f32[at + 14], u32[at + 15]);
        else if (clear) gl.clearBufferfv(gl.DEPTH, 0, f32, at + 14);
        else if (stencil) gl.clearBufferiv(gl.STENCIL, 0, this._i32, at + 15);
    }

    _passEnd() {
        const gl = this._gl, u32 = this._u32, at = this._pass;
        if (!this._inPass) return;
        this._inPass = false;
        if (this._timed) this._reads.timeEnd();
        const target = this._passTarget;
        if (!target) return; // the surface: resolved where it is presented or read
        const colors = u32[at + 1];
        for (let i = 0; i < colors; i++) {
            const w = at + 16 + 9 * i;
            if (u32[w + 2]) this._resolve(target, i, u32[w + 2], u32[w + 3]);
        }
        this._discard(target, at, colors);
    }

    _resolve(from, i, handle, place) {
        const gl = this._gl, width = this._u32[this._pass + 3], height = this._passHeight;
        this._wanted.fill(0);
        this._wanted[0] = handle;
        this._wanted[1] = place;
        const to = this._framebuffer();
        if (!to.good) return;
        this._state.scissor(0, 0, 0, 0, 0);
        this._state.readFrom(from.gl);
        gl.readBuffer(gl.COLOR_ATTACHMENT0 + i);
        this._state.drawTo(to.gl);
        gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT,
            gl.NEAREST);
    }

    // Tells the device what of a pass nobody needs any more.
    _discard(target, at, colors) {
        const gl = this._gl, u32 = this._u32;
        let bits = 0;
        for (let i = 0; i < colors; i++) if (u32[at + 20 + 9 * i] >> 8 & 255) bits |= 1 << i;
        if (u32[at + 11]) {
            if (u32[at + 13] >> 8 & 255) bits |= 16;
            if (u32[at + 13] >>> 24) bits |= 32;
        }
        if (!bits) return;
        let list = target.discards[bits];
        if (!list) {
            list = target.discards[bits] = [];
            for (let i = 0; i < 4; i++) if (bits >> i & 1) list.push(gl.COLOR_ATTACHMENT0 + i);
            if (bits & 16) list.push(gl.DEPTH_ATTACHMENT);
            if (bits & 32) list.push(gl.STENCIL_ATTACHMENT);
        }
        this._state.drawTo(target.gl);
        gl.invalidateFramebuffer(gl.DRAW_FRAMEBUFFER, list);
    }

    _viewport(at) {
        const f32 = this._f32, x = f32[at + 1], y = f32[at + 2];
        const width = f32[at + 3], height = f32[at + 4];
        this._state.viewport(x, this._flipped ? y : this._passHeight - y - height, width, height);
        this._state.depthRange(f32[at + 5], f32[at + 6]);
    }

    _scissor(at) {
        const u32 = this._u32, y = u32[at + 2], height = u32[at + 4];
        this._state.scissor(1, u32[at + 1], this._flipped ? y : this._passHeight - y - height,
            u32[at + 3], height);
    }

    // The frame block of the draws after: one of three buffers, in turn by submits.
    _constants(address, size) {
        const gl = this._gl, ring = this._rings[this._ring], room = size + 15 & ~15;
        this.counters.uploads++;
        this._ringUsed = true;
        gl.bindBuffer(gl.UNIFORM_BUFFER, ring.gl);
        if (this._ringAt + room > ring.size) {
            ring.size = Math.max(2 * ring.size, 65536, 2 * room);
            gl.bufferData(gl.UNIFORM_BUFFER, ring.size, gl.DYNAMIC_DRAW);
            this._ringAt = 0;
        }
        gl.bufferSubData(gl.UNIFORM_BUFFER, this._ringAt, this._u8, address, size);
        gl.bindBufferRange(gl.UNIFORM_BUFFER, 0, ring.gl, this._ringAt, room);
        this._ringAt += Math.ceil(room / this._align) * this._align;
    }

    // ---- draws ----

    _multiDraw(at) {
        const gl = this._gl, u32 = this._u32, n = u32[at + 4], first = this._idsAt;
        const pipeline = this._find(GPU_KIND_PIPELINE, u32[at + 1]);
        this._idsAt += n;
        if (!this._inPass || !pipeline || !pipeline.ready) {
            this.counters.skipped += n;
            return;
        }
        const { shader, topology } = pipeline;
        if (this._pipeline !== pipeline) this._usePipeline(pipeline);
        const group = this._find(GPU_KIND_GROUP, u32[at + 2]);
        if (group && this._group !== group) this._useGroup(group, shader);
        const mesh = this._find(GPU_KIND_MESH, u32[at + 3]);
        const arena = mesh ? mesh.arena : this._emptyArena;
        this._useArena(pipeline.layout, arena);
        const indexed = u32[at + 5] & 1, counts = at + 6, offsets = counts + n;
        const instances = offsets + n, rows = instances + n;
        this.counters.multis++;
        if (this._multi && shader.draw && shader.first !== first) {
            shader.first = first;
            this.counters.uniforms++;
            gl.uniform1i(shader.draw, first);
        }
        if (this._multi && n > 1) {
            this.counters.draws++;
            if (indexed) {
                this._multi.multiDrawElementsInstancedWEBGL(topology, this._i32, counts,
                    arena.indexType, this._i32, offsets, this._i32, instances, n);
            } else {
                this._multi.multiDrawArraysInstancedWEBGL(topology, this._i32, offsets, this._i32,
                    counts, this._i32, instances, n);
            }
            return;
        }
        for (let i = 0; i < n; i++) {
            if (shader.row && shader.first !== u32[rows + i]) {
                shader.first = u32[rows + i];
                this.counters.uniforms++;
                gl.uniform1i(shader.row, shader.first);
            }
            this.counters.draws++;
            if (indexed) {
                gl.drawElementsInstanced(topology, u32[counts + i], arena.indexType,
                    u32[offsets + i], u32[instances + i]);
            } else {
                gl.drawArraysInstanced(topology, u32[offsets + i], u32[counts + i],
                    u32[instances + i]);
            }
        }
    }

    _usePipeline(pipeline) {
        const gl = this._gl, { shader, state } = pipeline;
        if (!this._pipeline || this._pipeline.shader !== shader) this._group = null;
        this._pipeline = pipeline;
        this._state.program(shader.program);
        if (shader.target && (shader.x !== this._targetX || shader.z !== this._targetZ)) {
            shader.x = this._targetX;
            shader.z = this._targetZ;
            this.counters.uniforms++;
            gl.uniform4f(shader.target, this._targetX, this._targetY, this._targetZ, 0);
        }
        if (shader.objects && this._table) this._state.texture(GL_UNIT_OBJECTS, this._table);
        if (shader.draw) this._state.texture(GL_UNIT_DRAWS, this._draws[this._turn]);
        this._state.apply(state, this._flipped, this._reference);
    }

    _useGroup(group, shader) {
        const gl = this._gl;
        this._group = group;
        for (let i = 0; i < group.uniforms.length; i++) {
            const entry = group.uniforms[i];
            this.counters.uniforms++;
            gl.bindBufferRange(gl.UNIFORM_BUFFER, entry.point, entry.gl, entry.offset, entry.size);
        }
        for (let unit = 0; unit < shader.pairs.length; unit++) {
            const pair = shader.pairs[unit], texture = group.textures[pair.texture];
            if (!pair.used || !texture || !texture.gl) continue;
            this._state.texture(unit, texture);
            const sampler = pair.sampler === 255 ? null : group.samplers[pair.sampler];
            this._state.sampler(unit, sampler ? this._samplerFor(sampler, texture) : null);
        }
    }

    _samplerFor(sampler, texture) {
        if (texture.format.linear || sampler.compare) return sampler.gl;
        if (!sampler.plain) sampler.plain = this._samplerMake(sampler, true);
        return sampler.plain;
    }

    _useArena(layout, arena) {
        let vao = arena.vaos.get(layout.number);
        if (vao) this._state.vertexArray(vao.gl);
        else vao = this._vaoCreate(layout, arena);
        for (let i = 0; i < layout.slots.length; i++) {
            const other = this._instanceBuffers[i], buffer = other || arena.buffers[i];
            const offset = other ? this._instanceOffsets[i] : arena.offsets[i];
            if (vao.buffers[i] !== buffer || vao.offsets[i] !== offset) {
                this._vaoPoint(vao, i, buffer, offset);
            }
        }
    }
}
