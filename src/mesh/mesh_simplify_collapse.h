/* mesh_simplify_collapse.h - which edge goes next, whether it may, and how it goes; private.
 *
 * Every point that may still move has a key: how much its cheapest collapse into a neighbour adds
 * to the sum of all quadrics, to an eighth of a doubling. A sweep goes over all points in the order
 * of memory and collapses those whose key is below a limit: the lowest below which there are about
 * as many points as collapses left to do. Many of them turn out to cost more by now, or may not go,
 * so some ten sweeps follow, each finer than the last. That is what makes this faster than a heap:
 * neighbours in the mesh, which lie near each other in memory, take their turns together. A key
 * may be out of date, as errors change with the surroundings, so the point is looked at anew when
 * its turn comes, and waits for a later sweep if its error has grown.
 *
 * An error is area times squared distance, so a tiny bump would go early however far it stands out.
 * A collapse therefore waits as if it had half the mean area of all points where it has less.
 *
 * Where more than two triangles share an edge, or fans touch in a point, the planes of all of them
 * hold it in place, so such points (MANY) may go wherever it costs least. What they may not is change
 * what hangs together: the condition on links keeps that for any triangles, not only for surfaces
 * (Attali, Lieutier, Salinas 2011). */
#ifndef W3D_MESH_SIMPLIFY_COLLAPSE_H
#define W3D_MESH_SIMPLIFY_COLLAPSE_H

#include "mesh/mesh_simplify_attributes.h"

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

/* Asks for a cache line that will soon be needed; nothing where the target has no such thing. */
W3D_INLINE void w3di_mesh_simplify_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* The key of an error: 0 for what rounding made negative. */
W3D_INLINE uint32_t w3di_mesh_simplify_key(float error)
{
    uint32_t bits = w3d_bits_f32(error);
    return error > 0.0f ? bits >> 20 : 0u;
}

W3D_INLINE void w3di_mesh_simplify_wait(w3di_mesh_simplify_state *s, uint32_t p, uint32_t key)
{
    s->keys[p] = (uint16_t)key;
    s->waiting[key]++;
}

/* What a point could go into, and what that would cost. */
typedef struct w3di_mesh_simplify_choice {
    uint32_t count;
    uint32_t point[2 * W3DI_MESH_SIMPLIFY_MOST_STAR];
    float error[2 * W3DI_MESH_SIMPLIFY_MOST_STAR];
    float wedge[2 * W3DI_MESH_SIMPLIFY_MOST_STAR]; /* what of it is the attributes' */
} w3di_mesh_simplify_choice;

/* 1 where `v` stays where it is when `u` goes into it. */
W3D_INLINE int w3di_mesh_simplify_stays(const w3di_mesh_simplify_state *s, uint32_t u, uint32_t v)
{
    uint32_t fixed = W3DI_MESH_SIMPLIFY_BORDER | W3DI_MESH_SIMPLIFY_SEAM;
    uint32_t have = s->points[v].flags, lost = s->points[u].flags;
    return !s->solve || (have & W3DI_MESH_SIMPLIFY_PINNED) || ((have & ~lost) & fixed);
}

/* Where v should be once u has gone into it, from u. */
W3D_INLINE void w3di_mesh_simplify_place(const w3di_mesh_simplify_state *s, uint32_t u, uint32_t v,
                                         float *d)
{
    float best[3];
    const w3di_mesh_simplify_point *pu = &s->points[u], *pv = &s->points[v];
    w3di_mesh_simplify_sub(pv->position, pu->position, d);
    if (w3di_mesh_simplify_stays(s, u, v)) return;
    if (!w3di_mesh_simplify_solve(pu, pv, d, best)) return;
    for (int k = 0; k < 3; k++) d[k] = best[k];
}

/* How much the error of both grows when u goes into v, `d` from u. */
W3D_INLINE float w3di_mesh_simplify_cost(const w3di_mesh_simplify_state *s, uint32_t u, uint32_t v,
                                         const float *d)
{
    const w3di_mesh_simplify_point *pu = &s->points[u], *pv = &s->points[v];
    if (!s->solve) return w3di_mesh_simplify_error(pu, d) - pu->c;
    float apart[3], from_v[3];
    w3di_mesh_simplify_sub(pv->position, pu->position, apart);
    for (int k = 0; k < 3; k++) from_v[k] = d[k] - apart[k];
    return (w3di_mesh_simplify_error(pu, d) - pu->c) +
           (w3di_mesh_simplify_error(pv, from_v) - pv->c);
}

