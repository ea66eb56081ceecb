/* mesh_sweep.h - what stands under a line that sweeps over rings; private to
 * mesh_triangulate_holes.
 *
 * Exact predicates on floats; the edges under the line, in a list and a balanced tree over it; and
 * the chains of corners between them, that new corners cut triangles off.
 *
 * Source: Shewchuk 1997, "Adaptive precision floating-point arithmetic and fast robust geometric
 * predicates"; Adelson-Velsky, Landis 1962, "An algorithm for the organization of information" (the
 * tree); Hertel, Mehlhorn 1983, "Fast triangulation of simple polygons". */
#ifndef W3D_MESH_SWEEP_H
#define W3D_MESH_SWEEP_H

#include "core/base.h"

#define W3DI_MESH_SWEEP_NONE 0xFFFFFFFFu

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

/* An edge under the line. */
typedef struct w3di_mesh_sweep_edge {
    uint32_t from, to;            /* corners, left to right                           */
    uint32_t below, above;        /* neighbours in the list                           */
    uint32_t left, right, parent; /* in the tree                                      */
    uint32_t height;              /* of the tree from here down                       */
    uint32_t low, high, last;     /* chain above it: its ends and its rightmost place */
    uint32_t inside;              /* 1: the polygon is above                          */
} w3di_mesh_sweep_edge;

/* A place in a chain. */
typedef struct w3di_mesh_sweep_link {
    uint32_t corner, lower, higher;
} w3di_mesh_sweep_link;

typedef struct w3di_mesh_sweep_point {
    float x, y;
} w3di_mesh_sweep_point;

typedef struct w3di_mesh_sweep {
    w3di_mesh_sweep_point *given; /* [count] as given                           */
    w3di_mesh_sweep_point *at;    /* [count] in the order of the sweep          */
    uint32_t *before, *after;     /* [count] neighbours in the ring, as given; NONE: a repeat  */
    uint32_t *order, *other;      /* [count] given number of the sweep's corner                */
    uint32_t *previous, *next;    /* [count] neighbours in the ring, in the order of the sweep */
    uint32_t *edge_of;            /* [count] the edge under the line from a corner to `next`   */
    uint64_t *keys;               /* [2 * count] */
    uint8_t *kind; /* [count] as given: 0 ends, 1 goes on, 2 begins; 4: backward; 8: done */
    w3di_mesh_sweep_edge *edges; /* [count] */
    w3di_mesh_sweep_link *links; /* [2 * count] */
    uint32_t *triangles;         /* [count + 2 * rings][3] as given */
    uint32_t count, used, triangle_count, triangle_limit;
    uint32_t edge_count, link_count, free_edge, free_link, root;
} w3di_mesh_sweep;

/* ---- predicates ---- */

/* The sum of six doubles with the sign of their exact sum: an expansion grows by one at a time
 * (Shewchuk 1997, section 2.4); its largest part has the sign. */
static inline double w3di_mesh_sweep_sum(const double *terms)
{
    double parts[6], sign = 0.0;
    int count = 0;
    for (int i = 0; i < 6; i++) {
        double sum = terms[i];
        for (int k = 0; k < count; k++) {
            double a = sum, b = parts[k];
            sum = a + b;
            double b_seen = sum - a, a_seen = sum - b_seen;
            parts[k] = (a - a_seen) + (b - b_seen);
        }
        parts[count++] = sum;
    }
    for (int k = 0; k < count; k++)
        if (parts[k] != 0.0) sign = parts[k];
    return sign;
}

/* Positive where a, b, c turn to the left, 0 where they are in line: the sign is exact. Products of
 * two floats are exact in double. */
static inline double w3di_mesh_sweep_turn(const w3di_mesh_sweep_point *a,
                                          const w3di_mesh_sweep_point *b,
                                          const w3di_mesh_sweep_point *c)
{
    double ax = (double)a->x, ay = (double)a->y, bx = (double)b->x, by = (double)b->y;
    double cx = (double)c->x, cy = (double)c->y, terms[6];
    double left = (bx - ax) * (cy - ay), right = (by - ay) * (cx - ax), turn = left - right;
    double size = (left < 0.0 ? -left : left) + (right < 0.0 ? -right : right);
    double bound = 3.3306690738754716e-16 * size; /* Shewchuk's ccwerrboundA */
    if (turn > bound || -turn > bound || size == 0.0) return turn;
    terms[0] = ax * by;
    terms[1] = -(ay * bx);
    terms[2] = bx * cy;
    terms[3] = -(by * cx);
    terms[4] = cx * ay;
    terms[5] = -(cy * ax);
    return w3di_mesh_sweep_sum(terms);
}

