/* test_trace.c - what was recorded is in the file, once, nested; rings that fill, threads that go. */
#include "test.h"

#include "memory/allocator.h"
#include "sync/thread.h"
#include "sync/trace.h"

typedef struct text {
    char  *bytes;
    size_t size, capacity, fail_after; /* fail_after 0: never */
} text;

static w3d_result append(void *user, const void *bytes, size_t size)
{
    text *out = (text *)user;
    if (out->fail_after && out->size + size > out->fail_after) return W3D_ERR_CAPACITY;
    if (out->size + size + 1 > out->capacity) {
        out->capacity = 2 * (out->size + size + 1);
        out->bytes = (char *)realloc(out->bytes, out->capacity);
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    out->bytes[out->size] = 0;
    return W3D_OK;
}

static w3d_trace_sink sink_of(text *out)
{
    w3d_trace_sink sink;
    memset(out, 0, sizeof *out);
    sink.write = append;
    sink.user = out;
    return sink;
}

static int count_of(const text *out, const char *what)
{
    int count = 0;
    for (const char *at = out->bytes; at && (at = strstr(at, what)) != NULL; at++) count++;
    return count;
}

/* Braces, brackets and strings close, and nothing follows. */
static int is_balanced(const char *json)
{
    char stack[64];
    int depth = 0, closed = 0;
    for (; *json; json++) {
        if (*json == '\n') continue;
        if (closed) return 0;
        if (*json == '"') {
            for (json++; *json && *json != '"'; json++)
                if ((unsigned char)*json < 0x20 || (*json == '\\' && !*++json)) return 0;
            if (!*json) return 0;
        } else if (*json == '{' || *json == '[') {
            if (depth == 64) return 0;
            stack[depth++] = *json == '{' ? '}' : ']';
        } else if (*json == '}' || *json == ']') {
            if (!depth || stack[--depth] != *json) return 0;
            closed = depth == 0;
        }
    }
    return closed;
}

static void nest(int depth)
{
    W3D_TRACE_BEGIN(zone, 1);
    if (depth > 0)
        for (int i = 0; i < 3; i++) nest(depth - 1);
    W3D_TRACE_END(zone, 1, depth > 0 ? "inner" : "leaf");
}

/* Every two zones of a thread are apart or one is inside the other. */
static void check_nesting(const text *out)
{
    static double begin[2000], end[2000];
    int count = 0;
    for (const char *at = out->bytes; at && (at = strstr(at, "\"ph\":\"X\"")) != NULL; at++) {
        double ts, duration;
        if (count == 2000 || sscanf(at, "\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":%lf,\"dur\":%lf", &ts, &duration) != 2)
            continue;
        begin[count] = ts * 1000;
        end[count] = (ts + duration) * 1000;
        for (int i = 0; i < count; i++) {
            int apart = end[i] <= begin[count] + 0.1 || end[count] <= begin[i] + 0.1;
            int inside = begin[i] + 0.1 >= begin[count] && end[i] <= end[count] + 0.1;
            CHECK(apart || inside); /* zones are written when they end: an outer one comes later */
        }
        count++;
    }
    CHECK(count == 1 + 3 + 9 + 27 + 81);
}

static void whole_file(void)
{
    w3d_trace_desc desc;
    w3d_trace *trace = NULL;
    text out;
    w3d_trace_sink sink = sink_of(&out);
    memset(&desc, 0, sizeof desc);
    desc.categories[1] = "work";
    CHECK(w3d_trace_create(&desc, &trace) == W3D_OK);
    CHECK(w3d_trace_attach(trace, "main \"thread\"") == W3D_OK);
    CHECK(w3d_trace_attach(trace, "again") == W3D_ERR_BUSY);
    nest(4);
    W3D_TRACE_COUNTER(0, "triangles", 1234567);
    W3D_TRACE_COUNTER(0, "load", -0.1);
    W3D_TRACE_COUNTER(0, "bad", (double)NAN);
    W3D_TRACE_INSTANT(0, "tab\there\x01\\ \xC3\xA4 \xFF \xED\xA0\x80");
    for (int i = 0; i < 4; i++) W3D_TRACE_FRAME("frame");
    CHECK(w3d_trace_write(trace, &sink) == W3D_OK);
    CHECK(w3d_trace_destroy(trace) == W3D_ERR_BUSY);
    w3d_trace_detach();
    W3D_TRACE_INSTANT(0, "nobody sees this");
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes));
    CHECK(count_of(&out, "\"name\":\"leaf\",\"cat\":\"work\"") == 81);
    CHECK(count_of(&out, "\"ph\":\"M\"") == 1 && count_of(&out, "\"name\":\"main \\\"thread\\\"\"") == 1);
    CHECK(count_of(&out, "{\"value\":1234567}") == 1);
    CHECK(count_of(&out, "{\"value\":-1000000000e-10}") == 1);
    CHECK(count_of(&out, "{\"value\":0}") == 1);
    CHECK(count_of(&out, "tab\\u0009here\\u0001\\\\ \xC3\xA4 \\u00ff \\u00ed\\u00a0\\u0080\"") == 1);
    CHECK(count_of(&out, "\"s\":\"p\"") == 4 && count_of(&out, "nobody") == 0);
    check_nesting(&out);
    w3d_trace_statistics_result figures;
    w3d_trace_zone zones[4];
    w3d_trace_statistics(trace, &figures, zones, 4);
    CHECK(figures.records == 121 + 3 + 1 + 4 && figures.dropped == 0 && figures.frames == 3);
    CHECK(figures.zone_count == 2 && figures.threads == 0 && zones[0].count == 81);
    CHECK(!strcmp(zones[0].name, "leaf") && zones[0].category == 1 && zones[1].count == 40);
    CHECK(zones[1].max_ns <= zones[1].ns && zones[0].last_count == 0);
    CHECK(figures.min_ns <= figures.mean_ns && figures.mean_ns <= figures.max_ns &&
          figures.p95_ns <= figures.max_ns);
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
    free(out.bytes);
}

