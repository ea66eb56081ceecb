/* soft_raster_walk.h - from clip space to covered quads: what the fixed rasteriser and the software
 * back-end share; private.
 *
 * All decisions about coverage are made on integers: corners in 1/256 pixel within +-2^22, steps of
 * an edge within 2^24, so its value within 2^48. */
#ifndef W3D_SOFT_RASTER_WALK_H
#define W3D_SOFT_RASTER_WALK_H

#include "gpu/soft_raster.h"

enum {
    W3DI_SOFT_RASTER_GUARD = 16384,    /* pixels from the origin beyond which triangles are cut */
    W3DI_SOFT_RASTER_SMALL = 64 * 256, /* 1/256 pixel: extent below which 32 bits are enough    */
    W3DI_SOFT_RASTER_BLOCK = 8,        /* pixels; larger triangles are walked in such squares   */
    W3DI_SOFT_RASTER_FINE = 16,        /* sample places are multiples of this, in 1/256 pixel   */
    W3DI_SOFT_RASTER_CORNERS = 3 + 6,  /* of a triangle cut by six planes                       */
};

/* clang-format off: fields in columns */

/* Where may be drawn, and the places of samples. */
typedef struct w3di_soft_raster_area {
    int32_t left, top, right, bottom;              /* pixels that may be touched, end excluded */
    uint32_t samples;                              /* 1 or 4 */
    int32_t sample_x[W3D_SOFT_RASTER_MAX_SAMPLES]; /* from the pixel's centre, 1/256 pixel */
    int32_t sample_y[W3D_SOFT_RASTER_MAX_SAMPLES];
} w3di_soft_raster_area;

/* A triangle's outline on the screen, clockwise as seen. Edge k lies opposite corner k; its value at
 * a point is twice the area of the triangle they span, in 1/256 pixel squared, positive inside. */
typedef struct w3di_soft_raster_shape {
    int32_t x[3], y[3];           /* 1/256 pixel */
    int32_t step_x[3], step_y[3]; /* change of an edge's value per 1/256 pixel */
    int32_t bias[3];              /* -1 where samples on the edge belong to the neighbour */
    float weight;                 /* of a corner, per unit of its edge's value */
} w3di_soft_raster_shape;

/* clang-format on */

/* What is done with a quad.
 *
 *   at      in      its top left pixel, x and y, both even
 *   cover   in/out  [samples] all ones in the lanes covered; used up
 *   inside  in      all ones in the lanes whose centre is covered
 *   weight  in/out  of corners 1 and 2, at the centres; used up */
typedef void (*w3di_soft_raster_quad_function)(void *user, const int32_t at[2], w3d_f4 *cover,
                                               w3d_f4 inside, w3d_f4 weight[2]);

/* Places the four samples: Direct3D 11.3, 19.2.4.1, and Vulkan's standard sample locations. */
static inline void w3di_soft_raster_set_samples(w3di_soft_raster_area *area, uint32_t samples)
{
    static const int32_t places[4][2] = { { -2, -6 }, { 6, -2 }, { -6, 2 }, { 2, 6 } };
    area->samples = samples;
    for (uint32_t s = 0; s < W3D_SOFT_RASTER_MAX_SAMPLES; s++) { /* from sixteenths of a pixel */
        area->sample_x[s] = samples > 1 ? places[s][0] * 16 : 0;
        area->sample_y[s] = samples > 1 ? places[s][1] * 16 : 0;
    }
}

/* All bits of all lanes. */
W3D_INLINE w3d_f4 w3di_soft_raster_all(void) { return w3d_f4_equal(w3d_f4_zero(), w3d_f4_zero()); }

/* c[0] + weight_1 (c[1] - c[0]) + weight_2 (c[2] - c[0]) */
W3D_INLINE w3d_f4 w3di_soft_raster_plane(const float c[3], w3d_f4 weight_1, w3d_f4 weight_2)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_splat(c[0]),
                                 w3d_f4_mul(weight_1, w3d_f4_splat(c[1] - c[0]))),
                      w3d_f4_mul(weight_2, w3d_f4_splat(c[2] - c[0])));
}

