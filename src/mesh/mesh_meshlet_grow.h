/* mesh_meshlet_grow.h - grows meshlets over the surface, a vertex at a time; private.
 *
 * A meshlet's rim is the list of vertices outside it that make a triangle with two inside. The next
 * vertex taken is the one of the rim that is nearest to the middle of the meshlet, where one that
 * brings along several triangles, or would be left over with few, counts as nearer; all triangles
 * whose corners are then inside follow at once. A rim holds some thirty vertices, so the search is
 * a few vector steps.
 *
 * The next meshlet begins at the triangle of a late rim whose vertices have the fewest triangles
 * left, which keeps the unfinished region free of narrow strips. Where a surface ends before a
 * meshlet is full, it goes on with a triangle nearby, if there is one.
 *
 * Vertices and triangles are first sorted along a space-filling curve: what growth touches then
 * lies together in memory, whatever the order of the mesh was. */
#ifndef W3D_MESH_MESHLET_GROW_H
#define W3D_MESH_MESHLET_GROW_H

#include "core/simd.h"
#include "mesh/mesh_bounds.h"
#include "mesh/mesh_meshlet.h"

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

#define W3DI_MESHLET_NONE       0xFFFFFFFFu
#define W3DI_MESHLET_OUTSIDE    0xFFFFu /* of a vertex: neither inside nor on the rim     */
#define W3DI_MESHLET_RIM        0x8000u /* with the place on the rim in the bits below    */
#define W3DI_MESHLET_MOST_RIM   1024    /* vertices; what comes when it is full is found later */
#define W3DI_MESHLET_MOST_READY 2048    /* triangles; likewise                              */
#define W3DI_MESHLET_MOST_RING  64      /* triangles of a vertex looked at when it is taken */
#define W3DI_MESHLET_SEEDS      128
#define W3DI_MESHLET_REACH      2.0f /* squared jump, as a part of the squared usual diagonal */
#define W3DI_MESHLET_WINDOW     4    /* triangles looked at each way along the curve */

typedef struct w3di_meshlet_limits {
    w3d_meshlet_mode mode;
    uint32_t vertices, triangles;
} w3di_meshlet_limits;

typedef struct w3di_meshlet_key {
    uint32_t key, vertex;
} w3di_meshlet_key;

/* All that growth asks of a vertex, in one place. */
typedef struct w3di_meshlet_vertex {
    float at[3];         /* as parts of the mesh's size */
    uint32_t begin, end; /* its triangles in `rings`; some of them are taken  */
    uint16_t state;      /* row in the meshlet, or RIM + place, or OUTSIDE */
    uint16_t live;       /* triangles not in any meshlet yet; 65535 stays  */
} w3di_meshlet_vertex;

typedef struct w3di_meshlet_build {
    const w3d_mesh_view *mesh;
    w3di_meshlet_limits limits;
    w3d_meshlets *out;
    uint32_t triangle_total, vertex_used, triangle_used, count;

    /* Vertices are numbered along a space-filling curve, and triangles sorted by lowest vertex. */
    w3di_meshlet_vertex *vertices; /* [V]                                     */
    w3di_meshlet_key *keys;        /* [V] and the vertex in the mesh          */
    uint32_t *corners;             /* [3T]                                    */
    uint32_t *rings;               /* [3T] triangles of each vertex           */
    uint32_t *firsts;              /* [V] one past the triangles whose lowest it is */
    uint8_t *taken;                /* [T] 1: in a meshlet                     */
    uint32_t *members;             /* [max_vertices] vertices of the meshlet  */
    float origin[3], scale;

    /* the meshlet that grows */
    w3d_meshlet now;
    float sum[3], sum_count;
    float low[3], high[3]; /* its box */
    float usual; /* squared diagonal of the boxes of late meshlets in one piece; 0: unknown */
    uint32_t jumps;
    uint32_t rim_count, ready_count, next; /* next: a vertex to take without a search, or NONE */
    uint32_t ready[W3DI_MESHLET_MOST_READY + 1];
    uint32_t rim_vertex[W3DI_MESHLET_MOST_RIM], rim_triangle[W3DI_MESHLET_MOST_RIM];
    uint32_t rim_triangles[W3DI_MESHLET_MOST_RIM];
    float rim_x[W3DI_MESHLET_MOST_RIM], rim_y[W3DI_MESHLET_MOST_RIM];
    float rim_z[W3DI_MESHLET_MOST_RIM], rim_weight[W3DI_MESHLET_MOST_RIM];

    uint32_t seeds[W3DI_MESHLET_SEEDS], seed_count;

    uint32_t *up, *down; /* [T + 1] the next triangle not taken: at or after, before; made late */
    int has_steps;
    uint32_t sweep; /* triangles below it are taken */
} w3di_meshlet_build;

