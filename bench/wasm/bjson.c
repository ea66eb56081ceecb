/* bjson.c - BJSON's check and walk for bench/wasm/bjson.mjs: the objects of bench_bjson.c alone.
 * Built natively it is a program that makes the same file, runs one of the two for as long as it is
 * told to, and prints the nanoseconds of a run: bjson validate|traverse MILLISECONDS. */
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"
#include "scene/bjson_write.h"

#include "../peers/scene.h"

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

enum { OBJECTS = 100000, ARENA = 2 << 20 };

typedef struct bench {
    scene_object objects[OBJECTS];
    char names[OBJECTS][16];
    w3d_bjson_value fields[SCENE_PROPERTIES];
    unsigned char arena[ARENA], file[OBJECTS * 256];
    size_t size;
} bench;

static w3d_result describe(void *user, uint32_t row, w3d_bjson_write_id *id)
{
    bench *b = (bench *)user;
    id->name = b->names[row];
    id->type = W3D_BJSON_OBJECT;
    id->values = b->fields;
    id->value_count = SCENE_PROPERTIES;
    id->record = &b->objects[row];
    return W3D_OK;
}

static void fill(bench *b)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        scene_object *o = &b->objects[i];
        w3d_fill(o, 0, sizeof *o);
        w3d_copy(b->names[i], "Object.", 7);
        for (uint32_t k = 0, n = i; k < 5; k++, n /= 10) b->names[i][11 - k] = (char)('0' + n % 10);
        b->names[i][12] = 0;
        o->parent = i ? (i - 1) / 2 : W3D_BJSON_NONE;
        o->mass = i;
        o->hide = i % 7 == 0;
        o->rotation_quaternion[0] = o->scale[0] = o->scale[1] = o->scale[2] = 1.0f;
        for (uint32_t k = 0; k < 16; k++)
            o->matrix_local[k] = k % 5 == 0 ? 1.0f : (float)(i % 1000 + k);
        for (int k = 0; k < 3; k++) o->location[k] = (float)i;
    }
    b->fields[0] = w3d_bjson_field("data", W3D_BJSON_REFERENCE, offsetof(scene_object, data));
    b->fields[1] = w3d_bjson_field("hide", W3D_BJSON_BOOL, offsetof(scene_object, hide));
    b->fields[2] =
        w3d_bjson_vector_field("location", W3D_BJSON_SUB_F32, 3, offsetof(scene_object, location));
    b->fields[3] = w3d_bjson_field("mass", W3D_BJSON_F64, offsetof(scene_object, mass));
    b->fields[4] = w3d_bjson_vector_field("matrix_local", W3D_BJSON_SUB_F32, 16,
                                          offsetof(scene_object, matrix_local));
    b->fields[5] = w3d_bjson_field("parent", W3D_BJSON_REFERENCE, offsetof(scene_object, parent));
    b->fields[6] = w3d_bjson_vector_field("rotation_quaternion", W3D_BJSON_SUB_F32, 4,
                                          offsetof(scene_object, rotation_quaternion));
    b->fields[7] =
        w3d_bjson_vector_field("scale", W3D_BJSON_SUB_F32, 3, offsetof(scene_object, scale));
}

size_t bench_size(void);
EXPORT(bench_size) size_t bench_size(void) { return sizeof(bench); }

/* Makes the file; gives its bytes, 0: it could not be made. */
size_t make(bench *b);
EXPORT(make) size_t make(bench *b)
{
    w3d_arena arena = w3d_arena_make(b->arena, ARENA);
    w3d_bjson_write_desc desc;
    w3d_bjson_plan plan;
    fill(b);
    w3d_fill(&desc, 0, sizeof desc);
    desc.id_count = OBJECTS;
    desc.describe = describe;
    desc.user = b;
    if (w3d_bjson_write_size(&desc, &arena, &plan, NULL) != W3D_OK || plan.size > sizeof b->file ||
        w3d_bjson_write(&plan, b->file, sizeof b->file, NULL) != W3D_OK)
        return 0;
    return b->size = (size_t)plan.size;
}

int validate(const bench *b);
EXPORT(validate) int validate(const bench *b)
{
    return w3d_bjson_validate(b->file, b->size, NULL, NULL) == W3D_OK;
}

#define FLOATS(n) W3D_BJSON_TYPE(W3D_BJSON_VECTOR, W3D_BJSON_SUB_F32, n)

/* Opens the file and adds up every property, as bench_bjson.c does; -1: one is missing. */
double traverse(const bench *b);
EXPORT(traverse) double traverse(const bench *b)
{
    static const char *const names[SCENE_PROPERTIES] = SCENE_NAMES;
    static const uint32_t types[SCENE_PROPERTIES] = { W3D_BJSON_REFERENCE, W3D_BJSON_BOOL,
                                                      FLOATS(3),           W3D_BJSON_F64,
                                                      FLOATS(16),          W3D_BJSON_REFERENCE,
                                                      FLOATS(4),           FLOATS(3) };
    w3d_bjson_lookup lookup[SCENE_PROPERTIES];
    w3d_bjson_record r;
    w3d_bjson file;
    double sum = 0;
    if (w3d_bjson_read(b->file, b->size, &file, NULL) != W3D_OK) return -1;
    for (int i = 0; i < SCENE_PROPERTIES; i++) lookup[i] = w3d_bjson_lookup_make(&file, names[i]);
    for (uint32_t row = 0; row < OBJECTS; row++) {
        const void *at[SCENE_PROPERTIES];
        if (!w3d_bjson_record_at(&file, row, &r)) return -1;
        for (int i = 0; i < SCENE_PROPERTIES; i++)
            if (!(at[i] = w3d_bjson_record_data(&r, &lookup[i], types[i]))) return -1;
        sum += w3d_bjson_record_name_size(&r) + (double)w3d_bjson_record_row(&r, at[SCENE_DATA]) +
               *(const uint8_t *)at[SCENE_HIDE] + *(const double *)at[SCENE_MASS] +
               (double)w3d_bjson_record_row(&r, at[SCENE_PARENT]);
        sum += scene_sum((const float *)at[SCENE_LOCATION], 3);
        sum += scene_sum((const float *)at[SCENE_MATRIX_LOCAL], 16);
        sum += scene_sum((const float *)at[SCENE_ROTATION_QUATERNION], 4);
        sum += scene_sum((const float *)at[SCENE_SCALE], 3);
    }
    return sum;
}

#if !defined(__wasm__)
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char **arguments)
{
    static bench b;
    int is_traverse = count > 1 && arguments[1][0] == 't';
    double best = 1e18, until, limit = count > 2 ? strtod(arguments[2], NULL) * 1e6 : 1e8;
    if (!make(&b) || traverse(&b) < 0) return 1;
    for (until = now() + limit; now() < until;) {
        volatile double kept;
        double began = now();
        kept = is_traverse ? traverse(&b) : (double)validate(&b);
        began = now() - began;
        (void)kept;
        if (began < best) best = began;
    }
    printf("%.0f\n", best);
    return 0;
}
#endif
