/* gpu_soft_texture.h - the texture unit: levels, filters, wraps, cubes, comparison; private.
 *
 * Levels of detail are found per quad, texels are fetched lane by lane, four channels at once. */
#ifndef W3D_GPU_SOFT_TEXTURE_H
#define W3D_GPU_SOFT_TEXTURE_H

#include "gpu/gpu_soft_format.h"

/* One lane's question: where, in which levels. */
typedef struct w3di_gpu_soft_look {
    const w3di_gpu_soft_texture *texture;
    const w3di_gpu_soft_sampler *sampler;
    float at[3];      /* 0..1 across the texture; of a cube on the face */
    uint32_t layer;   /* or the cube's face */
    float reference;  /* of comparisons */
    uint32_t compare; /* w3d_gpu_compare, 0: none */
} w3di_gpu_soft_look;

/* ---- texels ---- */

W3D_INLINE w3d_f4 w3di_gpu_soft_fetch(const w3di_gpu_soft_texture *texture,
                                      const w3di_gpu_soft_level *level, uint32_t x, uint32_t y,
                                      uint32_t z)
{
    return w3di_gpu_soft_texel(texture->format, texture->codes,
                               level->bytes + z * level->slice + y * level->pitch +
                                   (size_t)x * texture->bytes_per_pixel);
}

static inline int w3di_gpu_soft_compares(uint32_t compare, float reference, float value)
{
    switch (compare) {
    case W3D_GPU_LESS: return reference < value;
    case W3D_GPU_EQUAL: return reference == value;
    case W3D_GPU_LESS_EQUAL: return reference <= value;
    case W3D_GPU_GREATER: return reference > value;
    case W3D_GPU_NOT_EQUAL: return reference != value;
    case W3D_GPU_GREATER_EQUAL: return reference >= value;
    case W3D_GPU_ALWAYS: return 1;
    default: return 0;
    }
}

/* ---- cubes ---- */

/* The face a direction points at, and where on it, 0..1. Faces: +x -x +y -y +z -z. */
static inline uint32_t w3di_gpu_soft_face(const float d[3], float at[2])
{
    float x = w3d_math_abs(d[0]), y = w3d_math_abs(d[1]), z = w3d_math_abs(d[2]), s, t, m;
    uint32_t face;
    if (z >= x && z >= y) {
        face = d[2] < 0.0f ? 5 : 4;
        s = face == 5 ? -d[0] : d[0], t = -d[1], m = z;
    } else if (y >= x) {
        face = d[1] < 0.0f ? 3 : 2;
        s = d[0], t = face == 3 ? -d[2] : d[2], m = y;
    } else {
        face = d[0] < 0.0f ? 1 : 0;
        s = face == 1 ? d[2] : -d[2], t = -d[1], m = x;
    }
    at[0] = 0.5f * (s / m) + 0.5f;
    at[1] = 0.5f * (t / m) + 0.5f;
    return face;
}

/* The direction of a point on a face, -1..1; the other way round. */
static inline void w3di_gpu_soft_direction(uint32_t face, float s, float t, float d[3])
{
    switch (face) {
    case 0: d[0] = 1.0f, d[1] = -t, d[2] = -s; break;
    case 1: d[0] = -1.0f, d[1] = -t, d[2] = s; break;
    case 2: d[0] = s, d[1] = 1.0f, d[2] = t; break;
    case 3: d[0] = s, d[1] = -1.0f, d[2] = -t; break;
    case 4: d[0] = s, d[1] = -t, d[2] = 1.0f; break;
    default: d[0] = -s, d[1] = -t, d[2] = -1.0f; break;
    }
}

/* Whole numbers of floats of any size; NaN gives 0. */
W3D_INLINE int32_t w3di_gpu_soft_whole(float value)
{
    value = w3d_math_floor(value);
    return value >= -1073741824.0f ? (value <= 1073741824.0f ? (int32_t)value : 1073741824)
                                   : (value < 0.0f ? -1073741824 : 0);
}

/* ---- wraps ---- */

/* A coordinate 0..1 brought into the texture, in texels; clamped ones are kept as they are. */
W3D_INLINE float w3di_gpu_soft_turn(float at, uint32_t wrap, uint32_t side)
{
    if (wrap == W3D_GPU_CLAMP)
        at = w3d_math_clamp(at, -1.0f, 2.0f);
    else if (wrap == W3D_GPU_MIRROR) {
        float half = at * 0.5f;
        at = 2.0f * (half - w3d_math_floor(half));
        at = at > 1.0f ? 2.0f - at : at;
    } else
        at = at - w3d_math_floor(at);
    if (!(at >= -1.0f && at <= 2.0f)) at = 0.0f; /* NaN, or the difference of infinities */
    return at * (float)side;
}

