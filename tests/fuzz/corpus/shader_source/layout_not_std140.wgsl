struct A { m: mat2x2f, @size(32) x: f32, @align(16) y: vec2f }
@group(1) @binding(0) var<uniform> a: A;
@fragment fn fs() -> @location(0) vec4f { return vec4f(a.m * a.y, a.x, 1); }
