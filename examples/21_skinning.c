/* 21_skinning.c - bends a tube of two bones, linear and with dual quaternions, and opens a mouth.
 *
 *     cc -I. examples/21_skinning.c -o skinning && ./skinning
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <string.h>

enum { RINGS = 21, SEGMENTS = 16, VERTICES = RINGS * SEGMENTS };

static float rest[VERTICES][3], normals[VERTICES][3], moved[VERTICES][3], turned[VERTICES][3];
static uint8_t joints[VERTICES][4], weights[VERTICES][4];

/* A tube of radius 1 along x, from -2 to 2; the two bones take turns over its middle. */
static void make_tube(void)
{
    for (int i = 0; i < VERTICES; i++) {
        float along = (float)(i / SEGMENTS) / (RINGS - 1), around = 2 * W3D_PI * (i % SEGMENTS);
        normals[i][1] = w3d_math_cos(around / SEGMENTS);
        normals[i][2] = w3d_math_sin(around / SEGMENTS);
        rest[i][0] = 4 * along - 2;
        rest[i][1] = normals[i][1];
        rest[i][2] = normals[i][2];
        joints[i][1] = 1;
        weights[i][1] = (uint8_t)(255 * w3d_math_clamp(2 * along - 0.5f, 0, 1));
        weights[i][0] = (uint8_t)(255 - weights[i][1]);
    }
}

/* The least distance from the axis. */
static float narrowest(void)
{
    float least = 1e9f;
    for (int i = 0; i < VERTICES; i++) {
        float r = w3d_sqrtf(moved[i][1] * moved[i][1] + moved[i][2] * moved[i][2]);
        least = r < least ? r : least;
    }
    return least;
}

int main(void)
{
    w3d_mat4 matrices[2] = { w3d_mat4_identity() };
    w3d_skinning_bone bones[2];
    make_tube();
    /* The second bone is twisted by 170 degrees about the axis of the tube. */
    matrices[1] = w3d_mat4_from_trs(w3d_vec3_splat(0),
                                    w3d_quat_from_axis(w3d_vec3_make(1, 0, 0), 170 * W3D_PI / 180),
                                    w3d_vec3_splat(1));
    w3d_mesh_skinning_desc desc = { .bones = bones,
                                    .bone_count = 2,
                                    .vertex_count = VERTICES,
                                    .indices = joints,
                                    .weights = weights,
                                    .index_kind = W3D_SKINNING_INDEX_U8,
                                    .weight_kind = W3D_SKINNING_WEIGHT_UNORM8,
                                    .positions = { rest[0], 0 },
                                    .normals = { normals[0], 0 } };
    w3d_mesh_skinning_out out = { .positions = moved[0], .normals = turned[0] };

    w3d_mesh_skinning_linear(matrices, 2, bones);
    if (w3d_mesh_skinning(&desc, &out) != W3D_OK) return 1;
    printf("linear: the twisted tube is pinched to %.2f of its width\n", narrowest());

    desc.mode = W3D_SKINNING_DUAL_QUATERNION;
    w3d_mesh_skinning_dual_quaternions(matrices, 2, bones);
    if (w3d_mesh_skinning(&desc, &out) != W3D_OK) return 1;
    printf("dual quaternions: it keeps %.2f\n", narrowest());

    desc.bone_count = 1; /* a file that names a bone there is not */
    printf("one bone missing: %s\n", w3d_result_text(w3d_mesh_skinning(&desc, &out)));

    /* A morph target that moves the last ring only, half way. */
    float deltas[SEGMENTS][3] = { { 0 } }, weight = 0.5f;
    uint32_t ring[SEGMENTS];
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        ring[i] = VERTICES - SEGMENTS + i;
        deltas[i][0] = 1;
    }
    w3d_morph_target target = { deltas[0], ring, SEGMENTS, 0 };
    w3d_mesh_morph_desc morph = {
        .rows = rest[0], .targets = &target, .weights = &weight, .target_count = 1, .vertex_count = VERTICES
    };
    if (w3d_mesh_morph(&morph, moved[0]) != W3D_OK) return 1;
    printf("morphed: the tube ends at x = %.1f\n", moved[VERTICES - 1][0]);
    return 0;
}
