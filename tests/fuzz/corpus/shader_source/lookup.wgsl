@fragment fn fs(@location(0) @interpolate(flat) i: i32, @location(1) @interpolate(flat) u: u32, @location(2) v: vec4f) -> @location(0) vec4f {
    const a = array(1, 2, 3, 4); let l = array(v, v * 2, v * 3); var m = mat4x4f(v, v, v, v);
    var w = v; w[i] = f32(a[u]); m[i][u] = 3; m[1].z = 2; w.x += m[u][1];
    return l[i] + l[1][u] + w + m[i] + v[i] + f32(a[i & 3]);
}
@fragment fn nested(@location(0) @interpolate(flat) i: i32) -> @location(0) vec4f {
    var arr: array<array<f32, 2>, 3>; arr[i][1] = 2; return vec4f(arr[1][i]);
}
