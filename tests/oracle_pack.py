#!/usr/bin/env python3
"""Compare src/pack and the PNG writer with Python's zlib, hashlib and binascii.

    oracle_pack.py [ROUNDS]    random rounds of each comparison (default 300)

The sources are compiled into a shared library with $CC (default gcc) and called through ctypes:
checksums and hashes must be equal, each side must read what the other writes, damaged streams must
be taken or refused alike, and written PNG files are read by a decoder kept here.
"""
import binascii
import ctypes
import hashlib
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ["pack/crc32.c", "pack/crc32c.c", "pack/sha256.c", "pack/deflate.c", "pack/inflate.c",
           "image/png_write.c"]
OK, ERR_CAPACITY, ERR_TRUNCATED = 0, 3, 5
GOOD, STORED, FAST, SMALL = range(4)
LEVELS = {STORED: "stored", FAST: "fast", GOOD: "good", SMALL: "small"}


class DeflateDesc(ctypes.Structure):
    _fields_ = [("src", ctypes.c_char_p), ("src_size", ctypes.c_size_t), ("dst", ctypes.c_void_p),
                ("capacity", ctypes.c_size_t), ("level", ctypes.c_int), ("raw", ctypes.c_int)]


class InflateDesc(ctypes.Structure):
    _fields_ = [("src", ctypes.c_char_p), ("src_size", ctypes.c_size_t), ("dst", ctypes.c_void_p),
                ("capacity", ctypes.c_size_t), ("raw", ctypes.c_int)]


class Arena(ctypes.Structure):
    _fields_ = [("memory", ctypes.c_void_p), ("size", ctypes.c_size_t), ("used", ctypes.c_size_t)]


class ImageView(ctypes.Structure):
    _fields_ = [("pixels", ctypes.c_char_p), ("width", ctypes.c_uint32),
                ("height", ctypes.c_uint32), ("channels", ctypes.c_uint32),
                ("stride", ctypes.c_uint32)]


class PngDesc(ctypes.Structure):
    _fields_ = [("image", ImageView), ("dst", ctypes.c_void_p), ("capacity", ctypes.c_size_t),
                ("level", ctypes.c_int), ("untagged", ctypes.c_int)]


class Library:
    """The library's functions, with bytes in and bytes out."""

    def __init__(self, folder):
        path = pathlib.Path(folder) / "pack.so"
        sources = [str(ROOT / "src" / source) for source in SOURCES]
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-shared", "-fPIC", f"-I{ROOT}/src",
                        *sources, "-o", str(path)], check=True)
        self.c = ctypes.CDLL(str(path))
        for name in ("w3d_crc32", "w3d_crc32c"):
            function = getattr(self.c, name)
            function.argtypes = [ctypes.c_uint32, ctypes.c_char_p, ctypes.c_size_t]
            function.restype = ctypes.c_uint32
        self.c.w3d_sha256.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
        self.c.w3d_deflate_bound.argtypes = [ctypes.c_size_t]
        for name in ("w3d_deflate_bound", "w3d_deflate_scratch_size", "w3d_png_write_bound",
                     "w3d_png_write_scratch_size"):
            getattr(self.c, name).restype = ctypes.c_size_t
        for name in ("w3d_deflate", "w3d_png_write"):
            getattr(self.c, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, Arena,
                                              ctypes.c_void_p]

    def sha256(self, data):
        out = ctypes.create_string_buffer(32)
        self.c.w3d_sha256(data, len(data), out)
        return out.raw

    def scratch(self, size):
        memory = ctypes.create_string_buffer(size)
        return Arena(ctypes.addressof(memory), size, 0), memory

    def deflate(self, data, level=GOOD, raw=0):
        capacity = self.c.w3d_deflate_bound(len(data))
        dst, written = ctypes.create_string_buffer(capacity), ctypes.c_size_t()
        arena, _memory = self.scratch(self.c.w3d_deflate_scratch_size())
        desc = DeflateDesc(data, len(data), ctypes.addressof(dst), capacity, level, raw)
        result = self.c.w3d_deflate(ctypes.byref(desc), ctypes.byref(written), arena, None)
        assert result == OK, f"deflate gives {result}"
        return dst.raw[:written.value]

    def inflate(self, data, capacity, raw=0):
        """(result, bytes, how many of `data` were used)."""
        dst = ctypes.create_string_buffer(capacity + 1)
        written, consumed = ctypes.c_size_t(), ctypes.c_size_t()
        desc = InflateDesc(data, len(data), ctypes.addressof(dst), capacity, raw)
        result = self.c.w3d_inflate(ctypes.byref(desc), ctypes.byref(written),
                                    ctypes.byref(consumed), None)
        return result, dst.raw[:written.value], consumed.value

    def png(self, pixels, width, height, channels, stride=0, level=GOOD, untagged=0):
        image = ImageView(pixels, width, height, channels, stride)
        capacity = self.c.w3d_png_write_bound(ctypes.byref(image))
        dst, written = ctypes.create_string_buffer(capacity), ctypes.c_size_t()
        arena, _memory = self.scratch(self.c.w3d_png_write_scratch_size(ctypes.byref(image)))
        desc = PngDesc(image, ctypes.addressof(dst), capacity, level, untagged)
        result = self.c.w3d_png_write(ctypes.byref(desc), ctypes.byref(written), arena, None)
        assert result == OK, f"png_write gives {result}"
        return dst.raw[:written.value]


