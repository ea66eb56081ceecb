struct U { v: vec4f, w: vec4u }
@group(1) @binding(3) var<uniform> u: U;
@fragment fn fs() -> @location(0) vec4f {
    let p = pack4x8unorm(u.v) + pack4x8snorm(u.v) + pack2x16unorm(u.v.xy) + pack2x16snorm(u.v.zw) + pack2x16float(u.v.xy);
    return unpack4x8unorm(p) + unpack4x8snorm(u.w.x) + vec4f(unpack2x16unorm(u.w.y), unpack2x16snorm(u.w.z)) + vec4f(unpack2x16float(u.w.w), bitcast<vec2f>(u.w.xy));
}
