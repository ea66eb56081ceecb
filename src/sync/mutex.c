/* mutex.c - what a lock does when it is taken: spin a little, then sleep. */
#include "sync/mutex.h"

#include "sync/thread.h"

W3D_API void w3d_mutex_wait(w3d_mutex *mutex)
{
    for (int spin = 0; spin < 100; spin++) {
        if (w3d_atomic_load_relaxed_u32(&mutex->state) == 0 && w3d_mutex_try(mutex)) return;
        w3d_atomic_pause();
    }
    /* From here on 2 stands for us, and stays ours when the exchange finds the lock free: one
     * needless wake at most. */
    while (w3d_atomic_exchange_u32(&mutex->state, 2) != 0)
        w3d_thread_wait32(&mutex->state, 2, W3D_FOREVER);
}

W3D_API void w3d_mutex_wake(w3d_mutex *mutex) { w3d_thread_wake32(&mutex->state, 1); }
