// gpu_webgpu_resource.js - the operations outside passes on WebGPU: resources, copies, compute.
//
// Private to gpu_webgpu.js.
import { GPU_BUFFER_CREATE, GPU_BUFFER_WRITE, GPU_BUFFER_COPY } from './gpu_stream.js';
import { GPU_BUFFER_READ, GPU_TEXTURE_CREATE, GPU_TEXTURE_WRITE } from './gpu_stream.js';
import { GPU_TEXTURE_MIPS, GPU_TEXTURE_COPY, GPU_TEXTURE_READ } from './gpu_stream.js';
import { GPU_SAMPLER_CREATE, GPU_SHADER_CREATE, GPU_PIPELINE_CREATE } from './gpu_stream.js';
import { GPU_GROUP_CREATE, GPU_MESH_CREATE, GPU_DESTROY } from './gpu_stream.js';
import { GPU_OBJECTS_CREATE, GPU_OBJECTS_WRITE, GPU_SURFACE, GPU_DISPATCH } from './gpu_stream.js';
import { GPU_DISPATCH_INDIRECT, GPU_PRESENT, GPU_KIND_BUFFER } from './gpu_stream.js';
import { GPU_KIND_TEXTURE, GPU_KIND_SAMPLER, GPU_KIND_SHADER } from './gpu_stream.js';
import { GPU_KIND_PIPELINE, GPU_KIND_GROUP, GPU_KIND_MESH } from './gpu_stream.js';
import { GPU_EVENT_PIPELINE, GPU_EVENT_DOWNLOAD, GPU_BIND_TEXTURE } from './gpu_stream.js';
import { GPU_BIND_SAMPLER, GPU_USE_VERTEX, GPU_USE_INDEX, GPU_USE_TARGET } from './gpu_stream.js';
import { GPU_USE_UNIFORM, GPU_BIND_UNIFORM, GPU_3D, GPU_RGBA8 } from './gpu_stream.js';
import { GPU_DEPTH24, GPU_BC1_RGBA, GPU_FORMAT_BYTES } from './gpu_stream.js';
import { gpuMipSide } from './gpu_stream.js';
import { W3DI_WEBGPU_ALIGNMENT, W3DI_WEBGPU_ATTACHED } from './gpu_webgpu_device.js';
import { W3DI_WEBGPU_COPY, W3DI_WEBGPU_TEXTURE_COPY } from './gpu_webgpu_device.js';
import { W3diWebgpuDevice } from './gpu_webgpu_device.js';
import { W3DI_WEBGPU_FORMATS, W3DI_WEBGPU_VIEWS, W3DI_WEBGPU_INDICES } from './gpu_webgpu_make.js';
import { w3diWebgpuSampler, w3diWebgpuBinding, w3diWebgpuPipeline } from './gpu_webgpu_make.js';
import { W3DI_WEBGPU_MIPS } from './gpu_webgpu_make.js';

const W3DI_WEBGPU_BUFFER_USES = [0x20, 0x10, 0x40, 0x80, 0x100]; // by the bits of W3D_GPU_USE_
const W3DI_WEBGPU_SAMPLED = 0x4;

export class W3diWebgpuResources extends W3diWebgpuDevice {
    // ---- resources ----

