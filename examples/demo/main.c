/* main.c - the demo as a program: model files in; BJSON files, pictures and a table out.
 *
 *     cc -O2 -I. examples/demo/main.c examples/demo/pipeline.c -o build/demo && build/demo
 *
 * All the work is in pipeline.c; here are arguments, files, the clock and printing. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "examples/demo/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(_WIN32)
#include <direct.h>
#include <io.h>
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

static const char shipped_model[] = "examples/models/gardener.glb";

static const char usage[] =
    "usage: demo [FILE...] [--out DIR] [--size WIDTHxHEIGHT]\n"
    "\n"
    "Reads 3D models (GLB, glTF, OBJ), checks and welds them, adds normals where there are none,\n"
    "and writes each as a BJSON file and a picture. Without FILE it takes the shipped model,\n"
    "examples/models/gardener.glb.\n"
    "\n"
    "  --out DIR            where to write; made if missing (default: the current folder)\n"
    "  --size WIDTHxHEIGHT  of the picture, each 16 to 8192 (default: 960x640)\n"
    "  --help               this text\n"
    "\n"
    "One file gives scene.bjson and scene.png, several give NAME.bjson and NAME.png each.\n"
    "Exit status: 0 all done, 1 a file could not be read or written, 2 wrong usage.\n";

/* ---- the system ---- */

static double milliseconds_now(void *user)
{
    (void)user;
#if defined(_WIN32)
    return (double)clock() * 1000.0 / CLOCKS_PER_SEC; /* wall-clock time in Microsoft's library */
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
#endif
}

static int stderr_is_terminal(void)
{
#if defined(_WIN32)
    return _isatty(_fileno(stderr));
#else
    return isatty(STDERR_FILENO);
#endif
}

static int is_separator(char c)
{
#if defined(_WIN32)
    return c == '/' || c == '\\' || c == ':';
#else
    return c == '/';
#endif
}

static void *allocate(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (!block) {
        fprintf(stderr, "demo: out of memory\n");
        exit(1);
    }
    return block;
}

static char *join(const char *a, size_t a_size, const char *b, size_t b_size)
{
    char *text = (char *)allocate(a_size + b_size + 1);
    memcpy(text, a, a_size);
    memcpy(text + a_size, b, b_size);
    text[a_size + b_size] = 0;
    return text;
}

/* Makes a folder and those above it; 1 where it is there afterwards, else errno says why not. */
static int make_folder(const char *path)
{
    size_t size = strlen(path);
    for (size_t i = 1; i <= size; i++) {
        if (i < size && !is_separator(path[i])) continue;
        char *part = join(path, i, "", 0);
#if defined(_WIN32)
        int failed = _mkdir(part);
#else
        int failed = mkdir(part, 0777);
#endif
        free(part);
        if (failed && errno != EEXIST && i == size) return 0;
    }
    return 1;
}

/* All bytes of a file, for free(); NULL, and errno says why. Pipes are welcome. */
static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t used = 0, capacity = (size_t)1 << 16;
    unsigned char *bytes = (unsigned char *)malloc(capacity);
    while (bytes) {
        used += fread(bytes + used, 1, capacity - used, file);
        if (used < capacity) break;
        unsigned char *larger =
            capacity <= SIZE_MAX / 2 ? (unsigned char *)realloc(bytes, capacity * 2) : NULL;
        if (!larger) {
            free(bytes);
            bytes = NULL;
            errno = ENOMEM;
            break;
        }
        bytes = larger;
        capacity *= 2;
    }
    if (bytes && ferror(file)) {
        int reason = errno;
        free(bytes);
        bytes = NULL;
        errno = reason;
    }
    fclose(file);
    *size = used;
    return bytes;
}

static int write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    int good = file && fwrite(bytes, 1, size, file) == size;
    if (file && fclose(file) != 0) good = 0;
    if (!good) fprintf(stderr, "demo: %s: cannot be written: %s\n", path, strerror(errno));
    return good;
}

