/* test_math.c - core/math against the C library's double functions, in units of the last place. */
#include "test.h"

#include "core/hash.h"
#include "core/math.h"

/* The bound stated in math.h. libm's doubles are good to well below a thousandth of that. */
#define LIMIT 0.501

typedef float (*function_f)(float);
typedef double (*function_d)(double);

static float worst_at;

/* The largest error over floats whose bits are `first`, `first + step`, ..., both signs. */
static double sweep(function_f ours, function_d theirs, float from, float to)
{
    double worst = 0.0;
    uint32_t first = w3d_bits_f32(from), last = w3d_bits_f32(to),
             step = (last - first) / 200000 + 1;
    for (uint32_t bits = first; bits <= last && bits >= first; bits += step) {
        for (int sign = 0; sign < 2; sign++) {
            float x = w3d_f32_from_bits(bits + test_random_below(step));
            if (sign) x = -x;
            double error = test_ulp_error(ours(x), theirs((double)x));
            if (error > worst) worst = error, worst_at = x;
        }
    }
    return worst;
}

static const float infinity_f = HUGE_VALF;

static void unary_functions_are_within_the_stated_ulp(void)
{
    static const struct {
        const char *name;
        function_f ours;
        function_d theirs;
        float from, to;
    } rows[] = {
        { "sin", w3d_math_sin, sin, 1e-30f, 1e4f },
        { "sin large", w3d_math_sin, sin, 1e4f, 3.4e38f },
        { "cos", w3d_math_cos, cos, 1e-30f, 1e4f },
        { "cos large", w3d_math_cos, cos, 1e4f, 3.4e38f },
        { "tan", w3d_math_tan, tan, 1e-30f, 1e4f },
        { "tan large", w3d_math_tan, tan, 1e4f, 3.4e38f },
        { "asin", w3d_math_asin, asin, 1e-30f, 1.0f },
        { "acos", w3d_math_acos, acos, 1e-30f, 1.0f },
        { "atan", w3d_math_atan, atan, 1e-38f, 3e38f },
        { "exp", w3d_math_exp, exp, 1e-20f, 110.0f },
        { "exp2", w3d_math_exp2, exp2, 1e-20f, 155.0f },
        { "log", w3d_math_log, log, 1e-45f, 3e38f },
        { "log2", w3d_math_log2, log2, 1e-45f, 3e38f },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
#if defined(_WIN32) /* its C library hands large angles to the processor, whose pi has 66 bits */
        if (rows[i].from == 1e4f) continue;
#endif
        double worst = sweep(rows[i].ours, rows[i].theirs, rows[i].from, rows[i].to);
        CHECK_MESSAGE(worst <= LIMIT, "%s: %.4f ulp at %.9g", rows[i].name, worst,
                      (double)worst_at);
    }
}

static void atan2_and_pow_are_within_the_stated_ulp(void)
{
    for (int i = 0; i < 300000; i++) {
        float a = w3d_f32_from_bits((uint32_t)test_random()),
              b = w3d_f32_from_bits((uint32_t)test_random());
        CHECK_ULP(w3d_math_atan2(a, b), atan2((double)a, (double)b), LIMIT);
        float x = test_random_float(0.0f, 20.0f), y = test_random_float(-30.0f, 30.0f);
        CHECK_ULP(w3d_math_pow(x, y), pow((double)x, (double)y), LIMIT);
        CHECK_ULP(w3d_math_pow(a, b), pow((double)a, (double)b), LIMIT);
        float whole = (float)(int)test_random_below(40) - 20.0f;
        CHECK_ULP(w3d_math_pow(-x, whole), pow(-(double)x, (double)whole), LIMIT);
    }
}

static void special_values_follow_annex_f(void)
{
    static const float values[] = { 0.0f,    -0.0f,    1.0f, -1.0f,       0.5f,
                                    2.0f,    -2.0f,    3.0f, -3.0f,       1e-45f,
                                    3.4e38f, -3.4e38f, 0.7f, 16777216.0f, 16777217.0f };
    float table[18];
    memcpy(table, values, sizeof values);
    table[15] = infinity_f, table[16] = -infinity_f, table[17] = nanf("");
    for (int i = 0; i < 18; i++)
        for (int k = 0; k < 18; k++) {
            float a = table[i], b = table[k];
            double power = pow((double)a, (double)b), angle = atan2((double)a, (double)b);
            CHECK_MESSAGE(test_ulp_error(w3d_math_pow(a, b), (double)(float)power) <= 1.0,
                          "pow(%g, %g) = %g", (double)a, (double)b, (double)w3d_math_pow(a, b));
            CHECK_MESSAGE(test_ulp_error(w3d_math_atan2(a, b), angle) <= LIMIT &&
                              (isnan(angle) || !signbit(angle) == !signbit(w3d_math_atan2(a, b))),
                          "atan2(%g, %g)", (double)a, (double)b);
        }
    CHECK(isnan(w3d_math_sin(infinity_f)) && isnan(w3d_math_cos(-infinity_f)) &&
          isnan(w3d_math_tan(infinity_f)));
    CHECK(isnan(w3d_math_asin(1.0001f)) && isnan(w3d_math_acos(-1.0001f)) &&
          isnan(w3d_math_acos(nanf(""))));
    CHECK(w3d_math_exp(infinity_f) == infinity_f && w3d_math_exp(-infinity_f) == 0.0f &&
          isnan(w3d_math_exp(nanf(""))));
    CHECK(w3d_math_exp(89.0f) == infinity_f && w3d_math_exp(-104.0f) == 0.0f &&
          w3d_math_exp(0.0f) == 1.0f);
    CHECK(w3d_math_log(0.0f) == -infinity_f && isnan(w3d_math_log(-1.0f)) &&
          w3d_math_log(infinity_f) == infinity_f);
    CHECK(w3d_math_log(1.0f) == 0.0f && w3d_math_log2(8.0f) == 3.0f &&
          isnan(w3d_math_log(nanf(""))));
    CHECK(signbit(w3d_math_sin(-0.0f)) && signbit(w3d_math_tan(-0.0f)) &&
          signbit(w3d_math_asin(-0.0f)));
}

