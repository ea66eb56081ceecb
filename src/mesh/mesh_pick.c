/* mesh_pick.c - rays and small frusta from pixels; edges are measured in the picture, in double. */
#include "mesh/mesh_pick.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_bvh_trace.h"
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

static void w3di_mesh_pick_transform(const float *m, const double *v, double *out)
{
    for (int row = 0; row < 4; row++)
        out[row] =
            (((double)m[row] * v[0] + (double)m[4 + row] * v[1]) + (double)m[8 + row] * v[2]) +
            (double)m[12 + row] * v[3];
}

W3D_API int w3d_mesh_pick_ray(const float *inverse, const float *point, const float *size,
                              w3d_mesh_bvh_ray *ray)
{
    double clip[4], from[4], to[4], way[3], length = 0.0, largest = 0.0;
    w3d_mesh_bvh_ray made;
    if (!inverse || !point || !size || !ray) {
        W3D_ASSERT(0);
        return 0;
    }
    if (!(size[0] > 0.0f) || !(size[1] > 0.0f)) return 0;
    clip[0] = 2.0 * (double)point[0] / (double)size[0] - 1.0;
    clip[1] = 1.0 - 2.0 * (double)point[1] / (double)size[1];
    clip[2] = 0.0;
    clip[3] = 1.0;
    w3di_mesh_pick_transform(inverse, clip, from);
    clip[2] = 1.0;
    w3di_mesh_pick_transform(inverse, clip, to);
    /* Between two points of a projective space; a far plane at infinity has w 0, or nearly so. */
    double scale = to[3] < 0.0 ? -to[3] : to[3], at_infinity = 0.0;
    for (int k = 0; k < 3; k++) scale += to[k] < 0.0 ? -to[k] : to[k];
    at_infinity = (to[3] < 0.0 ? -to[3] : to[3]) <= 1e-7 * scale;
    for (int k = 0; k < 3; k++) {
        double start = from[k] / from[3];
        way[k] = at_infinity != 0.0 ? to[k] * (from[3] < 0.0 ? -1.0 : 1.0) : to[k] / to[3] - start;
        double here = way[k] < 0.0 ? -way[k] : way[k];
        if (here > largest) largest = here;
        made.origin[k] = (float)start;
        if (!w3d_f32_is_finite(made.origin[k]) || !w3d_f64_is_finite(way[k])) return 0;
    }
    if (!(largest > 0.0)) return 0;
    for (int k = 0; k < 3; k++) length += way[k] / largest * (way[k] / largest);
    length = w3d_sqrt(length) * largest;
    for (int k = 0; k < 3; k++) made.direction[k] = (float)(way[k] / length);
    made.t_min = 0.0f;
    made.t_max = at_infinity != 0.0 ? 0.0f : (float)length;
    *ray = made;
    return 1;
}

/* ---- edges and vertices ---- */

typedef struct w3di_mesh_pick_found {
    w3d_mesh_pick_result result;
    double pixels, depth;
} w3di_mesh_pick_found;

/* 1 where no triangle without these vertices is met before the point. */
static int w3di_mesh_pick_visible(const w3d_mesh_pick_desc *desc, const double *pixel,
                                  const double *point, const uint32_t *vertex, uint32_t count)
{
    enum { LOOKS = 16 };
    w3d_mesh_bvh_hit hits[LOOKS];
    w3d_mesh_bvh_ray ray;
    float at[2], size[2];
    double way = 0.0;
    at[0] = (float)pixel[0], at[1] = (float)pixel[1];
    size[0] = desc->width, size[1] = desc->height;
    if (!w3d_mesh_pick_ray(desc->inverse, at, size, &ray)) return 0;
    for (int k = 0; k < 3; k++)
        way += (point[k] - (double)ray.origin[k]) * (double)ray.direction[k];
    /* The ray misses the point by rounding, so what is met close before it is let pass. */
    ray.t_max = (float)(way * (1.0 - 1.0 / 4096.0));
    if (!(ray.t_max > 0.0f)) return 1;
    uint32_t met = w3d_mesh_bvh_all(desc->bvh, &ray, hits, LOOKS);
    for (uint32_t i = 0; i < met; i++) {
        const uint32_t *corner = desc->mesh->indices + (size_t)hits[i].triangle * 3;
        int has = 0;
        for (int k = 0; k < 3; k++)
            has |= corner[k] == vertex[0] || (count == 2 && corner[k] == vertex[1]);
        if (!has) return 0;
    }
    return met < LOOKS;
}

