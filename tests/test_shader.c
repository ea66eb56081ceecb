/* test_shader.c - the reader of shaders: what it takes, what it refuses and where, layout, constants. */
#include "test.h"

#include "gpu/shader.h"
#include "gpu/shader_glsl.h"
#include "memory/allocator.h"

void test_allocation_sweep(int (*body)(const void *allocator, void *user), void *user);

static w3d_result open_text(const char *text, w3d_shader_module **module, w3d_error *error)
{
    w3d_shader_desc desc;
    memset(&desc, 0, sizeof desc);
    memset(error, 0, sizeof *error);
    *module = NULL;
    desc.text = text;
    return w3d_shader_open(&desc, module, error);
}

static void accepts(const char *text)
{
    w3d_shader_module *module;
    w3d_error error;
    w3d_result code = open_text(text, &module, &error);
    CHECK_MESSAGE(code == W3D_OK, "%.200s: %d at %u: %s", text, (int)code, (unsigned)error.offset,
                  error.text ? error.text : "");
    w3d_shader_close(module);
}

/* The text is refused with `code` at the place marked by $, which is taken out first. */
static void refuses(w3d_result code, const char *marked)
{
    char text[1024];
    const char *mark = strchr(marked, '$');
    size_t at = mark ? (size_t)(mark - marked) : 0;
    w3d_shader_module *module;
    w3d_error error;
    snprintf(text, sizeof text, "%.*s%s", (int)at, marked, mark ? mark + 1 : marked);
    w3d_result got = open_text(text, &module, &error);
    CHECK_MESSAGE(got == code, "%.200s: %d, not %d: %s", text, (int)got, (int)code,
                  error.text ? error.text : "");
    CHECK_MESSAGE(!mark || got == W3D_OK || error.offset == at, "%.200s: at %u, not %u: %s", text,
                  (unsigned)error.offset, (unsigned)at, error.text ? error.text : "");
    CHECK(got == W3D_OK || (error.code == got && error.text && !module));
    w3d_shader_close(module);
}

static void words(void)
{
    accepts("");
    accepts(";;");
    accepts("/* a /* nested */ comment \xC3\xA9 */ // and \xE2\x80\xA8 alias a = i32;");
    accepts("const a = 0x1.8p3; const b = .5; const c = 1.; const d = 1e3f; const e = 0xFFu;");
    accepts("const a = 0u + 0x7Fu;");
    refuses(W3D_ERR_FORMAT, "const a = 1; $/* no end /* */");
    refuses(W3D_ERR_FORMAT, "const a = $01;");
    refuses(W3D_ERR_FORMAT, "const a = 1e$;");
    refuses(W3D_ERR_FORMAT, "const a = 12$ab;");
    refuses(W3D_ERR_FORMAT, "const a = $0x;");
    refuses(W3D_ERR_RANGE, "const a = $0x1.00000001p0f;");
    refuses(W3D_ERR_RANGE, "const a = $18446744073709551616;");
    refuses(W3D_ERR_UNSUPPORTED, "const a = 1.0$h;");
    refuses(W3D_ERR_UNSUPPORTED, "const $\xC3\xA9 = 1;");
    refuses(W3D_ERR_FORMAT, "const $__a = 1;");
    refuses(W3D_ERR_FORMAT, "const $wgsl = 1;");
    refuses(W3D_ERR_FORMAT, "const a = 1 $# 2;");
    refuses(W3D_ERR_UTF8, "// $\xFF");
}

