#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_weld.h"
#include "reference/reference_mesh.h"

/* Runs the kernel with scratch of exactly the stated size, at an odd address. */
static w3d_result weld(const w3d_mesh_weld_desc *desc, uint32_t *remap, uint32_t *unique_count)
{
    size_t size = w3d_mesh_weld_scratch_size(desc->vertex_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(block, 0xEE, size + 1);
    w3d_result result = w3d_mesh_weld(desc, remap, unique_count, w3d_arena_make(block + 1, size));
    free(block);
    return result;
}

static w3d_mesh_attribute floats(const void *data, uint32_t count, uint32_t stride, float tolerance)
{
    w3d_mesh_attribute attribute = { data, count * 4, stride, W3D_ATTRIBUTE_FLOATS, tolerance };
    return attribute;
}

/* The same table as from comparing everything with everything. */
static void check_weld(const w3d_mesh_weld_desc *desc)
{
    uint32_t *remap = (uint32_t *)malloc((size_t)desc->vertex_count * 4 + 4);
    uint32_t *expected = (uint32_t *)malloc((size_t)desc->vertex_count * 4 + 4);
    uint32_t unique = 77, expected_unique = reference_mesh_weld(desc, expected);
    CHECK(weld(desc, remap, &unique) == W3D_OK);
    CHECK_MESSAGE(unique == expected_unique, "%u unique, expected %u", unique, expected_unique);
    CHECK_BYTES(remap, expected, (size_t)desc->vertex_count * 4);
    free(remap);
    free(expected);
}

static void equal_rows(void)
{
    for (uint32_t count = 0; count < 300; count += 1 + count / 10) {
        float position[300][3], uv[300][4];
        uint8_t colour[300][5];
        for (uint32_t i = 0; i < 300; i++) {
            for (uint32_t k = 0; k < 3; k++) position[i][k] = (float)test_random_below(4) - 2.0f;
            for (uint32_t k = 0; k < 4; k++) uv[i][k] = k < 2 ? (float)test_random_below(2) : NAN;
            for (uint32_t k = 0; k < 5; k++)
                colour[i][k] = k < 3 ? (uint8_t)test_random_below(2) : (uint8_t)i;
        }
        w3d_mesh_attribute attributes[3] = { floats(position, 3, 0, 0.0f),
                                             floats(uv, 2, 16, 0.0f),
                                             { colour, 3, 5, W3D_ATTRIBUTE_BYTES, 0.0f } };
        for (uint32_t used = 1; used <= 3; used++) {
            w3d_mesh_weld_desc desc = { attributes, used, count, NULL, 0 };
            check_weld(&desc);
        }
    }
}

static void zeros_and_nans(void)
{
    float nan = w3d_f32_from_bits(0x7FC00000u), other_nan = w3d_f32_from_bits(0xFFC00001u);
    float value[8] = { 0.0f, -0.0f, nan, nan, other_nan, INFINITY, -INFINITY, INFINITY };
    uint32_t expected[8] = { 0, 0, 1, 1, 2, 3, 4, 3 }, bytes[8] = { 0, 1, 2, 2, 3, 4, 5, 4 };
    uint32_t alone[8] = { 0, 0, 1, 2, 3, 4, 5, 6 }, remap[8], unique;
    w3d_mesh_attribute attribute = floats(value, 1, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, 8, NULL, 0 };
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == 5);
    CHECK_BYTES(remap, expected, sizeof remap);
    attribute.kind = W3D_ATTRIBUTE_BYTES;
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == 6);
    CHECK_BYTES(remap, bytes, sizeof remap);
    attribute = floats(value, 1, 0, 1.0f);
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == 7);
    CHECK_BYTES(remap, alone, sizeof remap);
}

