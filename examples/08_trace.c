/* 08_trace.c - where the time goes: zones, counters and frames of two threads as a file.
 *
 *     cc -I. examples/08_trace.c -o trace -pthread && ./trace
 *
 * Open the file it writes, trace.json, at ui.perfetto.dev or chrome://tracing: two rows, "main" with
 * its frames and the zones in them, "loader" with one long zone, and the curve of a counter. With
 * -DW3D_TRACE=0 the calls compile to nothing. */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>

enum { CATEGORY_FRAME, CATEGORY_FILES };

static volatile float sink_of_work;

static void work(int amount)
{
    for (int i = 0; i < amount * 1000; i++) sink_of_work = sink_of_work * 0.5f + 1.0f;
}

static void load(void *user)
{
    w3d_trace_attach((w3d_trace *)user, "loader");
    W3D_TRACE_BEGIN(file, CATEGORY_FILES);
    for (int i = 0; i < 5; i++) {
        W3D_TRACE_BEGIN(part, CATEGORY_FILES);
        work(200);
        W3D_TRACE_END(part, CATEGORY_FILES, "part");
    }
    W3D_TRACE_END(file, CATEGORY_FILES, "load file");
    w3d_trace_detach();
}

static w3d_result to_file(void *user, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, (FILE *)user) == size ? W3D_OK : W3D_ERR_CAPACITY;
}

int main(void)
{
    w3d_trace_desc desc = { 0 };
    w3d_trace *trace;
    w3d_trace_sink sink = { to_file, fopen("trace.json", "wb") };
    desc.categories[CATEGORY_FRAME] = "frame";
    desc.categories[CATEGORY_FILES] = "files";
    if (!sink.user || w3d_trace_create(&desc, &trace) != W3D_OK) return 1;
    w3d_trace_attach(trace, "main");

    w3d_thread loader;
    if (w3d_thread_start(&loader, load, trace, NULL) != W3D_OK) return 1;
    for (int frame = 0; frame < 10; frame++) {
        W3D_TRACE_FRAME("frame");
        W3D_TRACE_BEGIN(update, CATEGORY_FRAME);
        work(20 + frame * 5);
        W3D_TRACE_BEGIN(physics, CATEGORY_FRAME);
        work(30);
        W3D_TRACE_END(physics, CATEGORY_FRAME, "physics");
        W3D_TRACE_END(update, CATEGORY_FRAME, "update");
        W3D_TRACE_COUNTER(CATEGORY_FRAME, "objects", 100 + frame);
        if (w3d_trace_write(trace, &sink) != W3D_OK) return 1; /* streamed: a little each frame */
    }
    w3d_thread_join(&loader);
    w3d_trace_detach();
    w3d_result result = w3d_trace_end(trace, &sink);
    if (fclose((FILE *)sink.user) != 0 || result != W3D_OK) return 1;

    w3d_trace_statistics_result figures;
    w3d_trace_zone zones[8];
    w3d_trace_statistics(trace, &figures, zones, 8);
    printf("%llu records, %llu dropped, %llu frames\n", (unsigned long long)figures.records,
           (unsigned long long)figures.dropped, (unsigned long long)figures.frames);
    for (uint32_t i = 0; i < figures.zone_count && i < 8; i++)
        fprintf(stderr, "%-10s %4llu times, %8.3f ms\n", zones[i].name,
                (unsigned long long)zones[i].count, (double)zones[i].ns * 1e-6);
    printf("wrote trace.json: open it at ui.perfetto.dev\n");
    return w3d_trace_destroy(trace) == W3D_OK ? 0 : 1;
}