# ---- inputs ----

def make_data(pick):
    """Bytes of some kind and size, small ones more often."""
    size = pick.choice([pick.randrange(20), pick.randrange(2000), pick.randrange(150000)])
    kind = pick.randrange(6)
    if kind == 0:
        return pick.randbytes(size)
    if kind == 1:
        return bytes(pick.choices(b"etaoin shrdlu", k=size))
    if kind == 2:
        words = [pick.randbytes(pick.randrange(1, 12)) for _ in range(pick.randrange(2, 300))]
        return b"".join(pick.choices(words, k=size // 6 + 1))[:size]
    if kind == 3:
        return bytes([pick.randrange(256)]) * size
    if kind == 4:
        return bytes(pick.choices(range(16), weights=[2 ** -i for i in range(16)], k=size))
    out = bytearray()
    while len(out) < size:
        far = pick.randrange(1, len(out) + 1) if out and pick.random() < 0.7 else 0
        for _ in range(min(pick.randrange(1, 300), size - len(out))):
            out.append(out[-far] if far else pick.randrange(256))
    return bytes(out)


def zlib_deflate(pick, data, raw):
    window = -15 if raw else pick.randint(9, 15)
    strategy = pick.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY,
                            zlib.Z_RLE, zlib.Z_FIXED])
    compressor = zlib.compressobj(pick.randrange(10), zlib.DEFLATED, window, pick.randint(1, 9),
                                  strategy)
    out, at = b"", 0
    while at < len(data):
        step = pick.choice([len(data), pick.randrange(1, 20000)])
        out += compressor.compress(data[at:at + step])
        at += step
        if pick.random() < 0.2:
            out += compressor.flush(pick.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
    return out + compressor.flush()


def zlib_inflate(data, raw, limit):
    """(whether zlib takes the stream, bytes, how many were used); None where it is over `limit`."""
    inflater = zlib.decompressobj(-15 if raw else 15)
    try:
        out = inflater.decompress(data, limit + 1)
    except zlib.error:
        return False, b"", 0
    if len(out) > limit:
        return None
    return inflater.eof, out, len(data) - len(inflater.unused_data)


# ---- comparisons: each gives None, or what is wrong ----

def check_sums(library, pick):
    data = make_data(pick)
    before = pick.getrandbits(32)
    if library.c.w3d_crc32(before, data, len(data)) != binascii.crc32(data, before):
        return f"crc32 of {len(data)} bytes"
    cut = pick.randrange(len(data) + 1)
    first = library.c.w3d_crc32c(0, data[:cut], cut)
    whole = library.c.w3d_crc32c(0, data, len(data))
    if library.c.w3d_crc32c(first, data[cut:], len(data) - cut) != whole:
        return f"crc32c of {len(data)} bytes cut at {cut}"
    return None


def check_sha256(library, pick):
    data = make_data(pick)
    return None if library.sha256(data) == hashlib.sha256(data).digest() else f"{len(data)} bytes"


def check_deflate(library, pick):
    data = make_data(pick)
    for level, name in LEVELS.items():
        raw = pick.randrange(2)
        stream = library.deflate(data, level, raw)
        took = zlib_inflate(stream, raw, len(data))
        if took != (True, data, len(stream)):
            return f"{len(data)} bytes at level {name}: zlib reads something else"
        if library.deflate(data, level, raw) != stream:
            return f"{len(data)} bytes at level {name}: two streams differ"
    return None


def check_inflate(library, pick):
    data, raw = make_data(pick), pick.randrange(2)
    stream = zlib_deflate(pick, data, raw)
    junk = pick.randbytes(pick.randrange(40))
    for capacity in (len(data), len(data) + 1000):
        if library.inflate(stream + junk, capacity, raw) != (OK, data, len(stream)):
            return f"{len(data)} bytes by zlib are read as something else"
    if data and library.inflate(stream, len(data) - 1, raw)[0] != ERR_CAPACITY:
        return f"{len(data)} bytes into {len(data) - 1}"
    cut = pick.randrange(len(stream))
    if library.inflate(stream[:cut], len(data), raw)[0] != ERR_TRUNCATED:
        return f"a stream of {len(stream)} cut at {cut}"
    return None


def check_damage(library, pick):
    data, raw = make_data(pick)[:4000], pick.randrange(4) > 0
    stream = bytearray(zlib_deflate(pick, data, raw))
    for _ in range(20):
        damaged = bytearray(stream)
        for _ in range(pick.randrange(1, 4)):
            at = min(pick.randrange(len(damaged)), pick.randrange(1, 200) - 1)
            at = min(at, len(damaged) - 1)
            damaged[at] = pick.choice([damaged[at] ^ 1 << pick.randrange(8), pick.randrange(256)])
        limit = 200000
        expected = zlib_inflate(bytes(damaged), raw, limit)
        result, out, used = library.inflate(bytes(damaged), limit, raw)
        if expected is None:
            if result == OK:
                return f"more than {limit} bytes of output fit {limit}: {damaged.hex()}"
        elif expected[0] != (result == OK) or (result == OK and expected != (True, out, used)):
            return f"zlib: {expected[0]}, here: {result}, for {bytes(damaged).hex()}"
    return None


def read_png(data):
    """(width, height, channels, pixels, names of the chunks); ValueError where a rule is broken."""
    def demand(condition, what):
        if not condition:
            raise ValueError(what)
    demand(data[:8] == b"\x89PNG\r\n\x1a\n", "signature")
    at, packed, names = 8, b"", []
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        crc, = struct.unpack(">I", data[at + 8 + size:at + 12 + size])
        demand(crc == binascii.crc32(name + body), f"checksum of {name}")
        names.append(name.decode())
        if name == b"IHDR":
            width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", body)
            demand(depth == 8 and rest == [0, 0, 0], "header")
            channels = {0: 1, 4: 2, 2: 3, 6: 4}[kind]
        elif name == b"IDAT":
            packed += body
        at += 12 + size
    filtered, row = zlib.decompress(packed), width * channels
    demand(len(filtered) == (row + 1) * height, "size of the filtered rows")
    above, pixels = bytes(row), b""
    for y in range(height):
        kind, line = filtered[y * (row + 1)], bytearray(filtered[y * (row + 1) + 1:][:row])
        demand(kind < 5, "filter")
        for x in range(row):
            a = line[x - channels] if x >= channels else 0
            b = above[x]
            c = above[x - channels] if x >= channels else 0
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line[x] = (line[x] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        above = bytes(line)
        pixels += above
    return width, height, channels, pixels, names


def check_png(library, pick):
    width, height, channels = pick.randrange(1, 60), pick.randrange(1, 40), pick.randrange(1, 5)
    row = width * channels
    stride = row + pick.choice([0, 0, 1, 7])
    style = pick.randrange(3)
    pixels = bytes((pick.randrange(256) if style == 0 else x // channels * 3 + y * 2 if style == 1
                    else (x * y) >> 3) & 255 for y in range(height) for x in range(stride))
    untagged = pick.randrange(2)
    data = library.png(pixels, width, height, channels, stride if stride > row else 0,
                       pick.randrange(4), untagged)
    wanted = b"".join(pixels[y * stride:y * stride + row] for y in range(height))
    names = ["IHDR", "IDAT", "IEND"] if untagged else ["IHDR", "sRGB", "IDAT", "IEND"]
    if read_png(data) != (width, height, channels, wanted, names):
        return f"{width} x {height}, {channels} channels"
    return None


def check_ratio(library, _pick):
    """GOOD is within a percent of zlib's level 6, SMALL of level 9, on text and on a picture."""
    text = b"".join(path.read_bytes() for path in sorted((ROOT / "src").glob("*/*.[ch]")))
    rows = bytearray()
    for y in range(300):
        line = [(x * x // 97 + y * y // 61 + (x ^ y) % 5 + 40 * c) & 255
                for x in range(400) for c in range(3)]
        rows += bytes([1] + [(line[i] - (line[i - 3] if i >= 3 else 0)) & 255 for i in range(1200)])
    for name, data in (("text", text), ("picture", bytes(rows))):
        for level, other in ((FAST, 1), (GOOD, 6), (SMALL, 9)):
            ours, theirs = len(library.deflate(data, level)), len(zlib.compress(data, other))
            if ours > theirs * 1.01:
                return f"{name} at level {LEVELS[level]}: {ours} bytes, zlib's {other}: {theirs}"
    return None


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    compiler = os.environ.get("CC", "gcc").split()[0]
    if not shutil.which(compiler):
        print(f"{compiler}: not on this machine")
        return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="oracle_pack_") as folder:
        library = Library(folder)
        for check, times in ((check_sums, rounds), (check_sha256, rounds), (check_deflate, rounds),
                             (check_inflate, rounds * 2), (check_damage, rounds * 10),
                             (check_png, rounds // 2), (check_ratio, 1)):
            pick, wrong = random.Random(1), None
            for number in range(times):
                wrong = check(library, pick)
                if wrong:
                    print(f"FAILED {check.__name__}, round {number}: {wrong}")
                    break
            passed += not wrong
            failed += bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
