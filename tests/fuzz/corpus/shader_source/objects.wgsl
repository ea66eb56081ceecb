// every way of reading the object table
struct Inner { a: vec2f, b: f32, c: i32 }
struct Object {
    model: mat4x4f,
    turn: mat3x3f,
    flat2: mat2x2f,
    inner: array<Inner, 3>,
    weights: array<f32, 8>,
    tint: vec3<u32>,
    bits: u32,
}
@group(0) @binding(1) var<storage, read> objects: array<Object>;
struct Out { @builtin(position) p: vec4f, @location(0) c: vec4f, @location(1) @interpolate(flat) row: u32 }
@vertex fn vs(@builtin(instance_index) row: u32, @location(0) at: vec3f, @location(1) k: u32) -> Out {
    let o = objects[row];
    var sum = objects[row].weights[k] + o.weights[2] + objects[row].inner[k].b;
    for (var i = 0; i < 3; i++) { sum += objects[row].inner[i].a.y + f32(objects[row].inner[i].c); }
    let column = objects[row].model[k] + objects[objects[row].bits].model[1];
    let part = objects[row].tint[k] + objects[row].tint.y;
    let whole = objects[row].inner;
    var out: Out;
    out.p = objects[row].model * vec4f(objects[row].turn * at, 1);
    out.c = vec4f(objects[row].flat2 * whole[1].a, sum, f32(part)) + column;
    out.row = row;
    return out;
}
@fragment fn fs(v: Out) -> @location(0) vec4f { return v.c * f32(objects[v.row].bits); }
