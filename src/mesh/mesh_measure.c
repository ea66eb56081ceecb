/* mesh_measure.c - a FIFO told by times of entry, a direct-mapped cache, and a small rasteriser.
 *
 * A vertex is in the FIFO while fewer than its size of others have entered since. Emptying it is
 * letting that much time pass. */
#include "mesh/mesh_measure.h"
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

#define W3DI_MESH_MEASURE_LINE        64u
#define W3DI_MESH_MEASURE_LINES       2048u
#define W3DI_MESH_MEASURE_SUBPIXELS   16
#define W3DI_MESH_MEASURE_DEPTH_STEPS 0x3FFFFFFF

W3D_API size_t w3d_mesh_measure_scratch_size(uint32_t vertex_count)
{
    size_t size = 16;
    return w3d_size_append(&size, vertex_count, sizeof(uint32_t)) ? size : SIZE_MAX;
}

/* Positions are not needed, and so may be missing. */
static int w3di_mesh_measure_kept(const w3d_mesh_view *mesh)
{
    return mesh && (mesh->indices || mesh->index_count == 0) && mesh->index_count % 3 == 0;
}

/* ---- vertex cache ---- */

W3D_API w3d_result w3d_mesh_measure_cache(const w3d_mesh_view *mesh,
                                          const w3d_mesh_cache_model *model,
                                          w3d_mesh_cache_figures *figures, w3d_arena scratch)
{
    static const w3d_mesh_cache_model usual = W3D_MESH_CACHE_FIFO_16;
    if (!model) model = &usual;
    int kept = w3di_mesh_measure_kept(mesh) && figures && model->cache_size <= 1u << 30 &&
               model->batch_vertices != 1 && model->batch_vertices != 2;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    /* 0: never seen; else the time of entry, which cannot pass the number of indices. */
    uint32_t *entered = (uint32_t *)w3d_arena_push_zero(&scratch, mesh->vertex_count, 4, 4);
    if (!entered) return W3D_ERR_CAPACITY;

    uint32_t size = model->cache_size ? model->cache_size : usual.cache_size;
    uint32_t now = 1, start = 1; /* of the batch: what entered before is forgotten */
    uint32_t triangles = 0;
    w3d_mesh_cache_figures found;
    w3d_fill(&found, 0, sizeof found);
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        const uint32_t *corner = mesh->indices + i;
        uint32_t missing = 0;
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t time = entered[corner[k]];
            missing += time < start || now - time > size;
        }
        int full = (model->batch_vertices && now - start + missing > model->batch_vertices) ||
                   (model->batch_triangles && triangles == model->batch_triangles);
        if (full) {
            start = now;
            triangles = 0;
        }
        if (triangles++ == 0 && (full || i == 0)) found.batches++;
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t time = entered[corner[k]];
            if (time >= start && now - time <= size) continue;
            found.used += time == 0;
            entered[corner[k]] = now++;
        }
    }
    found.shaded = now - 1;
    if (mesh->index_count) {
        found.acmr = (float)((double)found.shaded / (double)(mesh->index_count / 3));
        found.atvr = (float)((double)found.shaded / (double)found.used);
    }
    *figures = found;
    return W3D_OK;
}

/* ---- fetching rows ---- */

W3D_API w3d_result w3d_mesh_measure_fetch(const w3d_mesh_view *mesh, uint32_t row_size,
                                          w3d_mesh_fetch_figures *figures, w3d_arena scratch)
{
    int kept = w3di_mesh_measure_kept(mesh) && figures && row_size > 0 && row_size <= 65536;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    uint32_t *entered = (uint32_t *)w3d_arena_push_zero(&scratch, mesh->vertex_count, 4, 4);
    if (!entered) return W3D_ERR_CAPACITY;

    uint64_t lines[W3DI_MESH_MEASURE_LINES]; /* the line that is held, plus one */
    w3d_fill(lines, 0, sizeof lines);
    uint32_t now = 1;
    w3d_mesh_fetch_figures found;
    w3d_fill(&found, 0, sizeof found);
    for (uint32_t i = 0; i < mesh->index_count; i++) {
        uint32_t vertex = mesh->indices[i], time = entered[vertex];
        if (time != 0 && now - time <= 16) continue;
        found.used += time == 0;
        entered[vertex] = now++;
        uint64_t first = (uint64_t)vertex * row_size / W3DI_MESH_MEASURE_LINE;
        uint64_t last = ((uint64_t)vertex * row_size + row_size - 1) / W3DI_MESH_MEASURE_LINE;
        for (uint64_t line = first; line <= last; line++) {
            uint64_t *held = &lines[line % W3DI_MESH_MEASURE_LINES];
            if (*held == line + 1) continue;
            *held = line + 1;
            found.bytes += W3DI_MESH_MEASURE_LINE;
        }
    }
    if (found.used)
        found.overfetch = (float)((double)found.bytes / ((double)found.used * (double)row_size));
    *figures = found;
    return W3D_OK;
}