static void within_tolerance(void)
{
    const float tolerances[] = { 1e-30f, 1e-3f, 0.02f, 0.1f, 0.5f, 5.0f, 1e30f };
    for (uint32_t t = 0; t < 7; t++)
        for (uint32_t scale = 0; scale < 5; scale++) {
            const float factors[] = { 1.0f, 1e-4f, 1e4f, 1e-30f, 1e25f };
            test_mesh mesh = test_mesh_soup(400, 1);
            float normal[400][3];
            if (tolerances[t] * factors[scale] == 0.0f || isinf(tolerances[t] * factors[scale])) {
                test_mesh_free(&mesh);
                continue;
            }
            for (uint32_t i = 0; i < 400; i++) {
                if (i % 3 == 0) /* a near or exact copy of an earlier one */
                    for (uint32_t k = 0; k < 3; k++)
                        mesh.positions[3 * i + k] =
                            mesh.positions[3 * test_random_below(i + 1) + k] +
                            tolerances[t % 5] * test_random_float(-1.0f, 1.0f);
                for (uint32_t k = 0; k < 3; k++) normal[i][k] = (float)test_random_below(3) * 0.01f;
            }
            test_mesh_scale(&mesh, factors[scale]);
            w3d_mesh_attribute attributes[2] = { floats(mesh.positions, 3, 0,
                                                        tolerances[t] * factors[scale]),
                                                 floats(normal, 3, 0, 0.0f) };
            w3d_mesh_weld_desc desc = { attributes, 1, 400, NULL, 0 };
            check_weld(&desc);
            desc.attribute_count = 2;
            check_weld(&desc);
            attributes[1].tolerance = 0.015f;
            check_weld(&desc);
            attributes[0].tolerance = 0.0f; /* no grid: equal positions, near normals */
            check_weld(&desc);
            test_mesh_free(&mesh);
        }
}

/* Points on the very borders of cells and of the reach, negative and positive, where rounding in
 * the search for cells could lose a match. */
static void borders_of_cells(void)
{
    for (uint32_t dimensions = 1; dimensions <= 4; dimensions++)
        for (uint32_t round = 0; round < 20; round++) {
            float tolerance = round % 2 ? 0.25f : test_random_float(0.01f, 1.0f);
            float rows[300][4];
            for (uint32_t i = 0; i < 300; i++)
                for (uint32_t k = 0; k < 4; k++) {
                    float at = ((float)test_random_below(40) - 20.0f) * tolerance;
                    uint32_t step = test_random_below(3);
                    rows[i][k] = step == 0 ? at : nextafterf(at, step == 1 ? 1e9f : -1e9f);
                }
            w3d_mesh_attribute attribute = floats(rows, dimensions, 16, tolerance);
            w3d_mesh_weld_desc desc = { &attribute, 1, 300, NULL, 0 };
            check_weld(&desc);
        }
}

static void not_transitive(void)
{
    float x[5] = { 0.0f, 0.75f, 1.5f, 2.25f, -1.0f };
    uint32_t expected[5] = { 0, 0, 1, 1, 0 }, remap[5], unique;
    w3d_mesh_attribute attribute = floats(x, 1, 0, 1.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, 5, NULL, 0 };
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == 2);
    CHECK_BYTES(remap, expected, sizeof remap);
}

static void only_what_is_named(void)
{
    for (uint32_t round = 0; round < 50; round++) {
        test_mesh mesh = test_mesh_soup(60, 1 + round);
        for (uint32_t i = 0; i < 180; i++) mesh.positions[i] = floorf(mesh.positions[i] * 1.5f);
        w3d_mesh_attribute attribute = floats(mesh.positions, 3, 0, round % 2 ? 0.1f : 0.0f);
        w3d_mesh_weld_desc desc = { &attribute, 1, 60, mesh.indices, mesh.index_count };
        check_weld(&desc);
        test_mesh_free(&mesh);
    }
}

