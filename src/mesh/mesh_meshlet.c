/* mesh_meshlet.c - checks and preparation for the quality mode, and the scan.
 *
 * For the quality mode, whose growth is in mesh_meshlet_grow.h, vertices and triangles are first
 * sorted along a space-filling curve: what growth touches then lies together in memory, whatever
 * the order of the mesh was. */
#include "mesh/mesh_meshlet.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_meshlet_grow.h"

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

/* ---- triangles as they come ---- */

static void w3di_meshlet_scan(const w3d_mesh_view *mesh, const w3di_meshlet_limits *limits,
                              w3d_meshlets *out, uint32_t *places)
{
    /* places[v]: one past where it was last put into out->vertices; above the meshlet's first place
     * it is in the meshlet, so nothing is cleared in between. */
    uint32_t used = 0, count = 0;
    w3d_meshlet now = { 0, 0, 0, 0 };
    w3d_fill(places, 0, (size_t)mesh->vertex_count * sizeof *places);
    for (uint32_t t = 0; t < mesh->index_count / 3; t++) {
        const uint32_t *v = mesh->indices + 3 * (size_t)t;
        uint32_t base = now.vertex_offset;
        uint32_t extra = (uint32_t)(places[v[0]] <= base);
        extra += (uint32_t)((places[v[1]] <= base) & (v[1] != v[0]));
        extra += (uint32_t)((places[v[2]] <= base) & (v[2] != v[0]) & (v[2] != v[1]));
        if (used - base + extra > limits->vertices || now.triangle_count == limits->triangles) {
            now.vertex_count = used - base;
            out->meshlets[count++] = now;
            now.vertex_offset = base = used;
            now.triangle_offset = t;
            now.triangle_count = 0;
        }
        for (uint32_t k = 0; k < 3; k++) {
            /* Written in any case, and left there if it is new: which cannot be guessed. */
            uint32_t place = places[v[k]], is_new = place <= base;
            out->vertices[used] = v[k];
            used += is_new;
            place = is_new ? used : place;
            places[v[k]] = place;
            out->triangles[3 * (size_t)t + k] = (uint8_t)(place - 1 - base);
        }
        now.triangle_count++;
    }
    now.vertex_count = used - now.vertex_offset;
    if (now.triangle_count) out->meshlets[count++] = now;
    out->meshlet_count = count;
    out->vertex_count = used;
}

/* ---- the interface ---- */

W3D_API uint32_t w3d_mesh_meshlet_bound(const w3d_mesh_meshlet_desc *desc, uint32_t index_count)
{
    w3di_meshlet_limits limits;
    if (!w3di_meshlet_limits_of(desc, &limits)) return 0;
    uint32_t least = w3di_meshlet_least(&limits), triangles = index_count / 3;
    return triangles / least + (triangles % least != 0);
}

/* ---- making ready ---- */

/* Sorts the vertices along the curve: three passes of ten bits. */
static void w3di_meshlet_sort(w3di_meshlet_build *b, w3di_meshlet_key *other)
{
    uint32_t counts[3][1024], count = b->mesh->vertex_count;
    w3di_meshlet_key *from = other, *to = b->keys;
    w3d_fill(counts, 0, sizeof counts);
    for (uint32_t i = 0; i < count; i++) {
        float point[3];
        w3di_meshlet_point(b, w3d_mesh_position(b->mesh, i), point);
        uint32_t key = w3di_meshlet_key_of(point);
        from[i].key = key;
        from[i].vertex = i;
        for (int pass = 0; pass < 3; pass++) counts[pass][key >> (10 * pass) & 1023u]++;
    }
    for (int pass = 0; pass < 3; pass++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < 1024; i++) {
            uint32_t here = counts[pass][i];
            counts[pass][i] = sum;
            sum += here;
        }
        for (uint32_t i = 0; i < count; i++)
            to[counts[pass][from[i].key >> (10 * pass) & 1023u]++] = from[i];
        w3di_meshlet_key *swapped = from;
        from = to;
        to = swapped;
    }
}

