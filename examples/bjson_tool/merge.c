/* merge.c - merge, extract. */
#include "bjson_tool.h"

static int report_merged(const options *o, const w3d_bjson_merged *merged)
{
    int status = write_block(o, merged->bytes, (size_t)merged->size);
    if (status != YES || !strcmp(o->out, "-")) return status;
    printf("%s: %s IDs, %s bytes", o->out, grouped(merged->row_count), grouped(merged->size));
    if (merged->renamed_count) printf(", %s renamed", grouped(merged->renamed_count));
    if (merged->cut_count)
        printf(", %s references to what is not there were cut", grouped(merged->cut_count));
    printf("\n");
    return YES;
}

int command_merge(const options *o)
{
    input into, from;
    w3d_bjson_merged merged, all;
    w3d_error error;
    int status = needs_out(o, "merge");
    if (status != YES || !open_file(o->words[0], &into)) return TROUBLE;
    memset(&all, 0, sizeof all);
    for (int i = 1; i < o->count && status == YES; i++) {
        w3d_bjson_merge_desc desc;
        w3d_bjson so_far = into.file;
        if (!open_file(o->words[i], &from)) {
            status = TROUBLE;
            break;
        }
        memset(&desc, 0, sizeof desc);
        if (all.bytes && w3d_bjson_read(all.bytes, (size_t)all.size, &so_far, &error) != W3D_OK)
            status = bad_bytes("the merged file", &error, "report this fault");
        desc.into = &so_far;
        desc.from = &from.file;
        desc.rename = o->rename;
        if (status == YES && w3d_bjson_merge(&desc, &merged, &error) == W3D_OK) {
            merged.renamed_count += all.renamed_count;
            merged.cut_count += all.cut_count;
            w3d_bjson_merged_destroy(&all);
            all = merged;
        } else if (status == YES)
            status = bad_bytes(from.path, &error, advice(error.code));
        close_input(&from);
    }
    if (status == YES) {
        w3d_file_unmap(&into.view);
        status = report_merged(o, &all);
    }
    w3d_bjson_merged_destroy(&all);
    close_input(&into);
    return status;
}

int command_extract(const options *o)
{
    input in;
    w3d_bjson_merge_desc desc;
    w3d_bjson_merged merged;
    w3d_error error;
    int status = needs_out(o, "extract");
    if (status != YES || !open_file(o->words[0], &in)) return TROUBLE;
    uint32_t *rows = (uint32_t *)allocate((size_t)o->count * sizeof(uint32_t));
    for (int i = 1; i < o->count && status == YES; i++) {
        int wrong;
        rows[i - 1] = find_id(&in, o->words[i], &wrong);
        if (rows[i - 1] == W3D_BJSON_NONE) status = wrong;
    }
    memset(&desc, 0, sizeof desc);
    desc.from = &in.file;
    desc.rows = rows;
    desc.row_count = (uint32_t)o->count - 1;
    desc.closure = !o->alone;
    if (status == YES) {
        if (w3d_bjson_merge(&desc, &merged, &error) == W3D_OK) {
            w3d_file_unmap(&in.view);
            status = report_merged(o, &merged);
            w3d_bjson_merged_destroy(&merged);
        } else
            status = bad_bytes(in.path, &error, advice(error.code));
    }
    free(rows);
    close_input(&in);
    return status;
}
