/* oracle_assimp.c - our readers against the assimp library, on the models its distribution ships.
 *
 *     cc -Isrc tests/oracle_assimp.c src/asset/gltf*.c src/asset/obj.c src/asset/asset_scene.c \
 *        src/scene/json.c src/memory/allocator.c src/mesh/mesh_triangulate.c -lassimp -lm -o oracle
 *     ./oracle [-v] [FOLDER]       default /usr/share/assimp/models
 *
 * Every .gltf, .glb and .obj below the folder is read by both. The number of triangles and the
 * bounds of all triangles in world space must agree, or the file stands in assimp_expected.txt
 * with what happens instead and why. Then each file is cut off at every byte of its first 4 KB
 * and at 1000 places of the rest, which must not crash (build with sanitizers to see more). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "asset/gltf_scene.h"
#include "asset/obj.h"

#include <assimp/cimport.h>
#include <assimp/postprocess.h>
#include <assimp/scene.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct measure {
    unsigned long triangles;
    double low[3], high[3];
} measure;

static int verbose, passed, failed;
static char expected[200][3][300]; /* file, outcome, reason */
static int expected_count, expected_used[200];
static char root[1000];

static void measure_start(measure *m)
{
    m->triangles = 0;
    for (int k = 0; k < 3; k++) m->low[k] = HUGE_VAL, m->high[k] = -HUGE_VAL;
}

/* NaNs are in no bounds: the comparisons are false. */
static void measure_add(measure *m, const double p[3])
{
    for (int k = 0; k < 3; k++) {
        if (p[k] < m->low[k]) m->low[k] = p[k];
        if (p[k] > m->high[k]) m->high[k] = p[k];
    }
}

static int measures_agree(const measure *a, const measure *b)
{
    double size = 0.0;
    if (a->triangles != b->triangles) return 0;
    for (int k = 0; k < 3; k++)
        if (isfinite(a->high[k]) && isfinite(a->low[k]))
            size =
                fmax(size, fmax(a->high[k] - a->low[k], fmax(fabs(a->high[k]), fabs(a->low[k]))));
    for (int k = 0; k < 3; k++) {
        if (!(a->low[k] == b->low[k] || fabs(a->low[k] - b->low[k]) <= 4e-6 * size)) return 0;
        if (!(a->high[k] == b->high[k] || fabs(a->high[k] - b->high[k]) <= 4e-6 * size)) return 0;
    }
    return 1;
}

/* ---- ours ---- */

typedef struct folder {
    const char *model;       /* the model's path                 */
    unsigned char *files[64]; /* what was opened, to be freed     */
    int count;
} folder;

static unsigned char *read_file(const char *path, size_t *size)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    *size = (size_t)status.st_size;
    unsigned char *bytes = (unsigned char *)malloc(*size + 1);
    if (fread(bytes, 1, *size, file) != *size) *size = 0;
    fclose(file);
    return bytes;
}

static w3d_result open_beside(void *user, const char *name, size_t name_size, const void **bytes,
                              size_t *size)
{
    folder *f = (folder *)user;
    char path[2000];
    int length = (int)(strrchr(f->model, '/') - f->model);
    snprintf(path, sizeof path, "%.*s/%.*s", length, f->model, (int)name_size, name);
    unsigned char *read = f->count < 64 ? read_file(path, size) : NULL;
    if (!read) return W3D_ERR_NOT_FOUND;
    f->files[f->count++] = read;
    *bytes = read;
    return W3D_OK;
}

static int is_obj(const char *path)
{
    return strlen(path) > 4 && !strcmp(path + strlen(path) - 4, ".obj");
}

static w3d_result load(const char *path, const unsigned char *bytes, size_t size,
                       w3d_asset_scene *scene, w3d_error *error)
{
    folder beside;
    w3d_result result;
    beside.model = path;
    beside.count = 0;
    if (is_obj(path)) {
        w3d_obj_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.text = bytes, desc.size = size, desc.open = open_beside, desc.user = &beside;
        result = w3d_obj_load(&desc, scene, error);
    } else {
        w3d_gltf_desc desc;
        memset(&desc, 0, sizeof desc);
        desc.bytes = bytes, desc.size = size, desc.open = open_beside, desc.user = &beside;
        result = w3d_gltf_scene_load(&desc, scene, error);
    }
    while (beside.count) free(beside.files[--beside.count]);
    return result;
}

