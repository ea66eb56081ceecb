/* mesh_repair.c - sorting finds what lies together, disjoint sets what hangs together. */
#include "mesh/mesh_repair.h"
#include "mesh/mesh_sets.h"

typedef struct w3di_mesh_repair {
    w3di_mesh_edges mesh;
    uint32_t *order, *other, *sets; /* [index_count] */
    uint32_t *points;               /* [vertex_count] */
    uint8_t *marks;                 /* [index_count] */
} w3di_mesh_repair;

W3D_API size_t w3d_mesh_repair_scratch_size(uint32_t index_count, uint32_t vertex_count)
{
    size_t size = 3;
    return w3d_size_append(&size, index_count, 13) && w3d_size_append(&size, vertex_count, 4)
               ? size
               : SIZE_MAX;
}

static w3d_result w3di_mesh_repair_open(w3di_mesh_repair *r, const w3d_mesh_adjacency_desc *desc,
                                        int use_points, w3d_arena scratch)
{
    size_t count = desc->index_count;
    r->mesh.indices = desc->indices;
    r->mesh.points = use_points ? desc->points : NULL;
    r->mesh.count = desc->index_count;
    r->mesh.point_limit = desc->vertex_count;
    if (!w3di_mesh_check_indices(desc->indices, count, desc->vertex_count) ||
        (r->mesh.points &&
         !w3di_mesh_check_indices(r->mesh.points, desc->vertex_count, desc->vertex_count)))
        return W3D_ERR_INDEX;
    r->order = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    r->other = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    r->sets = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    r->points = (uint32_t *)w3d_arena_push(&scratch, desc->vertex_count, 4, 4);
    r->marks = (uint8_t *)w3d_arena_push_zero(&scratch, count, 1, 1);
    return r->order && r->other && r->sets && r->points && r->marks ? W3D_OK : W3D_ERR_CAPACITY;
}

static int w3di_mesh_repair_kept(const w3d_mesh_adjacency_desc *desc, const uint32_t *out)
{
    return desc && desc->index_count % 3 == 0 && desc->index_count < W3D_MESH_TWIN_DEGENERATE &&
           ((desc->indices && out) || desc->index_count == 0);
}

/* ---- drop ---- */

W3D_API w3d_result w3d_mesh_repair_drop(const w3d_mesh_adjacency_desc *desc, uint32_t *out,
                                        uint32_t *index_count, w3d_arena scratch)
{
    w3di_mesh_repair r;
    int kept = w3di_mesh_repair_kept(desc, out) && index_count;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (desc->index_count == 0) {
        *index_count = 0;
        return W3D_OK;
    }
    w3d_result opened = w3di_mesh_repair_open(&r, desc, 1, scratch);
    if (opened != W3D_OK) return opened;
    uint32_t used = w3di_mesh_sets_sort(&r.mesh, r.order, r.other, r.points), count = 0;
    for (uint32_t i = 0; i < used; i++)
        r.marks[r.order[i]] = i == 0 || !w3di_mesh_sets_same(&r.mesh, r.order[i - 1], r.order[i]);
    for (uint32_t t = 0; t < desc->index_count / 3; t++) {
        if (!r.marks[t]) continue;
        w3d_move(out + count, desc->indices + 3 * (size_t)t, 12);
        count += 3;
    }
    *index_count = count;
    return W3D_OK;
}

/* ---- orient ---- */

/* The root of a triangle; *turned: whether it faces the other way. marks[t]: against its parent. */
static uint32_t w3di_mesh_repair_find(w3di_mesh_repair *r, uint32_t t, uint8_t *turned)
{
    uint8_t sum = 0;
    while (r->sets[t] != t) {
        uint32_t parent = r->sets[t];
        r->marks[t] ^= r->sets[parent] != parent ? r->marks[parent] : 0;
        r->sets[t] = r->sets[parent];
        sum ^= r->marks[t];
        t = r->sets[t];
    }
    *turned = sum;
    return t;
}

