/* mesh_simplify_cluster.c - a search for the grid, then one pass that applies it.
 *
 * How many triangles a grid leaves hardly ever falls as the grid becomes finer, so the finest that
 * will do is found by halving. Coordinates are put on a scale where the box is 2^20 wide as whole
 * numbers: cells are then found by whole-number arithmetic, the same on every target. */
#include "mesh/mesh_simplify_cluster.h"
#include "core/math.h"
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

#define W3DI_MESH_CLUSTER_MOST  1024u /* cubes along a side */
#define W3DI_MESH_CLUSTER_NONE  0xFFFFFFFFu
#define W3DI_MESH_CLUSTER_STEPS 1048576.0

/* Area times squared distance from planes, measured from the middle of the mesh's box. */
typedef struct w3di_mesh_cluster_cell {
    float a[6], b[3];
    uint32_t best;
    double least;
} w3di_mesh_cluster_cell;

typedef struct w3di_mesh_cluster_state {
    const w3d_mesh_view *mesh;
    uint32_t *at;   /* [vertex_count][3] place in the box in steps; NONE: not finite */
    uint32_t *cell; /* [vertex_count] */
    uint32_t *work; /* [2 * vertex_count], then [2 * triangles]: for sorting           */
    w3di_mesh_cluster_cell *cells; /* [vertex_count] */
    double low[3], extent;
} w3di_mesh_cluster_state;

W3D_API size_t w3d_mesh_simplify_cluster_scratch_size(uint32_t vertex_count, uint32_t index_count)
{
    size_t size = 64, most = vertex_count > index_count / 3 ? vertex_count : index_count / 3;
    if (!w3d_size_append(&size, vertex_count, sizeof(w3di_mesh_cluster_cell) + 16) ||
        !w3d_size_append(&size, most, 8))
        return SIZE_MAX;
    return size;
}

/* Finds the box and where each vertex is in it. */
static void w3di_mesh_cluster_place(w3di_mesh_cluster_state *s)
{
    double high[3] = { 0.0, 0.0, 0.0 };
    int any = 0;
    s->extent = 0.0;
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        const float *p = w3d_mesh_position(s->mesh, i);
        if (!w3d_f32_is_finite(p[0]) || !w3d_f32_is_finite(p[1]) || !w3d_f32_is_finite(p[2]))
            continue;
        for (int k = 0; k < 3; k++) {
            double x = (double)p[k];
            if (!any || x < s->low[k]) s->low[k] = x;
            if (!any || x > high[k]) high[k] = x;
        }
        any = 1;
    }
    for (int k = 0; k < 3; k++)
        if (high[k] - s->low[k] > s->extent) s->extent = high[k] - s->low[k];
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        const float *p = w3d_mesh_position(s->mesh, i);
        uint32_t *at = s->at + 3 * (size_t)i;
        at[0] = W3DI_MESH_CLUSTER_NONE;
        if (!w3d_f32_is_finite(p[0]) || !w3d_f32_is_finite(p[1]) || !w3d_f32_is_finite(p[2]) ||
            !(s->extent > 0.0))
            continue;
        for (int k = 0; k < 3; k++) {
            double part = ((double)p[k] - s->low[k]) / s->extent * W3DI_MESH_CLUSTER_STEPS;
            at[k] = part < W3DI_MESH_CLUSTER_STEPS ? (uint32_t)part : 1048575u;
        }
    }
}

/* Puts every vertex into its cube of a grid. */
static void w3di_mesh_cluster_assign(w3di_mesh_cluster_state *s, uint32_t grid)
{
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        const uint32_t *at = s->at + 3 * (size_t)i;
        uint32_t cell = 0;
        s->cell[i] = W3DI_MESH_CLUSTER_NONE;
        if (at[0] == W3DI_MESH_CLUSTER_NONE) continue;
        for (int k = 0; k < 3; k++) cell = cell << 10 | (uint32_t)((uint64_t)at[k] * grid >> 20);
        s->cell[i] = cell;
    }
}

