/* mesh_tangents_split.c - the first tangent of a vertex is its own; a hash table for the others,
 * or sorting where they were made to collide in it. */
#include "mesh/mesh_tangents_split.h"
#include "core/hash.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_merge_sort.h"

#define W3DI_MESH_TANGENTS_SPLIT_NONE 0xFFFFFFFFu

W3D_INLINE int w3di_mesh_tangents_split_same(const float *tangents, uint32_t a, uint32_t b)
{
    const unsigned char *left = (const unsigned char *)(tangents + (size_t)a * 4);
    const unsigned char *right = (const unsigned char *)(tangents + (size_t)b * 4);
    return ((w3d_load_u64(left) ^ w3d_load_u64(right)) |
            (w3d_load_u64(left + 8) ^ w3d_load_u64(right + 8))) == 0;
}

static size_t w3di_mesh_tangents_split_slots(size_t count)
{
    size_t slots = 4;
    while (slots / 2 < count) slots *= 2;
    return slots;
}

/* The vertex of a corner. */
W3D_INLINE uint32_t w3di_mesh_tangents_split_vertex(const w3d_mesh_tangents_split_desc *desc,
                                                    uint32_t corner)
{
    return desc->indices ? desc->indices[corner] : corner;
}

/* Lists the corners whose tangents are not those of their vertices; gives how many. */
static uint32_t w3di_mesh_tangents_split_others(const w3d_mesh_tangents_split_desc *desc,
                                                uint32_t *first, uint32_t *numbers,
                                                uint32_t *copies)
{
    uint32_t others = 0;
    w3d_fill(first, 0xFF, (size_t)desc->vertex_count * 4);
    for (uint32_t i = 0; i < desc->index_count; i++) {
        uint32_t vertex = w3di_mesh_tangents_split_vertex(desc, i);
        if (first[vertex] == W3DI_MESH_TANGENTS_SPLIT_NONE) first[vertex] = i;
        numbers[i] = vertex;
        copies[others] = i;
        others += !w3di_mesh_tangents_split_same(desc->tangents, first[vertex], i);
    }
    return others;
}

/* Each of the others is a copy that is there already, or a new one. A slot holds the number of a
 * copy plus one; the list of the others shrinks to that of the copies' first corners. Gives how
 * many copies there are, or NONE where hashes collide too often. */
static uint32_t w3di_mesh_tangents_split_hashed(const w3d_mesh_tangents_split_desc *desc,
                                                uint32_t *copies, uint32_t others, uint32_t *slots,
                                                size_t slot_count, uint32_t *numbers)
{
    uint32_t copy_count = 0;
    uint64_t steps = 0; /* slots that were looked at */
    for (uint32_t k = 0; k < others; k++) {
        uint32_t corner = copies[k], vertex = numbers[corner];
        uint64_t hash = w3d_hash_bytes(desc->tangents + (size_t)corner * 4, 16, vertex);
        size_t slot = (size_t)hash & (slot_count - 1);
        for (; slots[slot]; slot = (slot + 1) & (slot_count - 1), steps++) {
            uint32_t there = copies[slots[slot] - 1];
            if (w3di_mesh_tangents_split_vertex(desc, there) == vertex &&
                w3di_mesh_tangents_split_same(desc->tangents, there, corner))
                break;
        }
        if (!slots[slot]) {
            copies[copy_count++] = corner;
            slots[slot] = copy_count;
        }
        numbers[corner] = desc->vertex_count + (slots[slot] - 1);
        if (steps / W3DI_MESH_MERGE_SORT_PATIENCE > k + 16) return W3DI_MESH_TANGENTS_SPLIT_NONE;
    }
    return copy_count;
}

/* Corners by vertex, then by tangent. */
static int w3di_mesh_tangents_split_compare(const void *context, uint32_t a, uint32_t b)
{
    const w3d_mesh_tangents_split_desc *desc = (const w3d_mesh_tangents_split_desc *)context;
    uint32_t of_a = w3di_mesh_tangents_split_vertex(desc, a);
    uint32_t of_b = w3di_mesh_tangents_split_vertex(desc, b);
    const unsigned char *left = (const unsigned char *)(desc->tangents + (size_t)a * 4);
    const unsigned char *right = (const unsigned char *)(desc->tangents + (size_t)b * 4);
    if (of_a != of_b) return of_a < of_b ? -1 : 1;
    for (int k = 0; k < 16; k += 8) {
        uint64_t l = w3d_load_u64(left + k), r = w3d_load_u64(right + k);
        if (l != r) return l < r ? -1 : 1;
    }
    return 0;
}

