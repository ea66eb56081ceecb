/* sandbox_pages.h - what the sandbox asks of the operating system, the fault handler apart. */
#ifndef W3D_SANDBOX_PAGES_H
#define W3D_SANDBOX_PAGES_H

#include "memory/sandbox.h"

W3D_API uint64_t w3d_sandbox_system_now(void);     /* 0: no clock   */
W3D_API uint32_t w3d_sandbox_system_thread(void);  /* never 0       */
W3D_API uint32_t w3d_sandbox_system_process(void); /* 0: no number  */

/* Has the system allow this much on whole pages; 0 where it refuses. Also in signal handlers. Not
 * in wasm. */
W3D_API int w3d_sandbox_system_allow(uintptr_t begin, size_t size, uint32_t permission);

/* The whole pages inside [begin, last], as first byte and size; 0 where there are none. */
static inline size_t w3di_sandbox_whole_pages(uintptr_t begin, uintptr_t last, uintptr_t *first)
{
    uintptr_t inside = w3d_sandbox_page_size() - 1, end = (last + 1) & ~inside;
    if (begin > UINTPTR_MAX - inside) return 0;
    *first = (begin + inside) & ~inside;
    /* The top page of memory is nobody's; there last + 1 is 0 and counts as no pages. */
    return end > *first ? end - *first : 0;
}

#endif /* W3D_SANDBOX_PAGES_H */
