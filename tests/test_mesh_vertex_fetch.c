#include "meshes.h"

#include "mesh/mesh_vertex_fetch.h"
#include "reference/reference_order.h"

/* Numbers by first use, found by looking at all uses before. */
static void check_fetch(const test_mesh *mesh)
{
    uint32_t count = mesh->index_count, vertices = mesh->vertex_count, used = 77, next = 0;
    uint32_t *out = (uint32_t *)malloc((size_t)count * 4 + 4);
    uint32_t *remap = (uint32_t *)malloc((size_t)vertices * 4 + 4);
    uint32_t *again = (uint32_t *)malloc((size_t)vertices * 4 + 4);
    w3d_mesh_view view = test_mesh_view(mesh);
    CHECK(w3d_mesh_vertex_fetch(&view, out, remap, &used) == W3D_OK);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t first = 0;
        while (mesh->indices[first] != mesh->indices[i]) first++;
        uint32_t expected = first < i ? out[first] : next++;
        CHECK(out[i] == expected && remap[mesh->indices[i]] == out[i]);
    }
    CHECK(used == next);
    for (uint32_t v = 0; v < vertices; v++) {
        uint32_t uses = 0;
        for (uint32_t i = 0; i < count; i++) uses += mesh->indices[i] == v;
        CHECK(uses || remap[v] == W3D_MESH_VERTEX_FETCH_DROPPED);
    }
    CHECK(w3d_mesh_vertex_fetch(&view, NULL, again, NULL) == W3D_OK);
    CHECK_BYTES(again, remap, (size_t)vertices * 4);
    uint32_t *in_place = (uint32_t *)malloc((size_t)count * 4 + 4);
    memcpy(in_place, mesh->indices, (size_t)count * 4);
    view.indices = in_place;
    CHECK(w3d_mesh_vertex_fetch(&view, in_place, remap, &used) == W3D_OK);
    CHECK_BYTES(in_place, out, (size_t)count * 4);
    free(in_place);
    free(out);
    free(remap);
    free(again);
}

static void numbers(void)
{
    for (uint32_t round = 0; round < 30; round++) {
        test_mesh mesh = test_mesh_soup(1 + test_random_below(80), round * 3);
        check_fetch(&mesh);
        test_mesh_free(&mesh);
    }
}

/* Every corner sees the row it saw before, for all row sizes and strides. */
static void rows(void)
{
    for (uint32_t size = 1; size <= 40; size++)
        for (uint32_t extra = 0; extra < 8; extra += 4) {
            test_mesh mesh = test_mesh_soup(50, 60);
            w3d_mesh_view view = test_mesh_view(&mesh);
            unsigned char before[50 * 48], after[50 * 48];
            uint32_t remap[50], used, out[180];
            for (uint32_t i = 0; i < sizeof before; i++)
                before[i] = (unsigned char)test_random_below(256);
            memset(after, 0xAB, sizeof after);
            CHECK(w3d_mesh_vertex_fetch(&view, out, remap, &used) == W3D_OK);
            w3d_mesh_vertex_fetch_rows_desc desc = {
                remap, 50, used, before, size, extra ? size + extra : 0, extra ? 0 : size + 4
            };
            uint32_t stride = size + extra, out_stride = extra ? size : size + 4;
            CHECK(w3d_mesh_vertex_fetch_rows(&desc, after) == W3D_OK);
            for (uint32_t i = 0; i < 180; i++)
                CHECK_BYTES(after + out[i] * out_stride, before + mesh.indices[i] * stride, size);
            if (!extra)
                for (uint32_t i = 0; i < used; i++) CHECK(after[i * out_stride + size] == 0xAB);
            CHECK(after[used * out_stride] == 0xAB);
            test_mesh_free(&mesh);
        }
}

static void errors_leave_outputs(void)
{
    uint32_t indices[3] = { 0, 1, 3 }, remap[3], out[3], used = 0xABABABABu;
    unsigned char pattern[12], row[12];
    memset(pattern, 0xAB, sizeof pattern);
    memset(remap, 0xAB, sizeof remap);
    memset(out, 0xAB, sizeof out);
    memset(row, 0xAB, sizeof row);
    w3d_mesh_view view = { NULL, indices, 3, 3, 0 };
    CHECK(w3d_mesh_vertex_fetch(&view, out, remap, &used) == W3D_ERR_INDEX);
#if !W3D_DEBUG
    CHECK(w3d_mesh_vertex_fetch(NULL, out, remap, &used) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_vertex_fetch(&view, out, NULL, &used) == W3D_ERR_ARGUMENT);
    view.indices = NULL;
    CHECK(w3d_mesh_vertex_fetch(&view, out, remap, &used) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(remap, pattern, 12);
    CHECK_BYTES(out, pattern, 12);
    CHECK(used == 0xABABABABu);
    uint32_t table[3] = { 0, W3D_MESH_VERTEX_FETCH_DROPPED, 2 };
    w3d_mesh_vertex_fetch_rows_desc desc = { table, 3, 2, indices, 4, 0, 0 };
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, row) == W3D_ERR_INDEX);
    table[2] = 0xFFFFFFFEu;
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, row) == W3D_ERR_INDEX);
    table[2] = 1;
#if !W3D_DEBUG
    desc.stride = 3;
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, row) == W3D_ERR_ARGUMENT);
    desc.stride = 0;
    desc.row_size = 0;
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, row) == W3D_ERR_ARGUMENT);
    desc.row_size = 4;
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, NULL) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(row, pattern, 12);
    CHECK(w3d_mesh_vertex_fetch_rows(&desc, row) == W3D_OK);
}

void test_mesh_vertex_fetch(void)
{
    RUN(numbers);
    RUN(rows);
    RUN(errors_leave_outputs);
}
