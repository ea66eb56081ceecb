/* bjson_merge_tables.h - KEYS and SHAP of several files as one; private.
 *
 * Every file keeps its order of keys in the new KEYS, so the fields of its shapes stay sorted and
 * only change their key offsets. Shapes of the first file keep their numbers; of the others only
 * what is used and not there yet comes behind. */
#ifndef W3D_BJSON_MERGE_TABLES_H
#define W3D_BJSON_MERGE_TABLES_H

#include "core/hash.h"
#include "scene/bjson_tables.h"

enum {
    W3DI_BJSON_MERGE_SOURCES = 3,
    W3DI_BJSON_MERGE_PROBES = 32 /* to find a shape's like; a shape may stand twice, so no more */
};

/* A file whose keys and shapes go into the result. */
typedef struct w3di_bjson_merge_source {
    const w3d_bjson *file; /* NULL: none */
    uint32_t *key_offsets; /* [key_count], ascending */
    uint32_t *new_offsets; /* [key_count]; W3D_BJSON_NONE: not used */
    uint32_t *shapes;      /* [shape_count] number in the result; W3D_BJSON_NONE: not used */
    int same_shapes;       /* 1: every number stays */
} w3di_bjson_merge_source;

typedef struct w3di_bjson_merge_tables {
    w3di_bjson_merge_source sources[W3DI_BJSON_MERGE_SOURCES];
    unsigned char *keys, *shapes; /* payloads of KEYS and SHAP */
    uint64_t keys_size, shapes_size;
    uint32_t key_count, shape_count;
} w3di_bjson_merge_tables;

/* Adds a file; none of its shapes is used yet, or all are. */
static inline w3d_result w3di_bjson_merge_add_source(w3di_bjson_tables_memory *memory,
                                                     w3di_bjson_merge_source *source,
                                                     const w3d_bjson *file, int all)
{
    const unsigned char *keys = w3di_bjson_tables_keys(file);
    uint64_t at = 0;
    source->file = file;
    source->key_offsets =
        (uint32_t *)w3di_bjson_tables_take(memory, file->key_count, sizeof(uint32_t));
    source->new_offsets =
        (uint32_t *)w3di_bjson_tables_take(memory, file->key_count, sizeof(uint32_t));
    source->shapes =
        (uint32_t *)w3di_bjson_tables_take(memory, file->shape_count, sizeof(uint32_t));
    if (!source->key_offsets || !source->new_offsets || !source->shapes)
        return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(source->new_offsets, 0xFF, (size_t)file->key_count * 4);
    w3d_fill(source->shapes, all ? 0 : 0xFF, (size_t)file->shape_count * 4);
    for (uint32_t i = 0; i < file->key_count; i++) {
        if (!keys || at >= file->keys_size) return W3D_ERR_FORMAT;
        source->key_offsets[i] = (uint32_t)at;
        while (keys[(size_t)at++]) {}
    }
    return W3D_OK;
}

/* The place of a key among its file's keys; key_count where it is none. */
static inline uint32_t w3di_bjson_merge_find_key(const w3di_bjson_merge_source *source,
                                                 uint32_t offset)
{
    uint32_t low = 0, high = source->file->key_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (source->key_offsets[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < source->file->key_count && source->key_offsets[low] == offset
               ? low
               : source->file->key_count;
}

/* Marks the keys of the shapes in use; *shapes_size grows by the bytes of these shapes. */
static inline w3d_result w3di_bjson_merge_use_keys(w3di_bjson_merge_source *source,
                                                   uint64_t *shapes_size)
{
    for (uint32_t shape = 0; shape < source->file->shape_count; shape++) {
        uint32_t count = 0;
        if (source->shapes[shape] == W3D_BJSON_NONE) continue;
        const unsigned char *fields = w3di_bjson_tables_shape(source->file, shape, &count);
        if (!fields) return W3D_ERR_FORMAT;
        for (uint32_t i = 0; i < count; i++, fields += W3D_BJSON_FIELD_SIZE) {
            uint32_t key = w3di_bjson_merge_find_key(source, w3d_load_u32(fields));
            if (key == source->file->key_count) return W3D_ERR_FORMAT;
            source->new_offsets[key] = 0;
        }
        *shapes_size += 8 + (uint64_t)count * W3D_BJSON_FIELD_SIZE;
    }
    return W3D_OK;
}

/* Moves *next to the source's next key in use; gives its text, NULL: there is none. */
static inline const unsigned char *w3di_bjson_merge_next_key(const w3di_bjson_merge_source *source,
                                                             uint32_t *next)
{
    if (!source->file) return NULL;
    while (*next < source->file->key_count && source->new_offsets[*next] == W3D_BJSON_NONE) ++*next;
    if (*next == source->file->key_count) return NULL;
    return w3di_bjson_tables_keys(source->file) + source->key_offsets[*next];
}

/* Writes the sorted union of all keys in use, each file's order being sorted already. */
static inline w3d_result w3di_bjson_merge_keys(w3di_bjson_merge_tables *t,
                                               w3di_bjson_tables_memory *memory)
{
    uint64_t room = 0;
    uint32_t next[W3DI_BJSON_MERGE_SOURCES] = { 0, 0, 0 };
    for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES; i++)
        if (t->sources[i].file) room += t->sources[i].file->keys_size;
    t->keys = (unsigned char *)w3di_bjson_tables_take(memory, room, 1);
    if (!t->keys) return W3D_ERR_OUT_OF_MEMORY;
    for (;;) {
        const unsigned char *texts[W3DI_BJSON_MERGE_SOURCES], *least = NULL;
        int owners = 0; /* the sources that have it, as bits */
        for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES; i++) {
            texts[i] = w3di_bjson_merge_next_key(&t->sources[i], &next[i]);
            if (!texts[i]) continue;
            size_t k = 0;
            while (least && least[k] && least[k] == texts[i][k]) k++;
            if (least && texts[i][k] == least[k]) {
                owners |= 1 << i;
            } else if (!least || texts[i][k] < least[k]) {
                least = texts[i];
                owners = 1 << i;
            }
        }
        if (!least) return W3D_OK;
        size_t size = w3d_text_size((const char *)least) + 1;
        if (size > room - t->keys_size) return W3D_ERR_FORMAT;
        if (t->keys_size + size > UINT32_MAX) return W3D_ERR_LIMIT;
        w3d_copy(t->keys + (size_t)t->keys_size, least, size);
        for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES; i++)
            if (owners & 1 << i) t->sources[i].new_offsets[next[i]++] = (uint32_t)t->keys_size;
        t->keys_size += size;
        t->key_count++;
    }
}

