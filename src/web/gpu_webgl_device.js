// gpu_webgl_device.js - what a WebGL2 device draws with: samplers, shaders, pipelines, groups,
// meshes, the table of objects.

import { GPU_BIND_SAMPLER, GPU_BIND_TEXTURE, GPU_BIND_UNIFORM } from './gpu_stream.js';
import { GPU_EVENT_PIPELINE, GPU_KIND_BUFFER, GPU_KIND_GROUP } from './gpu_stream.js';
import { GPU_KIND_MESH, GPU_KIND_PIPELINE, GPU_KIND_SAMPLER } from './gpu_stream.js';
import { GPU_KIND_SHADER, GPU_KIND_TEXTURE, gpuText } from './gpu_stream.js';
import { GL_TOPOLOGY, GL_UNIT_DRAWS, GL_UNIT_OBJECTS, GL_VERTEX } from './gpu_webgl_state.js';
import { glCompare, glPipelineState } from './gpu_webgl_state.js';
import { GL_TABLE, GlMemory } from './gpu_webgl_memory.js';

// No escapes and no lines within strings here: Emscripten's tools carry neither.
const W3DI_GL_LINE = String.fromCharCode(10);
const W3DI_GL_PREFIX = ['float', 'int', 'sampler2D', 'sampler3D', 'samplerCube', 'sampler2DArray',
    'sampler2DShadow', 'samplerCubeShadow', 'sampler2DArrayShadow', 'isampler2D', 'isampler3D',
    'isamplerCube', 'isampler2DArray', 'usampler2D', 'usampler3D', 'usamplerCube',
    'usampler2DArray'].map((type) => `precision highp ${type};${W3DI_GL_LINE}`).join('') +
    `#line 1${W3DI_GL_LINE}`;
const W3DI_GL_NO_FRAGMENT = 'void main() {}'; // of pipelines of depth alone

export class GlDevice extends GlMemory {
    // ---- samplers ----

    _samplerCreate(at) {
        const u32 = this._u32, f32 = this._f32, word = u32[at + 2], wrap = u32[at + 3];
        const sampler = { handle: u32[at + 1], gl: null, plain: null, magnify: word & 255,
            minify: word >> 8 & 255, mip: word >> 16 & 255, wrapU: wrap & 255,
            wrapV: wrap >> 8 & 255, wrapW: wrap >> 16 & 255, compare: u32[at + 4],
            minLod: f32[at + 5], maxLod: f32[at + 6], anisotropy: u32[at + 7] };
        sampler.gl = this._samplerMake(sampler, false);
        this._objects.add(GPU_KIND_SAMPLER, sampler.handle, sampler);
    }

