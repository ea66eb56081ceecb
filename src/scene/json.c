/* json.c - the nodes lie in the text's order, so a container's end is all that skipping needs.
 *
 * While a container is open its `end` holds the container around it: the way back up needs no
 * stack and no recursion, whatever the depth. */
#include "scene/json.h"

#include "core/bits.h"
#include "core/bytes.h"
#include "core/decimal.h"
#include "core/utf8.h"
#include "memory/allocator.h"

#define W3DI_JSON_ESCAPED 0x100u /* in a string's type: it lies in `strings`, not in the text */

typedef struct w3di_json_reader {
    w3d_json json;
    size_t at;
    uint32_t open; /* the innermost container, or W3D_JSON_NONE */
    uint32_t depth, max_depth, max_nodes;
    w3d_error *error;
} w3di_json_reader;

static w3d_result w3di_json_fail(w3di_json_reader *reader, w3d_result code, size_t offset,
                                 const char *text)
{
    return w3d_error_set(reader->error, code, offset, text);
}

/* What is wrong where nothing fits: the end of the text, or the byte that stands there. */
static w3d_result w3di_json_unexpected(w3di_json_reader *reader, const char *text)
{
    const w3d_json *json = &reader->json;
    if (reader->at >= json->size)
        return w3di_json_fail(reader, W3D_ERR_TRUNCATED, json->size,
                              "the JSON text ends too early");
    if ((unsigned char)json->text[reader->at] >= 0x80 &&
        !w3d_utf8_sequence((const unsigned char *)json->text + reader->at, json->size - reader->at))
        return w3di_json_fail(reader, W3D_ERR_UTF8, reader->at, "the JSON text is not valid UTF-8");
    return w3di_json_fail(reader, W3D_ERR_FORMAT, reader->at, text);
}

static void w3di_json_skip_space(w3di_json_reader *reader)
{
    const char *text = reader->json.text;
    while (reader->at < reader->json.size) {
        char c = text[reader->at];
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
        reader->at++;
    }
}

/* The next byte, or 0 at the end; a NUL in the text fits nowhere either. */
static char w3di_json_peek(const w3di_json_reader *reader)
{
    return reader->at < reader->json.size ? reader->json.text[reader->at] : '\0';
}

/* ---- nodes ---- */

static w3d_result w3di_json_add(w3di_json_reader *reader, uint32_t type, uint64_t bits,
                                size_t offset)
{
    w3d_json *json = &reader->json;
    if (json->node_count >= reader->max_nodes)
        return w3di_json_fail(reader, W3D_ERR_LIMIT, offset,
                              "the JSON text has more values than allowed");
    if (json->node_count == json->node_capacity) {
        uint64_t wanted = (uint64_t)json->node_capacity + json->node_capacity / 2 + 16;
        void *grown = NULL;
        if (wanted < UINT32_MAX && wanted <= SIZE_MAX / sizeof(w3d_json_node))
            grown = w3d_allocator_resize(&json->allocator, json->nodes,
                                         json->node_capacity * sizeof(w3d_json_node),
                                         (size_t)wanted * sizeof(w3d_json_node));
        if (!grown)
            return w3di_json_fail(reader, W3D_ERR_OUT_OF_MEMORY, offset,
                                  "no memory for the JSON values");
        json->nodes = (w3d_json_node *)grown;
        json->node_capacity = (uint32_t)wanted;
    }
    w3d_json_node *node = &json->nodes[json->node_count++];
    node->bits = bits;
    node->offset = (uint32_t)offset;
    node->type = type;
    return W3D_OK;
}

static uint64_t w3di_json_pair(uint32_t low, uint32_t high) { return (uint64_t)high << 32 | low; }
static uint32_t w3di_json_high(uint64_t bits) { return (uint32_t)(bits >> 32); }

