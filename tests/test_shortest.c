/* test_shortest.c - numbers to text and back: published hard cases, a slow reference, every power
 * of ten against long arithmetic, a million random doubles. More of it: tests/oracle_doubles.py. */
#include "test.h"

#include "core/decimal.h"
#include "core/shortest.h"

/* The text of a double, NUL-terminated; checks that it reads back as the same double. */
static const char *write_f64(char *text, double value, int point)
{
    size_t size = w3d_shortest_write_f64(text, value, point);
    double back = -1.0;
    text[size] = '\0';
    CHECK_MESSAGE(size <= 25 && w3d_decimal_read(text, size, &back) == size &&
                      w3d_bits_f64(back) == w3d_bits_f64(value),
                  "%a became %s became %a", value, text, back);
    return text;
}

static const char *write_f32(char *text, float value)
{
    size_t size = w3d_shortest_write_f32(text, value, 0);
    float back = -1.0f;
    text[size] = '\0';
    CHECK_MESSAGE(size <= 25 && w3d_decimal_read_f32(text, size, &back) == size &&
                      w3d_bits_f32(back) == w3d_bits_f32(value),
                  "%a became %s became %a", (double)value, text, (double)back);
    return text;
}

/* A text's digits without zeros at the ends, and the exponent of the first one's place. */
static void digits_of(const char *text, char *digits, int *exponent)
{
    int count = 0, place = 0, point = 0, power = 0;
    for (; *text && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') point = 1;
        if (*text < '0' || *text > '9') continue;
        if (*text == '0' && !count) {
            place -= point;
            continue;
        }
        digits[count++] = *text;
        place += !point;
    }
    if (*text) power = atoi(text + 1);
    while (count && digits[count - 1] == '0') count--;
    digits[count] = '\0';
    *exponent = count ? place + power : 0;
}

static int same_number(const char *a, const char *b)
{
    char x[64], y[64];
    int i, j;
    digits_of(a, x, &i);
    digits_of(b, y, &j);
    return !strcmp(x, y) && i == j;
}

/* The shortest text by trial: the first number of digits of which one reads back. The closest one
 * to a power of two may lie below it, where the doubles are closer, and the next one above do. */
static void reference(double value, int is_float, char *out)
{
    for (int digits = 1; digits <= 17; digits++) {
        for (int step = 0; step < 2; step++) {
            snprintf(out, 64, "%.*e", digits - 1, fabs(value));
            char *end = strchr(out, 'e');
            for (char *at = end - 1; step && at >= out; at--) {
                if (*at == '.') continue;
                if (*at != '9') {
                    ++*at;
                    break;
                }
                *at = '0'; /* 9.99 and one more: shorter, and tried before */
            }
            double back;
            float single = strtof(out, NULL);
#if defined(_WIN32) /* whose strtod misses some doubles by a unit in the last place */
            w3d_decimal_read(out, strlen(out), &back);
#else
            back = strtod(out, NULL);
#endif
            if (is_float) back = (double)single;
            if (back == fabs(value)) return;
        }
    }
    test_fail(__FILE__, __LINE__, "seventeen digits are not enough");
}

static void check_f64(double value)
{
    char text[W3D_SHORTEST_SIZE], expected[64];
    if (!w3d_f64_is_finite(value) || value == 0.0) return;
    write_f64(text, value, 1);
    reference(value, 0, expected);
    CHECK_MESSAGE(same_number(text, expected), "%a: %s, expected %s", value, text, expected);
}

static void check_f32(float value)
{
    char text[W3D_SHORTEST_SIZE], expected[64];
    if (!w3d_f32_is_finite(value) || value == 0.0f) return;
    write_f32(text, value);
    reference((double)value, 1, expected);
    CHECK_MESSAGE(same_number(text, expected), "%a: %s, expected %s", (double)value, text,
                  expected);
}

/* ---- known texts ---- */

