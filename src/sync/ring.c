/* ring.c - formatting, attaching, and records one by one and in batches. */
#include "sync/ring.h"

#include "core/size.h"
#include "sync/ring_words.h"

#define W3DI_RING_MAGIC 0x47523357u

/* Longest lingering, in pauses: about a microsecond. */
#define W3DI_RING_PATIENCE 63u

/* ---- the block ---- */

/* Bytes of a ring, or 0 where that is not allowed. */
static uint64_t w3di_ring_total(uint32_t kind, uint32_t slot_bytes, uint32_t slots)
{
    if (kind > W3D_RING_MPMC || slots < 2 || slots > W3D_RING_SLOT_LIMIT ||
        (slots & (slots - 1u)) || slot_bytes < 16 || slot_bytes > W3D_RING_SLOT_LIMIT ||
        slot_bytes % 16u)
        return 0;
    uint64_t total = (uint64_t)slots * slot_bytes + W3DI_RING_DATA;
    return total <= UINT32_MAX ? total : 0;
}

static w3d_ring_desc w3di_ring_defaults(const w3d_ring_desc *desc)
{
    w3d_ring_desc full;
    w3d_fill(&full, 0, sizeof full);
    if (desc) full = *desc;
    if (!full.slot_bytes) full.slot_bytes = 64;
    if (!full.slots) full.slots = 1024;
    return full;
}

W3D_API size_t w3d_ring_memory_size(const w3d_ring_desc *desc)
{
    w3d_ring_desc full = w3di_ring_defaults(desc);
    return (size_t)w3di_ring_total((uint32_t)full.kind, full.slot_bytes, full.slots);
}

W3D_API w3d_result w3d_ring_format(void *memory, size_t size, const w3d_ring_desc *desc)
{
    w3d_ring_desc full = w3di_ring_defaults(desc);
    size_t total = w3d_ring_memory_size(desc);
    W3D_ASSERT(memory && total && (uintptr_t)memory % 16u == 0);
    if (!memory || !total || (uintptr_t)memory % 16u) return W3D_ERR_ARGUMENT;
    if (size < total) return W3D_ERR_CAPACITY;
    uint32_t *words = (uint32_t *)memory;
    w3d_atomic_store_relaxed_u32(words, 0);
    w3d_fill(words + 1, 0, W3DI_RING_DATA - 4u);
    words[1] = 1u | (uint32_t)full.kind << 16;
    words[2] = full.slot_bytes;
    words[3] = full.slots - 1u;
    words[4] = W3DI_RING_DATA;
    words[5] = full.schema;
    words[6] = (uint32_t)total;
    w3d_atomic_store_relaxed_u32(words + W3DI_RING_HEAD / 4, full.first);
    w3d_atomic_store_relaxed_u32(words + W3DI_RING_TAIL / 4, full.first);
    w3d_fill(words + W3DI_RING_DATA / 4, 0, total - W3DI_RING_DATA);
    for (uint32_t i = 0; full.kind != W3D_RING_SPSC && i < full.slots; i++) {
        uint32_t number = full.first + i;
        size_t slot = (size_t)(number & (full.slots - 1u)) * full.slot_bytes;
        w3d_atomic_store_relaxed_u32(words + (W3DI_RING_DATA + slot) / 4u, number);
    }
    w3d_atomic_store_u32(words, W3DI_RING_MAGIC);
    return W3D_OK;
}

