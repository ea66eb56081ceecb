/* mesh_morph.h - morph targets (shape keys, blend shapes): a base array plus weighted differences.
 *
 *     w3d_morph_target smile = { smile_delta };                       every vertex
 *     w3d_morph_target blink = { blink_delta, blink_vertices, 112 };  only some
 *     w3d_mesh_morph_desc desc = { base, targets, weights, 2, vertex_count };
 *     w3d_mesh_morph(&desc, positions);
 *
 * Once for positions, once for normals, once for tangents: each has differences of its own. */
#ifndef W3D_MESH_MORPH_H
#define W3D_MESH_MORPH_H

#include "core/base.h"

/* The differences of one target from the base. */
typedef struct w3d_morph_target {
    const float    *deltas;   /* rows of three: [vertex_count], or [count] if sparse            */
    const uint32_t *vertices; /* NULL: dense; else [count] the vertex of each row, rising       */
    uint32_t        count;    /* of a sparse target; not looked at in a dense one               */
    uint32_t        stride;   /* bytes from row to row, multiple of 4; 0 means 12               */
} w3d_morph_target;

typedef struct w3d_mesh_morph_desc {
    const float            *rows;     /* [vertex_count] the base, rows of three                 */
    const w3d_morph_target *targets;  /* [target_count]                                         */
    const float            *weights;  /* [target_count]; a target of weight 0 is not looked at  */
    uint32_t                target_count;
    uint32_t                vertex_count;
    uint32_t                begin;      /* first vertex                                         */
    uint32_t                end;        /* one past the last; 0 means all from `begin`          */
    uint32_t                stride;     /* of the base; bytes, multiple of 4; 0 means 12        */
    uint32_t                out_stride; /* the same for the result                              */
    int                     unit;       /* 1: rows are made unit length at the end, for normals */
} w3d_mesh_morph_desc;

/* out = base + weight 0 * delta 0 + weight 1 * delta 1 ..., added in that order.
 *
 *   desc  in   base, targets and weights; borrowed for the call
 *   out   out  [vertex_count] rows of three floats, row i for vertex i whatever the range; may be
 *              desc->rows itself if both strides are equal; must not overlap the targets
 *
 * Range   Weights below 0 and above 1 are used as they are. What is not finite stays so; with
 *         `unit`, rows that are zero or not finite become (0, 0, 0). The result does not depend on
 *         how the vertices are split into ranges.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, strides, the range
 *         W3D_ERR_INDEX     the vertices of a sparse target, as far as they concern the range, do
 *                           not rise, or are >= vertex_count; nothing is written
 * Cost    O(rows of the targets) time, no memory; a sparse target is searched for its first row.
 * Thread  Ranges that do not overlap may be done at the same time. */
W3D_API w3d_result w3d_mesh_morph(const w3d_mesh_morph_desc *desc, float *out);

#endif /* W3D_MESH_MORPH_H */
