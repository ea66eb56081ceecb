/* gpu_gl_api.h - GL's constants and functions as far as they are used here; private to gpu_gl.c.
 *
 * Numbers and signatures are those of the Khronos registry. W3DI_GL_FUNCTIONS lists each function
 * once: whether it must be there, result, name, parameters. */
#ifndef W3D_GPU_GL_API_H
#define W3D_GPU_GL_API_H

#include "core/base.h"

#if defined(_WIN32) && !defined(_WIN64)
#define W3DI_GL_CALL __stdcall
#else
#define W3DI_GL_CALL
#endif

/* clang-format off */
enum {
    W3DI_GL_POINTS = 0, W3DI_GL_LINES = 1, W3DI_GL_LINE_STRIP = 3, W3DI_GL_TRIANGLES = 4,
    W3DI_GL_TRIANGLE_STRIP = 5, W3DI_GL_NONE = 0, W3DI_GL_BACK = 0x405, W3DI_GL_FRONT = 0x404,
    W3DI_GL_FRONT_AND_BACK = 0x408, W3DI_GL_OUT_OF_MEMORY = 0x505, W3DI_GL_CW = 0x900,
    W3DI_GL_CCW = 0x901, W3DI_GL_FILL = 0x1B02, W3DI_GL_CULL_FACE = 0xB44,
    W3DI_GL_CULL_FACE_MODE = 0xB45, W3DI_GL_FRONT_FACE = 0xB46, W3DI_GL_DEPTH_RANGE = 0xB70,
    W3DI_GL_DEPTH_TEST = 0xB71, W3DI_GL_DEPTH_WRITEMASK = 0xB72, W3DI_GL_DEPTH_FUNC = 0xB74,
    W3DI_GL_STENCIL_TEST = 0xB90, W3DI_GL_POLYGON_MODE = 0xB40, W3DI_GL_POINT_SIZE = 0xB11,
    W3DI_GL_VIEWPORT = 0xBA2, W3DI_GL_DITHER = 0xBD0, W3DI_GL_BLEND = 0xBE2,
    W3DI_GL_COLOR_LOGIC_OP = 0xBF2, W3DI_GL_SCISSOR_BOX = 0xC10, W3DI_GL_SCISSOR_TEST = 0xC11,
    W3DI_GL_COLOR_WRITEMASK = 0xC23, W3DI_GL_UNPACK_ROW_LENGTH = 0xCF2,
    W3DI_GL_UNPACK_SKIP_ROWS = 0xCF3, W3DI_GL_UNPACK_SKIP_PIXELS = 0xCF4,
    W3DI_GL_UNPACK_ALIGNMENT = 0xCF5, W3DI_GL_UNPACK_SWAP_BYTES = 0xCF0,
    W3DI_GL_PACK_SWAP_BYTES = 0xD00, W3DI_GL_PACK_ROW_LENGTH = 0xD02,
    W3DI_GL_PACK_SKIP_ROWS = 0xD03, W3DI_GL_PACK_SKIP_PIXELS = 0xD04,
    W3DI_GL_PACK_ALIGNMENT = 0xD05, W3DI_GL_MAX_TEXTURE_SIZE = 0xD33, W3DI_GL_TEXTURE_2D = 0xDE1,
    W3DI_GL_UNSIGNED_BYTE = 0x1401, W3DI_GL_BYTE = 0x1400, W3DI_GL_SHORT = 0x1402,
    W3DI_GL_UNSIGNED_SHORT = 0x1403, W3DI_GL_INT = 0x1404, W3DI_GL_UNSIGNED_INT = 0x1405,
    W3DI_GL_FLOAT = 0x1406, W3DI_GL_HALF_FLOAT = 0x140B, W3DI_GL_INVERT = 0x150A,
    W3DI_GL_TEXTURE = 0x1702, W3DI_GL_COLOR = 0x1800, W3DI_GL_DEPTH = 0x1801,
    W3DI_GL_STENCIL = 0x1802, W3DI_GL_DEPTH_COMPONENT = 0x1902, W3DI_GL_RED = 0x1903,
    W3DI_GL_RGBA = 0x1908, W3DI_GL_KEEP = 0x1E00, W3DI_GL_REPLACE = 0x1E01, W3DI_GL_INCR = 0x1E02,
    W3DI_GL_DECR = 0x1E03, W3DI_GL_RENDERER = 0x1F01, W3DI_GL_VERSION = 0x1F02,
    W3DI_GL_NEAREST = 0x2600, W3DI_GL_LINEAR = 0x2601, W3DI_GL_NEAREST_MIPMAP_NEAREST = 0x2700,
    W3DI_GL_TEXTURE_MAG_FILTER = 0x2800, W3DI_GL_TEXTURE_MIN_FILTER = 0x2801,
    W3DI_GL_TEXTURE_WRAP_S = 0x2802, W3DI_GL_TEXTURE_WRAP_T = 0x2803, W3DI_GL_REPEAT = 0x2901,
    W3DI_GL_POLYGON_OFFSET_UNITS = 0x2A00, W3DI_GL_BLEND_COLOR = 0x8005,
    W3DI_GL_POLYGON_OFFSET_FILL = 0x8037, W3DI_GL_POLYGON_OFFSET_FACTOR = 0x8038,
    W3DI_GL_RGBA8 = 0x8058, W3DI_GL_TEXTURE_BINDING_2D = 0x8069,
    W3DI_GL_TEXTURE_BINDING_3D = 0x806A, W3DI_GL_PACK_SKIP_IMAGES = 0x806B,
    W3DI_GL_PACK_IMAGE_HEIGHT = 0x806C, W3DI_GL_UNPACK_SKIP_IMAGES = 0x806D,
    W3DI_GL_UNPACK_IMAGE_HEIGHT = 0x806E, W3DI_GL_TEXTURE_3D = 0x806F,
    W3DI_GL_TEXTURE_WRAP_R = 0x8072, W3DI_GL_MULTISAMPLE = 0x809D,
    W3DI_GL_SAMPLE_ALPHA_TO_COVERAGE = 0x809E, W3DI_GL_SAMPLE_COVERAGE = 0x80A0,
    W3DI_GL_BLEND_DST_RGB = 0x80C8, W3DI_GL_BLEND_SRC_RGB = 0x80C9,
    W3DI_GL_BLEND_DST_ALPHA = 0x80CA, W3DI_GL_BLEND_SRC_ALPHA = 0x80CB,
    W3DI_GL_CLAMP_TO_EDGE = 0x812F, W3DI_GL_TEXTURE_MIN_LOD = 0x813A,
    W3DI_GL_TEXTURE_MAX_LOD = 0x813B, W3DI_GL_TEXTURE_BASE_LEVEL = 0x813C,
    W3DI_GL_TEXTURE_MAX_LEVEL = 0x813D, W3DI_GL_DEPTH24 = 0x81A6, W3DI_GL_NUM_EXTENSIONS = 0x821D,
    W3DI_GL_MAJOR_VERSION = 0x821B, W3DI_GL_MINOR_VERSION = 0x821C,
    W3DI_GL_DEPTH_STENCIL_ATTACHMENT = 0x821A, W3DI_GL_RG = 0x8227, W3DI_GL_R8 = 0x8229,
    W3DI_GL_RG8 = 0x822B, W3DI_GL_R32F = 0x822E, W3DI_GL_R32UI = 0x8236,
    W3DI_GL_DEBUG_SOURCE_APPLICATION = 0x824A, W3DI_GL_BUFFER = 0x82E0, W3DI_GL_SHADER = 0x82E1,
    W3DI_GL_PROGRAM = 0x82E2, W3DI_GL_SAMPLER = 0x82E6, W3DI_GL_MIRRORED_REPEAT = 0x8370,
    W3DI_GL_TEXTURE0 = 0x84C0, W3DI_GL_ACTIVE_TEXTURE = 0x84E0, W3DI_GL_DEPTH_STENCIL = 0x84F9,
    W3DI_GL_UNSIGNED_INT_24_8 = 0x84FA, W3DI_GL_TEXTURE_MAX_ANISOTROPY = 0x84FE,
    W3DI_GL_MAX_TEXTURE_MAX_ANISOTROPY = 0x84FF, W3DI_GL_INCR_WRAP = 0x8507,
    W3DI_GL_DECR_WRAP = 0x8508, W3DI_GL_TEXTURE_CUBE = 0x8513,
    W3DI_GL_TEXTURE_BINDING_CUBE = 0x8514, W3DI_GL_CUBE_POSITIVE_X = 0x8515,
    W3DI_GL_VERTEX_ARRAY_BINDING = 0x85B5, W3DI_GL_PROGRAM_POINT_SIZE = 0x8642,
    W3DI_GL_STENCIL_BACK_FUNC = 0x8800, W3DI_GL_STENCIL_BACK_FAIL = 0x8801,
    W3DI_GL_STENCIL_BACK_DEPTH_FAIL = 0x8802, W3DI_GL_STENCIL_BACK_PASS = 0x8803,
    W3DI_GL_RGBA32F = 0x8814, W3DI_GL_RGBA16F = 0x881A, W3DI_GL_MAX_DRAW_BUFFERS = 0x8824,
    W3DI_GL_BLEND_EQUATION_RGB = 0x8009, W3DI_GL_BLEND_EQUATION_ALPHA = 0x883D,
    W3DI_GL_TEXTURE_COMPARE_MODE = 0x884C, W3DI_GL_TEXTURE_COMPARE_FUNC = 0x884D,
    W3DI_GL_COMPARE_REF_TO_TEXTURE = 0x884E, W3DI_GL_TEXTURE_CUBE_SEAMLESS = 0x884F,
    W3DI_GL_QUERY_RESULT = 0x8866, W3DI_GL_QUERY_RESULT_AVAILABLE = 0x8867,
    W3DI_GL_ARRAY_BUFFER = 0x8892, W3DI_GL_ARRAY_BUFFER_BINDING = 0x8894,
    W3DI_GL_TIME_ELAPSED = 0x88BF, W3DI_GL_STREAM_DRAW = 0x88E0, W3DI_GL_STREAM_READ = 0x88E1,
    W3DI_GL_STATIC_DRAW = 0x88E4, W3DI_GL_PIXEL_PACK_BUFFER = 0x88EB,
    W3DI_GL_PIXEL_UNPACK_BUFFER = 0x88EC, W3DI_GL_PIXEL_PACK_BINDING = 0x88ED,
    W3DI_GL_PIXEL_UNPACK_BINDING = 0x88EF, W3DI_GL_DEPTH24_STENCIL8 = 0x88F0,
    W3DI_GL_MAX_ARRAY_LAYERS = 0x88FF, W3DI_GL_SAMPLER_BINDING = 0x8919,
    W3DI_GL_UNIFORM_BUFFER = 0x8A11, W3DI_GL_UNIFORM_BUFFER_BINDING = 0x8A28,
    W3DI_GL_UNIFORM_START = 0x8A29, W3DI_GL_UNIFORM_SIZE = 0x8A2A,
    W3DI_GL_MAX_UNIFORM_SIZE = 0x8A30, W3DI_GL_UNIFORM_ALIGNMENT = 0x8A34,
    W3DI_GL_FRAGMENT_SHADER = 0x8B30, W3DI_GL_VERTEX_SHADER = 0x8B31,
    W3DI_GL_COMPILE_STATUS = 0x8B81, W3DI_GL_LINK_STATUS = 0x8B82,
    W3DI_GL_CURRENT_PROGRAM = 0x8B8D, W3DI_GL_ANY_SAMPLES = 0x8C2F,
    W3DI_GL_TEXTURE_2D_ARRAY = 0x8C1A, W3DI_GL_TEXTURE_BINDING_ARRAY = 0x8C1D,
    W3DI_GL_SRGB8_ALPHA8 = 0x8C43, W3DI_GL_RASTERIZER_DISCARD = 0x8C89,
    W3DI_GL_STENCIL_BACK_REF = 0x8CA3, W3DI_GL_STENCIL_BACK_MASK = 0x8CA4,
    W3DI_GL_STENCIL_BACK_WRITEMASK = 0x8CA5, W3DI_GL_DRAW_FRAMEBUFFER_BINDING = 0x8CA6,
    W3DI_GL_RENDERBUFFER_BINDING = 0x8CA7, W3DI_GL_READ_FRAMEBUFFER = 0x8CA8,
    W3DI_GL_DRAW_FRAMEBUFFER = 0x8CA9, W3DI_GL_READ_FRAMEBUFFER_BINDING = 0x8CAA,
    W3DI_GL_DEPTH32F = 0x8CAC, W3DI_GL_COMPLETE = 0x8CD5, W3DI_GL_COLOR_ATTACHMENT0 = 0x8CE0,
    W3DI_GL_DEPTH_ATTACHMENT = 0x8D00, W3DI_GL_STENCIL_ATTACHMENT = 0x8D20,
    W3DI_GL_RENDERBUFFER = 0x8D41, W3DI_GL_MAX_SAMPLES = 0x8D57, W3DI_GL_RESTART_FIXED = 0x8D69,
    W3DI_GL_RGBA32UI = 0x8D70, W3DI_GL_RED_INTEGER = 0x8D94, W3DI_GL_RGBA_INTEGER = 0x8D99,
    W3DI_GL_FRAMEBUFFER_SRGB = 0x8DB9, W3DI_GL_POLYGON_OFFSET_CLAMP = 0x8E1B,
    W3DI_GL_PROVOKING_VERTEX = 0x8E4F, W3DI_GL_FIRST_VERTEX = 0x8E4D,
    W3DI_GL_SAMPLE_MASK = 0x8E51, W3DI_GL_COPY_READ_BUFFER = 0x8F36,
    W3DI_GL_COPY_WRITE_BUFFER = 0x8F37, W3DI_GL_DRAW_INDIRECT_BUFFER = 0x8F3F,
    W3DI_GL_DRAW_INDIRECT_BINDING = 0x8F43, W3DI_GL_RESTART = 0x8F9D,
    W3DI_GL_RESTART_INDEX = 0x8F9E, W3DI_GL_GPU_DISJOINT = 0x8FBB, W3DI_GL_SYNC_COMPLETE = 0x9117,
    W3DI_GL_ALREADY_SIGNALED = 0x911A, W3DI_GL_CONDITION_SATISFIED = 0x911C,
    W3DI_GL_WAIT_FAILED = 0x911D, W3DI_GL_ELEMENT_ARRAY_BUFFER = 0x8893,
    W3DI_GL_INFO_LOG_LENGTH = 0x8B84, W3DI_GL_STENCIL_FAIL = 0xB94,
    W3DI_GL_STENCIL_DEPTH_FAIL = 0xB95, W3DI_GL_STENCIL_PASS = 0xB96,
    W3DI_GL_STENCIL_FUNC = 0xB92, W3DI_GL_STENCIL_REF = 0xB97, W3DI_GL_STENCIL_MASK = 0xB93,
    W3DI_GL_STENCIL_WRITEMASK = 0xB98
};

