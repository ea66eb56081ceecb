/* bjson_read.h - a BJSON file used in place: IDs, properties and arrays without copies.
 *
 *     w3d_bjson file;
 *     w3d_bjson_id id;
 *     w3d_bjson_view view;
 *     if (w3d_bjson_read(bytes, size, &file, &error) != W3D_OK) return;
 *     w3d_bjson_id_at(&file, w3d_bjson_find(&file, W3D_BJSON_OBJECT, "Cube"), &id);
 *     if (w3d_bjson_get(&id, "location", &view)) w3d_bjson_to_f32(&view, location, 3);
 *
 * A view says where a value lies; w3d_bjson_data makes a pointer of it. Views hold offsets, so they
 * outlive w3d_bjson_rebase; pointers made of them do not. Every access tests its bounds again:
 * bytes that change after the check give wrong values, never a read outside the file.
 *
 * Where one property of many IDs is wanted, its name is looked up once:
 *
 *     w3d_bjson_lookup mass = w3d_bjson_lookup_make(&file, "mass");
 *     for (uint32_t row = 0; row < file.id_count; row++) {
 *         w3d_bjson_record record;
 *         const double *at = NULL;
 *         if (w3d_bjson_record_at(&file, row, &record))
 *             at = (const double *)w3d_bjson_record_data(&record, &mass, W3D_BJSON_F64);
 *         if (at) sum += *at;
 *     }
 *
 * Strings, lists and maps are reached by w3d_bjson_id_at, w3d_bjson_properties and
 * w3d_bjson_lookup_get. */
#ifndef W3D_BJSON_READ_H
#define W3D_BJSON_READ_H

#include "core/bits.h"
#include "scene/bjson.h"

/* One ID. Borrows the w3d_bjson, which must stay where it is; w3d_bjson_rebase leaves the name, a
 * pointer, behind. */
typedef struct w3d_bjson_id {
    const w3d_bjson *file;
    const char *name;   /* NUL-terminated */
    uint32_t name_size; /* without the NUL */
    uint32_t row;
    int64_t time;             /* of the last change, ns since 1970 */
    uint32_t type;            /* w3d_bjson_type, or the user's */
    uint32_t flags;           /* of the row */
    uint64_t payload, size;   /* in the file */
    uint64_t properties;      /* u32 bytes, u32 shape, record, heap */
    uint64_t references;      /* the rows it refers to ... */
    uint32_t reference_count; /* ... and how many there are */
    uint64_t large;           /* L */
} w3d_bjson_id;

/* One value. Borrows the w3d_bjson_id, which must stay where it is. */
typedef struct w3d_bjson_view {
    const w3d_bjson_id *id;
    uint64_t offset;  /* of the value's own bytes in the file: text, elements, number, ... */
    uint64_t length;  /* bytes */
    uint32_t tag;     /* w3d_bjson_tag */
    uint32_t subtype; /* w3d_bjson_subtype, of vectors and arrays */
    uint32_t n;       /* elements in a vector or in each row of an array */
    uint32_t count;   /* rows of an array, values of a map or list, else 1 */
    uint64_t types;   /* of a map its fields in SHAP, of a list its types: in the file */
    uint64_t slots;   /* of a map its record, of a list its slots: in the file */
} w3d_bjson_view;

/* One chunk, of any kind; zeroed: none yet. Offsets count from the file's start. */
typedef struct w3d_bjson_chunk_view {
    uint32_t kind, aux;
    uint64_t at;            /* of its 16-byte head */
    uint64_t payload, size; /* at + 16, and bytes without the zeros behind */
} w3d_bjson_chunk_view;

/* The properties of one ID without what w3d_bjson_id says about the rest, for loops over many.
 * Holds pointers into the file: of one generation. */
typedef struct w3d_bjson_record {
    const w3d_bjson *file;
    const unsigned char *bytes; /* the record, and the heap behind it; on a multiple of 8 */
    const char *name;           /* NUL-terminated */
    uint32_t size;              /* of both, inside the file */
    uint32_t shape; /* says how the record is laid out: numbers that are equal, equally */
} w3d_bjson_record;

