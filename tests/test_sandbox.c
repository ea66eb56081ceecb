/* test_sandbox.c - regions, windows and checks against a map of single bytes; the log
 * under writers; views. Faults are in test_sandbox_fault.c. */
#include "test.h"

#include "core/atomic.h"
#include "memory/allocator.h"
#include "memory/sandbox.h"
#include "sync/thread.h"

#if !defined(__wasm__) && !defined(_WIN32)
#define HAS_PAGES 1
#include <unistd.h>
#elif defined(_WIN32)
#include <process.h>
#endif

#define UNLOGGED() CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_ERR_NOT_FOUND)

static w3d_sandbox *make(uint32_t capacity, w3d_sandbox_log log)
{
    w3d_sandbox_desc desc;
    w3d_sandbox *sandbox = NULL;
    memset(&desc, 0, sizeof desc);
    desc.audit_capacity = capacity;
    desc.log = log;
    CHECK(w3d_sandbox_create(&desc, &sandbox) == W3D_OK);
    return sandbox;
}

/* Registers bytes that need not exist. */
static w3d_result add(w3d_sandbox *sandbox, uintptr_t begin, size_t size,
                      w3d_sandbox_access permission, w3d_sandbox_rounding rounding,
                      w3d_sandbox_region *region)
{
    w3d_sandbox_region_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.address = (const void *)begin;
    desc.size = size;
    desc.tag = W3D_SANDBOX_TAG('t', 'e', 's', 't');
    desc.permission = permission;
    desc.rounding = rounding;
    desc.not_poisoned = 1;
    return w3d_sandbox_register_region(sandbox, &desc, region);
}

static int may(w3d_sandbox *sandbox, uintptr_t begin, size_t size, w3d_sandbox_access access)
{
    w3d_result result = w3d_sandbox_check(sandbox, (const void *)begin, size, access);
    CHECK(result == W3D_OK || result == W3D_ERR_ACCESS);
    return result == W3D_OK;
}

/* ---- the model: a byte a byte ---- */

enum { SPACE = 3 * 65536, MOST = 200 };

typedef struct model {
    uint32_t owner[SPACE]; /* region id, 0 none */
    uint8_t permission[SPACE];
    struct {
        w3d_sandbox_region region;
        size_t begin, size;
    } list[MOST];
    int count;
} model;

static int model_may(const model *m, size_t begin, size_t size, uint32_t access)
{
    if (!size) return 1;
    if (begin >= SPACE || size > SPACE - begin || !m->owner[begin]) return 0;
    for (size_t i = begin; i < begin + size; i++)
        if (m->owner[i] != m->owner[begin] || (m->permission[i] & access) != access) return 0;
    return 1;
}

static const w3d_sandbox_access permissions[3] = { W3D_SANDBOX_NONE, W3D_SANDBOX_READ,
                                                   W3D_SANDBOX_READ_WRITE };

static size_t random_size(void)
{
    uint32_t most = 1u << test_random_below(17);
    return 1 + test_random_below(most);
}

