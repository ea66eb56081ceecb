/* json_write.c - checks the grammar with two bits a level, gathers bytes, hands them on. */
#include "scene/json_write.h"

#include "core/base64.h"
#include "core/shortest.h"
#include "core/utf8.h"

#define W3DI_JSON_WRITE_NUMBER (W3D_SHORTEST_SIZE + 4) /* a number's bytes, with comma and space */

static w3d_result w3di_json_write_fail(w3d_json_writer *writer, w3d_result code, uint64_t offset,
                                       const char *text)
{
    writer->result = code;
    return w3d_error_set(&writer->error, code, offset, text);
}

/* A call where the grammar has no place for it. */
static w3d_result w3di_json_write_misuse(w3d_json_writer *writer, const char *text)
{
    return w3di_json_write_fail(writer, W3D_ERR_ARGUMENT, writer->written + writer->used, text);
}

/* ---- bytes ---- */

static w3d_result w3di_json_write_direct(w3d_json_writer *writer, const void *bytes, size_t size)
{
    w3d_result result = w3d_sink_write(&writer->desc.sink, bytes, size);
    if (result != W3D_OK)
        return w3di_json_write_fail(writer, result, writer->written, "the sink took no more bytes");
    writer->written += size;
    return W3D_OK;
}

static w3d_result w3di_json_write_flush(w3d_json_writer *writer)
{
    size_t size = writer->used;
    writer->used = 0;
    return w3di_json_write_direct(writer, writer->buffer, size);
}

/* `size` free bytes of the buffer, at least; it has far more in all. NULL: an error. */
static char *w3di_json_write_room(w3d_json_writer *writer, uint32_t size)
{
    if (W3D_JSON_WRITE_BUFFER - writer->used < size && w3di_json_write_flush(writer) != W3D_OK)
        return NULL;
    return writer->buffer + writer->used;
}

static w3d_result w3di_json_write_put(w3d_json_writer *writer, const char *bytes, size_t size)
{
    if (size > W3D_JSON_WRITE_BUFFER - writer->used) {
        if (w3di_json_write_flush(writer) != W3D_OK) return writer->result;
        if (size >= W3D_JSON_WRITE_BUFFER) return w3di_json_write_direct(writer, bytes, size);
    }
    w3d_copy(writer->buffer + writer->used, bytes, size);
    writer->used += (uint32_t)size;
    return W3D_OK;
}

/* ---- what stands between values ---- */

static w3d_result w3di_json_write_newline(w3d_json_writer *writer)
{
    uint32_t spaces = writer->depth * writer->desc.indent;
    w3d_result result = w3di_json_write_put(writer, "\n", 1);
    for (; spaces && result == W3D_OK; spaces -= spaces < 8 ? spaces : 8)
        result = w3di_json_write_put(writer, "        ", spaces < 8 ? spaces : 8);
    return result;
}

static int w3di_json_write_in_object(const w3d_json_writer *writer)
{
    uint32_t level = writer->depth - 1;
    return writer->depth && (writer->objects[level / 32] >> level % 32 & 1);
}

/* The comma before a member or element, and the line it begins. */
static w3d_result w3di_json_write_separate(w3d_json_writer *writer)
{
    if (writer->has_value) {
        int space = writer->desc.indent && writer->is_line;
        if (w3di_json_write_put(writer, ", ", space ? 2 : 1) != W3D_OK) return writer->result;
    }
    if (writer->desc.indent && !writer->is_line) return w3di_json_write_newline(writer);
    return W3D_OK;
}

/* Makes way for a value: all that must stand before it, or an error. `plain`: one that puts an
 * array on one line if it is the first. */
static w3d_result w3di_json_write_place(w3d_json_writer *writer, int plain)
{
    w3d_result result = writer->result;
    if (result != W3D_OK) return result;
    if (!writer->depth) {
        if (writer->has_value) return w3di_json_write_misuse(writer, "a second value at the root");
    } else if (w3di_json_write_in_object(writer)) {
        if (!writer->after_key) return w3di_json_write_misuse(writer, "a member without its key");
        writer->after_key = 0;
    } else {
        if (plain && !writer->has_value) writer->is_line = 1;
        result = w3di_json_write_separate(writer);
    }
    writer->has_value = 1;
    return result;
}

