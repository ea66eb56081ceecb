/* ring_message.c - messages: slots in a row, filled and emptied as the other side goes along. */
#include "sync/ring_message.h"

#include "sync/ring_words.h"

#define W3DI_RING_MESSAGE_MAGIC 0x534D3357u

/* Slots handed over at once, so that the other side is at work on one part while this side is at
 * the next: in SPSC rings up to this share of the ring, in the others up to this many. */
#define W3DI_RING_MESSAGE_SHARE 4u
#define W3DI_RING_MESSAGE_RUN   32u

/* Bytes of the message's header in its first slot. The multi kinds have it in the length_tag. */
static uint32_t w3di_ring_message_header(const w3d_ring *ring)
{
    return ring->kind == W3D_RING_SPSC ? 16u : 0;
}

static uint32_t w3di_ring_message_slots(const w3d_ring *ring, uint32_t size)
{
    uint32_t room = ring->record_bytes - w3di_ring_message_header(ring);
    return size <= room ? 1u : 1u + (size - room + ring->record_bytes - 1u) / ring->record_bytes;
}

/* How many of the `left` bytes of a message lie in `slots` slots from `number` on, and where. */
static uint32_t w3di_ring_message_part(const w3d_ring *ring, uint32_t number, uint32_t slots,
                                       int begins, uint32_t left, unsigned char **at)
{
    uint32_t header = begins ? w3di_ring_message_header(ring) : 0;
    uint32_t room = slots * ring->record_bytes - header;
    *at = w3di_ring_slot(ring, number) + (ring->slot_bytes - ring->record_bytes) + header;
    return left < room ? left : room;
}

static uint32_t w3di_ring_message_tag(int begins, uint32_t size, uint32_t part)
{
    return begins ? (uint32_t)W3DI_RING_BEGIN << 28 | size : (uint32_t)W3DI_RING_REST << 28 | part;
}

/* ---- sending ---- */

/* One step in an SPSC ring: as many slots as are free, at most a share of the ring. */
static w3d_result w3di_ring_send_single(w3d_ring *ring, const unsigned char *bytes, uint32_t size)
{
    uint32_t taken = w3di_ring_message_slots(ring, size);
    uint32_t want = ring->send_size ? ring->send_left : taken;
    uint32_t share = ring->slots / W3DI_RING_MESSAGE_SHARE + 1u;
    w3d_result result = w3di_ring_claim_single(ring, want < share ? want : share);
    if (result != W3D_OK) return result;
    int begins = !ring->send_size;
    if (begins) {
        uint32_t *header = (uint32_t *)(void *)w3di_ring_slot(ring, ring->head);
        w3d_atomic_store_relaxed_u32(header, W3DI_RING_MESSAGE_MAGIC);
        w3d_atomic_store_relaxed_u32(header + 1, size);
        w3d_atomic_store_relaxed_u32(header + 2, taken);
        w3d_atomic_store_relaxed_u32(header + 3, 0);
        ring->send_size = size + 1u;
        ring->send_done = 0;
        ring->send_left = taken;
    }
    unsigned char *at;
    uint32_t part = w3di_ring_message_part(ring, ring->head, ring->claimed, begins,
                                           size - ring->send_done, &at);
    w3d_copy(at, bytes + ring->send_done, part);
    ring->send_done += part;
    ring->send_left -= ring->claimed;
    ring->head += ring->claimed;
    ring->claimed = 0;
    w3d_atomic_store_u32(w3d_ring_word(ring, W3DI_RING_HEAD), ring->head);
    return W3D_OK;
}

/* Takes the numbers of a whole message at once, free or not, as soon as the first is free. */
static w3d_result w3di_ring_send_claim(w3d_ring *ring, uint32_t size)
{
    uint32_t taken = w3di_ring_message_slots(ring, size);
    uint32_t *head = w3d_ring_word(ring, W3DI_RING_HEAD);
    uint32_t number = w3d_atomic_load_seq_u32(head);
    for (uint32_t attempt = 0; attempt < W3DI_RING_ATTEMPTS; attempt++) {
        w3di_ring_state state = w3di_ring_look(ring, number, number);
        if (state == W3DI_RING_BEHIND) return W3D_ERR_BUSY;
        if (state == W3DI_RING_AHEAD) {
            uint32_t before = number;
            number = w3d_atomic_load_seq_u32(head);
            if (number == before) return W3D_ERR_DAMAGED;
        } else if (w3d_atomic_swap_u32(head, &number, number + taken)) {
            ring->head = number;
            ring->send_size = size + 1u;
            ring->send_done = 0;
            ring->send_left = taken;
            return W3D_OK;
        }
    }
    return W3D_ERR_BUSY;
}

