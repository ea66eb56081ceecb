/* vec.h - vectors of 2, 3 and 4 floats, quaternions and 4x4 matrices, by value.
 *
 *   vec2 vec3 vec4   make add sub mul scale negate min max dot length normalise lerp
 *   vec3             cross direction
 *   quat             identity from_axis multiply rotate normalise slerp to_mat4
 *   mat4             identity from_trs multiply point direction inverse transpose determinant
 *                    look_at perspective orthographic
 *
 * Matrices are column-major: m[4 * column + row]; vectors are columns, so a * b does b first.
 * Right-handed, +Y up, the camera looks along -Z, depth runs from 0 (near) to 1 (far). */
#ifndef W3D_VEC_H
#define W3D_VEC_H

#include "core/math.h"

typedef struct w3d_vec2 {
    float x, y;
} w3d_vec2;
typedef struct w3d_vec3 {
    float x, y, z;
} w3d_vec3;
typedef struct w3d_vec4 {
    float x, y, z, w;
} w3d_vec4;
typedef struct w3d_quat {
    float x, y, z, w;
} w3d_quat; /* w is the real part */
typedef struct w3d_mat4 {
    float m[16];
} w3d_mat4;

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

/* ---- vec2 ---- */

W3D_INLINE w3d_vec2 w3d_vec2_make(float x, float y)
{
    w3d_vec2 r;
    r.x = x;
    r.y = y;
    return r;
}
W3D_INLINE w3d_vec2 w3d_vec2_add(w3d_vec2 a, w3d_vec2 b)
{
    return w3d_vec2_make(a.x + b.x, a.y + b.y);
}
W3D_INLINE w3d_vec2 w3d_vec2_sub(w3d_vec2 a, w3d_vec2 b)
{
    return w3d_vec2_make(a.x - b.x, a.y - b.y);
}
W3D_INLINE w3d_vec2 w3d_vec2_mul(w3d_vec2 a, w3d_vec2 b)
{
    return w3d_vec2_make(a.x * b.x, a.y * b.y);
}
W3D_INLINE w3d_vec2 w3d_vec2_scale(w3d_vec2 a, float s) { return w3d_vec2_make(a.x * s, a.y * s); }
W3D_INLINE float w3d_vec2_dot(w3d_vec2 a, w3d_vec2 b) { return a.x * b.x + a.y * b.y; }
W3D_INLINE float w3d_vec2_length(w3d_vec2 a) { return w3d_sqrtf(w3d_vec2_dot(a, a)); }

/* ---- vec3 ---- */

