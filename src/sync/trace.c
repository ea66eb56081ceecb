/* trace.c - a ring a thread, one reader, and JSON without printf.
 *
 * A zone is recorded once, when it ends, with both its times: half the records, and nesting is then
 * a matter of the times alone. They are turned from ticks to nanoseconds by one line, fixed at the
 * first write: a monotone map, so that what was nested in ticks is nested in the file. */
#include "sync/trace.h"

#include "core/atomic.h"
#include "core/bits.h"
#include "core/size.h"
#include "memory/allocator.h"
#include "sync/mutex.h"
#include "sync/thread.h"

#if defined(_MSC_VER)
#include <intrin.h>
#endif

/* The processor's counter, where it can be read: an order of magnitude faster than the system's. */
#if defined(__x86_64__) || defined(__i386__)
#define W3DI_TRACE_COUNTER_IS() __builtin_ia32_rdtsc()
#elif defined(_MSC_VER) && defined(_M_X64)
#define W3DI_TRACE_COUNTER_IS() __rdtsc()
#elif defined(__aarch64__)
static inline uint64_t w3di_trace_counter_read(void)
{
    uint64_t ticks;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#define W3DI_TRACE_COUNTER_IS() w3di_trace_counter_read()
#endif

#if !W3D_THREADS
#define W3DI_TRACE_LOCAL static
#elif defined(_MSC_VER)
#define W3DI_TRACE_LOCAL static __declspec(thread)
#elif defined(__wasm__) && !defined(__EMSCRIPTEN__)
#define W3DI_TRACE_LOCAL static __thread __attribute__((tls_model("local-exec")))
#else
#define W3DI_TRACE_LOCAL static __thread
#endif

#define W3DI_TRACE_ZONES  256u
#define W3DI_TRACE_FRAMES 256u
#define W3DI_TRACE_BUFFER 16384u
#define W3DI_TRACE_LINE   1024u /* one event fits: its two texts are at most 257 bytes each */

enum { W3DI_TRACE_ZONE, W3DI_TRACE_COUNTER, W3DI_TRACE_INSTANT, W3DI_TRACE_FRAME };

typedef struct w3di_trace_record {
    uint64_t    start;
    uint64_t    value; /* end of a zone in ticks, bits of a counter's value */
    const char *name;
    uint16_t    kind, category;
#if UINTPTR_MAX > 0xFFFFFFFFu
    uint32_t    zero;
#endif
} w3di_trace_record;

/* State of a ring: free for a thread, in use, or its thread has gone and records may be left. */
enum { W3DI_TRACE_FREE, W3DI_TRACE_USED, W3DI_TRACE_LEFT };

typedef struct w3di_trace_ring {
    uint32_t head; /* written by the thread alone */
    uint32_t known_tail, mask;
    uint32_t dropped;
    int      system_clock;
    struct w3d_trace *trace;
    w3di_trace_record *records;
    char     name[32];
    unsigned char apart[64];
    uint32_t tail; /* written by the reader alone */
    uint32_t state, seen_dropped, named, number; /* named: in this file */
} w3di_trace_ring;

struct w3d_trace {
    w3d_allocator allocator;
    w3d_mutex mutex; /* attaching and detaching */
    uint32_t  enabled, ring_size, max_threads, ring_count, attached;
    int       system_clock;
    const char *categories[W3D_TRACE_CATEGORIES];
    uint64_t  ticks_zero, ns_zero, records, dropped;
    double    ns_per_tick; /* 0: not yet known */
    uint64_t  frames, frame_start, frame_ns[W3DI_TRACE_FRAMES];
    w3d_trace_zone zones[W3DI_TRACE_ZONES]; /* in the order first seen */
    uint16_t  zone_at[W3DI_TRACE_ZONES * 2]; /* by hash: 1 + index into zones */
    uint32_t  zone_count;
    int       begun; /* the sink has taken the beginning */
    uint32_t  file, threads; /* names of threads are written once a file; numbers given out */
    size_t    used;
    char      buffer[W3DI_TRACE_BUFFER];
    w3di_trace_ring *rings[1]; /* max_threads of them */
};

W3DI_TRACE_LOCAL w3di_trace_ring *w3di_trace_here;

/* ---- recording ---- */

static uint64_t w3di_trace_ticks(int system_clock)
{
#if defined(W3DI_TRACE_COUNTER_IS)
    if (!system_clock) return W3DI_TRACE_COUNTER_IS();
#endif
    (void)system_clock;
    return w3d_thread_now();
}

static void w3di_trace_push(w3di_trace_ring *ring, int kind, uint32_t category, const char *name,
                            uint64_t start, uint64_t value)
{
    uint32_t head = ring->head;
    if (head - ring->known_tail > ring->mask) {
        ring->known_tail = w3d_atomic_load_u32(&ring->tail);
        if (head - ring->known_tail > ring->mask) {
            w3d_atomic_store_relaxed_u32(&ring->dropped, ring->dropped + 1);
            return;
        }
    }
    w3di_trace_record *record = &ring->records[head & ring->mask];
    record->start = start;
    record->value = value;
    record->name = name;
    record->kind = (uint16_t)kind;
    record->category = (uint16_t)(category % W3D_TRACE_CATEGORIES);
    w3d_atomic_store_u32(&ring->head, head + 1);
}

/* The calling thread's ring where the category is on, else NULL. */
static w3di_trace_ring *w3di_trace_on(uint32_t category)
{
    w3di_trace_ring *ring = w3di_trace_here;
    if (!ring) return NULL;
    uint32_t enabled = w3d_atomic_load_relaxed_u32(&ring->trace->enabled);
    return enabled >> (category % W3D_TRACE_CATEGORIES) & 1u ? ring : NULL;
}

W3D_API uint64_t w3d_trace_start(uint32_t category)
{
    w3di_trace_ring *ring = w3di_trace_on(category);
    return ring ? w3di_trace_ticks(ring->system_clock) : 0;
}

W3D_API void w3d_trace_finish(uint64_t start, uint32_t category, const char *name)
{
    w3di_trace_ring *ring = w3di_trace_here;
    if (!start || !ring) return;
    w3di_trace_push(ring, W3DI_TRACE_ZONE, category, name, start,
                    w3di_trace_ticks(ring->system_clock));
}

W3D_API void w3d_trace_counter(uint32_t category, const char *name, double value)
{
    w3di_trace_ring *ring = w3di_trace_on(category);
    if (!ring) return;
    w3di_trace_push(ring, W3DI_TRACE_COUNTER, category, name,
                    w3di_trace_ticks(ring->system_clock), w3d_bits_f64(value));
}

W3D_API void w3d_trace_instant(uint32_t category, const char *name)
{
    w3di_trace_ring *ring = w3di_trace_on(category);
    if (!ring) return;
    w3di_trace_push(ring, W3DI_TRACE_INSTANT, category, name,
                    w3di_trace_ticks(ring->system_clock), 0);
}

W3D_API void w3d_trace_frame(const char *name)
{
    w3di_trace_ring *ring = w3di_trace_here;
    if (!ring) return;
    w3di_trace_push(ring, W3DI_TRACE_FRAME, 0, name, w3di_trace_ticks(ring->system_clock), 0);
}

/* ---- making, attaching ---- */

static size_t w3di_trace_size(uint32_t max_threads)
{
    return sizeof(w3d_trace) + (size_t)(max_threads - 1u) * sizeof(w3di_trace_ring *);
}

W3D_API w3d_result w3d_trace_create(const w3d_trace_desc *desc, w3d_trace **trace)
{
    W3D_ASSERT(trace);
    if (!trace) return W3D_ERR_ARGUMENT;
    w3d_trace_desc defaults;
    w3d_fill(&defaults, 0, sizeof defaults);
    if (!desc) desc = &defaults;
    if (desc->ring_size > 1u << 24 || desc->max_threads > 1u << 16) return W3D_ERR_ARGUMENT;
    uint32_t threads = desc->max_threads ? desc->max_threads : 64u;
    uint32_t size = w3d_bits_next_power(desc->ring_size ? desc->ring_size : 16384u);
    w3d_trace *made = (w3d_trace *)w3d_allocator_resize(&desc->allocator, NULL, 0,
                                                        w3di_trace_size(threads));
    if (!made) return W3D_ERR_OUT_OF_MEMORY;
    w3d_fill(made, 0, w3di_trace_size(threads));
    made->allocator = desc->allocator;
    made->enabled = UINT32_MAX;
    made->file = 1;
    made->ring_size = size;
    made->max_threads = threads;
    made->system_clock = desc->system_clock;
    for (uint32_t i = 0; i < W3D_TRACE_CATEGORIES; i++)
        made->categories[i] = desc->categories[i] ? desc->categories[i] : "w3d";
    made->ns_zero = w3d_thread_now();
    made->ticks_zero = w3di_trace_ticks(made->system_clock);
    *trace = made;
    return W3D_OK;
}

W3D_API w3d_result w3d_trace_destroy(w3d_trace *trace)
{
    if (!trace) return W3D_OK;
    w3d_mutex_lock(&trace->mutex);
    uint32_t attached = trace->attached;
    w3d_mutex_unlock(&trace->mutex);
    if (attached) return W3D_ERR_BUSY;
    for (uint32_t i = 0; i < trace->ring_count; i++) {
        w3di_trace_ring *ring = trace->rings[i];
        w3d_allocator_resize(&trace->allocator, ring->records,
                             sizeof(w3di_trace_record) * trace->ring_size, 0);
        w3d_allocator_resize(&trace->allocator, ring, sizeof *ring, 0);
    }
    w3d_allocator allocator = trace->allocator;
    w3d_allocator_resize(&allocator, trace, w3di_trace_size(trace->max_threads), 0);
    return W3D_OK;
}

/* A ring nobody uses, or a new one; NULL and *result where there is none. Under the mutex. */
static w3di_trace_ring *w3di_trace_ring_get(w3d_trace *trace, w3d_result *result)
{
    for (uint32_t i = 0; i < trace->ring_count; i++)
        if (w3d_atomic_load_u32(&trace->rings[i]->state) == W3DI_TRACE_FREE) return trace->rings[i];
    *result = trace->ring_count == trace->max_threads ? W3D_ERR_CAPACITY : W3D_ERR_OUT_OF_MEMORY;
    if (*result == W3D_ERR_CAPACITY) return NULL;
    w3di_trace_ring *ring =
        (w3di_trace_ring *)w3d_allocator_resize(&trace->allocator, NULL, 0, sizeof *ring);
    if (!ring) return NULL;
    w3d_fill(ring, 0, sizeof *ring);
    size_t size;
    if (w3d_size_multiply(trace->ring_size, sizeof(w3di_trace_record), &size))
        ring->records = (w3di_trace_record *)w3d_allocator_resize(&trace->allocator, NULL, 0, size);
    if (!ring->records) {
        w3d_allocator_resize(&trace->allocator, ring, sizeof *ring, 0);
        return NULL;
    }
    ring->mask = trace->ring_size - 1u;
    ring->trace = trace;
    ring->system_clock = trace->system_clock;
    trace->rings[trace->ring_count] = ring;
    w3d_atomic_store_u32(&trace->ring_count, trace->ring_count + 1);
    return ring;
}

W3D_API w3d_result w3d_trace_attach(w3d_trace *trace, const char *name)
{
    w3d_result result = W3D_OK;
    W3D_ASSERT(trace);
    if (!trace) return W3D_ERR_ARGUMENT;
    if (w3di_trace_here) return W3D_ERR_BUSY;
    w3d_mutex_lock(&trace->mutex);
    w3di_trace_ring *ring = w3di_trace_ring_get(trace, &result);
    if (ring) {
        result = W3D_OK;
        w3d_fill(ring->name, 0, sizeof ring->name);
        for (size_t i = 0; name && name[i] && i + 1 < sizeof ring->name; i++)
            ring->name[i] = name[i];
        ring->known_tail = ring->tail;
        ring->named = 0;
        ring->number = ++trace->threads;
        w3d_atomic_store_u32(&trace->attached, trace->attached + 1);
        w3d_atomic_store_u32(&ring->state, W3DI_TRACE_USED);
        w3di_trace_here = ring;
    }
    w3d_mutex_unlock(&trace->mutex);
    return result;
}

W3D_API void w3d_trace_detach(void)
{
    w3di_trace_ring *ring = w3di_trace_here;
    if (!ring) return;
    w3di_trace_here = NULL;
    w3d_trace *trace = ring->trace;
    w3d_mutex_lock(&trace->mutex);
    w3d_atomic_store_u32(&trace->attached, trace->attached - 1);
    w3d_atomic_store_u32(&ring->state, W3DI_TRACE_LEFT);
    w3d_mutex_unlock(&trace->mutex);
}

W3D_API void w3d_trace_enable(w3d_trace *trace, uint32_t category_mask)
{
    W3D_ASSERT(trace);
    if (trace) w3d_atomic_store_relaxed_u32(&trace->enabled, category_mask);
}

/* ---- JSON ---- */

static w3d_result w3di_trace_flush(w3d_trace *trace, const w3d_trace_sink *sink)
{
    size_t used = trace->used;
    trace->used = 0;
    if (!sink || !used) return W3D_OK;
    w3d_result result = sink->write(sink->user, trace->buffer, used);
    if (result == W3D_OK) trace->begun = 1;
    return result;
}

static char *w3di_trace_put(char *out, const char *text, size_t size)
{
    w3d_copy(out, text, size);
    return out + size;
}
#define W3DI_TRACE_PUT(out, literal) w3di_trace_put(out, "" literal, sizeof(literal) - 1u)

/* A text in quotes; what JSON does not allow is escaped, and so is every byte beyond ASCII that is
 * not part of a valid UTF-8 sequence of a C string: taken as Latin-1. */
static char *w3di_trace_text(char *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = (const unsigned char *)(text ? text : "?");
    size_t left = 255; /* bytes of output, so that a line always fits */
    *out++ = '"';
    while (*in && left >= 6) {
        unsigned c = *in;
        size_t size = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 1;
        int plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        if (c >= 0xC2 && c < 0xF5) {
            plain = 1;
            for (size_t i = 1; i < size && plain; i++) plain = (in[i] & 0xC0u) == 0x80;
            if ((c == 0xE0 && in[1] < 0xA0) || (c == 0xED && in[1] > 0x9F) ||
                (c == 0xF0 && in[1] < 0x90) || (c == 0xF4 && in[1] > 0x8F))
                plain = 0;
        }
        if (plain) {
            for (size_t i = 0; i < size; i++) *out++ = (char)*in++;
            left -= size;
            continue;
        }
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
            left -= 2;
        } else {
            out = W3DI_TRACE_PUT(out, "\\u00");
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
            left -= 6;
        }
        in++;
    }
    *out++ = '"';
    return out;
}

