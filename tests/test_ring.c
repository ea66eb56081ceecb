/* test_ring.c - all kinds of rings on one thread and on several, wrapping, closing, damage,
 * messages. */
#include "test.h"

#include "sync/ring.h"
#include "sync/ring_message.h"

enum { KINDS = 3, STRESS = 50000, PARTIES = 4 };

/* Where the numbers begin: zero, and so that 2^32 is passed within a few records. */
static const uint32_t firsts[] = { 0, 0xFFFFFFFDu, 0x7FFFFFFEu };

static void *block_of(size_t size)
{
    unsigned char *raw = (unsigned char *)malloc(size + 256u);
    unsigned char *memory = raw + 128u - (uintptr_t)raw % 128u;
    memory[-1] = (unsigned char)(memory - raw);
    return memory;
}
static void block_free(void *memory)
{
    unsigned char *bytes = (unsigned char *)memory;
    free(bytes - bytes[-1]);
}

/* A formatted block with `count` ends attached. */
static void *open_ring(w3d_ring *ends, int count, int kind, uint32_t slot_bytes, uint32_t slots,
                       uint32_t first)
{
    w3d_ring_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.kind = (w3d_ring_kind)kind;
    desc.slot_bytes = slot_bytes;
    desc.slots = slots;
    desc.first = first;
    desc.schema = 77;
    size_t size = w3d_ring_memory_size(&desc);
    void *memory = block_of(size);
    memset(memory, 0xAB, size);
    CHECK(w3d_ring_format(memory, size, &desc) == W3D_OK);
    for (int i = 0; i < count; i++) CHECK(w3d_ring_attach(&ends[i], memory, size, NULL) == W3D_OK);
    return memory;
}

static uint32_t *word_of(void *memory, uint32_t offset)
{
    return (uint32_t *)(void *)((unsigned char *)memory + offset);
}

/* ---- the layout ---- */

static void layout(void)
{
    w3d_ring ring;
    for (int kind = 0; kind < KINDS; kind++) {
        uint32_t *words = (uint32_t *)open_ring(&ring, 1, kind, 48, 4, 0xFFFFFFFEu);
        CHECK(!memcmp(words, "W3RG", 4));
        CHECK(words[1] == (1u | (uint32_t)kind << 16) && words[2] == 48 && words[3] == 3);
        CHECK(words[4] == 512 && words[5] == 77 && words[6] == 512 + 4 * 48);
        for (uint32_t i = 7; i < 128; i++)
            CHECK_MESSAGE(words[i] == (i == 32 || i == 64 ? 0xFFFFFFFEu : 0), "word %u", i);
        CHECK(ring.schema == 77 && ring.slots == 4 && ring.slot_bytes == 48);
        CHECK(ring.record_bytes == (kind == W3D_RING_SPSC ? 48u : 40u));
        uint64_t value = 0x1122334455667788u, back = 0;
        CHECK(w3d_ring_write(&ring, &value, 8, 0) == W3D_OK);
        CHECK(words[32] == 0xFFFFFFFFu && words[64] == 0xFFFFFFFEu);
        const uint32_t *slot = words + 128 + 2 * 12; /* number 0xFFFFFFFE is slot 2 */
        if (kind != W3D_RING_SPSC) {
            CHECK(slot[0] == 0xFFFFFFFFu && slot[1] == 8);
            slot += 2;
        }
        CHECK(slot[0] == 0x55667788u && slot[1] == 0x11223344u);
        CHECK(w3d_ring_read(&ring, &back, 8, 0) == W3D_OK && back == value);
        CHECK(words[64] == 0xFFFFFFFFu);
        if (kind != W3D_RING_SPSC) CHECK(words[128 + 2 * 12] == 2);
        block_free(words);
    }
}

static void descs(void)
{
    w3d_ring_desc desc;
    memset(&desc, 0, sizeof desc);
    CHECK(w3d_ring_memory_size(NULL) == 512 + 65536 && w3d_ring_memory_size(&desc) == 512 + 65536);
    static const uint32_t wrong[][3] = { { 3, 64, 4 },
                                         { 0, 8, 4 },
                                         { 0, 24, 4 },
                                         { 0, 0x1000010u, 2 },
                                         { 0, 64, 1 },
                                         { 0, 64, 3 },
                                         { 0, 64, 0x2000000u },
                                         { 2, 256, 0x1000000u },
                                         { 1, 0x1000000u, 0x1000000u },
                                         { 0, 0xFFFFFFF0u, 2 } };
    unsigned char *memory = (unsigned char *)block_of(4096);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        desc.kind = (w3d_ring_kind)wrong[i][0];
        desc.slot_bytes = wrong[i][1];
        desc.slots = wrong[i][2];
        CHECK_MESSAGE(w3d_ring_memory_size(&desc) == 0, "desc %d", (int)i);
        CHECK(w3d_ring_format(memory, SIZE_MAX, &desc) == W3D_ERR_ARGUMENT);
    }
    memset(&desc, 0, sizeof desc);
    desc.slots = 8;
    CHECK(w3d_ring_format(NULL, 4096, &desc) == W3D_ERR_ARGUMENT);
    CHECK(w3d_ring_format(memory + 8, 4000, &desc) == W3D_ERR_ARGUMENT);
    memset(memory, 0x5A, 4096);
    CHECK(w3d_ring_format(memory, 512 + 511, &desc) == W3D_ERR_CAPACITY && memory[0] == 0x5A);
    CHECK(w3d_ring_format(memory, 512 + 512, &desc) == W3D_OK && memory[1024] == 0x5A);
    desc.slot_bytes = 128, desc.slots = 0x1000000u; /* 2 GiB and a bit: allowed, not made here */
    CHECK(w3d_ring_memory_size(&desc) == 0x80000200u);
    block_free(memory);
}