static void checks_agree_with_single_bytes(void)
{
    static model m;
    for (int round = 0; round < 6; round++) {
        /* Low, in the middle, across 4 GiB, and up to the last byte of memory. */
        uintptr_t bases[5] = { 0, 0x7654000, sizeof(void *) > 4 ? (uintptr_t)0xFFFF0000u : 0x8000,
                               (uintptr_t)0 - SPACE, (uintptr_t)0x12340000u };
        uintptr_t base = bases[round % 5];
        w3d_sandbox *sandbox = make(16, W3D_SANDBOX_LOG_DENIED);
        memset(&m, 0, sizeof m);
        for (int step = 0; step < 1500; step++) {
            uint32_t what = test_random_below(10);
            size_t begin = test_random_below(SPACE), size = random_size();
            w3d_sandbox_access permission = permissions[test_random_below(3)];
            if (test_random_below(2)) begin &= ~(size_t)63, size = (size + 63) & ~(size_t)63;
            if (size > SPACE - begin) size = SPACE - begin;
            if (what < 2 && m.count && test_random_below(2)) { /* a neighbour that touches */
                int i = (int)test_random_below((uint32_t)m.count);
                begin = m.list[i].begin + m.list[i].size;
                if (test_random_below(2)) size = 1 + test_random_below(100);
                if (begin >= SPACE) continue;
            }
            if (size > SPACE - begin) size = SPACE - begin;
            if (what < 2 && m.count < MOST) {
                w3d_sandbox_region region = { 0xDEAD };
                int overlaps = 0;
                for (size_t i = begin; i < begin + size; i++) overlaps |= m.owner[i] != 0;
                w3d_result result =
                    add(sandbox, base + begin, size, permission, W3D_SANDBOX_EXACT, &region);
                CHECK(result == (overlaps ? W3D_ERR_RANGE : W3D_OK));
                if (result != W3D_OK) {
                    CHECK(region.id == 0xDEAD);
                    continue;
                }
                for (size_t i = begin; i < begin + size; i++)
                    m.owner[i] = region.id, m.permission[i] = (uint8_t)permission;
                m.list[m.count].region = region;
                m.list[m.count].begin = begin;
                m.list[m.count++].size = size;
            } else if (what == 2 && m.count > 5) {
                int i = (int)test_random_below((uint32_t)m.count);
                CHECK(w3d_sandbox_unregister(sandbox, m.list[i].region) == W3D_OK);
                CHECK(w3d_sandbox_unregister(sandbox, m.list[i].region) == W3D_ERR_STALE);
                memset(m.owner + m.list[i].begin, 0, m.list[i].size * sizeof *m.owner);
                m.list[i] = m.list[--m.count];
            } else if (what < 5 && m.count) {
                int i = (int)test_random_below((uint32_t)m.count);
                size_t offset = test_random_below((uint32_t)m.list[i].size), length = random_size();
                uint32_t align = test_random_below(4);
                size_t left = m.list[i].size - offset;
                if (align) { /* mostly where windows may be */
                    size_t first = (m.list[i].begin + offset) & ~(size_t)63;
                    offset = first < m.list[i].begin ? 0 : first - m.list[i].begin;
                    left = m.list[i].size - offset;
                    length = ((m.list[i].begin + offset + length + 63) & ~(size_t)63) -
                             m.list[i].begin - offset;
                    if (length > left || align == 1) length = left;
                }
                size_t first = m.list[i].begin + offset, end = first + length;
                int good = length <= left && (!offset || first % 64 == 0) &&
                           (length == left || end % 64 == 0);
                CHECK(w3d_sandbox_window(sandbox, m.list[i].region, offset, length, permission) ==
                      (good ? W3D_OK : W3D_ERR_RANGE));
                if (good) memset(m.permission + first, (int)permission, length);
            } else {
                /* Aim at edges. */
                if (m.count && test_random_below(2)) {
                    int i = (int)test_random_below((uint32_t)m.count);
                    size_t edge = m.list[i].begin + (test_random_below(2) ? m.list[i].size : 0);
                    begin = (edge + SPACE - test_random_below(80)) % SPACE;
                    size = 1 + test_random_below(test_random_below(2) ? 160 : 5000);
                    if (size > SPACE - begin) size = SPACE - begin;
                }
                uint32_t access = test_random_below(4);
                CHECK(may(sandbox, base + begin, size, (w3d_sandbox_access)access) ==
                      model_may(&m, begin, size, access));
            }
        }
        w3d_sandbox_destroy(sandbox);
    }
}

static void regions_that_touch_stay_two(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region low, high, middle;
    for (uintptr_t border = 0x20000; border < 0x20041; border += 16) {
        CHECK(add(sandbox, border - 200, 200, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &low) == W3D_OK);
        CHECK(add(sandbox, border + 3, 200, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &high) == W3D_OK);
        CHECK(add(sandbox, border, 3, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &middle) == W3D_OK);
        CHECK(!may(sandbox, border - 1, 2, W3D_SANDBOX_READ));
        CHECK(!may(sandbox, border - 200, 403, W3D_SANDBOX_READ));
        CHECK(!may(sandbox, border - 1, 2, W3D_SANDBOX_NONE));
        CHECK(may(sandbox, border, 3, W3D_SANDBOX_READ));
        CHECK(w3d_sandbox_unregister(sandbox, middle) == W3D_OK);
        CHECK(may(sandbox, border - 200, 200, W3D_SANDBOX_READ));
        CHECK(may(sandbox, border + 3, 200, W3D_SANDBOX_READ));
        CHECK(!may(sandbox, border, 1, W3D_SANDBOX_READ));
        CHECK(w3d_sandbox_unregister(sandbox, low) == W3D_OK);
        CHECK(may(sandbox, border + 3, 200, W3D_SANDBOX_READ));
        CHECK(w3d_sandbox_unregister(sandbox, high) == W3D_OK);
    }
    w3d_sandbox_destroy(sandbox);
}

