/* thumbnail_light.h - how a surface looks under the thumbnail's lights; private.
 *
 * Everything is worked for four pixels at once. Light has no unit: a white surface square to a
 * light of strength 1 shows as 1. */
#ifndef W3D_THUMBNAIL_LIGHT_H
#define W3D_THUMBNAIL_LIGHT_H

#include "core/simd.h"
#include "core/vec.h"

/* ---- four vectors at once ---- */

typedef struct w3di_thumbnail_light_vec3 {
    w3d_f4 x, y, z;
} w3di_thumbnail_light_vec3;

W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_set(w3d_f4 x, w3d_f4 y, w3d_f4 z)
{
    w3di_thumbnail_light_vec3 r;
    r.x = x;
    r.y = y;
    r.z = z;
    return r;
}
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_splat(w3d_vec3 a)
{
    return w3di_thumbnail_light_set(w3d_f4_splat(a.x), w3d_f4_splat(a.y), w3d_f4_splat(a.z));
}
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_add(w3di_thumbnail_light_vec3 a,
                                                              w3di_thumbnail_light_vec3 b)
{
    return w3di_thumbnail_light_set(w3d_f4_add(a.x, b.x), w3d_f4_add(a.y, b.y),
                                    w3d_f4_add(a.z, b.z));
}
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_mul(w3di_thumbnail_light_vec3 a,
                                                              w3di_thumbnail_light_vec3 b)
{
    return w3di_thumbnail_light_set(w3d_f4_mul(a.x, b.x), w3d_f4_mul(a.y, b.y),
                                    w3d_f4_mul(a.z, b.z));
}
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_scale(w3di_thumbnail_light_vec3 a,
                                                                w3d_f4 s)
{
    return w3di_thumbnail_light_set(w3d_f4_mul(a.x, s), w3d_f4_mul(a.y, s), w3d_f4_mul(a.z, s));
}
W3D_INLINE w3d_f4 w3di_thumbnail_light_dot(w3di_thumbnail_light_vec3 a, w3di_thumbnail_light_vec3 b)
{
    return w3d_f4_add(w3d_f4_add(w3d_f4_mul(a.x, b.x), w3d_f4_mul(a.y, b.y)), w3d_f4_mul(a.z, b.z));
}
W3D_INLINE w3d_f4 w3di_thumbnail_light_mix(w3d_f4 a, w3d_f4 b, w3d_f4 t)
{
    return w3d_f4_add(a, w3d_f4_mul(w3d_f4_sub(b, a), t));
}
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_mix3(w3di_thumbnail_light_vec3 a,
                                                               w3di_thumbnail_light_vec3 b,
                                                               w3d_f4 t)
{
    return w3di_thumbnail_light_set(w3di_thumbnail_light_mix(a.x, b.x, t),
                                    w3di_thumbnail_light_mix(a.y, b.y, t),
                                    w3di_thumbnail_light_mix(a.z, b.z, t));
}
W3D_INLINE w3d_f4 w3di_thumbnail_light_clamp(w3d_f4 a)
{
    return w3d_f4_min(w3d_f4_max(a, w3d_f4_zero()), w3d_f4_splat(1.0f));
}

/* Unit length, or `other` where the length is nothing or not a number. */
W3D_INLINE w3di_thumbnail_light_vec3 w3di_thumbnail_light_normalise(w3di_thumbnail_light_vec3 a,
                                                                    w3di_thumbnail_light_vec3 other)
{
    w3d_f4 square = w3di_thumbnail_light_dot(a, a);
    w3d_f4 proper = w3d_f4_and(w3d_f4_less(w3d_f4_splat(1e-24f), square),
                               w3d_f4_less(square, w3d_f4_splat(1e24f)));
    w3d_f4 length = w3d_f4_sqrt(square);
    return w3di_thumbnail_light_set(w3d_f4_select(proper, w3d_f4_div(a.x, length), other.x),
                                    w3d_f4_select(proper, w3d_f4_div(a.y, length), other.y),
                                    w3d_f4_select(proper, w3d_f4_div(a.z, length), other.z));
}

