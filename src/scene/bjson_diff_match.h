/* bjson_diff_match.h - which key and which ID of one file is which of the other; private.
 *
 * Where both files have the same keys, a key's offset in KEYS names it in both. Else every key gets
 * a *rank*, its place among the keys of both files, and a table gives each field of SHAP its rank:
 * fields are sorted by key, so a map is compared by merging two rows of numbers, not of texts.
 * IDs are matched by sorting: hash tables would be faster, but files can be made to break them. */
#ifndef W3D_BJSON_DIFF_MATCH_H
#define W3D_BJSON_DIFF_MATCH_H

#include "core/hash.h"
#include "scene/bjson_sort.h"
#include "scene/bjson_tables.h"

/* What a row of REFS stands for. */
typedef enum w3di_bjson_diff_state {
    W3DI_BJSON_DIFF_ABSENT, /* the file has no such row */
    W3DI_BJSON_DIFF_DELETED,
    W3DI_BJSON_DIFF_EXTERNAL,
    W3DI_BJSON_DIFF_PRESENT
} w3di_bjson_diff_state;

/* For sorting: IDs by the hash of what they are, or chunks by kind. */
typedef struct w3di_bjson_diff_entry {
    uint64_t key;
    uint64_t value; /* row, or place in the file */
} w3di_bjson_diff_entry;

/* One of the two files. */
typedef struct w3di_bjson_diff_side {
    const w3d_bjson *file;
    uint32_t *key_offsets; /* [key_count] */
    uint32_t *key_ranks;   /* [key_count] */
    uint32_t *field_ranks; /* of the field that lies at byte 16 i .. 16 i + 15 of SHAP */
    uint32_t *match;       /* of each row, the row of the other file; NULL: the same one */
} w3di_bjson_diff_side;

/* ---- keys ---- */

/* Gives every key of both files its rank: one walk over both KEYS, as one merges sorted lists. */
static inline w3d_result w3di_bjson_diff_rank_keys(w3di_bjson_diff_side *a, w3di_bjson_diff_side *b)
{
    const unsigned char *left = w3di_bjson_tables_keys(a->file);
    const unsigned char *right = w3di_bjson_tables_keys(b->file);
    uint64_t x = 0, y = 0;
    uint32_t i = 0, k = 0, rank = 0;
    if (!left || !right) return W3D_ERR_FORMAT;
    for (; i < a->file->key_count || k < b->file->key_count; rank++) {
        int order = 0;
        if ((i < a->file->key_count && x >= a->file->keys_size) ||
            (k < b->file->key_count && y >= b->file->keys_size))
            return W3D_ERR_FORMAT;
        if (i == a->file->key_count) {
            order = 1;
        } else if (k == b->file->key_count) {
            order = -1;
        } else {
            const unsigned char *p = left + (size_t)x, *q = right + (size_t)y;
            while (*p && *p == *q) p++, q++;
            order = (*p > *q) - (*p < *q);
        }
        if (order <= 0) {
            a->key_offsets[i] = (uint32_t)x;
            a->key_ranks[i++] = rank;
            while (left[(size_t)x++]) {}
        }
        if (order >= 0) {
            b->key_offsets[k] = (uint32_t)y;
            b->key_ranks[k++] = rank;
            while (right[(size_t)y++]) {}
        }
    }
    return W3D_OK;
}

/* Gives every field of a file's shapes its key's rank. */
static inline w3d_result w3di_bjson_diff_rank_fields(w3di_bjson_diff_side *side)
{
    const w3d_bjson *file = side->file;
    for (uint32_t shape = 0; shape < file->shape_count; shape++) {
        uint32_t count = 0;
        const unsigned char *fields = w3di_bjson_tables_shape(file, shape, &count);
        if (!fields) return W3D_ERR_FORMAT;
        size_t slot =
            (size_t)(fields - (file->bytes + (size_t)file->shapes)) / W3D_BJSON_FIELD_SIZE;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t key = w3d_load_u32(fields + (size_t)i * W3D_BJSON_FIELD_SIZE);
            uint32_t low = 0, high = file->key_count;
            while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (side->key_offsets[middle] < key)
                    low = middle + 1;
                else
                    high = middle;
            }
            if (low == file->key_count || side->key_offsets[low] != key) return W3D_ERR_FORMAT;
            side->field_ranks[slot + i] = side->key_ranks[low];
        }
    }
    return W3D_OK;
}

/* ---- IDs by name ---- */

/* What a row is; *type is its type, *name its name, "" where it has none. */
static inline w3di_bjson_diff_state w3di_bjson_diff_row(const w3d_bjson *file, uint32_t row,
                                                        uint32_t *type, const unsigned char **name)
{
    static const unsigned char none[1] = { 0 };
    uint64_t at = file->refs + (uint64_t)row * W3D_BJSON_ROW_SIZE;
    *type = 0;
    *name = none;
    if (row >= file->id_count || !w3d_size_inside(at, W3D_BJSON_ROW_SIZE, file->size))
        return W3DI_BJSON_DIFF_ABSENT;
    const unsigned char *entry = file->bytes + (size_t)at;
    uint64_t chunk = w3d_load_u64(entry);
    *type = entry[20];
    if (!chunk)
        return entry[21] & W3D_BJSON_DELETED ? W3DI_BJSON_DIFF_DELETED : W3DI_BJSON_DIFF_EXTERNAL;
    if (w3d_size_inside(chunk, W3D_BJSON_CHUNK_SIZE + 4, file->size))
        *name = file->bytes + (size_t)chunk + W3D_BJSON_CHUNK_SIZE + 3;
    return W3DI_BJSON_DIFF_PRESENT;
}

