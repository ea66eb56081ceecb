/* crc_steps.h - the ways to run a reflected 32-bit CRC over bytes, for any polynomial.
 *
 * No table is stored. A CRC is linear: the effect of a bit on the state is known from the
 * polynomial alone, and the effect of several bits is the exclusive or of theirs. So a table is
 * made on the stack when it is needed, smaller or larger with the bytes to come: 16 entries and
 * one nibble a step, 16 x 16 entries or 8 x 256 entries and eight bytes a step ("slicing").
 * x86-64 with carry-less multiplication needs none: it folds 64 bytes into the next 64.
 *
 * `state` is the bare register: callers invert it before and after.
 * Source: Kounavis and Berry 2005, "A Systematic Approach to Building High Performance
 * Software-Based CRC Generators"; Gopal et al. 2009, "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction" (Intel). */
#ifndef W3D_CRC_STEPS_H
#define W3D_CRC_STEPS_H

#include "core/bytes.h"

#if !W3D_CRC_PORTABLE && defined(__GNUC__) && defined(__x86_64__) && __STDC_HOSTED__
#define W3DI_CRC_STEPS_X86 1
#include <nmmintrin.h>
#include <wmmintrin.h>
#else
#define W3DI_CRC_STEPS_X86 0
#endif

/* A polynomial, bits reversed (x^31 is bit 0), and what folding with it takes: x^n mod P for
 * n = 544, 480, 160, 96, each reversed and shifted left by one (Gopal et al., section 4). */
typedef struct w3di_crc_steps_polynomial {
    uint32_t reversed;
    uint64_t fold[4];
} w3di_crc_steps_polynomial;

/* Below so many bytes the smaller tables win (measured with gcc on a Xeon of 2.5 GHz). */
enum {
    W3DI_CRC_STEPS_SLICE = 96,
    W3DI_CRC_STEPS_SLICE_BYTES = 4096,
    W3DI_CRC_STEPS_FOLD = 64 /* the fold's own least */
};

/* One more zero bit behind the ones that led to this state. */
W3D_INLINE uint32_t w3di_crc_steps_shift(uint32_t state, uint32_t reversed)
{
    return state >> 1 ^ (reversed & (0u - (state & 1u)));
}

/* Fills `rows` tables of 1 << bits entries: row k, entry v is what the bits v do to the state
 * when (rows - 1 - k) * bits zero bits follow them. */
W3D_INLINE void w3di_crc_steps_fill(uint32_t *table, unsigned rows, unsigned bits,
                                    uint32_t reversed)
{
    uint32_t effect = reversed; /* of the last bit of the last row */
    for (unsigned k = rows; k-- > 0;) {
        uint32_t *row = table + ((size_t)k << bits);
        row[0] = 0;
        for (unsigned bit = 1u << (bits - 1u); bit; bit >>= 1) {
            row[bit] = effect;
            effect = w3di_crc_steps_shift(effect, reversed);
        }
        for (unsigned bit = 2; bit < 1u << bits; bit <<= 1)
            for (unsigned rest = 1; rest < bit; rest++) row[bit + rest] = row[bit] ^ row[rest];
    }
}

/* The sum of eight rows, looked up with eight groups of `bits` bits of the word. */
W3D_INLINE uint32_t w3di_crc_steps_eight(const uint32_t *table, uint64_t word, unsigned bits)
{
    unsigned mask = (1u << bits) - 1u;
    uint32_t a = table[(size_t)(word & mask)];
    uint32_t b = table[((size_t)1 << bits) + (size_t)(word >> bits & mask)];
    uint32_t c = table[((size_t)2 << bits) + (size_t)(word >> (2 * bits) & mask)];
    uint32_t d = table[((size_t)3 << bits) + (size_t)(word >> (3 * bits) & mask)];
    uint32_t e = table[((size_t)4 << bits) + (size_t)(word >> (4 * bits) & mask)];
    uint32_t f = table[((size_t)5 << bits) + (size_t)(word >> (5 * bits) & mask)];
    uint32_t g = table[((size_t)6 << bits) + (size_t)(word >> (6 * bits) & mask)];
    uint32_t h = table[((size_t)7 << bits) + (size_t)(word >> (7 * bits) & mask)];
    return ((a ^ b) ^ (c ^ d)) ^ ((e ^ f) ^ (g ^ h));
}

/* A nibble at a time. `last` is the last row of a table of nibbles. */
W3D_INLINE uint32_t w3di_crc_steps_nibbles(uint32_t state, const uint32_t *last,
                                           const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        state ^= bytes[i];
        state = state >> 4 ^ last[state & 15u];
        state = state >> 4 ^ last[state & 15u];
    }
    return state;
}