static void nothing_recorded(void)
{
    w3d_trace *trace;
    text out;
    w3d_trace_sink sink = sink_of(&out);
    CHECK(w3d_trace_start(0) == 0); /* not attached */
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes));
    CHECK(w3d_trace_destroy(trace) == W3D_OK && w3d_trace_destroy(NULL) == W3D_OK);
    free(out.bytes);
}

static void categories_off(void)
{
    w3d_trace *trace;
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    w3d_trace_enable(trace, 2);
    CHECK(w3d_trace_attach(trace, "main") == W3D_OK);
    CHECK(w3d_trace_start(0) == 0 && w3d_trace_start(1) != 0);
    uint64_t open = w3d_trace_start(1);
    w3d_trace_enable(trace, 0); /* a zone that was begun is still ended */
    w3d_trace_finish(open, 1, "open");
    w3d_trace_detach();
    CHECK(w3d_trace_write(trace, NULL) == W3D_OK);
    w3d_trace_statistics_result figures;
    w3d_trace_statistics(trace, &figures, NULL, 0);
    CHECK(figures.records == 1);
    w3d_trace_destroy(trace);
}

static void full_ring(void)
{
    w3d_trace_desc desc;
    w3d_trace *trace;
    memset(&desc, 0, sizeof desc);
    desc.ring_size = 9; /* becomes 16 */
    CHECK(w3d_trace_create(&desc, &trace) == W3D_OK);
    CHECK(w3d_trace_attach(trace, NULL) == W3D_OK);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 20; i++) w3d_trace_instant(0, "x");
        CHECK(w3d_trace_write(trace, NULL) == W3D_OK);
        w3d_trace_statistics_result figures;
        w3d_trace_statistics(trace, &figures, NULL, 0);
        CHECK(figures.records == 16u * (unsigned)round && figures.dropped == 4u * (unsigned)round);
    }
    w3d_trace_detach();
    w3d_trace_destroy(trace);
}

