/* bjson_opened.h - a file made of a description and opened; for the tests of diff and merge. */
#ifndef BJSON_OPENED_H
#define BJSON_OPENED_H

#include "bjson_random.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_read.h"

typedef struct opened {
    unsigned char *bytes;
    size_t size;
    w3d_bjson file;
} opened;

static inline int open_desc(opened *o, const w3d_bjson_write_desc *desc)
{
    w3d_result result;
    o->bytes = bjson_random_encode(desc, &o->size, &result);
    CHECK_MESSAGE(o->bytes != NULL, "%s", w3d_result_text(result));
    if (!o->bytes) return 0;
    result = w3d_bjson_read(o->bytes, o->size, &o->file, NULL);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_result_text(result));
    return result == W3D_OK;
}

static inline w3d_result count_change(void *user, const w3d_bjson_change *change)
{
    (void)change;
    ++*(uint32_t *)user;
    return W3D_OK;
}

static inline uint32_t count_changes(const w3d_bjson *before, const w3d_bjson *after,
                                     w3d_bjson_match match, int ignore_time)
{
    uint32_t count = 0;
    w3d_bjson_diff_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.before = before;
    desc.after = after;
    desc.emit = count_change;
    desc.user = &count;
    desc.match = match;
    desc.ignore_time = ignore_time;
    CHECK(w3d_bjson_diff(&desc, NULL) == W3D_OK);
    return count;
}

#endif
