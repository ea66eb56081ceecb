/* thumbnail_frame.h - where the scene is and where the camera stands; private.
 *
 * The scene's box gives a sphere, and the matrix that makes it the unit sphere: all later lengths
 * are relative to that. The camera is found there, or the caller's is taken there. */
#ifndef W3D_THUMBNAIL_FRAME_H
#define W3D_THUMBNAIL_FRAME_H

#include "core/simd.h"
#include "core/vec.h"
#include "render/thumbnail.h"

typedef struct w3di_thumbnail_frame {
    w3d_mat4 to_unit;   /* world to unit sphere */
    w3d_mat4 to_clip;   /* unit sphere to the picture */
    w3d_vec3 low, high; /* the scene's box in the unit sphere */
    w3d_vec3 eye;       /* in the unit sphere; if is_parallel, the direction to the camera */
    int is_parallel;    /* all is seen in one direction, without perspective */
} w3di_thumbnail_frame;

/* x, y and z through an affine or projective matrix. */
W3D_INLINE w3d_f4 w3di_thumbnail_frame_apply(const w3d_mat4 *matrix, const float *p)
{
    const float *m = matrix->m;
    w3d_f4 sum = w3d_f4_mul(w3d_f4_load(m), w3d_f4_splat(p[0]));
    sum = w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(m + 4), w3d_f4_splat(p[1])));
    sum = w3d_f4_add(sum, w3d_f4_mul(w3d_f4_load(m + 8), w3d_f4_splat(p[2])));
    return w3d_f4_add(sum, w3d_f4_load(m + 12));
}

/* What an item's corners span under a matrix, after division by w (which affine matrices leave at
 * 1). Corners that are not finite are left out; without any, low is above high. */
typedef struct w3di_thumbnail_frame_span {
    float low[4], high[4];
} w3di_thumbnail_frame_span;

static w3di_thumbnail_frame_span w3di_thumbnail_frame_span_none(void)
{
    w3di_thumbnail_frame_span span;
    w3d_f4_store(span.low, w3d_f4_splat(FLT_MAX));
    w3d_f4_store(span.high, w3d_f4_splat(-FLT_MAX));
    return span;
}

static void w3di_thumbnail_frame_span_item(w3di_thumbnail_frame_span *span,
                                           const w3d_thumbnail_item *item, const w3d_mat4 *matrix,
                                           int has_w)
{
    w3d_f4 low = w3d_f4_load(span->low), high = w3d_f4_load(span->high);
    const w3d_f4 largest = w3d_f4_splat(FLT_MAX);
    for (size_t i = 0; i < item->mesh.index_count; i++) {
        w3d_f4 p = w3di_thumbnail_frame_apply(matrix, w3d_mesh_position(&item->mesh,
                                                                        item->mesh.indices[i]));
        if (has_w) p = w3d_f4_div(p, w3d_f4_wwww(p));
        if (w3d_f4_mask(w3d_f4_lesseq(w3d_f4_abs(p), largest)) != 15) continue;
        low = w3d_f4_min(p, low);
        high = w3d_f4_max(p, high);
    }
    w3d_f4_store(span->low, low);
    w3d_f4_store(span->high, high);
}

/* The same for all items, under a matrix that starts from the unit sphere. */
static w3di_thumbnail_frame_span w3di_thumbnail_frame_span_all(const w3d_thumbnail_desc *desc,
                                                               const w3di_thumbnail_frame *frame,
                                                               const w3d_mat4 *matrix, int has_w)
{
    w3di_thumbnail_frame_span span = w3di_thumbnail_frame_span_none();
    for (uint32_t i = 0; i < desc->item_count; i++) {
        const w3d_thumbnail_item *item = &desc->items[i];
        w3d_mat4 to_unit = w3d_mat4_multiply(&frame->to_unit, &item->world);
        w3d_mat4 whole = w3d_mat4_multiply(matrix, &to_unit);
        w3di_thumbnail_frame_span_item(&span, item, &whole, has_w);
    }
    return span;
}

/* Unit length from any length but none; scaled first, so that no square underflows. */
static w3d_vec3 w3di_thumbnail_frame_unit(w3d_vec3 a)
{
    float largest =
        w3d_math_max(w3d_math_max(w3d_math_abs(a.x), w3d_math_abs(a.y)), w3d_math_abs(a.z));
    return largest > 0.0f ? w3d_vec3_normalise(w3d_vec3_scale(a, 1.0f / largest)) : a;
}

/* Finds the unit sphere that holds the scene; 0 for a scene without extent. */
static inline int w3di_thumbnail_frame_measure(const w3d_thumbnail_desc *desc, w3di_thumbnail_frame *frame)
{
    w3di_thumbnail_frame_span all = w3di_thumbnail_frame_span_none();
    float middle[3], longest = 0.0f, square = 0.0f;
    for (uint32_t i = 0; i < desc->item_count; i++)
        w3di_thumbnail_frame_span_item(&all, &desc->items[i], &desc->items[i].world, 0);
    for (int k = 0; k < 3; k++) {
        middle[k] = all.low[k] * 0.5f + all.high[k] * 0.5f;
        longest = w3d_math_max(longest, all.high[k] * 0.5f - all.low[k] * 0.5f);
    }
    if (!(longest > 1e-30f) || !(longest < 1e30f)) return 0;
    for (int k = 0; k < 3; k++) { /* scaled before it is squared: any finite scene has a diagonal */
        float half = (all.high[k] * 0.5f - all.low[k] * 0.5f) / longest;
        square += half * half;
    }
    float scale = 1.0f / (longest * w3d_sqrtf(square));
    frame->to_unit = w3d_mat4_identity();
    for (int k = 0; k < 3; k++) {
        frame->to_unit.m[5 * k] = scale;
        frame->to_unit.m[12 + k] = -middle[k] * scale;
    }
    frame->low = w3d_mat4_point(&frame->to_unit, w3d_vec3_load(all.low));
    frame->high = w3d_mat4_point(&frame->to_unit, w3d_vec3_load(all.high));
    return 1;
}

