/* gl_main.c - the GL back-end on Mesa, without a window: every scene as GL core and as GLES, and
 * what scenes do not see: leaks, the caller's state, refusals, loss, how few calls are made.
 *
 *     gl_main [FILTER]
 *
 * Ends with "N passed, N failed"; 77 where there is no EGL. */
#include "egl.h"
#include "scenes.h"
#include "gpu/gpu_gl.h"
#include "memory/allocator.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed, left_out;

static void check(int good, const char *what, const char *which)
{
    if (good)
        passed++;
    else
        printf("FAILED: %s: %s\n", which, what), failed++;
}

/* ---- GL as the test itself wants it ---- */

typedef void (*function)(void);
typedef void (*gen_or_delete)(int32_t, uint32_t *);
typedef uint32_t (*create)(uint32_t);
typedef void (*destroy)(uint32_t);

enum { KINDS = 9 };
static const char *const gens[KINDS] = { "Buffers",      "Textures",      "Samplers",
                                         "Framebuffers", "Renderbuffers", "Queries",
                                         "VertexArrays", "Programs",      "Syncs" };
static long live[KINDS];
static gen_or_delete real_gen[KINDS], real_delete[KINDS];
static egl_context egl;
static int fake_reset, bare; /* bare: says that it is the oldest version, without extensions */

static function get(const char *name)
{
    void *address = egl_getproc(&egl, name);
    function f;
    memcpy(&f, &address, sizeof f);
    return f;
}

#define COUNTED(kind)                                                                              \
    static void gen_##kind(int32_t n, uint32_t *names)                                             \
    {                                                                                              \
        live[kind] += n;                                                                           \
        real_gen[kind](n, names);                                                                  \
    }                                                                                              \
    static void delete_##kind(int32_t n, uint32_t *names)                                          \
    {                                                                                              \
        for (int32_t i = 0; i < n; i++) live[kind] -= names[i] != 0;                               \
        real_delete[kind](n, names);                                                               \
    }
COUNTED(0)
COUNTED(1)
COUNTED(2)
COUNTED(3)
COUNTED(4)
COUNTED(5)
COUNTED(6)

static uint32_t create_program(void)
{
    live[7]++;
    return ((uint32_t(*)(void))get("glCreateProgram"))();
}
static void delete_program(uint32_t name)
{
    live[7] -= name != 0;
    ((void (*)(uint32_t))get("glDeleteProgram"))(name);
}
static void *fence_sync(uint32_t a, uint32_t b)
{
    live[8]++;
    return ((void *(*)(uint32_t, uint32_t))get("glFenceSync"))(a, b);
}
static void delete_sync(void *sync)
{
    live[8] -= sync != NULL;
    ((void (*)(void *))get("glDeleteSync"))(sync);
}
static uint32_t reset_status(void) { return fake_reset ? 0x8253u : 0; }
static const char *get_string(uint32_t name)
{
    const char *real = ((const char *(*)(uint32_t))get("glGetString"))(name);
    if (!bare || name != 0x1F02) return real;
    return !strncmp(real, "OpenGL ES", 9) ? "OpenGL ES 3.0 made old" : "3.3 made old";
}
static void get_integer(uint32_t name, int32_t *out)
{
    ((void (*)(uint32_t, int32_t *))get("glGetIntegerv"))(name, out);
    if (bare && name == 0x821D) *out = 0;
}

