/* gpu_soft_raster.h - triangles, lines and points on the screen to quads that wait for shading; private. */
#ifndef W3D_GPU_SOFT_RASTER_H
#define W3D_GPU_SOFT_RASTER_H

#include "gpu/gpu_soft_output.h"

/* ---- a quad ---- */

/* How weights and depth change from a pixel's centre to its samples. */
static inline void w3di_gpu_soft_find_shifts(const w3di_soft_raster_area *area,
                                             w3di_gpu_soft_triangle *triangle)
{
    const w3di_soft_raster_shape *shape = &triangle->shape;
    for (uint32_t s = 0; s < area->samples; s++) {
        for (int k = 0; k < 2; k++) {
            int64_t value = (int64_t)shape->step_x[k + 1] * area->sample_x[s] +
                            (int64_t)shape->step_y[k + 1] * area->sample_y[s];
            triangle->shift[k][s] = (float)value * shape->weight;
        }
        triangle->rise[s] = triangle->shift[0][s] * (triangle->depth[1] - triangle->depth[0]) +
                            triangle->shift[1][s] * (triangle->depth[2] - triangle->depth[0]);
    }
    triangle->has_shifts = 1;
}

static inline void w3di_gpu_soft_find_varyings(const w3di_gpu_soft_pipeline *p,
                                               w3di_gpu_soft_triangle *triangle)
{
    for (uint32_t i = 0; i < p->varying_count; i++) {
        float first = triangle->rows[0][4 + i];
        triangle->base[i] = first;
        triangle->along[0][i] = triangle->rows[1][4 + i] - first;
        triangle->along[1][i] = triangle->rows[2][4 + i] - first;
    }
    triangle->has_varyings = 1;
}

/* Screen weights of corners 1 and 2 to those that varyings are mixed by. */
W3D_INLINE void w3di_gpu_soft_perspective(const w3di_gpu_soft_triangle *triangle, w3d_f4 inverse_w,
                                          w3d_f4 weight[2])
{
    w3d_f4 w = w3d_f4_div(w3d_f4_splat(1.0f), inverse_w);
    weight[0] = w3d_f4_mul(w3d_f4_mul(weight[0], w3d_f4_splat(triangle->inverse_w[1])), w);
    weight[1] = w3d_f4_mul(w3d_f4_mul(weight[1], w3d_f4_splat(triangle->inverse_w[2])), w);
}

/* Moves the weights of lanes whose centre is outside to their first covered sample. */
static inline void w3di_gpu_soft_centroid(const w3di_soft_raster_area *area,
                                          const w3di_gpu_soft_triangle *triangle,
                                          const w3d_f4 *cover, w3d_f4 inside, w3d_f4 weight[2])
{
    w3d_f4 settled = inside;
    for (uint32_t s = 0; s < area->samples; s++) {
        w3d_f4 now = w3d_f4_andnot(cover[s], settled);
        for (int k = 0; k < 2; k++)
            weight[k] = w3d_f4_add(weight[k], w3d_f4_and(now, w3d_f4_splat(triangle->shift[k][s])));
        settled = w3d_f4_or(settled, now);
    }
}

