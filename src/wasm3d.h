/* wasm3d.h - the single C header under browser 3D editors.  MIT-0 or Unlicense; see the end.
 *
 * Files go in, pictures and documents come out: glTF and OBJ are read, meshes welded and given
 * normals, scenes written as BJSON v2 and used in place, pictures rendered in software and saved
 * as PNG. Beneath lie arenas, handles and a memory audit, rings, snapshots and jobs for threads that
 * may be workers. No dependencies, the same bytes from every compiler, on x86, Arm and wasm.
 *
 * DO THIS
 *
 *     #define WASM3D_IMPLEMENTATION     // in exactly one .c or .cc file, before anything else
 *     #include "wasm3d.h"
 *
 * and include "wasm3d.h" without the define wherever you use it.
 *
 * A PROGRAM
 *
 *     #define WASM3D_IMPLEMENTATION
 *     #include "wasm3d.h"
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         static const float positions[] = { 0,0,0, 1,0,0, 0,1,0, 0,0,1 };
 *         static const uint32_t indices[] = { 0,2,1, 0,1,3, 0,3,2, 1,2,3 };
 *         static float normals[12], block[1024];
 *         w3d_mesh_view mesh = { positions, indices, 4, 12, 0 };
 *         w3d_arena scratch = w3d_arena_make(block, sizeof block);
 *         w3d_result result = w3d_mesh_normals(&mesh, NULL, normals, scratch);
 *         printf("%s: %g %g %g\n", w3d_result_text(result), normals[0], normals[1], normals[2]);
 *         return result;
 *     }
 *
 * CONTENTS (search for the tag)
 *
 *   core/    config base size bytes bits hash power10 decimal shortest utf8 base64 math vec simd
 *            simd_bytes arena sink atomic poison thread_token host
 *   pack/    crc32 crc32c sha256 hmac inflate deflate
 *   memory/  allocator chunk_arena rotating slab router handle proxy sandbox
 *   sync/    thread mutex ring ring_message snapshot jobs parallel_for trace
 *   mesh/    mesh_view mesh_bounds mesh_weld mesh_normals mesh_normals_crease
 *            mesh_tangents mesh_tangents_split mesh_transform mesh_skinning mesh_morph
 *            mesh_triangulate mesh_triangulate_holes mesh_smooth
 *            mesh_adjacency mesh_topology mesh_repair
 *            mesh_measure mesh_vertex_cache mesh_overdraw mesh_vertex_fetch mesh_shadow
 *            mesh_spatial_sort mesh_strips mesh_simplify mesh_simplify_cluster mesh_lod
 *            mesh_meshlet mesh_meshlet_bounds mesh_meshlet_codec
 *            mesh_quantise mesh_codec mesh_codec_vertex mesh_codec_index mesh_codec_filter
 *            mesh_bvh mesh_bvh_tree mesh_bvh_build mesh_bvh_trace mesh_bvh_query
 *            mesh_bvh_instances mesh_pick
 *   image/   image_view png_write
 *   scene/   file json json_write
 *            bjson bjson_write bjson_stream bjson_validate bjson_read bjson_path bjson_source
 *            bjson_describe bjson_edit bjson_diff bjson_merge bjson_seal bjson_json
 *            props props_path props_bjson props_bjson_read props_json props_blender
 *   asset/   asset_scene gltf gltf_scene obj asset_bjson
 *   gpu/     gpu_types gpu_format gpu_stream gpu_resource gpu_pipeline gpu_pass gpu gpu_check gpu_capture
 *            shader shader_glsl shader_run shader_create
 *            gpu_null gpu_soft gpu_gl gpu_web gpu_webgpu soft_raster
 *   render/  thumbnail
 *
 *   Each begins with a line such as "---- mesh/mesh_normals.h ----" and says there what it is for.
 *   `amalgamate.py --only mesh_normals` prints one of them alone, with what it needs.
 *
 * OPTIONS: see core/config.h below. Each is a macro of value 0 or 1; none changes a struct.
 *
 * CONVENTIONS
 *
 *   Right-handed, +Y up, counter-clockwise faces look outside. Matrices are column-major and
 *   multiply columns. Depth runs 0..1. Angles are radians, lengths metres, colours linear unless
 *   a name says srgb, bytes little-endian, indices uint32_t. `_count` counts elements, `_size`
 *   bytes, strides are bytes. Pictures start at the top left.
 *
 * OWNERSHIP
 *
 *   Views (w3d_mesh_view, w3d_image_view, ...) borrow and never outlive the call. Kernels never
 *   allocate: results go into the caller's buffers, temporaries into a w3d_arena passed by value,
 *   whose size w3d_<kernel>_scratch_size() gives. Loaders allocate through the w3d_allocator in
 *   their desc (zeroed: malloc; in freestanding wasm memory.grow), and what they made goes with
 *   the destroy, close or free function of the same module. Descs are structs in which zero is
 *   the sensible default: clear them with = {0} and set what you need.
 *
 * ERRORS
 *
 *   Every function that can fail returns a w3d_result; readers also fill a w3d_error with the byte
 *   offset and a sentence. Data from outside never trips an assert, whatever its bytes; a broken
 *   contract (NULL where none is allowed) does in debug builds and gives W3D_ERR_ARGUMENT in
 *   others. On any error outputs are untouched.
 *
 * THREADS
 *
 *   Functions keep no state between calls, so all may run on any thread at once, on different data;
 *   what may be shared says so ("Thread" in its comment). Two things are the process's and have an
 *   install and an uninstall: the sandbox's fault handler, and the trace of an attached thread.
 *   Threads are pthreads, Win32's, Emscripten's or, freestanding, Web Workers (sync/thread.h). With
 *   W3D_THREADS 0, the default in wasm without atomics, everything works on one thread: jobs run
 *   inline, rings never wait. A page's main thread may not wait: there every timeout is 0.
 *
 * DETERMINISM
 *
 *   Kernels and documents give the same bits on every target, at every optimisation level, with
 *   SIMD and without. The header switches float contraction off for its own code (clang's
 *   -ffp-contract=fast overrides that: do not use it here) and refuses -ffast-math.
 *
 * LINK LINES
 *
 *     cc app.c -o app                                   -pthread with a C library before 2.34
 *     emcc app.c -O3 -msimd128 -o app.js
 *     clang --target=wasm32 -O3 -msimd128 -mbulk-memory -nostdlib -Wl,--no-entry app.c -o app.wasm
 *
 *   In freestanding wasm -mbulk-memory is needed (memory.copy and memory.fill stand in for libc), and
 *   for threads -matomics -Wl,--shared-memory,--import-memory,--max-memory=BYTES; with Emscripten
 *   -pthread. MinGW wants -lsynchronization. Under -std=c99 and the like the file that defines
 *   WASM3D_IMPLEMENTATION includes this header before any other.
 *
 * WASM3D DOES NOT
 *
 *   read animations, skins, cameras or lights yet: they are left out. A file that requires
 *   compressed glTF (Draco, meshopt, Basis) is refused by that name. It does not decode pictures,
 *   open windows or make GPU contexts, or print; only scene/file touches files, when called. It does not
 *   run on big-endian machines or without IEEE floats, and hashes in core/hash.h are for tables,
 *   not for security (pack/sha256 is).
 */
