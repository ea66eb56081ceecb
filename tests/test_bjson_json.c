/* test_bjson_json.c - BJSON to JSON and back: the same bytes, the same text; bad text refused. */
#include "test.h"

#include "bjson_random.h"
#include "memory/allocator.h"
#include "scene/bjson_from_json.h"
#include "scene/bjson_to_json.h"

/* ---- both ways ---- */

/* The JSON of a file (free it), its size in *size; NULL and a failed check where that fails. */
static char *to_json(const unsigned char *bytes, size_t bytes_size, uint32_t indent, int base64,
                     size_t *size)
{
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_bjson_to_json_desc desc;
    w3d_sink_buffer buffer = { NULL, 0, 0 };
    w3d_result result = w3d_bjson_read(bytes, bytes_size, &file, &error);
    memset(&desc, 0, sizeof desc);
    desc.file = &file;
    desc.sink = w3d_sink_to_buffer(&buffer);
    desc.indent = indent;
    desc.base64 = base64;
    if (result == W3D_OK) result = w3d_bjson_to_json(&desc, &error);
    if (result == W3D_OK) { /* measured; now in a block of exactly that size */
        buffer.bytes = malloc(buffer.size);
        buffer.capacity = buffer.size;
        buffer.size = 0;
        result = w3d_bjson_to_json(&desc, &error);
    }
    CHECK_MESSAGE(result == W3D_OK, "to JSON: %s at %llu", error.text,
                  (unsigned long long)error.offset);
    *size = buffer.size;
    if (result == W3D_OK) return (char *)buffer.bytes;
    free(buffer.bytes);
    return NULL;
}

static w3d_result from_json(const char *text, size_t size, unsigned char **bytes,
                            size_t *bytes_size, w3d_error *error)
{
    w3d_bjson_from_json_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = size;
    return w3d_bjson_from_json(&desc, bytes, bytes_size, error);
}

/* File to JSON to file: the same bytes; JSON to file to JSON: the same text. */
static void check_both_ways(const unsigned char *bytes, size_t size, uint32_t indent, int base64)
{
    size_t text_size = 0, again_size = 0, back_size = 0;
    unsigned char *back = NULL;
    w3d_error error = { W3D_OK, 0, "" };
    char *text = to_json(bytes, size, indent, base64, &text_size);
    if (!text) return;
    w3d_result result = from_json(text, text_size, &back, &back_size, &error);
    CHECK_MESSAGE(result == W3D_OK, "from JSON: %s at %llu: %.40s", error.text,
                  (unsigned long long)error.offset,
                  error.offset < text_size ? text + error.offset : "");
    if (result == W3D_OK) {
        CHECK_MESSAGE(back_size == size, "%zu bytes became %zu", size, back_size);
        if (back_size == size) CHECK_BYTES(back, bytes, size);
        char *again = to_json(back, back_size, indent, base64, &again_size);
        CHECK(again && again_size == text_size && memcmp(again, text, text_size) == 0);
        free(again);
        free(back);
    }
    free(text);
}

static void random_files(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 120; i++) {
        size_t size = 0;
        w3d_result result;
        bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        CHECK_MESSAGE(result == W3D_OK, "file %d: %s", i, w3d_result_text(result));
        if (!bytes) continue;
        check_both_ways(bytes, size, i % 3 == 1 ? 2 : 0, i % 4 == 1);
        free(bytes);
    }
    free(d);
}

/* Text to file to text must give `expected`, and the file must be valid. */
static void check_text_as(const char *text, const char *expected)
{
    unsigned char *bytes = NULL;
    size_t size = 0, again_size = 0;
    w3d_error error = { W3D_OK, 0, "" };
    w3d_result result = from_json(text, strlen(text), &bytes, &size, &error);
    CHECK_MESSAGE(result == W3D_OK, "%.200s: %s at %llu", text, error.text,
                  (unsigned long long)error.offset);
    if (result != W3D_OK) return;
    char *again = to_json(bytes, size, 0, 0, &again_size);
    if (again)
        CHECK_MESSAGE(again_size == strlen(expected) && !memcmp(again, expected, again_size),
                      "%.150s\n  gave %.*s", expected, (int)(again_size < 250 ? again_size : 250),
                      again);
    free(again);
    free(bytes);
}

