/* mesh_overdraw.c - cuts runs where the cache starts anew, then where it costs little, and sorts.
 *
 * A hard cut is where a triangle finds none of its vertices in a FIFO of 16. A hard run is cut
 * further, softly, as soon as the piece so far shades no more vertices a triangle than `threshold`
 * times the mean of the run. Every cut empties the cache, so what is counted is what happens
 * whichever piece is drawn before. */
#include "mesh/mesh_overdraw.h"
#include "core/bits.h"
#include "mesh/mesh_check.h"

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

#define W3DI_MESH_OVERDRAW_CACHE  16u
#define W3DI_MESH_OVERDRAW_DIGITS 2048u /* the sort takes 11 bits a pass */

/* A hard run and the vertices it shades; later a piece and its rank. */
typedef struct w3di_mesh_overdraw_item {
    uint32_t first; /* triangle, or number of the piece */
    uint32_t value;
} w3di_mesh_overdraw_item;

typedef struct w3di_mesh_overdraw_cache {
    const uint32_t *indices;
    uint32_t *entered; /* [vertex_count] times; what is before `start` was thrown out */
    uint32_t start, now;
} w3di_mesh_overdraw_cache;

typedef uint32_t w3di_mesh_overdraw_counts[3][W3DI_MESH_OVERDRAW_DIGITS];

W3D_API size_t w3d_mesh_overdraw_scratch_size(uint32_t vertex_count, uint32_t index_count)
{
    size_t size = 64 + sizeof(w3di_mesh_overdraw_counts);
    if (!w3d_size_append(&size, vertex_count, sizeof(uint32_t)) ||
        !w3d_size_append(&size, index_count / 3,
                         2 * sizeof(w3di_mesh_overdraw_item) + sizeof(uint32_t)))
        return SIZE_MAX;
    return size;
}

/* ---- cutting ---- */

/* Draws a triangle; gives how many of its vertices were not there. */
W3D_INLINE uint32_t w3di_mesh_overdraw_draw(w3di_mesh_overdraw_cache *cache, uint32_t triangle)
{
    const uint32_t *corner = cache->indices + 3 * (size_t)triangle;
    uint32_t missing = 0;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t time = cache->entered[corner[k]];
        uint32_t missed = (uint32_t)(time < cache->start) |
                          (uint32_t)(cache->now - time > W3DI_MESH_OVERDRAW_CACHE);
        cache->entered[corner[k]] = missed ? cache->now : time;
        cache->now += missed;
        missing += missed;
    }
    return missing;
}

/* Hard runs, and how many there are. */
static uint32_t w3di_mesh_overdraw_cut_hard(w3di_mesh_overdraw_cache *cache,
                                            uint32_t triangle_count, w3di_mesh_overdraw_item *runs)
{
    uint32_t count = 0, shaded = 0;
    for (uint32_t i = 0; i < triangle_count; i++) {
        uint32_t missing = w3di_mesh_overdraw_draw(cache, i);
        if (missing == 3 || i == 0) {
            /* A degenerate first triangle misses fewer. */
            cache->start = cache->now - missing;
            runs[count].first = i;
            if (count) runs[count - 1].value = shaded;
            count++;
            shaded = 0;
        }
        shaded += missing;
    }
    if (count) runs[count - 1].value = shaded;
    return count;
}

/* First triangles of the pieces, and how many there are. */
static uint32_t w3di_mesh_overdraw_cut_soft(w3di_mesh_overdraw_cache *cache, float threshold,
                                            uint32_t triangle_count,
                                            const w3di_mesh_overdraw_item *runs, uint32_t run_count,
                                            uint32_t *pieces)
{
    uint32_t count = 0;
    for (uint32_t r = 0; r < run_count; r++) {
        uint32_t first = runs[r].first;
        uint32_t end = r + 1 < run_count ? runs[r + 1].first : triangle_count;
        float limit = threshold * ((float)runs[r].value / (float)(end - first));
        uint32_t run_pieces = count, shaded = 0, drawn = 0;
        pieces[count++] = first;
        cache->start = cache->now;
        for (uint32_t i = first; i < end; i++) {
            shaded += w3di_mesh_overdraw_draw(cache, i);
            drawn++;
            if ((float)shaded > limit * (float)drawn || i + 1 == end) continue;
            pieces[count++] = i + 1;
            cache->start = cache->now;
            shaded = drawn = 0;
        }
        /* A last piece that did not come below the limit stays with the one before. */
        if ((float)shaded > limit * (float)drawn && count - run_pieces > 1) count--;
    }
    return count;
}

/* ---- ranking ---- */

/* Adds a triangle's area vector, and its centre weighted by area; twice and three times too
 * large. */
static void w3di_mesh_overdraw_add(const w3d_mesh_view *mesh, const uint32_t *corner,
                                   double *normal, double *centre, double *area)
{
    const float *p[3];
    double u[3], v[3], n[3];
    for (int k = 0; k < 3; k++) p[k] = w3d_mesh_position(mesh, corner[k]);
    for (int k = 0; k < 3; k++) {
        u[k] = (double)p[1][k] - (double)p[0][k];
        v[k] = (double)p[2][k] - (double)p[0][k];
    }
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
    double weight = w3d_sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (!w3d_f64_is_finite(weight)) return;
    for (int k = 0; k < 3; k++) {
        normal[k] += n[k];
        centre[k] += ((double)p[0][k] + (double)p[1][k] + (double)p[2][k]) * weight;
    }
    *area += weight;
}