W3D_INLINE void w3di_mesh_simplify_consider(const w3di_mesh_simplify_state *s,
                                            const w3di_mesh_simplify_form *form, uint32_t v,
                                            w3di_mesh_simplify_choice *choice)
{
    uint32_t i = choice->count++;
    choice->point[i] = v;
    choice->error[i] = w3di_mesh_simplify_form_error(form, &s->points[v]) - form->c;
}

/* What the attributes add to the last choice, seen from triangle i of the ring; `step` leads from
 * the point's corner to the other's. */
static inline void w3di_mesh_simplify_consider_wedge(const w3di_mesh_simplify_state *s, uint32_t u,
                                                     const w3di_mesh_simplify_ring *ring,
                                                     uint32_t i, uint32_t step,
                                                     w3di_mesh_simplify_choice *choice)
{
    float d[3];
    uint32_t last = choice->count - 1;
    const uint32_t *vertex = s->vertices + 3 * (size_t)(ring->place[i] >> 2);
    uint32_t k = ring->place[i] & 3u, from = vertex[k], to = vertex[(k + step) % 3u];
    w3di_mesh_simplify_sub(s->points[choice->point[last]].position, s->points[u].position, d);
    choice->wedge[last] = w3di_mesh_simplify_wedge_error(s, from, to, d);
    choice->error[last] += choice->wedge[last];
}

/* The error of a chosen collapse, where the points may move. */
W3D_INLINE void w3di_mesh_simplify_refine(const w3di_mesh_simplify_state *s, uint32_t u,
                                          w3di_mesh_simplify_choice *choice, uint32_t i)
{
    float d[3];
    if (!s->solve || i == choice->count) return;
    w3di_mesh_simplify_place(s, u, choice->point[i], d);
    choice->error[i] = w3di_mesh_simplify_cost(s, u, choice->point[i], d);
    if (s->wedge_floats) choice->error[i] += choice->wedge[i];
}

/* Everything u could go into. An inner point's neighbours are each met once as the first of a
 * triangle; a rim's last one only as the second, and those of no fan any number of times. */
W3D_INLINE void w3di_mesh_simplify_choices(const w3di_mesh_simplify_state *s, uint32_t u,
                                           const w3di_mesh_simplify_ring *ring,
                                           w3di_mesh_simplify_choice *choice)
{
    w3di_mesh_simplify_form form = w3di_mesh_simplify_form_of(&s->points[u]);
    uint32_t rim = s->points[u].flags & W3DI_MESH_SIMPLIFY_BORDER;
    choice->count = 0;
    if (!rim && !(s->points[u].flags & W3DI_MESH_SIMPLIFY_MANY)) {
        for (uint32_t i = 0; i < ring->count; i++) {
            w3di_mesh_simplify_consider(s, &form, ring->ahead[i], choice);
            if (s->wedge_floats) w3di_mesh_simplify_consider_wedge(s, u, ring, i, 1, choice);
        }
        return;
    }
    for (uint32_t i = 0; i < 2 * ring->count; i++) {
        uint32_t v = i < ring->count ? ring->ahead[i] : ring->back[i - ring->count], k = 0;
        if (rim && !(s->points[v].flags & W3DI_MESH_SIMPLIFY_BORDER)) continue;
        while (k < choice->count && choice->point[k] != v) k++;
        if (k < choice->count) continue;
        w3di_mesh_simplify_consider(s, &form, v, choice);
        if (s->wedge_floats)
            w3di_mesh_simplify_consider_wedge(s, u, ring, i % ring->count,
                                              i < ring->count ? 1u : 2u, choice);
    }
}

/* The number of the cheapest; the count where there is none. */
W3D_INLINE uint32_t w3di_mesh_simplify_cheapest(const w3di_mesh_simplify_choice *choice)
{
    uint32_t best = choice->count;
    float least = FLT_MAX;
    for (uint32_t i = 0; i < choice->count; i++) {
        int less = choice->error[i] < least;
        least = less ? choice->error[i] : least;
        best = less ? i : best;
    }
    return best;
}

