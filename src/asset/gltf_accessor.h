/* gltf_accessor.h - a glTF accessor as a view onto the file's bytes, and its unpacking.
 *
 * An accessor is `count` elements, each of `columns` columns of `rows` numbers, `stride` bytes
 * apart at any address (alignment is not relied upon); some elements may be replaced by sparse
 * ones. w3d_gltf_open has checked that every byte named here lies inside the file; what the bytes
 * hold is checked by the functions below, on use. */
#ifndef W3D_GLTF_ACCESSOR_H
#define W3D_GLTF_ACCESSOR_H

#include "core/base.h"

/* The number type of a component; the values are the file's. */
typedef enum w3d_gltf_component {
    W3D_GLTF_NONE = 0,
    W3D_GLTF_I8 = 5120,
    W3D_GLTF_U8 = 5121,
    W3D_GLTF_I16 = 5122,
    W3D_GLTF_U16 = 5123,
    W3D_GLTF_U32 = 5125,
    W3D_GLTF_F32 = 5126
} w3d_gltf_component;

typedef struct w3d_gltf_accessor {
    const uint8_t     *data;           /* the first element; NULL: all zero                    */
    const uint8_t     *sparse_indices; /* [sparse_count] of sparse_component, ascending        */
    const uint8_t     *sparse_values;  /* [sparse_count] elements, packed whatever the stride  */
    w3d_gltf_component component;
    w3d_gltf_component sparse_component; /* U8, U16 or U32                                     */
    uint32_t           count;
    uint32_t           sparse_count;   /* 0: not sparse                                        */
    uint32_t           stride;
    uint32_t           element_size;   /* bytes; columns of matrices are padded to 4           */
    uint8_t            rows, columns;  /* 1 1 scalar, 3 1 VEC3, 4 4 MAT4                       */
    uint8_t            normalized;     /* whole numbers stand for 0..1 or -1..1                */
    size_t             data_offset;    /* of data in the file; 0: it lies elsewhere            */
    size_t             text_offset;    /* of the accessor's description in the file            */
} w3d_gltf_accessor;

/* Bytes of one number: 1, 2 or 4. */
static inline uint32_t w3d_gltf_component_size(w3d_gltf_component component)
{
    return component == W3D_GLTF_I8 || component == W3D_GLTF_U8     ? 1u
           : component == W3D_GLTF_I16 || component == W3D_GLTF_U16 ? 2u : 4u;
}

/* Checks what an accessor holds: sparse positions ascend and lie inside; as indices, see below.
 *
 *   accessor      in
 *   vertex_count  in   not 0: the elements are indices, and each must be below this
 *   error         out  optional
 *
 * Errors  W3D_ERR_INDEX, W3D_ERR_FORMAT positions that do not ascend, or indices that are no
 *         unsigned scalars
 * Cost    linear in the sparse count, or in the count for indices */
W3D_API w3d_result w3d_gltf_accessor_check(const w3d_gltf_accessor *accessor, uint32_t vertex_count,
                                           w3d_error *error);

/* Unpacks to floats.
 *
 *   accessor  in
 *   width     in   numbers a row of `out`, 1 to 16
 *   out       out  [count][width]; numbers the elements lack become 0, those too many are left out
 *
 * Range   floats are copied bit for bit, NaN and infinity too. Normalised numbers are divided by
 *         their type's maximum, and at least -1; others are converted.
 * Errors  as w3d_gltf_accessor_check; `out` is then untouched */
W3D_API w3d_result w3d_gltf_accessor_floats(const w3d_gltf_accessor *accessor, uint32_t width,
                                            float *out, w3d_error *error);

/* Unpacks indices.
 *
 *   accessor      in
 *   vertex_count  in   what each index must be below
 *   out           out  [count]
 *
 * Errors  as w3d_gltf_accessor_check; W3D_ERR_INDEX for a vertex_count of 0 where there are any */
W3D_API w3d_result w3d_gltf_accessor_indices(const w3d_gltf_accessor *accessor,
                                             uint32_t vertex_count, uint32_t *out,
                                             w3d_error *error);

#endif /* W3D_GLTF_ACCESSOR_H */
