/* bench_sandbox.c - checked views against raw loops, a check against a search, a fault against what
 * the kernel alone takes. */
#include "bench.h"

#include "memory/sandbox.h"

#if !defined(__EMSCRIPTEN__)
#include <signal.h>
#include <sys/mman.h>
#endif

enum { NUMBERS = 16384, PROBES = 4096, REGIONS = 10000, PAGES = 256 };

typedef struct bench_data {
    w3d_sandbox *sandbox;
    w3d_sandbox_view view;
    uint32_t *numbers;
    uint32_t sum;
    float sum_float;
} bench_data;

static w3d_sandbox_region bench_register(w3d_sandbox *sandbox, const void *address, size_t size,
                                         w3d_sandbox_access permission)
{
    w3d_sandbox_region_desc desc;
    w3d_sandbox_region region = { 0 };
    memset(&desc, 0, sizeof desc);
    desc.address = address;
    desc.size = size;
    desc.permission = permission;
    desc.rounding = W3D_SANDBOX_EXACT;
    desc.not_poisoned = 1;
    if (w3d_sandbox_register_region(sandbox, &desc, &region) != W3D_OK)
        printf("sandbox: no region\n");
    return region;
}

/* ---- views: the loops are the same but for the access ---- */

static void sum_u32_view(void *user)
{
    bench_data *data = (bench_data *)user;
    w3d_sandbox_view view = data->view;
    uint32_t sum = 0;
    for (size_t i = 0; i < NUMBERS; i++) sum += w3d_sandbox_load_u32(&view, i * 4);
    data->sum = sum;
}
static void sum_u32_raw(void *user)
{
    bench_data *data = (bench_data *)user;
    const uint32_t *numbers = data->numbers;
    uint32_t sum = 0;
    for (size_t i = 0; i < NUMBERS; i++) sum += numbers[i];
    data->sum = sum;
}
static void sum_f32_view(void *user)
{
    bench_data *data = (bench_data *)user;
    w3d_sandbox_view view = data->view;
    float sum = 0;
    for (size_t i = 0; i < NUMBERS; i++) sum += w3d_sandbox_load_f32(&view, i * 4);
    data->sum_float = sum;
}
static void sum_f32_raw(void *user)
{
    bench_data *data = (bench_data *)user;
    const float *numbers = (const float *)(const void *)data->numbers;
    float sum = 0;
    for (size_t i = 0; i < NUMBERS; i++) sum += numbers[i];
    data->sum_float = sum;
}
static void sum_u32_span(void *user)
{
    bench_data *data = (bench_data *)user;
    const uint32_t *numbers = (const uint32_t *)(const void *)w3d_sandbox_view_span(
        &data->view, 0, NUMBERS * sizeof(uint32_t), W3D_SANDBOX_READ);
    uint32_t sum = 0;
    for (size_t i = 0; numbers && i < NUMBERS; i++) sum += numbers[i];
    data->sum = sum;
}
/* In an order that no compiler foresees: each number says which one is next. */
static void chase_view(void *user)
{
    bench_data *data = (bench_data *)user;
    w3d_sandbox_view view = data->view;
    uint32_t at = 0;
    for (size_t i = 0; i < NUMBERS; i++) at = w3d_sandbox_load_u32(&view, (size_t)at * 4) % NUMBERS;
    data->sum = at;
}
static void chase_raw(void *user)
{
    bench_data *data = (bench_data *)user;
    const uint32_t *numbers = data->numbers;
    uint32_t at = 0;
    for (size_t i = 0; i < NUMBERS; i++) at = numbers[at] % NUMBERS;
    data->sum = at;
}
static void scale_view(void *user)
{
    bench_data *data = (bench_data *)user;
    w3d_sandbox_view view = data->view;
    for (size_t i = 0; i < NUMBERS; i++)
        w3d_sandbox_store_u32(&view, i * 4, w3d_sandbox_load_u32(&view, i * 4) * 5u + 1u);
}
static void scale_raw(void *user)
{
    bench_data *data = (bench_data *)user;
    uint32_t *numbers = data->numbers;
    for (size_t i = 0; i < NUMBERS; i++) numbers[i] = numbers[i] * 5u + 1u;
}

