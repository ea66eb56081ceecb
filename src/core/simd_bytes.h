/* simd_bytes.h - sixteen byte lanes, the same bits on every backend.
 *
 *     w3d_b16 v = w3d_b16_load(bytes);
 *     w3d_b16 doubled = w3d_b16_add8(v, v);
 *
 * The backends are those of simd.h. A name that ends in 8, 16 or 32 works on lanes of that many
 * bits; sums and differences wrap.
 *
 *   load load8 store store8 zero splat8 splat16 low32   and or xor andnot   add8 sub8 add16 sub16
 *   equal8 min8 max16 sign8 sign16   shift_left16 shift_right16   up1 up2 up4 up8
 *   last32   zip8 zip16 zip32 zip64 (_low, _high)   narrow   mask8 from_mask8   swizzle expand
 *   select not_less8 count   bits_i4
 *
 * x86 has byte shuffles from SSSE3 on only; without it (W3D_SIMD_SHUFFLES is 0) swizzle and expand
 * go through memory, and a kernel does well to avoid the first. A kernel that can't may ask the
 * processor it runs on (w3d_simd_has_shuffles), and give the answer to expand_by and count_by as a
 * constant, one copy of its loop for each. */
#ifndef W3D_SIMD_BYTES_H
#define W3D_SIMD_BYTES_H

#include "core/bytes.h"
#include "core/simd.h"

#if !W3D_SIMD_SCALAR && !W3D_SIMD_SIMDE && !defined(__wasm_simd128__) &&                           \
    (defined(__SSE2__) || defined(_M_X64))
#define W3DI_SIMD_BYTES_SSE 1
#if defined(__SSSE3__) || defined(__AVX__)
#include <tmmintrin.h>
#define W3D_SIMD_SHUFFLES 1
#else
#define W3D_SIMD_SHUFFLES 0
#endif
#if defined(__AVX512VBMI2__) && defined(__AVX512VL__)
#include <immintrin.h>
#define W3DI_SIMD_BYTES_EXPAND 1
#endif
#else
#define W3DI_SIMD_BYTES_SSE 0
#define W3D_SIMD_SHUFFLES   (!W3D_SIMD_SCALAR)
#endif
#ifndef W3DI_SIMD_BYTES_EXPAND
#define W3DI_SIMD_BYTES_EXPAND 0
#endif
/* 1: whether there are byte shuffles is known at run time only. */
#if W3DI_SIMD_BYTES_SSE && !W3D_SIMD_SHUFFLES && defined(__GNUC__) && defined(__x86_64__) &&       \
    __STDC_HOSTED__
#define W3D_SIMD_ASKED 1
#else
#define W3D_SIMD_ASKED 0
#endif

/* clang-format off: a table of one-line functions, to be read down the columns */
#if W3D_SIMD_SCALAR

typedef struct w3d_b16 {
    uint8_t lane[16];
} w3d_b16;
#define W3DI_SIMD_B(x)                                                                             \
    w3d_b16 r;                                                                                     \
    for (int i = 0; i < 16; i++) r.lane[i] = (uint8_t)(x);                                         \
    return r
#define W3DI_SIMD_B2(x)                                                                            \
    w3d_b16 r;                                                                                     \
    for (int i = 0; i < 16; i += 2) w3d_store_u16(r.lane + i, (uint16_t)(x));                      \
    return r
