/* mesh_spatial_sort.c - a 30-bit place on the Hilbert curve for each point, sorted by radix.
 *
 * Places are made four points at a time. The sort moves place and number together, eight bytes in
 * three passes of ten bits, so that no pass reads at random. */
#include "mesh/mesh_spatial_sort.h"
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

#define W3DI_MESH_SPATIAL_SORT_BITS   10
#define W3DI_MESH_SPATIAL_SORT_DIGITS 1024u
#define W3DI_MESH_SPATIAL_SORT_PASSES 3

typedef struct w3di_mesh_spatial_sort_item {
    uint32_t place, number;
} w3di_mesh_spatial_sort_item;

/* From a coordinate to its cell: (x - low) * rate. All in halves, so that no extent is too large.
 * */
typedef struct w3di_mesh_spatial_sort_grid {
    w3d_f4 low[3], rate[3];
} w3di_mesh_spatial_sort_grid;

typedef uint32_t w3di_mesh_spatial_sort_counts[W3DI_MESH_SPATIAL_SORT_PASSES]
                                              [W3DI_MESH_SPATIAL_SORT_DIGITS];

W3D_API size_t w3d_mesh_spatial_sort_scratch_size(uint32_t count)
{
    size_t size = 64 + sizeof(w3di_mesh_spatial_sort_counts);
    if (!w3d_size_append(&size, count, 2 * sizeof(w3di_mesh_spatial_sort_item))) return SIZE_MAX;
    return size;
}

/* ---- cells ---- */

static void w3di_mesh_spatial_sort_fit(const w3d_mesh_view *mesh, w3di_mesh_spatial_sort_grid *grid)
{
    float low[3] = { 0.0f, 0.0f, 0.0f }, high[3] = { 0.0f, 0.0f, 0.0f };
    w3d_f4 least = w3d_f4_splat(FLT_MAX), most = w3d_f4_splat(-FLT_MAX);
    const w3d_f4 limit = w3d_f4_splat(FLT_MAX);
    for (uint32_t v = 0; v < mesh->vertex_count; v++) {
        const float *p = w3d_mesh_position(mesh, v);
        w3d_f4 point = w3d_f4_set(p[0], p[1], p[2], 0.0f);
        w3d_f4 finite = w3d_f4_lesseq(w3d_f4_abs(point), limit);
        least = w3d_f4_min(w3d_f4_select(finite, point, least), least);
        most = w3d_f4_max(w3d_f4_select(finite, point, most), most);
    }
    float ends[2][4];
    w3d_f4_store(ends[0], least);
    w3d_f4_store(ends[1], most);
    for (int k = 0; k < 3; k++) {
        float extent;
        if (ends[0][k] <= ends[1][k]) low[k] = ends[0][k] * 0.5f, high[k] = ends[1][k] * 0.5f;
        extent = high[k] - low[k];
        grid->low[k] = w3d_f4_splat(low[k]);
        /* Below this, one over the extent has no float: all in one cell. */
        grid->rate[k] = w3d_f4_splat(extent > 1e-35f ? 1023.0f / extent : 0.0f);
    }
}

/* The cells of four coordinates: 0..1023. */
W3D_INLINE w3d_i4 w3di_mesh_spatial_sort_cell(w3d_f4 coordinate, w3d_f4 low, w3d_f4 rate)
{
    const w3d_f4 zero = w3d_f4_splat(0.0f), last = w3d_f4_splat(1023.0f);
    w3d_f4 at = w3d_f4_mul(w3d_f4_sub(w3d_f4_mul(coordinate, w3d_f4_splat(0.5f)), low), rate);
    at = w3d_f4_max(at, zero); /* a NaN, and infinity times a rate of 0, become 0 */
    return w3d_i4_from_f4(w3d_f4_add(w3d_f4_min(at, last), w3d_f4_splat(0.5f)));
}

/* ---- the curve ---- */

/* Bits of x spread three apart. */
W3D_INLINE w3d_i4 w3di_mesh_spatial_sort_spread(w3d_i4 x)
{
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 16)), w3d_i4_splat(0x030000FF));
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 8)), w3d_i4_splat(0x0300F00F));
    x = w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 4)), w3d_i4_splat(0x030C30C3));
    return w3d_i4_and(w3d_i4_or(x, w3d_i4_shift_left(x, 2)), w3d_i4_splat(0x09249249));
}