/* ---- what the pipeline calls ---- */

typedef struct sidecar {
    struct sidecar *next;
    unsigned char *bytes;
} sidecar;

typedef struct session {
    const char *path;
    sidecar *sidecars;
    double started;
    double printed;   /* when progress was last shown ...            */
    int printed_step; /* ... and of which step, from 1; 0: never */
    int is_long;      /* such a large file that it is sure to take over a second */
    int is_terminal;
} session;

/* Files beside the model or below its folder; a model has no business with others. */
static w3d_result read_sidecar(void *user, const char *name, size_t name_size, const void **bytes,
                               size_t *size)
{
    session *s = (session *)user;
    size_t folder = strlen(s->path);
    while (folder > 0 && !is_separator(s->path[folder - 1])) folder--;
    char *path = join(s->path, folder, name, name_size);
    char *part = path + folder;
    for (size_t i = 0; i < name_size; i++)
        if (part[i] == '\\') part[i] = '/';
    int is_outside = !name_size || memchr(part, 0, name_size) || part[0] == '/' ||
                     strchr(part, ':') || strstr(part, "..");
    unsigned char *content = is_outside ? NULL : read_file(path, size);
    free(path);
    if (!content) return W3D_ERR_NOT_FOUND;
    sidecar *entry = (sidecar *)allocate(sizeof *entry);
    entry->next = s->sidecars;
    entry->bytes = content;
    s->sidecars = entry;
    *bytes = content;
    return W3D_OK;
}

/* Shown only where it takes over a second: in place on a terminal, else a line for each step and
 * at most one a second within a step. */
static void show_progress(void *user, demo_step step, uint32_t done, uint32_t total)
{
    session *s = (session *)user;
    double now = milliseconds_now(NULL);
    if (now - s->started < 1000.0 && !s->is_long) return;
    if (done != 0 && (done == total || now - s->printed < (s->is_terminal ? 50.0 : 1000.0))) return;
    if (done == 0 && s->printed_step == (int)step + 1) return;
    s->printed = now;
    s->printed_step = (int)step + 1;
    char percent[16] = "";
    if (total > 1) snprintf(percent, sizeof percent, " %d %%", (int)((uint64_t)done * 100 / total));
    fprintf(stderr,
            s->is_terminal ? "\r  step %d of %d: %s%s, %.0f s          "
                           : "  step %d of %d: %s%s, %.0f s\n",
            (int)step + 1, (int)DEMO_STEP_COUNT, demo_step_name(step), percent,
            (now - s->started) / 1000.0);
    fflush(stderr);
}

/* ---- printing ---- */

/* A number with commas between the thousands; `text` holds it. */
static const char *grouped(uint64_t number, char text[32])
{
    char *at = text + 31;
    *at = 0;
    for (int digits = 0; number || !digits; digits++, number /= 10) {
        if (digits && digits % 3 == 0) *--at = ',';
        *--at = (char)('0' + (int)(number % 10));
    }
    return at;
}

/* Items or bytes a second, short: "12.3 M/s", "240 MB/s"; "" where there is nothing to tell. */
static const char *rate(const demo_row *row, char text[32])
{
    static const char prefixes[] = " kMGT";
    int scale = 0;
    double value = row->rate_in_bytes ? (double)row->bytes : (double)row->items;
    if (!(value > 0.0 && row->milliseconds > 0.0)) return "";
    for (value = value / row->milliseconds * 1e3; value >= 1e3 && scale < 4; scale++) value /= 1e3;
    snprintf(text, 32, "%.*f %.*s%s/s", value < 100.0 && scale ? 1 : 0, value, scale != 0,
             prefixes + scale, row->rate_in_bytes ? "B" : "");
    return text;
}

