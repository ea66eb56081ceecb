#include "meshes.h"

#include "core/hash.h"
#include "core/vec.h"
#include "mesh/mesh_normals.h"
#include "reference/reference_mesh.h"

/* Runs the kernel with scratch of exactly the stated size, at an odd address. */
static w3d_result normals_of(const w3d_mesh_view *view, const w3d_mesh_normals_desc *desc,
                             float *out)
{
    size_t size = w3d_mesh_normals_scratch_size(view->vertex_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(block, 0xEE, size + 1);
    w3d_result result = w3d_mesh_normals(view, desc, out, w3d_arena_make(block + 1, size));
    free(block);
    return result;
}

/* The largest difference of a component from the oracle, and checks of length. `limit` holds for
 * vertices whose triangles do not cancel; others may be off by as many times more. */
static double error_of(const test_mesh *mesh, w3d_normal_weight weight, double limit)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    w3d_mesh_normals_desc desc = { weight, 0 };
    float *out = (float *)malloc((size_t)mesh->vertex_count * 12 + 1);
    double *expected = (double *)malloc((size_t)mesh->vertex_count * 24 + 1);
    double *condition = (double *)malloc((size_t)mesh->vertex_count * 8 + 1);
    double worst = 0.0;
    CHECK(normals_of(&view, &desc, out) == W3D_OK);
    reference_mesh_normals(&view, weight, expected, condition);
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        const float *n = out + 3 * (size_t)i;
        double size = sqrt((double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2]);
        CHECK_MESSAGE(size == 0.0 || fabs(size - 1.0) < 3e-7, "vertex %u: length %.9g", i, size);
        if (condition[i] > 1e4) continue; /* the sum is rounding noise, or there is none */
        for (int k = 0; k < 3; k++) {
            double error = fabs((double)n[k] - expected[3 * (size_t)i + (size_t)k]);
            if (error > worst) worst = error;
            CHECK_MESSAGE(error <= limit * condition[i], "vertex %u[%d]: %.9g, expected %.9g", i, k,
                          (double)n[k], expected[3 * (size_t)i + (size_t)k]);
        }
    }
    free(out);
    free(expected);
    free(condition);
    return worst;
}

static void close_to_the_oracle(void)
{
    for (int weight = 0; weight < 3; weight++) {
        for (uint32_t triangles = 0; triangles < 40; triangles++) {
            test_mesh soup = test_mesh_soup(3 + triangles / 2, triangles);
            error_of(&soup, (w3d_normal_weight)weight, 3e-7);
            test_mesh_free(&soup);
        }
        test_mesh grid = test_mesh_grid(40, 30, 0.05f), sphere = test_mesh_sphere(24, 12);
        test_mesh fan = test_mesh_fan(1000);
        error_of(&grid, (w3d_normal_weight)weight, 3e-7);
        error_of(&sphere, (w3d_normal_weight)weight, 3e-7);
        error_of(&fan, (w3d_normal_weight)weight, 1e-6); /* a thousand terms */
        test_mesh_free(&grid);
        test_mesh_free(&sphere);
        test_mesh_free(&fan);
    }
}

/* Slivers: where plain float products would leave a few digits, or none. */
static void thin_triangles(void)
{
    for (int round = 0; round < 2000; round++) {
        test_mesh mesh = test_mesh_soup(3, 1);
        for (uint32_t i = 0; i < 3; i++) mesh.indices[i] = i;
        float t = test_random_float(0.1f, 0.9f), off = ldexpf(1.0f, -(int)test_random_below(13));
        for (uint32_t k = 0; k < 3; k++) {
            float *p = mesh.positions + k;
            p[6] = p[0] + t * (p[3] - p[0]) + off * test_random_float(-1.0f, 1.0f);
        }
        error_of(&mesh, W3D_NORMAL_WEIGHT_AREA, 5e-7);
        w3d_mesh_view view = test_mesh_view(&mesh);
        float face[3];
        double expected[3];
        CHECK(w3d_mesh_normals_faces(&view, NULL, face) == W3D_OK);
        if (reference_mesh_face_normal(&view, 0, expected))
            for (int k = 0; k < 3; k++) CHECK_NEAR(face[k], expected[k], 5e-7);
        test_mesh_free(&mesh);
    }
}