    // nearest: the same without filters, for formats that take none.
    _samplerMake(sampler, nearest) {
        const gl = this._gl, made = gl.createSampler();
        const wraps = [gl.REPEAT, gl.CLAMP_TO_EDGE, gl.MIRRORED_REPEAT];
        const magnify = nearest || sampler.magnify, minify = nearest || sampler.minify;
        const mip = nearest || sampler.mip;
        gl.samplerParameteri(made, gl.TEXTURE_MAG_FILTER, magnify ? gl.NEAREST : gl.LINEAR);
        gl.samplerParameteri(made, gl.TEXTURE_MIN_FILTER, minify ?
            mip ? gl.NEAREST_MIPMAP_NEAREST : gl.NEAREST_MIPMAP_LINEAR :
            mip ? gl.LINEAR_MIPMAP_NEAREST : gl.LINEAR_MIPMAP_LINEAR);
        gl.samplerParameteri(made, gl.TEXTURE_WRAP_S, wraps[sampler.wrapU]);
        gl.samplerParameteri(made, gl.TEXTURE_WRAP_T, wraps[sampler.wrapV]);
        gl.samplerParameteri(made, gl.TEXTURE_WRAP_R, wraps[sampler.wrapW]);
        gl.samplerParameterf(made, gl.TEXTURE_MIN_LOD, sampler.minLod);
        gl.samplerParameterf(made, gl.TEXTURE_MAX_LOD, sampler.maxLod);
        if (sampler.compare) {
            gl.samplerParameteri(made, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
            gl.samplerParameteri(made, gl.TEXTURE_COMPARE_FUNC, glCompare(sampler.compare));
        }
        if (this._anisotropic && sampler.anisotropy > 1 && !nearest) {
            gl.samplerParameterf(made, this._anisotropic.TEXTURE_MAX_ANISOTROPY_EXT,
                sampler.anisotropy);
        }
        return made;
    }

    // ---- shaders ----

    _shaderCreate(at) {
        const gl = this._gl, u32 = this._u32, handle = u32[at + 1];
        const text = (word) =>
            gpuText(this._views, this._blobs + u32[at + word], u32[at + word + 1]);
        const shader = { handle, program: null, vertex: null, fragment: null, state: 0, log: '',
            waiting: [], pairs: [], uniforms: [], target: null, row: null, draw: null,
            objects: false, x: NaN, z: NaN, first: -1, frame: false };
        this._objects.add(GPU_KIND_SHADER, handle, shader);
        const vertex = text(4);
        const at2 = at + 23, bindings = u32[at + 20], pairs = u32[at + 19];
        for (let i = 0; i < bindings; i++) {
            const word = u32[at2 + 2 * i]; // group, binding, kind, stages
            if ((word & 255) === 1 && (word >> 16 & 255) === GPU_BIND_UNIFORM) {
                shader.uniforms.push(word >> 8 & 255);
            }
        }
        for (let i = 0; i < pairs; i++) {
            const word = u32[at2 + 2 * bindings + i];
            shader.pairs.push({ texture: word & 255, sampler: word >> 8 & 255, used: false });
        }
        if (!vertex) {
            shader.state = 2;
            shader.log = 'it has no GLSL for WebGL';
            return this._refuse(GPU_KIND_SHADER, handle, shader.log);
        }
        const multi = this._multi ? `#extension GL_ANGLE_multi_draw : require${W3DI_GL_LINE}` +
            `#define W3D_MULTI_DRAW 1${W3DI_GL_LINE}` : '';
        const compile = (stage, prefix, source) => {
            const made = gl.createShader(stage);
            gl.shaderSource(made, `#version 300 es${W3DI_GL_LINE}${prefix}${W3DI_GL_PREFIX}` +
                source);
            gl.compileShader(made);
            return made;
        };
        shader.vertex = compile(gl.VERTEX_SHADER, multi, vertex);
        shader.fragment = compile(gl.FRAGMENT_SHADER, '', text(6) || W3DI_GL_NO_FRAGMENT);
        shader.program = gl.createProgram();
        gl.attachShader(shader.program, shader.vertex);
        gl.attachShader(shader.program, shader.fragment);
        gl.linkProgram(shader.program);
        this._compiling.push(shader);
    }

    // Looks whether programs are linked by now.
    _shadersLook() {
        const gl = this._gl, list = this._compiling;
        for (let i = 0; i < list.length;) {
            const shader = list[i];
            if (this._parallel &&
                !gl.getProgramParameter(shader.program, this._parallel.COMPLETION_STATUS_KHR)) {
                i++;
                continue;
            }
            list.splice(i, 1);
            this._shaderLinked(shader);
        }
    }

    _shaderLinked(shader) {
        const gl = this._gl, { program, vertex, fragment } = shader;
        if (gl.getProgramParameter(program, gl.LINK_STATUS)) {
            this._shaderPlaces(shader);
            shader.state = 1;
        } else {
            const say = (stage, what) => gl.getShaderParameter(stage, gl.COMPILE_STATUS) ? '' :
                `${what}: ${gl.getShaderInfoLog(stage) ?? ''}`;
            const log = say(vertex, 'vertex shader') + say(fragment, 'fragment shader') ||
                `linking: ${gl.getProgramInfoLog(program) ?? ''}`;
            let end = log.length; // it may end in a NUL
            while (end && log.charCodeAt(end - 1) <= 32) end--;
            shader.log = log.slice(0, end);
            shader.state = 2;
            if (gl.isContextLost()) return;
            this._refuse(GPU_KIND_SHADER, shader.handle, shader.log);
        }
        gl.deleteShader(vertex); // with the program they go
        gl.deleteShader(fragment);
        for (const pipeline of shader.waiting) this._pipelineReady(pipeline);
        shader.waiting = [];
    }

    _shaderPlaces(shader) {
        const gl = this._gl, { program } = shader;
        const place = (name) => gl.getUniformLocation(program, name);
        this._state.program(program);
        shader.target = place('w3d_target');
        shader.row = place('w3d_row');
        shader.draw = place('w3d_draw');
        const objects = place('w3d_objects'), draws = place('w3d_draws');
        shader.objects = objects !== null;
        if (objects) gl.uniform1i(objects, GL_UNIT_OBJECTS);
        if (draws) gl.uniform1i(draws, GL_UNIT_DRAWS);
        shader.pairs.forEach((pair, unit) => {
            const name = `w3d_t${pair.texture}${pair.sampler === 255 ? '' : `_s${pair.sampler}`}`;
            const found = place(name);
            pair.used = found !== null;
            if (found) gl.uniform1i(found, unit);
        });
        const block = (name, point) => {
            const index = gl.getUniformBlockIndex(program, name);
            if (index !== gl.INVALID_INDEX) gl.uniformBlockBinding(program, index, point);
        };
        block('w3d_frame', 0);
        for (const binding of shader.uniforms) block(`w3d_u${binding}`, binding + 1);
    }

    _shaderDestroy(shader) {
        const gl = this._gl, at = this._compiling.indexOf(shader);
        if (at >= 0) {
            this._compiling.splice(at, 1);
            gl.deleteShader(shader.vertex);
            gl.deleteShader(shader.fragment);
        }
        if (!shader.program) return;
        this._state.forgetProgram(shader.program);
        gl.deleteProgram(shader.program);
    }

    // ---- pipelines ----

    _pipelineCreate(at) {
        const u32 = this._u32, handle = u32[at + 1];
        const shader = this._find(GPU_KIND_SHADER, u32[at + 2]);
        const pipeline = { handle, shader, ready: false, topology: 0, state: null, layout: null };
        this._objects.add(GPU_KIND_PIPELINE, handle, pipeline);
        if (u32[at + 3]) {
            return this._refuse(GPU_KIND_PIPELINE, handle, 'WebGL has no compute');
        }
        pipeline.topology = GL_TOPOLOGY[u32[at + 4] & 255];
        pipeline.state = glPipelineState(u32, this._f32, at);
        if (!pipeline.state.alike && !this._indexed) {
            return this._refuse(GPU_KIND_PIPELINE, handle, 'this device blends and masks all ' +
                'colour targets alike: it has not OES_draw_buffers_indexed');
        }
        pipeline.layout = this._layout(at);
        if (!shader || shader.state === 2) {
            return this._refuse(GPU_KIND_PIPELINE, handle, shader ? shader.log :
                'its shader is not there');
        }
        if (shader.state) this._pipelineReady(pipeline);
        else shader.waiting.push(pipeline);
    }

    _pipelineReady(pipeline) {
        if (this._find(GPU_KIND_PIPELINE, pipeline.handle) !== pipeline) return; // destroyed
        const { shader, handle } = pipeline;
        if (shader.state === 2) return this._refuse(GPU_KIND_PIPELINE, handle, shader.log);
        pipeline.ready = true;
        this._events.push(GPU_EVENT_PIPELINE, handle);
    }

    // The vertex layout: equal ones are one object.
    _layout(at) {
        const u32 = this._u32, buffers = u32[at + 26], count = u32[at + 27], w = at + 30;
        const key = u32.slice(w, w + buffers + 2 * count).join();
        let layout = this._layouts.get(key);
        if (layout) return layout;
        layout = { number: this._layouts.size, slots: [] };
        for (let i = 0; i < buffers; i++) {
            layout.slots.push({ stride: u32[w + i] & 0x7FFFFFFF, instances: u32[w + i] >>> 31,
                attributes: [] });
        }
        for (let i = 0; i < count; i++) {
            const word = u32[w + buffers + 2 * i];
            const [components, type, kind] = GL_VERTEX[word >> 16];
            layout.slots[word >> 8 & 255].attributes.push({ location: word & 255, components, type,
                kind, offset: u32[w + buffers + 2 * i + 1] });
        }
        this._layouts.set(key, layout);
        return layout;
    }

    // ---- groups ----

    _groupCreate(at) {
        const u32 = this._u32, count = u32[at + 3];
        const group = { handle: u32[at + 1], textures: new Array(16).fill(null),
            samplers: new Array(16).fill(null), uniforms: [] };
        for (let i = 0; i < count; i++) {
            const w = at + 6 + 4 * i, binding = u32[w] >> 8 & 255, kind = u32[w] >> 16 & 255;
            if (kind === GPU_BIND_TEXTURE) {
                group.textures[binding] = this._find(GPU_KIND_TEXTURE, u32[w + 1]);
            } else if (kind === GPU_BIND_SAMPLER) {
                group.samplers[binding] = this._find(GPU_KIND_SAMPLER, u32[w + 1]);
            } else if (kind === GPU_BIND_UNIFORM) {
                const buffer = this._find(GPU_KIND_BUFFER, u32[w + 1]), offset = u32[w + 2];
                if (!buffer) continue;
                const size = Math.min(u32[w + 3] + 15 & ~15, buffer.size - offset);
                group.uniforms.push({ point: binding + 1, offset, size,
                    gl: this._bufferRole(buffer, 0) });
            }
        }
        this._objects.add(GPU_KIND_GROUP, group.handle, group);
    }

    // ---- meshes: those over the same buffers share an arena, and its vertex arrays ----

    _meshCreate(at) {
        const u32 = this._u32, count = u32[at + 4];
        const key = u32.slice(at + 2, at + 5 + 2 * count).join();
        let arena = this._arenas.get(key);
        if (!arena) {
            arena = { key, uses: 0, buffers: [null, null, null, null], offsets: [0, 0, 0, 0],
                index: this._find(GPU_KIND_BUFFER, u32[at + 2]), vaos: new Map(),
                indexType: u32[at + 3] ? this._gl.UNSIGNED_SHORT : this._gl.UNSIGNED_INT };
            for (let i = 0; i < count; i++) {
                arena.buffers[i] = this._find(GPU_KIND_BUFFER, u32[at + 5 + 2 * i]);
                arena.offsets[i] = u32[at + 6 + 2 * i];
                if (arena.buffers[i]) this._bufferRole(arena.buffers[i], 0);
            }
            if (arena.index) this._bufferRole(arena.index, 1);
            this._arenas.set(key, arena);
        }
        arena.uses++;
        const mesh = { handle: u32[at + 1], arena };
        this._objects.add(GPU_KIND_MESH, mesh.handle, mesh);
    }

    _meshDestroy({ arena }) {
        if (--arena.uses) return;
        for (const vao of arena.vaos.values()) this._vaoDestroy(vao);
        this._arenas.delete(arena.key);
    }

    _vaoCreate(layout, arena) {
        const gl = this._gl;
        const vao = { gl: gl.createVertexArray(), layout, arena, buffers: [null, null, null, null],
            offsets: [0, 0, 0, 0] };
        this._state.vertexArray(vao.gl);
        for (const slot of layout.slots) {
            for (const { location } of slot.attributes) {
                gl.enableVertexAttribArray(location);
                if (slot.instances) gl.vertexAttribDivisor(location, 1);
            }
        }
        if (arena.index) {
            gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, arena.index.index);
            this._vaoNote(arena.index, vao);
        }
        arena.vaos.set(layout.number, vao);
        return vao;
    }

