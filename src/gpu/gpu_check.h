/* gpu_check.h - whether a command stream may be executed: any words in, an answer out.
 *
 *     w3d_gpu_checker *checker;
 *     w3d_gpu_checker_create(NULL, &checker);
 *     if (w3d_gpu_check(checker, &stream, &error)) puts(error.text);
 *     w3d_gpu_checker_destroy(checker);
 *
 * What the front of the interface emits passes. Words from elsewhere (a capture file, a socket,
 * another process) have to pass before a back-end sees them: an executor trusts what it is given. A
 * checker stands for one device: it is shown every stream of that device, in order, from the first
 * on, and knows what lives there.
 *
 * What passes holds: every operation is whole and stands where it may (resources outside passes,
 * draws
 * inside, passes, queries and labels closed at the stream's end); every blob lies in the blobs;
 * every handle was created, is of its kind and was not destroyed, also those that a group, mesh or
 * pipeline refers to; enums have values of theirs and floats are finite; offsets, sizes and regions
 * lie in their buffers and textures; indices, vertices of draws without indices, instances and
 * object rows lie in theirs; pipelines fit their pass and groups their pipeline. What does not
 * follow from the words is left to the executor: the values in index and indirect buffers, the text
 * of shaders, and what a device does not have (w3d_gpu_caps). */
#ifndef W3D_GPU_CHECK_H
#define W3D_GPU_CHECK_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu_checker w3d_gpu_checker;

typedef struct w3d_gpu_checker_desc {
    uint64_t
        memory_limit; /* bytes of all buffers, textures and object rows together; 0: no limit */
    w3d_allocator allocator;
} w3d_gpu_checker_desc;

/* Makes a checker that knows of no resource yet.
 *
 *   desc     in   NULL: no limit, the default allocator
 *   checker  out  to be destroyed; untouched on error
 *
 * Errors  W3D_ERR_ARGUMENT, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_gpu_checker_create(const w3d_gpu_checker_desc *desc,
                                          w3d_gpu_checker **checker);

/* Ends a checker. NULL: nothing happens. */
W3D_API void w3d_gpu_checker_destroy(w3d_gpu_checker *checker);

/* Checks the next stream of the checker's device.
 *
 *   stream  in   borrowed for the call
 *   error   out  optional; offset: in bytes of the words, of the word that is wrong; text: static
 *
 * Range   an empty stream passes. After an error the checker gives that error for every later
 *         stream:
 *         what a device made of half a stream nobody knows. w3d_gpu_checker_reset begins anew.
 * Errors  W3D_ERR_FORMAT       an operation that is none, is cut or stands where it may not; a
 *         field
 *                              outside its enum; words that do not fit each other
 *         W3D_ERR_STALE        a handle that is not live
 *         W3D_ERR_RANGE        beyond a buffer, texture, table or the blobs
 *         W3D_ERR_LIMIT        beyond a limit of gpu_types.h, or the desc's memory_limit
 *         W3D_ERR_OUT_OF_MEMORY
 * Cost    one pass; a few ns a word. Memory: at most 300 bytes for each resource created and not
 *         destroyed, and 4 MiB for each kind of them whatever the handles
 * Thread  one at a time */
W3D_API w3d_result w3d_gpu_check(w3d_gpu_checker *checker, const w3d_gpu_stream *stream,
                                 w3d_error *error);

/* Forgets all resources, as where a new device takes over. */
W3D_API void w3d_gpu_checker_reset(w3d_gpu_checker *checker);

#endif /* W3D_GPU_CHECK_H */
