#!/usr/bin/env python3
"""Compile the library every way it is promised to compile, without one warning.

    compile_matrix.py                 everything this machine has compilers for
    compile_matrix.py --quick         one compiler of each kind, a sample of the combinations
    compile_matrix.py --newest        the newest Emscripten too (tests/toolchains makes it: minutes)
    compile_matrix.py [GROUP...]      only groups whose name contains one of these words

Each group below turns into jobs: a generated file, the commands that must pass in silence, and
sometimes a look at what came out. A compile test that calls nothing proves little, so programs
take the address of every function the headers declare, and link, and run.
A group whose tools are missing is SKIPPED, which counts as failed where CI is "true".
"""
import argparse
import concurrent.futures
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
import amalgamate  # noqa: E402

WARNINGS = ("-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-align -Wundef -Werror").split()
C_WARNINGS = WARNINGS + ["-Wstrict-prototypes", "-Wmissing-prototypes"]
C_COMPILERS, CXX_COMPILERS = ("gcc", "clang"), ("g++", "clang++")
C_STANDARDS = ("c99", "c11", "c17", "c2x", "gnu99", "gnu17")
CXX_STANDARDS = ("c++11", "c++14", "c++17", "c++20", "gnu++17")
IMPLEMENTATION = "#define WASM3D_IMPLEMENTATION\n"

# What <windows.h>, X11 and old habits put into a file before our header is included.
NOISE = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define near
#define far
#define pascal
#define small char
#define hyper long
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define ERROR 0
#define NO_ERROR 0L
#define OPAQUE 2
#define TRANSPARENT 1
#define ABSOLUTE 1
#define RELATIVE 2
#define DELETE 0x00010000L
#define DIFFERENCE 11
#define STRICT 1
#define Yield()
#define CreateWindow CreateWindowA
#define GetObject GetObjectA
#define LoadImage LoadImageA
#define SendMessage SendMessageA
#define Bool int
#define Status int
#define None 0L
#define Success 0
#define Always 2
#define True 1
#define False 0
#define Complex 0
#define Convex 2
#define major(device) (device)
#define minor(device) (device)
#define I (1.0f)
"""


class Job:
    """Commands that must succeed and say nothing; `look`, if any, gives a complaint or None."""

    def __init__(self, title, *commands, look=None):
        self.title, self.commands, self.look = title, commands, look

    def run(self, folder):
        for command in self.commands:
            done = subprocess.run(command, cwd=str(folder), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, universal_newlines=True,
                                  errors="replace", stdin=subprocess.DEVNULL)
            silent = command[0].startswith("./") or not done.stdout.strip()
            if done.returncode or not silent:
                said = done.stdout.split("\n")
                return "\n".join([" ".join(command) + f"  (exit {done.returncode})"] + said[:15])
        return self.look(folder) if self.look else None


class Skipped(Exception):
    """A group that cannot run here, and why."""


class Matrix:
    """The generated files and what every group needs to know."""

    def __init__(self, folder, quick):
        self.folder, self.quick = folder, quick
        self.sources = amalgamate.read_tree(ROOT)
        self.headers = [path for path, source in self.sources.items() if source.is_header]
        self.modules = [self.sources[path].name
                        for path in amalgamate.public_headers(self.sources)]
        terms = amalgamate.licence(ROOT)
        self.write("wasm3d.h", amalgamate.whole(self.sources, terms, amalgamate.embedded(ROOT)))
        for suffix in ("c", "cc"):
            self.write(f"implementation.{suffix}", IMPLEMENTATION + '#include "wasm3d.h"\n')
        for module in self.modules:
            self.write(f"only/{module}.h", amalgamate.only(self.sources, terms, [module]))
        self.functions_of = {}

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
        return name

    def needs(self, module):
        """Every file that the extraction of a module holds."""
        root = next(path for path in self.sources if self.sources[path].name == module)
        return [path for part in amalgamate.closure(self.sources, [root[:-2] + ".h"]) for path in part]

    def compilers(self, names):
        found = [name for name in names if shutil.which(name)]
        return found[:1] if self.quick else found

    def functions(self, header):
        """Every w3d_ function the public part of `header` gives on this machine, by name."""
        if header not in self.functions_of:
            compiler = (self.compilers(C_COMPILERS) + ["cc"])[0]
            text = subprocess.run([compiler, "-std=c99", "-E", "-P", "-x", "c", header],
                                  cwd=str(self.folder), stdout=subprocess.PIPE, check=True,
                                  universal_newlines=True).stdout
            source = amalgamate.Source(header, text)
            names = (source.function(declaration) for declaration, _ in source.declarations())
            self.functions_of[header] = sorted({n for n in names if n and n.startswith("w3d_")})
        return self.functions_of[header]

    def program(self, name, headers, functions):
        """A program that counts the functions by their addresses and calls one of them."""
        call = "    puts(w3d_result_text(W3D_OK));\n" if "w3d_result_text" in functions else ""
        includes = "".join(f'#include "{header}"\n' for header in headers)
        return self.write(name, f"""{IMPLEMENTATION}{includes}
