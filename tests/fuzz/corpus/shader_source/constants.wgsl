const n = 4; const half = 0.5; const big = 1 << 20; const mask = 0xFFu; const h = 0x1.8p3; const e = 1e-3f;
const list: array<f32, n * 2 - 4> = array(1, 2.5, 3, half);
const table = array(vec2(1, 2), vec2(3, 4), vec2(-1.5, 0));
const turn = mat2x2(1, 2, 3, 4) * mat2x2(0, 1, 1, 0) + mat2x2(1, 0, 0, 1) * 2;
struct Light { colour: vec3f, power: f32 }
const sun = Light(vec3(1, 1, 0.9), 2); const none = Light();
const checked = sun.power * list[3] + table[2].x;
const_assert n == 4; const_assert checked < 0; const_assert all(vec2(1, 2) < vec2(2, 3)) && !any(vec2(false));
const later = earlier + 1; const earlier = 2;
const folded = abs(-3) + min(1, 2) + clamp(5, 0, 3) + sign(-2); const real = sqrt(2.0) + floor(2.7) + mix(1, 2, 0.5) + length(vec2(3, 4))
    + dot(vec3(1, 2, 3), vec3(1)) + determinant(mat2x2(1, 2, 3, 4)) + pow(2, 0.5) + sin(1) + round(2.5) + fract(-0.25) + smoothstep(0, 1, 0.5);
const bits = countOneBits(7) + firstLeadingBit(8) + extractBits(0xF0, 4, 4) + i32(pack4x8unorm(vec4(1, 0, 0, 1))) + i32(1.9) + i32(1e20f);
const u = bitcast<u32>(1.0f) ^ pack2x16float(vec2(1, -2)); const v = unpack2x16snorm(0x7FFF8001u);
var<private> counter: i32 = n * 3; var<private> matrix = turn;
fn f() -> array<f32, n> { const k = n / 2; var a: array<f32, k * 2>; a[k - 1] = f32(k); return a; }
@fragment fn fs(@location(0) @interpolate(flat) i: u32) -> @location(0) vec4f {
    counter += i32(list[i]); let t = table[i]; let m = mat3x3f(); let z = vec3();
    return vec4f(t, f()[i], f32(counter + folded + bits + later + z.x)) + real * half + vec4f(none.colour, f32(u)) + vec4f(matrix * v, m[i].xy);
}
