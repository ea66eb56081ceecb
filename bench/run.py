#!/usr/bin/env python3
"""Build the benches with what this machine has to measure against, and run them.

    bench/run.py [WORD...]      all, or those whose name holds a word: pack mesh bjson gltf raster

Peers that are not installed leave their columns empty (tests/setup.sh bench installs them). The
table goes to the screen, the figures to bench/results/<compiler>.csv with processor and flags on top.
"""
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
FLAGS = "-O3 -march=native -std=gnu11".split()

# What a peer needs: its macro, a header that shows it is here, its libraries.
PEERS = [
    ("BENCH_ZLIB", "zlib.h", ["-lz"]),
    ("BENCH_MESHOPTIMIZER", "meshoptimizer.h", ["-lmeshoptimizer", "-lstdc++"]),
    ("BENCH_EGL", "EGL/egl.h", ["-lEGL", "-lGLESv2"]),
]


def has_header(name, compiler):
    return subprocess.run([compiler, "-E", "-x", "c", "-"], input=f"#include <{name}>\n", text=True,
                          capture_output=True).returncode == 0


def processor():
    try:
        found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
        return found.group(1) if found else platform.machine()
    except OSError:
        return platform.machine()


def main():
    if {"-h", "--help"} & set(sys.argv[1:]):
        sys.exit(print(__doc__))
    compiler = os.environ.get("CC", "gcc")
    BUILD.mkdir(parents=True, exist_ok=True)
    (ROOT / "bench/results").mkdir(exist_ok=True)
    include = BUILD / "include"
    for header in (ROOT / "src").glob("*/*.h"):  # benches name modules; here they are wasm3d.h
        forward = include / header.relative_to(ROOT / "src")
        forward.parent.mkdir(parents=True, exist_ok=True)
        forward.write_text('#include "wasm3d.h"\n')
    implementation = BUILD / "implementation.c"
    implementation.write_text('#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\n')
    flags, libraries = list(FLAGS), ["-lm"]
    for macro, header, needs in PEERS:
        if has_header(header, compiler):
            flags.append(f"-D{macro}=1")
            libraries += needs
        else:
            print(f"{header} is not installed: its column stays empty (tests/setup.sh bench)")
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "bench").glob("*.c"))
    program = BUILD / "bench"
    subprocess.run([compiler, *flags, "-I.", f"-I{include}", "-Ibench", "-Itests", *sources,
                    str(implementation), "-o", str(program), *libraries], cwd=ROOT, check=True)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    print(f"{processor()}; {version}; {' '.join(FLAGS)}")
    rows = BUILD / "rows.csv"
    subprocess.run([str(program), *sys.argv[1:], "--csv", str(rows)], cwd=ROOT, check=True)
    result = ROOT / "bench/results" / f"{pathlib.Path(compiler).name}.csv"
    result.write_text(f"# {processor()}; {version}; {' '.join(FLAGS)}\n{rows.read_text()}")
    print(f"\nfigures: {result.relative_to(ROOT)}")


main()
