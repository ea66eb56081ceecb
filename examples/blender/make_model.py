"""Builds the shipped model, a small gardener robot, and exports it.

    blender -b --factory-startup -P examples/blender/make_model.py -- OUTDIR

Three steps: the parts are made as coarse cages and put into a hierarchy with modifiers on them
(`build`), the .blend is saved with those modifiers live (`save_blend`), then the modifiers are
applied once per shared mesh and the result goes out as GLB and as OBJ with MTL (`export`).
Blender's axes hold throughout: +Z up, the robot looks along -Y, its left is +X.
"""
import gzip
import math
import os
import sys

import bpy
import numpy
from mathutils import Matrix, Vector

sys.dont_write_bytecode = True  # leaves no cache beside the sources
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from toolkit import (Shape, bevel, circle, link, material, modify, place, rounded, toothed,
                     turned, twin)

NAME = "gardener"


def make_materials(dial):
    material("Teal enamel", "#17A398", roughness=0.28)
    material("Cream enamel", "#F6E7C8", roughness=0.35)
    material("Coral", "#FF5A45", roughness=0.40)
    material("Rubber", "#2C3038", roughness=0.85)
    material("Brass", "#E3AE4B", metallic=1.0, roughness=0.30)
    material("Steel", "#C9D1D9", metallic=0.9, roughness=0.38)
    material("Screen glass", "#0E1B33", roughness=0.12)
    material("Glow", "#8DF3FF", glow=1.0)
    material("Dial", "#FFF6E3", roughness=0.45, image=dial)
    material("Walnut", "#9A6238", roughness=0.55)
    material("Moss", "#8CB85C", roughness=0.95)
    material("Terracotta", "#D2693C", roughness=0.80)
    material("Soil", "#4A3226", roughness=0.95)
    material("Leaf", "#4FA548", roughness=0.55)
    material("Petal", "#FFFDF5", roughness=0.60)
    material("Pollen", "#FFC327", roughness=0.70)


def make_dial():
    """A 64 by 64 gauge face: three coloured arcs and ticks on cream."""
    y, x = numpy.mgrid[0:64, 0:64] / 31.5 - 1.0
    radius, angle = numpy.hypot(x, y), numpy.degrees(numpy.arctan2(x, y))  # 0 at the top
    pixels = numpy.ones((64, 64, 4))
    pixels[..., :3] = (1.0, 0.965, 0.89)
    arc = (radius > 0.52) & (radius < 0.78)
    for low, high, colour in ((-120, -50, (0.90, 0.29, 0.23)), (-50, 20, (1.0, 0.76, 0.15)),
                              (20, 120, (0.30, 0.68, 0.31))):
        pixels[arc & (angle >= low) & (angle < high), :3] = colour
    tick = (abs((angle + 15) % 30 - 15) < 3) & (radius > 0.80) & (radius < 0.94)
    pixels[tick & (abs(angle) < 125), :3] = (0.17, 0.19, 0.22)
    image = bpy.data.images.new("dial", 64, 64)
    image.pixels.foreach_set(pixels.astype(numpy.float32).ravel())
    image.filepath_raw, image.file_format = "dial.png", "PNG"
    image.save()
    image.pack()
    image.filepath_raw = image.packed_files[0].filepath = "//dial.png"
    return image


# ------------------------------------------------------------------------------------------- parts

def make_flower():
    """A daisy: stem, two leaves, seven petals; its origin is where a hand holds the stem."""
    flower = Shape()
    flower.tube("Leaf", [(0, 0.02, -0.30), (0, 0, 0), (0, 0.02, 0.30), (0, -0.03, 0.55)], 0.026, 6)

    def blade(colour, matrix, length, width):
        diamond = [(width, 0), (0, 0.025), (-width, 0), (0, -0.025)]
        flower.loft(colour, diamond, [((w, w ** 0.5), z * length) for w, z in (
            (0.25, 0), (0.65, 0.25), (1, 0.6), (0.85, 0.85), (0.35, 1))], matrix)

    for side in (90, -75):
        outward = turned("Z", side) @ turned("X", 62)
        blade("Leaf", Matrix.Translation((0, 0.01, 0.12)) @ outward, 0.36, 0.07)
    bloom = Matrix.Translation((0, -0.04, 0.56)) @ turned("X", 66)
    for i in range(7):
        outward = turned("Z", 360 * i / 7) @ turned("X", 80) @ Matrix.Translation((0, 0, 0.08))
        blade("Petal", bloom @ outward, 0.31, 0.11)
    flower.loft("Pollen", circle(12, 0.14), [(0.8, -0.05), (1, 0), (0.9, 0.05), (0.5, 0.09)], bloom)
    return flower.object("Flower")