/* The inputs of a quad's shader. */
static inline void w3di_gpu_soft_interpolate(w3di_gpu_soft_draw *draw, uint32_t place,
                                             w3d_f4 inside, const w3d_f4 weight[2])
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3di_gpu_soft_triangle *triangle = &draw->triangle;
    const w3di_gpu_soft_quad *quad = &draw->quads[place];
    w3d_shader_group *group = &draw->fragment;
    w3d_f4 mixes[2], moved[2];
    w3d_f4 inverse_w = w3di_soft_raster_plane(triangle->inverse_w, weight[0], weight[1]);
    w3d_i4 x = w3d_i4_add(w3d_i4_splat(quad->x), w3d_i4_set(0, 1, 0, 1));
    w3d_i4 y = w3d_i4_add(w3d_i4_splat(quad->y), w3d_i4_set(0, 0, 1, 1));
    group->position[0].f[place] = w3d_f4_add(w3d_f4_from_i4(x), w3d_f4_splat(0.5f));
    group->position[1].f[place] = w3d_f4_add(w3d_f4_from_i4(y), w3d_f4_splat(0.5f));
    group->position[3].f[place] = inverse_w;
    group->front_facing.i[place] = w3d_i4_splat(triangle->front ? -1 : 0);
    mixes[0] = moved[0] = weight[0];
    mixes[1] = moved[1] = weight[1];
    if (!triangle->is_affine) w3di_gpu_soft_perspective(triangle, inverse_w, mixes);
    if (p->has_centroid && draw->area.samples > 1) {
        w3di_gpu_soft_centroid(&draw->area, triangle, quad->cover, inside, moved);
        if (!triangle->is_affine)
            w3di_gpu_soft_perspective(
                triangle, w3di_soft_raster_plane(triangle->inverse_w, moved[0], moved[1]), moved);
    }
    if (!triangle->has_varyings) w3di_gpu_soft_find_varyings(p, triangle);
    for (uint32_t i = 0; i < p->varying_count; i++) {
        const w3di_gpu_soft_varying *varying = &p->varyings[i];
        w3d_f4 value = w3d_f4_splat(triangle->base[i]);
        if (!varying->flat) {
            const w3d_f4 *by = varying->centroid && draw->area.samples > 1 ? moved : mixes;
            value = w3d_f4_add(value, w3d_f4_mul(by[0], w3d_f4_splat(triangle->along[0][i])));
            value = w3d_f4_add(value, w3d_f4_mul(by[1], w3d_f4_splat(triangle->along[1][i])));
        }
        draw->fragment_in[varying->place].f[place] = value;
    }
}

/* Takes the lanes out of `cover` that lie beyond the pixels that may be touched. */
static inline void w3di_gpu_soft_cut(const w3di_soft_raster_area *area, const int32_t at[2],
                                     w3d_f4 *cover)
{
    w3d_i4 x = w3d_i4_add(w3d_i4_splat(at[0]), w3d_i4_set(0, 1, 0, 1));
    w3d_i4 y = w3d_i4_add(w3d_i4_splat(at[1]), w3d_i4_set(0, 0, 1, 1));
    w3d_i4 outside = w3d_i4_or(w3d_i4_less(x, w3d_i4_splat(area->left)),
                               w3d_i4_less(y, w3d_i4_splat(area->top)));
    w3d_i4 within = w3d_i4_and(w3d_i4_less(x, w3d_i4_splat(area->right)),
                               w3d_i4_less(y, w3d_i4_splat(area->bottom)));
    w3d_f4 allowed = w3d_f4_bits_i4(w3d_i4_andnot(within, outside));
    for (uint32_t s = 0; s < area->samples; s++) cover[s] = w3d_f4_and(cover[s], allowed);
}

/* May depth be tested before a shader that discards? Only where what fails now fails later, too. */
W3D_INLINE int w3di_gpu_soft_may_reject(const w3di_gpu_soft_pipeline *p)
{
    return !p->late || (!p->writes_depth && !p->has_stencil &&
                        (!p->depth_write || (p->depth_compare != W3D_GPU_EQUAL &&
                                             p->depth_compare != W3D_GPU_NOT_EQUAL &&
                                             p->depth_compare != W3D_GPU_ALWAYS)));
}

