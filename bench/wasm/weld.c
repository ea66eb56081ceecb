/* weld.c - mesh_weld for bench/wasm/weld.mjs. */
#include "mesh/mesh_weld.h"

#define EXPORT(name) __attribute__((export_name(#name)))

size_t weld_scratch_size(uint32_t count);
EXPORT(weld_scratch_size) size_t weld_scratch_size(uint32_t count) { return w3d_mesh_weld_scratch_size(count); }

uint32_t weld(const float *rows, uint32_t count, uint32_t *remap, void *scratch);
EXPORT(weld) uint32_t weld(const float *rows, uint32_t count, uint32_t *remap, void *scratch)
{
    w3d_mesh_attribute attribute;
    w3d_mesh_weld_desc desc;
    uint32_t unique = 0;
    w3d_fill(&attribute, 0, sizeof attribute);
    w3d_fill(&desc, 0, sizeof desc);
    attribute.data = rows;
    attribute.size = 12;
    desc.attributes = &attribute;
    desc.attribute_count = 1;
    desc.vertex_count = count;
    if (w3d_mesh_weld(&desc, remap, &unique,
                      w3d_arena_make(scratch, w3d_mesh_weld_scratch_size(count))) != W3D_OK)
        return 0;
    return unique;
}
