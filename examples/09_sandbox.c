/* 09_sandbox.c - a buffer on a whitelist: checks, a read-only window, page protection, and the log.
 *
 *     cc -I. examples/09_sandbox.c -o sandbox -pthread && ./sandbox
 */
#define _GNU_SOURCE
#define WASM3D_IMPLEMENTATION
#include "wasm3d.h"

#include <stdio.h>
#include <stdlib.h>

static const char *asked(w3d_sandbox *sandbox, const void *pointer, size_t size,
                         w3d_sandbox_access access)
{
    return w3d_result_text(w3d_sandbox_check(sandbox, pointer, size, access));
}

int main(void)
{
    size_t page = w3d_sandbox_page_size(), size = 0x20000;
    unsigned char *memory = (unsigned char *)calloc(1, size + page);
    unsigned char *block = memory + (page - (uintptr_t)memory % page) % page; /* whole pages */

    w3d_sandbox *sandbox;
    if (!memory || w3d_sandbox_create(NULL, &sandbox) != W3D_OK) return 1;

    w3d_sandbox_region mesh;
    w3d_sandbox_region_desc desc = {
        .address = block,
        .size = size,
        .tag = W3D_SANDBOX_TAG('m', 'e', 's', 'h'),
        .permission = W3D_SANDBOX_READ_WRITE,
        .not_poisoned = 1, /* we want to log the mistake below, not have ASan stop at it */
    };
    if (w3d_sandbox_register_region(sandbox, &desc, &mesh) != W3D_OK) return 1;
    w3d_sandbox_window(sandbox, mesh, 0x1000, 0x10000 - 0x1000, W3D_SANDBOX_READ);

    /* Asking. */
    printf("write at 0x0fff: %s\n", asked(sandbox, block + 0x0FFF, 1, W3D_SANDBOX_WRITE));
    printf("write at 0x1000: %s\n", asked(sandbox, block + 0x1000, 1, W3D_SANDBOX_WRITE));
    printf("read over the end: %s\n", asked(sandbox, block + size - 4, 8, W3D_SANDBOX_READ));

    /* Working through a view: every access is checked. */
    w3d_sandbox_view view;
    w3d_sandbox_view_desc part = { .region = mesh,
                                   .size = 0x1000,
                                   .access = W3D_SANDBOX_READ_WRITE };
    if (w3d_sandbox_view_make(sandbox, &part, &view) != W3D_OK) return 1;
    w3d_sandbox_store_f32(&view, 16, 2.5f);
    printf("the view holds %g, and behind its end %g\n", w3d_sandbox_load_f32(&view, 16),
           w3d_sandbox_load_f32(&view, 0x0FFE));

    /* Having the processor ask: code that knows nothing of all this is caught as well. */
    if (w3d_sandbox_protect(sandbox, mesh) == W3D_OK &&
        w3d_sandbox_install(sandbox, W3D_SANDBOX_CONTINUE) == W3D_OK) {
        ((volatile unsigned char *)block)[0x2345] = 7;
        printf("a stray write went through: %d\n", block[0x2345]);
    }

    /* What was seen. The numbers differ from run to run, and the last line is native. */
    w3d_sandbox_cursor cursor = { 0 };
    w3d_sandbox_record record;
    char line[W3D_SANDBOX_JSON_SIZE];
    while (w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK) {
        if (w3d_sandbox_audit_json(&record, line, sizeof line)) fputs(line, stdout);
        printf("  record %u: offset 0x%x\n", (unsigned)record.sequence,
               (unsigned)(record.address - record.region_begin));
    }
    w3d_sandbox_destroy(sandbox);
    free(memory);
    return 0;
}
