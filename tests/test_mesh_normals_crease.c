#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_normals_crease.h"
#include "mesh/mesh_weld.h"
#include "reference/reference_normals_crease.h"

/* A result with memory of its own; scratch is of exactly the stated size, at an odd address. */
typedef struct creased {
    w3d_mesh_creased out;
    w3d_result result;
} creased;

static creased crease_of(const w3d_mesh_view *view, const w3d_mesh_normals_crease_desc *desc)
{
    creased c;
    size_t size = w3d_mesh_normals_crease_scratch_size(view->index_count, view->vertex_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    c.out.indices = (uint32_t *)malloc((size_t)view->index_count * 4 + 1);
    c.out.sources = (uint32_t *)malloc((size_t)view->index_count * 4 + 1);
    c.out.normals = (float *)malloc(((size_t)view->index_count + view->vertex_count) * 12 + 1);
    c.out.capacity = view->index_count;
    c.out.source_count = 0;
    c.result = w3d_mesh_normals_crease(view, desc, &c.out, w3d_arena_make(block + 1, size));
    free(block);
    return c;
}
static void creased_free(creased *c)
{
    free(c->out.indices);
    free(c->out.sources);
    free(c->out.normals);
}

/* Compares with the oracle: the same corners share a vertex, and the normals are close. */
static void compare(const w3d_mesh_view *view, const w3d_mesh_normals_crease_desc *desc)
{
    uint32_t count = view->index_count;
    uint32_t *parts = (uint32_t *)malloc((size_t)count * 4 + 1);
    double *normals = (double *)malloc((size_t)count * 24 + 1);
    double *condition = (double *)malloc((size_t)count * 8 + 1);
    int certain = reference_normals_crease(view, desc, parts, normals, condition);
    creased c = crease_of(view, desc);
    CHECK(c.result == W3D_OK);
    for (uint32_t i = 0; c.result == W3D_OK && certain && i < count; i++) {
        uint32_t at = c.out.indices[i], vertex = view->indices[i];
        CHECK(at < view->vertex_count + c.out.source_count);
        if (at < view->vertex_count)
            CHECK(at == vertex);
        else
            CHECK(c.out.sources[at - view->vertex_count] == vertex);
        for (uint32_t j = 0; j < i; j++)
            CHECK_MESSAGE((at == c.out.indices[j]) ==
                              (parts[i] == parts[j] && vertex == view->indices[j]),
                          "corners %u and %u", i, j);
        if (condition[i] > 1e4) continue;
        for (uint32_t k = 0; k < 3; k++) {
            double off = fabs((double)c.out.normals[3 * at + k] - normals[3 * i + k]);
            CHECK_MESSAGE(off <= 5e-7 * condition[i], "corner %u: off by %g", i, off);
        }
    }
    creased_free(&c);
    free(parts);
    free(normals);
    free(condition);
}

static void against_the_oracle(void)
{
    for (int round = 0; round < 60; round++) {
        test_mesh mesh = round % 3 == 0   ? test_mesh_soup(8 + test_random_below(20), 40)
                         : round % 3 == 1 ? test_mesh_grid(5, 4, 0.4f)
                                          : test_mesh_sphere(7, 5);
        uint32_t groups[128], points[128];
        w3d_mesh_normals_crease_desc desc = { test_random_float(0.05f, 2.0f),
                                              (w3d_normal_weight)(round / 3 % 3), NULL, NULL };
        for (int i = 0; i < 128; i++) groups[i] = test_random_below(8);
        for (uint32_t i = 0; i < mesh.vertex_count; i++) points[i] = i;
        for (uint32_t i = 0; i < mesh.vertex_count; i++)
            for (uint32_t j = 0; j < i && points[i] == i; j++)
                if (!memcmp(mesh.positions + 3 * i, mesh.positions + 3 * j, 12)) points[i] = j;
        if (round & 4) desc.groups = groups;
        if (round & 8) desc.crease_radians = 0.0f;
        if (round & 1) desc.points = points;
        if (round % 7 == 0) desc.crease_radians = 4.0f;
        w3d_mesh_view view = test_mesh_view(&mesh);
        compare(&view, &desc);
        test_mesh_free(&mesh);
    }
}

/* A cube of eight vertices: 24 flat ones under 90 degrees, eight above. */
static void a_cube(void)
{
    static const uint32_t side[6][4] = { { 0, 2, 6, 4 }, { 1, 5, 7, 3 }, { 0, 4, 5, 1 },
                                         { 2, 3, 7, 6 }, { 0, 1, 3, 2 }, { 4, 6, 7, 5 } };
    for (int power = -4; power <= 4; power += 4) {
        test_mesh mesh = test_mesh_make(8, 36);
        float size = power < 0 ? 1e-4f : power ? 1e4f : 1.0f;
        uint32_t groups[12];
        for (uint32_t i = 0; i < 8; i++)
            test_mesh_point(&mesh, i, i & 4 ? size : -size, i & 2 ? size : -size,
                            i & 1 ? size : -size);
        for (uint32_t i = 0; i < 36; i++) {
            static const uint32_t fan[6] = { 0, 1, 2, 0, 2, 3 };
            mesh.indices[i] = side[i / 6][fan[i % 6]];
            groups[i / 3] = i / 6 == 0 ? 0 : i / 6 < 3 ? 1 : 2; /* one side flat on its own */
        }
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_normals_crease_desc desc = { 1.5f, W3D_NORMAL_WEIGHT_AREA, NULL, NULL };
        creased c = crease_of(&view, &desc);
        CHECK(c.result == W3D_OK && c.out.source_count == 16);
        for (uint32_t i = 0; i < 36; i++) {
            const float *n = c.out.normals + 3 * c.out.indices[i];
            CHECK(fabsf(n[0]) + fabsf(n[1]) + fabsf(n[2]) == 1.0f);
        }
        creased_free(&c);
        desc.crease_radians = 1.6f;
        c = crease_of(&view, &desc);
        CHECK(c.result == W3D_OK && c.out.source_count == 0);
        CHECK_BYTES(c.out.indices, mesh.indices, 36 * 4);
        creased_free(&c);
        desc.crease_radians = 0.0f;
        desc.groups = groups;
        c = crease_of(&view, &desc);
        CHECK(c.result == W3D_OK && c.out.source_count > 0);
        for (uint32_t i = 0; i < 6; i++) /* all of group 0 is flat: every triangle by itself */
            for (uint32_t j = 3; j < 36; j++)
                if (i / 3 != j / 3) CHECK(c.out.indices[i] != c.out.indices[j]);
        creased_free(&c);
        test_mesh_free(&mesh);
    }
}

/* Where nothing is sharp the normals are those of w3d_mesh_normals, to the bit. */
static void nothing_sharp(void)
{
    test_mesh mesh = test_mesh_grid(20, 20, 0.01f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_normals_crease_desc desc = { 4.0f, W3D_NORMAL_WEIGHT_ANGLE, NULL, NULL };
    w3d_mesh_normals_desc plain = { W3D_NORMAL_WEIGHT_ANGLE, 0, NULL, 0 };
    size_t size = w3d_mesh_normals_scratch_size(mesh.vertex_count);
    float *expected = (float *)malloc((size_t)mesh.vertex_count * 12);
    void *block = malloc(size);
    CHECK(w3d_mesh_normals(&view, &plain, expected, w3d_arena_make(block, size)) == W3D_OK);
    creased c = crease_of(&view, &desc);
    CHECK(c.result == W3D_OK && c.out.source_count == 0);
    CHECK_BYTES(c.out.normals, expected, (size_t)mesh.vertex_count * 12);
    creased_free(&c);
    free(expected);
    free(block);
    test_mesh_free(&mesh);
}

static void scale_changes_nothing(void)
{
    test_mesh mesh = test_mesh_sphere(9, 7);
    w3d_mesh_view view = test_mesh_view(&mesh);
    creased one = crease_of(&view, NULL);
    for (int power = -60; power <= 60; power += 20) {
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, ldexpf(1.0f, power));
        w3d_mesh_view other_view = test_mesh_view(&scaled);
        creased other = crease_of(&other_view, NULL);
        CHECK(other.result == W3D_OK && other.out.source_count == one.out.source_count);
        CHECK_BYTES(other.out.indices, one.out.indices, (size_t)mesh.index_count * 4);
        CHECK_BYTES(other.out.normals, one.out.normals,
                    ((size_t)mesh.vertex_count + one.out.source_count) * 12);
        creased_free(&other);
        test_mesh_free(&scaled);
    }
    creased_free(&one);
    test_mesh_free(&mesh);
}

/* A fan of many sharp blades: every blade has its own copy of the middle, in linear time. */
static void many_parts(void)
{
    test_mesh mesh = test_mesh_fan(20000);
    w3d_mesh_view view = test_mesh_view(&mesh);
    uint32_t *groups = (uint32_t *)calloc(mesh.index_count, 4);
    w3d_mesh_normals_crease_desc desc = { 0.0f, W3D_NORMAL_WEIGHT_AREA, groups, NULL };
    for (int with_points = 0; with_points < 2; with_points++) {
        uint32_t *points = (uint32_t *)malloc((size_t)mesh.vertex_count * 4);
        for (uint32_t i = 0; i < mesh.vertex_count; i++) points[i] = i;
        if (with_points) desc.points = points;
        creased c = crease_of(&view, &desc);
        CHECK(c.result == W3D_OK);
        CHECK_MESSAGE(c.out.source_count == 19999 * 2, "%u copies", c.out.source_count);
        creased_free(&c);
        free(points);
    }
    free(groups);
    test_mesh_free(&mesh);
}

static void errors_leave_outputs(void)
{
    test_mesh mesh = test_mesh_sphere(5, 4);
    w3d_mesh_view view = test_mesh_view(&mesh);
    static uint32_t indices[200], sources[200];
    static float normals[400 * 3];
    static unsigned char block[16384], pattern[sizeof normals];
    uint32_t points[64], good[200];
    w3d_mesh_creased out = { indices, normals, sources, 200, 77 };
    w3d_mesh_normals_crease_desc desc = { 0.01f, W3D_NORMAL_WEIGHT_AREA, NULL, NULL };
    size_t size = w3d_mesh_normals_crease_scratch_size(mesh.index_count, mesh.vertex_count);
    CHECK(size <= sizeof block && mesh.index_count <= 200);
    memset(indices, 0xAB, sizeof indices);
    memset(sources, 0xAB, sizeof sources);
    memset(normals, 0xAB, sizeof normals);
    memset(pattern, 0xAB, sizeof pattern);
    memcpy(good, mesh.indices, (size_t)mesh.index_count * 4);
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size - 1)) ==
          W3D_ERR_CAPACITY);
    out.capacity = 3;
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) ==
          W3D_ERR_CAPACITY);
    out.capacity = 200;
    for (uint32_t i = 0; i < mesh.index_count; i++) {
        mesh.indices[i] = i & 1 ? mesh.vertex_count : 0xFFFFFFFFu;
        CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) ==
              W3D_ERR_INDEX);
        mesh.indices[i] = good[i];
    }
    for (uint32_t i = 0; i < mesh.vertex_count; i++) points[i] = i;
    points[4] = mesh.vertex_count;
    desc.points = points;
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) ==
          W3D_ERR_INDEX);
    desc.points = NULL;
