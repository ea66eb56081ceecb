/* sha256.c - SHA-256 as FIPS 180-4 writes it, eight rounds to a loop so that no variable moves; on
 * x86-64 by the processor's instructions for it, five times as fast, where it has them. */
#include "pack/sha256.h"

#include "core/bits.h"
#include "core/bytes.h"

/* Compilers that can ask for the instructions at run time, or were told that they are there. */
#if !W3D_CRC_PORTABLE && defined(__GNUC__) && defined(__x86_64__) && __STDC_HOSTED__ &&            \
    (defined(__SHA__) || (defined(__clang__) ? __clang_major__ >= 19 : __GNUC__ >= 11))
#define W3DI_SHA256_X86 1
#include <immintrin.h>
#else
#define W3DI_SHA256_X86 0
#endif

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes
 * (FIPS 180-4, 4.2.2). */
static const uint32_t w3di_sha256_constants[64] = {
    0x428A2F98u, 0x71374491u, 0xB5C0FBCFu, 0xE9B5DBA5u, 0x3956C25Bu, 0x59F111F1u, 0x923F82A4u,
    0xAB1C5ED5u, 0xD807AA98u, 0x12835B01u, 0x243185BEu, 0x550C7DC3u, 0x72BE5D74u, 0x80DEB1FEu,
    0x9BDC06A7u, 0xC19BF174u, 0xE49B69C1u, 0xEFBE4786u, 0x0FC19DC6u, 0x240CA1CCu, 0x2DE92C6Fu,
    0x4A7484AAu, 0x5CB0A9DCu, 0x76F988DAu, 0x983E5152u, 0xA831C66Du, 0xB00327C8u, 0xBF597FC7u,
    0xC6E00BF3u, 0xD5A79147u, 0x06CA6351u, 0x14292967u, 0x27B70A85u, 0x2E1B2138u, 0x4D2C6DFCu,
    0x53380D13u, 0x650A7354u, 0x766A0ABBu, 0x81C2C92Eu, 0x92722C85u, 0xA2BFE8A1u, 0xA81A664Bu,
    0xC24B8B70u, 0xC76C51A3u, 0xD192E819u, 0xD6990624u, 0xF40E3585u, 0x106AA070u, 0x19A4C116u,
    0x1E376C08u, 0x2748774Cu, 0x34B0BCB5u, 0x391C0CB3u, 0x4ED8AA4Au, 0x5B9CCA4Fu, 0x682E6FF3u,
    0x748F82EEu, 0x78A5636Fu, 0x84C87814u, 0x8CC70208u, 0x90BEFFFAu, 0xA4506CEBu, 0xBEF9A3F7u,
    0xC67178F2u
};

/* One round (6.2.2, step 3). The standard moves all eight variables down by one each round; here
 * they stay and `turn` says where `a` is: known at compile time, so this costs nothing. */
W3D_INLINE void w3di_sha256_round(uint32_t v[8], unsigned turn, uint32_t word)
{
    uint32_t a = v[(0u - turn) & 7u], b = v[(1u - turn) & 7u], c = v[(2u - turn) & 7u];
    uint32_t e = v[(4u - turn) & 7u], f = v[(5u - turn) & 7u], g = v[(6u - turn) & 7u];
    uint32_t first =
        v[(7u - turn) & 7u] + word + (g ^ (e & (f ^ g))) +
        (w3d_bits_rotate_right(e, 6) ^ w3d_bits_rotate_right(e, 11) ^ w3d_bits_rotate_right(e, 25));
    v[(3u - turn) & 7u] += first;
    v[(7u - turn) & 7u] =
        first + ((a & b) | (c & (a | b))) +
        (w3d_bits_rotate_right(a, 2) ^ w3d_bits_rotate_right(a, 13) ^ w3d_bits_rotate_right(a, 22));
}

