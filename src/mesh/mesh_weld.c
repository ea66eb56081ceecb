/* mesh_weld.c - one hash table of vertices that have a number of their own.
 *
 * A slot is a word: the vertex plus one in as many low bits as vertices need, and in the bits left
 * above them part of the hash, so that most rows that differ are told apart without being looked
 * at. Slots are probed in line; hashes are made sixteen at a time and their slots prefetched.
 *
 * The table starts small and grows fourfold with what it holds, so that it stays in the caches where
 * most vertices are copies of others. What was in it is not moved but entered again, which takes
 * one more look at the finished part of `remap`.
 *
 * Most copies follow their original soon. So a small cache of the rows met last stands before the
 * table; only what misses there goes on, 64 at a time, so that the slots and then the rows to be
 * compared are asked for long before they are needed. Until the end `remap` holds for each vertex
 * an earlier equal one, or itself; a last pass turns those into numbers.
 *
 * Under a tolerance the hash is that of a cell of a grid four tolerances wide, and a vertex looks
 * into the one to eight cells its reach touches. Cells are found in double by steps that keep
 * order (subtract, multiply, floor), so that a match is never missed through rounding. */
#include "mesh/mesh_weld.h"
#include "core/hash.h"
#include "core/simd.h"
#include "mesh/mesh_check.h"
#include "mesh/mesh_merge_sort.h"

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

#define W3DI_MESH_WELD_NONE        0xFFFFFFFFu
#define W3DI_MESH_WELD_BATCH       64
#define W3DI_MESH_WELD_FIRST_SLOTS 4096
#define W3DI_MESH_WELD_MOST_RECENT 16384u
#define W3DI_MESH_WELD_GROWTH      8
#define W3DI_MESH_WELD_LOAD        4 /* slots for each vertex in the table, at least, while it may grow */

typedef struct w3di_mesh_weld_table {
    const w3d_mesh_weld_desc *desc;
    int32_t *recent; /* [recent_mask + 1][4] see w3di_mesh_weld_link  */
    uint32_t *slots;
    size_t recent_mask;
    size_t mask; /* slot count - 1 */
    size_t room; /* vertices it may hold before it has to grow */
    size_t held; /* vertices in it                             */
    size_t most_slots;
    uint32_t id_mask; /* the bits of a slot that hold vertex + 1 */
    int tolerant;     /* some attribute has a tolerance          */
    double cell_rate; /* 1 / cell width; 0: no grid              */
    uint64_t seed;    /* of the hashes, see w3di_mesh_weld_gives_up */
    uint64_t steps;   /* slots that were looked at until then    */
} w3di_mesh_weld_table;

