// gpu_webgl_memory.js - a WebGL2 device from opening to closing, its buffers, textures,
// framebuffers.
//
// gpu_webgl_device.js is built on this class, and gpu_webgl.js on that.

import { GPU_2D_ARRAY, GPU_3D, GPU_API_WEBGL2, GPU_CUBE } from './gpu_stream.js';
import { GPU_EVENT_DOWNLOAD, GPU_EVENT_FAILED, GPU_EVENT_LOST } from './gpu_stream.js';
import { GPU_EVENT_READY, GPU_EVENT_REFUSED, GPU_KIND_BUFFER } from './gpu_stream.js';
import { GPU_KIND_COUNT, GPU_KIND_TEXTURE, GPU_SLOT, GPU_USE_INDEX } from './gpu_stream.js';
import { GPU_USE_READ, GPU_USE_UNIFORM, GPU_USE_VERTEX, GpuEvents } from './gpu_stream.js';
import { GpuObjects, gpuRegionSize } from './gpu_stream.js';
import { GL_UNIT_EDIT, GlState, glFormats } from './gpu_webgl_state.js';
import { GlReads } from './gpu_webgl_read.js';

const W3DI_GL_RESTORE_MS = 10000; // so long a lost context is waited for
export const GL_TABLE = 1024; // texels a row of the tables of objects and of draws

export class GlMemory {
    constructor(canvas, options) {
        this.api = GPU_API_WEBGL2;
        this.caps = null;
        this.counters = { draws: 0, multis: 0, skipped: 0, programs: 0, vaos: 0, textures: 0,
            samplers: 0, framebuffers: 0, uniforms: 0, state: 0, uploads: 0, errors: 0 };
        this._events = new GpuEvents();
        this._objects = new GpuObjects();
        this._options = options;
        this._lost = false;
        this._closed = false;
        this._shown = canvas !== null;
        this._canvas = canvas ?? new OffscreenCanvas(1, 1);
        this._whenLost = (event) => {
            event.preventDefault(); // else it is never restored
            this._lose('the browser took the WebGL context away');
        };
        this._whenRestored = () => {
            clearTimeout(this._patience);
            if (!this.caps && !this._closed) this._open();
        };
        this._patience = 0;
        this._canvas.addEventListener('webglcontextlost', this._whenLost);
        this._canvas.addEventListener('webglcontextrestored', this._whenRestored);
        const gl = this._gl = this._canvas.getContext('webgl2', Object.assign({ alpha: false },
            options, { antialias: false, depth: false, stencil: false }));
        if (!gl) {
            this._events.push(GPU_EVENT_FAILED, 0, 0, 'there is no WebGL 2 here, or the canvas ' +
                'shows something else already');
        } else if (!gl.isContextLost()) {
            this._open();
        } else { // when it is restored
            this._patience = setTimeout(() => {
                if (this.caps || this._closed) return;
                this._events.push(GPU_EVENT_FAILED, 0, 0, 'the WebGL context was lost, and the ' +
                    'browser has not given it back: try again, or with a new canvas');
            }, options.restoreMs ?? W3DI_GL_RESTORE_MS);
        }
    }

    // Live objects of one w3d_gpu_kind.
    count(kind) {
        return this._objects.count(kind);
    }

    // Frees everything on the device. The context is the canvas's: a next executor finds it empty.
    close() {
        if (this._closed) return;
        this._closed = true;
        clearTimeout(this._patience);
        this._canvas.removeEventListener('webglcontextlost', this._whenLost);
        this._canvas.removeEventListener('webglcontextrestored', this._whenRestored);
        if (!this.caps) return;
        const gl = this._gl;
        for (let kind = 0; kind < GPU_KIND_COUNT; kind++) {
            for (const object of this._objects.lists[kind]) {
                if (object) this._destroy(kind, object.handle);
            }
        }
        this._reads.close();
        this._surfaceFree();
        for (const table of [this._table, ...this._draws]) if (table) gl.deleteTexture(table.gl);
        for (const ring of this._rings) gl.deleteBuffer(ring.gl);
        for (const vao of this._emptyArena.vaos.values()) gl.deleteVertexArray(vao.gl);
        this._state.reset();
    }