def make_arm(name, length, bend):
    """A bellows hose along +X, bent towards +Y; returns it and its end as a position and angle."""
    ribs, sides = 8, 12
    step = length / ribs
    rib = Shape().loft("Rubber", circle(sides), [(0.075, 0), (0.105, step / 2), (0.075, step)],
                       turned("Y", 90), caps=(False, False))
    item = rib.object(name)
    item.data.auto_smooth_angle = math.pi  # the folds are soft
    modify(item, "ARRAY", count=ribs, use_relative_offset=False, use_constant_offset=True,
           constant_offset_displace=(step, 0, 0), use_merge_vertices=True)
    angle = math.radians(bend)
    modify(item, "SIMPLE_DEFORM", deform_method="BEND", deform_axis="Z", angle=angle)
    end = (length * math.sin(angle) / angle, length * (1 - math.cos(angle)) / angle, 0)
    return item, end, bend


def make_hand():
    """A two-fingered gripper along +X: one finger and half of a wrist, mirrored."""
    hand = Shape().loft("Cream enamel", circle(12), [(0.11, -0.05), (0.14, -0.02), (0.14, 0.05),
                                                    (0.08, 0.09)], turned("Y", 90))
    turns = [math.radians(a) for a in (175, 140, 105, 70, 35)]
    finger = [(0.22 + 0.13 * math.cos(a), 0.13 * math.sin(a), 0) for a in turns]
    hand.tube("Steel", finger, [0.05, 0.055, 0.055, 0.05, 0.035], 7)
    item = hand.object("Hand.L")
    modify(item, "MIRROR", use_axis=(False, True, False), use_bisect_axis=(False, True, False))
    return item


def make_track():
    """A crawler track lying in XY, its outer side at +Z."""
    track = Shape().loft("Rubber", toothed(0.40, 0.25, 0.055, 15), [(1, 0), (1, 0.30)],
                         smooth=False)
    track.loft("Teal enamel", rounded(1.16, 0.36, 0.18, 5), [(1, 0.30), (0.96, 0.335)],
               caps=(False, True))
    for x, radius in ((-0.40, 0.145), (0, 0.10), (0.40, 0.145)):
        at = Matrix.Translation((x, 0, 0))
        track.loft("Coral", circle(14, radius), [(1, 0.335), (1, 0.365), (0.85, 0.38)], at,
                   caps=(False, True))
        track.loft("Brass", circle(8, 0.05), [(1, 0.38), (0.8, 0.41)], at, smooth=False,
                   caps=(False, True))
    return track.object("Track.L")


def make_head():
    """A cushion of a head; the recess of its face is cut by a boolean."""
    head = Shape().loft("Cream enamel", rounded(1.25, 0.88, 0.26), [(1, -0.36), (1, 0.36)])
    item = head.object("Head")
    bevel(item, 0.11, 3)
    cutter = Shape().loft("Cream enamel", rounded(1.02, 0.62, 0.20), [(1, 0.28), (1, 0.5)])
    cutter = place(cutter.object("Face cutter"), item)
    cutter.display_type, cutter.hide_render = "WIRE", True
    modify(item, "BOOLEAN", operation="DIFFERENCE", solver="EXACT", object=cutter)
    modify(item, "WEIGHTED_NORMAL", keep_sharp=True)
    return item


# ------------------------------------------------------------------------------------------- scene