/* The angle weights of a box do not depend on how its sides are cut. */
static void box_corners(void)
{
    static const uint32_t side[6][4] = { { 0, 2, 6, 4 }, { 1, 5, 7, 3 }, { 0, 4, 5, 1 },
                                         { 2, 3, 7, 6 }, { 0, 1, 3, 2 }, { 4, 6, 7, 5 } };
    for (uint32_t cut = 0; cut < 64; cut++) {
        test_mesh mesh = test_mesh_make(8, 36);
        for (uint32_t i = 0; i < 8; i++)
            test_mesh_point(&mesh, i, i & 4 ? 1.0f : -1.0f, i & 2 ? 1.0f : -1.0f,
                            i & 1 ? 1.0f : -1.0f);
        for (uint32_t i = 0; i < 6; i++)
            for (uint32_t k = 0; k < 6; k++) {
                static const uint32_t fan[6] = { 0, 1, 2, 0, 2, 3 };
                mesh.indices[6 * i + k] = side[i][(fan[k] + (cut >> i & 1u)) & 3u];
            }
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_normals_desc desc = { W3D_NORMAL_WEIGHT_ANGLE, 0 };
        float out[8][3];
        CHECK(normals_of(&view, &desc, out[0]) == W3D_OK);
        for (uint32_t i = 0; i < 24; i++) {
            float sign = mesh.positions[i] > 0.0f ? 1.0f : -1.0f;
            CHECK_NEAR(out[i / 3][i % 3] * sign, sqrt(1.0 / 3.0), 2e-7);
        }
        test_mesh_free(&mesh);
    }
}

static void scale_changes_nothing(void)
{
    test_mesh mesh = test_mesh_soup(50, 90);
    w3d_mesh_view view = test_mesh_view(&mesh);
    for (int weight = 0; weight < 3; weight++) {
        w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
        float one[50 * 3], other[50 * 3], face[90 * 3], other_face[90 * 3];
        CHECK(normals_of(&view, &desc, one) == W3D_OK);
        CHECK(w3d_mesh_normals_faces(&view, NULL, face) == W3D_OK);
        for (int exponent = -100; exponent <= 126; exponent += 2) {
            test_mesh scaled = test_mesh_copy(&mesh);
            test_mesh_scale(&scaled, ldexpf(1.0f, exponent));
            w3d_mesh_view scaled_view = test_mesh_view(&scaled);
            CHECK(normals_of(&scaled_view, &desc, other) == W3D_OK);
            CHECK_BYTES(one, other, sizeof one);
            CHECK(w3d_mesh_normals_faces(&scaled_view, NULL, other_face) == W3D_OK);
            CHECK_BYTES(face, other_face, sizeof face);
            test_mesh_free(&scaled);
        }
        for (float factor = 1e-30f; factor < 1e31f;
             factor *= 10.0f) { /* rounded: not the same bits */
            test_mesh scaled = test_mesh_copy(&mesh);
            test_mesh_scale(&scaled, factor);
            error_of(&scaled, (w3d_normal_weight)weight, 3e-7);
            test_mesh_free(&scaled);
        }
    }
    test_mesh_free(&mesh);
}

