/* mesh_tangents_weld.h - finds vertices equal in position, normal and texture coordinate; private.
 *
 * mesh_weld.h does this for attributes of all kinds; here every row is the same eight floats, held
 * in two vectors, and most rows differ. One hash table of vertices plus one, with a part of the
 * hash in the bits above; the slots for the next rows are asked for in advance. Rows made to
 * collide in it are sorted instead. */
#ifndef W3D_MESH_TANGENTS_WELD_H
#define W3D_MESH_TANGENTS_WELD_H

#include "core/simd.h"
#include "core/size.h"
#include "mesh/mesh_merge_sort.h"

#define W3DI_MESH_TANGENTS_AHEAD 16u

/* Three arrays of rows: x y z, x y z, u v; strides in bytes. */
typedef struct w3di_mesh_tangents_rows {
    const unsigned char *positions, *normals, *uvs;
    size_t position_stride, normal_stride, uv_stride;
    uint32_t vertex_count;
} w3di_mesh_tangents_rows;

/* x y z of a row. Reads 16 bytes where they are there, as they are for all but the last. */
W3D_INLINE w3d_f4 w3di_mesh_tangents_row(const unsigned char *rows, size_t stride, uint32_t vertex,
                                         uint32_t last)
{
    const float *row = (const float *)(const void *)(rows + (size_t)vertex * stride);
    return vertex < last ? w3d_f4_load(row) : w3d_f4_load3(row);
}

W3D_INLINE const float *w3di_mesh_tangents_uv(const w3di_mesh_tangents_rows *rows, uint32_t vertex)
{
    return (const float *)(const void *)(rows->uvs + (size_t)vertex * rows->uv_stride);
}

/* A vertex as eight floats: x y z u and x y z v. */
typedef struct w3di_mesh_tangents_key {
    w3d_f4 position, normal;
} w3di_mesh_tangents_key;

W3D_INLINE w3di_mesh_tangents_key w3di_mesh_tangents_key_of(const w3di_mesh_tangents_rows *rows,
                                                            uint32_t vertex)
{
    const w3d_f4 fourth = w3d_f4_bits_i4(w3d_i4_set(0, 0, 0, -1));
    const float *uv = w3di_mesh_tangents_uv(rows, vertex);
    uint32_t last = rows->vertex_count - 1;
    w3di_mesh_tangents_key key;
    key.position =
        w3d_f4_select(fourth, w3d_f4_splat(uv[0]),
                      w3di_mesh_tangents_row(rows->positions, rows->position_stride, vertex, last));
    key.normal =
        w3d_f4_select(fourth, w3d_f4_splat(uv[1]),
                      w3di_mesh_tangents_row(rows->normals, rows->normal_stride, vertex, last));
    return key;
}

/* Both equal, as floats are: -0 is +0, and a NaN makes a key unlike itself. */
W3D_INLINE int w3di_mesh_tangents_key_equal(w3di_mesh_tangents_key a, w3di_mesh_tangents_key b)
{
    return w3d_f4_mask(w3d_f4_and(w3d_f4_equal(a.position, b.position),
                                  w3d_f4_equal(a.normal, b.normal))) == 15;
}

