#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_triangulate.h"

typedef struct output {
    uint32_t indices[3000], polygons[1000];
    w3d_mesh_triangles triangles;
} output;

static w3d_result triangulate(const w3d_mesh_triangulate_desc *desc, output *out)
{
    memset(out, 0xAB, sizeof *out);
    out->triangles.indices = out->indices;
    out->triangles.polygons = out->polygons;
    out->triangles.capacity = 1000;
    return w3d_mesh_triangulate(desc, &out->triangles);
}

/* Fans, skipped polygons and the way back, for a mix of sizes. */
static void fans(void)
{
    uint32_t sizes[8] = { 3, 0, 5, 1, 4, 2, 6, 3 }, corners[24], count = 77;
    for (uint32_t i = 0; i < 24; i++) corners[i] = 100 + i;
    w3d_mesh_triangulate_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sizes = sizes;
    desc.polygon_count = 8;
    desc.corners = corners;
    desc.corner_count = 24;
    output out;
    CHECK(w3d_mesh_triangulate_count(&desc, &count) == W3D_OK && count == 11);
    for (int numbers = 0; numbers < 2; numbers++) {
        desc.corner_numbers = numbers;
        CHECK(triangulate(&desc, &out) == W3D_OK);
        CHECK(out.triangles.triangle_count == 11 && out.triangles.skipped_count == 3);
        uint32_t at = 0, first = 0;
        for (uint32_t i = 0; i < 8; i++) {
            for (uint32_t k = 2; k < sizes[i]; k++, at++) {
                uint32_t base = first + (numbers ? 0u : 100u);
                CHECK(out.indices[3 * at] == base && out.indices[3 * at + 1] == base + k - 1 &&
                      out.indices[3 * at + 2] == base + k);
                CHECK(out.polygons[at] == i);
            }
            first += sizes[i];
        }
        CHECK(out.indices[33] == 0xABABABABu && out.polygons[11] == 0xABABABABu);
    }
}

/* 0 where the quad was cut 0-2, 1 where 1-3; the rotation is kept. */
static int cut_of(const float (*position)[3], uint32_t turn)
{
    uint32_t size = 4, corners[4];
    w3d_mesh_triangulate_desc desc;
    output out;
    memset(&desc, 0, sizeof desc);
    for (uint32_t i = 0; i < 4; i++) corners[i] = (i + turn) & 3u;
    desc.sizes = &size;
    desc.polygon_count = 1;
    desc.corners = corners;
    desc.corner_count = 4;
    desc.positions = position[0];
    desc.vertex_count = 4;
    desc.corner_numbers = 1;
    CHECK(triangulate(&desc, &out) == W3D_OK && out.triangles.triangle_count == 2);
    const uint32_t first[6] = { 0, 1, 2, 0, 2, 3 }, second[6] = { 0, 1, 3, 1, 2, 3 };
    if (!memcmp(out.indices, first, sizeof first)) return (int)(turn & 1u);
    CHECK(!memcmp(out.indices, second, sizeof second));
    return (int)(~turn & 1u);
}

static double area(double (*p)[2], int a, int b, int c)
{
    return (p[b][0] - p[a][0]) * (p[c][1] - p[a][1]) - (p[b][1] - p[a][1]) * (p[c][0] - p[a][0]);
}

/* Plane quads, convex and concave, at any place, scale and turn: against signed areas in 2D. */
static void quads(void)
{
    for (int round = 0; round < 3000; round++) {
        double plane[4][2];
        float position[4][3];
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 2; k++) plane[i][k] = (double)test_random_below(64) - 32.0;
        int power = (int)test_random_below(60) - 30;
        for (int i = 0; i < 4; i++) {
            /* (x, y) -> x (1, 2, 2) + y (2, -2, 1): exact, and a right angle is kept */
            position[i][0] = ldexpf((float)(plane[i][0] + 2 * plane[i][1]), power);
            position[i][1] = ldexpf((float)(2 * plane[i][0] - 2 * plane[i][1]), power);
            position[i][2] = ldexpf((float)(2 * plane[i][0] + plane[i][1]), power);
        }
        double d02 = hypot(plane[2][0] - plane[0][0], plane[2][1] - plane[0][1]);
        double d13 = hypot(plane[3][0] - plane[1][0], plane[3][1] - plane[1][1]);
        int inside02 = area(plane, 0, 1, 2) * area(plane, 0, 2, 3) > 0.0;
        int inside13 = area(plane, 1, 2, 3) * area(plane, 1, 3, 0) > 0.0;
        if (inside02 == inside13 && (!inside02 || fabs(d02 - d13) < 1e-9)) {
            CHECK(cut_of((const float(*)[3])position, 0) == 0);
            continue;
        }
        int expected = inside02 && inside13 ? d13 < d02 : inside13;
        for (uint32_t turn = 0; turn < 4; turn++)
            CHECK_MESSAGE(cut_of((const float(*)[3])position, turn) == expected, "round %d turn %u",
                          round, turn);
    }
}

