#include "test.h"

#include "gpu/gpu.h"
#include "gpu/gpu_null.h"
#include "gpu/shader_create.h"
#include "memory/allocator.h"

static const char good[] =
    "struct Object { model: mat4x4f, more: array<vec4f, 4> }\n"
    "@group(0) @binding(1) var<storage, read> objects: array<Object>;\n"
    "@group(1) @binding(0) var<uniform> color: vec4f;\n"
    "@vertex fn vs(@builtin(instance_index) i: u32) -> @builtin(position) vec4f {\n"
    "    return objects[i].model[3];\n"
    "}\n"
    "@fragment fn fs() -> @location(0) vec4f { return color; }\n"
    "@compute @workgroup_size(8) fn cs() { }\n";

static w3d_gpu *opened(const w3d_allocator *allocator)
{
    w3d_gpu_desc desc;
    w3d_gpu *gpu = NULL;
    memset(&desc, 0, sizeof desc);
    desc.backend = w3d_gpu_null(NULL);
    if (allocator) desc.allocator = *allocator;
    return w3d_gpu_create(&desc, &gpu) ? NULL : gpu;
}

static w3d_result create(w3d_gpu *gpu, const char *text, const char *compute,
                         w3d_gpu_shader *shader, w3d_error *error)
{
    w3d_shader_create_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.compute_entry = compute;
    return w3d_shader_create(gpu, &desc, shader, error);
}

/* What the text binds is what a pipeline and a group then want. */
static void draws_and_computes(void)
{
    w3d_gpu *gpu = opened(NULL);
    w3d_gpu_shader shader = { 0 }, compute = { 0 };
    w3d_gpu_pipeline pipeline;
    w3d_gpu_group group;
    w3d_gpu_pipeline_desc pipe;
    w3d_gpu_group_desc fill;
    w3d_gpu_buffer_desc buffer;
    CHECK(create(gpu, good, NULL, &shader, NULL) == W3D_OK);
    CHECK(create(gpu, good, "cs", &compute, NULL) == W3D_OK);
    memset(&pipe, 0, sizeof pipe);
    pipe.shader = shader;
    CHECK(w3d_gpu_pipeline_create(gpu, &pipe, &pipeline) == W3D_OK);
    pipe.shader = compute; /* of the other kind */
    CHECK(w3d_gpu_pipeline_create(gpu, &pipe, &pipeline) == W3D_ERR_ARGUMENT);
    pipe.compute = 1;
    CHECK(w3d_gpu_pipeline_create(gpu, &pipe, &pipeline) == W3D_OK);
    memset(&fill, 0, sizeof fill);
    fill.shader = shader;
    CHECK(w3d_gpu_group_create(gpu, &fill, &group) == W3D_ERR_ARGUMENT); /* the colour is missing */
    memset(&buffer, 0, sizeof buffer);
    buffer.size = 16;
    buffer.use = W3D_GPU_USE_UNIFORM;
    fill.entry_count = 1;
    CHECK(w3d_gpu_buffer_create(gpu, &buffer, &fill.entries[0].buffer) == W3D_OK);
    CHECK(w3d_gpu_group_create(gpu, &fill, &group) == W3D_OK);
    CHECK(w3d_gpu_submit(gpu) == W3D_OK);
    w3d_gpu_destroy(gpu);
}

/* A text that is wrong is told with its line and column; nothing is made. */
static void refuses(void)
{
    static const char wrong[] =
        "@fragment fn fs() -> @location(0) vec4f {\n    return vec4f(1.0 +);\n}\n";
    w3d_gpu *gpu = opened(NULL);
    w3d_gpu_shader shader = { 77 };
    w3d_error error = { W3D_OK, 0, NULL };
    CHECK(create(gpu, wrong, NULL, &shader, &error) == W3D_ERR_FORMAT);
    CHECK(shader.id == 77 && error.code == W3D_ERR_FORMAT &&
          error.offset ==
              strlen("@fragment fn fs() -> @location(0) vec4f {\n    return vec4f(1.0 +"));
    CHECK_MESSAGE(!strncmp(w3d_gpu_message(gpu), "w3d_shader_create: ", 19) &&
                      strstr(w3d_gpu_message(gpu), "2:23:"),
                  "%s", w3d_gpu_message(gpu));
    CHECK(create(gpu, "@fragment fn other() -> @location(0) vec4f { return vec4f(); }", NULL,
                 &shader, NULL) == W3D_ERR_NOT_FOUND);
    CHECK(create(gpu, good, "missing", &shader, NULL) == W3D_ERR_NOT_FOUND);
    CHECK(shader.id == 77);
#if !W3D_DEBUG
    CHECK(create(gpu, NULL, NULL, &shader, NULL) == W3D_ERR_ARGUMENT);
    CHECK(create(NULL, good, NULL, &shader, NULL) == W3D_ERR_ARGUMENT);
#endif
    w3d_gpu_destroy(gpu);
}

static int sweep(const void *allocator, void *user)
{
    w3d_gpu *gpu = opened((const w3d_allocator *)allocator);
    w3d_gpu_shader shader;
    (void)user;
    if (!gpu) return W3D_ERR_OUT_OF_MEMORY;
    w3d_result result = create(gpu, good, NULL, &shader, NULL);
    w3d_gpu_destroy(gpu);
    return (int)result;
}

static void out_of_memory(void) { test_allocation_sweep(sweep, NULL); }

void test_shader_create(void);
void test_shader_create(void)
{
    RUN(draws_and_computes);
    RUN(refuses);
    RUN(out_of_memory);
}
