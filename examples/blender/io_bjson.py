"""io_bjson.py - a Blender add-on: File > Import and Export > BJSON (.bjson).

    blender -b --factory-startup -P examples/blender/io_bjson.py -- export scene.bjson [FILE.blend]
    blender -b --factory-startup -P examples/blender/io_bjson.py -- import scene.bjson FILE.blend

To install: put this file and examples/python/bjson*.py into Blender's folder scripts/addons, then
enable "BJSON format" in the preferences. Written for Blender 3.4 and later.

What is written, one ID each: objects (transform, parent, custom properties), meshes (polygons,
normals, UV layers, edges, smooth and sharp, material slots, custom properties), materials (the
Principled shader's base colour, alpha, metallic, roughness, emission; custom properties). The
properties are those of src/asset/asset_bjson.h, so every reader of such scenes takes the file.
Beside them stand those that only Blender needs:

    Object     custom: map. blender: map of location, rotation_mode, rotation, scale and
               parent_inverse as Blender has them, used again if they still give matrix_local.
               object_slots: the material of each slot that belongs to the object, not the mesh
    Mesh       The first rows of position are Blender's vertices in their order. Where a vertex has
               several normals or UVs, it stands again behind them; split_source: u32, for each of
               those the first one's row. polygon_start: u32, the first corner of each polygon and
               the end; corner_index: u32, each corner's row; polygon_material u32,
               polygon_smooth u8, edge_vertex u32 x2, edge_flags u8 (1 sharp, 2 seam);
               material_slots: references; uv_layers: map of name -> f32 x2 a corner, of all layers
               but the active; custom; blender: map of uv_layer, auto_smooth, custom_normals
    Material   custom; blender: map of use_nodes

Blender's +Z is up, a file's +Y: (x, y, z) here is (x, z, -y) there, by swapping and negating alone,
so that it is exact both ways. A file's v runs down: v = 1 - v, exact to half a unit in the last
place of 1. Not written: cameras, lights and other data (their objects are, as empties), modifiers
unless applied, shape keys, vertex groups, colours, textures. What is left out is reported."""
import importlib
import json
import math
import pathlib
import sys

import bpy
import numpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper
from mathutils import Matrix, Quaternion

bl_info = {
    "name": "BJSON format",
    "author": "wasm3d.h",
    "version": (1, 0, 0),
    "blender": (3, 4, 0),
    "location": "File > Import-Export",
    "description": "Objects, meshes, materials and custom properties as BJSON files",
    "category": "Import-Export",
}


def load_bjson():
    """bjson.py from beside this file, from the repository, or from where Python looks."""
    here = pathlib.Path(__file__).resolve().parent
    folders = [str(folder) for folder in (here, here.parent / "python") if (folder / "bjson.py").is_file()]
    sys.path[:0] = folders
    try:
        return importlib.import_module("bjson")
    except ImportError as error:
        raise ImportError(f"io_bjson.py needs the files bjson*.py of examples/python beside it: {error}")
    finally:
        del sys.path[:len(folders)]


bjson = load_bjson()
OBJECT, MESH, MATERIAL = (bjson.TYPES.index(name) for name in ("Object", "Mesh", "Material"))
AXIS = (0, 2, 1)         # which of Blender's axes a file's x, y, z are ...
SIGN = (1.0, 1.0, -1.0)  # ... and with what sign; back: the same axes, the signs of y and z swapped
BACK = (1.0, -1.0, 1.0)
ROTATIONS = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


class Problem(Exception):
    """What can't be written or read, in words for the user."""


# ---- values ----

def buffer(numbers, subtype):
    """Numbers as elements in memory; none are b"", as Python can't cast an empty view."""
    data = numpy.ascontiguousarray(numbers, dtype_of(subtype)).reshape(-1)
    return memoryview(data) if len(data) else b""


def vector(numbers, subtype="f32"):
    """A few numbers, in the record."""
    data = buffer(numbers, subtype)
    return bjson.Array(bjson.VECTOR, subtype, len(data), data)


def large(numbers, subtype, n=1):
    """A large array with rows of n."""
    return bjson.Array(bjson.LARGE, subtype, n, buffer(numbers, subtype))


def references(rows):
    return bjson.Array(bjson.ARRAY, "ref", 1, list(rows))


