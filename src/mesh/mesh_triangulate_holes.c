/* mesh_triangulate_holes.c - a line sweeps over the corners from left to right.
 *
 * The edges the line stands on are kept from bottom to top, in a list and a balanced tree over it.
 * Between an edge with the polygon above it and the next edge lies a stretch of the inside; of what
 * is to the left of the line there, all is cut but what lies right of a chain of corners, from the
 * lower edge's to the upper edge's, that bulges to the right. A corner met at either end of a chain
 * or, where a hole begins, in its middle, cuts the triangles it can and joins the chain.
 *
 * Neighbours in the list are compared whenever they become neighbours; an edge that crosses another
 * is found there, and all else follows from the order being right. Corners at one point are taken
 * in an order that keeps this true: those that end, as they come to be neighbours, those that go
 * on, those that begin, outer ones first. From then on a corner's number is its place in that
 * order. */
#include "mesh/mesh_triangulate_holes.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_sweep.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#if defined(__FMA__) && __GNUC__ < 15
#pragma GCC optimize("no-tree-vectorize") /* GCC before 15 fuses there all the same */
#endif
#elif defined(_MSC_VER)
#pragma float_control(push)
#pragma fp_contract(off)
#endif

#define W3DI_MESH_TRIANGULATE_HOLES_MOST 0x20000000u /* corners */
#define W3DI_MESH_TRIANGULATE_HOLES_FEW  48          /* corners sorted by insertion */

/* ---- the order of the corners ---- */

/* 1 where, of the edges of a corner that begins, the one to `next` is the lower. Where the two lie
 * on one line, that which leaves the line first goes by the side to which it does.
 *
 *   ring  in  the points two before, before, at, after and two after the corner */
static int w3di_mesh_triangulate_holes_low(const w3di_mesh_sweep_point *const *ring)
{
    double turn = w3di_mesh_sweep_turn(ring[2], ring[3], ring[1]);
    if (turn != 0.0) return turn > 0.0;
    double high = w3di_mesh_sweep_turn(ring[2], ring[3], ring[0]);
    double low = w3di_mesh_sweep_turn(ring[2], ring[1], ring[4]);
    if (w3di_mesh_sweep_less(ring[1], ring[3])) return high >= 0.0;
    if (w3di_mesh_sweep_less(ring[3], ring[1])) return low <= 0.0;
    if ((high > 0.0) == (low > 0.0) && (high < 0.0) == (low < 0.0))
        return w3di_mesh_sweep_turn(ring[1], ring[4], ring[0]) >= 0.0;
    return high >= 0.0 && low <= 0.0;
}

/* The two neighbours of a corner that begins: the lower, then the higher. */
static void w3di_mesh_triangulate_holes_wedge(const w3di_mesh_sweep *t, uint32_t corner,
                                              uint32_t *wedge)
{
    uint32_t a = t->before[corner], b = t->after[corner];
    const w3di_mesh_sweep_point *p = t->given, *ring[5];
    ring[0] = &p[t->before[a]];
    ring[1] = &p[a];
    ring[2] = &p[corner];
    ring[3] = &p[b];
    ring[4] = &p[t->after[b]];
    int b_low = w3di_mesh_triangulate_holes_low(ring);
    wedge[0] = b_low ? b : a;
    wedge[1] = b_low ? a : b;
}

/* 1 where corner a comes before b, at the same point, both beginning: the outer, or the lower. */
static int w3di_mesh_triangulate_holes_first(const w3di_mesh_sweep *t, uint32_t a, uint32_t b)
{
    uint32_t of_a[2], of_b[2];
    w3di_mesh_triangulate_holes_wedge(t, a, of_a);
    w3di_mesh_triangulate_holes_wedge(t, b, of_b);
    double low = w3di_mesh_sweep_turn(&t->given[a], &t->given[of_a[0]], &t->given[of_b[0]]);
    if (low != 0.0) return low > 0.0;
    return w3di_mesh_sweep_turn(&t->given[a], &t->given[of_a[1]], &t->given[of_b[1]]) < 0.0;
}

