/* fuzz_json.c - any bytes as JSON: no crash, and what was read can be walked and read again. */
#include "scene/json.h"

#include <string.h>

static w3d_result open_text(const void *text, size_t size, w3d_json *json)
{
    w3d_json_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = size;
    desc.max_depth = 1000;
    w3d_error error;
    w3d_result result = w3d_json_open(&desc, json, &error);
    if (result != W3D_OK && (error.code != result || error.offset > size || !error.text))
        __builtin_trap();
    return result;
}

/* Each container's elements, by index and by iteration, number what its count says. */
static void walk(const w3d_json *json, uint32_t value)
{
    uint32_t steps = 0;
    size_t size;
    w3d_json_iterator each = w3d_json_each(json, value);
    while (w3d_json_next(json, &each)) {
        if (each.value <= value || each.value >= json->node_count || each.index != steps++)
            __builtin_trap();
        const char *key = w3d_json_string(json, each.key, &size);
        if (key && steps < 30 && w3d_json_member_sized(json, value, key, size) < each.value)
            __builtin_trap();
    }
    if (steps != w3d_json_count(json, value)) __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    w3d_json json, again;
    if (open_text(data, size, &json) != W3D_OK) return 0;
    for (uint32_t value = 0; value < json.node_count && value < 3000; value++) {
        size_t source_size;
        const char *source = w3d_json_source(&json, value, &source_size);
        if (value < 50) {
            if (open_text(source, source_size, &again) != W3D_OK) __builtin_trap();
            if (again.nodes[0].type != json.nodes[value].type) __builtin_trap();
            w3d_json_close(&again);
        }
        walk(&json, value);
    }
    w3d_json_close(&json);
    return 0;
}
