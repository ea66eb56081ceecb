/* test_simd.c - every lane operation against plain C, NaNs, infinities and zeros included; all
 * backends run the same file, and the hash at the end holds them to the same bits. */
#include "test.h"

#include "core/hash.h"
#include "core/simd.h"

/* Random bits, seasoned with the values that go wrong. */
static float any_float(void)
{
    static const uint32_t special[] = { 0, 0x80000000u, 0x7F800000u, 0xFF800000u, 0x7FC00000u, 0x3F800000u,
                                        0x4F000000u, 0xCF000000u, 0x4EFFFFFFu, 1u, 0x7F7FFFFFu };
    uint32_t pick = test_random_below(40);
    return w3d_f32_from_bits(pick < 11 ? special[pick] : (uint32_t)test_random());
}

static uint64_t hash;

static void note(w3d_f4 value, const float *expected, const char *name)
{
    float lanes[4];
    w3d_f4_store(lanes, value);
    for (int i = 0; i < 4; i++) {
        uint32_t got = w3d_bits_f32(w3d_f32_canonical(lanes[i])), want = w3d_bits_f32(w3d_f32_canonical(expected[i]));
        CHECK_MESSAGE(got == want, "%s lane %d: %08x, expected %08x", name, i, got, want);
        hash = w3d_hash_u64(hash ^ got);
    }
}

static void note_int(w3d_i4 value, const int32_t *expected, const char *name)
{
    int32_t lanes[4];
    w3d_i4_store(lanes, value);
    for (int i = 0; i < 4; i++) {
        CHECK_MESSAGE(lanes[i] == expected[i], "%s lane %d: %d, expected %d", name, i, lanes[i], expected[i]);
        hash = w3d_hash_u64(hash ^ (uint32_t)lanes[i]);
    }
}

static float mask_of(int on) { return w3d_f32_from_bits(on ? 0xFFFFFFFFu : 0u); }
static float from_bits_and(float a, float b) { return w3d_f32_from_bits(w3d_bits_f32(a) & w3d_bits_f32(b)); }

#define EACH(expression) for (int i = 0; i < 4; i++) e[i] = (expression)
/* Masks are NaNs as floats, so their bits are compared as ints. */
#define NOTE_MASK(value, name)                                                                     \
    do {                                                                                           \
        int32_t bits_[4];                                                                          \
        memcpy(bits_, e, 16);                                                                      \
        note_int(w3d_i4_bits_f4(value), bits_, name);                                              \
    } while (0)

static void float_lanes_match_plain_c(void)
{
    for (int round = 0; round < 5000; round++) {
        float x[4], y[4], e[4];
        for (int i = 0; i < 4; i++) x[i] = any_float(), y[i] = any_float();
        w3d_f4 a = w3d_f4_load(x), b = w3d_f4_load(y);
        EACH(x[i] + y[i]); note(w3d_f4_add(a, b), e, "add");
        EACH(x[i] - y[i]); note(w3d_f4_sub(a, b), e, "sub");
        EACH(x[i] * y[i]); note(w3d_f4_mul(a, b), e, "mul");
        EACH(x[i] / y[i]); note(w3d_f4_div(a, b), e, "div");
        EACH(sqrtf(x[i])); note(w3d_f4_sqrt(a), e, "sqrt");
        EACH(x[i] < y[i] ? x[i] : y[i]); note(w3d_f4_min(a, b), e, "min");
        EACH(x[i] > y[i] ? x[i] : y[i]); note(w3d_f4_max(a, b), e, "max");
        EACH(fabsf(x[i])); note(w3d_f4_abs(a), e, "abs");
        EACH(-x[i]); note(w3d_f4_negate(a), e, "negate");
        EACH(mask_of(x[i] < y[i])); NOTE_MASK(w3d_f4_less(a, b), "less");
        EACH(mask_of(x[i] <= y[i])); NOTE_MASK(w3d_f4_lesseq(a, b), "lesseq");
        EACH(mask_of(x[i] == y[i])); NOTE_MASK(w3d_f4_equal(a, b), "equal");
        EACH(from_bits_and(x[i], y[i])); NOTE_MASK(w3d_f4_and(a, b), "and");
        EACH(w3d_f32_from_bits(w3d_bits_f32(x[i]) | w3d_bits_f32(y[i]))); NOTE_MASK(w3d_f4_or(a, b), "or");
        EACH(w3d_f32_from_bits(w3d_bits_f32(x[i]) ^ w3d_bits_f32(y[i]))); NOTE_MASK(w3d_f4_xor(a, b), "xor");
        EACH(w3d_f32_from_bits(w3d_bits_f32(x[i]) & ~w3d_bits_f32(y[i]))); NOTE_MASK(w3d_f4_andnot(a, b), "andnot");
        EACH(x[i] < y[i] ? x[i] : y[i]); note(w3d_f4_select(w3d_f4_less(a, b), a, b), e, "select");
        int mask = 0;
        for (int i = 0; i < 4; i++) mask |= (int)(w3d_bits_f32(x[i]) >> 31) << i;
        CHECK(w3d_f4_mask(a) == mask);
        CHECK(w3d_bits_f32(w3d_f4_x(a)) == w3d_bits_f32(x[0]) || isnan(x[0]));
    }
}

