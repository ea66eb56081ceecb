/* props_bjson.h - a described struct into a BJSON file, and its table into the file's meta data.
 *
 *     const w3d_bjson_value *values;
 *     w3d_props_to_bjson(&cube_props, &my_cube, &arena, &values, &id.value_count);
 *     id.values = values;                              // then bjson_write
 *
 * How members are written   bool: bool; whole numbers: i64, U64: u64; floats: f64; vectors: vectors
 *     of the same element, those of bools of u8; references: references; enums and texts: strings;
 *     nested structs: maps; arrays: arrays, or large arrays; collections: lists of maps. With
 *     W3D_PROPS_EXACT numbers narrower than 64 bits are vectors of one, and so are enums. Vectors
 *     borrow from the struct, which stays until the file is written.
 * props_bjson_read is the way back. */
#ifndef W3D_PROPS_BJSON_H
#define W3D_PROPS_BJSON_H

#include "core/arena.h"
#include "scene/bjson_write.h"
#include "scene/props.h"

/* Makes the values of one struct; rows with W3D_PROP_SKIP_SAVE are left out.
 *
 *   arena   in/out  holds the values; w3d_props_to_bjson_size bytes are enough
 *   values  out     borrow the struct and the table
 *
 * Errors  W3D_ERR_CAPACITY the arena; W3D_ERR_RANGE an enum that is none of its items;
 *         W3D_ERR_TRUNCATED a string without its NUL; W3D_ERR_ARGUMENT a count without a pointer.
 * Cost    O(rows), of collections for each item; elements are not looked at. */
W3D_API w3d_result w3d_props_to_bjson(const w3d_props *table, const void *data, w3d_arena *arena,
                                      const w3d_bjson_value **values, uint32_t *count);

/* Bytes of an arena that are enough for that. */
W3D_API size_t w3d_props_to_bjson_size(const w3d_props *table, const void *data);

/* The fields of a struct that is written whole (w3d_bjson_write_id.record): for tables of bools,
 * numbers that are 64 bits wide or W3D_PROPS_EXACT, vectors and references only. One such array
 * serves all structs of the table; where the members lie as in a canonical record (those aligned to
 * 8 bytes first, then 4, 2, 1, each by name) writing a struct is one copy.
 *
 *   arena   in/out  48 bytes a row
 *
 * Errors  W3D_ERR_UNSUPPORTED: the table has other members; W3D_ERR_CAPACITY. */
W3D_API w3d_result w3d_props_fields(const w3d_props *table, w3d_arena *arena,
                                    const w3d_bjson_value **fields, uint32_t *count);

/* A type of IDs and what its properties are. */
typedef struct w3d_props_meta_type {
    const char *type_name; /* "Object", ...; or the type's number as text */
    const w3d_props *table;
} w3d_props_meta_type;

/* Makes the value "properties" of a file's meta chunk from tables, so that other programs can show
 * and check what they find: label, unit, limits, step, default, items, since. Members of nested
 * structs are named by their path, transform.location.
 *
 *   arena   in/out  about 600 bytes a row
 *   value   out     one for w3d_bjson_write_desc.meta; borrows the tables
 *
 * Errors  W3D_ERR_CAPACITY. */
W3D_API w3d_result w3d_props_to_meta(const w3d_props_meta_type *types, uint32_t type_count,
                                     w3d_arena *arena, w3d_bjson_value *value);

#endif /* W3D_PROPS_BJSON_H */
