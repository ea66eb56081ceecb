/* gltf_accessor.c - each loop is written once and compiled for every number type: the type is an
 * argument that is constant where the inline function is called. */
#include "asset/gltf_accessor.h"

#include "core/bytes.h"

W3D_INLINE uint32_t w3di_gltf_accessor_unsigned(const uint8_t *src, w3d_gltf_component component)
{
    return component == W3D_GLTF_U8    ? *src
           : component == W3D_GLTF_U16 ? w3d_load_u16(src) : w3d_load_u32(src);
}

static uint32_t w3di_gltf_accessor_position(const w3d_gltf_accessor *accessor, uint32_t i)
{
    size_t size = w3d_gltf_component_size(accessor->sparse_component);
    return w3di_gltf_accessor_unsigned(accessor->sparse_indices + i * size,
                                       accessor->sparse_component);
}

/* Points at the number where the file holds it, else at the accessor's description. */
static w3d_result w3di_gltf_accessor_fail(const w3d_gltf_accessor *accessor, w3d_result code,
                                          uint32_t element, const char *text, w3d_error *error)
{
    size_t offset = accessor->text_offset;
    if (accessor->data_offset) offset = accessor->data_offset + (size_t)element * accessor->stride;
    return w3d_error_set(error, code, offset, text);
}

static w3d_result w3di_gltf_accessor_check_sparse(const w3d_gltf_accessor *accessor,
                                                  w3d_error *error)
{
    uint32_t least = 0;
    for (uint32_t i = 0; i < accessor->sparse_count; i++) {
        uint32_t position = w3di_gltf_accessor_position(accessor, i);
        if (position >= accessor->count)
            return w3d_error_set(error, W3D_ERR_INDEX, accessor->text_offset,
                                 "a sparse index lies outside its accessor");
        if (position < least)
            return w3d_error_set(error, W3D_ERR_FORMAT, accessor->text_offset,
                                 "the sparse indices of an accessor do not ascend");
        least = position + 1;
    }
    return W3D_OK;
}

/* The first element whose value is not below `limit`, or count. A run is looked at as a whole
 * first: that loop has no way out in the middle and becomes vector instructions. */
W3D_INLINE uint32_t w3di_gltf_accessor_find(const uint8_t *src, uint32_t stride, uint32_t count,
                                            uint32_t limit, w3d_gltf_component component)
{
    for (uint32_t start = 0; start < count;) {
        uint32_t length = count - start < 512 ? count - start : 512, bad = 0;
        const uint8_t *run = src + (size_t)start * stride;
        for (uint32_t i = 0; i < length; i++)
            bad |= (uint32_t)(w3di_gltf_accessor_unsigned(run + (size_t)i * stride, component) >=
                              limit);
        for (uint32_t i = 0; bad && i < length; i++)
            if (w3di_gltf_accessor_unsigned(run + (size_t)i * stride, component) >= limit)
                return start + i;
        start += length;
    }
    return count;
}

W3D_INLINE uint32_t w3di_gltf_accessor_find_in(const w3d_gltf_accessor *accessor, uint32_t first,
                                               uint32_t end, uint32_t limit,
                                               w3d_gltf_component component)
{
    uint32_t size = w3d_gltf_component_size(component), count = end - first;
    if (!count || (!accessor->data && limit)) return end; /* without data all are 0 */
    if (!accessor->data) return first;
    const uint8_t *src = accessor->data + (size_t)first * accessor->stride;
    return first + (accessor->stride == size
                        ? w3di_gltf_accessor_find(src, size, count, limit, component)
                        : w3di_gltf_accessor_find(src, accessor->stride, count, limit, component));
}

