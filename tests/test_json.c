/* test_json.c - what RFC 8259 accepts and refuses, where errors point, bounds, and the look-ups. */
#include "test.h"

#include "core/bits.h"
#include "memory/allocator.h"
#include "scene/json.h"

static w3d_result open_text(const char *text, size_t size, w3d_json *json, w3d_error *error)
{
    w3d_json_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = size;
    return w3d_json_open(&desc, json, error);
}

/* An exact copy without a NUL behind it, so that a sanitizer sees every byte read too many. */
static w3d_result open_copy(const char *text, size_t size, w3d_json *json, w3d_error *error,
                            char **copy)
{
    *copy = (char *)malloc(size ? size : 1);
    memcpy(*copy, text, size);
    return open_text(*copy, size, json, error);
}

static void accepted(void)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1.5e-3",
        "\"\"",
        "[]",
        "{}",
        " \t\r\n[ ] \n",
        "[[[]],{}]",
        "{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
        "\xEF\xBB\xBF[1]",
        "[1,-1,0.5,1E+2,1e-2,-0.0]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDE00\"",
        "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"",
        "{\"\":0,\"\":1}",
        "[\"\\u0000\"]",
        "[1e-999,123456789012345678901234567890]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        w3d_json json;
        w3d_error error = { W3D_OK, 0, "" };
        char *copy;
        w3d_result result = open_copy(texts[i], strlen(texts[i]), &json, &error, &copy);
        CHECK_MESSAGE(result == W3D_OK, "%s: %s at %d", texts[i], error.text, (int)error.offset);
        if (result == W3D_OK) {
            size_t size;
            const char *source = w3d_json_source(&json, 0, &size);
            CHECK(source >= copy && source + size <= copy + strlen(texts[i]));
            w3d_json_close(&json);
        }
        free(copy);
    }
}