/* Where a property lies in all maps of one shape. */
typedef struct w3d_bjson_place {
    uint64_t types;  /* those of the maps: maps of one shape share them */
    uint32_t shape;  /* that of the records, or W3D_BJSON_NONE */
    uint32_t field;  /* its place among the fields, or W3D_BJSON_NONE: they have none */
    uint32_t type;   /* W3D_BJSON_TYPE of an inline value; W3D_BJSON_NONE: it is not inline */
    uint32_t offset; /* of an inline value in the record ... */
    uint32_t size;   /* ... its bytes, or 0: it is not inline ... */
    uint32_t end;    /* ... and where it ends */
} w3d_bjson_place;

/* A property's name looked up once for all maps of a file, with where it lay in maps of the last
 * two shapes. Made by w3d_bjson_lookup_make. */
typedef struct w3d_bjson_lookup {
    w3d_bjson_place places[2];
    uint32_t key;  /* from w3d_bjson_key; W3D_BJSON_NONE: no map has it */
    uint32_t next; /* which of the two the next new shape takes */
} w3d_bjson_lookup;

/* A name asked for lately. */
typedef struct w3d_bjson_name {
    uint64_t first, last; /* its first and last 8 bytes, or all it has */
    uint64_t size;        /* bytes, or UINT64_MAX: no name yet */
    w3d_bjson_lookup lookup;
} w3d_bjson_name;

/* Lookups of the names asked for lately, where names are only known at run time. Made by
 * w3d_bjson_names_make; some 6 KB. */
typedef struct w3d_bjson_names {
    const w3d_bjson *file;
    w3d_bjson_lookup none;    /* of a name that no map has */
    w3d_bjson_name names[64]; /* by hash */
} w3d_bjson_names;

/* A tag, subtype and n as the u32 they are in the file. */
#define W3D_BJSON_TYPE(tag, subtype, n)                                                            \
    ((uint32_t)(tag) | (uint32_t)(subtype) << 8 | (uint32_t)(n) << 16)

/* Checks a file (w3d_bjson_validate) and opens it for the calls below.
 *
 *   bytes   in   `size` bytes on a multiple of 8; borrowed as long as `file` is used
 *   file    out  the open file; nothing to release
 *   error   out  or NULL
 *
 * Errors  those of w3d_bjson_validate; W3D_ERR_ARGUMENT: `bytes` is NULL or not on 8.
 * Cost    that of the check. */
W3D_API w3d_result w3d_bjson_read(const void *bytes, size_t size, w3d_bjson *file,
                                  w3d_error *error);

/* Says that the file's bytes have moved, as they may when memory grows: views stay valid, pointers
 * become those of an older generation. `bytes` holds the same content, on a multiple of 8. */
W3D_API void w3d_bjson_rebase(w3d_bjson *file, const void *bytes);

/* The ID of a row.
 *
 * Errors  W3D_ERR_INDEX      no such row
 *         W3D_ERR_NOT_FOUND  the row is deleted or outside the file; *id has file, row, type, flags
 *         W3D_ERR_FORMAT     the bytes have changed since they were checked
 * Cost    O(bytes of the name). */
W3D_API w3d_result w3d_bjson_id_at(const w3d_bjson *file, uint32_t row, w3d_bjson_id *id);

/* The same where the caller knows where the ID's payload lies, as bjson_source does: [payload,
 * payload + size) of file->bytes. Time and flags come from the row if REFS has it, else they are 0.
 *
 * Errors  W3D_ERR_FORMAT, *id is untouched. */
W3D_API w3d_result w3d_bjson_id_of(const w3d_bjson *file, uint32_t row, uint64_t payload,
                                   uint64_t size, w3d_bjson_id *id);

/* The first row with an ID of a type and name, or W3D_BJSON_NONE. Cost: O(rows). */
W3D_API uint32_t w3d_bjson_find(const w3d_bjson *file, uint32_t type, const char *name);

