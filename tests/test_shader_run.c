/* test_shader_run.c - shaders in software against plain C: operations, control flow, memory, textures. */
/* What is expected is rounded after each operation, also where the test is built with -mfma. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off", "no-tree-vectorize")
#endif

#include "core/math.h"
#include "gpu/shader_run.h"
#include "memory/allocator.h"
#include "test.h"

enum { LANES = W3D_SHADER_LANES, COUNT = 96 };

/* ---- running a source ---- */

static w3d_result compile(const char *text, const char *entry, const w3d_allocator *allocator,
                          w3d_shader_code **code)
{
    w3d_shader_desc desc;
    w3d_shader_module *module;
    w3d_error error;
    memset(&desc, 0, sizeof desc);
    desc.text = text;
    if (allocator) desc.allocator = *allocator;
    w3d_result result = w3d_shader_open(&desc, &module, &error);
    if (result) {
        char message[400];
        w3d_shader_explain(text, 0, &error, message, sizeof message);
        if (!allocator) CHECK_MESSAGE(0, "%s", message);
        return result;
    }
    result = w3d_shader_code_create(module, entry, allocator, code);
    w3d_shader_close(module);
    return result;
}

/* Registers on 64 bytes; *block is to be freed. */
static w3d_shader_lanes *registers_new(const w3d_shader_code *code, void **block)
{
    size_t size = (size_t)w3d_shader_code_registers(code) * sizeof(w3d_shader_lanes);
    *block = malloc(size + 64);
    memset(*block, 0xA5, size + 64); /* junk: nothing may depend on it */
    return (w3d_shader_lanes *)(((uintptr_t)*block + 63) & ~(uintptr_t)63);
}

typedef struct buffers {
    void *bytes[4];
    uint32_t sizes[4];
} buffers; /* of group 2 */

/* One run of a compute entry `main` over a number of workgroups. */
static w3d_result run_compute(const char *text, const buffers *b, uint32_t groups)
{
    w3d_shader_code *code;
    w3d_shader_resources resources;
    w3d_shader_group group;
    void *block;
    w3d_result result = compile(text, "main", NULL, &code);
    CHECK_MESSAGE(result == W3D_OK, "%s", w3d_result_text(result));
    if (result) return result;
    memset(&resources, 0, sizeof resources);
    memset(&group, 0, sizeof group);
    for (int i = 0; i < 4; i++) {
        resources.buffers[1][i].bytes = b->bytes[i];
        resources.buffers[1][i].size = b->sizes[i];
    }
    group.resources = &resources;
    group.registers = registers_new(code, &block);
    group.workgroups[0] = groups;
    group.workgroups[1] = group.workgroups[2] = 1;
    for (group.workgroup[0] = 0; group.workgroup[0] < groups; group.workgroup[0]++)
        w3d_shader_run(code, &group);
    free(block);
    w3d_shader_code_destroy(code);
    return W3D_OK;
}

/* ---- operations ---- */

typedef struct sample {
    uint32_t u[4];
} sample;

static float f(uint32_t bits) { return w3d_f32_from_bits(bits); }
static uint32_t b(double x) { return w3d_bits_f32((float)x); }
static double d(uint32_t bits) { return (double)f(bits); }
static double r(double x) { return (double)(float)x; } /* a float's rounding */
static int32_t s(uint32_t x) { return (int32_t)x; }

static void sample_fill(sample *out, int real)
{
    static const uint32_t special[] = { 0,           0x80000000u, 0x3F800000u, 0xBF800000u,
                                        0x7F800000u, 0xFF800000u, 0x7FC00000u, 1,
                                        0x3F000000u, 0xBFC00000u, 0x40200000u, 0x4B800001u,
                                        0x4F000000u, 0xCF000000u, 0x4F800000u, 0x007FFFFFu };
    static const uint32_t whole[] = { 0, 1, 0xFFFFFFFFu, 0x80000000u, 0x7FFFFFFFu, 31, 32, 33 };
    for (uint32_t i = 0; i < COUNT; i++)
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t pick = test_random_below(8);
            if (real)
                out[i].u[k] = pick < 2   ? special[test_random_below(16)]
                              : pick < 6 ? w3d_bits_f32(test_random_float(-8.0f, 8.0f))
                                         : (uint32_t)test_random();
            else
                out[i].u[k] = pick < 3   ? whole[test_random_below(8)]
                              : pick < 6 ? test_random_below(64)
                                         : (uint32_t)test_random();
        }
}

/* What `out` is where the test's expression is put in; x y z w are the sample as floats, a b c d as
 * i32, p q r s as u32. */
static void run_expression(const char *result, const char *expression, const sample *in,
                           uint32_t *out)
{
    char text[2000];
    buffers buffer;
    memset(&buffer, 0, sizeof buffer);
    snprintf(text, sizeof text,
             "@group(2) @binding(0) var<storage, read> data: array<vec4u>;\n"
             "@group(2) @binding(1) var<storage, read_write> result: array<u32>;\n"
             "@compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3u) {\n"
             "  let v = data[id.x]; let p = v.x; let q = v.y; let r = v.z; let s = v.w;\n"
             "  let x = bitcast<f32>(p); let y = bitcast<f32>(q); let z = bitcast<f32>(r);\n"
             "  let w = bitcast<f32>(s); let a = i32(p); let b = i32(q); let c = i32(r);\n"
             "  let d = i32(s); result[id.x] = %s(%s); }\n",
             result, expression);
    buffer.bytes[0] = (void *)(uintptr_t)in;
    buffer.sizes[0] = COUNT * sizeof *in;
    buffer.bytes[1] = out;
    buffer.sizes[1] = COUNT * 4;
    memset(out, 0xEE, COUNT * 4);
    run_compute(text, &buffer, COUNT / 32);
}

#define EXACT(real, result, expression, oracle)                                                    \
    do {                                                                                           \
        sample in_[COUNT];                                                                         \
        uint32_t out_[COUNT];                                                                      \
        sample_fill(in_, real);                                                                    \
        run_expression(result, expression, in_, out_);                                             \
        for (int i_ = 0; i_ < COUNT; i_++) {                                                       \
            const uint32_t *u = in_[i_].u;                                                         \
            uint32_t want_ = (oracle);                                                             \
            int both_ = real == 1 && isnan(f(want_)) && isnan(f(out_[i_]));                        \
            CHECK_MESSAGE(both_ || want_ == out_[i_], "%s of %08x %08x %08x %08x: %08x, not %08x", \
                          expression, u[0], u[1], u[2], u[3], out_[i_], want_);                    \
            (void)u;                                                                               \
        }                                                                                          \
    } while (0)