/* All ones in the lanes where bit `bit` is set. */
W3D_INLINE w3d_i4 w3di_mesh_spatial_sort_bit(w3d_i4 x, int bit)
{
    return w3d_i4_shift_right_signed(w3d_i4_shift_left(x, 31 - bit), 31);
}

/* Skilling's AxestoTranspose for three axes of ten bits, and the bits interleaved. */
W3D_INLINE w3d_i4 w3di_mesh_spatial_sort_place(w3d_i4 x, w3d_i4 y, w3d_i4 z)
{
    for (int bit = W3DI_MESH_SPATIAL_SORT_BITS - 1; bit > 0; bit--) {
        w3d_i4 lower = w3d_i4_splat((1 << bit) - 1), on, swap;
        on = w3di_mesh_spatial_sort_bit(x, bit);
        x = w3d_i4_xor(x,
                       w3d_i4_and(lower, on)); /* inverted where on; never exchanged with itself */
        on = w3di_mesh_spatial_sort_bit(y, bit);
        swap = w3d_i4_andnot(w3d_i4_and(w3d_i4_xor(x, y), lower), on);
        x = w3d_i4_xor(w3d_i4_xor(x, w3d_i4_and(lower, on)), swap);
        y = w3d_i4_xor(y, swap);
        on = w3di_mesh_spatial_sort_bit(z, bit);
        swap = w3d_i4_andnot(w3d_i4_and(w3d_i4_xor(x, z), lower), on);
        x = w3d_i4_xor(w3d_i4_xor(x, w3d_i4_and(lower, on)), swap);
        z = w3d_i4_xor(z, swap);
    }
    /* Gray code. */
    y = w3d_i4_xor(y, x);
    z = w3d_i4_xor(z, y);
    w3d_i4 turn = w3d_i4_splat(0);
    for (int bit = W3DI_MESH_SPATIAL_SORT_BITS - 1; bit > 0; bit--)
        turn = w3d_i4_xor(turn, w3d_i4_and(w3di_mesh_spatial_sort_bit(z, bit),
                                           w3d_i4_splat((1 << bit) - 1)));
    x = w3di_mesh_spatial_sort_spread(w3d_i4_xor(x, turn));
    y = w3di_mesh_spatial_sort_spread(w3d_i4_xor(y, turn));
    z = w3di_mesh_spatial_sort_spread(w3d_i4_xor(z, turn));
    return w3d_i4_or(w3d_i4_or(w3d_i4_shift_left(x, 2), w3d_i4_shift_left(y, 1)), z);
}

/* Places of four points whose coordinates lie in rows by axis, and their digits counted. */
W3D_INLINE void w3di_mesh_spatial_sort_four(const w3di_mesh_spatial_sort_grid *grid,
                                            float points[3][4], int32_t *places)
{
    w3d_i4 cell[3];
    for (int k = 0; k < 3; k++)
        cell[k] = w3di_mesh_spatial_sort_cell(w3d_f4_load(points[k]), grid->low[k], grid->rate[k]);
    w3d_i4_store(places, w3di_mesh_spatial_sort_place(cell[0], cell[1], cell[2]));
}

/* The middle of a triangle's box, safe from overflow; NaN where a corner is. */
W3D_INLINE float w3di_mesh_spatial_sort_middle(float a, float b, float c)
{
    float low = a < b ? a : b, high = a < b ? b : a;
    if (!(a == a && b == b)) return a + b; /* a comparison would lose it */
    low = low < c ? low : c;
    high = high > c ? high : c;
    return low * 0.5f + high * 0.5f;
}

/* One item for each point or, with `triangles`, each triangle. */
static void w3di_mesh_spatial_sort_items(const w3d_mesh_view *mesh, int triangles, uint32_t count,
                                         w3di_mesh_spatial_sort_item *items,
                                         w3di_mesh_spatial_sort_counts *counts)
{
    w3di_mesh_spatial_sort_grid grid;
    w3di_mesh_spatial_sort_fit(mesh, &grid);
    w3d_fill(counts, 0, sizeof *counts);
    for (uint32_t first = 0, lanes; first < count; first += lanes) { /* first + 4 may overflow */
        lanes = count - first < 4 ? count - first : 4;
        float points[3][4];
        int32_t places[4];
        for (uint32_t lane = 0; lane < 4; lane++) {
            uint32_t item = first + (lane < lanes ? lane : 0);
            if (triangles) {
                const uint32_t *corner = mesh->indices + 3 * (size_t)item;
                const float *a = w3d_mesh_position(mesh, corner[0]);
                const float *b = w3d_mesh_position(mesh, corner[1]);
                const float *c = w3d_mesh_position(mesh, corner[2]);
                for (int k = 0; k < 3; k++)
                    points[k][lane] = w3di_mesh_spatial_sort_middle(a[k], b[k], c[k]);
            } else {
                const float *p = w3d_mesh_position(mesh, item);
                for (int k = 0; k < 3; k++) points[k][lane] = p[k];
            }
        }
        w3di_mesh_spatial_sort_four(&grid, points, places);
        for (uint32_t lane = 0; lane < lanes; lane++) {
            uint32_t place = (uint32_t)places[lane];
            items[first + lane].place = place;
            items[first + lane].number = first + lane;
            (*counts)[0][place & 1023u]++;
            (*counts)[1][place >> 10 & 1023u]++;
            (*counts)[2][place >> 20]++;
        }
    }
}

