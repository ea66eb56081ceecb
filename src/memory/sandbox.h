/* sandbox.h - an audited whitelist of memory: which bytes may be read and written, and who tried.
 *
 * Regions are registered with a tag and a permission; windows inside them allow less (or more).
 * Code then asks before it touches memory, works through checked views, or has the processor ask:
 * page protection with a fault handler that logs. Refused accesses go to a log of 64-byte records
 * (sandbox_audit.h).
 *
 *     w3d_sandbox *sandbox;
 *     if (w3d_sandbox_create(NULL, &sandbox) != W3D_OK) return;
 *     w3d_sandbox_region_desc desc = { 0 };
 *     desc.address = block, desc.size = block_size, desc.tag = W3D_SANDBOX_TAG('m', 'e', 's', 'h');
 *     desc.permission = W3D_SANDBOX_READ_WRITE;
 *     w3d_sandbox_region mesh;
 *     w3d_sandbox_register_region(sandbox, &desc, &mesh);
 *     w3d_sandbox_window(sandbox, mesh, 0x1000, 0x10000 - 0x1000, W3D_SANDBOX_READ);
 *     if (w3d_sandbox_check(sandbox, pointer, 16, W3D_SANDBOX_WRITE) != W3D_OK) ...
 *
 * It is an audit aid and a bug catcher, NOT a boundary against hostile native code: such code can
 * write to the sandbox's own tables, unprotect pages, or simply not ask.
 *
 * Threads. Registering, unregistering, windows, protection and re-arming change the tables: one
 * thread at a time (a second one gets W3D_ERR_BUSY, nothing waits). Checks, views, the log and the
 * fault handler only read them, without locks, from any thread and also while they change; a check
 * of memory whose own region changes at that moment sees it before or after. A view in use is told
 * by a count that its region has changed, without waiting for the access that is under way. */
#ifndef W3D_SANDBOX_H
#define W3D_SANDBOX_H

#include "core/atomic.h"
#include "memory/sandbox_audit.h"

/* Permissions, and what an access asks for; only these four values. */
typedef enum w3d_sandbox_access {
    W3D_SANDBOX_NONE = 0, /* allows nothing; as a question: is this memory inside one region? */
    W3D_SANDBOX_READ = 1,
    W3D_SANDBOX_WRITE = 2, /* only as a question: what may be written may be read            */
    W3D_SANDBOX_READ_WRITE = 3
} w3d_sandbox_access;

/* What goes into the log besides refusals. */
typedef enum w3d_sandbox_log {
    W3D_SANDBOX_LOG_DENIED = 0,  /* refusals and faults only           */
    W3D_SANDBOX_LOG_REGIONS = 1, /* also regions and windows as they change */
    W3D_SANDBOX_LOG_ALL = 2      /* also every check that was allowed  */
} w3d_sandbox_log;

typedef struct w3d_sandbox_desc {
    w3d_allocator   allocator;      /* zeroed: the default                                        */
    uint32_t        audit_capacity; /* records the log keeps, rounded up to a power of two, at most
                                       2^20; 0: 1024                                              */
    w3d_sandbox_log log;
    uint64_t      (*now)(void *user); /* nanoseconds; called in fault handlers: no locks, no memory.
                                         NULL: the monotonic clock; in freestanding wasm always 0 */
    void           *now_user;
} w3d_sandbox_desc;

/* A registered region; 0: none. A number is never given twice: stale ones are told apart. */
typedef struct w3d_sandbox_region {
    uint32_t id;
} w3d_sandbox_region;

/* How a region's range becomes whole pages (w3d_sandbox_page_size). */
typedef enum w3d_sandbox_rounding {
    W3D_SANDBOX_INWARDS = 0, /* the whole pages inside the range: allows nothing not named */
    W3D_SANDBOX_EXACT = 1,   /* the very bytes; protection covers the whole pages inside   */
    W3D_SANDBOX_OUTWARDS = 2 /* every page the range touches: for callers who own those pages     */
} w3d_sandbox_rounding;

/* A tag of four characters, the first in the lowest byte. To everything but JSON it is a number. */
#define W3D_SANDBOX_TAG(a, b, c, d)                                                                \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

