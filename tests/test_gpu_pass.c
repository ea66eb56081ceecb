/* test_gpu_pass.c - passes and draws: what is refused, how draws are sorted and merged. */
#include "test.h"

#include "gpu_scene.h"

static void says(const scene *s, int line, w3d_result result, w3d_result code, const char *text)
{
    CHECK_MESSAGE(result == code && !strcmp(w3d_gpu_message(s->gpu), text),
                  "line %d: result %d, \"%.300s\"", line, (int)result, w3d_gpu_message(s->gpu));
}
#define SAYS(call, code, text) says(&s, __LINE__, call, W3D_ERR_##code, text)

/* ---- sorting and merging ---- */

enum { DRAWS = 20000, MESHES = 8 };

typedef struct asked {
    uint8_t pipeline, group, mesh, seen;
    uint32_t count, first, instances, row, base;
} asked;

typedef struct merge {
    scene s;
    asked draws[DRAWS];
    w3d_gpu_mesh meshes[MESHES];
    uint32_t at, sorted, good, runs, last[3];
} merge;

/* Each draw comes once, with its numbers; in order where order is kept, else in the order of its run. */
static void merge_multi(void *user, const uint32_t *w)
{
    merge *m = (merge *)user;
    uint32_t n = w[4];
    m->runs++;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = w[6 + 3 * n + i], k = m->sorted ? (w[6 + i] - 3) / 3 : m->at;
        (void)row;
        if (m->sorted) { /* the count says which draw it is, by its residue; look for it from the run's last */
            uint32_t key = w[1] * 31u + w[2];
            k = m->last[0] == key ? m->last[1] : 0;
            while (k < DRAWS &&
                   (m->draws[k].seen || m->s.pipelines[m->draws[k].pipeline].id != w[1] ||
                    m->s.groups[m->draws[k].group].id != w[2] ||
                    m->draws[k].mesh % 4 != (w[3] - m->meshes[0].id) % 4))
                k++;
            m->last[0] = key;
        }
        if (k >= DRAWS) {
            m->good = 0;
            return;
        }
        asked *a = &m->draws[k];
        m->good &= m->s.pipelines[a->pipeline].id == w[1] && m->s.groups[a->group].id == w[2] &&
                   a->mesh % 4 == (w[3] - m->meshes[0].id) % 4 && w[5] == 1 && !a->seen &&
                   a->count == w[6 + i] && a->first * 4 == w[6 + n + i] &&
                   a->instances == w[6 + 2 * n + i] && a->row == row && a->base == w[6 + 4 * n + i];
        a->seen = 1;
        m->at++;
        m->last[1] = 0;
    }
}

