#include "render/thumbnail.h"

#include "core/size.h"
#include "gpu/soft_raster.h"
#include "render/thumbnail_frame.h"
#include "render/thumbnail_light.h"
#include "render/thumbnail_shadow.h"

/* The scene is moved and scaled into the unit sphere first, so that no length below depends on its
 * size. Then come the passes: bounds, framing, the key light's shadow map, heights above the floor
 * for the darkness under things, and the picture. Triangles go to the rasteriser in batches, so
 * that scratch does not grow with the meshes. */

enum {
    W3DI_THUMBNAIL_BATCH = 256, /* triangles                                               */
    W3DI_THUMBNAIL_ROW = 16     /* floats: clip 4, position 3, normal 3, colour 4, spare 2 */
};

/* Lamps stand to the camera as in a studio: key high on its left, fill low on its right, rim
 * behind. Directions are to the right, up and to the camera's side, of any length. */
enum { W3DI_THUMBNAIL_KEY, W3DI_THUMBNAIL_FILL, W3DI_THUMBNAIL_RIM, W3DI_THUMBNAIL_LAMPS };
/* clang-format off */
static const w3d_vec3 w3di_thumbnail_lamps[W3DI_THUMBNAIL_LAMPS][2] = {
    /* direction                  strength */
    { { -0.62f, 1.05f,  0.55f }, { 1.18f, 1.13f, 1.05f } },
    { {  0.90f, 0.35f,  0.60f }, { 0.12f, 0.14f, 0.18f } },
    { {  0.45f, 0.75f, -1.00f }, { 0.30f, 0.32f, 0.35f } },
};

/* An item to be blended. */
typedef struct w3di_thumbnail_blended {
    float    distance; /* of its middle, from the camera */
    uint32_t item;
} w3di_thumbnail_blended;

typedef struct w3di_thumbnail_scene {
    const w3d_thumbnail_desc  *desc;
    const w3d_thumbnail_item  *item; /* the one being drawn */
    w3di_thumbnail_blended    *blended;
    uint32_t                   blended_count;
    float                     *rows; /* of a batch */
    w3di_thumbnail_frame       frame;
    w3di_thumbnail_shadow_maps maps;
    w3d_vec3                   lamp[W3DI_THUMBNAIL_LAMPS]; /* directions to the lamps */
    float                      gain;
} w3di_thumbnail_scene;
/* clang-format on */

/* ---- before drawing ---- */

static w3d_result w3di_thumbnail_check(const w3d_thumbnail_desc *desc, const w3d_image_view *out)
{
    if (!desc || !out || !out->pixels || (desc->item_count && !desc->items) ||
        out->width != desc->width || out->height != desc->height ||
        (out->channels != 3 && out->channels != 4) ||
        w3d_image_stride(out) < (size_t)out->width * out->channels ||
        (desc->background == W3D_THUMBNAIL_TRANSPARENT && out->channels != 4) ||
        !desc->view != !desc->projection || !(desc->fov_radians >= 0.0f) ||
        !(desc->fov_radians <= 3.0f) || !w3d_f32_is_finite(desc->exposure))
        return W3D_ERR_ARGUMENT;
    for (uint32_t i = 0; i < desc->item_count; i++) {
        const w3d_mesh_view *mesh = &desc->items[i].mesh;
        if (mesh->index_count % 3 != 0 || mesh->stride % 4 != 0 ||
            (mesh->stride && mesh->stride < 12) ||
            (mesh->index_count && (!mesh->positions || !mesh->indices)))
            return W3D_ERR_ARGUMENT;
        for (size_t k = 0; k < mesh->index_count; k++)
            if (mesh->indices[k] >= mesh->vertex_count) return W3D_ERR_INDEX;
    }
    return W3D_OK;
}

