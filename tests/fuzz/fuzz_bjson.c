/* fuzz_bjson.c - any bytes as a BJSON file: as they are, and with a header that is believed, so that
 * the fuzzer gets past the checksums; changed where they mean something (bjson_mutate.h). What is
 * accepted is read to its last byte, by all the ways there are, and loaded as a scene. */
#include "bjson_mutate.h"

#include "asset/asset_bjson.h"
#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"

#include <stdlib.h>
#include <string.h>

static volatile uint64_t fuzz_bjson_sum;

static void read_value(const w3d_bjson_view *view, int depth)
{
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    const char *key = NULL, *text = w3d_bjson_to_text(view, NULL);
    w3d_bjson_view item, again;
    float floats[3];
    double number;
    uint32_t row;
    uint64_t sum = 0;
    if (!bytes) __builtin_trap(); /* a checked file has no value outside it */
    for (uint64_t i = 0; i < view->length; i++) sum += bytes[i];
    if (view->tag == W3D_BJSON_STRING && !text) __builtin_trap();
    if (text) sum += strlen(text);
    sum += (uint64_t)w3d_bjson_to_f32(view, floats, 3) + (uint64_t)w3d_bjson_to_f64(view, &number);
    if (w3d_bjson_to_row(view, &row) && row != W3D_BJSON_NONE && row >= view->id->file->id_count)
        __builtin_trap();
    for (uint32_t i = 0; view->subtype == W3D_BJSON_SUB_REFERENCE && i < view->length / 4; i++) {
        row = w3d_bjson_row_at(view, i);
        if (row != W3D_BJSON_NONE && row >= view->id->file->id_count) __builtin_trap();
    }
    if (view->tag == W3D_BJSON_MAP || view->tag == W3D_BJSON_LIST) {
        if (depth > W3D_BJSON_DEPTH_LIMIT) __builtin_trap();
        for (uint32_t i = 0; i < view->count; i++) {
            if (!w3d_bjson_item(view, i, &key, &item)) __builtin_trap();
            if (view->tag == W3D_BJSON_MAP) {
                w3d_bjson_lookup lookup = w3d_bjson_lookup_make(view->id->file, key);
                uint32_t type = W3D_BJSON_TYPE(item.tag, item.subtype, item.n);
                if (!w3d_bjson_member(view, key, &again) || again.offset != item.offset)
                    __builtin_trap();
                if (!w3d_bjson_lookup_get(&lookup, view, &again) || again.offset != item.offset ||
                    again.length != item.length)
                    __builtin_trap();
                if (w3d_bjson_tag_is_inline(item.tag) &&
                    w3d_bjson_lookup_data(&lookup, view, type) != w3d_bjson_data(&item))
                    __builtin_trap();
            }
            read_value(&item, depth + 1);
        }
    }
    fuzz_bjson_sum += sum;
}

static void read_file(const unsigned char *bytes, size_t size)
{
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, NULL };
    w3d_result result = w3d_bjson_read(bytes, size, &file, &error);
    if (result != W3D_OK) {
        if (error.code != result || !error.text || error.offset > size) __builtin_trap();
        return;
    }
    for (uint32_t row = 0; row < file.id_count; row++) {
        w3d_bjson_id id;
        w3d_bjson_view properties;
        result = w3d_bjson_id_at(&file, row, &id);
        if (result == W3D_ERR_NOT_FOUND) continue;
        if (result != W3D_OK || !w3d_bjson_properties(&id, &properties)) __builtin_trap();
        if (w3d_bjson_find(&file, id.type, id.name) > row) __builtin_trap();
        read_value(&properties, 0);
    }
    w3d_bjson_id pseudo;
    w3d_bjson_view meta;
    w3d_bjson_chunk_view chunk;
    uint64_t end = W3D_BJSON_HEADER_SIZE;
    int has_meta = 0;
    memset(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(&file, &chunk)) {
        if (chunk.at != end) __builtin_trap();
        end = (chunk.payload + chunk.size + 15) & ~(uint64_t)15;
        has_meta |= chunk.kind == W3D_BJSON_CHUNK_META;
    }
    if (end != size || w3d_bjson_meta(&file, &pseudo, &meta) != has_meta) __builtin_trap();
    if (has_meta) read_value(&meta, 0);
    w3d_asset_scene scene;
    w3d_asset_bjson_load_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.bytes = bytes;
    desc.size = size;
    if (w3d_asset_bjson_load(&desc, &scene, &error) != W3D_OK) return;
    for (uint32_t m = 0; m < scene.mesh_count; m++) {
        const w3d_asset_mesh *mesh = &scene.meshes[m];
        uint32_t covered = 0;
        for (uint32_t i = 0; i < mesh->index_count; i++)
            if (mesh->indices[i] >= mesh->vertex_count) __builtin_trap();
        for (uint32_t i = 0; i < mesh->range_count; i++) covered += mesh->ranges[i].index_count;
        if (covered != mesh->index_count) __builtin_trap();
    }
    for (uint32_t i = 0; i < scene.object_count; i++)
        if (scene.objects[i].parent != W3D_ASSET_NONE && scene.objects[i].parent >= i)
            __builtin_trap();
    /* A scene read can be written, unless a name is too large for what it is. */
    w3d_asset_bjson again;
    if (w3d_asset_bjson_create(&scene, NULL, &again, NULL) == W3D_OK) {
        if (w3d_bjson_validate(again.bytes, again.size, NULL, NULL) != W3D_OK) __builtin_trap();
        w3d_asset_bjson_destroy(&again);
    }
    w3d_asset_scene_destroy(&scene);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)malloc(size ? size : 1);
    if (!bytes) return 0;
    if (size) memcpy(bytes, data, size);
    read_file(bytes, size);
    if (size >= 64) {
        size_t at = 0;
        bytes[12] &= W3D_BJSON_STREAMED | W3D_BJSON_CANONICAL;
        if (bytes[12] & W3D_BJSON_STREAMED && size >= 128) {
            unsigned char head[64];
            memset(bytes + 16, 0, 44);
            at = size - 64;
            w3d_store_u64(bytes + at + 16, size);
            memcpy(head, bytes, 16);
            memcpy(head + 16, bytes + at + 16, 44);
            w3d_store_u32(bytes + at + 60, w3d_crc32c(0, head, 60));
        } else {
            w3d_store_u64(bytes + 16, size);
        }
        w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
        read_file(bytes, size);
    }
    free(bytes);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return bjson_mutate(data, size, most, seed);
}