/* Merges ever longer stretches of order[0 .. count). */
static void w3di_mesh_triangulate_holes_group(const w3di_mesh_sweep *t, uint32_t *order,
                                              uint32_t *other, uint32_t count)
{
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t begin = 0; begin < count; begin += 2 * width) {
            uint32_t a = begin, a_end = count - begin < width ? count : begin + width;
            uint32_t b = a_end, b_end = count - a_end < width ? count : a_end + width;
            for (uint32_t to = begin; to < b_end; to++) {
                int take_b =
                    a == a_end ||
                    (b < b_end && w3di_mesh_triangulate_holes_first(t, order[b], order[a]));
                other[to] = take_b ? order[b++] : order[a++];
            }
        }
        w3d_copy(order, other, (size_t)count * 4);
    }
}

/* Whole numbers in the order of floats. */
static uint32_t w3di_mesh_triangulate_holes_key(float value)
{
    uint32_t bits = w3d_bits_f32(value + 0.0f); /* -0 is +0 */
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* Sorts order[0 .. used) by the keys of its corners; stable. */
static void w3di_mesh_triangulate_holes_radix(w3di_mesh_sweep *t)
{
    uint64_t *keys = t->keys, *other_keys = t->keys + t->count;
    uint32_t *order = t->order, *other = t->other, used = t->used;
    for (uint32_t i = 0; i < used; i++) {
        const w3di_mesh_sweep_point *p = &t->given[order[i]];
        keys[i] = (uint64_t)w3di_mesh_triangulate_holes_key(p->x) << 32 |
                  w3di_mesh_triangulate_holes_key(p->y);
    }
    if (used <= W3DI_MESH_TRIANGULATE_HOLES_FEW) {
        for (uint32_t i = 1; i < used; i++) {
            uint64_t key = keys[i];
            uint32_t corner = order[i], k = i;
            for (; k && keys[k - 1] > key; k--) keys[k] = keys[k - 1], order[k] = order[k - 1];
            keys[k] = key;
            order[k] = corner;
        }
        return;
    }
    for (int shift = 0; shift < 64; shift += 8) {
        uint32_t counts[256], sum = 0;
        w3d_fill(counts, 0, sizeof counts);
        for (uint32_t i = 0; i < used; i++) counts[keys[i] >> shift & 255u]++;
        if (counts[keys[0] >> shift & 255u] == used) continue;
        for (int k = 0; k < 256; k++) {
            uint32_t here = counts[k];
            counts[k] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < used; i++) {
            uint32_t place = counts[keys[i] >> shift & 255u]++;
            other_keys[place] = keys[i];
            other[place] = order[i];
        }
        uint64_t *swap_keys = keys;
        uint32_t *swap = order;
        keys = other_keys, other_keys = swap_keys;
        order = other, other = swap;
    }
    t->order = order;
    t->other = other;
}

/* Classes the corners, sorts them, and numbers them anew. */
static void w3di_mesh_triangulate_holes_sort(w3di_mesh_sweep *t)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->after[i] == W3DI_MESH_SWEEP_NONE) continue;
        const w3di_mesh_sweep_point *p = t->given;
        t->kind[i] = (uint8_t)(w3di_mesh_sweep_less(&p[i], &p[t->before[i]]) +
                               w3di_mesh_sweep_less(&p[i], &p[t->after[i]]));
    }
    for (uint8_t kind = 0; kind < 3; kind++)
        for (uint32_t i = 0; i < t->count; i++)
            if (t->after[i] != W3DI_MESH_SWEEP_NONE && t->kind[i] == kind) t->order[used++] = i;
    t->used = used;
    w3di_mesh_triangulate_holes_radix(t);
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        uint32_t first = t->order[begin];
        for (end = begin + 1; end < used && t->kind[t->order[end]] == t->kind[first] &&
                              w3di_mesh_sweep_same(&t->given[t->order[end]], &t->given[first]);)
            end++;
        if (end - begin > 1 && t->kind[first] == 2)
            w3di_mesh_triangulate_holes_group(t, t->order + begin, t->other, end - begin);
    }
    uint32_t *rank = t->other;
    for (uint32_t i = 0; i < used; i++) rank[t->order[i]] = i;
    for (uint32_t i = 0; i < used; i++) {
        t->at[i] = t->given[t->order[i]];
        t->previous[i] = rank[t->before[t->order[i]]];
        t->next[i] = rank[t->after[t->order[i]]];
    }
}

