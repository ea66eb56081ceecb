#!/usr/bin/env python3
"""Build oracle_assimp.c under the sanitizers and run it on the models of assimp-testmodels.

    oracle_assimp.py [-v]

Exits with 77 where assimp, its models or clang are not installed (tests/setup.sh does that).
"""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ["asset/gltf*.c", "asset/obj.c", "asset/asset_scene.c", "scene/json.c", "memory/allocator.c",
           "mesh/mesh_triangulate.c"]
MODELS = pathlib.Path("/usr/share/assimp/models")


def main():
    if not MODELS.exists() or not pathlib.Path("/usr/include/assimp/cimport.h").exists():
        print("assimp or its test models are not installed")
        return 77
    sources = sorted(str(path) for pattern in SOURCES for path in (ROOT / "src").glob(pattern))
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "oracle_assimp"
        build = subprocess.run(["clang", "-std=c11", "-O1", "-g", "-fsanitize=address,undefined",
                                "-fno-sanitize-recover=all", f"-I{ROOT / 'src'}",
                                str(ROOT / "tests/oracle_assimp.c"), *sources, "-lassimp", "-lm",
                                "-o", str(program)])
        if build.returncode:
            return build.returncode
        # What assimp leaks is not ours; that ours leaks nothing is shown by the unit tests.
        environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run([str(program), *sys.argv[1:]], env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
