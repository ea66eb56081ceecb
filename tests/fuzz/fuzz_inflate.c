/* fuzz_inflate.c - any bytes as a stream; then what came out, or the bytes themselves, through
 * every level of deflate and back. The first byte says how: bit 0 raw, bits 1-2 the level, the
 * others the capacity. */
#include "pack/deflate.h"
#include "pack/inflate.h"

#include <stdlib.h>
#include <string.h>

static void round_trip(const uint8_t *src, size_t size, w3d_deflate_level level, int raw)
{
    size_t bound = w3d_deflate_bound(size), scratch_size = w3d_deflate_scratch_size();
    size_t packed_size = 0, written = 0, consumed = 0;
    uint8_t *packed = (uint8_t *)malloc(bound), *back = (uint8_t *)malloc(size + 1);
    void *scratch = malloc(scratch_size);
    if (packed && back && scratch) {
        w3d_deflate_desc deflate;
        w3d_inflate_desc inflate;
        memset(&deflate, 0, sizeof deflate);
        memset(&inflate, 0, sizeof inflate);
        deflate.src = src;
        deflate.src_size = size;
        deflate.dst = packed;
        deflate.capacity = bound;
        deflate.level = level;
        deflate.raw = raw;
        if (w3d_deflate(&deflate, &packed_size, w3d_arena_make(scratch, scratch_size), NULL) !=
            W3D_OK)
            __builtin_trap();
        inflate.src = packed;
        inflate.src_size = packed_size;
        inflate.dst = back;
        inflate.capacity = size;
        inflate.raw = raw;
        if (w3d_inflate(&inflate, &written, &consumed, NULL) != W3D_OK || written != size ||
            consumed != packed_size || (size && memcmp(back, src, size) != 0))
            __builtin_trap();
    }
    free(packed);
    free(back);
    free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    unsigned how = data[0];
    size_t capacity = (size_t)1 << (how >> 3) % 18, written = 0, consumed = 0;
    uint8_t *dst = (uint8_t *)malloc(capacity);
    w3d_inflate_desc desc;
    w3d_error error;
    if (!dst) return 0;
    memset(&desc, 0, sizeof desc);
    desc.src = data + 1;
    desc.src_size = size - 1;
    desc.dst = dst;
    desc.capacity = capacity;
    desc.raw = how & 1;
    w3d_deflate_level level = (w3d_deflate_level)(how >> 1 & 3);
    if (w3d_inflate(&desc, &written, &consumed, &error) == W3D_OK) {
        if (written > capacity || consumed > size - 1) __builtin_trap();
        round_trip(dst, written, level, desc.raw);
    } else {
        if (error.offset > size - 1 || !error.text) __builtin_trap();
        round_trip(data, size, level, desc.raw);
    }
    free(dst);
    return 0;
}
