/* diff.c - what changed from one file to another. */
#include "bjson_tool.h"

typedef struct diff_job {
    const w3d_bjson *before, *after;
    uint64_t changes;
} diff_job;

static void print_id(const diff_job *job, const w3d_bjson_change *change)
{
    w3d_bjson_id id;
    uint32_t row = change->row_after;
    const w3d_bjson *file = job->after;
    memset(&id, 0, sizeof id);
    if (row == W3D_BJSON_NONE || w3d_bjson_id_at(file, row, &id) != W3D_OK) {
        file = job->before;
        row = change->row_before;
        if (row == W3D_BJSON_NONE || w3d_bjson_id_at(file, row, &id) != W3D_OK) id.name = NULL;
    }
    printf("%8u  %-10s ", row, type_name(id.type));
    if (id.name)
        print_name(id.name, id.name_size);
    else
        printf("-");
}

/* Rows [first, first + count) of an array, as far as a vector can hold them. */
static void print_rows(const w3d_bjson_view *array, uint32_t first, uint32_t count)
{
    w3d_bjson_view part = *array;
    uint32_t n = array->tag == W3D_BJSON_VECTOR ? 1 : array->n;
    uint32_t row_size = n * w3d_bjson_subtype_size(array->subtype),
             most = W3D_BJSON_VECTOR_LIMIT / n;
    if (!part.id || !most || array->subtype == W3D_BJSON_SUB_REFERENCE) {
        printf("%u rows", count);
        return;
    }
    if (count < most) most = count;
    part.offset += (uint64_t)first * row_size;
    part.length = (uint64_t)most * row_size;
    part.tag = W3D_BJSON_VECTOR;
    part.n = most * n;
    part.count = 1;
    print_value(&part);
}

static w3d_result print_change(void *user, const w3d_bjson_change *change)
{
    diff_job *job = (diff_job *)user;
    char path[1024];
    char sign = '~';
    int added = 0, removed = 0, rows = 0;
    job->changes++;
    switch (change->kind) {
    case W3D_BJSON_CHANGE_VALUE_ADDED:
    case W3D_BJSON_CHANGE_ID_ADDED: added = 1; break;
    case W3D_BJSON_CHANGE_VALUE_REMOVED:
    case W3D_BJSON_CHANGE_ID_REMOVED: removed = 1; break;
    case W3D_BJSON_CHANGE_ROWS_ADDED: added = rows = 1; break;
    case W3D_BJSON_CHANGE_ROWS_REMOVED: removed = rows = 1; break;
    case W3D_BJSON_CHANGE_RANGE: rows = 1; break;
    default: break;
    }
    if (added) sign = '+';
    if (removed) sign = '-';
    if (change->kind == W3D_BJSON_CHANGE_CHUNK) {
        uint32_t kind =
            change->chunk_before.kind ? change->chunk_before.kind : change->chunk_after.kind;
        sign = !change->chunk_before.kind ? '+' : !change->chunk_after.kind ? '-' : '~';
        printf("%c %8s  %-10s \"%c%c%c%c\" %s -> %s bytes\n", sign, "-", "chunk",
               (int)(kind & 127u), (int)(kind >> 8 & 127u), (int)(kind >> 16 & 127u),
               (int)(kind >> 24 & 127u), grouped(change->chunk_before.size),
               grouped(change->chunk_after.size));
        return W3D_OK;
    }
    printf("%c ", sign);
    print_id(job, change);
    switch (change->kind) {
    case W3D_BJSON_CHANGE_ID_ADDED:
    case W3D_BJSON_CHANGE_ID_REMOVED: printf("\n"); return W3D_OK;
    case W3D_BJSON_CHANGE_NAME: {
        w3d_bjson_id old;
        printf("  (name)  ");
        if (w3d_bjson_id_at(job->before, change->row_before, &old) == W3D_OK)
            print_name(old.name, old.name_size);
        printf(" -> this\n");
        return W3D_OK;
    }
    case W3D_BJSON_CHANGE_TYPE: printf("  (type)\n"); return W3D_OK;
    case W3D_BJSON_CHANGE_TIME: printf("  (time)\n"); return W3D_OK;
    case W3D_BJSON_CHANGE_FLAGS: printf("  (flags)\n"); return W3D_OK;
    default: break;
    }
    if (w3d_bjson_change_path(change, path, sizeof path) > sizeof path)
        strcpy(path, "(a long path)");
    printf("  ");
    print_safe(path, strlen(path));
    if (rows)
        printf(change->count == 1 ? "[%u]" : "[%u..%u]", change->first,
               change->first + change->count - 1);
    printf("  ");
    if (!added) {
        if (rows)
            print_rows(&change->before, change->first, change->count);
        else
            print_value(&change->before);
    }
    if (!added && !removed) printf(" -> ");
    if (!removed) {
        if (rows)
            print_rows(&change->after, change->first, change->count);
        else
            print_value(&change->after);
    }
    printf("\n");
    return W3D_OK;
}

int command_diff(const options *o)
{
    input before, after;
    int status = TROUBLE;
    if (!open_file(o->words[0], &before)) return TROUBLE;
    if (open_file(o->words[1], &after)) {
        w3d_error error;
        w3d_bjson_diff_desc desc;
        diff_job job = { &before.file, &after.file, 0 };
        memset(&desc, 0, sizeof desc);
        desc.before = &before.file;
        desc.after = &after.file;
        desc.emit = print_change;
        desc.user = &job;
        desc.match = o->by_name ? W3D_BJSON_MATCH_NAME : W3D_BJSON_MATCH_ROW;
        desc.ignore_time = o->no_time;
        if (w3d_bjson_diff(&desc, &error) == W3D_OK)
            status = job.changes ? NO : YES;
        else
            status = bad_bytes(before.path, &error, "do not change files while they are compared");
        if (status == NO)
            printf("%s change%s\n", grouped(job.changes), job.changes == 1 ? "" : "s");
        close_input(&after);
    }
    close_input(&before);
    return status;
}
