/* crc32c.c - CRC-32C by the processor's instruction, or by tables made on the spot.
 *
 * The x86 instruction takes eight bytes every three cycles; carry-less multiplication folds
 * larger pieces several times faster and leaves 16 bytes and the tail to the instruction. */
#include "pack/crc32c.h"

#include "pack/crc_steps.h"

#if !W3D_CRC_PORTABLE && defined(__ARM_FEATURE_CRC32) && defined(__aarch64__)
#include <arm_acle.h>

W3D_API uint32_t w3d_crc32c(uint32_t before, const void *src, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)src;
    uint32_t state = ~before;
    size_t i = 0;
    for (; size - i >= 8; i += 8) state = __crc32cd(state, w3d_load_u64(bytes + i));
    for (; i < size; i++) state = __crc32cb(state, bytes[i]);
    return ~state;
}

#else

#if W3DI_CRC_STEPS_X86
__attribute__((target("sse4.2"))) static uint32_t
w3di_crc32c_serial(uint32_t state, const unsigned char *bytes, size_t size)
{
    uint64_t wide = state;
    size_t i = 0;
    for (; size - i >= 8; i += 8) wide = _mm_crc32_u64(wide, w3d_load_u64(bytes + i));
    state = (uint32_t)wide;
    for (; i < size; i++) state = _mm_crc32_u8(state, bytes[i]);
    return state;
}
#endif

W3D_API uint32_t w3d_crc32c(uint32_t before, const void *src, size_t size)
{
    static const w3di_crc_steps_polynomial polynomial = {
        0x82F63B78u, { 0x0740EEF02u, 0x09E4ADDF8u, 0x0F20C0DFEu, 0x14CD00BD6u }
    };
    const unsigned char *bytes = (const unsigned char *)src;
    uint32_t state = ~before;
#if W3DI_CRC_STEPS_X86
    if (w3di_crc_steps_can_fold()) {
        if (size >= W3DI_CRC_STEPS_FOLD) {
            unsigned char rest[16];
            size_t folded = w3di_crc_steps_fold(state, &polynomial, bytes, size, rest);
            state = w3di_crc32c_serial(0, rest, sizeof rest);
            bytes += folded;
            size -= folded;
        }
        return ~w3di_crc32c_serial(state, bytes, size);
    }
#endif
    return ~w3di_crc_steps_table(state, polynomial.reversed, bytes, size);
}

#endif
