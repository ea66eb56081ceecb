// ring.js - JavaScript's end of a ring: records between workers, wasm threads and pages.
//
//   const shared = createRing({ kind: RING_SPSC, slotBytes: 64, slots: 1024 }); // ring_layout.js
//
//   const ring = new RingPeer(shared);               // in each thread, one's own
//   ring.writeWords(words, 1000);                    // one of them; waits a second at most
//   ring.readWords(words, 1000);                     // the other
//
// The layout, the protocol and the meaning of every call are those of sync/ring.h; a ring may lie
// in a SharedArrayBuffer or in a wasm memory (new RingPeer(memory, address)). Calls return a number
// from RESULT, 0 being success; only making a ring or a peer throws (RingError). Timeouts are in
// milliseconds: 0, the default, only tries; Infinity waits without end. On a page's main thread,
// which may not wait, each is 0; there await ring.waitReadable() or waitWritable() first, or use
// sendAsync and receiveAsync.
//
// Batches are used in place, without a copy and without garbage. After claim or peek the records
// are in the peer's own views: record i begins at byte claimAt (or peekAt) + i * stride.
//
//   if (ring.peek(256, 10) === RESULT.OK) {
//       for (let i = 0; i < ring.peekCount; i++) {
//           use(ring.f32[(ring.peekAt + i * ring.stride) >> 2]);
//       }
//       ring.consume(ring.peekCount);
//   }
//
// The views (u8, i32, u32, f32, f64) begin at the block's first byte. When a memory that is not
// shared has grown they are made anew by the next call: take them from the peer each time.
//
// Whatever another party writes into the memory, a call neither throws nor touches bytes outside
// of the block, and ends when its time is over.
import { canBlock, w3diCopyElements } from './memory.js';
import { RESULT, RING_LIMIT, RING_MPSC, RING_SPSC } from './ring_layout.js';
import { w3diRingBuffer, w3diRingCheck } from './ring_layout.js';

// Indices of the header's 32-bit words; all from HEAD on are accessed atomically.
const W3DI_RING_HEAD = 32;
const W3DI_RING_TAIL = 64;
const W3DI_RING_RX_WAIT = 96;
const W3DI_RING_TX_WAIT = 97;
const W3DI_RING_CLOSED = 98;
const W3DI_RING_DROPPED = 99;
const W3DI_RING_RX_EVENT = 100;
const W3DI_RING_TX_EVENT = 101;

// The high four bits of a slot's length_tag.
const W3DI_RING_TAG_BEGIN = 1;
const W3DI_RING_TAG_REST = 2;
const W3DI_RING_TAG_NOTHING = 3;

// The first word of a message in an SPSC ring.
const W3DI_RING_MESSAGE = 0x534D3357;

// How long a call looks again and again before it sleeps; and how often it may be overtaken by
// others before it gives up with RESULT.BUSY, which only a hostile party brings about.
const W3DI_RING_SPIN_MS = 0.02;
const W3DI_RING_PAUSES = 8;
const W3DI_RING_TRIES = 10000;

// How long a first sleep lasts at most. In today's engines each operation of Atomics is a call that
// costs more than the rest of a record, so after a store to head, tail or seq the other side's wait
// word is read plainly. A processor may do that too early and miss a waiter who has just come; so
// the waiter looks a third time, by when every earlier store has arrived, before it sleeps long.
const W3DI_RING_THIRD_LOOK_MS = 1;

// After that it looks every so often: V8 of Node 20 loses a wake now and then once the shared
// memory has grown.
const W3DI_RING_LATER_LOOK_MS = 100;

// One party's end of a ring. Belongs to one thread. What begins with _ is private: the engines that
// old Emscriptens check their output with know no #names.
export class RingPeer {
    // Attaches, after checking every field of the header.
    //
    //   source  SharedArrayBuffer, ArrayBuffer or WebAssembly.Memory
    //   offset  the block's first byte, an address in a memory
    //   size    bytes that may be touched; default: all there are
    constructor(source, offset = 0, size = Infinity) {
        const found = w3diRingCheck(w3diRingBuffer(source), offset >>> 0, size);
        this._source = source;
        this._offset = offset >>> 0;
        this._total = found.total - found.total % 8;
        this._mask = found.slots - 1;
        this._dataWord = found.data >> 2;
        this._slotWords = found.slotBytes >> 2;
        this._head = this._roomEnd = found.head;
        this._tail = this._tailSeen = this._headSeen = this._readyEnd = found.tail;
        // Producer: _head is its own index (SPSC), _tailSeen the last seen of the other side,
        // _roomEnd is _tailSeen + slots, or _head where a write must take the long way. Consumer,
        // likewise: _tail, _headSeen, _readyEnd.
        this._claimed = 0;      // slots claimed and not published; claimCount is what was asked for
        this._claimNumber = 0;  // number of the first one, in the multi kinds
        this._peeked = this._peekNumber = 0;
        this._sendSize = this._receiveSize = -1;
        this._sendDone = this._sendSlot = this._sendNumber = 0;
        this._receiveDone = this._receiveSlot = this._receiveNumber = 0;
        this.kind = found.kind;
        this.slots = found.slots;
        this.slotBytes = found.slotBytes;
        this.stride = found.slotBytes;                // from record to record in a batch
        this.recordBytes = found.slotBytes - (found.kind === RING_SPSC ? 0 : 8); // the largest
        this.schema = found.schema;
        this.claimAt = 0;       // the claimed batch: byte offset of its first record; records
        this.claimCount = 0;
        this.peekAt = 0;        // the peeked batch
        this.peekCount = 0;
        this.messageSize = 0;   // bytes of the last message: see receive
        this._renew();
        this._mayWait = typeof SharedArrayBuffer === 'function' &&
            this.i32.buffer instanceof SharedArrayBuffer && canBlock();
    }

