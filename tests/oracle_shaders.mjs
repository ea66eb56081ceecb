// What the reader of shaders takes must be WGSL, and what it prints must be GLSL: every module of
// tests/fuzz/corpus/shader_source/ is compiled by Chromium's WebGPU, and the GLSL of its entry points
// by glslangValidator, as GLSL ES 3.00 and as GLSL 3.30.
//
//   node tests/oracle_shaders.mjs [FILE...]     needs what tests/setup.sh installs, and gcc

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPage } from './web/browser.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const CORPUS = join(ROOT, 'tests/fuzz/corpus/shader_source');
const BUILD = join(ROOT, 'build/oracle_shaders');
const PRECISIONS = ['float', 'int', 'sampler2D', 'sampler2DArray', 'sampler3D', 'samplerCube',
    'sampler2DShadow', 'sampler2DArrayShadow', 'samplerCubeShadow', 'isampler2D', 'usampler2D']
    .map((type) => `precision highp ${type};\n`).join('');
const HEADS = { es: `#version 300 es\n${PRECISIONS}`, core: '#version 330 core\n' };

// Prints "NAME STAGE SIZE\n" and the GLSL of each entry point that has one.
const PROGRAM = `
#include "gpu/shader.h"
#include "gpu/shader_glsl.h"
#include <stdio.h>
static char text[1 << 20], out[1 << 22];
int main(int count, char **names)
{
    w3d_shader_desc desc = { 0 };
    w3d_shader_module *module;
    w3d_error error = { 0 };
    FILE *file = fopen(names[count - 1], "rb");
    if (!file) return 2;
    desc.size = (uint32_t)fread(text, 1, sizeof text, file);
    desc.text = text;
    if (w3d_shader_open(&desc, &module, &error)) {
        w3d_shader_explain(text, desc.size, &error, out, sizeof out);
        fputs(out, stderr);
        return 1;
    }
    const w3d_shader_reflection *r = w3d_shader_reflect(module);
    for (uint32_t i = 0; i < r->entry_count; i++) {
        size_t size;
        if (w3d_shader_glsl(module, r->entries[i].name, out, sizeof out, &size)) continue;
        printf("%s %s %u\\n%s", r->entries[i].name, r->entries[i].stage ? "frag" : "vert",
               (unsigned)size, out);
    }
    return 0;
}
`;

mkdirSync(join(BUILD, 'page'), { recursive: true });
writeFileSync(join(BUILD, 'print.c'), PROGRAM);
writeFileSync(join(BUILD, 'page/index.html'), '<meta charset=utf-8>');
execFileSync('gcc', ['-O1', '-DW3D_DEBUG=0', '-I', join(ROOT, 'src'), join(BUILD, 'print.c'),
    join(ROOT, 'src/gpu/shader.c'), join(ROOT, 'src/gpu/shader_glsl.c'),
    join(ROOT, 'src/memory/allocator.c'), '-o', join(BUILD, 'print'), '-lm', '-pthread']);

const files = process.argv.length > 2 ? process.argv.slice(2)
    : readdirSync(CORPUS).filter((name) => name.endsWith('.wgsl')).map((name) => join(CORPUS, name));
let passed = 0;
let failed = 0;
function check(good, what) {
    good ? passed++ : failed++;
    if (!good) console.log(`FAILED ${what}`);
}

const sources = [];
for (const file of files) {
    const run = spawnSync(join(BUILD, 'print'), [file], { encoding: 'utf8', maxBuffer: 1 << 26 });
    check(run.status === 0, `${file}: ${run.stderr}`);
    if (run.status !== 0) continue;
    sources.push([file, readFileSync(file, 'utf8')]);
    for (let rest = run.stdout; rest;) {
        const [, name, stage, size] = rest.match(/^(\S+) (\S+) (\d+)\n/);
        const start = rest.indexOf('\n') + 1;
        const glsl = rest.slice(start, start + Number(size));
        rest = rest.slice(start + Number(size));
        for (const [dialect, head] of Object.entries(HEADS)) {
            const path = join(BUILD, `shader.${stage}`);
            writeFileSync(path, head + glsl);
            const result = spawnSync('glslangValidator', [path], { encoding: 'utf8' });
            check(result.status === 0, `${file}: ${name} as ${dialect}: ${result.stdout}`);
        }
    }
}
const { page, close } = await openPage(join(BUILD, 'page'), { path: 'index.html' });
const errors = await page.evaluate(async (all) => {
    const device = await (await navigator.gpu.requestAdapter()).requestDevice();
    const found = [];
    for (const [, code] of all) {
        device.pushErrorScope('validation');
        const info = await device.createShaderModule({ code }).getCompilationInfo();
        await device.popErrorScope();
        const error = info.messages.find((message) => message.type === 'error');
        found.push(error ? `${error.lineNum}:${error.linePos}: ${error.message}` : '');
    }
    return found;
}, sources);
errors.forEach((error, i) => check(!error, `${sources[i][0]}: WebGPU: ${error}`));
await close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