/* Looks at edge `corner` of a triangle, or at its vertex. clip: [3][4]. */
static void w3di_mesh_pick_consider(const w3d_mesh_pick_desc *desc, uint32_t triangle,
                                    uint32_t corner, int is_edge, double clip[3][4], double radius,
                                    w3di_mesh_pick_found *best)
{
    uint32_t next = is_edge ? (corner + 1) % 3 : corner;
    const double *a = clip[corner], *b = clip[next];
    double from = 0.0, to = 1.0;
    /* What is between the near and the far plane: 0 <= z <= w. */
    for (int side = 0; side < 2; side++) {
        double x = side ? a[3] - a[2] : a[2], y = side ? b[3] - b[2] : b[2];
        if (x < 0.0 && y < 0.0) return;
        if (!is_edge && !(x >= 0.0)) return;
        if (x < 0.0 && x / (x - y) > from) from = x / (x - y);
        if (y < 0.0 && x / (x - y) < to) to = x / (x - y);
    }
    if (!(from <= to)) return;
    double end[2][2], w[2], pixel[2], mouse[2];
    for (int i = 0; i < 2; i++) {
        double t = i ? to : from;
        w[i] = a[3] + (b[3] - a[3]) * t;
        if (!(w[i] > 0.0)) return;
        end[i][0] = ((a[0] + (b[0] - a[0]) * t) / w[i] + 1.0) * 0.5 * (double)desc->width;
        end[i][1] = (1.0 - (a[1] + (b[1] - a[1]) * t) / w[i]) * 0.5 * (double)desc->height;
    }
    mouse[0] = (double)desc->x, mouse[1] = (double)desc->y;
    double dx = end[1][0] - end[0][0], dy = end[1][1] - end[0][1], s = 0.0;
    if (dx * dx + dy * dy > 0.0)
        s = ((mouse[0] - end[0][0]) * dx + (mouse[1] - end[0][1]) * dy) / (dx * dx + dy * dy);
    s = s > 0.0 ? (s < 1.0 ? s : 1.0) : 0.0;
    pixel[0] = end[0][0] + dx * s;
    pixel[1] = end[0][1] + dy * s;
    double pixels = w3d_sqrt((pixel[0] - mouse[0]) * (pixel[0] - mouse[0]) +
                             (pixel[1] - mouse[1]) * (pixel[1] - mouse[1]));
    if (!(pixels <= radius)) return;
    /* s runs evenly over the picture; along the edge 1 / w does. */
    double along = s * w[0] / (s * w[0] + (1.0 - s) * w[1]), t = from + (to - from) * along;
    double depth = (a[2] + (b[2] - a[2]) * t) / (a[3] + (b[3] - a[3]) * t);
    if (best->result.kind &&
        (pixels > best->pixels ||
         (pixels == best->pixels &&
          (depth > best->depth || (depth == best->depth && triangle >= best->result.triangle)))))
        return;
    const uint32_t *index = desc->mesh->indices + (size_t)triangle * 3;
    const float *p = w3d_mesh_position(desc->mesh, index[corner]);
    const float *q = w3d_mesh_position(desc->mesh, index[next]);
    uint32_t vertex[2];
    double point[3];
    vertex[0] = index[corner], vertex[1] = index[next];
    for (int k = 0; k < 3; k++) point[k] = (double)p[k] + ((double)q[k] - (double)p[k]) * t;
    if (!desc->through && !w3di_mesh_pick_visible(desc, pixel, point, vertex, is_edge ? 2 : 1))
        return;
    best->pixels = pixels;
    best->depth = depth;
    best->result.kind = is_edge ? W3D_MESH_PICK_EDGES : W3D_MESH_PICK_VERTICES;
    best->result.triangle = triangle;
    best->result.corner = corner;
    best->result.vertex[0] = vertex[0];
    best->result.vertex[1] = vertex[1];
    for (int k = 0; k < 3; k++) best->result.point[k] = (float)point[k];
    best->result.pixels = (float)pixels;
    best->result.depth = (float)depth;
}

/* The planes around a square of pixels, near and far included. */
static void w3di_mesh_pick_planes(const w3d_mesh_pick_desc *desc, double radius, float (*planes)[4])
{
    const float *m = desc->view_projection;
    double left = 2.0 * ((double)desc->x - radius) / (double)desc->width - 1.0;
    double right = 2.0 * ((double)desc->x + radius) / (double)desc->width - 1.0;
    double top = 1.0 - 2.0 * ((double)desc->y - radius) / (double)desc->height;
    double bottom = 1.0 - 2.0 * ((double)desc->y + radius) / (double)desc->height;
    for (int k = 0; k < 4; k++) {
        double x = (double)m[4 * k], y = (double)m[4 * k + 1];
        double z = (double)m[4 * k + 2], w = (double)m[4 * k + 3];
        planes[0][k] = (float)(x - left * w);
        planes[1][k] = (float)(right * w - x);
        planes[2][k] = (float)(y - bottom * w);
        planes[3][k] = (float)(top * w - y);
        planes[4][k] = (float)z;
        planes[5][k] = (float)(w - z);
    }
}