    // ---- producing ----

    // Waits for room and hands out up to `want` slots in a row, to be filled in place: see claimAt
    // and claimCount. Claiming again before publish gives the same slots.
    claim(want, timeout = 0) {
        if (!(want >= 1) || this._sendSize >= 0) return RESULT.ARGUMENT;
        if (this.i32.length === 0) this._renew();
        if (this._claimed > 0) {
            this.claimCount = Math.min(this._claimed, want);
            return this.i32[W3DI_RING_CLOSED] ? RESULT.CLOSED : RESULT.OK;
        }
        const code = this._tryClaim(want);
        return code === RESULT.BUSY && timeout > 0 ? this._later(false, want, timeout) : code;
    }

    // Makes the first `count` claimed slots visible and gives back the rest.
    publish(count) {
        if (count >>> 0 !== count || count > this._claimed) return RESULT.ARGUMENT;
        if (this.i32.length === 0) this._renew();
        return this._publish(count, this.recordBytes);
    }

    // Writes one record, a Uint8Array of at most recordBytes.
    write(bytes, timeout = 0) {
        if (bytes.length > this.recordBytes || this._claimed) return RESULT.ARGUMENT;
        const code = this.claim(1, timeout);
        if (code !== RESULT.OK) return code;
        w3diCopyElements(bytes, 0, this.u8, this.claimAt, bytes.length);
        return this._publish(1, bytes.length);
    }

    // The same, of an Int32Array or Uint32Array: the fastest for small records.
    writeWords(words, timeout = 0) {
        const count = words.length, to = this.i32, head = this._head;
        if (head === this._roomEnd || count << 2 > this.recordBytes || to.length === 0 ||
            to[W3DI_RING_CLOSED] !== 0) return this._writeWords(words, timeout);
        w3diCopyElements(words, 0, to, this._slotOf(head), count);
        this._head = (head + 1) | 0;
        Atomics.store(to, W3DI_RING_HEAD, this._head);
        if (to[W3DI_RING_RX_WAIT] !== 0) this._wake(W3DI_RING_RX_EVENT);
        return RESULT.OK;
    }

    // Writes one record if there is room; if not, counts it as dropped and gives RESULT.BUSY.
    offer(bytes) {
        const code = this.write(bytes, 0);
        if (code === RESULT.BUSY) this.drop(1);
        return code;
    }

    // Counts records as dropped: for producers that give up a batch.
    drop(count) {
        Atomics.add(this._words, W3DI_RING_DROPPED, count);
    }

    // Sends a message of up to RING_LIMIT bytes, as slots are free. After BUSY or TIMEOUT it may be
    // half sent: call again with the same bytes to go on.
    send(bytes, timeout = 0) {
        const size = bytes.length;
        if (size > RING_LIMIT) return RESULT.LIMIT;
        if (this._claimed || (this._sendSize >= 0 && this._sendSize !== size)) {
            return RESULT.ARGUMENT;
        }
        const deadline = timeout > 0 ? performance.now() + timeout : 0;
        for (;;) {
            if (this.i32.length === 0) this._renew();
            let code = this.kind === RING_SPSC ? this._sendSingle(bytes) : this._sendMulti(bytes);
            if (code !== RESULT.BUSY) {
                this._sendSize = -1;
                return code;
            }
            if (timeout > 0) code = this._wait(false, deadline);
            if (code !== RESULT.OK) return code;
        }
    }

    // ---- consuming ----