/* The bits of a float as a number that is smaller where the float is larger. */
W3D_INLINE uint32_t w3di_mesh_overdraw_descending(float value)
{
    uint32_t bits = w3d_bits_f32(value == 0.0f ? 0.0f : value);
    return bits >> 31 ? bits : ~bits & 0x7FFFFFFFu;
}

/* How far a piece lies out from the middle of the mesh, along its own normal, as a rank. */
static void w3di_mesh_overdraw_rank(const w3d_mesh_view *mesh, const uint32_t *pieces,
                                    uint32_t count, w3di_mesh_overdraw_item *items)
{
    double middle[3] = { 0, 0, 0 }, whole[3] = { 0, 0, 0 }, total = 0;
    uint32_t triangle_count = mesh->index_count / 3;
    for (uint32_t i = 0; i < triangle_count; i++)
        w3di_mesh_overdraw_add(mesh, mesh->indices + 3 * (size_t)i, whole, middle, &total);
    for (int k = 0; k < 3; k++) middle[k] = total > 0.0 ? middle[k] / total : 0.0;
    for (uint32_t c = 0; c < count; c++) {
        double normal[3] = { 0, 0, 0 }, centre[3] = { 0, 0, 0 }, area = 0, out = 0, length = 0;
        uint32_t end = c + 1 < count ? pieces[c + 1] : triangle_count;
        for (uint32_t i = pieces[c]; i < end; i++)
            w3di_mesh_overdraw_add(mesh, mesh->indices + 3 * (size_t)i, normal, centre, &area);
        for (int k = 0; k < 3; k++) length += normal[k] * normal[k];
        for (int k = 0; k < 3; k++)
            out += (centre[k] / (area > 0.0 ? area : 1.0) - middle[k]) * normal[k];
        out = length > 0.0 && area > 0.0 ? out / w3d_sqrt(length) : 0.0;
        items[c].first = c;
        items[c].value = w3di_mesh_overdraw_descending((float)out);
    }
}

/* By rank, least digit first; stable. Gives the array that holds the result. */
static w3di_mesh_overdraw_item *w3di_mesh_overdraw_sort(w3di_mesh_overdraw_item *items,
                                                        w3di_mesh_overdraw_item *other,
                                                        uint32_t count,
                                                        w3di_mesh_overdraw_counts *counts)
{
    const uint32_t mask = W3DI_MESH_OVERDRAW_DIGITS - 1;
    w3d_fill(counts, 0, sizeof *counts);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t pass = 0; pass < 3; pass++)
            (*counts)[pass][items[i].value >> 11 * pass & mask]++;
    for (uint32_t pass = 0; pass < 3; pass++) {
        uint32_t *next = (*counts)[pass], total = 0;
        for (uint32_t digit = 0; digit <= mask; digit++) {
            uint32_t here = next[digit];
            next[digit] = total;
            total += here;
        }
        for (uint32_t i = 0; i < count; i++)
            other[next[items[i].value >> 11 * pass & mask]++] = items[i];
        w3di_mesh_overdraw_item *swapped = items;
        items = other;
        other = swapped;
    }
    return items;
}

W3D_API w3d_result w3d_mesh_overdraw(const w3d_mesh_overdraw_desc *desc, uint32_t *out,
                                     w3d_arena scratch)
{
    int kept = desc && w3di_mesh_check_view(&desc->mesh) && (out || desc->mesh.index_count == 0) &&
               (desc->threshold == 0.0f || (desc->threshold >= 1.0f && desc->threshold <= 1000.0f));
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    const w3d_mesh_view *mesh = &desc->mesh;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    uint32_t triangle_count = mesh->index_count / 3;
    w3di_mesh_overdraw_cache cache;
    cache.indices = mesh->indices;
    cache.entered = (uint32_t *)w3d_arena_push_zero(&scratch, mesh->vertex_count, 4, 4);
    cache.start = cache.now = 1;
    w3di_mesh_overdraw_item *items =
        (w3di_mesh_overdraw_item *)w3d_arena_push(&scratch, triangle_count, sizeof *items, 8);
    w3di_mesh_overdraw_item *other =
        (w3di_mesh_overdraw_item *)w3d_arena_push(&scratch, triangle_count, sizeof *other, 8);
    uint32_t *pieces = (uint32_t *)w3d_arena_push(&scratch, triangle_count, 4, 4);
    w3di_mesh_overdraw_counts *counts =
        (w3di_mesh_overdraw_counts *)w3d_arena_push(&scratch, 1, sizeof *counts, 16);
    if (!cache.entered || !items || !other || !pieces || !counts) return W3D_ERR_CAPACITY;

    float threshold = desc->threshold != 0.0f ? desc->threshold : 1.05f;
    uint32_t runs = w3di_mesh_overdraw_cut_hard(&cache, triangle_count, items);
    w3d_fill(cache.entered, 0, (size_t)mesh->vertex_count * sizeof(uint32_t));
    cache.start = cache.now = 1;
    uint32_t count =
        w3di_mesh_overdraw_cut_soft(&cache, threshold, triangle_count, items, runs, pieces);
    w3di_mesh_overdraw_rank(mesh, pieces, count, items);
    items = w3di_mesh_overdraw_sort(items, other, count, counts);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t piece = items[i].first, first = pieces[piece];
        uint32_t end = piece + 1 < count ? pieces[piece + 1] : triangle_count;
        size_t size = (size_t)(end - first) * 12;
        w3d_copy(out, mesh->indices + 3 * (size_t)first, size);
        out += size / 4;
    }
    return W3D_OK;
}

#undef W3DI_MESH_OVERDRAW_CACHE
#undef W3DI_MESH_OVERDRAW_DIGITS

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
