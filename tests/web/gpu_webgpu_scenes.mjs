// Small scenes for the WebGPU executor, a feature each, decided by pixels computed by hand.
import { CONSTANT, Device, FULL, OBJECTS, SIZE, Stream, check } from './gpu_webgpu_page.mjs';
import { color, float, gpu, near, pixel, results, rows } from './gpu_webgpu_page.mjs';

const FRAGMENT = 2, COMPUTE = 4; // stages
const RED = [1, 0, 0, 1], GREEN = [0, 1, 0, 1], BLUE = [0, 0, 1, 1];
const TEXTURED = [[1, 0, gpu.GPU_BIND_TEXTURE, FRAGMENT], [1, 1, gpu.GPU_BIND_SAMPLER, FRAGMENT]];

// A shader that fills the target with what `body` makes of uv (0..1, top left first).
const sampling = (declarations, body, type = 'vec4f') => `
struct Out { @builtin(position) position: vec4f, @location(0) uv: vec2f }
@vertex fn vs(@builtin(vertex_index) i: u32) -> Out {
    let uv = vec2f(f32(i & 1u), f32(i >> 1u)) * 2.0;
    var out: Out;
    out.position = vec4f(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.5, 1.0);
    out.uv = uv;
    return out;
}
${declarations}
@fragment fn fs(in: Out) -> @location(0) ${type} { let uv = in.uv; ${body} }`;