static void check_text(const char *text) { check_text_as(text, text); }

#define ID(properties)                                                                             \
    "{\"bjson\":2,\"ids\":[{\"type\":\"Object\",\"name\":\"\",\"properties\":" properties "}]}"

static void spelling(void)
{
    check_text("{\"bjson\":2,\"ids\":[]}");
    check_text("{\"bjson\":2,\"crc\":true,\"ids\":[]}");
    check_text(ID("{}"));
    check_text(ID("{\"\":null,\"a\":true,\"b\":false,\"c\":[],\"d\":{},\"e\":\"\"}"));
    check_text(ID("{\"a\":0,\"b\":-1,\"c\":9007199254740991,\"d\":-9007199254740991}"));
    check_text(
        ID("{\"a\":{\"$i64\":\"9007199254740992\"},\"b\":{\"$i64\":\"-9223372036854775808\"}}"));
    check_text(ID("{\"a\":{\"$u64\":\"18446744073709551615\"},\"b\":{\"$u64\":\"0\"}}"));
    check_text(ID("{\"a\":{\"$time\":\"-9223372036854775808\"},\"b\":{\"$time\":\"1\"}}"));
    check_text(ID("{\"a\":1.0,\"b\":-0.0,\"c\":1e300,\"d\":5e-324,\"e\":0.1,\"f\":1e21,\"g\":1e-7,"
                  "\"h\":0.000001,\"i\":123456789012345680000.0}"));
    check_text(ID("{\"a\":{\"$f64\":\"NaN\"},\"b\":{\"$f64\":\"Infinity\"},"
                  "\"c\":{\"$f64\":\"-Infinity\"}}"));
    check_text(ID("{\"a\":{\"$ref\":0},\"b\":{\"$ref\":null}}"));
    check_text(ID("{\"a\":{\"$bytes\":\"\"},\"b\":{\"$bytes\":\"AAEC/w==\"}}"));
    check_text(ID("{\"$$\":1,\"$$$a\":2,\"$$ref\":{\"$ref\":0},\"a$\":3}"));
    check_text(ID("{\"a\":{\"$vector\":\"f32\",\"data\":[0.1,-0.0,3.4028235e38,1e-45,\"NaN\"]},"
                  "\"b\":{\"$vector\":\"f16\",\"data\":[65504.0,0.099975586,\"-Infinity\"]},"
                  "\"c\":{\"$vector\":\"f64\",\"data\":[0.1,\"Infinity\"]}}"));
    check_text(ID("{\"a\":{\"$array\":\"u8\",\"data\":[]},"
                  "\"b\":{\"$array\":\"u8\",\"n\":3,\"data\":[0,128,255]},"
                  "\"c\":{\"$array\":\"i8\",\"n\":2,\"data\":[-128,127]},"
                  "\"d\":{\"$array\":\"u16\",\"data\":[65535]},"
                  "\"e\":{\"$array\":\"i16\",\"data\":[-32768,32767]},"
                  "\"f\":{\"$array\":\"u32\",\"data\":[4294967295]},"
                  "\"g\":{\"$array\":\"i32\",\"data\":[-2147483648,2147483647]},"
                  "\"h\":{\"$array\":\"u64\",\"data\":[0,9007199254740991,\"9007199254740992\","
                  "\"18446744073709551615\"]},"
                  "\"i\":{\"$array\":\"i64\",\"data\":[-9007199254740991,\"-9007199254740992\","
                  "\"-9223372036854775808\"]},"
                  "\"j\":{\"$array\":\"ref\",\"data\":[0,null,0]}}"));
    check_text(ID("{\"a\":{\"$large\":\"f32\",\"n\":3,\"data\":[1.0,2.0,3.0,4.0,5.0,6.0]}}"));
    check_text(ID("{\"a\":{\"$array\":12,\"base64\":\"AQID\"}}")); /* a subtype of the future */
    check_text(ID("{\"a\":{\"$tag\":9,\"subtype\":6,\"n\":7,\"bytes\":\"AQIDBA==\"},"
                  "\"b\":{\"$tag\":143,\"subtype\":0,\"n\":0,\"bytes\":\"AQI=\"},"
                  "\"c\":{\"$tag\":145,\"subtype\":5,\"n\":2,\"bytes\":\"AQIDBAUGBwg=\"},"
                  "\"d\":{\"$tag\":145,\"subtype\":18,\"n\":1,\"data\":[0,null]}}"));
    check_text(
        "{\"bjson\":2,\"ids\":[{\"type\":\"Mesh\",\"deleted\":true},"
        "{\"type\":200,\"external\":true,\"time\":\"-5\",\"flags\":252},"
        "{\"type\":\"Key\",\"name\":\"\\u0001\\\"\\\\/\xC3\xA9\",\"time\":\"7\",\"flags\":4,"
        "\"properties\":{}}],"
        "\"meta\":{\"properties\":{},\"z\":[1,{\"$ref\":null}]},"
        "\"chunks\":[{\"kind\":\"thmb\",\"bytes\":\"AAAA\"},{\"kind\":\"a b!\",\"bytes\":\"\"},"
        "{\"kind\":97,\"bytes\":\"AA==\"}]}");
}