W3D_API w3d_result w3d_ring_attach(w3d_ring *ring, void *memory, size_t size, w3d_error *error)
{
    W3D_ASSERT(ring && memory && (uintptr_t)memory % 16u == 0);
    if (!ring || !memory || (uintptr_t)memory % 16u)
        return w3d_error_set(error, W3D_ERR_ARGUMENT, 0, "no memory, or not aligned to 16");
    if (size < W3DI_RING_DATA)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, size, "the header of a ring is 512 bytes");
    /* Each field is read once; from here on the other parties may write what they like. */
    uint32_t words[7];
    for (uint32_t i = 0; i < 7; i++) words[i] = w3d_atomic_load_u32((uint32_t *)memory + i);
    uint32_t kind = words[1] >> 16, offset = words[4], total = words[6];
    if (words[0] != W3DI_RING_MAGIC)
        return w3d_error_set(error, W3D_ERR_FORMAT, 0, "this is not a ring");
    if ((words[1] & 0xFFFFu) != 1)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 4, "the ring's version is not 1");
    if (kind > W3D_RING_MPMC)
        return w3d_error_set(error, W3D_ERR_UNSUPPORTED, 6, "the ring's kind is not known");
    if (words[3] == UINT32_MAX || !w3di_ring_total(kind, words[2], words[3] + 1u))
        return w3d_error_set(error, W3D_ERR_FORMAT, 8, "the size or the number of slots is wrong");
    uint64_t data_size = (uint64_t)words[2] * (words[3] + 1u);
    if (offset < W3DI_RING_DATA || offset % 16u || !w3d_size_inside(offset, data_size, total))
        return w3d_error_set(error, W3D_ERR_FORMAT, 16, "the slots lie outside of the ring");
    if (total > size)
        return w3d_error_set(error, W3D_ERR_TRUNCATED, 24, "the ring is larger than its memory");
    w3d_ring made;
    w3d_fill(&made, 0, sizeof made);
    made.memory = (unsigned char *)memory;
    made.data = made.memory + offset;
    made.kind = kind;
    made.slot_bytes = words[2];
    made.mask = words[3];
    made.slots = words[3] + 1u;
    made.record_bytes = kind == W3D_RING_SPSC ? words[2] : words[2] - 8u;
    made.schema = words[5];
    made.tail = made.head_seen = w3di_ring_load(&made, W3DI_RING_TAIL);
    made.head = w3di_ring_load(&made, W3DI_RING_HEAD);
    made.tail_seen = made.tail;
    /* In the multi kinds a message that is under way is counted in full. */
    if (made.head - made.tail > (kind == W3D_RING_SPSC ? made.slots : 0x7FFFFFFFu))
        return w3d_error_set(error, W3D_ERR_FORMAT, W3DI_RING_HEAD, "head and tail do not fit");
    *ring = made;
    return W3D_OK;
}

/* ---- batches, multi kinds ---- */

static w3d_result w3di_ring_claim_multi(w3d_ring *ring, uint32_t want)
{
    uint32_t *head = w3d_ring_word(ring, W3DI_RING_HEAD);
    uint32_t number = w3d_atomic_load_seq_u32(head);
    for (uint32_t attempt = 0; attempt < W3DI_RING_ATTEMPTS; attempt++) {
        w3di_ring_state state = w3di_ring_look(ring, number, number);
        if (state == W3DI_RING_BEHIND) return W3D_ERR_BUSY;
        if (state == W3DI_RING_AHEAD) {
            uint32_t before = number;
            number = w3d_atomic_load_seq_u32(head);
            if (number == before) return W3D_ERR_DAMAGED; /* claimed, yet head stands before it */
            continue;
        }
        uint32_t count = 1, most = ring->slots - (number & ring->mask);
        if (most > want) most = want;
        while (count < most &&
               w3di_ring_look(ring, number + count, number + count) == W3DI_RING_READY)
            count++;
        if (w3d_atomic_swap_u32(head, &number, number + count)) {
            ring->head = number;
            ring->claimed = count;
            return W3D_OK;
        }
    }
    return W3D_ERR_BUSY;
}

/* Records from `number` on that are ready, up to `want`, the end of the block, or something that is
 * not a record; *length_tag is that of the first slot. */
static uint32_t w3di_ring_ready(const w3d_ring *ring, uint32_t number, uint32_t want,
                                uint32_t *length_tag)
{
    uint32_t count = 0, most = ring->slots - (number & ring->mask);
    if (most > want) most = want;
    for (; count < most; count++) {
        if (w3di_ring_look(ring, number + count, number + count + 1u) != W3DI_RING_READY) break;
        uint32_t *word = w3di_ring_slot_word(ring, number + count, 1);
        uint32_t found = w3d_atomic_load_relaxed_u32(word);
        if (!count) *length_tag = found;
        if (found > ring->record_bytes) break; /* a tag, or damage */
    }
    return count;
}

