#!/usr/bin/env python3
"""Print the Blender class of a C table, load it, and look at what Blender made of it.

With Debian's Blender the module is registered headless, its properties are compared with the table
and set beyond their limits. Without, a stand-in for bpy records the calls, and those are compared.
Exit 77: a compiler is missing.
"""
import ast
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
SOURCES = ["tests/props_blender_print.c", "src/scene/props.c", "src/scene/props_blender.c"]

# Of each property: the kind, and what was asked for.
EXPECTED = {
    "hide": ("BoolProperty", dict(default=True, options={"HIDDEN"})),
    "layers": ("BoolVectorProperty", dict(size=3, default=(True, False, True))),
    "i8": ("IntProperty", dict(min=-128, max=127, default=0)),
    "u8": ("IntProperty", dict(min=10, max=20, default=20)),
    "count": ("IntProperty", dict(name='""")\nimport os\n#\\', soft_min=0, soft_max=50, min=-5, max=100,
                                  step=5, options={"SKIP_SAVE"},
                                  description="a\tb\r\x7f\x01'''\u2028")),
    "lambda_": ("IntProperty", dict(name="lambda", default=0)),
    "u32": ("IntProperty", dict(min=0, default=2**31 - 1)),
    "i64": ("IntProperty", dict(default=-2**31)),
    "u64": ("IntProperty", dict(min=5, default=2**31 - 1)),
    "mass": ("FloatProperty", dict(default=1.5, min=0.0, soft_max=10.0, step=10, unit="MASS",
                                   options={"ANIMATABLE"})),
    "angle": ("FloatProperty", dict(step=100, subtype="ANGLE", unit="ROTATION")),
    "location": ("FloatVectorProperty", dict(size=3, default=(0.1, -2.0, 3e30),
                                             subtype="TRANSLATION", unit="LENGTH")),
    "color": ("FloatVectorProperty", dict(size=4, default=(1.0,) * 4, min=0.0, max=1.0,
                                          subtype="COLOR")),
    "matrix": ("FloatVectorProperty", dict(size=(4, 4), subtype="MATRIX",
                                           default=((1.0, 0.0, 0.0, 5.0), (0.0, 1.0, 0.0, 6.0),
                                                    (0.0, 0.0, 1.0, 7.0), (0.0, 0.0, 0.0, 1.0)))),
    "rotation": ("FloatVectorProperty", dict(size=3, subtype="EULER")),
    "many": ("FloatVectorProperty", dict(size=(2, 20))),
    "precise": ("FloatProperty", dict(default=3.4028235e38)),
    "mode": ("EnumProperty", dict(default="SOLID", items=[("WIRE", "Wire", "", 0),
                                                          ("SOLID", 'Solid "quoted"', "", 7),
                                                          ("NEGATIVE", "NEGATIVE", "", -5)])),
    "pair": ("IntVectorProperty", dict(size=2, default=(-1, -1))),
    "note": ("StringProperty", dict(default="it's \"so\"\n", maxlen=31)),
    "path": ("StringProperty", dict(subtype="FILE_PATH")),
    "parent": ("PointerProperty", {}),
    "mesh": ("PointerProperty", {}),
    "any": ("PointerProperty", {}),
    "first": ("PointerProperty", {}),
    "keys": ("CollectionProperty", {}),
    "p_hidden": ("IntProperty", {}),
}