typedef struct w3d_sandbox_region_desc {
    const void          *address;
    size_t               size;        /* not 0                                                    */
    uint32_t             tag;
    w3d_sandbox_access   permission;  /* NONE, READ or READ_WRITE                                 */
    w3d_sandbox_rounding rounding;
    w3d_sandbox_access   pages_allow; /* what the system lets these pages do when unprotected;
                                         NONE: read and write. READ for read-only mappings        */
    int                  not_poisoned; /* 1: leave AddressSanitizer's shadow alone: the range
                                         is not this program's memory, or faults are to be logged */
} w3d_sandbox_region_desc;

/* Bytes of a page: the system's, and 4096 in wasm, where nothing can be protected. */
W3D_API size_t w3d_sandbox_page_size(void);

/* Makes an empty sandbox.
 *
 *   desc     in   NULL: all defaults
 *   sandbox  out  destroy it
 *
 * Errors  W3D_ERR_OUT_OF_MEMORY, W3D_ERR_ARGUMENT
 * Cost    68 bytes a record of the log; 1/110 of what is ever registered, till the end */
W3D_API w3d_result w3d_sandbox_create(const w3d_sandbox_desc *desc, w3d_sandbox **sandbox);

/* Unprotects and forgets everything, uninstalls the handler; NULL does nothing. Nobody may use the
 * sandbox or its views any more. Of regions whose memory was unmapped, it unprotects what is left.
 * While another thread installs or uninstalls a sandbox, it waits. While the handler is installed,
 * destroy on the thread that installed it: elsewhere the signal stack it gave that thread stays
 * allocated. */
W3D_API void w3d_sandbox_destroy(w3d_sandbox *sandbox);

/* Puts a range of memory on the list.
 *
 *   desc    in
 *   region  out  to name it by
 *
 * With AddressSanitizer (gcc or clang, -fsanitize=address) the bytes that allow nothing, now or by
 * a window, are poisoned, so that its reports name them too; unregistering takes the poison away.
 *
 * Errors  W3D_ERR_ARGUMENT: size 0, or a permission that is none of the three. W3D_ERR_RANGE: the
 *         range wraps around, overlaps a region, or holds no whole page where that is asked for.
 *         W3D_ERR_LIMIT: 1048512 regions. W3D_ERR_OUT_OF_MEMORY, W3D_ERR_BUSY
 * Cost    linear in size / 512, and in the number of regions above it by address
 * Thread  one at a time */
W3D_API w3d_result w3d_sandbox_register_region(w3d_sandbox *sandbox,
                                               const w3d_sandbox_region_desc *desc,
                                               w3d_sandbox_region *region);

/* Takes it off again; its pages are unprotected, views on it become stale.
 *
 * Errors  W3D_ERR_STALE: no such region (any more). W3D_ERR_RANGE: the system did not let the pages
 *         go back; the region then stays. W3D_ERR_BUSY */
W3D_API w3d_result w3d_sandbox_unregister(w3d_sandbox *sandbox, w3d_sandbox_region region);

/* Gives a part of a region a permission of its own, instead of what it had there; views on the
 * region become stale, protected pages change with it.
 *
 *   offset, size  in  bytes from the region's begin, as it was rounded; each end must be a multiple
 *                     of 64 as an address, or the region's own end
 *   permission    in  NONE, READ or READ_WRITE
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_STALE; W3D_ERR_RANGE: outside the region, an end not on 64, or
 *         the system refused to protect. W3D_ERR_OUT_OF_MEMORY (protected regions), W3D_ERR_BUSY
 * Cost    linear in size / 512 */
W3D_API w3d_result w3d_sandbox_window(w3d_sandbox *sandbox, w3d_sandbox_region region,
                                      size_t offset, size_t size, w3d_sandbox_access permission);

/* May `size` bytes at `pointer` be read or written? All must lie in one region (two that touch are
 * still two), to the byte, and each must allow it. A refusal is logged with the caller's address.
 *
 *   pointer  in  any value; not followed
 *   size     in  0 is allowed anywhere
 *   access   in  NONE asks only whether one region holds them all
 *
 * Errors  W3D_ERR_ACCESS, also where pointer + size wraps around; W3D_ERR_ARGUMENT
 * Cost    a hash look-up and a shift for up to 512 bytes; 8 shadow words more per 4 KiB. Where an
 *         end lies in a 64-byte granule only partly in a region: a walk over the regions of that
 *         4 KiB
 * Thread  any */
