/* mesh_edges.h - which half-edges lie on the same edge; private to the adjacency kernels.
 *
 * Half-edge h runs from corner h of the index list to the next corner of its triangle. Two ways to
 * bring the half-edges of an edge together, neither of which hashes: a counting sort by the smaller
 * end point, after which all that may match lie side by side, a few for each point; and, where a
 * point has many edges, two counting sorts, which are linear for any mesh. */
#ifndef W3D_MESH_EDGES_H
#define W3D_MESH_EDGES_H

#include "core/arena.h"
#include "core/simd.h"
#include "mesh/mesh_check.h"

#define W3DI_MESH_EDGES_NONE   0xFFFFFFFFu /* no partner: a border */
#define W3DI_MESH_EDGES_MANY   0xFFFFFFFEu /* the edge has other than one half-edge each way */
#define W3DI_MESH_EDGES_FLAT   0xFFFFFFFDu /* the triangle has two equal corners */
#define W3DI_MESH_EDGES_LIST   64          /* half-edges of a point compared with each other */
#define W3DI_MESH_EDGES_BEYOND 16          /* entries that may be read past the last one */
#define W3DI_MESH_EDGES_AHEAD  16          /* triangles from asking for memory to using it */

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
    uint32_t key; /* high point * 2 + (1 where the half-edge runs from high to low) */
    uint32_t half;
} w3di_mesh_edges_entry;

/* Bytes of scratch that pairing and sorting need; 0: too many for this target. */
static inline size_t w3di_mesh_edges_scratch_size(uint32_t count, uint32_t point_limit)
{
    size_t size = 3 + W3DI_MESH_EDGES_BEYOND * sizeof(w3di_mesh_edges_entry);
    return w3d_size_append(&size, count, sizeof(w3di_mesh_edges_entry)) &&
                   w3d_size_append(&size, point_limit, 4)
               ? size
               : 0;
}

/* Asks for a cache line that will soon be written to; nothing where the target cannot. */
W3D_INLINE void w3di_mesh_edges_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address, 1);
#else
    (void)address;
#endif
}

/* Asks for the points at which the edges of a triangle are counted. */
W3D_INLINE void w3di_mesh_edges_prefetch_ends(const uint32_t *ends, const uint32_t *corner)
{
    uint32_t a = corner[0], b = corner[1], c = corner[2];
    w3di_mesh_edges_prefetch(&ends[a < b ? a : b]);
    w3di_mesh_edges_prefetch(&ends[b < c ? b : c]);
    w3di_mesh_edges_prefetch(&ends[c < a ? c : a]);
}

/* The twins of `count` half-edges that have their low point in common, one by one. */
static inline void w3di_mesh_edges_match_many(const w3di_mesh_edges_entry *entries, uint32_t count,
                                              uint32_t *twins)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t same = 0, opposite = 0, twin = W3DI_MESH_EDGES_NONE;
        for (uint32_t k = 0; k < count; k++) {
            uint32_t difference = entries[k].key ^ entries[i].key;
            same += difference == 0;
            opposite += difference == 1;
            twin = difference == 1 ? entries[k].half : twin;
        }
        twins[entries[i].half] = same == 1 && opposite <= 1 ? twin : W3DI_MESH_EDGES_MANY;
    }
}

/* The same for at most 4 * groups of them, which is a constant; as many entries can be read. Which
 * ones match could not be guessed, so nothing branches on it: every lane looks at all half-edges
 * and adds up those on its own edge: how many, how many of them backward, and, by exclusive or,
 * which. */