static void broken_headers(void)
{
    static const struct {
        uint32_t offset, value;
        w3d_result result;
    } wrong[] = {
        { 0, 0, W3D_ERR_FORMAT },
        { 0, 0x47523358, W3D_ERR_FORMAT },
        { 4, 2, W3D_ERR_UNSUPPORTED },
        { 4, 0, W3D_ERR_UNSUPPORTED },
        { 4, 0x00030001, W3D_ERR_UNSUPPORTED },
        { 4, 0xFFFF0001u, W3D_ERR_UNSUPPORTED },
        { 8, 0, W3D_ERR_FORMAT },
        { 8, 72, W3D_ERR_FORMAT },
        { 8, 80, W3D_ERR_FORMAT },
        { 8, 0xFFFFFFF0u, W3D_ERR_FORMAT },
        { 12, 0, W3D_ERR_FORMAT },
        { 12, 6, W3D_ERR_FORMAT },
        { 12, 15, W3D_ERR_FORMAT },
        { 12, 0xFFFFFFFFu, W3D_ERR_FORMAT },
        { 12, 0x7FFFFFFFu, W3D_ERR_FORMAT },
        { 16, 0, W3D_ERR_FORMAT },
        { 16, 496, W3D_ERR_FORMAT },
        { 16, 520, W3D_ERR_FORMAT },
        { 16, 528, W3D_ERR_FORMAT },
        { 16, 0xFFFFFFF0u, W3D_ERR_FORMAT },
        { 24, 1008, W3D_ERR_FORMAT },
        { 24, 0, W3D_ERR_FORMAT },
        { 24, 1040, W3D_ERR_TRUNCATED },
        { 24, 0xFFFFFFFFu, W3D_ERR_TRUNCATED },
        { 128, 9, W3D_ERR_FORMAT },
        { 256, 1, W3D_ERR_FORMAT },
    };
    w3d_ring ring, copy;
    unsigned char *memory = (unsigned char *)open_ring(&ring, 1, W3D_RING_SPSC, 64, 8, 0);
    copy = ring;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint32_t *word = word_of(memory, wrong[i].offset), right = *word;
        w3d_error error = { W3D_OK, 0, NULL };
        *word = wrong[i].value;
        w3d_result result = w3d_ring_attach(&ring, memory, 1024, &error);
        CHECK_MESSAGE(result == wrong[i].result, "case %d: %d", (int)i, (int)result);
        CHECK(error.code == result && error.text && error.offset <= 256);
        *word = right;
    }
    CHECK(w3d_ring_attach(&ring, memory, 1023, NULL) == W3D_ERR_TRUNCATED);
    CHECK(w3d_ring_attach(&ring, memory, 511, NULL) == W3D_ERR_TRUNCATED);
    CHECK(w3d_ring_attach(&ring, memory, 0, NULL) == W3D_ERR_TRUNCATED);
    CHECK(w3d_ring_attach(&ring, memory + 4, 1024, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_ring_attach(&ring, NULL, 1024, NULL) == W3D_ERR_ARGUMENT);
    CHECK(w3d_ring_attach(NULL, memory, 1024, NULL) == W3D_ERR_ARGUMENT);
    CHECK(!memcmp(&ring, &copy, sizeof ring)); /* untouched by all of these */
    /* A larger block, and slots further back, are fine. */
    CHECK(w3d_ring_attach(&ring, memory, SIZE_MAX, NULL) == W3D_OK);
    *word_of(memory, 12) = 3, *word_of(memory, 16) = 768;
    CHECK(w3d_ring_attach(&ring, memory, 1024, NULL) == W3D_OK && ring.data == memory + 768);
    *word_of(memory, 4) = 1u | 2u << 16; /* a message under way may be ahead in the multi kinds */
    *word_of(memory, 128) = 500;
    CHECK(w3d_ring_attach(&ring, memory, 1024, NULL) == W3D_OK && w3d_ring_count(&ring) == 4);
    *word_of(memory, 256) = 501;
    CHECK(w3d_ring_attach(&ring, memory, 1024, NULL) == W3D_ERR_FORMAT);
    block_free(memory);
}

/* ---- one thread ---- */

static void single_records(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int f = 0; f < 3; f++) {
            w3d_ring ends[2];
            void *memory = open_ring(ends, 2, kind, 16, 4, firsts[f]);
            uint64_t value = 0, next_in = 1, next_out = 1;
            w3d_result nothing = W3D_ERR_BUSY;
            CHECK(w3d_ring_read(&ends[1], &value, 8, 0) == nothing && value == 0);
            if (w3d_thread_can_block()) nothing = W3D_ERR_TIMEOUT;
            CHECK(w3d_ring_read(&ends[1], &value, 8, 1) == nothing);
            CHECK(w3d_ring_read(&ends[1], &value, 8, 2000000) == nothing);
            for (int round = 0; round < 40; round++) {
                uint32_t in = test_random_below(6), out = test_random_below(6);
                for (; in; in--) {
                    int room = next_in - next_out < 4;
                    w3d_result result = w3d_ring_write(&ends[0], &next_in, 8, 0);
                    CHECK(result == (room ? W3D_OK : W3D_ERR_BUSY));
                    next_in += (uint64_t)room;
                    CHECK(w3d_ring_count(&ends[1]) == next_in - next_out);
                }
                for (; out; out--) {
                    int any = next_out < next_in;
                    w3d_result result = w3d_ring_read(&ends[1], &value, 8, 0);
                    CHECK(result == (any ? W3D_OK : W3D_ERR_BUSY) && (!any || value == next_out));
                    next_out += (uint64_t)any;
                }
            }
            for (; next_in - next_out < 4; next_in++)
                CHECK(w3d_ring_write(&ends[0], &next_in, 8, 0) == W3D_OK);
            CHECK(w3d_ring_write(&ends[0], &next_in, 8, 1000) == nothing);
            CHECK(*word_of(memory, 384) == 0 &&
                  *word_of(memory, 388) == 0); /* no flag is left up */
            block_free(memory);
        }
}

