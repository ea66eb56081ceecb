#!/usr/bin/env python3
"""Tests of amalgamate.py: every refusal, the shape of what it writes, and that the same tree
gives the same bytes. Each case builds a small tree of its own in a temporary folder.

    python3 tests/test_amalgamate.py [FILTER]
"""
import contextlib
import io
import os
import pathlib
import random
import re
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import amalgamate  # noqa: E402


def header(path, includes=(), body="", guard=None, title="a test module."):
    name = path.split("/")[-1][:-2]
    guard = guard or f"W3D_{name.upper()}_H"
    lines = [f"/* {name}.h - {title} */", f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f'#include "{other}"' for other in includes] + ["", body, f"#endif /* {guard} */", ""]
    return "\n".join(lines)


def small_tree():
    """Two floors, a module with code, one private header with code of its own."""
    return {
        "LICENSE": "Do as you like.\n\nNo warranty.\n",
        "src/wasm3d.h": header("wasm3d.h", ["mesh/weld.h", "core/size.h"],
                               title="the manual.\n *\n * Read me first."),
        "src/core/base.h": header("core/base.h",
                                  body="#include <stddef.h>\n#define W3D_API extern\n"),
        "src/core/size.h": header("core/size.h", ["core/base.h"]),
        "src/core/strict.h": header("core/strict.h", ["core/base.h"], body=(
            amalgamate.STRICT_OPEN + "static inline float w3d_x(float a) { return a * a + a; }\n" +
            amalgamate.STRICT_CLOSE)),
        "src/mesh/weld.h": header("mesh/weld.h", ["core/base.h"], "W3D_API int w3d_weld(int a);\n",
                                  title="joins equal vertices. Slowly."),
        "src/mesh/weld.c": '#include "mesh/weld.h"\n#include "mesh/grid.h"\n'
                           '#include "core/strict.h"\n\n'
                           "static int w3di_weld_twice(int a) { return w3d_grid(a) * 2; }\n"
                           "W3D_API int w3d_weld(int a) { return w3di_weld_twice(a); }\n",
        "src/mesh/grid.h": header("mesh/grid.h", ["core/size.h"], "W3D_API int w3d_grid(int a);\n",
                                  title="buckets in space."),
        "src/mesh/grid.c": '#include "mesh/grid.h"\n\n#define W3DI_GRID_STEP 3\n'
                           "static int w3di_grid_next(int a) { return a + W3DI_GRID_STEP; }\n"
                           "W3D_API int w3d_grid(int a) { return w3di_grid_next(a); }\n"
                           "#undef W3DI_GRID_STEP\n",
    }


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def build(self, files):
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(text if isinstance(text, bytes) else text.encode())

    def run_tool(self, *arguments):
        """(exit status, what it printed, what it complained)"""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = amalgamate.main(list(arguments), self.root)
        return status, out.getvalue(), err.getvalue()

    def good(self, *arguments):
        status, out, err = self.run_tool(*arguments)
        self.assertEqual((status, err), (0, ""))
        return out

    def written(self):
        return (self.root / "wasm3d.h").read_bytes().decode("ascii")

    def refuses(self, pattern, changes, *arguments):
        """The small tree with these changes (None: the file is gone) is refused, and nothing is
        written; the complaint has its three parts."""
        files = small_tree()
        files.update(changes)
        self.build({path: text for path, text in files.items() if text is not None})
        self.build({"wasm3d.h": "old"})
        status, out, err = self.run_tool(*arguments)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"\Aamalgamate: .+\n  why: .+\n  fix: .+\n\Z")
        self.assertRegex(err.split("\n")[0], pattern)
        self.assertEqual(self.written(), "old")


