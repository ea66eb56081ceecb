/* mesh_smooth.c - lists of neighbours by two counting passes, then weighted means.
 *
 * Every triangle puts each of its edges into the lists of both ends. Read in the order of their
 * owners and written into the lists of whom they name, the same pairs come out sorted, so that
 * repeats lie side by side: how many there are says how many triangles an edge has. */
#include "mesh/mesh_smooth.h"
#include "core/simd.h"
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

typedef struct w3di_mesh_smooth {
    const w3d_mesh_smooth_desc *desc;
    uint32_t *offsets;    /* [vertex_count + 1]   */
    uint32_t *neighbours; /* [2 * index_count]    */
    uint32_t *other;      /* [2 * index_count]    */
    uint32_t *cursors;    /* [vertex_count]       */
    float *weights;       /* as neighbours        */
} w3di_mesh_smooth;

static uint32_t w3di_mesh_smooth_point(const w3d_mesh_smooth_desc *desc, uint32_t vertex)
{
    return desc->points ? desc->points[vertex] : vertex;
}

/* The points of a triangle; 0: it is degenerate. */
static int w3di_mesh_smooth_triangle(const w3d_mesh_smooth_desc *desc, uint32_t first, uint32_t *p)
{
    for (uint32_t k = 0; k < 3; k++)
        p[k] = w3di_mesh_smooth_point(desc, desc->mesh.indices[first + k]);
    return p[0] != p[1] && p[1] != p[2] && p[2] != p[0];
}

static int w3di_mesh_smooth_finite(const w3d_mesh_smooth_desc *desc, uint32_t vertex)
{
    const float *row = w3d_mesh_position(&desc->mesh, vertex);
    for (int k = 0; k < 3; k++)
        if (!(row[k] >= -FLT_MAX && row[k] <= FLT_MAX)) return 0;
    return 1;
}

/* Sorted lists, with repeats. */
static void w3di_mesh_smooth_collect(w3di_mesh_smooth *s)
{
    const w3d_mesh_smooth_desc *desc = s->desc;
    uint32_t vertices = desc->mesh.vertex_count, sum = 0, p[3];
    w3d_fill(s->offsets, 0, ((size_t)vertices + 1) * 4);
    for (uint32_t i = 0; i < desc->mesh.index_count; i += 3) {
        if (!w3di_mesh_smooth_triangle(desc, i, p)) continue;
        for (int k = 0; k < 3; k++) s->offsets[p[k]] += 2;
    }
    for (uint32_t v = 0; v <= vertices; v++) {
        uint32_t here = s->offsets[v];
        s->offsets[v] = sum;
        if (v < vertices) s->cursors[v] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < desc->mesh.index_count; i += 3) {
        if (!w3di_mesh_smooth_triangle(desc, i, p)) continue;
        for (int k = 0; k < 3; k++) {
            s->other[s->cursors[p[k]]++] = p[(k + 1) % 3];
            s->other[s->cursors[p[k]]++] = p[(k + 2) % 3];
        }
    }
    for (uint32_t v = 0; v < vertices; v++) s->cursors[v] = s->offsets[v];
    for (uint32_t v = 0; v < vertices; v++)
        for (uint32_t i = s->offsets[v]; i < s->offsets[v + 1]; i++)
            s->neighbours[s->cursors[s->other[i]]++] = v;
}

/* Drops repeats, and the neighbours that a vertex is not to see. Leaves in `cursors` which vertices
 * see along a border only. */
