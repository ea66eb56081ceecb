/* mesh_simplify_build.h - from the caller's triangles to points, stars and quadrics; private.
 *
 * Vertices at one position are one point: what is between them is a seam, not a border. A
 * triangle's corners name points, and where seams or attributes are, vertices too. The star of a
 * point is the list of its triangles, a run in a pool that the lists of merged points are
 * appended to. */
#ifndef W3D_MESH_SIMPLIFY_BUILD_H
#define W3D_MESH_SIMPLIFY_BUILD_H

#include "core/arena.h"
#include "mesh/mesh_simplify.h"
#include "mesh/mesh_simplify_quadric.h"
#include "mesh/mesh_weld.h"

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

#define W3DI_MESH_SIMPLIFY_NONE      0xFFFFFFFFu
#define W3DI_MESH_SIMPLIFY_MOST_STAR 64u /* triangles around a point that may still change */
#define W3DI_MESH_SIMPLIFY_KEYS      2048u
#define W3DI_MESH_SIMPLIFY_STUCK     0xFFFFu /* key of a point with no way to go            */
#define W3DI_MESH_SIMPLIFY_LISTED    0xFFFEu /* key of a point in the list                  */
#define W3DI_MESH_SIMPLIFY_LOOKS     2u      /* choices that are worked out where points may move */
#define W3DI_MESH_SIMPLIFY_AHEAD     8u      /* points that are asked for before their turn      */
/* How many points below the limit a sweep has, in sixteenths of the collapses that are left to
 * do, and how far above it a key may be found: where points stay, and where they may move. */
#define W3DI_MESH_SIMPLIFY_PART         16u
#define W3DI_MESH_SIMPLIFY_SLACK        16u
#define W3DI_MESH_SIMPLIFY_PART_MOVING  14u
#define W3DI_MESH_SIMPLIFY_SLACK_MOVING 4u
#define W3DI_MESH_SIMPLIFY_RIM          4.0f /* how much a rim's plane counts, and a seam's */
#define W3DI_MESH_SIMPLIFY_SEAM_RIM     1.0f
#define W3DI_MESH_SIMPLIFY_TURN         0.0625f /* square of the cosine of the widest turn */

typedef struct w3di_mesh_simplify_state {
    w3di_mesh_simplify_point *points; /* [point_count]                                            */
    uint32_t *next; /* [point_count] in the list of points                                    */
    uint16_t *keys; /* [point_count] what its cheapest collapse costs                           */
    uint32_t *mark; /* [point_count] see `stamp`                                              */
    uint32_t *corners;  /* [triangle_count][3] points; NONE first: the triangle is gone           */
    uint32_t *vertices; /* [triangle_count][3] the caller's vertices; NULL: those of the points   */
    uint32_t *vertex_of; /* [point_count] one vertex of each point                                */
    uint32_t *pool;      /* [pool_size] the stars                                                 */
    float *wedges;       /* [vertex_count][wedge_floats] attribute quadrics; see ..._attributes.h */
    float *values;       /* [vertex_count][attribute_count] attributes times their weight         */
    uint32_t *waiting;   /* [KEYS] how many points have each key                                  */
    size_t pool_size, pool_used;
    uint32_t point_count, triangle_count, live_count, stamp, list;
    uint32_t attribute_count, wedge_floats;
    int solve;                        /* points move to where the error is least               */
    double scale;                     /* of the caller's coordinates to ours: a power of two   */
    float most_error;                 /* squared, in ours                                     */
    float total_weight, least_weight; /* of all points; what a point weighs at least */
    float worst;                      /* the largest squared error so far, in ours            */
} w3di_mesh_simplify_state;

/* The power of two that brings `extent` into [1, 2). */
static inline double w3di_mesh_simplify_scale(double extent)
{
    uint64_t exponent = w3d_bits_f64(extent) >> 52 & 0x7FFu;
    return extent > 0.0 ? w3d_f64_from_bits((2046u - exponent) << 52) : 1.0;
}

