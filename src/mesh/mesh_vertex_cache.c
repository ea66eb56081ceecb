/* mesh_vertex_cache.c - grows over the mesh by fans, with a small cache of its own to go by.
 *
 * The cache forgets its oldest vertex first and is kept by time, which goes by entries into it:
 * what entered no more entries ago than it has places is there. A step writes all triangles left
 * around one vertex, those first whose vertices are there and will soon be gone; then of all
 * vertices in the cache the one is next whose fan costs least. What a fan costs is guessed from
 * the triangles it has left, from how many of their other corners are away from the cache, and
 * from the vertex's age. That number of corners is kept up to date for every vertex: a vertex that
 * enters or leaves tells those around it. This touches them before they are needed, too, so that
 * the next step seldom waits for memory.
 *
 * BEST does this twice. The second time, wherever the two best fans cost nearly the same, it goes
 * on from both for a few triangles, counts what the models of mesh_measure.h shade, takes
 * everything back and goes the better way. Of both orders the better is kept.
 *
 * A vertex of more triangles than a word has bits does not tell anybody, as that could take
 * quadratic time: it counts as always there. */
#include "mesh/mesh_vertex_cache.h"
#include "core/bits.h"
#include "core/simd.h"
#include "mesh/mesh_check.h"

#define W3DI_MESH_VERTEX_CACHE_NONE     0xFFFFFFFFu
#define W3DI_MESH_VERTEX_CACHE_RING     16u      /* more than any cache has places */
#define W3DI_MESH_VERTEX_CACHE_LONG     32u      /* entries of a list that `live` has bits for */
#define W3DI_MESH_VERTEX_CACHE_LEFT     8u       /* as many triangles left or more cost the same */
#define W3DI_MESH_VERTEX_CACHE_AWAY     32u      /* so do as many corners away or more */
#define W3DI_MESH_VERTEX_CACHE_LEFT_ONE 0x10000u /* in a tally */
#define W3DI_MESH_VERTEX_CACHE_AHEAD    8u       /* triangles written on trial */
#define W3DI_MESH_VERTEX_CACHE_CLOSE    100u     /* thousandths between two fans worth a trial */
/* Words that writing one triangle changes: three lists that lose an entry, and three vertices that
 * enter, each of which may push one out, with two words for each entry of a list. */
#define W3DI_MESH_VERTEX_CACHE_WORDS (3 * (4 * W3DI_MESH_VERTEX_CACHE_LONG + 12))

typedef struct w3di_mesh_vertex_cache_vertex {
    uint32_t time;  /* of its last entry into the cache                                          */
    uint32_t first; /* of its list, which ends where the next vertex's begins                    */
    uint32_t live;  /* a bit for each entry whose triangle is not written; long lists: how many  */
    uint32_t tally; /* triangles not written * LEFT_ONE + other corners of those that are away   */
} w3di_mesh_vertex_cache_vertex;

/* A triangle as one of its vertices sees it. */
typedef struct w3di_mesh_vertex_cache_entry {
    uint32_t next, last; /* the corners after it and before it                       */
    uint32_t corner;     /* its number in the index list                             */
    uint32_t bits;       /* a byte each: what to take from `live` of the three; corner % 3 */
} w3di_mesh_vertex_cache_entry;

/* What a fan costs, in thousandths. */
typedef struct w3di_mesh_vertex_cache_costs {
    uint32_t places; /* of the cache                                             */
    int32_t rate;    /* for each vertex that it brings in for a triangle         */
    int32_t entry;   /* for each vertex that it brings in                        */
    int32_t early;   /* for a vertex that entered just now; less for older ones  */
    int32_t late;    /* if the vertex is gone before its fan is finished         */
    int32_t lone;    /* for a single triangle                                    */
} w3di_mesh_vertex_cache_costs;

/* The four models of mesh_measure.h side by side. */
typedef struct w3di_mesh_vertex_cache_models {
    w3d_i4 now, batch_vertices, batch_triangles, shaded;
} w3di_mesh_vertex_cache_models;

