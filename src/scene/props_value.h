/* props_value.h - numbers on their way into and out of a struct; private to the props modules.
 *
 * A number is kept as an int64_t, as a uint64_t above that range, or as a double; fitting it to a
 * member rounds it to the member's type and puts it inside the limits, and says what that did. */
#ifndef W3D_PROPS_VALUE_H
#define W3D_PROPS_VALUE_H

#include "core/bits.h"
#include "core/bytes.h"
#include "core/utf8.h"
#include "scene/bjson.h"
#include "scene/props.h"

typedef enum w3di_props_kind { W3DI_PROPS_I64, W3DI_PROPS_U64, W3DI_PROPS_F64 } w3di_props_kind;

typedef struct w3di_props_number {
    uint64_t bits;
    uint32_t kind; /* U64 only where it is above INT64_MAX */
} w3di_props_number;

/* What fitting did to a number. */
enum {
    W3DI_PROPS_SAME,
    W3DI_PROPS_ROUNDED, /* a fraction into a whole number */
    W3DI_PROPS_LIMITED, /* to the nearest limit */
    W3DI_PROPS_NAN      /* the default in its place */
};

static inline w3di_props_number w3di_props_from_i64(int64_t value)
{
    w3di_props_number number;
    number.bits = (uint64_t)value;
    number.kind = W3DI_PROPS_I64;
    return number;
}
static inline w3di_props_number w3di_props_from_u64(uint64_t value)
{
    w3di_props_number number;
    number.bits = value;
    number.kind = value > (uint64_t)INT64_MAX ? W3DI_PROPS_U64 : W3DI_PROPS_I64;
    return number;
}
static inline w3di_props_number w3di_props_from_f64(double value)
{
    w3di_props_number number;
    number.bits = w3d_bits_f64(value);
    number.kind = W3DI_PROPS_F64;
    return number;
}

/* The element of a type at any address. */
static inline w3di_props_number w3di_props_load(uint32_t type, const void *data)
{
    const unsigned char *bytes = (const unsigned char *)data;
    switch (type) {
    case W3D_PROP_I8: return w3di_props_from_i64((int8_t)bytes[0]);
    case W3D_PROP_I16: return w3di_props_from_i64((int16_t)w3d_load_u16(bytes));
    case W3D_PROP_U16: return w3di_props_from_i64(w3d_load_u16(bytes));
    case W3D_PROP_I32: return w3di_props_from_i64((int32_t)w3d_load_u32(bytes));
    case W3D_PROP_REFERENCE:
    case W3D_PROP_U32: return w3di_props_from_i64(w3d_load_u32(bytes));
    case W3D_PROP_I64: return w3di_props_from_i64(w3d_load_i64(bytes));
    case W3D_PROP_U64: return w3di_props_from_u64(w3d_load_u64(bytes));
    case W3D_PROP_F32: return w3di_props_from_f64((double)w3d_load_f32(bytes));
    case W3D_PROP_F64: return w3di_props_from_f64(w3d_load_f64(bytes));
    default: return w3di_props_from_i64(bytes[0]); /* BOOL, U8 */
    }
}

/* Whole bits in the lowest bytes of a member. */
static inline void w3di_props_store(uint32_t size, void *data, uint64_t bits)
{
    uint8_t byte = (uint8_t)bits;
    switch (size) {
    case 1: w3d_copy(data, &byte, 1); break;
    case 2: w3d_store_u16(data, (uint16_t)bits); break;
    case 4: w3d_store_u32(data, (uint32_t)bits); break;
    default: w3d_store_u64(data, bits);
    }
}

static inline double w3di_props_to_f64(w3di_props_number number)
{
    if (number.kind == W3DI_PROPS_I64) return (double)(int64_t)number.bits;
    if (number.kind == W3DI_PROPS_U64) return (double)number.bits;
    return w3d_f64_from_bits(number.bits);
}

/* A double that is no NaN as int64_t or uint64_t, cut towards zero and to their range. */
static inline int64_t w3di_props_cut_i64(double value)
{
    if (value >= 9223372036854775808.0) return INT64_MAX;
    return value < -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}