static inline int w3di_mesh_simplify_finite(const float *p)
{
    return w3d_f32_is_finite(p[0]) && w3d_f32_is_finite(p[1]) && w3d_f32_is_finite(p[2]);
}

/* The largest side of the box around the vertices that triangles name. */
static inline double w3di_mesh_simplify_extent(const w3d_mesh_view *mesh, const uint32_t *remap)
{
    double low[3] = { 0.0, 0.0, 0.0 }, high[3] = { 0.0, 0.0, 0.0 }, most = 0.0;
    int any = 0;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        const float *p = w3d_mesh_position(mesh, i);
        if (remap[i] == W3D_MESH_WELD_DROPPED || !w3di_mesh_simplify_finite(p)) continue;
        for (int k = 0; k < 3; k++) {
            double x = (double)p[k];
            if (!any || x < low[k]) low[k] = x;
            if (!any || x > high[k]) high[k] = x;
        }
        any = 1;
    }
    for (int k = 0; k < 3; k++)
        if (high[k] - low[k] > most) most = high[k] - low[k];
    return most;
}

/* Copies the triangles that have three finite corners apart; gives how many. `remap` leads from
 * vertices to points. */
static inline uint32_t w3di_mesh_simplify_gather(w3di_mesh_simplify_state *s,
                                                 const w3d_mesh_view *mesh, const uint32_t *remap)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        const uint32_t *index = mesh->indices + i;
        uint32_t *corner = s->corners + 3 * (size_t)count;
        uint32_t a = remap[index[0]], b = remap[index[1]], c = remap[index[2]];
        if (a == b || b == c || c == a) continue;
        if ((s->points[a].flags | s->points[b].flags | s->points[c].flags) &
            W3DI_MESH_SIMPLIFY_GONE)
            continue;
        corner[0] = a;
        corner[1] = b;
        corner[2] = c;
        if (s->vertices) w3d_copy(s->vertices + 3 * (size_t)count, index, 12);
        count++;
    }
    return count;
}

/* Lists the triangles around each point. */
static inline void w3di_mesh_simplify_stars(w3di_mesh_simplify_state *s)
{
    size_t corner_count = 3 * (size_t)s->triangle_count;
    uint32_t *end = s->next; /* nothing is queued yet */
    w3d_fill(end, 0, (size_t)s->point_count * sizeof *end);
    for (size_t i = 0; i < corner_count; i++) end[s->corners[i]]++;
    uint32_t sum = 0;
    for (uint32_t p = 0; p < s->point_count; p++) {
        w3di_mesh_simplify_point *point = &s->points[p];
        point->star = sum;
        if (end[p] > W3DI_MESH_SIMPLIFY_MOST_STAR)
            point->flags = (uint16_t)(point->flags | W3DI_MESH_SIMPLIFY_PINNED);
        point->count = (uint16_t)(end[p] < 0xFFFFu ? end[p] : 0xFFFFu);
        sum += end[p];
        end[p] = point->star;
    }
    for (uint32_t t = 0; t < s->triangle_count; t++)
        for (uint32_t k = 0; k < 3; k++) s->pool[end[s->corners[3 * (size_t)t + k]]++] = 4 * t + k;
    s->pool_used = sum;
}

