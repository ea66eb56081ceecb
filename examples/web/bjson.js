// bjson.js - read and write BJSON v2 files; what is read stays where it is, in a WebAssembly.Memory
// or any ArrayBuffer. Beside it: bjson_layout.js, bjson_validate.js, bjson_write.js.
//
//   const file = open(memory, address, size);         // or open(arrayBuffer), open(uint8Array)
//   const cube = file.find('Cube');                   // an Id, or null; also file.id(row)
//   cube.properties.get('location').data              // a Float32Array of three, in the file
//   const mass = file.key('mass');                    // a key looked up once for all IDs
//   for (const id of file) if (id.here) sum += mass.number(id.properties);
//
//   bytes = write([{ type: 0, name: 'Cube', properties: { mass: 2.5, parts: [1n, 'two'] } }]);
//
// open() checks every byte of structure (layout: src/scene/bjson.h) and throws BjsonError with the
// offset of the fault, as the C library does; { trusted: true } leaves that out for a file that was
// checked already, by C say: wrong values are then possible, looking outside the file is not. IDs
// and properties are decoded when asked for. A memory that grows takes all typed arrays on it away:
// `data` and every other accessor makes new ones when that has happened, so keep an Id, a Record, a
// Key, an Elements, but take `data` from it at each use. file.rebase(address): the file was moved.
//
// Values, as read and as written: null, boolean, number (f64), bigint (i64), string, array (list);
// a Record is read for a map, a plain object or Map can be written; Time and Unsigned of a bigint;
// Reference of a row or null; Elements(tag, sub, n, data) for bytes, vectors, arrays and large
// arrays, made by vector(data), array(data, n), large(data, n), bytes(data); Unknown for what a
// later version wrote. A typed array alone is written as a vector up to 16 elements, else as a
// large array (and a Uint8Array as u8, not as bytes). f16 is read as a Uint16Array of its bits.
// Files end below 4 GiB and begin on a multiple of 8. Little-endian machines only.
import { ARRAYS, BOOL, BjsonError, Elements, F64, I64, KIND, LIST, MAP, NONE, NULL, REFERENCE,
    Reference, STREAMED, STRING, SUB, SUB_NAMES, TIME, Time, UNSIGNED, Unknown, Unsigned, VECTOR,
    hasSubtype, isKnown, up } from './bjson_layout.js';
import { validate } from './bjson_validate.js';

export { write } from './bjson_write.js';
export { BjsonError, Elements, KIND, NONE, Reference, Time, TYPES, Unknown, Unsigned, array,
    bytes, large, vector } from './bjson_layout.js';
export const open = (source, offset, size, options) => new Bjson(source, offset, size, options);

// Elements in a file. References are given as rows (a new array each time, NONE for none).
class StoredElements extends Elements {
    constructor(id, tag, sub, n, at, size) {
        super(tag, sub, n, null);
        Object.assign(this, { id, at, size, seen: -1 });
    }
    get data() {
        const file = this.id.file, u8 = file.u8;
        if (this.seen !== file.generation) {
            const Kind = ARRAYS[SUB_NAMES[this.sub] ?? 'u8'];
            this.own = new Kind(u8.buffer, u8.byteOffset + this.at,
                this.size / Kind.BYTES_PER_ELEMENT);
            this.seen = file.generation;
        }
        if (this.sub !== SUB.ref) return this.own;
        return this.own.map((slot) => this.id.rowOf(slot) ?? NONE);
    }
}

// ---- reading ----

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

// The buffer of a memory, a typed array, a buffer itself, or MemoryViews (src/web/memory.js).
const bufferOf = (source) => source.buffer ?? source.u8?.buffer ?? source;