    // The buffer takes the vertex array along when it is destroyed.
    _vaoNote(buffer, vao) {
        if (!buffer.vaos) buffer.vaos = new Set();
        buffer.vaos.add(vao);
    }

    // Lets the attributes of a slot read from a buffer; the vertex array is bound.
    _vaoPoint(vao, number, buffer, offset) {
        const gl = this._gl, slot = vao.layout.slots[number];
        vao.buffers[number] = buffer;
        vao.offsets[number] = offset;
        if (!buffer) return;
        this._vaoNote(buffer, vao);
        gl.bindBuffer(gl.ARRAY_BUFFER, this._bufferRole(buffer, 0));
        for (let i = 0; i < slot.attributes.length; i++) {
            const a = slot.attributes[i];
            if (a.kind === 2) {
                gl.vertexAttribIPointer(a.location, a.components, a.type, slot.stride,
                    offset + a.offset);
            } else {
                gl.vertexAttribPointer(a.location, a.components, a.type, a.kind === 1, slot.stride,
                    offset + a.offset);
            }
        }
    }

    _vaoDestroy(vao) {
        const { arena } = vao;
        for (const buffer of [...vao.buffers, arena.index]) buffer?.vaos?.delete(vao);
        arena.vaos.delete(vao.layout.number);
        this._state.forgetVertexArray(vao.gl);
        this._gl.deleteVertexArray(vao.gl);
    }

