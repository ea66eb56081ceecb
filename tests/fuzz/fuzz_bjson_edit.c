/* fuzz_bjson_edit.c - any bytes as a BJSON file; what is accepted gets a few changes, picked by its
 * own last bytes. The changed file must be accepted, and hold what the edit said it would: both are
 * written canonically and compared. */
#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_path.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"

#include <stdlib.h>
#include <string.h>

typedef struct fuzz_script {
    uint64_t state;
} fuzz_script;

static uint32_t pick(fuzz_script *s, uint32_t end)
{
    uint64_t z = (s->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)(((z ^ (z >> 31)) >> 32) * end >> 32);
}

/* The canonical file of a description; NULL where the writer refuses it. */
static unsigned char *write_out(const w3d_bjson_write_desc *desc, size_t *size)
{
    size_t room = w3d_bjson_write_scratch_size(desc);
    unsigned char *bytes = NULL;
    w3d_bjson_plan plan;
    void *memory = malloc(room);
    if (!memory) return NULL;
    w3d_arena arena = w3d_arena_make(memory, room);
    w3d_result result = w3d_bjson_write_size(desc, &arena, &plan, NULL);
    if (result == W3D_ERR_CAPACITY) __builtin_trap(); /* the bound is enough in any case */
    if (result == W3D_OK) {
        bytes = (unsigned char *)malloc(plan.size);
        *size = plan.size;
        if (bytes && w3d_bjson_write(&plan, bytes, plan.size, NULL) != W3D_OK) __builtin_trap();
    }
    free(memory);
    return bytes;
}

/* A walk to some value of the file; 0: its path is too long. */
static int find_path(fuzz_script *s, const w3d_bjson_id *id, char path[1024], w3d_bjson_view *view)
{
    size_t used = 0;
    path[0] = 0;
    if (!w3d_bjson_properties(id, view)) __builtin_trap();
    while (view->count && (view->tag == W3D_BJSON_MAP || view->tag == W3D_BJSON_LIST)) {
        const char *key;
        uint32_t index = pick(s, view->count);
        int is_map = view->tag == W3D_BJSON_MAP;
        w3d_bjson_view item;
        if (!w3d_bjson_item(view, index, &key, &item)) __builtin_trap();
        size_t size = is_map ? w3d_bjson_path_write_name(path + used, 1024 - used, key, strlen(key),
                                                         used == 0)
                             : w3d_bjson_path_write_index(path + used, 1024 - used, index);
        if (size >= 1000 - used) return 0;
        used += size;
        *view = item;
        if (pick(s, 4) == 0) break;
    }
    return 1;
}

static w3d_bjson_value some_value(fuzz_script *s, const w3d_bjson *file)
{
    static const float numbers[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    static w3d_bjson_value inner[2];
    switch (pick(s, 8)) {
    case 0: return w3d_bjson_bool(NULL, 1);
    case 1: return w3d_bjson_i64(NULL, (int64_t)pick(s, 1000));
    case 2: return w3d_bjson_f64(NULL, 0.5);
    case 3:
        return w3d_bjson_reference(NULL, file->id_count ? pick(s, file->id_count) : W3D_BJSON_NONE);
    case 4: return w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 1 + pick(s, 16), numbers);
    case 5: return w3d_bjson_string(NULL, "text of some length", pick(s, 20));
    case 6: return w3d_bjson_large(NULL, W3D_BJSON_SUB_F32, numbers, pick(s, 17));
    default:
        inner[0] = w3d_bjson_i64("b", 1);
        inner[1] = w3d_bjson_string("a", "xyz", 3);
        return w3d_bjson_map(NULL, inner, 2);
    }
}

