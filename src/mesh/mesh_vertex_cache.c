/* mesh_vertex_cache.c - two ways of growing over the mesh: by fans, and by single triangles.
 *
 * Both keep track of a FIFO cache by time, which goes by entries into it: what entered no more
 * entries ago than it has places is there. Both choose by tables, of how long a vertex has been
 * there and how many triangles it has left, so that what is soon to be thrown out is used up and
 * no lone triangles stay behind.
 *
 * Fans: all triangles left around one vertex are written, then a vertex of the fan is chosen as
 * the next one's middle. Single: of all triangles that touch the cache the one is written whose
 * three vertices score highest. Fans are several times faster, and better where the mesh is
 * regular; single triangles are better where it is not. BEST does both and keeps the better order.
 *
 * A triangle is taken out of the lists of its vertices when it is written (single), except from
 * long lists, where searching would be quadratic: there it stays until it comes to the front. */
#include "mesh/mesh_vertex_cache.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_measure.h"

#define W3DI_MESH_VERTEX_CACHE_NONE   0xFFFFFFFFu
#define W3DI_MESH_VERTEX_CACHE_AGES   17u      /* vertices in the cache of single triangles */
#define W3DI_MESH_VERTEX_CACHE_FAN    14u      /* and in that of fans */
#define W3DI_MESH_VERTEX_CACHE_LEFT   8u       /* as many triangles left or more score the same */
#define W3DI_MESH_VERTEX_CACHE_LOOK   16u      /* triangles of a vertex looked at in a step */
#define W3DI_MESH_VERTEX_CACHE_SEARCH 32u      /* lists no longer than this are kept exact */
#define W3DI_MESH_VERTEX_CACHE_GONE   0x10000u /* in a score: one vertex that is gone */

typedef struct w3di_mesh_vertex_cache_vertex {
    uint32_t time;  /* of its last entry into the cache                    */
    uint32_t live;  /* corners of triangles not written yet                */
    uint32_t first; /* of its list                                         */
    uint32_t held;  /* length of its list: `live`, or more                 */
} w3di_mesh_vertex_cache_vertex;

/* Scores in thousandths: of a vertex by its age and by the triangles it has left, of a triangle by
 * how many of its vertices are gone. */
typedef struct w3di_mesh_vertex_cache_scores {
    uint32_t age[W3DI_MESH_VERTEX_CACHE_AGES];
    uint32_t left[W3DI_MESH_VERTEX_CACHE_LEFT + 1];
    uint32_t gone[4];
} w3di_mesh_vertex_cache_scores;

typedef struct w3di_mesh_vertex_cache_state {
    const uint32_t *indices;
    uint32_t triangle_count, vertex_count;
    w3di_mesh_vertex_cache_vertex *vertices;
    uint32_t *lists;     /* [index_count] triangles around each vertex */
    unsigned char *done; /* [triangle_count]                           */
    uint32_t now;
    uint32_t best; /* of the triangles looked at in this step, or NONE */
    uint32_t best_score;
    uint32_t cache[W3DI_MESH_VERTEX_CACHE_AGES]; /* ring of the last vertices to enter */
    uint32_t gone[4];
    uint32_t score[W3DI_MESH_VERTEX_CACHE_AGES + 1][16]; /* by age and triangles left */
} w3di_mesh_vertex_cache_state;

/* Fitted by random search on the dragon, a subdivided model, tori and grids. */
static const w3di_mesh_vertex_cache_scores w3di_mesh_vertex_cache_wide = {
    { 800, 757, 800, 800, 800, 800, 800, 925, 800, 800, 800, 802, 757, 680, 622, 600, 534 },
    { 0, 1073, 969, 662, 274, 136, 0, 225, 105 },
    { 63, 139, 0, 139 },
};

