@fragment fn fs(@location(0) x: f32, @location(1) a: vec3f, @location(2) b: vec3f) -> @location(0) vec4f {
    var s = abs(x) + acos(x) + asin(x) + atan(x) + atan2(x, 2) + ceil(x) + clamp(x, 0, 1) + cos(x) + cosh(x) + degrees(x) + exp(x) + exp2(x)
        + floor(x) + fma(x, 2, 3) + fract(x) + inverseSqrt(x) + log(x) + log2(x) + max(x, 1) + min(1, x) + mix(x, 1, 0.5) + pow(x, 2)
        + radians(x) + round(x) + saturate(x) + sign(x) + sin(x) + sinh(x) + smoothstep(0, 1, x) + sqrt(x) + step(0.5, x) + tan(x) + tanh(x) + trunc(x)
        + distance(a, b) + dot(a, b) + length(a) + length(x) + x % 2.5 - -x;
    let m = mat3x3f(a, b, cross(a, b)); let t = transpose(mat2x3f(a, b)); let q = mat4x2f(1, 2, 3, 4, 5, 6, 7, 8);
    s += determinant(m) + (t * a).x + (q * vec4f(1)).y + (vec2f(1) * q).w + (m * transpose(t) * 1.0 * t - m)[1][2];
    let v = faceForward(a, b, a) + normalize(a) + reflect(a, b) + refract(a, b, 0.5) + select(a, b, a < b) + select(a, b, x > 0) + mix(a, b, x) + mix(a, b, a) + a % b + a % x;
    let w = all(a == b) || (any(a != b) && a.x < 3);
    return vec4f(v * s + a.zyx.xx.xxy, f32(!w)) + select(1.0, 2.0, x >= 3.0) + dpdx(x) + dpdy(x) + fwidth(x);
}