/* All properties of an ID, as a map. */
W3D_API int w3d_bjson_properties(const w3d_bjson_id *id, w3d_bjson_view *view);

/* The property of that name; 0 where there is none, *view then untouched. Cost: O(log fields). */
W3D_API int w3d_bjson_get(const w3d_bjson_id *id, const char *key, w3d_bjson_view *view);

/* The value of that name in a map; 0 where `map` is none or has none. */
W3D_API int w3d_bjson_member(const w3d_bjson_view *map, const char *key, w3d_bjson_view *view);

/* The value at `index` < container->count of a list, or of a map in the order of keys.
 *
 *   key   out  its name, NUL-terminated, "" in a list; or NULL */
W3D_API int w3d_bjson_item(const w3d_bjson_view *container, uint32_t index, const char **key,
                           w3d_bjson_view *view);

/* ---- names looked up once ---- */

/* The offset of a name in KEYS, by which shapes know it, or W3D_BJSON_NONE: no property has it.
 * Cost: O(log bytes of KEYS) comparisons. */
W3D_API uint32_t w3d_bjson_key(const w3d_bjson *file, const char *text);

/* A lookup by a key, for maps of this file. */
static inline w3d_bjson_lookup w3d_bjson_lookup_of_key(uint32_t key)
{
    w3d_bjson_lookup lookup;
    w3d_fill(&lookup, 0, sizeof lookup);
    lookup.places[0].type = lookup.places[0].shape = W3D_BJSON_NONE;
    lookup.places[1].type = lookup.places[1].shape = W3D_BJSON_NONE;
    lookup.key = key;
    return lookup;
}

/* A lookup of that name, for maps of this file. */
static inline w3d_bjson_lookup w3d_bjson_lookup_make(const w3d_bjson *file, const char *name)
{
    return w3d_bjson_lookup_of_key(w3d_bjson_key(file, name));
}

/* Readies *names for names of this file; nothing to release. */
W3D_API void w3d_bjson_names_make(w3d_bjson_names *names, const w3d_bjson *file);

/* The lookup of a name, for any call that takes one: valid until the next call.
 *
 *     at = w3d_bjson_record_data(&record, w3d_bjson_names_lookup(&names, name), W3D_BJSON_F64);
 *
 * Cost    O(bytes of the name) where it is one of the last names asked for, else w3d_bjson_key. */
W3D_API w3d_bjson_lookup *w3d_bjson_names_lookup(w3d_bjson_names *names, const char *name);

/* Finds where the lookup's name lies in maps like this one, for the two below; NULL: nowhere. */
W3D_API const w3d_bjson_place *w3d_bjson_lookup_find(w3d_bjson_lookup *lookup,
                                                     const w3d_bjson_view *map);

/* The value of the lookup's name in a map; 0 where `map` is none or has none, *view then untouched.
 *
 *   lookup  in/out  for one file at a time, and one thread
 *
 * Cost    O(1) where the shape is one of the last two, else O(log fields). */
W3D_API int w3d_bjson_lookup_get(w3d_bjson_lookup *lookup, const w3d_bjson_view *map,
                                 w3d_bjson_view *view);

/* The bytes in place of a number, bool, reference or vector of exactly that type, or NULL:
 *
 *     const float *at = (const float *)w3d_bjson_lookup_data(
 *         &location, &map, W3D_BJSON_TYPE(W3D_BJSON_VECTOR, W3D_BJSON_SUB_F32, 3));
 *
 * Cost    some ten instructions where the shape is one of the last two. */
static inline const void *w3d_bjson_lookup_data(w3d_bjson_lookup *lookup, const w3d_bjson_view *map,
                                                uint32_t type)
{
    const w3d_bjson_place *place = &lookup->places[0];
    if (map->types != place->types) {
        place = &lookup->places[1];
        if (map->types != place->types) place = w3d_bjson_lookup_find(lookup, map);
        if (!place) return NULL;
    }
    const w3d_bjson *file = map->id->file;
    if (place->type != type || map->slots + place->end > file->size) return NULL;
    return file->bytes + (size_t)map->slots + place->offset;
}

