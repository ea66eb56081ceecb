/* test_vec.c - matrices and quaternions against their definitions in double. */
#include "test.h"

#include "core/hash.h"
#include "core/vec.h"

static w3d_vec3 random_vec3(float size)
{
    float x = test_random_float(-size, size), y = test_random_float(-size, size),
          z = test_random_float(-size, size);
    return w3d_vec3_make(x, y, z);
}
static w3d_quat random_quat(void)
{
    w3d_vec3 v = random_vec3(1.0f);
    return w3d_quat_normalise(w3d_quat_make(v.x, v.y, v.z, test_random_float(-1.0f, 1.0f)));
}
static void check_vec3(w3d_vec3 a, w3d_vec3 b, double limit)
{
    CHECK_NEAR(a.x, b.x, limit);
    CHECK_NEAR(a.y, b.y, limit);
    CHECK_NEAR(a.z, b.z, limit);
}

static void vectors_do_what_they_say(void)
{
    w3d_vec3 a = w3d_vec3_make(1, 2, 3), b = w3d_vec3_make(4, -5, 6);
    check_vec3(w3d_vec3_cross(a, b), w3d_vec3_make(27, 6, -13), 0);
    check_vec3(w3d_vec3_lerp(a, b, 0.5f), w3d_vec3_make(2.5f, -1.5f, 4.5f), 0);
    check_vec3(w3d_vec3_min(a, b), w3d_vec3_make(1, -5, 3), 0);
    check_vec3(w3d_vec3_max(a, b), w3d_vec3_make(4, 2, 6), 0);
    check_vec3(w3d_vec3_mul(w3d_vec3_negate(a), b), w3d_vec3_make(-4, 10, -18), 0);
    CHECK(w3d_vec3_dot(a, b) == 12 && w3d_vec3_length(w3d_vec3_make(2, 3, 6)) == 7);
    CHECK(w3d_vec2_dot(w3d_vec2_make(1, 2), w3d_vec2_make(3, 4)) == 11 &&
          w3d_vec2_length(w3d_vec2_make(3, 4)) == 5);
    w3d_vec2 c =
        w3d_vec2_mul(w3d_vec2_scale(w3d_vec2_sub(w3d_vec2_make(5, 7), w3d_vec2_make(1, 2)), 2),
                     w3d_vec2_add(w3d_vec2_make(1, 1), w3d_vec2_make(0, 1)));
    CHECK(c.x == 8 && c.y == 20);
    w3d_vec4 d = w3d_vec4_lerp(w3d_vec4_make(0, 2, 4, 6), w3d_vec4_make(8, 2, 0, -2), 0.25f);
    CHECK(d.x == 2 && d.y == 2 && d.z == 3 && d.w == 4 && w3d_vec4_dot(d, d) == 33);
    check_vec3(w3d_vec3_normalise(w3d_vec3_make(0, 1e-7f, 0)), w3d_vec3_splat(0), 0);
    check_vec3(w3d_vec3_normalise(w3d_vec3_make(0, 2e-6f, 0)), w3d_vec3_make(0, 1, 0), 0);
    check_vec3(w3d_vec3_normalise(w3d_vec3_make(nanf(""), 1, 0)), w3d_vec3_splat(0), 0);
}