static inline uint64_t w3di_props_cut_u64(double value)
{
    if (value >= 18446744073709551616.0) return UINT64_MAX;
    return value <= 0.0 ? 0 : (uint64_t)value;
}

/* Is the value a whole number of int64_t? Infinities and what lies outside are not. */
static inline int w3di_props_is_i64(w3di_props_number number, int64_t *out)
{
    double value = w3d_f64_from_bits(number.bits);
    if (number.kind == W3DI_PROPS_U64) return 0;
    if (number.kind == W3DI_PROPS_I64) {
        *out = (int64_t)number.bits;
        return 1;
    }
    if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0)) return 0;
    if ((double)(int64_t)value != value) return 0;
    *out = (int64_t)value;
    return 1;
}

/* What a member's numbers must lie between. */
typedef struct w3di_props_range {
    double low, high;    /* of floating point */
    int64_t least, most; /* of signed whole numbers and bools */
    uint64_t least_unsigned, most_unsigned;
    int bounded; /* the table gives limits, or the type is a bool */
} w3di_props_range;

/* The limits of a row for elements of a type. */
static inline w3di_props_range w3di_props_range_of(const w3d_prop *prop, uint32_t type)
{
    static const uint64_t tops[W3D_PROP_REFERENCE + 1] = { 1,          0x7F,      0xFF,
                                                           0x7FFF,     0xFFFF,    0x7FFFFFFF,
                                                           0xFFFFFFFF, INT64_MAX, UINT64_MAX,
                                                           0,          0,         0xFFFFFFFF };
    w3di_props_range range;
    uint64_t top = type <= W3D_PROP_REFERENCE ? tops[type] : 0;
    int is_signed =
        type == W3D_PROP_I8 || type == W3D_PROP_I16 || type == W3D_PROP_I32 || type == W3D_PROP_I64;
    int has_limits = type != W3D_PROP_REFERENCE && !(prop->min == 0.0 && prop->max == 0.0);
    range.high = w3d_f64_from_bits(0x7FF0000000000000u);
    range.low = -range.high;
    range.most_unsigned = top;
    range.least_unsigned = 0;
    range.most = top > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)top;
    range.least = is_signed ? -range.most - 1 : 0;
    range.bounded = has_limits || type == W3D_PROP_BOOL;
    if (!has_limits) return range;
    if (prop->min > -W3D_PROP_ANY) {
        int64_t least = w3di_props_cut_i64(prop->min);
        uint64_t least_unsigned = w3di_props_cut_u64(prop->min);
        if ((double)least < prop->min && least < INT64_MAX) least++;
        if ((double)least_unsigned < prop->min && least_unsigned < UINT64_MAX) least_unsigned++;
        if (least > range.least) range.least = least;
        range.least_unsigned = least_unsigned;
        range.low = prop->min;
    }
    if (prop->max < W3D_PROP_ANY) {
        int64_t most = w3di_props_cut_i64(prop->max);
        uint64_t most_unsigned = w3di_props_cut_u64(prop->max);
        if ((double)most > prop->max && most > INT64_MIN) most--;
        if (most < range.most) range.most = most;
        if (most_unsigned < range.most_unsigned) range.most_unsigned = most_unsigned;
        range.high = prop->max;
    }
    if (type == W3D_PROP_F32) {
        double largest = (double)FLT_MAX;
        if (w3d_f64_is_finite(range.low))
            range.low = range.low < -largest ? -largest : (double)(float)range.low;
        if (w3d_f64_is_finite(range.high))
            range.high = range.high > largest ? largest : (double)(float)range.high;
    }
    return range;
}

/* The default of one element, where `at` counts them. */
static inline w3di_props_number w3di_props_default(const w3d_prop *prop, uint32_t type, uint32_t at)
{
    if (prop->default_data && prop->type <= W3D_PROP_F64) {
        const unsigned char *data = (const unsigned char *)prop->default_data;
        return w3di_props_load(type, data + (size_t)at * w3d_prop_type_size(type));
    }
    return w3di_props_from_f64(prop->default_value);
}