W3D_API w3d_result w3d_mesh_repair_orient(const w3d_mesh_adjacency_desc *desc, uint32_t *out,
                                          w3d_mesh_oriented *result, w3d_arena scratch)
{
    w3di_mesh_repair r;
    w3d_mesh_oriented found = { 0, 0 };
    int kept = w3di_mesh_repair_kept(desc, out);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (desc->index_count) {
        w3d_result opened = w3di_mesh_repair_open(&r, desc, 1, scratch);
        if (opened != W3D_OK) return opened;
        uint32_t triangles = desc->index_count / 3;
        uint32_t used = w3di_mesh_edges_sort(&r.mesh, r.order, r.other, r.points);
        w3di_mesh_sets_make(r.sets, triangles);
        for (uint32_t begin = 0, end; begin < used; begin = end) {
            uint8_t turned_a, turned_b;
            end = w3di_mesh_edges_run(&r.mesh, r.order, begin, used);
            if (end - begin != 2) continue;
            uint8_t differ =
                (uint8_t)w3di_mesh_edges_same_way(&r.mesh, r.order[begin], r.order[begin + 1]);
            uint32_t a = w3di_mesh_repair_find(&r, r.order[begin] / 3, &turned_a);
            uint32_t b = w3di_mesh_repair_find(&r, r.order[begin + 1] / 3, &turned_b);
            differ = (uint8_t)(differ ^ turned_a ^ turned_b);
            if (a == b) {
                found.conflicts += differ;
                continue;
            }
            r.sets[a > b ? a : b] = a > b ? b : a;
            r.marks[a > b ? a : b] = differ;
        }
        /* How many of each part agree with its root, and how many do not. */
        uint32_t *agree = r.order, *against = r.other;
        for (uint32_t t = 0; t < triangles; t++) agree[t] = against[t] = 0;
        for (uint32_t t = 0; t < triangles; t++) {
            uint8_t turned;
            uint32_t root = w3di_mesh_repair_find(&r, t, &turned);
            if (turned)
                against[root]++;
            else
                agree[root]++;
        }
        for (uint32_t t = 0; t < triangles; t++) {
            uint8_t turned;
            uint32_t root = w3di_mesh_repair_find(&r, t, &turned);
            const uint32_t *v = desc->indices + 3 * (size_t)t;
            uint32_t flip = agree[root] < against[root] ? !turned : turned;
            uint32_t row[3];
            row[0] = v[0];
            row[1] = v[flip ? 2 : 1];
            row[2] = v[flip ? 1 : 2];
            w3d_copy(out + 3 * (size_t)t, row, 12);
            found.flipped += flip;
        }
    }
    if (result) *result = found;
    return W3D_OK;
}

/* ---- split ---- */

/* Marks the starting corners of half-edges that an edge has too many of. */
static void w3di_mesh_repair_detach(w3di_mesh_repair *r, uint32_t used)
{
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        int paired = 0;
        end = w3di_mesh_edges_run(&r->mesh, r->order, begin, used);
        for (uint32_t i = begin + 1; i < end; i++) {
            if (!paired && !w3di_mesh_edges_same_way(&r->mesh, r->order[begin], r->order[i]))
                paired = 1;
            else
                r->marks[r->order[i]] = 1;
        }
    }
}

/* Joins the corners of triangles that keep an edge in common. */
static void w3di_mesh_repair_join(w3di_mesh_repair *r, uint32_t used)
{
    w3di_mesh_sets_make(r->sets, r->mesh.count);
    for (uint32_t begin = 0, end; begin < used; begin = end) {
        uint32_t a = r->order[begin], a_end = w3di_mesh_edges_next(a);
        end = w3di_mesh_edges_run(&r->mesh, r->order, begin, used);
        for (uint32_t i = begin + 1; i < end; i++) {
            uint32_t b = r->order[i], b_end = w3di_mesh_edges_next(b);
            if (w3di_mesh_edges_same_way(&r->mesh, a, b)) continue;
            if (!r->marks[a] && !r->marks[a_end] && !r->marks[b] && !r->marks[b_end])
                w3di_mesh_sets_join_ends(&r->mesh, r->sets, a, b);
            break; /* the first that runs the other way is the only one kept */
        }
    }
}

W3D_API w3d_result w3d_mesh_repair_split(const w3d_mesh_adjacency_desc *desc, w3d_mesh_split *split,
                                         w3d_arena scratch)
{
    w3di_mesh_repair r;
    int kept = split && w3di_mesh_repair_kept(desc, split->indices) &&
               (split->sources || split->source_capacity == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (desc->index_count == 0) {
        split->source_count = 0;
        return W3D_OK;
    }
    w3d_result opened = w3di_mesh_repair_open(&r, desc, 0, scratch);
    if (opened != W3D_OK) return opened;
    uint32_t count = desc->index_count, limit = desc->vertex_count;
    uint32_t used = w3di_mesh_edges_sort(&r.mesh, r.order, r.other, r.points);
    w3di_mesh_repair_detach(&r, used);
    w3di_mesh_repair_join(&r, used);

    /* The first fan of a vertex keeps it. Roots come first of their set, so one pass does. */
    uint32_t *claimed = r.points, *renamed = r.other, added = 0;
    uint32_t *sources = r.order; /* until it is known that there is room */
    w3d_fill(claimed, 0, (size_t)limit * sizeof *claimed);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vertex = desc->indices[i], root = w3di_mesh_sets_find(r.sets, i);
        renamed[i] = vertex;
        if (w3di_mesh_edges_is_flat(&r.mesh, i - i % 3)) continue;
        if (root != i)
            renamed[i] = renamed[root];
        else if (!claimed[vertex])
            claimed[vertex] = 1;
        else {
            sources[added] = vertex;
            renamed[i] = limit + added++;
        }
    }
    if (added > split->source_capacity || added > 0xFFFFFFFFu - limit) return W3D_ERR_CAPACITY;
    w3d_copy(split->sources, sources, (size_t)added * 4);
    w3d_copy(split->indices, renamed, (size_t)count * 4);
    split->source_count = added;
    return W3D_OK;
}
