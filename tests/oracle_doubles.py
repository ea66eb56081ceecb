#!/usr/bin/env python3
"""Compare core/shortest.h and core/decimal.h with exact arithmetic and with Python's own floats.

    oracle_doubles.py [COUNT]    COUNT random doubles (default 1000000) and as many floats
    oracle_doubles.py --full     also 10^8 random doubles and every tenth float there and back

The functions are compiled into a shared library with $CC (default gcc) and called with a block of
numbers at a time. Python's repr(float) is the shortest text that reads back, and the closest of
these, so doubles must have its digits. Floats are compared with numpy where it is there; where it
is not, and for a sample in any case, with fractions: no shorter text lies in the float's interval,
and no other text of as many digits is closer. Texts at and near the middle between two doubles must
be read as float() reads them.
"""
import array
import ctypes
import fractions
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

SOURCE = r"""
#include "core/decimal.h"
#include "core/shortest.h"

/* Texts of `count` numbers, one a line; gives the bytes. */
size_t write_f64(const double *values, size_t count, char *out)
{
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        at += w3d_shortest_write_f64(at, values[i], 0);
        *at++ = '\n';
    }
    return (size_t)(at - out);
}

size_t write_f32(const float *values, size_t count, char *out)
{
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        at += w3d_shortest_write_f32(at, values[i], 0);
        *at++ = '\n';
    }
    return (size_t)(at - out);
}

size_t read_f64(const char *text, size_t size, double *out)
{
    return w3d_decimal_read(text, size, out);
}

size_t read_f32(const char *text, size_t size, float *out)
{
    return w3d_decimal_read_f32(text, size, out);
}

/* Writes and reads back `count` random doubles; gives how many did not come back. */
uint64_t round_trips(uint64_t seed, uint64_t count, uint64_t *tried)
{
    char text[W3D_SHORTEST_SIZE];
    uint64_t wrong = 0, state = seed;
    *tried = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t z = state += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        double value = w3d_f64_from_bits(z), back = 0.0;
        if (!w3d_f64_is_finite(value)) continue;
        size_t size = w3d_shortest_write_f64(text, value, (int)(i & 1));
        wrong += w3d_decimal_read(text, size, &back) != size || w3d_bits_f64(back) != z;
        ++*tried;
    }
    return wrong;
}

/* The same for the positive floats from `first` on in steps. */
uint64_t every_float(uint32_t first, uint32_t step)
{
    char text[W3D_SHORTEST_SIZE];
    uint64_t wrong = 0;
    for (uint64_t bits = first; bits < 0x7F800000u; bits += step) {
        float back = 0.0f;
        size_t size = w3d_shortest_write_f32(text, w3d_f32_from_bits((uint32_t)bits), 0);
        wrong += w3d_decimal_read_f32(text, size, &back) != size || w3d_bits_f32(back) != bits;
    }
    return wrong;
}
"""


class Library:
    """The functions, with arrays in and texts out."""

    def __init__(self, folder):
        source, path = pathlib.Path(folder) / "doubles.c", pathlib.Path(folder) / "doubles.so"
        source.write_text(SOURCE)
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-shared", "-fPIC", f"-I{ROOT}/src",
                        str(source), "-o", str(path)], check=True)
        self.c = ctypes.CDLL(str(path))
        for name in ("write_f64", "write_f32", "read_f64", "read_f32"):
            getattr(self.c, name).restype = ctypes.c_size_t
        for name in ("round_trips", "every_float"):
            getattr(self.c, name).restype = ctypes.c_uint64

    def write(self, numbers):
        """Texts of an array of "d" or "f"."""
        out = ctypes.create_string_buffer(27 * len(numbers) + 64)
        address, count = numbers.buffer_info()
        function = self.c.write_f64 if numbers.typecode == "d" else self.c.write_f32
        size = function(ctypes.c_void_p(address), ctypes.c_size_t(count), out)
        return ctypes.string_at(out, size).decode().split("\n")[:-1]

    def read(self, text, single=False):
        data = text.encode()
        out = (ctypes.c_float if single else ctypes.c_double)()
        function = self.c.read_f32 if single else self.c.read_f64
        used = function(data, ctypes.c_size_t(len(data)), ctypes.byref(out))
        return out.value if used == len(data) else None


