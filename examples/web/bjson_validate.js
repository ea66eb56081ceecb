// bjson_validate.js - is this a sound BJSON file: every byte of structure checked in one pass.
//
//   validate(bytes);     // a Uint8Array on a multiple of 8; throws BjsonError: what and where
//
// The same steps in the same order as src/scene/bjson_validate.c, so the same offsets: the header,
// the tables, then the chunks in file order. Every heap has a cursor that only moves forward; a
// value that begins before it would share bytes with another. Arrays of numbers are not read.
import { ARRAY, BOOL, BYTES, BjsonError, CRC, KIND, LIST, MAGIC, MAP, NONE, REFERENCE,
    STREAMED, STRING, SUB, VECTOR, alignment, crc32c, hasSubtype, inlineSize, isKnown, layout, up
    } from './bjson_layout.js';

// The offset in [from, to) of the first byte that is not part of well-formed UTF-8, or `to`.
function badUtf8(u8, from, to) {
    for (let i = from; i < to;) {
        const first = u8[i++];
        if (first < 0x80) continue;
        const more = first < 0xC2 || first > 0xF4 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        let low = first === 0xE0 ? 0xA0 : first === 0xF0 ? 0x90 : 0x80;
        let high = first === 0xED ? 0x9F : first === 0xF4 ? 0x8F : 0xBF;
        if (more < 0 || more > to - i) return i - 1;
        for (let k = 0; k < more; k++, low = 0x80, high = 0xBF) {
            if (u8[i + k] < low || u8[i + k] > high) return i - 1;
        }
        i += more;
    }
    return to;
}

