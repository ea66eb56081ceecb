/* mesh_check.h - what the mesh kernels check before they touch an output; private.
 *
 * Shape (pointers, strides, counts) is the caller's contract; index ranges are data. Each kernel
 * asks for both before it writes. */
#ifndef W3D_MESH_CHECK_H
#define W3D_MESH_CHECK_H

#include "core/simd.h"
#include "mesh/mesh_view.h"

/* 1 where `stride` can hold rows of three floats; 0 stands for the packed 12. */
W3D_INLINE int w3di_mesh_check_stride(uint32_t stride)
{
    return stride == 0 || (stride >= 12 && stride % 4 == 0);
}

/* 1 where the view keeps its contract: arrays where there are counts, whole triangles. */
W3D_INLINE int w3di_mesh_check_view(const w3d_mesh_view *mesh)
{
    return mesh && (mesh->positions || mesh->vertex_count == 0) &&
           (mesh->indices || mesh->index_count == 0) && mesh->index_count % 3 == 0 &&
           w3di_mesh_check_stride(mesh->stride);
}

/* 1 where every one of `count` indices is below `limit`. */
static inline int w3di_mesh_check_indices(const uint32_t *indices, size_t count, uint32_t limit)
{
    /* With the top bit turned over, signed lanes compare as unsigned ones. */
    w3d_i4 sign = w3d_i4_splat(INT32_MIN);
    w3d_i4 end = w3d_i4_xor(w3d_i4_splat((int32_t)limit), sign);
    w3d_i4 inside = w3d_i4_splat(-1);
    size_t i = 0;
    for (; count - i >= 4; i += 4) {
        w3d_i4 index = w3d_i4_load((const int32_t *)(const void *)(indices + i));
        inside = w3d_i4_and(inside, w3d_i4_less(w3d_i4_xor(index, sign), end));
    }
    for (; i < count; i++)
        if (indices[i] >= limit) return 0;
    return w3d_f4_mask(w3d_f4_bits_i4(inside)) == 15;
}

#endif /* W3D_MESH_CHECK_H */
