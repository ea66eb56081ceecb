/* test_sandbox_fault.c - page protection: real faults, logged and gone on from, stepped over,
 * passed on; several threads; and children that die of them as they should. */
#include "test.h"

#include "core/atomic.h"
#include "memory/sandbox.h"
#include "memory/sandbox_fault.h" /* to bring about by hand what else takes a race */
#include "sync/thread.h"

#if !defined(__wasm__) && !defined(_WIN32)
#define HAS_PAGES 1
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

/* ThreadSanitizer must not fork. */
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
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
W3D_UNUSED static w3d_result add(w3d_sandbox *sandbox, uintptr_t begin, size_t size,
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

#if defined(HAS_PAGES)

static int may(w3d_sandbox *sandbox, uintptr_t begin, size_t size, w3d_sandbox_access access)
{
    w3d_result result = w3d_sandbox_check(sandbox, (const void *)begin, size, access);
    CHECK(result == W3D_OK || result == W3D_ERR_ACCESS);
    return result == W3D_OK;
}

#if defined(__GNUC__)
#define NOT_INLINE __attribute__((noinline))
#else
#define NOT_INLINE
#endif

/* Functions short enough to tell whether a pc lies in them. */
static NOT_INLINE uint32_t peek_word(const volatile uint32_t *address) { return *address; }
static NOT_INLINE void poke_word(volatile uint32_t *address, uint32_t value) { *address = value; }
/* Volatile, so that no compiler makes copies of them for one caller. */
static uint32_t (*volatile peek)(const volatile uint32_t *) = peek_word;
static void (*volatile poke)(volatile uint32_t *, uint32_t) = poke_word;

static int lies_in(uint64_t pc, uintptr_t function) { return pc - function < 256u; }

typedef struct pages {
    w3d_sandbox *sandbox;
    w3d_sandbox_region region;
    uint32_t *words;
    size_t page, size; /* bytes */
} pages;

/* Eight pages, each word holding its index; READ_WRITE, but page 2 READ and page 4 NONE. */
static pages make_pages(w3d_sandbox_on_fault on_fault, int install)
{
    pages p;
    w3d_sandbox_region_desc desc;
    memset(&p, 0, sizeof p);
    memset(&desc, 0, sizeof desc);
    p.page = w3d_sandbox_page_size();
    p.size = 8 * p.page;
    p.words =
        (uint32_t *)mmap(NULL, p.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p.words != MAP_FAILED);
    for (size_t i = 0; i < p.size / 4; i++) p.words[i] = (uint32_t)i;
    p.sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    desc.address = p.words;
    desc.size = p.size;
    desc.tag = 7;
    desc.permission = W3D_SANDBOX_READ_WRITE;
    desc.not_poisoned = 1;
    CHECK(w3d_sandbox_register_region(p.sandbox, &desc, &p.region) == W3D_OK);
    CHECK(w3d_sandbox_window(p.sandbox, p.region, 2 * p.page, p.page, W3D_SANDBOX_READ) == W3D_OK);
    CHECK(w3d_sandbox_window(p.sandbox, p.region, 4 * p.page, p.page, W3D_SANDBOX_NONE) == W3D_OK);
    CHECK(w3d_sandbox_protect(p.sandbox, p.region) == W3D_OK);
    if (install) CHECK(w3d_sandbox_install(p.sandbox, on_fault) == W3D_OK);
    return p;
}

static void free_pages(pages *p)
{
    w3d_sandbox_destroy(p->sandbox);
    p->words[4 * p->page / 4] = 1; /* free again */
    munmap(p->words, p->size);
}

static uint32_t *word_of(const pages *p, size_t page, size_t word)
{
    return p->words + page * p->page / 4 + word;
}

/* The next record is a fault like this. */
static void expect_fault(const pages *p, w3d_sandbox_cursor *cursor, const void *address,
                         w3d_sandbox_access access, w3d_sandbox_action action, uintptr_t function)
{
    w3d_sandbox_record record;
    w3d_result result = w3d_sandbox_audit_next(p->sandbox, cursor, &record);
    CHECK(result == W3D_OK);
    if (result != W3D_OK) return;
    CHECK(record.kind == W3D_SANDBOX_FAULT && record.action == action);
    CHECK(record.address == (uintptr_t)address && record.region == p->region.id);
    CHECK(record.region_begin == (uintptr_t)p->words && record.region_size == p->size);
    CHECK(record.tag == 7 && record.size == 0 && record.thread != 0 && record.time_ns != 0);
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#if defined(__x86_64__)
    CHECK(record.access == access); /* an emulator may not give the syndrome of other processors */
#endif
    if (function) CHECK(lies_in(record.pc, function));
#endif
    (void)access, (void)function;
}

static void a_fault_is_logged_and_the_program_goes_on(void)
{
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    w3d_sandbox *sandbox = p.sandbox;
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    CHECK(w3d_sandbox_install(sandbox, W3D_SANDBOX_TRAP) == W3D_ERR_ARGUMENT);
    for (uint32_t round = 0; round < 3; round++) {
        CHECK(peek(word_of(&p, 3, 5)) == 3 * p.page / 4 + 5); /* allowed, as are its neighbours */
        CHECK(peek(word_of(&p, 2, 5)) == 2 * p.page / 4 + 5 + round);
        poke(word_of(&p, 5, 0), 1);
        UNLOGGED();
        uint32_t held = peek(word_of(&p, 4, 9));
        CHECK(held == 4 * p.page / 4 + 9 + round);
        expect_fault(&p, &cursor, word_of(&p, 4, 9), W3D_SANDBOX_READ, W3D_SANDBOX_OPENED,
                     (uintptr_t)peek);
        poke(word_of(&p, 4, 9), held + 1); /* missed: the page is open */
        UNLOGGED();
        poke(word_of(&p, 2, 5), peek(word_of(&p, 2, 5)) + 1);
        expect_fault(&p, &cursor, word_of(&p, 2, 5), W3D_SANDBOX_WRITE, W3D_SANDBOX_OPENED,
                     (uintptr_t)poke);
        UNLOGGED();
        CHECK(w3d_sandbox_rearm(sandbox) == W3D_OK);
    }
    /* A window on protected memory changes the pages at once. */
    CHECK(w3d_sandbox_window(sandbox, p.region, 6 * p.page, p.page, W3D_SANDBOX_NONE) == W3D_OK);
    CHECK(peek(word_of(&p, 6, 1)) == 6 * p.page / 4 + 1);
    expect_fault(&p, &cursor, word_of(&p, 6, 1), W3D_SANDBOX_READ, W3D_SANDBOX_OPENED,
                 (uintptr_t)peek);
    CHECK(w3d_sandbox_window(sandbox, p.region, 6 * p.page + 64, 64, W3D_SANDBOX_READ_WRITE) ==
          W3D_OK);
    poke(word_of(&p, 6, 0), 1); /* a page allows what any of its bytes allows */
    UNLOGGED();
    CHECK(w3d_sandbox_unprotect(sandbox, p.region) == W3D_OK);
    poke(word_of(&p, 4, 0), 1);
    CHECK(w3d_sandbox_protect(sandbox, p.region) == W3D_OK);
    poke(word_of(&p, 4, 0), 2);
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_WRITE, W3D_SANDBOX_OPENED,
                 (uintptr_t)poke);
    CHECK(w3d_sandbox_unregister(sandbox, p.region) == W3D_OK);
    poke(word_of(&p, 4, 0), 3);
    UNLOGGED();
    CHECK(w3d_sandbox_uninstall(sandbox) == W3D_OK);
    CHECK(w3d_sandbox_uninstall(sandbox) == W3D_ERR_ARGUMENT);
    free_pages(&p);
}