static inline w3d_f4 w3di_soft_raster_passes(w3d_soft_raster_compare compare, w3d_f4 depth,
                                             w3d_f4 stored)
{
    switch (compare) {
    case W3D_SOFT_RASTER_LESS: return w3d_f4_less(depth, stored);
    case W3D_SOFT_RASTER_LESS_EQUAL: return w3d_f4_lesseq(depth, stored);
    case W3D_SOFT_RASTER_EQUAL: return w3d_f4_equal(depth, stored);
    case W3D_SOFT_RASTER_NOT_EQUAL:
        return w3d_f4_xor(w3d_f4_equal(depth, stored), w3di_soft_raster_all());
    case W3D_SOFT_RASTER_GREATER: return w3d_f4_less(stored, depth);
    case W3D_SOFT_RASTER_GREATER_EQUAL: return w3d_f4_lesseq(stored, depth);
    case W3D_SOFT_RASTER_ALWAYS: return w3di_soft_raster_all();
    case W3D_SOFT_RASTER_NEVER: break;
    }
    return w3d_f4_zero();
}

/* Depth as the target keeps it; multiples of 1 / (2^24 - 1) as whole numbers, which fit a float.
 * Adding a half and cutting would round twice above 2^23. */
W3D_INLINE w3d_f4 w3di_soft_raster_depth_code(w3d_soft_raster_depth format, w3d_f4 depth)
{
    if (format != W3D_SOFT_RASTER_DEPTH_24) return depth;
    w3d_f4 scaled = w3d_f4_mul(depth, w3d_f4_splat(16777215.0f));
    w3d_f4 whole = w3d_f4_from_i4(w3d_i4_from_f4(scaled));
    w3d_f4 up = w3d_f4_lesseq(w3d_f4_splat(0.5f), w3d_f4_sub(scaled, whole));
    return w3d_f4_add(whole, w3d_f4_and(up, w3d_f4_splat(1.0f)));
}

/* ---- walking the pixels of a triangle ---- */

/* The value of edge k at a point given in 1/256 pixel. */
static inline int64_t w3di_soft_raster_edge(const w3di_soft_raster_shape *shape, int k, int32_t x,
                                            int32_t y)
{
    int corner = (k + 1) % 3;
    return (int64_t)shape->step_x[k] * (x - shape->x[corner]) +
           (int64_t)shape->step_y[k] * (y - shape->y[corner]) + shape->bias[k];
}

/* What edge k's value changes from the first pixel's centre to (x, y) of the four lanes, in units
 * of `unit`, which divides it. */
static inline w3d_i4 w3di_soft_raster_lanes(const w3di_soft_raster_shape *shape, int k,
                                            const int32_t from[2], int32_t unit)
{
    int32_t x = shape->step_x[k] * (256 / unit), y = shape->step_y[k] * (256 / unit);
    int32_t shift = shape->step_x[k] * (from[0] / unit) + shape->step_y[k] * (from[1] / unit);
    return w3d_i4_add(w3d_i4_set(0, x, y, x + y), w3d_i4_splat(shift));
}

/* What covering needs of the three edges: the change to each sample in each lane, and to the
 * centres. */
typedef struct w3di_soft_raster_offsets {
    w3d_i4 sample[W3D_SOFT_RASTER_MAX_SAMPLES][3];
    w3d_i4 centre[3];
} w3di_soft_raster_offsets;

static inline void w3di_soft_raster_find_offsets(const w3di_soft_raster_area *area,
                                                 const w3di_soft_raster_shape *shape, int32_t unit,
                                                 w3di_soft_raster_offsets *offsets)
{
    static const int32_t origin[2] = { 0, 0 };
    for (int k = 0; k < 3; k++) {
        offsets->centre[k] = w3di_soft_raster_lanes(shape, k, origin, unit);
        for (uint32_t s = 0; area->samples > 1 && s < area->samples; s++) {
            int32_t from[2];
            from[0] = area->sample_x[s];
            from[1] = area->sample_y[s];
            offsets->sample[s][k] = w3di_soft_raster_lanes(shape, k, from, unit);
        }
    }
}

