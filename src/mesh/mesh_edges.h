/* mesh_edges.h - which half-edges lie on the same edge; private to the adjacency kernels.
 *
 * Half-edge h runs from corner h of the index list to the next corner of its triangle. Two ways to
 * bring the half-edges of an edge together, neither of which hashes: short lists hung on the
 * smaller end point, filled in one pass, which is fast where no point has many edges; and two
 * counting sorts, which are linear for any mesh. */
#ifndef W3D_MESH_EDGES_H
#define W3D_MESH_EDGES_H

#include "core/arena.h"
#include "mesh/mesh_check.h"

#define W3DI_MESH_EDGES_NONE  0xFFFFFFFFu /* no partner: a border */
#define W3DI_MESH_EDGES_MANY  0xFFFFFFFEu /* the edge has other than one half-edge each way */
#define W3DI_MESH_EDGES_FLAT  0xFFFFFFFDu /* the triangle has two equal corners */
#define W3DI_MESH_EDGES_LIST  48          /* entries of a list looked at before sorting instead */

#define W3DI_MESH_EDGES_AHEAD 48 /* corners; the lists of that far ahead are fetched */

/* The corner after and the corner before, in the same triangle. */
W3D_INLINE uint32_t w3di_mesh_edges_next(uint32_t corner)
{
    return corner % 3 == 2 ? corner - 2 : corner + 1;
}
W3D_INLINE uint32_t w3di_mesh_edges_previous(uint32_t corner)
{
    return corner % 3 == 0 ? corner + 2 : corner - 1;
}

/* A triangle mesh as the adjacency kernels see it: corners name points. */
typedef struct w3di_mesh_edges {
    const uint32_t *indices; /* [count]                                            */
    const uint32_t *points;  /* [vertex_count] the point of each vertex; NULL: itself */
    uint32_t count;
    uint32_t point_limit; /* every point is below it                            */
} w3di_mesh_edges;

W3D_INLINE uint32_t w3di_mesh_edges_point(const w3di_mesh_edges *mesh, uint32_t corner)
{
    uint32_t vertex = mesh->indices[corner];
    return mesh->points ? mesh->points[vertex] : vertex;
}

W3D_INLINE int w3di_mesh_edges_is_flat(const w3di_mesh_edges *mesh, uint32_t first)
{
    uint32_t a = w3di_mesh_edges_point(mesh, first), b = w3di_mesh_edges_point(mesh, first + 1);
    uint32_t c = w3di_mesh_edges_point(mesh, first + 2);
    return a == b || b == c || c == a;
}

W3D_INLINE uint32_t w3di_mesh_edges_low(const w3di_mesh_edges *mesh, uint32_t half)
{
    uint32_t a = w3di_mesh_edges_point(mesh, half);
    uint32_t b = w3di_mesh_edges_point(mesh, w3di_mesh_edges_next(half));
    return a < b ? a : b;
}
W3D_INLINE uint32_t w3di_mesh_edges_high(const w3di_mesh_edges *mesh, uint32_t half)
{
    uint32_t a = w3di_mesh_edges_point(mesh, half);
    uint32_t b = w3di_mesh_edges_point(mesh, w3di_mesh_edges_next(half));
    return a < b ? b : a;
}

/* ---- sorting ---- */

/* All half-edges that are not of flat triangles, sorted by low point, high point and number.
 *
 *   order   out  [count]
 *   other        [count] for a time
 *   counts       [point_limit] for a time
 *
 * Gives how many there are. */
