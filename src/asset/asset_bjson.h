/* asset_bjson.h - a scene as a BJSON file, and such a file as a scene whose arrays stay in it.
 *
 *     w3d_asset_bjson file;
 *     if (w3d_asset_bjson_create(&scene, NULL, &file, &error) == W3D_OK) {
 *         save(file.bytes, file.size);
 *         w3d_asset_bjson_destroy(&file);
 *     }
 *
 * Rows are the objects, then meshes, materials and images, in the scene's order. Properties:
 *
 *   Object    location f32 x3, rotation_quaternion f32 x4 (w x y z), scale f32 x3,
 *             matrix_local f32 x16 by columns (this one counts), parent, data: references
 *   Mesh      position f32 x3, normal f32 x3, uv f32 x2, color f32 x4, index u32 x3: large arrays;
 *             material_ranges u32 x2 (first index, count), materials: a reference for each range;
 *             bounds_min, bounds_max f32 x3, of the coordinates that are no NaN
 *   Material  base_color f32 x4, metallic, roughness, alpha_cutoff f64, emission_color f32 x3,
 *             alpha_mode "OPAQUE", "MASK", "BLEND", double_sided bool; base_color_texture,
 *             metallic_roughness_texture, normal_texture, occlusion_texture, emission_texture:
 *             maps of image (reference), uv_set i64, offset f32 x2, rotation f64, scale f32 x2
 *   Image     filepath, mime: strings, packed_file: u8, large
 *   Scene     only where the scene has extras
 *   all       extras: string, the JSON text kept from the source file
 *
 * What a scene does not have is left out, but for parent and data, which then refer to nothing. */
#ifndef W3D_ASSET_BJSON_H
#define W3D_ASSET_BJSON_H

#include "asset/asset_scene.h"

/* Zero is the default. */
typedef struct w3d_asset_bjson_desc {
    const w3d_allocator *allocator; /* NULL: the default */
    int64_t time; /* of all IDs, ns since 1970; 0: not said, the same bytes always */
    int crc;      /* 1: a checksum of every ID and table */
} w3d_asset_bjson_desc;

/* A file in memory. */
typedef struct w3d_asset_bjson {
    void *bytes;
    size_t size;
    w3d_allocator allocator;
} w3d_asset_bjson;

/* Writes a scene as a canonical BJSON file.
 *
 *   scene   in   borrowed; normals, uvs and the like are written where they are there
 *   desc    in   NULL: all default
 *   file    out  release it with w3d_asset_bjson_destroy; untouched on error
 *   error   out  offset is the row at fault; or NULL
 *
 * Range   names of more than 255 bytes are cut at the last whole character.
 * Errors  W3D_ERR_OUT_OF_MEMORY; W3D_ERR_INDEX: a parent, mesh, material or image that is not in
 *         the scene; W3D_ERR_UTF8: a name or text that is none; W3D_ERR_LIMIT: too large
 * Cost    about a copy of the arrays, and a pass over the positions for the bounds. */
W3D_API w3d_result w3d_asset_bjson_create(const w3d_asset_scene *scene,
                                          const w3d_asset_bjson_desc *desc, w3d_asset_bjson *file,
                                          w3d_error *error);

/* Frees the file's bytes; NULL and a destroyed file are allowed. */
W3D_API void w3d_asset_bjson_destroy(w3d_asset_bjson *file);

typedef struct w3d_asset_bjson_load_desc {
    const void *bytes; /* the file, on a multiple of 8; must outlive the scene */
    size_t size;
    const w3d_allocator *allocator; /* NULL: the default */
    size_t memory_limit;            /* bytes of the scene beside the file's own; 0 means 1 GiB */
} w3d_asset_bjson_load_desc;

/* Opens a file as a scene; texts, positions, normals, uvs, colors, indices and images' data point
 * into the file's bytes and are only to be read.
 *
 *   desc    in   see there
 *   scene   out  destroy it; untouched on error
 *   error   out  offset into the file; or NULL
 *
 * Range   IDs of other types and properties not listed above are passed over. Objects come out with
 *         parents before their children whatever the order in the file. matrix_local missing: made
 *         from location, rotation_quaternion and scale. References to deleted IDs are none. An
 *         alpha_mode not listed above counts as opaque.
 * Errors  those of w3d_bjson_read; W3D_ERR_INDEX: an index >= the vertex count, a range outside the
 *         indices; W3D_ERR_FORMAT: a property of the wrong type or length, a reference to the wrong
 *         type of ID, parents in a circle; W3D_ERR_OUT_OF_MEMORY: also past the memory limit
 * Cost    O(size of the structure) and a pass over the indices; no array is copied. */
W3D_API w3d_result w3d_asset_bjson_load(const w3d_asset_bjson_load_desc *desc,
                                        w3d_asset_scene *scene, w3d_error *error);

#endif /* W3D_ASSET_BJSON_H */