static inline int w3di_meshlet_limits_of(const w3d_mesh_meshlet_desc *desc,
                                         w3di_meshlet_limits *limits)
{
    limits->mode = desc ? desc->mode : W3D_MESHLET_QUALITY;
    limits->vertices = desc && desc->max_vertices ? desc->max_vertices : 64;
    limits->triangles = desc && desc->max_triangles ? desc->max_triangles : 124;
    return (limits->mode == W3D_MESHLET_QUALITY || limits->mode == W3D_MESHLET_SCAN) &&
           limits->vertices >= 3 && limits->vertices <= 256 && limits->triangles <= 512;
}

/* Triangles that meshlets have on the average, at least; all but the last. */
static inline uint32_t w3di_meshlet_least(const w3di_meshlet_limits *limits)
{
    uint32_t least = limits->vertices / (limits->mode == W3D_MESHLET_SCAN ? 3 : 12);
    if (limits->triangles < least) least = limits->triangles;
    return least ? least : 1;
}

/* ---- positions ---- */

/* x, y, z as parts of the mesh's size, so that nothing depends on scale; 0 where not finite. */
static inline void w3di_meshlet_point(const w3di_meshlet_build *b, const float *row, float *point)
{
    for (int k = 0; k < 3; k++)
        point[k] = w3d_f32_is_finite(row[k]) ? row[k] * b->scale - b->origin[k] : 0.0f;
}

/* Spreads the low 10 bits: two zeros after each. */
static inline uint32_t w3di_meshlet_spread(uint32_t x)
{
    x = (x | x << 16) & 0x030000FFu;
    x = (x | x << 8) & 0x0300F00Fu;
    x = (x | x << 4) & 0x030C30C3u;
    return (x | x << 2) & 0x09249249u;
}

/* The key of a point in Morton's order. */
static inline uint32_t w3di_meshlet_key_of(const float *point)
{
    uint32_t key = 0;
    for (int k = 0; k < 3; k++) {
        float x = point[k] * 512.0f; /* the extent is at most 2 */
        x = x > 0.0f ? x : 0.0f;
        x = x < 1023.0f ? x : 1023.0f;
        key |= w3di_meshlet_spread((uint32_t)x) << k;
    }
    return key;
}

/* The squared distance of a triangle, as its first corner tells. */
static inline float w3di_meshlet_distance(const w3di_meshlet_build *b, uint32_t triangle,
                                          const float *from)
{
    const float *point = b->vertices[b->corners[3 * (size_t)triangle]].at;
    float distance = 0.0f;
    for (int k = 0; k < 3; k++) distance += (point[k] - from[k]) * (point[k] - from[k]);
    return distance;
}

/* Puts the mesh into [0, 2)^3 by a power of two. */
static inline void w3di_meshlet_measure(w3di_meshlet_build *b)
{
    w3d_box box;
    b->scale = 1.0f;
    for (int k = 0; k < 3; k++) b->origin[k] = 0.0f;
    if (w3d_mesh_bounds_box(b->mesh, NULL, &box, NULL) != W3D_OK || box.min[0] > box.max[0]) return;
    float extent = 0.0f;
    for (int k = 0; k < 3; k++) {
        float half = box.max[k] * 0.5f - box.min[k] * 0.5f;
        if (half > extent) extent = half;
    }
    int exponent = (int)(w3d_bits_f32(extent) >> 23) - 127; /* of half the extent */
    if (exponent < -126) exponent = -126;                   /* then all is denormal, or one point */
    if (exponent > 125) exponent = 125;
    b->scale = w3d_f32_from_bits((uint32_t)(126 - exponent) << 23); /* 2^-(exponent + 1) */
    for (int k = 0; k < 3; k++) b->origin[k] = box.min[k] * b->scale;
}

/* ---- the rim ---- */

/* What the squared distance of a rim vertex is multiplied by. */
static inline float w3di_meshlet_weigh(const w3di_meshlet_build *b, uint32_t place)
{
    uint32_t left = b->vertices[b->rim_vertex[place]].live, with = b->rim_triangles[place];
    if (left <= with) return 1.0f / 256.0f; /* nothing of it would be left over */
    float weight = with >= 2 ? 0.5f : 1.0f;
    weight = with >= 3 ? 0.2f : weight;
    return left - with == 1 ? weight * 0.6f : weight;
}