/* For the middle of the next fan: by age, and by triangles left. */
/* clang-format off */
static const int16_t w3di_mesh_vertex_cache_fan[W3DI_MESH_VERTEX_CACHE_FAN + 1]
                                               [W3DI_MESH_VERTEX_CACHE_LEFT + 1] = {
    { 0, 149, 90, 63, -105, -272, 17, -580, -1226 },
    { 0, 56, 105, 63, -86, -248, 101, -1843, -1430 },
    { 0, 128, 184, 129, -42, -191, 72, -1538, -1537 },
    { 0, -175, 218, 234, 100, -114, -812, -2111, -1181 },
    { 0, 279, 279, 267, 78, -45, -995, -1879, -1522 },
    { 0, 460, 505, 299, 150, -1007, -1188, -1688, -739 },
    { 0, 330, 417, 343, 392, -1308, -1078, -1886, -1641 },
    { 0, 572, 374, 398, -1216, -1772, -888, -2163, -1392 },
    { 0, 491, 742, 430, -1032, -1215, -513, -1940, -2122 },
    { 0, 1125, 1668, -367, -398, -1123, -1041, -1872, -939 },
    { 0, 388, 314, -1708, -2430, -1852, -1435, -1961, -2349 },
    { 0, 833, -1082, -363, -587, -1560, -867, -2121, -1846 },
    { 0, 991, -947, -1513, -1171, -809, -1093, -1455, -1261 },
    { 0, -772, -543, -806, -1131, -815, -1202, -1589, -1625 },
    { 0, -422, -1219, -502, -1006, -920, -1039, -1456, -1548 },
};
/* clang-format on */

/* ---- lists ---- */

/* Lists of the triangles around each vertex, and times at which nothing was used. */
static void w3di_mesh_vertex_cache_start(const w3d_mesh_view *mesh,
                                         w3di_mesh_vertex_cache_state *state)
{
    w3di_mesh_vertex_cache_vertex *vertices = state->vertices;
    w3d_fill(vertices, 0, (size_t)mesh->vertex_count * sizeof *vertices);
    w3d_fill(state->done, 0, mesh->index_count / 3);
    for (uint32_t i = 0; i < mesh->index_count; i++) vertices[mesh->indices[i]].live++;
    uint32_t total = 0;
    for (uint32_t v = 0; v < mesh->vertex_count; v++) {
        vertices[v].first = total;
        total += vertices[v].live;
    }
    for (uint32_t i = 0, triangle = 0; i < mesh->index_count; i += 3, triangle++)
        for (uint32_t k = 0; k < 3; k++) {
            w3di_mesh_vertex_cache_vertex *vertex = &vertices[mesh->indices[i + k]];
            state->lists[vertex->first + vertex->held++] = triangle;
        }
    state->now = W3DI_MESH_VERTEX_CACHE_AGES + 1; /* so that a time of 0 is long ago */
}

/* ---- fans ---- */

/* Writes a triangle; its vertices go to the stack. */
W3D_INLINE void w3di_mesh_vertex_cache_write(w3di_mesh_vertex_cache_state *state, uint32_t triangle,
                                             uint32_t *out, uint32_t *stack)
{
    const uint32_t *corner = state->indices + 3 * (size_t)triangle;
    state->done[triangle] = 1;
    for (uint32_t k = 0; k < 3; k++) {
        w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[corner[k]];
        out[k] = stack[k] = corner[k];
        vertex->live--;
        if (state->now - vertex->time > W3DI_MESH_VERTEX_CACHE_FAN) vertex->time = state->now++;
    }
}

/* How much is won by writing a triangle now: vertices that are there, the oldest first. */
W3D_INLINE uint32_t w3di_mesh_vertex_cache_urgency(const w3di_mesh_vertex_cache_state *state,
                                                   uint32_t triangle)
{
    const uint32_t *corner = state->indices + 3 * (size_t)triangle;
    uint32_t sum = 0;
    for (uint32_t k = 0; k < 3; k++) {
        uint32_t age = state->now - state->vertices[corner[k]].time;
        sum += age <= W3DI_MESH_VERTEX_CACHE_FAN ? 1000 + age : 0;
    }
    return sum;
}

/* Writes all triangles left around a vertex; gives how many. Long lists are written as they come.
 * */
