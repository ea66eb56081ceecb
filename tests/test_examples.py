#!/usr/bin/env python3
"""Compile and run every example by the command that stands on top of it.

    test_examples.py                the first one as written; the others share one implementation
    test_examples.py --as-written   every one as written, which takes minutes

The command is the indented line of the first comment that begins with "cc". It is run with
warnings as errors added; the program's output must hold the lines expected below. To share means
that the example sees a wasm3d.h that leaves the implementation out, and is linked with an object
that holds it.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXPECTED = {
    "01_normals.c": ["( 0.000  1.000  0.000)", "an index points outside its array"],
    "02_arena.c": ["average 49.5", "after the rewind: 400 bytes used", "2000 bytes: NULL"],
    "03_bjson.c": ["Cube is at (1, 2, 3)", "bytes at offset", "refused: an ID's checksum"],
    "05_handles.c": ["the thread saw 262144 pixels",
                     "refused 0700000100000000: the handle's object is gone",
                     "leaked: lost.png, references: 1", "1 leaked"],
    "06_ring_threads.c": ["1000000 records, sum 333332833333500000: the same",
                          "a message of 3000000 bytes, checksum a0c5572776957b98: the same",
                          "then: the other side has closed or is gone"],
    "07_jobs.c": ["summed: no error, 200 of 200 rows", "late:   the work was cancelled",
                  "13617 of 64000 pixels are set"],
    "08_trace.c": ["46 records, 0 dropped, 9 frames", "wrote trace.json"],
    "09_sandbox.c": ["write at 0x0fff: no error",
                     "write at 0x1000: the access is outside what its region allows",
                     "the view holds 2.5, and behind its end 0", "a stray write went through: 7",
                     "record 3: offset 0x2345"],
    "10_bjson_edit.c": ["location[3]: there is no such value", "8 bytes at 96",
                        "the file: 352 bytes, then 352", "the file: 352 bytes, then 640",
                        "Cube is made of a snow that does not melt"],
    "11_bjson_diff.c": ["row 0: range positions [7, 8)", "row 1: range location [2, 3)",
                        "row 1: value removed mass", "row 2: name",
                        "taken out: 2 IDs of 3, the cube is row 1"],
    "12_bjson_json.c": ["341 bytes of JSON became 480 of BJSON",
                        '"location": {"$vector": "f32", "data": [0.1, 0.2, 0.3]}',
                        "refused at byte 69"],
    "13_props.c": ["size: outside the limits: clamp to take the nearest",
                   "1 value clamped, size is 0.1", "back from BJSON: equal",
                   "class Cube(bpy.types.PropertyGroup):"],
    "14_bvh.c": ["ray: triangle 0 at t = 2.50, u = 0.25, v = 0.50", "(0 0 0.5): -0.2887, inside"],
    "15_codec.c": ["positions 49152 -> 9382 bytes, normals 49152 -> 3298, triangles 95256 -> 8082",
                   "rows are the same"],
    "16_lod.c": ["level 1: 16383 triangles, error 0.0033 m", "from  100 m: level 5, 0.65 pixels"],
    "17_optimise.c": ["each vertex shaded 5.64 times", "each vertex shaded 1.17 times",
                      "as strips: 3080 indices instead of 6144"],
    "18_meshlets.c": ["few meshlets: yes", "packed in a quarter of the index list: yes"],
    "19_topology.c": ["new vertex 7 repeats 0", "neighbours of triangle 0: 2 3 1"],
    "20_tangents.c": ["6 vertices are now 8", "vertex 6, once 1: tangent -1 0 0, sign -1"],
    "21_skinning.c": ["dual quaternions: it keeps 1.00",
                      "one bone missing: an index points outside its array",
                      "morphed: the tube ends at x = 2.5"],
    "22_crease_normals.c": ["30 degrees: 98 vertices, 48 of them new", "180 degrees: 0 new vertices",
                            "smooth groups: 48 new vertices"],
    "23_polygon.c": ["8 triangles, area 48 of 64 - 18 + 2", "hourglass: the data is malformed"],
    "24_smooth.c": ["laplacian  radius 0.799, noise 0.0040", "taubin     radius 1.007, noise 0.0107"],
    "gpu/10_triangle.c": ["1 draws asked, 1 issued, 1 passes", "wrote triangle.png: 480 x 320"],
    "gpu/11_textured_cube.c": ["wrote cube.png: 480 x 320"],
    "gpu/12_many.c": ["20000 draws asked, 5 issued"],
    "gpu/13_compute.c": ["1 passes, 1 dispatches"],
    "gpu/14_offscreen_png.c": ["covered 0.499 of the picture, 452 pixels in part"],
    "gpu/15_gl_embedded.c": ["rrrrrr.GGGG", "scissor on"],
    "04_render_png.c": ["wrote ring.png: 480 x 320, 6144 triangles"],
}


def shared_implementation(folder):
    """Makes the object, and a folder with the wasm3d.h without it; gives both paths."""
    implementation = folder / "implementation"
    implementation.with_suffix(".c").write_text('#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\n')
    subprocess.run(["cc", "-I.", "-c", implementation.with_suffix(".c"), "-o",
                    implementation.with_suffix(".o")], cwd=ROOT, check=True)
    (folder / "include").mkdir()
    (folder / "include/wasm3d.h").write_text(f'#undef WASM3D_IMPLEMENTATION\n#include "{ROOT}/wasm3d.h"\n')
    return f"-I{folder}/include", str(implementation.with_suffix(".o"))


def name_of(example):
    return example.relative_to(ROOT / "examples").as_posix()


def check(example, folder, shared):
    """Gives '' or what is wrong; `shared` is what shared_implementation gave, or None."""
    text = example.read_text()
    if text.count("\n") >= 100:
        return f"{text.count(chr(10))} lines; examples stay under 100"
    command = re.search(r"^ \*\s+(cc .*)$", text, re.M)
    if not command:
        return "no line with the compile command in the first comment"
    line = command.group(1)
    line = line.replace("cc ", "cc -Wall -Wextra -Wpedantic -Wshadow -Werror ", 1)
    if shared:
        line = line.replace("-DW3D_STATIC=1 ", "")
        line = line.replace("-I. ", f"{shared[0]} -I. ", 1).replace(" -o ", f" {shared[1]} -o ", 1)
    line = re.sub(r"-o (\w+)", rf"-o {folder}/\1", line).replace("&& ./", f"&& cd {folder} && ./")
    done = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return f"exit {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}"
    for expected in EXPECTED[name_of(example)]:
        if expected not in done.stdout:
            return f"output lacks {expected!r}:\n{done.stdout}"
    for written in pathlib.Path(folder).glob("*.json"):
        json.loads(written.read_text())
    return ""


def main():
    failed = 0
    examples = [path for folder in (".", "gpu") for path in sorted((ROOT / "examples" / folder).glob("[0-9]*.c"))]
    if sorted(map(name_of, examples)) != sorted(EXPECTED):
        sys.exit(f"examples/ holds {[name_of(e) for e in examples]}, expected {sorted(EXPECTED)}")
    with tempfile.TemporaryDirectory() as shared_folder:
        shared = None
        for example in examples:
            with tempfile.TemporaryDirectory() as folder:
                wrong = check(example, folder, shared)
            print(f"{name_of(example):22} {wrong or 'ok'}")
            failed += bool(wrong)
            if not shared and "--as-written" not in sys.argv:
                shared = shared_implementation(pathlib.Path(shared_folder))
    print(f"{len(examples) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