/* Counts what is made and deleted on its way. */
static void *getproc(void *user, const char *name)
{
    static const gen_or_delete wrapped[7][2] = { { gen_0, delete_0 }, { gen_1, delete_1 },
                                                 { gen_2, delete_2 }, { gen_3, delete_3 },
                                                 { gen_4, delete_4 }, { gen_5, delete_5 },
                                                 { gen_6, delete_6 } };
    void *real = egl_getproc(user, name), *out = real;
    for (int i = 0; i < 7; i++) {
        char gen[40], del[40];
        snprintf(gen, sizeof gen, "glGen%s", gens[i]);
        snprintf(del, sizeof del, "glDelete%s", gens[i]);
        if (!strcmp(name, gen)) {
            memcpy(&real_gen[i], &real, sizeof real);
            memcpy(&out, &wrapped[i][0], sizeof out);
        }
        if (!strcmp(name, del)) {
            memcpy(&real_delete[i], &real, sizeof real);
            memcpy(&out, &wrapped[i][1], sizeof out);
        }
    }
#define REPLACED(text, f)                                                                          \
    if (!strcmp(name, text)) {                                                                     \
        function made = (function)f;                                                               \
        memcpy(&out, &made, sizeof out);                                                           \
    }
    REPLACED("glCreateProgram", create_program)
    REPLACED("glDeleteProgram", delete_program)
    REPLACED("glFenceSync", fence_sync)
    REPLACED("glDeleteSync", delete_sync)
    REPLACED("glGetGraphicsResetStatus", reset_status)
    REPLACED("glGetString", get_string)
    REPLACED("glGetIntegerv", get_integer)
    return out;
}

#define GL(type, name, parameters) ((type(*) parameters)get("gl" #name))

static uint32_t gl_error(void) { return GL(uint32_t, GetError, (void))(); }

static void told(void *user, w3d_result code, const char *text)
{
    (void)code;
    snprintf((char *)user, 512, "%s", text);
}

static char last_message[512];

/* ---- memory, counted, and failing when it is told to ---- */

static long bytes_live, allocations, fail_at;

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (!new_size) {
        bytes_live -= (long)old_size;
        free(block);
        return NULL;
    }
    if (fail_at && ++allocations == fail_at) return NULL;
    void *made = realloc(block, new_size);
    if (made) bytes_live += (long)new_size - (long)old_size;
    return made;
}

static w3d_gpu *device(const w3d_gpu_gl_desc *gl, uint32_t samples)
{
    w3d_gpu *gpu = NULL;
    w3d_gpu_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.backend = w3d_gpu_gl(gl);
    desc.width = desc.height = 256;
    desc.samples = samples;
    desc.max_objects = 1u << 18;
    desc.allocator.resize = resize;
    desc.message = told;
    desc.user = last_message;
    last_message[0] = 0;
    if (w3d_gpu_create(&desc, &gpu)) return NULL;
    if (w3d_gpu_poll(gpu) == W3D_GPU_RUNNING) return gpu;
    printf("%s\n", last_message);
    w3d_gpu_destroy(gpu);
    return NULL;
}

/* ---- what a caller's state may be, and that it is the same afterwards ---- */

enum { STATES = 600 };

static int same_number(uint32_t name, int64_t *out, int count)
{
    float values[4] = { 0, 0, 0, 0 };
    GL(void, GetFloatv, (uint32_t, float *))(name, values);
    for (int i = 0; i < count; i++) memcpy(&out[i], &values[i], 4);
    return count;
}