#ifndef W3D_WASM3D_H
#define W3D_WASM3D_H

#include "core/config.h"
#include "core/base.h"
#include "core/size.h"
#include "core/bytes.h"
#include "core/bits.h"
#include "core/hash.h"
#include "core/power10.h"
#include "core/decimal.h"
#include "core/shortest.h"
#include "core/utf8.h"
#include "core/base64.h"
#include "core/math.h"
#include "core/vec.h"
#include "core/simd.h"
#include "core/simd_bytes.h"
#include "core/arena.h"
#include "core/sink.h"
#include "core/atomic.h"
#include "core/poison.h"
#include "core/thread_token.h"
#include "core/host.h"

#include "pack/crc32.h"
#include "pack/crc32c.h"
#include "pack/sha256.h"
#include "pack/hmac.h"
#include "pack/inflate.h"
#include "pack/deflate.h"

#include "memory/allocator.h"
#include "memory/chunk_arena.h"
#include "memory/rotating.h"
#include "memory/slab.h"
#include "memory/router.h"
#include "memory/handle.h"
#include "memory/proxy.h"
#include "memory/sandbox.h"

#include "sync/thread.h"
#include "sync/mutex.h"
#include "sync/ring.h"
#include "sync/ring_message.h"
#include "sync/snapshot.h"
#include "sync/jobs.h"
#include "sync/parallel_for.h"
#include "sync/trace.h"