static void addresses_never_wrap(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region top, low;
    uintptr_t page = w3d_sandbox_page_size();
    CHECK(add(sandbox, (uintptr_t)0 - page, page + 1, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &top) ==
          W3D_ERR_RANGE);
    CHECK(add(sandbox, 64, SIZE_MAX, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &top) == W3D_ERR_RANGE);
    CHECK(add(sandbox, UINTPTR_MAX - 10, 5, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &top) ==
          W3D_ERR_RANGE);
    CHECK(add(sandbox, (uintptr_t)0 - page, page, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &top) ==
          W3D_OK);
    CHECK(add(sandbox, 0, page, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &low) == W3D_OK);
    CHECK(may(sandbox, UINTPTR_MAX, 1, W3D_SANDBOX_READ) && may(sandbox, 0, 1, W3D_SANDBOX_READ));
    CHECK(may(sandbox, (uintptr_t)0 - page, page, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, UINTPTR_MAX, 2, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, UINTPTR_MAX, SIZE_MAX, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, 0, SIZE_MAX, W3D_SANDBOX_READ) &&
          !may(sandbox, 1, SIZE_MAX, W3D_SANDBOX_READ));
    CHECK(may(sandbox, 12345678, 0, W3D_SANDBOX_WRITE));
    CHECK(w3d_sandbox_check(NULL, NULL, 1, W3D_SANDBOX_READ) == W3D_ERR_ARGUMENT);
    CHECK(w3d_sandbox_check(sandbox, NULL, 1, (w3d_sandbox_access)4) == W3D_ERR_ARGUMENT);
    CHECK(add(sandbox, 0x100000, 0, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &low) == W3D_ERR_ARGUMENT);
    CHECK(add(sandbox, 0x100000, 64, W3D_SANDBOX_WRITE, W3D_SANDBOX_EXACT, &low) ==
          W3D_ERR_ARGUMENT);
    w3d_sandbox_destroy(sandbox);
    w3d_sandbox_destroy(NULL);
}

static void ranges_become_pages(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region;
    uintptr_t page = w3d_sandbox_page_size(), begin = 100 * page;
    CHECK(page >= 4096 && (page & (page - 1)) == 0);
    /* Inwards: a byte too little on either side costs the page. */
    CHECK(add(sandbox, begin + 1, 4 * page, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &region) ==
          W3D_OK);
    CHECK(!may(sandbox, begin + page - 1, 1, W3D_SANDBOX_READ));
    CHECK(may(sandbox, begin + page, 3 * page, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, begin + 4 * page, 1, W3D_SANDBOX_READ));
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
    CHECK(add(sandbox, begin + 1, 2 * page - 2, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &region) ==
          W3D_ERR_RANGE);
    CHECK(add(sandbox, 1, 2, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &region) == W3D_ERR_RANGE);
    CHECK(add(sandbox, begin + page - 1, 2, W3D_SANDBOX_READ, W3D_SANDBOX_OUTWARDS, &region) ==
          W3D_OK);
    CHECK(may(sandbox, begin, 2 * page, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, begin - 1, 1, W3D_SANDBOX_READ) &&
          !may(sandbox, begin + 2 * page, 1, W3D_SANDBOX_READ));
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);

    /* The window 0x1000..0x10000. */
    begin = 0x40000000u;
    CHECK(add(sandbox, begin, 0x20000, W3D_SANDBOX_READ_WRITE, W3D_SANDBOX_INWARDS, &region) ==
          W3D_OK);
    CHECK(w3d_sandbox_window(sandbox, region, 0x1000, 0xF000, W3D_SANDBOX_READ) == W3D_OK);
    CHECK(may(sandbox, begin, 0x1000, W3D_SANDBOX_WRITE) &&
          !may(sandbox, begin, 0x1001, W3D_SANDBOX_WRITE));
    CHECK(may(sandbox, begin, 0x20000, W3D_SANDBOX_READ));
    CHECK(!may(sandbox, begin + 0xFFFF, 1, W3D_SANDBOX_WRITE) &&
          may(sandbox, begin + 0x10000, 0x10000, W3D_SANDBOX_WRITE));
    CHECK(w3d_sandbox_window(sandbox, region, 0x1001, 0x100, W3D_SANDBOX_READ) == W3D_ERR_RANGE);
    CHECK(w3d_sandbox_window(sandbox, region, 0, 0x20001, W3D_SANDBOX_READ) == W3D_ERR_RANGE);
    CHECK(w3d_sandbox_window(sandbox, region, 0x20000, 64, W3D_SANDBOX_READ) == W3D_ERR_RANGE);
    CHECK(w3d_sandbox_window(sandbox, region, 64, SIZE_MAX - 63, W3D_SANDBOX_READ) ==
          W3D_ERR_RANGE);
    CHECK(w3d_sandbox_window(sandbox, region, 0, 64, W3D_SANDBOX_WRITE) == W3D_ERR_ARGUMENT);
    CHECK(w3d_sandbox_window(sandbox, region, 0, 0, W3D_SANDBOX_READ) == W3D_ERR_ARGUMENT);
    w3d_sandbox_destroy(sandbox);
}

