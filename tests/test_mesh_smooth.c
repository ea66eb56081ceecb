#include "meshes.h"

#include "core/hash.h"
#include "mesh/mesh_smooth.h"
#include "reference/reference_smooth.h"

static w3d_result smooth(const w3d_mesh_smooth_desc *desc, float *out)
{
    size_t size = w3d_mesh_smooth_scratch_size(desc->mesh.index_count, desc->mesh.vertex_count);
    char *block = (char *)malloc(size + 1);
    w3d_result result = w3d_mesh_smooth(desc, out, w3d_arena_make(block + 1, size));
    free(block);
    return result;
}

static w3d_mesh_smooth_desc described(const test_mesh *mesh)
{
    w3d_mesh_smooth_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.mesh = test_mesh_view(mesh);
    desc.iterations = 1;
    return desc;
}

/* Against the reference, `size` being that of the mesh. */
static void agrees(const w3d_mesh_smooth_desc *desc, double size, const char *what)
{
    uint32_t count = desc->mesh.vertex_count;
    float *out = (float *)malloc((size_t)count * 12 + 1);
    double *expected = (double *)malloc((size_t)count * 24 + 1), worst = 0;
    double lambda = desc->lambda != 0 ? (double)desc->lambda : 0.5;
    for (uint32_t v = 0; v < count; v++) {
        uint32_t point = desc->points ? desc->points[v] : v;
        for (uint32_t k = 0; k < 3; k++)
            expected[3 * v + k] = w3d_mesh_position(&desc->mesh, point)[k];
    }
    for (uint32_t i = 0; i < desc->iterations; i++) {
        reference_smooth_step(desc, lambda, expected);
        if (desc->mu != 0) reference_smooth_step(desc, desc->mu, expected);
    }
    CHECK(smooth(desc, out) == W3D_OK);
    for (size_t i = 0; i < (size_t)count * 3; i++) {
        if (isnan(expected[i]) || isinf(expected[i])) {
            CHECK(isnan(expected[i]) ? isnan(out[i]) : (double)out[i] == expected[i]);
            continue;
        }
        double error = fabs((double)out[i] - expected[i]);
        if (!(error <= worst)) worst = error;
    }
    CHECK_MESSAGE(worst <= size * 2e-6, "%s: %g of %g", what, worst, size);
    free(out);
    free(expected);
}

static void against_reference(void)
{
    const float scales[5] = { 1.0f, 1e-4f, 1e4f, 1048576.0f, 1.0f / 1048576.0f };
    for (uint32_t round = 0; round < 60; round++) {
        float scale = scales[round % 5];
        test_mesh mesh = round % 3 == 0   ? test_mesh_grid(1 + round % 7, 1 + round % 5, 0.5f)
                         : round % 3 == 1 ? test_mesh_sphere(3 + round % 8, 2 + round % 5)
                                          : test_mesh_soup(2 + round % 30, round);
        uint8_t *locked = (uint8_t *)calloc(mesh.vertex_count, 1);
        uint32_t *points = (uint32_t *)malloc((size_t)mesh.vertex_count * 4);
        for (uint32_t v = 0; v < mesh.vertex_count; v++) {
            locked[v] = test_random_below(6) == 0;
            points[v] = v;
            for (uint32_t w = 0; w < v && points[v] == v; w++)
                if (!memcmp(mesh.positions + 3 * v, mesh.positions + 3 * w, 12))
                    points[v] = points[w];
        }
        test_mesh_scale(&mesh, scale);
        if (round % 10 == 2) mesh.positions[3] = NAN;
        if (round % 10 == 7) mesh.positions[4] = (float)INFINITY;
        w3d_mesh_smooth_desc desc = described(&mesh);
        for (uint32_t kind = 0; kind < 6; kind++) {
            char what[64];
            desc.weights = (w3d_mesh_smooth_weights)(kind % 2);
            desc.border = (w3d_mesh_smooth_border)(kind / 2);
            desc.points = round & 1 ? points : NULL;
            desc.locked = round & 2 ? locked : NULL;
            desc.iterations = round % 4;
            desc.lambda = round & 4 ? 0.33f : 0.0f;
            desc.mu = round & 8 ? -0.34f : 0.0f;
            snprintf(what, sizeof what, "round %u kind %u", round, kind);
            agrees(&desc, (double)scale, what);
        }
        free(locked);
        free(points);
        test_mesh_free(&mesh);
    }
}

