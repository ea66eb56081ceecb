// gpu_webgl_state.js - what a WebGL2 context is set to, so that nothing is set twice; and what the
// words of the stream are called in WebGL.

import { GPU_FORMAT_BYTES } from './gpu_stream.js';

// ---- words to WebGL's numbers ----

// By w3d_gpu_format: { internal, format, type, read, ... }; null for what this device has not.
export function glFormats(gl, has) {
    const list = GPU_FORMAT_BYTES.map(() => null);
    const add = (format, internal, layout, type, more) => {
        list[format] = Object.assign({ internal, format: layout, type, compressed: false, depth: 0,
            integer: false, linear: true, target: true, bytes: GPU_FORMAT_BYTES[format] }, more);
    };
    const half = has.float || has.half;
    add(1, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE);
    add(2, gl.SRGB8_ALPHA8, gl.RGBA, gl.UNSIGNED_BYTE);
    add(3, gl.R8, gl.RED, gl.UNSIGNED_BYTE);
    add(4, gl.RG8, gl.RG, gl.UNSIGNED_BYTE);
    add(5, gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT,
        { integer: true, linear: false });
    add(6, gl.RGBA16F, gl.RGBA, gl.HALF_FLOAT, { target: half });
    add(7, gl.RGBA32F, gl.RGBA, gl.FLOAT, { linear: has.linear, target: has.float });
    add(8, gl.R32F, gl.RED, gl.FLOAT, { linear: has.linear, target: has.float });
    add(9, gl.RGBA32UI, gl.RGBA_INTEGER, gl.UNSIGNED_INT, { integer: true, linear: false });
    add(10, gl.DEPTH_COMPONENT24, gl.DEPTH_COMPONENT, gl.UNSIGNED_INT, { depth: 1, linear: false });
    add(11, gl.DEPTH_COMPONENT32F, gl.DEPTH_COMPONENT, gl.FLOAT, { depth: 1, linear: false });
    add(12, gl.DEPTH24_STENCIL8, gl.DEPTH_STENCIL, gl.UNSIGNED_INT_24_8,
        { depth: 2, linear: false });
    const packed = { compressed: true };
    if (has.bc) {
        add(13, 0x83F1, 0, 0, packed); // COMPRESSED_RGBA_S3TC_DXT1_EXT
        add(14, 0x83F3, 0, 0, packed); // COMPRESSED_RGBA_S3TC_DXT5_EXT
        add(15, 0x8DBD, 0, 0, packed); // COMPRESSED_RED_GREEN_RGTC2_EXT
        add(16, 0x8E8C, 0, 0, packed); // COMPRESSED_RGBA_BPTC_UNORM_EXT
    }
    if (has.etc2) {
        add(17, 0x9274, 0, 0, packed); // COMPRESSED_RGB8_ETC2
        add(18, 0x9278, 0, 0, packed); // COMPRESSED_RGBA8_ETC2_EAC
    }
    if (has.astc) add(19, 0x93B0, 0, 0, packed); // COMPRESSED_RGBA_ASTC_4x4_KHR
    return list;
}

// By w3d_gpu_vertex_format: components, type, and 0 floats, 1 normalized, 2 whole numbers.
export const GL_VERTEX = [[0, 0, 0],
    ...[1, 2, 3, 4].map((count) => [count, 0x1406, 0]),
    ...[1, 2, 3, 4].map((count) => [count, 0x1405, 2]),
    ...[1, 2, 3, 4].map((count) => [count, 0x1404, 2]),
    [4, 0x1401, 1], [4, 0x1400, 1], [4, 0x1401, 2], [4, 0x1400, 2],
    [2, 0x1403, 1], [4, 0x1403, 1], [2, 0x1402, 1], [4, 0x1402, 1], [2, 0x1403, 2], [4, 0x1403, 2],
    [2, 0x140B, 0], [4, 0x140B, 0]];