    // Runs an operation outside passes; false where it is none.
    _resource(views, u32, i) {
        const queue = this.device.queue, blobs = this._blobs;
        switch (u32[i] & 255) {
        case GPU_BUFFER_CREATE: this._bufferCreate(u32, i); return true;
        case GPU_BUFFER_WRITE: {
            const buffer = this._find(GPU_KIND_BUFFER, u32[i + 1]);
            if (buffer) {
                this._beforeWrite(buffer);
                queue.writeBuffer(buffer.gpu, u32[i + 2], views.u8, blobs + u32[i + 3], u32[i + 4]);
            }
            return true;
        }
        case GPU_BUFFER_COPY: this._bufferCopy(u32, i); return true;
        case GPU_BUFFER_READ: {
            const buffer = this._used(GPU_KIND_BUFFER, u32[i + 1]), size = u32[i + 3];
            const one = this._readback(GPU_EVENT_DOWNLOAD, u32[i + 4], size, size);
            this._commandEncoder().copyBufferToBuffer(buffer.gpu, u32[i + 2], one.buffer, 0, size);
            return true;
        }
        case GPU_TEXTURE_CREATE: this._textureCreate(u32, i); return true;
        case GPU_TEXTURE_WRITE: this._textureWrite(views, u32, i); return true;
        case GPU_TEXTURE_MIPS: {
            const texture = this._used(GPU_KIND_TEXTURE, u32[i + 1]);
            if (texture) this._mips(texture);
            return true;
        }
        case GPU_TEXTURE_COPY: this._textureCopy(u32, i); return true;
        case GPU_TEXTURE_READ: this._textureRead(u32, i); return true;
        case GPU_SAMPLER_CREATE: {
            const sampler = { gpu: null, bad: false };
            this._watch();
            sampler.gpu = this.device.createSampler(w3diWebgpuSampler(u32, views.f32, i));
            this._watched(GPU_KIND_SAMPLER, u32[i + 1], sampler);
            this._objects.add(GPU_KIND_SAMPLER, u32[i + 1], sampler);
            return true;
        }
        case GPU_SHADER_CREATE: this._shaderCreate(u32, i); return true;
        case GPU_PIPELINE_CREATE: this._pipelineCreate(u32, views.f32, i); return true;
        case GPU_GROUP_CREATE: this._groupCreate(u32, i); return true;
        case GPU_MESH_CREATE: this._meshCreate(u32, i); return true;
        case GPU_DESTROY: {
            const object = this._objects.take(u32[i + 1], u32[i + 2]);
            if (object && u32[i + 1] <= GPU_KIND_TEXTURE) {
                if (this._encoder) this._dead.push(object.gpu);
                else object.gpu.destroy();
            }
            return true;
        }
        case GPU_OBJECTS_CREATE: this._objectsCreate(u32[i + 1], u32[i + 2]); return true;
        case GPU_OBJECTS_WRITE:
            if (this._encoder) this._flush();
            queue.writeBuffer(this._table, u32[i + 1] * this._rowSize, views.u8,
                blobs + u32[i + 2], u32[i + 3]);
            this.counters.uploads++;
            return true;
        case GPU_SURFACE: this._surfaceOpen(u32, i); return true;
        case GPU_DISPATCH:
        case GPU_DISPATCH_INDIRECT: this._dispatch(u32, i); return true;
        case GPU_PRESENT: this._present(); return true;
        default: return false;
        }
    }
    _bufferCreate(u32, i) {
        const handle = u32[i + 1], use = u32[i + 3] || GPU_USE_VERTEX | GPU_USE_INDEX;
        let usage = W3DI_WEBGPU_COPY;
        for (let bit = 0; bit < 5; bit++) {
            if (use >> bit & 1) usage |= W3DI_WEBGPU_BUFFER_USES[bit];
        }
        const buffer = { gpu: null, bad: false, fresh: true };
        this._watch(true);
        const label = this._text(i + 4);
        const size = use & GPU_USE_UNIFORM ? (u32[i + 2] + 15) & ~15 : u32[i + 2];
        buffer.gpu = this.device.createBuffer({ size, usage, label });
        this._watched(GPU_KIND_BUFFER, handle, buffer, true);
        this._objects.add(GPU_KIND_BUFFER, handle, buffer);
    }
    _bufferCopy(u32, i) {
        const dst = this._used(GPU_KIND_BUFFER, u32[i + 1]), size = u32[i + 5];
        const src = this._used(GPU_KIND_BUFFER, u32[i + 3]), encoder = this._commandEncoder();
        if (!dst || !src) return;
        let from = src.gpu, offset = u32[i + 4];
        if (dst === src) { // WebGPU copies between two buffers only
            from = this._storage(size);
            this._dead.push(from);
            encoder.copyBufferToBuffer(src.gpu, offset, from, 0, size);
            offset = 0;
        }
        encoder.copyBufferToBuffer(from, offset, dst.gpu, u32[i + 2], size);
    }
    _textureCreate(u32, i) {
        const handle = u32[i + 1], kind = u32[i + 2], format = u32[i + 3], mips = u32[i + 7];
        const samples = u32[i + 8] || 1, depth = format >= GPU_DEPTH24 && format < GPU_BC1_RGBA;
        let usage = W3DI_WEBGPU_SAMPLED;
        if (samples === 1) usage |= W3DI_WEBGPU_TEXTURE_COPY;
        const renders = samples > 1 || (mips > 1 && format < GPU_DEPTH24);
        if (renders || u32[i + 9] & GPU_USE_TARGET) usage |= W3DI_WEBGPU_ATTACHED;
        const texture = {
            gpu: null, bad: false, fresh: true, kind, format, mips, layers: u32[i + 6],
            width: u32[i + 4], height: u32[i + 5], sampled: null, views: [], steps: null,
        };
        this._watch(true);
        texture.gpu = this.device.createTexture({
            size: [texture.width, texture.height, texture.layers],
            dimension: kind === GPU_3D ? '3d' : '2d',
            format: W3DI_WEBGPU_FORMATS[format],
            mipLevelCount: mips,
            sampleCount: samples,
            usage,
            label: this._text(i + 10),
        });
        texture.sampled = texture.gpu.createView({
            dimension: W3DI_WEBGPU_VIEWS[kind],
            aspect: depth ? 'depth-only' : 'all',
        });
        this._watched(GPU_KIND_TEXTURE, handle, texture, true);
        this._objects.add(GPU_KIND_TEXTURE, handle, texture);
    }
    _place(place, texture, u32, at) {
        place.texture = texture;
        place.mipLevel = u32[at];
        place.origin.x = u32[at + 1];
        place.origin.y = u32[at + 2];
        place.origin.z = u32[at + 3];
    }
    _size(width, height, depth) {
        this._copySize.width = width;
        this._copySize.height = height;
        this._copySize.depthOrArrayLayers = depth;
    }
    _textureWrite(views, u32, i) {
        const texture = this._find(GPU_KIND_TEXTURE, u32[i + 1]);
        if (!texture) return;
        const block = texture.format >= GPU_BC1_RGBA ? 4 : 1, width = u32[i + 6];
        this._beforeWrite(texture);
        this._place(this._copyTo, texture.gpu, u32, i + 2);
        this._size(width, u32[i + 7], u32[i + 8]);
        if (block > 1) { // a level smaller than a block is written as one
            this._size(Math.ceil(width / 4) * 4, Math.ceil(u32[i + 7] / 4) * 4, u32[i + 8]);
        }
        this._copyRows.buffer = undefined;
        this._copyRows.offset = this._blobs + u32[i + 9];
        this._copyRows.bytesPerRow = Math.ceil(width / block) * GPU_FORMAT_BYTES[texture.format];
        this._copyRows.rowsPerImage = Math.ceil(u32[i + 7] / block);
        this.device.queue.writeTexture(this._copyTo, views.u8, this._copyRows, this._copySize);
    }
    _textureCopy(u32, i) {
        const dst = this._used(GPU_KIND_TEXTURE, u32[i + 1]);
        const src = this._used(GPU_KIND_TEXTURE, u32[i + 6]);
        if (!dst || !src) return;
        this._place(this._copyTo, dst.gpu, u32, i + 2);
        this._place(this._copyFrom, src.gpu, u32, i + 7);
        this._size(u32[i + 11], u32[i + 12], u32[i + 13]);
        this._commandEncoder().copyTextureToTexture(this._copyFrom, this._copyTo, this._copySize);
    }
    _textureRead(u32, i) {
        const texture = u32[i + 1] ? this._used(GPU_KIND_TEXTURE, u32[i + 1]) : null;
        const gpu = texture ? texture.gpu : this._surface?.color, height = u32[i + 7];
        const row = u32[i + 6] * GPU_FORMAT_BYTES[texture ? texture.format : GPU_RGBA8];
        const pitch = Math.ceil(row / W3DI_WEBGPU_ALIGNMENT) * W3DI_WEBGPU_ALIGNMENT;
        if (!gpu) { // no pass has drawn on the surface yet
            this._given.push(null);
            this._events.push(GPU_EVENT_DOWNLOAD, u32[i + 8]);
            return;
        }
        const used = (pitch * (height - 1) + row + 3) & ~3;
        const one = this._readback(GPU_EVENT_DOWNLOAD, u32[i + 8], used, u32[i + 9]);
        one.row = row;
        one.pitch = pitch;
        this._place(this._copyFrom, gpu, u32, i + 2);
        this._size(u32[i + 6], height, 1);
        this._copyRows.buffer = one.buffer;
        this._copyRows.offset = 0;
        this._copyRows.bytesPerRow = pitch;
        this._copyRows.rowsPerImage = height;
        this._commandEncoder().copyTextureToBuffer(this._copyFrom, this._copyRows, this._copySize);
    }

