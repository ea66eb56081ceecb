/* mesh_meshlet_bounds.c - spheres by mesh_bounds, cones in double.
 *
 * The axis is the mean of the unit normals and the cone's half-angle the largest between it and a
 * normal. The apex lies on the axis so far back that it is behind the plane of every triangle.
 * From an eye so that apex - eye and the axis enclose less than 90 degrees minus the half-angle,
 * every triangle turns away: for a unit normal n and p on its plane,
 * n.(p - eye) = n.(p - apex) + n.(apex - eye), and neither part is negative. */
#include "mesh/mesh_meshlet_bounds.h"
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

#define W3DI_MESHLET_BOUNDS_MARGIN 1e-5 /* of cosines; hides the rounding of floats in a shader */

typedef struct w3di_meshlet_bounds_patch {
    float points[256 * 3];
    uint32_t vertex_count, triangle_count;
    const uint8_t *triangles;
} w3di_meshlet_bounds_patch;

/* The unit normal of a triangle: 1; 0 where it has no front; -1 where its direction is in doubt. */
static int w3di_meshlet_bounds_normal(const w3di_meshlet_bounds_patch *patch, uint32_t triangle,
                                      double *normal)
{
    double p[3][3], a[3], b[3], longest, other, length;
    const uint8_t *row = patch->triangles + 3 * (size_t)triangle;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            float x = patch->points[3 * row[i] + k];
            if (!w3d_f32_is_finite(x)) return 0;
            p[i][k] = (double)x;
        }
    for (int k = 0; k < 3; k++) {
        a[k] = p[1][k] - p[0][k];
        b[k] = p[2][k] - p[0][k];
    }
    longest = a[0] * a[0] + a[1] * a[1] + a[2] * a[2];
    other = b[0] * b[0] + b[1] * b[1] + b[2] * b[2];
    if (other > longest) longest = other;
    normal[0] = a[1] * b[2] - a[2] * b[1];
    normal[1] = a[2] * b[0] - a[0] * b[2];
    normal[2] = a[0] * b[1] - a[1] * b[0];
    length = normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2];
    if (longest == 0.0) return 0;
    length = w3d_sqrt(length);
    /* The cross product is off by a few parts in 2^53 of the squared edge. Below that it may face
     * either way, or have no area. */
    if (!(length > 1e-8 * longest)) return -1;
    for (int k = 0; k < 3; k++) normal[k] /= length;
    return 1;
}

/* Whether three points that give no normal lie on a line exactly: no front then. Twice a point is
 * the common case and the only one looked for. */
static int w3di_meshlet_bounds_is_flat(const w3di_meshlet_bounds_patch *patch, uint32_t triangle)
{
    const uint8_t *row = patch->triangles + 3 * (size_t)triangle;
    for (int k = 0; k < 3; k++) {
        const float *a = patch->points + 3 * row[k], *b = patch->points + 3 * row[(k + 1) % 3];
        if (a[0] == b[0] && a[1] == b[1] && a[2] == b[2]) return 1;
    }
    return 0;
}

