/* gltf_value.h - values of the glTF JSON with their types checked; private to asset/gltf.
 *
 * The first error stays in the reader and every later call gives its fallback, so a whole object
 * is read before one check of reader->result. */
#ifndef W3D_GLTF_VALUE_H
#define W3D_GLTF_VALUE_H

#include "asset/gltf.h"

typedef struct w3di_gltf_reader {
    const w3d_json *json;
    size_t          text_start; /* of the JSON in the file */
    w3d_error      *error;
    w3d_result      result;
} w3di_gltf_reader;

/* Where a value stands in the file. */
static inline size_t w3di_gltf_offset(const w3di_gltf_reader *reader, uint32_t value)
{
    return reader->text_start + w3d_json_offset(reader->json, value);
}

static inline w3d_result w3di_gltf_fail(w3di_gltf_reader *reader, w3d_result code, uint32_t value,
                                        const char *text)
{
    if (reader->result == W3D_OK) {
        reader->result = code;
        w3d_error_set(reader->error, code, w3di_gltf_offset(reader, value), text);
    }
    return reader->result;
}

/* The array or object by that name, or W3D_JSON_NONE where there is none. */
static inline uint32_t w3di_gltf_array(w3di_gltf_reader *reader, uint32_t object, const char *key)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    if (value == W3D_JSON_NONE || w3d_json_type_of(reader->json, value) == W3D_JSON_ARRAY)
        return value;
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "an array must stand here");
    return W3D_JSON_NONE;
}
static inline int w3di_gltf_is_object(w3di_gltf_reader *reader, uint32_t value)
{
    if (w3d_json_type_of(reader->json, value) == W3D_JSON_OBJECT) return 1;
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "an object must stand here");
    return 0;
}
static inline uint32_t w3di_gltf_object(w3di_gltf_reader *reader, uint32_t object, const char *key)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    return value != W3D_JSON_NONE && w3di_gltf_is_object(reader, value) ? value : W3D_JSON_NONE;
}

/* A whole number from 0 to `most`. */
static inline uint64_t w3di_gltf_whole(w3di_gltf_reader *reader, uint32_t value, uint64_t most)
{
    uint64_t number = 0;
    if (!w3d_json_u64(reader->json, value, &number))
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "a whole number from 0 up must stand here");
    else if (number > most)
        w3di_gltf_fail(reader, W3D_ERR_RANGE, value, "the number is too large");
    else
        return number;
    return 0;
}
static inline uint64_t w3di_gltf_whole_or(w3di_gltf_reader *reader, uint32_t object,
                                          const char *key, uint64_t fallback, uint64_t most)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    return value == W3D_JSON_NONE ? fallback : w3di_gltf_whole(reader, value, most);
}
/* The same for what must be there. */
static inline uint64_t w3di_gltf_whole_in(w3di_gltf_reader *reader, uint32_t object,
                                          const char *key, uint64_t most, const char *missing)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    if (value != W3D_JSON_NONE) return w3di_gltf_whole(reader, value, most);
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, object, missing);
    return 0;
}

/* A reference to one of `count` things; W3D_GLTF_ABSENT where it is wrong. */
static inline uint32_t w3di_gltf_index(w3di_gltf_reader *reader, uint32_t value, uint32_t count)
{
    uint64_t index = 0;
    if (!w3d_json_u64(reader->json, value, &index))
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "an index must stand here");
    else if (index >= count)
        w3di_gltf_fail(reader, W3D_ERR_INDEX, value, "the index points past the end of its array");
    else
        return (uint32_t)index;
    return W3D_GLTF_ABSENT;
}
static inline uint32_t w3di_gltf_index_or_absent(w3di_gltf_reader *reader, uint32_t object,
                                                 const char *key, uint32_t count)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    return value == W3D_JSON_NONE ? W3D_GLTF_ABSENT : w3di_gltf_index(reader, value, count);
}
/* The same for what must be there. */
static inline uint32_t w3di_gltf_index_in(w3di_gltf_reader *reader, uint32_t object,
                                          const char *key, uint32_t count, const char *missing)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    if (value != W3D_JSON_NONE) return w3di_gltf_index(reader, value, count);
    w3di_gltf_fail(reader, W3D_ERR_FORMAT, object, missing);
    return W3D_GLTF_ABSENT;
}

/* A number; *out is left alone where the file has none, so it holds the default before. */
static inline void w3di_gltf_number(w3di_gltf_reader *reader, uint32_t value, float *out)
{
    double number;
    if (!w3d_json_f64(reader->json, value, &number))
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "a number must stand here");
    else if (number > (double)FLT_MAX || number < -(double)FLT_MAX)
        w3di_gltf_fail(reader, W3D_ERR_RANGE, value, "the number is beyond the range of a float");
    else
        *out = (float)number;
}
static inline void w3di_gltf_float(w3di_gltf_reader *reader, uint32_t object, const char *key,
                                   float *out)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    if (value != W3D_JSON_NONE) w3di_gltf_number(reader, value, out);
}
/* Exactly `count` numbers, likewise; gives 1 where the file has them. */
static inline int w3di_gltf_floats(w3di_gltf_reader *reader, uint32_t object, const char *key,
                                   uint32_t count, float *out)
{
    uint32_t array = w3di_gltf_array(reader, object, key);
    if (array == W3D_JSON_NONE) return 0;
    if (w3d_json_count(reader->json, array) != count) {
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, array, "the array has the wrong number of elements");
        return 0;
    }
    w3d_json_iterator each = w3d_json_each(reader->json, array);
    while (w3d_json_next(reader->json, &each))
        w3di_gltf_number(reader, each.value, &out[each.index]);
    return 1;
}

static inline int w3di_gltf_bool(w3di_gltf_reader *reader, uint32_t object, const char *key)
{
    int yes = 0;
    uint32_t value = w3d_json_member(reader->json, object, key);
    if (value != W3D_JSON_NONE && !w3d_json_bool(reader->json, value, &yes))
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "true or false must stand here");
    return yes;
}

/* A string, or NULL where the file has none. */
static inline const char *w3di_gltf_string(w3di_gltf_reader *reader, uint32_t object,
                                           const char *key, size_t *size)
{
    uint32_t value = w3d_json_member(reader->json, object, key);
    const char *text = w3d_json_string(reader->json, value, size);
    if (value != W3D_JSON_NONE && !text)
        w3di_gltf_fail(reader, W3D_ERR_FORMAT, value, "a string must stand here");
    return text;
}

#endif /* W3D_GLTF_VALUE_H */