/* Puts a number that is no NaN into the range of a type. *bits is what the member then holds. */
static inline int w3di_props_fit_range(const w3di_props_range *range, uint32_t type,
                                       w3di_props_number number, uint64_t *bits)
{
    int done = W3DI_PROPS_SAME;
    double value = w3d_f64_from_bits(number.bits);
    if (type == W3D_PROP_F32 || type == W3D_PROP_F64) {
        double kept = value = w3di_props_to_f64(number);
        double largest = (double)FLT_MAX, above = 3.4028235677973366e38; /* half a step above it */
        if (type == W3D_PROP_F32) {
            if (value > largest && w3d_f64_is_finite(value)) kept = largest;
            if (value < -largest && w3d_f64_is_finite(value)) kept = -largest;
            if (kept != value && !(value > -above && value < above)) done = W3DI_PROPS_LIMITED;
            kept = value = (double)(float)kept;
        }
        if (kept < range->low) kept = range->low;
        if (kept > range->high) kept = range->high;
        if (kept != value) done = W3DI_PROPS_LIMITED;
        *bits = type == W3D_PROP_F32 ? w3d_bits_f32((float)kept) : w3d_bits_f64(kept);
        return done;
    }
    if (number.kind == W3DI_PROPS_F64) { /* to the nearest whole number, half away from zero */
        if (value >= 9223372036854775808.0) {
            if (value >= 18446744073709551616.0) done = W3DI_PROPS_LIMITED;
            number = w3di_props_from_u64(w3di_props_cut_u64(value));
        } else {
            int64_t whole = w3di_props_cut_i64(value);
            double rest = value - (double)whole;
            if (whole == INT64_MIN && rest < 0.0)
                done = W3DI_PROPS_LIMITED;
            else if (rest != 0.0)
                done = W3DI_PROPS_ROUNDED;
            whole += rest >= 0.5 ? 1 : rest <= -0.5 && whole > INT64_MIN ? -1 : 0;
            number = w3di_props_from_i64(whole);
        }
    }
    if (type == W3D_PROP_U64) {
        uint64_t kept = number.bits;
        if (number.kind == W3DI_PROPS_I64 && (int64_t)number.bits < 0) {
            kept = 0;
            done = W3DI_PROPS_LIMITED;
        }
        uint64_t inside = kept < range->least_unsigned  ? range->least_unsigned
                          : kept > range->most_unsigned ? range->most_unsigned
                                                        : kept;
        if (inside != kept) done = W3DI_PROPS_LIMITED;
        *bits = inside;
        return done;
    }
    int64_t kept = (int64_t)number.bits;
    if (number.kind == W3DI_PROPS_U64) {
        kept = INT64_MAX;
        done = W3DI_PROPS_LIMITED;
    }
    int64_t inside = kept < range->least ? range->least : kept > range->most ? range->most : kept;
    if (inside != kept) done = W3DI_PROPS_LIMITED;
    *bits = (uint64_t)inside;
    return done;
}

/* The same for any number; NaN becomes the default of element `at`. */
static inline int w3di_props_fit(const w3d_prop *prop, const w3di_props_range *range, uint32_t type,
                                 uint32_t at, w3di_props_number number, uint64_t *bits)
{
    if (number.kind != W3DI_PROPS_F64 || (number.bits & 0x7FFFFFFFFFFFFFFFu) <= 0x7FF0000000000000u)
        return w3di_props_fit_range(range, type, number, bits);
    number = w3di_props_default(prop, type, at);
    w3di_props_fit_range(range, type, number, bits);
    return W3DI_PROPS_NAN;
}

/* ---- types in files ---- */