typedef struct w3di_mesh_vertex_cache_change {
    uint32_t *word;
    uint32_t old;
} w3di_mesh_vertex_cache_change;

/* What a trial changes, so that it can be taken back; and the models by which it is judged. */
typedef struct w3di_mesh_vertex_cache_trial {
    w3di_mesh_vertex_cache_models models;
    int32_t *seen; /* [vertex_count][4] by model: time of the last entry */
    uint32_t change_count, corner_count, triangle_count;
    uint32_t triangles[W3DI_MESH_VERTEX_CACHE_AHEAD];
    uint32_t corners[W3DI_MESH_VERTEX_CACHE_AHEAD * 3];
    int32_t before[W3DI_MESH_VERTEX_CACHE_AHEAD * 3][4];
    w3di_mesh_vertex_cache_change
        changes[W3DI_MESH_VERTEX_CACHE_AHEAD * W3DI_MESH_VERTEX_CACHE_WORDS];
} w3di_mesh_vertex_cache_trial;

typedef struct w3di_mesh_vertex_cache_state {
    w3di_mesh_vertex_cache_vertex *vertices; /* [vertex_count + 1]                           */
    w3di_mesh_vertex_cache_entry *lists;     /* [index_count]                                */
    uint32_t *stack;     /* [index_count] vertices that fell out of the cache unfinished     */
    unsigned char *done; /* [triangle_count]                                                 */
    w3di_mesh_vertex_cache_trial *trial; /* NULL: no trials                                  */
    uint32_t *out;                       /* where the next triangle goes                     */
    size_t now, top; /* not uint32_t, so that no store to a vertex could be one to these     */
    unsigned short places;
    uint32_t vertex_count;
    uint32_t ring[W3DI_MESH_VERTEX_CACHE_RING]; /* the last vertices to enter                */
    uint16_t costs[W3DI_MESH_VERTEX_CACHE_LEFT + 1][W3DI_MESH_VERTEX_CACHE_AWAY]
                  [W3DI_MESH_VERTEX_CACHE_RING];
} w3di_mesh_vertex_cache_state;

/* Fitted by random search on meshes of scans, grids, tori and subdivided models: the first does
 * well on all, the second on irregular ones. */
static const w3di_mesh_vertex_cache_costs w3di_mesh_vertex_cache_fit[2] = {
    { 12, 1094, 127, 375, 7170, -130 },
    { 13, 1029, 150, 257, 20000, -119 },
};

static const uint8_t w3di_mesh_vertex_cache_turn[5] = { 0, 1, 2, 0, 1 };

/* Asks for a cache line that will soon be needed; nothing where the target has no such thing. */
W3D_INLINE void w3di_mesh_vertex_cache_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

/* ---- start ---- */