/* ---- overdraw ---- */

W3D_API size_t w3d_mesh_measure_overdraw_scratch_size(uint32_t vertex_count)
{
    size_t size = 32 + (size_t)W3D_MESH_MEASURE_SIDE * W3D_MESH_MEASURE_SIDE * sizeof(int32_t);
    return w3d_size_append(&size, vertex_count, 3 * sizeof(int32_t)) ? size : SIZE_MAX;
}

/* The sphere around the box of all corners that are finite: centre and one over the radius, so that
 * any view of it fits. 0 where there is no extent. */
static int w3di_mesh_measure_frame(const w3d_mesh_view *mesh, double *centre, double *rate)
{
    double low[3] = { 0, 0, 0 }, high[3] = { 0, 0, 0 }, square = 0;
    int any = 0;
    for (uint32_t i = 0; i < mesh->index_count; i++) { /* a vertex without triangles is not seen */
        const float *p = w3d_mesh_position(mesh, mesh->indices[i]);
        if (!w3d_f32_is_finite(p[0]) || !w3d_f32_is_finite(p[1]) || !w3d_f32_is_finite(p[2]))
            continue;
        for (int k = 0; k < 3; k++) {
            double at = (double)p[k];
            if (!any || at < low[k]) low[k] = at;
            if (!any || at > high[k]) high[k] = at;
        }
        any = 1;
    }
    for (int k = 0; k < 3; k++) {
        double half = (high[k] - low[k]) * 0.5;
        centre[k] = low[k] + half;
        square += half * half;
    }
    *rate = square > 0.0 ? 1.0 / w3d_sqrt(square) : 0.0;
    return square > 0.0;
}

/* Right, up and towards the eye: unit length, at right angles. */
static void w3di_mesh_measure_axes(int view, double axes[3][3])
{
    double height = 1.0 - (2.0 * view + 1.0) / W3D_MESH_MEASURE_VIEWS;
    double wide = w3d_sqrt(1.0 - height * height);
    float angle = (float)view * 2.39996323f; /* the golden angle */
    double sine = (double)w3d_math_sin(angle), cosine = (double)w3d_math_cos(angle);
    axes[0][0] = -sine, axes[0][1] = cosine, axes[0][2] = 0.0;
    axes[1][0] = -height * cosine, axes[1][1] = -height * sine, axes[1][2] = wide;
    axes[2][0] = wide * cosine, axes[2][1] = wide * sine, axes[2][2] = height;
}

/* Whole numbers: 1/16 pixels from the top left corner, and depth that grows towards the eye.
 * INT32_MIN as x stands for a vertex that is not finite, or outside. */
static void w3di_mesh_measure_project(const w3d_mesh_view *mesh, const double *centre, double rate,
                                      double axes[3][3], int32_t *out)
{
    const double reach = W3D_MESH_MEASURE_SIDE * W3DI_MESH_MEASURE_SUBPIXELS * 0.498;
    const double middle = W3D_MESH_MEASURE_SIDE * W3DI_MESH_MEASURE_SUBPIXELS * 0.5;
    for (uint32_t v = 0; v < mesh->vertex_count; v++, out += 3) {
        const float *p = w3d_mesh_position(mesh, v);
        double offset[3], seen[3];
        if (!w3d_f32_is_finite(p[0]) || !w3d_f32_is_finite(p[1]) || !w3d_f32_is_finite(p[2])) {
            out[0] = INT32_MIN;
            continue;
        }
        for (int k = 0; k < 3; k++) offset[k] = ((double)p[k] - centre[k]) * rate;
        int fits = 1; /* corners do; what no triangle names may lie anywhere */
        for (int k = 0; k < 3; k++) {
            seen[k] = axes[k][0] * offset[0] + axes[k][1] * offset[1] + axes[k][2] * offset[2];
            fits &= seen[k] > -1.001 && seen[k] < 1.001;
        }
        if (!fits) {
            out[0] = INT32_MIN;
            continue;
        }
        out[0] = (int32_t)(middle + seen[0] * reach + 0.5);
        out[1] = (int32_t)(middle - seen[1] * reach + 0.5);
        out[2] = (int32_t)((seen[2] * 0.498 + 0.5) * W3DI_MESH_MEASURE_DEPTH_STEPS) + 1;
    }
}

/* Twice the area of a, b and the point, above 0 where they turn left on a picture that grows
 * down. */
W3D_INLINE int64_t w3di_mesh_measure_side(const int32_t *a, const int32_t *b, int32_t x, int32_t y)
{
    return (int64_t)(b[1] - a[1]) * (x - a[0]) - (int64_t)(b[0] - a[0]) * (y - a[1]);
}

/* 1 where a point on the edge belongs to the triangle: the edge is a left or a top one. */
W3D_INLINE int64_t w3di_mesh_measure_owns(const int32_t *a, const int32_t *b)
{
    return b[1] > a[1] || (b[1] == a[1] && b[0] < a[0]) ? 1 : 0;
}

