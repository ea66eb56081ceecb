#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_strips.h"
#include "reference/reference_order.h"

static const w3d_mesh_strips_join joins[2] = { W3D_MESH_STRIPS_JOIN_RESTART,
                                               W3D_MESH_STRIPS_JOIN_REPEAT };

/* To strips and back, ours and the slow way: the same triangles, turned, and at most `limit`
 * indices for each. */
static void check_strips(const test_mesh *mesh, double limit)
{
    w3d_mesh_view view = test_mesh_view(mesh);
    uint32_t *plain = (uint32_t *)malloc((size_t)mesh->index_count * 4 + 4);
    uint32_t plain_count =
        reference_order_without_degenerate(mesh->indices, mesh->index_count, plain);
    for (int j = 0; j < 2; j++) {
        uint32_t bound = w3d_mesh_strips_bound(mesh->index_count, joins[j]), count = 77, back = 77;
        uint32_t *strip = (uint32_t *)malloc((size_t)bound * 4 + 4);
        CHECK(w3d_mesh_strips(&view, joins[j], strip, &count) == W3D_OK);
        CHECK_MESSAGE(count <= bound, "%u indices, bound %u", count, bound);
        uint32_t most = w3d_mesh_strips_unpack_bound(count);
        uint32_t *list = (uint32_t *)malloc((size_t)most * 4 + 4);
        uint32_t *expected = (uint32_t *)malloc((size_t)most * 4 + 4);
        CHECK(w3d_mesh_strips_unpack(strip, count, list, &back) == W3D_OK);
        CHECK(back <= most && back == reference_order_unpack(strip, count, expected));
        CHECK_BYTES(list, expected, (size_t)back * 4);
        CHECK_MESSAGE(reference_order_same(plain, plain_count, list, back, 1),
                      "join %d: %u indices became %u, or other triangles", j, plain_count, back);
        if (j)
            for (uint32_t i = 0; i < count; i++) CHECK(strip[i] != W3D_MESH_STRIPS_RESTART);
        if (limit > 0.0)
            CHECK_MESSAGE(count * 3.0 / plain_count <= limit, "%u: %.3f indices a triangle",
                          plain_count, count * 3.0 / plain_count);
        free(expected);
        free(list);
        free(strip);
    }
    free(plain);
}

static void meshes(void)
{
    test_mesh mesh = test_mesh_grid(40, 30, 0.0f);
    check_strips(&mesh, 1.4);
    test_mesh_free(&mesh);
    mesh = test_mesh_sphere(30, 20);
    check_strips(&mesh, 1.4);
    test_mesh_free(&mesh);
    mesh = test_mesh_fan(50);
    check_strips(&mesh, 2.3);
    test_mesh_free(&mesh);
    if (!test_mesh_dragon(4, &mesh)) return;
    check_strips(&mesh, 4.0); /* not in an order that has neighbours near */
    test_mesh_free(&mesh);
}

/* Few vertices, so that doubled, mirrored and degenerate triangles and triple edges abound. */
static void soups(void)
{
    for (uint32_t round = 0; round < 400; round++) {
        test_mesh mesh = test_mesh_soup(1 + round % 12, test_random_below(40));
        check_strips(&mesh, 0.0);
        test_mesh_free(&mesh);
    }
}

/* Any strip: short ones, empty ones, restarts at the ends, all kinds of indices. */
static void any_strip(void)
{
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t strip[30], list[90], expected[90], count = test_random_below(31), written = 77;
        for (uint32_t i = 0; i < count; i++)
            strip[i] =
                test_random_below(4) ? test_random_below(5) : UINT32_MAX - test_random_below(2);
        CHECK(w3d_mesh_strips_unpack(strip, count, list, &written) == W3D_OK);
        CHECK(written == reference_order_unpack(strip, count, expected));
        CHECK_BYTES(list, expected, (size_t)written * 4);
    }
}

static void errors_leave_outputs(void)
{
    uint32_t indices[3] = { 0, 1, 3 }, out[12], count = 0xABABABABu;
    unsigned char pattern[sizeof out];
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_view view = { NULL, indices, 3, 3, 0 };
    CHECK(w3d_mesh_strips(&view, joins[0], out, &count) == W3D_ERR_INDEX);
    indices[2] = 2;
#if !W3D_DEBUG
#if !defined(__cplusplus) /* where the cast alone is undefined */
    CHECK(w3d_mesh_strips(&view, (w3d_mesh_strips_join)2, out, &count) == W3D_ERR_ARGUMENT);
#endif
    CHECK(w3d_mesh_strips(&view, joins[0], NULL, &count) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_strips(&view, joins[0], out, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_strips(NULL, joins[0], out, &count) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_strips_unpack(NULL, 3, out, &count) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_strips_unpack(indices, 3, NULL, &count) == W3D_ERR_ARGUMENT);
    view.index_count = 2;
    CHECK(w3d_mesh_strips(&view, joins[0], out, &count) == W3D_ERR_ARGUMENT);
#endif
    CHECK(w3d_mesh_strips_unpack(indices, 0x60000000u, out, &count) == W3D_ERR_LIMIT);
    CHECK(w3d_mesh_strips_bound(UINT32_MAX, joins[1]) == UINT32_MAX);
    CHECK_BYTES(out, pattern, sizeof out);
    CHECK(count == 0xABABABABu);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 8; round++) {
        uint32_t out[2000], count;
        test_mesh mesh = round % 2 ? test_mesh_soup(20, 200) : test_mesh_grid(9, 9, 0.0f);
        w3d_mesh_view view = test_mesh_view(&mesh);
        CHECK(w3d_mesh_strips(&view, joins[round / 4], out, &count) == W3D_OK);
        hash = w3d_hash_bytes(out, (size_t)count * 4, hash);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x22FACD075F01D8FFu, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_strips(void)
{
    RUN(meshes);
    RUN(soups);
    RUN(any_strip);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