#include <stdio.h>

typedef void (*function)(void);
static function volatile functions[] = {{
{"".join(f"    (function){f},{chr(10)}" for f in functions)}    0
}};

int main(void)
{{
    unsigned count = 0;
    while (functions[count]) count++;
{call}    printf("%u functions\\n", count);
    return count == {len(functions)}u ? 0 : 1;
}}
""")

    def languages(self, c_standards, cxx_standards):
        """(compiler, -std=, suffix, warnings) for every pair that exists here."""
        return [(compiler, f"-std={standard}", "c", C_WARNINGS)
                for compiler in self.compilers(C_COMPILERS) for standard in c_standards] + \
               [(compiler, f"-std={standard}", "cc", WARNINGS)
                for compiler in self.compilers(CXX_COMPILERS) for standard in cxx_standards]


    def turn(self, number, choices):
        """All choices; of a sample one, another for each number."""
        return [choices[number % len(choices)]] if self.quick else choices


def need(tool, why=""):
    if not shutil.which(tool):
        raise Skipped(f"{tool} is not installed{why}")


# ---- the groups -------------------------------------------------------------------------------

def headers_alone(matrix):
    """Each header of src/ is complete in itself, and may be included twice. _GNU_SOURCE is what the
    .c of a header for an operating system begins with."""
    languages = matrix.languages(["c99"], ["c++11"])

    def closure(path, into):
        if path not in into:
            into[path] = matrix.sources[path].text
            for other in re.findall(r'^#include "([^"]+)"', into[path], re.M):
                closure(other, into)
        return into

    def is_part(path):
        """Whether a header declares a static function that only a later header of its .c defines: of
        functions that call each other in a circle the first must be declared."""
        text = "\n".join(closure(path, {}).values())
        return any(not re.search(rf"\b{name}\([^{{}};]*\)\s*\{{", text) for name in
                   re.findall(r"^static (?:inline )?\w[\w *]*?(\w+)\([^{};]*\);", text, re.M))

    for number, path in enumerate(matrix.headers):
        stem = path.replace("/", "_")[:-2]
        part = is_part(path)
        for suffix in ("c", "cc"):
            matrix.write(f"alone/{stem}.{suffix}", f'#include "{path}"\n#include "{path}"\n'
                         "typedef int alone;\n")
        for compiler, standard, suffix, warnings in matrix.turn(number, languages):
            yield Job(f"{path} {compiler}", [compiler, standard, "-I", str(ROOT / "src"),
                                             *(["-w"] if part else warnings), "-D_GNU_SOURCE", "-fsyntax-only",
                                             f"alone/{stem}.{suffix}"])


def sources_alone(matrix):
    """Each .c of src/ compiles by itself."""
    languages = matrix.languages(["c99"], ["c++11"])
    for number, path in enumerate(path for path in matrix.sources if path.endswith(".c")):
        for compiler, standard, suffix, warnings in matrix.turn(number, languages):
            yield Job(f"{path} {compiler}", [
                compiler, standard, "-I", str(ROOT / "src"), *warnings, "-fsyntax-only",
                "-x", "c" if suffix == "c" else "c++", str(ROOT / "src" / path)])


def extractions_called(matrix):
    """Each --only extraction as the only header of a program that links and runs."""
    languages = matrix.languages(["c99"], ["c++11"])
    for number, module in enumerate(matrix.modules):
        header = f"only/{module}.h"
        for compiler, standard, suffix, warnings in matrix.turn(number, languages):
            program = f"called_{module}_{compiler}"
            file = matrix.program(f"{program}.{suffix}", [header], matrix.functions(header))
            yield Job(f"{module} {compiler}",
                      [compiler, standard, *warnings, "-I.", file, "-o", program], [f"./{program}"])


def together(matrix):
    """Extractions and the full header in one file, in several orders, defined once."""
    extractions = [f"only/{module}.h" for module in matrix.modules]
    step = max(1, len(extractions) // 2) if matrix.quick else 1
    orders = [extractions + ["wasm3d.h"], ["wasm3d.h"] + extractions[::-1]]
    for i in range(0, len(extractions), step):
        a, b = extractions[i], extractions[(i + 1 + i * 7) % len(extractions)]
        orders.append([a, b, "wasm3d.h"] if i % 2 else [b, "wasm3d.h", a])
    languages = matrix.languages(["c99"], ["c++11"])
    for i, order in enumerate(orders):
        for compiler, standard, suffix, warnings in (
                languages if i < 2 and not matrix.quick else [languages[i % len(languages)]]):
            program = f"together_{i}_{compiler}"
            file = matrix.program(f"{program}.{suffix}", order, matrix.functions("wasm3d.h"))
            yield Job(f"{' '.join(order[:3])} {compiler}",
                      [compiler, standard, *warnings, "-I.", file, "-o", program], [f"./{program}"])


def two_files(matrix):
    """One file with the implementation and one without make one program, C and C++ mixed."""
    definition = '#define WASM3D_IMPLEMENTATION\n#include "wasm3d.h"\ntypedef int definition;\n'
    functions = matrix.functions("wasm3d.h")
    for c_file, cxx_file, compiler, cxx in itertools.product(
            ("c", "cc"), ("c", "cc"), matrix.compilers(C_COMPILERS),
            matrix.compilers(CXX_COMPILERS)):
        if matrix.quick and c_file == cxx_file:
            continue
        names = [f"two_{c_file}_{cxx_file}_{compiler}_{cxx}_{part}" for part in ("lib", "use")]
        matrix.write(f"{names[0]}.{c_file}", definition)
        user = matrix.program(f"{names[1]}.{cxx_file}", ["wasm3d.h"], functions)
        matrix.write(user, (matrix.folder / user).read_text().replace(IMPLEMENTATION, ""))
        commands = []
        for name, suffix in zip(names, (c_file, cxx_file)):
            by = compiler if suffix == "c" else cxx
            flags = ["-std=c99", *C_WARNINGS] if suffix == "c" else ["-std=c++11", *WARNINGS]
            commands.append([by, *flags, "-I.", "-c", f"{name}.{suffix}", "-o", f"{name}.o"])
        commands.append([cxx, *(f"{name}.o" for name in names), "-o", names[0]])
        yield Job(f"{c_file} and {cxx_file} {compiler} {cxx}", *commands, [f"./{names[0]}"])


def standards(matrix):
    """The full header under every standard, as users and as the implementation include it."""
    for suffix in ("c", "cc"):
        include = '#include "wasm3d.h"\n'
        matrix.write(f"user.{suffix}", f"{include}{include}typedef int user;\n")
        matrix.write(f"whole.{suffix}", f"{IMPLEMENTATION}{include}{include}")
        matrix.write(f"later.{suffix}", f"{include}{IMPLEMENTATION}{include}{include}")
    step = 3 if matrix.quick else 1
    for compiler, standard, suffix, warnings in matrix.languages(C_STANDARDS[::step],
                                                                 CXX_STANDARDS[::step]):
        # After other includes ISO C hides what the system files need, and they say so.
        for file in ("user", "whole") + (("later",) if suffix == "cc" or "gnu" in standard else ()):
            yield Job(f"{file} {compiler} {standard}", [compiler, standard, *warnings, "-I.",
                                                        "-fsyntax-only", f"{file}.{suffix}"])


def optimised(matrix):
    """The warnings that only an optimiser finds."""
    # The sample leaves C to the unit tests, which are built at these levels.
    for compiler, standard, suffix, warnings in matrix.languages([] if matrix.quick else ["c99"], ["c++11"]):
        for level in ("-O2",) if matrix.quick else ("-O1", "-O2", "-O3", "-Os"):
            yield Job(f"{compiler} {level}", [
                compiler, standard, level, *warnings, "-I.", "-c", f"implementation.{suffix}",
                "-o", f"optimised_{compiler}{level}.o"])


def options(matrix):
    """Every option of core/config.h at 0 and at 1."""
    text = matrix.sources["core/config.h"].text
    names = re.findall(r"^#ifndef (W3D_\w+)\n#define \1 ", text, re.M)
    simde = any(pathlib.Path(folder, "simde/wasm/simd128.h").is_file()
                for folder in ("/usr/include", "/usr/local/include"))
    languages = matrix.languages(["c99"], ["c++11"])
    for number, (name, value) in enumerate(itertools.product(names + ["NDEBUG"], "01")):
        if name == "W3D_SIMD_SIMDE" and value == "1" and not simde:
            continue
        if matrix.quick and re.findall(rf"^#define {name} (\d)$", text, re.M) == [value]:
            continue  # the default is what all other groups compile
        # The two values of a name take turns too, name by name.
        for compiler, standard, suffix, warnings in matrix.turn(number + number // 2, languages):
            yield Job(f"{name}={value} {compiler}", [compiler, standard, *warnings, "-I.",
                      f"-D{name}={value}", "-fsyntax-only", f"implementation.{suffix}"])
    if not simde:
        raise Skipped("W3D_SIMD_SIMDE=1: simde/wasm/simd128.h is not installed (libsimde-dev)")


def macro_noise(matrix):
    """After other people's macros, with and without the implementation; and where ISO C and an
    include before ours have hidden the system's names, the error says what to do."""
    for suffix in ("c", "cc"):
        matrix.write(f"noise_user.{suffix}", NOISE + '#include "wasm3d.h"\ntypedef int noise;\n')
        matrix.write(f"noise_whole.{suffix}", NOISE + IMPLEMENTATION + '#include "wasm3d.h"\n')
    for compiler, standard, suffix, warnings in matrix.languages(["c99", "gnu17"],
                                                                 ["c++11", "gnu++17"]):
        for file in ("noise_user", "noise_whole"):
            command = [compiler, standard, *warnings, "-I.", "-fsyntax-only", f"{file}.{suffix}"]
            if file == "noise_whole" and standard == "-std=c99":
                command = ["sh", "-c", 'if "$@" >$0 2>&1; then false; else grep -qF "put '
                           'WASM3D_IMPLEMENTATION in its own .c, before any other include" $0; fi',
                           f"noise_{compiler}.txt", *command]
            yield Job(f"{file} {compiler} {standard}", command)


