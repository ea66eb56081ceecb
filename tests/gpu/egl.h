/* egl.h - a GL context without a window, for tests: EGL on Mesa's surfaceless platform.
 *
 *     egl_context egl;
 *     if (egl_open(&egl, 1, 3, 0)) return 77;
 *     gl.getproc = egl_getproc; gl.user = &egl;
 *     egl_close(&egl);
 *
 * libEGL is opened when the program runs, so nothing but a C compiler is needed to build it. */
#ifndef TESTS_GPU_EGL_H
#define TESTS_GPU_EGL_H

typedef struct egl_context {
    void *library, *display, *context;
    void *(*getproc)(const char *name);
    char why[128]; /* of a failure */
} egl_context;

/* Makes a context of at least this version current, of GL (core profile) or of ES; not 0: see
 * why. */
int egl_open(egl_context *egl, int es, int major, int minor);
void egl_close(egl_context *egl);
/* A framebuffer of 256x256 with depth and stencil, in the place of a window's; gone with the context. */
unsigned egl_framebuffer(egl_context *egl);
void *egl_getproc(void *egl, const char *name); /* as w3d_gpu_gl_desc wants it */

#endif /* TESTS_GPU_EGL_H */