static void measure_ours(const w3d_asset_scene *scene, measure *m)
{
    w3d_mat4 *world = (w3d_mat4 *)malloc(((size_t)scene->object_count + 1) * sizeof *world);
    w3d_asset_scene_world(scene, world);
    measure_start(m);
    for (uint32_t o = 0; o < scene->object_count; o++) {
        if (scene->objects[o].mesh == W3D_ASSET_NONE) continue;
        const w3d_asset_mesh *mesh = &scene->meshes[scene->objects[o].mesh];
        m->triangles += mesh->index_count / 3;
        for (uint32_t i = 0; i < mesh->index_count; i++) {
            const float *p = mesh->positions + 3 * (size_t)mesh->indices[i], *w = world[o].m;
            double at[3];
            for (int k = 0; k < 3; k++)
                at[k] = (double)w[k] * (double)p[0] + (double)w[4 + k] * (double)p[1] +
                        (double)w[8 + k] * (double)p[2] + (double)w[12 + k];
            measure_add(m, at);
        }
    }
    free(world);
}

/* ---- assimp's ---- */

static void measure_node(const struct aiScene *scene, const struct aiNode *node,
                         const double above[12], measure *m)
{
    const struct aiMatrix4x4 *t = &node->mTransformation;
    const double own[16] = { (double)t->a1, (double)t->a2, (double)t->a3, (double)t->a4,
                             (double)t->b1, (double)t->b2, (double)t->b3, (double)t->b4,
                             (double)t->c1, (double)t->c2, (double)t->c3, (double)t->c4,
                             0.0,           0.0,           0.0,           1.0 };
    double world[12]; /* three rows of four */
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 4; column++) {
            world[4 * row + column] = 0.0;
            for (int k = 0; k < 4; k++)
                world[4 * row + column] += above[4 * row + k] * own[4 * k + column];
        }
    for (unsigned i = 0; i < node->mNumMeshes; i++) {
        const struct aiMesh *mesh = scene->mMeshes[node->mMeshes[i]];
        for (unsigned f = 0; f < mesh->mNumFaces; f++) {
            if (mesh->mFaces[f].mNumIndices != 3) continue;
            m->triangles++;
            for (int k = 0; k < 3; k++) {
                const struct aiVector3D *v = &mesh->mVertices[mesh->mFaces[f].mIndices[k]];
                double p[3];
                for (int row = 0; row < 3; row++)
                    p[row] = world[4 * row] * (double)v->x + world[4 * row + 1] * (double)v->y +
                             world[4 * row + 2] * (double)v->z + world[4 * row + 3];
                measure_add(m, p);
            }
        }
    }
    for (unsigned i = 0; i < node->mNumChildren; i++)
        measure_node(scene, node->mChildren[i], world, m);
}

/* 0 where assimp refuses the file. */
static int measure_assimp(const char *path, measure *m, char *why, size_t why_size)
{
    static const double identity[12] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0 };
    const struct aiScene *scene = aiImportFile(path, aiProcess_Triangulate | aiProcess_SortByPType);
    measure_start(m);
    if (!scene) {
        snprintf(why, why_size, "; assimp: %s", aiGetErrorString());
        return 0;
    }
    if (scene->mRootNode) measure_node(scene, scene->mRootNode, identity, m);
    aiReleaseImport(scene);
    return 1;
}

/* ---- one file ---- */

static void cut_everywhere(const char *path, const unsigned char *bytes, size_t size)
{
    unsigned long long state = 1;
    for (size_t i = 0; i < 4096 + 1000; i++) {
        size_t cut = i;
        if (i >= 4096) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            cut = (size_t)((state >> 33) % (size + 1));
        }
        if (cut >= size) continue;
        unsigned char *copy =
            (unsigned char *)malloc(cut ? cut : 1); /* exactly: sanitizers see one more */
        w3d_asset_scene scene;
        w3d_error error;
        memcpy(copy, bytes, cut);
        w3d_result result = load(path, copy, cut, &scene, &error);
        if (result == W3D_OK)
            w3d_asset_scene_destroy(&scene);
        else if (error.code != result || !error.text) {
            printf("%s cut at %zu: an error without a text\n", path, cut);
            failed++;
        }
        free(copy);
    }
}

static const char *result_name(w3d_result result)
{
    static const char *const names[] = {
#define NAME(name, meaning) #name,
        W3D_RESULT_LIST(NAME)
#undef NAME
    };
    return names[result];
}

