/* sandbox_fault.c - the fault handler: POSIX signals, a vectored exception handler on Windows, and
 * neither in wasm.
 *
 * The handler decides by the tables alone: a fault is ours where the region's permissions, not the
 * page's state of the moment, forbid the access. So a page that another thread has just opened, for
 * a step or until re-arming, still gives a record. A fault that comes while the tables change, or
 * that an earlier state of them explains, is simply taken again: the instruction restarts. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* sigaction, syscall under -std=c99 */
#endif
#include "memory/sandbox_fault.h"

#include "core/thread_token.h"
#include "memory/allocator.h"
#include "memory/sandbox_pages.h"

#if defined(__wasm__)
#define W3DI_SANDBOX_FAULT_NONE 1
#elif defined(_WIN32)
#define W3DI_SANDBOX_FAULT_WIN32 1
#else
#define W3DI_SANDBOX_FAULT_POSIX 1
#if defined(__linux__) && defined(__x86_64__)
#define W3DI_SANDBOX_FAULT_STEP 1
#endif
#endif

#if defined(W3DI_SANDBOX_FAULT_POSIX)
#include <errno.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#if !defined(SA_SIGINFO) || !defined(SA_ONSTACK)
#error "wasm3d: put WASM3D_IMPLEMENTATION in its own .c, before any other include"
#endif
#elif defined(W3DI_SANDBOX_FAULT_WIN32)
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#endif

#if defined(W3DI_SANDBOX_FAULT_NONE)

W3D_API w3d_result w3d_sandbox_install(w3d_sandbox *sandbox, w3d_sandbox_on_fault on_fault)
{
    (void)sandbox, (void)on_fault;
    return W3D_ERR_UNSUPPORTED;
}
W3D_API w3d_result w3d_sandbox_uninstall(w3d_sandbox *sandbox)
{
    (void)sandbox;
    return W3D_ERR_UNSUPPORTED;
}
W3D_API w3d_result w3d_sandbox_thread_stack(void *memory, size_t size)
{
    (void)memory, (void)size;
    return W3D_ERR_UNSUPPORTED;
}

#else

/* ---- the handler: what is the same on all systems ---- */

#define W3DI_SANDBOX_FAULT_SANDBOXES 8
#define W3DI_SANDBOX_FAULT_STEPS     64
#define W3DI_SANDBOX_FAULT_PAGES     16 /* more than one instruction touches, gathers apart */
#define W3DI_SANDBOX_FAULT_SIGNALS   3

/* A thread that runs one instruction with pages open. */
typedef struct w3di_sandbox_fault_step {
    void *owner; /* the thread's token; NULL: free */
    void *pages[W3DI_SANDBOX_FAULT_PAGES];
    void *sandboxes[W3DI_SANDBOX_FAULT_PAGES];
    uint32_t regions[W3DI_SANDBOX_FAULT_PAGES]; /* w3d_sandbox_region.id */
    uint32_t allow[W3DI_SANDBOX_FAULT_PAGES];   /* what pages_allow was  */
    uint64_t mask;                              /* the thread's signal mask, to be put back */
} w3di_sandbox_fault_step;

/* The one global of the module: a process has one fault handler. */
static struct w3di_sandbox_fault_state {
    uint32_t is_busy; /* an installer is at work */
    uint32_t count;
    void *sandboxes[W3DI_SANDBOX_FAULT_SANDBOXES];
    uint32_t seen;  /* thread and changes of the last fault tried again that was not ours */
    uint32_t waits; /* faults in a row that found the tables changing               */
#if defined(W3DI_SANDBOX_FAULT_WIN32)
    void *handler;
#else
    uint32_t is_hooked[W3DI_SANDBOX_FAULT_SIGNALS];
    struct sigaction earlier[W3DI_SANDBOX_FAULT_SIGNALS];
#if defined(W3DI_SANDBOX_FAULT_STEP)
    uint32_t step_count; /* slots in use: mostly 0 or 1, and then nobody searches */
    w3di_sandbox_fault_step steps[W3DI_SANDBOX_FAULT_STEPS];
#endif
#endif
} w3di_sandbox_fault;