static w3d_result w3di_ring_peek_multi(w3d_ring *ring, uint32_t want)
{
    uint32_t *tail = w3d_ring_word(ring, W3DI_RING_TAIL);
    int alone = ring->kind == W3D_RING_MPSC;
    if (!alone && ring->peeked) return W3D_OK; /* what is left of the last peek */
    uint32_t number = alone ? ring->tail : w3d_atomic_load_seq_u32(tail);
    for (uint32_t attempt = 0; attempt < W3DI_RING_ATTEMPTS; attempt++) {
        uint32_t length_tag = 0, before = number, count = 0;
        w3di_ring_state state = w3di_ring_look(ring, number, number + 1u);
        if (state == W3DI_RING_BEHIND) return W3D_ERR_BUSY;
        if (state == W3DI_RING_READY) count = w3di_ring_ready(ring, number, want, &length_tag);
        if (!count) {
            /* Not a record; or, in MPMC, a slot that has become another consumer's meanwhile. */
            if (!alone) number = w3d_atomic_load_seq_u32(tail);
            if (number != before) continue;
            if (state == W3DI_RING_READY && length_tag >> 28 == W3DI_RING_BEGIN)
                return W3D_ERR_FORMAT;
            if (state != W3DI_RING_READY || length_tag >> 28 != W3DI_RING_NOTHING)
                return W3D_ERR_DAMAGED;
        }
        if (!alone && !w3d_atomic_swap_u32(tail, &number, number + (count ? count : 1u))) continue;
        ring->tail = number;
        ring->peeked = count;
        if (count) return W3D_OK;
        w3di_ring_free_multi(ring, 1);
        number = alone ? ring->tail : w3d_atomic_load_seq_u32(tail);
    }
    return W3D_ERR_BUSY;
}

/* ---- batches ---- */

/* In a stream, a side that follows the other slot by slot makes both wait for the same cache lines.
 * So whoever has caught up lingers, and learns how long: twice as long the next time where many
 * slots were found, half as long where few were, so that single records are not delayed. */
static void w3di_ring_linger(uint32_t patience)
{
    for (uint32_t i = 0; i < patience; i++) w3d_atomic_pause();
}

static void w3di_ring_learn(w3d_ring *ring, uint32_t *patience, uint32_t found, uint32_t spins)
{
    int yielded = spins > W3DI_RING_SPINS && found > ring->slots / 2u;
    ring->yielded = yielded ? ring->yielded + 1u : 0;
    int stream = *patience ? found >= 2u + *patience / 16u : spins <= 2u;
    if (!stream || found > ring->slots / 2u)
        *patience /= 2u;
    else if (found < ring->slots / 8u && *patience < W3DI_RING_PATIENCE)
        *patience = *patience * 2u + 1u;
}

/* Opens the short way of write and read, to as many slots as are known to be there. It takes slot 0
 * to be where format puts it. */
static void w3di_ring_open_writing(w3d_ring *ring)
{
    if (ring->data == ring->memory + W3DI_RING_DATA)
        ring->write_room = ring->slots - (ring->head - ring->tail_seen);
}

static void w3di_ring_open_reading(w3d_ring *ring)
{
    if (ring->data != ring->memory + W3DI_RING_DATA) return;
    ring->read_from = ring->tail;
    ring->read_room = ring->head_seen - ring->tail;
}

W3D_API w3d_result w3d_ring_claim(w3d_ring *ring, uint32_t want, uint64_t timeout_ns,
                                  w3d_ring_batch *batch)
{
    W3D_ASSERT(ring && batch && want && !ring->send_size);
    if (!ring || !batch || !want || ring->send_size) return W3D_ERR_ARGUMENT;
    if (w3di_ring_load(ring, W3DI_RING_CLOSED)) return W3D_ERR_CLOSED;
    if (!ring->claimed) {
        w3d_result result;
        w3di_ring_wait wait = w3di_ring_wait_begin(ring, W3DI_RING_TX_WAIT, timeout_ns);
        for (;;) {
            result = ring->kind == W3D_RING_SPSC ? w3di_ring_claim_single(ring, want)
                                                 : w3di_ring_claim_multi(ring, want);
            if (result != W3D_ERR_BUSY || !w3d_ring_wait_more(&wait, &result)) break;
            if (wait.spins == 1) w3di_ring_linger(ring->write_patience);
        }
        w3di_ring_wait_end(&wait);
        if (result != W3D_OK) return result;
        if (wait.spins && ring->kind == W3D_RING_SPSC)
            w3di_ring_learn(ring, &ring->write_patience,
                            ring->slots - (ring->head - ring->tail_seen), wait.spins);
    }
    batch->records = w3di_ring_slot(ring, ring->head) + (ring->slot_bytes - ring->record_bytes);
    batch->count = ring->claimed < want ? ring->claimed : want;
    batch->stride = ring->slot_bytes;
    return W3D_OK;
}