W3D_INLINE uint32_t w3di_mesh_vertex_cache_write_fan(w3di_mesh_vertex_cache_state *state,
                                                     uint32_t middle, uint32_t *out,
                                                     uint32_t *stack)
{
    const w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[middle];
    const uint32_t *list = state->lists + vertex->first;
    uint32_t left[W3DI_MESH_VERTEX_CACHE_SEARCH], count = 0, written = 0;
    if (vertex->held > W3DI_MESH_VERTEX_CACHE_SEARCH) {
        for (uint32_t i = 0; i < vertex->held; i++)
            if (!state->done[list[i]]) {
                w3di_mesh_vertex_cache_write(state, list[i], out + 3 * (size_t)written,
                                             stack + 3 * (size_t)written);
                written++;
            }
        return written;
    }
    for (uint32_t i = 0; i < vertex->held; i++) {
        left[count] = list[i];
        count += !state->done[list[i]];
    }
    while (count) {
        uint32_t best = 0, most = 0;
        for (uint32_t i = 0; i < count && count > 1; i++) {
            uint32_t urgency = w3di_mesh_vertex_cache_urgency(state, left[i]);
            best = urgency > most ? i : best;
            most = urgency > most ? urgency : most;
        }
        uint32_t triangle = left[best];
        for (count--; best < count; best++) left[best] = left[best + 1];
        if (state->done[triangle]) continue; /* it names the middle twice */
        w3di_mesh_vertex_cache_write(state, triangle, out + 3 * (size_t)written,
                                     stack + 3 * (size_t)written);
        written++;
    }
    return written;
}

/* One pass over the whole mesh by fans. stack: [index_count]. */
static void w3di_mesh_vertex_cache_grow_fans(w3di_mesh_vertex_cache_state *state, uint32_t *stack,
                                             uint32_t *out)
{
    uint32_t cursor = 0, middle = W3DI_MESH_VERTEX_CACHE_NONE;
    size_t top = 0;
    if (state->triangle_count) middle = state->indices[0];
    while (middle != W3DI_MESH_VERTEX_CACHE_NONE) {
        size_t fan = top;
        uint32_t written = w3di_mesh_vertex_cache_write_fan(state, middle, out, stack + top);
        out += 3 * (size_t)written;
        top += 3 * (size_t)written;
        middle = W3DI_MESH_VERTEX_CACHE_NONE;
        int32_t best = INT32_MIN;
        for (size_t i = fan; i < top; i++) {
            const w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[stack[i]];
            uint32_t age = state->now - 1 - vertex->time, left = vertex->live;
            age = age < W3DI_MESH_VERTEX_CACHE_FAN ? age : W3DI_MESH_VERTEX_CACHE_FAN;
            left = left < W3DI_MESH_VERTEX_CACHE_LEFT ? left : W3DI_MESH_VERTEX_CACHE_LEFT;
            int32_t score = w3di_mesh_vertex_cache_fan[age][left];
            middle = left != 0 && score > best ? stack[i] : middle;
            best = left != 0 && score > best ? score : best;
        }
        /* A dead end: back to the last vertex that has triangles left, else to the first one. */
        while (middle == W3DI_MESH_VERTEX_CACHE_NONE && top) {
            uint32_t vertex = stack[--top];
            if (state->vertices[vertex].live) middle = vertex;
        }
        if (middle != W3DI_MESH_VERTEX_CACHE_NONE) continue;
        while (cursor < state->vertex_count && !state->vertices[cursor].live) cursor++;
        if (cursor < state->vertex_count) middle = cursor;
    }
}

/* ---- single triangles ---- */

/* Takes a triangle that was written out of the list of one of its corners. */
W3D_INLINE void w3di_mesh_vertex_cache_remove(w3di_mesh_vertex_cache_state *state,
                                              w3di_mesh_vertex_cache_vertex *vertex,
                                              uint32_t triangle)
{
    uint32_t *list = state->lists + vertex->first;
    vertex->live--;
    if (vertex->held > W3DI_MESH_VERTEX_CACHE_SEARCH) return;
    for (uint32_t i = 0; i < vertex->held; i++)
        if (list[i] == triangle) {
            list[i] = list[--vertex->held];
            return;
        }
}

/* Throws written triangles out of the front of a long list. */
static void w3di_mesh_vertex_cache_clean(w3di_mesh_vertex_cache_state *state,
                                         w3di_mesh_vertex_cache_vertex *vertex)
{
    uint32_t *list = state->lists + vertex->first;
    for (uint32_t i = 0; i < vertex->held && i < W3DI_MESH_VERTEX_CACHE_LOOK;)
        if (state->done[list[i]])
            list[i] = list[--vertex->held];
        else
            i++;
}

