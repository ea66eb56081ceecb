/* gpu_soft_vertex.h - from indices to primitives on the screen: vertices fetched, shaded sixteen at a time,
 * put together and clipped; private.
 *
 * Indices of a run of draws are gathered into chunks: every vertex gets a slot, found again by a small
 * table while the same instance is drawn. A full chunk is shaded and then drawn in order. */
#ifndef W3D_GPU_SOFT_VERTEX_H
#define W3D_GPU_SOFT_VERTEX_H

#include "gpu/gpu_soft_raster.h"

enum { W3DI_GPU_SOFT_OUT = 63, W3DI_GPU_SOFT_NO_W = 64, W3DI_GPU_SOFT_NOT_FINITE = 128 };

/* ---- shading ---- */

/* The attributes of up to sixteen slots from `first`. */
static inline void w3di_gpu_soft_fetch_attributes(w3di_gpu_soft_draw *draw, uint32_t first,
                                                  uint32_t count)
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    for (uint32_t i = 0; i < p->attribute_count; i++) {
        const w3di_gpu_soft_attribute *a = &p->attributes[i];
        w3d_shader_lanes *out = draw->vertex_in + 4 * a->location;
        const uint8_t *bytes = draw->buffers[a->buffer];
        uint32_t size = w3di_gpu_vertex_size(a->format), stride = p->strides[a->buffer];
        uint32_t limit = draw->buffer_sizes[a->buffer], words = a->format <= W3D_GPU_INT4;
        const uint32_t *rows = p->per_instance >> a->buffer & 1 ? draw->slot_element + first
                                                                : draw->slot_index + first;
        for (uint32_t lane = 0; lane < count; lane++) {
            uint64_t at = (uint64_t)rows[lane] * stride + a->offset;
            uint32_t value[4] = { 0, 0, 0, 0 };
            if (at + size <= limit) {
                if (words) {
                    value[3] = w3di_gpu_soft_one(a->format);
                    for (uint32_t k = 0; k < size / 4; k++)
                        value[k] = w3di_gpu_soft_u32(bytes + at + 4 * k);
                } else
                    w3di_gpu_soft_attribute_read(a->format, bytes + at, value);
            }
            for (uint32_t k = 0; k < 4; k++) out[k].u[lane] = value[k];
        }
    }
}

/* Puts four shaded vertices on the screen and says where they are outside. */
static inline void w3di_gpu_soft_settle(w3di_gpu_soft_draw *draw, const w3d_f4 clip[4],
                                        w3di_gpu_soft_vertex out[4])
{
    w3d_f4 finite = w3di_soft_raster_all(), largest = w3d_f4_splat(FLT_MAX), depth, inverse_w;
    w3d_i4 place[2];
    int32_t x[4], y[4];
    float z[4], w[4];
    int outside[6], no_w, sound;
    for (int i = 0; i < 4; i++)
        finite = w3d_f4_and(finite, w3d_f4_lesseq(w3d_f4_abs(clip[i]), largest));
    for (int i = 0; i < 6; i++) {
        w3d_f4 border = w3d_f4_mul(clip[3], w3d_f4_splat(draw->planes.slope[i]));
        w3d_f4 in = draw->planes.sign[i] > 0.0f ? w3d_f4_lesseq(border, clip[draw->planes.axis[i]])
                                                : w3d_f4_lesseq(clip[draw->planes.axis[i]], border);
        outside[i] = ~w3d_f4_mask(in);
    }
    sound = w3d_f4_mask(finite);
    no_w = ~w3d_f4_mask(w3d_f4_lesseq(w3d_f4_splat(1e-30f), clip[3]));
    w3di_soft_raster_place(&draw->pass->viewport, clip, place, &depth, &inverse_w);
    w3d_i4_store(x, place[0]);
    w3d_i4_store(y, place[1]);
    w3d_f4_store(z, depth);
    w3d_f4_store(w, inverse_w);
    for (int lane = 0; lane < 4; lane++) {
        uint32_t flags = sound >> lane & 1 ? 0 : (uint32_t)W3DI_GPU_SOFT_NOT_FINITE;
        if (no_w >> lane & 1) flags |= W3DI_GPU_SOFT_NO_W;
        for (int i = 0; i < 6; i++) flags |= (uint32_t)(outside[i] >> lane & 1) << i;
        out[lane].x = x[lane];
        out[lane].y = y[lane];
        out[lane].depth = z[lane];
        out[lane].inverse_w = w[lane];
        out[lane].flags = flags;
    }
}