DRIVER = r'''
import importlib.util, sys, traceback
import bpy

def main(path):
    spec = importlib.util.spec_from_file_location("printed", path)
    printed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(printed)
    printed.register()
    rna = printed.CubeSettings.bl_rna.properties
    names = [name for name in rna.keys() if name not in ("rna_type", "name")]
    for name, (kind, asked) in EXPECTED.items():
        assert name in names, name
        prop = rna[name]
        for key, value in asked.items():
            if key in ("min", "max"):
                assert abs(getattr(prop, "hard_" + key) - value) <= 1e-6 * abs(value), (name, key)
            elif key == "options":
                assert prop.is_hidden == ("HIDDEN" in value), name
                assert prop.is_skip_save == ("SKIP_SAVE" in value), name
                assert prop.is_animatable == ("ANIMATABLE" in value), name
            elif key == "maxlen":
                assert prop.length_max in (value, value + 1), (name, prop.length_max)
            elif key == "items":
                found = [(i.identifier, i.name, i.description, i.value) for i in prop.enum_items]
                assert found == value, found
            elif key in ("name", "description", "subtype", "unit", "step", "soft_min", "soft_max"):
                assert getattr(prop, key) == value, (name, key, getattr(prop, key))
    made = bpy.data.objects.new("made", None).cube_settings
    for name, (kind, asked) in EXPECTED.items():
        value = asked.get("default")
        if value is None:
            continue
        found = getattr(made, name)
        if name == "matrix":
            found = tuple(tuple(found[i]) for i in range(4))
        elif kind.endswith("VectorProperty"):
            found = tuple(found)
            value = tuple(value)
        if "Float" in kind and name != "matrix":
            pairs = zip(found, value) if isinstance(value, tuple) else [(found, value)]
            assert all(abs(a - b) <= 1e-6 * abs(b) for a, b in pairs), (name, found)
        else:
            assert found == value, (name, found)
    made.u8 = 99
    made.mass = -1
    made.note = "x" * 100
    assert (made.u8, made.mass, len(made.note)) == (20, 0.0, 31), (made.u8, made.mass, made.note)
    made.parent = bpy.data.objects["made"]
    made.first.weight = 2
    made.keys.add().name = "one"
    assert (made.first.weight, made.first.name) == (1.0, "\u00e9t\u00e9"), made.first.name
    assert len(made.keys) == 1 and made.keys[0].weight == 0.5
    printed.unregister()
    assert not hasattr(bpy.types.Object, "cube_settings")
    printed.register()
    printed.unregister()

try:
    main(sys.argv[-1])
    print("blender agrees")
except BaseException:
    traceback.print_exc()
    sys.exit(3)
'''


def record(text):
    """Runs the module with a bpy that records; gives the annotations of CubeSettings."""
    def recorder(kind):
        return lambda **asked: (kind, asked)
    kinds = {kind for kind, _ in EXPECTED.values()}
    bpy = types.ModuleType("bpy")
    bpy.props = types.SimpleNamespace(**{kind: recorder(kind) for kind in kinds})
    bpy.types = types.SimpleNamespace(PropertyGroup=type("PropertyGroup", (), {}), ID="ID",
                                      Object=type("Object", (), {}), Mesh="Mesh")
    registered = []
    bpy.utils = types.SimpleNamespace(register_class=registered.append,
                                      unregister_class=registered.remove)
    sys.modules["bpy"] = bpy
    space = {}
    exec(compile(text, "printed", "exec"), space)
    space["register"]()
    assert [each.__name__ for each in registered] == ["ShapeKey", "CubeSettings"]
    assert bpy.types.Object.cube_settings[0] == "PointerProperty"
    space["unregister"]()
    assert not registered and not hasattr(bpy.types.Object, "cube_settings")
    return space["CubeSettings"].__annotations__


def main():
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if not compiler:
        print("no C compiler: the table's class is not printed")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        program, module = pathlib.Path(folder) / "print", pathlib.Path(folder) / "printed.py"
        subprocess.run([compiler, "-std=c99", "-Isrc", *SOURCES, "-o", str(program)], cwd=ROOT,
                       check=True)
        done = subprocess.run([str(program)], capture_output=True, check=True)
        text = done.stdout.decode("utf-8")
        tree = ast.parse(text)
        allowed = (ast.Import, ast.ClassDef, ast.Assign, ast.FunctionDef)
        assert all(isinstance(node, allowed) for node in tree.body), "a label left its string"
        assert sum(isinstance(node, ast.Import) for node in ast.walk(tree)) == 1
        found = record(text)
        assert list(found) == list(EXPECTED), list(found)
        for name, (kind, asked) in EXPECTED.items():
            assert found[name][0] == kind, (name, found[name])
            for key, value in asked.items():
                assert found[name][1].get(key) == value, (name, key, found[name][1].get(key), value)
        print("the recorded calls are the table's")
        blender = shutil.which("blender")
        if not blender:
            print("no Blender here: the calls were recorded only")
            return
        module.write_text(text, encoding="utf-8")
        driver = pathlib.Path(folder) / "driver.py"
        driver.write_text(f"EXPECTED = {EXPECTED!r}\n{DRIVER}", encoding="utf-8")
        done = subprocess.run([blender, "--background", "--factory-startup", "--python", str(driver),
                               "--", str(module)], capture_output=True, text=True, timeout=300)
        if "blender agrees" not in done.stdout:
            sys.exit(f"Blender: exit {done.returncode}\n{done.stdout}{done.stderr}")
        print("Blender made the properties of the table")


main()
