"""What the model is made with: outlines, one class that sweeps them into meshes, and short calls
for materials, hierarchy and modifiers.
"""
import math

import bpy
from mathutils import Matrix, Vector

SMOOTH_ANGLE = math.radians(40)  # edges sharper than this stay sharp in the exported normals


def circle(sides, radius=1.0):
    """Outlines are lists of (x, y) points, counter-clockwise."""
    steps = (2 * math.pi * i / sides for i in range(sides))
    return [(radius * math.cos(a), radius * math.sin(a)) for a in steps]


def rounded(width, height, radius, steps=4):
    """A rectangle with round corners, or a stadium where the radius is half the height."""
    outline = []
    for corner, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for i in range(steps + 1):
            a = math.pi / 2 * (corner + i / steps)
            point = (sx * (width / 2 - radius) + radius * math.cos(a),
                     sy * (height / 2 - radius) + radius * math.sin(a))
            if not outline or min(math.dist(point, outline[k]) for k in (0, -1)) > 1e-6:
                outline.append(point)
    return outline


def toothed(half_length, radius, tooth, count):
    """A stadium with `count` teeth around it: one concave polygon, a test for triangulators.

    Its long sides swell a little, so that no triangulation meets three points in a line."""
    straight, turn = 2 * half_length, math.pi * radius
    outline = []
    for i in range(count):
        for part, height in ((0.00, 0), (0.12, tooth), (0.48, tooth), (0.60, 0)):
            half, s = divmod(2 * (i + part) / count, 1)  # which half of the round, how far in it
            s, side, reach = s * (straight + turn), 1 - 2 * half, radius + height
            if s <= straight:
                swell = 0.03 * (1 - (s / half_length - 1) ** 2)
                x, y = s - half_length, -reach - swell
            else:
                a = (s - straight) / radius - math.pi / 2
                x, y = half_length + reach * math.cos(a), reach * math.sin(a)
            outline.append((side * x, side * y))
    return outline


class Shape:
    """Collects polygons with material, shading and texture corners; `object` makes the mesh."""

    def __init__(self):
        self.points, self.faces, self.corners = [], [], []
        self.slots, self.smooth, self.names = [], [], []

    def loft(self, material, outline, sections, matrix=Matrix(), smooth=True, caps=(True, True)):
        """Sweeps an outline up +Z through (scale, z) sections, capped by a polygon at each end.

        A scale is a number or a pair for x and y, so one call makes prisms, lathed pots, petals."""
        rings = []
        for scale, z in sections:
            sx, sy = scale if isinstance(scale, tuple) else (scale, scale)
            rings.append([matrix @ Vector((sx * x, sy * y, z)) for x, y in outline])
        return self._skin(material, outline, rings, smooth, caps)

    def tube(self, material, path, radii, sides):
        """Follows a path with a round section; one radius for all of it or one for each point."""
        path, rings, across = [Vector(p) for p in path], [], None
        radii = radii if isinstance(radii, list) else [radii] * len(path)
        for i, point in enumerate(path):
            ahead = (path[min(i + 1, len(path) - 1)] - path[max(i - 1, 0)]).normalized()
            across = across or ahead.orthogonal()
            across = (across - ahead * across.dot(ahead)).normalized()  # carried along, no twist
            other = ahead.cross(across)
            rings.append([point + across * x + other * y for x, y in circle(sides, radii[i])])
        return self._skin(material, circle(sides), rings, True, (True, True))

    def box(self, material, size, cuts=0):
        """A cube of the given size with its walls cut into (cuts + 1) squared faces."""
        steps = [2 * i / (cuts + 1) - 1 for i in range(cuts + 2)]
        outline = [(x * u - y, y * u + x) for x, y in ((0, 1), (1, 0), (0, -1), (-1, 0))
                   for u in steps[:-1]]
        scale = Matrix.Diagonal((*(s / 2 for s in size), 1))
        return self.loft(material, outline[::-1], [(1, z) for z in steps], scale)

    def _skin(self, material, outline, rings, smooth, caps):
        """Walls unroll over the unit square, u around and v along; caps show the outline in it."""
        if material not in self.names:
            self.names.append(material)
        first, count, known = len(self.points), len(outline), len(self.faces)
        self.points += [point for ring in rings for point in ring]
        for i in range(len(rings) - 1):
            low, high = i / (len(rings) - 1), (i + 1) / (len(rings) - 1)
            a, b = first + count * i, first + count * (i + 1)
            for k in range(count):
                n, u, w = (k + 1) % count, k / count, (k + 1) / count
                self.faces.append((a + k, a + n, b + n, b + k))
                self.corners += [(u, low), (w, low), (w, high), (u, high)]
        reach = 2 * max(max(abs(x), abs(y)) for x, y in outline)
        flat = [(0.5 + x / reach, 0.5 + y / reach) for x, y in outline]
        if caps[0]:
            self.faces.append(tuple(reversed(range(first, first + count))))
            self.corners += reversed(flat)
        if caps[1]:
            self.faces.append(tuple(range(len(self.points) - count, len(self.points))))
            self.corners += flat
        self.slots += [self.names.index(material)] * (len(self.faces) - known)
        self.smooth += [smooth] * (len(self.faces) - known)
        return self

    def object(self, name):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self.points, [], self.faces)
        mesh.polygons.foreach_set("material_index", self.slots)
        mesh.polygons.foreach_set("use_smooth", self.smooth)
        mesh.use_auto_smooth, mesh.auto_smooth_angle = True, SMOOTH_ANGLE
        texture = mesh.uv_layers.new(name="UVMap").data
        texture.foreach_set("uv", [coordinate for corner in self.corners for coordinate in corner])
        for material in self.names:
            mesh.materials.append(bpy.data.materials[material])
        return link(bpy.data.objects.new(name, mesh))


def link(item):
    bpy.context.scene.collection.objects.link(item)
    return item


def place(item, parent=None, at=(0, 0, 0), turn=(0, 0, 0), scale=(1, 1, 1)):
    """Sets the parent and the local position, XYZ angles in degrees and scale."""
    item.parent, item.location, item.scale = parent, at, scale
    item.rotation_euler = [math.radians(a) for a in turn]
    return item


def twin(item, name):
    """A second object on the same mesh, with the same modifiers."""
    copy = link(item.copy())
    copy.name = name
    return copy


def modify(item, kind, **settings):
    modifier = item.modifiers.new(kind.title(), kind)
    for key, value in settings.items():
        setattr(modifier, key, value)


def turned(axis, degrees):
    return Matrix.Rotation(math.radians(degrees), 4, axis)


def bevel(item, width, segments):
    modify(item, "BEVEL", width=width, segments=segments, limit_method="ANGLE",
           angle_limit=math.radians(50))


def material(name, colour, metallic=0.0, roughness=0.5, glow=0.0, image=None):
    """A plain physically based material; the colour is an sRGB #RRGGBB, the image replaces it."""
    srgb = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in srgb]
    made = bpy.data.materials.new(name)
    made.diffuse_color, made.metallic, made.roughness = (*linear, 1), metallic, roughness
    made.use_nodes = made.use_backface_culling = True  # no part shows its back
    shader = made.node_tree.nodes["Principled BSDF"]
    emission = (*linear, 1) if glow else (0, 0, 0, 1)
    for key, value in (("Base Color", (*linear, 1)), ("Metallic", metallic),
                       ("Roughness", roughness), ("Emission", emission),
                       ("Emission Strength", glow)):
        shader.inputs[key].default_value = value
    if image:
        texture = made.node_tree.nodes.new("ShaderNodeTexImage")
        texture.image = image
        made.node_tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