#include "mesh/mesh_view.h"
#include "mesh/mesh_bounds.h"
#include "mesh/mesh_weld.h"
#include "mesh/mesh_normals.h"
#include "mesh/mesh_normals_crease.h"
#include "mesh/mesh_tangents.h"
#include "mesh/mesh_tangents_split.h"
#include "mesh/mesh_transform.h"
#include "mesh/mesh_skinning.h"
#include "mesh/mesh_morph.h"
#include "mesh/mesh_triangulate.h"
#include "mesh/mesh_triangulate_holes.h"
#include "mesh/mesh_smooth.h"
#include "mesh/mesh_adjacency.h"
#include "mesh/mesh_topology.h"
#include "mesh/mesh_repair.h"
#include "mesh/mesh_measure.h"
#include "mesh/mesh_vertex_cache.h"
#include "mesh/mesh_overdraw.h"
#include "mesh/mesh_vertex_fetch.h"
#include "mesh/mesh_shadow.h"
#include "mesh/mesh_spatial_sort.h"
#include "mesh/mesh_strips.h"
#include "mesh/mesh_simplify.h"
#include "mesh/mesh_simplify_cluster.h"
#include "mesh/mesh_lod.h"
#include "mesh/mesh_meshlet.h"
#include "mesh/mesh_meshlet_bounds.h"
#include "mesh/mesh_meshlet_codec.h"
#include "mesh/mesh_quantise.h"
#include "mesh/mesh_codec.h"
#include "mesh/mesh_codec_vertex.h"
#include "mesh/mesh_codec_index.h"
#include "mesh/mesh_codec_filter.h"
#include "mesh/mesh_bvh.h"
#include "mesh/mesh_bvh_tree.h"
#include "mesh/mesh_bvh_build.h"
#include "mesh/mesh_bvh_trace.h"
#include "mesh/mesh_bvh_query.h"
#include "mesh/mesh_bvh_instances.h"
#include "mesh/mesh_pick.h"

#include "image/image_view.h"
#include "image/png_write.h"

#include "scene/file.h"
#include "scene/json.h"
#include "scene/json_write.h"
#include "scene/bjson.h"
#include "scene/bjson_write.h"
#include "scene/bjson_stream.h"
#include "scene/bjson_validate.h"
#include "scene/bjson_read.h"
#include "scene/bjson_path.h"
#include "scene/bjson_source.h"
#include "scene/bjson_describe.h"
#include "scene/bjson_edit.h"
#include "scene/bjson_diff.h"
#include "scene/bjson_merge.h"
#include "scene/bjson_seal.h"
#include "scene/bjson_json.h"
#include "scene/bjson_to_json.h"
#include "scene/bjson_from_json.h"
#include "scene/props.h"
#include "scene/props_path.h"
#include "scene/props_bjson.h"
#include "scene/props_bjson_read.h"
#include "scene/props_json.h"
#include "scene/props_blender.h"

#include "asset/asset_scene.h"
#include "asset/gltf.h"
#include "asset/gltf_scene.h"
#include "asset/obj.h"
#include "asset/asset_bjson.h"

#include "gpu/gpu_types.h"
#include "gpu/gpu_format.h"
#include "gpu/gpu_stream.h"
#include "gpu/gpu_resource.h"
#include "gpu/gpu_pipeline.h"
#include "gpu/gpu_pass.h"
#include "gpu/gpu.h"
#include "gpu/gpu_check.h"
#include "gpu/gpu_capture.h"
#include "gpu/shader.h"
#include "gpu/shader_glsl.h"
#include "gpu/shader_run.h"
#include "gpu/shader_create.h"
#include "gpu/gpu_null.h"
#include "gpu/gpu_soft.h"
#include "gpu/gpu_gl.h"
#include "gpu/gpu_web.h"
#include "gpu/gpu_webgpu.h"
#include "gpu/soft_raster.h"

#include "render/thumbnail.h"

#endif /* W3D_WASM3D_H */