W3D_INLINE uint64_t w3di_mesh_tangents_key_hash(w3di_mesh_tangents_key key)
{
    /* + 0 makes +0 of -0; no other number changes */
    w3d_i4 a = w3d_i4_bits_f4(w3d_f4_add(key.position, w3d_f4_zero()));
    w3d_i4 b = w3d_i4_bits_f4(w3d_f4_add(key.normal, w3d_f4_zero()));
    int32_t parts[4];
    b = w3d_i4_xor(b, w3d_i4_shift_right(b, 15));
    a = w3d_i4_add(w3d_i4_xor(a, w3d_i4_shift_right(a, 15)),
                   w3d_i4_add(w3d_i4_shift_left(b, 7), w3d_i4_shift_right(b, 9)));
    w3d_i4_store(parts, a);
    uint64_t low = (uint32_t)parts[0] | (uint64_t)(uint32_t)parts[1] << 32;
    uint64_t high = (uint32_t)parts[2] | (uint64_t)(uint32_t)parts[3] << 32;
    uint64_t hash = (low ^ low >> 29) * 0x9E3779B97F4A7C15u + high * 0xD6E8FEB86659FD93u;
    hash = (hash ^ hash >> 32) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* Slots for so many vertices, at most half of which are taken. */
W3D_INLINE size_t w3di_mesh_tangents_weld_slots(uint32_t vertex_count)
{
    size_t slots = 4;
    while (slots / 2 < vertex_count) {
        if (slots > SIZE_MAX / 16) return 0;
        slots *= 2;
    }
    return slots;
}

static inline int w3di_mesh_tangents_weld_compare(const void *context, uint32_t a, uint32_t b)
{
    const w3di_mesh_tangents_rows *rows = (const w3di_mesh_tangents_rows *)context;
    w3di_mesh_tangents_key of_a = w3di_mesh_tangents_key_of(rows, a);
    w3di_mesh_tangents_key of_b = w3di_mesh_tangents_key_of(rows, b);
    float left[8], right[8];
    w3d_f4_store(left, of_a.position);
    w3d_f4_store(left + 4, of_a.normal);
    w3d_f4_store(right, of_b.position);
    w3d_f4_store(right + 4, of_b.normal);
    for (int k = 0; k < 8; k++)
        if (left[k] != right[k]) return left[k] < right[k] ? -1 : 1;
    return 0;
}

/* The same numbers by sorting; `slots` has room for two lists. */
static inline uint32_t w3di_mesh_tangents_weld_sorted(const w3di_mesh_tangents_rows *rows,
                                                      uint32_t *remap, uint32_t *slots,
                                                      uint32_t none)
{
    uint32_t count = 0, number_count = 0;
    for (uint32_t vertex = 0; vertex < rows->vertex_count; vertex++) {
        w3di_mesh_tangents_key key = w3di_mesh_tangents_key_of(rows, vertex);
        remap[vertex] = none;
        slots[count] = vertex;
        count += w3di_mesh_tangents_key_equal(key, key) != 0;
    }
    w3di_mesh_merge_sort_link(slots, slots + rows->vertex_count, count,
                              w3di_mesh_tangents_weld_compare, rows, remap);
    for (uint32_t vertex = 0; vertex < rows->vertex_count; vertex++) {
        if (remap[vertex] == none) continue;
        remap[vertex] = remap[vertex] == vertex ? number_count++ : remap[remap[vertex]];
    }
    return number_count;
}

/* Numbers the distinct vertices in the order of their first appearance.
 *
 *   remap   out  [vertex_count] the number of each, `none` for those with a NaN
 *   slots        [slot_count] room for the table
 *
 * Gives how many numbers there are. */
static inline uint32_t w3di_mesh_tangents_weld(const w3di_mesh_tangents_rows *rows, uint32_t *remap,
                                               uint32_t *slots, size_t slot_count, uint32_t none)
{
    uint64_t hashes[W3DI_MESH_TANGENTS_AHEAD];
    uint32_t number_count = 0, id_mask = 0;
    uint64_t steps = 0; /* slots that were looked at */
    for (uint32_t rest = rows->vertex_count; rest; rest >>= 1) id_mask = id_mask << 1 | 1u;
    w3d_fill(slots, 0, slot_count * sizeof *slots);
    for (uint32_t begin = 0; begin < rows->vertex_count; begin += W3DI_MESH_TANGENTS_AHEAD) {
        uint32_t count = rows->vertex_count - begin;
        if (count > W3DI_MESH_TANGENTS_AHEAD) count = W3DI_MESH_TANGENTS_AHEAD;
        if (steps / W3DI_MESH_MERGE_SORT_PATIENCE > (uint64_t)begin + 16)
            return w3di_mesh_tangents_weld_sorted(rows, remap, slots, none);
        for (uint32_t i = 0; i < count; i++) {
            hashes[i] = w3di_mesh_tangents_key_hash(w3di_mesh_tangents_key_of(rows, begin + i));
#if defined(__GNUC__)
            __builtin_prefetch(slots + ((size_t)hashes[i] & (slot_count - 1)));
#endif
        }
        for (uint32_t i = 0; i < count; i++) {
            uint32_t vertex = begin + i, tag = (uint32_t)(hashes[i] >> 32) & ~id_mask;
            size_t slot = (size_t)hashes[i] & (slot_count - 1);
            w3di_mesh_tangents_key key = w3di_mesh_tangents_key_of(rows, vertex);
            remap[vertex] = none;
            if (!w3di_mesh_tangents_key_equal(key, key)) continue;
            for (; slots[slot]; slot = (slot + 1) & (slot_count - 1), steps++) {
                uint32_t other = (slots[slot] & id_mask) - 1u;
                if ((slots[slot] & ~id_mask) == tag &&
                    w3di_mesh_tangents_key_equal(key, w3di_mesh_tangents_key_of(rows, other))) {
                    remap[vertex] = remap[other];
                    break;
                }
            }
            if (remap[vertex] != none) continue;
            remap[vertex] = number_count++;
            slots[slot] = (vertex + 1u) | tag;
        }
    }
    return number_count;
}

#endif /* W3D_MESH_TANGENTS_WELD_H */