static void lanes_move_where_they_should(void)
{
    float x[4] = { 1, 2, 3, 4 }, y[4] = { 5, 6, 7, 8 };
    w3d_f4 a = w3d_f4_load(x), b = w3d_f4_set(5, 6, 7, 8);
    static const float yzxw[4] = { 2, 3, 1, 4 }, low[4] = { 1, 5, 2, 6 }, high[4] = { 3, 7, 4, 8 };
    static const float low_low[4] = { 1, 2, 5, 6 }, high_high[4] = { 3, 4, 7, 8 };
    static const float ones[4] = { 1, 1, 1, 1 }, twos[4] = { 2, 2, 2, 2 }, threes[4] = { 3, 3, 3, 3 }, fours[4] = { 4, 4, 4, 4 };
    static const float zeros[4] = { 0, 0, 0, 0 }, cross[4] = { -4, 8, -4, 0 }, dot[4] = { 38, 38, 38, 38 }, row[4] = { 1, 5, 1, 5 };
    note(b, y, "set"), note(w3d_f4_yzxw(a), yzxw, "yzxw"), note(w3d_f4_zero(), zeros, "zero");
    note(w3d_f4_xxxx(a), ones, "xxxx"), note(w3d_f4_yyyy(a), twos, "yyyy"), note(w3d_f4_zzzz(a), threes, "zzzz"), note(w3d_f4_wwww(a), fours, "wwww");
    note(w3d_f4_zip_low(a, b), low, "zip_low"), note(w3d_f4_zip_high(a, b), high, "zip_high");
    note(w3d_f4_low_low(a, b), low_low, "low_low"), note(w3d_f4_high_high(a, b), high_high, "high_high");
    note(w3d_f4_cross3(a, b), cross, "cross3"), note(w3d_f4_dot3(a, b), dot, "dot3");
    float three[5] = { 9, 9, 9, 9, 9 };
    w3d_f4_store3(three, w3d_f4_load3(x));
    CHECK(three[0] == 1 && three[2] == 3 && three[3] == 9);
    w3d_f4 c = a, d = b;
    w3d_f4_transpose(&a, &b, &c, &d);
    note(a, row, "transpose");
    float back[4];
    w3d_f4_store(back, d);
    CHECK(back[0] == 4 && back[1] == 8 && back[2] == 4 && back[3] == 8);
}

