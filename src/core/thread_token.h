/* thread_token.h - which thread is this: a number no other running thread has.
 *
 * Read from the thread register, so it costs one load and needs neither a library nor a variable.
 * A thread that has ended may leave its number to a later one. */
#ifndef W3D_THREAD_TOKEN_H
#define W3D_THREAD_TOKEN_H

#include "core/base.h"

#if W3D_THREADS && defined(_MSC_VER)
#include <intrin.h>
#endif

/* The calling thread's number; never 0. Without threads always 1. */
W3D_INLINE uintptr_t w3d_thread_token(void)
{
#if !W3D_THREADS
    return 1;
#elif defined(__wasm__)
    return (uintptr_t)__builtin_wasm_tls_base() + 1u;
#elif defined(_WIN64) && (defined(__x86_64__) || defined(_M_X64))
    uintptr_t token;
#if defined(_MSC_VER)
    token = (uintptr_t)__readgsqword(0x30); /* the thread environment block's own address */
#else
    __asm__("movq %%gs:0x30, %0" : "=r"(token));
#endif
    return token;
#elif defined(_WIN64) && defined(__GNUC__)
    uintptr_t token;
    __asm__("mov %0, x18" : "=r"(token));
    return token;
#elif defined(_WIN64)
    return (uintptr_t)__getReg(18);
#elif defined(__APPLE__) && defined(__aarch64__)
    uintptr_t token;
    __asm__("mrs %0, tpidrro_el0" : "=r"(token));
    return token & ~(uintptr_t)7;
#elif defined(__aarch64__)
    uintptr_t token;
    __asm__("mrs %0, tpidr_el0" : "=r"(token));
    return token;
#elif defined(__x86_64__) && defined(__APPLE__)
    uintptr_t token;
    __asm__("movq %%gs:0, %0" : "=r"(token));
    return token;
#elif defined(__x86_64__)
    uintptr_t token;
    __asm__("mov %%fs:0, %0" : "=r"(token)); /* the first word of the thread block is its address */
    return token;
#elif defined(__i386__) && !defined(_WIN32)
    uintptr_t token;
    __asm__("movl %%gs:0, %0" : "=r"(token));
    return token;
#elif defined(_WIN32)
    uintptr_t token;
    __asm__("movl %%fs:0x18, %0" : "=r"(token));
    return token;
#else
    return (uintptr_t)__builtin_thread_pointer();
#endif
}

#endif /* W3D_THREAD_TOKEN_H */
