/* ring_peer.c - the C side of tests/web/test_ring.mjs: checked records through one ring.
 *
 * As freestanding wasm it gives its roles to JavaScript. As a native program it plays all of them
 * itself, in threads and in two processes that share memory by name (node cannot map such memory,
 * so native C meets native C only); one process is killed in mid-transfer:
 *
 *     cc -O2 -Isrc tests/web/ring_peer.c src/sync/ring.c src/sync/ring_message.c \
 *         src/sync/ring_words.c src/sync/thread.c src/memory/allocator.c -pthread -o ring_peer
 *     ./ring_peer 100000
 *
 * A record is {producer, sequence, checksum, zero}. A consumer checks the checksum and that each
 * producer's sequences rise; sums over all consumers then show that none was lost or doubled. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "sync/ring.h"
#include "sync/ring_message.h"
#include "sync/thread.h"

enum { PARTIES = 8, PRODUCERS = 4, SLOT = 32, SLOTS = 256 };

typedef struct tally {
    uint32_t count, sum, hash, last; /* of one producer's records; last: sequence + 1 */
} tally;

typedef struct party {
    w3d_thread thread;
    w3d_ring ring;
    uint32_t role; /* 0 produce, 1 consume, 2 send messages, 3 receive messages */
    uint32_t id;
    uint32_t count;
    uint32_t result;
    uint32_t wrong;
    uint64_t timeout_ns;
    unsigned char *bytes;
    uint32_t size;
    tally tallies[PRODUCERS];
} party;

static uint32_t checksum(uint32_t producer, uint32_t sequence)
{
    uint32_t x = producer * 0x9E3779B1u ^ sequence;
    x = (x ^ x >> 15) * 0x85EBCA6Bu;
    return x ^ x >> 13;
}

static void make_record(uint32_t *record, uint32_t producer, uint32_t sequence)
{
    record[0] = producer;
    record[1] = sequence;
    record[2] = checksum(producer, sequence);
    record[3] = 0;
}

static void check_record(party *self, const uint32_t *record)
{
    tally *one = &self->tallies[record[0] % PRODUCERS];
    if (record[0] >= PRODUCERS || record[2] != checksum(record[0], record[1]) || record[3] ||
        record[1] < one->last)
        self->wrong++;
    one->last = record[1] + 1u;
    one->count++;
    one->sum += record[1];
    one->hash ^= record[2];
}

/* Now single records, now batches of many sizes. */
static void produce(party *self)
{
    uint32_t sequence = 0;
    while (sequence < self->count && self->result == W3D_OK) {
        if (sequence / 64 % 2) {
            uint32_t record[4];
            make_record(record, self->id, sequence);
            self->result =
                (uint32_t)w3d_ring_write(&self->ring, record, sizeof record, self->timeout_ns);
            if (self->result == W3D_OK) sequence++;
            continue;
        }
        w3d_ring_batch batch;
        uint32_t want = 1u + sequence % 37u;
        self->result = (uint32_t)w3d_ring_claim(&self->ring, want, self->timeout_ns, &batch);
        if (self->result != W3D_OK) break;
        uint32_t count = batch.count;
        if (count > self->count - sequence) count = self->count - sequence;
        if (count > 1 && sequence % 5 == 0) count--; /* the last one goes back */
        for (uint32_t i = 0; i < count; i++)
            make_record((uint32_t *)(void *)(batch.records + (size_t)i * batch.stride), self->id,
                        sequence + i);
        sequence += count;
        self->result = (uint32_t)w3d_ring_publish(&self->ring, count);
    }
}

static void consume(party *self)
{
    for (uint32_t turn = 0; self->result == W3D_OK; turn++) {
        if (turn / 16 % 2) {
            uint32_t record[4];
            self->result =
                (uint32_t)w3d_ring_read(&self->ring, record, sizeof record, self->timeout_ns);
            if (self->result == W3D_OK) check_record(self, record);
            continue;
        }
        w3d_ring_batch batch;
        self->result =
            (uint32_t)w3d_ring_peek(&self->ring, 1u + turn % 41u, self->timeout_ns, &batch);
        if (self->result != W3D_OK) break;
        for (uint32_t i = 0; i < batch.count; i++)
            check_record(self,
                         (const uint32_t *)(void *)(batch.records + (size_t)i * batch.stride));
        w3d_ring_consume(&self->ring, batch.count);
    }
}

