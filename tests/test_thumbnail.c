/* test_thumbnail.c - pictures of small scenes: framed, lit, the same bytes everywhere. */
#include "test.h"

#include "render/thumbnail.h"

enum { SIDE = 96, RINGS = 16, SPHERE_VERTICES = (RINGS + 1) * (2 * RINGS + 1) };

/* ---- scenes ---- */

typedef struct sphere {
    float positions[SPHERE_VERTICES][3];
    uint32_t indices[RINGS * RINGS * 12];
} sphere;

static sphere *sphere_get(void)
{
    static sphere s;
    uint32_t count = 0, row = 2 * RINGS + 1;
    for (uint32_t i = 0, v = 0; i <= RINGS; i++)
        for (uint32_t k = 0; k < row; k++, v++) {
            float tilt = W3D_PI * (float)i / RINGS, turn = W3D_PI * (float)k / RINGS;
            s.positions[v][0] = w3d_math_sin(tilt) * w3d_math_cos(turn);
            s.positions[v][1] = w3d_math_cos(tilt);
            s.positions[v][2] = -w3d_math_sin(tilt) * w3d_math_sin(turn);
        }
    for (uint32_t i = 0; i < RINGS; i++)
        for (uint32_t k = 0; k + 1 < row; k++) {
            uint32_t a = i * row + k,
                     corner[6] = { a, a + row, a + 1, a + 1, a + row, a + row + 1 };
            for (int n = 0; n < 6; n++) s.indices[count++] = corner[n];
        }
    return &s;
}

static const float box_corners[8][3] = {
    { -1, -1, -1 }, { 1, -1, -1 }, { 1, 1, -1 }, { -1, 1, -1 },
    { -1, -1, 1 },  { 1, -1, 1 },  { 1, 1, 1 },  { -1, 1, 1 },
};
static const uint32_t box_indices[36] = {
    0, 2, 1, 0, 3, 2, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4,
    2, 3, 7, 2, 7, 6, 1, 2, 6, 1, 6, 5, 0, 4, 7, 0, 7, 3,
};
static const float square_corners[4][3] = {
    { -1, -1, 0 }, { 1, -1, 0 }, { 1, 1, 0 }, { -1, 1, 0 }
};
static const uint32_t square_indices[6] = { 0, 1, 2, 0, 2, 3 };

static w3d_thumbnail_item item_make(const float *positions, uint32_t vertices,
                                    const uint32_t *indices, uint32_t count)
{
    w3d_thumbnail_item item;
    memset(&item, 0, sizeof item);
    item.mesh.positions = positions;
    item.mesh.indices = indices;
    item.mesh.vertex_count = vertices;
    item.mesh.index_count = count;
    item.world = w3d_mat4_identity();
    for (int i = 0; i < 4; i++) item.base_color[i] = i < 3 ? 0.5f : 1.0f;
    item.roughness = 0.5f;
    return item;
}
static w3d_thumbnail_item box_make(float x, float y, float z)
{
    w3d_thumbnail_item item = item_make(box_corners[0], 8, box_indices, 36);
    item.world.m[12] = x;
    item.world.m[13] = y;
    item.world.m[14] = z;
    return item;
}
static w3d_thumbnail_item sphere_make(float x, float y, float z)
{
    sphere *s = sphere_get();
    w3d_thumbnail_item item =
        item_make(s->positions[0], SPHERE_VERTICES, s->indices, RINGS * RINGS * 12);
    item.normals = s->positions[0];
    item.world.m[12] = x;
    item.world.m[13] = y;
    item.world.m[14] = z;
    return item;
}

static w3d_thumbnail_desc desc_make(const w3d_thumbnail_item *items, uint32_t count)
{
    w3d_thumbnail_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.items = items;
    desc.item_count = count;
    desc.width = desc.height = SIDE;
    return desc;
}

