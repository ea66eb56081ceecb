#!/usr/bin/env python3
"""Every command of examples/bjson_tool, on the test vectors, the demo's scene and hostile files.

    test_bjson_tool.py [--program FILE] [FLAG...]    FILE: a tool that is built already, e.g. with
                                                     sanitizers; the compiler gets FLAGs

Exit 77: no C compiler.
"""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests/vectors"
SKIPPED = 77
passed = failed = 0
TOOL = None


def check(what, right, message=""):
    global passed, failed
    passed, failed = passed + bool(right), failed + (not right)
    if not right:
        print(f"FAILED {what}: {str(message)[:1500]}")


def run(*arguments, stdin=b"", raw=False):
    """(exit status, standard output, standard error)."""
    done = subprocess.run([TOOL, *map(str, arguments)], input=stdin, capture_output=True, timeout=120,
                          env={**os.environ, "ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"})
    out = done.stdout if raw else done.stdout.decode("utf-8", "replace")
    return done.returncode, out, done.stderr.decode("utf-8", "replace")


def good_vectors(folder):
    for path in sorted(VECTORS.glob("*.json")):
        source = path.with_suffix(".bjson")
        if not source.exists() or path.stem.startswith("bad_"):
            continue
        name, data = path.stem, source.read_bytes()
        status, out, error = run("validate", source)
        check(f"{name}: validate", status == 0 and "sound" in out, out + error)
        status, text, error = run("json", source)
        check(f"{name}: json", status == 0 and json.loads(text) == json.loads(path.read_text("utf-8")),
              text + error)
        for options in (["--indent", "0"], ["--base64"]):
            status, text, error = run("json", source, *options)
            check(f"{name}: json {options[0]}", status == 0 and json.loads(text), error)
            again = run("from-json", "-", "--out", "-", stdin=text.encode(), raw=True)
            compact = run("compact", source, "--out", "-", raw=True)
            check(f"{name}: from-json", again[0] == 0 and compact[0] == 0, again[2] + compact[2])
            if not b"hash" in data:  # which belongs to the bytes, so JSON does not have it
                check(f"{name}: JSON gives the canonical file", again[1] == compact[1])
        (folder / "compact.bjson").write_bytes(compact[1])
        canonical = data[12] & 4
        check(f"{name}: a canonical file stays", not canonical or b"sign" in data or compact[1] == data)
        check(f"{name}: compact is the same", run("diff", source, folder / "compact.bjson")[0] == 0)
        for command in ("info", "list"):
            status, out, error = run(command, source)
            check(f"{name}: {command}", status == 0 and not error, out + error)


def bad_vectors(folder):
    expected = json.loads((VECTORS / "expected.json").read_text())
    for name, what in expected.items():
        source = VECTORS / f"{name}.bjson"
        if "error" not in what or not source.exists():
            continue
        status, out, _ = run("validate", source)
        told = re.search(r": byte (\d+): .+ \((W3D_ERR_\w+)\)\n  to do: .+\n$", out)
        check(f"{name}: validate", status == 1 and told and
              [int(told[1]), told[2]] == [what["offset"], what["error"]], f"{out}{what}")
        status, out, error = run("json", source)
        check(f"{name}: json refuses", status == 2 and not out and f": byte {what['offset']}: " in error, error)
    status, out, error = run("validate", VECTORS / "bad_magic.bjson", VECTORS / "bool.bjson",
                             folder / "missing")
    check("validate goes on", status == 2 and out.count("\n") == 3 and "no such file" in error, out + error)


