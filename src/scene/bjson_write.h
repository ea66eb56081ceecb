/* bjson_write.h - makes a canonical BJSON file from a description, without copying it first.
 *
 *     w3d_bjson_value values[2];
 *     values[0] = w3d_bjson_f64("mass", 2.5);
 *     values[1] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, position);
 *     w3d_bjson_write_id id = { "Cube", values, 2 };
 *     w3d_bjson_write_desc desc = { &id, 1 };
 *     w3d_bjson_plan plan;
 *     w3d_bjson_write_size(&desc, &arena, &plan, NULL);   // measures: plan.size
 *     w3d_bjson_write(&plan, dst, plan.size, NULL);       // writes that many bytes
 *
 * Everything a value points to is borrowed until w3d_bjson_write returns. The order of keys does
 * not matter: equal content gives equal bytes. */
#ifndef W3D_BJSON_WRITE_H
#define W3D_BJSON_WRITE_H

#include "core/arena.h"
#include "core/bits.h"
#include "scene/bjson.h"

/* One property, or one item of a list. Filled by the functions below. A tag that this version does
 * not know is written as it was read: by w3d_bjson_unknown. */
typedef struct w3d_bjson_value {
    const char *key;  /* NUL-terminated; NULL in a list */
    const void *data; /* text, bytes, elements, or values of a map or list: borrowed */
    uint64_t bits;    /* bool, integer, double's bits, time, or the row referred to */
    uint32_t count;   /* bytes of a text or bytes; rows of an array; values of a map or list */
    uint8_t tag;      /* w3d_bjson_tag */
    uint8_t subtype;  /* w3d_bjson_subtype of vectors and arrays */
    uint16_t n;       /* elements in a vector or in each row of an array */
} w3d_bjson_value;

typedef struct w3d_bjson_write_id {
    const char *name; /* UTF-8, at most 255 bytes; several IDs may have the same; NULL: "" */
    const w3d_bjson_value *values;
    uint32_t value_count;
    uint8_t type;  /* w3d_bjson_type, or the user's own from 128 */
    uint8_t flags; /* of the row; W3D_BJSON_DELETED, W3D_BJSON_EXTERNAL: there is a row only */
    int64_t time;  /* of the last change, ns since 1970; 0: not said */
    /* A C struct that holds the properties; `values` are then its fields, made by w3d_bjson_field,
     * in one array that all IDs like this share. Where the fields lie in the struct as in a
     * canonical record (8-byte ones first, then 4, 2, 1, each by key) it is copied whole. NULL:
     * `values` hold the values. */
    const void *record;
} w3d_bjson_write_id;

/* A chunk of the program's own, copied as it is. */
typedef struct w3d_bjson_chunk {
    uint32_t kind;    /* W3D_BJSON_FOURCC; begins with a small letter; not hole, meta, hash, sign */
    const void *data; /* `size` bytes, borrowed */
    size_t size;
} w3d_bjson_chunk;

typedef struct w3d_bjson_write_desc {
    const w3d_bjson_write_id *ids; /* [id_count], by row; not looked at with `describe` */
    uint32_t id_count;
    int crc; /* 1: a crc32c of every chunk, checked on reading */
    /* Instead of `ids`: fills *id for one row. Called for the rows in order, once while measuring
     * and once while writing, with the same answer each time; keys stay the same texts at the same
     * places throughout, all else may be reused by the next call. NULL: `ids` is used. */
    w3d_result (*describe)(void *user, uint32_t row, w3d_bjson_write_id *id);
    void *user;
    const w3d_bjson_value *meta; /* [meta_count], the meta chunk's map; NULL: there is none */
    uint32_t meta_count;
    const w3d_bjson_chunk *chunks; /* [chunk_count], in the order they shall have */
    uint32_t chunk_count;
    int hash;            /* 1: room for a hash; w3d_bjson_hash_set fills it in */
    uint32_t sign_count; /* signatures there shall be room for; w3d_bjson_sign fills them in */
} w3d_bjson_write_desc;

/* A measured description. */
typedef struct w3d_bjson_plan {
    size_t size;                      /* bytes of the file */
    const w3d_bjson_write_desc *desc; /* borrowed */
    void *work;                       /* in the arena */
} w3d_bjson_plan;

