/* test_gpu_capture.c - captures played again, files that were damaged, and words that are no stream. */
#include "test.h"

#include "gpu/gpu_capture.h"
#include "gpu_scene.h"

enum { FILE_SIZE = 1 << 18 };

static unsigned char file[FILE_SIZE];

/* A capture that begins after two frames and holds three; gives its size. */
static size_t capture(scene *s, uint32_t *blocks)
{
    w3d_sink_buffer buffer = { file, sizeof file, 0 };
    w3d_sink sink = w3d_sink_to_buffer(&buffer);
    scene_open(s, NULL, NULL);
    CHECK(w3d_gpu_capture_begin(s->gpu, &sink) == W3D_ERR_BUSY);
    CHECK(w3d_gpu_capture_end(s->gpu, blocks) == W3D_ERR_NOT_FOUND);
    for (uint32_t i = 0; i < 2; i++) {
        scene_frame(s, 3 + i);
        CHECK(scene_submit(s));
    }
    CHECK(w3d_gpu_buffer_destroy(s->gpu, s->vertices[3]) == W3D_OK && scene_submit(s));
    CHECK(w3d_gpu_capture_begin(s->gpu, &sink) == W3D_OK);
    scene_device(s); /* from here on the scene sees what the capture does, but for the resources */
    w3d_gpu_checker_destroy(s->checker);
    s->checker = NULL;
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(w3d_gpu_buffer_write(s->gpu, s->uniform, 4 * i, "abcd", 4) == W3D_OK);
        scene_frame(s, 3);
        CHECK(scene_submit(s));
    }
    CHECK(w3d_gpu_mesh_destroy(s->gpu, s->meshes[3]) == W3D_OK); /* the one that lost its buffer */
    CHECK(scene_submit(s));
    CHECK(w3d_gpu_capture_end(s->gpu, blocks) == W3D_OK);
    return buffer.size;
}

static uint32_t pixels;
static void event(void *user, const w3d_gpu_event *e)
{
    (void)user;
    if (e->kind == W3D_GPU_EVENT_DOWNLOAD && e->handle == 0xFFFFFFFFu) pixels = e->size;
}

static void a_capture_plays_again(void)
{
    static scene s, again;
    uint32_t blocks = 0, played = 0;
    size_t size = capture(&s, &blocks);
    w3d_gpu_replay_desc d;
    w3d_gpu_replay *replay = NULL;
    w3d_error error;
    for (int shift = 0; shift < 2; shift++) { /* also where the bytes do not lie on 16 */
        static unsigned char moved[FILE_SIZE + 16];
        unsigned char *bytes = moved + (16 - (uintptr_t)moved % 16) + (shift ? 5 : 0);
        if (size > FILE_SIZE - 16) size = 0;
        memcpy(bytes, file, size);
        memset(&d, 0, sizeof d);
        memset(&again, 0, sizeof again);
        played = 0;
        again.null.stream = scene_stream;
        again.null.user = &again;
        again.null.delay = 2;
        d.backend = w3d_gpu_null(&again.null);
        d.bytes = bytes;
        d.size = size;
        d.event = event;
        w3d_result result = w3d_gpu_replay_open(&d, &replay, &error);
        CHECK_MESSAGE(result == W3D_OK, "%d at %u: %s", (int)result, (unsigned)error.offset,
                      error.text);
        if (result) break;
        CHECK(w3d_gpu_replay_count(replay) == blocks && blocks == 5);
        CHECK(w3d_gpu_replay_read(replay) == W3D_ERR_NOT_FOUND);
        while ((result = w3d_gpu_replay_step(replay)) == W3D_OK || result == W3D_ERR_BUSY)
            played += result == W3D_OK;
        CHECK(result == W3D_ERR_NOT_FOUND && played == 5);
        pixels = 0;
        CHECK(w3d_gpu_replay_read(replay) == W3D_OK && pixels == 64 * 64 * 4);
        CHECK(again.draws == s.draws && again.multis == s.multis && again.passes == s.passes);
        CHECK_BYTES(again.buffers[s.uniform.id & 0xFFFFF], s.buffers[s.uniform.id & 0xFFFFF], 12);
        CHECK(again.alive == s.created - 2); /* without the buffer and the mesh that used it */
        w3d_gpu_replay_close(replay);
    }
    scene_close(&s);
}