/* Asks for a cache line that will soon be needed; nothing where the target has no such thing. */
W3D_INLINE void w3di_mesh_weld_prefetch(const void *address)
{
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

W3D_INLINE const unsigned char *w3di_mesh_weld_row(const w3d_mesh_attribute *attribute,
                                                   uint32_t vertex)
{
    size_t stride = attribute->stride ? attribute->stride : attribute->size;
    return (const unsigned char *)attribute->data + (size_t)vertex * stride;
}

/* ---- equal attributes ---- */

W3D_INLINE uint64_t w3di_mesh_weld_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* The bits of a float, those of -0 turned into those of +0. */
W3D_INLINE uint32_t w3di_mesh_weld_float_bits(const unsigned char *src)
{
    uint32_t bits = w3d_load_u32(src);
    return bits == 0x80000000u ? 0u : bits;
}

/* 1 for three floats without a tolerance, as most positions are: worth code of their own. */
W3D_INLINE int w3di_mesh_weld_is_plain(const w3d_mesh_attribute *attribute)
{
    return attribute->size == 12 && attribute->kind == W3D_ATTRIBUTE_FLOATS &&
           !(attribute->tolerance > 0.0f);
}

/* The bits of such a row in the first three lanes, those of -0 turned into those of +0. Reads 16
 * bytes where they are there, as they are for every vertex before the last. */
W3D_INLINE w3d_i4 w3di_mesh_weld_plain(const w3d_mesh_weld_desc *desc, uint32_t vertex)
{
    const unsigned char *row = w3di_mesh_weld_row(&desc->attributes[0], vertex);
    int32_t bits[4] = { 0, 0, 0, 0 };
    if (vertex + 1 < desc->vertex_count)
        w3d_copy(bits, row, 16);
    else
        w3d_copy(bits, row, 12);
    w3d_i4 loaded = w3d_i4_load(bits);
    return w3d_i4_andnot(loaded, w3d_i4_equal(loaded, w3d_i4_splat(INT32_MIN)));
}

W3D_INLINE uint64_t w3di_mesh_weld_hash_plain(w3d_i4 row, uint64_t seed)
{
    int32_t bits[4];
    w3d_i4_store(bits, row);
    uint64_t low = (uint32_t)bits[0] | (uint64_t)(uint32_t)bits[1] << 32;
    return w3di_mesh_weld_mix((low ^ seed) * 0xD6E8FEB86659FD93u, (uint32_t)bits[2]);
}

static uint64_t w3di_mesh_weld_hash_row(const w3d_mesh_attribute *attribute, uint32_t vertex,
                                        uint64_t hash)
{
    const unsigned char *row = w3di_mesh_weld_row(attribute, vertex);
    uint32_t size = attribute->size, i = 0;
    if (attribute->kind == W3D_ATTRIBUTE_BYTES) return w3d_hash_bytes(row, size, hash);
    for (; size - i >= 8; i += 8)
        hash = w3di_mesh_weld_mix(hash, w3di_mesh_weld_float_bits(row + i) |
                                            (uint64_t)w3di_mesh_weld_float_bits(row + i + 4) << 32);
    if (i < size) hash = w3di_mesh_weld_mix(hash, w3di_mesh_weld_float_bits(row + i));
    return hash;
}

/* The hash of all attributes that must be equal. */
W3D_INLINE uint64_t w3di_mesh_weld_hash(const w3d_mesh_weld_desc *desc, uint32_t vertex,
                                        uint64_t seed)
{
    uint64_t hash = seed;
    if (desc->attribute_count == 1 && w3di_mesh_weld_is_plain(&desc->attributes[0]))
        return w3di_mesh_weld_hash_plain(w3di_mesh_weld_plain(desc, vertex), seed);
    for (uint32_t k = 0; k < desc->attribute_count; k++)
        if (!(desc->attributes[k].tolerance > 0.0f))
            hash = w3di_mesh_weld_hash_row(&desc->attributes[k], vertex, hash);
    return hash;
}

static int w3di_mesh_weld_equal(const w3d_mesh_attribute *attribute, uint32_t a, uint32_t b)
{
    const unsigned char *left = w3di_mesh_weld_row(attribute, a);
    const unsigned char *right = w3di_mesh_weld_row(attribute, b);
    if (attribute->kind == W3D_ATTRIBUTE_BYTES) return w3d_equal(left, right, attribute->size);
    for (uint32_t i = 0; i < attribute->size; i += 4)
        if (w3di_mesh_weld_float_bits(left + i) != w3di_mesh_weld_float_bits(right + i)) return 0;
    return 1;
}

/* ---- attributes under a tolerance ---- */

/* `by_distance`: Euclidean; otherwise every component by itself. False for NaN. */
static int w3di_mesh_weld_near(const w3d_mesh_attribute *attribute, uint32_t a, uint32_t b,
                               int by_distance)
{
    const unsigned char *left = w3di_mesh_weld_row(attribute, a);
    const unsigned char *right = w3di_mesh_weld_row(attribute, b);
    double limit = (double)attribute->tolerance, sum = 0.0;
    for (uint32_t i = 0; i < attribute->size; i += 4) {
        double step = (double)w3d_load_f32(left + i) - (double)w3d_load_f32(right + i);
        sum += step * step;
        if (!by_distance && !(step <= limit && -step <= limit)) return 0;
    }
    return !by_distance || sum <= limit * limit;
}

static int w3di_mesh_weld_matches(const w3di_mesh_weld_table *table, uint32_t a, uint32_t b)
{
    const w3d_mesh_weld_desc *desc = table->desc;
    for (uint32_t k = 0; k < desc->attribute_count; k++) {
        const w3d_mesh_attribute *attribute = &desc->attributes[k];
        if (attribute->tolerance > 0.0f ? !w3di_mesh_weld_near(attribute, a, b, k == 0)
                                        : !w3di_mesh_weld_equal(attribute, a, b))
            return 0;
    }
    return 1;
}

/* 1 where all floats under a tolerance are finite. */
static int w3di_mesh_weld_finite(const w3d_mesh_weld_desc *desc, uint32_t vertex)
{
    for (uint32_t k = 0; k < desc->attribute_count; k++) {
        const w3d_mesh_attribute *attribute = &desc->attributes[k];
        if (!(attribute->tolerance > 0.0f)) continue;
        const unsigned char *row = w3di_mesh_weld_row(attribute, vertex);
        for (uint32_t i = 0; i < attribute->size; i += 4)
            if (!w3d_f32_is_finite(w3d_load_f32(row + i))) return 0;
    }
    return 1;
}

static double w3di_mesh_weld_floor(double x)
{
    if (!(x > -4503599627370496.0 && x < 4503599627370496.0)) return x; /* 2^52: whole already */
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole + 0.0; /* + 0.0 so that there is no -0 */
}

/* The hashes of the cells within reach of a vertex; the first is that of its own cell. Two cells
 * an axis are enough: the reach is half as wide as a cell. */
static int w3di_mesh_weld_cells(const w3di_mesh_weld_table *table, uint32_t vertex, uint64_t exact,
                                uint64_t *hashes)
{
    const w3d_mesh_attribute *attribute = &table->desc->attributes[0];
    const unsigned char *row = w3di_mesh_weld_row(attribute, vertex);
    int count = 1;
    hashes[0] = exact;
    if (table->cell_rate == 0.0) return 1;
    /* A little more than the tolerance: distances are compared after they were rounded. */
    double reach = (double)attribute->tolerance * (1.0 + 1e-12);
    for (uint32_t axis = 0; axis < 3 && axis * 4 < attribute->size; axis++) {
        double x = (double)w3d_load_f32(row + 4 * axis);
        double own = w3di_mesh_weld_floor(x * table->cell_rate);
        double low = w3di_mesh_weld_floor((x - reach) * table->cell_rate);
        double high = w3di_mesh_weld_floor((x + reach) * table->cell_rate);
        double other = low != own ? low : high;
        int before = count;
        if (other != own) {
            for (int i = 0; i < before; i++)
                hashes[before + i] = w3di_mesh_weld_mix(hashes[i], w3d_bits_f64(other));
            count *= 2;
        }
        for (int i = 0; i < before; i++)
            hashes[i] = w3di_mesh_weld_mix(hashes[i], w3d_bits_f64(own));
    }
    return count;
}

/* ---- the table ---- */

/* What a slot holds for a vertex with that hash; never 0. */
W3D_INLINE uint32_t w3di_mesh_weld_entry(const w3di_mesh_weld_table *table, uint32_t vertex,
                                         uint64_t hash)
{
    return ((uint32_t)(hash >> 32) & ~table->id_mask) | (vertex + 1u);
}

/* 1 where two vertices are the same. `plain`, a constant, makes code of its own for the commonest
 * case: one attribute of three floats, equal. */
W3D_INLINE int w3di_mesh_weld_same(const w3di_mesh_weld_table *table, uint32_t a, uint32_t b,
                                   int plain)
{
    if (!plain) return w3di_mesh_weld_matches(table, a, b);
    w3d_i4 equal =
        w3d_i4_equal(w3di_mesh_weld_plain(table->desc, a), w3di_mesh_weld_plain(table->desc, b));
    return (w3d_f4_mask(w3d_f4_bits_i4(equal)) & 7) == 7;
}

/* Looks along the slots of a hash for a match and gives it, or NONE and the free slot that ended
 * the search. Under tolerances the first of all matches is wanted, if below `best`, not just any. */
W3D_INLINE uint32_t w3di_mesh_weld_find(w3di_mesh_weld_table *table, uint32_t vertex, uint64_t hash,
                                        uint32_t best, size_t *free_slot, int plain)
{
    uint32_t tag = (uint32_t)(hash >> 32) & ~table->id_mask;
    size_t slot = (size_t)hash & table->mask, first = slot;
    for (; table->slots[slot]; slot = (slot + 1) & table->mask) {
        uint32_t entry = table->slots[slot], other = (entry & table->id_mask) - 1u;
        if ((entry & ~table->id_mask) != tag || other >= best) continue;
        if (!w3di_mesh_weld_same(table, vertex, other, plain)) continue;
        best = other;
        if (plain || !table->tolerant) break; /* equal rows have one representative */
    }
    *free_slot = slot;
    table->steps += (slot - first) & table->mask;
    return best;
}

/* Finds the vertex that stands for one, which enters the table where there is none. */
W3D_INLINE void w3di_mesh_weld_vertex(w3di_mesh_weld_table *table, uint32_t vertex, uint64_t hash,
                                      uint32_t *remap, int plain)
{
    uint64_t hashes[8];
    size_t slot = 0, own_slot = 0;
    uint32_t match = W3DI_MESH_WELD_NONE;
    int count = 1;
    hashes[0] = hash;
    if (!plain && table->tolerant) {
        if (!w3di_mesh_weld_finite(table->desc, vertex)) return;
        count = w3di_mesh_weld_cells(table, vertex, hash, hashes);
    }
    for (int i = 0; i < count; i++) {
        match = w3di_mesh_weld_find(table, vertex, hashes[i], match, &slot, plain);
        if (i == 0) own_slot = slot;
    }
    if (match != W3DI_MESH_WELD_NONE) {
        remap[vertex] = match;
        return;
    }
    table->slots[own_slot] = w3di_mesh_weld_entry(table, vertex, hashes[0]);
    table->held++;
}

/* Enters vertices that stand for themselves. */
static void w3di_mesh_weld_enter(const w3di_mesh_weld_table *table, const uint32_t *vertices,
                                 uint32_t count)
{
    uint64_t hashes[W3DI_MESH_WELD_BATCH], cells[8];
    for (uint32_t i = 0; i < count; i++) {
        cells[0] = w3di_mesh_weld_hash(table->desc, vertices[i], table->seed);
        if (table->tolerant && w3di_mesh_weld_finite(table->desc, vertices[i]))
            w3di_mesh_weld_cells(table, vertices[i], cells[0], cells);
        hashes[i] = cells[0];
        w3di_mesh_weld_prefetch(&table->slots[(size_t)hashes[i] & table->mask]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (table->tolerant && !w3di_mesh_weld_finite(table->desc, vertices[i])) continue;
        size_t slot = (size_t)hashes[i] & table->mask;
        while (table->slots[slot]) slot = (slot + 1) & table->mask;
        table->slots[slot] = w3di_mesh_weld_entry(table, vertices[i], hashes[i]);
    }
}

/* Makes the table one of `slots` slots, into which the vertices below `done` that stand for
 * themselves are entered. */
static void w3di_mesh_weld_resize(w3di_mesh_weld_table *table, size_t slots, uint32_t done,
                                  const uint32_t *remap)
{
    uint32_t found[W3DI_MESH_WELD_BATCH], count = 0;
    found[0] = 0;
    w3d_fill(table->slots, 0, slots * sizeof *table->slots);
    table->mask = slots - 1;
    table->room = slots / W3DI_MESH_WELD_LOAD;
    for (uint32_t vertex = 0; vertex < done; vertex++) {
        found[count] = vertex;
        count += remap[vertex] == vertex; /* nothing to guess: it would often be wrong */
        if (count == W3DI_MESH_WELD_BATCH) {
            w3di_mesh_weld_enter(table, found, count);
            count = 0;
        }
    }
    w3di_mesh_weld_enter(table, found, count);
}

/* Rows can be made whose hashes fall together, with which the table would take quadratic time: then
 * far more slots are looked at than by chance. 1: the table is to be given up. Under a tolerance it
 * cannot be, but hashes can begin from one of all rows from there on, which at least rows made for
 * no seed do not know. */
static int w3di_mesh_weld_gives_up(w3di_mesh_weld_table *table, uint32_t done,
                                   const uint32_t *remap)
{
    uint64_t most = (table->held + W3DI_MESH_WELD_BATCH) *
                    (table->tolerant ? 4096u : W3DI_MESH_MERGE_SORT_PATIENCE);
    if (table->steps <= most || table->seed) return 0;
    if (!table->tolerant) return 1;
    uint64_t seed = table->desc->vertex_count;
    for (uint32_t vertex = 0; vertex < table->desc->vertex_count; vertex++)
        seed = w3d_hash_u64(seed + w3di_mesh_weld_hash(table->desc, vertex, seed));
    table->seed = seed | 1;
    w3di_mesh_weld_resize(table, table->mask + 1, done, remap);
    return 0;
}

/* How the row of vertex a is to that of b, in some order. */
static int w3di_mesh_weld_compare(const void *context, uint32_t a, uint32_t b)
{
    const w3d_mesh_weld_desc *desc = (const w3d_mesh_weld_desc *)context;
    for (uint32_t k = 0; k < desc->attribute_count; k++) {
        const w3d_mesh_attribute *attribute = &desc->attributes[k];
        const unsigned char *left = w3di_mesh_weld_row(attribute, a);
        const unsigned char *right = w3di_mesh_weld_row(attribute, b);
        uint32_t step = attribute->kind == W3D_ATTRIBUTE_BYTES ? 1 : 4;
        for (uint32_t i = 0; i < attribute->size; i += step) {
            uint32_t l = step == 1 ? left[i] : w3di_mesh_weld_float_bits(left + i);
            uint32_t r = step == 1 ? right[i] : w3di_mesh_weld_float_bits(right + i);
            if (l != r) return l < r ? -1 : 1;
        }
    }
    return 0;
}

/* The links that the table would have made, by sorting. */
static void w3di_mesh_weld_link_sorted(const w3di_mesh_weld_table *table, uint32_t *remap)
{
    const w3d_mesh_weld_desc *desc = table->desc;
    uint32_t *vertices = table->slots, count = 0;
    for (uint32_t vertex = 0; vertex < desc->vertex_count; vertex++) {
        vertices[count] = vertex;
        count += !desc->indices || remap[vertex] != W3D_MESH_WELD_DROPPED;
    }
    w3di_mesh_merge_sort_link(vertices, vertices + desc->vertex_count, count,
                              w3di_mesh_weld_compare, desc, remap);
}

/* The vertices that the cache of recent rows did not know. */
typedef struct w3di_mesh_weld_batch {
    uint32_t count;
    uint32_t vertices[W3DI_MESH_WELD_BATCH];
    uint64_t hashes[W3DI_MESH_WELD_BATCH];
} w3di_mesh_weld_batch;

/* 0: the table was given up. */
W3D_INLINE int w3di_mesh_weld_flush(w3di_mesh_weld_table *table, w3di_mesh_weld_batch *batch,
                                    uint32_t *remap, int plain)
{
    uint64_t seed = table->seed;
    if (!batch->count) return 1;
    if (w3di_mesh_weld_gives_up(table, batch->vertices[0], remap)) return 0;
    if (table->seed != seed)
        for (uint32_t i = 0; i < batch->count; i++)
            batch->hashes[i] = w3di_mesh_weld_hash(table->desc, batch->vertices[i], table->seed);
    if (table->held + batch->count > table->room && table->mask + 1 < table->most_slots) {
        size_t slots = (table->mask + 1) * W3DI_MESH_WELD_GROWTH;
        w3di_mesh_weld_resize(table, slots < table->most_slots ? slots : table->most_slots,
                              batch->vertices[0], remap);
    }
    for (uint32_t i = 0; i < batch->count; i++)
        w3di_mesh_weld_prefetch(&table->slots[(size_t)batch->hashes[i] & table->mask]);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t entry = table->slots[(size_t)batch->hashes[i] & table->mask] & table->id_mask;
        w3di_mesh_weld_prefetch(w3di_mesh_weld_row(&table->desc->attributes[0],
                                                   entry ? entry - 1u : batch->vertices[i]));
    }
    for (uint32_t i = 0; i < batch->count; i++)
        w3di_mesh_weld_vertex(table, batch->vertices[i], batch->hashes[i], remap, plain);
    batch->count = 0;
    return 1;
}

/* Links every vertex to an earlier equal one, or to itself. An entry of `recent` is the last row
 * with a hash like that and its vertex, or, for rows that are more than three floats, their hash
 * and the vertex. Whether a vertex is found there is often guessed wrongly, so with plain rows
 * nothing branches on it. */
W3D_INLINE void w3di_mesh_weld_link(w3di_mesh_weld_table *table, uint32_t *remap, int plain)
{
    const w3d_mesh_weld_desc *desc = table->desc;
    const w3d_i4 last_lane = w3d_i4_set(0, 0, 0, -1);
    w3di_mesh_weld_batch batch;
    batch.count = 0;
    for (uint32_t vertex = 0; vertex < desc->vertex_count; vertex++) {
        if (desc->indices && remap[vertex] == W3D_MESH_WELD_DROPPED) continue;
        uint64_t hash;
        uint32_t link = vertex;
        if (plain) {
            w3d_i4 row = w3di_mesh_weld_plain(desc, vertex);
            hash = w3di_mesh_weld_hash_plain(row, table->seed);
            int32_t *recent = table->recent + ((size_t)(hash >> 40) & table->recent_mask) * 4;
            w3d_i4 there = w3d_i4_load(recent);
            int same = w3d_f4_mask(w3d_f4_bits_i4(w3d_i4_equal(row, there))) & 7;
            link = same == 7 && (uint32_t)recent[3] < vertex ? (uint32_t)recent[3] : vertex;
            w3d_i4_store(recent, w3d_i4_or(w3d_i4_andnot(row, last_lane),
                                           w3d_i4_and(w3d_i4_splat((int32_t)vertex), last_lane)));
        } else {
            hash = w3di_mesh_weld_hash(desc, vertex, table->seed);
            int32_t *recent = table->recent + ((size_t)(hash >> 40) & table->recent_mask) * 4;
            if (w3d_load_u64(recent) == hash && !table->tolerant && (uint32_t)recent[3] < vertex &&
                w3di_mesh_weld_same(table, vertex, (uint32_t)recent[3], 0))
                link = (uint32_t)recent[3];
            w3d_store_u64(recent, hash);
            recent[3] = (int32_t)vertex;
        }
        remap[vertex] = link;
        batch.vertices[batch.count] = vertex;
        batch.hashes[batch.count] = hash;
        batch.count += link == vertex;
        if (batch.count == W3DI_MESH_WELD_BATCH &&
            !w3di_mesh_weld_flush(table, &batch, remap, plain))
            break;
    }
    if (!w3di_mesh_weld_flush(table, &batch, remap, plain))
        w3di_mesh_weld_link_sorted(table, remap);
}

/* Turns links into numbers, in the order of first appearance; gives how many. */
static uint32_t w3di_mesh_weld_number(const w3d_mesh_weld_desc *desc, uint32_t *remap)
{
    uint32_t next = 0;
    for (uint32_t vertex = 0; vertex < desc->vertex_count; vertex++) {
        uint32_t link = remap[vertex];
        if (desc->indices && link == W3D_MESH_WELD_DROPPED) continue;
        uint32_t number = remap[link], is_new = 0u - (uint32_t)(link == vertex);
        remap[vertex] = (next & is_new) | (number & ~is_new);
        next -= is_new;
    }
    return next;
}

/* Slots for so many vertices, at most half of which are taken; 0 where there cannot be so many. */
static size_t w3di_mesh_weld_slots(uint32_t vertex_count)
{
    size_t slots = 4;
    while (slots / 2 < vertex_count) {
        if (slots > SIZE_MAX / 16) return 0;
        slots *= 2;
    }
    return slots;
}

/* Entries of the cache of recent rows: at 256 KiB it fits beside all else in a second level. */
static uint32_t w3di_mesh_weld_recent(uint32_t vertex_count)
{
    uint32_t recent = 4;
    while (recent < vertex_count / 4 && recent < W3DI_MESH_WELD_MOST_RECENT) recent *= 2;
    return recent;
}

W3D_API size_t w3d_mesh_weld_scratch_size(uint32_t vertex_count)
{
    size_t slots = w3di_mesh_weld_slots(vertex_count);
    size_t size = 15 + (size_t)w3di_mesh_weld_recent(vertex_count) * 16; /* 15 to align them */
    return slots && w3d_size_append(&size, slots, sizeof(uint32_t)) ? size : SIZE_MAX;
}

static int w3di_mesh_weld_attribute_kept(const w3d_mesh_attribute *attribute, uint32_t vertex_count)
{
    int floats = attribute->kind == W3D_ATTRIBUTE_FLOATS;
    if (!attribute->data && vertex_count) return 0;
    if (!floats && attribute->kind != W3D_ATTRIBUTE_BYTES) return 0;
    if (attribute->size == 0 || (floats && attribute->size % 4)) return 0;
    if (attribute->stride && attribute->stride < attribute->size) return 0;
    return attribute->tolerance >= 0.0f && attribute->tolerance <= FLT_MAX &&
           (floats || attribute->tolerance == 0.0f);
}

W3D_API w3d_result w3d_mesh_weld(const w3d_mesh_weld_desc *desc, uint32_t *remap,
                                 uint32_t *unique_count, w3d_arena scratch)
{
    int kept = desc && unique_count && (remap || desc->vertex_count == 0) && desc->attributes &&
               desc->attribute_count >= 1 && desc->attribute_count <= 16 &&
               (desc->indices || desc->index_count == 0);
    for (uint32_t k = 0; kept && k < desc->attribute_count; k++)
        kept = w3di_mesh_weld_attribute_kept(&desc->attributes[k], desc->vertex_count);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t vertex_count = desc->vertex_count;
    if (!w3di_mesh_check_indices(desc->indices, desc->index_count, vertex_count))
        return W3D_ERR_INDEX;
    if (scratch.size - scratch.used < w3d_mesh_weld_scratch_size(vertex_count))
        return W3D_ERR_CAPACITY;

    w3di_mesh_weld_table table;
    size_t slots = w3di_mesh_weld_slots(vertex_count);
    table.desc = desc;
    uint32_t recent = w3di_mesh_weld_recent(vertex_count);
    table.recent = (int32_t *)w3d_arena_push(&scratch, recent, 16, 16);
    table.recent_mask = recent - 1u;
    table.slots = (uint32_t *)w3d_arena_push(&scratch, slots, sizeof(uint32_t), 4);
    if (!table.recent || !table.slots) return W3D_ERR_CAPACITY;
    w3d_fill(table.recent, 0xFF, (size_t)recent * 16); /* no vertex has such a number */
    table.id_mask = 0;
    for (uint32_t rest = vertex_count; rest; rest >>= 1) table.id_mask = table.id_mask << 1 | 1u;
    table.tolerant = 0;
    for (uint32_t k = 0; k < desc->attribute_count; k++)
        if (desc->attributes[k].tolerance > 0.0f) table.tolerant = 1;
    table.cell_rate =
        desc->attributes[0].tolerance > 0.0f ? 0.25 / (double)desc->attributes[0].tolerance : 0.0;
    table.held = 0;
    table.seed = table.steps = 0;
    table.most_slots = slots;
    w3di_mesh_weld_resize(&table,
                          slots < W3DI_MESH_WELD_FIRST_SLOTS ? slots : W3DI_MESH_WELD_FIRST_SLOTS,
                          0, remap);
    if (desc->indices) {
        for (uint32_t i = 0; i < vertex_count; i++) remap[i] = W3D_MESH_WELD_DROPPED;
        for (uint32_t i = 0; i < desc->index_count; i++) remap[desc->indices[i]] = 0;
    }
    if (desc->attribute_count == 1 && w3di_mesh_weld_is_plain(&desc->attributes[0]))
        w3di_mesh_weld_link(&table, remap, 1);
    else
        w3di_mesh_weld_link(&table, remap, 0);
    *unique_count = w3di_mesh_weld_number(desc, remap);
    return W3D_OK;
}

/* ---- what follows from a table of numbers ---- */

W3D_API w3d_result w3d_mesh_weld_indices(const w3d_mesh_weld_indices_desc *desc, uint32_t *out,
                                         uint32_t *out_count)
{
    int kept = desc && out_count && (desc->remap || desc->vertex_count == 0) &&
               ((desc->indices && out) || desc->index_count == 0) &&
               !(desc->drop_degenerate && desc->index_count % 3 != 0);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < desc->index_count; i++)
        if (desc->indices[i] >= desc->vertex_count ||
            desc->remap[desc->indices[i]] == W3D_MESH_WELD_DROPPED)
            return W3D_ERR_INDEX;
    if (!desc->drop_degenerate) {
        for (uint32_t i = 0; i < desc->index_count; i++) out[i] = desc->remap[desc->indices[i]];
        *out_count = desc->index_count;
        return W3D_OK;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < desc->index_count; i += 3) {
        uint32_t a = desc->remap[desc->indices[i]], b = desc->remap[desc->indices[i + 1]];
        uint32_t c = desc->remap[desc->indices[i + 2]];
        if (a == b || b == c || c == a) continue;
        out[count++] = a;
        out[count++] = b;
        out[count++] = c;
    }
    *out_count = count;
    return W3D_OK;
}