    _destroy(kind, handle) {
        const object = this._objects.take(kind, handle), gl = this._gl;
        if (!object) return;
        switch (kind) {
        case GPU_KIND_BUFFER: this._bufferDestroy(object); break;
        case GPU_KIND_TEXTURE: this._textureDestroy(object); break;
        case GPU_KIND_SAMPLER:
            for (const made of [object.gl, object.plain]) {
                if (!made) continue;
                this._state.forgetSampler(made);
                gl.deleteSampler(made);
            }
            break;
        case GPU_KIND_SHADER: this._shaderDestroy(object); break;
        case GPU_KIND_MESH: this._meshDestroy(object); break;
        }
    }

    // ---- the table of objects ----

    _objectsCreate(at) {
        const gl = this._gl, rows = this._u32[at + 1], texels = this._u32[at + 2] >> 4;
        const old = this._table;
        const height = Math.ceil(rows * texels / GL_TABLE);
        if (height > this.caps.maxTextureSide) {
            return this._refuse(0, 0, `the table of objects is too large: ${rows} rows`);
        }
        if (old && old.texels === texels && old.height >= height) return;
        this._table = { handle: 0, gl: gl.createTexture(), target: gl.TEXTURE_2D, texels, height };
        this._edit(this._table);
        gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32UI, GL_TABLE, height);
        this._nearest(gl.TEXTURE_2D);
        if (!old) return;
        if (old.texels === texels) { // what it held stays
            const framebuffer = gl.createFramebuffer();
            this._state.readFrom(framebuffer);
            gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D,
                old.gl, 0);
            gl.readBuffer(gl.COLOR_ATTACHMENT0);
            gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 0, 0, GL_TABLE, old.height);
            this._state.readFrom(null);
            gl.deleteFramebuffer(framebuffer);
        }
        this._state.forgetTexture(old);
        gl.deleteTexture(old.gl);
    }

    _objectsWrite(at) {
        const u32 = this._u32, table = this._table;
        if (!table) return;
        this.counters.uploads++;
        this._edit(table);
        this._texels(u32[at + 1] * table.texels, u32[at + 3] >> 4,
            this._gl.RGBA_INTEGER, u32, this._blobs + u32[at + 2] >>> 2, 4);
    }

    // Texels of a table from its texel `first` on: a piece of a row, whole rows, a piece.
    _texels(first, count, format, words, from, wordsEach) {
        const gl = this._gl;
        while (count > 0) {
            const x = first % GL_TABLE, y = first / GL_TABLE | 0;
            const rows = x ? 0 : count / GL_TABLE | 0;
            const width = rows ? GL_TABLE : Math.min(count, GL_TABLE - x);
            gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, width, rows || 1, format, gl.UNSIGNED_INT,
                words, from);
            const done = width * (rows || 1);
            first += done;
            count -= done;
            from += done * wordsEach;
        }
    }
}