static void change(fuzz_script *s, const w3d_bjson *file, w3d_bjson_edit *edit)
{
    uint32_t row = pick(s, w3d_bjson_edit_count(edit) + 1), kind = pick(s, 12);
    char path[1024];
    w3d_bjson_id id;
    w3d_bjson_view view;
    w3d_bjson_value value = some_value(s, file);
    if (kind == 0) {
        w3d_bjson_write_id made;
        memset(&made, 0, sizeof made);
        made.name = "appended";
        value.key = "key";
        made.values = &value;
        made.value_count = 1;
        w3d_bjson_edit_append(edit, &made, NULL);
        return;
    }
    if (row >= file->id_count || w3d_bjson_id_at(file, row, &id) != W3D_OK) return;
    if (!find_path(s, &id, path, &view)) return;
    size_t used = strlen(path);
    switch (kind) {
    case 1: w3d_bjson_edit_delete(edit, row); break;
    case 2: w3d_bjson_edit_rename(edit, row, pick(s, 2) ? "renamed" : "n"); break;
    case 3: w3d_bjson_edit_remove(edit, row, path); break;
    case 4: w3d_bjson_edit_touch(edit, row, 1); break;
    case 5:
        w3d_bjson_path_write_name(path + used, sizeof path - used, pick(s, 2) ? "new" : "abc", 3,
                                  used == 0);
        w3d_bjson_edit_set(edit, row, path, &value);
        break;
    case 6:
        w3d_bjson_path_write_index(path + used, sizeof path - used, pick(s, 4));
        w3d_bjson_edit_set(edit, row, path, &value);
        break;
    case 7: {
        w3d_bjson_edit_range range = { 0, 1, NULL };
        void *zeros = calloc(1, view.n * (size_t)8 + 8);
        range.elements = zeros;
        w3d_bjson_edit_set_range(edit, row, path, &range);
        free(zeros);
        break;
    }
    case 8: /* its own value again, read through the edit */
        if (w3d_bjson_edit_get(edit, row, path, &value) == W3D_OK)
            if (w3d_bjson_edit_set(edit, row, path, &value) != W3D_OK) __builtin_trap();
        break;
    default: w3d_bjson_edit_set(edit, row, path, &value);
    }
}

static void edit_file(const unsigned char *bytes, size_t size)
{
    w3d_bjson file, changed;
    w3d_bjson_edit_desc desc;
    w3d_bjson_edit *edit = NULL;
    uint64_t new_size = 0;
    fuzz_script s = { 0 };
    memset(&desc, 0, sizeof desc);
    if (w3d_bjson_read(bytes, size, &file, NULL) != W3D_OK) return;
    for (size_t i = size > 64 ? size - 64 : 0; i < size; i++) s.state = s.state * 257 + bytes[i];
    desc.file = &file;
    if (w3d_bjson_edit_create(&desc, &edit, NULL) != W3D_OK) return;
    for (uint32_t i = pick(&s, 8); i > 0; i--) change(&s, &file, edit);
    w3d_result result = w3d_bjson_edit_plan(edit, &new_size, NULL);
    if (result == W3D_OK) {
        unsigned char *grown = (unsigned char *)malloc((size_t)new_size);
        if (new_size < size || !grown) __builtin_trap();
        memcpy(grown, bytes, size);
        if (w3d_bjson_edit_apply(edit, grown, (size_t)new_size, NULL) != W3D_OK) __builtin_trap();
        if (w3d_bjson_read(grown, (size_t)new_size, &changed, NULL) != W3D_OK) __builtin_trap();
        size_t room = w3d_bjson_describe_file_size(&changed), sizes[2] = { 0, 0 };
        void *memory = malloc(room);
        w3d_arena arena = w3d_arena_make(memory, room);
        w3d_bjson_write_desc written, said;
        if (w3d_bjson_describe_file(&changed, &arena, &written) != W3D_OK) __builtin_trap();
        said = written;
        said.ids = NULL;
        said.describe = w3d_bjson_edit_describe;
        said.user = edit;
        unsigned char *a = write_out(&written, &sizes[0]), *b = write_out(&said, &sizes[1]);
        if (!a != !b || sizes[0] != sizes[1] || (a && memcmp(a, b, sizes[0]))) __builtin_trap();
        free(a);
        free(b);
        free(memory);
        free(grown);
    } else if (result != W3D_ERR_LIMIT && result != W3D_ERR_OUT_OF_MEMORY) {
        __builtin_trap();
    }
    w3d_bjson_edit_destroy(edit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)malloc(size ? size : 1);
    if (!bytes) return 0;
    if (size) memcpy(bytes, data, size);
    edit_file(bytes, size);
    if (size >= 64) { /* and with a header that is believed */
        bytes[12] &= W3D_BJSON_STREAMED | W3D_BJSON_CANONICAL;
        if (bytes[12] & W3D_BJSON_STREAMED && size >= 128) {
            unsigned char head[64];
            memset(bytes + 16, 0, 44);
            w3d_store_u64(bytes + size - 48, size);
            memcpy(head, bytes, 16);
            memcpy(head + 16, bytes + size - 48, 44);
            w3d_store_u32(bytes + size - 4, w3d_crc32c(0, head, 60));
        } else {
            w3d_store_u64(bytes + 16, size);
        }
        w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
        edit_file(bytes, size);
    }
    free(bytes);
    return 0;
}
