/* ring.h - a channel of records in shared memory: C threads, wasm threads and JavaScript are equal.
 *
 * One block of memory with a documented layout. One party formats it, then every thread attaches a
 * w3d_ring of its own (never shared between threads) and produces or consumes:
 *
 *     w3d_ring_desc desc = { 0 };                    // SPSC, 1024 slots of 64 bytes
 *     w3d_ring_format(memory, w3d_ring_memory_size(&desc), &desc);
 *
 *     w3d_ring_attach(&ring, memory, size, NULL);    // in each thread
 *     w3d_ring_write(&ring, &event, sizeof event, W3D_FOREVER);   // one of them
 *     w3d_ring_read(&ring, &event, sizeof event, W3D_FOREVER);    // the other
 *
 * Three ways to move data, all without allocation:
 *   write / read       one record, copied;
 *   claim / publish    a batch of records built in place, and
 *   peek / consume     a batch read in place;
 *   send / receive     a message of up to 16 MB, in as many slots as it takes, larger than the ring
 *                      if need be (sync/ring_message.h).
 *
 * Waiting: every call takes a timeout in nanoseconds: 0 only tries, W3D_FOREVER waits without end.
 * On a thread that may not wait (w3d_thread_can_block), and without threads, any timeout is 0.
 * W3D_ERR_BUSY: it was 0, and there is no room or nothing to read; W3D_ERR_TIMEOUT: time is over.
 *
 * Closing: any party may close, at any time. From then on producers get W3D_ERR_CLOSED; consumers
 * get what has been published, then W3D_ERR_CLOSED.
 *
 * A party that dies. SPSC: what it had claimed and not published is never seen, what it had peeked
 * and not consumed is there for a successor that attaches; the other side just waits (give it a
 * timeout). MPSC, MPMC: a slot that a dead producer had claimed is never published, and nothing
 * behind it can be read; a slot that a dead consumer had peeked is never free again. Readers and
 * writers then run into their timeouts, and w3d_ring_stalled says that this is why. The way on is
 * w3d_ring_close by anyone: everybody gets W3D_ERR_CLOSED, and the memory can be formatted anew.
 *
 * Hostile parties: whatever is written into the shared memory, at any time, this side never
 * reads or writes outside of the block, never hands out more slots than there are, and never
 * loops for ever in a call with a finite timeout; what it notices it reports as W3D_ERR_DAMAGED.
 * Payload bytes can still change while they are looked at: copy first, then check.
 *
 * Without threads (W3D_THREADS is 0) everything works and nothing waits.
 *
 * ---- Layout, version 1 ----
 *
 * Little-endian; the words from 128 on are accessed atomically only. The block is aligned to 16 (to
 * 128 for speed). `slots` = mask + 1 is a power of two, 2 to 2^24.
 *
 *       0  u32  magic 'W3RG' (0x47523357), written last
 *       4  u16  version 1            6  u16  kind: 0 SPSC, 1 MPSC, 2 MPMC
 *       8  u32  bytes of a slot, a multiple of 16, at most 2^24
 *      12  u32  mask
 *      16  u32  offset of slot 0: 512 (a multiple of 16, at least 512)
 *      20  u32  schema: what the records are; the user's number
 *      24  u32  bytes of the whole block; 28..127 zero
 *     128  u32  head: the next slot number that will be claimed; SPSC: published
 *     256  u32  tail: the next slot number that will be read
 *     384  u32  rx_wait: how many consumers wait     388  u32  tx_wait: how many producers wait
 *     392  u32  closed: 0, or 1 for ever
 *     396  u32  dropped: records given up by producers
 *     400  u32  rx_event    404  u32  tx_event: what they sleep on; all other bytes below 512 zero
 *     512  the slots
 *
 * Slot numbers run freely modulo 2^32; number n lies in slot n & mask. An SPSC slot is all payload.
 * A slot of the multi kinds is {u32 seq, u32 length_tag, payload}: payload = bytes of a slot - 8.
 *   length_tag, high 4 bits: 0 record, 1 begin of a message, 2 rest of a message, 3 nothing
 *   length_tag, low 28 bits: bytes of payload in use; 1: bytes of the whole message; 3: zero
 *
 * ---- Protocol ----
 *
 * A party keeps the index it alone writes to itself, or reads it back from the block (where a
 * hostile party has put another one, that is damage, or skips or repeats slots within what is
 * free), and a copy of the last one seen of the other side, which is read again only when the copy
 * says full or empty. Format sets head = tail = first (a number; 0 but for tests), and in the multi
 * kinds seq = n in the slot of each number n of first .. first + slots - 1.
 *
 * SPSC. Produce: room when head - tail < slots; fill slots head...; store head + count. Consume:
 *   there is something when head != tail; read slots tail...; store tail + count. A difference
 *   above `slots` is damage. Each store is followed by a wake.
 *
 * Multi kinds, each slot with a sequence number (Dmitry Vyukov, "Bounded MPMC queue").
 *   Produce n slots: p = head; each slot i of p .. p + n - 1 must have seq == i; compare-and-swap
 *     head from p to p + n; fill; then store seq = i + 1, in falling order of i, so that the
 *     first appears last; the last store is sequentially consistent; wake consumers.
 *     A slot with seq behind its number: full. seq ahead: p is old, load head again; if head still
 *     is p, damage.
 *   Consume n slots: p = tail; each slot i must have seq == i + 1; MPMC: compare-and-swap tail from
 *     p to p + n (MPSC: the one consumer keeps its own tail, and stores it); read; store
 *     seq = i + slots in falling order, the last store sequentially consistent; wake producers.
 *     length_tag, which is written and read atomically (relaxed), is looked at before the swap.
 *   A slot tagged 3 is consumed and passed over. Records stop before a slot tagged 1.
 *
 * Message, SPSC: u32 'W3MS' (0x534D3357), u32 size, u32 slots taken, u32 zero, then the bytes:
 *   the first slot holds slot - 16 of them, each later one a whole slot; they may be published
 *   piece by piece. A ring carries records or messages, or both in an order that both sides know.
 *   Slots taken: 1 + ceil(max(0, size - (slot - 16)) / slot).
 * Message, multi kinds: all slots of a message have consecutive numbers, so that no other producer
 *   or consumer comes between. Each slot is filled with payload bytes, the last with what is left.
 *   Slots taken: ceil(size / payload), but at least 1. The producer waits until slot p = head is
 *   free, swaps head from p to p + slots taken, which may be more than the ring holds, and then
 *   fills each slot when its seq == its number. The consumer sees tag 1 in slot p = tail, swaps
 *   tail from p to p + slots taken, and takes each slot when its seq == number + 1.
 * The size of a message is at most 2^24.
 *
 * Waiting and waking, here for a consumer; producers with the tx words.
 *   Wait: add 1 to rx_wait; e = rx_event; look again at head or seq, and at closed; if there is
 *     still nothing, sleep while rx_event == e; look again...; subtract 1 from rx_wait. Nobody else
 *     ever lowers rx_wait.
 *   Wake, after publishing: load rx_wait; if it is not 0, add 1 to rx_event and notify all on it.
 *   All of these are sequentially consistent, with two exceptions: native SPSC producers and
 *   consumers store head and tail with release only, since on x86 the full barrier would cost four
 *   fifths of the speed; and JavaScript reads the other side's wait word plainly after its store. So
 *   a store may reach a waiter's second look after the waiter's flag has been missed. Every waiter
 *   therefore sleeps at most 1 ms before it looks a third time, when every store of before has
 *   arrived, and only then without limit.
 *   Close: store closed = 1, then add 1 to rx_event and to tx_event and notify all on both. A
 *   consumer reports the end when it has seen closed and *after* that has looked again and found
 *   nothing. */