static w3d_result w3di_json_write_open(w3d_json_writer *writer, int object, int line)
{
    uint32_t level = writer->depth, bit = 1u << level % 32;
    if (writer->result == W3D_OK && level == W3D_JSON_WRITE_DEPTH)
        return w3di_json_write_fail(writer, W3D_ERR_LIMIT, writer->written + writer->used,
                                    "more arrays and objects in one another than are written");
    if (w3di_json_write_place(writer, 0) != W3D_OK) return writer->result;
    writer->objects[level / 32] &= ~bit;
    writer->lines[level / 32] &= ~bit;
    if (object) writer->objects[level / 32] |= bit;
    if (writer->is_line) writer->lines[level / 32] |= bit;
    writer->is_line |= (uint8_t)line;
    writer->has_value = 0;
    writer->depth++;
    return w3di_json_write_put(writer, object ? "{" : "[", 1);
}

W3D_API w3d_result w3d_json_write_begin(w3d_json_writer *writer, const w3d_json_write_desc *desc)
{
    W3D_ASSERT(writer && desc && desc->sink.write && desc->indent <= 8);
    if (!writer) return W3D_ERR_ARGUMENT;
    w3d_fill(writer, 0, offsetof(w3d_json_writer, buffer));
    if (!desc || !desc->sink.write || desc->indent > 8)
        return w3di_json_write_fail(writer, W3D_ERR_ARGUMENT, 0, "no sink, or an indent above 8");
    writer->desc = *desc;
    return W3D_OK;
}

W3D_API w3d_result w3d_json_write_finish(w3d_json_writer *writer, w3d_error *error)
{
    if (writer->result == W3D_OK && (writer->depth || !writer->has_value))
        w3di_json_write_misuse(writer, writer->depth ? "an array or object is still open"
                                                     : "no value was written");
    if (writer->result == W3D_OK) w3di_json_write_flush(writer);
    if (writer->result != W3D_OK)
        w3d_error_set(error, writer->result, writer->error.offset, writer->error.text);
    return writer->result;
}

W3D_API w3d_result w3d_json_write_array(w3d_json_writer *writer)
{
    return w3di_json_write_open(writer, 0, 0);
}

W3D_API w3d_result w3d_json_write_row(w3d_json_writer *writer)
{
    return w3di_json_write_open(writer, 0, 1);
}

W3D_API w3d_result w3d_json_write_object(w3d_json_writer *writer)
{
    return w3di_json_write_open(writer, 1, 0);
}

W3D_API w3d_result w3d_json_write_object_row(w3d_json_writer *writer)
{
    return w3di_json_write_open(writer, 1, 1);
}

W3D_API w3d_result w3d_json_write_end(w3d_json_writer *writer)
{
    if (writer->result != W3D_OK) return writer->result;
    if (!writer->depth || writer->after_key)
        return w3di_json_write_misuse(writer, writer->depth ? "a key without its value"
                                                            : "nothing is open");
    int object = w3di_json_write_in_object(writer), empty = !writer->has_value;
    int line = writer->is_line;
    uint32_t level = --writer->depth;
    writer->is_line = writer->lines[level / 32] >> level % 32 & 1;
    writer->has_value = 1;
    if (!empty && !line && writer->desc.indent && w3di_json_write_newline(writer) != W3D_OK)
        return writer->result;
    return w3di_json_write_put(writer, object ? "}" : "]", 1);
}

/* ---- strings ---- */

/* Bytes of text from `at` on that stand for themselves. */
static size_t w3di_json_write_plain(const w3d_json_writer *writer, const char *text, size_t at,
                                    size_t size)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t start = at;
    for (;;) {
        if (size - at >= 8) {
            uint64_t eight = w3d_load_u64(text + at);
            uint64_t quote = eight ^ ones * '"', slash = eight ^ ones * '\\';
            /* A byte's top bit comes out set where it is zero, or below 32, and it was not. */
            uint64_t found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
                             ((eight - ones * 32) & ~eight);
            if (writer->desc.escape_separators) found |= eight;
            if (!(found & tops)) {
                at += 8;
                continue;
            }
        }
        size_t end = size - at < 8 ? size : at + 8;
        for (; at < end; at++) {
            unsigned char c = (unsigned char)text[at];
            if (c < 0x20 || c == '"' || c == '\\') return at - start;
            if (c == 0xE2 && writer->desc.escape_separators &&
                (unsigned char)text[at + 1] == 0x80 && ((unsigned char)text[at + 2] & 0xFE) == 0xA8)
                return at - start;
        }
        if (at == size) return at - start;
    }
}