static int read_state(int es, int64_t out[STATES])
{
    static const uint16_t caps[] = { 0xBE2, 0xB44,  0xB71,  0xB90,  0xC11,  0x8037,
                                     0xBD0, 0x809E, 0x80A0, 0x8C89, 0x8D69, 0x8DB9,
                                     0xBF2, 0x809D, 0x884F, 0x8642, 0x8F9D, 0x8E51 };
    static const uint16_t ones[] = { 0xB72,  0xB74,  0xB45,  0xB46,  0xB92,  0xB93,  0xB94,
                                     0xB95,  0xB96,  0xB97,  0xB98,  0x8800, 0x8801, 0x8802,
                                     0x8803, 0x8CA3, 0x8CA4, 0x8CA5, 0x80C8, 0x80C9, 0x80CA,
                                     0x80CB, 0x8009, 0x883D, 0x84E0, 0x85B5, 0x8894, 0x8895,
                                     0x8A28, 0x8F36, 0x8F37, 0x88ED, 0x88EF, 0x8B8D, 0x8CA6,
                                     0x8CAA, 0x8CA7, 0xCF5,  0xCF2,  0xCF3,  0xCF4,  0x806E,
                                     0x806D, 0xD05,  0xD02,  0xD03,  0xD04,  0x2A00, 0x8038 };
    static const uint16_t gl_ones[] = { 0xB40, 0x8E4F, 0xB11,  0x8F9E, 0xCF0,
                                        0xD00, 0x806B, 0x806C, 0x8F43 };
    static const uint16_t fours[] = { 0xBA2, 0xC10, 0x8005, 0xC23 };
    static const uint16_t unit[] = { 0x8069, 0x8C1D, 0x8514, 0x806A, 0x8919 };
    int n = 0;
    memset(out, 0, STATES * sizeof *out);
    for (size_t i = 0; i < sizeof caps / 2; i++)
        if (!es || i < 11) out[n++] = GL(uint8_t, IsEnabled, (uint32_t))(caps[i]);
    for (size_t i = 0; i < sizeof ones / 2; i++) n += same_number(ones[i], out + n, 1);
    for (size_t i = 0; i < sizeof gl_ones / 2 && !es; i++) n += same_number(gl_ones[i], out + n, 1);
    for (size_t i = 0; i < sizeof fours / 2; i++) n += same_number(fours[i], out + n, 4);
    n += same_number(0xB70, out + n, 2);
    for (uint32_t i = 0; i < 8; i++) {
        uint8_t mask[4];
        int32_t value;
        GL(void, GetBooleani_v, (uint32_t, uint32_t, uint8_t *))(0xC23, i, mask);
        memcpy(&out[n++], mask, 4);
        out[n++] = GL(uint8_t, IsEnabledi, (uint32_t, uint32_t))(0xBE2, i);
        for (uint32_t k = 0x80C8; k < 0x80CC; k++) {
            GL(void, GetIntegeri_v, (uint32_t, uint32_t, int32_t *))(k, i, &value);
            out[n++] = value;
        }
    }
    int32_t active;
    GL(void, GetIntegerv, (uint32_t, int32_t *))(0x84E0, &active);
    for (uint32_t i = 0; i < 20; i++) {
        GL(void, ActiveTexture, (uint32_t))(0x84C0 + i);
        for (uint32_t k = 0; k < 5; k++) n += same_number(unit[k], out + n, 1);
    }
    GL(void, ActiveTexture, (uint32_t))((uint32_t)active);
    for (uint32_t i = 0; i < 20; i++)
        for (uint32_t k = 0x8A28; k < 0x8A2B; k++)
            GL(void, GetInteger64i_v, (uint32_t, uint32_t, int64_t *))(k, i, &out[n++]);
    return n;
}