/* Publishes the first `count` claimed slots, each with `length` bytes in use. */
static w3d_result w3di_ring_publish(w3d_ring *ring, uint32_t count, uint32_t length)
{
    uint32_t first = ring->head, claimed = ring->claimed;
    ring->claimed = 0;
    if (ring->kind == W3D_RING_SPSC) {
        ring->head = first + count;
        w3d_atomic_store_u32(w3d_ring_word(ring, W3DI_RING_HEAD), ring->head);
    } else {
        /* Others may have claimed behind these, so what is not wanted is published as nothing. */
        for (uint32_t i = 0; i < claimed; i++)
            w3d_atomic_store_relaxed_u32(w3di_ring_slot_word(ring, first + i, 1),
                                         i < count ? length : W3DI_RING_NOTHING << 28);
        w3di_ring_hand_over(ring, first, claimed, 1);
    }
    w3di_ring_wake_consumers(ring);
    return w3di_ring_load(ring, W3DI_RING_CLOSED) && count ? W3D_ERR_CLOSED : W3D_OK;
}

W3D_API w3d_result w3d_ring_publish(w3d_ring *ring, uint32_t count)
{
    W3D_ASSERT(ring && count <= ring->claimed);
    if (!ring || count > ring->claimed) return W3D_ERR_ARGUMENT;
    return w3di_ring_publish(ring, count, ring->record_bytes);
}

W3D_API w3d_result w3d_ring_peek(w3d_ring *ring, uint32_t want, uint64_t timeout_ns,
                                 w3d_ring_batch *batch)
{
    W3D_ASSERT(ring && batch && want && !ring->receive_size);
    if (!ring || !batch || !want || ring->receive_size) return W3D_ERR_ARGUMENT;
    w3d_result result;
    w3di_ring_wait wait = w3di_ring_wait_begin(ring, W3DI_RING_RX_WAIT, timeout_ns);
    for (;;) {
        result = ring->kind == W3D_RING_SPSC ? w3di_ring_peek_single(ring, want)
                                             : w3di_ring_peek_multi(ring, want);
        if (result != W3D_ERR_BUSY || !w3d_ring_wait_more(&wait, &result)) break;
        if (wait.spins == 1) w3di_ring_linger(ring->read_patience);
    }
    w3di_ring_wait_end(&wait);
    if (result != W3D_OK) return result;
    if (wait.spins && ring->kind == W3D_RING_SPSC)
        w3di_ring_learn(ring, &ring->read_patience, ring->head_seen - ring->tail, wait.spins);
    batch->records = w3di_ring_slot(ring, ring->tail) + (ring->slot_bytes - ring->record_bytes);
    batch->count = ring->peeked < want ? ring->peeked : want;
    batch->stride = ring->slot_bytes;
    return W3D_OK;
}

W3D_API uint32_t w3d_ring_record_size(const w3d_ring *ring, uint32_t index)
{
    if (!ring || index >= ring->peeked) return 0;
    if (ring->kind == W3D_RING_SPSC) return ring->record_bytes;
    uint32_t *word = w3di_ring_slot_word(ring, ring->tail + index, 1);
    uint32_t length = w3d_atomic_load_relaxed_u32(word);
    /* A hostile party may have raised it. */
    return length < ring->record_bytes ? length : ring->record_bytes;
}