/* Other spellings of the same. */
static void lenience(void)
{
    check_text_as(
        " { \"ids\" : [ { \"properties\" : { \"b\" : 1E0, \"a\" : 10 } , \"type\" : 0 } ] ,"
        " \"bjson\" : 2 , \"crc\" : false }",
        ID("{\"a\":10,\"b\":1.0}"));
    check_text_as(ID("{\"a\":{\"data\":[1,2e0,-3],\"$vector\":\"f32\"},"
                     "\"b\":{\"n\":1,\"data\":[\"5\"],\"$array\":\"i64\"},"
                     "\"c\":{\"base64\":\"AACAPw==\",\"$vector\":\"f32\"}}"),
                  ID("{\"a\":{\"$vector\":\"f32\",\"data\":[1.0,2.0,-3.0]},"
                     "\"b\":{\"$array\":\"i64\",\"data\":[5]},"
                     "\"c\":{\"$vector\":\"f32\",\"data\":[1.0]}}"));
    check_text_as(ID("{\"\\u0061\":-0,\"b\":{\"\\u0024ref\":0},\"c\":{\"$bytes\":\"\\/w==\"}}"),
                  ID("{\"a\":-0.0,\"b\":{\"$ref\":0},\"c\":{\"$bytes\":\"/w==\"}}"));
    /* Rounded once, where twice would miss: at the middle between two floats, or two halves. */
    check_text_as(ID("{\"a\":{\"$vector\":\"f32\",\"data\":[1.00000005960464477539062500001,"
                     "1.000000059604644775390625,16777217.0000000001,16777217]},"
                     "\"b\":{\"$vector\":\"f16\",\"data\":[1.00048828125000000000001,"
                     "1.00048828125,2049.00000000000001,2049,65519.999,2.98023223876953125e-8,"
                     "2.98023223876953125000001e-8]}}"),
                  ID("{\"a\":{\"$vector\":\"f32\",\"data\":[1.0000001,1.0,16777218.0,16777216.0]},"
                     "\"b\":{\"$vector\":\"f16\",\"data\":[1.0009766,1.0,2050.0,2048.0,65504.0,0.0,"
                     "5.9604645e-8]}}"));
}