W3D_API w3d_result w3d_sandbox_check(w3d_sandbox *sandbox, const void *pointer, size_t size,
                                     w3d_sandbox_access access);

/* ---- checked views ---- */

/* A stretch of a region that is checked at every access: bounds, permission, still registered.
 * Made once, then cheap; zeroed it allows nothing. Passing `const w3d_sandbox_view *` is fine; a
 * copy in a local variable lets compilers keep its fields in registers. */
typedef struct w3d_sandbox_view {
    unsigned char     *memory;
    size_t             size;       /* bytes that may be read                               */
    size_t             write_size; /* bytes that may be written: size, or 0                */
    const uint32_t    *changes;    /* the region's count of changes: kept till the sandbox's end */
    uint32_t           generation; /* what the count was when the view was made            */
    w3d_sandbox_region region;
    w3d_sandbox       *sandbox;
    struct w3d_sandbox_refusal *refusal; /* the sandbox's */
} w3d_sandbox_view;

/* Where views in wasm note a refusal for the log; private. */
typedef struct w3d_sandbox_refusal {
    uint32_t  count;    /* refusals since the log took one over */
    uint32_t  is_ready; /* the fields below are the first's     */
    uint32_t  access, size;
    uintptr_t address;
} w3d_sandbox_refusal;

typedef struct w3d_sandbox_view_desc {
    w3d_sandbox_region region;
    size_t             offset; /* bytes from the region's begin          */
    size_t             size;   /* 0: up to the region's end              */
    w3d_sandbox_access access; /* NONE: READ; WRITE means READ_WRITE     */
} w3d_sandbox_view_desc;

/* Makes a view of memory that allows the access throughout.
 *
 * Errors  W3D_ERR_STALE; W3D_ERR_ACCESS: outside the region or not allowed there, which is logged
 * Thread  any. Using a view while another thread unregisters its region is a race the view may
 *         miss: it tells stale views, it does not keep memory alive. */
W3D_API w3d_result w3d_sandbox_view_make(w3d_sandbox *sandbox, const w3d_sandbox_view_desc *desc,
                                         w3d_sandbox_view *view);

/* Logs an access that a view does not allow and says why: W3D_ERR_STALE or W3D_ERR_ACCESS. The
 * functions below call it. */
W3D_API w3d_result w3d_sandbox_view_denied(const w3d_sandbox_view *view, size_t offset, size_t size,
                                           w3d_sandbox_access access);

/* The same for single loads and stores. In wasm it is a note instead of a call, because a call
 * makes the engine keep every variable of the loop around it in memory (measured: a sum takes 4
 * times as long). The log takes the note over when it is next written to or read; of several
 * refusals in between it keeps the first and counts the others as dropped. */
W3D_INLINE void w3d_sandbox_view_refuse(const w3d_sandbox_view *view, size_t offset, size_t size,
                                        w3d_sandbox_access access)
{
#if defined(__wasm__)
    if (!view->refusal || w3d_atomic_add_u32(&view->refusal->count, 1)) return;
    view->refusal->access = (uint32_t)access;
    view->refusal->size = (uint32_t)size;
    view->refusal->address = (uintptr_t)view->memory + offset;
    w3d_atomic_store_u32(&view->refusal->is_ready, 1);
#else
    w3d_sandbox_view copy = *view; /* so that the caller's own stays in registers */
    w3d_sandbox_view_denied(&copy, offset, size, access);
#endif
}

/* 1 where [offset, offset + size) lies in the first `limit` bytes and the view is not stale. */
W3D_INLINE int w3d_sandbox_view_allows(const w3d_sandbox_view *view, size_t limit, size_t offset,
                                       size_t size)
{
    /* Relaxed: what another thread does to the region is seen soon, and orders nothing. */
    int allowed = limit >= size && offset <= limit - size &&
                  w3d_atomic_load_relaxed_u32(view->changes) == view->generation;
#if defined(__GNUC__)
    return (int)__builtin_expect(allowed, 1);
#else
    return allowed;
#endif
}

/* w3d_sandbox_load_f32(&view, offset) and so on: one number at a byte offset, at any alignment. A
 * refused load gives 0, a refused store is left out; both are logged. Types: u8 u16 u32 u64 i8 i16
 * i32 i64 f32 f64. Little-endian, as all targets are. */