/* The number of the best choice. Where points may move, the few that are cheapest without moving
 * are looked at again with it. */
W3D_INLINE uint32_t w3di_mesh_simplify_pick(const w3di_mesh_simplify_state *s, uint32_t u,
                                            w3di_mesh_simplify_choice *choice)
{
    uint32_t number[W3DI_MESH_SIMPLIFY_LOOKS], best = choice->count;
    float error[W3DI_MESH_SIMPLIFY_LOOKS], least = FLT_MAX;
    if (!s->solve) return w3di_mesh_simplify_cheapest(choice);
    uint32_t looks = 0;
    for (; looks < W3DI_MESH_SIMPLIFY_LOOKS; looks++) {
        uint32_t i = w3di_mesh_simplify_cheapest(choice);
        if (i == choice->count) break;
        w3di_mesh_simplify_refine(s, u, choice, i);
        number[looks] = i;
        error[looks] = choice->error[i];
        choice->error[i] = FLT_MAX; /* not to be met again just now */
    }
    for (uint32_t k = 0; k < looks; k++) {
        choice->error[number[k]] = error[k];
        if (!(error[k] < least)) continue;
        least = error[k];
        best = number[k];
    }
    return best;
}

/* Gives a point its key. */
static inline void w3di_mesh_simplify_ask(w3di_mesh_simplify_state *s, uint32_t p,
                                          const w3di_mesh_simplify_ring *ring)
{
    w3di_mesh_simplify_choice choice;
    w3di_mesh_simplify_choices(s, p, ring, &choice);
    uint32_t best = w3di_mesh_simplify_pick(s, p, &choice);
    if (best != choice.count)
        w3di_mesh_simplify_wait(s, p, w3di_mesh_simplify_key(choice.error[best]));
}

/* 1 where no triangle of the ring that stays turns over, or nearly, when its point moves to `to`.
 * Those with `gone` in them do not stay. */
W3D_INLINE int w3di_mesh_simplify_turns(const w3di_mesh_simplify_state *s, uint32_t p,
                                        const w3di_mesh_simplify_ring *ring, uint32_t gone,
                                        const float *to)
{
    w3d_f4 from = w3di_mesh_simplify_at(&s->points[p]);
    w3d_f4 goal = w3d_f4_set(to[0], to[1], to[2], 0.0f);
    int turns = 0; /* early ends would be guessed wrongly more than they save */
    for (uint32_t i = 0; i < ring->count; i++) {
        int stays = (ring->ahead[i] != gone) & (ring->back[i] != gone);
        w3d_f4 a = w3di_mesh_simplify_at(&s->points[ring->ahead[i]]);
        w3d_f4 ab = w3d_f4_sub(w3di_mesh_simplify_at(&s->points[ring->back[i]]), a);
        w3d_f4 n = w3di_mesh_simplify_cross4(ab, w3d_f4_sub(from, a));
        w3d_f4 m = w3di_mesh_simplify_cross4(ab, w3d_f4_sub(goal, a));
        float cosine = w3di_mesh_simplify_sum(w3d_f4_mul(n, m));
        float before = w3di_mesh_simplify_sum(w3d_f4_mul(n, n));
        float after = w3di_mesh_simplify_sum(w3d_f4_mul(m, m));
        /* A triangle that had no area may turn as it likes. */
        int turned =
            !((cosine > 0.0f) & (cosine * cosine > W3DI_MESH_SIMPLIFY_TURN * (before * after)));
        turns |= stays & (before > 0.0f) & turned;
    }
    return turns;
}

