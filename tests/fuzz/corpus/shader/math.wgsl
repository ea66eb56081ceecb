@fragment fn fs(@location(0) v: vec4f, @location(1) @interpolate(flat) i: vec4i, @location(2) @interpolate(flat) u: vec4u) -> @location(0) vec4f {
    var r = sin(v) + cos(v) * tan(v) - asin(v) / acos(v) + atan(v) + atan2(v, v.wzyx) + sinh(v) + cosh(v) + tanh(v);
    r += exp(v) + exp2(v) + log(v) + log2(v) + pow(v, v) + sqrt(v) + inverseSqrt(v) + fract(v) + round(v) + floor(v) + ceil(v) + trunc(v);
    r += sign(v) + step(v, v.yxwz) + smoothstep(v, v + 1, v) + mix(v, v, 0.5) + clamp(v, v, v) + saturate(v) + fma(v, v, v) + degrees(v) + radians(v);
    r += vec4f(cross(v.xyz, v.yzw), length(v) + distance(v, v.wzyx) + dot(v, v)) + normalize(v) + reflect(v, v) + refract(v, v, 0.5) + faceForward(v, v, v) + v % v.yyyy;
    r += vec4f(abs(i) + min(i, i.yxwz) + max(i, i) + (i << u) + (i >> u) + i / i.y + i % i.z + countOneBits(i) + firstLeadingBit(i) + firstTrailingBit(i) + reverseBits(i));
    r += vec4f(u / u.y + u % u.z + (u ^ u) + (u | u) + (~u & u)) + select(r, v, r < v) + vec4f(vec4<bool>(u)) + bitcast<vec4f>(i) + vec4f(vec4u(v)) + fwidth(v);
    let m = mat4x4f(v, v, r, r); r = m * r + r * transpose(m) + (m * m)[i.x] + vec4f(determinant(m), v[i.x], array(1.0, 2.0, 3.0)[u.x], f32(all(v > r) || any(v == r)));
    r += vec4f(unpack2x16float(pack2x16float(v.xy)), unpack2x16unorm(pack2x16snorm(v.zw)));
    r[i.w] += 1.0; return r;
}