static void ten_thousand_regions(void)
{
    enum { REGIONS = 10000 };
    static w3d_sandbox_region regions[REGIONS];
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    for (uint32_t i = 0; i < REGIONS; i++) { /* in an order that is neither up nor down */
        uint32_t k = i * 7919u % REGIONS;
        CHECK(add(sandbox, 0x10000000u + k * 0x2000u, 0x1000, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT,
                  &regions[k]) == W3D_OK);
    }
    for (uint32_t k = 0; k < REGIONS; k++) {
        uintptr_t begin = 0x10000000u + k * 0x2000u;
        CHECK(may(sandbox, begin, 0x1000, W3D_SANDBOX_READ) &&
              !may(sandbox, begin + 1, 0x1000, W3D_SANDBOX_READ));
        if (k % 2) CHECK(w3d_sandbox_unregister(sandbox, regions[k]) == W3D_OK);
    }
    for (uint32_t k = 0; k < REGIONS; k++)
        CHECK(may(sandbox, 0x10000000u + k * 0x2000u, 8, W3D_SANDBOX_NONE) == (k % 2 == 0));
    w3d_sandbox_destroy(sandbox);
}

static void numbers_are_never_given_twice(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region, first = { 0 }, before = { 0 };
    for (int i = 0; i < 10000; i++) { /* more than the generations of two slots */
        CHECK(add(sandbox, 0x1000, 0x1000, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region) == W3D_OK);
        CHECK(region.id != 0 && region.id != first.id && region.id != before.id);
        if (!i) first = region;
        CHECK(w3d_sandbox_unregister(sandbox, before) == W3D_ERR_STALE);
        CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
        before = region;
    }
    CHECK((region.id & 0xFFFFFu) == 2); /* slots 0 and 1 are retired */
    CHECK(w3d_sandbox_window(sandbox, first, 0, 64, W3D_SANDBOX_READ) == W3D_ERR_STALE);
    w3d_sandbox_destroy(sandbox);
}

static int allocate_all(const void *allocator, void *user)
{
    w3d_sandbox_desc desc;
    w3d_sandbox *sandbox = NULL;
    w3d_sandbox_region region;
    (void)user;
    memset(&desc, 0, sizeof desc);
    desc.allocator = *(const w3d_allocator *)allocator;
    w3d_result result = w3d_sandbox_create(&desc, &sandbox);
    if (result != W3D_OK) {
        CHECK(sandbox == NULL);
        return (int)result;
    }
    for (uint32_t i = 0; i < 70 && result == W3D_OK; i++) {
        uintptr_t begin = 0x100000u * (i + 1);
        result = add(sandbox, begin, 0x30000, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region);
        CHECK(may(sandbox, begin, 0x30000, W3D_SANDBOX_READ) == (result == W3D_OK));
    }
    w3d_sandbox_destroy(sandbox);
    return (int)result;
}

static void failing_allocations_leave_no_trace(void) { test_allocation_sweep(allocate_all, NULL); }

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(HAS_ASAN)
#ifdef __cplusplus
extern "C"
#endif
    int
    __asan_address_is_poisoned(const volatile void *address);