static w3d_result w3di_json_enter(w3di_json_reader *reader, w3d_json_type type)
{
    if (reader->depth >= reader->max_depth)
        return w3di_json_fail(reader, W3D_ERR_LIMIT, reader->at, "the JSON text nests too deeply");
    w3d_result result =
        w3di_json_add(reader, (uint32_t)type, w3di_json_pair(0, reader->open), reader->at);
    if (result != W3D_OK) return result;
    reader->open = reader->json.node_count - 1;
    reader->depth++;
    reader->at++;
    return W3D_OK;
}

static void w3di_json_leave(w3di_json_reader *reader)
{
    w3d_json_node *node = &reader->json.nodes[reader->open];
    uint32_t around = w3di_json_high(node->bits);
    node->bits = w3di_json_pair((uint32_t)node->bits, reader->json.node_count);
    reader->open = around;
    reader->depth--;
    reader->at++;
}

/* ---- strings ---- */

/* Goes over bytes that need no look: up to the next quote, backslash, control or bad character. */
static size_t w3di_json_plain(const w3d_json *json, size_t at)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    const unsigned char *text = (const unsigned char *)json->text;
    while (at < json->size) {
        if (json->size - at >= 8) {
            uint64_t eight = w3d_load_u64(text + at);
            uint64_t quote = eight ^ ones * '"', slash = eight ^ ones * '\\';
            /* A byte's top bit comes out set where it is zero, below 32, or 128 and above. */
            uint64_t found = (quote - ones) | (slash - ones) | (eight - ones * 32) | eight;
            if (!(found & tops)) {
                at += 8;
                continue;
            }
        }
        unsigned char c = text[at];
        if (c < 0x20 || c == '"' || c == '\\') break;
        size_t length = c < 0x80 ? 1 : w3d_utf8_sequence(text + at, json->size - at);
        if (!length) break;
        at += length;
    }
    return at;
}

/* Adds bytes to the unescaped strings. */
static int w3di_json_keep(w3d_json *json, const char *bytes, size_t size)
{
    if (!size) return 1;
    if (size > json->strings_capacity - json->strings_size) {
        /* Unescaping only shortens, so the text's size is always enough. */
        size_t wanted = json->strings_size + size;
        wanted = wanted < json->size / 2 ? wanted * 2 : json->size;
        void *grown =
            w3d_allocator_resize(&json->allocator, json->strings, json->strings_capacity, wanted);
        if (!grown) return 0;
        json->strings = (char *)grown;
        json->strings_capacity = wanted;
    }
    w3d_copy(json->strings + json->strings_size, bytes, size);
    json->strings_size += size;
    return 1;
}

/* The four hexadecimal digits at `at`, or -1. */
static int32_t w3di_json_hex4(const w3d_json *json, size_t at)
{
    int32_t value = 0;
    if (json->size - at < 4) return -1;
    for (size_t i = 0; i < 4; i++) {
        char c = json->text[at + i];
        char letter = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value << 4 | (letter - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* One character from \u and, for a surrogate, the \u behind it; 0 bytes where it is none. */
static size_t w3di_json_unicode(w3di_json_reader *reader, char out[4])
{
    const w3d_json *json = &reader->json;
    int32_t code = w3di_json_hex4(json, reader->at + 2);
    size_t used = 6;
    if (code >= 0xD800 && code <= 0xDBFF) {
        const char *text = json->text + reader->at;
        int pair = json->size - reader->at >= 12 && text[6] == '\\' && text[7] == 'u';
        int32_t low = pair ? w3di_json_hex4(json, reader->at + 8) : -1;
        if (low < 0xDC00 || low > 0xDFFF) return 0;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        used = 12;
    } else if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return 0;
    reader->at += used;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00 >> length & 0xF0) | code);
    return length;
}

static int w3di_json_starts_unicode(const w3d_json *json, size_t at)
{
    return json->size - at >= 2 && json->text[at + 1] == 'u';
}

/* One escape, from its backslash on; 0 bytes where it is none. */
static size_t w3di_json_escape(w3di_json_reader *reader, char out[4])
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (reader->json.size - reader->at < 2) return 0;
    if (w3di_json_starts_unicode(&reader->json, reader->at)) return w3di_json_unicode(reader, out);
    char c = reader->json.text[reader->at + 1];
    for (size_t i = 0; i + 1 < sizeof escapes; i += 2) {
        if (escapes[i] != c) continue;
        out[0] = escapes[i + 1];
        reader->at += 2;
        return 1;
    }
    return 0;
}

