#!/usr/bin/env python3
"""The demo gives the same bytes from every compiler, and says what is wrong with bad files.

    tests/test_demo.py             a build of every kind
    tests/test_demo.py --ci        and the others, with clang 19 and the newest Emscripten
    tests/test_demo.py --update    write tests/demo_expected.json anew, from the first build
    tests/test_demo.py WORD...     only builds whose name contains one of these words

Each build reads the same models; the SHA-256 of scene.bjson and scene.png must be those of
tests/demo_expected.json. Exit 77: nothing failed, but a toolchain was missing.
"""
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "tests" / "demo"
EXPECTED = ROOT / "tests" / "demo_expected.json"
SKIPPED = 77
PIPELINE = "examples/demo/pipeline.c"

# As one file with static functions, as `make demo` does: the compiler then leaves out what the
# program does not call, and takes a fifth of the time.
ONE_FILE = ["-DW3D_STATIC=1", "-include", PIPELINE]
TWO_FILES = "gcc -O0"

# name, compiler, flags; "-x c++" makes them C++.
NATIVE = [
    ("gcc -O0", "gcc", "-std=c99 -O0"),
    ("clang -O3", "clang", "-std=c11 -O3"),
    ("gnu17 fma", "gcc", "-std=gnu17 -O3 -mavx2 -mfma"),
    ("sanitized", "clang",
     "-std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"),
]
NATIVE_CI = [
    ("gcc -O3", "gcc", "-std=c99 -O3"),
    ("clang -O0", "clang", "-std=c11 -O0"),
    ("g++ -O1", "g++", "-x c++ -std=c++11 -O1"),
    ("scalar", "gcc", "-std=c99 -O2 -DW3D_SIMD_SCALAR=1"),
    ("native cpu", "gcc", "-std=c11 -O3 -march=native"),
]
# Objects first: a driver that optimises and links at once may run a wasm-opt that happens to be
# installed, without telling it of SIMD.
FREESTANDING = [
    ("wasm clang simd", "clang", "-Oz -msimd128"),
]
FREESTANDING_CI = [
    ("wasm clang", "clang", "-Oz"),
    ("wasm clang-19 simd", "clang-19", "-Oz -msimd128"),
    ("wasm clang-19 relaxed", "clang-19", "-O3 -msimd128 -mrelaxed-simd"),
]
EMSCRIPTEN = [
    ("emscripten simd", "tests/toolchains/emcc_oldest.sh", "-O2 -msimd128"),
]
EMSCRIPTEN_CI = [
    ("emscripten", "tests/toolchains/emcc_oldest.sh", "-O2"),
    ("newest emscripten", "tests/toolchains/emcc_newest.sh", "-O2 -sDEFAULT_TO_CXX=0"),
    ("newest emscripten simd", "tests/toolchains/emcc_newest.sh",
     "-O2 -msimd128 -sDEFAULT_TO_CXX=0"),
]
FULL_SIZE = "gardener.glb"  # drawn as large as the page does; others smaller, to save time
SMALL = (240, 160)
OF_OTHERS = ["/usr/share/assimp/models/OBJ/spider.obj",
             "/usr/share/assimp/models/glTF2/BoxTextured-glTF-Embedded/BoxTextured.gltf"]

passed = failed = 0
skipped = []


def check(good, what, details=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f"FAILED {what}\n    " + str(details).strip().replace("\n", "\n    "), flush=True)


class Unavailable(Exception):
    """This machine lacks the toolchain."""


def run(command, **options):
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, timeout=900, **options)