static void fill_message(unsigned char *bytes, uint32_t size, uint32_t seed)
{
    for (uint32_t i = 0; i < size; i++) bytes[i] = (unsigned char)(checksum(seed, i) >> 24);
}

static void send_message(party *self)
{
    fill_message(self->bytes, self->size, self->id);
    self->result = (uint32_t)w3d_ring_send(&self->ring, self->bytes, self->size, self->timeout_ns);
}

static void receive_message(party *self)
{
    size_t size = 0;
    self->result =
        (uint32_t)w3d_ring_receive(&self->ring, self->bytes, self->size, &size, self->timeout_ns);
    self->count = (uint32_t)size;
    for (uint32_t i = 0; i < size; i++)
        self->wrong += self->bytes[i] != (unsigned char)(checksum(self->id, i) >> 24);
}

static void play(void *user)
{
    party *self = (party *)user;
    switch (self->role) {
    case 0: produce(self); break;
    case 1: consume(self); break;
    case 2: send_message(self); break;
    default: receive_message(self); break;
    }
}

static w3d_result begin(party *self, void *memory, size_t size, uint32_t role, uint32_t id,
                        uint32_t count)
{
    w3d_fill(self, 0, sizeof *self);
    w3d_result result = w3d_ring_attach(&self->ring, memory, size, NULL);
    if (result != W3D_OK) return result;
    self->role = role;
    self->id = id;
    self->count = count;
    self->timeout_ns = (uint64_t)60 * 1000000000u;
    return W3D_OK;
}

#if defined(__wasm__)

/* ---- for JavaScript ---- */

#define EXPORTED(name) __attribute__((export_name(#name)))

static party parties[PARTIES];
static unsigned char block[1 << 16] __attribute__((aligned(128)));
static unsigned char message[(1 << 24) + 16] __attribute__((aligned(16)));

EXPORTED(block_address) uint32_t block_address(void) { return (uint32_t)(uintptr_t)block; }
EXPORTED(block_size) uint32_t block_size(void) { return sizeof block; }
EXPORTED(message_address) uint32_t message_address(void) { return (uint32_t)(uintptr_t)message; }
EXPORTED(format) uint32_t format(uint32_t kind, uint32_t slot_bytes, uint32_t slots, uint32_t first)
{
    w3d_ring_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.kind = (w3d_ring_kind)kind;
    desc.slot_bytes = slot_bytes;
    desc.slots = slots;
    desc.first = first;
    return (uint32_t)w3d_ring_format(block, sizeof block, &desc);
}
EXPORTED(start)
uint32_t start(uint32_t index, uint32_t role, uint32_t id, uint32_t count, uint32_t size)
{
    party *self = &parties[index];
    w3d_result result = begin(self, block, sizeof block, role, id, count);
    if (result != W3D_OK) return (uint32_t)result;
    self->bytes = message;
    self->size = size;
    return (uint32_t)w3d_thread_start(&self->thread, play, self, NULL);
}
/* The same in the calling thread, without waiting. */
EXPORTED(play_here)
uint32_t play_here(uint32_t role, uint32_t id, uint32_t count)
{
    w3d_result result = begin(&parties[0], block, sizeof block, role, id, count);
    if (result != W3D_OK) return (uint32_t)result;
    parties[0].timeout_ns = 0;
    play(&parties[0]);
    return parties[0].result;
}
EXPORTED(join) uint32_t join(uint32_t index)
{
    return (uint32_t)w3d_thread_join(&parties[index].thread);
}
/* Where a word is that is 1 while the thread runs. */
EXPORTED(thread_state) uint32_t thread_state(uint32_t index)
{
    return (uint32_t)(uintptr_t)&parties[index].thread.state;
}
EXPORTED(result) uint32_t result(uint32_t index) { return parties[index].result; }
EXPORTED(received) uint32_t received(uint32_t index) { return parties[index].count; }
EXPORTED(wrong) uint32_t wrong(uint32_t index) { return parties[index].wrong; }
EXPORTED(tallies) uint32_t tallies(uint32_t index)
{
    return (uint32_t)(uintptr_t)parties[index].tallies;
}
EXPORTED(close_ring) void close_ring(void)
{
    w3d_ring ring;
    if (w3d_ring_attach(&ring, block, sizeof block, NULL) == W3D_OK) w3d_ring_close(&ring);
}
EXPORTED(stalled) uint32_t stalled(void)
{
    w3d_ring ring;
    if (w3d_ring_attach(&ring, block, sizeof block, NULL) != W3D_OK) return 2;
    return (uint32_t)w3d_ring_stalled(&ring);
}
/* The result in the low byte, above it where the error is. */
EXPORTED(attach) uint32_t attach(uint32_t size)
{
    w3d_ring ring;
    w3d_error error;
    w3d_fill(&error, 0, sizeof error);
    w3d_result result = w3d_ring_attach(&ring, block, size, &error);
    return (uint32_t)result | (uint32_t)error.offset << 8;
}
EXPORTED(grow) uint32_t grow(uint32_t pages)
{
    return (uint32_t)__builtin_wasm_memory_grow(0, pages);
}

