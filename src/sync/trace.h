/* trace.h - where the time goes: zones, counters and instants, as a file for Chrome and Perfetto.
 *
 *     w3d_trace *trace;
 *     w3d_trace_create(NULL, &trace);
 *     w3d_trace_attach(trace, "main");               // once in every thread that is to be seen
 *     {
 *         W3D_TRACE_BEGIN(zone, 0);                  // 0: the category
 *         simulate();
 *         W3D_TRACE_END(zone, 0, "simulate");
 *     }
 *     w3d_trace_frame("frame");                      // once a frame
 *     w3d_trace_write(trace, &sink);                 // now and then: JSON goes to the sink
 *     w3d_trace_detach();
 *     w3d_trace_end(trace, &sink);                   // the last bracket
 *     w3d_trace_destroy(trace);
 *
 * Each attached thread writes 32-byte records into a ring of its own and waits for nobody; one
 * thread reads them all with w3d_trace_write. A full ring drops what is new and counts it. On a
 * thread that is not attached, and with W3D_TRACE 0, all of this does nothing.
 *
 * Names are static texts: they must live until w3d_trace_write has seen them.
 *
 * Source  Trace Event Format (Chromium project): complete events "X", counters "C", instants "i",
 *         metadata "M". chrome://tracing and ui.perfetto.dev open the file. */
#ifndef W3D_TRACE_H
#define W3D_TRACE_H

#include "core/base.h"

/* Most categories; a category is a number below. */
#define W3D_TRACE_CATEGORIES 32

typedef struct w3d_trace w3d_trace;

typedef struct w3d_trace_desc {
    w3d_allocator allocator;
    uint32_t ring_size;    /* records a thread may be ahead; 0: 16384; rounded up to a power of two */
    uint32_t max_threads;  /* attached at a time; 0: 64 */
    int      system_clock; /* 1: w3d_thread_now instead of the processor's counter: slower, right also
                              where that counter stands still or differs between cores             */
    const char *categories[W3D_TRACE_CATEGORIES]; /* static names; NULL: "w3d" */
} w3d_trace_desc;

/* Where JSON goes. Gives W3D_OK, or why it cannot take more. */
typedef struct w3d_trace_sink {
    w3d_result (*write)(void *user, const void *bytes, size_t size);
    void *user;
} w3d_trace_sink;

/* What w3d_trace_statistics knows of one name. Times in nanoseconds. */
typedef struct w3d_trace_zone {
    const char *name;
    uint32_t category;
    uint32_t last_count;          /* in the last call of w3d_trace_write */
    uint64_t last_ns, last_max_ns;
    uint64_t count, ns, max_ns;   /* since the trace was made            */
} w3d_trace_zone;

typedef struct w3d_trace_statistics_result {
    uint64_t records, dropped;                       /* since the trace was made       */
    uint64_t frames;                                 /* frames seen                    */
    uint64_t frame_ns, mean_ns, min_ns, max_ns, p95_ns; /* the last; of the last 256   */
    uint32_t zone_count;                             /* names seen                     */
    uint32_t threads;                                /* attached now                   */
} w3d_trace_statistics_result;

/* Makes a trace; to be freed by w3d_trace_destroy.
 *
 *   desc   in   NULL: all defaults
 *   trace  out
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY; W3D_ERR_ARGUMENT where ring_size is above 2^24 or max_threads
 *         above 65536. */
W3D_API w3d_result w3d_trace_create(const w3d_trace_desc *desc, w3d_trace **trace);

/* Frees a trace. NULL is allowed.
 *
 * Errors  W3D_ERR_BUSY: a thread is still attached; nothing has changed. A thread that ends without
 *         detaching stays attached. */
W3D_API w3d_result w3d_trace_destroy(w3d_trace *trace);

/* Gives the calling thread a ring in the trace, and takes it away. A thread has one trace at a
 * time.
 *
 *   name  in  shown as the thread's name; copied, 31 bytes at most
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY; W3D_ERR_CAPACITY: max_threads are attached, or the rings of those
 *         that went have not been written out yet; W3D_ERR_BUSY: this thread is attached already. */
W3D_API w3d_result w3d_trace_attach(w3d_trace *trace, const char *name);
W3D_API void w3d_trace_detach(void);

/* Which categories are recorded, a bit each; at first all. Thread: any. */
W3D_API void w3d_trace_enable(w3d_trace *trace, uint32_t category_mask);

/* The begin and the end of a zone, on the same thread; zones nest. Through the macros below they
 * can be compiled out.
 *
 *   start gives 0 where nothing is to be recorded, which finish then ignores
 *
 * Cost    both together about 20 ns where the processor's counter can be read, of which reading it
 *         twice is most. */
W3D_API uint64_t w3d_trace_start(uint32_t category);
W3D_API void w3d_trace_finish(uint64_t start, uint32_t category, const char *name);

/* A value that changes over time, drawn as a curve; NaN and infinities are written as 0. And a mark
 * at one moment; and the boundary between two frames, which feeds w3d_trace_statistics: to be
 * called by one thread. */
W3D_API void w3d_trace_counter(uint32_t category, const char *name, double value);
W3D_API void w3d_trace_instant(uint32_t category, const char *name);
W3D_API void w3d_trace_frame(const char *name);

/* Takes what all threads have recorded since the last call, adds it to the statistics, and writes
 * it as JSON. Call it about once a frame, or when a ring may fill.
 *
 *   sink  in  NULL: statistics alone
 *
 * Errors  what the sink gave: records already taken are lost, the file so far is intact.
 * Cost    about 50 ns a record. The first call waits until the trace is a millisecond old, to know
 *         how fast the processor's counter runs.
 * Thread  one at a time; others may go on recording. */
W3D_API w3d_result w3d_trace_write(w3d_trace *trace, const w3d_trace_sink *sink);

/* As w3d_trace_write, and closes the JSON text. A file without this end is read by both viewers
 * too. */
W3D_API w3d_result w3d_trace_end(w3d_trace *trace, const w3d_trace_sink *sink);

/* Figures up to the last w3d_trace_write.
 *
 *   zones     out  the first `capacity` names in the order they were first seen; NULL with 0
 *
 * Range   names beyond 255 are counted together under the name "other".
 * Thread  as w3d_trace_write. */
W3D_API void w3d_trace_statistics(const w3d_trace *trace, w3d_trace_statistics_result *result,
                                  w3d_trace_zone *zones, uint32_t capacity);

/* What programs write, so that W3D_TRACE 0 leaves nothing of it. W3D_TRACE_BEGIN declares `zone`.
 * */
#if W3D_TRACE
#define W3D_TRACE_BEGIN(zone, category)       uint64_t zone = w3d_trace_start(category)
#define W3D_TRACE_END(zone, category, name)   w3d_trace_finish(zone, category, name)
#define W3D_TRACE_COUNTER(category, name, value) w3d_trace_counter(category, name, value)
#define W3D_TRACE_INSTANT(category, name)     w3d_trace_instant(category, name)
#define W3D_TRACE_FRAME(name)                 w3d_trace_frame(name)
#else
#define W3D_TRACE_BEGIN(zone, category)       ((void)0)
#define W3D_TRACE_END(zone, category, name)   ((void)0)
#define W3D_TRACE_COUNTER(category, name, value) ((void)0)
#define W3D_TRACE_INSTANT(category, name)     ((void)0)
#define W3D_TRACE_FRAME(name)                 ((void)0)
#endif

#endif /* W3D_TRACE_H */
