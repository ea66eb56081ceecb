#!/usr/bin/env python3
"""What each mesh kernel costs to take along: lines to read, bytes of WebAssembly; and whose idea it is.

    bench/kernels.py            a table in Markdown
    bench/kernels.py WORD...    only kernels whose name contains one of these words

Lines are those of the kernel's own header and source, private headers that only it includes with them.
Bytes are of the module that `amalgamate.py --only KERNEL` makes with all of its functions exported:
clang, -Oz -msimd128, in brackets what brotli leaves of it. Needs clang and wasm-ld; brotli if there.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import amalgamate  # noqa: E402


def lines_of(sources, header):
    """Lines of a module: its header, its source, and private headers named after it."""
    stem = header[:-2]
    parts = [path for path in sources if path in (header, f"{stem}.c") or
             (path.startswith(stem + "_") and path.endswith(".h") and f"{path[:-2]}.c" not in sources)]
    return sum(sources[path].text.count("\n") for path in parts)


def source_of(sources, header):
    """Authors and year of the first source the header names, or what specification it follows."""
    text = re.sub(r"\s*\n \*\s*", " ", sources[header].text)
    found = re.search(r"\bSource:? +(?:[a-z][\w ]*: |the half-edge of )?([A-Z][^\"]*? \d{4}|KHR_\w+)", text)
    return found.group(1) if found else ""


def wasm_bytes(sources, header, folder):
    """(size, size after brotli or None) of the kernel alone."""
    name = sources[header].name
    functions = sorted(set(re.findall(r"^W3D_API\s[^;{]*?\b(w3d_\w+)\(", sources[header].text, re.M)))
    (folder / "kernel.h").write_text(amalgamate.only(sources, amalgamate.licence(ROOT), [name]), encoding="ascii")
    (folder / "kernel.c").write_text('#define WASM3D_IMPLEMENTATION\n#include "kernel.h"\n')
    target = ["clang", "--target=wasm32"]
    subprocess.run([*target, "-Oz", "-msimd128", "-mbulk-memory", "-DNDEBUG", "-DW3D_WEB=0", "-ffunction-sections", "-c",
                    "kernel.c", "-o", "kernel.o"], cwd=folder, check=True)
    subprocess.run([*target, "-nostdlib", "-Wl,--no-entry,--gc-sections,--strip-all", *(f"-Wl,--export={f}" for f in functions),
                    "kernel.o", "-o", "kernel.wasm"], cwd=folder, check=True)
    module = folder / "kernel.wasm"
    packed = None
    if shutil.which("brotli"):
        packed = len(subprocess.run(["brotli", "-q", "11", "-c", module], capture_output=True, check=True).stdout)
    return module.stat().st_size, packed


def main():
    if any(argument in ("-h", "--help") for argument in sys.argv[1:]):
        sys.exit(print(__doc__))
    if not shutil.which("clang") or not shutil.which("wasm-ld"):
        sys.exit("kernels.py: clang and wasm-ld are wanted (Debian: apt-get install clang lld)")
    sources = amalgamate.read_tree(ROOT)
    headers = [path for path in amalgamate.public_headers(sources)
               if path.startswith("mesh/") and f"{path[:-2]}.c" in sources]
    words = sys.argv[1:]
    print("| kernel | lines | wasm | source |\n|---|--:|--:|---|")
    with tempfile.TemporaryDirectory() as name:
        for header in headers:
            kernel = sources[header].name
            if words and not any(word in kernel for word in words):
                continue
            size, packed = wasm_bytes(sources, header, pathlib.Path(name))
            print(f"| {kernel} | {lines_of(sources, header)} | {size:,}{f' ({packed:,})' if packed else ''} "
                  f"| {source_of(sources, header)} |", flush=True)


if __name__ == "__main__":
    main()