class Refusals(Case):
    def test_circle_with_its_trail(self):
        self.refuses(r"circle: core/a\.h -> core/b\.h -> core/c\.h -> core/a\.h", {
            "src/core/a.h": header("a.h", ["core/b.h"]),
            "src/core/b.h": header("b.h", ["core/c.h"]),
            "src/core/c.h": header("c.h", ["core/a.h"])})

    def test_a_header_that_includes_itself(self):
        self.refuses(r"circle: core/a\.h -> core/a\.h",
                     {"src/core/a.h": header("a.h", ["core/a.h"])})

    def test_upward_include(self):
        self.refuses(r'src/core/size\.h:5 includes "mesh/weld\.h", on a floor above it',
                     {"src/core/size.h": header("size.h", ["mesh/weld.h"])})

    def test_sideways_include(self):
        self.refuses(r'src/mesh/weld\.c:1 includes "pack/crc\.h", on a floor beside it', {
            "src/pack/crc.h": header("crc.h"), "src/mesh/weld.c": '#include "pack/crc.h"\n'})

    def test_the_front_door_is_above_all(self):
        self.refuses(r'includes "wasm3d\.h", on a floor above it',
                     {"src/mesh/weld.h": header("weld.h", ["wasm3d.h"])})

    def test_missing_file(self):
        self.refuses(r'src/mesh/weld\.h:5 includes "core/bits\.h", which is not in src/',
                     {"src/mesh/weld.h": header("weld.h", ["core/bits.h"])})

    def test_missing_file_that_stands_elsewhere(self):
        files = small_tree()
        files["src/mesh/weld.h"] = header("weld.h", ["size.h"])
        self.build(files)
        self.assertIn('fix: perhaps "core/size.h"', self.run_tool()[2])

    def test_unreached_header(self):
        self.refuses(r"not reached from src/wasm3d\.h: core/lost\.h",
                     {"src/core/lost.h": header("lost.h")})

    def test_unreached_module(self):
        self.refuses(r"not reached from src/wasm3d\.h: core/lost\.c, core/lost\.h", {
            "src/core/lost.h": header("lost.h"), "src/core/lost.c": '#include "core/lost.h"\n'})

    def test_include_inside_if(self):
        for path, text in (
                ("src/mesh/weld.h", header(
                    "weld.h", body='#if 1\n#include "core/base.h"\n#endif\n')),
                ("src/mesh/weld.c", '#include "mesh/weld.h"\n'
                                    '#ifdef A\n#else\n#include "core/size.h"\n#endif\n')):
            with self.subTest(path):
                self.refuses(r'includes "core/\w+\.h" inside #if', {path: text})

    def test_system_include_inside_if_is_fine(self):
        files = small_tree()
        files["src/core/size.h"] = header("size.h", body="#if 1\n#include <limits.h>\n#endif\n")
        self.build(files)
        self.good()

    def test_source_includes_source(self):
        self.refuses(r'src/mesh/weld\.c:2 includes "mesh/grid\.c"',
                     {"src/mesh/weld.c": '#include "mesh/weld.h"\n#include "mesh/grid.c"\n'})

    def test_source_without_header(self):
        self.refuses(r"src/mesh/alone\.c has no alone\.h beside it", {"src/mesh/alone.c": "\n"})

    def test_source_that_does_not_include_its_header(self):
        self.refuses(r'src/mesh/grid\.c does not include "mesh/grid\.h"', {"src/mesh/grid.c": "\n"})

    def test_include_with_more_on_its_line(self):
        self.refuses(r"src/mesh/weld\.c:1: more than an include on its line",
                     {"src/mesh/weld.c": '#include "mesh/weld.h" /* starts here\n ends here */\n'})

    def test_no_include_guard(self):
        for text in ("/* size.h - x. */\n", "/* size.h - x. */\n#define W3D_SIZE_H\n",
                     header("size.h") + "int w3d_after;\n",
                     "#include <stddef.h>\n" + header("size.h"),
                     header("size.h").replace("#endif", "#endif\n#if 1\n#endif")):
            with self.subTest(text):
                self.refuses(r"src/core/size\.h: no include guard around all of it",
                             {"src/core/size.h": text})

    def test_misnamed_include_guard(self):
        self.refuses(r"src/core/size\.h: its include guard is SIZE_H",
                     {"src/core/size.h": header("size.h", guard="SIZE_H")})

    def test_no_title(self):
        for text in (header("size.h").replace("size.h - ", "sizes: "),
                     header("size.h").replace("/* size.h", "/* base.h")):
            with self.subTest(text):
                self.refuses(r"src/core/size\.h does not open with its title",
                             {"src/core/size.h": text})

    def test_macro_left_defined(self):
        for macro in ("W3DI_GRID_STEP 3", "W3DI_GRID_STEP(a) \\\n    (a)", "ROTATE(a, b) a"):
            with self.subTest(macro):
                name = re.match(r"\w+", macro).group()
                self.refuses(rf"src/mesh/grid\.c:2: {name} is still defined at the end", {
                    "src/mesh/grid.c": f'#include "mesh/grid.h"\n#define {macro}\n'})

    def test_macro_undefined_and_defined_again(self):
        self.refuses(r"src/mesh/grid\.c:4: W3DI_A is still defined", {
            "src/mesh/grid.c": '#include "mesh/grid.h"\n#define W3DI_A 1\n#undef W3DI_A\n'
                               "#define W3DI_A 2\n"})

    def test_foreign_macro_in_a_header(self):
        self.refuses(r"src/core/size\.h:6: the macro MIN reaches the user's code",
                     {"src/core/size.h": header("size.h", body="#define MIN(a, b) a")})

    def test_private_function_that_is_not_static(self):
        for text in ("int w3di_grid_find(int a) { return a; }\n",
                     "int w3di_grid_find(int a);\n",
                     "struct w3d_x *w3di_grid_find(void)\n{\n    return 0;\n}\n",
                     "#if 0\nstatic int w3di_grid_a(void) { return 1; }\n#else\n"
                     "int w3di_grid_find(void) { return 1; }\n#endif\n",
                     "__attribute__((noinline)) int w3di_grid_find(void) { return 1; }\n"):
            with self.subTest(text):
                self.refuses(r"src/mesh/grid\.c:\d+: w3di_grid_find is neither static nor W3D_API",
                             {"src/mesh/grid.c": '#include "mesh/grid.h"\n' + text})

    def test_other_names_the_linker_would_see(self):
        for text in ("int helper(void) { return 1; }\n", "int w3d_weld(int a) { return a; }\n",
                     "const int w3di_table[2] = { 1, 2 };\n",
                     "int counter;\n", "int counter = 1;\n",
                     "struct { int a; } both[3];\n"):
            with self.subTest(text):
                self.refuses(r"grid\.c:2: (helper|w3d_weld|w3di_table|counter|both) is neither",
                             {"src/mesh/grid.c": '#include "mesh/grid.h"\n' + text})

    def test_what_the_linker_never_sees(self):
        files = small_tree()
        files["src/mesh/grid.c"] = '#include "mesh/grid.h"\n' + """
/* int in_a_comment(void) { return 1; } */
static const char *const w3di_grid_text[] = { "int in_a_string(void) {", "\\"}" };
static const struct { int a, b; } w3di_grid_pairs[] = { { 1, 2 }, { 3, 4 } };
typedef int (*w3di_grid_visit)(void *user, int item);
typedef struct w3di_grid_cell { int (*call)(int a); } w3di_grid_cell;
struct w3di_grid_row { w3di_grid_cell cell; };
enum { W3DI_GRID_A = (1), W3DI_GRID_B = 2 };
extern int w3d_elsewhere;
static int w3di_grid(int a)
{
#if 1
    if (a == '{') {
#else
    if (a == '"') {
#endif
        return 1;
    }
    return w3di_grid_pairs[0].a;
}
"""
        self.build(files)
        self.good()

    def test_one_private_name_in_two_files(self):
        for text in ("static int w3di_grid_next(int a) { return a; }\n",
                     "static const int w3di_shared[2] = { 1, 2 };\n",
                     "typedef struct w3di_shared { int a; } w3di_shared;\n",
                     "struct w3di_shared { int a; };\n", "static int w3di_shared;\n"):
            with self.subTest(text):
                name = "w3di_grid_next" if "w3di_grid_next" in text else "w3di_shared"
                grid = small_tree()["src/mesh/grid.c"]
                self.refuses(rf"mesh/grid\.c and mesh/weld\.c both define {name}", {
                    "src/mesh/weld.c": '#include "mesh/weld.h"\n#include "mesh/grid.h"\n' + text,
                    "src/mesh/grid.c": grid + (text if name == "w3di_shared" else "")})

    def test_bytes_outside_ascii(self):
        self.refuses(r"src/core/size\.h:1: a byte outside ASCII",
                     {"src/core/size.h": header("size.h", title="\u00e9.")})

    def test_tab(self):
        self.refuses(r"src/core/size\.h:6: a tab", {"src/core/size.h": header("size.h", body="\t")})

    def test_carriage_return(self):
        self.refuses(r"src/core/size\.h:1: a carriage return",
                     {"src/core/size.h": header("size.h").replace("\n", "\r\n")})

    def test_no_last_line_end(self):
        self.refuses(r"src/core/size\.h:7: no line end after the last line",
                     {"src/core/size.h": header("size.h")[:-1]})

    def test_long_file(self):
        lines = amalgamate.LINE_LIMIT
        self.refuses(rf"src/core/size\.h has {lines + 1} lines",
                     {"src/core/size.h": header("size.h", body="\n" * (lines - 6))})

    def test_unknown_floor(self):
        for path in ("src/attic/old.h", "src/core/deep/old.h", "src/old.h"):
            with self.subTest(path):
                self.refuses(r"src/.*old\.h lies on no floor", {path: header("old.h")})
                (self.root / path).unlink()

    def test_two_modules_of_one_name(self):
        self.refuses(r"core/size\.h and mesh/size\.h have one name",
                     {"src/mesh/size.h": header("size.h")})

    def test_other_float_blocks(self):
        opening, closing = amalgamate.STRICT_OPEN, amalgamate.STRICT_CLOSE
        for body in (opening, closing, opening + opening + closing + closing,
                     opening.replace("__GNUC__ < 15", "__GNUC__ < 14") + closing,
                     "#pragma STDC FP_CONTRACT OFF\n"):
            with self.subTest(body):
                self.refuses(r"src/core/strict\.h: its float block is not the one",
                             {"src/core/strict.h": header("strict.h", body=body)})

    def test_no_front_door(self):
        self.refuses(r"there is no src/wasm3d\.h", {"src/wasm3d.h": None})

    def test_no_licence(self):
        self.refuses(r"there is no LICENSE", {"LICENSE": None})

    def test_licence_that_would_end_the_comment(self):
        self.refuses(r"LICENSE contains \*/", {"LICENSE": "a */ b\n"})

    def test_unknown_module(self):
        self.refuses(r'there is no module "welt"', {}, "--only", "size,welt")
        self.assertIn("perhaps weld", self.run_tool("--only", "welt")[2])

    def test_private_module(self):
        self.refuses(r'there is no module "grid"', {}, "--only", "grid")

    def test_empty_module_name(self):
        self.refuses(r'there is no module ""', {}, "--only", "")

    def test_no_javascript(self):
        self.refuses(r"there is no src/web/\*\.js", {}, "--js")

    def test_javascript_that_imports_nothing_there(self):
        self.refuses(r"src/web/a\.js imports \./b\.js, which is not there",
                     {"src/web/a.js": "import { b } from './b.js';\nb();\n"}, "--js")

    def test_javascript_in_a_circle(self):
        self.refuses(r"circle: a\.js -> b\.js -> a\.js", {
            "src/web/a.js": "import { b } from './b.js';\nexport const a = 1;\n",
            "src/web/b.js": "import { a } from './a.js';\nexport const b = 1;\n"})

    def test_javascript_that_declares_a_name_twice(self):
        self.refuses(r"src/web/a\.js and src/web/b\.js both declare same", {
            "src/web/a.js": "const same = 1;\n", "src/web/b.js": "export function same() {}\n"})

    def test_javascript_with_other_imports_or_exports(self):
        for line in ("import x from './b.js';", "import 'node:fs';", "import * as b from './b.js';",
                     "export default 1;", "export { a };", "export * from './b.js';"):
            with self.subTest(line):
                self.refuses(r"src/web/a\.js: (im|ex)port", {"src/web/a.js": line + "\n"})

    def test_check_of_the_screen(self):
        self.refuses(r"--check has nothing to compare with", {}, "--check", "--list")

    def test_out_in_no_folder(self):
        self.build(small_tree())
        out = str(self.root / "no" / "x.h")
        self.assertIn("there is no folder", self.run_tool("--out", out)[2])


