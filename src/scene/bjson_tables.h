/* bjson_tables.h - KEYS and SHAP of an open file, and blocks of memory held together; private. */
#ifndef W3D_BJSON_TABLES_H
#define W3D_BJSON_TABLES_H

#include "core/bytes.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "scene/bjson.h"

enum { W3DI_BJSON_TABLES_BLOCKS = 24 };

/* Blocks of memory that go together. */
typedef struct w3di_bjson_tables_memory {
    const w3d_allocator *allocator;
    void *blocks[W3DI_BJSON_TABLES_BLOCKS];
    size_t sizes[W3DI_BJSON_TABLES_BLOCKS];
    uint32_t count;
} w3di_bjson_tables_memory;

/* Room for `count` items, never NULL for none; NULL: there is no memory. */
static inline void *w3di_bjson_tables_take(w3di_bjson_tables_memory *memory, uint64_t count,
                                           size_t item)
{
    if (count > SIZE_MAX / item - 1 || memory->count == W3DI_BJSON_TABLES_BLOCKS) return NULL;
    size_t size = ((size_t)count + 1) * item;
    void *block = w3d_allocator_resize(memory->allocator, NULL, 0, size);
    if (!block) return NULL;
    memory->blocks[memory->count] = block;
    memory->sizes[memory->count++] = size;
    return block;
}

/* Gives back the last blocks until `count` are left. */
static inline void w3di_bjson_tables_give_back(w3di_bjson_tables_memory *memory, uint32_t count)
{
    while (memory->count > count) {
        memory->count--;
        w3d_allocator_resize(memory->allocator, memory->blocks[memory->count],
                             memory->sizes[memory->count], 0);
    }
}

/* KEYS of a file; NULL where it does not end with a NUL any more. */
static inline const unsigned char *w3di_bjson_tables_keys(const w3d_bjson *file)
{
    const unsigned char *keys = file->bytes + (size_t)file->keys;
    return file->keys_size && keys[(size_t)file->keys_size - 1] ? NULL : keys;
}

/* The fields of a shape of SHAP and how many they are; NULL: there is no such shape. */
static inline const unsigned char *w3di_bjson_tables_shape(const w3d_bjson *file, uint32_t shape,
                                                           uint32_t *count)
{
    const unsigned char *shapes = file->bytes + (size_t)file->shapes;
    if (shape >= file->shape_count || file->shapes_size / 4 < file->shape_count) return NULL;
    uint64_t at = w3d_load_u32(shapes + (size_t)shape * 4);
    if (!w3d_size_inside(at, 8, file->shapes_size)) return NULL;
    *count = w3d_load_u32(shapes + (size_t)at);
    if (*count > (file->shapes_size - at - 8) / W3D_BJSON_FIELD_SIZE) return NULL;
    return shapes + (size_t)at + 8;
}

#endif /* W3D_BJSON_TABLES_H */
