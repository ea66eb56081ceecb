/* mesh_smooth.h - moves every vertex towards the mean of its neighbours: Laplacian and Taubin.
 *
 *     w3d_mesh_smooth_desc desc = { 0 };
 *     desc.mesh = mesh;
 *     desc.iterations = 10, desc.lambda = 0.5f, desc.mu = -0.53f;     Taubin: does not shrink
 *     w3d_mesh_smooth(&desc, positions, scratch);
 *
 * For many threads, or a brush that smooths part of a mesh again and again, make the plan (who is
 * whose neighbour, with what weight) once and take the steps yourself:
 *
 *     w3d_mesh_smooth_prepare(&desc, &plan, &memory);
 *     w3d_mesh_smooth_step(&plan, rows, other, 0.5f, range);     ranges in any order
 *
 * Nothing here depends on the size of the mesh: scaled by a power of two it gives the same bits. */
#ifndef W3D_MESH_SMOOTH_H
#define W3D_MESH_SMOOTH_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef enum w3d_mesh_smooth_weights {
    W3D_MESH_SMOOTH_UNIFORM,   /* every neighbour counts the same; evens out the triangles too  */
    W3D_MESH_SMOOTH_COTANGENT  /* by the angles opposite the edge; moves little along a surface */
} w3d_mesh_smooth_weights;

typedef enum w3d_mesh_smooth_border {
    W3D_MESH_SMOOTH_PINNED, /* vertices on the border stay                                     */
    W3D_MESH_SMOOTH_ALONG,  /* they see their neighbours along the border only                 */
    W3D_MESH_SMOOTH_FREE    /* they are like all others                                        */
} w3d_mesh_smooth_border;

typedef struct w3d_mesh_smooth_desc {
    w3d_mesh_view           mesh;
    const uint32_t         *points; /* [vertex_count] the vertex whose position each shares, as from
                                       mesh_weld.h; seams then stay closed. NULL: itself          */
    const uint8_t          *locked; /* [vertex_count] not 0: the vertex stays, with all that share
                                       its position; NULL: none does                              */
    w3d_mesh_smooth_weights weights;
    w3d_mesh_smooth_border  border;
    uint32_t                iterations;
    float                   lambda; /* part of the way to the mean; 0 means 0.5                   */
    float                   mu;     /* of a second step after each first, below -lambda (Taubin:
                                       0.5 and -0.53); 0: no second step                          */
} w3d_mesh_smooth_desc;

/* Who is whose neighbour. Filled by w3d_mesh_smooth_prepare; its arrays lie in the arena given. */
typedef struct w3d_mesh_smooth_plan {
    const uint32_t *offsets;    /* [vertex_count + 1] into the next two                        */
    const uint32_t *neighbours; /* in rising order for each vertex; none: it stays             */
    const float    *weights;    /* as `neighbours`, sum 1 for each vertex; NULL: all the same  */
    const uint32_t *points;     /* as in the desc                                              */
    uint32_t        vertex_count;
    uint32_t        reserved; /* 0 */
} w3d_mesh_smooth_plan;

/* Smooths a mesh.
 *
 *   desc     in   borrowed for the call
 *   out      out  [vertex_count][3] positions; may be mesh.positions where its stride is 0 or 12
 *   scratch       w3d_mesh_smooth_scratch_size bytes
 *
 * Range   A vertex without neighbours, or that is not finite, stays as it is and is nobody's
 *         neighbour. Degenerate triangles (two equal corners) are left out; those without area, and
 *         those too large for their area to be finite, have no say in cotangent weights. Negative
 *         cotangent weights, of edges opposite to obtuse angles, count as 0; where all of a
 *         vertex are 0, it stays. Cotangents beyond 1e9 count as that. An edge with one triangle is
 *         border. lambda in (0, 1] cannot
 *         diverge; positions above 1e37 may, to infinity.
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, stride, index_count, an enum; lambda or mu
 *                           not finite
 *         W3D_ERR_INDEX     an index or a point >= vertex_count, or a point of a point is another
 *         W3D_ERR_LIMIT     more than 2^31 - 1 indices
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(V + T log d) to prepare, d neighbours at the most; O(V + T) a step.
 * Source  Taubin 1995, "A signal processing approach to fair surface design", sections 3 and 4;
 *         Pinkall, Polthier 1993, "Computing discrete minimal surfaces and their conjugates"
 *         (cotangents); Desbrun, Meyer, Schroeder, Barr 1999, "Implicit fairing of irregular
 *         meshes using diffusion and curvature flow", section 5 (their normalised weights). */
W3D_API w3d_result w3d_mesh_smooth(const w3d_mesh_smooth_desc *desc, float *out, w3d_arena scratch);

/* Finds the neighbours and their weights.
 *
 *   desc    in      `iterations`, `lambda` and `mu` are not looked at
 *   plan    out     valid while the arena's memory is
 *   memory  in/out  w3d_mesh_smooth_scratch_size bytes; what the plan needs stays pushed
 *
 * Range, Errors  as w3d_mesh_smooth */
W3D_API w3d_result w3d_mesh_smooth_prepare(const w3d_mesh_smooth_desc *desc,
                                           w3d_mesh_smooth_plan *plan, w3d_arena *memory);

/* Moves the vertices of a range by `factor` of the way to the mean of their neighbours.
 *
 *   plan        in   from w3d_mesh_smooth_prepare
 *   rows        in   [vertex_count][4] x y z and a fourth value, which is smoothed as they are
 *   out         out  rows begin to end of as many; not `rows`
 *   factor           lambda, or mu
 *   range       in   begin <= end <= vertex_count. A vertex that shares another's position follows
 *                    that one: it is worked out again for each
 *
 * Errors  W3D_ERR_ARGUMENT  broken contract: pointers, the range
 * Thread  Different ranges may be worked on at the same time. */
W3D_API w3d_result w3d_mesh_smooth_step(const w3d_mesh_smooth_plan *plan, const float *rows,
                                        float *out, float factor, const uint32_t range[2]);

/* Scratch for that many; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_smooth_scratch_size(uint32_t index_count, uint32_t vertex_count);

#endif /* W3D_MESH_SMOOTH_H */