static void w3di_sha256_block(uint32_t hash[8], const uint8_t *block)
{
    uint32_t v[8], word[64];
    for (unsigned i = 0; i < 16; i++) word[i] = w3d_load_u32_big(block + 4 * i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t old = word[i - 15], recent = word[i - 2];
        word[i] =
            word[i - 16] + word[i - 7] +
            (w3d_bits_rotate_right(old, 7) ^ w3d_bits_rotate_right(old, 18) ^ old >> 3) +
            (w3d_bits_rotate_right(recent, 17) ^ w3d_bits_rotate_right(recent, 19) ^ recent >> 10);
    }
    for (unsigned i = 0; i < 8; i++) v[i] = hash[i];
    for (unsigned i = 0; i < 64; i += 8) {
        const uint32_t *constant = w3di_sha256_constants + i;
        w3di_sha256_round(v, 0, word[i] + constant[0]);
        w3di_sha256_round(v, 1, word[i + 1] + constant[1]);
        w3di_sha256_round(v, 2, word[i + 2] + constant[2]);
        w3di_sha256_round(v, 3, word[i + 3] + constant[3]);
        w3di_sha256_round(v, 4, word[i + 4] + constant[4]);
        w3di_sha256_round(v, 5, word[i + 5] + constant[5]);
        w3di_sha256_round(v, 6, word[i + 6] + constant[6]);
        w3di_sha256_round(v, 7, word[i + 7] + constant[7]);
    }
    for (unsigned i = 0; i < 8; i++) hash[i] += v[i];
}

#if W3DI_SHA256_X86
/* Four rounds: with the words of the message that are there, or made of the sixteen before them.
 * `turn`, the number of these four words modulo 4, and `is_made` are known at compile time. */
__attribute__((always_inline, target("sha,sse4.1"))) static inline void
w3di_sha256_four_x86(__m128i state[2], __m128i word[4], unsigned turn, int is_made,
                     const uint32_t *constants)
{
    __m128i constant, next = word[turn];
    w3d_copy(&constant, constants, 16);
    if (is_made) { /* words -16 and -15, then -7, then -2 */
        __m128i last = word[(turn + 3u) & 3u];
        next = _mm_sha256msg1_epu32(next, word[(turn + 1u) & 3u]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, word[(turn + 2u) & 3u], 4));
        next = _mm_sha256msg2_epu32(next, last);
        word[turn] = next;
    }
    next = _mm_add_epi32(next, constant);
    state[1] = _mm_sha256rnds2_epu32(state[1], state[0], next);
    state[0] = _mm_sha256rnds2_epu32(state[0], state[1], _mm_shuffle_epi32(next, 0x0E));
}

/* `count` blocks. The instructions want the variables as a b e f and c d g h.
 * Source: Gulley et al. 2013, "Intel SHA Extensions". */
__attribute__((target("sha,sse4.1"))) static void
w3di_sha256_blocks_x86(uint32_t hash[8], const uint8_t *bytes, size_t count)
{
    const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    __m128i abcd, efgh, state[2], word[4];
    w3d_copy(&abcd, hash, 16);
    w3d_copy(&efgh, hash + 4, 16);
    abcd = _mm_shuffle_epi32(abcd, 0xB1);
    efgh = _mm_shuffle_epi32(efgh, 0x1B);
    state[0] = _mm_alignr_epi8(abcd, efgh, 8);
    state[1] = _mm_blend_epi16(efgh, abcd, 0xF0);
    for (; count > 0; count--, bytes += 64) {
        __m128i abef = state[0], cdgh = state[1];
        w3d_copy(word, bytes, 64);
        for (unsigned i = 0; i < 4; i++) word[i] = _mm_shuffle_epi8(word[i], big_endian);
        w3di_sha256_four_x86(state, word, 0, 0, w3di_sha256_constants);
        w3di_sha256_four_x86(state, word, 1, 0, w3di_sha256_constants + 4);
        w3di_sha256_four_x86(state, word, 2, 0, w3di_sha256_constants + 8);
        w3di_sha256_four_x86(state, word, 3, 0, w3di_sha256_constants + 12);
        for (unsigned i = 16; i < 64; i += 16) {
            w3di_sha256_four_x86(state, word, 0, 1, w3di_sha256_constants + i);
            w3di_sha256_four_x86(state, word, 1, 1, w3di_sha256_constants + i + 4);
            w3di_sha256_four_x86(state, word, 2, 1, w3di_sha256_constants + i + 8);
            w3di_sha256_four_x86(state, word, 3, 1, w3di_sha256_constants + i + 12);
        }
        state[0] = _mm_add_epi32(state[0], abef);
        state[1] = _mm_add_epi32(state[1], cdgh);
    }
    abcd = _mm_shuffle_epi32(state[0], 0x1B);
    efgh = _mm_shuffle_epi32(state[1], 0xB1);
    state[1] = _mm_alignr_epi8(efgh, abcd, 8);
    abcd = _mm_blend_epi16(abcd, efgh, 0xF0);
    w3d_copy(hash, &abcd, 16);
    w3d_copy(hash + 4, &state[1], 16);
}