W3D_INLINE uint32_t w3di_mesh_vertex_cache_score(const w3di_mesh_vertex_cache_state *state,
                                                 uint32_t index)
{
    const w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[index];
    uint32_t age = state->now - 1 - vertex->time, left = vertex->live;
    age = age < W3DI_MESH_VERTEX_CACHE_AGES ? age : W3DI_MESH_VERTEX_CACHE_AGES;
    left = left < 15u ? left : 15u;
    return state->score[age][left];
}

/* Looks at the triangles left around a vertex. The first of the best wins. */
W3D_INLINE void w3di_mesh_vertex_cache_look(w3di_mesh_vertex_cache_state *state, uint32_t index)
{
    w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[index];
    if (vertex->held != vertex->live) w3di_mesh_vertex_cache_clean(state, vertex);
    const uint32_t *list = state->lists + vertex->first;
    uint32_t count = vertex->held;
    if (count > W3DI_MESH_VERTEX_CACHE_LOOK) count = W3DI_MESH_VERTEX_CACHE_LOOK;
    uint32_t best = state->best;
    uint32_t best_score = state->best_score;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t triangle = list[i];
        const uint32_t *corner = state->indices + 3 * (size_t)triangle;
        uint32_t score = w3di_mesh_vertex_cache_score(state, corner[0]) +
                         w3di_mesh_vertex_cache_score(state, corner[1]) +
                         w3di_mesh_vertex_cache_score(state, corner[2]);
        score =
            score % W3DI_MESH_VERTEX_CACHE_GONE + state->gone[score / W3DI_MESH_VERTEX_CACHE_GONE];
        best = score > best_score ? triangle : best;
        best_score = score > best_score ? score : best_score;
    }
    state->best = best;
    state->best_score = best_score;
}

/* One pass over the whole mesh by single triangles. */
static void w3di_mesh_vertex_cache_grow_single(w3di_mesh_vertex_cache_state *state,
                                               const w3di_mesh_vertex_cache_scores *scores,
                                               uint32_t *out)
{
    for (uint32_t i = 0; i < W3DI_MESH_VERTEX_CACHE_AGES; i++)
        state->cache[i] = W3DI_MESH_VERTEX_CACHE_NONE;
    for (uint32_t age = 0; age <= W3DI_MESH_VERTEX_CACHE_AGES; age++)
        for (uint32_t left = 0; left < 16; left++)
            state->score[age][left] =
                (age < W3DI_MESH_VERTEX_CACHE_AGES ? scores->age[age]
                                                   : W3DI_MESH_VERTEX_CACHE_GONE) +
                scores
                    ->left[left < W3DI_MESH_VERTEX_CACHE_LEFT ? left : W3DI_MESH_VERTEX_CACHE_LEFT];
    w3d_copy(state->gone, scores->gone, sizeof state->gone);
    uint32_t cursor = 0, triangle = 0;
    for (uint32_t written = 0; written < state->triangle_count; written++) {
        const uint32_t *corner = state->indices + 3 * (size_t)triangle;
        state->done[triangle] = 1;
        for (uint32_t k = 0; k < 3; k++) {
            w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[corner[k]];
            *out++ = corner[k];
            w3di_mesh_vertex_cache_remove(state, vertex, triangle);
            if (state->now - vertex->time > W3DI_MESH_VERTEX_CACHE_AGES) {
                state->cache[state->now % W3DI_MESH_VERTEX_CACHE_AGES] = corner[k];
                vertex->time = state->now++;
            }
        }
        state->best = W3DI_MESH_VERTEX_CACHE_NONE;
        state->best_score = 0;
        for (uint32_t i = 1; i <= W3DI_MESH_VERTEX_CACHE_AGES; i++) {
            uint32_t vertex = state->cache[(state->now - i) % W3DI_MESH_VERTEX_CACHE_AGES];
            if (vertex == W3DI_MESH_VERTEX_CACHE_NONE) break;
            w3di_mesh_vertex_cache_look(state, vertex);
        }
        triangle = state->best;
        if (triangle != W3DI_MESH_VERTEX_CACHE_NONE) continue;
        while (cursor < state->triangle_count && state->done[cursor]) cursor++;
        triangle = cursor;
    }
}

/* ---- the whole ---- */