def compile_with(compiler, arguments):
    if not shutil.which(compiler, path=f"{ROOT}{os.pathsep}{os.environ['PATH']}") and \
            not (ROOT / compiler).exists():
        raise Unavailable(f"{compiler} is missing")
    done = run([compiler, *arguments])
    if done.returncode == SKIPPED:
        raise Unavailable(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise RuntimeError(f"{compiler} {shlex.join(map(str, arguments))}\n{done.stderr[-3000:]}")


# ---- models ----

def make_models():
    """Models of ours that want a file beside them, lack normals, or have vertices to weld."""
    folder = BUILD / "models"
    folder.mkdir(parents=True, exist_ok=True)

    # A twisted band without normals, its corners all apart, in two materials, by strips of faces.
    lines = ["mtllib band.mtl", "o Band"]
    points, corners = [], []
    for step in range(48):
        angle, next_angle = (2 * math.pi * (step + k) / 48 for k in range(2))
        for a, side in ((angle, -1), (next_angle, -1), (next_angle, 1), (angle, 1)):
            radius, height = 2 + side * 0.5 * math.cos(a / 2), side * 0.5 * math.sin(a / 2)
            points.append(f"v {radius * math.cos(a):.6f} {height:.6f} {radius * math.sin(a):.6f}")
            corners.append(f"vt {step / 48:.6f} {(side + 1) / 2:.1f}")
    for face in range(48):
        if face % 24 == 0:
            corners.append(f"usemtl {'red' if face else 'steel'}")
        corners.append("f " + " ".join(f"{face * 4 + k}/{face * 4 + k}" for k in range(1, 5)))
    (folder / "band.obj").write_text("\n".join(lines + points + corners) + "\n")
    (folder / "band.mtl").write_text("newmtl red\nKd 0.8 0.1 0.1\nPr 0.4\n"
                                     "newmtl steel\nKd 0.6 0.6 0.65\nPm 1\nPr 0.3\n")

    # A tetrahedron in a .gltf with its buffer in a file, 16-bit indices, a mirrored second object.
    points = struct.pack("<12f", 1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1)
    indices = struct.pack("<12H", 0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3)
    (folder / "two parts.bin").write_bytes(points + indices)
    gltf = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "left", "mesh": 0, "children": [1]},
                  {"name": "right", "mesh": 0, "translation": [3, 0, 0], "scale": [-1, 1.5, 1]}],
        "meshes": [{"name": "tetrahedron", "primitives": [
            {"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"name": "brass", "pbrMetallicRoughness": {
            "baseColorFactor": [0.8, 0.5, 0.2, 1], "roughnessFactor": 0.35}}],
        "buffers": [{"uri": "two%20parts.bin", "byteLength": 72}],
        "bufferViews": [{"buffer": 0, "byteLength": 48},
                        {"buffer": 0, "byteOffset": 48, "byteLength": 24}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3",
                       "min": [-1, -1, -1], "max": [1, 1, 1]},
                      {"bufferView": 1, "componentType": 5123, "count": 12, "type": "SCALAR"}],
    }
    (folder / "tetrahedra.gltf").write_text(json.dumps(gltf, indent=1))

    models = [ROOT / "examples/models/gardener.glb", ROOT / "examples/models/gardener.obj",
              folder / "band.obj", folder / "tetrahedra.gltf"]
    for path in map(pathlib.Path, OF_OTHERS):  # copied: a toolchain in a chroot sees no more
        for part in (path, path.with_suffix(".mtl")):
            if part.exists():
                shutil.copy(part, folder)
        if path.exists():
            models.append(folder / path.name)
    return models


# ---- builds ----

def output_hashes(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in ("scene.bjson", "scene.png")}


def native_build(name, compiler, flags):
    folder = BUILD / name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "demo"
    sources = ["examples/demo/main.c", PIPELINE] if name == TWO_FILES else \
        [*ONE_FILE, "examples/demo/main.c"]
    compile_with(compiler, [*flags.split(), "-Wall", "-Wextra", "-Werror", "-I.", *sources,
                            "-o", program])

    def give(model):
        size = [] if model.name == FULL_SIZE else ["--size", "x".join(map(str, SMALL))]
        done = run([program, model, "--out", folder, *size])
        silent = all(line.startswith("  step ") for line in done.stderr.splitlines())
        if done.returncode or not silent:
            raise RuntimeError(f"exit {done.returncode}\n{done.stdout}{done.stderr}")
        return output_hashes(folder)
    return give


def module_build(name, module, node):
    folder = module.parent

    def give(model):
        size = [] if model.name == FULL_SIZE else SMALL
        done = run([*node, "tests/web/run_demo.mjs", module, model, folder, *size])
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        answer = json.loads(done.stdout)
        wanted = {"w3d.now", "w3d.host"}
        if module.suffix == ".wasm" and not set(answer["imports"]) <= wanted:
            raise RuntimeError(f"imports {answer['imports']}, allowed are {wanted}")
        if module.suffix == ".wasm" and answer["began"] > 15:
            raise RuntimeError(f"begins with {answer['began']} pages; 15 are just below a MiB")
        if not answer["repeatable"] or answer["after"] != answer["second"] or answer["steps"] != 8:
            raise RuntimeError(f"a second run differs, or memory is not freed: {answer}")
        return output_hashes(folder)
    return give


