#include "meshes.h"

#include "mesh/mesh_meshlet.h"
#include "mesh/mesh_meshlet_codec.h"

/* There and back, in memory of exactly the needed size. Gives the bytes. */
static size_t check_there_and_back(const w3d_meshlet_source *source)
{
    size_t most = w3d_mesh_meshlet_encode_bound(source->vertex_count, source->triangle_count);
    size_t size = 0;
    unsigned char *block = (unsigned char *)malloc(most);
    CHECK(w3d_mesh_meshlet_encode(source, block, most, &size) == W3D_OK && size <= most);
    unsigned char *exact = (unsigned char *)malloc(size);
    memcpy(exact, block, size);
    w3d_meshlet_counts counts = { source->vertex_count, source->triangle_count };
    uint32_t *vertices = (uint32_t *)malloc((size_t)counts.vertex_count * 4);
    uint8_t *triangles = (uint8_t *)malloc((size_t)counts.triangle_count * 3 + 1);
    CHECK(w3d_mesh_meshlet_decode(exact, size, vertices, triangles, &counts) == W3D_OK);
    CHECK(counts.vertex_count == source->vertex_count);
    CHECK(counts.triangle_count == source->triangle_count);
    CHECK_BYTES(vertices, source->vertices, source->vertex_count * 4);
    for (uint32_t t = 0; t < counts.triangle_count; t++) {
        const uint8_t *a = triangles + 3 * t, *b = source->triangles + 3 * t;
        int same = 0;
        for (int turn = 0; turn < 3; turn++)
            same |= a[0] == b[turn] && a[1] == b[(turn + 1) % 3] && a[2] == b[(turn + 2) % 3];
        CHECK_MESSAGE(same, "triangle %u: %u %u %u", t, a[0], a[1], a[2]);
    }
    for (size_t cut = 0; cut < size; cut++) { /* every shorter one is refused */
        unsigned char *less = (unsigned char *)malloc(cut + 1);
        w3d_meshlet_counts room = { source->vertex_count, source->triangle_count };
        memcpy(less, exact, cut);
        CHECK(w3d_mesh_meshlet_decode(less, cut, vertices, triangles, &room) != W3D_OK);
        free(less);
        if (size > 300) cut += 17;
    }
    free(block);
    free(exact);
    free(vertices);
    free(triangles);
    return size;
}

static void random_meshlets(void)
{
    uint32_t vertices[256];
    uint8_t triangles[512 * 3];
    for (uint32_t round = 0; round < 200; round++) {
        w3d_meshlet_source source = { vertices, triangles, 1 + test_random_below(256),
                                      test_random_below(513) };
        for (uint32_t i = 0; i < source.vertex_count; i++)
            vertices[i] = (uint32_t)test_random() >> test_random_below(32);
        for (uint32_t i = 0; i < 3 * source.triangle_count; i++)
            triangles[i] = (uint8_t)test_random_below(source.vertex_count);
        check_there_and_back(&source);
    }
    uint32_t wide[3] = { 0xFFFFFFFFu, 0, 0x80000000u };
    uint8_t one[3] = { 0, 1, 2 };
    w3d_meshlet_source source = { wide, one, 3, 1 };
    check_there_and_back(&source);
}