W3D_INLINE uint32_t w3di_gpu_soft_wrap(int32_t i, uint32_t wrap, uint32_t side)
{
    int32_t n = (int32_t)side;
    if (i >= 0 && i < n) return (uint32_t)i;
    if (wrap == W3D_GPU_REPEAT) return (uint32_t)(i < 0 ? i + n : i - n); /* one step outside */
    return i < 0 ? 0u : side - 1u;
}

/* ---- one level ---- */

/* A texel of a cube that may lie a step outside its face. */
static inline w3d_f4 w3di_gpu_soft_cube_texel(const w3di_gpu_soft_look *look,
                                              const w3di_gpu_soft_level *level, int32_t x,
                                              int32_t y)
{
    int32_t n = (int32_t)level->width;
    uint32_t face = look->layer;
    if (x < 0 || y < 0 || x >= n || y >= n) {
        float d[3], at[2], scale = 2.0f / (float)n;
        w3di_gpu_soft_direction(face, ((float)x + 0.5f) * scale - 1.0f,
                                ((float)y + 0.5f) * scale - 1.0f, d);
        face = w3di_gpu_soft_face(d, at);
        x = w3di_gpu_soft_whole(at[0] * (float)n);
        y = w3di_gpu_soft_whole(at[1] * (float)n);
        x = x < 0 ? 0 : x >= n ? n - 1 : x;
        y = y < 0 ? 0 : y >= n ? n - 1 : y;
    }
    return w3di_gpu_soft_fetch(look->texture, level, (uint32_t)x, (uint32_t)y, face);
}

W3D_INLINE w3d_f4 w3di_gpu_soft_texel_or_test(const w3di_gpu_soft_look *look, w3d_f4 texel)
{
    if (!look->compare) return texel;
    return w3d_f4_splat(
        w3di_gpu_soft_compares(look->compare, look->reference, w3d_f4_x(texel)) ? 1.0f : 0.0f);
}

W3D_INLINE w3d_f4 w3di_gpu_soft_mix(w3d_f4 a, w3d_f4 b, float t)
{
    return w3d_f4_add(a, w3d_f4_mul(w3d_f4_sub(b, a), w3d_f4_splat(t)));
}

/* A level filtered at the look's place. */
static inline w3d_f4 w3di_gpu_soft_level_look(const w3di_gpu_soft_look *look, uint32_t mip,
                                              uint32_t filter)
{
    const w3di_gpu_soft_texture *texture = look->texture;
    const w3di_gpu_soft_level *level = &texture->levels[mip];
    uint32_t axes = texture->kind == W3D_GPU_3D ? 3 : 2, cube = texture->kind == W3D_GPU_CUBE;
    uint32_t sides[3] = { level->width, level->height, level->depth }, index[3][2];
    int32_t low[3];
    float part[3];
    for (uint32_t i = 0; i < axes; i++) {
        uint32_t wrap = cube ? (uint32_t)W3D_GPU_CLAMP : look->sampler->wrap[i];
        float at = w3di_gpu_soft_turn(look->at[i], wrap, sides[i]);
        if (filter == W3D_GPU_LINEAR) at -= 0.5f;
        low[i] = w3di_gpu_soft_whole(at);
        part[i] = at - (float)low[i];
        index[i][0] = w3di_gpu_soft_wrap(low[i], wrap, sides[i]);
        if (filter == W3D_GPU_LINEAR) index[i][1] = w3di_gpu_soft_wrap(low[i] + 1, wrap, sides[i]);
    }
    if (axes == 2) index[2][0] = index[2][1] = look->layer;
    if (filter == W3D_GPU_NEAREST)
        return w3di_gpu_soft_texel_or_test(look, w3di_gpu_soft_fetch(texture, level, index[0][0],
                                                                     index[1][0], index[2][0]));
    w3d_f4 layers[2];
    for (uint32_t z = 0; z < axes - 1; z++) {
        w3d_f4 texels[4];
        for (uint32_t k = 0; k < 4; k++) {
            if (cube)
                texels[k] = w3di_gpu_soft_cube_texel(look, level, low[0] + (int32_t)(k & 1),
                                                     low[1] + (int32_t)(k >> 1));
            else
                texels[k] = w3di_gpu_soft_fetch(texture, level, index[0][k & 1], index[1][k >> 1],
                                                index[2][z]);
            texels[k] = w3di_gpu_soft_texel_or_test(look, texels[k]);
        }
        layers[z] = w3di_gpu_soft_mix(w3di_gpu_soft_mix(texels[0], texels[1], part[0]),
                                      w3di_gpu_soft_mix(texels[2], texels[3], part[0]), part[1]);
    }
    return axes == 2 ? layers[0] : w3di_gpu_soft_mix(layers[0], layers[1], part[2]);
}