static void misuse_is_refused(void)
{
    /* The byte where it is found is marked by a ^ that is taken out. */
    static const struct {
        w3d_result code;
        const char *text;
    } cases[] = {
        { W3D_ERR_TRUNCATED, "^" },
        { W3D_ERR_FORMAT, "^[]" },
        { W3D_ERR_FORMAT, "^{}" },
        { W3D_ERR_FORMAT, "^{\"ids\":[]}" },
        { W3D_ERR_UNSUPPORTED, "{\"bjson\":^3,\"ids\":[]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":^2.0,\"ids\":[]}" },
        { W3D_ERR_FORMAT, "^{\"bjson\":2}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":^{}}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],^\"more\":1}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],^\"ids\":[]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"crc\":^1,\"ids\":[]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[^7]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[^{}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[{\"type\":^\"Cube\"}]}" },
        { W3D_ERR_RANGE, "{\"bjson\":2,\"ids\":[{\"type\":^256}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[{\"type\":0,\"time\":^5}]}" },
        { W3D_ERR_RANGE, "{\"bjson\":2,\"ids\":[{\"type\":0,\"time\":^\"9223372036854775808\"}]}" },
        { W3D_ERR_RANGE, "{\"bjson\":2,\"ids\":[{\"type\":0,\"flags\":^1}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[{\"type\":0,\"name\":^5}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[{\"type\":0,\"name\":^\"a\\u0000\"}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[{\"type\":0,\"deleted\":true,\"name\":^\"\"}]}" },
        { W3D_ERR_FORMAT,
          "{\"bjson\":2,\"ids\":[{\"type\":0,\"external\":true,\"properties\":^{}}]}" },
        { W3D_ERR_FORMAT, ID("^[]") },
        { W3D_ERR_FORMAT, ID("{\"a\":1,\"b\":2,^\"a\":3}") },
        { W3D_ERR_FORMAT, ID("{\"b\":1,\"a\":2,^\"\\u0062\":3}") },
        { W3D_ERR_FORMAT, ID("{^\"a\\u0000b\":1}") },
        { W3D_ERR_RANGE, ID("{\"a\":^9223372036854775808}") },
        { W3D_ERR_RANGE, ID("{\"a\":^-9223372036854775809}") },
        { W3D_ERR_RANGE, ID("{\"a\":^99999999999999999999}") },
        { W3D_ERR_RANGE, ID("{\"a\":^1e999}") },
        { W3D_ERR_UTF8, ID("{\"a\":\"^\xFF\"}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{^\"$\":1}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{^\"$x\":1}}") },
        { W3D_ERR_FORMAT, ID("{^\"$x\":1}") },
        { W3D_ERR_FORMAT, ID("{\"a\":1,^\"$ref\":0}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$i64\":\"1\",^\"b\":1}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$i64\":\"1\",^\"$i64\":\"1\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$i64\":^1}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$i64\":^\"\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$i64\":^\"-\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$i64\":^\"01\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$i64\":^\"+1\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$i64\":^\"9223372036854775808\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$u64\":^\"-1\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$u64\":^\"18446744073709551616\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$f64\":^\"nan\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$f64\":^1.5}}") },
        { W3D_ERR_INDEX, ID("{\"a\":{\"$ref\":^1}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$ref\":^-1}}") },
        { W3D_ERR_INDEX, ID("{\"a\":{\"$ref\":^4294967295}}") },
        { W3D_ERR_INDEX, ID("{\"a\":{\"$ref\":^18446744073709551615}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":^5}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"^AAA\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"AAAA^=\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"AAAA^==\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"AAAAA^===\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"AAAAA^*AA\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"A^R==\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"AA^==AAAA\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$bytes\":\"^====\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":^{\"$vector\":\"f32\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":^{\"$vector\":\"f32\",\"data\":[],\"base64\":\"\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"f32\",^\"n\":1,\"data\":[1]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":^\"f80\",\"data\":[1]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":^14,\"data\":[1]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":12,\"data\":^[1]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"f32\",\"data\":^[]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"f32\",\"data\":^{}}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"f32\",\"data\":[1,^null]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"f32\",\"data\":[^\"nan\"]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"f32\",\"data\":[^3.4028235677973367e38]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"f16\",\"data\":[^65520]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"u8\",\"data\":[0,^256]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"u8\",\"data\":[^-1]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"i8\",\"data\":[^-129]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"u8\",\"data\":[^1.0]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$vector\":\"u8\",\"data\":[^\"1\"]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$vector\":\"i64\",\"data\":[^9223372036854775808]}}") },
        { W3D_ERR_INDEX, ID("{\"a\":{\"$vector\":\"ref\",\"data\":[0,^1]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$array\":\"ref\",\"base64\":^\"AAAA\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$array\":\"f32\",\"n\":2,\"data\":^[1,2,3]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$array\":\"f32\",\"n\":2,\"base64\":^\"AAAA\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$array\":\"f32\",\"n\":^0,\"data\":[]}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$array\":\"f32\",\"n\":^65536,\"data\":[]}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$tag\":^8,\"bytes\":\"AAAA\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$tag\":^160,\"bytes\":\"AAAA\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":{\"$tag\":9,\"bytes\":^\"\"}}") },
        { W3D_ERR_RANGE, ID("{\"a\":[{\"$tag\":9,\"bytes\":^\"AAAAAAAAAAAA\"}]}") },
        { W3D_ERR_FORMAT, ID("{\"a\":^{\"$tag\":9}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":^{\"$tag\":145,\"bytes\":\"AAAA\"}}") },
        { W3D_ERR_FORMAT, ID("{\"a\":{\"$tag\":145,\"subtype\":6,\"n\":1,\"bytes\":^\"AAAA\"}}") },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],\"meta\":^[]}" },
        { W3D_ERR_INDEX, "{\"bjson\":2,\"ids\":[{\"type\":0}],\"meta\":{\"a\":{\"$ref\":^0}}}" },
        { W3D_ERR_FORMAT,
          "{\"bjson\":2,\"ids\":[],\"meta\":{\"a\":^{\"$large\":\"u8\",\"data\":[]}}}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],\"chunks\":^{}}" },
        { W3D_ERR_FORMAT,
          "{\"bjson\":2,\"ids\":[],\"chunks\":[{\"kind\":^\"Thmb\",\"bytes\":\"\"}]}" },
        { W3D_ERR_FORMAT,
          "{\"bjson\":2,\"ids\":[],\"chunks\":[{\"kind\":^\"meta\",\"bytes\":\"\"}]}" },
        { W3D_ERR_FORMAT,
          "{\"bjson\":2,\"ids\":[],\"chunks\":[{\"kind\":^\"abc\",\"bytes\":\"\"}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],\"chunks\":[^{\"kind\":\"thmb\"}]}" },
        { W3D_ERR_FORMAT, "{\"bjson\":2,\"ids\":[],\"chunks\":[^{\"bytes\":\"\"}]}" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *mark = strchr(cases[i].text, '^');
        size_t size = strlen(cases[i].text) - 1, at = (size_t)(mark - cases[i].text);
        char *text = (char *)malloc(size + 1); /* so that the sanitizer sees the end */
        memcpy(text, cases[i].text, at);
        memcpy(text + at, mark + 1, size - at);
        unsigned char *bytes = (unsigned char *)text;
        size_t bytes_size = 77;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_result result = from_json(text, size, &bytes, &bytes_size, &error);
        CHECK_MESSAGE(result == cases[i].code && error.code == result && error.offset == at,
                      "%.200s: %s (%s) at %llu", cases[i].text, w3d_result_text(result), error.text,
                      (unsigned long long)error.offset);
        CHECK(bytes == (unsigned char *)text && bytes_size == 77);
        if (result == W3D_OK) free(bytes);
        free(text);
    }
}