/* Of floats to a float; of floats to a whole number; of whole numbers. */
#define REAL(expression, oracle)  EXACT(1, "bitcast<u32>", expression, b(oracle))
#define TRUTH(expression, oracle) EXACT(2, "u32", expression, (uint32_t)(oracle))
#define WHOLE(expression, oracle) EXACT(0, "u32", expression, (uint32_t)(oracle))
#define NEAR(expression, low, high, ulp, oracle)                                                   \
    do {                                                                                           \
        sample in_[COUNT];                                                                         \
        uint32_t out_[COUNT];                                                                      \
        for (int i_ = 0; i_ < COUNT; i_++)                                                         \
            for (int k_ = 0; k_ < 4; k_++)                                                         \
                in_[i_].u[k_] = w3d_bits_f32(test_random_float(low, high));                        \
        run_expression("bitcast<u32>", expression, in_, out_);                                     \
        for (int i_ = 0; i_ < COUNT; i_++) {                                                       \
            const uint32_t *u = in_[i_].u;                                                         \
            double want_ = (oracle);                                                               \
            CHECK_MESSAGE(test_ulp_error(f(out_[i_]), want_) <= ulp,                               \
                          "%s of %g %g %g: %.9g, not %.9g", expression, d(u[0]), d(u[1]), d(u[2]), \
                          (double)f(out_[i_]), want_);                                             \
        }                                                                                          \
    } while (0)

#define X d(u[0])
#define Y d(u[1])
#define Z d(u[2])
#define W d(u[3])

static double half_even(double x)
{
    double low = floor(x), rest = x - low;
    double whole = rest > 0.5 || (rest == 0.5 && fmod(low, 2.0) != 0.0) ? low + 1.0 : low;
    return copysign(whole, x);
}
static double least(double x, double y) { return x < y ? x : y; }
static double most(double x, double y) { return x > y ? x : y; }

static void floats(void)
{
    REAL("x + y", X + Y);
    REAL("x - y", X - Y);
    REAL("x * y", X * Y);
    REAL("x / y", X / Y);
    REAL("-x", -X);
    REAL("x * y + z", r(X * Y) + Z);
    REAL("x * y - z", r(X * Y) - Z);
    REAL("z - x * y", Z - r(X * Y));
    REAL("fma(x, y, z)", r(X * Y) + Z);
    REAL("abs(x)", fabs(X));
    REAL("floor(x)", floor(X));
    REAL("ceil(x)", ceil(X));
    REAL("trunc(x)", trunc(X));
    REAL("round(x)", isfinite(X) ? half_even(X) : X);
    REAL("fract(x)", X - floor(X));
    REAL("sqrt(x)", sqrt(X));
    REAL("inverseSqrt(x)", 1.0 / r(sqrt(X)));
    REAL("sign(x)", (X > 0) - (X < 0));
    REAL("min(x, y)", least(X, Y));
    REAL("max(x, y)", most(X, Y));
    REAL("clamp(x, y, z)", least(most(X, Y), Z));
    REAL("saturate(x)", least(most(X, 0.0), 1.0));
    REAL("mix(x, y, z)", r(X * r(1.0 - Z)) + r(Y * Z));
    REAL("step(x, y)", X <= Y ? 1.0 : 0.0);
    REAL("x % y", X - r(Y * trunc(r(X / Y))));
    REAL("degrees(x)", X * (double)57.295779513f);
    REAL("radians(x)", X * (double)0.017453292520f);
    REAL("select(x, y, z < w)", Z < W ? Y : X);
    REAL("dot(vec2f(x, y), vec2f(z, w))", r(X * Z) + r(Y * W));
    REAL("dot(vec3f(x, y, z), vec3f(y, z, w))", r(r(X * Y) + r(Y * Z)) + r(Z * W));
    REAL("dot(vec4f(x, y, z, w), vec4f(w, y, x, z))",
         r(r(r(X * W) + r(Y * Y)) + r(Z * X)) + r(W * Z));
    REAL("cross(vec3f(x, y, z), vec3f(w, x, y)).y", r(Z * W) - r(X * Y));
    REAL("length(vec3f(x, y, z))", sqrt(r(r(r(X * X) + r(Y * Y)) + r(Z * Z))));
    REAL("length(x)", fabs(X));
    REAL("distance(vec2f(x, y), vec2f(z, w))",
         sqrt(r(r(r(X - Z) * r(X - Z)) + r(r(Y - W) * r(Y - W)))));
    REAL("normalize(vec2f(x, y)).y", r(1.0 / r(sqrt(r(r(X * X) + r(Y * Y))))) * Y);
    REAL("reflect(vec2f(x, y), vec2f(z, w)).x", X - r(r(2.0 * r(r(Z * X) + r(W * Y))) * Z));
    REAL("faceForward(vec2f(x, y), vec2f(z, w), vec2f(y, x)).x",
         r(r(Z * Y) + r(W * X)) < 0 ? X : -X);
    REAL("(mat2x2f(x, y, z, w) * vec2f(y, z)).y", r(Y * Y) + r(W * Z));
    REAL("(vec2f(y, z) * mat2x2f(x, y, z, w)).y", r(Y * Z) + r(Z * W));
    REAL("(mat2x2f(x, y, z, w) * mat2x2f(w, z, y, x))[1].x", r(X * Y) + r(Z * X));
    REAL("(mat2x3f(x, y, z, w, x, y) * mat3x2f(w, z, y, x, z, w))[2].z", r(Z * Z) + r(Y * W));
    REAL("(mat2x2f(x, y, z, w) + mat2x2f(w, z, y, x))[1].x", Z + Y);
    REAL("(y * mat2x2f(x, y, z, w))[1].x", Z * Y);
    REAL("transpose(mat2x3f(x, y, z, w, x, y))[2].y", Y);
    REAL("determinant(mat2x2f(x, y, z, w))", r(X * W) - r(Z * Y));
    REAL("vec4f(x, y, z, w).wzyx.yx.y", W);
    REAL("vec3f(x, y, z)[p % 3]", u[0] % 3 == 0 ? X : u[0] % 3 == 1 ? Y : Z);
    REAL("array<f32, 4>(x, y, z, w)[(q & 7u)]", (u[1] & 7) == 0   ? X
                                                : (u[1] & 7) == 1 ? Y
                                                : (u[1] & 7) == 2 ? Z
                                                                  : W);
    REAL("array(1.0, 2.0, 4.0)[q & 3u]", (u[1] & 3) == 0 ? 1.0 : (u[1] & 3) == 1 ? 2.0 : 4.0);
}

