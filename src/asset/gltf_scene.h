/* gltf_scene.h - a glTF 2.0 file as a w3d_asset_scene: objects, meshes, materials and images.
 *
 *     w3d_gltf_desc desc = { 0 };
 *     desc.bytes = bytes, desc.size = size;
 *     w3d_asset_scene scene;
 *     w3d_error error;
 *     if (w3d_gltf_scene_load(&desc, &scene, &error) != W3D_OK) return error.code;
 *     ...
 *     w3d_asset_scene_destroy(&scene);
 *
 * Objects    the nodes of the default scene (the file's `scene`, else the first; all root nodes
 *            where there are no scenes), parents first, siblings in order.
 * Meshes     all of the file, in its order and with its numbers, also unused and empty ones. The
 *            primitives of one mesh are joined: each becomes a range, and those with the same
 *            vertex data share their vertices. Strips and fans become triangles, missing indices
 *            are made. Points, lines, primitives without positions or without a whole triangle are
 *            left out and counted. What only some primitives of a mesh have is, in the others,
 *            white for colours and 0 for normals and uvs.
 * Materials  all of the file, in its order. Colours and factors are clamped to 0..1, emission to 0
 *            and above; KHR_materials_emissive_strength is multiplied in. KHR_texture_transform is
 *            kept beside each texture. KHR_materials_unlit is not.
 * Images     all of the file, in its order, not decoded: the bytes, or the percent-decoded URI.
 * extras     of the scene, of nodes, meshes and materials: the JSON text as it stands in the file.
 * Left out   skins (meshes come in their bind pose), morph targets, cameras, lights, animation. */
#ifndef W3D_GLTF_SCENE_H
#define W3D_GLTF_SCENE_H

#include "asset/asset_scene.h"
#include "asset/gltf.h"

/* Builds the scene of an opened file.
 *
 *   gltf          in   borrowed for the call
 *   memory_limit  in   bytes the scene may take; 0 means 1 GiB
 *   scene         out  destroy it; untouched on error
 *   error         out  optional; offset is in the file
 *
 * Range   positions may be NaN or infinite; quaternions are made unit length. A name with a NUL in
 *         it ends there.
 * Errors  W3D_ERR_INDEX an index past the vertices, an object's mesh that is not there, ...;
 *         W3D_ERR_FORMAT a node with two parents or in a circle, ...; W3D_ERR_RANGE,
 *         W3D_ERR_UTF8, W3D_ERR_UNSUPPORTED an image URI not in base64, W3D_ERR_OUT_OF_MEMORY,
 *         W3D_ERR_LIMIT past the memory limit or 2^32 - 1 vertices or indices in a mesh
 * Cost    linear in the scene and the JSON text */
W3D_API w3d_result w3d_gltf_scene_convert(const w3d_gltf *gltf, size_t memory_limit,
                                          w3d_asset_scene *scene, w3d_error *error);

/* w3d_gltf_open, w3d_gltf_scene_convert and w3d_gltf_close in one. Errors: of the first two. */
W3D_API w3d_result w3d_gltf_scene_load(const w3d_gltf_desc *desc, w3d_asset_scene *scene,
                                       w3d_error *error);

#endif /* W3D_GLTF_SCENE_H */
