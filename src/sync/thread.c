/* thread.c - the only file that names pthreads, Win32 and the wasm threads: starting, waiting,
 * time.
 *
 * Four systems, one after the other: none at all, freestanding wasm, Win32, and POSIX, which
 * Emscripten's threads are as well. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* clock_gettime and syscall under -std=c99 */
#endif
#include "sync/thread.h"

#include "core/atomic.h"
#include "core/host.h"
#include "core/size.h"
#include "memory/allocator.h"

#if defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__)
#define W3DI_THREAD_WASM 1
#elif defined(_WIN32)
#define W3DI_THREAD_WIN32 1
#else
#define W3DI_THREAD_POSIX 1
#endif

#define W3DI_THREAD_STARTED 1u
#define W3DI_THREAD_ENDED   2u
#define W3DI_THREAD_TRAPPED 3u
/* In wasm a sleep ends after 0.1 s and looks again: V8 of Node 20 loses a wake now and then once
 * the shared memory has grown. */
#define W3DI_THREAD_SLICE 100000000u

/* ---- the clock ---- */

#if defined(W3DI_THREAD_WASM)

W3D_API uint64_t w3d_thread_now(void) { return (uint64_t)(w3d_host_now() * 1e6); }

#elif defined(W3DI_THREAD_WIN32)

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#if defined(_WIN32_WINNT) && _WIN32_WINNT < 0x0602
#error "wasm3d: WaitOnAddress needs Windows 8: define _WIN32_WINNT as 0x0602 or more"
#endif
#if defined(_MSC_VER)
#pragma comment(lib, "synchronization")
#endif

W3D_API uint64_t w3d_thread_now(void)
{
    LARGE_INTEGER frequency, counter;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    uint64_t ticks = (uint64_t)counter.QuadPart, second = (uint64_t)frequency.QuadPart;
    return ticks / second * 1000000000u + ticks % second * 1000000000u / second;
}

#else

#include <time.h>
#ifndef CLOCK_MONOTONIC
#error "wasm3d: put WASM3D_IMPLEMENTATION in its own .c, before any other include"
#endif

W3D_API uint64_t w3d_thread_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif

#if !W3D_THREADS

/* ---- no threads ---- */

W3D_API w3d_result w3d_thread_start(w3d_thread *thread, void (*run)(void *user), void *user,
                                    const w3d_thread_desc *desc)
{
    (void)run, (void)user, (void)desc;
    W3D_ASSERT(thread);
    if (!thread) return W3D_ERR_ARGUMENT;
    w3d_fill(thread, 0, sizeof *thread);
    return W3D_ERR_UNSUPPORTED;
}

W3D_API w3d_result w3d_thread_join(w3d_thread *thread)
{
    W3D_ASSERT(thread);
    return thread ? W3D_OK : W3D_ERR_ARGUMENT;
}

W3D_API uint32_t w3d_thread_count(void) { return 1; }
W3D_API uint32_t w3d_thread_processor(void) { return UINT32_MAX; }
W3D_API void w3d_thread_leave(uint32_t processor) { (void)processor; }
W3D_API int w3d_thread_can_block(void) { return 0; }
W3D_API void w3d_thread_yield(void) {}
W3D_API void w3d_thread_sleep(uint64_t ns) { (void)ns; }

W3D_API w3d_result w3d_thread_wait32(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    (void)timeout_ns;
    return w3d_atomic_load_u32(address) == expected ? W3D_ERR_TIMEOUT : W3D_OK;
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    (void)address, (void)count;
}

W3D_API w3d_result w3d_thread_barrier_all(void) { return W3D_OK; }

#else

/* What each system below supplies; w3d_thread is filled in but for native, stack and state. */
static w3d_result w3di_thread_launch(w3d_thread *thread);
static void w3di_thread_finish(w3d_thread *thread);
static void w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns);

W3D_API w3d_result w3d_thread_start(w3d_thread *thread, void (*run)(void *user), void *user,
                                    const w3d_thread_desc *desc)
{
    W3D_ASSERT(thread && run);
    if (!thread || !run) return W3D_ERR_ARGUMENT;
    w3d_fill(thread, 0, sizeof *thread);
    thread->run = run;
    thread->user = user;
    if (desc) {
        thread->stack_size = desc->stack_size;
        thread->allocator = desc->allocator;
        if (desc->name)
            for (size_t i = 0; i + 1 < sizeof thread->name && desc->name[i]; i++)
                thread->name[i] = desc->name[i];
    }
    thread->state = W3DI_THREAD_STARTED;
    w3d_result result = w3di_thread_launch(thread);
    if (result != W3D_OK) w3d_fill(thread, 0, sizeof *thread);
    return result;
}