static void layout(void)
{
    static const struct {
        double value;
        const char *with_point, *without;
    } cases[] = {
        { 0.0, "0.0", "0" },
        { -0.0, "-0.0", "-0" },
        { 1.0, "1.0", "1" },
        { -1.0, "-1.0", "-1" },
        { 10.0, "10.0", "10" },
        { 1234567.0, "1234567.0", "1234567" },
        { 0.5, "0.5", "0.5" },
        { -12.75, "-12.75", "-12.75" },
        { 0.1, "0.1", "0.1" },
        { 0.000001, "0.000001", "0.000001" },
        { 0.0000012, "0.0000012", "0.0000012" },
        { 1e-7, "1e-7", "1e-7" },
        { 1.5e-7, "1.5e-7", "1.5e-7" },
        { 1e20, "100000000000000000000.0", "100000000000000000000" },
        { 1.2e20, "120000000000000000000.0", "120000000000000000000" },
        { 1e21, "1e21", "1e21" },
        { 1.5e300, "1.5e300", "1.5e300" },
        { -1.2345678901234568e-300, "-1.2345678901234568e-300", "-1.2345678901234568e-300" },
        { -1.2345678901234567e-6, "-0.0000012345678901234567", "-0.0000012345678901234567" },
    };
    char text[W3D_SHORTEST_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_f64(text, cases[i].value, 1);
        CHECK_MESSAGE(!strcmp(text, cases[i].with_point), "%s", text);
        write_f64(text, cases[i].value, 0);
        CHECK_MESSAGE(!strcmp(text, cases[i].without), "%s", text);
    }
    double infinity = w3d_f64_from_bits(0x7FF0000000000000u);
    CHECK(w3d_shortest_write_f64(text, infinity, 1) == 0);
    CHECK(w3d_shortest_write_f64(text, -infinity, 1) == 0);
    CHECK(w3d_shortest_write_f64(text, w3d_f64_from_bits(0x7FF8000000000000u), 1) == 0);
    CHECK(w3d_shortest_write_f32(text, w3d_f32_from_bits(0x7F800000u), 1) == 0);
    CHECK(w3d_shortest_write_f32(text, w3d_f32_from_bits(0xFFC00001u), 1) == 0);
    CHECK(w3d_shortest_write_f32(text, 0.1f, 1) == 3 && !memcmp(text, "0.1", 3));
    CHECK(w3d_shortest_write_f32(text, -0.0f, 1) == 4 && !memcmp(text, "-0.0", 4));
    CHECK(w3d_shortest_write_f32(text, 16777216.0f, 1) == 10 && !memcmp(text, "16777216.0", 10));
}

/* Bits and texts of RFC 8785, appendix B (there with a + in exponents). */
static void rfc_8785(void)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {
        { 0x0000000000000000u, "0" },
        { 0x0000000000000001u, "5e-324" },
        { 0x8000000000000001u, "-5e-324" },
        { 0x7FEFFFFFFFFFFFFFu, "1.7976931348623157e308" },
        { 0xFFEFFFFFFFFFFFFFu, "-1.7976931348623157e308" },
        { 0x4340000000000000u, "9007199254740992" },
        { 0xC340000000000000u, "-9007199254740992" },
        { 0x4430000000000000u, "295147905179352830000" },
        { 0x44B52D02C7E14AF5u, "9.999999999999997e22" },
        { 0x44B52D02C7E14AF6u, "1e23" },
        { 0x44B52D02C7E14AF7u, "1.0000000000000001e23" },
        { 0x444B1AE4D6E2EF4Eu, "999999999999999700000" },
        { 0x444B1AE4D6E2EF4Fu, "999999999999999900000" },
        { 0x444B1AE4D6E2EF50u, "1e21" },
        { 0x3EB0C6F7A0B5ED8Cu, "9.999999999999997e-7" },
        { 0x3EB0C6F7A0B5ED8Du, "0.000001" },
        { 0x41B3DE4355555553u, "333333333.3333332" },
        { 0x41B3DE4355555554u, "333333333.33333325" },
        { 0x41B3DE4355555555u, "333333333.3333333" },
        { 0x41B3DE4355555556u, "333333333.3333334" },
        { 0x41B3DE4355555557u, "333333333.33333343" },
        { 0xBECBF647612F3696u, "-0.0000033333333333333333" },
        { 0x43143FF3C1CB0959u, "1424953923781206.2" },
    };
    char text[W3D_SHORTEST_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_f64(text, w3d_f64_from_bits(cases[i].bits), 0);
        CHECK_MESSAGE(!strcmp(text, cases[i].text), "%s, expected %s", text, cases[i].text);
    }
}