W3D_API size_t w3d_mesh_vertex_cache_scratch_size(uint32_t vertex_count, uint32_t index_count,
                                                  w3d_mesh_vertex_cache_level level)
{
    size_t size = 64, triangle_count = index_count / 3;
    (void)level;
    if (!w3d_size_append(&size, vertex_count, sizeof(w3di_mesh_vertex_cache_vertex)) ||
        !w3d_size_append(&size, triangle_count, 25u) ||
        !w3d_size_add(size, sizeof(w3di_mesh_vertex_cache_state), &size))
        return SIZE_MAX;
    return size;
}

/* Vertices shaded by all the models together; the scratch takes the place of the lists. */
static uint64_t w3di_mesh_vertex_cache_cost(const w3d_mesh_view *mesh, const uint32_t *order,
                                            w3d_arena scratch)
{
    static const w3d_mesh_cache_model models[4] = { W3D_MESH_CACHE_FIFO_16, W3D_MESH_CACHE_FIFO_32,
                                                    W3D_MESH_CACHE_AMD, W3D_MESH_CACHE_NVIDIA };
    w3d_mesh_view view = *mesh;
    uint64_t sum = 0;
    view.indices = order;
    for (uint32_t i = 0; i < 4; i++) {
        w3d_mesh_cache_figures figures;
        if (w3d_mesh_measure_cache(&view, &models[i], &figures, scratch) == W3D_OK)
            sum += figures.shaded;
    }
    return sum;
}

W3D_API w3d_result w3d_mesh_vertex_cache(const w3d_mesh_view *mesh,
                                         w3d_mesh_vertex_cache_level level, uint32_t *out,
                                         w3d_arena scratch)
{
    int kept = mesh && (mesh->indices || mesh->index_count == 0) && mesh->index_count % 3 == 0 &&
               (out || mesh->index_count == 0) &&
               (level == W3D_MESH_VERTEX_CACHE_FAST || level == W3D_MESH_VERTEX_CACHE_BEST);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    if (!w3di_mesh_check_indices(mesh->indices, mesh->index_count, mesh->vertex_count))
        return W3D_ERR_INDEX;
    size_t triangle_count = mesh->index_count / 3;
    int best = level == W3D_MESH_VERTEX_CACHE_BEST;
    w3di_mesh_vertex_cache_state *state =
        (w3di_mesh_vertex_cache_state *)w3d_arena_push(&scratch, 1, sizeof *state, 16);
    uint32_t *other = (uint32_t *)w3d_arena_push(&scratch, triangle_count, 12, 4);
    w3d_arena rest = scratch;
    void *vertices =
        w3d_arena_push(&scratch, mesh->vertex_count, sizeof(w3di_mesh_vertex_cache_vertex), 16);
    uint32_t *lists = (uint32_t *)w3d_arena_push(&scratch, triangle_count, 12, 4);
    unsigned char *done = (unsigned char *)w3d_arena_push(&scratch, triangle_count, 1, 1);
    if (!state || !other || !vertices || !lists || !done) return W3D_ERR_CAPACITY;

    state->indices = mesh->indices;
    state->triangle_count = (uint32_t)triangle_count;
    state->vertex_count = mesh->vertex_count;
    state->vertices = (w3di_mesh_vertex_cache_vertex *)vertices;
    state->lists = lists;
    state->done = done;
    w3di_mesh_vertex_cache_start(mesh, state);
    w3di_mesh_vertex_cache_grow_fans(state, other, out);
    if (!best) return W3D_OK;
    w3di_mesh_vertex_cache_start(mesh, state);
    w3di_mesh_vertex_cache_grow_single(state, &w3di_mesh_vertex_cache_wide, other);
    if (w3di_mesh_vertex_cache_cost(mesh, other, rest) <
        w3di_mesh_vertex_cache_cost(mesh, out, rest))
        w3d_copy(out, other, triangle_count * 12);
    return W3D_OK;
}

#undef W3DI_MESH_VERTEX_CACHE_NONE
#undef W3DI_MESH_VERTEX_CACHE_AGES
#undef W3DI_MESH_VERTEX_CACHE_FAN
#undef W3DI_MESH_VERTEX_CACHE_LEFT
#undef W3DI_MESH_VERTEX_CACHE_LOOK
#undef W3DI_MESH_VERTEX_CACHE_SEARCH
#undef W3DI_MESH_VERTEX_CACHE_GONE