    // Levels below the first, each drawn from the one above.
    _mips(texture) {
        texture.steps ??= this._mipSteps(texture);
        const encoder = this._commandEncoder();
        for (const { descriptor, group, slice } of texture.steps) {
            const pass = encoder.beginRenderPass(descriptor);
            pass.setPipeline(this._mipPipelines.get(texture.format * 4 + texture.kind));
            pass.setBindGroup(0, group);
            pass.draw(3, 1, 0, slice);
            pass.end();
        }
    }
    _mipSteps(texture) {
        const deep = texture.kind === GPU_3D, key = texture.format * 4 + texture.kind;
        if (!this._mipPipelines.has(key)) {
            this._mipModule ??= this.device.createShaderModule({ code: W3DI_WEBGPU_MIPS });
            this._mipPipelines.set(key, this.device.createRenderPipeline({
                layout: 'auto',
                vertex: { module: this._mipModule, entryPoint: 'vs' },
                fragment: {
                    module: this._mipModule,
                    entryPoint: deep ? 'fs_deep' : 'fs',
                    targets: [{ format: W3DI_WEBGPU_FORMATS[texture.format] }],
                },
            }));
        }
        const layout = this._mipPipelines.get(key).getBindGroupLayout(0), steps = [];
        const view = (mip, layer) => texture.gpu.createView({
            dimension: deep ? '3d' : '2d', baseMipLevel: mip, mipLevelCount: 1,
            baseArrayLayer: layer, arrayLayerCount: 1,
        });
        for (let mip = 1; mip < texture.mips; mip++) {
            const slices = deep ? gpuMipSide(texture.layers, mip) : texture.layers;
            for (let slice = 0; slice < slices; slice++) {
                const layer = deep ? 0 : slice;
                const group = this.device.createBindGroup({
                    layout,
                    entries: [{ binding: deep ? 1 : 0, resource: view(mip - 1, layer) }],
                });
                const target = { view: view(mip, layer), loadOp: 'clear', storeOp: 'store' };
                if (deep) target.depthSlice = slice;
                steps.push({ descriptor: { colorAttachments: [target] }, group, slice });
            }
        }
        return steps;
    }