def hostile(folder, scene):
    """Broken in one place: whatever a command says, it ends by itself."""
    choose, data = random.Random(1), scene.read_bytes()
    place, bad = folder / "hostile.bjson", []
    small = (VECTORS / "everything.bjson").read_bytes()
    for i in range(60):
        broken = bytearray(data if i % 3 else small)
        for _ in range(choose.choice((1, 1, 3))):
            broken[choose.randrange(len(broken))] = choose.choice((0, 1, 127, 128, 255, choose.randrange(256)))
        if i % 3 == 2:
            broken = broken[:choose.randrange(len(broken))]
        if len(broken) >= 64:  # so that most get past the header's and the chunks' checksums
            broken[12] &= ~2
            broken[60:64] = crc32c(broken[:60]).to_bytes(4, "little")
        place.write_bytes(broken)
        out = ["--out", folder / "x"]
        for command, *words in (["validate"], ["json"], ["info"], ["list"], ["hash"], ["diff", scene],
                                ["compact", *out], ["merge", scene, *out], ["extract", "0", *out],
                                ["set", "0", 'x=[1,"two"]', *out], ["remove", "0", "location", *out]):
            status = run(command, place, *words, raw=True)[0]
            if status not in (0, 1, 2):
                bad.append(f"{command} of number {i}: {status}")
    check("hostile files", not bad, bad)
    text, bad = run("json", VECTORS / "everything.bjson", raw=True)[1], []
    for i in range(40):
        at = choose.randrange(len(text) - 9)
        broken = text[:at] + choose.choice((b"", b"}", b"\"", b"\\", b"[", b"-", b"9", b"\xff", b"$", b":null")) + \
            text[at + choose.randrange(9):]
        status, out, error = run("from-json", "-", "--out", folder / "x", stdin=broken)
        if status not in (0, 2) or (status == 2 and not re.search(r":\d+:\d+ \(byte \d+\): ", error)):
            bad.append(f"{at}: {status}, {error}")
    check("hostile JSON", not bad, bad)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def looking(scene):
    status, out, error = run("info", scene)
    for line in (r"^  file +266,320 bytes, format 2, canonical, checksums \(right\)$",
                 r"^  IDs +56 +bytes +large arrays$", r"^    Object +23 +[\d,]+ +0$", r"^    Mesh +16 ",
                 r"^    KEYS +1 +[\d,]+$", r"^  hash +none$"):
        check(f"info: {line}", re.search(line, out, re.M), out)
    check("info", status == 0 and not error, error)
    status, out, error = run("list", scene)
    lines = out.splitlines()
    check("list", status == 0 and len(lines) == 57 and re.match(r' +4  Object .* "Robot"$', lines[5]), out)
    check("list: columns", len({line.index('"') for line in lines[1:]}) == 1)
    status, out, error = run("get", scene, "Object:Robot", "location")
    check("get", status == 0 and json.loads(out) == {"$vector": "f32", "data": [-0.14, 0.03, -0.18]},
          out + error)
    status, out, error = run("get", scene, "4", "--indent", "0")
    check("get all", status == 0 and out.count("\n") == 1 and json.loads(out)["parent"] == {"$ref": 0},
          out + error)
    status, out, error = run("get", scene, "Robot", "location[2]")
    check("get an element", status == 0 and "-0.18" in out, out + error)
    for words, part, wanted in ((["Robot", "locatoin"], "nothing by that name at character 0", 1),
                                (["Robot", "location[3]"], "at character 8", 1),
                                (["Robot", "location[x]"], "character 9 of location[x]", 1),
                                (["56"], "no row 56, the last is 55", 1), (["Nobody"], 'no ID "Nobody"', 1),
                                (["Plinth"], "2 IDs are called", 2), (["Camera:Robot"], "no ID", 1)):
        status, out, error = run("get", scene, *words)
        check(f"get {words}", status == wanted and not out and part in error, error)


def changing(folder, scene):
    new = folder / "new.bjson"
    before = scene.read_bytes()
    status, out, error = run("set", scene, "Robot", "location=[1,2,3]", "scale[1]=5", 'note="made of \u96ea"',
                             "data={\"$ref\":23}", 'custom={"list":[1,2.5,{"deep":null}]}', "--out", new)
    check("set", status == 0 and not out and not error and scene.read_bytes() == before, error)
    status, out, error = run("diff", scene, new)
    check("set: five changes", status == 1 and out.endswith("5 changes\n"), out)
    for line in (r'^~ +4  Object +"Robot"  location\[0\.\.2\]  \[-0.14,0.03,-0.18\] -> \[1.0,2.0,3.0\]$',
                 r'^~ .* scale\[1\]  \[1.0\] -> \[5.0\]$', r'^\+ .* note  "made of \u96ea"$',
                 r'^~ .* data  {"\$ref":null} -> {"\$ref":23}$',
                 r'^\+ .* custom  {"list":\[1,2.5,{"deep":null}\]}$'):
        check(f"diff: {line}", re.search(line, out, re.M), out)
    check("diff: both ways", run("diff", new, scene)[1].count("\n") == 6)
    check("diff of the same", run("diff", scene, scene)[:2] == (0, ""))
    check("an edited file is sound", run("validate", new)[0] == 0)
    check("get what was set", json.loads(run("get", new, "4", "custom.list[2].deep")[1]) is None)

    # A number takes the type of the one before: f64 stays f64; other values are told by themselves.
    material = next(line.split()[0] for line in run("list", scene)[1].splitlines() if "  Material " in line)
    run("set", scene, material, "roughness=1", "fresh=1", "--out", new)
    check("set keeps a float a float", run("get", new, material, "roughness")[1] == "1.0\n")
    check("set makes an integer", run("get", new, material, "fresh")[1] == "1\n")

    # In place of the file; and only its bytes.
    for options in ([], ["--in-place"]):
        copy = folder / "copy.bjson"
        copy.write_bytes(before)
        status, out, error = run("set", copy, "Robot", "location[0]=9", *options)
        after = copy.read_bytes()
        check(f"set {options}", status == 0 and json.loads(run("get", copy, "Robot", "location[0]")[1]) in
              (9.0, {"$vector": "f32", "data": [9.0]}), error)
        changed = [i for i in range(len(before)) if before[i] != after[i]]
        check(f"set {options}: few bytes", len(before) == len(after) and len(changed) < 20, changed)
        check(f"set {options}: sound", run("validate", copy)[0] == 0)
        status, out, error = run("set", copy, "Robot", f'name_that_is_new="{"long " * 99}"', *options)
        check(f"set {options}: grown", status == 0 and run("validate", copy)[0] == 0 and
              run("diff", scene, copy)[1].endswith("2 changes\n"), error)
    check("nothing is left beside", not list(folder.glob("copy.bjson.new*")))

    for words, part in ((["location"], "wants PATH=VALUE"), (["note=hello"], "texts want quotes"),
                        (["location=[1,2]x"], "character"), (["location[7]=1"], "character 8"),
                        (["a[=1"], "character"), (['a=1,"b":2'], "more than one value"),
                        (["a=1}},{\"type\":0,\"properties\":{\"v\":1"], "more than one value"),
                        (["data={\"$ref\":56}"], "row"), (["x={\"$what\":1}"], "character")):
        status, out, error = run("set", scene, "Robot", *words, "--out", folder / "never")
        check(f"set {words}", status == 2 and part in error and not (folder / "never").exists(), error)

    status, out, error = run("remove", scene, "Robot", "extras", "--out", new)
    check("remove", status == 0 and re.match(r'- +4  Object .* extras  ', run("diff", scene, new)[1]), error)
    status, out, error = run("remove", scene, "Robot", "nothing", "--out", folder / "never")
    check("remove what is not there", status == 1 and "character 0 of nothing" in error, error)