def dtype_of(subtype):
    return subtype[0] + str(int(subtype[1:]) // 8)


def turned(points, sign):
    """Rows of xyz with their axes changed."""
    return points.reshape(-1, 3)[:, AXIS] * numpy.array(sign, "f4")


def turned_matrix(rows, sign):
    """A 4x4 matrix, a list of rows, in the other axes."""
    axis, sign = (*AXIS, 3), (*sign, 1.0)
    return [[sign[i] * sign[j] * rows[axis[i]][axis[j]] for j in range(4)] for i in range(4)]


def by_columns(matrix):
    return [matrix[row][column] for column in range(4) for row in range(4)]


def by_rows(numbers):
    return [[float(numbers[4 * column + row]) for column in range(4)] for row in range(4)]


def get(collection, name, length, dtype="f4"):
    """`length` numbers of a collection's items, one behind the other."""
    numbers = numpy.empty(length, dtype)
    collection.foreach_get(name, numbers)
    return numbers


# ---- custom properties ----

def custom_value(value, row_of, skipped, path):
    """One of Blender's ID properties as a BJSON value."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    kind = getattr(value, "typecode", None)
    if kind:
        subtype = {"i": "i32", "f": "f32", "d": "f64", "b": "u8"}[kind]
        numbers = value.to_list()
        if kind == "b":
            return [bool(number) for number in numbers]
        if 0 < len(numbers) <= 64:
            return vector(numbers, subtype)
        return bjson.Array(bjson.ARRAY, subtype, 1, buffer(numbers, subtype))
    if hasattr(value, "to_dict"):
        return {key: custom_value(value[key], row_of, skipped, f"{path}.{key}") for key in value.keys()}
    if isinstance(value, (list, tuple)):
        return [custom_value(item, row_of, skipped, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, bpy.types.ID):
        if value not in row_of:
            skipped.append(f"{path} refers to {value.name}, which is not in the file")
        return bjson.Ref(row_of.get(value))
    skipped.append(f"{path}: {type(value).__name__} has no BJSON form")
    return None


def custom_of(owner, row_of, skipped):
    """{"custom": ...}, or {} where there are none; what add-ons register is theirs and left out."""
    names = [name for name in owner.keys() if name != "_RNA_UI" and name not in owner.bl_rna.properties]
    custom = {name: custom_value(owner[name], row_of, skipped, f'{owner.name}["{name}"]') for name in names}
    return {"custom": custom} if custom else {}


def custom_from(value, block_of):
    """The same way back: something that can be assigned to owner[name]."""
    if isinstance(value, bjson.Array):
        if value.subtype == "ref":
            return [block_of(row) for row in value.data]
        numbers = value.numpy().reshape(-1)
        if value.subtype in ("u32", "u64", "i64") and (abs(numbers.astype("f8")) > 2**31 - 1).any():
            return numbers.astype("f8").tolist()
        return numbers.tolist()
    if isinstance(value, bjson.Ref):
        return block_of(value.row)
    if isinstance(value, dict):
        return {name: custom_from(item, block_of) for name, item in value.items()}
    if isinstance(value, list):
        items = [custom_from(item, block_of) for item in value]
        kinds = {type(item) for item in items}  # Blender's lists hold things of one kind
        if len(kinds) > 1 and not kinds <= {int, float, bool}:
            return {str(i): item for i, item in enumerate(items)}
        return items
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value) if -2**31 <= value < 2**31 else float(value)
    if isinstance(value, memoryview):
        return bytes(value)
    return None if isinstance(value, bjson.Unknown) else value


# ---- export ----

def principled(material):
    """The material's Principled node, or None."""
    if not material.use_nodes:
        return None
    return next((node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED"), None)


def socket(node, *names):
    """The first input of one of these names: they differ between versions of Blender."""
    return next((node.inputs[name] for name in names if name in node.inputs), None)


class Exporter:
    def __init__(self, context, selected_only=False, apply_modifiers=False):
        self.skipped, self.row_of = [], {}
        self.graph = context.evaluated_depsgraph_get() if apply_modifiers else None
        self.objects = [ob for ob in context.scene.objects if not selected_only or ob.select_get()]
        meshes, materials = {}, {}  # as sets that keep their order
        self.mesh_of = {}           # the block, or an object whose modifiers make its own
        for ob in self.objects:
            if ob.type == "MESH":
                ob.update_from_editmode()
                self.mesh_of[ob] = ob if apply_modifiers and ob.modifiers else ob.data
                meshes[self.mesh_of[ob]] = True
                materials.update((material, True) for material in ob.data.materials if material)
            materials.update((slot.material, True) for slot in ob.material_slots if slot.material)
        self.meshes = list(meshes)
        self.materials = sorted(materials, key=lambda material: material.name)
        for row, block in enumerate([*self.objects, *self.meshes, *self.materials]):
            self.row_of.setdefault(block, row)
        self.mesh_row = {key: len(self.objects) + i for i, key in enumerate(self.meshes)}
        for key, row in self.mesh_row.items():
            if isinstance(key, bpy.types.Mesh):
                self.row_of[key] = row

    def items(self):
        items = [bjson.Item(OBJECT, ob.name, self.object(ob)) for ob in self.objects]
        for key in self.meshes:
            if isinstance(key, bpy.types.Mesh):
                items.append(bjson.Item(MESH, key.name, self.mesh(key, key)))
                continue
            evaluated = key.evaluated_get(self.graph)
            mesh = evaluated.to_mesh()
            items.append(bjson.Item(MESH, key.data.name, self.mesh(mesh, key.data)))
            evaluated.to_mesh_clear()
        return items + [bjson.Item(MATERIAL, m.name, self.material(m)) for m in self.materials]

    def object(self, ob):
        parent = self.row_of.get(ob.parent) if ob.parent else None
        if ob.parent and parent is None:
            local = ob.matrix_world
        elif ob.constraints or ob.parent_type not in ("OBJECT", "ARMATURE"):
            local = ob.matrix_local
        else:
            local = ob.matrix_parent_inverse @ ob.matrix_basis if ob.parent else ob.matrix_basis
        if ob.type not in ("MESH", "EMPTY"):
            self.skipped.append(f"{ob.name}: the {ob.type.lower()} itself, only its object is written")
        location, rotation, scale = local.decompose()
        mode = ob.rotation_mode
        own = (ob.rotation_quaternion if mode == "QUATERNION" else
               ob.rotation_axis_angle if mode == "AXIS_ANGLE" else ob.rotation_euler)
        properties = {
            "location": vector([sign * location[axis] for axis, sign in zip(AXIS, SIGN)]),
            "rotation_quaternion": vector([rotation.w] + [sign * rotation[1 + axis]
                                                          for axis, sign in zip(AXIS, SIGN)]),
            "scale": vector([scale[axis] for axis in AXIS]),
            "matrix_local": vector(by_columns(turned_matrix(local, SIGN))),
            "parent": bjson.Ref(parent),
            "data": bjson.Ref(self.mesh_row.get(self.mesh_of.get(ob))),
            "blender": {"rotation_mode": mode, "location": vector(ob.location),
                        "rotation": vector(own), "scale": vector(ob.scale),
                        "parent_inverse": vector(by_columns(ob.matrix_parent_inverse))},
            **custom_of(ob, self.row_of, self.skipped)}
        if any(slot.link == "OBJECT" for slot in ob.material_slots):
            properties["object_slots"] = [
                bjson.Ref(self.row_of.get(slot.material)) if slot.link == "OBJECT" else None
                for slot in ob.material_slots]
        return properties

    def mesh(self, mesh, owner):
        """`mesh` is the geometry, `owner` has the name and the custom properties."""
        vertices, corners, polygons = len(mesh.vertices), len(mesh.loops), len(mesh.polygons)
        point = turned(get(mesh.vertices, "co", vertices * 3), SIGN)
        corner_vertex = get(mesh.loops, "vertex_index", corners, "i4")
        start = get(mesh.polygons, "loop_start", polygons, "i4")
        total = get(mesh.polygons, "loop_total", polygons, "i4")
        if (numpy.cumsum(total) - total != start).any():
            raise Problem(f"{owner.name}: its polygons are not in the order of their corners")
        if hasattr(mesh, "calc_normals_split"):
            mesh.calc_normals_split()
        mesh.calc_loop_triangles()
        normal = turned(get(mesh.loops, "normal", corners * 3), SIGN)
        layer = mesh.uv_layers.active
        uv = self.uv_of(layer, corners) if layer else numpy.zeros((corners, 0), "f4")
        corner_index, source = self.split(vertices, corner_vertex, numpy.hstack([normal, uv]))
        position = numpy.concatenate([point, point[source]])
        normals = turned(get(mesh.vertices, "normal", vertices * 3), SIGN)
        normals = numpy.concatenate([normals, normals[source]])
        normals[corner_index] = normal
        smooth = get(mesh.polygons, "use_smooth", polygons, "?")
        sharp = get(mesh.edges, "use_edge_sharp", len(mesh.edges), "?")
        seam = get(mesh.edges, "use_seam", len(mesh.edges), "?")
        slots = [self.row_of.get(material) for material in owner.materials]
        material = get(mesh.polygons, "material_index", polygons, "i4")
        properties = {
            "position": large(position, "f32", 3), "normal": large(normals, "f32", 3),
            "split_source": large(source, "u32"), "corner_index": large(corner_index, "u32"),
            "polygon_start": large(numpy.append(start, corners), "u32"),
            "polygon_smooth": large(smooth, "u8"), "polygon_material": large(material, "u32"),
            "edge_vertex": large(get(mesh.edges, "vertices", len(mesh.edges) * 2, "i4"), "u32", 2),
            "edge_flags": large(sharp + 2 * seam.astype("u1"), "u8"),
            "material_slots": references(slots),
            "blender": {"auto_smooth": bool(getattr(mesh, "use_auto_smooth", False)),
                        "auto_smooth_angle": float(getattr(mesh, "auto_smooth_angle", math.pi)),
                        "custom_normals": bool(mesh.has_custom_normals)},
            **custom_of(owner, self.row_of, self.skipped)}
        if vertices:
            properties["bounds_min"] = vector(position.min(0))
            properties["bounds_max"] = vector(position.max(0))
        if layer:
            rows = numpy.zeros((len(position), 2), "f4")
            rows[corner_index] = uv
            properties["uv"] = large(rows, "f32", 2)
            properties["blender"]["uv_layer"] = layer.name
            others = {other.name: large(self.uv_of(other, corners), "f32", 2)
                      for other in mesh.uv_layers if other.name != layer.name}
            if others:
                properties["uv_layers"] = others
        self.triangles(mesh, corner_index, slots, properties)
        for what, have in (("shape keys", getattr(owner, "shape_keys", None)),
                           ("colours", len(getattr(mesh, "color_attributes", ())))):
            if have:
                self.skipped.append(f"{owner.name}: its {what}")
        return properties

    @staticmethod
    def uv_of(layer, corners):
        uv = get(layer.data, "uv", corners * 2).reshape(-1, 2)
        uv[:, 1] = 1 - uv[:, 1]
        return uv

    @staticmethod
    def split(vertices, corner_vertex, attributes):
        """Rows for corners that differ: (each corner's row, the vertex of each row behind the last
        vertex). A vertex's own row goes to the first of its corners."""
        if not len(corner_vertex):
            return numpy.zeros(0, "i4"), numpy.zeros(0, "i4")
        key = numpy.hstack([corner_vertex[:, None], attributes.view("i4")])
        key = numpy.ascontiguousarray(key).view(f"V{4 * key.shape[1]}").reshape(-1)
        _, first, group = numpy.unique(key, return_index=True, return_inverse=True)
        order = numpy.argsort(first)  # of the groups, by their first corner
        vertex = corner_vertex[first[order]]
        leading = numpy.zeros(len(order), bool)
        leading[numpy.unique(vertex, return_index=True)[1]] = True
        row = numpy.where(leading, vertex, vertices - 1 + numpy.cumsum(~leading))
        by_group = numpy.empty(len(order), "i4")
        by_group[order] = row
        return by_group[group], vertex[~leading]

    @staticmethod
    def triangles(mesh, corner_index, slots, properties):
        """index, by material, and the range of each."""
        count = len(mesh.loop_triangles)
        if not count:
            return
        index = corner_index[get(mesh.loop_triangles, "loops", count * 3, "i4")].reshape(-1, 3)
        material = get(mesh.loop_triangles, "material_index", count, "i4")
        material = numpy.minimum(material, max(len(slots) - 1, 0))
        order = numpy.argsort(material, kind="stable")
        properties["index"] = large(index[order], "u32", 3)
        used, first, counts = numpy.unique(material[order], return_index=True, return_counts=True)
        ranges = numpy.stack([first, counts], 1) * 3
        properties["material_ranges"] = bjson.Array(bjson.ARRAY, "u32", 2, buffer(ranges, "u32"))
        properties["materials"] = references(slots[i] if slots else None for i in used)

    def material(self, material):
        node = principled(material)
        color, alpha = list(material.diffuse_color[:3]), material.diffuse_color[3]
        metallic, roughness, emission = material.metallic, material.roughness, [0.0, 0.0, 0.0]
        if node:
            inputs = [socket(node, "Base Color"), socket(node, "Alpha"), socket(node, "Metallic"),
                      socket(node, "Roughness"), socket(node, "Emission", "Emission Color")]
            strength = socket(node, "Emission Strength")
            color, alpha, metallic, roughness, emission = [entry.default_value for entry in inputs]
            emission = [part * (strength.default_value if strength else 1.0) for part in emission[:3]]
            self.skipped += [f"{material.name}: the nodes behind {entry.name}, its plain value is written"
                             for entry in inputs if entry.is_linked]
        mode = {"CLIP": "MASK", "BLEND": "BLEND", "HASHED": "BLEND"}.get(material.blend_method, "OPAQUE")
        return {"base_color": vector([*color[:3], alpha]), "metallic": float(metallic),
                "roughness": float(roughness), "emission_color": vector(emission),
                "alpha_mode": mode, "alpha_cutoff": float(material.alpha_threshold),
                "double_sided": not material.use_backface_culling,
                "blender": {"use_nodes": material.use_nodes},
                **custom_of(material, self.row_of, self.skipped)}


def export_file(context, path, selected_only=False, apply_modifiers=False, crc=False):
    """Writes the scene; gives a sentence each for what was left out."""
    exporter = Exporter(context, selected_only, apply_modifiers)
    try:
        data = bjson.write(exporter.items(), crc=crc)
    except ValueError as error:
        raise Problem(f"the scene can't be written: {error}") from None
    temporary = pathlib.Path(f"{path}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)  # the old file is there until the new one is whole
    finally:
        temporary.unlink(missing_ok=True)
    return exporter.skipped


# ---- import ----

def numbers(properties, key, n, dtype, where):
    """A property's numbers as rows of n, or None where it is not there."""
    value = properties.get(key)
    if value is None:
        return None
    if not isinstance(value, bjson.Array) or value.subtype == "ref" or (
            value.n != n and not (value.tag == bjson.VECTOR and n == 1)):
        raise Problem(f"{where}: {key} is not an array with {n} number(s) a row")
    flat = value.numpy().reshape(-1)
    if dtype == "i8" and flat.dtype.kind == "f":
        raise Problem(f"{where}: {key} is not an array of whole numbers")
    return (flat if n == 1 else flat.reshape(-1, n)).astype(dtype)


def in_range(index, count, key, where):
    """Refuses an index outside 0..count: Blender itself does not look."""
    wrong = numpy.flatnonzero((index < 0) | (index >= count))
    if len(wrong):
        raise Problem(f"{where}: {key}[{wrong[0]}] is {index.reshape(-1)[wrong[0]]}, of {count}")
    return index


class Importer:
    def __init__(self, context, data):
        self.context, self.file, self.made, self.block = context, bjson.File(data), [], {}
        self.notes = []

    def all(self):
        try:
            ids = [entry for entry in self.file if entry.here]
            properties = {entry.row: entry.properties for entry in ids}
            for kind, make in ((MATERIAL, self.material), (MESH, self.mesh), (OBJECT, self.object)):
                for entry in ids:
                    if entry.type == kind:
                        where = f'row {entry.row}, {bjson.TYPES[kind]} "{entry.name}"'
                        self.block[entry.row] = make(entry.name, properties[entry.row], where)
            self.parents(properties)
            for row, block in self.block.items():
                for name, value in self.custom(properties[row]).items():
                    self.set_custom(block, name, value)
        except BaseException:
            bpy.data.batch_remove(self.made)  # all or nothing
            raise
        others = sum(entry.type not in (MATERIAL, MESH, OBJECT) for entry in ids)
        if others:
            self.notes.append(f"{others} IDs that are no object, mesh or material")

    def keep(self, block):
        self.made.append(block)
        return block

    def referred(self, row, kind, key, where):
        """The block a reference points to; None where it points to nothing in the file."""
        if row is None or not self.file[row].here:
            return None
        if self.file[row].type != kind:
            raise Problem(f"{where}: {key} refers to row {row}, which is no {bjson.TYPES[kind]}")
        return self.block.get(row)

    def row(self, properties, key):
        value = properties.get(key)
        return value.row if isinstance(value, bjson.Ref) else None

    @staticmethod
    def custom(properties):
        """The custom properties; of files that came from glTF, its extras."""
        custom, extras = properties.get("custom"), properties.get("extras")
        if custom is None and isinstance(extras, str):
            try:
                custom = json.loads(extras)
            except ValueError:
                custom = {"extras": extras}
        return custom if isinstance(custom, dict) else {}

    def set_custom(self, block, name, value):
        try:
            block[name] = custom_from(value, self.block.get)
        except (TypeError, ValueError, OverflowError, KeyError) as error:
            self.notes.append(f'{block.name}["{name}"]: {error}')

    def material(self, name, properties, where):
        material = self.keep(bpy.data.materials.new(name))
        color = numbers(properties, "base_color", 4, "f4", where)
        emission = numbers(properties, "emission_color", 3, "f4", where)
        color = [1.0, 1.0, 1.0, 1.0] if color is None else color[0].tolist()
        metallic, roughness, cutoff = (
            float(value) if isinstance(value := properties.get(key), (int, float)) else default
            for key, default in (("metallic", 0.0), ("roughness", 0.5), ("alpha_cutoff", 0.5)))
        mode = properties.get("alpha_mode", "OPAQUE")
        material.diffuse_color, material.metallic, material.roughness = color, metallic, roughness
        material.blend_method = {"MASK": "CLIP", "BLEND": "BLEND"}.get(mode, "OPAQUE")
        material.alpha_threshold = cutoff
        material.use_backface_culling = properties.get("double_sided") is False
        blender = properties.get("blender", {})
        if not isinstance(blender, dict) or blender.get("use_nodes", True):
            material.use_nodes = True
            node = principled(material)
            socket(node, "Base Color").default_value = [*color[:3], 1.0]
            socket(node, "Alpha").default_value = color[3]
            socket(node, "Metallic").default_value = metallic
            socket(node, "Roughness").default_value = roughness
            if emission is not None:
                socket(node, "Emission", "Emission Color").default_value = [*emission[0].tolist(), 1.0]
                if socket(node, "Emission Strength"):
                    socket(node, "Emission Strength").default_value = 1.0
        return material

    def mesh(self, name, properties, where):
        mesh = self.keep(bpy.data.meshes.new(name))
        position = numbers(properties, "position", 3, "f4", where)
        if position is None:
            position = numpy.zeros((0, 3), "f4")
        normal = numbers(properties, "normal", 3, "f4", where)
        uv = numbers(properties, "uv", 2, "f4", where)
        for key, rows in (("normal", normal), ("uv", uv)):
            if rows is not None and len(rows) != len(position):
                raise Problem(f"{where}: {len(rows)} rows of {key} for {len(position)} vertices")
        blender = properties.get("blender") if isinstance(properties.get("blender"), dict) else {}
        source = numbers(properties, "split_source", 1, "i8", where)
        source = numpy.zeros(0, "i8") if source is None else source
        vertices = len(position) - len(source)
        if vertices < 0:
            raise Problem(f"{where}: more rows of split_source than of position")
        in_range(source, vertices, "split_source", where)
        own = numpy.concatenate([numpy.arange(vertices), source])  # each row's vertex
        corner, start, material, smooth = self.polygons(properties, len(position), where)

        mesh.vertices.add(vertices)
        mesh.vertices.foreach_set("co", turned(position[:vertices], BACK).reshape(-1))
        edges = numbers(properties, "edge_vertex", 2, "i8", where)
        if edges is not None and len(edges):
            in_range(edges, vertices, "edge_vertex", where)
            mesh.edges.add(len(edges))
            mesh.edges.foreach_set("vertices", edges.astype("i4").reshape(-1))
            flags = numbers(properties, "edge_flags", 1, "i8", where)
            if flags is not None and len(flags) == len(edges):
                mesh.edges.foreach_set("use_edge_sharp", flags & 1 != 0)
                mesh.edges.foreach_set("use_seam", flags & 2 != 0)
        mesh.loops.add(len(corner))
        mesh.loops.foreach_set("vertex_index", own[corner].astype("i4"))
        mesh.polygons.add(len(start) - 1)
        mesh.polygons.foreach_set("loop_start", start[:-1].astype("i4"))
        if bpy.app.version < (4, 1, 0):  # later the next start says it
            mesh.polygons.foreach_set("loop_total", numpy.diff(start).astype("i4"))
        self.slots(mesh, properties, where)
        if len(material):
            mesh.polygons.foreach_set("material_index", material.astype("i4"))
        mesh.polygons.foreach_set("use_smooth", smooth)
        if uv is not None:
            layer = str(blender.get("uv_layer", "UVMap"))
            self.uv_layer(mesh, layer, uv[corner])
        others = properties.get("uv_layers")
        for layer in others if isinstance(others, dict) else ():
            rows = numbers(others, layer, 2, "f4", where)
            if len(rows) != len(corner):
                raise Problem(f"{where}: uv_layers.{layer} has {len(rows)} rows for {len(corner)} corners")
            self.uv_layer(mesh, layer, rows)
        mesh.update(calc_edges=True)
        if mesh.validate(clean_customdata=False):
            self.notes.append(f"{where}: polygons or edges that no mesh can have")
        elif normal is not None and len(corner):
            self.normals(mesh, turned(normal[corner], BACK), blender)
        return mesh

    def polygons(self, properties, rows, where):
        """(each corner's row, where each polygon starts, and the end; material, smooth)."""
        start = numbers(properties, "polygon_start", 1, "i8", where)
        corner = numbers(properties, "corner_index", 1, "i8", where)
        if start is not None and corner is not None and len(start):
            count = len(start) - 1
            if start[0] != 0 or start[-1] != len(corner) or (numpy.diff(start) < 3).any():
                raise Problem(f"{where}: polygon_start is not ascending by 3 or more from 0 to "
                              f"{len(corner)}")
            in_range(corner, rows, "corner_index", where)
            material = numbers(properties, "polygon_material", 1, "i8", where)
            smooth = numbers(properties, "polygon_smooth", 1, "i8", where)
            if material is None or len(material) != count:
                material = numpy.zeros(count, "i8")
            if smooth is None or len(smooth) != count:
                smooth = numpy.ones(count, "i8")
            return corner, start, numpy.clip(material, 0, 32767), smooth != 0
        index = numbers(properties, "index", 3, "i8", where)
        index = numpy.zeros((0, 3), "i8") if index is None else in_range(index, rows, "index", where)
        material = numpy.zeros(len(index), "i8")
        ranges = numbers(properties, "material_ranges", 2, "i8", where)
        for i, (first, count) in enumerate(() if ranges is None else ranges // 3):
            material[first:first + count] = i
        return index.reshape(-1), numpy.arange(len(index) + 1) * 3, material, numpy.ones(len(index), bool)

    def slots(self, mesh, properties, where):
        """The material slots; of a file that was not made here, one for each range."""
        key = "material_slots" if "material_slots" in properties else "materials"
        slots = properties.get(key)
        if isinstance(slots, bjson.Array) and slots.subtype == "ref":
            for row in slots.data:
                mesh.materials.append(self.referred(row, MATERIAL, key, where))

    @staticmethod
    def uv_layer(mesh, name, rows):
        rows = rows.copy()
        rows[:, 1] = 1 - rows[:, 1]
        layer = mesh.uv_layers.new(name=name, do_init=False)
        if layer:  # Blender has room for eight
            layer.data.foreach_set("uv", rows.reshape(-1))

    @staticmethod
    def normals(mesh, normal, blender):
        """Normals that smooth and flat faces alone do not give are set on each corner."""
        custom = blender.get("custom_normals") is not False
        if hasattr(mesh, "use_auto_smooth"):
            mesh.use_auto_smooth = custom or blender.get("auto_smooth") is True
            angle = blender.get("auto_smooth_angle")
            mesh.auto_smooth_angle = float(angle) if isinstance(angle, (int, float)) else math.pi
        if custom:
            mesh.normals_split_custom_set(normal)

    def object(self, name, properties, where):
        data = self.referred(self.row(properties, "data"), MESH, "data", where)
        ob = self.keep(bpy.data.objects.new(name, data))
        self.context.collection.objects.link(ob)
        slots = properties.get("object_slots")
        for i, slot in enumerate(slots if isinstance(slots, list) else ()):
            if isinstance(slot, bjson.Ref) and i < len(ob.material_slots):
                ob.material_slots[i].link = "OBJECT"
                ob.material_slots[i].material = self.referred(slot.row, MATERIAL, "object_slots", where)
        return ob

    def parents(self, properties):
        for row, ob in self.block.items():
            if self.file[row].type != OBJECT:
                continue
            where = f'row {row}, Object "{ob.name}"'
            parent = self.referred(self.row(properties[row], "parent"), OBJECT, "parent", where)
            above = parent
            while above:
                if above == ob:
                    raise Problem(f"{where}: its parents go round in a circle")
                above = above.parent
            ob.parent = parent
            self.transform(ob, properties[row], where)

    def transform(self, ob, properties, where):
        """matrix_local, or location, rotation and scale; as Blender had them where they give it."""
        rows = numbers(properties, "matrix_local", 16, "f4", where)
        if rows is not None:
            local = Matrix(turned_matrix(by_rows(rows[0]), BACK))
        else:
            location = numbers(properties, "location", 3, "f4", where)
            rotation = numbers(properties, "rotation_quaternion", 4, "f4", where)
            scale = numbers(properties, "scale", 3, "f4", where)
            file = Matrix.LocRotScale((0, 0, 0) if location is None else location[0].tolist(),
                                      Quaternion((1, 0, 0, 0) if rotation is None else
                                                 rotation[0].tolist()),
                                      (1, 1, 1) if scale is None else scale[0].tolist())
            local = Matrix(turned_matrix(file, BACK))
        if not self.as_blender_had_it(ob, properties.get("blender"), local, where):
            ob.rotation_mode = "QUATERNION"
            ob.matrix_parent_inverse.identity()
            ob.matrix_basis = local
            if not close(ob.matrix_basis, local):  # a shear: location, rotation, scale can't say it
                if ob.parent and abs(ob.matrix_basis.determinant()) > 1e-30:
                    ob.matrix_parent_inverse = local @ ob.matrix_basis.inverted()
                else:
                    self.notes.append(f"{where}: its shear, which an object can't have")

    @staticmethod
    def as_blender_had_it(ob, blender, local, where):
        if not isinstance(blender, dict) or blender.get("rotation_mode") not in ROTATIONS:
            return False
        mode = blender["rotation_mode"]
        wide = 4 if mode in ("QUATERNION", "AXIS_ANGLE") else 3
        parts = [numbers(blender, key, n, "f4", where) for key, n in
                 (("location", 3), ("rotation", wide), ("scale", 3), ("parent_inverse", 16))]
        if any(part is None for part in parts):
            return False
        location, rotation, scale, inverse = (part[0].tolist() for part in parts)
        ob.rotation_mode, ob.location, ob.scale = mode, location, scale
        ob.matrix_parent_inverse = Matrix(by_rows(inverse))
        name = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
        setattr(ob, name.get(mode, "rotation_euler"), rotation)
        made = ob.matrix_parent_inverse @ ob.matrix_basis if ob.parent else ob.matrix_basis
        return close(made, local)


def close(a, b):
    """Equal to 1e-6 of the largest number, translation apart from the rest."""
    for columns in (range(3), range(3, 4)):
        size = max(1.0 if columns[0] == 3 else 0.0, *(abs(b[i][j]) for i in range(3) for j in columns))
        if any(not abs(a[i][j] - b[i][j]) <= 1e-6 * size for i in range(3) for j in columns):
            return False
    return True


def import_file(context, path):
    """Reads a file into the current collection; gives a sentence each for what was left out."""
    try:
        importer = Importer(context, pathlib.Path(path).read_bytes())
        importer.all()
    except bjson.Error as error:
        raise Problem(f"{path} is no valid BJSON file: {error}") from None
    return importer.notes


# ---- operators ----

def say(operator, notes, done):
    """Reports what was left out, a few lines of it, then what was done."""
    for note in notes[:8]:
        operator.report({"WARNING"}, f"left out: {note}")
    if len(notes) > 8:
        operator.report({"WARNING"}, f"and {len(notes) - 8} more were left out")
    operator.report({"INFO"}, done)


class EXPORT_OT_bjson(bpy.types.Operator, ExportHelper):
    """Write objects, meshes, materials and custom properties to a BJSON file"""
    bl_idname = "export_scene.bjson"
    bl_label = "Export BJSON"
    filename_ext = ".bjson"
    filter_glob: StringProperty(default="*.bjson", options={"HIDDEN"})
    selected_only: BoolProperty(name="Selected only", description="Leave out what is not selected")
    apply_modifiers: BoolProperty(name="Apply modifiers", description="Write meshes as modifiers leave "
                                  "them; objects with modifiers then have a mesh each")
    checksums: BoolProperty(name="Checksums", description="A checksum for each part of the file, so "
                            "that damage is found; slow for large files")

    def execute(self, context):
        try:
            notes = export_file(context, self.filepath, self.selected_only, self.apply_modifiers,
                                self.checksums)
        except (Problem, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        say(self, notes, f"wrote {self.filepath}")
        return {"FINISHED"}


class IMPORT_OT_bjson(bpy.types.Operator, ImportHelper):
    """Read objects, meshes, materials and custom properties from a BJSON file"""
    bl_idname = "import_scene.bjson"
    bl_label = "Import BJSON"
    bl_options = {"REGISTER", "UNDO"}
    filename_ext = ".bjson"
    filter_glob: StringProperty(default="*.bjson", options={"HIDDEN"})

    def execute(self, context):
        try:
            notes = import_file(context, self.filepath)
        except (Problem, OSError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        say(self, notes, f"read {self.filepath}")
        return {"FINISHED"}


def menu_export(self, context):
    self.layout.operator(EXPORT_OT_bjson.bl_idname, text="BJSON (.bjson)")


def menu_import(self, context):
    self.layout.operator(IMPORT_OT_bjson.bl_idname, text="BJSON (.bjson)")


def register():
    bpy.utils.register_class(EXPORT_OT_bjson)
    bpy.utils.register_class(IMPORT_OT_bjson)
    bpy.types.TOPBAR_MT_file_export.append(menu_export)
    bpy.types.TOPBAR_MT_file_import.append(menu_import)


def unregister():
    bpy.types.TOPBAR_MT_file_export.remove(menu_export)
    bpy.types.TOPBAR_MT_file_import.remove(menu_import)
    bpy.utils.unregister_class(IMPORT_OT_bjson)
    bpy.utils.unregister_class(EXPORT_OT_bjson)


def main(arguments):
    """The two commands of the first lines; the exit status is 1 where nothing was read or written."""
    register()
    if len(arguments) < 2 or arguments[0] not in ("export", "import"):
        sys.exit(__doc__)
    try:
        if arguments[0] == "export":
            if len(arguments) > 2:
                bpy.ops.wm.open_mainfile(filepath=arguments[2])
            bpy.ops.export_scene.bjson(filepath=arguments[1])
        else:
            bpy.ops.wm.read_factory_settings(use_empty=True)
            bpy.ops.import_scene.bjson(filepath=arguments[1])
            if len(arguments) > 2:
                bpy.ops.wm.save_as_mainfile(filepath=str(pathlib.Path(arguments[2]).resolve()))
    except RuntimeError as error:  # how an operator's report({"ERROR"}) arrives
        print(str(error).strip(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else [])
