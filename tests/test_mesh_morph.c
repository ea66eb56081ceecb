#include "test.h"

#include "core/hash.h"
#include "mesh/mesh_morph.h"

#define VERTICES 600u
enum { TARGETS = 10, WORDS = 5 };

/* Dense and sparse targets, one of them strided. */
typedef struct morph {
    float base[VERTICES * 3], dense[2][VERTICES * 3], strided[VERTICES * WORDS];
    float sparse[2][VERTICES * 3];
    uint32_t vertices[2][VERTICES];
    w3d_morph_target targets[TARGETS];
    float weights[TARGETS], out[VERTICES * 3];
    w3d_mesh_morph_desc desc;
} morph;

static void fill(float *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) rows[i] = test_random_float(-1.0f, 1.0f);
}

static void make_morph(morph *m)
{
    memset(m, 0, sizeof *m);
    fill(m->base, VERTICES * 3);
    fill(m->dense[0], VERTICES * 3);
    fill(m->dense[1], VERTICES * 3);
    fill(m->strided, VERTICES * WORDS);
    fill(m->sparse[0], VERTICES * 3);
    fill(m->sparse[1], VERTICES * 3);
    m->targets[0].deltas = m->dense[0];
    m->targets[1].deltas = m->sparse[0];
    m->targets[2].deltas = m->strided;
    m->targets[2].stride = WORDS * 4;
    m->targets[3].deltas = m->dense[1];
    m->targets[4].deltas = m->sparse[1];
    for (int t = 0; t < 2; t++) {
        w3d_morph_target *target = &m->targets[t ? 4 : 1];
        for (uint32_t i = 0; i < VERTICES; i++)
            if (test_random_below(t ? 40 : 2) == 0) m->vertices[t][target->count++] = i;
        target->vertices = m->vertices[t];
    }
    volatile uint32_t targets = TARGETS; /* a constant makes clang 14 of Emscripten 3.1.6 mix lanes up */
    fill(m->weights, targets);
    for (int t = 5; t < TARGETS; t++) m->targets[t].deltas = m->dense[t & 1]; /* a run of five */
    m->desc.rows = m->base;
    m->desc.targets = m->targets;
    m->desc.weights = m->weights;
    m->desc.target_count = TARGETS;
    m->desc.vertex_count = VERTICES;
}

/* One vertex by itself, in double. */
static void expected_of(const morph *m, uint32_t vertex, double *out)
{
    for (int k = 0; k < 3; k++) out[k] = m->base[3 * vertex + (uint32_t)k];
    for (uint32_t t = 0; t < TARGETS; t++) {
        const w3d_morph_target *target = &m->targets[t];
        uint32_t words = target->stride ? target->stride / 4 : 3, row = vertex;
        if (target->vertices)
            for (row = 0; row < target->count && target->vertices[row] != vertex;) row++;
        if (target->vertices && row == target->count) continue;
        for (uint32_t k = 0; k < 3; k++)
            out[k] += (double)m->weights[t] * target->deltas[words * row + k];
    }
}

static void against_the_oracle(void)
{
    static morph m;
    for (int round = 0; round < 6; round++) {
        make_morph(&m);
        m.desc.unit = round & 1;
        if (round == 4) m.weights[1] = m.weights[3] = 0.0f;
        CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_OK);
        for (uint32_t i = 0; i < VERTICES; i++) {
            double expected[3];
            expected_of(&m, i, expected);
            double size = sqrt(expected[0] * expected[0] + expected[1] * expected[1] +
                               expected[2] * expected[2]);
            if (m.desc.unit && size < 0.01) continue;
            for (uint32_t k = 0; k < 3; k++)
                CHECK_NEAR(m.out[3 * i + k], expected[k] / (m.desc.unit ? size : 1.0),
                           m.desc.unit ? 2e-6 / size + 1e-7 : 2e-6);
        }
    }
}

/* No targets, or weights of zero: the base, to the bit; not even a look at bad deltas. */
static void nothing_to_add(void)
{
    static morph m;
    make_morph(&m);
    memset(m.weights, 0, sizeof m.weights);
    m.weights[2] = -0.0f;
    m.dense[0][7] = NAN;
    m.vertices[0][0] = 0xFFFFFFFFu;
    CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_OK);
    CHECK_BYTES(m.out, m.base, sizeof m.base);
    m.desc.target_count = 0;
    m.desc.targets = NULL, m.desc.weights = NULL;
    memset(m.out, 0, sizeof m.out);
    CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_OK);
    CHECK_BYTES(m.out, m.base, sizeof m.base);
}

