/* test_file.c - files mapped, replaced, appended to; and what goes wrong: no file, no permission,
 * folders, devices, a full disk, a second writer. */
#include "test.h"

#include "scene/file.h"

#if defined(_WIN32)
#include <direct.h>
#include <process.h>
#define make_folder(path) _mkdir(path)
#define drop_folder(path) _rmdir(path)
#define process_number()  _getpid()
#else
#include <sys/stat.h>
#include <unistd.h>
#define make_folder(path) mkdir(path, 0777)
#define drop_folder(path) rmdir(path)
#define process_number()  getpid()
#if !defined(__EMSCRIPTEN__)
#define TEST_POSIX 1
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#endif
#endif

static char folder[400];

/* A path in the test's own folder. */
static const char *in_folder(const char *name)
{
    static char paths[16][600];
    static int next;
    char *path = paths[next++ & 15];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* 1 where the file holds exactly that text. */
static int holds(const char *path, const char *text)
{
    size_t size;
    unsigned char *bytes = test_read_file(path, &size);
    int same = bytes && size == strlen(text) && !memcmp(bytes, text, size);
    free(bytes);
    return same;
}

static int is_there(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

static void maps(void)
{
    w3d_file_view view = { NULL, 0, 0 };
    const char *path = in_folder("mapped");
    CHECK(w3d_file_replace(path, "some bytes", 10, NULL) == W3D_OK);
    CHECK(w3d_file_map(path, &view, NULL) == W3D_OK);
    CHECK(view.size == 10 && !memcmp(view.bytes, "some bytes", 10));
    CHECK((uintptr_t)view.bytes % 8 == 0);
#if !defined(_WIN32)
    /* The view is of the old file; replacing it changes nothing there. */
    CHECK(w3d_file_replace(path, "others", 6, NULL) == W3D_OK);
    CHECK(view.size == 10 && !memcmp(view.bytes, "some bytes", 10));
#endif
    w3d_file_unmap(&view);
    CHECK(!view.bytes && !view.size);
    w3d_file_unmap(&view);
    w3d_file_unmap(NULL);

    CHECK(w3d_file_replace(path, NULL, 0, NULL) == W3D_OK);
    CHECK(w3d_file_map(path, &view, NULL) == W3D_OK);
    CHECK(view.bytes && !view.size);
    w3d_file_unmap(&view);
    remove(path);
}

static void maps_over_4_gib(void)
{
#if defined(TEST_POSIX) && UINTPTR_MAX > 0xFFFFFFFFu
    /* A file with a hole takes no room on the disk. */
    const char *path = in_folder("large");
    const uint64_t size = (5ull << 30) + 3;
    w3d_file file;
    w3d_file_view view = { NULL, 0, 0 };
    char last[3];
    CHECK(w3d_file_open(path, W3D_FILE_CREATE, &file, NULL) == W3D_OK);
    CHECK(w3d_file_write(&file, size - 3, "end", 3, NULL) == W3D_OK);
    CHECK(file.size == size);
    CHECK(w3d_file_read(&file, size - 3, last, 3, NULL) == W3D_OK && !memcmp(last, "end", 3));
    w3d_file_close(&file);
    if (w3d_file_map(path, &view, NULL) == W3D_OK) {
        CHECK(view.size == size);
        CHECK(!memcmp((const char *)view.bytes + (size_t)(size - 3), "end", 3));
        CHECK(*(const char *)view.bytes == 0);
        w3d_file_unmap(&view);
    }
    remove(path);
#endif
}

static void replaces(void)
{
    const char *path = in_folder("replaced"), *left = in_folder("replaced.new0");
    CHECK(w3d_file_replace(path, "first", 5, NULL) == W3D_OK && holds(path, "first"));
    CHECK(w3d_file_replace(path, "second text", 11, NULL) == W3D_OK && holds(path, "second text"));
    CHECK(!is_there(left));
    /* What a crash has left behind is in nobody's way, and is not touched. */
    CHECK(w3d_file_replace(left, "torn", 4, NULL) == W3D_OK);
    CHECK(w3d_file_replace(path, "third", 5, NULL) == W3D_OK && holds(path, "third"));
    CHECK(holds(left, "torn") && !is_there(in_folder("replaced.new1")));
    remove(left);
    remove(path);

    const char *unicode = in_folder("\xC3\xA4\xE6\xA8\xA1 \xF0\x9F\xA4\x96.bjson");
    CHECK(w3d_file_replace(unicode, "name", 4, NULL) == W3D_OK);
    w3d_file_view view = { NULL, 0, 0 };
    CHECK(w3d_file_map(unicode, &view, NULL) == W3D_OK && view.size == 4);
    w3d_file_unmap(&view);
#if defined(_WIN32)
    CHECK(w3d_file_replace(in_folder("bad\xFF"), "x", 1, NULL) == W3D_ERR_UTF8);
    wchar_t wide[600];
    size_t i = 0;
    for (; folder[i]; i++) wide[i] = (wchar_t)folder[i];
    wcscpy(wide + i, L"/\u00E4\u6A21 \U0001F916.bjson");
    CHECK(_wremove(wide) == 0);
#else
    CHECK(remove(unicode) == 0);
#endif
}

typedef struct pieces {
    w3d_result result; /* what to give at the end */
    uint32_t total;
    size_t written;
} pieces;

/* Pieces from 1 byte to some hundred KiB, each byte telling its place. */
static w3d_result produce(void *user, const w3d_sink *sink)
{
    pieces *p = (pieces *)user;
    static unsigned char block[300000];
    for (uint32_t i = 0; i < p->total; i++) {
        size_t size = i % 7 ? 1 + test_random_below(90) : 1 + test_random_below(sizeof block);
        if (i == 9 || i == 11)
            size = 65536; /* as the buffer, which is empty, then holds one byte */
        if (i == 10) size = 1;
        for (size_t k = 0; k < size; k++) block[k] = (unsigned char)((p->written + k) * 251u >> 3);
        w3d_result result = w3d_sink_write(sink, block, size);
        if (result != W3D_OK) return result;
        p->written += size;
    }
    return p->result;
}

static void replaces_in_pieces(void)
{
    const char *path = in_folder("pieces");
    w3d_error error;
    w3d_file_view view = { NULL, 0, 0 };
    pieces p = { W3D_OK, 100, 0 };
    CHECK(w3d_file_replace_with(path, produce, &p, &error) == W3D_OK);
    CHECK(w3d_file_map(path, &view, &error) == W3D_OK && view.size == p.written);
    uint32_t wrong = 0;
    for (size_t k = 0; k < view.size; k++)
        wrong += ((const unsigned char *)view.bytes)[k] != (unsigned char)(k * 251u >> 3);
    CHECK(wrong == 0);
    w3d_file_unmap(&view);

    /* A producer that gives up leaves the old file, and no other. */
    CHECK(w3d_file_replace(path, "old", 3, NULL) == W3D_OK);
    pieces failing = { W3D_ERR_FORMAT, 20, 0 };
    CHECK(w3d_file_replace_with(path, produce, &failing, &error) == W3D_ERR_FORMAT);
    CHECK(error.code == W3D_ERR_FORMAT && error.offset == failing.written);
    CHECK(holds(path, "old") && !is_there(in_folder("pieces.new0")));
    remove(path);
}

static void appends(void)
{
    const char *path = in_folder("log");
    w3d_file file, second;
    w3d_error error;
    char text[16];
    CHECK(w3d_file_open(path, W3D_FILE_WRITE, &file, &error) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_file_open(path, W3D_FILE_CREATE, &file, &error) == W3D_OK && file.size == 0);
    CHECK(w3d_file_append(&file, "one ", 4, &error) == W3D_OK);
    CHECK(w3d_file_append(&file, "two ", 4, &error) == W3D_OK);
    CHECK(w3d_file_append(&file, "", 0, &error) == W3D_OK);
    CHECK(w3d_file_sync(&file, &error) == W3D_OK);
#if !defined(__EMSCRIPTEN__)
    CHECK(w3d_file_open(path, W3D_FILE_CREATE, &second, &error) == W3D_ERR_BUSY);
#endif
    CHECK(w3d_file_open(path, W3D_FILE_READ, &second, &error) == W3D_OK && second.size == 8);
    CHECK(w3d_file_read(&second, 2, text, 6, &error) == W3D_OK && !memcmp(text, "e two ", 6));
    CHECK(w3d_file_read(&second, 2, text, 7, &error) == W3D_ERR_TRUNCATED && error.offset == 8);
    CHECK(w3d_file_read(&second, 9, text, 1, &error) == W3D_ERR_TRUNCATED);
    CHECK(w3d_file_read(&second, UINT64_MAX, text, 2, &error) == W3D_ERR_TRUNCATED);
    CHECK(w3d_file_read(&second, 99, text, 0, &error) == W3D_OK);
    CHECK(w3d_file_append(&second, "no", 2, &error) == W3D_ERR_ACCESS && second.size == 8);
    CHECK(w3d_file_resize(&second, 2, &error) != W3D_OK && second.size == 8);
    w3d_file_close(&second);
    w3d_file_close(&file);
    CHECK(!file.native);
    w3d_file_close(&file);
    w3d_file_close(NULL);

    CHECK(w3d_file_open(path, W3D_FILE_CREATE, &file, &error) == W3D_OK && file.size == 8);
    CHECK(w3d_file_append(&file, "three", 5, &error) == W3D_OK);
    CHECK(w3d_file_write(&file, 4, "TWO", 3, &error) == W3D_OK && file.size == 13);
    CHECK(w3d_file_write(&file, 15, "!", 1, &error) == W3D_OK && file.size == 16);
    CHECK(w3d_file_read(&file, 0, text, 16, &error) == W3D_OK);
    CHECK(!memcmp(text, "one TWO three\0\0!", 16));
    CHECK(w3d_file_resize(&file, 7, &error) == W3D_OK && file.size == 7);
    CHECK(w3d_file_append(&file, ".", 1, &error) == W3D_OK);
    CHECK(w3d_file_write(&file, UINT64_MAX - 3, "abcdefgh", 8, &error) == W3D_ERR_LIMIT);
    CHECK(w3d_file_resize(&file, UINT64_MAX, &error) == W3D_ERR_LIMIT && file.size == 8);
    w3d_file_close(&file);
    CHECK(holds(path, "one TWO."));
    remove(path);
}

static void refuses(void)
{
    w3d_file_view view = { "kept", 4, 0 };
    w3d_file file = { 0, 77 };
    w3d_error error;
    const char *missing = in_folder("missing"), *deep = in_folder("no folder/file");
    CHECK(w3d_file_map(missing, &view, &error) == W3D_ERR_NOT_FOUND && error.text);
    CHECK(w3d_file_map("", &view, &error) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_file_map(deep, &view, &error) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_file_map(folder, &view, &error) == W3D_ERR_UNSUPPORTED);
    CHECK(view.size == 4 && !strcmp((const char *)view.bytes, "kept"));
    CHECK(w3d_file_open(missing, W3D_FILE_READ, &file, &error) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_file_open(folder, W3D_FILE_CREATE, &file, &error) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_file_open(deep, W3D_FILE_CREATE, &file, &error) == W3D_ERR_NOT_FOUND);
    CHECK(file.size == 77);
    CHECK(w3d_file_replace(folder, "x", 1, &error) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_file_replace(deep, "x", 1, &error) == W3D_ERR_NOT_FOUND);

    CHECK(w3d_file_map(NULL, &view, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_map(missing, NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_open(missing, (w3d_file_mode)3, &file, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_replace(missing, NULL, 1, &error) == W3D_ERR_ARGUMENT && !is_there(missing));
    CHECK(w3d_file_replace_with(missing, NULL, NULL, &error) == W3D_ERR_ARGUMENT);
    memset(&file, 0, sizeof file);
    CHECK(w3d_file_append(&file, "x", 1, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_append(NULL, "x", 1, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_read(&file, 0, &error, 1, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_sync(&file, &error) == W3D_ERR_ARGUMENT);
    CHECK(w3d_file_resize(&file, 1, &error) == W3D_ERR_ARGUMENT);
}

#if defined(TEST_POSIX)

/* Runs `body` in a process of its own, as nobody where we are root, as its limits and rights go with
 * it. It gives the number of what went wrong. */
static void in_process(const char *what, int (*body)(void), int as_nobody)
{
    fflush(stdout);
    pid_t child = fork();
    if (!child) _exit(as_nobody && geteuid() == 0 && seteuid(65534) != 0 ? 99 : body());
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_MESSAGE(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d", what, status);
}

static int without_permission(void)
{
    w3d_file_view view = { NULL, 0, 0 };
    w3d_file file;
    w3d_error error;
    if (w3d_file_map(in_folder("secret"), &view, &error) != W3D_ERR_ACCESS) return 1;
    if (w3d_file_open(in_folder("shown"), W3D_FILE_READ, &file, &error) != W3D_OK) return 2;
    w3d_file_close(&file);
    if (w3d_file_open(in_folder("shown"), W3D_FILE_WRITE, &file, &error) != W3D_ERR_ACCESS)
        return 3;
    if (w3d_file_open(in_folder("shown"), W3D_FILE_CREATE, &file, &error) != W3D_ERR_ACCESS)
        return 4;
    if (w3d_file_replace(in_folder("shown"), "x", 1, &error) != W3D_ERR_ACCESS) return 5;
    if (w3d_file_replace(in_folder("fresh"), "x", 1, &error) != W3D_ERR_ACCESS) return 6;
    return 0;
}

static int with_a_read_only_file(void)
{
    w3d_error error;
    return w3d_file_replace(in_folder("shown"), "x", 1, &error) != W3D_ERR_ACCESS;
}

static void permissions_count(void)
{
    CHECK(w3d_file_replace(in_folder("secret"), "hidden", 6, NULL) == W3D_OK);
    CHECK(w3d_file_replace(in_folder("shown"), "read me", 7, NULL) == W3D_OK);
    CHECK(chmod(in_folder("secret"), 0) == 0 && chmod(in_folder("shown"), 0444) == 0);
    CHECK(chmod(folder, 0555) == 0);
    in_process("permissions", without_permission, 1);
    CHECK(chmod(folder, 0777) == 0);
    in_process("a read-only file", with_a_read_only_file, 1);

    /* The new file has the old one's, whatever the umask. */
    struct stat status;
    const char *path = in_folder("shown");
    CHECK(chmod(path, 0640) == 0 && w3d_file_replace(path, "x", 1, NULL) == W3D_OK);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0640);
    if (geteuid() == 0) { /* who may write it all the same: nobody else gets to read it by that */
        const char *secret = in_folder("secret");
        CHECK(w3d_file_replace(secret, "still hidden", 12, NULL) == W3D_OK);
        CHECK(stat(secret, &status) == 0 && (status.st_mode & 0777) == 0);
    }
    remove(in_folder("secret"));
    remove(path);
}

static void follows_links(void)
{
    const char *link_path = in_folder("link"), *path = in_folder("linked");
    struct stat status;
    CHECK(w3d_file_replace(path, "old", 3, NULL) == W3D_OK && symlink("linked", link_path) == 0);
    CHECK(w3d_file_replace(link_path, "new", 3, NULL) == W3D_OK);
    CHECK(lstat(link_path, &status) == 0 && S_ISLNK(status.st_mode));
    CHECK(holds(path, "new"));
    remove(path); /* and one that leads nowhere is no file: it gives way to one */
    CHECK(w3d_file_replace(link_path, "lone", 4, NULL) == W3D_OK && holds(link_path, "lone"));
    CHECK(lstat(link_path, &status) == 0 && S_ISREG(status.st_mode));
    remove(link_path);
    remove(path);
}

static void refuses_devices(void)
{
    w3d_file_view view = { NULL, 0, 0 };
    w3d_file file;
    w3d_error error;
    const char *pipe_path = in_folder("pipe");
    CHECK(w3d_file_map("/dev/null", &view, &error) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_file_open("/dev/full", W3D_FILE_WRITE, &file, &error) == W3D_ERR_UNSUPPORTED);
    if (mkfifo(pipe_path, 0600) != 0) return;
    CHECK(w3d_file_map(pipe_path, &view, &error) == W3D_ERR_UNSUPPORTED); /* and does not wait */
    CHECK(w3d_file_replace(pipe_path, "x", 1, &error) == W3D_ERR_UNSUPPORTED);
    remove(pipe_path);
}

/* No file may grow beyond 100,000 bytes: what a full disk looks like. */
static int on_a_full_disk(void)
{
    static char block[70000];
    struct rlimit limit;
    w3d_file file;
    w3d_error error;
    const char *path = in_folder("full");
    signal(SIGXFSZ, SIG_IGN);
    limit.rlim_cur = limit.rlim_max = 100000;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    if (w3d_file_replace(path, "old", 3, &error) != W3D_OK) return 2;
    pieces p = { W3D_OK, 40, 0 };
    if (w3d_file_replace_with(path, produce, &p, &error) != W3D_ERR_CAPACITY) return 3;
    if (error.offset != 100000 || error.code != W3D_ERR_CAPACITY) return 4;
    if (!holds(path, "old") || is_there(in_folder("full.new0"))) return 5;
    if (w3d_file_open(path, W3D_FILE_CREATE, &file, &error) != W3D_OK) return 6;
    memset(block, 'x', sizeof block);
    if (w3d_file_append(&file, block, sizeof block, &error) != W3D_OK) return 7;
    if (w3d_file_append(&file, block, sizeof block, &error) != W3D_ERR_CAPACITY) return 8;
    struct stat status;
    if (file.size != 70003 || stat(path, &status) != 0 || status.st_size != 70003) return 9;
    if (w3d_file_append(&file, block, 29997, &error) != W3D_OK) return 10;
    if (w3d_file_resize(&file, 100001, &error) != W3D_ERR_CAPACITY) return 11;
    w3d_file_close(&file);
    return remove(path) ? 12 : 0;
}

static void a_full_disk(void) { in_process("full disk", on_a_full_disk, 0); }

static int with_a_writer_elsewhere(void)
{
    w3d_file file;
    return w3d_file_open(in_folder("shared"), W3D_FILE_WRITE, &file, NULL) != W3D_ERR_BUSY;
}

static void one_writer(void)
{
    w3d_file file;
    CHECK(w3d_file_open(in_folder("shared"), W3D_FILE_CREATE, &file, NULL) == W3D_OK);
    in_process("a second writer", with_a_writer_elsewhere, 0);
    w3d_file_close(&file);
    remove(in_folder("shared"));
}

/* A process killed while it replaces a file, over and over: each time there is a whole one. */
static void a_kill_leaves_a_whole_file(void)
{
    const char *path = in_folder("killed");
    static char block[200000];
    memset(block, 'a', sizeof block);
    CHECK(w3d_file_replace(path, block, sizeof block, NULL) == W3D_OK);
    for (int i = 0; i < 8; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (!child)
            for (char c = 'b';; c = c == 'z' ? 'b' : (char)(c + 1)) {
                memset(block, c, sizeof block);
                if (w3d_file_replace(path, block, sizeof block, NULL) != W3D_OK) _exit(1);
            }
        usleep(2000 + 1500 * (useconds_t)i);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        w3d_file_view view = { NULL, 0, 0 };
        CHECK(w3d_file_map(path, &view, NULL) == W3D_OK);
        const char *bytes = (const char *)view.bytes;
        int whole = view.size == sizeof block;
        for (size_t k = 0; k < view.size; k++) whole = whole && bytes[k] == bytes[0];
        CHECK(whole);
        w3d_file_unmap(&view);
    }
    remove(path);
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "killed.new%d", i);
        remove(in_folder(name));
    }
}

#endif

void test_file(void)
{
    const char *parent = getenv("TMPDIR");
#if defined(_WIN32)
    parent = getenv("TEMP");
#endif
    snprintf(folder, sizeof folder, "%s/wasm3d_file_%ld", parent && *parent ? parent : "/tmp",
             (long)process_number());
    if (make_folder(folder) != 0) {
        test.name = "folder";
        test_fail(__FILE__, __LINE__, folder);
        test.failed++;
        return;
    }
    RUN(maps);
    RUN(maps_over_4_gib);
    RUN(replaces);
    RUN(replaces_in_pieces);
    RUN(appends);
    RUN(refuses);
#if defined(TEST_POSIX)
    RUN(permissions_count);
    RUN(follows_links);
    RUN(refuses_devices);
    RUN(a_full_disk);
    RUN(one_writer);
    RUN(a_kill_leaves_a_whole_file);
#endif
    if (!test.filter && drop_folder(folder) != 0) { /* so every test has cleaned up */
        test.name = "clean";
        test_fail(__FILE__, __LINE__, "files are left behind");
        test.failed++;
    }
    drop_folder(folder);
}