static w3d_result w3di_json_read_string(w3di_json_reader *reader)
{
    w3d_json *json = &reader->json;
    size_t start = reader->at, part = ++reader->at, kept = json->strings_size;
    int escaped = 0;
    for (;;) {
        reader->at = w3di_json_plain(json, reader->at);
        char c = w3di_json_peek(reader);
        if (reader->at >= json->size || (c != '"' && c != '\\'))
            return w3di_json_unexpected(reader,
                                        "control characters in a JSON string must be escaped");
        if (c == '"' && !escaped) {
            uint64_t bits = w3di_json_pair((uint32_t)(reader->at - part), (uint32_t)part);
            reader->at++;
            return w3di_json_add(reader, W3D_JSON_STRING, bits, start);
        }
        char decoded[4];
        size_t end = reader->at, length = 0;
        if (c == '\\') {
            length = w3di_json_escape(reader, decoded);
            if (!length && json->size - end < (w3di_json_starts_unicode(json, end) ? 6u : 2u))
                return w3di_json_fail(reader, W3D_ERR_TRUNCATED, json->size,
                                      "the JSON text ends too early");
            if (!length)
                return w3di_json_fail(reader, W3D_ERR_FORMAT, end,
                                      "not a JSON escape, or half of a surrogate pair");
        }
        if (!w3di_json_keep(json, json->text + part, end - part) ||
            !w3di_json_keep(json, decoded, length))
            return w3di_json_fail(reader, W3D_ERR_OUT_OF_MEMORY, end,
                                  "no memory for the JSON strings");
        part = reader->at;
        escaped = 1;
        if (c != '"') continue;
        reader->at++;
        uint64_t bits = w3di_json_pair((uint32_t)(json->strings_size - kept), (uint32_t)kept);
        return w3di_json_add(reader, W3D_JSON_STRING | W3DI_JSON_ESCAPED, bits, start);
    }
}

/* ---- numbers and literals ---- */

/* Where the digits from `at` on end. */
static size_t w3di_json_digits(const w3d_json *json, size_t at)
{
    const char *text = json->text;
    size_t size = json->size;
    while (at < size && (unsigned char)(text[at] - '0') < 10) at++;
    return at;
}

/* The whole number that text[0..size) spells, sign left out; 0 where 64 bits do not hold it. */
static int w3di_json_whole(const char *text, size_t size, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *out = value;
    return 1;
}

static w3d_result w3di_json_read_number(w3di_json_reader *reader)
{
    const char *expected = "a JSON value must stand here", *digits = "a digit must stand here";
    const w3d_json *json = &reader->json;
    size_t start = reader->at, size = json->size;
    int negative = w3di_json_peek(reader) == '-', is_whole = 1;
    size_t first = start + (size_t)negative, end = w3di_json_digits(json, first), at = end;
    reader->at = end;
    if (end == first) return w3di_json_unexpected(reader, negative ? digits : expected);
    if (json->text[first] == '0' && end > first + 1)
        return w3di_json_fail(reader, W3D_ERR_FORMAT, first, "a JSON number has no leading zeros");
    if (at < size && json->text[at] == '.') {
        is_whole = 0;
        reader->at = w3di_json_digits(json, at + 1);
        if (reader->at == at + 1) return w3di_json_unexpected(reader, digits);
        at = reader->at;
    }
    if (at < size && (json->text[at] | 0x20) == 'e') {
        is_whole = 0;
        at++;
        if (at < size && (json->text[at] == '+' || json->text[at] == '-')) at++;
        reader->at = w3di_json_digits(json, at);
        if (reader->at == at) return w3di_json_unexpected(reader, digits);
    }

    uint64_t value;
    const char *text = reader->json.text;
    if (is_whole && w3di_json_whole(text + first, end - first, &value)) {
        if (!negative && value > (uint64_t)INT64_MAX)
            return w3di_json_add(reader, W3D_JSON_UNSIGNED, value, start);
        if (!negative) return w3di_json_add(reader, W3D_JSON_INTEGER, value, start);
        if (value && value <= (uint64_t)INT64_MAX + 1) /* -0 keeps its sign as a double */
            return w3di_json_add(reader, W3D_JSON_INTEGER, 0 - value, start);
    }
    double number = 0.0;
    w3d_decimal_read(text + start, reader->at - start, &number);
    if (!w3d_f64_is_finite(number))
        return w3di_json_fail(reader, W3D_ERR_RANGE, start,
                              "a number is beyond the range of a double");
    return w3di_json_add(reader, W3D_JSON_DOUBLE, w3d_bits_f64(number), start);
}