/* Appends a shape with its new key offsets at `dst`; gives its bytes. */
static inline size_t w3di_bjson_merge_copy_shape(const w3di_bjson_merge_source *source,
                                                 const unsigned char *fields, uint32_t count,
                                                 unsigned char *dst)
{
    size_t size = 8 + (size_t)count * W3D_BJSON_FIELD_SIZE;
    w3d_copy(dst, fields - 8, size);
    for (size_t at = 8; at < size; at += W3D_BJSON_FIELD_SIZE) {
        uint32_t key = w3di_bjson_merge_find_key(source, w3d_load_u32(dst + at));
        if (key < source->file->key_count) w3d_store_u32(dst + at, source->new_offsets[key]);
    }
    return size;
}

/* Writes all shapes in use, each once, and gives every source its numbers. The first source's come
 * first and keep theirs, even where two are alike. `size`: bytes of all shapes in use. */
static inline w3d_result w3di_bjson_merge_shapes(w3di_bjson_merge_tables *t,
                                                 w3di_bjson_tables_memory *memory, uint64_t size)
{
    uint64_t limit = 0, slot_count = 16, index;
    for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES; i++)
        if (t->sources[i].file) limit += t->sources[i].file->shape_count;
    while (slot_count < 2 * limit) slot_count *= 2;
    index = (limit * 4 + 7) & ~(uint64_t)7; /* room for as many offsets as there can be */
    if (index + size > UINT32_MAX) return W3D_ERR_LIMIT;
    t->shapes = (unsigned char *)w3di_bjson_tables_take(memory, index + size, 1);
    uint32_t *slots = (uint32_t *)w3di_bjson_tables_take(memory, slot_count, sizeof *slots);
    if (!t->shapes || !slots) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(slots, 0xFF, (size_t)slot_count * sizeof *slots);
    uint64_t end = index;
    for (int i = 0; i < W3DI_BJSON_MERGE_SOURCES; i++) {
        w3di_bjson_merge_source *source = &t->sources[i];
        if (!source->file) continue;
        source->same_shapes = 1;
        for (uint32_t shape = 0; shape < source->file->shape_count; shape++) {
            uint32_t count = 0;
            if (source->shapes[shape] == W3D_BJSON_NONE) continue;
            const unsigned char *fields = w3di_bjson_tables_shape(source->file, shape, &count);
            if (!fields || 8 + (uint64_t)count * W3D_BJSON_FIELD_SIZE > index + size - end)
                return W3D_ERR_FORMAT;
            unsigned char *made = t->shapes + (size_t)end;
            size_t bytes = w3di_bjson_merge_copy_shape(source, fields, count, made);
            uint64_t slot = w3d_hash_bytes(made, bytes, 0) & (slot_count - 1);
            uint32_t number = W3D_BJSON_NONE, probes = 0;
            for (; slots[slot] != W3D_BJSON_NONE && probes < W3DI_BJSON_MERGE_PROBES; probes++) {
                const unsigned char *other =
                    t->shapes + w3d_load_u32(t->shapes + (size_t)slots[slot] * 4);
                if (w3d_load_u32(other) == count && w3d_equal(other, made, bytes)) {
                    number = slots[slot];
                    break;
                }
                slot = (slot + 1) & (slot_count - 1);
            }
            if (number == W3D_BJSON_NONE || i == 0) {
                if (slots[slot] == W3D_BJSON_NONE) slots[slot] = t->shape_count;
                number = t->shape_count++;
                w3d_store_u32(t->shapes + (size_t)number * 4, (uint32_t)end);
                end += bytes;
            }
            source->shapes[shape] = number;
            if (number != shape) source->same_shapes = 0;
        }
    }
    /* The offsets take less room where shapes were shared: what is behind moves up. */
    uint64_t real = ((uint64_t)t->shape_count * 4 + 7) & ~(uint64_t)7;
    w3d_move(t->shapes + (size_t)real, t->shapes + (size_t)index, (size_t)(end - index));
    w3d_fill(t->shapes + (size_t)t->shape_count * 4, 0,
             (size_t)(real - (uint64_t)t->shape_count * 4));
    for (uint32_t i = 0; i < t->shape_count; i++) {
        unsigned char *at = t->shapes + (size_t)i * 4;
        w3d_store_u32(at, w3d_load_u32(at) - (uint32_t)(index - real));
    }
    t->shapes_size = real + (end - index);
    return W3D_OK;
}

#endif /* W3D_BJSON_MERGE_TABLES_H */