static void constants(void)
{
    accepts("const a = 2147483647i + 1i; const_assert a == -2147483648;");
    accepts("const a = 1u - 2u; const_assert a == 0xFFFFFFFFu;");
    accepts("const_assert 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1 && 5.5 % 2 == 1.5;");
    accepts("const_assert (1 << 4) == 16 && (-16 >> 2) == -4 && (6 & 3) == 2 && ~0 == -1;");
    accepts("const_assert i32(1e20f) == 2147483647 && u32(-1.0) == 0 && i32(-1.9) == -1;");
    accepts("const_assert sqrt(2.25) == 1.5 && round(2.5) == 2 && round(-1.5) == -2;");
    accepts("const_assert all(cross(vec3(1, 0, 0), vec3(0, 1, 0)) == vec3(0, 0, 1));");
    accepts("const_assert determinant(mat3x3(2, 0, 0, 0, 3, 0, 0, 0, 4)) == 24;");
    accepts("const m = mat2x2(1, 2, 3, 4) * mat2x2(5, 6, 7, 8);"
            "const_assert all(m[0] == vec2(23, 34)) && all(m[1] == vec2(31, 46));");
    accepts("const_assert all(mat2x3(1, 2, 3, 4, 5, 6) * vec2(1, 2) == vec3(9, 12, 15));");
    accepts("const_assert all(vec3(1, 2, 3) * mat2x3(1, 2, 3, 4, 5, 6) == vec2(14, 32));");
    accepts("const_assert pack4x8unorm(vec4(1, 0, 0.5, 0)) == 0x008000FFu;");
    accepts("const_assert pack2x16float(vec2(1, -2)) == 0xC0003C00u;");
    accepts("const_assert all(unpack2x16float(0xC0003C00u) == vec2(1, -2));");
    accepts("const_assert extractBits(-1, 4, 4) == -1 && extractBits(0xF0u, 4, 4) == 15;");
    accepts("const_assert insertBits(0u, 0xFFu, 8, 4) == 0xF00u && firstLeadingBit(-2) == 0;");
    accepts("const_assert firstLeadingBit(0u) == 0xFFFFFFFFu && reverseBits(1u) == 0x80000000u;");
    accepts("const_assert bitcast<u32>(1.0f) == 0x3F800000u && select(1, 2, true) == 2;");
    accepts(
        "const a = array(1, 2.5); const b: array<f32, 2> = array(1, 2); const_assert b[1] == 2;");
    accepts("struct S { a: i32, b: array<f32, 2> } const s = S(1, array(2, 3)); const z = S();"
            "const_assert s.b[1] == 3 && z.b[1] == 0 && z.a == 0;");
    accepts(
        "const b = a + 1; const a = 2; const_assert b == 3; var<private> x: array<i32, b * 2>;");
    refuses(W3D_ERR_RANGE, "const a = 9223372036854775807 $+ 1;");
    refuses(W3D_ERR_RANGE, "const a = 0xFFFFFFFFu $<< 1;");
    refuses(W3D_ERR_RANGE, "const a = 1 $/ 0;");
    refuses(W3D_ERR_RANGE, "const a = 1.0 $% 0;");
    refuses(W3D_ERR_RANGE, "const a = i32(-2147483648) $/ -1;");
    refuses(W3D_ERR_RANGE, "const a = $sqrt(-1);");
    refuses(W3D_ERR_RANGE, "const a = $normalize(vec2(0, 0));");
    refuses(W3D_ERR_RANGE, "const a: i32 = $2147483648;");
    refuses(W3D_ERR_RANGE, "const a: f32 = $1e39;");
    refuses(W3D_ERR_RANGE, "const a = array(1, 2)[$2];");
    refuses(W3D_ERR_RANGE, "const $a = b; const b = a;");
    refuses(W3D_ERR_RANGE, "var<private> x = 1; const a = $x;");
    refuses(W3D_ERR_RANGE, "$const_assert 1 > 2;");
    refuses(W3D_ERR_RANGE, "fn f(x: i32) { const $y = x; }");
}

