/* 19_topology.c - finds what is wrong with a mesh, mends it, and walks to the neighbours.
 *
 *     cc -I. examples/19_topology.c -o topology && ./topology
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

static uint32_t scratch[1024], sources[64];

static void report(const char *when, const w3d_mesh_adjacency_desc *desc)
{
    w3d_mesh_topology t;
    w3d_mesh_topology_check(desc, &t, NULL, w3d_arena_make(scratch, sizeof scratch));
    printf("%s: %u triangles, %u degenerate, %u duplicate, %u edges turned over, %u points shared; "
           "manifold %s, closed %s\n",
           when, t.triangle_count, t.degenerate, t.duplicates, t.inconsistent_edges,
           t.non_manifold_points, t.is_manifold ? "yes" : "no", t.is_closed ? "yes" : "no");
}

int main(void)
{
    /* Two tetrahedra that meet in point 0; one triangle of the second is turned over, one is there
     * twice, and one has no area. */
    uint32_t indices[] = { 0, 1, 2, 0, 2, 3, 0, 3, 1, 1, 3, 2, 0, 4, 5,
                           0, 6, 5, 0, 6, 4, 4, 6, 5, 5, 0, 4, 2, 2, 3 };
    w3d_mesh_adjacency_desc desc = { indices, NULL, 30, 7 };
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    report("found", &desc);

    if (w3d_mesh_repair_drop(&desc, indices, &desc.index_count, arena) != W3D_OK) return 1;
    report("dropped", &desc);

    w3d_mesh_oriented oriented;
    if (w3d_mesh_repair_orient(&desc, indices, &oriented, arena) != W3D_OK) return 1;
    printf("triangles turned over: %u\n", oriented.flipped);
    report("oriented", &desc);

    w3d_mesh_split split = { indices, sources, 64, 0 };
    if (w3d_mesh_repair_split(&desc, &split, arena) != W3D_OK) return 1;
    for (uint32_t i = 0; i < split.source_count; i++)
        printf("new vertex %u repeats %u\n", desc.vertex_count + i, sources[i]);
    desc.vertex_count += split.source_count;
    report("split", &desc);

    uint32_t twins[30];
    if (w3d_mesh_adjacency_twins(&desc, twins, arena) != W3D_OK) return 1;
    printf("neighbours of triangle 0: %u %u %u\n", twins[0] / 3, twins[1] / 3, twins[2] / 3);
    return 0;
}
