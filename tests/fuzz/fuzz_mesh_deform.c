/* fuzz_mesh_deform.c - any bones, weights, targets, matrices, connectivity and coordinates through
 * skinning, morphing, transformation and normals. Arrays have exactly the stated sizes. */
#include "mesh/mesh_morph.h"
#include "mesh/mesh_normals_crease.h"
#include "mesh/mesh_skinning.h"
#include "mesh/mesh_transform.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) __builtin_trap();                                                        \
    } while (0)

typedef struct input {
    const uint8_t *data;
    size_t size;
} input;

static uint32_t next_byte(input *in)
{
    if (in->size == 0) return 0;
    in->size--;
    return *in->data++;
}

/* `size` bytes of their own, from the input as far as it goes; then they repeat. */
static void *next_block(input *in, size_t size)
{
    unsigned char *block = (unsigned char *)malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++)
        block[i] = in->size > i ? in->data[i] : i >= 8 ? block[i - 8] : (unsigned char)(i * 37);
    in->data += in->size < size ? in->size : size;
    in->size -= in->size < size ? in->size : size;
    return block;
}

static void *exactly(size_t size)
{
    unsigned char *block = (unsigned char *)malloc(size ? size : 1);
    memset(block, 0x5A, size);
    return block;
}

static void require_units(const float *rows, size_t count, size_t words)
{
    for (size_t i = 0; i < count; i++) {
        const float *n = rows + words * i;
        double square = (double)n[0] * n[0] + (double)n[1] * n[1] + (double)n[2] * n[2];
        REQUIRE(square == 0.0 || (square > 0.99999 && square < 1.00001));
    }
}

static void skinning(input *in, uint32_t options)
{
    uint32_t count = next_byte(in) % 23, bones = next_byte(in) % 7;
    uint32_t influences = options & 1 ? 8 : 4, index = options & 2 ? 1 : 2,
             weight = options & 4 ? 1 : 4;
    w3d_mat4 *matrices = (w3d_mat4 *)next_block(in, bones * sizeof *matrices);
    w3d_skinning_bone *made = (w3d_skinning_bone *)exactly(bones * sizeof *made);
    unsigned char *indices = (unsigned char *)next_block(in, (size_t)count * influences * index);
    void *weights = next_block(in, (size_t)count * influences * weight);
    float *positions = (float *)next_block(in, (size_t)count * 12);
    float *normals = (float *)next_block(in, (size_t)count * 12);
    float *tangents = (float *)next_block(in, (size_t)count * 16);
    float *out_positions = (float *)exactly((size_t)count * 12);
    float *out_normals = (float *)exactly((size_t)count * 12);
    float *out_tangents = (float *)exactly((size_t)count * 16);
    w3d_mesh_skinning_desc desc;
    w3d_mesh_skinning_out out = { out_positions, out_normals, out_tangents, 0, 0, 0 };
    if (options & 8 && bones) /* most inputs would only see the error */
        for (size_t i = 0; i < (size_t)count * influences * index; i++)
            indices[i] = (unsigned char)(i % index ? 0 : indices[i] % bones);
    memset(&desc, 0, sizeof desc);
    desc.mode = (w3d_skinning_mode)(options >> 4 & 1);
    desc.bones = made;
    desc.bone_count = bones;
    desc.vertex_count = count;
    desc.indices = indices;
    desc.weights = weights;
    desc.index_kind = (w3d_skinning_index)(index == 1);
    desc.weight_kind = (w3d_skinning_weight)(weight == 1);
    desc.influences = influences;
    if (options & 32 || !(options & 192)) desc.positions.rows = positions;
    if (options & 64) desc.normals.rows = normals;
    if (options & 128) desc.tangents.rows = tangents;
    desc.exact_normals = options >> 8 & 1;
    REQUIRE((desc.mode ? w3d_mesh_skinning_dual_quaternions
                       : w3d_mesh_skinning_linear)(matrices, bones, made) == W3D_OK);
    w3d_result result = w3d_mesh_skinning(&desc, &out);
    REQUIRE(result == W3D_OK || result == W3D_ERR_INDEX);
    if (result == W3D_OK && desc.normals.rows) require_units(out_normals, count, 3);
    if (result == W3D_OK && desc.tangents.rows) require_units(out_tangents, count, 4);
    free(matrices), free(made), free(indices), free(weights), free(positions), free(normals);
    free(tangents), free(out_positions), free(out_normals), free(out_tangents);
}

