/* simplify.c - mesh_simplify for bench/wasm/simplify.mjs. */
#include "mesh/mesh_simplify.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t simplify_scratch_size(uint32_t vertices, uint32_t indices);
EXPORT(simplify_scratch_size) size_t simplify_scratch_size(uint32_t vertices, uint32_t indices)
{
    return w3d_mesh_simplify_scratch_size(vertices, indices, 0);
}

/* Gives how many indices there are; `moved` may be NULL. */
uint32_t simplify(const w3d_mesh_view *view, uint32_t target, uint32_t *out, float *moved,
                  void *scratch);
EXPORT(simplify) uint32_t simplify(const w3d_mesh_view *view, uint32_t target, uint32_t *out,
                                   float *moved, void *scratch)
{
    w3d_mesh_simplify_desc desc;
    w3d_mesh_simplified result;
    size_t size = simplify_scratch_size(view->vertex_count, view->index_count);
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&result, 0, sizeof result);
    desc.target_index_count = target;
    result.indices = out;
    result.positions = moved;
    if (w3d_mesh_simplify(view, &desc, &result, w3d_arena_make(scratch, size)) != W3D_OK) return 0;
    return result.index_count;
}