static void protection_says_what_it_cannot(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region = { 0 };
    uintptr_t page = w3d_sandbox_page_size();
    CHECK(w3d_sandbox_protect(sandbox, region) == W3D_ERR_STALE);
    CHECK(add(sandbox, 3 * page + 64, page, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region) ==
          W3D_OK);
    CHECK(w3d_sandbox_protect(sandbox, region) == W3D_ERR_RANGE); /* no whole page */
    CHECK(w3d_sandbox_unregister(sandbox, region) == W3D_OK);
    CHECK(add(sandbox, 16 * page, page, W3D_SANDBOX_READ, W3D_SANDBOX_EXACT, &region) == W3D_OK);
    CHECK(w3d_sandbox_protect(sandbox, region) == W3D_ERR_RANGE); /* nothing is mapped there */
    CHECK(may(sandbox, 16 * page, page, W3D_SANDBOX_READ));
    CHECK(w3d_sandbox_rearm(sandbox) == W3D_OK);
    w3d_sandbox_destroy(sandbox);
}

/* A window that the system refuses in its middle leaves permissions and pages as they were. */
static void a_refused_window_changes_nothing(void)
{
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    munmap((char *)p.words + 7 * p.page, p.page);
    CHECK(w3d_sandbox_window(p.sandbox, p.region, 5 * p.page + 64, 3 * p.page - 64,
                             W3D_SANDBOX_NONE) == W3D_ERR_RANGE);
    CHECK(may(p.sandbox, (uintptr_t)p.words + 5 * p.page, 3 * p.page, W3D_SANDBOX_WRITE));
    poke(word_of(&p, 6, 0), 1);
    poke(word_of(&p, 4, 0), 1);
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_WRITE, W3D_SANDBOX_OPENED,
                 (uintptr_t)poke);
    CHECK(mmap((char *)p.words + 7 * p.page, p.page, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
    free_pages(&p);
}

/* Does the system let this byte be written? Asked by a system call, which does not fault. */
static int is_writable(void *byte)
{
    int zero = open("/dev/zero", O_RDONLY);
    int written = zero >= 0 && read(zero, byte, 1) == 1;
    if (zero >= 0) close(zero);
    return written;
}

#if defined(W3D_SANDBOX_FAULT_H) /* not where the joined header stands in for it */
/* A fault that is under way while its region is unprotected marks it as opened too late. */
static void a_late_mark_protects_nothing(void)
{
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 0);
    uint32_t index = p.region.id & 0xFFFFFu;
    w3di_sandbox_record *record = w3di_sandbox_record_at(p.sandbox, index);
    CHECK(!is_writable(word_of(&p, 4, 0)));
    CHECK(w3d_sandbox_unprotect(p.sandbox, p.region) == W3D_OK);
    record->is_opened = 1;
    CHECK(w3d_sandbox_rearm(p.sandbox) == W3D_OK);
    CHECK(is_writable(word_of(&p, 4, 0)) && record->is_opened == 0);
    /* And where a new region takes the record over. */
    record->is_opened = 1;
    CHECK(w3d_sandbox_unregister(p.sandbox, p.region) == W3D_OK);
    record->is_opened = record->is_protected = 1;
    CHECK(add(p.sandbox, (uintptr_t)p.words, p.size, W3D_SANDBOX_NONE, W3D_SANDBOX_EXACT,
              &p.region) == W3D_OK);
    CHECK((p.region.id & 0xFFFFFu) == index);
    CHECK(record->is_opened == 0 && record->is_protected == 0);
    CHECK(w3d_sandbox_rearm(p.sandbox) == W3D_OK && is_writable(word_of(&p, 4, 0)));
    free_pages(&p);
}
#endif