static void types(void)
{
    refuses(W3D_ERR_RANGE, "const a: i32 = $1.5;");
    refuses(W3D_ERR_RANGE, "fn f(x: i32, y: u32) -> i32 { return x + $y; }");
    refuses(W3D_ERR_RANGE, "fn f(x: vec3f) -> vec2f { return $x; }");
    refuses(W3D_ERR_RANGE, "fn f(x: vec2f) -> f32 { return x.$z; }");
    refuses(W3D_ERR_RANGE, "fn f(x: vec2f) { _ = x.$xg; }");
    refuses(W3D_ERR_RANGE, "fn f(x: f32) { if $x { } }");
    refuses(W3D_ERR_RANGE, "fn f() { let x = $sign(1u); }");
    refuses(W3D_ERR_RANGE, "fn f(x: i32) -> i32 { return x $<< 32; }");
    refuses(W3D_ERR_RANGE, "fn f(x: f32) -> f32 { return $clamp(x, 3, 2); }");
    refuses(W3D_ERR_RANGE, "fn f(m: mat2x2f, n: mat3x3f) { _ = m $* n; }");
    refuses(W3D_ERR_RANGE, "fn f() { var v = vec3f(); g($&v.x); } fn g(p: ptr<function, f32>) {}");
    refuses(W3D_ERR_FORMAT, "fn f(a: i32, b: bool) { _ = a < 1 $== b; }");
    refuses(W3D_ERR_FORMAT, "fn f(a: bool) { _ = a && a $|| a; }");
    refuses(W3D_ERR_RANGE, "struct S { a: array<i32> } struct T { $s: S }");
    refuses(W3D_ERR_RANGE, "struct S { a: array<i32>, $b: i32 }");
    refuses(W3D_ERR_RANGE, "struct $S { a: S }");
    refuses(W3D_ERR_RANGE, "struct S { a: i32, $a: i32 }");
    refuses(W3D_ERR_RANGE, "struct S { @size($0) a: i32 }");
    refuses(W3D_ERR_UNSUPPORTED, "var<private> a: $f16;");
    refuses(W3D_ERR_UNSUPPORTED,
            "@group(1) @binding(0) var a: $texture_storage_2d<rgba8unorm, write>;");
}

static void scopes(void)
{
    accepts("fn f(a: i32) -> i32 { { let a = a + 1; return a; } }");
    accepts("fn f() -> i32 { return g(); } fn g() -> i32 { return h; } const h = 3;");
    accepts("fn max(a: i32) -> i32 { return a; } fn f() -> i32 { return max(1); }");
    accepts("fn f() { for (var i = 0; i < 3; i++) { let i = 2; } }");
    refuses(W3D_ERR_RANGE, "fn f(a: i32) { let $a = 1; }");
    refuses(W3D_ERR_RANGE, "const a = 1; fn $a() {}");
    refuses(W3D_ERR_RANGE, "fn f() { { let a = 1; } _ = $a; }");
    refuses(W3D_ERR_RANGE, "fn $f() { g(); } fn g() { f(); }");
    refuses(W3D_ERR_RANGE, "alias t = f32; fn f() { let t = 1; var x: $t; }");
    refuses(W3D_ERR_RANGE, "fn f(c: bool) { var y = 1; loop { if c { continue; } let x = 1;"
                           " continuing { y = $x; break if y > 3; } } }");
    refuses(W3D_ERR_UNSUPPORTED, "fn g(a: ptr<function, i32>, b: ptr<function, i32>) {}"
                                 " fn f() { var x = 1; g(&x, $&x); }");
    refuses(W3D_ERR_UNSUPPORTED, "var<private> v: i32; fn g(a: ptr<private, i32>) { *a = v; }"
                                 " fn f() { g($&v); }");
    refuses(W3D_ERR_RANGE, "fn f() { let x = 1; $x = 2; }");
}

static void flow(void)
{
    accepts("fn f() -> i32 { loop { if true { return 1; } } }");
    accepts("fn f(x: i32) -> i32 { switch x { case 1: { return 1; } default: { loop { break; } "
            "return 2; } } }");
    accepts("fn f() { return; let x = 1; }");
    refuses(W3D_ERR_RANGE,
            "fn $f(x: i32) -> i32 { switch x { case 1: { return 1; } default: { break; } } }");
    refuses(W3D_ERR_RANGE, "fn $f() -> i32 { while true { return 1; } }");
    refuses(W3D_ERR_RANGE, "fn f() { $loop { } }");
    refuses(W3D_ERR_RANGE, "fn f() { $for (;;) { } }");
    refuses(W3D_ERR_RANGE, "fn f() { $continue; }");
    refuses(W3D_ERR_FORMAT, "fn f() { { $continuing { } } }");
    refuses(W3D_ERR_RANGE, "fn f() { switch 1 { $case 1, 1: {} default: {} } }");
    refuses(W3D_ERR_RANGE, "fn f() { $switch 1 { case 1: {} } }");
    refuses(W3D_ERR_RANGE, "@must_use fn g() -> i32 { return 1; } fn f() { $g(); }");
    refuses(W3D_ERR_FORMAT, "fn f() { let x = 1 $}");
}

