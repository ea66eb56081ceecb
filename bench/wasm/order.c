/* order.c - the kernels that reorder, for bench/wasm/order.mjs. */
#include "mesh/mesh_measure.h"
#include "mesh/mesh_spatial_sort.h"
#include "mesh/mesh_vertex_cache.h"
#include "mesh/mesh_vertex_fetch.h"

#define EXPORT(name) __attribute__((export_name(#name)))

static w3d_mesh_view view_of(const float *positions, const uint32_t *indices, uint32_t vertices,
                             uint32_t count)
{
    w3d_mesh_view view;
    w3d_fill(&view, 0, sizeof view);
    view.positions = positions;
    view.indices = indices;
    view.vertex_count = vertices;
    view.index_count = count;
    return view;
}

size_t order_scratch_size(uint32_t vertices, uint32_t count);
EXPORT(order_scratch_size) size_t order_scratch_size(uint32_t vertices, uint32_t count)
{
    size_t sort = w3d_mesh_spatial_sort_scratch_size(vertices > count / 3 ? vertices : count / 3);
    size_t cache = w3d_mesh_vertex_cache_scratch_size(vertices, count, W3D_MESH_VERTEX_CACHE_BEST);
    return sort > cache ? sort : cache;
}

/* Triangles for the vertex cache, then vertices for fetching: what reorderMesh does. */
uint32_t order(uint32_t *indices, uint32_t count, uint32_t vertices, uint32_t level,
               uint32_t *cached, uint32_t *remap, void *scratch);
EXPORT(order)
uint32_t order(uint32_t *indices, uint32_t count, uint32_t vertices, uint32_t level,
               uint32_t *cached, uint32_t *remap, void *scratch)
{
    w3d_mesh_view view = view_of(0, indices, vertices, count);
    uint32_t used = 0;
    size_t size = order_scratch_size(vertices, count);
    if (w3d_mesh_vertex_cache(&view, (w3d_mesh_vertex_cache_level)level, cached,
                              w3d_arena_make(scratch, size)) != W3D_OK)
        return 0;
    view.indices = cached;
    return w3d_mesh_vertex_fetch(&view, cached, remap, &used) == W3D_OK ? used : 0;
}

uint32_t sort_points(const float *positions, uint32_t vertices, uint32_t *remap, void *scratch);
EXPORT(sort_points)
uint32_t sort_points(const float *positions, uint32_t vertices, uint32_t *remap, void *scratch)
{
    w3d_mesh_view view = view_of(positions, 0, vertices, 0);
    return w3d_mesh_spatial_sort(&view, remap,
                                 w3d_arena_make(scratch, order_scratch_size(vertices, 0))) ==
           W3D_OK;
}

/* The mean ATVR over the four models. */
double atvr(const uint32_t *indices, uint32_t count, uint32_t vertices, void *scratch);
EXPORT(atvr) double atvr(const uint32_t *indices, uint32_t count, uint32_t vertices, void *scratch)
{
    static const w3d_mesh_cache_model models[4] = { W3D_MESH_CACHE_FIFO_16, W3D_MESH_CACHE_FIFO_32,
                                                    W3D_MESH_CACHE_AMD, W3D_MESH_CACHE_NVIDIA };
    w3d_mesh_view view = view_of(0, indices, vertices, count);
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        w3d_mesh_cache_figures figures;
        if (w3d_mesh_measure_cache(&view, &models[i], &figures,
                                   w3d_arena_make(scratch, order_scratch_size(vertices, count))) !=
            W3D_OK)
            return 0;
        sum += (double)figures.atvr / 4;
    }
    return sum;
}