#else

/* ---- native ---- */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int passed, failed;

static void check(int good, const char *what, const char *detail)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("FAILED native: %s, %s\n", what, detail);
}

static const char *const kinds[] = { "SPSC", "MPSC", "MPMC" };

static void format_ring(void *memory, size_t size, w3d_ring_kind kind)
{
    w3d_ring_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.kind = kind;
    desc.slot_bytes = SLOT;
    desc.slots = SLOTS;
    desc.first = 0xFFFFFF00u; /* numbers pass 2^32 */
    check(w3d_ring_format(memory, size, &desc) == W3D_OK, "format", kinds[kind]);
}

/* Adds up what the consumers have seen and compares it with what was produced. */
static void judge(party *consumers, uint32_t consumer_count, uint32_t producers, uint32_t each,
                  const char *what, const char *kind)
{
    for (uint32_t p = 0; p < producers; p++) {
        uint32_t count = 0, sum = 0, hash = 0, wanted = 0;
        for (uint32_t c = 0; c < consumer_count; c++) {
            count += consumers[c].tallies[p].count;
            sum += consumers[c].tallies[p].sum;
            hash ^= consumers[c].tallies[p].hash;
        }
        for (uint32_t i = 0; i < each; i++) wanted ^= checksum(p, i);
        check(count == each && hash == wanted &&
                  sum == (uint32_t)((uint64_t)each * (each - 1u) / 2u),
              what, kind);
    }
    for (uint32_t c = 0; c < consumer_count; c++)
        check(consumers[c].wrong == 0 && consumers[c].result == W3D_ERR_CLOSED, what, kind);
}

static void threads(void *memory, size_t size, w3d_ring_kind kind, uint32_t count)
{
    static party all[4];
    uint32_t producers = kind == W3D_RING_SPSC ? 1 : 2, consumers = kind == W3D_RING_MPMC ? 2 : 1;
    uint32_t each = count / producers;
    format_ring(memory, size, kind);
    for (uint32_t i = 0; i < producers + consumers; i++) {
        uint32_t role = i >= producers;
        check(begin(&all[i], memory, size, role, i, each) == W3D_OK &&
                  w3d_thread_start(&all[i].thread, play, &all[i], NULL) == W3D_OK,
              "start", kinds[kind]);
    }
    for (uint32_t i = 0; i < producers + consumers; i++) {
        if (i == producers) w3d_ring_close(&all[0].ring);
        check(w3d_thread_join(&all[i].thread) == W3D_OK, "join", kinds[kind]);
    }
    judge(all + producers, consumers, producers, each, "threads", kinds[kind]);
}

