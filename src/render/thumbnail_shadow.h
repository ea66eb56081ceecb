/* thumbnail_shadow.h - the thumbnail's two maps: what the key light reaches, and what is dark
 * because something stands close above the floor; private.
 *
 * Both start as depth maps drawn by the rasteriser. The key light's is asked with a window of 5x5
 * texels, which softens edges. The other is seen from under the floor, turned into nearness and
 * blurred. All lengths are those of the unit sphere that holds the scene. */
#ifndef W3D_THUMBNAIL_SHADOW_H
#define W3D_THUMBNAIL_SHADOW_H

#include "core/simd.h"
#include "core/vec.h"

enum {
    W3DI_THUMBNAIL_SHADOW_SIDE = 1024, /* texels of the key light's map                       */
    W3DI_THUMBNAIL_SHADOW_FLOOR = 128, /* texels of the floor's map                           */
    W3DI_THUMBNAIL_SHADOW_BLUR = 4     /* texels it is smeared to either side, three times    */
};

typedef struct w3di_thumbnail_shadow_maps {
    const float *key;     /* [SIDE][SIDE] depth from the light       */
    const float *contact; /* [FLOOR][FLOOR] darkness 0..1            */
    w3d_mat4 to_key;      /* unit sphere to the light's clip space   */
    w3d_mat4 to_floor;    /* ... and to that of the view from below  */
} w3di_thumbnail_shadow_maps;

/* Places both views: the light's in direction `to`, and one from under the floor at height `y`,
 * where depth grows by 0.4 a length, from 0.01. */
static inline void w3di_thumbnail_shadow_place(w3di_thumbnail_shadow_maps *maps, w3d_vec3 to,
                                               float y)
{
    const w3d_vec3 up = { 0.0f, 1.0f, 0.0f };
    w3d_mat4 view = w3d_mat4_look_at(w3d_vec3_scale(to, 2.0f), w3d_vec3_splat(0.0f), up);
    w3d_mat4 projection = w3d_mat4_orthographic(2.04f, 2.04f, 0.9f, 3.1f);
    maps->to_key = w3d_mat4_multiply(&projection, &view);
    maps->to_floor = w3d_mat4_identity();
    maps->to_floor.m[0] = maps->to_floor.m[9] = 1.0f / 1.6f;
    maps->to_floor.m[5] = maps->to_floor.m[10] = 0.0f;
    maps->to_floor.m[6] = 0.4f;
    maps->to_floor.m[14] = 0.01f - y * 0.4f;
}

/* The part of a 5x5 window around a place, in texels, whose texels the light reaches; the window
 * cuts those at its border. Outside the map, and beyond its depth, all is lit. */
static inline float w3di_thumbnail_shadow_window(const float *map, float x, float y, float depth)
{
    const float side = (float)W3DI_THUMBNAIL_SHADOW_SIDE;
    float sum = 0.0f;
    x -= 3.0f; /* the window's corner, and half a texel to where depths were taken */
    y -= 3.0f;
    if (!(x >= 0.0f && x < side - 6.0f && y >= 0.0f && y < side - 6.0f && depth < 1.0f))
        return 1.0f;
    int left = (int)x, top = (int)y;
    float part_x = x - (float)left, part_y = y - (float)top;
    for (int row = 0; row < 6; row++) {
        const float *texel = map + (size_t)(top + row) * W3DI_THUMBNAIL_SHADOW_SIDE + left;
        float lit = texel[0] >= depth ? 1.0f - part_x : 0.0f;
        for (int i = 1; i < 5; i++) lit += texel[i] >= depth ? 1.0f : 0.0f;
        lit += texel[5] >= depth ? part_x : 0.0f;
        sum += lit * (row == 0 ? 1.0f - part_y : row == 5 ? part_y : 1.0f);
    }
    return sum * (1.0f / 25.0f);
}