typedef struct w3di_gl_sync w3di_gl_sync;

#define W3DI_GL_FUNCTIONS(X)                                                                       \
    X(1, void, ActiveTexture, (uint32_t unit))                                                     \
    X(1, void, AttachShader, (uint32_t program, uint32_t shader))                                  \
    X(1, void, BeginQuery, (uint32_t target, uint32_t id))                                         \
    X(1, void, BindBuffer, (uint32_t target, uint32_t buffer))                                     \
    X(1, void, BindBufferBase, (uint32_t target, uint32_t index, uint32_t buffer))                 \
    X(1, void, BindBufferRange, (uint32_t target, uint32_t index, uint32_t buffer,                 \
                                 ptrdiff_t offset, ptrdiff_t size))                                \
    X(1, void, BindFramebuffer, (uint32_t target, uint32_t framebuffer))                           \
    X(1, void, BindRenderbuffer, (uint32_t target, uint32_t renderbuffer))                         \
    X(1, void, BindSampler, (uint32_t unit, uint32_t sampler))                                     \
    X(1, void, BindTexture, (uint32_t target, uint32_t texture))                                   \
    X(1, void, BindVertexArray, (uint32_t array))                                                  \
    X(1, void, BlendColor, (float r, float g, float b, float a))                                   \
    X(1, void, BlendEquationSeparate, (uint32_t color, uint32_t alpha))                            \
    X(1, void, BlendFuncSeparate, (uint32_t src, uint32_t dst, uint32_t src_a, uint32_t dst_a))    \
    X(1, void, BlitFramebuffer, (int32_t x0, int32_t y0, int32_t x1, int32_t y1, int32_t u0,       \
                                 int32_t v0, int32_t u1, int32_t v1, uint32_t mask, uint32_t f))   \
    X(1, void, BufferData, (uint32_t target, ptrdiff_t size, const void *data, uint32_t usage))    \
    X(1, void, BufferSubData, (uint32_t target, ptrdiff_t at, ptrdiff_t size, const void *data))   \
    X(1, uint32_t, CheckFramebufferStatus, (uint32_t target))                                      \
    X(1, void, ClearBufferfi, (uint32_t buffer, int32_t index, float depth, int32_t stencil))      \
    X(1, void, ClearBufferfv, (uint32_t buffer, int32_t index, const float *value))                \
    X(1, void, ClearBufferiv, (uint32_t buffer, int32_t index, const int32_t *value))              \
    X(1, void, ClearBufferuiv, (uint32_t buffer, int32_t index, const uint32_t *value))            \
    X(1, uint32_t, ClientWaitSync, (w3di_gl_sync *sync, uint32_t flags, uint64_t timeout))         \
    X(1, void, ColorMask, (uint8_t r, uint8_t g, uint8_t b, uint8_t a))                            \
    X(1, void, CompileShader, (uint32_t shader))                                                   \
    X(1, void, CompressedTexImage2D, (uint32_t target, int32_t level, uint32_t format, int32_t w,  \
                                      int32_t h, int32_t border, int32_t size, const void *data))  \
    X(1, void, CompressedTexImage3D, (uint32_t target, int32_t level, uint32_t format, int32_t w,  \
                                      int32_t h, int32_t d, int32_t border, int32_t size,          \
                                      const void *data))                                           \
    X(1, void, CompressedTexSubImage2D, (uint32_t target, int32_t level, int32_t x, int32_t y,     \
                                         int32_t w, int32_t h, uint32_t format, int32_t size,      \
                                         const void *data))                                        \
    X(1, void, CompressedTexSubImage3D, (uint32_t target, int32_t level, int32_t x, int32_t y,     \
                                         int32_t z, int32_t w, int32_t h, int32_t d,               \
                                         uint32_t format, int32_t size, const void *data))         \
    X(1, void, CopyBufferSubData, (uint32_t from, uint32_t to, ptrdiff_t src, ptrdiff_t dst,       \
                                   ptrdiff_t size))                                                \
    X(1, void, CopyTexSubImage2D, (uint32_t target, int32_t level, int32_t x, int32_t y,           \
                                   int32_t u, int32_t v, int32_t w, int32_t h))                    \
    X(1, void, CopyTexSubImage3D, (uint32_t target, int32_t level, int32_t x, int32_t y,           \
                                   int32_t z, int32_t u, int32_t v, int32_t w, int32_t h))         \
    X(1, uint32_t, CreateProgram, (void))                                                          \
    X(1, uint32_t, CreateShader, (uint32_t kind))                                                  \
    X(1, void, CullFace, (uint32_t mode))                                                          \
    X(1, void, DeleteBuffers, (int32_t count, const uint32_t *names))                              \
    X(1, void, DeleteFramebuffers, (int32_t count, const uint32_t *names))                         \
    X(1, void, DeleteProgram, (uint32_t program))                                                  \
    X(1, void, DeleteQueries, (int32_t count, const uint32_t *names))                              \
    X(1, void, DeleteRenderbuffers, (int32_t count, const uint32_t *names))                        \
    X(1, void, DeleteSamplers, (int32_t count, const uint32_t *names))                             \
    X(1, void, DeleteShader, (uint32_t shader))                                                    \
    X(1, void, DeleteSync, (w3di_gl_sync *sync))                                                   \
    X(1, void, DeleteTextures, (int32_t count, const uint32_t *names))                             \
    X(1, void, DeleteVertexArrays, (int32_t count, const uint32_t *names))                         \
    X(1, void, DepthFunc, (uint32_t compare))                                                      \
    X(1, void, DepthMask, (uint8_t on))                                                            \
    X(1, void, Disable, (uint32_t capability))                                                     \
    X(1, void, DrawArrays, (uint32_t mode, int32_t first, int32_t count))                          \
    X(1, void, DrawArraysInstanced, (uint32_t mode, int32_t first, int32_t count, int32_t n))      \
    X(1, void, DrawBuffers, (int32_t count, const uint32_t *buffers))                              \
    X(1, void, DrawElements, (uint32_t mode, int32_t count, uint32_t type, const void *offset))    \
    X(1, void, DrawElementsInstanced, (uint32_t mode, int32_t count, uint32_t type,                \
                                       const void *offset, int32_t n))                             \
    X(1, void, Enable, (uint32_t capability))                                                      \
    X(1, void, EnableVertexAttribArray, (uint32_t location))                                       \
    X(1, void, EndQuery, (uint32_t target))                                                        \
    X(1, w3di_gl_sync *, FenceSync, (uint32_t condition, uint32_t flags))                          \
    X(1, void, Flush, (void))                                                                      \
    X(1, void, FramebufferRenderbuffer, (uint32_t target, uint32_t attachment, uint32_t kind,      \
                                         uint32_t name))                                           \
    X(1, void, FramebufferTexture2D, (uint32_t target, uint32_t attachment, uint32_t kind,         \
                                      uint32_t name, int32_t level))                               \
    X(1, void, FramebufferTextureLayer, (uint32_t target, uint32_t attachment, uint32_t name,      \
                                         int32_t level, int32_t layer))                            \
    X(1, void, FrontFace, (uint32_t winding))                                                      \
    X(1, void, GenBuffers, (int32_t count, uint32_t *names))                                       \
    X(1, void, GenFramebuffers, (int32_t count, uint32_t *names))                                  \
    X(1, void, GenQueries, (int32_t count, uint32_t *names))                                       \
    X(1, void, GenRenderbuffers, (int32_t count, uint32_t *names))                                 \
    X(1, void, GenSamplers, (int32_t count, uint32_t *names))                                      \
    X(1, void, GenTextures, (int32_t count, uint32_t *names))                                      \
    X(1, void, GenVertexArrays, (int32_t count, uint32_t *names))                                  \
    X(1, void, GenerateMipmap, (uint32_t target))                                                  \
    X(1, void, GetBooleanv, (uint32_t name, uint8_t *out))                                         \
    X(1, uint32_t, GetError, (void))                                                               \
    X(1, void, GetFloatv, (uint32_t name, float *out))                                             \
    X(1, void, GetInteger64i_v, (uint32_t name, uint32_t index, int64_t *out))                     \
    X(1, void, GetIntegeri_v, (uint32_t name, uint32_t index, int32_t *out))                       \
    X(1, void, GetIntegerv, (uint32_t name, int32_t *out))                                         \
    X(1, void, GetProgramInfoLog, (uint32_t program, int32_t room, int32_t *size, char *text))     \
    X(1, void, GetProgramiv, (uint32_t program, uint32_t name, int32_t *out))                      \
    X(1, void, GetQueryObjectuiv, (uint32_t id, uint32_t name, uint32_t *out))                     \
    X(1, void, GetShaderInfoLog, (uint32_t shader, int32_t room, int32_t *size, char *text))       \
    X(1, void, GetShaderiv, (uint32_t shader, uint32_t name, int32_t *out))                        \
    X(1, const uint8_t *, GetString, (uint32_t name))                                              \
    X(1, const uint8_t *, GetStringi, (uint32_t name, uint32_t index))                             \
    X(1, uint32_t, GetUniformBlockIndex, (uint32_t program, const char *name))                     \
    X(1, int32_t, GetUniformLocation, (uint32_t program, const char *name))                        \
    X(1, uint8_t, IsEnabled, (uint32_t capability))                                                \
    X(1, void, LinkProgram, (uint32_t program))                                                    \
    X(1, void *, MapBufferRange, (uint32_t target, ptrdiff_t at, ptrdiff_t size, uint32_t access)) \
    X(1, void, PixelStorei, (uint32_t name, int32_t value))                                        \
    X(1, void, PolygonOffset, (float factor, float units))                                         \
    X(1, void, ReadBuffer, (uint32_t buffer))                                                      \
    X(1, void, ReadPixels, (int32_t x, int32_t y, int32_t w, int32_t h, uint32_t format,           \
                            uint32_t type, void *out))                                             \
    X(1, void, RenderbufferStorage, (uint32_t target, uint32_t format, int32_t w, int32_t h))      \
    X(1, void, RenderbufferStorageMultisample, (uint32_t target, int32_t samples,                  \
                                                uint32_t format, int32_t w, int32_t h))            \
    X(1, void, SamplerParameterf, (uint32_t sampler, uint32_t name, float value))                  \
    X(1, void, SamplerParameteri, (uint32_t sampler, uint32_t name, int32_t value))                \
    X(1, void, Scissor, (int32_t x, int32_t y, int32_t w, int32_t h))                              \
    X(1, void, ShaderSource, (uint32_t shader, int32_t count, const char *const *texts,            \
                              const int32_t *sizes))                                               \
    X(1, void, StencilFuncSeparate, (uint32_t face, uint32_t compare, int32_t ref, uint32_t mask)) \
    X(1, void, StencilMaskSeparate, (uint32_t face, uint32_t mask))                                \
    X(1, void, StencilOpSeparate, (uint32_t face, uint32_t fail, uint32_t depth, uint32_t pass))   \
    X(1, void, TexParameteri, (uint32_t target, uint32_t name, int32_t value))                     \
    X(1, void, TexSubImage2D, (uint32_t target, int32_t level, int32_t x, int32_t y, int32_t w,    \
                               int32_t h, uint32_t format, uint32_t type, const void *data))       \
    X(1, void, TexSubImage3D, (uint32_t target, int32_t level, int32_t x, int32_t y, int32_t z,    \
                               int32_t w, int32_t h, int32_t d, uint32_t format, uint32_t type,    \
                               const void *data))                                                  \
    X(1, void, TexImage2D, (uint32_t target, int32_t level, int32_t internal, int32_t w,           \
                            int32_t h, int32_t border, uint32_t format, uint32_t type,             \
                            const void *data))                                                     \
    X(1, void, TexImage3D, (uint32_t target, int32_t level, int32_t internal, int32_t w,           \
                            int32_t h, int32_t d, int32_t border, uint32_t format, uint32_t type,  \
                            const void *data))                                                     \
    X(1, void, Uniform1i, (int32_t location, int32_t value))                                       \
    X(1, void, Uniform4f, (int32_t location, float x, float y, float z, float w))                  \
    X(1, void, UniformBlockBinding, (uint32_t program, uint32_t block, uint32_t binding))          \
    X(1, uint8_t, UnmapBuffer, (uint32_t target))                                                  \
    X(1, void, UseProgram, (uint32_t program))                                                     \
    X(1, void, VertexAttribDivisor, (uint32_t location, uint32_t divisor))                         \
    X(1, void, VertexAttribIPointer, (uint32_t location, int32_t size, uint32_t type,              \
                                      int32_t stride, const void *offset))                         \
    X(1, void, VertexAttribPointer, (uint32_t location, int32_t size, uint32_t type,               \
                                     uint8_t normalized, int32_t stride, const void *offset))      \
    X(1, void, Viewport, (int32_t x, int32_t y, int32_t w, int32_t h))                             \
    X(0, void, BlendEquationSeparatei, (uint32_t index, uint32_t color, uint32_t alpha))           \
    X(0, void, BlendFuncSeparatei, (uint32_t index, uint32_t src, uint32_t dst, uint32_t src_a,    \
                                    uint32_t dst_a))                                               \
    X(0, void, ColorMaski, (uint32_t index, uint8_t r, uint8_t g, uint8_t b, uint8_t a))           \
    X(0, void, CopyImageSubData, (uint32_t src, uint32_t src_target, int32_t src_level,            \
                                  int32_t u, int32_t v, int32_t s, uint32_t dst,                   \
                                  uint32_t dst_target, int32_t dst_level, int32_t x, int32_t y,    \
                                  int32_t z, int32_t w, int32_t h, int32_t d))                     \
    X(0, void, DepthRange, (double near_depth, double far_depth))                                  \
    X(0, void, DepthRangef, (float near_depth, float far_depth))                                   \
    X(0, void, Disablei, (uint32_t capability, uint32_t index))                                    \
    X(0, void, DrawArraysIndirect, (uint32_t mode, const void *offset))                            \
    X(0, void, DrawElementsBaseVertex, (uint32_t mode, int32_t count, uint32_t type,               \
                                        const void *offset, int32_t base))                         \
    X(0, void, DrawElementsIndirect, (uint32_t mode, uint32_t type, const void *offset))           \
    X(0, void, DrawElementsInstancedBaseVertex, (uint32_t mode, int32_t count, uint32_t type,      \
                                                 const void *offset, int32_t n, int32_t base))     \
    X(0, void, Enablei, (uint32_t capability, uint32_t index))                                     \
    X(0, void, GetBooleani_v, (uint32_t name, uint32_t index, uint8_t *out))                       \
    X(0, uint32_t, GetGraphicsResetStatus, (void))                                                 \
    X(0, void, GetQueryObjectui64v, (uint32_t id, uint32_t name, uint64_t *out))                   \
    X(0, void, InvalidateFramebuffer, (uint32_t target, int32_t count, const uint32_t *which))     \
    X(0, uint8_t, IsEnabledi, (uint32_t capability, uint32_t index))                               \
    X(0, void, MultiDrawArrays, (uint32_t mode, const int32_t *first, const int32_t *count,        \
                                 int32_t n))                                                       \
    X(0, void, MultiDrawArraysInstancedANGLE, (uint32_t mode, const int32_t *first,                \
                                               const int32_t *count, const int32_t *instances,     \
                                               int32_t n))                                         \
    X(0, void, MultiDrawElements, (uint32_t mode, const int32_t *count, uint32_t type,             \
                                   const void *const *offsets, int32_t n))                         \
    X(0, void, MultiDrawElementsBaseVertex, (uint32_t mode, const int32_t *count, uint32_t type,   \
                                             const void *const *offsets, int32_t n,                \
                                             const int32_t *bases))                                \
    X(0, void, MultiDrawElementsInstancedANGLE, (uint32_t mode, const int32_t *count,              \
                                                 uint32_t type, const void *const *offsets,        \
                                                 const int32_t *instances, int32_t n))             \
    X(0, void, ObjectLabel, (uint32_t kind, uint32_t name, int32_t size, const char *text))        \
    X(0, void, PointSize, (float size))                                                            \
    X(0, void, PolygonMode, (uint32_t face, uint32_t mode))                                        \
    X(0, void, PolygonOffsetClamp, (float factor, float units, float clamp))                       \
    X(0, void, PopDebugGroup, (void))                                                              \
    X(0, void, PrimitiveRestartIndex, (uint32_t index))                                            \
    X(0, void, ProvokingVertex, (uint32_t convention))                                             \
    X(0, void, PushDebugGroup, (uint32_t source, uint32_t id, int32_t size, const char *text))     \
    X(0, void, TexStorage2D, (uint32_t target, int32_t levels, uint32_t format, int32_t w,         \
                              int32_t h))                                                          \
    X(0, void, TexStorage3D, (uint32_t target, int32_t levels, uint32_t format, int32_t w,         \
                              int32_t h, int32_t d))