static void limits(void)
{
    static char text[4000];
    unsigned char *bytes;
    size_t size;
    w3d_error error;
    for (int depth = 31; depth <= 34; depth++) { /* properties, then lists and maps in turn */
        size_t at =
            (size_t)sprintf(text, "{\"bjson\":2,\"ids\":[{\"type\":0,\"properties\":{\"a\":");
        for (int i = 0; i < depth; i++)
            at += (size_t)sprintf(text + at, "%s", i % 2 ? "{\"a\":" : "[");
        size_t inner = at - (size_t)(depth % 2 ? 1 : 5);
        at += (size_t)sprintf(text + at, "1");
        for (int i = depth; i-- > 0;) text[at++] = i % 2 ? '}' : ']';
        at += (size_t)sprintf(text + at, "}}]}");
        w3d_result result = from_json(text, at, &bytes, &size, &error);
        CHECK_MESSAGE(result == (depth <= 32 ? W3D_OK : W3D_ERR_LIMIT), "%d levels: %s", depth,
                      w3d_result_text(result));
        if (result == W3D_OK) {
            check_both_ways(bytes, size, 1, 0);
            free(bytes);
        } else if (depth == 33)
            CHECK(error.offset == inner);
    }
    for (int length = 255; length <= 256; length++) {
        size_t at = (size_t)sprintf(text, "{\"bjson\":2,\"ids\":[{\"type\":0,\"name\":\"");
        memset(text + at, 'n', (size_t)length);
        at += (size_t)length;
        at += (size_t)sprintf(text + at, "\"}]}");
        w3d_result result = from_json(text, at, &bytes, &size, &error);
        CHECK(result == (length == 255 ? W3D_OK : W3D_ERR_LIMIT));
        if (result == W3D_OK) free(bytes);
    }
}

