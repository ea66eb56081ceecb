/* mesh_tangents_groups.h - which corners around a vertex share a tangent; private.
 *
 * The corners of a vertex are listed with the vertices before and after them in their triangles.
 * Two corners are linked where one's triangle has the edge to the other's next vertex the other way
 * round. Where more than two triangles meet at an edge, each in turn takes the first later one that
 * runs the other way and is still free: the ends of an edge then agree, and so does MikkTSpace.
 * A group is a chain of links between triangles mapped the same way round.
 *
 * Nearly all vertices have few corners, all linked, and all mapped the same way round; for those it
 * is enough to follow the links once. The others go through queues. A triangle without an area in
 * the map is turned to the way of the first group that reaches it, so vertices with such corners
 * wait until the others are done and then go in the order of triangles. */
#ifndef W3D_MESH_TANGENTS_GROUPS_H
#define W3D_MESH_TANGENTS_GROUPS_H

#include "core/bytes.h"
#include "core/simd.h"

#define W3DI_MESH_TANGENTS_NONE     0xFFFFFFFFu
#define W3DI_MESH_TANGENTS_NUMBER   0x7FFFFFFFu /* in lists: a vertex; all ones: with a NaN */
#define W3DI_MESH_TANGENTS_WAY      0x80000000u /* in lists: the bit above it */
#define W3DI_MESH_TANGENTS_FEW      8u          /* corners that are looked at all at once */
#define W3DI_MESH_TANGENTS_SOME     16u         /* or in two halves */
#define W3DI_MESH_TANGENTS_POSITIVE 1u          /* flags of a triangle: mapped without mirroring */
#define W3DI_MESH_TANGENTS_ANY      2u          /* without an area in the map                    */
#define W3DI_MESH_TANGENTS_FLAT     4u          /* two corners in one place                      */
#define W3DI_MESH_TANGENTS_APART    8u          /* and the two bits above: see mesh_tangents.c   */

typedef struct w3di_mesh_tangents_groups {
    const uint32_t *ids;             /* [corners] NONE: a vertex with a NaN    */
    const uint32_t *offsets;         /* [ids + 1] where their corners begin    */
    const uint32_t *corners;         /* lists: the corners of a vertex, and those next to them */
    const uint32_t *next, *previous; /* with the POSITIVE bit and the ANY bit of the triangle
                                        above; 16 more may be read of the last list            */
    uint32_t *first; /* [corners] the corner a group is kept at, NONE: in no group      */
    unsigned char *flags;
    unsigned char *links; /* [corners] rows of 16: the corners left and right, two for queues */
    uint32_t *heads;      /* [ids][4] front and back of the queues of corners that wait  */
    uint32_t triangle_count;
    int has_nan; /* 1: some vertex has a NaN */
} w3di_mesh_tangents_groups;

/* The words of a corner's row. */
enum {
    W3DI_MESH_TANGENTS_LEFT = 0,
    W3DI_MESH_TANGENTS_RIGHT = 4,
    W3DI_MESH_TANGENTS_QUEUE = 8 /* and 12 */
};

W3D_INLINE uint32_t w3di_mesh_tangents_link(const w3di_mesh_tangents_groups *groups,
                                            uint32_t corner, unsigned word)
{
    return w3d_load_u32(groups->links + (size_t)corner * 16 + word);
}
W3D_INLINE void w3di_mesh_tangents_set_link(w3di_mesh_tangents_groups *groups, uint32_t corner,
                                            unsigned word, uint32_t other)
{
    w3d_store_u32(groups->links + (size_t)corner * 16 + word, other);
}

/* Which of the first eight numbers are `number`, as bits. */
W3D_INLINE unsigned w3di_mesh_tangents_among(w3d_i4 low, w3d_i4 high, uint32_t number)
{
    w3d_i4 wanted = w3d_i4_splat((int32_t)number);
    return (unsigned)w3d_f4_mask(w3d_f4_bits_i4(w3d_i4_equal(low, wanted))) |
           (unsigned)w3d_f4_mask(w3d_f4_bits_i4(w3d_i4_equal(high, wanted))) << 4;
}

