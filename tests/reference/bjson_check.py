#!/usr/bin/env python3
"""A second, slow BJSON v2 reader and writer, made from the layout in src/scene/bjson.h alone.

    bjson_check.py FILE...          reads each, checks it, and says "FILE: ok"; 1 where one is bad
    bjson_check.py --dump FILE      prints the content as JSON

A file that calls itself canonical is also written again from its content, by code that shares
nothing with the reader but the tables of sizes, and must come out the same byte for byte.
"""
import hashlib
import json
import struct
import sys

MAGIC = bytes.fromhex("89424A534E0D0A1A")
NONE = 0xFFFFFFFF
STREAMED, CRC, CANONICAL = 1, 2, 4
NULL, BOOL, I64, F64, TIME, REFERENCE, U64, VECTOR = 0, 1, 2, 3, 4, 5, 7, 8
STRING, BYTES, ARRAY, MAP, LIST, LARGE = 0x80, 0x81, 0x82, 0x83, 0x84, 0x90
KNOWN = {NULL, BOOL, I64, F64, TIME, REFERENCE, U64, VECTOR, STRING, BYTES, ARRAY, MAP, LIST, LARGE}
TYPED = {VECTOR, ARRAY} | set(range(0x90, 0xA0))
SUB_REFERENCE = 0x12
NAN = {0x0D: (0x7E00, 0x7C00, "H"), 0x0E: (0x7FC00000, 0x7F800000, "I"),
       0x0F: (0x7FF8000000000000, 0x7FF0000000000000, "Q")}


class Bad(Exception):
    pass