static inline uint32_t w3di_mesh_edges_sort(const w3di_mesh_edges *mesh, uint32_t *order,
                                            uint32_t *other, uint32_t *counts)
{
    uint32_t used = 0;
    for (uint32_t first = 0; first < mesh->count; first += 3) {
        if (w3di_mesh_edges_is_flat(mesh, first)) continue;
        for (uint32_t k = 0; k < 3; k++) order[used++] = first + k;
    }
    for (int pass = 0; pass < 2; pass++) {
        uint32_t *from = pass ? other : order, *to = pass ? order : other, sum = 0;
        w3d_fill(counts, 0, (size_t)mesh->point_limit * sizeof *counts);
        for (uint32_t i = 0; i < used; i++)
            counts[pass ? w3di_mesh_edges_low(mesh, from[i])
                        : w3di_mesh_edges_high(mesh, from[i])]++;
        for (uint32_t i = 0; i < mesh->point_limit; i++) {
            uint32_t here = counts[i];
            counts[i] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < used; i++) {
            uint32_t key =
                pass ? w3di_mesh_edges_low(mesh, from[i]) : w3di_mesh_edges_high(mesh, from[i]);
            to[counts[key]++] = from[i];
        }
    }
    return used;
}

/* One past the last half-edge in `order` that lies on the same edge as the one at `begin`. */
static inline uint32_t w3di_mesh_edges_run(const w3di_mesh_edges *mesh, const uint32_t *order,
                                           uint32_t begin, uint32_t used)
{
    uint32_t low = w3di_mesh_edges_low(mesh, order[begin]);
    uint32_t high = w3di_mesh_edges_high(mesh, order[begin]), end = begin + 1;
    while (end < used && w3di_mesh_edges_low(mesh, order[end]) == low &&
           w3di_mesh_edges_high(mesh, order[end]) == high)
        end++;
    return end;
}

/* 1 where two half-edges of an edge run the same way. */
W3D_INLINE int w3di_mesh_edges_same_way(const w3di_mesh_edges *mesh, uint32_t a, uint32_t b)
{
    return w3di_mesh_edges_point(mesh, a) == w3di_mesh_edges_point(mesh, b);
}

/* ---- pairing ---- */

typedef struct w3di_mesh_edges_entry {
    uint32_t key;  /* high point * 2 + (1 where the half-edge runs from high to low) */
    uint32_t half; /* the first half-edge that named the edge                        */
    uint32_t next; /* entry of another edge with the same low point                  */
} w3di_mesh_edges_entry;

/* Bytes of scratch that pairing and sorting need; 0: too many for this target. */
static inline size_t w3di_mesh_edges_scratch_size(uint32_t count, uint32_t point_limit)
{
    size_t size = 3;
    return w3d_size_append(&size, count, sizeof(w3di_mesh_edges_entry)) &&
                   w3d_size_append(&size, point_limit, 4)
               ? size
               : 0;
}

/* Asks for a cache line that will soon be needed; nothing where the target has no such thing. */
W3D_INLINE void w3di_mesh_edges_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* Pairs half-edges over lists. `loose`: any two of an edge, in order; else the two of an edge that
 * has one each way, and MANY for all others. 0: a list grew too long and nothing counts. */