/* Random batches against a queue that is only two counters: record n holds n. */
static void batches(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int f = 0; f < 3; f++) {
            w3d_ring ends[2];
            void *memory = open_ring(ends, 2, kind, 32, 8, firsts[f]);
            uint64_t in = 0, out = 0;
            int wrapped = 0;
            for (int round = 0; round < 400; round++) {
                w3d_ring_batch batch, again;
                uint32_t want = 1 + test_random_below(10);
                w3d_result result = w3d_ring_claim(&ends[0], want, 0, &batch);
                if (result == W3D_OK) {
                    CHECK(batch.count >= 1 && batch.count <= want && batch.count <= 8);
                    CHECK(batch.stride == 32 && (uintptr_t)batch.records % 8 == 0);
                    wrapped += batch.count < want;
                    for (uint32_t i = 0; i < batch.count; i++) {
                        uint64_t value = in + i;
                        memcpy(batch.records + i * batch.stride, &value, 8);
                        memset(batch.records + i * batch.stride + 8, 0x11,
                               ends[0].record_bytes - 8);
                    }
                    CHECK(w3d_ring_claim(&ends[0], want, 0, &again) == W3D_OK);
                    CHECK(!memcmp(&batch, &again, sizeof batch));
                    CHECK(w3d_ring_publish(&ends[0], batch.count + 1) == W3D_ERR_ARGUMENT);
                    uint32_t count = test_random_below(batch.count + 1);
                    CHECK(w3d_ring_publish(&ends[0], count) == W3D_OK);
                    CHECK(w3d_ring_publish(&ends[0], 1) == W3D_ERR_ARGUMENT);
                    in += count;
                } else {
                    CHECK(result == W3D_ERR_BUSY);
                }
                want = 1 + test_random_below(10);
                result = w3d_ring_peek(&ends[1], want, 0, &batch);
                CHECK(result == (in == out ? W3D_ERR_BUSY : W3D_OK));
                if (result != W3D_OK) continue;
                CHECK(batch.count >= 1 && batch.count <= want && batch.count <= in - out);
                CHECK(w3d_ring_record_size(&ends[1], batch.count - 1) == ends[1].record_bytes);
                if (kind != W3D_RING_MPMC) { /* where an end may hold more than it now asks for */
                    CHECK(w3d_ring_record_size(&ends[1], batch.count) == 0);
                    CHECK(w3d_ring_consume(&ends[1], batch.count + 1) == W3D_ERR_ARGUMENT);
                }
                for (uint32_t i = 0; i < batch.count; i++) {
                    uint64_t value;
                    memcpy(&value, batch.records + i * batch.stride, 8);
                    CHECK(value == out + i);
                    CHECK(batch.records[i * batch.stride + ends[1].record_bytes - 1] == 0x11);
                }
                uint32_t count = test_random_below(batch.count + 1);
                CHECK(w3d_ring_consume(&ends[1], count) == W3D_OK);
                out += count;
            }
            CHECK(wrapped > 10 && out > 100);
            block_free(memory);
        }
}

/* A batch ends where the block ends, and covers the whole ring where it may. */
static void batch_bounds(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        w3d_ring ends[2];
        w3d_ring_batch batch;
        void *memory = open_ring(ends, 2, kind, 16, 8, 6);
        CHECK(w3d_ring_claim(&ends[0], 100, 0, &batch) == W3D_OK && batch.count == 2);
        CHECK(w3d_ring_publish(&ends[0], 2) == W3D_OK);
        CHECK(w3d_ring_claim(&ends[0], 100, 0, &batch) == W3D_OK && batch.count == 6);
        CHECK(w3d_ring_publish(&ends[0], 6) == W3D_OK);
        CHECK(w3d_ring_claim(&ends[0], 1, 0, &batch) == W3D_ERR_BUSY);
        CHECK(w3d_ring_peek(&ends[1], 100, 0, &batch) == W3D_OK && batch.count == 2);
        CHECK(w3d_ring_consume(&ends[1], 2) == W3D_OK);
        CHECK(w3d_ring_peek(&ends[1], 100, 0, &batch) == W3D_OK && batch.count == 6);
        CHECK(w3d_ring_consume(&ends[1], 6) == W3D_OK);
        CHECK(w3d_ring_claim(&ends[0], UINT32_MAX, 0, &batch) == W3D_OK && batch.count == 2);
        CHECK(w3d_ring_publish(&ends[0], 0) == W3D_OK);
        CHECK(w3d_ring_peek(&ends[1], 1, 0, &batch) == W3D_ERR_BUSY);
        block_free(memory);
    }
}

