/* bench_raster.c - the software rasteriser beside Mesa's llvmpipe, one thread each, same scenes.
 *
 * Both draw the same vertices with the same trivial shading (a varying colour) into 8-bit RGBA with
 * a 24-bit depth buffer. llvmpipe compiles its shaders to the machine's widest vectors; a run ends
 * with glFinish. The pictures are compared, too: how many pixels differ by more than 2/255. */
#define _GNU_SOURCE
#include "bench.h"

#include "gpu/soft_raster.h"
#include "render/thumbnail.h"

#if BENCH_EGL
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#endif

enum { SIDE = 1024, FLOATS = 7 }; /* x y z w, red green blue */

typedef struct scene {
    float *vertices;
    uint32_t *indices;
    uint32_t vertex_count, index_count, samples;
    w3d_soft_raster_target target;
    void *memory;
    unsigned program, frame, array, buffers[2], stores[2];
} scene;

static void colored(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    out->red = quad->varyings[0];
    out->green = quad->varyings[1];
    out->blue = quad->varyings[2];
    out->alpha = w3d_f4_splat(1.0f);
}

static void ours(void *user)
{
    scene *s = (scene *)user;
    w3d_soft_raster_draw_desc draw;
    memset(&draw, 0, sizeof draw);
    draw.vertices = s->vertices;
    draw.indices = s->indices;
    draw.vertex_count = s->vertex_count;
    draw.index_count = s->index_count;
    draw.varying_count = 3;
    draw.fragment = colored;
    draw.cull = W3D_SOFT_RASTER_CULL_BACK;
    w3d_soft_raster_clear(&s->target, NULL, 1.0f);
    if (w3d_soft_raster_draw(&s->target, &draw) != W3D_OK) abort();
}

/* As many bytes as the target holds, written once: no picture takes less. */
static void limit(void *user)
{
    scene *s = (scene *)user;
    memset(s->target.colors, 0, (size_t)SIDE * SIDE * s->samples * 8);
    bench_keep(s->target.colors);
}

/* ---- scenes ---- */

static float *scene_vertex(scene *s, uint32_t i) { return s->vertices + (size_t)i * FLOATS; }

static scene scene_make(uint32_t vertex_count, uint32_t index_count, uint32_t samples)
{
    w3d_soft_raster_target_desc desc = { SIDE, SIDE, samples, W3D_SOFT_RASTER_UNORM,
                                         W3D_SOFT_RASTER_DEPTH_24 };
    scene s;
    memset(&s, 0, sizeof s);
    s.vertices = malloc((size_t)vertex_count * FLOATS * sizeof(float));
    s.indices = malloc((size_t)index_count * sizeof(uint32_t));
    s.vertex_count = vertex_count;
    s.index_count = index_count;
    s.samples = samples;
    size_t size = w3d_soft_raster_size(&desc);
    s.memory = malloc(size);
    if (w3d_soft_raster_init(&s.target, &desc, s.memory, size) != W3D_OK) abort();
    return s;
}

/* Layers of two triangles over the whole target, from back to front: every pixel is written. */
static scene layers_make(uint32_t layers, uint32_t samples)
{
    scene s = scene_make(4 * layers, 6 * layers, samples);
    for (uint32_t i = 0; i < 4 * layers; i++) {
        float *row = scene_vertex(&s, i);
        row[0] = i % 4 == 1 || i % 4 == 2 ? 1.0f : -1.0f;
        row[1] = i % 4 >= 2 ? 1.0f : -1.0f;
        row[2] = 0.9f - 0.8f * (float)(i / 4) / (float)layers;
        row[3] = 1.0f;
        for (uint32_t k = 0; k < 3; k++) row[4 + k] = (float)((i * 7 + k * 5) % 11) / 10.0f;
    }
    for (uint32_t i = 0; i < layers; i++) {
        const uint32_t corner[6] = { 0, 1, 2, 0, 2, 3 };
        for (uint32_t k = 0; k < 6; k++) s.indices[6 * i + k] = 4 * i + corner[k];
    }
    return s;
}

/* A bumpy ball: every row of quads twice as many triangles, seen in perspective. */
static scene ball_make(uint32_t rings, uint32_t samples)
{
    uint32_t columns = 2 * rings, row_size = columns + 1, count = 0;
    scene s = scene_make((rings + 1) * row_size, rings * columns * 6, samples);
    w3d_mat4 camera = w3d_mat4_perspective(0.6f, 1.0f, 1.0f, 10.0f);
    for (uint32_t i = 0; i <= rings; i++)
        for (uint32_t k = 0; k < row_size; k++) {
            float tilt = W3D_PI * (float)i / (float)rings,
                  turn = 2.0f * W3D_PI * (float)k / (float)columns;
            float r = 1.0f + 0.05f * w3d_math_sin(9.0f * tilt) * w3d_math_sin(12.0f * turn);
            float x = r * w3d_math_sin(tilt) * w3d_math_cos(turn), y = r * w3d_math_cos(tilt);
            float z = -r * w3d_math_sin(tilt) * w3d_math_sin(turn),
                  *row = scene_vertex(&s, i * row_size + k);
            w3d_vec4 clip = w3d_mat4_transform(&camera, w3d_vec4_make(x, y, z - 3.8f, 1.0f));
            row[0] = clip.x, row[1] = clip.y, row[2] = clip.z, row[3] = clip.w;
            row[4] = 0.5f + 0.5f * x, row[5] = 0.5f + 0.5f * y, row[6] = 0.5f + 0.5f * z;
        }
    for (uint32_t i = 0; i < rings; i++)
        for (uint32_t k = 0; k < columns; k++) {
            uint32_t a = i * row_size + k;
            const uint32_t corner[6] = { a,     a + row_size, a + 1,
                                         a + 1, a + row_size, a + row_size + 1 };
            for (uint32_t n = 0; n < 6; n++) s.indices[count++] = corner[n];
        }
    return s;
}