static inline void w3di_meshlet_rim_add(w3di_meshlet_build *b, uint32_t vertex, uint32_t triangle)
{
    uint32_t state = b->vertices[vertex].state, place = state & ~W3DI_MESHLET_RIM;
    if (state == W3DI_MESHLET_OUTSIDE) {
        if (b->rim_count + 4 > W3DI_MESHLET_MOST_RIM) return;
        const float *point = b->vertices[vertex].at;
        place = b->rim_count++;
        b->vertices[vertex].state = (uint16_t)(W3DI_MESHLET_RIM | place);
        b->rim_vertex[place] = vertex;
        b->rim_triangles[place] = 0;
        b->rim_x[place] = point[0];
        b->rim_y[place] = point[1];
        b->rim_z[place] = point[2];
    }
    b->rim_triangle[place] = triangle;
    b->rim_triangles[place]++;
    b->rim_weight[place] = w3di_meshlet_weigh(b, place);
}

static inline void w3di_meshlet_rim_leave(w3di_meshlet_build *b, uint32_t place)
{
    uint32_t last = --b->rim_count;
    if (place == last) return;
    b->rim_vertex[place] = b->rim_vertex[last];
    b->rim_triangle[place] = b->rim_triangle[last];
    b->rim_triangles[place] = b->rim_triangles[last];
    b->rim_x[place] = b->rim_x[last];
    b->rim_y[place] = b->rim_y[last];
    b->rim_z[place] = b->rim_z[last];
    b->rim_weight[place] = b->rim_weight[last];
    b->vertices[b->rim_vertex[place]].state = (uint16_t)(W3DI_MESHLET_RIM | place);
}

/* The place of the rim vertex to take next. */
static inline uint32_t w3di_meshlet_rim_best(w3di_meshlet_build *b)
{
    float inverse = 1.0f / b->sum_count;
    w3d_f4 x = w3d_f4_splat(b->sum[0] * inverse), y = w3d_f4_splat(b->sum[1] * inverse);
    w3d_f4 z = w3d_f4_splat(b->sum[2] * inverse);
    w3d_f4 best = w3d_f4_splat(FLT_MAX);
    w3d_i4 places = w3d_i4_set(0, 1, 2, 3), best_place = places, four = w3d_i4_splat(4);
    for (uint32_t i = b->rim_count; i < ((b->rim_count + 3) & ~3u); i++) {
        b->rim_x[i] = b->rim_y[i] = b->rim_z[i] = 0.0f;
        b->rim_weight[i] = FLT_MAX * 2.0f; /* never less than `best` */
    }
    for (uint32_t i = 0; i < b->rim_count; i += 4) {
        w3d_f4 dx = w3d_f4_sub(w3d_f4_load(b->rim_x + i), x);
        w3d_f4 dy = w3d_f4_sub(w3d_f4_load(b->rim_y + i), y);
        w3d_f4 dz = w3d_f4_sub(w3d_f4_load(b->rim_z + i), z);
        w3d_f4 d =
            w3d_f4_add(w3d_f4_add(w3d_f4_mul(dx, dx), w3d_f4_mul(dy, dy)), w3d_f4_mul(dz, dz));
        d = w3d_f4_mul(d, w3d_f4_load(b->rim_weight + i));
        w3d_f4 less = w3d_f4_less(d, best);
        best = w3d_f4_select(less, d, best);
        best_place =
            w3d_i4_bits_f4(w3d_f4_select(less, w3d_f4_bits_i4(places), w3d_f4_bits_i4(best_place)));
        places = w3d_i4_add(places, four);
    }
    float distance[4];
    int32_t place[4];
    w3d_f4_store(distance, best);
    w3d_i4_store(place, best_place);
    int at = 0; /* chosen without branches: none of these could be guessed */
    for (int k = 1; k < 4; k++) {
        int less =
            (distance[k] < distance[at]) | ((distance[k] == distance[at]) & (place[k] < place[at]));
        at = less ? k : at;
    }
    /* The best of another lane may do for the next step. */
    int second = (at + 1) & 3;
    for (int k = 2; k < 4; k++)
        second = distance[(at + k) & 3] < distance[second] ? (at + k) & 3 : second;
    uint32_t next = (uint32_t)place[second];
    b->next = distance[second] < 2.0f * distance[at] && next < b->rim_count ? b->rim_vertex[next]
                                                                            : W3DI_MESHLET_NONE;
    return (uint32_t)place[at] < b->rim_count ? (uint32_t)place[at] : 0;
}