/* The escape for the character at text[0]; gives the bytes of text it stands for. */
static size_t w3di_json_write_escape(w3d_json_writer *writer, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "btn\0fr"; /* 8 to 13 */
    unsigned char c = (unsigned char)text[0];
    char *at = w3di_json_write_room(writer, 6);
    if (!at) return 0;
    at[0] = '\\';
    at[1] = c == '"' || c == '\\' ? text[0] : c >= 8 && c <= 13 ? letters[c - 8] : '\0';
    writer->used += 2;
    if (at[1]) return 1;
    int separator = c == 0xE2; /* U+2028, U+2029: E2 80 A8, E2 80 A9 */
    uint32_t code = separator ? 0x2028u + (text[2] & 1) : c;
    at[1] = 'u';
    for (int i = 0; i < 4; i++) at[2 + i] = digits[code >> (12 - 4 * i) & 15u];
    writer->used += 4;
    return separator ? 3 : 1;
}

/* A text without its quotes; it is known to be UTF-8. */
static w3d_result w3di_json_write_text(w3d_json_writer *writer, const char *text, size_t size)
{
    for (size_t at = 0; at < size && writer->result == W3D_OK;) {
        size_t plain = w3di_json_write_plain(writer, text, at, size);
        w3di_json_write_put(writer, text + at, plain);
        at += plain;
        if (at < size && writer->result == W3D_OK) at += w3di_json_write_escape(writer, text + at);
    }
    return writer->result;
}

static w3d_result w3di_json_write_check(w3d_json_writer *writer, const char *text, size_t size)
{
    if (writer->result != W3D_OK) return writer->result;
    size_t good = w3d_utf8_check(text, size);
    return good == size ? W3D_OK
                        : w3di_json_write_fail(writer, W3D_ERR_UTF8, good,
                                               "the text given is not valid UTF-8");
}

W3D_API w3d_result w3d_json_write_string(w3d_json_writer *writer, const char *text, size_t size)
{
    if (w3di_json_write_check(writer, text, size) != W3D_OK ||
        w3di_json_write_place(writer, 0) != W3D_OK)
        return writer->result;
    w3di_json_write_put(writer, "\"", 1);
    if (w3di_json_write_text(writer, text, size) != W3D_OK) return writer->result;
    return w3di_json_write_put(writer, "\"", 1);
}

/* Two texts as one key. */
static w3d_result w3di_json_write_two(w3d_json_writer *writer, const char *first, size_t first_size,
                                      const char *text, size_t size)
{
    if (w3di_json_write_check(writer, first, first_size) != W3D_OK ||
        w3di_json_write_check(writer, text, size) != W3D_OK)
        return writer->result;
    if (!w3di_json_write_in_object(writer) || writer->after_key)
        return w3di_json_write_misuse(writer, "a key outside an object, or after another");
    if (w3di_json_write_separate(writer) != W3D_OK) return writer->result;
    writer->after_key = 1;
    if (w3di_json_write_put(writer, "\"", 1) != W3D_OK ||
        w3di_json_write_text(writer, first, first_size) != W3D_OK ||
        w3di_json_write_text(writer, text, size) != W3D_OK)
        return writer->result;
    return w3di_json_write_put(writer, "\": ", writer->desc.indent ? 3 : 2);
}

W3D_API w3d_result w3d_json_write_key_sized(w3d_json_writer *writer, const char *text, size_t size)
{
    return w3di_json_write_two(writer, "", 0, text, size);
}

W3D_API w3d_result w3d_json_write_key(w3d_json_writer *writer, const char *text)
{
    return w3di_json_write_two(writer, "", 0, text, w3d_text_size(text));
}

W3D_API w3d_result w3d_json_write_key_joined(w3d_json_writer *writer, const char *first,
                                             const char *second)
{
    return w3di_json_write_two(writer, first, w3d_text_size(first), second, w3d_text_size(second));
}