/* The element type of a table as one of a BJSON file. */
static inline w3d_bjson_subtype w3di_props_subtype(uint32_t type)
{
    static const uint8_t subtypes[W3D_PROP_REFERENCE + 1] = {
        W3D_BJSON_SUB_U8,  W3D_BJSON_SUB_I8,  W3D_BJSON_SUB_U8,  W3D_BJSON_SUB_I16,
        W3D_BJSON_SUB_U16, W3D_BJSON_SUB_I32, W3D_BJSON_SUB_U32, W3D_BJSON_SUB_I64,
        W3D_BJSON_SUB_U64, W3D_BJSON_SUB_F32, W3D_BJSON_SUB_F64, W3D_BJSON_SUB_REFERENCE
    };
    return (w3d_bjson_subtype)subtypes[type];
}

/* The whole number type of an enum's bytes. */
static inline uint32_t w3di_props_enum_type(const w3d_prop *prop)
{
    return prop->size == 1 ? W3D_PROP_I8 : prop->size == 2 ? W3D_PROP_I16 : W3D_PROP_I32;
}

/* ---- enums and texts ---- */

/* The item whose value the bytes of a member are, or NULL; members of 1 and 2 bytes may be signed
 * or not. */
static inline const w3d_prop_item *w3di_props_item(const w3d_prop *prop, const void *data)
{
    uint32_t mask = prop->size >= 4 ? 0xFFFFFFFFu : (1u << prop->size * 8u) - 1u, bits = 0;
    w3d_copy(&bits, data, prop->size >= 4 ? 4 : prop->size);
    for (uint32_t i = 0; i < prop->item_count; i++)
        if (((uint32_t)prop->items[i].value & mask) == bits) return &prop->items[i];
    return NULL;
}

/* The item of that identifier, or of that number; or NULL. */
static inline const w3d_prop_item *w3di_props_item_named(const w3d_prop *prop, const char *text,
                                                         size_t size)
{
    for (uint32_t i = 0; i < prop->item_count; i++)
        if (w3d_text_is(text, size, prop->items[i].identifier)) return &prop->items[i];
    return NULL;
}
static inline const w3d_prop_item *w3di_props_item_numbered(const w3d_prop *prop, int64_t value)
{
    for (uint32_t i = 0; i < prop->item_count; i++)
        if (prop->items[i].value == value) return &prop->items[i];
    return NULL;
}

/* The item that is an enum's default: that of default_data or default_value, else the first. */
static inline const w3d_prop_item *w3di_props_item_default(const w3d_prop *prop)
{
    const w3d_prop_item *item;
    if (prop->default_data)
        item = w3di_props_item(prop, prop->default_data);
    else
        item = w3di_props_item_numbered(prop, w3di_props_cut_i64(prop->default_value));
    return item ? item : prop->items;
}

/* How much of a text, to its first NUL, is UTF-8 and fits `room` bytes, at a whole character. */
static inline size_t w3di_props_text_fit(const char *text, size_t size, size_t room)
{
    size_t end = 0, valid;
    while (end < size && text[end]) end++;
    valid = w3d_utf8_check(text, end);
    if (valid <= room) return valid;
    while (room && ((unsigned char)text[room] & 0xC0u) == 0x80u) room--;
    return room;
}

/* A text into a member char[size]; what is behind it becomes zero. */
static inline void w3di_props_text_store(const w3d_prop *prop, void *data, const char *text,
                                         size_t size)
{
    unsigned char *to = (unsigned char *)data;
    size_t kept = w3di_props_text_fit(text, size, (size_t)prop->size - 1);
    w3d_move(to, text, kept);
    w3d_fill(to + kept, 0, prop->size - kept);
}

/* ---- pointers and counts of arrays and collections, and texts ---- */

static inline void *w3di_props_pointer(const void *data)
{
    void *pointer;
    w3d_copy(&pointer, data, sizeof pointer);
    return pointer;
}
static inline void w3di_props_pointer_set(void *data, const void *pointer)
{
    w3d_copy(data, &pointer, sizeof pointer);
}
static inline uint32_t w3di_props_count(const w3d_prop *prop, const void *structure)
{
    return w3d_load_u32((const unsigned char *)structure + prop->count_offset);
}
static inline void w3di_props_count_set(const w3d_prop *prop, void *structure, uint32_t count)
{
    w3d_store_u32((unsigned char *)structure + prop->count_offset, count);
}

