#!/usr/bin/env python3
"""The GPU scenes on native WebGPU: builds tests/gpu/webgpu_main.c with Dawn and runs it.

    python3 tests/test_gpu_dawn.py             skips (77) where there is no Dawn
    python3 tests/test_gpu_dawn.py --fetch     fetches it first, into build/dawn (8 MB, by apt)

Dawn comes from a newer suite of the distribution than the one that runs, so it brings its own C
library and loader; $DAWN names another folder with usr/include and usr/lib in it. The device is
SwiftShader's, which comes with Chromium; $VK_ICD_FILENAMES names another one.
"""

import glob
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAWN = Path(os.environ.get("DAWN", ROOT / "build/dawn")).resolve()
ICD = "/usr/lib/chromium/vk_swiftshader_icd.json"
SUITE = "forky"
PACKAGES = ["libwebgpu-dawn0", "libwebgpu-dawn-dev", "libabsl20260526", "libc6", "libstdc++6",
            "libgcc-s1"]
# What the back-end and the scenes need of src/gpu: everything but the other back-ends.
OTHERS = re.compile(r"gpu_(gl|soft|web)\.c$|soft_\w+\.c$|shader_(code|run)\w*\.c$")


def fetch():
    """Unpacks the packages into build/dawn with apt's own tools, beside the system's lists."""
    state = DAWN / "apt"
    for folder in "lists/partial", "cache/archives/partial", "debs":
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "suite.sources").write_text(
        f"Types: deb\nURIs: http://deb.debian.org/debian\nSuites: {SUITE}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
    apt = ["apt-get", "-q", "-o", f"Dir::State::lists={state}/lists",
           "-o", f"Dir::State::status={state}/status", "-o", f"Dir::Cache={state}/cache",
           "-o", f"Dir::Etc::sourcelist={state}/suite.sources",
           "-o", "Dir::Etc::sourceparts=/dev/null"]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "download", *PACKAGES], check=True, cwd=state / "debs")
    for package in sorted((state / "debs").glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, DAWN], check=True)


def main():
    arguments = sys.argv[1:]
    if "--fetch" in arguments:
        arguments.remove("--fetch")
        fetch()
    libraries = DAWN / "usr/lib/x86_64-linux-gnu"
    loaders = [path for path in (DAWN / "lib64/ld-linux-x86-64.so.2",
                                 DAWN / "usr/lib64/ld-linux-x86-64.so.2",
                                 libraries / "ld-linux-x86-64.so.2") if path.exists()]
    if not loaders or not (libraries / "libwebgpu_dawn.so.0").exists():
        print(f"no Dawn in {DAWN}: python3 tests/test_gpu_dawn.py --fetch")
        return 77
    build = ROOT / "build/tests"
    build.mkdir(parents=True, exist_ok=True)
    program = build / "gpu_dawn"
    sources = [path for path in sorted(glob.glob("src/gpu/*.c", root_dir=ROOT))
               if not OTHERS.search(path)]
    sources += ["src/memory/allocator.c", "tests/gpu/webgpu_main.c",
                *sorted(glob.glob("tests/gpu/scene*.c", root_dir=ROOT))]
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-D_GNU_SOURCE",
         "-DW3D_DEBUG=0", "-DW3D_GPU_WEBGPU=1", "-fsanitize=undefined",
         "-fsanitize-undefined-trap-on-error", "-ffunction-sections", "-Isrc", "-Itests",
         "-I.", "-isystem", DAWN / "usr/include", *sources, "-o", program, f"-L{libraries}",
         "-l:libwebgpu_dawn.so.0", "-Wl,--allow-shlib-undefined,--gc-sections", "-lm", "-pthread"],
        check=True, cwd=ROOT)
    environment = {"VK_ICD_FILENAMES": ICD, **os.environ}
    run = subprocess.run([loaders[0], "--library-path", f"{libraries}:/usr/lib/x86_64-linux-gnu",
                          program, *arguments], env=environment, cwd=ROOT, timeout=600)
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