static w3d_result w3di_json_read_literal(w3di_json_reader *reader, const char *literal,
                                         w3d_json_type type)
{
    size_t start = reader->at;
    for (; *literal; literal++, reader->at++)
        if (w3di_json_peek(reader) != *literal)
            return w3di_json_unexpected(reader, "only true, false and null are words in JSON");
    return w3di_json_add(reader, (uint32_t)type, 0, start);
}

/* ---- the whole text ---- */

/* A scalar, or a container's opening bracket. */
static w3d_result w3di_json_read_value(w3di_json_reader *reader)
{
    switch (w3di_json_peek(reader)) {
    case '{': return w3di_json_enter(reader, W3D_JSON_OBJECT);
    case '[': return w3di_json_enter(reader, W3D_JSON_ARRAY);
    case '"': return w3di_json_read_string(reader);
    case 't': return w3di_json_read_literal(reader, "true", W3D_JSON_TRUE);
    case 'f': return w3di_json_read_literal(reader, "false", W3D_JSON_FALSE);
    case 'n': return w3di_json_read_literal(reader, "null", W3D_JSON_NULL);
    default: return w3di_json_read_number(reader);
    }
}

static w3d_result w3di_json_read_key(w3di_json_reader *reader)
{
    if (w3di_json_peek(reader) != '"')
        return w3di_json_unexpected(reader, "a key in quotes must stand here");
    w3d_result result = w3di_json_read_string(reader);
    if (result != W3D_OK) return result;
    w3di_json_skip_space(reader);
    if (w3di_json_peek(reader) != ':')
        return w3di_json_unexpected(reader, "a colon must follow the key");
    reader->at++;
    w3di_json_skip_space(reader);
    return W3D_OK;
}

/* The next element or member of the open container, or its end. */
static w3d_result w3di_json_read_item(w3di_json_reader *reader)
{
    w3d_json_node *open = &reader->json.nodes[reader->open];
    int is_object = open->type == W3D_JSON_OBJECT;
    w3d_result result = W3D_OK;
    w3di_json_skip_space(reader);
    if (w3di_json_peek(reader) == (is_object ? '}' : ']')) {
        w3di_json_leave(reader);
        return W3D_OK;
    }
    if ((uint32_t)open->bits) {
        if (w3di_json_peek(reader) != ',')
            return w3di_json_unexpected(reader, is_object ? "a comma or } must stand here"
                                                          : "a comma or ] must stand here");
        reader->at++;
        w3di_json_skip_space(reader);
    }
    open->bits++;
    if (is_object) result = w3di_json_read_key(reader);
    return result == W3D_OK ? w3di_json_read_value(reader) : result;
}