/* Finds which vertices of u go into which of v, along the edge; 0 where one has none to go into. */
static inline int w3di_mesh_simplify_pair(const w3di_mesh_simplify_state *s,
                                          const w3di_mesh_simplify_ring *ring_u, uint32_t v,
                                          w3di_mesh_simplify_pairs *pairs)
{
    pairs->count = 0;
    for (uint32_t i = 0; i < ring_u->count; i++) {
        if (ring_u->ahead[i] != v && ring_u->back[i] != v) continue;
        uint32_t triangle = ring_u->place[i] >> 2, at = ring_u->place[i] & 3u;
        uint32_t from = w3di_mesh_simplify_vertex(s, triangle, at);
        uint32_t to =
            w3di_mesh_simplify_vertex(s, triangle,
                                      ring_u->ahead[i] == v ? w3di_mesh_simplify_after(at)
                                                            : w3di_mesh_simplify_before(at));
        if (pairs->count && pairs->from[0] == from) {
            if (pairs->to[0] != to) return 0;
            continue;
        }
        pairs->from[pairs->count] = from; /* twice at most: the edge has two triangles */
        pairs->to[pairs->count++] = to;
    }
    for (uint32_t i = 0; i < ring_u->count; i++) {
        uint32_t k = 0, place = ring_u->place[i];
        uint32_t vertex = w3di_mesh_simplify_vertex(s, place >> 2, place & 3u);
        while (k < pairs->count && pairs->from[k] != vertex) k++;
        if (k == pairs->count) return 0;
    }
    return 1;
}

/* The condition on links where they are any graphs: what is next to u and to v is next to their
 * edge, be it points or edges of triangles; and each point that is next to that edge keeps a
 * triangle with v, or nothing would connect the two any more. */
static inline int w3di_mesh_simplify_links(w3di_mesh_simplify_state *s, uint32_t u,
                                           const w3di_mesh_simplify_ring *ring_u, uint32_t v,
                                           const w3di_mesh_simplify_ring *ring_v)
{
    uint32_t next = w3di_mesh_simplify_stamp(s, 3), apex = next + 1, kept = next + 2;
    uint32_t left_u = 0, left_v = 0, *mark = s->mark;
    for (uint32_t i = 0; i < ring_v->count; i++)
        mark[ring_v->ahead[i]] = mark[ring_v->back[i]] = next;
    for (uint32_t i = 0; i < ring_v->count; i++) {
        if (ring_v->ahead[i] == u) mark[ring_v->back[i]] = apex;
        if (ring_v->back[i] == u) mark[ring_v->ahead[i]] = apex;
    }
    for (uint32_t i = 0; i < ring_v->count; i++) {
        uint32_t a = ring_v->ahead[i], b = ring_v->back[i];
        if (a == u || b == u) continue;
        left_v++;
        if (mark[a] == apex) mark[a] = kept;
        if (mark[b] == apex) mark[b] = kept;
    }
    for (uint32_t i = 0; i < ring_u->count; i++) {
        uint32_t a = ring_u->ahead[i], b = ring_u->back[i];
        if (a == v || b == v) continue;
        left_u++;
        if (mark[a] == next || mark[b] == next) return 0;
        if (mark[a] == apex) mark[a] = kept;
        if (mark[b] == apex) mark[b] = kept;
        if (mark[a] != kept || mark[b] != kept) continue;
        for (uint32_t k = 0; k < ring_v->count; k++)
            if ((ring_v->ahead[k] == a && ring_v->back[k] == b) ||
                (ring_v->ahead[k] == b && ring_v->back[k] == a))
                return 0;
    }
    for (uint32_t i = 0; i < ring_v->count; i++)
        if (mark[ring_v->ahead[i]] == apex || mark[ring_v->back[i]] == apex) return 0;
    return left_u + left_v > 0 && left_u + left_v <= W3DI_MESH_SIMPLIFY_MOST_STAR;
}

/* 1 where u may go into v without changing what the surface is connected like, and every vertex
 * of u has one of v to go into, along the edge. */