/* All ones in the lanes where no edge's value is negative. */
W3D_INLINE w3d_f4 w3di_soft_raster_inside(const w3d_i4 value[3], const w3d_i4 offset[3])
{
    w3d_i4 any =
        w3d_i4_or(w3d_i4_or(w3d_i4_add(value[0], offset[0]), w3d_i4_add(value[1], offset[1])),
                  w3d_i4_add(value[2], offset[2]));
    return w3d_f4_bits_i4(w3d_i4_less(w3d_i4_splat(-1), any));
}

/* Finds the covered samples of a quad from the edges' values at its first pixel's centre; 0 where
 * there are none. */
W3D_INLINE int w3di_soft_raster_cover(const w3di_soft_raster_area *area,
                                      const w3di_soft_raster_offsets *offsets,
                                      const w3d_i4 value[3], w3d_f4 *cover, w3d_f4 *inside)
{
    *inside = w3di_soft_raster_inside(value, offsets->centre);
    cover[0] = *inside;
    if (area->samples == 1) return w3d_f4_mask(*inside) != 0;
    w3d_f4 any = w3d_f4_zero();
    for (int s = 0; s < W3D_SOFT_RASTER_MAX_SAMPLES; s++) {
        cover[s] = w3di_soft_raster_inside(value, offsets->sample[s]);
        any = w3d_f4_or(any, cover[s]);
    }
    return w3d_f4_mask(any) != 0;
}

/* Pixels [left, right) x [top, bottom). */
typedef struct w3di_soft_raster_box {
    int32_t left, top, right, bottom;
} w3di_soft_raster_box;

/* Extents below 64 pixels: edge values fit 32 bits, and weights come from the exact values. */
W3D_INLINE void w3di_soft_raster_walk_small(const w3di_soft_raster_area *area,
                                            const w3di_soft_raster_shape *shape,
                                            const w3di_soft_raster_box *box,
                                            w3di_soft_raster_quad_function draw, void *user)
{
    w3di_soft_raster_offsets offsets;
    w3d_i4 row[3], value[3], bias[3];
    w3d_f4 scale = w3d_f4_splat(shape->weight);
    int32_t at[2], left = box->left & ~1, top = box->top & ~1;
    w3di_soft_raster_find_offsets(area, shape, 1, &offsets);
    for (int k = 0; k < 3; k++) {
        row[k] = w3d_i4_splat(
            (int32_t)w3di_soft_raster_edge(shape, k, left * 256 + 128, top * 256 + 128));
        bias[k] = w3d_i4_splat(shape->bias[k]);
    }
    for (at[1] = top; at[1] < box->bottom; at[1] += 2) {
        for (int k = 0; k < 3; k++) value[k] = row[k];
        for (at[0] = left; at[0] < box->right; at[0] += 2) {
            w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], inside, weight[2];
            if (w3di_soft_raster_cover(area, &offsets, value, cover, &inside)) {
                for (int k = 1; k < 3; k++) {
                    w3d_i4 exact = w3d_i4_add(value[k], offsets.centre[k]);
                    exact = w3d_i4_sub(exact, bias[k]);
                    weight[k - 1] = w3d_f4_mul(w3d_f4_from_i4(exact), scale);
                }
                draw(user, at, cover, inside, weight);
            }
            for (int k = 0; k < 3; k++)
                value[k] = w3d_i4_add(value[k], w3d_i4_splat(shape->step_x[k] * 512));
        }
        for (int k = 0; k < 3; k++)
            row[k] = w3d_i4_add(row[k], w3d_i4_splat(shape->step_y[k] * 512));
    }
}

/* Within a quad all sample places differ by multiples of 16/256 pixel, and so do edge values by
 * multiples of 16 steps: dividing by 16, rounded down, changes no sign. Values too far from zero
 * for a sign change within the quad are cut to what 32 bits hold. */
