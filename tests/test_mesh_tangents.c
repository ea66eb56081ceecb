#include "meshes.h"

#include "core/hash.h"
#include "core/vec.h"
#include "mesh/mesh_tangents.h"
#include "mesh/mesh_tangents_split.h"
#include "reference/reference_tangents.h"

/* Runs the kernel with scratch of exactly the stated size, at an odd address. */
static w3d_result run(const w3d_mesh_tangents_desc *desc, float *out)
{
    size_t size = w3d_mesh_tangents_scratch_size(desc->vertex_count, desc->index_count);
    unsigned char *block = (unsigned char *)malloc(size + 1);
    memset(block, 0xEE, size + 1);
    w3d_result result = w3d_mesh_tangents(desc, out, w3d_arena_make(block + 1, size));
    free(block);
    return result;
}

/* A mesh with everything; the kernel's contract over it. */
typedef struct dressed {
    test_mesh mesh;
    float *normals, *uvs, *tangents;
    w3d_mesh_tangents_desc desc;
} dressed;

static dressed dress(test_mesh mesh)
{
    dressed d;
    memset(&d, 0, sizeof d);
    d.mesh = mesh;
    d.normals = (float *)calloc((size_t)mesh.vertex_count + 1, 12);
    d.uvs = (float *)calloc((size_t)mesh.vertex_count + 1, 8);
    d.tangents = (float *)calloc((size_t)mesh.index_count + 1, 16);
    d.desc.positions = mesh.positions;
    d.desc.normals = d.normals;
    d.desc.uvs = d.uvs;
    d.desc.vertex_count = mesh.vertex_count;
    d.desc.indices = mesh.indices;
    d.desc.index_count = mesh.index_count;
    for (uint32_t i = 0; i < mesh.vertex_count; i++) d.normals[3 * i + 2] = 1.0f;
    return d;
}

static void strip(dressed *d)
{
    test_mesh_free(&d->mesh);
    free(d->normals);
    free(d->uvs);
    free(d->tangents);
}

/* A bumpy sheet, mapped with a twist; `mirror`: its left half mirrored; `crush`: a band of the map
 * has no area. */
static dressed sheet(uint32_t side, int mirror, int crush)
{
    dressed d = dress(test_mesh_grid(side, side, 0.1f));
    for (uint32_t i = 0; i < d.mesh.vertex_count; i++) {
        float x = d.mesh.positions[3 * i], y = d.mesh.positions[3 * i + 1];
        float u = mirror ? w3d_math_abs(x - 0.5f) : x, v = crush && y > 0.3f && y < 0.7f ? 0.3f : y;
        d.uvs[2 * i] = u + 0.25f * w3d_math_sin(3.0f * v);
        d.uvs[2 * i + 1] = v;
        float tilt_x = test_random_float(-0.3f, 0.3f), tilt_y = test_random_float(-0.3f, 0.3f);
        w3d_vec3_store(d.normals + 3 * i, w3d_vec3_direction(w3d_vec3_make(tilt_x, tilt_y, 1.0f)));
    }
    return d;
}

static void check_reference(const w3d_mesh_tangents_desc *desc)
{
    float *out = (float *)malloc((size_t)desc->index_count * 16 + 1);
    double *expected = (double *)malloc((size_t)desc->index_count * 32 + 1);
    unsigned char *certain = (unsigned char *)malloc(desc->index_count + 1u);
    reference_tangents(desc, expected, certain);
    CHECK(run(desc, out) == W3D_OK);
    for (uint32_t i = 0; i < desc->index_count; i++) {
        CHECK((double)out[4 * i + 3] == expected[4 * i + 3]);
        for (uint32_t k = 0; k < 3 && certain[i]; k++)
            CHECK_NEAR((double)out[4 * i + k], expected[4 * i + k], 2e-3);
    }
    free(out);
    free(expected);
    free(certain);
}