W3D_INLINE void w3di_mesh_edges_match(const w3di_mesh_edges_entry *entries, uint32_t count,
                                      uint32_t *twins, uint32_t groups)
{
    int32_t edges[16], found[16];
    w3d_i4 edge[4], half[4], sum[4], which[4], minus_two = w3d_i4_splat(-2);
    for (uint32_t g = 0; g < groups; g++) {
        const w3di_mesh_edges_entry *e = entries + 4 * (size_t)g;
        int32_t first = (int32_t)(4 * g);
        w3d_i4 outside = w3d_i4_less(w3d_i4_splat((int32_t)count - 1),
                                     w3d_i4_set(first, first + 1, first + 2, first + 3));
        edge[g] = w3d_i4_set((int32_t)(e[0].key >> 1), (int32_t)(e[1].key >> 1),
                             (int32_t)(e[2].key >> 1), (int32_t)(e[3].key >> 1));
        edge[g] = w3d_i4_or(edge[g], outside); /* -1 is no edge's number */
        half[g] = w3d_i4_set((int32_t)e[0].half, (int32_t)e[1].half, (int32_t)e[2].half,
                             (int32_t)e[3].half);
        sum[g] = which[g] = w3d_i4_splat(0);
        w3d_i4_store(edges + 4 * g, edge[g]);
    }
    for (uint32_t k = 0; k < 4 * groups; k++) {
        w3d_i4 other = w3d_i4_splat(edges[k]), other_half = w3d_i4_splat((int32_t)entries[k].half);
        w3d_i4 one = w3d_i4_splat((int32_t)(1u + (entries[k].key & 1u) * 65536u));
        for (uint32_t g = 0; g < groups; g++) {
            w3d_i4 match = w3d_i4_equal(edge[g], other);
            sum[g] = w3d_i4_add(sum[g], w3d_i4_and(match, one));
            which[g] = w3d_i4_xor(which[g], w3d_i4_and(match, other_half));
        }
    }
    for (uint32_t g = 0; g < groups; g++) {
        w3d_i4 total = w3d_i4_and(sum[g], w3d_i4_splat(65535));
        w3d_i4 alone = w3d_i4_equal(total, w3d_i4_splat(1)); /* -1, and -2 - -1 is NONE */
        w3d_i4 pair = w3d_i4_equal(sum[g], w3d_i4_splat(65536 + 2));
        w3d_i4 twin = w3d_i4_and(w3d_i4_xor(which[g], half[g]), pair);
        twin = w3d_i4_or(twin, w3d_i4_andnot(w3d_i4_sub(minus_two, alone), pair));
        w3d_i4_store(found + 4 * g, twin);
    }
    for (uint32_t i = 0; i < count; i++) twins[entries[i].half] = (uint32_t)found[i];
}

/* The same, loosely: of those on one edge the first two, the next two, ... */
W3D_INLINE void w3di_mesh_edges_match_loose(const w3di_mesh_edges_entry *entries, uint32_t count,
                                            uint32_t *twins)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t edge = entries[i].key >> 1, before = W3DI_MESH_EDGES_NONE, odd = 0;
        uint32_t after = W3DI_MESH_EDGES_NONE;
        for (uint32_t k = 0; k < i; k++) {
            uint32_t match = entries[k].key >> 1 == edge;
            odd ^= match;
            before = match ? entries[k].half : before;
        }
        for (uint32_t k = count - 1; k > i; k--)
            after = entries[k].key >> 1 == edge ? entries[k].half : after;
        twins[entries[i].half] = odd ? before : after;
    }
}

/* Pairs half-edges by low points. `loose`: any two of an edge, in order; else the two of an edge
 * that has one each way, and MANY for all others. 0: a point has too many and nothing counts. */