/* Everything as no library would have it. */
static void unusual_state(int es)
{
    static const uint16_t on[] = { 0xBE2, 0xB44, 0xB71, 0xB90, 0xC11, 0x8037, 0x809E, 0x8D69 };
    uint32_t buffer[2], texture[4], sampler, array, targets[4] = { 0xDE1, 0x8C1A, 0x8513, 0x806F };
    for (size_t i = 0; i < sizeof on / 2; i++) GL(void, Enable, (uint32_t))(on[i]);
    GL(void, Disable, (uint32_t))(0xBD0);
    GL(void, Viewport, (int32_t, int32_t, int32_t, int32_t))(3, 4, 50, 60);
    GL(void, Scissor, (int32_t, int32_t, int32_t, int32_t))(1, 2, 3, 4);
    GL(void, BlendColor, (float, float, float, float))(0.5f, 0.25f, 0.125f, 1);
    GL(void, BlendFuncSeparate, (uint32_t, uint32_t, uint32_t, uint32_t))(0x306, 0x303, 1, 0x301);
    GL(void, BlendEquationSeparate, (uint32_t, uint32_t))(0x800A, 0x8007);
    GL(void, ColorMask, (uint8_t, uint8_t, uint8_t, uint8_t))(1, 0, 1, 0);
    GL(void, DepthMask, (uint8_t))(0);
    GL(void, DepthFunc, (uint32_t))(0x204);
    GL(void, CullFace, (uint32_t))(0x404);
    GL(void, FrontFace, (uint32_t))(0x900);
    GL(void, StencilFuncSeparate, (uint32_t, uint32_t, int32_t, uint32_t))(0x404, 0x202, 3, 0x55);
    GL(void, StencilFuncSeparate, (uint32_t, uint32_t, int32_t, uint32_t))(0x405, 0x205, 4, 0x66);
    GL(void, StencilOpSeparate, (uint32_t, uint32_t, uint32_t, uint32_t))
    (0x404, 0x1E01, 0x1E02, 0x1E03);
    GL(void, StencilMaskSeparate, (uint32_t, uint32_t))(0x405, 0x0F);
    GL(void, PolygonOffset, (float, float))(2, 3);
    GL(void, PixelStorei, (uint32_t, int32_t))(0xCF5, 8);
    GL(void, PixelStorei, (uint32_t, int32_t))(0xCF2, 77);
    GL(void, PixelStorei, (uint32_t, int32_t))(0xD05, 2);
    GL(void, GenBuffers, (int32_t, uint32_t *))(2, buffer);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x8892, buffer[0]);
    GL(void, BufferData, (uint32_t, intptr_t, const void *, uint32_t))(0x8892, 4096, NULL, 0x88E4);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x8F37, buffer[0]);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x8F36, buffer[0]);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x88EB, buffer[0]);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x88EC, buffer[0]);
    GL(void, BindBufferRange, (uint32_t, uint32_t, uint32_t, intptr_t, intptr_t))
    (0x8A11, 0, buffer[0], 256, 512);
    GL(void, BindBufferBase, (uint32_t, uint32_t, uint32_t))(0x8A11, 4, buffer[0]);
    GL(void, GenVertexArrays, (int32_t, uint32_t *))(1, &array);
    GL(void, BindVertexArray, (uint32_t))(array);
    GL(void, BindBuffer, (uint32_t, uint32_t))(0x8893, buffer[0]);
    GL(void, GenTextures, (int32_t, uint32_t *))(4, texture);
    GL(void, GenSamplers, (int32_t, uint32_t *))(1, &sampler);
    for (uint32_t i = 0; i < 4; i++) {
        GL(void, ActiveTexture, (uint32_t))(0x84C0 + i);
        GL(void, BindTexture, (uint32_t, uint32_t))(targets[i], texture[i]);
        GL(void, BindSampler, (uint32_t, uint32_t))(i, sampler);
    }
    if (es) return;
    GL(void, PolygonMode, (uint32_t, uint32_t))(0x408, 0x1B01);
    GL(void, Enablei, (uint32_t, uint32_t))(0xBE2, 2);
    GL(void, Disablei, (uint32_t, uint32_t))(0xBE2, 1);
    GL(void, Enable, (uint32_t))(0xBF2);
    GL(void, Enable, (uint32_t))(0x8DB9);
    GL(void, PointSize, (float))(7);
}

static void state_is_kept(const char *name, int es, w3d_gpu_gl_desc *desc)
{
    static int64_t before[STATES], after[STATES];
    w3d_gpu *gpu = device(desc, 4);
    desc->save_state = 1;
    unusual_state(es);
    int count = read_state(es, before);
    while (gl_error()) {}
    for (int i = 0; gpu && i < scene_count(); i++) {
        w3d_result result = scene_draw(i, gpu);
        check(result == W3D_OK, "draws in a strange state", scene_name(i));
        check(read_state(es, after) == count && !memcmp(before, after, sizeof before),
              "the state is as it was", scene_name(i));
        for (int k = 0; k < count; k++)
            if (before[k] != after[k])
                printf("    state %d of %d: %llx, was %llx\n", k, count,
                       (unsigned long long)after[k], (unsigned long long)before[k]);
        memcpy(before, after, sizeof before);
    }
    w3d_gpu_destroy(gpu);
    read_state(es, after);
    check(!memcmp(before, after, sizeof before), "the state is as it was after closing", name);
    check(!gl_error(), "no GL error", name);
    desc->save_state = 0;
    for (int i = 0; i < KINDS; i++) live[i] = 0;
}