static void w3di_mesh_smooth_choose(w3di_mesh_smooth *s)
{
    const w3d_mesh_smooth_desc *desc = s->desc;
    uint32_t used = 0, begin = 0, vertices = desc->mesh.vertex_count;
    for (uint32_t v = 0; v < vertices; v++) s->cursors[v] = 0;
    for (uint32_t v = 0; desc->locked && v < vertices; v++)
        if (desc->locked[v]) s->cursors[w3di_mesh_smooth_point(desc, v)] = 1;
    for (uint32_t v = 0; v < vertices; v++) {
        uint32_t end = s->offsets[v + 1], borders = 0, first = used;
        int stays = s->cursors[v] || !w3di_mesh_smooth_finite(desc, v);
        for (uint32_t i = begin; i < end; i++)
            borders += (i == begin || s->neighbours[i - 1] != s->neighbours[i]) &&
                       (i + 1 == end || s->neighbours[i + 1] != s->neighbours[i]);
        if (borders && desc->border == W3D_MESH_SMOOTH_PINNED) stays = 1;
        s->cursors[v] = borders && desc->border == W3D_MESH_SMOOTH_ALONG;
        for (uint32_t i = begin, next; i < end; i = next) {
            uint32_t neighbour = s->neighbours[i];
            for (next = i + 1; next < end && s->neighbours[next] == neighbour;) next++;
            if (stays || !w3di_mesh_smooth_finite(desc, neighbour)) continue;
            if (s->cursors[v] && next - i > 1) continue;
            s->neighbours[used++] = neighbour;
        }
        begin = end;
        s->offsets[v] = first;
    }
    s->offsets[vertices] = used;
}

/* The place of a neighbour in a vertex' list, or SIZE_MAX. */
static size_t w3di_mesh_smooth_place(const w3di_mesh_smooth *s, uint32_t vertex, uint32_t neighbour)
{
    uint32_t low = s->offsets[vertex], high = s->offsets[vertex + 1], end = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->neighbours[middle] < neighbour)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && s->neighbours[low] == neighbour ? low : SIZE_MAX;
}

/* The cotangent of the angle at corner a of a triangle; 0 where it has none. */
static double w3di_mesh_smooth_cotangent(const float *a, const float *b, const float *c)
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) {
        u[k] = (double)b[k] - (double)a[k];
        v[k] = (double)c[k] - (double)a[k];
    }
    double x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2];
    double z = u[0] * v[1] - u[1] * v[0];
    double area = w3d_sqrt((x * x + y * y) + z * z);
    if (!(area > 0.0 && area <= DBL_MAX)) return 0.0;
    double cotangent = ((u[0] * v[0] + u[1] * v[1]) + u[2] * v[2]) / area;
    return cotangent > 1e9 ? 1e9 : cotangent < -1e9 ? -1e9 : cotangent;
}

/* Cotangents are summed as floats, in the order of the triangles, then made to add up to 1.
 * Vertices that see along a border keep equal weights. */
static void w3di_mesh_smooth_weigh(w3di_mesh_smooth *s)
{
    const w3d_mesh_smooth_desc *desc = s->desc;
    uint32_t p[3], vertices = desc->mesh.vertex_count;
    for (uint32_t i = 0; i < s->offsets[vertices]; i++) s->weights[i] = 0.0f;
    for (uint32_t i = 0; i < desc->mesh.index_count; i += 3) {
        if (!w3di_mesh_smooth_triangle(desc, i, p)) continue;
        for (int k = 0; k < 3; k++) {
            uint32_t a = p[(k + 1) % 3], b = p[(k + 2) % 3];
            size_t of_a = w3di_mesh_smooth_place(s, a, b), of_b = w3di_mesh_smooth_place(s, b, a);
            if (of_a == SIZE_MAX && of_b == SIZE_MAX) continue;
            float weight = (float)w3di_mesh_smooth_cotangent(w3d_mesh_position(&desc->mesh, p[k]),
                                                             w3d_mesh_position(&desc->mesh, a),
                                                             w3d_mesh_position(&desc->mesh, b));
            if (of_a != SIZE_MAX) s->weights[of_a] += weight;
            if (of_b != SIZE_MAX) s->weights[of_b] += weight;
        }
    }
    uint32_t used = 0, begin = 0;
    for (uint32_t v = 0; v < vertices; v++) {
        uint32_t end = s->offsets[v + 1], first = used;
        double sum = 0.0;
        int along = s->cursors[v] != 0;
        for (uint32_t i = begin; i < end; i++) {
            if (along) s->weights[i] = 1.0f;
            if (s->weights[i] > 0.0f) sum += (double)s->weights[i];
        }
        for (uint32_t i = begin; i < end && sum > 0.0; i++) {
            if (!(s->weights[i] > 0.0f)) continue;
            s->neighbours[used] = s->neighbours[i];
            s->weights[used++] = (float)((double)s->weights[i] / sum);
        }
        begin = end;
        s->offsets[v] = first;
    }
    s->offsets[vertices] = used;
}