/* ---- the sort ---- */

/* Least digit first; stable. Gives the array that holds the result, `items` or `other`. */
static w3di_mesh_spatial_sort_item *
w3di_mesh_spatial_sort_radix(w3di_mesh_spatial_sort_item *items, w3di_mesh_spatial_sort_item *other,
                             uint32_t count, w3di_mesh_spatial_sort_counts *counts)
{
    for (uint32_t pass = 0; pass < W3DI_MESH_SPATIAL_SORT_PASSES; pass++) {
        uint32_t *next = (*counts)[pass], total = 0, shift = pass * W3DI_MESH_SPATIAL_SORT_BITS;
        for (uint32_t digit = 0; digit < W3DI_MESH_SPATIAL_SORT_DIGITS; digit++) {
            uint32_t here = next[digit];
            next[digit] = total;
            total += here;
        }
        for (uint32_t i = 0; i < count; i++)
            other[next[items[i].place >> shift & (W3DI_MESH_SPATIAL_SORT_DIGITS - 1)]++] = items[i];
        w3di_mesh_spatial_sort_item *swapped = items;
        items = other;
        other = swapped;
    }
    return items;
}

/* The sorted items of a mesh, or NULL where the scratch is too small. */
static const w3di_mesh_spatial_sort_item *w3di_mesh_spatial_sort_run(const w3d_mesh_view *mesh,
                                                                     int triangles, uint32_t count,
                                                                     w3d_arena scratch)
{
    w3di_mesh_spatial_sort_item *items =
        (w3di_mesh_spatial_sort_item *)w3d_arena_push(&scratch, count, sizeof *items, 16);
    w3di_mesh_spatial_sort_item *other =
        (w3di_mesh_spatial_sort_item *)w3d_arena_push(&scratch, count, sizeof *items, 16);
    w3di_mesh_spatial_sort_counts *counts =
        (w3di_mesh_spatial_sort_counts *)w3d_arena_push(&scratch, 1, sizeof *counts, 16);
    if (!items || !other || !counts) return NULL;
    w3di_mesh_spatial_sort_items(mesh, triangles, count, items, counts);
    return w3di_mesh_spatial_sort_radix(items, other, count, counts);
}

W3D_API w3d_result w3d_mesh_spatial_sort(const w3d_mesh_view *mesh, uint32_t *remap,
                                         w3d_arena scratch)
{
    int kept = mesh && (mesh->positions || mesh->vertex_count == 0) &&
               w3di_mesh_check_stride(mesh->stride) && (remap || mesh->vertex_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    const w3di_mesh_spatial_sort_item *items =
        w3di_mesh_spatial_sort_run(mesh, 0, mesh->vertex_count, scratch);
    if (!items) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) remap[items[i].number] = i;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_spatial_sort_triangles(const w3d_mesh_view *mesh, uint32_t *out,
                                                   w3d_arena scratch)
{
    int kept = w3di_mesh_check_view(mesh) && (out || mesh->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    uint32_t count = mesh->index_count / 3;
    const w3di_mesh_spatial_sort_item *items = w3di_mesh_spatial_sort_run(mesh, 1, count, scratch);
    if (!items) return W3D_ERR_CAPACITY;
    for (uint32_t i = 0; i < count; i++)
        w3d_copy(out + 3 * (size_t)i, mesh->indices + 3 * (size_t)items[i].number, 12);
    return W3D_OK;
}

#undef W3DI_MESH_SPATIAL_SORT_BITS
#undef W3DI_MESH_SPATIAL_SORT_DIGITS
#undef W3DI_MESH_SPATIAL_SORT_PASSES

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
