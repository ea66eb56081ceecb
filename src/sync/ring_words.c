/* ring_words.c - waiting for the other side of a ring, and waking it. */
#include "sync/ring_words.h"

/* How long a first sleep may last: see "Waiting and waking" in ring.h. */
#define W3DI_RING_THIRD_LOOK_NS 1000000u

W3D_API void w3d_ring_wake(w3d_ring *ring, uint32_t event_offset)
{
    uint32_t *event = w3d_ring_word(ring, event_offset);
    w3d_atomic_add_u32(event, 1);
    w3d_thread_wake32(event, UINT32_MAX);
}

/* Spins, then goes round: raise the flag, try, sleep, try, sleep... The event word is read before
 * each try, so that a wake between the try and the sleep changes it and the sleep returns at
 * once. */
W3D_API int w3d_ring_wait_more(w3di_ring_wait *wait, w3d_result *result)
{
    if (wait->closed) {
        *result = W3D_ERR_CLOSED;
        return 0;
    }
    if (w3di_ring_load(wait->ring, W3DI_RING_CLOSED)) {
        wait->closed = 1; /* what was published before is visible now: look once more */
        return 1;
    }
    if (!wait->timeout_ns) return 0;
    if (wait->last) {
        *result = W3D_ERR_TIMEOUT;
        return 0;
    }
    if (!wait->spins && !w3d_thread_can_block()) return 0;
    if (wait->spins < W3DI_RING_SPINS) {
        wait->spins++;
        w3d_atomic_pause();
        return 1;
    }
    if (wait->spins < W3DI_RING_SPINS + W3DI_RING_YIELDS &&
        wait->ring->yielded < W3DI_RING_YIELDED) {
        wait->spins++;
        w3d_thread_yield();
        return 1;
    }
    uint32_t *flag = w3d_ring_word(wait->ring, wait->offset);
    uint32_t *event = w3d_ring_word(wait->ring, wait->offset + 16u);
    if (!wait->raised) {
        w3d_atomic_add_u32(flag, 1);
        wait->raised = 1;
        if (wait->timeout_ns != W3D_FOREVER) wait->began = w3d_thread_now();
    } else {
        uint64_t left = wait->timeout_ns;
        if (left != W3D_FOREVER) {
            uint64_t gone = w3d_thread_now() - wait->began;
            left = gone < left ? left - gone : 0;
        }
        if (!wait->looked && left > W3DI_RING_THIRD_LOOK_NS) {
            if (w3d_thread_wait32(event, wait->event, W3DI_RING_THIRD_LOOK_NS) == W3D_ERR_TIMEOUT)
                wait->looked = 1; /* the next look is the third: it has been that long */
        } else if (!left || w3d_thread_wait32(event, wait->event, left) == W3D_ERR_TIMEOUT) {
            wait->last = 1;
        }
    }
    wait->event = w3d_atomic_load_seq_u32(event);
    return 1;
}

#undef W3DI_RING_THIRD_LOOK_NS
