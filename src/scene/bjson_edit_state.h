/* bjson_edit_state.h - what an edit keeps: for each ID touched its patches or its tree; private.
 *
 * An ID begins as it lies in the file. While all changes fit their places it has *patches*: bytes
 * that stand for those in the file, in a tree, apart from each other. The first change that does
 * not fit makes a *tree* of it, values in the edit's own memory that can be changed freely and are
 * encoded when the edit is planned; its large data still lie in the file, or where `borrow` says.
 * In a tree the values of maps are sorted by key, and `bits` of values that do not need it say:
 * of a map or list how many values there is room for, of data that the edit owns it. */
#ifndef W3D_BJSON_EDIT_STATE_H
#define W3D_BJSON_EDIT_STATE_H

#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_table.h"

/* Bytes that shall stand at `at` of the file. */
typedef struct w3di_bjson_edit_patch {
    w3di_bjson_table_node node; /* in a tree by `at` */
    uint64_t at, size;
    unsigned char *bytes;
} w3di_bjson_edit_patch;

/* A row that was touched. */
typedef struct w3di_bjson_edit_id {
    uint32_t row;
    uint8_t type, flags;
    uint8_t is_new;     /* not in the file */
    uint8_t is_tree;    /* its values are in `root`, else in the file and `patches` */
    uint8_t is_deleted; /* by this edit */
    uint8_t is_changed; /* its content is not that of the file */
    uint8_t has_time;   /* `time` was set for it */
    int64_t time;
    const char *name;
    w3d_bjson_id from;              /* as in the file */
    w3di_bjson_table_node *patches; /* root of their tree, or NULL */
    w3d_bjson_value root;           /* a map */
    /* The plan's. */
    uint64_t at;          /* chunk in the new file, or 0 */
    uint64_t old_size;    /* bytes of the chunk in the file, head and padding included, or 0 */
    uint64_t length;      /* of the payload */
    unsigned char *bytes; /* the chunk, where it is encoded again, else NULL */
    uint32_t crc;
} w3di_bjson_edit_id;

/* One write of a plan. */
typedef struct w3di_bjson_edit_write {
    uint64_t at;
    const void *bytes;
    size_t size;
    uint32_t part; /* 0: behind the old end, 1: in old holes, 2: over old bytes, 3: the header */
    uint32_t skip; /* 1: not by apply */
} w3di_bjson_edit_write;

struct w3d_bjson_edit {
    const w3d_bjson *file;
    w3d_allocator allocator; /* the user's */
    size_t held_size, memory_limit;
    int64_t time;
    int borrow;
    w3d_error error;
    w3d_chunk_arena arena;   /* as long as the edit */
    w3d_chunk_arena scratch; /* until the next call */
    w3d_chunk_arena planned; /* until the next plan */
    w3di_bjson_edit_id **ids;
    uint32_t id_count, id_limit;
    uint32_t *buckets; /* by row: index + 1 in ids */
    uint32_t bucket_count;
    uint32_t row_count;
    int meta_changed;
    w3d_bjson_value meta; /* a map, or W3D_BJSON_NULL: there shall be none */
    /* The plan. */
    int is_planned;
    uint64_t new_size;
    w3di_bjson_edit_write *writes;
    uint32_t write_count, write_limit;
};

/* Remembers what failed. */
static inline w3d_result w3di_bjson_edit_fail(w3d_bjson_edit *edit, w3d_result code, uint64_t at,
                                              const char *text)
{
    return w3d_error_set(&edit->error, code, at, text);
}

static inline w3d_result w3di_bjson_edit_no_memory(w3d_bjson_edit *edit)
{
    return w3di_bjson_edit_fail(edit, W3D_ERR_OUT_OF_MEMORY, 0, "no memory for the edit");
}

/* What the last step of a path would name is not there. */
static inline w3d_result w3di_bjson_edit_missing(w3d_bjson_edit *edit)
{
    return w3di_bjson_edit_fail(edit, W3D_ERR_NOT_FOUND, 0, "there is no such value");
}

/* The allocator all of an edit's memory comes from: it counts and keeps to the limit. `user` is the
 * edit. */
static inline void *w3di_bjson_edit_resize(void *user, void *block, size_t old_size,
                                           size_t new_size)
{
    w3d_bjson_edit *edit = (w3d_bjson_edit *)user;
    if (new_size > old_size && new_size - old_size > edit->memory_limit - edit->held_size)
        return NULL;
    void *result = w3d_allocator_resize(&edit->allocator, block, old_size, new_size);
    if (!result && new_size) return NULL;
    edit->held_size = edit->held_size - old_size + new_size;
    return result;
}

/* A larger array for the same items, or NULL: there is no memory, the old one lives on. */
static inline void *w3di_bjson_edit_grow(w3d_bjson_edit *edit, void *items, uint32_t *limit,
                                         size_t item_size)
{
    uint32_t count = *limit < 8 ? 8 : *limit <= UINT32_MAX / 2 ? *limit * 2 : 0;
    size_t size;
    if (!count || !w3d_size_multiply(count, item_size, &size)) return NULL;
    void *grown = w3di_bjson_edit_resize(edit, items, *limit * item_size, size);
    if (grown) *limit = count;
    return grown;
}

/* The state of a row, or NULL: it was not touched. */
static inline w3di_bjson_edit_id *w3di_bjson_edit_known(const w3d_bjson_edit *edit, uint32_t row)
{
    if (!edit->bucket_count) return NULL;
    for (uint32_t i = row & (edit->bucket_count - 1); edit->buckets[i];
         i = (i + 1) & (edit->bucket_count - 1))
        if (edit->ids[edit->buckets[i] - 1]->row == row) return edit->ids[edit->buckets[i] - 1];
    return NULL;
}

/* The first patch that ends behind `at`, or NULL. */
static inline w3di_bjson_edit_patch *w3di_bjson_edit_patch_at(const w3di_bjson_edit_id *id,
                                                              uint64_t at)
{
    w3di_bjson_table_node *node = id->patches;
    w3di_bjson_edit_patch *found = NULL;
    while (node) {
        w3di_bjson_edit_patch *patch = (w3di_bjson_edit_patch *)(void *)node;
        int is_behind = patch->at + patch->size > at;
        if (is_behind) found = patch;
        node = is_behind ? node->left : node->right;
    }
    return found;
}

/* The time the row shall have. */
static inline int64_t w3di_bjson_edit_time(const w3d_bjson_edit *edit, const w3di_bjson_edit_id *id)
{
    if (id->has_time) return id->time;
    return id->is_changed && edit->time ? edit->time : id->time;
}

/* The flags the row shall have. */
static inline uint8_t w3di_bjson_edit_flags(const w3di_bjson_edit_id *id)
{
    unsigned flags = id->flags;
    if (id->is_deleted) flags = (flags & ~(unsigned)W3D_BJSON_EXTERNAL) | W3D_BJSON_DELETED;
    return (uint8_t)flags;
}

#endif /* W3D_BJSON_EDIT_STATE_H */