static void near_floats(void)
{
    NEAR("sin(x)", -20, 20, 0.51, sin(X));
    NEAR("cos(x)", -20, 20, 0.51, cos(X));
    NEAR("tan(x)", -1.5f, 1.5f, 0.51, tan(X));
    NEAR("asin(x)", -1, 1, 0.51, asin(X));
    NEAR("acos(x)", -1, 1, 0.51, acos(X));
    NEAR("atan(x)", -9, 9, 0.51, atan(X));
    NEAR("atan2(x, y)", -9, 9, 0.51, atan2(X, Y));
    NEAR("sinh(x)", -9, 9, 3, sinh(X));
    NEAR("cosh(x)", -9, 9, 3, cosh(X));
    NEAR("tanh(x)", -9, 9, 3, tanh(X));
    NEAR("exp(x)", -20, 20, 0.51, exp(X));
    NEAR("exp2(x)", -20, 20, 0.51, exp2(X));
    NEAR("log(x)", 0.01f, 20, 0.51, log(X));
    NEAR("log2(x)", 0.01f, 20, 0.51, log2(X));
    NEAR("pow(x, y)", 0.01f, 9, 0.51, pow(X, Y));
    NEAR("smoothstep(1.0, 3.0, x)", 0.01f, 4, 16,
         X <= 1   ? 0
         : X >= 3 ? 1
                  : ((X - 1) / 2) * ((X - 1) / 2) * (3 - (X - 1)));
    NEAR("determinant(mat3x3f(x, 1, 2, 3, y, 4, 5, 6, z))", 9, 12, 64,
         X * (Y * Z - 24) - 3 * (Z - 12) + 5 * (4 - 2 * Y));
    NEAR("determinant(mat4x4f(x,0,0,1, 0,y,0,0, 2,0,z,0, 0,0,3,w))", 2, 3, 64, Y * (X * Z * W + 6));
    NEAR("refract(vec2f(0.6, -0.8), vec2f(0, 1), x).y", 0.5f, 1.0f, 4,
         -sqrt(1 - X * X * (1 - 0.64)));
}

static void conversions(void)
{
    TRUTH("i32(x)", isnan(f(u[0]))       ? 0
                    : X >= 2147483648.0  ? 0x7FFFFFFFu
                    : X <= -2147483648.0 ? 0x80000000u
                                         : (uint32_t)(int32_t)X);
    TRUTH("x", isnan(f(u[0])) || X <= 0 ? 0 : X >= 4294967296.0 ? 0xFFFFFFFFu : (uint32_t)X);
    TRUTH("bool(x)", X != 0);
    TRUTH("x < y", X < Y);
    TRUTH("x <= y", X <= Y);
    TRUTH("x > y", X > Y);
    TRUTH("x >= y", X >= Y);
    TRUTH("x == y", X == Y);
    TRUTH("x != y", X != Y);
    TRUTH("!(x < y)", !(X < Y));
    TRUTH("x < y && z < w", X < Y && Z < W);
    TRUTH("x < y || z < w", X < Y || Z < W);
    TRUTH("all(vec2f(x, y) < vec2f(z, w))", X < Z && Y < W);
    TRUTH("any(vec3f(x, y, z) == vec3f(w))", X == W || Y == W || Z == W);
    TRUTH("select(vec2(1), vec2(2), vec2f(x, y) < vec2f(z, w).yx).y", Y < Z ? 2 : 1);
    EXACT(0, "bitcast<u32>", "f32(a)", b((double)s(u[0])));
    EXACT(0, "bitcast<u32>", "f32(p)", w3d_bits_f32((float)u[0]));
    EXACT(0, "bitcast<u32>", "f32(a < b)", b(s(u[0]) < s(u[1])));
    WHOLE("u32(bool(p))", u[0] != 0);
    WHOLE("i32(p < q)", u[0] < u[1]);
}

