/* bench_json.c - numbers to text and back beside the C and C++ libraries; JSON read and written.
 *
 * Doubles come in three kinds: random bits, which need 17 digits and extreme powers of ten; what
 * programs write, up to six digits behind the point; and coordinates, floats turned into doubles.
 * The limit of the number rows is a memcpy of the text. */
#include "bench.h"

#include "core/decimal.h"
#include "core/shortest.h"
#include "memory/allocator.h"
#include "scene/bjson_from_json.h"
#include "scene/bjson_read.h"
#include "scene/bjson_to_json.h"
#include "scene/bjson_write.h"
#include "scene/json.h"
#include "scene/json_write.h"
#include "test.h"

#if BENCH_TO_CHARS
size_t peer_to_chars_f64(const double *values, size_t count, char *out);
size_t peer_to_chars_f32(const float *values, size_t count, char *out);
size_t peer_from_chars_f64(const char *text, size_t size, double *out);
#endif

enum { NUMBERS = 100000, TEXT_SIZE = NUMBERS * 48 };

typedef struct numbers {
    double values[NUMBERS], back[NUMBERS];
    float floats[NUMBERS];
    char text[TEXT_SIZE], copy[TEXT_SIZE];
    size_t size; /* of text */
} numbers;

static void need(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "bench_json: %s\n", what);
    exit(1);
}

static void make_numbers(numbers *n, int kind)
{
    test.random = 1;
    for (size_t i = 0; i < NUMBERS; i++) {
        double value = w3d_f64_from_bits(test_random());
        if (kind == 1) value = (double)(test_random() % 2000000) / 1000.0 - 1000.0;
        if (kind == 2) value = (double)test_random_float(-10.0f, 10.0f);
        n->values[i] = w3d_f64_is_finite(value) ? value : 0.25;
        n->floats[i] = test_random_float(-10.0f, 10.0f);
    }
    char *at = n->text;
    for (size_t i = 0; i < NUMBERS; i++) {
        at += w3d_shortest_write_f64(at, n->values[i], 0);
        *at++ = ',';
    }
    n->size = (size_t)(at - n->text);
}

/* ---- numbers ---- */

static void write_ours(void *user)
{
    numbers *n = (numbers *)user;
    char *at = n->copy;
    for (size_t i = 0; i < NUMBERS; i++) {
        at += w3d_shortest_write_f64(at, n->values[i], 0);
        *at++ = ',';
    }
    bench_keep(at);
}

static void write_floats_ours(void *user)
{
    numbers *n = (numbers *)user;
    char *at = n->copy;
    for (size_t i = 0; i < NUMBERS; i++) {
        at += w3d_shortest_write_f32(at, n->floats[i], 0);
        *at++ = ',';
    }
    bench_keep(at);
}

static void write_printf(void *user)
{
    numbers *n = (numbers *)user;
    char *at = n->copy;
    for (size_t i = 0; i < NUMBERS; i++) at += sprintf(at, "%.17g,", n->values[i]);
    bench_keep(at);
}

static void read_ours(void *user)
{
    numbers *n = (numbers *)user;
    size_t at = 0, i = 0;
    for (; at < n->size; i++) at += w3d_decimal_read(n->text + at, n->size - at, &n->back[i]) + 1;
    bench_keep(n->back);
}

static void read_strtod(void *user)
{
    numbers *n = (numbers *)user;
    char *at = n->text;
    for (size_t i = 0; i < NUMBERS; i++) n->back[i] = strtod(at, &at), at++;
    bench_keep(n->back);
}

static void copy_text(void *user)
{
    numbers *n = (numbers *)user;
    memcpy(n->copy, n->text, n->size);
    bench_keep(n->copy);
}

#if BENCH_TO_CHARS
static void write_to_chars(void *user)
{
    numbers *n = (numbers *)user;
    bench_keep(n->copy + peer_to_chars_f64(n->values, NUMBERS, n->copy));
}
static void write_floats_to_chars(void *user)
{
    numbers *n = (numbers *)user;
    bench_keep(n->copy + peer_to_chars_f32(n->floats, NUMBERS, n->copy));
}
static void read_from_chars(void *user)
{
    numbers *n = (numbers *)user;
    need(peer_from_chars_f64(n->text, n->size, n->back) == NUMBERS, "from_chars read otherwise");
    bench_keep(n->back);
}
#endif

