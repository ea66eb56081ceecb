/* simd.h - four float lanes and four int lanes, the same bits on every backend.
 *
 * Four backends: wasm simd128, SSE2, NEON (64-bit Arm) and a plain struct; SIMDe's simd128
 * header stands in for the first where asked for (W3D_SIMD_SIMDE). Each is a list of one-line
 * operations; whatever is composed of them is written once, below.
 *
 *   f4  splat set zero load store stream load1  add sub mul div sqrt min max abs negate
 *       and or andnot xor  less lesseq equal  select  lane x  shuffles yzx xxxx.. zip
 *   i4  splat set load store  add sub mul  and or xor andnot  shift_left shift_right
 *       shift_right_signed  equal less  min max  from_f4 to_f4, casts, mask
 *
 * Comparisons give all ones or all zeros in a lane. min(a, b) is a < b ? a : b and max(a, b) is
 * a > b ? a : b, lane by lane: where either is NaN, and for two zeros, the result is b. */
#ifndef W3D_SIMD_H
#define W3D_SIMD_H

#include "core/bits.h"

#if W3D_SIMD_SCALAR
#define W3D_SIMD_NAME "scalar"
#elif W3D_SIMD_SIMDE
#define W3D_SIMD_NAME "simde"
#include <simde/wasm/simd128.h>
#elif defined(__wasm_simd128__)
#define W3D_SIMD_NAME "wasm128"
#include <wasm_simd128.h>
#elif defined(__SSE2__) || defined(_M_X64)
#define W3D_SIMD_NAME "sse2"
#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif
#elif defined(__aarch64__) || defined(_M_ARM64)
#define W3D_SIMD_NAME "neon"
#else
#undef W3D_SIMD_SCALAR
#define W3D_SIMD_SCALAR 1
#define W3D_SIMD_NAME "scalar"
#endif

/* Sums and products stay two roundings, also where the user compiles with -mfma. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

/* clang-format off: a table of one-line functions, to be read down the columns */
#if W3D_SIMD_SCALAR