#define W3DI_SIMD_A16 w3d_load_u16(a.lane + i)
#define W3DI_SIMD_B16 w3d_load_u16(b.lane + i)
W3D_INLINE w3d_b16 w3d_b16_load(const void *p)
{
    w3d_b16 r;
    w3d_copy(r.lane, p, 16);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_zero(void) { W3DI_SIMD_B(0); }
W3D_INLINE w3d_b16 w3d_b16_load8(const void *p)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane, p, 8);
    return r;
}
W3D_INLINE void w3d_b16_store(void *p, w3d_b16 a) { w3d_copy(p, a.lane, 16); }
W3D_INLINE void w3d_b16_store8(void *p, w3d_b16 a) { w3d_copy(p, a.lane, 8); }
W3D_INLINE w3d_b16 w3d_b16_splat8(int s) { W3DI_SIMD_B(s); }
W3D_INLINE w3d_b16 w3d_b16_splat16(int s) { W3DI_SIMD_B2(s); }
W3D_INLINE w3d_b16 w3d_b16_and(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] & b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_or(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] | b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_xor(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] ^ b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_andnot(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] & ~b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_add8(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] + b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_sub8(w3d_b16 a, w3d_b16 b) { W3DI_SIMD_B(a.lane[i] - b.lane[i]); }
W3D_INLINE w3d_b16 w3d_b16_add16(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B2(W3DI_SIMD_A16 + W3DI_SIMD_B16);
}
W3D_INLINE w3d_b16 w3d_b16_sub16(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B2(W3DI_SIMD_A16 - W3DI_SIMD_B16);
}
W3D_INLINE w3d_b16 w3d_b16_equal8(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(a.lane[i] == b.lane[i] ? 255 : 0);
}
W3D_INLINE w3d_b16 w3d_b16_min8(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]);
}
W3D_INLINE w3d_b16 w3d_b16_max16(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B2((W3DI_SIMD_A16 ^ 0x8000u) > (W3DI_SIMD_B16 ^ 0x8000u) ? W3DI_SIMD_A16
                                                                       : W3DI_SIMD_B16);
}
W3D_INLINE w3d_b16 w3d_b16_sign8(w3d_b16 a) { W3DI_SIMD_B(a.lane[i] >> 7 ? 255 : 0); }
W3D_INLINE w3d_b16 w3d_b16_sign16(w3d_b16 a) { W3DI_SIMD_B2(W3DI_SIMD_A16 >> 15 ? 0xFFFF : 0); }
W3D_INLINE w3d_b16 w3d_b16_shift_left16(w3d_b16 a, int n)
{
    W3DI_SIMD_B2((uint32_t)W3DI_SIMD_A16 << n);
}
W3D_INLINE w3d_b16 w3d_b16_shift_right16(w3d_b16 a, int n) { W3DI_SIMD_B2(W3DI_SIMD_A16 >> n); }
W3D_INLINE w3d_b16 w3d_b16_low32(uint32_t s)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane, &s, 4);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_up1(w3d_b16 a)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane + 1, a.lane, 15);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_up2(w3d_b16 a)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane + 2, a.lane, 14);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_up4(w3d_b16 a)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane + 4, a.lane, 12);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_up8(w3d_b16 a)
{
    w3d_b16 r = w3d_b16_zero();
    w3d_copy(r.lane + 8, a.lane, 8);
    return r;
}
W3D_INLINE w3d_b16 w3d_b16_last32(w3d_b16 a) { W3DI_SIMD_B(a.lane[12 + (i & 3)]); }
W3D_INLINE w3d_b16 w3d_b16_zip8_low(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 1 ? b.lane[i >> 1] : a.lane[i >> 1]);
}
W3D_INLINE w3d_b16 w3d_b16_zip8_high(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 1 ? b.lane[8 + (i >> 1)] : a.lane[8 + (i >> 1)]);
}
W3D_INLINE w3d_b16 w3d_b16_zip16_low(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 2 ? b.lane[(i >> 2) * 2 + (i & 1)] : a.lane[(i >> 2) * 2 + (i & 1)]);
}
W3D_INLINE w3d_b16 w3d_b16_zip16_high(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 2 ? b.lane[8 + (i >> 2) * 2 + (i & 1)] : a.lane[8 + (i >> 2) * 2 + (i & 1)]);
}
W3D_INLINE w3d_b16 w3d_b16_zip32_low(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 4 ? b.lane[(i >> 3) * 4 + (i & 3)] : a.lane[(i >> 3) * 4 + (i & 3)]);
}
W3D_INLINE w3d_b16 w3d_b16_zip32_high(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 4 ? b.lane[8 + (i >> 3) * 4 + (i & 3)] : a.lane[8 + (i >> 3) * 4 + (i & 3)]);
}
W3D_INLINE w3d_b16 w3d_b16_zip64_low(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 8 ? b.lane[i - 8] : a.lane[i]);
}
W3D_INLINE w3d_b16 w3d_b16_zip64_high(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i & 8 ? b.lane[i] : a.lane[i + 8]);
}
W3D_INLINE w3d_b16 w3d_b16_narrow(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(i < 8 ? a.lane[2 * i] : b.lane[2 * i - 16]);
}
W3D_INLINE unsigned w3d_b16_mask8(w3d_b16 a)
{
    unsigned m = 0;
    for (int i = 0; i < 16; i++) m |= (unsigned)(a.lane[i] >> 7) << i;
    return m;
}
W3D_INLINE w3d_b16 w3d_b16_swizzle(w3d_b16 a, w3d_b16 b)
{
    W3DI_SIMD_B(b.lane[i] < 16 ? a.lane[b.lane[i]] : 0);
}
W3D_INLINE w3d_b16 w3d_b16_bits_i4(w3d_i4 a)
{
    w3d_b16 r;
    w3d_copy(r.lane, a.lane, 16);
    return r;
}
W3D_INLINE w3d_i4 w3d_i4_bits_b16(w3d_b16 a)
{
    w3d_i4 r;
    w3d_copy(r.lane, a.lane, 16);
    return r;
}
#undef W3DI_SIMD_B
#undef W3DI_SIMD_B2
#undef W3DI_SIMD_A16
#undef W3DI_SIMD_B16