/* Places the camera so that the scene just fits. In camera axes, a point (x, y, z) is in the
 * picture of an eye at (a, b, c) where |x - a| <= s (c - z), s the tangent of half the angle: so
 * the largest s z + x and s z - x of all points give a and the least c, and likewise for y. The
 * axis with room to spare is centred by shifting the picture. */
static inline void w3di_thumbnail_frame_fit(const w3d_thumbnail_desc *desc, w3di_thumbnail_frame *frame)
{
    const w3d_vec3 usual = { 0.42f, 0.36f, 0.85f }, up = { 0.0f, 1.0f, 0.0f };
    const float fov = desc->fov_radians > 0.0f ? desc->fov_radians : 0.489f, margin = 0.9f;
    float aspect = (float)desc->width / (float)desc->height, tangent = w3d_math_tan(fov * 0.5f);
    float vertical = aspect >= 1.0f ? tangent : tangent / aspect, horizontal = vertical * aspect;
    w3d_vec3 back = w3di_thumbnail_frame_unit(desc->from);
    if (!(w3d_vec3_dot(back, back) > 0.0f)) back = w3di_thumbnail_frame_unit(usual);
    w3d_mat4 turn = w3d_mat4_look_at(back, w3d_vec3_splat(0.0f), up), fit = w3d_mat4_identity();
    float s[2];
    turn.m[14] = 0.0f; /* only turned, not moved */
    s[0] = horizontal * margin;
    s[1] = vertical * margin;
    for (int column = 0; column < 3; column++)
        for (int row = 0; row < 4; row++) {
            float side = turn.m[4 * column + (row & 1)];
            fit.m[4 * column + row] =
                turn.m[4 * column + 2] * s[row & 1] + (row < 2 ? side : -side);
        }
    fit.m[15] = 0.0f;
    w3di_thumbnail_frame_span span = w3di_thumbnail_frame_span_all(desc, frame, &fit, 0);
    float reach = w3d_math_abs(back.x) * frame->high.x + w3d_math_abs(back.y) * frame->high.y +
                  w3d_math_abs(back.z) * frame->high.z; /* the box is centred on the origin */
    float distance = w3d_math_max((span.high[0] + span.high[2]) / (2.0f * s[0]),
                                  (span.high[1] + span.high[3]) / (2.0f * s[1]));
    if (distance < reach + 0.1f) { /* near enough to care what is in front, not its box */
        reach = w3di_thumbnail_frame_span_all(desc, frame, &turn, 0).high[2];
        distance = w3d_math_max(distance, reach + 0.1f);
    }
    w3d_mat4 view = turn;
    view.m[12] = (span.high[2] - span.high[0]) * 0.5f;
    view.m[13] = (span.high[3] - span.high[1]) * 0.5f;
    view.m[14] = -distance;
    w3d_mat4 projection =
        w3d_mat4_perspective(1.0f, 1.0f, (distance - reach) * 0.99f, distance + 8.0f);
    projection.m[0] = 1.0f / horizontal;
    projection.m[5] = 1.0f / vertical;
    frame->to_clip = w3d_mat4_multiply(&projection, &view);
    span = w3di_thumbnail_frame_span_all(desc, frame, &frame->to_clip, 1);
    projection.m[8] = (span.low[0] + span.high[0]) * 0.5f;
    projection.m[9] = (span.low[1] + span.high[1]) * 0.5f;
    frame->to_clip = w3d_mat4_multiply(&projection, &view);
    w3d_mat4 back_turn = w3d_mat4_transpose(&turn);
    frame->eye = w3d_mat4_direction(&back_turn, w3d_vec3_make(-view.m[12], -view.m[13], distance));
    frame->is_parallel = 0;
}

/* Takes the caller's camera into the unit sphere; 0 where the view has no inverse. */
static inline int w3di_thumbnail_frame_take(const w3d_thumbnail_desc *desc, w3di_thumbnail_frame *frame)
{
    w3d_mat4 to_world = w3d_mat4_identity(), inverse, view;
    for (int k = 0; k < 3; k++) {
        float scale = frame->to_unit.m[5 * k];
        to_world.m[5 * k] = 1.0f / scale;
        to_world.m[12 + k] = -frame->to_unit.m[12 + k] / scale;
    }
    if (!w3d_mat4_inverse(desc->view, &inverse)) return 0;
    view = w3d_mat4_multiply(desc->view, &to_world);
    frame->to_clip = w3d_mat4_multiply(desc->projection, &view);
    frame->is_parallel = desc->projection->m[11] == 0.0f;
    frame->eye = frame->is_parallel
                     ? w3d_vec3_load(inverse.m + 8)
                     : w3d_mat4_point(&frame->to_unit, w3d_vec3_load(inverse.m + 12));
    return 1;
}

#endif /* W3D_THUMBNAIL_FRAME_H */