def build():
    plinth = Shape().loft("Walnut", circle(40, 1.62), [(1, -0.26), (1, 0)])
    plinth.loft("Moss", circle(40, 1.48), [(1, 0), (0.97, 0.03)], caps=(False, True))
    plinth = plinth.object("Plinth")
    bevel(plinth, 0.05, 2)
    robot = link(bpy.data.objects.new("Robot", None))
    place(robot, plinth, (-0.14, 0.18, 0.03), (0, 0, -14))
    robot["kind"], robot["battery"], robot["charged"] = "gardener", 0.87, 1

    track = place(make_track(), robot, (0.40, 0, 0.30), (90, 0, 90))
    track["teeth"] = 15
    place(twin(track, "Track.R"), robot, (-0.40, 0, 0.30), (90, 0, 90), (1, 1, -1))
    body = Shape().box("Teal enamel", (1.10, 0.92, 1.06), cuts=1).object("Body")
    place(body, robot, (0, 0, 0.86), scale=(1, 0.96, 1.02))
    modify(body, "SUBSURF", levels=2, render_levels=2)
    build_gauge(body)
    build_head(robot)
    flower = build_arms(body)

    pot = Shape().loft("Terracotta", circle(18), [(0.22, 0), (0.30, 0.36), (0.35, 0.36),
                                                  (0.36, 0.48)], caps=(True, False))
    pot.loft("Soil", circle(18), [(0.30, 0.39), (0.12, 0.42)], caps=(False, True))
    pot = place(pot.object("Pot"), plinth, (1.05, -0.76, 0.03), (0, 0, 25))
    modify(pot, "SOLIDIFY", thickness=0.05, offset=-1)
    pot["soil"], pot["litres"] = "moist", 1.5
    place(twin(flower, "Sprout"), pot, (0, 0, 0.56), (0, 0, -30), (0.8, 0.8, 0.7))
    build_view()


def build_gauge(body):
    gauge = Shape().loft("Brass", circle(24), [(0.25, -0.10), (0.25, 0.03), (0.22, 0.05),
                                               (0.205, 0.03)], caps=(False, False))
    gauge.loft("Dial", circle(24, 0.207), [(1, 0), (1, 0.034)], caps=(False, True))
    gauge = place(gauge.object("Gauge"), body, (0, -0.43, 0.06), (86, 0, 0))
    needle = Shape().loft("Coral", [(-0.02, -0.03), (0.02, -0.03), (0.006, 0.15), (-0.006, 0.15)],
                          [(1, 0.04), (1, 0.055)], smooth=False)
    needle.loft("Brass", circle(10, 0.035), [(1, 0.034), (0.8, 0.07)])
    place(needle.object("Needle"), gauge, turn=(0, 0, -62))


def build_head(robot):
    """The head lies like the gauge: its local +Z is where the robot looks, +Y is up."""
    neck = Shape().loft("Rubber", circle(16), [(0.18, 0), (0.23, 0.04), (0.18, 0.08)],
                        caps=(False, False))
    neck = place(neck.object("Neck"), robot, (0, 0, 1.28))
    modify(neck, "ARRAY", count=3, relative_offset_displace=(0, 0, 1))
    head = place(make_head(), robot, (0, -0.02, 1.93), (84, 5, 4))
    head["pan_degrees"] = [-60.0, 60.0]

    face = Shape().loft("Screen glass", rounded(0.98, 0.58, 0.18),
                        [(1, 0.27), (1, 0.30), (0.94, 0.325), (0.6, 0.345)])
    smile = [math.radians(a) for a in range(205, 336, 13)]
    face.tube("Glow", [(0.15 * math.cos(a), 0.02 + 0.15 * math.sin(a), 0.355) for a in smile],
              0.024, 6)
    face = place(face.object("Face"), head)
    eye = Shape().box("Glow", (1, 1, 1)).object("Eye.L")
    place(eye, face, (0.25, 0.07, 0.34), (0, 0, -6), (0.20, 0.29, 0.09))
    modify(eye, "SUBSURF", levels=2, render_levels=2)
    place(twin(eye, "Eye.R"), face, (-0.25, 0.07, 0.34), (0, 0, 6), (-0.20, 0.29, 0.09))

    ears = Shape().loft("Coral", circle(18), [(0.24, 0.58), (0.24, 0.70), (0.20, 0.72)],
                        turned("Y", 90), caps=(False, True))
    ears.loft("Brass", circle(12), [(0.11, 0.72), (0.11, 0.76), (0.08, 0.78)],
              turned("Y", 90), caps=(False, True))
    ears = place(ears.object("Ears"), head)
    modify(ears, "MIRROR", use_axis=(True, False, False))

    turns = [(i, 2 * math.pi * i / 8) for i in range(25)]
    antenna = Shape().tube("Brass", [(0.06 * math.cos(a), 0.06 * math.sin(a), 0.015 * i)
                                     for i, a in turns], 0.02, 5)
    antenna.loft("Brass", circle(12, 0.12), [(1, -0.04), (0.8, 0.02)])
    latitudes = [math.radians(a) for a in range(-75, 76, 30)]
    antenna.loft("Coral", circle(14, 0.14), [(math.cos(a), 0.46 + 0.14 * math.sin(a))
                                             for a in latitudes])
    place(antenna.object("Antenna"), head, (0, 0.45, 0), (-90, 0, 10))


