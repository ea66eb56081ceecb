/* test_gpu.c - the front of the GPU interface over the null back-end: resources, refusals, frames, loss. */
#include "test.h"

#include "gpu_drive.h"
#include "gpu_scene.h"

/* ---- refusals: the code and the whole message ---- */

static void says(const scene *s, int line, w3d_result result, w3d_result code, const char *text)
{
    if (result != code || strcmp(w3d_gpu_message(s->gpu), text)) {
        char message[400];
        snprintf(message, sizeof message, "line %d: result %d, \"%.300s\"", line, (int)result,
                 w3d_gpu_message(s->gpu));
        test_fail(__FILE__, line, message);
    }
}
#define SAYS(call, code, text) says(&s, __LINE__, call, W3D_ERR_##code, text)

static void refusals_of_buffers(void)
{
    scene s;
    w3d_gpu_buffer b, c, index;
    w3d_gpu_buffer_desc d;
    scene_open(&s, NULL, NULL);
    memset(&d, 0, sizeof d);
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc.size: is 1 to 1 GiB");
    d.size = 0xFFFFFFFFu;
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc.size: is 1 to 1 GiB");
    d.size = 13;
    d.use = 64;
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc.use: has bits that are no use of a buffer");
    d.use = W3D_GPU_USE_INDEX | W3D_GPU_USE_STORAGE;
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc.use: an index buffer is no uniform or storage buffer too: "
         "WebGL2 keeps them apart");
    d.use = 0;
    d.policy = W3D_GPU_RELOAD;
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc.policy: RELOAD wants desc.reload");
    d.policy = W3D_GPU_KEEP_COPY;
    d.label = "wheel";
    CHECK(w3d_gpu_buffer_create(s.gpu, &d, &b) == W3D_OK && b.id == 0x00100007u);
    SAYS(w3d_gpu_buffer_write(s.gpu, b, 2, "abcd", 4), ARGUMENT,
         "w3d_gpu_buffer_write: offset, size: are multiples of 4");
    SAYS(w3d_gpu_buffer_write(s.gpu, b, 16, "abcd", 4), RANGE,
         "w3d_gpu_buffer_write: offset, size: reach over the buffer's end");
    CHECK(w3d_gpu_buffer_write(s.gpu, b, 12, "abcd", 4) == W3D_OK); /* 13 was rounded up to 16 */
    SAYS(w3d_gpu_buffer_copy(s.gpu, b, 0, b, 0, 4), ARGUMENT,
         "w3d_gpu_buffer_copy: dst, src: are two buffers");
    d.use = W3D_GPU_USE_INDEX;
    CHECK(w3d_gpu_buffer_create(s.gpu, &d, &index) == W3D_OK);
    d.use = W3D_GPU_USE_UNIFORM;
    CHECK(w3d_gpu_buffer_create(s.gpu, &d, &c) == W3D_OK);
    SAYS(w3d_gpu_buffer_copy(s.gpu, c, 0, index, 0, 4), ARGUMENT,
         "w3d_gpu_buffer_copy: dst, src: are both index buffers, or neither: WebGL2 keeps them "
         "apart");
    SAYS(w3d_gpu_buffer_copy(s.gpu, b, 0, c, 2, 4), ARGUMENT,
         "w3d_gpu_buffer_copy: dst, src: are both index buffers, or neither: WebGL2 keeps them "
         "apart");
    SAYS(w3d_gpu_read_buffer(s.gpu, b, 0, 4, &s.download), ARGUMENT,
         "w3d_gpu_read_buffer: buffer: was not made for this use: W3D_GPU_USE_READ");
    CHECK(w3d_gpu_buffer_destroy(s.gpu, b) == W3D_OK);
    SAYS(w3d_gpu_buffer_write(s.gpu, b, 0, "abcd", 4), STALE,
         "w3d_gpu_buffer_write: buffer: handle 0x00100007 is stale: its buffer \"wheel\" was "
         "destroyed");
    d.label = "tyre";
    CHECK(w3d_gpu_buffer_create(s.gpu, &d, &c) == W3D_OK && c.id == 0x00200007u);
    SAYS(w3d_gpu_buffer_write(s.gpu, b, 0, "abcd", 4), STALE,
         "w3d_gpu_buffer_write: buffer: handle 0x00100007 is stale: its buffer \"tyre\" took its "
         "place");
    b.id = 0;
    SAYS(w3d_gpu_buffer_destroy(s.gpu, b), STALE,
         "w3d_gpu_buffer_destroy: buffer: there is none, a buffer is wanted");
    b.id = 0x00100999u;
    SAYS(w3d_gpu_buffer_destroy(s.gpu, b), STALE,
         "w3d_gpu_buffer_destroy: buffer: handle 0x00100999 was never a buffer of this device");
    scene_begin(&s, 0);
    SAYS(w3d_gpu_buffer_create(s.gpu, &d, &b), ARGUMENT,
         "w3d_gpu_buffer_create: desc: is made outside passes: end the pass first");
    SAYS(w3d_gpu_buffer_write(s.gpu, c, 0, "abcd", 4), ARGUMENT,
         "w3d_gpu_buffer_write: buffer: is written outside passes: end the pass first");
    SAYS(w3d_gpu_buffer_destroy(s.gpu, c), ARGUMENT,
         "w3d_gpu_buffer_destroy: buffer: is destroyed outside passes: end the pass first");
    SAYS(w3d_gpu_submit(s.gpu), ARGUMENT, "w3d_gpu_submit: the pass was not ended");
    scene_close(&s);
}

