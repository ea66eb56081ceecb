"""bjson_layout.py - the numbers of BJSON v2 files, as src/scene/bjson.h explains them."""

MAGIC = b"\x89BJSN\r\n\x1a"
NONE = 0xFFFFFFFF
STREAMED, CRC, CANONICAL = 1, 2, 4
DELETED, EXTERNAL = 1, 2
NULL, BOOL, I64, F64, TIME, REFERENCE, UNSIGNED, VECTOR = 0, 1, 2, 3, 4, 5, 7, 8
STRING, BYTES, ARRAY, MAP, LIST, LARGE = 0x80, 0x81, 0x82, 0x83, 0x84, 0x90
TYPES = ("Object Mesh Material Camera Light Image Texture Collection Scene World Armature Action "
         "Curve NodeTree Text Key").split()
SUBTYPES = {"u8": 4, "u16": 5, "u32": 6, "u64": 7, "i8": 8, "i16": 9, "i32": 10, "i64": 11,
            "f16": 13, "f32": 14, "f64": 15, "ref": 18}
SUB_NAMES = {code: name for name, code in SUBTYPES.items()}
FORMATS = {4: "B", 5: "H", 6: "I", 7: "Q", 8: "b", 9: "h", 10: "i", 11: "q", 13: "H", 14: "f",
           15: "d", 18: "I"}  # for memoryview.cast, which has no f16
FIXED = {NULL: 1, BOOL: 1, I64: 8, F64: 8, TIME: 8, UNSIGNED: 8, REFERENCE: 4}
KNOWN = set(FIXED) | {VECTOR, STRING, BYTES, ARRAY, MAP, LIST, LARGE}


class Error(ValueError):
    """code is the name of the library's result, offset the byte at fault."""

    def __init__(self, code, offset, text):
        super().__init__(f"{text} (byte {offset})")
        self.code, self.offset = "W3D_ERR_" + code, offset


def has_subtype(tag):
    return tag in (VECTOR, ARRAY) or 0x90 <= tag < 0xA0


def inline_size(tag, sub, n):
    """Bytes in a record; 0 for inline tags this version does not know."""
    return FIXED.get(tag) or (n << (sub & 3) if tag == VECTOR else 8 if tag >= 0x80 else 0)


def alignment(tag, sub):
    return FIXED.get(tag) or (4 if tag >= 0x80 else 1 << (sub & 3))


def up(value, alignment):
    return -(-value // alignment) * alignment


def _crc_entry(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


_CRC = [_crc_entry(i) for i in range(256)]


def crc32c(data, crc=0):
    """CRC-32C; about 10 MB/s, which is what a file with W3D_BJSON_CRC costs here."""
    crc ^= NONE
    for byte in data:
        crc = _CRC[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ NONE


def layout(fields):
    """Canonical offsets for (tag, subtype, ...) in the order of keys, and the record's size: by
    alignment 8, 4, 2, 1, then by key. A field's last item is its size."""
    offsets, end = [0] * len(fields), 0
    for aligned in (8, 4, 2, 1):
        for i, field in enumerate(fields):
            if alignment(field[0], field[1]) == aligned:
                offsets[i], end = end, end + field[-1]
    return offsets, end