export const GL_TOPOLOGY = [4, 5, 1, 3, 0]; // TRIANGLES, STRIP, LINES, LINE_STRIP, POINTS
const W3DI_GL_STENCIL = [0x1E00, 0, 0x1E01, 0x150A, 0x1E02, 0x1E03, 0x8507, 0x8508];
const W3DI_GL_FACTOR = [1, 0, 1, 0x0300, 0x0301, 0x0302, 0x0303, 0x0306, 0x0307, 0x0304, 0x0305,
    0x0308, 0x8001, 0x8002];
const W3DI_GL_BLEND = [0x8006, 0x800A, 0x800B, 0x8007, 0x8008];

// w3d_gpu_compare: NEVER is 1 here and 0x200 there, and so on.
export function glCompare(compare) {
    return 0x1FF + (compare || 8);
}

// The state of a pipeline as numbers to compare and to set, read once from its words.
export function glPipelineState(u32, f32, at) {
    const colors = u32[at + 5] & 255, targets = [];
    for (let i = 0; i < colors; i++) {
        const w = at + 14 + 3 * i;
        const part = (word) => [W3DI_GL_FACTOR[word & 255], W3DI_GL_FACTOR[word >> 8 & 255],
            W3DI_GL_BLEND[word >> 16 & 255]];
        const [src, dst, op] = part(u32[w + 1]), [alphaSrc, alphaDst, alphaOp] = part(u32[w + 2]);
        targets.push({ mask: u32[w] >> 8 & 15, blend: u32[w] >> 16 & 1, src, dst, op, alphaSrc,
            alphaDst, alphaOp });
    }
    if (!targets.length) {
        targets.push({ mask: 0, blend: 0, src: 1, dst: 0, op: 0x8006, alphaSrc: 1, alphaDst: 0,
            alphaOp: 0x8006 });
    }
    const same = (a, b) => a.mask === b.mask && a.blend === b.blend && (!a.blend ||
        ['src', 'dst', 'op', 'alphaSrc', 'alphaDst', 'alphaOp'].every((key) => a[key] === b[key]));
    const face = (word) => ({ compare: glCompare(word & 255),
        fail: W3DI_GL_STENCIL[word >> 8 & 255], depthFail: W3DI_GL_STENCIL[word >> 16 & 255],
        pass: W3DI_GL_STENCIL[word >>> 24] });
    const ALWAYS = 8; // with KEEP three times: nothing to test
    const depth = u32[at + 6] !== 0, compare = u32[at + 7] & 255, write = u32[at + 7] >> 8 & 1;
    return {
        targets, alike: targets.every((target) => same(target, targets[0])),
        cull: u32[at + 4] >> 8 & 255, clockwise: u32[at + 4] >> 16 & 1,
        depth: depth && (compare !== ALWAYS || write === 1), compare: glCompare(compare),
        depthWrite: depth && write === 1,
        bias: u32[at + 8] | 0, slope: f32[at + 9], clamp: f32[at + 10],
        stencil: u32[at + 11] !== ALWAYS || u32[at + 12] !== ALWAYS,
        front: face(u32[at + 11]), back: face(u32[at + 12]),
        read: u32[at + 13] & 255, write: u32[at + 13] >> 8 & 255,
        coverage: u32[at + 5] >> 16 & 1,
    };
}

// ---- the context's state ----

export const GL_UNIT_OBJECTS = 16; // below: the pairs of a group
export const GL_UNIT_DRAWS = 17;
export const GL_UNIT_EDIT = 18;    // for whatever is not drawn with