static void int_lanes_match_plain_c(void)
{
    for (int round = 0; round < 5000; round++) {
        int32_t x[4], y[4], e[4];
        float f[4], g[4];
        int n = (int)test_random_below(32);
        for (int i = 0; i < 4; i++) {
            x[i] = (int32_t)(uint32_t)test_random(), y[i] = test_random_below(4) ? (int32_t)(uint32_t)test_random() : x[i];
            f[i] = test_random_below(2) ? any_float() : test_random_float(-3e9f, 3e9f), g[i] = (float)x[i];
        }
        w3d_i4 a = w3d_i4_load(x), b = w3d_i4_load(y);
        EACH((int32_t)((uint32_t)x[i] + (uint32_t)y[i])); note_int(w3d_i4_add(a, b), e, "add");
        EACH((int32_t)((uint32_t)x[i] - (uint32_t)y[i])); note_int(w3d_i4_sub(a, b), e, "sub");
        EACH((int32_t)((uint32_t)x[i] * (uint32_t)y[i])); note_int(w3d_i4_mul(a, b), e, "mul");
        EACH(x[i] & y[i]); note_int(w3d_i4_and(a, b), e, "and");
        EACH(x[i] | y[i]); note_int(w3d_i4_or(a, b), e, "or");
        EACH(x[i] ^ y[i]); note_int(w3d_i4_xor(a, b), e, "xor");
        EACH(x[i] & ~y[i]); note_int(w3d_i4_andnot(a, b), e, "andnot");
        EACH(x[i] == y[i] ? -1 : 0); note_int(w3d_i4_equal(a, b), e, "equal");
        EACH(x[i] < y[i] ? -1 : 0); note_int(w3d_i4_less(a, b), e, "less");
        EACH(x[i] < y[i] ? x[i] : y[i]); note_int(w3d_i4_min(a, b), e, "min");
        EACH(x[i] > y[i] ? x[i] : y[i]); note_int(w3d_i4_max(a, b), e, "max");
        EACH((int32_t)((uint32_t)x[i] << n)); note_int(w3d_i4_shift_left(a, n), e, "shift_left");
        EACH((int32_t)((uint32_t)x[i] >> n)); note_int(w3d_i4_shift_right(a, n), e, "shift_right");
        EACH((int32_t)floor(ldexp(x[i], -n))); note_int(w3d_i4_shift_right_signed(a, n), e, "shift_right_signed");
        EACH(isnan(f[i]) ? 0 : (double)f[i] >= 2147483647.0 ? INT32_MAX : (double)f[i] <= -2147483648.0 ? INT32_MIN : (int32_t)f[i]);
        note_int(w3d_i4_from_f4(w3d_f4_load(f)), e, "from_f4");
        note(w3d_f4_from_i4(a), g, "from_i4");
        note_int(w3d_i4_set(x[0], x[1], x[2], x[3]), x, "set");
    }
    static const int32_t sevens[4] = { 7, 7, 7, 7 };
    note_int(w3d_i4_splat(7), sevens, "splat");
    CHECK(w3d_bits_f32(w3d_f4_x(w3d_f4_bits_i4(w3d_i4_splat(0x3F800000)))) == 0x3F800000u);
}

/* A stream stores what a store does, once it is fenced. */
static void streams_are_stores(void)
{
    float room[4 * 8 + 4], *at = room;
    while ((uintptr_t)at & 15u) at++;
    for (int i = 0; i < 8; i++) {
        float lanes[4];
        for (int k = 0; k < 4; k++) lanes[k] = any_float();
        w3d_f4_stream(at + 4 * i, w3d_f4_load(lanes));
        w3d_stream_fence();
        CHECK_BYTES((const unsigned char *)(at + 4 * i), (const unsigned char *)lanes, sizeof lanes);
    }
}

static void every_backend_gives_the_same_bits(void)
{
    hash = 0;
    float_lanes_match_plain_c();
    lanes_move_where_they_should();
    int_lanes_match_plain_c();
    CHECK_MESSAGE(hash == 0xE110A5A315E97FC3u, "backend %s: hash is 0x%016llX", W3D_SIMD_NAME, (unsigned long long)hash);
}

void test_simd(void)
{
    RUN(float_lanes_match_plain_c);
    RUN(lanes_move_where_they_should);
    RUN(int_lanes_match_plain_c);
    RUN(streams_are_stores);
    RUN(every_backend_gives_the_same_bits);
}
