/* skinning.c - mesh_skinning for bench/wasm/skinning.mjs. */
#include "mesh/mesh_skinning.h"

#define EXPORT(name) __attribute__((export_name(#name)))

typedef struct skin {
    const w3d_mat4 *matrices;
    w3d_skinning_bone *bones;
    const uint16_t *indices;
    const float *weights, *positions, *normals;
    float *out_positions, *out_normals;
    uint32_t bone_count, vertex_count, mode;
} skin;

int skinning(const skin *in);
EXPORT(skinning) int skinning(const skin *in)
{
    w3d_mesh_skinning_desc desc;
    w3d_mesh_skinning_out out;
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&out, 0, sizeof out);
    if (in->mode)
        w3d_mesh_skinning_dual_quaternions(in->matrices, in->bone_count, in->bones);
    else
        w3d_mesh_skinning_linear(in->matrices, in->bone_count, in->bones);
    desc.mode = (w3d_skinning_mode)in->mode;
    desc.bones = in->bones;
    desc.bone_count = in->bone_count;
    desc.vertex_count = in->vertex_count;
    desc.indices = in->indices;
    desc.weights = in->weights;
    desc.positions.rows = in->positions;
    desc.normals.rows = in->normals;
    out.positions = in->out_positions;
    out.normals = in->out_normals;
    return (int)w3d_mesh_skinning(&desc, &out);
}

/* The peer: plain C, compiled with the same flags. */
void plain(const skin *in);
EXPORT(plain) void plain(const skin *in)
{
    for (uint32_t i = 0; i < in->vertex_count; i++) {
        float m[16];
        const uint16_t *index = in->indices + 4 * i;
        const float *w = in->weights + 4 * i, *a = in->matrices[index[0]].m;
        const float *b = in->matrices[index[1]].m, *c = in->matrices[index[2]].m;
        const float *d = in->matrices[index[3]].m;
        const float *p = in->positions + 3 * i, *n = in->normals + 3 * i;
        float *to = in->out_positions + 3 * i, *to_normal = in->out_normals + 3 * i;
        for (int k = 0; k < 16; k++) m[k] = w[0] * a[k] + w[1] * b[k] + w[2] * c[k] + w[3] * d[k];
        for (int r = 0; r < 3; r++) {
            to[r] = m[r] * p[0] + m[4 + r] * p[1] + m[8 + r] * p[2] + m[12 + r];
            to_normal[r] = m[r] * n[0] + m[4 + r] * n[1] + m[8 + r] * n[2];
        }
        float length = w3d_sqrtf(to_normal[0] * to_normal[0] + to_normal[1] * to_normal[1] +
                                 to_normal[2] * to_normal[2]);
        float inverse = length > 0.0f ? 1.0f / length : 0.0f;
        for (int r = 0; r < 3; r++) to_normal[r] *= inverse;
    }
}
