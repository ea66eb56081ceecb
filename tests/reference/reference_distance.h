/* reference_distance.h - how far one triangle mesh lies from another: sampled, in double.
 *
 *     reference_distance there = reference_distance_to(&original, &simplified, 1000000);
 *     reference_distance back = reference_distance_to(&simplified, &original, 1000000);
 *
 * The samples are spread evenly over the area of the first mesh; every vertex that a triangle names
 * is one more sample, for `max` only. For each the nearest point of the second mesh is found
 * exactly, over all triangles near enough. Triangles with a corner that is not finite are left
 * out. */
#ifndef REFERENCE_DISTANCE_H
#define REFERENCE_DISTANCE_H

#include "mesh/mesh_view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reference_distance {
    double rms,
        max; /* infinite where the second mesh has no triangle, 0 where the first has none */
} reference_distance;

reference_distance reference_distance_to(const w3d_mesh_view *from, const w3d_mesh_view *to,
                                         uint32_t samples);

/* The squared distance of a point from a triangle. */
double reference_distance_triangle(const double *point, const double *a, const double *b,
                                   const double *c);

#ifdef __cplusplus
}
#endif

#endif /* REFERENCE_DISTANCE_H */