/* The same for all elements: the sparse ones, and the others between them. */
W3D_INLINE uint32_t w3di_gltf_accessor_find_all(const w3d_gltf_accessor *accessor, uint32_t limit,
                                                w3d_gltf_component component)
{
    uint32_t size = w3d_gltf_component_size(component), first = 0;
    for (uint32_t i = 0; i < accessor->sparse_count; i++) {
        uint32_t position = w3di_gltf_accessor_position(accessor, i);
        uint32_t bad = w3di_gltf_accessor_find_in(accessor, first, position, limit, component);
        if (bad < position) return bad;
        if (w3di_gltf_accessor_unsigned(accessor->sparse_values + (size_t)i * size, component) >=
            limit)
            return position;
        first = position + 1;
    }
    return w3di_gltf_accessor_find_in(accessor, first, accessor->count, limit, component);
}

W3D_INLINE void w3di_gltf_accessor_copy_indices(const w3d_gltf_accessor *accessor, uint32_t *out,
                                                w3d_gltf_component component)
{
    uint32_t size = w3d_gltf_component_size(component), count = accessor->count;
    const uint8_t *src = accessor->data;
    if (!src)
        w3d_fill(out, 0, (size_t)count * sizeof(uint32_t));
    else if (accessor->stride == size)
        for (uint32_t i = 0; i < count; i++)
            out[i] = w3di_gltf_accessor_unsigned(src + (size_t)i * size, component);
    else
        for (uint32_t i = 0; i < count; i++)
            out[i] = w3di_gltf_accessor_unsigned(src + (size_t)i * accessor->stride, component);
    for (uint32_t i = 0; i < accessor->sparse_count; i++)
        out[w3di_gltf_accessor_position(accessor, i)] =
            w3di_gltf_accessor_unsigned(accessor->sparse_values + (size_t)i * size, component);
}

static int w3di_gltf_accessor_is_index(const w3d_gltf_accessor *accessor)
{
    return accessor->rows == 1 && accessor->columns == 1 && !accessor->normalized &&
           (accessor->component == W3D_GLTF_U8 || accessor->component == W3D_GLTF_U16 ||
            accessor->component == W3D_GLTF_U32);
}

static w3d_result w3di_gltf_accessor_check_indices(const w3d_gltf_accessor *accessor,
                                                   uint32_t vertex_count, w3d_error *error)
{
    w3d_result result = w3di_gltf_accessor_check_sparse(accessor, error);
    if (result != W3D_OK) return result;
    if (!w3di_gltf_accessor_is_index(accessor))
        return w3d_error_set(error, W3D_ERR_FORMAT, accessor->text_offset,
                             "indices must be scalars of an unsigned type, not normalized");
    uint32_t bad = accessor->component == W3D_GLTF_U8
                       ? w3di_gltf_accessor_find_all(accessor, vertex_count, W3D_GLTF_U8)
                   : accessor->component == W3D_GLTF_U16
                       ? w3di_gltf_accessor_find_all(accessor, vertex_count, W3D_GLTF_U16)
                       : w3di_gltf_accessor_find_all(accessor, vertex_count, W3D_GLTF_U32);
    if (bad < accessor->count)
        return w3di_gltf_accessor_fail(accessor, W3D_ERR_INDEX, bad,
                                       "an index points past the last vertex", error);
    return W3D_OK;
}

W3D_API w3d_result w3d_gltf_accessor_check(const w3d_gltf_accessor *accessor, uint32_t vertex_count,
                                           w3d_error *error)
{
    return vertex_count ? w3di_gltf_accessor_check_indices(accessor, vertex_count, error)
                        : w3di_gltf_accessor_check_sparse(accessor, error);
}

W3D_API w3d_result w3d_gltf_accessor_indices(const w3d_gltf_accessor *accessor,
                                             uint32_t vertex_count, uint32_t *out, w3d_error *error)
{
    w3d_result result = w3di_gltf_accessor_check_indices(accessor, vertex_count, error);
    if (result != W3D_OK) return result;
    switch (accessor->component) {
    case W3D_GLTF_U8: w3di_gltf_accessor_copy_indices(accessor, out, W3D_GLTF_U8); break;
    case W3D_GLTF_U16: w3di_gltf_accessor_copy_indices(accessor, out, W3D_GLTF_U16); break;
    default: w3di_gltf_accessor_copy_indices(accessor, out, W3D_GLTF_U32); break;
    }
    return W3D_OK;
}

