/* file_system.h - what file.c asks of a system: a dozen functions, for POSIX (Emscripten is one as
 * well), for Windows, and, in wasm without a file system, a refusal.
 *
 * Paths are UTF-8; a file is a native number, 0 is none: a descriptor + 1, or a handle. Functions
 * that give 0 or -1 leave the reason where w3di_file_fail finds it. Only file.c includes this: the
 * two are the only files of the library that open files. */
#ifndef W3D_FILE_SYSTEM_H
#define W3D_FILE_SYSTEM_H

#include "memory/allocator.h"
#include "scene/file.h"

#if defined(__wasm__) && !defined(__EMSCRIPTEN__)
#define W3DI_FILE_NONE 1
#elif defined(_WIN32)
#define W3DI_FILE_WINDOWS 1
#else
#define W3DI_FILE_POSIX 1
#endif

/* How the system is to open a file: the modes of file.h, or a new file that must not be there, and
 * that others may not open yet. */
#define W3DI_FILE_NEW     3u
#define W3DI_FILE_PRIVATE 4u

/* Set beside a file's permissions where there is one: 0 is not the same as none. */
#define W3DI_FILE_THERE 0x10000u

static inline w3d_result w3di_file_not_regular(w3d_error *error)
{
    return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 0, "a folder, a device or a pipe, not a file");
}

#if defined(W3DI_FILE_POSIX)

/* ---- POSIX ---- */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if !defined(O_CLOEXEC)
#error "wasm3d: put WASM3D_IMPLEMENTATION in its own .c, before any other include"
#endif

static inline w3d_result w3di_file_fail(w3d_error *error, uint64_t offset)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return w3d_error_set(error, W3D_ERR_NOT_FOUND, offset, "there is no such file or folder");
    case EISDIR:
    case ENXIO:
    case ENODEV:
    case EOPNOTSUPP: return w3di_file_not_regular(error);
    case EEXIST:
    case EBUSY:
    case ETXTBSY:
    case EWOULDBLOCK:
        return w3d_error_set(error, W3D_ERR_BUSY, offset, "the file is in use by another writer");
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return w3d_error_set(error, W3D_ERR_CAPACITY, offset,
                             "the disk is full, or the file larger than allowed");
    case EBADF:
        return w3d_error_set(error, W3D_ERR_ACCESS, offset, "the file was opened to read only");
    case EMFILE:
    case ENFILE: return w3d_error_set(error, W3D_ERR_LIMIT, offset, "too many open files");
    case ENAMETOOLONG: return w3d_error_set(error, W3D_ERR_LIMIT, offset, "the path is too long");
    case EOVERFLOW:
    case EINVAL:
        return w3d_error_set(error, W3D_ERR_LIMIT, offset, "the file is too large for this system");
    case ENOMEM: return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, offset, "out of memory");
    case EACCES:
    case EPERM:
    case EROFS: return w3d_error_set(error, W3D_ERR_ACCESS, offset, "permission denied");
    default:
        return w3d_error_set(error, W3D_ERR_ACCESS, offset, "the device or file system failed");
    }
}

static inline int w3di_file_number(uint64_t native) { return (int)native - 1; }

/* 1 where the system's offsets, 32 bits on some, can say it. */
static inline int w3di_file_fits(uint64_t offset)
{
    return offset <= (uint64_t)INT64_MAX && (uint64_t)(off_t)offset == offset && (off_t)offset >= 0;
}

static inline void w3di_file_system_close(uint64_t native) { close(w3di_file_number(native)); }

static inline w3d_result w3di_file_system_sync_folder(const char *path, w3d_error *error)
{
    size_t size = w3d_text_size(path);
    while (size && path[size - 1] != '/') size--;
    char *folder = (char *)w3d_allocator_resize(NULL, NULL, 0, size + 2);
    if (!folder) return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, 0, "out of memory");
    folder[0] = '.';
    w3d_copy(folder, path, size);
    folder[size ? size : 1] = 0;
    int number = open(folder, O_RDONLY | O_CLOEXEC);
    w3d_allocator_resize(NULL, folder, size + 2, 0);
    if (number < 0) return W3D_OK; /* one that may not be read can't be synced */
    int failed = fsync(number) != 0 && errno != EINVAL && errno != EROFS && errno != EBADF;
    w3d_result result = failed ? w3di_file_fail(error, 0) : W3D_OK;
    close(number);
    if (failed && error) error->text = "written, but the folder could not be synced";
    return result;
}

