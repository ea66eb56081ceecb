/* openmp.h - what bench_jobs.c and its peer openmp.c share: the kernels, which both compile from here. */
#ifndef OPENMP_H
#define OPENMP_H

#include <stdint.h>

/* Some rounds of a generator: arithmetic alone, one store an item. */
static inline uint32_t mix(uint32_t x, uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
    }
    return x;
}

typedef struct loop {
    uint32_t *out;
    uint32_t count, grain;
    uint32_t rounds; /* of every item, or where uneven of the last one: they grow evenly */
    uint32_t uneven;
    uint32_t regions; /* loops a run, one after another */
} loop;

static inline uint32_t loop_rounds(const loop *l, uint32_t i)
{
    return l->uneven ? (uint32_t)((uint64_t)l->rounds * i / l->count) + 1 : l->rounds;
}

/* schedule(static), and schedule(dynamic, grain); and the threads that take part. */
void openmp_static(const loop *l);
void openmp_dynamic(const loop *l);
int openmp_threads(void);

#endif /* OPENMP_H */