/* ---- a meshlet ---- */

static inline void w3di_meshlet_begin(w3di_meshlet_build *b)
{
    b->now.vertex_offset = b->vertex_used;
    b->now.triangle_offset = b->triangle_used;
    b->now.vertex_count = b->now.triangle_count = 0;
    b->sum[0] = b->sum[1] = b->sum[2] = b->sum_count = 0.0f;
    b->rim_count = b->ready_count = b->jumps = 0;
    b->next = W3DI_MESHLET_NONE;
    for (int k = 0; k < 3; k++) b->low[k] = 4.0f, b->high[k] = -4.0f;
}

/* Vertices of a triangle that are not inside yet. */
static inline uint32_t w3di_meshlet_extra(const w3di_meshlet_build *b, uint32_t triangle)
{
    const uint32_t *v = b->corners + 3 * (size_t)triangle;
    uint32_t extra = b->vertices[v[0]].state >= W3DI_MESHLET_RIM;
    extra += b->vertices[v[1]].state >= W3DI_MESHLET_RIM && v[1] != v[0];
    extra += b->vertices[v[2]].state >= W3DI_MESHLET_RIM && v[2] != v[0] && v[2] != v[1];
    return extra;
}

/* Goes over the triangles of a vertex that has come in: with two corners inside they put the third
 * on the rim, with three they are ready, which is too often guessed wrongly to branch on. */
static inline void w3di_meshlet_look(w3di_meshlet_build *b, uint32_t vertex)
{
    w3di_meshlet_vertex *own = &b->vertices[vertex];
    const w3di_meshlet_vertex *all = b->vertices;
    uint32_t begin = own->begin;
    if (own->end - begin > W3DI_MESHLET_MOST_RING) /* drop taken ones, or hubs cost a square */
        for (uint32_t i = begin; i < own->end && i - begin < W3DI_MESHLET_MOST_RING;) {
            if (b->taken[b->rings[i]])
                b->rings[i] = b->rings[--own->end];
            else
                i++;
        }
    uint32_t count = own->end - begin;
    if (count > W3DI_MESHLET_MOST_RING) count = W3DI_MESHLET_MOST_RING;
    if (b->ready_count + count > W3DI_MESHLET_MOST_READY) return;
    uint32_t rim[W3DI_MESHLET_MOST_RING], third[W3DI_MESHLET_MOST_RING], found = 0;
    for (uint32_t i = begin; i < begin + count; i++) {
        uint32_t t = b->rings[i];
        const uint32_t *v = b->corners + 3 * (size_t)t;
        uint32_t out1 = (uint32_t)all[v[1]].state >> 15, out2 = (uint32_t)all[v[2]].state >> 15;
        uint32_t out = ((uint32_t)all[v[0]].state >> 15) + out1 + out2 + 4u * b->taken[t];
        b->ready[b->ready_count] = t;
        b->ready_count += out == 0;
        rim[found] = t;
        third[found] = v[(out1 + 2 * out2) & 3u & (0u - (uint32_t)(out == 1))];
        found += out == 1;
    }
    for (uint32_t i = 0; i < found; i++) w3di_meshlet_rim_add(b, third[i], rim[i]);
}

static inline void w3di_meshlet_enter(w3di_meshlet_build *b, uint32_t vertex)
{
    const float *point = b->vertices[vertex].at;
    uint32_t state = b->vertices[vertex].state;
    for (int k = 0; k < 3; k++) {
        b->sum[k] += point[k];
        b->low[k] = point[k] < b->low[k] ? point[k] : b->low[k];
        b->high[k] = point[k] > b->high[k] ? point[k] : b->high[k];
    }
    b->sum_count += 1.0f;
    if (state != W3DI_MESHLET_OUTSIDE) w3di_meshlet_rim_leave(b, state & ~W3DI_MESHLET_RIM);
    b->members[b->now.vertex_count] = vertex;
    b->vertices[vertex].state = (uint16_t)b->now.vertex_count++;
    b->out->vertices[b->vertex_used++] = b->keys[vertex].vertex;
    w3di_meshlet_look(b, vertex);
}