static double volume(const test_mesh *mesh, const float *positions)
{
    double sum = 0;
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        const float *a = positions + 3 * (size_t)mesh->indices[i];
        const float *b = positions + 3 * (size_t)mesh->indices[i + 1];
        const float *c = positions + 3 * (size_t)mesh->indices[i + 2];
        sum += (double)a[0] * ((double)b[1] * c[2] - (double)b[2] * c[1]) +
               (double)a[1] * ((double)b[2] * c[0] - (double)b[0] * c[2]) +
               (double)a[2] * ((double)b[0] * c[1] - (double)b[1] * c[0]);
    }
    return sum / 6;
}

/* Laplacian shrinks a noisy sphere, Taubin does not; both take noise away. */
static void what_it_is_for(void)
{
    test_mesh mesh = test_mesh_sphere(48, 24);
    uint32_t *points = (uint32_t *)malloc((size_t)mesh.vertex_count * 4);
    float *out = (float *)malloc((size_t)mesh.vertex_count * 12);
    double before = volume(&mesh, mesh.positions), rough[3] = { 0, 0, 0 }, volumes[3];
    for (uint32_t v = 0; v < mesh.vertex_count; v++) {
        points[v] = v % 49 == 48 ? v - 48 : v < 49 ? 0 : v >= 49 * 24 ? 49 * 24 : v;
        float noise = 1.0f + test_random_float(-0.02f, 0.02f);
        for (uint32_t k = 0; k < 3; k++) mesh.positions[3 * v + k] *= noise;
    }
    w3d_mesh_smooth_desc desc = described(&mesh);
    desc.points = points;
    for (uint32_t kind = 0; kind < 3; kind++) {
        double mean = 0;
        desc.iterations = kind == 2 ? 10 : kind * 20;
        desc.mu = kind == 2 ? -0.53f : 0.0f;
        CHECK(smooth(&desc, out) == W3D_OK);
        volumes[kind] = volume(&mesh, out);
        for (uint32_t v = 0; v < mesh.vertex_count; v++)
            mean += sqrt((double)out[3 * v] * out[3 * v] + (double)out[3 * v + 1] * out[3 * v + 1] +
                         (double)out[3 * v + 2] * out[3 * v + 2]) /
                    mesh.vertex_count;
        for (uint32_t v = 49 * 6; v < 49 * 18; v++) { /* away from the poles */
            double r =
                sqrt((double)out[3 * v] * out[3 * v] + (double)out[3 * v + 1] * out[3 * v + 1] +
                     (double)out[3 * v + 2] * out[3 * v + 2]);
            rough[kind] += (r - mean) * (r - mean);
        }
    }
    CHECK(volumes[1] < before * 0.99);
    CHECK(fabs(volumes[2] - before) < before * 0.02);
    CHECK(fabs(volumes[2] - before) < fabs(volumes[1] - before) / 2);
    CHECK(rough[2] < rough[0] / 3);
    free(points);
    free(out);
    test_mesh_free(&mesh);
}

/* Cotangents leave a plane's vertices where they are, however the triangles lie; pinned borders and
 * locked vertices keep their bits. */