/* The whole job: a sphere with seam and poles becomes closed, arrays shrink in place. */
static void sphere_becomes_closed(void)
{
    test_mesh mesh = test_mesh_sphere(16, 8), before = test_mesh_copy(&mesh);
    w3d_mesh_attribute attribute = floats(mesh.positions, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, mesh.vertex_count, NULL, 0 };
    uint32_t remap[17 * 9], unique, count;
    CHECK(weld(&desc, remap, &unique) == W3D_OK);
    CHECK(unique == 16 * 7 + 2);
    w3d_mesh_weld_indices_desc rename = { remap, mesh.vertex_count, mesh.indices, mesh.index_count,
                                          1 };
    CHECK(w3d_mesh_weld_indices(&rename, mesh.indices, &count) == W3D_OK);
    CHECK(count == (16 * 6 * 2 + 32) * 3);
    w3d_mesh_weld_attribute_desc compact = { remap, mesh.vertex_count, unique, attribute, 0 };
    CHECK(w3d_mesh_weld_attribute(&compact, mesh.positions) == W3D_OK);
    for (uint32_t i = 0; i < mesh.vertex_count; i++)
        for (uint32_t k = 0; k < 3; k++)
            CHECK(mesh.positions[3 * remap[i] + k] == before.positions[3 * i + k]);
    /* Closed: every edge is there once in each direction. */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t a = mesh.indices[i], b = mesh.indices[i / 3 * 3 + (i + 1) % 3], found = 0;
        for (uint32_t k = 0; k < count; k++)
            found += mesh.indices[k] == b && mesh.indices[k / 3 * 3 + (k + 1) % 3] == a;
        CHECK(found == 1);
    }
    rename.indices = before.indices; /* all triangles kept, into another array */
    rename.drop_degenerate = 0;
    uint32_t *all = (uint32_t *)malloc((size_t)before.index_count * 4);
    CHECK(w3d_mesh_weld_indices(&rename, all, &count) == W3D_OK && count == before.index_count);
    for (uint32_t i = 0; i < count; i++) CHECK(all[i] == remap[before.indices[i]]);
    float wide[(16 * 7 + 2) * 5];
    memset(wide, 0xAB, sizeof wide);
    compact.attribute.data = before.positions;
    compact.out_stride = 20;
    CHECK(w3d_mesh_weld_attribute(&compact, wide) == W3D_OK);
    for (uint32_t i = 0; i < unique; i++) {
        CHECK_BYTES(wide + 5 * i, mesh.positions + 3 * i, 12);
        CHECK(w3d_bits_f32(wide[5 * i + 3]) == 0xABABABABu);
    }
    free(all);
    test_mesh_free(&mesh);
    test_mesh_free(&before);
}

/* Everything the same, and everything in one cell of the grid. */
static void crowded(void)
{
    uint32_t count = 20000;
    test_mesh mesh = test_mesh_make(count, 0);
    uint32_t *remap = (uint32_t *)malloc(count * 4), unique;
    w3d_mesh_attribute attribute = floats(mesh.positions, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, count, NULL, 0 };
    for (uint32_t i = 0; i < count; i++) test_mesh_point(&mesh, i, 1.0f, 2.0f, 3.0f);
    for (int round = 0; round < 3; round++) {
        CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == 1);
        for (uint32_t i = 0; i < count; i++) CHECK(remap[i] == 0);
        attribute.tolerance = round ? FLT_MAX : 0.5f;
        if (round)
            for (uint32_t i = 0; i < 3 * count; i++)
                mesh.positions[i] = test_random_float(-1.0f, 1.0f);
    }
    for (uint32_t i = 0; i < count; i++) test_mesh_point(&mesh, i, NAN, 0.0f, (float)i);
    attribute.tolerance = 1e-3f;
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == count);
    free(remap);
    test_mesh_free(&mesh);
}

/* Enough distinct rows for the table to grow several times, in all ways rows are looked at; numbers
 * are known from how the rows were made. */
