/* json_write.h - writes JSON (RFC 8259) to a sink as it goes: no tree, no allocation.
 *
 *     w3d_json_write_desc desc = { 0 };
 *     w3d_json_writer writer;
 *     desc.sink = sink, desc.indent = 2;
 *     w3d_json_write_begin(&writer, &desc);
 *     w3d_json_write_object(&writer);
 *     w3d_json_write_key(&writer, "mass");
 *     w3d_json_write_f64(&writer, 2.5);
 *     w3d_json_write_end(&writer);
 *     if (w3d_json_write_finish(&writer, &error) != W3D_OK) ...
 *
 * The first error sticks: every later call gives the same result and writes nothing, so one look at
 * the end is enough. What the calls spell is always JSON: a value without its key, an end too many,
 * two values beside each other are W3D_ERR_ARGUMENT. The bytes reach the sink in pieces of about
 * 1 KiB; after an error those before it may have.
 *
 * Numbers  shortest texts that read back as the same number (core/shortest.h).
 * Texts    must be UTF-8; only quotes, backslashes and control characters are escaped.
 * Pretty   one member or element a line; an array whose first value is a number, a bool or null
 *          stands on one line, as vectors do. Empty ones are {} and []. No newline at the end. */
#ifndef W3D_JSON_WRITE_H
#define W3D_JSON_WRITE_H

#include "core/sink.h"

enum {
    W3D_JSON_WRITE_DEPTH = 256, /* arrays and objects in one another */
    W3D_JSON_WRITE_BUFFER = 1024
};

typedef struct w3d_json_write_desc {
    w3d_sink sink;         /* where the bytes go; copied */
    uint32_t indent;       /* spaces a level, 8 at most; 0: everything on one line, no spaces */
    int plain_whole;       /* 1: the double 1 as 1; 0: as 1.0, so that it reads back as a double */
    int escape_separators; /* 1: U+2028 and U+2029 as \u2028, for texts put into old JavaScript */
} w3d_json_write_desc;

/* A text being written. Fields are private, but for `result`. It may be moved in memory. */
typedef struct w3d_json_writer {
    w3d_result result; /* W3D_OK, or the first error */
    w3d_json_write_desc desc;
    w3d_error error;
    uint64_t written;             /* bytes handed to the sink */
    uint32_t depth, used;         /* open containers; bytes in the buffer */
    uint8_t has_value, after_key; /* of the innermost container, or of the root */
    uint8_t is_line;              /* the innermost container stands on one line */
    uint8_t reserved;
    uint32_t objects[W3D_JSON_WRITE_DEPTH / 32]; /* a bit a level: 1 is an object */
    uint32_t lines[W3D_JSON_WRITE_DEPTH / 32];   /* the outer levels' is_line */
    char buffer[W3D_JSON_WRITE_BUFFER];
} w3d_json_writer;

/* Begins a text. Nothing reaches the sink yet.
 *
 *   writer  out  overwritten; nothing to release, it may be dropped at any time
 *   desc    in   copied
 *
 * Errors  W3D_ERR_ARGUMENT: no sink, indent above 8; it sticks. */
W3D_API w3d_result w3d_json_write_begin(w3d_json_writer *writer, const w3d_json_write_desc *desc);

/* Ends the text and hands the last bytes to the sink.
 *
 *   error  out  optional; offset is in the text given for W3D_ERR_UTF8, else the bytes of JSON
 *               before the call that failed
 *
 * Errors  the first one of all calls; W3D_ERR_ARGUMENT: something is open, or nothing written. */
W3D_API w3d_result w3d_json_write_finish(w3d_json_writer *writer, w3d_error *error);

/* Each writes one value: the root, the next element of the open array, or what the last key stands
 * for.
 *
 * Errors  W3D_ERR_ARGUMENT  no value may stand here: a key is missing, or the root is there already
 *         W3D_ERR_LIMIT     more than W3D_JSON_WRITE_DEPTH arrays and objects in one another
 *         W3D_ERR_RANGE     a NaN or an infinity: JSON has none
 *         W3D_ERR_UTF8      the text is no UTF-8
 *         and what the sink gives. All stick. */
W3D_API w3d_result w3d_json_write_null(w3d_json_writer *writer);
W3D_API w3d_result w3d_json_write_bool(w3d_json_writer *writer, int value);
W3D_API w3d_result w3d_json_write_i64(w3d_json_writer *writer, int64_t value);
W3D_API w3d_result w3d_json_write_u64(w3d_json_writer *writer, uint64_t value);
W3D_API w3d_result w3d_json_write_f64(w3d_json_writer *writer, double value);
W3D_API w3d_result w3d_json_write_f32(w3d_json_writer *writer, float value);
W3D_API w3d_result w3d_json_write_string(w3d_json_writer *writer, const char *text, size_t size);

/* Begin an array or an object; what follows belongs to it up to w3d_json_write_end. */
W3D_API w3d_result w3d_json_write_array(w3d_json_writer *writer);
W3D_API w3d_result w3d_json_write_object(w3d_json_writer *writer);

/* The same, to stand on one line with all that is in it. */
W3D_API w3d_result w3d_json_write_row(w3d_json_writer *writer);
W3D_API w3d_result w3d_json_write_object_row(w3d_json_writer *writer);

/* Ends the innermost array or object.
 * Errors  W3D_ERR_ARGUMENT: none is open, or a key has no value yet. */
W3D_API w3d_result w3d_json_write_end(w3d_json_writer *writer);

/* The key of the next value, in an object; NUL-terminated, or of `size` bytes. That no key stands
 * twice is the caller's care.
 * Errors  W3D_ERR_ARGUMENT: not in an object, or after another key. W3D_ERR_UTF8. */
W3D_API w3d_result w3d_json_write_key(w3d_json_writer *writer, const char *text);
W3D_API w3d_result w3d_json_write_key_sized(w3d_json_writer *writer, const char *text, size_t size);

/* A key of two texts joined; both NUL-terminated, and each UTF-8 by itself. */
W3D_API w3d_result w3d_json_write_key_joined(w3d_json_writer *writer, const char *first,
                                             const char *second);

/* The bytes as a string of base64 (core/base64.h). */
W3D_API w3d_result w3d_json_write_base64(w3d_json_writer *writer, const void *bytes, size_t size);

/* A decimal number in quotes: for whole numbers that doubles do not hold. */
W3D_API w3d_result w3d_json_write_i64_string(w3d_json_writer *writer, int64_t value);
W3D_API w3d_result w3d_json_write_u64_string(w3d_json_writer *writer, uint64_t value);

/* `size` > 0 bytes that are one JSON value already; that is the caller's word. */
W3D_API w3d_result w3d_json_write_raw(w3d_json_writer *writer, const char *text, size_t size);

#endif /* W3D_JSON_WRITE_H */