/* Draws with scratch of exactly the stated size; the picture is the caller's to free. */
static uint8_t *shoot(const w3d_thumbnail_desc *desc)
{
    size_t size = w3d_thumbnail_scratch_size(desc);
    uint8_t *pixels = (uint8_t *)malloc((size_t)desc->width * desc->height * 4);
    void *memory = malloc(size);
    w3d_image_view view = { pixels, desc->width, desc->height, 4, 0 };
    CHECK(size != 0);
    CHECK(w3d_thumbnail(desc, &view, w3d_arena_make(memory, size)) == W3D_OK);
    free(memory);
    return pixels;
}

static int brightness(const uint8_t *pixels, uint32_t x, uint32_t y)
{
    const uint8_t *p = pixels + (y * SIDE + x) * 4;
    return p[0] + p[1] + p[2];
}

/* The mean difference of two pictures, 0..255. */
static double difference(const uint8_t *a, const uint8_t *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < SIDE * SIDE * 4; i++) sum += fabs((double)a[i] - (double)b[i]);
    return sum / (SIDE * SIDE * 4);
}

/* ---- tests ---- */

static void nothing_is_the_background(void)
{
    static const float point[3] = { 3.0f, 3.0f, 3.0f };
    static const uint32_t thrice[3] = { 0, 0, 0 };
    w3d_thumbnail_item item = item_make(point, 1, thrice, 3);
    w3d_thumbnail_desc none = desc_make(NULL, 0), dot = desc_make(&item, 1);
    uint8_t *empty = shoot(&none), *other = shoot(&dot);
    CHECK_BYTES(empty, other, SIDE * SIDE * 4);
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            CHECK(memcmp(empty + (y * SIDE + x) * 4, empty + y * SIDE * 4, 4) == 0);
            CHECK(empty[(y * SIDE + x) * 4 + 3] == 255);
        }
    CHECK(brightness(empty, 0, SIDE - 1) > brightness(empty, 0, 0) + 30);
    free(empty);
    free(other);
    item.mesh.index_count = 0;
    item.mesh.positions = NULL;
    none.background = W3D_THUMBNAIL_TRANSPARENT;
    empty = shoot(&none);
    for (size_t i = 0; i < SIDE * SIDE * 4; i++) CHECK(empty[i] == 0);
    free(empty);
}

/* The scene fills nine tenths of the picture in one direction and is centred in both. */
static void frames_tightly(void)
{
    for (int i = 0; i < 24; i++) {
        w3d_thumbnail_item item = box_make(0.0f, 0.0f, 0.0f);
        w3d_thumbnail_desc desc = desc_make(&item, 1);
        w3d_vec3 axis = w3d_vec3_normalise(
            w3d_vec3_make(test_random_float(-1.0f, 1.0f), test_random_float(-1.0f, 1.0f), 0.3f));
        w3d_vec3 scale =
            w3d_vec3_make(test_random_float(0.2f, 2.0f), test_random_float(0.2f, 2.0f), 1.0f);
        item.world = w3d_mat4_from_trs(
            w3d_vec3_make(test_random_float(-9.0f, 9.0f), test_random_float(-9.0f, 9.0f), 5.0f),
            w3d_quat_from_axis(axis, test_random_float(0.0f, 6.0f)), scale);
        desc.width = i % 3 == 1 ? 150 : 90;
        desc.height = i % 3 == 2 ? 160 : 90;
        desc.background = W3D_THUMBNAIL_TRANSPARENT;
        desc.no_floor = 1;
        desc.fov_radians = i & 1 ? 0.9f : 0.0f;
        if (i > 12)
            desc.from =
                w3d_vec3_make(test_random_float(-1.0f, 1.0f), test_random_float(-1.0f, 1.0f),
                              test_random_float(-1.0f, 1.0f));
        uint8_t *pixels = shoot(&desc);
        double low[2] = { 1e9, 1e9 }, high[2] = { -1, -1 }, size[2];
        size[0] = desc.width, size[1] = desc.height;
        for (uint32_t y = 0; y < desc.height; y++)
            for (uint32_t x = 0; x < desc.width; x++) {
                if (!pixels[(y * desc.width + x) * 4 + 3]) continue;
                low[0] = fmin(low[0], x), high[0] = fmax(high[0], x + 1.0);
                low[1] = fmin(low[1], y), high[1] = fmax(high[1], y + 1.0);
            }
        double fill = fmax((high[0] - low[0]) / size[0], (high[1] - low[1]) / size[1]);
        CHECK_NEAR(fill, 0.9, 0.025);
        for (int k = 0; k < 2; k++) CHECK_NEAR(low[k] + high[k], size[k], 2.1);
        free(pixels);
    }
}

