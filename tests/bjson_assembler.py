"""bjson_assembler.py - BJSON files from their meaning, laid out in any way the format allows.

    file = File({"bjson": 2, "ids": [{"type": "Object", "name": "A", "properties": {"x": 1}}]})
    file.bytes                       the canonical file
    file.labels["0.x"]               where ID 0's value x stands in it
    File(meaning, streamed=True)     laid out in another way

Made from the layout in src/scene/bjson.h alone, and from the JSON form in src/scene/bjson_json.h;
it shares no code with any reader or writer. Nothing is checked: it also makes what is invalid.
"""
import base64
import hashlib
import hmac
import struct

NONE = 0xFFFFFFFF
TYPES = ("Object Mesh Material Camera Light Image Texture Collection Scene World Armature Action "
         "Curve NodeTree Text Key").split()
SUBTYPES = {"u8": (0x04, "B"), "u16": (0x05, "H"), "u32": (0x06, "I"), "u64": (0x07, "Q"),
            "i8": (0x08, "b"), "i16": (0x09, "h"), "i32": (0x0A, "i"), "i64": (0x0B, "q"),
            "f16": (0x0D, "e"), "f32": (0x0E, "f"), "f64": (0x0F, "d"), "ref": (0x12, "I")}
CANONICAL_NAN = {"f16": b"\0\x7e", "f32": b"\0\0\xc0\x7f", "f64": b"\0\0\0\0\0\0\xf8\x7f"}
NULL, BOOL, I64, F64, TIME, REFERENCE, U64, VECTOR = 0, 1, 2, 3, 4, 5, 7, 8
STRING, BYTES, ARRAY, MAP, LIST, LARGE = 0x80, 0x81, 0x82, 0x83, 0x84, 0x90
KEY = b"the key of the vectors"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def up(value, alignment):
    return -(-value // alignment) * alignment


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


def u64(value):
    return struct.pack("<Q", value)


# ---- a value of the JSON form, as tag, subtype, n and what it holds ----

def elements(name, data):
    form = "<" + SUBTYPES[name][1]
    if name == "ref":
        return [NONE if row is None else row for row in data]
    out = b""
    for x in data:
        if x == "NaN":
            out += CANONICAL_NAN[name]
        else:
            out += struct.pack(form, float(x) if name[0] == "f" else int(x))
    return out


class Value:
    def __init__(self, json_value):
        v = json_value
        self.tag, self.sub, self.n, self.data = self.parse(v)

    def parse(self, v):
        if v is None:
            return NULL, 0, 0, b"\0"
        if isinstance(v, bool):
            return BOOL, 0, 0, bytes([v])
        if isinstance(v, int):
            return I64, 0, 0, struct.pack("<q", v)
        if isinstance(v, float):
            return F64, 0, 0, struct.pack("<d", v)
        if isinstance(v, str):
            return STRING, 0, 0, v.encode("utf-8", "surrogatepass")
        if isinstance(v, list):
            return LIST, 0, 0, [Value(x) for x in v]
        form = next(iter(v), "")
        if not form.startswith("$") or form.startswith("$$"):
            pairs = [(k[1:] if k.startswith("$") else k, Value(x)) for k, x in v.items()]
            return MAP, 0, 0, sorted(pairs, key=lambda pair: pair[0].encode())
        given = v[form]
        if form == "$i64":
            return I64, 0, 0, struct.pack("<q", int(given))
        if form == "$u64":
            return U64, 0, 0, u64(int(given))
        if form == "$time":
            return TIME, 0, 0, struct.pack("<q", int(given))
        if form == "$f64":
            return F64, 0, 0, elements("f64", [given])
        if form == "$ref":
            return REFERENCE, 0x12, 1, [NONE if given is None else given]
        if form == "$bytes":
            return BYTES, 0, 0, base64.b64decode(given)
        if form == "$tag":
            data = elements("ref", v["data"]) if "data" in v else base64.b64decode(v["bytes"])
            return given, v["subtype"], v["n"], data
        tag = {"$vector": VECTOR, "$array": ARRAY, "$large": LARGE}[form]
        if not isinstance(given, str):
            data = base64.b64decode(v["base64"])
            return tag, given, len(data) >> (given & 3) if tag == VECTOR else v.get("n", 1), data
        n = len(v["data"]) if tag == VECTOR else v.get("n", 1)
        return tag, SUBTYPES[given][0], n, elements(given, v["data"])

    def type(self):
        """Tag, subtype and n as files state them."""
        return (REFERENCE, 0, 0) if self.tag == REFERENCE else (self.tag, self.sub, self.n)

    def inline(self):
        """Bytes in a record."""
        if self.tag >= 0x80:
            return 8
        return len(self.data) * (4 if isinstance(self.data, list) else 1)

    def alignment(self):
        fixed = {NULL: 1, BOOL: 1, I64: 8, F64: 8, TIME: 8, U64: 8, REFERENCE: 4}
        return fixed.get(self.tag, 4 if self.tag >= 0x80 else 1 << (self.sub & 3))


def canonical_layout(shape):
    offsets, end = [0] * len(shape), 0
    for alignment in (8, 4, 2, 1):
        for i, (_, _, size, own) in enumerate(shape):
            if own == alignment:
                offsets[i], end = end, end + size
    return offsets, end


def struct_layout(shape):
    """As a C struct whose members are declared by key: with gaps."""
    offsets, end = [], 0
    for _, _, size, own in shape:
        offsets.append(up(end, own))
        end = offsets[-1] + size
    return offsets, up(end, 8)


def reversed_layout(shape):
    """As a C struct whose members are declared against the order of the keys."""
    offsets, size = struct_layout(shape[::-1])
    return offsets[::-1], size + 8


# ---- the assembler ----

class File:
    """A file made from its meaning. Options, all absent in canonical files: streamed; order (of the
    rows in the file); holes (bytes, before each ID); tables ("first" or an order such as "SRK");
    layout (of records); gap (zeros in the heap before each value); slack (zeros behind all that has
    a size of its own); refs (rows in R before those needed); keys (that no shape uses); extra
    (chunks as (kind, payload) pairs that the meaning does not know); seals (hash and sign)."""

    def __init__(self, meaning, flags=None, **options):
        self.meaning, self.options = meaning, options
        self.crc = bool(meaning.get("crc"))
        self.labels = {}
        self.shapes = []  # tuples of (key, type, size, alignment)
        self.pending = []
        ids = {row: self.id_payload(row, one) for row, one in enumerate(meaning["ids"])
               if not one.get("deleted") and not one.get("external")}
        meta = self.meta_payload(meaning["meta"]) if "meta" in meaning else None
        canonical = not options or set(options) == {"seals"}
        if flags is None:
            flags = 1 * bool(options.get("streamed")) | 2 * self.crc | 4 * canonical
        self.bytes = bytearray(bytes.fromhex("89424A534E0D0A1A") + struct.pack("<HHI", 2, 64, flags)
                               + bytes(48))
        tables = options.get("tables", "KSR")
        before, after = ("KSR", "") if tables == "first" else ("", tables)
        self.where, self.refs = {}, []
        keys, shapes = self.key_table(), self.shape_table()
        rows = len(meaning["ids"])
        payloads = {"K": (b"KEYS", keys), "S": (b"SHAP", shapes), "R": (b"REFS", bytes(24 * rows))}
        for table in before:
            self.where[table] = self.chunk(*payloads[table])
        for row in options.get("order", ids):
            if options.get("holes"):
                self.chunk(b"hole", bytes([0xAB]) * options["holes"])
            ids[row] = self.chunk(b"ID  ", ids[row], f"{row}."), ids[row]
        if meta is not None:
            self.chunk(b"meta", meta, "meta.")
        for table in after:
            self.where[table] = self.chunk(*payloads[table])
        for c in meaning.get("chunks", []):
            kind = c["kind"].encode() if isinstance(c["kind"], str) else c["kind"].to_bytes(4, "little")
            self.chunk(kind, base64.b64decode(c["bytes"]), f"{c['kind']}.")
        for kind, payload in options.get("extra", []):
            self.chunk(kind, payload, kind.decode() + ".")
        self.fill_refs(ids)
        for kind in options.get("seals", []):
            self.chunk(kind, bytes(48), kind.decode() + ".")
        self.count = rows, self.key_count, len(self.shapes)
        if options.get("streamed"):
            self.chunk(b"END ", bytes(48), "END.")
        self.fix()
        if options.get("seals"):
            self.seal()

    # -- small steps --

    def chunk(self, kind, payload, prefix=None):
        at = len(self.bytes)
        summed = self.crc and kind not in (b"ID  ", b"END ", b"hole")
        self.bytes += kind + u32(crc32c(payload) if summed else 0) + u64(len(payload)) + payload
        self.bytes += bytes(-len(self.bytes) % 16)
        prefix = prefix or kind.decode() + "."
        self.labels.update({prefix + "chunk": at, prefix + "aux": at + 4, prefix + "length": at + 8,
                            prefix + "payload": at + 16, prefix + "end": at + 16 + len(payload)})
        for place in [p for p in self.pending if p[0].startswith(prefix)]:
            self.labels[place[0]] = at + 16 + place[1]
            self.pending.remove(place)
        return at

    def label(self, name):
        self.pending.append((self.prefix + name, len(self.out)))

    def key_table(self):
        texts = {key.encode() for shape in self.shapes for key, *_ in shape}
        texts = sorted(texts | {key.encode() for key in self.options.get("keys", [])})
        self.key_at, out = {}, b""
        for text in texts:
            self.key_at[text.decode()] = len(out)
            self.pending.append(("KEYS." + text.decode(), len(out)))
            out += text + b"\0"
        self.key_count = len(texts)
        return out

    def shape_table(self):
        at, index, body = up(4 * len(self.shapes), 8), b"", b""
        for number, shape in enumerate(self.shapes):
            index += u32(at + len(body))
            offsets, size = self.layout(shape)
            self.pending.append((f"SHAP.{number}", at + len(body)))
            body += u32(len(shape), size)
            for (key, kind, wide, _), offset in zip(shape, offsets):
                self.pending.append((f"SHAP.{number}.{key}", at + len(body)))
                body += u32(self.key_at[key]) + struct.pack("<BBH", *kind) + u32(offset, wide)
        return index + bytes(at - len(index)) + body

    def layout(self, shape):
        return self.options.get("layout", canonical_layout)(shape)

    def fill_refs(self, ids):
        table = self.where["R"] + 16
        for row, one in enumerate(self.meaning["ids"]):
            kind = one["type"] if isinstance(one["type"], int) else TYPES.index(one["type"])
            flags = one.get("flags", 0) | bool(one.get("deleted")) | 2 * bool(one.get("external"))
            at, payload = ids.get(row, (0, b""))
            crc = crc32c(payload) if self.crc and at else 0
            struct.pack_into("<QqIBBH", self.bytes, table + 24 * row, at, int(one.get("time", 0)),
                             crc, kind, flags, 2)
            self.labels[f"REFS.{row}"] = table + 24 * row
        if self.crc:
            struct.pack_into("<I", self.bytes, table - 12, crc32c(self.bytes[table:table + 24 * len(
                self.meaning["ids"])]))

    def fix(self):
        """Header or END, and its checksum, from what is known."""
        rows, keys, shapes = self.count
        tail = struct.pack("<QQIIQQI", len(self.bytes), self.where["R"], rows, keys,
                           self.where["K"], self.where["S"], shapes)
        streamed = self.options.get("streamed")
        at = len(self.bytes) - 48 if streamed else 16
        self.bytes[at:at + 44] = tail
        self.labels.update({name: at - 16 + place for name, place in (
            ("size", 16), ("refs", 24), ("ids", 32), ("keys", 36), ("keys_at", 40),
            ("shapes_at", 48), ("shapes", 56), ("crc", 60))})
        self.fix_crc()

    def fix_crc(self):
        struct.pack_into("<I", self.bytes, 60, crc32c(self.bytes[:60]))
        if self.bytes[12] & 1 and self.bytes[-64:-60] == b"END ":
            struct.pack_into("<I", self.bytes, len(self.bytes) - 4,
                             crc32c(self.bytes[:16] + self.bytes[-48:-4]))

    def seal(self):
        places = [p for name, p in self.labels.items() if name in ("hash.chunk", "sign.chunk")]
        outside, at = b"", 0
        for place in sorted(places):
            outside, at = outside + self.bytes[at:place], place + 64
        digest = hashlib.sha256(outside + self.bytes[at:]).digest()
        if "hash.chunk" in self.labels:
            at = self.labels["hash.payload"]
            self.bytes[at:at + 48] = u32(1, 0, 0, 0) + digest
        if "sign.chunk" in self.labels:
            at = self.labels["sign.payload"]
            head = u32(1, 7, 0, 0)
            self.bytes[at:at + 48] = head + hmac.new(KEY, head + digest, "sha256").digest()
        for kind in ("hash", "sign"):
            if self.crc and kind + ".chunk" in self.labels:
                at = self.labels[kind + ".payload"]
                struct.pack_into("<I", self.bytes, at - 12, crc32c(self.bytes[at:at + 48]))

    # -- payloads --

    def id_payload(self, row, one):
        kind = one["type"] if isinstance(one["type"], int) else TYPES.index(one["type"])
        self.prefix, self.out, self.arrays = f"{row}.", bytearray(), bytearray()
        self.slots = list(self.options.get("refs", []))
        self.label("type")
        self.out += struct.pack("<BH", kind, 2)
        self.label("name")
        self.out += one["name"].encode() + b"\0"
        self.label("name_end")
        self.out += bytes(-len(self.out) % 8)
        self.label("P")
        start = len(self.out)
        self.out += bytes(8)
        shape = self.record(Value(one["properties"]).data, "")
        self.label("heap_end")
        self.out += bytes(self.options.get("slack", 0)) + bytes(-len(self.out) % 4)
        struct.pack_into("<II", self.out, start, len(self.out) - start - 8, shape)
        self.label("R")
        self.out += u32(row, len(self.slots), *self.slots)
        self.label("R_end")
        self.out += bytes(-len(self.out) % 16)
        self.label("L")
        return bytes(self.out + self.arrays)

    def meta_payload(self, values):
        self.prefix, self.out, self.arrays, self.slots = "meta.", bytearray(8), bytearray(), []
        struct.pack_into("<I", self.out, 0, self.record(Value(values).data, ""))
        return bytes(self.out)

    def slot(self, row):
        if row == NONE:
            return NONE
        if row not in self.slots:
            self.slots.append(row)
        return self.slots.index(row)

    def reserve(self, alignment):
        self.out += bytes(self.options.get("gap", 0))
        self.out += bytes(-len(self.out) % alignment)
        return len(self.out)

    def record(self, values, path):
        shape = tuple((key, v.type(), v.inline(), v.alignment()) for key, v in values)
        if shape not in self.shapes:
            self.shapes.append(shape)
        offsets, size = self.layout(shape)
        start = len(self.out)
        self.label(path + "record")
        self.out += bytes(size)
        for (key, value), offset in zip(values, offsets):
            self.value(value, start + offset, path + key)
        return self.shapes.index(shape)

    def value(self, v, at, path, in_list=False):
        """A value's inline bytes at `at`, what it owns at the heap's end."""
        self.pending.append((self.prefix + path, at))
        data = v.data
        if v.tag in (MAP, LIST):
            return self.container(v, at, path)
        if isinstance(data, list):  # rows: the slots of the ID are in the order of their use
            data = u32(*[self.slot(row) for row in data])
        if v.tag >= 0x90:
            self.arrays += bytes(-len(self.arrays) % 16)
            rows = len(data) // (v.n << (v.sub & 3))
            struct.pack_into("<II", self.out, at, len(self.arrays) // 16, rows)
            self.arrays += data
        elif v.tag < 0x80 and not (in_list and v.tag == VECTOR):
            self.out[at:at + len(data)] = data
        else:
            place = self.reserve({STRING: 1, BYTES: 1, VECTOR: 8}.get(v.tag, 16))
            self.label(path + "@")
            struct.pack_into("<II", self.out, at, place, len(data))
            self.out += data + b"\0" * (v.tag == STRING)

    def container(self, v, at, path):
        start = self.reserve(8)
        self.label(path + "@")
        if v.tag == MAP:
            self.out += bytes(8)
            struct.pack_into("<I", self.out, start, self.record(v.data, path + "."))
        else:
            self.out += u32(len(v.data))
            self.label(path + "[types]")
            for item in v.data:
                self.out += struct.pack("<BBH", *item.type())
            self.out += bytes(-len(self.out) % 8)
            slots = len(self.out)
            self.out += bytes(8 * len(v.data))
            for i, item in enumerate(v.data):
                self.value(item, slots + 8 * i, f"{path}[{i}]", True)
        self.label(path + "[end]")
        self.out += bytes(self.options.get("slack", 0))
        struct.pack_into("<II", self.out, at, start, len(self.out) - start)
