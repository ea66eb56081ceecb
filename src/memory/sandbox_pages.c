/* sandbox_pages.c - clock, numbers of threads, and the protection of pages: POSIX, Windows, and
 * wasm, which has no protection. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* clock_gettime, syscall under -std=c99 */
#endif
#include "memory/sandbox_pages.h"

#include "core/thread_token.h"
#include "memory/sandbox_fault.h"

#if defined(__wasm__)
#define W3DI_SANDBOX_PAGES_NONE 1
#elif defined(_WIN32)
#define W3DI_SANDBOX_PAGES_WIN32 1
#else
#define W3DI_SANDBOX_PAGES_POSIX 1
#endif

#if defined(W3DI_SANDBOX_PAGES_POSIX)
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__APPLE__)
#include <pthread.h>
#endif
#if !defined(CLOCK_MONOTONIC) || !defined(_SC_PAGESIZE)
#error "wasm3d: put WASM3D_IMPLEMENTATION in its own .c, before any other include"
#endif
#elif defined(W3DI_SANDBOX_PAGES_WIN32)
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#elif !(defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__))
#include <time.h>
#endif

/* ---- clock, numbers, pages ---- */

#if defined(W3DI_SANDBOX_PAGES_WIN32)

W3D_API uint64_t w3d_sandbox_system_now(void)
{
    LARGE_INTEGER frequency, counter;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    uint64_t ticks = (uint64_t)counter.QuadPart, second = (uint64_t)frequency.QuadPart;
    return ticks / second * 1000000000u + ticks % second * 1000000000u / second;
}
W3D_API uint32_t w3d_sandbox_system_thread(void) { return (uint32_t)GetCurrentThreadId(); }
W3D_API uint32_t w3d_sandbox_system_process(void) { return (uint32_t)GetCurrentProcessId(); }
W3D_API size_t w3d_sandbox_page_size(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

#else

W3D_API uint64_t w3d_sandbox_system_now(void)
{
#if defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__)
    return 0;
#else
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now)) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

W3D_API uint32_t w3d_sandbox_system_thread(void)
{
#if defined(__linux__)
    return (uint32_t)syscall(SYS_gettid);
#elif defined(__APPLE__)
    uint64_t thread = 0;
    pthread_threadid_np(NULL, &thread);
    return (uint32_t)thread;
#else
    return (uint32_t)w3d_thread_token();
#endif
}

W3D_API uint32_t w3d_sandbox_system_process(void)
{
#if defined(W3DI_SANDBOX_PAGES_POSIX)
    return (uint32_t)getpid();
#else
    return 0;
#endif
}

W3D_API size_t w3d_sandbox_page_size(void)
{
#if defined(W3DI_SANDBOX_PAGES_POSIX)
    return (size_t)sysconf(_SC_PAGESIZE);
#else
    return 4096;
#endif
}

#endif

#if defined(W3DI_SANDBOX_PAGES_NONE)

/* ---- no pages: everything says so ---- */

W3D_API w3d_result w3d_sandbox_apply(w3d_sandbox *sandbox, const w3di_sandbox_record *record,
                                     uintptr_t begin, uintptr_t last)
{
    (void)sandbox, (void)record, (void)begin, (void)last;
    return W3D_OK;
}
W3D_API w3d_result w3d_sandbox_switch(w3d_sandbox *sandbox, w3di_sandbox_record *record,
                                      int protect)
{
    (void)sandbox, (void)record, (void)protect;
    return W3D_ERR_UNSUPPORTED;
}
W3D_API void w3d_sandbox_release(w3d_sandbox *sandbox, w3di_sandbox_record *record)
{
    (void)sandbox, (void)record;
}
W3D_API w3d_result w3d_sandbox_protect(w3d_sandbox *sandbox, w3d_sandbox_region region)
{
    (void)sandbox, (void)region;
    return W3D_ERR_UNSUPPORTED;
}
W3D_API w3d_result w3d_sandbox_unprotect(w3d_sandbox *sandbox, w3d_sandbox_region region)
{
    (void)sandbox, (void)region;
    return W3D_ERR_UNSUPPORTED;
}
W3D_API w3d_result w3d_sandbox_rearm(w3d_sandbox *sandbox)
{
    (void)sandbox;
    return W3D_ERR_UNSUPPORTED;
}
#else

/* ---- protecting pages ---- */

W3D_API int w3d_sandbox_system_allow(uintptr_t begin, size_t size, uint32_t permission)
{
#if defined(W3DI_SANDBOX_PAGES_WIN32)
    DWORD before, now = permission & W3D_SANDBOX_WRITE  ? PAGE_READWRITE
                        : permission & W3D_SANDBOX_READ ? PAGE_READONLY
                                                        : PAGE_NOACCESS;
    return VirtualProtect((void *)begin, size, now, &before) != 0;
#else
    int now = permission & W3D_SANDBOX_WRITE  ? PROT_READ | PROT_WRITE
              : permission & W3D_SANDBOX_READ ? PROT_READ
                                              : PROT_NONE;
    return mprotect((void *)begin, size, now) == 0;
#endif
}

/* The fault handler calls it too, while another thread may be changing the record: every field is
 * read whole, and the handler asks afterwards whether it changed. */