/* Sizes that are powers of two change no bit; others only roundings. */
static void size_does_not_matter(void)
{
    static const float sizes[] = { 1.0f, 1.0f / 8192.0f, 65536.0f, 1e-4f, 1e4f, 1e-25f, 1e25f };
    uint8_t *first = NULL;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        w3d_thumbnail_item items[3] = { sphere_make(0.0f, 1.0f, 0.0f), box_make(2.5f, 1.0f, 0.5f),
                                        box_make(-2.5f, 1.0f, 1.5f) };
        w3d_thumbnail_desc desc = desc_make(items, 3);
        items[2].base_color[3] = 0.5f;
        for (int k = 0; k < 3; k++)
            for (int m = 0; m < 15; m++) items[k].world.m[m] *= sizes[i];
        uint8_t *pixels = shoot(&desc);
        if (i == 0)
            first = pixels;
        else {
            if (i < 3)
                CHECK_BYTES(first, pixels, SIDE * SIDE * 4);
            else
                CHECK_MESSAGE(difference(first, pixels) < 0.05, "size %g: mean difference %g",
                              (double)sizes[i], difference(first, pixels));
            free(pixels);
        }
    }
    free(first);
}

static void mirrored_is_as_solid(void)
{
    w3d_thumbnail_item items[2] = { sphere_make(-1.2f, 0.0f, 0.0f), box_make(1.2f, 0.0f, 0.0f) };
    w3d_thumbnail_desc desc = desc_make(items, 2);
    uint8_t *plain = shoot(&desc);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) items[i].world.m[4 * k + k] *= k == i ? -1.0f : 1.0f;
    uint8_t *mirrored = shoot(&desc);
    CHECK_MESSAGE(difference(plain, mirrored) < 0.3, "mean difference %g",
                  difference(plain, mirrored));
    for (int k = 0; k < 3; k++) items[0].world.m[k * 5] *= -1.0f; /* turned inside out twice */
    uint8_t *back = shoot(&desc);
    CHECK_MESSAGE(difference(plain, back) < 0.3, "mean difference %g", difference(plain, back));
    free(plain);
    free(mirrored);
    free(back);
}

static void blended_items_are_sorted(void)
{
    w3d_thumbnail_item items[4] = { box_make(0.0f, 0.0f, -2.5f), sphere_make(0.2f, 0.3f, 0.5f),
                                    sphere_make(0.4f, 0.1f, 3.0f), sphere_make(-0.4f, 0.0f, 5.5f) };
    w3d_thumbnail_item shuffled[4] = { items[3], items[1], items[0], items[2] };
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            if (items[i].world.m[14] > 0.0f)
                items[i].base_color[k] = k == i - 1 ? 1.0f : k == 3 ? 0.4f : 0.05f;
    shuffled[0] = items[3], shuffled[1] = items[1], shuffled[2] = items[0], shuffled[3] = items[2];
    w3d_thumbnail_desc desc = desc_make(items, 4), other = desc_make(shuffled, 4);
    uint8_t *first = shoot(&desc), *second = shoot(&other);
    CHECK_BYTES(first, second, SIDE * SIDE * 4);
    for (int i = 1; i < 4; i++) items[i].base_color[3] = 0.0f; /* nothing but reflections left */
    uint8_t *clear = shoot(&desc);
    CHECK(difference(first, clear) > 2.0);
    free(first);
    free(second);
    free(clear);
}

