/* wasm.c - the demo as a wasm module: bytes in and bytes out of its memory, a report as JSON.
 *
 *     clang --target=wasm32 -Oz -msimd128 -mbulk-memory -fvisibility=hidden -DNDEBUG -I. -c \
 *         examples/demo/wasm.c examples/demo/pipeline.c
 *     clang --target=wasm32 -nostdlib -Wl,--no-entry,--gc-sections,--strip-all \
 *         wasm.o pipeline.o -o demo.wasm
 *
 * (In two steps: a driver that optimises and links at once may run a wasm-opt that is installed,
 * without telling it of SIMD.)
 *
 * The caller (web/pipeline.mjs) puts a file into a block from demo_alloc, calls demo_start, and
 * takes the outputs out. Any of these calls may grow the memory and so detach views of it; no view
 * is kept across one. The module asks its host for two things only:
 *
 *     w3d.now() -> f64               milliseconds since any moment
 *     w3d.host(op, a, b, c) -> u32   op 1000: progress; step a, b of c done
 *                                    op 1001: the file whose name is the b bytes at a, put into a
 *                                          block from demo_alloc, its address and size written as
 *                                          two u32 at c; gives 1, or 0: there is no such file
 *
 * Emscripten builds the same file; there Module.host is the function and Module.bytes() the
 * memory. */
#include "examples/demo/pipeline.h"

enum { HOST_PROGRESS = 1000, HOST_OPEN = 1001 };
enum { OUTPUT_REPORT, OUTPUT_BJSON, OUTPUT_PNG };

#if defined(__EMSCRIPTEN__)
#include <emscripten.h>
#define EXPORTED(name) EMSCRIPTEN_KEEPALIVE
/* clang-format off */
EM_JS(double, host_now, (void), { return performance.now(); })
EM_JS(uint32_t, host_call, (uint32_t op, uint32_t a, uint32_t b, uint32_t c), {
    return Module['host'](op, a, b, c);
})
EM_JS(void, host_connect, (void), { Module['bytes'] = function() { return HEAPU8; }; })
/* clang-format on */
#else
#define EXPORTED(name) __attribute__((export_name(#name)))
__attribute__((import_module("w3d"), import_name("now"))) double host_now(void);
__attribute__((import_module("w3d"), import_name("host"))) uint32_t
host_call(uint32_t op, uint32_t a, uint32_t b, uint32_t c);
static void host_connect(void) {}
#endif

static demo_result result;
static char report[4096];
static size_t report_size;

/* ---- the report ---- */

static void put(const char *text)
{
    size_t size = w3d_text_size(text);
    if (size > sizeof report - report_size) return;
    w3d_copy(report + report_size, text, size);
    report_size += size;
}

static void put_number(uint64_t number)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + (int)(number % 10));
        number /= 10;
    } while (number);
    put(digits + at);
}

/* "name": and a number, string or decimal fraction; `before` is what stands in front. */
static void put_count(const char *before, const char *name, uint64_t number)
{
    put(before), put("\""), put(name), put("\":");
    put_number(number);
}

/* Our own texts are plain ASCII; only quotes and backslashes need care. */
static void put_text(const char *before, const char *name, const char *text)
{
    char letter[3] = { '\\', 0, 0 };
    put(before), put("\""), put(name), put("\":\"");
    for (; *text; text++) {
        letter[1] = *text;
        put(*text == '"' || *text == '\\' ? letter : letter + 1);
    }
    put("\"");
}

/* Six places: nanoseconds of a time in milliseconds, and small models' lengths. */
static void put_fraction(const char *before, const char *name, double value)
{
    char digits[8] = ".000000";
    if (!(value >= 0.0 && value < 1e12)) value = 0.0;
    uint64_t millionths = (uint64_t)(value * 1e6 + 0.5);
    put_count(before, name, millionths / 1000000u);
    for (int place = 6; place > 0; place--, millionths /= 10)
        digits[place] = (char)('0' + (int)(millionths % 10));
    put(digits);
}

