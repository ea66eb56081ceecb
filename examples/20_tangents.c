/* 20_tangents.c - tangents for a normal map on a mirrored box lid: MikkTSpace's, then vertices.
 *
 *     cc -I. examples/20_tangents.c -o tangents && ./tangents
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { VERTICES = 6, INDICES = 12 };

int main(void)
{
    /* Two squares side by side. The right one uses the texture of the left one, mirrored. */
    static const float positions[VERTICES][3] = { { -1, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 },
                                                  { -1, 1, 0 }, { 0, 1, 0 }, { 1, 1, 0 } };
    static const float uvs[VERTICES][2] = { { 0, 0 }, { 1, 0 }, { 0, 0 },
                                            { 0, 1 }, { 1, 1 }, { 0, 1 } };
    static const uint32_t indices[INDICES] = { 0, 1, 4, 0, 4, 3, 1, 2, 5, 1, 5, 4 };
    float normals[VERTICES][3], corners[INDICES][4], tangents[VERTICES + INDICES][4];
    uint32_t split_indices[INDICES], origins[VERTICES + INDICES];
    static unsigned char block[4096];
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    for (int i = 0; i < VERTICES; i++) {
        normals[i][0] = normals[i][1] = 0.0f;
        normals[i][2] = 1.0f;
    }

    w3d_mesh_tangents_desc mesh = { 0 };
    mesh.positions = positions[0];
    mesh.normals = normals[0];
    mesh.uvs = uvs[0];
    mesh.vertex_count = VERTICES;
    mesh.indices = indices;
    mesh.index_count = INDICES;
    if (w3d_mesh_tangents(&mesh, corners[0], scratch) != W3D_OK) return 1;

    w3d_mesh_tangents_split_desc desc = { corners[0], indices, INDICES, VERTICES,
                                          VERTICES + INDICES };
    w3d_mesh_tangents_split_out out = { split_indices, origins, tangents[0], 0 };
    if (w3d_mesh_tangents_split(&desc, &out, scratch) != W3D_OK) return 1;
    printf("%d vertices are now %u\n", VERTICES, out.vertex_count);
    for (uint32_t i = 0; i < out.vertex_count; i++)
        printf("vertex %u, once %u: tangent %g %g %g, sign %g\n", i, origins[i],
               (double)tangents[i][0], (double)tangents[i][1], (double)tangents[i][2],
               (double)tangents[i][3]);
    return 0;
}
