@group(1) @binding(0) var source: texture_2d<f32>;
@group(1) @binding(1) var smooth_sampler: sampler;
struct Blur { step: vec2f, radius: i32, strength: f32 }
@group(1) @binding(2) var<uniform> blur: Blur;
fn luma(c: vec3f) -> f32 { return dot(c, vec3f(0.2126, 0.7152, 0.0722)); }
fn tone(c: vec3f) -> vec3f { return saturate((c * (2.51 * c + 0.03)) / (c * (2.43 * c + 0.59) + 0.14)); }
@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f { return vec4f(f32(i & 1u) * 4 - 1, f32(i >> 1u) * 4 - 1, 0, 1); }
@fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4f {
    let size = vec2f(textureDimensions(source)); var sum = vec4f(); var weight = 0.0;
    for (var i = -blur.radius; i <= blur.radius; i++) {
        let w = exp(-f32(i * i) / f32(2 * blur.radius * blur.radius + 1));
        sum += w * textureSampleLevel(source, smooth_sampler, (p.xy + f32(i) * blur.step) / size, 0); weight += w;
    }
    let c = sum.rgb / weight; return vec4f(mix(vec3f(luma(c)), tone(c), blur.strength), 1);
}