static void wholes(void)
{
    WHOLE("a + b", u[0] + u[1]);
    WHOLE("a - b", u[0] - u[1]);
    WHOLE("a * b", u[0] * u[1]);
    WHOLE("-a", 0 - u[0]);
    WHOLE("~a", ~u[0]);
    WHOLE("a / b", !u[1] || (u[0] == 0x80000000u && u[1] == 0xFFFFFFFFu)
                       ? u[0]
                       : (uint32_t)(s(u[0]) / s(u[1])));
    WHOLE("a % b", !u[1] || (u[0] == 0x80000000u && u[1] == 0xFFFFFFFFu)
                       ? 0
                       : (uint32_t)(s(u[0]) % s(u[1])));
    WHOLE("p / q", u[1] ? u[0] / u[1] : u[0]);
    WHOLE("p % q", u[1] ? u[0] % u[1] : 0);
    WHOLE("p / 7", u[0] / 7);
    WHOLE("p & q", u[0] & u[1]);
    WHOLE("p | q", u[0] | u[1]);
    WHOLE("p ^ q", u[0] ^ u[1]);
    WHOLE("p << q", u[0] << (u[1] & 31));
    WHOLE("p >> q", u[0] >> (u[1] & 31));
    WHOLE("a >> q", (uint32_t)((int64_t)s(u[0]) >> (u[1] & 31)));
    WHOLE("p << 5", u[0] << 5);
    WHOLE("p >> 5", u[0] >> 5);
    WHOLE("a >> 5", (uint32_t)((int64_t)s(u[0]) >> 5));
    WHOLE("a < b", s(u[0]) < s(u[1]));
    WHOLE("a <= b", s(u[0]) <= s(u[1]));
    WHOLE("a > b", s(u[0]) > s(u[1]));
    WHOLE("a >= b", s(u[0]) >= s(u[1]));
    WHOLE("p < q", u[0] < u[1]);
    WHOLE("p <= q", u[0] <= u[1]);
    WHOLE("p > q", u[0] > u[1]);
    WHOLE("p >= q", u[0] >= u[1]);
    WHOLE("p == q", u[0] == u[1]);
    WHOLE("a != b", u[0] != u[1]);
    WHOLE("min(a, b)", s(u[0]) < s(u[1]) ? u[0] : u[1]);
    WHOLE("max(a, b)", s(u[0]) > s(u[1]) ? u[0] : u[1]);
    WHOLE("min(p, q)", u[0] < u[1] ? u[0] : u[1]);
    WHOLE("max(p, q)", u[0] > u[1] ? u[0] : u[1]);
    WHOLE("clamp(p, 5, 50)", u[0] < 5 ? 5 : u[0] > 50 ? 50 : u[0]);
    WHOLE("clamp(a, -5, 50)", s(u[0]) < -5 ? (uint32_t)-5 : s(u[0]) > 50 ? 50 : u[0]);
    WHOLE("abs(a)", s(u[0]) < 0 ? 0 - u[0] : u[0]);
    WHOLE("sign(a)", (s(u[0]) > 0) - (s(u[0]) < 0));
    WHOLE("sign(a) * abs(b)",
          (uint32_t)((s(u[0]) > 0) - (s(u[0]) < 0)) * (s(u[1]) < 0 ? 0 - u[1] : u[1]));
    WHOLE("dot(vec3i(a, b, c), vec3i(b, c, d))", u[0] * u[1] + u[1] * u[2] + u[2] * u[3]);
    WHOLE("select(a, b, c < d)", s(u[2]) < s(u[3]) ? u[1] : u[0]);
    WHOLE("countOneBits(p)", w3d_bits_count(u[0]));
    WHOLE("firstTrailingBit(p)", u[0] ? w3d_bits_trailing_zeros(u[0]) : 0xFFFFFFFFu);
    WHOLE("firstLeadingBit(p)", 31u - w3d_bits_leading_zeros(u[0]));
    WHOLE("firstLeadingBit(a)", 31u - w3d_bits_leading_zeros(s(u[0]) < 0 ? ~u[0] : u[0]));
    WHOLE("reverseBits(reverseBits(p))", u[0]);
    WHOLE("reverseBits(p) >> 28",
          (u[0] & 1) << 3 | (u[0] & 2) << 1 | (u[0] & 4) >> 1 | (u[0] & 8) >> 3);
    WHOLE("extractBits(p, 4, 9)", u[0] >> 4 & 511);
    WHOLE("extractBits(a, 4, 9)", (uint32_t)((int32_t)(u[0] << 19) >> 23));
    WHOLE("extractBits(p, q, 32 + (r & 1))", u[1] < 32 ? u[0] >> u[1] : 0);
    WHOLE("insertBits(p, q, 5, 7)", (u[0] & ~0xFE0u) | (u[1] << 5 & 0xFE0u));
    WHOLE("insertBits(p, q, 0, 40 + (r & 1))", u[1]);
    WHOLE("insertBits(p, q, 33 + (r & 1), 4)", u[0]);
}

static void packs(void)
{
    NEAR("unpack4x8unorm(pack4x8unorm(vec4f(x, y, z, w))).z", -0.5f, 1.5f, 1,
         floor(0.5 + 255 * least(most(Z, 0), 1)) / 255);
    NEAR("unpack4x8snorm(pack4x8snorm(vec4f(x, y, z, w))).w", -1.5f, 1.5f, 1,
         floor(0.5 + 127 * least(most(W, -1), 1)) / 127);
    NEAR("unpack2x16unorm(pack2x16unorm(vec2f(x, y))).y", -0.5f, 1.5f, 1,
         floor(0.5 + r(65535 * least(most(Y, 0), 1))) / 65535);
    NEAR("unpack2x16snorm(pack2x16snorm(vec2f(x, y))).x", -1.5f, 1.5f, 1,
         floor(0.5 + r(32767 * least(most(X, -1), 1))) / 32767);
    NEAR("unpack2x16float(pack2x16float(vec2f(x, y))).y", -9, 9, 0.001,
         (double)w3d_f32_from_f16(w3d_f16_from_f32((float)Y)));
}

/* ---- control flow: random programs, beside an interpreter of one lane ---- */

enum { ADDS, MIXES, IF, IF_ELSE, FOR, LOOP, SWITCH, BREAK, CONTINUE, RETURN, CALL, PUTS };

typedef struct node {
    int kind, a, b, next; /* children by index; next in its block */
    uint32_t variable, other, number;
} node;

typedef struct program {
    node nodes[400];
    int count;
    char text[40000];
    size_t size;
    uint32_t loops; /* counters made */
} program;

typedef struct lane {
    uint32_t v[4], array[4], out;
    int steps;
} lane;

static void emit(program *p, const char *text) /* formatted by the caller */
{
    size_t size = strlen(text);
    if (p->size + size + 1 > sizeof p->text) return;
    memcpy(p->text + p->size, text, size + 1);
    p->size += size;
}

static int block(program *p, int depth, int in_loop, int in_switch, int in_function);