/* 1 where the processor has the instructions: a look at a variable the C runtime has set. */
static int w3di_sha256_has_x86(void)
{
#if defined(__SHA__) && defined(__SSE4_1__)
    return 1;
#else
    return __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1");
#endif
}
#endif

/* Blocks of 64 bytes, one behind the other. */
static void w3di_sha256_blocks(uint32_t hash[8], const uint8_t *bytes, size_t count)
{
#if W3DI_SHA256_X86
    if (w3di_sha256_has_x86()) {
        w3di_sha256_blocks_x86(hash, bytes, count);
        return;
    }
#endif
    for (; count > 0; count--, bytes += 64) w3di_sha256_block(hash, bytes);
}

W3D_API void w3d_sha256_begin(w3d_sha256_state *state)
{
    /* The same of the square roots of the first eight primes (FIPS 180-4, 5.3.3). */
    static const uint32_t first[8] = { 0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
                                       0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u };
    w3d_fill(state, 0, sizeof *state);
    w3d_copy(state->hash, first, sizeof first);
}

W3D_API void w3d_sha256_add(w3d_sha256_state *state, const void *src, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)src;
    size_t held = (size_t)(state->size & 63u);
    state->size += size;
    if (held) {
        size_t taken = size < 64 - held ? size : 64 - held;
        w3d_copy(state->block + held, bytes, taken);
        if (held + taken < 64) return;
        w3di_sha256_blocks(state->hash, state->block, 1);
        bytes += taken;
        size -= taken;
    }
    size_t rest = size & 63u;
    if (size > rest) w3di_sha256_blocks(state->hash, bytes, size / 64);
    if (rest) w3d_copy(state->block, bytes + (size - rest), rest);
}

W3D_API void w3d_sha256_end(const w3d_sha256_state *state, uint8_t hash[32])
{
    w3d_sha256_state last = *state;
    size_t held = (size_t)(last.size & 63u);
    uint64_t bits = last.size << 3;
    last.block[held++] = 0x80;
    w3d_fill(last.block + held, 0, 64 - held);
    if (held > 56) {
        w3di_sha256_blocks(last.hash, last.block, 1);
        w3d_fill(last.block, 0, 64);
    }
    w3d_store_u32_big(last.block + 56, (uint32_t)(bits >> 32));
    w3d_store_u32_big(last.block + 60, (uint32_t)bits);
    w3di_sha256_blocks(last.hash, last.block, 1);
    for (unsigned i = 0; i < 8; i++) w3d_store_u32_big(hash + 4 * i, last.hash[i]);
}

W3D_API void w3d_sha256(const void *src, size_t size, uint8_t hash[32])
{
    w3d_sha256_state state;
    w3d_sha256_begin(&state);
    w3d_sha256_add(&state, src, size);
    w3d_sha256_end(&state, hash);
}

#undef W3DI_SHA256_X86