static int w3di_mesh_smooth_kept(const w3d_mesh_smooth_desc *desc)
{
    return desc && w3di_mesh_check_view(&desc->mesh) &&
           (uint32_t)desc->weights <= W3D_MESH_SMOOTH_COTANGENT &&
           (uint32_t)desc->border <= W3D_MESH_SMOOTH_FREE;
}

static w3d_result w3di_mesh_smooth_plan(const w3d_mesh_smooth_desc *desc,
                                        w3d_mesh_smooth_plan *plan, w3d_arena *memory)
{
    uint32_t vertices = desc->mesh.vertex_count;
    if (!w3di_mesh_check_indices(desc->mesh.indices, desc->mesh.index_count, vertices))
        return W3D_ERR_INDEX;
    if (desc->points) {
        if (!w3di_mesh_check_indices(desc->points, vertices, vertices)) return W3D_ERR_INDEX;
        for (uint32_t v = 0; v < vertices; v++)
            if (desc->points[desc->points[v]] != desc->points[v]) return W3D_ERR_INDEX;
    }
    w3d_arena left = *memory;
    w3di_mesh_smooth s;
    size_t pairs = (size_t)desc->mesh.index_count * 2;
    int weighted = desc->weights == W3D_MESH_SMOOTH_COTANGENT;
    if (desc->mesh.index_count > 0x7FFFFFFFu) return W3D_ERR_LIMIT;
    s.desc = desc;
    s.offsets = (uint32_t *)w3d_arena_push(&left, (size_t)vertices + 1, 4, 4);
    s.neighbours = (uint32_t *)w3d_arena_push(&left, pairs, 4, 4);
    size_t mark = w3d_arena_mark(&left);
    s.other = (uint32_t *)w3d_arena_push(&left, pairs, 4, 4);
    s.weights = (float *)(void *)s.other; /* once the lists are sorted */
    s.cursors = (uint32_t *)w3d_arena_push(&left, vertices, 4, 4);
    if (!s.offsets || !s.neighbours || !s.other || !s.cursors) return W3D_ERR_CAPACITY;
    w3di_mesh_smooth_collect(&s);
    w3di_mesh_smooth_choose(&s);
    if (weighted) w3di_mesh_smooth_weigh(&s);
    size_t used = s.offsets[vertices];
    if (weighted)
        mark += used * 4;
    else
        mark -= (pairs - used) * 4;
    w3d_arena_rewind(&left, mark);
    *memory = left;
    plan->offsets = s.offsets;
    plan->neighbours = s.neighbours;
    plan->weights = weighted ? s.weights : NULL;
    plan->points = desc->points;
    plan->vertex_count = vertices;
    plan->reserved = 0;
    return W3D_OK;
}

