/* json.h - a bounded JSON reader (RFC 8259): one pass, 16 bytes a value, strings left in place.
 *
 *     w3d_json_desc desc = { 0 };
 *     desc.text = bytes, desc.size = size;
 *     w3d_json json;
 *     w3d_error error;
 *     if (w3d_json_open(&desc, &json, &error) != W3D_OK) return error.code;
 *     uint32_t items = w3d_json_member(&json, 0, "items");
 *     w3d_json_iterator each = w3d_json_each(&json, items);
 *     while (w3d_json_next(&json, &each)) if (w3d_json_f64(&json, each.value, &x)) sum += x;
 *     w3d_json_close(&json);
 *
 * A value is a number: 0 is the whole text's, W3D_JSON_NONE stands for "there is none" and may be
 * handed to every function here, so that look-ups chain and only the last one is checked.
 *
 * What is read     exactly RFC 8259, and a byte order mark before it, which is skipped.
 * What is refused  anything behind the value, text that is not UTF-8 (also outside what is used),
 *                  lone surrogates, numbers beyond a double's range, too deep nesting.
 * Numbers          whole ones stay whole up to 64 bits; all others are the nearest double.
 * Keys             that stand twice in an object: the last one counts, as in ECMAScript. */
#ifndef W3D_JSON_H
#define W3D_JSON_H

#include "core/base.h"

#define W3D_JSON_NONE 0xFFFFFFFFu

typedef enum w3d_json_type {
    W3D_JSON_MISSING, /* the type of W3D_JSON_NONE */
    W3D_JSON_NULL,
    W3D_JSON_FALSE,
    W3D_JSON_TRUE,
    W3D_JSON_INTEGER,  /* a literal without fraction and exponent, fits an int64_t; not -0   */
    W3D_JSON_UNSIGNED, /* the same above INT64_MAX, fits a uint64_t                          */
    W3D_JSON_DOUBLE,   /* any other number                                                   */
    W3D_JSON_STRING,
    W3D_JSON_ARRAY,
    W3D_JSON_OBJECT
} w3d_json_type;

/* One value; a member of an object is its key's node, a string, and then its value's. */
typedef struct w3d_json_node {
    uint64_t bits;   /* the number; a string's place and size; a container's count and end */
    uint32_t offset; /* of the value's first byte in the text                              */
    uint32_t type;   /* w3d_json_type; + 0x100: a string with escapes, kept in `strings`   */
} w3d_json_node;

typedef struct w3d_json_desc {
    const void          *text; /* UTF-8; borrowed until w3d_json_close        */
    size_t               size;
    const w3d_allocator *allocator; /* NULL: the default; copied                   */
    uint32_t             max_depth; /* arrays and objects in one another; 0 is 64  */
    uint32_t             max_nodes; /* values and keys; 0 means no limit but the size */
} w3d_json_desc;

/* A text that was read. Only the functions below look inside. */
typedef struct w3d_json {
    const char    *text;
    size_t         size;
    w3d_json_node *nodes;
    char          *strings; /* strings with escapes, unescaped */
    uint32_t       node_count, node_capacity;
    size_t         strings_size, strings_capacity;
    w3d_allocator  allocator;
} w3d_json;

/* Reads and checks a whole text.
 *
 *   desc   in   see there
 *   json   out  close it; untouched on error
 *   error  out  optional; offset is the first byte that is wrong
 *
 * Range   any depth the desc allows: there is no recursion. Strings may hold NULs (\u0000).
 * Errors  W3D_ERR_TRUNCATED the text ends too early, W3D_ERR_FORMAT, W3D_ERR_UTF8,
 *         W3D_ERR_RANGE a number beyond a double's range, W3D_ERR_LIMIT the desc's limits or
 *         4 GiB of text, W3D_ERR_OUT_OF_MEMORY
 * Cost    linear. Memory: 16 bytes a node, at most size / 2 + 1 nodes, plus the strings that have
 *         escapes; while they grow, at most 22 bytes a byte of text and 4 KiB.
 * Source  RFC 8259; duplicate keys by ECMA-262, JSON.parse */
W3D_API w3d_result w3d_json_open(const w3d_json_desc *desc, w3d_json *json, w3d_error *error);

/* Frees what w3d_json_open took. A zeroed w3d_json is allowed. */
W3D_API void w3d_json_close(w3d_json *json);

static inline w3d_json_type w3d_json_type_of(const w3d_json *json, uint32_t value)
{
    return value == W3D_JSON_NONE ? W3D_JSON_MISSING
                                  : (w3d_json_type)(json->nodes[value].type & 0xFFu);
}

/* Where the value's first byte is in the text; the text's size for W3D_JSON_NONE. */
static inline size_t w3d_json_offset(const w3d_json *json, uint32_t value)
{
    return value == W3D_JSON_NONE ? json->size : json->nodes[value].offset;
}

/* The value as it stands in the text. Cost: linear in its size. */
W3D_API const char *w3d_json_source(const w3d_json *json, uint32_t value, size_t *size);

/* ---- containers ---- */

/* Elements of an array, members of an object; 0 for anything else. */
static inline uint32_t w3d_json_count(const w3d_json *json, uint32_t value)
{
    w3d_json_type type = w3d_json_type_of(json, value);
    return type == W3D_JSON_ARRAY || type == W3D_JSON_OBJECT ? (uint32_t)json->nodes[value].bits
                                                             : 0;
}

/* The value of an object's member, or W3D_JSON_NONE. Cost: linear in the object's members. */
W3D_API uint32_t w3d_json_member(const w3d_json *json, uint32_t object, const char *key);
W3D_API uint32_t w3d_json_member_sized(const w3d_json *json, uint32_t object, const char *key,
                                       size_t key_size);

/* The value at `index` of an array, or W3D_JSON_NONE. Cost: linear in the index. */
W3D_API uint32_t w3d_json_element(const w3d_json *json, uint32_t array, uint32_t index);

/* Walks through an array or object in the text's order; w3d_json_next gives 0 behind the last. */
typedef struct w3d_json_iterator {
    uint32_t value;
    uint32_t key;   /* a string; W3D_JSON_NONE in arrays */
    uint32_t index; /* from 0                            */
    uint32_t next, end;
    int      is_object;
} w3d_json_iterator;

W3D_API w3d_json_iterator w3d_json_each(const w3d_json *json, uint32_t container);
W3D_API int w3d_json_next(const w3d_json *json, w3d_json_iterator *iterator);

/* ---- scalars: 1 and *out, or 0 and *out untouched where the value is something else ---- */

/* The whole number; also one written as a double, such as 1.0 or 1e3, up to 2^53. */
W3D_API int w3d_json_i64(const w3d_json *json, uint32_t value, int64_t *out);
W3D_API int w3d_json_u64(const w3d_json *json, uint32_t value, uint64_t *out);

/* Any number; whole ones above 2^53 are rounded to nearest. */
W3D_API int w3d_json_f64(const w3d_json *json, uint32_t value, double *out);

/* 1 or 0. */
W3D_API int w3d_json_bool(const w3d_json *json, uint32_t value, int *out);

/* The unescaped text: UTF-8, not NUL-terminated, valid until w3d_json_close; NULL and size 0
 * where the value is no string. */
W3D_API const char *w3d_json_string(const w3d_json *json, uint32_t value, size_t *size);

/* 1 where the value is the string `text`. */
W3D_API int w3d_json_string_is(const w3d_json *json, uint32_t value, const char *text);

#endif /* W3D_JSON_H */