W3D_INLINE int32_t w3di_soft_raster_narrow(int64_t value)
{
    const int64_t limit = (int64_t)1 << 30;
    int64_t sixteenth = value >= 0 ? value / 16 : -((15 - value) / 16);
    return (int32_t)(sixteenth < -limit ? -limit : sixteenth > limit ? limit : sixteenth);
}

/* Any extent: squares of 8x8 pixels are skipped or, where no edge crosses, taken whole. */
W3D_INLINE void w3di_soft_raster_walk_large(const w3di_soft_raster_area *area,
                                            const w3di_soft_raster_shape *shape,
                                            const w3di_soft_raster_box *box,
                                            w3di_soft_raster_quad_function draw, void *user)
{
    const int32_t size = W3DI_SOFT_RASTER_BLOCK;
    const int64_t span = 256 * (size - 1);
    w3d_f4 all = w3di_soft_raster_all(), scale = w3d_f4_splat(shape->weight);
    w3d_f4 lanes[3];
    w3di_soft_raster_offsets offsets;
    int64_t least[3], most[3];
    w3di_soft_raster_find_offsets(area, shape, W3DI_SOFT_RASTER_FINE, &offsets);
    for (int k = 0; k < 3; k++) {
        int64_t x = shape->step_x[k] * span, y = shape->step_y[k] * span, reach = 0;
        for (uint32_t s = 0; s < area->samples; s++) {
            int64_t shift = (int64_t)shape->step_x[k] * area->sample_x[s] +
                            (int64_t)shape->step_y[k] * area->sample_y[s];
            if (shift < 0) shift = -shift;
            if (shift > reach) reach = shift;
        }
        least[k] = (x < 0 ? x : 0) + (y < 0 ? y : 0) - reach;
        most[k] = (x > 0 ? x : 0) + (y > 0 ? y : 0) + reach;
        lanes[k] = w3d_f4_mul(w3d_f4_from_i4(offsets.centre[k]),
                              w3d_f4_splat((float)W3DI_SOFT_RASTER_FINE));
    }
    for (int32_t top = box->top & ~(size - 1); top < box->bottom; top += size)
        for (int32_t left = box->left & ~(size - 1); left < box->right; left += size) {
            int64_t corner[3];
            int is_outside = 0, is_partial = 0;
            for (int k = 0; k < 3; k++) {
                corner[k] = w3di_soft_raster_edge(shape, k, left * 256 + 128, top * 256 + 128);
                is_outside |= corner[k] + most[k] < 0;
                is_partial |= corner[k] + least[k] < 0;
            }
            if (is_outside) continue;
            int32_t at[2], right = left + size < box->right ? left + size : box->right;
            int32_t bottom = top + size < box->bottom ? top + size : box->bottom;
            for (at[1] = box->top > top ? box->top & ~1 : top; at[1] < bottom; at[1] += 2)
                for (at[0] = box->left > left ? box->left & ~1 : left; at[0] < right; at[0] += 2) {
                    w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], inside = all, weight[2];
                    int64_t value[3];
                    for (int k = 0; k < 3; k++)
                        value[k] = corner[k] + (int64_t)shape->step_x[k] * (256 * (at[0] - left)) +
                                   (int64_t)shape->step_y[k] * (256 * (at[1] - top));
                    if (is_partial) {
                        w3d_i4 narrow[3];
                        for (int k = 0; k < 3; k++)
                            narrow[k] = w3d_i4_splat(w3di_soft_raster_narrow(value[k]));
                        if (!w3di_soft_raster_cover(area, &offsets, narrow, cover, &inside))
                            continue;
                    } else
                        for (int s = 0; s < W3D_SOFT_RASTER_MAX_SAMPLES; s++) cover[s] = all;
                    for (int k = 1; k < 3; k++) {
                        w3d_f4 first = w3d_f4_splat((float)(value[k] - shape->bias[k]));
                        weight[k - 1] = w3d_f4_mul(w3d_f4_add(first, lanes[k]), scale);
                    }
                    draw(user, at, cover, inside, weight);
                }
        }
}

/* ---- from corners to an outline ---- */

