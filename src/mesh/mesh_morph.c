/* mesh_morph.c - a few hundred vertices at a time go through all targets, so that the sums stay in
 * the first cache. Packed rows are added as one row of floats; the sums and their order are the
 * same for other strides. */
#include "mesh/mesh_morph.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_lanes.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

#define W3DI_MESH_MORPH_BLOCK 256 /* vertices */

W3D_INLINE size_t w3di_mesh_morph_stride(uint32_t stride) { return stride ? stride : 12; }

/* The first row of a sparse target whose vertex is not below `vertex`. */
static uint32_t w3di_mesh_morph_find(const w3d_morph_target *target, uint32_t vertex)
{
    uint32_t low = 0, high = target->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (target->vertices[middle] < vertex)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* 1 where the rows of a sparse target between two searches lie in the range and rise. The row after
 * them, and the last row of the target, are looked at too: nothing may be too large. */
static int w3di_mesh_morph_rises(const w3d_morph_target *target, uint32_t begin, uint32_t end,
                                 uint32_t vertex_count)
{
    uint32_t first = w3di_mesh_morph_find(target, begin), last = w3di_mesh_morph_find(target, end);
    if (target->count && target->vertices[target->count - 1] >= vertex_count) return 0;
    if (last < target->count && target->vertices[last] >= vertex_count) return 0;
    for (uint32_t i = first; i < last; i++) {
        if (target->vertices[i] < begin || target->vertices[i] >= end) return 0;
        if (i > first && target->vertices[i] <= target->vertices[i - 1]) return 0;
    }
    return first <= last;
}

/* sums += weight * rows, over `count` floats that lie side by side. */
W3D_INLINE void w3di_mesh_morph_add(float *sums, const float *rows, size_t count, float weight)
{
    w3d_f4 factor = w3d_f4_splat(weight);
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        w3d_f4_store(sums + i,
                     w3d_f4_add(w3d_f4_load(sums + i), w3d_f4_mul(w3d_f4_load(rows + i), factor)));
    for (; i < count; i++) sums[i] += weight * rows[i];
}

/* The same for four targets at once, one after the other for every float. */
static void w3di_mesh_morph_add_four(float *sums, const float *const *rows, size_t count,
                                     const float *weight)
{
    w3d_f4 w0 = w3d_f4_splat(weight[0]), w1 = w3d_f4_splat(weight[1]);
    w3d_f4 w2 = w3d_f4_splat(weight[2]), w3 = w3d_f4_splat(weight[3]);
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        w3d_f4 sum = w3d_f4_add(w3d_f4_load(sums + i), w3d_f4_mul(w3d_f4_load(a + i), w0));
        sum = w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(b + i), w1));
        sum = w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(c + i), w2));
        w3d_f4_store(sums + i, w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(d + i), w3)));
    }
    for (; i < count; i++)
        for (int k = 0; k < 4; k++) sums[i] += weight[k] * rows[k][i];
}

/* Packed dense targets that wait for a fourth. */
typedef struct w3di_mesh_morph_waiting {
    const float *rows[4];
    float weights[4];
    uint32_t count;
} w3di_mesh_morph_waiting;

static void w3di_mesh_morph_flush(w3di_mesh_morph_waiting *waiting, float *sums, size_t count)
{
    if (waiting->count == 4) w3di_mesh_morph_add_four(sums, waiting->rows, count, waiting->weights);
    for (uint32_t k = 0; waiting->count < 4 && k < waiting->count; k++)
        w3di_mesh_morph_add(sums, waiting->rows[k], count, waiting->weights[k]);
    waiting->count = 0;
}