static void growth(void)
{
    enum { COUNT = 20000, DISTINCT = 12000 };
    float *rows = (float *)malloc(COUNT * 16);
    uint32_t *remap = (uint32_t *)malloc(COUNT * 4), *first = (uint32_t *)malloc(DISTINCT * 4);
    uint32_t *ids = (uint32_t *)malloc(COUNT * 4), *indices = (uint32_t *)malloc(COUNT * 4);
    for (int round = 0; round < 5; round++) {
        uint32_t next = 0, unique = 0, used = 0;
        uint32_t width = round == 1 ? 4 : 3; /* round 1: a row's fourth float is not looked at */
        memset(first, 0xFF, DISTINCT * 4);
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t id = round == 4 ? i % DISTINCT : test_random_below(DISTINCT);
            float *row = rows + (size_t)i * width;
            ids[i] = id;
            row[0] = (float)(id % 31) - 15.0f;
            row[1] = (float)(id / 31 % 32);
            row[2] = (float)(id / 992);
            if (row[0] == 0.0f && i % 2) row[0] = -0.0f;
            if (width == 4) row[3] = (float)i;
            if (round != 2 || i % 3) indices[used++] = i;
        }
        w3d_mesh_attribute attributes[2] = { floats(rows, 3, width * 4, 0.0f),
                                             floats(rows, 3, width * 4, 0.0f) };
        w3d_mesh_weld_desc desc = { attributes, round == 3 ? 2u : 1u, COUNT, NULL, 0 };
        if (round == 2) desc.indices = indices, desc.index_count = used;
        if (round == 4) attributes[0].tolerance = 0.25f;
        CHECK(weld(&desc, remap, &unique) == W3D_OK);
        uint32_t wrong = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            if (round == 2 && i % 3 == 0) {
                wrong += remap[i] != W3D_MESH_WELD_DROPPED;
                continue;
            }
            if (first[ids[i]] == 0xFFFFFFFFu) first[ids[i]] = next++;
            wrong += remap[i] != first[ids[i]];
        }
        CHECK_MESSAGE(wrong == 0 && unique == next, "round %d: %u wrong, %u numbers, %u expected",
                      round, wrong, unique, next);
    }
    free(rows), free(remap), free(first), free(ids), free(indices);
}

static void errors_leave_outputs(void)
{
    float position[30] = { 0 };
    uint32_t remap[10], index[3] = { 0, 1, 10 }, unique = 0xABABABABu, out[3];
    unsigned char pattern[sizeof remap], block[1024];
    memset(remap, 0xAB, sizeof remap);
    memset(out, 0xAB, sizeof out);
    memset(pattern, 0xAB, sizeof pattern);
    w3d_mesh_attribute attribute = floats(position, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, 10, index, 3 };
    size_t size = w3d_mesh_weld_scratch_size(10);
    CHECK(size <= sizeof block - 4);
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_INDEX);
    desc.indices = NULL;
    desc.index_count = 0;
    for (size_t shift = 0; shift < 4; shift++)
        CHECK(w3d_mesh_weld(&desc, remap, &unique, w3d_arena_make(block + shift, size - 1)) ==
              W3D_ERR_CAPACITY);
    CHECK(w3d_mesh_weld(&desc, remap, &unique, w3d_arena_make(NULL, 0)) == W3D_ERR_CAPACITY);
    uint32_t table[4] = { 0, 1, W3D_MESH_WELD_DROPPED, 0 };
    w3d_mesh_weld_indices_desc rename = { table, 4, index, 3, 1 };
    CHECK(w3d_mesh_weld_indices(&rename, out, &unique) == W3D_ERR_INDEX); /* 10 of 4 */
    index[2] = 2;
    CHECK(w3d_mesh_weld_indices(&rename, out, &unique) == W3D_ERR_INDEX); /* dropped */
    w3d_mesh_weld_attribute_desc compact = { table, 4, 3, attribute, 0 };
    CHECK(w3d_mesh_weld_attribute(&compact, remap) == W3D_ERR_FORMAT); /* two numbers only */
    table[1] = 2;
    CHECK(w3d_mesh_weld_attribute(&compact, remap) == W3D_ERR_FORMAT); /* 1 is missing */
