/* bjson_validate_state.h - what the parts of bjson_validate share; private. */
#ifndef W3D_BJSON_VALIDATE_STATE_H
#define W3D_BJSON_VALIDATE_STATE_H

#include "core/bytes.h"
#include "core/size.h"
#include "core/utf8.h"
#include "pack/crc32c.h"
#include "scene/bjson.h"

/* Counts one step of work where a test wants it counted. */
#ifndef W3DI_BJSON_VALIDATE_COUNT
#define W3DI_BJSON_VALIDATE_COUNT(steps) ((void)0)
#endif

enum {
    W3DI_BJSON_VALIDATE_PROGRAMS = 16, /* kept at a time */
    W3DI_BJSON_VALIDATE_CHECKS = 8,    /* of each kind in one */
    W3DI_BJSON_VALIDATE_PLAIN = 512    /* bytes of a record that has one */
};

/* Bits of the 8 bytes at `at` in a record that must be zero, or of an index and 1 that count. */
typedef struct w3di_bjson_validate_check {
    uint64_t bits;
    size_t at;
} w3di_bjson_validate_check;

/* A value that owns bytes of the heap: its place in the record, and its type as shapes have it. */
typedef struct w3di_bjson_validate_heap_check {
    uint32_t at, type;
} w3di_bjson_validate_heap_check;

/* What there is to check in the record of a shape without large arrays and unknown tags: bits of
 * bools, nulls and gaps, indices of references, and what lies in the heap, in its order. The first
 * two of the other kinds are always there, with no bits where they check nothing. */
typedef struct w3di_bjson_validate_program {
    w3di_bjson_validate_check zeros[W3DI_BJSON_VALIDATE_CHECKS];
    w3di_bjson_validate_check references[W3DI_BJSON_VALIDATE_CHECKS];
    w3di_bjson_validate_heap_check heaps[W3DI_BJSON_VALIDATE_CHECKS];
    uint32_t zero_count, reference_count, heap_count;
    uint32_t shape;
    uint32_t size;     /* of the record */
    uint32_t is_known; /* the shape has been looked at */
    uint32_t is_plain; /* and has a program */
    uint32_t is_long;  /* of more than two zeros or references */
} w3di_bjson_validate_program;

/* A file being checked, and the ID the walk is in. Offsets count from the file's start, but for
 * `cursor` and `large_cursor`, which count from the ID payload's start as the file's own do. */
typedef struct w3di_bjson_validate_state {
    w3d_bjson file;
    w3d_error *error;
    uint64_t header; /* of the complete header: 0, or where END makes it lie */
    uint64_t id;     /* payload of the ID */
    uint64_t id_size;
    uint64_t large;        /* L, from the payload's start */
    uint64_t large_cursor; /* end of the last large array */
    uint64_t references;   /* ref[], in the file */
    uint32_t reference_count;
    uint32_t is_meta;                                                   /* the walk is in meta */
    w3di_bjson_validate_program programs[W3DI_BJSON_VALIDATE_PROGRAMS]; /* by shape */
} w3di_bjson_validate_state;

static inline const unsigned char *w3di_bjson_validate_at(const w3di_bjson_validate_state *s,
                                                          uint64_t at)
{
    return s->file.bytes + (size_t)at;
}

static inline uint32_t w3di_bjson_validate_u32(const w3di_bjson_validate_state *s, uint64_t at)
{
    return w3d_load_u32(w3di_bjson_validate_at(s, at));
}

static inline uint64_t w3di_bjson_validate_u64(const w3di_bjson_validate_state *s, uint64_t at)
{
    return w3d_load_u64(w3di_bjson_validate_at(s, at));
}

static inline w3d_result w3di_bjson_validate_fail(const w3di_bjson_validate_state *s, uint64_t at,
                                                  const char *text)
{
    return w3d_error_set(s->error, W3D_ERR_FORMAT, at, text);
}

static inline uint64_t w3di_bjson_validate_align(uint64_t offset, uint64_t alignment)
{
    return (offset + (alignment - 1)) & ~(alignment - 1);
}

/* Checks that [from, to) holds zeros only: padding hides nothing. */
static inline w3d_result w3di_bjson_validate_zero(const w3di_bjson_validate_state *s, uint64_t from,
                                                  uint64_t to)
{
    W3DI_BJSON_VALIDATE_COUNT(1 + (to - from) / 8);
    for (; to - from >= 8 && !w3di_bjson_validate_u64(s, from); from += 8) {}
    for (; from < to; from++)
        if (*w3di_bjson_validate_at(s, from))
            return w3di_bjson_validate_fail(s, from, "a byte that belongs to nothing is not zero");
    return W3D_OK;
}

static inline w3d_result w3di_bjson_validate_utf8(const w3di_bjson_validate_state *s, uint64_t at,
                                                  uint64_t size)
{
    W3DI_BJSON_VALIDATE_COUNT(1 + size);
    uint64_t good = w3d_utf8_check(w3di_bjson_validate_at(s, at), (size_t)size);
    if (good == size) return W3D_OK;
    return w3d_error_set(s->error, W3D_ERR_UTF8, at + good, "a text is not valid UTF-8");
}

#endif /* W3D_BJSON_VALIDATE_STATE_H */