static inline int w3di_mesh_simplify_allowed(w3di_mesh_simplify_state *s, uint32_t u,
                                             const w3di_mesh_simplify_ring *ring_u, uint32_t v,
                                             const w3di_mesh_simplify_ring *ring_v,
                                             w3di_mesh_simplify_pairs *pairs)
{
    uint32_t shared = 0, common = 0, stamp = w3di_mesh_simplify_stamp(s, 1);
    uint32_t open_u = s->points[u].flags & W3DI_MESH_SIMPLIFY_BORDER;
    pairs->count = 1;
    pairs->from[0] = s->vertex_of[u];
    pairs->to[0] = s->vertex_of[v];
    if ((s->points[u].flags | s->points[v].flags) & W3DI_MESH_SIMPLIFY_MANY)
        return !(s->points[v].flags & W3DI_MESH_SIMPLIFY_BORDER) &&
               (!s->vertices || w3di_mesh_simplify_pair(s, ring_u, v, pairs)) &&
               w3di_mesh_simplify_links(s, u, ring_u, v, ring_v);
    for (uint32_t i = 0; i < ring_u->count; i++)
        shared += (uint32_t)((ring_u->ahead[i] == v) | (ring_u->back[i] == v));
    if (shared != (open_u ? 1u : 2u)) return 0;
    if (s->vertices && !w3di_mesh_simplify_pair(s, ring_u, v, pairs)) return 0;
    /* The points next to both must be those of the triangles that go (Dey et al. 1999). */
    uint32_t open_v = s->points[v].flags & (W3DI_MESH_SIMPLIFY_BORDER | W3DI_MESH_SIMPLIFY_PINNED);
    for (uint32_t i = 0; i < ring_v->count; i++) s->mark[ring_v->ahead[i]] = stamp;
    for (uint32_t i = 0; open_v && i < ring_v->count; i++) s->mark[ring_v->back[i]] = stamp;
    for (uint32_t i = 0; i < ring_u->count; i++) common += s->mark[ring_u->ahead[i]] == stamp;
    for (uint32_t i = 0; open_u && i < ring_u->count; i++) {
        /* The last point of an open fan begins no triangle. */
        uint32_t x = ring_u->back[i], k = 0;
        while (k < ring_u->count && ring_u->ahead[k] != x) k++;
        common += k == ring_u->count && s->mark[x] == stamp;
    }
    if (common != shared || ring_u->count + ring_v->count == 2 * shared) return 0;
    if (ring_u->count - shared != 1)
        return ring_u->count - shared + ring_v->count - shared <= W3DI_MESH_SIMPLIFY_MOST_STAR;
    /* One triangle would be left: it must not come to lie on another. */
    uint32_t last = 0;
    while (ring_u->ahead[last] == v || ring_u->back[last] == v) last++;
    for (uint32_t i = 0; i < ring_v->count; i++) {
        uint32_t a = ring_u->ahead[last], b = ring_u->back[last];
        if ((ring_v->ahead[i] == a && ring_v->back[i] == b) ||
            (ring_v->ahead[i] == b && ring_v->back[i] == a))
            return 0;
    }
    return 1;
}

/* Makes room in the pool by listing the stars anew from the triangles that are left. */
static inline void w3di_mesh_simplify_compact(w3di_mesh_simplify_state *s)
{
    size_t used = 0;
    uint32_t *count = s->mark;
    w3d_fill(count, 0, (size_t)s->point_count * sizeof *count);
    for (uint32_t t = 0; t < s->triangle_count; t++) {
        const uint32_t *corner = s->corners + 3 * (size_t)t;
        if (corner[0] == W3DI_MESH_SIMPLIFY_NONE) continue;
        for (int k = 0; k < 3; k++) count[corner[k]]++;
    }
    for (uint32_t p = 0; p < s->point_count; p++) {
        s->points[p].star = (uint32_t)used;
        s->points[p].count = (uint16_t)(count[p] < 0xFFFFu ? count[p] : 0xFFFFu);
        used += count[p];
        count[p] = s->points[p].star;
    }
    for (uint32_t t = 0; t < s->triangle_count; t++) {
        const uint32_t *corner = s->corners + 3 * (size_t)t;
        if (corner[0] == W3DI_MESH_SIMPLIFY_NONE) continue;
        for (uint32_t k = 0; k < 3; k++) s->pool[count[corner[k]]++] = 4 * t + k;
    }
    s->pool_used = used;
    w3d_fill(s->mark, 0, (size_t)s->point_count * sizeof *s->mark);
    s->stamp = 1;
}

