/* bench_mesh_skinning.c - positions and normals moved by four bones a vertex, and morph targets.
 *
 * Plain C in two manners, both compiled with the same flags: each bone's matrix is added up in loops,
 * or all four in one expression, which GCC turns into vectors by itself. */
#include "bench.h"

#include <math.h>

#include "mesh/mesh_morph.h"
#include "mesh/mesh_skinning.h"
#include "mesh/mesh_transform.h"

enum { BONES = 64, SKIN_VERTICES = 400000, TARGETS = 4 };

typedef struct skin_data {
    w3d_mat4 matrices[BONES];
    w3d_skinning_bone bones[BONES];
    uint32_t count;
    float *positions, *normals, *weights, *out_positions, *out_normals;
    float *deltas[TARGETS];
    uint16_t *indices;
    w3d_skinning_mode mode;
} skin_data;

static void stop(const char *what)
{
    fprintf(stderr, "bench_mesh_skinning: %s failed\n", what);
    exit(1);
}

static float *take(size_t floats)
{
    float *block = (float *)malloc(floats * 4 + 64);
    if (!block) stop("malloc");
    memset(block, 0, floats * 4 + 64);
    return block;
}

static void skin(void *user)
{
    skin_data *d = (skin_data *)user;
    w3d_mesh_skinning_desc desc;
    w3d_mesh_skinning_out out;
    memset(&desc, 0, sizeof desc);
    memset(&out, 0, sizeof out);
    desc.mode = d->mode;
    desc.bones = d->bones;
    desc.bone_count = BONES;
    desc.vertex_count = d->count;
    desc.indices = d->indices;
    desc.weights = d->weights;
    desc.positions.rows = d->positions;
    desc.normals.rows = d->normals;
    out.positions = d->out_positions;
    out.normals = d->out_normals;
    w3d_result result = d->mode ? w3d_mesh_skinning_dual_quaternions(d->matrices, BONES, d->bones)
                                : w3d_mesh_skinning_linear(d->matrices, BONES, d->bones);
    if (result != W3D_OK || w3d_mesh_skinning(&desc, &out) != W3D_OK) stop("w3d_mesh_skinning");
    bench_keep(d->out_positions);
}

static void plain_unit(float *n)
{
    float length = sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    float inverse = length > 0.0f ? 1.0f / length : 0.0f;
    for (int k = 0; k < 3; k++) n[k] *= inverse;
}

static void plain_apply(const skin_data *d, size_t i, const float *m)
{
    const float *p = d->positions + 3 * i, *n = d->normals + 3 * i;
    float *to = d->out_positions + 3 * i, *to_normal = d->out_normals + 3 * i;
    for (int r = 0; r < 3; r++) {
        to[r] = m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r];
        to_normal[r] = m[r] * n[0] + m[4 + r] * n[1] + m[8 + r] * n[2];
    }
    plain_unit(to_normal);
}

static void plain_loops(void *user)
{
    skin_data *d = (skin_data *)user;
    for (size_t i = 0; i < d->count; i++) {
        float m[16] = { 0 };
        for (size_t k = 0; k < 4; k++) {
            const float *bone = d->matrices[d->indices[4 * i + k]].m, w = d->weights[4 * i + k];
            for (int column = 0; column < 4; column++)
                for (int r = 0; r < 3; r++) m[4 * column + r] += w * bone[4 * column + r];
        }
        plain_apply(d, i, m);
    }
    bench_keep(d->out_positions);
}

static void plain_expression(void *user)
{
    skin_data *d = (skin_data *)user;
    for (size_t i = 0; i < d->count; i++) {
        float m[16];
        const uint16_t *index = d->indices + 4 * i;
        const float *w = d->weights + 4 * i, *a = d->matrices[index[0]].m;
        const float *b = d->matrices[index[1]].m, *c = d->matrices[index[2]].m;
        const float *e = d->matrices[index[3]].m;
        for (int k = 0; k < 16; k++) m[k] = w[0] * a[k] + w[1] * b[k] + w[2] * c[k] + w[3] * e[k];
        plain_apply(d, i, m);
    }
    bench_keep(d->out_positions);
}

static void copy_skin(void *user) /* 40 bytes in and 24 out, half of it: memcpy touches it twice */
{
    skin_data *d = (skin_data *)user;
    memcpy(d->out_positions, d->positions, (size_t)d->count * 12);
    memcpy(d->out_normals, d->normals, (size_t)d->count * 12);
    memcpy(d->out_positions, d->weights, (size_t)d->count * 12);
    bench_keep(d->out_positions);
}

static void morph(void *user)
{
    skin_data *d = (skin_data *)user;
    w3d_morph_target targets[TARGETS];
    float weights[TARGETS] = { 0.5f, 0.25f, -0.75f, 1.0f };
    w3d_mesh_morph_desc desc;
    memset(targets, 0, sizeof targets);
    memset(&desc, 0, sizeof desc);
    for (int t = 0; t < TARGETS; t++) targets[t].deltas = d->deltas[t];
    desc.rows = d->positions;
    desc.targets = targets;
    desc.weights = weights;
    desc.target_count = TARGETS;
    desc.vertex_count = d->count;
    if (w3d_mesh_morph(&desc, d->out_positions) != W3D_OK) stop("w3d_mesh_morph");
    bench_keep(d->out_positions);
}