static w3d_result w3di_json_read_text(w3di_json_reader *reader)
{
    if (reader->json.size >= 3 && w3d_equal(reader->json.text, "\xEF\xBB\xBF", 3)) reader->at = 3;
    w3di_json_skip_space(reader);
    w3d_result result = w3di_json_read_value(reader);
    while (result == W3D_OK && reader->open != W3D_JSON_NONE) result = w3di_json_read_item(reader);
    if (result != W3D_OK) return result;
    w3di_json_skip_space(reader);
    if (reader->at < reader->json.size)
        return w3di_json_unexpected(reader, "nothing may follow the JSON value");
    return W3D_OK;
}

W3D_API w3d_result w3d_json_open(const w3d_json_desc *desc, w3d_json *json, w3d_error *error)
{
    W3D_ASSERT(desc && json && (desc->text || !desc->size));
    if (!desc || !json || (!desc->text && desc->size))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, w3d_result_text(W3D_ERR_ARGUMENT));
    if (desc->size >= UINT32_MAX)
        return w3d_error_set(error, W3D_ERR_LIMIT, 0, "a JSON text may have 4 GiB at most");
    w3di_json_reader reader;
    w3d_fill(&reader, 0, sizeof reader);
    reader.json.text = (const char *)desc->text;
    reader.json.size = desc->size;
    if (desc->allocator) reader.json.allocator = *desc->allocator;
    reader.open = W3D_JSON_NONE;
    reader.max_depth = desc->max_depth ? desc->max_depth : 64;
    reader.max_nodes = desc->max_nodes ? desc->max_nodes : UINT32_MAX;
    reader.error = error;
    w3d_result result = w3di_json_read_text(&reader);
    if (result == W3D_OK)
        *json = reader.json;
    else
        w3d_json_close(&reader.json);
    return result;
}

W3D_API void w3d_json_close(w3d_json *json)
{
    if (!json) return;
    if (json->nodes)
        w3d_allocator_resize(&json->allocator, json->nodes,
                             json->node_capacity * sizeof(w3d_json_node), 0);
    if (json->strings)
        w3d_allocator_resize(&json->allocator, json->strings, json->strings_capacity, 0);
    w3d_fill(json, 0, sizeof *json);
}

/* ---- looking at values ---- */

W3D_API const char *w3d_json_source(const w3d_json *json, uint32_t value, size_t *size)
{
    *size = 0;
    if (value == W3D_JSON_NONE) return NULL;
    const char *text = json->text + json->nodes[value].offset;
    size_t left = json->size - json->nodes[value].offset, at = 0, depth = 0;
    int in_string = 0, is_scalar = 0;
    /* The text is known to be right: brackets match, and a scalar ends where its bytes do. */
    for (; at < left; at++) {
        char c = text[at];
        if (in_string) {
            if (c == '\\') at++;
            in_string = c != '"';
        } else if (c == '"')
            in_string = 1;
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth)
            depth--;
        else {
            int goes_on = (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
                          (c >= 'a' && c <= 'z') || c == 'E';
            if (!depth && !goes_on) break;
            is_scalar = !depth;
        }
        if (!depth && !in_string && !is_scalar) {
            at++;
            break;
        }
    }
    *size = at;
    return text;
}

W3D_API const char *w3d_json_string(const w3d_json *json, uint32_t value, size_t *size)
{
    *size = 0;
    if (w3d_json_type_of(json, value) != W3D_JSON_STRING) return NULL;
    const w3d_json_node *node = &json->nodes[value];
    *size = (uint32_t)node->bits;
    return (node->type & W3DI_JSON_ESCAPED ? json->strings : json->text) +
           w3di_json_high(node->bits);
}

W3D_API int w3d_json_string_is(const w3d_json *json, uint32_t value, const char *text)
{
    size_t size;
    const char *string = w3d_json_string(json, value, &size);
    return string && w3d_text_is(string, size, text);
}

