/* mesh_adjacency.c - twins and rings by counting sorts. */
#include "mesh/mesh_adjacency.h"
#include "mesh/mesh_edges.h"

/* 1 where the arrays are there and the counts fit; the numbers above 2^32 - 4 have a meaning. */
static int w3di_mesh_adjacency_kept(const w3d_mesh_adjacency_desc *desc)
{
    return desc && desc->index_count % 3 == 0 && desc->index_count < W3D_MESH_TWIN_DEGENERATE &&
           (desc->indices || desc->index_count == 0);
}

/* 1 where every index and every point it leads to is below vertex_count. */
static int w3di_mesh_adjacency_inside(const w3d_mesh_adjacency_desc *desc)
{
    if (!w3di_mesh_check_indices(desc->indices, desc->index_count, desc->vertex_count)) return 0;
    return !desc->points ||
           w3di_mesh_check_indices(desc->points, desc->vertex_count, desc->vertex_count);
}

W3D_API size_t w3d_mesh_adjacency_scratch_size(uint32_t index_count, uint32_t vertex_count)
{
    size_t size = w3di_mesh_edges_scratch_size(index_count, vertex_count);
    return size ? size : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_adjacency_twins(const w3d_mesh_adjacency_desc *desc, uint32_t *twins,
                                            w3d_arena scratch)
{
    int kept = w3di_mesh_adjacency_kept(desc) && (twins || desc->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_adjacency_inside(desc)) return W3D_ERR_INDEX;
    if (desc->index_count == 0) return W3D_OK;
    size_t size = w3d_mesh_adjacency_scratch_size(desc->index_count, desc->vertex_count);
    if (size == SIZE_MAX) return W3D_ERR_CAPACITY;
    uint32_t *words = (uint32_t *)w3d_arena_push(&scratch, size / 4, 4, 4);
    if (!words) return W3D_ERR_CAPACITY;
    w3di_mesh_edges mesh;
    mesh.indices = desc->indices;
    mesh.points = desc->points;
    mesh.count = desc->index_count;
    mesh.point_limit = desc->vertex_count;
    w3di_mesh_edges_pair(&mesh, twins, words, 0);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_adjacency_rings(const w3d_mesh_adjacency_desc *desc, uint32_t *offsets,
                                            uint32_t *corners)
{
    int kept = w3di_mesh_adjacency_kept(desc) && offsets && (corners || desc->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_adjacency_inside(desc)) return W3D_ERR_INDEX;
    w3di_mesh_edges mesh;
    mesh.indices = desc->indices;
    mesh.points = desc->points;
    mesh.count = desc->index_count;
    mesh.point_limit = desc->vertex_count;
    w3d_fill(offsets, 0, ((size_t)desc->vertex_count + 1) * sizeof *offsets);
    for (uint32_t i = 0; i < mesh.count; i++) offsets[w3di_mesh_edges_point(&mesh, i)]++;
    uint32_t sum = 0;
    for (uint32_t p = 0; p < desc->vertex_count; p++) {
        sum += offsets[p];
        offsets[p] = sum;
    }
    offsets[desc->vertex_count] = sum;
    /* Backwards, so that offsets end at the beginnings of lists and lists are in rising order. */
    for (uint32_t i = mesh.count; i-- > 0;) corners[--offsets[w3di_mesh_edges_point(&mesh, i)]] = i;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_adjacency_indices(const w3d_mesh_adjacency_desc *desc,
                                              const uint32_t *twins, uint32_t *out)
{
    int kept = w3di_mesh_adjacency_kept(desc) && ((twins && out) || desc->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(desc->indices, desc->index_count, desc->vertex_count))
        return W3D_ERR_INDEX;
    for (uint32_t i = 0; i < desc->index_count; i++)
        if (twins[i] >= desc->index_count && twins[i] < W3D_MESH_TWIN_DEGENERATE)
            return W3D_ERR_INDEX;
    for (uint32_t i = 0; i < desc->index_count; i++) {
        uint32_t twin = twins[i];
        out[2 * (size_t)i] = desc->indices[i];
        out[2 * (size_t)i + 1] = twin < W3D_MESH_TWIN_DEGENERATE
                                     ? desc->indices[w3di_mesh_edges_previous(twin)]
                                     : desc->indices[i];
    }
    return W3D_OK;
}