/* Measures a description and gathers its shapes and keys.
 *
 *   desc    in      borrowed until the plan is written
 *   arena   in/out  holds the plan's tables: 2 KB, 8 bytes an ID, and about 100 for each distinct
 *                   key and each field of each distinct list of keys;
 *                   w3d_bjson_write_scratch_size(desc) is enough in any case
 *   plan    out     for any number of w3d_bjson_write, while arena and desc stay as they are
 *   error   out     offset is the row at fault, W3D_BJSON_NONE: meta or a chunk; or NULL
 *
 * Errors  W3D_ERR_ARGUMENT  a key that is missing or stands twice in its map, a tag, subtype or n
 *                           outside bjson.h, a name over 255 bytes, a reference or large array in
 *                           meta, a chunk's kind that is not the program's to write
 *         W3D_ERR_INDEX     a reference to a row that is not there
 *         W3D_ERR_UTF8      a name, key or string that is no UTF-8
 *         W3D_ERR_LIMIT     maps and lists more than 32 deep, an ID's properties over 4 GiB, its
 *                           large arrays over 64 GiB, a file over SIZE_MAX
 *         W3D_ERR_CAPACITY  the arena is too small.  Or what `describe` gave.
 * Cost    O(values + texts) time; the elements of arrays are not looked at, but for references. */
W3D_API w3d_result w3d_bjson_write_size(const w3d_bjson_write_desc *desc, w3d_arena *arena,
                                        w3d_bjson_plan *plan, w3d_error *error);

/* Writes the file.
 *
 *   plan      in   from w3d_bjson_write_size
 *   dst       out  plan->size bytes, none beyond; any alignment, but readers want 8
 *   capacity  in   bytes there are
 *
 * Errors  W3D_ERR_CAPACITY  capacity < plan->size; dst is untouched
 *         W3D_ERR_ARGUMENT  `describe` answers differently than before; dst then holds garbage
 * Cost    about a memcpy of the arrays, plus 5 ns a property; NaNs become canonical on the way.
 * Thread  not with another use of the same plan. */
W3D_API w3d_result w3d_bjson_write(const w3d_bjson_plan *plan, void *dst, size_t capacity,
                                   w3d_error *error);

/* Arena bytes that are enough for any description of this shape: what it takes where no two maps
 * have the same keys; SIZE_MAX where that overflows. Cost: as measuring. */
W3D_API size_t w3d_bjson_write_scratch_size(const w3d_bjson_write_desc *desc);

/* ---- values; `key` is NULL in lists ---- */

/* The two that the others are made of. */
static inline w3d_bjson_value w3d_bjson_value_make(const char *key, uint8_t tag, uint64_t bits)
{
    w3d_bjson_value value;
    value.key = key;
    value.data = NULL;
    value.bits = bits;
    value.count = 0;
    value.tag = tag;
    value.subtype = W3D_BJSON_SUB_NONE;
    value.n = 0;
    return value;
}
static inline w3d_bjson_value w3d_bjson_value_of(const char *key, uint8_t tag, const void *data,
                                                 uint32_t count)
{
    w3d_bjson_value value = w3d_bjson_value_make(key, tag, 0);
    value.data = data;
    value.count = count;
    return value;
}

static inline w3d_bjson_value w3d_bjson_null(const char *key)
{
    return w3d_bjson_value_make(key, W3D_BJSON_NULL, 0);
}
static inline w3d_bjson_value w3d_bjson_bool(const char *key, int value)
{
    return w3d_bjson_value_make(key, W3D_BJSON_BOOL, value != 0);
}
static inline w3d_bjson_value w3d_bjson_i64(const char *key, int64_t value)
{
    return w3d_bjson_value_make(key, W3D_BJSON_I64, (uint64_t)value);
}
static inline w3d_bjson_value w3d_bjson_u64(const char *key, uint64_t value)
{
    return w3d_bjson_value_make(key, W3D_BJSON_U64, value);
}
static inline w3d_bjson_value w3d_bjson_f64(const char *key, double value)
{
    return w3d_bjson_value_make(key, W3D_BJSON_F64, w3d_bits_f64(value));
}
/* Nanoseconds since 1970-01-01 00:00 UTC. */
static inline w3d_bjson_value w3d_bjson_time(const char *key, int64_t nanoseconds)
{
    return w3d_bjson_value_make(key, W3D_BJSON_TIME, (uint64_t)nanoseconds);
}
/* A reference to the ID in `row` of the file; W3D_BJSON_NONE: to none. */
static inline w3d_bjson_value w3d_bjson_reference(const char *key, uint32_t row)
{
    return w3d_bjson_value_make(key, W3D_BJSON_REFERENCE, row);
}
/* `n` (1 to 64) elements, in the record itself. Elements of W3D_BJSON_SUB_REFERENCE, here and in
 * arrays, are rows as u32. */