static int statement(program *p, int depth, int in_loop, int in_switch, int in_function)
{
    char line[200];
    if (p->count == 400) return 0;
    int at = p->count++;
    node *n = &p->nodes[at];
    memset(n, 0, sizeof *n);
    n->variable = test_random_below(4);
    n->other = test_random_below(4);
    n->number = test_random_below(7) + 1;
    uint32_t pick = test_random_below(depth > 4 ? 4 : 20);
    n->kind =
        pick < 2 ? ADDS
        : pick < 4
            ? (depth > 0 && test_random_below(6) == 0 && (in_loop || in_switch) ? BREAK : MIXES)
        : pick < 7  ? IF
        : pick < 9  ? IF_ELSE
        : pick < 11 ? FOR
        : pick < 13 ? LOOP
        : pick < 15 ? SWITCH
        : pick < 16 ? (in_loop ? CONTINUE : ADDS)
        : pick < 17 ? (depth ? RETURN : PUTS)
        : pick < 18 ? PUTS
                    : (in_function ? MIXES : CALL);
    switch (n->kind) {
    case ADDS:
        snprintf(line, sizeof line, "v%u += v%u * %uu + 1u;\n", n->variable, n->other, n->number);
        emit(p, line);
        break;
    case MIXES:
        snprintf(line, sizeof line, "v%u = (v%u ^ (v%u >> %uu)) & 1023u;\n", n->variable,
                 n->variable, n->other, n->number);
        emit(p, line);
        break;
    case PUTS:
        snprintf(line, sizeof line, "list[v%u & 3u] += v%u; v%u ^= list[(v%u + %uu) & 3u];\n",
                 n->other, n->variable, n->variable, n->variable, n->number);
        emit(p, line);
        break;
    case IF:
    case IF_ELSE:
        snprintf(line, sizeof line, "if (v%u & %uu) != 0u {\n", n->variable, n->number);
        emit(p, line);
        at = (int)(n - p->nodes);
        p->nodes[at].a = block(p, depth + 1, in_loop, in_switch, in_function);
        if (p->nodes[at].kind == IF_ELSE) {
            emit(p, "} else {\n");
            p->nodes[at].b = block(p, depth + 1, in_loop, in_switch, in_function);
        }
        emit(p, "}\n");
        break;
    case FOR: /* as often as the variable's low bits tell */
        snprintf(line, sizeof line, "for (var i%u = 0u; i%u < (v%u & 3u); i%u++) { v3 += 1u;\n",
                 p->loops, p->loops, n->variable, p->loops);
        p->loops++;
        emit(p, line);
        p->nodes[at].a = block(p, depth + 1, 1, 0, in_function);
        emit(p, "}\n");
        break;
    case LOOP: { /* the counter is limited; `continuing` adds to a variable, and may break */
        uint32_t counter = p->loops++;
        snprintf(line, sizeof line,
                 "{ var i%u = 0u; loop { var t = v0; i%u++; if i%u > 3u { break; }\n", counter,
                 counter, counter);
        emit(p, line);
        p->nodes[at].a = block(p, depth + 1, 1, 0, in_function);
        n = &p->nodes[at];
        snprintf(line, sizeof line,
                 "t += v1; continuing { v%u += t; break if (v%u & 15u) == %uu; } } }\n",
                 n->variable, n->other, n->number);
        emit(p, line);
        break;
    }
    case SWITCH:
        snprintf(line, sizeof line, "switch v%u & 3u { case 1u, 2u: {\n", n->variable);
        emit(p, line);
        p->nodes[at].a = block(p, depth + 1, in_loop, 1, in_function);
        emit(p, "} default: {\n");
        p->nodes[at].b = block(p, depth + 1, in_loop, 1, in_function);
        emit(p, "} }\n");
        break;
    case BREAK: emit(p, "break;\n"); break;
    case CONTINUE: emit(p, "continue;\n"); break;
    case RETURN:
        snprintf(line, sizeof line, "return v%u;\n", n->variable);
        emit(p, line);
        break;
    default:
        snprintf(line, sizeof line, "v%u = v%u + help(&v%u, v%u);\n", n->variable, n->variable,
                 (n->variable + 1) & 3, n->other);
        emit(p, line);
        break;
    }
    return at;
}

static int block(program *p, int depth, int in_loop, int in_switch, int in_function)
{
    int first = 0, last = 0;
    uint32_t count = test_random_below(3) + 1;
    for (uint32_t i = 0; i < count; i++) {
        int n = statement(p, depth, in_loop, in_switch, in_function);
        if (!n) break;
        if (last)
            p->nodes[last].next = n;
        else
            first = n;
        last = n;
        int kind = p->nodes[n].kind; /* nothing may follow there */
        if (kind == BREAK || kind == CONTINUE || kind == RETURN) break;
    }
    return first;
}

/* The function beside the program: early returns and a pointer. */
static const char helper[] = "fn help(p: ptr<function, u32>, x: u32) -> u32 {\n"
                             "  if x % 5u == 0u { return *p; }\n"
                             "  for (var i = 0u; i < 4u; i++) {\n"
                             "    *p += i; if (*p & 7u) == 3u { return i * x; }\n"
                             "    if i == (x & 3u) { continue; } *p ^= 1u; }\n"
                             "  total += 1u; *p += 2u; return x + total; }\n";

static uint32_t help(uint32_t *p, uint32_t x, uint32_t *total)
{
    if (x % 5 == 0) return *p;
    for (uint32_t i = 0; i < 4; i++) {
        *p += i;
        if ((*p & 7) == 3) return i * x;
        if (i == (x & 3)) continue;
        *p ^= 1;
    }
    *total += 1;
    *p += 2;
    return x + *total;
}

/* 0: went through; else the statement that leads away. */
static int step(const program *p, int n, lane *l, uint32_t *total)
{
    for (; n; n = p->nodes[n].next) {
        const node *x = &p->nodes[n];
        uint32_t *v = &l->v[x->variable], o = l->v[x->other];
        int left = 0;
        l->steps++;
        switch (x->kind) {
        case ADDS: *v += o * x->number + 1; break;
        case MIXES: *v = (*v ^ (o >> x->number)) & 1023; break;
        case PUTS:
            l->array[o & 3] += *v;
            *v ^= l->array[(*v + x->number) & 3];
            break;
        case IF:
        case IF_ELSE: left = step(p, *v & x->number ? x->a : x->b, l, total); break;
        case FOR:
            for (uint32_t i = 0; i < (*v & 3) && !left; i++) {
                l->v[3] += 1;
                left = step(p, x->a, l, total);
                if (left == CONTINUE) left = 0;
            }
            if (left == BREAK) left = 0;
            break;
        case LOOP: {
            uint32_t i = 0, t;
            for (;;) {
                t = l->v[0];
                if (++i > 3) break;
                left = step(p, x->a, l, total);
                if (left == BREAK || left == RETURN) break;
                if (!left) t += l->v[1];
                left = 0;
                *v += t;
                if ((l->v[x->other] & 15) == x->number) break;
            }
            if (left == BREAK) left = 0;
            break;
        }
        case SWITCH:
            left = step(p, (*v & 3) == 1 || (*v & 3) == 2 ? x->a : x->b, l, total);
            if (left == BREAK) left = 0;
            break;
        case RETURN: l->out = *v; return RETURN;
        case BREAK:
        case CONTINUE: return x->kind;
        default: { /* the operands of + from left to right */
            uint32_t before = *v;
            *v = before + help(&l->v[(x->variable + 1) & 3], o, total);
            break;
        }
        }
        if (left) return left;
    }
    return 0;
}