/* Tests a covered quad and lets it wait for its shader, or writes it where there is none. */
W3D_INLINE void w3di_gpu_soft_covered(void *user, const int32_t at[2], w3d_f4 *cover, w3d_f4 inside,
                                      w3d_f4 weight[2])
{
    w3di_gpu_soft_draw *draw = (w3di_gpu_soft_draw *)user;
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3di_gpu_soft_triangle *triangle = &draw->triangle;
    const w3di_soft_raster_area *area = &draw->area;
    uint32_t place = draw->quad_count, samples = area->samples;
    w3di_gpu_soft_quad *quad = &draw->quads[place];
    w3d_f4 nearest = w3d_f4_splat(draw->pass->viewport.min_depth);
    w3d_f4 farthest = w3d_f4_splat(draw->pass->viewport.max_depth);
    w3d_f4 centre = w3di_soft_raster_plane(triangle->depth, weight[0], weight[1]);
    if (at[0] < area->left || at[1] < area->top || at[0] + 2 > area->right ||
        at[1] + 2 > area->bottom)
        w3di_gpu_soft_cut(area, at, cover);
    quad->x = at[0];
    quad->y = at[1];
    quad->front = triangle->front;
    if (samples > 1 && !triangle->has_shifts) w3di_gpu_soft_find_shifts(area, triangle);
    for (uint32_t s = 0; s < samples; s++) {
        w3d_f4 depth = samples > 1 ? w3d_f4_add(centre, w3d_f4_splat(triangle->rise[s])) : centre;
        depth = w3d_f4_min(w3d_f4_max(depth, nearest), farthest);
        quad->depth[s] = w3di_gpu_soft_depth_code(draw->pass->depth.format, depth);
        quad->cover[s] = cover[s];
    }
    if (w3di_gpu_soft_may_reject(p) && !w3di_gpu_soft_depth_test(draw, quad, !p->late)) return;
    if (!p->late) w3di_gpu_soft_count_samples(draw, quad);
    if (!p->code[W3D_SHADER_FRAGMENT]) return;
    draw->fragment.position[2].f[place] = w3d_f4_min(w3d_f4_max(centre, nearest), farthest);
    w3di_gpu_soft_interpolate(draw, place, inside, weight);
    if (++draw->quad_count == 4) w3di_gpu_soft_flush_quads(draw);
}

/* ---- triangles ---- */

/* Adds the bias to the corners' depths: constant steps of the format plus slope. */
static inline void w3di_gpu_soft_add_bias(const w3di_gpu_soft_pipeline *p,
                                          w3di_gpu_soft_triangle *triangle)
{
    const w3di_soft_raster_shape *shape = &triangle->shape;
    float *depth = triangle->depth, along[2], step = 1.0f / 16777216.0f;
    for (int axis = 0; axis < 2; axis++) {
        const int32_t *steps = axis ? shape->step_y : shape->step_x;
        along[axis] = w3d_math_abs(
            ((float)steps[1] * (depth[1] - depth[0]) + (float)steps[2] * (depth[2] - depth[0])) *
            (256.0f * shape->weight));
    }
    if (p->depth_format == W3D_GPU_DEPTH32F) { /* the step of the largest depth */
        float largest = w3d_math_max(w3d_math_max(depth[0], depth[1]), depth[2]);
        uint32_t exponent = w3d_bits_f32(largest) >> 23;
        step = w3d_f32_from_bits((exponent > 24u ? exponent - 23u : 1u) << 23);
    }
    float bias = p->depth_bias * step + p->depth_bias_slope * w3d_math_max(along[0], along[1]);
    if (p->depth_bias_clamp > 0.0f) bias = w3d_math_min(bias, p->depth_bias_clamp);
    if (p->depth_bias_clamp < 0.0f) bias = w3d_math_max(bias, p->depth_bias_clamp);
    for (int k = 0; k < 3; k++) depth[k] += bias;
}

W3D_INLINE void w3di_gpu_soft_set_corner(w3di_gpu_soft_triangle *triangle, int k,
                                         const w3di_gpu_soft_vertex *vertex, const float *row)
{
    triangle->shape.x[k] = vertex->x;
    triangle->shape.y[k] = vertex->y;
    triangle->depth[k] = vertex->depth;
    triangle->inverse_w[k] = vertex->inverse_w;
    triangle->rows[k] = row;
}