// ASCII as a string, or null where it is none; eight bytes a step, then four, then one.
function ascii(u8, at, end) {
    let text = '', all = 0;
    for (; at + 8 <= end; at += 8) {
        const a = u8[at], b = u8[at + 1], c = u8[at + 2], d = u8[at + 3];
        const e = u8[at + 4], f = u8[at + 5], g = u8[at + 6], h = u8[at + 7];
        all |= a | b | c | d | e | f | g | h;
        text += String.fromCharCode(a, b, c, d, e, f, g, h);
    }
    if (at + 4 <= end) {
        const a = u8[at], b = u8[at + 1], c = u8[at + 2], d = u8[at + 3];
        all |= a | b | c | d;
        text += String.fromCharCode(a, b, c, d);
        at += 4;
    }
    for (; at < end; at++) {
        all |= u8[at];
        text += String.fromCharCode(u8[at]);
    }
    return all < 128 ? text : null;
}

export class Bjson {
    constructor(source, offset = 0, size = undefined, { trusted = false } = {}) {
        this.source = source;
        this.offset = (source.byteOffset ?? 0) + (offset >>> 0); // addresses come signed from wasm
        this.size = size ?? (source.byteLength ?? bufferOf(source).byteLength) - offset;
        this.generation = 0;
        if (this.offset % 8 || this.size > 0xFFFFFFFF) {
            throw new RangeError('a file is on 8 and below 4 GiB');
        }
        this.refresh();
        if (!trusted) validate(this.u8);
        const head = this.u32[3] & STREAMED ? this.size - 64 : 0;
        this.flags = this.u32[3];
        this.idCount = this.word(head + 32);
        this.keyCount = this.word(head + 36);
        this.shapeCount = this.word(head + 56);
        this.refs = this.word(head + 24) + 16;
        this.keys = this.word(head + 40) + 16;
        this.shapesAt = this.word(head + 48) + 16;
        this.shapes = [];
        this.names = []; // of all keys
        inside(this, this.refs, 24 * this.idCount);
    }
    // The whole file as typed arrays, made again when a memory that grew has taken them away: that
    // leaves them without elements. A shared memory takes nothing away. Take them at each use.
    get u8() { return this.bytes.length ? this.bytes : this.refresh().bytes; }
    get u16() { return this.halves.length ? this.halves : this.refresh().halves; }
    get u32() { return this.words.length ? this.words : this.refresh().words; }
    get f32() { return this.floats.length ? this.floats : this.refresh().floats; }
    get f64() { return this.doubles.length ? this.doubles : this.refresh().doubles; }
    get i64() { return this.longs.length ? this.longs : this.refresh().longs; }
    refresh() {
        const buffer = bufferOf(this.source);
        const make = (Kind) => new Kind(buffer, this.offset,
            Math.floor(this.size / Kind.BYTES_PER_ELEMENT));
        this.generation++;
        this.bytes = make(Uint8Array);
        this.halves = make(Uint16Array);
        this.words = make(Uint32Array);
        this.floats = make(Float32Array);
        this.doubles = make(Float64Array);
        this.longs = make(BigInt64Array);
        return this;
    }
    rebase(offset) {
        this.offset = offset >>> 0;
        this.refresh();
    }
    word(at) { return this.u32[at >>> 2]; }
    id(row) {
        if (!(row >= 0 && row < this.idCount)) throw new RangeError(`there is no row ${row}`);
        return new Id(this, row);
    }
    *[Symbol.iterator]() {
        for (let row = 0; row < this.idCount; row++) yield new Id(this, row);
    }
    find(name, type = -1) {
        for (const id of this) {
            if ((type < 0 || id.type === type) && id.here && id.name === name) return id;
        }
        return null;
    }
    key(name) {
        const number = this.names.indexOf(name);
        if (number >= 0) return new Key(this, name, number);
        for (const shape of this.shapes) if (shape) shape.places.push(place(shape, name));
        return new Key(this, name, this.names.push(name) - 1);
    }
    // [{ kind, at, size }] of all chunks: kind as a number of KIND, at is where the payload begins.
    chunks() {
        const all = [];
        for (let at = 64; at < this.size; at = up(all.at(-1).at + all.at(-1).size, 16)) {
            all.push({ kind: this.word(at), at: at + 16, size: this.word(at + 8) });
        }
        return all;
    }
    // The Record of the meta chunk, or null.
    get meta() {
        const chunk = this.chunks().find(({ kind }) => kind === KIND.meta);
        if (!chunk) return null;
        const id = new Id(this, NONE, chunk.at);
        return new Record(id, this.shape(this.word(chunk.at)), chunk.at + 8);
    }
    // The bytes [at, end) as a string: short ASCII without the decoder, whose call costs more.
    text(at, end) {
        const u8 = this.u8;
        return (end - at < 64 ? ascii(u8, at, end) : null) ??
            decoder.decode(this.isShared() ? u8.slice(at, end) : u8.subarray(at, end));
    }
    isShared() {
        return typeof SharedArrayBuffer === 'function' &&
            this.u8.buffer instanceof SharedArrayBuffer;
    }
    // { fields: [{ key, tag, sub, n, offset, size }] by key, byKey, places by key() }, made once.
    shape(number) {
        if (this.shapes[number]) return this.shapes[number];
        const at = this.shapesAt + this.word(this.shapesAt + 4 * number);
        const fields = [], byKey = new Map();
        inside(this, at + 8, 16 * this.word(at));
        for (let i = 0, f = at + 8; i < this.word(at); i++, f += 16) {
            const start = this.keys + this.word(f);
            const field = { key: this.text(start, this.u8.indexOf(0, start)), tag: this.u8[f + 4],
                sub: this.u8[f + 5], n: this.u16[(f + 6) >>> 1],
                offset: this.word(f + 8), size: this.word(f + 12) };
            fields.push(field);
            byKey.set(field.key, field);
        }
        const shape = { fields, byKey };
        shape.places = this.names.map((name) => place(shape, name));
        return this.shapes[number] = shape;
    }
}