/* Regions whose memory has gone, wholly or in part, do not keep destroy from letting go of the
 * rest. */
static void destroy_lets_go_of_all_that_is_left(void)
{
    size_t page = w3d_sandbox_page_size();
    char *memory =
        (char *)mmap(NULL, 12 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region[4];
    CHECK(memory != MAP_FAILED);
    for (size_t i = 0; i < 4; i++) {
        CHECK(add(sandbox, (uintptr_t)memory + 3 * i * page, 3 * page, W3D_SANDBOX_NONE,
                  W3D_SANDBOX_EXACT, &region[i]) == W3D_OK);
        CHECK(w3d_sandbox_protect(sandbox, region[i]) == W3D_OK);
    }
    munmap(memory + 4 * page, page);     /* the middle of the second */
    munmap(memory + 9 * page, 3 * page); /* all of the last          */
    CHECK(w3d_sandbox_unregister(sandbox, region[3]) == W3D_ERR_RANGE);
    CHECK(w3d_sandbox_unregister(sandbox, region[1]) == W3D_ERR_RANGE);
    for (size_t i = 0; i < 9; i++) CHECK(!is_writable(memory + i * page));
    w3d_sandbox_destroy(sandbox);
    for (size_t i = 0; i < 9; i++)
        CHECK_MESSAGE(is_writable(memory + i * page) == (i != 4), "page %d", (int)i);
    munmap(memory, 9 * page);
}

/* ---- writers against each other, and against faults ---- */

#if defined(HAS_TSAN)
enum { ROUNDS = 200 }; /* it makes faults slow */
#else
enum { ROUNDS = 1000 };
#endif

typedef struct rival {
    w3d_sandbox *sandbox;
    uint32_t *words;
    uint32_t region, stop, turns;
} rival;

static void protect_whatever_is_there(void *user)
{
    rival *r = (rival *)user;
    while (!w3d_atomic_load_u32(&r->stop)) {
        w3d_sandbox_region region;
        region.id = w3d_atomic_load_u32(&r->region);
        while (w3d_sandbox_protect(r->sandbox, region) == W3D_ERR_BUSY) {} /* in at its heels */
        w3d_atomic_add_u32(&r->turns, 1);
        for (int i = 0; i < 300; i++) w3d_atomic_pause(); /* or the other never gets in */
    }
}

/* What is unregistered is unprotected, however late another thread protects it. */
static void nothing_forgotten_stays_protected(void)
{
    pages p = make_pages(W3D_SANDBOX_TRAP, 0);
    rival r;
    w3d_thread thread;
    memset(&r, 0, sizeof r);
    r.sandbox = p.sandbox;
    r.region = p.region.id;
    if (w3d_thread_start(&thread, protect_whatever_is_there, &r, NULL) == W3D_OK) {
        for (int round = 0; round < 2 * ROUNDS; round++) {
            w3d_result result;
            uint32_t turns = w3d_atomic_load_u32(&r.turns);
            for (int i = 0; i < 1000 && w3d_atomic_load_u32(&r.turns) == turns; i++)
                w3d_atomic_pause();
            for (int i = 0; i < round % 32 * 10; i++) w3d_atomic_pause();
            while ((result = w3d_sandbox_unregister(p.sandbox, p.region)) == W3D_ERR_BUSY) {}
            CHECK(result == W3D_OK);
            int free_again = is_writable(word_of(&p, 4, 0));
            CHECK_MESSAGE(free_again, "round %d: unregistered and protected", round);
            if (!free_again) mprotect(p.words, p.size, PROT_READ | PROT_WRITE);
            while ((result = add(p.sandbox, (uintptr_t)p.words, p.size, W3D_SANDBOX_NONE,
                                 W3D_SANDBOX_EXACT, &p.region)) == W3D_ERR_BUSY) {}
            CHECK(result == W3D_OK);
            w3d_atomic_store_u32(&r.region, p.region.id);
        }
        w3d_atomic_store_u32(&r.stop, 1);
        w3d_thread_join(&thread);
    }
    free_pages(&p);
}

static void write_all_the_time(void *user)
{
    rival *r = (rival *)user;
    static unsigned char stacks[2][W3D_SANDBOX_STACK_SIZE];
    uint32_t *words = r->words;
    uint32_t number = w3d_atomic_add_u32(&r->turns, 1);
    (void)w3d_sandbox_thread_stack(stacks[number], sizeof stacks[0]);
    words += 4 * w3d_sandbox_page_size() / 4 + number;
    while (!w3d_atomic_load_u32(&r->stop)) poke(words, peek(words) + 1);
    (void)w3d_sandbox_thread_stack(NULL, 0);
}

/* Threads write while another protects and unprotects: none of them may die of it, and what is
 * unprotected at the end is so. */
static void protection_comes_and_goes_under_writers(w3d_sandbox_on_fault on_fault)
{
    pages p = make_pages(on_fault, 1);
    rival r;
    w3d_thread threads[2];
    int started = 0;
    memset(&r, 0, sizeof r);
    r.sandbox = p.sandbox;
    r.words = p.words;
    r.region = p.region.id;
    for (int i = 0; i < 2; i++)
        started +=
            w3d_thread_start(&threads[started], write_all_the_time, &r, NULL) == W3D_OK ? 1 : 0;
    for (uint32_t round = 0; started && round < ROUNDS; round++) {
        CHECK(w3d_sandbox_protect(p.sandbox, p.region) == W3D_OK);
        for (uint32_t i = 0; i < round % 37 * 20; i++) w3d_atomic_pause();
        CHECK(w3d_sandbox_unprotect(p.sandbox, p.region) == W3D_OK);
        CHECK(w3d_sandbox_rearm(p.sandbox) == W3D_OK);
        for (uint32_t i = 0; i < round % 11 * 20; i++) w3d_atomic_pause();
    }
    w3d_atomic_store_u32(&r.stop, 1);
    for (int i = 0; i < started; i++) w3d_thread_join(&threads[i]);
    if (started) CHECK(is_writable(word_of(&p, 4, 0)));
    free_pages(&p);
}

#if defined(__linux__) && defined(__x86_64__)
#define HAS_STEPS 1

static void every_access_is_logged_when_stepping(void)
{
    pages p = make_pages(W3D_SANDBOX_STEP, 1);
    w3d_sandbox *sandbox = p.sandbox;
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    sigset_t trap, now;
    sigemptyset(&trap);
    sigaddset(&trap, SIGTRAP); /* blocked, and must be so again afterwards */
    pthread_sigmask(SIG_BLOCK, &trap, NULL);
    for (uint32_t i = 0; i < 100; i++) {
        poke(word_of(&p, 4, i), i * 3);
        expect_fault(&p, &cursor, word_of(&p, 4, i), W3D_SANDBOX_WRITE, W3D_SANDBOX_STEPPED,
                     (uintptr_t)poke);
        CHECK(peek(word_of(&p, 4, i)) == i * 3);
        expect_fault(&p, &cursor, word_of(&p, 4, i), W3D_SANDBOX_READ, W3D_SANDBOX_STEPPED,
                     (uintptr_t)peek);
        UNLOGGED();
    }
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    CHECK(sigismember(&now, SIGTRAP) == 1 && sigismember(&now, SIGUSR1) == 0);
    pthread_sigmask(SIG_UNBLOCK, &trap, NULL);
    /* One instruction, two protected pages: two faults, then one step over both. */
    uint32_t *from = word_of(&p, 4, 50), *to = word_of(&p, 2, 60);
    __asm__ __volatile__("movsl" : "+S"(from), "+D"(to) : : "memory");
    expect_fault(&p, &cursor, word_of(&p, 4, 50), W3D_SANDBOX_READ, W3D_SANDBOX_STEPPED, 0);
    expect_fault(&p, &cursor, word_of(&p, 2, 60), W3D_SANDBOX_WRITE, W3D_SANDBOX_STEPPED, 0);
    CHECK(peek(word_of(&p, 2, 60)) == 150); /* reading page 2 is allowed */
    UNLOGGED();
    poke(word_of(&p, 2, 60), 1); /* both are closed again */
    expect_fault(&p, &cursor, word_of(&p, 2, 60), W3D_SANDBOX_WRITE, W3D_SANDBOX_STEPPED, 0);
    peek(word_of(&p, 4, 0));
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_READ, W3D_SANDBOX_STEPPED, 0);
    free_pages(&p);
}
#endif