static inline int w3di_mesh_sweep_same(const w3di_mesh_sweep_point *a,
                                       const w3di_mesh_sweep_point *b)
{
    return a->x == b->x && a->y == b->y;
}

/* 1 where a lies before b on the sweep's way. */
static inline int w3di_mesh_sweep_less(const w3di_mesh_sweep_point *a,
                                       const w3di_mesh_sweep_point *b)
{
    return a->x < b->x || (a->x == b->x && a->y < b->y);
}

/* ---- the edges under the line ---- */

static inline uint32_t w3di_mesh_sweep_height(const w3di_mesh_sweep *t, uint32_t edge)
{
    return edge != W3DI_MESH_SWEEP_NONE ? t->edges[edge].height : 0;
}

/* Makes `child`, or nothing, what `old` is to its parent. */
static inline void w3di_mesh_sweep_replace(w3di_mesh_sweep *t, uint32_t old, uint32_t child)
{
    w3di_mesh_sweep_edge *e = t->edges;
    uint32_t parent = e[old].parent;
    if (child != W3DI_MESH_SWEEP_NONE) e[child].parent = parent;
    if (parent == W3DI_MESH_SWEEP_NONE)
        t->root = child;
    else if (e[parent].left == old)
        e[parent].left = child;
    else
        e[parent].right = child;
}

static inline void w3di_mesh_sweep_measure(w3di_mesh_sweep *t, uint32_t edge)
{
    uint32_t left = w3di_mesh_sweep_height(t, t->edges[edge].left);
    uint32_t right = w3di_mesh_sweep_height(t, t->edges[edge].right);
    t->edges[edge].height = (left > right ? left : right) + 1;
}

/* Turns an edge and its parent in the tree about. */
static inline void w3di_mesh_sweep_rotate(w3di_mesh_sweep *t, uint32_t child)
{
    w3di_mesh_sweep_edge *e = t->edges;
    uint32_t parent = e[child].parent, moved;
    w3di_mesh_sweep_replace(t, parent, child);
    if (e[parent].left == child) {
        moved = e[child].right;
        e[parent].left = moved;
        e[child].right = parent;
    } else {
        moved = e[child].left;
        e[parent].right = moved;
        e[child].left = parent;
    }
    if (moved != W3DI_MESH_SWEEP_NONE) e[moved].parent = parent;
    e[parent].parent = child;
    w3di_mesh_sweep_measure(t, parent);
    w3di_mesh_sweep_measure(t, child);
}

/* From an edge upwards, until a height is as it was: no two sides differ by more than one. */
static inline void w3di_mesh_sweep_balance(w3di_mesh_sweep *t, uint32_t at)
{
    const w3di_mesh_sweep_edge *e = t->edges;
    for (uint32_t old; at != W3DI_MESH_SWEEP_NONE; at = e[at].parent) {
        uint32_t left = e[at].left, right = e[at].right;
        old = e[at].height;
        uint32_t of_left = w3di_mesh_sweep_height(t, left);
        uint32_t of_right = w3di_mesh_sweep_height(t, right);
        if (of_left > of_right + 1) {
            uint32_t inner = e[left].right;
            if (w3di_mesh_sweep_height(t, e[left].left) < w3di_mesh_sweep_height(t, inner))
                w3di_mesh_sweep_rotate(t, inner);
            w3di_mesh_sweep_rotate(t, e[at].left);
            at = e[at].parent; /* what is now where it was */
        } else if (of_right > of_left + 1) {
            uint32_t inner = e[right].left;
            if (w3di_mesh_sweep_height(t, e[right].right) < w3di_mesh_sweep_height(t, inner))
                w3di_mesh_sweep_rotate(t, inner);
            w3di_mesh_sweep_rotate(t, e[at].right);
            at = e[at].parent;
        } else
            w3di_mesh_sweep_measure(t, at);
        if (e[at].height == old) return;
    }
}