static void views(bench_data *data)
{
    static const struct {
        const char *name;
        void (*ours)(void *), (*raw)(void *);
    } rows[] = { { "view: sum of f32", sum_f32_view, sum_f32_raw },
                 { "view: sum of u32", sum_u32_view, sum_u32_raw },
                 { "view: sum of u32, one span", sum_u32_span, sum_u32_raw },
                 { "view: follow indices", chase_view, chase_raw },
                 { "view: change u32 in place", scale_view, scale_raw } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bench_row row;
        memset(&row, 0, sizeof row);
        row.name = rows[i].name, row.unit = "M/s", row.work = NUMBERS / 1e6;
        row.ours.run = rows[i].ours;
        row.peer.name = "raw pointer", row.peer.run = rows[i].raw;
        row.user = data;
        bench_run(&row);
        bench_keep(&data->sum);
        bench_keep(&data->sum_float);
    }
}

/* ---- checks: 16 bytes at random places of all regions ---- */

typedef struct bench_search {
    w3d_sandbox *sandbox;
    uint32_t count;
    uintptr_t begin[REGIONS], last[REGIONS];
    uint8_t permission[REGIONS];
    uintptr_t probes[PROBES];
    uint32_t size, good;
} bench_search;

static void check_ours(void *user)
{
    bench_search *search = (bench_search *)user;
    uint32_t good = 0;
    for (int i = 0; i < PROBES; i++)
        good += w3d_sandbox_check(search->sandbox, (const void *)search->probes[i], search->size,
                                  W3D_SANDBOX_READ) == W3D_OK;
    search->good = good;
}

/* What one would write first: the regions sorted, and a binary search. */
static void check_search(void *user)
{
    bench_search *search = (bench_search *)user;
    uint32_t good = 0;
    for (int i = 0; i < PROBES; i++) {
        uintptr_t begin = search->probes[i], last = begin + search->size - 1;
        uint32_t low = 0, high = search->count;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (search->begin[middle] <= begin)
                low = middle + 1;
            else
                high = middle;
        }
        good += low && last >= begin && last <= search->last[low - 1] &&
                (search->permission[low - 1] & W3D_SANDBOX_READ);
    }
    search->good = good;
}

static void checks(void)
{
    static bench_search search;
    static const uint32_t counts[3] = { 1, 100, REGIONS }, sizes[3] = { 16, 16, 16 };
    uint32_t random = 1;
    for (int k = 0; k < 4; k++) {
        char name[64];
        bench_row row;
        search.count = k < 3 ? counts[k] : 100;
        search.size = k < 3 ? sizes[k] : 4096;
        if (w3d_sandbox_create(NULL, &search.sandbox) != W3D_OK) return;
        for (uint32_t i = 0; i < search.count; i++) {
            search.begin[i] = 0x10000000u + (uintptr_t)i * 12288u;
            search.last[i] = search.begin[i] + 8191u;
            search.permission[i] = W3D_SANDBOX_READ;
            bench_register(search.sandbox, (const void *)search.begin[i], 8192, W3D_SANDBOX_READ);
        }
        for (int i = 0; i < PROBES; i++) {
            random = random * 1664525u + 1013904223u;
            search.probes[i] = search.begin[(random >> 8) % search.count] + (random >> 4) % 4096u;
        }
        snprintf(name, sizeof name, "check of %u B, %u regions", (unsigned)search.size,
                 (unsigned)search.count);
        memset(&row, 0, sizeof row);
        row.name = name, row.unit = "M/s", row.work = PROBES / 1e6;
        row.ours.run = check_ours;
        row.peer.name = "sorted array, binary search", row.peer.run = check_search;
        row.user = &search;
        bench_run(&row);
        if (search.good != PROBES) printf("sandbox: %u of %d checks passed\n", search.good, PROBES);
        w3d_sandbox_destroy(search.sandbox);
    }
}

/* ---- faults ---- */

#if !defined(__EMSCRIPTEN__)

typedef struct bench_fault {
    w3d_sandbox *sandbox;
    w3d_sandbox_region region;
    unsigned char *ours, *bare; /* [PAGES] pages each */
    size_t page;
    int faults;
} bench_fault;

static bench_fault *bench_bare;

/* The least that lets the program go on: one page opened, nothing asked, nothing written down. */
static void bare_handler(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(bench_bare->page - 1);
    mprotect((void *)page, bench_bare->page, PROT_READ | PROT_WRITE);
}

