/* base.h - linkage, results, errors, asserts, and what freestanding C lacks: memory and sqrt.
 *
 * Everything else in the library includes this file. It needs no C library: copies and fills
 * become instructions or, in freestanding wasm, memory.copy and memory.fill (-mbulk-memory). */
#ifndef W3D_BASE_H
#define W3D_BASE_H

#include "core/config.h"

#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

/* ---- what the library cannot work on, said at compile time ---- */

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "wasm3d: -ffast-math breaks NaN handling and equal results; compile without it"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "wasm3d: float arithmetic must round to float; on 32-bit x86 use -msse2 -mfpmath=sse"
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "wasm3d: arrays are viewed in place as little-endian; big-endian targets are not supported"
#endif

/* ---- linkage ---- */

#if defined(__GNUC__)
#define W3D_UNUSED __attribute__((unused))
#else
#define W3D_UNUSED
#endif

#if W3D_STATIC
#define W3D_API static W3D_UNUSED
#elif defined(__cplusplus)
#define W3D_API extern "C"
#else
#define W3D_API extern
#endif

/* Small functions that must melt into their caller, also at -O0: the caller's rules for
 * float contraction then hold for them, and the library's own code forbids contraction. */
#if defined(__GNUC__)
#define W3D_INLINE static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define W3D_INLINE static __forceinline
#else
#define W3D_INLINE static inline
#endif

/* Larger inline functions on floats. GCC would inline them into user code and contract them there,
 * where it has fused multiply-add instructions; a call keeps their bits the same. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__FP_FAST_FMAF)
#define W3D_STRICT static __attribute__((unused, noinline))
#else
#define W3D_STRICT static inline
#endif

/* ---- results ---- */

/* X(NAME, text): every result of every function, in one list. */
#define W3D_RESULT_LIST(X)                                                                         \
    X(OK, "no error")                                                                              \
    X(ERR_ARGUMENT, "an argument breaks the function's contract")                                  \
    X(ERR_OUT_OF_MEMORY, "out of memory")                                                          \
    X(ERR_CAPACITY, "the output buffer or scratch arena is too small")                             \
    X(ERR_INDEX, "an index points outside its array")                                              \
    X(ERR_TRUNCATED, "the data ends too early")                                                    \
    X(ERR_FORMAT, "the data is malformed")                                                         \
    X(ERR_UTF8, "a text is not valid UTF-8")                                                       \
    X(ERR_RANGE, "a value is outside its allowed range")                                           \
    X(ERR_LIMIT, "a stated limit of this reader is exceeded")                                      \
    X(ERR_UNSUPPORTED, "the data needs a feature this reader does not have")                       \
    X(ERR_CHECKSUM, "a checksum does not match: the data was damaged")                             \
    X(ERR_DAMAGED, "part of the data was damaged; the rest was read")                              \
    X(ERR_NOT_FOUND, "there is nothing by that name or index")                                     \
    X(ERR_STALE, "the handle's object is gone")                                                    \
    X(ERR_BUSY, "full, empty or taken just now; try again later")                                  \
    X(ERR_TIMEOUT, "the time ran out")                                                             \
    X(ERR_CLOSED, "the other side has closed or is gone")                                          \
    X(ERR_CANCELLED, "the work was cancelled")                                                     \
    X(ERR_ACCESS, "the access is outside what its region allows")                                  \
    X(ERR_THREAD, "this may not be done on this thread")

typedef enum w3d_result {
#define W3DI_BASE_ENUM(name, text) W3D_##name,
    W3D_RESULT_LIST(W3DI_BASE_ENUM)
#undef W3DI_BASE_ENUM
        W3D_RESULT_COUNT
} w3d_result;

/* A result as an English sentence without a full stop; static, never NULL. */
static inline const char *w3d_result_text(w3d_result result)
{
    switch (result) {
#define W3DI_BASE_CASE(name, text)                                                                 \
    case W3D_##name: return text;
        W3D_RESULT_LIST(W3DI_BASE_CASE)
#undef W3DI_BASE_CASE
    case W3D_RESULT_COUNT: break;
    }
    return "not a result of this library";
}

/* What a reader found wrong, and where. */
typedef struct w3d_error {
    w3d_result  code;
    uint64_t    offset; /* byte offset into the data given; the first byte that is wrong */
    const char *text;   /* static text: what is wrong and, where it helps, what to do    */
} w3d_error;

/* Fills *error unless it is NULL and gives back `code`, so that a reader can return it. */
static inline w3d_result w3d_error_set(w3d_error *error, w3d_result code, uint64_t offset,
                                       const char *text)
{
    if (error) {
        error->code = code;
        error->offset = offset;
        error->text = text;
    }
    return code;
}

/* ---- asserts: for broken contracts only, never for bad data ---- */

#ifndef W3D_ASSERT
#if W3D_DEBUG && defined(__GNUC__)
#define W3D_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#elif W3D_DEBUG && defined(_MSC_VER)
#define W3D_ASSERT(condition) ((condition) ? (void)0 : __debugbreak())
#else
#define W3D_ASSERT(condition) ((void)0)
#endif
#endif

/* ---- memory ---- */

