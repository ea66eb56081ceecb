#!/usr/bin/env python3
"""The GPU back-ends that need a driver: compile and run the programs of tests/gpu.

    tests/test_gpu_native.py               GL core and GLES on Mesa, through EGL without a window
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
SOURCES = ["src/gpu/gpu.c", "src/gpu/gpu_resource.c", "src/gpu/gpu_pipeline.c", "src/gpu/gpu_pass.c",
           "src/gpu/shader.c", "src/gpu/shader_glsl.c", "src/gpu/gpu_gl.c", "src/memory/allocator.c",
           "tests/gpu/scene.c", "tests/gpu/scenes_state.c", "tests/gpu/scenes_pass.c",
           "tests/gpu/scenes_resource.c", "tests/gpu/egl.c", "tests/gpu/gl_main.c"]
WARNINGS = ["-Wall", "-Wextra", "-Werror"]


def main():
    arguments = sys.argv[1:]
    sanitize = "--sanitize" in arguments
    arguments = [a for a in arguments if a != "--sanitize"]
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / ("gl_main_sanitized" if sanitize else "gl_main")
    flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"] if sanitize else []
    command = [os.environ.get("CC", "cc"), "-std=c99", "-D_GNU_SOURCE", "-O1", "-DW3D_DEBUG=0",
               "-Isrc", "-Itests/gpu", *WARNINGS, *flags, *SOURCES, "-o", str(program),
               "-ldl", "-lm", "-pthread"]
    built = subprocess.run(command, cwd=ROOT)
    if built.returncode:
        print("0 passed, 1 failed")
        return 1
    environment = dict(os.environ)
    environment["ASAN_OPTIONS"] = "detect_leaks=0"  # the driver's own; ours are counted by the program
    run = subprocess.run([str(program), *arguments], cwd=ROOT, env=environment, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(run.stdout, end="")
    if run.returncode == SKIPPED:
        return SKIPPED
    if not re.search(r"^\d+ passed, \d+ failed", run.stdout, re.MULTILINE):
        print(f"gl_main ended with {run.returncode}\n0 passed, 1 failed")
        return 1
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