static inline w3d_bjson_value w3d_bjson_vector(const char *key, w3d_bjson_subtype subtype,
                                               uint32_t n, const void *elements)
{
    w3d_bjson_value value = w3d_bjson_value_make(key, W3D_BJSON_VECTOR, 0);
    value.data = elements;
    value.subtype = (uint8_t)subtype;
    value.n = (uint16_t)(n < 0xFFFFu ? n : 0xFFFFu);
    return value;
}
/* A field of a C struct (w3d_bjson_write_id.record), `offset` bytes from its start: a uint8_t for
 * W3D_BJSON_BOOL, a row as uint32_t for W3D_BJSON_REFERENCE, else 8 bytes as the tag says. */
static inline w3d_bjson_value w3d_bjson_field(const char *key, w3d_bjson_tag tag, size_t offset)
{
    return w3d_bjson_value_make(key, (uint8_t)tag, offset);
}
/* The same for n elements of a subtype. */
static inline w3d_bjson_value w3d_bjson_vector_field(const char *key, w3d_bjson_subtype subtype,
                                                     uint32_t n, size_t offset)
{
    w3d_bjson_value value = w3d_bjson_vector(key, subtype, n, NULL);
    value.bits = offset;
    return value;
}
/* A text of `size` bytes; zeros among them are characters like any other. */
static inline w3d_bjson_value w3d_bjson_string(const char *key, const char *text, uint32_t size)
{
    return w3d_bjson_value_of(key, W3D_BJSON_STRING, text, size);
}
static inline w3d_bjson_value w3d_bjson_bytes(const char *key, const void *bytes, uint32_t size)
{
    return w3d_bjson_value_of(key, W3D_BJSON_BYTES, bytes, size);
}
/* A map or list of `count` values; an item of a list is a value without a key. */
static inline w3d_bjson_value w3d_bjson_map(const char *key, const w3d_bjson_value *values,
                                            uint32_t count)
{
    return w3d_bjson_value_of(key, W3D_BJSON_MAP, values, count);
}
static inline w3d_bjson_value w3d_bjson_list(const char *key, const w3d_bjson_value *values,
                                             uint32_t count)
{
    return w3d_bjson_value_of(key, W3D_BJSON_LIST, values, count);
}
/* `rows` elements among the ID's properties: for arrays of up to some hundred bytes. */
static inline w3d_bjson_value w3d_bjson_array(const char *key, w3d_bjson_subtype subtype,
                                              const void *elements, uint32_t rows)
{
    w3d_bjson_value value = w3d_bjson_value_of(key, W3D_BJSON_ARRAY, elements, rows);
    value.subtype = (uint8_t)subtype;
    value.n = 1;
    return value;
}
/* The same behind all properties, in the ID's block of large arrays: for vertices and pixels. */
static inline w3d_bjson_value w3d_bjson_large(const char *key, w3d_bjson_subtype subtype,
                                              const void *elements, uint32_t rows)
{
    w3d_bjson_value value = w3d_bjson_array(key, subtype, elements, rows);
    value.tag = W3D_BJSON_LARGE;
    return value;
}
/* Of such an array, the same number of rows with n elements each: an xyz position is a row of 3. */
static inline w3d_bjson_value w3d_bjson_rows(w3d_bjson_value array, uint32_t n)
{
    array.n = (uint16_t)(n < 0xFFFFu ? n : 0xFFFFu);
    return array;
}
/* A value whose tag this version does not know, its bytes as they were read.
 *
 *   subtype, n  in   any for tags below 90, which are copied as they are; elements for 91 to 9F
 *   data        in   tags to 7F: the inline bytes, in a list 8 at most; to 8F: what the heap holds;
 *                    to 9F: the rows of n elements; W3D_BJSON_SUB_REFERENCE: rows of REFS as u32
 *   count       in   bytes, for 91 to 9F rows */
static inline w3d_bjson_value w3d_bjson_unknown(const char *key, uint32_t tag, uint32_t subtype,
                                                uint32_t n, const void *data, uint32_t count)
{
    w3d_bjson_value value = w3d_bjson_value_of(key, (uint8_t)tag, data, count);
    value.subtype = (uint8_t)subtype;
    value.n = (uint16_t)n;
    return value;
}

#endif /* W3D_BJSON_WRITE_H */
