/* mesh_topology.c - edges by sorting, components and fans by disjoint sets. */
#include "mesh/mesh_topology.h"
#include "mesh/mesh_sets.h"

/* The corners and points that name what is not there. */
static void w3di_mesh_topology_range(const w3d_mesh_adjacency_desc *desc, w3d_mesh_topology *report)
{
    uint64_t found = 0; /* indices and points together may be 2^32 */
    report->first_out_of_range = desc->index_count;
    for (uint32_t i = desc->index_count; i-- > 0;) {
        if (desc->indices[i] < desc->vertex_count) continue;
        found++;
        report->first_out_of_range = i;
    }
    for (uint32_t i = 0; desc->points && i < desc->vertex_count; i++)
        found += desc->points[i] >= desc->vertex_count;
    report->out_of_range = found < UINT32_MAX ? (uint32_t)found : UINT32_MAX;
    if (report->out_of_range == 0) report->first_out_of_range = 0;
}

/* Counts points, and those where triangles form more than one fan: corners joined through the
 * edges at their point are one fan. */
static void w3di_mesh_topology_points(const w3di_mesh_edges *mesh, uint32_t *corners,
                                      uint32_t *fans, w3d_mesh_topology *report)
{
    w3d_fill(fans, 0, (size_t)mesh->point_limit * sizeof *fans);
    for (uint32_t i = 0; i < mesh->count; i++)
        if (w3di_mesh_sets_find(corners, i) == i && !w3di_mesh_edges_is_flat(mesh, i - i % 3))
            fans[w3di_mesh_edges_point(mesh, i)]++;
    for (uint32_t p = 0; p < mesh->point_limit; p++) {
        report->points_used += fans[p] != 0;
        report->non_manifold_points += fans[p] > 1;
    }
    report->points_unused = mesh->point_limit - report->points_used;
}

/* Boundary edges that share a point hang together: the sets of points with more than one. */
static void w3di_mesh_topology_loops(const w3di_mesh_edges *mesh, const uint32_t *order,
                                     uint32_t used, uint32_t *sets, w3d_mesh_topology *report)
{
    w3di_mesh_sets_make(sets, mesh->point_limit);
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        end = w3di_mesh_edges_run(mesh, order, begin, used);
        if (end - begin == 1)
            w3di_mesh_sets_join(sets, w3di_mesh_edges_low(mesh, order[begin]),
                                w3di_mesh_edges_high(mesh, order[begin]));
    }
    /* Straighten all paths first, so that roots can then be marked when they are counted. */
    for (uint32_t p = 0; p < mesh->point_limit; p++) sets[p] = w3di_mesh_sets_find(sets, p);
    for (uint32_t p = 0; p < mesh->point_limit; p++) {
        uint32_t root = sets[p]; /* the smallest of its set, so met before this */
        if (root == p || root == W3DI_MESH_EDGES_NONE || sets[root] == W3DI_MESH_EDGES_NONE)
            continue;
        sets[root] = W3DI_MESH_EDGES_NONE;
        report->boundary_loops++;
    }
}

static void w3di_mesh_topology_edges(const w3di_mesh_edges *mesh, const uint32_t *order,
                                     uint32_t used, uint32_t *triangles, uint32_t *corners,
                                     w3d_mesh_topology *report)
{
    w3di_mesh_sets_make(triangles, mesh->count / 3);
    w3di_mesh_sets_make(corners, mesh->count);
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        end = w3di_mesh_edges_run(mesh, order, begin, used);
        report->edges++;
        report->boundary_edges += end - begin == 1;
        report->non_manifold_edges += end - begin > 2;
        if (end - begin == 2)
            report->inconsistent_edges +=
                (uint32_t)w3di_mesh_edges_same_way(mesh, order[begin], order[begin + 1]);
        for (uint32_t i = begin + 1; i < end; i++) {
            w3di_mesh_sets_join(triangles, order[begin] / 3, order[i] / 3);
            w3di_mesh_sets_join_ends(mesh, corners, order[begin], order[i]);
        }
    }
}

/* Numbers the roots in their order and writes them out, if wanted; a root is its set's first. */
static void w3di_mesh_topology_components(const w3di_mesh_edges *mesh, uint32_t *triangles,
                                          uint32_t *numbers, uint32_t *components,
                                          w3d_mesh_topology *report)
{
    for (uint32_t t = 0; t < mesh->count / 3; t++) {
        int flat = w3di_mesh_edges_is_flat(mesh, 3 * t);
        uint32_t root = w3di_mesh_sets_find(triangles, t);
        if (!flat && root == t) numbers[t] = report->components++;
        if (components) components[t] = flat ? 0xFFFFFFFFu : numbers[root];
    }
}

W3D_API size_t w3d_mesh_topology_scratch_size(uint32_t index_count, uint32_t vertex_count)
{
    size_t size = 3;
    return w3d_size_append(&size, index_count, 16) && w3d_size_append(&size, vertex_count, 4)
               ? size
               : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_topology_check(const w3d_mesh_adjacency_desc *desc,
                                           w3d_mesh_topology *report, uint32_t *components,
                                           w3d_arena scratch)
{
    int kept = desc && report && desc->index_count % 3 == 0 &&
               desc->index_count < W3D_MESH_TWIN_DEGENERATE &&
               (desc->indices || desc->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    w3d_mesh_topology result;
    w3d_fill(&result, 0, sizeof result);
    result.triangle_count = desc->index_count / 3;
    w3di_mesh_topology_range(desc, &result);
    if (result.out_of_range) {
        *report = result;
        return W3D_OK;
    }
    size_t count = desc->index_count;
    uint32_t *order = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *other = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *corners = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *triangles = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *points = (uint32_t *)w3d_arena_push(&scratch, desc->vertex_count, 4, 4);
    if (!order || !other || !corners || !triangles || !points) return W3D_ERR_CAPACITY;
    w3di_mesh_edges mesh;
    mesh.indices = desc->indices;
    mesh.points = desc->points;
    mesh.count = desc->index_count;
    mesh.point_limit = desc->vertex_count;

    uint32_t proper = w3di_mesh_sets_sort(&mesh, order, other, points);
    result.degenerate = result.triangle_count - proper;
    for (uint32_t i = 1; i < proper; i++)
        result.duplicates += (uint32_t)w3di_mesh_sets_same(&mesh, order[i - 1], order[i]);
    uint32_t used = w3di_mesh_edges_sort(&mesh, order, other, points);
    w3di_mesh_topology_edges(&mesh, order, used, triangles, corners, &result);
    w3di_mesh_topology_points(&mesh, corners, points, &result);
    w3di_mesh_topology_loops(&mesh, order, used, points, &result);
    w3di_mesh_topology_components(&mesh, triangles, other, components, &result);
    result.euler = (int64_t)result.points_used - (int64_t)result.edges + (int64_t)proper;
    result.is_manifold = result.non_manifold_edges == 0 && result.non_manifold_points == 0;
    result.is_closed = result.boundary_edges == 0;
    result.is_oriented = result.non_manifold_edges == 0 && result.inconsistent_edges == 0;
    *report = result;
    return W3D_OK;
}
