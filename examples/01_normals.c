/* 01_normals.c - smooth normals of a mesh, in the caller's own memory.
 *
 *     cc -I. examples/01_normals.c -o normals && ./normals
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

int main(void)
{
    /* A pyramid: four corners on the ground, one on top. Counter-clockwise is outside. */
    static const float positions[5][3] = {
        { -1, 0, 1 }, { 1, 0, 1 }, { 1, 0, -1 }, { -1, 0, -1 }, { 0, 1, 0 },
    };
    static const uint32_t indices[] = { 0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4, 0, 2, 1, 0, 3, 2 };

    w3d_mesh_view mesh = { 0 };
    mesh.positions = &positions[0][0];
    mesh.indices = indices;
    mesh.vertex_count = 5;
    mesh.index_count = 18;

    /* Kernels never allocate: temporaries come from scratch memory of a stated size. */
    static unsigned char memory[1024];
    if (w3d_mesh_normals_scratch_size(mesh.vertex_count) > sizeof memory) return 1;
    w3d_arena scratch = w3d_arena_make(memory, sizeof memory);

    float normals[5][3];
    w3d_result result = w3d_mesh_normals(&mesh, NULL, &normals[0][0], scratch);
    if (result != W3D_OK) {
        printf("no normals: %s\n", w3d_result_text(result));
        return 1;
    }
    for (int v = 0; v < 5; v++)
        printf("vertex %d  (%5.2f %5.2f %5.2f)  normal (%6.3f %6.3f %6.3f)\n", v,
               positions[v][0], positions[v][1], positions[v][2],
               normals[v][0], normals[v][1], normals[v][2]);

    /* A bad index is an error, and `normals` keeps what it held. */
    static const uint32_t bad[] = { 0, 1, 99 };
    mesh.indices = bad;
    mesh.index_count = 3;
    printf("index 99: %s\n",
           w3d_result_text(w3d_mesh_normals(&mesh, NULL, &normals[0][0], scratch)));
    return 0;
}