/* An allocator. All fields zero means the default: malloc, or memory.grow in freestanding wasm.
 * resize(user, NULL, 0, n) allocates n bytes aligned to 8 at least, resize(user, block, n, 0)
 * frees, anything else resizes and keeps the first min(old, new) bytes; on NULL the old block lives on. */
typedef struct w3d_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
} w3d_allocator;

/* Copies `size` bytes; the two must not overlap. Size 0 allows NULL, here and below. */
W3D_INLINE void w3d_copy(void *dst, const void *src, size_t size)
{
#if defined(__GNUC__)
    if (size) __builtin_memcpy(dst, src, size);
#else
    unsigned char *to = (unsigned char *)dst;
    const unsigned char *from = (const unsigned char *)src;
    for (size_t i = 0; i < size; i++) to[i] = from[i];
#endif
}

/* Copies `size` bytes; the two may overlap. */
static inline void w3d_move(void *dst, const void *src, size_t size)
{
#if defined(__GNUC__)
    if (size) __builtin_memmove(dst, src, size);
#else
    unsigned char *to = (unsigned char *)dst;
    const unsigned char *from = (const unsigned char *)src;
    if (to < from)
        for (size_t i = 0; i < size; i++) to[i] = from[i];
    else
        for (size_t i = size; i-- > 0;) to[i] = from[i];
#endif
}

/* Sets `size` bytes to `value`. */
W3D_INLINE void w3d_fill(void *dst, unsigned char value, size_t size)
{
#if defined(__GNUC__)
    if (size) __builtin_memset(dst, value, size);
#else
    unsigned char *to = (unsigned char *)dst;
    for (size_t i = 0; i < size; i++) to[i] = value;
#endif
}

/* 1 where the first `size` bytes are the same. Not for secrets: the time depends on the bytes. */
static inline int w3d_equal(const void *a, const void *b, size_t size)
{
    const unsigned char *left = (const unsigned char *)a;
    const unsigned char *right = (const unsigned char *)b;
    size_t i = 0;
    for (; size - i >= 8; i += 8) {
        uint64_t x, y;
        w3d_copy(&x, left + i, 8);
        w3d_copy(&y, right + i, 8);
        if (x != y) return 0;
    }
    for (; i < size; i++)
        if (left[i] != right[i]) return 0;
    return 1;
}

/* Bytes of a NUL-terminated text, without the NUL. */
static inline size_t w3d_text_size(const char *text)
{
    size_t size = 0;
    while (text[size]) size++;
    return size;
}

/* 1 where a text of `size` bytes is the NUL-terminated `other`. */
static inline int w3d_text_is(const char *text, size_t size, const char *other)
{
    for (; size && *other; size--)
        if (*text++ != *other++) return 0;
    return !size && !*other;
}

/* ---- square roots: correctly rounded, without the C library's errno ---- */

#if !defined(__SSE2__) && !defined(_M_X64) && !defined(__aarch64__) && !defined(_M_ARM64) &&       \
    !defined(__wasm__)
/* For targets with no square root instruction we know of: bit by bit on the mantissa. */
static inline double w3d_sqrt(double value)
{
    uint64_t bits, root = 0, rest = 0, mantissa;
    int exponent, shift = 0;
    w3d_copy(&bits, &value, 8);
    exponent = (int)(bits >> 52 & 0x7FFu);
    mantissa = bits & 0xFFFFFFFFFFFFFu;
    if (bits << 1 == 0 || (exponent == 0x7FF && (mantissa || !(bits >> 63)))) return value;
    if (bits >> 63) return (value - value) / (value - value);
    if (exponent)
        mantissa |= (uint64_t)1 << 52;
    else
        exponent = 1;
    for (; !(mantissa >> 52); shift++) mantissa <<= 1;
    exponent -= shift + 1023;
    if (exponent & 1) mantissa <<= 1;
    exponent >>= 1;
    /* mantissa is 1..4 scaled by 2^52; take the root to 54 bits, the last one for rounding. */
    for (int i = 0; i < 54; i++) {
        uint64_t pair = i < 27 ? mantissa >> (52 - 2 * i) & 3u : 0;
        uint64_t trial = root << 2 | 1u;
        rest = rest << 2 | pair;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1u;
        }
    }
    root = (root >> 1) + (root & 1u); /* an exact half cannot occur: the rest would be zero */
    bits = ((uint64_t)(exponent + 1022) << 52) + root;
    w3d_copy(&value, &bits, 8);
    return value;
}
static inline float w3d_sqrtf(float value) { return (float)w3d_sqrt((double)value); }
#else
W3D_INLINE float w3d_sqrtf(float value)
{
#if defined(__SSE2__) || defined(_M_X64)
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(value)));
#elif defined(__wasm__)
    return __builtin_sqrtf(value);
#else
    return vget_lane_f32(vsqrt_f32(vdup_n_f32(value)), 0);
#endif
}
W3D_INLINE double w3d_sqrt(double value)
{
#if defined(__SSE2__) || defined(_M_X64)
    return _mm_cvtsd_f64(_mm_sqrt_sd(_mm_setzero_pd(), _mm_set_sd(value)));
#elif defined(__wasm__)
    return __builtin_sqrt(value);
#else
    return vget_lane_f64(vsqrt_f64(vdup_n_f64(value)), 0);
#endif
}
#endif

#endif /* W3D_BASE_H */