typedef enum w3di_sandbox_fault_verdict {
    W3DI_SANDBOX_FAULT_FOREIGN,
    W3DI_SANDBOX_FAULT_AGAIN, /* run the instruction once more */
    W3DI_SANDBOX_FAULT_OURS
} w3di_sandbox_fault_verdict;

/* A fault, and where it is ours, what it hit. */
typedef struct w3di_sandbox_fault_event {
    uintptr_t address, pc;
    uint32_t access; /* NONE: not known */
    w3d_sandbox *sandbox;
    w3di_sandbox_record *record;
    w3di_sandbox_found found;
    uintptr_t page;
    size_t page_size;
} w3di_sandbox_fault_event;

static w3di_sandbox_fault_verdict w3di_sandbox_fault_judge(w3di_sandbox_fault_event *event)
{
    uint32_t changes = 0;
    event->page_size = w3d_sandbox_page_size();
    event->page = event->address & ~(uintptr_t)(event->page_size - 1);
    for (int i = 0; i < W3DI_SANDBOX_FAULT_SANDBOXES; i++) {
        w3d_sandbox *sandbox =
            (w3d_sandbox *)w3d_atomic_load_pointer(&w3di_sandbox_fault.sandboxes[i]);
        if (!sandbox) continue;
        uint32_t before = w3d_atomic_load_u32(&sandbox->changes);
        if (!w3di_sandbox_find(sandbox, event->address, &event->found) &&
            w3d_atomic_add_u32(&w3di_sandbox_fault.waits, 1) < 100000u)
            return W3DI_SANDBOX_FAULT_AGAIN;
        changes += before;
        uintptr_t first;
        size_t size = event->found.is_protected
                          ? w3di_sandbox_whole_pages(event->found.begin, event->found.last, &first)
                          : 0;
        if (!size || event->address < first || event->address - first >= size) continue;
        uint32_t permission = w3di_sandbox_any(sandbox, event->page, event->page_size);
        if (w3d_atomic_load_u32(&sandbox->changes) != before) return W3DI_SANDBOX_FAULT_AGAIN;
        if (!event->access && permission & W3D_SANDBOX_READ) event->access = W3D_SANDBOX_WRITE;
        if (event->access ? !(~permission & event->access) : permission) continue;
        event->sandbox = sandbox;
        event->record = w3di_sandbox_record_at(sandbox, event->found.index);
        w3d_atomic_store_u32(&w3di_sandbox_fault.waits, 0);
        return W3DI_SANDBOX_FAULT_OURS;
    }
    w3d_atomic_store_u32(&w3di_sandbox_fault.waits, 0);
    /* Not forbidden now; but it may have been when it happened. Once after every change, try; each
     * thread for itself, since several may have faulted before the change. */
    changes += (uint32_t)(w3d_thread_token() >> 4) * 0x9E3779B1u;
    if (w3d_atomic_exchange_u32(&w3di_sandbox_fault.seen, changes) != changes)
        return W3DI_SANDBOX_FAULT_AGAIN;
    return W3DI_SANDBOX_FAULT_FOREIGN;
}

static void w3di_sandbox_fault_log(const w3di_sandbox_fault_event *event, w3d_sandbox_action action)
{
    w3d_sandbox_record record;
    w3d_fill(&record, 0, sizeof record);
    record.address = event->address;
    record.pc = event->pc;
    record.region_begin = event->found.begin;
    record.region_size = (uint64_t)(event->found.last - event->found.begin) + 1u;
    record.tag = event->found.tag;
    record.region = event->found.id;
    record.kind = W3D_SANDBOX_FAULT;
    record.access = (uint8_t)event->access;
    record.action = (uint8_t)action;
    w3d_sandbox_audit_write(event->sandbox, &record);
}

/* Lets everybody at the page; 0 where the system refuses. */
static int w3di_sandbox_fault_open(const w3di_sandbox_fault_event *event)
{
    return w3d_sandbox_system_allow(event->page, event->page_size, event->found.pages_allow);
}

static int w3di_sandbox_fault_enter(void)
{
    return !w3d_atomic_exchange_u32(&w3di_sandbox_fault.is_busy, 1);
}
static void w3di_sandbox_fault_leave(void) { w3d_atomic_store_u32(&w3di_sandbox_fault.is_busy, 0); }