def build_arms(body):
    """The left arm waves, the right one holds out a flower; returns the flower."""
    arm, end, bend = make_arm("Arm.L", 1.02, 78)
    place(arm, body, (0.42, 0, 0.22), (84, 0, 0))
    hand = place(make_hand(), arm, end, (0, 0, bend))
    arm, end, bend = make_arm("Arm.R", 0.96, 82)
    place(arm, body, (-0.42, 0, 0.20), (22, 0, 180))
    holding = place(twin(hand, "Hand.R"), arm, end, (0, 0, bend), (1, 1, -1))
    flower = place(make_flower(), holding, (0.23, 0, 0), (180, 0, -70))
    flower["petals"] = 7
    return flower


def build_view():
    scene = bpy.context.scene
    camera = link(bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera")))
    camera.data.angle = math.radians(34)
    eye, aim = Vector((1.35, -8.6, 3.1)), Vector((-0.02, 0, 1.2))
    camera.location, camera.rotation_euler = eye, (aim - eye).to_track_quat("-Z", "Y").to_euler()
    scene.camera, scene.render.filepath = camera, "//"
    scene.render.resolution_x, scene.render.resolution_y = 640, 480
    sun = link(bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN")))
    place(sun, at=(2.5, -3, 5), turn=(42, 8, 32)).data.energy = 3.0


# ------------------------------------------------------------------------------------------ output

def save_blend(path):
    """Saves with live modifiers, gzipped, and without what Blender notes about this machine."""
    shown = bpy.context.window.workspace  # the others hold file browsers with their folders
    bpy.data.batch_remove([workspace for workspace in bpy.data.workspaces if workspace != shown])
    bpy.ops.wm.save_as_mainfile(filepath=path, check_existing=False, compress=False)
    with open(path, "rb") as file:
        data = file.read()
    own = os.fsencode(bpy.data.filepath)  # each .blend names the path it was saved under
    with open(path, "wb") as file:
        file.write(gzip.compress(data.replace(own, bytes(len(own))), 9, mtime=0))


def apply_modifiers(items):
    """Gives each mesh its modified form once, so that objects sharing a mesh go on sharing it."""
    graph = bpy.context.evaluated_depsgraph_get()
    done = {}
    for item in items:
        if item.data not in done:
            done[item.data] = bpy.data.meshes.new_from_object(
                item.evaluated_get(graph), preserve_all_data_layers=True, depsgraph=graph)
    for item in items:
        item.modifiers.clear()
        item.data = done[item.data]
    for cage, mesh in done.items():
        name, cage.name = cage.name, cage.name + " cage"
        mesh.name = name


def export():
    items = [item for item in bpy.context.scene.objects if not item.hide_render]
    apply_modifiers([item for item in items if item.type == "MESH"])
    for item in bpy.context.scene.objects:
        item.select_set(item in items)
    bpy.ops.export_scene.gltf(filepath=NAME + ".glb", export_format="GLB",
                              use_selection=True, export_extras=True, export_cameras=True,
                              export_lights=True, export_yup=True, export_animations=False)
    bpy.ops.wm.obj_export(filepath=NAME + ".obj", check_existing=False,
                          export_selected_objects=True, export_normals=True, export_uv=True,
                          export_materials=True, export_pbr_extensions=True, path_mode="STRIP",
                          export_triangulated_mesh=False, export_object_groups=True)


def main():
    folder = sys.argv[sys.argv.index("--") + 1]
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)  # bare file names from here on: a path once set leaves traces in a .blend
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.preferences.filepaths.save_version = 0  # no .blend1 beside the .blend
    make_materials(make_dial())
    build()
    save_blend(os.path.abspath(NAME + ".blend"))
    export()


main()