def no_fused_sums(matrix):
    """With -mfma, and with the contraction gcc is so free with, no function fuses anything."""
    need("objdump", " (binutils)")
    if os.uname().machine not in ("x86_64", "AMD64"):
        raise Skipped("the instructions looked for are x86's")

    def look_in(name):
        def look(folder):
            done = subprocess.run(["objdump", "-d", "--no-show-raw-insn", name], cwd=str(folder),
                                  stdout=subprocess.PIPE, check=True, universal_newlines=True)
            fused, function = [], "?"
            for line in done.stdout.split("\n"):
                if line.endswith(">:"):
                    function = line.split("<")[1][:-2]
                elif re.search(r"\tvfn?m(add|sub)", line):
                    fused.append(function)
            return f"{name}: fused sums in " + " ".join(sorted(set(fused))) if fused else None
        return look

    functions = matrix.functions("wasm3d.h")
    for suffix in ("c", "cc"):
        matrix.program(f"fused.{suffix}", ["wasm3d.h"], functions)
    levels, options = ("-O0", "-O2", "-O3"), ([], ["-DW3D_SIMD_SCALAR=1"])
    languages = matrix.languages(["gnu17", "c99"], ["gnu++17", "c++11"])
    if matrix.quick:
        levels, options, languages = levels[1:2], options[:1], languages[:1]
    for (compiler, standard, suffix, _), level, option in itertools.product(
            languages, levels, options):
        name = f"fused_{compiler}_{standard[5:]}{level}{'_scalar' if option else ''}.o"
        yield Job(name, [compiler, standard, level, "-mfma", "-mavx2", *option, "-I.", "-c",
                         f"fused.{suffix}", "-o", name], look=look_in(name))