/* Lists of the triangles around each vertex, and a cache in which nothing is. */
static void w3di_mesh_vertex_cache_start(const w3d_mesh_view *mesh,
                                         w3di_mesh_vertex_cache_state *state)
{
    w3di_mesh_vertex_cache_vertex *vertices = state->vertices;
    const uint32_t *indices = mesh->indices;
    uint32_t total = 0;
    w3d_fill(vertices, 0, ((size_t)mesh->vertex_count + 1) * sizeof *vertices);
    w3d_fill(state->done, 0, mesh->index_count / 3);
    for (uint32_t i = 0; i < mesh->index_count; i++) vertices[indices[i]].live++;
    for (uint32_t v = 0; v <= mesh->vertex_count; v++) {
        w3di_mesh_vertex_cache_vertex *vertex = &vertices[v];
        vertex->first = total;
        total += vertex->live;
        vertex->tally = vertex->live * (W3DI_MESH_VERTEX_CACHE_LEFT_ONE + 2u);
        vertex->time = vertex->live; /* for now */
        vertex->live = 0;
    }
    for (uint32_t i = 0; i < mesh->index_count; i += 3) {
        w3di_mesh_vertex_cache_entry *entry[3];
        uint32_t bits[3];
        for (uint32_t k = 0; k < 3; k++) {
            w3di_mesh_vertex_cache_vertex *vertex = &vertices[indices[i + k]];
            uint32_t place = vertex->live++;
            entry[k] = &state->lists[vertex->first + place];
            bits[k] = vertex->time > W3DI_MESH_VERTEX_CACHE_LONG ? 32 : place;
        }
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t next = k == 2 ? 0 : k + 1, last = k == 0 ? 2 : k - 1;
            entry[k]->next = indices[i + next];
            entry[k]->last = indices[i + last];
            entry[k]->corner = i + k;
            entry[k]->bits = bits[k] | bits[next] << 8 | bits[last] << 16 | k << 24;
        }
    }
    for (uint32_t v = 0; v < mesh->vertex_count; v++) {
        w3di_mesh_vertex_cache_vertex *vertex = &vertices[v];
        uint32_t count = vertex->time;
        vertex->time = 0;
        if (count <= W3DI_MESH_VERTEX_CACHE_LONG) {
            vertex->live = count == 32 ? 0xFFFFFFFFu : (1u << count) - 1u;
            continue;
        }
        for (uint32_t i = vertex->first; i < vertex[1].first; i++) {
            vertices[state->lists[i].next].tally--; /* it counts as always there */
            vertices[state->lists[i].last].tally--;
        }
    }
    for (uint32_t i = 0; i < W3DI_MESH_VERTEX_CACHE_RING; i++)
        state->ring[i] = mesh->vertex_count; /* the end of the last list: it has no triangles */
    state->vertex_count = mesh->vertex_count;
    state->now = W3DI_MESH_VERTEX_CACHE_RING; /* so that a time of 0 is long ago */
    state->top = 0;
}

static void w3di_mesh_vertex_cache_price(w3di_mesh_vertex_cache_state *state,
                                         const w3di_mesh_vertex_cache_costs *costs)
{
    int32_t places = (int32_t)costs->places;
    state->places = (unsigned short)costs->places;
    w3d_fill(state->costs, 0, sizeof state->costs);
    for (int32_t left = 1; left <= (int32_t)W3DI_MESH_VERTEX_CACHE_LEFT; left++)
        for (int32_t away = 0; away < (int32_t)W3DI_MESH_VERTEX_CACHE_AWAY; away++) {
            /* In a fan, each corner between two triangles was counted twice. */
            int32_t entries = away == 2 * left ? left + 1 : (away + 1) / 2;
            int32_t cost = costs->rate * entries / left + costs->entry * entries;
            cost += left == 1 ? costs->lone : 0;
            for (int32_t age = 0; age < places; age++)
                state->costs[left][away][age] =
                    (uint16_t)(1000 + cost +
                               (age + entries <= places ? costs->early * (places - age) / places
                                                        : costs->late));
        }
}

/* ---- writing triangles, for good or on trial ---- */

/* `trial` is a constant in all that follows: it makes two functions of one. */
W3D_INLINE void w3di_mesh_vertex_cache_set(w3di_mesh_vertex_cache_state *state, uint32_t *word,
                                           uint32_t value, int trial)
{
    if (trial) {
        w3di_mesh_vertex_cache_change *change =
            &state->trial->changes[state->trial->change_count++];
        change->word = word;
        change->old = *word;
    }
    *word = value;
}

W3D_INLINE int w3di_mesh_vertex_cache_is_long(const w3di_mesh_vertex_cache_state *state,
                                              uint32_t index)
{
    const w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[index];
    return vertex[1].first - vertex->first > W3DI_MESH_VERTEX_CACHE_LONG;
}

/* 1 where a vertex counts as away from the cache; bit 5 of `bits` is set where its list is long. */
W3D_INLINE uint32_t w3di_mesh_vertex_cache_is_away(const w3di_mesh_vertex_cache_state *state,
                                                   uint32_t index, uint32_t bits)
{
    uint32_t age = (uint32_t)state->now - state->vertices[index].time;
    return (uint32_t)(age > state->places) & ~bits >> 5;
}

