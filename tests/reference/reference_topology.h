/* reference_topology.h - adjacency and topology by comparing everything with everything. */
#ifndef REFERENCE_TOPOLOGY_H
#define REFERENCE_TOPOLOGY_H

#include "mesh/mesh_topology.h"

#ifdef __cplusplus
extern "C" {
#endif

/* twins: [index_count] */
void reference_topology_twins(const w3d_mesh_adjacency_desc *desc, uint32_t *twins);

/* All indices and points must be in range; some hundred triangles at most. */
w3d_mesh_topology reference_topology_check(const w3d_mesh_adjacency_desc *desc);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_TOPOLOGY_H */