static void plane(void)
{
    float positions[4][3] = { { 0, 0, 0 }, { 2, 0, 0 }, { 2, 2, 0 }, { 0, 2, 0 } };
    float normals[4][3] = { { 0, 0, 1 }, { 0, 0, 1 }, { 0, 0, 1 }, { 0, 0, 1 } };
    float maps[4][4][2] = { { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } },   /* as it is */
                            { { 1, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 } },   /* mirrored */
                            { { 0, 0 }, { 0, 1 }, { -1, 1 }, { -1, 0 } }, /* turned   */
                            { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 } } }; /* a line   */
    float expected[4][4] = { { 1, 0, 0, 1 }, { -1, 0, 0, -1 }, { 0, -1, 0, 1 }, { 1, 0, 0, -1 } };
    uint32_t indices[6] = { 0, 1, 2, 0, 2, 3 };
    for (int m = 0; m < 4; m++) {
        float out[6][4];
        w3d_mesh_tangents_desc desc = {
            positions[0], normals[0], maps[m][0], 0, 0, 0, 4, indices, 6
        };
        CHECK(run(&desc, out[0]) == W3D_OK);
        for (int i = 0; i < 6; i++)
            for (int k = 0; k < 4; k++) CHECK(out[i][k] == expected[m][k]);
        check_reference(&desc);
    }
}

/* A triangle without an area in the map, and one without an area in space, take what is next to
 * them; one that nothing touches keeps the default. */
static void without_area(void)
{
    float positions[7][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 }, { 1, 1, 0 },
                              { 5, 5, 5 }, { 6, 5, 5 }, { 5, 6, 5 } };
    float normals[7][3],
        uvs[7][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 0.5f, 0.5f }, { 0, 0 }, { 0, 0 }, { 0, 0 } };
    uint32_t indices[12] = { 0, 1, 2, 2, 1, 3, 0, 0, 2, 4, 5, 6 };
    float out[12][4];
    for (int i = 0; i < 7; i++) normals[i][0] = normals[i][1] = 0, normals[i][2] = 1;
    w3d_mesh_tangents_desc desc = { positions[0], normals[0], uvs[0], 0, 0, 0, 7, indices, 12 };
    CHECK(run(&desc, out[0]) == W3D_OK);
    for (int i = 0; i < 12; i++) {
        int taken = i < 5 || (i > 5 && i < 9); /* corner 5 is vertex 3: no good triangle has it */
        CHECK(out[i][0] == 1 && out[i][1] == 0 && out[i][2] == 0 && out[i][3] == (taken ? 1 : -1));
    }
    check_reference(&desc);
}

static void like_the_reference(void)
{
    for (int round = 0; round < 120; round++) {
        uint32_t vertices = 3 + test_random_below(20), triangles = 1 + test_random_below(24);
        dressed d = dress(test_mesh_soup(vertices, triangles));
        uint32_t size = 2 + test_random_below(4), maps = 1 + test_random_below(5);
        for (uint32_t i = 0; i < vertices * 3; i++)
            d.mesh.positions[i] = (float)test_random_below(size) * 0.75f;
        for (uint32_t i = 0; i < vertices * 2; i++)
            d.uvs[i] = (float)test_random_below(maps) * 0.5f;
        for (uint32_t i = 0; i < vertices; i++) {
            w3d_vec3 normal = w3d_vec3_make(0.6f, 0.0f, 0.8f);
            if (test_random_below(2))
                w3d_vec3_store(d.normals + 3 * i, round % 2 ? normal : w3d_vec3_make(0, 1, 0));
        }
        check_reference(&d.desc);
        strip(&d);
    }
    for (int kind = 0; kind < 4; kind++) {
        dressed d = sheet(9, kind & 1, kind >> 1);
        check_reference(&d.desc);
        strip(&d);
    }
}