/* Tells the vertices around one that it has entered (step: -1) or left (1). */
W3D_INLINE void w3di_mesh_vertex_cache_tell(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                            uint32_t step, int trial)
{
    w3di_mesh_vertex_cache_vertex *vertices = state->vertices;
    if (w3di_mesh_vertex_cache_is_long(state, index)) return;
    const w3di_mesh_vertex_cache_entry *list = state->lists + vertices[index].first;
    for (uint32_t live = vertices[index].live; live; live &= live - 1) {
        const w3di_mesh_vertex_cache_entry *entry = &list[w3d_bits_trailing_zeros(live)];
        w3di_mesh_vertex_cache_vertex *next = &vertices[entry->next];
        w3di_mesh_vertex_cache_vertex *last = &vertices[entry->last];
        w3di_mesh_vertex_cache_set(state, &next->tally, next->tally + step, trial);
        w3di_mesh_vertex_cache_set(state, &last->tally, last->tally + step, trial);
        if (step == 1 || trial) continue;
        w3di_mesh_vertex_cache_prefetch(state->lists + next->first);
        w3di_mesh_vertex_cache_prefetch(state->lists + next->first + 4);
    }
}

static void w3di_mesh_vertex_cache_enter(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                         int trial)
{
    const uint32_t mask = W3DI_MESH_VERTEX_CACHE_RING - 1;
    uint32_t now = (uint32_t)state->now, gone = state->ring[(now - state->places) & mask];
    w3di_mesh_vertex_cache_set(state, &state->ring[now & mask], index, trial);
    w3di_mesh_vertex_cache_set(state, &state->vertices[index].time, now, trial);
    state->now = now + 1u;
    w3di_mesh_vertex_cache_tell(state, index, 0xFFFFFFFFu, trial);
    if (state->vertices[gone].live == 0) return;
    if (!trial) state->stack[state->top++] = gone;
    w3di_mesh_vertex_cache_tell(state, gone, 1, trial);
}

W3D_INLINE void w3di_mesh_vertex_cache_meet(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                            int trial)
{
    if ((uint32_t)state->now - state->vertices[index].time > state->places)
        w3di_mesh_vertex_cache_enter(state, index, trial);
}

/* Takes a triangle from one of its vertices, and `away` corners with it. */
W3D_INLINE void w3di_mesh_vertex_cache_take(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                            uint32_t bit, uint32_t away, int trial)
{
    w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[index];
    w3di_mesh_vertex_cache_set(state, &vertex->live, vertex->live - (1u << (bit & 31u)), trial);
    w3di_mesh_vertex_cache_set(state, &vertex->tally,
                               vertex->tally - W3DI_MESH_VERTEX_CACHE_LEFT_ONE - away, trial);
}

/* Counts the vertices of a triangle that the four models shade. */
W3D_INLINE void w3di_mesh_vertex_cache_shade(w3di_mesh_vertex_cache_trial *trial,
                                             const uint32_t *corner)
{
    const w3d_i4 sizes = w3d_i4_set(16, 32, 14, 32), one = w3d_i4_splat(1);
    const w3d_i4 most_vertices = w3d_i4_set(INT32_MAX, INT32_MAX, 64, 32);
    const w3d_i4 most_triangles = w3d_i4_set(INT32_MAX, INT32_MAX, 128, 32);
    w3di_mesh_vertex_cache_models m = trial->models;
    w3d_i4 missing = w3d_i4_splat(0);
    for (uint32_t k = 0; k < 3; k++) {
        w3d_i4 time = w3d_i4_load(trial->seen + 4 * (size_t)corner[k]);
        missing = w3d_i4_sub(missing, w3d_i4_less(sizes, w3d_i4_sub(m.now, time)));
    }
    w3d_i4 full = w3d_i4_or(w3d_i4_less(most_vertices, w3d_i4_add(m.batch_vertices, missing)),
                            w3d_i4_equal(m.batch_triangles, most_triangles));
    m.now = w3d_i4_add(m.now, w3d_i4_and(full, w3d_i4_add(sizes, one)));
    m.batch_vertices = w3d_i4_andnot(m.batch_vertices, full);
    m.batch_triangles = w3d_i4_add(w3d_i4_andnot(m.batch_triangles, full), one);
    for (uint32_t k = 0; k < 3; k++) {
        int32_t *seen = trial->seen + 4 * (size_t)corner[k];
        w3d_i4 time = w3d_i4_load(seen), missed = w3d_i4_less(sizes, w3d_i4_sub(m.now, time));
        w3d_i4_store(seen, w3d_i4_or(w3d_i4_and(m.now, missed), w3d_i4_andnot(time, missed)));
        m.now = w3d_i4_sub(m.now, missed);
        m.batch_vertices = w3d_i4_sub(m.batch_vertices, missed);
        m.shaded = w3d_i4_sub(m.shaded, missed);
    }
    trial->models = m;
}

