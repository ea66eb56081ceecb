#include "test.h"

#include "core/hash.h"
#include "mesh/mesh_skinning.h"
#include "reference/reference_skinning.h"

enum { BONES = 19, VERTICES = 67 };

/* A mesh with bones, in all the forms that the kernel reads. */
typedef struct skin {
    w3d_mat4 matrices[BONES];
    w3d_skinning_bone bones[BONES];
    float positions[VERTICES * 3], normals[VERTICES * 3], tangents[VERTICES * 4];
    uint16_t wide[VERTICES * 8];
    uint8_t bytes[VERTICES * 8], unorm[VERTICES * 8];
    float weights[VERTICES * 8];
    double exact[VERTICES * 8];
    float out_positions[VERTICES * 3], out_normals[VERTICES * 3], out_tangents[VERTICES * 4];
    w3d_mesh_skinning_desc desc;
    w3d_mesh_skinning_out out;
} skin;

static w3d_quat random_turn(void)
{
    float q[4];
    for (int k = 0; k < 4; k++) q[k] = test_random_float(-1.0f, 1.0f);
    return w3d_quat_normalise(w3d_quat_make(q[0], q[1], q[2], q[3]));
}

/* `scaled`: bones also scale unevenly and some mirror. */
static void make_skin(skin *s, uint32_t influences, int scaled, int unorm)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < BONES; i++) {
        float size[3] = { 1.0f, 1.0f, 1.0f }, at[3];
        for (int k = 0; k < 3; k++) {
            at[k] = test_random_float(-2.0f, 2.0f);
            if (scaled) size[k] = test_random_float(0.5f, 2.0f);
        }
        if (scaled && i % 5 == 0) size[1] = -size[1];
        s->matrices[i] = w3d_mat4_from_trs(w3d_vec3_load(at), random_turn(), w3d_vec3_load(size));
    }
    for (int i = 0; i < VERTICES * 3; i++) {
        s->positions[i] = test_random_float(-1.0f, 1.0f);
        s->normals[i] = test_random_float(-1.0f, 1.0f);
    }
    for (int i = 0; i < VERTICES * 4; i++) s->tangents[i] = test_random_float(-1.0f, 1.0f);
    for (uint32_t i = 0; i < VERTICES; i++) {
        float sum = 0.0f;
        for (uint32_t k = 0; k < influences; k++) {
            uint32_t at = i * influences + k;
            s->wide[at] = s->bytes[at] = (uint8_t)test_random_below(BONES);
            s->weights[at] = test_random_below(4) ? test_random_float(0.0f, 1.0f) : 0.0f;
            sum += s->weights[at];
        }
        for (uint32_t k = 0; k < influences; k++) {
            uint32_t at = i * influences + k;
            if (sum > 0.0f) s->weights[at] /= sum;
            s->unorm[at] = (uint8_t)(s->weights[at] * 255.0f + 0.5f);
            s->exact[at] = unorm ? s->unorm[at] / 255.0 : (double)s->weights[at];
        }
    }
    s->desc.bones = s->bones;
    s->desc.bone_count = BONES;
    s->desc.vertex_count = VERTICES;
    s->desc.indices = s->wide;
    s->desc.weights = unorm ? (const void *)s->unorm : (const void *)s->weights;
    s->desc.weight_kind = unorm ? W3D_SKINNING_WEIGHT_UNORM8 : W3D_SKINNING_WEIGHT_FLOAT;
    s->desc.influences = influences;
    s->desc.positions.rows = s->positions;
    s->desc.normals.rows = s->normals;
    s->desc.tangents.rows = s->tangents;
    s->out.positions = s->out_positions;
    s->out.normals = s->out_normals;
    s->out.tangents = s->out_tangents;
    CHECK(w3d_mesh_skinning_linear(s->matrices, BONES, s->bones) == W3D_OK);
}

static reference_influence influence_of(const skin *s, uint32_t vertex, uint32_t *bones)
{
    reference_influence in;
    uint32_t count = s->desc.influences;
    for (uint32_t k = 0; k < count; k++) bones[k] = s->wide[vertex * count + k];
    in.matrices = s->matrices;
    in.bones = bones;
    in.weights = s->exact + (size_t)vertex * count;
    in.count = count;
    return in;
}

static double weight_sum(const reference_influence *in)
{
    double sum = 0.0;
    for (uint32_t k = 0; k < in->count; k++) sum += in->weights[k];
    return sum;
}

