/* bjson_from_json_state.h - what bjson_from_json works with: memory, keys, numbers, errors. */
#ifndef W3D_BJSON_FROM_JSON_STATE_H
#define W3D_BJSON_FROM_JSON_STATE_H

#include "core/base64.h"
#include "core/decimal.h"
#include "core/hash.h"
#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "scene/bjson_from_json.h"
#include "scene/bjson_table.h"
#include "scene/bjson_write.h"
#include "scene/json.h"

/* The caller's allocator with a limit: all that is taken goes through here. */
typedef struct w3di_bjson_from_json_budget {
    w3d_allocator inner;
    size_t held, limit;
    int exceeded; /* a request failed because of the limit, not for lack of memory */
} w3di_bjson_from_json_budget;

/* A key that occurred; its text ends with a NUL. */
typedef struct w3di_bjson_from_json_known {
    w3di_bjson_table_node node;
    const char *text;
    size_t size;
} w3di_bjson_from_json_known;

typedef struct w3di_bjson_from_json_state {
    const w3d_json *json;
    w3d_error *error;
    w3di_bjson_from_json_budget budget;
    w3d_chunk_arena arena; /* values, elements, keys: all that bjson_write borrows */
    w3di_bjson_table keys;
    uint32_t id_count;
    int in_meta; /* where references and large arrays have no place */
} w3di_bjson_from_json_state;

static inline void *w3di_bjson_from_json_resize(void *user, void *block, size_t old_size,
                                                size_t new_size)
{
    w3di_bjson_from_json_budget *budget = (w3di_bjson_from_json_budget *)user;
    /* Both blocks may exist for a moment. */
    if (new_size > old_size && new_size > budget->limit - budget->held) {
        budget->exceeded = 1;
        return NULL;
    }
    void *result = w3d_allocator_resize(&budget->inner, block, old_size, new_size);
    if (result || !new_size) budget->held = budget->held - old_size + new_size;
    return result;
}

static inline w3d_allocator w3di_bjson_from_json_allocator(w3di_bjson_from_json_state *s)
{
    w3d_allocator allocator;
    allocator.resize = w3di_bjson_from_json_resize;
    allocator.user = &s->budget;
    return allocator;
}

/* ---- errors ---- */

static inline w3d_result w3di_bjson_from_json_fail(const w3di_bjson_from_json_state *s,
                                                   w3d_result code, uint32_t node, const char *text)
{
    return w3d_error_set(s->error, code, w3d_json_offset(s->json, node), text);
}

static inline w3d_result w3di_bjson_from_json_format(const w3di_bjson_from_json_state *s,
                                                     uint32_t node, const char *text)
{
    return w3di_bjson_from_json_fail(s, W3D_ERR_FORMAT, node, text);
}

/* A request gave NULL: what that means. */
static inline w3d_result w3di_bjson_from_json_full(const w3di_bjson_from_json_state *s,
                                                   uint64_t offset)
{
    if (s->budget.exceeded)
        return w3d_error_set(s->error, W3D_ERR_LIMIT, offset, "the memory limit is reached");
    return w3d_error_set(s->error, W3D_ERR_OUT_OF_MEMORY, offset, "no memory for the file");
}

static inline void *w3di_bjson_from_json_push(w3di_bjson_from_json_state *s, size_t count,
                                              size_t size)
{
    return w3d_chunk_arena_push(&s->arena, count, size, size < 8 ? size : 8);
}

/* ---- keys ---- */

static inline int w3di_bjson_from_json_order(const void *wanted, const w3di_bjson_table_node *node)
{
    const w3di_bjson_from_json_known *a = (const w3di_bjson_from_json_known *)wanted;
    const w3di_bjson_from_json_known *b = (const w3di_bjson_from_json_known *)(const void *)node;
    return w3di_bjson_table_order_text(a->text, a->size, b->text, b->size);
}

/* A key as the one text that stands for all its occurrences, so that bjson_write finds maps of the
 * same keys by comparing pointers; NULL: no memory. */
static inline const char *w3di_bjson_from_json_intern(w3di_bjson_from_json_state *s,
                                                      const char *text, size_t size)
{
    uint32_t hash = (uint32_t)w3d_hash_bytes(text, size, 0);
    w3di_bjson_from_json_known wanted, *known;
    wanted.text = text;
    wanted.size = size;
    known = (w3di_bjson_from_json_known *)(void *)w3di_bjson_table_find(&s->keys, hash, &wanted,
                                                                        w3di_bjson_from_json_order);
    if (known) return known->text;
    known = (w3di_bjson_from_json_known *)w3di_bjson_from_json_push(s, 1, sizeof *known);
    char *copy = (char *)w3di_bjson_from_json_push(s, size + 1, 1);
    if (!known || !copy) return NULL;
    w3d_copy(copy, text, size);
    copy[size] = '\0';
    known->text = copy;
    known->size = size;
    w3di_bjson_table_insert(&s->keys, &known->node, hash, &wanted, w3di_bjson_from_json_order);
    return copy;
}

/* ---- scalars ---- */