static void refusals_of_textures(void)
{
    static const struct {
        w3d_gpu_texture_desc desc;
        w3d_result code;
        const char *text;
    } cases[] = {
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 0, 4, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_LIMIT,
          "desc.width, desc.height: are 1 to the device's largest side: see the caps" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 16385, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_LIMIT,
          "desc.width, desc.height: are 1 to the device's largest side: see the caps" },
        { { W3D_GPU_2D, W3D_GPU_FORMAT_COUNT, 4, 4, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL,
            NULL, NULL },
          W3D_ERR_ARGUMENT,
          "desc.kind, desc.format: are none of the enums' values" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 2, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.depth: is 1 of a 2D texture" },
        { { W3D_GPU_CUBE, W3D_GPU_RGBA8, 4, 8, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.width, desc.height: of a cube are equal" },
        { { W3D_GPU_2D_ARRAY, W3D_GPU_RGBA8, 4, 4, 2049, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL,
            NULL, NULL },
          W3D_ERR_LIMIT,
          "desc.depth: is more than the device has: see the caps" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 0, 4, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.mips: are more levels than down to 1x1" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 0, 0, 2, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.samples: are 1 or 4" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 0, 0, 4, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.samples: 4 is for 2D targets of one level, without data, of no integer or "
          "compressed format" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 0, 0, 0, 1, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.use: has bits that are no use of a texture" },
        { { W3D_GPU_2D, W3D_GPU_DEPTH24, 4, 4, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.format: depth textures are targets, without data, and not 3D" },
        { { W3D_GPU_2D, W3D_GPU_BC1_RGBA, 6, 4, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.width, desc.height: of a compressed texture are multiples of 4; it is not 3D and "
          "no target" },
        { { W3D_GPU_2D, W3D_GPU_RGBA8, 4, 4, 0, 2, 0, 0, NULL, 1, W3D_GPU_KEEP_COPY, NULL, NULL,
            NULL },
          W3D_ERR_ARGUMENT,
          "desc.make_mips: wants data, more levels than one, and no integer or compressed format" },
        { { W3D_GPU_2D, W3D_GPU_RGBA32F, 16384, 16384, 0, 0, 0, 0, NULL, 0, W3D_GPU_KEEP_COPY, NULL,
            NULL, NULL },
          W3D_ERR_LIMIT,
          "desc.width, desc.height: make more than 1 GiB" },
    };
    scene s;
    w3d_gpu_texture t, u;
    w3d_gpu_texture_region r, q;
    w3d_gpu_texture_desc d;
    char text[300], data[64] = { 0 };
    scene_open(&s, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "w3d_gpu_texture_create: %s", cases[i].text);
        says(&s, (int)i, w3d_gpu_texture_create(s.gpu, &cases[i].desc, &t), cases[i].code, text);
    }
    memset(&d, 0, sizeof d);
    memset(&r, 0, sizeof r);
    d.width = d.height = 4;
    d.mips = 3;
    CHECK(w3d_gpu_texture_create(s.gpu, &d, &t) == W3D_OK);
    r.texture = t;
    r.mip = 3;
    SAYS(w3d_gpu_texture_write(s.gpu, &r, data, 64, 0), RANGE,
         "w3d_gpu_texture_write: region: has no such mip level");
    r.mip = 1;
    r.x = 1;
    r.width = 2;
    SAYS(w3d_gpu_texture_write(s.gpu, &r, data, 64, 0), RANGE,
         "w3d_gpu_texture_write: region: reaches outside its level");
    r.x = 0;
    SAYS(w3d_gpu_texture_write(s.gpu, &r, data, 15, 0), CAPACITY,
         "w3d_gpu_texture_write: size: is less than the region needs");
    SAYS(w3d_gpu_texture_write(s.gpu, &r, data, 64, 7), ARGUMENT,
         "w3d_gpu_texture_write: row_size: is less than a row of the region");
    SAYS(w3d_gpu_texture_copy(s.gpu, &r, &r), ARGUMENT,
         "w3d_gpu_texture_copy: dst, src: are two textures");
    d.format = W3D_GPU_R8;
    d.mips = 1;
    CHECK(w3d_gpu_texture_create(s.gpu, &d, &u) == W3D_OK);
    q = r;
    q.texture = u;
    q.mip = 0;
    SAYS(w3d_gpu_texture_copy(s.gpu, &q, &r), ARGUMENT,
         "w3d_gpu_texture_copy: dst, src: have one format and one sample");
    SAYS(w3d_gpu_texture_mips(s.gpu, u), ARGUMENT,
         "w3d_gpu_texture_mips: texture: has one level only");
    SAYS(w3d_gpu_read_texture(s.gpu, &q, &s.download), ARGUMENT,
         "w3d_gpu_read_texture: region.texture: was not made to be read: W3D_GPU_USE_TEXTURE_READ, "
         "one sample, neither depth nor compressed");
    q.texture.id = 0;
    q.x = 60;
    q.width = 5;
    SAYS(w3d_gpu_read_texture(s.gpu, &q, &s.download), RANGE,
         "w3d_gpu_read_texture: region: is one layer, within its level");
    scene_close(&s);
}

static void refusals_of_what_binds(void)
{
    scene s;
    w3d_gpu_sampler_desc sd;
    w3d_gpu_sampler sampler;
    w3d_gpu_shader_desc hd;
    w3d_gpu_shader shader;
    w3d_gpu_pipeline_desc pd;
    w3d_gpu_pipeline pipeline;
    w3d_gpu_group_desc gd;
    w3d_gpu_group group;
    w3d_gpu_mesh_desc md;
    w3d_gpu_mesh mesh;
    scene_open(&s, NULL, NULL);
    memset(&sd, 0, sizeof sd);
    sd.anisotropy = 2;
    sd.mip = W3D_GPU_NEAREST;
    SAYS(w3d_gpu_sampler_create(s.gpu, &sd, &sampler), ARGUMENT,
         "w3d_gpu_sampler_create: desc.anisotropy: goes with LINEAR magnify, minify and mip only");
    sd.anisotropy = 0;
    sd.min_lod = NAN;
    SAYS(w3d_gpu_sampler_create(s.gpu, &sd, &sampler), ARGUMENT,
         "w3d_gpu_sampler_create: desc.min_lod, max_lod: are 0 to 32, in order");
    sd.min_lod = 0;
    sd.compare = W3D_GPU_LESS;
    CHECK(w3d_gpu_sampler_create(s.gpu, &sd, &sampler) == W3D_OK);

    memset(&hd, 0, sizeof hd);
    SAYS(w3d_gpu_shader_create(s.gpu, &hd, &shader), ARGUMENT,
         "w3d_gpu_shader_create: desc.wgsl, desc.glsl_vertex: at least one is wanted");
    hd.wgsl = "x";
    hd.object_size = 48;
    SAYS(w3d_gpu_shader_create(s.gpu, &hd, &shader), ARGUMENT,
         "w3d_gpu_shader_create: desc.object_size: differs from the object_size the device was "
         "made with");
    hd.object_size = 0;
    hd.binding_count = 2;
    hd.bindings[0].group = hd.bindings[1].group = 1;
    hd.bindings[0].kind = W3D_GPU_BIND_TEXTURE;
    hd.bindings[1].kind = W3D_GPU_BIND_SAMPLER;
    SAYS(w3d_gpu_shader_create(s.gpu, &hd, &shader), ARGUMENT,
         "w3d_gpu_shader_create: desc.bindings: two at one place");
    hd.bindings[1].binding = 1;
    hd.pair_count = 1;
    hd.pairs[0].texture = 1;
    SAYS(w3d_gpu_shader_create(s.gpu, &hd, &shader), ARGUMENT,
         "w3d_gpu_shader_create: desc.pairs: name a texture's binding and a sampler's, or 255");
    hd.pairs[0].texture = 0;
    hd.pairs[0].sampler = 1;
    hd.workgroup_size[0] = 17;
    hd.workgroup_size[1] = 16;
    SAYS(w3d_gpu_shader_create(s.gpu, &hd, &shader), LIMIT,
         "w3d_gpu_shader_create: desc.workgroup_size: is at most 256 in all, and 64 in z");
    hd.workgroup_size[0] = 0;
    CHECK(w3d_gpu_shader_create(s.gpu, &hd, &shader) == W3D_OK);

    memset(&gd, 0, sizeof gd);
    gd.shader = shader;
    SAYS(w3d_gpu_group_create(s.gpu, &gd, &group), ARGUMENT,
         "w3d_gpu_group_create: desc.entry_count: is not the number of bindings the shader has");
    gd.entry_count = 2;
    gd.entries[1].binding = 2;
    gd.entries[0].texture = s.texture;
    SAYS(w3d_gpu_group_create(s.gpu, &gd, &group), ARGUMENT,
         "w3d_gpu_group_create: desc.entries: one of the shader's bindings is not filled");
    gd.entries[1].binding = 1;
    SAYS(w3d_gpu_group_create(s.gpu, &gd, &group), STALE,
         "w3d_gpu_group_create: desc.entries.sampler: there is none, a sampler is wanted");
    gd.entries[1].sampler = sampler;
    SAYS(w3d_gpu_group_create(s.gpu, &gd, &group), ARGUMENT,
         "w3d_gpu_group_create: desc.entries.sampler: one of shader and sampler compares, the "
         "other does not");

    memset(&pd, 0, sizeof pd);
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), STALE,
         "w3d_gpu_pipeline_create: desc.shader: there is none, a shader is wanted");
    pd.shader = shader;
    pd.compute = 1;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.compute: the shader is of the other kind: it has a compute "
         "entry, or it has not");
    pd.compute = 0;
    pd.attributes[0].format = pd.attributes[1].format = W3D_GPU_FLOAT3;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.attributes: two at one location");
    pd.attributes[1].location = 1;
    pd.attributes[1].offset = 12;
    pd.buffers[0].stride = 20;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.buffers: strides are multiples of 4, up to 2048, and hold "
         "their attributes");
    pd.buffers[0].stride = 0;
    pd.colors[0].format = W3D_GPU_R32UI;
    pd.colors[0].blend.enable = 1;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.colors.blend: integer formats are not blended");
    pd.colors[0].format = W3D_GPU_BC1_RGBA;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.colors.format: is no colour that can be drawn to");
    pd.colors[0].format = W3D_GPU_FORMAT_DEFAULT;
    pd.alpha_to_coverage = 1;
    SAYS(w3d_gpu_pipeline_create(s.gpu, &pd, &pipeline), ARGUMENT,
         "w3d_gpu_pipeline_create: desc.alpha_to_coverage: wants a colour of four samples");

    memset(&md, 0, sizeof md);
    md.indices = s.vertices[0];
    SAYS(w3d_gpu_mesh_create(s.gpu, &md, &mesh), ARGUMENT,
         "w3d_gpu_mesh_create: desc.indices: the buffer was not made for this use");
    md.indices = s.indices;
    md.count = 100000;
    SAYS(w3d_gpu_mesh_create(s.gpu, &md, &mesh), RANGE,
         "w3d_gpu_mesh_create: desc.first, count: reach over the index buffer's end");
    md.indices.id = 0;
    md.first = 0xFFFFFFFFu;
    SAYS(w3d_gpu_mesh_create(s.gpu, &md, &mesh), RANGE,
         "w3d_gpu_mesh_create: desc.first, count: make more than 32 bits");
    scene_close(&s);
}

/* ---- handles ---- */

static void generations_retire(void)
{
    scene s;
    w3d_gpu_sampler_desc d;
    w3d_gpu_sampler sampler, first = { 0 };
    memset(&d, 0, sizeof d);
    scene_open(&s, NULL, NULL);
    for (uint32_t i = 1; i <= 4095; i++) {
        CHECK(w3d_gpu_sampler_create(s.gpu, &d, &sampler) == W3D_OK);
        CHECK_MESSAGE(sampler.id == (i << 20 | 2), "generation %u: 0x%08x", i, sampler.id);
        if (i == 1) first = sampler;
        CHECK(w3d_gpu_sampler_destroy(s.gpu, sampler) == W3D_OK);
        CHECK(w3d_gpu_sampler_destroy(s.gpu, first) == W3D_ERR_STALE);
    }
    CHECK(w3d_gpu_sampler_create(s.gpu, &d, &sampler) == W3D_OK && sampler.id == (1u << 20 | 3));
    CHECK(scene_submit(&s));
    scene_close(&s);
}

static void objects_and_their_limits(void)
{
    scene s;
    w3d_gpu_object a, b, c;
    unsigned char row[64];
    scene_open(&s, NULL, NULL); /* 100 objects at most; the scene has made none */
    memset(row, 7, sizeof row);
    CHECK(w3d_gpu_objects_create(s.gpu, 98, &a) == W3D_OK);
    CHECK(w3d_gpu_object_create(s.gpu, &b) == W3D_OK);
    SAYS(w3d_gpu_object_create(s.gpu, &c), LIMIT,
         "w3d_gpu_objects_create: count: goes beyond the desc's max_objects");
    SAYS(w3d_gpu_objects_set(s.gpu, b, 2, row, 32), RANGE,
         "w3d_gpu_objects_set: count: goes beyond the objects that were made together");
    SAYS(w3d_gpu_object_set(s.gpu, b, row, 65), RANGE,
         "w3d_gpu_object_set: size: is 1 to the object_size the device was made with");
    CHECK(w3d_gpu_object_set(s.gpu, b, row, 64) == W3D_OK && scene_submit(&s));
    CHECK_BYTES(s.shadow_rows + 64 * (b.id & 0xFFFFF), row, 64);
    CHECK(w3d_gpu_object_destroy(s.gpu, b) == W3D_OK);
    CHECK(w3d_gpu_object_create(s.gpu, &c) == W3D_OK && c.id == b.id + (1u << 20));
    CHECK(scene_submit(&s)); /* a row begins at zero, also where another had been */
    memset(row, 0, sizeof row);
    CHECK_BYTES(s.shadow_rows + 64 * (c.id & 0xFFFFF), row, 64);
    scene_close(&s);
}

/* Which rows the stream writes, for which were set. */
static void dirty_rows_are_exact(void)
{
    scene s;
    w3d_gpu_object all;
    unsigned char row[64] = { 1 };
    scene_open(&s, NULL, NULL);
    CHECK(w3d_gpu_objects_create(s.gpu, 90, &all) == W3D_OK && scene_submit(&s));
    static const struct {
        uint32_t set[4], writes[4][2]; /* rows, ended by 0; first row and count */
    } cases[] = { { { 5, 0, 0, 0 }, { { 5, 1 } } },
                  { { 5, 6, 7, 0 }, { { 5, 3 } } },
                  { { 5, 13, 0, 0 }, { { 5, 9 } } }, /* 7 clean ones between are taken along */
                  { { 5, 14, 0, 0 }, { { 5, 1 }, { 14, 1 } } },
                  { { 31, 32, 63, 64 }, { { 31, 2 }, { 63, 2 } } },
                  { { 1, 90, 0, 0 }, { { 1, 1 }, { 90, 1 } } } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t n = 0;
        for (int k = 0; k < 4 && cases[i].set[k]; k++) {
            w3d_gpu_object o = { all.id + cases[i].set[k] - 1 };
            CHECK(w3d_gpu_object_set(s.gpu, o, row, 4) == W3D_OK);
        }
        s.row_writes = 0;
        CHECK(scene_submit(&s));
        while (n < 4 && cases[i].writes[n][1]) n++;
        CHECK_MESSAGE(s.row_writes == n, "case %zu: %u writes", i, s.row_writes);
        for (uint32_t k = 0; k < n && k < s.row_writes; k++)
            CHECK_MESSAGE(s.row_write[k][0] == cases[i].writes[k][0] &&
                              s.row_write[k][1] == cases[i].writes[k][1],
                          "case %zu: rows %u + %u", i, s.row_write[k][0], s.row_write[k][1]);
        CHECK(w3d_gpu_get_counters(s.gpu)->object_bytes > 0);
        s.row_writes = 0;
        CHECK(scene_submit(&s) && s.row_writes == 0);
    }
    scene_close(&s);
}

/* ---- frames ---- */

static void opening_keeps_what_was_recorded(void)
{
    scene s;
    w3d_gpu_null_desc null;
    memset(&null, 0, sizeof null);
    null.delay = 3; /* polls */
    scene_open(&s, &null, NULL);
    CHECK(w3d_gpu_get_caps(s.gpu)->max_texture_side == 0);
    uint32_t busy = 0;
    scene_frame(&s, 2);
    while (w3d_gpu_submit(s.gpu) == W3D_ERR_BUSY && busy < 10) busy++;
    CHECK_MESSAGE(busy == 2, "%u times busy", busy); /* creating polls once, and each submit */
    CHECK(s.streams && s.creates == s.created && s.passes == 1);
    CHECK(w3d_gpu_get_caps(s.gpu)->max_texture_side == 16384);
    CHECK(w3d_gpu_get_counters(s.gpu)->draws_skipped == 2); /* no pipeline was ready yet */
    scene_frame(&s, 2);
    CHECK(w3d_gpu_submit(s.gpu) == W3D_OK && s.draws == 2);
    scene_close(&s);
}

static void partial_updates_any_number(void)
{
    scene s;
    unsigned char bytes[256], got[256];
    scene_open(&s, NULL, NULL);
    memset(bytes, 0, sizeof bytes);
    for (int frame = 0; frame < 3; frame++) {
        for (int i = 0; i < 200; i++) {
            uint32_t at = 4 * test_random_below(60), size = 4 * (1 + test_random_below(4));
            unsigned char data[16];
            for (int k = 0; k < 16; k++) data[k] = (unsigned char)test_random();
            memcpy(bytes + at, data, size);
            CHECK(w3d_gpu_buffer_write(s.gpu, s.uniform, at, data, size) == W3D_OK);
            if (i == 100) scene_frame(&s, 1); /* between two passes as well */
        }
        CHECK(scene_submit(&s));
    }
    CHECK(scene_buffer(&s, s.uniform.id, got, sizeof got));
    CHECK_BYTES(got, bytes, sizeof got);
    w3d_gpu_backend backend = w3d_gpu_null(&s.null);
    scene_device(&s);
    CHECK(w3d_gpu_switch(s.gpu, &backend) == W3D_OK && scene_submit(&s));
    CHECK(scene_buffer(&s, s.uniform.id, got, sizeof got));
    CHECK_BYTES(got, bytes, sizeof got);
    scene_close(&s);
}

static void resizing_waits_for_the_frame(void)
{
    scene s;
    scene_open(&s, NULL, NULL);
    scene_frame(&s, 1);
    CHECK(w3d_gpu_resize(s.gpu, 100, 50) == W3D_OK); /* the pass that was recorded is of 64 x 64 */
    CHECK(scene_submit(&s) && s.surface[0] == 64);
    scene_frame(&s, 1);
    CHECK(scene_submit(&s) && s.surface[0] == 100 && s.surface[1] == 50);
    SAYS(w3d_gpu_resize(s.gpu, 0, 50), RANGE, "w3d_gpu_resize: width, height: are 1 to 16384");
    scene_begin(&s, 0);
    SAYS(w3d_gpu_resize(s.gpu, 10, 10), ARGUMENT,
         "w3d_gpu_resize: width, height: change between passes");
    scene_close(&s);
}

static void downloads_and_results(void)
{
    scene s;
    static unsigned char out[64 * 64 * 4];
    size_t size = 5;
    uint64_t value = 9;
    w3d_gpu_texture_region r;
    w3d_gpu_download many[200], b;
    memset(&r, 0, sizeof r);
    scene_open(&s, NULL, NULL);
    CHECK(w3d_gpu_read_texture(s.gpu, &r, &s.download) == W3D_OK);
    CHECK(w3d_gpu_download_take(s.gpu, s.download, out, sizeof out, &size) == W3D_ERR_BUSY &&
          size == 5);
    scene_begin(&s, 0);
    CHECK(w3d_gpu_query_begin(s.pass, 3) == W3D_OK);
    SAYS(w3d_gpu_query_begin(s.pass, 4), ARGUMENT,
         "w3d_gpu_query_begin: id: is not 0, and queries do not nest");
    SAYS(w3d_gpu_pass_end(s.pass), ARGUMENT,
         "w3d_gpu_pass_end: pass: a query was begun in it and not ended");
    CHECK(w3d_gpu_query_end(s.pass) == W3D_OK && w3d_gpu_pass_end(s.pass) == W3D_OK);
    for (int i = 0; i < 200; i++)
        CHECK(w3d_gpu_read_buffer(s.gpu, s.uniform, 0, 4, &many[i]) == W3D_OK);
    CHECK(w3d_gpu_query_result(s.gpu, 3, &value) == W3D_ERR_BUSY);
    CHECK(scene_submit(&s));
    CHECK(w3d_gpu_query_result(s.gpu, 3, &value) == W3D_OK && value == 0);
    CHECK(w3d_gpu_query_result(s.gpu, 3, &value) == W3D_ERR_BUSY);
    SAYS(w3d_gpu_download_take(s.gpu, s.download, out, 100, &size), CAPACITY,
         "w3d_gpu_download_take: capacity: is less than the download's size");
    CHECK(size == 64 * 64 * 4);
    CHECK(w3d_gpu_download_take(s.gpu, s.download, out, sizeof out, &size) == W3D_OK);
    CHECK(w3d_gpu_download_take(s.gpu, s.download, out, sizeof out, &size) == W3D_ERR_STALE);
    for (int i = 0; i < 200; i++)
        CHECK(w3d_gpu_download_take(s.gpu, many[i], out, 4, &size) == W3D_OK && size == 4);
    CHECK(w3d_gpu_read_buffer(s.gpu, s.uniform, 0, 4, &b) == W3D_OK);
    w3d_gpu_backend backend = w3d_gpu_null(&s.null);
    scene_device(&s);
    CHECK(w3d_gpu_switch(s.gpu, &backend) == W3D_OK);
    SAYS(w3d_gpu_download_take(s.gpu, b, out, 4, &size), CLOSED,
         "w3d_gpu_download_take: download: the device was lost, or refused it, before it was done");
    scene_close(&s);
}

static void labels_are_closed(void)
{
    scene s;
    scene_open(&s, NULL, NULL);
    SAYS(w3d_gpu_label_pop(s.gpu), ARGUMENT, "w3d_gpu_label_pop: no label was pushed");
    CHECK(w3d_gpu_label_push(s.gpu, "frame") == W3D_OK);
    SAYS(w3d_gpu_submit(s.gpu), ARGUMENT, "w3d_gpu_submit: a label was pushed and not popped");
    scene_begin(&s, 0);
    SAYS(w3d_gpu_label_pop(s.gpu), ARGUMENT, "w3d_gpu_label_pop: no label was pushed in this pass");
    CHECK(w3d_gpu_label_push(s.gpu, "inside") == W3D_OK);
    SAYS(w3d_gpu_pass_end(s.pass), ARGUMENT,
         "w3d_gpu_pass_end: pass: a label was pushed in it and not popped");
    CHECK(w3d_gpu_label_pop(s.gpu) == W3D_OK && w3d_gpu_pass_end(s.pass) == W3D_OK);
    CHECK(w3d_gpu_label_pop(s.gpu) == W3D_OK && scene_submit(&s));
    scene_close(&s);
}

/* ---- loss ---- */

static void lost_at_every_stream(void)
{
    for (uint32_t n = 1; n < 12; n++) {
        scene s;
        w3d_gpu_null_desc null;
        unsigned char before[256], after[256];
        uint32_t lost = 0;
        memset(&null, 0, sizeof null);
        null.lose_after = n;
        scene_open(&s, &null, NULL);
        for (uint32_t frame = 0; frame < 6; frame++) {
            uint32_t value = frame + 1;
            CHECK(w3d_gpu_buffer_write(s.gpu, s.uniform, 4 * frame, &value, 4) == W3D_OK);
            scene_frame(&s, 3);
            w3d_result result = w3d_gpu_submit(s.gpu);
            if (!result) continue;
            CHECK(result == W3D_ERR_CLOSED && w3d_gpu_poll(s.gpu) == W3D_GPU_LOST);
            lost++;
            CHECK(w3d_gpu_submit(s.gpu) == W3D_ERR_CLOSED);
            s.null.lose_after = 0;
            w3d_gpu_backend backend = w3d_gpu_null(&s.null);
            scene_device(&s);
            CHECK(w3d_gpu_switch(s.gpu, &backend) == W3D_OK);
            scene_frame(&s, 3);
            CHECK(scene_submit(&s) && s.draws == 3);
            CHECK(scene_buffer(&s, s.uniform.id, after, sizeof after));
            memset(before, 0, sizeof before);
            for (uint32_t k = 0; k <= frame; k++) before[4 * k] = (unsigned char)(k + 1);
            CHECK_BYTES(after, before, sizeof after);
            CHECK(s.alive == s.created); /* everything there, nothing twice */
        }
        CHECK_MESSAGE(lost == 1, "lost %u times of stream %u", lost, n);
        scene_close(&s);
    }
}

/* What others refer to went first: a new device is not told of what can't be made any more. */
static void switching_leaves_out_the_broken(void)
{
    scene s;
    scene_open(&s, NULL, NULL);
    CHECK(scene_submit(&s));
    CHECK(w3d_gpu_buffer_destroy(s.gpu, s.vertices[0]) == W3D_OK); /* mesh 0 stays */
    CHECK(scene_submit(&s));
    uint32_t alive = s.alive;
    w3d_gpu_backend backend = w3d_gpu_null(&s.null);
    scene_device(&s);
    CHECK(w3d_gpu_switch(s.gpu, &backend) == W3D_OK && scene_submit(&s));
    CHECK(s.alive == alive - 1);
    scene_begin(&s, 0);
    CHECK(scene_draw(&s, 0, 0, 0, 0) == W3D_ERR_STALE && scene_draw(&s, 0, 0, 1, 0) == W3D_OK);
    CHECK(w3d_gpu_pass_end(s.pass) == W3D_OK && scene_submit(&s));
    CHECK(w3d_gpu_mesh_destroy(s.gpu, s.meshes[0]) == W3D_OK && scene_submit(&s));
    CHECK(w3d_gpu_mesh_destroy(s.gpu, s.meshes[1]) == W3D_OK && scene_submit(&s));
    CHECK(s.alive == alive - 2);
    scene_close(&s);
}

/* A device that came to its state by a long way, switched, tells a new device what a device that went
 * there at once would. */
static void switching_tells_as_a_fresh_device(void)
{
    scene a, b;
    scene_open(&a, NULL, NULL);
    for (int i = 0; i < 50; i++) {
        uint32_t value = test_random_below(1000);
        CHECK(w3d_gpu_buffer_write(a.gpu, a.uniform, 4 * test_random_below(4), &value, 4) ==
              W3D_OK);
        scene_frame(&a, i % 5);
        if (i % 3) CHECK(scene_submit(&a));
    }
    static const unsigned char last[16] = { 1, 2, 3 };
    CHECK(w3d_gpu_buffer_write(a.gpu, a.uniform, 0, last, 16) == W3D_OK && scene_submit(&a));
    scene_open(&b, NULL, NULL);
    scene_frame(&b, 1); /* makes row 0 */
    CHECK(w3d_gpu_buffer_write(b.gpu, b.uniform, 0, last, 16) == W3D_OK && scene_submit(&b));
    for (int i = 0; i < 2; i++) {
        scene *s = i ? &b : &a;
        w3d_gpu_backend backend = w3d_gpu_null(&s->null);
        scene_device(s);
        CHECK(w3d_gpu_switch(s->gpu, &backend) == W3D_OK && scene_submit(s));
    }
    CHECK(a.streams == b.streams && a.hash == b.hash && a.alive == b.alive && a.alive == a.created);
    scene_close(&a);
    scene_close(&b);
}

static void two_devices_at_once(void)
{
    scene a, b;
    scene_open(&a, NULL, NULL);
    scene_open(&b, NULL, NULL);
    for (int i = 0; i < 5; i++) {
        scene_frame(&a, 3);
        scene_frame(&b, 3);
        CHECK(scene_submit(&a) && scene_submit(&b));
    }
    CHECK(a.hash == b.hash && a.draws == 15);
    scene_close(&a);
    CHECK(scene_submit(&b));
    scene_close(&b);
}

/* ---- memory ---- */

static int sweep(const void *allocator, void *user)
{
    scene s;
    w3d_result result;
    (void)user;
    memset(&s, 0, sizeof s);
    s.retry = 1; /* each call that fails is made again and must then do what it should */
    result = scene_open(&s, NULL, (const w3d_allocator *)allocator);
    if (!result) {
        scene_frame(&s, 5);
        w3d_gpu_backend backend = w3d_gpu_null(&s.null);
        SCENE_TRY(&s, w3d_gpu_submit(s.gpu));
        if (s.failed_memory < 2) { /* a back-end without memory loses the device */
            scene_device(&s);
            SCENE_TRY(&s, w3d_gpu_switch(s.gpu, &backend));
            scene_frame(&s, 5);
            SCENE_TRY(&s, w3d_gpu_submit(s.gpu));
            CHECK_MESSAGE(s.wrong[0] == 0, "%s", s.wrong);
            CHECK(s.alive == s.created && s.draws == 5);
        }
        if (s.failed_memory) result = W3D_ERR_OUT_OF_MEMORY;
    }
    scene_close(&s);
    return (int)result;
}

static void memory_runs_out_anywhere(void) { test_allocation_sweep(sweep, NULL); }

/* ---- random calls against a model ---- */

static void random_calls_against_a_model(void)
{
    static drive d;
    static unsigned char bytes[6000];
    uint32_t streams = 0;
    for (int round = 0; round < 60; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(test_random() >> 24);
        int good = drive_run(&d, bytes, sizeof bytes, round & 1);
        CHECK_MESSAGE(good, "round %d, byte %zu: %s", round, d.at, d.wrong);
        streams += d.streams;
    }
    CHECK(streams > 500);
}

void test_gpu(void);
void test_gpu(void)
{
    RUN(refusals_of_buffers);
    RUN(refusals_of_textures);
    RUN(refusals_of_what_binds);
    RUN(generations_retire);
    RUN(objects_and_their_limits);
    RUN(dirty_rows_are_exact);
    RUN(opening_keeps_what_was_recorded);
    RUN(partial_updates_any_number);
    RUN(resizing_waits_for_the_frame);
    RUN(downloads_and_results);
    RUN(labels_are_closed);
    RUN(lost_at_every_stream);
    RUN(switching_leaves_out_the_broken);
    RUN(switching_tells_as_a_fresh_device);
    RUN(two_devices_at_once);
    RUN(memory_runs_out_anywhere);
    RUN(random_calls_against_a_model);
}
