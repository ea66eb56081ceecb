/* egl.c - a GL context without a window, for tests. Numbers are those of the Khronos registry. */
#define _POSIX_C_SOURCE 200112L
#include "egl.h"
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EGL_NONE = 0x3038,
    EGL_SURFACE_TYPE = 0x3033,
    EGL_PBUFFER_BIT = 1,
    EGL_RENDERABLE_TYPE = 0x3040,
    EGL_OPENGL_BIT = 8,
    EGL_OPENGL_ES3_BIT = 0x40,
    EGL_OPENGL_ES_API = 0x30A0,
    EGL_OPENGL_API = 0x30A2,
    EGL_PLATFORM_SURFACELESS_MESA = 0x31DD,
    EGL_CONTEXT_MAJOR_VERSION = 0x3098,
    EGL_CONTEXT_MINOR_VERSION = 0x30FB,
    EGL_CONTEXT_PROFILE = 0x30FD,
    EGL_CORE_PROFILE = 1
};

static void *find(egl_context *egl, const char *name)
{
    void *function = dlsym(egl->library, name);
    if (!function && !egl->why[0]) snprintf(egl->why, sizeof egl->why, "libEGL has no %s", name);
    return function;
}

#define FIND(type, name, parameters)                                                               \
    type(*name) parameters;                                                                        \
    void *found_##name = find(egl, "egl" #name);                                                   \
    memcpy(&name, &found_##name, sizeof name)

int egl_open(egl_context *egl, int es, int major, int minor)
{
    memset(egl, 0, sizeof *egl);
    egl->library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!egl->library) {
        snprintf(egl->why, sizeof egl->why, "there is no libEGL.so.1");
        return 1;
    }
    FIND(void *, GetProcAddress, (const char *));
    FIND(unsigned, Initialize, (void *, int *, int *));
    FIND(unsigned, BindAPI, (unsigned));
    FIND(unsigned, ChooseConfig, (void *, const int32_t *, void **, int32_t, int32_t *));
    FIND(void *, CreateContext, (void *, void *, void *, const int32_t *));
    FIND(unsigned, MakeCurrent, (void *, void *, void *, void *));
    if (egl->why[0]) return 1;
    egl->getproc = GetProcAddress;
    void *(*platform_display)(unsigned, void *, const int32_t *);
    void *address = GetProcAddress("eglGetPlatformDisplayEXT");
    memcpy(&platform_display, &address, sizeof address);
    egl->display = address ? platform_display(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL) : NULL;
    if (!egl->display || !Initialize(egl->display, NULL, NULL)) {
        snprintf(egl->why, sizeof egl->why, "EGL has no surfaceless platform");
        return 1;
    }
    const int32_t wanted[] = { EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                               es ? EGL_OPENGL_ES3_BIT : EGL_OPENGL_BIT, EGL_NONE };
    const int32_t version[] = { EGL_CONTEXT_MAJOR_VERSION,
                                major,
                                EGL_CONTEXT_MINOR_VERSION,
                                minor,
                                es ? EGL_NONE : EGL_CONTEXT_PROFILE,
                                EGL_CORE_PROFILE,
                                EGL_NONE };
    void *config = NULL;
    int32_t count = 0;
    BindAPI(es ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
    ChooseConfig(egl->display, wanted, &config, 1, &count);
    egl->context = CreateContext(egl->display, count ? config : NULL, NULL, version);
    if (!egl->context || !MakeCurrent(egl->display, NULL, NULL, egl->context)) {
        snprintf(egl->why, sizeof egl->why, "no context of %s %d.%d", es ? "GLES" : "GL", major,
                 minor);
        egl_close(egl);
        return 1;
    }
    return 0;
}

void egl_close(egl_context *egl)
{
    FIND(unsigned, MakeCurrent, (void *, void *, void *, void *));
    FIND(unsigned, DestroyContext, (void *, void *));
    if (MakeCurrent && egl->display) MakeCurrent(egl->display, NULL, NULL, NULL);
    if (DestroyContext && egl->context) DestroyContext(egl->display, egl->context);
    egl->context = NULL; /* the display and the library stay: Mesa's are not meant to be unloaded */
}

void *egl_getproc(void *egl, const char *name) { return ((egl_context *)egl)->getproc(name); }

#define GL(name, parameters) ((void(*) parameters)egl_function(egl, "gl" #name))

/* A pointer to a function by way of bytes: C has no cast from an object's. */
static void (*egl_function(egl_context *egl, const char *name))(void)
{
    void *address = egl_getproc(egl, name);
    void (*function)(void);
    memcpy(&function, &address, sizeof function);
    return function;
}

unsigned egl_framebuffer(egl_context *egl)
{
    unsigned framebuffer, buffers[2];
    GL(GenFramebuffers, (int, unsigned *))(1, &framebuffer);
    GL(GenRenderbuffers, (int, unsigned *))(2, buffers);
    GL(BindFramebuffer, (unsigned, unsigned))(0x8D40, framebuffer);
    for (int i = 0; i < 2; i++) {
        unsigned format = i ? 0x88F0 : 0x8058,
                 place = i ? 0x821A : 0x8CE0; /* depth-stencil, RGBA8 */
        GL(BindRenderbuffer, (unsigned, unsigned))(0x8D41, buffers[i]);
        GL(RenderbufferStorage, (unsigned, unsigned, int, int))(0x8D41, format, 256, 256);
        GL(FramebufferRenderbuffer, (unsigned, unsigned, unsigned, unsigned))
        (0x8D40, place, 0x8D41, buffers[i]);
    }
    GL(BindFramebuffer, (unsigned, unsigned))(0x8D40, 0);
    return framebuffer;
}