static void rounding_is_exact(void)
{
    static const float edges[] = { 0.0f, 0.5f,       0.49999997f, 1.5f,
                                   2.5f, 8388607.5f, 8388608.0f,  1e30f };
    for (int i = 0; i < 200000; i++) {
        float x = i < 8    ? edges[i]
                  : i < 16 ? -edges[i - 8]
                           : w3d_f32_from_bits((uint32_t)test_random());
        if (isnan(x)) continue;
        CHECK(w3d_bits_f32(w3d_math_floor(x)) == w3d_bits_f32(floorf(x)));
        CHECK(w3d_bits_f32(w3d_math_ceil(x)) == w3d_bits_f32(ceilf(x)));
        CHECK(w3d_bits_f32(w3d_math_truncate(x)) == w3d_bits_f32(truncf(x)));
        float half_away = (float)copysign(floor(fabs((double)x) + 0.5), (double)x);
        CHECK(w3d_bits_f32(w3d_math_round(x)) == w3d_bits_f32(half_away));
    }
    CHECK(w3d_math_clamp(nanf(""), 1.0f, 2.0f) == 1.0f && w3d_math_clamp(3.0f, 1.0f, 2.0f) == 2.0f);
    CHECK(w3d_math_lerp(3.0f, 7.1f, 1.0f) == 7.1f && w3d_math_lerp(3.0f, 7.1f, 0.0f) == 3.0f);
}

static void srgb_goes_there_and_back(void)
{
    for (int i = 0; i < 256; i++) {
        float code = (float)i / 255.0f,
              back = w3d_math_srgb_from_linear(w3d_math_linear_from_srgb(code));
        CHECK_NEAR(back, code, 1e-6);
        double expected =
            code <= 0.04045f ? (double)code / 12.92 : pow(((double)code + 0.055) / 1.055, 2.4);
        CHECK_NEAR(w3d_math_linear_from_srgb(code), expected, 2e-7);
    }
}

/* One number for all bits of all functions: every build and every target must print the same. */
static void every_build_gives_the_same_bits(void)
{
    uint64_t hash = 0;
    test.random = 7;
    for (int i = 0; i < 100000; i++) {
        float x = w3d_f32_from_bits((uint32_t)test_random()), y = test_random_float(-40.0f, 40.0f),
              r[11];
        r[0] = w3d_math_sin(x), r[1] = w3d_math_cos(x), r[2] = w3d_math_tan(y),
        r[3] = w3d_math_atan2(x, y);
        r[4] = w3d_math_exp(y), r[5] = w3d_math_log(x), r[6] = w3d_math_pow(y, x),
        r[7] = w3d_math_acos(y / 40.0f);
        r[8] = w3d_math_asin(y / 40.0f), r[9] = w3d_math_srgb_from_linear(y / 40.0f),
        r[10] = w3d_sqrtf(x);
        for (int k = 0; k < 11; k++) r[k] = w3d_f32_canonical(r[k]);
        hash = w3d_hash_bytes(r, sizeof r, hash);
    }
    CHECK_MESSAGE(hash == 0x57C66AB1A964CEAFu, "hash is 0x%016llX", (unsigned long long)hash);
}

static void square_roots_are_correctly_rounded(void)
{
    for (int i = 0; i < 200000; i++) {
        float x = w3d_f32_from_bits((uint32_t)test_random() & 0x7FFFFFFFu);
        double y = w3d_f64_from_bits(test_random() & 0x7FFFFFFFFFFFFFFFu);
        if (!isnan(x)) CHECK(w3d_sqrtf(x) == sqrtf(x));
        if (!isnan(y)) CHECK(w3d_sqrt(y) == sqrt(y));
    }
    CHECK(isnan(w3d_sqrtf(-1.0f)) && signbit(w3d_sqrtf(-0.0f)) &&
          w3d_sqrt(infinity_f) == (double)infinity_f);
}

void test_math(void)
{
    RUN(unary_functions_are_within_the_stated_ulp);
    RUN(atan2_and_pow_are_within_the_stated_ulp);
    RUN(special_values_follow_annex_f);
    RUN(rounding_is_exact);
    RUN(srgb_goes_there_and_back);
    RUN(square_roots_are_correctly_rounded);
    RUN(every_build_gives_the_same_bits);
}
