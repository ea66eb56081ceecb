/* soft_raster_quad.h - what happens to four pixels that a triangle touches; private.
 *
 * Depth is tested in every covered sample, the fragment function is called once if any passed,
 * and what it gives is blended into the samples that did. Positions inside a triangle are given
 * by the weights of corners 1 and 2; that of corner 0 is the rest to one. */
#ifndef W3D_SOFT_RASTER_QUAD_H
#define W3D_SOFT_RASTER_QUAD_H

#include "gpu/soft_raster_codes.h"
#include "gpu/soft_raster_walk.h"

/* clang-format off: fields in columns */

/* What stays the same for one draw. */
typedef struct w3di_soft_raster_state {
    const w3d_soft_raster_target *target;
    const w3d_soft_raster_draw_desc *draw;
    const w3di_soft_raster_codes *codes; /* NULL where colour is kept as it is       */
    w3d_soft_raster_viewport viewport;
    size_t stride; /* floats from vertex to vertex             */
    w3di_soft_raster_area area;
} w3di_soft_raster_state;

/* One triangle on the screen. */
typedef struct w3di_soft_raster_triangle {
    w3di_soft_raster_shape shape;
    const float *rows[3]; /* the corners' vertices */
    float depth[3];
    float inverse_w[3];
    uint32_t index;
    int front;
    int is_affine;                               /* all w are equal: no perspective */
    int has_shifts;                              /* the next two are filled, on the first quad */
    float shift[2][W3D_SOFT_RASTER_MAX_SAMPLES]; /* of weights 1 and 2, from centre to sample */
    float rise[W3D_SOFT_RASTER_MAX_SAMPLES];     /* of depth, likewise */
    int has_varyings;                            /* the rest is filled, on the first visible quad */
    float base[W3D_SOFT_RASTER_VARYINGS];        /* at corner 0 ... */
    float along[2][W3D_SOFT_RASTER_VARYINGS];    /* ... and from there to 1 and to 2 */
} w3di_soft_raster_triangle;

/* clang-format on */

/* How weights and depth change from a pixel's centre to its samples. */
static void w3di_soft_raster_find_shifts(const w3di_soft_raster_state *state,
                                         w3di_soft_raster_triangle *triangle)
{
    for (uint32_t s = 0; s < state->target->samples; s++) {
        for (int k = 0; k < 2; k++) {
            int64_t value = (int64_t)triangle->shape.step_x[k + 1] * state->area.sample_x[s] +
                            (int64_t)triangle->shape.step_y[k + 1] * state->area.sample_y[s];
            triangle->shift[k][s] = (float)value * triangle->shape.weight;
        }
        triangle->rise[s] = triangle->shift[0][s] * (triangle->depth[1] - triangle->depth[0]) +
                            triangle->shift[1][s] * (triangle->depth[2] - triangle->depth[0]);
    }
    triangle->has_shifts = 1;
}

static void w3di_soft_raster_blend_over(w3d_soft_raster_blend blend, const w3d_f4 color[4],
                                        w3d_f4 stored[4])
{
    w3d_f4 one = w3d_f4_splat(1.0f);
    w3d_f4 alpha = w3d_f4_min(w3d_f4_max(color[3], w3d_f4_zero()), one);
    w3d_f4 keep = blend == W3D_SOFT_RASTER_ADD ? one : w3d_f4_sub(one, alpha);
    for (int i = 0; i < 4; i++) {
        w3d_f4 value = w3d_f4_min(w3d_f4_max(color[i], w3d_f4_zero()), one);
        if (blend != W3D_SOFT_RASTER_PREMULTIPLIED && i < 3) value = w3d_f4_mul(value, alpha);
        stored[i] = w3d_f4_add(value, w3d_f4_mul(stored[i], keep));
    }
}

/* The varyings at corner 0 and along two sides. */
static void w3di_soft_raster_find_varyings(const w3di_soft_raster_state *state,
                                           w3di_soft_raster_triangle *triangle)
{
    for (uint32_t i = 0; i < state->draw->varying_count; i++) {
        float first = triangle->rows[0][4 + i];
        triangle->base[i] = first;
        triangle->along[0][i] = triangle->rows[1][4 + i] - first;
        triangle->along[1][i] = triangle->rows[2][4 + i] - first;
    }
    triangle->has_varyings = 1;
}

/* Calls the fragment function. `shown` are the lanes visible in some sample; `weight` are those
 * of corners 1 and 2 where the varyings are to be taken. */