static int compare(const char *path)
{
    const char *file = path + strlen(root) + 1;
    char outcome[300], why[300] = "", detail[700] = "";
    measure ours, theirs;
    size_t size;
    w3d_asset_scene scene;
    w3d_error error = { W3D_OK, 0, "" };
    unsigned char *bytes = read_file(path, &size);
    if (!bytes) return printf("%s: cannot be read\n", file), failed++, 0;
    int assimp_reads = measure_assimp(path, &theirs, why, sizeof why);
    if (load(path, bytes, size, &scene, &error) != W3D_OK) {
        snprintf(outcome, sizeof outcome, "%s%s", result_name(error.code),
                 assimp_reads ? "" : ", assimp refuses too");
        snprintf(detail, sizeof detail, "%s, at %llu", error.text,
                 (unsigned long long)error.offset);
    } else {
        measure_ours(&scene, &ours);
        w3d_asset_scene_destroy(&scene);
        if (!assimp_reads)
            snprintf(outcome, sizeof outcome, "%lu triangles, assimp refuses", ours.triangles);
        else if (measures_agree(&ours, &theirs))
            snprintf(outcome, sizeof outcome, "same");
        else if (ours.triangles != theirs.triangles)
            snprintf(outcome, sizeof outcome, "%lu triangles, assimp %lu", ours.triangles,
                     theirs.triangles);
        else
            snprintf(outcome, sizeof outcome, "%lu triangles, other bounds", ours.triangles);
        snprintf(detail, sizeof detail, "%lu triangles, %g %g %g to %g %g %g", ours.triangles,
                 ours.low[0], ours.low[1], ours.low[2], ours.high[0], ours.high[1], ours.high[2]);
        if (assimp_reads && strcmp(outcome, "same"))
            snprintf(detail + strlen(detail), sizeof detail - strlen(detail),
                     "; assimp %lu, %g %g %g to %g %g %g", theirs.triangles, theirs.low[0],
                     theirs.low[1], theirs.low[2], theirs.high[0], theirs.high[1], theirs.high[2]);
    }
    const char *wanted = "same";
    for (int i = 0; i < expected_count; i++)
        if (!strcmp(expected[i][0], file)) {
            wanted = expected[i][1];
            expected_used[i] = 1;
        }
    int good = !strcmp(wanted, outcome);
    if (verbose || !good)
        printf("%s %s: %s (%s)%s\n", good ? "ok  " : "FAIL", file, outcome, detail, why);
    if (!good) printf("     expected: %s\n", wanted);
    if (good)
        passed++;
    else
        failed++;
    cut_everywhere(path, bytes, size);
    free(bytes);
    return 0;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    const char *dot = strrchr(path, '.');
    (void)status, (void)where;
    if (kind != FTW_F || !dot) return 0;
    return !strcmp(dot, ".gltf") || !strcmp(dot, ".glb") || !strcmp(dot, ".obj") ? compare(path)
                                                                                 : 0;
}

/* Lines of "file | outcome | reason"; # begins a comment. */
static void read_expected(const char *beside)
{
    char path[1000], line[1000];
    const char *slash = strrchr(beside, '/');
    snprintf(path, sizeof path, "%.*sassimp_expected.txt", slash ? (int)(slash - beside) + 1 : 0,
             beside);
    FILE *file = fopen(path, "r");
    if (!file) return;
    while (fgets(line, sizeof line, file) && expected_count < 200)
        if (line[0] != '#' &&
            sscanf(line, "%299[^|] | %299[^|] | %299[^\n]", expected[expected_count][0],
                   expected[expected_count][1], expected[expected_count][2]) == 3) {
            for (int k = 0; k < 2; k++)
                for (char *text = expected[expected_count][k];
                     *text && text[strlen(text) - 1] == ' ';)
                    text[strlen(text) - 1] = 0;
            expected_count++;
        }
    fclose(file);
}

int main(int count, char **arguments)
{
    snprintf(root, sizeof root, "/usr/share/assimp/models");
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "-v"))
            verbose = 1;
        else
            snprintf(root, sizeof root, "%s", arguments[i]);
    }
    read_expected(__FILE__);
    if (nftw(root, visit, 16, FTW_PHYS) != 0) printf("%s: cannot be walked\n", root), failed++;
    for (int i = 0; i < expected_count; i++)
        if (!expected_used[i]) printf("%s: listed, but not there\n", expected[i][0]), failed++;
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed ? 1 : 0;
}