    // Waits for records and hands out up to `want` of them in a row: see peekAt and peekCount.
    // Peeking again before all are consumed gives the same ones. RESULT.FORMAT: next is a message.
    peek(want, timeout = 0) {
        if (!(want >= 1) || this._receiveSize >= 0) return RESULT.ARGUMENT;
        if (this.i32.length === 0) this._renew();
        if (this._peeked > 0) {
            this.peekCount = Math.min(this._peeked, want);
            return RESULT.OK;
        }
        const code = this._tryPeek(want);
        return code === RESULT.BUSY && timeout > 0 ? this._later(true, want, timeout) : code;
    }

    // Bytes in use of a peeked record; recordBytes in SPSC rings, which do not keep it.
    recordSize(index) {
        if (!(index >= 0 && index < this._peeked)) return 0;
        if (this.kind === RING_SPSC) return this.recordBytes;
        const at = this._slotOf((this._peekNumber + index) | 0);
        return Math.min(this.i32[at + 1] & 0xFFFFFFF, this.recordBytes);
    }

    // Frees the first `count` peeked slots.
    consume(count) {
        if (count >>> 0 !== count || count > this._peeked) return RESULT.ARGUMENT;
        if (!count) return RESULT.OK;
        if (this.i32.length === 0) this._renew();
        this.peekCount = this._peeked -= count;
        this.peekAt += count * this.slotBytes;
        if (this.kind !== RING_SPSC) {
            const first = this._peekNumber;
            this._peekNumber = (first + count) | 0;
            this._free(first, count);
            return RESULT.OK;
        }
        this._tail = (this._tail + count) | 0;
        this._readyEnd = this._peeked ? this._tail : this._headSeen;
        Atomics.store(this.i32, W3DI_RING_TAIL, this._tail);
        if (this.i32[W3DI_RING_TX_WAIT] !== 0) this._wake(W3DI_RING_TX_EVENT);
        return RESULT.OK;
    }

    // Reads one record into a Uint8Array of at most recordBytes; zeros where it is shorter.
    read(bytes, timeout = 0) {
        if (bytes.length > this.recordBytes || this._peeked) return RESULT.ARGUMENT;
        const code = this.peek(1, timeout);
        if (code !== RESULT.OK) return code;
        const used = Math.min(bytes.length, this.recordSize(0));
        w3diCopyElements(this.u8, this.peekAt, bytes, 0, used);
        for (let i = used; i < bytes.length; i++) bytes[i] = 0;
        return this.consume(1);
    }

    // The same, into an Int32Array or Uint32Array.
    readWords(words, timeout = 0) {
        const count = words.length, from = this.i32, tail = this._tail;
        if ((tail === this._readyEnd && !this._moreToRead()) || count << 2 > this.recordBytes ||
            from.length === 0) return this._readWords(words, timeout);
        w3diCopyElements(from, this._slotOf(tail), words, 0, count);
        this._tail = (tail + 1) | 0;
        Atomics.store(from, W3DI_RING_TAIL, this._tail);
        if (from[W3DI_RING_TX_WAIT] !== 0) this._wake(W3DI_RING_TX_EVENT);
        return RESULT.OK;
    }

    // Receives a message into a Uint8Array; messageSize says how many bytes it has, also on
    // RESULT.CAPACITY, when nothing is consumed. After BUSY or TIMEOUT call again to go on.
    receive(bytes, timeout = 0) {
        if (this._peeked || this._receiveSize > bytes.length) return RESULT.ARGUMENT;
        const deadline = timeout > 0 ? performance.now() + timeout : 0;
        for (;;) {
            if (this.i32.length === 0) this._renew();
            const single = this.kind === RING_SPSC;
            let code = single ? this._receiveSingle(bytes) : this._receiveMulti(bytes);
            if (code !== RESULT.BUSY) {
                this._receiveSize = -1;
                return code;
            }
            if (timeout > 0) code = this._wait(true, deadline);
            if (code !== RESULT.OK) return code;
        }
    }

    // ---- both ----

    // Closes the ring for everybody and wakes all who wait.
    close() {
        Atomics.store(this._words, W3DI_RING_CLOSED, 1);
        this._wake(W3DI_RING_RX_EVENT);
        this._wake(W3DI_RING_TX_EVENT);
    }

    get closed() {
        return Atomics.load(this._words, W3DI_RING_CLOSED) !== 0;
    }

    // Slots published or claimed and not yet consumed, for display.
    get count() {
        const tail = Atomics.load(this._words, W3DI_RING_TAIL);
        return Math.min((Atomics.load(this.i32, W3DI_RING_HEAD) - tail) >>> 0, this.slots);
    }

    // Records dropped since the ring was made.
    get dropped() {
        return Atomics.load(this._words, W3DI_RING_DROPPED) >>> 0;
    }

