#include "gpu/soft_raster.h"

#include "core/size.h"
#include "gpu/soft_raster_codes.h"
#include "gpu/soft_raster_quad.h"

/* From vertices to quads: clip, snap, orient, then walk the pixels. All decisions about coverage
 * are made on integers: corners in 1/256 pixel within +-2^22, steps of an edge within 2^24, so
 * its value within 2^48. */

enum {
    W3DI_SOFT_RASTER_GUARD = 16384,    /* pixels from the origin beyond which triangles are cut */
    W3DI_SOFT_RASTER_SMALL = 64 * 256, /* 1/256 pixel: extent below which 32 bits are enough    */
    W3DI_SOFT_RASTER_BLOCK = 8,        /* pixels; larger triangles are walked in such squares   */
    W3DI_SOFT_RASTER_FINE = 16,        /* sample places are multiples of this, in 1/256 pixel   */
    W3DI_SOFT_RASTER_CORNERS = 3 + 6,  /* of a triangle cut by six planes                       */
    W3DI_SOFT_RASTER_TABLES = (sizeof(w3di_soft_raster_codes) + 15) / 16 * 16
};

/* ---- targets ---- */

static int w3di_soft_raster_layout(const w3d_soft_raster_target_desc *desc, size_t *plane)
{
    const uint32_t side = W3D_SOFT_RASTER_MAX_SIDE;
    if (!desc || desc->width - 1u >= side || desc->height - 1u >= side) return 0;
    if (desc->samples != 0 && desc->samples != 1 && desc->samples != 4) return 0;
    if ((unsigned)desc->color > (unsigned)W3D_SOFT_RASTER_COLOR_NONE ||
        (unsigned)desc->depth > (unsigned)W3D_SOFT_RASTER_DEPTH_NONE)
        return 0;
    *plane = 0;
    return w3d_size_multiply((size_t)(desc->width + 1) / 2, (size_t)(desc->height + 1) / 2,
                             plane) &&
           w3d_size_multiply(*plane, (size_t)(desc->samples ? desc->samples : 1) * 16, plane);
}

W3D_API size_t w3d_soft_raster_size(const w3d_soft_raster_target_desc *desc)
{
    size_t plane, size = W3DI_SOFT_RASTER_TABLES;
    if (!w3di_soft_raster_layout(desc, &plane)) return 0;
    size_t planes = (desc->color != W3D_SOFT_RASTER_COLOR_NONE) +
                    (size_t)(desc->depth != W3D_SOFT_RASTER_DEPTH_NONE);
    return w3d_size_append(&size, plane, planes) ? size : 0;
}

W3D_API w3d_result w3d_soft_raster_init(w3d_soft_raster_target *target,
                                        const w3d_soft_raster_target_desc *desc, void *memory,
                                        size_t size)
{
    size_t plane, needed = w3d_soft_raster_size(desc);
    if (!target || !needed || !memory || ((uintptr_t)memory & 7u)) return W3D_ERR_ARGUMENT;
    if (size < needed) return W3D_ERR_CAPACITY;
    if (!w3di_soft_raster_layout(desc, &plane)) return W3D_ERR_ARGUMENT;

    unsigned char *bytes = (unsigned char *)memory;
    target->width = desc->width;
    target->height = desc->height;
    target->samples = desc->samples ? desc->samples : 1;
    target->color = desc->color;
    target->depth = desc->depth;
    target->quads_per_row = (desc->width + 1) / 2;
    bytes += W3DI_SOFT_RASTER_TABLES;
    target->colors = NULL;
    target->depths = NULL;
    if (desc->color != W3D_SOFT_RASTER_COLOR_NONE) {
        target->colors = (int32_t *)(void *)bytes;
        bytes += plane;
    }
    if (desc->depth != W3D_SOFT_RASTER_DEPTH_NONE) target->depths = (float *)(void *)bytes;
    target->codes = memory;
    w3di_soft_raster_codes_make((w3di_soft_raster_codes *)memory);
    return W3D_OK;
}

/* The tables of an sRGB target, NULL for plain values. */
static const w3di_soft_raster_codes *w3di_soft_raster_tables(const w3d_soft_raster_target *target)
{
    if (target->color != W3D_SOFT_RASTER_SRGB) return NULL;
    return (const w3di_soft_raster_codes *)target->codes;
}