#ifndef W3D_RING_H
#define W3D_RING_H

#include "core/atomic.h"
#include "sync/thread.h"

/* The most slots of a ring, and the most bytes of a slot. */
#define W3D_RING_SLOT_LIMIT 0x1000000u

/* How many threads produce and how many consume: single or multiple. */
typedef enum w3d_ring_kind {
    W3D_RING_SPSC = 0, /* one producer, one consumer: the fastest       */
    W3D_RING_MPSC = 1, /* any number of producers, one consumer         */
    W3D_RING_MPMC = 2  /* any number of both; a record goes to one of them */
} w3d_ring_kind;

typedef struct w3d_ring_desc {
    w3d_ring_kind kind;
    uint32_t slot_bytes; /* a multiple of 16, at most W3D_RING_SLOT_LIMIT; 0: 64            */
    uint32_t slots;      /* a power of two, 2 .. W3D_RING_SLOT_LIMIT; 0: 1024               */
    uint32_t schema;     /* what the records are: the user's number, for the parties to check */
    uint32_t first;      /* number of the first slot; for tests of what happens near 2^32   */
} w3d_ring_desc;

/* One party's end of a ring. Belongs to one thread; holds no memory of its own, so nothing is to be
 * released. Only kind, slots, slot_bytes, record_bytes and schema are for reading. */