static void back_sides_show_if_asked(void)
{
    w3d_thumbnail_item item = item_make(square_corners[0], 4, square_indices, 6);
    w3d_thumbnail_desc desc = desc_make(&item, 1);
    desc.from = w3d_vec3_make(0.0f, 0.0f, -1.0f); /* the square shows its back */
    desc.background = W3D_THUMBNAIL_TRANSPARENT;
    desc.no_floor = 1;
    uint8_t *pixels = shoot(&desc);
    CHECK(pixels[(SIDE / 2 * SIDE + SIDE / 2) * 4 + 3] == 0);
    free(pixels);
    item.double_sided = 1;
    pixels = shoot(&desc);
    CHECK(pixels[(SIDE / 2 * SIDE + SIDE / 2) * 4 + 3] == 255);
    CHECK(brightness(pixels, SIDE / 2, SIDE / 2) > 150); /* lit as seen from there */
    free(pixels);
}

/* Flat shading: inside one face of a box the colour hardly changes; smooth on a sphere. */
static void normals_and_colors(void)
{
    w3d_thumbnail_item item = sphere_make(0.0f, 0.0f, 0.0f);
    w3d_thumbnail_desc desc = desc_make(&item, 1);
    desc.no_floor = 1;
    uint8_t *smooth = shoot(&desc);
    item.normals = NULL;
    uint8_t *flat = shoot(&desc);
    int smooth_jumps = 0, flat_jumps = 0;
    for (uint32_t x = 20; x < SIDE - 21; x++) {
        smooth_jumps +=
            abs(brightness(smooth, x, SIDE / 2) - brightness(smooth, x + 1, SIDE / 2)) > 12;
        flat_jumps += abs(brightness(flat, x, SIDE / 2) - brightness(flat, x + 1, SIDE / 2)) > 12;
    }
    CHECK_MESSAGE(flat_jumps > smooth_jumps + 3, "%d jumps flat, %d smooth", flat_jumps,
                  smooth_jumps);
    CHECK(difference(smooth, flat) > 0.2);
    free(flat);

    float *colors = (float *)malloc(sizeof(float) * 4 * SPHERE_VERTICES);
    for (int i = 0; i < SPHERE_VERTICES; i++) {
        colors[4 * i] = 1.0f;
        colors[4 * i + 1] = colors[4 * i + 2] = 0.0f;
        colors[4 * i + 3] = 1.0f;
    }
    item.normals = item.mesh.positions;
    item.colors = colors;
    uint8_t *red = shoot(&desc);
    const uint8_t *middle = red + (SIDE / 2 * SIDE + SIDE / 2) * 4;
    CHECK(middle[0] > middle[1] + 60 && middle[0] > middle[2] + 60);
    item.colors = NULL;
    item.base_color[1] = item.base_color[2] = 0.0f; /* the same said another way */
    uint8_t *same = shoot(&desc);
    CHECK(difference(red, same) < 0.01);
    free(colors);
    free(red);
    free(same);
    free(smooth);
}

static void light_does_what_it_should(void)
{
    w3d_thumbnail_item items[2] = { sphere_make(0.0f, 1.0f, 0.0f), box_make(0.0f, -1.0f, 0.0f) };
    w3d_thumbnail_desc desc = desc_make(items, 2);
    uint8_t *plain = shoot(&desc);
    CHECK(brightness(plain, SIDE / 2 - 8, SIDE / 4) >
          brightness(plain, SIDE / 2 + 13, SIDE / 2 - 8) + 40);
    desc.exposure = 1.0f;
    uint8_t *bright = shoot(&desc);
    CHECK(brightness(bright, SIDE / 2, SIDE * 3 / 4) >
          brightness(plain, SIDE / 2, SIDE * 3 / 4) + 40);
    desc.exposure = 0.0f;
    items[1].emissive[1] = 2.0f;
    uint8_t *glowing = shoot(&desc);
    const uint8_t *p = glowing + (SIDE * 3 / 4 * SIDE + SIDE / 2) * 4;
    CHECK(p[1] > 230 && p[1] > p[0] + 30);
    items[1].emissive[1] = 0.0f;
    items[0].roughness = 0.1f;
    items[0].metallic = 1.0f;
    uint8_t *metal = shoot(&desc);
    CHECK(difference(plain, metal) > 1.0);
    desc.background = W3D_THUMBNAIL_TRANSPARENT;
    uint8_t *shadow = shoot(&desc);
    int half_clear = 0;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        half_clear += shadow[4 * i + 3] > 20 && shadow[4 * i + 3] < 200 && shadow[4 * i] == 0;
    CHECK_MESSAGE(half_clear > 200, "%d pixels of shadow", half_clear);
    desc.no_floor = 1;
    uint8_t *without = shoot(&desc);
    for (size_t i = 0; i < SIDE * SIDE; i++)
        if (without[4 * i + 3] == 255) CHECK(memcmp(without + 4 * i, shadow + 4 * i, 4) == 0);
    free(plain);
    free(bright);
    free(glowing);
    free(metal);
    free(shadow);
    free(without);
}