static void quads_at_the_edge(void)
{
    float arrow[4][3] = { { 0, 0, 0 }, { 4, 1, 0 }, { 1, 1, 0 }, { 1, 4, 0 } }; /* reflex at 2 */
    CHECK(cut_of((const float(*)[3])arrow, 0) == 0);
    float other[4][3] = { { 4, 1, 0 }, { 1, 1, 0 }, { 1, 4, 0 }, { 0, 0, 0 } }; /* reflex at 1 */
    CHECK(cut_of((const float(*)[3])other, 0) == 1);
    float flat[4][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 2, 0, 0 }, { 1, 3, 0 } }; /* 1 lies on 0-2 */
    CHECK(cut_of((const float(*)[3])flat, 0) == 1);
    float square[4][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 }, { 0, 1, 0 } };
    CHECK(cut_of((const float(*)[3])square, 0) == 0);
    float point[4][3] = { { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 } };
    CHECK(cut_of((const float(*)[3])point, 0) == 0);
    square[1][2] = NAN;
    CHECK(cut_of((const float(*)[3])square, 0) == 0);
    square[1][2] = INFINITY;
    CHECK(cut_of((const float(*)[3])square, 0) == 0);
    const float sizes[] = { 1e-44f, 1e-38f, 1e-20f, 1e20f, 1.2e38f };
    for (int i = 0; i < 5; i++) {
        float scaled[4][3];
        for (int k = 0; k < 12; k++) scaled[k / 3][k % 3] = other[k / 3][k % 3] * 0.5f * sizes[i];
        if (i) CHECK(cut_of((const float(*)[3])scaled, 0) == 1);
    }
}

static void errors_leave_outputs(void)
{
    uint32_t sizes[3] = { 3, 4, 5 }, corners[12] = { 0 }, count = 0xABABABABu;
    uint32_t indices[18], polygons[6];
    unsigned char pattern[sizeof indices];
    float position[12] = { 0 };
    memset(indices, 0xAB, sizeof indices);
    memset(polygons, 0xAB, sizeof polygons);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_triangulate_desc desc = { sizes, 3, corners, 12, position, 4, 0, 0 };
    w3d_mesh_triangles out = { indices, polygons, 5, 0xABABABABu, 0xABABABABu };
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_CAPACITY);
    out.capacity = 6;
    for (uint32_t i = 0; i < 12; i++) {
        corners[i] = i % 2 ? 4u : 0xFFFFFFFFu;
        CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_INDEX);
        corners[i] = 0;
    }
    desc.corner_count = 11;
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_FORMAT);
    CHECK(w3d_mesh_triangulate_count(&desc, &count) == W3D_ERR_FORMAT);
    desc.corner_count = 12;
    sizes[1] = 0xFFFFFFFFu; /* must not wrap round */
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_FORMAT);
    sizes[0] = 0;
    sizes[1] = 0xFFFFFFFFu;
    sizes[2] = 0;
    desc.corner_count = 0xFFFFFFFFu;
    CHECK(w3d_mesh_triangulate_count(&desc, &count) == W3D_ERR_LIMIT);
#if !W3D_DEBUG
    CHECK(w3d_mesh_triangulate_count(NULL, &count) == W3D_ERR_ARGUMENT);
    desc.sizes = NULL;
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_ARGUMENT);
    desc.sizes = sizes;
    desc.stride = 10;
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_triangulate(&desc, NULL) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(indices, pattern, sizeof indices);
    CHECK_BYTES(polygons, pattern, sizeof polygons);
    CHECK(count == 0xABABABABu && out.triangle_count == 0xABABABABu);
    CHECK(out.skipped_count == 0xABABABABu);
}

static void empty(void)
{
    w3d_mesh_triangulate_desc desc;
    w3d_mesh_triangles out;
    memset(&desc, 0, sizeof desc);
    memset(&out, 0, sizeof out);
    out.triangle_count = 5;
    CHECK(w3d_mesh_triangulate(&desc, &out) == W3D_OK);
    CHECK(out.triangle_count == 0 && out.skipped_count == 0);
}

static void determinism(void)
{
    uint64_t hash = 0;
    test_mesh mesh = test_mesh_soup(100, 200);
    uint32_t sizes[150];
    for (uint32_t i = 0; i < 150; i++) sizes[i] = 4;
    w3d_mesh_triangulate_desc desc = { sizes, 150, mesh.indices, 600, mesh.positions, 100, 0, 0 };
    output out;
    CHECK(triangulate(&desc, &out) == W3D_OK);
    hash = w3d_hash_bytes(out.indices, 300 * 12, hash);
    test_mesh_free(&mesh);
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x0230E1587E5ADC80u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_triangulate(void)
{
    RUN(fans);
    RUN(quads);
    RUN(quads_at_the_edge);
    RUN(errors_leave_outputs);
    RUN(empty);
    RUN(determinism);
}
