/* demo_allocations.c - runs the demo's pipeline over a model again and again, failing the first,
 * second, third, ... allocation: each time it must say so, give no output, and free everything.
 *
 *     demo_allocations MODEL       exit 0: all is well
 */
#include "examples/demo/pipeline.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned char bytes[4 << 20];

int main(int argument_count, char **arguments)
{
    FILE *file = argument_count == 2 ? fopen(arguments[1], "rb") : NULL;
    if (!file) return 2;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);

    for (uint64_t failing = 1;; failing++) {
        w3d_allocator_counter counter;
        demo_job job;
        demo_result result;
        w3d_fill(&counter, 0, sizeof counter);
        w3d_fill(&job, 0, sizeof job);
        counter.fail_at = failing;
        w3d_allocator allocator = w3d_allocator_counting(&counter);
        job.bytes = bytes;
        job.size = size;
        job.width = 48;
        job.height = 32;
        job.allocator = &allocator;
        w3d_result code = demo_run(&job, &result);
        int is_done = counter.requests < failing;
        if (is_done ? code != W3D_OK
                    : code != W3D_ERR_OUT_OF_MEMORY || result.png || result.file.bytes) {
            printf("allocation %d failing: %s: %s\n", (int)failing, w3d_result_text(code),
                   result.error.text);
            return 1;
        }
        demo_release(&result);
        if (counter.live_blocks) {
            printf("allocation %d failing: %d blocks are not freed\n", (int)failing,
                   (int)counter.live_blocks);
            return 1;
        }
        if (is_done) {
            printf("%d allocations, each failed once\n", (int)failing - 1);
            return 0;
        }
    }
}