/* Threads that all touch the same pages. */
typedef struct toucher {
    const pages *p;
    uint32_t number, count, wrong;
} toucher;

static void touch(void *user)
{
    toucher *t = (toucher *)user;
    static unsigned char stacks[4][W3D_SANDBOX_STACK_SIZE];
    int own = w3d_sandbox_thread_stack(stacks[t->number], sizeof stacks[0]) == W3D_OK;
    uint32_t *word = word_of(t->p, 4, t->number);
    for (uint32_t i = 0; i < t->count; i++) {
        poke(word, i);
        if (peek(word) != i) t->wrong++;
    }
    if (!own || w3d_sandbox_thread_stack(NULL, 0) != W3D_OK) t->wrong++;
}

static void threads_fault_at_once(w3d_sandbox_on_fault on_fault)
{
    pages p = make_pages(on_fault, 1);
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    w3d_thread threads[4];
    toucher touchers[4];
    uint32_t seen[4] = { 0, 0, 0, 0 }, strange = 0;
    uint32_t writes = 0;
    for (uint32_t i = 0; i < 4; i++) {
        touchers[i].p = &p;
        touchers[i].number = i;
        touchers[i].count = 100;
        touchers[i].wrong = 0;
        if (w3d_thread_start(&threads[i], touch, &touchers[i], NULL) != W3D_OK) touch(&touchers[i]);
    }
    for (int i = 0; i < 4; i++) w3d_thread_join(&threads[i]);
    for (int i = 0; i < 4; i++) CHECK(touchers[i].wrong == 0);
    while (w3d_sandbox_audit_next(p.sandbox, &cursor, &record) == W3D_OK) {
        uint64_t number = (record.address - (uintptr_t)word_of(&p, 4, 0)) / 4;
        if (number < 4)
            seen[number]++, writes += record.access == W3D_SANDBOX_WRITE ? 1u : 0u;
        else
            strange++;
    }
    CHECK(strange == 0 && cursor.lost == 0);
    for (int i = 0; i < 4; i++) {
        /* What others do to the page meanwhile is missed; nothing is doubled. */
        CHECK_MESSAGE(seen[i] <= 200, "thread %d: %u records of 200 accesses", i, seen[i]);
    }
    CHECK(seen[0] + seen[1] + seen[2] + seen[3] > 0);
#if defined(__x86_64__)
    CHECK(writes > 0);
#endif
    cursor.next = cursor.zero = 0;
    if (on_fault == W3D_SANDBOX_CONTINUE) CHECK(w3d_sandbox_rearm(p.sandbox) == W3D_OK);
    uint32_t before = 0, after = 0;
    while (w3d_sandbox_audit_next(p.sandbox, &cursor, &record) == W3D_OK) before++;
    peek(word_of(&p, 4, 100)); /* the page did not stay open */
    while (w3d_sandbox_audit_next(p.sandbox, &cursor, &record) == W3D_OK) after++;
    CHECK(before > 0 && after == 1);
    free_pages(&p);
}

