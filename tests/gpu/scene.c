/* scene.c - the stages of a scene, and the short ways of scene.h. */
#include "scene.h"
#include "core/base.h"
#include "gpu/shader_glsl.h"
#include "memory/allocator.h"
#include "scenes.h"

uint8_t scene_data[SCENE_READS][SCENE_BYTES];
static scene current;
static int current_index;
static char glsl[2][65536];

/* ---- texts ---- */

static void say(scene *s, const char *text)
{
    size_t at = w3d_text_size(s->message), size = w3d_text_size(text);
    if (size > sizeof s->message - 1 - at) size = sizeof s->message - 1 - at;
    w3d_copy(s->message + at, text, size);
    s->message[at + size] = 0;
}

static void say_number(scene *s, uint32_t number, uint32_t base)
{
    char digits[16];
    int at = 15;
    digits[at] = 0;
    for (int i = 0; i == 0 || number || (base == 16 && i < 8); i++, number /= base)
        digits[--at] = "0123456789abcdef"[number % base];
    say(s, digits + at);
}

void scene_fail(scene *s, w3d_result result, const char *text)
{
    if (s->result) return;
    s->result = result;
    say(s, text);
    if (result == W3D_ERR_DAMAGED || !w3d_gpu_message(s->gpu)[0]) return;
    say(s, ": ");
    say(s, w3d_gpu_message(s->gpu));
}

void scene_unsupported(scene *s)
{
    if (!s->result) s->result = W3D_ERR_UNSUPPORTED;
}

static uint32_t keep(scene *s, uint32_t kind, uint32_t handle, w3d_result result, const char *what)
{
    if (result) scene_fail(s, result, what);
    if (result || !handle) return 0;
    if (s->handle_count == SCENE_MOST) {
        scene_fail(s, W3D_ERR_LIMIT, "SCENE_MOST");
        return handle;
    }
    s->kinds[s->handle_count] = kind;
    s->handles[s->handle_count++] = handle;
    return handle;
}

/* ---- making ---- */

w3d_gpu_shader scene_shader(scene *s, const char *wgsl)
{
    w3d_gpu_shader shader = { 0 };
    w3d_gpu_shader_desc desc;
    w3d_shader_desc text;
    w3d_shader_module *module = NULL;
    w3d_error error;
    size_t size;
    w3d_fill(&desc, 0, sizeof desc);
    w3d_fill(&text, 0, sizeof text);
    w3d_fill(&error, 0, sizeof error);
    if (s->result) return shader;
    if (s->text_count < sizeof s->texts / sizeof *s->texts) s->texts[s->text_count++] = wgsl;
    text.text = wgsl;
    w3d_result result = w3d_shader_open(&text, &module, &error);
    if (result) {
        char explained[300];
        w3d_shader_explain(wgsl, (uint32_t)w3d_text_size(wgsl), &error, explained,
                           sizeof explained);
        scene_fail(s, W3D_ERR_DAMAGED, explained);
        return shader;
    }
    const w3d_shader_reflection *r = w3d_shader_reflect(module);
    desc.wgsl = wgsl;
    for (uint32_t i = 0; i < r->entry_count && !result; i++) {
        const w3d_shader_entry *entry = &r->entries[i];
        if (entry->stage == W3D_SHADER_COMPUTE) {
            desc.compute_entry = entry->name;
            w3d_copy(desc.workgroup_size, entry->workgroup_size, sizeof desc.workgroup_size);
            continue;
        }
        result = w3d_shader_glsl(module, entry->name, glsl[entry->stage], sizeof glsl[0], &size);
        if (entry->stage == W3D_SHADER_VERTEX) desc.glsl_vertex = glsl[0];
        if (entry->stage == W3D_SHADER_FRAGMENT) desc.glsl_fragment = glsl[1];
    }
    if (result) scene_fail(s, result, "w3d_shader_glsl");
    desc.binding_count = r->binding_count;
    desc.pair_count = r->pair_count;
    w3d_copy(desc.bindings, r->bindings, sizeof desc.bindings);
    w3d_copy(desc.pairs, r->pairs, sizeof desc.pairs);
    desc.frame_size = r->frame_size;
    desc.object_size = r->object_size;
    if (!result) {
        result = w3d_gpu_shader_create(s->gpu, &desc, &shader);
        shader.id = keep(s, W3D_GPU_KIND_SHADER, shader.id, result, "w3d_gpu_shader_create");
    }
    w3d_shader_close(module);
    return shader;
}