static inline void w3di_gpu_soft_shade_slots(w3di_gpu_soft_draw *draw, uint32_t first,
                                             uint32_t count)
{
    const w3di_gpu_soft_pipeline *p = draw->pipeline;
    w3d_shader_group *group = &draw->vertex;
    for (uint32_t lane = 0; lane < W3D_SHADER_LANES; lane++) {
        uint32_t slot = first + (lane < count ? lane : 0);
        group->vertex_index.u[lane] = draw->slot_index[slot];
        group->instance_index.u[lane] = draw->slot_instance[slot];
        group->mask.u[lane] = lane < count ? 0xFFFFFFFFu : 0;
    }
    w3di_gpu_soft_fetch_attributes(draw, first, count);
    w3d_shader_run(p->code[W3D_SHADER_VERTEX], group);
    for (uint32_t quad = 0; 4 * quad < count; quad++) {
        w3d_f4 clip[4];
        float *rows = draw->rows + (size_t)(first + 4 * quad) * draw->row_floats;
        for (int i = 0; i < 4; i++) clip[i] = group->position[i].f[quad];
        w3di_gpu_soft_settle(draw, clip, draw->vertices + first + 4 * quad);
        w3d_f4_transpose(&clip[0], &clip[1], &clip[2], &clip[3]);
        for (uint32_t i = 0; i < 4; i++) w3d_f4_store(rows + i * draw->row_floats, clip[i]);
        for (uint32_t k = 0; k < p->varying_count; k += 4) {
            w3d_f4 part[4];
            for (uint32_t i = 0; i < 4; i++)
                part[i] = k + i < p->varying_count
                              ? draw->vertex_out[p->varyings[k + i].place].f[quad]
                              : w3d_f4_zero();
            w3d_f4_transpose(&part[0], &part[1], &part[2], &part[3]);
            for (uint32_t i = 0; i < 4; i++)
                w3d_f4_store(rows + i * draw->row_floats + 4 + k, part[i]);
        }
    }
}

/* ---- clipping ---- */

/* Keeps the bits of flat varyings: those of the first vertex. */
static inline void w3di_gpu_soft_keep_flat(const w3di_gpu_soft_pipeline *p, float *corners,
                                           int count, uint32_t floats, const float *first)
{
    for (uint32_t k = 0; k < p->varying_count; k++)
        if (p->varyings[k].flat)
            for (int i = 0; i < count; i++)
                w3d_copy(corners + (uint32_t)i * floats + 4 + k, first + 4 + k, sizeof(float));
}

/* Puts up to four corners that were cut on the screen. */
static inline void w3di_gpu_soft_settle_rows(w3di_gpu_soft_draw *draw, const float *rows,
                                             uint32_t floats, uint32_t count,
                                             w3di_gpu_soft_vertex out[4])
{
    w3d_f4 clip[4];
    for (uint32_t i = 0; i < 4; i++)
        clip[i] = w3d_f4_load(rows + (i < count ? i : count - 1) * floats);
    w3d_f4_transpose(&clip[0], &clip[1], &clip[2], &clip[3]);
    w3di_gpu_soft_settle(draw, clip, out);
}