static void threads_fault_at_once_and_go_on(void)
{
    threads_fault_at_once(W3D_SANDBOX_CONTINUE);
#if defined(HAS_STEPS)
    threads_fault_at_once(W3D_SANDBOX_STEP);
#endif
}

/* ---- what is not ours ---- */

static sigjmp_buf back;
static volatile sig_atomic_t earlier_calls, earlier_number, earlier_blocked;
static void *volatile earlier_address;

static void earlier_with_info(int number, siginfo_t *info, void *context)
{
    sigset_t now;
    (void)context;
    earlier_calls++;
    earlier_number = number;
    earlier_address = info->si_addr;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    earlier_blocked = sigismember(&now, SIGUSR1) * 4 + sigismember(&now, SIGSEGV) * 2 +
                      sigismember(&now, SIGUSR2);
    siglongjmp(back, 1);
}
static void earlier_plain(int number)
{
    earlier_calls++;
    earlier_number = number;
    siglongjmp(back, 2);
}

static void foreign_faults_reach_the_earlier_handler(void)
{
    struct sigaction earlier, before, after;
    memset(&earlier, 0, sizeof earlier);
    earlier.sa_sigaction = earlier_with_info;
    earlier.sa_flags = SA_SIGINFO;
    sigemptyset(&earlier.sa_mask);
    sigaddset(&earlier.sa_mask, SIGUSR1);
    CHECK(sigaction(SIGSEGV, &earlier, &before) == 0);
    uint32_t *other = (uint32_t *)mmap(NULL, w3d_sandbox_page_size(), PROT_READ,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    w3d_sandbox *sandbox = p.sandbox;
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    earlier_calls = 0;
    for (int i = 0; i < 3; i++) {
        if (!sigsetjmp(back, 1)) poke(other + 3, 1); /* protected, but by somebody else */
        CHECK(earlier_calls == i + 1 && earlier_number == SIGSEGV && earlier_address == other + 3);
        CHECK(earlier_blocked == 6); /* its own mask and the signal, not all that ours blocks */
    }
    if (!sigsetjmp(back, 1)) peek((uint32_t *)(uintptr_t)64); /* nothing there */
    CHECK(earlier_calls == 4 && earlier_address == (void *)64);
    if (!sigsetjmp(back, 1)) raise(SIGSEGV); /* sent, not faulted */
    CHECK(earlier_calls == 5);
    UNLOGGED();
    peek(word_of(&p, 4, 0)); /* ours, and only ours */
    CHECK(earlier_calls == 5);
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_READ, W3D_SANDBOX_OPENED, 0);
    CHECK(w3d_sandbox_uninstall(sandbox) == W3D_OK);
    CHECK(sigaction(SIGSEGV, NULL, &after) == 0);
    CHECK(after.sa_sigaction == earlier_with_info && (after.sa_flags & SA_SIGINFO));

    /* TRAP: logged, then passed on. And a plain handler without siginfo. */
    earlier.sa_handler = earlier_plain;
    earlier.sa_flags = 0;
    CHECK(sigaction(SIGSEGV, &earlier, NULL) == 0);
    CHECK(w3d_sandbox_rearm(sandbox) == W3D_OK);
    CHECK(w3d_sandbox_install(sandbox, W3D_SANDBOX_TRAP) == W3D_OK);
    int how = sigsetjmp(back, 1);
    if (!how) poke(word_of(&p, 2, 1), 1);
    CHECK(how == 2 && earlier_calls == 6 && p.words[2 * p.page / 4 + 1] == 2 * p.page / 4 + 1);
    expect_fault(&p, &cursor, word_of(&p, 2, 1), W3D_SANDBOX_WRITE, W3D_SANDBOX_PASSED_ON,
                 (uintptr_t)poke);

    /* Somebody on top of ours: ours stays below, and hands on even when uninstalled. */
    struct sigaction ours, on_top;
    earlier.sa_handler = earlier_plain;
    CHECK(sigaction(SIGSEGV, &earlier, &ours) == 0);
    CHECK(w3d_sandbox_uninstall(sandbox) == W3D_OK);
    CHECK(sigaction(SIGSEGV, NULL, &on_top) == 0 && on_top.sa_handler == earlier_plain);
    CHECK(sigaction(SIGSEGV, &ours, NULL) == 0);
    earlier_calls = 0;
    if (!sigsetjmp(back, 1)) poke(other, 1);
    CHECK(earlier_calls == 1);
    CHECK(w3d_sandbox_install(sandbox, W3D_SANDBOX_CONTINUE) == W3D_OK);
    peek(word_of(&p, 4, 0));
    CHECK(earlier_calls == 1);
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_READ, W3D_SANDBOX_OPENED, 0);
    CHECK(w3d_sandbox_uninstall(sandbox) == W3D_OK);
    CHECK(sigaction(SIGSEGV, &before, &after) == 0 && after.sa_handler == earlier_plain);
    free_pages(&p);
    munmap(other, w3d_sandbox_page_size());
}