static void the_sanitizer_knows_what_is_forbidden(void)
{
    unsigned char *block = (unsigned char *)malloc(4096 + 64);
    unsigned char *begin = block + (64 - (uintptr_t)block % 64);
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region_desc desc;
    w3d_sandbox_region region;
    memset(&desc, 0, sizeof desc);
    desc.address = begin;
    desc.size = 4000;
    desc.permission = W3D_SANDBOX_READ_WRITE;
    desc.rounding = W3D_SANDBOX_EXACT;
    CHECK(w3d_sandbox_register_region(sandbox, &desc, &region) == W3D_OK);
    CHECK(!__asan_address_is_poisoned(begin + 100));
    CHECK(w3d_sandbox_window(sandbox, region, 64, 128, W3D_SANDBOX_NONE) == W3D_OK);
    CHECK(!__asan_address_is_poisoned(begin + 63) && __asan_address_is_poisoned(begin + 64));
    CHECK(__asan_address_is_poisoned(begin + 191) && !__asan_address_is_poisoned(begin + 192));
    CHECK(w3d_sandbox_window(sandbox, region, 64, 64, W3D_SANDBOX_READ) == W3D_OK);
    CHECK(!__asan_address_is_poisoned(begin + 64) && __asan_address_is_poisoned(begin + 128));
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
    CHECK(!__asan_address_is_poisoned(begin + 128));
    desc.permission = W3D_SANDBOX_NONE;
    CHECK(w3d_sandbox_register_region(sandbox, &desc, &region) == W3D_OK);
    CHECK(__asan_address_is_poisoned(begin) && __asan_address_is_poisoned(begin + 3999));
    w3d_sandbox_destroy(sandbox);
    CHECK(!__asan_address_is_poisoned(begin));
    free(block);
}
#endif

/* ---- views ---- */

static void views_check_and_go_stale(void)
{
    static unsigned char block[4096];
    w3d_sandbox *sandbox = make(64, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region;
    w3d_sandbox_view_desc desc;
    w3d_sandbox_view view, narrow;
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    unsigned char bytes[16] = { 0 };
    for (size_t i = 0; i < sizeof block; i++) block[i] = (unsigned char)(i * 7);
    CHECK(add(sandbox, (uintptr_t)block, sizeof block, W3D_SANDBOX_READ_WRITE, W3D_SANDBOX_EXACT,
              &region) == W3D_OK);
    memset(&desc, 0, sizeof desc);
    memset(&view, 0, sizeof view);
    CHECK(w3d_sandbox_load_u8(&view, 0) == 0); /* zeroed: nothing is allowed */
    CHECK(w3d_sandbox_view_read(&view, 0, bytes, 0) == W3D_ERR_ACCESS);
    desc.region = region;
    desc.offset = 100;
    desc.size = 50;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &narrow) == W3D_OK);
    CHECK(narrow.size == 50 && narrow.write_size == 0);
    uint32_t word;
    memcpy(&word, block + 100 + 46, 4);
    CHECK(w3d_sandbox_load_u32(&narrow, 46) == word);
    UNLOGGED();
    CHECK(w3d_sandbox_load_u32(&narrow, 47) == 0);
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
    CHECK(record.kind == W3D_SANDBOX_VIEW && record.access == W3D_SANDBOX_READ && record.size == 4);
    CHECK(record.address == (uintptr_t)block + 147 && record.region == region.id);
    UNLOGGED();
    CHECK(w3d_sandbox_load_u8(&narrow, SIZE_MAX) == 0);
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK && record.size == 1);
    CHECK(record.address == (uintptr_t)block + 99);
    w3d_sandbox_store_u8(&narrow, 0, 1);
    CHECK(block[100] == (unsigned char)(100 * 7));
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
    CHECK(record.access == W3D_SANDBOX_WRITE && record.action == W3D_SANDBOX_DENIED);
    UNLOGGED();
    for (int i = 0; i < 5; i++) w3d_sandbox_store_u16(&narrow, (size_t)i * 2, 1);
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
    CHECK(record.address == (uintptr_t)block + 100 && record.size == 2);
    uint32_t more = w3d_sandbox_audit_dropped(sandbox); /* in wasm a note, not a record each */
    while (w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK) more++;
    CHECK(more == 4 && block[100] == (unsigned char)(100 * 7));
    unsigned char *span = w3d_sandbox_view_span(&narrow, 10, 40, W3D_SANDBOX_READ);
    CHECK(span == block + 110);
    CHECK(!w3d_sandbox_view_span(&narrow, 10, 41, W3D_SANDBOX_READ));
    CHECK(!w3d_sandbox_view_span(&narrow, 10, 1, W3D_SANDBOX_WRITE));
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK && record.size == 41);
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
    UNLOGGED();

    desc.offset = 0;
    desc.size = 0;
    desc.access = W3D_SANDBOX_READ_WRITE;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &view) == W3D_OK && view.size == sizeof block);
    w3d_sandbox_store_f64(&view, 4088, 1.5);
    w3d_sandbox_store_f64(&view, 4089, 2.5);
    CHECK(w3d_sandbox_load_f64(&view, 4088) == 1.5);
    CHECK(w3d_sandbox_view_write(&view, 4090, "123456", 6) == W3D_OK);
    CHECK(w3d_sandbox_view_write(&view, 4091, "123456", 6) == W3D_ERR_ACCESS);
    CHECK(w3d_sandbox_view_read(&view, 4090, bytes, 6) == W3D_OK && !memcmp(bytes, "123456", 6));
    CHECK(w3d_sandbox_view_read(&view, 4096, bytes, 0) == W3D_OK);
    CHECK(w3d_sandbox_view_read(&view, 4097, bytes, 0) == W3D_ERR_ACCESS);

    /* A window makes old views stale, and new ones see it. */
    uintptr_t lead = (0u - (uintptr_t)block) & 63u;
    CHECK(w3d_sandbox_window(sandbox, region, lead + 128, 64, W3D_SANDBOX_NONE) == W3D_OK);
    CHECK(w3d_sandbox_view_read(&view, 0, bytes, 1) == W3D_ERR_STALE);
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &view) == W3D_ERR_ACCESS);
    desc.size = lead + 128;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &view) == W3D_OK);
    desc.size = lead + 129;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &narrow) == W3D_ERR_ACCESS);
    desc.offset = sizeof block + 1;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &narrow) == W3D_ERR_ACCESS);
    desc.offset = 1;
    desc.size = SIZE_MAX;
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &narrow) == W3D_ERR_ACCESS);
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
    CHECK(w3d_sandbox_load_u8(&view, 0) == 0);
    CHECK(w3d_sandbox_view_write(&view, 0, bytes, 1) == W3D_ERR_STALE);
    CHECK(w3d_sandbox_view_make(sandbox, &desc, &narrow) == W3D_ERR_STALE);
    w3d_sandbox_destroy(sandbox);
}