static char *w3di_trace_number(char *out, uint64_t number)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
        "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
        "949596979899";
    char reversed[20];
    size_t at = sizeof reversed;
    while (number >= 100) {
        uint64_t rest = number / 100;
        at -= 2;
        w3d_copy(reversed + at, pairs + (number - rest * 100) * 2, 2);
        number = rest;
    }
    if (number >= 10) {
        at -= 2;
        w3d_copy(reversed + at, pairs + number * 2, 2);
    } else
        reversed[--at] = (char)('0' + number);
    return w3di_trace_put(out, reversed + at, sizeof reversed - at);
}

/* Nanoseconds as microseconds with three digits after the point. */
static char *w3di_trace_us(char *out, uint64_t ns)
{
    uint32_t rest = (uint32_t)(ns % 1000u);
    out = w3di_trace_number(out, ns / 1000u);
    *out++ = '.';
    *out++ = (char)('0' + rest / 100);
    *out++ = (char)('0' + rest / 10 % 10);
    *out++ = (char)('0' + rest % 10);
    return out;
}

/* A counter's value to nine significant digits, which is what viewers draw. */
static char *w3di_trace_value(char *out, double value)
{
    int exponent = 0;
    if (!(value - value == 0)) value = 0;
    if (value < 0) {
        *out++ = '-';
        value = -value;
    }
    if (value < 9e15 && (double)(uint64_t)value == value)
        return w3di_trace_number(out, (uint64_t)value);
    for (; value >= 1e10; exponent++) value /= 10;
    for (; value < 1e9; exponent--) value *= 10;
    out = w3di_trace_number(out, (uint64_t)value);
    *out++ = 'e';
    if (exponent < 0) {
        *out++ = '-';
        exponent = -exponent;
    }
    return w3di_trace_number(out, (uint64_t)exponent);
}

