#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_bounds.h"
#include "reference/reference_mesh.h"

static w3d_sphere sphere_of(const test_mesh *mesh)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    w3d_sphere sphere;
    memset(&sphere, 0x5A, sizeof sphere);
    CHECK(w3d_mesh_bounds_sphere(&view, NULL, &sphere) == W3D_OK);
    return sphere;
}

static w3d_box box_of(const test_mesh *mesh, uint32_t *skipped)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    w3d_box box;
    memset(&box, 0x5A, sizeof box);
    CHECK(w3d_mesh_bounds_box(&view, NULL, &box, skipped) == W3D_OK);
    return box;
}

/* The largest distance of a finite vertex from the centre, in double. */
static double reach(const test_mesh *mesh, const float *centre)
{
    double most = 0.0;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        double square = 0.0;
        for (uint32_t k = 0; k < 3; k++) {
            double step = (double)mesh->positions[3 * i + k] - (double)centre[k];
            square += step * step;
        }
        if (isfinite(square) && sqrt(square) > most) most = sqrt(square);
    }
    return most;
}

static void box_equals_minima(void)
{
    for (uint32_t count = 1; count < 40; count++) {
        test_mesh mesh = test_mesh_soup(count, 1);
        uint32_t skipped = 77;
        w3d_box box = box_of(&mesh, &skipped);
        CHECK(skipped == 0);
        for (uint32_t k = 0; k < 3; k++) {
            float low = mesh.positions[k], high = low;
            for (uint32_t i = 0; i < count; i++) {
                low = fminf(low, mesh.positions[3 * i + k]);
                high = fmaxf(high, mesh.positions[3 * i + k]);
            }
            CHECK(box.min[k] == low && box.max[k] == high);
        }
        test_mesh_free(&mesh);
    }
}

static void rows_that_are_not_finite(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY };
    for (uint32_t where = 0; where < 12; where++)
        for (uint32_t kind = 0; kind < 3; kind++) {
            test_mesh mesh = test_mesh_soup(12, 1), clean = test_mesh_soup(12, 1);
            memcpy(clean.positions, mesh.positions, 12 * 12);
            mesh.positions[3 * where + (where + kind) % 3] = bad[kind];
            memcpy(clean.positions + 3 * where, clean.positions + 3 * ((where + 1) % 12), 12);
            uint32_t skipped = 0;
            w3d_box box = box_of(&mesh, &skipped), expected = box_of(&clean, NULL);
            CHECK(skipped == 1);
            CHECK_BYTES(&box, &expected, sizeof box);
            w3d_sphere sphere = sphere_of(&mesh), wanted = sphere_of(&clean);
            CHECK_NEAR(sphere.radius, wanted.radius, 1e-6);
            CHECK(reach(&clean, sphere.centre) <= (double)sphere.radius);
            test_mesh_free(&mesh);
            test_mesh_free(&clean);
        }
}

static void nothing_to_bound(void)
{
    test_mesh mesh = test_mesh_make(0, 0);
    for (int round = 0; round < 2; round++) {
        uint32_t skipped = 77;
        w3d_box box = box_of(&mesh, &skipped);
        CHECK(skipped == mesh.vertex_count);
        for (int k = 0; k < 3; k++) CHECK(box.min[k] == FLT_MAX && box.max[k] == -FLT_MAX);
        w3d_sphere sphere = sphere_of(&mesh);
        CHECK(sphere.radius == -1.0f && sphere.centre[0] == 0.0f && sphere.centre[2] == 0.0f);
        test_mesh_free(&mesh);
        mesh = test_mesh_make(9, 0);
        for (uint32_t i = 0; i < 9; i++) test_mesh_point(&mesh, i, 0.0f, 1.0f, NAN);
    }
    test_mesh_free(&mesh);
}

static void zeros_are_positive(void)
{
    test_mesh mesh = test_mesh_make(6, 0);
    for (uint32_t i = 0; i < 6; i++) test_mesh_point(&mesh, i, -0.0f, i == 3 ? 0.0f : -0.0f, -0.0f);
    w3d_box box = box_of(&mesh, NULL);
    for (int k = 0; k < 3; k++)
        CHECK(w3d_bits_f32(box.min[k]) == 0 && w3d_bits_f32(box.max[k]) == 0);
    test_mesh_free(&mesh);
}