#elif W3D_SIMD_SIMDE || defined(__wasm_simd128__)

typedef w3d_i4 w3d_b16; /* 128 bits, of either kind */
#if W3D_SIMD_SIMDE
#define W3DI_SIMD(operation) simde_wasm_##operation
#else
#define W3DI_SIMD(operation) wasm_##operation
#endif
#define W3DI_SIMD_16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                               \
    W3DI_SIMD(i8x16_shuffle)(x, y, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
W3D_INLINE w3d_b16 w3d_b16_load(const void *p) { return W3DI_SIMD(v128_load)(p); }
W3D_INLINE w3d_b16 w3d_b16_zero(void) { return W3DI_SIMD(i32x4_splat)(0); }
W3D_INLINE w3d_b16 w3d_b16_load8(const void *p) { return W3DI_SIMD(v128_load64_zero)(p); }
W3D_INLINE void w3d_b16_store(void *p, w3d_b16 a) { W3DI_SIMD(v128_store)(p, a); }
W3D_INLINE void w3d_b16_store8(void *p, w3d_b16 a)
{
    w3d_store_u64(p, (uint64_t)W3DI_SIMD(i64x2_extract_lane)(a, 0));
}
W3D_INLINE w3d_b16 w3d_b16_splat8(int s) { return W3DI_SIMD(i8x16_splat)((int8_t)s); }
W3D_INLINE w3d_b16 w3d_b16_splat16(int s) { return W3DI_SIMD(i16x8_splat)((int16_t)s); }
W3D_INLINE w3d_b16 w3d_b16_and(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(v128_and)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_or(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(v128_or)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_xor(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(v128_xor)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_andnot(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(v128_andnot)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_add8(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i8x16_add)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sub8(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i8x16_sub)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_add16(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i16x8_add)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sub16(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i16x8_sub)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_equal8(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i8x16_eq)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_min8(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(u8x16_min)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_max16(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i16x8_max)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sign8(w3d_b16 a) { return W3DI_SIMD(i8x16_shr)(a, 7); }
W3D_INLINE w3d_b16 w3d_b16_sign16(w3d_b16 a) { return W3DI_SIMD(i16x8_shr)(a, 15); }
W3D_INLINE w3d_b16 w3d_b16_shift_left16(w3d_b16 a, int n)
{
    return W3DI_SIMD(i16x8_shl)(a, (uint32_t)n);
}
W3D_INLINE w3d_b16 w3d_b16_shift_right16(w3d_b16 a, int n)
{
    return W3DI_SIMD(u16x8_shr)(a, (uint32_t)n);
}
W3D_INLINE w3d_b16 w3d_b16_low32(uint32_t s)
{
    return W3DI_SIMD(i32x4_replace_lane)(w3d_b16_zero(), 0, (int32_t)s);
}
W3D_INLINE w3d_b16 w3d_b16_up1(w3d_b16 y)
{
    w3d_b16 x = w3d_b16_zero();
    return W3DI_SIMD_16(0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
}
W3D_INLINE w3d_b16 w3d_b16_up2(w3d_b16 y)
{
    w3d_b16 x = w3d_b16_zero();
    return W3DI_SIMD_16(0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
}
W3D_INLINE w3d_b16 w3d_b16_up4(w3d_b16 y)
{
    w3d_b16 x = w3d_b16_zero();
    return W3DI_SIMD_16(0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
}
W3D_INLINE w3d_b16 w3d_b16_up8(w3d_b16 y)
{
    w3d_b16 x = w3d_b16_zero();
    return W3DI_SIMD_16(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}
W3D_INLINE w3d_b16 w3d_b16_last32(w3d_b16 x)
{
    w3d_b16 y = x;
    return W3DI_SIMD_16(12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
}
W3D_INLINE w3d_b16 w3d_b16_zip8_low(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
W3D_INLINE w3d_b16 w3d_b16_zip8_high(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
W3D_INLINE w3d_b16 w3d_b16_zip16_low(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}
W3D_INLINE w3d_b16 w3d_b16_zip16_high(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}
W3D_INLINE w3d_b16 w3d_b16_zip32_low(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
}
W3D_INLINE w3d_b16 w3d_b16_zip32_high(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
}
W3D_INLINE w3d_b16 w3d_b16_zip64_low(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}
W3D_INLINE w3d_b16 w3d_b16_zip64_high(w3d_b16 x, w3d_b16 y)
{
    return W3DI_SIMD_16(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
W3D_INLINE w3d_b16 w3d_b16_narrow(w3d_b16 a, w3d_b16 b)
{
    return W3DI_SIMD(u8x16_narrow_i16x8)(a, b);
}
W3D_INLINE unsigned w3d_b16_mask8(w3d_b16 a) { return (unsigned)W3DI_SIMD(i8x16_bitmask)(a); }
W3D_INLINE w3d_b16 w3d_b16_swizzle(w3d_b16 a, w3d_b16 b) { return W3DI_SIMD(i8x16_swizzle)(a, b); }
W3D_INLINE w3d_b16 w3d_b16_bits_i4(w3d_i4 a) { return a; }
W3D_INLINE w3d_i4 w3d_i4_bits_b16(w3d_b16 a) { return a; }
#undef W3DI_SIMD
#undef W3DI_SIMD_16

#elif W3DI_SIMD_BYTES_SSE

typedef __m128i w3d_b16;
W3D_INLINE w3d_b16 w3d_b16_load(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
W3D_INLINE w3d_b16 w3d_b16_zero(void) { return _mm_setzero_si128(); }
W3D_INLINE w3d_b16 w3d_b16_load8(const void *p) { return _mm_loadl_epi64((const __m128i *)p); }
W3D_INLINE void w3d_b16_store(void *p, w3d_b16 a) { _mm_storeu_si128((__m128i *)p, a); }
W3D_INLINE void w3d_b16_store8(void *p, w3d_b16 a) { _mm_storel_epi64((__m128i *)p, a); }
W3D_INLINE w3d_b16 w3d_b16_splat8(int s) { return _mm_set1_epi8((char)s); }
W3D_INLINE w3d_b16 w3d_b16_splat16(int s) { return _mm_set1_epi16((short)s); }
W3D_INLINE w3d_b16 w3d_b16_and(w3d_b16 a, w3d_b16 b) { return _mm_and_si128(a, b); }
W3D_INLINE w3d_b16 w3d_b16_or(w3d_b16 a, w3d_b16 b) { return _mm_or_si128(a, b); }
W3D_INLINE w3d_b16 w3d_b16_xor(w3d_b16 a, w3d_b16 b) { return _mm_xor_si128(a, b); }
W3D_INLINE w3d_b16 w3d_b16_andnot(w3d_b16 a, w3d_b16 b) { return _mm_andnot_si128(b, a); }
W3D_INLINE w3d_b16 w3d_b16_add8(w3d_b16 a, w3d_b16 b) { return _mm_add_epi8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sub8(w3d_b16 a, w3d_b16 b) { return _mm_sub_epi8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_add16(w3d_b16 a, w3d_b16 b) { return _mm_add_epi16(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sub16(w3d_b16 a, w3d_b16 b) { return _mm_sub_epi16(a, b); }
W3D_INLINE w3d_b16 w3d_b16_equal8(w3d_b16 a, w3d_b16 b) { return _mm_cmpeq_epi8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_min8(w3d_b16 a, w3d_b16 b) { return _mm_min_epu8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_max16(w3d_b16 a, w3d_b16 b) { return _mm_max_epi16(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sign8(w3d_b16 a) { return _mm_cmpgt_epi8(_mm_setzero_si128(), a); }
W3D_INLINE w3d_b16 w3d_b16_sign16(w3d_b16 a) { return _mm_srai_epi16(a, 15); }
W3D_INLINE w3d_b16 w3d_b16_shift_left16(w3d_b16 a, int n)
{
    return _mm_sll_epi16(a, _mm_cvtsi32_si128(n));
}
W3D_INLINE w3d_b16 w3d_b16_shift_right16(w3d_b16 a, int n)
{
    return _mm_srl_epi16(a, _mm_cvtsi32_si128(n));
}
W3D_INLINE w3d_b16 w3d_b16_low32(uint32_t s) { return _mm_cvtsi32_si128((int)s); }
W3D_INLINE w3d_b16 w3d_b16_up1(w3d_b16 a) { return _mm_slli_si128(a, 1); }
W3D_INLINE w3d_b16 w3d_b16_up2(w3d_b16 a) { return _mm_slli_si128(a, 2); }
W3D_INLINE w3d_b16 w3d_b16_up4(w3d_b16 a) { return _mm_slli_si128(a, 4); }
W3D_INLINE w3d_b16 w3d_b16_up8(w3d_b16 a) { return _mm_slli_si128(a, 8); }
W3D_INLINE w3d_b16 w3d_b16_last32(w3d_b16 a) { return _mm_shuffle_epi32(a, 255); }
W3D_INLINE w3d_b16 w3d_b16_zip8_low(w3d_b16 a, w3d_b16 b) { return _mm_unpacklo_epi8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip8_high(w3d_b16 a, w3d_b16 b) { return _mm_unpackhi_epi8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip16_low(w3d_b16 a, w3d_b16 b) { return _mm_unpacklo_epi16(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip16_high(w3d_b16 a, w3d_b16 b) { return _mm_unpackhi_epi16(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip32_low(w3d_b16 a, w3d_b16 b) { return _mm_unpacklo_epi32(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip32_high(w3d_b16 a, w3d_b16 b) { return _mm_unpackhi_epi32(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip64_low(w3d_b16 a, w3d_b16 b) { return _mm_unpacklo_epi64(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip64_high(w3d_b16 a, w3d_b16 b) { return _mm_unpackhi_epi64(a, b); }
W3D_INLINE w3d_b16 w3d_b16_narrow(w3d_b16 a, w3d_b16 b) { return _mm_packus_epi16(a, b); }
W3D_INLINE unsigned w3d_b16_mask8(w3d_b16 a) { return (unsigned)_mm_movemask_epi8(a); }
#if W3D_SIMD_SHUFFLES
W3D_INLINE w3d_b16 w3d_b16_swizzle(w3d_b16 a, w3d_b16 b) { return _mm_shuffle_epi8(a, b); }
#else
W3D_INLINE w3d_b16 w3d_b16_swizzle(w3d_b16 a, w3d_b16 b)
{
    uint8_t from[16], at[16];
    w3d_b16_store(from, a);
    w3d_b16_store(at, b);
    for (int i = 0; i < 16; i++) at[i] = at[i] < 16 ? from[at[i]] : (uint8_t)0;
    return w3d_b16_load(at);
}
#endif
W3D_INLINE w3d_b16 w3d_b16_bits_i4(w3d_i4 a) { return a; }
W3D_INLINE w3d_i4 w3d_i4_bits_b16(w3d_b16 a) { return a; }

#else /* NEON */

typedef uint8x16_t w3d_b16;
#define W3DI_SIMD_H(x) vreinterpretq_u16_u8(x)
#define W3DI_SIMD_W(x) vreinterpretq_u32_u8(x)
#define W3DI_SIMD_D(x) vreinterpretq_u64_u8(x)
W3D_INLINE w3d_b16 w3d_b16_load(const void *p) { return vld1q_u8((const uint8_t *)p); }
W3D_INLINE w3d_b16 w3d_b16_zero(void) { return vdupq_n_u8(0); }
W3D_INLINE w3d_b16 w3d_b16_load8(const void *p)
{
    return vcombine_u8(vld1_u8((const uint8_t *)p), vdup_n_u8(0));
}
W3D_INLINE void w3d_b16_store(void *p, w3d_b16 a) { vst1q_u8((uint8_t *)p, a); }
W3D_INLINE void w3d_b16_store8(void *p, w3d_b16 a) { vst1_u8((uint8_t *)p, vget_low_u8(a)); }
W3D_INLINE w3d_b16 w3d_b16_splat8(int s) { return vdupq_n_u8((uint8_t)s); }
W3D_INLINE w3d_b16 w3d_b16_splat16(int s) { return vreinterpretq_u8_u16(vdupq_n_u16((uint16_t)s)); }
W3D_INLINE w3d_b16 w3d_b16_and(w3d_b16 a, w3d_b16 b) { return vandq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_or(w3d_b16 a, w3d_b16 b) { return vorrq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_xor(w3d_b16 a, w3d_b16 b) { return veorq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_andnot(w3d_b16 a, w3d_b16 b) { return vbicq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_add8(w3d_b16 a, w3d_b16 b) { return vaddq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_sub8(w3d_b16 a, w3d_b16 b) { return vsubq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_add16(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u16(vaddq_u16(W3DI_SIMD_H(a), W3DI_SIMD_H(b)));
}
W3D_INLINE w3d_b16 w3d_b16_sub16(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u16(vsubq_u16(W3DI_SIMD_H(a), W3DI_SIMD_H(b)));
}
W3D_INLINE w3d_b16 w3d_b16_equal8(w3d_b16 a, w3d_b16 b) { return vceqq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_min8(w3d_b16 a, w3d_b16 b) { return vminq_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_max16(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_s16(vmaxq_s16(vreinterpretq_s16_u8(a), vreinterpretq_s16_u8(b)));
}
W3D_INLINE w3d_b16 w3d_b16_sign8(w3d_b16 a)
{
    return vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(a), 7));
}
W3D_INLINE w3d_b16 w3d_b16_sign16(w3d_b16 a)
{
    return vreinterpretq_u8_s16(vshrq_n_s16(vreinterpretq_s16_u8(a), 15));
}
W3D_INLINE w3d_b16 w3d_b16_shift_left16(w3d_b16 a, int n)
{
    return vreinterpretq_u8_u16(vshlq_u16(W3DI_SIMD_H(a), vdupq_n_s16((int16_t)n)));
}
W3D_INLINE w3d_b16 w3d_b16_shift_right16(w3d_b16 a, int n)
{
    return vreinterpretq_u8_u16(vshlq_u16(W3DI_SIMD_H(a), vdupq_n_s16((int16_t)-n)));
}
W3D_INLINE w3d_b16 w3d_b16_low32(uint32_t s)
{
    return vreinterpretq_u8_u32(vsetq_lane_u32(s, vdupq_n_u32(0), 0));
}
W3D_INLINE w3d_b16 w3d_b16_up1(w3d_b16 a) { return vextq_u8(vdupq_n_u8(0), a, 15); }
W3D_INLINE w3d_b16 w3d_b16_up2(w3d_b16 a) { return vextq_u8(vdupq_n_u8(0), a, 14); }
W3D_INLINE w3d_b16 w3d_b16_up4(w3d_b16 a) { return vextq_u8(vdupq_n_u8(0), a, 12); }
W3D_INLINE w3d_b16 w3d_b16_up8(w3d_b16 a) { return vextq_u8(vdupq_n_u8(0), a, 8); }
W3D_INLINE w3d_b16 w3d_b16_last32(w3d_b16 a)
{
    return vreinterpretq_u8_u32(vdupq_laneq_u32(W3DI_SIMD_W(a), 3));
}
W3D_INLINE w3d_b16 w3d_b16_zip8_low(w3d_b16 a, w3d_b16 b) { return vzip1q_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip8_high(w3d_b16 a, w3d_b16 b) { return vzip2q_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_zip16_low(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u16(vzip1q_u16(W3DI_SIMD_H(a), W3DI_SIMD_H(b)));
}
W3D_INLINE w3d_b16 w3d_b16_zip16_high(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u16(vzip2q_u16(W3DI_SIMD_H(a), W3DI_SIMD_H(b)));
}
W3D_INLINE w3d_b16 w3d_b16_zip32_low(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u32(vzip1q_u32(W3DI_SIMD_W(a), W3DI_SIMD_W(b)));
}
W3D_INLINE w3d_b16 w3d_b16_zip32_high(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u32(vzip2q_u32(W3DI_SIMD_W(a), W3DI_SIMD_W(b)));
}
W3D_INLINE w3d_b16 w3d_b16_zip64_low(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u64(vzip1q_u64(W3DI_SIMD_D(a), W3DI_SIMD_D(b)));
}
W3D_INLINE w3d_b16 w3d_b16_zip64_high(w3d_b16 a, w3d_b16 b)
{
    return vreinterpretq_u8_u64(vzip2q_u64(W3DI_SIMD_D(a), W3DI_SIMD_D(b)));
}
W3D_INLINE w3d_b16 w3d_b16_narrow(w3d_b16 a, w3d_b16 b)
{
    return vcombine_u8(vmovn_u16(W3DI_SIMD_H(a)), vmovn_u16(W3DI_SIMD_H(b)));
}
W3D_INLINE unsigned w3d_b16_mask8(w3d_b16 a)
{
    static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t bits =
        vandq_u8(vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(a), 7)), vld1q_u8(weights));
    return (unsigned)vaddv_u8(vget_low_u8(bits)) | (unsigned)vaddv_u8(vget_high_u8(bits)) << 8;
}
W3D_INLINE w3d_b16 w3d_b16_swizzle(w3d_b16 a, w3d_b16 b) { return vqtbl1q_u8(a, b); }
W3D_INLINE w3d_b16 w3d_b16_bits_i4(w3d_i4 a) { return vreinterpretq_u8_s32(a); }
W3D_INLINE w3d_i4 w3d_i4_bits_b16(w3d_b16 a) { return vreinterpretq_s32_u8(a); }
#undef W3DI_SIMD_H
#undef W3DI_SIMD_W
#undef W3DI_SIMD_D

#endif
/* clang-format on */

/* Lane by lane: `swizzle(a, b)` is a[b] where b < 16 and 0 where b >= 128 (b between is not
 * allowed); `narrow` is the low bytes of the 16-bit lanes of a, then b, none of which may exceed
 * 255; `max16` is of signed lanes; `mask8` gathers the top bits; up1 to up8 move bytes to higher
 * lanes, zeros below them; last32 repeats the last four; low32 is a word in the first four, zeros
 * above. */

/* ---- written once, on top of any backend ---- */

/* `yes` in the lanes whose mask is all ones, `no` where it is all zeros. */
W3D_INLINE w3d_b16 w3d_b16_select(w3d_b16 mask, w3d_b16 yes, w3d_b16 no)
{
    return w3d_b16_or(w3d_b16_and(yes, mask), w3d_b16_andnot(no, mask));
}

/* All ones where a >= b, as unsigned bytes. */
W3D_INLINE w3d_b16 w3d_b16_not_less8(w3d_b16 a, w3d_b16 b)
{
    return w3d_b16_equal8(w3d_b16_min8(a, b), b);
}

#if !W3DI_SIMD_BYTES_EXPAND && (W3D_SIMD_SHUFFLES || W3D_SIMD_ASKED)
/* Byte k of entry m: how many of the bits below k are set in m. */
#define W3DI_SIMD_BIT(m, k) ((uint64_t)((m) >> (k)&1) * (uint64_t)(0x0101010101010100u << 8 * (k)))
#define W3DI_SIMD_1(m)                                                                             \
    (W3DI_SIMD_BIT(m, 0) + W3DI_SIMD_BIT(m, 1) + W3DI_SIMD_BIT(m, 2) + W3DI_SIMD_BIT(m, 3) +       \
     W3DI_SIMD_BIT(m, 4) + W3DI_SIMD_BIT(m, 5) + W3DI_SIMD_BIT(m, 6))
#define W3DI_SIMD_4(m)                                                                             \
    W3DI_SIMD_1(m), W3DI_SIMD_1((m) + 1), W3DI_SIMD_1((m) + 2), W3DI_SIMD_1((m) + 3)
#define W3DI_SIMD_16(m)                                                                            \
    W3DI_SIMD_4(m), W3DI_SIMD_4((m) + 4), W3DI_SIMD_4((m) + 8), W3DI_SIMD_4((m) + 12)
#define W3DI_SIMD_64(m)                                                                            \
    W3DI_SIMD_16(m), W3DI_SIMD_16((m) + 16), W3DI_SIMD_16((m) + 32), W3DI_SIMD_16((m) + 48)
static W3D_UNUSED const uint64_t w3di_simd_bytes_before[256] = { W3DI_SIMD_64(0), W3DI_SIMD_64(64),
                                                                 W3DI_SIMD_64(128),
                                                                 W3DI_SIMD_64(192) };
#undef W3DI_SIMD_BIT
#undef W3DI_SIMD_1
#undef W3DI_SIMD_4
#undef W3DI_SIMD_16
#undef W3DI_SIMD_64
#endif

/* Lanes of all ones where the bits of `mask` are set. */
W3D_INLINE w3d_b16 w3d_b16_from_mask8(unsigned mask)
{
    static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    w3d_b16 weight = w3d_b16_load(weights);
    w3d_b16 bits = w3d_b16_zip64_low(w3d_b16_splat8((int)(mask & 255u)),
                                     w3d_b16_splat8((int)(mask >> 8 & 255u)));
    return w3d_b16_equal8(w3d_b16_and(bits, weight), weight);
}

/* Set bits, by an instruction where there is one. */
W3D_INLINE unsigned w3d_b16_count(uint64_t mask)
{
#if defined(__GNUC__) && (defined(__POPCNT__) || defined(__wasm__) || defined(__aarch64__))
    return (unsigned)__builtin_popcountll(mask);
#else
    mask -= mask >> 1 & 0x5555555555555555u;
    mask = (mask & 0x3333333333333333u) + (mask >> 2 & 0x3333333333333333u);
    mask = (mask + (mask >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (unsigned)((mask * 0x0101010101010101u) >> 56);
#endif
}

/* ---- what the processor has, asked at run time ---- */

/* 1 where the instructions that `is_asked` is about in the functions below are there, beyond what
 * the compiler was told of: a look at a variable that the C runtime has set. */
W3D_INLINE int w3d_simd_has_shuffles(void)
{
#if W3D_SIMD_ASKED
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
#else
    return 0;
#endif
}

/* count and swizzle; `is_asked` is a constant, and 1 only where w3d_simd_has_shuffles() is. Written
 * as assembly they need no other target than that of the function they are in, so that one body of
 * a kernel does for both. */
W3D_INLINE unsigned w3d_b16_count_by(uint64_t mask, int is_asked)
{
#if W3D_SIMD_ASKED
    if (is_asked) {
        uint64_t count;
        __asm__("popcnt{q %1, %0| %0, %1}" : "=r"(count) : "r"(mask) : "cc");
        return (unsigned)count;
    }
#endif
    (void)is_asked;
    return w3d_b16_count(mask);
}
W3D_INLINE w3d_b16 w3d_b16_swizzle_by(w3d_b16 a, w3d_b16 b, int is_asked)
{
#if W3D_SIMD_ASKED
    if (is_asked) {
        __asm__("pshufb {%1, %0|%0, %1}" : "+x"(a) : "x"(b));
        return a;
    }
#endif
    (void)is_asked;
    return w3d_b16_swizzle(a, b);
}

/* The lanes whose mask is all ones take the bytes at `packed` one after the other, the rest are
 * those of `base`. `bits` is mask8(mask). Sixteen bytes are read at `packed`, whatever the mask. */
W3D_INLINE w3d_b16 w3d_b16_expand_by(w3d_b16 base, w3d_b16 mask, unsigned bits,
                                     const uint8_t *packed, int is_asked)
{
#if W3DI_SIMD_BYTES_EXPAND
    (void)mask, (void)is_asked;
    return _mm_mask_expand_epi8(base, (__mmask16)bits, w3d_b16_load(packed));
#else
#if W3D_SIMD_SHUFFLES || W3D_SIMD_ASKED
    if (W3D_SIMD_SHUFFLES || is_asked) {
        /* The upper half reads from where the lower one stopped, so that 8-lane tables do for
         * both. */
        unsigned low = bits & 255u, high = bits >> 8, step = w3d_b16_count_by(low, is_asked);
        w3d_b16 from = w3d_b16_zip64_low(w3d_b16_load8(packed), w3d_b16_load8(packed + step));
        w3d_b16 at = w3d_b16_zip64_low(w3d_b16_load8(&w3di_simd_bytes_before[low]),
                                       w3d_b16_or(w3d_b16_load8(&w3di_simd_bytes_before[high]),
                                                  w3d_b16_splat8(8)));
        return w3d_b16_select(mask, w3d_b16_swizzle_by(from, at, is_asked), base);
    }
#endif
    uint8_t lanes[16];
    (void)mask, (void)is_asked;
    w3d_b16_store(lanes, base);
    for (; bits; bits &= bits - 1u) lanes[w3d_bits_trailing_zeros(bits)] = *packed++;
    return w3d_b16_load(lanes);
#endif
}
W3D_INLINE w3d_b16 w3d_b16_expand(w3d_b16 base, w3d_b16 mask, unsigned bits, const uint8_t *packed)
{
    return w3d_b16_expand_by(base, mask, bits, packed, 0);
}

#endif /* W3D_SIMD_BYTES_H */
