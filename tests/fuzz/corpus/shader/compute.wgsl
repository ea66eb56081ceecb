struct S { n: atomic<u32>, @size(16) pad: u32, m: mat3x2f, a: array<vec3f, 3>, rest: array<vec2i> }
@group(2) @binding(0) var<storage, read_write> data: S;
@group(2) @binding(1) var<storage, read> input: array<mat2x4f>;
@group(1) @binding(3) var ints: texture_2d_array<u32>;
@group(1) @binding(4) var cube: texture_cube<f32>;
@group(1) @binding(5) var smp: sampler;
@group(1) @binding(6) var vol: texture_3d<f32>;
var<workgroup> tile: array<array<f32, 4>, 9>;
var<workgroup> flag: bool;
@compute @workgroup_size(6, 3, 2) fn cs(@builtin(local_invocation_id) l: vec3u, @builtin(local_invocation_index) i: u32,
    @builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u) {
    tile[i / 4u][i & 3u] = f32(l.x) + input[i][1].z;
    if i == 5u { flag = !flag; }
    workgroupBarrier();
    for (var s = 16u; s > 0u; s >>= 1u) { if i < s { tile[0][i] += tile[1][i + s]; } workgroupBarrier(); }
    let old = atomicAdd(&data.n, u32(flag) + i); atomicMax(&data.n, old);
    data.rest[g.x] = vec2i(i32(old), i32(arrayLength(&data.rest))) / vec2i(i32(i), -1) % 7;
    data.m[i] = vec2f(tile[i][i], determinant(mat3x3f(1, 2, 3, 4, 5, 6, 7, 8, tile[0][0])));
    data.a[i].y = textureSampleLevel(cube, smp, data.a[1], 0.5).x + f32(textureLoad(ints, vec2i(l.xy), i, 0).x);
    data.a[0] = textureSampleGrad(vol, smp, data.a[1], data.a[0], data.a[2]).xyz + f32(textureDimensions(ints, 1).x + textureNumLayers(ints));
    storageBarrier();
    data.a[2] = vec3f(unpack4x8snorm(pack4x8unorm(vec4f(tile[1][1]))).xyz) * f32(extractBits(i, 2, 3) | insertBits(w.x, n.y, 1, 9));
}