W3D_INLINE w3d_i4 w3di_mesh_tangents_entries(const uint32_t *entries)
{
    return w3d_i4_load((const int32_t *)(const void *)entries);
}

/* The upper bits of eight entries. */
W3D_INLINE unsigned w3di_mesh_tangents_uppers(w3d_i4 low, w3d_i4 high)
{
    return (unsigned)w3d_f4_mask(w3d_f4_bits_i4(low)) | (unsigned)w3d_f4_mask(w3d_f4_bits_i4(high))
                                                            << 4;
}

/* Follows the links from the first corner on, and back from it. Gives 1 where that reaches all
 * `count` corners and leaves no choice at any edge, and all triangles are good and mapped the same
 * way round: they are one group. */
W3D_INLINE int w3di_mesh_tangents_is_fan(const uint32_t *next, const uint32_t *previous,
                                         uint32_t count)
{
    const w3d_i4 upper = w3d_i4_splat(INT32_MIN);
    w3d_i4 next_low = w3di_mesh_tangents_entries(next);
    w3d_i4 next_high = w3di_mesh_tangents_entries(next + 4);
    w3d_i4 previous_low = w3di_mesh_tangents_entries(previous);
    w3d_i4 previous_high = w3di_mesh_tangents_entries(previous + 4);
    unsigned all = (1u << count) - 1u, seen = 1u, found;
    unsigned ways = all & w3di_mesh_tangents_uppers(next_low, next_high);
    if ((ways != 0 && ways != all) ||
        (all & w3di_mesh_tangents_uppers(previous_low, previous_high)))
        return 0;
    next_low = w3d_i4_andnot(next_low, upper);
    next_high = w3d_i4_andnot(next_high, upper);
    uint32_t at = 0, number;
    for (;;) {
        number = next[at] & W3DI_MESH_TANGENTS_NUMBER;
        found = all & w3di_mesh_tangents_among(previous_low, previous_high, number);
        if (!found || number == W3DI_MESH_TANGENTS_NUMBER) break;
        if ((found & (found - 1u)) || (found & seen & ~1u)) return 0;
        if (found == 1u) return seen == all; /* around */
        seen |= found;
        at = w3d_bits_trailing_zeros(found);
    }
    for (at = 0;;) {
        number = previous[at]; /* without a bit above: no triangle is bad */
        found = all & w3di_mesh_tangents_among(next_low, next_high, number);
        if (!found || number == W3DI_MESH_TANGENTS_NUMBER) return seen == all;
        if ((found & (found - 1u)) || (found & seen)) return 0;
        seen |= found;
        at = w3d_bits_trailing_zeros(found);
    }
}

/* Groups at most SOME corners where no edge leaves a choice and all triangles are good, but not all
 * are mapped the same way round or linked. Gives 0, with nothing done, where that is not so. */