static w3d_result opens(const unsigned char *bytes, size_t size, w3d_error *error)
{
    w3d_gpu_replay_desc d;
    w3d_gpu_replay *replay = NULL;
    memset(&d, 0, sizeof d);
    d.backend = w3d_gpu_null(NULL);
    d.bytes = bytes;
    d.size = size;
    w3d_result result = w3d_gpu_replay_open(&d, &replay, error);
    if (!result) w3d_gpu_replay_close(replay);
    return result;
}

static void damaged_captures_are_refused(void)
{
    static scene s;
    uint32_t blocks = 0;
    size_t size = capture(&s, &blocks);
    w3d_error error;
    scene_close(&s);
    CHECK(opens(file, size, &error) == W3D_OK);
    for (int i = 0; i < 400; i++) { /* every byte counts, but for the padding */
        size_t at = i < 100 ? (size_t)i : test_random_below((uint32_t)size);
        unsigned char before = file[at];
        file[at] ^= (unsigned char)(1 + test_random_below(255));
        w3d_result result = opens(file, size, &error);
        CHECK_MESSAGE(result != W3D_OK || before == 0, "byte %zu of %zu changed and nobody saw", at,
                      size);
        file[at] = before;
    }
    for (size_t cut = 0; cut < size; cut += 1 + cut / 8) {
        w3d_result result = opens(file, cut, &error);
        CHECK(cut < 32 ? result == W3D_ERR_TRUNCATED : result == W3D_OK);
    }
}

/* ---- the checker alone ---- */

typedef struct words {
    uint32_t words[40], count;
    w3d_result code;
    uint32_t at; /* the word that is wrong */
    const char *text;
} words;

#define OP(op, n)             ((uint32_t)(W3D_GPU_OP_##op) | (n) << 8)
#define BUFFER(id, size, use) OP(BUFFER_CREATE, 6u), id, size, use, 0, 0