#if !W3D_DEBUG
    const float bad[] = { -1.0f, NAN, INFINITY };
    for (int i = 0; i < 3; i++) {
        attribute.tolerance = bad[i];
        CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    }
    attribute = floats(position, 3, 0, 0.1f);
    attribute.kind = W3D_ATTRIBUTE_BYTES;
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    attribute = floats(position, 3, 8, 0.0f);
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    attribute = floats(position, 3, 0, 0.0f);
    attribute.size = 10;
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    attribute = floats(NULL, 3, 0, 0.0f);
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    desc.attribute_count = 17;
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    desc.attribute_count = 0;
    CHECK(weld(&desc, remap, &unique) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_weld_indices(NULL, out, &unique) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_weld_attribute(&compact, NULL) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(remap, pattern, sizeof remap);
    CHECK_BYTES(out, pattern, sizeof out);
    CHECK(unique == 0xABABABABu);
    CHECK(w3d_mesh_weld_scratch_size(0xFFFFFFFFu) > 0xFFFFFFFEu);
}

static void determinism(void)
{
    uint64_t hash = 0;
    for (uint32_t round = 0; round < 20; round++) {
        uint32_t remap[500], unique;
        test_mesh mesh = test_mesh_soup(500, 1);
        w3d_mesh_attribute attribute = floats(mesh.positions, 3, 0, 0.01f * (float)round);
        w3d_mesh_weld_desc desc = { &attribute, 1, 500, NULL, 0 };
        CHECK(weld(&desc, remap, &unique) == W3D_OK);
        hash = w3d_hash_bytes(remap, sizeof remap, hash + unique);
        test_mesh_free(&mesh);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0xFD50C8E8F378D4C7u, "hash 0x%016llX", (unsigned long long)hash);
}

/* Every corner of the dragon as a vertex of its own: as many are left as there were. */
static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(3, &mesh)) return;
    w3d_mesh_attribute own = floats(mesh.positions, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &own, 1, mesh.vertex_count, mesh.indices, mesh.index_count };
    uint32_t *remap = (uint32_t *)malloc((size_t)mesh.index_count * 4), unique, again;
    float *corners = (float *)malloc((size_t)mesh.index_count * 12);
    CHECK(weld(&desc, remap, &unique) == W3D_OK);
    for (uint32_t i = 0; i < mesh.index_count; i++)
        memcpy(corners + 3 * (size_t)i, mesh.positions + 3 * (size_t)mesh.indices[i], 12);
    w3d_mesh_attribute loose = floats(corners, 3, 0, 0.0f);
    desc.attributes = &loose;
    desc.vertex_count = mesh.index_count;
    desc.indices = NULL;
    desc.index_count = 0;
    CHECK(weld(&desc, remap, &again) == W3D_OK);
    CHECK_MESSAGE(again == unique, "%u, expected %u", again, unique);
    loose.tolerance = 1e-9f;
    CHECK(weld(&desc, remap, &again) == W3D_OK);
    CHECK_MESSAGE(again <= unique && again > unique / 2, "%u of %u", again, unique);
    free(remap);
    free(corners);
    test_mesh_free(&mesh);
}

/* Finite rows made so that their hashes would be equal: the table must not become a list, in which
 * these would take minutes. The factor is the first of mesh_weld.c, turned around. */
static void made_to_collide(void)
{
    uint32_t count = 200000, half = count / 2, made = 0, unique = 0;
    uint64_t inverse = 1;
    for (int i = 0; i < 6; i++) inverse *= 2 - 0xD6E8FEB86659FD93u * inverse;
    uint32_t *rows = (uint32_t *)malloc((size_t)count * 12);
    uint32_t *remap = (uint32_t *)malloc((size_t)count * 4);
    uint32_t *indices = (uint32_t *)malloc((size_t)half * 4);
    for (uint32_t last = 0x30000000u; made < half; last++) {
        uint64_t low = inverse * (UINT64_C(0x1234567890ABCDEF) ^ last);
        uint32_t row[3] = { (uint32_t)low, (uint32_t)(low >> 32), last };
        if ((row[0] >> 23 & 255) == 255 || (row[1] >> 23 & 255) == 255) continue;
        memcpy(rows + 3 * (size_t)made++, row, 12);
    }
    memcpy(rows + 3 * (size_t)half, rows, (size_t)half * 12);
    w3d_mesh_attribute attribute = floats(rows, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, count, NULL, 0 };
    CHECK(weld(&desc, remap, &unique) == W3D_OK);
    CHECK_MESSAGE(unique == half, "%u of %u", unique, half);
    int in_order = 1;
    for (uint32_t i = 0; i < count; i++) in_order &= remap[i] == i % half;
    CHECK(in_order);

    /* every other vertex is named */
    for (uint32_t i = 0; i < half; i++) indices[i] = 2 * i + 1;
    desc.indices = indices;
    desc.index_count = half;
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == half / 2);
    for (uint32_t i = 0; i < count; i++)
        in_order &= remap[i] == (i % 2 ? i % half / 2 : W3D_MESH_WELD_DROPPED);
    CHECK(in_order);
    free(rows);
    free(remap);
    free(indices);
}