/* Bytes of a name that lies in a file: a NUL, 255 bytes or the file's end ends it. */
static inline size_t w3di_bjson_diff_name_size(const w3d_bjson *file, const unsigned char *name)
{
    size_t size = 0, room = W3D_BJSON_NAME_LIMIT;
    const unsigned char *end = file->bytes + (size_t)file->size;
    if (name >= file->bytes && name < end && (size_t)(end - name) < room)
        room = (size_t)(end - name);
    while (size < room && name[size]) size++;
    return size;
}

static inline w3di_bjson_diff_entry w3di_bjson_diff_make_entry(const w3d_bjson *file, uint32_t row)
{
    w3di_bjson_diff_entry entry;
    uint32_t type;
    const unsigned char *name;
    uint64_t state = (uint64_t)w3di_bjson_diff_row(file, row, &type, &name);
    entry.key = w3d_hash_bytes(name, w3di_bjson_diff_name_size(file, name), state << 8 | type);
    entry.value = row;
    return entry;
}

/* Orders two entries by what their IDs are: below 0, 0, above 0. Without files: by key. */
static inline int w3di_bjson_diff_order(const w3d_bjson *file_a, w3di_bjson_diff_entry a,
                                        const w3d_bjson *file_b, w3di_bjson_diff_entry b)
{
    if (a.key != b.key) return a.key < b.key ? -1 : 1;
    if (!file_a) return 0;
    uint32_t type_a, type_b;
    const unsigned char *name_a, *name_b;
    w3di_bjson_diff_state state_a =
        w3di_bjson_diff_row(file_a, (uint32_t)a.value, &type_a, &name_a);
    w3di_bjson_diff_state state_b =
        w3di_bjson_diff_row(file_b, (uint32_t)b.value, &type_b, &name_b);
    size_t size_a = w3di_bjson_diff_name_size(file_a, name_a);
    size_t size_b = w3di_bjson_diff_name_size(file_b, name_b);
    if (state_a != state_b) return state_a < state_b ? -1 : 1;
    if (type_a != type_b) return type_a < type_b ? -1 : 1;
    if (size_a != size_b) return size_a < size_b ? -1 : 1;
    for (size_t i = 0; i < size_a; i++)
        if (name_a[i] != name_b[i]) return name_a[i] < name_b[i] ? -1 : 1;
    return 0;
}

/* 1 where one entry stands before the other; those alike by their values. `user` is the file. */
static inline int w3di_bjson_diff_before(const void *user, const void *a, const void *b)
{
    const w3d_bjson *file = (const w3d_bjson *)user;
    w3di_bjson_diff_entry left = *(const w3di_bjson_diff_entry *)a;
    w3di_bjson_diff_entry right = *(const w3di_bjson_diff_entry *)b;
    int order = w3di_bjson_diff_order(file, left, file, right);
    return order < 0 || (order == 0 && left.value < right.value);
}

static inline void w3di_bjson_diff_sort(const w3d_bjson *file, w3di_bjson_diff_entry *entries,
                                        size_t count)
{
    w3di_bjson_sort(entries, count, sizeof *entries, w3di_bjson_diff_before, file);
}

/* Fills both match tables by state, type and name, in order of rows among IDs alike. Rows that are
 * the same in both files from the first on match as they stand, and are not sorted. */
static inline w3d_result w3di_bjson_diff_match_names(w3di_bjson_tables_memory *memory,
                                                     w3di_bjson_diff_side *a,
                                                     w3di_bjson_diff_side *b)
{
    uint32_t count_a = a->file->id_count, count_b = b->file->id_count, kept = memory->count;
    uint32_t same = 0;
    a->match = (uint32_t *)w3di_bjson_tables_take(memory, count_a, sizeof *a->match);
    b->match = (uint32_t *)w3di_bjson_tables_take(memory, count_b, sizeof *b->match);
    if (!a->match || !b->match) return W3D_ERR_OUT_OF_MEMORY;
    for (; same < count_a && same < count_b; same++) {
        w3di_bjson_diff_entry row;
        row.key = 0;
        row.value = same;
        if (w3di_bjson_diff_order(a->file, row, b->file, row) != 0) break;
        a->match[same] = b->match[same] = same;
    }
    w3d_fill(a->match + same, 0xFF, (size_t)(count_a - same) * sizeof *a->match);
    w3d_fill(b->match + same, 0xFF, (size_t)(count_b - same) * sizeof *b->match);
    count_a -= same;
    count_b -= same;
    if (!count_a || !count_b) return W3D_OK;
    w3di_bjson_diff_entry *left =
        (w3di_bjson_diff_entry *)w3di_bjson_tables_take(memory, count_a, sizeof *left);
    w3di_bjson_diff_entry *right =
        (w3di_bjson_diff_entry *)w3di_bjson_tables_take(memory, count_b, sizeof *right);
    if (!left || !right) return W3D_ERR_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count_a; i++) left[i] = w3di_bjson_diff_make_entry(a->file, same + i);
    for (uint32_t i = 0; i < count_b; i++) right[i] = w3di_bjson_diff_make_entry(b->file, same + i);
    w3di_bjson_diff_sort(a->file, left, count_a);
    w3di_bjson_diff_sort(b->file, right, count_b);
    for (uint32_t i = 0, k = 0; i < count_a && k < count_b;) {
        int order = w3di_bjson_diff_order(a->file, left[i], b->file, right[k]);
        if (order == 0) {
            a->match[left[i].value] = (uint32_t)right[k].value;
            b->match[right[k].value] = (uint32_t)left[i].value;
        }
        i += order <= 0;
        k += order >= 0;
    }
    w3di_bjson_tables_give_back(memory, kept + 2);
    return W3D_OK;
}

#endif /* W3D_BJSON_DIFF_MATCH_H */