/* 0 below `from`, 1 above `to`, smooth between: t^2 (3 - 2t). */
W3D_INLINE w3d_f4 w3di_thumbnail_light_step(w3d_f4 value, float from, float to)
{
    w3d_f4 t = w3d_f4_mul(w3d_f4_sub(value, w3d_f4_splat(from)), w3d_f4_splat(1.0f / (to - from)));
    t = w3di_thumbnail_light_clamp(t);
    return w3d_f4_mul(w3d_f4_mul(t, t), w3d_f4_sub(w3d_f4_splat(3.0f), w3d_f4_add(t, t)));
}

/* 2^x for x in -30..0, within 1e-4 of itself. The fraction's polynomial meets 1 at 0 and 2 at 1. */
W3D_INLINE w3d_f4 w3di_thumbnail_light_exp2(w3d_f4 x)
{
    w3d_i4 whole = w3d_i4_sub(w3d_i4_from_f4(w3d_f4_add(x, w3d_f4_splat(31.0f))), w3d_i4_splat(31));
    w3d_f4 f = w3d_f4_sub(x, w3d_f4_from_i4(whole));
    w3d_f4 p = w3d_f4_add(w3d_f4_mul(f, w3d_f4_splat(0.0790208f)), w3d_f4_splat(0.2241319f));
    p = w3d_f4_add(w3d_f4_mul(f, p), w3d_f4_splat(0.6968473f));
    p = w3d_f4_add(w3d_f4_mul(f, p), w3d_f4_splat(1.0f));
    w3d_i4 power = w3d_i4_shift_left(w3d_i4_add(whole, w3d_i4_splat(127)), 23);
    return w3d_f4_mul(p, w3d_f4_bits_i4(power));
}

/* ---- surfaces ---- */

typedef struct w3di_thumbnail_light_surface {
    w3di_thumbnail_light_vec3 normal, view; /* unit; view points to the eye               */
    w3di_thumbnail_light_vec3 diffuse;      /* reflected evenly                           */
    w3di_thumbnail_light_vec3 mirror;       /* reflected as by a mirror, seen straight on */
    w3d_f4 facing;                          /* normal . view, above 0                     */
    float roughness;
} w3di_thumbnail_light_surface;

/* Reflected light, kept apart because blended surfaces pass only the diffuse part through. */
typedef struct w3di_thumbnail_light_sum {
    w3di_thumbnail_light_vec3 diffuse, mirror;
} w3di_thumbnail_light_sum;

/* A lamp in direction `to`. As if it were not a point, it widens the smoothest highlights. */
static inline void w3di_thumbnail_light_lamp(const w3di_thumbnail_light_surface *surface, w3d_vec3 to,
                                      w3di_thumbnail_light_vec3 strength,
                                      w3di_thumbnail_light_sum *sum)
{
    const w3d_f4 one = w3d_f4_splat(1.0f);
    w3di_thumbnail_light_vec3 light = w3di_thumbnail_light_splat(to);
    w3di_thumbnail_light_vec3 half =
        w3di_thumbnail_light_normalise(w3di_thumbnail_light_add(surface->view, light),
                                       surface->normal);
    w3d_f4 slant = w3di_thumbnail_light_clamp(w3di_thumbnail_light_dot(surface->normal, light));
    w3d_f4 n_half = w3di_thumbnail_light_clamp(w3di_thumbnail_light_dot(surface->normal, half));
    w3d_f4 v_half = w3di_thumbnail_light_clamp(w3di_thumbnail_light_dot(surface->view, half));
    float alpha = w3d_math_min(surface->roughness * surface->roughness + 0.02f, 1.0f);
    w3d_f4 square = w3d_f4_splat(alpha * alpha), rest = w3d_f4_splat(1.0f - alpha * alpha);
    w3d_f4 facing = surface->facing;

    /* Distribution of slopes, GGX (Walter 2007, equation 33), times pi. */
    w3d_f4 d = w3d_f4_sub(one, w3d_f4_mul(w3d_f4_mul(n_half, n_half), rest));
    w3d_f4 spread = w3d_f4_div(square, w3d_f4_mul(d, d));
    /* Masking over 4 facing slant (Heitz 2014, equation 99). */
    w3d_f4 by_light = w3d_f4_sqrt(w3d_f4_add(w3d_f4_mul(w3d_f4_mul(slant, slant), rest), square));
    w3d_f4 by_view = w3d_f4_sqrt(w3d_f4_add(w3d_f4_mul(w3d_f4_mul(facing, facing), rest), square));
    w3d_f4 masking = w3d_f4_div(w3d_f4_splat(0.5f), w3d_f4_add(w3d_f4_mul(facing, by_light),
                                                               w3d_f4_mul(slant, by_view)));
    /* Fresnel (Schlick 1994, equation 15). */
    w3d_f4 away = w3d_f4_sub(one, v_half), away2 = w3d_f4_mul(away, away);
    w3d_f4 fresnel = w3d_f4_mul(w3d_f4_mul(away2, away2), away);
    w3di_thumbnail_light_vec3 white = w3di_thumbnail_light_set(one, one, one);
    w3di_thumbnail_light_vec3 mirror = w3di_thumbnail_light_mix3(surface->mirror, white, fresnel);

    w3di_thumbnail_light_vec3 falling = w3di_thumbnail_light_scale(strength, slant);
    mirror = w3di_thumbnail_light_scale(mirror, w3d_f4_mul(spread, masking));
    sum->diffuse =
        w3di_thumbnail_light_add(sum->diffuse, w3di_thumbnail_light_mul(surface->diffuse, falling));
    sum->mirror = w3di_thumbnail_light_add(sum->mirror, w3di_thumbnail_light_mul(mirror, falling));
}