static inline int w3di_mesh_tangents_group_some(w3di_mesh_tangents_groups *groups, uint32_t begin,
                                                uint32_t count)
{
    const uint32_t *corners = groups->corners + begin, *next = groups->next + begin;
    const uint32_t *previous = groups->previous + begin;
    unsigned all = (1u << count) - 1u, none = W3DI_MESH_TANGENTS_SOME, done = 0;
    unsigned char linked[2][W3DI_MESH_TANGENTS_SOME]; /* left and right */
    for (uint32_t i = 0; i < count; i++) {
        linked[0][i] = linked[1][i] = (unsigned char)none;
        if (previous[i] & W3DI_MESH_TANGENTS_WAY) return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = next[i] & W3DI_MESH_TANGENTS_NUMBER;
        unsigned found = w3di_mesh_tangents_among(w3di_mesh_tangents_entries(previous),
                                                  w3di_mesh_tangents_entries(previous + 4), number);
        if (count > W3DI_MESH_TANGENTS_FEW)
            found |= w3di_mesh_tangents_among(w3di_mesh_tangents_entries(previous + 8),
                                              w3di_mesh_tangents_entries(previous + 12), number)
                     << 8;
        found &= all;
        if (!found || number == W3DI_MESH_TANGENTS_NUMBER) continue;
        unsigned other = w3d_bits_trailing_zeros(found);
        if ((found & (found - 1u)) || linked[1][other] != none) return 0;
        linked[0][i] = (unsigned char)other;
        linked[1][other] = (unsigned char)i;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (done >> i & 1u) continue;
        for (int side = 0; side < 2; side++)
            for (unsigned at = i; at != none; at = linked[side][at]) {
                if (at != i && ((done >> at & 1u) || ((next[at] ^ next[i]) >> 31))) break;
                groups->first[corners[at]] = corners[i];
                done |= 1u << at;
                if (linked[side][at] == i) break; /* around */
            }
    }
    return 1;
}

/* Links `corner` across its edge to the vertex `other`, or lets it wait for a later corner.
 *
 *   outward  1: the edge leaves here, that after the corner; 0: the edge before it */
static inline void w3di_mesh_tangents_meet(w3di_mesh_tangents_groups *groups, uint32_t corner,
                                           uint32_t other, unsigned outward)
{
    other &= W3DI_MESH_TANGENTS_NUMBER;
    if (other == W3DI_MESH_TANGENTS_NUMBER) return;
    uint32_t *waiting = groups->heads + (size_t)other * 4 + 2u * (1u - outward);
    uint32_t *own = groups->heads + (size_t)other * 4 + 2u * outward;
    unsigned side = outward ? W3DI_MESH_TANGENTS_LEFT : W3DI_MESH_TANGENTS_RIGHT;
    uint32_t met = waiting[0];
    if (met != W3DI_MESH_TANGENTS_NONE) {
        waiting[0] =
            w3di_mesh_tangents_link(groups, met, W3DI_MESH_TANGENTS_QUEUE + 4u * (1u - outward));
        w3di_mesh_tangents_set_link(groups, corner, side, met);
        w3di_mesh_tangents_set_link(groups, met, W3DI_MESH_TANGENTS_RIGHT - side, corner);
        return;
    }
    w3di_mesh_tangents_set_link(groups, corner, W3DI_MESH_TANGENTS_QUEUE + 4u * outward,
                                W3DI_MESH_TANGENTS_NONE);
    if (own[0] == W3DI_MESH_TANGENTS_NONE)
        own[0] = corner;
    else
        w3di_mesh_tangents_set_link(groups, own[1], W3DI_MESH_TANGENTS_QUEUE + 4u * outward,
                                    corner);
    own[1] = corner;
}

/* Links the corners of a vertex, [begin, end) of the lists. */
static inline void w3di_mesh_tangents_make_links(w3di_mesh_tangents_groups *groups, uint32_t begin,
                                                 uint32_t end)
{
    for (uint32_t i = begin; i < end; i++) {
        uint32_t ends[2];
        ends[0] = groups->next[i] & W3DI_MESH_TANGENTS_NUMBER;
        ends[1] = groups->previous[i] & W3DI_MESH_TANGENTS_NUMBER;
        for (int k = 0; k < 2; k++)
            if (ends[k] != W3DI_MESH_TANGENTS_NUMBER)
                w3d_fill(groups->heads + (size_t)ends[k] * 4, 0xFF, 16);
        w3d_fill(groups->links + (size_t)groups->corners[i] * 16, 0xFF, 16);
    }
    for (uint32_t i = begin; i < end; i++) {
        w3di_mesh_tangents_meet(groups, groups->corners[i], groups->next[i], 1);
        w3di_mesh_tangents_meet(groups, groups->corners[i], groups->previous[i], 0);
    }
}