static void linear(void)
{
    static skin s;
    for (int round = 0; round < 12; round++) {
        make_skin(&s, round & 1 ? 8 : 4, round & 2, round % 3 == 0);
        s.desc.exact_normals = round >> 1 & 1;
        CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
        for (uint32_t i = 0; i < VERTICES; i++) {
            uint32_t bones[8];
            double expected[3];
            reference_influence in = influence_of(&s, i, bones);
            reference_skinning_point(&in, s.positions + 3 * i, expected);
            for (int k = 0; k < 3; k++) CHECK_NEAR(s.out_positions[3 * i + k], expected[k], 3e-6);
            if (weight_sum(&in) == 0.0) continue;
            /* Opposed bones can cancel: what is left of a direction is then less exact. */
            reference_skinning_direction(&in, s.normals + 3 * i, s.desc.exact_normals, expected);
            double off = 0.0;
            for (int k = 0; k < 3; k++)
                off = fmax(off, fabs((double)s.out_normals[3 * i + k] - expected[k]));
            CHECK_MESSAGE(off < (s.desc.exact_normals ? 2e-4 : 2e-5), "vertex %u: %g", i, off);
            reference_skinning_direction(&in, s.tangents + 4 * i, 0, expected);
            for (int k = 0; k < 3; k++) CHECK_NEAR(s.out_tangents[4 * i + k], expected[k], 2e-5);
            CHECK(s.out_tangents[4 * i + 3] == s.tangents[4 * i + 3]);
        }
    }
}

static void dual_quaternions(void)
{
    static skin s;
    for (int round = 0; round < 8; round++) {
        make_skin(&s, round & 1 ? 8 : 4, 0, round & 2);
        s.desc.mode = W3D_SKINNING_DUAL_QUATERNION;
        CHECK(w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones) == W3D_OK);
        CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
        for (uint32_t i = 0; i < VERTICES; i++) {
            uint32_t bones[8];
            double m[12];
            reference_influence in = influence_of(&s, i, bones);
            if (weight_sum(&in) == 0.0) {
                CHECK_BYTES(s.out_positions + 3 * i, s.positions + 3 * i, 12);
                continue;
            }
            reference_skinning_dual(&in, m);
            const float *p = s.positions + 3 * i, *n = s.normals + 3 * i;
            double length = sqrt((double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2]);
            for (int k = 0; k < 3; k++) {
                const double *row = m + 4 * k;
                double place = row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3];
                double turned = (row[0] * n[0] + row[1] * n[1] + row[2] * n[2]) / length;
                CHECK_NEAR(s.out_positions[3 * i + k], place, 3e-5);
                CHECK_NEAR(s.out_normals[3 * i + k], turned, 3e-5);
            }
            CHECK(s.out_tangents[4 * i + 3] == s.tangents[4 * i + 3]);
        }
    }
}

/* One bone of weight 1 moves everything as its matrix does, in both modes. */
static void one_bone(void)
{
    static skin s;
    make_skin(&s, 4, 0, 0);
    for (int turn = 0; turn < 40; turn++) {
        /* Half turns about each axis, where formulas for quaternions divide by little. */
        w3d_vec3 axis = w3d_vec3_make(turn % 3 == 0, turn % 3 == 1, turn % 3 == 2);
        w3d_quat q =
            turn < 12 ? w3d_quat_from_axis(axis, W3D_PI * (float)(turn / 3) / 2.0f) : random_turn();
        s.matrices[0] = w3d_mat4_from_trs(w3d_vec3_make(3, -4, 5), q, w3d_vec3_splat(1));
        for (int mode = 0; mode < 2; mode++) {
            for (int i = 0; i < VERTICES * 4; i++) {
                s.wide[i] = 0;
                s.weights[i] = i % 4 == 1 ? 1.0f : 0.0f;
            }
            s.desc.mode = (w3d_skinning_mode)mode;
            if (mode)
                w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
            else
                w3d_mesh_skinning_linear(s.matrices, BONES, s.bones);
            CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
            for (uint32_t i = 0; i < VERTICES; i++) {
                w3d_vec3 moved = w3d_mat4_point(&s.matrices[0], w3d_vec3_load(s.positions + 3 * i));
                CHECK_NEAR(s.out_positions[3 * i], moved.x, 4e-6);
                CHECK_NEAR(s.out_positions[3 * i + 1], moved.y, 4e-6);
                CHECK_NEAR(s.out_positions[3 * i + 2], moved.z, 4e-6);
            }
        }
    }
}

/* Two bones twisted against each other: linear blending loses the limb's width, dual quaternions
 * do not. */
