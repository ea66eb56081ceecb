// memory.js - typed arrays on a wasm memory that may grow, and what the calling thread may do.
//
//   const views = new MemoryViews(memory);
//   views.f32[address >> 2] = 1;

// Typed arrays on a wasm memory, made again when it has grown: a memory that is not shared takes
// the old ones away, a shared one leaves them too short. So take them from here at each use. Where
// another thread may have grown a shared memory, ask covers() first: engines can be late to tell.
export class MemoryViews {
    constructor(memory) {
        this._memory = memory;
        this._buffer = null;
        this._refresh();
    }
    get u8() { this._refresh(); return this._u8; }
    get i32() { this._refresh(); return this._i32; }
    get u32() { this._refresh(); return this._u32; }
    get f32() { this._refresh(); return this._f32; }
    get f64() { this._refresh(); return this._f64; }

    // Whether the memory reaches to this address, the newest growth of any thread included.
    covers(end) {
        this._refresh();
        if (end > this._buffer.byteLength) {
            this._memory.grow(0); // makes V8 look again
            this._refresh();
        }
        return end <= this._buffer.byteLength;
    }
    // A copy of bytes; addresses may come as the signed numbers that wasm gives.
    copy(address, size) {
        const end = (address >>> 0) + (size >>> 0);
        if (size && !this.covers(end)) throw new RangeError(`the memory ends before ${end}`);
        return this.u8.slice(address >>> 0, end);
    }
    // UTF-8 as a string. A copy first: decoders refuse shared memory.
    text(address, size) {
        return new TextDecoder().decode(this.copy(address, size));
    }
    _refresh() {
        const buffer = this._memory.buffer;
        if (buffer === this._buffer) return;
        this._buffer = buffer;
        this._u8 = new Uint8Array(buffer);
        this._i32 = new Int32Array(buffer);
        this._u32 = new Uint32Array(buffer);
        this._f32 = new Float32Array(buffer);
        this._f64 = new Float64Array(buffer);
    }
}

// Whether the calling thread may wait: true in workers and in node, false on a page's main thread.
export function canBlock() {
    try {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
        return true;
    } catch {
        return false;
    }
}

// Why threads cannot be had here, as a sentence; '' where they can.
export function whyNoThreads() {
    if (typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false) {
        return '';
    }
    return 'This page is not cross-origin isolated, so the browser gives it no shared memory: ' +
        'serve it over https or from localhost with the headers ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
}

// Copies elements between typed arrays of the same kind; makes no garbage up to 64 of them.
export function w3diCopyElements(from, at, to, start, count) {
    if (count > 64) {
        to.set(from.subarray(at, at + count), start);
        return;
    }
    let i = 0;
    for (; i + 4 <= count; i += 4) {
        const a = from[at + i], b = from[at + i + 1], c = from[at + i + 2], d = from[at + i + 3];
        to[start + i] = a;
        to[start + i + 1] = b;
        to[start + i + 2] = c;
        to[start + i + 3] = d;
    }
    for (; i < count; i++) to[start + i] = from[at + i];
}