static void plain_morph(void *user)
{
    skin_data *d = (skin_data *)user;
    float weights[TARGETS] = { 0.5f, 0.25f, -0.75f, 1.0f };
    memcpy(d->out_positions, d->positions, (size_t)d->count * 12);
    for (int t = 0; t < TARGETS; t++)
        for (size_t i = 0; i < (size_t)d->count * 3; i++)
            d->out_positions[i] += weights[t] * d->deltas[t][i];
    bench_keep(d->out_positions);
}

static void transform(void *user)
{
    skin_data *d = (skin_data *)user;
    w3d_mesh_transform_desc desc = { d->positions, &d->matrices[3], d->count, 0, 0, 0, 0 };
    if (w3d_mesh_transform_positions(&desc, d->out_positions) != W3D_OK) stop("w3d_mesh_transform");
    bench_keep(d->out_positions);
}

static void plain_transform(void *user)
{
    skin_data *d = (skin_data *)user;
    const float *m = d->matrices[3].m;
    for (size_t i = 0; i < d->count; i++) {
        const float *p = d->positions + 3 * i;
        float *to = d->out_positions + 3 * i;
        for (int r = 0; r < 3; r++)
            to[r] = m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r];
    }
    bench_keep(d->out_positions);
}

static void copy_positions(void *user)
{
    skin_data *d = (skin_data *)user;
    memcpy(d->out_positions, d->positions, (size_t)d->count * 12);
    bench_keep(d->out_positions);
}

static void rows(skin_data *d, uint32_t count, const char *where)
{
    char name[80];
    bench_row row = { 0 };
    d->count = count;
    row.name = name, row.unit = "Mvert/s", row.work = count / 1e6, row.user = d;
    row.ours.run = skin;
    row.limit.run = copy_skin, row.limit.name = "memcpy";
    for (int mode = 0; mode < 2; mode++) {
        d->mode = (w3d_skinning_mode)mode;
        snprintf(name, sizeof name, "skinning, %s%s", mode ? "dual quaternions, " : "", where);
        row.peer.run = plain_loops, row.peer.name = "plain loops (linear)";
        bench_run(&row);
        row.peer.run = plain_expression, row.peer.name = "plain expression (linear)";
        bench_run(&row);
    }
    snprintf(name, sizeof name, "4 morph targets, %s", where);
    row.ours.run = morph;
    row.peer.run = plain_morph, row.peer.name = "plain loop";
    row.limit.run = copy_positions;
    bench_run(&row);
    snprintf(name, sizeof name, "transform positions, %s", where);
    row.ours.run = transform;
    row.peer.run = plain_transform;
    bench_run(&row);
}

void bench_mesh_skinning(void);
void bench_mesh_skinning(void)
{
    skin_data data;
    uint32_t random = 1;
    memset(&data, 0, sizeof data);
    size_t count = SKIN_VERTICES;
    data.positions = take(count * 3), data.normals = take(count * 3);
    data.out_positions = take(count * 3), data.out_normals = take(count * 3);
    data.weights = take(count * 4), data.indices = (uint16_t *)(void *)take(count * 2);
    for (int t = 0; t < TARGETS; t++) data.deltas[t] = take(count * 3);
    for (size_t i = 0; i < count; i++) {
        float sum = 0.0f;
        for (size_t k = 0; k < 4; k++) {
            random = random * 1664525u + 1013904223u;
            data.indices[4 * i + k] = (uint16_t)(random >> 26);
            sum += data.weights[4 * i + k] = (float)(random & 0xFFFF) + 1.0f;
        }
        for (size_t k = 0; k < 4; k++) data.weights[4 * i + k] /= sum;
        for (size_t k = 0; k < 3; k++) {
            random = random * 1664525u + 1013904223u;
            data.positions[3 * i + k] = (float)(random >> 8) / 8388608.0f - 1.0f;
            data.normals[3 * i + k] = data.positions[3 * i + k] + 0.25f;
            for (int t = 0; t < TARGETS; t++)
                data.deltas[t][3 * i + k] = data.positions[3 * i + k] * (float)(t + 1);
        }
    }
    for (int i = 0; i < BONES; i++)
        data.matrices[i] =
            w3d_mat4_from_trs(w3d_vec3_make((float)i, 1.0f, 2.0f),
                              w3d_quat_from_axis(w3d_vec3_make(0.0f, 0.6f, 0.8f), 0.1f * (float)i),
                              w3d_vec3_splat(1.0f));
    bench_title("skinning and morphing: positions and normals, four float weights");
    rows(&data, 4000, "4,000");
    rows(&data, SKIN_VERTICES, "400,000");
    for (int t = 0; t < TARGETS; t++) free(data.deltas[t]);
    free(data.positions), free(data.normals), free(data.weights), free(data.indices);
    free(data.out_positions), free(data.out_normals);
}
