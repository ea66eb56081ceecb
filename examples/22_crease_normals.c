/* 22_crease_normals.c - normals of a cylinder: smooth around, sharp at its rims.
 *
 *     cc -I. examples/22_crease_normals.c -o crease && ./crease
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { SIDES = 24, VERTICES = 2 * SIDES + 2, INDICES = SIDES * 12 };

static float positions[VERTICES][3], normals[VERTICES + INDICES][3];
static uint32_t indices[INDICES], sources[INDICES], groups[INDICES / 3];
static unsigned char scratch[65536];

static void make_cylinder(void)
{
    uint32_t bottom = 2 * SIDES, top = bottom + 1, *at = indices;
    positions[top][1] = 1;
    for (uint32_t i = 0; i < SIDES; i++) {
        float around = 2 * W3D_PI * (float)i / SIDES;
        uint32_t a = i, b = (i + 1) % SIDES, c = a + SIDES, d = b + SIDES;
        uint32_t faces[12] = { a, b, d, a, d, c, bottom, b, a, top, c, d };
        for (int k = 0; k < 12; k++) *at++ = faces[k];
        positions[a][0] = positions[c][0] = w3d_math_sin(around);
        positions[a][2] = positions[c][2] = w3d_math_cos(around);
        positions[c][1] = 1;
    }
}

int main(void)
{
    make_cylinder();
    w3d_mesh_view mesh = { positions[0], indices, VERTICES, INDICES, 0 };
    uint32_t split[INDICES];
    w3d_mesh_creased out = { split, normals[0], sources, INDICES, 0 };
    w3d_mesh_normals_crease_desc desc = { .crease_radians = W3D_PI / 6,
                                          .weight = W3D_NORMAL_WEIGHT_ANGLE };
    w3d_arena arena = w3d_arena_make(scratch, sizeof scratch);
    w3d_result result = w3d_mesh_normals_crease(&mesh, &desc, &out, arena);
    if (result != W3D_OK) return puts(w3d_result_text(result)), 1;
    printf("30 degrees: %u vertices, %u of them new, two for each of the %d sides\n",
           VERTICES + out.source_count, out.source_count, SIDES);

    /* The caller's other vertex arrays grow by copies of the rows in `sources`. */
    float side = normals[split[0]][1], lid = normals[split[9]][1];
    printf("a side points up by %.0f, the lid by %.0f\n", side, lid);

    desc.crease_radians = W3D_PI;
    if (w3d_mesh_normals_crease(&mesh, &desc, &out, arena) != W3D_OK) return 1;
    printf("180 degrees: %u new vertices\n", out.source_count);

    /* Smooth groups say the same without an angle: sides 1, bottom 2, lid 4. */
    for (int i = 0; i < INDICES / 3; i++) groups[i] = i % 4 < 2 ? 1 : i % 4 == 2 ? 2 : 4;
    desc.crease_radians = 0;
    desc.groups = groups;
    if (w3d_mesh_normals_crease(&mesh, &desc, &out, arena) != W3D_OK) return 1;
    printf("smooth groups: %u new vertices\n", out.source_count);
    return 0;
}