    // Whether somebody stands in the way just now: a slot claimed and not published, or passed by a
    // consumer and not freed.
    get stalled() {
        if (this.kind === RING_SPSC) return false;
        const words = this._words, tail = Atomics.load(words, W3DI_RING_TAIL);
        const head = Atomics.load(words, W3DI_RING_HEAD);
        const behind = (number, seq) => ((Atomics.load(words, this._slotOf(number)) - seq) | 0) < 0;
        return (head !== tail && behind(tail, (tail + 1) | 0)) ||
            ((head - tail) >>> 0 < this.slots && behind(head, head));
    }

    // Kept when there is something to read (or to go on receiving), or the ring is closed:
    // RESULT.OK; else RESULT.TIMEOUT. Blocks nobody.
    waitReadable(timeout = Infinity) { return this._waitAsync(true, timeout); }

    // The same for room to write, or to go on sending.
    waitWritable(timeout = Infinity) { return this._waitAsync(false, timeout); }

    // send and receive for threads that may not wait; a promise of the result.
    sendAsync(bytes, timeout = Infinity) { return this._moveAsync(false, bytes, timeout); }
    receiveAsync(bytes, timeout = Infinity) { return this._moveAsync(true, bytes, timeout); }

    // ---- private ----

    _renew() {
        const buffer = w3diRingBuffer(this._source), at = this._offset, size = this._total;
        this.u8 = new Uint8Array(buffer, at, size);
        this.i32 = new Int32Array(buffer, at, size >> 2);
        this.u32 = new Uint32Array(buffer, at, size >> 2);
        this.f32 = new Float32Array(buffer, at, size >> 2);
        this.f64 = new Float64Array(buffer, at, size >> 3);
    }

    // The header's and all other words, made anew where growth has taken them away.
    get _words() {
        if (this.i32.length === 0) this._renew();
        return this.i32;
    }

    // Index of the first word of the slot with this number.
    _slotOf(number) {
        return this._dataWord + (number & this._mask) * this._slotWords;
    }

    _wake(event) {
        Atomics.add(this.i32, event, 1);
        Atomics.notify(this.i32, event);
    }

    // BUSY when there is no room.
    _tryClaim(want) {
        const words = this.i32;
        if (words[W3DI_RING_CLOSED] !== 0) return RESULT.CLOSED;
        if (this.kind !== RING_SPSC) return this._tryClaimMulti(want);
        const head = this._head, row = this.slots - (head & this._mask);
        const most = want < row ? want | 0 : row;
        let room = this.slots - ((head - this._tailSeen) | 0);
        if (room < most) {
            const tail = Atomics.load(words, W3DI_RING_TAIL);
            if (((head - tail) >>> 0) > this.slots) return RESULT.DAMAGED;
            this._tailSeen = tail;
            room = this.slots - ((head - tail) | 0);
            if (room === 0) return RESULT.BUSY;
        }
        this._claimed = this.claimCount = room < most ? room : most;
        this._roomEnd = head;
        this.claimAt = this._slotOf(head) << 2;
        return RESULT.OK;
    }

    _tryClaimMulti(want) {
        const words = this.i32;
        for (let tries = 0; tries < W3DI_RING_TRIES; tries++) {
            const head = Atomics.load(words, W3DI_RING_HEAD);
            const row = this.slots - (head & this._mask), most = want < row ? want : row;
            let count = 0, at = this._slotOf(head), number = head, ahead = 0;
            while (count < most && (ahead = (Atomics.load(words, at) - number) | 0) === 0) {
                count++;
                number = (number + 1) | 0;
                at += this._slotWords;
            }
            if (!count) {
                if (ahead < 0) return RESULT.BUSY;
                if (Atomics.load(words, W3DI_RING_HEAD) === head) return RESULT.DAMAGED;
            } else if (Atomics.compareExchange(words, W3DI_RING_HEAD, head, number) === head) {
                this._claimNumber = head;
                this._claimed = this.claimCount = count;
                this.claimAt = (this._slotOf(head) << 2) + 8;
                return RESULT.OK;
            }
        }
        return RESULT.BUSY;
    }

    // A claim or a peek that has found nothing: waits and tries again.
    _later(consumer, want, timeout) {
        const deadline = performance.now() + timeout;
        for (;;) {
            const waited = this._wait(consumer, deadline);
            if (waited !== RESULT.OK) return waited;
            const code = consumer ? this._tryPeek(want) : this._tryClaim(want);
            if (code !== RESULT.BUSY) return code;
        }
    }