static void w3di_soft_raster_shade(const w3di_soft_raster_state *state,
                                   w3di_soft_raster_triangle *triangle, w3d_soft_raster_quad *quad,
                                   const w3d_f4 weight[2], w3d_soft_raster_fragment *fragment)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    w3d_f4 to_1 = weight[0], to_2 = weight[1];
    quad->inverse_w = w3di_soft_raster_plane(triangle->inverse_w, to_1, to_2);
    if (!triangle->is_affine) {
        w3d_f4 w = w3d_f4_div(w3d_f4_splat(1.0f), quad->inverse_w);
        to_1 = w3d_f4_mul(w3d_f4_mul(to_1, w3d_f4_splat(triangle->inverse_w[1])), w);
        to_2 = w3d_f4_mul(w3d_f4_mul(to_2, w3d_f4_splat(triangle->inverse_w[2])), w);
    }
    if (!triangle->has_varyings) w3di_soft_raster_find_varyings(state, triangle);
    for (uint32_t i = 0; i < draw->varying_count; i++) {
        w3d_f4 value = w3d_f4_splat(triangle->base[i]);
        if (!(draw->flat_varyings >> i & 1u)) {
            value = w3d_f4_add(value, w3d_f4_mul(to_1, w3d_f4_splat(triangle->along[0][i])));
            value = w3d_f4_add(value, w3d_f4_mul(to_2, w3d_f4_splat(triangle->along[1][i])));
        }
        quad->varyings[i] = value;
    }
    quad->triangle = triangle->index;
    quad->front = triangle->front;
    quad->user = draw->user;
    fragment->red = fragment->green = fragment->blue = fragment->alpha = w3d_f4_zero();
    fragment->keep = w3di_soft_raster_all();
    draw->fragment(quad, fragment);
}

/* Moves the weights of lanes whose centre is outside to their first covered sample. */
static void w3di_soft_raster_centroid(const w3di_soft_raster_state *state,
                                      const w3di_soft_raster_triangle *triangle,
                                      const w3d_f4 *cover, w3d_f4 inside, w3d_f4 weight[2])
{
    w3d_f4 settled = inside;
    for (uint32_t s = 0; s < state->target->samples; s++) {
        w3d_f4 now = w3d_f4_andnot(cover[s], settled);
        for (int k = 0; k < 2; k++) {
            w3d_f4 shift = w3d_f4_and(now, w3d_f4_splat(triangle->shift[k][s]));
            weight[k] = w3d_f4_add(weight[k], shift);
        }
        settled = w3d_f4_or(settled, now);
    }
}

/* Takes the lanes out of `cover` that lie beyond the pixels that may be touched. */
static void w3di_soft_raster_cut(const w3di_soft_raster_state *state, w3d_i4 x, w3d_i4 y,
                                 w3d_f4 *cover)
{
    w3d_i4 outside = w3d_i4_or(w3d_i4_less(x, w3d_i4_splat(state->area.left)),
                               w3d_i4_less(y, w3d_i4_splat(state->area.top)));
    w3d_i4 within = w3d_i4_and(w3d_i4_less(x, w3d_i4_splat(state->area.right)),
                               w3d_i4_less(y, w3d_i4_splat(state->area.bottom)));
    w3d_f4 allowed = w3d_f4_bits_i4(w3d_i4_andnot(within, outside));
    for (uint32_t s = 0; s < state->target->samples; s++) cover[s] = w3d_f4_and(cover[s], allowed);
}

/* Blends a fragment into the covered samples of the quad whose first sample is at `first`. */
static void w3di_soft_raster_write(const w3di_soft_raster_state *state, size_t first,
                                   const w3d_f4 *cover, const w3d_soft_raster_fragment *fragment)
{
    w3d_soft_raster_blend blend = state->draw->blend;
    w3d_i4 packed = w3d_i4_splat(0), blended = packed;
    int is_packed = 0;
    w3d_f4 color[4];
    color[0] = fragment->red, color[1] = fragment->green;
    color[2] = fragment->blue, color[3] = fragment->alpha;
    if (blend == W3D_SOFT_RASTER_REPLACE) packed = w3di_soft_raster_codes_pack(state->codes, color);
    for (uint32_t s = 0; s < state->target->samples; s++) {
        if (!w3d_f4_mask(cover[s])) continue;
        int32_t *place = state->target->colors + first + 4 * s;
        w3d_i4 old = w3d_i4_load(place);
        /* Samples mostly hold what the one before holds: then the result is the same, too. */
        int is_same = is_packed && w3d_f4_mask(w3d_f4_bits_i4(w3d_i4_equal(old, blended))) == 15;
        if (blend != W3D_SOFT_RASTER_REPLACE && !is_same) {
            w3d_f4 stored[4];
            w3di_soft_raster_codes_unpack(state->codes, old, stored);
            w3di_soft_raster_blend_over(blend, color, stored);
            packed = w3di_soft_raster_codes_pack(state->codes, stored);
            blended = old;
            is_packed = 1;
        }
        w3d_i4_store(place, w3d_i4_select(w3d_i4_bits_f4(cover[s]), packed, old));
    }
}