# Targets that clang makes code for with no system of theirs here: (name, its flags, fused sums).
FOREIGN = (
    ("arm64", ["--target=aarch64-linux-gnu"], r"\tfn?m(add|sub|la|ls)\b"),
    ("arm32", ["--target=armv7-linux-gnueabihf"], r"\tv?fn?m[as]"),
    # 64-bit atomics are calls into libatomic there, and clang says so.
    ("x86", ["--target=i686-linux-gnu", "-msse2", "-mfpmath=sse", "-mfma",
             "-Wno-atomic-alignment"], r"\tvfn?m(add|sub)"),
    ("riscv64", ["--target=riscv64-linux-gnu", "-march=rv64gc"], r"\tfn?m(add|sub)"),
    ("windows-x64", ["--target=x86_64-pc-windows-msvc", "-mfma"], r"\tvfn?m(add|sub)"),
    ("windows-arm64", ["--target=aarch64-pc-windows-msvc"], r"\tfn?m(add|sub|la|ls)\b"),
)


def foreign_targets(matrix):
    """Code for other processors and for Windows, which clang compiles in MSVC's dialect: all modules
    that get by without the system's headers, which are not here."""
    need("clang")
    bare = [module for module in matrix.modules if not any(
        re.search(r"# *include <(time|pthread|signal|errno|windows)\.h>", matrix.sources[path].text)
        for path in matrix.needs(module))]
    matrix.write("bare.h", amalgamate.only(matrix.sources, amalgamate.licence(ROOT), bare))
    matrix.write("foreign/stdlib.h", "#include <stddef.h>\nvoid *malloc(size_t);\n"
                 "void *realloc(void *, size_t);\nvoid free(void *);\n")
    functions = "".join(f"    (function){name},\n" for name in matrix.functions("bare.h")
                        if not name.startswith(("w3d_f4_", "w3d_i4_")))
    for suffix in ("c", "cc"):
        matrix.write(f"foreign.{suffix}", IMPLEMENTATION + '#include "bare.h"\n'
                     "typedef void (*function)(void);\nextern function volatile functions[];\n"
                     f"function volatile functions[] = {{\n{functions}    0\n}};\n")

    def look_in(name, fused):
        def look(folder):
            lines = (folder / name).read_text().split("\n")
            found = [i for i, line in enumerate(lines) if re.search(fused, line)]
            where = [next(line.split(":  ")[0].rstrip(":") for line in lines[i::-1]
                          if re.match(r"[\w?$\"]", line)) for i in found]
            return f"{name}: fused sums in " + " ".join(sorted(set(where))) if found else None
        return look

    languages = (("clang", "-std=c99", "c", C_WARNINGS), ("clang++", "-std=c++14", "cc", WARNINGS))
    for target, flags, fused in FOREIGN[:1] if matrix.quick else FOREIGN:
        probe = subprocess.run(["clang", *flags, "-fsyntax-only", "-x", "c", os.devnull],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if probe.returncode:
            raise Skipped(f"this clang makes no code for {target}")
        for compiler, standard, suffix, warnings in languages[:1] if matrix.quick else languages:
            name = f"foreign_{target}.{suffix}.s"
            yield Job(f"{target} {compiler}", [
                compiler, *flags, standard, "-O2", *warnings, "-Wno-language-extension-token",
                "-ffreestanding", "-nostdlibinc", "-isystem", "foreign", "-I.", "-S",
                f"foreign.{suffix}", "-o", name], look=look_in(name, fused))


def windows(matrix):
    """The whole header as a Windows program, with MinGW's headers and libraries."""
    need("x86_64-w64-mingw32-gcc", " (gcc-mingw-w64-x86-64)")
    file = matrix.program("windows.c", ["wasm3d.h"], [
        name for name in matrix.functions("wasm3d.h") if not name.startswith(("w3d_f4_", "w3d_i4_"))])
    for standard, level in (("c99", "-O2"), ("gnu17", "-O0"))[:1 if matrix.quick else 2]:
        name = f"windows_{standard}.exe"
        yield Job(name, ["x86_64-w64-mingw32-gcc", f"-std={standard}", level, *C_WARNINGS, "-I.", file,
                         "-o", name, "-lsynchronization"])


def imports_of(module):
    """The imports of a wasm module as {"module.name"}."""
    data, position = module, 8

    def number():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def name():
        nonlocal position
        size = number()
        position += size
        return data[position - size:position].decode()

    found = set()
    while position < len(data):
        section = data[position]
        position += 1
        size = number()
        end = position + size
        if section == 2:
            for _ in range(number()):
                found.add(f"{name()}.{name()}")
                kind = data[position]
                position += 1
                if kind in (0, 3):                      # a function's type; a global's, mutable
                    number()
                    position += kind == 3
                else:                                   # table: element type first; limits
                    position += kind == 1
                    has_max = data[position] & 1
                    position += 1
                    number()
                    if has_max:
                        number()
        position = end
    return found


def freestanding(matrix):
    """clang's bare wasm32: no C library is there, and only the stated imports are asked for."""
    need("clang")
    probe = subprocess.run(["clang", "--target=wasm32", "-fsyntax-only", "-x", "c", os.devnull],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if probe.returncode:
        raise Skipped("this clang has no wasm32 target")
    need("wasm-ld", " (lld)")
    allowed = {"w3d.host", "w3d.now", "env.memory"}

    def look_in(name):
        def look(folder):
            extra = imports_of((folder / name).read_bytes()) - allowed
            return f"{name}: imports " + " ".join(sorted(extra)) if extra else None
        return look

    languages = (("clang", "-std=c99", "c", C_WARNINGS), ("clang++", "-std=c++11", "cc", WARNINGS))
    levels = ("-O2",) if matrix.quick else ("-O0", "-O2", "-O3", "-Os")
    for number, (level, (kind, flags, link)) in enumerate(itertools.product(levels, (
            *([] if matrix.quick else [("", [], "")]), ("_simd", ["-msimd128"], ""),
            ("_threads", ["-msimd128", "-matomics", "-mmutable-globals"],
             ",--shared-memory,--import-memory,--max-memory=67108864")))):
        for compiler, standard, suffix, warnings in matrix.turn(number, languages):
            # Two steps: given sources to link, clang 14 hands the module to any wasm-opt around.
            name = f"bare_{suffix}{level}{kind}"
            yield Job(name, [compiler, "--target=wasm32", standard, level, *flags, "-mbulk-memory",
                             "-ffreestanding", "-nostdlibinc", *warnings, "-I.", "-c",
                             f"implementation.{suffix}", "-o", f"{name}.o"],
                      [compiler, "--target=wasm32", "-nostdlib",
                       f"-Wl,--no-entry,--export-all{link}", f"{name}.o", "-o", f"{name}.wasm"],
                      look=look_in(f"{name}.wasm"))


def emscripten(matrix, which):
    """Emscripten, with and without SIMD and threads."""
    emcc = str(ROOT / "tests/toolchains" / f"emcc_{which}.sh")
    if not os.access(emcc, os.X_OK):
        raise Skipped(f"there is no tests/toolchains/emcc_{which}.sh")
    probe = subprocess.run([emcc, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           universal_newlines=True, errors="replace")
    if probe.returncode:
        raise Skipped(probe.stdout.strip().split("\n")[-1][:200] or f"{emcc} does not run")
    languages = (("-std=c99", "c", C_WARNINGS), ("-std=c++11", "cc", WARNINGS))
    every = ([], ["-msimd128"], ["-pthread"], ["-msimd128", "-pthread"])
    for number, flags in enumerate(every[3:] if matrix.quick else every):
        for standard, suffix, warnings in matrix.turn(number, languages):
            name = f"emscripten_{which}_{suffix}{''.join(flags)}.o"
            yield Job(name, [emcc, standard, "-O2", *flags, *warnings, "-I.", "-c",
                             f"implementation.{suffix}", "-o", name])


def emscripten_oldest(matrix):
    return emscripten(matrix, "oldest")


def emscripten_newest(matrix):
    return emscripten(matrix, "newest")


GROUPS = [headers_alone, sources_alone, extractions_called, together, two_files, standards,
          optimised, options, macro_noise, no_fused_sums, foreign_targets,
          windows, freestanding, emscripten_oldest]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a sample, for every day")
    parser.add_argument("--newest", action="store_true", help="the newest Emscripten too")
    parser.add_argument("--keep", metavar="FOLDER", help="leave the generated files in FOLDER")
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    given = parser.parse_args()
    groups = [group for group in GROUPS + ([emscripten_newest] if given.newest else [])
              if not given.groups or any(word in group.__name__ for word in given.groups)]
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(given.keep or temporary).resolve()
        try:
            matrix = Matrix(folder, given.quick)
        except amalgamate.Refused as refusal:
            print(f"{refusal}\n0 passed, 1 failed")
            return 1
        if not (matrix.compilers(C_COMPILERS) and matrix.compilers(CXX_COMPILERS)):
            print("compile_matrix: neither gcc nor clang is here\n0 passed, 1 failed")
            return 1
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for group in groups:
                name, jobs, complaint = group.__name__.replace("_", " "), [], None
                started = time.time()
                try:
                    for job in group(matrix):
                        jobs.append((job, pool.submit(job.run, folder)))
                except Skipped as reason:
                    complaint = reason
                wrong = [(job, future.result()) for job, future in jobs if future.result()]
                passed += len(jobs) - len(wrong)
                failed += len(wrong)
                if jobs:
                    failures = f", {len(wrong)} failed" if wrong else ""
                    print(f"{name}: {len(jobs)} compiled{failures} ({time.time() - started:.1f} s)")
                for job, said in wrong[:10]:
                    print(f"FAILED: {name}: {job.title}\n{said}\n")
                if complaint:
                    skipped += 1
                    print(f"SKIPPED: {name}: {complaint}")
                sys.stdout.flush()
    for wanted in C_COMPILERS + CXX_COMPILERS:
        if not shutil.which(wanted):
            skipped += 1
            print(f"SKIPPED: everything with {wanted}: it is not installed")
    if os.environ.get("CI") == "true":
        failed += skipped
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
