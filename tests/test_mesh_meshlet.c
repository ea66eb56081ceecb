#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_bounds.h"
#include "mesh/mesh_meshlet.h"

typedef struct cut {
    w3d_meshlets out;
    uint32_t triangles;
} cut;

static void cut_free(cut *c)
{
    free(c->out.meshlets);
    free(c->out.vertices);
    free(c->out.triangles);
}

/* Meshlets in memory of exactly the stated sizes, scratch at an odd address. */
static cut cut_mesh(const w3d_mesh_view *view, const w3d_mesh_meshlet_desc *desc)
{
    cut c;
    uint32_t most = w3d_mesh_meshlet_bound(desc, view->index_count);
    size_t size = w3d_mesh_meshlet_scratch_size(desc, view->vertex_count, view->index_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(block, 0xEE, size + 1);
    memset(&c, 0, sizeof c);
    c.triangles = view->index_count / 3;
    c.out.meshlets = (w3d_meshlet *)malloc((size_t)most * sizeof(w3d_meshlet) + 1);
    c.out.vertices = (uint32_t *)malloc((size_t)view->index_count * 4 + 1);
    c.out.triangles = (uint8_t *)malloc((size_t)view->index_count + 1);
    c.out.meshlet_capacity = most;
    CHECK(w3d_mesh_meshlet_build(view, desc, &c.out, w3d_arena_make(block + 1, size)) == W3D_OK);
    free(block);
    return c;
}

static int compare_rows(const void *a, const void *b) { return memcmp(a, b, 12); }

/* Every triangle once, corners in order, limits kept, no vertex twice in a meshlet. */
static void check_cut(const w3d_mesh_view *view, const w3d_mesh_meshlet_desc *desc, const cut *c)
{
    uint32_t max_vertices = desc->max_vertices ? desc->max_vertices : 64;
    uint32_t max_triangles = desc->max_triangles ? desc->max_triangles : 124;
    uint32_t vertices = 0, triangles = 0;
    uint32_t *rows = (uint32_t *)malloc((size_t)view->index_count * 4 + 4);
    uint32_t *expected = (uint32_t *)malloc((size_t)view->index_count * 4 + 4);
    uint32_t *seen = (uint32_t *)calloc((size_t)view->vertex_count + 1, 4);
    for (uint32_t i = 0; i < c->out.meshlet_count; i++) {
        const w3d_meshlet *m = &c->out.meshlets[i];
        CHECK(m->vertex_offset == vertices && m->triangle_offset == triangles);
        CHECK(m->vertex_count && m->vertex_count <= max_vertices);
        CHECK(m->triangle_count && m->triangle_count <= max_triangles);
        uint32_t next = 0; /* rows are numbered by first use */
        for (uint32_t k = 0; k < m->vertex_count; k++) {
            uint32_t vertex = c->out.vertices[vertices + k];
            CHECK(vertex < view->vertex_count && seen[vertex] != i + 1);
            seen[vertex] = i + 1;
        }
        for (uint32_t k = 0; k < 3 * m->triangle_count; k++) {
            uint32_t row = c->out.triangles[3 * (size_t)triangles + k];
            CHECK(row < m->vertex_count);
            next = row >= next ? row + 1 : next;
            rows[3 * (size_t)triangles + k] = c->out.vertices[vertices + row];
        }
        CHECK(next == m->vertex_count);
        vertices += m->vertex_count;
        triangles += m->triangle_count;
    }
    CHECK(vertices == c->out.vertex_count && triangles == c->triangles);
    memcpy(expected, view->indices, (size_t)view->index_count * 4);
    qsort(rows, triangles, 12, compare_rows);
    qsort(expected, triangles, 12, compare_rows);
    CHECK_BYTES(rows, expected, (size_t)view->index_count * 4);
    free(rows);
    free(expected);
    free(seen);
}

static void check_all(const test_mesh *mesh)
{
    static const uint32_t limits[][2] = { { 0, 0 },     { 3, 1 },     { 4, 2 },  { 64, 64 },
                                          { 128, 256 }, { 256, 512 }, { 256, 3 } };
    w3d_mesh_view view = test_mesh_view(mesh);
    for (uint32_t mode = 0; mode < 2; mode++)
        for (uint32_t i = 0; i < sizeof limits / sizeof *limits; i++) {
            w3d_mesh_meshlet_desc desc = { (w3d_meshlet_mode)mode, limits[i][0], limits[i][1] };
            cut c = cut_mesh(&view, &desc);
            check_cut(&view, &desc, &c);
            cut_free(&c);
        }
}

static void shapes(void)
{
    test_mesh mesh = test_mesh_grid(40, 30, 0.1f);
    check_all(&mesh);
    test_mesh_free(&mesh);
    mesh = test_mesh_sphere(24, 17);
    check_all(&mesh);
    test_mesh_free(&mesh);
    mesh = test_mesh_fan(3000);
    check_all(&mesh);
    test_mesh_free(&mesh);
    for (uint32_t round = 0; round < 6; round++) { /* all ways of being non-manifold */
        mesh = test_mesh_soup(3 + test_random_below(300), test_random_below(700));
        check_all(&mesh);
        test_mesh_free(&mesh);
    }
    mesh = test_mesh_soup(1, 50); /* one point over and over */
    check_all(&mesh);
    test_mesh_free(&mesh);
}

static void odd_coordinates(void)
{
    test_mesh mesh = test_mesh_grid(20, 20, 0.3f);
    static const float odd[] = { NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e-45f, 0.0f };
    for (uint32_t i = 0; i < mesh.vertex_count; i += 5)
        mesh.positions[3 * i + test_random_below(3)] = odd[test_random_below(7)];
    check_all(&mesh);
    for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
        mesh.positions[i] = odd[test_random_below(7)];
    check_all(&mesh);
    for (uint32_t i = 0; i < mesh.vertex_count * 3; i++) mesh.positions[i] = NAN;
    check_all(&mesh);
    for (uint32_t i = 0; i < mesh.vertex_count * 3; i++)
        mesh.positions[i] = (float)test_random_below(9) * 1e-45f;
    check_all(&mesh);
    test_mesh_free(&mesh);
}

/* Sum of squared radii: what culling pays for. */
static double squares(const w3d_mesh_view *view, const cut *c)
{
    double sum = 0;
    for (uint32_t i = 0; i < c->out.meshlet_count; i++) {
        float points[256 * 3];
        const w3d_meshlet *m = &c->out.meshlets[i];
        for (uint32_t k = 0; k < m->vertex_count; k++)
            memcpy(points + 3 * k, w3d_mesh_position(view, c->out.vertices[m->vertex_offset + k]),
                   12);
        w3d_mesh_view part = { points, NULL, m->vertex_count, 0, 0 };
        w3d_sphere sphere;
        CHECK(w3d_mesh_bounds_sphere(&part, NULL, &sphere) == W3D_OK);
        sum += (double)sphere.radius * (double)sphere.radius;
    }
    return sum;
}

/* A height field cut in square patches of 7 x 7 cells: 64 vertices, 98 triangles; ours must come
 * near that count and radius. */
static void quality(void)
{
    test_mesh mesh = test_mesh_grid(140, 140, 0.001f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_meshlet_desc desc = { W3D_MESHLET_QUALITY, 0, 0 };
    cut c = cut_mesh(&view, &desc);
    double patches = 400.0, each = 2.0 * (3.5 / 140.0) * (3.5 / 140.0);
    CHECK_MESSAGE(c.out.meshlet_count < 1.12 * patches, "%u meshlets", c.out.meshlet_count);
    CHECK_MESSAGE(squares(&view, &c) < 1.3 * patches * each, "%g of %g", squares(&view, &c),
                  patches * each);
    cut_free(&c);
    /* The order of the triangles must not matter much. */
    for (uint32_t i = mesh.index_count / 3; i > 1; i--) {
        uint32_t k = test_random_below(i), row[3];
        memcpy(row, mesh.indices + 3 * k, 12);
        memcpy(mesh.indices + 3 * k, mesh.indices + 3 * (i - 1), 12);
        memcpy(mesh.indices + 3 * (i - 1), row, 12);
    }
    c = cut_mesh(&view, &desc);
    CHECK(c.out.meshlet_count < 1.12 * patches && squares(&view, &c) < 1.3 * patches * each);
    cut_free(&c);
    test_mesh_free(&mesh);
}

static uint64_t hash_of(const cut *c)
{
    uint64_t hash = w3d_hash_bytes(c->out.meshlets, c->out.meshlet_count * sizeof(w3d_meshlet), 1);
    hash = w3d_hash_bytes(c->out.vertices, (size_t)c->out.vertex_count * 4, hash);
    return w3d_hash_bytes(c->out.triangles, (size_t)c->triangles * 3, hash);
}

static void scales(void)
{
    static const float factors[] = { 1.0f / 16384.0f, 16384.0f, 7.888609e-31f, 1.2676506e30f };
    test_mesh mesh = test_mesh_grid(60, 50, 0.1f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_meshlet_desc desc = { W3D_MESHLET_QUALITY, 0, 0 };
    cut c = cut_mesh(&view, &desc);
    uint64_t hash = hash_of(&c);
    uint32_t count = c.out.meshlet_count;
    cut_free(&c);
    for (uint32_t i = 0; i < 4; i++) {
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, factors[i]);
        view = test_mesh_view(&scaled);
        c = cut_mesh(&view, &desc);
        CHECK_MESSAGE(hash_of(&c) == hash, "factor %g", (double)factors[i]);
        cut_free(&c);
        test_mesh_free(&scaled);
    }
    for (uint32_t i = 0; i < 2; i++) { /* rounding moves points a little */
        test_mesh scaled = test_mesh_copy(&mesh);
        test_mesh_scale(&scaled, i ? 1e4f : 1e-4f);
        view = test_mesh_view(&scaled);
        c = cut_mesh(&view, &desc);
        CHECK(c.out.meshlet_count <= count + count / 16 &&
              count <= c.out.meshlet_count + count / 16);
        cut_free(&c);
        test_mesh_free(&scaled);
    }
    test_mesh_free(&mesh);
}

/* The same on every target. */
static void same_bits(void)
{
    test.random = 7;
    test_mesh mesh = test_mesh_grid(50, 41, 0.2f);
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_meshlet_desc desc = { W3D_MESHLET_QUALITY, 0, 0 };
    cut c = cut_mesh(&view, &desc);
    uint64_t hash = hash_of(&c), expected = 0xA14F437791D716B5u;
    CHECK_MESSAGE(hash == expected, "0x%016llX", (unsigned long long)hash);
    cut_free(&c);
    test_mesh_free(&mesh);
}

static void refusals(void)
{
    float positions[9] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
    uint32_t indices[3] = { 0, 1, 3 }, vertices[3] = { 7, 7, 7 };
    uint8_t triangles[3];
    static unsigned char block[200000];
    w3d_meshlet meshlets[1];
    w3d_mesh_view view = { positions, indices, 3, 3, 0 };
    w3d_meshlets out = { meshlets, vertices, triangles, 1, 9, 9 };
    w3d_mesh_meshlet_desc desc = { W3D_MESHLET_QUALITY, 0, 0 };
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    CHECK(w3d_mesh_meshlet_build(&view, &desc, &out, scratch) == W3D_ERR_INDEX);
    indices[2] = 2;
    CHECK(w3d_mesh_meshlet_build(&view, &desc, &out, w3d_arena_make(block, 100)) ==
          W3D_ERR_CAPACITY);
    out.meshlet_capacity = 0;
    CHECK(w3d_mesh_meshlet_build(&view, &desc, &out, scratch) == W3D_ERR_CAPACITY);
    out.meshlet_capacity = 1;
    static const uint32_t bad[][2] = { { 2, 0 }, { 257, 0 }, { 0, 513 } };
    for (uint32_t i = 0; i < 3; i++) {
        w3d_mesh_meshlet_desc wrong = { W3D_MESHLET_QUALITY, bad[i][0], bad[i][1] };
        CHECK(w3d_mesh_meshlet_build(&view, &wrong, &out, scratch) == W3D_ERR_ARGUMENT);
        CHECK(w3d_mesh_meshlet_bound(&wrong, 3) == 0);
    }
    CHECK(w3d_mesh_meshlet_build(&view, NULL, NULL, scratch) == W3D_ERR_ARGUMENT);
    view.index_count = 2;
    CHECK(w3d_mesh_meshlet_build(&view, NULL, &out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(out.meshlet_count == 9 && out.vertex_count == 9 && vertices[0] == 7);
    view.index_count = 3;
    CHECK(w3d_mesh_meshlet_build(&view, NULL, &out, scratch) == W3D_OK);
    CHECK(out.meshlet_count == 1 && out.vertex_count == 3);
    view.index_count = 0;
    CHECK(w3d_mesh_meshlet_build(&view, NULL, &out, scratch) == W3D_OK && out.meshlet_count == 0);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    w3d_mesh_view view = test_mesh_view(&mesh);
    w3d_mesh_meshlet_desc desc = { W3D_MESHLET_QUALITY, 0, 0 };
    cut c = cut_mesh(&view, &desc);
    check_cut(&view, &desc, &c);
    CHECK_MESSAGE(c.out.meshlet_count < 125, "%u meshlets", c.out.meshlet_count);
    cut_free(&c);
    test_mesh_free(&mesh);
}

void test_mesh_meshlet(void);
void test_mesh_meshlet(void)
{
    RUN(shapes);
    RUN(odd_coordinates);
    RUN(quality);
    RUN(scales);
    RUN(same_bits);
    RUN(refusals);
    RUN(dragon);
}