static void failing_sink(void)
{
    w3d_trace *trace;
    text out;
    w3d_trace_sink sink = sink_of(&out);
    out.fail_after = 40000;
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    w3d_trace_attach(trace, "main");
    for (int i = 0; i < 2000; i++) w3d_trace_instant(0, "x");
    CHECK(w3d_trace_write(trace, &sink) == W3D_ERR_CAPACITY);
    CHECK(out.size <= 40000);
    out.fail_after = 0; /* it has room again: the rest of the file is whole */
    for (int i = 0; i < 10; i++) w3d_trace_instant(0, "y");
    w3d_trace_detach();
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes) && count_of(&out, "\"y\"") == 10);
    w3d_trace_destroy(trace);
    free(out.bytes);
}

/* A file whose very first bytes were refused begins again; a second file is whole by itself. */
static void refused_beginning_and_second_file(void)
{
    w3d_trace *trace;
    text out;
    w3d_trace_sink sink = sink_of(&out);
    out.fail_after = 1;
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    w3d_trace_attach(trace, "main");
    w3d_trace_instant(0, "lost");
    CHECK(w3d_trace_write(trace, &sink) == W3D_ERR_CAPACITY && out.size == 0);
    out.fail_after = 0;
    w3d_trace_instant(0, "kept");
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes) && count_of(&out, "\"kept\"") == 1);
    CHECK(count_of(&out, "\"main\"") == 1);
    free(out.bytes);
    sink = sink_of(&out);
    w3d_trace_instant(0, "second");
    w3d_trace_detach();
    CHECK(w3d_trace_attach(trace, "later") == W3D_OK); /* another ring: the first is not written yet */
    w3d_trace_instant(0, "third");
    w3d_trace_detach();
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes) && count_of(&out, "\"main\"") == 1 && count_of(&out, "\"later\"") == 1);
    CHECK(count_of(&out, "\"tid\":1,") == 2 && count_of(&out, "\"tid\":2,") == 2);
    free(out.bytes);
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
}

static void mark_frames(void *user)
{
    w3d_trace_attach((w3d_trace *)user, "other");
    for (int i = 0; i < 50; i++) w3d_trace_frame("frame");
    w3d_trace_detach();
}

/* Frames of two threads are nonsense, but never a negative time. */
static void frames_of_two_threads(void)
{
    w3d_trace *trace;
    w3d_thread thread;
    w3d_trace_statistics_result figures;
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    w3d_trace_attach(trace, "main");
    for (int i = 0; i < 50; i++) w3d_trace_frame("frame");
    if (w3d_thread_start(&thread, mark_frames, trace, NULL) == W3D_OK) w3d_thread_join(&thread);
    w3d_trace_frame("frame");
    w3d_trace_detach();
    CHECK(w3d_trace_write(trace, NULL) == W3D_OK);
    w3d_trace_statistics(trace, &figures, NULL, 0);
    CHECK(figures.max_ns < (uint64_t)3600 * 1000000000u && figures.frames >= 49);
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
}

static void many_names(void)
{
    static char names[300][8];
    w3d_trace *trace;
    w3d_trace_zone zones[256];
    w3d_trace_statistics_result figures;
    CHECK(w3d_trace_create(NULL, &trace) == W3D_OK);
    w3d_trace_attach(trace, "main");
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 300; i++) {
            snprintf(names[i], sizeof names[i], "n%d", i);
            w3d_trace_finish(w3d_trace_start(0), 0, names[i]);
        }
    w3d_trace_detach();
    CHECK(w3d_trace_write(trace, NULL) == W3D_OK);
    w3d_trace_statistics(trace, &figures, zones, 256);
    CHECK(figures.zone_count == 256 && zones[7].name == names[7] && zones[7].count == 2);
    CHECK(!strcmp(zones[255].name, "other") && zones[255].count == 2 * (300 - 255));
    w3d_trace_destroy(trace);
}

static int sweep(const void *allocator, void *user)
{
    w3d_trace_desc desc;
    w3d_trace *trace;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    w3d_result result = w3d_trace_create(&desc, &trace);
    if (result != W3D_OK) return (int)result;
    result = w3d_trace_attach(trace, "main");
    if (result == W3D_OK) w3d_trace_detach();
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
    return (int)result;
}

