/* soft_raster.h - triangles to pixels in software, the same bits on every machine.
 *
 *     w3d_soft_raster_init(&target, &size, memory, w3d_soft_raster_size(&size));
 *     w3d_soft_raster_clear(&target, background, 1.0f);
 *     w3d_soft_raster_draw(&target, &draw);           one call a mesh, any number of them
 *     w3d_soft_raster_resolve(&target, &picture);
 *
 * A draw takes vertices in clip space and calls a fragment function for every quad of 2x2 pixels
 * a triangle touches, four lanes at once, so that derivatives are differences between lanes. The
 * rules are those of the GPU interfaces: corners snapped to 1/256 pixel, edges decided exactly in
 * integers with the top-left rule, so that a watertight mesh covers every sample once; clipping
 * at near and far; perspective-correct varyings; depth 0..1, linear on the screen; four samples
 * at the standard places, shaded once a pixel. The origin is the top left pixel's outer corner, y
 * points down; in clip space y points up.
 *
 * Source  Pineda 1988, "A Parallel Algorithm for Polygon Rasterization"; Direct3D 11.3 functional
 *         specification, sections 3.4 (rasterisation), 15.10 (clipping), 19.2 (sample places). */
#ifndef W3D_SOFT_RASTER_H
#define W3D_SOFT_RASTER_H

#include "core/simd.h"
#include "image/image_view.h"

enum {
    W3D_SOFT_RASTER_VARYINGS = 16,   /* floats a vertex carries besides its position, at most */
    W3D_SOFT_RASTER_MAX_SIDE = 8192, /* pixels of a target's width and height, at most        */
    W3D_SOFT_RASTER_MAX_SAMPLES = 4
};

/* ---- the target ---- */

/* How a target keeps colour: 8 bits each of red, green, blue and alpha, or not at all. */
typedef enum w3d_soft_raster_color {
    W3D_SOFT_RASTER_SRGB,  /* light is encoded on writing; blending and resolving work on light */
    W3D_SOFT_RASTER_UNORM, /* values are kept, blended and averaged as they come                */
    W3D_SOFT_RASTER_COLOR_NONE
} w3d_soft_raster_color;

typedef enum w3d_soft_raster_depth {
    W3D_SOFT_RASTER_DEPTH_F32,
    W3D_SOFT_RASTER_DEPTH_24, /* whole multiples of 1 / (2^24 - 1) */
    W3D_SOFT_RASTER_DEPTH_NONE
} w3d_soft_raster_depth;

typedef struct w3d_soft_raster_target_desc {
    uint32_t width, height; /* 1 .. W3D_SOFT_RASTER_MAX_SIDE */
    uint32_t samples;       /* 1 or 4; 0 means 1             */
    w3d_soft_raster_color color;
    w3d_soft_raster_depth depth;
} w3d_soft_raster_target_desc;

/* A target over the caller's memory. Read width and height; the rest is the rasteriser's: samples
 * lie in quads of 2x2 pixels, each sample's four values together. */
typedef struct w3d_soft_raster_target {
    uint32_t width, height, samples;
    w3d_soft_raster_color color;
    w3d_soft_raster_depth depth;
    uint32_t quads_per_row;
    int32_t *colors;   /* [quads][samples][4] RGBA, red in the lowest byte; or NULL */
    float *depths;     /* [quads][samples][4]; of 24 bits the multiple; or NULL     */
    const void *codes; /* tables between light and its sRGB code                    */
} w3d_soft_raster_target;

/* Bytes a target needs; 0 where the desc is outside its limits or does not fit a size_t. */
W3D_API size_t w3d_soft_raster_size(const w3d_soft_raster_target_desc *desc);

