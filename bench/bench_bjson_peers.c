/* bench_bjson_peers.c - BJSON beside other formats with the same content: written, checked, read
 * whole, read at random by name, and how large. FlatBuffers has a fixed schema and generated code;
 * the others name their properties in the file, as BJSON does. A peer keeps its buffer from one
 * file to the next; one that has to be parsed is parsed inside "open", and for random reads before
 * the clock starts. GLB is here for what it costs to write and how large it is: the objects'
 * properties are JSON, in extras, the mesh is its binary chunk. */
#include "bench_bjson.h"

static void peer_encode(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    b->peer_file = b->peer->encode(&b->content, &b->peer_size);
    if (!b->peer_file) abort();
}

static void peer_validate(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    if (!b->peer->validate(b->peer_file, b->peer_size)) abort();
}

static void peer_traverse(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    b->peer_sum = b->peer->traverse(b->peer_file, b->peer_size);
}

static void peer_lookup(void *user)
{
    bjson_bench *b = (bjson_bench *)user;
    b->peer_sum = b->peer->lookup(b->peer_opened, b->reads, BJSON_READS);
}

typedef void side(void *user);

static void row(bjson_bench *b, const char *name, side *ours, side *peer, int rounds)
{
    bench_row r;
    memset(&r, 0, sizeof r);
    b->sum = b->peer_sum = 0;
    r.name = name;
    r.unit = "k/s"; /* thousands of objects, or reads, in a second */
    r.work = BJSON_OBJECTS / 1e3;
    r.ours.run = ours;
    r.peer.run = peer;
    r.peer.name = b->peer->name;
    r.user = b;
    r.rounds = rounds;
    bench_run(&r);
    /* Floats are added in another order. */
    double apart = b->sum - b->peer_sum, most = 1e-6 * (b->sum + 1);
    if (apart > most || apart < -most) {
        fprintf(stderr, "%s read something else: %.17g, not %.17g\n", b->peer->name, b->peer_sum,
                b->sum);
        abort();
    }
}

/* The file's bytes beside a peer's: x peer is above 1 where ours is smaller. */
static void size_row(const bjson_bench *b, const char *peer, size_t size)
{
    double ours = (double)b->size / BJSON_OBJECTS, theirs = (double)size / BJSON_OBJECTS;
    printf("%-34s%-8s%10.1f%12.1f%12s%9.2f%9s   peer: %s\n", "size", "B/obj", ours, theirs, "-",
           theirs / ours, "-", peer);
    if (bench_csv)
        fprintf(bench_csv, "size,B/obj,%.1f,%.1f,-,%.2f,-,,,,%s,\n", ours, theirs, theirs / ours,
                peer);
}

static void bench_peer(bjson_bench *b, const scene_peer *peer, int rounds)
{
    b->peer = peer;
    peer_encode(b);
    size_row(b, peer->name, b->peer_size);
    row(b, "encode", bjson_bench_encode, peer_encode, rounds);
    if (peer->validate) row(b, "validate", bjson_bench_validate, peer_validate, rounds);
    if (!peer->open) return;
    row(b, "open and add up all properties", bjson_bench_traverse, peer_traverse, rounds);
    if (b->content.vertex_count) return;
    b->peer_opened = peer->open(b->peer_file, b->peer_size);
    if (!b->peer_opened) abort();
    row(b, "random reads by name", bjson_bench_lookup, peer_lookup, rounds);
    row(b, "the same, names looked up once", bjson_bench_lookup_resolved, peer_lookup, rounds);
    peer->close(b->peer_opened);
}

/* ---- GLB ---- */

static void put_floats(char **to, const char *key, const float *values, int count)
{
    *to += sprintf(*to, ",\"%s\":[", key);
    for (int i = 0; i < count; i++) *to += sprintf(*to, i ? ",%.9g" : "%.9g", (double)values[i]);
    *(*to)++ = ']';
}

static char *put_object(char *to, const char *name, const scene_object *o)
{
    to += sprintf(to, "{\"name\":\"%s\"", name);
    put_floats(&to, "rotation", o->rotation_quaternion, 4);
    put_floats(&to, "scale", o->scale, 3);
    put_floats(&to, "translation", o->location, 3);
    to += sprintf(to, ",\"extras\":{\"data\":%u,\"hide\":%s,\"mass\":%.17g,\"parent\":%u",
                  (unsigned)o->data, o->hide ? "true" : "false", o->mass, (unsigned)o->parent);
    put_floats(&to, "matrix_local", o->matrix_local, 16);
    return to + sprintf(to, "}},");
}

/* A GLB of the scene: a header, a chunk of JSON, a chunk of the mesh's arrays. */
static const void *glb_encode(const scene_content *c, size_t *size)
{
    static char *file; /* keeps its memory */
    size_t vertices = c->vertex_count, arrays = vertices * 56;
    if (!file)
        file = (char *)malloc((size_t)BJSON_OBJECTS * 700 + 4096 + (size_t)BJSON_VERTICES * 56);
    if (!file) abort();
    char *to = file + 20;
    to += sprintf(to, "{\"asset\":{\"version\":\"2.0\"},\"nodes\":[");
    for (uint32_t i = 0; i < c->object_count; i++) to = put_object(to, c->names[i], &c->objects[i]);
    to[-1] = ']'; /* in place of the last comma */
    *to++ = '}';
    while ((to - file) % 4) *to++ = ' ';
    uint32_t head[5] = { 0x46546C67u, 2, 0, (uint32_t)(to - file) - 20, 0x4E4F534Au };
    if (arrays) {
        uint32_t chunk[2] = { (uint32_t)arrays, 0x004E4942u };
        memcpy(to, chunk, 8);
        memcpy(to + 8, c->indices, vertices * 24);
        memcpy(to + 8 + vertices * 24, c->normals, vertices * 12);
        memcpy(to + 8 + vertices * 36, c->positions, vertices * 12);
        memcpy(to + 8 + vertices * 48, c->uvs, vertices * 8);
        to += 8 + arrays;
    }
    head[2] = (uint32_t)(to - file);
    memcpy(file, head, sizeof head);
    *size = (size_t)(to - file);
    return file;
}

void bench_bjson_peers(bjson_bench *b)
{
    static const scene_peer glb = { "GLB", glb_encode, NULL, NULL, NULL, NULL, NULL };
    bench_title("beside other formats");
#if BENCH_FLATBUFFERS
    bench_peer(b, scene_peer_flatbuffers(), 21);
    if (!b->content.vertex_count) {
        b->peer = scene_peer_flatbuffers_reflection();
        b->peer_opened = b->peer->open(b->peer_file, b->peer_size);
        row(b, "random reads by name", bjson_bench_lookup, peer_lookup, 21);
    }
#endif
#if BENCH_MSGPACK
    bench_peer(b, scene_peer_msgpack(), 7);
#endif
#if BENCH_CBOR
    bench_peer(b, scene_peer_cbor(), 5);
#endif
#if BENCH_BSON
    bench_peer(b, scene_peer_bson(), 7);
#endif
    bench_peer(b, &glb, 3);
    (void)peer_validate;
    (void)peer_traverse;
    (void)peer_lookup;
}

void bench_bjson_mixed(bjson_bench *b)
{
    (void)b;
#if BENCH_FLATBUFFERS
    b->peer = scene_peer_flatbuffers();
    peer_encode(b);
    size_row(b, b->peer->name, b->peer_size);
    row(b, "encode", bjson_bench_encode, peer_encode, 21);
    row(b, "validate", bjson_bench_validate, peer_validate, 21);
    row(b, "open and add up all properties", bjson_bench_traverse, peer_traverse, 21);
#endif
}