W3D_API w3d_result w3d_thread_join(w3d_thread *thread)
{
    W3D_ASSERT(thread);
    if (!thread) return W3D_ERR_ARGUMENT;
    if (!thread->run) return W3D_OK;
    uint32_t state;
    while ((state = w3d_atomic_load_u32(&thread->state)) == W3DI_THREAD_STARTED) {
        if (!w3d_thread_can_block()) return W3D_ERR_THREAD;
        w3d_thread_wait32(&thread->state, W3DI_THREAD_STARTED, W3D_FOREVER);
    }
    w3di_thread_finish(thread);
    w3d_fill(thread, 0, sizeof *thread);
    return state == W3DI_THREAD_TRAPPED ? W3D_ERR_CLOSED : W3D_OK;
}

W3D_API w3d_result w3d_thread_wait32(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    if (w3d_atomic_load_seq_u32(address) != expected) return W3D_OK;
    if (!timeout_ns || !w3d_thread_can_block()) return W3D_ERR_TIMEOUT;
    uint64_t began = timeout_ns == W3D_FOREVER ? 0 : w3d_thread_now();
    w3di_thread_sleep_on(address, expected, timeout_ns);
    if (timeout_ns == W3D_FOREVER || w3d_atomic_load_seq_u32(address) != expected) return W3D_OK;
    return w3d_thread_now() - began < timeout_ns ? W3D_OK : W3D_ERR_TIMEOUT;
}

#if defined(W3DI_THREAD_WASM)

/* ---- freestanding wasm: a thread is a worker that instantiates this module on this memory ---- */

#ifdef __cplusplus
extern "C" {
#endif
extern void __wasm_init_tls(void *memory); /* made by the linker */
extern void w3d_thread_entry(void);        /* called by the host in the new worker */
#ifdef __cplusplus
}
#endif

/* A word that makes the linker lay out thread-local memory, whose address core/thread_token.h takes
 * for the thread's number. */
static __thread __attribute__((tls_model("local-exec"))) volatile uint32_t w3di_thread_here;

__attribute__((noinline)) static void w3di_thread_main(void)
{
    w3d_thread *thread = (w3d_thread *)(uintptr_t)w3d_host(W3D_HOST_THREAD_SELF, 0, 0, 0);
    size_t align = __builtin_wasm_tls_align();
    uintptr_t tls = (uintptr_t)thread->stack;
    if (align > 1) tls = (tls + align - 1u) & ~(uintptr_t)(align - 1u);
    __wasm_init_tls((void *)tls);
    w3di_thread_here = 1;
    thread->run(thread->user);
}

/* A new instance begins with the main thread's stack pointer,
 * so nothing may touch the stack before it is set: hence no parameters and no variables here. */
__attribute__((export_name("w3d_thread_entry"))) extern void w3d_thread_entry(void)
{
    __asm__ volatile(".globaltype __stack_pointer, i32\n"
                     "local.get %0\n"
                     "global.set __stack_pointer"
                     :
                     : "r"(w3d_host(W3D_HOST_THREAD_SELF, 1, 0, 0)));
    w3di_thread_main();
}

/* One block: thread-local variables below, the stack growing down towards them. The host tells the
 * end, not the thread itself: the stack is in use until it has returned. */
static w3d_result w3di_thread_launch(w3d_thread *thread)
{
    uint64_t wanted = thread->stack_size ? thread->stack_size : 65536u;
    size_t size, locals = __builtin_wasm_tls_size() + __builtin_wasm_tls_align();
    if (wanted > 0x7FFF0000u || !w3d_size_add((size_t)wanted, locals + 32u, &size))
        return W3D_ERR_ARGUMENT;
    size = (size + 15u) & ~(size_t)15u;
    thread->stack = w3d_allocator_resize(&thread->allocator, NULL, 0, size);
    if (!thread->stack) return W3D_ERR_OUT_OF_MEMORY;
    thread->stack_size = size;
    uintptr_t top = ((uintptr_t)thread->stack + size) & ~(uintptr_t)15u;
    if (w3d_host(W3D_HOST_THREAD_START, (uint32_t)(uintptr_t)thread, (uint32_t)top,
                 (uint32_t)(uintptr_t)&thread->state))
        return W3D_OK;
    w3di_thread_finish(thread);
    return W3D_ERR_OUT_OF_MEMORY;
}