w3d_gpu_pipeline_desc scene_pipeline_desc(w3d_gpu_shader shader)
{
    w3d_gpu_pipeline_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.shader = shader;
    desc.samples = 1;
    desc.no_depth = 1;
    return desc;
}

w3d_gpu_pipeline scene_pipeline(scene *s, const w3d_gpu_pipeline_desc *desc)
{
    w3d_gpu_pipeline pipeline = { 0 };
    if (s->result) return pipeline;
    w3d_result result = w3d_gpu_pipeline_create(s->gpu, desc, &pipeline);
    pipeline.id = keep(s, W3D_GPU_KIND_PIPELINE, pipeline.id, result, "w3d_gpu_pipeline_create");
    return pipeline;
}

w3d_gpu_pipeline scene_plain(scene *s, w3d_gpu_shader shader)
{
    w3d_gpu_pipeline_desc desc = scene_pipeline_desc(shader);
    return scene_pipeline(s, &desc);
}

w3d_gpu_texture scene_texture(scene *s, const w3d_gpu_texture_desc *desc)
{
    w3d_gpu_texture texture = { 0 };
    if (s->result) return texture;
    w3d_result result = w3d_gpu_texture_create(s->gpu, desc, &texture);
    texture.id = keep(s, W3D_GPU_KIND_TEXTURE, texture.id, result, "w3d_gpu_texture_create");
    return texture;
}

w3d_gpu_texture scene_target(scene *s, w3d_gpu_format format, uint32_t width, uint32_t height)
{
    w3d_gpu_texture_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.format = format;
    desc.width = width;
    desc.height = height;
    desc.use = W3D_GPU_USE_TARGET | W3D_GPU_USE_TEXTURE_READ;
    return scene_texture(s, &desc);
}

w3d_gpu_texture scene_picture_of(scene *s, uint32_t width, uint32_t height, const void *rgba)
{
    w3d_gpu_texture_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.width = width;
    desc.height = height;
    desc.use = W3D_GPU_USE_TEXTURE_READ;
    desc.data = rgba;
    return scene_texture(s, &desc);
}

w3d_gpu_buffer scene_buffer(scene *s, uint32_t use, const void *data, uint32_t size)
{
    w3d_gpu_buffer buffer = { 0 };
    w3d_gpu_buffer_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.use = use;
    desc.data = data;
    desc.size = size;
    if (s->result) return buffer;
    w3d_result result = w3d_gpu_buffer_create(s->gpu, &desc, &buffer);
    buffer.id = keep(s, W3D_GPU_KIND_BUFFER, buffer.id, result, "w3d_gpu_buffer_create");
    return buffer;
}

w3d_gpu_sampler scene_sampler(scene *s, const w3d_gpu_sampler_desc *desc)
{
    w3d_gpu_sampler sampler = { 0 };
    if (s->result) return sampler;
    w3d_result result = w3d_gpu_sampler_create(s->gpu, desc, &sampler);
    sampler.id = keep(s, W3D_GPU_KIND_SAMPLER, sampler.id, result, "w3d_gpu_sampler_create");
    return sampler;
}

w3d_gpu_group scene_group(scene *s, const w3d_gpu_group_desc *desc)
{
    w3d_gpu_group group = { 0 };
    if (s->result) return group;
    w3d_result result = w3d_gpu_group_create(s->gpu, desc, &group);
    group.id = keep(s, W3D_GPU_KIND_GROUP, group.id, result, "w3d_gpu_group_create");
    return group;
}

w3d_gpu_group scene_textured(scene *s, w3d_gpu_shader shader, w3d_gpu_texture t, w3d_gpu_sampler m)
{
    w3d_gpu_group_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.shader = shader;
    desc.entries[0].texture = t;
    desc.entries[1].binding = 1;
    desc.entries[1].sampler = m;
    desc.entry_count = m.id ? 2 : 1;
    return scene_group(s, &desc);
}