static void w3di_thumbnail_place_lamps(w3di_thumbnail_scene *scene)
{
    const w3d_vec3 up = { 0.0f, 1.0f, 0.0f };
    w3d_vec3 front =
        w3d_vec3_normalise(w3d_vec3_make(scene->frame.eye.x, 0.0f, scene->frame.eye.z));
    if (w3d_vec3_dot(front, front) == 0.0f) front = w3d_vec3_make(0.0f, 0.0f, 1.0f);
    w3d_vec3 right = w3d_vec3_cross(up, front);
    for (int i = 0; i < W3DI_THUMBNAIL_LAMPS; i++) {
        w3d_vec3 place = w3di_thumbnail_lamps[i][0];
        w3d_vec3 level =
            w3d_vec3_add(w3d_vec3_scale(right, place.x), w3d_vec3_scale(front, place.z));
        scene->lamp[i] = w3d_vec3_normalise(w3d_vec3_add(level, w3d_vec3_scale(up, place.y)));
    }
}

/* ---- drawing an item ---- */

/* Draws an item through `draw`, whose fragment function, if any, gets position, normal and, where
 * the item has them, colours; all in the unit sphere. `to_clip` leads on from there. */
static w3d_result w3di_thumbnail_draw_item(w3di_thumbnail_scene *scene,
                                           w3d_soft_raster_target *target, const w3d_mat4 *to_clip,
                                           w3d_soft_raster_draw_desc draw)
{
    const w3d_thumbnail_item *item = scene->item;
    const w3d_mesh_view *mesh = &item->mesh;
    w3d_mat4 to_unit = w3d_mat4_multiply(&scene->frame.to_unit, &item->world);
    w3d_mat4 turn = w3d_mat4_cofactors(&to_unit);
    float mirrored = w3d_mat4_determinant3(&to_unit) < 0.0f ? -1.0f : 1.0f, largest = FLT_MIN;
    for (int i = 0; i < 11; i++) largest = w3d_math_max(largest, w3d_math_abs(turn.m[i]));
    for (int i = 0; i < 11; i++) turn.m[i] = turn.m[i] / largest * mirrored;
    draw.vertices = scene->rows;
    draw.stride = W3DI_THUMBNAIL_ROW * sizeof(float);
    draw.varying_count = draw.fragment ? (item->colors ? 10 : 6) : 0;
    draw.front_clockwise = mirrored < 0.0f;
    if (item->double_sided) draw.cull = W3D_SOFT_RASTER_CULL_NONE;
    draw.user = scene;
    for (size_t first = 0; first < mesh->index_count;) {
        size_t count = mesh->index_count - first;
        if (count > 3 * (size_t)W3DI_THUMBNAIL_BATCH) count = 3 * (size_t)W3DI_THUMBNAIL_BATCH;
        for (size_t i = 0; i < count; i++) {
            size_t vertex = mesh->indices[first + i];
            float *row = scene->rows + i * W3DI_THUMBNAIL_ROW;
            w3d_f4 p =
                w3di_thumbnail_frame_apply(&to_unit, w3d_mesh_position(mesh, (uint32_t)vertex));
            w3d_f4_store(row + 4, p);
            w3d_f4_store(row, w3di_thumbnail_frame_apply(to_clip, row + 4));
            if (!draw.fragment) continue;
            if (item->normals)
                w3d_f4_store(row + 7,
                             w3di_thumbnail_frame_apply(&turn, item->normals + vertex * 3));
            if (item->colors) w3d_copy(row + 10, item->colors + vertex * 4, 4 * sizeof(float));
        }
        for (size_t i = 0; draw.fragment && !item->normals && i < count; i += 3) {
            float *row = scene->rows + i * W3DI_THUMBNAIL_ROW;
            w3d_vec3 a = w3d_vec3_load(row + 4), b = w3d_vec3_load(row + W3DI_THUMBNAIL_ROW + 4);
            w3d_vec3 c = w3d_vec3_load(row + 2 * W3DI_THUMBNAIL_ROW + 4);
            w3d_vec3 normal = w3d_vec3_cross(w3d_vec3_sub(b, a), w3d_vec3_sub(c, a));
            normal = w3di_thumbnail_frame_unit(w3d_vec3_scale(normal, mirrored));
            for (int k = 0; k < 3; k++) w3d_vec3_store(row + k * W3DI_THUMBNAIL_ROW + 7, normal);
        }
        draw.vertex_count = draw.index_count = (uint32_t)count;
        w3d_result result = w3d_soft_raster_draw(target, &draw);
        if (result != W3D_OK) return result;
        first += count;
    }
    return W3D_OK;
}

/* ---- fragments ---- */

