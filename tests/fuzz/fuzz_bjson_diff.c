/* fuzz_bjson_diff.c - an input cut in two: its first two bytes are the size of the first file in
 * units of 16, the rest is the second. What both validators accept is compared both ways and merged
 * both ways; what comes out must be sound. A first file alone stands for both.
 *
 * The header of each part is made believable first, and checksums are switched off, so that changed
 * bytes get past them. */
#include "core/bytes.h"
#include "pack/crc32c.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_merge.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_validate.h"

#include <stdlib.h>
#include <string.h>

static volatile uint64_t fuzz_bjson_diff_sum;

static void touch(const w3d_bjson_view *view)
{
    if (!view->id) return;
    const unsigned char *bytes = (const unsigned char *)w3d_bjson_data(view);
    if (!bytes) __builtin_trap(); /* a value told lies in its file */
    for (uint64_t i = 0; i < view->length; i++) fuzz_bjson_diff_sum += bytes[i];
}

static w3d_result look(void *user, const w3d_bjson_change *change)
{
    char path[600];
    uint64_t *count = (uint64_t *)user;
    size_t size = w3d_bjson_change_path(change, path, sizeof path);
    if (size <= sizeof path && strlen(path) + 1 != size) __builtin_trap();
    if (change->kind > W3D_BJSON_CHANGE_CHUNK) __builtin_trap();
    touch(&change->before);
    touch(&change->after);
    ++*count;
    return *count < 100000 ? W3D_OK : W3D_ERR_LIMIT;
}

static uint64_t compare(const w3d_bjson *before, const w3d_bjson *after, w3d_bjson_match match)
{
    uint64_t count = 0;
    w3d_bjson_diff_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.before = before;
    desc.after = after;
    desc.emit = look;
    desc.user = &count;
    desc.match = match;
    w3d_result result = w3d_bjson_diff(&desc, NULL);
    if (result != W3D_OK && result != W3D_ERR_LIMIT) __builtin_trap();
    return count;
}

static void merge(const w3d_bjson *into, const w3d_bjson *from, const uint32_t *rows,
                  uint32_t row_count, int bits)
{
    w3d_bjson_merge_desc desc;
    w3d_bjson_merged merged;
    w3d_bjson file;
    w3d_error error = { W3D_OK, 0, NULL };
    memset(&desc, 0, sizeof desc);
    desc.into = into;
    desc.from = from;
    desc.rows = rows;
    desc.row_count = row_count;
    desc.closure = bits & 1;
    desc.rename = bits >> 1 & 1;
    desc.hash = bits >> 2 & 1;
    if (w3d_bjson_merge(&desc, &merged, &error) != W3D_OK) __builtin_trap();
    if (w3d_bjson_read(merged.bytes, (size_t)merged.size, &file, &error) != W3D_OK)
        __builtin_trap();
    if (file.id_count != merged.row_count) __builtin_trap();
    /* All of a file in an empty one, nothing cut, no name changed: the same by name. */
    if (!into && !rows && !merged.cut_count && !merged.renamed_count && bits == 0 &&
        compare(from, &file, W3D_BJSON_MATCH_NAME) > 0) {
        w3d_bjson_chunk_view chunk;
        int others = 0; /* other chunks stay behind, which is a change */
        memset(&chunk, 0, sizeof chunk);
        while (w3d_bjson_chunk_next(from, &chunk))
            others |= (chunk.kind & 0xFFu) >= 'a' && chunk.kind != W3D_BJSON_CHUNK_HOLE;
        if (!others) __builtin_trap();
    }
    if (into && compare(into, into, W3D_BJSON_MATCH_ROW)) __builtin_trap();
    if (desc.hash) {
        if (w3d_bjson_hash_set(merged.bytes, (size_t)merged.size) != W3D_OK) __builtin_trap();
        if (w3d_bjson_hash_check(&file) != W3D_OK) __builtin_trap();
    }
    w3d_bjson_merged_destroy(&merged);
}

/* A part in a block of its size, on 8, with a header that may be believed. */
static unsigned char *prepare(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)malloc(size ? size : 1);
    if (!bytes) return NULL;
    if (size) memcpy(bytes, data, size);
    if (size < 64) return bytes;
    bytes[12] &= W3D_BJSON_CANONICAL;
    w3d_store_u64(bytes + 16, size);
    w3d_store_u32(bytes + 60, w3d_crc32c(0, bytes, 60));
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) return 0;
    size_t first = 16u * (size_t)w3d_load_u16(data);
    int bits = data[2];
    uint32_t rows[2];
    data += 4;
    size -= 4;
    if (first > size) first = size;
    unsigned char *bytes[2];
    w3d_bjson files[2];
    bytes[0] = prepare(data, first);
    bytes[1] = prepare(data + first, size - first);
    w3d_result results[2];
    for (int i = 0; i < 2; i++)
        results[i] = bytes[i] ? w3d_bjson_read(bytes[i], i ? size - first : first, &files[i], NULL)
                              : W3D_ERR_OUT_OF_MEMORY;
    if (results[0] == W3D_OK) {
        const w3d_bjson *a = &files[0], *b = results[1] == W3D_OK ? &files[1] : a;
        if (compare(a, a, W3D_BJSON_MATCH_ROW) || compare(a, a, W3D_BJSON_MATCH_NAME))
            __builtin_trap();
        uint64_t there = compare(a, b, W3D_BJSON_MATCH_ROW);
        uint64_t back = compare(b, a, W3D_BJSON_MATCH_ROW);
        if (!there != !back) __builtin_trap();
        compare(a, b, W3D_BJSON_MATCH_NAME);
        merge(NULL, a, NULL, 0, 0);
        merge(a, b, NULL, 0, bits & 7);
        merge(b, a, NULL, 0, bits >> 3 & 7);
        if (a->id_count) {
            rows[0] = (uint32_t)data[0] % a->id_count;
            rows[1] = (uint32_t)bits % a->id_count;
            merge(NULL, a, rows, 2, bits & 7);
            merge(b, a, rows, 1, bits >> 3 & 7);
        }
    }
    free(bytes[0]);
    free(bytes[1]);
    return 0;
}