/* Finds the edges' steps and who owns the samples on them; twice_area: the triangle's, above 0. */
W3D_INLINE void w3di_soft_raster_orient(w3di_soft_raster_shape *shape, int64_t twice_area)
{
    const int32_t *x = shape->x, *y = shape->y;
    for (int k = 0; k < 3; k++) {
        int from = (k + 1) % 3, to = (k + 2) % 3;
        shape->step_x[k] = y[from] - y[to];
        shape->step_y[k] = x[to] - x[from];
        /* A sample on a left edge (which goes up) or a top edge (level, to the right) is in. */
        int is_owner = shape->step_x[k] > 0 || (shape->step_x[k] == 0 && shape->step_y[k] > 0);
        shape->bias[k] = is_owner ? 0 : -1;
    }
    shape->weight = 1.0f / (float)twice_area;
}

/* The pixels with a sample between the extremes of the corners, cut to what may be touched. The
 * outermost samples of a pixel lie `reach` to either side of its centre. */
static inline int w3di_soft_raster_find_box(const w3di_soft_raster_area *area,
                                            const w3di_soft_raster_shape *shape,
                                            w3di_soft_raster_box *box, int *is_small)
{
    const int32_t *x = shape->x, *y = shape->y;
    int32_t reach = area->samples > 1 ? 96 : 0;
    int32_t low_x = x[0] < x[1] ? x[0] : x[1], high_x = x[0] > x[1] ? x[0] : x[1];
    int32_t low_y = y[0] < y[1] ? y[0] : y[1], high_y = y[0] > y[1] ? y[0] : y[1];
    low_x = low_x < x[2] ? low_x : x[2], high_x = high_x > x[2] ? high_x : x[2];
    low_y = low_y < y[2] ? low_y : y[2], high_y = high_y > y[2] ? high_y : y[2];
    *is_small = high_x - low_x < W3DI_SOFT_RASTER_SMALL && high_y - low_y < W3DI_SOFT_RASTER_SMALL;
    /* Floor of a quotient by 256, also of negative numbers: 2^23 is added and taken off again. */
    const int32_t lift = 1 << 23, lift_pixels = lift / 256;
    box->left = (low_x - 128 - reach + 255 + lift) / 256 - lift_pixels;
    box->top = (low_y - 128 - reach + 255 + lift) / 256 - lift_pixels;
    box->right = (high_x - 128 + reach + lift) / 256 - lift_pixels + 1;
    box->bottom = (high_y - 128 + reach + lift) / 256 - lift_pixels + 1;
    if (box->left < area->left) box->left = area->left;
    if (box->top < area->top) box->top = area->top;
    if (box->right > area->right) box->right = area->right;
    if (box->bottom > area->bottom) box->bottom = area->bottom;
    return box->left < box->right && box->top < box->bottom;
}

/* Four clip-space corners, one a lane, to the screen: x and y in 1/256 pixel, depth and 1 / w. w is
 * at least 0 where the result is meant; where it is nothing, so are x and y. */
W3D_INLINE void w3di_soft_raster_place(const w3d_soft_raster_viewport *view, const w3d_f4 clip[4],
                                       w3d_i4 place_out[2], w3d_f4 *depth_out,
                                       w3d_f4 *inverse_w_out)
{
    const float scale[2] = { view->width * 128.0f, view->height * -128.0f };
    const float origin[2] = { (view->x + view->width * 0.5f) * 256.0f,
                              (view->y + view->height * 0.5f) * 256.0f };
    const float limit = (float)W3DI_SOFT_RASTER_GUARD * 256.0f;
    w3d_f4 inverse_w = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_max(clip[3], w3d_f4_splat(1e-30f)));
    for (int axis = 0; axis < 2; axis++) {
        w3d_f4 place = w3d_f4_mul(w3d_f4_mul(clip[axis], inverse_w), w3d_f4_splat(scale[axis]));
        place = w3d_f4_add(place, w3d_f4_splat(origin[axis]));
        place = w3d_f4_min(w3d_f4_max(place, w3d_f4_splat(-limit)), w3d_f4_splat(limit));
        /* Between 2^23 and 2^24 floats are whole numbers: adding 1.5 * 2^23 rounds to the nearest,
         * ties to even, and the difference of the bits is the number. */
        w3d_i4 bits = w3d_i4_bits_f4(w3d_f4_add(place, w3d_f4_splat(12582912.0f)));
        place_out[axis] = w3d_i4_sub(bits, w3d_i4_splat(0x4B400000));
    }
    w3d_f4 depth =
        w3d_f4_mul(w3d_f4_mul(clip[2], inverse_w), w3d_f4_splat(view->max_depth - view->min_depth));
    depth = w3d_f4_add(depth, w3d_f4_splat(view->min_depth));
    *depth_out =
        w3d_f4_min(w3d_f4_max(depth, w3d_f4_splat(view->min_depth)), w3d_f4_splat(view->max_depth));
    *inverse_w_out = inverse_w;
}