/* Numbers vertices along the curve and sorts triangles by the lowest of each.
 *
 *   words   [V] for a time, and room for V keys after it */
static void w3di_meshlet_prepare(w3di_meshlet_build *b, uint32_t *words)
{
    const w3d_mesh_view *mesh = b->mesh;
    uint32_t *number = words, *firsts = b->firsts;
    w3di_meshlet_sort(b, (w3di_meshlet_key *)(void *)(words + mesh->vertex_count));
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        uint32_t vertex = b->keys[i].vertex;
        number[vertex] = i;
        w3di_meshlet_point(b, w3d_mesh_position(mesh, vertex), b->vertices[i].at);
        b->vertices[i].state = W3DI_MESHLET_OUTSIDE;
        b->vertices[i].end = 0;
    }
    w3d_fill(firsts, 0, (size_t)mesh->vertex_count * sizeof *firsts);
    uint32_t *renamed = b->rings; /* free until then */
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        uint32_t v[3], low;
        for (int k = 0; k < 3; k++)
            v[k] = renamed[i + (uint32_t)k] = number[mesh->indices[i + (uint32_t)k]];
        low = v[0] < v[1] ? v[0] : v[1];
        low = low < v[2] ? low : v[2];
        firsts[low]++;
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        uint32_t here = firsts[i];
        firsts[i] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        const uint32_t *v = renamed + i;
        uint32_t low = v[0] < v[1] ? v[0] : v[1];
        low = low < v[2] ? low : v[2];
        w3d_copy(b->corners + 3 * (size_t)firsts[low]++, v, 12);
    }
    for (uint32_t i = 0; i < mesh->index_count; i++) b->vertices[b->corners[i]].end++;
    sum = 0;
    for (uint32_t i = 0; i < mesh->vertex_count; i++) {
        uint32_t live = b->vertices[i].end;
        b->vertices[i].begin = b->vertices[i].end = sum;
        b->vertices[i].live = (uint16_t)(live < 0xFFFFu ? live : 0xFFFFu);
        sum += live;
    }
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        const uint32_t *v = b->corners + i;
        b->rings[b->vertices[v[0]].end++] = i / 3;
        if (v[1] != v[0]) b->rings[b->vertices[v[1]].end++] = i / 3;
        if (v[2] != v[0] && v[2] != v[1]) b->rings[b->vertices[v[2]].end++] = i / 3;
    }
}

/* The parts of scratch that the quality mode needs, in bytes; 0: too many. */
static size_t w3di_meshlet_scratch(uint32_t vertex_count, uint32_t index_count)
{
    size_t shared = 64, steps = 64, size = sizeof(w3di_meshlet_build) + 256 * 4 + 128;
    uint32_t triangles = index_count / 3;
    /* What one step needs for a time lies where another has. */
    if (!w3d_size_append(&shared, vertex_count, 12) || !w3d_size_append(&steps, triangles, 8))
        return 0;
    if (!w3d_size_add(size, shared > steps ? shared : steps, &size)) return 0;
    return w3d_size_append(&size, index_count, 8) && w3d_size_append(&size, triangles, 1) &&
                   w3d_size_append(&size, vertex_count,
                                   sizeof(w3di_meshlet_vertex) + sizeof(w3di_meshlet_key) + 4)
               ? size
               : 0;
}

W3D_API size_t w3d_mesh_meshlet_scratch_size(const w3d_mesh_meshlet_desc *desc,
                                             uint32_t vertex_count, uint32_t index_count)
{
    size_t size = 3;
    if (desc && desc->mode == W3D_MESHLET_SCAN)
        return w3d_size_append(&size, vertex_count, 4) ? size : SIZE_MAX;
    size = w3di_meshlet_scratch(vertex_count, index_count);
    return size ? size : SIZE_MAX;
}