/* Triangles of very different sizes in one mesh, the smallest or the largest first. */
static void sizes_apart(void)
{
    for (int order = 0; order < 2; order++) {
        test_mesh mesh = test_mesh_make(21 * 3, 21 * 3);
        for (uint32_t i = 0; i < 21; i++) {
            int power = order ? (int)i * 5 / 2 - 25 : 25 - (int)i * 5 / 2;
            for (uint32_t k = 0; k < 3; k++) {
                test_mesh_point(&mesh, 3 * i + k, ldexpf(test_random_float(-1.0f, 1.0f), power),
                                ldexpf(test_random_float(-1.0f, 1.0f), power),
                                ldexpf(test_random_float(-1.0f, 1.0f), power));
                mesh.indices[3 * i + k] = 3 * i + k;
            }
        }
        for (int weight = 0; weight < 3; weight++) error_of(&mesh, (w3d_normal_weight)weight, 3e-7);
        test_mesh_free(&mesh);
    }
    /* Far beyond what one scale holds: the large triangle is right, the small one right or none. */
    test_mesh mesh = test_mesh_make(6, 6);
    for (uint32_t i = 0; i < 6; i++) {
        float size = i < 3 ? 1e-35f : 1e35f;
        test_mesh_point(&mesh, i, i % 3 == 1 ? size : 0.0f, i % 3 == 2 ? size : 0.0f, 0.0f);
        mesh.indices[i] = i;
    }
    w3d_mesh_view view = test_mesh_view(&mesh);
    float out[6][3];
    CHECK(normals_of(&view, NULL, out[0]) == W3D_OK);
    for (uint32_t i = 0; i < 6; i++)
        CHECK(out[i][0] == 0.0f && out[i][1] == 0.0f &&
              (out[i][2] == 1.0f || (i < 3 && out[i][2] == 0.0f)));
    test_mesh_free(&mesh);
}

/* Bad corners make their triangle count for nothing, and no other. */
static void bad_coordinates(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    for (int weight = 0; weight < 3; weight++)
        for (uint32_t where = 0; where < 27; where++) {
            test_mesh mesh = test_mesh_grid(2, 2, 0.3f), clean = test_mesh_copy(&mesh);
            mesh.positions[where] = bad[where % 3];
            uint32_t kept = 0;
            for (uint32_t i = 0; i < mesh.index_count; i += 3) {
                const uint32_t *corner = mesh.indices + i;
                if (corner[0] == where / 3 || corner[1] == where / 3 || corner[2] == where / 3)
                    continue;
                memcpy(clean.indices + kept, corner, 12);
                kept += 3;
            }
            clean.index_count = kept;
            w3d_mesh_view view = test_mesh_view(&mesh), clean_view = test_mesh_view(&clean);
            w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
            float out[9][3], expected[9][3], face[8][3];
            CHECK(normals_of(&view, &desc, out[0]) == W3D_OK);
            CHECK(normals_of(&clean_view, &desc, expected[0]) == W3D_OK);
            for (uint32_t i = 0; i < 27; i++)
                CHECK_NEAR(out[i / 3][i % 3], expected[i / 3][i % 3], 3e-7);
            for (int k = 0; k < 3; k++) CHECK(out[where / 3][k] == 0.0f);
            CHECK(w3d_mesh_normals_faces(&view, NULL, face[0]) == W3D_OK);
            for (uint32_t i = 0; i < 24; i++) CHECK(face[i / 3][i % 3] == face[i / 3][i % 3]);
            test_mesh_free(&mesh);
            test_mesh_free(&clean);
        }
}

static void degenerate_and_empty(void)
{
    float position[4][3] = { { 1, 2, 3 }, { 1, 2, 3 }, { 2, 4, 6 }, { 3, 6, 9 } }; /* in a line */
    uint32_t index[9] = { 0, 1, 2, 0, 2, 3, 3, 3, 3 };
    w3d_mesh_view view = { position[0], index, 4, 9, 0 };
    float out[4][3], face[3][3], zero[12] = { 0 };
    for (int weight = 0; weight < 3; weight++) {
        w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
        memset(out, 0xAB, sizeof out);
        CHECK(normals_of(&view, &desc, out[0]) == W3D_OK);
        CHECK_BYTES(out, zero, sizeof out);
    }
    CHECK(w3d_mesh_normals_faces(&view, NULL, face[0]) == W3D_OK);
    CHECK_BYTES(face, zero, sizeof face);
    view.index_count = 0;
    view.indices = NULL;
    CHECK(normals_of(&view, NULL, out[0]) == W3D_OK);
    CHECK_BYTES(out, zero, sizeof out);
    CHECK(w3d_mesh_normals_faces(&view, NULL, NULL) == W3D_OK);
    memset(&view, 0, sizeof view);
    CHECK(normals_of(&view, NULL, NULL) == W3D_OK);
    CHECK(w3d_mesh_normals_normalise(NULL, 0, 0) == W3D_OK);
}

