/* bjson_edit_target.h - where the tests of bjson_edit write to: a copy of the old file that knows
 * which bytes were written. */
#ifndef BJSON_EDIT_TARGET_H
#define BJSON_EDIT_TARGET_H

#include "scene/bjson_edit.h"
#include "test.h"

/* What a sink was given. */
typedef struct target {
    unsigned char *bytes;   /* the new file */
    unsigned char *written; /* 1: this byte was */
    size_t size, old_size;
    size_t count, sum;
    size_t limit; /* writes it takes, then it fails; 0: all */
    int header_seen, wrong;
} target;

static inline w3d_result put(void *user, uint64_t at, const void *bytes, size_t size)
{
    target *t = (target *)user;
    if (t->limit && t->count == t->limit) return W3D_ERR_ACCESS;
    if (!size || at > t->size || size > t->size - at || t->header_seen) {
        t->wrong = 1;
        return W3D_OK;
    }
    for (size_t i = 0; i < size; i++) t->wrong |= t->written[at + i];
    memset(t->written + at, 1, size);
    memcpy(t->bytes + at, bytes, size);
    t->header_seen = at < W3D_BJSON_HEADER_SIZE;
    t->count++;
    t->sum += size;
    return W3D_OK;
}

/* Carries out a planned edit by a sink; the new file, in *t. */
static inline w3d_result write_to(const w3d_bjson_edit *edit, const w3d_bjson *file,
                                  uint64_t new_size, target *t)
{
    w3d_bjson_edit_sink sink;
    memset(t, 0, sizeof *t);
    t->size = (size_t)new_size;
    t->old_size = (size_t)file->size;
    t->bytes = (unsigned char *)calloc(1, t->size);
    t->written = (unsigned char *)calloc(1, t->size);
    memcpy(t->bytes, file->bytes, t->old_size);
    sink.write = put;
    sink.user = t;
    w3d_result result = w3d_bjson_edit_write(edit, &sink);
    CHECK(!t->wrong);
    size_t written = t->old_size; /* every byte behind the old end is */
    while (written < t->size && t->written[written]) written++;
    CHECK(written == t->size);
    return result;
}

static inline void target_free(target *t)
{
    free(t->bytes);
    free(t->written);
}

static inline w3d_bjson_edit *edit_of(const w3d_bjson *file)
{
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    memset(&desc, 0, sizeof desc);
    desc.file = file;
    CHECK(w3d_bjson_edit_create(&desc, &edit, NULL) == W3D_OK);
    return edit;
}

#endif /* BJSON_EDIT_TARGET_H */