/* Every triangle gives its plane to its corners. */
static inline void w3di_mesh_simplify_planes(w3di_mesh_simplify_state *s)
{
    double total = 0.0;
    for (uint32_t t = 0; t < s->triangle_count; t++) {
        const uint32_t *corner = s->corners + 3 * (size_t)t;
        w3di_mesh_simplify_point *a = &s->points[corner[0]], *b = &s->points[corner[1]];
        w3di_mesh_simplify_point *c = &s->points[corner[2]];
        float ab[3], ac[3], n[3];
        w3di_mesh_simplify_sub(b->position, a->position, ab);
        w3di_mesh_simplify_sub(c->position, a->position, ac);
        w3di_mesh_simplify_cross(ab, ac, n);
        float length = w3d_sqrtf(w3di_mesh_simplify_dot(n, n));
        if (!(length > 0.0f)) continue;
        float factor = 0.5f / length, area = 0.5f * length;
        w3di_mesh_simplify_add_plane(a, n, factor);
        w3di_mesh_simplify_add_plane(b, n, factor);
        w3di_mesh_simplify_add_plane(c, n, factor);
        a->weight += area;
        b->weight += area;
        c->weight += area;
        total += (double)area;
    }
    s->total_weight = (float)(3.0 * total);
}

/* Adds to point a the plane that stands upright on triangle a, b, c along the edge a, b: it keeps
 * a rim or a seam where it is. */
static inline void w3di_mesh_simplify_rim(w3di_mesh_simplify_point *a,
                                          const w3di_mesh_simplify_point *b,
                                          const w3di_mesh_simplify_point *c, float factor)
{
    float ab[3], ac[3], n[3], up[3];
    w3di_mesh_simplify_sub(b->position, a->position, ab);
    w3di_mesh_simplify_sub(c->position, a->position, ac);
    w3di_mesh_simplify_cross(ab, ac, n);
    w3di_mesh_simplify_cross(ab, n, up);
    float length = w3d_sqrtf(w3di_mesh_simplify_dot(up, up));
    if (!(length > 0.0f)) return;
    for (int k = 0; k < 3; k++) up[k] /= length;
    /* Square of the edge, as an area, times the squared distance from the upright plane. */
    w3di_mesh_simplify_add_plane(a, up, factor * w3di_mesh_simplify_dot(ab, ab));
}

/* The star of a point as its neighbours: triangle i goes from the point to ahead[i] to back[i]. */
typedef struct w3di_mesh_simplify_ring {
    uint32_t count;
    uint32_t place[W3DI_MESH_SIMPLIFY_MOST_STAR]; /* 4 * triangle + which corner the point is */
    uint32_t ahead[W3DI_MESH_SIMPLIFY_MOST_STAR], back[W3DI_MESH_SIMPLIFY_MOST_STAR];
} w3di_mesh_simplify_ring;

/* The corner after a corner of a triangle, and the one before. Tables in two bits a corner: what a
 * star holds is in no order, so a branch on it would be guessed wrongly every other time. */
W3D_INLINE uint32_t w3di_mesh_simplify_after(uint32_t corner) { return 9u >> 2 * corner & 3u; }
W3D_INLINE uint32_t w3di_mesh_simplify_before(uint32_t corner) { return 18u >> 2 * corner & 3u; }

/* Reads the star and drops triangles that are gone from it. The point is not crowded. */
W3D_INLINE void w3di_mesh_simplify_read(w3di_mesh_simplify_state *s, uint32_t p,
                                        w3di_mesh_simplify_ring *ring)
{
    w3di_mesh_simplify_point *point = &s->points[p];
    uint32_t *star = s->pool + point->star, count = 0;
    for (uint32_t i = 0; i < point->count; i++) {
        uint32_t place = star[i], k = place & 3u;
        const uint32_t *corner = s->corners + 3 * (size_t)(place >> 2);
        ring->place[count] = star[count] = place;
        ring->ahead[count] = corner[w3di_mesh_simplify_after(k)];
        ring->back[count] = corner[w3di_mesh_simplify_before(k)];
        count += corner[0] != W3DI_MESH_SIMPLIFY_NONE;
    }
    point->count = (uint16_t)count;
    ring->count = count;
}

/* The caller's vertex at a corner of a triangle. */
W3D_INLINE uint32_t w3di_mesh_simplify_vertex(const w3di_mesh_simplify_state *s, uint32_t triangle,
                                              uint32_t corner)
{
    return s->vertices ? s->vertices[3 * (size_t)triangle + corner]
                       : s->vertex_of[s->corners[3 * (size_t)triangle + corner]];
}

