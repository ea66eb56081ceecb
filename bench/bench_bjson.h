/* bench_bjson.h - what the files of the BJSON bench share: the scene, our side of each row. */
#ifndef BENCH_BJSON_H
#define BENCH_BJSON_H

#include "bench.h"
#include "peers/scene.h"

#include "asset/asset_bjson.h"
#include "scene/bjson_read.h"
#include "scene/bjson_validate.h"
#include "scene/bjson_write.h"

enum {
    BJSON_OBJECTS = 100000,
    BJSON_VERTICES = 1000000,
    BJSON_READS = 100000,
    BJSON_ARENA = 2 << 20
};

typedef struct bjson_bench {
    scene_content content; /* objects alone where vertex_count is 0 */
    scene_read *reads;
    w3d_bjson_value fields[SCENE_PROPERTIES], values[SCENE_PROPERTIES + 1];
    w3d_bjson_value custom[4], inner[2];
    int by_values, crc;
    void *arena;
    unsigned char *file, *other;
    size_t size;
    w3d_bjson opened;       /* the file, for random reads */
    const scene_peer *peer; /* beside which the row under way runs, and its file */
    const void *peer_file;
    void *peer_opened;
    size_t peer_size;
    double sum, peer_sum;
} bjson_bench;

/* Makes b->file anew, with b->other as large. */
void bjson_bench_file(bjson_bench *b);

/* Sides of a row; `user` is the bjson_bench. */
void bjson_bench_encode(void *user);
void bjson_bench_validate(void *user);
void bjson_bench_traverse(void *user);
void bjson_bench_lookup(void *user);          /* by name, with what names were before */
void bjson_bench_lookup_alone(void *user);    /* by name, each for itself */
void bjson_bench_lookup_resolved(void *user); /* by names looked up once */
void bjson_bench_copy(void *user);            /* memcpy of the file */

/* The rows beside other formats, in bench_bjson_peers.c. */
void bench_bjson_peers(bjson_bench *b);
void bench_bjson_mixed(bjson_bench *b); /* not looked up */

#endif /* BENCH_BJSON_H */