static void control(void)
{
    static program p;
    static sample in[COUNT];
    static uint32_t out[COUNT];
    int steps = 0;
    for (int round = 0; round < 60; round++) {
        buffers buffer;
        memset(&buffer, 0, sizeof buffer);
        p.size = 0;
        p.count = 1;
        p.loops = 0;
        emit(&p, "@group(2) @binding(0) var<storage, read> data: array<vec4u>;\n"
                 "@group(2) @binding(1) var<storage, read_write> result: array<u32>;\n"
                 "var<private> total: u32 = 5u;\n");
        emit(&p, helper);
        emit(&p, "fn go(a: vec4u) -> u32 {\n"
                 "var v0 = a.x; var v1 = a.y; var v2 = a.z; var v3 = a.w;\n"
                 "var list = array<u32, 4>(1u, 2u, 3u, 4u);\n");
        int first = 0, last = 0;
        for (int i = 0; i < 5; i++) {
            int n = statement(&p, 0, 0, 0, 0);
            if (!n) break;
            if (last)
                p.nodes[last].next = n;
            else
                first = n;
            last = n;
        }
        emit(&p,
             "return v0 + v1 * 3u + v2 * 5u + v3 * 7u + list[2]; }\n"
             "@compute @workgroup_size(48) fn main(@builtin(global_invocation_id) id: vec3u) {\n"
             "result[id.x] = go(data[id.x]) + total; }\n");
        for (int i = 0; i < COUNT; i++)
            for (int k = 0; k < 4; k++) in[i].u[k] = test_random_below(64);
        buffer.bytes[0] = in;
        buffer.sizes[0] = sizeof in;
        buffer.bytes[1] = out;
        buffer.sizes[1] = sizeof out;
        memset(out, 0, sizeof out);
        int before = test.failures_here;
        if (run_compute(p.text, &buffer, COUNT / 48)) {
            if (round < 3) puts(p.text);
            continue;
        }
        for (int i = 0; i < COUNT; i++) {
            lane l;
            uint32_t total = 5;
            memset(&l, 0, sizeof l);
            memcpy(l.v, in[i].u, sizeof l.v);
            for (uint32_t k = 0; k < 4; k++) l.array[k] = k + 1;
            if (step(&p, first, &l, &total) != RETURN)
                l.out = l.v[0] + l.v[1] * 3 + l.v[2] * 5 + l.v[3] * 7 + l.array[2];
            steps += l.steps;
            CHECK_MESSAGE(out[i] == l.out + total, "program %d, lane %d: %u, not %u", round, i,
                          out[i], l.out + total);
        }
        if (test.failures_here > before) {
            if (!before) puts(p.text);
            return;
        }
    }
    CHECK(steps > 10000); /* the programs do something */
}

/* ---- memory ---- */

/* What is outside: arrays of a known size are read at their last element, the others read zero. */
static void bounds(void)
{
    static const char text[] =
        "struct S { n: u32, @size(16) pad: u32, a: array<u32, 3>, rest: array<vec2u> }\n"
        "@group(2) @binding(0) var<storage, read> data: S;\n"
        "@group(2) @binding(1) var<storage, read_write> result: array<array<u32, 4>>;\n"
        "@group(2) @binding(2) var<storage, read_write> none: array<u32>;\n"
        "@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) i: u32) {\n"
        "  result[i][0] = data.a[i * 2u]; result[i][1] = data.rest[i * 2u].y;\n"
        "  result[i][2] = arrayLength(&data.rest) + 10u * arrayLength(&none);\n"
        "  result[i][9u * i] += 3u; none[i] = 1u; result[i + 1000u][3] = 77u; }\n";
    uint32_t data[13] = { 1, 0, 0, 0, 0, 10, 11, 12, 20, 21, 22, 23, 24 };
    uint32_t out[16];
    buffers buffer;
    memset(&buffer, 0, sizeof buffer);
    memset(out, 0, sizeof out);
    buffer.bytes[0] = data;
    buffer.sizes[0] = sizeof data;
    buffer.bytes[1] = out;
    buffer.sizes[1] = sizeof out;
    run_compute(text, &buffer, 1);
    static const uint32_t want[16] = { 13, 21, 2, 0, 12, 0, 2, 3, 12, 0, 2, 3, 12, 0, 2, 3 };
    CHECK_BYTES(out, want, sizeof out);
}

static void workgroups(void)
{
    /* a sum by halves, a list in lane order, and lanes that wait in a loop */
    static const char text[] =
        "@group(2) @binding(0) var<storage, read_write> result: array<u32>;\n"
        "@group(2) @binding(1) var<storage, read_write> top: atomic<u32>;\n"
        "@group(2) @binding(2) var<storage, read_write> low: atomic<i32>;\n"
        "var<workgroup> part: array<u32, 96>; var<workgroup> count: atomic<u32>;\n"
        "var<workgroup> flag: bool;\n"
        "@compute @workgroup_size(8, 4, 3) fn main(@builtin(local_invocation_id) l: vec3u,\n"
        "    @builtin(local_invocation_index) i: u32, @builtin(workgroup_id) g: vec3u,\n"
        "    @builtin(num_workgroups) n: vec3u, @builtin(global_invocation_id) id: vec3u) {\n"
        "  part[i] = l.x + l.y * 8u + l.z * 32u + 1u;\n"
        "  let place = atomicAdd(&count, 1u);\n"
        "  if i == 95u { flag = !flag; }\n"
        "  workgroupBarrier();\n"
        "  for (var step = 48u; step > 2u; step /= 2u) {\n"
        "    if i < step { part[i] += part[i + step]; } workgroupBarrier(); }\n"
        "  if i == 0u { result[g.x] = part[0] + part[1] + part[2];\n"
        "    result[2u + g.x] = atomicLoad(&count) * n.x; result[4u + g.x] = u32(flag); }\n"
        "  atomicMax(&top, id.x * 100u + place); atomicMin(&low, -i32(i) - 5);\n"
        "  result[6u + g.x * 96u + i] = place; }\n";
    static uint32_t out[6 + 192];
    uint32_t top = 7, low = 3;
    buffers buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.bytes[0] = out;
    buffer.sizes[0] = sizeof out;
    buffer.bytes[1] = &top;
    buffer.sizes[1] = 4;
    buffer.bytes[2] = &low;
    buffer.sizes[2] = 4;
    run_compute(text, &buffer, 2);
    CHECK(out[0] == 96 * 97 / 2 && out[1] == 96 * 97 / 2);
    CHECK(out[2] == 192 && out[3] == 192 && out[4] == 1 && out[5] == 1);
    for (uint32_t i = 0; i < 192; i++) CHECK(out[6 + i] == i % 96);
    CHECK(top == 1595 && low == (uint32_t)-100);
}