static void one_triangle(void)
{
    float position[9] = { 0, 0, 0, 2, 0, 0, 0, 2, 0 };
    uint32_t index[3] = { 0, 1, 2 };
    float out[9], face[3], expected[9] = { 0, 0, 1, 0, 0, 1, 0, 0, 1 };
    w3d_mesh_view view = { position, index, 3, 3, 0 };
    for (int weight = 0; weight < 3; weight++) {
        w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
        CHECK(normals_of(&view, &desc, out) == W3D_OK);
        CHECK_BYTES(out, expected, sizeof out);
    }
    CHECK(w3d_mesh_normals_faces(&view, NULL, face) == W3D_OK);
    CHECK_BYTES(face, expected, sizeof face);
}

/* Interleaved rows in, interleaved rows out, in the same memory; the last row ends the block. */
static void strides(void)
{
    test_mesh mesh = test_mesh_soup(41, 70);
    w3d_mesh_view view = test_mesh_view(&mesh);
    float packed[41 * 3], packed_faces[70 * 3];
    CHECK(normals_of(&view, NULL, packed) == W3D_OK);
    CHECK(w3d_mesh_normals_faces(&view, NULL, packed_faces) == W3D_OK);
    for (uint32_t words = 3; words <= 9; words++) {
        float *rows = (float *)malloc((40 * words + 3) * 4);
        float *out = (float *)malloc((69 * words + 3) * 4);
        for (uint32_t i = 0; i < 40 * words + 3; i++) rows[i] = NAN;
        for (uint32_t i = 0; i < 69 * words + 3; i++) out[i] = 123.0f;
        for (uint32_t i = 0; i < 41; i++) memcpy(rows + words * i, mesh.positions + 3 * i, 12);
        view.positions = rows;
        view.stride = words * 4;
        w3d_mesh_normals_desc desc = { W3D_NORMAL_WEIGHT_AREA, words * 4 };
        CHECK(normals_of(&view, &desc, out) == W3D_OK);
        for (uint32_t i = 0; i < 41; i++) {
            CHECK_BYTES(out + words * i, packed + 3 * i, 12);
            for (uint32_t k = 3; k < words && i < 40; k++) CHECK(out[words * i + k] == 123.0f);
        }
        w3d_mesh_normals_faces_desc faces = { 0, 0, words * 4 };
        CHECK(w3d_mesh_normals_faces(&view, &faces, out) == W3D_OK);
        for (uint32_t i = 0; i < 70; i++) {
            CHECK_BYTES(out + words * i, packed_faces + 3 * i, 12);
            for (uint32_t k = 3; k < words && i < 69; k++) CHECK(out[words * i + k] == 123.0f);
        }
        if (words >= 6) {
            float *inside = (float *)malloc((40 * words + 6) * 4);
            memcpy(inside, rows, (40 * words + 3) * 4);
            view.positions = inside;
            CHECK(normals_of(&view, &desc, inside + 3) == W3D_OK);
            for (uint32_t i = 0; i < 41; i++) {
                CHECK_BYTES(inside + words * i, mesh.positions + 3 * i, 12);
                CHECK_BYTES(inside + words * i + 3, packed + 3 * i, 12);
            }
            free(inside);
        }
        free(rows);
        free(out);
    }
    test_mesh_free(&mesh);
}