/* Gives the corners in `copies` the numbers of their copies; `copies` becomes the first corners of
 * those. */
static uint32_t w3di_mesh_tangents_split_sorted(const w3d_mesh_tangents_split_desc *desc,
                                                uint32_t *copies, uint32_t others, uint32_t *slots,
                                                uint32_t *numbers)
{
    uint32_t copy_count = 0;
    w3d_copy(slots, copies, (size_t)others * 4);
    w3di_mesh_merge_sort_link(slots, slots + others, others, w3di_mesh_tangents_split_compare, desc,
                              numbers);
    for (uint32_t k = 0; k < others; k++) {
        uint32_t corner = copies[k], first = numbers[corner];
        if (first == corner) copies[copy_count++] = corner;
        numbers[corner] = first == corner ? desc->vertex_count + copy_count - 1 : numbers[first];
    }
    return copy_count;
}

W3D_API size_t w3d_mesh_tangents_split_scratch_size(uint32_t vertex_count, uint32_t index_count)
{
    size_t total = 3, slots;
    if ((uint64_t)index_count * 32 > SIZE_MAX) return SIZE_MAX;
    slots = w3di_mesh_tangents_split_slots(index_count);
    return w3d_size_append(&total, vertex_count, 4) && w3d_size_append(&total, index_count, 8) &&
                   w3d_size_append(&total, slots, 4)
               ? total
               : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_tangents_split(const w3d_mesh_tangents_split_desc *desc,
                                           w3d_mesh_tangents_split_out *out, w3d_arena scratch)
{
    int kept = desc && out && desc->index_count % 3 == 0 &&
               ((desc->tangents && out->indices) || desc->index_count == 0) &&
               ((out->origins && out->tangents) || desc->capacity == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t corner_count = desc->index_count, vertex_count = desc->vertex_count;
    if (desc->indices ? !w3di_mesh_check_indices(desc->indices, corner_count, vertex_count)
                      : corner_count > vertex_count)
        return W3D_ERR_INDEX;
    if (scratch.size - scratch.used <
        w3d_mesh_tangents_split_scratch_size(vertex_count, corner_count))
        return W3D_ERR_CAPACITY;

    uint32_t *first = (uint32_t *)w3d_arena_push(&scratch, vertex_count, 4, 4);
    uint32_t *numbers = (uint32_t *)w3d_arena_push(&scratch, corner_count, 4, 4);
    uint32_t *copies = (uint32_t *)w3d_arena_push(&scratch, corner_count, 4, 4);
    if (!first || !numbers || !copies) return W3D_ERR_CAPACITY;
    uint32_t others = w3di_mesh_tangents_split_others(desc, first, numbers, copies);
    size_t slot_count = w3di_mesh_tangents_split_slots(others);
    uint32_t *slots = (uint32_t *)w3d_arena_push_zero(&scratch, slot_count, 4, 4);
    if (!slots) return W3D_ERR_CAPACITY;
    uint32_t copy_count =
        w3di_mesh_tangents_split_hashed(desc, copies, others, slots, slot_count, numbers);
    if (copy_count == W3DI_MESH_TANGENTS_SPLIT_NONE) {
        w3di_mesh_tangents_split_others(desc, first, numbers, copies);
        copy_count = w3di_mesh_tangents_split_sorted(desc, copies, others, slots, numbers);
    }
    if ((uint64_t)vertex_count + copy_count > desc->capacity) return W3D_ERR_CAPACITY;

    for (uint32_t i = 0; i < vertex_count + copy_count; i++) {
        uint32_t corner = i < vertex_count ? first[i] : copies[i - vertex_count];
        w3d_f4 row = w3d_f4_set(1.0f, 0.0f, 0.0f, -1.0f);
        out->origins[i] = i;
        if (corner != W3DI_MESH_TANGENTS_SPLIT_NONE) {
            out->origins[i] = desc->indices ? desc->indices[corner] : corner;
            row = w3d_f4_load(desc->tangents + (size_t)corner * 4);
        }
        w3d_f4_store(out->tangents + (size_t)i * 4, row);
    }
    w3d_copy(out->indices, numbers, (size_t)corner_count * 4);
    out->vertex_count = vertex_count + copy_count;
    return W3D_OK;
}

#undef W3DI_MESH_TANGENTS_SPLIT_NONE