/* How the mesh is indexed, and where its vertices are, does not change a bit. */
static void any_indexing(void)
{
    for (int kind = 0; kind < 4; kind++) {
        dressed d = sheet(8, kind & 1, kind >> 1);
        uint32_t count = d.mesh.index_count;
        float *rows = (float *)calloc(count, 48), *out = (float *)calloc(count, 16);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t v = d.mesh.indices[i];
            memcpy(rows + 12 * i, d.mesh.positions + 3 * v, 12);
            memcpy(rows + 12 * i + 4, d.normals + 3 * v, 12);
            memcpy(rows + 12 * i + 8, d.uvs + 2 * v, 8);
            if (rows[12 * i] == 0.0f)
                rows[12 * i] = i % 2 ? -0.0f : 0.0f; /* still the same vertex */
        }
        w3d_mesh_tangents_desc desc = { rows, rows + 4, rows + 8, 48, 48, 48, count, NULL, count };
        CHECK(run(&d.desc, d.tangents) == W3D_OK && run(&desc, out) == W3D_OK);
        uint32_t different = 0;
        for (uint32_t i = 0; i < count * 4; i++) different += d.tangents[i] != out[i];
        CHECK(different == 0);
        free(rows);
        free(out);
        strip(&d);
    }
}

static void any_scale(void)
{
    const float factors[] = { 1e-4f, 1e4f, 1.0f / 1048576.0f, 1048576.0f };
    for (int f = 0; f < 4; f++) {
        dressed d = sheet(10, 1, 1);
        size_t count = (size_t)d.mesh.index_count * 4;
        float *out = (float *)malloc(count * 4);
        CHECK(run(&d.desc, d.tangents) == W3D_OK);
        test_mesh_scale(&d.mesh, factors[f]);
        CHECK(run(&d.desc, out) == W3D_OK);
        if (f >= 2) CHECK_BYTES(out, d.tangents, count * 4);
        for (size_t i = 0; i < count; i++) CHECK_NEAR((double)out[i], (double)d.tangents[i], 1e-4);
        free(out);
        strip(&d);
    }
}

/* The same bits on every target: hashes, that the tests of all builds share. */
static void same_bits(void)
{
    const uint64_t expected[6] = { 0xCF1CE351F6C65433u, 0x81AB342532EEC2EAu, 0x75B047406A998BB6u,
                                   0x0CDA0B6EB9D34646u, 0x63DC97B52EA85282u, 0x9B3D42D874CF9358u };
    test.random = 7;
    for (int kind = 0; kind < 6; kind++) {
        dressed d = kind < 4 ? sheet(20 + (uint32_t)kind, kind & 1, kind >> 1)
                             : dress(test_mesh_fan(kind == 4 ? 12u : 75u));
        for (uint32_t i = 0; kind >= 4 && i < d.mesh.vertex_count; i++) {
            float angle = 5.0f * (float)i; /* tangents all ways around one vertex: some oppose */
            d.uvs[2 * i] = w3d_math_round(w3d_math_cos(angle));
            d.uvs[2 * i + 1] = w3d_math_round(2.0f * w3d_math_sin(angle));
        }
        CHECK(run(&d.desc, d.tangents) == W3D_OK);
        for (size_t i = 0; i < (size_t)d.mesh.index_count * 4; i++)
            if (d.tangents[i] == 0.0f) d.tangents[i] = 0.0f; /* one zero */
        uint64_t hash = w3d_hash_bytes(d.tangents, (size_t)d.mesh.index_count * 16, 1);
        CHECK_MESSAGE(hash == expected[kind], "kind %d: 0x%08X%08Xu", kind, (unsigned)(hash >> 32),
                      (unsigned)hash);
        strip(&d);
    }
}

/* NaN, infinity and the like: a result, the same for the same input, signs 1 or -1, and corners
 * far from them untouched. */