    // Publishes claimed slots with `size` bytes in use each; the rest is tagged as nothing.
    _publish(count, size) {
        const words = this.i32, claimed = this._claimed;
        this._claimed = this.claimCount = 0;
        if (this.kind === RING_SPSC) {
            this._head = (this._head + count) | 0;
            this._roomEnd = (this._tailSeen + this.slots) | 0;
            if (count > 0) Atomics.store(words, W3DI_RING_HEAD, this._head);
        } else if (claimed > 0) {
            // The first slot appears last, with release, and everything before it: nobody looks at
            // a later slot who has not seen the first, or the head or tail of one who has.
            const first = this._claimNumber, at = this._slotOf(first), step = this._slotWords;
            for (let i = claimed - 1; i >= 0; i--) {
                words[at + i * step + 1] = i < count ? size : W3DI_RING_TAG_NOTHING << 28;
                if (i > 0) words[at + i * step] = first + i + 1;
            }
            Atomics.store(words, at, (first + 1) | 0);
        }
        if (words[W3DI_RING_RX_WAIT] !== 0) this._wake(W3DI_RING_RX_EVENT);
        return count > 0 && words[W3DI_RING_CLOSED] !== 0 ? RESULT.CLOSED : RESULT.OK;
    }

    _writeWords(words, timeout) {
        if (words.length * 4 > this.recordBytes || this._claimed) return RESULT.ARGUMENT;
        const code = this.claim(1, timeout);
        if (code !== RESULT.OK) return code;
        w3diCopyElements(words, 0, this.i32, this.claimAt >> 2, words.length);
        return this._publish(1, 4 * words.length);
    }

    // Looks where an SPSC producer is by now; true where readWords may take the short way.
    _moreToRead() {
        if (this.kind !== RING_SPSC || this._peeked || this._receiveSize >= 0 ||
            this.i32.length === 0) return false;
        const head = Atomics.load(this.i32, W3DI_RING_HEAD);
        if (((head - this._tail) >>> 0) > this.slots) return false;
        this._headSeen = this._readyEnd = head;
        return head !== this._tail;
    }

    _readWords(words, timeout) {
        if (words.length * 4 > this.recordBytes || this._peeked) return RESULT.ARGUMENT;
        const code = this.peek(1, timeout);
        if (code !== RESULT.OK) return code;
        const size = this.recordSize(0), used = Math.min(words.length, (size + 3) >> 2);
        for (let i = size; i < 4 * used; i++) this.u8[this.peekAt + i] = 0;
        w3diCopyElements(this.i32, this.peekAt >> 2, words, 0, used);
        for (let i = used; i < words.length; i++) words[i] = 0;
        return this.consume(1);
    }

    _tryPeek(want) {
        let code = this.kind === RING_SPSC ? this._tryPeekSingle(want) : this._tryPeekMulti(want);
        if (code === RESULT.BUSY && Atomics.load(this.i32, W3DI_RING_CLOSED)) {
            // Whatever was published before the ring was closed is visible by now.
            code = this.kind === RING_SPSC ? this._tryPeekSingle(want) : this._tryPeekMulti(want);
            if (code === RESULT.BUSY) return RESULT.CLOSED;
        }
        return code;
    }

    _tryPeekSingle(want) {
        const tail = this._tail, row = this.slots - (tail & this._mask);
        const most = want < row ? want | 0 : row;
        let ready = (this._headSeen - tail) | 0;
        if (ready < most) {
            const head = Atomics.load(this.i32, W3DI_RING_HEAD);
            if (((head - tail) >>> 0) > this.slots) return RESULT.DAMAGED;
            this._headSeen = head;
            ready = (head - tail) | 0;
            if (ready === 0) return RESULT.BUSY;
        }
        this._peeked = this.peekCount = ready < most ? ready : most;
        this._readyEnd = tail;
        this.peekAt = this._slotOf(tail) << 2;
        return RESULT.OK;
    }

    _tryPeekMulti(want) {
        const words = this.i32, single = this.kind === RING_MPSC;
        for (let tries = 0; tries < W3DI_RING_TRIES; tries++) {
            const tail = single ? this._tail : Atomics.load(words, W3DI_RING_TAIL);
            const row = this.slots - (tail & this._mask), most = want < row ? want : row;
            let count = 0, at = this._slotOf(tail), number = tail, ahead = 0, tag = 0;
            for (; count < most; count++, at += this._slotWords) {
                const next = (number + 1) | 0;
                ahead = (Atomics.load(words, at) - next) | 0;
                if (ahead !== 0) break;
                tag = words[at + 1];
                if (tag >>> 0 > this.recordBytes) break; // no record, or damage
                number = next;
            }
            if (count) {
                if (!this._takeTail(tail, number)) continue;
                this._peekNumber = tail;
                this._peeked = this.peekCount = count;
                this.peekAt = (this._slotOf(tail) << 2) + 8;
                return RESULT.OK;
            }
            if (ahead < 0) return RESULT.BUSY;
            if (ahead > 0) {
                if (single || Atomics.load(words, W3DI_RING_TAIL) === tail) return RESULT.DAMAGED;
            } else if (tag >>> 28 === W3DI_RING_TAG_NOTHING) {
                if (this._takeTail(tail, (tail + 1) | 0)) this._free(tail, 1); // passed over
            } else if (single || Atomics.load(words, W3DI_RING_TAIL) === tail) {
                return tag >>> 28 === W3DI_RING_TAG_BEGIN ? RESULT.FORMAT : RESULT.DAMAGED;
            }
        }
        return RESULT.BUSY;
    }