const SCENES = {
    async triangle(d, s) {
        const target = s.target();
        const shader = s.shader(`
            @vertex fn vs(@location(0) p: vec2f) -> @builtin(position) vec4f {
                return vec4f(p, 0.0, 1.0);
            }
            @fragment fn fs() -> @location(0) vec4f { return vec4f(1.0, 0.5, 0.25, 1.0); }`);
        const pipeline = s.pipeline(shader, { buffers: [[8]], attributes: [0, 0, 2, 0], cull: 1 });
        const mesh = s.mesh([s.buffer(1, color(-1, -1, 1, -1, -1, 1)), 0]);
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target, clear: BLUE }]).multi(pipeline, 0, mesh,
            [[3, 0, 1, 0]]).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(4, 28), [255, 128, 64, 255], 'inside the triangle, at the bottom left');
        near(bytes, pixel(28, 4), [0, 0, 255, 255], 'outside, at the top right');
        near(bytes, pixel(4, 8), [255, 128, 64, 255], 'its left edge reaches the top');
    },
    async depth(d, s) {
        const target = s.target(), depth = s.target({ format: gpu.GPU_DEPTH24 });
        const pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1, depth: gpu.GPU_DEPTH24 });
        s.objects(4, 48, rows([[0, 0, 1, 1, RED], [4, 4, 16, 16, RED, 0.2],
            [8, 8, 20, 20, GREEN, 0.6]]));
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }], { depth }).multi(pipeline, 0, 0,
            [[4, 0, 1, 1], [4, 0, 1, 2]]).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(10, 10), [255, 0, 0, 255], 'the nearer rectangle stays');
        near(bytes, pixel(24, 24), [0, 255, 0, 255], 'the farther one beside it');
        near(bytes, pixel(1, 1), [0, 0, 0, 0], 'the clear colour');
    },
    async mips(d, s) {
        const data = new Uint8Array(4 * 16).fill(255);
        for (let i = 0; i < 16; i++) data[4 * i] = i % 4 < 2 ? 0 : 200; // left half 0, right 200
        const texture = s.texture({ width: 4, height: 4, mips: 3, data });
        const linear = s.texture({ width: 4, height: 4, mips: 3, data,
            format: gpu.GPU_RGBA8_SRGB, use: gpu.GPU_USE_TEXTURE_READ });
        s.op(gpu.GPU_TEXTURE_MIPS, texture).op(gpu.GPU_TEXTURE_MIPS, linear);
        const flushes = d.executor.counters.submits;
        const one = s.read(texture, 2, 2, 4, [1, 0, 0, 0]);
        const two = s.read(texture, 1, 1, 4, [2, 0, 0, 0]);
        const srgb = s.read(linear, 1, 1, 4, [2, 0, 0, 0]);
        d.submit(s);
        check(d.executor.counters.submits === flushes + 1, 'one submit');
        near(await d.bytes(one), 0, [0, 255, 255, 255, 200, 255, 255, 255], 'level 1');
        near(await d.bytes(two), 0, [100, 255, 255, 255], 'level 2');
        near(await d.bytes(srgb), 0, [146, 255, 255, 255], 'level 2 is averaged as light', 2);
    },
    async sampled_mip(d, s) {
        const data = new Uint8Array(4 * 64 * 64).fill(255);
        for (let i = 0; i < 4096; i++) data[4 * i + 1] = (i ^ i >> 6) & 1 ? 0 : 255; // checkers
        const texture = s.texture({ width: 64, height: 64, mips: 7, data });
        s.op(gpu.GPU_TEXTURE_MIPS, texture);
        const target = s.target({ width: 8, height: 8 });
        const shader = s.shader(sampling(`@group(1) @binding(0) var t: texture_2d<f32>;
            @group(1) @binding(1) var s: sampler;`, 'return textureSample(t, s, uv);'),
        { bindings: TEXTURED });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, texture],
            [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler()]]);
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }], { width: 8, height: 8 })
            .draw(pipeline, group).end();
        const read = s.read(target, 8, 8);
        d.submit(s);
        near(await d.bytes(read), pixel(3, 3, 8), [255, 127, 255, 255], 'checkers far away', 2);
    },
    async blending(d, s) {
        const target = s.target(), shader = s.shader(OBJECTS);
        const over = s.pipeline(shader, { topology: 1, blend: 1, color: 5 | 6 << 8,
            alpha: 2 | 1 << 8 });
        const constant = s.pipeline(shader, { topology: 1, blend: 1, color: 12 | 13 << 8 });
        const most = s.pipeline(shader, { topology: 1, blend: 1, color: 5 | 6 << 8 | 4 << 16 });
        const masked = s.pipeline(shader, { topology: 1, mask: 2 });
        s.objects(5, 48, rows([[0, 0, 16, 16, [1, 0, 0, 0.25]], [16, 0, 16, 16, [1, 1, 0, 1]],
            [0, 16, 16, 16, [0.5, 0, 1, 0.1]], [16, 16, 16, 16, [1, 1, 1, 0]]]));
        await d.make(s, over, constant, most, masked);
        s = new Stream().pass([{ texture: target, clear: [0, 0, 0.8, 0.5] }])
            .draw(over, 0, 4, 0)
            .op(gpu.GPU_BLEND_CONSTANT, float(0.5), float(0.25), float(0), float(1))
            .draw(constant, 0, 4, 1).draw(most, 0, 4, 2).draw(masked, 0, 4, 3).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(8, 8), [64, 0, 153, 64], 'over: source alpha, alpha replaced');
        near(bytes, pixel(24, 8), [128, 64, 204, 255], 'blend constant');
        near(bytes, pixel(8, 24), [128, 0, 255, 128], 'maximum takes no factors');
        near(bytes, pixel(24, 24), [0, 255, 204, 128], 'only green is written');
    },
    async instancing(d, s) {
        const target = s.target(), pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1 });
        const list = [[0, 0, 0, 0, RED]];
        for (let k = 0; k < 64; k++) list.push([k % 8 * 4, (k >> 3) * 4, 3, 3, [k / 63, 0, 0, 1]]);
        s.objects(65, 48, rows(list));
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target, clear: BLUE }])
            .draw(pipeline, 0, 4, 33, 32) // instances: rows 33 to 64
            .multi(pipeline, 0, 0, Array.from({ length: 32 }, (_, k) => [4, 0, 1, 1 + k])).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        for (let k = 0; k < 64; k += 3) {
            near(bytes, pixel(k % 8 * 4 + 1, (k >> 3) * 4 + 1),
                [Math.round(k / 63 * 255), 0, 0, 255], `object ${k}`);
            near(bytes, pixel(k % 8 * 4 + 3, (k >> 3) * 4 + 3), [0, 0, 255, 255], 'between');
        }
    },
    async scissor_viewport(d, s) {
        const target = s.target(), pipeline = s.pipeline(s.shader(CONSTANT));
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }], { constants: color(...RED) })
            .op(gpu.GPU_SCISSOR, 4, 6, 8, 1000).draw(pipeline)
            .op(gpu.GPU_SCISSOR, 0, 0, SIZE, SIZE)
            .op(gpu.GPU_VIEWPORT, float(20), float(2), float(8), float(4), float(0), float(1))
            .op(gpu.GPU_CONSTANTS, ...s.blob(null)).end();
        const other = new Stream();
        other.pass([{ texture: target }], { constants: color(...RED) })
            .op(gpu.GPU_SCISSOR, 4, 6, 8, 1000).draw(pipeline)
            .op(gpu.GPU_SCISSOR, 0, 0, SIZE, SIZE)
            .op(gpu.GPU_VIEWPORT, float(20), float(2), float(8), float(4), float(0), float(1))
            .op(gpu.GPU_CONSTANTS, ...other.blob(color(...GREEN))).draw(pipeline).end();
        const read = other.read(target);
        d.submit(other);
        const bytes = await d.bytes(read);
        near(bytes, pixel(4, 6), [255, 0, 0, 255], 'first pixel of the scissor');
        near(bytes, pixel(11, 31), [255, 0, 0, 255], 'its last');
        near(bytes, pixel(12, 20), [0, 0, 0, 0], 'right of it');
        near(bytes, pixel(4, 5), [0, 0, 0, 0], 'above it');
        near(bytes, pixel(20, 2), [0, 255, 0, 255], 'first pixel of the viewport, new constants');
        near(bytes, pixel(27, 5), [0, 255, 0, 255], 'its last');
        near(bytes, pixel(28, 4), [0, 0, 0, 0], 'right of the viewport');
    },
    async multisampled(d, s) {
        const many = s.target({ samples: 4 }), target = s.target();
        const shader = s.shader(`
            @vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
                return vec4f(f32(i & 1u) * 2.0 - 1.0, 1.0 - f32(i >> 1u) * 2.0, 0.0, 1.0);
            }
            @fragment fn fs() -> @location(0) vec4f { return vec4f(1.0); }`);
        const pipeline = s.pipeline(shader, { samples: 4 });
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: many, resolve: target, clear: [0, 0, 0, 1] }],
            { samples: 4 }).draw(pipeline).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(2, 2), [255, 255, 255, 255], 'inside');
        near(bytes, pixel(30, 30), [0, 0, 0, 255], 'outside');
        const edge = bytes[pixel(15, 16)];
        check(edge > 40 && edge < 215, 'the edge is between', edge);
    },
    async drawn_texture(d, s) {
        const first = s.target({ width: 8, height: 8, mips: 2 }), target = s.target();
        const plain = s.pipeline(s.shader(OBJECTS), { topology: 1 });
        const shader = s.shader(sampling(`@group(1) @binding(0) var t: texture_2d<f32>;
            @group(1) @binding(1) var s: sampler;`, 'return textureSampleLevel(t, s, uv, 1.0);'),
        { bindings: TEXTURED });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, first],
            [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler({ filter: 1 })]]);
        s.objects(1, 48, rows([[0, 0, 4, 2, RED]], 4, 4)); // the upper half
        await d.make(s, plain, pipeline);
        s = new Stream().pass([{ texture: first, place: 1, clear: GREEN }], { width: 4, height: 4 })
            .draw(plain, 0, 4).end().pass([{ texture: target }]).draw(pipeline, group).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(16, 4), [255, 0, 0, 255], 'up stays up');
        near(bytes, pixel(16, 28), [0, 255, 0, 255], 'down stays down');
    },
    async cube(d, s) {
        const data = new Uint8Array(6 * 4 * 4);
        for (let face = 0; face < 6; face++) {
            for (let k = 0; k < 4; k++) data.set([40 * face, 0, 255, 255], 16 * face + 4 * k);
        }
        const texture = s.texture({ kind: gpu.GPU_CUBE, width: 2, height: 2, layers: 6, data });
        const target = s.target({ width: 6, height: 1 });
        const shader = s.shader(sampling(`@group(1) @binding(0) var t: texture_cube<f32>;
            @group(1) @binding(1) var s: sampler;`, `let face = u32(uv.x * 6.0);
            var axis = vec3f(); axis[face / 2u] = select(1.0, -1.0, (face & 1u) == 1u);
            return textureSampleLevel(t, s, axis, 0.0);`),
        { bindings: [[1, 0, gpu.GPU_BIND_TEXTURE, FRAGMENT, gpu.GPU_CUBE], TEXTURED[1]] });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, texture],
            [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler()]]);
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }], { width: 6, height: 1 })
            .draw(pipeline, group).end();
        const read = s.read(target, 6, 1);
        d.submit(s);
        const bytes = await d.bytes(read);
        for (let face = 0; face < 6; face++) {
            near(bytes, 4 * face, [40 * face, 0, 255, 255], `face ${face}`);
        }
    },
    async array_and_deep(d, s) {
        const layer = (k, n) => new Array(n).fill([60 * k, 10, 0, 255]).flat();
        const data = new Uint8Array([0, 1, 2, 3].flatMap((k) => layer(k, 4)));
        const array = s.texture({ kind: gpu.GPU_2D_ARRAY, width: 2, height: 2, layers: 4, data });
        const deep = s.texture({ kind: gpu.GPU_3D, width: 2, height: 2, layers: 4, mips: 2, data,
            use: gpu.GPU_USE_TEXTURE_READ });
        s.op(gpu.GPU_TEXTURE_MIPS, deep);
        const target = s.target({ width: 4, height: 2 });
        const shader = s.shader(sampling(`@group(1) @binding(0) var a: texture_2d_array<f32>;
            @group(1) @binding(1) var s: sampler;
            @group(1) @binding(2) var v: texture_3d<f32>;`, `if uv.y < 0.5 {
                return textureSampleLevel(a, s, uv, u32(uv.x * 4.0), 0.0);
            }
            return textureSampleLevel(v, s, vec3f(0.5, 0.5, uv.x), 0.0);`), { bindings: [
            [1, 0, gpu.GPU_BIND_TEXTURE, FRAGMENT, gpu.GPU_2D_ARRAY], TEXTURED[1],
            [1, 2, gpu.GPU_BIND_TEXTURE, FRAGMENT, gpu.GPU_3D]] });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, array],
            [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler()], [1, 2, gpu.GPU_BIND_TEXTURE, deep]]);
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }], { width: 4, height: 2 })
            .draw(pipeline, group).end();
        const read = s.read(target, 4, 2);
        const above = s.read(deep, 1, 1, 4, [1, 0, 0, 0]);
        const below = s.read(deep, 1, 1, 4, [1, 0, 0, 1]);
        d.submit(s);
        const bytes = await d.bytes(read);
        for (let k = 0; k < 4; k++) {
            near(bytes, 4 * k, [60 * k, 10, 0, 255], `layer ${k}`);
            near(bytes, 16 + 4 * k, [60 * k, 10, 0, 255], `slice ${k}`);
        }
        near(await d.bytes(above), 0, [30, 10, 0, 255], '3D mips: the first two slices');
        near(await d.bytes(below), 0, [150, 10, 0, 255], '3D mips: the last two');
    },
    async integer_target(d, s) {
        const target = s.target({ format: gpu.GPU_R32UI });
        const shader = s.shader(`${FULL} @fragment fn fs(@builtin(position) p: vec4f) ->
            @location(0) vec4u { return vec4u(u32(p.x) + u32(p.y) * 1000u + 4000000000u); }`);
        const pipeline = s.pipeline(shader, { formats: [gpu.GPU_R32UI] });
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target, integers: [77, 0, 0, 0] }])
            .op(gpu.GPU_SCISSOR, 0, 0, 16, 32).draw(pipeline).end();
        const read = s.read(target);
        d.submit(s);
        const words = new Uint32Array((await d.bytes(read)).buffer);
        check(words[5 * SIZE + 3] === 4000005003, 'a written integer', words[5 * SIZE + 3]);
        check(words[5 * SIZE + 20] === 77, 'the clear integer', words[5 * SIZE + 20]);
    },
    async several_colors(d, s) {
        const a = s.target(), b = s.target({ format: gpu.GPU_RGBA16F }), c = s.target({
            format: gpu.GPU_RG8 });
        const shader = s.shader(`${FULL}
            struct Out { @location(0) a: vec4f, @location(1) b: vec4f, @location(2) c: vec4f }
            @fragment fn fs() -> Out {
                return Out(vec4f(0.2), vec4f(4.0, -2.0, 0.5, 1.0), vec4f(1.0, 0.6, 0.0, 0.0));
            }`);
        const pipeline = s.pipeline(shader, {
            formats: [gpu.GPU_RGBA8, gpu.GPU_RGBA16F, gpu.GPU_RG8] });
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: a }, { texture: b }, { texture: c }])
            .draw(pipeline).end();
        const reads = [s.read(a), s.read(b, SIZE, SIZE, 8), s.read(c, SIZE, SIZE, 2)];
        d.submit(s);
        near(await d.bytes(reads[0]), pixel(9, 9), [51, 51, 51, 51], 'the first colour');
        const half = new Uint16Array((await d.bytes(reads[1])).buffer);
        check(half[0] === 0x4400 && half[1] === 0xC000 && half[2] === 0x3800, 'halves', half[0]);
        near(await d.bytes(reads[2]), 2 * (SIZE * 3 + 5), [255, 153], 'two channels');
    },
    async stencil(d, s) {
        const target = s.target(), depth = s.target({ format: gpu.GPU_DEPTH24_STENCIL8 });
        const shader = s.shader(OBJECTS), format = gpu.GPU_DEPTH24_STENCIL8;
        const mark = s.pipeline(shader, { topology: 1, depth: format, compare: 8, write: 0, mask: 0,
            stencil: (8 | 2 << 24) >>> 0 }); // always, pass: replace
        const where = s.pipeline(shader, { topology: 1, depth: format, compare: 8, write: 0,
            stencil: 3 }); // equal
        s.objects(2, 48, rows([[8, 8, 8, 8, RED], [0, 0, 32, 32, GREEN]]));
        await d.make(s, mark, where);
        s = new Stream().pass([{ texture: target }], { depth, clearStencil: 9 })
            .op(gpu.GPU_STENCIL_REF, 5).draw(mark, 0, 4, 0).draw(where, 0, 4, 1).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(8, 8), [0, 255, 0, 255], 'where the stencil was set');
        near(bytes, pixel(16, 8), [0, 0, 0, 0], 'where it was not');
    },
    async shadow(d, s) {
        const depth = s.target({ format: gpu.GPU_DEPTH32F }), target = s.target();
        const caster = s.pipeline(s.shader(`
            struct Object { place: vec4f, color: vec4f, depth: vec4f }
            @group(0) @binding(1) var<storage, read> objects: array<Object>;
            @vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) k: u32)
                -> @builtin(position) vec4f {
                let o = objects[k];
                let c = vec2f(f32(i & 1u), f32((i >> 1u) & 1u));
                return vec4f(o.place.xy + c * o.place.zw, o.depth.x, 1.0);
            }`), { topology: 1, formats: [], depth: gpu.GPU_DEPTH32F });
        const shader = s.shader(sampling(`@group(1) @binding(0) var t: texture_depth_2d;
            @group(1) @binding(1) var s: sampler_comparison;`,
        'return vec4f(textureSampleCompareLevel(t, s, uv, 0.5));'), { bindings: [
            [1, 0, gpu.GPU_BIND_TEXTURE, FRAGMENT, gpu.GPU_2D, 1],
            [1, 1, gpu.GPU_BIND_SAMPLER, FRAGMENT, 0, 1]] });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_TEXTURE, depth],
            [1, 1, gpu.GPU_BIND_SAMPLER, s.sampler({ compare: 2, filter: 1 })]]);
        s.objects(1, 48, rows([[0, 0, 16, 32, RED, 0.25]]));
        await d.make(s, caster, pipeline);
        s = new Stream().pass([], { depth }).draw(caster, 0, 4).end()
            .pass([{ texture: target }]).draw(pipeline, group).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(8, 8), [0, 0, 0, 0], 'in shadow');
        near(bytes, pixel(24, 8), [255, 255, 255, 255], 'in light');
    },
    async vertex_buffers(d, s) {
        const target = s.target();
        const shader = s.shader(`
            @vertex fn vs(@location(0) p: vec2f, @location(1) c: vec4f, @location(2) by: vec2f)
                -> Out { return Out(vec4f(p + by, 0.0, 1.0), c); }
            struct Out { @builtin(position) p: vec4f, @location(0) c: vec4f }
            @fragment fn fs(in: Out) -> @location(0) vec4f { return in.c; }`);
        const pipeline = s.pipeline(shader, { buffers: [[12], [0], [8, 1]],
            attributes: [0, 0, 2, 0, 1, 0, 13, 8, 2, 2, 2, 0] }); // UNORM8X4 is 13; slot 1 empty
        const data = new ArrayBuffer(16 + 8 * 12), view = new DataView(data);
        [[0, 0], [0.5, 0], [0, -0.5], [0.5, -0.5]].forEach(([x, y], k) => {
            for (const base of [0, 4]) { // base vertex 4: another colour
                const at = 16 + 12 * (base + k);
                view.setFloat32(at, x, true);
                view.setFloat32(at + 4, y, true);
                view.setUint32(at + 8, base ? 0xFF00FF00 : 0xFF0000FF, true);
            }
        });
        const vertices = s.buffer(1, new Uint8Array(data));
        const indices = s.buffer(2, new Uint16Array([9, 9, 0, 2, 1, 1, 2, 3]));
        const places = s.buffer(1, color(-1, 1, 0, 1, -1, 0, 0, 0));
        const mesh = s.mesh([vertices, 16, 0, 0, places, 0], indices, 1);
        await d.make(s, pipeline);
        s = new Stream().pass([{ texture: target }])
            .multi(pipeline, 0, mesh, [[6, 4, 2, 0, 0], [3, 4, 1, 0, 4]], 1)
            .op(gpu.GPU_INSTANCE_BUFFER, 2, places, 16)
            .multi(pipeline, 0, mesh, [[6, 4, 2, 0, 4]], 1)
            .op(gpu.GPU_INSTANCE_BUFFER, 2, 0, 0).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(1, 1), [0, 255, 0, 255], 'base vertex over the first instance');
        near(bytes, pixel(6, 6), [255, 0, 0, 255], 'its other half');
        near(bytes, pixel(17, 1), [255, 0, 0, 255], 'the second instance');
        near(bytes, pixel(1, 17), [0, 255, 0, 255], 'an instance buffer with offset');
        near(bytes, pixel(17, 17), [0, 255, 0, 255], 'and its second instance');
        near(bytes, pixel(10, 10), [0, 0, 0, 0], 'between');
    },
    async topologies(d, s) {
        const target = s.target(), shader = s.shader(`
            @vertex fn vs(@location(0) p: vec2f) -> @builtin(position) vec4f {
                return vec4f(p.x / 16.0 - 1.0, 1.0 - p.y / 16.0, 0.0, 1.0);
            }
            @fragment fn fs() -> @location(0) vec4f { return vec4f(1.0); }`);
        const options = { buffers: [[8]], attributes: [0, 0, 2, 0] };
        const points = s.pipeline(shader, { ...options, topology: 4 });
        const lines = s.pipeline(shader, { ...options, topology: 2, depth: 0, bias: 3 });
        const strip = s.pipeline(shader, { ...options, topology: 3, strip: 1 });
        const back = s.pipeline(shader, { ...options, topology: 1, cull: 1 });
        const front = s.pipeline(shader, { ...options, topology: 1, cull: 1, winding: 1 });
        const mesh = s.mesh([s.buffer(1, color(2.5, 2.5, 6.5, 1.5, 10, 4.5, 20, 4.5,
            8, 8, 12, 8, 8, 12, 12, 12, 18, 8, 22, 8, 18, 12, 22, 12)), 0]);
        const indices = s.buffer(2, new Uint16Array([2, 3, 0xFFFF, 0xFFFF, 0, 0]));
        const indexed = s.mesh([s.buffer(1, color(2, 20.5, 8, 20.5, 2, 24.5, 8, 24.5)), 0],
            s.buffer(2, new Uint16Array([0, 1, 0xFFFF, 2, 3, 3])), 1);
        await d.make(s, points, lines, strip, back, front);
        s = new Stream().pass([{ texture: target }])
            .multi(points, 0, mesh, [[2, 0, 1, 0]]).multi(lines, 0, mesh, [[2, 2, 1, 0]])
            .multi(back, 0, mesh, [[4, 4, 1, 0]]).multi(front, 0, mesh, [[4, 8, 1, 0]])
            .multi(strip, 0, indexed, [[5, 0, 1, 0]], 1).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read), at = (x, y) => bytes[pixel(x, y)];
        check(at(2, 2) === 255 && at(6, 1) === 255 && at(4, 2) === 0, 'points');
        check(at(12, 4) === 255 && at(18, 4) === 255 && at(12, 6) === 0, 'a line');
        check(at(10, 10) !== at(20, 10), 'culled by winding: one of the two');
        check(at(5, 20) === 255 && at(5, 24) === 255 && at(5, 22) === 0, 'strips restart');
        check(indices > 0, 'a buffer nobody uses');
    },
    async compute(d, s) {
        const data = s.buffer(8 | 32 | 1, color(1, 2, 3, 4)), arguments_ = s.buffer(16 | 8,
            new Uint32Array([0, 1, 1]));
        const factor = s.buffer(4, color(3, 0, 0, 0));
        const bindings = [[2, 0, gpu.GPU_BIND_STORAGE_WRITE, COMPUTE],
            [1, 0, gpu.GPU_BIND_UNIFORM, COMPUTE], [2, 1, gpu.GPU_BIND_STORAGE_WRITE, COMPUTE]];
        const shader = s.shader(`
            @group(2) @binding(0) var<storage, read_write> data: array<f32>;
            @group(2) @binding(1) var<storage, read_write> count: array<u32>;
            @group(1) @binding(0) var<uniform> factor: vec4f;
            @compute @workgroup_size(1) fn cs(@builtin(global_invocation_id) id: vec3u) {
                data[id.x] = data[id.x] * factor.x + f32(id.x);
                if id.x == 0u { count[0] = 2u; }
            }`, { bindings, compute: 'cs' });
        const pipeline = s.pipeline(shader, { compute: 1 });
        const group = s.group(shader, [[2, 0, gpu.GPU_BIND_STORAGE_WRITE, data, 0, 16],
            [1, 0, gpu.GPU_BIND_UNIFORM, factor, 0, 16],
            [2, 1, gpu.GPU_BIND_STORAGE_WRITE, arguments_, 0, 12]]);
        const plain = s.shader(`@group(2) @binding(0) var<storage, read_write> data: array<f32>;
            @compute @workgroup_size(1) fn cs(@builtin(global_invocation_id) id: vec3u) {
                data[id.x] += 1000.0;
            }`, { bindings: [bindings[0]], compute: 'cs' });
        const second = s.pipeline(plain, { compute: 1 });
        const other = s.group(plain, [[2, 0, gpu.GPU_BIND_STORAGE_WRITE, data, 0, 16]]);
        await d.make(s, pipeline, second);
        s = new Stream().op(gpu.GPU_DISPATCH, pipeline, group, 4, 1, 1)
            .op(gpu.GPU_DISPATCH_INDIRECT, second, other, arguments_, 0); // the count just made
        const read = s.readBuffer(data, 0, 16);
        d.submit(s);
        const values = new Float32Array((await d.bytes(read)).buffer);
        check(String(values) === '1003,1007,11,15', 'computed values', String(values));
    },
    async indirect(d, s) {
        const target = s.target(), pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1 });
        s.objects(8, 48, rows([[0, 0, 4, 4, RED], [4, 0, 4, 4, GREEN], [8, 0, 4, 4, BLUE],
            [12, 0, 4, 4, [1, 1, 0, 1]], [16, 0, 4, 4, [1, 1, 1, 1]], [20, 0, 4, 4, RED]]));
        const buffer = s.buffer(16, new Uint32Array([4, 1, 0, 0, 9, 4, 2, 0, 0, 9, 4, 1, 0, 5]));
        await d.make(s, pipeline);
        const draw = (row, offset, draws) => [gpu.GPU_DRAW_INDIRECT, pipeline, 0, 0, row, buffer,
            offset, draws, 20, 0];
        s = new Stream().pass([{ texture: target }]).op(...draw(1, 0, 1)).op(...draw(3, 20, 1))
            .op(...draw(0, 40, 1)).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(1, 1), [0, 0, 0, 0], 'row 0 was not drawn');
        near(bytes, pixel(5, 1), [0, 255, 0, 255], 'row 1, from the operation');
        near(bytes, pixel(9, 1), [0, 0, 0, 0], 'row 2 was not drawn');
        near(bytes, pixel(13, 1), [255, 255, 0, 255], 'row 3');
        near(bytes, pixel(17, 1), [255, 255, 255, 255], 'row 4, its second instance');
        near(bytes, pixel(21, 1), [255, 0, 0, 255], "row 5, the buffer's own");
    },
    async queries(d, s) {
        const target = s.target(), depth = s.target({ format: gpu.GPU_DEPTH24 });
        const pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1, depth: gpu.GPU_DEPTH24 });
        s.objects(2, 48, rows([[0, 0, 16, 16, RED, 0.2], [4, 4, 4, 4, GREEN, 0.6]]));
        await d.make(s, pipeline);
        s = new Stream();
        for (let k = 0; k < 50; k++) { // more than the first set holds
            s.pass([{ texture: target }], { depth, time: 500 + k })
                .op(gpu.GPU_QUERY_BEGIN, 100 + k).draw(pipeline, 0, 4, 0)
                .op(gpu.GPU_QUERY_END).op(gpu.GPU_QUERY_BEGIN, 200 + k)
                .draw(pipeline, 0, 4, 1).op(gpu.GPU_QUERY_END).end();
        }
        d.submit(s);
        await d.until(() => d.queries.size === 100, 'queries');
        let good = 0;
        for (let k = 0; k < 50; k++) good += d.queries.get(100 + k) > 0 && !d.queries.get(200 + k);
        check(good === 50, 'what is visible, and what is hidden', good);
        if (d.executor.caps.timestamps) {
            await d.until(() => d.times.size === 50, 'times');
            check([...d.times.values()].every((time) => time >= 0 && time < 1e10), 'times');
        }
    },
    async order(d, s) { // writes between passes take effect between them
        const target = s.target({ width: 4, height: 1 }), buffer = s.buffer(4 | 32, color(...RED));
        const bindings = [[1, 0, gpu.GPU_BIND_UNIFORM, FRAGMENT]];
        const shader = s.shader(`${FULL} @group(1) @binding(0) var<uniform> c: vec4f;
            @fragment fn fs() -> @location(0) vec4f { return c; }`, { bindings });
        const pipeline = s.pipeline(shader);
        const group = s.group(shader, [[1, 0, gpu.GPU_BIND_UNIFORM, buffer, 0, 16]]);
        const copy = s.buffer(32, null, 64);
        await d.make(s, pipeline);
        s = new Stream();
        for (let k = 0; k < 4; k++) {
            s.pass([{ texture: target, load: k ? 1 : 0 }], { width: 4, height: 1 })
                .op(gpu.GPU_SCISSOR, k, 0, 1, 1).draw(pipeline, group).end();
            s.op(gpu.GPU_BUFFER_COPY, copy, 16 * k, buffer, 0, 16);
            s.op(gpu.GPU_BUFFER_WRITE, buffer, 4 * k, ...s.blob(color(k / 4)));
        }
        s.op(gpu.GPU_BUFFER_COPY, copy, 4, copy, 16, 4); // within one buffer
        const read = s.read(target, 4, 1), copied = s.readBuffer(copy, 0, 64);
        d.submit(s);
        near(await d.bytes(read), 0, [255, 0, 0, 255, 0, 0, 0, 255, 0, 64, 0, 255,
            0, 64, 128, 255], 'partial updates between passes');
        const values = new Float32Array((await d.bytes(copied)).buffer);
        check(values[0] === 1 && values[1] === 0 && values[4] === 0 && values[9] === 0.25 &&
            values[14] === 0.5, 'copies between passes', String(values));
    },
    async texture_parts(d, s) {
        const data = new Uint8Array(4 * 5 * 3).map((_, i) => i * 4);
        const texture = s.texture({ width: 5, height: 3, data, use: gpu.GPU_USE_TEXTURE_READ });
        const copy = s.texture({ width: 5, height: 3, use: gpu.GPU_USE_TEXTURE_READ });
        s.op(gpu.GPU_TEXTURE_COPY, copy, 0, 1, 1, 0, texture, 0, 0, 0, 0, 3, 2, 1);
        s.op(gpu.GPU_TEXTURE_WRITE, texture, 0, 3, 1, 0, 2, 2, 1, ...s.blob(
            new Uint8Array(16).fill(7)));
        const whole = s.read(texture, 5, 3), copied = s.read(copy, 5, 3);
        const part = s.read(texture, 3, 1, 4, [0, 1, 2, 0]);
        const one = s.texture({ width: 3, height: 3, format: gpu.GPU_R8,
            data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]), use: gpu.GPU_USE_TEXTURE_READ });
        const odd = s.read(one, 3, 3, 1);
        d.submit(s);
        const wanted = Uint8Array.from(data);
        for (const at of [8, 13]) wanted.fill(7, 4 * at, 4 * at + 8);
        check(String(await d.bytes(whole)) === String(wanted), 'rows unpadded, a part written');
        check(String(await d.bytes(part)) === String(wanted.slice(44, 56)), 'a part read');
        const moved = await d.bytes(copied);
        check(String(moved.slice(24, 36)) === String(data.slice(0, 12)) && moved[0] === 0 &&
            String(moved.slice(44, 56)) === String(data.slice(20, 32)), 'a part copied');
        check(String(await d.bytes(odd)) === '1,2,3,4,5,6,7,8,9', 'three bytes a row');
    },
    async table_grows(d, s) {
        const target = s.target(), pipeline = s.pipeline(s.shader(OBJECTS), { topology: 1 });
        s.objects(100, 48, rows([[0, 0, 8, 8, RED], [8, 0, 8, 8, GREEN]]));
        await d.make(s, pipeline);
        s = new Stream().objects(4000, 48, rows([[16, 0, 8, 8, BLUE]]), 3999);
        s.pass([{ texture: target }]).multi(pipeline, 0, 0,
            [[4, 0, 1, 0], [4, 0, 1, 1], [4, 0, 1, 3999]]).end();
        const read = s.read(target);
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(4, 4), [255, 0, 0, 255], 'old rows stay');
        near(bytes, pixel(12, 4), [0, 255, 0, 255], 'the second too');
        near(bytes, pixel(20, 4), [0, 0, 255, 255], 'a new row');
    },
    async many_constants(d, s) { // the ring grows in the middle of a pass
        const target = s.target(), pipeline = s.pipeline(s.shader(CONSTANT));
        await d.make(s, pipeline);
        for (let round = 0; round < 4; round++) {
            s = new Stream().pass([{ texture: target }], { constants: color(...RED) });
            for (let k = 0; k < 1024; k++) {
                const value = (k + round) % 256 / 255;
                s.op(gpu.GPU_CONSTANTS, ...s.blob(color(value, 0, k / 1023, 1)))
                    .op(gpu.GPU_SCISSOR, k % 32, k >> 5, 1, 1).draw(pipeline);
            }
            const read = s.end().read(target);
            d.submit(s);
            const bytes = await d.bytes(read);
            let wrong = 0;
            for (let k = 0; k < 1024; k++) {
                wrong += Math.abs(bytes[4 * k] - (k + round) % 256) > 1 ||
                    Math.abs(bytes[4 * k + 2] - k / 1023 * 255) > 1;
            }
            check(!wrong, 'each draw has its own constants', wrong);
        }
    },
    async surface(d, s) {
        const plain = s.pipeline(s.shader(OBJECTS), { topology: 1, depth: gpu.GPU_DEPTH24,
            samples: 4 });
        s.objects(2, 48, rows([[0, 0, 16, 32, RED], [8, 0, 24, 8, GREEN, 0.5]]));
        await d.make(s, plain);
        s = new Stream().op(gpu.GPU_SURFACE, SIZE, SIZE, 4, gpu.GPU_DEPTH24, gpu.GPU_RGBA8)
            .pass([{ clear: BLUE }], { samples: 4 }).draw(plain, 0, 4, 0).end()
            .pass([{ load: 1 }], { samples: 4, load: 1 }).draw(plain, 0, 4, 1).end()
            .op(gpu.GPU_PRESENT);
        d.submit(s);
        await new Promise((done) => setTimeout(done, 50));
        s = new Stream();
        const read = s.read(0); // as presented last
        d.submit(s);
        const bytes = await d.bytes(read);
        near(bytes, pixel(4, 4), [255, 0, 0, 255], 'the first pass');
        near(bytes, pixel(12, 4), [255, 0, 0, 255], 'depth is kept between passes');
        near(bytes, pixel(20, 4), [0, 255, 0, 255], 'the second pass');
        near(bytes, pixel(20, 20), [0, 0, 255, 255], 'cleared');
    },
    async labels(d, s) { // unbalanced ones do no harm
        const target = s.target(), pipeline = s.pipeline(s.shader(CONSTANT));
        const push = (stream, text) => stream.op(gpu.GPU_LABEL_PUSH, ...stream.blob(text));
        await d.make(s, pipeline);
        s = push(new Stream(), 'outer');
        s.pass([{ texture: target }], { constants: color(...GREEN) });
        push(s, 'inner').draw(pipeline).end().op(gpu.GPU_LABEL_POP).op(gpu.GPU_LABEL_POP)
            .op(gpu.GPU_LABEL_POP);
        const read = push(s, 'never ended').read(target);
        d.submit(s);
        near(await d.bytes(read), 0, [0, 255, 0, 255], 'labels');
    },
};

// Runs every scene on one device; each leaves what it made to the next ones.
export async function scenes() {
    const device = new Device();
    await device.opened();
    check(!device.failed, 'opened', device.failed);
    const { caps } = device.executor;
    check(caps.maxTextureSide >= 2048 && caps.compute === 1, 'caps', JSON.stringify(caps));
    for (const [name, scene] of Object.entries(SCENES)) {
        const before = results().failures.length;
        try {
            await scene(device, new Stream());
        } catch (error) {
            check(false, 'threw', error.message);
        }
        for (const { text } of device.refused.splice(0)) check(false, 'refused:', text);
        const { failures } = results();
        for (let k = before; k < failures.length; k++) failures[k] = `${name}: ${failures[k]}`;
    }
    device.executor.close();
    check(device.counts().every((count) => count === 0), 'nothing live after close',
        String(device.counts()));
    return Object.keys(SCENES).length;
}

export { SCENES };