static void faces_in_ranges(void)
{
    test_mesh mesh = test_mesh_soup(30, 53);
    w3d_mesh_view view = test_mesh_view(&mesh);
    float whole[53 * 3], parts[53 * 3];
    CHECK(w3d_mesh_normals_faces(&view, NULL, whole) == W3D_OK);
    for (uint32_t step = 1; step < 54; step++) {
        memset(parts, 0xCD, sizeof parts);
        for (uint32_t begin = 0; begin < 53; begin += step) {
            w3d_mesh_normals_faces_desc desc = { begin, begin + step < 53 ? begin + step : 53, 0 };
            CHECK(w3d_mesh_normals_faces(&view, &desc, parts) == W3D_OK);
        }
        CHECK_BYTES(parts, whole, sizeof whole);
    }
    for (uint32_t face = 0; face < 53; face++) {
        double expected[3];
        reference_mesh_face_normal(&view, face, expected);
        for (uint32_t k = 0; k < 3; k++) CHECK_NEAR(whole[3 * face + k], expected[k], 3e-7);
    }
    test_mesh_free(&mesh);
}

static void normalise(void)
{
    float least = 1e-6f, v[11][3] = { { 3, 0, 4 }, { 0, 0, 0 }, { NAN, 1, 1 }, { 1, INFINITY, 0 } };
    v[4][0] = least; /* not below it */
    v[5][1] = -nextafterf(least, 0.0f);
    v[6][0] = v[6][1] = v[6][2] = FLT_MAX;
    v[7][2] = -1e30f;
    v[8][0] = v[8][1] = 1e-6f;
    v[9][0] = 1e-40f;
    v[10][1] = 2.0f;
    float expected[11][3] = { { 0.6f, 0, 0.8f }, { 0 }, { 0 }, { 0 }, { 1, 0, 0 }, { 0 } };
    expected[6][0] = expected[6][1] = expected[6][2] = 1.0f / sqrtf(3.0f);
    expected[7][2] = -1.0f;
    expected[8][0] = expected[8][1] = 1.0f / sqrtf(2.0f);
    expected[10][1] = 1.0f;
    CHECK(w3d_mesh_normals_normalise(v[0], 11, 0) == W3D_OK);
    for (uint32_t i = 0; i < 33; i++) CHECK_NEAR(v[i / 3][i % 3], expected[i / 3][i % 3], 6e-8);

    /* As the vector function does, at every count and stride; what lies between stays. */
    for (uint32_t count = 0; count < 13; count++)
        for (uint32_t words = 3; words < 6; words++) {
            float rows[13 * 6], before[13 * 6];
            for (uint32_t i = 0; i < 78; i++) rows[i] = test_random_float(-9.0f, 9.0f);
            memcpy(before, rows, sizeof rows);
            CHECK(w3d_mesh_normals_normalise(rows, count, words * 4) == W3D_OK);
            for (uint32_t i = 0; i < count; i++)
                w3d_vec3_store(before + words * i,
                               w3d_vec3_normalise(w3d_vec3_load(before + words * i)));
            for (uint32_t i = 0; i < 78; i++)
                if (i < words * count && i % words < 3)
                    CHECK_NEAR(rows[i], before[i], 2e-7);
                else
                    CHECK(rows[i] == before[i]);
        }
}