static w3d_result w3di_mesh_pick_near(const w3d_mesh_pick_desc *desc, w3d_arena scratch,
                                      w3d_mesh_pick_result *result)
{
    w3di_mesh_pick_found vertex, edge;
    double radius = desc->radius > 0.0f ? (double)desc->radius : 6.0;
    float planes[6][4];
    w3d_fill(&vertex, 0, sizeof vertex);
    w3d_fill(&edge, 0, sizeof edge);
    /* A little wider: planes are rounded to float, edges are measured exactly afterwards. */
    w3di_mesh_pick_planes(desc, radius * 1.001 + 0.01, planes);
    uint32_t count = w3d_mesh_bvh_overlap_planes(desc->bvh, (const float(*)[4])planes, 6, NULL, 0);
    uint32_t *triangles = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    if (count && !triangles) return W3D_ERR_CAPACITY;
    (void)w3d_mesh_bvh_overlap_planes(desc->bvh, (const float(*)[4])planes, 6, triangles, count);
    for (uint32_t i = 0; i < count; i++)
        if (!w3di_mesh_check_indices(desc->mesh->indices + (size_t)triangles[i] * 3, 3,
                                     desc->mesh->vertex_count))
            return W3D_ERR_INDEX;
    for (uint32_t i = 0; i < count; i++) {
        double clip[3][4];
        for (uint32_t c = 0; c < 3; c++) {
            const float *p =
                w3d_mesh_position(desc->mesh, desc->mesh->indices[(size_t)triangles[i] * 3 + c]);
            double v[4];
            for (int k = 0; k < 3; k++) v[k] = (double)p[k];
            v[3] = 1.0;
            w3di_mesh_pick_transform(desc->view_projection, v, clip[c]);
        }
        for (uint32_t c = 0; c < 3; c++) {
            if (desc->kinds & W3D_MESH_PICK_VERTICES)
                w3di_mesh_pick_consider(desc, triangles[i], c, 0, clip, radius, &vertex);
            if (desc->kinds & W3D_MESH_PICK_EDGES)
                w3di_mesh_pick_consider(desc, triangles[i], c, 1, clip, radius, &edge);
        }
    }
    if (vertex.result.kind)
        *result = vertex.result;
    else if (edge.result.kind)
        *result = edge.result;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_pick(const w3d_mesh_pick_desc *desc, w3d_mesh_pick_result *result,
                                 w3d_arena scratch)
{
    w3d_mesh_pick_result picked;
    if (!desc || !result || !desc->bvh || !w3di_mesh_check_view(desc->mesh) ||
        !desc->view_projection || !desc->inverse || !(desc->width > 0.0f) ||
        !(desc->height > 0.0f) || desc->radius < 0.0f || desc->kinds > 7u ||
        (desc->bvh->node_count && !desc->bvh->leaves) ||
        desc->bvh->item_count != desc->mesh->index_count / 3) {
        W3D_ASSERT(0);
        return W3D_ERR_ARGUMENT;
    }
    w3d_fill(&picked, 0, sizeof picked);
    if (desc->kinds & (W3D_MESH_PICK_EDGES | W3D_MESH_PICK_VERTICES)) {
        w3d_result found = w3di_mesh_pick_near(desc, scratch, &picked);
        if (found != W3D_OK) return found;
    }
    if (!picked.kind && (!desc->kinds || (desc->kinds & W3D_MESH_PICK_TRIANGLES))) {
        float point[2], size[2];
        w3d_mesh_bvh_ray ray;
        w3d_mesh_bvh_hit hit;
        point[0] = desc->x, point[1] = desc->y;
        size[0] = desc->width, size[1] = desc->height;
        if (w3d_mesh_pick_ray(desc->inverse, point, size, &ray) &&
            w3d_mesh_bvh_closest(desc->bvh, &ray, &hit)) {
            double at[4], clip[4];
            const uint32_t *index = desc->mesh->indices + (size_t)hit.triangle * 3;
            picked.kind = W3D_MESH_PICK_TRIANGLES;
            picked.triangle = hit.triangle;
            picked.vertex[0] = index[0];
            picked.vertex[1] = index[1];
            for (int k = 0; k < 3; k++) {
                at[k] = (double)ray.origin[k] + (double)ray.direction[k] * (double)hit.t;
                picked.point[k] = (float)at[k];
            }
            at[3] = 1.0;
            w3di_mesh_pick_transform(desc->view_projection, at, clip);
            picked.depth = (float)(clip[2] / clip[3]);
        }
    }
    *result = picked;
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