/* The row that a reference's 4 bytes stand for, W3D_BJSON_NONE where that is none. NULL: none. */
static inline uint32_t w3d_bjson_row_in(const w3d_bjson_id *id, const void *reference)
{
    const w3d_bjson *file = id->file;
    uint32_t index, row;
    if (!reference) return W3D_BJSON_NONE;
    w3d_copy(&index, reference, 4);
    uint64_t at = id->references + (uint64_t)index * 4;
    if (index >= id->reference_count || at > file->size || file->size - at < 4)
        return W3D_BJSON_NONE;
    w3d_copy(&row, file->bytes + (size_t)at, 4);
    return row;
}

/* ---- loops over many IDs ---- */

/* Bytes of the name that ends before an ID's properties, without the NUL: all but the zeros of its
 * last word, which begin with that. */
static inline uint32_t w3d_bjson_name_size(const char *name, const void *properties)
{
    uint32_t low, high, room = (uint32_t)((const char *)properties - name);
    w3d_copy(&low, (const char *)properties - 8, 4);
    w3d_copy(&high, (const char *)properties - 4, 4);
    uint32_t zeros = w3d_bits_leading_zeros(high) / 8;
    if (!high) zeros += w3d_bits_leading_zeros(low) / 8;
    return zeros < room ? room - zeros : 0; /* more only where the bytes have changed */
}

/* The record of a row's properties; 0 where the row is deleted, outside the file or not there, or
 * the bytes have changed since they were checked, *record then untouched. Needs no w3d_bjson_id.
 *
 * Cost    O(bytes of the name / 8), and one place in memory beside the row. */
static inline int w3d_bjson_record_at(const w3d_bjson *file, uint32_t row, w3d_bjson_record *record)
{
    uint64_t size = file->size, chunk, at;
    const unsigned char *bytes = file->bytes;
    if (row >= file->id_count) return 0;
    w3d_copy(&chunk, bytes + (size_t)file->refs + (size_t)row * W3D_BJSON_ROW_SIZE, 8);
    chunk &= ~(uint64_t)15; /* as it is; where it has changed, records stay aligned */
    if (chunk - 1 >= size - 32) return 0;
    for (at = chunk + 23; at < size - 8 && bytes[(size_t)at];) at += 8; /* a name ends with a NUL */
    if (at >= size - 8) return 0;
    const unsigned char *properties = bytes + (size_t)at + 1;
    uint32_t length;
    w3d_copy(&length, properties, 4);
    if (length > size - 9 - at) return 0;
    record->file = file;
    record->bytes = properties + 8;
    record->name = (const char *)bytes + (size_t)chunk + 19;
    record->size = length;
    w3d_copy(&record->shape, properties + 4, 4);
    return 1;
}

/* The bytes in place of the number, bool, reference or vector of that name and exactly that type,
 * or NULL. What lies in the heap is none of these; for that there is w3d_bjson_id_at.
 *
 * Cost    O(log fields). */
W3D_API const void *w3d_bjson_record_find(const w3d_bjson_record *record, const char *name,
                                          uint32_t type);

/* Finds where the lookup's name lies in a shape, for the call below; NULL: nowhere. */
W3D_API const w3d_bjson_place *w3d_bjson_lookup_shape(w3d_bjson_lookup *lookup,
                                                      const w3d_bjson *file, uint32_t shape);

/* The same where the name has been looked up.
 *
 *   lookup  in/out  for one file at a time, and one thread
 *
 * Cost    three compares where the shape is that of the last calls, four where it is the one before
 *         that, else O(log fields). */
static inline const void *w3d_bjson_record_data(const w3d_bjson_record *record,
                                                w3d_bjson_lookup *lookup, uint32_t type)
{
    const w3d_bjson_place *place = lookup->places;
    if (place->shape == record->shape) { /* most: no pointer to wait for */
        if (place->type != type || place->end > record->size) return NULL;
        return record->bytes + place->offset;
    }
    place++;
    if (place->shape != record->shape)
        place = w3d_bjson_lookup_shape(lookup, record->file, record->shape);
    if (!place || place->type != type || place->end > record->size) return NULL;
    return record->bytes + place->offset;
}