W3D_API w3d_result w3d_sandbox_apply(w3d_sandbox *sandbox, const w3di_sandbox_record *record,
                                     uintptr_t begin, uintptr_t last)
{
    uintptr_t inside = w3d_sandbox_page_size() - 1, first = 0, run, page;
    uint32_t allow = w3d_atomic_load_u32(&record->pages_allow);
    size_t size = w3di_sandbox_whole_pages(w3di_sandbox_address(&record->begin),
                                           w3di_sandbox_address(&record->last), &first);
    uintptr_t end = first + size, wanted_end = (last | inside) + 1;
    if (!size) return W3D_OK;
    if (first < (begin & ~inside)) first = begin & ~inside;
    if (wanted_end && end > wanted_end) end = wanted_end;
    if (first >= end) return W3D_OK;
    if (!w3d_atomic_load_u32(&record->has_windows))
        return w3d_sandbox_system_allow(first, end - first,
                                        w3d_atomic_load_u32(&record->first_permission) & allow)
                   ? W3D_OK
                   : W3D_ERR_RANGE;
    uint32_t permission = w3di_sandbox_any(sandbox, first, inside + 1);
    for (run = first, page = first + inside + 1;; page += inside + 1) {
        uint32_t next = page < end ? w3di_sandbox_any(sandbox, page, inside + 1) : ~permission;
        if (next == permission) continue;
        if (!w3d_sandbox_system_allow(run, page - run, permission & allow)) return W3D_ERR_RANGE;
        if (page >= end) return W3D_OK;
        run = page;
        permission = next;
    }
}

W3D_API w3d_result w3d_sandbox_switch(w3d_sandbox *sandbox, w3di_sandbox_record *record,
                                      int protect)
{
    uintptr_t begin = (uintptr_t)record->begin, last = (uintptr_t)record->last, first;
    size_t size = w3di_sandbox_whole_pages(begin, last, &first);
    w3d_result result = W3D_OK;
    if (!size) return W3D_ERR_RANGE;
    if (!protect && !record->is_protected) return W3D_OK;
    w3di_sandbox_mark_change(sandbox);
    w3d_atomic_store_u32(&record->is_opened, 0);
    if (protect) {
        result = w3d_sandbox_apply(sandbox, record, begin, last);
        if (result == W3D_OK)
            w3d_atomic_store_u32(&record->is_protected, 1);
        else if (!record->is_protected)
            w3d_sandbox_system_allow(first, size, record->pages_allow);
    } else if (w3d_sandbox_system_allow(first, size, record->pages_allow)) {
        w3d_atomic_store_u32(&record->is_protected, 0);
    } else {
        (void)w3d_sandbox_apply(sandbox, record, begin, last);
        result = W3D_ERR_RANGE;
    }
    w3di_sandbox_mark_change(sandbox);
    return result;
}

W3D_API void w3d_sandbox_release(w3d_sandbox *sandbox, w3di_sandbox_record *record)
{
    uintptr_t page = w3d_sandbox_page_size(), first;
    size_t size =
        w3di_sandbox_whole_pages((uintptr_t)record->begin, (uintptr_t)record->last, &first);
    if (!record->is_protected) return;
    w3di_sandbox_mark_change(sandbox);
    for (size_t offset = 0; offset < size; offset += page)
        w3d_sandbox_system_allow(first + offset, page, record->pages_allow);
    w3d_atomic_store_u32(&record->is_protected, 0);
    w3di_sandbox_mark_change(sandbox);
}

static w3d_result w3di_sandbox_pages_switch(w3d_sandbox *sandbox, w3d_sandbox_region region,
                                            int protect)
{
    W3D_ASSERT(sandbox);
    if (!sandbox) return W3D_ERR_ARGUMENT;
    if (!w3di_sandbox_enter(sandbox)) return W3D_ERR_BUSY;
    w3di_sandbox_record *record = w3di_sandbox_record_of(sandbox, region);
    w3d_result result = record ? w3d_sandbox_switch(sandbox, record, protect) : W3D_ERR_STALE;
    w3di_sandbox_leave(sandbox);
    return result;
}

W3D_API w3d_result w3d_sandbox_protect(w3d_sandbox *sandbox, w3d_sandbox_region region)
{
    return w3di_sandbox_pages_switch(sandbox, region, 1);
}

W3D_API w3d_result w3d_sandbox_unprotect(w3d_sandbox *sandbox, w3d_sandbox_region region)
{
    return w3di_sandbox_pages_switch(sandbox, region, 0);
}

W3D_API w3d_result w3d_sandbox_rearm(w3d_sandbox *sandbox)
{
    W3D_ASSERT(sandbox);
    if (!sandbox) return W3D_ERR_ARGUMENT;
    if (!w3di_sandbox_enter(sandbox)) return W3D_ERR_BUSY;
    w3d_result result = W3D_OK;
    for (uint32_t i = 0; i < sandbox->region_count; i++) {
        w3di_sandbox_record *record = w3di_sandbox_record_at(sandbox, sandbox->order[i]);
        /* The handler opens first and marks then: what is opened behind us keeps its mark. */
        if (!w3d_atomic_load_u32(&record->is_opened)) continue;
        w3d_atomic_store_u32(&record->is_opened, 0);
        /* A fault from before the region was unprotected may have marked it afterwards. */
        if (!record->is_protected) continue;
        w3d_result one =
            w3d_sandbox_apply(sandbox, record, (uintptr_t)record->begin, (uintptr_t)record->last);
        if (one == W3D_OK) continue;
        w3d_atomic_store_u32(&record->is_opened, 1);
        result = one;
    }
    w3di_sandbox_leave(sandbox);
    return result;
}

#endif

#undef W3DI_SANDBOX_PAGES_NONE
#undef W3DI_SANDBOX_PAGES_WIN32
#undef W3DI_SANDBOX_PAGES_POSIX