static inline w3d_result w3di_file_system_open(const char *path, uint32_t how, uint64_t *native,
                                               uint64_t *size, w3d_error *error)
{
    /* O_NONBLOCK: a pipe without a writer is then opened and refused, not waited for. */
    int flags = O_CLOEXEC | O_NONBLOCK | (how == W3D_FILE_READ ? O_RDONLY : O_RDWR);
    int number = -1, made = 0, tries = 0;
    do {
        made = how >= W3DI_FILE_NEW || (how == W3D_FILE_CREATE && tries % 2 != 0);
        number = made ? open(path, flags | O_CREAT | O_EXCL, how == W3DI_FILE_PRIVATE ? 0600 : 0666)
                      : open(path, flags);
    } while (number < 0 && ++tries < 16 &&
             (errno == EINTR || (how == W3D_FILE_CREATE && errno == (made ? EEXIST : ENOENT))));
    if (number < 0) return w3di_file_fail(error, 0);
    w3d_result result = W3D_OK;
    struct stat status;
    if (fstat(number, &status) != 0)
        result = w3di_file_fail(error, 0);
    else if (!S_ISREG(status.st_mode))
        result = w3di_file_not_regular(error);
#if !defined(__EMSCRIPTEN__)
    else if (how != W3D_FILE_READ && flock(number, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        result = w3di_file_fail(error, 0);
#endif
    else if (made && how == W3D_FILE_CREATE)
        result = w3di_file_system_sync_folder(path, error);
    if (result != W3D_OK) {
        close(number);
        return result;
    }
    *native = (uint64_t)number + 1;
    *size = (uint64_t)status.st_size;
    return W3D_OK;
}

/* Bytes read or written, 0 at the end of the file, or -1. */
static inline int64_t w3di_file_system_read(uint64_t native, uint64_t offset, void *dst,
                                            size_t size)
{
    ssize_t count;
    do count = pread(w3di_file_number(native), dst, size, (off_t)offset);
    while (count < 0 && errno == EINTR);
    return count;
}
static inline int64_t w3di_file_system_write(uint64_t native, uint64_t offset, const void *src,
                                             size_t size)
{
    ssize_t count;
    do count = pwrite(w3di_file_number(native), src, size, (off_t)offset);
    while (count < 0 && errno == EINTR);
    return count;
}

static inline int w3di_file_system_resize(uint64_t native, uint64_t size)
{
    int failed;
    do failed = ftruncate(w3di_file_number(native), (off_t)size);
    while (failed && errno == EINTR);
    return !failed;
}

static inline int w3di_file_system_sync(uint64_t native)
{
    int number = w3di_file_number(native), failed;
#if defined(F_FULLFSYNC)
    if (fcntl(number, F_FULLFSYNC) == 0) return 1; /* fsync stops at the drive's own memory there */
#endif
    do failed = fsync(number);
    while (failed && errno == EINTR);
    return !failed;
}

static inline w3d_result w3di_file_system_map(uint64_t native, uint64_t size, const void **bytes,
                                              w3d_error *error)
{
    void *at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, w3di_file_number(native), 0);
    if (at == MAP_FAILED) return w3di_file_fail(error, 0);
    *bytes = at;
    return W3D_OK;
}
static inline void w3di_file_system_unmap(const void *bytes, uint64_t size)
{
    munmap((void *)(uintptr_t)bytes, (size_t)size);
}

/* The file that is to be replaced: the one a link points to, regular and writable, or none.
 * *real is for w3di_file_system_forget; *permissions are those of the file and W3DI_FILE_THERE, or
 * 0. */
static inline w3d_result w3di_file_system_target(const char *path, char **real,
                                                 uint32_t *permissions, w3d_error *error)
{
    struct stat status;
    *permissions = 0;
    *real = realpath(path, NULL);
    if (!*real) return errno == ENOENT ? W3D_OK : w3di_file_fail(error, 0);
    w3d_result result = W3D_OK;
    int number = -1;
    if (stat(*real, &status) != 0)
        result = w3di_file_fail(error, 0);
    else if (!S_ISREG(status.st_mode))
        result = w3di_file_not_regular(error);
    else if ((number = open(*real, O_WRONLY | O_CLOEXEC | O_NONBLOCK)) < 0) /* may we write it? */
        result = w3di_file_fail(error, 0);
    else
        *permissions = W3DI_FILE_THERE | ((uint32_t)status.st_mode & 0777u);
    if (number >= 0) close(number);
    if (result != W3D_OK) free(*real);
    return result;
}
static inline void w3di_file_system_forget(char *real) { free(real); }

static inline int w3di_file_system_permit(uint64_t native, uint32_t permissions)
{
    return !permissions || fchmod(w3di_file_number(native), (mode_t)(permissions & 0777u)) == 0;
}
static inline int w3di_file_system_rename(const char *from, const char *to)
{
    return !rename(from, to);
}
static inline void w3di_file_system_remove(const char *path) { unlink(path); }

#elif defined(W3DI_FILE_WINDOWS)

/* ---- Windows ---- */

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

static inline w3d_result w3di_file_fail(w3d_error *error, uint64_t offset)
{
    switch (GetLastError()) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_NETPATH:
        return w3d_error_set(error, W3D_ERR_NOT_FOUND, offset, "there is no such file or folder");
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_USER_MAPPED_FILE:
        return w3d_error_set(error, W3D_ERR_BUSY, offset, "the file is in use, here or elsewhere");
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return w3d_error_set(error, W3D_ERR_CAPACITY, offset, "the disk is full");
    case ERROR_TOO_MANY_OPEN_FILES:
        return w3d_error_set(error, W3D_ERR_LIMIT, offset, "too many open files");
    case ERROR_FILENAME_EXCED_RANGE:
        return w3d_error_set(error, W3D_ERR_LIMIT, offset, "the path is too long");
    case ERROR_INVALID_PARAMETER:
        return w3d_error_set(error, W3D_ERR_LIMIT, offset, "the file is too large for this system");
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
        return w3d_error_set(error, W3D_ERR_OUT_OF_MEMORY, offset, "out of memory");
    case ERROR_NO_UNICODE_TRANSLATION:
        return w3d_error_set(error, W3D_ERR_UTF8, offset, "the path is not valid UTF-8");
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
        return w3d_error_set(error, W3D_ERR_ACCESS, offset, "permission denied");
    default:
        return w3d_error_set(error, W3D_ERR_ACCESS, offset, "the device or file system failed");
    }
}