def joining(folder, scene):
    part, all_of_it, alone = folder / "part.bjson", folder / "all.bjson", folder / "alone.bjson"
    status, out, error = run("extract", scene, "Object:Plinth", "--out", part)
    check("extract", status == 0 and "4 IDs" in out, out + error)
    check("extract: what", [line.split()[1] for line in run("list", part)[1].splitlines()[1:]] ==
          ["Object", "Mesh", "Material", "Material"], run("list", part)[1])
    status, out, error = run("extract", scene, "Object:Plinth", "4", "--alone", "--out", alone)
    check("extract --alone", status == 0 and "2 IDs" in out and
          "references to what is not there were cut" in out, out + error)
    status, out, error = run("merge", scene, part, part, "--rename", "--out", all_of_it)
    check("merge", status == 0 and "64 IDs" in out and "8 renamed" in out, out + error)
    names = run("list", all_of_it)[1]
    check("merge: names", all(f'"Plinth{number}"' in names for number in ("", ".001", ".002")), names)
    status, out, error = run("diff", scene, all_of_it, "--by-name")
    check("merge: only added", status == 1 and out.endswith("8 changes\n") and
          all(line.startswith("+") for line in out.splitlines()[:-1]), out)
    for made in (part, alone, all_of_it):
        check(f"{made.name} is sound", run("validate", made)[0] == 0)
    before = scene.read_bytes()
    own = folder / "own.bjson"
    own.write_bytes(before)
    check("merge into itself", run("merge", own, part, "--out", own)[0] == 0 and "60" in run("info", own)[1])


def sealing(folder, scene):
    hashed, signed, twice = (folder / f"{name}.bjson" for name in ("hashed", "signed", "twice"))
    key = folder / "key"
    key.write_bytes(bytes(range(32)))
    other = folder / "other key"
    other.write_bytes(b"another")
    status, out, _ = run("hash", scene)
    check("hash", status == 0 and re.match(r"[0-9a-f]{64}  .*\(its hash: none\)$", out), out)
    check("hash --out", run("hash", scene, "--out", hashed)[0] == 0 and
          "(its hash: right)" in run("hash", hashed)[1])
    check("hash keeps the content", run("diff", scene, hashed)[0] == 0)
    damaged = bytearray(hashed.read_bytes())
    at = damaged.index(b"gardener")
    damaged[at] ^= 1
    (folder / "damaged.bjson").write_bytes(damaged)
    status, out, error = run("hash", folder / "damaged.bjson")
    check("a damaged file", status == 2 and "W3D_ERR_CHECKSUM" in error and "backup" in error, out + error)
    status, out, error = run("sign", hashed, "--key", key, "--id", 7, "--out", signed)
    check("sign", status == 0 and "right" in run("verify", signed, "--key", key, "--id", 7)[1], error)
    check("the hash stays", "(its hash: right)" in run("hash", signed)[1] and "key 7" in run("info", signed)[1])
    check("verify: another key", run("verify", signed, "--key", other, "--id", 7)[0] == 1)
    check("verify: another number", run("verify", signed, "--key", key)[0] == 1)
    check("sign again in place", run("sign", signed, "--key", other, "--id", 7, "--out", twice)[0] == 0 and
          run("verify", twice, "--key", other, "--id", 7)[0] == 0 and
          len(twice.read_bytes()) == len(signed.read_bytes()))
    changed = folder / "changed.bjson"
    run("set", signed, "4", "location[0]=0.5", "--out", changed)
    check("verify: changed", run("verify", changed, "--key", key, "--id", 7)[0] == 1)
    check("sign without a key", "--key FILE" in run("sign", scene, "--out", folder / "x")[2])
    (folder / "empty").write_bytes(b"")
    check("an empty key", "empty" in run("sign", scene, "--key", folder / "empty", "--out", folder / "x")[2])


