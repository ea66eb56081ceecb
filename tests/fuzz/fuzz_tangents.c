/* fuzz_tangents.c - any bytes as vertices and triangles, for mesh_tangents and its split: signs are
 * 1 or -1, NaNs canonical, and the split names vertices there are. */
#include "mesh/mesh_tangents.h"
#include "mesh/mesh_tangents_split.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VERTICES = 64, MOST_INDICES = 600, FLOATS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float rows[MOST_VERTICES * FLOATS], out[MOST_INDICES * 4];
    float own[(MOST_VERTICES + MOST_INDICES) * 4];
    uint32_t indices[MOST_INDICES], split[MOST_INDICES], origins[MOST_VERTICES + MOST_INDICES];
    if (size < 2) return 0;
    uint32_t options = data[0], vertices = 1 + data[1] % MOST_VERTICES, places = 0, count = 0;
    data += 2, size -= 2;
    /* Numbers are bits of floats, or small whole numbers, which meet more often. */
    for (; places < vertices * FLOATS; places++) {
        if (options & 1) {
            if (size < 4) return 0;
            memcpy(&rows[places], data, 4);
            data += 4, size -= 4;
        } else {
            if (size < 1) return 0;
            rows[places] = (float)(data[0] % 8) - 3.0f;
            data++, size--;
        }
    }
    if (options & 2) /* corners by themselves */
        count = vertices;
    else
        for (; size && count < MOST_INDICES; data++, size--) indices[count++] = data[0] % vertices;
    count -= count % 3;
    if (options & 2) vertices = count;

    w3d_mesh_tangents_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.positions = rows;
    desc.normals = rows + 3;
    desc.uvs = rows + 6;
    desc.position_stride = desc.normal_stride = desc.uv_stride = FLOATS * 4;
    desc.vertex_count = vertices;
    desc.indices = options & 2 ? NULL : indices;
    desc.index_count = count;
    size_t room = w3d_mesh_tangents_scratch_size(vertices, count);
    void *scratch = malloc(room);
    if (!scratch) return 0;
    if (w3d_mesh_tangents(&desc, out, w3d_arena_make(scratch, room)) != W3D_OK) __builtin_trap();
    for (uint32_t i = 0; i < count * 4; i++) {
        uint32_t bits;
        memcpy(&bits, &out[i], 4);
        if (out[i] != out[i] && bits != 0x7FC00000u) __builtin_trap();
        if (i % 4 == 3 && out[i] != 1.0f && out[i] != -1.0f) __builtin_trap();
    }
    free(scratch);

    room = w3d_mesh_tangents_split_scratch_size(vertices, count);
    scratch = malloc(room);
    if (!scratch) return 0;
    w3d_mesh_tangents_split_desc split_desc = { out, desc.indices, count, vertices,
                                                vertices + count };
    w3d_mesh_tangents_split_out split_out = { split, origins, own, 0 };
    if (w3d_mesh_tangents_split(&split_desc, &split_out, w3d_arena_make(scratch, room)) != W3D_OK)
        __builtin_trap();
    for (uint32_t i = 0; i < count; i++)
        if (split[i] >= split_out.vertex_count ||
            origins[split[i]] != (desc.indices ? indices[i] : i) ||
            memcmp(own + 4 * split[i], out + 4 * i, 16) != 0)
            __builtin_trap();
    free(scratch);
    return 0;
}