/* Writes the triangle in which a vertex has that entry. */
W3D_INLINE void w3di_mesh_vertex_cache_write(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                             w3di_mesh_vertex_cache_entry entry, int trial)
{
    uint32_t next = entry.next, last = entry.last, k = entry.bits >> 24, *out = state->out;
    out[k] = index;
    out[w3di_mesh_vertex_cache_turn[k + 1]] = next;
    out[w3di_mesh_vertex_cache_turn[k + 2]] = last;
    uint32_t own_away = w3di_mesh_vertex_cache_is_away(state, index, entry.bits);
    uint32_t next_away = w3di_mesh_vertex_cache_is_away(state, next, entry.bits >> 8);
    uint32_t last_away = w3di_mesh_vertex_cache_is_away(state, last, entry.bits >> 16);
    w3di_mesh_vertex_cache_take(state, index, entry.bits, next_away + last_away, trial);
    w3di_mesh_vertex_cache_take(state, next, entry.bits >> 8, own_away + last_away, trial);
    w3di_mesh_vertex_cache_take(state, last, entry.bits >> 16, own_away + next_away, trial);
    w3di_mesh_vertex_cache_meet(state, out[0], trial);
    w3di_mesh_vertex_cache_meet(state, out[1], trial);
    w3di_mesh_vertex_cache_meet(state, out[2], trial);
    if (trial) {
        w3di_mesh_vertex_cache_trial *own = state->trial;
        for (k = 0; k < 3; k++) {
            own->corners[own->corner_count] = out[k];
            w3d_copy(own->before[own->corner_count++], own->seen + 4 * (size_t)out[k], 16);
        }
        own->triangles[own->triangle_count++] = entry.corner / 3;
    }
    state->done[entry.corner / 3] = 1;
    if (state->trial) w3di_mesh_vertex_cache_shade(state->trial, out);
    state->out = out + 3;
}

/* How much is won by writing a triangle now: corners that are there, the oldest first. */
W3D_INLINE uint32_t w3di_mesh_vertex_cache_urgency(const w3di_mesh_vertex_cache_state *state,
                                                   const w3di_mesh_vertex_cache_entry *entry)
{
    uint32_t now = (uint32_t)state->now, places = state->places;
    uint32_t next_age = now - state->vertices[entry->next].time;
    uint32_t last_age = now - state->vertices[entry->last].time;
    uint32_t next_there = 0u - (uint32_t)(next_age <= places);
    uint32_t last_there = 0u - (uint32_t)(last_age <= places);
    return ((1000 + next_age) & next_there) + ((1000 + last_age) & last_there);
}