/* Puts a sandbox into the list, or (with NULL for `now`) takes it out. */
static int w3di_sandbox_fault_list(void *before, void *now)
{
    for (int i = 0; i < W3DI_SANDBOX_FAULT_SANDBOXES; i++) {
        if (w3di_sandbox_fault.sandboxes[i] != before) continue;
        w3d_atomic_store_pointer(&w3di_sandbox_fault.sandboxes[i], now);
        return 1;
    }
    return 0;
}

/* Logs and opens until re-arming; 0 where the fault has to be passed on. */
static int w3di_sandbox_fault_continue(const w3di_sandbox_fault_event *event)
{
    if (!w3di_sandbox_fault_open(event)) {
        w3di_sandbox_fault_log(event, W3D_SANDBOX_PASSED_ON);
        return 0;
    }
    w3d_atomic_store_u32(&event->record->is_opened, 1);
    w3di_sandbox_fault_log(event, W3D_SANDBOX_OPENED);
    return 1;
}

#if defined(W3DI_SANDBOX_FAULT_WIN32)

/* ---- Windows ---- */

static LONG CALLBACK w3di_sandbox_fault_handle(EXCEPTION_POINTERS *exception)
{
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    w3di_sandbox_fault_event event;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || record->NumberParameters < 2 ||
        record->ExceptionInformation[0] > 1) /* 8: execution */
        return EXCEPTION_CONTINUE_SEARCH;
    w3d_fill(&event, 0, sizeof event);
    event.address = (uintptr_t)record->ExceptionInformation[1];
    event.pc = (uintptr_t)record->ExceptionAddress;
    event.access = record->ExceptionInformation[0] ? W3D_SANDBOX_WRITE : W3D_SANDBOX_READ;
    w3di_sandbox_fault_verdict verdict = w3di_sandbox_fault_judge(&event);
    if (verdict == W3DI_SANDBOX_FAULT_AGAIN) return EXCEPTION_CONTINUE_EXECUTION;
    if (verdict == W3DI_SANDBOX_FAULT_FOREIGN) return EXCEPTION_CONTINUE_SEARCH;
    if (w3d_atomic_load_u32(&event.sandbox->on_fault) == W3D_SANDBOX_CONTINUE)
        return w3di_sandbox_fault_continue(&event) ? EXCEPTION_CONTINUE_EXECUTION
                                                   : EXCEPTION_CONTINUE_SEARCH;
    w3di_sandbox_fault_log(&event, W3D_SANDBOX_PASSED_ON);
    return EXCEPTION_CONTINUE_SEARCH;
}

static w3d_result w3di_sandbox_fault_hook(w3d_sandbox *sandbox)
{
    (void)sandbox;
    if (!w3di_sandbox_fault.handler)
        w3di_sandbox_fault.handler = AddVectoredExceptionHandler(1, w3di_sandbox_fault_handle);
    return w3di_sandbox_fault.handler ? W3D_OK : W3D_ERR_OUT_OF_MEMORY;
}

static void w3di_sandbox_fault_unhook(void)
{
    RemoveVectoredExceptionHandler(w3di_sandbox_fault.handler);
    w3di_sandbox_fault.handler = NULL;
}

W3D_API w3d_result w3d_sandbox_thread_stack(void *memory, size_t size)
{
    (void)memory, (void)size;
    return W3D_OK;
}

static int w3di_sandbox_fault_give_stack(w3d_sandbox *sandbox)
{
    (void)sandbox;
    return 1;
}
static void w3di_sandbox_fault_take_stack(w3d_sandbox *sandbox) { (void)sandbox; }

#else

/* ---- POSIX ---- */

static const int w3di_sandbox_fault_signals[W3DI_SANDBOX_FAULT_SIGNALS] = { SIGSEGV, SIGBUS,
                                                                            SIGTRAP };

/* The kernel's signal mask in a context is 8 bytes on Linux, where sigset_t claims 128; what lies
 * behind them is something else. */
#if defined(__linux__)
#define W3DI_SANDBOX_FAULT_MASK_SIZE 8
#else
#define W3DI_SANDBOX_FAULT_MASK_SIZE sizeof(sigset_t)
#endif

