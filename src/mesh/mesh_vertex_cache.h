/* mesh_vertex_cache.h - puts triangles in an order in which GPUs shade few vertices twice.
 *
 *     w3d_mesh_vertex_cache(&mesh, W3D_MESH_VERTEX_CACHE_FAST, indices, scratch);
 *
 * Do this first, then w3d_mesh_overdraw if it matters, then w3d_mesh_vertex_fetch.
 * w3d_mesh_measure_cache counts what was won. */
#ifndef W3D_MESH_VERTEX_CACHE_H
#define W3D_MESH_VERTEX_CACHE_H

#include "core/arena.h"
#include "mesh/mesh_view.h"

typedef enum w3d_mesh_vertex_cache_level {
    W3D_MESH_VERTEX_CACHE_FAST = 0, /* grows by fans                                         */
    W3D_MESH_VERTEX_CACHE_BEST      /* also tries which fan goes on better; far slower       */
} w3d_mesh_vertex_cache_level;

/* Writes the triangles in an order that reuses vertices soon.
 *
 *   mesh     in   indices and counts are used, positions may be NULL
 *   level    in
 *   out      out  [index_count] the same triangles, each with its corners in the order they had;
 *                 must not overlap the indices
 *   scratch       w3d_mesh_vertex_cache_scratch_size(vertex_count, index_count, level) bytes
 *
 * Range   Any triangles, degenerate and duplicate ones too: each is there as often as before. BEST
 *         never has more vertices shaded than FAST, by the sum of the four models in
 *         mesh_measure.h.
 * Errors  W3D_ERR_ARGUMENT  broken contract
 *         W3D_ERR_INDEX     an index >= vertex_count
 *         W3D_ERR_CAPACITY  scratch too small
 * Cost    O(indices + vertices) time for every mesh, vertices of many triangles included; scratch
 *         of 16 bytes a vertex, 61 a triangle, 10 KiB; for BEST 32, 73 and 64 KiB.
 * Source  fans: Sander, Nehab, Barczak 2007, "Fast triangle reordering for vertex locality and
 *         reduced overdraw", section 3; the next one by its cost, of all vertices in the cache:
 *         Lin, Yu 2006, "An improved vertex caching scheme for 3D mesh rendering". Here with an
 *         estimate of the cost that is kept up to date, and constants fitted to the mean of the
 *         four models in mesh_measure.h. */
W3D_API w3d_result w3d_mesh_vertex_cache(const w3d_mesh_view *mesh,
                                         w3d_mesh_vertex_cache_level level, uint32_t *out,
                                         w3d_arena scratch);

/* Scratch for so many vertices and indices; SIZE_MAX where no memory could be large enough. */
W3D_API size_t w3d_mesh_vertex_cache_scratch_size(uint32_t vertex_count, uint32_t index_count,
                                                  w3d_mesh_vertex_cache_level level);

#endif /* W3D_MESH_VERTEX_CACHE_H */