static void private_memory(void)
{
    /* what a call changes while an operand waits; swaps; indices that are variables */
    static const char text[] =
        "struct P { a: vec3f, m: mat3x2f, list: array<vec2i, 3> }\n"
        "@group(2) @binding(0) var<storage, read_write> result: array<f32>;\n"
        "var<private> seed = 1.0; var<private> p: P;\n"
        "fn next() -> f32 { seed *= 2.0; return seed; }\n"
        "fn put(q: ptr<private, P>, i: u32) { (*q).m[i].y = f32(i) + 0.5; (*q).list[i] = vec2i(7, "
        "8); }\n"
        "fn twice(x: ptr<function, f32>) -> bool { *x = *x * 2.0; return *x > 10.0; }\n"
        "@compute @workgroup_size(3) fn main(@builtin(local_invocation_index) i: u32) {\n"
        "  let before = seed; var v = vec3f(seed + next() * 10.0, next(), before);\n"
        "  v = v.zxy; v[i] += 100.0; put(&p, i); var s = p; s.m[2 - i] = v.yz; p.a = v;\n"
        "  var t = f32(i) * 4.0; let c = t > 3.0 && twice(&t);\n"
        "  let o = i * 8u; result[o] = v.x; result[o + 1u] = v.y; result[o + 2u] = v.z;\n"
        "  result[o + 3u] = s.m[2].x + s.m[i].y; result[o + 4u] = p.m[1][1];\n"
        "  result[o + 5u] = f32(s.list[1].y); result[o + 6u] = t; result[o + 7u] = f32(c); }\n";
    /* lane 0: column 2 is (21, 4), column 0's y 0.5; lane 1 sets column 1 twice, the last time whole */
    static const float want[24] = { 101,  21, 4, 21.5f, 0, 0,  0,   0,    1, 121, 4,  4,
                                    1.5f, 8,  8, 0,     1, 21, 104, 2.5f, 0, 0,   16, 1 };
    float out[24];
    buffers buffer;
    memset(&buffer, 0, sizeof buffer);
    buffer.bytes[0] = out;
    buffer.sizes[0] = sizeof out;
    run_compute(text, &buffer, 1);
    for (int i = 0; i < 24; i++)
        CHECK_MESSAGE(out[i] == want[i], "%d: %g, not %g", i, (double)out[i], (double)want[i]);
}

/* ---- fragments and vertices ---- */

static void fake_sample(const w3d_shader_sample *s)
{
    for (int l = 0; l < LANES; l++)
        for (int k = 0; k < 4; k++)
            s->out[k].x[l] = k < 2 ? s->coordinates[k].x[l] : s->lod ? s->lod->x[l] : 9.0f;
}

static w3d_shader_lanes inputs[64], outputs[64];

static void prepare(w3d_shader_group *group, w3d_shader_resources *resources)
{
    memset(group, 0, sizeof *group);
    memset(resources, 0, sizeof *resources);
    memset(inputs, 0, sizeof inputs);
    resources->sample = fake_sample;
    group->resources = resources;
    group->inputs = inputs;
    group->outputs = outputs;
    memset(&group->mask, 0xFF, sizeof group->mask);
}

static void fragments(void)
{
    static const char text[] =
        "struct M { color: vec4f, list: array<vec4f, 2> }\n"
        "@group(1) @binding(0) var<uniform> m: M; @group(1) @binding(1) var t: texture_2d<f32>;\n"
        "@group(1) @binding(2) var s: sampler;\n"
        "struct O { @location(0) a: vec4f, @location(1) b: vec2f, @builtin(frag_depth) d: f32 }\n"
        "@fragment fn main(@location(0) uv: vec2f, @builtin(position) at: vec4f) -> O {\n"
        "  var o: O; if uv.x == 3.0 { discard; }\n"
        "  o.a = m.color + m.list[1] * vec4f(dpdx(uv.x), dpdy(uv.x), fwidth(uv.y), at.x);\n"
        "  o.b = textureSampleBias(t, s, uv * 2.0, 0.25).yz; o.d = uv.y; return o; }\n";
    float material[12] = { 1, 2, 3, 4, 0, 0, 0, 0, 10, 20, 30, 40 };
    w3d_shader_code *code;
    w3d_shader_group group;
    w3d_shader_resources resources;
    void *block;
    if (compile(text, "main", NULL, &code)) return;
    CHECK(w3d_shader_code_entry(code)->writes_depth && w3d_shader_code_entry(code)->discards);
    group.registers = NULL;
    prepare(&group, &resources);
    group.registers = registers_new(code, &block);
    resources.buffers[0][0].bytes = material;
    resources.buffers[0][0].size = sizeof material;
    for (int pass = 0; pass < 2; pass++) { /* the second time without the head */
        for (int l = 0; l < LANES; l++) {
            inputs[0].x[l] = (float)(l & 1) + 4.0f * (float)(l >> 1 & 1) + (l == 9 ? 2.0f : 0.0f);
            inputs[1].x[l] = (float)(l * l);
            group.position[0].x[l] = (float)l;
            group.mask.u[l] =
                l == 5 || l == 7 || l > 7 ? 0xFFFFFFFFu : 0; /* the rest are helpers */
        }
        group.same = (uint32_t)pass;
        w3d_shader_run(code, &group);
        for (int l = 4; l < LANES; l++) {
            const float *x = inputs[0].x, *y = inputs[1].x;
            float dx = x[l | 1] - x[l & ~1], dy = x[l | 2] - x[l & ~2];
            float wide = fabsf(y[l | 1] - y[l & ~1]) + fabsf(y[l | 2] - y[l & ~2]);
            CHECK(group.mask.u[l] == (l == 5 || l == 7 || (l > 7 && l != 9) ? 0xFFFFFFFFu : 0));
            CHECK(outputs[0].x[l] == 1.0f + 10.0f * dx && outputs[1].x[l] == 2.0f + 20.0f * dy);
            CHECK(outputs[2].x[l] == 3.0f + 30.0f * wide);
            CHECK(outputs[3].x[l] == 4.0f + 40.0f * (float)l);
            CHECK(outputs[4].x[l] == y[l] * 2.0f && outputs[5].x[l] == 0.25f);
            CHECK(group.depth.x[l] == y[l]);
        }
    }
    free(block);
    w3d_shader_code_destroy(code);
}