/* ---- refusals, loss, another device, few calls ---- */

static void refusals(const char *name, const w3d_gpu_gl_desc *desc)
{
    w3d_gpu *gpu = device(desc, 1);
    w3d_gpu_shader_desc shader;
    w3d_gpu_pipeline_desc pipeline;
    w3d_gpu_shader s;
    w3d_gpu_pipeline p;
    memset(&shader, 0, sizeof shader);
    shader.glsl_vertex = "void main() { gl_Position = nonsense; }";
    shader.glsl_fragment = "void main() {}";
    check(!w3d_gpu_shader_create(gpu, &shader, &s), "a wrong shader is told later", name);
    memset(&pipeline, 0, sizeof pipeline);
    pipeline.shader = s;
    w3d_gpu_pipeline_create(gpu, &pipeline, &p);
    last_message[0] = 0;
    char first[512] = "";
    w3d_gpu_submit(gpu);
    check(!w3d_gpu_pipeline_ready(gpu, p), "its pipeline is never ready", name);
    (void)first;
    check(strstr(last_message, "its shader was refused") != NULL, "and says why", name);
    shader.glsl_fragment = NULL;
    shader.glsl_vertex = "in vec4 a; void main() { gl_Position = a; ";
    w3d_gpu_shader_create(gpu, &shader, &s);
    w3d_gpu_submit(gpu);
    check(strstr(last_message, "the device refuses") && strstr(last_message, "error"),
          "the driver's log is in the message", name);
    shader.glsl_vertex = NULL;
    shader.wgsl = "// nothing";
    w3d_gpu_shader_create(gpu, &shader, &s);
    w3d_gpu_submit(gpu);
    check(strstr(last_message, "without GLSL") != NULL, "a shader without GLSL is refused", name);
    w3d_gpu_destroy(gpu);
}

static int scene_by_name(const char *name)
{
    for (int i = 0; i < scene_count(); i++)
        if (!strcmp(scene_name(i), name)) return i;
    return -1;
}

/* Loses the device between the making of a scene and its drawing, and goes on with a new one. */
static void loss(const char *name, const w3d_gpu_gl_desc *desc)
{
    w3d_gpu *gpu = device(desc, 1);
    w3d_gpu_backend again = w3d_gpu_gl(desc);
    static const char *const names[] = { "texture updates", "instances", "cube",
                                         "materials",       "many",      "multisampling",
                                         "layers",          "wraps" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scene_begin(scene_by_name(names[i]), gpu);
        w3d_result result = scene_step(); /* its resources are made */
        check(result == W3D_ERR_BUSY, "a scene begins", names[i]);
        fake_reset = 1;
        w3d_gpu_label_push(gpu, "lost");
        w3d_gpu_label_pop(gpu);
        check(w3d_gpu_submit(gpu) == W3D_ERR_CLOSED, "submit says that the device is lost", name);
        check(w3d_gpu_poll(gpu) == W3D_GPU_LOST, "the status says so too", name);
        fake_reset = 0;
        result = w3d_gpu_switch(gpu, &again);
        check(result == W3D_OK || result == W3D_ERR_DAMAGED, "a new device takes its place", name);
        while ((result = scene_step()) == W3D_ERR_BUSY) {}
        check(result == W3D_OK, scene_message(), names[i]);
    }
    w3d_gpu_destroy(gpu);
    for (int i = 0; i < KINDS; i++) {
        check(!live[i], "nothing is left of lost devices", gens[i]);
        live[i] = 0;
    }
}

