/* fuzz_gpu.c - bytes as calls of the GPU interface over two null devices: the checker must accept every
 * stream, only live handles may be used, and a switch must bring all back (tests/gpu_drive.h). */
#include "tests/gpu_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static drive d;
    if (!size) return 0;
    if (drive_run(&d, data + 1, size - 1, data[0] & 1)) return 0;
    fprintf(stderr, "%s\n", d.wrong);
    __builtin_trap();
}