/* clang-format off */
typedef struct w3d_ring {
    unsigned char *memory;       /* the block                                     */
    unsigned char *data;         /* slot 0                                        */
    uint32_t mask;               /* slots - 1                                     */
    uint32_t slot_bytes;
    uint32_t record_bytes;       /* payload of a slot: the largest record         */
    uint32_t head;               /* producer: the next number to publish, in SPSC rings when the
                                  * long way was last taken; multi: of the claim  */
    uint32_t write_room;         /* SPSC: write takes the short way for so many slots from head */
    uint32_t tail;               /* consumer: the next number to consume          */
    uint32_t read_from;          /* SPSC: read takes the short way for read_room  */
    uint32_t read_room;          /* slots from this number                        */
    uint32_t yielded;            /* waits in a row that yielding ended, in a stream */
    uint32_t kind;               /* w3d_ring_kind                                 */
    uint32_t slots;
    uint32_t schema;
    uint32_t tail_seen;          /* SPSC: where the consumer was                  */
    uint32_t claimed;            /* slots claimed and not yet published           */
    uint32_t write_patience;     /* SPSC: how long it pays to let room gather     */
    uint32_t send_size;          /* bytes of an unfinished message + 1; 0: none   */
    uint32_t send_done;          /* how many of them are in slots                 */
    uint32_t send_left;          /* slots of it still to be filled                */
    uint32_t head_seen;          /* SPSC: where the producer was                  */
    uint32_t peeked;             /* slots peeked and not yet consumed             */
    uint32_t read_patience;      /* SPSC: how long it pays to let records gather  */
    uint32_t receive_size;       /* as for sending                                */
    uint32_t receive_done;
    uint32_t receive_left;
} w3d_ring;

/* Slots of a claim or a peek: `count` records, one every `stride` bytes. */
typedef struct w3d_ring_batch {
    unsigned char *records; /* the first record; SPSC: aligned to 16, else to 8        */
    uint32_t       count;
    uint32_t       stride;  /* bytes from record to record; SPSC: record_bytes: they touch */
} w3d_ring_batch;
/* clang-format on */

/* ---- making and attaching ---- */

/* Bytes of the block for such a ring; 0 where the desc is not valid or the size exceeds 32 bits. */
W3D_API size_t w3d_ring_memory_size(const w3d_ring_desc *desc);

/* Writes an empty ring into a block that nobody is attached to.
 *
 *   memory  out  aligned to 16; better to 128
 *   size    at least w3d_ring_memory_size; what is beyond stays untouched
 *   desc    in   NULL: all defaults
 *
 * Errors  W3D_ERR_ARGUMENT: a desc that is not valid, memory that is not aligned;
 *         W3D_ERR_CAPACITY: the block is too small. */
W3D_API w3d_result w3d_ring_format(void *memory, size_t size, const w3d_ring_desc *desc);

/* Makes one party's end of the ring in this block, after checking every field of its header.
 *
 *   ring    out  any number of ends may be attached, up to what the kind allows at a time; a later
 *                end takes the place of one that is gone where that one stopped
 *   memory  in   must stay in place as long as the end is used
 *   size    bytes that may be touched
 *   error   out  which field is wrong; or NULL
 *
 * Errors  W3D_ERR_ARGUMENT: NULL, or not aligned to 16; W3D_ERR_TRUNCATED: the block is smaller
 *         than its header says; W3D_ERR_FORMAT: not a ring, or damaged; W3D_ERR_UNSUPPORTED: a
 *         version or kind unknown here. */
W3D_API w3d_result w3d_ring_attach(w3d_ring *ring, void *memory, size_t size, w3d_error *error);

/* ---- producing ---- */

