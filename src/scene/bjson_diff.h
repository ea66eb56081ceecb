/* bjson_diff.h - what changed from one file to another: the input of a log, a merge tool, an undo.
 *
 *     static w3d_result show(void *user, const w3d_bjson_change *change)
 *     {
 *         char path[256];
 *         if (w3d_bjson_change_path(change, path, sizeof path) > sizeof path) path[0] = 0;
 *         printf("row %u %s: kind %d\n", change->row_before, path, (int)change->kind);
 *         return W3D_OK;
 *     }
 *     w3d_bjson_diff_desc desc = { &before, &after, show };
 *     w3d_bjson_diff(&desc, NULL);
 *
 * Compared is what files say, not how they lie: shapes, holes, gaps, order of chunks, checksums and
 * header flags do not count, nor do hash and sign chunks, which follow from the rest. Floats are
 * compared by their bits: -0 is not 0; but all NaN are one. References are the same where they
 * point to the same ID. A change that is told is one: what it names is not the same. */
#ifndef W3D_BJSON_DIFF_H
#define W3D_BJSON_DIFF_H

#include "scene/bjson_read.h"

/* Differing rows of an array with fewer equal bytes than this between them are one range. */
#define W3D_BJSON_DIFF_GAP 64

typedef enum w3d_bjson_change_kind {
    W3D_BJSON_CHANGE_VALUE,         /* `before` became `after`                                  */
    W3D_BJSON_CHANGE_VALUE_ADDED,   /* `after` is new: a property, or an item at a list's end   */
    W3D_BJSON_CHANGE_VALUE_REMOVED, /* `before` is gone; items from a list's end, the last first */
    W3D_BJSON_CHANGE_RANGE,         /* rows of an array, or elements of a vector, differ        */
    W3D_BJSON_CHANGE_ROWS_ADDED,    /* an array has become longer: its new rows                 */
    W3D_BJSON_CHANGE_ROWS_REMOVED,  /* an array has become shorter: its old rows that are gone  */
    W3D_BJSON_CHANGE_ID_ADDED,      /* with all its properties, which are not told one by one;
                                       they, and values told earlier, may refer to later rows  */
    W3D_BJSON_CHANGE_ID_REMOVED,    /* row_after is its tombstone, or W3D_BJSON_NONE            */
    W3D_BJSON_CHANGE_NAME,
    W3D_BJSON_CHANGE_TYPE,
    W3D_BJSON_CHANGE_TIME,
    W3D_BJSON_CHANGE_FLAGS, /* of the row; or a deleted row has come or gone                   */
    W3D_BJSON_CHANGE_CHUNK  /* meta, or a small-letter chunk: changed, come or gone             */
} w3d_bjson_change_kind;

/* From a map or list to a value in it. */
typedef struct w3d_bjson_change_step {
    const char *key; /* NUL-terminated, in KEYS of either file; NULL: an item of a list */
    uint32_t index;  /* the item */
} w3d_bjson_change_step;

/* One change. All it points to is borrowed, and good until the callback returns. */
typedef struct w3d_bjson_change {
    w3d_bjson_change_kind kind;
    uint32_t row_before, row_after;     /* of the ID; W3D_BJSON_NONE: it has none there */
    const w3d_bjson_change_step *steps; /* [step_count], from the ID's properties to the value */
    uint32_t step_count;
    uint32_t first, count; /* rows of an array, elements of a vector */
    w3d_bjson_view before; /* the value, of an array the whole; id is NULL where there is none */
    w3d_bjson_view after;  /* the same in the other file */
    w3d_bjson_chunk_view chunk_before; /* of CHUNK; kind is 0 where there is none */
    w3d_bjson_chunk_view chunk_after;
} w3d_bjson_change;

typedef enum w3d_bjson_match {
    W3D_BJSON_MATCH_ROW, /* an ID is its row: two versions of one file                          */
    W3D_BJSON_MATCH_NAME /* type and name: files made apart. Of several IDs alike the first is the
                            first, and so on; so are external rows of one type, which have no name,
                            and deleted ones. A change of type or name is an ID removed and one
                            added. */
} w3d_bjson_match;

typedef struct w3d_bjson_diff_desc {
    const w3d_bjson *before, *after; /* open files, which may be one; unchanged during the call */
    /* Called for each change; what is not W3D_OK ends the walk and is its result. By row, or in the
     * order of before's rows and then the added ones; in an ID by name, type, time, flags, then by
     * key; meta and other chunks last. NULL: the files are only walked. */
    w3d_result (*emit)(void *user, const w3d_bjson_change *change);
    void *user;
    w3d_bjson_match match;
    int ignore_time;                /* 1: times of last change are not compared */
    const w3d_allocator *allocator; /* NULL: the default */
} w3d_bjson_diff_desc;

/* Tells what changed.
 *
 *   error   out   or NULL; untouched where `emit` ended the walk
 *
 * Errors  what `emit` gave; W3D_ERR_OUT_OF_MEMORY
 *         W3D_ERR_FORMAT  the bytes have changed since they were checked; nothing outside the files
 *                         is read even then
 * Cost    O(structure + bytes) of both files; equal arrays, and equal IDs where before's shapes
 *         stand in after as they are, at the speed of memory. By name also a sort: O(IDs log IDs).
 *         Memory: none where both files have the same keys, else 8 bytes a key and 4 a field of
 *         SHAP; by name 24 an ID more; 32 a small-letter chunk. All freed before it returns. */
W3D_API w3d_result w3d_bjson_diff(const w3d_bjson_diff_desc *desc, w3d_error *error);

/* Writes where a change is, as bjson_path reads it: `data.layers[0].name`; the empty text for one
 * that is not in an ID's properties.
 *
 *   dst       out  NUL-terminated, where it fits; else only dst[0] = 0, if capacity is not 0
 *   capacity  in   bytes there are at dst
 *
 * Gives the bytes it takes with its NUL. Cost: O(those). */
W3D_API size_t w3d_bjson_change_path(const w3d_bjson_change *change, char *dst, size_t capacity);

#endif /* W3D_BJSON_DIFF_H */