static inline HANDLE w3di_file_handle(uint64_t native) { return (HANDLE)(uintptr_t)native; }

/* A path as the system takes it, *size bytes; NULL: GetLastError says why. */
static inline wchar_t *w3di_file_wide(const char *path, size_t *size)
{
    int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    if (count <= 0) return NULL;
    *size = (size_t)count * sizeof(wchar_t);
    wchar_t *wide = (wchar_t *)w3d_allocator_resize(NULL, NULL, 0, *size);
    if (wide)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, count);
    else
        SetLastError(ERROR_OUTOFMEMORY);
    return wide;
}

/* Frees what w3di_file_wide gave, and leaves GetLastError alone. */
static inline void w3di_file_narrow(wchar_t *wide, size_t size)
{
    DWORD code = GetLastError();
    if (wide) w3d_allocator_resize(NULL, wide, size, 0);
    SetLastError(code);
}

static inline int w3di_file_fits(uint64_t offset) { return offset <= (uint64_t)INT64_MAX; }

static inline void w3di_file_system_close(uint64_t native)
{
    CloseHandle(w3di_file_handle(native));
}

/* A folder can't be synced there; renaming writes through. */
static inline w3d_result w3di_file_system_sync_folder(const char *path, w3d_error *error)
{
    (void)path, (void)error;
    return W3D_OK;
}