/* Takes a triangle whose vertices there is room for. */
static inline void w3di_meshlet_take(w3di_meshlet_build *b, uint32_t triangle)
{
    const uint32_t *v = b->corners + 3 * (size_t)triangle;
    uint8_t *row = b->out->triangles + 3 * (size_t)b->triangle_used++;
    b->now.triangle_count++;
    b->taken[triangle] = 1;
    for (uint32_t k = 0; k < 3; k++) {
        w3di_meshlet_vertex *vertex = &b->vertices[v[k]];
        if (vertex->state >= W3DI_MESHLET_RIM) w3di_meshlet_enter(b, v[k]);
        row[k] = (uint8_t)vertex->state;
        if (vertex->live != 0xFFFFu) vertex->live--;
    }
}

/* Notes where the next meshlets could begin, and forgets the rim. */
static inline void w3di_meshlet_end(w3di_meshlet_build *b)
{
    for (uint32_t i = 0; i < b->rim_count; i++)
        b->vertices[b->rim_vertex[i]].state = W3DI_MESHLET_OUTSIDE;
    for (uint32_t i = 0; i < b->now.vertex_count; i++)
        b->vertices[b->members[i]].state = W3DI_MESHLET_OUTSIDE;
    for (uint32_t i = 0; i < b->rim_count + b->ready_count; i++) {
        uint32_t t = i < b->rim_count ? b->rim_triangle[i] : b->ready[i - b->rim_count];
        if (b->taken[t]) continue;
        if (b->seed_count == W3DI_MESHLET_SEEDS) { /* the older half is forgotten */
            w3d_move(b->seeds, b->seeds + W3DI_MESHLET_SEEDS / 2, sizeof b->seeds / 2);
            b->seed_count = W3DI_MESHLET_SEEDS / 2;
        }
        b->seeds[b->seed_count++] = t;
    }
    b->out->meshlets[b->count++] = b->now;
    if (b->jumps == 0 && b->now.vertex_count == b->limits.vertices) {
        float diagonal = 0.0f;
        for (int k = 0; k < 3; k++) diagonal += (b->high[k] - b->low[k]) * (b->high[k] - b->low[k]);
        b->usual += (diagonal - b->usual) * (b->usual > 0.0f ? 1.0f / 16.0f : 1.0f);
    }
}

/* ---- where to go on ---- */

/* The seed whose vertices have the fewest triangles left; the last of equals. */
static inline uint32_t w3di_meshlet_seed(w3di_meshlet_build *b)
{
    uint32_t best = W3DI_MESHLET_NONE, best_left = W3DI_MESHLET_NONE, kept = 0;
    for (uint32_t i = 0; i < b->seed_count; i++) {
        uint32_t t = b->seeds[i];
        if (b->taken[t]) continue;
        const uint32_t *v = b->corners + 3 * (size_t)t;
        uint32_t left = (uint32_t)b->vertices[v[0]].live + b->vertices[v[1]].live;
        left += b->vertices[v[2]].live;
        b->seeds[kept++] = t;
        if (left > best_left) continue;
        best_left = left;
        best = t;
    }
    b->seed_count = kept;
    return best;
}

/* The first triangle at or after `at` that is not taken; triangle_total where there is none. */
static inline uint32_t w3di_meshlet_up(w3di_meshlet_build *b, uint32_t at)
{
    for (;;) {
        while (b->up[at] != at) {
            b->up[at] = b->up[b->up[at]];
            at = b->up[at];
        }
        if (at == b->triangle_total || !b->taken[at]) return at;
        b->up[at] = at + 1;
    }
}

/* One past the last triangle before `end` that is not taken; 0 where there is none. */
static inline uint32_t w3di_meshlet_down(w3di_meshlet_build *b, uint32_t end)
{
    for (;;) {
        while (b->down[end] != end) {
            b->down[end] = b->down[b->down[end]];
            end = b->down[end];
        }
        if (end == 0 || !b->taken[end - 1]) return end;
        b->down[end] = end - 1;
    }
}