/* A whole number that a text spells: digits without leading zeros, with a minus or none. */
static inline int w3di_bjson_from_json_digits(const char *text, size_t size, int *negative,
                                              uint64_t *out)
{
    size_t at = size && text[0] == '-';
    uint64_t value = 0;
    *negative = (int)at;
    if (at == size || (text[at] == '0' && size > 1)) return 0;
    for (; at < size; at++) {
        uint32_t digit = (uint32_t)(unsigned char)text[at] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *out = value;
    return 1;
}

/* The number in a node, of sign and magnitude: a literal, or with `quoted` a string. */
static inline int w3di_bjson_from_json_whole(const w3d_json *json, uint32_t node, int quoted,
                                             int *negative, uint64_t *magnitude)
{
    size_t size;
    const char *text = w3d_json_string(json, node, &size);
    int64_t value;
    if (text) return quoted && w3di_bjson_from_json_digits(text, size, negative, magnitude);
    w3d_json_type type = w3d_json_type_of(json, node);
    *negative = 0;
    if (type == W3D_JSON_UNSIGNED) return w3d_json_u64(json, node, magnitude);
    if (type != W3D_JSON_INTEGER || !w3d_json_i64(json, node, &value)) return 0;
    *negative = value < 0;
    *magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return 1;
}

/* A whole number from 0 to `most`, as a literal. */
static inline w3d_result w3di_bjson_from_json_small(const w3di_bjson_from_json_state *s,
                                                    uint32_t node, uint64_t most, uint64_t *out)
{
    int negative;
    uint64_t magnitude;
    if (!w3di_bjson_from_json_whole(s->json, node, 0, &negative, &magnitude))
        return w3di_bjson_from_json_format(s, node, "a whole number must stand here");
    if (negative || magnitude > most)
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node, "a number is out of its range");
    *out = magnitude;
    return W3D_OK;
}

/* A 64-bit number in a string, as its bits. */
static inline w3d_result w3di_bjson_from_json_quoted(const w3di_bjson_from_json_state *s,
                                                     uint32_t node, int is_signed, uint64_t *bits)
{
    int negative;
    uint64_t magnitude, most = is_signed ? (uint64_t)INT64_MAX : UINT64_MAX;
    if (w3d_json_type_of(s->json, node) != W3D_JSON_STRING)
        return w3di_bjson_from_json_format(s, node, "a number in quotes must stand here");
    if (!w3di_bjson_from_json_whole(s->json, node, 1, &negative, &magnitude) ||
        (negative && !is_signed) || magnitude > most + (negative ? 1u : 0u))
        return w3di_bjson_from_json_fail(s, W3D_ERR_RANGE, node,
                                         "not a whole number, or more than 64 bits hold");
    *bits = negative ? 0 - magnitude : magnitude;
    return W3D_OK;
}

/* 1 where the node is one of the words for a float that is no number. */
static inline int w3di_bjson_from_json_not_finite(const w3d_json *json, uint32_t node, double *out)
{
    static const struct {
        const char *text;
        uint64_t bits;
    } words[3] = { { "NaN", 0x7FF8000000000000u },
                   { "Infinity", 0x7FF0000000000000u },
                   { "-Infinity", 0xFFF0000000000000u } };
    for (int i = 0; i < 3; i++) {
        if (!w3d_json_string_is(json, node, words[i].text)) continue;
        *out = w3d_f64_from_bits(words[i].bits);
        return 1;
    }
    return 0;
}

/* The bytes that a string holds as base64, in the arena. */
static inline w3d_result w3di_bjson_from_json_base64(w3di_bjson_from_json_state *s, uint32_t node,
                                                     const void **bytes, uint32_t *size)
{
    size_t text_size, good;
    const char *text = w3d_json_string(s->json, node, &text_size);
    if (!text) return w3di_bjson_from_json_format(s, node, "base64 in quotes must stand here");
    size_t room = w3d_base64_read_size(text, text_size);
    void *made = w3d_chunk_arena_push(&s->arena, room, 1, 16);
    if (!made) return w3di_bjson_from_json_full(s, w3d_json_offset(s->json, node));
    good = w3d_base64_read(text, text_size, made);
    if (good != text_size) {
        /* Only a string without escapes lies in the text as it is. */
        size_t start = w3d_json_offset(s->json, node);
        int in_place = text == s->json->text + start + 1;
        return w3d_error_set(s->error, W3D_ERR_FORMAT, start + (in_place ? 1 + good : 0),
                             "the string is not base64");
    }
    *bytes = made;
    *size = (uint32_t)room;
    return W3D_OK;
}

/* ---- members ---- */

/* Finds the members of an object that has no others.
 *
 *   names  in   [count], the names it may have
 *   found  out  [count], their values or W3D_JSON_NONE */
static inline w3d_result w3di_bjson_from_json_members(const w3di_bjson_from_json_state *s,
                                                      uint32_t object, const char *const *names,
                                                      uint32_t count, uint32_t *found)
{
    w3d_json_iterator each = w3d_json_each(s->json, object);
    if (!each.is_object) return w3di_bjson_from_json_format(s, object, "an object must stand here");
    for (uint32_t i = 0; i < count; i++) found[i] = W3D_JSON_NONE;
    while (w3d_json_next(s->json, &each)) {
        uint32_t i = 0;
        while (i < count && !w3d_json_string_is(s->json, each.key, names[i])) i++;
        if (i == count) return w3di_bjson_from_json_format(s, each.key, "an unknown member");
        if (found[i] != W3D_JSON_NONE)
            return w3di_bjson_from_json_format(s, each.key, "a member that stood here already");
        found[i] = each.value;
    }
    return W3D_OK;
}

#endif /* W3D_BJSON_FROM_JSON_STATE_H */
