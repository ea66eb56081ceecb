/* fuzz_bjson_json.c - any bytes as JSON to make a BJSON file of, or as a BJSON file to spell.
 *
 * What from_json accepts is a valid canonical file, and comes back the same from its JSON, also
 * with base64 and pretty. A valid file's JSON is read back, and a second round changes nothing
 * more. The first byte chooses. */
#include "core/bytes.h"
#include "memory/allocator.h"
#include "pack/crc32c.h"
#include "scene/bjson_from_json.h"
#include "scene/bjson_to_json.h"

#include <stdlib.h>
#include <string.h>

/* A text or file in a block of exactly its size. */
typedef struct fuzz_block {
    unsigned char *bytes;
    size_t size;
} fuzz_block;

static fuzz_block spell(const fuzz_block *from, int base64, uint32_t indent)
{
    w3d_bjson file;
    w3d_bjson_to_json_desc desc;
    w3d_sink_buffer buffer = { NULL, 0, 0 };
    fuzz_block text;
    if (w3d_bjson_read(from->bytes, from->size, &file, NULL) != W3D_OK) __builtin_trap();
    memset(&desc, 0, sizeof desc);
    desc.file = &file;
    desc.sink = w3d_sink_to_buffer(&buffer);
    desc.base64 = base64;
    desc.indent = indent;
    if (w3d_bjson_to_json(&desc, NULL) != W3D_OK) __builtin_trap();
    text.size = buffer.size;
    text.bytes = (unsigned char *)malloc(buffer.size);
    if (!text.bytes) abort();
    buffer.bytes = text.bytes;
    buffer.capacity = text.size;
    buffer.size = 0;
    if (w3d_bjson_to_json(&desc, NULL) != W3D_OK || buffer.size != text.size) __builtin_trap();
    return text;
}

static w3d_result make(const unsigned char *text, size_t size, fuzz_block *file)
{
    w3d_bjson_from_json_desc desc;
    w3d_error error = { W3D_OK, 0, NULL };
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    desc.size = size;
    desc.memory_limit = size * 96 + 65536; /* the bound that is stated */
    w3d_result result = w3d_bjson_from_json(&desc, &file->bytes, &file->size, &error);
    if (result != W3D_OK && (error.code != result || !error.text || error.offset > size))
        __builtin_trap();
    if (result == W3D_ERR_LIMIT && !strcmp(error.text, "the memory limit is reached"))
        __builtin_trap();
    return result;
}

static void give_back(fuzz_block *block)
{
    w3d_allocator allocator = { NULL, NULL };
    w3d_allocator_resize(&allocator, block->bytes, block->size, 0);
}

static void must_equal(const fuzz_block *a, const fuzz_block *b)
{
    if (a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0) __builtin_trap();
}

/* 1 where a text has values of unknown tags: their bytes may hold NaNs that become canonical. */
static int has_unknown(const fuzz_block *text)
{
    for (size_t i = 0; i + 5 <= text->size; i++)
        if (memcmp(text->bytes + i, "$tag\"", 5) == 0) return 1;
    return 0;
}

/* A canonical file: each of its spellings gives it back. */
static void check_canonical(const fuzz_block *file)
{
    for (int way = 0; way < 3; way++) {
        fuzz_block text = spell(file, way == 1, way == 2 ? 3 : 0), back;
        if (make(text.bytes, text.size, &back) != W3D_OK) __builtin_trap();
        must_equal(file, &back);
        give_back(&back);
        free(text.bytes);
    }
}

/* A file that is valid, but may lie as no writer of ours would lay it. */
static void check_file(const unsigned char *bytes, size_t size)
{
    fuzz_block file = { NULL, 0 }, canonical;
    w3d_bjson open;
    file.bytes = (unsigned char *)malloc(size ? size : 1);
    file.size = size;
    if (!file.bytes) abort();
    memcpy(file.bytes, bytes, size);
    if (size >= W3D_BJSON_HEADER_SIZE) /* a header that is believed, so that more is looked at */
        w3d_store_u32(file.bytes + 60, w3d_crc32c(0, file.bytes, 60));
    if (w3d_bjson_read(file.bytes, size, &open, NULL) == W3D_OK) {
        fuzz_block text = spell(&file, 0, 0), again;
        if (make(text.bytes, text.size, &canonical) != W3D_OK) __builtin_trap();
        again = spell(&canonical, 0, 0);
        if (!has_unknown(&text)) must_equal(&text, &again);
        check_canonical(&canonical);
        give_back(&canonical);
        free(again.bytes);
        free(text.bytes);
    }
    free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_block file;
    if (size && data[0] == 0x89) {
        check_file(data, size);
        return 0;
    }
    if (make(data, size, &file) != W3D_OK) return 0;
    check_canonical(&file);
    give_back(&file);
    return 0;
}