/* Texts that are the shortest of their number. Source: the examples and tests of Adams, Ryu: fast
 * float-to-string conversion, 2018: ends of ranges, ties, powers of two and five, many zeros. */
static void ryu_examples(void)
{
    static const char *const doubles[] = {
        "2.2250738585072014e-308", "2.9802322387695312e-8",
        "-2.109808898695963e16",   "4.940656e-318",
        "1.18575755e-316",         "2.989102097996e-312",
        "9.0608011534336e15",      "4.708356024711512e18",
        "9.409340012568248e18",    "1.2345678",
        "5.764607523034235e39",    "1.152921504606847e40",
        "2.305843009213694e40",    "1.8014398509481984e16",
        "9.007199254740991e15",    "1.2999999999999999",
        "1.234567890123456e-5",    "8.41e21",
        "2.0019531249999996e-9",   "5.368709120000001e8",
        "1.7800590868057611e-307", "2.8480945388892175e-306",
        "2.446494580089078e-296",  "4.8929891601781557e-296",
        "1.8014398509481988e16",   "3.6028797018963964e16",
        "2.900835519859558e-216",  "5.801671039719115e-216",
        "3.196104012172126e-27",   "9.007199254740992e15",
    };
    static const char *const floats[] = {
        "1.17549435e-38", "3.4028235e38", "1.4e-45",       "1e-45",          "3.3554448e7",
        "8.999999e9",     "3.4366718e10", "3.0540412e5",   "8.0990312e3",    "2.4414062e-4",
        "2.4414062e-3",   "4.3945312e-3", "6.3476562e-3",  "4.7223665e21",   "8388608",
        "1.6777216e7",    "3.3554436e7",  "6.7131496e7",   "1.9310392e-38",  "2.47e-43",
        "1.993244e-38",   "4103.9003",    "5.3399997e9",   "6.0898e-39",     "0.0010310042",
        "2.882326e17",    "7.038531e-26", "9.223404e17",   "6.710887e7",     "1e-44",
        "2.816025e14",    "9.223372e18",  "1.5846086e29",  "1.1811161e19",   "5.368709e18",
        "4.6143166e18",   "0.007812537",  "1.18697725e20", "1.00014165e-36", "200",
    };
    char text[W3D_SHORTEST_SIZE];
    double value = 0.0;
    float single = 0.0f;
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        w3d_decimal_read(doubles[i], strlen(doubles[i]), &value);
        check_f64(value);
    }
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        w3d_decimal_read_f32(floats[i], strlen(floats[i]), &single);
        check_f32(single);
    }
    w3d_decimal_read("2.98023223876953125e-8", 22, &value);
    CHECK(!strcmp(write_f64(text, value, 0), "2.9802322387695312e-8"));
}

/* Numbers that lie as close as any to the middle between two texts, or two doubles. Source: Paxson,
 * A program for testing IEEE decimal-binary conversion, 1991, tables 1 to 4. */