static void hostile_numbers(void)
{
    const float special[] = { NAN, INFINITY, -INFINITY, FLT_MAX, -1e30f, 1e-45f, FLT_MIN, -0.0f };
    for (uint32_t round = 0; round < 96; round++) {
        dressed d = sheet(6, round & 1, 0);
        float *arrays[3], *other = (float *)malloc((size_t)d.mesh.index_count * 16);
        arrays[0] = d.mesh.positions;
        arrays[1] = d.normals;
        arrays[2] = d.uvs;
        CHECK(run(&d.desc, other) == W3D_OK);
        arrays[round % 3][round / 3 % 2] = special[round / 12]; /* of vertex 0 */
        CHECK(run(&d.desc, d.tangents) == W3D_OK);
        for (uint32_t i = 0; i < d.mesh.index_count; i++) {
            float *row = d.tangents + 4 * i;
            CHECK(row[3] == 1.0f || row[3] == -1.0f);
            for (int k = 0; k < 3; k++)
                CHECK(row[k] == row[k] || w3d_bits_f32(row[k]) == 0x7FC00000u);
            if (d.mesh.indices[i] > 20) CHECK_BYTES(row, other + 4 * i, 16);
        }
        free(other);
        strip(&d);
    }
}

static void split(void)
{
    for (int kind = 0; kind < 2; kind++) {
        dressed d = sheet(10, kind, 0);
        uint32_t count = d.mesh.index_count, vertices = d.mesh.vertex_count,
                 room = vertices + count;
        uint32_t *indices = (uint32_t *)malloc(count * 4), *origins = (uint32_t *)malloc(room * 4);
        float *rows = (float *)malloc(room * 16);
        size_t size = w3d_mesh_tangents_split_scratch_size(vertices, count);
        unsigned char *block = (unsigned char *)malloc(size + 1);
        w3d_arena scratch = w3d_arena_make(block + 1, size);
        CHECK(run(&d.desc, d.tangents) == W3D_OK);
        w3d_mesh_tangents_split_desc desc = { d.tangents, d.mesh.indices, count, vertices, room };
        w3d_mesh_tangents_split_out out = { indices, origins, rows, 0 };
        CHECK(w3d_mesh_tangents_split(&desc, &out, scratch) == W3D_OK);
        /* only the eleven vertices of the line in the middle have two */
        CHECK_MESSAGE(out.vertex_count == vertices + (kind ? 11u : 0u), "%u of %u",
                      out.vertex_count, vertices);
        for (uint32_t i = 0; i < count; i++) {
            CHECK(indices[i] < out.vertex_count && origins[indices[i]] == d.mesh.indices[i]);
            CHECK_BYTES(rows + 4 * indices[i], d.tangents + 4 * i, 16);
        }
        for (uint32_t i = 0; i < vertices; i++) CHECK(origins[i] == i);
        uint32_t needed = out.vertex_count;
        out.vertex_count = 77;
        desc.capacity = needed - 1;
        memset(rows, 0x55, room * 16);
        CHECK(w3d_mesh_tangents_split(&desc, &out, scratch) == W3D_ERR_CAPACITY);
        CHECK(out.vertex_count == 77 && w3d_bits_f32(rows[0]) == 0x55555555u);
        desc.capacity = needed;
        scratch.size--;
        CHECK(w3d_mesh_tangents_split(&desc, &out, scratch) == W3D_ERR_CAPACITY);
        scratch.size++;
        desc.vertex_count = d.mesh.indices[count - 1];
        CHECK(w3d_mesh_tangents_split(&desc, &out, scratch) == W3D_ERR_INDEX);
        desc.vertex_count = vertices;
        out.indices = d.mesh.indices; /* in place */
        CHECK(w3d_mesh_tangents_split(&desc, &out, scratch) == W3D_OK &&
              out.vertex_count == needed);
        CHECK_BYTES(d.mesh.indices, indices, count * 4);
        free(indices);
        free(origins);
        free(rows);
        free(block);
        strip(&d);
    }
}