/* clang-format on */

typedef struct w3di_gl_api {
#define W3DI_GL_FIELD(needed, type, name, parameters) type(W3DI_GL_CALL *name) parameters;
    W3DI_GL_FUNCTIONS(W3DI_GL_FIELD)
#undef W3DI_GL_FIELD
} w3di_gl_api;

typedef struct w3di_gl_entry {
    const char *name;
    size_t offset;
    int needed;
} w3di_gl_entry;

/* Each function's name and place in w3di_gl_api; the last has no name. */
static inline const w3di_gl_entry *w3di_gl_entries(void)
{
    static const w3di_gl_entry entries[] = {
#define W3DI_GL_ENTRY(needed, type, name, parameters)                                              \
    { "gl" #name, offsetof(w3di_gl_api, name), needed },
        W3DI_GL_FUNCTIONS(W3DI_GL_ENTRY)
#undef W3DI_GL_ENTRY
            { NULL, 0, 0 }
    };
    return entries;
}

/* ---- formats ---- */

typedef struct w3di_gl_format {
    uint16_t internal, format, type;
    uint16_t read; /* of a download in ES: RGBA or RGBA_INTEGER; `channels` of 4 are kept */
    uint16_t read_type;
    uint8_t read_bytes; /* of a channel as read */
    uint8_t srgb;
} w3di_gl_format;

/* clang-format off */
static inline const w3di_gl_format *w3di_gl_format_of(uint32_t format)
{
    static const w3di_gl_format formats[] = { /* in the order of w3d_gpu_format */
        { W3DI_GL_RGBA8, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE,
          1, 0 },
        { W3DI_GL_RGBA8, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE,
          1, 0 },
        { W3DI_GL_SRGB8_ALPHA8, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE, W3DI_GL_RGBA,
          W3DI_GL_UNSIGNED_BYTE, 1, 1 },
        { W3DI_GL_R8, W3DI_GL_RED, W3DI_GL_UNSIGNED_BYTE, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE, 1,
          0 },
        { W3DI_GL_RG8, W3DI_GL_RG, W3DI_GL_UNSIGNED_BYTE, W3DI_GL_RGBA, W3DI_GL_UNSIGNED_BYTE, 1,
          0 },
        { W3DI_GL_R32UI, W3DI_GL_RED_INTEGER, W3DI_GL_UNSIGNED_INT, W3DI_GL_RGBA_INTEGER,
          W3DI_GL_UNSIGNED_INT, 4, 0 },
        { W3DI_GL_RGBA16F, W3DI_GL_RGBA, W3DI_GL_HALF_FLOAT, W3DI_GL_RGBA, W3DI_GL_FLOAT, 4, 0 },
        { W3DI_GL_RGBA32F, W3DI_GL_RGBA, W3DI_GL_FLOAT, W3DI_GL_RGBA, W3DI_GL_FLOAT, 4, 0 },
        { W3DI_GL_R32F, W3DI_GL_RED, W3DI_GL_FLOAT, W3DI_GL_RGBA, W3DI_GL_FLOAT, 4, 0 },
        { W3DI_GL_RGBA32UI, W3DI_GL_RGBA_INTEGER, W3DI_GL_UNSIGNED_INT, W3DI_GL_RGBA_INTEGER,
          W3DI_GL_UNSIGNED_INT, 4, 0 },
        { W3DI_GL_DEPTH24, W3DI_GL_DEPTH_COMPONENT, W3DI_GL_UNSIGNED_INT, 0, 0, 0, 0 },
        { W3DI_GL_DEPTH32F, W3DI_GL_DEPTH_COMPONENT, W3DI_GL_FLOAT, 0, 0, 0, 0 },
        { W3DI_GL_DEPTH24_STENCIL8, W3DI_GL_DEPTH_STENCIL, W3DI_GL_UNSIGNED_INT_24_8, 0, 0, 0, 0 },
        { 0x83F1, 0, 0, 0, 0, 0, 0 }, /* S3TC DXT1 with alpha */
        { 0x83F3, 0, 0, 0, 0, 0, 0 }, /* S3TC DXT5 */
        { 0x8DBD, 0, 0, 0, 0, 0, 0 }, /* RGTC2 */
        { 0x8E8C, 0, 0, 0, 0, 0, 0 }, /* BPTC */
        { 0x9274, 0, 0, 0, 0, 0, 0 }, /* ETC2 RGB8 */
        { 0x9278, 0, 0, 0, 0, 0, 0 }, /* ETC2 RGBA8 */
        { 0x93B0, 0, 0, 0, 0, 0, 0 }  /* ASTC 4x4 */
    };
    return &formats[format < sizeof formats / sizeof *formats ? format : 0];
}
/* clang-format on */

/* ---- the words of states as GL's ---- */

static inline uint32_t w3di_gl_compare(uint32_t compare)
{
    return compare ? 0x200u + compare - 1 : 0x207u; /* NEVER .. ALWAYS lie in the same order */
}

static inline uint32_t w3di_gl_stencil_op(uint32_t op)
{
    static const uint16_t ops[] = {
        W3DI_GL_KEEP, W3DI_GL_NONE, W3DI_GL_REPLACE,   W3DI_GL_INVERT,
        W3DI_GL_INCR, W3DI_GL_DECR, W3DI_GL_INCR_WRAP, W3DI_GL_DECR_WRAP
    };
    return ops[op & 7];
}

static inline uint32_t w3di_gl_factor(uint32_t factor)
{
    static const uint16_t factors[] = { 1,     0,     1,     0x300, 0x301,  0x302,  0x303, 0x306,
                                        0x307, 0x304, 0x305, 0x308, 0x8001, 0x8002, 0,     0 };
    return factors[factor & 15];
}

static inline uint32_t w3di_gl_blend_op(uint32_t op)
{
    static const uint16_t ops[] = { 0x8006, 0x800A, 0x800B, 0x8007, 0x8008, 0, 0, 0 };
    return ops[op & 7];
}

static inline uint32_t w3di_gl_target(uint32_t kind)
{
    static const uint16_t targets[] = { W3DI_GL_TEXTURE_2D, W3DI_GL_TEXTURE_2D_ARRAY,
                                        W3DI_GL_TEXTURE_CUBE, W3DI_GL_TEXTURE_3D };
    return targets[kind & 3];
}

#endif /* W3D_GPU_GL_API_H */