static void vertices(void)
{
    static const char text[] =
        "struct F { view: mat4x4f, light: vec3f, time: f32 }\n"
        "struct B { model: mat4x4f, tint: vec4f }\n"
        "@group(0) @binding(0) var<uniform> frame: F;\n"
        "@group(0) @binding(1) var<storage, read> objects: array<B>;\n"
        "struct V { @builtin(position) p: vec4f, @location(0) @interpolate(flat) id: u32,\n"
        "  @location(3) tint: vec4f }\n"
        "@vertex fn main(@builtin(instance_index) i: u32, @builtin(vertex_index) v: u32,\n"
        "    @location(2) p: vec3f) -> V {\n"
        "  var o: V; o.p = frame.view * (objects[i].model * vec4(p, 1)); o.id = v + i;\n"
        "  o.tint = objects[i].tint * frame.time; return o; }\n";
    static float frame[20], objects[3][20];
    w3d_shader_code *code;
    w3d_shader_group group;
    w3d_shader_resources resources;
    void *block;
    if (compile(text, "main", NULL, &code)) return;
    prepare(&group, &resources);
    group.registers = registers_new(code, &block);
    for (int i = 0; i < 20; i++) {
        frame[i] = test_random_float(-2, 2);
        for (int k = 0; k < 3; k++) objects[k][i] = test_random_float(-2, 2);
    }
    resources.frame = frame;
    resources.frame_size = sizeof frame;
    resources.objects = objects;
    resources.object_bytes = sizeof objects;
    for (uint32_t l = 0; l < LANES; l++) {
        group.vertex_index.u[l] = l * 7;
        group.instance_index.u[l] = l % 4; /* the last one is outside: it reads zero */
        for (int k = 0; k < 3; k++) inputs[8 + k].x[l] = test_random_float(-1, 1);
    }
    w3d_shader_run(code, &group);
    for (uint32_t l = 0; l < LANES; l++) {
        double world[4], point[4] = { (double)inputs[8].x[l], (double)inputs[9].x[l],
                                      (double)inputs[10].x[l], 1 };
        const float *object = objects[l % 4 % 3];
        for (int i = 0; i < 4; i++) {
            world[i] = 0;
            for (int k = 0; k < 4; k++) world[i] += (double)object[4 * k + i] * point[k];
        }
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (int k = 0; k < 4; k++) sum += (double)frame[4 * k + i] * world[k];
            CHECK_NEAR(group.position[i].x[l], l % 4 == 3 ? 0.0 : sum, 1e-4);
            CHECK(outputs[12 + i].x[l] == (l % 4 == 3 ? 0.0f : object[16 + i] * frame[19]));
        }
        CHECK(outputs[0].u[l] == l * 7 + l % 4);
    }
    free(block);
    w3d_shader_code_destroy(code);
}

/* ---- limits and errors ---- */

static void endless(void)
{
    static const char text[] =
        "@fragment fn main(@location(0) x: f32) -> @location(0) vec4f { var y = x;\n"
        "  loop { if x > 4.0 { break; } y += 1.0; } return vec4f(y); }\n";
    w3d_shader_code *code;
    w3d_shader_group group;
    w3d_shader_resources resources;
    void *block;
    if (compile(text, "main", NULL, &code)) return;
    prepare(&group, &resources);
    group.registers = registers_new(code, &block);
    group.round_limit = 1000;
    for (int l = 0; l < LANES; l++) inputs[0].x[l] = (float)l;
    w3d_shader_run(code, &group);
    for (int l = 0; l < LANES; l++) { /* the lanes that are still in it are dropped */
        CHECK(group.mask.u[l] == (l > 4 ? 0xFFFFFFFFu : 0));
        if (l > 4) CHECK(outputs[0].x[l] == (float)l);
    }
    free(block);
    w3d_shader_code_destroy(code);
}

static int sweep(const void *allocator, void *user)
{
    static const char text[] =
        "fn g(x: f32) -> f32 { if x > 1.0 { return 2.0; } return x; }\n"
        "@fragment fn main(@location(0) x: f32) -> @location(0) vec4f {\n"
        "  var y = x; for (var i = 0; i < 4; i++) { y += g(y); } return vec4f(y); }\n";
    w3d_shader_code *code;
    (void)user;
    w3d_result result = compile(text, "main", (const w3d_allocator *)allocator, &code);
    if (!result) w3d_shader_code_destroy(code);
    return (int)result;
}

static void errors(void)
{
    static char text[70000];
    w3d_shader_code *code = NULL;
    w3d_allocator quiet = { NULL, NULL }; /* some are refused by the reader already */
    size_t size;
    CHECK(compile("@vertex fn a() -> @builtin(position) vec4f { return vec4f(); }", "b", NULL,
                  &code) == W3D_ERR_NOT_FOUND);
    CHECK(compile("@compute @workgroup_size(64, 32) fn a() {}", "a", &quiet, &code) ==
          W3D_ERR_LIMIT);
    CHECK(compile(
              "var<private> x: array<f32, 9000>; @compute @workgroup_size(1) fn a() { x[0] = 1; }",
              "a", &quiet, &code) == W3D_ERR_LIMIT);
    CHECK(compile("var<workgroup> x: array<f32, 90000>;"
                  "@compute @workgroup_size(1) fn a() { x[0] = 1; }",
                  "a", &quiet, &code) == W3D_ERR_LIMIT);
    /* calls that double at each level would make 2^20 copies of a function */
    size = (size_t)snprintf(text, sizeof text, "fn f0(x: f32) -> f32 { return x * 1.5 + 2.0; }\n");
    for (int i = 1; i < 20; i++)
        size +=
            (size_t)snprintf(text + size, sizeof text - size,
                             "fn f%d(x: f32) -> f32 { return f%d(f%d(x)); }\n", i, i - 1, i - 1);
    snprintf(text + size, sizeof text - size,
             "@fragment fn a(@location(0) x: f32) -> @location(0) vec4f { return vec4f(f19(x)); }");
    CHECK(compile(text, "a", &quiet, &code) == W3D_ERR_LIMIT);
    /* a sum too deep for the stack */
    size = (size_t)snprintf(text, sizeof text,
                            "@fragment fn a(@location(0) x: f32) -> @location(0) "
                            "vec4f { return vec4f(x");
    while (size < 60000) size += (size_t)snprintf(text + size, sizeof text - size, "+x");
    snprintf(text + size, sizeof text - size, "); }");
    CHECK(compile(text, "a", &quiet, &code) == W3D_ERR_LIMIT);
    CHECK(!code);
    test_allocation_sweep(sweep, NULL);
}

void test_shader_run(void);
void test_shader_run(void)
{
    RUN(floats);
    RUN(near_floats);
    RUN(conversions);
    RUN(wholes);
    RUN(packs);
    RUN(control);
    RUN(bounds);
    RUN(workgroups);
    RUN(private_memory);
    RUN(fragments);
    RUN(vertices);
    RUN(endless);
    RUN(errors);
}
