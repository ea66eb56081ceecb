"""bjson.py - read and write BJSON v2 files; what is read stays where it is. No packages needed.

    python3 bjson.py FILE...                 checks files and prints what they hold

    import bjson, mmap
    with open("scene.bjson", "rb") as f:
        scene = bjson.File(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
    cube = scene.find("Cube")                # an Id, or None; also scene[row], and iteration
    cube.properties["location"].data         # a memoryview of three floats, in the file
    cube.properties["location"].numpy()      # the same memory as an array, where numpy is there
    mesh = scene[cube.properties["mesh"].row]

    bjson.write([bjson.Item(0, "Cube", {"mass": 2.5, "parts": [1, "two"]})])    # bytes

File() checks every byte of structure (layout: src/scene/bjson.h) and raises Error with the offset
of the fault, as the C library does. Values: None, bool, int (i64), float (f64), str, list, dict,
bytes; Time and U64 (ints); Ref(row), None for no row; Array(tag, subtype, n, data) for VECTOR,
ARRAY and LARGE, data being any buffer, or a list of rows where the subtype is "ref"; Unknown for
what a later version wrote. What is read can be written: write(scene, meta=scene.meta) gives a
canonical file. Beside it: bjson_layout.py, bjson_validate.py. Little-endian machines only."""
import collections
import mmap
import struct
import sys

import bjson_validate
from bjson_layout import *  # noqa: F403 - its names are names of this module too


# ---- values that Python has no type for ----

class Time(int):
    """Nanoseconds since 1970."""


class U64(int):
    """An integer to be stored unsigned."""


Ref = collections.namedtuple("Ref", "row")
Unknown = collections.namedtuple("Unknown", "tag subtype n data")