static void what_stays(void)
{
    test_mesh mesh = test_mesh_grid(12, 9, 0.0f);
    float *out = (float *)malloc((size_t)mesh.vertex_count * 12);
    uint8_t *locked = (uint8_t *)calloc(mesh.vertex_count, 1);
    for (uint32_t y = 0; y <= 9; y++)
        for (uint32_t x = 0; x <= 12; x++) { /* nearly equilateral: no angle is obtuse */
            float jitter = x && y && x < 12 && y < 9 ? 0.1f : 0.0f;
            float dx = test_random_float(-jitter, jitter), dy = test_random_float(-jitter, jitter);
            test_mesh_point(&mesh, y * 13 + x, ((float)x - 0.5f * (float)y + dx) / 12.0f,
                            (0.866f * (float)y + dy) / 12.0f, 0.1f);
        }
    w3d_mesh_smooth_desc desc = described(&mesh);
    desc.weights = W3D_MESH_SMOOTH_COTANGENT;
    CHECK(smooth(&desc, out) == W3D_OK);
    for (size_t i = 0; i < (size_t)mesh.vertex_count * 3; i++)
        CHECK_NEAR(out[i], mesh.positions[i], 2e-7);
    desc.weights = W3D_MESH_SMOOTH_UNIFORM;
    desc.iterations = 30;
    locked[40] = 1;
    desc.locked = locked;
    CHECK(smooth(&desc, out) == W3D_OK);
    for (uint32_t v = 0; v < mesh.vertex_count; v++) {
        CHECK(out[3 * v + 2] == 0.1f); /* exactly: differences of equal numbers are 0 */
        if (v == 40 || v < 13 || v >= 117 || v % 13 == 0 || v % 13 == 12)
            CHECK_BYTES(out + 3 * v, mesh.positions + 3 * v, 12);
    }
    desc.border = W3D_MESH_SMOOTH_ALONG; /* a straight side stays straight, corners are cut */
    CHECK(smooth(&desc, out) == W3D_OK);
    CHECK(out[1] > 0.0f);
    free(locked);
    free(out);
    test_mesh_free(&mesh);
}

/* Powers of two change no bit; in place is as good; steps in ranges are the same. */
static void same_bits(void)
{
    test.random = 1; /* the hash below is of this mesh, whatever the seed */
    test_mesh mesh = test_mesh_soup(300, 900);
    float *out[3];
    w3d_mesh_smooth_desc desc = described(&mesh);
    uint32_t count = mesh.vertex_count;
    for (int i = 0; i < 3; i++) out[i] = (float *)malloc((size_t)count * 16);
    desc.weights = W3D_MESH_SMOOTH_COTANGENT;
    desc.border = W3D_MESH_SMOOTH_FREE;
    desc.iterations = 2;
    desc.lambda = 0.4f;
    CHECK(smooth(&desc, out[0]) == W3D_OK);
    uint64_t hash = w3d_hash_bytes(out[0], (size_t)count * 12, 0);
    CHECK_MESSAGE(hash == 0xd40ff3a265d4c6a7u, "hash %llx", (unsigned long long)hash);
    test_mesh_scale(&mesh, 1048576.0f);
    CHECK(smooth(&desc, out[1]) == W3D_OK);
    for (size_t i = 0; i < (size_t)count * 3; i++) out[1][i] /= 1048576.0f;
    CHECK_BYTES(out[0], out[1], (size_t)count * 12);

    size_t size = w3d_mesh_smooth_scratch_size(mesh.index_count, count);
    void *block = malloc(size);
    w3d_arena memory = w3d_arena_make(block, size);
    w3d_mesh_smooth_plan plan;
    CHECK(w3d_mesh_smooth_prepare(&desc, &plan, &memory) == W3D_OK);
    CHECK(memory.used <= size && plan.vertex_count == count && plan.weights);
    for (uint32_t v = 0; v < count; v++) {
        double sum = 0;
        for (uint32_t i = plan.offsets[v]; i < plan.offsets[v + 1]; i++) {
            CHECK(i == plan.offsets[v] || plan.neighbours[i] > plan.neighbours[i - 1]);
            sum += (double)plan.weights[i];
        }
        CHECK(plan.offsets[v] == plan.offsets[v + 1] || fabs(sum - 1) < 1e-5);
        memcpy(out[1] + 4 * v, mesh.positions + 3 * v, 12);
        out[1][4 * v + 3] = 0;
    }
    const uint32_t ranges[4][2] = { { 100, 300 }, { 17, 100 }, { 0, 17 }, { 300, 300 } };
    for (int pass = 0; pass < 2; pass++) {
        float *from = out[1 + pass], *to = out[2 - pass];
        for (int i = 0; i < 4; i++)
            CHECK(w3d_mesh_smooth_step(&plan, from, to, 0.4f, ranges[i]) == W3D_OK);
    }
    CHECK(smooth(&desc, mesh.positions) == W3D_OK);
    for (uint32_t v = 0; v < count; v++) CHECK_BYTES(out[1] + 4 * v, mesh.positions + 3 * v, 12);
    const uint32_t wrong[2][2] = { { 0, 301 }, { 5, 4 } };
    CHECK(w3d_mesh_smooth_step(&plan, out[1], out[2], 0.4f, wrong[0]) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_smooth_step(&plan, out[1], out[2], 0.4f, wrong[1]) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_smooth_step(&plan, out[1], out[1], 0.4f, ranges[0]) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_smooth_step(NULL, out[1], out[2], 0.4f, ranges[0]) == W3D_ERR_ARGUMENT);
    free(block);
    for (int i = 0; i < 3; i++) free(out[i]);
    test_mesh_free(&mesh);
}