W3D_INLINE int w3di_mesh_edges_pair_points(const w3di_mesh_edges *mesh, uint32_t *twins,
                                           uint32_t *ends, w3di_mesh_edges_entry *entries,
                                           int loose, int mapped)
{
    const uint32_t *corners = mapped ? twins : mesh->indices;
    w3d_fill(ends, 0, (size_t)mesh->point_limit * sizeof *ends);
    for (uint32_t first = 0; first < mesh->count; first += 3) {
        uint32_t a = mesh->indices[first], b = mesh->indices[first + 1];
        uint32_t c = mesh->indices[first + 2];
        if (mapped) {
            twins[first] = a = mesh->points[a]; /* for the second pass */
            twins[first + 1] = b = mesh->points[b];
            twins[first + 2] = c = mesh->points[c];
        }
        if (!mapped && mesh->count - first > 3 * W3DI_MESH_EDGES_AHEAD)
            w3di_mesh_edges_prefetch_ends(ends, mesh->indices + first + 3 * W3DI_MESH_EDGES_AHEAD);
        if (a == b || b == c || c == a) continue;
        ends[a < b ? a : b]++;
        ends[b < c ? b : c]++;
        ends[c < a ? c : a]++;
    }
    uint32_t sum = 0, most = 0;
    for (uint32_t i = 0; i < mesh->point_limit; i++) {
        uint32_t here = ends[i];
        most = here > most ? here : most;
        ends[i] = sum;
        sum += here;
    }
    if (most > W3DI_MESH_EDGES_LIST) return 0;
    for (uint32_t first = 0; first < mesh->count; first += 3) {
        uint32_t corner[4];
        if (mesh->count - first > 6 * W3DI_MESH_EDGES_AHEAD) {
            const uint32_t *ahead = corners + first + 3 * W3DI_MESH_EDGES_AHEAD;
            w3di_mesh_edges_prefetch_ends(ends, ahead + 3 * W3DI_MESH_EDGES_AHEAD);
            w3di_mesh_edges_prefetch(&entries[ends[ahead[0] < ahead[1] ? ahead[0] : ahead[1]]]);
            w3di_mesh_edges_prefetch(&entries[ends[ahead[1] < ahead[2] ? ahead[1] : ahead[2]]]);
            w3di_mesh_edges_prefetch(&entries[ends[ahead[2] < ahead[0] ? ahead[2] : ahead[0]]]);
        }
        corner[0] = corner[3] = corners[first];
        corner[1] = corners[first + 1];
        corner[2] = corners[first + 2];
        if (corner[0] == corner[1] || corner[1] == corner[2] || corner[2] == corner[0]) {
            twins[first] = twins[first + 1] = twins[first + 2] = W3DI_MESH_EDGES_FLAT;
            continue;
        }
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t a = corner[k], b = corner[k + 1], backward = a > b;
            uint32_t low = backward ? b : a, high = backward ? a : b;
            w3di_mesh_edges_entry *entry = &entries[ends[low]++];
            entry->key = high << 1 | backward;
            entry->half = first + k;
        }
    }
    w3d_fill(entries + sum, 0, W3DI_MESH_EDGES_BEYOND * sizeof *entries);
    for (uint32_t i = 0, begin = 0; i < mesh->point_limit; begin = ends[i++]) {
        const w3di_mesh_edges_entry *here = entries + begin;
        uint32_t count = ends[i] - begin;
        for (uint32_t k = 0; k < 6 && sum - begin > 6 * W3DI_MESH_EDGES_AHEAD; k++)
            w3di_mesh_edges_prefetch(&twins[here[3 * W3DI_MESH_EDGES_AHEAD + k].half]);
        if (loose)
            w3di_mesh_edges_match_loose(here, count, twins);
        else if (count > 16)
            w3di_mesh_edges_match_many(here, count, twins);
        else if (count > 8)
            w3di_mesh_edges_match(here, count, twins, 4);
        else
            w3di_mesh_edges_match(here, count, twins, 2);
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
    if (mesh->point_limit >= 0x80000000u) {
        /* a key has no room */
    } else if (loose)
        done = w3di_mesh_edges_pair_points(mesh, twins, words, entries, 1, mesh->points != NULL);
    else if (mesh->points)
        done = w3di_mesh_edges_pair_points(mesh, twins, words, entries, 0, 1);
    else
        done = w3di_mesh_edges_pair_points(mesh, twins, words, entries, 0, 0);
    if (!done) w3di_mesh_edges_pair_sorted(mesh, twins, words, loose);
}

#endif /* W3D_MESH_EDGES_H */