/* All that a sampler does at a level of detail. */
static inline w3d_f4 w3di_gpu_soft_lod_look(const w3di_gpu_soft_look *look, float lod)
{
    const w3di_gpu_soft_sampler *sampler = look->sampler;
    uint32_t last = look->texture->mips - 1;
    lod = w3d_math_clamp(lod, sampler->min_lod, sampler->max_lod);
    uint32_t filter = lod <= 0.0f ? sampler->magnify : sampler->minify;
    if (look->texture->format == W3D_GPU_R32UI || look->texture->format == W3D_GPU_RGBA32UI)
        filter = W3D_GPU_NEAREST;
    lod = w3d_math_clamp(lod, 0.0f, (float)last);
    if (sampler->mip == W3D_GPU_NEAREST)
        return w3di_gpu_soft_level_look(look, (uint32_t)(lod + 0.5f), filter);
    uint32_t low = (uint32_t)lod;
    float part = lod - (float)low;
    w3d_f4 first = w3di_gpu_soft_level_look(look, low, filter);
    if (part == 0.0f || low == last) return first;
    return w3di_gpu_soft_mix(first, w3di_gpu_soft_level_look(look, low + 1, filter), part);
}

/* ---- levels of detail ---- */

typedef struct w3di_gpu_soft_footprint {
    float lod;
    uint32_t samples; /* along the longer axis, of anisotropic filters */
    float along[2];   /* that axis, in coordinates */
} w3di_gpu_soft_footprint;

/* From how far the coordinates of a texture move a pixel to the right and a pixel down. */
static inline w3di_gpu_soft_footprint w3di_gpu_soft_find_lod(const w3di_gpu_soft_look *look,
                                                             const float dx[3], const float dy[3])
{
    const w3di_gpu_soft_texture *texture = look->texture;
    w3di_gpu_soft_footprint out;
    float sides[3] = { (float)texture->width, (float)texture->height, (float)texture->depth };
    float x = 0.0f, y = 0.0f;
    uint32_t axes = texture->kind == W3D_GPU_3D ? 3 : 2;
    for (uint32_t i = 0; i < axes; i++) {
        x += dx[i] * sides[i] * (dx[i] * sides[i]);
        y += dy[i] * sides[i] * (dy[i] * sides[i]);
    }
    float most = w3d_math_max(x, y), least = w3d_math_min(x, y);
    out.samples = 1;
    out.along[0] = x > y ? dx[0] : dy[0];
    out.along[1] = x > y ? dx[1] : dy[1];
    if (look->sampler->anisotropy > 1 && texture->kind != W3D_GPU_3D &&
        texture->kind != W3D_GPU_CUBE && most > 1.0f && most > least && most < 1e30f) {
        float ratio = w3d_sqrtf(most / w3d_math_max(least, 1.0f));
        float limit = (float)look->sampler->anisotropy;
        ratio = ratio < limit ? ratio : limit;
        out.samples = (uint32_t)w3d_math_ceil(ratio);
        most = most / (ratio * ratio);
    }
    out.lod = most > 0.0f ? 0.5f * w3d_math_log2(most) : -126.0f;
    return out;
}

/* The differences of a cube's directions as differences on the face of the first. */
static inline void w3di_gpu_soft_cube_difference(uint32_t face, const float at[2], const float d[3],
                                                 const float step[3], float out[3])
{
    static const uint8_t axes[6][3] = { { 2, 1, 0 }, { 2, 1, 0 }, { 0, 2, 1 },
                                        { 0, 2, 1 }, { 0, 1, 2 }, { 0, 1, 2 } };
    static const float signs[6][2] = { { -1, -1 }, { 1, -1 }, { 1, 1 },
                                       { 1, -1 },  { 1, -1 }, { -1, -1 } };
    float major = d[axes[face][2]], m = w3d_math_abs(major);
    float dm = major < 0.0f ? -step[axes[face][2]] : step[axes[face][2]];
    for (int i = 0; i < 2; i++) { /* of s / m: (ds - (s / m) dm) / m */
        float ds = signs[face][i] * step[axes[face][i]];
        out[i] = 0.5f * (ds - (2.0f * at[i] - 1.0f) * dm) / m;
    }
    out[2] = 0.0f;
}