/* One step in the multi kinds: fills the next few slots that are free. */
static w3d_result w3di_ring_send_multi(w3d_ring *ring, const unsigned char *bytes, uint32_t size)
{
    if (!ring->send_size) {
        w3d_result result = w3di_ring_send_claim(ring, size);
        if (result != W3D_OK) return result;
    }
    uint32_t taken = w3di_ring_message_slots(ring, size), first = ring->head, run = 0;
    for (; run < ring->send_left && run < W3DI_RING_MESSAGE_RUN; run++) {
        w3di_ring_state state = w3di_ring_look(ring, first + run, first + run);
        if (state == W3DI_RING_AHEAD) return W3D_ERR_DAMAGED;
        if (state == W3DI_RING_BEHIND) break;
        unsigned char *at;
        int begins = ring->send_left == taken && !run;
        uint32_t part =
            w3di_ring_message_part(ring, first + run, 1, begins, size - ring->send_done, &at);
        w3d_atomic_store_relaxed_u32(w3di_ring_slot_word(ring, first + run, 1),
                                     w3di_ring_message_tag(begins, size, part));
        w3d_copy(at, bytes + ring->send_done, part);
        ring->send_done += part;
    }
    if (!run) return W3D_ERR_BUSY;
    ring->send_left -= run;
    ring->head = first + run;
    w3di_ring_hand_over(ring, first, run, 1);
    return W3D_OK;
}

W3D_API w3d_result w3d_ring_send(w3d_ring *ring, const void *bytes, size_t size,
                                 uint64_t timeout_ns)
{
    W3D_ASSERT(ring && (bytes || !size) && !ring->claimed);
    if (!ring || (!bytes && size) || ring->claimed) return W3D_ERR_ARGUMENT;
    if (size > W3D_RING_MESSAGE_LIMIT) return W3D_ERR_LIMIT;
    if (ring->send_size && ring->send_size != size + 1u) return W3D_ERR_ARGUMENT;
    const unsigned char *from = (const unsigned char *)bytes;
    w3d_result result;
    w3di_ring_wait wait = w3di_ring_wait_begin(ring, W3DI_RING_TX_WAIT, timeout_ns);
    do {
        result = W3D_ERR_CLOSED;
        if (w3di_ring_load(ring, W3DI_RING_CLOSED)) break;
        result = ring->kind == W3D_RING_SPSC ? w3di_ring_send_single(ring, from, (uint32_t)size)
                                             : w3di_ring_send_multi(ring, from, (uint32_t)size);
        if (result == W3D_OK) w3di_ring_wake_consumers(ring);
    } while ((result == W3D_OK && ring->send_left) ||
             (result == W3D_ERR_BUSY && w3d_ring_wait_more(&wait, &result)));
    w3di_ring_wait_end(&wait);
    if (result != W3D_ERR_BUSY && result != W3D_ERR_TIMEOUT) ring->send_size = ring->send_left = 0;
    return result;
}

/* ---- receiving ---- */

static w3d_result w3di_ring_receive_single(w3d_ring *ring, unsigned char *bytes, size_t capacity,
                                           size_t *size)
{
    uint32_t share = ring->slots / W3DI_RING_MESSAGE_SHARE + 1u;
    int begins = !ring->receive_size;
    uint32_t want = begins ? share : ring->receive_left;
    w3d_result result = w3di_ring_peek_single(ring, want < share ? want : share);
    if (result != W3D_OK) return result;
    uint32_t count = ring->peeked;
    ring->peeked = 0;
    if (begins) {
        const uint32_t *header = (const uint32_t *)(const void *)w3di_ring_slot(ring, ring->tail);
        uint32_t length = w3d_atomic_load_relaxed_u32(header + 1);
        uint32_t taken = w3d_atomic_load_relaxed_u32(header + 2);
        if (w3d_atomic_load_relaxed_u32(header) != W3DI_RING_MESSAGE_MAGIC) return W3D_ERR_FORMAT;
        if (length > W3D_RING_MESSAGE_LIMIT || taken != w3di_ring_message_slots(ring, length))
            return W3D_ERR_DAMAGED;
        if (length > capacity) {
            *size = length;
            return W3D_ERR_CAPACITY;
        }
        ring->receive_size = length + 1u;
        ring->receive_done = 0;
        ring->receive_left = taken;
        if (count > taken) count = taken;
    }
    unsigned char *at;
    uint32_t left = ring->receive_size - 1u - ring->receive_done;
    uint32_t part = w3di_ring_message_part(ring, ring->tail, count, begins, left, &at);
    w3d_copy(bytes + ring->receive_done, at, part);
    ring->receive_done += part;
    ring->receive_left -= count;
    ring->tail += count;
    w3d_atomic_store_u32(w3d_ring_word(ring, W3DI_RING_TAIL), ring->tail);
    return W3D_OK;
}