w3d_gpu_mesh scene_mesh(scene *s, const w3d_gpu_mesh_desc *desc)
{
    w3d_gpu_mesh mesh = { 0 };
    if (s->result) return mesh;
    w3d_result result = w3d_gpu_mesh_create(s->gpu, desc, &mesh);
    mesh.id = keep(s, W3D_GPU_KIND_MESH, mesh.id, result, "w3d_gpu_mesh_create");
    return mesh;
}

void scene_clear(float out[4], uint32_t rgba)
{
    for (int i = 0; i < 4; i++) out[i] = (float)(rgba >> (24 - 8 * i) & 255) / 255.0f;
}

void scene_set_rect(scene *s, w3d_gpu_object object, const float rect[4], float depth,
                    uint32_t rgba)
{
    float row[32];
    w3d_fill(row, 0, sizeof row);
    w3d_copy(row, rect, 16);
    scene_clear(row + 4, rgba);
    row[8] = depth;
    if (s->result) return;
    w3d_result result = w3d_gpu_object_set(s->gpu, object, row, sizeof row);
    if (result) scene_fail(s, result, "w3d_gpu_object_set");
}

w3d_gpu_object scene_rect(scene *s, const float rect[4], float depth, uint32_t rgba)
{
    w3d_gpu_object object = { 0 };
    if (s->result) return object;
    w3d_result result = w3d_gpu_object_create(s->gpu, &object);
    object.id = keep(s, W3D_GPU_KIND_OBJECT, object.id, result, "w3d_gpu_object_create");
    scene_set_rect(s, object, rect, depth, rgba);
    return object;
}

/* ---- drawing ---- */

w3d_gpu_pass *scene_pass(scene *s, w3d_gpu_texture target, uint32_t rgba)
{
    w3d_gpu_pass_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.color[0].texture = target;
    scene_clear(desc.color[0].clear, rgba);
    w3d_gpu_pass *pass = s->result ? NULL : w3d_gpu_pass_begin(s->gpu, &desc);
    if (!pass) scene_fail(s, W3D_ERR_ARGUMENT, "w3d_gpu_pass_begin");
    return pass;
}

void scene_draw_of(scene *s, w3d_gpu_pass *pass, const w3d_gpu_draw_desc *draw)
{
    if (s->result) return;
    w3d_result result = w3d_gpu_draw(pass, draw);
    if (result) scene_fail(s, result, "w3d_gpu_draw");
}

void scene_put(scene *s, w3d_gpu_pass *pass, w3d_gpu_pipeline pipeline, w3d_gpu_group group,
               w3d_gpu_object object)
{
    w3d_gpu_draw_desc draw;
    w3d_fill(&draw, 0, sizeof draw);
    draw.pipeline = pipeline;
    draw.group = group;
    draw.object = object;
    draw.count = 6;
    scene_draw_of(s, pass, &draw);
}

void scene_end(scene *s, w3d_gpu_pass *pass)
{
    w3d_result result = pass ? w3d_gpu_pass_end(pass) : W3D_OK;
    if (result) scene_fail(s, result, "w3d_gpu_pass_end");
}

void scene_read_region(scene *s, const w3d_gpu_texture_region *region)
{
    uint32_t k = s->reads;
    if (s->result) return;
    w3d_result result = w3d_gpu_read_texture(s->gpu, region, &s->downloads[k]);
    if (result) {
        scene_fail(s, result, "w3d_gpu_read_texture");
        return;
    }
    s->widths[k] = region->width;
    s->heights[k] = region->height;
    s->reads++;
}

void scene_read(scene *s, w3d_gpu_texture texture, uint32_t width, uint32_t height)
{
    w3d_gpu_texture_region region;
    w3d_fill(&region, 0, sizeof region);
    region.texture = texture;
    region.width = width;
    region.height = height;
    scene_read_region(s, &region);
}