/* Vertex 0 has a tangent for every one of many triangles. */
static void split_many(void)
{
    enum { MANY = 3000 };
    uint32_t *indices = (uint32_t *)calloc(MANY * 3, 4),
             *origins = (uint32_t *)calloc(MANY * 3 + 1, 4);
    float *tangents = (float *)calloc(MANY * 3, 16), *rows = (float *)calloc(MANY * 3 + 1, 16);
    size_t size = w3d_mesh_tangents_split_scratch_size(1, MANY * 3);
    void *block = malloc(size);
    for (uint32_t i = 0; i < MANY * 3; i++) tangents[4 * i] = (float)(i / 3);
    w3d_mesh_tangents_split_desc desc = { tangents, indices, MANY * 3, 1, MANY * 3 + 1 };
    w3d_mesh_tangents_split_out out = { indices, origins, rows, 0 };
    CHECK(w3d_mesh_tangents_split(&desc, &out, w3d_arena_make(block, size)) == W3D_OK);
    CHECK(out.vertex_count == MANY);
    for (uint32_t i = 0; i < MANY * 3; i++) CHECK(out.indices[i] == i / 3);
    free(indices);
    free(origins);
    free(tangents);
    free(rows);
    free(block);
}

/* Vertices whose hashes are equal: what the normals put in, the positions take out. Each is there
 * twice. */
static void made_to_collide(void)
{
    uint32_t count = 150012, half = count / 2;
    float *rows = (float *)calloc(count, 32), *tangents = (float *)malloc((size_t)count * 16);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t normal = 0x3F000000u + i % half, mixed = normal ^ normal >> 15, position;
        position = 0x40000000u - ((mixed << 7) + (mixed >> 9));
        position ^= position >> 15 ^ position >> 30;
        if ((position >> 23 & 255) == 255) position = 0;
        memcpy(rows + 8 * (size_t)i, &position, 4);
        memcpy(rows + 8 * (size_t)i + 3, &normal, 4);
        rows[8 * (size_t)i + 6 + i % 2] = (float)(i % 3);
    }
    w3d_mesh_tangents_desc desc = { rows, rows + 3, rows + 6, 32, 32, 32, count, NULL, count };
    CHECK(run(&desc, tangents) == W3D_OK);
    /* as any two triangles come out alone */
    for (uint32_t i = 0; i < half; i += 3000) {
        float pair[48], alone[24];
        memcpy(pair, rows + 8 * (size_t)i, 96);
        memcpy(pair + 24, rows + 8 * (size_t)(i + half), 96);
        w3d_mesh_tangents_desc two = { pair, pair + 3, pair + 6, 32, 32, 32, 6, NULL, 6 };
        CHECK(run(&two, alone) == W3D_OK);
        CHECK_BYTES(tangents + 4 * (size_t)i, alone, 48);
        CHECK_BYTES(tangents + 4 * (size_t)(i + half), alone + 12, 48);
    }
    free(rows);
    free(tangents);
}