#if defined(__linux__) && defined(__x86_64__)
/* Registers by their place in the context, since their names need more than POSIX. */
#define W3DI_SANDBOX_FAULT_RIP   16
#define W3DI_SANDBOX_FAULT_FLAGS 17
#define W3DI_SANDBOX_FAULT_ERROR 19
static uint64_t *w3di_sandbox_fault_register(ucontext_t *context, int index)
{
    return (uint64_t *)(void *)&context->uc_mcontext + index;
}
#endif

/* Where and how: fills in pc and access, as far as this system tells. 0: an attempt to execute. */
static int w3di_sandbox_fault_read_context(ucontext_t *context, w3di_sandbox_fault_event *event)
{
#if defined(__linux__) && defined(__x86_64__)
    uint64_t error = *w3di_sandbox_fault_register(context, W3DI_SANDBOX_FAULT_ERROR);
    event->pc = (uintptr_t)*w3di_sandbox_fault_register(context, W3DI_SANDBOX_FAULT_RIP);
    event->access = error & 2u ? W3D_SANDBOX_WRITE : W3D_SANDBOX_READ;
    return !(error & 16u);
#elif defined(__linux__) && defined(__aarch64__)
    /* Records {magic, size} behind the registers; one of them holds the syndrome. */
    const unsigned char *area = (const unsigned char *)&context->uc_mcontext.__reserved;
    event->pc = (uintptr_t)context->uc_mcontext.pc;
    for (size_t offset = 0; offset + 16 <= sizeof context->uc_mcontext.__reserved;) {
        uint32_t head[2];
        uint64_t syndrome;
        w3d_copy(head, area + offset, 8);
        if (!head[0] || head[1] < 8) break;
        if (head[0] == 0x45535201u) {
            w3d_copy(&syndrome, area + offset + 8, 8);
            if (syndrome >> 26 == 0x20u || syndrome >> 26 == 0x21u) return 0; /* fetching */
            event->access = syndrome & 64u ? W3D_SANDBOX_WRITE : W3D_SANDBOX_READ;
            break;
        }
        offset += head[1];
    }
    return event->pc != event->address;
#elif defined(__APPLE__) && defined(__x86_64__)
    event->pc = (uintptr_t)context->uc_mcontext->__ss.__rip;
    event->access = context->uc_mcontext->__es.__err & 2u ? W3D_SANDBOX_WRITE : W3D_SANDBOX_READ;
    return !(context->uc_mcontext->__es.__err & 16u);
#elif defined(__APPLE__) && defined(__aarch64__)
    event->pc = (uintptr_t)__darwin_arm_thread_state64_get_pc(context->uc_mcontext->__ss);
    event->access = context->uc_mcontext->__es.__esr & 64u ? W3D_SANDBOX_WRITE : W3D_SANDBOX_READ;
    return event->pc != event->address;
#else
    (void)context;
    event->access = W3D_SANDBOX_NONE; /* told by the region: what it allows was not refused */
    return 1;
#endif
}

#if defined(W3DI_SANDBOX_FAULT_STEP)

static w3di_sandbox_fault_step *w3di_sandbox_fault_step_of(void *owner)
{
    if (!w3d_atomic_load_u32(&w3di_sandbox_fault.step_count)) return NULL;
    for (int i = 0; i < W3DI_SANDBOX_FAULT_STEPS; i++)
        if (w3d_atomic_load_pointer(&w3di_sandbox_fault.steps[i].owner) == owner)
            return &w3di_sandbox_fault.steps[i];
    return NULL;
}

/* Does another thread's step need the page? */
static int w3di_sandbox_fault_is_open(void *page)
{
    if (w3d_atomic_load_seq_u32(&w3di_sandbox_fault.step_count) == 1) return 0;
    for (int i = 0; i < W3DI_SANDBOX_FAULT_STEPS; i++)
        for (int k = 0; k < W3DI_SANDBOX_FAULT_PAGES; k++)
            if (w3d_atomic_load_seq_pointer(&w3di_sandbox_fault.steps[i].pages[k]) == page)
                return 1;
    return 0;
}

