/* props_blender.h - prints the Python class that gives a described struct's members to Blender.
 *
 *     w3d_props_blender_desc desc = { &cube_props, sink, "Object" };
 *     w3d_props_to_blender(&desc);
 *
 * prints a module such as
 *
 *     import bpy
 *     class Cube(bpy.types.PropertyGroup):
 *         location: bpy.props.FloatVectorProperty(name="Location", size=3, ...)
 *     def register(): ...
 *     def unregister(): ...
 *
 * with the classes of nested structs before those that hold them. Classes are named as the tables,
 * made_of_words as MadeOfWords; members keep their names, unless Python or Blender would not have
 * them: keywords get a _ behind, names that begin with _ a p in front.
 *
 * What Blender's properties cannot hold is narrowed to what they can, or left out with a comment:
 * whole numbers have 32 bits and floats are single, so limits and defaults are cut to those ranges;
 * a step is 1 to 100, of floats in hundredths; a vector of more than 32 elements becomes one of two
 * dimensions; arrays of numbers and vectors of references have no counterpart.
 * Source: Blender Python API, Property Definitions (bpy.props). */
#ifndef W3D_PROPS_BLENDER_H
#define W3D_PROPS_BLENDER_H

#include "core/sink.h"
#include "scene/props.h"

typedef struct w3d_props_blender_desc {
    const w3d_props *table;
    w3d_sink sink;      /* UTF-8 */
    const char *attach; /* a class of bpy.types that register() gives the properties to, under the
                           table's name: "Object"; NULL: none */
} w3d_props_blender_desc;

/* Prints the module.
 *
 * Errors  W3D_ERR_ARGUMENT  two tables give classes of the same name, `attach` is no identifier
 *         W3D_ERR_LIMIT     more than 64 different tables.  Or what the sink gave. */
W3D_API w3d_result w3d_props_to_blender(const w3d_props_blender_desc *desc);

#endif /* W3D_PROPS_BLENDER_H */