/* Times, labels, and a surface that changes its size. */
static void times(const char *name, const w3d_gpu_gl_desc *desc)
{
    w3d_gpu *gpu = device(desc, 4);
    w3d_gpu_pass_desc pass;
    w3d_gpu_download download;
    w3d_gpu_texture_region region;
    static uint8_t pixels[16 * 8 * 4];
    uint64_t nanoseconds = 0;
    size_t size = 0;
    w3d_result result = W3D_ERR_BUSY;
    memset(&pass, 0, sizeof pass);
    memset(&region, 0, sizeof region);
    pass.time_id = 5;
    pass.label = "a pass";
    pass.color[0].clear[1] = pass.color[0].clear[3] = 1;
    check(w3d_gpu_resize(gpu, 16, 8) == W3D_OK, "the surface is made smaller", name);
    w3d_gpu_label_push(gpu, "outside");
    w3d_gpu_pass *open = w3d_gpu_pass_begin(gpu, &pass);
    w3d_gpu_label_push(gpu, "inside");
    w3d_gpu_label_pop(gpu);
    w3d_gpu_pass_end(open);
    w3d_gpu_label_pop(gpu);
    region.width = 16;
    region.height = 8;
    check(w3d_gpu_read_texture(gpu, &region, &download) == W3D_OK, "a small surface is read", name);
    check(w3d_gpu_submit(gpu) == W3D_OK, "a labelled pass", name);
    for (int i = 0; i < 1000000 && result == W3D_ERR_BUSY && w3d_gpu_get_caps(gpu)->timestamps; i++)
        result = w3d_gpu_time(gpu, 5, &nanoseconds);
    check(!w3d_gpu_get_caps(gpu)->timestamps || (!result && nanoseconds < 1000000000u),
          "the pass takes some time", name);
    while (w3d_gpu_download_take(gpu, download, pixels, sizeof pixels, &size) == W3D_ERR_BUSY) {}
    check(size == sizeof pixels && pixels[0] == 0 && pixels[1] == 255 && pixels[509] == 255,
          "the small surface is green", name);
    check(!gl_error(), "no GL error", name);
    w3d_gpu_destroy(gpu);
}

/* Fails the first, second, third ... allocation of a device's whole life. */
static void no_memory(const char *name, const w3d_gpu_gl_desc *desc)
{
    static const char *const names[] = { "target parts", "instance buffer", "constants" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        w3d_result result = W3D_ERR_OUT_OF_MEMORY;
        int tries = 0;
        for (fail_at = 1; result && fail_at < 400; fail_at++) {
            allocations = 0;
            w3d_gpu *gpu = device(desc, 1);
            result = gpu ? scene_draw(scene_by_name(names[i]), gpu) : W3D_ERR_OUT_OF_MEMORY;
            if (allocations < fail_at && result) break; /* it failed for another reason */
            if (gpu) w3d_gpu_destroy(gpu);
            tries++;
        }
        fail_at = 0;
        check(!result && tries > 20, "every allocation may fail", names[i]);
        check(!bytes_live, "all memory is given back", names[i]);
    }
    for (int i = 0; i < KINDS; i++) {
        check(!live[i], "nothing is left after failures", gens[i]);
        live[i] = 0;
    }
    check(!gl_error(), "no GL error", name);
}

static void few_calls(const char *name, w3d_gpu_gl_desc *desc, int merged)
{
    w3d_gpu_gl_counters counters;
    memset(&counters, 0, sizeof counters);
    desc->counters = &counters;
    w3d_gpu *gpu = device(desc, 1);
    check(scene_draw(scene_by_name("many"), gpu) == W3D_OK, scene_message(), name);
    printf("%s: 20000 objects: %llu calls, %llu draws\n", name, (unsigned long long)counters.calls,
           (unsigned long long)counters.draws);
    check(merged ? counters.draws <= 5 && counters.calls < 1200 : counters.draws == 20000,
          "as few draws as the device can", name);
    w3d_gpu_destroy(gpu);
    desc->counters = NULL;
}

