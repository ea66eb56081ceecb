// gpu_stream.js - what both executors share: the numbers of the command stream (gpu/gpu_stream.h),
// the queue of events, the table of live objects.
//
// An executor runs the stream on one API. gpu_webgl.js has WebGl2Executor, gpu_webgpu.js has
// WebGpuExecutor; gpu.js makes them and speaks with C (gpu/gpu_web.c). Both have this shape:
//
//   class Executor {
//       constructor(canvas, options)
//           // canvas: an HTMLCanvasElement or OffscreenCanvas; null: no surface, only textures.
//           // Never throws and never waits: what goes wrong is the event FAILED, success READY,
//           // later or at once. options: as the executor documents; unknown ones are ignored.
//       api       // GPU_API_WEBGL2 or GPU_API_WEBGPU
//       counters  // an object of numbers for tests, only counted up: { draws, ... }
//       caps      // null until READY, then an object whose fields are those of w3d_gpu_caps in
//                 // camel case, as in GPU_CAPS_WORDS and GPU_CAPS_BYTES below:
//                 // { name: 'text', maxTextureSide: 8192, compute: 1, ... }
//       submit(views, at, count, blobs)
//           // Runs a stream. views: MemoryViews (memory.js) or anything with u8, i32, u32, f32 on
//           // one ArrayBuffer or SharedArrayBuffer, read from `views` anew in each call; at: where
//           // the words begin, as an index into views.u32; count: of words; blobs: the blobs' byte
//           // address. Gives GPU_DONE, GPU_BUSY before READY, GPU_CLOSED when the device is lost.
//           // Nothing of the memory may be kept after it returns.
//       poll()      // The next event or null. An event is one object, written over by the next
//                   // poll: { kind, handle, value, text, bytes, size }; see GpuEvents.
//       count(kind) // live objects of this device of one w3d_gpu_kind
//       close()     // frees everything on the device, and the device if it was its own
//   }
//
// Only what creates something makes JavaScript objects or strings: a frame that does nothing new
// leaves no garbage behind. Streams come validated; a device's refusal of something is the event
// REFUSED (handle, value: the w3d_gpu_kind, text), and the object then stands for nothing: draws
// with it are left out.

// What submit gives.
export const GPU_DONE = 1;
export const GPU_BUSY = 2;
export const GPU_CLOSED = 3;

export const GPU_API_WEBGL2 = 3;
export const GPU_API_WEBGPU = 4;

// ---- operations: word 0 is op | words << 8 ----

export const GPU_BUFFER_CREATE = 1;
export const GPU_BUFFER_WRITE = 2;
export const GPU_BUFFER_COPY = 3;
export const GPU_BUFFER_READ = 4;
export const GPU_TEXTURE_CREATE = 8;
export const GPU_TEXTURE_WRITE = 9;
export const GPU_TEXTURE_MIPS = 10;
export const GPU_TEXTURE_COPY = 11;
export const GPU_TEXTURE_READ = 12;
export const GPU_SAMPLER_CREATE = 16;
export const GPU_SHADER_CREATE = 20;
export const GPU_PIPELINE_CREATE = 24;
export const GPU_GROUP_CREATE = 28;
export const GPU_MESH_CREATE = 32;
export const GPU_DESTROY = 40;
export const GPU_OBJECTS_CREATE = 44;
export const GPU_OBJECTS_WRITE = 45;
export const GPU_SURFACE = 48;
export const GPU_DISPATCH = 50;
export const GPU_DISPATCH_INDIRECT = 51;
export const GPU_PRESENT = 52;
export const GPU_PASS_BEGIN = 64;
export const GPU_VIEWPORT = 65;
export const GPU_SCISSOR = 66;
export const GPU_STENCIL_REF = 67;
export const GPU_BLEND_CONSTANT = 68;
export const GPU_CONSTANTS = 69;
export const GPU_INSTANCE_BUFFER = 70;
export const GPU_MULTI = 72;
export const GPU_DRAW_INDIRECT = 73;
export const GPU_QUERY_BEGIN = 74;
export const GPU_QUERY_END = 75;
export const GPU_LABEL_PUSH = 76;
export const GPU_LABEL_POP = 77;
export const GPU_PASS_END = 79;

// w3d_gpu_kind
export const GPU_KIND_BUFFER = 1;
export const GPU_KIND_TEXTURE = 2;
export const GPU_KIND_SAMPLER = 3;
export const GPU_KIND_SHADER = 4;
export const GPU_KIND_PIPELINE = 5;
export const GPU_KIND_GROUP = 6;
export const GPU_KIND_MESH = 7;
export const GPU_KIND_COUNT = 10;

// w3d_gpu_event_kind
export const GPU_EVENT_READY = 1;
export const GPU_EVENT_FAILED = 2;
export const GPU_EVENT_LOST = 3;
export const GPU_EVENT_PIPELINE = 4;
export const GPU_EVENT_REFUSED = 5;
export const GPU_EVENT_DOWNLOAD = 6;
export const GPU_EVENT_QUERY = 7;
export const GPU_EVENT_TIME = 8;

// w3d_gpu_binding_kind
export const GPU_BIND_UNIFORM = 1;
export const GPU_BIND_STORAGE_READ = 2;
export const GPU_BIND_STORAGE_WRITE = 3;
export const GPU_BIND_TEXTURE = 4;
export const GPU_BIND_SAMPLER = 5;

