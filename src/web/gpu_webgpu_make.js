// gpu_webgpu_make.js - the WebGPU executor's device, and descriptors made of creating operations.
//
// Private to gpu_webgpu.js.
import { GPU_API_WEBGPU, GPU_BIND_SAMPLER, GPU_BIND_STORAGE_READ } from './gpu_stream.js';
import { GPU_BIND_STORAGE_WRITE, GPU_BIND_TEXTURE, GPU_BIND_UNIFORM } from './gpu_stream.js';

// ---- names, by the numbers of gpu/gpu_types.h ----

export const W3DI_WEBGPU_FORMATS = ['', 'rgba8unorm', 'rgba8unorm-srgb', 'r8unorm', 'rg8unorm',
    'r32uint', 'rgba16float', 'rgba32float', 'r32float', 'rgba32uint', 'depth24plus',
    'depth32float', 'depth24plus-stencil8', 'bc1-rgba-unorm', 'bc3-rgba-unorm', 'bc5-rg-unorm',
    'bc7-rgba-unorm', 'etc2-rgb8unorm', 'etc2-rgba8unorm', 'astc-4x4-unorm'];
export const W3DI_WEBGPU_VIEWS = ['2d', '2d-array', 'cube', '3d'];
export const W3DI_WEBGPU_INDICES = ['uint32', 'uint16'];
const W3DI_WEBGPU_VERTICES = ['', 'float32', 'float32x2', 'float32x3', 'float32x4', 'uint32',
    'uint32x2', 'uint32x3', 'uint32x4', 'sint32', 'sint32x2', 'sint32x3', 'sint32x4', 'unorm8x4',
    'snorm8x4', 'uint8x4', 'sint8x4', 'unorm16x2', 'unorm16x4', 'snorm16x2', 'snorm16x4',
    'uint16x2', 'uint16x4', 'float16x2', 'float16x4'];
const W3DI_WEBGPU_TOPOLOGIES =
    ['triangle-list', 'triangle-strip', 'line-list', 'line-strip', 'point-list'];
const W3DI_WEBGPU_CULLS = ['none', 'back', 'front'];
const W3DI_WEBGPU_WINDINGS = ['ccw', 'cw'];
const W3DI_WEBGPU_COMPARES = [undefined, 'never', 'less', 'equal', 'less-equal', 'greater',
    'not-equal', 'greater-equal', 'always'];
const W3DI_WEBGPU_STENCIL_OPS = ['keep', 'zero', 'replace', 'invert', 'increment-clamp',
    'decrement-clamp', 'increment-wrap', 'decrement-wrap'];
const W3DI_WEBGPU_FACTORS = ['one', 'zero', 'one', 'src', 'one-minus-src', 'src-alpha',
    'one-minus-src-alpha', 'dst', 'one-minus-dst', 'dst-alpha', 'one-minus-dst-alpha',
    'src-alpha-saturated', 'constant', 'one-minus-constant'];
const W3DI_WEBGPU_BLENDS = ['add', 'subtract', 'reverse-subtract', 'min', 'max'];
const W3DI_WEBGPU_FILTERS = ['linear', 'nearest'];
const W3DI_WEBGPU_WRAPS = ['repeat', 'clamp-to-edge', 'mirror-repeat'];
const W3DI_WEBGPU_SAMPLES = ['float', 'depth', 'sint', 'uint', 'unfilterable-float'];

// ---- the device ----

const W3DI_WEBGPU_FEATURES = ['texture-compression-bc', 'texture-compression-etc2',
    'texture-compression-astc', 'float32-filterable', 'float32-blendable', 'timestamp-query',
    'indirect-first-instance'];
const W3DI_WEBGPU_LIMITS = ['maxTextureDimension2D', 'maxTextureDimension3D',
    'maxTextureArrayLayers', 'maxBufferSize', 'maxStorageBufferBindingSize',
    'maxUniformBufferBindingSize', 'maxStorageBuffersPerShaderStage'];

// Asks for a device with all the adapter has of what the stream can use. Throws what went wrong.
export async function w3diWebgpuOpen(options) {
    const gpu = globalThis.navigator?.gpu;
    let adapter = options.adapter;
    if (!adapter) {
        if (!gpu) throw new Error('this browser has no WebGPU, or the page is not served securely');
        adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference });
    }
    if (!adapter) throw new Error('WebGPU is there, but it has no adapter');
    const requiredLimits = {};
    for (const name of W3DI_WEBGPU_LIMITS) {
        if (adapter.limits[name]) requiredLimits[name] = adapter.limits[name];
    }
    const requiredFeatures = W3DI_WEBGPU_FEATURES.filter((name) => adapter.features.has(name));
    return adapter.requestDevice({ requiredFeatures, requiredLimits });
}