/* ---- what happens at a corner; 0: edges cross ---- */

static uint32_t w3di_mesh_triangulate_holes_begin(w3di_mesh_sweep *t, uint32_t corner)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    uint32_t low = t->next[corner], high = t->previous[corner], below, above;
    const w3di_mesh_sweep_point *ring[5];
    ring[0] = &t->at[t->previous[high]];
    ring[1] = &t->at[high];
    ring[2] = &t->at[corner];
    ring[3] = &t->at[low];
    ring[4] = &t->at[t->next[low]];
    int runs_low = w3di_mesh_triangulate_holes_low(ring);
    if (!runs_low) {
        uint32_t swap = low;
        low = high;
        high = swap;
    }
    w3di_mesh_sweep_locate(t, corner, low, &below, &above);
    uint32_t inside = below != none && t->edges[below].inside;
    uint32_t a = w3di_mesh_sweep_insert(t, below, above, corner, low);
    uint32_t b = w3di_mesh_sweep_insert(t, a, above, corner, high);
    w3di_mesh_sweep_edge *e = t->edges;
    t->edge_of[corner] = runs_low ? a : b;
    t->edge_of[t->previous[corner]] = runs_low ? b : a;
    e[a].inside = !inside;
    e[b].inside = inside;
    if (!w3di_mesh_sweep_ordered(t, below, a) || !w3di_mesh_sweep_ordered(t, b, above)) return 0;
    if ((uint32_t)runs_low == inside) t->kind[t->order[corner]] |= 4;
    if (inside)
        w3di_mesh_sweep_divide(t, below, b, corner);
    else
        e[a].low = e[a].high = e[a].last = w3di_mesh_sweep_link_new(t, corner, none, none);
    return 1;
}

static uint32_t w3di_mesh_triangulate_holes_pass(w3di_mesh_sweep *t, uint32_t corner)
{
    uint32_t previous = t->previous[corner], next = t->next[corner];
    uint32_t edge = t->edge_of[previous < corner ? previous : corner];
    w3di_mesh_sweep_edge *e = &t->edges[edge];
    t->edge_of[previous < corner ? corner : previous] = edge;
    e->from = corner;
    e->to = previous < corner ? next : previous;
    if (!w3di_mesh_sweep_ordered(t, e->below, edge) || !w3di_mesh_sweep_ordered(t, edge, e->above))
        return 0;
    if (e->inside)
        w3di_mesh_sweep_add_low(t, edge, corner);
    else
        w3di_mesh_sweep_add_high(t, e->below, corner);
    return 1;
}

/* Two neighbours end in a corner. */
static int w3di_mesh_triangulate_holes_end(w3di_mesh_sweep *t, uint32_t a, uint32_t b)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    w3di_mesh_sweep_edge *e = t->edges;
    w3di_mesh_sweep_link *l = t->links;
    uint32_t below = e[a].below, above = e[b].above, corner = e[a].to;
    if (e[a].inside) { /* nothing is left between them */
        uint32_t lower = e[a].low;
        for (uint32_t higher; (higher = l[lower].higher) != none; lower = higher) {
            uint32_t p = l[lower].corner, q = l[higher].corner;
            if (w3di_mesh_sweep_turn(&t->at[p], &t->at[corner], &t->at[q]) < 0.0) return 0;
            w3di_mesh_sweep_emit(t, p, corner, q);
            w3di_mesh_sweep_link_free(t, lower);
        }
        w3di_mesh_sweep_link_free(t, lower);
    } else { /* two stretches become one, and their chains */
        w3di_mesh_sweep_add_high(t, below, corner);
        w3di_mesh_sweep_add_low(t, b, corner);
        uint32_t joint = e[below].high, extra = e[b].low, over = l[extra].higher;
        l[joint].higher = over;
        l[over].lower = joint;
        e[below].high = e[b].high;
        w3di_mesh_sweep_link_free(t, extra);
    }
    w3di_mesh_sweep_remove(t, a);
    w3di_mesh_sweep_remove(t, b);
    return w3di_mesh_sweep_ordered(t, below, above);
}

static int w3di_mesh_triangulate_holes_ends(const w3di_mesh_sweep *t, uint32_t corner)
{
    return t->previous[corner] < corner && t->next[corner] < corner;
}

