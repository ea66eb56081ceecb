/* props_reader.h - what props_bjson and props_json share when they fill a struct; private.
 *
 * A reader says where it is (table, trail, offset of the value in the file or text), and what it
 * does with values outside their limits. All functions write to a copy of the caller's struct,
 * which takes its place once everything went well. */
#ifndef W3D_PROPS_READER_H
#define W3D_PROPS_READER_H

#include "core/arena.h"
#include "scene/props_value.h"

enum { W3DI_PROPS_STACK = 512 }; /* structs up to this size are copied to the stack */

typedef struct w3di_props_reader {
    w3d_arena *arena; /* NULL: no room */
    uint32_t version;
    int refuse;
    w3d_props_fault *fault;
    w3d_error *error;
    const w3d_props *table; /* of the struct under way */
    const w3di_props_trail *trail;
    uint64_t offset; /* of the value under way */
    uint32_t depth;
    int is_new; /* in an item of a collection: nothing there is to be kept */
} w3di_props_reader;

static inline w3d_result w3di_props_reader_fail(const w3di_props_reader *reader,
                                                const w3d_prop *prop, uint32_t element,
                                                w3d_result code, const char *text)
{
    if (reader->fault) {
        w3d_props_fault *fault = reader->fault;
        fault->table = reader->table;
        fault->row = prop ? (uint32_t)(prop - reader->table->rows) : W3D_PROPS_NONE;
        fault->element = element;
        fault->text = text;
        w3di_props_trail_write(fault->path, reader->trail, prop, element);
    }
    return w3d_error_set(reader->error, code, reader->offset, text);
}

/* A value of a kind that the member cannot take. */
static inline w3d_result w3di_props_reader_wrong(const w3di_props_reader *reader,
                                                 const w3d_prop *prop, uint32_t element)
{
    const char *text;
    switch (prop->type) {
    case W3D_PROP_BOOL: text = "expected a bool, or as many as the member has"; break;
    case W3D_PROP_REFERENCE: text = "expected a reference, or as many as the member has"; break;
    case W3D_PROP_ENUM: text = "expected the name or number of an enum's item"; break;
    case W3D_PROP_STRING:
    case W3D_PROP_TEXT: text = "expected a string"; break;
    case W3D_PROP_STRUCT: text = "expected a map of a struct's members"; break;
    case W3D_PROP_ARRAY:
        text = "expected an array of numbers, in rows of as many as the table says";
        break;
    case W3D_PROP_COLLECTION: text = "expected a list of maps"; break;
    default: text = "expected a number, or as many as the member has";
    }
    return w3di_props_reader_fail(reader, prop, element, W3D_ERR_FORMAT, text);
}

/* Memory for what the struct points to. */
static inline void *w3di_props_reader_push(const w3di_props_reader *reader, uint64_t count,
                                           size_t size)
{
    if (!reader->arena || count > SIZE_MAX) return NULL;
    return w3d_arena_push(reader->arena, (size_t)count, size, 8);
}

static inline w3d_result w3di_props_reader_full(const w3di_props_reader *reader,
                                                const w3d_prop *prop)
{
    return w3di_props_reader_fail(reader, prop, W3D_PROPS_NONE, W3D_ERR_CAPACITY,
                                  "the arena is too small for what the struct points to");
}

/* One number into one element; `element` counts them, `is_single`: there are no others. */
static inline w3d_result w3di_props_reader_number(const w3di_props_reader *reader,
                                                  const w3d_prop *prop, uint32_t type,
                                                  const w3di_props_range *range, uint32_t element,
                                                  w3di_props_number number, void *dst)
{
    uint64_t bits;
    uint32_t at = prop->type == W3D_PROP_ARRAY ? 0 : element;
    int done = w3di_props_fit(prop, range, type, at, number, &bits);
    if (done != W3DI_PROPS_SAME && reader->refuse)
        return w3di_props_reader_fail(
            reader, prop, prop->n || prop->type == W3D_PROP_ARRAY ? element : W3D_PROPS_NONE,
            W3D_ERR_RANGE,
            done == W3DI_PROPS_LIMITED   ? "a number outside the member's limits"
            : done == W3DI_PROPS_ROUNDED ? "a fraction for a whole number"
                                         : "not a number");
    w3di_props_store(w3d_prop_type_size(type), dst, bits);
    return W3D_OK;
}