W3D_API w3d_result w3d_json_write_base64(w3d_json_writer *writer, const void *bytes, size_t size)
{
    const unsigned char *from = (const unsigned char *)bytes;
    if (w3di_json_write_place(writer, 0) != W3D_OK) return writer->result;
    w3di_json_write_put(writer, "\"", 1);
    while (size && writer->result == W3D_OK) {
        char *at = w3di_json_write_room(writer, 4);
        if (!at) break;
        size_t piece = (W3D_JSON_WRITE_BUFFER - writer->used) / 4 * 3;
        if (piece > size) piece = size;
        w3d_base64_write(from, piece, at);
        writer->used += (uint32_t)W3D_BASE64_SIZE(piece);
        from += piece;
        size -= piece;
    }
    return writer->result == W3D_OK ? w3di_json_write_put(writer, "\"", 1) : writer->result;
}

/* ---- numbers and words ---- */

static w3d_result w3di_json_write_word(w3d_json_writer *writer, const char *word, size_t size)
{
    if (w3di_json_write_place(writer, 1) != W3D_OK) return writer->result;
    return w3di_json_write_put(writer, word, size);
}

W3D_API w3d_result w3d_json_write_null(w3d_json_writer *writer)
{
    return w3di_json_write_word(writer, "null", 4);
}

W3D_API w3d_result w3d_json_write_bool(w3d_json_writer *writer, int value)
{
    return w3di_json_write_word(writer, value ? "true" : "false", value ? 4 : 5);
}

W3D_API w3d_result w3d_json_write_raw(w3d_json_writer *writer, const char *text, size_t size)
{
    if (!size && writer->result == W3D_OK)
        return w3di_json_write_misuse(writer, "a raw value without a byte");
    if (w3di_json_write_place(writer, 0) != W3D_OK) return writer->result;
    return w3di_json_write_put(writer, text, size);
}

static w3d_result w3di_json_write_whole(w3d_json_writer *writer, uint64_t value, int negative,
                                        int quoted)
{
    if (w3di_json_write_place(writer, !quoted) != W3D_OK) return writer->result;
    char *at = w3di_json_write_room(writer, W3DI_JSON_WRITE_NUMBER), *start = at;
    if (!at) return writer->result;
    if (quoted) *at++ = '"';
    if (negative) *at++ = '-';
    at += w3d_shortest_write_u64(at, value);
    if (quoted) *at++ = '"';
    writer->used += (uint32_t)(at - start);
    return W3D_OK;
}

W3D_API w3d_result w3d_json_write_i64(w3d_json_writer *writer, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    return w3di_json_write_whole(writer, value < 0 ? 0 - bits : bits, value < 0, 0);
}

W3D_API w3d_result w3d_json_write_u64(w3d_json_writer *writer, uint64_t value)
{
    return w3di_json_write_whole(writer, value, 0, 0);
}

W3D_API w3d_result w3d_json_write_i64_string(w3d_json_writer *writer, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    return w3di_json_write_whole(writer, value < 0 ? 0 - bits : bits, value < 0, 1);
}

W3D_API w3d_result w3d_json_write_u64_string(w3d_json_writer *writer, uint64_t value)
{
    return w3di_json_write_whole(writer, value, 0, 1);
}

/* Refuses before anything is written: a comma would be left over. */
static w3d_result w3di_json_write_not_finite(w3d_json_writer *writer)
{
    if (writer->result != W3D_OK) return writer->result;
    return w3di_json_write_fail(writer, W3D_ERR_RANGE, writer->written + writer->used,
                                "JSON has no NaN and no infinity");
}

W3D_API w3d_result w3d_json_write_f64(w3d_json_writer *writer, double value)
{
    if (!w3d_f64_is_finite(value)) return w3di_json_write_not_finite(writer);
    if (w3di_json_write_place(writer, 1) != W3D_OK) return writer->result;
    char *at = w3di_json_write_room(writer, W3DI_JSON_WRITE_NUMBER);
    if (!at) return writer->result;
    writer->used += (uint32_t)w3d_shortest_write_f64(at, value, !writer->desc.plain_whole);
    return W3D_OK;
}

W3D_API w3d_result w3d_json_write_f32(w3d_json_writer *writer, float value)
{
    if (!w3d_f32_is_finite(value)) return w3di_json_write_not_finite(writer);
    if (w3di_json_write_place(writer, 1) != W3D_OK) return writer->result;
    char *at = w3di_json_write_room(writer, W3DI_JSON_WRITE_NUMBER);
    if (!at) return writer->result;
    writer->used += (uint32_t)w3d_shortest_write_f32(at, value, !writer->desc.plain_whole);
    return W3D_OK;
}

#undef W3DI_JSON_WRITE_NUMBER
