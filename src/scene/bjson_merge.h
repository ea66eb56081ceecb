/* bjson_merge.h - IDs of one file appended to another; or taken out into a file of their own.
 *
 *     w3d_bjson_merge_desc desc = { &scene, &library };
 *     desc.rename = 1;                                 // Cube becomes Cube.001 where there is one
 *     w3d_bjson_merged merged;
 *     if (w3d_bjson_merge(&desc, &merged, &error) != W3D_OK) return;
 *     ... merged.bytes, merged.size; library's row 3 is merged.row_of[3] ...
 *     w3d_bjson_merged_destroy(&merged);
 *
 *     uint32_t row = w3d_bjson_find(&library, W3D_BJSON_OBJECT, "Chair");
 *     w3d_bjson_merge_desc extract = { NULL, &library, &row, 1, 1 };   // it and all it refers to
 *
 * Nothing is decoded. into's ID chunks stay as they are, byte for byte, and so do into's rows; a
 * payload of `from` is copied, and only its row, the rows it refers to, the numbers of its shapes
 * and, renamed, its name and what that moves are changed. The result is a sound file, but not a
 * canonical one. */
#ifndef W3D_BJSON_MERGE_H
#define W3D_BJSON_MERGE_H

#include "core/sink.h"
#include "scene/bjson_read.h"

typedef struct w3d_bjson_merge_desc {
    const w3d_bjson *into; /* NULL: an empty file, with checksums if `from` has them */
    const w3d_bjson *from; /* may be `into`; both stay unchanged during the call */
    const uint32_t *rows;  /* [row_count], in any order; NULL: all rows of `from` */
    uint32_t row_count;
    int closure;         /* 1: also the rows they refer to, and those refer to, and so on */
    int rename;          /* 1: a name that an ID of its type has already gets a number: .001, ... */
    int hash;            /* 1: room for a hash (bjson_seal), empty */
    uint32_t sign_count; /* signatures to leave room for, empty */
    const w3d_sink *sink;           /* gets the bytes in order; NULL: they come in memory */
    const w3d_allocator *allocator; /* NULL: the default */
} w3d_bjson_merge_desc;

/* What came out. */
typedef struct w3d_bjson_merged {
    unsigned char *bytes; /* on 8; NULL with a sink */
    uint64_t size;        /* of the file */
    uint32_t *row_of;     /* [row_of_count]: from's rows in the result; W3D_BJSON_NONE: not taken */
    uint32_t row_of_count;
    uint32_t row_count;      /* of the result */
    uint32_t renamed_count;  /* IDs that got another name */
    uint32_t cut_count;      /* references that became W3D_BJSON_NONE: their ID was not taken */
    w3d_allocator allocator; /* for w3d_bjson_merged_destroy */
} w3d_bjson_merged;

/* Merges.
 *
 *   desc    in
 *   out     out  release with w3d_bjson_merged_destroy; untouched on errors
 *   error   out  or NULL
 *
 * What is taken: of `from` the rows asked for, behind into's rows and in from's order. Rows outside
 * the file stay rows outside the file; deleted rows are left behind, and references to them become
 * W3D_BJSON_NONE. Of `into` everything but holes, hashes and signatures, its chunks in their order.
 * Other small-letter chunks of `from` are left behind, since nobody here knows what they mean.
 * meta: into's, and what only from's has of its top-level keys, of the types in "properties", and
 * of the rows taken in "external", whose numbers follow.
 *
 * Range   names get at most 255 bytes: the text before the number is cut where it has to be,
 *         between characters. The number is the first free one from 1, with three digits or more,
 *         in place of such a number that the name has already.
 * Errors  W3D_ERR_ARGUMENT  no `from`
 *         W3D_ERR_INDEX     a row asked for is not there; offset is which of `rows`
 *         W3D_ERR_LIMIT     2^32 - 1 rows, keys or shapes over 4 GiB, properties that a longer
 *                           name moves beyond 4 GiB, a file over SIZE_MAX
 *         W3D_ERR_FORMAT    the bytes have changed since they were checked
 *         W3D_ERR_OUT_OF_MEMORY; what the sink gave
 * Cost    about that of copying both files, O(1) an ID, more where it is renamed, and O(log keys) a field of SHAP, and
 *         with `rows` a walk over the properties of what is taken. Memory: up to 12 bytes a row of
 *         `from` and 8 a key of both, both tables once more; with `rename` up to 64 an ID of `into`
 *         and 128 an ID taken, with a sink 24 a row and the longest properties of an ID. */
W3D_API w3d_result w3d_bjson_merge(const w3d_bjson_merge_desc *desc, w3d_bjson_merged *out,
                                   w3d_error *error);

/* Releases what a merge gave; zeroed or already released: nothing. */
W3D_API void w3d_bjson_merged_destroy(w3d_bjson_merged *merged);

#endif /* W3D_BJSON_MERGE_H */