W3D_INLINE int32_t w3di_mesh_measure_min3(int32_t a, int32_t b, int32_t c)
{
    int32_t less = a < b ? a : b;
    return less < c ? less : c;
}

static uint32_t w3di_mesh_measure_draw(const int32_t *a, const int32_t *b, const int32_t *c,
                                       int32_t *depth)
{
    const int32_t step = W3DI_MESH_MEASURE_SUBPIXELS, half = step / 2;
    int64_t area = w3di_mesh_measure_side(a, b, c[0], c[1]);
    if (area <= 0) return 0; /* from behind, or edge on */
    int32_t left = w3di_mesh_measure_min3(a[0], b[0], c[0]) / step;
    int32_t right = -w3di_mesh_measure_min3(-a[0], -b[0], -c[0]) / step;
    int32_t top = w3di_mesh_measure_min3(a[1], b[1], c[1]) / step;
    int32_t bottom = -w3di_mesh_measure_min3(-a[1], -b[1], -c[1]) / step;
    if (right >= W3D_MESH_MEASURE_SIDE) right = W3D_MESH_MEASURE_SIDE - 1;
    if (bottom >= W3D_MESH_MEASURE_SIDE) bottom = W3D_MESH_MEASURE_SIDE - 1;
    /* An edge that does not own its points loses them by starting one below. */
    int64_t own[3] = { w3di_mesh_measure_owns(b, c) - 1, w3di_mesh_measure_owns(c, a) - 1,
                       w3di_mesh_measure_owns(a, b) - 1 };
    double scale = 1.0 / (double)area;
    uint32_t passed = 0;
    for (int32_t y = top; y <= bottom; y++)
        for (int32_t x = left; x <= right; x++) {
            int32_t at_x = x * step + half, at_y = y * step + half;
            int64_t in_a = w3di_mesh_measure_side(b, c, at_x, at_y);
            int64_t in_b = w3di_mesh_measure_side(c, a, at_x, at_y);
            int64_t in_c = w3di_mesh_measure_side(a, b, at_x, at_y);
            if (in_a + own[0] < 0 || in_b + own[1] < 0 || in_c + own[2] < 0) continue;
            double sum = (double)(in_a * a[2] + in_b * b[2] + in_c * c[2]); /* below 2^57 */
            int32_t found = (int32_t)(sum * scale);
            int32_t *pixel = depth + y * W3D_MESH_MEASURE_SIDE + x;
            if (found <= *pixel) continue;
            *pixel = found;
            passed++;
        }
    return passed;
}

W3D_API w3d_result w3d_mesh_measure_overdraw(const w3d_mesh_view *mesh,
                                             w3d_mesh_overdraw_figures *figures, w3d_arena scratch)
{
    const uint32_t pixels = W3D_MESH_MEASURE_SIDE * W3D_MESH_MEASURE_SIDE;
    int kept = w3di_mesh_check_view(mesh) && figures;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    int32_t *depth = (int32_t *)w3d_arena_push(&scratch, pixels, sizeof(int32_t), 16);
    int32_t *seen = (int32_t *)w3d_arena_push(&scratch, mesh->vertex_count, 12, 4);
    if (!depth || !seen) return W3D_ERR_CAPACITY;

    w3d_mesh_overdraw_figures found;
    double centre[3], rate;
    w3d_fill(&found, 0, sizeof found);
    if (w3di_mesh_measure_frame(mesh, centre, &rate))
        for (int view = 0; view < W3D_MESH_MEASURE_VIEWS; view++) {
            double axes[3][3];
            w3di_mesh_measure_axes(view, axes);
            w3di_mesh_measure_project(mesh, centre, rate, axes, seen);
            w3d_fill(depth, 0, (size_t)pixels * sizeof(int32_t));
            for (uint32_t i = 0; i < mesh->index_count; i += 3) {
                const int32_t *a = seen + 3 * (size_t)mesh->indices[i];
                const int32_t *b = seen + 3 * (size_t)mesh->indices[i + 1];
                const int32_t *c = seen + 3 * (size_t)mesh->indices[i + 2];
                if (a[0] == INT32_MIN || b[0] == INT32_MIN || c[0] == INT32_MIN) continue;
                found.shaded += w3di_mesh_measure_draw(a, b, c, depth);
            }
            for (uint32_t i = 0; i < pixels; i++) found.covered += depth[i] != 0;
        }
    if (found.covered) found.overdraw = (float)((double)found.shaded / (double)found.covered);
    *figures = found;
    return W3D_OK;
}

#undef W3DI_MESH_MEASURE_LINE
#undef W3DI_MESH_MEASURE_LINES
#undef W3DI_MESH_MEASURE_SUBPIXELS
#undef W3DI_MESH_MEASURE_DEPTH_STEPS

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