/* Tangents of one vertex whose hashes are equal. */
static void split_made_to_collide(void)
{
    uint32_t count = 150000, half = count / 2;
    uint32_t *indices = (uint32_t *)calloc(count, 4);
    uint32_t *origins = (uint32_t *)calloc(half + 2, 4);
    uint64_t *tangents = (uint64_t *)malloc((size_t)count * 16);
    float *rows = (float *)malloc(((size_t)half + 2) * 16);
    size_t size = w3d_mesh_tangents_split_scratch_size(2, count);
    void *block = malloc(size);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vertex = i % half % 2;
        uint64_t hash = vertex ^ 16u * 0x9E3779B97F4A7C15u;
        tangents[2 * (size_t)i] = i % half * 0x100000001u;
        hash = (hash ^ tangents[2 * (size_t)i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
        tangents[2 * (size_t)i + 1] = hash ^ 0x123456789u;
        indices[i] = vertex;
    }
    w3d_mesh_tangents_split_desc desc = { (const float *)(const void *)tangents, indices, count, 2,
                                          half };
    w3d_mesh_tangents_split_out out = { indices, origins, rows, 0 };
    CHECK(w3d_mesh_tangents_split(&desc, &out, w3d_arena_make(block, size)) == W3D_OK);
    CHECK_MESSAGE(out.vertex_count == half, "%u of %u", out.vertex_count, half);
    int good = 1;
    for (uint32_t i = 0; i < count; i++)
        good &= indices[i] == i % half && origins[indices[i]] == i % half % 2 &&
                memcmp(rows + 4 * (size_t)indices[i], tangents + 2 * (size_t)i, 16) == 0;
    CHECK(good);
    free(indices);
    free(origins);
    free(tangents);
    free(rows);
    free(block);
}

static void contract(void)
{
    dressed d = sheet(3, 0, 0);
    w3d_mesh_tangents_desc desc = d.desc;
    size_t size = w3d_mesh_tangents_scratch_size(desc.vertex_count, desc.index_count);
    void *block = malloc(size);
    w3d_arena scratch = w3d_arena_make(block, size), less = w3d_arena_make(block, size - 1);
    memset(d.tangents, 0x55, (size_t)desc.index_count * 16);
    CHECK(w3d_mesh_tangents(NULL, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_tangents(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.uvs = NULL;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    desc = d.desc;
    desc.index_count--;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    desc = d.desc;
    desc.position_stride = 8;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    desc = d.desc;
    desc.uv_stride = 4;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    desc = d.desc;
    desc.indices = NULL;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_ARGUMENT);
    desc = d.desc;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, less) == W3D_ERR_CAPACITY);
    d.mesh.indices[5] = desc.vertex_count;
    CHECK(w3d_mesh_tangents(&desc, d.tangents, scratch) == W3D_ERR_INDEX);
    CHECK(w3d_bits_f32(d.tangents[0]) == 0x55555555u);
    desc.index_count = 0;
    CHECK(w3d_mesh_tangents(&desc, NULL, scratch) == W3D_OK);
    desc.vertex_count = 0;
    CHECK(w3d_mesh_tangents(&desc, NULL, scratch) == W3D_OK);
    size_t most = w3d_mesh_tangents_scratch_size(0xFFFFFFFFu, 0xFFFFFFFFu);
    CHECK(sizeof(size_t) == 8 ? most > 0xFFFFFFFFu : most == SIZE_MAX);
    free(block);
    strip(&d);
}

static void dragon(void)
{
    test_mesh mesh;
    if (!test_mesh_dragon(4, &mesh)) return;
    dressed d = dress(mesh);
    for (uint32_t i = 0; i < mesh.vertex_count; i++) {
        w3d_vec3 p = w3d_vec3_load(mesh.positions + 3 * i);
        w3d_vec3_store(d.normals + 3 * i, w3d_vec3_direction(p));
        d.uvs[2 * i] = p.x;
        d.uvs[2 * i + 1] = p.y;
    }
    CHECK(run(&d.desc, d.tangents) == W3D_OK);
    uint32_t bad = 0;
    for (uint32_t i = 0; i < mesh.index_count; i++) {
        w3d_vec3 tangent = w3d_vec3_load(d.tangents + 4 * i);
        w3d_vec3 normal = w3d_vec3_load(d.normals + 3 * mesh.indices[i]);
        bad += !(w3d_math_abs(w3d_vec3_length(tangent) - 1.0f) < 1e-5f &&
                 w3d_math_abs(w3d_vec3_dot(tangent, normal)) < 1e-3f);
    }
    CHECK_MESSAGE(bad == 0, "%u corners", bad);
    strip(&d);
}

void test_mesh_tangents(void);
void test_mesh_tangents(void)
{
    RUN(plane);
    RUN(without_area);
    RUN(like_the_reference);
    RUN(any_indexing);
    RUN(any_scale);
    RUN(same_bits);
    RUN(hostile_numbers);
    RUN(split);
    RUN(split_many);
    RUN(made_to_collide);
    RUN(split_made_to_collide);
    RUN(contract);
    RUN(dragon);
}
