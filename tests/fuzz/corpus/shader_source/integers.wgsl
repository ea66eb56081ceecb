struct U { a: vec4i, b: vec4u, n: i32, m: u32 }
@group(1) @binding(0) var<uniform> u: U;
fn bits(x: u32) -> u32 {
    return countOneBits(x) + reverseBits(x) + firstLeadingBit(x) + firstTrailingBit(x)
        + extractBits(x, 3u, u.m) + insertBits(x, 5u, 2u, 7u);
}
@vertex fn vs(@location(0) x: vec2i, @location(1) y: vec3<u32>) -> @builtin(position) vec4f {
    let a = u.a / u.a.wzyx + u.a % 3 - u.a / -1 + u.a % vec4i(u.n);
    let b = u.b / u.m % 7u + (u.b << vec4u(u.m)) + (u.b >> vec4u(1, 2, 3, 4)) + u.b / 2;
    let c = (x.x << u.m) | ((x.y >> 3u) & 15);
    return vec4f(f32(a.x), f32(b.y), f32(c), f32(bits(y.x)));
}
@fragment fn fs() -> @location(0) vec4i {
    var i = u.n;
    i /= u.a.x; i %= u.a.y; i <<= u.m; i >>= 1; i ^= 5; i |= 1; i &= ~u.a.z; i++; i--;
    let v = extractBits(u.a, 1, 4) + insertBits(u.a, u.a, 2, 3) + firstLeadingBit(u.a) + countOneBits(u.a)
        + firstTrailingBit(u.a) + reverseBits(u.a) + abs(u.a) + sign(u.a);
    let w = vec4i(abs(u.b)) + vec4i(vec4u(vec4f(u.b))) + vec4i(vec4f(u.a)) + min(u.a, v) + clamp(v, u.a, vec4(i));
    return w + dot(u.a, v) + i32(dot(u.b, u.b)) + bitcast<vec4i>(u.b) + i32(f32(i) * 1e9) + i32(u32(-f32(i)));
}
