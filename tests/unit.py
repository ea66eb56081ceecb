#!/usr/bin/env python3
"""Build the unit tests one way and run them.

    unit.py modules COMPILER FLAGS...           src/*.c one by one
    unit.py ground COMPILER FLAGS...            the same, of core/, memory/ and sync/ alone
    unit.py 'amalgamated c' COMPILER FLAGS...   wasm3d.h in one .c file; 'amalgamated cc' in C++
    unit.py --page FOLDER COMPILER FLAGS...     an Emscripten page that prints the result, not run

The tests include modules by their own names ("mesh/mesh_normals.h"). In an amalgamated build those
names are one-line files that include wasm3d.h instead.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GROUND = ("core", "memory", "sync")
WARNINGS = ("-Wall -Wextra -Wpedantic -Wshadow -Wcast-align -Wundef -Wno-missing-field-initializers "
            "-Werror").split()
WINE = ["env", f"WINEPREFIX={ROOT}/build/tests/wine", "WINEDEBUG=-all", "/usr/lib/wine/wine64"]
SKIPPED = 77


def relative(paths):
    return [str(path.relative_to(ROOT)) for path in sorted(paths)]


def forward_includes(folder):
    """Makes folder/<floor>/<module>.h for every header, each including wasm3d.h."""
    for header in (ROOT / "src").glob("*/*.h"):
        forward = folder / header.relative_to(ROOT / "src")
        forward.parent.mkdir(parents=True, exist_ok=True)
        forward.write_text('#include "wasm3d.h"\n', encoding="utf-8")


def suites():
    """The tests of the ground, as tests/main.c lists them."""
    listed = re.search(r"SUITES_GROUND\(X\)(.*?)#define", (ROOT / "tests/main.c").read_text(), re.S)
    return [ROOT / f"tests/test_{name}.c" for name in re.findall(r"X\((\w+)\)", listed.group(1))]


def command_for(mode, compiler, flags, folder):
    """The commands that build the tests, and how the result is run."""
    emscripten = "emcc" in compiler
    threads = "-pthread" in flags
    flags = ["-DW3D_DEBUG=0", "-D_GNU_SOURCE", "-Itests", *flags]
    if mode == "ground":
        flags.append("-DTEST_GROUND=1")
        tests = relative([ROOT / "tests/main.c", *suites()])
    else:
        tests = relative([ROOT / "tests/main.c", *(ROOT / "tests").glob("test_*.c"),
                          *(ROOT / "tests/reference").glob("*.c")])
    windows = "mingw" in compiler
    program = folder / ("tests.js" if emscripten else "tests.exe" if windows else "tests")
    link = ["-sALLOW_MEMORY_GROWTH=1", "-sSTACK_SIZE=1048576" if "newest" in compiler else
            "-sTOTAL_STACK=1048576", "-sEXIT_RUNTIME=1"] if emscripten else ["-lm"]
    if emscripten and threads:  # main becomes a thread too: a page's own thread may not wait
        link += ["-sPROXY_TO_PTHREAD=1", "-sPTHREAD_POOL_SIZE=8", "-Wno-pthreads-mem-growth"]
    if windows:
        flags.append("-D__USE_MINGW_ANSI_STDIO=1")  # printf with %zu and %llu
        link.append("-lsynchronization")
    if "newest" in compiler:
        link.append("-sDEFAULT_TO_CXX=0")
    if mode in ("modules", "ground"):
        floors = GROUND if mode == "ground" else ["*"]
        sources = relative(path for floor in floors for path in (ROOT / "src").glob(f"{floor}/*.c"))
        yield [compiler, *WARNINGS, "-Isrc", *flags, *sources, *tests, "-o", str(program), *link]
    else:
        plus = mode.endswith("cc")
        implementation = folder / ("implementation.cc" if plus else "implementation.c")
        implementation.write_text('#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\n')
        forward_includes(folder / "include")
        includes = ["-I.", f"-I{folder}/include"]
        name, dash, version = compiler.partition("-")  # gcc, clang or clang-19
        compile_with = {"gcc": "g++", "clang": "clang++"}[name] + dash + version if plus else compiler
        library = folder / "implementation.o"
        yield [compile_with, *WARNINGS, "-Wconversion", *includes, *flags, "-c", str(implementation),
               "-o", str(library)]
        yield [compiler, *WARNINGS, *includes, *flags, *tests, str(library), "-o", str(program), *link]
    if mode != "page":
        yield [*(["node", "--no-experimental-fetch"] if emscripten else WINE if windows else
                 ["qemu-aarch64-static"] if "aarch64" in compiler else []), str(program)]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    arguments = sys.argv[1:]
    page = pathlib.Path(arguments.pop(1)) if arguments[0] == "--page" else None
    mode, compiler, *flags = arguments
    if not shutil.which(compiler) and not (ROOT / compiler).exists():
        print(f"{compiler}: not on this machine; tests/setup.sh installs it")
        sys.exit(SKIPPED)
    (ROOT / "build/tests").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build/tests", prefix="unit_") as name:
        if page:
            page.mkdir(parents=True, exist_ok=True)
        for command in command_for("page" if page else mode, compiler, flags, page or pathlib.Path(name)):
            status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
            if status:
                sys.exit(status)


main()