def freestanding_build(name, compiler, flags):
    folder = BUILD / name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    target = ["--target=wasm32"]
    object_file = folder / "demo.o"
    compile_with(compiler, [*target, *flags.split(), "-mbulk-memory", "-fvisibility=hidden",
                            "-DNDEBUG", "-Wall", "-Wextra", "-Werror", "-I.", *ONE_FILE, "-c",
                            "examples/demo/wasm.c", "-o", object_file])
    module = folder / "demo.wasm"
    compile_with(compiler, [*target, "-nostdlib", "-Wl,--no-entry,--gc-sections,--strip-all",
                            object_file, "-o", module])
    brotli = "not installed"
    if shutil.which("brotli"):
        packed = subprocess.run(["brotli", "-q", "11", "-c", module], capture_output=True)
        brotli = f"{len(packed.stdout):,}"
    print(f"{name}: {module.stat().st_size:,} bytes, brotli {brotli}", flush=True)
    if not shutil.which("node"):
        raise Unavailable("node is missing")
    return module_build(name, module, ["node"])


def emscripten_build(name, compiler, flags):
    folder = BUILD / name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    module = folder / "demo.js"
    compile_with(compiler, [*flags.split(), "-DNDEBUG", "-Wall", "-Wextra", "-Werror", "-I.",
                            "-sMODULARIZE=1", "-sALLOW_MEMORY_GROWTH=1",
                            "-sENVIRONMENT=node,worker",
                            "-sFILESYSTEM=0", "--no-entry", *ONE_FILE, "examples/demo/wasm.c",
                            "-o", module])
    if "oldest" in compiler:
        return module_build(name, module, ["node", "--no-experimental-fetch"])
    return module_build(name, module, ["tests/toolchains/emscripten_newest.sh", "node"])


def test_build(entry, models, expected):
    """Gives the lines to check: (good, what, details); or why the toolchain cannot be had."""
    make, name, compiler, flags = entry
    try:
        give = make(name, compiler, flags)
    except Unavailable as reason:
        return name, str(reason), []
    except (RuntimeError, subprocess.SubprocessError) as error:
        return name, "", [(False, f"{name}: build", error)]
    checks = []
    for model in models:
        try:
            found, wanted = give(model), expected.get(model.name, {})
            checks += [(found[file] == wanted.get(file), f"{name}: {model.name}: {file}",
                        f"sha256 {found[file]}\nwanted {wanted.get(file)}") for file in found]
        except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
            checks.append((False, f"{name}: {model.name}", error))
    return name, "", checks


# ---- bad files, arguments, progress ----

def test_bad_files(program):
    folder = BUILD / "bad"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "a folder.glb").mkdir(parents=True)
    glb = (ROOT / "examples/models/gardener.glb").read_bytes()
    obj = "mtllib bad.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    (folder / "bad.mtl").write_text("newmtl a\nKd 1 one 1\n")
    files = {
        "cut header.glb": (glb[:10], "byte"),
        "cut json.glb": (glb[:5000], "byte"),
        "cut buffer.glb": (glb[:-1000], "byte"),
        "damaged json.glb": (glb[:2000] + b"@" + glb[2001:], "byte 2,000, there: @"),
        "garbage.obj": (b"the quick brown fox\njumps over\n" * 50, "no faces"),
        "garbage.bin": (bytes(range(256)) * 4, "nor OBJ text\n  in step read, byte 0"),
        "empty.glb": (b"", "the file is empty"),
        "number.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 x\nf 1 2 3\n", "number.obj:3:7:"),
        "index.obj": (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "index.obj:4:7:"),
        "material.obj": (obj.encode(), "bad.mtl:2:"),
        "broken.gltf": (b'{"asset": {"version": "2.0"},\n "meshes": [}\n', "broken.gltf:2:13:"),
        "alone.gltf": ((BUILD / "models/tetrahedra.gltf").read_bytes(), "two%20parts.bin"),
        "nothing.gltf": (b'{"asset": {"version": "2.0"}}', "no triangles"),
    }
    for name, (content, message) in files.items():
        (folder / name).write_bytes(content)
        done = run([program, folder / name, "--out", folder / "out"])
        check(done.returncode == 1 and name in done.stderr and message in done.stderr,
              f"{name}: exit 1 and a message with {message!r}",
              f"exit {done.returncode}\n{done.stderr}")
    for name, message in (("a folder.glb", "cannot be read"), ("missing.glb", "No such file")):
        done = run([program, folder / name])
        check(done.returncode == 1 and name in done.stderr and message in done.stderr,
              name, done.stderr)
    check(not list((folder / "out").iterdir()), "bad files leave no output")
    done = run([program, "--out", folder / "empty.glb" / "below"])
    check(done.returncode == 1 and "cannot be made" in done.stderr, "a file as folder", done.stderr)