static void out_of_memory(void)
{
    w3d_trace *trace;
    w3d_trace_desc desc;
    test_allocation_sweep(sweep, NULL);
    memset(&desc, 0, sizeof desc);
    desc.ring_size = (1u << 24) + 1;
    CHECK(w3d_trace_create(&desc, &trace) == W3D_ERR_ARGUMENT);
    CHECK(w3d_trace_create(NULL, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_trace_attach(NULL, "x") == W3D_ERR_ARGUMENT);
    CHECK(w3d_trace_write(NULL, NULL) == W3D_ERR_ARGUMENT);
}

static void record(void *user)
{
    w3d_trace *trace = (w3d_trace *)user;
    CHECK(w3d_trace_attach(trace, "worker") == W3D_OK);
    for (int i = 0; i < 3000; i++) {
        uint64_t zone = w3d_trace_start(0);
        w3d_trace_counter(0, "value", i);
        w3d_trace_finish(zone, 0, "zone");
    }
    w3d_trace_detach();
}

/* Threads come and go while another writes: nothing is lost that was not counted as dropped. */
static void threads_and_reader(void)
{
    w3d_trace_desc desc;
    w3d_trace *trace;
    text out;
    w3d_trace_sink sink = sink_of(&out);
    w3d_thread threads[3];
    w3d_trace_statistics_result figures;
    memset(&desc, 0, sizeof desc);
    desc.ring_size = 1024;
    desc.max_threads = 3;
    CHECK(w3d_trace_create(&desc, &trace) == W3D_OK);
    int rounds = 0;
    for (; rounds < 3; rounds++) {
        for (int i = 0; i < 3; i++)
            if (w3d_thread_start(&threads[i], record, trace, NULL) == W3D_ERR_UNSUPPORTED) {
                record(trace);
                CHECK(w3d_trace_write(trace, &sink) == W3D_OK);
            }
        for (int i = 0; i < 20; i++) {
            CHECK(w3d_trace_write(trace, &sink) == W3D_OK);
            w3d_thread_yield();
        }
        for (int i = 0; i < 3; i++) CHECK(w3d_thread_join(&threads[i]) == W3D_OK);
        CHECK(w3d_trace_write(trace, &sink) == W3D_OK); /* frees the rings of those that went */
    }
    CHECK(w3d_trace_end(trace, &sink) == W3D_OK);
    CHECK(is_balanced(out.bytes));
    w3d_trace_statistics(trace, &figures, NULL, 0);
    CHECK(figures.records + figures.dropped == 3u * 3u * 6000u && figures.threads == 0);
    CHECK((uint64_t)count_of(&out, "\"ph\":\"X\"") + (uint64_t)count_of(&out, "\"ph\":\"C\"") ==
          figures.records);
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
    free(out.bytes);
}

static void too_many_threads(void)
{
    w3d_trace_desc desc;
    w3d_trace *trace;
    memset(&desc, 0, sizeof desc);
    desc.max_threads = 1;
    CHECK(w3d_trace_create(&desc, &trace) == W3D_OK);
    CHECK(w3d_trace_attach(trace, "first") == W3D_OK);
    w3d_trace_detach();
    CHECK(w3d_trace_attach(trace, "second") == W3D_ERR_CAPACITY); /* not written out yet */
    CHECK(w3d_trace_write(trace, NULL) == W3D_OK);
    CHECK(w3d_trace_attach(trace, "second") == W3D_OK);
    w3d_trace_detach();
    CHECK(w3d_trace_destroy(trace) == W3D_OK);
}

void test_trace(void)
{
    RUN(whole_file);
    RUN(nothing_recorded);
    RUN(categories_off);
    RUN(full_ring);
    RUN(failing_sink);
    RUN(refused_beginning_and_second_file);
    RUN(frames_of_two_threads);
    RUN(many_names);
    RUN(out_of_memory);
    RUN(threads_and_reader);
    RUN(too_many_threads);
}