static void w3di_thumbnail_background(const w3d_soft_raster_quad *quad,
                                      w3d_soft_raster_fragment *out)
{
    const w3di_thumbnail_scene *scene = (const w3di_thumbnail_scene *)quad->user;
    const w3d_vec3 top = { 0.46f, 0.52f, 0.60f }, bottom = { 0.80f, 0.83f, 0.86f };
    w3d_f4 t = w3d_f4_mul(quad->y, w3d_f4_splat(1.0f / (float)scene->desc->height));
    w3di_thumbnail_light_vec3 color =
        w3di_thumbnail_light_mix3(w3di_thumbnail_light_splat(top),
                                  w3di_thumbnail_light_splat(bottom), t);
    out->red = color.x;
    out->green = color.y;
    out->blue = color.z;
    out->alpha = w3d_f4_splat(1.0f);
}

/* The floor is black and as opaque as it is dark. */
static void w3di_thumbnail_floor(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    const w3di_thumbnail_scene *scene = (const w3di_thumbnail_scene *)quad->user;
    const w3d_f4 one = w3d_f4_splat(1.0f);
    w3d_f4 place[3];
    float x[4], z[4], contact[4];
    place[0] = quad->varyings[0];
    place[1] = w3d_f4_splat(scene->frame.low.y);
    place[2] = quad->varyings[1];
    w3d_f4_store(x, place[0]);
    w3d_f4_store(z, place[2]);
    for (int i = 0; i < 4; i++)
        contact[i] = w3di_thumbnail_shadow_contact(&scene->maps, x[i], z[i]);
    w3d_f4 shaded = w3d_f4_sub(one, w3di_thumbnail_shadow_lit(&scene->maps, place, quad->mask));
    w3d_f4 by_key = w3d_f4_sub(one, w3d_f4_mul(shaded, w3d_f4_splat(0.42f)));
    w3d_f4 by_sky = w3d_f4_sub(one, w3d_f4_mul(w3d_f4_load(contact), w3d_f4_splat(0.7f)));
    out->alpha = w3d_f4_sub(one, w3d_f4_mul(by_key, by_sky));
    out->keep = w3d_f4_less(w3d_f4_splat(1.0f / 1024.0f), out->alpha);
}