class Outputs(Case):
    def setUp(self):
        super().setUp()
        self.build(small_tree())

    def test_shape(self):
        self.good()
        text = self.written()
        marks = [r"\A/\* Generated by amalgamate\.py from src/ \([0-9a-f]{16}\)\. Edit src/",
                 r"\n\n/\* wasm3d\.h - the manual\.\n \*\n \* Read me first\. \*/\n",
                 r"\n/\* ---- core/base\.h ---- \*/\n/\* base\.h - ", r"\n#include <stddef\.h>\n",
                 r"\n/\* ---- mesh/weld\.h ---- \*/\n", r"\n/\* ---- core/size\.h ---- \*/\n",
                 r"\n#ifdef WASM3D_IMPLEMENTATION\n", r"push_options",
                 r"\n/\* ---- mesh/grid\.h ---- \*/\n", r"pop_options",
                 r"\n/\* ---- core/strict\.h ---- \*/\n", r"push_options", r"pop_options",
                 r"push_options",
                 r"\n#ifndef W3D_WELD_C\n#define W3D_WELD_C\n/\* ---- mesh/weld\.c ---- \*/\n",
                 r"\n#endif /\* W3D_WELD_C \*/\n", r"\n#ifndef W3D_GRID_C\n", r"pop_options",
                 r"\n#endif /\* WASM3D_IMPLEMENTATION \*/\n",
                 r"\n/\* ---- licence ----\n \*\n \* Do as you like\.\n \*\n"
                 r" \* No warranty\.\n \*/\n\Z"]
        position = 0
        for mark in marks:
            found = re.search(mark, text[position:])
            self.assertTrue(found, f"{mark} is not after {text[max(position - 60, 0):position]!r}")
            position += found.end() - 1
        self.assertNotIn('#include "', text)
        self.assertNotIn("\n\n\n", text)
        self.assertNotIn("\r", text)

    def test_float_blocks_never_nest(self):
        self.good()
        marks = re.findall(r"FP_CONTRACT (OFF|DEFAULT)", self.written())
        self.assertEqual(marks, ["OFF", "DEFAULT"] * (len(marks) // 2))
        self.assertEqual(len(marks), 6)     # private headers, strict.h's own, the sources

    def test_every_source_inside_a_float_block(self):
        self.good()
        text = self.written()
        for name in ("grid", "weld"):
            before = text[:text.index(f"/* ---- mesh/{name}.c")]
            self.assertEqual(re.findall(r"FP_CONTRACT (OFF|DEFAULT)", before)[-1], "OFF")

    def test_front_door_with_code_of_its_own(self):
        door = header("wasm3d.h", ["mesh/weld.h", "core/size.h"], "#define W3D_VERSION 1\n")
        self.build({"src/wasm3d.h": door})
        self.good()
        text = self.written()
        self.assertIn("/* ---- wasm3d.h ---- */\n#ifndef W3D_WASM3D_H\n", text)
        self.assertLess(text.index("core/size.h ----"), text.index("#define W3D_VERSION 1"))
        self.assertLess(text.index("#define W3D_VERSION 1"), text.index("WASM3D_IMPLEMENTATION"))

    def test_no_implementation_section_where_there_is_no_code(self):
        self.assertNotIn("#ifdef WASM3D_IMPLEMENTATION", self.good("--only", "size"))

    def test_check(self):
        status, _, err = self.run_tool("--check")
        self.assertEqual(status, 1)
        self.assertIn("wasm3d.h is missing", err)
        self.good()
        self.good("--check")
        text = self.written()
        (self.root / "wasm3d.h").write_text(text.replace("Slowly", "Fast"))
        status, _, err = self.run_tool("--check")
        line = next(i for i, line in enumerate(text.split("\n"), 1) if "Slowly" in line)
        self.assertEqual(status, 1)
        self.assertIn(f"wasm3d.h is stale: it first differs at line {line}\n", err)
        self.assertIn("Fast", self.written())

    def test_check_of_an_extraction(self):
        path = str(self.root / "size.h")
        self.good("--only", "size", "--out", path)
        self.good("--only", "size", "--out", path, "--check")
        self.assertEqual(self.run_tool("--only", "weld", "--out", path, "--check")[0], 1)

    def test_same_bytes_in_any_order_of_the_file_system(self):
        self.good()
        first = self.written()
        glob = pathlib.Path.rglob
        for seed in range(5):
            def shuffled(path, pattern):
                found = list(glob(path, pattern))
                random.Random(seed).shuffle(found)
                return iter(found)
            with mock.patch.object(pathlib.Path, "rglob", shuffled):
                self.good()
            self.assertEqual(self.written(), first)

    def test_stamp_follows_the_content(self):
        def stamp(text):
            return re.search(r"from src/ \((\w+)\)", text).group(1)
        self.good()
        first = stamp(self.written())
        self.assertEqual(stamp(self.good("--only", "size")), first)
        os.utime(str(self.root / "src/core/size.h"), (1, 1))
        self.good()
        self.assertEqual(stamp(self.written()), first)
        self.build({"src/core/size.h": small_tree()["src/core/size.h"].replace("test", "best")})
        self.good()
        self.assertNotEqual(stamp(self.written()), first)

    def test_a_failed_write_leaves_the_old_file(self):
        self.build({"wasm3d.h": "old"})
        with mock.patch("os.replace", side_effect=OSError("full")):
            with self.assertRaises(OSError):
                self.run_tool()
        self.assertEqual(self.written(), "old")
        self.assertEqual([path.name for path in self.root.iterdir() if path.is_file()
                          and path.name not in ("wasm3d.h", "LICENSE")], [])

    def test_written_file_is_readable_as_the_umask_says(self):
        mask = os.umask(0o022)
        try:
            self.good()
        finally:
            os.umask(mask)
        if os.name == "posix":
            self.assertEqual((self.root / "wasm3d.h").stat().st_mode & 0o777, 0o644)

    def test_out(self):
        self.good("--out", str(self.root / "other.h"))
        self.assertFalse((self.root / "wasm3d.h").exists())
        self.assertIn("mesh/weld.c", (self.root / "other.h").read_text())

    def test_only(self):
        text = self.good("--only", "weld")
        self.assertRegex(text, r"\A/\* weld\.h - joins equal vertices\.\n \*\n \* A part of wasm3d")
        self.assertIn(' *     #include "weld.h"\n', text)
        self.assertIn("No warranty.", text)
        self.assertNotIn("the manual", text)
        public, private = text.split("#ifdef WASM3D_IMPLEMENTATION\n")
        self.assertEqual(re.findall(r"^/\* ---- (\S+\.\w) ---- \*/$", public, re.M),
                         ["core/base.h", "mesh/weld.h"])
        self.assertEqual(re.findall(r"^/\* ---- (\S+\.\w) ---- \*/$", private, re.M),
                         ["core/size.h", "mesh/grid.h", "core/strict.h",
                          "mesh/weld.c", "mesh/grid.c"])

    def test_only_of_several_in_any_order(self):
        text = self.good("--only", "weld,size")
        self.assertEqual(text, self.good("--only", "size,weld"))
        self.assertRegex(text, r"\A/\* size\.h - a test module\.\n \* weld\.h - joins equal")

    def test_only_needs_no_front_door(self):
        (self.root / "src/wasm3d.h").unlink()
        self.assertIn("mesh/weld.h", self.good("--only", "weld"))

    def test_list(self):
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in self.good("--list").strip("\n").split("\n")]
        self.assertEqual(rows[0], ["module", "floor", ".h", ".c", "what it is", "needs"])
        self.assertEqual([row[0] for row in rows[2:]], ["base", "size", "strict", "grid", "weld"])
        self.assertEqual([row[4] for row in rows[4:6]],
                         ["(private) a test module.", "(private) buckets in space."])
        self.assertEqual(rows[-1], ["weld", "mesh", "9", "6", "joins equal vertices.",
                                    "base grid strict"])

    def test_javascript(self):
        self.build({"src/web/boot.js": "boot();\n", "src/web/a.js": "\nconst a = 1;\n\n"})
        text = self.good("--js")
        self.assertRegex(text, r"\A/\* Generated by amalgamate\.py from src/web/ \(\w{16}\)\.")
        self.assertIn("/* ---- web/a.js ---- */\nconst a = 1;\n\n"
                      "/* ---- web/boot.js ---- */\nboot();\n\n", text)
        self.assertIn("No warranty.", text)

    def test_javascript_in_the_order_of_its_imports(self):
        self.build({"src/web/a.js": "import { b } from './b.js';\n\nconst x = b;\n",
                    "src/web/b.js": "export const b = 1;\n"})
        text = self.good("--js")
        self.assertIn("web/b.js ---- */\nexport const b = 1;\n\n/* ---- web/a.js ---- */\nconst x = b;", text)
        self.assertNotIn("import", text.split("*/", 1)[1])

    def test_javascript_in_the_header(self):
        self.build(small_tree())
        self.build({"src/web/a.js": "// what it is\nexport function f(s) {\n    return s + \"\\n\";\n}\n",
                    "src/web/b.js": "export const here = import.meta.url;\n"})
        self.good()
        text = self.written()
        self.assertIn(r'".ascii \"return s + \\\"\\\\n\\\";\\n\"\n"', text)
        self.assertIn(r'".ascii \"export const here = import.meta.url;', text)
        classic = re.search(r"_EM_JS\((.*?)^\)$", text, re.S | re.M).group(1)
        self.assertIn("Module['w3d'] = { 'f': f };", classic)
        self.assertNotIn("import.meta", classic)
        self.assertNotIn("what it is", text)
        self.assertNotIn("export function", classic)

    def test_comments_and_strings_hold_no_includes(self):
        self.build({"src/core/size.h": header("size.h", ["core/base.h"], (
            '/* write\n#include "no/such.h"\n*/\n// #include "nor/this.h"\n'))})
        self.good()
        self.assertIn('#include "no/such.h"', self.written())


class TheTree(unittest.TestCase):
    """The repository's own src/, where there is one beside this file."""

    def test_the_floors_are_a_ladder(self):
        floors = amalgamate.FLOORS
        for floor, uses in amalgamate.USES.items():
            for other in uses:
                if other != "web":
                    self.assertLess(floors.index(other), floors.index(floor))

    def test_the_header_is_up_to_date(self):
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            status = amalgamate.main(["--check"])
        self.assertEqual(status, 0, err.getvalue())


def main():
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        loader.testNamePatterns = [f"*{sys.argv[1]}*"]
    suite = loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=0, stream=sys.stderr).run(suite)
    failed = len({case.id().split(" ")[0] for case, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