/* Makes the group that begins at a corner: all that is reached to the left, then to the right. */
static inline void w3di_mesh_tangents_walk(w3di_mesh_tangents_groups *groups, uint32_t start)
{
    unsigned way = groups->flags[start / 3u] & W3DI_MESH_TANGENTS_POSITIVE;
    groups->first[start] = start;
    for (unsigned side = 0; side < 2; side++) {
        unsigned word = side ? W3DI_MESH_TANGENTS_RIGHT : W3DI_MESH_TANGENTS_LEFT;
        uint32_t at = w3di_mesh_tangents_link(groups, start, word);
        while (at != W3DI_MESH_TANGENTS_NONE && groups->first[at] == W3DI_MESH_TANGENTS_NONE) {
            unsigned char *flags = groups->flags + at / 3u;
            const uint32_t *taken = groups->first + (at - at % 3u);
            if ((*flags & W3DI_MESH_TANGENTS_ANY) && taken[0] == W3DI_MESH_TANGENTS_NONE &&
                taken[1] == W3DI_MESH_TANGENTS_NONE && taken[2] == W3DI_MESH_TANGENTS_NONE)
                *flags = (unsigned char)((*flags & ~W3DI_MESH_TANGENTS_POSITIVE) | way);
            if ((*flags & W3DI_MESH_TANGENTS_POSITIVE) != way) break;
            groups->first[at] = start;
            at = w3di_mesh_tangents_link(groups, at, word);
        }
    }
}

/* Groups the corners of one vertex. Gives 1 where that has to wait. */
W3D_INLINE int w3di_mesh_tangents_group(w3di_mesh_tangents_groups *groups, uint32_t begin,
                                        uint32_t end)
{
    const uint32_t *corners = groups->corners;
    uint32_t any = 0;
    if (end - begin <= W3DI_MESH_TANGENTS_FEW &&
        w3di_mesh_tangents_is_fan(groups->next + begin, groups->previous + begin, end - begin)) {
        for (uint32_t i = begin; i < end; i++) groups->first[corners[i]] = corners[begin];
        return 0;
    }
    if (end - begin <= W3DI_MESH_TANGENTS_SOME &&
        w3di_mesh_tangents_group_some(groups, begin, end - begin))
        return 0;
    w3di_mesh_tangents_make_links(groups, begin, end);
    for (uint32_t i = begin; i < end; i++) any |= groups->previous[i] & W3DI_MESH_TANGENTS_WAY;
    if (any) return 1;
    for (uint32_t i = begin; i < end; i++)
        if (groups->first[corners[i]] == W3DI_MESH_TANGENTS_NONE)
            w3di_mesh_tangents_walk(groups, corners[i]);
    return 0;
}

/* Groups all corners; those of vertices with a NaN stay alone. */
static inline void w3di_mesh_tangents_group_all(w3di_mesh_tangents_groups *groups,
                                                uint32_t id_count)
{
    int waiting = 0;
    w3d_fill(groups->first, 0xFF, (size_t)groups->triangle_count * 12);
    for (uint32_t id = 0; id < id_count; id++)
        if (groups->offsets[id] != groups->offsets[id + 1])
            waiting |=
                w3di_mesh_tangents_group(groups, groups->offsets[id], groups->offsets[id + 1]);
    if (!waiting && !groups->has_nan) return;
    for (uint32_t t = 0; t < groups->triangle_count; t++) {
        if (groups->flags[t] & (W3DI_MESH_TANGENTS_ANY | W3DI_MESH_TANGENTS_FLAT)) continue;
        for (uint32_t corner = 3 * t; corner < 3 * t + 3; corner++) {
            if (groups->first[corner] != W3DI_MESH_TANGENTS_NONE) continue;
            if (groups->ids[corner] == W3DI_MESH_TANGENTS_NONE)
                groups->first[corner] = corner;
            else if (waiting)
                w3di_mesh_tangents_walk(groups, corner);
        }
    }
}

#endif /* W3D_MESH_TANGENTS_GROUPS_H */