// Sets what differs from what is set. counters.state counts the calls that were made.
export class GlState {
    constructor(gl, counters, indexed, clampBias) {
        this._gl = gl;
        this._counters = counters;
        this._indexed = indexed;     // OES_draw_buffers_indexed, or null
        this._clampBias = clampBias; // EXT_polygon_offset_clamp, or null
        this._textures = new Array(GL_UNIT_EDIT + 1).fill(null);
        this._samplers = new Array(GL_UNIT_EDIT + 1).fill(null);
        this.reset();
    }
    // Brings a context that others used to what is assumed here.
    reset() {
        const gl = this._gl;
        for (let unit = 0; unit <= GL_UNIT_EDIT; unit++) {
            gl.activeTexture(gl.TEXTURE0 + unit);
            for (const target of [gl.TEXTURE_2D, gl.TEXTURE_2D_ARRAY, gl.TEXTURE_CUBE_MAP,
                gl.TEXTURE_3D]) gl.bindTexture(target, null);
            gl.bindSampler(unit, null);
        }
        this._textures.fill(null);
        this._samplers.fill(null);
        this._unit = GL_UNIT_EDIT;
        gl.useProgram(null);
        gl.bindVertexArray(null);
        gl.bindFramebuffer(gl.FRAMEBUFFER, null);
        for (const cap of [gl.BLEND, gl.CULL_FACE, gl.DEPTH_TEST, gl.STENCIL_TEST, gl.SCISSOR_TEST,
            gl.POLYGON_OFFSET_FILL, gl.SAMPLE_ALPHA_TO_COVERAGE, gl.SAMPLE_COVERAGE, gl.DITHER,
            gl.RASTERIZER_DISCARD]) gl.disable(cap);
        gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
        gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
        this._program = null;
        this._vao = null;
        this._draw = null;
        this._read = null;
        this._blend = this._cull = this._depth = this._stencil = this._scissor = 0;
        this._offset = this._coverage = 0;
        this._alike = false;       // false: each target has what it has, set all again
        this._mask = this._src = this._dst = this._op = -1;
        this._alphaSrc = this._alphaDst = this._alphaOp = -1;
        this._cullFace = this._clockwise = this._compare = this._depthWrite = -1;
        this._bias = this._slope = this._clamp = NaN;
        this._front = null;
        this._back = null;
        this._reference = this._readMask = this._writeMask = -1;
        this.viewX = this.viewY = this.viewWidth = this.viewHeight = -1;
        this._minDepth = this._maxDepth = -1;
        this._boxX = this._boxY = this._boxWidth = this._boxHeight = -1;
        this._constantR = this._constantG = this._constantB = this._constantA = NaN;
    }

    program(program) {
        if (this._program === program) return;
        this._program = program;
        this._counters.programs++;
        this._gl.useProgram(program);
    }
    vertexArray(vao) {
        if (this._vao === vao) return;
        this._vao = vao;
        this._counters.vaos++;
        this._gl.bindVertexArray(vao);
    }
    texture(unit, record) {
        if (this._textures[unit] === record) return;
        this.unit(unit);
        this._textures[unit] = record;
        this._counters.textures++;
        this._gl.bindTexture(record.target, record.gl);
    }
    unit(unit) {
        if (this._unit === unit) return;
        this._unit = unit;
        this._gl.activeTexture(this._gl.TEXTURE0 + unit);
    }
    sampler(unit, sampler) {
        if (this._samplers[unit] === sampler) return;
        this._samplers[unit] = sampler;
        this._counters.samplers++;
        this._gl.bindSampler(unit, sampler);
    }
    drawTo(framebuffer) {
        if (this._draw === framebuffer) return;
        this._draw = framebuffer;
        this._counters.framebuffers++;
        this._gl.bindFramebuffer(this._gl.DRAW_FRAMEBUFFER, framebuffer);
    }
    readFrom(framebuffer) {
        if (this._read === framebuffer) return;
        this._read = framebuffer;
        this._gl.bindFramebuffer(this._gl.READ_FRAMEBUFFER, framebuffer);
    }
    // Something was deleted: WebGL unbinds it by itself.
    forgetTexture(record) {
        for (let unit = 0; unit <= GL_UNIT_EDIT; unit++) {
            if (this._textures[unit] === record) this._textures[unit] = null;
        }
    }
    forgetSampler(sampler) {
        for (let unit = 0; unit <= GL_UNIT_EDIT; unit++) {
            if (this._samplers[unit] === sampler) this._samplers[unit] = null;
        }
    }
    forgetFramebuffer(framebuffer) {
        if (this._draw === framebuffer) this._draw = null;
        if (this._read === framebuffer) this._read = null;
    }
    forgetVertexArray(vao) {
        if (this._vao === vao) this._vao = null;
    }
    forgetProgram(program) {
        if (this._program !== program) return;
        this._gl.useProgram(null); // else it would live on as the current one
        this._program = null;
    }