#define W3DI_SANDBOX_NUMBER(name, type)                                                            \
    W3D_INLINE type w3d_sandbox_load_##name(const w3d_sandbox_view *view, size_t offset)           \
    {                                                                                              \
        type value = 0;                                                                            \
        if (w3d_sandbox_view_allows(view, view->size, offset, sizeof value)) {                     \
            w3d_copy(&value, view->memory + offset, sizeof value);                                 \
        } else {                                                                                   \
            w3d_sandbox_view_refuse(view, offset, sizeof value, W3D_SANDBOX_READ);                 \
        }                                                                                          \
        return value;                                                                              \
    }                                                                                              \
    W3D_INLINE void w3d_sandbox_store_##name(const w3d_sandbox_view *view, size_t offset,          \
                                             type value)                                           \
    {                                                                                              \
        if (w3d_sandbox_view_allows(view, view->write_size, offset, sizeof value)) {               \
            w3d_copy(view->memory + offset, &value, sizeof value);                                 \
        } else {                                                                                   \
            w3d_sandbox_view_refuse(view, offset, sizeof value, W3D_SANDBOX_WRITE);                \
        }                                                                                          \
    }
W3DI_SANDBOX_NUMBER(u8, uint8_t)
W3DI_SANDBOX_NUMBER(u16, uint16_t)
W3DI_SANDBOX_NUMBER(u32, uint32_t)
W3DI_SANDBOX_NUMBER(u64, uint64_t)
W3DI_SANDBOX_NUMBER(i8, int8_t)
W3DI_SANDBOX_NUMBER(i16, int16_t)
W3DI_SANDBOX_NUMBER(i32, int32_t)
W3DI_SANDBOX_NUMBER(i64, int64_t)
W3DI_SANDBOX_NUMBER(f32, float)
W3DI_SANDBOX_NUMBER(f64, double)
#undef W3DI_SANDBOX_NUMBER

/* Copies `size` bytes out of the view, or into it: all of them, or none and an error.
 *
 * Errors  W3D_ERR_ACCESS, W3D_ERR_STALE; both logged */
static inline w3d_result w3d_sandbox_view_read(const w3d_sandbox_view *view, size_t offset,
                                               void *dst, size_t size)
{
    if (!view->changes || !w3d_sandbox_view_allows(view, view->size, offset, size))
        return w3d_sandbox_view_denied(view, offset, size, W3D_SANDBOX_READ);
    w3d_copy(dst, view->memory + offset, size);
    return W3D_OK;
}
static inline w3d_result w3d_sandbox_view_write(const w3d_sandbox_view *view, size_t offset,
                                                const void *src, size_t size)
{
    if (!view->changes || !w3d_sandbox_view_allows(view, view->write_size, offset, size))
        return w3d_sandbox_view_denied(view, offset, size, W3D_SANDBOX_WRITE);
    w3d_copy(view->memory + offset, src, size);
    return W3D_OK;
}

/* The address of `size` bytes of the view, checked once for a whole loop; NULL where they are not
 * allowed, which is logged. What is done with it is not checked any more. */
static inline unsigned char *w3d_sandbox_view_span(const w3d_sandbox_view *view, size_t offset,
                                                   size_t size, w3d_sandbox_access access)
{
    size_t limit = access & W3D_SANDBOX_WRITE ? view->write_size : view->size;
    if (view->changes && w3d_sandbox_view_allows(view, limit, offset, size))
        return view->memory + offset;
    (void)w3d_sandbox_view_denied(view, offset, size, access);
    return NULL;
}

/* ---- page protection: native targets only; elsewhere all of it gives W3D_ERR_UNSUPPORTED ---- */

/* Has the processor enforce the region's permissions: each whole page inside it allows what any of
 * its bytes allows, and no more. Accesses beyond that stop the program, unless a handler is
 * installed. System calls that are handed such memory fail (EFAULT); no handler hears of it.
 * Unprotecting gives the pages back what the desc's pages_allow says.
 *
 * Errors  W3D_ERR_UNSUPPORTED; W3D_ERR_STALE; W3D_ERR_RANGE: no whole page, or the system refuses
 *         (memory that is not mapped, more mappings than it allows); W3D_ERR_BUSY
 * Cost    a system call per run of pages that allow the same
 * Thread  one at a time */