// Bits of use.
export const GPU_USE_VERTEX = 1;
export const GPU_USE_INDEX = 2;
export const GPU_USE_UNIFORM = 4;
export const GPU_USE_STORAGE = 8;
export const GPU_USE_INDIRECT = 16;
export const GPU_USE_READ = 32;
export const GPU_USE_TARGET = 64;
export const GPU_USE_TEXTURE_READ = 128;

// w3d_gpu_texture_kind
export const GPU_2D = 0;
export const GPU_2D_ARRAY = 1;
export const GPU_CUBE = 2;
export const GPU_3D = 3;

// w3d_gpu_format
export const GPU_RGBA8 = 1;
export const GPU_RGBA8_SRGB = 2;
export const GPU_R8 = 3;
export const GPU_RG8 = 4;
export const GPU_R32UI = 5;
export const GPU_RGBA16F = 6;
export const GPU_RGBA32F = 7;
export const GPU_R32F = 8;
export const GPU_RGBA32UI = 9;
export const GPU_DEPTH24 = 10;
export const GPU_DEPTH32F = 11;
export const GPU_DEPTH24_STENCIL8 = 12;
export const GPU_BC1_RGBA = 13;
export const GPU_BC3_RGBA = 14;
export const GPU_BC5_RG = 15;
export const GPU_BC7_RGBA = 16;
export const GPU_ETC2_RGB8 = 17;
export const GPU_ETC2_RGBA8 = 18;
export const GPU_ASTC_4X4 = 19;

// Bytes of a pixel, of formats from GPU_BC1_RGBA on of a block of 4x4, by format.
export const GPU_FORMAT_BYTES =
    [0, 4, 4, 1, 2, 4, 8, 16, 4, 16, 4, 4, 4, 8, 16, 16, 16, 8, 16, 16];

// The fields of w3d_gpu_caps: after 64 bytes of name these words from the api on, then these bytes.
export const GPU_CAPS_WORDS = ['api', 'maxTextureSide', 'maxLayers', 'maxSamples',
    'maxUniformSize', 'uniformAlignment', 'maxBufferSize', 'maxObjectRows'];
export const GPU_CAPS_BYTES = ['compute', 'indirect', 'timestamps', 'occlusion', 'baseVertex', 'bc',
    'etc2', 'astc', 'floatTargets', 'halfTargets', 'floatFilter', 'anisotropy', 'multiDraw',
    'asyncPipelines', 'instanceBase'];

// A slot is the lower 20 bits of a handle.
export const GPU_SLOT = 0xFFFFF;

// UTF-8 in the blobs as a string; a copy first, since decoders refuse shared memory.
const W3DI_GPU_DECODER = new TextDecoder();
export function gpuText(views, address, size) {
    return size ? W3DI_GPU_DECODER.decode(views.u8.slice(address, address + size)) : '';
}

// Bytes of a region whose rows are tight.
export function gpuRegionSize(format, width, height, depth) {
    const block = format >= GPU_BC1_RGBA ? 4 : 1;
    return Math.ceil(width / block) * Math.ceil(height / block) * GPU_FORMAT_BYTES[format] * depth;
}

export function gpuMipSide(side, mip) {
    return Math.max(1, side >> mip);
}

// A queue of events. Its records are used again, so that queries and downloads of every frame make
// no garbage. `value` is a number: a count, nanoseconds, or of REFUSED the w3d_gpu_kind; `bytes` a
// Uint8Array of DOWNLOAD or null, of which the first `size` bytes count.
export class GpuEvents {
    constructor() {
        this._items = [];
        this._first = 0;
        this._count = 0;
        this._given = w3diGpuEvent();
    }
    push(kind, handle = 0, value = 0, text = '', bytes = null, size = bytes ? bytes.length : 0) {
        const items = this._items;
        if (this._count === items.length) {
            items.push(...items.splice(0, this._first), w3diGpuEvent()); // in order, one more
            this._first = 0;
        }
        const event = items[(this._first + this._count++) % items.length];
        event.kind = kind;
        event.handle = handle;
        event.value = value;
        event.text = text;
        event.bytes = bytes;
        event.size = size;
    }
    next() {
        if (!this._count) return null;
        const event = this._items[this._first];
        this._first = (this._first + 1) % this._items.length;
        this._count--;
        this._items[(this._first + this._items.length - 1) % this._items.length] = this._given;
        this._given = event;
        return event;
    }
}

function w3diGpuEvent() {
    return { kind: 0, handle: 0, value: 0, text: '', bytes: null, size: 0 };
}

// The live objects of a device, by kind and slot.
export class GpuObjects {
    constructor() {
        this._counts = new Uint32Array(GPU_KIND_COUNT);
        this.lists = Array.from({ length: GPU_KIND_COUNT }, () => []);
    }
    add(kind, handle, object) {
        const list = this.lists[kind], slot = handle & GPU_SLOT;
        while (list.length <= slot) list.push(null);
        list[slot] = object;
        this._counts[kind]++;
    }
    // Takes an object out and gives it; null where there is none.
    take(kind, handle) {
        const list = this.lists[kind], slot = handle & GPU_SLOT;
        const object = slot < list.length ? list[slot] : null;
        if (object) {
            list[slot] = null;
            this._counts[kind]--;
        }
        return object;
    }
    count(kind) {
        return this._counts[kind];
    }
}
