/* test_decimal.c - every double must be the one strtod gives, in easy, random and hard cases. */
#include "test.h"

#include "core/decimal.h"

static void compare(const char *text)
{
    double got = -1.0, expected = strtod(text, NULL);
    size_t size = strlen(text), used = w3d_decimal_read(text, size, &got);
    CHECK_MESSAGE(used == size && w3d_bits_f64(got) == w3d_bits_f64(expected),
                  "%.300s: %zu of %zu bytes, %a, expected %a", text, used, size, got, expected);
}

static void known_values(void)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0e5",
        "1",
        "-1",
        "3.14159",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740993.0000000000000000000000000000000000001",
        "123456789012345678901234567890",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e400",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "2.2250738585072012e-308",
        "8.41e21",
        "9.5e-320",
        "0.000000000000000000000000000001",
        "1e-22",
        "1e-23",
        "5e-324",
        "3e-324",
        "6929495644600919.5",
        "3.2378839133029012895883524125015321748630094e-319",
        "1448997445238699",
        "1e0000000000000000000000000001",
        "1e-0000000000000000000000001",
        "0e999999999999999999999999",
        "1e999999999999999999999999",
        "1e-99999999999999999999999",
        "000000000000001e305",
        "00000000000000000000000000000001e305",
        "0.0000000000000000000000000000000000001e340",
        "1000000000000000000e-343",
        "9999999999999999999e-343",
        "2470328229206232720e-342",
        "2470328229206232721e-342",
        "99999999999999999999999999999e-353",
        "9999999999999999999e289",
        "1e308",
        "18e307",
        "10000000000000000000e-19",
        "00000000000000000000e-19",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) compare(texts[i]);
}

static void random_texts(void)
{
    char text[400];
    for (int i = 0; i < 150000; i++) {
        double value = w3d_f64_from_bits(test_random());
        if (!w3d_f64_is_finite(value)) continue;
        int digits = (int)test_random_below(25);
        snprintf(text, sizeof text, "%.*e", digits, value);
        compare(text);
        snprintf(text, sizeof text, "%.*f", (int)test_random_below(20),
                 ldexp((double)(int64_t)test_random(), -(int)test_random_below(80)));
        compare(text);
        snprintf(text, sizeof text, "%llue%d",
                 (unsigned long long)(test_random() >> test_random_below(64)),
                 (int)test_random_below(700) - 370);
        compare(text);
    }
}

/* All digits of mantissa * 2^exponent as "digits e power", worked nine digits at a time. */
static int write_exact(char *out, uint64_t mantissa, int exponent)
{
    uint32_t limb[100] = { (uint32_t)(mantissa % 1000000000u), (uint32_t)(mantissa / 1000000000u) };
    int count = 2, length = 0, power = exponent < 0 ? exponent : 0,
        left = exponent < 0 ? -exponent : exponent;
    while (left) { /* 2^e, or 5^-e and a decimal power */
        int step = left < 12 ? left : 12;
        uint64_t factor = 1, carry = 0;
        for (int i = 0; i < step; i++) factor *= exponent < 0 ? 5u : 2u;
        for (int i = 0; i < count; i++) {
            carry += limb[i] * factor;
            limb[i] = (uint32_t)(carry % 1000000000u);
            carry /= 1000000000u;
        }
        if (carry) limb[count++] = (uint32_t)carry;
        left -= step;
    }
    while (count > 1 && !limb[count - 1]) count--;
    for (int i = count; i-- > 0;)
        length += sprintf(out + length, i == count - 1 ? "%u" : "%09u", (unsigned)limb[i]);
    sprintf(out + length, "e%d", power);
    return length;
}

/* Exact midpoints between neighbouring doubles, and a hair to each side of them. */
static void midpoints(void)
{
    static char text[1300];
    for (int i = 0; i < 5000; i++) {
        uint64_t bits = test_random() & 0x7FFFFFFFFFFFFFFFu;
        if (i % 4 == 0) bits &= 0x001FFFFFFFFFFFFFu; /* subnormals and the first normals */
        if (i % 4 == 1) bits = (bits & 0x000FFFFFFFFFFFFFu) | (uint64_t)(1023 + i % 60) << 52;
        int exponent = (int)(bits >> 52);
        if (exponent >= 0x7FE) continue;
        uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)(exponent ? 1 : 0) << 52;
        int length = write_exact(text, mantissa * 2 + 1, (exponent ? exponent : 1) - 1076);
        char tail[16];
        snprintf(tail, sizeof tail, "%s", text + length);
        compare(text);
        snprintf(text + length, 100, ".0000000000000000000000000000000000001%s", tail);
        compare(text);
        if (text[length - 1] == '0') continue;
        text[length - 1]--;
        snprintf(text + length, 100, ".99999999%s", tail);
        compare(text);
    }
}

static void long_texts(void)
{
    static char text[6000];
    for (int i = 0; i < 300; i++) {
        size_t digits = 700 + test_random_below(4000), at = 0;
        size_t point = test_random_below((uint32_t)digits);
        for (; at < digits; at++)
            text[at] = at == point ? '.' : (char)('0' + (i % 3 ? test_random_below(10) : at == 0));
        snprintf(text + at, 20, "e%d", (int)test_random_below(600) - 300 - (int)point);
        compare(text);
    }
    memset(text, '0', 5000); /* zeros before and behind, undone by the exponent */
    memcpy(text, "0.", 2);
    memcpy(text + 5000, "25e4998", 8);
    compare(text);
    text[0] = '1';
    text[1] = '0';
    memcpy(text + 5000, "e-5000", 7);
    compare(text);
}

static void grammar(void)
{
    static const struct {
        const char *text;
        size_t used;
        double value;
    } cases[] = {
        { "", 0, 0 },       { "-", 0, 0 },    { "+", 0, 0 },       { ".", 0, 0 },
        { "-.", 0, 0 },     { "e5", 0, 0 },   { ".e5", 0, 0 },     { "nan", 0, 0 },
        { "inf", 0, 0 },    { "+1", 2, 1 },   { "1.", 2, 1 },      { ".5", 2, 0.5 },
        { "-.5", 3, -0.5 }, { "1..2", 2, 1 }, { "1.2.3", 3, 1.2 }, { "1e", 1, 1 },
        { "1e+", 1, 1 },    { "1e+x", 1, 1 }, { "1E2", 3, 100 },   { "0x10", 1, 0 },
        { "1,5", 1, 1 },    { "7 8", 1, 7 },  { "1.e1", 4, 10 },   { "--1", 0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = -7.0;
        size_t used = w3d_decimal_read(cases[i].text, strlen(cases[i].text), &value);
        CHECK_MESSAGE(used == cases[i].used && value == (used ? cases[i].value : -7.0),
                      "\"%s\": %zu, %g", cases[i].text, used, value);
    }
    double value;
    CHECK(w3d_decimal_read("12345", 3, &value) == 3 && value == 123.0); /* the size is obeyed */
    CHECK(w3d_decimal_read("1e55", 3, &value) == 3 && value == 1e5);
    CHECK(w3d_decimal_read("-0", 2, &value) == 2 && value == 0.0 && signbit(value));
}

void test_decimal(void)
{
    RUN(known_values);
    RUN(random_texts);
    RUN(midpoints);
    RUN(long_texts);
    RUN(grammar);
}