/* ---- clipping ---- */

/* The six planes a triangle is cut by: near, far and the guard band, in clip space: inside is
 * where sign * (c[axis] - slope * w) >= 0. */
typedef struct w3di_soft_raster_planes {
    int axis[6];
    float slope[6];
    float sign[6];
} w3di_soft_raster_planes;

static inline void w3di_soft_raster_find_planes(const w3d_soft_raster_viewport *view,
                                                w3di_soft_raster_planes *planes)
{
    const float guard = (float)W3DI_SOFT_RASTER_GUARD;
    float middle_x = view->x + view->width * 0.5f, middle_y = view->y + view->height * 0.5f;
    for (int i = 0; i < 6; i++) {
        planes->axis[i] = i < 2 ? 2 : i < 4 ? 0 : 1;
        planes->sign[i] = i % 2 ? -1.0f : 1.0f;
    }
    planes->slope[0] = 0.0f;
    planes->slope[1] = 1.0f;
    planes->slope[2] = (-guard - middle_x) / (view->width * 0.5f);
    planes->slope[3] = (guard - middle_x) / (view->width * 0.5f);
    planes->slope[4] = (middle_y - guard) / (view->height * 0.5f);
    planes->slope[5] = (middle_y + guard) / (view->height * 0.5f);
}

W3D_INLINE double w3di_soft_raster_distance(const w3di_soft_raster_planes *planes, int i,
                                            const float *row)
{
    double difference = (double)row[planes->axis[i]] - (double)planes->slope[i] * (double)row[3];
    return difference * (double)planes->sign[i];
}

/* Cuts a polygon by one plane (Sutherland and Hodgman 1974, "Reentrant Polygon Clipping"). A cut
 * side is always followed from its inner end, so that neighbours cut it at the same point.
 *
 *   polygon  in/out  [count] corners of `floats` floats each, clip position first; room for
 *                    W3DI_SOFT_RASTER_CORNERS
 *   result   scratch as large */
static inline int w3di_soft_raster_cut_by(const w3di_soft_raster_planes *planes, int plane,
                                          float *polygon, float *result, int count, uint32_t floats)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const float *here = polygon + (uint32_t)i * floats,
                    *next = polygon + (uint32_t)((i + 1) % count) * floats;
        double at_here = w3di_soft_raster_distance(planes, plane, here);
        double at_next = w3di_soft_raster_distance(planes, plane, next);
        if (at_here >= 0.0)
            w3d_copy(result + (uint32_t)kept++ * floats, here, floats * sizeof(float));
        if ((at_here >= 0.0) == (at_next >= 0.0) || kept == W3DI_SOFT_RASTER_CORNERS) continue;
        int is_leaving = at_here >= 0.0;
        const float *inner = is_leaving ? here : next, *outer = is_leaving ? next : here;
        double part = is_leaving ? at_here / (at_here - at_next) : at_next / (at_next - at_here);
        float *made = result + (uint32_t)kept++ * floats;
        for (uint32_t k = 0; k < floats; k++)
            made[k] = (float)((double)inner[k] + ((double)outer[k] - (double)inner[k]) * part);
    }
    w3d_copy(polygon, result, (size_t)kept * floats * sizeof(float));
    return kept;
}

#endif /* W3D_SOFT_RASTER_WALK_H */
