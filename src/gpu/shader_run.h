/* shader_run.h - shaders in software: a module's entry point as code for sixteen lanes at a time.
 *
 * The software back-end makes a code once per pipeline and runs it over groups: sixteen vertices, four
 * quads of 2x2 pixels (each w3d_f4 is a quad: top left, top right, bottom left, bottom right, so that
 * derivatives are differences within one), or sixteen invocations of compute. */
#ifndef W3D_SHADER_RUN_H
#define W3D_SHADER_RUN_H

#include "core/simd.h"
#include "gpu/shader.h"

enum { W3D_SHADER_LANES = 16, W3D_SHADER_MAX_LOCATIONS = 16 };

/* A number for each lane; which view is meant follows from its type: bool is 0 or all ones in i. */
typedef union w3d_shader_lanes {
    w3d_f4 f[4];
    w3d_i4 i[4];
    float x[16];
    uint32_t u[16];
    int32_t s[16];
} w3d_shader_lanes;

/* What a texture function asks of the back-end's texture unit. All pointers are to lanes. */
typedef struct w3d_shader_sample {
    uint32_t call;                 /* w3di_shader_call: TEXTURE_SAMPLE ... TEXTURE_NUM_LEVELS */
    const void *texture, *sampler; /* as given in w3d_shader_resources; sampler NULL for loads */
    const w3d_shader_lanes *coordinates; /* [2] or [3]; of loads and sizes whole numbers */
    const w3d_shader_lanes *layer;       /* whole number, or NULL */
    const w3d_shader_lanes *lod;         /* level, bias or comparison's reference, or NULL */
    const w3d_shader_lanes *dx, *dy;     /* of textureSampleGrad: as many as coordinates */
    const w3d_shader_lanes
        *mask;             /* lanes whose result is wanted; quads are whole for derivatives */
    w3d_shader_lanes *out; /* [4] */
} w3d_shader_sample;

typedef struct w3d_shader_resources {
    const void *frame, *objects;       /* the frame block; the object table */
    uint32_t frame_size, object_bytes; /* bytes; reads outside give zero */
    struct {
        void *bytes;
        uint32_t size;
    } buffers[2][16]; /* of group 1 and 2, by binding */
    const void *textures[2][16];
    const void *samplers[2][16];
    void (*sample)(const w3d_shader_sample *sample);
} w3d_shader_resources;

typedef struct w3d_shader_code w3d_shader_code;

/* One group to run. Arrays of inputs and outputs are [location][component]. */
typedef struct w3d_shader_group {
    const w3d_shader_resources *resources;
    w3d_shader_lanes *registers; /* scratch: w3d_shader_code_registers() of them, aligned to 16 */
    w3d_shader_lanes mask;       /* in: lanes that run; out: less those that discarded */
    const w3d_shader_lanes
        *inputs; /* [16 * 4]: attributes or varyings; locations that are not read may be junk */
    w3d_shader_lanes *outputs;    /* [16 * 4]: varyings or colours */
    w3d_shader_lanes position[4]; /* vertex: out; fragment: in (x, y, z, 1/w) */
    w3d_shader_lanes vertex_index, instance_index, front_facing; /* in */
    w3d_shader_lanes depth; /* out, where the entry writes it */
    uint32_t workgroup[3],
        workgroups[3]; /* compute: one workgroup a run, all its invocations; the mask is not read */
    uint32_t same; /* in: 1 where code, resources, the bytes of what is only read, and registers are as
                      the last run left them: what is the same in all lanes is then not worked out
                      again. 0 is always right */
    uint32_t round_limit; /* in: rounds of loops in all, for each sixteen lanes; 0: 2^24 */
} w3d_shader_group;

/* Compiles an entry point. The module may be closed afterwards.
 * Errors  W3D_ERR_NOT_FOUND no such entry, W3D_ERR_LIMIT too large for the code, W3D_ERR_OUT_OF_MEMORY */
W3D_API w3d_result w3d_shader_code_create(const w3d_shader_module *module, const char *entry,
                                          const w3d_allocator *allocator, w3d_shader_code **code);
W3D_API void w3d_shader_code_destroy(w3d_shader_code *code);
W3D_API uint32_t w3d_shader_code_registers(const w3d_shader_code *code);
W3D_API const w3d_shader_entry *w3d_shader_code_entry(const w3d_shader_code *code);

/* Runs it. Never reads or writes outside the resources; loops end by themselves after 2^24 rounds in all
 * (the lanes still in them are dropped). Same bits everywhere: core/math.h's functions, no contraction. */
W3D_API void w3d_shader_run(const w3d_shader_code *code, w3d_shader_group *group);

#endif /* W3D_SHADER_RUN_H */
