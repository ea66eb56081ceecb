/* test_json_write.c - what the writer spells, byte by byte; misuse never spells anything. */
#include "test.h"

#include "core/bits.h"
#include "scene/json.h"
#include "scene/json_write.h"

/* A text being written into a block; `room` bytes of it. */
typedef struct page {
    w3d_json_writer writer;
    w3d_sink_buffer buffer;
    char text[80000];
} page;

static page *open_page(uint32_t indent, int plain_whole, int escape_separators)
{
    page *p = (page *)malloc(sizeof *p);
    w3d_json_write_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(p, 0xAA, sizeof *p);
    p->buffer.bytes = p->text;
    p->buffer.capacity = sizeof p->text - 1;
    p->buffer.size = 0;
    desc.sink = w3d_sink_to_buffer(&p->buffer);
    desc.indent = indent;
    desc.plain_whole = plain_whole;
    desc.escape_separators = escape_separators;
    CHECK(w3d_json_write_begin(&p->writer, &desc) == W3D_OK);
    return p;
}

/* Ends the text, compares it, reads it, and frees the page. */
#define CLOSE(p, expected) close_page(p, expected, __LINE__)
static void close_page(page *p, const char *expected, int line)
{
    w3d_error error = { W3D_OK, 0, "" };
    w3d_result result = w3d_json_write_finish(&p->writer, &error);
    p->text[p->buffer.size] = '\0';
    CHECK_MESSAGE(result == W3D_OK, "line %d: %s at %llu", line, error.text,
                  (unsigned long long)error.offset);
    CHECK_MESSAGE(!strcmp(p->text, expected), "line %d: %.200s, expected %.200s", line, p->text,
                  expected);
    w3d_json_desc desc;
    w3d_json json;
    memset(&desc, 0, sizeof desc);
    desc.text = p->text;
    desc.size = p->buffer.size;
    desc.max_depth = W3D_JSON_WRITE_DEPTH;
    result = w3d_json_open(&desc, &json, &error);
    CHECK_MESSAGE(result == W3D_OK, "line %d: %s at %llu", line, error.text,
                  (unsigned long long)error.offset);
    if (result == W3D_OK) w3d_json_close(&json);
    free(p);
}

static void text(w3d_json_writer *w, const char *string)
{
    w3d_json_write_string(w, string, strlen(string));
}

/* One of everything. */
static void write_all(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_key(w, "null");
    w3d_json_write_null(w);
    w3d_json_write_key_sized(w, "bools...", 5);
    w3d_json_write_array(w);
    w3d_json_write_bool(w, 1);
    w3d_json_write_bool(w, 0);
    w3d_json_write_end(w);
    w3d_json_write_key_joined(w, "num", "bers");
    w3d_json_write_array(w);
    w3d_json_write_i64(w, INT64_MIN);
    w3d_json_write_u64(w, UINT64_MAX);
    w3d_json_write_f64(w, 2.0);
    w3d_json_write_f32(w, 0.1f);
    w3d_json_write_array(w);
    w3d_json_write_end(w);
    w3d_json_write_object(w);
    w3d_json_write_key(w, "on the line");
    w3d_json_write_i64(w, 0);
    w3d_json_write_end(w);
    w3d_json_write_end(w);
    w3d_json_write_key(w, "texts");
    w3d_json_write_array(w);
    text(w, "a");
    w3d_json_write_i64_string(w, -5);
    w3d_json_write_u64_string(w, 5);
    w3d_json_write_base64(w, "\0\1\2\3", 4);
    w3d_json_write_raw(w, "{\"raw\":1}", 9);
    w3d_json_write_end(w);
    w3d_json_write_key(w, "row");
    w3d_json_write_row(w);
    text(w, "b");
    text(w, "c");
    w3d_json_write_end(w);
    w3d_json_write_key(w, "line");
    w3d_json_write_object_row(w);
    w3d_json_write_key(w, "d");
    w3d_json_write_array(w);
    text(w, "e");
    text(w, "f");
    w3d_json_write_end(w);
    w3d_json_write_key(w, "g");
    text(w, "h");
    w3d_json_write_end(w);
    w3d_json_write_key(w, "empty");
    w3d_json_write_array(w);
    w3d_json_write_object(w);
    w3d_json_write_end(w);
    w3d_json_write_array(w);
    w3d_json_write_end(w);
    w3d_json_write_end(w);
    w3d_json_write_end(w);
}

