#!/usr/bin/env python3
"""The GPU back-ends that need a driver: compile and run the programs of tests/gpu.

    tests/test_gpu_native.py               GL core and GLES on Mesa, through EGL without a window;
                                           and their pictures beside those of the software back-end:
                                           build/tests/gpu/pictures/index.html
    tests/test_gpu_native.py --sanitize    the same under the address and undefined sanitizers
    tests/test_gpu_native.py FILTER        only scenes whose name contains this

Ends with "N passed, N failed". Exit 77: there is no EGL, or none without a window.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "tests" / "gpu"
SKIPPED = 77
# The front, the shader translator and the back-end; scenes and what runs them.
COMMON = ["src/gpu/gpu.c", "src/gpu/gpu_resource.c", "src/gpu/gpu_pipeline.c", "src/gpu/gpu_pass.c",
          "src/gpu/shader.c", "src/gpu/shader_glsl.c", "src/gpu/gpu_gl.c", "src/memory/allocator.c",
          "tests/gpu/scene.c", "tests/gpu/scenes_state.c", "tests/gpu/scenes_pass.c",
          "tests/gpu/scenes_resource.c", "tests/gpu/egl.c"]
SOFTWARE = ["src/gpu/gpu_soft.c", "src/gpu/shader_code.c", "src/gpu/shader_run.c", "src/sync/thread.c",
            "src/image/png_write.c", "src/pack/deflate.c", "src/pack/crc32.c"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def run(name, sources, arguments, sanitize):
    """Builds a program and runs it; gives (passed, failed), or None where there is no EGL."""
    program = BUILD / f"{name}{'_sanitized' if sanitize else ''}"
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"] if sanitize else []
    command = [os.environ.get("CC", "cc"), "-std=c99", "-D_GNU_SOURCE", "-O1", "-DW3D_DEBUG=0",
               "-Isrc", "-Itests/gpu", *WARNINGS, *flags, *COMMON, *sources, f"tests/gpu/{name}.c",
               "-o", str(program), "-ldl", "-lm", "-pthread"]
    if subprocess.run(command, cwd=ROOT).returncode:
        return 0, 1
    environment = dict(os.environ)
    environment["ASAN_OPTIONS"] = "detect_leaks=0"  # the driver's own; ours are counted by the program
    done = subprocess.run([str(program), *arguments], cwd=ROOT, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(done.stdout, end="")
    if done.returncode == SKIPPED:
        return None
    counts = re.findall(r"^(\d+) passed, (\d+) failed", done.stdout, re.MULTILINE)
    if not counts:
        print(f"{name} ended with {done.returncode}")
        return 0, 1
    return int(counts[-1][0]), int(counts[-1][1])


def main():
    arguments = sys.argv[1:]
    sanitize = "--sanitize" in arguments
    arguments = [a for a in arguments if a != "--sanitize"]
    pictures = BUILD / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    counts = [run("gl_main", [], arguments, sanitize),
              run("pictures_main", SOFTWARE, [str(pictures), *arguments], sanitize)]
    if None in counts:
        return SKIPPED
    passed, failed = map(sum, zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