static void real_meshlets(void)
{
    test_mesh mesh = test_mesh_grid(60, 60, 0.1f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    size_t size = w3d_mesh_meshlet_scratch_size(NULL, view.vertex_count, view.index_count);
    uint32_t most = w3d_mesh_meshlet_bound(NULL, view.index_count);
    void *block = malloc(size);
    w3d_meshlets out = { (w3d_meshlet *)malloc(most * sizeof(w3d_meshlet)),
                         (uint32_t *)malloc(view.index_count * 4),
                         (uint8_t *)malloc(view.index_count),
                         most,
                         0,
                         0 };
    CHECK(w3d_mesh_meshlet_build(&view, NULL, &out, w3d_arena_make(block, size)) == W3D_OK);
    size_t total = 0;
    for (uint32_t i = 0; i < out.meshlet_count; i++) {
        const w3d_meshlet *m = &out.meshlets[i];
        w3d_meshlet_source source = { out.vertices + m->vertex_offset,
                                      out.triangles + 3 * (size_t)m->triangle_offset,
                                      m->vertex_count, m->triangle_count };
        total += check_there_and_back(&source);
    }
    /* A byte a triangle and some two a vertex. */
    CHECK_MESSAGE(total < view.index_count / 3 * 13 / 10 + out.vertex_count * 2, "%zu bytes",
                  total);
    free(block);
    free(out.meshlets);
    free(out.vertices);
    free(out.triangles);
    test_mesh_free(&mesh);
}

/* Any bytes: no crash, and rows below the vertices where it is taken. */
static void hostile(void)
{
    uint32_t vertices[256], taken = 0;
    uint8_t triangles[512 * 3];
    for (uint32_t round = 0; round < 60000; round++) {
        unsigned char bytes[64];
        uint32_t count = test_random_below(64), triangle_count = test_random_below(5);
        for (uint32_t i = 0; i < count; i++)
            bytes[i] =
                (unsigned char)(test_random_below(4) ? test_random() : test_random_below(2) * 240);
        if (count > 4) {
            bytes[0] = (unsigned char)test_random_below(6);
            bytes[1] = bytes[3] = 0;
            bytes[2] = (unsigned char)triangle_count;
        }
        unsigned char *exact = (unsigned char *)malloc(count + 1);
        memcpy(exact, bytes, count);
        w3d_meshlet_counts counts = { 256, 512 };
        if (w3d_mesh_meshlet_decode(exact, count, vertices, triangles, &counts) == W3D_OK) {
            taken++;
            for (uint32_t i = 0; i < 3 * counts.triangle_count; i++)
                CHECK(triangles[i] < counts.vertex_count);
        }
        free(exact);
    }
    CHECK(taken > 20);
}

static void refusals(void)
{
    uint32_t vertices[4] = { 5, 6, 7, 8 }, back[4];
    uint8_t triangles[6] = { 0, 1, 2, 2, 1, 4 }, rows[6];
    unsigned char block[64];
    size_t size = 77;
    w3d_meshlet_source source = { vertices, triangles, 4, 2 };
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_ERR_INDEX);
    triangles[5] = 3;
    size_t bound = w3d_mesh_meshlet_encode_bound(4, 2);
    CHECK(w3d_mesh_meshlet_encode(&source, block, bound - 1, &size) == W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_meshlet_encode(&source, NULL, 64, &size) == W3D_ERR_ARGUMENT);
    source.vertex_count = 0;
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_ERR_ARGUMENT);
    source.vertex_count = 257;
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_ERR_ARGUMENT && size == 77);
    source.vertex_count = 4;
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_OK && size == 11);
    w3d_meshlet_counts counts = { 3, 2 };
    CHECK(w3d_mesh_meshlet_decode(block, size, back, rows, &counts) == W3D_ERR_CAPACITY);
    CHECK(counts.vertex_count == 3);
    counts.vertex_count = 4;
    CHECK(w3d_mesh_meshlet_decode(block, size + 1, back, rows, &counts) == W3D_ERR_FORMAT);
    for (size_t cut = 0; cut < size; cut++) { /* whatever is missing, it is said to be that */
        unsigned char *part = (unsigned char *)malloc(cut ? cut : 1);
        memcpy(part, block, cut);
        CHECK(w3d_mesh_meshlet_decode(part, cut, back, rows, &counts) == W3D_ERR_TRUNCATED);
        free(part);
    }
    vertices[1] = 100000; /* a vertex of three bytes, and one of them left out */
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_OK && size == 15);
    CHECK(w3d_mesh_meshlet_decode(block, size - 1, back, rows, &counts) == W3D_ERR_TRUNCATED);
    vertices[1] = 6;
    CHECK(w3d_mesh_meshlet_encode(&source, block, 64, &size) == W3D_OK && size == 11);
    CHECK(w3d_mesh_meshlet_decode(NULL, size, back, rows, &counts) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_meshlet_decode(block, size, back, rows, NULL) == W3D_ERR_ARGUMENT);
    block[1] = 1;
    CHECK(w3d_mesh_meshlet_decode(block, size, back, rows, &counts) == W3D_ERR_FORMAT);
    block[1] = 0;
    block[5] = 0x30; /* an edge that is not there yet would be edge 3 */
    CHECK(w3d_mesh_meshlet_decode(block, size, back, rows, &counts) == W3D_ERR_FORMAT);
}

void test_mesh_meshlet_codec(void);
void test_mesh_meshlet_codec(void)
{
    RUN(random_meshlets);
    RUN(real_meshlets);
    RUN(hostile);
    RUN(refusals);
}