/* All targets on the vertices from `begin`, `count` <= W3DI_MESH_MORPH_BLOCK of them. */
static void w3di_mesh_morph_block(const w3d_mesh_morph_desc *desc, uint32_t begin, uint32_t count,
                                  float *sums)
{
    w3di_mesh_morph_waiting waiting;
    waiting.count = 0;
    for (uint32_t t = 0; t < desc->target_count; t++) {
        const w3d_morph_target *target = &desc->targets[t];
        size_t stride = w3di_mesh_morph_stride(target->stride);
        const char *rows = (const char *)target->deltas;
        float weight = desc->weights[t];
        if (weight == 0.0f) continue;
        if (!target->vertices && stride == 12) {
            waiting.rows[waiting.count] = target->deltas + (size_t)begin * 3;
            waiting.weights[waiting.count++] = weight;
            if (waiting.count == 4) w3di_mesh_morph_flush(&waiting, sums, (size_t)count * 3);
            continue;
        }
        w3di_mesh_morph_flush(&waiting, sums, (size_t)count * 3); /* the order is kept */
        if (!target->vertices) {
            for (uint32_t i = 0; i < count; i++)
                w3di_mesh_morph_add(sums + 3 * i,
                                    (const float *)(const void *)(rows + (begin + i) * stride), 3,
                                    weight);
        } else {
            uint32_t i = w3di_mesh_morph_find(target, begin);
            for (; i < target->count && target->vertices[i] - begin < count; i++)
                w3di_mesh_morph_add(sums + 3 * (target->vertices[i] - begin),
                                    (const float *)(const void *)(rows + i * stride), 3, weight);
        }
    }
    w3di_mesh_morph_flush(&waiting, sums, (size_t)count * 3);
}

W3D_API w3d_result w3d_mesh_morph(const w3d_mesh_morph_desc *desc, float *out)
{
    int kept = desc != NULL;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t end = desc->end ? desc->end : desc->vertex_count;
    size_t stride = w3di_mesh_morph_stride(desc->stride);
    size_t out_stride = w3di_mesh_morph_stride(desc->out_stride);
    kept = ((desc->rows && out) || desc->vertex_count == 0) && desc->begin <= end &&
           end <= desc->vertex_count && w3di_mesh_check_stride(desc->stride) &&
           w3di_mesh_check_stride(desc->out_stride) &&
           ((desc->targets && desc->weights) || desc->target_count == 0) &&
           (desc->rows != out || stride == out_stride);
    for (uint32_t t = 0; kept && t < desc->target_count; t++) {
        const w3d_morph_target *target = &desc->targets[t];
        uint32_t count = target->vertices ? target->count : desc->vertex_count;
        kept = w3di_mesh_check_stride(target->stride) && (target->deltas || count == 0);
    }
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (uint32_t t = 0; t < desc->target_count; t++)
        if (desc->targets[t].vertices && desc->weights[t] != 0.0f &&
            !w3di_mesh_morph_rises(&desc->targets[t], desc->begin, end, desc->vertex_count))
            return W3D_ERR_INDEX;

    float sums[W3DI_MESH_MORPH_BLOCK * 3 + 4];
    for (uint32_t begin = desc->begin; begin < end;) {
        uint32_t count = end - begin < W3DI_MESH_MORPH_BLOCK ? end - begin : W3DI_MESH_MORPH_BLOCK;
        const char *row = (const char *)desc->rows + begin * stride;
        char *to = (char *)out + begin * out_stride;
        if (stride == 12)
            w3d_copy(sums, row, (size_t)count * 12);
        else
            for (uint32_t i = 0; i < count; i++) w3d_copy(sums + 3 * i, row + i * stride, 12);
        w3di_mesh_morph_block(desc, begin, count, sums);
        for (uint32_t i = 0; desc->unit && i < count; i += 4) {
            uint32_t lanes = count - i < 4 ? count - i : 4;
            w3di_mesh_lanes v = w3di_mesh_lanes_gather_some(sums + 3 * i, 12, lanes, lanes == 4);
            w3di_mesh_lanes_scatter(sums + 3 * i, 12, w3di_mesh_lanes_unit(v), lanes);
        }
        if (out_stride == 12)
            w3d_copy(to, sums, (size_t)count * 12);
        else
            for (uint32_t i = 0; i < count; i++) w3d_copy(to + i * out_stride, sums + 3 * i, 12);
        begin += count;
    }
    return W3D_OK;
}

#undef W3DI_MESH_MORPH_BLOCK

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