/* Draws a triangle whose corners are on the screen; flat: the vertex whose flat varyings count. */
static inline void w3di_gpu_soft_triangle_draw(w3di_gpu_soft_draw *draw,
                                               const w3di_gpu_soft_vertex *const v[3],
                                               const float *const rows[3])
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3di_gpu_soft_triangle *triangle = &draw->triangle;
    w3di_soft_raster_box box;
    int is_small;
    int64_t twice = (int64_t)(v[1]->x - v[0]->x) * (v[2]->y - v[0]->y) -
                    (int64_t)(v[1]->y - v[0]->y) * (v[2]->x - v[0]->x);
    if (twice == 0) return;
    uint32_t front = (twice > 0) == (p->winding == W3D_GPU_CLOCKWISE);
    if (p->cull == (front ? (uint32_t)W3D_GPU_CULL_FRONT : (uint32_t)W3D_GPU_CULL_BACK)) return;
    int second = twice > 0 ? 1 : 2; /* corners 1 and 2 change places so that it is clockwise */
    w3di_gpu_soft_set_corner(triangle, 0, v[0], rows[0]);
    w3di_gpu_soft_set_corner(triangle, 1, v[second], rows[second]);
    w3di_gpu_soft_set_corner(triangle, 2, v[3 - second], rows[3 - second]);
    if (!w3di_soft_raster_find_box(&draw->area, &triangle->shape, &box, &is_small)) return;
    w3di_soft_raster_orient(&triangle->shape, twice < 0 ? -twice : twice);
    triangle->front = front;
    triangle->is_affine = triangle->inverse_w[0] == triangle->inverse_w[1] &&
                          triangle->inverse_w[0] == triangle->inverse_w[2];
    triangle->has_shifts = triangle->has_varyings = 0;
    if (p->depth_bias != 0.0f || p->depth_bias_slope != 0.0f) w3di_gpu_soft_add_bias(p, triangle);
    if (is_small)
        w3di_soft_raster_walk_small(&draw->area, &triangle->shape, &box, w3di_gpu_soft_covered,
                                    draw);
    else
        w3di_soft_raster_walk_large(&draw->area, &triangle->shape, &box, w3di_gpu_soft_covered,
                                    draw);
}

/* ---- lines and points ---- */

/* Readies the primitive for pixels without an outline. */
static inline void w3di_gpu_soft_begin_thin(w3di_gpu_soft_draw *draw,
                                            const w3di_gpu_soft_vertex *const v[2],
                                            const float *const rows[2])
{
    w3di_gpu_soft_triangle *triangle = &draw->triangle;
    w3di_gpu_soft_set_corner(triangle, 0, v[0], rows[0]);
    w3di_gpu_soft_set_corner(triangle, 1, v[1], rows[1]);
    w3di_gpu_soft_set_corner(triangle, 2, v[1], rows[1]);
    triangle->front = 1;
    triangle->is_affine = triangle->inverse_w[0] == triangle->inverse_w[1];
    triangle->has_varyings = 0;
    triangle->has_shifts = 1;
    w3d_fill(triangle->shift, 0, sizeof triangle->shift);
    w3d_fill(triangle->rise, 0, sizeof triangle->rise);
}

W3D_INLINE w3d_f4 w3di_gpu_soft_lane(int32_t x, int32_t y)
{
    int32_t lane = (x & 1) + 2 * (y & 1);
    return w3d_f4_bits_i4(w3d_i4_equal(w3d_i4_set(0, 1, 2, 3), w3d_i4_splat(lane)));
}