W3D_API w3d_result w3d_mesh_meshlet_build(const w3d_mesh_view *mesh,
                                          const w3d_mesh_meshlet_desc *desc, w3d_meshlets *out,
                                          w3d_arena scratch)
{
    w3di_meshlet_limits limits;
    int kept = w3di_mesh_check_view(mesh) && w3di_meshlet_limits_of(desc, &limits) && out &&
               mesh->index_count < 0xFFFFFFFDu &&
               ((out->meshlets && out->vertices && out->triangles) || mesh->index_count == 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t vertex_count = mesh->vertex_count, index_count = mesh->index_count;
    if (!w3di_mesh_check_indices(mesh->indices, index_count, vertex_count)) return W3D_ERR_INDEX;
    size_t size = w3d_mesh_meshlet_scratch_size(desc, vertex_count, index_count);
    if (size == SIZE_MAX || scratch.size - scratch.used < size ||
        out->meshlet_capacity < w3d_mesh_meshlet_bound(desc, index_count))
        return W3D_ERR_CAPACITY;
    if (limits.mode == W3D_MESHLET_SCAN) {
        uint32_t *places = (uint32_t *)w3d_arena_push(&scratch, vertex_count, 4, 4);
        if (!places) return W3D_ERR_CAPACITY;
        w3di_meshlet_scan(mesh, &limits, out, places);
        return W3D_OK;
    }

    uint32_t triangles = index_count / 3;
    w3di_meshlet_build *b = (w3di_meshlet_build *)w3d_arena_push(&scratch, 1, sizeof *b, 16);
    if (!b) return W3D_ERR_CAPACITY;
    b->mesh = mesh;
    b->limits = limits;
    b->out = out;
    b->triangle_total = triangles;
    b->vertex_used = b->triangle_used = b->count = b->seed_count = b->sweep = 0;
    b->has_steps = 0;
    b->usual = 0.0f;
    b->vertices = (w3di_meshlet_vertex *)w3d_arena_push(&scratch, vertex_count,
                                                        sizeof(w3di_meshlet_vertex), 16);
    b->keys =
        (w3di_meshlet_key *)w3d_arena_push(&scratch, vertex_count, sizeof(w3di_meshlet_key), 4);
    b->corners = (uint32_t *)w3d_arena_push(&scratch, index_count, 4, 4);
    b->rings = (uint32_t *)w3d_arena_push(&scratch, index_count, 4, 4);
    b->firsts = (uint32_t *)w3d_arena_push(&scratch, vertex_count, 4, 4);
    b->members = (uint32_t *)w3d_arena_push(&scratch, 256, 4, 4);
    b->taken = (uint8_t *)w3d_arena_push_zero(&scratch, triangles, 1, 1);
    size_t shared = (size_t)vertex_count * 3, steps = 2 * ((size_t)triangles + 1);
    uint32_t *words = (uint32_t *)w3d_arena_push(&scratch, shared > steps ? shared : steps, 4, 4);
    if (!b->vertices || !b->keys || !b->corners || !b->rings || !b->firsts || !b->members ||
        !b->taken || !words)
        return W3D_ERR_CAPACITY;
    b->up = words;
    b->down = words + triangles + 1;
    w3di_meshlet_measure(b);
    w3di_meshlet_prepare(b, words);
    w3di_meshlet_quality(b);
    out->meshlet_count = b->count;
    out->vertex_count = b->vertex_used;
    return W3D_OK;
}

#undef W3DI_MESHLET_NONE
#undef W3DI_MESHLET_OUTSIDE
#undef W3DI_MESHLET_RIM
#undef W3DI_MESHLET_MOST_RIM
#undef W3DI_MESHLET_MOST_READY
#undef W3DI_MESHLET_MOST_RING
#undef W3DI_MESHLET_SEEDS
#undef W3DI_MESHLET_WINDOW
#undef W3DI_MESHLET_REACH

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