static inline uint32_t w3di_crc_steps_small(uint32_t state, uint32_t reversed,
                                            const unsigned char *bytes, size_t size)
{
    uint32_t table[16];
    w3di_crc_steps_fill(table, 1, 4, reversed);
    return w3di_crc_steps_nibbles(state, table, bytes, size);
}

static inline uint32_t w3di_crc_steps_medium(uint32_t state, uint32_t reversed,
                                             const unsigned char *bytes, size_t size)
{
    uint32_t table[16 * 16];
    size_t i = 0;
    w3di_crc_steps_fill(table, 16, 4, reversed);
    for (; size - i >= 8; i += 8) {
        uint64_t word = w3d_load_u64(bytes + i) ^ state;
        state = w3di_crc_steps_eight(table, word, 4) ^
                w3di_crc_steps_eight(table + 8 * 16, word >> 32, 4);
    }
    return w3di_crc_steps_nibbles(state, table + 15 * 16, bytes + i, size - i);
}

static inline uint32_t w3di_crc_steps_large(uint32_t state, uint32_t reversed,
                                            const unsigned char *bytes, size_t size)
{
    uint32_t table[8 * 256];
    size_t i = 0;
    w3di_crc_steps_fill(table, 8, 8, reversed);
    for (; size - i >= 8; i += 8)
        state = w3di_crc_steps_eight(table, w3d_load_u64(bytes + i) ^ state, 8);
    for (; i < size; i++) state = state >> 8 ^ table[7 * 256 + ((state ^ bytes[i]) & 255u)];
    return state;
}

/* Runs the state over bytes with the table that suits their number. */
static inline uint32_t w3di_crc_steps_table(uint32_t state, uint32_t reversed,
                                            const unsigned char *bytes, size_t size)
{
    if (size < W3DI_CRC_STEPS_SLICE) return w3di_crc_steps_small(state, reversed, bytes, size);
    if (size < W3DI_CRC_STEPS_SLICE_BYTES)
        return w3di_crc_steps_medium(state, reversed, bytes, size);
    return w3di_crc_steps_large(state, reversed, bytes, size);
}

#if W3DI_CRC_STEPS_X86

/* 1 where the processor has both instructions: a look at a variable the C runtime has set. */
static inline int w3di_crc_steps_can_fold(void)
{
#if defined(__PCLMUL__) && defined(__SSE4_2__)
    return 1;
#else
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
#endif
}

/* block * x^distance mod P, plus the bytes that stand there: 128 bits moved on in one step. */
__attribute__((target("pclmul,sse4.2"))) static inline __m128i
w3di_crc_steps_fold_one(__m128i block, __m128i by, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(block, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(block, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* Folds size - size % 16 bytes, 64 at least, into the 16 of `rest`: a state of 0 run over `rest`
 * is the state run over those bytes. Gives the number of bytes folded. */
__attribute__((target("pclmul,sse4.2"))) static inline size_t
w3di_crc_steps_fold(uint32_t state, const w3di_crc_steps_polynomial *polynomial,
                    const unsigned char *bytes, size_t size, unsigned char rest[16])
{
    const __m128i *blocks = (const __m128i *)(const void *)bytes;
    size_t left = size - 64;
    __m128i by = _mm_set_epi64x((int64_t)polynomial->fold[1], (int64_t)polynomial->fold[0]);
    __m128i a = _mm_xor_si128(_mm_loadu_si128(blocks), _mm_cvtsi32_si128((int)state));
    __m128i b = _mm_loadu_si128(blocks + 1);
    __m128i c = _mm_loadu_si128(blocks + 2);
    __m128i d = _mm_loadu_si128(blocks + 3);
    for (blocks += 4; left >= 64; left -= 64, blocks += 4) {
        a = w3di_crc_steps_fold_one(a, by, _mm_loadu_si128(blocks));
        b = w3di_crc_steps_fold_one(b, by, _mm_loadu_si128(blocks + 1));
        c = w3di_crc_steps_fold_one(c, by, _mm_loadu_si128(blocks + 2));
        d = w3di_crc_steps_fold_one(d, by, _mm_loadu_si128(blocks + 3));
    }
    by = _mm_set_epi64x((int64_t)polynomial->fold[3], (int64_t)polynomial->fold[2]);
    b = w3di_crc_steps_fold_one(a, by, b);
    c = w3di_crc_steps_fold_one(b, by, c);
    d = w3di_crc_steps_fold_one(c, by, d);
    for (; left >= 16; left -= 16, blocks++)
        d = w3di_crc_steps_fold_one(d, by, _mm_loadu_si128(blocks));
    _mm_storeu_si128((__m128i *)(void *)rest, d);
    return size - left;
}

#endif

#endif /* W3D_CRC_STEPS_H */