/* Cuts a triangle that reaches over a plane and draws what is left as a fan. */
static inline void w3di_gpu_soft_clip(w3di_gpu_soft_draw *draw, const float *const rows[3])
{
    enum { CORNERS = W3DI_SOFT_RASTER_CORNERS, ROW = W3DI_GPU_SOFT_ROW };
    float polygon[CORNERS * ROW], scratch[CORNERS * ROW];
    w3di_gpu_soft_vertex vertices[CORNERS + 3];
    uint32_t floats = draw->row_floats;
    int count = 3;
    for (uint32_t i = 0; i < 3; i++)
        w3d_copy(polygon + i * floats, rows[i], floats * sizeof(float));
    for (int plane = 0; plane < 6 && count >= 3; plane++)
        count = w3di_soft_raster_cut_by(&draw->planes, plane, polygon, scratch, count, floats);
    if (count < 3) return;
    w3di_gpu_soft_keep_flat(draw->pipeline, polygon, count, floats, rows[0]);
    for (uint32_t i = 0; i < (uint32_t)count; i += 4)
        w3di_gpu_soft_settle_rows(draw, polygon + i * floats, floats, (uint32_t)count - i,
                                  vertices + i);
    for (int i = 2; i < count; i++) {
        const w3di_gpu_soft_vertex *v[3];
        const float *corners[3];
        v[0] = &vertices[0], v[1] = &vertices[i - 1], v[2] = &vertices[i];
        corners[0] = polygon;
        corners[1] = polygon + (uint32_t)(i - 1) * floats;
        corners[2] = polygon + (uint32_t)i * floats;
        w3di_gpu_soft_triangle_draw(draw, v, corners);
    }
}

/* Cuts a line. */
static inline void w3di_gpu_soft_clip_line(w3di_gpu_soft_draw *draw, const float *const rows[2])
{
    enum { ROW = W3DI_GPU_SOFT_ROW };
    float line[2 * ROW];
    w3di_gpu_soft_vertex vertices[4];
    uint32_t floats = draw->row_floats;
    const w3di_gpu_soft_vertex *v[2];
    const float *corners[2];
    double from = 0.0, to = 1.0;
    for (int plane = 0; plane < 6; plane++) {
        double a = w3di_soft_raster_distance(&draw->planes, plane, rows[0]);
        double b = w3di_soft_raster_distance(&draw->planes, plane, rows[1]);
        if (a < 0.0 && b < 0.0) return;
        if (a < 0.0 && a / (a - b) > from) from = a / (a - b);
        if (b < 0.0 && a / (a - b) < to) to = a / (a - b);
    }
    if (from >= to) return;
    for (uint32_t k = 0; k < floats; k++) {
        double a = (double)rows[0][k], b = (double)rows[1][k];
        line[k] = (float)(a + (b - a) * from);
        line[floats + k] = (float)(a + (b - a) * to);
    }
    w3di_gpu_soft_keep_flat(draw->pipeline, line, 2, floats, rows[0]);
    w3di_gpu_soft_settle_rows(draw, line, floats, 2, vertices);
    v[0] = &vertices[0], v[1] = &vertices[1];
    corners[0] = line, corners[1] = line + floats;
    w3di_gpu_soft_line_draw(draw, v, corners);
}

/* ---- chunks ---- */

static inline void w3di_gpu_soft_primitive_draw(w3di_gpu_soft_draw *draw, const uint16_t slots[3],
                                                uint32_t corners)
{
    const w3di_gpu_soft_vertex *v[3];
    const float *rows[3];
    uint32_t any = 0, all = W3DI_GPU_SOFT_OUT;
    for (uint32_t k = 0; k < corners; k++) {
        v[k] = &draw->vertices[slots[k]];
        any |= v[k]->flags;
        all &= v[k]->flags;
        rows[k] = draw->rows + (size_t)slots[k] * draw->row_floats;
    }
    if ((any & W3DI_GPU_SOFT_NOT_FINITE) || all) return;
    if (corners == 3) {
        if (any)
            w3di_gpu_soft_clip(draw, rows);
        else
            w3di_gpu_soft_triangle_draw(draw, v, rows);
    } else if (corners == 2) {
        if (any)
            w3di_gpu_soft_clip_line(draw, rows);
        else
            w3di_gpu_soft_line_draw(draw, v, rows);
    } else if (!any)
        w3di_gpu_soft_point_draw(draw, v[0], rows[0]);
}

W3D_INLINE uint32_t w3di_gpu_soft_corners(uint32_t topology)
{
    return topology <= W3D_GPU_TRIANGLE_STRIP ? 3 : topology <= W3D_GPU_LINE_STRIP ? 2 : 1;
}