/* ---- memory ---- */

static const char everything[] = ID("{\"a\":{\"$vector\":\"f32\",\"data\":[1.0,2.0]},\"b\":[1,"
                                    "\"two\",{\"c\":{\"$bytes\":\"AAAA\"}}],"
                                    "\"d\":{\"$large\":\"u8\",\"data\":[1,2,3]}}");

/* Every allocation in turn is the last one that is granted: the arena of values would make up for
 * a single one by asking for less. */
static void out_of_memory(void)
{
    for (uint64_t fail_at = 1; fail_at < 1000; fail_at++) {
        w3d_allocator_counter counter;
        w3d_bjson_from_json_desc desc;
        unsigned char *bytes = NULL;
        size_t size = 0;
        w3d_error error = { W3D_OK, 0, "" };
        memset(&counter, 0, sizeof counter);
        memset(&desc, 0, sizeof desc);
        counter.fail_at = fail_at;
        counter.fail_always = 1;
        desc.text = everything;
        desc.size = sizeof everything - 1;
        desc.allocator = w3d_allocator_counting(&counter);
        w3d_result result = w3d_bjson_from_json(&desc, &bytes, &size, &error);
        if (result == W3D_OK) w3d_allocator_resize(&desc.allocator, bytes, size, 0);
        CHECK(counter.live_blocks == 0 && counter.live_bytes == 0);
        CHECK(error.code == result);
        if (counter.requests < fail_at) {
            CHECK(result == W3D_OK && fail_at > 4);
            return;
        }
        CHECK(result == W3D_ERR_OUT_OF_MEMORY);
    }
    test_fail(__FILE__, __LINE__, "the sweep did not end");
}

/* The most that was held at once, for a text in which one piece repeats. */
static uint64_t peak_of(const char *piece, int numbered, size_t *size)
{
    char *text = (char *)malloc(600000);
    w3d_allocator_counter counter;
    w3d_bjson_from_json_desc desc;
    unsigned char *bytes = NULL;
    size_t bytes_size = 0,
           at = (size_t)sprintf(text, "{\"bjson\":2,\"ids\":[{\"type\":0,\"properties\":");
    w3d_error error = { W3D_OK, 0, "" };
    at += (size_t)sprintf(text + at, "%s", numbered ? "{" : "{\"a\":[");
    for (unsigned i = 0; at < 500000; i++) {
        if (i) text[at++] = ',';
        at += (size_t)(numbered ? sprintf(text + at, piece, i) : sprintf(text + at, "%s", piece));
    }
    at += (size_t)sprintf(text + at, "%s}]}", numbered ? "}" : "]}");
    memset(&counter, 0, sizeof counter);
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = at;
    desc.allocator = w3d_allocator_counting(&counter);
    w3d_result result = w3d_bjson_from_json(&desc, &bytes, &bytes_size, &error);
    CHECK_MESSAGE(result == W3D_OK, "%s: %s at %llu", piece, error.text,
                  (unsigned long long)error.offset);
    if (result == W3D_OK) w3d_allocator_resize(&desc.allocator, bytes, bytes_size, 0);
    /* A limit just below what it took is found, and said. */
    desc.memory_limit = (size_t)counter.peak_bytes / 2;
    CHECK(w3d_bjson_from_json(&desc, &bytes, &bytes_size, &error) == W3D_ERR_LIMIT &&
          error.code == W3D_ERR_LIMIT);
    CHECK(counter.live_bytes == 0);
    *size = at;
    free(text);
    return counter.peak_bytes;
}

static void memory_is_bounded(void)
{
    static const struct {
        const char *piece;
        int numbered;
    } texts[] = { { "1", 0 },
                  { "[]", 0 },
                  { "{}", 0 },
                  { "{\"a\":1}", 0 },
                  { "\"\\n\"", 0 },
                  { "{\"$ref\":0}", 0 },
                  { "\"%x\":1", 1 },
                  { "\"%x\":[]", 1 },
                  { "\"%x\":{\"%x\":1}", 1 },
                  { "{\"$vector\":\"u8\",\"data\":[1]}", 0 } };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t size;
        uint64_t peak = peak_of(texts[i].piece, texts[i].numbered, &size);
        CHECK_MESSAGE(peak <= (uint64_t)size * 96 + 65536, "%s: %.1f bytes a byte of text",
                      texts[i].piece, (double)peak / (double)size);
    }
}

