/* mesh_shadow.c - welding, and the way back from a number to its first vertex. */
#include "mesh/mesh_shadow.h"

W3D_API size_t w3d_mesh_shadow_scratch_size(uint32_t vertex_count)
{
    size_t size = w3d_mesh_weld_scratch_size(vertex_count);
    if (!w3d_size_add(size, 16, &size) ||
        !w3d_size_append(&size, vertex_count, 2 * sizeof(uint32_t)))
        return SIZE_MAX;
    return size;
}

W3D_API w3d_result w3d_mesh_shadow(const w3d_mesh_weld_desc *desc, uint32_t *out, w3d_arena scratch)
{
    uint32_t unique;
    int kept = desc && (desc->indices || desc->index_count == 0) && (out || desc->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t *remap = (uint32_t *)w3d_arena_push(&scratch, desc->vertex_count, 4, 4);
    uint32_t *first = (uint32_t *)w3d_arena_push(&scratch, desc->vertex_count, 4, 4);
    if (!remap || !first) return W3D_ERR_CAPACITY;
    w3d_result result = w3d_mesh_weld(desc, remap, &unique, scratch);
    if (result != W3D_OK) return result;
    /* Numbers appear in order; afterwards `remap` names vertices. */
    uint32_t next = 0;
    for (uint32_t i = 0; i < desc->vertex_count; i++) {
        uint32_t number = remap[i];
        if (number == W3D_MESH_WELD_DROPPED) continue;
        if (number == next) first[next++] = i;
        remap[i] = first[number];
    }
    for (uint32_t i = 0; i < desc->index_count; i++) out[i] = remap[desc->indices[i]];
    return W3D_OK;
}
