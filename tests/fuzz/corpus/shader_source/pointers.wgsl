struct S { a: vec4f, n: array<i32, 4> }
var<private> global: S;
fn bump(p: ptr<function, i32>, by: i32) { *p += by; }
fn both(p: ptr<function, S>, q: ptr<private, S>) -> f32 { (*p).a.x = q.a.y; p.n[1] = 3; *q = *p; return (*q).a[2]; }
fn through(p: ptr<function, S>) { inner(p); p.a *= 2; }
fn inner(s: ptr<function, S>) { s.a = vec4f(s.a.xy, 0, f32(s.n[2])); }
@vertex fn vs(@location(0) x: vec4f) -> @builtin(position) vec4f {
    var s: S; var i = 1;
    s.a = x; bump(&i, 2); bump(&s.n[i], i); through(&s);
    return s.a + both(&s, &global) + f32(s.n[min(i, 3)]);
}