#if !W3D_DEBUG
    desc.crease_radians = -1.0f;
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) ==
          W3D_ERR_ARGUMENT);
    desc.crease_radians = NAN;
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) ==
          W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_crease(NULL, NULL, &out, w3d_arena_make(block, size)) ==
          W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_normals_crease(&view, NULL, NULL, w3d_arena_make(block, size)) ==
          W3D_ERR_ARGUMENT);
#endif
    CHECK(out.source_count == 77);
    CHECK_BYTES(indices, pattern, sizeof indices);
    CHECK_BYTES(sources, pattern, sizeof sources);
    CHECK_BYTES(normals, pattern, sizeof normals);
    /* In place, and without normals. */
    desc.crease_radians = 0.5f;
    creased c = crease_of(&view, &desc);
    out.indices = mesh.indices;
    out.normals = NULL;
    CHECK(w3d_mesh_normals_crease(&view, &desc, &out, w3d_arena_make(block, size)) == W3D_OK);
    CHECK_BYTES(mesh.indices, c.out.indices, (size_t)mesh.index_count * 4);
    creased_free(&c);
    test_mesh_free(&mesh);
    memset(&view, 0, sizeof view);
    memset(&out, 0, sizeof out);
    CHECK(w3d_mesh_normals_crease(&view, NULL, &out, w3d_arena_make(block, size)) == W3D_OK);
    CHECK(w3d_mesh_normals_crease_scratch_size(0xFFFFFFFFu, 0xFFFFFFFFu) > 0xFFFFFFFEu);
}