    // Makes the slots from tail up to `next` this end's. An MPSC consumer has no rival.
    _takeTail(tail, next) {
        return this.kind === RING_MPSC ||
            Atomics.compareExchange(this.i32, W3DI_RING_TAIL, tail, next) === tail;
    }

    // Gives slots of the multi kinds, numbered from `first`, back to the producers.
    _free(first, count) {
        const words = this.i32;
        if (this.kind === RING_MPSC) {
            this._tail = this._readyEnd = (first + count) | 0;
            Atomics.store(words, W3DI_RING_TAIL, this._tail);
        }
        const at = this._slotOf(first), step = this._slotWords, next = (first + this.slots) | 0;
        for (let i = count - 1; i > 0; i--) words[at + i * step] = next + i;
        Atomics.store(words, at, next);
        if (words[W3DI_RING_TX_WAIT] !== 0) this._wake(W3DI_RING_TX_EVENT);
    }

    // ---- messages ----

    // Slots that a message takes at once in an SPSC ring: a part, so that both sides are at work.
    get _share() {
        return (this.slots >> 2) + 1;
    }

    // Slots of a message in an SPSC ring, where its first one begins with 16 bytes of header.
    _slotsOf(size) {
        return 1 + Math.ceil(Math.max(0, size - (this.slotBytes - 16)) / this.slotBytes);
    }

    _sendSingle(bytes) {
        const size = bytes.length, slotBytes = this.slotBytes, taken = this._slotsOf(size);
        if (this._sendSize < 0) this._sendDone = this._sendSlot = 0;
        while (this._sendSlot < taken) {
            const code = this._tryClaim(Math.min(taken - this._sendSlot, this._share));
            if (code !== RESULT.OK) return code;
            let at = this.claimAt, room = this.claimCount * slotBytes;
            if (this._sendSize < 0) {
                this._sendSize = size;
                this.i32.set([W3DI_RING_MESSAGE, size, taken, 0], at >> 2);
                at += 16;
                room -= 16;
            }
            const piece = Math.min(room, size - this._sendDone);
            this.u8.set(bytes.subarray(this._sendDone, this._sendDone + piece), at);
            this._sendDone += piece;
            this._sendSlot += this.claimCount;
            const published = this.publish(this.claimCount);
            this._roomEnd = this._head; // until the message is done
            if (published !== RESULT.OK) return published;
        }
        return RESULT.OK;
    }

    _receiveSingle(bytes) {
        const slotBytes = this.slotBytes;
        for (;;) {
            const size = this._receiveSize;
            const left = size < 0 ? this.slots : this._slotsOf(size) - this._receiveSlot;
            const code = this._tryPeek(Math.min(left, this._share));
            if (code !== RESULT.OK) return code;
            let at = this.peekAt, room = this.peekCount * slotBytes, count = this.peekCount;
            if (size < 0) {
                const word = at >> 2, full = this.u32[word + 1], taken = this._slotsOf(full);
                this._peeked = this.peekCount = 0;
                if (this.i32[word] !== W3DI_RING_MESSAGE) return RESULT.FORMAT;
                if (full > RING_LIMIT || this.u32[word + 2] !== taken) return RESULT.DAMAGED;
                this.messageSize = full;
                if (full > bytes.length) return RESULT.CAPACITY;
                this._receiveSize = full;
                this._receiveDone = this._receiveSlot = 0;
                this._peeked = this.peekCount = count = Math.min(count, taken);
                at += 16;
                room = count * slotBytes - 16;
            }
            const piece = Math.min(room, this._receiveSize - this._receiveDone);
            bytes.set(this.u8.subarray(at, at + piece), this._receiveDone);
            this._receiveDone += piece;
            this._receiveSlot += count;
            this.consume(count);
            this._readyEnd = this._tail;
            if (this._receiveSlot === this._slotsOf(this._receiveSize)) return RESULT.OK;
        }
    }

