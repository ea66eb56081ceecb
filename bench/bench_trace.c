/* bench_trace.c - what a zone costs while it is recorded, and what writing the file costs. */
#include "bench.h"

#include "sync/trace.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { ZONES = 10000 };

static w3d_trace *trace;

static void zones(void *user)
{
    (void)user;
    for (int i = 0; i < ZONES; i++) {
        uint64_t zone = w3d_trace_start(0);
        w3d_trace_finish(zone, 0, "bench");
    }
}

static void clock_twice(void *user)
{
    (void)user;
    uint64_t sum = 0;
    for (int i = 0; i < 2 * ZONES; i++) {
#if defined(__x86_64__)
        sum += __rdtsc();
#else
        struct timespec now;
        timespec_get(&now, TIME_UTC);
        sum += (uint64_t)now.tv_nsec;
#endif
    }
    bench_keep(&sum);
}

static void system_clock_twice(void *user)
{
    (void)user;
    uint64_t sum = 0;
    struct timespec now;
    for (int i = 0; i < 2 * ZONES; i++) {
        timespec_get(&now, TIME_UTC);
        sum += (uint64_t)now.tv_nsec;
    }
    bench_keep(&sum);
}

static void off(void *user)
{
    (void)user;
    for (int i = 0; i < ZONES; i++) w3d_trace_finish(w3d_trace_start(1), 1, "bench");
}

static void empty(void *user)
{
    (void)user;
    w3d_trace_write(trace, NULL);
}

static char text[2000000];
static size_t text_size;

static w3d_result keep(void *user, const void *bytes, size_t size)
{
    (void)user;
    if (text_size + size > sizeof text) text_size = 0;
    memcpy(text + text_size, bytes, size);
    text_size += size;
    return W3D_OK;
}

static void fill(void *user)
{
    empty(user);
    zones(user);
}

static void export_ours(void *user)
{
    (void)user;
    w3d_trace_sink sink = { keep, NULL };
    text_size = 0;
    w3d_trace_write(trace, &sink);
}

static void export_printf(void *user)
{
    (void)user;
    char *out = text;
    for (int i = 0; i < ZONES; i++) {
        uint64_t ns = 123456789u + (uint64_t)i * 4321u, duration = 25u + (uint64_t)i % 1000u;
        out += sprintf(out, ",\n{\"name\":\"%s\",\"cat\":\"%s\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,"
                            "\"ts\":%.3f,\"dur\":%.3f}",
                       "bench", "w3d", 1, 1, (double)ns * 1e-3, (double)duration * 1e-3);
    }
    bench_keep(out);
}

void bench_trace(void)
{
    w3d_trace_desc desc;
    memset(&desc, 0, sizeof desc);
    if (w3d_trace_create(&desc, &trace) != W3D_OK) return;
    w3d_trace_attach(trace, "bench");
    w3d_trace_enable(trace, 1);
    bench_title("trace");
    bench_row row = { "zone, begin and end", "Mzone/s", ZONES * 1e-6 };
    row.ours.run = zones;
    row.peer.run = system_clock_twice, row.peer.name = "reading the system's clock twice";
    row.limit.run = clock_twice, row.limit.name = "reading the processor's counter twice";
    row.reset = empty;
    bench_run(&row);
    bench_row quiet = { "zone, category off", "Mzone/s", ZONES * 1e-6 };
    quiet.ours.run = off;
    bench_run(&quiet);
    bench_row file = { "export to JSON", "Mzone/s", ZONES * 1e-6 };
    file.ours.run = export_ours;
    file.peer.run = export_printf, file.peer.name = "sprintf of the same events";
    file.reset = fill;
    bench_run(&file);
    w3d_trace_detach();
    w3d_trace_destroy(trace);
}