static void w3di_meshlet_bounds_cone(const w3di_meshlet_bounds_patch *patch, const float *centre,
                                     w3d_meshlet_bounds *bounds)
{
    double sum[3] = { 0.0, 0.0, 0.0 }, normal[3], axis[3], length = 0.0, least = 1.0, back = 0.0;
    for (int k = 0; k < 3; k++) bounds->cone_apex[k] = bounds->cone_axis[k] = 0.0f;
    bounds->cone_axis[2] = 1.0f;
    bounds->cone_cutoff = 2.0f;
    uint32_t fronts = 0;
    for (uint32_t t = 0; t < patch->triangle_count; t++) {
        int sure = w3di_meshlet_bounds_normal(patch, t, normal);
        if (sure < 0 && !w3di_meshlet_bounds_is_flat(patch, t)) return;
        if (sure <= 0) continue;
        fronts++;
        for (int k = 0; k < 3; k++) sum[k] += normal[k];
    }
    for (int k = 0; k < 3; k++) length += sum[k] * sum[k];
    length = w3d_sqrt(length);
    if (fronts == 0 || !(length > 0.1)) return;
    /* As floats from here on: that is what will be asked. Volatile because GCC 12 at -O2, when it
     * joins two components into a vector, otherwise leaves out their rounding. */
    for (int k = 0; k < 3; k++) {
        volatile float rounded = (float)(sum[k] / length);
        bounds->cone_axis[k] = rounded;
        axis[k] = (double)rounded;
    }
    for (uint32_t t = 0; t < patch->triangle_count; t++) {
        if (w3di_meshlet_bounds_normal(patch, t, normal) <= 0) continue;
        const float *p = patch->points + 3 * patch->triangles[3 * (size_t)t];
        double along = 0.0, before = 0.0;
        for (int k = 0; k < 3; k++) {
            along += axis[k] * normal[k];
            before += ((double)centre[k] - (double)p[k]) * normal[k];
        }
        if (along < least) least = along;
        if (!(along > 0.1)) {
            bounds->cone_axis[0] = bounds->cone_axis[1] = 0.0f;
            bounds->cone_axis[2] = 1.0f;
            return;
        }
        if (before / along > back) back = before / along;
    }
    /* Further back by what the apex may lose as a float, over the least cosine. */
    double largest = back;
    for (int k = 0; k < 3; k++) {
        double x = (double)centre[k] < 0.0 ? -(double)centre[k] : (double)centre[k];
        if (x > largest) largest = x;
    }
    back += (largest * 1e-6 + 1e-44) / least;
    double apex[3];
    for (int k = 0; k < 3; k++) apex[k] = (double)centre[k] - axis[k] * back;
    for (int k = 0; k < 3; k++)
        if (!(apex[k] < 3e38 && apex[k] > -3e38)) {
            bounds->cone_axis[0] = bounds->cone_axis[1] = 0.0f;
            bounds->cone_axis[2] = 1.0f;
            return;
        }
    for (int k = 0; k < 3; k++) bounds->cone_apex[k] = (float)apex[k];
    least = least - W3DI_MESHLET_BOUNDS_MARGIN;
    least = least < 1.0 ? least : 1.0;
    bounds->cone_cutoff = (float)(w3d_sqrt(1.0 - least * least) + W3DI_MESHLET_BOUNDS_MARGIN);
}

W3D_API w3d_result w3d_mesh_meshlet_bounds(const w3d_mesh_view *mesh, const w3d_meshlets *meshlets,
                                           uint32_t begin, uint32_t end, w3d_meshlet_bounds *bounds)
{
    int kept = w3di_mesh_check_view(mesh) && meshlets && begin <= end &&
               end <= meshlets->meshlet_count && (begin == end || bounds) &&
               (begin == end || (meshlets->meshlets && meshlets->vertices && meshlets->triangles));
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t triangle_total = mesh->index_count / 3;
    for (uint32_t i = begin; i < end; i++) {
        const w3d_meshlet *m = &meshlets->meshlets[i];
        if (m->vertex_count > 256 || m->triangle_count > 512 ||
            !w3d_size_inside(m->vertex_offset, m->vertex_count, meshlets->vertex_count) ||
            !w3d_size_inside(m->triangle_offset, m->triangle_count, triangle_total) ||
            !w3di_mesh_check_indices(meshlets->vertices + m->vertex_offset, m->vertex_count,
                                     mesh->vertex_count))
            return W3D_ERR_INDEX;
        const uint8_t *row = meshlets->triangles + 3 * (size_t)m->triangle_offset;
        for (uint32_t k = 0; k < 3 * m->triangle_count; k++)
            if (row[k] >= m->vertex_count) return W3D_ERR_INDEX;
    }
    for (uint32_t i = begin; i < end; i++) {
        const w3d_meshlet *m = &meshlets->meshlets[i];
        w3di_meshlet_bounds_patch patch;
        w3d_mesh_view view;
        w3d_meshlet_bounds result;
        w3d_fill(&view, 0, sizeof view);
        patch.vertex_count = m->vertex_count;
        patch.triangle_count = m->triangle_count;
        patch.triangles = meshlets->triangles + 3 * (size_t)m->triangle_offset;
        for (uint32_t k = 0; k < m->vertex_count; k++)
            w3d_copy(patch.points + 3 * (size_t)k,
                     w3d_mesh_position(mesh, meshlets->vertices[m->vertex_offset + k]), 12);
        view.positions = patch.points;
        view.vertex_count = m->vertex_count;
        w3d_result got = w3d_mesh_bounds_sphere(&view, NULL, &result.sphere);
        if (got != W3D_OK) return got;
        w3di_meshlet_bounds_cone(&patch, result.sphere.centre, &result);
        bounds[i] = result;
    }
    return W3D_OK;
}

W3D_API int w3d_meshlet_faces_away(const w3d_meshlet_bounds *bounds, const float *eye)
{
    double along = 0.0, square = 0.0, cutoff = (double)bounds->cone_cutoff;
    for (int k = 0; k < 3; k++) {
        double d = (double)bounds->cone_apex[k] - (double)eye[k];
        along += d * (double)bounds->cone_axis[k];
        square += d * d;
    }
    return along > 0.0 && along * along >= cutoff * cutoff * square;
}

#undef W3DI_MESHLET_BOUNDS_MARGIN

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