class Array(collections.namedtuple("Array", "tag subtype n data")):
    """Numbers: a VECTOR of n, or rows of n. data is a memoryview of them (f16: of their bits)."""
    __slots__ = ()

    def numpy(self):
        """The same memory as a numpy array; rows are its first axis where n > 1."""
        import numpy
        if self.subtype == "ref":
            flat = numpy.array([NONE if row is None else row for row in self.data], "u4")
        else:
            flat = numpy.frombuffer(self.data, self.subtype[0] + str(int(self.subtype[1:]) // 8))
        return flat if self.tag == VECTOR or self.n == 1 else flat.reshape(-1, self.n)


class Item:
    """An ID to be written. properties None: only a row, and flags say DELETED or EXTERNAL."""

    def __init__(self, type, name="", properties=None, time=0, flags=0):
        self.type, self.name, self.properties, self.time, self.flags = type, name, properties, time, flags


# ---- reading ----

class File:
    """An open file over bytes, a bytearray, an mmap... check=False skips the pass over the whole file,
    for one that was just written or checked: wrong values are then possible, a crash is not."""

    def __init__(self, source, check=True):
        self.view = view = memoryview(source).cast("B")
        if check:
            bjson_validate.check(view)
        self._shapes, self.flags = {}, self.u32(12)
        head = len(view) - 64 if self.flags & STREAMED else 0
        self.size, refs, self.id_count, self.key_count, keys, shapes, self.shape_count = \
            struct.unpack_from("<QQIIQQI", view, head + 16)
        self.refs, self.keys, self.shapes = refs + 16, keys + 16, shapes + 16

    def __len__(self):
        return self.id_count

    def __getitem__(self, row):
        if not 0 <= row < self.id_count:
            raise IndexError(row)
        return Id(self, row)

    def find(self, name, type=None):
        """The first ID of that name (and type), or None."""
        return next((i for i in self if i.here and i.name == name and type in (None, i.type)), None)

    def chunks(self):
        """(kind, offset of the payload, size) of all chunks."""
        at = 64
        while at + 16 <= len(self.view):
            size = self.u64(at + 8)
            yield bytes(self.view[at:at + 4]), at + 16, size
            at += 16 + up(size, 16)

    @property
    def meta(self):
        """The map of the meta chunk, or None."""
        at = next((at for kind, at, _ in self.chunks() if kind == b"meta"), 0)
        return self.record((at, {}, 0), self.u32(at), at + 8) if at else None

    def u32(self, at):
        return struct.unpack_from("<I", self.view, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.view, at)[0]

    def text_bytes(self, at):  # up to its NUL
        size = 64
        while (end := bytes(self.view[at:at + size]).find(b"\0")) < 0 and at + size < len(self.view):
            size *= 4
        return bytes(self.view[at:at + end])

    def text(self, at):
        return str(self.text_bytes(at), "utf-8")

    def shape(self, number):
        """[(key, tag, subtype, n, offset, size)] in the order of keys, decoded once a shape."""
        if number not in self._shapes:
            at = self.shapes + self.u32(self.shapes + 4 * number)
            fields = struct.iter_unpack("<IBBHII", self.view[at + 8:at + 8 + 16 * self.u32(at)])
            self._shapes[number] = [(self.text(self.keys + f[0]), *f[1:]) for f in fields]
        return self._shapes[number]

    def record(self, one, shape, at):
        """A property map; `one` is (offset of the ID's payload, rows by slot, offset of L)."""
        return {key: self.value(one, tag, sub, n, at + offset, size)
                for key, tag, sub, n, offset, size in self.shape(shape)}

    def value(self, one, tag, sub, n, at, size, listed=False):
        view = self.view
        if tag in (NULL, BOOL):
            return None if tag == NULL else bool(view[at])
        if tag in (I64, TIME, F64, UNSIGNED):
            number = struct.unpack_from({F64: "<d", UNSIGNED: "<Q"}.get(tag, "<q"), view, at)[0]
            return {TIME: Time, UNSIGNED: U64}.get(tag, lambda x: x)(number)
        if tag == REFERENCE:
            return Ref(one[1].get(self.u32(at)))
        if tag >= 0x80 or (listed and tag == VECTOR):
            offset, size = struct.unpack_from("<II", view, at)
            at = one[0] + offset
            if tag >= 0x90:
                at, size = one[2] + 16 * offset, size * (n << (sub & 3))
        data = view[at:at + size]
        if tag in (STRING, BYTES):
            return str(data, "utf-8") if tag == STRING else data
        if tag == MAP:
            return self.record(one, self.u32(at), at + 8)
        if tag == LIST:
            count = self.u32(at)
            types = struct.iter_unpack("<BBH", data[4:4 + 4 * count])
            slots = at + up(4 + 4 * count, 8)
            return [self.value(one, *kind, slots + 8 * i, 8, True) for i, kind in enumerate(types)]
        if sub == 18 and has_subtype(tag):
            data = [one[1].get(slot) for slot in data.cast("I")]
        elif tag in KNOWN and sub in SUB_NAMES:
            data = data.cast(FORMATS[sub])
        known = tag in KNOWN and sub in SUB_NAMES
        return Array(tag, SUB_NAMES[sub], n, data) if known else Unknown(tag, sub, n, data)


class Id:
    """One row: type, name, time, flags; here is False where there is a row only (deleted or
    external); properties is then None, else a dict, decoded on each use."""

    def __init__(self, file, row):
        chunk, self.time, _, self.type, self.flags, _ = struct.unpack_from(
            "<QqIBBH", file.view, file.refs + 24 * row)
        self.file, self.row, self.here, self.at = file, row, chunk != 0, chunk + 16

    @property
    def name(self):
        return self.file.text(self.at + 3) if self.here else ""

    @property
    def properties(self):
        if not self.here:
            return None
        file = self.file
        place = up(self.at + 4 + len(file.text_bytes(self.at + 3)), 8)
        refs = place + 8 + file.u32(place)
        large = up(refs + 8 + 4 * file.u32(refs + 4), 16)
        rows = file.view[refs + 8:refs + 8 + 4 * file.u32(refs + 4)].cast("I")
        rows = {slot: row for slot, row in enumerate(rows) if row != NONE}
        return file.record((self.at, rows, large), file.u32(place + 4), place + 8)


# ---- writing ----

def write(items, crc=False, meta=None, chunks=()):
    """The bytes of a canonical file. items: Item or Id, by row; meta: a dict; chunks: (kind, data)
    pairs of chunks that begin with a small letter."""
    items = list(items)
    out, data, refs = _Writer(len(items)), bytearray(64), bytearray()
    payloads = [None if one.properties is None else out.payload(row, one) for row, one in enumerate(items)]
    meta = None if meta is None else out.meta(meta)

    def chunk(kind, payload):
        at = len(data)
        aux = crc32c(payload) if crc and kind != b"ID  " else 0
        data.extend(struct.pack("<4sIQ", kind, aux, len(payload)))
        data.extend(payload)
        data.extend(bytes(-len(data) % 16))
        return at

    for item, payload in zip(items, payloads):
        at = 0 if payload is None else chunk(b"ID  ", payload)
        refs += struct.pack("<QqIBBH", at, item.time, crc32c(payload) if crc and at else 0, item.type,
                            item.flags, 2)
    if meta is not None:
        chunk(b"meta", meta)
    keys, shapes = out.tables()
    places = [chunk(*table) for table in ((b"KEYS", keys), (b"SHAP", shapes), (b"REFS", refs))]
    for kind, payload in chunks:
        chunk(kind, payload)
    struct.pack_into("<8sHHIQQIIQQI", data, 0, MAGIC, 2, 64, CANONICAL | CRC * bool(crc), len(data),
                     places[2], len(items), out.key_count, *places[:2], len(out.shapes))
    struct.pack_into("<I", data, 60, crc32c(data[:60]))
    return bytes(data)


def _canonical(sub, data):
    """Elements as bytes, every NaN the canonical one."""
    data, size = memoryview(data).cast("B"), 1 << (sub & 3)
    if sub not in (13, 14, 15):
        return data
    infinity = {13: 0x7C00, 14: 0x7F800000, 15: 0x7FF << 52}[sub]
    nan, positive = infinity | (infinity & -infinity) >> 1, (1 << 8 * size - 1) - 1
    odd = [i for i, word in enumerate(data.cast(FORMATS[sub] if sub == 13 else "IQ"[sub - 14]))
           if word & positive > infinity]
    if odd:
        data = bytearray(data)
        for i in odd:
            data[i * size:i * size + size] = nan.to_bytes(size, "little")
    return data


def _typed(value):
    """A value as (tag, subtype, n, its bytes or rows or items)."""
    if isinstance(value, Array):
        tag, sub, n = value.tag, SUBTYPES[value.subtype], value.n
        data = value.data if sub == 18 else _canonical(sub, value.data)
        size, row = len(data) * (4 if sub == 18 else 1), n << (sub & 3)
        if not 1 <= n <= (64 if tag == VECTOR else 65535) or (size != row if tag == VECTOR else size % row):
            raise ValueError("an Array whose data is not whole rows, or whose n is out of range")
        return tag, sub, n, data
    if isinstance(value, Unknown):
        return value
    for kind, tag, store in _STORE:
        if isinstance(value, kind):
            return tag, 0, 0, store(value)
    raise TypeError(f"{type(value).__name__} is none of the types that this module lists on top")


# What Python type becomes what tag, and how it is stored; the first that fits is taken.
_STORE = ((type(None), NULL, lambda value: b"\0"), (bool, BOOL, lambda value: bytes([value])),
          (Ref, REFERENCE, lambda value: [value.row]),
          (U64, UNSIGNED, lambda value: struct.pack("<Q", value)),
          (Time, TIME, lambda value: struct.pack("<q", value)),
          (int, I64, lambda value: struct.pack("<q", value)),
          (float, F64, lambda value: _canonical(15, struct.pack("<d", value))),
          (str, STRING, str.encode), (dict, MAP, lambda value: value),
          ((list, tuple), LIST, lambda value: value),
          ((bytes, bytearray, memoryview), BYTES, lambda value: memoryview(value).cast("B")))


class _Writer:
    """Payloads one after another; shapes are numbered in the order of their first use."""

    def __init__(self, rows):
        self.rows, self.shapes = rows, {}  # ((key, tag, subtype, n, size), ...): number

    def tables(self):
        texts = sorted({field[0] for shape in self.shapes for field in shape})
        self.key_count, place, end = len(texts), {}, 0
        for text in texts:
            place[text], end = end, end + len(text) + 1
        at, index, body = up(4 * len(self.shapes), 8), b"", b""
        for shape in self.shapes:
            index += struct.pack("<I", at + len(body))
            offsets, size = layout([field[1:] for field in shape])
            body += struct.pack("<II", len(shape), size)
            for (key, tag, sub, n, wide), offset in zip(shape, offsets):
                body += struct.pack("<IBBHII", place[key], tag, sub, n, offset, wide)
        return b"".join(text + b"\0" for text in texts), index + bytes(at - len(index)) + body

    def payload(self, row, item):
        name = item.name.encode()
        if len(name) > 255 or b"\0" in name:
            raise ValueError("a name is over 255 bytes or has a NUL")
        self.out, self.arrays, self.slots = bytearray(struct.pack("<BH", item.type, 2)), bytearray(), {}
        self.out += name + bytes(1 + -(len(name) + 4) % 8)
        start = len(self.out)
        self.out += bytes(8)
        shape = self.record(item.properties, 0)
        self.pad(4)
        struct.pack_into("<II", self.out, start, len(self.out) - start - 8, shape)
        self.out += struct.pack(f"<II{len(self.slots)}I", row, len(self.slots), *self.slots)
        self.pad(16)
        return self.out + self.arrays

    def meta(self, values):
        self.out, self.arrays, self.slots, self.rows = bytearray(8), bytearray(), {}, 0
        struct.pack_into("<I", self.out, 0, self.record(values, 0))
        if self.arrays:
            raise ValueError("meta has no large arrays")
        return self.out

    def pad(self, aligned):
        self.out += bytes(-len(self.out) % aligned)

    def record(self, values, depth):
        values = sorted(((key.encode(), _typed(value)) for key, value in values.items()),
                        key=lambda pair: pair[0])
        shape = tuple((key, tag, sub, n, inline_size(tag, sub, n) or len(data))
                      for key, (tag, sub, n, data) in values)
        if any(b"\0" in key for key, _ in values):
            raise ValueError("a key with a NUL")
        number = self.shapes.setdefault(shape, len(self.shapes))
        offsets, size = layout([field[1:] for field in shape])
        start = len(self.out)
        self.out += bytes(size)
        for (_, value), offset in zip(values, offsets):
            self.value(value, start + offset, depth)
        return number

    def slot(self, row):
        if row is not None and not 0 <= row < self.rows:
            raise ValueError("a reference to a row that is not there")
        return struct.pack("<I", NONE if row is None else self.slots.setdefault(row, len(self.slots)))

    def value(self, typed, at, depth, listed=False):
        """A value's inline bytes at `at`, what it owns at the heap's end."""
        tag, sub, n, data = typed
        if tag in (MAP, LIST):
            return self.container(tag, data, at, depth + 1)
        if tag == REFERENCE or sub == 18 and has_subtype(tag):
            data = b"".join(map(self.slot, data))
        if tag >= 0x90:
            self.arrays += bytes(-len(self.arrays) % 16)
            struct.pack_into("<II", self.out, at, len(self.arrays) // 16, len(data) // (n << (sub & 3)))
            self.arrays += data
        elif tag < 0x80 and not (listed and tag == VECTOR):
            if listed and len(data) > 8:
                raise ValueError("a value in a list that is larger than its slot")
            self.out[at:at + len(data)] = data
        else:
            self.pad({STRING: 1, BYTES: 1, VECTOR: 8}.get(tag, 16))
            struct.pack_into("<II", self.out, at, len(self.out), len(data))
            self.out += data
            self.out += b"\0" * (tag == STRING)

    def container(self, tag, data, at, depth):
        if depth > 32:
            raise ValueError("maps and lists nest more than 32 deep")
        self.pad(8)
        start = len(self.out)
        if tag == MAP:
            self.out += bytes(8)
            struct.pack_into("<I", self.out, start, self.record(data, depth))
        else:
            items = [_typed(item) for item in data]
            self.out += struct.pack("<I", len(items))
            for item in items:
                self.out += struct.pack("<BBH", *item[:3])
            self.pad(8)
            slots = len(self.out)
            self.out += bytes(8 * len(items))
            for i, item in enumerate(items):
                self.value(item, slots + 8 * i, depth, True)
        struct.pack_into("<II", self.out, at, start, len(self.out) - start)


def main(paths):
    bad = 0
    if not paths or paths[0].startswith("-"):
        sys.exit(__doc__)
    for path in paths:
        try:
            with open(path, "rb") as f:
                file = File(mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            print(f"{path}: {getattr(error, 'strerror', None) or error}")
            bad = 1
            continue
        print(f"{path}: {file.size} bytes, {len(file)} IDs, {file.shape_count} shapes")
        for one in file:
            kind = TYPES[one.type] if one.type < len(TYPES) else str(one.type)
            print(f"{one.row:6} {kind:10} {one.name:24}", ", ".join(one.properties or ()))
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