/* ---- the log ---- */

static uint64_t clock_of(void *user) { return ++*(uint64_t *)user; }

static void the_log_overwrites_its_oldest(void)
{
    uint64_t ticks = 1000;
    w3d_sandbox_desc desc;
    w3d_sandbox *sandbox = NULL;
    w3d_sandbox_cursor cursor = { 0, 0, 0 }, second = { 0, 0, 0 };
    w3d_sandbox_record record;
    memset(&desc, 0, sizeof desc);
    desc.audit_capacity = 5; /* becomes 8 */
    desc.now = clock_of;
    desc.now_user = &ticks;
    CHECK(w3d_sandbox_create(&desc, &sandbox) == W3D_OK);
    UNLOGGED();
    for (uint32_t i = 0; i < 20; i++) CHECK(!may(sandbox, 0x1000 + i, i + 1, W3D_SANDBOX_READ));
    for (uint32_t i = 12; i < 20; i++) {
        CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
        CHECK(record.sequence == i && record.address == 0x1000 + i && record.size == i + 1);
        CHECK(record.time_ns == 1001 + i && record.region == 0 && record.region_size == 0);
        CHECK(record.kind == W3D_SANDBOX_CHECK && record.action == W3D_SANDBOX_DENIED);
    }
    UNLOGGED();
    CHECK(cursor.lost == 12 && w3d_sandbox_audit_dropped(sandbox) == 0);
    CHECK(!may(sandbox, 7, 1, W3D_SANDBOX_WRITE));
    CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK && record.address == 7);
    CHECK(w3d_sandbox_audit_next(sandbox, &second, &record) == W3D_OK && record.sequence == 13);
#if !defined(__wasm__)
    CHECK(record.pc != 0);
#endif
#if defined(HAS_PAGES) && defined(__linux__)
    CHECK(record.thread == (uint32_t)getpid()); /* the first thread's number is the process's */
#endif
    w3d_sandbox_destroy(sandbox);
    desc.audit_capacity = (1u << 20) + 1;
    CHECK(w3d_sandbox_create(&desc, &sandbox) == W3D_ERR_ARGUMENT);
}

static void changes_are_logged_on_request(void)
{
    w3d_sandbox *sandbox = make(64, W3D_SANDBOX_LOG_ALL);
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    w3d_sandbox_region region;
    static const uint8_t kinds[4] = { W3D_SANDBOX_REGISTER, W3D_SANDBOX_WINDOW, W3D_SANDBOX_CHECK,
                                      W3D_SANDBOX_UNREGISTER };
    CHECK(add(sandbox, 0x5000, 0x1000, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region) == W3D_OK);
    CHECK(w3d_sandbox_window(sandbox, region, 0x40, 0x40, W3D_SANDBOX_NONE) == W3D_OK);
    CHECK(may(sandbox, 0x5000, 64, W3D_SANDBOX_READ));
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
    for (int i = 0; i < 4; i++) {
        CHECK(w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK);
        CHECK(record.kind == kinds[i] && record.action == W3D_SANDBOX_ALLOWED);
        CHECK(record.region == region.id && record.region_begin == 0x5000 &&
              record.region_size == 0x1000 && record.tag == W3D_SANDBOX_TAG('t', 'e', 's', 't'));
    }
    UNLOGGED();
    w3d_sandbox_destroy(sandbox);
}

