/* file.h - files of the system: map one, replace one whole, write and append to one durably.
 *
 *     w3d_file_view view;
 *     if (w3d_file_map("scene.bjson", &view, &error) != W3D_OK) return;
 *     w3d_bjson_read(view.bytes, (size_t)view.size, &file, &error);
 *     ...
 *     w3d_file_unmap(&view);
 *
 *     w3d_file_replace("scene.bjson", bytes, size, &error);   // all of it or nothing
 *
 *     w3d_file log;
 *     if (w3d_file_open("scene.log", W3D_FILE_CREATE, &log, &error) == W3D_OK) {
 *         w3d_file_append(&log, frame, frame_size, &error);
 *         w3d_file_sync(&log, &error);                        // now it survives a power cut
 *         w3d_file_close(&log);
 *     }
 *
 * A convenience for programs with a file system: nothing else in the library opens a file. POSIX,
 * Windows and Emscripten; in other wasm every call gives W3D_ERR_UNSUPPORTED.
 *
 * Paths are NUL-terminated UTF-8 on Windows, and what the system takes elsewhere. A relative path
 * begins at the process's current folder.
 *
 * Errors of all calls, beside their own; error->text says more, error->offset where in the file:
 *   W3D_ERR_NOT_FOUND      there is no such file, or its folder is not there
 *   W3D_ERR_ACCESS         not permitted, read-only, or the device failed
 *   W3D_ERR_UNSUPPORTED    the path is a folder, a device or a pipe; or there is no file system
 *   W3D_ERR_BUSY           another writer has it open
 *   W3D_ERR_CAPACITY       the disk is full, or the user's share of it is used up
 *   W3D_ERR_LIMIT          a path too long, too many open files, a file too large for the system:
 *                          on 32-bit Linux 2 GiB unless built with -D_FILE_OFFSET_BITS=64
 *   W3D_ERR_UTF8           on Windows, a path that is no UTF-8
 *   W3D_ERR_OUT_OF_MEMORY  for the copy of a path, or for a mapping */
#ifndef W3D_FILE_H
#define W3D_FILE_H

#include "core/sink.h"

/* ---- a whole file as memory ---- */

typedef struct w3d_file_view {
    const void *bytes; /* on a page boundary; not NULL, also where size is 0 */
    uint64_t size;     /* fits a size_t */
    uint64_t mapped;   /* private: bytes to unmap */
} w3d_file_view;

/* Maps a file for reading; its pages are loaded when they are first touched.
 *
 *   path   in   a file
 *   view   out  release it with w3d_file_unmap; untouched on error
 *   error  out  or NULL
 *
 * Range   an empty file is a view of size 0.
 * Errors  W3D_ERR_LIMIT: the file does not fit the address space (over 4 GiB on 32 bits:
 *         bjson_source reads such files ID by ID, with w3d_file_read).
 * Cost    O(1); Emscripten copies the file.
 * Thread  any. What other programs write to the file shows up in the view; where one cuts the
 *         file, touching the lost pages ends the process (SIGBUS; on Windows the file can't be cut
 *         while it is mapped). w3d_file_replace leaves views of the old file whole. */
W3D_API w3d_result w3d_file_map(const char *path, w3d_file_view *view, w3d_error *error);

/* Ends a view and zeroes it; NULL and a zeroed view are allowed. */
W3D_API void w3d_file_unmap(w3d_file_view *view);

/* ---- a whole file written at once ---- */

/* Gives a file new content so that there is always a whole file by that name, the old or the new,
 * also after a crash or a power cut: writes `path`.new0 (or 1, 2, ... where that is taken), syncs
 * it, renames it over `path`, syncs the folder.
 *
 *   path   in   made where it is missing; a symbolic link is followed, but for one that leads
 *               nowhere, which is replaced; the permissions stay, the owner is who replaces it
 *   bytes  in   `size` bytes
 *   error  out  or NULL
 *
 * Errors  whatever the error, the old file is as it was and the new one is gone, but for one: where
 *         the folder could not be synced, the new file is in place and error->text says so.
 *         On Windows W3D_ERR_BUSY while somebody has the old file mapped or open.
 * Cost    the writing and two syncs: milliseconds. Memory: 64 KB and two copies of the path.
 * Thread  any; of two at once the last to rename wins. */
W3D_API w3d_result w3d_file_replace(const char *path, const void *bytes, size_t size,
                                    w3d_error *error);

/* The same with content that `produce` writes to a sink, for files that are in no memory as a
 * whole. The sink gathers small pieces.
 *
 *   produce  in  called once; a result that is not W3D_OK leaves the old file and is given back */
W3D_API w3d_result w3d_file_replace_with(const char *path,
                                         w3d_result (*produce)(void *user, const w3d_sink *sink),
                                         void *user, w3d_error *error);

/* ---- a file read and written in pieces ---- */

typedef enum w3d_file_mode {
    W3D_FILE_READ,  /* only to read; any number at once */
    W3D_FILE_WRITE, /* to read and write; it must be there */
    W3D_FILE_CREATE /* the same; an empty file is made where there is none */
} w3d_file_mode;

/* An open file. Zeroed: closed. Not to be used by two threads at once, reading apart. */
typedef struct w3d_file {
    uint64_t native; /* private */
    uint64_t size;   /* bytes in the file; of one opened to read: when it was opened */
} w3d_file;

/* Opens a file.
 *
 *   mode   in   see above
 *   file   out  release it with w3d_file_close; untouched on error
 *   error  out  or NULL
 *
 * Errors  W3D_ERR_BUSY: it is open to write already, here or in another process. Windows keeps
 *         everybody out; elsewhere only other writers that ask (flock), and nobody in Emscripten.
 * Cost    one sync of the folder where the file is made. */
W3D_API w3d_result w3d_file_open(const char *path, w3d_file_mode mode, w3d_file *file,
                                 w3d_error *error);

/* Reads exactly `size` bytes from `offset`.
 *
 * Errors  W3D_ERR_TRUNCATED: the file ends before; *dst then holds garbage, as on any error. */
W3D_API w3d_result w3d_file_read(const w3d_file *file, uint64_t offset, void *dst, size_t size,
                                 w3d_error *error);

/* Writes at `offset`, over what is there and beyond the end; a gap behind the end reads as zeros.
 *
 * Errors  on any, the file's size is as before, but part of the bytes may be written:
 *         error->offset is where it stopped. */
W3D_API w3d_result w3d_file_write(w3d_file *file, uint64_t offset, const void *bytes, size_t size,
                                  w3d_error *error);

/* Writes at the end: all of it or, on an error, nothing. Not durable before w3d_file_sync; after a
 * power cut a part of it may be there, so a log's records need a checksum each. */
W3D_API w3d_result w3d_file_append(w3d_file *file, const void *bytes, size_t size,
                                   w3d_error *error);

/* Cuts the file, or lengthens it with zeros. */
W3D_API w3d_result w3d_file_resize(w3d_file *file, uint64_t size, w3d_error *error);

/* Returns when everything written is on the device.
 *
 * Errors  after any, what was written since the last successful sync may be lost, whatever a second
 *         sync says: write it again, into a new file.
 * Cost    milliseconds, whatever the amount: one sync for many appends. */
W3D_API w3d_result w3d_file_sync(w3d_file *file, w3d_error *error);

/* Closes the file and zeroes *file; NULL and a closed one are allowed. Does not sync. */
W3D_API void w3d_file_close(w3d_file *file);

#endif /* W3D_FILE_H */