static void refused(void)
{
    static const struct {
        const char *text;
        int size;
        w3d_result code;
        int offset;
    } cases[] = {
        { "", 0, W3D_ERR_TRUNCATED, 0 },
        { "  ", 2, W3D_ERR_TRUNCATED, 2 },
        { "[", 1, W3D_ERR_TRUNCATED, 1 },
        { "[1", 2, W3D_ERR_TRUNCATED, 2 },
        { "[1,", 3, W3D_ERR_TRUNCATED, 3 },
        { "[[[[", 4, W3D_ERR_TRUNCATED, 4 },
        { "{\"a\"", 4, W3D_ERR_TRUNCATED, 4 },
        { "{\"a\":", 5, W3D_ERR_TRUNCATED, 5 },
        { "tru", 3, W3D_ERR_TRUNCATED, 3 },
        { "-", 1, W3D_ERR_TRUNCATED, 1 },
        { "1.", 2, W3D_ERR_TRUNCATED, 2 },
        { "1e", 2, W3D_ERR_TRUNCATED, 2 },
        { "1e+", 3, W3D_ERR_TRUNCATED, 3 },
        { "\"abc", 4, W3D_ERR_TRUNCATED, 4 },
        { "\"\\", 2, W3D_ERR_TRUNCATED, 2 },
        { "\"\\u12", 5, W3D_ERR_TRUNCATED, 5 },
        { "[1,]", 4, W3D_ERR_FORMAT, 3 },
        { "[,1]", 4, W3D_ERR_FORMAT, 1 },
        { "[1 2]", 5, W3D_ERR_FORMAT, 3 },
        { "{\"a\":1,}", 8, W3D_ERR_FORMAT, 7 },
        { "{a:1}", 5, W3D_ERR_FORMAT, 1 },
        { "{\"a\" 1}", 7, W3D_ERR_FORMAT, 5 },
        { "{\"a\":}", 6, W3D_ERR_FORMAT, 5 },
        { "[}", 2, W3D_ERR_FORMAT, 1 },
        { "{]", 2, W3D_ERR_FORMAT, 1 },
        { "[1}", 3, W3D_ERR_FORMAT, 2 },
        { "]", 1, W3D_ERR_FORMAT, 0 },
        { "1 2", 3, W3D_ERR_FORMAT, 2 },
        { "[]]", 3, W3D_ERR_FORMAT, 2 },
        { "nul1", 4, W3D_ERR_FORMAT, 3 },
        { "True", 4, W3D_ERR_FORMAT, 0 },
        { "NaN", 3, W3D_ERR_FORMAT, 0 },
        { "Infinity", 8, W3D_ERR_FORMAT, 0 },
        { "01", 2, W3D_ERR_FORMAT, 0 },
        { "-01", 3, W3D_ERR_FORMAT, 1 },
        { "+1", 2, W3D_ERR_FORMAT, 0 },
        { ".5", 2, W3D_ERR_FORMAT, 0 },
        { "1.x", 3, W3D_ERR_FORMAT, 2 },
        { "1.e5", 4, W3D_ERR_FORMAT, 2 },
        { "-x", 2, W3D_ERR_FORMAT, 1 },
        { "0x10", 4, W3D_ERR_FORMAT, 1 },
        { "1e5.5", 5, W3D_ERR_FORMAT, 3 },
        { "'a'", 3, W3D_ERR_FORMAT, 0 },
        { "\"\n\"", 3, W3D_ERR_FORMAT, 1 },
        { "\"a\0b\"", 5, W3D_ERR_FORMAT, 2 },
        { "\"\\x41\"", 6, W3D_ERR_FORMAT, 1 },
        { "\"\\u12G4\"", 8, W3D_ERR_FORMAT, 1 },
        { "\"\\uD800\"", 8, W3D_ERR_FORMAT, 1 },
        { "\"\\uDC00\"", 8, W3D_ERR_FORMAT, 1 },
        { "\"\\uD800\\u0041\"", 14, W3D_ERR_FORMAT, 1 },
        { "\"\\uD800\\n12345\"", 15, W3D_ERR_FORMAT, 1 },
        { "// a\n1", 6, W3D_ERR_FORMAT, 0 },
        { "[1]\0", 4, W3D_ERR_FORMAT, 3 },
        { "\xEF\xBB\xBF\xEF\xBB\xBF"
          "1",
          7, W3D_ERR_FORMAT, 3 },
        { "\"\x80\"", 3, W3D_ERR_UTF8, 1 },
        { "\"abcdefgh\xC0\x80\"", 12, W3D_ERR_UTF8, 9 },
        { "\"\xED\xA0\x80\"", 5, W3D_ERR_UTF8, 1 },
        { "\"\xF4\x90\x80\x80\"", 6, W3D_ERR_UTF8, 1 },
        { "\"\xE2\x82\"", 4, W3D_ERR_UTF8, 1 },
        { "[\xFF]", 3, W3D_ERR_UTF8, 1 },
        { "[1e999]", 7, W3D_ERR_RANGE, 1 },
        { "-1.8e308", 8, W3D_ERR_RANGE, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w3d_json json;
        w3d_error error = { W3D_OK, 0, "" };
        char *copy;
        memset(&json, 0x55, sizeof json);
        w3d_json before = json;
        w3d_result result = open_copy(cases[i].text, (size_t)cases[i].size, &json, &error, &copy);
        CHECK_MESSAGE(result == cases[i].code && error.code == result &&
                          error.offset == (uint64_t)cases[i].offset,
                      "case %d, %s: result %d at %d, %s", (int)i, cases[i].text, (int)result,
                      (int)error.offset, error.text);
        CHECK(!memcmp(&json, &before, sizeof json));
        if (result == W3D_OK) w3d_json_close(&json);
        free(copy);
    }
}

static void numbers(void)
{
    static const struct {
        const char *text;
        w3d_json_type type;
        int64_t i;
        uint64_t u;
        double f;
        int is_i, is_u;
    } cases[] = {
        { "0", W3D_JSON_INTEGER, 0, 0, 0, 1, 1 },
        { "-1", W3D_JSON_INTEGER, -1, 0, -1, 1, 0 },
        { "9223372036854775807", W3D_JSON_INTEGER, INT64_MAX, INT64_MAX, 9223372036854775808.0, 1,
          1 },
        { "-9223372036854775808", W3D_JSON_INTEGER, INT64_MIN, 0, -9223372036854775808.0, 1, 0 },
        { "-9223372036854775809", W3D_JSON_DOUBLE, 0, 0, -9223372036854775808.0, 0, 0 },
        { "9223372036854775808", W3D_JSON_UNSIGNED, 0, 9223372036854775808u, 9223372036854775808.0,
          0, 1 },
        { "18446744073709551615", W3D_JSON_UNSIGNED, 0, UINT64_MAX, 18446744073709551616.0, 0, 1 },
        { "18446744073709551616", W3D_JSON_DOUBLE, 0, 0, 18446744073709551616.0, 0, 0 },
        { "9007199254740993", W3D_JSON_INTEGER, 9007199254740993, 9007199254740993,
          9007199254740992.0, 1, 1 },
        { "-0", W3D_JSON_DOUBLE, 0, 0, -0.0, 1, 1 },
        { "1.0", W3D_JSON_DOUBLE, 1, 1, 1, 1, 1 },
        { "1e3", W3D_JSON_DOUBLE, 1000, 1000, 1000, 1, 1 },
        { "-2.0", W3D_JSON_DOUBLE, -2, 0, -2, 1, 0 },
        { "0.5", W3D_JSON_DOUBLE, 0, 0, 0.5, 0, 0 },
        { "1e300", W3D_JSON_DOUBLE, 0, 0, 1e300, 0, 0 },
        { "9007199254740992.0", W3D_JSON_DOUBLE, 9007199254740992, 9007199254740992,
          9007199254740992.0, 1, 1 },
        { "9007199254740994.0", W3D_JSON_DOUBLE, 0, 0, 9007199254740994.0, 0, 0 },
        { "2.2250738585072012e-308", W3D_JSON_DOUBLE, 0, 0, 2.2250738585072014e-308, 0, 0 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        w3d_json json;
        int64_t i = 77;
        uint64_t u = 77;
        double f = 77;
        CHECK(open_text(cases[k].text, strlen(cases[k].text), &json, NULL) == W3D_OK);
        CHECK_MESSAGE(w3d_json_type_of(&json, 0) == cases[k].type, "%s: type", cases[k].text);
        CHECK(w3d_json_i64(&json, 0, &i) == cases[k].is_i &&
              i == (cases[k].is_i ? cases[k].i : 77));
        CHECK(w3d_json_u64(&json, 0, &u) == cases[k].is_u &&
              u == (cases[k].is_u ? cases[k].u : 77));
        CHECK(w3d_json_f64(&json, 0, &f) && w3d_bits_f64(f) == w3d_bits_f64(cases[k].f));
        w3d_json_close(&json);
    }
    for (int k = 0; k < 30000; k++) { /* what printf writes comes back bit for bit */
        double value = w3d_f64_from_bits(test_random()), back = 0;
        char text[64];
        w3d_json json;
        if (!w3d_f64_is_finite(value)) continue;
        int size = snprintf(text, sizeof text, "%.17g", value);
        CHECK(open_text(text, (size_t)size, &json, NULL) == W3D_OK &&
              w3d_json_f64(&json, 0, &back));
        CHECK_MESSAGE(w3d_bits_f64(back) == w3d_bits_f64(value), "%s", text);
        w3d_json_close(&json);
    }
}

static void strings(void)
{
    static const struct {
        const char *text;
        const char *value;
        size_t size;
    } cases[] = {
        { "\"\"", "", 0 },
        { "\"plain\"", "plain", 5 },
        { "\"a\\u0000b\"", "a\0b", 3 },
        { "\"\\u00e9\\u20AC\\uD83d\\ude00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9 },
        { "\"\\uFFFF\\u07ff\\u0800\"", "\xEF\xBF\xBF\xDF\xBF\xE0\xA0\x80", 8 },
        { "\"0123456789\\n0123456789\\t\"", "0123456789\n0123456789\t", 22 },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
        { "\"1234567\xC3\xA9 89abcdefghijkl\"", "1234567\xC3\xA9 89abcdefghijkl", 24 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        w3d_json json;
        char list[200];
        size_t size;
        snprintf(list, sizeof list, "[%s,\"\\n\",%s]", cases[i].text, cases[i].text);
        CHECK(open_text(list, strlen(list), &json, NULL) == W3D_OK);
        for (uint32_t k = 0; k < 3; k += 2) {
            const char *value = w3d_json_string(&json, w3d_json_element(&json, 0, k), &size);
            CHECK_MESSAGE(size == cases[i].size && !memcmp(value, cases[i].value, size), "%s",
                          list);
        }
        const char *source = w3d_json_source(&json, w3d_json_element(&json, 0, 2), &size);
        CHECK(size == strlen(cases[i].text) && !memcmp(source, cases[i].text, size));
        w3d_json_close(&json);
    }
}

static void look_ups(void)
{
    const char *text = "{\"a\":[1,[2,3],{\"x\":4}],\"b\":\"s\",\"a\\u0000\":true,\"b\":\"last\","
                       "\"n\":null,\"\":-7.5}";
    w3d_json json;
    size_t size;
    int yes = 7;
    double x = 0;
    CHECK(open_text(text, strlen(text), &json, NULL) == W3D_OK);
    CHECK(w3d_json_count(&json, 0) == 6 && w3d_json_type_of(&json, 0) == W3D_JSON_OBJECT);
    uint32_t a = w3d_json_member(&json, 0, "a");
    CHECK(w3d_json_count(&json, a) == 3 && w3d_json_type_of(&json, a) == W3D_JSON_ARRAY);
    CHECK(w3d_json_f64(&json, w3d_json_member(&json, w3d_json_element(&json, a, 2), "x"), &x) &&
          x == 4);
    CHECK(w3d_json_string_is(&json, w3d_json_member(&json, 0, "b"), "last"));
    CHECK(w3d_json_bool(&json, w3d_json_member_sized(&json, 0, "a\0", 2), &yes) && yes == 1);
    CHECK(w3d_json_f64(&json, w3d_json_member(&json, 0, ""), &x) && x == -7.5);
    CHECK(w3d_json_type_of(&json, w3d_json_member(&json, 0, "n")) == W3D_JSON_NULL);
    const char *source = w3d_json_source(&json, a, &size);
    CHECK(size == 17 && !memcmp(source, "[1,[2,3],{\"x\":4}]", 17) &&
          w3d_json_offset(&json, a) == 5);

    uint32_t none =
        w3d_json_member(&json, a, "a"); /* an array has no members, an object no elements */
    CHECK(none == W3D_JSON_NONE && w3d_json_element(&json, 0, 0) == W3D_JSON_NONE);
    CHECK(w3d_json_element(&json, a, 3) == W3D_JSON_NONE &&
          w3d_json_member(&json, none, "x") == W3D_JSON_NONE);
    CHECK(w3d_json_type_of(&json, none) == W3D_JSON_MISSING && w3d_json_count(&json, none) == 0);
    CHECK(!w3d_json_f64(&json, none, &x) && !w3d_json_bool(&json, none, &yes) && x == -7.5);
    CHECK(!w3d_json_string(&json, none, &size) && size == 0 &&
          !w3d_json_source(&json, none, &size));
    CHECK(w3d_json_offset(&json, none) == strlen(text));

    uint32_t order[3] = { 0, 0, 0 }, steps = 0;
    w3d_json_iterator each = w3d_json_each(&json, a);
    while (w3d_json_next(&json, &each)) {
        CHECK(each.key == W3D_JSON_NONE && each.index == steps);
        if (steps < 3) order[steps] = each.value;
        steps++;
    }
    CHECK(steps == 3 && order[1] == w3d_json_element(&json, a, 1) &&
          order[2] == w3d_json_element(&json, a, 2));
    each = w3d_json_each(&json, 0);
    for (steps = 0; w3d_json_next(&json, &each); steps++)
        CHECK(w3d_json_string(&json, each.key, &size));
    CHECK(steps == 6);
    each = w3d_json_each(&json, w3d_json_member(&json, 0, "b"));
    CHECK(!w3d_json_next(&json, &each));
    w3d_json_close(&json);
    w3d_json_close(&json); /* closed is zeroed, and that may be closed */
    w3d_json_close(NULL);
}

static void limits(void)
{
    enum { DEEP = 200000 };
    char *text = (char *)malloc(2 * DEEP);
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    w3d_json json;
    w3d_error error;
    CHECK(open_text(text + DEEP - 64, 128, &json, NULL) == W3D_OK);
    w3d_json_close(&json);
    CHECK(open_text(text + DEEP - 65, 130, &json, &error) == W3D_ERR_LIMIT && error.offset == 64);
    w3d_json_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = 2 * DEEP;
    desc.max_depth = DEEP;
    CHECK(w3d_json_open(&desc, &json, &error) == W3D_OK && json.node_count == DEEP);
    w3d_json_close(&json);
    desc.max_nodes = DEEP - 1;
    CHECK(w3d_json_open(&desc, &json, &error) == W3D_ERR_LIMIT);
    free(text);

    /* the stated memory bound, on the texts that need most */
    static const char *const patterns[] = { "1,", "[],", "\"\",", "\"\\n\",", "{\"\":1}," };
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        size_t length = strlen(patterns[p]), count = 40000, size = 1 + count * length;
        char *list = (char *)malloc(size);
        list[0] = '[';
        for (size_t i = 0; i < count; i++) memcpy(list + 1 + i * length, patterns[p], length);
        list[size - 1] = ']';
        w3d_allocator_counter counter;
        memset(&counter, 0, sizeof counter);
        w3d_allocator allocator = w3d_allocator_counting(&counter);
        memset(&desc, 0, sizeof desc);
        desc.text = list;
        desc.size = size;
        desc.allocator = &allocator;
        CHECK(w3d_json_open(&desc, &json, &error) == W3D_OK);
        CHECK(json.node_count <= size / 2 + 1 && counter.peak_bytes <= 22 * (uint64_t)size + 4096);
        w3d_json_close(&json);
        CHECK(counter.live_bytes == 0);
        free(list);
    }
}

static int sweep_body(const void *allocator, void *user)
{
    static const char text[] =
        "{\"a\\n\":[1,2,3,\"\\u0041aaaaaaaaaaaaaaaaaaaaaaaaa\",[[[]]],4,5,6,7,8,9,10,11,12,13,14,"
        "15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30],\"\\r\":\"\\r\"}";
    w3d_json_desc desc;
    w3d_json json;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = sizeof text - 1;
    desc.allocator = (const w3d_allocator *)allocator;
    w3d_result result = w3d_json_open(&desc, &json, NULL);
    if (result == W3D_OK) w3d_json_close(&json);
    return (int)result;
}
static void allocation_failures(void) { test_allocation_sweep(sweep_body, NULL); }

/* Random edits of a valid text: whatever comes, no crash, and errors lie inside the text. */
static void edits(void)
{
    static const char text[] = "{\"nodes\":[{\"name\":\"a\\u00e9\\n\",\"matrix\":[1,0.5,-2e-3,1e10]"
                               ",\"on\":true},null],\"x\":\"\xC3\xA9\"}";
    static const char pool[] = "{}[]\",:\\u0123456789eE+-.truefalsn \t\n\x80\xC3\xED\xFF\0";
    for (int i = 0; i < 30000; i++) {
        char copy[sizeof text];
        size_t size = sizeof text - 1;
        memcpy(copy, text, sizeof text);
        for (uint32_t k = 0, count = 1 + test_random_below(3); k < count; k++)
            copy[test_random_below((uint32_t)size)] = pool[test_random_below(sizeof pool - 1)];
        if (i % 3 == 0) size = test_random_below((uint32_t)size + 1);
        w3d_json json;
        w3d_error error = { W3D_OK, 0, NULL };
        char *exact;
        w3d_result result = open_copy(copy, size, &json, &error, &exact);
        if (result == W3D_OK) {
            for (uint32_t v = 0; v < json.node_count; v++) {
                size_t length;
                const char *source = w3d_json_source(&json, v, &length);
                CHECK(length > 0 && source >= exact && source + length <= exact + size);
            }
            w3d_json_close(&json);
        } else
            CHECK(error.code == result && error.offset <= size && error.text);
        free(exact);
    }
}

void test_json(void)
{
    RUN(accepted);
    RUN(refused);
    RUN(numbers);
    RUN(strings);
    RUN(look_ups);
    RUN(limits);
    RUN(allocation_failures);
    RUN(edits);
}
