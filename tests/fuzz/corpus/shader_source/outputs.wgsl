struct In { @builtin(position) at: vec4f, @builtin(front_facing) front: bool, @location(0) @interpolate(perspective, centroid) uv: vec2f, @location(3) @interpolate(flat) id: vec2u, @location(7) @interpolate(flat, either) k: i32 }
struct Out { @location(0) colour: vec4f, @location(1) id: vec2<u32>, @location(2) n: i32, @builtin(frag_depth) depth: f32 }
struct Vary { @location(0) @interpolate(perspective, centroid) uv: vec2f, @invariant @builtin(position) p: vec4f, @location(3) @interpolate(flat) id: vec2u, @location(7) @interpolate(flat, either) k: i32 }
@vertex fn vs(@location(0) p: vec4f, @location(5) uv: vec2f, @builtin(vertex_index) v: u32, @builtin(instance_index) i: u32) -> Vary {
    return Vary(uv, p, vec2(v, i), i32(v));
}
@fragment fn fs(in: In) -> Out {
    var o = Out();
    o.colour = select(vec4f(1), vec4f(in.uv, in.at.xy), in.front);
    o.id = in.id; o.n = in.k; o.depth = saturate(in.at.z);
    return o;
}
@vertex fn only(@location(0) p: vec3f) -> @builtin(position) vec4f { return vec4f(p, 1); }
@fragment fn nothing() {}