    // ---- opening ----

    _open() {
        const gl = this._gl, options = this._options;
        const extension = (name) => gl.getExtension(name);
        const has = { float: Boolean(extension('EXT_color_buffer_float')),
            half: Boolean(extension('EXT_color_buffer_half_float')),
            linear: Boolean(extension('OES_texture_float_linear')),
            etc2: Boolean(extension('WEBGL_compressed_texture_etc')),
            astc: Boolean(extension('WEBGL_compressed_texture_astc')) };
        has.bc = ['WEBGL_compressed_texture_s3tc', 'EXT_texture_compression_rgtc',
            'EXT_texture_compression_bptc'].map(extension).every(Boolean);
        extension('EXT_float_blend');
        this._anisotropic = extension('EXT_texture_filter_anisotropic');
        this._parallel = extension('KHR_parallel_shader_compile');
        this._multi = options.multiDraw === false ? null : extension('WEBGL_multi_draw');
        this._indexed = extension('OES_draw_buffers_indexed');
        const timer = extension('EXT_disjoint_timer_query_webgl2');
        this._state = new GlState(gl, this.counters, this._indexed,
            extension('EXT_polygon_offset_clamp'));
        this._reads = new GlReads(gl, this._events, timer);
        this._formats = glFormats(gl, has);
        this._compiling = [];     // shaders whose programs are not linked yet
        this._arenas = new Map(); // by text: what meshes share
        this._layouts = new Map(); // by text: numbers of vertex layouts
        this._framebuffers = [];
        this._framebufferHint = 0;
        this._wanted = new Uint32Array(10); // of a framebuffer: texture, mip and layer; depth last
        this._emptyArena = { key: '', uses: 1, buffers: [null, null, null, null],
            offsets: [0, 0, 0, 0], index: null, indexType: 0, vaos: new Map() };
        this._table = null;       // the object table
        this._draws = [null, null, null]; // rows by draw, one a frame
        this._turn = 0;
        this._rings = [0, 1, 2].map(() => ({ gl: gl.createBuffer(), size: 0 })); // frame constants
        this._surface = null;
        this._halves = null;      // Uint16Array on the memory
        this._align = gl.getParameter(gl.UNIFORM_BUFFER_OFFSET_ALIGNMENT);
        const side = gl.getParameter(gl.MAX_TEXTURE_SIZE);
        this.caps = { name: String(gl.getParameter(gl.RENDERER)), api: GPU_API_WEBGL2,
            maxTextureSide: side, maxLayers: gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS),
            maxSamples: gl.getParameter(gl.MAX_SAMPLES) >= 4 ? 4 : 1,
            maxUniformSize: gl.getParameter(gl.MAX_UNIFORM_BLOCK_SIZE),
            uniformAlignment: this._align, maxBufferSize: 0x40000000,
            maxObjectRows: Math.min(1 << 20, side * GL_TABLE / 8), // of 128 bytes
            compute: 0, indirect: 0, timestamps: timer ? 1 : 0, occlusion: 1, baseVertex: 0,
            bc: has.bc ? 1 : 0, etc2: has.etc2 ? 1 : 0, astc: has.astc ? 1 : 0,
            floatTargets: has.float ? 1 : 0, halfTargets: has.float || has.half ? 1 : 0,
            floatFilter: has.linear ? 1 : 0, anisotropy: this._anisotropic ? 1 : 0,
            multiDraw: this._multi ? 1 : 0, asyncPipelines: 1, instanceBase: 0 };
        this._events.push(GPU_EVENT_READY);
    }

    _lose(text) {
        if (this._lost || !this.caps) return;
        this._lost = true;
        this._events.push(GPU_EVENT_LOST, 0, 0, text);
    }

    _refuse(kind, handle, text) {
        this._events.push(GPU_EVENT_REFUSED, handle, kind, text);
    }

    _find(kind, handle) {
        const list = this._objects.lists[kind], slot = handle & GPU_SLOT;
        return handle && slot < list.length ? list[slot] : null;
    }

    // ---- buffers ----
    // WebGL keeps buffers of indices apart from all others. One that may be both waits in an array
    // until a mesh tells what it is; one that really is both becomes two.

    _bufferCreate(at) {
        const u32 = this._u32, use = u32[at + 3] || GPU_USE_VERTEX | GPU_USE_INDEX;
        let size = u32[at + 2];
        if (use & GPU_USE_UNIFORM) size = size + 15 & ~15; // std140 blocks end on 16
        const buffer = { handle: u32[at + 1], size, data: null, index: null, staged: null,
            vaos: null };
        this._objects.add(GPU_KIND_BUFFER, buffer.handle, buffer);
        if (!(use & GPU_USE_INDEX)) this._bufferRole(buffer, 0);
        else if (!(use & ~(GPU_USE_INDEX | GPU_USE_READ))) this._bufferRole(buffer, 1);
        else buffer.staged = new Uint8Array(size);
    }

    // The WebGLBuffer that may be bound as indices, or as anything else.
    _bufferRole(buffer, index) {
        const made = index ? buffer.index : buffer.data;
        if (made) return made;
        const gl = this._gl, other = index ? buffer.data : buffer.index;
        let contents = buffer.staged;
        if (other) { // waits for the device, once
            contents = new Uint8Array(buffer.size);
            gl.bindBuffer(gl.COPY_READ_BUFFER, other);
            gl.getBufferSubData(gl.COPY_READ_BUFFER, 0, contents);
        }
        const target = index ? gl.ELEMENT_ARRAY_BUFFER : gl.COPY_WRITE_BUFFER;
        const created = gl.createBuffer();
        if (index) this._state.vertexArray(null); // the binding belongs to it
        gl.bindBuffer(target, created);
        if (contents) gl.bufferData(target, contents, gl.STATIC_DRAW);
        else gl.bufferData(target, buffer.size, gl.STATIC_DRAW);
        if (index) gl.bindBuffer(target, null);
        buffer.staged = null;
        if (index) buffer.index = created;
        else buffer.data = created;
        return created;
    }

    _bufferWrite(at) {
        const u32 = this._u32, gl = this._gl, offset = u32[at + 2], size = u32[at + 4];
        const buffer = this._find(GPU_KIND_BUFFER, u32[at + 1]), from = this._blobs + u32[at + 3];
        if (!buffer || !size) return; // to WebGL a size of 0 is all there is
        this.counters.uploads++;
        if (buffer.staged) {
            buffer.staged.set(this._u8.subarray(from, from + size), offset);
            return;
        }
        for (let role = 0; role < 2; role++) {
            const target = role ? buffer.index : buffer.data;
            if (!target) continue;
            gl.bindBuffer(gl.COPY_WRITE_BUFFER, target);
            gl.bufferSubData(gl.COPY_WRITE_BUFFER, offset, this._u8, from, size);
        }
    }

    _bufferCopy(at) {
        const u32 = this._u32, gl = this._gl, size = u32[at + 5];
        const dst = this._find(GPU_KIND_BUFFER, u32[at + 1]), to = u32[at + 2];
        const src = this._find(GPU_KIND_BUFFER, u32[at + 3]), from = u32[at + 4];
        if (!dst || !src) return;
        if (dst.staged && src.staged) {
            dst.staged.set(src.staged.subarray(from, from + size), to);
            return;
        }
        if (dst.staged) this._bufferRole(dst, src.data ? 0 : 1);
        for (let role = 0; role < 2; role++) {
            const target = role ? dst.index : dst.data;
            if (!target) continue;
            gl.bindBuffer(gl.COPY_READ_BUFFER, this._bufferRole(src, role));
            gl.bindBuffer(gl.COPY_WRITE_BUFFER, target);
            gl.copyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, from, to, size);
        }
    }

    _bufferRead(at) {
        const u32 = this._u32, offset = u32[at + 2], size = u32[at + 3], download = u32[at + 4];
        const buffer = this._find(GPU_KIND_BUFFER, u32[at + 1]);
        if (!buffer) return;
        if (buffer.staged) {
            this._events.push(GPU_EVENT_DOWNLOAD, download, 0, '',
                buffer.staged.slice(offset, offset + size));
            return;
        }
        const index = buffer.data ? 0 : 1;
        if (index) this._state.vertexArray(null);
        this._reads.buffer(index ? buffer.index : buffer.data, index, offset, size, download);
    }

    _bufferDestroy(buffer) {
        const gl = this._gl;
        if (buffer.vaos) {
            for (const vao of buffer.vaos) this._vaoDestroy(vao);
        }
        if (buffer.data) gl.deleteBuffer(buffer.data);
        if (buffer.index) gl.deleteBuffer(buffer.index);
    }

    // ---- textures ----

    _textureCreate(at) {
        const gl = this._gl, u32 = this._u32, handle = u32[at + 1], kind = u32[at + 2];
        const format = this._formats[u32[at + 3]], width = u32[at + 4], height = u32[at + 5];
        const depth = u32[at + 6], mips = u32[at + 7], samples = u32[at + 8];
        const texture = { handle, kind, number: u32[at + 3], format, width, height, depth, mips,
            samples, gl: null, renderbuffer: null, target: 0 };
        this._objects.add(GPU_KIND_TEXTURE, handle, texture);
        if (!format) {
            return this._refuse(GPU_KIND_TEXTURE, handle, 'this device has not its format');
        }
        if (samples > 1) {
            texture.renderbuffer = gl.createRenderbuffer();
            gl.bindRenderbuffer(gl.RENDERBUFFER, texture.renderbuffer);
            gl.renderbufferStorageMultisample(gl.RENDERBUFFER, samples, format.internal, width,
                height);
            return;
        }
        texture.gl = gl.createTexture();
        texture.target = kind === GPU_CUBE ? gl.TEXTURE_CUBE_MAP : kind === GPU_3D ? gl.TEXTURE_3D :
            kind === GPU_2D_ARRAY ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D;
        this._edit(texture);
        if (kind === GPU_3D || kind === GPU_2D_ARRAY) {
            gl.texStorage3D(texture.target, mips, format.internal, width, height, depth);
        } else {
            gl.texStorage2D(texture.target, mips, format.internal, width, height);
        }
        this._nearest(texture.target);
    }

    // Of textures read without a sampler: complete whatever their format.
    _nearest(target) {
        const gl = this._gl;
        gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
        gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
        gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
        gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    }

    _edit(texture) {
        this._state.texture(GL_UNIT_EDIT, texture);
        this._state.unit(GL_UNIT_EDIT);
    }

    _textureWrite(at) {
        const gl = this._gl, u32 = this._u32, texture = this._find(GPU_KIND_TEXTURE, u32[at + 1]);
        if (!texture || !texture.gl) return;
        const { format, target, kind } = texture, mip = u32[at + 2];
        const x = u32[at + 3], y = u32[at + 4], z = u32[at + 5];
        const width = u32[at + 6], height = u32[at + 7], depth = u32[at + 8];
        const address = this._blobs + u32[at + 9], size = u32[at + 10];
        this.counters.uploads++;
        this._edit(texture);
        const cube = kind === GPU_CUBE, layers = kind === GPU_2D_ARRAY || kind === GPU_3D;
        if (format.compressed) {
            if (layers) {
                gl.compressedTexSubImage3D(target, mip, x, y, z, width, height, depth,
                    format.internal, this._u8, address, size);
                return;
            }
            const step = size / depth;
            for (let i = 0; i < depth; i++) {
                gl.compressedTexSubImage2D(cube ? gl.TEXTURE_CUBE_MAP_POSITIVE_X + z + i : target,
                    mip, x, y, width, height, format.internal, this._u8, address + i * step, step);
            }
            return;
        }
        const array = this._viewOf(format.type), shift = array.BYTES_PER_ELEMENT >> 1; // 0, 1, 2
        if (layers) {
            gl.texSubImage3D(target, mip, x, y, z, width, height, depth, format.format, format.type,
                array, address >> shift);
            return;
        }
        const step = gpuRegionSize(texture.number, width, height, 1);
        for (let i = 0; i < depth; i++) {
            gl.texSubImage2D(cube ? gl.TEXTURE_CUBE_MAP_POSITIVE_X + z + i : target, mip, x, y,
                width, height, format.format, format.type, array, address + i * step >>> shift);
        }
    }

    _viewOf(type) {
        const gl = this._gl;
        if (type === gl.UNSIGNED_BYTE) return this._u8;
        if (type === gl.UNSIGNED_INT) return this._u32;
        if (type === gl.FLOAT) return this._f32;
        if (!this._halves || this._halves.buffer !== this._u8.buffer) {
            this._halves = new Uint16Array(this._u8.buffer);
        }
        return this._halves;
    }

    _textureMips(at) {
        const gl = this._gl, handle = this._u32[at + 1];
        const texture = this._find(GPU_KIND_TEXTURE, handle);
        if (!texture || !texture.gl) return;
        if (!texture.format.linear || texture.format.target === false) {
            return this._refuse(0, handle, 'this device makes no mip levels of its format');
        }
        this._edit(texture);
        gl.generateMipmap(texture.target);
    }

    _textureCopy(at) {
        const gl = this._gl, u32 = this._u32;
        const dst = this._find(GPU_KIND_TEXTURE, u32[at + 1]);
        const src = this._find(GPU_KIND_TEXTURE, u32[at + 6]);
        if (!dst || !src || !dst.gl || !src.gl) return;
        const { format } = src, width = u32[at + 11], height = u32[at + 12];
        if (format.compressed || format.target === false || format.depth) {
            return this._refuse(0, u32[at + 1], 'this device copies no textures of its format');
        }
        const mip = u32[at + 2], x = u32[at + 3], y = u32[at + 4];
        for (let i = 0; i < u32[at + 13]; i++) {
            const z = u32[at + 5] + i;
            if (!this._readFrom(src, u32[at + 7], u32[at + 10] + i)) return;
            this._edit(dst);
            if (dst.kind === GPU_3D || dst.kind === GPU_2D_ARRAY) {
                gl.copyTexSubImage3D(dst.target, mip, x, y, z, u32[at + 8], u32[at + 9], width,
                    height);
            } else {
                gl.copyTexSubImage2D(dst.kind === GPU_CUBE ? gl.TEXTURE_CUBE_MAP_POSITIVE_X + z :
                    dst.target, mip, x, y, u32[at + 8], u32[at + 9], width, height);
            }
        }
    }

    _textureRead(at) {
        const u32 = this._u32, mip = u32[at + 2], x = u32[at + 3], y = u32[at + 4];
        const width = u32[at + 6], height = u32[at + 7], download = u32[at + 8];
        if (!u32[at + 1]) return this._surfaceRead(x, y, width, height, download);
        const texture = this._find(GPU_KIND_TEXTURE, u32[at + 1]);
        if (!texture || !texture.gl || !this._readFrom(texture, mip, u32[at + 5])) {
            this._events.push(GPU_EVENT_DOWNLOAD, download); // no bytes: it failed
            return;
        }
        this._reads.texels(x, y, width, height, texture.format, false, download);
    }

    _textureDestroy(texture) {
        const gl = this._gl;
        for (let i = this._framebuffers.length; i-- > 0;) {
            const made = this._framebuffers[i];
            for (let k = 0; k < 10; k += 2) {
                if (made.key[k] !== texture.handle) continue;
                this._state.forgetFramebuffer(made.gl);
                gl.deleteFramebuffer(made.gl);
                this._framebuffers.splice(i, 1);
                break;
            }
        }
        this._framebufferHint = 0;
        this._state.forgetTexture(texture);
        if (texture.gl) gl.deleteTexture(texture.gl);
        if (texture.renderbuffer) gl.deleteRenderbuffer(texture.renderbuffer);
    }

    // ---- framebuffers, by what is attached ----

    // The one for this._wanted; null where the device cannot draw to it.
    _framebuffer() {
        const list = this._framebuffers, wanted = this._wanted;
        for (let i = 0, at = this._framebufferHint; i < list.length; i++, at++) {
            if (at >= list.length) at = 0;
            const { key } = list[at];
            let same = 0;
            while (same < 10 && key[same] === wanted[same]) same++;
            if (same < 10) continue;
            this._framebufferHint = at + 1; // passes come in the same order in the next frame
            return list[at];
        }
        return this._framebufferCreate();
    }

    _framebufferCreate() {
        const gl = this._gl, key = this._wanted.slice(), buffers = [];
        const made = { key, gl: gl.createFramebuffer(), good: true, discards: [] };
        this._state.drawTo(made.gl);
        for (let i = 0; i < 4; i++) {
            if (!key[2 * i]) continue;
            while (buffers.length < i) buffers.push(gl.NONE);
            buffers.push(gl.COLOR_ATTACHMENT0 + i);
            this._attach(gl.COLOR_ATTACHMENT0 + i, key[2 * i], key[2 * i + 1]);
        }
        if (key[8]) {
            const texture = this._find(GPU_KIND_TEXTURE, key[8]);
            this._attach(texture && texture.format.depth === 2 ? gl.DEPTH_STENCIL_ATTACHMENT :
                gl.DEPTH_ATTACHMENT, key[8], key[9]);
        }
        gl.drawBuffers(buffers);
        made.good = gl.checkFramebufferStatus(gl.DRAW_FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
        if (!made.good) {
            this._refuse(0, key[0] || key[8], 'this device draws to no such texture, or not to ' +
                'these together');
        }
        this._framebuffers.push(made);
        return made;
    }

    _attach(attachment, handle, place) {
        const gl = this._gl, texture = this._find(GPU_KIND_TEXTURE, handle);
        if (!texture) return;
        const mip = place & 0xFFFF, layer = place >>> 16, target = gl.DRAW_FRAMEBUFFER;
        if (texture.renderbuffer) {
            gl.framebufferRenderbuffer(target, attachment, gl.RENDERBUFFER, texture.renderbuffer);
        } else if (texture.kind === GPU_2D_ARRAY || texture.kind === GPU_3D) {
            gl.framebufferTextureLayer(target, attachment, texture.gl, mip, layer);
        } else {
            gl.framebufferTexture2D(target, attachment, texture.kind === GPU_CUBE ?
                gl.TEXTURE_CUBE_MAP_POSITIVE_X + layer : gl.TEXTURE_2D, texture.gl, mip);
        }
    }

    // Binds one level and layer as what is read; false where it cannot be.
    _readFrom(texture, mip, layer) {
        this._wanted.fill(0);
        this._wanted[0] = texture.handle;
        this._wanted[1] = mip | layer << 16;
        const made = this._framebuffer();
        if (!made.good) return false;
        this._state.readFrom(made.gl);
        this._gl.readBuffer(this._gl.COLOR_ATTACHMENT0);
        return true;
    }
}
