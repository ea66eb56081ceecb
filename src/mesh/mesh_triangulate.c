/* mesh_triangulate.c - checks first, then one pass over the polygons. */
#include "mesh/mesh_triangulate.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_polygon.h"

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

typedef struct w3di_mesh_triangulate_vec {
    double x, y, z;
} w3di_mesh_triangulate_vec;

static w3di_mesh_triangulate_vec w3di_mesh_triangulate_sub(const float *a, const float *b)
{
    w3di_mesh_triangulate_vec v;
    v.x = (double)a[0] - (double)b[0];
    v.y = (double)a[1] - (double)b[1];
    v.z = (double)a[2] - (double)b[2];
    return v;
}

static w3di_mesh_triangulate_vec w3di_mesh_triangulate_cross(w3di_mesh_triangulate_vec a,
                                                             w3di_mesh_triangulate_vec b)
{
    w3di_mesh_triangulate_vec n;
    n.x = a.y * b.z - a.z * b.y;
    n.y = a.z * b.x - a.x * b.z;
    n.z = a.x * b.y - a.y * b.x;
    return n;
}

static double w3di_mesh_triangulate_dot(w3di_mesh_triangulate_vec a, w3di_mesh_triangulate_vec b)
{
    return (a.x * b.x + a.y * b.y) + a.z * b.z;
}

/* 1 where the triangles (a, b, c) and (a, c, d) on the two sides of diagonal ac face the same way.
 * Products of four lengths: double holds them for all floats. */
static int w3di_mesh_triangulate_inside(const float *a, const float *b, const float *c,
                                        const float *d)
{
    w3di_mesh_triangulate_vec ab = w3di_mesh_triangulate_sub(b, a);
    w3di_mesh_triangulate_vec ac = w3di_mesh_triangulate_sub(c, a);
    w3di_mesh_triangulate_vec ad = w3di_mesh_triangulate_sub(d, a);
    return w3di_mesh_triangulate_dot(w3di_mesh_triangulate_cross(ab, ac),
                                     w3di_mesh_triangulate_cross(ac, ad)) > 0.0;
}

/* 1 where the quad is to be cut from its second corner to its fourth. */
static int w3di_mesh_triangulate_second(const w3d_mesh_triangulate_desc *desc,
                                        const uint32_t *corner)
{
    size_t stride = desc->stride ? desc->stride : 12;
    const float *p[4];
    for (int k = 0; k < 4; k++)
        p[k] = (const float *)(const void *)((const char *)desc->positions + corner[k] * stride);
    int first_inside = w3di_mesh_triangulate_inside(p[0], p[1], p[2], p[3]);
    if (!w3di_mesh_triangulate_inside(p[1], p[2], p[3], p[0])) return 0;
    if (!first_inside) return 1;
    w3di_mesh_triangulate_vec first = w3di_mesh_triangulate_sub(p[2], p[0]);
    w3di_mesh_triangulate_vec second = w3di_mesh_triangulate_sub(p[3], p[1]);
    return w3di_mesh_triangulate_dot(second, second) < w3di_mesh_triangulate_dot(first, first);
}

/* The corners of the triangles of a quad cut 0-2, then those of one cut 1-3. */
static const uint32_t w3di_mesh_triangulate_quad[2][6] = { { 0, 1, 2, 0, 2, 3 },
                                                           { 0, 1, 3, 1, 2, 3 } };

/* Cuts a polygon of more than four corners that no fan fits; 0: a fan does. */
static int w3di_mesh_triangulate_ears(const w3d_mesh_triangulate_desc *desc, const uint32_t *corner,
                                      uint32_t size, uint32_t *places)
{
    double position[3 * W3DI_MESH_POLYGON_MOST];
    size_t stride = desc->stride ? desc->stride : 12;
    const char *rows = (const char *)desc->positions;
    for (uint32_t i = 0; i < size; i++) { /* from the first corner: nearby ones lose no digits */
        w3di_mesh_triangulate_vec v =
            w3di_mesh_triangulate_sub((const float *)(const void *)(rows + corner[i] * stride),
                                      (const float *)(const void *)(rows + corner[0] * stride));
        position[3 * i] = v.x;
        position[3 * i + 1] = v.y;
        position[3 * i + 2] = v.z;
    }
    return w3di_mesh_polygon_cut(position, size, places);
}

static w3d_result w3di_mesh_triangulate_check(const w3d_mesh_triangulate_desc *desc,
                                              uint32_t *triangle_count)
{
    uint64_t corners = 0, triangles = 0;
    for (uint32_t i = 0; i < desc->polygon_count; i++) {
        uint32_t size = desc->sizes[i];
        corners += size;
        if (size >= 3) triangles += size - 2u;
    }
    if (corners != desc->corner_count) return W3D_ERR_FORMAT;
    if (triangles > 0xFFFFFFFFu / 3u) return W3D_ERR_LIMIT;
    *triangle_count = (uint32_t)triangles;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_triangulate_count(const w3d_mesh_triangulate_desc *desc,
                                              uint32_t *count)
{
    int kept = desc && count && (desc->sizes || desc->polygon_count == 0);
    W3D_ASSERT(kept);
    return kept ? w3di_mesh_triangulate_check(desc, count) : W3D_ERR_ARGUMENT;
}

W3D_API w3d_result w3d_mesh_triangulate(const w3d_mesh_triangulate_desc *desc,
                                        w3d_mesh_triangles *out)
{
    uint32_t triangle_count = 0;
    int kept = desc && out && (desc->sizes || desc->polygon_count == 0) &&
               (desc->corners || desc->corner_count == 0) &&
               (out->indices || out->capacity == 0) && w3di_mesh_check_stride(desc->stride);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    w3d_result result = w3di_mesh_triangulate_check(desc, &triangle_count);
    if (result != W3D_OK) return result;
    if (desc->positions &&
        !w3di_mesh_check_indices(desc->corners, desc->corner_count, desc->vertex_count))
        return W3D_ERR_INDEX;
    if (triangle_count > out->capacity) return W3D_ERR_CAPACITY;

    uint32_t *triangle = out->indices, *polygon = out->polygons;
    uint32_t first = 0, skipped = 0;
    for (uint32_t i = 0; i < desc->polygon_count; i++) {
        uint32_t size = desc->sizes[i];
        const uint32_t *corner = desc->corners + first;
        uint32_t place[3] = { 0, 1, 2 }, ears[W3DI_MESH_POLYGON_MOST * 3];
        const uint32_t *cut = NULL; /* the places, where a fan does not do */
        if (size < 3) skipped++;
        if (size == 4)
            cut = w3di_mesh_triangulate_quad[desc->positions &&
                                             w3di_mesh_triangulate_second(desc, corner)];
        else if (size > 4 && size <= W3DI_MESH_POLYGON_MOST && desc->positions &&
                 w3di_mesh_triangulate_ears(desc, corner, size, ears))
            cut = ears;
        for (uint32_t fan = 2; fan < size; fan++) {
            for (uint32_t k = 0; k < 3; k++) {
                uint32_t at = cut ? cut[3 * (fan - 2) + k] : place[k];
                *triangle++ = desc->corner_numbers ? first + at : corner[at];
            }
            if (polygon) *polygon++ = i;
            place[1]++;
            place[2]++;
        }
        first += size;
    }
    out->triangle_count = triangle_count;
    out->skipped_count = skipped;
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
