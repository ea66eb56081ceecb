#!/usr/bin/env python3
"""Check the protocols of memory/ and sync/ with the model checker spin.

    run.py [NAME...]     all of tests/models/*.pml, or those named

A model says in its opening comment how it is checked:

     * pan: FLAGS                    flags for compiling the verifier, -DSAFETY where nothing is said
     * run: ARGUMENTS                arguments of the verifier, -m1000000 where nothing is said
     * mutation: BROKEN_X - why      compiled with -DBROKEN_X the same model must fail

The model as it stands must pass with its whole state space searched, and every mutation must be
caught: a proof that cannot fail proves nothing.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def verify(model, defines, pan, arguments):
    """(errors found, search complete, states stored, what was printed)"""
    with tempfile.TemporaryDirectory() as name:
        spin = subprocess.run(["spin", *defines, "-a", model], cwd=name, text=True,
                              capture_output=True)
        if spin.returncode or not (pathlib.Path(name) / "pan.c").exists():
            return None, False, 0, spin.stdout + spin.stderr
        gcc = subprocess.run(["gcc", "-O2", "-w", "-DMEMLIM=2048", *pan, "pan.c", "-o", "pan"], cwd=name,
                             text=True, capture_output=True)
        if gcc.returncode:
            return None, False, 0, gcc.stderr
        done = subprocess.run(["./pan", *arguments], cwd=name, text=True, capture_output=True,
                              timeout=600)
    output = done.stdout + done.stderr
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\S+) states, stored", output)
    complete = "Search not completed" not in output and "max search depth too small" not in output
    return (int(errors.group(1)) if errors else None, complete,
            int(float(states.group(1))) if states else 0, output)


def check(model):
    """Yields (what, '' or what is wrong)."""
    text = model.read_text()
    pan = re.search(r"^ \* pan: (.*)$", text, re.M)
    run = re.search(r"^ \* run: (.*)$", text, re.M)
    pan = pan.group(1).split() if pan else ["-DSAFETY"]
    run = run.group(1).split() if run else ["-m1000000"]
    errors, complete, states, output = verify(model, [], pan, run)
    wrong = "" if errors == 0 and complete else f"errors: {errors}, complete: {complete}\n{output[-2000:]}"
    yield f"{states} states, no error", wrong
    mutations = re.findall(r"^ \* mutation: (\w+) - (.*?)(?: \*/)?$", text, re.M)
    if not mutations:
        yield "mutations", "names no mutation that must fail"
    for mutation, why in mutations:
        errors, _, _, output = verify(model, [f"-D{mutation}"], pan, run)
        wrong = "" if errors else f"the broken model passes, or does not run\n{output[-1500:]}"
        yield f"{mutation} is caught: {why}", wrong


def main():
    if {"-h", "--help"} & set(sys.argv[1:]):
        sys.exit(print(__doc__))
    if not shutil.which("spin"):
        print("spin is missing: tests/setup.sh installs it")
        sys.exit(SKIPPED)
    models = sorted(FOLDER.glob("*.pml"))
    names = [model.stem for model in models]
    for name in sys.argv[1:]:
        if name not in names:
            sys.exit(f"no model named {name}; there are {', '.join(names)}")
    passed = failed = 0
    for model in models:
        if sys.argv[1:] and model.stem not in sys.argv[1:]:
            continue
        began = time.monotonic()
        for what, wrong in check(model):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            print(f"{model.stem:16} {'FAILED' if wrong else 'ok':7}{what}", flush=True)
            if wrong:
                print(wrong, flush=True)
        print(f"{model.stem:16} {time.monotonic() - began:.1f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