static void compact(void)
{
    page *p = open_page(0, 0, 0);
    write_all(&p->writer);
    CLOSE(p, "{\"null\":null,\"bools\":[true,false],\"numbers\":[-9223372036854775808,"
             "18446744073709551615,2.0,0.1,[],{\"on the line\":0}],\"texts\":[\"a\",\"-5\",\"5\","
             "\"AAECAw==\",{\"raw\":1}],\"row\":[\"b\",\"c\"],"
             "\"line\":{\"d\":[\"e\",\"f\"],\"g\":\"h\"},\"empty\":[{},[]]}");
}

static void pretty(void)
{
    page *p = open_page(2, 1, 0);
    write_all(&p->writer);
    CLOSE(p, "{\n  \"null\": null,\n  \"bools\": [true, false],\n"
             "  \"numbers\": [-9223372036854775808, 18446744073709551615, 2, 0.1, [], "
             "{\"on the line\": 0}],\n"
             "  \"texts\": [\n    \"a\",\n    \"-5\",\n    \"5\",\n    \"AAECAw==\",\n"
             "    {\"raw\":1}\n  ],\n  \"row\": [\"b\", \"c\"],\n"
             "  \"line\": {\"d\": [\"e\", \"f\"], \"g\": \"h\"},\n"
             "  \"empty\": [\n    {},\n    []\n  ]\n}");
}

static void roots(void)
{
    page *p = open_page(0, 0, 0);
    w3d_json_write_f64(&p->writer, -0.0);
    CLOSE(p, "-0.0");
    p = open_page(8, 1, 0);
    w3d_json_write_f64(&p->writer, 1e21);
    CLOSE(p, "1e21");
    p = open_page(8, 0, 0);
    w3d_json_write_array(&p->writer);
    w3d_json_write_end(&p->writer);
    CLOSE(p, "[]");
    p = open_page(8, 0, 0);
    w3d_json_write_string(&p->writer, NULL, 0);
    CLOSE(p, "\"\"");
    p = open_page(1, 0, 0);
    w3d_json_write_array(&p->writer);
    w3d_json_write_array(&p->writer);
    w3d_json_write_i64(&p->writer, 1);
    w3d_json_write_end(&p->writer);
    w3d_json_write_i64(&p->writer, 2); /* the first one was no number: a line each */
    w3d_json_write_end(&p->writer);
    CLOSE(p, "[\n [1],\n 2\n]");
}

static void escapes(void)
{
    page *p = open_page(0, 0, 0);
    w3d_json_write_string(&p->writer, "\0\x01\b\t\n\x0B\f\r\x1F \"\\/\x7F\xC3\xA9\xE2\x80\xA8", 19);
    CLOSE(p, "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7F\xC3\xA9\xE2\x80\xA8\"");
    p = open_page(0, 0, 1);
    text(&p->writer, "12345678\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA\xE2\x82\xAC-------\xE2\x80\xA8");
    CLOSE(p, "\"12345678\\u2028\\u2029\xE2\x80\xAA\xE2\x82\xAC-------\\u2028\"");
    p = open_page(0, 0, 0);
    w3d_json_write_object(&p->writer);
    w3d_json_write_key(&p->writer, "a\"b\n");
    text(&p->writer, "");
    w3d_json_write_end(&p->writer);
    CLOSE(p, "{\"a\\\"b\\n\":\"\"}");
}