W3D_API void w3d_soft_raster_clear(w3d_soft_raster_target *target, const float color[4],
                                   float depth)
{
    size_t groups = (size_t)target->quads_per_row * ((target->height + 1) / 2) * target->samples;
    w3d_f4 channels[4], value = w3d_f4_splat(w3d_math_clamp(depth, 0.0f, 1.0f));
    for (int i = 0; i < 4; i++) channels[i] = w3d_f4_splat(color ? color[i] : 0.0f);
    w3d_i4 packed = w3di_soft_raster_codes_pack(w3di_soft_raster_tables(target), channels);
    value = w3di_soft_raster_depth_code(target->depth, value);
    if (target->colors)
        for (size_t i = 0; i < groups; i++) w3d_i4_store(target->colors + 4 * i, packed);
    if (target->depths)
        for (size_t i = 0; i < groups; i++) w3d_f4_store(target->depths + 4 * i, value);
}

/* One pixel's four samples, which lie four words apart, averaged. */
static uint32_t w3di_soft_raster_average(const w3di_soft_raster_codes *codes, const int32_t *place)
{
    uint32_t sample[4], result = 0;
    for (int s = 0; s < 4; s++) sample[s] = (uint32_t)place[4 * s];
    if (sample[0] == sample[1] && sample[0] == sample[2] && sample[0] == sample[3])
        return sample[0];
    for (int shift = 0; shift < 32; shift += 8) {
        uint32_t code[4];
        for (int s = 0; s < 4; s++) code[s] = sample[s] >> shift & 255u;
        if (codes && shift < 24) {
            float light =
                ((codes->light[code[0]] + codes->light[code[1]]) + codes->light[code[2]]) +
                codes->light[code[3]];
            result |= (uint32_t)w3di_soft_raster_codes_nearest(codes, light * 0.25f) << shift;
        } else
            result |= (code[0] + code[1] + code[2] + code[3] + 2u) / 4u << shift;
    }
    return result;
}