/* ---- the calls ---- */

static inline void w3di_gpu_soft_out(const w3d_shader_sample *ask, uint32_t lane, w3d_f4 value)
{
    float v[4];
    w3d_f4_store(v, value);
    for (int i = 0; i < 4; i++) w3d_copy(&ask->out[i].u[lane], &v[i], 4);
}

/* textureLoad, of one lane: zero outside. */
static inline w3d_f4 w3di_gpu_soft_load(const w3d_shader_sample *ask,
                                        const w3di_gpu_soft_texture *texture, uint32_t lane)
{
    uint32_t mip = ask->lod ? ask->lod->u[lane] : 0, sample = 0;
    if (texture->samples > 1) {
        sample = mip;
        mip = 0;
    }
    if (mip >= texture->mips || sample >= texture->samples) return w3d_f4_zero();
    const w3di_gpu_soft_level *level = &texture->levels[mip];
    uint32_t x = ask->coordinates[0].u[lane], y = ask->coordinates[1].u[lane],
             z = texture->kind == W3D_GPU_3D ? ask->coordinates[2].u[lane]
                 : ask->layer                ? ask->layer->u[lane]
                                             : 0;
    if (x >= level->width || y >= level->height || z >= level->depth) return w3d_f4_zero();
    return w3di_gpu_soft_texel(texture->format, texture->codes,
                               level->bytes + sample * level->plane + z * level->slice +
                                   y * level->pitch + (size_t)x * texture->bytes_per_pixel);
}

static inline void w3di_gpu_soft_query(const w3d_shader_sample *ask,
                                       const w3di_gpu_soft_texture *texture)
{
    for (uint32_t lane = 0; lane < W3D_SHADER_LANES; lane++) {
        uint32_t v[4] = { 0, 0, 0, 0 };
        if (ask->call == W3DI_SHADER_CALL_TEXTURE_DIMENSIONS) {
            uint32_t mip = ask->lod ? ask->lod->u[lane] : 0;
            mip = mip < texture->mips ? mip : texture->mips - 1;
            v[0] = texture->levels[mip].width;
            v[1] = texture->levels[mip].height;
            v[2] = texture->levels[mip].depth;
        } else
            v[0] =
                ask->call == W3DI_SHADER_CALL_TEXTURE_NUM_LAYERS ? texture->depth : texture->mips;
        for (int i = 0; i < 4; i++) ask->out[i].u[lane] = v[i];
    }
}

/* A level given: a number of either kind, as small whole numbers are no floats anybody asks for. */
W3D_INLINE float w3di_gpu_soft_given_lod(const w3d_shader_lanes *lod, uint32_t lane)
{
    return lod->s[lane] > -64 && lod->s[lane] < 64 ? (float)lod->s[lane] : lod->x[lane];
}