static void touch_pages(volatile unsigned char *pages, size_t page)
{
    for (size_t i = 0; i < PAGES; i++) pages[i * page] = 1;
}
static void fault_ours(void *user)
{
    bench_fault *fault = (bench_fault *)user;
    touch_pages(fault->ours, fault->page);
    w3d_sandbox_rearm(fault->sandbox);
}
static void step_ours(void *user)
{
    bench_fault *fault = (bench_fault *)user;
    touch_pages(fault->ours, fault->page);
}
static void fault_bare(void *user)
{
    bench_fault *fault = (bench_fault *)user;
    touch_pages(fault->bare, fault->page);
    mprotect(fault->bare, PAGES * fault->page, PROT_NONE);
}

/* Both handlers at once: the bare one is the one ours finds and passes its faults to; to time it
 * alone, it is put in place before each of its runs. */
static struct sigaction bench_ours_action, bench_bare_action;
static void fault_bare_alone(void *user)
{
    sigaction(SIGSEGV, &bench_bare_action, NULL);
    fault_bare(user);
    sigaction(SIGSEGV, &bench_ours_action, NULL);
}

static void faults(void)
{
    bench_fault fault;
    memset(&fault, 0, sizeof fault);
    fault.page = w3d_sandbox_page_size();
    size_t size = PAGES * fault.page;
    fault.ours = (unsigned char *)mmap(NULL, size, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fault.bare = (unsigned char *)mmap(NULL, size, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fault.ours == MAP_FAILED || fault.bare == MAP_FAILED) return;
    memset(fault.ours, 1, size);
    memset(fault.bare, 1, size);
    mprotect(fault.bare, size, PROT_NONE);
    bench_bare = &fault;
    for (int step = 0; step < 2; step++) {
        struct sigaction before;
        bench_row row;
        memset(&bench_bare_action, 0, sizeof bench_bare_action);
        bench_bare_action.sa_sigaction = bare_handler;
        bench_bare_action.sa_flags = SA_SIGINFO;
        if (w3d_sandbox_create(NULL, &fault.sandbox) != W3D_OK) return;
        fault.region = bench_register(fault.sandbox, fault.ours, size, W3D_SANDBOX_NONE);
        sigaction(SIGSEGV, &bench_bare_action, &before);
        if (w3d_sandbox_install(fault.sandbox, step ? W3D_SANDBOX_STEP : W3D_SANDBOX_CONTINUE) ==
                W3D_OK &&
            w3d_sandbox_protect(fault.sandbox, fault.region) == W3D_OK) {
            sigaction(SIGSEGV, NULL, &bench_ours_action);
            memset(&row, 0, sizeof row);
            row.name =
                step ? "fault, logged, stepped over" : "fault, logged, then re-armed";
            row.unit = "kfault/s", row.work = PAGES / 1e3;
            row.ours.run = step ? step_ours : fault_ours;
            row.limit.name = "bare handler that opens the page", row.limit.run = fault_bare_alone;
            row.user = &fault;
            bench_run(&row);
        } else
            printf("%-34snot on this system\n", step ? "fault, stepped" : "fault");
        w3d_sandbox_destroy(fault.sandbox);
        sigaction(SIGSEGV, &before, NULL);
    }
    munmap(fault.ours, size);
    munmap(fault.bare, size);
}

#endif

void bench_sandbox(void)
{
    static uint32_t numbers[NUMBERS];
    bench_data data;
    w3d_sandbox_view_desc desc;
    memset(&data, 0, sizeof data);
    memset(&desc, 0, sizeof desc);
    bench_title("sandbox");
    for (uint32_t i = 0; i < NUMBERS; i++) numbers[i] = (i * 5u + 1u) % NUMBERS;
    data.numbers = numbers;
    if (w3d_sandbox_create(NULL, &data.sandbox) != W3D_OK) return;
    desc.region = bench_register(data.sandbox, numbers, sizeof numbers, W3D_SANDBOX_READ_WRITE);
    desc.access = W3D_SANDBOX_READ_WRITE;
    if (w3d_sandbox_view_make(data.sandbox, &desc, &data.view) == W3D_OK) views(&data);
    w3d_sandbox_destroy(data.sandbox);
    checks();
#if !defined(__EMSCRIPTEN__)
    faults();
#endif
}