/* Of the triangles not taken that are near a point along the curve, the nearest. */
static inline uint32_t w3di_meshlet_along(w3di_meshlet_build *b, const float *middle,
                                          float *best_distance)
{
    uint32_t low = 0, high, best = W3DI_MESHLET_NONE, key = w3di_meshlet_key_of(middle);
    if (!b->has_steps)
        for (uint32_t i = 0; i <= b->triangle_total; i++) b->up[i] = b->down[i] = i;
    b->has_steps = 1;
    for (high = b->mesh->vertex_count; low < high;) {
        uint32_t half = low + (high - low) / 2;
        if (b->keys[half].key < key)
            low = half + 1;
        else
            high = half;
    }
    uint32_t up = low ? b->firsts[low - 1] : 0, down = up;
    for (int i = 0; i < 2 * W3DI_MESHLET_WINDOW; i++) {
        uint32_t t;
        if (i & 1) {
            up = w3di_meshlet_up(b, up);
            if (up == b->triangle_total) continue;
            t = up++;
        } else {
            down = w3di_meshlet_down(b, down);
            if (down == 0) continue;
            t = --down;
        }
        float distance = w3di_meshlet_distance(b, t, middle);
        if (best != W3DI_MESHLET_NONE && !(distance < *best_distance)) continue;
        *best_distance = distance;
        best = t;
    }
    return best;
}

/* The triangle to go on with where the surface has ended: the nearest of the seeds, else of those
 * along the curve. NONE where it is too far: a meshlet that is not full is better than one in two
 * places, as long as the count of meshlets can bear it. */
static inline uint32_t w3di_meshlet_jump(w3di_meshlet_build *b)
{
    float middle[3], best_distance = FLT_MAX;
    uint32_t best = W3DI_MESHLET_NONE;
    for (int k = 0; k < 3; k++) middle[k] = b->sum[k] / b->sum_count;
    for (uint32_t i = 0; i < b->seed_count; i++) {
        if (b->taken[b->seeds[i]]) continue;
        float distance = w3di_meshlet_distance(b, b->seeds[i], middle);
        if (!(distance < best_distance)) continue;
        best_distance = distance;
        best = b->seeds[i];
    }
    if (best == W3DI_MESHLET_NONE || best_distance > W3DI_MESHLET_REACH * b->usual) {
        float distance = FLT_MAX;
        uint32_t other = w3di_meshlet_along(b, middle, &distance);
        if (best == W3DI_MESHLET_NONE || distance < best_distance) {
            best = other;
            best_distance = distance;
        }
    }
    if (b->usual > 0.0f && best_distance > W3DI_MESHLET_REACH * b->usual &&
        (uint64_t)(b->count + 1) * w3di_meshlet_least(&b->limits) <= b->triangle_used)
        return W3DI_MESHLET_NONE;
    b->jumps++;
    return best;
}

/* Grows from a triangle until the meshlet is full or nothing is left. */
static inline void w3di_meshlet_grow(w3di_meshlet_build *b, uint32_t seed)
{
    w3di_meshlet_begin(b);
    w3di_meshlet_take(b, seed);
    while (b->now.triangle_count < b->limits.triangles) {
        uint32_t t;
        if (b->ready_count) {
            t = b->ready[--b->ready_count];
            if (b->taken[t]) continue;
        } else if (b->now.vertex_count == b->limits.vertices ||
                   b->triangle_used == b->triangle_total)
            break;
        else if (b->rim_count) {
            uint32_t vertex = b->next, place, state;
            state = vertex == W3DI_MESHLET_NONE ? 0 : b->vertices[vertex].state;
            b->next = W3DI_MESHLET_NONE;
            if (state >= W3DI_MESHLET_RIM && state != W3DI_MESHLET_OUTSIDE)
                place = state & ~W3DI_MESHLET_RIM;
            else
                place = w3di_meshlet_rim_best(b);
            vertex = b->rim_vertex[place];
            t = b->rim_triangle[place]; /* ready once the vertex is in, whatever looking finds */
            w3di_meshlet_enter(b, vertex);
        } else {
            t = w3di_meshlet_jump(b);
            if (t == W3DI_MESHLET_NONE ||
                w3di_meshlet_extra(b, t) > b->limits.vertices - b->now.vertex_count)
                break;
        }
        w3di_meshlet_take(b, t);
    }
    w3di_meshlet_end(b);
}

static inline void w3di_meshlet_quality(w3di_meshlet_build *b)
{
    while (b->triangle_used < b->triangle_total) {
        uint32_t seed = w3di_meshlet_seed(b);
        if (seed == W3DI_MESHLET_NONE) {
            while (b->taken[b->sweep]) b->sweep++;
            seed = b->sweep;
        }
        w3di_meshlet_grow(b, seed);
    }
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif

#endif /* W3D_MESH_MESHLET_GROW_H */
