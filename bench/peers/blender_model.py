"""blender_model.py -- FILE: a model as an artist leaves it, written for bench/mesh_data.c.

Blender's monkey, subdivided, with a seam-split UV map, sharp edges around the eyes and bevelled
cubes beside it. Corners that differ in normal or UV are vertices of their own, as on a GPU.
"""
import struct
import sys

import bpy
import numpy

path = sys.argv[sys.argv.index("--") + 1]
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_monkey_add()
monkey = bpy.context.object
monkey.modifiers.new("Subdivision", "SUBSURF").levels = 4
for i in range(8):
    bpy.ops.mesh.primitive_cube_add(size=0.5, location=(i - 3.5, 3, 0))
    bevel = bpy.context.object.modifiers.new("Bevel", "BEVEL")
    bevel.segments, bevel.width = 12, 0.1
for item in bpy.data.objects:
    bpy.context.view_layer.objects.active = item
    item.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project()
    bpy.ops.object.mode_set(mode="OBJECT")
    item.select_set(False)

rows, corners = [], []
base = 0
for item in bpy.data.objects:
    mesh = item.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    mesh.use_auto_smooth, mesh.auto_smooth_angle = True, 0.7
    mesh.calc_normals_split()
    mesh.calc_loop_triangles()
    count = len(mesh.loops)
    vertex = numpy.empty(count, numpy.int32)
    normal, uv = numpy.empty(count * 3, numpy.float32), numpy.empty(count * 2, numpy.float32)
    place = numpy.empty(len(mesh.vertices) * 3, numpy.float32)
    triangle = numpy.empty(len(mesh.loop_triangles) * 3, numpy.int32)
    mesh.loops.foreach_get("vertex_index", vertex)
    mesh.loops.foreach_get("normal", normal)
    mesh.uv_layers.active.data.foreach_get("uv", uv)
    mesh.vertices.foreach_get("co", place)
    mesh.loop_triangles.foreach_get("loops", triangle)
    world = numpy.array(item.matrix_world, numpy.float32)
    place = place.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
    rows.append(numpy.hstack([place[vertex], normal.reshape(-1, 3), uv.reshape(-1, 2)]))
    corners.append(triangle + base)
    base += count

rows, corners = numpy.vstack(rows).astype(numpy.float32), numpy.concatenate(corners)
unique, first, number = numpy.unique(rows.view(numpy.uint32), axis=0, return_index=True,
                                     return_inverse=True)
order = numpy.argsort(first)  # in the order of first appearance
place = numpy.empty_like(order)
place[order] = numpy.arange(len(order))
rows = rows[first[order]]
indices = place[number.ravel()[corners]].astype(numpy.uint32)
with open(path, "wb") as file:
    file.write(struct.pack("<II", len(rows), len(indices)))
    for part in (rows[:, 0:3], rows[:, 3:6], rows[:, 6:8], indices):
        file.write(numpy.ascontiguousarray(part).tobytes())
