/* 06_ring_threads.c - a million records and a message of 3 MB from one thread to another.
 *
 *     cc -I. examples/06_ring_threads.c -o ring -pthread && ./ring
 */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { RECORDS = 1000000, MESSAGE = 3000000 };

/* The memory both threads share: 256 slots of 16 bytes, and the header. */
static uint64_t memory[(512 + 256 * 16) / 8 + 16];
static unsigned char sent[MESSAGE], received[MESSAGE];

static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    uint64_t sum = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < size; i++) sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/* A ring's memory begins at a multiple of 128 bytes. */
static void *shared(void) { return (void *)(((uintptr_t)memory + 127) & ~(uintptr_t)127); }

static void produce(void *user)
{
    uint64_t *sum = (uint64_t *)user;
    w3d_ring ring;
    w3d_ring_attach(&ring, shared(), 512 + 256 * 16, NULL);

    for (uint64_t i = 0; i < RECORDS / 2; i++) { /* one by one ... */
        uint64_t record = i * i;
        w3d_ring_write(&ring, &record, sizeof record, W3D_FOREVER);
        *sum += record;
    }
    for (uint64_t i = RECORDS / 2;
         i < RECORDS;) { /* ... and built in place, as many as there is room */
        w3d_ring_batch batch;
        w3d_ring_claim(&ring, (uint32_t)(RECORDS - i), W3D_FOREVER, &batch);
        for (uint32_t k = 0; k < batch.count; k++, i++) {
            *(uint64_t *)(void *)(batch.records + k * batch.stride) = i * i;
            *sum += i * i;
        }
        w3d_ring_publish(&ring, batch.count);
    }
    /* Much larger than the ring: it flows through while the other thread makes room. */
    w3d_ring_send(&ring, sent, MESSAGE, W3D_FOREVER);
    w3d_ring_close(&ring);
}

int main(void)
{
    w3d_ring_desc desc = { .slot_bytes = 16, .slots = 256 };
    w3d_ring ring;
    w3d_thread thread;
    uint64_t produced = 0, consumed = 0, count = 0, record;
    size_t size = 0;
    for (uint32_t i = 0; i < MESSAGE; i++) sent[i] = (unsigned char)(i * 2654435761u >> 24);

    w3d_ring_format(shared(), 512 + 256 * 16, &desc);
    w3d_ring_attach(&ring, shared(), 512 + 256 * 16, NULL);
    if (w3d_thread_start(&thread, produce, &produced, NULL) != W3D_OK) {
        printf("no threads here\n");
        return 0;
    }
    for (; count < RECORDS; count++) {
        if (w3d_ring_read(&ring, &record, sizeof record, W3D_FOREVER) != W3D_OK) break;
        consumed += record;
    }
    w3d_result result = w3d_ring_receive(&ring, received, MESSAGE, &size, W3D_FOREVER);
    w3d_result end = w3d_ring_read(&ring, &record, sizeof record, W3D_FOREVER);
    w3d_thread_join(&thread);

    printf("%llu records, sum %llu: %s\n", (unsigned long long)count, (unsigned long long)consumed,
           consumed == produced ? "the same" : "different");
    printf("a message of %zu bytes, checksum %016llx: %s\n", size,
           (unsigned long long)checksum(received, size),
           result == W3D_OK && checksum(sent, MESSAGE) == checksum(received, size) ? "the same"
                                                                                   : "different");
    printf("then: %s\n", w3d_result_text(end));
    return 0;
}
