/* comments /* nest */ ünicode ° here */ // and é here
alias scalar = f32; alias list = array<scalar, 3>; alias Again = list;
struct texture { vec4: vec4f, float: scalar, gl_Position: f32, _a__b: f32 }
fn main(mat4: f32, sampler2D: f32) -> f32 { let half_ = mat4; let a__b = sampler2D; let _c = half_ + a__b; return _c; }
fn int(x: f32) -> f32 { return main(x, x); }
fn max(x: f32) -> f32 { return int(x) * 2; }
fn x_(input: texture) -> f32 { return input._a__b + input.float; }
fn w3d_object(v: Again) -> f32 { return v[1]; }
var<private> uniform_: f32; var<private> attribute_: list; var<private> a__b: f32; var<private> w3d_target: f32;
@fragment fn gl_main(@location(0) out_: vec4f) -> @location(0) vec4<scalar> {
    var gl_FragCoord = out_; let vec = gl_FragCoord.xyz; let main = max(vec.x); let result = texture(out_, 1, 2, 3);
    { let main = main + 1; a__b = main; }
    uniform_ = x_(result); attribute_ = list(1, 2, main); w3d_target = w3d_object(attribute_);
    return vec4<scalar>(vec, main) + uniform_ + a__b + w3d_target;
}