static bench_side side(const char *name, void (*run)(void *user))
{
    bench_side made = { name, run, NULL };
    return made;
}

static void number_row(numbers *n, const char *name, void (*ours)(void *), const char *peer_name,
                       void (*peer)(void *))
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "M/s";
    row.work = NUMBERS / 1e6;
    row.ours.run = ours;
    row.peer = side(peer_name, peer);
    row.limit = side("memcpy", copy_text);
    row.user = n;
    bench_run(&row);
}

static void bench_numbers(void)
{
    static const char *const kinds[3] = { "random bits", "3 decimals", "coordinates" };
    numbers *n = (numbers *)malloc(sizeof *n);
    need(n != NULL, "no memory");
    for (int kind = 0; kind < 3; kind++) {
        char name[64];
        make_numbers(n, kind);
        read_ours(n);
        for (size_t i = 0; i < NUMBERS; i++)
            need(w3d_bits_f64(n->back[i]) == w3d_bits_f64(n->values[i]),
                 "a number did not come back");
        snprintf(name, sizeof name, "write f64, %s", kinds[kind]);
#if BENCH_TO_CHARS
        number_row(n, name, write_ours, "std::to_chars", write_to_chars);
#endif
        number_row(n, name, write_ours, "printf %.17g", write_printf);
        snprintf(name, sizeof name, "read f64, %s", kinds[kind]);
#if BENCH_TO_CHARS
        number_row(n, name, read_ours, "std::from_chars", read_from_chars);
#endif
        number_row(n, name, read_ours, "strtod", read_strtod);
    }
#if BENCH_TO_CHARS
    number_row(n, "write f32, coordinates", write_floats_ours, "std::to_chars",
               write_floats_to_chars);
#else
    number_row(n, "write f32, coordinates", write_floats_ours, NULL, NULL);
#endif
    free(n);
}

/* ---- JSON and BJSON ---- */

typedef struct scene {
    unsigned char *bytes; /* a BJSON file */
    size_t size;
    w3d_bjson file;
    char *text, *out; /* its JSON, and room for it */
    size_t text_size, out_capacity;
    int base64;
} scene;

static void spell(void *user)
{
    scene *s = (scene *)user;
    w3d_sink_buffer buffer;
    w3d_bjson_to_json_desc desc;
    buffer.bytes = s->out;
    buffer.capacity = s->out_capacity;
    buffer.size = 0;
    memset(&desc, 0, sizeof desc);
    desc.file = &s->file;
    desc.sink = w3d_sink_to_buffer(&buffer);
    desc.base64 = s->base64;
    need(w3d_bjson_to_json(&desc, NULL) == W3D_OK, "to_json failed");
    s->text_size = buffer.size;
}

static void unspell(void *user)
{
    scene *s = (scene *)user;
    w3d_bjson_from_json_desc desc;
    unsigned char *bytes;
    size_t size;
    memset(&desc, 0, sizeof desc);
    desc.text = s->text;
    desc.size = s->text_size;
    need(w3d_bjson_from_json(&desc, &bytes, &size, NULL) == W3D_OK && size == s->size,
         "from_json failed");
    w3d_allocator_resize(&desc.allocator, bytes, size, 0);
}

static void read_json(void *user)
{
    scene *s = (scene *)user;
    w3d_json_desc desc;
    w3d_json json;
    memset(&desc, 0, sizeof desc);
    desc.text = s->text;
    desc.size = s->text_size;
    need(w3d_json_open(&desc, &json, NULL) == W3D_OK, "the JSON was not read");
    w3d_json_close(&json);
}

static void copy_json(void *user)
{
    scene *s = (scene *)user;
    memcpy(s->out, s->text, s->text_size);
    bench_keep(s->out);
}