/* All corners that end at the point of the first; gives how many, 0 where edges cross. One that has
 * others between its edges waits until these are gone and its edges are neighbours. */
static uint32_t w3di_mesh_triangulate_holes_end_all(w3di_mesh_sweep *t, uint32_t first)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    const w3di_mesh_sweep_edge *e = t->edges;
    uint32_t corner = first, ended = 0;
    for (; corner < t->used && w3di_mesh_triangulate_holes_ends(t, corner) &&
           w3di_mesh_sweep_same(&t->at[corner], &t->at[first]);
         corner++) {
        if (t->kind[t->order[corner]] & 8) continue;
        uint32_t a = t->edge_of[t->previous[corner]], b = t->edge_of[corner];
        if (e[b].above == a) {
            uint32_t swap = a;
            a = b;
            b = swap;
        }
        while (a != none && b != none && e[a].above == b && e[a].to == e[b].to &&
               w3di_mesh_sweep_same(&t->at[e[a].to], &t->at[first])) {
            uint32_t below = e[a].below, above = e[b].above;
            t->kind[t->order[e[a].to]] |= 8;
            ended++;
            if (!w3di_mesh_triangulate_holes_end(t, a, b)) return 0;
            a = below;
            b = above;
        }
    }
    return ended == corner - first ? ended : 0;
}

/* ---- reading the rings ---- */

typedef struct w3di_mesh_triangulate_holes_source {
    const w3d_mesh_triangulate_holes_desc *desc;
    size_t stride;
    int x, y; /* the coordinates looked at */
} w3di_mesh_triangulate_holes_source;

static uint32_t w3di_mesh_triangulate_holes_vertex(const w3d_mesh_triangulate_holes_desc *desc,
                                                   uint32_t corner)
{
    return desc->corners ? desc->corners[corner] : corner;
}

static const float *
w3di_mesh_triangulate_holes_row(const w3di_mesh_triangulate_holes_source *source, uint32_t corner)
{
    size_t vertex = w3di_mesh_triangulate_holes_vertex(source->desc, corner);
    return (const float *)(const void *)((const char *)source->desc->positions +
                                         vertex * source->stride);
}

/* Chooses the axis to look along. */
static void w3di_mesh_triangulate_holes_look(w3di_mesh_triangulate_holes_source *source)
{
    uint32_t size = source->desc->ring_sizes[0];
    int dimensions = source->desc->dimensions == 2 ? 2 : 3, axis = 2;
    double normal[3] = { 0.0, 0.0, 0.0 }, origin[3] = { 0.0, 0.0, 0.0 };
    const float *first = w3di_mesh_triangulate_holes_row(source, 0);
    for (int k = 0; k < dimensions; k++) origin[k] = (double)first[k];
    for (uint32_t i = 0; i < size; i++) {
        const float *p = w3di_mesh_triangulate_holes_row(source, i);
        const float *q = w3di_mesh_triangulate_holes_row(source, i + 1 < size ? i + 1 : 0);
        double a[3] = { 0.0, 0.0, 0.0 }, b[3] = { 0.0, 0.0, 0.0 };
        for (int k = 0; k < dimensions; k++) {
            a[k] = (double)p[k] - origin[k]; /* small numbers lose no digits */
            b[k] = (double)q[k] - origin[k];
        }
        for (int k = dimensions == 2 ? 2 : 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            normal[k] += (a[u] - b[u]) * (a[v] + b[v]);
        }
    }
    if (dimensions == 3) {
        for (int k = 1; k >= 0; k--)
            if (normal[k] * normal[k] > normal[axis] * normal[axis]) axis = k;
    }
    source->x = (axis + 1) % 3;
    source->y = (axis + 2) % 3;
}

/* Copies one ring's corners and joins those that are not at the point of the one before. 0: they
 * are all at one point. */
