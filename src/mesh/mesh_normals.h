/* mesh_normals.h - normals of a triangle mesh: per face, per vertex, and unit length for vectors.
 *
 *     w3d_mesh_normals(&mesh, NULL, normals, scratch);     smooth, weighted by area
 *
 * Face and vertex normals know no scale: a mesh in millimetres and the same mesh in light years
 * get the same bits wherever the factor is a power of two, and there is no smallest length.
 * Only w3d_mesh_normals_normalise, which is given plain vectors, has a threshold. */
#ifndef W3D_MESH_NORMALS_H
#define W3D_MESH_NORMALS_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

/* How much the normal of a triangle counts at each of its corners. */
typedef enum w3d_normal_weight {
    W3D_NORMAL_WEIGHT_AREA = 0,  /* its area: the cheapest; large faces stay flat               */
    W3D_NORMAL_WEIGHT_ANGLE,     /* its angle there: does not depend on how it was triangulated */
    W3D_NORMAL_WEIGHT_AREA_ANGLE /* both: large faces win, triangulation matters little         */
} w3d_normal_weight;

/* All zero: area weights, packed output. */
typedef struct w3d_mesh_normals_desc {
    w3d_normal_weight weight;
    uint32_t          out_stride; /* bytes from row to row, multiple of 4; 0 means 12       */
    const uint32_t   *rows;       /* [index_count] the row of `out` that each corner adds to;
                                     NULL: that of its vertex                               */
    uint32_t          row_count;  /* with `rows`: of `out`, and for the scratch             */
} w3d_mesh_normals_desc;

/* Smooth vertex normals: every triangle adds its weighted normal to its corners; each sum is then
 * made unit length.
 *
 *   mesh     in   V vertices, T triangles; borrowed for the call
 *   desc     in   weight and output stride; NULL means all zero
 *   out      out  [V], or [row_count], rows of three floats: unit length, or (0, 0, 0); may be
 *                 interleaved with the positions, or lie on them
 *   scratch       w3d_mesh_normals_scratch_size of V, or of row_count, bytes
 *
 * Range   Triangles with a coordinate that is not finite, with a difference of coordinates above
 *         FLT_MAX, or smaller than the longest edge by 1e-15, may count as degenerate: those add
 *         nothing. A vertex with no proper triangle, or whose sum is zero, gets (0, 0, 0), never
 *         NaN. Where all coordinates are multiplied by a power of two the result is the same.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, index_count % 3
 *         W3D_ERR_INDEX     an index >= V, a row >= row_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T) time, 16 bytes of scratch a row; components are within 5e-7 of the exact
 *         sum's, unless the triangles around a vertex cancel each other or are thinner than a
 *         part in 4000. Coordinates that are not finite double the time.
 * Thread  One call works on one thread; different outputs may be made at the same time.
 * Source  Jin, Lewis, West 2005, "A comparison of algorithms for vertex normal computation";
 *         angles: Thuermer, Wuethrich 1998, "Computing vertex normals from polygonal facets". */
W3D_API w3d_result w3d_mesh_normals(const w3d_mesh_view *mesh, const w3d_mesh_normals_desc *desc,
                                    float *out, w3d_arena scratch);

/* Scratch for that many vertices, or rows; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_normals_scratch_size(uint32_t vertex_count);

/* All zero: every face, packed output. */
typedef struct w3d_mesh_normals_faces_desc {
    uint32_t begin;      /* first face                                            */
    uint32_t end;        /* one past the last face; 0 means all from `begin`      */
    uint32_t out_stride; /* bytes from row to row, multiple of 4; 0 means 12      */
} w3d_mesh_normals_faces_desc;

/* The unit normal of each triangle, by the right-hand rule.
 *
 *   mesh   in   V vertices, T triangles; borrowed for the call
 *   desc   in   the faces to do; NULL means all
 *   out    out  [T] rows of three floats, row t for triangle t whatever the range; must not
 *               overlap the mesh
 *
 * Range   A triangle without area, or with a coordinate that is not finite, gets (0, 0, 0).
 *         Others, of any size, are within 5e-7 of the exact normal unless thinner than a part in
 *         4000; differences of coordinates must not exceed FLT_MAX.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, index_count % 3, the range
 *         W3D_ERR_INDEX     an index in the range >= V
 * Cost    O(faces) time, no memory.
 * Thread  Ranges that do not overlap may be done at the same time. */
W3D_API w3d_result w3d_mesh_normals_faces(const w3d_mesh_view *mesh,
                                          const w3d_mesh_normals_faces_desc *desc, float *out);

/* Makes vectors unit length, in place: where a length is below 1e-6, (0, 0, 0).
 *
 *   vectors  in/out  [count] rows of three floats
 *   stride   in      bytes from row to row, multiple of 4; 0 means 12
 *
 * Range   Lengths of 1e-6 to the largest a vector of floats can have; (0, 0, 0) also where a
 *         component is not finite.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointer, stride
 * Cost    O(count) time, no memory.
 * Thread  Parts of an array may be done at the same time. */
W3D_API w3d_result w3d_mesh_normals_normalise(float *vectors, uint32_t count, uint32_t stride);

#endif /* W3D_MESH_NORMALS_H */
