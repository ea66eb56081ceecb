#!/usr/bin/env python3
"""Read the BJSON vectors in C, JavaScript and Python, write them in all three, and compare.

    test_vectors.py                 also with 600 damaged files
    test_vectors.py --mutants N     with so many

All three must find the meaning that stands beside each file, refuse the invalid ones with the same
error at the same offset, and write canonical vectors again byte for byte; C reads what the other
two wrote, and finds the hashes and signatures right that Python's hashlib made. Damaged files, made
from the vectors by changing bytes, must get the same answer from all three. JavaScript runs in
node; exit 77 where there is none or no C compiler.
"""
import base64
import itertools
import json
import math
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "vectors"
BUILD = ROOT / "build" / "tests" / "vectors"
sys.path[:0] = [str(ROOT / "examples" / "python"), str(ROOT / "tests")]
sys.dont_write_bytecode = True
import bjson  # noqa: E402
import bjson_layout  # noqa: E402
import make_vectors  # noqa: E402

passed, failed = 0, []


def check(name, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(name)
        if len(failed) < 30:
            print(f"FAILED {name} {detail}"[:800])


# ---- the JSON form, from what bjson.py reads ----

def single(value):
    """The shortest decimal that reads back as the same float of 32 bits, as a double."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if abs(short) < 3.4028236e38 and struct.pack("<f", short) == struct.pack("<f", value):
            return short
    raise AssertionError(value)


def plain_float(value, shortest=lambda x: x):
    if math.isnan(value):
        return "NaN"
    return shortest(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def plain_integer(value):
    return value if abs(value) < 2 ** 53 else str(value)


def base(data):
    return base64.b64encode(data).decode()


def elements(array):
    sub, data = array.subtype, array.data
    if sub == "ref":
        return list(data)
    if sub == "f16":
        return [plain_float(x[0], single) for x in struct.iter_unpack("<e", data)]
    if sub[0] == "f":
        return [plain_float(x, single if sub == "f32" else lambda x: x) for x in data]
    return [plain_integer(x) for x in data]


FORMS = {0x08: "$vector", 0x82: "$array", 0x90: "$large"}


def plain(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    for kind, form in ((bjson.Time, "$time"), (bjson.U64, "$u64")):
        if isinstance(value, kind):
            return {form: str(int(value))}
    if isinstance(value, int):
        return value if abs(value) < 2 ** 53 else {"$i64": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$f64": plain_float(value)}
    if isinstance(value, bjson.Ref):
        return {"$ref": value.row}
    if isinstance(value, dict):
        return {("$" + key if key.startswith("$") else key): plain(v) for key, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, memoryview):
        return {"$bytes": base(value)}
    form = FORMS.get(value.tag)
    count = {} if form == "$vector" or value.n == 1 else {"n": value.n}
    if isinstance(value, bjson.Array):
        return {form: value.subtype, **count, "data": elements(value)}
    if form:
        return {form: value.subtype, **count, "base64": base(value.data)}
    data = {"data": value.data} if isinstance(value.data, list) else {"bytes": base(value.data)}
    return {"$tag": value.tag, "subtype": value.subtype, "n": value.n, **data}


def other_chunks(file):
    known = (b"ID  ", b"KEYS", b"SHAP", b"REFS", b"END ", b"hole", b"meta", b"hash", b"sign")
    return [(kind, bytes(file.view[at:at + size])) for kind, at, size in file.chunks() if kind not in known]


def plain_file(file):
    out = {"bjson": 2, **({"crc": True} if file.flags & 2 else {}), "ids": []}
    for one in file:
        row = {"type": bjson.TYPES[one.type] if one.type < 16 else one.type}
        flags = one.flags & ~3
        row.update({"name": one.name} if one.here else {})
        row.update({"deleted": True} if not one.here and one.flags & 3 != 2 else {})
        row.update({"external": True} if not one.here and one.flags & 2 else {})
        row.update({"time": str(one.time)} if one.time else {})
        row.update({"flags": flags} if flags else {})
        row.update({"properties": plain(one.properties)} if one.here else {})
        out["ids"].append(row)
    if file.meta is not None:
        out["meta"] = plain(file.meta)
    chunks = [{"kind": kind.decode() if re.fullmatch(b"[ -~]{4}", kind) else int.from_bytes(kind, "little"),
               "bytes": base(data)} for kind, data in other_chunks(file)]
    return {**out, **({"chunks": chunks} if chunks else {})}


def python_answer(data):
    """As the other two give it: JSON or "error offset", and the file written again."""
    try:
        file = bjson.File(data)
    except bjson.Error as error:
        return f"{error.code} {error.offset}", None
    again = bjson.write(file, crc=file.flags & 2, meta=file.meta, chunks=other_chunks(file))
    return json.dumps(plain_file(file)), again


# ---- the other two ----

def sources():
    """The C files that tests/vectors_read.c needs, found by its includes."""
    seen, todo = {}, [ROOT / "tests" / "vectors_read.c"]
    while todo:
        path = todo.pop()
        if path in seen or not path.exists():
            continue
        seen[path] = None
        for name in re.findall(r'#\s*include "(.+?)"', path.read_text()):
            todo += [ROOT / "src" / name, (ROOT / "src" / name).with_suffix(".c")]
    return [str(path) for path in seen if path.suffix == ".c"]


def build():
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "gcc")
    if not shutil.which(compiler) or not shutil.which("node"):
        print("no C compiler or no node here")
        sys.exit(77)
    program = BUILD / "vectors_read"
    subprocess.run([compiler, "-std=c11", "-O1", "-g", "-D_GNU_SOURCE", "-DW3D_DEBUG=0", "-Wall", "-Wextra",
                    "-Isrc", *sources(), "-o", str(program), "-lm"], cwd=ROOT, check=True)
    return program


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_c(program, files, folder):
    names = "".join(f"{path}\n" for path in files)
    done = subprocess.run([program, str(empty(folder))], input=names, text=True, cwd=ROOT)
    check(f"C: {folder.name}", done.returncode == 0)


def run_node(files, folder):
    done = subprocess.run(["node", "tests/web/test_bjson.mjs", "--dump", str(files), str(empty(folder))],
                          cwd=ROOT)
    check(f"node: {folder.name}", done.returncode == 0)


def answers(folder, name):
    text, again = folder / f"{name}.txt", folder / f"{name}.bjson"
    return (text.read_text(encoding="utf-8") if text.exists() else "nothing",
            again.read_bytes() if again.exists() else None)


def meaning(text):
    """JSON text in a form that compares 1 and 1.0, 0.0 and -0.0, and the order of members."""
    return repr(json.loads(text)) if text.startswith("{") else text


def shown(a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"at {at}: {a[max(0, at - 20):at + 60]!r}, expected {b[max(0, at - 20):at + 60]!r}"


# ---- the comparisons ----

def check_vectors(program, names):
    expected = json.loads((VECTORS / "expected.json").read_text())
    files = [VECTORS / f"{name}.bjson" for name in names]
    run_c(program, files, BUILD / "c")
    run_node(VECTORS, BUILD / "node")
    written = empty(BUILD / "written")
    for name in names:
        data = (VECTORS / f"{name}.bjson").read_bytes()
        error = expected.get(name)
        beside = VECTORS / f"{name}.json"
        want = f"{error['error']} {error['offset']}" if error else meaning(beside.read_text(encoding="utf-8"))
        sealed = b"hash" in data or b"sign" in data
        canonical = not error and data[12] & bjson_layout.CANONICAL and not sealed
        for language, (text, again) in (("C", answers(BUILD / "c", name)),
                                        ("node", answers(BUILD / "node", name)),
                                        ("Python", python_answer(data))):
            got = meaning(text)
            check(f"{language} reads {name}", got == want, shown(got, want))
            check(f"{language} writes {name}", (again is None) == (error is not None))
            if again:
                (written / f"{name}__{language}.bjson").write_bytes(again)
            if canonical and again:
                check(f"{language} writes the bytes of {name}", again == data, shown(again, data))
    for name in names:
        if not expected.get(name) and not name.startswith(("hash_other", "sign_twice")):
            data = (VECTORS / f"{name}.bjson").read_bytes()
            want = ["W3D_OK" if kind in data else "W3D_ERR_NOT_FOUND" for kind in (b"hash", b"sign")]
            got = (BUILD / "c" / f"{name}.seal").read_text().split()
            check(f"C finds the seals of {name} right", got == want, f"{got}, expected {want}")
    files = sorted(written.glob("*.bjson"))
    run_c(program, files, BUILD / "c_of_written")
    for path in files:
        name = path.stem.split("__")[0]
        got = meaning(answers(BUILD / "c_of_written", path.stem)[0])
        want = meaning((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
        check(f"C reads {path.stem}", got == want, shown(got, want))
    by_name = itertools.groupby(files, key=lambda path: path.stem.split("__")[0])
    for name, group in by_name:
        check(f"{name}: the same bytes from all", len({path.read_bytes() for path in group}) == 1)


def fix_header(data):
    if len(data) >= 64:
        data[60:64] = struct.pack("<I", bjson_layout.crc32c(data[:60]))
    if len(data) >= 128 and data[12] & 1:
        data[-4:] = struct.pack("<I", bjson_layout.crc32c(data[-48:-4], bjson_layout.crc32c(data[:16])))


def mutate(data, random):
    """A few bytes changed, mostly by a little, or a word put elsewhere; the header's sum is right."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at = random.randrange(8, max(9, len(data) - 1))
        kind = random.randrange(6)
        if at >= len(data) or kind == 0:
            data = data[:random.randrange(len(data) + 1)] if random.randrange(8) == 0 else data
        elif kind == 1:
            data[at] ^= 1 << random.randrange(8)
        elif kind == 2:
            data[at] = (data[at] + random.choice((-1, 1, 4, 8, 16))) & 255
        elif kind == 3:
            word = random.choice((0, 1, 0xFFFFFFFF, 0x80000000, len(data)))
            data[at & ~3:(at & ~3) + 4] = struct.pack("<I", word)
        elif kind == 4:
            other = random.randrange(0, len(data)) & ~7
            data[at & ~7:(at & ~7) + 8] = data[other:other + 8].ljust(8, b"\0")
        else:
            data[at] = random.randrange(256)
    if random.randrange(10):
        fix_header(data)
    return bytes(data)


def check_mutants(program, names, count, seed=1):
    generator = random.Random(seed)
    folder = empty(BUILD / "mutants")
    whole = [name for name in names if not name.startswith("bad_")]
    for i in range(count):
        data = mutate((VECTORS / f"{generator.choice(whole)}.bjson").read_bytes(), generator)
        (folder / f"m{i:06}.bjson").write_bytes(data)
    files = sorted(folder.glob("*.bjson"))
    run_c(program, files, BUILD / "c_mutants")
    run_node(folder, BUILD / "node_mutants")
    accepted = 0
    for path in files:
        want = meaning(answers(BUILD / "c_mutants", path.stem)[0])
        accepted += want.startswith("{")
        got = {"node": meaning(answers(BUILD / "node_mutants", path.stem)[0]),
               "Python": meaning(python_answer(path.read_bytes())[0])}
        for language, answer in got.items():
            check(f"{language} as C: {path.stem}", answer == want, shown(answer, want))
    check("some mutants are sound, some are not", 0 < accepted < count, f"{accepted} of {count}")
    print(f"{count} mutants, {accepted} of them sound")


def main():
    arguments = sys.argv[1:]
    mutants = int(arguments[arguments.index("--mutants") + 1]) if "--mutants" in arguments else 600
    files = make_vectors.make()
    fresh = {p.name: p.read_bytes() for p in VECTORS.glob("*")} == files
    check("tests/vectors/ is what tests/make_vectors.py makes", fresh)
    names = sorted(path.stem for path in VECTORS.glob("*.bjson"))
    check("at least 60 valid and 40 invalid vectors", len(names) >= 100 and
          sum(name.startswith("bad_") for name in names) >= 40)
    program = build()
    check_vectors(program, names)
    check_mutants(program, names, mutants)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