// A row: its number, type and flags; here is false where no ID is behind it (deleted, external).
export class Id {
    constructor(file, row, meta = 0) {
        const u8 = file.u8, u32 = file.u32;
        const chunk = meta ? 0 : u32[(file.refs + 24 * row) >>> 2];
        this.file = file;
        this.row = row;
        this.here = chunk !== 0;
        this.at = meta || chunk + 16; // of the payload
        this.record = this.references = 0;
        if (chunk === 0) return;
        let end = chunk + 23; // of a word of the name: the last one has a NUL there
        while (u8[end]) end += 8;
        this.record = end + 9;
        this.references = end + 17 + u32[(end + 1) >>> 2];
    }
    get type() { return this.file.u8[this.file.refs + 24 * this.row + 20]; }
    get flags() { return this.file.u8[this.file.refs + 24 * this.row + 21]; }
    get time() { return this.file.i64[(this.file.refs + 24 * this.row + 8) >>> 3]; }
    get name() {
        const u8 = this.file.u8, from = this.at + 3;
        let end = this.record - 9;
        while (end > from && !u8[end - 1]) end--;
        return this.file.text(from, end);
    }
    get large() {
        const slots = this.file.word(this.references - 4);
        return (this.references + 4 * slots + 15 & ~15) >>> 0;
    }
    get properties() {
        if (!this.here) return null;
        return new Record(this, this.file.shape(this.file.word(this.record - 4)), this.record);
    }
    // The row that a slot of this ID's references points to, or null.
    rowOf(slot) {
        const u32 = this.file.u32, from = this.references >>> 2;
        const row = slot < u32[from - 1] ? u32[from + slot] : NONE;
        return row === NONE ? null : row;
    }
}

// A map in a file: an ID's properties, or one inside them.
export class Record {
    constructor(id, shape, at) {
        this.id = id;
        this.shape = shape;
        this.at = at;
    }
    get size() { return this.shape.fields.length; }
    keys() { return this.shape.fields.map((field) => field.key); }
    get(key) { return this.value(this.shape.byKey.get(key)); }
    value(field) {
        if (field === undefined) return undefined;
        const { tag, sub, n, offset, size } = field;
        return read(this.id, tag, sub, n, this.at + offset, size, false);
    }
    *[Symbol.iterator]() { // [key, value], as in a Map
        for (const field of this.shape.fields) yield [field.key, this.value(field)];
    }
}

// Throws unless [at, at + size) is inside the file: for files that were not checked.
function inside(file, at, size) {
    if (at + size <= file.size) return;
    throw new BjsonError('FORMAT', at, 'a value reaches beyond the file');
}

