/* test_bjson_path.c - paths read, written, followed; every wrong one with the wrong byte. */
#include "scene/bjson_path.h"

#include "bjson_random.h"
#include "test.h"

static void steps_are_read(void)
{
    w3d_bjson_path path = w3d_bjson_path_make("a b[12].c[\"x.\\\"\\\\[\"][0][\"\"].\xC3\xA9");
    w3d_bjson_step step;
    char text[16];
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && w3d_bjson_step_is_name(&step));
    CHECK(step.at == 0 && step.size == 3 && w3d_bjson_step_compare(&step, "a b") == 0);
    CHECK(w3d_bjson_step_compare(&step, "a") > 0 && w3d_bjson_step_compare(&step, "a bc") < 0);
    CHECK(w3d_bjson_step_compare(&step, "a c") < 0 && w3d_bjson_step_compare(&step, "\xC3") < 0);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && !w3d_bjson_step_is_name(&step));
    CHECK(step.at == 3 && step.index == 12);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.at == 7);
    CHECK(w3d_bjson_step_copy(&step, text, sizeof text) == 2 && !strcmp(text, "c"));
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.at == 9 && step.escaped);
    CHECK(w3d_bjson_step_compare(&step, "x.\"\\[") == 0);
    memset(text, '#', sizeof text);
    CHECK(w3d_bjson_step_copy(&step, text, 5) == 6 && text[0] == '#');
    CHECK(w3d_bjson_step_copy(&step, text, 6) == 6 && !strcmp(text, "x.\"\\[") && text[6] == '#');
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.index == 0 && !step.text);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.size == 0 && step.text);
    CHECK(w3d_bjson_step_compare(&step, "") == 0 && w3d_bjson_step_compare(&step, "a") < 0);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK);
    CHECK(w3d_bjson_step_compare(&step, "\xC3\xA9") == 0);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_ERR_NOT_FOUND);
    path = w3d_bjson_path_make(NULL);
    CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_ERR_NOT_FOUND);
}

static void wrong_paths_say_where(void)
{
    static const struct {
        const char *text;
        size_t at;
        w3d_result result;
    } wrong[] = { { ".a", 0, W3D_ERR_FORMAT },
                  { "a.", 2, W3D_ERR_FORMAT },
                  { "a..b", 2, W3D_ERR_FORMAT },
                  { "a]", 1, W3D_ERR_FORMAT },
                  { "a\"", 1, W3D_ERR_FORMAT },
                  { "a[", 2, W3D_ERR_FORMAT },
                  { "a[]", 2, W3D_ERR_FORMAT },
                  { "a[-1]", 2, W3D_ERR_FORMAT },
                  { "a[01]", 2, W3D_ERR_FORMAT },
                  { "a[1", 3, W3D_ERR_FORMAT },
                  { "a[1 ]", 3, W3D_ERR_FORMAT },
                  { "a[1]b", 4, W3D_ERR_FORMAT },
                  { "a[\"b", 4, W3D_ERR_FORMAT },
                  { "a[\"b\"", 5, W3D_ERR_FORMAT },
                  { "a[\"b\\n\"]", 5, W3D_ERR_FORMAT },
                  { "a[\"b\\", 5, W3D_ERR_FORMAT },
                  { "a[\"b\"x]", 5, W3D_ERR_FORMAT },
                  { "a\tb", 1, W3D_ERR_FORMAT },
                  { "a\\b", 1, W3D_ERR_FORMAT },
                  { "[4294967295]", 1, W3D_ERR_LIMIT },
                  { "[99999999999999999999999]", 1, W3D_ERR_LIMIT } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        w3d_bjson_path path = w3d_bjson_path_make(wrong[i].text);
        w3d_bjson_step step;
        w3d_error error = { W3D_OK, 99, NULL };
        w3d_result result;
        do result = w3d_bjson_path_next(&path, &step, &error);
        while (result == W3D_OK);
        CHECK_MESSAGE(result == wrong[i].result && error.code == result &&
                          error.offset == wrong[i].at && error.text,
                      "%s: %d at %d", wrong[i].text, (int)result, (int)error.offset);
    }
}

/* Whatever name or index is written is read again, and fits what was said. */
static void steps_are_written(void)
{
    static const char alphabet[] = "ab.[]\"\\ \x01\x7F\xC3";
    for (int i = 0; i < 2000; i++) {
        char name[8], text[64];
        size_t size = test_random_below(7), used = 0, whole;
        for (size_t k = 0; k < size; k++) name[k] = alphabet[test_random_below(11)];
        name[size] = 0;
        uint32_t index = test_random_below(3) ? test_random_below(20) : 0xFFFFFFFEu;
        used += w3d_bjson_path_write_name(text, sizeof text, name, size, 1);
        used += w3d_bjson_path_write_index(text + used, sizeof text - used, index);
        used += w3d_bjson_path_write_name(text + used, sizeof text - used, name, size, 0);
        CHECK(used == strlen(text));
        w3d_bjson_path path = w3d_bjson_path_make(text);
        w3d_bjson_step step;
        CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.text);
        CHECK(step.text && w3d_bjson_step_compare(&step, name) == 0);
        CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.index == index);
        CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_OK && step.text);
        CHECK(step.text && w3d_bjson_step_compare(&step, name) == 0);
        CHECK(w3d_bjson_path_next(&path, &step, NULL) == W3D_ERR_NOT_FOUND);
        whole = w3d_bjson_path_write_name(NULL, 0, name, size, 0);
        memset(text, '#', sizeof text);
        CHECK(w3d_bjson_path_write_name(text, whole, name, size, 0) == whole && text[0] == '#');
        CHECK(w3d_bjson_path_write_name(text, whole + 1, name, size, 0) == whole && !text[whole]);
        CHECK(text[whole + 1] == '#');
        whole = w3d_bjson_path_write_index(NULL, 0, index);
        memset(text, '#', sizeof text);
        CHECK(w3d_bjson_path_write_index(text, whole, index) == whole && text[0] == '#');
        CHECK(w3d_bjson_path_write_index(text, whole + 1, index) == whole);
        CHECK(text[whole + 1] == '#');
    }
}

