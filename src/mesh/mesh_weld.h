/* mesh_weld.h - finds vertices that are the same and gives each distinct one a number.
 *
 *     w3d_mesh_weld(&desc, remap, &unique_count, scratch);          which vertex is which
 *     w3d_mesh_weld_indices(&apply, indices, &index_count);         triangles name the new numbers
 *     w3d_mesh_weld_attribute(&compact, positions);                 once for every vertex array
 *
 * Distinct vertices are numbered in the order of their first appearance, so that arrays can be
 * compacted in place. */
#ifndef W3D_MESH_WELD_H
#define W3D_MESH_WELD_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef enum w3d_attribute_kind {
    W3D_ATTRIBUTE_FLOATS = 0, /* 32-bit floats: -0 equals +0, a NaN equals only its own bits */
    W3D_ATTRIBUTE_BYTES       /* anything else: the bytes must be equal                      */
} w3d_attribute_kind;

/* One vertex array: positions, normals, texture coordinates, colours, ... */
typedef struct w3d_mesh_attribute {
    const void        *data;      /* [vertex_count] rows; floats aligned to 4               */
    uint32_t           size;      /* bytes of a row that count; a multiple of 4 for floats  */
    uint32_t           stride;    /* bytes from row to row; 0 means packed: `size`          */
    w3d_attribute_kind kind;
    float              tolerance; /* 0: equal; above 0, floats only: see w3d_mesh_weld      */
} w3d_mesh_attribute;

typedef struct w3d_mesh_weld_desc {
    const w3d_mesh_attribute *attributes; /* [attribute_count]; all must match                */
    uint32_t                  attribute_count; /* 1 to 16                                     */
    uint32_t                  vertex_count;
    const uint32_t           *indices; /* NULL, or: vertices that no index names are dropped  */
    uint32_t                  index_count;
} w3d_mesh_weld_desc;

/* In a remap table: a vertex that no index names. */
#define W3D_MESH_WELD_DROPPED 0xFFFFFFFFu

/* Numbers the distinct vertices.
 *
 *   desc          in   the attributes of V vertices
 *   remap         out  [V] the number of each vertex, or W3D_MESH_WELD_DROPPED
 *   unique_count  out  how many numbers were given
 *   scratch            w3d_mesh_weld_scratch_size(V) bytes
 *
 * Range   Without tolerances two vertices get the same number if and only if all attributes are
 *         equal. With tolerances a vertex joins the first earlier vertex that has a number of its
 *         own and matches: attribute 0 at a Euclidean distance of at most its tolerance, others
 *         with every component differing by at most theirs. This is not transitive: in a row of
 *         points, each within reach of the next, the third may be too far from the first and
 *         starts anew, so no vertex moves by more than the tolerance. A vertex whose floats under
 *         a tolerance are not all finite joins none.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, counts, sizes, strides, a tolerance that is
 *                           negative, not finite, or on bytes
 *         W3D_ERR_INDEX     an index >= V
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V) time, O(V log V) for rows made to collide; 8 to 24 bytes of scratch a vertex. With
 *         tolerances, O(V) as long as few distinct vertices lie within twice the tolerance of each
 *         other in attribute 0 while their other attributes are equal or under a tolerance; O(V^2)
 *         if all do, or are made to collide.
 * Source  spatial hashing: Teschner et al. 2003, "Optimized spatial hashing for collision
 *         detection of deformable objects", section 3. */
W3D_API w3d_result w3d_mesh_weld(const w3d_mesh_weld_desc *desc, uint32_t *remap,
                                 uint32_t *unique_count, w3d_arena scratch);

/* Scratch for that many vertices; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_weld_scratch_size(uint32_t vertex_count);

typedef struct w3d_mesh_weld_indices_desc {
    const uint32_t *remap; /* [vertex_count], from w3d_mesh_weld */
    uint32_t        vertex_count;
    const uint32_t *indices; /* [index_count] */
    uint32_t        index_count;
    int             drop_degenerate; /* 1: triangles with two equal corners are left out */
} w3d_mesh_weld_indices_desc;

/* Renames the corners of triangles.
 *
 *   desc       in   the table and the triangles
 *   out        out  [index_count] or fewer; may be `indices` itself
 *   out_count  out  how many indices were written
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers; index_count % 3 with drop_degenerate
 *         W3D_ERR_INDEX     an index >= vertex_count, or of a dropped vertex
 * Cost    O(indices) time, no memory. */
W3D_API w3d_result w3d_mesh_weld_indices(const w3d_mesh_weld_indices_desc *desc, uint32_t *out,
                                         uint32_t *out_count);

typedef struct w3d_mesh_weld_attribute_desc {
    const uint32_t    *remap; /* [vertex_count], from w3d_mesh_weld */
    uint32_t           vertex_count;
    uint32_t           unique_count;
    w3d_mesh_attribute attribute;  /* data, size and stride are used           */
    uint32_t           out_stride; /* bytes from row to row; 0 means packed    */
} w3d_mesh_weld_attribute_desc;

/* Keeps the first row of every number, in order.
 *
 *   desc  in   the table and the array
 *   out   out  [unique_count] rows; may be the array itself if out_stride is not the larger stride
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, sizes, strides
 *         W3D_ERR_FORMAT    the table does not hold `unique_count` numbers in order of appearance
 * Cost    O(vertices) time, no memory. */
W3D_API w3d_result w3d_mesh_weld_attribute(const w3d_mesh_weld_attribute_desc *desc, void *out);

#endif /* W3D_MESH_WELD_H */
