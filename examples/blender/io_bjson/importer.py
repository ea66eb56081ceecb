"""importer.py - the IDs of a BJSON file as objects, meshes and materials: all of them or none."""
import json
import math
import pathlib

import bpy
import numpy
from mathutils import Matrix, Quaternion

from .values import (BACK, MATERIAL, MESH, OBJECT, ROTATIONS, Problem, bjson, by_rows, custom_from,
                     principled, socket, turned, turned_matrix)


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