static inline w3d_result w3di_file_system_open(const char *path, uint32_t how, uint64_t *native,
                                               uint64_t *size, w3d_error *error)
{
    size_t wide_size = 0;
    wchar_t *wide = w3di_file_wide(path, &wide_size);
    if (!wide) return w3di_file_fail(error, 0);
    DWORD access = GENERIC_READ | (how == W3D_FILE_READ ? 0u : GENERIC_WRITE);
    DWORD share =
        FILE_SHARE_READ | (how == W3D_FILE_READ ? FILE_SHARE_WRITE | FILE_SHARE_DELETE : 0u);
    DWORD create = how >= W3DI_FILE_NEW     ? CREATE_NEW
                   : how == W3D_FILE_CREATE ? OPEN_ALWAYS
                                            : OPEN_EXISTING;
    HANDLE handle = CreateFileW(wide, access, share, NULL, create, FILE_ATTRIBUTE_NORMAL, NULL);
    int folder = 0;
    if (handle == INVALID_HANDLE_VALUE) {
        DWORD code = GetLastError(), attributes = GetFileAttributesW(wide);
        folder = attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
        SetLastError(code);
    }
    w3di_file_narrow(wide, wide_size);
    if (folder) return w3di_file_not_regular(error);
    if (handle == INVALID_HANDLE_VALUE) return w3di_file_fail(error, 0);
    LARGE_INTEGER end;
    w3d_result result = GetFileType(handle) != FILE_TYPE_DISK ? w3di_file_not_regular(error)
                        : !GetFileSizeEx(handle, &end)        ? w3di_file_fail(error, 0)
                                                              : W3D_OK;
    if (result != W3D_OK) {
        CloseHandle(handle);
        return result;
    }
    *native = (uint64_t)(uintptr_t)handle;
    *size = (uint64_t)end.QuadPart;
    return W3D_OK;
}

static inline OVERLAPPED w3di_file_at(uint64_t offset)
{
    OVERLAPPED at;
    w3d_fill(&at, 0, sizeof at);
    at.Offset = (DWORD)(offset & 0xFFFFFFFFu);
    at.OffsetHigh = (DWORD)(offset >> 32);
    return at;
}

/* Bytes read or written, 0 at the end of the file, or -1. */
static inline int64_t w3di_file_system_read(uint64_t native, uint64_t offset, void *dst,
                                            size_t size)
{
    OVERLAPPED at = w3di_file_at(offset);
    DWORD count = 0;
    if (ReadFile(w3di_file_handle(native), dst, (DWORD)size, &count, &at)) return (int64_t)count;
    return GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
}
static inline int64_t w3di_file_system_write(uint64_t native, uint64_t offset, const void *src,
                                             size_t size)
{
    OVERLAPPED at = w3di_file_at(offset);
    DWORD count = 0;
    int ok = WriteFile(w3di_file_handle(native), src, (DWORD)size, &count, &at) != 0;
    return ok ? (int64_t)count : -1;
}

static inline int w3di_file_system_resize(uint64_t native, uint64_t size)
{
    LARGE_INTEGER end;
    end.QuadPart = (LONGLONG)size;
    return SetFilePointerEx(w3di_file_handle(native), end, NULL, FILE_BEGIN) != 0 &&
           SetEndOfFile(w3di_file_handle(native)) != 0;
}

static inline int w3di_file_system_sync(uint64_t native)
{
    return FlushFileBuffers(w3di_file_handle(native)) != 0;
}

static inline w3d_result w3di_file_system_map(uint64_t native, uint64_t size, const void **bytes,
                                              w3d_error *error)
{
    HANDLE handle = w3di_file_handle(native);
    HANDLE section = CreateFileMappingW(handle, NULL, PAGE_READONLY, 0, 0, NULL);
    if (!section) return w3di_file_fail(error, 0);
    const void *at = MapViewOfFile(section, FILE_MAP_READ, 0, 0, (SIZE_T)size);
    w3d_result result = at ? W3D_OK : w3di_file_fail(error, 0);
    CloseHandle(section); /* the view keeps it */
    if (at) *bytes = at;
    return result;
}
static inline void w3di_file_system_unmap(const void *bytes, uint64_t size)
{
    (void)size;
    UnmapViewOfFile(bytes);
}