static void lengths(void)
{
    for (int kind = W3D_RING_MPSC; kind < KINDS; kind++) {
        w3d_ring ring;
        w3d_ring_batch batch;
        unsigned char bytes[41], zero[41] = { 0 };
        void *memory = open_ring(&ring, 1, kind, 48, 4, 0);
        memset(bytes, 0xEE, sizeof bytes);
        CHECK(w3d_ring_write(&ring, bytes, 40, 0) == W3D_OK);
        CHECK(w3d_ring_write(&ring, bytes, 5, 0) == W3D_OK);
        CHECK(w3d_ring_write(&ring, NULL, 0, 0) == W3D_OK);
        CHECK(w3d_ring_write(&ring, bytes, 41, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_peek(&ring, 3, 0, &batch) == W3D_OK && batch.count == 3);
        CHECK(w3d_ring_record_size(&ring, 0) == 40 && w3d_ring_record_size(&ring, 1) == 5);
        CHECK(w3d_ring_record_size(&ring, 2) == 0);
        CHECK(w3d_ring_read(&ring, bytes, 40, 0) == W3D_ERR_ARGUMENT); /* while peeked */
        CHECK(w3d_ring_consume(&ring, 1) == W3D_OK);
        CHECK(w3d_ring_record_size(&ring, 0) == 5);
        CHECK(w3d_ring_consume(&ring, 2) == W3D_OK);
        CHECK(w3d_ring_write(&ring, bytes, 5, 0) == W3D_OK);
        CHECK(w3d_ring_read(&ring, bytes, 40, 0) == W3D_OK);
        CHECK(bytes[4] == 0xEE && !memcmp(bytes + 5, zero, 35)); /* nothing of the older record */
        CHECK(w3d_ring_write(&ring, bytes, 40, 0) == W3D_OK);
        CHECK(w3d_ring_read(&ring, zero, 3, 0) == W3D_OK && zero[2] == 0xEE && zero[3] == 0);
        block_free(memory);
    }
}

static void arguments(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        w3d_ring ring;
        w3d_ring_batch batch;
        uint64_t value[3] = { 0, 0, 0 };
        size_t size;
        void *memory = open_ring(&ring, 1, kind, 16, 4, 0);
        CHECK(w3d_ring_claim(&ring, 0, 0, &batch) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_claim(&ring, 1, 0, NULL) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_claim(NULL, 1, 0, &batch) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_peek(&ring, 0, 0, &batch) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_peek(&ring, 1, 0, NULL) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_publish(&ring, 1) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_consume(&ring, 1) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_write(&ring, NULL, 8, 0) == W3D_ERR_ARGUMENT || kind == W3D_RING_SPSC);
        CHECK(w3d_ring_write(&ring, value, 17, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_read(&ring, value, 17, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_send(&ring, NULL, 1, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_send(&ring, value, W3D_RING_MESSAGE_LIMIT + 1u, 0) == W3D_ERR_LIMIT);
        CHECK(w3d_ring_receive(&ring, value, 8, NULL, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_receive(&ring, NULL, 8, &size, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_claim(&ring, 2, 0, &batch) == W3D_OK);
        CHECK(w3d_ring_write(&ring, value, 8, 0) == W3D_ERR_ARGUMENT); /* while claimed */
        CHECK(w3d_ring_send(&ring, value, 8, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_publish(&ring, 2) == W3D_OK);
        CHECK(w3d_ring_peek(&ring, 2, 0, &batch) == W3D_OK);
        CHECK(w3d_ring_receive(&ring, value, 8, &size, 0) == W3D_ERR_ARGUMENT);
        block_free(memory);
    }
}

static void closing(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        w3d_ring ends[2];
        w3d_ring_batch batch;
        uint64_t value = 0;
        size_t size;
        void *memory = open_ring(ends, 2, kind, 16, 4, 0xFFFFFFFFu);
        for (uint64_t i = 1; i < 4; i++) CHECK(w3d_ring_write(&ends[0], &i, 8, 0) == W3D_OK);
        CHECK(w3d_ring_claim(&ends[0], 1, 0, &batch) == W3D_OK);
        memset(batch.records, 0, 8);
        CHECK(!w3d_ring_closed(&ends[0]));
        w3d_ring_close(&ends[1]); /* either side may */
        w3d_ring_close(&ends[0]);
        CHECK(w3d_ring_closed(&ends[0]) && w3d_ring_closed(&ends[1]));
        CHECK(w3d_ring_publish(&ends[0], 1) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_claim(&ends[0], 1, W3D_FOREVER, &batch) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_write(&ends[0], &value, 8, W3D_FOREVER) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_send(&ends[0], &value, 8, W3D_FOREVER) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_offer(&ends[0], &value, 8) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_dropped(&ends[0]) == 0);
        for (uint64_t i = 1; i < 5; i++) {
            CHECK(w3d_ring_read(&ends[1], &value, 8, W3D_FOREVER) == W3D_OK);
            CHECK(value == (i < 4 ? i : 0));
        }
        CHECK(w3d_ring_read(&ends[1], &value, 8, W3D_FOREVER) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_peek(&ends[1], 1, 0, &batch) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_receive(&ends[1], &value, 8, &size, W3D_FOREVER) == W3D_ERR_CLOSED);
        block_free(memory);
    }
}

static void dropping(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        w3d_ring ring;
        uint32_t value = 9;
        void *memory = open_ring(&ring, 1, kind, 16, 2, 0);
        for (int i = 0; i < 5; i++)
            CHECK(w3d_ring_offer(&ring, &value, 4) == (i < 2 ? W3D_OK : W3D_ERR_BUSY));
        CHECK(w3d_ring_dropped(&ring) == 3);
        w3d_ring_drop(&ring, 10);
        CHECK(w3d_ring_dropped(&ring) == 13 && *word_of(memory, 396) == 13);
        CHECK(w3d_ring_offer(&ring, &value, 17) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_dropped(&ring) == 13);
        block_free(memory);
    }
}

/* Several ends of one ring; and ends that are gone. */
static void parties(void)
{
    w3d_ring ends[PARTIES];
    w3d_ring_batch batch, other;
    uint64_t value = 0;
    /* SPSC: a successor goes on where the one before had published and consumed. */
    void *memory = open_ring(ends, 2, W3D_RING_SPSC, 16, 8, 0);
    for (uint64_t i = 0; i < 3; i++) CHECK(w3d_ring_write(&ends[0], &i, 8, 0) == W3D_OK);
    CHECK(w3d_ring_claim(&ends[0], 2, 0, &batch) == W3D_OK); /* and is gone */
    CHECK(w3d_ring_read(&ends[1], &value, 8, 0) == W3D_OK);
    CHECK(w3d_ring_peek(&ends[1], 2, 0, &batch) == W3D_OK && batch.count == 2); /* gone too */
    CHECK(w3d_ring_attach(&ends[2], memory, 1024, NULL) == W3D_OK);
    value = 3;
    CHECK(w3d_ring_write(&ends[2], &value, 8, 0) == W3D_OK);
    for (uint64_t i = 1; i < 4; i++)
        CHECK(w3d_ring_read(&ends[2], &value, 8, 0) == W3D_OK && value == i);
    CHECK(!w3d_ring_stalled(&ends[2]));
    block_free(memory);
    /* MPMC: two consumers hold different batches; what is left of one is nobody else's. */
    memory = open_ring(ends, 3, W3D_RING_MPMC, 16, 8, 0xFFFFFFFCu);
    for (uint64_t i = 0; i < 8; i++) CHECK(w3d_ring_write(&ends[0], &i, 8, 0) == W3D_OK);
    CHECK(w3d_ring_peek(&ends[1], 3, 0, &batch) == W3D_OK && batch.count == 3);
    CHECK(w3d_ring_peek(&ends[2], 3, 0, &other) == W3D_OK && other.count == 1);
    memcpy(&value, other.records, 8);
    CHECK(value == 3 && w3d_ring_consume(&ends[2], 1) == W3D_OK);
    CHECK(w3d_ring_consume(&ends[1], 1) == W3D_OK);
    CHECK(w3d_ring_peek(&ends[1], 8, 0, &batch) == W3D_OK && batch.count == 2);
    memcpy(&value, batch.records, 8);
    CHECK(value == 1);
    /* The slot of 1 is held: so the ring is full at 2 more, one being free. */
    CHECK(w3d_ring_write(&ends[0], &value, 8, 0) == W3D_OK);
    CHECK(w3d_ring_write(&ends[0], &value, 8, 0) == W3D_ERR_BUSY && w3d_ring_stalled(&ends[0]));
    CHECK(w3d_ring_consume(&ends[1], 2) == W3D_OK && !w3d_ring_stalled(&ends[0]));
    block_free(memory);
    /* A producer that has claimed and is gone blocks readers, is found out, and is closed. */
    for (int kind = W3D_RING_MPSC; kind < KINDS; kind++) {
        memory = open_ring(ends, 3, kind, 16, 8, 0);
        CHECK(!w3d_ring_stalled(&ends[1]));
        CHECK(w3d_ring_claim(&ends[0], 1, 0, &batch) == W3D_OK);
        CHECK(w3d_ring_write(&ends[2], &value, 8, 0) == W3D_OK);
        CHECK(w3d_ring_read(&ends[1], &value, 8, 0) == W3D_ERR_BUSY);
        CHECK(w3d_ring_read(&ends[1], &value, 8, 10000) != W3D_OK && w3d_ring_stalled(&ends[1]));
        w3d_ring_close(&ends[1]);
        CHECK(w3d_ring_read(&ends[1], &value, 8, W3D_FOREVER) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_write(&ends[2], &value, 8, 0) == W3D_ERR_CLOSED);
        block_free(memory);
    }
}

/* ---- damage ---- */

static void damage(void)
{
    w3d_ring ring;
    w3d_ring_batch batch;
    unsigned char bytes[64] = { 0 };
    size_t size = 99;
    void *memory = open_ring(&ring, 1, W3D_RING_SPSC, 16, 4, 0);
    *word_of(memory, 128) = 5; /* head - tail above the slots there are */
    CHECK(w3d_ring_read(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
    CHECK(w3d_ring_peek(&ring, 9, W3D_FOREVER, &batch) == W3D_ERR_DAMAGED);
    CHECK(w3d_ring_receive(&ring, bytes, 64, &size, W3D_FOREVER) == W3D_ERR_DAMAGED);
    *word_of(memory, 128) = 0xFFFFFFFFu;
    CHECK(w3d_ring_peek(&ring, 9, W3D_FOREVER, &batch) == W3D_ERR_DAMAGED);
    for (int i = 0; i < 4; i++) CHECK(w3d_ring_write(&ring, bytes, 8, 0) == W3D_OK);
    *word_of(memory, 256) = 5;
    CHECK(w3d_ring_write(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
    *word_of(memory, 256) = 0xFFFFFFFFu;
    CHECK(w3d_ring_claim(&ring, 1, W3D_FOREVER, &batch) == W3D_ERR_DAMAGED);
    CHECK(w3d_ring_send(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
    block_free(memory);
    /* The shape of the ring, changed after attaching, changes nothing. */
    memory = open_ring(&ring, 1, W3D_RING_SPSC, 16, 4, 0);
    memset(memory, 0xFF, 32);
    for (int i = 0; i < 9; i++) {
        CHECK(w3d_ring_write(&ring, bytes, 16, 0) == W3D_OK);
        CHECK(w3d_ring_read(&ring, bytes, 16, 0) == W3D_OK);
    }
    block_free(memory);
    for (int kind = W3D_RING_MPSC; kind < KINDS; kind++) {
        memory = open_ring(&ring, 1, kind, 16, 4, 0);
        uint32_t *slot = word_of(memory, 512);
        slot[0] = 1000; /* a sequence number ahead, while head and tail stand still */
        CHECK(w3d_ring_write(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
        CHECK(w3d_ring_send(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
        CHECK(w3d_ring_read(&ring, bytes, 8, W3D_FOREVER) == W3D_ERR_DAMAGED);
        CHECK(w3d_ring_receive(&ring, bytes, 8, &size, W3D_FOREVER) == W3D_ERR_DAMAGED);
        static const uint32_t tags[] = { 9, 0x0FFFFFFFu, 0x20000008u, 0x40000000u, 0xFFFFFFFFu };
        for (int i = 0; i < 5; i++) {
            slot[0] = 1, slot[1] = tags[i];
            CHECK(w3d_ring_peek(&ring, 2, W3D_FOREVER, &batch) == W3D_ERR_DAMAGED);
            CHECK(w3d_ring_receive(&ring, bytes, 8, &size, 0) ==
                  (i < 2 ? W3D_ERR_FORMAT : W3D_ERR_DAMAGED));
        }
        CHECK(size == 99);
        /* A length that grows while the slot is peeked stays inside of it. */
        slot[1] = 8;
        CHECK(w3d_ring_peek(&ring, 2, 0, &batch) == W3D_OK && batch.count == 1);
        slot[1] = 0xFFFFFFFFu;
        CHECK(w3d_ring_record_size(&ring, 0) == 8);
        block_free(memory);
        /* Slots that are to be skipped without end: the call comes back. */
        memory = open_ring(&ring, 1, kind, 16, 2, 0);
        for (uint32_t i = 0; i < 2; i++)
            word_of(memory, 512)[i * 4] = i + 1, word_of(memory, 512)[i * 4 + 1] = 3u << 28;
        CHECK(w3d_ring_read(&ring, bytes, 8, 0) == W3D_ERR_BUSY && ring.tail == 2);
        block_free(memory);
    }
    /* Messages that say what cannot be. */
    static const uint32_t headers[][3] = {
        { 0x534D3357u, 0xFFFFFFFFu, 1 },        { 0x534D3357u, 8, 1 },
        { 0x534D3357u, 8, 0xFFFFFFFFu },        { 0x534D3357u, 0, 2 },
        { 0x534D3357u, 0x1000001u, 0x100002u }, { 0, 8, 2 }
    };
    for (int i = 0; i < 6; i++) {
        memory = open_ring(&ring, 1, W3D_RING_SPSC, 16, 4, 0);
        CHECK(w3d_ring_write(&ring, headers[i], 12, 0) == W3D_OK);
        CHECK(w3d_ring_receive(&ring, bytes, 64, &size, W3D_FOREVER) ==
              (i == 5 ? W3D_ERR_FORMAT : W3D_ERR_DAMAGED));
        CHECK(w3d_ring_read(&ring, bytes, 16, 0) == W3D_OK); /* it was not consumed */
        block_free(memory);
    }
    for (int i = 0; i < 5; i++) {
        memory = open_ring(&ring, 1, W3D_RING_MPMC, 32, 4, 0);
        uint32_t *slot = word_of(memory, 512);
        CHECK(w3d_ring_send(&ring, bytes, 40, 0) == W3D_OK);
        if (i == 0) slot[1] = 1u << 28 | 0x1000001u; /* above the limit */
        if (i == 1) slot[1] = 1u << 28 | 24;         /* one slot taken: the second is left over */
        if (i == 2) slot[8 + 1] = 2u << 28 | 15;     /* a later slot with the wrong length */
        if (i == 3) slot[8] = 77;                    /* ... sequence number */
        if (i == 4) slot[8 + 1] = 16;                /* ... tag */
        if (i == 1) CHECK(w3d_ring_receive(&ring, bytes, 64, &size, 0) == W3D_OK && size == 24);
        CHECK(w3d_ring_receive(&ring, bytes, 64, &size, W3D_FOREVER) == W3D_ERR_DAMAGED);
        block_free(memory);
    }
}

/* ---- messages ---- */

static unsigned char pattern(size_t i, uint32_t seed)
{
    return (unsigned char)((i * 2654435761u + seed * 977u) >> 7);
}

/* Through a ring much too small for it: both sides come back busy and go on. */
static void messages(void)
{
    static const uint32_t sizes[] = {
        0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 100, 257, 1000
    };
    static unsigned char in[1000], out[1000];
    for (int kind = 0; kind < KINDS; kind++)
        for (uint32_t slot_bytes = 16; slot_bytes <= 48; slot_bytes += 16)
            for (uint32_t slots = 2; slots <= 16; slots *= 8) {
                w3d_ring ends[2];
                void *memory = open_ring(ends, 2, kind, slot_bytes, slots, 0xFFFFFFF0u);
                for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                    uint32_t size = sizes[i];
                    size_t got = 12345;
                    for (uint32_t k = 0; k < size; k++) in[k] = pattern(k, i);
                    memset(out, 0, sizeof out);
                    w3d_result sent = W3D_ERR_BUSY, received = W3D_ERR_BUSY;
                    for (int turn = 0; turn < 1000 && received == W3D_ERR_BUSY; turn++) {
                        if (sent == W3D_ERR_BUSY) sent = w3d_ring_send(&ends[0], in, size, 0);
                        CHECK(sent == W3D_OK || (sent == W3D_ERR_BUSY && size));
                        if (sent == W3D_ERR_BUSY) {
                            CHECK(w3d_ring_write(&ends[0], in, 1, 0) == W3D_ERR_ARGUMENT);
                            CHECK(w3d_ring_send(&ends[0], in, size - 1, 0) == W3D_ERR_ARGUMENT);
                        }
                        if (size && turn == 0) {
                            CHECK(w3d_ring_receive(&ends[1], out, size - 1, &got, 0) ==
                                  W3D_ERR_CAPACITY);
                            CHECK(got == size && out[0] == 0);
                        }
                        received = w3d_ring_receive(&ends[1], out, size, &got, 0);
                        if (received == W3D_ERR_BUSY)
                            CHECK(w3d_ring_read(&ends[1], out, 1, 0) == W3D_ERR_ARGUMENT);
                    }
                    CHECK_MESSAGE(sent == W3D_OK && received == W3D_OK && got == size,
                                  "kind %d slot %u slots %u size %u: %d %d", kind, slot_bytes,
                                  slots, size, (int)sent, (int)received);
                    CHECK_BYTES(in, out, size);
                    uint64_t record = i; /* between the messages, a record */
                    CHECK(w3d_ring_write(&ends[0], &record, 8, 0) == W3D_OK);
                    CHECK(w3d_ring_read(&ends[1], &record, 8, 0) == W3D_OK && record == i);
                }
                block_free(memory);
            }
}

/* Two senders and two receivers take turns in the middle of their messages. */
static void messages_interleaved(void)
{
    for (int kind = W3D_RING_MPSC; kind < KINDS; kind++) {
        w3d_ring ends[4];
        unsigned char in[2][300], out[2][300];
        w3d_ring_batch batch;
        w3d_result sent[2] = { W3D_ERR_BUSY, W3D_ERR_BUSY };
        w3d_result received[2] = { W3D_ERR_BUSY, W3D_ERR_BUSY };
        size_t size[2] = { 0, 0 };
        uint32_t consumers = kind == W3D_RING_MPMC ? 2 : 1;
        void *memory = open_ring(ends, 4, kind, 32, 4, 0xFFFFFFFEu);
        for (size_t i = 0; i < 300; i++) in[0][i] = pattern(i, 1), in[1][i] = pattern(i, 2);
        for (int turn = 0; turn < 500; turn++) {
            uint32_t s = test_random_below(2), r = test_random_below(consumers);
            if (sent[s] == W3D_ERR_BUSY) sent[s] = w3d_ring_send(&ends[s], in[s], 200 + s * 100, 0);
            CHECK(w3d_ring_peek(&ends[2 + r], 1, 0, &batch) != W3D_OK);
            if (received[r] == W3D_ERR_BUSY)
                received[r] = w3d_ring_receive(&ends[2 + r], out[r], 300, &size[r], 0);
            if (consumers == 1 && received[0] == W3D_OK && received[1] != W3D_OK) {
                memcpy(out[1], out[0], 300); /* the one consumer takes both */
                received[1] = W3D_OK, size[1] = size[0];
                received[0] = W3D_ERR_BUSY;
            }
        }
        for (int r = 0; r < 2; r++) {
            CHECK(sent[r] == W3D_OK && received[r] == W3D_OK);
            CHECK(size[r] == 200 || size[r] == 300);
            CHECK_BYTES(out[r], in[size[r] == 300], size[r]);
        }
        CHECK(size[0] != size[1]);
        block_free(memory);
    }
}

static void messages_and_records(void)
{
    for (int kind = W3D_RING_MPSC; kind < KINDS; kind++) {
        w3d_ring ends[2];
        w3d_ring_batch batch;
        unsigned char bytes[64] = { 0 };
        size_t size;
        void *memory = open_ring(ends, 2, kind, 32, 8, 0);
        CHECK(w3d_ring_write(&ends[0], bytes, 8, 0) == W3D_OK);
        CHECK(w3d_ring_send(&ends[0], bytes, 50, 0) == W3D_OK);
        CHECK(w3d_ring_write(&ends[0], bytes, 8, 0) == W3D_OK);
        CHECK(w3d_ring_receive(&ends[1], bytes, 64, &size, 0) == W3D_ERR_FORMAT);
        CHECK(w3d_ring_peek(&ends[1], 9, 0, &batch) == W3D_OK && batch.count == 1);
        CHECK(w3d_ring_consume(&ends[1], 1) == W3D_OK);
        CHECK(w3d_ring_peek(&ends[1], 9, 0, &batch) == W3D_ERR_FORMAT);
        CHECK(w3d_ring_read(&ends[1], bytes, 8, 0) == W3D_ERR_FORMAT);
        CHECK(w3d_ring_receive(&ends[1], bytes, 64, &size, 0) == W3D_OK && size == 50);
        CHECK(w3d_ring_read(&ends[1], bytes, 8, 0) == W3D_OK);
        /* Slots given back unused lie before a message: they are passed over. */
        CHECK(w3d_ring_claim(&ends[0], 2, 0, &batch) == W3D_OK);
        CHECK(w3d_ring_publish(&ends[0], 0) == W3D_OK);
        CHECK(w3d_ring_send(&ends[0], bytes, 3, 0) == W3D_OK);
        CHECK(w3d_ring_receive(&ends[1], bytes, 64, &size, 0) == W3D_OK && size == 3);
        block_free(memory);
    }
}

/* A sender that closes, or is gone, in mid-message. */
static void messages_cut(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        w3d_ring ends[2];
        unsigned char bytes[200] = { 0 };
        size_t size;
        void *memory = open_ring(ends, 2, kind, 16, 4, 0);
        CHECK(w3d_ring_send(&ends[0], bytes, 200, 0) == W3D_ERR_BUSY);
        CHECK(w3d_ring_receive(&ends[1], bytes, 200, &size, 0) == W3D_ERR_BUSY);
        CHECK(w3d_ring_receive(&ends[1], bytes, 199, &size, 0) == W3D_ERR_ARGUMENT);
        CHECK(w3d_ring_receive(&ends[1], bytes, 200, &size, 1000) != W3D_OK);
        CHECK(w3d_ring_stalled(&ends[1]) == (kind != W3D_RING_SPSC));
        w3d_ring_close(&ends[0]);
        CHECK(w3d_ring_send(&ends[0], bytes, 200, W3D_FOREVER) == W3D_ERR_CLOSED);
        CHECK(w3d_ring_receive(&ends[1], bytes, 200, &size, W3D_FOREVER) == W3D_ERR_CLOSED);
        block_free(memory);
    }
}

/* ---- several threads ---- */

typedef struct party {
    w3d_ring ring;
    w3d_thread thread;
    uint32_t id, count, batch, failures;
    uint32_t seen[PARTIES]; /* consumers: records of each producer        */
    uint32_t next[PARTIES]; /* ... and the least number the next may have */
    size_t size;
    w3d_result result;
} party;

typedef struct record {
    uint32_t producer, number, check, zero;
} record;

static uint32_t mix(uint32_t producer, uint32_t number)
{
    return (number ^ producer << 28) * 2654435761u ^ number >> 3;
}

/* Every call waits for ever; where a thread may not wait, it comes back busy: asked again. */
#define PATIENTLY(result, call)                                                                    \
    while (((result) = (call)) == W3D_ERR_BUSY) w3d_thread_yield()

static void produce(void *user)
{
    party *self = (party *)user;
    for (uint32_t number = 0; number < self->count;) {
        record item = { self->id, number, mix(self->id, number), 0 };
        w3d_ring_batch batch;
        if (!self->batch) {
            PATIENTLY(self->result, w3d_ring_write(&self->ring, &item, sizeof item, W3D_FOREVER));
            number++;
        } else {
            PATIENTLY(self->result,
                      w3d_ring_claim(&self->ring, 1 + number % self->batch, W3D_FOREVER, &batch));
            uint32_t most = self->result == W3D_OK ? batch.count : 0;
            if (most > self->count - number) most = self->count - number;
            for (uint32_t i = 0; i < most; i++, number++) {
                item.number = number;
                item.check = mix(self->id, number);
                memcpy(batch.records + i * batch.stride, &item, sizeof item);
            }
            if (most) self->result = w3d_ring_publish(&self->ring, most);
        }
        if (self->result != W3D_OK) return;
    }
}

static void take(party *self, const unsigned char *bytes)
{
    record item;
    memcpy(&item, bytes, sizeof item);
    if (item.producer >= PARTIES || item.check != mix(item.producer, item.number) ||
        item.number < self->next[item.producer]) {
        self->failures++;
        return;
    }
    self->next[item.producer] = item.number + 1;
    self->seen[item.producer]++;
}

static void consume(void *user)
{
    party *self = (party *)user;
    unsigned char bytes[sizeof(record)];
    for (;;) {
        w3d_ring_batch batch;
        if (!self->batch) {
            PATIENTLY(self->result, w3d_ring_read(&self->ring, bytes, sizeof bytes, W3D_FOREVER));
            if (self->result != W3D_OK) return;
            take(self, bytes);
        } else {
            PATIENTLY(self->result, w3d_ring_peek(&self->ring, self->batch, W3D_FOREVER, &batch));
            if (self->result != W3D_OK) return;
            for (uint32_t i = 0; i < batch.count; i++) take(self, batch.records + i * batch.stride);
            self->result = w3d_ring_consume(&self->ring, batch.count);
        }
    }
}

/* `producers` and `consumers` threads exchange STRESS records each way; 0 where there are no
 * threads. */
static int exchange(int kind, uint32_t producers, uint32_t consumers, uint32_t slots,
                    uint32_t batch, uint32_t count)
{
    static party from[PARTIES], to[PARTIES];
    w3d_ring end;
    int threads = 1;
    void *memory = open_ring(&end, 1, kind, 32, slots, 0xFFFFFF00u);
    memset(from, 0, sizeof from);
    memset(to, 0, sizeof to);
    for (uint32_t i = 0; i < consumers; i++) {
        to[i].ring = end;
        to[i].batch = batch;
        threads = threads && w3d_thread_start(&to[i].thread, consume, &to[i], NULL) == W3D_OK;
    }
    for (uint32_t i = 0; i < producers; i++) {
        from[i].ring = end;
        from[i].batch = batch;
        from[i].id = i;
        from[i].count = count;
        threads = threads && w3d_thread_start(&from[i].thread, produce, &from[i], NULL) == W3D_OK;
    }
    for (uint32_t i = 0; i < producers; i++) CHECK(w3d_thread_join(&from[i].thread) == W3D_OK);
    w3d_ring_close(&end);
    for (uint32_t i = 0; i < consumers; i++) CHECK(w3d_thread_join(&to[i].thread) == W3D_OK);
    for (uint32_t i = 0; i < producers && threads; i++) {
        uint32_t seen = 0;
        for (uint32_t c = 0; c < consumers; c++) seen += to[c].seen[i];
        CHECK_MESSAGE(seen == count && from[i].result == W3D_OK,
                      "kind %d, %u slots, batch %u: %u of %u arrive", kind, slots, batch, seen,
                      count);
    }
    for (uint32_t c = 0; c < consumers && threads; c++)
        CHECK(to[c].failures == 0 && to[c].result == W3D_ERR_CLOSED);
    CHECK(*word_of(memory, 384) == 0 && *word_of(memory, 388) == 0);
    block_free(memory);
    return threads;
}

static void threads_spsc(void)
{
    if (!exchange(W3D_RING_SPSC, 1, 1, 64, 0, 4 * STRESS)) return;
    exchange(W3D_RING_SPSC, 1, 1, 64, 7, 4 * STRESS);
    exchange(W3D_RING_SPSC, 1, 1, 2, 0, STRESS / 4); /* both sides sleep all the time */
    exchange(W3D_RING_SPSC, 1, 1, 2, 2, STRESS / 4);
}

static void threads_mpsc(void)
{
    if (!exchange(W3D_RING_MPSC, 2, 1, 64, 0, STRESS)) return;
    exchange(W3D_RING_MPSC, 3, 1, 16, 5, STRESS);
    exchange(W3D_RING_MPSC, 2, 1, 2, 0, STRESS / 8);
}

static void threads_mpmc(void)
{
    if (!exchange(W3D_RING_MPMC, 2, 2, 64, 0, STRESS)) return;
    exchange(W3D_RING_MPMC, 2, 2, 16, 5, STRESS);
    exchange(W3D_RING_MPMC, 3, 3, 2, 0, STRESS / 8);
}

static void send_all(void *user)
{
    party *self = (party *)user;
    static unsigned char bytes[PARTIES][3000];
    for (uint32_t i = 0; i < self->count && self->result == W3D_OK; i++) {
        uint32_t size = 4 + (i * 37 + self->id * 11) % 2990;
        bytes[self->id][0] = (unsigned char)self->id;
        for (uint32_t k = 1; k < size; k++) bytes[self->id][k] = pattern(k, size + self->id);
        PATIENTLY(self->result, w3d_ring_send(&self->ring, bytes[self->id], size, W3D_FOREVER));
    }
}

static void receive_all(void *user)
{
    party *self = (party *)user;
    static unsigned char bytes[PARTIES][3000];
    unsigned char *at = bytes[self->id];
    size_t size = 0;
    for (;;) {
        PATIENTLY(self->result, w3d_ring_receive(&self->ring, at, 3000, &size, W3D_FOREVER));
        if (self->result != W3D_OK) return;
        int right = at[0] < PARTIES;
        for (size_t k = 1; k < size && right; k++)
            right = at[k] == pattern(k, (uint32_t)size + at[0]);
        if (right) self->seen[at[0]]++;
        self->failures += !right;
    }
}

static void threads_messages(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        static party from[2], to[2];
        uint32_t producers = kind == W3D_RING_SPSC ? 1 : 2,
                 consumers = kind == W3D_RING_MPMC ? 2 : 1;
        w3d_ring end;
        int threads = 1;
        void *memory = open_ring(&end, 1, kind, 64, 16, 0xFFFFFF00u);
        memset(from, 0, sizeof from);
        memset(to, 0, sizeof to);
        for (uint32_t i = 0; i < 2; i++) {
            from[i].ring = to[i].ring = end;
            from[i].id = to[i].id = i;
            from[i].count = 60;
            if (i < consumers)
                threads = threads && !w3d_thread_start(&to[i].thread, receive_all, &to[i], NULL);
            if (i < producers)
                threads = threads && !w3d_thread_start(&from[i].thread, send_all, &from[i], NULL);
        }
        for (uint32_t i = 0; i < producers; i++) w3d_thread_join(&from[i].thread);
        w3d_ring_close(&end);
        for (uint32_t i = 0; i < consumers; i++) w3d_thread_join(&to[i].thread);
        for (uint32_t i = 0; i < producers && threads; i++)
            CHECK(to[0].seen[i] + to[1].seen[i] == 60 && from[i].result == W3D_OK);
        CHECK(to[0].failures + to[1].failures == 0);
        block_free(memory);
    }
}

/* The largest message there is, once; one byte more is refused (arguments, above). */
static void send_large(void *user)
{
    party *self = (party *)user;
    unsigned char *bytes = (unsigned char *)malloc(self->size);
    for (size_t i = 0; i < self->size; i += 509) bytes[i] = pattern(i, 5);
    PATIENTLY(self->result, w3d_ring_send(&self->ring, bytes, self->size, W3D_FOREVER));
    free(bytes);
}

static void largest_message(void)
{
    static party from;
    w3d_ring end;
    size_t size = 0, wrong = 0;
    w3d_result result;
    unsigned char *bytes = (unsigned char *)malloc(W3D_RING_MESSAGE_LIMIT);
    void *memory = open_ring(&end, 1, W3D_RING_MPSC, 4096, 16, 0);
    memset(&from, 0, sizeof from);
    from.ring = end;
    from.size = W3D_RING_MESSAGE_LIMIT;
    if (w3d_thread_start(&from.thread, send_large, &from, NULL) == W3D_OK) {
        PATIENTLY(result,
                  w3d_ring_receive(&end, bytes, W3D_RING_MESSAGE_LIMIT, &size, W3D_FOREVER));
        CHECK(result == W3D_OK && size == W3D_RING_MESSAGE_LIMIT);
        for (size_t i = 0; i < size; i += 509) wrong += bytes[i] != pattern(i, 5);
        CHECK(wrong == 0);
        CHECK(w3d_thread_join(&from.thread) == W3D_OK && from.result == W3D_OK);
    }
    block_free(memory);
    free(bytes);
}

/* Closing wakes whoever sleeps, on both sides. */
static void closing_wakes(void)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int side = 0; side < 2; side++) {
            static party other;
            w3d_ring end;
            uint64_t value = 1;
            void *memory = open_ring(&end, 1, kind, 16, 2, 0);
            if (side)
                for (int i = 0; i < 2; i++) CHECK(w3d_ring_write(&end, &value, 8, 0) == W3D_OK);
            memset(&other, 0, sizeof other);
            other.ring = end; /* goes on where this end is now */
            other.count = 1;
            other.batch = 1;
            if (!w3d_thread_start(&other.thread, side ? produce : consume, &other, NULL)) {
                /* Until it waits, and a while more for it to sleep. */
                for (int i = 0;
                     i < 3000 && !w3d_atomic_load_seq_u32(word_of(memory, side ? 388 : 384)); i++)
                    w3d_thread_sleep(1000000);
                w3d_thread_sleep(3000000);
                w3d_ring_close(&end);
                CHECK(w3d_thread_join(&other.thread) == W3D_OK && other.result == W3D_ERR_CLOSED);
            }
            block_free(memory);
        }
}

void test_ring(void)
{
    RUN(layout);
    RUN(descs);
    RUN(broken_headers);
    RUN(single_records);
    RUN(batches);
    RUN(batch_bounds);
    RUN(lengths);
    RUN(arguments);
    RUN(closing);
    RUN(dropping);
    RUN(parties);
    RUN(damage);
    RUN(messages);
    RUN(messages_interleaved);
    RUN(messages_and_records);
    RUN(messages_cut);
    RUN(threads_spsc);
    RUN(threads_mpsc);
    RUN(threads_mpmc);
    RUN(threads_messages);
    RUN(largest_message);
    RUN(closing_wakes);
}
