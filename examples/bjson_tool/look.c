/* look.c - info, list, get, validate. */
#include "bjson_tool.h"

static void info_chunks(const w3d_bjson *file)
{
    struct {
        uint32_t kind;
        uint64_t count, size;
    } kinds[64];
    int used = 0;
    w3d_bjson_chunk_view chunk;
    memset(&chunk, 0, sizeof chunk);
    while (w3d_bjson_chunk_next(file, &chunk)) {
        int i = 0;
        while (i < used && kinds[i].kind != chunk.kind) i++;
        if (i == used) {
            if (used == 64) continue; /* a file with more kinds is not worth a longer table */
            kinds[used].kind = chunk.kind;
            kinds[used].count = kinds[used].size = 0;
            used++;
        }
        kinds[i].count++;
        kinds[i].size += chunk.size;
    }
    printf("  %-12s %10s %16s\n", "chunks", "count", "bytes");
    for (int i = 0; i < used; i++) {
        char kind[5] = { 0 };
        for (int k = 0; k < 4; k++) {
            unsigned char c = (unsigned char)(kinds[i].kind >> 8 * k & 0xFFu);
            kind[k] = c >= 0x20 && c < 0x7F ? (char)c : '?';
        }
        printf("    %-10s %10s %16s\n", kind, grouped(kinds[i].count), grouped(kinds[i].size));
    }
}

static void info_types(const w3d_bjson *file)
{
    uint32_t counts[256] = { 0 }, deleted = 0, outside = 0;
    uint64_t sizes[256] = { 0 }, large[256] = { 0 };
    w3d_bjson_id id;
    for (uint32_t row = 0; row < file->id_count; row++) {
        w3d_result result = w3d_bjson_id_at(file, row, &id);
        if (result == W3D_OK) {
            counts[id.type & 255u]++;
            sizes[id.type & 255u] += id.size;
            large[id.type & 255u] += id.payload + id.size - id.large;
        } else if (id.flags & W3D_BJSON_EXTERNAL)
            outside++;
        else
            deleted++;
    }
    printf("  %-12s %10s %16s %16s\n", "IDs", grouped(file->id_count), "bytes", "large arrays");
    for (uint32_t type = 0; type < 256; type++)
        if (counts[type])
            printf("    %-10s %10s %16s %16s\n", type_name(type), grouped(counts[type]),
                   grouped(sizes[type]), grouped(large[type]));
    if (deleted) printf("    %-10s %10s\n", "(deleted)", grouped(deleted));
    if (outside) printf("    %-10s %10s\n", "(external)", grouped(outside));
}

int command_info(const options *o)
{
    int status = YES;
    for (int i = 0; i < o->count; i++) {
        input in;
        if (!open_file(o->words[i], &in)) {
            status = TROUBLE;
            continue;
        }
        const w3d_bjson *file = &in.file;
        w3d_bjson_chunk_view chunk;
        memset(&chunk, 0, sizeof chunk);
        printf("%s\n", in.path);
        printf("  %-12s %s bytes, format 2%s%s%s\n", "file", grouped(file->size),
               file->flags & W3D_BJSON_CANONICAL ? ", canonical" : "",
               file->flags & W3D_BJSON_STREAMED ? ", streamed" : "",
               file->flags & W3D_BJSON_CRC ? ", checksums (right)" : "");
        info_types(file);
        printf("  %-12s %10s %16s\n", "keys", grouped(file->key_count), grouped(file->keys_size));
        printf("  %-12s %10s %16s\n", "shapes", grouped(file->shape_count),
               grouped(file->shapes_size));
        info_chunks(file);
        printf("  %-12s %10s\n", "hash", seal_state(w3d_bjson_hash_check(file)));
        while (w3d_bjson_chunk_next(file, &chunk)) {
            if (chunk.kind != W3D_BJSON_FOURCC('s', 'i', 'g', 'n') || chunk.size < 8) continue;
            const unsigned char *payload = file->bytes + (size_t)chunk.payload;
            if (w3d_load_u32(payload))
                printf("  %-12s key %u (check it with: verify)\n", "signature",
                       w3d_load_u32(payload + 4));
            else
                printf("  %-12s room for one\n", "signature");
        }
        close_input(&in);
    }
    return status;
}

int command_list(const options *o)
{
    input in;
    if (!open_file(o->words[0], &in)) return TROUBLE;
    printf("%8s  %-10s %14s %6s %6s  %s\n", "row", "type", "bytes", "values", "refers", "name");
    for (uint32_t row = 0; row < in.file.id_count; row++) {
        w3d_bjson_id id;
        w3d_bjson_view map;
        if (w3d_bjson_id_at(&in.file, row, &id) == W3D_OK) {
            uint32_t count = w3d_bjson_properties(&id, &map) ? map.count : 0;
            printf("%8u  %-10s %14s %6u %6u  ", row, type_name(id.type), grouped(id.size), count,
                   id.reference_count);
            print_name(id.name, id.name_size);
            putchar('\n');
        } else
            printf("%8u  %-10s %14s %6s %6s  %s\n", row, type_name(id.type), "-", "-", "-",
                   id.flags & W3D_BJSON_EXTERNAL ? "(external)" : "(deleted)");
    }
    close_input(&in);
    return YES;
}

int command_validate(const options *o)
{
    int status = YES;
    for (int i = 0; i < o->count; i++) {
        input in;
        w3d_error error;
        if (!open_bytes(o->words[i], &in)) {
            status = TROUBLE;
            continue;
        }
        if (w3d_bjson_validate(in.bytes, in.size, NULL, &error) == W3D_OK)
            printf("%s: sound, %s bytes\n", in.path, grouped(in.size));
        else {
            printf("%s: byte %llu: %s (%s)\n  to do: %s\n", in.path,
                   (unsigned long long)error.offset, error.text, code_name(error.code),
                   advice(error.code));
            if (status == YES) status = NO;
        }
        close_input(&in);
    }
    return status;
}

int command_get(const options *o)
{
    input in;
    w3d_bjson_id id;
    w3d_bjson_view view;
    w3d_error error;
    int status;
    const char *path = o->count > 2 ? o->words[2] : "";
    if (!open_file(o->words[0], &in)) return TROUBLE;
    uint32_t row = find_id(&in, o->words[1], &status);
    if (row != W3D_BJSON_NONE) {
        status = NO;
        if (w3d_bjson_id_at(&in.file, row, &id) != W3D_OK)
            trouble("%s: row %u is deleted or outside this file", in.path, row);
        else if (w3d_bjson_path_find(&id, path, &view, &error) != W3D_OK)
            trouble("%s: row %u: %s at character %llu of %s\n  to do: see what there is with: "
                    "bjson_tool "
                    "get %s %u",
                    in.path, row,
                    error.code == W3D_ERR_NOT_FOUND ? "nothing by that name" : error.text,
                    (unsigned long long)error.offset, path, in.path, row);
        else
            status = write_json(o, &in, &view);
    }
    close_input(&in);
    return status;
}