static void paxson(void)
{
    static const char *const texts[] = {
        "5e125",
        "69e267",
        "999e-26",
        "7861e-34",
        "75569e-254",
        "928609e-261",
        "9210917e80",
        "84863171e114",
        "653777767e273",
        "5232604057e-298",
        "27235667517e-109",
        "653532977297e-123",
        "3142213164987e-294",
        "46202199371337e-72",
        "231010996856685e-73",
        "9324754620109615e212",
        "78459735791271921e49",
        "272104041512242479e200",
        "6802601037806061975e198",
        "20505426358836677347e-221",
        "836168422905420598437e-234",
        "4891559871276714924261e222",
        "9e-265",
        "85e-37",
        "623e100",
        "3571e263",
        "81661e153",
        "920657e-23",
        "4603285e-24",
        "87575437e-309",
        "245540327e122",
        "6138508175e120",
        "83356057653e193",
        "619534293513e124",
        "2335141086879e218",
        "36167929443327e-159",
        "609610927149051e-255",
        "3743626360493413e-165",
        "94080055902682397e-242",
        "899810892172646163e283",
        "7120190517612959703e120",
        "25188282901709339043e-252",
        "308984926168550152811e-52",
        "6372891218502368041059e64",
    };
    static const struct {
        uint64_t mantissa;
        int exponent;
    } doubles[] = {
        { 8511030020275656u, -342 }, { 5201988407066741u, -824 },  { 6406892948269899u, 237 },
        { 8431154198732492u, 72 },   { 6475049196144587u, 99 },    { 8274307542972842u, 726 },
        { 5381065484265332u, -456 }, { 6761728585499734u, -1057 }, { 7976538478610756u, 376 },
        { 5982403858958067u, 377 },  { 5536995190630837u, 93 },    { 7225450889282194u, 710 },
        { 7225450889282194u, 709 },  { 8703372741147379u, 117 },   { 8944262675275217u, -1001 },
        { 7459803696087692u, -707 }, { 6080469016670379u, -381 },  { 8385515147034757u, 721 },
        { 7514216811389786u, -493 }, { 8397297803260511u, -586 },  { 6733459239310543u, 202 },
        { 8091450587292794u, -473 }, { 6567258882077402u, 952 },   { 6712731423444934u, 535 },
        { 6712731423444934u, 534 },  { 5298405411573037u, -957 },  { 5137311167659507u, -144 },
        { 6722280709661868u, 363 },  { 5344436398034927u, -169 },  { 8369123604277281u, -853 },
        { 8995822108487663u, -780 }, { 8942832835564782u, -383 },  { 8942832835564782u, -384 },
        { 8942832835564782u, -385 }, { 6965949469487146u, -249 },  { 6965949469487146u, -250 },
        { 6965949469487146u, -251 }, { 7487252720986826u, 548 },   { 5592117679628511u, 164 },
        { 8887055249355788u, 665 },  { 6994187472632449u, 690 },   { 8797576579012143u, 588 },
        { 7363326733505337u, 272 },  { 8549497411294502u, -448 },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 0.0;
        w3d_decimal_read(texts[i], strlen(texts[i]), &value);
        CHECK_MESSAGE(value == strtod(texts[i], NULL), "%s became %a", texts[i], value);
        check_f64(value);
        float single = 0.0f;
        w3d_decimal_read_f32(texts[i], strlen(texts[i]), &single);
        CHECK_MESSAGE(single == strtof(texts[i], NULL), "%s became %a", texts[i], (double)single);
    }
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++)
        check_f64(ldexp((double)doubles[i].mantissa, doubles[i].exponent));
}

/* ---- against the references ---- */

/* Every number of 128 bits that w3di_power10_of gives, by long arithmetic. */
static void powers_of_ten(void)
{
    enum { WORDS = 80 }; /* 2^2559 / 10^351 still has more than 128 bits */
    uint32_t number[WORDS];
    for (int down = 0; down < 2; down++) {
        memset(number, 0, sizeof number);
        number[down ? WORDS - 1 : 0] = down ? 0x80000000u : 1u;
        for (int e = 0; e <= (down ? -W3DI_POWER10_MIN : W3DI_POWER10_MAX); e++) {
            int bit = WORDS * 32 - 1;
            while (!(number[bit / 32] >> bit % 32 & 1)) bit--;
            uint64_t top[2] = { 0, 0 };
            for (int i = 0; i < 128; i++) {
                int at = bit - i;
                uint64_t one = at >= 0 ? number[at / 32] >> at % 32 & 1 : 0;
                top[i / 64] |= one << (63 - i % 64);
            }
            w3di_power10 power = w3di_power10_of(down ? -e : e);
            CHECK_MESSAGE(power.high == top[0] && power.low == top[1], "10^%d", down ? -e : e);
            CHECK(w3di_power10_log2(down ? -e : e) == (down ? bit - (WORDS * 32 - 1) : bit));
            CHECK(w3di_power10_is_exact(down ? -e : e) ==
                  (down ? e == 0 : bit - 127 <= e)); /* 10^e ends in e zero bits */
            uint64_t carry = 0;
            for (int i = 0; i < WORDS && !down; i++) {
                carry += (uint64_t)number[i] * 10;
                number[i] = (uint32_t)carry;
                carry >>= 32;
            }
            for (int i = WORDS; i-- > 0 && down;) {
                carry = carry << 32 | number[i];
                number[i] = (uint32_t)(carry / 10);
                carry %= 10;
            }
        }
    }
}

