/* mesh_vertex_fetch.c - a table of new numbers, and rows scattered by it. */
#include "mesh/mesh_vertex_fetch.h"
#include "mesh/mesh_check.h"

W3D_API w3d_result w3d_mesh_vertex_fetch(const w3d_mesh_view *mesh, uint32_t *indices,
                                         uint32_t *remap, uint32_t *used_count)
{
    int kept =
        mesh && (mesh->indices || mesh->index_count == 0) && (remap || mesh->vertex_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    w3d_fill(remap, 0xFF, (size_t)mesh->vertex_count * sizeof *remap);
    uint32_t next = 0;
    for (uint32_t i = 0; i < mesh->index_count; i++) {
        uint32_t vertex = mesh->indices[i], number = remap[vertex];
        if (number == W3D_MESH_VERTEX_FETCH_DROPPED) remap[vertex] = number = next++;
        if (indices) indices[i] = number;
    }
    if (used_count) *used_count = next;
    return W3D_OK;
}

/* Rows of `size` bytes; with a constant size the copy becomes a few instructions. */
W3D_INLINE void w3di_mesh_vertex_fetch_scatter(const w3d_mesh_vertex_fetch_rows_desc *desc,
                                               size_t size, unsigned char *out)
{
    size_t stride = desc->stride ? desc->stride : desc->row_size;
    size_t out_stride = desc->out_stride ? desc->out_stride : desc->row_size;
    const unsigned char *row = (const unsigned char *)desc->rows;
    for (uint32_t i = 0; i < desc->vertex_count; i++, row += stride) {
        uint32_t number = desc->remap[i];
        if (number != W3D_MESH_VERTEX_FETCH_DROPPED)
            w3d_copy(out + (size_t)number * out_stride, row, size);
    }
}

W3D_API w3d_result w3d_mesh_vertex_fetch_rows(const w3d_mesh_vertex_fetch_rows_desc *desc,
                                              void *out)
{
    int kept = desc && (desc->remap || desc->vertex_count == 0) &&
               (desc->rows || desc->vertex_count == 0) && (out || desc->used_count == 0) &&
               desc->row_size != 0 && (desc->stride == 0 || desc->stride >= desc->row_size) &&
               (desc->out_stride == 0 || desc->out_stride >= desc->row_size);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    /* Dropped is the largest number there is, so one past it is 0. */
    uint32_t bad = 0;
    for (uint32_t i = 0; i < desc->vertex_count; i++)
        bad |= (uint32_t)(desc->remap[i] + 1u > desc->used_count);
    if (bad) return W3D_ERR_INDEX;
    unsigned char *bytes = (unsigned char *)out;
    switch (desc->row_size) {
    case 8: w3di_mesh_vertex_fetch_scatter(desc, 8, bytes); break;
    case 12: w3di_mesh_vertex_fetch_scatter(desc, 12, bytes); break;
    case 16: w3di_mesh_vertex_fetch_scatter(desc, 16, bytes); break;
    case 24: w3di_mesh_vertex_fetch_scatter(desc, 24, bytes); break;
    case 32: w3di_mesh_vertex_fetch_scatter(desc, 32, bytes); break;
    default: w3di_mesh_vertex_fetch_scatter(desc, desc->row_size, bytes); break;
    }
    return W3D_OK;
}
