var<private> total: u32 = 5u;
fn help(p: ptr<function, u32>, x: u32) -> u32 {
    if x % 5u == 0u { return *p; }
    for (var i = 0u; i < 4u; i++) { *p += i; if (*p & 7u) == 3u { return i * x; } if i == (x & 3u) { continue; } *p ^= 1u; }
    total += 1u; *p += 2u; return x + total;
}
@fragment fn fs(@location(0) @interpolate(flat) x: vec4u, @builtin(position) at: vec4f) -> @location(0) vec4f {
    let across = dpdx(at); let down = dpdy(at.x); /* in uniform control flow */
    var v = x; var list = array<u32, 4>(1u, 2u, 3u, 4u);
    loop { var t = v.x; v.y++; if v.y > 9u { break; }
        switch v.z & 3u { case 1u, 2u: { if t == 3u { break; } continue; } default: { var w = v.w; v.z = help(&w, t); v.w = w; } }
        list[v.y] = t; continuing { v.z += t; break if v.z == 12u; } }
    while v.x > 3u { v.x >>= 1u; if v.x == 5u { return vec4f(0.5); } }
    var z = v.z;
    if v.w == 7u || help(&z, 2u) > 4u { discard; } else if v.w > 3u { v.x = select(1u, 2u, across.x > 0.0 && v.w == 4u); }
    return vec4f(f32(v.x), f32(list[v.z]), f32(total), down);
}