static void lines_are_json(void)
{
    w3d_sandbox_record record;
    char line[W3D_SANDBOX_JSON_SIZE], expected[W3D_SANDBOX_JSON_SIZE], small[W3D_SANDBOX_JSON_SIZE];
    memset(&record, 0, sizeof record);
    record.time_ns = UINT64_MAX;
    record.address = 0xDEADBEEF;
    record.pc = UINT64_MAX;
    record.region_begin = 0;
    record.region_size = UINT64_MAX;
    record.size = 12;
    record.tag = W3D_SANDBOX_TAG('a', '"', '\n', 0xE9u);
    record.thread = 77;
    record.region = 0x100005;
    record.sequence = 3;
    record.kind = W3D_SANDBOX_FAULT;
    record.access = W3D_SANDBOX_WRITE;
    record.action = W3D_SANDBOX_OPENED;
    unsigned process = 0;
#if defined(HAS_PAGES)
    process = (unsigned)getpid();
#elif defined(_WIN32)
    process = (unsigned)_getpid();
#endif
    snprintf(
        expected, sizeof expected,
        "{\"time_ns\":18446744073709551615,\"sequence\":3,\"kind\":\"fault\",\"access\":\"write\","
        "\"action\":\"opened\",\"address\":\"0xdeadbeef\",\"size\":12,"
        "\"tag\":\"a\\u0022\\u000a\\u00e9\",\"region\":1048581,\"region_begin\":\"0x0\","
        "\"region_size\":18446744073709551615,\"pc\":\"0xffffffffffffffff\",\"process\":%u,"
        "\"thread\":77}\n",
        process);
    size_t length = w3d_sandbox_audit_json(&record, line, sizeof line);
    CHECK_MESSAGE(length == strlen(expected) && !strcmp(line, expected), "%s", line);
    for (size_t size = 0; size <= length; size++) {
        memset(small, 'x', sizeof small);
        CHECK(w3d_sandbox_audit_json(&record, small, size) == 0 && small[size] == 'x');
    }
    CHECK(w3d_sandbox_audit_json(&record, small, length + 1) == length && !strcmp(small, line));
    memset(&record, 0xFF, sizeof record); /* the longest, and codes that mean nothing */
    CHECK(w3d_sandbox_audit_json(&record, line, sizeof line) > 0);
    CHECK(strstr(line, "\"kind\":\"?\"") && strstr(line, "\\u00ff\\u00ff\\u00ff\\u00ff"));
    CHECK(sizeof record == 64 && offsetof(w3d_sandbox_record, region_size) == 32);
}

typedef struct hammer {
    w3d_sandbox *sandbox;
    uint32_t number, count;
    uint32_t *running;
} hammer;

static void write_records(void *user)
{
    hammer *h = (hammer *)user;
    for (uint32_t i = 0; i < h->count; i++)
        w3d_sandbox_check(h->sandbox, (const void *)(uintptr_t)((h->number << 24 | i) + 1u),
                          (size_t)(h->number << 16 | (i & 0xFFFFu)) + 1u, W3D_SANDBOX_WRITE);
    w3d_atomic_add_u32(h->running, (uint32_t)-1);
}