// The value whose inline bytes are at `at`.
function read(id, tag, sub, n, at, size, listed) {
    const file = id.file, word = file.word(at), u8 = file.u8;
    switch (tag) {
    case NULL: return null;
    case BOOL: return u8[at] !== 0;
    case F64: return file.f64[at >>> 3];
    case I64: return file.i64[at >>> 3];
    case TIME: return new Time(file.i64[at >>> 3]);
    case UNSIGNED: return new Unsigned(BigInt.asUintN(64, file.i64[at >>> 3]));
    case REFERENCE: return new Reference(id.rowOf(word));
    default:
    }
    if (tag >= 0x80 || (listed && tag === VECTOR)) {
        size = file.u32[(at >>> 2) + 1] * (tag >= 0x90 ? n << (sub & 3) : 1);
        at = tag >= 0x90 ? id.large + word * 16 : id.at + word;
    }
    inside(file, at, size);
    if (tag === STRING) return file.text(at, at + size);
    if (tag === MAP) return new Record(id, file.shape(file.word(at)), at + 8);
    if (tag === LIST) {
        const length = file.word(at), slots = at + up(4 + 4 * length, 8);
        inside(file, slots, 8 * length);
        return Array.from({ length }, (_, i) => {
            const type = file.word(at + 4 + 4 * i);
            return read(id, type & 255, (type >>> 8) & 255, type >>> 16, slots + 8 * i, 8, true);
        });
    }
    const elements = new StoredElements(id, tag, sub, n, at, size);
    if (isKnown(tag) && (!sub || SUB_NAMES[sub])) return elements;
    const rows = sub === SUB.ref && hasSubtype(tag);
    return new Unknown(tag, sub, n, rows ? elements.data : u8.slice(at, at + size));
}

// By tag: the size of its typed array's elements, as a shift.
const SHIFT = [0, 0, 3, 3, 3, 2, 0, 3];

// A field as a Key wants it; without one, tag is -1.
function place({ byKey }, name) {
    const field = byKey.get(name) ?? { tag: -1, sub: 0, n: 0, offset: 0 };
    const { tag, sub, n, offset } = field;
    return { field, tag, sub, n, offset, shift: tag === VECTOR ? sub & 3 : SHIFT[tag] ?? 0 };
}

// A property's name, looked up once for each shape: for walking over many IDs. Its methods are
// small, so that all that a loop calls is inlined.
export class Key {
    constructor(file, name, number) {
        this.file = file;
        this.name = name;
        this.slot = number;
    }
    value(record) {
        const { tag, field } = record.shape.places[this.slot];
        return tag < 0 ? undefined : record.value(field);
    }
    // Where a number or vector lies, as an index into file.f32, file.f64, ...: the one of its type;
    // -1: nowhere.
    index(record) {
        const place = record.shape.places[this.slot];
        return place.tag < 0 ? -1 : (record.at + place.offset) >>> place.shift;
    }
    // A number, boolean, time or element i of a vector as a number; undefined where there is none.
    number(record, i = 0) {
        const place = record.shape.places[this.slot], at = record.at + place.offset;
        if (place.tag === F64) return this.file.f64[at >>> 3];
        return place.tag === BOOL ? this.file.u8[at] : this.rare(record, place, at, i);
    }
    rare(record, { tag, sub, n }, at, i) {
        const file = this.file;
        if (tag === VECTOR && i < n) {
            return sub === SUB.f32 ? file.f32[(at >>> 2) + i] : Number(this.value(record).data[i]);
        }
        if (tag === UNSIGNED) return Number(BigInt.asUintN(64, file.i64[at >>> 3]));
        return tag === I64 || tag === TIME ? Number(file.i64[at >>> 3]) : undefined;
    }
    // The row a reference points to, or null.
    row(record) {
        const place = record.shape.places[this.slot];
        if (place.tag !== REFERENCE) return null;
        return record.id.rowOf(this.file.u32[(record.at + place.offset) >>> 2]);
    }
}