    _sendMulti(bytes) {
        const words = this.i32, size = bytes.length, room = this.recordBytes;
        const taken = Math.max(1, Math.ceil(size / room));
        if (this._sendSize < 0) {
            const code = this._beginSend(taken);
            if (code !== RESULT.OK) return code;
            this._sendSize = size;
            this._sendDone = this._sendSlot = 0;
        }
        for (; this._sendSlot < taken; this._sendSlot++) {
            const number = (this._sendNumber + this._sendSlot) | 0, at = this._slotOf(number);
            const ahead = (Atomics.load(words, at) - number) | 0;
            if (words[W3DI_RING_CLOSED] !== 0) return RESULT.CLOSED;
            if (ahead !== 0) return ahead < 0 ? RESULT.BUSY : RESULT.DAMAGED;
            const done = this._sendDone, piece = Math.min(room, size - done);
            this.u8.set(bytes.subarray(done, done + piece), (at << 2) + 8);
            this._sendDone += piece;
            words[at + 1] = this._messageTag(this._sendSlot, size, piece);
            Atomics.store(words, at, (number + 1) | 0);
            if (words[W3DI_RING_RX_WAIT] !== 0) this._wake(W3DI_RING_RX_EVENT);
        }
        return RESULT.OK;
    }

    // The length_tag of a message's slot: the first one's has the size of all.
    _messageTag(slot, size, piece) {
        return slot === 0 ? W3DI_RING_TAG_BEGIN << 28 | size : W3DI_RING_TAG_REST << 28 | piece;
    }

    // Takes the numbers of all slots of a message; there may be more of them than slots.
    _beginSend(taken) {
        const words = this.i32;
        if (Atomics.load(words, W3DI_RING_CLOSED)) return RESULT.CLOSED;
        for (let tries = 0; tries < W3DI_RING_TRIES; tries++) {
            const head = Atomics.load(words, W3DI_RING_HEAD);
            const ahead = (Atomics.load(words, this._slotOf(head)) - head) | 0;
            if (ahead < 0) return RESULT.BUSY;
            if (ahead > 0) {
                if (Atomics.load(words, W3DI_RING_HEAD) === head) return RESULT.DAMAGED;
            } else if (head ===
                Atomics.compareExchange(words, W3DI_RING_HEAD, head, (head + taken) | 0)) {
                this._sendNumber = head;
                return RESULT.OK;
            }
        }
        return RESULT.BUSY;
    }

    _receiveMulti(bytes) {
        const words = this.i32, room = this.recordBytes;
        if (this._receiveSize < 0) {
            let code = this._beginReceive(bytes.length);
            if (code === RESULT.BUSY && Atomics.load(words, W3DI_RING_CLOSED)) {
                code = this._beginReceive(bytes.length);
                if (code === RESULT.BUSY) return RESULT.CLOSED;
            }
            if (code !== RESULT.OK) return code;
        }
        const size = this._receiveSize, taken = Math.max(1, Math.ceil(size / room));
        for (; this._receiveSlot < taken; this._receiveSlot++) {
            const number = (this._receiveNumber + this._receiveSlot) | 0;
            const at = this._slotOf(number), wanted = (number + 1) | 0;
            let ahead = (Atomics.load(words, at) - wanted) | 0;
            if (ahead < 0 && Atomics.load(words, W3DI_RING_CLOSED)) {
                ahead = (Atomics.load(words, at) - wanted) | 0;
                if (ahead < 0) return RESULT.CLOSED;
            }
            if (ahead !== 0) return ahead < 0 ? RESULT.BUSY : RESULT.DAMAGED;
            const piece = Math.min(room, size - this._receiveDone), from = (at << 2) + 8;
            const tag = this._messageTag(this._receiveSlot, size, piece);
            if (words[at + 1] !== tag) return RESULT.DAMAGED;
            bytes.set(this.u8.subarray(from, from + piece), this._receiveDone);
            this._receiveDone += piece;
            this._free(number, 1);
        }
        return RESULT.OK;
    }

    _beginReceive(capacity) {
        const words = this.i32, single = this.kind === RING_MPSC;
        for (let tries = 0; tries < W3DI_RING_TRIES; tries++) {
            const tail = single ? this._tail : Atomics.load(words, W3DI_RING_TAIL);
            const at = this._slotOf(tail);
            const ahead = (Atomics.load(words, at) - ((tail + 1) | 0)) | 0;
            if (ahead < 0) return RESULT.BUSY;
            const tag = words[at + 1] >>> 28, size = words[at + 1] & 0xFFFFFFF;
            if (ahead === 0 && tag === W3DI_RING_TAG_NOTHING) {
                if (this._takeTail(tail, (tail + 1) | 0)) this._free(tail, 1);
                continue;
            }
            // What was read may be the slot's next content, if another consumer has taken it.
            if (!single && Atomics.load(words, W3DI_RING_TAIL) !== tail) continue;
            if (ahead > 0) return RESULT.DAMAGED;
            if (tag === 0) return RESULT.FORMAT;
            if (tag !== W3DI_RING_TAG_BEGIN || size > RING_LIMIT) return RESULT.DAMAGED;
            this.messageSize = size;
            if (size > capacity) return RESULT.CAPACITY;
            const taken = Math.max(1, Math.ceil(size / this.recordBytes));
            if (!this._takeTail(tail, (tail + taken) | 0)) continue;
            this._receiveNumber = tail;
            this._receiveSize = size;
            this._receiveDone = this._receiveSlot = 0;
            return RESULT.OK;
        }
        return RESULT.BUSY;
    }