static void print_table(const demo_result *result, double milliseconds)
{
    printf("  %-11s %27s %15s %10s %11s\n", "step", "items", "bytes", "ms", "rate");
    for (int step = 0; step < DEMO_STEP_COUNT; step++) {
        const demo_row *row = &result->rows[step];
        char number[32], left[32], bytes[32], speed[32], items[96];
        if (row->items_left == row->items)
            snprintf(items, sizeof items, "%s %-9s", grouped(row->items, number), row->unit);
        else
            snprintf(items, sizeof items, "%s -> %s %-9s", grouped(row->items, number),
                     grouped(row->items_left, left), row->unit);
        printf("  %-11s %27s %15s %10.2f %11s\n", demo_step_name((demo_step)step), items,
               grouped(row->bytes, bytes), row->milliseconds, rate(row, speed));
    }
    printf("  %-11s %27s %15s %10.2f\n", "all", "", "", milliseconds);
}

static void print_count(uint32_t count, const char *one, const char *many, const char *behind)
{
    char number[32];
    printf("%s %s%s", grouped(count, number), count == 1 ? one : many, behind);
}

/* FILE:LINE:COLUMN: what, as compilers write it, then the rest of where. */
static void print_error(const char *path, const demo_error *error)
{
    char number[32];
    fprintf(stderr, "demo: %s", path);
    if (error->file[0]) fprintf(stderr, ": %s", error->file);
    if (error->line) fprintf(stderr, ":%.0f:%.0f", (double)error->line, (double)error->column);
    fprintf(stderr, ": %s\n  in step %s", error->text, demo_step_name(error->step));
    if (error->step == DEMO_READ) fprintf(stderr, ", byte %s", grouped(error->offset, number));
    if (error->quote[0]) fprintf(stderr, ", there: %s", error->quote);
    fprintf(stderr, "\n");
}

/* ---- the job ---- */

typedef struct options {
    const char **files;
    int file_count;
    const char *folder;
    uint32_t width, height;
} options;

/* NAME of folder/NAME.extension; *size: its length. */
static const char *stem(const char *path, size_t *size)
{
    const char *name = path + strlen(path);
    while (name > path && !is_separator(name[-1])) name--;
    const char *dot = strrchr(name, '.');
    *size = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    return name;
}

/* Where the files made of input `index` go, without extension. A name that came before gets the
 * input's number behind it. */
static char *output_path(const options *given, int index)
{
    size_t size = 5, folder_size = strlen(given->folder);
    const char *name = given->file_count == 1 ? "scene" : stem(given->files[index], &size);
    char number[16] = "";
    for (int i = 0; given->file_count > 1 && i < index; i++) {
        size_t other_size;
        const char *other = stem(given->files[i], &other_size);
        if (other_size == size && memcmp(other, name, size) == 0)
            snprintf(number, sizeof number, "-%d", index + 1);
    }
    const char *between = folder_size && !is_separator(given->folder[folder_size - 1]) ? "/" : "";
    char *folder = join(given->folder, folder_size, between, strlen(between));
    char *start = join(folder, strlen(folder), name, size);
    char *path = join(start, strlen(start), number, strlen(number));
    free(folder);
    free(start);
    return path;
}

static int write_output(const char *path, const char *extension, const void *bytes, size_t size)
{
    char number[32];
    char *whole = join(path, strlen(path), extension, strlen(extension));
    int good = write_bytes(whole, bytes, size);
    if (good) printf("  wrote %s, %s bytes\n", whole, grouped(size, number));
    free(whole);
    return good;
}