W3D_API w3d_result w3d_ring_consume(w3d_ring *ring, uint32_t count)
{
    W3D_ASSERT(ring && count <= ring->peeked);
    if (!ring || count > ring->peeked) return W3D_ERR_ARGUMENT;
    if (!count) return W3D_OK;
    ring->peeked -= count;
    if (ring->kind != W3D_RING_SPSC) {
        w3di_ring_free_multi(ring, count);
        return W3D_OK;
    }
    ring->tail += count;
    w3d_atomic_store_u32(w3d_ring_word(ring, W3DI_RING_TAIL), ring->tail);
    if (!ring->peeked) w3di_ring_open_reading(ring);
    w3di_ring_wake_producers(ring);
    return W3D_OK;
}

/* ---- single records ---- */

W3D_API w3d_result w3d_ring_write_any(w3d_ring *ring, const void *bytes, size_t size,
                                      uint64_t timeout_ns)
{
    w3d_ring_batch batch;
    W3D_ASSERT(ring && (bytes || !size) && size <= ring->record_bytes && !ring->claimed);
    if (!ring || (!bytes && size) || size > ring->record_bytes || ring->claimed)
        return W3D_ERR_ARGUMENT;
    w3d_result result = w3d_ring_claim(ring, 1, timeout_ns, &batch);
    if (result != W3D_OK) return result;
    w3d_copy(batch.records, bytes, size);
    result = w3di_ring_publish(ring, 1, (uint32_t)size);
    if (ring->kind == W3D_RING_SPSC) w3di_ring_open_writing(ring);
    return result;
}

W3D_API w3d_result w3d_ring_read_any(w3d_ring *ring, void *bytes, size_t size, uint64_t timeout_ns)
{
    w3d_ring_batch batch;
    W3D_ASSERT(ring && (bytes || !size) && size <= ring->record_bytes && !ring->peeked);
    if (!ring || (!bytes && size) || size > ring->record_bytes || ring->peeked)
        return W3D_ERR_ARGUMENT;
    w3d_result result = w3d_ring_peek(ring, 1, timeout_ns, &batch);
    if (result != W3D_OK) return result;
    size_t length = w3d_ring_record_size(ring, 0);
    if (length > size) length = size;
    w3d_copy(bytes, batch.records, length);
    w3d_fill((unsigned char *)bytes + length, 0, size - length);
    return w3d_ring_consume(ring, 1);
}

W3D_API w3d_result w3d_ring_offer(w3d_ring *ring, const void *bytes, size_t size)
{
    w3d_result result = w3d_ring_write(ring, bytes, size, 0);
    if (result == W3D_ERR_BUSY) w3d_ring_drop(ring, 1);
    return result;
}

/* ---- both ---- */

W3D_API void w3d_ring_drop(w3d_ring *ring, uint32_t count)
{
    w3d_atomic_add_u32(w3d_ring_word(ring, W3DI_RING_DROPPED), count);
}

W3D_API uint32_t w3d_ring_dropped(const w3d_ring *ring)
{
    return w3di_ring_load(ring, W3DI_RING_DROPPED);
}

W3D_API void w3d_ring_close(w3d_ring *ring)
{
    w3d_atomic_store_seq_u32(w3d_ring_word(ring, W3DI_RING_CLOSED), 1);
    w3d_ring_wake(ring, W3DI_RING_RX_EVENT);
    w3d_ring_wake(ring, W3DI_RING_TX_EVENT);
}

W3D_API int w3d_ring_closed(const w3d_ring *ring)
{
    return w3di_ring_load(ring, W3DI_RING_CLOSED) != 0;
}

W3D_API uint32_t w3d_ring_count(const w3d_ring *ring)
{
    uint32_t tail = w3di_ring_load(ring, W3DI_RING_TAIL);
    uint32_t count = w3di_ring_load(ring, W3DI_RING_HEAD) - tail;
    return count < ring->slots ? count : ring->slots;
}

W3D_API int w3d_ring_stalled(const w3d_ring *ring)
{
    if (ring->kind == W3D_RING_SPSC) return 0;
    uint32_t tail = w3di_ring_load(ring, W3DI_RING_TAIL);
    uint32_t head = w3di_ring_load(ring, W3DI_RING_HEAD);
    if (head != tail && w3di_ring_look(ring, tail, tail + 1u) == W3DI_RING_BEHIND) return 1;
    return head - tail < ring->slots && w3di_ring_look(ring, head, head) == W3DI_RING_BEHIND;
}

#undef W3DI_RING_MAGIC
#undef W3DI_RING_PATIENCE
