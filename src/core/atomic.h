/* atomic.h - the few atomic operations the library is built from, on plain integers.
 *
 * C11's _Atomic is not C++ and not C99, so the variables are ordinary uint32_t, uint64_t and
 * pointers; every access that may race goes through these functions. On a target without
 * threads they compile to plain loads and stores. */
#ifndef W3D_ATOMIC_H
#define W3D_ATOMIC_H

#include "core/base.h"

#if defined(__GNUC__)

/* Acquire: what the releasing thread wrote before its store is visible after this load. */
W3D_INLINE uint32_t w3d_atomic_load_u32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
W3D_INLINE uint64_t w3d_atomic_load_u64(const uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}
W3D_INLINE void *w3d_atomic_load_pointer(void *const *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* Release: everything written before is visible to whoever loads the stored value. */
W3D_INLINE void w3d_atomic_store_u32(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}
W3D_INLINE void w3d_atomic_store_u64(uint64_t *p, uint64_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}
W3D_INLINE void w3d_atomic_store_pointer(void **p, void *value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}

/* Read, change and write in one step, acquire and release; gives the value before. The 32-bit
 * addition is sequentially consistent besides: "I add my flag, then look at yours". */
W3D_INLINE uint32_t w3d_atomic_add_u32(uint32_t *p, uint32_t amount)
{
    return __atomic_fetch_add(p, amount, __ATOMIC_SEQ_CST);
}
W3D_INLINE uint64_t w3d_atomic_add_u64(uint64_t *p, uint64_t amount)
{
    return __atomic_fetch_add(p, amount, __ATOMIC_ACQ_REL);
}
W3D_INLINE uint32_t w3d_atomic_exchange_u32(uint32_t *p, uint32_t value)
{
    return __atomic_exchange_n(p, value, __ATOMIC_ACQ_REL);
}

/* Stores `desired` where *p is *expected and gives 1; else puts what is there in *expected. */
W3D_INLINE int w3d_atomic_swap_u32(uint32_t *p, uint32_t *expected, uint32_t desired)
{
    return __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
W3D_INLINE int w3d_atomic_swap_u64(uint64_t *p, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
W3D_INLINE int w3d_atomic_swap_pointer(void **p, void **expected, void *desired)
{
    return __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

W3D_INLINE int w3d_atomic_swap_uintptr(uintptr_t *p, uintptr_t *expected, uintptr_t desired)
{
    return __atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
W3D_INLINE uint64_t w3d_atomic_exchange_u64(uint64_t *p, uint64_t value)
{
    return __atomic_exchange_n(p, value, __ATOMIC_ACQ_REL);
}
W3D_INLINE void *w3d_atomic_exchange_pointer(void **p, void *value)
{
    return __atomic_exchange_n(p, value, __ATOMIC_ACQ_REL);
}
W3D_INLINE uint32_t w3d_atomic_or_u32(uint32_t *p, uint32_t bits)
{
    return __atomic_fetch_or(p, bits, __ATOMIC_ACQ_REL);
}
W3D_INLINE uint32_t w3d_atomic_and_u32(uint32_t *p, uint32_t bits)
{
    return __atomic_fetch_and(p, bits, __ATOMIC_ACQ_REL);
}

/* Relaxed: the value is whole, nothing else is ordered. For counters and for one's own side. */
W3D_INLINE uint32_t w3d_atomic_load_relaxed_u32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
W3D_INLINE void w3d_atomic_store_relaxed_u32(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}
W3D_INLINE uint64_t w3d_atomic_load_relaxed_u64(const uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
W3D_INLINE void w3d_atomic_store_relaxed_u64(uint64_t *p, uint64_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}
W3D_INLINE uintptr_t w3d_atomic_load_relaxed_uintptr(const uintptr_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}
W3D_INLINE void w3d_atomic_store_relaxed_uintptr(uintptr_t *p, uintptr_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}

/* Sequentially consistent: all threads see all of these in one order. What "I raise my flag, then
 * look at yours" needs; a release store and an acquire load may pass each other there. */
W3D_INLINE uint32_t w3d_atomic_load_seq_u32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}
W3D_INLINE void w3d_atomic_store_seq_u32(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);
}
W3D_INLINE void *w3d_atomic_load_seq_pointer(void *const *p)
{
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

/* A full fence between everything before and everything after. The thread sanitizer does not see
 * fences: where one of the forms above will do, take that. */
W3D_INLINE void w3d_atomic_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Keeps the compiler, not the processor, from moving accesses across. */
W3D_INLINE void w3d_atomic_compiler_fence(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/* Told to the processor in a loop that waits for another thread. */
W3D_INLINE void w3d_atomic_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

#elif defined(_MSC_VER)
#include <intrin.h>

#if defined(_M_IX86) || defined(_M_ARM)
#error "wasm3d: with MSVC only 64-bit targets have all the atomic operations it needs"
#endif
#if defined(_M_ARM64)
#define W3DI_ATOMIC_ORDER() __dmb(_ARM64_BARRIER_ISH)
#else
#define W3DI_ATOMIC_ORDER() _ReadWriteBarrier() /* x64 keeps loads and stores in order by itself */
#endif

W3D_INLINE uint32_t w3d_atomic_load_relaxed_u32(const uint32_t *p)
{
    return *(const volatile uint32_t *)p;
}
W3D_INLINE void w3d_atomic_store_relaxed_u32(uint32_t *p, uint32_t value)
{
    *(volatile uint32_t *)p = value;
}
W3D_INLINE uint64_t w3d_atomic_load_relaxed_u64(const uint64_t *p)
{
    return *(const volatile uint64_t *)p;
}
W3D_INLINE void w3d_atomic_store_relaxed_u64(uint64_t *p, uint64_t value)
{
    *(volatile uint64_t *)p = value;
}
W3D_INLINE uintptr_t w3d_atomic_load_relaxed_uintptr(const uintptr_t *p)
{
    return *(const volatile uintptr_t *)p;
}
W3D_INLINE void w3d_atomic_store_relaxed_uintptr(uintptr_t *p, uintptr_t value)
{
    *(volatile uintptr_t *)p = value;
}
W3D_INLINE uint32_t w3d_atomic_load_u32(const uint32_t *p)
{
    uint32_t value = *(const volatile uint32_t *)p;
    W3DI_ATOMIC_ORDER();
    return value;
}
W3D_INLINE uint64_t w3d_atomic_load_u64(const uint64_t *p)
{
    uint64_t value = *(const volatile uint64_t *)p;
    W3DI_ATOMIC_ORDER();
    return value;
}
W3D_INLINE void *w3d_atomic_load_pointer(void *const *p)
{
    void *value = *(void *const volatile *)p;
    W3DI_ATOMIC_ORDER();
    return value;
}
W3D_INLINE void w3d_atomic_store_u32(uint32_t *p, uint32_t value)
{
    W3DI_ATOMIC_ORDER();
    *(volatile uint32_t *)p = value;
}
W3D_INLINE void w3d_atomic_store_u64(uint64_t *p, uint64_t value)
{
    W3DI_ATOMIC_ORDER();
    *(volatile uint64_t *)p = value;
}
W3D_INLINE void w3d_atomic_store_pointer(void **p, void *value)
{
    W3DI_ATOMIC_ORDER();
    *(void *volatile *)p = value;
}
W3D_INLINE uint32_t w3d_atomic_add_u32(uint32_t *p, uint32_t amount)
{
    return (uint32_t)_InterlockedExchangeAdd((volatile long *)p, (long)amount);
}
W3D_INLINE uint64_t w3d_atomic_add_u64(uint64_t *p, uint64_t amount)
{
    return (uint64_t)_InterlockedExchangeAdd64((volatile __int64 *)p, (__int64)amount);
}
W3D_INLINE uint32_t w3d_atomic_exchange_u32(uint32_t *p, uint32_t value)
{
    return (uint32_t)_InterlockedExchange((volatile long *)p, (long)value);
}
W3D_INLINE int w3d_atomic_swap_u32(uint32_t *p, uint32_t *expected, uint32_t desired)
{
    uint32_t before =
        (uint32_t)_InterlockedCompareExchange((volatile long *)p, (long)desired, (long)*expected);
    int swapped = before == *expected;
    *expected = before;
    return swapped;
}
W3D_INLINE int w3d_atomic_swap_u64(uint64_t *p, uint64_t *expected, uint64_t desired)
{
    uint64_t before = (uint64_t)_InterlockedCompareExchange64((volatile __int64 *)p,
                                                              (__int64)desired, (__int64)*expected);
    int swapped = before == *expected;
    *expected = before;
    return swapped;
}
W3D_INLINE int w3d_atomic_swap_pointer(void **p, void **expected, void *desired)
{
    void *before = _InterlockedCompareExchangePointer((void *volatile *)p, desired, *expected);
    int swapped = before == *expected;
    *expected = before;
    return swapped;
}
W3D_INLINE int w3d_atomic_swap_uintptr(uintptr_t *p, uintptr_t *expected, uintptr_t desired)
{
    return w3d_atomic_swap_u64((uint64_t *)p, (uint64_t *)expected, desired); /* 64 bits both */
}
W3D_INLINE uint64_t w3d_atomic_exchange_u64(uint64_t *p, uint64_t value)
{
    return (uint64_t)_InterlockedExchange64((volatile __int64 *)p, (__int64)value);
}
W3D_INLINE void *w3d_atomic_exchange_pointer(void **p, void *value)
{
    return _InterlockedExchangePointer((void *volatile *)p, value);
}
W3D_INLINE uint32_t w3d_atomic_or_u32(uint32_t *p, uint32_t bits)
{
    return (uint32_t)_InterlockedOr((volatile long *)p, (long)bits);
}
W3D_INLINE uint32_t w3d_atomic_and_u32(uint32_t *p, uint32_t bits)
{
    return (uint32_t)_InterlockedAnd((volatile long *)p, (long)bits);
}
W3D_INLINE uint32_t w3d_atomic_load_seq_u32(const uint32_t *p) { return w3d_atomic_load_u32(p); }
W3D_INLINE void w3d_atomic_store_seq_u32(uint32_t *p, uint32_t value)
{
    _InterlockedExchange((volatile long *)p, (long)value);
}
W3D_INLINE void *w3d_atomic_load_seq_pointer(void *const *p) { return w3d_atomic_load_pointer(p); }
W3D_INLINE void w3d_atomic_fence(void)
{
    volatile long barrier = 0;
    _InterlockedOr(&barrier, 0);
}
W3D_INLINE void w3d_atomic_compiler_fence(void) { _ReadWriteBarrier(); }
W3D_INLINE void w3d_atomic_pause(void)
{
#if defined(_M_X64)
    _mm_pause();
#else
    __yield();
#endif
}
#undef W3DI_ATOMIC_ORDER

#else
#error "wasm3d: no atomic operations known for this compiler; gcc, clang and MSVC are"
#endif

#endif /* W3D_ATOMIC_H */