static void entries(void)
{
    refuses(W3D_ERR_RANGE, "$@compute fn f() {}");
    refuses(W3D_ERR_RANGE, "@compute @workgroup_size($0) fn f() {}");
    refuses(W3D_ERR_LIMIT, "$@compute @workgroup_size(256, 2) fn f() {}");
    refuses(W3D_ERR_RANGE, "fn f($@location(0) x: f32) {}");
    refuses(W3D_ERR_RANGE, "@fragment fn f($@builtin(position) @location(0) a: vec4f) {}");
    refuses(W3D_ERR_RANGE, "@fragment fn f(@location(0) a: f32, @location(0) $b: f32) {}");
    refuses(W3D_ERR_RANGE, "@fragment fn f(@location(0) $a: u32) {}");
    refuses(W3D_ERR_RANGE, "@vertex fn $f() {}");
    refuses(W3D_ERR_RANGE,
            "@vertex fn $f() -> @builtin(position) vec4f { discard; return vec4f(); }");
    refuses(W3D_ERR_RANGE, "@group(1) @binding(0) var<storage> $x: array<atomic<i32>>;");
    refuses(W3D_ERR_RANGE, "@group(1) @binding(0) var<uniform> $x: array<f32, 4>;");
    refuses(W3D_ERR_RANGE, "@group(1) @binding(0) var<uniform> a: vec4f;"
                           "@group(1) @binding(0) var<uniform> $b: vec4f;");
    refuses(W3D_ERR_RANGE, "@group(0) @binding(0) var<uniform> $a: vec4f;");
    refuses(W3D_ERR_UNSUPPORTED, "$override a = 1;");
    refuses(W3D_ERR_UNSUPPORTED, "$enable f16;");
}

/* The offset of the second member behind a first one of a type: sizes and alignments of WGSL 14.4.1. */
static void layout(void)
{
    static const struct {
        const char *type;
        uint32_t size, alignment;
    } table[] = { { "f32", 4, 4 },
                  { "i32", 4, 4 },
                  { "u32", 4, 4 },
                  { "vec2f", 8, 8 },
                  { "vec3f", 12, 16 },
                  { "vec4f", 16, 16 },
                  { "mat2x2f", 16, 8 },
                  { "mat3x2f", 24, 8 },
                  { "mat4x2f", 32, 8 },
                  { "mat2x3f", 32, 16 },
                  { "mat3x3f", 48, 16 },
                  { "mat4x3f", 64, 16 },
                  { "mat2x4f", 32, 16 },
                  { "mat3x4f", 48, 16 },
                  { "mat4x4f", 64, 16 },
                  { "array<vec4f, 3>", 48, 16 },
                  { "array<vec3<i32>, 2>", 32, 16 } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[300];
        w3d_shader_module *module;
        w3d_error error;
        uint32_t head = table[i].alignment, end = head + table[i].size;
        uint32_t align = 16 > table[i].alignment ? 16 : table[i].alignment;
        uint32_t wanted = (end + 4 + align - 1) / align * align;
        int array = table[i].type[0] == 'a';
        if (array) wanted = (16 + table[i].size + 4 + 15) / 16 * 16;
        snprintf(text, sizeof text,
                 "struct S { a: f32, b: %s, c: f32, @align(16) d: array<vec4f, 1> }"
                 "@group(0) @binding(0) var<uniform> u: S;",
                 table[i].type);
        CHECK(open_text(text, &module, &error) == W3D_OK);
        if (!module) continue;
        CHECK_MESSAGE(w3d_shader_reflect(module)->frame_size == wanted + 16, "%s: %u, not %u",
                      table[i].type, w3d_shader_reflect(module)->frame_size, wanted + 16);
        w3d_shader_close(module);
    }
}