/* u goes into v, which moves to d from u. */
static inline void w3di_mesh_simplify_collapse(w3di_mesh_simplify_state *s, uint32_t u,
                                               const w3di_mesh_simplify_ring *ring_u, uint32_t v,
                                               const w3di_mesh_simplify_ring *ring_v,
                                               const float *d,
                                               const w3di_mesh_simplify_pairs *pairs)
{
    w3di_mesh_simplify_point *pu = &s->points[u], *pv = &s->points[v];
    int stays = w3di_mesh_simplify_stays(s, u, v);
    float apart[3], from_v[3] = { 0.0f, 0.0f, 0.0f };
    w3di_mesh_simplify_sub(pv->position, pu->position, apart);
    for (int k = 0; k < 3 && !stays; k++) from_v[k] = d[k] - apart[k];
    if (s->wedge_floats) w3di_mesh_simplify_attributes_merge(s, d, from_v, pairs);
    if (s->solve) pv->flags = (uint16_t)(pv->flags | W3DI_MESH_SIMPLIFY_MOVED);
    pv->flags = (uint16_t)(pv->flags | (pu->flags & W3DI_MESH_SIMPLIFY_MANY));
    if (!stays) {
        w3di_mesh_simplify_shift(pv, from_v);
        for (int k = 0; k < 3; k++) pv->position[k] = pu->position[k] + d[k];
    }
    w3di_mesh_simplify_shift(pu, d);
    w3di_mesh_simplify_merge(pv, pu);

    if (s->pool_used + ring_u->count + ring_v->count > s->pool_size) w3di_mesh_simplify_compact(s);
    uint32_t *star = s->pool + s->pool_used, count = 0;
    /* Triangles of v stay in its star; those with u in them go. */
    for (uint32_t i = 0; i < ring_v->count; i++) {
        star[count] = ring_v->place[i];
        count += (uint32_t)((ring_v->ahead[i] != u) & (ring_v->back[i] != u));
    }
    for (uint32_t i = 0; i < ring_u->count; i++) {
        uint32_t place = ring_u->place[i];
        uint32_t *corner = s->corners + 3 * (size_t)(place >> 2);
        uint32_t goes = (uint32_t)((ring_u->ahead[i] == v) | (ring_u->back[i] == v));
        corner[place & 3u] = v;
        corner[0] = goes ? W3DI_MESH_SIMPLIFY_NONE : corner[0];
        s->live_count -= goes;
        star[count] = place;
        count += !goes;
        if (!s->vertices) continue;
        uint32_t *vertex = s->vertices + 3 * (size_t)(place >> 2) + (place & 3u);
        *vertex = pairs->count > 1 && *vertex == pairs->from[1] ? pairs->to[1] : pairs->to[0];
    }
    pv->star = (uint32_t)s->pool_used;
    pv->count = (uint16_t)count;
    s->pool_used += count;
    pu->flags = (uint16_t)(pu->flags | W3DI_MESH_SIMPLIFY_GONE);
    pu->count = 0;
}

/* The mean squared distance of the collapse from the planes u stands for or from those v does,
 * whichever is more. */
W3D_INLINE float w3di_mesh_simplify_mean(const w3di_mesh_simplify_state *s, uint32_t u, uint32_t v,
                                         const float *d, const w3di_mesh_simplify_pairs *pairs)
{
    const w3di_mesh_simplify_point *pu = &s->points[u], *pv = &s->points[v];
    float from_v[3];
    for (int k = 0; k < 3; k++) from_v[k] = d[k] - (pv->position[k] - pu->position[k]);
    float one = w3di_mesh_simplify_error(pu, d), two = w3di_mesh_simplify_error(pv, from_v);
    for (uint32_t k = 0; s->wedge_floats && k < pairs->count; k++)
        one += w3di_mesh_simplify_wedge_error(s, pairs->from[k], pairs->to[k], d);
    one = one > 0.0f && pu->weight > 0.0f ? one / pu->weight : 0.0f;
    two = two > 0.0f && pv->weight > 0.0f ? two / pv->weight : 0.0f;
    return one > two ? one : two;
}

