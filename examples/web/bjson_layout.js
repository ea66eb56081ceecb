// bjson_layout.js - the numbers of BJSON v2 files, as src/scene/bjson.h explains them: tags, sizes,
// the order of a record, the checksum; and the values and the error that readers and writers share.

export const MAGIC = [0x534A4289, 0x1A0A0D4E], NONE = 0xFFFFFFFF;
export const STREAMED = 1, CRC = 2, CANONICAL = 4; // flags of a file
export const DELETED = 1, EXTERNAL = 2;            // flags of a row without an ID
export const NULL = 0, BOOL = 1, I64 = 2, F64 = 3, TIME = 4, REFERENCE = 5, UNSIGNED = 7,
    VECTOR = 8;
export const STRING = 0x80, BYTES = 0x81, ARRAY = 0x82, MAP = 0x83, LIST = 0x84, LARGE = 0x90;
export const KIND = { ID: 0x20204449, KEYS: 0x5359454B, SHAP: 0x50414853, REFS: 0x53464552,
    END: 0x20444E45, hole: 0x656C6F68, meta: 0x6174656D, hash: 0x68736168, sign: 0x6E676973 };
export const TYPES = ['Object', 'Mesh', 'Material', 'Camera', 'Light', 'Image', 'Texture',
    'Collection', 'Scene', 'World', 'Armature', 'Action', 'Curve', 'NodeTree', 'Text', 'Key'];

// Subtypes: by code, what a typed array of them is called; u16 holds the bits of f16.
export const SUB = { u8: 4, u16: 5, u32: 6, u64: 7, i8: 8, i16: 9, i32: 10, i64: 11, f16: 13, f32:
    14, f64: 15, ref: 18 };
export const SUB_NAMES = [];
for (const name in SUB) SUB_NAMES[SUB[name]] = name;
export const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, u64: BigUint64Array,
    i8: Int8Array, i16: Int16Array, i32: Int32Array, i64: BigInt64Array, f16: Uint16Array,
    f32: Float32Array, f64: Float64Array, ref: Uint32Array };

// Bytes and alignment in a record of the tags that have no subtype, by tag.
const FIXED = [1, 1, 8, 8, 8, 4, 0, 8];

export const isKnown = (tag) => (tag <= VECTOR && tag !== 6) || (tag >= STRING && tag <= LIST) ||
    tag === LARGE;
export const hasSubtype = (tag) => tag === VECTOR || tag === ARRAY || (tag >= 0x90 && tag < 0xA0);
export const up = (value, alignment) => Math.ceil(value / alignment) * alignment;

// Bytes in a record; 0 for inline tags this version does not know.
export function inlineSize(tag, sub, n) {
    if (tag < FIXED.length) return FIXED[tag];
    return tag === VECTOR ? n << (sub & 3) : tag >= 0x80 ? 8 : 0;
}

export function alignment(tag, sub) {
    if (tag < FIXED.length && tag !== 6) return FIXED[tag];
    return tag >= 0x80 ? 4 : 1 << (sub & 3);
}

// Sets the canonical offsets of fields {tag, sub, size} that stand in the order of their keys: by
// alignment 8, 4, 2, 1, then by key. Gives the record's size.
export function layout(fields) {
    let end = 0;
    for (let aligned = 8; aligned; aligned >>= 1) {
        for (const field of fields) {
            if (alignment(field.tag, field.sub) !== aligned) continue;
            field.offset = end;
            end += field.size;
        }
    }
    return end;
}

// A fault in a file: code is the name of the library's result, offset the first byte that is wrong.
export class BjsonError extends Error {
    constructor(code, offset, text) {
        super(`${text} (byte ${offset})`);
        this.code = 'W3D_ERR_' + code;
        this.offset = offset;
    }
}

const TABLE = new Int32Array(256).map((_, value) => {
    for (let i = 0; i < 8; i++) value = (value >>> 1) ^ (value & 1 ? 0x82F63B78 : 0);
    return value;
});

// CRC-32C of the bytes [from, to).
export function crc32c(bytes, from, to, crc = 0) {
    crc = ~crc;
    for (let i = from; i < to; i++) crc = TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
}

// ---- values that JavaScript has no type for ----

export class Time { constructor(value) { this.value = value; } }         // i64 ns since 1970
export class Unsigned { constructor(value) { this.value = value; } }     // u64
export class Reference { constructor(row) { this.row = row; } }          // null: none
export class Unknown {
    constructor(tag, sub, n, data) { Object.assign(this, { tag, sub, n, data }); }
}
export class Elements {
    constructor(tag, sub, n, data) { Object.assign(this, { tag, sub, n, own: data }); }
    get data() { return this.own; }
    get subtype() { return SUB_NAMES[this.sub]; }
}
const nameOf = (data) => Object.keys(ARRAYS).find((name) => data instanceof ARRAYS[name]);
export const vector = (data, sub = nameOf(data)) =>
    new Elements(VECTOR, SUB[sub], data.length, data);
export const array = (data, n = 1, sub = nameOf(data)) => new Elements(ARRAY, SUB[sub], n, data);
export const large = (data, n = 1, sub = nameOf(data)) => new Elements(LARGE, SUB[sub], n, data);
export const bytes = (data) => new Elements(BYTES, 0, 0, data);