static void morphing(input *in, uint32_t options)
{
    uint32_t count = next_byte(in) * (options & 1 ? 3u : 1u), rows = next_byte(in) % 50;
    float *base = (float *)next_block(in, (size_t)count * 12);
    float *dense = (float *)next_block(in, (size_t)count * 12);
    float *sparse = (float *)next_block(in, (size_t)rows * 12);
    uint32_t *vertices = (uint32_t *)next_block(in, (size_t)rows * 4);
    float *weights = (float *)next_block(in, 8), *out = (float *)exactly((size_t)count * 12);
    w3d_morph_target targets[2] = { { dense, NULL, 0, 0 }, { sparse, vertices, rows, 0 } };
    w3d_mesh_morph_desc desc;
    for (uint32_t i = 0; options & 2 && i < rows; i++)
        vertices[i] = (i ? vertices[i - 1] + 1 : 0) + (vertices[i] & 7);
    memset(&desc, 0, sizeof desc);
    desc.rows = base;
    desc.targets = targets;
    desc.weights = weights;
    desc.target_count = 2;
    desc.vertex_count = count;
    desc.unit = options >> 2 & 1;
    desc.begin = count ? next_byte(in) % count : 0;
    if (options & 8) desc.end = desc.begin + next_byte(in) % (count - desc.begin + 1);
    w3d_result result = w3d_mesh_morph(&desc, out);
    REQUIRE(result == W3D_OK || result == W3D_ERR_INDEX);
    uint32_t end = desc.end ? desc.end : count;
    if (result == W3D_OK && desc.unit)
        require_units(out + (size_t)desc.begin * 3, end - desc.begin, 3);
    free(base), free(dense), free(sparse), free(vertices), free(weights), free(out);
}

static void transforming(input *in, uint32_t options)
{
    uint32_t count = next_byte(in) % 40, words = 3 + (options & 3);
    size_t floats = count ? (size_t)(count - 1) * words + 3 : 0;
    w3d_mat4 *matrix = (w3d_mat4 *)next_block(in, sizeof *matrix);
    float *rows = (float *)next_block(in, floats * 4), *out = (float *)exactly(floats * 4);
    w3d_mesh_transform_desc desc = { rows, matrix, count, 0, 0, words * 4, words * 4 };
    REQUIRE(w3d_mesh_transform_positions(&desc, out) == W3D_OK);
    REQUIRE(w3d_mesh_transform_directions(&desc, out) == W3D_OK);
    REQUIRE(w3d_mesh_transform_normals(&desc, out) == W3D_OK);
    require_units(out, count, words);
    REQUIRE(w3d_mesh_normals_normalise(rows, count, words * 4) == W3D_OK);
    require_units(rows, count, words);
    free(matrix), free(rows), free(out);
}

static void normals(input *in, uint32_t options)
{
    uint32_t vertices = 1 + next_byte(in) % 40, faces = next_byte(in);
    float *positions = (float *)next_block(in, (size_t)vertices * 12);
    uint32_t *indices = (uint32_t *)next_block(in, (size_t)faces * 12);
    uint32_t *groups = (uint32_t *)next_block(in, (size_t)faces * 4);
    uint32_t *points = (uint32_t *)next_block(in, (size_t)vertices * 4);
    for (uint32_t i = 0; options & 1 && i < faces * 3; i++) indices[i] %= vertices;
    for (uint32_t i = 0; options & 1 && i < vertices; i++) points[i] %= vertices;
    w3d_mesh_view mesh = { positions, indices, vertices, faces * 3, 0 };
    w3d_mesh_normals_crease_desc desc;
    desc.crease_radians = (float)(options >> 8 & 255) / 64.0f;
    desc.weight = (w3d_normal_weight)((options >> 1 & 3) % 3);
    desc.groups = options & 8 ? groups : NULL;
    desc.points = options & 16 ? points : NULL;
    w3d_mesh_creased out;
    out.indices = (uint32_t *)exactly((size_t)faces * 12);
    out.sources = (uint32_t *)exactly((size_t)faces * 12);
    out.normals = (float *)exactly(((size_t)faces * 3 + vertices) * 12);
    out.capacity = faces * 3;
    out.source_count = 0;
    size_t size = w3d_mesh_normals_crease_scratch_size(faces * 3, vertices);
    void *block = malloc(size);
    w3d_result result = w3d_mesh_normals_crease(&mesh, &desc, &out, w3d_arena_make(block, size));
    REQUIRE(result == W3D_OK || (result == W3D_ERR_INDEX && !(options & 1)));
    for (uint32_t i = 0; result == W3D_OK && i < faces * 3; i++) {
        uint32_t at = out.indices[i];
        REQUIRE(at < vertices + out.source_count);
        REQUIRE((at < vertices ? at : out.sources[at - vertices]) == indices[i]);
    }
    if (result == W3D_OK) require_units(out.normals, (size_t)vertices + out.source_count, 3);
    free(block);
    w3d_mesh_normals_desc smooth = { desc.weight, 0, NULL, 0 };
    size = w3d_mesh_normals_scratch_size(vertices);
    block = malloc(size);
    float *unit = (float *)exactly((size_t)vertices * 12),
          *flat = (float *)exactly((size_t)faces * 12);
    if (w3d_mesh_normals(&mesh, &smooth, unit, w3d_arena_make(block, size)) == W3D_OK)
        require_units(unit, vertices, 3);
    if (w3d_mesh_normals_faces(&mesh, NULL, flat) == W3D_OK) require_units(flat, faces, 3);
    free(block), free(unit), free(flat), free(positions), free(indices), free(groups), free(points);
    free(out.indices), free(out.sources), free(out.normals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = { data, size };
    uint32_t which = next_byte(&in), options = next_byte(&in);
    options |= next_byte(&in) << 8;
    if (which % 4 == 0) skinning(&in, options);
    if (which % 4 == 1) morphing(&in, options);
    if (which % 4 == 2) transforming(&in, options);
    if (which % 4 == 3) normals(&in, options);
    return 0;
}