static int w3di_mesh_cluster_survives(const w3di_mesh_cluster_state *s, uint32_t i)
{
    const uint32_t *index = s->mesh->indices + i;
    uint32_t a = s->cell[index[0]], b = s->cell[index[1]], c = s->cell[index[2]];
    return a != b && b != c && c != a && a != W3DI_MESH_CLUSTER_NONE &&
           b != W3DI_MESH_CLUSTER_NONE && c != W3DI_MESH_CLUSTER_NONE;
}

static uint32_t w3di_mesh_cluster_count(w3di_mesh_cluster_state *s, uint32_t grid)
{
    uint32_t count = 0;
    w3di_mesh_cluster_assign(s, grid);
    for (uint32_t i = 0; i < s->mesh->index_count; i += 3)
        count += 3u * (uint32_t)w3di_mesh_cluster_survives(s, i);
    return count;
}

/* Numbers the cubes that hold a vertex, in their order; gives how many. By sorting: a table of
 * hashes can be filled with cubes that all meet in it. */
static uint32_t w3di_mesh_cluster_number(w3di_mesh_cluster_state *s)
{
    uint32_t *from = s->work, *to = s->work + s->mesh->vertex_count, begin[1024];
    uint32_t placed = 0, count = 0, last = W3DI_MESH_CLUSTER_NONE;
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        from[placed] = i;
        placed += s->cell[i] != W3DI_MESH_CLUSTER_NONE;
    }
    for (uint32_t shift = 0; shift < 30; shift += 10) {
        uint32_t sum = 0;
        w3d_fill(begin, 0, sizeof begin);
        for (uint32_t i = 0; i < placed; i++) begin[s->cell[from[i]] >> shift & 1023u]++;
        for (uint32_t k = 0; k < 1024; k++) {
            uint32_t here = begin[k];
            begin[k] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < placed; i++)
            to[begin[s->cell[from[i]] >> shift & 1023u]++] = from[i];
        uint32_t *swapped = from;
        from = to;
        to = swapped;
    }
    for (uint32_t i = 0; i < placed; i++) {
        uint32_t *cell = &s->cell[from[i]];
        if (*cell != last) {
            last = *cell;
            w3d_fill(&s->cells[count], 0, sizeof s->cells[count]);
            s->cells[count++].best = W3DI_MESH_CLUSTER_NONE;
        }
        *cell = count - 1;
    }
    return count;
}

/* A vertex in units of the box. */
static void w3di_mesh_cluster_point(const w3di_mesh_cluster_state *s, uint32_t vertex, double *out)
{
    const float *p = w3d_mesh_position(s->mesh, vertex);
    for (int k = 0; k < 3; k++) out[k] = ((double)p[k] - s->low[k]) / s->extent;
}

/* Every triangle gives its plane to the cubes of its corners. */
static void w3di_mesh_cluster_planes(w3di_mesh_cluster_state *s)
{
    for (uint32_t i = 0; i < s->mesh->index_count; i += 3) {
        const uint32_t *index = s->mesh->indices + i;
        double a[3], b[3], c[3], n[3];
        int k;
        for (k = 0; k < 3 && s->cell[index[k]] != W3DI_MESH_CLUSTER_NONE; k++) {}
        if (k < 3) continue;
        w3di_mesh_cluster_point(s, index[0], a);
        w3di_mesh_cluster_point(s, index[1], b);
        w3di_mesh_cluster_point(s, index[2], c);
        for (k = 0; k < 3; k++) b[k] -= a[k], c[k] -= a[k];
        n[0] = b[1] * c[2] - b[2] * c[1];
        n[1] = b[2] * c[0] - b[0] * c[2];
        n[2] = b[0] * c[1] - b[1] * c[0];
        double length = w3d_sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        if (!(length > 0.0)) continue;
        double offset = -(n[0] * a[0] + n[1] * a[1] + n[2] * a[2]), factor = 0.5 / length;
        for (k = 0; k < 3; k++) {
            w3di_mesh_cluster_cell *cell = &s->cells[s->cell[index[k]]];
            for (int m = 0; m < 3; m++) {
                cell->a[m] += (float)(factor * n[m] * n[m]);
                cell->a[3 + m] += (float)(factor * n[m] * n[(m + 1) % 3]);
                cell->b[m] += (float)(factor * n[m] * offset);
            }
        }
    }
}