/* Makes a target in the caller's memory; it needs no release. Its contents are undefined.
 *
 *   target  out  borrows the memory as long as it is used
 *   desc    in
 *   memory  in   `size` bytes, aligned to 8, as from malloc
 *
 * Errors  W3D_ERR_ARGUMENT  a null pointer, a bad desc or misaligned memory
 *         W3D_ERR_CAPACITY  size below w3d_soft_raster_size(desc). `target` is then untouched. */
W3D_API w3d_result w3d_soft_raster_init(w3d_soft_raster_target *target,
                                        const w3d_soft_raster_target_desc *desc, void *memory,
                                        size_t size);

/* Sets every sample of a target.
 *
 *   color  in  red, green, blue, alpha, 0..1: light for an sRGB target; NULL means all zero
 *   depth  in  0..1 */
W3D_API void w3d_soft_raster_clear(w3d_soft_raster_target *target, const float color[4],
                                   float depth);

/* Writes the picture out, four samples averaged: for an sRGB target their light, otherwise their
 * stored values, to the nearest code.
 *
 *   out  out  3 or 4 channels and the target's width and height; sRGB codes or plain values
 *
 * Errors  W3D_ERR_ARGUMENT  a null pointer, other channels, another size, or a target that keeps
 *                           no colour; `out` is untouched */
W3D_API w3d_result w3d_soft_raster_resolve(const w3d_soft_raster_target *target,
                                           const w3d_image_view *out);

/* Writes depth out, 0..1.
 *
 *   sample  in   which one of each pixel, 0 .. samples - 1
 *   out     out  [height][width]
 *
 * Errors  W3D_ERR_ARGUMENT  a null pointer, no such sample, or a target that keeps no depth;
 *                           `out` is untouched */
W3D_API w3d_result w3d_soft_raster_read_depth(const w3d_soft_raster_target *target, uint32_t sample,
                                              float *out);

/* ---- fragments ---- */

/* What a fragment function is given: four pixels, top left, top right, bottom left, bottom right.
 * Lanes outside the mask hold the triangle's plane carried on, for derivatives; a depth and
 * varyings there may be any number, infinite or NaN. */
typedef struct w3d_soft_raster_quad {
    w3d_f4 x, y;      /* the pixel centres on the target: 0.5, 1.5, ...                  */
    w3d_f4 depth;     /* at the centres, before rounding to 24 bits                      */
    w3d_f4 inverse_w; /* 1 / w, linear on the screen                                     */
    w3d_f4 mask;      /* all ones in the lanes that are visible in some sample           */
    w3d_f4 varyings[W3D_SOFT_RASTER_VARYINGS]; /* [varying_count] are set                */
    uint32_t triangle; /* index_count / 3 of them in a draw, counted from 0               */
    int front;         /* 1 where the triangle shows its front                            */
    const void *user;  /* the draw's                                                      */
} w3d_soft_raster_quad;

/* What it gives back. `keep` starts as all ones; lanes set to zero are discarded. */
typedef struct w3d_soft_raster_fragment {
    w3d_f4 red, green, blue, alpha; /* clamped to 0..1; NaN becomes 0 */
    w3d_f4 keep;
} w3d_soft_raster_fragment;

typedef void (*w3d_soft_raster_function)(const w3d_soft_raster_quad *quad,
                                         w3d_soft_raster_fragment *out);

/* ---- drawing ---- */

typedef enum w3d_soft_raster_compare { /* new depth (this) stored depth: passes */
                                       W3D_SOFT_RASTER_LESS,
                                       W3D_SOFT_RASTER_LESS_EQUAL,
                                       W3D_SOFT_RASTER_EQUAL,
                                       W3D_SOFT_RASTER_NOT_EQUAL,
                                       W3D_SOFT_RASTER_GREATER,
                                       W3D_SOFT_RASTER_GREATER_EQUAL,
                                       W3D_SOFT_RASTER_ALWAYS,
                                       W3D_SOFT_RASTER_NEVER
} w3d_soft_raster_compare;