W3D_API size_t w3d_mesh_smooth_scratch_size(uint32_t index_count, uint32_t vertex_count)
{
    size_t size = 3 + 15 + 4; /* alignment, and one offset more */
    return w3d_size_append(&size, index_count, 16) && w3d_size_append(&size, vertex_count, 8 + 32)
               ? size
               : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_smooth_prepare(const w3d_mesh_smooth_desc *desc,
                                           w3d_mesh_smooth_plan *plan, w3d_arena *memory)
{
    int kept = w3di_mesh_smooth_kept(desc) && plan && memory;
    W3D_ASSERT(kept);
    return kept ? w3di_mesh_smooth_plan(desc, plan, memory) : W3D_ERR_ARGUMENT;
}

static void w3di_mesh_smooth_rows(const w3d_mesh_smooth_plan *plan, const float *rows, float *out,
                                  float factor, uint32_t begin, uint32_t end)
{
    w3d_f4 part = w3d_f4_splat(factor);
    for (uint32_t v = begin; v < end; v++) {
        uint32_t point = plan->points ? plan->points[v] : v;
        uint32_t i = plan->offsets[point], last = plan->offsets[point + 1];
        w3d_f4 here = w3d_f4_load(rows + 4 * (size_t)point), sum = w3d_f4_zero();
        if (i == last) {
            w3d_f4_store(out + 4 * (size_t)v, here);
            continue;
        }
        if (plan->weights) {
            for (; i < last; i++)
                sum = w3d_f4_add(
                    sum, w3d_f4_mul(w3d_f4_splat(plan->weights[i]),
                                    w3d_f4_sub(w3d_f4_load(rows + 4 * (size_t)plan->neighbours[i]),
                                               here)));
        } else {
            w3d_f4 count = w3d_f4_splat((float)(last - i));
            for (; i < last; i++)
                sum = w3d_f4_add(
                    sum, w3d_f4_sub(w3d_f4_load(rows + 4 * (size_t)plan->neighbours[i]), here));
            sum = w3d_f4_div(sum, count);
        }
        w3d_f4_store(out + 4 * (size_t)v, w3d_f4_add(here, w3d_f4_mul(part, sum)));
    }
}

W3D_API w3d_result w3d_mesh_smooth_step(const w3d_mesh_smooth_plan *plan, const float *rows,
                                        float *out, float factor, const uint32_t range[2])
{
    int kept = plan && plan->offsets && range && range[0] <= range[1] &&
               range[1] <= plan->vertex_count &&
               ((rows && out && rows != out) || range[0] == range[1]);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    w3di_mesh_smooth_rows(plan, rows, out, factor, range[0], range[1]);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_smooth(const w3d_mesh_smooth_desc *desc, float *out, w3d_arena scratch)
{
    w3d_mesh_smooth_plan plan;
    int kept = w3di_mesh_smooth_kept(desc) && (out || desc->mesh.vertex_count == 0) &&
               desc->lambda >= -FLT_MAX && desc->lambda <= FLT_MAX && desc->mu >= -FLT_MAX &&
               desc->mu <= FLT_MAX;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t vertices = desc->mesh.vertex_count;
    w3d_result result = w3di_mesh_smooth_plan(desc, &plan, &scratch);
    if (result != W3D_OK) return result;
    float *rows = (float *)w3d_arena_push(&scratch, vertices, 16, 16);
    float *other = (float *)w3d_arena_push(&scratch, vertices, 16, 16);
    if (!rows || !other) return W3D_ERR_CAPACITY;
    for (uint32_t v = 0; v < vertices; v++)
        w3d_f4_store(rows + 4 * (size_t)v,
                     w3d_f4_load3(w3d_mesh_position(&desc->mesh, w3di_mesh_smooth_point(desc, v))));
    float lambda = desc->lambda != 0.0f ? desc->lambda : 0.5f;
    for (uint32_t i = 0; i < desc->iterations; i++) {
        for (int second = 0; second < (desc->mu != 0.0f ? 2 : 1); second++) {
            float *swap = rows;
            w3di_mesh_smooth_rows(&plan, rows, other, second ? desc->mu : lambda, 0, vertices);
            rows = other;
            other = swap;
        }
    }
    for (uint32_t v = 0; v < vertices; v++) w3d_copy(out + 3 * (size_t)v, rows + 4 * (size_t)v, 12);
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
