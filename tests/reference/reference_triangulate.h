/* reference_triangulate.h - what is wrong with rings, and with triangles made of them: all pairs,
 * in whole numbers. */
#ifndef REFERENCE_TRIANGULATE_H
#define REFERENCE_TRIANGULATE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Coordinates are below 2^29, so that nothing overflows. */
typedef struct reference_polygon {
    const int32_t (*points)[2]; /* [corner_count] */
    const uint32_t *ring_sizes;
    uint32_t ring_count;
} reference_polygon;

/* 0: no two edges have a point in common but neighbours their corner; 1: some do, but none cross;
 * 2: two edges cross, each in the inside of the other. */
int reference_triangulate_rings(const reference_polygon *polygon);

/* NULL, or what is wrong with triangles (of corner numbers) that are to be a triangulation: a
 * number out of range, a triangle that turns the other way than `sense` (1: left, -1: right), edges
 * whose sum is not the rings, an area that is not the sum of the rings' areas, an overlap.
 *
 *   twice_area   of the polygon
 *   flat_count   out: triangles without area */
const char *reference_triangulate_check(const reference_polygon *polygon, const uint32_t *triangles,
                                        uint32_t triangle_count, int sense, int64_t twice_area,
                                        uint32_t *flat_count);

#ifdef __cplusplus
}
#endif
#endif /* REFERENCE_TRIANGULATE_H */