    viewport(x, y, width, height) {
        if (this.viewX === x && this.viewY === y && this.viewWidth === width &&
            this.viewHeight === height) return;
        this.viewX = x;
        this.viewY = y;
        this.viewWidth = width;
        this.viewHeight = height;
        this._counters.state++;
        this._gl.viewport(x, y, width, height);
    }
    depthRange(min, max) {
        if (this._minDepth === min && this._maxDepth === max) return;
        this._minDepth = min;
        this._maxDepth = max;
        this._counters.state++;
        this._gl.depthRange(min, max);
    }
    scissor(on, x, y, width, height) {
        const gl = this._gl;
        if (this._scissor !== on) {
            this._scissor = on;
            this._enable(gl.SCISSOR_TEST, on);
        }
        if (!on || (this._boxX === x && this._boxY === y && this._boxWidth === width &&
            this._boxHeight === height)) return;
        this._boxX = x;
        this._boxY = y;
        this._boxWidth = width;
        this._boxHeight = height;
        this._counters.state++;
        gl.scissor(x, y, width, height);
    }
    blendConstant(r, g, b, a) {
        if (this._constantR === r && this._constantG === g && this._constantB === b &&
            this._constantA === a) return;
        this._constantR = r;
        this._constantG = g;
        this._constantB = b;
        this._constantA = a;
        this._counters.state++;
        this._gl.blendColor(r, g, b, a);
    }
    // Clears obey masks, and the scissor: all off before a pass is begun.
    openForClear() {
        const gl = this._gl;
        this.scissor(0, 0, 0, 0, 0);
        if (!this._alike || this._mask !== 15) {
            this._mask = 15;
            this._counters.state++;
            gl.colorMask(true, true, true, true);
        }
        this._depthMask(1);
        this._stencilMask(255);
    }
    // Everything of a pipeline but its program. flipped: 1 where y goes the other way, and with it
    // what is a front.
    apply(state, flipped, reference) {
        const gl = this._gl;
        if (state.alike) this._applyBlend(state.targets[0]);
        else this._applyTargets(state.targets);
        if (this._cull !== (state.cull ? 1 : 0)) {
            this._cull = state.cull ? 1 : 0;
            this._enable(gl.CULL_FACE, this._cull);
        }
        if (state.cull && this._cullFace !== state.cull) {
            this._cullFace = state.cull;
            this._counters.state++;
            gl.cullFace(state.cull === 1 ? gl.BACK : gl.FRONT);
        }
        const clockwise = state.clockwise ^ flipped;
        if (this._clockwise !== clockwise) {
            this._clockwise = clockwise;
            this._counters.state++;
            gl.frontFace(clockwise ? gl.CW : gl.CCW);
        }
        if (this._depth !== (state.depth ? 1 : 0)) {
            this._depth = state.depth ? 1 : 0;
            this._enable(gl.DEPTH_TEST, this._depth);
        }
        if (state.depth && this._compare !== state.compare) {
            this._compare = state.compare;
            this._counters.state++;
            gl.depthFunc(state.compare);
        }
        this._depthMask(state.depthWrite ? 1 : 0);
        this._applyBias(state);
        this._applyStencil(state, reference);
        if (this._coverage !== state.coverage) {
            this._coverage = state.coverage;
            this._enable(gl.SAMPLE_ALPHA_TO_COVERAGE, state.coverage);
        }
    }