/* The row that a reference's 4 bytes stand for, W3D_BJSON_NONE where that is none. NULL: none. */
static inline uint32_t w3d_bjson_record_row(const w3d_bjson_record *record, const void *reference)
{
    const w3d_bjson *file = record->file;
    const unsigned char *rows = record->bytes + record->size; /* {u32 row, u32 count, rows} */
    uint64_t room = (uint64_t)(file->bytes + (size_t)file->size - rows);
    uint32_t index, count, row;
    if (!reference || room < 12) return W3D_BJSON_NONE;
    w3d_copy(&index, reference, 4);
    w3d_copy(&count, rows + 4, 4);
    if (index >= count || (uint64_t)index * 4 > room - 12) return W3D_BJSON_NONE;
    w3d_copy(&row, rows + 8 + (size_t)index * 4, 4);
    return row;
}

/* Bytes of its name, without the NUL. */
static inline uint32_t w3d_bjson_record_name_size(const w3d_bjson_record *record)
{
    return w3d_bjson_name_size(record->name, record->bytes - 8);
}

/* ---- the file beside its IDs ---- */

/* The next chunk, in file order, all kinds included; zero *it before the first.
 *
 *   it  in/out  the chunk before, then the next
 *
 * Gives 1, or 0 behind the last, *it then untouched. */
W3D_API int w3d_bjson_chunk_next(const w3d_bjson *file, w3d_bjson_chunk_view *it);

/* What the file says about itself, its chunk "meta".
 *
 *   pseudo  out  an ID without name and row (W3D_BJSON_NONE), which `map` borrows; calls that take
 *                an ID's properties take it too
 *   map     out  the content
 *
 * Gives 1, or 0 where the file has none. Cost: O(chunks). */
W3D_API int w3d_bjson_meta(const w3d_bjson *file, w3d_bjson_id *pseudo, w3d_bjson_view *map);

/* ---- what a view holds ---- */

/* The value's bytes in place: elements of vectors and arrays are aligned to their size, those of
 * arrays to 16 from the file's start. Valid in this generation of the file. NULL: not in it. */
static inline const void *w3d_bjson_data(const w3d_bjson_view *view)
{
    const w3d_bjson *file = view->id->file;
    if (view->offset > file->size || view->length > file->size - view->offset) return NULL;
    return file->bytes + (size_t)view->offset;
}

/* Each gives 1 and the value, or 0 and leaves *out: the view holds nothing that fits.
 * to_i64 takes bools, integers and times, to_u64 also, to_f64 any number, to_row a reference: its
 * row, W3D_BJSON_NONE where it refers to nothing. */
W3D_API int w3d_bjson_to_i64(const w3d_bjson_view *view, int64_t *out);
W3D_API int w3d_bjson_to_u64(const w3d_bjson_view *view, uint64_t *out);
W3D_API int w3d_bjson_to_f64(const w3d_bjson_view *view, double *out);
W3D_API int w3d_bjson_to_row(const w3d_bjson_view *view, uint32_t *out);

/* `count` numbers of a vector or array of exactly that many elements, converted to float; halves
 * and doubles round to nearest. */
W3D_API int w3d_bjson_to_f32(const w3d_bjson_view *view, float *out, uint32_t count);

/* A string in place, NUL-terminated, or NULL: the view holds none.  *size: bytes, or NULL. */
W3D_API const char *w3d_bjson_to_text(const w3d_bjson_view *view, uint32_t *size);

/* The row that element `index` of a vector or array of references refers to; W3D_BJSON_NONE where
 * it refers to nothing, or there is no such element. */
W3D_API uint32_t w3d_bjson_row_at(const w3d_bjson_view *view, uint32_t index);

#endif /* W3D_BJSON_READ_H */