W3D_INLINE w3d_vec3 w3d_vec3_make(float x, float y, float z)
{
    w3d_vec3 r;
    r.x = x;
    r.y = y;
    r.z = z;
    return r;
}
W3D_INLINE w3d_vec3 w3d_vec3_load(const float *p) { return w3d_vec3_make(p[0], p[1], p[2]); }
W3D_INLINE void w3d_vec3_store(float *p, w3d_vec3 a)
{
    p[0] = a.x;
    p[1] = a.y;
    p[2] = a.z;
}
W3D_INLINE w3d_vec3 w3d_vec3_splat(float s) { return w3d_vec3_make(s, s, s); }
W3D_INLINE w3d_vec3 w3d_vec3_add(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.x + b.x, a.y + b.y, a.z + b.z);
}
W3D_INLINE w3d_vec3 w3d_vec3_sub(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.x - b.x, a.y - b.y, a.z - b.z);
}
W3D_INLINE w3d_vec3 w3d_vec3_mul(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.x * b.x, a.y * b.y, a.z * b.z);
}
W3D_INLINE w3d_vec3 w3d_vec3_scale(w3d_vec3 a, float s)
{
    return w3d_vec3_make(a.x * s, a.y * s, a.z * s);
}
W3D_INLINE w3d_vec3 w3d_vec3_negate(w3d_vec3 a) { return w3d_vec3_make(-a.x, -a.y, -a.z); }
W3D_INLINE w3d_vec3 w3d_vec3_min(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, a.z < b.z ? a.z : b.z);
}
W3D_INLINE w3d_vec3 w3d_vec3_max(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.x > b.x ? a.x : b.x, a.y > b.y ? a.y : b.y, a.z > b.z ? a.z : b.z);
}
W3D_INLINE w3d_vec3 w3d_vec3_lerp(w3d_vec3 a, w3d_vec3 b, float t)
{
    return w3d_vec3_add(a, w3d_vec3_scale(w3d_vec3_sub(b, a), t));
}
W3D_INLINE float w3d_vec3_dot(w3d_vec3 a, w3d_vec3 b)
{
    return (a.x * b.x + a.y * b.y) + a.z * b.z;
}
W3D_INLINE float w3d_vec3_length(w3d_vec3 a) { return w3d_sqrtf(w3d_vec3_dot(a, a)); }
W3D_INLINE w3d_vec3 w3d_vec3_cross(w3d_vec3 a, w3d_vec3 b)
{
    return w3d_vec3_make(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

/* Unit length, or (0, 0, 0) where the length is below 1e-6, or NaN. */
W3D_INLINE w3d_vec3 w3d_vec3_normalise(w3d_vec3 a)
{
    float length = w3d_vec3_length(a);
    return length >= 1e-6f ? w3d_vec3_make(a.x / length, a.y / length, a.z / length)
                           : w3d_vec3_splat(0.0f);
}

/* Unit length whatever the scale of `a`; (0, 0, 0) only for zero, NaN and infinity. */
W3D_STRICT w3d_vec3 w3d_vec3_direction(w3d_vec3 a)
{
    float x = w3d_math_abs(a.x), y = w3d_math_abs(a.y), z = w3d_math_abs(a.z);
    float largest = x > y ? (x > z ? x : z) : (y > z ? y : z);
    if (!(largest > 0.0f) || !w3d_f32_is_finite(x) || !w3d_f32_is_finite(y) ||
        !w3d_f32_is_finite(z))
        return w3d_vec3_splat(0.0f);
    return w3d_vec3_normalise(w3d_vec3_make(a.x / largest, a.y / largest, a.z / largest));
}

/* ---- vec4 ---- */

W3D_INLINE w3d_vec4 w3d_vec4_make(float x, float y, float z, float w)
{
    w3d_vec4 r;
    r.x = x;
    r.y = y;
    r.z = z;
    r.w = w;
    return r;
}
W3D_INLINE w3d_vec4 w3d_vec4_add(w3d_vec4 a, w3d_vec4 b)
{
    return w3d_vec4_make(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
W3D_INLINE w3d_vec4 w3d_vec4_sub(w3d_vec4 a, w3d_vec4 b)
{
    return w3d_vec4_make(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w);
}
W3D_INLINE w3d_vec4 w3d_vec4_scale(w3d_vec4 a, float s)
{
    return w3d_vec4_make(a.x * s, a.y * s, a.z * s, a.w * s);
}
W3D_INLINE float w3d_vec4_dot(w3d_vec4 a, w3d_vec4 b)
{
    return ((a.x * b.x + a.y * b.y) + a.z * b.z) + a.w * b.w;
}
W3D_INLINE w3d_vec4 w3d_vec4_lerp(w3d_vec4 a, w3d_vec4 b, float t)
{
    return w3d_vec4_add(a, w3d_vec4_scale(w3d_vec4_sub(b, a), t));
}

/* ---- quat ---- */

W3D_INLINE w3d_quat w3d_quat_make(float x, float y, float z, float w)
{
    w3d_quat r;
    r.x = x;
    r.y = y;
    r.z = z;
    r.w = w;
    return r;
}
W3D_INLINE w3d_quat w3d_quat_identity(void) { return w3d_quat_make(0.0f, 0.0f, 0.0f, 1.0f); }

/* A turn of `radians` about the unit vector `axis`, counter-clockwise seen from its tip. */
W3D_STRICT w3d_quat w3d_quat_from_axis(w3d_vec3 axis, float radians)
{
    float s = w3d_math_sin(radians * 0.5f), c = w3d_math_cos(radians * 0.5f);
    return w3d_quat_make(axis.x * s, axis.y * s, axis.z * s, c);
}

/* The turn `b` followed by the turn `a`. */
W3D_STRICT w3d_quat w3d_quat_multiply(w3d_quat a, w3d_quat b)
{
    return w3d_quat_make(((a.w * b.x + a.x * b.w) + a.y * b.z) - a.z * b.y,
                         ((a.w * b.y - a.x * b.z) + a.y * b.w) + a.z * b.x,
                         ((a.w * b.z + a.x * b.y) - a.y * b.x) + a.z * b.w,
                         ((a.w * b.w - a.x * b.x) - a.y * b.y) - a.z * b.z);
}
W3D_INLINE w3d_quat w3d_quat_conjugate(w3d_quat q) { return w3d_quat_make(-q.x, -q.y, -q.z, q.w); }

/* Unit length; the identity where the length is 0, NaN or infinite. */
W3D_STRICT w3d_quat w3d_quat_normalise(w3d_quat q)
{
    float largest = w3d_math_abs(q.x);
    if (w3d_math_abs(q.y) > largest) largest = w3d_math_abs(q.y);
    if (w3d_math_abs(q.z) > largest) largest = w3d_math_abs(q.z);
    if (w3d_math_abs(q.w) > largest) largest = w3d_math_abs(q.w);
    if (!(largest > 0.0f) || !w3d_f32_is_finite(q.x) || !w3d_f32_is_finite(q.y) ||
        !w3d_f32_is_finite(q.z) || !w3d_f32_is_finite(q.w))
        return w3d_quat_identity();
    q = w3d_quat_make(q.x / largest, q.y / largest, q.z / largest, q.w / largest);
    float length = w3d_sqrtf(((q.x * q.x + q.y * q.y) + q.z * q.z) + q.w * q.w);
    return w3d_quat_make(q.x / length, q.y / length, q.z / length, q.w / length);
}

/* v turned by the unit quaternion q: v + 2 u x (u x v + w v). */
W3D_STRICT w3d_vec3 w3d_quat_rotate(w3d_quat q, w3d_vec3 v)
{
    w3d_vec3 u = w3d_vec3_make(q.x, q.y, q.z);
    w3d_vec3 t = w3d_vec3_add(w3d_vec3_cross(u, v), w3d_vec3_scale(v, q.w));
    return w3d_vec3_add(v, w3d_vec3_scale(w3d_vec3_cross(u, t), 2.0f));
}

/* From a at t = 0 to b at t = 1 along the shorter arc at constant speed; both unit length.
 * Source: Shoemake 1985, "Animating Rotation with Quaternion Curves". */
W3D_STRICT w3d_quat w3d_quat_slerp(w3d_quat a, w3d_quat b, float t)
{
    float cosine = ((a.x * b.x + a.y * b.y) + a.z * b.z) + a.w * b.w;
    if (cosine < 0.0f) {
        b = w3d_quat_make(-b.x, -b.y, -b.z, -b.w);
        cosine = -cosine;
    }
    float from = 1.0f - t, to = t;
    if (cosine < 0.9995f) { /* nearer than that, the chord is the arc to float precision */
        float angle = w3d_math_acos(cosine), sine = w3d_math_sin(angle);
        from = w3d_math_sin((1.0f - t) * angle) / sine;
        to = w3d_math_sin(t * angle) / sine;
    }
    return w3d_quat_normalise(w3d_quat_make(a.x * from + b.x * to, a.y * from + b.y * to,
                                            a.z * from + b.z * to, a.w * from + b.w * to));
}

/* ---- mat4 ---- */

W3D_STRICT w3d_mat4 w3d_mat4_identity(void)
{
    w3d_mat4 r;
    for (int i = 0; i < 16; i++) r.m[i] = i % 5 == 0 ? 1.0f : 0.0f;
    return r;
}

/* Scale, then turn, then move. `rotation` is unit length. */
W3D_STRICT w3d_mat4 w3d_mat4_from_trs(w3d_vec3 translation, w3d_quat rotation, w3d_vec3 scale)
{
    float x = rotation.x, y = rotation.y, z = rotation.z, w = rotation.w;
    w3d_mat4 r;
    r.m[0] = (1.0f - 2.0f * (y * y + z * z)) * scale.x;
    r.m[1] = 2.0f * (x * y + w * z) * scale.x;
    r.m[2] = 2.0f * (x * z - w * y) * scale.x;
    r.m[3] = 0.0f;
    r.m[4] = 2.0f * (x * y - w * z) * scale.y;
    r.m[5] = (1.0f - 2.0f * (x * x + z * z)) * scale.y;
    r.m[6] = 2.0f * (y * z + w * x) * scale.y;
    r.m[7] = 0.0f;
    r.m[8] = 2.0f * (x * z + w * y) * scale.z;
    r.m[9] = 2.0f * (y * z - w * x) * scale.z;
    r.m[10] = (1.0f - 2.0f * (x * x + y * y)) * scale.z;
    r.m[11] = 0.0f;
    r.m[12] = translation.x;
    r.m[13] = translation.y;
    r.m[14] = translation.z;
    r.m[15] = 1.0f;
    return r;
}

/* a * b: b is done first. */
W3D_STRICT w3d_mat4 w3d_mat4_multiply(const w3d_mat4 *a, const w3d_mat4 *b)
{
    w3d_mat4 r;
    for (int column = 0; column < 4; column++)
        for (int row = 0; row < 4; row++) {
            const float *v = b->m + 4 * column;
            r.m[4 * column + row] =
                ((a->m[row] * v[0] + a->m[4 + row] * v[1]) + a->m[8 + row] * v[2]) +
                a->m[12 + row] * v[3];
        }
    return r;
}
W3D_STRICT w3d_vec4 w3d_mat4_transform(const w3d_mat4 *a, w3d_vec4 v)
{
    const float *m = a->m;
    return w3d_vec4_make(((m[0] * v.x + m[4] * v.y) + m[8] * v.z) + m[12] * v.w,
                         ((m[1] * v.x + m[5] * v.y) + m[9] * v.z) + m[13] * v.w,
                         ((m[2] * v.x + m[6] * v.y) + m[10] * v.z) + m[14] * v.w,
                         ((m[3] * v.x + m[7] * v.y) + m[11] * v.z) + m[15] * v.w);
}

/* A point moved by an affine matrix (row 3 is not looked at), and a direction, which only turns
 * and scales. */
W3D_STRICT w3d_vec3 w3d_mat4_point(const w3d_mat4 *a, w3d_vec3 p)
{
    w3d_vec4 r = w3d_mat4_transform(a, w3d_vec4_make(p.x, p.y, p.z, 1.0f));
    return w3d_vec3_make(r.x, r.y, r.z);
}
W3D_STRICT w3d_vec3 w3d_mat4_direction(const w3d_mat4 *a, w3d_vec3 d)
{
    w3d_vec4 r = w3d_mat4_transform(a, w3d_vec4_make(d.x, d.y, d.z, 0.0f));
    return w3d_vec3_make(r.x, r.y, r.z);
}
W3D_STRICT w3d_mat4 w3d_mat4_transpose(const w3d_mat4 *a)
{
    w3d_mat4 r;
    for (int i = 0; i < 16; i++) r.m[i] = a->m[4 * (i % 4) + i / 4];
    return r;
}

/* The determinant of the upper left 3x3: negative where the matrix mirrors. */
W3D_STRICT float w3d_mat4_determinant3(const w3d_mat4 *a)
{
    const float *m = a->m;
    return (m[0] * (m[5] * m[10] - m[6] * m[9]) - m[4] * (m[1] * m[10] - m[2] * m[9])) +
           m[8] * (m[1] * m[6] - m[2] * m[5]);
}

/* The matrix that turns normals as `a` turns surfaces: the cofactors of the upper left 3x3,
 * that is inverse transpose times determinant; defined for singular matrices too. The result is
 * not unit length; divide by its sign (determinant3) where mirrored normals should point out. */
W3D_STRICT w3d_mat4 w3d_mat4_cofactors(const w3d_mat4 *a)
{
    const float *m = a->m;
    w3d_mat4 r = w3d_mat4_identity();
    r.m[0] = m[5] * m[10] - m[6] * m[9];
    r.m[1] = m[8] * m[6] - m[4] * m[10];
    r.m[2] = m[4] * m[9] - m[8] * m[5];
    r.m[4] = m[9] * m[2] - m[1] * m[10];
    r.m[5] = m[0] * m[10] - m[8] * m[2];
    r.m[6] = m[8] * m[1] - m[0] * m[9];
    r.m[8] = m[1] * m[6] - m[5] * m[2];
    r.m[9] = m[4] * m[2] - m[0] * m[6];
    r.m[10] = m[0] * m[5] - m[4] * m[1];
    return r;
}

/* *out = the inverse of *a; worked in double, so good to float precision for matrices whose
 * condition is below 1e8. 0: there is no finite inverse, and *out is untouched. */
W3D_STRICT int w3d_mat4_inverse(const w3d_mat4 *a, w3d_mat4 *out)
{
    double s[6], c[6], m[16], r[16];
    for (int i = 0; i < 16; i++) m[i] = (double)a->m[i];
    /* 2x2 minors of the upper and lower two rows (Laplace expansion). */
    for (int i = 0, k = 0; i < 3; i++)
        for (int j = i + 1; j < 4; j++, k++) {
            s[k] = m[4 * i] * m[4 * j + 1] - m[4 * j] * m[4 * i + 1];
            c[k] = m[4 * i + 2] * m[4 * j + 3] - m[4 * j + 2] * m[4 * i + 3];
        }
    double determinant =
        (((s[0] * c[5] - s[1] * c[4]) + s[2] * c[3]) + s[3] * c[2]) - s[4] * c[1] + s[5] * c[0];
    if (determinant == 0.0 || !w3d_f64_is_finite(determinant)) return 0;
    r[0] = (m[5] * c[5] - m[9] * c[4]) + m[13] * c[3];
    r[1] = -((m[1] * c[5] - m[9] * c[2]) + m[13] * c[1]);
    r[2] = (m[1] * c[4] - m[5] * c[2]) + m[13] * c[0];
    r[3] = -((m[1] * c[3] - m[5] * c[1]) + m[9] * c[0]);
    r[4] = -((m[4] * c[5] - m[8] * c[4]) + m[12] * c[3]);
    r[5] = (m[0] * c[5] - m[8] * c[2]) + m[12] * c[1];
    r[6] = -((m[0] * c[4] - m[4] * c[2]) + m[12] * c[0]);
    r[7] = (m[0] * c[3] - m[4] * c[1]) + m[8] * c[0];
    r[8] = (m[7] * s[5] - m[11] * s[4]) + m[15] * s[3];
    r[9] = -((m[3] * s[5] - m[11] * s[2]) + m[15] * s[1]);
    r[10] = (m[3] * s[4] - m[7] * s[2]) + m[15] * s[0];
    r[11] = -((m[3] * s[3] - m[7] * s[1]) + m[11] * s[0]);
    r[12] = -((m[6] * s[5] - m[10] * s[4]) + m[14] * s[3]);
    r[13] = (m[2] * s[5] - m[10] * s[2]) + m[14] * s[1];
    r[14] = -((m[2] * s[4] - m[6] * s[2]) + m[14] * s[0]);
    r[15] = (m[2] * s[3] - m[6] * s[1]) + m[10] * s[0];
    w3d_mat4 result;
    for (int i = 0; i < 16; i++) {
        result.m[i] = (float)(r[i] / determinant);
        if (!w3d_f32_is_finite(result.m[i])) return 0;
    }
    *out = result;
    return 1;
}

/* World to camera: the camera stands at `eye`, looks at `target`, and `up` points up in the
 * picture. Where eye equals target it looks along -Z; where `up` lies along the view, another
 * axis is taken. */
W3D_STRICT w3d_mat4 w3d_mat4_look_at(w3d_vec3 eye, w3d_vec3 target, w3d_vec3 up)
{
    w3d_vec3 back = w3d_vec3_direction(w3d_vec3_sub(eye, target));
    if (w3d_vec3_dot(back, back) == 0.0f) back = w3d_vec3_make(0.0f, 0.0f, 1.0f);
    w3d_vec3 right = w3d_vec3_cross(w3d_vec3_direction(up), back);
    if (!(w3d_vec3_dot(right, right) > 1e-8f)) {
        w3d_vec3 other = w3d_math_abs(back.y) < 0.9f ? w3d_vec3_make(0.0f, 1.0f, 0.0f)
                                                     : w3d_vec3_make(0.0f, 0.0f, -1.0f);
        right = w3d_vec3_cross(other, back);
    }
    /* A short cross product is off the plane by its rounding error: take that part out again. */
    right = w3d_vec3_direction(right);
    right = w3d_vec3_sub(right, w3d_vec3_scale(back, w3d_vec3_dot(right, back)));
    right = w3d_vec3_direction(right);
    w3d_vec3 above = w3d_vec3_cross(back, right);
    w3d_mat4 r = w3d_mat4_identity();
    r.m[0] = right.x, r.m[4] = right.y, r.m[8] = right.z, r.m[12] = -w3d_vec3_dot(right, eye);
    r.m[1] = above.x, r.m[5] = above.y, r.m[9] = above.z, r.m[13] = -w3d_vec3_dot(above, eye);
    r.m[2] = back.x, r.m[6] = back.y, r.m[10] = back.z, r.m[14] = -w3d_vec3_dot(back, eye);
    return r;
}

/* Camera to clip space, depth 0 at `near_plane` and 1 at `far_plane`.
 *
 *   vertical_radians  the full angle of view from bottom to top, between 0 and pi
 *   aspect            width / height, above 0
 *   near_plane        above 0;  far_plane: above near_plane */
W3D_STRICT w3d_mat4 w3d_mat4_perspective(float vertical_radians, float aspect, float near_plane,
                                         float far_plane)
{
    float cotangent = 1.0f / w3d_math_tan(vertical_radians * 0.5f);
    w3d_mat4 r = w3d_mat4_identity();
    r.m[0] = cotangent / aspect;
    r.m[5] = cotangent;
    r.m[10] = far_plane / (near_plane - far_plane);
    r.m[11] = -1.0f;
    r.m[14] = near_plane * far_plane / (near_plane - far_plane);
    r.m[15] = 0.0f;
    return r;
}

/* The same without perspective: the picture spans width x height around the axis. */
W3D_STRICT w3d_mat4 w3d_mat4_orthographic(float width, float height, float near_plane,
                                          float far_plane)
{
    w3d_mat4 r = w3d_mat4_identity();
    r.m[0] = 2.0f / width;
    r.m[5] = 2.0f / height;
    r.m[10] = 1.0f / (near_plane - far_plane);
    r.m[14] = near_plane / (near_plane - far_plane);
    return r;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_VEC_H */