export function w3diWebgpuCaps(device) {
    const { limits, features, adapterInfo } = device;
    const has = (name) => features.has(name) ? 1 : 0;
    const { description, device: chip, architecture, vendor } = adapterInfo ?? {};
    return {
        name: description || chip || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU',
        api: GPU_API_WEBGPU,
        maxTextureSide: limits.maxTextureDimension2D,
        maxLayers: limits.maxTextureArrayLayers,
        maxSamples: 4,
        maxUniformSize: limits.maxUniformBufferBindingSize,
        uniformAlignment: Math.max(limits.minUniformBufferOffsetAlignment,
            limits.minStorageBufferOffsetAlignment),
        maxBufferSize: Math.min(limits.maxBufferSize, 0xFFFFFFFC),
        maxObjectRows: Math.min(1 << 20, Math.floor(limits.maxStorageBufferBindingSize / 128)),
        compute: 1,
        indirect: has('indirect-first-instance'), // without it a draw could name no object
        timestamps: has('timestamp-query'),
        occlusion: 1,
        baseVertex: 1,
        bc: has('texture-compression-bc'),
        etc2: has('texture-compression-etc2'),
        astc: has('texture-compression-astc'),
        floatTargets: 1,
        halfTargets: 1,
        floatFilter: has('float32-filterable'),
        anisotropy: 1,
        multiDraw: 0,
        asyncPipelines: 1,
        instanceBase: 1,
    };
}

// ---- descriptors; u32, f32: the same words; at: of the operation's word 0 ----

export function w3diWebgpuSampler(u32, f32, at) {
    const filters = u32[at + 2], wraps = u32[at + 3];
    const linear = (filters & 0xFFFFFF) === 0; // as anisotropy wants it
    return {
        magFilter: W3DI_WEBGPU_FILTERS[filters & 255],
        minFilter: W3DI_WEBGPU_FILTERS[filters >> 8 & 255],
        mipmapFilter: W3DI_WEBGPU_FILTERS[filters >> 16 & 255],
        addressModeU: W3DI_WEBGPU_WRAPS[wraps & 255],
        addressModeV: W3DI_WEBGPU_WRAPS[wraps >> 8 & 255],
        addressModeW: W3DI_WEBGPU_WRAPS[wraps >> 16 & 255],
        compare: W3DI_WEBGPU_COMPARES[u32[at + 4]],
        lodMinClamp: f32[at + 5],
        lodMaxClamp: f32[at + 6],
        maxAnisotropy: linear ? u32[at + 7] : 1,
    };
}

// One entry of a bind group layout from a binding's two words; see w3d_gpu_binding.
export function w3diWebgpuBinding(low, high, compute) {
    const kind = low >> 16 & 255, texture = high & 255, sample = high >> 8 & 255;
    const multisampled = (high >> 16 & 255) === 1;
    const entry = { binding: low >> 8 & 255, visibility: low >>> 24 };
    if (!entry.visibility) entry.visibility = compute ? 4 : kind === GPU_BIND_STORAGE_WRITE ? 2 : 3;
    if (kind === GPU_BIND_UNIFORM) entry.buffer = { type: 'uniform' };
    if (kind === GPU_BIND_STORAGE_READ) entry.buffer = { type: 'read-only-storage' };
    if (kind === GPU_BIND_STORAGE_WRITE) entry.buffer = { type: 'storage' };
    if (kind === GPU_BIND_TEXTURE) {
        entry.texture = {
            sampleType: W3DI_WEBGPU_SAMPLES[multisampled && !sample ? 4 : sample],
            viewDimension: W3DI_WEBGPU_VIEWS[texture],
            multisampled,
        };
    }
    if (kind === GPU_BIND_SAMPLER) {
        entry.sampler = { type: sample ? 'comparison' : 'filtering' };
    }
    return entry;
}

function w3diWebgpuBlend(word) {
    const operation = W3DI_WEBGPU_BLENDS[word >> 16 & 255];
    const plain = operation === 'min' || operation === 'max'; // these take factors of one only
    return {
        operation,
        srcFactor: plain ? 'one' : W3DI_WEBGPU_FACTORS[word & 255],
        dstFactor: plain ? 'one' : W3DI_WEBGPU_FACTORS[word >> 8 & 255],
    };
}

function w3diWebgpuStencil(word) {
    return {
        compare: W3DI_WEBGPU_COMPARES[word & 255],
        failOp: W3DI_WEBGPU_STENCIL_OPS[word >> 8 & 255],
        depthFailOp: W3DI_WEBGPU_STENCIL_OPS[word >> 16 & 255],
        passOp: W3DI_WEBGPU_STENCIL_OPS[word >>> 24],
    };
}