static void write_report(void)
{
    const demo_error *error = &result.error;
    report_size = 0;
    put_text("{", "format", result.format ? result.format : "");
    put_count(",", "objects", result.object_count);
    put_count(",", "meshes", result.mesh_count);
    put_count(",", "materials", result.material_count);
    put_count(",", "images", result.image_count);
    put_fraction(",", "x", (double)result.extent[0]);
    put_fraction(",", "y", (double)result.extent[1]);
    put_fraction(",", "z", (double)result.extent[2]);
    put(",\"rows\":[");
    for (int step = 0; step < DEMO_STEP_COUNT && result.rows[step].unit; step++) {
        const demo_row *row = &result.rows[step];
        put_text(step ? ",{" : "{", "step", demo_step_name((demo_step)step));
        put_text(",", "unit", row->unit);
        put_count(",", "items", row->items);
        put_count(",", "left", row->items_left);
        put_count(",", "bytes", row->bytes);
        put_count(",", "rateInBytes", (uint64_t)row->rate_in_bytes);
        put_fraction(",", "milliseconds", row->milliseconds);
        put("}");
    }
    put("]");
    if (error->code) {
        put_text(",\"error\":{", "text", error->text);
        put_text(",", "step", demo_step_name(error->step));
        put_count(",", "offset", error->offset);
        put_count(",", "line", error->line);
        put_count(",", "column", error->column);
        put_text(",", "file", error->file);
        put_text(",", "quote", error->quote);
        put("}");
    }
    put("}");
}

/* ---- what the pipeline calls ---- */

static double ask_now(void *user)
{
    (void)user;
    return host_now();
}

static void tell_progress(void *user, demo_step step, uint32_t done, uint32_t total)
{
    (void)user;
    host_call(HOST_PROGRESS, (uint32_t)step, done, total);
}

static w3d_result ask_open(void *user, const char *name, size_t name_size, const void **bytes,
                           size_t *size)
{
    uint32_t found[2] = { 0, 0 };
    (void)user;
    if (!host_call(HOST_OPEN, (uint32_t)(uintptr_t)name, (uint32_t)name_size,
                   (uint32_t)(uintptr_t)found))
        return W3D_ERR_NOT_FOUND;
    *bytes = (const void *)(uintptr_t)found[0];
    *size = found[1];
    return W3D_OK;
}

/* ---- what the host calls ---- */

/* A block of memory; NULL: there is none. */
EXPORTED(demo_alloc) void *demo_alloc(size_t size)
{
    host_connect();
    return w3d_allocator_resize(NULL, NULL, 0, size);
}

EXPORTED(demo_free) void demo_free(void *block, size_t size)
{
    if (block) w3d_allocator_resize(NULL, block, size, 0);
}

/* Does the job; gives a w3d_result. The outputs are there until the next call. */
EXPORTED(demo_start)
w3d_result demo_start(const void *bytes, size_t size, uint32_t width, uint32_t height)
{
    demo_job job;
    w3d_fill(&job, 0, sizeof job);
    job.bytes = bytes;
    job.size = size;
    job.width = width;
    job.height = height;
    job.open = ask_open;
    job.progress = tell_progress;
    job.now = ask_now;
    demo_release(&result);
    demo_run(&job, &result);
    write_report();
    return result.error.code;
}

/* 0: the report, 1: the BJSON file, 2: the picture. */
EXPORTED(demo_output) const void *demo_output(uint32_t which)
{
    return which == OUTPUT_REPORT  ? (const void *)report
           : which == OUTPUT_BJSON ? result.file.bytes
                                   : (const void *)result.png;
}

EXPORTED(demo_output_size) size_t demo_output_size(uint32_t which)
{
    return which == OUTPUT_REPORT  ? report_size
           : which == OUTPUT_BJSON ? result.file.size
                                   : result.png_size;
}