static void bad_coordinates(void)
{
    const float bad[] = { NAN, INFINITY, -INFINITY, 3e38f, 1e-42f };
    for (uint32_t round = 0; round < 40; round++) {
        test_mesh mesh = test_mesh_sphere(6, 5);
        for (uint32_t i = 0; i <= round % 6; i++)
            mesh.positions[test_random_below(mesh.vertex_count * 3)] = bad[(round + i) % 5];
        w3d_mesh_view view = test_mesh_view(&mesh);
        creased c = crease_of(&view, NULL);
        CHECK(c.result == W3D_OK);
        for (uint32_t i = 0; i < mesh.index_count; i++) {
            const float *n = c.out.normals + 3 * c.out.indices[i];
            double size = (double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2];
            CHECK(size == 0.0 || fabs(size - 1.0) < 1e-6);
        }
        creased_free(&c);
        test_mesh_free(&mesh);
    }
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (int round = 0; round < 6; round++) {
        test_mesh mesh = round & 1 ? test_mesh_soup(30, 80) : test_mesh_sphere(12, 9);
        w3d_mesh_view view = test_mesh_view(&mesh);
        w3d_mesh_normals_crease_desc desc = { 0.4f * (float)round, (w3d_normal_weight)(round / 2),
                                              NULL, NULL };
        creased c = crease_of(&view, &desc);
        size_t rows = (size_t)mesh.vertex_count + c.out.source_count;
        hash = w3d_hash_bytes(c.out.indices, (size_t)mesh.index_count * 4, hash);
        hash = w3d_hash_bytes(c.out.normals, rows * 12, hash);
        creased_free(&c);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1) CHECK_MESSAGE(hash == 0x73F3D4474A6844D9u, "hash 0x%016llX", (unsigned long long)hash);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    w3d_mesh_view view = test_mesh_view(&mesh);
    creased c = crease_of(&view, NULL);
    CHECK(c.result == W3D_OK);
    CHECK(c.out.source_count > 1000 && c.out.source_count < mesh.index_count);
    creased_free(&c);
    test_mesh_free(&mesh);
}

void test_mesh_normals_crease(void)
{
    RUN(against_the_oracle);
    RUN(a_cube);
    RUN(nothing_sharp);
    RUN(scale_changes_nothing);
    RUN(many_parts);
    RUN(errors_leave_outputs);
    RUN(bad_coordinates);
    RUN(determinism);
    RUN(dragon);
}