#if !defined(HAS_TSAN)
/* Runs `body` in a child with the signal's default in place; gives the signal that ended it. */
static int death_of(void (*body)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        alarm(5);
        body();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void die_of_trap(void)
{
    pages p = make_pages(W3D_SANDBOX_TRAP, 1);
    poke(word_of(&p, 2, 0), 1);
}
static void die_of_foreign(void)
{
    make_pages(W3D_SANDBOX_CONTINUE, 1);
    peek((uint32_t *)(uintptr_t)64);
}
static void die_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    make_pages(W3D_SANDBOX_CONTINUE, 1);
    peek((uint32_t *)(uintptr_t)64);
}
static void live_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    make_pages(W3D_SANDBOX_CONTINUE, 1);
    raise(SIGSEGV);
}
static void die_of_sent(void)
{
    make_pages(W3D_SANDBOX_CONTINUE, 1);
    raise(SIGSEGV);
}
static void die_without_handler(void)
{
    pages p = make_pages(W3D_SANDBOX_TRAP, 0);
    peek(word_of(&p, 4, 0));
}
static void die_uninstalled(void)
{
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    w3d_sandbox_uninstall(p.sandbox);
    peek(word_of(&p, 4, 0));
}
static volatile int depth;
static NOT_INLINE int overflow(int count) /* grows the stack till its end */
{
    volatile char room[4096];
    room[0] = (char)count;
    depth = count;
    return count < 0 ? 0 : overflow(count + 1) + room[0];
}
static void die_of_stack(void)
{
    make_pages(W3D_SANDBOX_CONTINUE, 1);
    overflow(0);
}
static void die_of_execution(void) /* opening the page would not help, for ever */
{
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    void (*code)(void);
    void *address = word_of(&p, 4, 0);
    memcpy(&code, &address, sizeof code);
    code();
}
#if defined(HAS_STEPS)
static void die_of_breakpoint(void)
{
    make_pages(W3D_SANDBOX_STEP, 1);
    __asm__ __volatile__("int3");
}
/* The instruction reads our page, and then writes where nothing is. */
static void die_in_a_step(void)
{
    pages p = make_pages(W3D_SANDBOX_STEP, 1);
    uint32_t *from = word_of(&p, 4, 0), *to = (uint32_t *)(uintptr_t)64;
    __asm__ __volatile__("movsl" : "+S"(from), "+D"(to) : : "memory");
}
#endif