/* The caller's camera: a square that fills the middle half, seen in parallel and in perspective. */
static void takes_a_camera(void)
{
    w3d_thumbnail_item item = item_make(square_corners[0], 4, square_indices, 6);
    w3d_thumbnail_desc desc = desc_make(&item, 1);
    w3d_mat4 view = w3d_mat4_look_at(w3d_vec3_make(0.0f, 0.0f, 4.0f), w3d_vec3_splat(0.0f),
                                     w3d_vec3_make(0.0f, 1.0f, 0.0f));
    for (int i = 0; i < 2; i++) {
        w3d_mat4 projection =
            i ? w3d_mat4_perspective(2.0f * w3d_math_atan2(0.5f, 1.0f), 1.0f, 1.0f, 9.0f)
              : w3d_mat4_orthographic(4.0f, 4.0f, 1.0f, 9.0f);
        desc.view = &view;
        desc.projection = &projection;
        desc.background = W3D_THUMBNAIL_TRANSPARENT;
        desc.no_floor = 1;
        uint8_t *pixels = shoot(&desc);
        for (uint32_t y = 0; y < SIDE; y++)
            for (uint32_t x = 0; x < SIDE; x++) {
                int inside = x >= SIDE / 4 && x < SIDE * 3 / 4 && y >= SIDE / 4 && y < SIDE * 3 / 4;
                CHECK(pixels[(y * SIDE + x) * 4 + 3] == (inside ? 255 : 0));
            }
        free(pixels);
    }
}

static void wild_positions_are_left_out(void)
{
    static const float wild[] = { NAN, INFINITY, -INFINITY };
    w3d_thumbnail_item items[2] = { box_make(0.0f, 0.0f, 0.0f), box_make(0.0f, 0.0f, 0.0f) };
    w3d_thumbnail_desc desc = desc_make(items, 1);
    uint8_t *clean = shoot(&desc);
    float corners[3][3] = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } };
    uint32_t three[3] = { 0, 1, 2 };
    desc.item_count = 2;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) corners[k][k] = wild[(i + k) % 3];
        items[1] = item_make(corners[0], 3, three, 3);
        uint8_t *pixels = shoot(&desc);
        CHECK_BYTES(clean, pixels, SIDE * SIDE * 4);
        free(pixels);
    }
    free(clean);
    for (int i = 0; i < 40; i++) { /* any bits at all: it must only end */
        for (int k = 0; k < 16; k++)
            items[0].world.m[k] = w3d_f32_from_bits((uint32_t)test_random());
        for (int k = 0; k < 4; k++)
            items[0].base_color[k] = w3d_f32_from_bits((uint32_t)test_random());
        items[0].roughness = w3d_f32_from_bits((uint32_t)test_random());
        items[0].metallic = w3d_f32_from_bits((uint32_t)test_random());
        desc.exposure = test_random_float(-100.0f, 100.0f);
        free(shoot(&desc));
    }
}

