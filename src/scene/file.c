/* file.c - the calls of file.h, written once for all systems above file_system.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pread, realpath, O_CLOEXEC under -std=c99 */
#endif
#include "scene/file.h"

#include "core/size.h"
#include "memory/allocator.h"
#include "scene/file_system.h"

/* Bytes the sink of w3d_file_replace_with gathers, and one call hands to the system at most. */
#define W3DI_FILE_BUFFER 65536u
#define W3DI_FILE_PIECE  0x40000000u

/* What stands behind a file's name while its new content is written: ".new" and three digits. */
#define W3DI_FILE_SUFFIX 8u

/* ---- a file in pieces ---- */

W3D_API w3d_result w3d_file_open(const char *path, w3d_file_mode mode, w3d_file *file,
                                 w3d_error *error)
{
    int right = path && file && (uint32_t)mode <= (uint32_t)W3D_FILE_CREATE;
    W3D_ASSERT(right);
    if (!right) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no path, no file or no mode");
    w3d_file opened;
    w3d_result result =
        w3di_file_system_open(path, (uint32_t)mode, &opened.native, &opened.size, error);
    if (result == W3D_OK) *file = opened;
    return result;
}

W3D_API void w3d_file_close(w3d_file *file)
{
    if (!file) return;
    if (file->native) w3di_file_system_close(file->native);
    w3d_fill(file, 0, sizeof *file);
}

W3D_API w3d_result w3d_file_read(const w3d_file *file, uint64_t offset, void *dst, size_t size,
                                 w3d_error *error)
{
    int right = file && file->native && (dst || !size);
    W3D_ASSERT(right);
    if (!right) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file or no destination");
    for (size_t done = 0; done < size;) {
        size_t piece = size - done < W3DI_FILE_PIECE ? size - done : W3DI_FILE_PIECE;
        uint64_t at = offset + done;
        int64_t count = 0;
        if (at >= offset && w3di_file_fits(at))
            count = w3di_file_system_read(file->native, at, (char *)dst + done, piece);
        if (count < 0) return w3di_file_fail(error, at);
        if (!count) return w3d_error_set(error, W3D_ERR_TRUNCATED, at, "the file ends too early");
        done += (size_t)count;
    }
    return W3D_OK;
}

/* Writes all bytes, whatever the file had there. */
static w3d_result w3di_file_write_all(uint64_t native, uint64_t offset, const void *bytes,
                                      size_t size, w3d_error *error)
{
    if (!w3di_file_fits(offset) || !w3di_file_fits(offset + size))
        return w3d_error_set(error, W3D_ERR_LIMIT, offset, "the file is too large for this system");
    for (size_t done = 0; done < size;) {
        size_t piece = size - done < W3DI_FILE_PIECE ? size - done : W3DI_FILE_PIECE;
        int64_t count =
            w3di_file_system_write(native, offset + done, (const char *)bytes + done, piece);
        if (count < 0) return w3di_file_fail(error, offset + done);
        if (!count)
            return w3d_error_set(error, W3D_ERR_CAPACITY, offset + done, "the disk is full");
        done += (size_t)count;
    }
    return W3D_OK;
}

W3D_API w3d_result w3d_file_write(w3d_file *file, uint64_t offset, const void *bytes, size_t size,
                                  w3d_error *error)
{
    int right = file && file->native && (bytes || !size);
    W3D_ASSERT(right);
    if (!right) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file or no bytes");
    if (!size) return W3D_OK;
    w3d_result result = w3di_file_write_all(file->native, offset, bytes, size, error);
    if (result == W3D_OK) {
        if (offset + size > file->size) file->size = offset + size;
    } else if (w3di_file_fits(offset + size) && offset + size > file->size)
        w3di_file_system_resize(file->native, file->size); /* part of it may lie behind the end */
    return result;
}

W3D_API w3d_result w3d_file_append(w3d_file *file, const void *bytes, size_t size, w3d_error *error)
{
    return w3d_file_write(file, file ? file->size : 0, bytes, size, error);
}

