// A lit, textured surface.
struct Frame { view_projection: mat4x4f, light: vec4f, eye: vec3f, time: f32 }
struct Object { model: mat4x4f, tint: vec4f }
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> objects: array<Object>;
struct Material { color: vec4<f32>, params: array<vec4f, 2>, flags: u32 }
@group(1) @binding(0) var<uniform> material: Material;
@group(1) @binding(1) var base: texture_2d<f32>;
@group(1) @binding(2) var base_sampler: sampler;
@group(1) @binding(3) var shadow: texture_depth_2d;
@group(1) @binding(4) var shadow_sampler: sampler_comparison;
const PI = 3.14159265;
const KERNEL = array(vec2(-1.0, 0), vec2(1, 0), vec2f(0.0, 1));
alias V = vec3<f32>;
struct Varying { @builtin(position) position: vec4f, @location(0) normal: vec3f, @location(1) uv: vec2f,
  @location(2) @interpolate(flat) id: u32, }
@vertex fn vs(@builtin(instance_index) instance: u32, @location(0) position: vec3f, @location(1) normal: vec3f,
              @location(2) uv: vec2f) -> Varying {
    var out: Varying;
    let object = objects[instance];
    let world = object.model * vec4(position, 1);
    out.position = frame.view_projection * world;
    out.normal = (object.model * vec4f(normal, 0.0)).xyz;
    out.uv = uv; out.id = instance;
    return out;
}
fn ggx(n: V, h: V, roughness: f32) -> f32 {
    let a = roughness * roughness; let d = max(dot(n, h), 0);
    let k = d * d * (a * a - 1) + 1;
    return a * a / (PI * k * k);
}
fn bump(p: ptr<function, f32>, by: f32) { *p += by; }
@fragment fn fs(in: Varying, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    if (material.flags & 1u) != 0u && !front { discard; }
    let n = normalize(select(-in.normal, in.normal, front));
    var sum = 0.0;
    for (var i = 0; i < 3; i++) {
        sum += textureSampleCompareLevel(shadow, shadow_sampler, in.uv + KERNEL[i] / 512.0, 0.5);
        if sum > 100 { break; }
    }
    bump(&sum, 0.1);
    var k = 0u;
    loop { if k >= 4u { break; } sum *= 1.01; continuing { k++; break if k == 3; } }
    switch in.id % 3u { case 0, 1: { sum += 0.5; } default { sum -= 0.25; } }
    let texel = textureSample(base, base_sampler, in.uv) * material.color;
    let light = ggx(n, normalize(frame.light.xyz), 0.5) + sum / 3;
    var color = texel.rgb * light + vec3(0.01);
    color.g = clamp(color.g, 0.0, 1.0);
    while color.r > 2.0 { color *= 0.5; }
    return vec4(color, texel.a);
}
struct Particle { position: vec2f, velocity: vec2f }
@group(2) @binding(0) var<storage, read_write> particles: array<Particle>;
@group(2) @binding(1) var<storage, read_write> counter: atomic<u32>;
var<workgroup> tile: array<f32, 64>;
@compute @workgroup_size(64) fn cs(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
    tile[local] = particles[id.x].position.x;
    workgroupBarrier();
    particles[id.x].velocity.y -= 9.81 * 0.01 + tile[63 - local];
    let old = atomicAdd(&counter, 1);
    _ = old;
    let bits = bitcast<u32>(tile[0]); particles[id.x].position.x = f32(bits >> 3) + f32(1 << 4);
}
