/* mesh_view.h - a borrowed triangle mesh; what every mesh kernel reads. */
#ifndef W3D_MESH_VIEW_H
#define W3D_MESH_VIEW_H

#include "core/base.h"

typedef struct w3d_mesh_view {
    const float    *positions;    /* [vertex_count] rows, x y z first in each row         */
    const uint32_t *indices;      /* [index_count], each < vertex_count                   */
    uint32_t        vertex_count;
    uint32_t        index_count;  /* multiple of 3; counter-clockwise is outward          */
    uint32_t        stride;       /* bytes from row to row, multiple of 4; 0 means 12     */
} w3d_mesh_view;

/* The x, y, z of one vertex; the caller has checked vertex < mesh->vertex_count. */
W3D_INLINE const float *w3d_mesh_position(const w3d_mesh_view *mesh, uint32_t vertex)
{
    size_t stride = mesh->stride ? mesh->stride : 3 * sizeof(float);
    return (const float *)(const void *)((const char *)mesh->positions + (size_t)vertex * stride);
}

#endif /* W3D_MESH_VIEW_H */
