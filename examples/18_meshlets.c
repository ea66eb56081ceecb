/* 18_meshlets.c - cuts a sphere into meshlets, culls those that face away, and packs them.
 *
 *     cc -I. examples/18_meshlets.c -o meshlets && ./meshlets
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SEGMENTS = 96,
    RINGS = 48,
    VERTICES = SEGMENTS * (RINGS + 1),
    INDICES = SEGMENTS * RINGS * 6
};

static float positions[VERTICES][3];
static uint32_t indices[INDICES], vertices[INDICES];
static uint8_t triangles[INDICES];

static void make_sphere(void)
{
    uint32_t *at = indices;
    for (uint32_t y = 0; y <= RINGS; y++)
        for (uint32_t x = 0; x < SEGMENTS; x++) {
            float *p = positions[y * SEGMENTS + x], down = W3D_PI * (float)y / RINGS;
            float around = 2 * W3D_PI * (float)x / SEGMENTS;
            p[0] = w3d_math_sin(down) * w3d_math_sin(around);
            p[1] = w3d_math_cos(down);
            p[2] = w3d_math_sin(down) * w3d_math_cos(around);
            if (y == RINGS) continue;
            uint32_t a = y * SEGMENTS + x, b = y * SEGMENTS + (x + 1) % SEGMENTS;
            uint32_t cell[6] = { a, a + SEGMENTS, b + SEGMENTS, a, b + SEGMENTS, b };
            for (int k = 0; k < 6; k++) *at++ = cell[k];
        }
}

int main(void)
{
    make_sphere();
    w3d_mesh_view mesh = { &positions[0][0], indices, VERTICES, INDICES, 0 };

    uint32_t most = w3d_mesh_meshlet_bound(NULL, INDICES);
    size_t size = w3d_mesh_meshlet_scratch_size(NULL, VERTICES, INDICES);
    w3d_meshlets out = { malloc(most * sizeof(w3d_meshlet)), vertices, triangles, most, 0, 0 };
    void *block = malloc(size);
    if (w3d_mesh_meshlet_build(&mesh, NULL, &out, w3d_arena_make(block, size)) != W3D_OK) return 1;
    printf("%d triangles, at most 64 vertices and 124 triangles each\n", INDICES / 3);
    printf("few meshlets: %s\n", out.meshlet_count < INDICES / 3 / 85 ? "yes" : "no");

    w3d_meshlet_bounds *bounds = malloc(out.meshlet_count * sizeof *bounds);
    if (w3d_mesh_meshlet_bounds(&mesh, &out, 0, out.meshlet_count, bounds) != W3D_OK) return 1;
    const float eye[3] = { 0, 0, 3 };
    uint32_t culled = 0;
    for (uint32_t i = 0; i < out.meshlet_count; i++)
        culled += w3d_meshlet_faces_away(&bounds[i], eye);
    printf("facing away from the eye: %s\n",
           2 * culled > out.meshlet_count / 2 ? "more than a quarter" : "few");

    size_t packed = 0;
    for (uint32_t i = 0; i < out.meshlet_count; i++) {
        const w3d_meshlet *m = &out.meshlets[i];
        w3d_meshlet_source source = { vertices + m->vertex_offset,
                                      triangles + 3 * m->triangle_offset, m->vertex_count,
                                      m->triangle_count };
        unsigned char bytes[4096];
        uint32_t vertices_back[64];
        uint8_t triangles_back[124 * 3];
        w3d_meshlet_counts counts = { 64, 124 };
        if (w3d_mesh_meshlet_encode(&source, bytes, sizeof bytes, &size) != W3D_OK) return 1;
        if (w3d_mesh_meshlet_decode(bytes, size, vertices_back, triangles_back, &counts) != W3D_OK)
            return 1;
        packed += size;
    }
    printf("packed in a quarter of the index list: %s\n",
           packed < sizeof indices / 4 ? "yes" : "no");
    free(bounds);
    free(block);
    free(out.meshlets);
    return 0;
}