/* Draws one quad.
 *
 *   at      in      its top left pixel, x and y, both even
 *   cover   in/out  [samples] all ones in the lanes covered; used up
 *   inside  in      all ones in the lanes whose centre is covered
 *   weight  in/out  of corners 1 and 2, at the centres; used up */
static inline void w3di_soft_raster_quad_draw(const w3di_soft_raster_state *state,
                                              w3di_soft_raster_triangle *triangle,
                                              const int32_t at[2], w3d_f4 *cover, w3d_f4 inside,
                                              w3d_f4 weight[2])
{
    const w3d_soft_raster_target *target = state->target;
    const w3d_soft_raster_draw_desc *draw = state->draw;
    uint32_t samples = target->samples;
    size_t first = ((size_t)at[1] / 2 * target->quads_per_row + (size_t)at[0] / 2) * samples * 4;
    w3d_i4 x = w3d_i4_add(w3d_i4_splat(at[0]), w3d_i4_set(0, 1, 0, 1));
    w3d_i4 y = w3d_i4_add(w3d_i4_splat(at[1]), w3d_i4_set(0, 0, 1, 1));
    w3d_f4 nearest = w3d_f4_splat(state->viewport.min_depth);
    w3d_f4 farthest = w3d_f4_splat(state->viewport.max_depth);
    w3d_f4 centre = w3di_soft_raster_plane(triangle->depth, weight[0], weight[1]);
    w3d_f4 depth[W3D_SOFT_RASTER_MAX_SAMPLES], shown = w3d_f4_zero();

    if (at[0] < state->area.left || at[1] < state->area.top || at[0] + 2 > state->area.right ||
        at[1] + 2 > state->area.bottom)
        w3di_soft_raster_cut(state, x, y, cover);
    if (!triangle->has_shifts) w3di_soft_raster_find_shifts(state, triangle);
    for (uint32_t s = 0; s < samples; s++) {
        depth[s] = w3d_f4_add(centre, w3d_f4_splat(triangle->rise[s]));
        depth[s] = w3d_f4_min(w3d_f4_max(depth[s], nearest), farthest);
        depth[s] = w3di_soft_raster_depth_code(target->depth, depth[s]);
        if (target->depths) {
            w3d_f4 stored = w3d_f4_load(target->depths + first + 4 * s);
            w3d_f4 passes = w3di_soft_raster_passes(draw->compare, depth[s], stored);
            cover[s] = w3d_f4_and(cover[s], passes);
        }
        shown = w3d_f4_or(shown, cover[s]);
    }
    if (!w3d_f4_mask(shown)) return;

    if (draw->fragment) {
        w3d_soft_raster_quad quad;
        w3d_soft_raster_fragment fragment;
        quad.x = w3d_f4_add(w3d_f4_from_i4(x), w3d_f4_splat(0.5f));
        quad.y = w3d_f4_add(w3d_f4_from_i4(y), w3d_f4_splat(0.5f));
        quad.depth = w3d_f4_min(w3d_f4_max(centre, nearest), farthest);
        quad.mask = shown;
        if (draw->centroid && samples > 1)
            w3di_soft_raster_centroid(state, triangle, cover, inside, weight);
        w3di_soft_raster_shade(state, triangle, &quad, weight, &fragment);
        for (uint32_t s = 0; s < samples; s++) cover[s] = w3d_f4_and(cover[s], fragment.keep);
        if (target->colors) w3di_soft_raster_write(state, first, cover, &fragment);
    }
    if (target->depths && !draw->depth_keep)
        for (uint32_t s = 0; s < samples; s++) {
            float *place = target->depths + first + 4 * s;
            w3d_f4_store(place, w3d_f4_select(cover[s], depth[s], w3d_f4_load(place)));
        }
}

#endif /* W3D_SOFT_RASTER_QUAD_H */