/* Writes the triangles left around a vertex, `most` of them if there are more; gives how many. */
W3D_INLINE uint32_t w3di_mesh_vertex_cache_fan(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                               uint32_t most, int trial)
{
    const w3di_mesh_vertex_cache_vertex *vertex = &state->vertices[index];
    const w3di_mesh_vertex_cache_entry *list = state->lists + vertex->first;
    uint32_t written = 0;
    if (w3di_mesh_vertex_cache_is_long(state, index)) {
        for (uint32_t i = 0; vertex->live && written < most; i++) {
            if (state->done[list[i].corner / 3]) continue;
            w3di_mesh_vertex_cache_write(state, index, list[i], trial);
            written++;
        }
        return written;
    }
    for (; vertex->live && written < most; written++) {
        uint32_t best = w3d_bits_trailing_zeros(vertex->live), most_urgent = 0;
        for (uint32_t live = vertex->live; live; live &= live - 1) {
            uint32_t i = w3d_bits_trailing_zeros(live);
            uint32_t urgency = w3di_mesh_vertex_cache_urgency(state, &list[i]);
            best = urgency > most_urgent ? i : best;
            most_urgent = urgency > most_urgent ? urgency : most_urgent;
        }
        w3di_mesh_vertex_cache_write(state, index, list[best], trial);
    }
    return written;
}

/* ---- the way ---- */

/* The vertex in the cache whose fan costs least, the youngest of equals; and the second. */
typedef struct w3di_mesh_vertex_cache_choice {
    uint32_t vertex, second;
    uint32_t gap; /* between what the two cost */
} w3di_mesh_vertex_cache_choice;

/* Nothing branches on what is found. `both`, a constant: the second is wanted, too. */
W3D_INLINE w3di_mesh_vertex_cache_choice
w3di_mesh_vertex_cache_choose(const w3di_mesh_vertex_cache_state *state, int both)
{
    const uint32_t mask = W3DI_MESH_VERTEX_CACHE_RING - 1, none = W3DI_MESH_VERTEX_CACHE_NONE;
    const w3di_mesh_vertex_cache_vertex *vertices = state->vertices;
    uint32_t first = none, second = none, youngest = (uint32_t)state->now - 1;
    uint32_t places = state->places;
    w3di_mesh_vertex_cache_choice found;
    for (uint32_t age = 0; age < places; age++) {
        const w3di_mesh_vertex_cache_vertex *vertex =
            &vertices[state->ring[(youngest - age) & mask]];
        uint32_t left = vertex->tally / W3DI_MESH_VERTEX_CACHE_LEFT_ONE;
        uint32_t away = vertex->tally % W3DI_MESH_VERTEX_CACHE_LEFT_ONE;
        left = left < W3DI_MESH_VERTEX_CACHE_LEFT ? left : W3DI_MESH_VERTEX_CACHE_LEFT;
        away = away < W3DI_MESH_VERTEX_CACHE_AWAY ? away : W3DI_MESH_VERTEX_CACHE_AWAY - 1;
        uint32_t cost = state->costs[left][away][age];
        uint32_t key = (cost * W3DI_MESH_VERTEX_CACHE_RING + age) | (0u - (vertex->live == 0));
        if (both) {
            uint32_t worse = key < first ? first : key;
            second = worse < second ? worse : second;
        }
        first = key < first ? key : first;
    }
    found.vertex = first == none ? none : state->ring[(youngest - first) & mask];
    found.second = second == none ? none : state->ring[(youngest - second) & mask];
    found.gap = (second - first) / W3DI_MESH_VERTEX_CACHE_RING;
    return found;
}

/* Goes on from a vertex for a few triangles and takes them back; gives how many vertices the models
 * shade, and how many triangles were written. */
