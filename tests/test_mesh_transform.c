#include "test.h"

#include "core/hash.h"
#include "mesh/mesh_transform.h"

#define ROWS 61u

static w3d_mat4 random_matrix(float scale)
{
    w3d_mat4 m = w3d_mat4_identity();
    for (int i = 0; i < 16; i++)
        m.m[i] = i % 4 == 3 ? NAN : scale * test_random_float(-1.0f, 1.0f); /* row 3: not read */
    return m;
}

static void random_rows(float *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) rows[i] = test_random_float(-9.0f, 9.0f);
}

static void positions_and_directions(void)
{
    for (int round = 0; round < 20; round++) {
        float rows[ROWS * 3], out[ROWS * 3];
        w3d_mat4 m = random_matrix(ldexpf(1.0f, 4 * round - 40)), clean = m;
        w3d_mesh_transform_desc desc = { rows, &m, ROWS, 0, 0, 0, 0 };
        for (int i = 3; i < 16; i += 4) clean.m[i] = i == 15;
        random_rows(rows, ROWS * 3);
        CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            float expected[3];
            w3d_vec3_store(expected, w3d_mat4_point(&clean, w3d_vec3_load(rows + 3 * i)));
            CHECK_BYTES(out + 3 * i, expected, 12);
        }
        CHECK(w3d_mesh_transform_directions(&desc, out) == W3D_OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            w3d_vec3 d = w3d_mat4_direction(&clean, w3d_vec3_load(rows + 3 * i));
            CHECK(out[3 * i] == d.x && out[3 * i + 1] == d.y && out[3 * i + 2] == d.z);
        }
    }
}

/* A normal stays at right angles to its surface: that is what makes it one. */
static void normals(void)
{
    for (int round = 0; round < 40; round++) {
        float rows[ROWS * 3], out[ROWS * 3];
        w3d_mat4 m = random_matrix(ldexpf(1.0f, 6 * (round - 20)));
        double determinant = (double)m.m[0] * ((double)m.m[5] * m.m[10] - (double)m.m[6] * m.m[9]) -
                             (double)m.m[4] * ((double)m.m[1] * m.m[10] - (double)m.m[2] * m.m[9]) +
                             (double)m.m[8] * ((double)m.m[1] * m.m[6] - (double)m.m[2] * m.m[5]);
        w3d_mesh_transform_desc desc = { rows, &m, ROWS, 0, 0, 0, 0 };
        random_rows(rows, ROWS * 3);
        CHECK(w3d_mesh_transform_normals(&desc, out) == W3D_OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            const float *n = rows + 3 * i, *q = out + 3 * i;
            /* two tangents, transformed, and their cross product */
            double t[2][3] = { { n[1], -n[0], 0 }, { 0, n[2], -n[1] } }, moved[2][3], c[3];
            for (int k = 0; k < 2; k++)
                for (int r = 0; r < 3; r++)
                    moved[k][r] = m.m[r] * t[k][0] + m.m[4 + r] * t[k][1] + m.m[8 + r] * t[k][2];
            for (int k = 0; k < 3; k++)
                c[k] = moved[0][(k + 1) % 3] * moved[1][(k + 2) % 3] -
                       moved[0][(k + 2) % 3] * moved[1][(k + 1) % 3];
            double size = sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
            /* t0 x t1 is n times n.y; a mirror turns the cross product over */
            double sign = (n[1] < 0 ? -1.0 : 1.0) * (determinant < 0 ? -1.0 : 1.0);
            for (int k = 0; k < 3; k++) CHECK_NEAR(q[k], sign * c[k] / size, 2e-5);
        }
    }
    /* Flattened to the plane z = 0, and nothing at all. */
    float row[6] = { 0.6f, 0.0f, 0.8f, 1.0f, 0.0f, 0.0f }, out[6];
    w3d_mat4 flat = w3d_mat4_identity();
    flat.m[10] = 0.0f;
    w3d_mesh_transform_desc desc = { row, &flat, 2, 0, 0, 0, 0 };
    CHECK(w3d_mesh_transform_normals(&desc, out) == W3D_OK);
    CHECK(out[0] == 0.0f && out[1] == 0.0f && out[2] == 1.0f);
    CHECK(out[3] == 0.0f && out[4] == 0.0f && out[5] == 0.0f);
    memset(&flat, 0, sizeof flat);
    CHECK(w3d_mesh_transform_normals(&desc, out) == W3D_OK);
    CHECK(out[0] == 0.0f && out[1] == 0.0f && out[2] == 0.0f);
}

