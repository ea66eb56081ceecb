/* fuzz_ring.c - a ring whose other party is hostile: what is in the shared memory, at the beginning
 * and between any two calls, comes from the input. No call may leave the block, hang, or hand out
 * more than there is; the batches handed out are read and written to their last byte.
 *
 * Input: byte 0: kind (2 bits), log2 of the slots (3 bits), bytes of a slot / 16 - 1 (2 bits), and
 * in the top bit whether the next 1024 bytes are the memory as it is found. Then operations, a byte
 * each with what they need. */
#include "sync/ring.h"
#include "sync/ring_message.h"

#include <stdlib.h>
#include <string.h>

enum { FUZZ_ENDS = 3, FUZZ_MESSAGE = 4096 };

typedef struct fuzz_ring_input {
    const uint8_t *bytes;
    size_t size, used;
} fuzz_ring_input;

static uint32_t fuzz_ring_next(fuzz_ring_input *input, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        if (input->used < input->size) value |= (uint32_t)input->bytes[input->used++] << (8 * i);
    return value;
}

/* The slots of a batch lie in the block, and there are not more than the ring has. */
static void fuzz_ring_touch(const w3d_ring *ring, const w3d_ring_batch *batch, uint32_t want,
                            const unsigned char *memory, size_t size)
{
    if (!batch->count || batch->count > want || batch->count > ring->slots) __builtin_trap();
    if (batch->stride != ring->slot_bytes || batch->records < memory + 512) __builtin_trap();
    size_t offset = (size_t)(batch->records - memory);
    size_t length = (size_t)(batch->count - 1) * batch->stride + ring->record_bytes;
    if (offset > size || length > size - offset) __builtin_trap();
    for (uint32_t i = 0; i < batch->count; i++)
        for (uint32_t k = 0; k < ring->record_bytes; k++) batch->records[i * batch->stride + k]++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char bytes[FUZZ_MESSAGE];
    fuzz_ring_input input = { data, size, 0 };
    uint32_t shape = fuzz_ring_next(&input, 1);
    w3d_ring_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.kind = (w3d_ring_kind)((shape & 3u) % 3u);
    desc.slots = 2u << (shape >> 2 & 7u) % 5u;
    desc.slot_bytes = 16u * (1u + (shape >> 5 & 3u));
    desc.first = 0xFFFFFFF0u;
    size_t memory_size = shape & 0x80u ? 1024 : w3d_ring_memory_size(&desc);
    unsigned char *memory = (unsigned char *)malloc(memory_size);
    if (!memory) return 0;
    if (shape & 0x80u)
        for (size_t i = 0; i < memory_size; i++)
            memory[i] = (unsigned char)fuzz_ring_next(&input, 1);
    else
        w3d_ring_format(memory, memory_size, &desc);
    w3d_ring ends[FUZZ_ENDS];
    w3d_error error;
    for (int i = 0; i < FUZZ_ENDS; i++)
        if (w3d_ring_attach(&ends[i], memory, memory_size, &error) != W3D_OK) {
            if (!error.text || error.code == W3D_OK) __builtin_trap();
            free(memory);
            return 0;
        }
    while (input.used < input.size) {
        uint32_t op = fuzz_ring_next(&input, 1), want = 1u + (op >> 4);
        w3d_ring *ring = &ends[fuzz_ring_next(&input, 1) % FUZZ_ENDS];
        w3d_ring_batch batch;
        size_t length, got = 0;
        uint64_t timeout = op == 0xFF ? 1000 : 0;
        w3d_result result;
        switch (op & 15u) {
        case 0:
        case 1:
            if (w3d_ring_claim(ring, want, timeout, &batch) == W3D_OK)
                fuzz_ring_touch(ring, &batch, want, memory, memory_size);
            break;
        case 2: w3d_ring_publish(ring, want - 1u); break;
        case 3:
        case 4:
            if (w3d_ring_peek(ring, want, timeout, &batch) == W3D_OK) {
                fuzz_ring_touch(ring, &batch, want, memory, memory_size);
                for (uint32_t i = 0; i < want + 2u; i++)
                    if (w3d_ring_record_size(ring, i) > ring->record_bytes) __builtin_trap();
            }
            break;
        case 5: w3d_ring_consume(ring, want - 1u); break;
        case 6: w3d_ring_write(ring, bytes, op >> 4, timeout); break;
        case 7: w3d_ring_read(ring, bytes, op >> 4, timeout); break;
        case 8:
        case 9:
            length = fuzz_ring_next(&input, 2) % FUZZ_MESSAGE;
            w3d_ring_send(ring, bytes, length, timeout);
            break;
        case 10:
        case 11:
            length = op >> 4 ? FUZZ_MESSAGE : 64;
            result = w3d_ring_receive(ring, bytes, length, &got, timeout);
            if (result == W3D_OK && got > length) __builtin_trap();
            if (result == W3D_ERR_CAPACITY && got <= length) __builtin_trap();
            break;
        case 12: /* the hostile party: any word */
            length = fuzz_ring_next(&input, 2) % (memory_size / 4) * 4;
            got = fuzz_ring_next(&input, 4);
            memcpy(memory + length, &got, 4);
            break;
        case 13: { /* an index, a flag or a slot's first words, near what they were */
            static const uint16_t places[] = { 128, 256, 384, 388, 392, 400, 404, 512, 516 };
            uint32_t place = places[want % 9u], word;
            if (place >= 512)
                place += fuzz_ring_next(&input, 1) % (uint32_t)((memory_size - 512) / 16) * 16;
            memcpy(&word, memory + place, 4);
            word += (uint32_t)(int32_t)(int8_t)fuzz_ring_next(&input, 1);
            memcpy(memory + place, &word, 4);
            break;
        }
        case 14:
            if (op >> 4 == 7) w3d_ring_close(ring);
            if (w3d_ring_count(ring) > ring->slots) __builtin_trap();
            if (w3d_ring_stalled(ring) && ring->kind == W3D_RING_SPSC) __builtin_trap();
            if (w3d_ring_offer(ring, bytes, op >> 4) == W3D_ERR_BUSY && !w3d_ring_dropped(ring))
                if (memory[396]) __builtin_trap();
            break;
        default: w3d_ring_attach(ring, memory, memory_size, NULL); break;
        }
    }
    free(memory);
    return 0;
}