static inline void w3di_gpu_soft_flush_chunk(w3di_gpu_soft_draw *draw)
{
    uint32_t corners = w3di_gpu_soft_corners(draw->pipeline->topology);
    if (draw->primitive_count)
        for (uint32_t i = 0; i < draw->slot_count; i += W3D_SHADER_LANES) {
            uint32_t count = draw->slot_count - i;
            w3di_gpu_soft_shade_slots(
                draw, i, count < W3D_SHADER_LANES ? count : (uint32_t)W3D_SHADER_LANES);
        }
    for (uint32_t i = 0; i < draw->primitive_count; i++)
        w3di_gpu_soft_primitive_draw(draw, draw->primitives[i], corners);
    draw->slot_count = draw->primitive_count = 0;
    draw->tag++;
}

/* The slot of a vertex; there is room. */
W3D_INLINE uint16_t w3di_gpu_soft_slot(w3di_gpu_soft_draw *draw, uint32_t index)
{
    w3di_gpu_soft_entry *entry = &draw->cache[index & (W3DI_GPU_SOFT_CACHE - 1)];
    if (entry->tag == draw->tag && entry->index == index) return (uint16_t)entry->slot;
    uint32_t slot = draw->slot_count++;
    draw->slot_index[slot] = index;
    draw->slot_instance[slot] = draw->instance;
    draw->slot_element[slot] = draw->element;
    entry->index = index;
    entry->tag = draw->tag;
    entry->slot = slot;
    return (uint16_t)slot;
}

W3D_INLINE void w3di_gpu_soft_primitive(w3di_gpu_soft_draw *draw, const uint32_t index[3],
                                        uint32_t corners)
{
    if (draw->slot_count + 3 > W3DI_GPU_SOFT_SLOTS ||
        draw->primitive_count == W3DI_GPU_SOFT_PRIMITIVES)
        w3di_gpu_soft_flush_chunk(draw);
    uint16_t *slots = draw->primitives[draw->primitive_count++];
    for (uint32_t k = 0; k < corners; k++) slots[k] = w3di_gpu_soft_slot(draw, index[k]);
}

/* ---- a draw ---- */

typedef struct w3di_gpu_soft_call {
    const uint8_t *indices; /* NULL: vertices in order */
    uint32_t index_size, count, first, base_vertex, restart;
} w3di_gpu_soft_call;

/* Vertex `i` of a call; 0 where a strip begins anew. */
W3D_INLINE int w3di_gpu_soft_index(const w3di_gpu_soft_call *call, uint32_t i, uint32_t *index)
{
    uint32_t value = call->first + i;
    if (call->indices) {
        value = call->index_size == 2 ? w3di_gpu_soft_u16(call->indices + 2 * (size_t)i)
                                      : w3di_gpu_soft_u32(call->indices + 4 * (size_t)i);
        if (call->restart && value == (call->index_size == 2 ? 0xFFFFu : 0xFFFFFFFFu)) return 0;
        value += call->base_vertex;
    }
    *index = value;
    return 1;
}

/* One instance of a call. */
static inline void w3di_gpu_soft_call_draw(w3di_gpu_soft_draw *draw, w3di_gpu_soft_call *call)
{
    uint32_t topology = draw->pipeline->topology, corners = w3di_gpu_soft_corners(topology);
    uint32_t index[3] = { 0, 0, 0 }, held = 0;
    int strip = topology == W3D_GPU_TRIANGLE_STRIP || topology == W3D_GPU_LINE_STRIP;
    draw->tag++;
    call->restart = (uint32_t)strip;
    if (!strip) {
        for (uint32_t i = 0; i + corners <= call->count; i += corners) {
            for (uint32_t k = 0; k < corners; k++) w3di_gpu_soft_index(call, i + k, &index[k]);
            w3di_gpu_soft_primitive(draw, index, corners);
        }
        return;
    }
    uint32_t before[2] = { 0, 0 };
    for (uint32_t i = 0; i < call->count; i++) {
        uint32_t value;
        if (!w3di_gpu_soft_index(call, i, &value)) {
            held = 0;
            continue;
        }
        if (held + 1 >= corners) { /* every second triangle the other way round */
            uint32_t odd = corners == 3 && ((held + 1 - corners) & 1);
            index[0] = before[3 - corners];
            index[1] = odd ? value : corners == 3 ? before[1] : value;
            index[2] = odd ? before[1] : value;
            w3di_gpu_soft_primitive(draw, index, corners);
        }
        before[0] = before[1];
        before[1] = value;
        held++;
    }
}

#endif /* W3D_GPU_SOFT_VERTEX_H */