/* Waits for room and hands out up to `want` slots, one after the other in memory, to be filled.
 *
 *   want   at least 1; fewer are given where there is less room or the end of the block is near.
 *          Claiming again before publish gives the same slots again, at most as many as before
 *   batch  out
 *
 * Errors  W3D_ERR_BUSY, W3D_ERR_TIMEOUT: full; W3D_ERR_CLOSED; W3D_ERR_DAMAGED;
 *         W3D_ERR_ARGUMENT: want is 0, or a message is being sent on this end.
 * Cost    no atomic operation but loads; multi kinds: one compare-and-swap for all. */
W3D_API w3d_result w3d_ring_claim(w3d_ring *ring, uint32_t want, uint64_t timeout_ns,
                                  w3d_ring_batch *batch);

/* Makes the first `count` claimed slots visible to consumers and gives back the rest.
 *
 *   count  at most what was claimed; may be 0
 *
 * Errors  W3D_ERR_ARGUMENT; W3D_ERR_CLOSED: they are published, but the ring was closed meanwhile:
 *         consumers may have left without them. */
W3D_API w3d_result w3d_ring_publish(w3d_ring *ring, uint32_t count);

/* Writes one record. (What has no W3D_API is inline, at the end of this file.)
 *
 *   bytes  in   `size` bytes; a reader who asks for more sees zeros behind them, in an SPSC ring
 *               what the slot held before
 *   size   at most ring->record_bytes
 *
 * Errors  as w3d_ring_claim; W3D_ERR_ARGUMENT: size too large, or slots are claimed. */
static inline w3d_result w3d_ring_write(w3d_ring *ring, const void *bytes, size_t size,
                                        uint64_t timeout_ns);

/* Writes one record if there is room; if not, counts it as dropped and gives W3D_ERR_BUSY. */
W3D_API w3d_result w3d_ring_offer(w3d_ring *ring, const void *bytes, size_t size);

/* Counts `count` records as dropped: for producers that give up a batch. */
W3D_API void w3d_ring_drop(w3d_ring *ring, uint32_t count);

/* ---- consuming ---- */

/* Waits for records and hands out up to `want` of them, one after the other in memory, in place.
 *
 *   want   at least 1; fewer are given where there are fewer or the end of the block is near.
 *          Peeking again before all are consumed begins with the same one. In MPMC they are taken
 *          by this end, and nobody else gets them: consume them all
 *   batch  out  may be changed in place: the slots are the consumer's until consume
 *
 * Errors  W3D_ERR_BUSY, W3D_ERR_TIMEOUT: empty; W3D_ERR_CLOSED: closed and empty; W3D_ERR_DAMAGED;
 *         W3D_ERR_FORMAT: next is a message (multi kinds only): w3d_ring_receive takes it;
 *         W3D_ERR_ARGUMENT: want is 0, or a message is being received on this end. */
W3D_API w3d_result w3d_ring_peek(w3d_ring *ring, uint32_t want, uint64_t timeout_ns,
                                 w3d_ring_batch *batch);

/* Bytes in use of a record in the peeked batch: what was given to write; ring->record_bytes for
 * claimed slots and in SPSC rings, where the length is not kept. 0 outside of the batch. */
W3D_API uint32_t w3d_ring_record_size(const w3d_ring *ring, uint32_t index);

/* Frees the first `count` peeked slots for producers.
 *
 * Errors  W3D_ERR_ARGUMENT: more than are peeked. */
W3D_API w3d_result w3d_ring_consume(w3d_ring *ring, uint32_t count);

/* Reads one record.
 *
 *   bytes  out  `size` bytes: the record's first ones, zeros where it is shorter
 *   size   at most ring->record_bytes
 *
 * Errors  as w3d_ring_peek; W3D_ERR_ARGUMENT: size too large, or slots are peeked. */
static inline w3d_result w3d_ring_read(w3d_ring *ring, void *bytes, size_t size,
                                       uint64_t timeout_ns);

/* ---- both ---- */

/* Closes the ring for everybody and wakes all who wait. Closing twice does nothing. */
W3D_API void w3d_ring_close(w3d_ring *ring);

/* 1 where somebody has closed it. */
W3D_API int w3d_ring_closed(const w3d_ring *ring);

/* Slots published or claimed and not yet consumed, 0 .. slots: a snapshot, for display. */
W3D_API uint32_t w3d_ring_count(const w3d_ring *ring);

/* Records dropped since format, modulo 2^32. */
W3D_API uint32_t w3d_ring_dropped(const w3d_ring *ring);