static void errors_leave_outputs(void)
{
    test_mesh mesh = test_mesh_soup(20, 33);
    float out[33 * 3];
    unsigned char pattern[sizeof out], block[20 * 16 + 15 + 16];
    size_t size = w3d_mesh_normals_scratch_size(20);
    w3d_mesh_view view = test_mesh_view(&mesh);
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    CHECK(size <= sizeof block);
    for (size_t shift = 0; shift < 16; shift++)
        CHECK(w3d_mesh_normals(&view, NULL, out, w3d_arena_make(block + shift, size - 1)) ==
              W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_normals(&view, NULL, out, w3d_arena_make(NULL, 0)) == W3D_ERR_CAPACITY);
    for (uint32_t where = 0; where < mesh.index_count; where++) {
        const uint32_t bad[] = { 20, 21, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu };
        uint32_t kept = mesh.indices[where];
        w3d_mesh_normals_faces_desc before = { 0, where / 3, 0 };
        float faces[33 * 3];
        mesh.indices[where] = bad[where % 5];
        for (int weight = 0; weight < 3; weight++) {
            w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
            CHECK(normals_of(&view, &desc, out) == W3D_ERR_INDEX);
        }
        CHECK(w3d_mesh_normals_faces(&view, NULL, out) == W3D_ERR_INDEX);
        if (before.end) CHECK(w3d_mesh_normals_faces(&view, &before, faces) == W3D_OK);
        mesh.indices[where] = kept;
    }
    view.vertex_count = 0;
    CHECK(normals_of(&view, NULL, out) == W3D_ERR_INDEX);
    view.vertex_count = 20;
#if !W3D_DEBUG
    w3d_mesh_normals_desc desc = { (w3d_normal_weight)3, 0 };
    w3d_mesh_normals_faces_desc faces = { 3, 2, 0 };
    CHECK(normals_of(&view, &desc, out) == W3D_ERR_ARGUMENT);
    desc.weight = W3D_NORMAL_WEIGHT_AREA;
    desc.out_stride = 8;
    CHECK(normals_of(&view, &desc, out) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_faces(&view, &faces, out) == W3D_ERR_ARGUMENT);
    faces.end = 34;
    CHECK(w3d_mesh_normals_faces(&view, &faces, out) == W3D_ERR_ARGUMENT);
    CHECK(normals_of(&view, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_faces(&view, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals(NULL, NULL, out, w3d_arena_make(block, sizeof block)) ==
          W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_normalise(NULL, 1, 0) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_normalise(out, 1, 13) == W3D_ERR_ARGUMENT);
    view.index_count = 98;
    CHECK(normals_of(&view, NULL, out) == W3D_ERR_ARGUMENT);
    view.index_count = 99;
    view.indices = NULL;
    CHECK(normals_of(&view, NULL, out) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(out, pattern, sizeof out);
    CHECK(w3d_mesh_normals_scratch_size(0) < 64);
    CHECK(w3d_mesh_normals_scratch_size(0xFFFFFFFFu) > 0xFFFFFFFEu);
    test_mesh_free(&mesh);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t triangles = 1; triangles < 120; triangles += 7) {
        test_mesh mesh = test_mesh_soup(40, triangles);
        w3d_mesh_view view = test_mesh_view(&mesh);
        float out[120 * 3];
        for (int weight = 0; weight < 3; weight++) {
            w3d_mesh_normals_desc desc = { (w3d_normal_weight)weight, 0 };
            CHECK(normals_of(&view, &desc, out) == W3D_OK);
            hash = w3d_hash_bytes(out, 40 * 12, hash);
        }
        CHECK(w3d_mesh_normals_faces(&view, NULL, out) == W3D_OK);
        hash = w3d_hash_bytes(out, (size_t)triangles * 12, hash);
        CHECK(w3d_mesh_normals_normalise(mesh.positions, 40, 0) == W3D_OK);
        hash = w3d_hash_bytes(mesh.positions, 40 * 12, hash);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0xA1908246C777B12Au, "hash 0x%016llX", (unsigned long long)hash);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(1, &mesh)) return;
    for (int weight = 0; weight < 3; weight++) {
        double worst = error_of(&mesh, (w3d_normal_weight)weight, 3e-7);
        CHECK_MESSAGE(worst < 1e-6, "weight %d: error %.3g", weight, worst);
    }
    test_mesh_free(&mesh);
}

void test_mesh_normals(void)
{
    RUN(close_to_the_oracle);
    RUN(thin_triangles);
    RUN(box_corners);
    RUN(scale_changes_nothing);
    RUN(sizes_apart);
    RUN(bad_coordinates);
    RUN(degenerate_and_empty);
    RUN(one_triangle);
    RUN(strides);
    RUN(faces_in_ranges);
    RUN(normalise);
    RUN(errors_leave_outputs);
    RUN(determinism);
    RUN(dragon);
}
