// bjson_write.js - canonical BJSON v2 files from plain values.
//
//   write(ids, { crc, meta, chunks })     a Uint8Array; equal content gives equal bytes
//
// ids, by row: { type, name, properties, time, flags } or an Id that was read. properties null or
// absent: a row only, and flags say DELETED or EXTERNAL. meta: a map; chunks: { kind, data }, the
// kind a string of four characters or a number. What becomes of which value: bjson.js.
import { BOOL, BYTES, CANONICAL, CRC, Elements, F64, I64, KIND, LIST, MAGIC, MAP, NONE,
    NULL, REFERENCE, Reference, STRING, SUB, TIME, Time, UNSIGNED, Unknown, Unsigned, VECTOR,
    crc32c, hasSubtype, inlineSize, large, layout, up, vector } from './bjson_layout.js';

const encoder = new TextEncoder();

function encode(text, limit = Infinity) {
    const out = encoder.encode(text);
    if (/\p{Surrogate}/u.test(text)) throw new TypeError('half a surrogate pair is no UTF-8');
    if (out.length > limit || (limit < Infinity && out.includes(0))) {
        throw new TypeError('a name or key is too long, or has a NUL');
    }
    return out;
}

function compare(a, b) {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return a.length - b.length;
}
const view = (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

// A value as { tag, sub, n, data }: data is bytes, rows, items or entries.
function typed(value) {
    if (value instanceof Unknown) return value;
    if (ArrayBuffer.isView(value)) {
        return typed(value.length && value.length <= 16 ? vector(value) : large(value));
    }
    if (value instanceof Elements) {
        const { tag, sub, n, data } = value;
        const size = sub === SUB.ref ? 4 * data.length : data.byteLength;
        const good = tag === BYTES || (n > 0 && (tag === VECTOR ? n <= 64 && size === n << (sub & 3)
            : n < 65536 && size % (n << (sub & 3)) === 0));
        if (!good) throw new TypeError('elements that are not whole rows, or an n out of range');
        return { tag, sub, n, data: sub === SUB.ref ? data : canonical(sub, view(data)) };
    }
    const long = (tag, number) => ({ tag, data: view(BigInt64Array.of(number)) });
    const make = () => {
        if (value === null || value === undefined) return { tag: NULL, data: [0] };
        if (typeof value === 'boolean') return { tag: BOOL, data: [value ? 1 : 0] };
        if (typeof value === 'number') {
            return { tag: F64, data: canonical(SUB.f64, view(Float64Array.of(value))) };
        }
        if (typeof value === 'bigint') return long(I64, value);
        if (typeof value === 'string') return { tag: STRING, data: encode(value) };
        if (value instanceof Time) return long(TIME, value.value);
        if (value instanceof Unsigned) return long(UNSIGNED, value.value);
        if (value instanceof Reference) return { tag: REFERENCE, data: [value.row] };
        if (Array.isArray(value)) return { tag: LIST, data: value };
        return { tag: MAP, data: value };
    };
    return { sub: 0, n: 0, ...make() };
}

// The bytes with every NaN made the canonical one.
function canonical(sub, data) {
    if (sub < SUB.f16 || sub > SUB.f64) return data;
    const size = 1 << (sub & 3), top = sub === SUB.f16 ? 0x7C : 0x7F;
    const next = [0, 0x80, 0xF0][sub - SUB.f16];
    let out = data;
    for (let i = 0; i < data.length; i += size) {
        const high = data[i + size - 1] & 127, below = data[i + size - 2];
        if ((high & top) !== top || (sub !== SUB.f16 && (below & next) !== next)) continue;
        let rest = sub === SUB.f16 ? (high & 3) | below : below & ~next;
        for (let k = 0; k < size - 2; k++) rest |= data[i + k];
        if (!rest) continue; // an infinity
        if (out === data) out = data.slice();
        out.fill(0, i, i + size);
        out[i + size - 1] = sub === SUB.f16 ? 0x7E : 0x7F;
        if (sub !== SUB.f16) out[i + size - 2] = sub === SUB.f32 ? 0xC0 : 0xF8;
    }
    return out;
}

// Bytes that grow.
class Out {
    constructor() {
        this.u8 = new Uint8Array(256);
        this.dv = new DataView(this.u8.buffer);
        this.end = 0;
    }
    skip(size, alignment = 1) { // zeros; gives where they begin
        const at = up(this.end, alignment);
        this.end = at + size;
        if (this.end > this.u8.length) {
            const more = new Uint8Array(2 * this.end);
            more.set(this.u8);
            this.u8 = more;
            this.dv = new DataView(more.buffer);
        }
        return at;
    }
    put(data, alignment = 1) {
        const at = this.skip(data.length, alignment);
        this.u8.set(data, at);
        return at;
    }
    words(at, ...all) { all.forEach((value, i) => this.dv.setUint32(at + 4 * i, value, true)); }
    long(at, value) { this.dv.setBigInt64(at, BigInt(value), true); }
    done() { return this.u8.subarray(0, this.end); }
}

// A file under way: payloads one after another; shapes are numbered by their first use.
class Writer {
    constructor(rows) {
        this.rows = rows;
        this.shapes = new Map(); // a text that says what the shape is: { number, fields, size }
        this.keys = new Map();   // text: its bytes
    }
    payload(row, { type, name = '', properties }) {
        const out = this.out = new Out(), text = encode(name, 255);
        this.start();
        out.put([type, 2, 0, ...text, 0]);
        const place = out.skip(8, 8), shape = this.record(properties, 0);
        const back = out.skip(8 + 4 * this.slots.size, 4);
        out.words(place, back - place - 8, shape);
        out.words(back, row, this.slots.size);
        for (const [to, slot] of this.slots) out.words(back + 8 + 4 * slot, to);
        out.put(this.arrays.done(), 16);
        return out.done();
    }
    meta(values) {
        this.out = new Out();
        this.start();
        this.out.skip(8);
        this.out.words(0, this.record(values, 0));
        if (this.arrays.end || this.slots.size) {
            throw new TypeError('meta has no references and no large arrays');
        }
        return this.out.done();
    }
    start() {
        this.arrays = new Out();
        this.slots = new Map(); // row: its place among the ID's references
    }
    // A record at the heap's end, then what its values own. Gives the shape's number.
    record(map, depth) {
        const entries = map[Symbol.iterator] ? [...map] : Object.entries(map);
        const fields = entries.map(([key, value]) => ({ key, value: typed(value) }));
        for (const { key } of fields) {
            if (!this.keys.has(key)) this.keys.set(key, encode(key, 4294967295));
        }
        fields.sort((a, b) => compare(this.keys.get(a.key), this.keys.get(b.key)));
        for (const field of fields) {
            const { tag, sub, n, data } = field.value;
            Object.assign(field, { tag, sub, n, size: inlineSize(tag, sub, n) || data.length });
        }
        const name = JSON.stringify(fields.map(({ key, tag, sub, n, size }) =>
            [key, tag, sub, n, size]));
        if (!this.shapes.has(name)) {
            this.shapes.set(name, { number: this.shapes.size, size: layout(fields), fields });
        }
        const shape = this.shapes.get(name), at = this.out.skip(shape.size);
        fields.forEach(({ value }, i) =>
            this.value(value, at + shape.fields[i].offset, depth, false));
        return shape.number;
    }
    // Rows as the bytes of their slots.
    references(rows) {
        const slots = Uint32Array.from(rows, (row) => {
            if (row === null || row === NONE) return NONE;
            if (!(row >= 0 && row < this.rows)) {
                throw new RangeError('a reference to a row that is not there');
            }
            if (!this.slots.has(row)) this.slots.set(row, this.slots.size);
            return this.slots.get(row);
        });
        return view(slots);
    }
    // A value's inline bytes at `at`, what it owns at the heap's end.
    value({ tag, sub, n, data }, at, depth, listed) {
        const out = this.out;
        if (tag === MAP || tag === LIST) {
            this.container(tag, data, at, depth + 1);
            return;
        }
        if (tag === REFERENCE || (sub === SUB.ref && hasSubtype(tag))) data = this.references(data);
        if (tag >= 0x90) {
            const place = this.arrays.put(data, 16);
            out.words(at, place / 16, data.length / (n << (sub & 3)));
        } else if (tag < 0x80 && !(listed && tag === VECTOR)) {
            if (listed && data.length > 8) {
                throw new TypeError('a value in a list that is larger than its slot');
            }
            out.u8.set(data, at);
        } else {
            const aligned = tag === STRING || tag === BYTES ? 1 : tag === VECTOR ? 8 : 16;
            const place = out.put(data, aligned);
            out.words(at, place, data.length);
            if (tag === STRING) out.skip(1);
        }
    }
    container(tag, data, at, depth) {
        const out = this.out, start = out.skip(0, 8);
        if (depth > 32) throw new RangeError('maps and lists nest more than 32 deep');
        if (tag === MAP) {
            out.skip(8);
            out.words(start, this.record(data, depth));
        } else {
            const items = data.map(typed);
            out.words(out.skip(4 + 4 * items.length), items.length);
            items.forEach(({ tag: kind, sub, n }, i) =>
                out.words(start + 4 + 4 * i, kind | sub << 8 | n << 16));
            const slots = out.skip(8 * items.length, 8);
            items.forEach((item, i) => this.value(item, slots + 8 * i, depth, true));
        }
        out.words(at, start, out.end - start);
    }
    // The payloads of KEYS and SHAP.
    tables() {
        const keys = new Out(), shapes = new Out(), place = new Map();
        for (const [key, text] of [...this.keys].sort((a, b) => compare(a[1], b[1]))) {
            place.set(key, keys.put(text));
            keys.skip(1);
        }
        shapes.skip(up(4 * this.shapes.size, 8));
        for (const { number, size, fields } of this.shapes.values()) {
            const at = shapes.skip(8 + 16 * fields.length);
            shapes.words(4 * number, at);
            shapes.words(at, fields.length, size);
            fields.forEach(({ key, tag, sub, n, offset, size: wide }, i) =>
                shapes.words(at + 8 + 16 * i, place.get(key), tag | sub << 8 | n << 16,
                    offset, wide));
        }
        return [keys.done(), shapes.done()];
    }
}

export function write(ids, { crc = false, meta = null, chunks = [] } = {}) {
    const all = [...ids], writer = new Writer(all.length), file = new Out(), refs = new Out();
    const sum = (data) => (crc ? crc32c(data, 0, data.length) : 0);
    const chunk = (kind, data, aux) => {
        const at = file.skip(16, 16);
        file.words(at, kind, aux, data.length, Math.floor(data.length / 4294967296));
        file.put(data);
        file.skip(0, 16);
        return at;
    };
    file.skip(64);
    all.forEach((id, row) => {
        const data = id.properties ? writer.payload(row, id) : null, at = refs.skip(24);
        refs.words(at, data ? chunk(KIND.ID, data, 0) : 0);
        refs.long(at + 8, id.time ?? 0);
        refs.words(at + 16, data ? sum(data) : 0, id.type | (id.flags ?? 0) << 8 | 2 << 16);
    });
    if (meta) {
        const data = writer.meta(meta);
        chunk(KIND.meta, data, sum(data));
    }
    const tables = [...writer.tables(), refs.done()];
    const kinds = [KIND.KEYS, KIND.SHAP, KIND.REFS];
    const [keysAt, shapesAt, refsAt] = tables.map((data, i) => chunk(kinds[i], data, sum(data)));
    for (const { kind, data } of chunks) {
        const code = typeof kind === 'number' ? kind
            : encode(kind).reduce((word, byte, i) => word | byte << 8 * i, 0);
        chunk(code, data, sum(data));
    }
    file.words(0, ...MAGIC, 2 | 64 << 16, CANONICAL | (crc ? CRC : 0), file.end, 0, refsAt, 0,
        all.length,
        writer.keys.size, keysAt, 0, shapesAt, 0, writer.shapes.size);
    file.words(60, crc32c(file.u8, 0, 60));
    return file.done();
}