static void a_twist(void)
{
    static skin s;
    make_skin(&s, 4, 0, 0);
    for (int i = 0; i < 2; i++)
        s.matrices[i] =
            w3d_mat4_from_trs(w3d_vec3_splat(0),
                              w3d_quat_from_axis(w3d_vec3_make(1, 0, 0), i ? 3.0f : 0.0f),
                              w3d_vec3_splat(1));
    for (int i = 0; i < VERTICES * 4; i++) {
        s.wide[i] = (uint16_t)(i % 4 == 1);
        s.weights[i] = i % 4 < 2 ? 0.5f : 0.0f;
    }
    for (int mode = 0; mode < 2; mode++) {
        s.desc.mode = (w3d_skinning_mode)mode;
        if (mode)
            w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
        else
            w3d_mesh_skinning_linear(s.matrices, BONES, s.bones);
        CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
        for (uint32_t i = 0; i < VERTICES; i++) {
            const float *a = s.positions + 3 * i, *b = s.out_positions + 3 * i;
            double before = hypot(a[1], a[2]), after = hypot(b[1], b[2]);
            CHECK(mode ? fabs(after - before) < 1e-5 : after < 0.08 * before + 1e-6);
        }
    }
}

/* Bytes or words, strides, in place, ranges of every size: the same bits. */
static void forms_and_ranges(void)
{
    static skin s, other;
    for (uint32_t influences = 4; influences <= 8; influences += 4)
        for (int mode = 0; mode < 2; mode++) {
            make_skin(&s, influences, 0, mode);
            s.desc.mode = (w3d_skinning_mode)mode;
            if (mode) w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
            CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
            memcpy(&other, &s, sizeof s);
            other.desc.indices = other.bytes;
            other.desc.index_kind = W3D_SKINNING_INDEX_U8;
            float *const outs[3] = { other.out_positions, other.out_normals, other.out_tangents };
            other.out.positions = outs[0], other.out.normals = outs[1];
            other.out.tangents = outs[2];
            for (uint32_t step = 1; step < VERTICES; step += 5) {
                memset(other.out_positions, 0xCD, sizeof s.out_positions);
                memset(other.out_normals, 0xCD, sizeof s.out_normals);
                memset(other.out_tangents, 0xCD, sizeof s.out_tangents);
                for (uint32_t begin = 0; begin < VERTICES; begin += step) {
                    other.desc.begin = begin;
                    other.desc.end = begin + step < VERTICES ? begin + step : (uint32_t)VERTICES;
                    CHECK(w3d_mesh_skinning(&other.desc, &other.out) == W3D_OK);
                }
                CHECK_BYTES(other.out_positions, s.out_positions, sizeof s.out_positions);
                CHECK_BYTES(other.out_normals, s.out_normals, sizeof s.out_normals);
                CHECK_BYTES(other.out_tangents, s.out_tangents, sizeof s.out_tangents);
            }
            /* All of a vertex in one row, moved in place; what lies between stays. */
            enum { WORDS = 24 };
            static float rows[VERTICES * WORDS];
            for (uint32_t i = 0; i < VERTICES; i++) {
                float *row = rows + i * WORDS;
                for (int k = 0; k < WORDS; k++) row[k] = 77.0f;
                memcpy(row, s.positions + 3 * i, 12);
                memcpy(row + 4, s.normals + 3 * i, 12);
                memcpy(row + 8, s.tangents + 4 * i, 16);
                memcpy(row + 13, s.wide + influences * i, 2 * influences);
                memcpy(row + 17, (const char *)s.desc.weights + influences * (mode ? 1 : 4) * i,
                       influences * (mode ? 1 : 4) < 28 ? influences * (mode ? 1 : 4) : 28);
            }
            w3d_mesh_skinning_desc desc = s.desc;
            w3d_mesh_skinning_out out = {
                rows, rows + 4, rows + 8, WORDS * 4, WORDS * 4, WORDS * 4
            };
            desc.positions.rows = rows, desc.positions.stride = WORDS * 4;
            desc.normals.rows = rows + 4, desc.normals.stride = WORDS * 4;
            desc.tangents.rows = rows + 8, desc.tangents.stride = WORDS * 4;
            desc.indices = rows + 13, desc.index_stride = WORDS * 4;
            if (influences == 4 || mode) desc.weights = rows + 17, desc.weight_stride = WORDS * 4;
            CHECK(w3d_mesh_skinning(&desc, &out) == W3D_OK);
            for (uint32_t i = 0; i < VERTICES; i++) {
                CHECK_BYTES(rows + i * WORDS, s.out_positions + 3 * i, 12);
                CHECK_BYTES(rows + i * WORDS + 4, s.out_normals + 3 * i, 12);
                CHECK_BYTES(rows + i * WORDS + 8, s.out_tangents + 4 * i, 16);
                CHECK(rows[i * WORDS + 3] == 77.0f && rows[i * WORDS + 7] == 77.0f);
                CHECK(rows[i * WORDS + 12] == 77.0f);
            }
        }
}