W3D_API w3d_json_iterator w3d_json_each(const w3d_json *json, uint32_t container)
{
    w3d_json_iterator iterator;
    w3d_json_type type = w3d_json_type_of(json, container);
    w3d_fill(&iterator, 0, sizeof iterator);
    iterator.value = W3D_JSON_NONE;
    iterator.key = W3D_JSON_NONE;
    iterator.index = W3D_JSON_NONE; /* the first step makes it 0 */
    iterator.is_object = type == W3D_JSON_OBJECT;
    if (iterator.is_object || type == W3D_JSON_ARRAY) {
        iterator.next = container + 1;
        iterator.end = w3di_json_high(json->nodes[container].bits);
    }
    return iterator;
}

W3D_API int w3d_json_next(const w3d_json *json, w3d_json_iterator *iterator)
{
    if (iterator->next >= iterator->end) return 0;
    if (iterator->is_object) iterator->key = iterator->next++;
    iterator->value = iterator->next++;
    iterator->index++;
    const w3d_json_node *node = &json->nodes[iterator->value];
    if (node->type == W3D_JSON_ARRAY || node->type == W3D_JSON_OBJECT)
        iterator->next = w3di_json_high(node->bits);
    return 1;
}

W3D_API uint32_t w3d_json_member_sized(const w3d_json *json, uint32_t object, const char *key,
                                       size_t key_size)
{
    uint32_t found = W3D_JSON_NONE;
    w3d_json_iterator each = w3d_json_each(json, object);
    while (each.is_object && w3d_json_next(json, &each)) {
        size_t size;
        const char *text = w3d_json_string(json, each.key, &size);
        if (size == key_size && w3d_equal(text, key, size)) found = each.value;
    }
    return found;
}

W3D_API uint32_t w3d_json_member(const w3d_json *json, uint32_t object, const char *key)
{
    return w3d_json_member_sized(json, object, key, w3d_text_size(key));
}

W3D_API uint32_t w3d_json_element(const w3d_json *json, uint32_t array, uint32_t index)
{
    w3d_json_iterator each = w3d_json_each(json, array);
    if (each.is_object || index >= w3d_json_count(json, array)) return W3D_JSON_NONE;
    while (w3d_json_next(json, &each) && each.index != index) {}
    return each.value;
}

W3D_API int w3d_json_f64(const w3d_json *json, uint32_t value, double *out)
{
    w3d_json_type type = w3d_json_type_of(json, value);
    if (type != W3D_JSON_INTEGER && type != W3D_JSON_UNSIGNED && type != W3D_JSON_DOUBLE) return 0;
    uint64_t bits = json->nodes[value].bits;
    *out = type == W3D_JSON_INTEGER    ? (double)(int64_t)bits
           : type == W3D_JSON_UNSIGNED ? (double)bits
                                       : w3d_f64_from_bits(bits);
    return 1;
}

W3D_API int w3d_json_i64(const w3d_json *json, uint32_t value, int64_t *out)
{
    const double most = 9007199254740992.0; /* 2^53: above it a double stands for several numbers */
    w3d_json_type type = w3d_json_type_of(json, value);
    double number;
    if (type == W3D_JSON_INTEGER) {
        *out = (int64_t)json->nodes[value].bits;
        return 1;
    }
    if (type != W3D_JSON_DOUBLE || !w3d_json_f64(json, value, &number)) return 0;
    if (number < -most || number > most || (double)(int64_t)number != number) return 0;
    *out = (int64_t)number;
    return 1;
}

W3D_API int w3d_json_u64(const w3d_json *json, uint32_t value, uint64_t *out)
{
    int64_t number;
    if (w3d_json_type_of(json, value) == W3D_JSON_UNSIGNED) {
        *out = json->nodes[value].bits;
        return 1;
    }
    if (!w3d_json_i64(json, value, &number) || number < 0) return 0;
    *out = (uint64_t)number;
    return 1;
}

W3D_API int w3d_json_bool(const w3d_json *json, uint32_t value, int *out)
{
    w3d_json_type type = w3d_json_type_of(json, value);
    if (type != W3D_JSON_TRUE && type != W3D_JSON_FALSE) return 0;
    *out = type == W3D_JSON_TRUE;
    return 1;
}

#undef W3DI_JSON_ESCAPED