static void edges(void)
{
    for (int e = -1074; e < 1024; e++) /* every power of two and what lies beside it */
        for (int side = -1; side <= 1; side++) {
            uint64_t bits = w3d_bits_f64(ldexp(1.0, e)) + (uint64_t)(int64_t)side;
            check_f64(w3d_f64_from_bits(bits));
        }
    for (int e = -149; e < 128; e++)
        for (int side = -1; side <= 1; side++) {
            uint32_t bits = w3d_bits_f32((float)ldexp(1.0, e)) + (uint32_t)side;
            check_f32(w3d_f32_from_bits(bits));
        }
    for (int e = -323; e <= 308; e++) { /* of ten */
        char text[16];
        double value = 0.0;
        size_t size = (size_t)snprintf(text, sizeof text, "1e%d", e);
        w3d_decimal_read(text, size, &value);
        for (int side = -2; side <= 2; side++)
            check_f64(w3d_f64_from_bits(w3d_bits_f64(value) + (uint64_t)(int64_t)side));
    }
    for (uint64_t bits = 1; bits < 300; bits++) check_f64(w3d_f64_from_bits(bits));
    for (uint32_t bits = 1; bits < 300; bits++) check_f32(w3d_f32_from_bits(bits));
    for (int i = -200; i <= 200; i++) check_f64(9007199254740992.0 + i);
    for (int i = 1; i <= 1000; i++) {
        check_f64(i / 100.0);
        check_f32((float)i / 100.0f);
    }
}

static void random_numbers(void)
{
    for (int i = 0; i < 20000; i++) {
        check_f64(w3d_f64_from_bits(test_random()));
        check_f32(w3d_f32_from_bits((uint32_t)test_random()));
        check_f64(w3d_f64_from_bits(test_random() & 0x800FFFFFFFFFFFFFu));
    }
}

static void a_million_round_trips(void)
{
    char text[W3D_SHORTEST_SIZE];
    uint32_t wrong = 0;
    for (int i = 0; i < 1000000; i++) {
        uint64_t bits = test_random();
        double value = w3d_f64_from_bits(bits), back = 0.0;
        if (!w3d_f64_is_finite(value)) continue;
        size_t size = w3d_shortest_write_f64(text, value, i & 1);
        wrong += w3d_decimal_read(text, size, &back) != size || w3d_bits_f64(back) != bits;
    }
    CHECK_MESSAGE(wrong == 0, "%u numbers did not come back", (unsigned)wrong);
}

static void whole_numbers(void)
{
    char text[W3D_SHORTEST_SIZE], expected[32];
    for (int i = 0; i < 20000; i++) {
        uint64_t value = i < 64 ? ((uint64_t)1 << i) - (uint64_t)(i & 1) : test_random();
        if (i >= 64) value >>= i % 64;
        if (i > 19900) value = (uint64_t)(i - 19900) * 99999999u;
        size_t size = w3d_shortest_write_u64(text, value);
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)value);
        CHECK_MESSAGE(size == strlen(expected) && !memcmp(text, expected, size), "%s", expected);
    }
    CHECK(w3d_shortest_write_u64(text, UINT64_MAX) == 20);
}

/* ---- reading floats and halves: rounded once ---- */