export function validate(u8) {
    const size = u8.length;
    const u32 = new Uint32Array(u8.buffer, u8.byteOffset, size >>> 2);
    const u16 = new Uint16Array(u8.buffer, u8.byteOffset, size >>> 1);
    const word = (at) => u32[at >>> 2];
    const long = (at) => u32[at >>> 2] + u32[(at >>> 2) + 1] * 4294967296;

    function need(condition, at, text, code = 'FORMAT') {
        if (!condition) throw new BjsonError(code, at, text);
    }
    function zero(from, to) {
        while (from < to && !u8[from]) from++;
        if (from < to) need(false, from, 'a byte that belongs to nothing is not zero');
    }
    function utf8(from, to) {
        const bad = badUtf8(u8, from, to);
        if (bad < to) need(false, bad, 'a text is not valid UTF-8', 'UTF8');
    }

    // ---- the header; head: where the complete one is or, in streamed files, END makes it lie ----
    need(size >= 8 && u32[0] === MAGIC[0] && u32[1] === MAGIC[1], 0, 'not a BJSON file');
    need(size >= 64, size, 'the file ends within its header', 'TRUNCATED');
    need(crc32c(u8, 0, 60) === u32[15], 60, "the header's checksum differs", 'CHECKSUM');
    need(u32[2] === (2 | 64 << 16), 8, 'another format than BJSON 2', 'UNSUPPORTED');
    const flags = u32[3];
    need(flags < 8, 12, 'flags of a later version', 'UNSUPPORTED');
    let head = 0;
    if (flags & STREAMED) {
        zero(16, 60);
        head = size - 64;
        need(size % 16 === 0 && head >= 64 && word(head) === KIND.END && long(head + 8) === 48,
            size, 'a streamed file without END', 'TRUNCATED');
        need(crc32c(u8, head + 16, size - 4, crc32c(u8, 0, 16)) === word(size - 4), size - 4,
            'the checksum in END differs', 'CHECKSUM');
    }
    need(long(head + 16) <= size, size, 'the file is shorter than stated', 'TRUNCATED');
    need(long(head + 16) === size && size % 16 === 0, head + 16, 'the file is longer than stated');
    const idCount = word(head + 32), keyCount = word(head + 36), shapeCount = word(head + 56);

    function table(field, kind) {
        const at = long(head + field);
        need(at % 16 === 0 && at >= 64 && at <= size - 16 && word(at) === kind, head + field,
            'the header points to something else than the table');
        need(long(at + 8) <= size - at - 16, at + 8, 'a table reaches beyond the file');
        return at + 16;
    }
    const refs = table(24, KIND.REFS), keys = table(40, KIND.KEYS), shapes = table(48, KIND.SHAP);
    const keysSize = long(keys - 8), shapesSize = long(shapes - 8);
    need(long(refs - 8) === 24 * idCount, head + 32, 'REFS has another number of rows');

    // ---- keys and shapes ----
    function checkKeys() {
        let at = keys, before = keys;
        const end = keys + keysSize;
        need(at === end || !u8[end - 1], end - 1, 'the last key has no NUL');
        for (let i = 0; i < keyCount; i++, at++) {
            const start = at;
            need(at < end, end, 'there are fewer keys than stated');
            while (u8[at]) at++;
            utf8(start, at);
            let k = 0;
            while (u8[before + k] && u8[before + k] === u8[start + k]) k++;
            need(!i || u8[before + k] < u8[start + k], start,
                'the keys are not in ascending order');
            before = start;
        }
        need(at === end, at, 'there are more keys than stated');
    }

    function checkType(at) {
        const tag = u8[at], sub = u8[at + 1], n = u16[(at + 2) >>> 1];
        need(tag < 0xA0, at, 'a tag of A0 or above', 'UNSUPPORTED');
        if (hasSubtype(tag)) {
            need(sub >= 4, at + 1, 'a subtype is missing');
            need(n && !(tag === VECTOR && n > 64), at + 2, 'an n is out of range');
        } else {
            need(!isKnown(tag) || !(sub || n), at + 1, 'a tag that has no subtype states one');
        }
    }

    function checkField(at, before, recordSize) {
        const key = word(at), tag = u8[at + 4], sub = u8[at + 5], n = u16[(at + 6) >>> 1];
        const offset = word(at + 8), wide = word(at + 12);
        need(key < keysSize && !(key && u8[keys + key - 1]), at,
            "a field's key is not the start of a key");
        checkType(at + 4);
        const known = inlineSize(tag, sub, n);
        need(known ? wide === known : wide > 0, at + 12, "a field's size does not fit its type");
        need(offset % alignment(tag, sub) === 0, at + 8, 'a field is misaligned');
        need(offset + wide <= recordSize, at + 8, 'a field is outside its record');
        need(key > before, at, 'the fields are not in ascending order of keys');
        return { tag, sub, n, offset, size: wide };
    }

    function checkLayout(at, fields) {
        const wanted = fields.map((field) => ({ ...field }));
        layout(wanted);
        if (fields.every((field, i) => field.offset === wanted[i].offset)) return;
        need(fields.length <= 256, at, 'a shape of over 256 fields is not laid out canonically');
        fields.forEach((a, i) => {
            for (const b of fields.slice(0, i)) {
                need(a.offset >= b.offset + b.size || b.offset >= a.offset + a.size,
                    at + 16 * i + 8, 'two fields overlap in their record');
            }
        });
    }

    function checkShapes() {
        const all = [], indexEnd = 4 * shapeCount;
        let at = up(indexEnd, 8);
        need(at <= shapesSize, shapes, 'the table of shapes is cut short');
        zero(shapes + indexEnd, shapes + at);
        for (let i = 0; i < shapeCount; i++) {
            need(word(shapes + 4 * i) === at, shapes + 4 * i,
                'a shape is not where the last one ends');
            need(shapesSize - at >= 8, shapes + at, 'a shape is cut short');
            const count = word(shapes + at), recordSize = word(shapes + at + 4), fields = [];
            need(count <= Math.floor((shapesSize - at - 8) / 16), shapes + at,
                'a shape has more fields than bytes');
            let covered = 0, before = -1;
            at += 8;
            for (let k = 0; k < count; k++) {
                const place = shapes + at + 16 * k, field = checkField(place, before, recordSize);
                before = word(place);
                covered += field.size;
                fields.push(field);
            }
            checkLayout(shapes + at, fields);
            // Only what can be wrong in a record: plain numbers cannot.
            const check = fields.filter(({ tag, sub }) => tag <= BOOL || tag === REFERENCE ||
                tag >= 0x80 || (tag === VECTOR && sub === SUB.ref));
            all.push({ fields, check, recordSize, covered });
            at += 16 * count;
        }
        need(at === shapesSize, shapes + at, 'bytes follow the last shape');
        return all;
    }
    checkKeys();
    const shape = checkShapes();

    // ---- values; cursor and end count from the ID's payload, what is given is the new cursor ----
    let id = 0, idSize = 0, large = 0, largeCursor = 0, slots = 0, isMeta = false;

    function indices(at, bytes) {
        for (const end = at + bytes; at < end; at += 4) {
            const slot = u32[at >>> 2];
            if (slot < slots || slot === NONE) continue;
            need(false, at, 'a reference that is none of its ID');
        }
    }

    function checkRecord(number, start, end, depth) {
        const { fields, check, recordSize, covered } = shape[number], place = id + start;
        if (recordSize > end - start) need(false, place, 'a record is cut short');
        let cursor = start + recordSize;
        for (let i = 0; i < check.length; i++) {
            const { offset, tag, sub, n } = check[i];
            cursor = checkValue(place + offset, tag, sub, n, cursor, end, depth, false);
        }
        if (covered === recordSize) return cursor;
        const rest = u8.slice(place, place + recordSize);
        for (const { offset, size: wide } of fields) rest.fill(0, offset, offset + wide);
        need(rest.every((byte) => !byte), place, "a byte between a record's fields is not zero");
        return cursor;
    }

    function checkValue(at, tag, sub, n, cursor, end, depth, listed) {
        if (tag >= 0x80 ? tag < 0x90 : listed && tag === VECTOR) {
            return checkHeap(at, tag, sub, n << (sub & 3), cursor, end, depth);
        }
        if (tag <= BOOL) {
            if (u8[at] > tag) need(false, at, 'a bool is not 0 or 1, or a null not 0');
        } else if (tag === REFERENCE) {
            indices(at, 4);
        } else if (tag >= 0x90) {
            need(!isMeta, at, 'a large array, which meta cannot have');
            const from = large + u32[at >>> 2] * 16, bytes = u32[(at >>> 2) + 1] * (n << (sub & 3));
            need(from >= largeCursor, at, 'an array lies on another one, or out of order');
            need(from + bytes <= idSize, at, 'an array reaches beyond its ID');
            zero(id + largeCursor, id + from);
            largeCursor = from + bytes;
            if (sub === SUB.ref) indices(id + from, bytes);
        } else if (tag === VECTOR && sub === SUB.ref) {
            indices(at, 4 * n);
        }
        return cursor;
    }

    function checkHeap(at, tag, sub, row, cursor, end, depth) {
        const offset = u32[at >>> 2], bytes = u32[(at >>> 2) + 1], place = id + offset;
        const whole = bytes + (tag === STRING ? 1 : 0);
        const aligned = tag === STRING || tag === BYTES ? 1
            : tag === MAP || tag === LIST || tag === VECTOR ? 8 : 16;
        if (offset % aligned) need(false, at, 'a value is misaligned');
        if (offset < cursor) need(false, at, 'a value lies on another one, or out of order');
        if (offset + whole > end) need(false, at, 'a value reaches beyond its heap');
        zero(id + cursor, place);
        if (tag === STRING) {
            if (u8[place + bytes]) need(false, place + bytes, 'a string has no NUL behind it');
            utf8(place, place + bytes);
        } else if (tag === VECTOR || tag === ARRAY) {
            need(tag === VECTOR ? bytes === row : bytes % row === 0, at + 4,
                "an array's length is not whole rows");
            if (sub === SUB.ref) indices(place, bytes);
        } else if (tag === MAP || tag === LIST) {
            need(depth < 32, at, 'maps and lists nest more than 32 deep', 'LIMIT');
            const inside = tag === MAP ? checkMap : checkList;
            zero(id + inside(offset, offset + bytes, depth + 1), place + bytes);
        }
        return offset + whole;
    }

    function checkMap(start, end, depth) {
        const at = id + start;
        need(end - start >= 8, at, 'a map is cut short');
        need(word(at) < shapeCount, at, "a map's shape is not in the table");
        zero(at + 4, at + 8);
        return checkRecord(word(at), start + 8, end, depth);
    }

    function checkList(start, end, depth) {
        const at = id + start, count = word(at), first = up(4 + 4 * count, 8);
        need(end - start >= 8 && first + 8 * count <= end - start, at, 'a list is cut short');
        zero(at + 4 + 4 * count, at + first);
        let cursor = start + first + 8 * count;
        for (let i = 0; i < count; i++) {
            const type = at + 4 + 4 * i, slot = at + first + 8 * i, tag = u8[type];
            checkType(type);
            const wide = tag === VECTOR ? 0 : inlineSize(tag, 0, 0);
            if (wide) zero(slot + wide, slot + 8);
            const sub = u8[type + 1], n = u16[(type + 2) >>> 1];
            cursor = checkValue(slot, tag, sub, n, cursor, end, depth, true);
        }
        return cursor;
    }

    // ---- IDs and chunks ----
    function checkId(chunk, length) {
        id = chunk + 16;
        need(length >= 4, chunk + 8, 'an ID is cut short');
        let nameEnd = 3;
        while (nameEnd < length && nameEnd < 258 && u8[id + nameEnd]) nameEnd++;
        need(nameEnd < length && !u8[id + nameEnd], id + 3,
            'a name does not end within 255 bytes and its ID');
        utf8(id + 3, id + nameEnd);
        need(u8[id + 1] === 2 && !u8[id + 2], id + 1, 'an ID of another version than 2',
            'UNSUPPORTED');
        const place = up(nameEnd + 1, 8);
        need(length - place >= 16, chunk + 8, 'an ID is cut short');
        zero(id + nameEnd, id + place);
        const bytes = word(id + place), number = word(id + place + 4);
        need(bytes % 4 === 0 && bytes <= length - place - 16, id + place,
            "an ID's properties reach beyond it");
        need(number < shapeCount, id + place + 4, "an ID's shape is not in the table");
        const back = place + 8 + bytes, row = word(id + back), entry = refs + 24 * row;
        slots = word(id + back + 4);
        need(slots <= (length - back - 8) / 4, id + back + 4, "an ID's references reach beyond it");
        need(row < idCount, id + back, "an ID's own row is not in REFS");
        need(long(entry) === chunk, entry, 'a row of REFS does not point to the ID that names it');
        need(u8[entry + 20] === u8[id] && u16[(entry + 22) >>> 1] === 2, entry + 20,
            'REFS and the ID state different types or versions');
        for (let i = 0, at = id + back + 8; i < slots; i++, at += 4) {
            need(word(at) < idCount || word(at) === NONE, at, 'a reference points outside REFS');
        }
        const backEnd = back + 8 + 4 * slots;
        idSize = length;
        large = largeCursor = up(backEnd, 16);
        need(large <= length, chunk + 8, 'an ID is cut short');
        zero(id + backEnd, id + large);
        need(!(flags & CRC) || crc32c(u8, id, id + length) === word(entry + 16), id,
            "an ID's checksum differs", 'CHECKSUM');
        zero(id + checkRecord(number, place + 8, back, 0), id + back);
        zero(id + largeCursor, id + length);
    }

    function checkMeta(payload, length) {
        id = payload;
        slots = 0;
        isMeta = true;
        zero(id + checkMap(0, length, 0), id + length);
        isMeta = false;
    }

    function checkSeal(payload, length, isHash) {
        need(length >= 8, payload - 8, 'a hash or sign is cut short');
        if (word(payload) !== 1) return; // other algorithms are accepted, with whatever they need
        need(length === 48, payload - 8, 'a hash or sign is not 48 bytes');
        zero(payload + (isHash ? 4 : 8), payload + 16);
    }

    const once = new Set();
    let found = 0, tables = 0, present = 0;
    for (let at = 64, length = 0; at < size; at += 16 + up(length, 16)) {
        const kind = word(at), aux = word(at + 4), payload = at + 16;
        length = long(at + 8);
        need(length <= size - payload, at + 8, 'a chunk reaches beyond the end of the file');
        const summed = flags & CRC && kind !== KIND.ID && kind !== KIND.END && kind !== KIND.hole;
        const expected = summed ? crc32c(u8, payload, payload + length) : 0;
        need(aux === expected || expected, at + 4, 'a chunk states a checksum it cannot have');
        need(aux === expected, at, "a chunk's checksum differs", 'CHECKSUM');
        zero(payload + length, payload + up(length, 16));
        if (kind === KIND.ID) {
            found++;
            checkId(at, length);
        } else if (kind === KIND.KEYS || kind === KIND.SHAP || kind === KIND.REFS) {
            need(payload === keys || payload === shapes || payload === refs, at,
                'a second table of its kind');
            tables++;
        } else if (kind === KIND.END) {
            need(flags & STREAMED && at + 64 === size, at,
                'an END chunk where the file does not end');
            tables++;
        } else if (kind === KIND.meta || kind === KIND.hash) {
            need(!once.has(kind), at, 'a second meta or hash');
            once.add(kind);
            if (kind === KIND.meta) checkMeta(payload, length);
            else checkSeal(payload, length, true);
        } else if (kind === KIND.sign) {
            checkSeal(payload, length, false);
        } else {
            need((kind & 255) >= 97 && (kind & 255) <= 122, at,
                'a chunk of an unknown critical kind', 'UNSUPPORTED');
        }
    }
    need(tables === 3 + (flags & STREAMED), head + 24, 'a table lies inside another chunk');
    for (let row = 0; row < idCount; row++) present += long(refs + 24 * row) !== 0;
    need(present === found, refs, 'REFS has a row whose chunk is no ID');
}