/* Finds the vertex that stands for each cube. */
static void w3di_mesh_cluster_choose(w3di_mesh_cluster_state *s)
{
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        double p[3];
        if (s->cell[i] == W3DI_MESH_CLUSTER_NONE) continue;
        w3di_mesh_cluster_cell *cell = &s->cells[s->cell[i]];
        w3di_mesh_cluster_point(s, i, p);
        double error = 0.0; /* the constant is the same for all in the cube */
        for (int k = 0; k < 3; k++)
            error += p[k] * ((double)cell->a[k] * p[k] +
                             2.0 * ((double)cell->a[3 + k] * p[(k + 1) % 3] + (double)cell->b[k]));
        if (cell->best != W3DI_MESH_CLUSTER_NONE && !(error < cell->least)) continue;
        cell->best = i;
        cell->least = error;
    }
}

/* The cubes of a triangle's corners, lowest first. */
static void w3di_mesh_cluster_corners(const w3di_mesh_cluster_state *s, const uint32_t *triangle,
                                      uint32_t *corner)
{
    uint32_t a = s->cell[triangle[0]], b = s->cell[triangle[1]], c = s->cell[triangle[2]];
    uint32_t low = a < b ? a : b, high = a < b ? b : a;
    corner[0] = c < low ? c : low;
    corner[2] = c > high ? c : high;
    corner[1] = c < low ? low : c > high ? high : c;
}

/* Drops all but the first of triangles with the same corners; gives how many indices are left.
 * Equal ones are brought together by three passes of a stable sort. */
static uint32_t w3di_mesh_cluster_once(w3di_mesh_cluster_state *s, uint32_t *out,
                                       uint32_t index_count, uint32_t cell_count)
{
    uint32_t triangles = index_count / 3, count = 0, corner[3], before[3];
    uint32_t *from = s->work, *to = s->work + triangles, *begin = s->at;
    for (uint32_t t = 0; t < triangles; t++) from[t] = t;
    for (int k = 2; k >= 0; k--) {
        uint32_t sum = 0;
        w3d_fill(begin, 0, (size_t)cell_count * sizeof *begin);
        for (uint32_t i = 0; i < triangles; i++) {
            w3di_mesh_cluster_corners(s, out + 3 * (size_t)from[i], corner);
            begin[corner[k]]++;
        }
        for (uint32_t c = 0; c < cell_count; c++) {
            uint32_t here = begin[c];
            begin[c] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < triangles; i++) {
            w3di_mesh_cluster_corners(s, out + 3 * (size_t)from[i], corner);
            to[begin[corner[k]]++] = from[i];
        }
        uint32_t *swapped = from;
        from = to;
        to = swapped;
    }
    /* `to` is free again: 1 for those that stay. */
    before[0] = before[1] = before[2] = W3DI_MESH_CLUSTER_NONE;
    for (uint32_t i = 0; i < triangles; i++) {
        w3di_mesh_cluster_corners(s, out + 3 * (size_t)from[i], corner);
        to[from[i]] = corner[0] != before[0] || corner[1] != before[1] || corner[2] != before[2];
        for (int k = 0; k < 3; k++) before[k] = corner[k];
    }
    for (uint32_t t = 0; t < triangles; t++) {
        if (!to[t]) continue;
        for (uint32_t k = 0; k < 3; k++) out[count + k] = out[3 * (size_t)t + k];
        count += 3;
    }
    return count;
}