/* Room for one event in the buffer, with the comma before it; NULL where the sink failed. */
static char *w3di_trace_event(w3d_trace *trace, const w3d_trace_sink *sink, w3d_result *result)
{
    if (trace->used + W3DI_TRACE_LINE > W3DI_TRACE_BUFFER)
        *result = w3di_trace_flush(trace, sink);
    if (*result != W3D_OK) return NULL;
    char *out = trace->buffer + trace->used;
    if (trace->begun || trace->used) return W3DI_TRACE_PUT(out, ",\n");
    return W3DI_TRACE_PUT(out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
}

static char *w3di_trace_place(char *out, uint32_t thread, uint64_t ns)
{
    out = W3DI_TRACE_PUT(out, ",\"pid\":1,\"tid\":");
    out = w3di_trace_number(out, thread);
    out = W3DI_TRACE_PUT(out, ",\"ts\":");
    return w3di_trace_us(out, ns);
}

static w3d_result w3di_trace_write_name(w3d_trace *trace, const w3d_trace_sink *sink,
                                        uint32_t thread, const char *name)
{
    w3d_result result = W3D_OK;
    char *out = w3di_trace_event(trace, sink, &result);
    if (!out) return result;
    out = W3DI_TRACE_PUT(out, "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":");
    out = w3di_trace_number(out, thread);
    out = W3DI_TRACE_PUT(out, ",\"args\":{\"name\":");
    out = w3di_trace_text(out, name);
    out = W3DI_TRACE_PUT(out, "}}");
    trace->used = (size_t)(out - trace->buffer);
    return W3D_OK;
}

static w3d_result w3di_trace_write_record(w3d_trace *trace, const w3d_trace_sink *sink,
                                          uint32_t thread, const w3di_trace_record *record,
                                          uint64_t start, uint64_t end)
{
    w3d_result result = W3D_OK;
    char *out = w3di_trace_event(trace, sink, &result);
    if (!out) return result;
    out = W3DI_TRACE_PUT(out, "{\"name\":");
    out = w3di_trace_text(out, record->name);
    out = W3DI_TRACE_PUT(out, ",\"cat\":");
    out = w3di_trace_text(out, trace->categories[record->category]);
    switch (record->kind) {
    case W3DI_TRACE_ZONE:
        out = W3DI_TRACE_PUT(out, ",\"ph\":\"X\"");
        out = w3di_trace_place(out, thread, start);
        out = W3DI_TRACE_PUT(out, ",\"dur\":");
        out = w3di_trace_us(out, end - start);
        break;
    case W3DI_TRACE_COUNTER:
        out = W3DI_TRACE_PUT(out, ",\"ph\":\"C\"");
        out = w3di_trace_place(out, thread, start);
        out = W3DI_TRACE_PUT(out, ",\"args\":{\"value\":");
        out = w3di_trace_value(out, w3d_f64_from_bits(record->value));
        *out++ = '}';
        break;
    default:
        out = W3DI_TRACE_PUT(out, ",\"ph\":\"i\"");
        out = w3di_trace_place(out, thread, start);
        if (record->kind == W3DI_TRACE_FRAME)
            out = W3DI_TRACE_PUT(out, ",\"s\":\"p\"");
        else
            out = W3DI_TRACE_PUT(out, ",\"s\":\"t\"");
    }
    *out++ = '}';
    trace->used = (size_t)(out - trace->buffer);
    return W3D_OK;
}

/* ---- statistics ---- */

static w3d_trace_zone *w3di_trace_zone_of(w3d_trace *trace, const char *name, uint32_t category)
{
    uint32_t mask = W3DI_TRACE_ZONES * 2u - 1u;
    uint32_t at = (uint32_t)((uint64_t)(uintptr_t)name * 0x9E3779B97F4A7C15u >> 40) & mask;
    for (; trace->zone_at[at]; at = (at + 1) & mask) {
        w3d_trace_zone *zone = &trace->zones[trace->zone_at[at] - 1];
        if (zone->name == name && zone->category == category) return zone;
    }
    uint32_t index = trace->zone_count;
    if (index < W3DI_TRACE_ZONES - 1u) trace->zone_at[at] = (uint16_t)(index + 1);
    if (index < W3DI_TRACE_ZONES) trace->zone_count++;
    if (index >= W3DI_TRACE_ZONES - 1u) {
        index = W3DI_TRACE_ZONES - 1u;
        name = "other";
    }
    trace->zones[index].name = name;
    trace->zones[index].category = category;
    return &trace->zones[index];
}

static void w3di_trace_add_zone(w3d_trace *trace, const w3di_trace_record *record, uint64_t ns)
{
    w3d_trace_zone *zone = w3di_trace_zone_of(trace, record->name, record->category);
    zone->count++;
    zone->ns += ns;
    if (ns > zone->max_ns) zone->max_ns = ns;
    zone->last_count++;
    zone->last_ns += ns;
    if (ns > zone->last_max_ns) zone->last_max_ns = ns;
}

static void w3di_trace_add_frame(w3d_trace *trace, uint64_t ns)
{
    if (ns < trace->frame_start) return; /* of another thread, or the counters of two cores */
    if (trace->frame_start) {
        trace->frame_ns[trace->frames % W3DI_TRACE_FRAMES] = ns - trace->frame_start;
        trace->frames++;
    }
    trace->frame_start = ns;
}

W3D_API void w3d_trace_statistics(const w3d_trace *trace, w3d_trace_statistics_result *result,
                                  w3d_trace_zone *zones, uint32_t capacity)
{
    W3D_ASSERT(trace && result && (zones || !capacity));
    if (!trace || !result || (!zones && capacity)) return;
    w3d_fill(result, 0, sizeof *result);
    result->records = trace->records;
    result->dropped = trace->dropped;
    result->frames = trace->frames;
    result->zone_count = trace->zone_count;
    result->threads = w3d_atomic_load_u32(&trace->attached);
    if (capacity > trace->zone_count) capacity = trace->zone_count;
    w3d_copy(zones, trace->zones, capacity * sizeof *zones);
    if (!trace->frames) return;
    uint64_t sorted[W3DI_TRACE_FRAMES], sum = 0;
    uint32_t count = trace->frames < W3DI_TRACE_FRAMES ? (uint32_t)trace->frames : W3DI_TRACE_FRAMES;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t ns = trace->frame_ns[i];
        uint32_t at = i;
        sum += ns;
        for (; at > 0 && sorted[at - 1] > ns; at--) sorted[at] = sorted[at - 1];
        sorted[at] = ns;
    }
    result->frame_ns = trace->frame_ns[(trace->frames - 1) % W3DI_TRACE_FRAMES];
    result->mean_ns = sum / count;
    result->min_ns = sorted[0];
    result->max_ns = sorted[count - 1];
    result->p95_ns = sorted[(count * 95u + 99u) / 100u - 1u];
}

/* ---- writing ---- */

/* Fixes the line from ticks to nanoseconds, once the two clocks are far enough apart to tell. */
static void w3di_trace_calibrate(w3d_trace *trace)
{
    if (trace->ns_per_tick > 0) return;
    trace->ns_per_tick = 1;
#if defined(W3DI_TRACE_COUNTER_IS)
    uint64_t now, ticks;
    if (trace->system_clock) return;
    do {
        now = w3d_thread_now();
        ticks = w3di_trace_ticks(0);
    } while (now - trace->ns_zero < 1000000u);
    if (ticks > trace->ticks_zero)
        trace->ns_per_tick = (double)(now - trace->ns_zero) / (double)(ticks - trace->ticks_zero);
#endif
}

/* Nanoseconds since the trace was made. */
static uint64_t w3di_trace_ns(const w3d_trace *trace, uint64_t ticks)
{
    return ticks < trace->ticks_zero
               ? 0
               : (uint64_t)((double)(ticks - trace->ticks_zero) * trace->ns_per_tick);
}

static w3d_result w3di_trace_take(w3d_trace *trace, const w3d_trace_sink *sink, uint32_t index)
{
    w3di_trace_ring *ring = trace->rings[index];
    uint32_t state = w3d_atomic_load_u32(&ring->state); /* before head: LEFT means head is final */
    uint32_t head = w3d_atomic_load_u32(&ring->head), tail = ring->tail;
    uint32_t dropped = w3d_atomic_load_relaxed_u32(&ring->dropped);
    w3d_result result = W3D_OK;
    if (state == W3DI_TRACE_FREE) return W3D_OK;
    trace->dropped += dropped - ring->seen_dropped;
    ring->seen_dropped = dropped;
    if (ring->named != trace->file && tail != head && sink) {
        result = w3di_trace_write_name(trace, sink, ring->number, ring->name);
        if (result == W3D_OK) ring->named = trace->file;
    }
    for (; tail != head; tail++) {
        const w3di_trace_record *record = &ring->records[tail & ring->mask];
        uint64_t start = w3di_trace_ns(trace, record->start), end = start;
        trace->records++;
        if (record->kind == W3DI_TRACE_ZONE) {
            end = w3di_trace_ns(trace, record->value);
            if (end < start) end = start; /* the counters of two cores were apart */
            w3di_trace_add_zone(trace, record, end - start);
        } else if (record->kind == W3DI_TRACE_FRAME)
            w3di_trace_add_frame(trace, start + 1); /* 0 is no frame yet */
        if (sink && result == W3D_OK)
            result = w3di_trace_write_record(trace, sink, ring->number, record, start, end);
    }
    w3d_atomic_store_u32(&ring->tail, tail);
    if (state == W3DI_TRACE_LEFT) w3d_atomic_store_u32(&ring->state, W3DI_TRACE_FREE);
    return result;
}

W3D_API w3d_result w3d_trace_write(w3d_trace *trace, const w3d_trace_sink *sink)
{
    W3D_ASSERT(trace && (!sink || sink->write));
    if (!trace || (sink && !sink->write)) return W3D_ERR_ARGUMENT;
    w3di_trace_calibrate(trace);
    for (uint32_t i = 0; i < trace->zone_count; i++) {
        trace->zones[i].last_count = 0;
        trace->zones[i].last_ns = trace->zones[i].last_max_ns = 0;
    }
    w3d_result result = W3D_OK;
    uint32_t count = w3d_atomic_load_u32(&trace->ring_count);
    for (uint32_t i = 0; i < count; i++) {
        w3d_result one = w3di_trace_take(trace, result == W3D_OK ? sink : NULL, i);
        if (result == W3D_OK) result = one;
    }
    w3d_result flushed = w3di_trace_flush(trace, result == W3D_OK ? sink : NULL);
    if (result == W3D_OK) result = flushed;
    if (result != W3D_OK) trace->file++; /* names may be among what was lost */
    return result;
}

W3D_API w3d_result w3d_trace_end(w3d_trace *trace, const w3d_trace_sink *sink)
{
    w3d_result result = w3d_trace_write(trace, sink);
    if (result != W3D_OK || !sink) return result;
    char *out = trace->buffer;
    if (!trace->begun) out = W3DI_TRACE_PUT(out, "{\"traceEvents\":[");
    out = W3DI_TRACE_PUT(out, "\n]}\n");
    trace->used = (size_t)(out - trace->buffer);
    result = w3di_trace_flush(trace, sink);
    if (result == W3D_OK) trace->begun = 0, trace->file++;
    return result;
}

#undef W3DI_TRACE_LOCAL
#undef W3DI_TRACE_COUNTER_IS
#undef W3DI_TRACE_ZONES
#undef W3DI_TRACE_FRAMES
#undef W3DI_TRACE_BUFFER
#undef W3DI_TRACE_LINE
#undef W3DI_TRACE_PUT