static const char shared_text[] =
    "struct O { m: mat4x4f, c: vec4f }\n"
    "struct F { v: mat4x4f }\n"
    "@group(0) @binding(0) var<uniform> f: F;\n"
    "@group(0) @binding(1) var<storage, read> o: array<O>;\n"
    "@group(1) @binding(5) var t: texture_2d<f32>;\n"
    "@group(1) @binding(2) var s: sampler;\n"
    "@group(2) @binding(0) var<storage, read_write> b: array<u32>;\n"
    "fn look(uv: vec2f) -> vec4f { return textureSample(t, s, uv); }\n"
    "struct V { @builtin(position) p: vec4f, @location(3) uv: vec2f }\n"
    "@vertex fn vs(@location(0) p: vec3f, @location(2) uv: vec2f, @builtin(instance_index) i: u32) "
    "-> V\n"
    "{ return V(f.v * o[i].m * vec4f(p, 1), uv); }\n"
    "@fragment fn fs(v: V) -> @location(1) vec4f { if v.uv.x > 1 { discard; } return look(v.uv); "
    "}\n"
    "@compute @workgroup_size(8, 4) fn cs() { b[0] = 1; }\n";

static void reflection(void)
{
    w3d_shader_module *module;
    w3d_error error;
    CHECK(open_text(shared_text, &module, &error) == W3D_OK);
    if (!module) return;
    const w3d_shader_reflection *r = w3d_shader_reflect(module);
    CHECK(r->entry_count == 3 && r->frame_size == 64 && r->object_size == 80);
    CHECK(r->binding_count == 3 && r->bindings[0].binding == 2 && r->bindings[1].binding == 5 &&
          r->bindings[2].group == 2);
    CHECK(r->bindings[0].kind == W3D_GPU_BIND_SAMPLER &&
          r->bindings[1].kind == W3D_GPU_BIND_TEXTURE);
    CHECK(r->bindings[2].kind == W3D_GPU_BIND_STORAGE_WRITE && r->bindings[2].stages == 4);
    CHECK(r->bindings[1].stages == 2);
    CHECK(r->pair_count == 1 && r->pairs[0].texture == 5 && r->pairs[0].sampler == 2);
    for (uint32_t i = 0; i < r->entry_count; i++) {
        const w3d_shader_entry *e = &r->entries[i];
        if (!strcmp(e->name, "vs"))
            CHECK(e->stage == W3D_SHADER_VERTEX && e->inputs == 5 && e->outputs == 8 &&
                  e->uses_frame == 3 && !e->bindings && e->input_types[0] == 0x30);
        else if (!strcmp(e->name, "fs"))
            CHECK(e->stage == W3D_SHADER_FRAGMENT && e->inputs == 8 && e->outputs == 2 &&
                  e->discards && e->bindings == 3 && e->pairs == 1 && !e->uses_frame);
        else
            CHECK(e->stage == W3D_SHADER_COMPUTE && e->workgroup_size[0] == 8 &&
                  e->workgroup_size[1] == 4 && e->bindings == 4);
    }
    w3d_shader_close(module);
}

static void glsl(void)
{
    w3d_shader_module *module;
    w3d_error error;
    char text[8192];
    size_t size = 0, again = 0;
    CHECK(open_text(shared_text, &module, &error) == W3D_OK);
    if (!module) return;
    CHECK(w3d_shader_glsl(module, "vs", NULL, 0, &size) == W3D_OK && size < sizeof text);
    CHECK(w3d_shader_glsl(module, "vs", text, size, &again) == W3D_ERR_CAPACITY && again == size);
    CHECK(w3d_shader_glsl(module, "vs", text, size + 1, &again) == W3D_OK && strlen(text) == size);
    CHECK(strstr(text, "layout(location = 2) in vec2 w3d_a2;") && strstr(text, "w3d_objects"));
    CHECK(w3d_shader_glsl(module, "fs", text, sizeof text, &size) == W3D_OK);
    CHECK(strstr(text, "w3d_t5_s2") && strstr(text, "discard;"));
    CHECK(w3d_shader_glsl(module, "no", text, sizeof text, &size) == W3D_ERR_NOT_FOUND);
    CHECK(w3d_shader_glsl_explained(module, "cs", text, sizeof text, &size, &error) ==
          W3D_ERR_UNSUPPORTED);
    CHECK(error.text && !strncmp(shared_text + error.offset, "cs", 2));
    w3d_shader_close(module);
}