W3D_API w3d_result w3d_file_resize(w3d_file *file, uint64_t size, w3d_error *error)
{
    W3D_ASSERT(file && file->native);
    if (!file || !file->native) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file");
    if (!w3di_file_fits(size))
        return w3d_error_set(error, W3D_ERR_LIMIT, size, "the file is too large for this system");
    if (!w3di_file_system_resize(file->native, size)) return w3di_file_fail(error, size);
    file->size = size;
    return W3D_OK;
}

W3D_API w3d_result w3d_file_sync(w3d_file *file, w3d_error *error)
{
    W3D_ASSERT(file && file->native);
    if (!file || !file->native) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no file");
    return w3di_file_system_sync(file->native) ? W3D_OK : w3di_file_fail(error, 0);
}

/* ---- a file as memory ---- */

W3D_API w3d_result w3d_file_map(const char *path, w3d_file_view *view, w3d_error *error)
{
    static const uint64_t nothing = 0;
    w3d_file file;
    W3D_ASSERT(path && view);
    if (!path || !view) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no path or no view");
    w3d_result result = w3d_file_open(path, W3D_FILE_READ, &file, error);
    if (result != W3D_OK) return result;
    const void *bytes = &nothing;
    uint64_t size = file.size;
    if (size > (uint64_t)PTRDIFF_MAX)
        result = w3d_error_set(error, W3D_ERR_LIMIT, 0, "the file does not fit the address space");
    else if (size)
        result = w3di_file_system_map(file.native, size, &bytes, error);
    w3d_file_close(&file);
    if (result != W3D_OK) return result;
    view->bytes = bytes;
    view->size = size;
    view->mapped = size;
    return W3D_OK;
}

W3D_API void w3d_file_unmap(w3d_file_view *view)
{
    if (!view) return;
    if (view->mapped) w3di_file_system_unmap(view->bytes, view->mapped);
    w3d_fill(view, 0, sizeof *view);
}

/* ---- replacing ---- */

/* What the sink of w3d_file_replace_with writes through. */
typedef struct w3di_file_writer {
    uint64_t native, at; /* where the buffer's bytes belong */
    unsigned char *buffer;
    size_t used;
    w3d_error error; /* the first of our own */
} w3di_file_writer;

static w3d_result w3di_file_flush(w3di_file_writer *writer)
{
    w3d_result result = w3di_file_write_all(writer->native, writer->at, writer->buffer,
                                            writer->used, &writer->error);
    writer->at += writer->used;
    writer->used = 0;
    return result;
}

static w3d_result w3di_file_take(void *user, const void *bytes, size_t size)
{
    w3di_file_writer *writer = (w3di_file_writer *)user;
    if (writer->error.code != W3D_OK) return writer->error.code;
    if (size > W3DI_FILE_BUFFER - writer->used) {
        w3d_result result = w3di_file_flush(writer);
        if (result == W3D_OK && size >= W3DI_FILE_BUFFER) {
            result = w3di_file_write_all(writer->native, writer->at, bytes, size, &writer->error);
            writer->at += size;
            size = 0;
        }
        if (result != W3D_OK) return result;
    }
    w3d_copy(writer->buffer + writer->used, bytes, size);
    writer->used += size;
    return W3D_OK;
}

/* Makes the file that will be renamed; `suffix` is where its name gets ".new" and a number. */
static w3d_result w3di_file_make_new(const char *path, char *suffix, uint32_t permissions,
                                     uint64_t *native, w3d_error *error)
{
    /* Whoever opens a file keeps it open: one that is not for all must never have been. */
    uint32_t how = permissions ? W3DI_FILE_PRIVATE : W3DI_FILE_NEW;
    w3d_result result = W3D_ERR_BUSY;
    uint64_t size;
    w3d_copy(suffix, ".new", 4);
    for (uint32_t i = 0; i < 1000 && result == W3D_ERR_BUSY; i++) {
        char *at = suffix + 4;
        if (i >= 100) *at++ = (char)('0' + i / 100);
        if (i >= 10) *at++ = (char)('0' + i / 10 % 10);
        *at++ = (char)('0' + i % 10);
        *at = 0;
        result = w3di_file_system_open(path, how, native, &size, error);
    }
    return result;
}