W3D_API w3d_result w3d_soft_raster_resolve(const w3d_soft_raster_target *target,
                                           const w3d_image_view *out)
{
    if (!target || !target->colors || !out || !out->pixels || out->width != target->width ||
        out->height != target->height || (out->channels != 3 && out->channels != 4) ||
        w3d_image_stride(out) < (size_t)out->width * out->channels)
        return W3D_ERR_ARGUMENT;
    const w3di_soft_raster_codes *codes = w3di_soft_raster_tables(target);
    for (uint32_t y = 0; y < out->height; y++) {
        uint8_t *dst = out->pixels + y * w3d_image_stride(out);
        size_t quad = (size_t)(y / 2) * target->quads_per_row;
        for (uint32_t x = 0; x < out->width; x++, dst += out->channels) {
            const int32_t *place = target->colors + (quad + x / 2) * target->samples * 4;
            place += (y & 1u) * 2 + (x & 1u);
            uint32_t pixel =
                target->samples == 1 ? (uint32_t)place[0] : w3di_soft_raster_average(codes, place);
            for (uint32_t i = 0; i < out->channels; i++) dst[i] = (uint8_t)(pixel >> 8 * i);
        }
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_soft_raster_read_depth(const w3d_soft_raster_target *target, uint32_t sample,
                                              float *out)
{
    if (!target || !target->depths || !out || sample >= target->samples) return W3D_ERR_ARGUMENT;
    float unit = target->depth == W3D_SOFT_RASTER_DEPTH_24 ? 16777215.0f : 1.0f;
    for (uint32_t y = 0; y < target->height; y++) {
        size_t quad = (size_t)(y / 2) * target->quads_per_row;
        for (uint32_t x = 0; x < target->width; x++) {
            const float *place = target->depths + ((quad + x / 2) * target->samples + sample) * 4;
            *out++ = place[(y & 1u) * 2 + (x & 1u)] / unit;
        }
    }
    return W3D_OK;
}

/* ---- walking the pixels of a triangle ---- */

/* The value of edge k at a point given in 1/256 pixel. */
static int64_t w3di_soft_raster_edge(const w3di_soft_raster_triangle *triangle, int k, int32_t x,
                                     int32_t y)
{
    int corner = (k + 1) % 3;
    return (int64_t)triangle->step_x[k] * (x - triangle->x[corner]) +
           (int64_t)triangle->step_y[k] * (y - triangle->y[corner]) + triangle->bias[k];
}

/* What edge k's value changes from the first pixel's centre to (x, y) of the four lanes, in units
 * of `unit`, which divides it. */
static w3d_i4 w3di_soft_raster_lanes(const w3di_soft_raster_triangle *triangle, int k,
                                     const int32_t from[2], int32_t unit)
{
    int32_t x = triangle->step_x[k] * (256 / unit), y = triangle->step_y[k] * (256 / unit);
    int32_t shift = triangle->step_x[k] * (from[0] / unit) + triangle->step_y[k] * (from[1] / unit);
    return w3d_i4_add(w3d_i4_set(0, x, y, x + y), w3d_i4_splat(shift));
}

/* What covering needs of the three edges: the change to each sample in each lane, and to the
 * centres. */
typedef struct w3di_soft_raster_offsets {
    w3d_i4 sample[W3D_SOFT_RASTER_MAX_SAMPLES][3];
    w3d_i4 centre[3];
} w3di_soft_raster_offsets;

static void w3di_soft_raster_find_offsets(const w3di_soft_raster_state *state,
                                          const w3di_soft_raster_triangle *triangle, int32_t unit,
                                          w3di_soft_raster_offsets *offsets)
{
    static const int32_t origin[2] = { 0, 0 };
    for (int k = 0; k < 3; k++) {
        offsets->centre[k] = w3di_soft_raster_lanes(triangle, k, origin, unit);
        for (uint32_t s = 0; state->target->samples > 1 && s < state->target->samples; s++) {
            int32_t from[2];
            from[0] = state->sample_x[s];
            from[1] = state->sample_y[s];
            offsets->sample[s][k] = w3di_soft_raster_lanes(triangle, k, from, unit);
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
W3D_INLINE int w3di_soft_raster_cover(const w3di_soft_raster_state *state,
                                      const w3di_soft_raster_offsets *offsets,
                                      const w3d_i4 value[3], w3d_f4 *cover, w3d_f4 *inside)
{
    *inside = w3di_soft_raster_inside(value, offsets->centre);
    cover[0] = *inside;
    if (state->target->samples == 1) return w3d_f4_mask(*inside) != 0;
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
static void w3di_soft_raster_walk_small(const w3di_soft_raster_state *state,
                                        w3di_soft_raster_triangle *triangle,
                                        const w3di_soft_raster_box *box)
{
    w3di_soft_raster_offsets offsets;
    w3d_i4 row[3], value[3], bias[3];
    w3d_f4 scale = w3d_f4_splat(triangle->weight);
    int32_t at[2], left = box->left & ~1, top = box->top & ~1;
    w3di_soft_raster_find_offsets(state, triangle, 1, &offsets);
    for (int k = 0; k < 3; k++) {
        row[k] = w3d_i4_splat(
            (int32_t)w3di_soft_raster_edge(triangle, k, left * 256 + 128, top * 256 + 128));
        bias[k] = w3d_i4_splat(triangle->bias[k]);
    }
    for (at[1] = top; at[1] < box->bottom; at[1] += 2) {
        for (int k = 0; k < 3; k++) value[k] = row[k];
        for (at[0] = left; at[0] < box->right; at[0] += 2) {
            w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], inside, weight[2];
            if (w3di_soft_raster_cover(state, &offsets, value, cover, &inside)) {
                for (int k = 1; k < 3; k++) {
                    w3d_i4 exact = w3d_i4_add(value[k], offsets.centre[k]);
                    exact = w3d_i4_sub(exact, bias[k]);
                    weight[k - 1] = w3d_f4_mul(w3d_f4_from_i4(exact), scale);
                }
                w3di_soft_raster_quad_draw(state, triangle, at, cover, inside, weight);
            }
            for (int k = 0; k < 3; k++)
                value[k] = w3d_i4_add(value[k], w3d_i4_splat(triangle->step_x[k] * 512));
        }
        for (int k = 0; k < 3; k++)
            row[k] = w3d_i4_add(row[k], w3d_i4_splat(triangle->step_y[k] * 512));
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
static void w3di_soft_raster_walk_large(const w3di_soft_raster_state *state,
                                        w3di_soft_raster_triangle *triangle,
                                        const w3di_soft_raster_box *box)
{
    const int32_t size = W3DI_SOFT_RASTER_BLOCK;
    const int64_t span = 256 * (size - 1);
    w3d_f4 all = w3di_soft_raster_all(), scale = w3d_f4_splat(triangle->weight);
    w3d_f4 lanes[3];
    w3di_soft_raster_offsets offsets;
    int64_t least[3], most[3];
    w3di_soft_raster_find_offsets(state, triangle, W3DI_SOFT_RASTER_FINE, &offsets);
    for (int k = 0; k < 3; k++) {
        int64_t x = triangle->step_x[k] * span, y = triangle->step_y[k] * span, reach = 0;
        for (uint32_t s = 0; s < state->target->samples; s++) {
            int64_t shift = (int64_t)triangle->step_x[k] * state->sample_x[s] +
                            (int64_t)triangle->step_y[k] * state->sample_y[s];
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
                corner[k] = w3di_soft_raster_edge(triangle, k, left * 256 + 128, top * 256 + 128);
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
                        value[k] = corner[k] +
                                   (int64_t)triangle->step_x[k] * (256 * (at[0] - left)) +
                                   (int64_t)triangle->step_y[k] * (256 * (at[1] - top));
                    if (is_partial) {
                        w3d_i4 narrow[3];
                        for (int k = 0; k < 3; k++)
                            narrow[k] = w3d_i4_splat(w3di_soft_raster_narrow(value[k]));
                        if (!w3di_soft_raster_cover(state, &offsets, narrow, cover, &inside))
                            continue;
                    } else
                        for (int s = 0; s < W3D_SOFT_RASTER_MAX_SAMPLES; s++) cover[s] = all;
                    for (int k = 1; k < 3; k++) {
                        w3d_f4 first = w3d_f4_splat((float)(value[k] - triangle->bias[k]));
                        weight[k - 1] = w3d_f4_mul(w3d_f4_add(first, lanes[k]), scale);
                    }
                    w3di_soft_raster_quad_draw(state, triangle, at, cover, inside, weight);
                }
        }
}

/* ---- from corners to a triangle ---- */

/* Adds the bias to the corners' depths: constant steps of the format plus slope. */
static void w3di_soft_raster_add_bias(const w3di_soft_raster_state *state,
                                      w3di_soft_raster_triangle *triangle)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    float *depth = triangle->depth, along[2], step = 1.0f / 16777216.0f;
    for (int axis = 0; axis < 2; axis++) {
        const int32_t *steps = axis ? triangle->step_y : triangle->step_x;
        along[axis] = w3d_math_abs(
            ((float)steps[1] * (depth[1] - depth[0]) + (float)steps[2] * (depth[2] - depth[0])) *
            (256.0f * triangle->weight));
    }
    if (state->target->depth == W3D_SOFT_RASTER_DEPTH_F32) { /* the step of the largest depth */
        float largest = w3d_math_max(w3d_math_max(depth[0], depth[1]), depth[2]);
        uint32_t exponent = w3d_bits_f32(largest) >> 23;
        step = w3d_f32_from_bits((exponent > 24u ? exponent - 23u : 1u) << 23);
    }
    float bias =
        draw->depth_bias * step + draw->depth_bias_slope * w3d_math_max(along[0], along[1]);
    for (int k = 0; k < 3; k++) depth[k] += bias;
}

static void w3di_soft_raster_swap(w3di_soft_raster_triangle *triangle)
{
    const float *row = triangle->rows[1];
    int32_t x = triangle->x[1], y = triangle->y[1];
    float depth = triangle->depth[1], inverse_w = triangle->inverse_w[1];
    triangle->rows[1] = triangle->rows[2], triangle->rows[2] = row;
    triangle->x[1] = triangle->x[2], triangle->x[2] = x;
    triangle->y[1] = triangle->y[2], triangle->y[2] = y;
    triangle->depth[1] = triangle->depth[2], triangle->depth[2] = depth;
    triangle->inverse_w[1] = triangle->inverse_w[2], triangle->inverse_w[2] = inverse_w;
}

/* The pixels with a sample between the extremes of the corners, cut to what may be touched. The
 * outermost samples of a pixel lie `reach` to either side of its centre. */
static int w3di_soft_raster_find_box(const w3di_soft_raster_state *state,
                                     const w3di_soft_raster_triangle *triangle,
                                     w3di_soft_raster_box *box, int *is_small)
{
    const int32_t *x = triangle->x, *y = triangle->y;
    int32_t reach = state->target->samples > 1 ? 96 : 0;
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
    if (box->left < state->left) box->left = state->left;
    if (box->top < state->top) box->top = state->top;
    if (box->right > state->right) box->right = state->right;
    if (box->bottom > state->bottom) box->bottom = state->bottom;
    return box->left < box->right && box->top < box->bottom;
}

/* Draws a triangle whose corners are on the screen. */
static void w3di_soft_raster_triangle_draw(const w3di_soft_raster_state *state,
                                           w3di_soft_raster_triangle *triangle)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    const int32_t *x = triangle->x, *y = triangle->y;
    w3di_soft_raster_box box;
    int is_small;
    if (!w3di_soft_raster_find_box(state, triangle, &box, &is_small)) return;
    int64_t area = (int64_t)(x[1] - x[0]) * (y[2] - y[0]) - (int64_t)(y[1] - y[0]) * (x[2] - x[0]);
    if (area == 0) return;
    triangle->front = (area > 0) == (draw->front_clockwise != 0);
    if (draw->cull == (triangle->front ? W3D_SOFT_RASTER_CULL_FRONT : W3D_SOFT_RASTER_CULL_BACK))
        return;
    if (area < 0) w3di_soft_raster_swap(triangle);
    for (int k = 0; k < 3; k++) {
        int from = (k + 1) % 3, to = (k + 2) % 3;
        triangle->step_x[k] = y[from] - y[to];
        triangle->step_y[k] = x[to] - x[from];
        /* A sample on a left edge (which goes up) or a top edge (level, to the right) is in. */
        int is_owner =
            triangle->step_x[k] > 0 || (triangle->step_x[k] == 0 && triangle->step_y[k] > 0);
        triangle->bias[k] = is_owner ? 0 : -1;
    }
    triangle->weight = 1.0f / (float)(area < 0 ? -area : area);
    triangle->is_affine = triangle->inverse_w[0] == triangle->inverse_w[1] &&
                          triangle->inverse_w[0] == triangle->inverse_w[2];
    triangle->has_shifts = triangle->has_varyings = 0;
    if (draw->depth_bias != 0.0f || draw->depth_bias_slope != 0.0f)
        w3di_soft_raster_add_bias(state, triangle);
    if (is_small)
        w3di_soft_raster_walk_small(state, triangle, &box);
    else
        w3di_soft_raster_walk_large(state, triangle, &box);
}

/* Three clip-space corners, one a lane (the fourth repeats the third), to the screen. w is at
 * least 0 here; where it is nothing, so are x and y. */
static void w3di_soft_raster_place(const w3di_soft_raster_state *state, const w3d_f4 clip[4],
                                   w3di_soft_raster_triangle *triangle)
{
    const w3d_soft_raster_viewport *view = &state->viewport;
    const float scale[2] = { view->width * 128.0f, view->height * -128.0f };
    const float origin[2] = { (view->x + view->width * 0.5f) * 256.0f,
                              (view->y + view->height * 0.5f) * 256.0f };
    const float limit = (float)W3DI_SOFT_RASTER_GUARD * 256.0f;
    w3d_f4 inverse_w = w3d_f4_div(w3d_f4_splat(1.0f), w3d_f4_max(clip[3], w3d_f4_splat(1e-30f)));
    int32_t lane[4];
    float value[4];
    for (int axis = 0; axis < 2; axis++) {
        w3d_f4 place = w3d_f4_mul(w3d_f4_mul(clip[axis], inverse_w), w3d_f4_splat(scale[axis]));
        place = w3d_f4_add(place, w3d_f4_splat(origin[axis]));
        place = w3d_f4_min(w3d_f4_max(place, w3d_f4_splat(-limit)), w3d_f4_splat(limit));
        /* Between 2^23 and 2^24 floats are whole numbers: adding 1.5 * 2^23 rounds to the nearest,
         * ties to even, and the difference of the bits is the number. */
        w3d_i4 bits = w3d_i4_bits_f4(w3d_f4_add(place, w3d_f4_splat(12582912.0f)));
        w3d_i4_store(lane, w3d_i4_sub(bits, w3d_i4_splat(0x4B400000)));
        w3d_copy(axis ? triangle->y : triangle->x, lane, sizeof triangle->x);
    }
    w3d_f4 depth =
        w3d_f4_mul(w3d_f4_mul(clip[2], inverse_w), w3d_f4_splat(view->max_depth - view->min_depth));
    depth = w3d_f4_add(depth, w3d_f4_splat(view->min_depth));
    depth =
        w3d_f4_min(w3d_f4_max(depth, w3d_f4_splat(view->min_depth)), w3d_f4_splat(view->max_depth));
    w3d_f4_store(value, depth);
    w3d_copy(triangle->depth, value, sizeof triangle->depth);
    w3d_f4_store(value, inverse_w);
    w3d_copy(triangle->inverse_w, value, sizeof triangle->inverse_w);
}

/* Corners to lanes: clip[0] holds their x, clip[1] their y, and so on. */
W3D_INLINE void w3di_soft_raster_load(const float *const rows[3], w3d_f4 clip[4])
{
    clip[0] = w3d_f4_load(rows[0]);
    clip[1] = w3d_f4_load(rows[1]);
    clip[2] = w3d_f4_load(rows[2]);
    clip[3] = clip[2];
    w3d_f4_transpose(&clip[0], &clip[1], &clip[2], &clip[3]);
}

/* ---- clipping ---- */

/* The six planes a triangle is cut by: near, far and the guard band, in clip space: inside is
 * where sign * (c[axis] - slope * w) >= 0. */
typedef struct w3di_soft_raster_planes {
    int axis[6];
    float slope[6];
    float sign[6];
} w3di_soft_raster_planes;

static void w3di_soft_raster_find_planes(const w3d_soft_raster_viewport *view,
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
 * side is always followed from its inner end, so that neighbours cut it at the same point. */
static int w3di_soft_raster_cut_by(const w3di_soft_raster_planes *planes, int plane,
                                   float (*polygon)[4 + W3D_SOFT_RASTER_VARYINGS], int count,
                                   uint32_t floats)
{
    float result[W3DI_SOFT_RASTER_CORNERS][4 + W3D_SOFT_RASTER_VARYINGS];
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const float *here = polygon[i], *next = polygon[(i + 1) % count];
        double at_here = w3di_soft_raster_distance(planes, plane, here);
        double at_next = w3di_soft_raster_distance(planes, plane, next);
        if (at_here >= 0.0) w3d_copy(result[kept++], here, floats * sizeof(float));
        if ((at_here >= 0.0) == (at_next >= 0.0) || kept == W3DI_SOFT_RASTER_CORNERS) continue;
        int is_leaving = at_here >= 0.0;
        const float *inner = is_leaving ? here : next, *outer = is_leaving ? next : here;
        double part = is_leaving ? at_here / (at_here - at_next) : at_next / (at_next - at_here);
        for (uint32_t k = 0; k < floats; k++)
            result[kept][k] =
                (float)((double)inner[k] + ((double)outer[k] - (double)inner[k]) * part);
        kept++;
    }
    w3d_copy(polygon, result, (size_t)kept * sizeof result[0]);
    return kept;
}

/* Cuts a triangle that reaches over a plane and draws what is left as a fan. */
static void w3di_soft_raster_clip(const w3di_soft_raster_state *state,
                                  const w3di_soft_raster_planes *planes,
                                  w3di_soft_raster_triangle *triangle)
{
    float polygon[W3DI_SOFT_RASTER_CORNERS][4 + W3D_SOFT_RASTER_VARYINGS];
    uint32_t varyings = state->draw->varying_count;
    int count = 3;
    for (int i = 0; i < 3; i++)
        w3d_copy(polygon[i], triangle->rows[i], (4 + varyings) * sizeof(float));
    const float *first = triangle->rows[0];
    for (int plane = 0; plane < 6 && count >= 3; plane++)
        count = w3di_soft_raster_cut_by(planes, plane, polygon, count, 4 + varyings);
    for (int i = 0; i < count; i++)
        for (uint32_t k = 0; k < varyings; k++)
            if (state->draw->flat_varyings >> k & 1u)
                w3d_copy(&polygon[i][4 + k], &first[4 + k], sizeof(float));
    for (int i = 2; i < count; i++) {
        w3d_f4 clip[4];
        triangle->rows[0] = polygon[0];
        triangle->rows[1] = polygon[i - 1];
        triangle->rows[2] = polygon[i];
        w3di_soft_raster_load(triangle->rows, clip);
        w3di_soft_raster_place(state, clip, triangle);
        w3di_soft_raster_triangle_draw(state, triangle);
    }
}

/* Draws the triangle of three vertices, cut where it must be, unless it is plainly not there. */
static void w3di_soft_raster_assemble(const w3di_soft_raster_state *state,
                                      const w3di_soft_raster_planes *planes,
                                      w3di_soft_raster_triangle *triangle)
{
    w3d_f4 clip[4], within, finite = w3di_soft_raster_all(), largest = w3d_f4_splat(FLT_MAX);
    int is_out = 0;
    w3di_soft_raster_load(triangle->rows, clip);
    for (int i = 0; i < 4; i++)
        finite = w3d_f4_and(finite, w3d_f4_lesseq(w3d_f4_abs(clip[i]), largest));
    if (w3d_f4_mask(finite) != 15) return;
    within = w3d_f4_lesseq(w3d_f4_splat(1e-30f), clip[3]);
    for (int i = 0; i < 6; i++) {
        w3d_f4 border = w3d_f4_mul(clip[3], w3d_f4_splat(planes->slope[i]));
        w3d_f4 in = planes->sign[i] > 0.0f ? w3d_f4_lesseq(border, clip[planes->axis[i]])
                                           : w3d_f4_lesseq(clip[planes->axis[i]], border);
        is_out |= w3d_f4_mask(in) == 0;
        within = w3d_f4_and(within, in);
    }
    if (is_out) return;
    if (w3d_f4_mask(within) != 15) {
        w3di_soft_raster_clip(state, planes, triangle);
        return;
    }
    w3di_soft_raster_place(state, clip, triangle);
    w3di_soft_raster_triangle_draw(state, triangle);
}

/* ---- a draw ---- */

static int w3di_soft_raster_viewport_is_good(const w3d_soft_raster_viewport *view)
{
    const float limit = 32768.0f;
    return view->x >= -limit && view->x <= limit && view->y >= -limit && view->y <= limit &&
           view->width > 0.0f && view->width <= limit && view->height > 0.0f &&
           view->height <= limit && view->min_depth >= 0.0f && view->min_depth <= 1.0f &&
           view->max_depth >= view->min_depth && view->max_depth <= 1.0f;
}

static w3d_result w3di_soft_raster_check(const w3d_soft_raster_target *target,
                                         const w3d_soft_raster_draw_desc *draw)
{
    if (!target || !draw || draw->index_count % 3 != 0 ||
        draw->varying_count > W3D_SOFT_RASTER_VARYINGS || draw->stride % 4 != 0)
        return W3D_ERR_ARGUMENT;
    if (draw->stride && draw->stride < (4 + draw->varying_count) * sizeof(float))
        return W3D_ERR_ARGUMENT;
    if ((unsigned)draw->cull > (unsigned)W3D_SOFT_RASTER_CULL_FRONT ||
        (unsigned)draw->compare > (unsigned)W3D_SOFT_RASTER_NEVER ||
        (unsigned)draw->blend > (unsigned)W3D_SOFT_RASTER_ADD)
        return W3D_ERR_ARGUMENT;
    if ((draw->first_row | draw->end_row) & 1u) return W3D_ERR_ARGUMENT;
    if (!w3d_f32_is_finite(draw->depth_bias) || !w3d_f32_is_finite(draw->depth_bias_slope))
        return W3D_ERR_ARGUMENT;
    if (draw->index_count == 0) return W3D_OK;
    if (!draw->vertices) return W3D_ERR_ARGUMENT;
    if (!draw->indices) return draw->index_count > draw->vertex_count ? W3D_ERR_INDEX : W3D_OK;
    for (size_t i = 0; i < draw->index_count; i++)
        if (draw->indices[i] >= draw->vertex_count) return W3D_ERR_INDEX;
    return W3D_OK;
}

/* Cuts [*low, *high) to [from, from + length). */
static void w3di_soft_raster_limit(int32_t *low, int32_t *high, uint32_t from, uint32_t length)
{
    uint32_t end = (uint32_t)*high;
    if (from < end && length < end - from) *high = (int32_t)(from + length);
    if (from > (uint32_t)*low) *low = from < end ? (int32_t)from : *high;
}

/* The pixels that scissor, band and viewport leave. */
static void w3di_soft_raster_find_area(w3di_soft_raster_state *state)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    const w3d_soft_raster_rectangle *cut = &draw->scissor;
    const w3d_soft_raster_viewport *view = &state->viewport;
    state->left = state->top = 0;
    state->right = (int32_t)state->target->width;
    state->bottom = (int32_t)state->target->height;
    if (cut->x | cut->y | cut->width | cut->height) {
        w3di_soft_raster_limit(&state->left, &state->right, cut->x, cut->width);
        w3di_soft_raster_limit(&state->top, &state->bottom, cut->y, cut->height);
    }
    uint32_t end = draw->end_row ? draw->end_row : UINT32_MAX;
    w3di_soft_raster_limit(&state->top, &state->bottom, draw->first_row,
                           end > draw->first_row ? end - draw->first_row : 0);
    float left = w3d_math_max(w3d_math_floor(view->x), 0.0f);
    float top = w3d_math_max(w3d_math_floor(view->y), 0.0f);
    float right = w3d_math_max(w3d_math_ceil(view->x + view->width), left);
    float bottom = w3d_math_max(w3d_math_ceil(view->y + view->height), top);
    w3di_soft_raster_limit(&state->left, &state->right, (uint32_t)left, (uint32_t)(right - left));
    w3di_soft_raster_limit(&state->top, &state->bottom, (uint32_t)top, (uint32_t)(bottom - top));
}

W3D_API w3d_result w3d_soft_raster_draw(w3d_soft_raster_target *target,
                                        const w3d_soft_raster_draw_desc *draw)
{
    /* Direct3D 11.3, 19.2.4.1, and Vulkan's standard sample locations: sixteenths of a pixel. */
    static const int32_t places[4][2] = { { -2, -6 }, { 6, -2 }, { -6, 2 }, { 2, 6 } };
    w3di_soft_raster_state state;
    w3di_soft_raster_planes planes;
    w3di_soft_raster_triangle triangle;
    w3d_result result = w3di_soft_raster_check(target, draw);
    if (result != W3D_OK) return result;

    state.target = target;
    state.draw = draw;
    state.codes = w3di_soft_raster_tables(target);
    state.stride = draw->stride ? draw->stride / sizeof(float) : 4 + (size_t)draw->varying_count;
    state.viewport = draw->viewport;
    if (state.viewport.width == 0.0f && state.viewport.height == 0.0f) {
        state.viewport.x = state.viewport.y = state.viewport.min_depth = 0.0f;
        state.viewport.width = (float)target->width;
        state.viewport.height = (float)target->height;
        state.viewport.max_depth = 1.0f;
    }
    if (!w3di_soft_raster_viewport_is_good(&state.viewport)) return W3D_ERR_ARGUMENT;
    for (uint32_t s = 0; s < W3D_SOFT_RASTER_MAX_SAMPLES; s++) {
        state.sample_x[s] = target->samples > 1 ? places[s][0] * 16 : 0;
        state.sample_y[s] = target->samples > 1 ? places[s][1] * 16 : 0;
    }
    w3di_soft_raster_find_area(&state);
    if (state.left >= state.right || state.top >= state.bottom) return W3D_OK;
    w3di_soft_raster_find_planes(&state.viewport, &planes);

    for (size_t i = 0; i < draw->index_count; i += 3) {
        triangle.index = (uint32_t)(i / 3);
        for (size_t k = 0; k < 3; k++) {
            size_t vertex = draw->indices ? draw->indices[i + k] : i + k;
            triangle.rows[k] = draw->vertices + vertex * state.stride;
        }
        w3di_soft_raster_assemble(&state, &planes, &triangle);
    }
    return W3D_OK;
}