/* Light off a surface with glTF's metallic-roughness material (2.0 specification, appendix B). */
static void w3di_thumbnail_surface(const w3d_soft_raster_quad *quad, w3d_soft_raster_fragment *out)
{
    const w3di_thumbnail_scene *scene = (const w3di_thumbnail_scene *)quad->user;
    const w3d_thumbnail_item *item = scene->item;
    const w3d_f4 *in = quad->varyings, glass = w3d_f4_splat(0.04f);
    w3di_thumbnail_light_surface surface;
    w3di_thumbnail_light_sum sum;
    w3d_f4 base[4], place[3];
    for (int i = 0; i < 4; i++) {
        base[i] = w3d_f4_splat(item->base_color[i]);
        if (item->colors) base[i] = w3d_f4_mul(base[i], in[6 + i]);
    }
    w3di_thumbnail_light_vec3 color = w3di_thumbnail_light_set(base[0], base[1], base[2]);
    w3di_thumbnail_light_vec3 eye = w3di_thumbnail_light_splat(scene->frame.eye);
    if (!scene->frame.is_parallel)
        eye = w3di_thumbnail_light_set(w3d_f4_sub(eye.x, in[0]), w3d_f4_sub(eye.y, in[1]),
                                       w3d_f4_sub(eye.z, in[2]));
    w3di_thumbnail_light_vec3 normal =
        w3di_thumbnail_light_scale(w3di_thumbnail_light_set(in[3], in[4], in[5]),
                                   w3d_f4_splat(quad->front ? 1.0f : -1.0f));
    float metallic = w3d_math_clamp(item->metallic, 0.0f, 1.0f);
    surface.view =
        w3di_thumbnail_light_normalise(eye,
                                       w3di_thumbnail_light_splat(scene->lamp[W3DI_THUMBNAIL_KEY]));
    surface.normal = w3di_thumbnail_light_normalise(normal, surface.view);
    surface.facing =
        w3d_f4_max(w3di_thumbnail_light_dot(surface.normal, surface.view), w3d_f4_splat(0.001f));
    surface.roughness = w3d_math_clamp(item->roughness, 0.045f, 1.0f);
    surface.diffuse = w3di_thumbnail_light_scale(color, w3d_f4_splat(0.96f * (1.0f - metallic)));
    surface.mirror = w3di_thumbnail_light_mix3(w3di_thumbnail_light_set(glass, glass, glass), color,
                                               w3d_f4_splat(metallic));

    /* The key light is asked for a little off the surface, which would else shade itself. */
    const w3d_f4 off = w3d_f4_splat(4.0f / (float)W3DI_THUMBNAIL_SHADOW_SIDE);
    place[0] = w3d_f4_add(in[0], w3d_f4_mul(surface.normal.x, off));
    place[1] = w3d_f4_add(in[1], w3d_f4_mul(surface.normal.y, off));
    place[2] = w3d_f4_add(in[2], w3d_f4_mul(surface.normal.z, off));
    w3d_f4 lit = w3di_thumbnail_shadow_lit(&scene->maps, place, quad->mask);
    sum.diffuse = sum.mirror = w3di_thumbnail_light_splat(w3d_vec3_splat(0.0f));
    for (int i = 0; i < W3DI_THUMBNAIL_LAMPS; i++) {
        w3di_thumbnail_light_vec3 strength = w3di_thumbnail_light_splat(w3di_thumbnail_lamps[i][1]);
        if (i == W3DI_THUMBNAIL_KEY) strength = w3di_thumbnail_light_scale(strength, lit);
        w3di_thumbnail_light_lamp(&surface, scene->lamp[i], strength, &sum);
    }
    w3d_f4 open = w3d_f4_add(w3d_f4_splat(0.82f), w3d_f4_mul(lit, w3d_f4_splat(0.18f)));
    w3di_thumbnail_light_surroundings(&surface, scene->lamp[W3DI_THUMBNAIL_KEY], open, &sum);

    out->alpha = w3d_f4_splat(1.0f);
    if (item->base_color[3] < 1.0f) {
        out->alpha = w3di_thumbnail_light_clamp(base[3]);
        sum.diffuse = w3di_thumbnail_light_scale(sum.diffuse, out->alpha);
    }
    w3di_thumbnail_light_vec3 light = w3di_thumbnail_light_add(sum.diffuse, sum.mirror);
    light =
        w3di_thumbnail_light_add(light, w3di_thumbnail_light_splat(w3d_vec3_load(item->emissive)));
    light = w3di_thumbnail_light_tone(w3di_thumbnail_light_scale(light, w3d_f4_splat(scene->gain)));
    out->red = light.x;
    out->green = light.y;
    out->blue = light.z;
}

/* ---- the picture ---- */

/* A level square, or one before the camera: two triangles with x and z as varyings. */
static w3d_result w3di_thumbnail_draw_square(w3di_thumbnail_scene *scene,
                                             w3d_soft_raster_target *target,
                                             const w3d_mat4 *to_clip,
                                             w3d_soft_raster_draw_desc draw)
{
    static const uint32_t indices[6] = { 0, 1, 2, 0, 2, 3 };
    static const float corners[4][2] = {
        { -1.0f, 1.0f }, { 1.0f, 1.0f }, { 1.0f, -1.0f }, { -1.0f, -1.0f }
    };
    float rows[4][6];
    for (int i = 0; i < 4; i++) {
        const float reach = 6.0f;
        float place[3];
        place[0] = rows[i][4] = corners[i][0] * reach;
        place[1] = scene->frame.low.y;
        place[2] = rows[i][5] = corners[i][1] * reach;
        if (to_clip)
            w3d_f4_store(rows[i], w3di_thumbnail_frame_apply(to_clip, place));
        else
            w3d_f4_store(rows[i], w3d_f4_set(corners[i][0], -corners[i][1], 0.5f, 1.0f));
    }
    draw.vertices = rows[0];
    draw.indices = indices;
    draw.vertex_count = 4;
    draw.index_count = 6;
    draw.varying_count = 2;
    draw.depth_keep = 1;
    draw.user = scene;
    return w3d_soft_raster_draw(target, &draw);
}