static void without_a_handler_the_program_dies_as_it_would(void)
{
    CHECK(death_of(die_of_trap) == SIGSEGV);
    CHECK(death_of(die_of_foreign) == SIGSEGV);
    CHECK(death_of(die_ignored) == SIGSEGV);
    CHECK(death_of(live_ignored) == 0);
    CHECK(death_of(die_of_sent) == SIGSEGV);
    CHECK(death_of(die_without_handler) == SIGSEGV);
    CHECK(death_of(die_uninstalled) == SIGSEGV);
    CHECK(death_of(die_of_stack) == SIGSEGV);
    CHECK(death_of(die_of_execution) == SIGSEGV);
#if defined(HAS_STEPS)
    CHECK(death_of(die_of_breakpoint) == SIGTRAP);
    CHECK(death_of(die_in_a_step) == SIGSEGV);
#endif
}
#endif

#if defined(HAS_STEPS)
/* A foreign fault in the middle of a step: the page is closed and the mask back when it arrives. */
static void a_foreign_fault_ends_a_step(void)
{
    struct sigaction earlier, before;
    memset(&earlier, 0, sizeof earlier);
    earlier.sa_sigaction = earlier_with_info;
    earlier.sa_flags = SA_SIGINFO;
    CHECK(sigaction(SIGSEGV, &earlier, &before) == 0);
    pages p = make_pages(W3D_SANDBOX_STEP, 1);
    w3d_sandbox *sandbox = p.sandbox;
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    w3d_sandbox_record record;
    earlier_calls = 0;
    if (!sigsetjmp(back, 1)) {
        uint32_t *from = word_of(&p, 4, 0), *to = (uint32_t *)(uintptr_t)64;
        __asm__ __volatile__("movsl" : "+S"(from), "+D"(to) : : "memory");
    }
    CHECK(earlier_calls == 1 && earlier_blocked == 2 && earlier_address == (void *)64);
    expect_fault(&p, &cursor, word_of(&p, 4, 0), W3D_SANDBOX_READ, W3D_SANDBOX_STEPPED, 0);
    UNLOGGED();
    peek(word_of(&p, 4, 1));
    expect_fault(&p, &cursor, word_of(&p, 4, 1), W3D_SANDBOX_READ, W3D_SANDBOX_STEPPED, 0);
    free_pages(&p);
    CHECK(sigaction(SIGSEGV, &before, NULL) == 0);
}
#endif

static void protection_comes_and_goes(void)
{
    protection_comes_and_goes_under_writers(W3D_SANDBOX_CONTINUE);
#if defined(HAS_STEPS)
    protection_comes_and_goes_under_writers(W3D_SANDBOX_STEP);
#endif
}

static void install_all_the_time(void *user)
{
    rival *r = (rival *)user;
    static unsigned char stack[W3D_SANDBOX_STACK_SIZE];
    (void)w3d_sandbox_thread_stack(stack, sizeof stack);
    while (!w3d_atomic_load_u32(&r->stop)) {
        if (w3d_sandbox_install(r->sandbox, W3D_SANDBOX_CONTINUE) != W3D_OK) continue;
        while (w3d_sandbox_uninstall(r->sandbox) == W3D_ERR_BUSY) {}
        for (int i = 0; i < 40; i++) w3d_atomic_pause(); /* or the other never gets in */
    }
    (void)w3d_sandbox_thread_stack(NULL, 0);
}

