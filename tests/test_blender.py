#!/usr/bin/env python3
"""The Blender add-on, in Blender without a window: export, read in C, write in C, import, compare.

    test_blender.py [FLAG...]   exit 77 where Blender or a C compiler is missing; the compiler gets FLAGs

Every step is a Blender process of its own, so that nothing but the file goes from one to the next.
What is compared: topology and positions exactly, UVs to half a unit in the last place of 1, matrices
and normals to 1e-6 (own normals to 1e-3), materials and custom properties exactly.
"""
import array
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED = 77
ADDON = ROOT / "examples/blender/io_bjson"
CONVERT = ROOT / "examples/blender/convert_bjson.py"

# ---- in Blender ----


def build():
    """A scene with everything the add-on says it carries."""
    import bpy
    from mathutils import Matrix, Vector
    bpy.ops.wm.read_factory_settings(use_empty=True)
    collection = bpy.context.scene.collection

    def material(name, color, metallic, roughness, alpha=1.0):
        made = bpy.data.materials.new(name)
        made.use_nodes = True
        inputs = made.node_tree.nodes["Principled BSDF"].inputs
        inputs["Base Color"].default_value = (*color, 1)
        inputs["Metallic"].default_value = metallic
        inputs["Roughness"].default_value = roughness
        inputs["Alpha"].default_value = alpha
        return made

    red = material("rot \u8d64 \U0001f534", (0.8, 0.1, 0.05), 0.25, 0.7)
    glass = material("glass", (0.9, 0.95, 1.0), 0.0, 0.013, 0.3)
    glass.blend_method, glass.use_backface_culling = "BLEND", True
    glass.node_tree.nodes["Principled BSDF"].inputs["Emission"].default_value = (0.1, 0.2, 0.3, 1)
    glass["index of refraction"] = 1.45
    plain = bpy.data.materials.new("without nodes")
    plain.diffuse_color, plain.metallic, plain.roughness = (0.1, 0.2, 0.3, 0.5), 0.5, 0.125

    def mesh(name, points, polygons, edges=()):
        made = bpy.data.meshes.new(name)
        made.from_pydata(points, edges, polygons)
        return made

    def add(name, data, parent=None):
        made = bpy.data.objects.new(name, data)
        collection.objects.link(made)
        made.parent = parent
        return made

    # A prism: two 7-gons, quads between; caps flat, sides smooth; three slots, one of them empty.
    ring = [(math.cos(i * math.tau / 7), math.sin(i * math.tau / 7)) for i in range(7)]
    prism = mesh("prism", [(x, y, z) for z in (-0.5, 0.75) for x, y in ring],
                 [tuple(range(6, -1, -1)), tuple(range(7, 14))] +
                 [(i, (i + 1) % 7, 7 + (i + 1) % 7, 7 + i) for i in range(7)])
    for slot in (red, None, glass):
        prism.materials.append(slot)
    for i, polygon in enumerate(prism.polygons):
        polygon.use_smooth, polygon.material_index = i >= 2, (0, 2, 1)[min(i, 2)]
    for name in ("UVMap", "Lichtkarte \u5149"):
        layer = prism.uv_layers.new(name=name)
        for i, corner in enumerate(layer.data):
            corner.uv = (0.1 * i, 0.3 + 0.01 * i * i) if name == "UVMap" else (i / 64, 1 - i / 32)
    prism.edges[3].use_seam = prism.edges[5].use_edge_sharp = True
    prism["source"] = {"made by": "hand", "passes": [1, 2, 3]}

    # A torn sheet: an edge and a vertex of no polygon, a polygon with a notch, no UVs.
    sheet = mesh("sheet", [(0, 0, 0), (2, 0, 0), (2, 2, 0.1), (1, 0.5, -0.0), (0, 2, 0), (5, 5, 5), (6, 5, 5),
                           (-1.5, 1e-20, 3e8)], [(0, 1, 2, 3, 4)], [(5, 6)])

    # Normals of one's own, and a grid with many vertices, shared by two objects.
    side = 40
    grid = mesh("grid", [(x / side, y / side, math.sin(x * 0.37) * math.cos(y * 0.21))
                         for y in range(side) for x in range(side)],
                [(y * side + x, y * side + x + 1, (y + 1) * side + x + 1, (y + 1) * side + x)
                 for y in range(side - 1) for x in range(side - 1)])
    for polygon in grid.polygons:
        polygon.use_smooth = True
    layer = grid.uv_layers.new(name="UVMap")
    for corner, loop in zip(layer.data, grid.loops):
        corner.uv = grid.vertices[loop.vertex_index].co.xy
    grid.use_auto_smooth = True
    grid.normals_split_custom_set([Vector((math.sin(i), math.cos(i), 2)).normalized()
                                   for i in range(len(grid.loops))])
    grid.materials.append(red)
    empty_mesh = mesh("nothing", [], [])

    root = add("Wurzel \u6839", None)
    root.location, root.scale = (1.25, -2.5, 3.75), (2, 3, 4)
    root.rotation_mode, root.rotation_euler = "YZX", (0.3, -1.2, 2.8)
    child = add("prism", prism, root)
    child.matrix_parent_inverse = root.matrix_basis.inverted()
    child.rotation_mode, child.rotation_quaternion = "QUATERNION", (0.5, 0.5, -0.5, 0.5)
    child.location = (-0.1, 0.2, -0.3)
    twin = add("prism.001", prism, child)
    twin.scale, twin.rotation_mode = (-1, 1, 1), "AXIS_ANGLE"
    twin.rotation_axis_angle = (1.1, 0, 0.6, 0.8)
    twin.material_slots[1].link = "OBJECT"
    twin.material_slots[1].material = plain
    add("sheet", sheet).location = (1e6, -1e-6, 0.1)
    moved = add("grid", grid)
    moved.delta_location, moved.rotation_mode = (1, 2, 3), "QUATERNION"
    add("grid again", grid, twin)
    add("no polygons", empty_mesh)
    sheared = add("sheared", sheet, root)
    sheared.matrix_parent_inverse = Matrix(((1, 0.5, 0, 1), (0, 1, 0.25, 2), (0, 0, 1, 3), (0, 0, 0, 1)))
    add("lamp", bpy.data.lights.new("lamp", "POINT")).location = (0, 0, 9)

    child["bool"], child["int"], child["negative"], child["float"] = True, 42, -2**31, 0.1
    child["text"], child["empty"], child["bytes"] = "\u00e4\u6a21\U0001f916 \"quoted\"", "", b"\0\xff"
    child["ints"], child["floats"], child["none"] = [1, -2, 3], [0.1, 1e300, -0.0], []
    child["many"] = list(range(1000))
    child["group"] = {"a": 1, "deeper": {"b": 2.5, "deepest": {"c": "x", "list": [4, 5]}}}
    child["groups"] = [{"n": 1}, {"n": 2, "s": "two"}]
    child["texts"] = ["one", "zwei", "\u4e09"]
    child["rows"] = [[1, 2], [3, 4]]
    child['odd "name".[3]'] = 7
    child["points at"] = twin
    child["paint"] = glass


