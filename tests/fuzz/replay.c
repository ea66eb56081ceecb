/* replay.c - a fuzz target without libFuzzer: replay FILE...
 *
 * Each file goes in whole, then cut at 100 places and with 100 single bytes changed, the same ones
 * every time. Inputs lie in blocks of exactly their size, so that a sanitizer sees one byte more. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long runs;

static void feed(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    runs++;
}

static int replay(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: cannot be opened\n", path);
        return 1;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    feed(bytes, size);
    uint64_t random = 1;
    for (int i = 0; i < 100 && size; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        feed(bytes, (size_t)(random >> 33) % size);
        uint8_t *byte = &bytes[(size_t)(random >> 13) % size], before = *byte;
        *byte = (uint8_t)(random >> 56);
        feed(bytes, size);
        *byte = before;
    }
    return 0;
}

int main(int count, char **arguments)
{
    int failed = 0;
    for (int i = 1; i < count; i++) failed |= replay(arguments[i]);
    printf("replayed %lu\n", runs);
    return failed || count < 2;
}