def speaking(folder, scene):
    status, out, error = run("help")
    check("help", status == 0 and out.startswith("usage:") and max(map(len, out.splitlines())) <= 100)
    source = (ROOT / "examples/bjson_tool/main.c").read_text()
    for name in re.findall(r'^    \{ "([a-z-]+)", command_', source, re.M):
        check(f"help tells {name}", re.search(rf"^  {name} ", out, re.M))
    for words, part in (([], "usage:"), (["frobnicate"], "no command frobnicate"), (["json"], "too few"),
                        (["json", "a", "b"], "too many"), (["json", "a", "--rename"], "no option"),
                        (["json", "a", "--indent", "9"], "no right value"),
                        (["json", "a", "--out"], "no right value"),
                        (["from-json", "a"], "--out FILE"), (["merge", "a", "b"], "--out FILE"),
                        (["json", folder / "missing"], "check the name"), (["json", folder], "not a file"),
                        (["info", folder / "missing", folder], "to do:")):
        status, out, error = run(*words)
        check(f"{words}", status == 2 and not out and part in error, error)
    text = b'{"bjson":2,\n "ids":[\n  {"type":"Object","name":"\xe9\x9b\xaa", "oops":1}]}'
    status, out, error = run("from-json", "-", "--out", "-", stdin=text)
    check("a line and column", status == 2 and re.search(r"standard input:3:\d+ \(byte \d+\): ", error), error)
    status, out, error = run("json", "-", stdin=scene.read_bytes())
    check("standard input", status == 0 and json.loads(out)["bjson"] == 2, error)
    status, out, error = run("validate", "-", stdin=b"")
    check("nothing at all", status == 1 and "byte 0" in out, out)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TOOL, "json", str(scene)], stdout=full, stderr=subprocess.PIPE)
        check("a full disk", done.returncode == 2 and b"not all could be written" in done.stderr, done.stderr)
    evil = json.dumps({"bjson": 2, "ids": [{"type": "Object", "name": "\x1b[2J\u009b1m", "properties": {}}]})
    run("from-json", "-", "--out", folder / "evil.bjson", stdin=evil.encode())
    out = run("list", folder / "evil.bjson")[1]
    check("names cannot speak to the terminal", "\\u001b[2J\\u009b1m" in out and "\x1b" not in out, repr(out))


def main():
    global TOOL
    flags = sys.argv[1:]
    if not shutil.which("cc"):
        print("cc: not on this machine; tests/setup.sh installs it")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="wasm3d_tool_") as name:
        folder = pathlib.Path(name)
        if "--program" in flags:
            TOOL = flags.pop(flags.index("--program") + 1)
            flags.remove("--program")
        else:
            TOOL = str(folder / "bjson_tool")
            # As one file, like `make tool`; the first holds the implementation.
            sources = sorted((ROOT / "examples/bjson_tool").glob("*.c"), key=lambda path: path.stem != "main")
            parts = [word for path in sources for word in ("-include", str(path))]
            subprocess.run(["cc", "-O1", "-DW3D_STATIC=1", "-Wall", "-Wextra", "-Wshadow", "-Werror", *flags, "-I.",
                            *parts, "-x", "c", "/dev/null", "-o", TOOL], cwd=ROOT, check=True)
        subprocess.run(["cc", "-O1", "-DW3D_STATIC=1", "-I.", "-include", "examples/demo/pipeline.c",
                        "examples/demo/main.c", "-o", str(folder / "demo")], cwd=ROOT, check=True)
        subprocess.run([str(folder / "demo"), "--out", name, "--size", "64x64"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        scene = folder / "scene.bjson"
        looking(scene)
        changing(folder, scene)
        joining(folder, scene)
        sealing(folder, scene)
        speaking(folder, scene)
        good_vectors(folder)
        bad_vectors(folder)
        hostile(folder, scene)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
