/* gpu_recall.h - the live resources told again, for a new device or a capture; private. */
#ifndef W3D_GPU_RECALL_H
#define W3D_GPU_RECALL_H

#include "gpu/gpu_write.h"

/* What a new device is told of, in this order. */
static const uint8_t w3di_gpu_recalled[] = { W3D_GPU_KIND_BUFFER,   W3D_GPU_KIND_TEXTURE,
                                             W3D_GPU_KIND_SAMPLER,  W3D_GPU_KIND_SHADER,
                                             W3D_GPU_KIND_PIPELINE, W3D_GPU_KIND_GROUP,
                                             W3D_GPU_KIND_MESH };

static inline int w3di_gpu_recall_contents(w3d_gpu *gpu, uint32_t kind, uint32_t slot)
{
    w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
    uint32_t id = w3di_gpu_id(record, slot);
    if (kind == W3D_GPU_KIND_BUFFER) {
        w3di_gpu_buffer *b = (w3di_gpu_buffer *)(void *)record;
        if (b->policy == W3D_GPU_GPU_ONLY) gpu->lost_contents++;
        if (!b->copy) return 1;
        if (!w3di_gpu_reserve(gpu, 5, w3di_gpu_blob_bytes(b->size))) return 0;
        uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_BUFFER_WRITE, 5);
        w[1] = id;
        w3di_gpu_blob(gpu, w + 3, b->copy, b->size);
    }
    if (kind == W3D_GPU_KIND_TEXTURE) {
        w3di_gpu_texture *t = (w3di_gpu_texture *)(void *)record;
        size_t at = 0;
        if (t->policy == W3D_GPU_GPU_ONLY && !(t->use & W3D_GPU_USE_TARGET)) gpu->lost_contents++;
        for (uint32_t mip = 0; t->copy && mip < t->mips; mip++) {
            uint32_t width = w3di_gpu_mip_side(t->width, mip),
                     height = w3di_gpu_mip_side(t->height, mip),
                     depth = t->kind == W3D_GPU_3D ? w3di_gpu_mip_side(t->depth, mip) : t->depth;
            uint32_t size = (uint32_t)w3di_gpu_region_size(t->format, width, height, depth);
            if (mip == 1 && t->made_mips) { /* before the levels that were written over them */
                if (!w3di_gpu_reserve(gpu, 2, 0)) return 0;
                w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_MIPS, 2)[1] = id;
            }
            if (t->written >> mip & 1) {
                if (!w3di_gpu_reserve(gpu, 11, w3di_gpu_blob_bytes(size))) return 0;
                uint32_t *w = w3di_gpu_begin(gpu, W3D_GPU_OP_TEXTURE_WRITE, 11);
                w[1] = id;
                w[2] = mip;
                w[6] = width;
                w[7] = height;
                w[8] = depth;
                w3di_gpu_blob(gpu, w + 9, t->copy + at, size);
            }
            at += size;
        }
    }
    return 1;
}

/* Appends all that makes the live resources and their contents, in the order in which they need
 * each other; what refers to something that was destroyed is left out. Changes no record. */
static inline int w3di_gpu_recall_all(w3d_gpu *gpu)
{
    for (uint32_t k = 0; k < sizeof w3di_gpu_recalled; k++)
        for (uint32_t kind = w3di_gpu_recalled[k], slot = 1; slot < gpu->slots[kind].count;
             slot++) {
            const w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
            if (record->live && w3di_gpu_whole(gpu, record) &&
                (!w3di_gpu_recall(gpu, record) || !w3di_gpu_recall_contents(gpu, kind, slot)))
                return 0;
        }
    return 1;
}

#endif /* W3D_GPU_RECALL_H */
