struct Counts { total: atomic<u32>, parts: array<atomic<i32>, 4>, values: array<vec4f> }
@group(2) @binding(0) var<storage, read_write> counts: Counts;
@group(2) @binding(1) var<storage> source: array<f32>;
@group(2) @binding(2) var<uniform> step: vec4u;
@group(2) @binding(3) var image: texture_2d<f32>;
var<workgroup> shared_sum: array<f32, 64>; var<workgroup> seen: atomic<u32>;
const width = 8u;
@compute @workgroup_size(width, width) fn cs(@builtin(local_invocation_index) i: u32, @builtin(global_invocation_id) g: vec3u,
        @builtin(local_invocation_id) l: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u) {
    shared_sum[i] = source[min(g.x + g.y, arrayLength(&source) - 1)] + textureLoad(image, l.xy, 0).x;
    workgroupBarrier();
    for (var k = 32u; k > 0; k >>= 1) { if i < k { shared_sum[i] += shared_sum[i + k]; } workgroupBarrier(); }
    if (i == 0) {
        counts.values[w.x] = vec4f(shared_sum[0]);
        atomicAdd(&counts.total, 1u); atomicStore(&seen, step.x);
        let old = atomicMax(&counts.parts[1], -3) + atomicExchange(&counts.parts[2], 4);
        _ = atomicLoad(&seen) + atomicOr(&seen, 3) + atomicXor(&seen, 1) + atomicAnd(&seen, 7) + atomicSub(&seen, 1) + atomicMin(&seen, 2) + u32(old) + n.x;
    }
    storageBarrier();
}
@compute @workgroup_size(1) fn again() { counts.values[0].x += 1; }
