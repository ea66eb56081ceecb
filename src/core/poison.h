/* poison.h - tells the address sanitizer which bytes of an allocator's memory nobody may touch.
 *
 * Without -fsanitize=address both functions are nothing. */
#ifndef W3D_POISON_H
#define W3D_POISON_H

#include "core/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define W3DI_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define W3DI_POISON 1
#endif
#endif

#if defined(W3DI_POISON)
#ifdef __cplusplus
extern "C" {
#endif
void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
#ifdef __cplusplus
}
#endif
#endif

/* From now on touching these bytes is an error; the last, partly used eight of them excepted. */
W3D_INLINE void w3d_poison(const void *address, size_t size)
{
#if defined(W3DI_POISON)
    __asan_poison_memory_region(address, size);
#else
    (void)address, (void)size;
#endif
}

/* From now on it is none. */
W3D_INLINE void w3d_unpoison(const void *address, size_t size)
{
#if defined(W3DI_POISON)
    __asan_unpoison_memory_region(address, size);
#else
    (void)address, (void)size;
#endif
}

#undef W3DI_POISON

#endif /* W3D_POISON_H */
