/* mutex.h - a lock of four bytes that sleeps when it has to.
 *
 *     w3d_mutex mutex = { 0 };      // zero is unlocked; no destroy
 *     w3d_mutex_lock(&mutex);
 *     ...
 *     w3d_mutex_unlock(&mutex);
 *
 * Cost    uncontended, one atomic operation each way, no call.
 * Thread  not recursive; works across workers, on Linux also across processes, in shared memory. On
 *         a page's main thread, which may not sleep, lock spins: keep what is done under it short.
 * Source  Ulrich Drepper, "Futexes Are Tricky", mutex 2. */
#ifndef W3D_MUTEX_H
#define W3D_MUTEX_H

#include "core/atomic.h"

typedef struct w3d_mutex {
    uint32_t state; /* 0 free, 1 taken, 2 taken and somebody may be asleep */
} w3d_mutex;

/* The slow halves; not for callers. */
W3D_API void w3d_mutex_wait(w3d_mutex *mutex);
W3D_API void w3d_mutex_wake(w3d_mutex *mutex);

/* Takes the lock if it is free: 1, else 0. */
W3D_INLINE int w3d_mutex_try(w3d_mutex *mutex)
{
    uint32_t expected = 0;
    return w3d_atomic_swap_u32(&mutex->state, &expected, 1);
}

W3D_INLINE void w3d_mutex_lock(w3d_mutex *mutex)
{
    if (!w3d_mutex_try(mutex)) w3d_mutex_wait(mutex);
}

W3D_INLINE void w3d_mutex_unlock(w3d_mutex *mutex)
{
    if (w3d_atomic_exchange_u32(&mutex->state, 0) == 2) w3d_mutex_wake(mutex);
}

#endif /* W3D_MUTEX_H */