/* An item, or NULL: none of the enum's. */
static inline w3d_result w3di_props_reader_item(const w3di_props_reader *reader,
                                                const w3d_prop *prop, const w3d_prop_item *item,
                                                void *dst)
{
    if (!item && reader->refuse)
        return w3di_props_reader_fail(reader, prop, W3D_PROPS_NONE, W3D_ERR_RANGE,
                                      "the value is none of the enum's items");
    if (!item) item = w3di_props_item_default(prop);
    w3di_props_store(prop->size, dst, (uint32_t)item->value);
    return W3D_OK;
}

/* A text into char[size]; it ends at its first NUL. */
static inline w3d_result w3di_props_reader_text(const w3di_props_reader *reader,
                                                const w3d_prop *prop, const char *text, size_t size,
                                                void *dst)
{
    if (reader->refuse && w3di_props_text_fit(text, size, (size_t)prop->size - 1) != size)
        return w3di_props_reader_fail(
            reader, prop, W3D_PROPS_NONE, W3D_ERR_RANGE,
            "a string that is longer than the member, or has a NUL in it");
    w3di_props_text_store(prop, dst, text, size);
    return W3D_OK;
}

/* The default of a row that is missing; what files do not have stays as it is. */
static inline void w3di_props_reader_default(const w3di_props_reader *reader, const w3d_prop *prop,
                                             void *structure)
{
    unsigned char *data = (unsigned char *)structure + prop->offset;
    if (prop->flags & W3D_PROP_SKIP_SAVE && !reader->is_new) return;
    if (prop->type != W3D_PROP_STRUCT) {
        w3di_props_row_default(prop, structure);
        return;
    }
    for (uint32_t row = 0; row < prop->table->row_count; row++)
        w3di_props_reader_default(reader, &prop->table->rows[row], data);
}

/* The struct that is filled in the caller's place. */
typedef struct w3di_props_copy {
    void *memory;
    size_t used;     /* the arena's mark before */
    size_t reserved; /* bytes taken from the arena's end */
} w3di_props_copy;

/* Copies a struct to the stack, or to the end of the arena, from where it goes away again. */
static inline w3d_result w3di_props_copy_begin(w3di_props_reader *reader, uint64_t *stack,
                                               const void *data, w3di_props_copy *copy)
{
    w3d_arena *arena = reader->arena;
    copy->memory = stack;
    copy->used = arena ? arena->used : 0;
    copy->reserved = 0;
    if (reader->table->size > W3DI_PROPS_STACK) {
        size_t size = reader->table->size;
        if (!arena || arena->size - arena->used < size) return w3di_props_reader_full(reader, NULL);
        arena->size -= size;
        copy->reserved = size;
        copy->memory = arena->memory + arena->size;
    }
    w3d_copy(copy->memory, data, reader->table->size);
    return W3D_OK;
}

/* The copy takes the struct's place where all went well; else the arena is as before. */
static inline void w3di_props_copy_end(w3di_props_reader *reader, const w3di_props_copy *copy,
                                       w3d_result result, void *data)
{
    w3d_arena *arena = reader->arena;
    if (result == W3D_OK) w3d_copy(data, copy->memory, reader->table->size);
    if (!arena) return;
    arena->size += copy->reserved;
    if (result != W3D_OK) arena->used = copy->used;
}

/* 1 where files have this row; `version` of the writer, or 0. */
static inline int w3di_props_is_saved(const w3d_prop *prop, uint32_t version)
{
    return !(prop->flags & W3D_PROP_SKIP_SAVE) && !(version && prop->since > version);
}

#endif /* W3D_PROPS_READER_H */
