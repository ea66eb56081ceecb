struct Light { position: vec3f, range: f32, colour: vec4f }
struct Frame { view: mat4x4f, normal: mat3x3f, eye: vec3f, time: f32, size: vec2f, flags: vec2u, lights: array<Light, 4>, curve: array<vec4f, 3>, count: u32 }
@group(0) @binding(0) var<uniform> frame: Frame;
@group(1) @binding(0) var<uniform> tint: vec4f;
@group(1) @binding(1) var<uniform> turn: mat4x4f;
@group(1) @binding(2) var<uniform> rows: array<vec4f, 8>;
@vertex fn vs(@location(0) p: vec4f) -> @builtin(position) vec4f { return frame.view * turn * p + rows[frame.count]; }
@fragment fn fs() -> @location(0) vec4f {
    var sum = tint * frame.time;
    let all = frame.lights; let f = frame;
    for (var i = 0u; i < min(frame.count, 4); i++) { let l = frame.lights[i]; sum += l.colour * l.range + all[i].colour; }
    return sum + vec4f(frame.normal * frame.eye, f.curve[2].x) + vec4f(frame.size, vec2f(frame.flags));
}
