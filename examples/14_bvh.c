/* 14_bvh.c - a tree over a mesh's triangles: rays, the nearest point, inside or outside.
 *
 *     cc -I. examples/14_bvh.c -o bvh && ./bvh
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    /* An octahedron: corners one away from the middle on every axis. */
    static const float positions[6][3] = { { 1, 0, 0 },  { -1, 0, 0 }, { 0, 1, 0 },
                                           { 0, -1, 0 }, { 0, 0, 1 },  { 0, 0, -1 } };
    static const uint32_t indices[24] = { 0, 2, 4, 2, 1, 4, 1, 3, 4, 3, 0, 4,
                                          2, 0, 5, 1, 2, 5, 3, 1, 5, 0, 3, 5 };
    w3d_mesh_bvh_build_desc desc = { 0 };
    desc.mesh.positions = positions[0];
    desc.mesh.vertex_count = 6;
    desc.mesh.indices = indices;
    desc.mesh.index_count = 24;

    size_t capacity = w3d_mesh_bvh_size_limit(24), scratch = w3d_mesh_bvh_scratch_size(24), size;
    void *block = malloc(capacity), *memory = malloc(scratch);
    if (w3d_mesh_bvh_build(&desc, block, capacity, &size, w3d_arena_make(memory, scratch)) !=
        W3D_OK)
        return 1;
    free(memory);

    /* The block is all there is: it could come from a file or another worker. */
    w3d_mesh_bvh bvh;
    w3d_error error;
    if (w3d_mesh_bvh_open(block, size, &bvh, &error) != W3D_OK) {
        printf("%s\n", error.text);
        return 1;
    }
    printf("%zu bytes, %u nodes, %u leaves\n", size, (unsigned)bvh.node_count,
           (unsigned)bvh.leaf_count);

    w3d_mesh_bvh_ray ray = { { 0.25f, 0.25f, 3.0f }, 0.0f, { 0.0f, 0.0f, -1.0f }, 0.0f };
    w3d_mesh_bvh_hit hit, hits[8];
    if (w3d_mesh_bvh_closest(&bvh, &ray, &hit))
        printf("ray: triangle %u at t = %.2f, u = %.2f, v = %.2f\n", (unsigned)hit.triangle, hit.t,
               hit.u, hit.v);
    printf("through it: %u hits\n", (unsigned)w3d_mesh_bvh_all(&bvh, &ray, hits, 8));

    static const float places[3][3] = { { 0, 0, 0.5f }, { 0, 0, 2 }, { 1, 1, 1 } };
    for (int i = 0; i < 3; i++) {
        w3d_mesh_bvh_point nearest;
        float distance = w3d_mesh_bvh_signed_distance(&bvh, places[i], &nearest);
        printf("(%g %g %g): %.4f, %s, nearest point (%.2f %.2f %.2f)\n", places[i][0], places[i][1],
               places[i][2], distance, distance < 0 ? "inside" : "outside", nearest.point[0],
               nearest.point[1], nearest.point[2]);
    }
    free(block);
    return 0;
}
