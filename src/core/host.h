/* host.h - the two functions a freestanding wasm module imports, and their numbers.
 *
 * Elsewhere than in wasm nothing calls them. A module that calls neither imports neither. The
 * JavaScript half (src/web/) answers both; a page without it needs this:
 *
 *     imports.w3d = { now: () => performance.now(), host: () => 0 };
 */
#ifndef W3D_HOST_H
#define W3D_HOST_H

#include "core/base.h"

/* What w3d_host can be asked. An operation the host does not know gives 0. Numbers from 1000 on are
 * the program's own. */
typedef enum w3d_host_op {
    W3D_HOST_NONE = 0,
    W3D_HOST_THREAD_START = 1, /* a: the new thread's record, b: top of its stack, c: its state word,
                                  which the host sets to 2 and notifies when the thread has returned,
                                  to 3 when it trapped; gives 1: a worker is on its way, 0: refused */
    W3D_HOST_THREAD_COUNT = 2, /* processors the host offers, 0: unknown */
    W3D_HOST_CAN_BLOCK = 3,    /* 1: this thread may wait; 0: it is a page's main thread */
    W3D_HOST_THREAD_SELF = 4,  /* asked in the new thread, which the host starts by the module's export
                                  w3d_thread_entry(): a 0: its record, 1: top of its stack           */

    /* The GPU of gpu/gpu_web.h; a is the device but for OPEN, b an address. */
    W3D_HOST_GPU_OPEN = 16,   /* a: w3d_gpu_api, 0: the page's choice, b: number of the canvas;
                                 gives the device, 0: cannot; READY or FAILED follows as an event */
    W3D_HOST_GPU_SUBMIT = 17, /* b: a w3d_gpu_stream; gives 1 done, 2 not ready yet, 3 lost */
    W3D_HOST_GPU_POLL = 18,   /* b: a w3d_gpu_event, filled but for bytes and text; gives 0: none */
    W3D_HOST_GPU_TAKE = 19,   /* b: where the event's bytes go, then its text; c: room there */
    W3D_HOST_GPU_CAPS = 20,   /* b: a w3d_gpu_caps to fill */
    W3D_HOST_GPU_COUNT = 21,  /* b: live objects by w3d_gpu_kind, u32 each; c: how many kinds */
    W3D_HOST_GPU_CLOSE = 22
} w3d_host_op;

#if defined(__wasm__) && !defined(__EMSCRIPTEN__) && !defined(__wasi__)
#ifdef __cplusplus
extern "C" {
#endif
/* Asks the host; see w3d_host_op. */
__attribute__((import_module("w3d"), import_name("host"))) extern uint32_t
w3d_host(uint32_t op, uint32_t a, uint32_t b, uint32_t c);
/* Milliseconds since some fixed moment, the same for all threads of the memory. */
__attribute__((import_module("w3d"), import_name("now"))) extern double w3d_host_now(void);
#ifdef __cplusplus
}
#endif
#endif

/* The JavaScript half (W3D_WEB) is one ES module without dependencies: what starts threads, the
 * other end of a ring, and whatever else a page needs to speak with C. `amalgamate.py --js` prints
 * it. A freestanding module carries it as the custom section "w3d.js":
 *
 *     const module = await WebAssembly.compileStreaming(fetch('app.wasm'));
 *     const [source] = WebAssembly.Module.customSections(module, 'w3d.js');
 *     const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
 *     const w3d = await import(url);
 *
 * With Emscripten this call makes it Module.w3d, without what starts threads: Emscripten does. */
#if defined(__EMSCRIPTEN__)
#ifdef __cplusplus
extern "C" {
#endif
#if W3D_WEB
void w3d_host_web(void);
#endif
/* Asks Module.w3dHost(op, a, b, c, memory), where the page has set one; else 0. Threads are not
 * asked for here. Defined in gpu/gpu_web.c. */
uint32_t w3d_host(uint32_t op, uint32_t a, uint32_t b, uint32_t c);
#ifdef __cplusplus
}
#endif
#endif

#endif /* W3D_HOST_H */