static void w3di_sandbox_fault_free_step(w3di_sandbox_fault_step *step)
{
    w3d_atomic_store_pointer(&step->owner, NULL);
    w3d_atomic_add_u32(&w3di_sandbox_fault.step_count, (uint32_t)-1);
}

/* Protects a page again that was opened for a step; meanwhile another thread may be changing the
 * tables, unprotecting this very region too. Only what was done between two looks at an unchanged
 * even `changes` counts: the system has then put our call before or after all of the writer's. */
static void w3di_sandbox_fault_close(w3d_sandbox *sandbox, w3d_sandbox_region region, void *page,
                                     uint32_t allow)
{
    w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, region.id & 0xFFFFFu);
    int is_closed = 0;
    for (uint32_t tries = 0; tries < 1000000u; tries++) {
        uint32_t before = w3d_atomic_load_u32(&sandbox->changes);
        if (before & 1u) {
            w3d_atomic_pause();
            continue;
        }
        if (w3di_sandbox_record_of(sandbox, region) && w3d_atomic_load_u32(&record->is_protected)) {
            if (w3di_sandbox_fault_is_open(page)) return;
            (void)w3d_sandbox_apply(sandbox, record, (uintptr_t)page, (uintptr_t)page);
            is_closed = 1;
        } else if (is_closed) /* unprotected in between, and we have undone that */
            w3d_sandbox_system_allow((uintptr_t)page, w3d_sandbox_page_size(), allow);
        if (w3d_atomic_load_u32(&sandbox->changes) == before) return;
    }
    /* The writer does not get on (this is its own thread, or it has been stopped). Rather an access
     * missed than one that kills: the page stays open until re-arming. */
    w3d_sandbox_system_allow((uintptr_t)page, w3d_sandbox_page_size(), allow);
    w3d_atomic_store_u32(&record->is_opened, 1);
}

/* The step's instruction is over: protects its pages again, save those another step still needs
 * (which then protects them), and takes the trap flag and the mask back. */
static void w3di_sandbox_fault_finish(w3di_sandbox_fault_step *step, ucontext_t *context)
{
    for (int k = 0; k < W3DI_SANDBOX_FAULT_PAGES; k++) {
        void *page = step->pages[k];
        if (!page) continue;
        w3d_sandbox_region region;
        region.id = step->regions[k];
        w3d_atomic_exchange_pointer(&step->pages[k], NULL);
        w3di_sandbox_fault_close((w3d_sandbox *)step->sandboxes[k], region, page, step->allow[k]);
    }
    *w3di_sandbox_fault_register(context, W3DI_SANDBOX_FAULT_FLAGS) &= ~(uint64_t)0x100u;
    w3d_copy(&context->uc_sigmask, &step->mask, 8);
    w3di_sandbox_fault_free_step(step);
}

/* Opens the page for one instruction and logs it; 0 where there is no room to remember that. */
static int w3di_sandbox_fault_begin_step(const w3di_sandbox_fault_event *event, void *owner,
                                         w3di_sandbox_fault_step *step, ucontext_t *context)
{
    int k = 0, is_new = !step;
    if (is_new) w3d_atomic_add_u32(&w3di_sandbox_fault.step_count, 1);
    for (int i = 0; !step && i < W3DI_SANDBOX_FAULT_STEPS; i++) {
        void *nobody = NULL;
        if (w3d_atomic_swap_pointer(&w3di_sandbox_fault.steps[i].owner, &nobody, owner))
            step = &w3di_sandbox_fault.steps[i];
    }
    if (!step) {
        w3d_atomic_add_u32(&w3di_sandbox_fault.step_count, (uint32_t)-1);
        return 0;
    }
    /* The same page again: another thread's step ended and closed it. That is no new access. */
    for (; k < W3DI_SANDBOX_FAULT_PAGES; k++)
        if ((uintptr_t)step->pages[k] == event->page) return w3di_sandbox_fault_open(event);
    for (k = 0; k < W3DI_SANDBOX_FAULT_PAGES && step->pages[k]; k++) {}
    if (k == W3DI_SANDBOX_FAULT_PAGES) return 0;
    step->sandboxes[k] = event->sandbox;
    step->regions[k] = event->found.id;
    step->allow[k] = event->found.pages_allow;
    /* First on the list, then open: whoever closes looks at the list. */
    w3d_atomic_exchange_pointer(&step->pages[k], (void *)event->page);
    if (!w3di_sandbox_fault_open(event)) {
        w3d_atomic_exchange_pointer(&step->pages[k], NULL);
        if (is_new) w3di_sandbox_fault_free_step(step);
        return 0;
    }
    if (is_new) {
        /* Nothing else may run between the instruction and its trap; and the trap must not be
         * blocked, since the kernel kills for that. */
        uint64_t all = ~(uint64_t)0;
        const int open[6] = { SIGSEGV, SIGBUS, SIGTRAP, SIGILL, SIGFPE, SIGSYS };
        for (int i = 0; i < 6; i++) all &= ~((uint64_t)1 << (open[i] - 1));
        w3d_copy(&step->mask, &context->uc_sigmask, 8);
        w3d_copy(&context->uc_sigmask, &all, 8);
        *w3di_sandbox_fault_register(context, W3DI_SANDBOX_FAULT_FLAGS) |= 0x100u;
    }
    w3di_sandbox_fault_log(event, W3D_SANDBOX_STEPPED);
    return 1;
}