/* Takes the step of a point whose turn it is, if it costs less than the limit. */
static inline void w3di_mesh_simplify_turn(w3di_mesh_simplify_state *s, uint32_t u, uint32_t limit)
{
    w3di_mesh_simplify_ring ring_u, ring_v;
    w3di_mesh_simplify_choice choice;
    w3di_mesh_simplify_pairs pairs;
    uint32_t slack = s->solve ? W3DI_MESH_SIMPLIFY_SLACK_MOVING : W3DI_MESH_SIMPLIFY_SLACK;
    w3di_mesh_simplify_read(s, u, &ring_u);
    if (ring_u.count == 0) return;
    w3di_mesh_simplify_choices(s, u, &ring_u, &choice);
    for (int tries = 0; tries < 4; tries++) {
        float d[3], to[3];
        uint32_t best = w3di_mesh_simplify_pick(s, u, &choice);
        if (best == choice.count) return;
        uint32_t v = choice.point[best], found = w3di_mesh_simplify_key(choice.error[best]);
        if (found >= limit + slack) {
            w3di_mesh_simplify_wait(s, u, found);
            return;
        }
        choice.error[best] = FLT_MAX;
        if (s->points[v].count > W3DI_MESH_SIMPLIFY_MOST_STAR) continue;
        w3di_mesh_simplify_read(s, v, &ring_v);
        if (!w3di_mesh_simplify_allowed(s, u, &ring_u, v, &ring_v, &pairs)) continue;
        w3di_mesh_simplify_place(s, u, v, d);
        float mean = w3di_mesh_simplify_mean(s, u, v, d, &pairs);
        if (mean > s->most_error) continue;
        uint32_t apart = w3di_mesh_simplify_key(mean * s->least_weight);
        if (apart >= limit + slack) { /* far, with little area */
            w3di_mesh_simplify_wait(s, u, apart);
            return;
        }
        if (w3di_mesh_simplify_stays(s, u, v))
            for (int k = 0; k < 3; k++) to[k] = s->points[v].position[k];
        else
            for (int k = 0; k < 3; k++) to[k] = s->points[u].position[k] + d[k];
        if (w3di_mesh_simplify_turns(s, u, &ring_u, v, to)) continue;
        if (!w3di_mesh_simplify_stays(s, u, v) && w3di_mesh_simplify_turns(s, v, &ring_v, u, to))
            continue;
        w3di_mesh_simplify_collapse(s, u, &ring_u, v, &ring_v, d, &pairs);
        if (mean > s->worst) s->worst = mean;
        /* What had no way to go may have one now. */
        for (uint32_t i = 0; i < ring_u.count; i++) {
            uint32_t x = ring_u.ahead[i];
            if (s->keys[x] != W3DI_MESH_SIMPLIFY_STUCK ||
                (s->points[x].flags & W3DI_MESH_SIMPLIFY_PINNED))
                continue;
            s->keys[x] = W3DI_MESH_SIMPLIFY_LISTED;
            s->next[x] = s->list;
            s->list = x;
        }
        return;
    }
}

/* The next point at or after p whose turn it is; point_count where there is none. */
W3D_INLINE uint32_t w3di_mesh_simplify_next(const w3di_mesh_simplify_state *s, uint32_t p,
                                            uint32_t limit)
{
    while (p < s->point_count && s->keys[p] >= limit) p++;
    return p;
}

/* Asks for what a point will need whose turn is some steps away: its record and its star. Each
 * stage uses what the one before asked for. */
W3D_INLINE void w3di_mesh_simplify_ahead(const w3di_mesh_simplify_state *s, uint32_t p, int stage)
{
    if (p >= s->point_count) return;
    const w3di_mesh_simplify_point *point = &s->points[p];
    if (stage == 0) {
        w3di_mesh_simplify_prefetch(point);
    } else if (stage == 1) {
        w3di_mesh_simplify_prefetch(s->pool + point->star);
    } else {
        const uint32_t *star = s->pool + point->star;
        uint32_t most = point->count < 6 ? point->count : 6;
        for (uint32_t i = 0; i < most; i++)
            w3di_mesh_simplify_prefetch(s->corners + 3 * (size_t)(star[i] >> 2));
    }
}

