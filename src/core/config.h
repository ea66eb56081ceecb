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

#endif /* W3D_CONFIG_H */
