#!/usr/bin/env python3
"""Build examples/python and let it show that PyObject counts stay exact.

A million cycles; the same under Python's debug allocator; several Python threads; and the end of
the interpreter, many times over, with C threads still holding and releasing. Exit 77: a compiler or
Python.h is missing.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples" / "python"
SKIPPED = 77
failed = []


def run(what, arguments, expected, **environment):
    """Runs demo.py; it must end with 0, say nothing on stderr, and print what matches `expected`."""
    done = subprocess.run([sys.executable, str(FOLDER / "demo.py"), *arguments], text=True,
                          capture_output=True, timeout=300, env={**os.environ, **environment})
    missing = [line for line in expected if not re.search(line, done.stdout, re.M)]
    wrong = done.returncode or done.stderr or missing or "NO" in done.stdout
    if wrong:
        failed.append(what)
        print(f"{what}: exit {done.returncode}, lacks {missing}\n{done.stdout}{done.stderr}")
    else:
        print(f"{what}: ok")


def main():
    built = subprocess.run([sys.executable, str(FOLDER / "build.py")], text=True, capture_output=True)
    if built.returncode == SKIPPED:
        print(built.stdout.strip())
        sys.exit(SKIPPED)
    if built.returncode or built.stderr:
        sys.exit(f"build.py failed:\n{built.stdout}{built.stderr}")
    exact = ["^every reference count as before: yes", "^created = released \\+ drained: yes",
             "^each object ended once: yes"]
    ended = ["^held at the end: True", "^hold at the end: the other side has closed",
             "^after the end: [1-9][0-9]* abandoned, [0-9]+ still held, 0 touched"]
    run("a million cycles", ["1000000"], [*exact, "^a second release is refused: yes",
                                          "^no process memory more: yes"])
    run("debug allocator", ["30000"], exact, PYTHONMALLOC="debug", PYTHONDEVMODE="1")
    run("Python threads", ["threads"], exact, PYTHONMALLOC="debug")
    for i in range(8):
        run(f"the end, {i + 1}", ["exit"], ended, PYTHONMALLOC="debug" if i % 2 else "default")
    total = 11
    print(f"{total - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