W3D_API w3d_result w3d_mesh_weld_attribute(const w3d_mesh_weld_attribute_desc *desc, void *out)
{
    int kept = desc && (desc->remap || desc->vertex_count == 0) &&
               (out || desc->unique_count == 0) &&
               w3di_mesh_weld_attribute_kept(&desc->attribute, desc->vertex_count) &&
               (desc->out_stride == 0 || desc->out_stride >= desc->attribute.size);
    W3D_ASSERT(kept);
    if (!kept) return W3D_ERR_ARGUMENT;
    uint32_t next = 0;
    for (uint32_t i = 0; i < desc->vertex_count; i++) {
        if (desc->remap[i] == W3D_MESH_WELD_DROPPED || desc->remap[i] < next) continue;
        if (desc->remap[i] > next) return W3D_ERR_FORMAT;
        next++;
    }
    if (next != desc->unique_count) return W3D_ERR_FORMAT;

    size_t out_stride = desc->out_stride ? desc->out_stride : desc->attribute.size;
    unsigned char *row = (unsigned char *)out;
    next = 0;
    for (uint32_t i = 0; next < desc->unique_count; i++) {
        if (desc->remap[i] != next) continue;
        w3d_move(row, w3di_mesh_weld_row(&desc->attribute, i), desc->attribute.size);
        row += out_stride;
        next++;
    }
    return W3D_OK;
}

#undef W3DI_MESH_WELD_NONE
#undef W3DI_MESH_WELD_BATCH
#undef W3DI_MESH_WELD_FIRST_SLOTS
#undef W3DI_MESH_WELD_MOST_RECENT
#undef W3DI_MESH_WELD_GROWTH
#undef W3DI_MESH_WELD_LOAD

#if defined(__clang__)
#pragma STDC FP_CONTRACT DEFAULT
#elif defined(__GNUC__)
#pragma GCC pop_options
#elif defined(_MSC_VER)
#pragma float_control(pop)
#endif