# ---- what must come out ----

def layout(text):
    """A repr in the layout of ECMAScript, without the + in exponents."""
    sign = "-" if text.startswith("-") else ""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    place = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    if 0 < place <= 21:
        point = digits[place:]
        return sign + digits[:place].ljust(place, "0") + ("." + point if point else "")
    if -6 < place <= 0:
        return sign + "0." + "0" * -place + digits
    point = digits[1:]
    return sign + digits[0] + ("." + point if point else "") + f"e{place - 1}"


HARD = """0.0 -0.0 5e-324 1e-323 2.2250738585072014e-308 2.225073858507201e-308
    1.7976931348623157e308 1e23 9007199254740991.0 9007199254740992.0 9007199254740994.0 1e21 1e22
    9.5367431640625e-07 1e-06 1e-07 4.35 0.3 0.1 2.3 123456789012345680000.0 5e-5 9e15 1e16 1e17
    6929495644600920.0 2.9802322387695312e-08 9.109e-31 6.02214076e23 1.2999999999999999""".split()


def double_blocks(pick, count):
    """Arrays of doubles: hard ones, then random bits, short decimals, small ones and whole ones."""
    hard = [float(text) for text in HARD]
    hard += [2.0 ** e for e in range(-1074, 1024)] + [float(f"1e{e}") for e in range(-323, 309)]
    yield array.array("d", hard + [-value for value in hard])
    while count > 0:
        size = min(count, 100000)
        kind = pick.randrange(8)
        if kind < 4:
            block = array.array("d", pick.randbytes(8 * size))
        elif kind == 4:
            block = array.array("d", [pick.randrange(10 ** 9) / 10 ** pick.randrange(12)
                                      for _ in range(size)])
        elif kind == 5:
            block = array.array("d", [pick.getrandbits(63) * 2.0 ** -pick.randrange(80)
                                      for _ in range(size)])
        elif kind == 6:
            bits = [pick.getrandbits(pick.randrange(1, 53)) for _ in range(size)]
            block = array.array("d", array.array("Q", bits).tobytes())
        else: # beside powers of two
            bits = [(pick.randrange(1, 2047) << 52) + pick.randrange(-3, 4) for _ in range(size)]
            block = array.array("d", array.array("Q", bits).tobytes())
        yield array.array("d", [value for value in block if value - value == 0])
        count -= size


def check_doubles(library, pick, count):
    done = 0
    for block in double_blocks(pick, count):
        for value, text in zip(block, library.write(block)):
            if text != layout(repr(value)):
                return f"{value!r} became {text}"
        done += len(block)
    print(f"{done} doubles have the digits of repr")
    return None


def float_interval(bits):
    """(the float, the middle to the one below, to the one above, whether these read back as it)."""
    def value(b):
        exponent, mantissa = b >> 23, b & 0x7FFFFF
        if exponent:
            mantissa |= 1 << 23
        return fractions.Fraction(mantissa) * fractions.Fraction(2) ** (max(exponent, 1) - 150)
    here = value(bits)
    return here, (here + value(bits - 1)) / 2, (here + value(bits + 1)) / 2, bits % 2 == 0


