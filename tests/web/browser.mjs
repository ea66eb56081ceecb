// Opens pages of ours in a real browser: serves a folder over HTTP on 127.0.0.1, launches Chromium
// without a window, and hands out the page. Pages are cross-origin isolated, so SharedArrayBuffer
// works; WebGL2 and WebGPU run on Chromium's software rasteriser and really show their pixels in
// screenshots.
//
//   import { openPage } from './browser.mjs';
//   const { page, messages, close } = await openPage('build/demo', { path: 'index.html' });
//   await page.waitForFunction(() => document.title === 'done');
//   await close();
//
// `page` is Playwright's. tests/setup.sh installs what this needs.

import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';

const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.mjs': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.json': 'application/json',
    '.gltf': 'model/gltf+json',
    '.glb': 'model/gltf-binary',
    '.wasm': 'application/wasm',
    '.png': 'image/png',
    '.jpg': 'image/jpeg',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain; charset=utf-8',
    '.obj': 'text/plain; charset=utf-8',
    '.mtl': 'text/plain; charset=utf-8',
};

const ISOLATION = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
};

// The three switches naming Vulkan or swiftshader belong together: without any one of them a WebGPU
// canvas stays black.
const FLAGS = [
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-angle=swiftshader',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

// The browser's path, or null: $CHROMIUM, then the usual places.
export function findChromium() {
    const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];
    return places.find((path) => path && existsSync(path)) ?? null;
}

// Serves a folder, nothing outside it, on a free port. Gives { url, close }; url ends in a slash.
export async function serve(folder, { isolated = true } = {}) {
    const root = resolve(folder);
    const server = createServer(async (request, response) => {
        const headers = { 'Cache-Control': 'no-store', ...(isolated ? ISOLATION : {}) };
        try {
            const name = decodeURIComponent(new URL(request.url, 'http://127.0.0.1').pathname);
            const path = resolve(root, '.' + (name.endsWith('/') ? name + 'index.html' : name));
            if (!path.startsWith(root + sep)) {
                throw new Error('outside the folder');
            }
            const body = await readFile(path);
            const type = TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
            headers['Content-Type'] = type;
            response.writeHead(200, headers).end(body);
        } catch {
            response.writeHead(404, headers).end();
        }
    });
    await new Promise((ready, failed) => {
        server.once('error', failed).listen(0, '127.0.0.1', ready);
    });
    return {
        url: `http://127.0.0.1:${server.address().port}/`,
        async close() {
            server.closeAllConnections();
            await new Promise((done) => server.close(done));
        },
    };
}

// Serves `folder` and opens `path` of it. Gives { page, url, messages, errors, close }: `messages`
// grows by what the page prints, `errors` by its uncaught exceptions, failed requests and console
// errors. Options, all with defaults: path (index.html), isolated (true), width and height of the
// viewport in pixels, timeout in milliseconds, flags (more switches for Chromium), onMessage(text).
export async function openPage(folder, options = {}) {
    const { path = '', isolated = true, timeout = 60000, flags = [] } = options;
    const { width = 800, height = 600 } = options;
    const executablePath = findChromium();
    if (!executablePath) {
        throw new Error('no Chromium here: run tests/setup.sh, or set CHROMIUM to its path');
    }
    const { chromium } = createRequire(new URL('../../build/', import.meta.url))('playwright-core');
    const server = await serve(folder, { isolated });
    let browser = null;
    const close = async () => {
        await browser?.close();
        await server.close();
    };
    try {
        browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags], timeout });
        const page = await browser.newPage({ viewport: { width, height } });
        const messages = [];
        const errors = [];
        page.setDefaultTimeout(timeout);
        page.on('console', (message) => {
            messages.push(message.text());
            if (message.type() === 'error') {
                errors.push(message.text());
            }
            options.onMessage?.(message.text());
        });
        page.on('pageerror', (error) => errors.push(String(error)));
        page.on('crash', () => errors.push('the page crashed'));
        page.on('requestfailed', (request) => errors.push(`failed: ${request.url()}`));
        await page.goto(server.url + path);
        return { page, url: server.url, messages, errors, close };
    } catch (error) {
        await close();
        throw error;
    }
}