static void w3di_thread_finish(w3d_thread *thread)
{
    w3d_allocator_resize(&thread->allocator, thread->stack, (size_t)thread->stack_size, 0);
}

/* Not inlined: V8's baseline compiler has deadlocked on a wait inlined into a loop. */
__attribute__((noinline)) static void
w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    int64_t timeout = (int64_t)(timeout_ns < W3DI_THREAD_SLICE ? timeout_ns : W3DI_THREAD_SLICE);
    __builtin_wasm_memory_atomic_wait32((int *)(uintptr_t)address, (int)expected, timeout);
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    __builtin_wasm_memory_atomic_notify((int *)(uintptr_t)address, count);
}

W3D_API uint32_t w3d_thread_count(void)
{
    uint32_t count = w3d_host(W3D_HOST_THREAD_COUNT, 0, 0, 0);
    return count ? count : 1;
}

W3D_API uint32_t w3d_thread_processor(void) { return UINT32_MAX; }
W3D_API void w3d_thread_leave(uint32_t processor) { (void)processor; }

W3D_API int w3d_thread_can_block(void) { return w3d_host(W3D_HOST_CAN_BLOCK, 0, 0, 0) != 0; }
W3D_API void w3d_thread_yield(void) {}

W3D_API void w3d_thread_sleep(uint64_t ns)
{
    uint32_t word = 0;
    if (!w3d_thread_can_block()) return;
    for (; ns > W3DI_THREAD_SLICE; ns -= W3DI_THREAD_SLICE)
        w3di_thread_sleep_on(&word, 0, W3DI_THREAD_SLICE);
    w3di_thread_sleep_on(&word, 0, ns);
}

W3D_API w3d_result w3d_thread_barrier_all(void) { return W3D_ERR_UNSUPPORTED; }

#elif defined(W3DI_THREAD_WIN32)

/* ---- Win32 ---- */

static DWORD WINAPI w3di_thread_main(LPVOID argument)
{
    w3d_thread *thread = (w3d_thread *)argument;
    thread->run(thread->user);
    w3d_atomic_store_u32(&thread->state, W3DI_THREAD_ENDED);
    w3d_thread_wake32(&thread->state, UINT32_MAX);
    return 0;
}

static w3d_result w3di_thread_launch(w3d_thread *thread)
{
    uint64_t size = thread->stack_size ? thread->stack_size : 1u << 20;
    HANDLE handle = CreateThread(NULL, (SIZE_T)size, w3di_thread_main, thread,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!handle) return W3D_ERR_OUT_OF_MEMORY;
    thread->native = (uint64_t)(uintptr_t)handle;
    return W3D_OK;
}

static void w3di_thread_finish(w3d_thread *thread)
{
    HANDLE handle = (HANDLE)(uintptr_t)thread->native;
    WaitForSingleObject(handle, INFINITE);
    CloseHandle(handle);
}

static void w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    uint64_t ms = timeout_ns / 1000000u + (timeout_ns % 1000000u != 0);
    WaitOnAddress((volatile VOID *)(uintptr_t)address, &expected, 4,
                  ms < INFINITE ? (DWORD)ms : INFINITE);
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    if (count == 1)
        WakeByAddressSingle((PVOID)(uintptr_t)address);
    else
        WakeByAddressAll((PVOID)(uintptr_t)address);
}

W3D_API uint32_t w3d_thread_count(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors ? (uint32_t)info.dwNumberOfProcessors : 1;
}

W3D_API uint32_t w3d_thread_processor(void) { return (uint32_t)GetCurrentProcessorNumber(); }
W3D_API void w3d_thread_leave(uint32_t processor) { (void)processor; }
W3D_API int w3d_thread_can_block(void) { return 1; }
W3D_API void w3d_thread_yield(void) { SwitchToThread(); }

W3D_API void w3d_thread_sleep(uint64_t ns)
{
    uint64_t ms = ns / 1000000u + (ns % 1000000u != 0);
    Sleep(ms < INFINITE ? (DWORD)ms : INFINITE - 1u);
}

W3D_API w3d_result w3d_thread_barrier_all(void)
{
    FlushProcessWriteBuffers();
    return W3D_OK;
}

#else

/* ---- POSIX, and Emscripten's pthreads ---- */

