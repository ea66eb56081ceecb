/* reference_order.h - what the kernels that reorder should give or keep: slow and obvious. */
#ifndef REFERENCE_ORDER_H
#define REFERENCE_ORDER_H

#include "mesh/mesh_measure.h"
#include "mesh/mesh_weld.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 where the two lists hold the same triangles as often as each other. `turned`: a b c, b c a and
 * c a b are the same; a c b never is. */
int reference_order_same(const uint32_t *a, uint32_t a_count, const uint32_t *b, uint32_t b_count,
                         int turned);

/* 1 where `remap` gives each of 0 .. count - 1 to one vertex. */
int reference_order_is_permutation(const uint32_t *remap, uint32_t count);

/* Vertices shaded, through a queue that is searched from end to end; *batches as in
 * mesh_measure.h. */
uint32_t reference_order_shaded(const uint32_t *indices, uint32_t index_count,
                                const w3d_mesh_cache_model *model, uint32_t *batches);

/* Unpacks strips, one triangle at a time, each looked up from its own place. Gives how many
 * indices. */
uint32_t reference_order_unpack(const uint32_t *strip, uint32_t strip_count, uint32_t *out);

/* The lowest named vertex that is the same, found by comparing with all. */
void reference_order_shadow(const w3d_mesh_weld_desc *desc, uint32_t *out);

/* Triangles without those that have two equal corners; gives how many indices are left. */
uint32_t reference_order_without_degenerate(const uint32_t *indices, uint32_t count, uint32_t *out);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_ORDER_H */