static void bad_numbers(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e-45f, 0.0f };
    for (int round = 0; round < 200; round++) {
        float rows[ROWS * 3], out[ROWS * 3];
        w3d_mat4 m = random_matrix(1.0f);
        w3d_mesh_transform_desc desc = { rows, &m, ROWS, 0, 0, 0, 0 };
        random_rows(rows, ROWS * 3);
        uint32_t where = test_random_below(3) * 4 + test_random_below(3);
        m.m[where] = bad[round % 7];
        for (int i = 0; i < 20; i++) rows[test_random_below(ROWS * 3)] = bad[test_random_below(7)];
        CHECK(w3d_mesh_transform_normals(&desc, out) == W3D_OK);
        for (uint32_t i = 0; i < ROWS; i++) {
            const float *q = out + 3 * i;
            double size = sqrt((double)q[0] * q[0] + (double)q[1] * q[1] + (double)q[2] * q[2]);
            CHECK(round % 7 < 3 ? size == 0.0 : size == 0.0 || fabs(size - 1.0) < 1e-6);
        }
        CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_OK);
    }
}

/* Every stride, in place or not, every split: the same bits, and nothing between the rows. */
static void strides_and_ranges(void)
{
    static w3d_result (*const kernel[3])(const w3d_mesh_transform_desc *, float *) = {
        w3d_mesh_transform_positions, w3d_mesh_transform_directions, w3d_mesh_transform_normals
    };
    w3d_mat4 m = random_matrix(1.0f);
    for (int which = 0; which < 3; which++)
        for (uint32_t words = 3; words < 7; words++) {
            float packed[ROWS * 3], expected[ROWS * 3];
            random_rows(packed, ROWS * 3);
            w3d_mesh_transform_desc desc = { packed, &m, ROWS, 0, 0, 0, 0 };
            CHECK(kernel[which](&desc, expected) == W3D_OK);
            size_t floats = (ROWS - 1) * words + 3; /* the last row ends the block */
            float *rows = (float *)malloc(floats * 4), *out = (float *)malloc(floats * 4);
            for (uint32_t step = 1; step <= ROWS; step += 6) {
                for (size_t i = 0; i < floats; i++) rows[i] = out[i] = 5.5f;
                for (uint32_t i = 0; i < ROWS; i++) memcpy(rows + words * i, packed + 3 * i, 12);
                desc.rows = rows;
                desc.stride = desc.out_stride = words * 4;
                for (int in_place = 0; in_place < 2; in_place++) {
                    float *to = in_place ? rows : out;
                    for (uint32_t begin = 0; begin < ROWS; begin += step) {
                        desc.begin = begin;
                        desc.end = begin + step < ROWS ? begin + step : ROWS;
                        CHECK(kernel[which](&desc, to) == W3D_OK);
                    }
                    for (uint32_t i = 0; i < ROWS; i++) {
                        CHECK_BYTES(to + words * i, expected + 3 * i, 12);
                        for (uint32_t k = 3; k < words && i + 1 < ROWS; k++)
                            CHECK(to[words * i + k] == 5.5f);
                    }
                }
            }
            free(rows);
            free(out);
        }
}

static void errors(void)
{
    float rows[12] = { 0 }, out[12] = { 0 };
    w3d_mat4 m = w3d_mat4_identity();
    w3d_mesh_transform_desc desc = { rows, &m, 4, 4, 0, 0, 0 };
    CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_OK); /* an empty range */
#if !W3D_DEBUG
    desc.begin = 3, desc.end = 2;
    CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_ERR_ARGUMENT);
    desc.begin = 0, desc.end = 5;
    CHECK(w3d_mesh_transform_directions(&desc, out) == W3D_ERR_ARGUMENT);
    desc.end = 0, desc.stride = 10;
    CHECK(w3d_mesh_transform_normals(&desc, out) == W3D_ERR_ARGUMENT);
    desc.stride = 16;
    CHECK(w3d_mesh_transform_normals(&desc, rows) == W3D_ERR_ARGUMENT);
    desc.stride = 0, desc.matrix = NULL;
    CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_ERR_ARGUMENT);
    desc.matrix = &m, desc.rows = NULL;
    CHECK(w3d_mesh_transform_positions(&desc, out) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_transform_positions(NULL, out) == W3D_ERR_ARGUMENT);
    desc.rows = rows;
    CHECK(w3d_mesh_transform_positions(&desc, NULL) == W3D_ERR_ARGUMENT);
#endif
    memset(&desc, 0, sizeof desc);
    desc.matrix = &m;
    CHECK(w3d_mesh_transform_positions(&desc, NULL) == W3D_OK);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (int round = 0; round < 9; round++) {
        float rows[ROWS * 3], out[ROWS * 3];
        w3d_mat4 m = random_matrix(1.0f);
        w3d_mesh_transform_desc desc = { rows, &m, ROWS, 0, 0, 0, 0 };
        random_rows(rows, ROWS * 3);
        if (round % 3 == 0) w3d_mesh_transform_positions(&desc, out);
        if (round % 3 == 1) w3d_mesh_transform_directions(&desc, out);
        if (round % 3 == 2) w3d_mesh_transform_normals(&desc, out);
        hash = w3d_hash_bytes(out, sizeof out, hash);
    }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0xD95BDAFDD2E02759u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_transform(void)
{
    RUN(positions_and_directions);
    RUN(normals);
    RUN(bad_numbers);
    RUN(strides_and_ranges);
    RUN(errors);
    RUN(determinism);
}
