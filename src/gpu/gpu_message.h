/* gpu_message.h - errors as sentences: which call, which field, which handle, why; private. */
#ifndef W3D_GPU_MESSAGE_H
#define W3D_GPU_MESSAGE_H

#include "gpu/gpu_state.h"

static inline void w3di_gpu_put(w3d_gpu *gpu, size_t *size, const char *text)
{
    while (*text && *size + 1 < sizeof gpu->message) gpu->message[(*size)++] = *text++;
    gpu->message[*size] = 0;
}

static inline void w3di_gpu_put_handle(w3d_gpu *gpu, size_t *size, uint32_t id)
{
    static const char digits[] = "0123456789abcdef";
    char text[9];
    for (int i = 0; i < 8; i++) text[i] = digits[id >> (28 - 4 * i) & 15];
    text[8] = 0;
    w3di_gpu_put(gpu, size, "handle 0x");
    w3di_gpu_put(gpu, size, text);
}

/* "call: field: why" */
static inline w3d_result w3di_gpu_refuse(w3d_gpu *gpu, w3d_result code, const char *call,
                                         const char *field, const char *why)
{
    size_t size = 0;
    w3di_gpu_put(gpu, &size, call);
    if (*field) {
        w3di_gpu_put(gpu, &size, ": ");
        w3di_gpu_put(gpu, &size, field);
    }
    w3di_gpu_put(gpu, &size, ": ");
    w3di_gpu_put(gpu, &size, why);
    if (gpu->desc.message) gpu->desc.message(gpu->desc.user, code, gpu->message);
    return code;
}

static inline w3d_result w3di_gpu_refuse_memory(w3d_gpu *gpu, const char *call)
{
    return w3di_gpu_refuse(gpu, W3D_ERR_OUT_OF_MEMORY, call, "",
                           "out of memory; nothing was changed");
}

/* "call: field: handle 0x00500003 ..." of a handle that is not live. */
static inline w3d_result w3di_gpu_refuse_handle(w3d_gpu *gpu, uint32_t kind, const char *call,
                                                const char *field, uint32_t id)
{
    static const char *const kinds[W3D_GPU_KIND_COUNT] = { "?",       "buffer", "texture",
                                                           "sampler", "shader", "pipeline",
                                                           "group",   "mesh",   "object",
                                                           "download" };
    uint32_t slot = id & W3DI_GPU_SLOT_MASK;
    size_t size = 0;
    w3di_gpu_put(gpu, &size, call);
    w3di_gpu_put(gpu, &size, ": ");
    w3di_gpu_put(gpu, &size, field);
    w3di_gpu_put(gpu, &size, ": ");
    if (!id) {
        w3di_gpu_put(gpu, &size, "there is none, a ");
        w3di_gpu_put(gpu, &size, kinds[kind]);
        w3di_gpu_put(gpu, &size, " is wanted");
    } else {
        w3di_gpu_put_handle(gpu, &size, id);
        if (slot && slot < gpu->slots[kind].count) {
            const w3di_gpu_record *record = w3di_gpu_slot(gpu, kind, slot);
            w3di_gpu_put(gpu, &size, " is stale: its ");
            w3di_gpu_put(gpu, &size, kinds[kind]);
            if (record->label[0]) {
                w3di_gpu_put(gpu, &size, " \"");
                w3di_gpu_put(gpu, &size, record->label);
                w3di_gpu_put(gpu, &size, record->live ? "\" took its place" : "\" was destroyed");
            } else {
                w3di_gpu_put(gpu, &size, " was destroyed");
            }
        } else {
            w3di_gpu_put(gpu, &size, " was never a ");
            w3di_gpu_put(gpu, &size, kinds[kind]);
            w3di_gpu_put(gpu, &size, " of this device");
        }
    }
    if (gpu->desc.message) gpu->desc.message(gpu->desc.user, W3D_ERR_STALE, gpu->message);
    return W3D_ERR_STALE;
}

/* In functions with `gpu` and `call`: goes back with a message unless the condition holds. */
#define W3DI_GPU_CHECK(condition, code, field, why)                                                \
    do {                                                                                           \
        if (!(condition)) return w3di_gpu_refuse(gpu, code, call, field, why);                     \
    } while (0)

#endif /* W3D_GPU_MESSAGE_H */