/* How much of the key light reaches four places, in the lanes of `mask`; 1 in the others. */
static inline w3d_f4 w3di_thumbnail_shadow_lit(const w3di_thumbnail_shadow_maps *maps,
                                        const w3d_f4 place[3], w3d_f4 mask)
{
    const float half = 0.5f * (float)W3DI_THUMBNAIL_SHADOW_SIDE;
    const float *m = maps->to_key.m;
    float at[3][4], lit[4];
    int lanes = w3d_f4_mask(mask);
    for (int k = 0; k < 3; k++) {
        w3d_f4 sum = w3d_f4_splat(m[12 + k]);
        for (int i = 0; i < 3; i++)
            sum = w3d_f4_add(sum, w3d_f4_mul(place[i], w3d_f4_splat(m[4 * i + k])));
        if (k < 2)
            sum = w3d_f4_add(w3d_f4_mul(sum, w3d_f4_splat(k ? -half : half)), w3d_f4_splat(half));
        w3d_f4_store(at[k], sum);
    }
    for (int i = 0; i < 4; i++)
        lit[i] = lanes >> i & 1
                     ? w3di_thumbnail_shadow_window(maps->key, at[0][i], at[1][i], at[2][i])
                     : 1.0f;
    return w3d_f4_load(lit);
}

/* Averages along rows (step 1) or columns (step FLOOR), from one map into another. */
static inline void w3di_thumbnail_shadow_blur(const float *src, float *dst, size_t step)
{
    const int side = W3DI_THUMBNAIL_SHADOW_FLOOR, reach = W3DI_THUMBNAIL_SHADOW_BLUR;
    const size_t across = step == 1 ? (size_t)side : 1;
    for (int line = 0; line < side; line++)
        for (int i = 0; i < side; i++) {
            float sum = 0.0f;
            for (int k = i - reach; k <= i + reach; k++)
                if (k >= 0 && k < side) sum += src[(size_t)line * across + (size_t)k * step];
            dst[(size_t)line * across + (size_t)i * step] = sum / (float)(2 * reach + 1);
        }
}

/* Turns depths seen from under the floor into darkness: what stands less than 0.45 above it.
 * `spare` is as large as the map. */
static inline void w3di_thumbnail_shadow_soften(float *map, float *spare)
{
    const size_t side = W3DI_THUMBNAIL_SHADOW_FLOOR;
    for (size_t i = 0; i < side * side; i++) {
        float nearness = w3d_math_max(1.0f - (map[i] - 0.01f) * (2.5f / 0.45f), 0.0f);
        map[i] = nearness * nearness;
    }
    for (int i = 0; i < 3; i++) {
        w3di_thumbnail_shadow_blur(map, spare, 1);
        w3di_thumbnail_shadow_blur(spare, map, side);
    }
}

/* Darkness at a place on the floor, between the four nearest texels; 0 outside the map. */
static inline float w3di_thumbnail_shadow_contact(const w3di_thumbnail_shadow_maps *maps, float x,
                                                  float z)
{
    const float side = (float)W3DI_THUMBNAIL_SHADOW_FLOOR, half = side * 0.5f;
    float column = x * (half * maps->to_floor.m[0]) + half - 0.5f;
    float row = half - z * (half * maps->to_floor.m[9]) - 0.5f;
    if (!(column >= 0.0f && column < side - 1.0f && row >= 0.0f && row < side - 1.0f)) return 0.0f;
    int left = (int)column, top = (int)row;
    const float *texel = maps->contact + (size_t)top * W3DI_THUMBNAIL_SHADOW_FLOOR + left;
    const float *below = texel + W3DI_THUMBNAIL_SHADOW_FLOOR;
    column -= (float)left;
    return w3d_math_lerp(w3d_math_lerp(texel[0], texel[1], column),
                         w3d_math_lerp(below[0], below[1], column), row - (float)top);
}

#endif /* W3D_THUMBNAIL_SHADOW_H */