/* 1 where `a` is to be drawn before `b`: it is farther, or as far and earlier in the desc. */
static int w3di_thumbnail_precedes(const w3di_thumbnail_blended *a, const w3di_thumbnail_blended *b)
{
    return a->distance > b->distance || (a->distance == b->distance && a->item < b->item);
}

/* Lets the item at `place` of a heap of `count` sink to where none below it is drawn later. */
static void w3di_thumbnail_sink(w3di_thumbnail_blended *heap, uint32_t place, uint32_t count)
{
    w3di_thumbnail_blended moved = heap[place];
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= count) break;
        if (child + 1 < count && w3di_thumbnail_precedes(&heap[child], &heap[child + 1])) child++;
        if (!w3di_thumbnail_precedes(&moved, &heap[child])) break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = moved;
}

/* Lists the items to be blended, the farthest first (heapsort: no worst case). */
static void w3di_thumbnail_find_blended(w3di_thumbnail_scene *scene)
{
    w3di_thumbnail_blended *blended = scene->blended;
    scene->blended_count = 0;
    for (uint32_t i = 0; i < scene->desc->item_count; i++) {
        const w3d_thumbnail_item *item = &scene->desc->items[i];
        if (item->base_color[3] >= 1.0f) continue;
        w3d_mat4 to_unit = w3d_mat4_multiply(&scene->frame.to_unit, &item->world);
        w3di_thumbnail_frame_span span = w3di_thumbnail_frame_span_none();
        w3di_thumbnail_frame_span_item(&span, item, &to_unit, 0);
        w3d_vec3 sum = w3d_vec3_add(w3d_vec3_load(span.low), w3d_vec3_load(span.high));
        w3d_vec4 middle = w3d_vec4_make(sum.x * 0.5f, sum.y * 0.5f, sum.z * 0.5f, 1.0f);
        w3d_vec4 clip = w3d_mat4_transform(&scene->frame.to_clip, middle);
        blended[scene->blended_count].item = i;
        blended[scene->blended_count++].distance = clip.z + clip.w; /* w may be constant */
    }
    for (uint32_t i = scene->blended_count / 2; i-- > 0;)
        w3di_thumbnail_sink(blended, i, scene->blended_count);
    for (uint32_t end = scene->blended_count; end-- > 1;) {
        w3di_thumbnail_blended last = blended[0];
        blended[0] = blended[end];
        blended[end] = last;
        w3di_thumbnail_sink(blended, 0, end);
    }
}

static w3d_result w3di_thumbnail_draw_scene(w3di_thumbnail_scene *scene,
                                            w3d_soft_raster_target *target, int has_scene)
{
    w3d_soft_raster_draw_desc draw;
    w3d_result result = W3D_OK;
    w3d_fill(&draw, 0, sizeof draw);
    if (scene->desc->background == W3D_THUMBNAIL_GRADIENT) {
        draw.compare = W3D_SOFT_RASTER_ALWAYS;
        draw.fragment = w3di_thumbnail_background;
        result = w3di_thumbnail_draw_square(scene, target, NULL, draw);
        draw.compare = W3D_SOFT_RASTER_LESS;
    }
    if (!has_scene || result != W3D_OK) return result;
    draw.cull = W3D_SOFT_RASTER_CULL_BACK;
    draw.centroid = 1;
    draw.fragment = w3di_thumbnail_surface;
    for (uint32_t i = 0; i < scene->desc->item_count && result == W3D_OK; i++) {
        scene->item = &scene->desc->items[i];
        if (scene->item->base_color[3] >= 1.0f)
            result = w3di_thumbnail_draw_item(scene, target, &scene->frame.to_clip, draw);
    }
    draw.blend = W3D_SOFT_RASTER_PREMULTIPLIED;
    if (!scene->desc->no_floor && result == W3D_OK) {
        draw.fragment = w3di_thumbnail_floor;
        result = w3di_thumbnail_draw_square(scene, target, &scene->frame.to_clip, draw);
    }
    draw.fragment = w3di_thumbnail_surface;
    draw.depth_keep = 1;
    for (uint32_t i = 0; i < scene->blended_count && result == W3D_OK; i++) {
        scene->item = &scene->desc->items[scene->blended[i].item];
        result = w3di_thumbnail_draw_item(scene, target, &scene->frame.to_clip, draw);
    }
    return result;
}