/* The first of `count` numbers that are larger than all in `mark`. */
W3D_INLINE uint32_t w3di_mesh_simplify_stamp(w3di_mesh_simplify_state *s, uint32_t count)
{
    if (s->stamp > 0xFFFFFFFFu - count) {
        w3d_fill(s->mark, 0, (size_t)s->point_count * sizeof *s->mark);
        s->stamp = 0;
    }
    s->stamp += count;
    return s->stamp - count + 1;
}

/* Puts the triangles of a ring in their order around the point: `order` their numbers. Gives 1
 * for a closed fan, 0 for an open one, -1 for what is no fan. `mark` finds the triangle after an
 * edge: it holds `stamp` plus the number of the triangle that begins at a neighbour. */
static inline int w3di_mesh_simplify_order(w3di_mesh_simplify_state *s,
                                           const w3di_mesh_simplify_ring *ring, uint8_t *order)
{
    uint32_t first = 0, sum = 0, at, seen;
    uint32_t stamp = w3di_mesh_simplify_stamp(s, W3DI_MESH_SIMPLIFY_MOST_STAR);
    for (uint32_t i = 0; i < ring->count; i++) {
        uint32_t *mark = &s->mark[ring->ahead[i]];
        if (*mark >= stamp) return -1; /* two triangles leave over one edge */
        *mark = stamp + i;
        sum += i;
    }
    uint32_t openings = ring->count;
    for (uint32_t i = 0; i < ring->count; i++) {
        uint32_t mark = s->mark[ring->back[i]];
        if (mark < stamp) continue;
        sum -= mark - stamp;
        openings--;
    }
    if (openings > 1) return -1;
    if (openings) first = sum; /* the only one that follows none, if the rest are followed once */
    if (first >= ring->count) return -1;
    for (at = first, seen = 0;;) {
        order[seen++] = (uint8_t)at;
        uint32_t mark = s->mark[ring->back[at]];
        at = mark >= stamp ? mark - stamp : ring->count;
        if (at == first || at == ring->count || seen == ring->count) break;
    }
    if (seen != ring->count || (at == first) == (openings != 0) || (openings && at != ring->count))
        return -1;
    return !openings;
}

/* Adds the rim of triangle i along its edge to `side`. */
static inline void w3di_mesh_simplify_ring_rim(w3di_mesh_simplify_state *s, uint32_t p,
                                               const w3di_mesh_simplify_ring *ring, uint32_t i,
                                               uint32_t side, float factor)
{
    uint32_t other = ring->ahead[i] == side ? ring->back[i] : ring->ahead[i];
    w3di_mesh_simplify_rim(&s->points[p], &s->points[side], &s->points[other], factor);
}

/* The caller's vertex at a point that is next to that of a ring: the first `count` are ahead in
 * their triangles, the rest back. */
static inline uint32_t w3di_mesh_simplify_beside(const w3di_mesh_simplify_state *s,
                                                 const w3di_mesh_simplify_ring *ring, uint32_t i)
{
    uint32_t place = ring->place[i % ring->count], k = place & 3u;
    k = i < ring->count ? w3di_mesh_simplify_after(k) : w3di_mesh_simplify_before(k);
    return w3di_mesh_simplify_vertex(s, place >> 2, k);
}