static void limits(void)
{
    static char text[1 << 20];
    for (int deep = 0; deep < 2; deep++) {
        size_t n = (size_t)snprintf(text, sizeof text, "const a = ");
        for (int i = 0; i < (deep ? 5000 : 20); i++) text[n++] = '(';
        text[n++] = '1';
        for (int i = 0; i < (deep ? 5000 : 20); i++) text[n++] = ')';
        snprintf(text + n, sizeof text - n, ";");
        w3d_shader_module *module;
        w3d_error error;
        CHECK(open_text(text, &module, &error) == (deep ? W3D_ERR_LIMIT : W3D_OK));
        w3d_shader_close(module);
    }
    for (int many = 0; many < 2; many++) { /* a + a + a ...: as deep as it is long */
        size_t n = (size_t)snprintf(text, sizeof text, "fn f(a: f32) -> f32 { return a");
        for (int i = 0; i < (many ? 5000 : 100); i++)
            n += (size_t)snprintf(text + n, sizeof text - n, " + a");
        snprintf(text + n, sizeof text - n, "; }");
        w3d_shader_module *module;
        w3d_error error;
        CHECK(open_text(text, &module, &error) == (many ? W3D_ERR_LIMIT : W3D_OK));
        w3d_shader_close(module);
    }
}

static void explains(void)
{
    static const char text[] = "// \xC3\xA9\n\tconst a = 1;\n\tconst \xC2\x85 b = ;\n";
    char out[200];
    w3d_shader_module *module;
    w3d_error error;
    CHECK(open_text(text, &module, &error) == W3D_ERR_FORMAT);
    w3d_shader_explain(text, 0, &error, out, sizeof out);
    CHECK_MESSAGE(!strncmp(out, "3:14: a value is wanted here\n", 29), "%s", out);
    CHECK(strstr(out, "\n\t            ^\n"));
    CHECK(w3d_shader_explain(text, 0, &error, out, 8) == 7 && strlen(out) == 7);
}

static int sweep(const void *allocator, void *user)
{
    w3d_shader_desc desc;
    w3d_shader_module *module = NULL;
    memset(&desc, 0, sizeof desc);
    desc.text = (const char *)user;
    desc.allocator = *(const w3d_allocator *)allocator;
    w3d_result code = w3d_shader_open(&desc, &module, NULL);
    w3d_shader_close(module);
    return (int)code;
}

static void out_of_memory(void)
{
    char text[sizeof shared_text];
    memcpy(text, shared_text, sizeof text);
    test_allocation_sweep(sweep, text);
}

/* Every prefix, and every text with one byte changed, is answered. */
static void mangled(void)
{
    char text[sizeof shared_text];
    w3d_shader_module *module;
    w3d_error error;
    for (size_t i = 0; i < sizeof shared_text; i++) {
        memcpy(text, shared_text, sizeof text);
        text[i] = 0;
        w3d_result code = open_text(text, &module, &error);
        CHECK(code == W3D_OK || error.offset <= i);
        w3d_shader_close(module);
        memcpy(text, shared_text, sizeof text);
        if (i + 1 < sizeof text) text[i] = (char)(32 + test_random_below(95));
        code = open_text(text, &module, &error);
        CHECK(code == W3D_OK || error.offset <= sizeof text);
        w3d_shader_close(module);
    }
}

void test_shader(void);
void test_shader(void)
{
    RUN(words);
    RUN(constants);
    RUN(types);
    RUN(scopes);
    RUN(flow);
    RUN(entries);
    RUN(layout);
    RUN(reflection);
    RUN(glsl);
    RUN(limits);
    RUN(explains);
    RUN(out_of_memory);
    RUN(mangled);
}