static void errors_leave_outputs(void)
{
    static skin s;
    make_skin(&s, 4, 0, 0);
    memset(s.out_positions, 0xAB, sizeof s.out_positions);
    static unsigned char pattern[sizeof s.out_positions];
    memset(pattern, 0xAB, sizeof pattern);
    for (uint32_t kind = 0; kind < 2; kind++)
        for (uint32_t i = 0; i < VERTICES * 4; i++) {
            uint16_t kept = s.wide[i];
            s.desc.index_kind = (w3d_skinning_index)kind;
            s.desc.indices = kind ? (const void *)s.bytes : (const void *)s.wide;
            s.wide[i] = kind ? kept : i & 1 ? 0xFFFF : BONES;
            s.bytes[i] = i & 1 ? 0xFF : BONES;
            CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_ERR_INDEX);
            s.wide[i] = kept;
            s.bytes[i] = (uint8_t)kept;
        }
    s.desc.bone_count = 0;
    CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_ERR_INDEX);
    s.desc.begin = s.desc.end = VERTICES;
    CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK); /* nothing to do */
    s.desc.begin = s.desc.end = 0;
    s.desc.bone_count = BONES;
#if !W3D_DEBUG
    w3d_mesh_skinning_desc desc = s.desc;
    desc.influences = 5;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.begin = 3, desc.end = 2;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.end = VERTICES + 1;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.index_kind = W3D_SKINNING_INDEX_U16, desc.index_stride = 7;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.weights = NULL;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.positions.stride = 8;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    desc = s.desc, desc.tangents.stride = 12;
    CHECK(w3d_mesh_skinning(&desc, &s.out) == W3D_ERR_ARGUMENT);
    w3d_mesh_skinning_out out = s.out;
    out.normals = NULL;
    CHECK(w3d_mesh_skinning(&s.desc, &out) == W3D_ERR_ARGUMENT);
    out = s.out, out.positions = s.positions, out.position_stride = 16;
    CHECK(w3d_mesh_skinning(&s.desc, &out) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_skinning(NULL, &out) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_skinning_linear(NULL, 1, s.bones) == W3D_ERR_ARGUMENT);
    CHECK(w3d_mesh_skinning_dual_quaternions(s.matrices, 1, NULL) == W3D_ERR_ARGUMENT);
#endif
    CHECK_BYTES(s.out_positions, pattern, sizeof pattern);
    memset(&s.desc, 0, sizeof s.desc);
    CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
}

/* Bones that are no turns, and numbers that are none. */
static void bad_numbers(void)
{
    static skin s;
    const float bad[] = { NAN, INFINITY, -INFINITY, 1e38f, 1e-42f };
    make_skin(&s, 4, 0, 0);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 16; k++) s.matrices[i].m[k] = bad[(i + k) % 5];
    memset(s.matrices[5].m, 0, 64);
    s.matrices[6].m[0] = -s.matrices[6].m[0]; /* no longer a turn */
    w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
    for (int i = 0; i < BONES; i++) {
        const float *q = s.bones[i].value;
        double size = 0.0;
        for (int k = 0; k < 4; k++) size += (double)q[k] * q[k];
        CHECK_NEAR(size, 1.0, 1e-5);
        for (int k = 0; k < 8; k++) CHECK(q[k] == q[k]);
    }
    for (int mode = 0; mode < 2; mode++) {
        s.desc.mode = (w3d_skinning_mode)mode;
        if (!mode) w3d_mesh_skinning_linear(s.matrices, BONES, s.bones);
        if (mode) w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
        s.positions[5] = NAN, s.normals[7] = INFINITY, s.weights[9] = NAN;
        CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
        for (uint32_t i = 0; i < VERTICES; i++) {
            const float *n = s.out_normals + 3 * i;
            double size = sqrt((double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2]);
            CHECK(size == 0.0 || fabs(size - 1.0) < 1e-6);
        }
    }
}

static void determinism(void)
{
    static skin s;
    uint64_t hash = 0;
    for (int round = 0; round < 8; round++) {
        make_skin(&s, round & 1 ? 8 : 4, round < 4 && (round & 2), round & 2);
        s.desc.exact_normals = round & 1;
        s.desc.mode = (w3d_skinning_mode)(round / 4);
        if (round >= 4) w3d_mesh_skinning_dual_quaternions(s.matrices, BONES, s.bones);
        CHECK(w3d_mesh_skinning(&s.desc, &s.out) == W3D_OK);
        hash = w3d_hash_bytes(s.out_positions, sizeof s.out_positions, hash);
        hash = w3d_hash_bytes(s.out_normals, sizeof s.out_normals, hash);
        hash = w3d_hash_bytes(s.out_tangents, sizeof s.out_tangents, hash);
    }
    if (test.seed == 1)
        CHECK_MESSAGE(hash == 0x1E45A8487B88AD16u, "hash 0x%016llX", (unsigned long long)hash);
}

void test_mesh_skinning(void)
{
    RUN(linear);
    RUN(dual_quaternions);
    RUN(one_bone);
    RUN(a_twist);
    RUN(forms_and_ranges);
    RUN(errors_leave_outputs);
    RUN(bad_numbers);
    RUN(determinism);
}