static void draws_are_sorted_and_merged(void)
{
    static merge m;
    for (int sorted = 0; sorted < 2; sorted++) {
        w3d_gpu_mesh_desc md;
        w3d_gpu_object rows;
        uint32_t runs = 0, seen = 0;
        memset(&m, 0, sizeof m);
        memset(&md, 0, sizeof md);
        scene_open(&m.s, NULL, NULL);
        for (uint32_t i = 0; i < MESHES; i++) { /* two meshes in each of 4 arenas */
            md.vertices[0] = m.s.vertices[i % 4];
            md.indices = m.s.indices;
            md.first = i;
            md.count = 60;
            md.base_vertex = (int32_t)i - 3;
            CHECK(w3d_gpu_mesh_create(m.s.gpu, &md, &m.meshes[i]) == W3D_OK);
        }
        CHECK(w3d_gpu_objects_create(m.s.gpu, 90, &rows) == W3D_OK);
        m.s.multi = merge_multi;
        m.s.user = &m;
        m.sorted = (uint32_t)sorted;
        m.good = 1;
        scene_begin(&m.s, sorted);
        uint64_t kinds = 0;
        for (uint32_t i = 0; i < DRAWS; i++) {
            asked *a = &m.draws[i];
            w3d_gpu_draw_desc d;
            memset(&d, 0, sizeof d);
            a->pipeline = (uint8_t)test_random_below(3);
            a->group = (uint8_t)test_random_below(5);
            a->mesh = (uint8_t)test_random_below(MESHES);
            a->instances = 1 + test_random_below(3);
            a->row = 1 + test_random_below(80);
            d.first = test_random_below(20);
            d.count = 3 * (1 + test_random_below(10));
            a->count = d.count;
            a->first = d.first + a->mesh;
            a->base = (uint32_t)((int32_t)a->mesh - 3);
            d.pipeline = m.s.pipelines[a->pipeline];
            d.group = m.s.groups[a->group];
            d.mesh = m.meshes[a->mesh];
            d.object.id = rows.id + a->row - 1;
            d.instances = a->instances;
            CHECK(w3d_gpu_draw(m.s.pass, &d) == W3D_OK);
            const asked *b = i ? a - 1 : NULL;
            runs += !b || a->pipeline != b->pipeline || a->group != b->group ||
                    a->mesh % 4 != b->mesh % 4;
            kinds |= (uint64_t)1 << (a->pipeline * 20 + a->group * 4 + a->mesh % 4);
        }
        if (sorted)
            for (runs = 0; kinds; kinds &= kinds - 1) runs++;
        CHECK(w3d_gpu_pass_end(m.s.pass) == W3D_OK && scene_submit(&m.s));
        for (uint32_t i = 0; i < DRAWS; i++) seen += m.draws[i].seen;
        CHECK_MESSAGE(m.good && m.at == DRAWS && seen == DRAWS, "sorted %d: %u draws, %u seen",
                      sorted, m.at, seen);
        const w3d_gpu_counters *c = w3d_gpu_get_counters(m.s.gpu);
        CHECK_MESSAGE(m.runs == runs && c->draws_issued == runs && c->draws_asked == DRAWS,
                      "sorted %d: %u runs, %u issued, expected %u", sorted, m.runs, c->draws_issued,
                      runs);
        if (sorted) CHECK(c->pipeline_changes == 3 && runs == 60);
        scene_close(&m.s);
    }
}

/* ---- refusals ---- */