#endif

/* Does what would have happened without us. */
static void w3di_sandbox_fault_pass_on(int index, siginfo_t *info, void *context)
{
    int number = w3di_sandbox_fault_signals[index];
    struct sigaction earlier = w3di_sandbox_fault.earlier[index];
    if (!(earlier.sa_flags & SA_SIGINFO) &&
        (earlier.sa_handler == SIG_DFL || earlier.sa_handler == SIG_IGN)) {
        int is_sent = info->si_code <= 0;
        if (is_sent && earlier.sa_handler == SIG_IGN) return;
        /* The instruction runs again and faults for good; even where the signal is ignored, the
         * system ends the program then. What would not come again is sent again, as it was. */
        (void)sigaction(number, &earlier, NULL);
        if (!is_sent && number != SIGTRAP) return;
#if defined(__linux__)
        (void)syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), number, info);
#else
        (void)raise(number);
#endif
        return;
    }
    /* The mask that handler asked for: its own on top of the interrupted one. */
    sigset_t mask;
    sigemptyset(&mask);
    w3d_copy(&mask, &((ucontext_t *)context)->uc_sigmask, W3DI_SANDBOX_FAULT_MASK_SIZE);
    for (int other = 1; other < 65; other++)
        if (sigismember(&earlier.sa_mask, other) == 1) (void)sigaddset(&mask, other);
    if (!(earlier.sa_flags & (int)SA_NODEFER)) (void)sigaddset(&mask, number);
    if (earlier.sa_flags & (int)SA_RESETHAND) {
        w3di_sandbox_fault.earlier[index].sa_flags = 0;
        w3di_sandbox_fault.earlier[index].sa_handler = SIG_DFL;
    }
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (earlier.sa_flags & SA_SIGINFO)
        earlier.sa_sigaction(number, info, context);
    else
        earlier.sa_handler(number);
}

/* Does the number say that memory was there but refused? */
static int w3di_sandbox_fault_is_protection(int number, const siginfo_t *info)
{
#if defined(__linux__)
    return number == SIGSEGV && info->si_code == SEGV_ACCERR;
#else
    return (number == SIGSEGV || number == SIGBUS) && info->si_code > 0;
#endif
}