#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#define W3DI_THREAD_MASK (1024 / (CHAR_BIT * sizeof(long))) /* longs in a set of processors */
#endif
#if defined(__EMSCRIPTEN__)
#include <emscripten/threading.h>
#endif

static void *w3di_thread_main(void *argument)
{
    w3d_thread *thread = (w3d_thread *)argument;
#if defined(__linux__) /* by number: not every setting of the C library declares the functions */
    enum { set_name = 15 }; /* PR_SET_NAME of <linux/prctl.h> */
    if (thread->name[0]) syscall(SYS_prctl, set_name, thread->name, 0, 0, 0);
#elif defined(__APPLE__)
    if (thread->name[0]) pthread_setname_np(thread->name);
#endif
    thread->run(thread->user);
    w3d_atomic_store_seq_u32(&thread->state, W3DI_THREAD_ENDED);
    w3d_thread_wake32(&thread->state, UINT32_MAX);
    return NULL;
}

static w3d_result w3di_thread_launch(w3d_thread *thread)
{
    pthread_attr_t attributes;
    pthread_t native;
    size_t size = thread->stack_size ? (size_t)thread->stack_size : (size_t)1 << 20;
    long least = sysconf(_SC_THREAD_STACK_MIN); /* 128 KiB on ARM Linux */
    if (size < 65536u) size = 65536u;
    if (least > 0 && size < (size_t)least) size = (size_t)least;
    if (!w3d_size_add(size, 65535u, &size)) return W3D_ERR_OUT_OF_MEMORY;
    size &= ~(size_t)65535u; /* macOS wants whole pages */
    if (pthread_attr_init(&attributes) != 0) return W3D_ERR_OUT_OF_MEMORY;
    int failed = pthread_attr_setstacksize(&attributes, size);
    if (!failed) failed = pthread_create(&native, &attributes, w3di_thread_main, thread);
    pthread_attr_destroy(&attributes);
    if (failed) return W3D_ERR_OUT_OF_MEMORY;
    /* The new thread does not read this; only join does, on a thread that has start's result. */
    thread->native = (uint64_t)(uintptr_t)native;
    return W3D_OK;
}

static void w3di_thread_finish(w3d_thread *thread)
{
    pthread_join((pthread_t)(uintptr_t)thread->native, NULL);
}

#if defined(__linux__) && !defined(W3DI_THREAD_TABLE)

/* Not the private form: the word may lie in memory shared with another process. */
static void w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    /* Two longs, whatever time_t is: on 32 bits this call does not know the 64-bit timespec. */
    struct { long seconds, nanoseconds; } timeout;
    uint64_t seconds = timeout_ns / 1000000000u;
    timeout.seconds = seconds < LONG_MAX ? (long)seconds : LONG_MAX;
    timeout.nanoseconds = (long)(timeout_ns % 1000000000u);
    syscall(SYS_futex, address, FUTEX_WAIT, expected, timeout_ns == W3D_FOREVER ? NULL : &timeout,
            NULL, 0);
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    syscall(SYS_futex, address, FUTEX_WAKE, count > INT_MAX ? INT_MAX : (int)count, NULL, NULL, 0);
}

#elif defined(__EMSCRIPTEN__)

static void w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    uint64_t ns = timeout_ns < W3DI_THREAD_SLICE ? timeout_ns : W3DI_THREAD_SLICE;
    emscripten_futex_wait((volatile void *)(uintptr_t)address, expected, (double)ns * 1e-6);
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    emscripten_futex_wake((volatile void *)(uintptr_t)address,
                          count > INT_MAX ? INT_MAX : (int)count);
}

#else

/* Systems without a futex: a table of condition variables, found by the address. Waiters on other
 * addresses may be woken too, which wait32 allows. Waits between processes are not possible here.
 * */
#define W3DI_THREAD_BUCKET { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER }
static struct w3di_thread_bucket {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
} w3di_thread_table[8] = { W3DI_THREAD_BUCKET, W3DI_THREAD_BUCKET, W3DI_THREAD_BUCKET,
                           W3DI_THREAD_BUCKET, W3DI_THREAD_BUCKET, W3DI_THREAD_BUCKET,
                           W3DI_THREAD_BUCKET, W3DI_THREAD_BUCKET };
#undef W3DI_THREAD_BUCKET

static struct w3di_thread_bucket *w3di_thread_bucket_of(const uint32_t *address)
{
    return &w3di_thread_table[((uintptr_t)address >> 4 ^ (uintptr_t)address >> 10) & 7u];
}