/* What the surroundings send from a direction, blurred by roughness: a floor, a bright horizon, a
 * darker zenith and a softbox. `box` points to the softbox. */
static w3di_thumbnail_light_vec3 w3di_thumbnail_light_from(w3di_thumbnail_light_vec3 direction,
                                                           w3d_vec3 box, float roughness)
{
    const w3d_vec3 floor = { 0.23f, 0.22f, 0.21f }, horizon = { 0.82f, 0.85f, 0.90f };
    const w3d_vec3 zenith = { 0.42f, 0.47f, 0.56f };
    float blur = 0.08f + 0.92f * roughness;
    w3d_f4 above = w3di_thumbnail_light_step(direction.y, -blur, blur);
    w3d_f4 high = w3di_thumbnail_light_step(direction.y, 0.05f - 0.4f * roughness, 0.9f);
    w3di_thumbnail_light_vec3 sky =
        w3di_thumbnail_light_mix3(w3di_thumbnail_light_splat(horizon),
                                  w3di_thumbnail_light_splat(zenith), high);
    w3di_thumbnail_light_vec3 light =
        w3di_thumbnail_light_mix3(w3di_thumbnail_light_splat(floor), sky, above);
    w3d_f4 near_box = w3di_thumbnail_light_dot(direction, w3di_thumbnail_light_splat(box));
    near_box =
        w3di_thumbnail_light_step(near_box, 0.86f - 0.9f * roughness, 0.93f + 0.07f * roughness);
    float strength = 1.5f * (1.0f - roughness) + 0.25f;
    w3d_f4 boxed = w3d_f4_mul(near_box, w3d_f4_splat(strength));
    return w3di_thumbnail_light_add(light, w3di_thumbnail_light_set(boxed, boxed, boxed));
}