W3D_INLINE int w3di_mesh_edges_pair_lists(const w3di_mesh_edges *mesh, uint32_t *twins,
                                          uint32_t *heads, w3di_mesh_edges_entry *entries,
                                          int loose, int mapped)
{
    uint32_t used = 0;
    w3d_fill(heads, 0xFF, (size_t)mesh->point_limit * sizeof *heads);
    for (uint32_t first = 0; first < mesh->count; first += 3) {
        uint32_t corner[4];
        if (!loose && mesh->count - first > 2 * W3DI_MESH_EDGES_AHEAD) {
            const uint32_t *near_corner = mesh->indices + first + W3DI_MESH_EDGES_AHEAD;
            for (uint32_t k = 0; k < 3; k++) {
                uint32_t far_point = near_corner[W3DI_MESH_EDGES_AHEAD + k], point = near_corner[k];
                if (mapped) far_point = mesh->points[far_point], point = mesh->points[point];
                w3di_mesh_edges_prefetch(&heads[far_point]);
                if (heads[point] != W3DI_MESH_EDGES_NONE)
                    w3di_mesh_edges_prefetch(&entries[heads[point]]);
            }
        }
        for (uint32_t k = 0; k < 3; k++) {
            corner[k] = mesh->indices[first + k];
            if (mapped) corner[k] = mesh->points[corner[k]];
        }
        corner[3] = corner[0];
        if (corner[0] == corner[1] || corner[1] == corner[2] || corner[2] == corner[0]) {
            twins[first] = twins[first + 1] = twins[first + 2] = W3DI_MESH_EDGES_FLAT;
            continue;
        }
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t a = corner[k], b = corner[k + 1], half = first + k;
            uint32_t backward = a > b, low = backward ? b : a, high = backward ? a : b;
            uint32_t key = high << 1 | backward, at = heads[low], *link = &heads[low], steps = 0;
            uint32_t twin = W3DI_MESH_EDGES_NONE;
            for (; at != W3DI_MESH_EDGES_NONE; link = &entries[at].next, at = *link) {
                if (++steps > W3DI_MESH_EDGES_LIST) return 0;
                if ((entries[at].key ^ key) > 1u) continue;
                uint32_t other = entries[at].half, taken = twins[other];
                if (loose) *link = entries[at].next; /* the edge is free for two more */
                if (loose || (taken == W3DI_MESH_EDGES_NONE && entries[at].key != key)) {
                    twins[other] = half;
                    twin = other;
                    break;
                }
                if (taken < W3DI_MESH_EDGES_FLAT) twins[taken] = W3DI_MESH_EDGES_MANY;
                twins[other] = W3DI_MESH_EDGES_MANY;
                twin = W3DI_MESH_EDGES_MANY;
                break;
            }
            twins[half] = twin;
            if (at != W3DI_MESH_EDGES_NONE) continue;
            entries[used].key = key;
            entries[used].half = half;
            entries[used].next = heads[low];
            heads[low] = used++;
        }
    }
    return 1;
}

static inline void w3di_mesh_edges_pair_sorted(const w3di_mesh_edges *mesh, uint32_t *twins,
                                               uint32_t *words, int loose)
{
    uint32_t *order = words, *other = words + mesh->count,
             *counts = words + 2 * (size_t)mesh->count;
    uint32_t used = w3di_mesh_edges_sort(mesh, order, other, counts);
    for (uint32_t i = 0; i < mesh->count; i++) twins[i] = W3DI_MESH_EDGES_FLAT;
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        end = w3di_mesh_edges_run(mesh, order, begin, used);
        uint32_t size = end - begin, fill = size == 1 ? W3DI_MESH_EDGES_NONE : W3DI_MESH_EDGES_MANY;
        int pair = size == 2 && !w3di_mesh_edges_same_way(mesh, order[begin], order[begin + 1]);
        for (uint32_t i = begin; i < end; i++)
            twins[order[i]] = loose ? W3DI_MESH_EDGES_NONE : fill;
        for (uint32_t i = begin; i + 1 < end && (pair || loose); i += 2) {
            twins[order[i]] = order[i + 1];
            twins[order[i + 1]] = order[i];
        }
    }
}

/* twins: out [count]; words: w3di_mesh_edges_scratch_size bytes, on 4. */
static inline void w3di_mesh_edges_pair(const w3di_mesh_edges *mesh, uint32_t *twins,
                                        uint32_t *words, int loose)
{
    w3di_mesh_edges_entry *entries = (w3di_mesh_edges_entry *)(void *)(words + mesh->point_limit);
    int done = 0;
    if (mesh->point_limit > 0x80000000u) {
        /* a list's key has no room */
    } else if (loose)
        done = w3di_mesh_edges_pair_lists(mesh, twins, words, entries, 1, mesh->points != NULL);
    else if (mesh->points)
        done = w3di_mesh_edges_pair_lists(mesh, twins, words, entries, 0, 1);
    else
        done = w3di_mesh_edges_pair_lists(mesh, twins, words, entries, 0, 0);
    if (!done) w3di_mesh_edges_pair_sorted(mesh, twins, words, loose);
}

#endif /* W3D_MESH_EDGES_H */