function w3diWebgpuDepth(u32, f32, at, surface) {
    const format = W3DI_WEBGPU_FORMATS[u32[at + 6]];
    const depth = {
        format,
        depthCompare: W3DI_WEBGPU_COMPARES[u32[at + 7] & 255],
        depthWriteEnabled: (u32[at + 7] >> 8 & 1) === 1,
    };
    if (surface) { // a bias is of triangles only
        depth.depthBias = u32[at + 8] | 0;
        depth.depthBiasSlopeScale = f32[at + 9];
        depth.depthBiasClamp = f32[at + 10];
    }
    if (format.endsWith('stencil8')) {
        depth.stencilFront = w3diWebgpuStencil(u32[at + 11]);
        depth.stencilBack = w3diWebgpuStencil(u32[at + 12]);
        depth.stencilReadMask = u32[at + 13] & 255;
        depth.stencilWriteMask = u32[at + 13] >> 8 & 255;
    }
    return depth;
}

// A render pipeline; a buffer that no attribute reads is a hole.
export function w3diWebgpuPipeline(u32, f32, at, shader, label) {
    const shape = u32[at + 4], colors = u32[at + 5] & 255, topology = shape & 255;
    const bufferCount = u32[at + 26], attributeCount = u32[at + 27], strides = at + 30;
    const buffers = [], targets = [];
    for (let i = 0; i < bufferCount; i++) buffers.push(null);
    for (let i = 0; i < attributeCount; i++) {
        const word = u32[strides + bufferCount + 2 * i], slot = word >> 8 & 255;
        const stride = u32[strides + slot];
        buffers[slot] ??= {
            arrayStride: stride & 0x7FFFFFFF,
            stepMode: stride >>> 31 ? 'instance' : 'vertex',
            attributes: [],
        };
        buffers[slot].attributes.push({
            shaderLocation: word & 255,
            format: W3DI_WEBGPU_VERTICES[word >>> 16],
            offset: u32[strides + bufferCount + 2 * i + 1],
        });
    }
    for (let i = 0; i < colors; i++) {
        const word = u32[at + 14 + 3 * i];
        const target = { format: W3DI_WEBGPU_FORMATS[word & 255], writeMask: word >> 8 & 15 };
        if (word >> 16 & 1) {
            target.blend = {
                color: w3diWebgpuBlend(u32[at + 15 + 3 * i]),
                alpha: w3diWebgpuBlend(u32[at + 16 + 3 * i]),
            };
        }
        targets.push(target);
    }
    const descriptor = {
        label,
        layout: shader.layout,
        vertex: { module: shader.module, entryPoint: shader.vertexEntry, buffers },
        primitive: {
            topology: W3DI_WEBGPU_TOPOLOGIES[topology],
            cullMode: W3DI_WEBGPU_CULLS[shape >> 8 & 255],
            frontFace: W3DI_WEBGPU_WINDINGS[shape >> 16 & 255],
        },
        multisample: {
            count: u32[at + 5] >> 8 & 255,
            alphaToCoverageEnabled: (u32[at + 5] >> 16 & 1) === 1,
        },
    };
    if (topology === 1 || topology === 3) {
        descriptor.primitive.stripIndexFormat = W3DI_WEBGPU_INDICES[shape >>> 24];
    }
    if (u32[at + 6]) descriptor.depthStencil = w3diWebgpuDepth(u32, f32, at, topology < 2);
    if (colors || shader.hasFragment) { // a pass of depth alone needs none
        descriptor.fragment = { module: shader.module, entryPoint: shader.fragmentEntry, targets };
    }
    return descriptor;
}

// ---- mip levels ----

// Draws a level from the one above it: the mean of 2x2 texels, of 2x2x2 in a 3D texture, whose
// slice is the instance.
export const W3DI_WEBGPU_MIPS = `
struct Out { @builtin(position) at: vec4f, @location(0) @interpolate(flat) slice: u32 }
@vertex fn vs(@builtin(vertex_index) i: u32, @builtin(instance_index) slice: u32) -> Out {
    return Out(vec4f(f32(i & 1u) * 4.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0), slice);
}
@group(0) @binding(0) var flat: texture_2d<f32>;
@fragment fn fs(in: Out) -> @location(0) vec4f {
    let a = vec2u(in.at.xy) * 2u;
    let b = min(a + 1u, textureDimensions(flat) - 1u);
    return (textureLoad(flat, a, 0) + textureLoad(flat, vec2u(b.x, a.y), 0) +
        textureLoad(flat, vec2u(a.x, b.y), 0) + textureLoad(flat, b, 0)) * 0.25;
}
@group(0) @binding(1) var deep: texture_3d<f32>;
@fragment fn fs_deep(in: Out) -> @location(0) vec4f {
    let a = vec3u(vec2u(in.at.xy), in.slice) * 2u;
    let b = min(a + 1u, textureDimensions(deep) - 1u);
    var sum = vec4f();
    for (var i = 0u; i < 8u; i++) {
        sum += textureLoad(deep, select(a, b, (vec3u(i, i >> 1u, i >> 2u) & vec3u(1u)) ==
            vec3u(1u)), 0);
    }
    return sum * 0.125;
}`;