static uint32_t w3di_mesh_cluster_write(w3di_mesh_cluster_state *s, uint32_t *out,
                                        uint32_t cell_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->mesh->index_count; i += 3) {
        if (!w3di_mesh_cluster_survives(s, i)) continue;
        uint32_t corner[3];
        for (uint32_t k = 0; k < 3; k++)
            corner[k] = s->cells[s->cell[s->mesh->indices[i + k]]].best;
        for (uint32_t k = 0; k < 3; k++) out[count++] = corner[k];
    }
    return w3di_mesh_cluster_once(s, out, count, cell_count);
}

/* The farthest any vertex was moved, rounded up. */
static float w3di_mesh_cluster_error(const w3di_mesh_cluster_state *s)
{
    double most = 0.0;
    for (uint32_t i = 0; i < s->mesh->vertex_count; i++) {
        if (s->cell[i] == W3DI_MESH_CLUSTER_NONE) continue;
        const float *a = w3d_mesh_position(s->mesh, i);
        const float *b = w3d_mesh_position(s->mesh, s->cells[s->cell[i]].best);
        double square = 0.0;
        for (int k = 0; k < 3; k++) {
            double d = (double)a[k] - (double)b[k];
            square += d * d;
        }
        if (square > most) most = square;
    }
    return (float)(w3d_sqrt(most) * 1.0000001);
}

W3D_API w3d_result w3d_mesh_simplify_cluster(const w3d_mesh_view *mesh, uint32_t target_index_count,
                                             uint32_t *out, w3d_mesh_clustered *result,
                                             w3d_arena scratch)
{
    int kept = w3di_mesh_check_view(mesh) && result && (out || mesh->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    size_t size = w3d_mesh_simplify_cluster_scratch_size(mesh->vertex_count, mesh->index_count);
    if (scratch.size - scratch.used < size) return W3D_ERR_CAPACITY;
    w3di_mesh_cluster_state s;
    w3d_fill(&s, 0, sizeof s);
    s.mesh = mesh;
    size_t most = mesh->vertex_count;
    if (most < mesh->index_count / 3) most = mesh->index_count / 3;
    s.cells =
        (w3di_mesh_cluster_cell *)w3d_arena_push(&scratch, mesh->vertex_count, sizeof *s.cells, 8);
    s.at = (uint32_t *)w3d_arena_push(&scratch, mesh->vertex_count, 12, 4);
    s.cell = (uint32_t *)w3d_arena_push(&scratch, mesh->vertex_count, 4, 4);
    s.work = (uint32_t *)w3d_arena_push(&scratch, most, 8, 4);
    if (!s.cells || !s.at || !s.cell || !s.work) return W3D_ERR_CAPACITY;

    w3di_mesh_cluster_place(&s);
    uint32_t good = 0, bad = W3DI_MESH_CLUSTER_MOST + 1;
    while (good + 1 < bad) { /* a grid of `good` does, one of `bad` does not */
        uint32_t grid =
            bad > W3DI_MESH_CLUSTER_MOST && !good ? W3DI_MESH_CLUSTER_MOST : (good + bad) / 2;
        if (w3di_mesh_cluster_count(&s, grid) <= target_index_count)
            good = grid;
        else
            bad = grid;
    }
    result->index_count = 0;
    result->grid_size = 0;
    result->error = 0.0f;
    if (!good) return W3D_OK;
    w3di_mesh_cluster_assign(&s, good);
    uint32_t cell_count = w3di_mesh_cluster_number(&s);
    w3di_mesh_cluster_planes(&s);
    w3di_mesh_cluster_choose(&s);
    float error = w3di_mesh_cluster_error(&s);
    result->index_count = w3di_mesh_cluster_write(&s, out, cell_count);
    result->grid_size = result->index_count ? good : 0;
    result->error = result->index_count ? error : 0.0f;
    return W3D_OK;
}

#undef W3DI_MESH_CLUSTER_MOST
#undef W3DI_MESH_CLUSTER_NONE
#undef W3DI_MESH_CLUSTER_STEPS

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