/* Gives it its content and permissions, and sees to it that the device has them. */
static w3d_result w3di_file_fill_new(w3di_file_writer *writer, uint32_t permissions,
                                     w3d_result (*produce)(void *user, const w3d_sink *sink),
                                     void *user, w3d_error *error)
{
    w3d_sink sink;
    sink.write = w3di_file_take;
    sink.user = writer;
    if (!w3di_file_system_permit(writer->native, permissions)) return w3di_file_fail(error, 0);
    w3d_result result = produce(user, &sink);
    if (writer->error.code != W3D_OK) /* also where `produce` has passed over it */
        return w3d_error_set(error, writer->error.code, writer->error.offset, writer->error.text);
    if (result != W3D_OK)
        return w3d_error_set(error, result, writer->at + writer->used,
                             "the file's new content could not be made");
    result = w3di_file_flush(writer);
    if (result != W3D_OK)
        return w3d_error_set(error, result, writer->error.offset, writer->error.text);
    return w3di_file_system_sync(writer->native) ? W3D_OK : w3di_file_fail(error, 0);
}

W3D_API w3d_result w3d_file_replace_with(const char *path,
                                         w3d_result (*produce)(void *user, const w3d_sink *sink),
                                         void *user, w3d_error *error)
{
    W3D_ASSERT(path && produce);
    if (!path || !produce) return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no path, no producer");
    char *real;
    uint32_t permissions;
    w3d_result result = w3di_file_system_target(path, &real, &permissions, error);
    if (result != W3D_OK) return result;
    if (real) path = real;
    size_t name_size = w3d_text_size(path), size = W3DI_FILE_BUFFER;
    char *made = NULL;
    if (w3d_size_add(size, name_size + W3DI_FILE_SUFFIX, &size))
        made = (char *)w3d_allocator_resize(NULL, NULL, 0, size);
    if (made) {
        w3di_file_writer writer;
        w3d_fill(&writer, 0, sizeof writer);
        writer.buffer = (unsigned char *)made + name_size + W3DI_FILE_SUFFIX;
        w3d_copy(made, path, name_size);
        result = w3di_file_make_new(made, made + name_size, permissions, &writer.native, error);
        if (result == W3D_OK) {
            result = w3di_file_fill_new(&writer, permissions, produce, user, error);
            w3di_file_system_close(writer.native);
            if (result == W3D_OK && !w3di_file_system_rename(made, path))
                result = w3di_file_fail(error, 0);
            if (result != W3D_OK)
                w3di_file_system_remove(made);
            else
                result = w3di_file_system_sync_folder(path, error);
        }
        w3d_allocator_resize(NULL, made, size, 0);
    } else
        result = w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
    w3di_file_system_forget(real);
    return result;
}

typedef struct w3di_file_block {
    const void *bytes;
    size_t size;
} w3di_file_block;

static w3d_result w3di_file_give(void *user, const w3d_sink *sink)
{
    const w3di_file_block *block = (const w3di_file_block *)user;
    return w3d_sink_write(sink, block->bytes, block->size);
}

W3D_API w3d_result w3d_file_replace(const char *path, const void *bytes, size_t size,
                                    w3d_error *error)
{
    W3D_ASSERT(path && (bytes || !size));
    if (!path || (!bytes && size))
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no path or no bytes");
    w3di_file_block block;
    block.bytes = bytes;
    block.size = size;
    return w3d_file_replace_with(path, w3di_file_give, &block, error);
}

#undef W3DI_FILE_BUFFER
#undef W3DI_FILE_PIECE
#undef W3DI_FILE_SUFFIX
#undef W3DI_FILE_NEW
#undef W3DI_FILE_PRIVATE
#undef W3DI_FILE_THERE
#undef W3DI_FILE_NONE
#undef W3DI_FILE_WINDOWS
#undef W3DI_FILE_POSIX