/* However busy the installing is, a destroyed sandbox is off the handler's list. */
static void destroy_waits_for_installers(void)
{
    rival r;
    w3d_thread thread;
    w3d_sandbox *sandbox[8];
    memset(&r, 0, sizeof r);
    r.sandbox = make(1, W3D_SANDBOX_LOG_DENIED);
    if (w3d_thread_start(&thread, install_all_the_time, &r, NULL) == W3D_OK) {
        for (int round = 0; round < ROUNDS; round++) {
            w3d_result result;
            w3d_sandbox *one = make(1, W3D_SANDBOX_LOG_DENIED);
            while ((result = w3d_sandbox_install(one, W3D_SANDBOX_CONTINUE)) == W3D_ERR_BUSY) {}
            CHECK(result == W3D_OK);
            w3d_sandbox_destroy(one);
        }
        w3d_atomic_store_u32(&r.stop, 1);
        w3d_thread_join(&thread);
    }
    for (int i = 0; i < 8; i++) { /* all eight places are free */
        sandbox[i] = make(1, W3D_SANDBOX_LOG_DENIED);
        CHECK(w3d_sandbox_install(sandbox[i], W3D_SANDBOX_CONTINUE) == W3D_OK);
    }
    for (int i = 0; i < 8; i++) w3d_sandbox_destroy(sandbox[i]);
    w3d_sandbox_destroy(r.sandbox);
}

static void eight_sandboxes_share_the_handler(void)
{
    w3d_sandbox *more[9];
    for (int i = 0; i < 9; i++) more[i] = make(1, W3D_SANDBOX_LOG_DENIED);
    for (int i = 0; i < 8; i++) CHECK(w3d_sandbox_install(more[i], W3D_SANDBOX_CONTINUE) == W3D_OK);
    CHECK(w3d_sandbox_install(more[8], W3D_SANDBOX_CONTINUE) == W3D_ERR_LIMIT);
    CHECK(w3d_sandbox_uninstall(more[3]) == W3D_OK);
    pages p = make_pages(W3D_SANDBOX_CONTINUE, 1);
    w3d_sandbox_cursor cursor = { 0, 0, 0 };
    peek(word_of(&p, 4, 2));
    expect_fault(&p, &cursor, word_of(&p, 4, 2), W3D_SANDBOX_READ, W3D_SANDBOX_OPENED,
                 (uintptr_t)peek);
    for (int i = 0; i < 9; i++) w3d_sandbox_destroy(more[i]);
    free_pages(&p);
}

#else

static void protection_is_refused(void)
{
    w3d_sandbox *sandbox = make(0, W3D_SANDBOX_LOG_DENIED);
    w3d_sandbox_region region = { 0 };
#if defined(__wasm__)
    CHECK(add(sandbox, 0x10000, 0x10000, W3D_SANDBOX_READ, W3D_SANDBOX_INWARDS, &region) == W3D_OK);
    CHECK(w3d_sandbox_protect(sandbox, region) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_sandbox_install(sandbox, W3D_SANDBOX_TRAP) == W3D_ERR_UNSUPPORTED);
    CHECK(w3d_sandbox_rearm(sandbox) == W3D_ERR_UNSUPPORTED);
#endif
    (void)region;
    w3d_sandbox_destroy(sandbox);
}

#endif

void test_sandbox_fault(void)
{
#if defined(HAS_PAGES)
    RUN(a_fault_is_logged_and_the_program_goes_on);
    RUN(protection_says_what_it_cannot);
    RUN(a_refused_window_changes_nothing);
#if defined(W3D_SANDBOX_FAULT_H)
    RUN(a_late_mark_protects_nothing);
#endif
    RUN(destroy_lets_go_of_all_that_is_left);
    RUN(nothing_forgotten_stays_protected);
#if defined(HAS_STEPS)
    RUN(every_access_is_logged_when_stepping);
    RUN(a_foreign_fault_ends_a_step);
#endif
    RUN(threads_fault_at_once_and_go_on);
    RUN(protection_comes_and_goes);
    RUN(destroy_waits_for_installers);
    RUN(foreign_faults_reach_the_earlier_handler);
#if defined(HAS_TSAN)
    printf("sandbox: deaths in forked children are not tested under ThreadSanitizer\n");
#else
    RUN(without_a_handler_the_program_dies_as_it_would);
#endif
    RUN(eight_sandboxes_share_the_handler);
#else
    RUN(protection_is_refused);
#endif
}