typedef enum w3d_soft_raster_cull {
    W3D_SOFT_RASTER_CULL_NONE,
    W3D_SOFT_RASTER_CULL_BACK,
    W3D_SOFT_RASTER_CULL_FRONT
} w3d_soft_raster_cull;

typedef enum w3d_soft_raster_blend { /* s the new colour, d the stored one, a the new alpha */
                                     W3D_SOFT_RASTER_REPLACE, /* s                                                    */
                                     W3D_SOFT_RASTER_OVER, /* s.rgb * a + d.rgb * (1 - a);  a + d.a * (1 - a)      */
                                     W3D_SOFT_RASTER_PREMULTIPLIED, /* s + d * (1 - a)                                      */
                                     W3D_SOFT_RASTER_ADD /* s.rgb * a + d.rgb;  a + d.a                          */
} w3d_soft_raster_blend;

typedef struct w3d_soft_raster_viewport {
    float x, y, width, height;  /* pixels; -32768..32768, width and height above 0 */
    float min_depth, max_depth; /* 0..1 */
} w3d_soft_raster_viewport;

typedef struct w3d_soft_raster_rectangle {
    uint32_t x, y, width, height; /* pixels */
} w3d_soft_raster_rectangle;

/* Zero is the default everywhere but in the first four: all of the target, opaque, both sides,
 * the nearest wins. */
typedef struct w3d_soft_raster_draw_desc {
    const float *vertices;   /* [vertex_count] rows: clip x y z w, then the varyings       */
    const uint32_t *indices; /* [index_count], each < vertex_count; NULL: 0, 1, 2 ...      */
    uint32_t vertex_count;
    uint32_t index_count;   /* multiple of 3 */
    uint32_t varying_count; /* up to W3D_SOFT_RASTER_VARYINGS */
    uint32_t stride;        /* bytes from row to row, multiple of 4; 0: packed */
    uint32_t flat_varyings; /* bit k: varying k is the first corner's, its bits kept */
    int centroid;           /* 1: where a pixel's centre is outside the triangle, varyings */
                            /* are taken at its first covered sample                       */
    w3d_soft_raster_viewport viewport; /* all zero: the target, depth 0..1 */
    w3d_soft_raster_rectangle scissor; /* all zero: the target; cut to it otherwise */
    uint32_t first_row, end_row;       /* rows this call may touch, both even, so that threads  */
                                       /* may share a target by bands; end_row 0: to the end    */
    w3d_soft_raster_cull cull;
    int front_clockwise; /* 1: the front is clockwise as seen    */
    w3d_soft_raster_compare compare;
    int depth_keep;         /* 1: depth is tested but not written   */
    float depth_bias;       /* steps of the depth format, added     */
    float depth_bias_slope; /* times the steeper slope a pixel, added */
    w3d_soft_raster_blend blend;
    w3d_soft_raster_function fragment; /* NULL: depth only                     */
    const void *user;                  /* for the fragment function            */
} w3d_soft_raster_draw_desc;

/* Draws triangles, in order.
 *
 *   target  in/out
 *   draw    in      vertices, indices and `user` are borrowed for the call
 *
 * Range   A triangle with a NaN or infinite corner, or of no area after snapping, is left out. Any
 *         finite coordinates are drawn, w = 0 and below clipped. Pixels outside the viewport are
 *         not touched.
 * Errors  W3D_ERR_ARGUMENT  a null pointer, a count, stride or viewport outside its range
 *         W3D_ERR_INDEX     an index >= vertex_count. On any error the target is untouched.
 * Cost    No memory but 4 KiB of stack. Depth is tested before the fragment function is called.
 * Thread  Targets are independent; draws into one target may run at once if their bands of rows
 *         do not meet, and give the same bits as one draw of all rows. */
W3D_API w3d_result w3d_soft_raster_draw(w3d_soft_raster_target *target,
                                        const w3d_soft_raster_draw_desc *draw);

#endif /* W3D_SOFT_RASTER_H */
