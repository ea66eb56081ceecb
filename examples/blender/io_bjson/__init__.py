"""io_bjson - a Blender add-on: File > Import and Export > BJSON (.bjson).

To install: put this folder, and examples/python/bjson*.py in it, into Blender's folder
scripts/addons, then enable "BJSON format" in the preferences. Without a window: convert_bjson.py
beside this folder. Written for Blender 3.4 and later.

Here are the operators; values.py has what both ways share, exporter.py and importer.py the rest.

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
import bpy
from bpy.props import BoolProperty, StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from .exporter import export_file
from .importer import import_file
from .values import Problem

bl_info = {
    "name": "BJSON format",
    "author": "wasm3d.h",
    "version": (1, 0, 0),
    "blender": (3, 4, 0),
    "location": "File > Import-Export",
    "description": "Objects, meshes, materials and custom properties as BJSON files",
    "category": "Import-Export",
}


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