static void strides_and_ranges(void)
{
    static morph m;
    static float rows[VERTICES * WORDS], expected[VERTICES * 3];
    static const uint32_t steps[] = { 1, 3, 7, 64, 255, 256, 257, 599, 600 };
    for (int unit = 0; unit < 2; unit++) {
        make_morph(&m);
        m.desc.unit = unit;
        CHECK(w3d_mesh_morph(&m.desc, expected) == W3D_OK);
        for (uint32_t s = 0; s < sizeof steps / 4; s++) {
            for (uint32_t i = 0; i < VERTICES * WORDS; i++) rows[i] = 2.5f;
            for (uint32_t i = 0; i < VERTICES; i++) memcpy(rows + WORDS * i, m.base + 3 * i, 12);
            m.desc.rows = rows;
            m.desc.stride = m.desc.out_stride = WORDS * 4;
            for (uint32_t begin = 0; begin < VERTICES; begin += steps[s]) {
                m.desc.begin = begin;
                m.desc.end = begin + steps[s] < VERTICES ? begin + steps[s] : VERTICES;
                CHECK(w3d_mesh_morph(&m.desc, rows) == W3D_OK); /* in place */
            }
            for (uint32_t i = 0; i < VERTICES; i++) {
                CHECK_BYTES(rows + WORDS * i, expected + 3 * i, 12);
                CHECK(rows[WORDS * i + 3] == 2.5f && rows[WORDS * i + 4] == 2.5f);
            }
        }
    }
}

static void errors_leave_outputs(void)
{
    static morph m;
    static unsigned char pattern[sizeof m.out];
    make_morph(&m);
    memset(m.out, 0xAB, sizeof m.out);
    memset(pattern, 0xAB, sizeof pattern);
    uint32_t count = m.targets[4].count, *list = m.vertices[1];
    for (uint32_t i = 1; i < count; i++) { /* not rising, twice the same, too large */
        uint32_t kept = list[i];
        list[i] = list[i - 1];
        CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_ERR_INDEX);
        list[i] = i & 1 ? VERTICES : 0xFFFFFFFFu;
        CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_ERR_INDEX);
        list[i] = kept;
    }
#if !W3D_DEBUG
    w3d_mesh_morph_desc desc = m.desc;
    desc.begin = 5, desc.end = 4;
    CHECK(w3d_mesh_morph(&desc, m.out) == W3D_ERR_ARGUMENT);
    desc.begin = 0, desc.end = VERTICES + 1;
    CHECK(w3d_mesh_morph(&desc, m.out) == W3D_ERR_ARGUMENT);
    desc = m.desc, desc.weights = NULL;
    CHECK(w3d_mesh_morph(&desc, m.out) == W3D_ERR_ARGUMENT);
    desc = m.desc, desc.stride = 13;
    CHECK(w3d_mesh_morph(&desc, m.out) == W3D_ERR_ARGUMENT);
    desc = m.desc, desc.stride = 16;
    CHECK(w3d_mesh_morph(&desc, m.base) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_morph(&m.desc, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_morph(NULL, m.out) == W3D_ERR_ARGUMENT);
    m.targets[3].deltas = NULL;
    CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_ERR_ARGUMENT);
    m.targets[3].deltas = m.dense[1];
    m.targets[2].stride = 8;
    CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(m.out, pattern, sizeof pattern);
}

static void determinism(void)
{
    static morph m;
    uint64_t hash = 0;
    for (int round = 0; round < 4; round++) {
        make_morph(&m);
        m.desc.unit = round & 1;
        CHECK(w3d_mesh_morph(&m.desc, m.out) == W3D_OK);
        hash = w3d_hash_bytes(m.out, sizeof m.out, hash);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x762CC212764ED5D4u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_morph(void)
{
    RUN(against_the_oracle);
    RUN(nothing_to_add);
    RUN(strides_and_ranges);
    RUN(errors_leave_outputs);
    RUN(determinism);
}
