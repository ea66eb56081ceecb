// Every WGSL text of the repository in a real WGSL compiler, Chromium's: what our reader takes has
// to be valid WGSL. Takes *.wgsl files, and from C and JavaScript files the texts that hold an
// entry point; those with the word `missing` are wrong on purpose.
//
//   node tests/web/test_wgsl.mjs [FILE or FOLDER ...]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, openPage } from './browser.mjs';

const PLACES = ['src/web', 'src/gpu', 'tests/gpu', 'tests/web', 'tests/fuzz/corpus', 'examples'];
const ENTRY = /@(vertex|fragment|compute)\b/;
const ESCAPES = { n: '\n', t: '\t', '"': '"', '\\': '\\', r: '\r', 0: '\0' };

// C string literals, those side by side joined; the preprocessor has put in what macros stand for.
function textsOfC(source) {
    const token = new RegExp('"((?:[^"\\\\\n]|\\\\.)*)"|\'(?:[^\'\\\\\n]|\\\\.)+\'|' +
        '/\\*[^]*?\\*/|//[^\\n]*|\\s+|[^]', 'g');
    const texts = [];
    let text = null;
    for (const [all, string] of source.matchAll(token)) {
        if (string !== undefined) {
            text = (text ?? '') + string.replace(/\\(.)/g, (_, c) => ESCAPES[c] ?? c);
        } else if (text !== null && !/^(\s|\/\*|\/\/)/.test(all)) {
            texts.push(text);
            text = null;
        }
    }
    return texts;
}
function preprocessed(path) {
    const flags = ['-E', '-P', '-Isrc', '-Itests', '-I.', '-DW3D_DEBUG=0'];
    const { status, stdout } = spawnSync('clang', [...flags, path], { encoding: 'utf8' });
    return status === 0 ? stdout : ''; // bench files may want what is not installed
}
// Template literals without substitutions.
function textsOfJs(source) {
    return [...source.matchAll(/`([^`\\]*)`/g)].map(([, text]) => text)
        .filter((text) => !text.includes('${'));
}
function files(path) {
    if (!existsSync(path)) return [];
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => entry.isDirectory()
        ? files(join(path, entry.name))
        : /\.(wgsl|c|h|m?js)$/.test(entry.name) ? [join(path, entry.name)] : []);
}
function texts(path) {
    const source = path.endsWith('.c') ? preprocessed(path) : readFileSync(path, 'utf8');
    if (path.endsWith('.wgsl')) return [source];
    const found = /\.m?js$/.test(path) ? textsOfJs(source) : textsOfC(source);
    return found.filter((text) => ENTRY.test(text) && /\bfn\b/.test(text) && /->|\{/.test(text) &&
        !/\bmissing\b/.test(text));
}

if (!findChromium() || !existsSync('/usr/bin/clang')) {
    console.log('Chromium or clang is missing: run tests/setup.sh');
    process.exit(77);
}
const given = process.argv.slice(2), seen = new Map();
for (const path of (given.length ? given : PLACES).flatMap(files)) {
    // texts that are wrong on purpose; macros, which come with the C files
    if (!given.length && /gpu_webgpu_life|^tests\/gpu\/.*\.h$/.test(path)) continue;
    texts(path).forEach((text, k) => {
        if (!seen.has(text)) seen.set(text, `${path}${k ? ` (${k + 1})` : ''}`);
    });
}
const { page, close } = await openPage('.', { path: 'tests/web/package.json' });
const answers = await page.evaluate(async (codes) => {
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter.requestDevice();
    device.addEventListener('uncapturederror', (event) => event.preventDefault());
    return Promise.all(codes.map(async (code) => {
        device.pushErrorScope('validation');
        const module = device.createShaderModule({ code });
        const { messages } = await module.getCompilationInfo();
        await device.popErrorScope();
        return messages.filter(({ type }) => type === 'error')
            .map(({ lineNum, linePos, message }) => `${lineNum}:${linePos}: ${message}`);
    }));
}, [...seen.keys()]);
await close();
let passed = 0, failed = 0;
[...seen.values()].forEach((name, k) => {
    answers[k].length ? failed++ : passed++;
    const said = answers[k].slice(0, 3).join('\n    ');
    if (said) console.log(`FAILED ${name}\n    ${said}`);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
