/* ring_words.h - the shared words of a ring, and how to wait on them; private to sync/ring. */
#ifndef W3D_RING_WORDS_H
#define W3D_RING_WORDS_H

#include "sync/ring.h"

/* Offsets in the layout. */
enum {
    W3DI_RING_HEAD = 128,
    W3DI_RING_TAIL = 256,
    W3DI_RING_RX_WAIT = 384,
    W3DI_RING_TX_WAIT = 388,
    W3DI_RING_CLOSED = 392,
    W3DI_RING_DROPPED = 396,
    W3DI_RING_RX_EVENT = 400,
    W3DI_RING_TX_EVENT = 404,
    W3DI_RING_DATA = 512
};

/* The high bits of a length_tag. */
enum { W3DI_RING_RECORD = 0, W3DI_RING_BEGIN = 1, W3DI_RING_REST = 2, W3DI_RING_NOTHING = 3 };

/* Failed compare-and-swaps before a try gives up with W3D_ERR_BUSY. Each failure is somebody else's
 * success, so only a hostile party comes near it. */
enum { W3DI_RING_ATTEMPTS = 10000 };

/* Tries before sleeping: a few microseconds, more than an answer from another processor takes and
 * less than a sleep costs; then some that let others run, should this processor be theirs too. But
 * two threads that yield to each other look too busy to the scheduler to be moved apart, and a
 * woken one gets an idle processor: so in a stream, after so many waits ended by yielding, one
 * sleeps. */
enum { W3DI_RING_SPINS = 96, W3DI_RING_YIELDS = 8, W3DI_RING_YIELDED = 64 };

/* What is in the way of number n, by the sequence number found and the one needed. */
typedef enum w3di_ring_state {
    W3DI_RING_READY = 0,
    W3DI_RING_BEHIND = 1, /* the other side has not got there yet */
    W3DI_RING_AHEAD = 2   /* somebody was there before            */
} w3di_ring_state;

static inline uint32_t w3di_ring_load(const w3d_ring *ring, uint32_t offset)
{
    return w3d_atomic_load_seq_u32(w3d_ring_word(ring, offset));
}

static inline unsigned char *w3di_ring_slot(const w3d_ring *ring, uint32_t number)
{
    return ring->data + (size_t)(number & ring->mask) * ring->slot_bytes;
}

/* The seq (word 0) and the length_tag (word 1) of a slot of the multi kinds. */
static inline uint32_t *w3di_ring_slot_word(const w3d_ring *ring, uint32_t number, uint32_t word)
{
    return (uint32_t *)(void *)(w3di_ring_slot(ring, number) + 4u * word);
}

static inline w3di_ring_state w3di_ring_look(const w3d_ring *ring, uint32_t number, uint32_t seq)
{
    uint32_t ahead = w3d_atomic_load_seq_u32(w3di_ring_slot_word(ring, number, 0)) - seq;
    if (!ahead) return W3DI_RING_READY;
    return ahead < 0x80000000u ? W3DI_RING_AHEAD : W3DI_RING_BEHIND;
}

/* Gives `count` slots from number `first` on to the other side: seq = number + step. The first
 * comes last and is the one sequentially consistent store that the load of the waiters' flag
 * follows: whoever waits for it is covered. Who waits for a later one, behind a message that is
 * still being taken, is covered by the third look. */
static inline void w3di_ring_hand_over(w3d_ring *ring, uint32_t first, uint32_t count,
                                       uint32_t step)
{
    for (uint32_t i = count; i-- > 1u;)
        w3d_atomic_store_u32(w3di_ring_slot_word(ring, first + i, 0), first + i + step);
    if (count) w3d_atomic_store_seq_u32(w3di_ring_slot_word(ring, first, 0), first + step);
}

static inline void w3di_ring_wake_consumers(w3d_ring *ring)
{
    if (w3di_ring_load(ring, W3DI_RING_RX_WAIT)) w3d_ring_wake(ring, W3DI_RING_RX_EVENT);
}

static inline void w3di_ring_wake_producers(w3d_ring *ring)
{
    if (w3di_ring_load(ring, W3DI_RING_TX_WAIT)) w3d_ring_wake(ring, W3DI_RING_TX_EVENT);
}