static void scene_free(scene *s)
{
    free(s->vertices);
    free(s->indices);
    free(s->memory);
}

/* ---- the peer ---- */

#if BENCH_EGL
static int peer_start(void)
{
    /* One thread, as ours; read when the driver starts. */
    setenv("LP_NUM_THREADS", "0", 1);
    setenv("GALLIUM_DRIVER", "llvmpipe", 1);
    setenv("LIBGL_ALWAYS_SOFTWARE", "1", 1);
    EGLDisplay display =
        eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    const EGLint version[] = { EGL_CONTEXT_CLIENT_VERSION, 3, EGL_NONE };
    if (!display || !eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API)) return 0;
    EGLContext context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, version);
    return context && eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context);
}

static unsigned peer_compile(unsigned kind, const char *text)
{
    unsigned shader = glCreateShader(kind);
    glShaderSource(shader, 1, &text, NULL);
    glCompileShader(shader);
    return shader;
}

static void peer_load(scene *s)
{
    s->program = glCreateProgram();
    /* Depth 0..1 to GL's -1..1, and y turned over, so that rows and sample places are as ours. */
    glAttachShader(
        s->program,
        peer_compile(
            GL_VERTEX_SHADER,
            "#version 300 es\nlayout(location=0) in vec4 p; layout(location=1) in vec3 c; out vec3 "
            "v;"
            "void main() { gl_Position = vec4(p.x, -p.y, 2.0 * p.z - p.w, p.w); v = c; }"));
    glAttachShader(s->program, peer_compile(GL_FRAGMENT_SHADER,
                                            "#version 300 es\nprecision highp float; in vec3 v; "
                                            "out vec4 o; void main() { o = vec4(v, 1); }"));
    glLinkProgram(s->program);
    glUseProgram(s->program);
    glGenFramebuffers(1, &s->frame);
    glGenRenderbuffers(2, s->stores);
    glBindFramebuffer(GL_FRAMEBUFFER, s->frame);
    for (int i = 0; i < 2; i++) {
        glBindRenderbuffer(GL_RENDERBUFFER, s->stores[i]);
        glRenderbufferStorageMultisample(GL_RENDERBUFFER, s->samples > 1 ? 4 : 0,
                                         i ? GL_DEPTH_COMPONENT24 : GL_RGBA8, SIDE, SIDE);
        glFramebufferRenderbuffer(GL_FRAMEBUFFER, i ? GL_DEPTH_ATTACHMENT : GL_COLOR_ATTACHMENT0,
                                  GL_RENDERBUFFER, s->stores[i]);
    }
    glGenVertexArrays(1, &s->array);
    glBindVertexArray(s->array);
    glGenBuffers(2, s->buffers);
    glBindBuffer(GL_ARRAY_BUFFER, s->buffers[0]);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)((size_t)s->vertex_count * FLOATS * 4), s->vertices,
                 GL_STATIC_DRAW);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, s->buffers[1]);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, (GLsizeiptr)((size_t)s->index_count * 4), s->indices,
                 GL_STATIC_DRAW);
    glVertexAttribPointer(0, 4, GL_FLOAT, GL_FALSE, FLOATS * 4, (void *)0);
    glVertexAttribPointer(1, 3, GL_FLOAT, GL_FALSE, FLOATS * 4, (void *)16);
    glEnableVertexAttribArray(0);
    glEnableVertexAttribArray(1);
    glViewport(0, 0, SIDE, SIDE);
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_CULL_FACE);
    glFrontFace(GL_CW);
    glClearColor(0, 0, 0, 0);
}

static void peer(void *user)
{
    scene *s = (scene *)user;
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glDrawElements(GL_TRIANGLES, (GLsizei)s->index_count, GL_UNSIGNED_INT, (void *)0);
    glFinish();
}

