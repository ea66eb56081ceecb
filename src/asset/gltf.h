/* gltf.h - a glTF 2.0 file (GLB, or .gltf with its buffers) opened in place: nothing is unpacked.
 *
 *     w3d_gltf_desc desc = { 0 };
 *     desc.bytes = bytes, desc.size = size;
 *     w3d_gltf gltf;
 *     w3d_error error;
 *     if (w3d_gltf_open(&desc, &gltf, &error) != W3D_OK) return error.code;
 *     for (uint32_t i = 0; i < gltf.primitive_count; i++)
 *         upload(&gltf.accessors[gltf.primitives[i].position]);
 *     w3d_gltf_close(&gltf);
 *
 * asset/gltf_scene.h builds objects, meshes and materials from it and is what most want.
 *
 * Checked when opened   the container, the whole JSON text, version and required extensions; that
 *                       buffers are there, views lie in them and accessors in the views; meshes:
 *                       every accessor they name, its type, and that counts agree.
 * Checked when used     what arrays hold (index ranges, sparse positions: gltf_accessor.h), nodes,
 *                       materials, textures and images (gltf_scene.h).
 * Left out              cameras, lights, animation, skins and morph targets stay in the JSON, which
 *                       `json` gives access to. NaN and infinity in arrays are passed on.
 * Taken, if not strict  unaligned data; a byte order mark; NULs behind a GLB's JSON; bytes behind a
 *                       GLB's end; the component types of KHR_mesh_quantization, named or not. */
#ifndef W3D_GLTF_H
#define W3D_GLTF_H

#include "asset/gltf_accessor.h"
#include "scene/json.h"

#define W3D_GLTF_ABSENT 0xFFFFFFFFu /* no accessor, material, mesh, ... */

typedef enum w3d_gltf_mode {
    W3D_GLTF_POINTS,
    W3D_GLTF_LINES,
    W3D_GLTF_LINE_LOOP,
    W3D_GLTF_LINE_STRIP,
    W3D_GLTF_TRIANGLES,
    W3D_GLTF_TRIANGLE_STRIP,
    W3D_GLTF_TRIANGLE_FAN
} w3d_gltf_mode;

typedef struct w3d_gltf_buffer {
    const uint8_t *data; /* in the file, from the caller, or decoded */
    size_t         size;
    uint8_t       *owned; /* decoded from base64, or NULL */
    size_t         owned_size;
} w3d_gltf_buffer;

typedef struct w3d_gltf_view {
    const uint8_t *data;
    size_t         size;
    uint32_t       stride; /* 0: packed */
} w3d_gltf_view;

/* Accessors by number, W3D_GLTF_ABSENT where there is none. */
typedef struct w3d_gltf_primitive {
    w3d_gltf_mode mode;
    uint32_t      indices;
    uint32_t      position, normal, tangent, color, uv[2];
    uint32_t      material;
    uint32_t      value; /* in the JSON */
} w3d_gltf_primitive;

typedef struct w3d_gltf_mesh {
    uint32_t first_primitive, primitive_count;
    uint32_t value; /* in the JSON */
} w3d_gltf_mesh;

typedef struct w3d_gltf_desc {
    const void *bytes; /* a GLB or the JSON text; borrowed until w3d_gltf_close */
    size_t      size;
    /* Gives the bytes of a buffer outside the file, valid until w3d_gltf_close; any result but
     * W3D_OK means it is not to be had. The URI is percent-decoded, not NUL-terminated and may be
     * anything, "../../.." too. NULL: there are none. */
    w3d_result (*open)(void *user, const char *uri, size_t uri_size, const void **bytes,
                       size_t *size);
    void                *user;
    const w3d_allocator *allocator;    /* NULL: the default; copied                            */
    size_t               memory_limit; /* for w3d_gltf_scene_load: of the scene; 0 means 1 GiB */
} w3d_gltf_desc;

typedef struct w3d_gltf {
    const uint8_t      *bytes;
    size_t              size;
    size_t              text_start; /* of the JSON in the file */
    w3d_json            json;
    w3d_gltf_buffer    *buffers;
    w3d_gltf_view      *views;
    w3d_gltf_accessor  *accessors;
    w3d_gltf_mesh      *meshes;
    w3d_gltf_primitive *primitives; /* of all meshes, in order */
    uint32_t            buffer_count, view_count, accessor_count, mesh_count, primitive_count;
    w3d_allocator       allocator;
} w3d_gltf;

/* Opens and checks a file.
 *
 *   desc   in   see there
 *   gltf   out  close it; untouched on error
 *   error  out  optional; offset is in `bytes`: the JSON value at fault, or the byte
 *
 * Errors  W3D_ERR_TRUNCATED, W3D_ERR_FORMAT, W3D_ERR_UTF8, W3D_ERR_INDEX, W3D_ERR_RANGE,
 *         W3D_ERR_UNSUPPORTED another version, or a required extension (named in the text where it
 *         is a well-known one; `offset` is its name's), W3D_ERR_NOT_FOUND a buffer that is not to
 *         be had, W3D_ERR_OUT_OF_MEMORY, W3D_ERR_LIMIT
 * Cost    linear in the JSON text and base64 data; the binary part is not looked at. Memory: what
 *         w3d_json_open takes, less than 8 bytes a byte of JSON, and the base64 data.
 * Source  Khronos, glTF 2.0 Specification (ISO/IEC 12113:2022) */
W3D_API w3d_result w3d_gltf_open(const w3d_gltf_desc *desc, w3d_gltf *gltf, w3d_error *error);

/* Frees what w3d_gltf_open took. A zeroed w3d_gltf is allowed. */
W3D_API void w3d_gltf_close(w3d_gltf *gltf);

#endif /* W3D_GLTF_H */
