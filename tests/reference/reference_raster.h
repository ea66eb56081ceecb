/* reference_raster.h - which samples a triangle covers and what they show, slowly and obviously.
 *
 * Every sample is asked by itself. Coverage is exact: a sample on an edge is moved right by an
 * infinitely small step, and down by an infinitely smaller one, which is the top-left rule said
 * another way. Values come from the plane through the corners in double, clipping from homogeneous
 * coordinates without cutting anything (Olano and Greer 1997, "Triangle Scan Conversion using 2D
 * Homogeneous Coordinates"). */
#ifndef REFERENCE_RASTER_H
#define REFERENCE_RASTER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The standard sample places in 1/256 pixel from the pixel's top left corner. */
void reference_raster_sample(int samples, int sample, int64_t place[2]);

/* 1 where the triangle with these corners, in 1/256 pixel, covers the point; either winding. */
int reference_raster_covers(const int64_t corner[3][2], const int64_t point[2]);

/* Weights of the corners at a point, from snapped places; they sum to 1. */
void reference_raster_weights(const int64_t corner[3][2], const int64_t point[2], double weight[3]);

/* A triangle given in clip space (x y z w), seen at a point given in normalised coordinates. */
typedef struct reference_raster_hit {
    int outside;      /* a bit for every border it is beyond: edges, eye, near, far; 0: inside */
    double depth;     /* z / w */
    double weight[3]; /* of the corners, perspective corrected: what varyings are mixed by */
} reference_raster_hit;

reference_raster_hit reference_raster_look(const float corner[3][4], double x, double y);

#ifdef __cplusplus
}
#endif
#endif /* REFERENCE_RASTER_H */