/* 1 where triangles that are not one fan have neither a rim nor a seam at their point. */
static inline int w3di_mesh_simplify_is_many(w3di_mesh_simplify_state *s,
                                             const w3di_mesh_simplify_ring *ring)
{
    uint32_t point[2 * W3DI_MESH_SIMPLIFY_MOST_STAR], count = 2 * ring->count;
    for (uint32_t i = 0; i < count; i++)
        point[i] = i < ring->count ? ring->ahead[i] : ring->back[i - ring->count];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t times = 0;
        for (uint32_t k = 0; k < count; k++) {
            if (point[k] != point[i]) continue;
            times++;
            if (s->vertices &&
                w3di_mesh_simplify_beside(s, ring, k) != w3di_mesh_simplify_beside(s, ring, i))
                return 0;
        }
        if (times < 2) return 0;
    }
    for (uint32_t i = 1; i < ring->count; i++)
        if (w3di_mesh_simplify_vertex(s, ring->place[i] >> 2, ring->place[i] & 3u) !=
            w3di_mesh_simplify_vertex(s, ring->place[0] >> 2, ring->place[0] & 3u))
            return 0;
    return 1;
}

/* What is not one fan of triangles, open or closed, is pinned where it has a rim or a seam. Those of
 * fans add their planes. */
static inline void w3di_mesh_simplify_classify(w3di_mesh_simplify_state *s, uint32_t p,
                                               const w3di_mesh_simplify_ring *ring)
{
    w3di_mesh_simplify_point *point = &s->points[p];
    uint8_t order[W3DI_MESH_SIMPLIFY_MOST_STAR];
    uint32_t flags = 0;
    int closed = w3di_mesh_simplify_order(s, ring, order);
    if (closed < 0) {
        flags = w3di_mesh_simplify_is_many(s, ring) ? W3DI_MESH_SIMPLIFY_MANY
                                                    : W3DI_MESH_SIMPLIFY_PINNED;
        point->flags = (uint16_t)(point->flags | flags);
        return;
    }
    uint32_t seams = 0, parts = 0;
    for (uint32_t i = 0; s->vertices && i + (closed ? 0u : 1u) < ring->count; i++) {
        uint32_t one = order[i], two = order[i + 1 < ring->count ? i + 1 : 0];
        const uint32_t *own = s->vertices + 3 * (size_t)(ring->place[one] >> 2);
        const uint32_t *next = s->vertices + 3 * (size_t)(ring->place[two] >> 2);
        uint32_t k = ring->place[one] & 3u, m = ring->place[two] & 3u;
        if (own[k] == next[m] &&
            own[w3di_mesh_simplify_before(k)] == next[w3di_mesh_simplify_after(m)])
            continue;
        seams++;
        parts += own[k] != next[m];
        w3di_mesh_simplify_ring_rim(s, p, ring, one, ring->back[one], W3DI_MESH_SIMPLIFY_SEAM_RIM);
        w3di_mesh_simplify_ring_rim(s, p, ring, two, ring->back[one], W3DI_MESH_SIMPLIFY_SEAM_RIM);
    }
    /* A seam goes through the point, or ends there; crossings and corners of seams stay. */
    if (seams) flags |= W3DI_MESH_SIMPLIFY_SEAM;
    if (parts && !(seams == 2 && closed)) flags |= W3DI_MESH_SIMPLIFY_PINNED;
    if (closed && ring->count == 2 && !seams) {
        /* The tip of two triangles that are one's two sides: it sticks out where no plane holds
         * it. */
        flags |= W3DI_MESH_SIMPLIFY_MANY;
        w3di_mesh_simplify_ring_rim(s, p, ring, 0, ring->ahead[0], W3DI_MESH_SIMPLIFY_RIM);
        w3di_mesh_simplify_ring_rim(s, p, ring, 0, ring->back[0], W3DI_MESH_SIMPLIFY_RIM);
    }
    if (!closed) {
        uint32_t one = order[0], last = order[ring->count - 1];
        flags |= W3DI_MESH_SIMPLIFY_BORDER;
        w3di_mesh_simplify_ring_rim(s, p, ring, one, ring->ahead[one], W3DI_MESH_SIMPLIFY_RIM);
        w3di_mesh_simplify_ring_rim(s, p, ring, last, ring->back[last], W3DI_MESH_SIMPLIFY_RIM);
    }
    point->flags = (uint16_t)(point->flags | flags);
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_SIMPLIFY_BUILD_H */