def check_float_exactly(bits, text):
    """True where `text` is the shortest and closest of the positive float with these bits."""
    here, low, high, even = float_interval(bits)
    digits = text.replace(".", "").partition("e")[0].strip("0")
    got = fractions.Fraction(text)

    def inside(number):
        return low <= number <= high if even else low < number < high
    if not inside(got):
        return False
    place = len(str(int(got))) if got >= 1 else -200
    unit = fractions.Fraction(10) ** (place - len(digits)) if got >= 1 else None
    if unit is None: # the place of the last digit, from the text itself
        mantissa, _, power = text.partition("e")
        fraction = mantissa.partition(".")[2]
        unit = fractions.Fraction(10) ** (int(power or 0) - len(fraction))
    coarse = unit * 10 # one digit less: nothing may be inside
    below = here // coarse * coarse
    if len(digits) > 1 and (inside(below) or inside(below + coarse)):
        return False
    below = here // unit * unit # as many digits: nothing inside may be closer
    return all(not inside(other) or abs(other - here) >= abs(got - here)
               for other in (below, below + unit))


def check_floats(library, pick, count):
    try:
        import numpy
    except ImportError:
        numpy = None
    done = exact = 0
    while done < count:
        bits = array.array("I", [max(1, pick.getrandbits(31)) for _ in range(50000)]
                           + [pick.randrange(1, 1 << 24) for _ in range(10000)])
        bits = array.array("I", [b for b in bits if b < 0x7F800000])
        block = array.array("f", bits.tobytes())
        texts = library.write(block)
        if numpy:
            words = numpy.array(block, dtype=numpy.float32)
            for value, text in zip(words, texts):
                if text != layout(numpy.format_float_scientific(value, unique=True, trim="-")):
                    return f"the float {value!r} became {text}"
        for b, text in list(zip(bits, texts))[:len(texts) if not numpy and done == 0 else 300]:
            if not check_float_exactly(b, text):
                return f"the float {b:08x} became {text}"
            exact += 1
        for value, text in zip(block[:3000], texts):
            if library.read(text, single=True) != value:
                return f"{text} is not read as the float {value!r}"
        done += len(bits)
    print(f"{done} floats{' have the digits of numpy' if numpy else ''}, {exact} compared exactly")
    return None


def check_reading(library, pick, count):
    """Texts at and beside the middle between two doubles."""
    for i in range(count):
        exponent = pick.randrange(-1074, 971)
        mantissa = pick.getrandbits(53) | (1 << 52 if exponent > -1074 else 0)
        middle = fractions.Fraction(2 * mantissa + 1) * fractions.Fraction(2) ** (exponent - 1)
        power = pick.choice([0, 0, pick.randrange(17, 800)])
        if power: # rounded to some digits: close to the middle, and mostly not at it
            up = power - len(str(int(middle))) if middle >= 1 else power
            text = f"{round(middle * fractions.Fraction(10) ** up)}e{-up}"
        else: # all of its digits: those of the middle times a power of ten that makes it whole
            up = max(0, 1 - exponent)
            more = pick.choice(["", "", ".0000001"])
            text = f"{int(middle * fractions.Fraction(10) ** up)}{more}e{-up}"
        # float() rounds exactly, by its own documented algorithm.
        if library.read(text) != float(text):
            return f"{text} was read as {library.read(text)!r}"
    print(f"{count} texts near the middle between two doubles are read as float() does")
    return None


def check_full(library):
    began, tried = time.monotonic(), ctypes.c_uint64()
    wrong = library.c.round_trips(ctypes.c_uint64(1), ctypes.c_uint64(10 ** 8), ctypes.byref(tried))
    took = time.monotonic() - began
    print(f"{tried.value} random doubles there and back in {took:.1f} s, {wrong} of them wrong")
    began = time.monotonic()
    bad = library.c.every_float(ctypes.c_uint32(1), ctypes.c_uint32(10))
    took = time.monotonic() - began
    print(f"every tenth positive float there and back in {took:.1f} s, {bad} of them wrong")
    return f"{wrong} doubles, {bad} floats" if wrong or bad else None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 1000000
    pick = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        library = Library(folder)
        problem = (check_doubles(library, pick, count) or check_floats(library, pick, count)
                   or check_reading(library, pick, max(1000, count // 100))
                   or (check_full(library) if "--full" in sys.argv else None))
    if problem:
        print(f"oracle_doubles: {problem}")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
