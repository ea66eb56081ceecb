/* bench_gpu.c - what recording and submitting draws costs, without a device: the null back-end.
 *
 * 1,000, 5,000 and 20,000 draws of 3 pipelines, 5 groups and 4 arenas in random order, each with its own
 * object: sorted and merged, or kept in order; and every object's row set anew. Rates are draws, the
 * limit is to copy as many draw packets of 32 bytes. */
#include "bench.h"

#include "gpu/gpu.h"
#include "gpu/gpu_null.h"

enum { MOST = 20000, PIPELINES = 3, GROUPS = 5, ARENAS = 4 };

typedef struct frame {
    w3d_gpu *gpu;
    w3d_gpu_pipeline pipelines[PIPELINES];
    w3d_gpu_group groups[GROUPS];
    w3d_gpu_mesh meshes[ARENAS];
    w3d_gpu_object objects;
    w3d_gpu_draw_desc draws[MOST];
    w3d_gpu_packet packets[MOST], copied[MOST];
    unsigned char rows[MOST][64];
    uint32_t count;
    int sort, set;
} frame;

static void submit(void *user)
{
    frame *f = (frame *)user;
    w3d_gpu_pass_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.sort = f->sort;
    if (f->set) w3d_gpu_objects_set(f->gpu, f->objects, f->count, f->rows, 64);
    w3d_gpu_pass *pass = w3d_gpu_pass_begin(f->gpu, &desc);
    for (uint32_t i = 0; i < f->count && f->set < 2; i++) w3d_gpu_draw(pass, &f->draws[i]);
    w3d_gpu_pass_end(pass);
    if (w3d_gpu_submit(f->gpu)) printf("%s\n", w3d_gpu_message(f->gpu));
}

static void copy(void *user)
{
    frame *f = (frame *)user;
    memcpy(f->copied, f->packets, sizeof *f->packets * f->count);
    bench_keep(f->copied);
}

static int make(frame *f)
{
    w3d_gpu_desc desc;
    w3d_gpu_buffer_desc b;
    w3d_gpu_shader_desc h;
    w3d_gpu_pipeline_desc p;
    w3d_gpu_group_desc g;
    w3d_gpu_mesh_desc m;
    w3d_gpu_shader shader;
    w3d_gpu_buffer uniform;
    uint32_t random = 1;
    memset(f, 0, sizeof *f), memset(&desc, 0, sizeof desc), memset(&b, 0, sizeof b);
    memset(&h, 0, sizeof h), memset(&p, 0, sizeof p), memset(&g, 0, sizeof g);
    memset(&m, 0, sizeof m);
    desc.backend = w3d_gpu_null(NULL);
    desc.width = desc.height = 64;
    desc.object_size = 64;
    if (w3d_gpu_create(&desc, &f->gpu)) return 0;
    b.size = 4096;
    b.use = W3D_GPU_USE_UNIFORM;
    w3d_gpu_buffer_create(f->gpu, &b, &uniform);
    b.use = 0;
    h.wgsl = "x";
    h.object_size = 64;
    h.binding_count = 1;
    h.bindings[0].group = h.bindings[0].kind = 1;
    w3d_gpu_shader_create(f->gpu, &h, &shader);
    p.shader = g.shader = shader;
    p.attributes[0].format = W3D_GPU_FLOAT3;
    for (int i = 0; i < PIPELINES; i++) w3d_gpu_pipeline_create(f->gpu, &p, &f->pipelines[i]);
    g.entry_count = 1;
    g.entries[0].buffer = uniform;
    for (int i = 0; i < GROUPS; i++) w3d_gpu_group_create(f->gpu, &g, &f->groups[i]);
    w3d_gpu_buffer_create(f->gpu, &b, &m.indices);
    m.count = 36;
    for (int i = 0; i < ARENAS; i++) {
        w3d_gpu_buffer_create(f->gpu, &b, &m.vertices[0]);
        w3d_gpu_mesh_create(f->gpu, &m, &f->meshes[i]);
    }
    if (w3d_gpu_objects_create(f->gpu, MOST, &f->objects)) return 0;
    for (uint32_t i = 0; i < MOST; i++) {
        random = random * 1664525u + 1013904223u;
        f->draws[i].pipeline = f->pipelines[(random >> 8) % PIPELINES];
        f->draws[i].group = f->groups[(random >> 12) % GROUPS];
        f->draws[i].mesh = f->meshes[(random >> 20) % ARENAS];
        f->draws[i].object.id = f->objects.id + i;
    }
    return w3d_gpu_submit(f->gpu) == W3D_OK;
}

void bench_gpu(void);
void bench_gpu(void)
{
    static frame f;
    static const uint32_t counts[] = { 1000, 5000, MOST };
    static const char *const names[] = { "%u draws, order kept", "%u draws, sorted",
                                         "%u objects set" };
    if (!make(&f)) {
        printf("%s\n", w3d_gpu_message(f.gpu));
        return;
    }
    bench_title("gpu: a frame without a device");
    for (int kind = 0; kind < 3; kind++)
        for (int i = 0; i < 3; i++) {
            bench_row row;
            char name[64];
            memset(&row, 0, sizeof row);
            snprintf(name, sizeof name, names[kind], counts[i]);
            f.count = counts[i];
            f.sort = kind == 1;
            f.set = kind == 2 ? 2 : 0;
            row.name = name;
            row.unit = "Mdraw/s";
            row.work = counts[i] / 1e6;
            row.ours.run = submit;
            row.limit.name = "memcpy of the packets";
            row.limit.run = copy;
            row.user = &f;
            bench_run(&row);
        }
    w3d_gpu_destroy(f.gpu);
}
