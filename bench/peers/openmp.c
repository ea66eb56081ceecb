/* openmp.c - the peer of parallel_for: the same loops under OpenMP, compiled with -fopenmp. */
#include "openmp.h"

#include <omp.h>

void openmp_static(const loop *l)
{
    for (uint32_t r = 0; r < l->regions; r++) {
#pragma omp parallel for schedule(static)
        for (uint32_t i = 0; i < l->count; i++) l->out[i] = mix(i + 1, loop_rounds(l, i));
    }
}

void openmp_dynamic(const loop *l)
{
    for (uint32_t r = 0; r < l->regions; r++) {
#pragma omp parallel for schedule(dynamic, l->grain)
        for (uint32_t i = 0; i < l->count; i++) l->out[i] = mix(i + 1, loop_rounds(l, i));
    }
}

int openmp_threads(void) { return omp_get_max_threads(); }
