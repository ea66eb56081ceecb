/* test_bits.c - bit counts against a loop, half floats over all 65536 values. */
#include "test.h"

#include "core/bits.h"

static void counts_match_a_loop(void)
{
    for (int round = 0; round < 20000; round++) {
        uint32_t v = (uint32_t)test_random() >> test_random_below(32), n = test_random_below(64);
        unsigned trailing = 0, leading = 0, set = 0;
        while (trailing < 32 && !(v >> trailing & 1)) trailing++;
        while (leading < 32 && !(v >> (31 - leading) & 1)) leading++;
        for (int i = 0; i < 32; i++) set += v >> i & 1;
        CHECK(w3d_bits_trailing_zeros(v) == trailing && w3d_bits_leading_zeros(v) == leading);
        CHECK(w3d_bits_leading_zeros64((uint64_t)v << 7) == leading + 25 || !v);
        CHECK(w3d_bits_count(v) == set);
        CHECK(w3d_bits_rotate_right(w3d_bits_rotate_left(v, n), n) == v);
        uint64_t power = 1;
        while (power < v) power *= 2;
        CHECK(w3d_bits_next_power(v) == (uint32_t)power);
    }
    CHECK(w3d_bits_trailing_zeros(0) == 32 && w3d_bits_leading_zeros(0) == 32 &&
          w3d_bits_leading_zeros64(0) == 64);
    CHECK(w3d_bits_rotate_left(0x80000001u, 1) == 3u && w3d_bits_rotate_left(5u, 0) == 5u);
    CHECK(w3d_bits_next_power(0) == 1 && w3d_bits_next_power(0x80000000u) == 0x80000000u);
}

/* The value of a half by its definition: sign, 5 bits of exponent, 10 of mantissa. */
static double half_value(unsigned half)
{
    int exponent = (int)(half >> 10 & 31), mantissa = (int)(half & 1023);
    double magnitude = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void halves_go_there_and_back(void)
{
    for (unsigned half = 0; half < 65536; half++) {
        float value = w3d_f32_from_f16((uint16_t)half);
        if ((half >> 10 & 31) == 31) {
            CHECK(half & 1023 ? isnan(value) : isinf(value));
            CHECK(half & 1023 ? (w3d_f16_from_f32(value) & 0x7C00) == 0x7C00
                              : w3d_f16_from_f32(value) == half);
            continue;
        }
        CHECK((double)value == half_value(half) && w3d_f16_from_f32(value) == half);
    }
}

static void halves_round_to_nearest_even(void)
{
    for (unsigned half = 0; half < 0x7BFF; half++) {
        double low = half_value(half), high = half_value(half + 1), middle = (low + high) / 2;
        float at = (float)middle;
        uint16_t even = (uint16_t)(half & 1 ? half + 1 : half);
        CHECK((double)at == middle && w3d_f16_from_f32(at) == even);
        CHECK(w3d_f16_from_f32(nextafterf(at, 0.0f)) == half);
        CHECK(w3d_f16_from_f32(nextafterf(at, 1e9f)) == half + 1);
        CHECK(w3d_f16_from_f32(-at) == (even | 0x8000));
    }
    CHECK(w3d_f16_from_f32(65519.99f) == 0x7BFF && w3d_f16_from_f32(65520.0f) == 0x7C00);
    CHECK(w3d_f16_from_f32(-HUGE_VALF) == 0xFC00 && (w3d_f16_from_f32(nanf("")) & 0x7FFF) > 0x7C00);
    CHECK(w3d_f16_from_f32(1e-10f) == 0 && w3d_f16_from_f32(-1e-10f) == 0x8000);
}

static void kinds_of_floats_are_told_apart(void)
{
    CHECK(w3d_f32_is_nan(nanf("")) && !w3d_f32_is_nan(HUGE_VALF) && !w3d_f32_is_nan(0.0f));
    CHECK(!w3d_f32_is_finite(nanf("")) && !w3d_f32_is_finite(-HUGE_VALF) &&
          w3d_f32_is_finite(FLT_MAX));
    CHECK(!w3d_f64_is_finite(HUGE_VAL) && w3d_f64_is_finite(DBL_MAX));
    CHECK(w3d_bits_f32(w3d_f32_canonical(w3d_f32_from_bits(0xFFFFFFFFu))) == 0x7FC00000u);
    CHECK(w3d_bits_f32(w3d_f32_canonical(-0.0f)) == 0x80000000u);
}

void test_bits(void)
{
    RUN(counts_match_a_loop);
    RUN(halves_go_there_and_back);
    RUN(halves_round_to_nearest_even);
    RUN(kinds_of_floats_are_told_apart);
}
