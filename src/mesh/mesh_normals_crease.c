/* mesh_normals_crease.c - corners are joined over smooth edges (union and find, the smallest corner
 * of a set is its root); sets are numbered, the normals summed per set, and pairs of vertex and set
 * become the new vertices. */
#include "mesh/mesh_normals_crease.h"
#include "core/math.h"
#include "mesh/mesh_adjacency.h"
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

/* What decides whether an edge is smooth. */
typedef struct w3di_mesh_normals_crease_rule {
    const float *faces;     /* [T] unit normals; NULL: any angle is smooth */
    const uint32_t *groups; /* [T] or NULL                                 */
    float cosine;
} w3di_mesh_normals_crease_rule;

W3D_INLINE int w3di_mesh_normals_crease_smooth(const w3di_mesh_normals_crease_rule *rule,
                                               uint32_t a, uint32_t b)
{
    if (rule->groups && !(rule->groups[a] & rule->groups[b])) return 0;
    if (!rule->faces) return 1;
    const float *m = rule->faces + 3 * (size_t)a, *n = rule->faces + 3 * (size_t)b;
    if ((m[0] == 0.0f && m[1] == 0.0f && m[2] == 0.0f) ||
        (n[0] == 0.0f && n[1] == 0.0f && n[2] == 0.0f))
        return 1; /* without area */
    return (m[0] * n[0] + m[1] * n[1]) + m[2] * n[2] >= rule->cosine;
}

/* The root of a corner, with the way there halved. */
W3D_INLINE uint32_t w3di_mesh_normals_crease_root(uint32_t *parents, uint32_t corner)
{
    while (parents[corner] != corner) {
        parents[corner] = parents[parents[corner]];
        corner = parents[corner];
    }
    return corner;
}