/* 1 where all went well. */
static int run_file(const options *given, int index)
{
    session s;
    memset(&s, 0, sizeof s);
    s.path = given->files[index];
    s.is_terminal = stderr_is_terminal();
    s.started = milliseconds_now(NULL);

    size_t size;
    unsigned char *bytes = read_file(s.path, &size);
    if (!bytes) {
        fprintf(stderr, "demo: %s: cannot be read: %s\n", s.path, strerror(errno));
        if (s.path == shipped_model)
            fprintf(stderr, "  this is the shipped model: start the demo in the folder that has "
                            "examples/ in it, or name a file\n");
        return 0;
    }
    s.is_long = size >= (size_t)32 << 20;

    demo_job job;
    memset(&job, 0, sizeof job);
    job.bytes = bytes;
    job.size = size;
    job.width = given->width;
    job.height = given->height;
    job.open = read_sidecar;
    job.progress = show_progress;
    job.now = milliseconds_now;
    job.user = &s;
    demo_result result;
    int good = demo_run(&job, &result) == W3D_OK;
    double milliseconds = milliseconds_now(NULL) - s.started;
    if (s.printed_step && s.is_terminal) fprintf(stderr, "\r%60s\r", "");
    fflush(stderr);

    if (good) {
        printf("%s%s: %s, ", index ? "\n" : "", s.path, result.format);
        print_count(result.object_count, "object", "objects", ", ");
        print_count(result.mesh_count, "mesh", "meshes", ", ");
        print_count(result.material_count, "material", "materials", ", ");
        print_count(result.image_count, "image", "images", "; ");
        printf("%.4g x %.4g x %.4g\n", (double)result.extent[0], (double)result.extent[1],
               (double)result.extent[2]);
        print_table(&result, milliseconds);
        char *path = output_path(given, index);
        good = write_output(path, ".bjson", result.file.bytes, result.file.size) &&
               write_output(path, ".png", result.png, result.png_size);
        free(path);
    } else {
        print_error(s.path, &result.error);
    }
    demo_release(&result);
    while (s.sidecars) {
        sidecar *next = s.sidecars->next;
        free(s.sidecars->bytes);
        free(s.sidecars);
        s.sidecars = next;
    }
    free(bytes);
    return good;
}

static int wrong_usage(const char *what, const char *argument)
{
    fprintf(stderr, "demo: %s%s\n%s", what, argument, usage);
    return 2;
}

/* 0: go on; 1: --help was all; 2: wrong usage. */
static int read_arguments(int argument_count, char **arguments, options *given)
{
    int only_files = 0;
    for (int i = 1; i < argument_count; i++) {
        const char *argument = arguments[i];
        unsigned width = 0, height = 0;
        char behind;
        if (only_files || argument[0] != '-') {
            given->files[given->file_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_files = 1;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            fputs(usage, stdout);
            return 1;
        } else if (strcmp(argument, "--out") != 0 && strcmp(argument, "--size") != 0) {
            return wrong_usage("no such option: ", argument);
        } else if (i + 1 == argument_count) {
            return wrong_usage("a value is missing behind ", argument);
        } else if (strcmp(argument, "--out") == 0) {
            given->folder = arguments[++i];
        } else if (sscanf(arguments[++i], "%5ux%5u%c", &width, &height, &behind) == 2 &&
                   width >= 16 && width <= 8192 && height >= 16 && height <= 8192) {
            given->width = width;
            given->height = height;
        } else {
            return wrong_usage("not WIDTHxHEIGHT, each from 16 to 8192: ", arguments[i]);
        }
    }
    if (!given->file_count) given->files[given->file_count++] = shipped_model;
    return 0;
}

int main(int argument_count, char **arguments)
{
    options given;
    memset(&given, 0, sizeof given);
    given.files = (const char **)allocate((size_t)(argument_count + 1) * sizeof *given.files);
    given.folder = "";
    int failed = 0, stop = read_arguments(argument_count, arguments, &given);
    if (!stop && given.folder[0] && !make_folder(given.folder)) {
        fprintf(stderr, "demo: %s: cannot be made: %s\n", given.folder, strerror(errno));
        stop = failed = 1;
    }
    for (int i = 0; i < given.file_count && !stop; i++) failed |= !run_file(&given, i);
    free(given.files);
    return stop == 2 ? 2 : failed;
}