static inline void w3di_gpu_soft_sample_quad(const w3d_shader_sample *ask, w3di_gpu_soft_look *look,
                                             uint32_t quad, uint32_t lanes)
{
    const w3di_gpu_soft_texture *texture = look->texture;
    uint32_t call = ask->call, three = texture->kind == W3D_GPU_CUBE || texture->kind == W3D_GPU_3D;
    int is_cube = texture->kind == W3D_GPU_CUBE;
    int derives = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE ||
                  call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_BIAS ||
                  call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE;
    int grad = call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_GRAD;
    w3di_gpu_soft_footprint footprint = { 0.0f, 1, { 0.0f, 0.0f } };
    w3d_f4 results[4]; /* written at the end: `out` may be where the coordinates are */
    int found = 0;
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t lane = 4 * quad + k;
        float d[3] = { 0, 0, 0 }, dx[3] = { 0, 0, 0 }, dy[3] = { 0, 0, 0 };
        if (!(lanes >> k & 1)) continue;
        for (uint32_t i = 0; i < 2 + three; i++) {
            const w3d_shader_lanes *c = &ask->coordinates[i];
            d[i] = c->x[lane];
            if (derives) {
                dx[i] = c->x[4 * quad + 1] - c->x[4 * quad];
                dy[i] = c->x[4 * quad + 2] - c->x[4 * quad];
            } else if (grad) {
                dx[i] = ask->dx[i].x[lane];
                dy[i] = ask->dy[i].x[lane];
            }
        }
        if (is_cube) {
            look->layer = w3di_gpu_soft_face(d, look->at);
        } else {
            int32_t layer = ask->layer ? ask->layer->s[lane] : 0;
            int32_t most = (int32_t)texture->depth - 1;
            look->layer = (uint32_t)(layer < 0 ? 0 : layer > most ? most : layer);
            w3d_copy(look->at, d, sizeof d);
        }
        if (grad || (derives && !found)) {
            if (is_cube) {
                float x[3], y[3], first[3], place[2];
                uint32_t face = look->layer;
                const float *from = d, *at = look->at;
                if (derives) {
                    for (int i = 0; i < 3; i++) first[i] = ask->coordinates[i].x[4 * quad];
                    face = w3di_gpu_soft_face(first, place);
                    from = first;
                    at = place;
                }
                w3di_gpu_soft_cube_difference(face, at, from, dx, x);
                w3di_gpu_soft_cube_difference(face, at, from, dy, y);
                footprint = w3di_gpu_soft_find_lod(look, x, y);
            } else
                footprint = w3di_gpu_soft_find_lod(look, dx, dy);
            found = 1;
        }
        float lod = footprint.lod;
        if (call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_BIAS) lod += ask->lod->x[lane];
        if (call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_LEVEL)
            lod = w3di_gpu_soft_given_lod(ask->lod, lane);
        if (look->compare) look->reference = w3d_math_clamp(ask->lod->x[lane], 0.0f, 1.0f);
        if (footprint.samples < 2) {
            results[k] = w3di_gpu_soft_lod_look(look, lod);
            continue;
        }
        w3d_f4 sum = w3d_f4_zero();
        float share = 1.0f / (float)footprint.samples;
        for (uint32_t i = 0; i < footprint.samples; i++) {
            float part = ((float)i + 0.5f) * share - 0.5f;
            look->at[0] = d[0] + footprint.along[0] * part;
            look->at[1] = d[1] + footprint.along[1] * part;
            sum = w3d_f4_add(sum, w3di_gpu_soft_lod_look(look, lod));
        }
        results[k] = w3d_f4_mul(sum, w3d_f4_splat(share));
    }
    for (uint32_t k = 0; k < 4; k++)
        if (lanes >> k & 1) w3di_gpu_soft_out(ask, 4 * quad + k, results[k]);
}

/* What w3d_shader_resources.sample is. */
static inline void w3di_gpu_soft_sample(const w3d_shader_sample *ask)
{
    static const w3di_gpu_soft_sampler plain = { 0, 0, 0, 0, { 0, 0, 0 }, 0, 1, 0.0f, 32.0f };
    const w3di_gpu_soft_texture *texture = (const w3di_gpu_soft_texture *)ask->texture;
    w3di_gpu_soft_look look;
    if (!texture) { /* nothing is bound */
        w3d_fill(ask->out, 0, 4 * sizeof *ask->out);
        return;
    }
    if (ask->call >= W3DI_SHADER_CALL_TEXTURE_DIMENSIONS) {
        w3di_gpu_soft_query(ask, texture);
        return;
    }
    w3d_fill(&look, 0, sizeof look);
    look.texture = texture;
    look.sampler = ask->sampler ? (const w3di_gpu_soft_sampler *)ask->sampler : &plain;
    if (ask->call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE ||
        ask->call == W3DI_SHADER_CALL_TEXTURE_SAMPLE_COMPARE_LEVEL)
        look.compare = look.sampler->compare ? look.sampler->compare : (uint32_t)W3D_GPU_NEVER;
    for (uint32_t quad = 0; quad < 4; quad++) {
        uint32_t lanes = (uint32_t)w3d_f4_mask(ask->mask->f[quad]);
        if (!lanes) continue;
        if (ask->call != W3DI_SHADER_CALL_TEXTURE_LOAD) {
            w3di_gpu_soft_sample_quad(ask, &look, quad, lanes);
            continue;
        }
        for (uint32_t k = 0; k < 4; k++)
            if (lanes >> k & 1)
                w3di_gpu_soft_out(ask, 4 * quad + k,
                                  w3di_gpu_soft_load(ask, texture, 4 * quad + k));
    }
}

#endif /* W3D_GPU_SOFT_TEXTURE_H */
