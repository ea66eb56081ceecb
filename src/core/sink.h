/* sink.h - where a writer's bytes go: a callback, or a block of memory.
 *
 *     static w3d_result to_file(void *user, const void *bytes, size_t size)
 *     {
 *         return fwrite(bytes, 1, size, (FILE *)user) == size ? W3D_OK : W3D_ERR_ACCESS;
 *     }
 *     w3d_sink sink = { to_file, file };
 *
 * Writers call a sink in the order of the bytes, with pieces of any size but 0, and stop at the
 * first result that is not W3D_OK, which they give to their caller. */
#ifndef W3D_SINK_H
#define W3D_SINK_H

#include "core/base.h"

typedef struct w3d_sink {
    w3d_result (*write)(void *user, const void *bytes, size_t size);
    void *user;
} w3d_sink;

/* Hands bytes to a sink; nothing where size is 0. */
static inline w3d_result w3d_sink_write(const w3d_sink *sink, const void *bytes, size_t size)
{
    return size ? sink->write(sink->user, bytes, size) : W3D_OK;
}

/* A block of memory that a sink fills. */
typedef struct w3d_sink_buffer {
    void *bytes;     /* NULL: only counted */
    size_t capacity; /* of bytes */
    size_t size;     /* asked for so far, also beyond the capacity */
} w3d_sink_buffer;

/* The write function of a w3d_sink whose user is a w3d_sink_buffer: takes what fits and counts all,
 * so that `size` says what would have been enough; W3D_ERR_CAPACITY once something did not fit into
 * bytes that are there. */
static inline w3d_result w3d_sink_buffer_write(void *user, const void *bytes, size_t size)
{
    w3d_sink_buffer *buffer = (w3d_sink_buffer *)user;
    size_t at = buffer->size;
    if (size > SIZE_MAX - at) return W3D_ERR_LIMIT;
    buffer->size = at + size;
    if (!buffer->bytes) return W3D_OK;
    if (at > buffer->capacity || size > buffer->capacity - at) return W3D_ERR_CAPACITY;
    w3d_copy((unsigned char *)buffer->bytes + at, bytes, size);
    return W3D_OK;
}

/* A sink into `buffer`, which must stay where it is. */
static inline w3d_sink w3d_sink_to_buffer(w3d_sink_buffer *buffer)
{
    w3d_sink sink;
    sink.write = w3d_sink_buffer_write;
    sink.user = buffer;
    return sink;
}

#endif /* W3D_SINK_H */