def plain_value(value):
    """A custom property as JSON can hold it, floats by their bits."""
    if hasattr(value, "to_list"):
        return [value.typecode, [item.hex() if isinstance(item, float) else item for item in value.to_list()]]
    if hasattr(value, "keys"):
        return {key: plain_value(value[key]) for key in value.keys()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    return ["block", value.name] if hasattr(value, "bl_rna") else value


def dump(path):
    """What is to be the same, as JSON."""
    import bpy
    custom = lambda block: {key: plain_value(block[key]) for key in sorted(block.keys())}
    out = {"objects": {}, "meshes": {}, "materials": {}}
    bpy.context.view_layer.update()
    for ob in bpy.data.objects:
        out["objects"][ob.name] = {
            "data": ob.data.name if ob.type == "MESH" else None,
            "type": "EMPTY" if ob.type == "LIGHT" else ob.type,
            "parent": ob.parent and ob.parent.name, "rotation_mode": ob.rotation_mode, "custom": custom(ob),
            "slots": [[slot.link, slot.material and slot.material.name] for slot in ob.material_slots],
            "world": [list(row) for row in ob.matrix_world], "local": [list(row) for row in ob.matrix_local],
            "location": list(ob.location + ob.delta_location), "scale": list(ob.scale)}
    for me in bpy.data.meshes:
        me.calc_normals_split()
        out["meshes"][me.name] = {
            "positions": [[v.hex() for v in vertex.co] for vertex in me.vertices],
            "polygons": [[list(p.vertices), p.material_index, p.use_smooth] for p in me.polygons],
            "edges": sorted([*sorted(e.vertices), e.use_seam, e.use_edge_sharp] for e in me.edges),
            "own_normals" if me.has_custom_normals else "normals": [list(loop.normal) for loop in me.loops],
            "uvs": {layer.name: [list(corner.uv) for corner in layer.data] for layer in me.uv_layers},
            "active": me.uv_layers.active and me.uv_layers.active.name,
            "materials": [m and m.name for m in me.materials], "custom": custom(me),
            "auto_smooth": me.use_auto_smooth, "custom_normals": me.has_custom_normals}
    for m in bpy.data.materials:
        node = m.use_nodes and m.node_tree.nodes["Principled BSDF"].inputs
        out["materials"][m.name] = {
            "nodes": m.use_nodes, "blend": m.blend_method, "culling": m.use_backface_culling,
            "custom": custom(m),
            "viewport": [*m.diffuse_color, m.metallic, m.roughness] if not m.use_nodes else None,
            "principled": node and {name: (list(node[name].default_value) if node[name].type == "RGBA"
                                           else node[name].default_value)
                                    for name in ("Base Color", "Metallic", "Roughness", "Alpha", "Emission")}}
    pathlib.Path(path).write_text(json.dumps(out))


def in_blender(arguments):
    sys.path.insert(0, str(ADDON.parent))
    sys.dont_write_bytecode = True
    import bpy
    import io_bjson
    io_bjson.register()
    for step, argument in zip(arguments[::2], arguments[1::2]):
        if step == "build":
            build()
        elif step == "empty":
            bpy.ops.wm.read_factory_settings(use_empty=True)
        elif step == "dump":
            dump(argument)
        elif step == "gltf":
            import numpy
            numpy.bool = bool  # this Blender's reader wants a name that numpy 1.24 has given up
            bpy.ops.import_scene.gltf(filepath=argument)
        elif step == "bevel":  # a modifier that doubles the sheet, for one of the two objects that have it
            bpy.data.objects["sheet"].modifiers.new("copies", "ARRAY").count = 2
        else:
            operator = bpy.ops.export_scene.bjson if step.startswith("export") else bpy.ops.import_scene.bjson
            options = {"export_crc": {"checksums": True}, "export_applied": {"apply_modifiers": True}}
            try:
                print(step, operator(filepath=argument, **options.get(step, {})))
            except RuntimeError as error:
                print(step, "refused:", str(error).strip())
    io_bjson.unregister()


# ---- outside ----

def run_in_blender(script, *arguments):
    # Blender looks for Python's modules beside the first python3 in PATH; it needs its own.
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    return subprocess.run([shutil.which("blender"), "-b", "--factory-startup", "-noaudio",
                           "--python-exit-code", "3", "-P", script, "--", *map(str, arguments)],
                          capture_output=True, text=True, timeout=300, env=environment)


def blender(*arguments):
    done = run_in_blender(__file__, *arguments)
    if done.returncode:
        sys.exit(f"Blender ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


passed = failed = 0


def check(what, right, message=""):
    global passed, failed
    passed, failed = passed + bool(right), failed + (not right)
    print(f"{'ok  ' if right else 'FAIL'} {what}{'' if right else ': ' + str(message)[:600]}")


def differences(a, b, limits, path=""):
    """Paths at which two JSON values differ; floats under a key of `limits` may by so much, relative
    to the largest number of that key."""
    key = path.rsplit(".", 1)[-1]
    if key in limits and isinstance(a, list) and isinstance(b, list):
        flat = lambda value: [x for item in value for x in flat(item)] if isinstance(value, list) else [value]
        x, y = flat(a), flat(b)
        limit = limits[key] * max([1.0, *map(abs, x)])
        return [] if len(x) == len(y) and all(abs(i - j) <= limit for i, j in zip(x, y)) else [
            f"{path}: {max((abs(i - j) for i, j in zip(x, y)), default=0)} over {limit}, {len(x)} {len(y)}"]
    if isinstance(a, dict) and isinstance(b, dict):
        return [line for k in sorted({*a, *b}) for line in
                ([f"{path}.{k}: only on one side"] if (k in a) != (k in b) else
                 differences(a[k], b[k], limits, f"{path}.{k}"))]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and any(
            isinstance(i, (list, dict)) for i in a):
        return [line for i, (x, y) in enumerate(zip(a, b))
                for line in differences(x, y, limits, f"{path}[{i}]")]
    return [] if a == b and type(a) == type(b) else [f"{path}: {str(a)[:80]} became {str(b)[:80]}"]


# Blender keeps normals of one's own as two 16-bit angles.
LIMITS = {"world": 1e-6, "local": 1e-6, "location": 1e-6, "scale": 1e-6, "normals": 1e-6, "own_normals": 1e-3}


def uv_differences(a, b):
    """UVs, to half a unit in the last place of 1 and of themselves."""
    wrong = []
    for name, mesh in a["meshes"].items():
        for layer, rows in mesh["uvs"].items():
            for i, (x, y) in enumerate(zip(rows, b["meshes"][name]["uvs"].get(layer, []))):
                if x[0] != y[0] or abs(x[1] - y[1]) > 6e-8 * max(1, abs(x[1])):
                    wrong.append(f"{name}.{layer}[{i}]: {x} became {y}")
    return wrong


def compare(what, a, b):
    uvs = uv_differences(a, b)
    check(f"{what}: UVs", not uvs, uvs[:3])
    without = lambda dump: {**dump, "meshes": {name: {**mesh, "uvs": {layer: len(rows) for layer, rows in
                                                                    mesh["uvs"].items()}}
                                               for name, mesh in dump["meshes"].items()}}
    found = differences(without(a), without(b), LIMITS)
    for kind in ("objects", "meshes", "materials"):
        lines = [line for line in found if line.startswith(f".{kind}")]
        check(f"{what}: {kind} ({len(a[kind])})", not lines, lines[:4])


def main():
    for needed in ("blender", "cc"):
        if not shutil.which(needed):
            print(f"{needed}: not on this machine; tests/setup.sh installs it")
            sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="wasm3d_blender_") as name:
        folder = pathlib.Path(name)
        everything(folder, sys.argv[1:])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


# What C does with the files: checks them, tells what a renderer would see, writes them again.
C_PROGRAM = r"""
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static w3d_error error;
static int stop(const char *what)
{
    printf("%s: %s, at %d\n", what, error.text, (int)error.offset);
    return 1;
}

static void tell(const w3d_asset_scene *scene)
{
    w3d_mat4 *world = (w3d_mat4 *)malloc(sizeof *world * (scene->object_count + 1));
    w3d_asset_scene_world(scene, world);
    for (uint32_t i = 0; i < scene->object_count; i++) {
        printf("object %s\t%d", scene->objects[i].name, (int)scene->objects[i].mesh);
        for (int k = 0; k < 16; k++) printf("\t%.9g", (double)world[i].m[k]);
        printf("\n");
    }
    for (uint32_t i = 0; i < scene->mesh_count; i++)
        printf("mesh %s\t%u\t%u\t%u\n", scene->meshes[i].name, scene->meshes[i].vertex_count,
               scene->meshes[i].index_count / 3, scene->meshes[i].range_count);
    for (uint32_t i = 0; i < scene->material_count; i++)
        printf("material %s\t%.9g\t%.9g\t%.9g\n", scene->materials[i].name,
               (double)scene->materials[i].base_color[1], (double)scene->materials[i].metallic,
               (double)scene->materials[i].roughness);
    free(world);
}

int main(int count, char **arguments)
{
    w3d_file_view view;
    w3d_asset_scene scene;
    w3d_asset_bjson made;
    if (count < 4 || w3d_file_map(arguments[2], &view, &error) != W3D_OK) return stop("map");
    if (!strcmp(arguments[1], "copy")) { /* every property, those that only Blender knows as well */
        w3d_bjson file;
        w3d_bjson_write_desc desc;
        w3d_bjson_plan plan;
        if (w3d_bjson_read(view.bytes, (size_t)view.size, &file, &error) != W3D_OK) return stop("read");
        size_t size = w3d_bjson_describe_file_size(&file);
        w3d_arena arena = w3d_arena_make(malloc(size), size);
        if (w3d_bjson_describe_file(&file, &arena, &desc) != W3D_OK) return 1;
        size = w3d_bjson_write_scratch_size(&desc);
        arena = w3d_arena_make(malloc(size), size);
        if (w3d_bjson_write_size(&desc, &arena, &plan, &error) != W3D_OK) return stop("measure");
        void *bytes = malloc(plan.size);
        if (w3d_bjson_write(&plan, bytes, plan.size, &error) != W3D_OK) return stop("write");
        return w3d_file_replace(arguments[3], bytes, plan.size, &error) == W3D_OK ? 0 : stop("replace");
    }
    if (!strcmp(arguments[1], "scene")) { /* what scenes have: objects, triangles, materials */
        w3d_asset_bjson_load_desc desc = { 0 };
        desc.bytes = view.bytes, desc.size = (size_t)view.size;
        if (w3d_asset_bjson_load(&desc, &scene, &error) != W3D_OK) return stop("load");
    } else {
        w3d_gltf_desc desc = { 0 };
        desc.bytes = view.bytes, desc.size = (size_t)view.size;
        if (w3d_gltf_scene_load(&desc, &scene, &error) != W3D_OK) return stop("glTF");
    }
    tell(&scene);
    if (w3d_asset_bjson_create(&scene, NULL, &made, &error) != W3D_OK) return stop("create");
    return w3d_file_replace(arguments[3], made.bytes, made.size, &error) == W3D_OK ? 0 : stop("replace");
}
"""


def told(text):
    """{"object": {name: [fields]}, ...} from what the C program prints."""
    out = {"object": {}, "mesh": {}, "material": {}}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        name, *fields = rest.split("\t")
        out[kind][name] = [float(field) for field in fields]
    return out


def matrix_in_file(rows):
    """Blender's matrix in a file's axes, by columns: C W C^-1, written out the long way."""
    change = [[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]]
    times = lambda a, b: [[sum(a[i][k] * b[k][j] for k in range(4)) for j in range(4)] for i in range(4)]
    made = times(times(change, rows), [list(column) for column in zip(*change)])
    return [made[row][column] for column in range(4) for row in range(4)]


def near(a, b, limit=1e-6):
    size = max([1.0, *map(abs, a)])
    return len(a) == len(b) and all(abs(x - y) <= limit * size for x, y in zip(a, b))


def spoilt(bjson, data):
    """(what, bytes, a part of the message) of files that are sound, and no scenes."""
    def change(type_name, name, **values):
        items = [bjson.Item(i.type, i.name, dict(i.properties)) for i in bjson.File(data)]
        item = next(i for i in items if bjson.TYPES[i.type] == type_name and i.name == name)
        item.properties.update(values)
        return bjson.write(items)
    file = bjson.File(data)
    mesh = file.find("prism", bjson.TYPES.index("Mesh")).properties
    large = lambda kind, values, n=1: bjson.Array(bjson.LARGE, kind, n, values)
    words = lambda key: list(memoryview(mesh[key].data).cast("B").cast("I"))

    def put(key, at, value):
        return {key: large("u32", array.array("I", [*words(key)[:at], value, *words(key)[at + 1:]]))}
    rows = {i.name: i.row for i in file}
    for what, values, message in (
            ("a corner outside", put("corner_index", 3, 99999), "corner_index[3] is 99999"),
            ("a polygon of two corners", put("polygon_start", 1, 2), "polygon_start"),
            ("polygons backwards", put("polygon_start", 1, 0xFFFFFFFF), "polygon_start"),
            ("a split of nothing", put("split_source", 0, 14), "split_source[0]"),
            ("an edge outside", {"edge_vertex": large("u32", array.array("I", [0, 14]), 2)}, "edge_vertex"),
            ("normals too few", {"normal": large("f32", array.array("f", [0, 0, 1]), 3)}, "rows of normal"),
            ("positions of two", {"position": large("f32", array.array("f", [0, 0]), 2)}, "position is not"),
            ("positions of text", {"position": "none"}, "position is not")):
        yield what, change("Mesh", "prism", **values), message
    yield "data that is a material", change("Object", "prism", data=bjson.Ref(rows["glass"])), "is no Mesh"
    parent = bjson.Ref(rows["prism.001"])
    yield "parents in a circle", change("Object", "Wurzel \u6839", parent=parent), "circle"
    yield "cut off", data[:-40], "byte"
    yield "empty", b"", "byte"


def without_a_window(folder):
    """c.bjson into a .blend and out of it by convert_bjson.py, which leaves d.json; and its refusals."""
    blend, wrong = folder / "d.blend", folder / "no folder" / "x.bjson"
    for what, arguments, status in (("imports", ("import", folder / "c.bjson", blend), 0),
                                    ("exports", ("export", folder / "d.bjson", blend), 0),
                                    ("a missing file", ("import", wrong, blend), 1),
                                    ("no such folder", ("export", wrong), 1),
                                    ("no command", ("convert", wrong), 1)):
        done = run_in_blender(CONVERT, *arguments)
        check(f"convert_bjson.py: {what}", done.returncode == status,
              [done.returncode, done.stdout[-300:], done.stderr[-300:]])
    blender("empty", "-", "import", folder / "d.bjson", "dump", folder / "d.json")


def everything(folder, compiler_flags):
    sys.path.insert(0, str(ROOT / "examples/python"))
    sys.dont_write_bytecode = True
    import bjson
    read = lambda name: json.loads((folder / name).read_text())
    program = folder / "program"
    (folder / "program.c").write_text(C_PROGRAM)
    subprocess.run(["cc", "-O1", *compiler_flags, "-I.", str(folder / "program.c"), "-o", str(program)],
                   cwd=ROOT, check=True)

    def in_c(what, source, target):
        done = subprocess.run([program, what, source, folder / target], cwd=ROOT, text=True,
                              capture_output=True)
        check(f"C: {what} {pathlib.Path(source).name}", done.returncode == 0, done.stdout + done.stderr)
        return told(done.stdout) if done.returncode == 0 else told("")

    said = blender("build", "-", "dump", folder / "a.json", "export", folder / "a.bjson",
                   "export_crc", folder / "crc.bjson", "export", folder / "again.bjson")
    a = read("a.json")
    check("export", "export {'FINISHED'}" in said, said)
    check("what is left out is said", "lamp: the light itself" in said, said)
    check("the same scene gives the same bytes",
          (folder / "a.bjson").read_bytes() == (folder / "again.bjson").read_bytes())

    # Blender to C, as a renderer sees it.
    seen = in_c("scene", folder / "a.bjson", "triangles.bjson")
    check("C: every object", set(seen["object"]) == set(a["objects"]), seen["object"].keys())
    wrong = [name for name, ob in a["objects"].items()
             if not near(matrix_in_file(ob["world"]), seen["object"].get(name, [])[1:])]
    check("C: world matrices", not wrong, wrong)
    wrong = [name for name, mesh in a["meshes"].items()
             if seen["mesh"][name][1] != sum(len(p[0]) - 2 for p in mesh["polygons"])]
    check("C: triangles", not wrong, wrong)
    check("C: a prism's vertices", seen["mesh"]["prism"][0] == 14 + 14 + 1 + 13, seen["mesh"]["prism"])
    check("C: materials", near(seen["material"]["glass"], [0.95, 0.0, 0.013]), seen["material"])

    # Blender to C to Blender.
    in_c("copy", folder / "a.bjson", "b.bjson")
    in_c("copy", folder / "crc.bjson", "crc_b.bjson")
    for one, other in (("a", "b"), ("crc", "crc_b")):
        check(f"{one}.bjson is canonical",
              (folder / f"{one}.bjson").read_bytes() == (folder / f"{other}.bjson").read_bytes())
    blender("empty", "-", "import", folder / "crc_b.bjson", "dump", folder / "b.json",
            "export", folder / "c.bjson")
    compare("Blender to C to Blender", a, read("b.json"))
    blender("empty", "-", "import", folder / "c.bjson", "dump", folder / "c.json")
    compare("and a second time", a, read("c.json"))
    without_a_window(folder)
    compare("by convert_bjson.py", a, read("d.json"))

    # What C changes counts, also where Blender's own fields say something else.
    items = [bjson.Item(i.type, i.name, dict(i.properties))
             for i in bjson.File((folder / "a.bjson").read_bytes())]
    moved = next(i for i in items if i.name == "prism")
    matrix = [0, 0, -2, 0, 0, 3, 0, 0, 4, 0, 0, 0, 5, 6, 7, 1]
    moved.properties["matrix_local"] = bjson.Array(bjson.VECTOR, "f32", 16, array.array("f", matrix))
    (folder / "moved.bjson").write_bytes(bjson.write(items))
    blender("empty", "-", "import", folder / "moved.bjson", "dump", folder / "moved.json")
    local = matrix_in_file(read("moved.json")["objects"]["prism"]["local"])
    check("a matrix changed outside", near(local, matrix), local)

    # Files that C made from scenes alone.
    blender("empty", "-", "import", folder / "triangles.bjson", "dump", folder / "t.json")
    t = read("t.json")
    wrong = [name for name, ob in a["objects"].items() if not near(
        sum(ob["world"], []), sum(t["objects"].get(name, {"world": []})["world"], []))]
    check("C to Blender: world matrices", not wrong, wrong)
    points = lambda mesh: {tuple(point) for point in mesh["positions"]}
    wrong = [name for name, mesh in a["meshes"].items() if points(mesh) != points(t["meshes"][name])]
    check("C to Blender: positions", not wrong, wrong)
    check("C to Blender: materials", not [
        name for name, m in a["materials"].items() if m["nodes"] and not near(
            m["principled"]["Base Color"][:3], t["materials"][name]["principled"]["Base Color"][:3])])

    # The demo's model: glTF through C and BJSON, against Blender's own reader of glTF.
    model = ROOT / "examples/models/gardener.glb"
    seen = in_c("gltf", model, "gardener.bjson")
    blender("empty", "-", "import", folder / "gardener.bjson", "dump", folder / "g.json",
            "export", folder / "gardener2.bjson")
    blender("empty", "-", "gltf", model, "dump", folder / "oracle.json")
    g, oracle = read("g.json"), read("oracle.json")
    check("gardener: objects", set(g["objects"]) == set(oracle["objects"]) and len(g["objects"]) == 23,
          set(g["objects"]) ^ set(oracle["objects"]))
    wrong = [name for name, ob in oracle["objects"].items()
             if name not in ("Camera", "Sun") and  # which Blender's reader turns round
             not near(sum(ob["world"], []), sum(g["objects"][name]["world"], []), 1e-5)]
    check("gardener: world matrices", not wrong, wrong)
    box = lambda mesh: [f(float.fromhex(p[i]) for p in mesh["positions"]) for i in range(3) for f in (min, max)]
    wrong = [name for name, mesh in oracle["meshes"].items()
             if not near(box(mesh), box(g["meshes"][name])) or
             len(mesh["polygons"]) != len(g["meshes"][name]["polygons"])]
    check("gardener: meshes", not wrong, wrong)
    check("gardener: extras become custom properties",
          g["objects"]["Robot"]["custom"].get("kind") == "gardener")
    again = in_c("scene", folder / "gardener2.bjson", "gardener3.bjson")
    check("gardener: Blender to C", all(near(fields[1:], again["object"][name][1:])
                                        for name, fields in seen["object"].items()))
    check("gardener: triangles", all(fields[1] == again["mesh"][name][1]
                                     for name, fields in seen["mesh"].items()))

    # Modifiers applied.
    said = blender("build", "-", "bevel", "-", "export_applied", folder / "applied.bjson")
    in_c("scene", folder / "applied.bjson", "applied2.bjson")
    sheets = [i.properties["index"] for i in bjson.File((folder / "applied.bjson").read_bytes())
              if i.type == bjson.TYPES.index("Mesh") and i.name == "sheet"]
    counts = [len(memoryview(index.data).cast("B")) // 12 for index in sheets]
    check("modifiers applied", counts == [6, 3], said)

    # Refused, with a reason, and nothing is left behind.
    steps = []
    cases = list(spoilt(bjson, (folder / "a.bjson").read_bytes()))
    for i, (what, data, message) in enumerate(cases):
        (folder / f"bad{i}.bjson").write_bytes(data)
        steps += ["empty", "-", "import", folder / f"bad{i}.bjson", "dump", folder / f"bad{i}.json"]
    said = blender(*steps, "import", folder / "missing.bjson", "export", folder / "no folder" / "x.bjson")
    refused = [line for line in said.splitlines() if " refused: " in line]
    check("each bad file is refused", len(refused) == len(cases) + 2, said)
    for i, (what, data, message) in enumerate(cases):
        left = read(f"bad{i}.json")
        why = refused[i] if i < len(refused) else ""
        check(f"refused: {what}", message in why and not any(left.values()),
              [why, [list(part) for part in left.values()]])


if __name__ == "__main__":
    if "--" in sys.argv and "blender" in pathlib.Path(sys.argv[0]).name:
        in_blender(sys.argv[sys.argv.index("--") + 1:])
    else:
        main()