static int w3di_mesh_triangulate_holes_ring(w3di_mesh_sweep *t, uint32_t first, uint32_t size)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    uint32_t last = first, end = first + size;
    while (end > first + 1 && w3di_mesh_sweep_same(&t->given[end - 1], &t->given[first])) {
        end--;
        t->before[end] = t->after[end] = none;
    }
    for (uint32_t i = first + 1; i < end; i++) {
        if (w3di_mesh_sweep_same(&t->given[i], &t->given[last])) {
            t->before[i] = t->after[i] = none;
            continue;
        }
        t->after[last] = i;
        t->before[i] = last;
        last = i;
    }
    t->after[last] = first;
    t->before[first] = last;
    return last != first;
}

/* 1 where the inside is to the right of a ring. Every ring has a corner where it begins. */
static int w3di_mesh_triangulate_holes_backward(const w3di_mesh_sweep *t, uint32_t first)
{
    while (t->after[first] == W3DI_MESH_SWEEP_NONE || (t->kind[first] & 3) != 2) first++;
    return t->kind[first] >> 2 & 1;
}

/* The triangles without area between a corner and those that repeat it. */
static void w3di_mesh_triangulate_holes_repeats(w3di_mesh_sweep *t, uint32_t first, uint32_t size)
{
    uint32_t kept = first, end = first + size;
    int backward = w3di_mesh_triangulate_holes_backward(t, first);
    for (uint32_t i = first; i < end; i++) {
        uint32_t next = i + 1 < end ? i + 1 : first;
        if (t->after[i] != W3DI_MESH_SWEEP_NONE) {
            kept = i;
            continue;
        }
        uint32_t *triangle = t->triangles + 3 * (size_t)t->triangle_count++;
        triangle[0] = kept;
        triangle[1] = backward ? next : i;
        triangle[2] = backward ? i : next;
    }
}

/* ---- the kernel ---- */

static int w3di_mesh_triangulate_holes_open(w3di_mesh_sweep *t, w3d_arena *scratch,
                                            uint32_t corners, uint32_t rings)
{
    size_t count = corners;
    w3d_fill(t, 0, sizeof *t);
    t->count = corners;
    t->free_edge = t->free_link = t->root = W3DI_MESH_SWEEP_NONE;
    t->keys = (uint64_t *)w3d_arena_push(scratch, count, 16, 8);
    t->given = (w3di_mesh_sweep_point *)w3d_arena_push(scratch, count, sizeof *t->given, 4);
    t->at = (w3di_mesh_sweep_point *)w3d_arena_push(scratch, count, sizeof *t->at, 4);
    t->before = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->after = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->order = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->other = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->previous = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->next = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->edge_of = (uint32_t *)w3d_arena_push(scratch, count, 4, 4);
    t->edges = (w3di_mesh_sweep_edge *)w3d_arena_push(scratch, count, sizeof *t->edges, 4);
    t->links = (w3di_mesh_sweep_link *)w3d_arena_push(scratch, count, 2 * sizeof *t->links, 4);
    t->triangles = (uint32_t *)w3d_arena_push(scratch, count + 2 * (size_t)rings, 12, 4);
    t->triangle_limit = corners + 2 * rings;
    t->kind = (uint8_t *)w3d_arena_push_zero(scratch, count, 1, 1);
    return t->keys && t->given && t->at && t->before && t->after && t->order && t->other &&
           t->previous && t->next && t->edge_of && t->edges && t->links && t->triangles && t->kind;
}

W3D_API size_t w3d_mesh_triangulate_holes_scratch_size(uint32_t corner_count, uint32_t ring_count)
{
    size_t size = 7; /* to align it */
    size_t each = 16 + 2 * sizeof(w3di_mesh_sweep_point) + 7 * 4 + 1 + 12 +
                  sizeof(w3di_mesh_sweep_edge) + 2 * sizeof(w3di_mesh_sweep_link);
    return w3d_size_append(&size, corner_count, each) && w3d_size_append(&size, ring_count, 24)
               ? size
               : SIZE_MAX;
}

static int w3di_mesh_triangulate_holes_kept(const w3d_mesh_triangulate_holes_desc *desc,
                                            const w3d_mesh_triangles *out)
{
    if (!desc || !out || (!out->indices && out->capacity)) return 0;
    if (desc->dimensions != 0 && desc->dimensions != 2 && desc->dimensions != 3) return 0;
    uint32_t row = desc->dimensions == 2 ? 8 : 12;
    return (desc->stride == 0 || (desc->stride >= row && desc->stride % 4 == 0)) &&
           (desc->positions || desc->vertex_count == 0) &&
           (desc->ring_sizes || desc->ring_count == 0);
}