    _enable(cap, on) {
        this._counters.state++;
        if (on) this._gl.enable(cap);
        else this._gl.disable(cap);
    }
    _depthMask(on) {
        if (this._depthWrite === on) return;
        this._depthWrite = on;
        this._counters.state++;
        this._gl.depthMask(on === 1);
    }
    _stencilMask(mask) {
        if (this._writeMask === mask) return;
        this._writeMask = mask;
        this._counters.state++;
        this._gl.stencilMask(mask);
    }
    _applyBlend(target) {
        const gl = this._gl, { mask } = target;
        if (!this._alike || this._mask !== mask) {
            this._mask = mask;
            this._counters.state++;
            gl.colorMask((mask & 1) !== 0, (mask & 2) !== 0, (mask & 4) !== 0, (mask & 8) !== 0);
        }
        if (!this._alike || this._blend !== target.blend) {
            // Browsers leave out a disable() of what was enabled by index only.
            for (let i = 0; i < 4 && !this._alike && this._indexed; i++) {
                if (target.blend) this._indexed.enableiOES(gl.BLEND, i);
                else this._indexed.disableiOES(gl.BLEND, i);
            }
            this._blend = target.blend;
            this._enable(gl.BLEND, target.blend);
        }
        this._alike = true;
        if (!target.blend) return;
        if (this._src !== target.src || this._dst !== target.dst ||
            this._alphaSrc !== target.alphaSrc || this._alphaDst !== target.alphaDst) {
            this._src = target.src;
            this._dst = target.dst;
            this._alphaSrc = target.alphaSrc;
            this._alphaDst = target.alphaDst;
            this._counters.state++;
            gl.blendFuncSeparate(target.src, target.dst, target.alphaSrc, target.alphaDst);
        }
        if (this._op !== target.op || this._alphaOp !== target.alphaOp) {
            this._op = target.op;
            this._alphaOp = target.alphaOp;
            this._counters.state++;
            gl.blendEquationSeparate(target.op, target.alphaOp);
        }
    }
    _applyTargets(targets) {
        const gl = this._gl, indexed = this._indexed;
        this._alike = false;
        this._src = this._op = -1;
        for (let i = 0; i < targets.length; i++) {
            const target = targets[i], { mask } = target;
            indexed.colorMaskiOES(i, (mask & 1) !== 0, (mask & 2) !== 0, (mask & 4) !== 0,
                (mask & 8) !== 0);
            this._counters.state += 4;
            if (!target.blend) {
                indexed.disableiOES(gl.BLEND, i);
                continue;
            }
            indexed.enableiOES(gl.BLEND, i);
            indexed.blendFuncSeparateiOES(i, target.src, target.dst, target.alphaSrc,
                target.alphaDst);
            indexed.blendEquationSeparateiOES(i, target.op, target.alphaOp);
        }
    }
    _applyBias(state) {
        const gl = this._gl, on = state.bias !== 0 || state.slope !== 0 ? 1 : 0;
        if (this._offset !== on) {
            this._offset = on;
            this._enable(gl.POLYGON_OFFSET_FILL, on);
        }
        if (!on || (this._bias === state.bias && this._slope === state.slope &&
            this._clamp === state.clamp)) return;
        this._bias = state.bias;
        this._slope = state.slope;
        this._clamp = state.clamp;
        this._counters.state++;
        if (state.clamp && this._clampBias) {
            this._clampBias.polygonOffsetClampEXT(state.slope, state.bias, state.clamp);
        } else {
            gl.polygonOffset(state.slope, state.bias);
        }
    }
    _applyStencil(state, reference) {
        const gl = this._gl, on = state.stencil ? 1 : 0;
        if (this._stencil !== on) {
            this._stencil = on;
            this._enable(gl.STENCIL_TEST, on);
        }
        if (!on) return;
        this._stencilMask(state.write);
        if (this._front === state.front && this._back === state.back &&
            this._reference === reference && this._readMask === state.read) return;
        this._reference = reference;
        this._readMask = state.read;
        if (this._front !== state.front || this._back !== state.back) {
            this._front = state.front;
            this._back = state.back;
            this._counters.state += 2;
            gl.stencilOpSeparate(gl.FRONT, state.front.fail, state.front.depthFail,
                state.front.pass);
            gl.stencilOpSeparate(gl.BACK, state.back.fail, state.back.depthFail, state.back.pass);
        }
        this._counters.state += 2;
        gl.stencilFuncSeparate(gl.FRONT, state.front.compare, reference, state.read);
        gl.stencilFuncSeparate(gl.BACK, state.back.compare, reference, state.read);
    }
}
