/* thread.h - threads, waiting on a word of memory, and the clock: what sync/ stands on.
 *
 * The only module that names pthreads, Win32 or the wasm threads. Everything else in sync/ is
 * written on wait32 and wake32. Where there are no threads (W3D_THREADS is 0) starting one gives
 * W3D_ERR_UNSUPPORTED and waiting returns at once.
 *
 *     w3d_thread thread;
 *     if (w3d_thread_start(&thread, work, &job, NULL) == W3D_OK) w3d_thread_join(&thread);
 *
 * Freestanding wasm: each thread is a Web Worker that instantiates the same module on the same
 * memory; the JavaScript half starts it when this module asks (core/host.h). A page's main thread
 * may not wait: see w3d_thread_can_block. */
#ifndef W3D_THREAD_H
#define W3D_THREAD_H

#include "core/base.h"

/* Wait without end. */
#define W3D_FOREVER UINT64_MAX

typedef struct w3d_thread_desc {
    const char *name;         /* static; shown by debuggers where the system has it; or NULL */
    size_t stack_size;        /* 0: 1 MiB, in freestanding wasm 64 KiB */
    w3d_allocator allocator;  /* freestanding wasm: where the stack comes from; zeroed: the default */
} w3d_thread_desc;

/* A thread; the caller's memory, kept in place until joined. Fields are private. */
typedef struct w3d_thread {
    void    (*run)(void *user);
    void     *user;
    uint64_t  native;         /* pthread_t, HANDLE */
    void     *stack;
    uint64_t  stack_size;
    w3d_allocator allocator;
    char      name[16];
    uint32_t  state;          /* 0 none, 1 started, 2 ended */
    uint32_t  zero;
} w3d_thread;

/* Starts a thread that calls run(user).
 *
 *   thread  out  zeroed on errors
 *   desc    in   NULL: all defaults
 *
 * Errors  W3D_ERR_UNSUPPORTED without threads; W3D_ERR_OUT_OF_MEMORY where the system or the host
 *         gives no more; W3D_ERR_ARGUMENT: thread or run is NULL, or no stack is that large.
 * Thread  any; but a page's main thread must return to its event loop before the worker begins. */
W3D_API w3d_result w3d_thread_start(w3d_thread *thread, void (*run)(void *user), void *user,
                                    const w3d_thread_desc *desc);

/* Waits until the thread has ended and gives its resources back; the struct is then zeroed. Joining
 * a zeroed struct does nothing.
 *
 * Errors  W3D_ERR_THREAD: this thread may not wait and the other one has not ended: ask again
 *         later, nothing has changed. W3D_ERR_CLOSED: it has ended by a trap (freestanding wasm
 *         only; natively that ends the process): what it was writing may be half done. */
W3D_API w3d_result w3d_thread_join(w3d_thread *thread);

/* Processors this process may use; at least 1. */
W3D_API uint32_t w3d_thread_count(void);

/* 1 where the calling thread may wait; 0 on a browser page's main thread, where every waiting
 * function of this library behaves as if its timeout were 0, and without threads. */
W3D_API int w3d_thread_can_block(void);

/* The number of the processor the calling thread is on just now, from 0; UINT32_MAX: not known. */
W3D_API uint32_t w3d_thread_processor(void);

/* Moves the calling thread to another processor, if it is on this one and allowed on others; it may
 * move on from there as ever. For workers that the system wakes beside the thread that woke them,
 * where the two take turns until the system parts them, milliseconds later. Linux only; elsewhere,
 * and with UINT32_MAX, nothing. Cost: some microseconds where it moves. */
W3D_API void w3d_thread_leave(uint32_t processor);

/* Lets others run; and stops for at least `ns` nanoseconds (does nothing where it may not wait). */
W3D_API void w3d_thread_yield(void);
W3D_API void w3d_thread_sleep(uint64_t ns);

/* Nanoseconds since some fixed moment; the same for all threads, never backwards on one. */
W3D_API uint64_t w3d_thread_now(void);

/* Sleeps while *address is `expected`: until woken, or the time is over. May return early, without
 * a reason: callers test their condition again.
 *
 *   address     in  aligned to 4; may lie in memory shared with workers, on Linux also with other
 *                   processes (elsewhere wait with short timeouts there: no wake gets across)
 *   timeout_ns  in  0: only looks; W3D_FOREVER
 *
 * Errors  W3D_ERR_TIMEOUT: the time ran out, or this thread may not wait (w3d_thread_can_block). */
W3D_API w3d_result w3d_thread_wait32(const uint32_t *address, uint32_t expected, uint64_t timeout_ns);

/* Wakes at most `count` threads that wait on the address; UINT32_MAX: all. No system call is saved
 * here: whoever knows that nobody waits need not call. */
W3D_API void w3d_thread_wake32(const uint32_t *address, uint32_t count);

/* A memory barrier on every running thread of this process at once, so that others can do without
 * one (see sync/snapshot.h).
 *
 * Errors  W3D_ERR_UNSUPPORTED: the system has none (Linux since 4.14 and Windows have); nothing was
 *         ordered.
 * Cost    microseconds.
 * Source  membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED; FlushProcessWriteBuffers. */
W3D_API w3d_result w3d_thread_barrier_all(void);

#endif /* W3D_THREAD_H */
