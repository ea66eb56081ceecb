@vertex fn vs(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
    const corners = array(vec2(-1, -1), vec2(3, -1), vec2(-1, 3));
    return vec4f(vec2f(corners[i]), 0, 1);
}
@fragment fn fs(@builtin(position) p: vec4f) -> @location(0) vec4f { return vec4f(p.xy / 256, 0, 1); }
