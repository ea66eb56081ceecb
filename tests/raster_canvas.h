/* raster_canvas.h - targets, triangles and fragment functions the rasteriser's tests share. */
#ifndef RASTER_CANVAS_H
#define RASTER_CANVAS_H

#include "test.h"

#include "gpu/soft_raster.h"

/* A target with memory of exactly the size asked for. */
typedef struct canvas {
    w3d_soft_raster_target target;
    void *block;
} canvas;

static inline canvas canvas_make(uint32_t width, uint32_t height, uint32_t samples,
                                 w3d_soft_raster_color color, w3d_soft_raster_depth depth)
{
    w3d_soft_raster_target_desc desc = { width, height, samples, color, depth };
    canvas c;
    size_t size = w3d_soft_raster_size(&desc);
    c.block = malloc(size);
    CHECK(c.block && w3d_soft_raster_init(&c.target, &desc, c.block, size) == W3D_OK);
    w3d_soft_raster_clear(&c.target, NULL, 1.0f);
    return c;
}

/* One sample's colour as it is stored. */
static inline uint32_t stored_color(const w3d_soft_raster_target *target, uint32_t x, uint32_t y,
                                    uint32_t s)
{
    size_t quad = (size_t)(y / 2) * target->quads_per_row + x / 2;
    return (uint32_t)target->colors[(quad * target->samples + s) * 4 + (y % 2) * 2 + x % 2];
}

static inline w3d_soft_raster_draw_desc draw_make(const float *vertices, uint32_t vertex_count,
                                                  uint32_t varying_count)
{
    w3d_soft_raster_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.vertices = vertices;
    draw.vertex_count = draw.index_count = vertex_count;
    draw.varying_count = varying_count;
    return draw;
}

/* Fragment functions: a colour from `user`, and the varyings as colour. */
static inline void paint(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    const float *color = (const float *)quad->user;
    out->red = w3d_f4_splat(color[0]);
    out->green = w3d_f4_splat(color[1]);
    out->blue = w3d_f4_splat(color[2]);
    out->alpha = w3d_f4_splat(color[3]);
}
static inline void show_varyings(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    out->red = quad->varyings[0];
    out->green = quad->varyings[1];
    out->blue = quad->varyings[2];
    out->alpha = w3d_f4_splat(1.0f);
}

/* A place in 1/256 pixel of a target with sides that are powers of two: exact in every step. */
static inline void put_corner(float *row, int64_t x, int64_t y, uint32_t side)
{
    double half = (double)side * 128.0;
    row[0] = (float)(((double)x - half) / half);
    row[1] = (float)((half - (double)y) / half);
    row[2] = 0.5f;
    row[3] = 1.0f;
}

/* Two triangles over everything, at one depth. */
static inline void full_square(float rows[4][4], float depth)
{
    static const float place[4][2] = {
        { -1.0f, -1.0f }, { 1.0f, -1.0f }, { 1.0f, 1.0f }, { -1.0f, 1.0f }
    };
    for (int i = 0; i < 4; i++) {
        rows[i][0] = place[i][0];
        rows[i][1] = place[i][1];
        rows[i][2] = depth;
        rows[i][3] = 1.0f;
    }
}
static const uint32_t square_indices[6] = { 0, 1, 2, 0, 2, 3 };

static inline w3d_soft_raster_draw_desc square_draw(float rows[4][4], const float *color)
{
    w3d_soft_raster_draw_desc draw = draw_make(rows[0], 4, 0);
    draw.indices = square_indices;
    draw.index_count = 6;
    draw.fragment = paint;
    draw.user = color;
    return draw;
}

#endif /* RASTER_CANVAS_H */
