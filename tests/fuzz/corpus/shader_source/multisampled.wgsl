@group(1) @binding(0) var t: texture_multisampled_2d<f32>;
@fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4f {
    var sum = vec4f(); for (var i = 0; i < 4; i++) { sum += textureLoad(t, vec2i(p.xy), i); } return sum / 4 + f32(textureDimensions(t).x);
}