/* A seed made of all rows can be foretold: the last row here was made so that it is `target`, for
 * which half of the others collide, after the rest, which collide without one. */
static uint64_t undo_shift(uint64_t x, int by)
{
    uint64_t back = x;
    for (int i = by; i < 64; i += by) back = x ^ back >> by;
    return back;
}

static uint64_t inverse_of(uint64_t odd)
{
    uint64_t inverse = 1;
    for (int i = 0; i < 6; i++) inverse *= 2 - odd * inverse;
    return inverse;
}

static void put_row(uint32_t *rows, uint32_t at, uint64_t low, uint32_t last)
{
    uint32_t row[3] = { (uint32_t)low, (uint32_t)(low >> 32), last };
    memcpy(rows + 3 * (size_t)at, row, 12);
}

static void made_to_collide_with_a_seed(void)
{
    const uint64_t first = 0xD6E8FEB86659FD93u, second = 0x9E3779B97F4A7C15u;
    const uint64_t target = 0x1234567890ABCDE1u;
    uint32_t count = 200000, unique = 0;
    uint32_t *rows = (uint32_t *)malloc((size_t)count * 12);
    uint32_t *remap = (uint32_t *)malloc((size_t)count * 4);
    uint64_t seed = count, wanted;
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint64_t begin = i < count / 2 ? 0 : target;
        uint32_t last = 0x30000000u + i;
        put_row(rows, i, (inverse_of(first) * (UINT64_C(0x1111222233334444) ^ last)) ^ begin, last);
    }
    for (uint32_t i = 0; i + 1 < count; i++) {
        const uint32_t *row = rows + 3 * (size_t)i;
        uint64_t hash = ((row[0] | (uint64_t)row[1] << 32) ^ seed) * first;
        hash = (hash ^ row[2]) * second;
        seed = w3d_hash_u64(seed + (hash ^ hash >> 32));
    }
    wanted = undo_shift(target, 31) * inverse_of(0x94D049BB133111EBu);
    wanted = undo_shift(wanted, 27) * inverse_of(0xBF58476D1CE4E5B9u);
    wanted = undo_shift(wanted, 30) - seed;
    put_row(rows, count - 1,
            (undo_shift(wanted, 32) * inverse_of(second) * inverse_of(first)) ^ seed, 0);
    w3d_mesh_attribute attribute = floats(rows, 3, 0, 0.0f);
    w3d_mesh_weld_desc desc = { &attribute, 1, count, NULL, 0 };
    CHECK(weld(&desc, remap, &unique) == W3D_OK && unique == count);
    free(rows);
    free(remap);
}

void test_mesh_weld(void)
{
    RUN(equal_rows);
    RUN(zeros_and_nans);
    RUN(within_tolerance);
    RUN(borders_of_cells);
    RUN(not_transitive);
    RUN(only_what_is_named);
    RUN(sphere_becomes_closed);
    RUN(crowded);
    RUN(growth);
    RUN(made_to_collide);
    RUN(made_to_collide_with_a_seed);
    RUN(errors_leave_outputs);
    RUN(determinism);
    RUN(dragon);
}