/* One pixel in all its samples for each column, or row, from the first corner up to the last. */
static inline void w3di_gpu_soft_line_draw(w3di_gpu_soft_draw *draw,
                                           const w3di_gpu_soft_vertex *const v[2],
                                           const float *const rows[2])
{
    const w3di_soft_raster_area *area = &draw->area;
    int32_t dx = v[1]->x - v[0]->x, dy = v[1]->y - v[0]->y;
    int32_t long_x = dx < 0 ? -dx : dx, long_y = dy < 0 ? -dy : dy, by_y = long_y > long_x;
    int32_t length = by_y ? dy : dx, side = by_y ? dx : dy, distance = by_y ? long_y : long_x;
    int32_t from = by_y ? v[0]->y : v[0]->x, across = by_y ? v[0]->x : v[0]->y;
    if (!distance) return;
    w3di_gpu_soft_begin_thin(draw, v, rows);
    /* Pixels i whose centre 256 i + 128 lies in [from, from + length) seen in the line's direction. */
    const int32_t lift = 1 << 23;
    int32_t low, high, low_edge = by_y ? area->top : area->left,
                       high_edge = by_y ? area->bottom : area->right;
    if (length > 0) {
        low = (from - 128 + 255 + lift) / 256 - lift / 256;
        high = (from + length - 128 + 255 + lift) / 256 - lift / 256;
    } else {
        low = (from + length - 128 + lift) / 256 - lift / 256 + 1;
        high = (from - 128 + lift) / 256 - lift / 256 + 1;
    }
    low = low > low_edge ? low : low_edge;
    high = high < high_edge ? high : high_edge;
    float unit = 1.0f / (float)length;
    w3d_f4 step = w3d_f4_mul(w3d_f4_splat(256.0f * unit),
                             by_y ? w3d_f4_set(0, 0, 1, 1) : w3d_f4_set(0, 1, 0, 1));
    for (int32_t i = low; i < high; i++) {
        int64_t along = (int64_t)i * 256 + 128 - from;
        int64_t place = (int64_t)across * length + along * side; /* times length */
        int64_t scale = (int64_t)length * 256;
        if (scale < 0) place = -place, scale = -scale;
        int32_t other = (int32_t)(place >= 0 ? place / scale : -((-place + scale - 1) / scale));
        int32_t at[2], pixel[2];
        pixel[0] = by_y ? other : i;
        pixel[1] = by_y ? i : other;
        if (pixel[0] < area->left || pixel[1] < area->top || pixel[0] >= area->right ||
            pixel[1] >= area->bottom)
            continue;
        at[0] = pixel[0] & ~1;
        at[1] = pixel[1] & ~1;
        w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], weight[2];
        w3d_f4 lane = w3di_gpu_soft_lane(pixel[0], pixel[1]);
        for (uint32_t s = 0; s < area->samples; s++) cover[s] = lane;
        int32_t first = (i & ~1) * 256 + 128 - from;
        weight[0] = w3d_f4_add(w3d_f4_splat((float)first * unit), step);
        weight[1] = w3d_f4_zero();
        w3di_gpu_soft_covered(draw, at, cover, lane, weight);
    }
}

/* The samples within half a pixel of the vertex; left and top edges are in. */
static inline void w3di_gpu_soft_point_draw(w3di_gpu_soft_draw *draw,
                                            const w3di_gpu_soft_vertex *vertex, const float *row)
{
    const w3di_soft_raster_area *area = &draw->area;
    const w3di_gpu_soft_vertex *v[2];
    const float *rows[2];
    const int32_t lift = 1 << 23;
    v[0] = v[1] = vertex;
    rows[0] = rows[1] = row;
    w3di_gpu_soft_begin_thin(draw, v, rows);
    int32_t left = (vertex->x - 128 + lift) / 256 - lift / 256 - 1,
            top = (vertex->y - 128 + lift) / 256 - lift / 256 - 1;
    for (int32_t y = top & ~1; y <= top + 2; y += 2)
        for (int32_t x = left & ~1; x <= left + 2; x += 2) {
            w3d_f4 cover[W3D_SOFT_RASTER_MAX_SAMPLES], any = w3d_f4_zero(), weight[2];
            int32_t at[2];
            if (x + 2 <= area->left || y + 2 <= area->top || x >= area->right || y >= area->bottom)
                continue;
            for (uint32_t s = 0; s < area->samples; s++) {
                w3d_i4 far_x = w3d_i4_splat(x * 256 + 128 + area->sample_x[s] - vertex->x),
                       far_y = w3d_i4_splat(y * 256 + 128 + area->sample_y[s] - vertex->y);
                far_x = w3d_i4_add(far_x, w3d_i4_set(0, 256, 0, 256));
                far_y = w3d_i4_add(far_y, w3d_i4_set(0, 0, 256, 256));
                w3d_i4 low = w3d_i4_splat(-129), high = w3d_i4_splat(128);
                w3d_i4 in =
                    w3d_i4_and(w3d_i4_and(w3d_i4_less(low, far_x), w3d_i4_less(far_x, high)),
                               w3d_i4_and(w3d_i4_less(low, far_y), w3d_i4_less(far_y, high)));
                cover[s] = w3d_f4_bits_i4(in);
                any = w3d_f4_or(any, cover[s]);
            }
            if (!w3d_f4_mask(any)) continue;
            at[0] = x;
            at[1] = y;
            weight[0] = weight[1] = w3d_f4_zero();
            w3di_gpu_soft_covered(draw, at, cover, w3di_soft_raster_all(), weight);
        }
}

#endif /* W3D_GPU_SOFT_RASTER_H */
