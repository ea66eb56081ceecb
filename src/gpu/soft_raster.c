#include "gpu/soft_raster.h"

#include "core/size.h"
#include "gpu/soft_raster_codes.h"
#include "gpu/soft_raster_quad.h"

/* From vertices to quads: clip, snap, orient, then walk the pixels (soft_raster_walk.h). */

enum {
    W3DI_SOFT_RASTER_TABLES = (sizeof(w3di_soft_raster_codes) + 15) / 16 * 16,
    W3DI_SOFT_RASTER_FLOATS = 4 + W3D_SOFT_RASTER_VARYINGS /* of a vertex, at most */
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

/* ---- from corners to a triangle ---- */

/* Adds the bias to the corners' depths: constant steps of the format plus slope. */
static void w3di_soft_raster_add_bias(const w3di_soft_raster_state *state,
                                      w3di_soft_raster_triangle *triangle)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    float *depth = triangle->depth, along[2], step = 1.0f / 16777216.0f;
    for (int axis = 0; axis < 2; axis++) {
        const int32_t *steps = axis ? triangle->shape.step_y : triangle->shape.step_x;
        along[axis] = w3d_math_abs(
            ((float)steps[1] * (depth[1] - depth[0]) + (float)steps[2] * (depth[2] - depth[0])) *
            (256.0f * triangle->shape.weight));
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
    int32_t x = triangle->shape.x[1], y = triangle->shape.y[1];
    float depth = triangle->depth[1], inverse_w = triangle->inverse_w[1];
    triangle->rows[1] = triangle->rows[2], triangle->rows[2] = row;
    triangle->shape.x[1] = triangle->shape.x[2], triangle->shape.x[2] = x;
    triangle->shape.y[1] = triangle->shape.y[2], triangle->shape.y[2] = y;
    triangle->depth[1] = triangle->depth[2], triangle->depth[2] = depth;
    triangle->inverse_w[1] = triangle->inverse_w[2], triangle->inverse_w[2] = inverse_w;
}

/* What is done with a covered quad. */
typedef struct w3di_soft_raster_drawing {
    const w3di_soft_raster_state *state;
    w3di_soft_raster_triangle *triangle;
} w3di_soft_raster_drawing;

W3D_INLINE void w3di_soft_raster_quad_covered(void *user, const int32_t at[2], w3d_f4 *cover,
                                              w3d_f4 inside, w3d_f4 weight[2])
{
    const w3di_soft_raster_drawing *drawing = (const w3di_soft_raster_drawing *)user;
    w3di_soft_raster_quad_draw(drawing->state, drawing->triangle, at, cover, inside, weight);
}

/* Draws a triangle whose corners are on the screen. */
static void w3di_soft_raster_triangle_draw(const w3di_soft_raster_state *state,
                                           w3di_soft_raster_triangle *triangle)
{
    const w3d_soft_raster_draw_desc *draw = state->draw;
    const int32_t *x = triangle->shape.x, *y = triangle->shape.y;
    w3di_soft_raster_box box;
    int is_small;
    if (!w3di_soft_raster_find_box(&state->area, &triangle->shape, &box, &is_small)) return;
    int64_t area = (int64_t)(x[1] - x[0]) * (y[2] - y[0]) - (int64_t)(y[1] - y[0]) * (x[2] - x[0]);
    if (area == 0) return;
    triangle->front = (area > 0) == (draw->front_clockwise != 0);
    if (draw->cull == (triangle->front ? W3D_SOFT_RASTER_CULL_FRONT : W3D_SOFT_RASTER_CULL_BACK))
        return;
    if (area < 0) w3di_soft_raster_swap(triangle);
    w3di_soft_raster_orient(&triangle->shape, area < 0 ? -area : area);
    triangle->is_affine = triangle->inverse_w[0] == triangle->inverse_w[1] &&
                          triangle->inverse_w[0] == triangle->inverse_w[2];
    triangle->has_shifts = triangle->has_varyings = 0;
    if (draw->depth_bias != 0.0f || draw->depth_bias_slope != 0.0f)
        w3di_soft_raster_add_bias(state, triangle);
    w3di_soft_raster_drawing drawing = { state, triangle };
    if (is_small)
        w3di_soft_raster_walk_small(&state->area, &triangle->shape, &box,
                                    w3di_soft_raster_quad_covered, &drawing);
    else
        w3di_soft_raster_walk_large(&state->area, &triangle->shape, &box,
                                    w3di_soft_raster_quad_covered, &drawing);
}

/* Puts three corners, one a lane, where they lie on the screen. */
static void w3di_soft_raster_corners(const w3di_soft_raster_state *state, const w3d_f4 clip[4],
                                     w3di_soft_raster_triangle *triangle)
{
    w3d_i4 at[2];
    w3d_f4 depth, inverse_w;
    int32_t lane[4];
    float value[4];
    w3di_soft_raster_place(&state->viewport, clip, at, &depth, &inverse_w);
    w3d_i4_store(lane, at[0]);
    w3d_copy(triangle->shape.x, lane, sizeof triangle->shape.x);
    w3d_i4_store(lane, at[1]);
    w3d_copy(triangle->shape.y, lane, sizeof triangle->shape.y);
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

/* Cuts a triangle that reaches over a plane and draws what is left as a fan. */
static void w3di_soft_raster_clip(const w3di_soft_raster_state *state,
                                  const w3di_soft_raster_planes *planes,
                                  w3di_soft_raster_triangle *triangle)
{
    float polygon[(int)W3DI_SOFT_RASTER_CORNERS * (int)W3DI_SOFT_RASTER_FLOATS],
        result[(int)W3DI_SOFT_RASTER_CORNERS * (int)W3DI_SOFT_RASTER_FLOATS];
    uint32_t varyings = state->draw->varying_count, floats = 4 + varyings;
    int count = 3;
    for (int i = 0; i < 3; i++)
        w3d_copy(polygon + (uint32_t)i * floats, triangle->rows[i], floats * sizeof(float));
    const float *first = triangle->rows[0];
    for (int plane = 0; plane < 6 && count >= 3; plane++)
        count = w3di_soft_raster_cut_by(planes, plane, polygon, result, count, floats);
    for (int i = 0; i < count; i++)
        for (uint32_t k = 0; k < varyings; k++)
            if (state->draw->flat_varyings >> k & 1u)
                w3d_copy(&polygon[(uint32_t)i * floats + 4 + k], &first[4 + k], sizeof(float));
    for (int i = 2; i < count; i++) {
        w3d_f4 clip[4];
        triangle->rows[0] = polygon;
        triangle->rows[1] = polygon + (uint32_t)(i - 1) * floats;
        triangle->rows[2] = polygon + (uint32_t)i * floats;
        w3di_soft_raster_load(triangle->rows, clip);
        w3di_soft_raster_corners(state, clip, triangle);
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
    w3di_soft_raster_corners(state, clip, triangle);
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
    state->area.left = state->area.top = 0;
    state->area.right = (int32_t)state->target->width;
    state->area.bottom = (int32_t)state->target->height;
    if (cut->x | cut->y | cut->width | cut->height) {
        w3di_soft_raster_limit(&state->area.left, &state->area.right, cut->x, cut->width);
        w3di_soft_raster_limit(&state->area.top, &state->area.bottom, cut->y, cut->height);
    }
    uint32_t end = draw->end_row ? draw->end_row : UINT32_MAX;
    w3di_soft_raster_limit(&state->area.top, &state->area.bottom, draw->first_row,
                           end > draw->first_row ? end - draw->first_row : 0);
    float left = w3d_math_max(w3d_math_floor(view->x), 0.0f);
    float top = w3d_math_max(w3d_math_floor(view->y), 0.0f);
    float right = w3d_math_max(w3d_math_ceil(view->x + view->width), left);
    float bottom = w3d_math_max(w3d_math_ceil(view->y + view->height), top);
    w3di_soft_raster_limit(&state->area.left, &state->area.right, (uint32_t)left,
                           (uint32_t)(right - left));
    w3di_soft_raster_limit(&state->area.top, &state->area.bottom, (uint32_t)top,
                           (uint32_t)(bottom - top));
}

W3D_API w3d_result w3d_soft_raster_draw(w3d_soft_raster_target *target,
                                        const w3d_soft_raster_draw_desc *draw)
{
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
    w3di_soft_raster_set_samples(&state.area, target->samples);
    w3di_soft_raster_find_area(&state);
    if (state.area.left >= state.area.right || state.area.top >= state.area.bottom) return W3D_OK;
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