W3D_INLINE void w3di_mesh_normals_crease_join(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = w3di_mesh_normals_crease_root(parents, a);
    b = w3di_mesh_normals_crease_root(parents, b);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

/* For every corner the smallest corner of its part. The scratch is free again afterwards. */
static w3d_result w3di_mesh_normals_crease_parts(const w3d_mesh_view *mesh,
                                                 const w3d_mesh_normals_crease_desc *desc,
                                                 uint32_t *parents, w3d_arena scratch)
{
    w3d_mesh_adjacency_desc adjacency;
    w3di_mesh_normals_crease_rule rule;
    uint32_t count = mesh->index_count;
    adjacency.indices = mesh->indices;
    adjacency.points = desc->points;
    adjacency.index_count = count;
    adjacency.vertex_count = mesh->vertex_count;
    uint32_t *twins = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    if (!twins) return W3D_ERR_CAPACITY;
    w3d_result result = w3d_mesh_adjacency_twins(&adjacency, twins, scratch);
    if (result != W3D_OK) return result;

    float crease = desc->crease_radians;
    int any_angle = crease >= W3D_PI || (crease == 0.0f && desc->groups);
    rule.faces = NULL;
    rule.groups = desc->groups;
    rule.cosine = crease == 0.0f ? 0.866025404f : w3d_math_cos(crease);
    if (!any_angle) {
        float *faces = (float *)w3d_arena_push(&scratch, count, 4, 4);
        if (!faces) return W3D_ERR_CAPACITY;
        result = w3d_mesh_normals_faces(mesh, NULL, faces);
        if (result != W3D_OK) return result;
        rule.faces = faces;
    }
    for (uint32_t half = 0; half < count; half++) parents[half] = half;
    for (uint32_t half = 0; half < count; half++) {
        uint32_t twin = twins[half];
        if (twin >= W3D_MESH_TWIN_DEGENERATE || twin < half) continue;
        if (!w3di_mesh_normals_crease_smooth(&rule, half / 3, twin / 3)) continue;
        w3di_mesh_normals_crease_join(parents, half, w3d_mesh_corner_next(twin));
        w3di_mesh_normals_crease_join(parents, w3d_mesh_corner_next(half), twin);
    }
    /* A parent is never above its child, so in rising order one step leads to the root. */
    for (uint32_t half = 0; half < count; half++) parents[half] = parents[parents[half]];
    return W3D_OK;
}

/* For every corner the smallest corner with the same part and vertex: parts can span several
 * vertices of a point. Corners are sorted by vertex, then part, each pass stable. */
static w3d_result w3di_mesh_normals_crease_pairs(const w3d_mesh_view *mesh, const uint32_t *parts,
                                                 uint32_t *first, w3d_arena scratch)
{
    uint32_t count = mesh->index_count;
    uint32_t most = count > mesh->vertex_count ? count : mesh->vertex_count;
    uint32_t *by_vertex = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *order = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *starts = (uint32_t *)w3d_arena_push(&scratch, most, 4, 4);
    if (!by_vertex || !order || !starts) return W3D_ERR_CAPACITY;
    for (int pass = 0; pass < 2; pass++) {
        const uint32_t *keys = pass ? parts : mesh->indices;
        uint32_t *to = pass ? order : by_vertex, sum = 0;
        w3d_fill(starts, 0, (size_t)most * 4);
        for (uint32_t i = 0; i < count; i++) starts[keys[i]]++;
        for (uint32_t i = 0; i < most; i++) {
            uint32_t here = starts[i];
            starts[i] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++) {
            uint32_t corner = pass ? by_vertex[i] : i;
            to[starts[keys[corner]]++] = corner;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t corner = order[i], before = i ? order[i - 1] : corner;
        int same =
            i && parts[corner] == parts[before] && mesh->indices[corner] == mesh->indices[before];
        first[corner] = same ? first[before] : corner;
    }
    return W3D_OK;
}

W3D_API size_t w3d_mesh_normals_crease_scratch_size(uint32_t index_count, uint32_t vertex_count)
{
    size_t size = 64, adjacency = w3d_mesh_adjacency_scratch_size(index_count, vertex_count);
    size_t pairs = 0, normals = w3d_mesh_normals_scratch_size(index_count), later = 0;
    uint32_t most = index_count > vertex_count ? index_count : vertex_count;
    /* Parts, pairs and a byte for each vertex stay; then in turn twins, face normals and adjacency;
     * the sorting of pairs; or normals and their sums. */
    if (adjacency == SIZE_MAX || normals == SIZE_MAX ||
        !w3d_size_append(&adjacency, index_count, 8) || !w3d_size_append(&pairs, index_count, 8) ||
        !w3d_size_append(&pairs, most, 4) || !w3d_size_append(&normals, index_count, 12))
        return SIZE_MAX;
    later = adjacency > pairs ? adjacency : pairs;
    later = later > normals ? later : normals;
    return w3d_size_append(&size, index_count, 8) && w3d_size_append(&size, vertex_count, 1) &&
                   w3d_size_add(size, later, &size)
               ? size
               : SIZE_MAX;
}

/* The normals of the parts, given to the vertices that the corners name; vertices that none names
 * get zero. `first` turns from a corner into the number of a part on the way. */
static w3d_result w3di_mesh_normals_crease_normals(const w3d_mesh_view *mesh,
                                                   const w3d_mesh_normals_crease_desc *desc,
                                                   const w3d_mesh_creased *out, uint32_t *parts,
                                                   const uint32_t *indices, w3d_arena scratch)
{
    w3d_mesh_normals_desc normals;
    uint32_t count = mesh->index_count, part_count = 0;
    for (uint32_t i = 0; i < count; i++) parts[i] = parts[i] == i ? part_count++ : parts[parts[i]];
    float *rows = (float *)w3d_arena_push(&scratch, part_count, 12, 4);
    if (!rows) return W3D_ERR_CAPACITY;
    w3d_fill(&normals, 0, sizeof normals);
    normals.weight = desc->weight;
    normals.rows = parts;
    normals.row_count = part_count;
    w3d_result result = w3d_mesh_normals(mesh, &normals, rows, scratch);
    if (result != W3D_OK) return result;
    w3d_fill(out->normals, 0, (size_t)mesh->vertex_count * 12);
    for (uint32_t i = 0; i < count; i++)
        w3d_copy(out->normals + 3 * (size_t)indices[i], rows + 3 * (size_t)parts[i], 12);
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_normals_crease(const w3d_mesh_view *mesh,
                                           const w3d_mesh_normals_crease_desc *desc,
                                           w3d_mesh_creased *out, w3d_arena scratch)
{
    w3d_mesh_normals_crease_desc none = { 0.0f, W3D_NORMAL_WEIGHT_AREA, NULL, NULL };
    if (!desc) desc = &none;
    int kept = w3di_mesh_check_view(mesh) && out && (out->indices || mesh->index_count == 0) &&
               (out->sources || out->capacity == 0) && desc->crease_radians >= 0.0f &&
               (unsigned)desc->weight <= (unsigned)W3D_NORMAL_WEIGHT_AREA_ANGLE &&
               mesh->index_count < 0xFFFFFFFDu;
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t count = mesh->index_count, copies = 0;
    if (!w3di_mesh_check_indices(mesh->indices, count, mesh->vertex_count) ||
        (desc->points &&
         !w3di_mesh_check_indices(desc->points, mesh->vertex_count, mesh->vertex_count)))
        return W3D_ERR_INDEX;
    if (scratch.size - scratch.used <
        w3d_mesh_normals_crease_scratch_size(count, mesh->vertex_count))
        return W3D_ERR_CAPACITY;
    uint32_t *parts = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    uint32_t *numbers = (uint32_t *)w3d_arena_push(&scratch, count, 4, 4);
    unsigned char *taken = (unsigned char *)w3d_arena_push_zero(&scratch, mesh->vertex_count, 1, 1);
    if (!parts || !numbers || !taken) return W3D_ERR_CAPACITY;
    w3d_result result = w3di_mesh_normals_crease_parts(mesh, desc, parts, scratch);
    if (result == W3D_OK && desc->points)
        result = w3di_mesh_normals_crease_pairs(mesh, parts, numbers, scratch);
    if (result != W3D_OK) return result;
    if (!desc->points) w3d_copy(numbers, parts, (size_t)count * 4);

    /* The first pair of a vertex keeps it; the others are numbered as they come. */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vertex = mesh->indices[i];
        if (numbers[i] != i) continue;
        copies += taken[vertex];
        taken[vertex] = 1;
    }
    if (copies > out->capacity) return W3D_ERR_CAPACITY;
    if (copies > 0xFFFFFFFFu - mesh->vertex_count) return W3D_ERR_ARGUMENT;
    w3d_fill(taken, 0, mesh->vertex_count);
    copies = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t vertex = mesh->indices[i];
        if (numbers[i] != i) {
            numbers[i] = numbers[numbers[i]];
        } else if (taken[vertex]) {
            out->sources[copies] = vertex;
            numbers[i] = mesh->vertex_count + copies++;
        } else {
            taken[vertex] = 1;
            numbers[i] = vertex;
        }
    }
    if (out->normals)
        result = w3di_mesh_normals_crease_normals(mesh, desc, out, parts, numbers, scratch);
    if (result != W3D_OK) return result;
    if (count) w3d_copy(out->indices, numbers, (size_t)count * 4);
    out->source_count = copies;
    return W3D_OK;
}

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
