#!/usr/bin/env python3
"""Fuzz every reader under AddressSanitizer and UndefinedBehaviorSanitizer.

    fuzz.py [SECONDS] [NAME...]    each target for SECONDS (default 60), two at a time
    fuzz.py --replay FILE NAME     one input through one target, without libFuzzer

A target is tests/fuzz/fuzz_<name>.c; its seeds lie in tests/fuzz/corpus/<name>/. What a run finds
interesting is kept in build/fuzz/<name>/, so that the next run starts from there; an input that
crashes, hangs for 10 s, leaks or takes over 1 GiB is kept beside it and fails the run. Where clang
has no libFuzzer the seeds, cut and mangled 200 ways each, are replayed with gcc's sanitizers.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "fuzz"
# Static functions, so that what a target does not reach is not compiled.
SANITIZE = ["-g", "-O1", "-fno-sanitize-recover=all", "-DW3D_DEBUG=0", "-DW3D_STATIC=1", "-I."]


def has_libfuzzer():
    if not shutil.which("clang"):
        return False
    probe = BUILD / "probe.c"
    probe.write_text("int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n);\n"
                     "int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n)"
                     "{ (void)p; (void)n; return 0; }\n")
    return subprocess.run(["clang", "-fsanitize=fuzzer,address", probe, "-o", BUILD / "probe"],
                          capture_output=True).returncode == 0


def build(name, fuzzer):
    """Compiles one target from wasm3d.h; gives the program's path."""
    source = BUILD / f"{name}.c"
    source.write_text('#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\n'
                      f'#include "tests/fuzz/fuzz_{name}.c"\n')
    # The target includes modules by name; in this file they are all there already.
    for header in (ROOT / "src").glob("*/*.h"):
        forward = BUILD / "include" / header.relative_to(ROOT / "src")
        forward.parent.mkdir(parents=True, exist_ok=True)
        forward.write_text('#include "wasm3d.h"\n')
    program = BUILD / f"fuzz_{name}{'' if fuzzer else '_replay'}"
    tool = ["clang", "-fsanitize=fuzzer,address,undefined"] if fuzzer else \
        ["gcc", "-fsanitize=address,undefined", "tests/fuzz/replay.c"]
    subprocess.run([*tool, *SANITIZE, f"-I{BUILD}/include", str(source), "-o", str(program), "-lm", "-pthread"],
                   cwd=ROOT, check=True)
    return program


def fuzz(name, seconds, fuzzer):
    """Gives (name, seconds taken, runs, what went wrong or '')."""
    began = time.monotonic()
    try:
        program = build(name, fuzzer)
    except subprocess.CalledProcessError:
        return name, 0, 0, "does not compile"
    seeds, found = ROOT / "tests/fuzz/corpus" / name, BUILD / name
    found.mkdir(exist_ok=True)
    inputs = [str(path) for path in (found, seeds) if path.is_dir()]
    if fuzzer:
        command = [str(program), f"-max_total_time={seconds}", "-max_len=8192", "-timeout=10",
                   "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-print_final_stats=1",
                   f"-artifact_prefix={BUILD}/{name}-", *inputs]
    else:
        command = [str(program), *(str(seed) for seed in sorted(seeds.iterdir()))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    output = done.stdout + done.stderr
    (BUILD / f"{name}.log").write_text(output)
    runs = re.search(r"(?:stat::number_of_executed_units:|replayed) *(\d+)", output)
    wrong = "" if done.returncode == 0 else "\n".join(output.strip().splitlines()[-25:])
    return name, time.monotonic() - began, int(runs.group(1)) if runs else 0, wrong


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("-h", "--help"):
        sys.exit(print(__doc__))
    if arguments and arguments[0] == "--replay":
        if len(arguments) != 3:
            sys.exit("usage: fuzz.py --replay FILE NAME")
        sys.exit(subprocess.run([build(arguments[2], False), arguments[1]], cwd=ROOT).returncode)
    seconds = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 60
    known = sorted(path.stem[5:] for path in (ROOT / "tests/fuzz").glob("fuzz_*.c"))
    for name in arguments:
        if name not in known:
            sys.exit(f"fuzz: no target named {name}; there are {', '.join(known)}")
    names, failed = arguments or known, 0
    fuzzer = has_libfuzzer()
    if not fuzzer:
        print("clang has no libFuzzer here (tests/setup.sh installs it): replaying the seeds instead")
    print(f"{len(names)} targets, {seconds} s each", flush=True)
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for name, took, runs, wrong in pool.map(lambda n: fuzz(n, seconds, fuzzer), names):
            failed += bool(wrong) or not runs
            print(f"{name:12} {runs:10} runs {took:7.1f} s  {'FAILED' if wrong or not runs else 'nothing found'}",
                  flush=True)
            if wrong:
                print(wrong, flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