typedef struct w3d_f4 { float lane[4]; } w3d_f4;
typedef struct w3d_i4 { int32_t lane[4]; } w3d_i4;
W3D_INLINE uint32_t w3di_simd_u(float v) { return w3d_bits_f32(v); }
W3D_INLINE float    w3di_simd_f(uint32_t v) { return w3d_f32_from_bits(v); }
W3D_INLINE float    w3di_simd_mask(int on) { return w3d_f32_from_bits(on ? 0xFFFFFFFFu : 0u); }
W3D_INLINE w3d_f4 w3d_f4_set(float x, float y, float z, float w) { w3d_f4 r; r.lane[0] = x; r.lane[1] = y; r.lane[2] = z; r.lane[3] = w; return r; }
W3D_INLINE w3d_i4 w3d_i4_set(int32_t x, int32_t y, int32_t z, int32_t w) { w3d_i4 r; r.lane[0] = x; r.lane[1] = y; r.lane[2] = z; r.lane[3] = w; return r; }
W3D_INLINE w3d_f4 w3d_f4_splat(float s)              { return w3d_f4_set(s, s, s, s); }
W3D_INLINE w3d_i4 w3d_i4_splat(int32_t s)            { return w3d_i4_set(s, s, s, s); }
W3D_INLINE w3d_f4 w3d_f4_load(const float *p)        { w3d_f4 r; w3d_copy(r.lane, p, 16); return r; }
W3D_INLINE void   w3d_f4_store(float *p, w3d_f4 a)   { w3d_copy(p, a.lane, 16); }
W3D_INLINE w3d_i4 w3d_i4_load(const int32_t *p)      { w3d_i4 r; w3d_copy(r.lane, p, 16); return r; }
W3D_INLINE void   w3d_i4_store(int32_t *p, w3d_i4 a) { w3d_copy(p, a.lane, 16); }
#define W3DI_SIMD_F(x) w3d_f4 r; for (int i = 0; i < 4; i++) r.lane[i] = (x); return r
#define W3DI_SIMD_I(x) w3d_i4 r; for (int i = 0; i < 4; i++) r.lane[i] = (int32_t)(x); return r
#define W3DI_SIMD_A w3di_simd_u(a.lane[i])
#define W3DI_SIMD_B w3di_simd_u(b.lane[i])
W3D_INLINE w3d_f4 w3d_f4_add(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] + b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_sub(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] - b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_mul(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] * b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_div(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] / b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_sqrt(w3d_f4 a)              { W3DI_SIMD_F(w3d_sqrtf(a.lane[i])); }
W3D_INLINE w3d_f4 w3d_f4_min(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_max(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]); }
W3D_INLINE w3d_f4 w3d_f4_and(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(w3di_simd_f(W3DI_SIMD_A & W3DI_SIMD_B)); }
W3D_INLINE w3d_f4 w3d_f4_or(w3d_f4 a, w3d_f4 b)      { W3DI_SIMD_F(w3di_simd_f(W3DI_SIMD_A | W3DI_SIMD_B)); }
W3D_INLINE w3d_f4 w3d_f4_xor(w3d_f4 a, w3d_f4 b)     { W3DI_SIMD_F(w3di_simd_f(W3DI_SIMD_A ^ W3DI_SIMD_B)); }
W3D_INLINE w3d_f4 w3d_f4_andnot(w3d_f4 a, w3d_f4 b)  { W3DI_SIMD_F(w3di_simd_f(W3DI_SIMD_A & ~W3DI_SIMD_B)); }
W3D_INLINE w3d_f4 w3d_f4_less(w3d_f4 a, w3d_f4 b)    { W3DI_SIMD_F(w3di_simd_mask(a.lane[i] < b.lane[i])); }
W3D_INLINE w3d_f4 w3d_f4_lesseq(w3d_f4 a, w3d_f4 b)  { W3DI_SIMD_F(w3di_simd_mask(a.lane[i] <= b.lane[i])); }
W3D_INLINE w3d_f4 w3d_f4_equal(w3d_f4 a, w3d_f4 b)   { W3DI_SIMD_F(w3di_simd_mask(a.lane[i] == b.lane[i])); }
W3D_INLINE float  w3d_f4_x(w3d_f4 a)                 { return a.lane[0]; }
W3D_INLINE w3d_f4 w3d_f4_yzxw(w3d_f4 a)              { return w3d_f4_set(a.lane[1], a.lane[2], a.lane[0], a.lane[3]); }
W3D_INLINE w3d_f4 w3d_f4_xxxx(w3d_f4 a)              { return w3d_f4_splat(a.lane[0]); }
W3D_INLINE w3d_f4 w3d_f4_yyyy(w3d_f4 a)              { return w3d_f4_splat(a.lane[1]); }
W3D_INLINE w3d_f4 w3d_f4_zzzz(w3d_f4 a)              { return w3d_f4_splat(a.lane[2]); }
W3D_INLINE w3d_f4 w3d_f4_wwww(w3d_f4 a)              { return w3d_f4_splat(a.lane[3]); }
W3D_INLINE w3d_f4 w3d_f4_zip_low(w3d_f4 a, w3d_f4 b)  { return w3d_f4_set(a.lane[0], b.lane[0], a.lane[1], b.lane[1]); }
W3D_INLINE w3d_f4 w3d_f4_zip_high(w3d_f4 a, w3d_f4 b) { return w3d_f4_set(a.lane[2], b.lane[2], a.lane[3], b.lane[3]); }
W3D_INLINE w3d_f4 w3d_f4_low_low(w3d_f4 a, w3d_f4 b)   { return w3d_f4_set(a.lane[0], a.lane[1], b.lane[0], b.lane[1]); }
W3D_INLINE w3d_f4 w3d_f4_high_high(w3d_f4 a, w3d_f4 b) { return w3d_f4_set(a.lane[2], a.lane[3], b.lane[2], b.lane[3]); }
W3D_INLINE int    w3d_f4_mask(w3d_f4 a)              { int m = 0; for (int i = 0; i < 4; i++) m |= (int)(W3DI_SIMD_A >> 31) << i; return m; }
W3D_INLINE w3d_i4 w3d_i4_add(w3d_i4 a, w3d_i4 b)     { W3DI_SIMD_I((uint32_t)a.lane[i] + (uint32_t)b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_sub(w3d_i4 a, w3d_i4 b)     { W3DI_SIMD_I((uint32_t)a.lane[i] - (uint32_t)b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_mul(w3d_i4 a, w3d_i4 b)     { W3DI_SIMD_I((uint32_t)a.lane[i] * (uint32_t)b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_and(w3d_i4 a, w3d_i4 b)     { W3DI_SIMD_I(a.lane[i] & b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_or(w3d_i4 a, w3d_i4 b)      { W3DI_SIMD_I(a.lane[i] | b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_xor(w3d_i4 a, w3d_i4 b)     { W3DI_SIMD_I(a.lane[i] ^ b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_andnot(w3d_i4 a, w3d_i4 b)  { W3DI_SIMD_I(a.lane[i] & ~b.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_equal(w3d_i4 a, w3d_i4 b)   { W3DI_SIMD_I(a.lane[i] == b.lane[i] ? -1 : 0); }
W3D_INLINE w3d_i4 w3d_i4_less(w3d_i4 a, w3d_i4 b)    { W3DI_SIMD_I(a.lane[i] < b.lane[i] ? -1 : 0); }
W3D_INLINE w3d_i4 w3d_i4_shift_left(w3d_i4 a, int n)  { W3DI_SIMD_I((uint32_t)a.lane[i] << n); }
W3D_INLINE w3d_i4 w3d_i4_shift_right(w3d_i4 a, int n) { W3DI_SIMD_I((uint32_t)a.lane[i] >> n); }
W3D_INLINE w3d_i4 w3d_i4_shift_right_signed(w3d_i4 a, int n) { W3DI_SIMD_I(a.lane[i] < 0 ? ~(~(uint32_t)a.lane[i] >> n) : (uint32_t)a.lane[i] >> n); }
W3D_INLINE w3d_f4 w3d_f4_from_i4(w3d_i4 a)           { W3DI_SIMD_F((float)a.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_from_f4(w3d_f4 a)           { W3DI_SIMD_I(!(a.lane[i] == a.lane[i]) ? 0 : a.lane[i] >= 2147483648.0f ? INT32_MAX : a.lane[i] < -2147483648.0f ? INT32_MIN : (int32_t)a.lane[i]); }
W3D_INLINE w3d_i4 w3d_i4_bits_f4(w3d_f4 a)           { w3d_i4 r; w3d_copy(r.lane, a.lane, 16); return r; }
W3D_INLINE w3d_f4 w3d_f4_bits_i4(w3d_i4 a)           { w3d_f4 r; w3d_copy(r.lane, a.lane, 16); return r; }
#undef W3DI_SIMD_F
#undef W3DI_SIMD_I
#undef W3DI_SIMD_A
#undef W3DI_SIMD_B

#elif W3D_SIMD_SIMDE || defined(__wasm_simd128__)

#if W3D_SIMD_SIMDE
typedef simde_v128_t w3d_f4; /* 128 bits, of either kind */
typedef simde_v128_t w3d_i4;
#define W3DI_SIMD(operation) simde_wasm_##operation
#else
typedef v128_t w3d_f4; /* 128 bits, of either kind */
typedef v128_t w3d_i4;
#define W3DI_SIMD(operation) wasm_##operation
#endif
W3D_INLINE w3d_f4 w3d_f4_set(float x, float y, float z, float w) { return W3DI_SIMD(f32x4_make)(x, y, z, w); }
W3D_INLINE w3d_i4 w3d_i4_set(int32_t x, int32_t y, int32_t z, int32_t w) { return W3DI_SIMD(i32x4_make)(x, y, z, w); }
W3D_INLINE w3d_f4 w3d_f4_splat(float s)              { return W3DI_SIMD(f32x4_splat)(s); }
W3D_INLINE w3d_i4 w3d_i4_splat(int32_t s)            { return W3DI_SIMD(i32x4_splat)(s); }
W3D_INLINE w3d_f4 w3d_f4_load(const float *p)        { return W3DI_SIMD(v128_load)(p); }
W3D_INLINE void   w3d_f4_store(float *p, w3d_f4 a)   { W3DI_SIMD(v128_store)(p, a); }
W3D_INLINE w3d_i4 w3d_i4_load(const int32_t *p)      { return W3DI_SIMD(v128_load)(p); }
W3D_INLINE void   w3d_i4_store(int32_t *p, w3d_i4 a) { W3DI_SIMD(v128_store)(p, a); }
W3D_INLINE w3d_f4 w3d_f4_add(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_add)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sub(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_sub)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_mul(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_mul)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_div(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_div)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sqrt(w3d_f4 a)              { return W3DI_SIMD(f32x4_sqrt)(a); }
W3D_INLINE w3d_f4 w3d_f4_min(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_pmin)(b, a); }
W3D_INLINE w3d_f4 w3d_f4_max(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(f32x4_pmax)(b, a); }
W3D_INLINE w3d_f4 w3d_f4_and(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(v128_and)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_or(w3d_f4 a, w3d_f4 b)      { return W3DI_SIMD(v128_or)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_xor(w3d_f4 a, w3d_f4 b)     { return W3DI_SIMD(v128_xor)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_andnot(w3d_f4 a, w3d_f4 b)  { return W3DI_SIMD(v128_andnot)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_less(w3d_f4 a, w3d_f4 b)    { return W3DI_SIMD(f32x4_lt)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_lesseq(w3d_f4 a, w3d_f4 b)  { return W3DI_SIMD(f32x4_le)(a, b); }
W3D_INLINE w3d_f4 w3d_f4_equal(w3d_f4 a, w3d_f4 b)   { return W3DI_SIMD(f32x4_eq)(a, b); }
W3D_INLINE float  w3d_f4_x(w3d_f4 a)                 { return W3DI_SIMD(f32x4_extract_lane)(a, 0); }
W3D_INLINE w3d_f4 w3d_f4_yzxw(w3d_f4 a)              { return W3DI_SIMD(i32x4_shuffle)(a, a, 1, 2, 0, 3); }
W3D_INLINE w3d_f4 w3d_f4_xxxx(w3d_f4 a)              { return W3DI_SIMD(i32x4_shuffle)(a, a, 0, 0, 0, 0); }
W3D_INLINE w3d_f4 w3d_f4_yyyy(w3d_f4 a)              { return W3DI_SIMD(i32x4_shuffle)(a, a, 1, 1, 1, 1); }
W3D_INLINE w3d_f4 w3d_f4_zzzz(w3d_f4 a)              { return W3DI_SIMD(i32x4_shuffle)(a, a, 2, 2, 2, 2); }
W3D_INLINE w3d_f4 w3d_f4_wwww(w3d_f4 a)              { return W3DI_SIMD(i32x4_shuffle)(a, a, 3, 3, 3, 3); }
W3D_INLINE w3d_f4 w3d_f4_zip_low(w3d_f4 a, w3d_f4 b)  { return W3DI_SIMD(i32x4_shuffle)(a, b, 0, 4, 1, 5); }
W3D_INLINE w3d_f4 w3d_f4_zip_high(w3d_f4 a, w3d_f4 b) { return W3DI_SIMD(i32x4_shuffle)(a, b, 2, 6, 3, 7); }
W3D_INLINE w3d_f4 w3d_f4_low_low(w3d_f4 a, w3d_f4 b)   { return W3DI_SIMD(i32x4_shuffle)(a, b, 0, 1, 4, 5); }
W3D_INLINE w3d_f4 w3d_f4_high_high(w3d_f4 a, w3d_f4 b) { return W3DI_SIMD(i32x4_shuffle)(a, b, 2, 3, 6, 7); }
W3D_INLINE int    w3d_f4_mask(w3d_f4 a)              { return (int)W3DI_SIMD(i32x4_bitmask)(a); }
W3D_INLINE w3d_i4 w3d_i4_add(w3d_i4 a, w3d_i4 b)     { return W3DI_SIMD(i32x4_add)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_sub(w3d_i4 a, w3d_i4 b)     { return W3DI_SIMD(i32x4_sub)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_mul(w3d_i4 a, w3d_i4 b)     { return W3DI_SIMD(i32x4_mul)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_and(w3d_i4 a, w3d_i4 b)     { return W3DI_SIMD(v128_and)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_or(w3d_i4 a, w3d_i4 b)      { return W3DI_SIMD(v128_or)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_xor(w3d_i4 a, w3d_i4 b)     { return W3DI_SIMD(v128_xor)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_andnot(w3d_i4 a, w3d_i4 b)  { return W3DI_SIMD(v128_andnot)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_equal(w3d_i4 a, w3d_i4 b)   { return W3DI_SIMD(i32x4_eq)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_less(w3d_i4 a, w3d_i4 b)    { return W3DI_SIMD(i32x4_lt)(a, b); }
W3D_INLINE w3d_i4 w3d_i4_shift_left(w3d_i4 a, int n)  { return W3DI_SIMD(i32x4_shl)(a, (uint32_t)n); }
W3D_INLINE w3d_i4 w3d_i4_shift_right(w3d_i4 a, int n) { return W3DI_SIMD(u32x4_shr)(a, (uint32_t)n); }
W3D_INLINE w3d_i4 w3d_i4_shift_right_signed(w3d_i4 a, int n) { return W3DI_SIMD(i32x4_shr)(a, (uint32_t)n); }
W3D_INLINE w3d_f4 w3d_f4_from_i4(w3d_i4 a)           { return W3DI_SIMD(f32x4_convert_i32x4)(a); }
W3D_INLINE w3d_i4 w3d_i4_from_f4(w3d_f4 a)           { return W3DI_SIMD(i32x4_trunc_sat_f32x4)(a); }
W3D_INLINE w3d_i4 w3d_i4_bits_f4(w3d_f4 a)           { return a; }
W3D_INLINE w3d_f4 w3d_f4_bits_i4(w3d_i4 a)           { return a; }
#undef W3DI_SIMD

#elif defined(__SSE2__) || defined(_M_X64)

typedef __m128  w3d_f4;
typedef __m128i w3d_i4;
W3D_INLINE w3d_f4 w3d_f4_set(float x, float y, float z, float w) { return _mm_setr_ps(x, y, z, w); }
W3D_INLINE w3d_i4 w3d_i4_set(int32_t x, int32_t y, int32_t z, int32_t w) { return _mm_setr_epi32(x, y, z, w); }
W3D_INLINE w3d_f4 w3d_f4_splat(float s)              { return _mm_set1_ps(s); }
W3D_INLINE w3d_i4 w3d_i4_splat(int32_t s)            { return _mm_set1_epi32(s); }
W3D_INLINE w3d_f4 w3d_f4_load(const float *p)        { return _mm_loadu_ps(p); }
W3D_INLINE void   w3d_f4_store(float *p, w3d_f4 a)   { _mm_storeu_ps(p, a); }
W3D_INLINE w3d_i4 w3d_i4_load(const int32_t *p)      { return _mm_loadu_si128((const __m128i *)(const void *)p); }
W3D_INLINE void   w3d_i4_store(int32_t *p, w3d_i4 a) { _mm_storeu_si128((__m128i *)(void *)p, a); }
W3D_INLINE w3d_f4 w3d_f4_add(w3d_f4 a, w3d_f4 b)     { return _mm_add_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sub(w3d_f4 a, w3d_f4 b)     { return _mm_sub_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_mul(w3d_f4 a, w3d_f4 b)     { return _mm_mul_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_div(w3d_f4 a, w3d_f4 b)     { return _mm_div_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sqrt(w3d_f4 a)              { return _mm_sqrt_ps(a); }
W3D_INLINE w3d_f4 w3d_f4_min(w3d_f4 a, w3d_f4 b)     { return _mm_min_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_max(w3d_f4 a, w3d_f4 b)     { return _mm_max_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_and(w3d_f4 a, w3d_f4 b)     { return _mm_and_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_or(w3d_f4 a, w3d_f4 b)      { return _mm_or_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_xor(w3d_f4 a, w3d_f4 b)     { return _mm_xor_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_andnot(w3d_f4 a, w3d_f4 b)  { return _mm_andnot_ps(b, a); }
W3D_INLINE w3d_f4 w3d_f4_less(w3d_f4 a, w3d_f4 b)    { return _mm_cmplt_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_lesseq(w3d_f4 a, w3d_f4 b)  { return _mm_cmple_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_equal(w3d_f4 a, w3d_f4 b)   { return _mm_cmpeq_ps(a, b); }
W3D_INLINE float  w3d_f4_x(w3d_f4 a)                 { return _mm_cvtss_f32(a); }
W3D_INLINE w3d_f4 w3d_f4_yzxw(w3d_f4 a)              { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(3, 0, 2, 1)); }
W3D_INLINE w3d_f4 w3d_f4_xxxx(w3d_f4 a)              { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(0, 0, 0, 0)); }
W3D_INLINE w3d_f4 w3d_f4_yyyy(w3d_f4 a)              { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(1, 1, 1, 1)); }
W3D_INLINE w3d_f4 w3d_f4_zzzz(w3d_f4 a)              { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(2, 2, 2, 2)); }
W3D_INLINE w3d_f4 w3d_f4_wwww(w3d_f4 a)              { return _mm_shuffle_ps(a, a, _MM_SHUFFLE(3, 3, 3, 3)); }
W3D_INLINE w3d_f4 w3d_f4_zip_low(w3d_f4 a, w3d_f4 b)  { return _mm_unpacklo_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_zip_high(w3d_f4 a, w3d_f4 b) { return _mm_unpackhi_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_low_low(w3d_f4 a, w3d_f4 b)   { return _mm_movelh_ps(a, b); }
W3D_INLINE w3d_f4 w3d_f4_high_high(w3d_f4 a, w3d_f4 b) { return _mm_movehl_ps(b, a); }
W3D_INLINE int    w3d_f4_mask(w3d_f4 a)              { return _mm_movemask_ps(a); }
W3D_INLINE w3d_i4 w3d_i4_add(w3d_i4 a, w3d_i4 b)     { return _mm_add_epi32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_sub(w3d_i4 a, w3d_i4 b)     { return _mm_sub_epi32(a, b); }
#if defined(__SSE4_1__)
W3D_INLINE w3d_i4 w3d_i4_mul(w3d_i4 a, w3d_i4 b)     { return _mm_mullo_epi32(a, b); }
#else
W3D_INLINE w3d_i4 w3d_i4_mul(w3d_i4 a, w3d_i4 b)
{
    __m128i even = _mm_mul_epu32(a, b), odd = _mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
    return _mm_unpacklo_epi32(_mm_shuffle_epi32(even, _MM_SHUFFLE(0, 0, 2, 0)), _mm_shuffle_epi32(odd, _MM_SHUFFLE(0, 0, 2, 0)));
}
#endif
W3D_INLINE w3d_i4 w3d_i4_and(w3d_i4 a, w3d_i4 b)     { return _mm_and_si128(a, b); }
W3D_INLINE w3d_i4 w3d_i4_or(w3d_i4 a, w3d_i4 b)      { return _mm_or_si128(a, b); }
W3D_INLINE w3d_i4 w3d_i4_xor(w3d_i4 a, w3d_i4 b)     { return _mm_xor_si128(a, b); }
W3D_INLINE w3d_i4 w3d_i4_andnot(w3d_i4 a, w3d_i4 b)  { return _mm_andnot_si128(b, a); }
W3D_INLINE w3d_i4 w3d_i4_equal(w3d_i4 a, w3d_i4 b)   { return _mm_cmpeq_epi32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_less(w3d_i4 a, w3d_i4 b)    { return _mm_cmplt_epi32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_shift_left(w3d_i4 a, int n)  { return _mm_sll_epi32(a, _mm_cvtsi32_si128(n)); }
W3D_INLINE w3d_i4 w3d_i4_shift_right(w3d_i4 a, int n) { return _mm_srl_epi32(a, _mm_cvtsi32_si128(n)); }
W3D_INLINE w3d_i4 w3d_i4_shift_right_signed(w3d_i4 a, int n) { return _mm_sra_epi32(a, _mm_cvtsi32_si128(n)); }
W3D_INLINE w3d_f4 w3d_f4_from_i4(w3d_i4 a)           { return _mm_cvtepi32_ps(a); }
/* The instruction gives INT32_MIN for whatever does not fit: flip that where a >= 2^31, zero NaN. */
W3D_INLINE w3d_i4 w3d_i4_from_f4(w3d_f4 a)
{
    __m128i too_large = _mm_castps_si128(_mm_cmpge_ps(a, _mm_set1_ps(2147483648.0f)));
    __m128i number = _mm_castps_si128(_mm_cmpord_ps(a, a));
    return _mm_and_si128(_mm_xor_si128(_mm_cvttps_epi32(a), too_large), number);
}
W3D_INLINE w3d_i4 w3d_i4_bits_f4(w3d_f4 a)           { return _mm_castps_si128(a); }
W3D_INLINE w3d_f4 w3d_f4_bits_i4(w3d_i4 a)           { return _mm_castsi128_ps(a); }

#else /* NEON */

typedef float32x4_t w3d_f4;
typedef int32x4_t   w3d_i4;
W3D_INLINE uint32x4_t w3di_simd_u(w3d_f4 a) { return vreinterpretq_u32_f32(a); }
W3D_INLINE w3d_f4 w3di_simd_f(uint32x4_t a) { return vreinterpretq_f32_u32(a); }
W3D_INLINE w3d_i4 w3d_i4_set(int32_t x, int32_t y, int32_t z, int32_t w) { int32_t v[4]; v[0] = x; v[1] = y; v[2] = z; v[3] = w; return vld1q_s32(v); }
W3D_INLINE w3d_f4 w3d_f4_set(float x, float y, float z, float w) { float v[4]; v[0] = x; v[1] = y; v[2] = z; v[3] = w; return vld1q_f32(v); }
W3D_INLINE w3d_f4 w3d_f4_splat(float s)              { return vdupq_n_f32(s); }
W3D_INLINE w3d_i4 w3d_i4_splat(int32_t s)            { return vdupq_n_s32(s); }
W3D_INLINE w3d_f4 w3d_f4_load(const float *p)        { return vld1q_f32(p); }
W3D_INLINE void   w3d_f4_store(float *p, w3d_f4 a)   { vst1q_f32(p, a); }
W3D_INLINE w3d_i4 w3d_i4_load(const int32_t *p)      { return vld1q_s32(p); }
W3D_INLINE void   w3d_i4_store(int32_t *p, w3d_i4 a) { vst1q_s32(p, a); }
W3D_INLINE w3d_f4 w3d_f4_add(w3d_f4 a, w3d_f4 b)     { return vaddq_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sub(w3d_f4 a, w3d_f4 b)     { return vsubq_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_mul(w3d_f4 a, w3d_f4 b)     { return vmulq_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_div(w3d_f4 a, w3d_f4 b)     { return vdivq_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_sqrt(w3d_f4 a)              { return vsqrtq_f32(a); }
W3D_INLINE w3d_f4 w3d_f4_min(w3d_f4 a, w3d_f4 b)     { return vbslq_f32(vcltq_f32(a, b), a, b); }
W3D_INLINE w3d_f4 w3d_f4_max(w3d_f4 a, w3d_f4 b)     { return vbslq_f32(vcgtq_f32(a, b), a, b); }
W3D_INLINE w3d_f4 w3d_f4_and(w3d_f4 a, w3d_f4 b)     { return w3di_simd_f(vandq_u32(w3di_simd_u(a), w3di_simd_u(b))); }
W3D_INLINE w3d_f4 w3d_f4_or(w3d_f4 a, w3d_f4 b)      { return w3di_simd_f(vorrq_u32(w3di_simd_u(a), w3di_simd_u(b))); }
W3D_INLINE w3d_f4 w3d_f4_xor(w3d_f4 a, w3d_f4 b)     { return w3di_simd_f(veorq_u32(w3di_simd_u(a), w3di_simd_u(b))); }
W3D_INLINE w3d_f4 w3d_f4_andnot(w3d_f4 a, w3d_f4 b)  { return w3di_simd_f(vbicq_u32(w3di_simd_u(a), w3di_simd_u(b))); }
W3D_INLINE w3d_f4 w3d_f4_less(w3d_f4 a, w3d_f4 b)    { return w3di_simd_f(vcltq_f32(a, b)); }
W3D_INLINE w3d_f4 w3d_f4_lesseq(w3d_f4 a, w3d_f4 b)  { return w3di_simd_f(vcleq_f32(a, b)); }
W3D_INLINE w3d_f4 w3d_f4_equal(w3d_f4 a, w3d_f4 b)   { return w3di_simd_f(vceqq_f32(a, b)); }
W3D_INLINE float  w3d_f4_x(w3d_f4 a)                 { return vgetq_lane_f32(a, 0); }
W3D_INLINE w3d_f4 w3d_f4_yzxw(w3d_f4 a)              { return w3d_f4_set(vgetq_lane_f32(a, 1), vgetq_lane_f32(a, 2), vgetq_lane_f32(a, 0), vgetq_lane_f32(a, 3)); }
W3D_INLINE w3d_f4 w3d_f4_xxxx(w3d_f4 a)              { return vdupq_laneq_f32(a, 0); }
W3D_INLINE w3d_f4 w3d_f4_yyyy(w3d_f4 a)              { return vdupq_laneq_f32(a, 1); }
W3D_INLINE w3d_f4 w3d_f4_zzzz(w3d_f4 a)              { return vdupq_laneq_f32(a, 2); }
W3D_INLINE w3d_f4 w3d_f4_wwww(w3d_f4 a)              { return vdupq_laneq_f32(a, 3); }
W3D_INLINE w3d_f4 w3d_f4_zip_low(w3d_f4 a, w3d_f4 b)  { return vzip1q_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_zip_high(w3d_f4 a, w3d_f4 b) { return vzip2q_f32(a, b); }
W3D_INLINE w3d_f4 w3d_f4_low_low(w3d_f4 a, w3d_f4 b)   { return vcombine_f32(vget_low_f32(a), vget_low_f32(b)); }
W3D_INLINE w3d_f4 w3d_f4_high_high(w3d_f4 a, w3d_f4 b) { return vcombine_f32(vget_high_f32(a), vget_high_f32(b)); }
W3D_INLINE int    w3d_f4_mask(w3d_f4 a)              { uint32_t m[4]; vst1q_u32(m, vshrq_n_u32(w3di_simd_u(a), 31)); return (int)(m[0] | m[1] << 1 | m[2] << 2 | m[3] << 3); }
W3D_INLINE w3d_i4 w3d_i4_add(w3d_i4 a, w3d_i4 b)     { return vaddq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_sub(w3d_i4 a, w3d_i4 b)     { return vsubq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_mul(w3d_i4 a, w3d_i4 b)     { return vmulq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_and(w3d_i4 a, w3d_i4 b)     { return vandq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_or(w3d_i4 a, w3d_i4 b)      { return vorrq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_xor(w3d_i4 a, w3d_i4 b)     { return veorq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_andnot(w3d_i4 a, w3d_i4 b)  { return vbicq_s32(a, b); }
W3D_INLINE w3d_i4 w3d_i4_equal(w3d_i4 a, w3d_i4 b)   { return vreinterpretq_s32_u32(vceqq_s32(a, b)); }
W3D_INLINE w3d_i4 w3d_i4_less(w3d_i4 a, w3d_i4 b)    { return vreinterpretq_s32_u32(vcltq_s32(a, b)); }
W3D_INLINE w3d_i4 w3d_i4_shift_left(w3d_i4 a, int n)  { return vshlq_s32(a, vdupq_n_s32(n)); }
W3D_INLINE w3d_i4 w3d_i4_shift_right(w3d_i4 a, int n) { return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n))); }
W3D_INLINE w3d_i4 w3d_i4_shift_right_signed(w3d_i4 a, int n) { return vshlq_s32(a, vdupq_n_s32(-n)); }
W3D_INLINE w3d_f4 w3d_f4_from_i4(w3d_i4 a)           { return vcvtq_f32_s32(a); }
W3D_INLINE w3d_i4 w3d_i4_from_f4(w3d_f4 a)           { return vcvtq_s32_f32(a); }
W3D_INLINE w3d_i4 w3d_i4_bits_f4(w3d_f4 a)           { return vreinterpretq_s32_f32(a); }
W3D_INLINE w3d_f4 w3d_f4_bits_i4(w3d_i4 a)           { return vreinterpretq_f32_s32(a); }

#endif
/* clang-format on */

/* ---- written once, on top of any backend ---- */

W3D_INLINE w3d_f4 w3d_f4_zero(void) { return w3d_f4_splat(0.0f); }

/* `yes` in the lanes whose mask is all ones, `no` where it is all zeros. */
W3D_INLINE w3d_f4 w3d_f4_select(w3d_f4 mask, w3d_f4 yes, w3d_f4 no)
{
    return w3d_f4_or(w3d_f4_and(yes, mask), w3d_f4_andnot(no, mask));
}
W3D_INLINE w3d_i4 w3d_i4_select(w3d_i4 mask, w3d_i4 yes, w3d_i4 no)
{
    return w3d_i4_or(w3d_i4_and(yes, mask), w3d_i4_andnot(no, mask));
}
W3D_INLINE w3d_i4 w3d_i4_min(w3d_i4 a, w3d_i4 b) { return w3d_i4_select(w3d_i4_less(a, b), a, b); }
W3D_INLINE w3d_i4 w3d_i4_max(w3d_i4 a, w3d_i4 b) { return w3d_i4_select(w3d_i4_less(b, a), a, b); }

W3D_INLINE w3d_f4 w3d_f4_abs(w3d_f4 a) { return w3d_f4_andnot(a, w3d_f4_splat(-0.0f)); }
W3D_INLINE w3d_f4 w3d_f4_negate(w3d_f4 a) { return w3d_f4_xor(a, w3d_f4_splat(-0.0f)); }

/* Stores to p, on 16, around the caches where the target can do that (W3D_SIMD_STREAM): for large
 * results that are not read soon. A plain store first reads the line it overwrites. After the last
 * one w3d_stream_fence, or other threads may see what is stored later before it. */
#if !W3D_SIMD_SCALAR && !W3D_SIMD_SIMDE && !defined(__wasm__) &&                                   \
    (defined(__SSE2__) || defined(_M_X64))
#define W3D_SIMD_STREAM 1
W3D_INLINE void w3d_f4_stream(float *p, w3d_f4 a) { _mm_stream_ps(p, a); }
W3D_INLINE void w3d_stream_fence(void) { _mm_sfence(); }
#else
#define W3D_SIMD_STREAM 0
W3D_INLINE void w3d_f4_stream(float *p, w3d_f4 a) { w3d_f4_store(p, a); }
W3D_INLINE void w3d_stream_fence(void) {}
#endif

/* Load or store x, y, z: exactly 12 bytes are touched. Lane w reads as 0. */
W3D_INLINE w3d_f4 w3d_f4_load3(const float *p) { return w3d_f4_set(p[0], p[1], p[2], 0.0f); }
W3D_INLINE void w3d_f4_store3(float *p, w3d_f4 a)
{
    float xyzw[4];
    w3d_f4_store(xyzw, a);
    w3d_copy(p, xyzw, 12);
}

/* The cross product in x, y, z; lane w is a.w * b.w - a.w * b.w. */
W3D_INLINE w3d_f4 w3d_f4_cross3(w3d_f4 a, w3d_f4 b)
{
    return w3d_f4_yzxw(
        w3d_f4_sub(w3d_f4_mul(a, w3d_f4_yzxw(b)), w3d_f4_mul(w3d_f4_yzxw(a), b)));
}

/* (x x' + y y') + z z' in every lane, summed in that order. */
W3D_INLINE w3d_f4 w3d_f4_dot3(w3d_f4 a, w3d_f4 b)
{
    w3d_f4 m = w3d_f4_mul(a, b);
    return w3d_f4_add(w3d_f4_add(w3d_f4_xxxx(m), w3d_f4_yyyy(m)), w3d_f4_zzzz(m));
}

/* Rows to columns: afterwards *a holds the four x, *b the four y, and so on. */
W3D_INLINE void w3d_f4_transpose(w3d_f4 *a, w3d_f4 *b, w3d_f4 *c, w3d_f4 *d)
{
    w3d_f4 ab_low = w3d_f4_zip_low(*a, *b), ab_high = w3d_f4_zip_high(*a, *b);
    w3d_f4 cd_low = w3d_f4_zip_low(*c, *d), cd_high = w3d_f4_zip_high(*c, *d);
    *a = w3d_f4_low_low(ab_low, cd_low);
    *b = w3d_f4_high_high(ab_low, cd_low);
    *c = w3d_f4_low_low(ab_high, cd_high);
    *d = w3d_f4_high_high(ab_high, cd_high);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_SIMD_H */