static void strides_ranges_and_indices(void)
{
    float rows[20][5];
    for (uint32_t i = 0; i < 20; i++)
        for (uint32_t k = 0; k < 5; k++)
            rows[i][k] = k < 3 ? test_random_float(-1.0f, 1.0f) : NAN; /* must not be looked at */
    uint32_t named[6] = { 3, 4, 5, 19, 4, 0 };
    w3d_mesh_view view = { rows[0], named, 20, 6, 20 };
    w3d_box whole, part,
        joined = { { FLT_MAX, FLT_MAX, FLT_MAX }, { -FLT_MAX, -FLT_MAX, -FLT_MAX } };
    uint32_t skipped = 5;
    CHECK(w3d_mesh_bounds_box(&view, NULL, &whole, &skipped) == W3D_OK && skipped == 0);
    for (uint32_t begin = 0; begin < 20; begin += 7) {
        w3d_mesh_bounds_desc desc = { begin, begin + 7 < 20 ? begin + 7 : 0, 0 };
        CHECK(w3d_mesh_bounds_box(&view, &desc, &part, NULL) == W3D_OK);
        joined = w3d_box_join(joined, part);
    }
    CHECK_BYTES(&whole, &joined, sizeof whole);

    w3d_mesh_bounds_desc desc = { 0, 0, 1 };
    CHECK(w3d_mesh_bounds_box(&view, &desc, &part, NULL) == W3D_OK);
    for (uint32_t k = 0; k < 3; k++) {
        float low = rows[3][k];
        for (uint32_t i = 0; i < 6; i++) low = fminf(low, rows[named[i]][k]);
        CHECK(part.min[k] == low);
    }
    w3d_sphere sphere, same;
    CHECK(w3d_mesh_bounds_sphere(&view, &desc, &sphere) == W3D_OK);
    float packed[6][3];
    for (uint32_t i = 0; i < 6; i++) memcpy(packed[i], rows[named[i]], 12);
    w3d_mesh_view tight = { packed[0], NULL, 6, 0, 0 };
    CHECK(w3d_mesh_bounds_sphere(&tight, NULL, &same) == W3D_OK);
    CHECK_BYTES(&sphere, &same, sizeof same);
    desc.begin = desc.end = 6;
    CHECK(w3d_mesh_bounds_sphere(&view, &desc, &sphere) == W3D_OK && sphere.radius == -1.0f);
}

static void sphere_is_the_smallest(void)
{
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t count = 1 + test_random_below(60);
        test_mesh mesh = test_mesh_soup(count, 1);
        if (round % 3 == 1) /* on a sphere: every point may hold it */
            for (uint32_t i = 0; i < count; i++) {
                float *p = mesh.positions + 3 * i;
                float size = sqrtf(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
                for (int k = 0; k < 3; k++) p[k] /= size;
            }
        if (round % 3 == 2) /* on a lattice: many ties and repeats */
            for (uint32_t i = 0; i < 3 * count; i++)
                mesh.positions[i] = floorf(mesh.positions[i] * 2.0f);
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_sphere sphere = sphere_of(&mesh);
        double best[4];
        reference_mesh_sphere(&view, best);
        CHECK(reach(&mesh, sphere.centre) <= (double)sphere.radius);
        CHECK_NEAR(sphere.radius, best[3], best[3] * 1e-6);
        test_mesh_free(&mesh);
    }
}

static void sphere_far_from_the_origin(void)
{
    for (uint32_t round = 0; round < 50; round++) {
        test_mesh mesh = test_mesh_soup(40, 1);
        for (uint32_t i = 0; i < 120; i++) mesh.positions[i] += i % 3 == 0 ? 40000.0f : -3.0f;
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_sphere sphere = sphere_of(&mesh);
        double best[4];
        reference_mesh_sphere(&view, best);
        CHECK(reach(&mesh, sphere.centre) <= (double)sphere.radius);
        CHECK_NEAR(sphere.radius, best[3], 0.5 / 256.0); /* floats there are 1/256 apart */
        test_mesh_free(&mesh);
    }
}

static void sphere_scales_exactly(void)
{
    test_mesh mesh = test_mesh_soup(100, 1);
    w3d_sphere one = sphere_of(&mesh);
    for (int exponent = -120; exponent <= 120; exponent += 10) {
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, ldexpf(1.0f, exponent));
        w3d_sphere other = sphere_of(&scaled);
        for (int k = 0; k < 3; k++) CHECK(other.centre[k] == ldexpf(one.centre[k], exponent));
        CHECK(other.radius == ldexpf(one.radius, exponent));
        test_mesh_free(&scaled);
    }
    test_mesh_free(&mesh);
}