W3D_API w3d_result w3d_sandbox_protect(w3d_sandbox *sandbox, w3d_sandbox_region region);
W3D_API w3d_result w3d_sandbox_unprotect(w3d_sandbox *sandbox, w3d_sandbox_region region);

/* What the handler does with an access to protected memory, once it is in the log. */
typedef enum w3d_sandbox_on_fault {
    /* Pass the fault on to the handler that was there before; without one the program dies. */
    W3D_SANDBOX_TRAP = 0,
    /* Open that page and let the program go on. What is missed: every later access to the page, by
     * any thread, until w3d_sandbox_rearm. */
    W3D_SANDBOX_CONTINUE = 1,
    /* Open the page, let this one instruction run, protect it again: each access is logged, also
     * the next to the same page. What is missed: accesses of other threads to the page from the
     * fault to the trap behind the instruction, some microseconds or a time slice. An instruction
     * that repeats (rep movs) gives a record per repetition. Takes the processor's trap flag and
     * SIGTRAP: not together with a debugger that steps. When 64 threads step at once, a further one
     * does as CONTINUE. Linux on x86-64; else W3D_ERR_UNSUPPORTED. */
    W3D_SANDBOX_STEP = 2
} w3d_sandbox_on_fault;

/* Installs the process's fault handler for the protected regions of this sandbox: SIGSEGV (SIGBUS
 * too where systems report protection by it, SIGTRAP for STEP), or a vectored exception handler on
 * Windows. It allocates nothing, takes no locks and may be installed for up to 8 sandboxes at once.
 *
 * Faults that are not ours reach the earlier handler as if this one were not there: the same
 * arguments, its own signal mask; with none, or SIG_DFL, the instruction faults again and the
 * system ends the program with the true address and code. (Only the stack may differ: this handler
 * runs on the alternate stack, where the thread has one.) Execution of protected pages is not ours.
 *
 * The calling thread gets an alternate signal stack of W3D_SANDBOX_STACK_SIZE from the sandbox's
 * allocator, unless it has one. So two sandboxes installed on one thread share the first one's;
 * uninstalling that one takes it away, and the other's handler then runs on the thread's own stack.
 * On other threads the handler runs on the stack the thread is on, unless they call
 * w3d_sandbox_thread_stack.
 *
 * Errors  W3D_ERR_UNSUPPORTED; W3D_ERR_ARGUMENT: already installed; W3D_ERR_LIMIT: 8 sandboxes;
 *         W3D_ERR_OUT_OF_MEMORY; W3D_ERR_BUSY: another thread installs just now
 * Thread  one at a time in the process */
W3D_API w3d_result w3d_sandbox_install(w3d_sandbox *sandbox, w3d_sandbox_on_fault on_fault);

/* Undoes it; the last sandbox's uninstalling puts the earlier handlers back. Where somebody has
 * installed a handler over ours, ours stays below it and passes everything on. No thread may be
 * faulting on this sandbox's memory meanwhile.
 *
 * Errors  W3D_ERR_ARGUMENT: not installed. W3D_ERR_THREAD: only the thread that installed can take
 *         off the signal stack it was given. W3D_ERR_BUSY: another thread installs just now. Wasm:
 *         W3D_ERR_UNSUPPORTED */
W3D_API w3d_result w3d_sandbox_uninstall(w3d_sandbox *sandbox);

/* What w3d_sandbox_thread_stack is best given. */
#define W3D_SANDBOX_STACK_SIZE 65536

/* Gives the calling thread an alternate stack for signal handlers; NULL takes it away again, which
 * must happen before the memory goes. On Windows it does nothing: handlers run on the thread's own.
 *
 * Errors  W3D_ERR_UNSUPPORTED; W3D_ERR_RANGE: less than the system wants; W3D_ERR_BUSY: in use */
W3D_API w3d_result w3d_sandbox_thread_stack(void *memory, size_t size);

/* Protects again whatever CONTINUE has opened.
 *
 * Errors  W3D_ERR_UNSUPPORTED, W3D_ERR_RANGE: the system refuses, W3D_ERR_BUSY
 * Cost    linear in the number of regions, and as w3d_sandbox_protect for those that were opened
 * Thread  one at a time */
W3D_API w3d_result w3d_sandbox_rearm(w3d_sandbox *sandbox);

#endif /* W3D_SANDBOX_H */
