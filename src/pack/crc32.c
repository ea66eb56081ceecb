/* crc32.c - CRC-32 by tables made on the spot, or folded by carry-less multiplication.
 *
 * 64-bit Arm has an instruction for this polynomial; x86 folds down to 16 bytes and leaves those
 * and the tail to the smallest table. */
#include "pack/crc32.h"

#include "pack/crc_steps.h"

#if !W3D_CRC_PORTABLE && defined(__ARM_FEATURE_CRC32) && defined(__aarch64__)
#include <arm_acle.h>

W3D_API uint32_t w3d_crc32(uint32_t before, const void *src, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)src;
    uint32_t state = ~before;
    size_t i = 0;
    for (; size - i >= 8; i += 8) state = __crc32d(state, w3d_load_u64(bytes + i));
    for (; i < size; i++) state = __crc32b(state, bytes[i]);
    return ~state;
}

#else

W3D_API uint32_t w3d_crc32(uint32_t before, const void *src, size_t size)
{
    static const w3di_crc_steps_polynomial polynomial = {
        0xEDB88320u, { 0x154442BD4u, 0x1C6E41596u, 0x1751997D0u, 0x0CCAA009Eu }
    };
    const unsigned char *bytes = (const unsigned char *)src;
    uint32_t state = ~before;
#if W3DI_CRC_STEPS_X86
    if (size >= W3DI_CRC_STEPS_FOLD && w3di_crc_steps_can_fold()) {
        unsigned char rest[16];
        size_t folded = w3di_crc_steps_fold(state, &polynomial, bytes, size, rest);
        state = w3di_crc_steps_small(0, polynomial.reversed, rest, sizeof rest);
        bytes += folded;
        size -= folded;
    }
#endif
    return ~w3di_crc_steps_table(state, polynomial.reversed, bytes, size);
}

#endif