/* Any text comes back the same: every character at every place of a word of eight. */
static void strings_come_back(void)
{
    static const char *const parts[8] = { "a",        "\"",   "\\",           "\x01",
                                          "\xC3\xA9", "\x1F", "\xE2\x80\xA9", "plain text" };
    char string[300];
    for (int i = 0; i < 3000; i++) {
        size_t size = 0, read_size;
        for (uint32_t k = test_random_below(20); k > 0; k--) {
            const char *part = parts[test_random_below(i % 2 ? 8 : 3)];
            memcpy(string + size, part, strlen(part));
            size += strlen(part);
        }
        if (size && test_random_below(4) == 0 && (signed char)string[0] >= 0) string[0] = '\0';
        char *exact = (char *)malloc(size ? size : 1);
        memcpy(exact, string, size);
        page *p = open_page(0, 0, i % 3 == 0);
        w3d_json_write_string(&p->writer, exact, size);
        CHECK(w3d_json_write_finish(&p->writer, NULL) == W3D_OK);
        w3d_json_desc desc;
        w3d_json json;
        memset(&desc, 0, sizeof desc);
        desc.text = p->text;
        desc.size = p->buffer.size;
        w3d_result result = w3d_json_open(&desc, &json, NULL);
        CHECK(result == W3D_OK);
        if (result == W3D_OK) {
            const char *read = w3d_json_string(&json, 0, &read_size);
            CHECK(read_size == size && !memcmp(read, exact, size));
            w3d_json_close(&json);
        }
        free(exact);
        free(p);
    }
}

/* Pieces around the buffer's size: nothing is lost or repeated where it is handed on. */
static void long_texts(void)
{
    char *string = (char *)malloc(20000), *expected = (char *)malloc(60000);
    for (size_t i = 0; i < 20000; i++) string[i] = (char)('a' + i % 26);
    for (size_t size = W3D_JSON_WRITE_BUFFER - 20; size < W3D_JSON_WRITE_BUFFER + 20; size++) {
        page *p = open_page(0, 0, 0);
        int at = sprintf(expected, "[\"%.*s\",0.1,\"\\n%.*s\"]", (int)size, string, (int)(size * 7),
                         string);
        w3d_json_write_array(&p->writer);
        w3d_json_write_string(&p->writer, string, size);
        w3d_json_write_f64(&p->writer, 0.1);
        string[size * 7] = '\0';
        char *with_break = (char *)malloc(size * 7 + 2);
        with_break[0] = '\n';
        memcpy(with_break + 1, string, size * 7 + 1);
        w3d_json_write_string(&p->writer, with_break, size * 7 + 1);
        string[size * 7] = (char)('a' + size * 7 % 26);
        w3d_json_write_end(&p->writer);
        CHECK(at > 0);
        CLOSE(p, expected);
        free(with_break);
    }
    for (size_t size = 0; size < 2000; size += 1 + size / 37) { /* base64 in pieces */
        page *p = open_page(0, 0, 0);
        char *bytes = (char *)malloc(size ? size : 1);
        memset(bytes, 0, size);
        size_t at = 1, full = (size + 2) / 3 * 4;
        expected[0] = '"';
        memset(expected + at, 'A', full);
        if (size % 3) expected[at + full - 1] = '=';
        if (size % 3 == 1) expected[at + full - 2] = '=';
        at += full;
        expected[at++] = '"';
        expected[at] = '\0';
        w3d_json_write_base64(&p->writer, bytes, size);
        CLOSE(p, expected);
        free(bytes);
    }
    page *p = open_page(0, 1, 0); /* many small ones */
    size_t at = 1;
    strcpy(expected, "[");
    w3d_json_write_array(&p->writer);
    for (int i = 0; i < 5000; i++) {
        w3d_json_write_f32(&p->writer, (float)i);
        at += (size_t)sprintf(expected + at, i ? ",%d" : "%d", i);
    }
    w3d_json_write_end(&p->writer);
    strcpy(expected + at, "]");
    CLOSE(p, expected);
    free(string);
    free(expected);
}