static void writers_at_once_lose_nothing_unseen(void)
{
    enum { WRITERS = 3, EACH = 20000 };
    for (uint32_t capacity = 2; capacity <= 512; capacity *= 16) {
        w3d_sandbox *sandbox = make(capacity, W3D_SANDBOX_LOG_DENIED);
        w3d_sandbox_cursor cursor = { 0, 0, 0 };
        w3d_sandbox_record record;
        w3d_thread threads[WRITERS];
        hammer hammers[WRITERS];
        uint32_t running = WRITERS, torn = 0, unordered = 0, next[WRITERS] = { 0, 0, 0 };
        uint64_t read = 0;
        for (uint32_t i = 0; i < WRITERS; i++) {
            hammers[i].sandbox = sandbox;
            hammers[i].number = i;
            hammers[i].count = EACH;
            hammers[i].running = &running;
            if (w3d_thread_start(&threads[i], write_records, &hammers[i], NULL) != W3D_OK)
                write_records(&hammers[i]);
        }
        for (;;) {
            int last = w3d_atomic_load_u32(&running) == 0;
            w3d_result result = w3d_sandbox_audit_next(sandbox, &cursor, &record);
            if (result == W3D_OK) {
                uint32_t value = (uint32_t)record.address - 1u, i = value & 0xFFFFFFu;
                uint32_t number = value >> 24;
                read++;
                if (number >= WRITERS || record.size != (number << 16 | (i & 0xFFFFu)) + 1u ||
                    record.access != W3D_SANDBOX_WRITE || record.sequence != cursor.next - 1u) {
                    torn++;
                    continue;
                }
                if (i < next[number]) unordered++;
                next[number] = i + 1;
            } else if (last) {
                CHECK(result == W3D_ERR_NOT_FOUND);
                break;
            }
        }
        for (int i = 0; i < WRITERS; i++) w3d_thread_join(&threads[i]);
        CHECK(torn == 0 && unordered == 0);
        /* Numbers are claimed again after a collision, so that there may be more than records. */
        CHECK(read + cursor.lost >= WRITERS * EACH - w3d_sandbox_audit_dropped(sandbox));
        CHECK(read + cursor.lost == cursor.next && read > 0);
        w3d_sandbox_destroy(sandbox);
    }
}

/* Checks of memory that stays registered, while its neighbours in the same pages come and go. */
typedef struct neighbour {
    w3d_sandbox *sandbox;
    uint32_t stop, wrong, checks;
} neighbour;

static void check_all_the_time(void *user)
{
    neighbour *n = (neighbour *)user;
    do {
        if (w3d_sandbox_check(n->sandbox, (void *)0x10010, 100, W3D_SANDBOX_WRITE) != W3D_OK)
            n->wrong++;
        if (w3d_sandbox_check(n->sandbox, (void *)0x10800, 2048, W3D_SANDBOX_READ) != W3D_OK)
            n->wrong++;
        if (w3d_sandbox_check(n->sandbox, (void *)0x10084, 1, W3D_SANDBOX_READ) == W3D_OK)
            n->wrong++;
        n->checks++;
    } while (!w3d_atomic_load_u32(&n->stop));
}

static void checks_hold_while_tables_change(void)
{
    neighbour n;
    w3d_thread thread;
    w3d_sandbox_region region, others[40];
    memset(&n, 0, sizeof n);
    n.sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    CHECK(add(n.sandbox, 0x10010, 100, W3D_SANDBOX_READ_WRITE, W3D_SANDBOX_EXACT, &region) ==
          W3D_OK);
    CHECK(add(n.sandbox, 0x10800, 2048, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region) == W3D_OK);
    int threaded = w3d_thread_start(&thread, check_all_the_time, &n, NULL) == W3D_OK;
    for (int round = 0; round < 150; round++) {
        for (uint32_t i = 0; i < 40; i++) /* 0x10000..0x10010 and 0x10085.., and far away */
            CHECK(add(n.sandbox,
                      i == 0   ? 0x10000u
                      : i < 20 ? 0x10085u + i * 40u
                               : 0x1000000u * i + (uint32_t)round * 65536u,
                      i == 0 ? 16 : 33, W3D_SANDBOX_READ_WRITE, W3D_SANDBOX_EXACT,
                      &others[i]) == W3D_OK);
        for (uint32_t i = 0; i < 40; i++)
            CHECK(w3d_sandbox_unregister(n.sandbox, others[i]) == W3D_OK);
    }
    w3d_atomic_store_u32(&n.stop, 1);
    if (threaded)
        w3d_thread_join(&thread);
    else
        check_all_the_time(&n);
    CHECK_MESSAGE(n.wrong == 0 && n.checks > 0, "%u wrong answers in %u", n.wrong, n.checks);
    w3d_sandbox_destroy(n.sandbox);
}

void test_sandbox(void)
{
    RUN(checks_agree_with_single_bytes);
    RUN(regions_that_touch_stay_two);
    RUN(addresses_never_wrap);
    RUN(ranges_become_pages);
    RUN(ten_thousand_regions);
    RUN(numbers_are_never_given_twice);
    RUN(failing_allocations_leave_no_trace);
#if defined(HAS_ASAN)
    RUN(the_sanitizer_knows_what_is_forbidden);
#endif
    RUN(views_check_and_go_stale);
    RUN(the_log_overwrites_its_oldest);
    RUN(changes_are_logged_on_request);
    RUN(lines_are_json);
    RUN(writers_at_once_lose_nothing_unseen);
    RUN(checks_hold_while_tables_change);
}
