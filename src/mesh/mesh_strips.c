/* mesh_strips.c - grows a strip from a window of the next eight triangles.
 *
 * The window holds corners by position, so that eight triangles are asked at once whether they have
 * a directed edge. A strip that ends on the edge (b, c) of its last triangle (a, b, c) can also
 * go on over the edge (a, c): then a is repeated before c. Where a triangle begins at an odd
 * place, its first two indices are exchanged. */
#include "mesh/mesh_strips.h"
#include "mesh/mesh_check.h"

#define W3DI_MESH_STRIPS_WINDOW 8u
#define W3DI_MESH_STRIPS_NONE   8u

typedef struct w3di_mesh_strips_state {
    int32_t corner[3][W3DI_MESH_STRIPS_WINDOW];
    uint32_t number[W3DI_MESH_STRIPS_WINDOW]; /* of the triangle; UINT32_MAX: an empty slot */
    uint32_t held;                            /* slots that are not empty                   */
    const uint32_t *indices;
    uint32_t next, end; /* indices not yet in the window */
} w3di_mesh_strips_state;

W3D_API uint32_t w3d_mesh_strips_bound(uint32_t index_count, w3d_mesh_strips_join join)
{
    uint64_t most = (uint64_t)(index_count / 3) * (join == W3D_MESH_STRIPS_JOIN_RESTART ? 4 : 5);
    return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

W3D_API uint32_t w3d_mesh_strips_unpack_bound(uint32_t strip_count)
{
    uint64_t most = strip_count < 3 ? 0 : (uint64_t)(strip_count - 2) * 3;
    return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

/* Puts the next triangle that has three different corners into a slot, or empties it. */
W3D_INLINE void w3di_mesh_strips_fill(w3di_mesh_strips_state *state, uint32_t slot)
{
    while (state->next < state->end) {
        const uint32_t *corner = state->indices + state->next;
        uint32_t number = state->next;
        state->next += 3;
        if (corner[0] == corner[1] || corner[1] == corner[2] || corner[2] == corner[0]) continue;
        for (uint32_t k = 0; k < 3; k++) state->corner[k][slot] = (int32_t)corner[k];
        state->number[slot] = number;
        state->held++;
        return;
    }
    /* Equal corners, so no edge of a triangle is found here. */
    for (uint32_t k = 0; k < 3; k++) state->corner[k][slot] = -1;
    state->number[slot] = UINT32_MAX;
}

/* The first slot whose triangle has the edge from `from` to `to`, or NONE. */
W3D_INLINE uint32_t w3di_mesh_strips_find(const w3di_mesh_strips_state *state, uint32_t from,
                                          uint32_t to)
{
    w3d_i4 start = w3d_i4_splat((int32_t)from), stop = w3d_i4_splat((int32_t)to);
    uint32_t mask = 0;
    for (uint32_t half = 0; half < 8; half += 4) {
        w3d_i4 a = w3d_i4_load(state->corner[0] + half), b = w3d_i4_load(state->corner[1] + half);
        w3d_i4 c = w3d_i4_load(state->corner[2] + half);
        w3d_i4 ab = w3d_i4_and(w3d_i4_equal(a, start), w3d_i4_equal(b, stop));
        w3d_i4 bc = w3d_i4_and(w3d_i4_equal(b, start), w3d_i4_equal(c, stop));
        w3d_i4 ca = w3d_i4_and(w3d_i4_equal(c, start), w3d_i4_equal(a, stop));
        mask |= (uint32_t)w3d_f4_mask(w3d_f4_bits_i4(w3d_i4_or(w3d_i4_or(ab, bc), ca))) << half;
    }
    return mask ? w3d_bits_trailing_zeros(mask) : W3DI_MESH_STRIPS_NONE;
}

/* Takes a triangle out, turned so that its corners begin with the edge from `from`. */
W3D_INLINE void w3di_mesh_strips_take(w3di_mesh_strips_state *state, uint32_t slot, uint32_t from,
                                      uint32_t *corner)
{
    uint32_t turn = (uint32_t)state->corner[0][slot] == from   ? 0
                    : (uint32_t)state->corner[1][slot] == from ? 1
                                                               : 2;
    for (uint32_t k = 0; k < 3; k++) corner[k] = (uint32_t)state->corner[(turn + k) % 3][slot];
    state->held--;
    w3di_mesh_strips_fill(state, slot);
}

/* The neighbours of a triangle in the window, over its three edges; gives how many there are. */
static uint32_t w3di_mesh_strips_neighbours(const w3di_mesh_strips_state *state, uint32_t slot,
                                            uint32_t *neighbours)
{
    uint32_t count = 0;
    for (uint32_t k = 0; k < 3; k++) {
        neighbours[k] = w3di_mesh_strips_find(state, (uint32_t)state->corner[(k + 1) % 3][slot],
                                              (uint32_t)state->corner[k][slot]);
        count += neighbours[k] != W3DI_MESH_STRIPS_NONE;
    }
    return count;
}

/* Where a strip should begin: at the triangle that has waited longest, or at a neighbour of it that
 * has no other and so would be left alone. */
static uint32_t w3di_mesh_strips_begin(const w3di_mesh_strips_state *state)
{
    uint32_t oldest = 0, neighbours[3], further[3];
    for (uint32_t slot = 1; slot < W3DI_MESH_STRIPS_WINDOW; slot++)
        if (state->number[slot] < state->number[oldest]) oldest = slot;
    if (w3di_mesh_strips_neighbours(state, oldest, neighbours) < 2) return oldest;
    for (uint32_t k = 0; k < 3; k++)
        if (neighbours[k] != W3DI_MESH_STRIPS_NONE &&
            w3di_mesh_strips_neighbours(state, neighbours[k], further) == 1)
            return neighbours[k];
    return oldest;
}

W3D_API w3d_result w3d_mesh_strips(const w3d_mesh_view *mesh, w3d_mesh_strips_join join,
                                   uint32_t *out, uint32_t *out_count)
{
    int kept = mesh && (mesh->indices || mesh->index_count == 0) && mesh->index_count % 3 == 0 &&
               (out || mesh->index_count == 0) && out_count &&
               (join == W3D_MESH_STRIPS_JOIN_RESTART || join == W3D_MESH_STRIPS_JOIN_REPEAT) &&
               w3d_mesh_strips_bound(mesh->index_count, join) < UINT32_MAX;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;

    w3di_mesh_strips_state state;
    state.indices = mesh->indices;
    state.next = state.held = 0;
    state.end = mesh->index_count;
    for (uint32_t slot = 0; slot < W3DI_MESH_STRIPS_WINDOW; slot++)
        w3di_mesh_strips_fill(&state, slot);
    uint32_t *at = out;
    while (state.held) {
        /* x, y, z: the triangle that is being written, as the strip names it; z is yet to come. */
        uint32_t corner[3], x = 0, y = 0, z = 0;
        uint32_t odd = 0, again = 0, slot = w3di_mesh_strips_begin(&state);
        int joined = at != out;
        w3di_mesh_strips_take(&state, slot, (uint32_t)state.corner[0][slot], corner);
        if (joined && join == W3D_MESH_STRIPS_JOIN_RESTART)
            *at++ = W3D_MESH_STRIPS_RESTART;
        else if (joined)
            odd = (uint32_t)(at - out) & 1u;
        for (uint32_t turn = 0; turn < 3; turn++) { /* so that it goes on, if it has a neighbour */
            x = corner[(turn + odd) % 3];
            y = corner[(turn + 1 - odd) % 3];
            z = corner[(turn + 2) % 3];
            slot = odd ? w3di_mesh_strips_find(&state, y, z) : w3di_mesh_strips_find(&state, z, y);
            if (slot != W3DI_MESH_STRIPS_NONE) break;
        }
        if (joined && join == W3D_MESH_STRIPS_JOIN_REPEAT) {
            at[0] = at[-1];
            at[1] = x;
            at += 2;
        }
        *at++ = x;
        *at++ = y;
        for (;;) {
            if (again) *at++ = x;
            *at++ = z;
            if (slot == W3DI_MESH_STRIPS_NONE) break;
            x = again ? x : y;
            y = z;
            odd = again ? odd : 1u - odd;
            w3di_mesh_strips_take(&state, slot, odd ? y : x, corner);
            z = corner[2];
            again = 0;
            slot = odd ? w3di_mesh_strips_find(&state, y, z) : w3di_mesh_strips_find(&state, z, y);
            if (slot != W3DI_MESH_STRIPS_NONE) continue;
            again = 1;
            slot = odd ? w3di_mesh_strips_find(&state, z, x) : w3di_mesh_strips_find(&state, x, z);
            if (slot == W3DI_MESH_STRIPS_NONE) again = 0;
        }
    }
    *out_count = (uint32_t)(at - out);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_strips_unpack(const uint32_t *strip, uint32_t strip_count,
                                          uint32_t *out, uint32_t *out_count)
{
    int kept = (strip || strip_count == 0) && (out || strip_count < 3) && out_count;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (w3d_mesh_strips_unpack_bound(strip_count) == UINT32_MAX) return W3D_ERR_LIMIT;
    uint32_t *at = out;
    uint32_t x = 0, y = 0, place = 0; /* the last two indices, how many stand in this strip */
    for (uint32_t i = 0; i < strip_count; i++) {
        uint32_t z = strip[i];
        if (z == W3D_MESH_STRIPS_RESTART) {
            place = 0;
            continue;
        }
        if (place >= 2 && x != y && y != z && z != x) {
            at[0] = place & 1u ? y : x;
            at[1] = place & 1u ? x : y;
            at[2] = z;
            at += 3;
        }
        x = y;
        y = z;
        place++;
    }
    *out_count = (uint32_t)(at - out);
    return W3D_OK;
}

#undef W3DI_MESH_STRIPS_WINDOW
#undef W3DI_MESH_STRIPS_NONE