/* 1 where somebody stands in the way just now: the slot to be read next has been claimed by a
 * producer that has not published it, or the slot to be claimed next is held by a consumer that has
 * passed it. Ordinary for moments; after a timeout of seconds that party is dead, or a message's
 * other side has stopped. Always 0 in SPSC rings. */
W3D_API int w3d_ring_stalled(const w3d_ring *ring);

/* ---- the inline half: one record in an SPSC ring that is neither full nor empty ---- */

/* The general cases; not for callers. */
W3D_API w3d_result w3d_ring_write_any(w3d_ring *ring, const void *bytes, size_t size,
                                      uint64_t timeout_ns);
W3D_API w3d_result w3d_ring_read_any(w3d_ring *ring, void *bytes, size_t size, uint64_t timeout_ns);
W3D_API void w3d_ring_wake(w3d_ring *ring, uint32_t event_offset);

/* The compiler lays out the short way straight on. */
#if defined(__GNUC__)
#define W3D_RING_RARELY(condition) __builtin_expect(!!(condition), 0)
#else
#define W3D_RING_RARELY(condition) (condition)
#endif

/* A word of the header, at its offset in the layout. */
W3D_INLINE uint32_t *w3d_ring_word(const w3d_ring *ring, uint32_t offset)
{
    return (uint32_t *)(void *)(ring->memory + offset);
}

/* A writer stores the slot and head, and no index of its own: it reads head back from the block,
 * which waits for the line when the consumer has just looked at it: that lets records gather in a
 * stream instead of changing hands one by one, and measured faster. It is believed as far as it
 * lies in the range known to be free: head .. head + write_room of the end. A reader keeps its
 * index, since that makes answers come sooner. */
static inline w3d_result w3d_ring_write(w3d_ring *ring, const void *bytes, size_t size,
                                        uint64_t timeout_ns)
{
    unsigned char *memory = ring->memory;
    uint32_t *words = (uint32_t *)(void *)memory;
    uint32_t head = w3d_atomic_load_relaxed_u32(words + 32);
    if (W3D_RING_RARELY(head - ring->head >= ring->write_room ||
                        (size > 16 && size > ring->record_bytes) ||
                        w3d_atomic_load_relaxed_u32(words + 98))) {
#if defined(__GNUC__)
        if (__builtin_constant_p(size) && size <= 64 && bytes) {
            unsigned char held[64]; /* so that the caller's record need not lie in memory */
            w3d_copy(held, bytes, size);
            return w3d_ring_write_any(ring, held, size, timeout_ns);
        }
#endif
        return w3d_ring_write_any(ring, bytes, size, timeout_ns);
    }
    w3d_copy(memory + 512 + (size_t)(head & ring->mask) * ring->slot_bytes, bytes, size);
    w3d_atomic_store_u32(words + 32, head + 1u);
    if (W3D_RING_RARELY(w3d_atomic_load_u32(words + 96))) w3d_ring_wake(ring, 400);
    return W3D_OK;
}

static inline w3d_result w3d_ring_read(w3d_ring *ring, void *bytes, size_t size,
                                       uint64_t timeout_ns)
{
    unsigned char *memory = ring->memory;
    uint32_t *words = (uint32_t *)(void *)memory;
    uint32_t tail = ring->tail;
    if (W3D_RING_RARELY(tail - ring->read_from >= ring->read_room ||
                        (size > 16 && size > ring->record_bytes))) {
#if defined(__GNUC__)
        if (__builtin_constant_p(size) && size <= 64 && bytes) {
            unsigned char held[64];
            w3d_result result = w3d_ring_read_any(ring, held, size, timeout_ns);
            if (result == W3D_OK) w3d_copy(bytes, held, size);
            return result;
        }
#endif
        return w3d_ring_read_any(ring, bytes, size, timeout_ns);
    }
    w3d_copy(bytes, memory + 512 + (size_t)(tail & ring->mask) * ring->slot_bytes, size);
    ring->tail = tail + 1u;
    w3d_atomic_store_u32(words + 64, tail + 1u);
    if (W3D_RING_RARELY(w3d_atomic_load_u32(words + 97))) w3d_ring_wake(ring, 404);
    return W3D_OK;
}

#undef W3D_RING_RARELY

#endif /* W3D_RING_H */