static uint32_t w3di_mesh_vertex_cache_try(w3di_mesh_vertex_cache_state *state, uint32_t index,
                                           uint32_t *written)
{
    w3di_mesh_vertex_cache_trial *trial = state->trial;
    w3di_mesh_vertex_cache_models models = trial->models;
    size_t now = state->now;
    uint32_t *out = state->out, count = 0;
    int32_t lanes[4];
    trial->change_count = trial->corner_count = trial->triangle_count = 0;
    while (index != W3DI_MESH_VERTEX_CACHE_NONE && count < W3DI_MESH_VERTEX_CACHE_AHEAD &&
           !w3di_mesh_vertex_cache_is_long(state, index)) {
        count += w3di_mesh_vertex_cache_fan(state, index, W3DI_MESH_VERTEX_CACHE_AHEAD - count, 1);
        index = w3di_mesh_vertex_cache_choose(state, 0).vertex;
    }
    w3d_i4_store(lanes, w3d_i4_sub(trial->models.shaded, models.shaded));
    while (trial->change_count) {
        const w3di_mesh_vertex_cache_change *change = &trial->changes[--trial->change_count];
        *change->word = change->old;
    }
    while (trial->corner_count) {
        uint32_t corner = trial->corners[--trial->corner_count];
        w3d_copy(trial->seen + 4 * (size_t)corner, trial->before[trial->corner_count], 16);
    }
    while (trial->triangle_count) state->done[trial->triangles[--trial->triangle_count]] = 0;
    trial->models = models;
    state->now = now;
    state->out = out;
    *written = count;
    return (uint32_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

/* Of two fans that cost nearly the same, the one from which it goes on better. */
static uint32_t w3di_mesh_vertex_cache_compare(w3di_mesh_vertex_cache_state *state,
                                               const w3di_mesh_vertex_cache_choice *choice)
{
    uint32_t counts[2], shaded[2];
    if (w3di_mesh_vertex_cache_is_long(state, choice->vertex) ||
        w3di_mesh_vertex_cache_is_long(state, choice->second))
        return choice->vertex;
    shaded[0] = w3di_mesh_vertex_cache_try(state, choice->vertex, &counts[0]);
    shaded[1] = w3di_mesh_vertex_cache_try(state, choice->second, &counts[1]);
    return shaded[1] * counts[0] < shaded[0] * counts[1] ? choice->second : choice->vertex;
}

/* One pass over the whole mesh; lists are used up. */
W3D_INLINE void w3di_mesh_vertex_cache_grow(w3di_mesh_vertex_cache_state *state, uint32_t middle,
                                            int look_ahead)
{
    const w3di_mesh_vertex_cache_vertex *vertices = state->vertices;
    uint32_t cursor = 0;
    while (middle != W3DI_MESH_VERTEX_CACHE_NONE) {
        w3di_mesh_vertex_cache_fan(state, middle, W3DI_MESH_VERTEX_CACHE_NONE, 0);
        w3di_mesh_vertex_cache_choice choice = w3di_mesh_vertex_cache_choose(state, look_ahead);
        middle = choice.vertex;
        if (look_ahead && choice.second != W3DI_MESH_VERTEX_CACHE_NONE &&
            choice.gap < W3DI_MESH_VERTEX_CACHE_CLOSE)
            middle = w3di_mesh_vertex_cache_compare(state, &choice);
        /* A dead end: back to the last vertex that fell out of the cache unfinished, else to the
         * first one. */
        while (middle == W3DI_MESH_VERTEX_CACHE_NONE && state->top)
            if (vertices[state->stack[--state->top]].live) middle = state->stack[state->top];
        if (middle != W3DI_MESH_VERTEX_CACHE_NONE) continue;
        while (cursor < state->vertex_count && !vertices[cursor].live) cursor++;
        if (cursor < state->vertex_count) middle = cursor;
    }
}

/* ---- the whole ---- */

W3D_API size_t w3d_mesh_vertex_cache_scratch_size(uint32_t vertex_count, uint32_t index_count,
                                                  w3d_mesh_vertex_cache_level level)
{
    int best = level == W3D_MESH_VERTEX_CACHE_BEST;
    size_t size = 64 + sizeof(w3di_mesh_vertex_cache_vertex), triangle_count = index_count / 3;
    if (best) size += sizeof(w3di_mesh_vertex_cache_trial);
    if (!w3d_size_append(&size, vertex_count,
                         sizeof(w3di_mesh_vertex_cache_vertex) + (best ? 16u : 0u)) ||
        !w3d_size_append(&size, triangle_count,
                         3 * sizeof(w3di_mesh_vertex_cache_entry) + (best ? 25u : 13u)) ||
        !w3d_size_add(size, sizeof(w3di_mesh_vertex_cache_state), &size))
        return SIZE_MAX;
    return size;
}

/* One order by one of the two fits; gives how many vertices the models shade, where they count. */
static uint64_t w3di_mesh_vertex_cache_order(const w3d_mesh_view *mesh,
                                             w3di_mesh_vertex_cache_state *state, int fit,
                                             uint32_t *out)
{
    w3di_mesh_vertex_cache_trial *trial = state->trial;
    uint64_t sum = 0;
    if (trial) {
        w3d_fill(trial->seen, 0, (size_t)mesh->vertex_count * 16);
        trial->models.batch_vertices = trial->models.batch_triangles = w3d_i4_splat(0);
        trial->models.now = w3d_i4_splat(64); /* so that a time of 0 is long ago */
        trial->models.shaded = w3d_i4_splat(0);
    }
    state->out = out;
    w3di_mesh_vertex_cache_start(mesh, state);
    w3di_mesh_vertex_cache_price(state, &w3di_mesh_vertex_cache_fit[fit]);
    if (fit)
        w3di_mesh_vertex_cache_grow(state, mesh->indices[0], 1);
    else
        w3di_mesh_vertex_cache_grow(state, mesh->indices[0], 0);
    if (trial) {
        int32_t lanes[4];
        w3d_i4_store(lanes, trial->models.shaded);
        for (int k = 0; k < 4; k++) sum += (uint32_t)lanes[k];
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
    if (mesh->index_count == 0) return W3D_OK;
    size_t triangle_count = mesh->index_count / 3, vertex_count = mesh->vertex_count;
    w3di_mesh_vertex_cache_trial *trial = NULL;
    int32_t *seen = NULL;
    uint32_t *other = NULL;
    int best = level == W3D_MESH_VERTEX_CACHE_BEST;
    if (best) {
        trial = (w3di_mesh_vertex_cache_trial *)w3d_arena_push(&scratch, 1, sizeof *trial, 16);
        seen = (int32_t *)w3d_arena_push(&scratch, vertex_count, 16, 16);
        other = (uint32_t *)w3d_arena_push(&scratch, triangle_count, 12, 4);
        if (!trial || !seen || !other) return W3D_ERR_CAPACITY;
        trial->seen = seen;
    }
    w3di_mesh_vertex_cache_state *state =
        (w3di_mesh_vertex_cache_state *)w3d_arena_push(&scratch, 1, sizeof *state, 16);
    void *vertices =
        w3d_arena_push(&scratch, vertex_count + 1, sizeof(w3di_mesh_vertex_cache_vertex), 16);
    void *lists =
        w3d_arena_push(&scratch, triangle_count, 3 * sizeof(w3di_mesh_vertex_cache_entry), 4);
    uint32_t *stack = (uint32_t *)w3d_arena_push(&scratch, triangle_count, 12, 4);
    unsigned char *done = (unsigned char *)w3d_arena_push(&scratch, triangle_count, 1, 1);
    if (!state || !vertices || !lists || !stack || !done) return W3D_ERR_CAPACITY;

    state->vertices = (w3di_mesh_vertex_cache_vertex *)vertices;
    state->lists = (w3di_mesh_vertex_cache_entry *)lists;
    state->stack = stack;
    state->done = done;
    state->trial = trial;
    uint64_t shaded = w3di_mesh_vertex_cache_order(mesh, state, 0, out);
    if (best && w3di_mesh_vertex_cache_order(mesh, state, 1, other) < shaded)
        w3d_copy(out, other, triangle_count * 12);
    return W3D_OK;
}

#undef W3DI_MESH_VERTEX_CACHE_NONE
#undef W3DI_MESH_VERTEX_CACHE_RING
#undef W3DI_MESH_VERTEX_CACHE_LONG
#undef W3DI_MESH_VERTEX_CACHE_LEFT
#undef W3DI_MESH_VERTEX_CACHE_AWAY
#undef W3DI_MESH_VERTEX_CACHE_LEFT_ONE
#undef W3DI_MESH_VERTEX_CACHE_AHEAD
#undef W3DI_MESH_VERTEX_CACHE_CLOSE
#undef W3DI_MESH_VERTEX_CACHE_WORDS