static void *map_shared(const char *name, size_t size, int make)
{
    int file = shm_open(name, make ? O_CREAT | O_EXCL | O_RDWR : O_RDWR, 0600);
    if (file < 0) return NULL;
    void *memory = MAP_FAILED;
    if (!make || ftruncate(file, (off_t)size) == 0)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What the other process does: maps the memory by its name, plays its part, says how it went. */
static void child(const char *name, size_t size, uint32_t role, uint32_t id, uint32_t count,
                  int stop_half_way)
{
    static party self;
    void *memory = map_shared(name, size, 0);
    if (!memory || begin(&self, memory, size, role, id, count) != W3D_OK) _exit(2);
    if (stop_half_way) {
        w3d_ring_batch batch;
        self.count = 10;
        produce(&self);
        w3d_ring_claim(&self.ring, 1, 0, &batch);
        for (;;) pause();
    }
    play(&self);
    int good = self.wrong == 0;
    if (role == 0) good &= self.result == W3D_OK;
    if (role == 1) good &= self.result == W3D_ERR_CLOSED && self.tallies[1].count == count;
    _exit(good ? 0 : 1);
}

static void processes(w3d_ring_kind kind, uint32_t count)
{
    static party self;
    char name[64];
    snprintf(name, sizeof name, "/w3d_ring_test_%ld", (long)getpid());
    w3d_ring_desc desc;
    w3d_fill(&desc, 0, sizeof desc);
    desc.kind = kind;
    desc.slot_bytes = SLOT;
    desc.slots = SLOTS;
    size_t size = w3d_ring_memory_size(&desc);
    void *memory = map_shared(name, size, 1);
    check(memory != NULL, "shared memory", name);
    if (!memory) return;

    for (uint32_t role = 0; role < 2; role++) { /* this process consumes, then produces */
        int status = 0;
        format_ring(memory, size, kind);
        pid_t other = fork();
        if (other == 0) child(name, size, role, role, count, 0);
        check(begin(&self, memory, size, !role, role, count) == W3D_OK, "attach", kinds[kind]);
        if (role == 0) {
            w3d_thread thread; /* consumes here, until the child has ended */
            check(w3d_thread_start(&thread, play, &self, NULL) == W3D_OK, "start", kinds[kind]);
            waitpid(other, &status, 0);
            w3d_ring_close(&self.ring);
            w3d_thread_join(&thread);
            judge(&self, 1, 1, count, "another process produces", kinds[kind]);
        } else {
            play(&self);
            check(self.result == W3D_OK, "producing for another process", kinds[kind]);
            w3d_ring_close(&self.ring);
            waitpid(other, &status, 0);
        }
        check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the other process", kinds[kind]);
    }

    /* The other process is killed between claim and publish. */
    format_ring(memory, size, kind);
    pid_t other = fork();
    if (other == 0) child(name, size, 0, 0, 0, 1);
    check(begin(&self, memory, size, 1, 0, 0) == W3D_OK, "attach", kinds[kind]);
    w3d_ring_batch batch;
    for (uint32_t got = 0; got < 10;) {
        if (w3d_ring_peek(&self.ring, 10, W3D_FOREVER, &batch) != W3D_OK) break;
        got += batch.count;
        w3d_ring_consume(&self.ring, batch.count);
    }
    for (int i = 0; i < 10000 && !w3d_ring_stalled(&self.ring); i++) {
        w3d_ring_peek(&self.ring, 1, 1000000, &batch); /* passes over slots given back */
        if (kind == W3D_RING_SPSC && i == 20) break;
    }
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    check(w3d_ring_peek(&self.ring, 1, 20000000, &batch) == W3D_ERR_TIMEOUT,
          "a producer was killed: timeout", kinds[kind]);
    check(w3d_ring_stalled(&self.ring) == (kind != W3D_RING_SPSC), "stalled", kinds[kind]);
    w3d_ring_close(&self.ring);
    check(w3d_ring_peek(&self.ring, 1, W3D_FOREVER, &batch) == W3D_ERR_CLOSED, "closed",
          kinds[kind]);
    munmap(memory, size);
    shm_unlink(name);
}

int main(int count, char **arguments)
{
    static unsigned char memory[512 + SLOT * SLOTS] __attribute__((aligned(128)));
    uint32_t records = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 100000u;
    for (int kind = 0; kind < 3; kind++) {
        uint64_t began = w3d_thread_now();
        threads(memory, sizeof memory, (w3d_ring_kind)kind, records);
        uint64_t between = w3d_thread_now();
        processes((w3d_ring_kind)kind, records);
        printf("%s native: %u records, threads %.0f ms, processes %.0f ms\n", kinds[kind], records,
               (double)(between - began) * 1e-6, (double)(w3d_thread_now() - between) * 1e-6);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