/* A new edge between two neighbours; NONE: there is none below, or above. */
static inline uint32_t w3di_mesh_sweep_insert(w3di_mesh_sweep *t, uint32_t below, uint32_t above,
                                              uint32_t from, uint32_t to)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    w3di_mesh_sweep_edge *e = t->edges;
    uint32_t edge = t->free_edge;
    if (edge != none)
        t->free_edge = e[edge].above;
    else
        edge = t->edge_count++;
    e[edge].from = from;
    e[edge].to = to;
    e[edge].below = below;
    e[edge].above = above;
    e[edge].left = e[edge].right = e[edge].parent = none;
    e[edge].height = 1;
    if (below != none) e[below].above = edge;
    if (above != none) e[above].below = edge;
    /* Of two neighbours in order, one hangs somewhere below the other: there is the free place. */
    if (below != none && e[below].right == none) {
        e[below].right = edge;
        e[edge].parent = below;
    } else if (above != none) {
        e[above].left = edge;
        e[edge].parent = above;
    } else
        t->root = edge;
    w3di_mesh_sweep_balance(t, e[edge].parent);
    return edge;
}

static inline void w3di_mesh_sweep_remove(w3di_mesh_sweep *t, uint32_t edge)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    w3di_mesh_sweep_edge *e = t->edges;
    uint32_t left = e[edge].left, right = e[edge].right, next = e[edge].above, changed;
    if (left == none || right == none) {
        changed = e[edge].parent;
        w3di_mesh_sweep_replace(t, edge, left != none ? left : right);
    } else { /* the next in order, which has nothing on its left, takes the place */
        changed = next;
        if (next != right) {
            changed = e[next].parent;
            w3di_mesh_sweep_replace(t, next, e[next].right);
            e[next].right = right;
            e[right].parent = next;
        }
        w3di_mesh_sweep_replace(t, edge, next);
        e[next].left = left;
        e[left].parent = next;
        e[next].height = e[edge].height;
    }
    w3di_mesh_sweep_balance(t, changed);
    if (e[edge].below != none) e[e[edge].below].above = next;
    if (next != none) e[next].below = e[edge].below;
    e[edge].above = t->free_edge;
    t->free_edge = edge;
}

/* The neighbours between which a corner begins. On an edge, where its lower edge goes decides; if
 * that is on the line too, the other cannot go below. */
static inline void w3di_mesh_sweep_locate(const w3di_mesh_sweep *t, uint32_t corner, uint32_t low,
                                          uint32_t *below, uint32_t *above)
{
    *below = *above = W3DI_MESH_SWEEP_NONE;
    for (uint32_t at = t->root; at != W3DI_MESH_SWEEP_NONE;) {
        const w3di_mesh_sweep_edge *e = &t->edges[at];
        const w3di_mesh_sweep_point *from = &t->at[e->from], *to = &t->at[e->to];
        double side = w3di_mesh_sweep_turn(from, to, &t->at[corner]);
        if (side == 0.0) side = w3di_mesh_sweep_turn(from, to, &t->at[low]);
        if (side >= 0.0) {
            *below = at;
            at = e->right;
        } else {
            *above = at;
            at = e->left;
        }
    }
}

/* 1 where the lower of two neighbours is nowhere above the other, over all they have in common. */
static inline int w3di_mesh_sweep_ordered(const w3di_mesh_sweep *t, uint32_t below, uint32_t above)
{
    if (below == W3DI_MESH_SWEEP_NONE || above == W3DI_MESH_SWEEP_NONE) return 1;
    const w3di_mesh_sweep_edge *a = &t->edges[below], *b = &t->edges[above];
    const w3di_mesh_sweep_point *p = t->at;
    const w3di_mesh_sweep_point *a0 = &p[a->from], *a1 = &p[a->to];
    const w3di_mesh_sweep_point *b0 = &p[b->from], *b1 = &p[b->to];
    int begin = a->from < b->from ? w3di_mesh_sweep_turn(a0, a1, b0) >= 0.0
                                  : w3di_mesh_sweep_turn(b0, b1, a0) <= 0.0;
    return begin && (a->to < b->to ? w3di_mesh_sweep_turn(b0, b1, a1) <= 0.0
                                   : w3di_mesh_sweep_turn(a0, a1, b1) >= 0.0);
}

/* ---- chains ---- */

static inline uint32_t w3di_mesh_sweep_link_new(w3di_mesh_sweep *t, uint32_t corner, uint32_t lower,
                                                uint32_t higher)
{
    w3di_mesh_sweep_link *l = t->links;
    uint32_t link = t->free_link;
    if (link != W3DI_MESH_SWEEP_NONE)
        t->free_link = l[link].lower;
    else
        link = t->link_count++;
    l[link].corner = corner;
    l[link].lower = lower;
    l[link].higher = higher;
    if (lower != W3DI_MESH_SWEEP_NONE) l[lower].higher = link;
    if (higher != W3DI_MESH_SWEEP_NONE) l[higher].lower = link;
    return link;
}