static void depth(void)
{
    page *p = open_page(1, 0, 0);
    for (int i = 0; i < W3D_JSON_WRITE_DEPTH; i++) {
        CHECK(w3d_json_write_object(&p->writer) == W3D_OK);
        w3d_json_write_key(&p->writer, "k");
    }
    CHECK(w3d_json_write_i64(&p->writer, 1) == W3D_OK);
    for (int i = 0; i < W3D_JSON_WRITE_DEPTH; i++) w3d_json_write_end(&p->writer);
    char *expected = (char *)malloc(sizeof p->text);
    size_t at = 0;
    for (int i = 1; i <= W3D_JSON_WRITE_DEPTH; i++)
        at += (size_t)sprintf(expected + at, "{\n%*s\"k\": ", i, "");
    expected[at++] = '1';
    for (int i = W3D_JSON_WRITE_DEPTH; i-- > 0;)
        at += (size_t)sprintf(expected + at, "\n%*s}", i, "");
    CLOSE(p, expected);
    p = open_page(0, 0, 0);
    for (int i = 0; i < W3D_JSON_WRITE_DEPTH; i++)
        CHECK(w3d_json_write_array(&p->writer) == W3D_OK);
    CHECK(w3d_json_write_array(&p->writer) == W3D_ERR_LIMIT);
    CHECK(w3d_json_write_end(&p->writer) == W3D_ERR_LIMIT);
    free(p);
    free(expected);
}

/* ---- misuse ---- */

static void nothing(w3d_json_writer *w) { (void)w; }
static void second_root(w3d_json_writer *w)
{
    w3d_json_write_null(w);
    w3d_json_write_null(w);
}
static void second_object(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_end(w);
    w3d_json_write_object(w);
}
static void no_key(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_i64(w, 1);
}
static void no_key_container(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_array(w);
}
static void key_in_array(w3d_json_writer *w)
{
    w3d_json_write_array(w);
    w3d_json_write_key(w, "a");
}
static void key_at_root(w3d_json_writer *w) { w3d_json_write_key(w, "a"); }
static void two_keys(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_key(w, "a");
    w3d_json_write_key(w, "b");
}
static void key_without_value(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_key(w, "a");
    w3d_json_write_end(w);
}
static void end_too_many(w3d_json_writer *w)
{
    w3d_json_write_array(w);
    w3d_json_write_end(w);
    w3d_json_write_end(w);
}
static void end_of_nothing(w3d_json_writer *w) { w3d_json_write_end(w); }
static void left_open(w3d_json_writer *w) { w3d_json_write_array(w); }
static void empty_raw(w3d_json_writer *w) { w3d_json_write_raw(w, "", 0); }
static void not_a_number(w3d_json_writer *w)
{
    w3d_json_write_array(w);
    w3d_json_write_f64(w, w3d_f64_from_bits(0x7FF8000000000000u));
}
static void infinite(w3d_json_writer *w) { w3d_json_write_f32(w, w3d_f32_from_bits(0xFF800000u)); }
static void bad_utf8(w3d_json_writer *w) { w3d_json_write_string(w, "abc\xFFz", 5); }
static void cut_utf8(w3d_json_writer *w)
{
    w3d_json_write_object(w);
    w3d_json_write_key_sized(w, "ab\xC3\xA9", 3);
}

