/* fuzz_gpu_capture.c - any bytes as a capture, played over the null back-end. Byte 0 says whether the
 * checksums are made right first, so that what lies behind them is reached. */
#include "core/bytes.h"
#include "gpu/gpu_capture.h"
#include "gpu/gpu_null.h"
#include "pack/crc32c.h"

#include <stdlib.h>
#include <string.h>

static void mend(uint8_t *file, size_t size)
{
    static const uint8_t sign[8] = { 0x89, 'W', '3', 'D', 'G', '\r', '\n', 0x1A };
    uint32_t number = 0;
    if (size < 32) return;
    memcpy(file, sign, 8);
    w3d_store_u32(file + 8, W3D_GPU_STREAM_VERSION);
    w3d_store_u32(file + 12, 32);
    w3d_store_u32(file + 28, w3d_crc32c(0, file, 28));
    for (size_t at = 32; size - at >= 32;) {
        uint8_t *head = file + at;
        uint64_t words = w3d_load_u32(head + 8), blobs = w3d_load_u32(head + 12),
                 left = size - at - 32, body = (words * 4 + 15) / 16 * 16,
                 whole = body + (blobs + 15) / 16 * 16;
        if (whole > left) return;
        w3d_store_u32(head, 0x454D5246);
        w3d_store_u32(head + 4, number ? w3d_load_u32(head + 4) & 1 : 1);
        w3d_store_u32(head + 16, w3d_crc32c(0, head + 32, (size_t)words * 4));
        w3d_store_u32(head + 20, w3d_crc32c(0, head + 32 + body, (size_t)blobs));
        w3d_store_u32(head + 24, number++);
        w3d_store_u32(head + 28, w3d_crc32c(0, head, 28));
        at += 32 + (size_t)whole;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    w3d_gpu_replay_desc desc;
    w3d_gpu_replay *replay;
    w3d_error error;
    if (!size) return 0;
    uint8_t *file = (uint8_t *)malloc(size);
    if (!file) return 0;
    memcpy(file, data + 1, size - 1);
    if (data[0] & 1) mend(file, size - 1);
    memset(&desc, 0, sizeof desc);
    desc.backend = w3d_gpu_null(NULL);
    desc.bytes = file;
    desc.size = size - 1;
    desc.memory_limit = 64u << 20;
    w3d_result result = w3d_gpu_replay_open(&desc, &replay, &error);
    if (!result) {
        while ((result = w3d_gpu_replay_step(replay)) == W3D_OK || result == W3D_ERR_BUSY) {}
        /* what passed the checker the null device takes */
        if (result != W3D_ERR_NOT_FOUND && result != W3D_ERR_OUT_OF_MEMORY) __builtin_trap();
        w3d_gpu_replay_close(replay);
    } else if (error.offset > size || !error.text)
        __builtin_trap();
    free(file);
    return 0;
}