/* Resolves both pictures and counts the pixels that differ; frees what the peer holds. */
static void peer_compare(scene *s)
{
    unsigned frame, store;
    uint8_t *theirs = malloc((size_t)SIDE * SIDE * 4), *own = malloc((size_t)SIDE * SIDE * 4);
    w3d_image_view view = { own, SIDE, SIDE, 4, 0 };
    uint32_t different = 0;
    ours(s);
    peer(s);
    if (w3d_soft_raster_resolve(&s->target, &view) != W3D_OK) abort();
    glGenFramebuffers(1, &frame);
    glGenRenderbuffers(1, &store);
    glBindRenderbuffer(GL_RENDERBUFFER, store);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, SIDE, SIDE);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, store);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, s->frame);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, frame);
    glBlitFramebuffer(0, 0, SIDE, SIDE, 0, 0, SIDE, SIDE, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glReadPixels(0, 0, SIDE, SIDE, GL_RGBA, GL_UNSIGNED_BYTE, theirs);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        int is_different = 0;
        for (size_t k = 4 * i; k < 4 * i + 4; k++) is_different |= abs(own[k] - theirs[k]) > 2;
        different += (uint32_t)is_different;
    }
    printf("    pictures: %u of %u pixels differ by more than 2/255\n", different,
           (unsigned)SIDE * SIDE);
    glDeleteFramebuffers(1, &frame);
    glDeleteFramebuffers(1, &s->frame);
    glDeleteRenderbuffers(1, &store);
    glDeleteRenderbuffers(2, s->stores);
    glDeleteBuffers(2, s->buffers);
    glDeleteVertexArrays(1, &s->array);
    glDeleteProgram(s->program);
    free(theirs);
    free(own);
}
#endif

/* ---- rows ---- */

static void scene_row(const char *name, const char *unit, double work, scene s, int has_peer)
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = unit;
    row.work = work;
    row.user = &s;
    row.ours.run = ours;
    row.limit.run = limit;
    row.limit.name = "memset";
#if BENCH_EGL
    if (has_peer) {
        peer_load(&s);
        row.peer.run = peer;
        row.peer.name = "llvmpipe";
    }
#endif
    bench_run(&row);
#if BENCH_EGL
    if (has_peer) peer_compare(&s);
#endif
    (void)has_peer;
    scene_free(&s);
}

/* A whole thumbnail of the ball, smooth normals, shadows and all. */
typedef struct portrait {
    w3d_thumbnail_item item;
    w3d_thumbnail_desc desc;
    w3d_image_view picture;
    w3d_arena scratch;
} portrait;

static void thumbnail(void *user)
{
    portrait *p = (portrait *)user;
    if (w3d_thumbnail(&p->desc, &p->picture, p->scratch) != W3D_OK) abort();
}

static void thumbnail_row(void)
{
    enum {
        RINGS = 256,
        ROW = 2 * RINGS + 1,
        VERTICES = (RINGS + 1) * ROW,
        WIDTH = 960,
        HEIGHT = 720
    };
    scene s = ball_make(RINGS, 1);
    float *positions = malloc(VERTICES * 12);
    portrait p;
    memset(&p, 0, sizeof p);
    for (uint32_t i = 0; i < VERTICES; i++)
        for (int k = 0; k < 3; k++) positions[3 * i + k] = scene_vertex(&s, i)[4 + k] * 2.0f - 1.0f;
    p.item.mesh.positions = positions;
    p.item.mesh.indices = s.indices;
    p.item.mesh.vertex_count = s.vertex_count;
    p.item.mesh.index_count = s.index_count;
    p.item.normals = positions; /* nearly */
    p.item.world = w3d_mat4_identity();
    for (int k = 0; k < 4; k++) p.item.base_color[k] = 1.0f;
    p.item.roughness = 0.4f;
    p.desc.items = &p.item;
    p.desc.item_count = 1;
    p.desc.width = p.picture.width = WIDTH;
    p.desc.height = p.picture.height = HEIGHT;
    p.picture.channels = 4;
    p.picture.pixels = malloc(WIDTH * HEIGHT * 4);
    size_t size = w3d_thumbnail_scratch_size(&p.desc);
    p.scratch = w3d_arena_make(malloc(size), size);
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = "thumbnail 960x720, 262k triangles";
    row.unit = "1/s";
    row.work = 1.0;
    row.user = &p;
    row.ours.run = thumbnail;
    bench_run(&row);
    free(p.scratch.memory);
    free(p.picture.pixels);
    free(positions);
    scene_free(&s);
}

void bench_raster(void)
{
    int has_peer = 0;
#if BENCH_EGL
    has_peer = peer_start();
#endif
    bench_title("Rasteriser: 1024x1024, colour and 24-bit depth, one thread");
    for (uint32_t samples = 1; samples <= 4; samples += 3) {
        char name[64];
        snprintf(name, sizeof name, "fill, 8 layers, %u sample%s", samples, samples > 1 ? "s" : "");
        scene_row(name, "Mpix/s", 8.0 * SIDE * SIDE / 1e6, layers_make(8, samples), has_peer);
        snprintf(name, sizeof name, "ball of 33k triangles, %u sample%s", samples,
                 samples > 1 ? "s" : "");
        scene_row(name, "Mtri/s", 91.0 * 182 * 2 / 1e6, ball_make(91, samples), has_peer);
        snprintf(name, sizeof name, "ball of 1M triangles, %u sample%s", samples,
                 samples > 1 ? "s" : "");
        scene_row(name, "Mtri/s", 512.0 * 1024 * 2 / 1e6, ball_make(512, samples), has_peer);
    }
    thumbnail_row();
}