/* The surroundings' light. `open` is how much of them the surface sees. */
static inline void w3di_thumbnail_light_surroundings(const w3di_thumbnail_light_surface *surface,
                                              w3d_vec3 box, w3d_f4 open,
                                              w3di_thumbnail_light_sum *sum)
{
    const w3d_vec3 below = { 0.15f, 0.14f, 0.13f }, above = { 0.33f, 0.36f, 0.40f };
    w3d_f4 up = w3d_f4_add(w3d_f4_mul(surface->normal.y, w3d_f4_splat(0.5f)), w3d_f4_splat(0.5f));
    w3di_thumbnail_light_vec3 even =
        w3di_thumbnail_light_mix3(w3di_thumbnail_light_splat(below),
                                  w3di_thumbnail_light_splat(above), up);
    even = w3di_thumbnail_light_scale(even, open);
    sum->diffuse =
        w3di_thumbnail_light_add(sum->diffuse, w3di_thumbnail_light_mul(surface->diffuse, even));

    /* Mirrored direction, and the part reflected over all of it (Karis 2014, EnvBRDFApprox). */
    w3d_f4 twice = w3d_f4_add(surface->facing, surface->facing);
    w3di_thumbnail_light_vec3 out =
        w3di_thumbnail_light_add(w3di_thumbnail_light_scale(surface->normal, twice),
                                 w3di_thumbnail_light_scale(surface->view, w3d_f4_splat(-1.0f)));
    float r = surface->roughness;
    w3d_f4 x = w3d_f4_splat(1.0f - r), y = w3d_f4_splat(0.0425f - 0.0275f * r);
    w3d_f4 falling = w3di_thumbnail_light_exp2(w3d_f4_mul(surface->facing, w3d_f4_splat(-9.28f)));
    w3d_f4 a = w3d_f4_add(w3d_f4_mul(w3d_f4_min(w3d_f4_mul(x, x), falling), x), y);
    w3d_f4 scale =
        w3d_f4_add(w3d_f4_mul(a, w3d_f4_splat(-1.04f)), w3d_f4_splat(1.04f - 0.572f * r));
    w3d_f4 offset =
        w3d_f4_add(w3d_f4_mul(a, w3d_f4_splat(1.04f)), w3d_f4_splat(-0.04f + 0.022f * r));
    offset = w3d_f4_max(offset, w3d_f4_zero());
    w3di_thumbnail_light_vec3 part =
        w3di_thumbnail_light_add(w3di_thumbnail_light_scale(surface->mirror, scale),
                                 w3di_thumbnail_light_set(offset, offset, offset));
    w3di_thumbnail_light_vec3 seen = w3di_thumbnail_light_from(out, box, r);
    seen = w3di_thumbnail_light_scale(seen, open);
    sum->mirror = w3di_thumbnail_light_add(sum->mirror, w3di_thumbnail_light_mul(part, seen));
}

/* Light of any strength to 0..1: unchanged up to 0.8, compressed and slowly bleached above, so
 * that base colours stay what they are. Source: Khronos 2024, "PBR Neutral Tone Mapper". */
static inline w3di_thumbnail_light_vec3 w3di_thumbnail_light_tone(w3di_thumbnail_light_vec3 color)
{
    const w3d_f4 one = w3d_f4_splat(1.0f);
    const float start = 0.8f - 0.04f, room = 1.0f - start;
    w3d_f4 least = w3d_f4_min(color.x, w3d_f4_min(color.y, color.z));
    w3d_f4 toe = w3d_f4_sub(least, w3d_f4_mul(w3d_f4_splat(6.25f), w3d_f4_mul(least, least)));
    w3d_f4 offset =
        w3d_f4_select(w3d_f4_less(least, w3d_f4_splat(0.08f)), toe, w3d_f4_splat(0.04f));
    color = w3di_thumbnail_light_set(w3d_f4_sub(color.x, offset), w3d_f4_sub(color.y, offset),
                                     w3d_f4_sub(color.z, offset));
    w3d_f4 peak = w3d_f4_max(color.x, w3d_f4_max(color.y, color.z));
    w3d_f4 over = w3d_f4_less(w3d_f4_splat(start), peak);
    w3d_f4 held =
        w3d_f4_div(w3d_f4_splat(room * room), w3d_f4_add(peak, w3d_f4_splat(room - start)));
    held = w3d_f4_sub(one, held);
    w3d_f4 excess = w3d_f4_mul(w3d_f4_sub(peak, held), w3d_f4_splat(0.15f));
    w3d_f4 bleach = w3d_f4_sub(one, w3d_f4_div(one, w3d_f4_add(excess, one)));
    w3di_thumbnail_light_vec3 high =
        w3di_thumbnail_light_mix3(w3di_thumbnail_light_scale(color, w3d_f4_div(held, peak)),
                                  w3di_thumbnail_light_set(held, held, held), bleach);
    return w3di_thumbnail_light_set(w3d_f4_select(over, high.x, color.x),
                                    w3d_f4_select(over, high.y, color.y),
                                    w3d_f4_select(over, high.z, color.z));
}

#endif /* W3D_THUMBNAIL_LIGHT_H */
