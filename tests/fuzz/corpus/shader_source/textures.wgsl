@group(1) @binding(0) var plain: texture_2d<f32>;
@group(1) @binding(1) var layers: texture_2d_array<f32>;
@group(1) @binding(2) var sky: texture_cube<f32>;
@group(1) @binding(3) var volume: texture_3d<f32>;
@group(1) @binding(4) var shadow: texture_depth_2d;
@group(1) @binding(5) var shadows: texture_depth_2d_array;
@group(1) @binding(6) var around: texture_depth_cube;
@group(1) @binding(7) var counts: texture_2d<u32>;
@group(1) @binding(8) var offsets: texture_2d<i32>;
@group(1) @binding(9) var s: sampler;
@group(1) @binding(10) var c: sampler_comparison;
@fragment fn fs(@location(0) uv: vec2f, @location(1) d: vec3f, @location(2) @interpolate(flat) n: i32) -> @location(0) vec4f {
    var sum = textureSample(plain, s, uv) + textureSampleLevel(plain, s, uv, 1) + textureSampleBias(plain, s, uv, -0.5)
        + textureSampleGrad(plain, s, uv, dpdx(uv), dpdy(uv));
    sum += textureSample(layers, s, uv, n) + textureSampleLevel(layers, s, uv, 2, 0.5);
    sum += textureSample(sky, s, d) + textureSampleLevel(sky, s, d, 2) + textureSample(volume, s, d);
    var f = textureSample(shadow, s, uv) + textureSampleLevel(shadow, s, uv, 1) + textureSampleLevel(shadow, s, uv, 1u)
        + textureSampleCompare(shadow, c, uv, d.z) + textureSampleCompareLevel(shadow, c, uv, d.z)
        + textureSampleCompare(shadows, c, uv, n, d.z) + textureSampleCompareLevel(shadows, c, uv, 1, d.z)
        + textureSampleCompare(around, c, d, d.z) + textureSampleCompareLevel(around, c, d, d.z);
    f += textureLoad(shadow, vec2i(uv), 0) + f32(textureLoad(counts, vec2u(1, 2), 0).x) + f32(textureLoad(offsets, vec2(n, n), n).y);
    sum += textureLoad(layers, vec2i(3), n, 0) + textureLoad(volume, vec3i(d), 0) + fwidth(sum);
    let size = textureDimensions(plain) + textureDimensions(layers, 1) + textureDimensions(volume).xy + textureDimensions(sky)
        + vec2u(textureNumLayers(layers));
    _ = s;
    _ = plain;
    return sum * f / vec4f(vec2f(size), 1, 1);
}