    // ---- shaders, pipelines, groups, meshes ----

    _layout(entries) {
        const key = JSON.stringify(entries);
        let layout = this._layouts.get(key);
        if (!layout) {
            layout = this.device.createBindGroupLayout({ entries });
            this._layouts.set(key, layout);
        }
        return layout;
    }
    _shaderCreate(u32, i) {
        const handle = u32[i + 1], code = this._text(i + 2), compute = u32[i + 13] > 0;
        const entries = [[], [], []];
        for (let k = 0, at = i + 23; k < u32[i + 20]; k++, at += 2) {
            entries[u32[at] & 255].push(w3diWebgpuBinding(u32[at], u32[at + 1], compute));
        }
        const shader = {
            bad: false, module: null, layout: null, layouts: [null, null, null],
            vertexEntry: this._text(i + 8), fragmentEntry: this._text(i + 10),
            computeEntry: this._text(i + 12), hasFragment: false,
        };
        this._objects.add(GPU_KIND_SHADER, handle, shader);
        if (!code) {
            this._refuse(GPU_KIND_SHADER, handle, shader, 'there is no WGSL');
            return;
        }
        const words = code.split(/[^0-9A-Za-z_]+/);
        shader.hasFragment = words.some((word, k) => word === 'fn' && words[k + 1] === shader.fragmentEntry);
        this._watch();
        for (let k = 1; k < 3; k++) {
            if (entries[k].length) shader.layouts[k] = this._layout(entries[k]);
        }
        const [, first, second] = shader.layouts, layouts = [this._frameLayout];
        if (first || second) layouts.push(first ?? this._emptyLayout);
        if (second) layouts.push(second);
        shader.layout = this.device.createPipelineLayout({ bindGroupLayouts: layouts });
        this._watched(GPU_KIND_SHADER, handle, shader);
        this.device.pushErrorScope('validation'); // the compiler says more than its error
        shader.module = this.device.createShaderModule({ code, label: this._text(i + 21) });
        this.device.popErrorScope().then(() => {}, () => {});
        shader.module.getCompilationInfo().then(({ messages }) => {
            const errors = messages.filter((one) => one.type === 'error').slice(0, 4);
            const lines = errors.map((one) => `${one.lineNum}:${one.linePos}: ${one.message}`);
            if (errors.length) this._refuse(GPU_KIND_SHADER, handle, shader, lines.join('; '));
        }, () => {});
    }
    _pipelineCreate(u32, f32, i) {
        const handle = u32[i + 1], shader = this._find(GPU_KIND_SHADER, u32[i + 2]);
        const compute = u32[i + 3] === 1, label = this._text(i + 28);
        const pipeline = { gpu: null, bad: false, reads: [], bufferCount: 0, perInstance: false };
        this._objects.add(GPU_KIND_PIPELINE, handle, pipeline);
        if (!shader?.module) {
            this._refuse(GPU_KIND_PIPELINE, handle, pipeline, 'its shader is not there');
            return;
        }
        let made;
        if (compute) {
            made = this.device.createComputePipelineAsync({
                label,
                layout: shader.layout,
                compute: { module: shader.module, entryPoint: shader.computeEntry },
            });
        } else {
            const descriptor = w3diWebgpuPipeline(u32, f32, i, shader, label);
            const { buffers } = descriptor.vertex;
            pipeline.reads = buffers.map((one) => one !== null);
            pipeline.bufferCount = buffers.length;
            pipeline.perInstance = buffers.some((one) => one?.stepMode === 'instance');
            made = this.device.createRenderPipelineAsync(descriptor);
        }
        made.then((gpu) => {
            if (this._closed) return;
            pipeline.gpu = gpu;
            this._events.push(GPU_EVENT_PIPELINE, handle);
        }, (error) => this._refuse(GPU_KIND_PIPELINE, handle, pipeline, error.message));
    }
    _groupCreate(u32, i) {
        const handle = u32[i + 1], shader = this._find(GPU_KIND_SHADER, u32[i + 2]);
        const group = { first: null, second: null, bad: false };
        const entries = [[], [], []], label = this._text(i + 4);
        this._objects.add(GPU_KIND_GROUP, handle, group);
        for (let k = 0, at = i + 6; k < u32[i + 3]; k++, at += 4) {
            const kind = u32[at] >> 16, sampler = kind === GPU_BIND_SAMPLER;
            const texture = kind === GPU_BIND_TEXTURE;
            const object = this._used(texture ? GPU_KIND_TEXTURE
                : sampler ? GPU_KIND_SAMPLER : GPU_KIND_BUFFER, u32[at + 1]);
            // A uniform block's size is a multiple of 16, a C struct's need not be.
            const size = kind === GPU_BIND_UNIFORM ? (u32[at + 3] + 15) & ~15 : u32[at + 3];
            const resource = texture ? object?.sampled : sampler ? object?.gpu
                : { buffer: object?.gpu, offset: u32[at + 2], size };
            if (!object) group.bad = true;
            entries[u32[at] & 255].push({ binding: u32[at] >> 8 & 255, resource });
        }
        if (!shader || group.bad) {
            this._refuse(GPU_KIND_GROUP, handle, group,
                shader ? 'something it binds is not there' : 'its shader is not there');
            return;
        }
        const [, first, second] = shader.layouts;
        const make = (layout, list) =>
            layout && this.device.createBindGroup({ layout, entries: list, label });
        this._watch();
        group.first = make(first, entries[1]) ?? (second ? this._emptyGroup : null);
        group.second = make(second, entries[2]);
        this._watched(GPU_KIND_GROUP, handle, group);
    }
    _meshCreate(u32, i) {
        const buffers = [], offsets = [];
        for (let k = 0, at = i + 5; k < u32[i + 4]; k++, at += 2) {
            buffers.push(u32[at] ? this._used(GPU_KIND_BUFFER, u32[at]) : null);
            offsets.push(u32[at + 1]);
        }
        this._objects.add(GPU_KIND_MESH, u32[i + 1], {
            indices: u32[i + 2] ? this._used(GPU_KIND_BUFFER, u32[i + 2]) : null,
            format: W3DI_WEBGPU_INDICES[u32[i + 3]], shift: u32[i + 3] ? 1 : 2, buffers, offsets,
        });
    }
    _dispatch(u32, i) {
        const pipeline = this._find(GPU_KIND_PIPELINE, u32[i + 1]);
        const group = this._find(GPU_KIND_GROUP, u32[i + 2]);
        if (!pipeline?.gpu || (u32[i + 2] && (!group || group.bad))) {
            this.counters.skipped++;
            return;
        }
        this._computePass ??= this._commandEncoder().beginComputePass();
        const pass = this._computePass;
        this._offsets[0] = this._slice * this._ringSize;
        pass.setPipeline(pipeline.gpu);
        pass.setBindGroup(0, this._frameGroup, this._offsets, 0, 1);
        if (group?.first) pass.setBindGroup(1, group.first);
        if (group?.second) pass.setBindGroup(2, group.second);
        this.counters.dispatches++;
        if ((u32[i] & 255) === GPU_DISPATCH) {
            pass.dispatchWorkgroups(u32[i + 3], u32[i + 4], u32[i + 5]);
        } else {
            const buffer = this._used(GPU_KIND_BUFFER, u32[i + 3]);
            pass.dispatchWorkgroupsIndirect(buffer.gpu, u32[i + 4]);
        }
    }
}