/* Divides light by alpha, which the target held multiplied into it. */
static void w3di_thumbnail_unmultiply(const w3d_image_view *out)
{
    for (uint32_t y = 0; y < out->height; y++) {
        uint8_t *pixel = out->pixels + y * w3d_image_stride(out);
        for (uint32_t x = 0; x < out->width; x++, pixel += 4)
            for (int i = 0; i < 3 && pixel[3] != 0 && pixel[3] != 255; i++) {
                float light = w3d_math_linear_from_srgb((float)pixel[i] / 255.0f);
                light = w3d_math_min(light * 255.0f / (float)pixel[3], 1.0f);
                pixel[i] = (uint8_t)(w3d_math_srgb_from_linear(light) * 255.0f + 0.5f);
            }
    }
}

/* ---- all of it ---- */

static w3d_soft_raster_target_desc w3di_thumbnail_map_desc(uint32_t side)
{
    w3d_soft_raster_target_desc desc = { 0, 0, 1, W3D_SOFT_RASTER_COLOR_NONE,
                                         W3D_SOFT_RASTER_DEPTH_F32 };
    desc.width = desc.height = side;
    return desc;
}

static w3d_soft_raster_target_desc w3di_thumbnail_picture_desc(const w3d_thumbnail_desc *desc)
{
    w3d_soft_raster_target_desc picture = { 0, 0, 4, W3D_SOFT_RASTER_SRGB,
                                            W3D_SOFT_RASTER_DEPTH_F32 };
    picture.width = desc->width;
    picture.height = desc->height;
    return picture;
}

W3D_API size_t w3d_thumbnail_scratch_size(const w3d_thumbnail_desc *desc)
{
    if (!desc) return 0;
    const size_t key_texels = (size_t)W3DI_THUMBNAIL_SHADOW_SIDE * W3DI_THUMBNAIL_SHADOW_SIDE;
    const size_t floor_texels = (size_t)W3DI_THUMBNAIL_SHADOW_FLOOR * W3DI_THUMBNAIL_SHADOW_FLOOR;
    w3d_soft_raster_target_desc key = w3di_thumbnail_map_desc(W3DI_THUMBNAIL_SHADOW_SIDE);
    w3d_soft_raster_target_desc picture = w3di_thumbnail_picture_desc(desc);
    size_t target = w3d_soft_raster_size(&picture), map = w3d_soft_raster_size(&key);
    size_t total = 16 * 8; /* for alignment */
    if (target == 0) return 0;
    if (target < map) target = map; /* one after the other, in the same place */
    if (!w3d_size_append(&total, desc->item_count, sizeof(w3di_thumbnail_blended)) ||
        !w3d_size_append(&total, 3 * W3DI_THUMBNAIL_BATCH, W3DI_THUMBNAIL_ROW * sizeof(float)) ||
        !w3d_size_append(&total, key_texels + 2 * floor_texels, sizeof(float)) ||
        !w3d_size_append(&total, target, 1))
        return 0;
    return total;
}

/* Makes a target in scratch, cleared. */
static w3d_result w3di_thumbnail_make_target(const w3d_soft_raster_target_desc *desc,
                                             w3d_arena *scratch, w3d_soft_raster_target *target)
{
    size_t size = w3d_soft_raster_size(desc);
    void *memory = w3d_arena_push(scratch, size, 1, 16);
    if (!memory) return W3D_ERR_CAPACITY;
    w3d_result result = w3d_soft_raster_init(target, desc, memory, size);
    if (result == W3D_OK) w3d_soft_raster_clear(target, NULL, 1.0f);
    return result;
}

