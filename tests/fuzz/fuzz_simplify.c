/* fuzz_simplify.c - any bytes as vertices and triangles, for mesh_simplify, its cluster mode and
 * mesh_lod: the result must name vertices there are, and be as small as was promised. */
#include "mesh/mesh_lod.h"
#include "mesh/mesh_simplify_cluster.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VERTICES = 64, MOST_INDICES = 600 };

static void check(const uint32_t *indices, uint32_t count, uint32_t vertices, uint32_t most)
{
    if (count % 3 || count > most) __builtin_trap();
    for (uint32_t i = 0; i < count; i++)
        if (indices[i] >= vertices) __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float positions[MOST_VERTICES * 3], moved[MOST_VERTICES * 3], values[MOST_VERTICES * 3];
    uint32_t indices[MOST_INDICES], out[2 * MOST_INDICES];
    uint8_t locked[MOST_VERTICES];
    if (size < 4) return 0;
    uint32_t options = data[0], vertices = 1 + data[1] % MOST_VERTICES, places = 0, count = 0;
    float error = (float)data[2] / 64.0f;
    uint32_t target = data[3];
    data += 4, size -= 4;
    /* Coordinates are bits of floats, or small whole numbers, which meet more often. */
    for (; places < vertices * 3; places++) {
        if (options & 1) {
            if (size < 4) return 0;
            memcpy(&positions[places], data, 4);
            data += 4, size -= 4;
        } else {
            if (size < 1) return 0;
            positions[places] = (float)(data[0] % 16);
            data++, size--;
        }
    }
    for (; size && count < MOST_INDICES; data++, size--) indices[count++] = data[0] % vertices;
    count -= count % 3;
    for (uint32_t i = 0; i < vertices; i++) locked[i] = i % 5 == 0;
    for (uint32_t i = 0; i < vertices * 3; i++) values[i] = positions[vertices * 3 - 1 - i];

    w3d_mesh_view view = { positions, indices, vertices, count, 0 };
    w3d_simplify_attribute attribute = { values, 3, 0, 0.25f };
    w3d_mesh_simplify_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.target_index_count = target;
    desc.target_error = options & 2 ? error : 0.0f;
    desc.lock_border = options >> 2 & 1;
    desc.locked = options & 8 ? locked : NULL;
    desc.attributes = &attribute;
    desc.attribute_count = options >> 4 & 1;
    w3d_mesh_simplified result;
    memset(&result, 0, sizeof result);
    result.indices = out;
    result.positions = options & 32 ? moved : NULL;
    size_t room = w3d_mesh_simplify_scratch_size(vertices, count, 3);
    size_t other = w3d_mesh_simplify_cluster_scratch_size(vertices, count);
    if (other > room) room = other;
    void *block = malloc(room);
    if (!block) return 0;
    w3d_arena arena = w3d_arena_make(block, room);
    if (w3d_mesh_simplify(&view, &desc, &result, arena) != W3D_OK) __builtin_trap();
    check(out, result.index_count, vertices, count);
    if (!(result.error >= 0.0f)) __builtin_trap();

    w3d_mesh_clustered clustered;
    if (w3d_mesh_simplify_cluster(&view, target, out, &clustered, arena) != W3D_OK) __builtin_trap();
    check(out, clustered.index_count, vertices, target);

    w3d_lod_level levels[4];
    w3d_mesh_lod_chain chain = { out, 2 * MOST_INDICES, levels, 4, 0, 0 };
    w3d_mesh_lod_desc lod;
    memset(&lod, 0, sizeof lod);
    lod.simplify = desc;
    lod.least_index_count = 3;
    if (w3d_mesh_lod_build(&view, &lod, &chain, arena) != W3D_OK) __builtin_trap();
    for (uint32_t i = 0; i < chain.level_count; i++)
        check(out + levels[i].first_index, levels[i].index_count, vertices, count);
    free(block);
    return 0;
}
