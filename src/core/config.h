/* config.h - every compile-time option, in one place; none of them changes a struct.
 *
 * Set a macro to 0 or 1 before including the header (or with -D). All are tested with #if,
 * so that a misspelt value fails to compile instead of being ignored. */
#ifndef W3D_CONFIG_H
#define W3D_CONFIG_H

/* 1: every function becomes static to the file that defines WASM3D_IMPLEMENTATION.
 * Cost: that one file is the only caller. Default 0. */
#ifndef W3D_STATIC
#define W3D_STATIC 0
#endif

/* 1: contract violations (a null pointer where none is allowed, ...) stop at an assert;
 * 0: they return W3D_ERR_ARGUMENT. Cost: a branch a call. Default: 0 when NDEBUG is defined. */
#ifndef W3D_DEBUG
#ifdef NDEBUG
#define W3D_DEBUG 0
#else
#define W3D_DEBUG 1
#endif
#endif

/* 1: four plain floats instead of SIMD instructions; the results are the same bits.
 * Cost: two to four times the time in kernels. Default 0. */
#ifndef W3D_SIMD_SCALAR
#define W3D_SIMD_SCALAR 0
#endif

/* 1: take the vector operations from SIMDe's <simde/wasm/simd128.h>, for targets this
 * header has no backend for. Cost: SIMDe must be on the include path. Default 0. */
#ifndef W3D_SIMD_SIMDE
#define W3D_SIMD_SIMDE 0
#endif

/* 1: no hardware checksum instructions; tables everywhere, the same values.
 * Cost: crc32c at about a fifth of the speed. Default 0. */
#ifndef W3D_CRC_PORTABLE
#define W3D_CRC_PORTABLE 0
#endif

/* 1: threads exist: pthreads, Win32, Emscripten's -pthread, or wasm built with -matomics and shared
 * memory. 0: none; jobs run inline, rings never block, locks cost nothing. Default: as the compiler's
 * target says; 0 in wasm without atomics. */
#ifndef W3D_THREADS
#if defined(__wasm__) && !defined(__wasm_atomics__)
#define W3D_THREADS 0
#else
#define W3D_THREADS 1
#endif
#endif

/* 1: trace zones, counters and instants are recorded where a trace is installed; 0: they compile to
 * nothing. Cost: a load and a branch a zone while no trace is installed. Default 1. */
#ifndef W3D_TRACE
#define W3D_TRACE 1
#endif

/* 1: a wasm module carries its JavaScript half along: see core/host.h. Cost: some kilobytes of the
 * module. Default: 1 in freestanding wasm with threads, which cannot start without it, else 0. */
#ifndef W3D_WEB
#if defined(__wasm__) && W3D_THREADS && !defined(__EMSCRIPTEN__) && !defined(__wasi__)
#define W3D_WEB 1
#else
#define W3D_WEB 0
#endif
#endif

/* 1: with W3D_WEB, what draws is in it too (web/gpu*.js). Cost: a hundred kilobytes of the module.
 * Default: 0; a page can take all of it from `amalgamate.py --js`. */
#ifndef W3D_WEB_GPU
#define W3D_WEB_GPU 0
#endif

/* The files that call the system need its names also under -std=c99, which hides them unless this
 * is there before the first include. */
#if defined(WASM3D_IMPLEMENTATION) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1
#endif

#endif /* W3D_CONFIG_H */