static void quaternions_turn_like_their_matrices(void)
{
    check_vec3(w3d_quat_rotate(w3d_quat_from_axis(w3d_vec3_make(0, 0, 1), W3D_PI / 2),
                               w3d_vec3_make(1, 0, 0)),
               w3d_vec3_make(0, 1, 0), 1e-6);
    for (int i = 0; i < 1000; i++) {
        w3d_quat a = random_quat(), b = random_quat();
        w3d_vec3 v = random_vec3(10.0f), one = w3d_vec3_splat(1), zero = w3d_vec3_splat(0);
        w3d_mat4 ma = w3d_mat4_from_trs(zero, a, one), mb = w3d_mat4_from_trs(zero, b, one),
                 mab = w3d_mat4_multiply(&ma, &mb);
        check_vec3(w3d_quat_rotate(a, v), w3d_mat4_point(&ma, v), 1e-5);
        check_vec3(w3d_quat_rotate(w3d_quat_multiply(a, b), v), w3d_mat4_point(&mab, v), 2e-5);
        check_vec3(w3d_quat_rotate(w3d_quat_conjugate(a), w3d_quat_rotate(a, v)), v, 2e-5);
        CHECK_NEAR(w3d_mat4_determinant3(&ma), 1, 1e-5);
        w3d_quat half = w3d_quat_slerp(a, b, 0.5f), start = w3d_quat_slerp(a, b, 0.0f);
        double to_a = fabs((double)(half.x * a.x + half.y * a.y + half.z * a.z + half.w * a.w));
        double to_b = fabs((double)(half.x * b.x + half.y * b.y + half.z * b.z + half.w * b.w));
        CHECK_NEAR(to_a, to_b, 1e-5);
        CHECK_NEAR(fabsf(start.x * a.x + start.y * a.y + start.z * a.z + start.w * a.w), 1, 1e-5);
    }
    w3d_quat odd = w3d_quat_normalise(w3d_quat_make(0, 0, 0, 0)),
             tiny = w3d_quat_normalise(w3d_quat_make(1e-30f, 0, 0, 0));
    CHECK(odd.w == 1 && tiny.x == 1 && w3d_quat_normalise(w3d_quat_make(nanf(""), 0, 0, 1)).w == 1);
    CHECK(w3d_quat_normalise(w3d_quat_make(3e38f, 3e38f, 0, 0)).x > 0.7f);
}

static void inverses_undo(void)
{
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
        w3d_mat4 a, inverse;
        float scale = (float[]){ 1e-4f, 1.0f, 1e4f }[i % 3];
        for (int k = 0; k < 16; k++) a.m[k] = test_random_float(-scale, scale);
        if (i % 2) a = w3d_mat4_from_trs(random_vec3(100.0f), random_quat(), random_vec3(scale));
        if (!w3d_mat4_inverse(&a, &inverse)) {
            refused++;
            continue;
        }
        /* |A||inverse| bounds the error of the product by a few roundings of each entry */
        w3d_mat4 product = w3d_mat4_multiply(&inverse, &a);
        for (int row = 0; row < 4; row++)
            for (int column = 0; column < 4; column++) {
                double bound = 0;
                for (int k = 0; k < 4; k++)
                    bound += fabs((double)inverse.m[4 * k + row] * (double)a.m[4 * column + k]);
                CHECK_NEAR(product.m[4 * column + row], row == column, 4e-7 * bound + 1e-12);
            }
    }
    CHECK(refused < 5);
    w3d_mat4 singular =
                 w3d_mat4_from_trs(w3d_vec3_splat(1), w3d_quat_identity(), w3d_vec3_make(1, 0, 1)),
             kept = w3d_mat4_identity();
    CHECK(!w3d_mat4_inverse(&singular, &kept) && kept.m[0] == 1 && kept.m[12] == 0);
    singular.m[0] = nanf("");
    CHECK(!w3d_mat4_inverse(&singular, &kept));
}

static void cofactors_carry_normals(void)
{
    for (int i = 0; i < 500; i++) {
        w3d_mat4 a = w3d_mat4_from_trs(random_vec3(5), random_quat(), random_vec3(2)),
                 n = w3d_mat4_cofactors(&a);
        w3d_vec3 u = random_vec3(1), v = random_vec3(1), normal = w3d_vec3_cross(u, v);
        w3d_vec3 moved = w3d_vec3_cross(w3d_mat4_direction(&a, u), w3d_mat4_direction(&a, v));
        check_vec3(w3d_mat4_direction(&n, normal), moved, 2e-5);
        w3d_mat4 twice = w3d_mat4_transpose(&a);
        twice = w3d_mat4_transpose(&twice);
        CHECK_BYTES(&twice, &a, sizeof a);
    }
}