static void w3di_sandbox_fault_handle(int number, siginfo_t *info, void *opaque)
{
    int error = errno;
    int index = number == SIGSEGV ? 0 : number == SIGBUS ? 1 : 2;
    ucontext_t *context = (ucontext_t *)opaque;
    w3di_sandbox_fault_event event;
    w3di_sandbox_fault_verdict verdict = W3DI_SANDBOX_FAULT_FOREIGN;
#if defined(W3DI_SANDBOX_FAULT_STEP)
    void *owner = (void *)w3d_thread_token();
    w3di_sandbox_fault_step *step = w3di_sandbox_fault_step_of(owner);
    if (number == SIGTRAP && step && info->si_code == 2) { /* TRAP_TRACE */
        w3di_sandbox_fault_finish(step, context);
        errno = error;
        return;
    }
#endif
    w3d_fill(&event, 0, sizeof event);
    if (w3di_sandbox_fault_is_protection(number, info)) {
        event.address = (uintptr_t)info->si_addr;
        if (w3di_sandbox_fault_read_context(context, &event))
            verdict = w3di_sandbox_fault_judge(&event);
    }
    int is_done = verdict == W3DI_SANDBOX_FAULT_AGAIN;
    if (verdict == W3DI_SANDBOX_FAULT_OURS) {
        uint32_t on_fault = w3d_atomic_load_u32(&event.sandbox->on_fault);
#if defined(W3DI_SANDBOX_FAULT_STEP)
        if (on_fault == W3D_SANDBOX_STEP)
            is_done = w3di_sandbox_fault_begin_step(&event, owner, step, context);
#endif
        if (!is_done && on_fault != W3D_SANDBOX_TRAP)
            is_done = w3di_sandbox_fault_continue(&event);
        else if (!is_done)
            w3di_sandbox_fault_log(&event, W3D_SANDBOX_PASSED_ON);
    }
    if (!is_done) {
#if defined(W3DI_SANDBOX_FAULT_STEP)
        if (step && info->si_code > 0) w3di_sandbox_fault_finish(step, context);
#endif
        errno = error;
        w3di_sandbox_fault_pass_on(index, info, opaque);
        return;
    }
    errno = error;
}