void scene_read_buffer(scene *s, w3d_gpu_buffer buffer, uint32_t offset, uint32_t size)
{
    uint32_t k = s->reads;
    if (s->result) return;
    w3d_result result = w3d_gpu_read_buffer(s->gpu, buffer, offset, size, &s->downloads[k]);
    if (result) scene_fail(s, result, "w3d_gpu_read_buffer");
    s->widths[k] = s->heights[k] = 0;
    s->reads += result == W3D_OK;
}

/* ---- comparing ---- */

void scene_expect(scene *s, uint32_t read, uint32_t x, uint32_t y, uint32_t rgba, int tolerance)
{
    const uint8_t *p = scene_data[read] + 4 * ((size_t)y * s->widths[read] + x);
    for (int i = 0; i < 4; i++) {
        int difference = (int)p[i] - (int)(rgba >> (24 - 8 * i) & 255);
        if (s->result || (difference <= tolerance && -difference <= tolerance)) continue;
        say(s, "read ");
        say_number(s, read, 10);
        say(s, ", pixel ");
        say_number(s, x, 10);
        say(s, ",");
        say_number(s, y, 10);
        say(s, " is ");
        say_number(s, (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3], 16);
        say(s, " and not ");
        say_number(s, rgba, 16);
        scene_fail(s, W3D_ERR_DAMAGED, "");
    }
}

void scene_expect_box(scene *s, uint32_t read, const uint32_t box[4], uint32_t rgba, int tolerance)
{
    for (uint32_t y = box[1]; y < box[3]; y++)
        for (uint32_t x = box[0]; x < box[2] && !s->result; x++)
            scene_expect(s, read, x, y, rgba, tolerance);
}

void scene_expect_word(scene *s, uint32_t read, uint32_t index, uint32_t value)
{
    uint32_t found;
    w3d_copy(&found, scene_data[read] + 4 * (size_t)index, 4);
    if (s->result || found == value) return;
    say(s, "read ");
    say_number(s, read, 10);
    say(s, ", word ");
    say_number(s, index, 10);
    say(s, " is ");
    say_number(s, found, 16);
    say(s, " and not ");
    say_number(s, value, 16);
    scene_fail(s, W3D_ERR_DAMAGED, "");
}

/* ---- the stages ---- */

static const scene_entry *entry_of(int index)
{
    const scene_entry *const lists[] = { scene_state_list, scene_pass_list, scene_resource_list };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const scene_entry *entry = lists[i]; entry->name; entry++)
            if (!index--) return entry;
    return NULL;
}

int scene_count(void)
{
    int count = 0;
    while (entry_of(count)) count++;
    return count;
}

const char *scene_name(int index)
{
    const scene_entry *entry = entry_of(index);
    return entry ? entry->name : "";
}

const char *scene_message(void) { return current.message; }

const char *scene_wgsl(int k)
{
    return k >= 0 && (uint32_t)k < current.text_count ? current.texts[k] : NULL;
}

const uint8_t *scene_picture(uint32_t *width, uint32_t *height)
{
    *width = current.widths[0];
    *height = current.heights[0];
    return current.taken && *width && current.sizes[0] == 4 * *width * *height ? scene_data[0]
                                                                               : NULL;
}

static void end_all(scene *s)
{
    w3d_gpu *gpu = s->gpu;
    while (s->handle_count) {
        uint32_t kind = s->kinds[--s->handle_count], id = s->handles[s->handle_count];
        w3d_gpu_buffer buffer = { id };
        w3d_gpu_texture texture = { id };
        w3d_gpu_sampler sampler = { id };
        w3d_gpu_shader shader = { id };
        w3d_gpu_pipeline pipeline = { id };
        w3d_gpu_group group = { id };
        w3d_gpu_mesh mesh = { id };
        w3d_gpu_object object = { id };
        switch (kind) {
        case W3D_GPU_KIND_BUFFER: w3d_gpu_buffer_destroy(gpu, buffer); break;
        case W3D_GPU_KIND_TEXTURE: w3d_gpu_texture_destroy(gpu, texture); break;
        case W3D_GPU_KIND_SAMPLER: w3d_gpu_sampler_destroy(gpu, sampler); break;
        case W3D_GPU_KIND_SHADER: w3d_gpu_shader_destroy(gpu, shader); break;
        case W3D_GPU_KIND_PIPELINE: w3d_gpu_pipeline_destroy(gpu, pipeline); break;
        case W3D_GPU_KIND_GROUP: w3d_gpu_group_destroy(gpu, group); break;
        case W3D_GPU_KIND_MESH: w3d_gpu_mesh_destroy(gpu, mesh); break;
        default: w3d_gpu_object_destroy(gpu, object); break;
        }
    }
    for (uint32_t i = 0; i < s->object_count; i++) {
        w3d_gpu_object object = { s->objects.id + i };
        w3d_gpu_object_destroy(gpu, object);
    }
    s->object_count = 0;
    w3d_gpu_submit(gpu);
}