def need(condition, offset, text):
    if not condition:
        raise Bad(f"byte {offset}: {text}")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def crc_entry(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


TABLE = [crc_entry(i) for i in range(256)]


def up(value, alignment):
    return -(-value // alignment) * alignment


def element_size(sub):
    return 1 << (sub & 3)


def inline_size(tag, sub, n):
    fixed = {NULL: 1, BOOL: 1, I64: 8, F64: 8, TIME: 8, U64: 8, REFERENCE: 4}
    if tag in fixed:
        return fixed[tag]
    return n * element_size(sub) if tag == VECTOR else 8 if tag >= 0x80 else None


def field_alignment(tag, sub):
    fixed = {NULL: 1, BOOL: 1, I64: 8, F64: 8, TIME: 8, U64: 8, REFERENCE: 4}
    return fixed.get(tag, 4 if tag >= 0x80 else element_size(sub))


class Value:
    """What a property holds: `data` is a number, bytes, or a list of (key, Value)."""

    def __init__(self, tag, sub, n, data):
        self.tag, self.sub, self.n, self.data = tag, sub, n, data


class Id:
    pass


# ---- reading ----

class Reader:
    def __init__(self, data):
        self.data = data
        self.owned = bytearray(len(data))  # 1: the byte means something

    def take(self, at, size, what):
        need(0 <= at and at + size <= len(self.data), at, f"{what} reaches beyond the file")
        need(not any(self.owned[at:at + size]), at, f"{what} lies on something else")
        self.owned[at:at + size] = b"\1" * size
        return self.data[at:at + size]

    def unpack(self, form, at, what):
        return struct.unpack("<" + form, self.take(at, struct.calcsize("<" + form), what))

    def read(self):
        need(self.data[:8] == MAGIC, 0, "not a BJSON file")
        need(len(self.data) >= 64, 0, "no header")
        head = self.take(0, 64, "the header")
        form, size, self.flags = struct.unpack_from("<HHI", head, 8)
        need((form, size) == (2, 64) and self.flags < 8, 8, "another format")
        need(crc32c(head[:60]) == struct.unpack_from("<I", head, 60)[0], 60, "header checksum")
        if self.flags & STREAMED:
            need(not any(head[16:60]), 16, "a streamed file with a full header")
            at = len(self.data) - 64
            need(self.data[at:at + 16] == b"END " + struct.pack("<IQ", 0, 48), at, "no END")
            head = head[:16] + self.data[at + 16:]
            need(crc32c(head[:60]) == struct.unpack_from("<I", head, 60)[0], at, "END checksum")
        (total, refs, self.id_count, key_count, keys, shapes, shape_count, _) = \
            struct.unpack_from("<QQIIQQII", head, 16)
        need(total == len(self.data), 16, "another size than stated")
        self.chunks = self.walk()
        where = {kind: at for at, kind, _ in self.chunks if kind in (b"KEYS", b"SHAP", b"REFS")}
        need(where == {b"KEYS": keys, b"SHAP": shapes, b"REFS": refs}, 24, "tables are elsewhere")
        self.read_keys(keys, key_count)
        self.read_shapes(shapes, shape_count)
        self.read_refs(refs)
        ids = {}
        for at, kind, length in self.chunks:
            if kind == b"ID  ":
                one = self.read_id(at, length)
                need(one.row not in ids, at, "two IDs of one row")
                ids[one.row] = one
        rows = []
        for row, (offset, time, crc, kind, flags, version) in enumerate(self.refs):
            need((row in ids) == (offset != 0), refs, "a row without an ID")
            one = ids.get(row, Id())
            one.chunk, one.time, one.flags, one.type, one.here = offset, time, flags, kind, row in ids
            need(not one.here or one.crc == crc, refs, "an ID's checksum")
            rows.append(one)
        self.read_rest()
        for at, (byte, owned) in enumerate(zip(self.data, self.owned)):
            need(owned or not byte, at, "padding that is not zero")
        return rows

    def walk(self):
        """The chunks as (offset, kind, length); what is unknown and small-lettered is owned whole."""
        at, chunks = 64, []
        need(len(self.data) % 16 == 0, len(self.data), "not whole chunks")
        while at < len(self.data):
            kind, aux, length = self.unpack("4sIQ", at, "a chunk")
            payload = self.data[at + 16:at + 16 + length]
            need(len(payload) == length, at, "a chunk beyond the end")
            summed = self.flags & CRC and kind not in (b"ID  ", b"END ", b"hole")
            need(aux == (crc32c(payload) if summed else 0), at + 4, "a chunk's checksum")
            if kind not in (b"ID  ", b"KEYS", b"SHAP", b"REFS", b"meta"):
                need(kind == b"END " or kind[0] in range(97, 123), at, "an unknown critical chunk")
                self.take(at + 16, length, "a chunk")
            chunks.append((at, kind, length))
            at += 16 + up(length, 16)
        return chunks

    def read_rest(self):
        """meta, hash and sign, and the chunks that are the programs' own."""
        self.meta, self.hashes, self.signs, self.own = None, [], [], []
        for at, kind, length in self.chunks:
            payload = self.data[at + 16:at + 16 + length]
            if kind == b"meta":
                need(self.meta is None, at, "a second meta")
                self.id, self.id_end, self.ref_count = at + 16, at + 16 + length, 0
                self.large = self.large_cursor = None
                self.meta = self.read_map(at + 16, at + 16 + length, 0)
            elif kind in (b"hash", b"sign"):
                need(length == 48 and payload[:4] == b"\1\0\0\0", at, "another hash or sign")
                need(not any(payload[8 - 4 * (kind == b"hash"):16]), at, "a hash's or sign's zeros")
                (self.hashes if kind == b"hash" else self.signs).append(payload)
            elif kind[0] in range(97, 123) and kind != b"hole":
                self.own.append((kind, payload))
        need(len(self.hashes) <= 1, 0, "a second hash")
        need(all(h[16:] in (bytes(32), self.digest()) for h in self.hashes), 0, "the hash is another")

    def digest(self):
        """SHA-256 of all that is outside hash and sign chunks."""
        digest, at = hashlib.sha256(), 0
        for chunk, kind, length in self.chunks + [(len(self.data), b"hash", 0)]:
            if kind in (b"hash", b"sign"):
                digest.update(self.data[at:chunk])
                at = chunk + 16 + up(length, 16)
        return digest.digest()

    def payload(self, at):
        return at + 16, struct.unpack_from("<Q", self.data, at + 8)[0]

    def read_keys(self, at, count):
        start, length = self.payload(at)
        texts = self.take(start, length, "KEYS").split(b"\0")
        need(texts.pop() == b"" and len(texts) == count, start, "KEYS does not hold its keys")
        need(all(a < b for a, b in zip(texts, texts[1:])), start, "KEYS is not in order")
        self.keys, offset = {}, 0
        for text in texts:
            self.keys[offset] = text.decode("utf-8")
            offset += len(text) + 1

    def read_shapes(self, at, count):
        start, length = self.payload(at)
        offsets = self.unpack(f"{count}I", start, "SHAP")
        place, self.shapes = up(4 * count, 8), []
        for offset in offsets:
            need(offset == place, start, "a shape is elsewhere")
            fields, size = self.unpack("II", start + place, "a shape")
            shape, used = [], set()
            for i in range(fields):
                field = self.unpack("IBBHII", start + place + 8 + 16 * i, "a field")
                key, tag, sub, n, offset, wide = field
                need(key in self.keys, start + place, "no such key")
                need(tag < 0xA0 and wide == (inline_size(tag, sub, n) or wide) and wide, start, "size")
                need((tag not in TYPED) or (sub >= 4 and n >= 1), start, "subtype")
                need(tag in TYPED or tag not in KNOWN or (sub, n) == (0, 0), start, "subtype")
                need(tag != VECTOR or n <= 64, start, "n")
                need(offset % field_alignment(tag, sub) == 0 and offset + wide <= size, start, "place")
                bytes_here = set(range(offset, offset + wide))
                need(not used & bytes_here, start + place, "fields overlap")
                used |= bytes_here
                shape.append(field)
            need(all(a[0] < b[0] for a, b in zip(shape, shape[1:])), start, "fields are not in order")
            self.shapes.append((shape, size))
            place += 8 + 16 * fields
        need(place == length, start, "SHAP is longer")

    def read_refs(self, at):
        start, length = self.payload(at)
        need(length == 24 * self.id_count, start, "REFS does not hold its rows")
        self.refs = [self.unpack("QqIBBH", start + 24 * i, "REFS") for i in range(self.id_count)]

    def read_id(self, at, length):
        one = Id()
        self.id, self.id_end = at + 16, at + 16 + length
        one.type, version = self.unpack("BH", self.id, "an ID")
        end = self.data.index(b"\0", self.id + 3)
        need(end - self.id - 3 <= 255, self.id, "a long name")
        one.name = self.take(self.id + 3, end + 1 - self.id - 3, "a name")[:-1].decode("utf-8")
        p = self.id + up(end + 1 - self.id, 8)
        size, shape = self.unpack("II", p, "P")
        need(size % 4 == 0, p, "P is not whole words")
        r = p + 8 + size
        one.row, count = self.unpack("II", r, "R")
        one.refs = self.unpack(f"{count}I", r + 8, "R")
        need(all(row < self.id_count or row == NONE for row in one.refs), r, "a reference outside REFS")
        need(self.refs[one.row][0] == at and self.refs[one.row][3:6:2] == (one.type, 2), at, "REFS differs")
        need(version == 2, at, "another version")
        self.large = up(r + 8 + 4 * count, 16)
        self.large_cursor = self.large
        need(self.large <= self.id_end, at, "an ID is cut short")
        self.ref_count = count
        one.values = self.read_record(shape, p + 8, r, 0)[0]
        one.crc = crc32c(self.data[self.id:self.id_end]) if self.flags & CRC else 0
        return one

    def read_record(self, shape, at, end, depth):
        """The values of a record at `at` and where its heap has been used up to."""
        need(shape < len(self.shapes), at, "no such shape")
        fields, size = self.shapes[shape]
        need(at + size <= end, at, "a record is cut short")
        cursor, values = at + size, []
        for key, tag, sub, n, offset, wide in fields:
            value, cursor = self.read_value(tag, sub, n, at + offset, wide, (cursor, end), depth)
            values.append((self.keys[key], value))
        return values, cursor

    def read_value(self, tag, sub, n, at, wide, heap, depth, in_list=False):
        cursor, end = heap
        row = n * element_size(sub)
        if tag < 0x80 and not (in_list and tag == VECTOR):
            data = self.take(at, wide, "a value")
            need(tag not in (NULL, BOOL) or data[0] <= tag, at, "a bool or null")
            if tag == REFERENCE or (tag == VECTOR and sub == SUB_REFERENCE):
                self.check_references(data, at)
            return Value(tag, sub, n, data), cursor
        offset, length = self.unpack("II", at, "a place")
        if tag >= 0x90:
            need(self.large is not None, at, "a large array in meta")
            place, length = self.large + 16 * offset, length * row
            need(place >= self.large_cursor and place + length <= self.id_end, at, "an array's place")
            self.large_cursor = place + length
            data = self.take(place, length, "an array")
            if sub == SUB_REFERENCE:
                self.check_references(data, place)
            return Value(tag, sub, n, data), cursor
        place = self.id + offset
        whole = length + (tag == STRING)
        need(place >= cursor and place + whole <= end, at, "a value's place")
        alignment = {STRING: 1, BYTES: 1, MAP: 8, LIST: 8, VECTOR: 8}.get(tag, 16)
        need(offset % alignment == 0, at, "a value's alignment")
        if tag in (MAP, LIST):
            need(depth < 32, at, "too deep")
            read = self.read_map if tag == MAP else self.read_list
            return Value(tag, sub, n, read(place, place + length, depth + 1)), place + whole
        data = self.take(place, whole, "a value")
        if tag == STRING:
            need(data[-1] == 0, place + length, "no NUL")
            data = data[:-1]
            data.decode("utf-8")
        if tag in (ARRAY, VECTOR):
            need(length == row if tag == VECTOR else length % row == 0, at, "not whole rows")
            if sub == SUB_REFERENCE:
                self.check_references(data, place)
        return Value(tag, sub, n, data), place + whole

    def check_references(self, data, at):
        for slot in struct.unpack(f"<{len(data) // 4}I", data):
            need(slot < self.ref_count or slot == NONE, at, "a reference that is not in R")

    def read_map(self, at, end, depth):
        shape, zero = self.unpack("II", at, "a map")
        need(zero == 0, at + 4, "a map's zero")
        return self.read_record(shape, at + 8, end, depth)[0]

    def read_list(self, at, end, depth):
        count, = self.unpack("I", at, "a list")
        slots = at + up(4 + 4 * count, 8)
        cursor, values = slots + 8 * count, []
        need(cursor <= end, at, "a list is cut short")
        for i in range(count):
            tag, sub, n = self.unpack("BBH", at + 4 + 4 * i, "a list's type")
            wide = (inline_size(tag, sub, n) or 8) if tag != VECTOR else 8
            value, cursor = self.read_value(tag, sub, n, slots + 8 * i, wide, (cursor, end), depth, True)
            values.append(("", value))
        return values


# ---- writing, canonically ----

def canonical_floats(sub, data):
    if sub not in NAN:
        return data
    nan, infinity, form = NAN[sub]
    words = struct.unpack(f"<{len(data) // struct.calcsize(form)}{form}", data)
    words = [nan if word & ~(1 << (8 * struct.calcsize(form) - 1)) > infinity else word for word in words]
    return struct.pack(f"<{len(words)}{form}", *words)


class Writer:
    def __init__(self, reader, rows):
        self.reader, self.rows, self.flags = reader, rows, reader.flags
        self.shapes, self.shape_of = [], {}

    def write(self):
        chunks, refs, at = b"", b"", 64
        for row, one in enumerate(self.rows):
            crc, offset = 0, 0
            if one.here:
                payload = self.write_id(row, one)
                crc = crc32c(payload) if self.flags & CRC else 0
                chunk = self.chunk(b"ID  ", payload, 0)
                offset, at, chunks = at, at + len(chunk), chunks + chunk
            refs += struct.pack("<QqIBBH", offset, one.time, crc, one.type, one.flags, 2)
        if self.reader.meta is not None:
            self.out, self.arrays, self.slots, self.old = bytearray(8), bytearray(), [], []
            struct.pack_into("<I", self.out, 0, self.record(self.reader.meta))
            need(not self.arrays and not self.slots, 0, "meta holds what it may not")
            chunk = self.chunk(b"meta", bytes(self.out), self.sum(self.out))
            at, chunks = at + len(chunk), chunks + chunk
        texts = sorted({key.encode() for shape in self.shapes for key, _, _, _, _ in shape})
        place, offset = {}, 0
        for text in texts:
            place[text] = offset
            offset += len(text) + 1
        keys = b"".join(text + b"\0" for text in texts)
        offset, index, body = up(4 * len(self.shapes), 8), b"", b""
        for shape in self.shapes:
            index += struct.pack("<I", offset + len(body))
            layout, size = self.layout(shape)
            body += struct.pack("<II", len(shape), size)
            for (key, tag, sub, n, wide), field in zip(shape, layout):
                body += struct.pack("<IBBHII", place[key.encode()], tag, sub, n, field, wide)
        shapes = index + bytes(offset - len(index)) + body
        tables, where = b"", []
        for kind, payload in ((b"KEYS", keys), (b"SHAP", shapes), (b"REFS", refs)):
            where.append(at + len(tables))
            tables += self.chunk(kind, payload, self.sum(payload))
        rest = self.reader.own + [(b"hash", h) for h in self.reader.hashes] + \
            [(b"sign", s) for s in self.reader.signs]
        for kind, payload in rest:
            tables += self.chunk(kind, payload, self.sum(payload))
        head = MAGIC + struct.pack("<HHIQQIIQQI", 2, 64, self.flags, at + len(tables), where[2],
                                   len(self.rows), len(texts), where[0], where[1], len(self.shapes))
        return head + struct.pack("<I", crc32c(head)) + chunks + tables

    def sum(self, payload):
        return crc32c(payload) if self.flags & CRC else 0

    def chunk(self, kind, payload, aux):
        return struct.pack("<4sIQ", kind, aux, len(payload)) + payload + bytes(-len(payload) % 16)

    def layout(self, shape):
        """Offsets of the fields, in the order of their keys, and the record's size."""
        offsets, end = [0] * len(shape), 0
        for alignment in (8, 4, 2, 1):
            for i, (_, tag, sub, _, wide) in enumerate(shape):
                if field_alignment(tag, sub) == alignment:
                    offsets[i] = up(end, alignment)
                    end = offsets[i] + wide
        return offsets, end

    def write_id(self, row, one):
        self.out = bytearray(struct.pack("<BH", one.type, 2) + one.name.encode() + b"\0")
        self.out += bytes(-len(self.out) % 8)
        self.slots, self.arrays, self.old = [], bytearray(), one.refs
        p = len(self.out)
        self.out += bytes(8)
        shape = self.record(one.values)
        self.out += bytes(-len(self.out) % 4)
        struct.pack_into("<II", self.out, p, len(self.out) - p - 8, shape)
        self.out += struct.pack(f"<II{len(self.slots)}I", row, len(self.slots), *self.slots)
        self.out += bytes(-len(self.out) % 16)
        return bytes(self.out + self.arrays)

    def record(self, values):
        """Appends a record and its heap; gives the number of its shape."""
        values = sorted(values, key=lambda pair: pair[0].encode())
        shape = tuple((key, v.tag, v.sub, v.n, inline_size(v.tag, v.sub, v.n) or len(v.data))
                      for key, v in values)
        if shape not in self.shape_of:
            self.shape_of[shape] = len(self.shapes)
            self.shapes.append(shape)
        offsets, size = self.layout(shape)
        start = len(self.out)
        self.out += bytes(size)
        for (_, value), offset in zip(values, offsets):
            self.value(value, start + offset)
        return self.shape_of[shape]

    def renumber(self, data):
        out = []
        for slot in struct.unpack(f"<{len(data) // 4}I", data):
            row = NONE if slot == NONE else self.old[slot]
            if row != NONE and row not in self.slots:
                self.slots.append(row)
            out.append(NONE if row == NONE else self.slots.index(row))
        return struct.pack(f"<{len(out)}I", *out)

    def value(self, value, at, in_list=False):
        tag, data = value.tag, value.data
        if tag == REFERENCE or (tag in TYPED and value.sub == SUB_REFERENCE):
            data = self.renumber(data)
        elif tag in (MAP, LIST):
            self.container(value, at)
            return
        if tag == F64 or tag in TYPED:
            data = canonical_floats(0x0F if tag == F64 else value.sub, data)
        if tag < 0x80 and not (in_list and tag == VECTOR):
            self.out[at:at + len(data)] = data
            return
        if tag >= LARGE:
            self.arrays += bytes(-len(self.arrays) % 16)
            rows = len(data) // (value.n * element_size(value.sub))
            struct.pack_into("<II", self.out, at, len(self.arrays) // 16, rows)
            self.arrays += data
            return
        alignment = {STRING: 1, BYTES: 1, VECTOR: 8}.get(tag, 16)
        self.out += bytes(-len(self.out) % alignment)
        struct.pack_into("<II", self.out, at, len(self.out), len(data))
        self.out += data + (b"\0" if tag == STRING else b"")

    def container(self, value, at):
        self.out += bytes(-len(self.out) % 8)
        start = len(self.out)
        if value.tag == MAP:
            self.out += bytes(8)
            struct.pack_into("<I", self.out, start, self.record(value.data))
        else:
            self.out += struct.pack("<I", len(value.data))
            for _, item in value.data:
                self.out += struct.pack("<BBH", item.tag, item.sub, item.n)
            self.out += bytes(-len(self.out) % 8)
            slots = len(self.out)
            self.out += bytes(8 * len(value.data))
            for i, (_, item) in enumerate(value.data):
                self.value(item, slots + 8 * i, True)
        struct.pack_into("<II", self.out, at, start, len(self.out) - start)


# ---- the program ----

def plain(value, refs):
    """A value as JSON has it: elements as numbers, references as rows."""
    forms = {4: "B", 5: "H", 6: "I", 7: "Q", 8: "b", 9: "h", 10: "i", 11: "q", 13: "e", 14: "f", 15: "d",
             18: "I"}
    tag, data = value.tag, value.data
    if tag in (MAP, LIST):
        return {k: plain(v, refs) for k, v in data} if tag == MAP else [plain(v, refs) for _, v in data]
    if tag == STRING:
        return data.decode()
    if tag in (NULL, BOOL):
        return None if tag == NULL else bool(data[0])
    if tag in TYPED and value.sub in forms:
        numbers = [x[0] for x in struct.iter_unpack("<" + forms[value.sub], data)]
        return [refs[x] if x != NONE else None for x in numbers] if value.sub == SUB_REFERENCE else numbers
    if tag == REFERENCE:
        slot = struct.unpack("<I", data)[0]
        return None if slot == NONE else refs[slot]
    form = {I64: "<q", F64: "<d", TIME: "<q", U64: "<Q"}.get(tag)
    return struct.unpack(form, data)[0] if form else data.hex()


def check(path):
    with open(path, "rb") as file:
        data = file.read()
    reader = Reader(data)
    rows = reader.read()
    if reader.flags & CANONICAL and not reader.flags & STREAMED:
        again = Writer(reader, rows).write()
        if again != data:
            at = next((i for i, (a, b) in enumerate(zip(again, data)) if a != b), min(len(again), len(data)))
            raise Bad(f"byte {at}: not canonical: {data[at:at + 8].hex(' ')}, expected "
                      f"{again[at:at + 8].hex(' ')} ({len(data)} bytes, expected {len(again)})")
    return rows


def main(arguments):
    dump = arguments[:1] == ["--dump"]
    bad = 0
    for path in arguments[dump:]:
        try:
            rows = check(path)
            if dump:
                print(json.dumps([{"type": r.type, "name": getattr(r, "name", None), "time": r.time,
                                   "properties": {k: plain(v, r.refs) for k, v in r.values} if r.here else None}
                                  for r in rows], indent=1))
            else:
                print(f"{path}: ok")
        except (Bad, UnicodeDecodeError, ValueError, struct.error) as error:
            print(f"{path}: {error}")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
