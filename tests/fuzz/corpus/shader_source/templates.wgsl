fn less(a: bool, b: bool) -> bool { return a != b; }
const k = 2; const big = array<array<f32,k>,2>(array<f32,2>(1,2),array<f32,2>(3,4));
var<private>v:array<vec2<f32>,(k+1)*2>=array<vec2<f32>,6>();
fn f(a: i32, b: i32, c: i32) -> bool { let d = (a << 2u) >> 1u; return less((a < b), b > (c)) || ((a < b) && (c >= (d))); }
fn g(m:array<vec3<f32>,2>)->array<vec3<f32>,2>{var n=array<vec3<f32>,2>(m[1],m[0]);n[0]=vec3<f32>(1.,.5,1.e1);return n;}
fn h(a: u32, b: u32) -> u32 { var r = a; r <<= 1; r >>= 2; if a<b { r = 3; } if a>b { r = 4; } if (a<=b) == (a>=b) { r = 5u; } return r; }
@fragment fn fs(@location(0) x: vec3<f32>) -> @location(0) vec4<f32> {
    v[1] += x.xy;
    let p = g(array<vec3<f32>, 2>(x, bitcast<vec3<f32>>(vec3<u32>(1, 2, 3))));
    return select(vec4<f32>(p[0], v[1].x), vec4<f32>(f32(h(1, 2))), f(1, 2, 3));
}