static int w3di_sandbox_fault_is_hooked(int index)
{
    struct sigaction now;
    return sigaction(w3di_sandbox_fault_signals[index], NULL, &now) == 0 &&
           (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == w3di_sandbox_fault_handle;
}

static w3d_result w3di_sandbox_fault_hook(w3d_sandbox *sandbox)
{
    for (int index = 0; index < W3DI_SANDBOX_FAULT_SIGNALS; index++) {
        struct sigaction action;
#if defined(__linux__)
        if (index == 1) continue; /* protection is never reported as SIGBUS */
#endif
        if (index == 2 && sandbox->on_fault != W3D_SANDBOX_STEP) continue;
        /* Below somebody's handler ours is still in place, and hooking twice would make a ring. */
        if (w3di_sandbox_fault.is_hooked[index]) continue;
        if (sigaction(w3di_sandbox_fault_signals[index], NULL, &w3di_sandbox_fault.earlier[index]))
            return W3D_ERR_UNSUPPORTED;
        w3d_fill(&action, 0, sizeof action);
        action.sa_sigaction = w3di_sandbox_fault_handle;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK |
                          (w3di_sandbox_fault.earlier[index].sa_flags & (int)SA_RESTART);
        (void)sigfillset(&action.sa_mask);
        if (sigaction(w3di_sandbox_fault_signals[index], &action, NULL)) return W3D_ERR_UNSUPPORTED;
        w3di_sandbox_fault.is_hooked[index] = 1;
    }
    return W3D_OK;
}

static void w3di_sandbox_fault_unhook(void)
{
    for (int index = 0; index < W3DI_SANDBOX_FAULT_SIGNALS; index++) {
        if (!w3di_sandbox_fault.is_hooked[index] || !w3di_sandbox_fault_is_hooked(index)) continue;
        (void)sigaction(w3di_sandbox_fault_signals[index], &w3di_sandbox_fault.earlier[index],
                        NULL);
        w3di_sandbox_fault.is_hooked[index] = 0;
    }
}

W3D_API w3d_result w3d_sandbox_thread_stack(void *memory, size_t size)
{
    stack_t stack;
    w3d_fill(&stack, 0, sizeof stack);
    stack.ss_sp = memory;
    stack.ss_size = size;
    stack.ss_flags = memory ? 0 : SS_DISABLE;
    int saved = errno;
    w3d_result result = W3D_OK;
    if (sigaltstack(&stack, NULL)) result = errno == EPERM ? W3D_ERR_BUSY : W3D_ERR_RANGE;
    errno = saved;
    return result;
}

/* An alternate stack for the calling thread, unless it has one; 0: no memory. */
static int w3di_sandbox_fault_give_stack(w3d_sandbox *sandbox)
{
    stack_t now;
    if (sigaltstack(NULL, &now) || !(now.ss_flags & SS_DISABLE)) return 1;
    void *stack = w3d_allocator_resize(&sandbox->allocator, NULL, 0, W3D_SANDBOX_STACK_SIZE);
    if (!stack) return 0;
    if (w3d_sandbox_thread_stack(stack, W3D_SANDBOX_STACK_SIZE) == W3D_OK)
        sandbox->stack = stack;
    else
        w3d_allocator_resize(&sandbox->allocator, stack, W3D_SANDBOX_STACK_SIZE, 0);
    return 1;
}

static void w3di_sandbox_fault_take_stack(w3d_sandbox *sandbox)
{
    stack_t now;
    if (!sandbox->stack) return;
    if (!sigaltstack(NULL, &now) && now.ss_sp == sandbox->stack)
        (void)w3d_sandbox_thread_stack(NULL, 0);
    w3d_allocator_resize(&sandbox->allocator, sandbox->stack, W3D_SANDBOX_STACK_SIZE, 0);
    sandbox->stack = NULL;
}

#endif

/* ---- installing ---- */

W3D_API w3d_result w3d_sandbox_install(w3d_sandbox *sandbox, w3d_sandbox_on_fault on_fault)
{
    W3D_ASSERT(sandbox);
    if (!sandbox || sandbox->is_installed || (uint32_t)on_fault > (uint32_t)W3D_SANDBOX_STEP)
        return W3D_ERR_ARGUMENT;
#if !defined(W3DI_SANDBOX_FAULT_STEP)
    if (on_fault == W3D_SANDBOX_STEP) return W3D_ERR_UNSUPPORTED;
#endif
    if (!w3di_sandbox_fault_enter()) return W3D_ERR_BUSY;
    w3d_result result = W3D_OK;
    if (w3di_sandbox_fault.count == W3DI_SANDBOX_FAULT_SANDBOXES)
        result = W3D_ERR_LIMIT;
    else if (!w3di_sandbox_fault_give_stack(sandbox))
        result = W3D_ERR_OUT_OF_MEMORY;
    else {
        w3d_atomic_store_u32(&sandbox->on_fault, (uint32_t)on_fault);
        (void)w3di_sandbox_fault_list(NULL, sandbox);
        result = w3di_sandbox_fault_hook(sandbox);
        if (result == W3D_OK) {
            w3di_sandbox_fault.count++;
            sandbox->is_installed = 1;
            sandbox->installer = w3d_thread_token();
        } else {
            (void)w3di_sandbox_fault_list(sandbox, NULL);
            if (!w3di_sandbox_fault.count) w3di_sandbox_fault_unhook();
            w3di_sandbox_fault_take_stack(sandbox);
        }
    }
    w3di_sandbox_fault_leave();
    return result;
}

W3D_API w3d_result w3d_sandbox_uninstall(w3d_sandbox *sandbox)
{
    if (!sandbox || !sandbox->is_installed) return W3D_ERR_ARGUMENT;
    if (sandbox->stack && sandbox->installer != w3d_thread_token()) return W3D_ERR_THREAD;
    if (!w3di_sandbox_fault_enter()) return W3D_ERR_BUSY;
    (void)w3di_sandbox_fault_list(sandbox, NULL);
    if (!--w3di_sandbox_fault.count) w3di_sandbox_fault_unhook();
    w3di_sandbox_fault_take_stack(sandbox);
    sandbox->is_installed = 0;
    w3di_sandbox_fault_leave();
    return W3D_OK;
}

#undef W3DI_SANDBOX_FAULT_SANDBOXES
#undef W3DI_SANDBOX_FAULT_STEPS
#undef W3DI_SANDBOX_FAULT_PAGES
#undef W3DI_SANDBOX_FAULT_SIGNALS
#undef W3DI_SANDBOX_FAULT_MASK_SIZE
#undef W3DI_SANDBOX_FAULT_RIP
#undef W3DI_SANDBOX_FAULT_FLAGS
#undef W3DI_SANDBOX_FAULT_ERROR

#endif

#undef W3DI_SANDBOX_FAULT_NONE
#undef W3DI_SANDBOX_FAULT_WIN32
#undef W3DI_SANDBOX_FAULT_POSIX
#undef W3DI_SANDBOX_FAULT_STEP