static void cameras_put_things_where_they_belong(void)
{
    w3d_mat4 view =
        w3d_mat4_look_at(w3d_vec3_make(3, 4, 5), w3d_vec3_make(3, 4, -5), w3d_vec3_make(0, 1, 0));
    check_vec3(w3d_mat4_point(&view, w3d_vec3_make(4, 6, 3)), w3d_vec3_make(1, 2, -2), 1e-6);
    w3d_mat4 lens = w3d_mat4_perspective(W3D_PI / 2, 2.0f, 0.5f, 100.0f);
    w3d_vec4 near_point = w3d_mat4_transform(&lens, w3d_vec4_make(1, 0.5f, -0.5f, 1)),
             far_point = w3d_mat4_transform(&lens, w3d_vec4_make(0, 0, -100, 1));
    CHECK_NEAR(near_point.z / near_point.w, 0, 1e-7);
    CHECK_NEAR(far_point.z / far_point.w, 1, 1e-6);
    CHECK_NEAR(near_point.x / near_point.w, 1, 1e-6);
    CHECK_NEAR(near_point.y / near_point.w, 1, 1e-6);
    lens = w3d_mat4_orthographic(4, 2, 1, 11);
    check_vec3(w3d_mat4_point(&lens, w3d_vec3_make(2, 1, -1)), w3d_vec3_make(1, 1, 0), 1e-6);
    check_vec3(w3d_mat4_point(&lens, w3d_vec3_make(-2, -1, -11)), w3d_vec3_make(-1, -1, 1), 1e-6);
    for (int i = 0; i < 500;
         i++) { /* rigid for any input, parallel up and coinciding points included */
        w3d_vec3 eye = random_vec3(10), target = i % 3 ? random_vec3(10) : eye, up = random_vec3(1);
        if (i % 4 == 1) up = w3d_vec3_sub(target, eye);
        w3d_mat4 m = w3d_mat4_look_at(eye, target, up);
        check_vec3(w3d_mat4_point(&m, eye), w3d_vec3_splat(0), 1e-5);
        CHECK_NEAR(w3d_mat4_determinant3(&m), 1, 1e-5);
    }
}

static void every_build_gives_the_same_bits(void)
{
    uint64_t hash = 0;
    for (int i = 0; i < 1000; i++) {
        /* One draw a statement: the order of arguments is the compiler's. */
        w3d_quat a = random_quat(), b = random_quat();
        w3d_vec3 u = random_vec3(9), v = random_vec3(3), w = random_vec3(4);
        float t = test_random_float(0, 1), angle = test_random_float(0.1f, 2.0f);
        w3d_mat4 m = w3d_mat4_from_trs(u, w3d_quat_slerp(a, b, t), v), inverse = m;
        w3d_mat4 lens = w3d_mat4_perspective(angle, 1.5f, 0.1f, 50.0f),
                 all = w3d_mat4_multiply(&lens, &m);
        w3d_mat4_inverse(&m, &inverse);
        w3d_mat4 view = w3d_mat4_look_at(u, v, w);
        hash = w3d_hash_bytes(&all, sizeof all,
                              w3d_hash_bytes(&inverse, sizeof inverse,
                                             w3d_hash_bytes(&view, sizeof view, hash)));
    }
    CHECK_MESSAGE(hash == 0xDE32C30834C3E533u, "hash is 0x%016llX", (unsigned long long)hash);
}

void test_vec(void)
{
    RUN(vectors_do_what_they_say);
    RUN(quaternions_turn_like_their_matrices);
    RUN(inverses_undo);
    RUN(cofactors_carry_normals);
    RUN(cameras_put_things_where_they_belong);
    RUN(every_build_gives_the_same_bits);
}
