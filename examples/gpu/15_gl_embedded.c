/* 15_gl_embedded.c - drawing inside somebody else's GL loop, whose state is left as it was.
 *
 *     cc -I. examples/gpu/15_gl_embedded.c -o embedded -lEGL -lGLESv2 -lm -pthread && ./embedded
 *
 * The program around has its own context, framebuffer and state; no window is needed here. */
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 64, HEIGHT = 32 };

static void *getproc(void *user, const char *name)
{
    void *address;
    __eglMustCastToProperFunctionPointerType function = eglGetProcAddress(name);
    (void)user;
    memcpy(&address, &function, sizeof address);
    return address;
}

static GLuint somebodys_context(void)
{
    EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL);
    const EGLint version[] = { EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE };
    GLuint framebuffer, pixels;
    if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API)) return 0;
    EGLContext context = eglCreateContext(display, NULL, EGL_NO_CONTEXT, version);
    if (!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) return 0;
    glGenFramebuffers(1, &framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glGenRenderbuffers(1, &pixels);
    glBindRenderbuffer(GL_RENDERBUFFER, pixels);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, WIDTH, HEIGHT);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, pixels);
    return framebuffer;
}

/* By hand, as gpu/shader_glsl.h says; w3d_shader_glsl makes the like of WGSL. */
static const char vertex_text[] =
    "layout(location = 0) in vec2 w3d_a0;\nuniform highp vec4 w3d_target;\n"
    "void main() { gl_Position = vec4(w3d_a0.x, w3d_a0.y * w3d_target.x, 0.0, 1.0); }\n";
static const char fragment_text[] = "layout(location = 0) out vec4 w3d_o0;\n"
                                    "void main() { w3d_o0 = vec4(0.0, 1.0, 0.0, 1.0); }\n";

int main(void)
{
    static const float corners[6] = { -0.8f, -0.8f, 0.8f, -0.8f, 0.0f, 0.9f };
    static unsigned char rgba[HEIGHT][WIDTH][4];
    w3d_gpu_gl_desc gl = { getproc, NULL, somebodys_context(), 1, 0, NULL };
    if (!gl.framebuffer) return puts("no GL here"), 77;

    /* Ours: made once. Anything it touches in GL is put back at once. */
    w3d_gpu *gpu;
    w3d_gpu_shader shader;
    w3d_gpu_buffer buffer;
    w3d_gpu_mesh mesh;
    w3d_gpu_pipeline pipeline;
    w3d_gpu_desc device = { .backend = w3d_gpu_gl(&gl), .width = WIDTH, .height = HEIGHT };
    device.no_surface_depth = 1;
    w3d_gpu_create(&device, &gpu);
    w3d_gpu_shader_desc texts = { .glsl_vertex = vertex_text, .glsl_fragment = fragment_text };
    w3d_gpu_shader_create(gpu, &texts, &shader);
    w3d_gpu_buffer_desc bytes = { .size = sizeof corners, .data = corners };
    w3d_gpu_buffer_create(gpu, &bytes, &buffer);
    w3d_gpu_mesh_desc triangle = { .vertices[0] = buffer, .count = 3 };
    w3d_gpu_mesh_create(gpu, &triangle, &mesh);
    w3d_gpu_pipeline_desc plain = { .shader = shader, .no_depth = 1 };
    plain.attributes[0].format = W3D_GPU_FLOAT2;
    w3d_gpu_pipeline_create(gpu, &plain, &pipeline);
    w3d_gpu_pass_desc over = { .color[0].load = W3D_GPU_LOAD_KEEP };

    /* Theirs: a frame, with a scissor that is set once and expected to stay. */
    glEnable(GL_SCISSOR_TEST);
    glScissor(0, 0, WIDTH, HEIGHT);
    glClearColor(0, 0, 0.5f, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glScissor(0, 0, 12, 12);

    w3d_gpu_pass *pass = w3d_gpu_pass_begin(gpu, &over);
    w3d_gpu_draw(pass, &(w3d_gpu_draw_desc){ .pipeline = pipeline, .mesh = mesh });
    w3d_gpu_pass_end(pass);
    if (w3d_gpu_submit(gpu)) puts(w3d_gpu_message(gpu));

    glClearColor(1, 0, 0, 1); /* only the corner: the scissor is where it was */
    glClear(GL_COLOR_BUFFER_BIT);
    glReadPixels(0, 0, WIDTH, HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
    for (int y = HEIGHT - 1; y >= 0; y -= 4) {
        for (int x = 0; x < WIDTH; x += 2) putchar(rgba[y][x][0] ? 'r' : rgba[y][x][1] ? 'G' : '.');
        putchar('\n');
    }
    w3d_gpu_destroy(gpu);
    printf("scissor %s\n", glIsEnabled(GL_SCISSOR_TEST) && !glGetError() ? "on" : "off");
}