static void refuses_bad_descriptions(void)
{
    w3d_mat4 identity = w3d_mat4_identity(), zero;
    uint8_t pixels[4 * 4 * 4], before[sizeof pixels];
    memset(&zero, 0, sizeof zero);
    memset(pixels, 0x77, sizeof pixels);
    memcpy(before, pixels, sizeof pixels);
    CHECK(w3d_thumbnail_scratch_size(NULL) == 0);
    for (int i = 0; i < 18; i++) {
        w3d_thumbnail_item item = box_make(0.0f, 0.0f, 0.0f);
        w3d_thumbnail_desc desc = desc_make(&item, 1);
        w3d_image_view out = { pixels, 4, 4, 4, 0 };
        uint32_t indices[3] = { 0, 1, 8 };
        w3d_result expected = W3D_ERR_ARGUMENT;
        desc.width = desc.height = 4;
        size_t size = w3d_thumbnail_scratch_size(&desc);
        void *memory = malloc(size);
        switch (i) {
        case 0: desc.items = NULL; break;
        case 1: desc.width = 5; break;
        case 2: out.channels = 2; break;
        case 3: out.stride = 15; break;
        case 4: out.pixels = NULL; break;
        case 5: desc.view = &identity; break;
        case 6: desc.projection = &identity; break;
        case 7: desc.view = desc.projection = &zero; break;
        case 8: desc.fov_radians = 3.5f; break;
        case 9: desc.fov_radians = NAN; break;
        case 10: desc.exposure = INFINITY; break;
        case 11: item.mesh.index_count = 35; break;
        case 12: item.mesh.stride = 13; break;
        case 13: item.mesh.stride = 8; break;
        case 14: item.mesh.positions = NULL; break;
        case 15: item.mesh.indices = NULL; break;
        case 16:
            item.mesh.indices = indices, item.mesh.index_count = 3, expected = W3D_ERR_INDEX;
            break;
        case 17: size--, expected = W3D_ERR_CAPACITY; break;
        }
        w3d_result result = w3d_thumbnail(&desc, &out, w3d_arena_make(memory, size));
        CHECK_MESSAGE(result == expected, "case %d: result %d", i, (int)result);
        CHECK_BYTES(pixels, before, sizeof pixels);
        free(memory);
    }
    w3d_thumbnail_desc huge = desc_make(NULL, 0);
    huge.width = 8193;
    CHECK(w3d_thumbnail_scratch_size(&huge) == 0);
    CHECK(w3d_thumbnail(NULL, NULL, w3d_arena_make(NULL, 0)) == W3D_ERR_ARGUMENT);
}

static void hash_of_a_picture(void)
{
    w3d_thumbnail_item items[4] = { sphere_make(0.0f, 1.0f, 0.0f), sphere_make(2.3f, 1.0f, 0.4f),
                                    box_make(-2.5f, 1.0f, -0.5f), sphere_make(0.9f, 0.6f, 2.2f) };
    static const float colors[4][4] = { { 0.8f, 0.1f, 0.05f, 1.0f },
                                        { 1.0f, 0.78f, 0.34f, 1.0f },
                                        { 0.1f, 0.3f, 0.7f, 1.0f },
                                        { 0.2f, 0.8f, 0.4f, 0.4f } };
    uint64_t hash = 0xCBF29CE484222325u;
    for (int i = 0; i < 4; i++) memcpy(items[i].base_color, colors[i], sizeof colors[i]);
    items[1].metallic = 1.0f;
    items[1].roughness = 0.2f;
    for (int k = 0; k < 3; k++) items[3].world.m[5 * k] = 0.6f;
    for (int round = 0; round < 2; round++) {
        w3d_thumbnail_desc desc = desc_make(items, 4);
        desc.background = (w3d_thumbnail_background)round;
        uint8_t *pixels = shoot(&desc);
        for (size_t i = 0; i < SIDE * SIDE * 4; i++) hash = (hash ^ pixels[i]) * 0x100000001B3u;
        free(pixels);
    }
    CHECK_MESSAGE(hash == 0x1B2F078E37C4447Au, "hash 0x%016llXu", (unsigned long long)hash);
}

void test_thumbnail(void)
{
    RUN(nothing_is_the_background);
    RUN(frames_tightly);
    RUN(size_does_not_matter);
    RUN(mirrored_is_as_solid);
    RUN(blended_items_are_sorted);
    RUN(back_sides_show_if_asked);
    RUN(normals_and_colors);
    RUN(light_does_what_it_should);
    RUN(takes_a_camera);
    RUN(wild_positions_are_left_out);
    RUN(refuses_bad_descriptions);
    RUN(hash_of_a_picture);
}