w3d_result scene_begin(int index, w3d_gpu *gpu)
{
    if (!entry_of(index) || !gpu) return W3D_ERR_ARGUMENT;
    w3d_fill(&current, 0, sizeof current);
    w3d_fill(scene_data, 0xCD, sizeof scene_data);
    current.gpu = gpu;
    current.stage = -1;
    current_index = index;
    return W3D_OK;
}

/* 1 when every pipeline may be drawn with; one that the device refuses fails the scene. */
static int pipelines_ready(scene *s)
{
    int ready = 1;
    w3d_gpu_poll(s->gpu);
    for (uint32_t i = 0; i < s->handle_count; i++) {
        w3d_gpu_pipeline pipeline = { s->handles[i] };
        if (s->kinds[i] == W3D_GPU_KIND_PIPELINE) ready &= w3d_gpu_pipeline_ready(s->gpu, pipeline);
    }
    return ready;
}

w3d_result scene_step(void)
{
    scene *s = &current;
    const scene_entry *entry = entry_of(current_index);
    w3d_result result;
    if (w3d_gpu_poll(s->gpu) == W3D_GPU_OPENING) return W3D_ERR_BUSY;
    if (s->stage < 0) {
        s->stage = SCENE_MAKE;
        entry->run(s);
        if (!s->result && (result = w3d_gpu_submit(s->gpu)) != W3D_OK)
            scene_fail(s, result, "w3d_gpu_submit");
        if (!s->result) return W3D_ERR_BUSY;
    }
    if (s->stage == SCENE_MAKE && !s->result) {
        if (!pipelines_ready(s)) {
            if (w3d_gpu_get_caps(s->gpu)->async_pipelines && s->number++ < 100000)
                return W3D_ERR_BUSY;
            scene_fail(s, W3D_ERR_UNSUPPORTED, "a pipeline does not get ready");
        }
        s->stage = SCENE_DRAW;
        s->number = 0;
        if (!s->result) entry->run(s);
        if (!s->result && (result = w3d_gpu_submit(s->gpu)) != W3D_OK)
            scene_fail(s, result, "w3d_gpu_submit");
        if (!s->result) return W3D_ERR_BUSY;
    }
    for (; s->taken < s->reads && !s->result; s->taken++) {
        size_t size = 0;
        result = w3d_gpu_download_take(s->gpu, s->downloads[s->taken], scene_data[s->taken],
                                       SCENE_BYTES, &size);
        s->sizes[s->taken] = (uint32_t)size;
        if (result == W3D_ERR_BUSY) return result;
        if (result) scene_fail(s, result, "w3d_gpu_download_take");
    }
    s->stage = SCENE_CHECK;
    if (!s->result) entry->run(s);
    if (s->result == W3D_ERR_BUSY) { /* it waits for a query */
        s->result = W3D_OK;
        return W3D_ERR_BUSY;
    }
    end_all(s);
    return s->result;
}

w3d_result scene_draw(int index, w3d_gpu *gpu)
{
    w3d_result result = scene_begin(index, gpu);
    for (uint32_t i = 0; !result && i < 2000000; i++) {
        result = scene_step();
        if (result != W3D_ERR_BUSY) return result;
        result = W3D_OK;
    }
    return result ? result : W3D_ERR_TIMEOUT;
}