static void w3di_thread_sleep_on(const uint32_t *address, uint32_t expected, uint64_t timeout_ns)
{
    struct w3di_thread_bucket *bucket = w3di_thread_bucket_of(address);
    struct timespec until;
    if (timeout_ns > (uint64_t)86400 * 1000000000u) timeout_ns = (uint64_t)86400 * 1000000000u;
    clock_gettime(CLOCK_REALTIME, &until); /* what a statically made condition is timed by */
    until.tv_sec += (time_t)(timeout_ns / 1000000000u);
    until.tv_nsec += (long)(timeout_ns % 1000000000u);
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&bucket->mutex);
    if (w3d_atomic_load_seq_u32(address) == expected)
        pthread_cond_timedwait(&bucket->condition, &bucket->mutex, &until);
    pthread_mutex_unlock(&bucket->mutex);
}

W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count)
{
    struct w3di_thread_bucket *bucket = w3di_thread_bucket_of(address);
    (void)count;
    pthread_mutex_lock(&bucket->mutex);
    pthread_cond_broadcast(&bucket->condition);
    pthread_mutex_unlock(&bucket->mutex);
}

#endif

W3D_API uint32_t w3d_thread_count(void)
{
#if defined(__EMSCRIPTEN__)
    int count = emscripten_num_logical_cores();
#elif defined(__linux__)
    unsigned long mask[W3DI_THREAD_MASK];
    long size = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask), count = 0;
    for (long i = 0; i < size / (long)sizeof(long); i++) count += __builtin_popcountl(mask[i]);
#else
    long count = sysconf(_SC_NPROCESSORS_ONLN);
#endif
    return count > 0 ? (uint32_t)count : 1;
}

W3D_API uint32_t w3d_thread_processor(void)
{
#if defined(__linux__)
    unsigned processor;
    if (syscall(SYS_getcpu, &processor, NULL, NULL) == 0) return processor;
#endif
    return UINT32_MAX;
}

W3D_API void w3d_thread_leave(uint32_t processor)
{
#if defined(__linux__)
    unsigned long allowed[W3DI_THREAD_MASK], others[W3DI_THREAD_MASK];
    if (processor == UINT32_MAX || w3d_thread_processor() != processor) return;
    long size = syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed);
    if (size <= 0 || processor >= (unsigned long)size * CHAR_BIT) return;
    w3d_copy(others, allowed, (size_t)size);
    others[processor / (CHAR_BIT * sizeof(long))] &=
        ~(1ul << (processor % (CHAR_BIT * sizeof(long))));
    /* Refused where no other is allowed. */
    if (syscall(SYS_sched_setaffinity, 0, size, others) == 0)
        syscall(SYS_sched_setaffinity, 0, size, allowed);
#else
    (void)processor;
#endif
}

W3D_API int w3d_thread_can_block(void)
{
#if defined(__EMSCRIPTEN__)
    return !emscripten_is_main_browser_thread();
#else
    return 1;
#endif
}

W3D_API void w3d_thread_yield(void) { sched_yield(); }

W3D_API void w3d_thread_sleep(uint64_t ns)
{
    struct timespec left;
    left.tv_sec = (time_t)(ns / 1000000000u);
    left.tv_nsec = (long)(ns % 1000000000u);
    if (!w3d_thread_can_block()) return;
    while (nanosleep(&left, &left) != 0) {} /* a signal came: sleep the rest */
}

W3D_API w3d_result w3d_thread_barrier_all(void)
{
#if defined(__linux__) && defined(SYS_membarrier)
    enum { expedited = 1 << 3, register_expedited = 1 << 4 }; /* of <linux/membarrier.h> */
    if (syscall(SYS_membarrier, expedited, 0, 0) == 0) return W3D_OK;
    if (syscall(SYS_membarrier, register_expedited, 0, 0) == 0 &&
        syscall(SYS_membarrier, expedited, 0, 0) == 0)
        return W3D_OK;
#endif
    return W3D_ERR_UNSUPPORTED;
}

#endif
#endif

#undef W3DI_THREAD_STARTED
#undef W3DI_THREAD_ENDED
#undef W3DI_THREAD_TRAPPED
#undef W3DI_THREAD_SLICE
#undef W3DI_THREAD_WASM
#undef W3DI_THREAD_WIN32
#undef W3DI_THREAD_POSIX
#undef W3DI_THREAD_MASK