static void values_are_found(void)
{
    static const float location[3] = { 1, 2, 3 };
    static const uint32_t rows[2] = { 0, W3D_BJSON_NONE };
    static const uint16_t indices[6] = { 10, 11, 12, 13, 14, 15 };
    w3d_bjson_value inner[2], items[3], values[4];
    inner[0] = w3d_bjson_i64("odd.name", -7);
    inner[1] = w3d_bjson_array("rows", W3D_BJSON_SUB_REFERENCE, rows, 2);
    items[0] = w3d_bjson_vector(NULL, W3D_BJSON_SUB_F32, 3, location);
    items[1] = w3d_bjson_map(NULL, inner, 2);
    items[2] = w3d_bjson_null(NULL);
    values[0] = w3d_bjson_list("items", items, 3);
    values[1] = w3d_bjson_vector("location", W3D_BJSON_SUB_F32, 3, location);
    values[2] = w3d_bjson_rows(w3d_bjson_large("triangles", W3D_BJSON_SUB_U16, indices, 2), 3);
    values[3] = w3d_bjson_string("text", "abc", 3);
    w3d_bjson_write_id id;
    w3d_bjson_write_desc desc;
    memset(&id, 0, sizeof id);
    memset(&desc, 0, sizeof desc);
    id.values = values;
    id.value_count = 4;
    desc.ids = &id;
    desc.id_count = 1;
    size_t size = 0;
    w3d_result result;
    unsigned char *bytes = bjson_random_encode(&desc, &size, &result);
    w3d_bjson file;
    w3d_bjson_id found;
    w3d_bjson_view view;
    w3d_error error;
    float one = 0, three[3] = { 0, 0, 0 };
    int64_t number = 0;
    CHECK(bytes && w3d_bjson_read(bytes, size, &file, NULL) == W3D_OK);
    CHECK(w3d_bjson_id_at(&file, 0, &found) == W3D_OK);
    CHECK(w3d_bjson_path_find(&found, "", &view, NULL) == W3D_OK && view.tag == W3D_BJSON_MAP);
    CHECK(w3d_bjson_path_find(&found, "location[2]", &view, NULL) == W3D_OK);
    CHECK(w3d_bjson_to_f32(&view, &one, 1) && one == 3);
    CHECK(w3d_bjson_path_find(&found, "location[2][0]", &view, NULL) == W3D_OK && view.n == 1);
    CHECK(w3d_bjson_path_find(&found, "items[0][1]", &view, NULL) == W3D_OK);
    CHECK(w3d_bjson_to_f32(&view, &one, 1) && one == 2);
    CHECK(w3d_bjson_path_find(&found, "items[1][\"odd.name\"]", &view, NULL) == W3D_OK);
    CHECK(w3d_bjson_to_i64(&view, &number) && number == -7);
    CHECK(w3d_bjson_path_find(&found, "items[1].rows[0]", &view, NULL) == W3D_OK);
    CHECK(w3d_bjson_row_at(&view, 0) == 0 && w3d_bjson_row_at(&view, 1) == W3D_BJSON_NONE);
    CHECK(w3d_bjson_path_find(&found, "triangles[1]", &view, NULL) == W3D_OK && view.n == 3);
    CHECK(w3d_bjson_to_f32(&view, three, 3) && three[0] == 13 && three[2] == 15);
    CHECK(w3d_bjson_path_find(&found, "triangles[1][2]", &view, NULL) == W3D_OK && view.n == 1);
    CHECK(w3d_bjson_to_f32(&view, three, 1) && three[0] == 15);

    static const struct {
        const char *path;
        size_t at;
    } missing[] = { { "x", 0 },
                    { "items.a", 5 },
                    { "items[3]", 5 },
                    { "location[3]", 8 },
                    { "triangles[2]", 9 },
                    { "triangles[0][3]", 12 },
                    { "text[0]", 4 },
                    { "location.x", 8 },
                    { "items[2][0]", 8 },
                    { "[0]", 0 },
                    { "items[1].rows[0][1]", 16 } };
    w3d_bjson_view before = view;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        error.offset = 99;
        result = w3d_bjson_path_find(&found, missing[i].path, &view, &error);
        CHECK_MESSAGE(result == W3D_ERR_NOT_FOUND && error.offset == missing[i].at, "%s: %d at %d",
                      missing[i].path, (int)result, (int)error.offset);
        CHECK(!memcmp(&view, &before, sizeof view));
    }
    CHECK(w3d_bjson_path_find(&found, "items[1]x", &view, &error) == W3D_ERR_FORMAT);
    CHECK(error.offset == 8);
    free(bytes);
}

void test_bjson_path(void)
{
    RUN(steps_are_read);
    RUN(wrong_paths_say_where);
    RUN(steps_are_written);
    RUN(values_are_found);
}