/* Sweeps, then adds the triangles of repeated corners. */
static w3d_result w3di_mesh_triangulate_holes_run(w3di_mesh_sweep *t,
                                                  const w3d_mesh_triangulate_holes_desc *desc)
{
    uint32_t first = 0;
    for (uint32_t ring = 0; ring < desc->ring_count; first += desc->ring_sizes[ring++])
        if (!w3di_mesh_triangulate_holes_ring(t, first, desc->ring_sizes[ring]))
            return W3D_ERR_FORMAT;
    w3di_mesh_triangulate_holes_sort(t);
    for (uint32_t corner = 0, done; corner < t->used; corner += done) {
        if (t->previous[corner] > corner && t->next[corner] > corner)
            done = w3di_mesh_triangulate_holes_begin(t, corner);
        else if (w3di_mesh_triangulate_holes_ends(t, corner))
            done = w3di_mesh_triangulate_holes_end_all(t, corner);
        else
            done = w3di_mesh_triangulate_holes_pass(t, corner);
        if (!done) return W3D_ERR_FORMAT;
    }
    if (t->used == t->count) return W3D_OK;
    first = 0;
    for (uint32_t ring = 0; ring < desc->ring_count; first += desc->ring_sizes[ring++])
        w3di_mesh_triangulate_holes_repeats(t, first, desc->ring_sizes[ring]);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_triangulate_holes(const w3d_mesh_triangulate_holes_desc *desc,
                                              w3d_mesh_triangles *out, w3d_arena scratch)
{
    w3di_mesh_sweep t;
    w3di_mesh_triangulate_holes_source source;
    int kept = w3di_mesh_triangulate_holes_kept(desc, out), is_short = 0;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint64_t corners = 0;
    for (uint32_t i = 0; i < desc->ring_count; i++) {
        is_short |= desc->ring_sizes[i] < 3;
        corners += desc->ring_sizes[i];
    }
    if (desc->ring_count == 0 || is_short) return W3D_ERR_FORMAT;
    if (corners > W3DI_MESH_TRIANGULATE_HOLES_MOST) return W3D_ERR_LIMIT;
    uint32_t count = (uint32_t)corners;
    if (desc->corners ? !w3di_mesh_check_indices(desc->corners, count, desc->vertex_count)
                      : count > desc->vertex_count)
        return W3D_ERR_INDEX;

    source.desc = desc;
    source.stride = desc->stride ? desc->stride : desc->dimensions == 2 ? 8 : 12;
    w3di_mesh_triangulate_holes_look(&source);
    if (!w3di_mesh_triangulate_holes_open(&t, &scratch, count, desc->ring_count))
        return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < count; i++) {
        const float *row = w3di_mesh_triangulate_holes_row(&source, i);
        for (int k = 0; k < (desc->dimensions == 2 ? 2 : 3); k++)
            if (!(row[k] >= -FLT_MAX && row[k] <= FLT_MAX)) return W3D_ERR_RANGE;
        t.given[i].x = row[source.x];
        t.given[i].y = row[source.y];
    }
    w3d_result result = w3di_mesh_triangulate_holes_run(&t, desc);
    if (result != W3D_OK) return result;
    if (t.triangle_count > out->capacity) return W3D_ERR_CAPACITY;
    int flipped = w3di_mesh_triangulate_holes_backward(&t, 0);
    for (uint32_t i = 0; i < t.triangle_count; i++) {
        const uint32_t *from = t.triangles + 3 * (size_t)i;
        uint32_t *to = out->indices + 3 * (size_t)i;
        for (int k = 0; k < 3; k++) {
            uint32_t corner = from[flipped && k ? 3 - k : k];
            to[k] =
                desc->corner_numbers ? corner : w3di_mesh_triangulate_holes_vertex(desc, corner);
        }
        if (out->polygons) out->polygons[i] = 0;
    }
    out->triangle_count = t.triangle_count;
    out->skipped_count = 0;
    return W3D_OK;
}

#undef W3DI_MESH_TRIANGULATE_HOLES_MOST
#undef W3DI_MESH_TRIANGULATE_HOLES_FEW

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
