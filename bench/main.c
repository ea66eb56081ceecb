/* main.c - runs the benches: bench [WORD...] [--csv FILE]; only those whose name holds a word.
 * bench --meshes makes the files of bench/mesh_data.h instead. */
#define _GNU_SOURCE
#include "bench.h"
#include "mesh_data.h"
#include "test.h"

FILE *bench_csv;
test_state test; /* the meshes of the tests draw from its generator */

/* One line the ground, one the floors above. */
#define BENCHES(X)                                                                                 \
    X(arena) X(slab) X(handle) X(sandbox) X(ring) X(snapshot) X(jobs) X(trace)                     \
    X(pack) X(mesh) X(mesh_order) X(mesh_simplify) X(mesh_adjacency) X(mesh_meshlet) X(mesh_codec)   \
    X(mesh_bvh) X(mesh_normals) X(mesh_skinning) X(mesh_tangents) X(mesh_polygon)                   \
    X(json) X(bjson) X(gltf) X(raster) X(gpu) X(shader_run)

#define DECLARE(name) void bench_##name(void);
BENCHES(DECLARE)
#undef DECLARE

static int wanted(const char *name, int count, char **words)
{
    int any = 0;
    for (int i = 0; i < count; i++) {
        if (!words[i]) continue;
        if (strstr(name, words[i])) return 1;
        any = 1;
    }
    return !any;
}

int main(int count, char **arguments)
{
    static const char *const meshes[] = { "dragon", "shuffled", "torus", "blender" };
    char **words = arguments + 1;
    count--;
    if (count == 1 && !strcmp(words[0], "--meshes")) {
        for (int i = 0; i < 4; i++) {
            const bench_mesh *mesh = bench_mesh_get(meshes[i]);
            if (mesh) printf("%s: %u triangles\n", mesh->name, (unsigned)mesh->index_count / 3);
        }
        return 0;
    }
    for (int i = 0; i < count; i++) {
        if (!words[i] || strcmp(words[i], "--csv") || i + 1 == count) continue;
        bench_csv = fopen(words[i + 1], "w");
        if (!bench_csv) {
            fprintf(stderr, "bench: %s cannot be written\n", words[i + 1]);
            return 1;
        }
        fprintf(bench_csv, "name,unit,ours,peer,limit,x_peer,x_limit,min_ms,median_ms,max_ms,peer_"
                           "name,limit_name\n");
        words[i] = words[i + 1] = NULL;
    }
#define CALL(name)                                                                                 \
    if (wanted(#name, count, words)) bench_##name();
    BENCHES(CALL)
#undef CALL
    if (bench_csv) fclose(bench_csv);
    return 0;
}