static void floats_are_rounded_once(void)
{
    char text[120];
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = (uint32_t)test_random() & 0x7FFFFFFFu;
        if (i % 4 == 0) bits &= 0x00FFFFFFu; /* subnormal and small */
        float below = w3d_f32_from_bits(bits), above = w3d_f32_from_bits(bits + 1), got = -1.0f;
        if (!w3d_f32_is_finite(above)) continue;
        /* The middle is a double; its exact decimal has 112 digits behind the point at most. */
        double middle = ((double)below + (double)above) / 2;
        float even = bits & 1 ? above : below;
        size_t size = (size_t)snprintf(text, sizeof text, "%.30e", middle);
        w3d_decimal_read_f32(text, size, &got);
        float expected = strtof(text, NULL);
        CHECK_MESSAGE(got == expected, "%s: %a, expected %a", text, (double)got, (double)expected);
        if (i % 4 == 1) { /* near 1: all digits are there, and a hair makes the difference */
            below = w3d_f32_from_bits((bits & 0x7FFFFFu) | 0x3F800000u);
            above = w3d_f32_from_bits(w3d_bits_f32(below) + 1);
            even = bits & 1 ? above : below;
            size = (size_t)snprintf(text, 60, "%.24f", ((double)below + (double)above) / 2);
            w3d_decimal_read_f32(text, size, &got);
            CHECK(got == even);
            memcpy(text + size, "00000000000000000001", 20);
            w3d_decimal_read_f32(text, size + 20, &got);
            CHECK(got == above);
        }
    }
    float got = 0.0f;
    w3d_decimal_read_f32("3.4028235677973366e38", 21, &got); /* just below the middle to 2^128 */
    CHECK(got == FLT_MAX);
    w3d_decimal_read_f32("3.4028235677973367e38", 21, &got);
    CHECK(!w3d_f32_is_finite(got));
    w3d_decimal_read_f32("-7.006492321624085e-46", 22, &got); /* just below half the smallest */
    CHECK(got == 0.0f && signbit(got));
    w3d_decimal_read_f32("7.006492321624086e-46", 21, &got);
    CHECK(got == w3d_f32_from_bits(1));
    w3d_decimal_read_f32("1e-400", 6, &got);
    CHECK(got == 0.0f);
    CHECK(w3d_decimal_read_f32("x", 1, &got) == 0 && got == 0.0f);
}

static void halves(void)
{
    char text[120];
    uint16_t got = 0;
    for (uint32_t bits = 0; bits < 0x7C00u; bits++) {
        double value = (double)w3d_f32_from_f16((uint16_t)bits);
        /* As if infinity were the next number: 65536. */
        double next = bits == 0x7BFFu ? 65536.0 : (double)w3d_f32_from_f16((uint16_t)(bits + 1));
        size_t size = w3d_shortest_write_f32(text, (float)value, 1);
        CHECK(w3d_decimal_read_f16(text, size, &got) == size && got == bits);
        size = (size_t)snprintf(text, 80, "-%.40f", (value + next) / 2); /* exact */
        w3d_decimal_read_f16(text, size, &got);
        CHECK_MESSAGE(got == (0x8000u | (bits + (bits & 1))), "%s: %04x", text, got);
        memcpy(text + size, "000000000000001", 15);
        w3d_decimal_read_f16(text, size + 15, &got);
        CHECK_MESSAGE(got == (0x8000u | (bits + 1)), "%s: %04x, after %04x", text, got, bits);
        /* The double below the middle. */
        double less = w3d_f64_from_bits(w3d_bits_f64((value + next) / 2) - 1);
        size = (size_t)snprintf(text, 110, "%.75f", less);
        w3d_decimal_read_f16(text, size, &got);
        CHECK_MESSAGE(got == bits, "%s: %04x, expected %04x", text, got, bits);
    }
    CHECK(w3d_decimal_read_f16("1e999", 5, &got) == 5 && got == 0x7C00u);
    CHECK(w3d_decimal_read_f16("-1e39", 5, &got) == 5 && got == 0xFC00u);
}

void test_shortest(void)
{
    RUN(layout);
    RUN(rfc_8785);
    RUN(ryu_examples);
    RUN(paxson);
    RUN(powers_of_ten);
    RUN(edges);
    RUN(random_numbers);
    RUN(a_million_round_trips);
    RUN(whole_numbers);
    RUN(floats_are_rounded_once);
    RUN(halves);
}
