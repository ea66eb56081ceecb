#!/usr/bin/env python3
"""Build the benches with what this machine has to measure against, and run them.

    bench/run.py [WORD...]          all, or those whose name holds a word: arena slab handle
                                   sandbox ring snapshot jobs trace pack mesh json bjson gltf raster
    bench/run.py --wasm [WORD...]   the same built by Emscripten with threads and SIMD, in node
    bench/run.py --node [WORD...]   kernels as freestanding wasm beside JavaScript and wasm peers in
                                   one node process: bench/wasm/*.mjs
    bench/run.py --meshes           makes the meshes that those need (bench/mesh_data.h)

Peers that are not installed leave their columns empty (tests/setup.sh bench installs them). The
table goes to the screen; without words the figures go to bench/results/<compiler>.csv too, with
processor and flags on top.
"""
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
FLAGS = "-O3 -march=native -std=gnu11 -DNDEBUG".split()
WASM_FLAGS = ("-O3 -msimd128 -pthread -std=gnu11 -DNDEBUG -sPROXY_TO_PTHREAD=1 -sPTHREAD_POOL_SIZE=8 "
              "-sTOTAL_MEMORY=512MB -sEXIT_RUNTIME=1 -Wno-pthreads-mem-growth").split()

# What a peer needs: its macro, a header that shows it is here, its libraries, and where its own
# compiler or flags are needed a file of bench/peers/ with those.
PEERS = [
    ("BENCH_ZLIB", "zlib.h", ["-lz"], None),
    ("BENCH_MESHOPTIMIZER", "meshoptimizer.h", ["-lmeshoptimizer", "-lstdc++"], None),
    ("BENCH_EGL", "EGL/egl.h", ["-lEGL", "-lGLESv2"], None),
    ("BENCH_DL", "dlfcn.h", ["-ldl"], None),
    ("BENCH_SPSC", "stdint.h", ["-lstdc++"], ["g++", "spsc_reference.cc", "-std=c++20"]),
    ("BENCH_CK", "ck_ring.h", [], ["gcc", "ck_ring.c"]),
    ("BENCH_BOOST", "boost/version.hpp", ["-lstdc++"], ["g++", "boost_lockfree.cc", "-std=c++17"]),
    ("BENCH_URCU", "urcu/urcu-memb.h", ["-lurcu-memb"], ["gcc", "urcu_memb.c"]),
    ("BENCH_EMBREE", "embree3/rtcore.h", ["-lembree3", "-lstdc++"], ["g++", "embree.cc"]),
    ("BENCH_CGAL", "CGAL/Surface_mesh.h", ["-lstdc++"], ["g++", "cgal_half_edge.cc", "-std=c++17"]),
    ("BENCH_CGAL_NORMALS", "CGAL/Polygon_mesh_processing/compute_normal.h", ["-lstdc++"],
     ["g++", "cgal_normals.cc", "-std=c++17"]),
    ("BENCH_CGAL_TRIANGULATION", "CGAL/Constrained_Delaunay_triangulation_2.h", ["-lstdc++"],
     ["g++", "cgal_triangulation.cc", "-std=c++17", "-O3", "-DCGAL_NO_GMP"]),
    ("BENCH_FLATBUFFERS", "flatbuffers/flatbuffers.h", ["-lflatbuffers", "-lstdc++"],
     ["g++", "flatbuffers_scene.cc", "-std=c++17", "-Ibuild/bench"]),
    ("BENCH_MSGPACK", "msgpack.h", ["-lmsgpackc"], ["gcc", "msgpack_scene.c"]),
    ("BENCH_CBOR", "cbor.h", ["-lcbor"], ["gcc", "cbor_scene.c"]),
    ("BENCH_BSON", "bson/bson.h", ["-lbson-1.0"],
     ["gcc", "bson_scene.c", "-I/usr/include/libbson-1.0"]),
    ("BENCH_TO_CHARS", "stdint.h", ["-lstdc++"], ["g++", "to_chars.cc", "-std=c++17"]),
    ("BENCH_OPENMP", "omp.h", ["-fopenmp"], ["gcc", "openmp.c", "-fopenmp"]),
]