/* Gives the first `count` slots this end holds, or, alone, stands before, back to producers. */
static inline void w3di_ring_free_multi(w3d_ring *ring, uint32_t count)
{
    uint32_t number = ring->tail;
    ring->tail = number + count;
    if (ring->kind == W3D_RING_MPSC)
        w3d_atomic_store_u32(w3d_ring_word(ring, W3DI_RING_TAIL), number + count);
    w3di_ring_hand_over(ring, number, count, ring->slots);
    w3di_ring_wake_producers(ring);
}

/* Each side knows where the other one was, and asks again only when that is not enough. The end is
 * changed only when there is something to hand out, so that a hostile index leaves it in order. */
static inline w3d_result w3di_ring_claim_single(w3d_ring *ring, uint32_t want)
{
    uint32_t head = ring->head; /* or further, by the short way */
    if (ring->write_room) head = w3di_ring_load(ring, W3DI_RING_HEAD);
    uint32_t tail = ring->tail_seen, most = ring->slots - (head & ring->mask);
    if (most > want) most = want;
    if (head - tail > ring->slots || ring->slots - (head - tail) < most) {
        tail = w3di_ring_load(ring, W3DI_RING_TAIL);
        if (head - tail > ring->slots) return W3D_ERR_DAMAGED;
    }
    uint32_t room = ring->slots - (head - tail);
    if (!room) return W3D_ERR_BUSY;
    ring->head = head;
    ring->tail_seen = tail;
    ring->claimed = room < most ? room : most;
    ring->write_room = 0; /* until they are published */
    return W3D_OK;
}

static inline w3d_result w3di_ring_peek_single(w3d_ring *ring, uint32_t want)
{
    uint32_t tail = ring->tail;
    uint32_t head = ring->head_seen, most = ring->slots - (tail & ring->mask);
    if (most > want) most = want;
    if (head - tail > ring->slots || head - tail < most) {
        head = w3di_ring_load(ring, W3DI_RING_HEAD);
        if (head - tail > ring->slots) return W3D_ERR_DAMAGED;
    }
    if (head == tail) return W3D_ERR_BUSY;
    ring->tail = tail;
    ring->head_seen = head;
    ring->peeked = head - tail < most ? head - tail : most;
    ring->read_room = 0; /* until they are consumed */
    return W3D_OK;
}

/* A wait under way: the caller tries, and asks w3di_ring_wait_more whether to try again.
 *
 *     w3di_ring_wait wait = w3di_ring_wait_begin(ring, W3DI_RING_RX_WAIT, timeout_ns);
 *     do result = try_it(ring);
 *     while (result == W3D_ERR_BUSY && w3di_ring_wait_more(&wait, &result));
 *     w3di_ring_wait_end(&wait);
 */
typedef struct w3di_ring_wait {
    w3d_ring *ring;
    uint64_t timeout_ns;
    uint64_t began;  /* when it raised its flag; set with the flag   */
    uint32_t offset; /* of the wait word; its event word is 16 after */
    uint32_t event;  /* the event word before the last try           */
    uint32_t spins;
    uint8_t raised; /* the flag counts this thread                  */
    uint8_t looked; /* it has slept until the third look            */
    uint8_t last;   /* after this try there is no other             */
    uint8_t closed;
} w3di_ring_wait;

static inline w3di_ring_wait w3di_ring_wait_begin(w3d_ring *ring, uint32_t offset,
                                                  uint64_t timeout_ns)
{
    w3di_ring_wait wait;
    w3d_fill(&wait, 0, sizeof wait);
    wait.ring = ring;
    wait.offset = offset;
    wait.timeout_ns = timeout_ns;
    return wait;
}

/* Lowers the flag, if it is up. Nobody else may: a waker that cleared it could clear the flag of a
 * thread that has just begun the next wait, which would then never be woken. */
static inline void w3di_ring_wait_end(w3di_ring_wait *wait)
{
    if (wait->raised) w3d_atomic_add_u32(w3d_ring_word(wait->ring, wait->offset), UINT32_MAX);
    wait->raised = 0;
}

/* 1: try again. 0: *result says why there is no more trying. */
W3D_API int w3d_ring_wait_more(w3di_ring_wait *wait, w3d_result *result);

#endif /* W3D_RING_WORDS_H */
