/* obj.h - Wavefront OBJ with its MTL materials, read into a w3d_asset_scene.
 *
 *     w3d_obj_desc desc = { 0 };
 *     desc.text = bytes, desc.size = size;
 *     w3d_asset_scene scene;
 *     w3d_error error;
 *     if (w3d_obj_load(&desc, &scene, &error) == W3D_OK) { ...; w3d_asset_scene_destroy(&scene); }
 *
 * Read: v (with vertex colours), vt, vn, f of any size with absolute and negative indices, o, g,
 * usemtl, mtllib; newmtl, Kd, Ke, Ns, Pr, Pm, d, Tr, map_Kd, map_Ke, map_Pr, map_Bump, bump, norm.
 * Left out: free-form curves and surfaces, smoothing groups, l and p elements (counted). */
#ifndef W3D_OBJ_H
#define W3D_OBJ_H

#include "asset/asset_scene.h"

typedef struct w3d_obj_desc {
    const void *text; /* the file's bytes; borrowed for the call */
    size_t      size;
    /* Gives the bytes of a file named by mtllib, valid until w3d_obj_load returns; any result but
     * W3D_OK means it is not to be had, and its materials keep only their names. NULL: never. */
    w3d_result (*open)(void *user, const char *name, size_t name_size, const void **bytes,
                       size_t *size);
    void                *user;
    const w3d_allocator *allocator;    /* NULL: the default                       */
    size_t               memory_limit; /* bytes of the scene in all; 0 means 1 GiB */
} w3d_obj_desc;

/* Reads an OBJ file.
 *
 *   desc    in   see there
 *   scene   out  one object and mesh for each `o` (for each `g` where the file has no `o`) that has
 *                faces; destroy it. Untouched on error
 *   error   out  optional; offset is into the OBJ text, or, with a text that says so, the MTL's
 *
 * Units   as in the file; +Y up is the custom. uvs are turned to run down from the top.
 * Range   corners with equal v/vt/vn become one vertex (a position used with more than 64
 *         different vt/vn pairs may come more than once: exact welding joins those). Polygons are
 *         cut by w3d_mesh_triangulate. Faces of fewer than three corners are left out and counted
 *         in skipped_primitives. Corners without vn or vt, in a mesh where others have them, get zeros. Names that are
 *         not UTF-8 get '?' for each bad byte. Numbers use a point whatever the locale.
 * Errors  W3D_ERR_FORMAT a number or index that is none, W3D_ERR_INDEX one that points nowhere,
 *         W3D_ERR_OUT_OF_MEMORY, W3D_ERR_LIMIT past the memory limit
 * Cost    linear; beside the scene at most 40 bytes for each two bytes of text
 * Source  Wavefront, "Object Files (.obj)" and "MTL material format", 1995; physically based keys
 *         from the extension used by Blender and tinyobjloader (Pr, Pm, map_Pr, norm) */
W3D_API w3d_result w3d_obj_load(const w3d_obj_desc *desc, w3d_asset_scene *scene, w3d_error *error);

#endif /* W3D_OBJ_H */