/* Elements of a vector, or in a row of an array. */
static inline uint32_t w3di_props_n(const w3d_prop *prop) { return prop->n ? prop->n : 1u; }

/* ---- defaults ---- */

/* Sets one member of a struct to its default. */
static inline void w3di_props_row_default(const w3d_prop *prop, void *structure)
{
    unsigned char *data = (unsigned char *)structure + prop->offset;
    const char *text;
    w3di_props_range range;
    uint64_t bits;
    switch (prop->type) {
    case W3D_PROP_REFERENCE: w3d_fill(data, 0xFF, prop->size); break;
    case W3D_PROP_ENUM:
        w3di_props_store(prop->size, data, (uint32_t)w3di_props_item_default(prop)->value);
        break;
    case W3D_PROP_STRING:
        text = prop->default_data ? (const char *)prop->default_data : "";
        w3di_props_text_store(prop, data, text, w3d_text_size(text));
        break;
    case W3D_PROP_TEXT:
        w3di_props_pointer_set(data, prop->default_data ? prop->default_data : "");
        break;
    case W3D_PROP_ARRAY:
    case W3D_PROP_COLLECTION:
        w3di_props_pointer_set(data, NULL);
        w3di_props_count_set(prop, structure, 0);
        break;
    case W3D_PROP_STRUCT:
        for (uint32_t row = 0; row < prop->table->row_count; row++)
            w3di_props_row_default(&prop->table->rows[row], data);
        break;
    default:
        range = w3di_props_range_of(prop, prop->type);
        for (uint32_t i = 0; i < w3di_props_n(prop); i++) {
            uint32_t size = w3d_prop_type_size(prop->type);
            w3di_props_fit(prop, &range, prop->type, i, w3di_props_default(prop, prop->type, i),
                           &bits);
            w3di_props_store(size, data + (size_t)i * size, bits);
        }
    }
}

/* ---- paths in messages ---- */

/* Where a value is, link by link from the innermost struct outwards. */
typedef struct w3di_props_trail {
    const struct w3di_props_trail *outer;
    const w3d_prop *prop; /* of the outer struct, that this one is in */
    uint32_t item;        /* of a collection, or W3D_PROPS_NONE */
} w3di_props_trail;

static inline size_t w3di_props_trail_text(char *dst, size_t at, const char *text)
{
    for (; *text && at + 1 < W3D_PROPS_PATH_SIZE; text++) dst[at++] = *text;
    return at;
}

static inline size_t w3di_props_trail_step(char *dst, size_t at, const w3d_prop *prop,
                                           uint32_t item)
{
    char digits[13];
    size_t first = sizeof digits - 1;
    if (at) at = w3di_props_trail_text(dst, at, ".");
    at = w3di_props_trail_text(dst, at, prop->identifier ? prop->identifier : "?");
    if (item == W3D_PROPS_NONE) return at;
    digits[first] = 0;
    digits[--first] = ']';
    do {
        digits[--first] = (char)('0' + item % 10u);
        item /= 10u;
    } while (item);
    digits[--first] = '[';
    return w3di_props_trail_text(dst, at, digits + first);
}

/* The path to an element of a row, W3D_PROPS_PATH_SIZE bytes at most, cut where it is longer. */
static inline void w3di_props_trail_write(char *dst, const w3di_props_trail *trail,
                                          const w3d_prop *prop, uint32_t element)
{
    const w3di_props_trail *links[W3D_PROPS_DEPTH_LIMIT + 1];
    uint32_t depth = 0;
    size_t at = 0;
    for (; trail && depth <= W3D_PROPS_DEPTH_LIMIT; trail = trail->outer)
        if (trail->prop) links[depth++] = trail;
    while (depth-- > 0) at = w3di_props_trail_step(dst, at, links[depth]->prop, links[depth]->item);
    if (prop) at = w3di_props_trail_step(dst, at, prop, element);
    dst[at] = 0;
}

#endif /* W3D_PROPS_VALUE_H */