/* Draws all items that are not blended into a depth map of `side` texels and reads it out. */
static w3d_result w3di_thumbnail_draw_map(w3di_thumbnail_scene *scene, const w3d_mat4 *to_clip,
                                          uint32_t side, w3d_arena scratch, float *out)
{
    w3d_soft_raster_target_desc desc = w3di_thumbnail_map_desc(side);
    w3d_soft_raster_target target;
    w3d_soft_raster_draw_desc draw;
    w3d_result result = w3di_thumbnail_make_target(&desc, &scratch, &target);
    w3d_fill(&draw, 0, sizeof draw);
    draw.depth_bias_slope = 1.5f;
    for (uint32_t i = 0; i < scene->desc->item_count && result == W3D_OK; i++) {
        scene->item = &scene->desc->items[i];
        if (scene->item->base_color[3] >= 1.0f)
            result = w3di_thumbnail_draw_item(scene, &target, to_clip, draw);
    }
    return result == W3D_OK ? w3d_soft_raster_read_depth(&target, 0, out) : result;
}

static w3d_result w3di_thumbnail_draw_maps(w3di_thumbnail_scene *scene, w3d_arena *scratch)
{
    const size_t side = W3DI_THUMBNAIL_SHADOW_SIDE, floor_side = W3DI_THUMBNAIL_SHADOW_FLOOR;
    float *key = (float *)w3d_arena_push(scratch, side * side, sizeof(float), 16);
    float *contact = (float *)w3d_arena_push(scratch, floor_side * floor_side, sizeof(float), 16);
    float *spare = (float *)w3d_arena_push(scratch, floor_side * floor_side, sizeof(float), 16);
    if (!key || !contact || !spare) return W3D_ERR_CAPACITY;
    w3di_thumbnail_shadow_place(&scene->maps, scene->lamp[W3DI_THUMBNAIL_KEY], scene->frame.low.y);
    scene->maps.key = key;
    scene->maps.contact = contact;
    w3d_result result =
        w3di_thumbnail_draw_map(scene, &scene->maps.to_key, (uint32_t)side, *scratch, key);
    if (result == W3D_OK)
        result = w3di_thumbnail_draw_map(scene, &scene->maps.to_floor, (uint32_t)floor_side,
                                         *scratch, contact);
    if (result == W3D_OK) w3di_thumbnail_shadow_soften(contact, spare);
    return result;
}

W3D_API w3d_result w3d_thumbnail(const w3d_thumbnail_desc *desc, const w3d_image_view *out,
                                 w3d_arena scratch)
{
    w3di_thumbnail_scene scene;
    w3d_soft_raster_target target;
    w3d_result result = w3di_thumbnail_check(desc, out);
    if (result != W3D_OK) return result;
    size_t needed = w3d_thumbnail_scratch_size(desc);
    if (needed == 0) return W3D_ERR_ARGUMENT;
    if (!scratch.memory || scratch.size - scratch.used < needed) return W3D_ERR_CAPACITY;
    scene.desc = desc;
    scene.item = NULL;
    scene.blended = (w3di_thumbnail_blended *)w3d_arena_push(&scratch, desc->item_count,
                                                             sizeof(w3di_thumbnail_blended), 16);
    scene.rows = (float *)w3d_arena_push(&scratch, 3 * W3DI_THUMBNAIL_BATCH,
                                         W3DI_THUMBNAIL_ROW * sizeof(float), 16);
    scene.gain = w3d_math_exp2(desc->exposure);
    if (!scene.blended || !scene.rows) return W3D_ERR_CAPACITY;

    int has_scene = w3di_thumbnail_frame_measure(desc, &scene.frame);
    if (has_scene) {
        if (!desc->view)
            w3di_thumbnail_frame_fit(desc, &scene.frame);
        else if (!w3di_thumbnail_frame_take(desc, &scene.frame))
            return W3D_ERR_ARGUMENT;
        w3di_thumbnail_place_lamps(&scene);
        w3di_thumbnail_find_blended(&scene);
        result = w3di_thumbnail_draw_maps(&scene, &scratch);
        if (result != W3D_OK) return result;
    }
    w3d_soft_raster_target_desc picture = w3di_thumbnail_picture_desc(desc);
    result = w3di_thumbnail_make_target(&picture, &scratch, &target);
    if (result == W3D_OK) result = w3di_thumbnail_draw_scene(&scene, &target, has_scene);
    if (result == W3D_OK) result = w3d_soft_raster_resolve(&target, out);
    if (result == W3D_OK && desc->background == W3D_THUMBNAIL_TRANSPARENT)
        w3di_thumbnail_unmultiply(out);
    return result;
}
