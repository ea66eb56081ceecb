/* ck_ring.c - Concurrency Kit's ring as a peer, through pointers or in its place, one at a time. */
#include <ck_pr.h>
#include <ck_ring.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct peer_value {
    uint64_t number;
} peer_value;

/* The typed form stores the elements themselves, not pointers. */
CK_RING_PROTOTYPE(peer, peer_value)

typedef struct peer_ck {
    ck_ring_t ring;
    peer_value *slots;
} peer_ck;

void *peer_ck_make(uint32_t capacity);
void peer_ck_free(void *made);
void peer_ck_produce(int multi, void *made, uint64_t count);
uint64_t peer_ck_consume(int multi, void *made, uint64_t count);

void *peer_ck_make(uint32_t capacity)
{
    void *memory = NULL;
    if (posix_memalign(&memory, 128, sizeof(peer_ck))) return NULL;
    peer_ck *made = (peer_ck *)memory;
    made->slots = (peer_value *)calloc(capacity, sizeof *made->slots);
    ck_ring_init(&made->ring, capacity);
    return made;
}

void peer_ck_free(void *made)
{
    free(((peer_ck *)made)->slots);
    free(made);
}

void peer_ck_produce(int multi, void *made, uint64_t count)
{
    peer_ck *q = (peer_ck *)made;
    for (uint64_t i = 0; i < count; i++) {
        peer_value value = { i };
        if (multi)
            while (!CK_RING_ENQUEUE_MPMC(peer, &q->ring, q->slots, &value)) ck_pr_stall();
        else
            while (!CK_RING_ENQUEUE_SPSC(peer, &q->ring, q->slots, &value)) ck_pr_stall();
    }
}

uint64_t peer_ck_consume(int multi, void *made, uint64_t count)
{
    peer_ck *q = (peer_ck *)made;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        peer_value value = { 0 };
        if (multi)
            while (!CK_RING_DEQUEUE_MPMC(peer, &q->ring, q->slots, &value)) ck_pr_stall();
        else
            while (!CK_RING_DEQUEUE_SPSC(peer, &q->ring, q->slots, &value)) ck_pr_stall();
        sum += value.number;
    }
    return sum;
}
