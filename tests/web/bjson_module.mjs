// bjson_module.mjs - examples/web/bjson*.js as node of any age takes them: a .js file is CommonJS
// to
// node before 20.19 unless a package.json beside it says otherwise.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

// Copies the modules to a folder (a URL that ends in a slash).
export function copyModules(folder) {
    mkdirSync(folder, { recursive: true });
    const from = new URL('examples/web/', root);
    for (const name of readdirSync(from)) copyFileSync(new URL(name, from), new URL(name, folder));
    writeFileSync(new URL('package.json', folder), '{ "type": "module" }\n');
}

const folder = new URL('build/tests/bjson/web/', root);

export async function loadBjson() {
    copyModules(folder);
    return import(new URL('bjson.js', folder));
}

// src/web/memory.js.
export async function loadMemory() {
    copyFileSync(new URL('src/web/memory.js', root), new URL('memory.js', folder));
    return import(new URL('memory.js', folder));
}