static inline void w3di_mesh_sweep_link_free(w3di_mesh_sweep *t, uint32_t link)
{
    t->links[link].lower = t->free_link;
    t->free_link = link;
}

static inline void w3di_mesh_sweep_emit(w3di_mesh_sweep *t, uint32_t a, uint32_t b, uint32_t c)
{
    if (t->triangle_count == t->triangle_limit) return; /* of what does not cross there are fewer */
    uint32_t *triangle = t->triangles + 3 * (size_t)t->triangle_count++;
    triangle[0] = t->order[a];
    triangle[1] = t->order[b];
    triangle[2] = t->order[c];
}

/* 1 where the new corner may cut off `lower, corner, higher`, of which `end` is the one that leaves
 * the chain. A turn of zero is cut where the chain folds back or stands still at `end`. */
static inline int w3di_mesh_sweep_cuts(const w3di_mesh_sweep *t, uint32_t corner, uint32_t lower,
                                       uint32_t higher, uint32_t end)
{
    uint32_t far_end = end == lower ? higher : lower;
    double turn = w3di_mesh_sweep_turn(&t->at[lower], &t->at[corner], &t->at[higher]);
    return turn > 0.0 || (turn == 0.0 && !w3di_mesh_sweep_less(&t->at[far_end], &t->at[end]));
}

/* From a place in a chain upwards (or downwards): cuts what the corner can, gives the place it then
 * stands next to. The places passed are free, but for the first if it is to be kept. */
static inline uint32_t w3di_mesh_sweep_climb(w3di_mesh_sweep *t, uint32_t corner, uint32_t link,
                                             int up, int keep)
{
    for (;;) {
        uint32_t other = up ? t->links[link].higher : t->links[link].lower;
        if (other == W3DI_MESH_SWEEP_NONE) return link;
        uint32_t end = t->links[link].corner, far_end = t->links[other].corner;
        uint32_t lower = up ? end : far_end, higher = up ? far_end : end;
        if (!w3di_mesh_sweep_cuts(t, corner, lower, higher, end)) return link;
        w3di_mesh_sweep_emit(t, lower, corner, higher);
        if (!keep) w3di_mesh_sweep_link_free(t, link);
        keep = 0;
        link = other;
    }
}

static inline void w3di_mesh_sweep_add_low(w3di_mesh_sweep *t, uint32_t edge, uint32_t corner)
{
    w3di_mesh_sweep_edge *e = &t->edges[edge];
    uint32_t link = w3di_mesh_sweep_climb(t, corner, e->low, 1, 0);
    e->low = e->last = w3di_mesh_sweep_link_new(t, corner, W3DI_MESH_SWEEP_NONE, link);
}

static inline void w3di_mesh_sweep_add_high(w3di_mesh_sweep *t, uint32_t edge, uint32_t corner)
{
    w3di_mesh_sweep_edge *e = &t->edges[edge];
    uint32_t link = w3di_mesh_sweep_climb(t, corner, e->high, 0, 0);
    e->high = e->last = w3di_mesh_sweep_link_new(t, corner, link, W3DI_MESH_SWEEP_NONE);
}

/* The chain above `below` becomes two: up to the corner, and from it, which goes to `above`. */
static inline void w3di_mesh_sweep_divide(w3di_mesh_sweep *t, uint32_t below, uint32_t above,
                                          uint32_t corner)
{
    const uint32_t none = W3DI_MESH_SWEEP_NONE;
    w3di_mesh_sweep_edge *a = &t->edges[below], *b = &t->edges[above];
    uint32_t middle = a->last, low = a->low, high = a->high;
    uint32_t higher = w3di_mesh_sweep_climb(t, corner, middle, 1, 1);
    uint32_t lower = w3di_mesh_sweep_climb(t, corner, middle, 0, 1);
    if (higher == middle && lower == middle) { /* it stays in both */
        uint32_t over = t->links[middle].higher;
        higher = w3di_mesh_sweep_link_new(t, t->links[middle].corner, none, over);
        if (over == none) high = higher;
    } else if (higher != middle && lower != middle)
        w3di_mesh_sweep_link_free(t, middle);
    a->low = low;
    a->high = a->last = w3di_mesh_sweep_link_new(t, corner, lower, none);
    b->low = b->last = w3di_mesh_sweep_link_new(t, corner, none, higher);
    b->high = high;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_SWEEP_H */