static void misuse(void)
{
    static const struct {
        void (*body)(w3d_json_writer *w);
        w3d_result code;
        uint64_t offset;
    } cases[] = {
        { nothing, W3D_ERR_ARGUMENT, 0 },
        { second_root, W3D_ERR_ARGUMENT, 4 },
        { second_object, W3D_ERR_ARGUMENT, 2 },
        { no_key, W3D_ERR_ARGUMENT, 1 },
        { no_key_container, W3D_ERR_ARGUMENT, 1 },
        { key_in_array, W3D_ERR_ARGUMENT, 1 },
        { key_at_root, W3D_ERR_ARGUMENT, 0 },
        { two_keys, W3D_ERR_ARGUMENT, 5 },
        { key_without_value, W3D_ERR_ARGUMENT, 5 },
        { end_too_many, W3D_ERR_ARGUMENT, 2 },
        { end_of_nothing, W3D_ERR_ARGUMENT, 0 },
        { left_open, W3D_ERR_ARGUMENT, 1 },
        { empty_raw, W3D_ERR_ARGUMENT, 0 },
        { not_a_number, W3D_ERR_RANGE, 1 },
        { infinite, W3D_ERR_RANGE, 0 },
        { bad_utf8, W3D_ERR_UTF8, 3 },
        { cut_utf8, W3D_ERR_UTF8, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        page *p = open_page(0, 0, 0);
        w3d_error error = { W3D_OK, 77, "" };
        cases[i].body(&p->writer);
        w3d_result before = p->writer.result;
        uint32_t used = p->writer.used;
        if (before != W3D_OK) { /* it sticks, and nothing more is written */
            CHECK(w3d_json_write_null(&p->writer) == before);
            CHECK(w3d_json_write_end(&p->writer) == before);
            CHECK(w3d_json_write_key(&p->writer, "x") == before);
            CHECK(w3d_json_write_base64(&p->writer, "x", 1) == before);
            CHECK(w3d_json_write_string(&p->writer, "\xFF", 1) == before);
            CHECK(w3d_json_write_f64(&p->writer, w3d_f64_from_bits(0x7FF8000000000000u)) == before);
            CHECK(w3d_json_write_raw(&p->writer, "", 0) == before);
            CHECK(p->writer.used == used);
        }
        w3d_result result = w3d_json_write_finish(&p->writer, &error);
        CHECK_MESSAGE(result == cases[i].code && error.code == result &&
                          error.offset == cases[i].offset,
                      "case %zu: %s at %llu", i, w3d_result_text(result),
                      (unsigned long long)error.offset);
        CHECK(p->buffer.size == 0); /* nothing reached the sink */
        free(p);
    }
    w3d_json_write_desc desc;
    w3d_json_writer writer;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_json_write_begin(&writer, &desc) == W3D_ERR_ARGUMENT);
    CHECK(w3d_json_write_begin(&writer, NULL) == W3D_ERR_ARGUMENT);
    desc.sink.write = w3d_sink_buffer_write;
    desc.indent = 9;
    CHECK(w3d_json_write_begin(&writer, &desc) == W3D_ERR_ARGUMENT);
    CHECK(w3d_json_write_null(&writer) == W3D_ERR_ARGUMENT); /* and it sticks */
    CHECK(w3d_json_write_finish(&writer, NULL) == W3D_ERR_ARGUMENT);
}

/* A sink's error comes out as it is, once, and stops everything. */
static w3d_result refuse(void *user, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    ++*(int *)user;
    return W3D_ERR_ACCESS;
}

static void refusing_sink(void)
{
    w3d_json_write_desc desc;
    w3d_json_writer writer;
    w3d_error error = { W3D_OK, 77, "" };
    int calls = 0;
    memset(&desc, 0, sizeof desc);
    desc.sink.write = refuse;
    desc.sink.user = &calls;
    desc.indent = 4;
    CHECK(w3d_json_write_begin(&writer, &desc) == W3D_OK);
    w3d_json_write_array(&writer);
    for (int i = 0; i < 5000; i++) {
        w3d_json_write_object(&writer);
        w3d_json_write_key(&writer, "key");
        w3d_json_write_string(&writer, "a\n", 2);
        w3d_json_write_end(&writer);
        w3d_json_write_base64(&writer, &writer, 1000);
        w3d_json_write_f64(&writer, 0.1);
    }
    CHECK(w3d_json_write_finish(&writer, &error) == W3D_ERR_ACCESS);
    CHECK(error.code == W3D_ERR_ACCESS && error.offset == 0 && calls == 1);
}

void test_json_write(void)
{
    RUN(compact);
    RUN(pretty);
    RUN(roots);
    RUN(escapes);
    RUN(strings_come_back);
    RUN(long_texts);
    RUN(depth);
    RUN(misuse);
    RUN(refusing_sink);
}
