#!/usr/bin/env python3
"""Run every test of the library: what `make test` and .ci/run call.

    tests/run.py              everything `make test` promises; needs tests/setup.sh's packages
    tests/run.py --wider      instead, what CI adds: the newest Emscripten, clang 19, NEON, fuzzing
    tests/run.py --list       the steps
    tests/run.py WORD...      only steps whose name contains one of these words

A step is one command. It passes by its exit status; where it ends with "N passed, N failed" those
count, else it counts as one. A step that finds a tool missing exits with 77 and is printed as
SKIPPED, never as passed; with CI=true in the environment that is a failure. Two steps run at a
time. Output of failed steps is shown; all of it is kept in build/tests/log/.
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "tests"
SKIPPED = 77

# How the unit tests are built: name, compiler, flags. "modules" compiles src/*.c one by one, the
# way they stand; "amalgamated" compiles wasm3d.h, in a file of the language named.
UNIT_BUILDS = [
    ("modules gcc -O2", "modules", "gcc", "-std=c99 -O2 -ffp-contract=off"),
    ("modules clang -O0", "modules", "clang", "-std=c11 -O0 -ffp-contract=off"),
    ("modules sanitized", "modules", "clang",
     "-std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"),
    ("ground under the thread sanitizer", "ground", "clang",
     "-std=c11 -O1 -g -fsanitize=thread -fno-sanitize-recover=all"),
    ("ground without threads", "ground", "gcc", "-std=c99 -O1 -DW3D_THREADS=0"),
    ("ground emscripten threads", "ground", "tests/toolchains/emcc_oldest.sh", "-O2 -pthread"),
    ("amalgamated clang++ -O3", "amalgamated cc", "clang", "-O3"),
    ("amalgamated emscripten simd", "amalgamated c", "tests/toolchains/emcc_oldest.sh",
     "-O2 -msimd128"),
]
WIDER_UNIT_BUILDS = [
    ("amalgamated fma", "amalgamated cc", "gcc", "-O3 -mavx2 -mfma -msse4.2"),
    ("amalgamated scalar", "amalgamated c", "gcc",
     "-std=c17 -O2 -DW3D_SIMD_SCALAR=1 -DW3D_CRC_PORTABLE=1"),
    ("amalgamated gcc -O3", "amalgamated c", "gcc", "-std=c99 -O3"),
    ("ground windows", "ground", "x86_64-w64-mingw32-gcc", "-std=gnu11 -O1"),
    ("amalgamated simde", "amalgamated c", "gcc", "-std=gnu17 -O2 -DW3D_SIMD_SIMDE=1"),
    ("amalgamated emscripten", "amalgamated c", "tests/toolchains/emcc_oldest.sh", "-O2"),
    ("amalgamated clang-19", "amalgamated cc", "clang-19", "-O3 -march=native"),
    ("amalgamated neon", "amalgamated c", "aarch64-linux-gnu-gcc", "-O2 -static -march=armv8-a+crc"),
    ("amalgamated newest emscripten", "amalgamated c", "tests/toolchains/emcc_newest.sh",
     "-O2 -msimd128"),
    ("ground newest emscripten threads", "ground", "tests/toolchains/emcc_newest.sh", "-O2 -pthread"),
]


def unit_steps(builds):
    for name, mode, compiler, flags in builds:
        yield f"unit: {name}", ["python3", "tests/unit.py", mode, compiler, *shlex.split(flags)]


def steps():
    """(name, command) of `make test`: the cheap and telling ones first."""
    yield "wasm3d.h is fresh", ["python3", "amalgamate.py", "--check"]
    yield "amalgamate", ["python3", "tests/test_amalgamate.py"]
    yield from unit_steps(UNIT_BUILDS)
    yield "compile matrix", ["python3", "tests/compile/compile_matrix.py", "--quick"]
    yield "examples", ["python3", "tests/test_examples.py"]
    yield "demo: same bytes", ["python3", "tests/test_demo.py"]
    yield "demo: page", ["node", "tests/web/test_page.mjs"]
    yield "CPython", ["python3", "tests/test_python.py"]
    yield "freestanding heap", ["node", "tests/web/test_heap.mjs"]
    yield "memory cap and growth", ["node", "tests/web/test_growth.mjs"]
    yield "freestanding threads", ["node", "tests/web/test_threads.mjs"]
    yield "ring: all pairs", ["node", "tests/web/test_ring.mjs"]
    yield "ring: page", ["node", "tests/web/test_ring_page.mjs"]
    yield "pack against zlib", ["python3", "tests/oracle_pack.py"]
    yield "doubles", ["python3", "tests/oracle_doubles.py"]
    yield "BJSON vectors", ["python3", "tests/test_vectors.py"]
    yield "BJSON vectors are fresh", ["python3", "tests/make_vectors.py", "--check"]
    yield "BJSON in JavaScript", ["node", "tests/web/test_bjson.mjs"]
    yield "BJSON tool", ["python3", "tests/test_bjson_tool.py"]
    yield "properties for Blender", ["python3", "tests/test_props_blender.py"]
    yield "mesh codecs against meshoptimizer", ["node", "tests/oracle_meshopt.mjs"]
    yield "tangents against MikkTSpace", ["node", "tests/oracle_mikktspace.mjs"]
    yield "shaders: WGSL and GLSL", ["node", "tests/oracle_shaders.mjs"]
    yield "GPU: GL and GLES on Mesa", ["python3", "tests/test_gpu_native.py"]
    yield "shaders: every text is WGSL", ["node", "tests/web/test_wgsl.mjs"]
    yield "GPU: WebGL2 and WebGPU from C", ["node", "tests/web/test_gpu.mjs"]
    yield "GPU: WebGPU", ["node", "tests/web/test_gpu_webgpu.mjs"]
    yield "GPU: the page of examples", ["node", "tests/web/test_gpu_page.mjs"]
    yield "seeds are fresh", ["python3", "tests/make_gltf_corpus.py", "--check"]
    yield "models against assimp", ["python3", "tests/oracle_assimp.py"]


def wider_steps():
    """What --wider adds, with the toolchains of later suites."""
    yield from unit_steps(WIDER_UNIT_BUILDS)
    yield "examples as written", ["python3", "tests/test_examples.py", "--as-written"]
    yield "unit: browser", ["node", "tests/web/test_units.mjs"]
    yield "compile matrix: newest", ["python3", "tests/compile/compile_matrix.py", "--quick", "--newest", "newest"]
    yield "demo: same bytes, newest", ["python3", "tests/test_demo.py", "--ci"]
    yield "ring: all pairs, 10^7 records", ["node", "tests/web/test_ring.mjs", "--full"]
    yield "freestanding threads, long litmus", ["node", "tests/web/test_threads.mjs", "--rounds", "20000"]
    yield "GPU: GL and GLES on Mesa, sanitized", ["python3", "tests/test_gpu_native.py", "--sanitize"]
    yield "BJSON vectors, 40,000 damaged", ["python3", "tests/test_vectors.py", "--mutants", "40000"]
    yield "BJSON tool, sanitized", ["python3", "tests/test_bjson_tool.py", "-fsanitize=address,undefined",
                                    "-fno-sanitize-recover=undefined"]
    yield "Blender add-on", ["python3", "tests/test_blender.py"]
    yield "models of the protocols", ["python3", "tests/models/run.py"]
    yield "fuzz", ["python3", "tests/fuzz/fuzz.py", "30"]


def run(step):
    name, command = step
    began = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=3000, text=True, errors="replace")
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as expired:
        output, status = f"{expired.stdout or ''}\n{name}: took over 50 minutes\n", 1
    except FileNotFoundError as missing:
        output, status = f"{missing}\n", SKIPPED
    log = BUILD / "log" / (re.sub(r"[^a-z0-9+]+", "_", name.lower()) + ".txt")
    log.write_text(f"$ {shlex.join(command)}\n{output}", encoding="utf-8")
    counts = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    passed, failed = map(int, counts[-1]) if counts else (int(status == 0), 0)
    if status not in (0, SKIPPED) and not failed:
        failed = 1
    return name, status, passed, failed, output, time.monotonic() - began


def main():
    arguments = sys.argv[1:]
    if "-h" in arguments or "--help" in arguments:
        sys.exit(print(__doc__))
    every = list(wider_steps() if "--wider" in arguments else steps())
    words = [word for word in arguments if not word.startswith("--")]
    chosen = [s for s in every if not words or any(word in s[0] for word in words)]
    if "--list" in arguments:
        for name, command in chosen:
            print(f"{name:40} {shlex.join(command)}")
        return
    (BUILD / "log").mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for number, future in enumerate(
                concurrent.futures.as_completed([pool.submit(run, s) for s in chosen]), 1):
            name, status, good, bad, output, seconds = future.result()
            if status == SKIPPED and os.environ.get("CI") == "true":
                bad = max(bad, 1)
            passed, failed = passed + good, failed + bad
            if status == SKIPPED:
                skipped += 1
            word = "FAILED" if bad else "SKIPPED" if status == SKIPPED else "passed"
            print(f"[{number:2}/{len(chosen)}] {word:8}{name:36}{good:6} passed{bad:4} failed"
                  f"{seconds:7.1f} s", flush=True)
            if bad or status == SKIPPED:
                print("    " + "\n    ".join(output.strip().splitlines()[-30:]), flush=True)
    if skipped:
        print(f"SKIPPED steps: {skipped}; tests/setup.sh says what is missing here")
    print(f"{time.monotonic() - began:.0f} seconds")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