/* A mesh of 100,000 vertices and 10,000 objects with six properties each. */
static void make_scene(scene *s)
{
    enum { OBJECTS = 10000, VERTICES = 100000 };
    static const float one[3] = { 1.0f, 1.0f, 1.0f };
    w3d_bjson_write_id *ids = (w3d_bjson_write_id *)calloc(OBJECTS + 1, sizeof *ids);
    w3d_bjson_value *values = (w3d_bjson_value *)calloc(OBJECTS * 6 + 1, sizeof *values);
    float *positions = (float *)malloc(VERTICES * 3 * sizeof *positions);
    char(*names)[16] = (char(*)[16])calloc(OBJECTS, sizeof *names);
    w3d_bjson_write_desc desc;
    need(ids && values && positions && names, "no memory");
    for (size_t i = 0; i < VERTICES * 3; i++) positions[i] = test_random_float(-10.0f, 10.0f);
    for (uint32_t i = 0; i < OBJECTS; i++) {
        w3d_bjson_value *v = values + i * 6;
        v[0] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, positions + i * 3);
        v[1] = w3d_bjson_vector("scale", W3D_BJSON_SUB_F32, 3, one);
        v[2] = w3d_bjson_reference("data", OBJECTS);
        v[3] = w3d_bjson_f64("mass", (double)(i % 1000) / 10.0);
        v[4] = w3d_bjson_i64("pass_index", i);
        v[5] = w3d_bjson_string("note", "made by a bench", 15);
        snprintf(names[i], sizeof names[i], "Cube.%04u", (unsigned)i);
        ids[i].name = names[i];
        ids[i].values = v;
        ids[i].value_count = 6;
    }
    values[OBJECTS * 6] =
        w3d_bjson_rows(w3d_bjson_large("position", W3D_BJSON_SUB_F32, positions, VERTICES), 3);
    ids[OBJECTS].name = "Mesh";
    ids[OBJECTS].type = W3D_BJSON_MESH;
    ids[OBJECTS].values = values + OBJECTS * 6;
    ids[OBJECTS].value_count = 1;
    memset(&desc, 0, sizeof desc);
    desc.ids = ids;
    desc.id_count = OBJECTS + 1;
    size_t scratch = 1 << 20;
    void *work = malloc(scratch);
    w3d_arena arena = w3d_arena_make(work, scratch);
    w3d_bjson_plan plan;
    need(w3d_bjson_write_size(&desc, &arena, &plan, NULL) == W3D_OK, "not measured");
    s->size = plan.size;
    s->bytes = (unsigned char *)malloc(plan.size);
    need(w3d_bjson_write(&plan, s->bytes, plan.size, NULL) == W3D_OK, "not written");
    need(w3d_bjson_read(s->bytes, s->size, &s->file, NULL) == W3D_OK, "not read");
    s->out_capacity = 32 << 20;
    s->text = (char *)malloc(s->out_capacity);
    s->out = (char *)malloc(s->out_capacity);
    need(s->text && s->out, "no memory");
    free(work);
    free(names);
    free(positions);
    free(values);
    free(ids);
}

static void scene_row(scene *s, const char *name, void (*ours)(void *))
{
    bench_row row;
    memset(&row, 0, sizeof row);
    row.name = name;
    row.unit = "MB/s";
    row.work = (double)s->text_size / 1e6;
    row.ours.run = ours;
    row.limit = side("memcpy", copy_json);
    row.user = s;
    bench_run(&row);
}

static void bench_scene(void)
{
    scene s;
    memset(&s, 0, sizeof s);
    make_scene(&s);
    for (s.base64 = 0; s.base64 < 2; s.base64++) {
        spell(&s);
        memcpy(s.text, s.out, s.text_size);
        scene_row(&s, s.base64 ? "BJSON to JSON, base64" : "BJSON to JSON", spell);
        scene_row(&s, s.base64 ? "JSON to BJSON, base64" : "JSON to BJSON", unspell);
        scene_row(&s, s.base64 ? "JSON read to nodes, base64" : "JSON read to nodes", read_json);
    }
    free(s.bytes);
    free(s.text);
    free(s.out);
}

void bench_json(void)
{
    bench_title("JSON: numbers, reading, writing");
    bench_numbers();
    bench_scene();
}