/* Source: glTF 2.0, 3.11.1 for the normalised types. */
W3D_INLINE float w3di_gltf_accessor_number(const uint8_t *src, w3d_gltf_component component,
                                           int normalized)
{
    float value, most = 1.0f;
    switch (component) {
    case W3D_GLTF_I8: value = (float)(int8_t)*src, most = 127.0f; break;
    case W3D_GLTF_U8: value = (float)*src, most = 255.0f; break;
    case W3D_GLTF_I16: value = (float)(int16_t)w3d_load_u16(src), most = 32767.0f; break;
    case W3D_GLTF_U16: value = (float)w3d_load_u16(src), most = 65535.0f; break;
    default: value = (float)w3d_load_u32(src), most = 4294967295.0f; break;
    }
    if (!normalized) return value;
    value /= most;
    return value < -1.0f ? -1.0f : value;
}

/* One element to `width` numbers; floats stay bytes, so that no NaN changes on its way. */
W3D_INLINE void w3di_gltf_accessor_element(const w3d_gltf_accessor *accessor, const uint8_t *src,
                                           uint32_t width, float *out, w3d_gltf_component component)
{
    uint32_t size = w3d_gltf_component_size(component), rows = accessor->rows;
    uint32_t column_size = accessor->columns > 1 ? (rows * size + 3u) & ~3u : 0;
    uint32_t numbers = rows * accessor->columns, used = numbers < width ? numbers : width;
    for (uint32_t k = 0; k < used; k++) {
        const uint8_t *number = src + (k / rows) * column_size + (k % rows) * size;
        if (component == W3D_GLTF_F32)
            w3d_copy(&out[k], number, 4);
        else
            out[k] = w3di_gltf_accessor_number(number, component, accessor->normalized);
    }
    for (uint32_t k = used; k < width; k++) out[k] = 0.0f;
}

W3D_INLINE void w3di_gltf_accessor_convert(const w3d_gltf_accessor *accessor, uint32_t width,
                                           float *out, w3d_gltf_component component)
{
    if (accessor->data)
        for (uint32_t i = 0; i < accessor->count; i++)
            w3di_gltf_accessor_element(accessor, accessor->data + (size_t)i * accessor->stride,
                                       width, out + (size_t)i * width, component);
    for (uint32_t i = 0; i < accessor->sparse_count; i++)
        w3di_gltf_accessor_element(
            accessor, accessor->sparse_values + (size_t)i * accessor->element_size, width,
            out + (size_t)w3di_gltf_accessor_position(accessor, i) * width, component);
}

W3D_API w3d_result w3d_gltf_accessor_floats(const w3d_gltf_accessor *accessor, uint32_t width,
                                            float *out, w3d_error *error)
{
    if (!accessor || !out || width < 1 || width > 16)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, w3d_result_text(W3D_ERR_ARGUMENT));
    w3d_result result = w3di_gltf_accessor_check_sparse(accessor, error);
    if (result != W3D_OK) return result;
    size_t row = (size_t)width * sizeof(float);
    int packed = accessor->component == W3D_GLTF_F32 && accessor->element_size == row &&
                 accessor->stride == row && accessor->columns == 1;
    if (!accessor->data)
        w3d_fill(out, 0, accessor->count * row);
    else if (packed && !accessor->sparse_count) {
        w3d_copy(out, accessor->data, accessor->count * row);
        return W3D_OK;
    }
    switch (accessor->component) {
    case W3D_GLTF_I8: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_I8); break;
    case W3D_GLTF_U8: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_U8); break;
    case W3D_GLTF_I16: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_I16); break;
    case W3D_GLTF_U16: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_U16); break;
    case W3D_GLTF_F32: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_F32); break;
    default: w3di_gltf_accessor_convert(accessor, width, out, W3D_GLTF_U32); break;
    }
    return W3D_OK;
}
