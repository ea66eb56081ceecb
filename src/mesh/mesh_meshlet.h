/* mesh_meshlet.h - cuts a triangle mesh into meshlets, patches with vertex lists of their own.
 *
 *     w3d_mesh_meshlet_desc desc = { 0 };                       quality, 64 vertices, 124 triangles
 *     uint32_t most = w3d_mesh_meshlet_bound(&desc, mesh.index_count);
 *     w3d_meshlets out = { meshlets, vertices, triangles, most, 0, 0 };
 *     w3d_mesh_meshlet_build(&mesh, &desc, &out, scratch);
 *
 * Triangle i of meshlet m has the vertices
 *
 *     vertices[m.vertex_offset + triangles[3 * (m.triangle_offset + i) + k]],  k = 0, 1, 2
 *
 * mesh_meshlet_bounds.h gives spheres and cones to cull by; mesh_meshlet_codec.h packs them. */
#ifndef W3D_MESH_MESHLET_H
#define W3D_MESH_MESHLET_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef enum w3d_meshlet_mode {
    W3D_MESHLET_QUALITY = 0, /* compact patches, grown over the surface                       */
    W3D_MESHLET_SCAN         /* triangles as they come: fast, and as good as their order is   */
} w3d_meshlet_mode;

/* All zero: quality, 64 vertices, 124 triangles. */
typedef struct w3d_mesh_meshlet_desc {
    w3d_meshlet_mode mode;
    uint32_t         max_vertices;  /* 3 to 256; 0 means 64  */
    uint32_t         max_triangles; /* 1 to 512; 0 means 124 */
} w3d_mesh_meshlet_desc;

typedef struct w3d_meshlet {
    uint32_t vertex_offset;   /* its first row of `vertices`              */
    uint32_t triangle_offset; /* its first triangle: byte 3 * that        */
    uint32_t vertex_count;    /* at most max_vertices                     */
    uint32_t triangle_count;  /* at most max_triangles; never 0           */
} w3d_meshlet;

/* Where meshlets go. */
typedef struct w3d_meshlets {
    w3d_meshlet *meshlets;         /* [meshlet_capacity]                                   */
    uint32_t    *vertices;         /* [index_count] vertices of the mesh                   */
    uint8_t     *triangles;        /* [index_count] corners, as rows of their meshlet      */
    uint32_t     meshlet_capacity; /* at least w3d_mesh_meshlet_bound                      */
    uint32_t     meshlet_count;    /* out                                                  */
    uint32_t     vertex_count;     /* out: rows of `vertices` that are used                */
} w3d_meshlets;

/* Cuts a mesh into meshlets.
 *
 *   mesh     in      V vertices, T triangles; borrowed for the call
 *   desc     in      mode and limits; NULL means all zero
 *   out      in/out  the buffers; the counts are filled in
 *   scratch          w3d_mesh_meshlet_scratch_size bytes
 *
 * Range   Every triangle, degenerate ones too, appears once, with its corners in their order.
 *         Any connectivity will do: meshlets grow to triangles of which two vertices are inside.
 *         Positions guide the growth and no more: where they are not finite, or where all lie at
 *         one place, meshlets are larger than need be. Multiplying all positions by a power of two
 *         changes nothing, as long as they stay normal floats.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, index_count % 3, limits, mode
 *         W3D_ERR_INDEX     an index >= V
 *         W3D_ERR_CAPACITY  meshlet_capacity or scratch too small
 * Cost    O(triangles) time. Scratch: for quality about 9 bytes an index and 48 a vertex, for scan
 *         4 a vertex.
 * Thread  One call works on one thread. */
W3D_API w3d_result w3d_mesh_meshlet_build(const w3d_mesh_view *mesh,
                                          const w3d_mesh_meshlet_desc *desc, w3d_meshlets *out,
                                          w3d_arena scratch);

/* The most meshlets a mesh of that many indices can give; 0 where the limits are out of range. */
W3D_API uint32_t w3d_mesh_meshlet_bound(const w3d_mesh_meshlet_desc *desc, uint32_t index_count);

/* Scratch for one of that size; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_meshlet_scratch_size(const w3d_mesh_meshlet_desc *desc,
                                             uint32_t vertex_count, uint32_t index_count);

#endif /* W3D_MESH_MESHLET_H */