    // ---- waiting ----

    // Whether another try makes sense: something to read, or room to write, or the ring is closed.
    _ready(consumer) {
        const words = this.i32;
        if (Atomics.load(words, W3DI_RING_CLOSED)) return true;
        if (this.kind === RING_SPSC) {
            if (consumer) return Atomics.load(words, W3DI_RING_HEAD) !== this._tail;
            return ((this._head - Atomics.load(words, W3DI_RING_TAIL)) | 0) !== this.slots;
        }
        if (consumer) {
            const number = this._receiveSize >= 0 ? (this._receiveNumber + this._receiveSlot) | 0 :
                this.kind === RING_MPSC ? this._tail : Atomics.load(words, W3DI_RING_TAIL);
            return ((Atomics.load(words, this._slotOf(number)) - number) | 0) > 0;
        }
        const number = this._sendSize >= 0 ? (this._sendNumber + this._sendSlot) | 0 :
            Atomics.load(words, W3DI_RING_HEAD);
        return ((Atomics.load(words, this._slotOf(number)) - number) | 0) >= 0;
    }

    // Sleeps until another try makes sense: OK; TIMEOUT; or BUSY where this thread may not wait.
    _wait(consumer, deadline) {
        if (!this._mayWait) return RESULT.BUSY;
        // Each look takes the other side's words away from it. So looks become rare, and find
        // several records; asking for the time fills the pauses.
        let now = performance.now();
        if (!(now < deadline)) return RESULT.TIMEOUT;
        const end = Math.min(deadline, now + W3DI_RING_SPIN_MS);
        for (let pauses = 1; now < end; pauses = Math.min(2 * pauses, W3DI_RING_PAUSES)) {
            for (let i = 0; i < pauses; i++) now = performance.now();
            if (this._ready(consumer)) return RESULT.OK;
        }
        const words = this.i32;
        const count = consumer ? W3DI_RING_RX_WAIT : W3DI_RING_TX_WAIT, event = count + 4;
        let result = RESULT.OK, most = W3DI_RING_THIRD_LOOK_MS;
        Atomics.add(words, count, 1);
        for (;;) {
            const seen = Atomics.load(words, event);
            if (this._ready(consumer)) break;
            const left = deadline - performance.now();
            if (!(left > 0)) result = RESULT.TIMEOUT;
            if (result !== RESULT.OK) break;
            Atomics.wait(words, event, seen, Math.min(left, most));
            most = W3DI_RING_LATER_LOOK_MS;
        }
        Atomics.sub(words, count, 1);
        return result;
    }

    async _moveAsync(consumer, bytes, timeout) {
        const deadline = performance.now() + timeout;
        for (;;) {
            const code = consumer ? this.receive(bytes) : this.send(bytes);
            if (code !== RESULT.BUSY) return code;
            const waited = await this._waitAsync(consumer, deadline - performance.now());
            if (waited !== RESULT.OK) return waited;
        }
    }

    // Waiting by promises. Where the engine has no Atomics.waitAsync, or the memory is not
    // shared, it looks every few milliseconds.
    async _waitAsync(consumer, timeout) {
        const deadline = performance.now() + timeout;
        if (this.i32.length === 0) this._renew();
        if (this._ready(consumer)) return RESULT.OK;
        const count = consumer ? W3DI_RING_RX_WAIT : W3DI_RING_TX_WAIT, event = count + 4;
        const shared = typeof SharedArrayBuffer === 'function' &&
            this.i32.buffer instanceof SharedArrayBuffer;
        let most = W3DI_RING_THIRD_LOOK_MS;
        Atomics.add(this.i32, count, 1);
        for (;;) {
            const seen = Atomics.load(this.i32, event);
            if (this._ready(consumer)) break;
            const left = Math.min(most, deadline - performance.now());
            if (!(left > 0)) {
                Atomics.sub(this.i32, count, 1);
                return RESULT.TIMEOUT;
            }
            if (shared && Atomics.waitAsync) {
                const waiting = Atomics.waitAsync(this.i32, event, seen, left);
                // The timer only keeps node, which does not count waiters, from leaving.
                const alive = setTimeout(() => {}, left + 1000);
                if (waiting.async) await waiting.value;
                clearTimeout(alive);
            } else {
                await new Promise((done) => setTimeout(done, Math.min(left, 2)));
            }
            most = 1000;
            if (this.i32.length === 0) this._renew();
        }
        Atomics.sub(this.i32, count, 1);
        return RESULT.OK;
    }
}