def test_arguments(program, models):
    folder = BUILD / "arguments"
    shutil.rmtree(folder, ignore_errors=True)
    for arguments in (["--bogus"], ["--size", "10x10"], ["--size", "100"], ["--size", "64x64x"],
                      ["--out"]):
        done = run([program, *arguments])
        check(done.returncode == 2 and "usage:" in done.stderr, f"{arguments}: exit 2", done.stderr)
    done = run([program, "--help"])
    check(done.returncode == 0 and done.stdout.startswith("usage:") and not done.stderr, "--help")
    done = run([program, models[2], models[3], models[2], BUILD / "bad/empty.glb",
                "--size", "64x48", "--out", folder / "made" / "here"])
    names = sorted(path.name for path in (folder / "made" / "here").iterdir())
    wanted = ["band-3.bjson", "band-3.png", "band.bjson", "band.png", "tetrahedra.bjson",
              "tetrahedra.png"]
    check(done.returncode == 1 and names == wanted and "empty.glb" in done.stderr,
          "several files, one bad", f"exit {done.returncode} {names}\n{done.stderr}")
    picture = (folder / "made/here/band.png").read_bytes()
    check(struct.unpack(">II", picture[16:24]) == (64, 48), "--size", picture[:32])
    rows = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    steps = ["step", "read", "check", "weld", "normals", "write", "reopen", "render", "PNG", "all"]
    check(rows[:10] == steps, "the table's rows", done.stdout)


def test_progress(slow, fast):
    """Progress where it takes over a second, which a large picture from a slow build does."""
    model = BUILD / "models/band.obj"
    done = run([slow, model, "--size", "1920x1280", "--out", BUILD / "large"])
    check(done.returncode == 0 and done.stderr.startswith("  step ") and "\r" not in done.stderr,
          "progress, a line each, where it takes long",
          f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    done = run([fast, model, "--size", "32x32", "--out", BUILD / "large"])
    check(done.returncode == 0 and not done.stderr, "no progress where it does not", done.stderr)


def test_memory():
    """The pipeline with every allocation failing once, under AddressSanitizer."""
    program = BUILD / "allocations"
    compile_with("clang", ["-std=c11", "-O1", "-g", "-fsanitize=address,undefined",
                           "-fno-sanitize-recover=all", "-I.", "tests/demo_allocations.c", PIPELINE,
                           "-o", program])
    for model in (BUILD / "models/band.obj", ROOT / "examples/models/gardener.glb"):
        done = run([program, model])
        check(done.returncode == 0, f"failing allocations: {model.name}", done.stdout + done.stderr)


def update(models):
    give = native_build(*NATIVE[1])
    expected = {model.name: give(model) for model in models}
    EXPECTED.write_text(json.dumps(expected, indent=4) + "\n")
    print(f"wrote {EXPECTED.relative_to(ROOT)}: {len(expected)} models")


def main():
    arguments = sys.argv[1:]
    words = [argument for argument in arguments if not argument.startswith("-")]
    if set(arguments) - {"--ci", "--update", *words}:
        sys.exit(print(__doc__))
    ci = "--ci" in arguments
    BUILD.mkdir(parents=True, exist_ok=True)
    models = make_models()
    if "--update" in arguments:
        return update(models)
    expected = json.loads(EXPECTED.read_text())
    for path in map(pathlib.Path, OF_OTHERS):
        if not path.exists():
            skipped.append(f"{path.name}: {path} is not installed")
    entries = [(native_build, *entry) for entry in NATIVE + (NATIVE_CI if ci else [])]
    entries += [(freestanding_build, *entry)
                for entry in FREESTANDING + (FREESTANDING_CI if ci else [])]
    entries += [(emscripten_build, *entry) for entry in EMSCRIPTEN + (EMSCRIPTEN_CI if ci else [])]
    entries = [entry for entry in entries if not words or any(word in entry[1] for word in words)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        results = pool.map(lambda entry: test_build(entry, models, expected), entries)
        for name, missing, checks in results:
            for line in checks:
                check(*line)
            good = sum(bool(line[0]) for line in checks)
            outcome = f"SKIPPED: {missing}" if missing else f"{good} of {len(checks)} equal"
            print(f"{name:24} {outcome}", flush=True)
            if missing:
                skipped.append(f"{name}: {missing}")

    names = {entry[1] for entry in entries}
    if "sanitized" in names and shutil.which("clang"):
        test_bad_files(BUILD / "sanitized" / "demo")
        test_arguments(BUILD / "sanitized" / "demo", models)
        test_memory()
    if {"gcc -O0", "clang -O3"} <= names:
        test_progress(BUILD / "gcc_-O0" / "demo", BUILD / "clang_-O3" / "demo")
    for reason in skipped:
        print(f"SKIPPED {reason}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else SKIPPED if skipped else 0)


main()