/* Renaming refuses folders and read-only files by itself, and nothing else can have such a name. */
static inline w3d_result w3di_file_system_target(const char *path, char **real,
                                                 uint32_t *permissions, w3d_error *error)
{
    size_t size = 0;
    wchar_t *wide = w3di_file_wide(path, &size);
    *real = NULL;
    *permissions = 0;
    if (!wide) return w3di_file_fail(error, 0);
    DWORD attributes = GetFileAttributesW(wide);
    w3di_file_narrow(wide, size);
    if (attributes == INVALID_FILE_ATTRIBUTES) return W3D_OK;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY) return w3di_file_not_regular(error);
    if (!(attributes & FILE_ATTRIBUTE_READONLY)) return W3D_OK;
    return w3d_error_set(error, W3D_ERR_ACCESS, 0, "the file is read-only");
}
static inline void w3di_file_system_forget(char *real) { (void)real; }

static inline int w3di_file_system_permit(uint64_t native, uint32_t permissions)
{
    (void)native, (void)permissions;
    return 1;
}

static inline int w3di_file_system_rename(const char *from, const char *to)
{
    size_t from_size = 0, to_size = 0;
    wchar_t *wide_from = w3di_file_wide(from, &from_size);
    wchar_t *wide_to = wide_from ? w3di_file_wide(to, &to_size) : NULL;
    DWORD flags = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    int done = wide_to && MoveFileExW(wide_from, wide_to, flags) != 0;
    w3di_file_narrow(wide_to, to_size);
    w3di_file_narrow(wide_from, from_size);
    return done;
}

static inline void w3di_file_system_remove(const char *path)
{
    size_t size = 0;
    wchar_t *wide = w3di_file_wide(path, &size);
    if (wide) DeleteFileW(wide);
    w3di_file_narrow(wide, size);
}

#else

/* ---- none ---- */

static inline w3d_result w3di_file_fail(w3d_error *error, uint64_t offset)
{
    return w3d_error_set(error, W3D_ERR_UNSUPPORTED, offset, "there is no file system here");
}
static inline w3d_result w3di_file_system_open(const char *path, uint32_t how, uint64_t *native,
                                               uint64_t *size, w3d_error *error)
{
    (void)path, (void)how, (void)native, (void)size;
    return w3di_file_fail(error, 0);
}
static inline w3d_result w3di_file_system_target(const char *path, char **real,
                                                 uint32_t *permissions, w3d_error *error)
{
    (void)path, (void)real, (void)permissions;
    return w3di_file_fail(error, 0);
}

/* No file is ever open, so these are never called. */
static inline int w3di_file_fits(uint64_t offset) { return !offset; }
static inline void w3di_file_system_close(uint64_t native) { (void)native; }
static inline int64_t w3di_file_system_read(uint64_t native, uint64_t offset, void *dst,
                                            size_t size)
{
    (void)native, (void)offset, (void)dst, (void)size;
    return -1;
}
static inline int64_t w3di_file_system_write(uint64_t native, uint64_t offset, const void *src,
                                             size_t size)
{
    (void)native, (void)offset, (void)src, (void)size;
    return -1;
}
static inline int w3di_file_system_resize(uint64_t native, uint64_t size)
{
    (void)native, (void)size;
    return 0;
}
static inline int w3di_file_system_sync(uint64_t native)
{
    (void)native;
    return 0;
}
static inline w3d_result w3di_file_system_map(uint64_t native, uint64_t size, const void **bytes,
                                              w3d_error *error)
{
    (void)native, (void)size, (void)bytes;
    return w3di_file_fail(error, 0);
}
static inline void w3di_file_system_unmap(const void *bytes, uint64_t size)
{
    (void)bytes, (void)size;
}
static inline void w3di_file_system_forget(char *real) { (void)real; }
static inline int w3di_file_system_permit(uint64_t native, uint32_t permissions)
{
    (void)native, (void)permissions;
    return 0;
}
static inline int w3di_file_system_rename(const char *from, const char *to)
{
    (void)from, (void)to;
    return 0;
}
static inline void w3di_file_system_remove(const char *path) { (void)path; }
static inline w3d_result w3di_file_system_sync_folder(const char *path, w3d_error *error)
{
    (void)path;
    return w3di_file_fail(error, 0);
}

#endif

#endif /* W3D_FILE_SYSTEM_H */