/* ---- the scenes ---- */

static void scenes(const char *context, const w3d_gpu_gl_desc *desc, uint32_t samples,
                   const char *filter)
{
    char which[128];
    w3d_gpu *gpu = device(desc, samples);
    check(gpu != NULL, "opens", context);
    for (int i = 0; gpu && i < scene_count(); i++) {
        if (filter && !strstr(scene_name(i), filter)) continue;
        snprintf(which, sizeof which, "%s, %s", context, scene_name(i));
        w3d_result result = scene_draw(i, gpu);
        if (result == W3D_ERR_UNSUPPORTED && (bare || !scene_message()[0])) {
            printf("left out: %s%s%s\n", which, *last_message ? ": " : "", last_message);
            last_message[0] = 0;
            left_out++;
            continue;
        }
        check(result == W3D_OK, result == W3D_ERR_TIMEOUT ? "takes for ever" : scene_message(),
              which);
        uint32_t error = gl_error();
        if (error) printf("%s: GL error %x\n", which, error);
        check(!error, "no GL error", which);
        if (last_message[0] && result) printf("    %s\n", last_message);
        last_message[0] = 0;
    }
    if (gpu) w3d_gpu_destroy(gpu);
    check(!bytes_live, "all memory is given back", context);
    for (int i = 0; i < KINDS; i++) {
        if (live[i]) printf("%ld of %s leaked\n", live[i], gens[i]);
        check(!live[i], "nothing is left on the device", context);
        live[i] = 0;
    }
}

static void all(const char *name, int es, int major, int minor, const char *filter)
{
    if (egl_open(&egl, es, major, minor)) {
        printf("left out: %s: %s\n", name, egl.why);
        left_out++;
        return;
    }
    w3d_gpu_gl_desc desc;
    w3d_gpu_gl_counters counters;
    char text[100];
    memset(&desc, 0, sizeof desc);
    memset(&counters, 0, sizeof counters);
    desc.getproc = getproc;
    desc.user = &egl;
    desc.framebuffer = egl_framebuffer(&egl);
    desc.counters = &counters;
    scenes(name, &desc, 1, filter);
    printf("%s: %llu calls, %llu draws, %llu binds, %llu uniforms\n", name,
           (unsigned long long)counters.calls, (unsigned long long)counters.draws,
           (unsigned long long)counters.binds, (unsigned long long)counters.uniforms);
    snprintf(text, sizeof text, "%s, four samples, state saved", name);
    desc.save_state = 1;
    scenes(text, &desc, 4, filter);
    snprintf(text, sizeof text, "%s, draws one by one", name);
    desc.no_multi_draw = 1;
    desc.save_state = 0;
    scenes(text, &desc, 1, filter);
    desc.no_multi_draw = 0;
    bare = 1;
    snprintf(text, sizeof text, "%s, as the oldest version", name);
    scenes(text, &desc, 1, filter);
    bare = 0;
    if (!filter) {
        few_calls(name, &desc, !es);
        refusals(name, &desc);
        loss(name, &desc);
        times(name, &desc);
        no_memory(name, &desc);
        state_is_kept(name, es, &desc);
    }
    egl_close(&egl);
}

int main(int count, char **arguments)
{
    const char *filter = count > 1 ? arguments[1] : NULL;
    if (egl_open(&egl, 1, 3, 0)) {
        printf("skipped: %s\n", egl.why);
        return 77;
    }
    egl_close(&egl);
    all("GL 3.3", 0, 3, 3, filter);
    all("GL 4.5", 0, 4, 5, filter);
    all("GLES 3.0", 1, 3, 0, filter);
    printf("%d passed, %d failed, %d left out\n", passed, failed, left_out);
    return failed != 0;
}