static void extremes_of_float(void)
{
    test_mesh mesh = test_mesh_make(2, 0);
    test_mesh_point(&mesh, 0, -FLT_MAX, -FLT_MAX, -FLT_MAX);
    test_mesh_point(&mesh, 1, FLT_MAX, FLT_MAX, FLT_MAX);
    w3d_sphere sphere = sphere_of(&mesh);
    CHECK(sphere.centre[0] == 0.0f && isinf(sphere.radius));
    test_mesh_point(&mesh, 0, -FLT_MAX, 0.0f, 0.0f);
    test_mesh_point(&mesh, 1, FLT_MAX / 2, 0.0f, 0.0f);
    sphere = sphere_of(&mesh);
    CHECK(reach(&mesh, sphere.centre) <= (double)sphere.radius && !isinf(sphere.radius));
    float least = ldexpf(1.0f, -149);
    test_mesh_point(&mesh, 0, least, 0.0f, 0.0f);
    test_mesh_point(&mesh, 1, 5.0f * least, 0.0f, 0.0f);
    sphere = sphere_of(&mesh);
    CHECK(reach(&mesh, sphere.centre) <= (double)sphere.radius && sphere.radius <= 3.0f * least);
    test_mesh_point(&mesh, 0, 3e38f, 1e-38f, 4.0f);
    test_mesh_point(&mesh, 1, 3e38f, 1e-38f, 4.0f);
    sphere = sphere_of(&mesh);
    CHECK(sphere.radius == 0.0f && sphere.centre[0] == 3e38f && sphere.centre[1] == 1e-38f);
    test_mesh_free(&mesh);
}

static void errors_leave_outputs(void)
{
    float position[9] = { 0 };
    uint32_t index[3] = { 0, 1, 3 };
    w3d_mesh_view view = { position, index, 3, 3, 0 };
    w3d_mesh_bounds_desc desc = { 0, 0, 1 };
    w3d_box box;
    w3d_sphere sphere;
    unsigned char pattern[sizeof box];
    uint32_t skipped = 0xABABABABu;
    memset(pattern, 0xAB, sizeof pattern);
    memset(&box, 0xAB, sizeof box);
    memset(&sphere, 0xAB, sizeof sphere);
    CHECK(w3d_mesh_bounds_box(&view, &desc, &box, &skipped) == W3D_ERR_INDEX);
    CHECK(w3d_mesh_bounds_sphere(&view, &desc, &sphere) == W3D_ERR_INDEX);
#if !W3D_DEBUG
    desc.indices_only = 0;
    desc.end = 4;
    CHECK(w3d_mesh_bounds_box(&view, &desc, &box, &skipped) == W3D_ERR_ARGUMENT);
    desc.begin = 3;
    desc.end = 2;
    CHECK(w3d_mesh_bounds_sphere(&view, &desc, &sphere) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_bounds_box(NULL, NULL, &box, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_bounds_box(&view, NULL, NULL, NULL) == W3D_ERR_ARGUMENT);
    view.stride = 8;
    CHECK(w3d_mesh_bounds_box(&view, NULL, &box, &skipped) == W3D_ERR_ARGUMENT);
    view.stride = 14;
    CHECK(w3d_mesh_bounds_sphere(&view, NULL, &sphere) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(&box, pattern, sizeof box);
    CHECK_BYTES(&sphere, pattern, sizeof sphere);
    CHECK(skipped == 0xABABABABu);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t count = 1; count < 200; count += 3) {
        test_mesh mesh = test_mesh_soup(count, 1);
        w3d_box box = box_of(&mesh, NULL);
        w3d_sphere sphere = sphere_of(&mesh);
        hash = w3d_hash_bytes(&box, sizeof box, hash);
        hash = w3d_hash_bytes(&sphere, sizeof sphere, hash);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x7213229637FF0CBFu, "hash 0x%016llX", (unsigned long long)hash);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(3, &mesh)) return;
    w3d_box box = box_of(&mesh, NULL);
    for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
        CHECK(mesh.positions[i] >= box.min[i % 3] && mesh.positions[i] <= box.max[i % 3]);
    w3d_sphere sphere = sphere_of(&mesh);
    w3d_mesh_view view = test_mesh_view(&mesh);
    double best[4];
    reference_mesh_sphere(&view, best);
    CHECK(reach(&mesh, sphere.centre) <= (double)sphere.radius);
    CHECK_NEAR(sphere.radius, best[3], best[3] * 1e-6);
    test_mesh_free(&mesh);
}

void test_mesh_bounds(void)
{
    RUN(box_equals_minima);
    RUN(rows_that_are_not_finite);
    RUN(nothing_to_bound);
    RUN(zeros_are_positive);
    RUN(strides_ranges_and_indices);
    RUN(sphere_is_the_smallest);
    RUN(sphere_far_from_the_origin);
    RUN(sphere_scales_exactly);
    RUN(extremes_of_float);
    RUN(errors_leave_outputs);
    RUN(determinism);
    RUN(dragon);
}