static void words_that_are_refused(void)
{
    static const words cases[] = {
        { { 0 }, 1, W3D_ERR_FORMAT, 0, "an operation of no words, or of more than there are" },
        { { OP(PRESENT, 2u) },
          1,
          W3D_ERR_FORMAT,
          0,
          "an operation of no words, or of more than there are" },
        { { 99 | 1 << 8 }, 1, W3D_ERR_FORMAT, 0, "no operation of this number" },
        { { OP(PACKETS, 2u), 0 }, 2, W3D_ERR_FORMAT, 0, "no operation of this number" },
        { { OP(BUFFER_CREATE, 5u), 1u << 20 | 1, 4, 1, 0 },
          5,
          W3D_ERR_FORMAT,
          0,
          "the operation has too few words" },
        { { OP(PASS_END, 1u) }, 1, W3D_ERR_FORMAT, 0, "the operation stands in no pass" },
        { { OP(PRESENT, 1u) }, 1, W3D_ERR_FORMAT, 0, "there is no surface to be shown" },
        { { BUFFER(1, 4, 1) },
          6,
          W3D_ERR_FORMAT,
          1,
          "a handle has a slot and a generation above 0" },
        { { BUFFER(1u << 20 | 1, 6, 1) },
          6,
          W3D_ERR_LIMIT,
          2,
          "a buffer's size is a multiple of 4, up to 1 GiB" },
        { { BUFFER(1u << 20 | 1, 4, 64) }, 6, W3D_ERR_FORMAT, 3, "uses that no buffer has" },
        { { OP(BUFFER_CREATE, 6u), 1u << 20 | 1, 4, 1, 8, 1 },
          6,
          W3D_ERR_FORMAT,
          4,
          "a blob's offset is no multiple of 16" },
        { { OP(BUFFER_CREATE, 6u), 1u << 20 | 1, 4, 1, 16, 17 },
          6,
          W3D_ERR_RANGE,
          4,
          "a blob reaches over the end of the blobs" },
        { { OP(BUFFER_CREATE, 6u), 1u << 20 | 1, 4, 1, 0xFFFFFFF0u, 0xFFFFFFFFu },
          6,
          W3D_ERR_RANGE,
          4,
          "a blob reaches over the end of the blobs" },
        { { BUFFER(1u << 20 | 1, 4, 1), BUFFER(2u << 20 | 1, 4, 1) },
          12,
          W3D_ERR_FORMAT,
          7,
          "the handle's slot is taken: destroy what is there" },
        { { BUFFER(1u << 20 | 1, 16, 1), OP(BUFFER_WRITE, 5u), 1u << 20 | 1, 4, 0, 16 },
          11,
          W3D_ERR_RANGE,
          8,
          "reaches over the buffer's end" },
        { { BUFFER(1u << 20 | 1, 16, 1), OP(DESTROY, 3u), 1, 2u << 20 | 1 },
          9,
          W3D_ERR_STALE,
          8,
          "no such resource lives" },
        { { OP(SURFACE, 6u), 8, 8, 1, 0, 1, OP(PASS_BEGIN, 16u), 0, 1, 8, 8, 1 },
          22,
          W3D_ERR_FORMAT,
          8,
          "a surface's pass has that one colour, no textures, and a surface" },
        { { OP(LABEL_PUSH, 3u), 0, 0 },
          3,
          W3D_ERR_FORMAT,
          3,
          "the stream ends with a label that was not popped" },
        { { OP(OBJECTS_CREATE, 3u), 1u << 20, 4096 },
          3,
          W3D_ERR_LIMIT,
          1,
          "the table is more than 1 GiB" },
    };
    static const uint8_t blobs[32] = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w3d_gpu_checker *checker = NULL;
        w3d_error error = { W3D_OK, 0, "" };
        w3d_gpu_stream stream = { cases[i].words, blobs, cases[i].count, sizeof blobs };
        CHECK(w3d_gpu_checker_create(NULL, &checker) == W3D_OK);
        w3d_result result = w3d_gpu_check(checker, &stream, &error);
        CHECK_MESSAGE(result == cases[i].code && error.offset == 4 * cases[i].at &&
                          !strcmp(error.text, cases[i].text),
                      "case %zu: %d, word %u: %s", i, (int)result, (unsigned)error.offset / 4,
                      error.text);
        stream.word_count = 0; /* what was wrong stays wrong, until a reset */
        CHECK(w3d_gpu_check(checker, &stream, NULL) == cases[i].code);
        w3d_gpu_checker_reset(checker);
        CHECK(w3d_gpu_check(checker, &stream, NULL) == W3D_OK);
        w3d_gpu_checker_destroy(checker);
    }
}

/* Any word of a good stream changed: the checker says something or not, but reads nothing outside. */
typedef struct mangled {
    uint32_t refused, seen;
} mangled;

static void mangle(void *user, const w3d_gpu_stream *stream)
{
    mangled *m = (mangled *)user;
    uint32_t *copy = (uint32_t *)malloc((size_t)stream->word_count * 4);
    for (int i = 0; copy && i < 500; i++) {
        w3d_gpu_checker *checker = NULL;
        w3d_gpu_stream other = *stream;
        memcpy(copy, stream->words, (size_t)stream->word_count * 4);
        for (uint32_t k = 1 + test_random_below(3); k; k--) {
            uint32_t at = test_random_below(stream->word_count);
            copy[at] = test_random_below(2) ? (uint32_t)test_random() >> test_random_below(32)
                                            : copy[at] + test_random_below(3) - 1;
        }
        other.words = copy;
        if (w3d_gpu_checker_create(NULL, &checker)) break;
        m->refused += w3d_gpu_check(checker, &other, NULL) != W3D_OK;
        m->seen++;
        w3d_gpu_checker_destroy(checker);
    }
    free(copy);
}

static void any_words_may_come(void)
{
    static scene s;
    mangled m = { 0, 0 };
    scene_open(&s, NULL, NULL);
    s.null.stream = mangle;
    s.null.user = &m;
    scene_frame(&s, 5);
    CHECK(scene_submit(&s));
    CHECK_MESSAGE(m.seen == 1000 && m.refused > 500, "%u of %u refused", m.refused, m.seen);
    scene_close(&s);
}

void test_gpu_capture(void);
void test_gpu_capture(void)
{
    RUN(a_capture_plays_again);
    RUN(damaged_captures_are_refused);
    RUN(words_that_are_refused);
    RUN(any_words_may_come);
}