def has_header(name, compiler, own):
    """Whether the compiler, or the peer's own with its flags, finds a header."""
    compiler, flags = (own[0], own[2:]) if own else (compiler, [])
    language = "c++" if "++" in compiler else "c"
    return subprocess.run([compiler, "-E", "-x", language, *flags, "-"], text=True,
                          input=f"#include <{name}>\n", capture_output=True).returncode == 0


def processor():
    try:
        found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
        return found.group(1) if found else platform.machine()
    except OSError:
        return platform.machine()


def find_peers(compiler):
    """[(macro, libraries, objects)] of the peers that are here; their own files are compiled."""
    found = []
    for macro, header, libraries, own in PEERS:
        if not has_header(header, compiler, own):
            print(f"{header} is not installed: its column stays empty (tests/setup.sh bench)")
            continue
        objects = []
        if macro == "BENCH_FLATBUFFERS":  # its code is generated from the schema
            if subprocess.run(["flatc", "--cpp", "--bfbs-gen-embed", "-o", str(BUILD),
                               "bench/peers/flatbuffers_scene.fbs"], cwd=ROOT).returncode:
                continue
        if own:
            objects = [str(BUILD / (own[1] + ".o"))]
            subprocess.run([own[0], "-O3", "-march=native", *own[2:], "-c", f"bench/peers/{own[1]}",
                            "-o", *objects], cwd=ROOT, check=True)
        found.append((macro, libraries, objects))
    return found


def main():
    if {"-h", "--help"} & set(sys.argv[1:]):
        sys.exit(print(__doc__))
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    if "--node" in sys.argv[1:]:
        for rows in sorted((ROOT / "bench/wasm").glob("*.mjs")):
            if rows.stem != "harness" and (not words or any(word in rows.stem for word in words)):
                subprocess.run(["node", str(rows)], cwd=ROOT, check=True)
        return
    wasm = "--wasm" in sys.argv[1:]
    compiler = "tests/toolchains/emcc_oldest.sh" if wasm else os.environ.get("CC", "gcc")
    BUILD.mkdir(parents=True, exist_ok=True)
    (ROOT / "bench/results").mkdir(exist_ok=True)
    include = BUILD / "include"
    for header in (ROOT / "src").glob("*/*.h"):  # benches name modules; here they are wasm3d.h
        forward = include / header.relative_to(ROOT / "src")
        forward.parent.mkdir(parents=True, exist_ok=True)
        forward.write_text('#include "wasm3d.h"\n')
    implementation = BUILD / "implementation.c"
    implementation.write_text('#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\n')
    if wasm:
        flags, peers, program = list(WASM_FLAGS), [], BUILD / "bench.js"
    else:
        flags, peers, program = [*FLAGS, "-pthread"], find_peers(compiler), BUILD / "bench"
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "bench").glob("*.c"))
    subprocess.run([compiler, *flags, *(f"-D{macro}=1" for macro, _, _ in peers), "-I.",
                    f"-I{include}", "-Ibench", "-Itests", *sources, str(implementation),
                    *(item for _, _, objects in peers for item in objects), "-o", str(program), "-lm",
                    *(item for _, libraries, _ in peers for item in libraries)], cwd=ROOT, check=True)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    about = f"{processor()}; {version}; {' '.join(flags)}"
    print(about)
    if "--meshes" in sys.argv[1:]:
        sys.exit(subprocess.run([str(program), "--meshes"], cwd=ROOT).returncode)
    rows = BUILD / "rows.csv"
    run = ["node", "--no-experimental-fetch", str(program)] if wasm else [str(program)]
    to_file = [] if wasm else ["--csv", str(rows)]
    done = subprocess.run([*run, *words, *to_file], cwd=ROOT, check=True, text=True,
                          stdout=subprocess.PIPE if wasm else None)
    name = "emcc" if wasm else pathlib.Path(compiler).name
    if wasm:  # its files are not ours
        print(done.stdout)
        rows.write_text(done.stdout)
    if words:
        return
    result = ROOT / "bench/results" / f"{name}.{'txt' if wasm else 'csv'}"
    result.write_text(f"# {about}\n{rows.read_text()}")
    print(f"\nfigures: {result.relative_to(ROOT)}")


main()