static void refusals_of_passes(void)
{
    scene s;
    w3d_gpu_pass_desc d;
    w3d_gpu_texture_desc td;
    w3d_gpu_texture color, small_one, depth;
    memset(&d, 0, sizeof d);
    memset(&td, 0, sizeof td);
    scene_open(&s, NULL, NULL);
    td.width = td.height = 16;
    td.use = W3D_GPU_USE_TARGET;
    CHECK(w3d_gpu_texture_create(s.gpu, &td, &color) == W3D_OK);
    td.format = W3D_GPU_DEPTH24;
    CHECK(w3d_gpu_texture_create(s.gpu, &td, &depth) == W3D_OK);
    td.format = W3D_GPU_RGBA8;
    td.width = 8;
    CHECK(w3d_gpu_texture_create(s.gpu, &td, &small_one) == W3D_OK);
    static const struct {
        int what;
        const char *text;
    } cases[] = {
        { 0, "desc.color_count: is at most 4" },
        { 1, "desc.color.texture: was not made to be drawn to: W3D_GPU_USE_TARGET" },
        { 2, "desc.color.texture: has another size than the pass's other targets" },
        { 3, "desc.color.texture: is a target of this pass already" },
        { 4, "desc.depth.texture: is no depth texture" },
        { 5, "desc.color.texture: is a depth texture" },
        { 6, "desc.color.texture: has no such level or layer" },
        { 7, "desc.depth.texture: the surface has a depth of its own" },
        { 8, "desc.color_count: the surface is the only colour of its pass" },
        { 9, "desc.depth.texture: a pass of depth only wants a depth texture" },
        { 10, "desc.color.resolve: is of one sample and the same format, from a target of four "
              "samples" },
        { 11, "desc.color.clear: is finite" },
        { 12, "desc.depth.clear: is at most 1" },
        { 13, "desc.constants: is null, its size is not" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        memset(&d, 0, sizeof d);
        int w = cases[i].what;
        if (w >= 1 && w <= 6) d.color[0].texture = color;
        if (w == 0) d.color_count = 5;
        if (w == 1) d.color[0].texture = s.texture;
        if (w == 2 || w == 3 || w == 8) d.color_count = 2;
        if (w == 2) d.color[1].texture = small_one;
        if (w == 3) d.color[1].texture = color;
        if (w == 4) d.depth.texture = color, d.depth.layer = 0, d.depth_only = 1, d.color_count = 0;
        if (w == 5) d.color[0].texture = depth;
        if (w == 6) d.color[0].layer = 1;
        if (w == 7) d.depth.texture = depth;
        if (w == 9) d.depth_only = 1;
        if (w == 10) {
            d.color[0].texture = color;
            w3d_gpu_texture other;
            td.width = 16;
            CHECK(w3d_gpu_texture_create(s.gpu, &td, &other) == W3D_OK);
            d.color[0].resolve = other;
        }
        if (w == 11) d.color[0].clear[2] = INFINITY;
        if (w == 12) d.depth.clear = 1.5f;
        if (w == 13) d.constants_size = 16;
        snprintf(text, sizeof text, "w3d_gpu_pass_begin: %s", cases[i].text);
        CHECK_MESSAGE(!w3d_gpu_pass_begin(s.gpu, &d) && !strcmp(text, w3d_gpu_message(s.gpu)),
                      "case %d: %s", w, w3d_gpu_message(s.gpu));
    }
    scene_begin(&s, 0);
    memset(&d, 0, sizeof d);
    CHECK(
        !w3d_gpu_pass_begin(s.gpu, &d) &&
        !strcmp(w3d_gpu_message(s.gpu), "w3d_gpu_pass_begin: desc: the pass before was not ended"));
    CHECK(w3d_gpu_pass_end(s.pass) == W3D_OK);
    SAYS(w3d_gpu_pass_end(s.pass), ARGUMENT, "w3d_gpu_pass_end: pass: was ended already");
    SAYS(scene_draw(&s, 0, 0, 0, 0), ARGUMENT, "w3d_gpu_draw: pass: was ended already");
    CHECK(scene_submit(&s));
    scene_close(&s);
}

static void refusals_of_draws(void)
{
    scene s;
    w3d_gpu_draw_desc d;
    w3d_gpu_mesh_desc md;
    w3d_gpu_mesh loose;
    float box[4] = { 0, 0, 65, 64 }, color[4] = { 0, NAN, 0, 0 };
    uint32_t scissor[4] = { 60, 0, 5, 1 };
    scene_open(&s, NULL, NULL);
    memset(&md, 0, sizeof md);
    md.vertices[0] = s.vertices[0];
    md.offsets[0] = 4;
    md.count = 85; /* 4 + 84 * 12 + 12 = 1024 bytes: the last one fits exactly */
    CHECK(w3d_gpu_mesh_create(s.gpu, &md, &loose) == W3D_OK);
    scene_begin(&s, 0);
    memset(&d, 0, sizeof d);
    SAYS(w3d_gpu_draw(s.pass, &d), STALE,
         "w3d_gpu_draw: desc.pipeline: there is none, a pipeline is wanted");
    d.pipeline = s.pipelines[0];
    SAYS(w3d_gpu_draw(s.pass, &d), ARGUMENT,
         "w3d_gpu_draw: desc.group: there is none, and the pipeline's shader has bindings");
    d.group = s.groups[0];
    SAYS(w3d_gpu_draw(s.pass, &d), ARGUMENT,
         "w3d_gpu_draw: desc.mesh: has no vertex buffer where the pipeline has one");
    d.mesh = s.meshes[0];
    d.first = 4;
    d.count = 3;
    SAYS(w3d_gpu_draw(s.pass, &d), RANGE,
         "w3d_gpu_draw: desc.first, count: reach over the mesh's end");
    d.first = 6;
    d.count = 0;
    SAYS(w3d_gpu_draw(s.pass, &d), ARGUMENT,
         "w3d_gpu_draw: desc.count: is 0, and so is what the mesh has from desc.first on");
    d.first = 0;
    d.object.id = 5u << 20 | 5;
    SAYS(w3d_gpu_draw(s.pass, &d), STALE,
         "w3d_gpu_draw: desc.object: handle 0x00500005 was never a object of this device");
    d.object.id = 0;
    d.instances = 1u << 24;
    SAYS(w3d_gpu_draw(s.pass, &d), LIMIT, "w3d_gpu_draw: desc.instances: are below 16777216");
    d.instances = 0;
    d.mesh = loose;
    CHECK(w3d_gpu_draw(s.pass, &d) == W3D_OK);
    CHECK(w3d_gpu_instance_buffer(s.pass, 0, s.vertices[1], 8) == W3D_OK);
    SAYS(w3d_gpu_draw(s.pass, &d), RANGE,
         "w3d_gpu_draw: desc.first, count: reach over a vertex buffer's end");
    SAYS(w3d_gpu_viewport(s.pass, box, 0, 1), RANGE,
         "w3d_gpu_viewport: rectangle: is x, y, width, height within the targets");
    box[2] = 64;
    SAYS(w3d_gpu_viewport(s.pass, box, 0.5f, 0.25f), RANGE,
         "w3d_gpu_viewport: min_depth, max_depth: are 0 to 1, in order");
    SAYS(w3d_gpu_scissor(s.pass, scissor), RANGE,
         "w3d_gpu_scissor: rectangle: is x, y, width, height within the targets");
    SAYS(w3d_gpu_blend_constant(s.pass, color), RANGE, "w3d_gpu_blend_constant: color: is finite");
    SAYS(w3d_gpu_constants(s.pass, color, 16385), RANGE, "w3d_gpu_constants: size: is 1 to 16384");
    CHECK(w3d_gpu_pass_end(s.pass) == W3D_OK && scene_submit(&s));
    CHECK(s.draws == 1 && w3d_gpu_get_counters(s.gpu)->draws_asked == 9);
    scene_close(&s);
}

/* A device that draws nothing indirectly: the front reads the buffer's copy. */
static void indirect_draws_are_read_here(void)
{
    scene s;
    w3d_gpu_null_desc null;
    w3d_gpu_indirect_desc d;
    uint32_t words[3][5] = { { 3, 1, 2, 0, 0 }, { 0, 1, 0, 0, 0 }, { 6, 2, 0, 0, 0 } };
    memset(&null, 0, sizeof null);
    memset(&d, 0, sizeof d);
    memcpy(null.caps.name, "poor", 5);
    null.caps.max_texture_side = 4096;
    null.caps.max_layers = 256;
    null.caps.max_samples = 4;
    null.caps.max_uniform_size = 16384;
    scene_open(&s, &null, NULL);
    CHECK(w3d_gpu_buffer_write(s.gpu, s.uniform, 0, words, sizeof words) == W3D_OK);
    scene_begin(&s, 0);
    d.pipeline = s.pipelines[0];
    d.group = s.groups[0];
    d.mesh = s.meshes[0];
    d.buffer = s.uniform;
    d.draws = 3;
    CHECK(w3d_gpu_draw_indirect(s.pass, &d) == W3D_OK);
    d.draws = 13;
    SAYS(
        w3d_gpu_draw_indirect(s.pass, &d), RANGE,
        "w3d_gpu_draw_indirect: desc.offset, draws, stride: reach over the buffer's end, or are no "
        "multiples of 4");
    CHECK(w3d_gpu_pass_end(s.pass) == W3D_OK && scene_submit(&s));
    CHECK(s.draws == 2 && s.multis == 1 && w3d_gpu_get_counters(s.gpu)->draws_asked == 2);
    words[2][3] = 1;
    CHECK(w3d_gpu_buffer_write(s.gpu, s.uniform, 0, words, sizeof words) == W3D_OK);
    scene_begin(&s, 0);
    d.draws = 3;
    SAYS(w3d_gpu_draw_indirect(s.pass, &d), UNSUPPORTED,
         "w3d_gpu_draw_indirect: desc.buffer: asks for a base vertex, which this device does not "
         "have");
    CHECK(w3d_gpu_pass_end(s.pass) == W3D_OK && scene_submit(&s) && s.draws == 2);
    scene_close(&s);
}

void test_gpu_pass(void);
void test_gpu_pass(void)
{
    RUN(draws_are_sorted_and_merged);
    RUN(refusals_of_passes);
    RUN(refusals_of_draws);
    RUN(indirect_draws_are_read_here);
}
