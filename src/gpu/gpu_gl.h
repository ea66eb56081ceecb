/* gpu_gl.h - the back-end for native OpenGL 3.3 core and OpenGL ES 3.0, and all that came after.
 *
 *     static void *getproc(void *user, const char *name)
 *     {
 *         return (void *)eglGetProcAddress(name);
 *     }
 *
 *     w3d_gpu_gl_desc gl = { 0 };
 *     gl.getproc = getproc;
 *     desc.backend = w3d_gpu_gl(&gl);
 *
 * Nothing here makes a context, a window or a swap: the caller's context is current on the calling
 * thread in every call of gpu.h that reaches the device (create, destroy, submit, poll, switch, and
 * those that poll: download_take, query_result, time). No GL header and no GL library is wanted.
 *
 * Somebody else's loop. With save_state 1 whatever a call touches is as it was when the call
 * returns: bindings, capabilities, masks, pixel store, viewport and so on. With 0 the state is
 * undefined afterwards, and nothing is expected of it before. Objects of the caller's are never
 * changed, but for the pixels of `framebuffer`.
 *
 * What GL cannot: compute. ES takes flat varyings from a triangle's last vertex, not the first. The
 * first instance of an indirect draw is ignored. Where ES 3.0 is without draw_buffers_indexed, all
 * colours of a pipeline are blended alike: others are refused. */
#ifndef W3D_GPU_GL_H
#define W3D_GPU_GL_H

#include "gpu/gpu_stream.h"

typedef struct w3d_gpu_gl_counters { /* since the device was opened */
    uint64_t calls;                  /* of GL, those for saving and restoring state included */
    uint64_t draws;                  /* calls that draw */
    uint64_t binds;                  /* programs, textures, samplers, buffers, vertex arrays */
    uint64_t uniforms;
} w3d_gpu_gl_counters;

typedef struct w3d_gpu_gl_desc {
    /* Gives a function of GL by its name ("glBindBuffer"), those of the core too. */
    void *(*getproc)(void *user, const char *name);
    void *user;
    /* The surface: 0 the default framebuffer, else one of the caller's, RGBA8, of one sample, with
     * the depth the device was made with. Read anew in each submit, so it may change between them.
     * A surface of four samples is the device's own and is copied there by w3d_gpu_submit. */
    uint32_t framebuffer;
    int save_state;                /* 1: state is saved and restored; see above */
    int no_multi_draw;             /* 1: draws one by one also where many go at once */
    w3d_gpu_gl_counters *counters; /* written by every submit, or NULL */
} w3d_gpu_gl_desc;

/* Opens on the context that is current in w3d_gpu_create.
 *
 *   desc    in   borrowed while the device lives
 *
 * Errors  event FAILED: below 3.3 or ES 3.0, or a function is missing; LOST: the context was reset,
 *         where it tells (glGetGraphicsResetStatus). What a driver refuses is the event REFUSED
 * with         its log, and goes to the desc's message function.
 * Thread  the one on which the context is current. */
W3D_API w3d_gpu_backend w3d_gpu_gl(const w3d_gpu_gl_desc *desc);

#endif /* W3D_GPU_GL_H */
