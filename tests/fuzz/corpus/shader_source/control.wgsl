fn first(x: i32) -> i32 { loop { if x > 3 { return x; } else if x < -5 { return 2; } return 1; } }
fn sums(n: i32) -> i32 {
    var total = 0; var i = 0;
    loop {
        if (i == 3) { i++; continue; }
        let twice = i * 2;
        switch twice { case 0, 2: { total += 1; } case 4: { break; } case default { if total > 100 { break; } total += twice; } }
        continuing { i++; break if i >= n; }
    }
    while (total > 50) { total -= 7; if total == 3 { break; } }
    for (var k = 0; k < 4; k++) { for (var j = k; ; j += 2) { if j > 6 { break; } if (j == 2) { continue; } total += j; } }
    for (; total < 0;) { total++; }
    return total;
}
fn pick(k: u32) -> f32 { switch k { case 1u: { return 1.0; } case 2u, 3u: { return 2.0; } default: { return 3.0; } } }
fn deep(a: i32) -> i32 { { { { let a = a + 1; return a; } } } }
@fragment fn fs(@location(0) x: f32) -> @location(0) vec4f {
    if (x < 0.0) { discard; }
    var y = x; { var y = 1; y++; }
    if x > 1 { y = 2; } else if x > 2 { y = 3; } else if x > 3 { y = 4; } else { y = 5; }
    return vec4f(f32(first(i32(x))), f32(sums(i32(y))), pick(u32(x)), f32(deep(3)));
}
