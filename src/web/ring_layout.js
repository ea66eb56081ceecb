// ring_layout.js - what a ring is in memory: its size, an empty one, and whether a block is one.
//
// The layout is that of sync/ring.h, version 1; ring.js works on it.

// The results of core/base.h that occur here.
export const RESULT = Object.freeze({
    OK: 0, ARGUMENT: 1, CAPACITY: 3, TRUNCATED: 5, FORMAT: 6, LIMIT: 9, UNSUPPORTED: 10,
    DAMAGED: 12, BUSY: 15, TIMEOUT: 16, CLOSED: 17,
});

// How many produce and how many consume.
export const RING_SPSC = 0;
export const RING_MPSC = 1;
export const RING_MPMC = 2;

// The largest message in bytes; also the most slots of a ring and the most bytes of a slot.
export const RING_LIMIT = 0x1000000;

const W3DI_RING_MAGIC = 0x47523357;
const W3DI_RING_HEAD_AT = 128;
const W3DI_RING_TAIL_AT = 256;
const W3DI_RING_DATA = 512;

// A block that is no ring, or a desc that is not valid: `code` is of RESULT, `offset` the first
// byte that is wrong.
export class RingError extends Error {
    constructor(code, offset, text) {
        super(text);
        this.name = 'RingError';
        this.code = code;
        this.offset = offset;
    }
}

// Bytes of the block for a ring; 0 where the desc is not valid.
//
//   kind       RING_SPSC (0), RING_MPSC, RING_MPMC
//   slotBytes  a multiple of 16, at most RING_LIMIT; the multi kinds use 8 of them; 0: 64
//   slots      a power of two, 2 .. RING_LIMIT; 0: 1024
//   schema     what the records are: the user's number
//   first      number of the first slot; for tests
export function ringMemorySize(desc = {}) {
    const { kind = 0, slotBytes, slots } = desc;
    const bytes = slotBytes || 64, count = slots || 1024;
    const total = W3DI_RING_DATA + bytes * count;
    const good = (kind === 0 || kind === 1 || kind === 2) && Number.isInteger(bytes) &&
        bytes > 0 && bytes <= RING_LIMIT && bytes % 16 === 0 && Number.isInteger(count) &&
        count >= 2 && count <= RING_LIMIT && (count & (count - 1)) === 0 && total < 2 ** 32;
    return good ? total : 0;
}

// Writes an empty ring into a block that nobody is attached to: `source` is a SharedArrayBuffer,
// an ArrayBuffer or a WebAssembly.Memory, `offset` a multiple of 16, better of 128.
export function ringFormat(source, offset = 0, desc = {}) {
    const { kind = 0, schema = 0, first = 0 } = desc;
    const bytes = desc.slotBytes || 64, slots = desc.slots || 1024;
    const total = ringMemorySize(desc), buffer = w3diRingBuffer(source);
    if (!total) throw new RingError(RESULT.ARGUMENT, 0, 'the description of a ring is not valid');
    if (offset % 16 || !(offset >= 0)) {
        throw new RingError(RESULT.ARGUMENT, 0, 'a ring has to be aligned to 16 bytes');
    }
    if (offset + total > buffer.byteLength) {
        throw new RingError(RESULT.CAPACITY, 0, `a ring of ${total} bytes does not fit here`);
    }
    const words = new Int32Array(buffer, offset, total >> 2);
    Atomics.store(words, 0, 0);
    words.fill(0, 0, W3DI_RING_DATA >> 2);
    words[1] = 1 | kind << 16;
    words[2] = bytes;
    words[3] = slots - 1;
    words[4] = W3DI_RING_DATA;
    words[5] = schema;
    words[6] = total;
    words[W3DI_RING_HEAD_AT / 4] = first;
    words[W3DI_RING_TAIL_AT / 4] = first;
    words.fill(0, W3DI_RING_DATA >> 2);
    for (let i = 0; kind !== RING_SPSC && i < slots; i++) {
        const number = (first + i) | 0;
        words[(W3DI_RING_DATA + (number & (slots - 1)) * bytes) >> 2] = number;
    }
    Atomics.store(words, 0, W3DI_RING_MAGIC);
}

// A new SharedArrayBuffer with an empty ring in it.
export function createRing(desc = {}) {
    const shared = new SharedArrayBuffer(ringMemorySize(desc));
    ringFormat(shared, 0, desc);
    return shared;
}

export function w3diRingBuffer(source) {
    return source instanceof WebAssembly.Memory ? source.buffer : source;
}

// Reads and checks the header of the block at `at`, each field once: what another party writes
// there later does not count. Throws a RingError.
export function w3diRingCheck(buffer, at, size) {
    const fail = (code, offset, text) => { throw new RingError(code, offset, text); };
    const room = Math.min(size, buffer.byteLength - at);
    if (at % 16) fail(RESULT.ARGUMENT, 0, 'a ring has to be aligned to 16 bytes');
    if (!(room >= W3DI_RING_DATA)) {
        fail(RESULT.TRUNCATED, Math.max(0, room || 0), 'the header of a ring is 512 bytes');
    }
    const shared = new Int32Array(buffer, at, W3DI_RING_DATA >> 2);
    const [magic, version, slotBytes, mask, data, schema, total] =
        [0, 1, 2, 3, 4, 5, 6].map((i) => Atomics.load(shared, i) >>> 0);
    const head = Atomics.load(shared, W3DI_RING_HEAD_AT / 4);
    const tail = Atomics.load(shared, W3DI_RING_TAIL_AT / 4);
    const kind = version >>> 16, slots = mask + 1;
    if (magic !== W3DI_RING_MAGIC) fail(RESULT.FORMAT, 0, 'this is not a ring');
    if ((version & 0xFFFF) !== 1) fail(RESULT.UNSUPPORTED, 4, "the ring's version is not 1");
    if (kind > RING_MPMC) fail(RESULT.UNSUPPORTED, 6, "the ring's kind is not known");
    if (!slotBytes || !ringMemorySize({ kind, slotBytes, slots })) {
        fail(RESULT.FORMAT, 8, 'the size or the number of slots is wrong');
    }
    if (data < W3DI_RING_DATA || data % 16 || data + slotBytes * slots > total) {
        fail(RESULT.FORMAT, 16, 'the slots lie outside of the ring');
    }
    if (total > room) fail(RESULT.TRUNCATED, 24, 'the ring is larger than its memory');
    if (total > 0x7FFFFFFF) fail(RESULT.UNSUPPORTED, 24, 'the ring is larger than 2 GB');
    // In the multi kinds a message that is under way is counted in full.
    if ((head - tail) >>> 0 > (kind === RING_SPSC ? slots : 0x7FFFFFFF)) {
        fail(RESULT.FORMAT, W3DI_RING_HEAD_AT, 'head and tail do not fit');
    }
    return { kind, slots, slotBytes, data, schema, total, head, tail };
}