/* ---- hostile ---- */

/* Damaged JSON is refused, or what it gives is a valid file. */
static void damaged_texts(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 30; i++) {
        size_t size = 0, text_size = 0;
        w3d_result result;
        bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        if (!bytes) continue;
        char *text = to_json(bytes, size, 0, i % 2, &text_size);
        free(bytes);
        for (int k = 0; text && k < 20; k++) {
            char *copy = (char *)malloc(text_size ? text_size : 1);
            w3d_error error = { W3D_OK, 0, NULL };
            memcpy(copy, text, text_size);
            size_t length = k % 4 == 0 ? test_random_below((uint32_t)text_size) : text_size;
            for (uint32_t n = k % 4 ? 1 + test_random_below(3) : 0; n > 0; n--)
                copy[test_random_below((uint32_t)text_size)] =
                    "{}[]\",:0123456789.e-$truefalsn\\"[test_random_below(31)];
            result = from_json(copy, length, &bytes, &size, &error);
            if (result == W3D_OK) {
                w3d_bjson file;
                CHECK(w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
                free(bytes);
            } else
                CHECK(error.code == result && error.text && error.offset <= length);
            free(copy);
        }
        free(text);
    }
    free(d);
}

/* A sink that fails after some bytes: its result comes through, whatever the place. */
static w3d_result reluctant(void *user, const void *bytes, size_t size)
{
    size_t *left = (size_t *)user;
    (void)bytes;
    if (size > *left) return W3D_ERR_ACCESS;
    *left -= size;
    return W3D_OK;
}

static void failing_sinks(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    size_t size = 0, text_size = 0;
    w3d_result result;
    bjson_random_make(d);
    unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
    char *text = bytes ? to_json(bytes, size, 2, 0, &text_size) : NULL;
    w3d_bjson file;
    if (text && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK)
        for (size_t limit = 0; limit <= text_size; limit += 1 + text_size / 50) {
            size_t left = limit;
            w3d_error error = { W3D_OK, 0, "" };
            w3d_bjson_to_json_desc desc;
            memset(&desc, 0, sizeof desc);
            desc.file = &file;
            desc.sink.write = reluctant;
            desc.sink.user = &left;
            desc.indent = 2;
            result = w3d_bjson_to_json(&desc, &error);
            CHECK(result == (limit < text_size ? W3D_ERR_ACCESS : W3D_OK));
            CHECK(error.code == result);
        }
    CHECK(w3d_bjson_to_json(NULL, NULL) == W3D_ERR_ARGUMENT);
    free(text);
    free(bytes);
    free(d);
}

/* Bytes that change after the check: any result, but no access outside the file. */
static void changed_files(void)
{
    bjson_random *d = (bjson_random *)malloc(sizeof *d);
    for (int i = 0; i < 20; i++) {
        size_t size = 0;
        w3d_result result;
        w3d_bjson file;
        bjson_random_make(d);
        unsigned char *bytes = bjson_random_encode(&d->desc, &size, &result);
        if (!bytes || w3d_bjson_read(bytes, size, &file, NULL) != W3D_OK) {
            free(bytes);
            continue;
        }
        for (int k = 0; k < 30; k++) {
            size_t left = (size_t)-1;
            w3d_bjson_to_json_desc desc;
            memset(&desc, 0, sizeof desc);
            desc.file = &file;
            desc.sink.write = reluctant;
            desc.sink.user = &left;
            bytes[test_random_below((uint32_t)size)] = (unsigned char)test_random();
            w3d_bjson_to_json(&desc, NULL);
        }
        free(bytes);
    }
    free(d);
}

void test_bjson_json(void)
{
    RUN(spelling);
    RUN(lenience);
    RUN(misuse_is_refused);
    RUN(random_files);
    RUN(limits);
    RUN(out_of_memory);
    RUN(memory_is_bounded);
    RUN(damaged_texts);
    RUN(failing_sinks);
    RUN(changed_files);
}