/* One turn for every point below the limit, then for those that have a way to go again. */
static inline void w3di_mesh_simplify_sweep(w3di_mesh_simplify_state *s, uint32_t limit,
                                            uint32_t target)
{
    uint32_t line[W3DI_MESH_SIMPLIFY_AHEAD], after = 0;
    for (uint32_t i = 0; i < W3DI_MESH_SIMPLIFY_AHEAD; i++) {
        line[i] = after = w3di_mesh_simplify_next(s, after, limit);
        if (after < s->point_count) after++;
    }
    for (uint32_t turn = 0;; turn++) {
        uint32_t p = line[turn % W3DI_MESH_SIMPLIFY_AHEAD];
        if (p == s->point_count) break;
        line[turn % W3DI_MESH_SIMPLIFY_AHEAD] = after = w3di_mesh_simplify_next(s, after, limit);
        w3di_mesh_simplify_ahead(s, after, 0);
        if (after < s->point_count) after++;
        w3di_mesh_simplify_ahead(s, line[(turn + 4) % W3DI_MESH_SIMPLIFY_AHEAD], 1);
        w3di_mesh_simplify_ahead(s, line[(turn + 2) % W3DI_MESH_SIMPLIFY_AHEAD], 2);
        s->waiting[s->keys[p]]--;
        s->keys[p] = W3DI_MESH_SIMPLIFY_STUCK;
        w3di_mesh_simplify_turn(s, p, limit);
        if (s->live_count <= target) return;
    }
    while (s->list != W3DI_MESH_SIMPLIFY_NONE) {
        uint32_t p = s->list;
        s->list = s->next[p];
        s->keys[p] = W3DI_MESH_SIMPLIFY_STUCK;
        if (!(s->points[p].flags & W3DI_MESH_SIMPLIFY_GONE)) w3di_mesh_simplify_turn(s, p, limit);
        if (s->live_count <= target) return;
    }
}

/* Finds what kind of point each is and what its cheapest collapse costs. That of a point on a rim
 * depends on which others are, so it comes last. */
static inline void w3di_mesh_simplify_begin(w3di_mesh_simplify_state *s, int lock_border)
{
    w3di_mesh_simplify_ring ring;
    for (uint32_t p = 0; p < s->point_count; p++) {
        w3di_mesh_simplify_point *point = &s->points[p];
        s->keys[p] = W3DI_MESH_SIMPLIFY_STUCK;
        if ((point->flags & W3DI_MESH_SIMPLIFY_PINNED) || !point->count) continue;
        w3di_mesh_simplify_read(s, p, &ring);
        w3di_mesh_simplify_classify(s, p, &ring);
        if (!(point->flags & (W3DI_MESH_SIMPLIFY_PINNED | W3DI_MESH_SIMPLIFY_BORDER))) {
            w3di_mesh_simplify_ask(s, p, &ring);
        } else if (lock_border && (point->flags & W3DI_MESH_SIMPLIFY_BORDER)) {
            point->flags = (uint16_t)(point->flags | W3DI_MESH_SIMPLIFY_PINNED);
        } else if (!(point->flags & W3DI_MESH_SIMPLIFY_PINNED)) {
            s->next[p] = s->list;
            s->list = p;
        }
    }
    for (; s->list != W3DI_MESH_SIMPLIFY_NONE; s->list = s->next[s->list]) {
        w3di_mesh_simplify_read(s, s->list, &ring);
        w3di_mesh_simplify_ask(s, s->list, &ring);
    }
}

static inline void w3di_mesh_simplify_run(w3di_mesh_simplify_state *s, uint32_t target)
{
    uint32_t limit = 0;
    while (s->live_count > target) {
        uint64_t least = ((uint64_t)(s->live_count - target) + 1) / 2; /* collapses */
        uint64_t below = 0, all = 0, most;
        for (uint32_t key = 0; key < W3DI_MESH_SIMPLIFY_KEYS; key++) all += s->waiting[key];
        /* Where edges have many triangles there are fewer points, and a collapse takes more. */
        most = all * (s->live_count - target) / s->live_count + 1;
        least = least < most ? least : most;
        least = least * (s->solve ? W3DI_MESH_SIMPLIFY_PART_MOVING : W3DI_MESH_SIMPLIFY_PART) / 16;
        s->least_weight = s->total_weight / (float)s->live_count;
        while (limit < W3DI_MESH_SIMPLIFY_KEYS && (below == 0 || below < least))
            below += s->waiting[limit++];
        if (below == 0) return;
        w3di_mesh_simplify_sweep(s, limit, target);
    }
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_SIMPLIFY_COLLAPSE_H */