/* Finds a message at the front and takes the numbers of all its slots at once. */
static w3d_result w3di_ring_receive_claim(w3d_ring *ring, size_t capacity, size_t *size)
{
    uint32_t *tail = w3d_ring_word(ring, W3DI_RING_TAIL);
    int alone = ring->kind == W3D_RING_MPSC;
    uint32_t number = alone ? ring->tail : w3d_atomic_load_seq_u32(tail);
    for (uint32_t attempt = 0; attempt < W3DI_RING_ATTEMPTS; attempt++) {
        uint32_t before = number;
        w3di_ring_state state = w3di_ring_look(ring, number, number + 1u);
        if (state == W3DI_RING_BEHIND) return W3D_ERR_BUSY;
        /* In MPMC the slot may be another's by now; the tail tells, below. */
        uint32_t length = w3d_atomic_load_relaxed_u32(w3di_ring_slot_word(ring, number, 1));
        uint32_t tag = length >> 28, taken = 1;
        length &= 0x0FFFFFFFu;
        w3d_result result = W3D_ERR_DAMAGED;
        if (state == W3DI_RING_READY && tag == W3DI_RING_RECORD) result = W3D_ERR_FORMAT;
        if (state == W3DI_RING_READY && tag == W3DI_RING_NOTHING) result = W3D_OK;
        if (state == W3DI_RING_READY && tag == W3DI_RING_BEGIN &&
            length <= W3D_RING_MESSAGE_LIMIT) {
            result = length > capacity ? W3D_ERR_CAPACITY : W3D_OK;
            taken = w3di_ring_message_slots(ring, length);
        }
        if (result != W3D_OK) {
            if (!alone) number = w3d_atomic_load_seq_u32(tail);
            if (number != before) continue;
            if (result == W3D_ERR_CAPACITY) *size = length;
            return result;
        }
        if (!alone && !w3d_atomic_swap_u32(tail, &number, number + taken)) continue;
        ring->tail = number;
        if (tag == W3DI_RING_BEGIN) {
            ring->receive_size = length + 1u;
            ring->receive_done = 0;
            ring->receive_left = taken;
            return W3D_OK;
        }
        w3di_ring_free_multi(ring, 1);
        number = alone ? ring->tail : w3d_atomic_load_seq_u32(tail);
    }
    return W3D_ERR_BUSY;
}

static w3d_result w3di_ring_receive_multi(w3d_ring *ring, unsigned char *bytes, size_t capacity,
                                          size_t *size)
{
    if (!ring->receive_size) {
        w3d_result result = w3di_ring_receive_claim(ring, capacity, size);
        if (result != W3D_OK) return result;
    }
    uint32_t length = ring->receive_size - 1u, run = 0;
    uint32_t taken = w3di_ring_message_slots(ring, length);
    for (; run < ring->receive_left && run < W3DI_RING_MESSAGE_RUN; run++) {
        uint32_t number = ring->tail + run;
        w3di_ring_state state = w3di_ring_look(ring, number, number + 1u);
        if (state == W3DI_RING_AHEAD) return W3D_ERR_DAMAGED;
        if (state == W3DI_RING_BEHIND) break;
        unsigned char *at;
        int begins = ring->receive_left == taken && !run;
        uint32_t part =
            w3di_ring_message_part(ring, number, 1, begins, length - ring->receive_done, &at);
        if (w3d_atomic_load_relaxed_u32(w3di_ring_slot_word(ring, number, 1)) !=
            w3di_ring_message_tag(begins, length, part))
            return W3D_ERR_DAMAGED;
        w3d_copy(bytes + ring->receive_done, at, part);
        ring->receive_done += part;
    }
    if (!run) return W3D_ERR_BUSY;
    ring->receive_left -= run;
    w3di_ring_free_multi(ring, run);
    return W3D_OK;
}

W3D_API w3d_result w3d_ring_receive(w3d_ring *ring, void *bytes, size_t capacity, size_t *size,
                                    uint64_t timeout_ns)
{
    W3D_ASSERT(ring && (bytes || !capacity) && size && !ring->peeked);
    if (!ring || (!bytes && capacity) || !size || ring->peeked) return W3D_ERR_ARGUMENT;
    if (ring->receive_size && ring->receive_size - 1u > capacity) return W3D_ERR_ARGUMENT;
    unsigned char *to = (unsigned char *)bytes;
    w3d_result result;
    w3di_ring_wait wait = w3di_ring_wait_begin(ring, W3DI_RING_RX_WAIT, timeout_ns);
    do {
        result = ring->kind == W3D_RING_SPSC ? w3di_ring_receive_single(ring, to, capacity, size)
                                             : w3di_ring_receive_multi(ring, to, capacity, size);
        if (result == W3D_OK) w3di_ring_wake_producers(ring);
    } while ((result == W3D_OK && ring->receive_left) ||
             (result == W3D_ERR_BUSY && w3d_ring_wait_more(&wait, &result)));
    w3di_ring_wait_end(&wait);
    if (result == W3D_OK) *size = ring->receive_done;
    if (result != W3D_ERR_BUSY && result != W3D_ERR_TIMEOUT)
        ring->receive_size = ring->receive_left = 0;
    return result;
}

#undef W3DI_RING_MESSAGE_MAGIC
#undef W3DI_RING_MESSAGE_SHARE
#undef W3DI_RING_MESSAGE_RUN