/* A point with as many neighbours as there are, shared edges without end: linear, and right. */
static void hubs(void)
{
    test_mesh mesh = test_mesh_fan(20000);
    float *out = (float *)malloc((size_t)mesh.vertex_count * 12);
    w3d_mesh_smooth_desc desc = described(&mesh);
    desc.weights = W3D_MESH_SMOOTH_COTANGENT;
    desc.border = W3D_MESH_SMOOTH_FREE;
    CHECK(smooth(&desc, out) == W3D_OK);
    CHECK(out[2] > 0.24f && out[2] < 0.26f);
    for (uint32_t i = 0; i < mesh.index_count; i += 3) /* all on one edge */
        mesh.indices[i] = 0, mesh.indices[i + 1] = 1, mesh.indices[i + 2] = 2 + i / 3 % 20000;
    CHECK(smooth(&desc, out) == W3D_OK);
    free(out);
    test_mesh_free(&mesh);
}

static void errors_leave_outputs(void)
{
    test_mesh mesh = test_mesh_grid(4, 4, 1.0f);
    float out[75];
    char block[4096];
    uint32_t points[25], two = 2, three = 3; /* an enum's bits: a cast may not say so */
    w3d_arena scratch = w3d_arena_make(block, sizeof block);
    w3d_mesh_smooth_desc good = described(&mesh), desc = good;
    size_t enough = w3d_mesh_smooth_scratch_size(96, 25);
    for (uint32_t i = 0; i < 25; i++) points[i] = i;
    memset(out, 0x55, sizeof out);
#define REFUSED(expected)                                                                          \
    do {                                                                                           \
        CHECK(w3d_mesh_smooth(&desc, out, scratch) == expected);                                   \
        for (size_t i = 0; i < sizeof out; i++) CHECK(((char *)out)[i] == 0x55);                   \
        desc = good;                                                                               \
    } while (0)
    CHECK(w3d_mesh_smooth(NULL, out, scratch) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_smooth(&desc, NULL, scratch) == W3D_ERR_ARGUMENT);
    desc.mesh.positions = NULL;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.mesh.indices = NULL;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.mesh.index_count = 95;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.mesh.stride = 8;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.lambda = NAN;
    REFUSED(W3D_ERR_ARGUMENT);
    desc.mu = (float)INFINITY;
    REFUSED(W3D_ERR_ARGUMENT);
    memcpy(&desc.weights, &two, sizeof two);
    REFUSED(W3D_ERR_ARGUMENT);
    memcpy(&desc.border, &three, sizeof three);
    REFUSED(W3D_ERR_ARGUMENT);
    desc.mesh.vertex_count = 24;
    REFUSED(W3D_ERR_INDEX);
    points[3] = 25, desc.points = points;
    REFUSED(W3D_ERR_INDEX);
    points[3] = 4, points[4] = 5, desc.points = points;
    REFUSED(W3D_ERR_INDEX);
    CHECK(enough < sizeof block);
    for (size_t size = 0; size < 25 * 8 + 96 * 16; size += 41) {
        scratch = w3d_arena_make(block, size);
        REFUSED(W3D_ERR_CAPACITY);
    }
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_mesh_smooth(&desc, NULL, w3d_arena_make(block, sizeof block)) == W3D_OK);
#undef REFUSED
    test_mesh_free(&mesh);
}

void test_mesh_smooth(void)
{
    RUN(against_reference);
    RUN(what_it_is_for);
    RUN(what_stays);
    RUN(same_bits);
    RUN(hubs);
    RUN(errors_leave_outputs);
}
