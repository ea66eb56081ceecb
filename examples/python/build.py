#!/usr/bin/env python3
"""Compile the module holder with the C compiler and this Python's own flags.

    build.py [FOLDER]      the module goes to FOLDER, build/python if none is named

Exit 77: the compiler or Python.h is missing; which, and what brings it, is printed.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "python")
    include = pathlib.Path(sysconfig.get_paths()["include"])
    compiler = os.environ.get("CC") or next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), "cc")
    if not shutil.which(compiler.split()[0]):
        print(f"{compiler}: not found; a C compiler is needed (Debian: apt-get install gcc)")
        sys.exit(77)
    if not (include / "Python.h").exists():
        print(f"{include / 'Python.h'}: not found; Python's headers are needed (Debian: apt-get "
              "install python3-dev)")
        sys.exit(77)
    folder.mkdir(parents=True, exist_ok=True)
    module = folder / ("holder" + sysconfig.get_config_var("EXT_SUFFIX"))
    shared = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    # Python.h is none of ours to warn about: a system header. The implementation goes into the
    # module's own file, as static functions: what it does not call is left out.
    done = subprocess.run([*compiler.split(), "-std=c11", "-O2", "-fPIC", "-pthread", "-Wall", "-Wextra",
                           "-Wno-missing-field-initializers", "-Wno-cast-function-type", *shared,
                           "-DWASM3D_IMPLEMENTATION", "-DW3D_STATIC=1",
                           "-isystem", str(include), f"-I{ROOT}", *os.environ.get("CFLAGS", "").split(),
                           str(HERE / "holder.c"), "-o", str(module)])
    if done.returncode:
        sys.exit(1)
    print(module)


main()
