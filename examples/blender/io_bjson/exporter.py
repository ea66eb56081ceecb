"""exporter.py - a scene's objects, meshes and materials as the IDs of a BJSON file."""
import math
import pathlib

import bpy
import numpy

from .values import (AXIS, MATERIAL, MESH, OBJECT, SIGN, Problem, bjson, buffer, by_columns, custom_of, get,
                     large, principled, references, socket, turned, turned_matrix, vector)


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
