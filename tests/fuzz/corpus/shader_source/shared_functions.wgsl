diagnostic(off, derivative_uniformity);
@group(0) @binding(0) var<uniform> frame: Frame;
struct Frame { tint: vec4f }
@group(1) @binding(0) var t: texture_2d<f32>;
@group(1) @binding(1) var s: sampler;
@fragment fn fs(@location(0) uv: vec2f) -> @location(0) vec4f { return a(uv) + b(uv) + c(uv); }
fn c(uv: vec2f) -> vec4f { return a(uv) * b(uv); }
@must_use fn a(uv: vec2f) -> vec4f { if uv.x > 0.5 { return textureSample(t, s, uv); } return d(); }
fn b(uv: vec2f) -> vec4f { _ = a(uv); return textureLoad(t, vec2i(uv), 0) + d(); }
fn d() -> vec4f { return frame.tint; }
@vertex fn vs(@location(0) uv: vec2f) -> @builtin(position) vec4f { return b2(uv) + d(); }
fn b2(uv: vec2f) -> vec4f { return textureSampleLevel(t, s, uv, 0); }
@fragment fn other() -> @location(0) vec4f { return d(); }
