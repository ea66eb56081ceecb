/* ring.c - the C worker of the ring page: a million records to JavaScript, or from it, and a sum.
 *
 * Freestanding wasm with shared memory; the worker is an ordinary w3d_thread. JavaScript's end of
 * the same ring is src/web/ring.js. Makefile's target `ring` builds it. */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#define EXPORTED(name) __attribute__((export_name(#name)))

enum { SLOTS = 4096, SLOT_BYTES = 16 };

/* What a record is: 16 bytes, so an SPSC slot holds one exactly. */
typedef struct record {
    uint32_t number;
    float x, y;
    uint32_t check; /* number * 2654435761 */
} record;

typedef struct job {
    uint32_t records; /* to be moved in all             */
    uint32_t done;    /* so far: the page shows this    */
    uint32_t wrong;   /* out of order, or a wrong check */
    uint32_t result;  /* w3d_result                     */
} job;

static unsigned char block[512 + SLOTS * SLOT_BYTES] __attribute__((aligned(128)));
static job work;
static w3d_thread thread;

static void produce(void *user)
{
    w3d_ring ring;
    w3d_ring_batch batch;
    (void)user;
    work.result = (uint32_t)w3d_ring_attach(&ring, block, sizeof block, NULL);
    while (work.result == W3D_OK && work.done < work.records) {
        work.result = (uint32_t)w3d_ring_claim(&ring, 256, W3D_FOREVER, &batch);
        if (work.result != W3D_OK) break;
        record *to = (record *)(void *)batch.records;
        uint32_t count = batch.count, left = work.records - work.done;
        if (count > left) count = left;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t number = work.done + i;
            to[i].number = number;
            to[i].x = (float)number * 0.5f;
            to[i].y = -to[i].x;
            to[i].check = number * 2654435761u;
        }
        work.result = (uint32_t)w3d_ring_publish(&ring, count);
        w3d_atomic_store_u32(&work.done, work.done + count);
    }
    w3d_ring_close(&ring);
}

static void consume(void *user)
{
    w3d_ring ring;
    w3d_ring_batch batch;
    (void)user;
    work.result = (uint32_t)w3d_ring_attach(&ring, block, sizeof block, NULL);
    while (work.result == W3D_OK && work.done < work.records) {
        work.result = (uint32_t)w3d_ring_peek(&ring, 256, W3D_FOREVER, &batch);
        if (work.result != W3D_OK) break;
        const record *from = (const record *)(const void *)batch.records;
        for (uint32_t i = 0; i < batch.count; i++) {
            uint32_t number = work.done + i;
            work.wrong += from[i].number != number || from[i].check != number * 2654435761u ||
                          from[i].x + from[i].y != 0.0f;
        }
        w3d_atomic_store_u32(&work.done, work.done + batch.count);
        work.result = (uint32_t)w3d_ring_consume(&ring, batch.count);
    }
    w3d_ring_close(&ring);
}

/* Makes an empty ring and starts the worker. Gives a w3d_result. */
EXPORTED(ring_start) uint32_t ring_start(uint32_t produces, uint32_t records)
{
    w3d_ring_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.slot_bytes = SLOT_BYTES;
    desc.slots = SLOTS;
    w3d_result result = w3d_ring_format(block, sizeof block, &desc);
    if (result != W3D_OK) return (uint32_t)result;
    w3d_fill(&work, 0, sizeof work);
    work.records = records;
    return (uint32_t)w3d_thread_start(&thread, produces ? produce : consume, NULL, NULL);
}

/* Where the ring is, and the job: records, done, wrong, result. */
EXPORTED(ring_block) uint32_t ring_block(void) { return (uint32_t)(uintptr_t)block; }
EXPORTED(ring_job) uint32_t ring_job(void) { return (uint32_t)(uintptr_t)&work; }

/* W3D_OK when the worker has ended, W3D_ERR_THREAD while it has not, W3D_ERR_CLOSED: it trapped. */
EXPORTED(ring_join) uint32_t ring_join(void) { return (uint32_t)w3d_thread_join(&thread); }

/* Ends a transfer early: both workers get W3D_ERR_CLOSED. */
EXPORTED(ring_stop) void ring_stop(void)
{
    w3d_ring ring;
    if (w3d_ring_attach(&ring, block, sizeof block, NULL) == W3D_OK) w3d_ring_close(&ring);
}
