/* gpu_sort.h - draws sorted and merged into MULTI operations; private. */
#ifndef W3D_GPU_SORT_H
#define W3D_GPU_SORT_H

#include "gpu/gpu_write.h"

static inline uint64_t w3di_gpu_key(const w3d_gpu *gpu, const w3d_gpu_packet *packet)
{
    const w3di_gpu_mesh *mesh = w3di_gpu_mesh_of(gpu, packet->mesh);
    return (uint64_t)(packet->pipeline & W3DI_GPU_SLOT_MASK) << 44 |
           (uint64_t)(packet->group & W3DI_GPU_SLOT_MASK) << 24 | (mesh ? mesh->hash >> 8 : 0);
}

/* Orders the packets by their keys, a byte at a time from the lowest, bytes that are all the same
 * left out. */
static inline void w3di_gpu_sort(w3d_gpu_pass *pass)
{
    uint32_t n = pass->packet_count, *from = pass->order, *to = pass->order + pass->key_room;
    uint64_t all = ~(uint64_t)0, any = 0;
    for (uint32_t i = 0; i < n; i++) {
        all &= pass->keys[i];
        any |= pass->keys[i];
        from[i] = i;
    }
    for (uint32_t shift = 0; shift < 64; shift += 8) {
        uint32_t counts[256], sum = 0;
        if ((all >> shift & 255) == (any >> shift & 255)) continue;
        w3d_fill(counts, 0, sizeof counts);
        for (uint32_t i = 0; i < n; i++) counts[pass->keys[i] >> shift & 255]++;
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t count = counts[i];
            counts[i] = sum;
            sum += count;
        }
        for (uint32_t i = 0; i < n; i++) to[counts[pass->keys[from[i]] >> shift & 255]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != pass->order) w3d_copy(pass->order, from, (size_t)n * sizeof *from);
}

static inline int w3di_gpu_joins(const w3d_gpu *gpu, const w3d_gpu_packet *a,
                                 const w3d_gpu_packet *b)
{
    if (a->pipeline != b->pipeline || a->group != b->group || (a->instances ^ b->instances) >> 31)
        return 0;
    if (a->mesh == b->mesh) return 1;
    const w3di_gpu_mesh *x = w3di_gpu_mesh_of(gpu, a->mesh), *y = w3di_gpu_mesh_of(gpu, b->mesh);
    return x && y && w3d_equal(x->arena, y->arena, sizeof x->arena);
}

static inline const w3d_gpu_packet *w3di_gpu_packet_at(const w3d_gpu_pass *pass, uint32_t i)
{
    return &pass->packets[pass->sort ? pass->order[i] : i];
}

/* Writes what was recorded since the last change of state. */
static inline w3d_result w3di_gpu_flush(w3d_gpu *gpu)
{
    w3d_gpu_pass *pass = &gpu->pass;
    uint32_t n = pass->packet_count;
    w3d_gpu_counters *counters = &gpu->counting;
    if (!n) return W3D_OK;
    if (pass->sort && n > pass->key_room) {
        void *keys = pass->keys, *order = pass->order;
        uint32_t room = (uint32_t)(pass->key_size / sizeof *pass->keys),
                 order_room = 2 * pass->key_room;
        int good = w3di_gpu_room(gpu, &keys, &room, n, sizeof *pass->keys);
        pass->keys = (uint64_t *)keys;
        pass->key_size = (size_t)room * sizeof *pass->keys;
        if (!good || !w3di_gpu_room(gpu, &order, &order_room, 2 * (uint64_t)room, sizeof(uint32_t)))
            return w3di_gpu_refuse_memory(gpu, "w3d_gpu_draw");
        pass->order = (uint32_t *)order;
        pass->key_room = room;
    }
    /* A run of one takes 6 + 5 words, more draws in a run only share the six. */
    if (!w3di_gpu_reserve(gpu, 11 * (uint64_t)n, 0))
        return w3di_gpu_refuse_memory(gpu, "w3d_gpu_draw");
    if (pass->sort) {
        for (uint32_t i = 0; i < n; i++) pass->keys[i] = w3di_gpu_key(gpu, &pass->packets[i]);
        w3di_gpu_sort(pass);
    }
    const w3d_gpu_packet *before = NULL;
    for (uint32_t i = 0; i < n;) {
        const w3d_gpu_packet *first = w3di_gpu_packet_at(pass, i);
        uint32_t run = 1;
        while (i + run < n && run < 4096 &&
               w3di_gpu_joins(gpu, first, w3di_gpu_packet_at(pass, i + run)))
            run++;
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_MULTI, 6 + 5 * run),
                 indexed = first->instances >> 31;
        const w3di_gpu_mesh *mesh = w3di_gpu_mesh_of(gpu, first->mesh);
        uint32_t index_size = !indexed ? 1 : mesh && mesh->arena[1] == W3D_GPU_INDEX_U16 ? 2 : 4;
        w[1] = first->pipeline;
        w[2] = first->group;
        w[3] = first->mesh;
        w[4] = run;
        w[5] = indexed;
        for (uint32_t k = 0; k < run; k++) {
            const w3d_gpu_packet *p = w3di_gpu_packet_at(pass, i + k);
            w[6 + k] = p->count;
            w[6 + run + k] = p->first * index_size;
            w[6 + 2 * run + k] = p->instances & 0x7FFFFFFFu;
            w[6 + 3 * run + k] = p->object;
            w[6 + 4 * run + k] = (uint32_t)p->base_vertex;
        }
        counters->draws_issued++;
        counters->pipeline_changes += !before || before->pipeline != first->pipeline;
        counters->group_changes += !before || before->group != first->group;
        counters->mesh_changes += !before || before->mesh != first->mesh;
        before = first;
        i += run;
    }
    pass->packet_count = 0;
    return W3D_OK;
}

#endif /* W3D_GPU_SORT_H */
