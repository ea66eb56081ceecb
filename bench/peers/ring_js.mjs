// ring_js.mjs - the JavaScript ring against ringbuf.js and postMessage, in node.
//
//   node bench/peers/ring_js.mjs           all rows: ours, the peer's, medians, ratio
//   node bench/peers/ring_js.mjs WHAT      nanoseconds a record of one side, as the last line:
//       ring, ringbuf            records of 16 bytes from one thread to another, one by one
//       ring_8, ringbuf_8        the same, 8 bytes;  ring_64, ringbuf_64: 64 bytes
//       ring_batch               as ring, 64 at a time, in place
//       ring_both, ringbuf_both  one thread writes 100 records and reads them
//       post, postmessage        what handing over a record of 16 bytes costs a page's main thread,
//                                in Chromium, a thousand at a time; the reader looks every
//                                millisecond
//       post_batch               as post, claimed and published together
//       post_asleep              as post; the reader sleeps on the ring and has to be woken
//
// ringbuf.js 0.4.0 comes from npm: build/node_modules.
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';

// node before 20.19 takes a .js file for CommonJS unless a package.json beside it says otherwise.
const folder = new URL('../../build/bench/web/', import.meta.url);
if (isMainThread) {
    mkdirSync(folder, { recursive: true });
    cpSync(new URL('../../src/web/', import.meta.url), folder, { recursive: true });
    writeFileSync(new URL('package.json', folder), '{ "type": "module" }');
}
const { RingPeer } = await import(new URL('ring.js', folder));
const { createRing } = await import(new URL('ring_layout.js', folder));
const peer = new URL('../../build/node_modules/ringbuf.js/dist/index.mjs', import.meta.url);
const { RingBuffer } = await import(peer);

const SLOTS = 1024, BATCH = 64;

function makeChannel(what, words) {
    if (what.startsWith('ringbuf')) {
        return RingBuffer.getStorageForCapacity(SLOTS * words, Int32Array);
    }
    return createRing({ slotBytes: Math.max(16, words * 4), slots: SLOTS });
}

// The two ends, as functions that move one record (or a batch) and say how many they moved.
function makeEnds(what, shared, words) {
    const record = new Int32Array(words), got = new Int32Array(words);
    let sum = 0;
    if (what.startsWith('ringbuf')) {
        const ring = new RingBuffer(shared, Int32Array);
        return {
            write(i) {
                record[0] = i;
                return ring.push(record) ? 1 : 0;
            },
            read() {
                if (!ring.pop(got)) return 0;
                sum = (sum + got[0]) | 0;
                return 1;
            },
            sum: () => sum,
        };
    }
    const ring = new RingPeer(shared);
    if (what === 'ring_batch') {
        return {
            write(i, left) {
                if (ring.claim(left < BATCH ? left : BATCH, 1000)) return 0;
                const view = ring.i32, count = ring.claimCount;
                let at = ring.claimAt >> 2;
                for (let k = 0; k < count; k++, at += words) view[at] = i + k;
                ring.publish(count);
                return count;
            },
            read(left) {
                if (ring.peek(left < BATCH ? left : BATCH, 1000)) return 0;
                const view = ring.i32, count = ring.peekCount;
                let at = ring.peekAt >> 2;
                for (let k = 0; k < count; k++, at += words) sum = (sum + view[at]) | 0;
                ring.consume(count);
                return count;
            },
            sum: () => sum,
        };
    }
    return {
        write(i) {
            record[0] = i;
            return ring.writeWords(record, 1000) ? 0 : 1;
        },
        read() {
            if (ring.readWords(got, 1000)) return 0;
            sum = (sum + got[0]) | 0;
            return 1;
        },
        sum: () => sum,
    };
}

function produce(ends, count) {
    for (let i = 0; i < count;) i += ends.write(i, count - i);
}

function consume(ends, count) {
    for (let i = 0; i < count;) i += ends.read(count - i);
}

const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];

// One thread to another: this one produces. A start line in shared memory keeps both together.
async function across(what, words, count) {
    const shared = makeChannel(what, words), line = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(new URL(import.meta.url), { workerData: { what, shared, words, count,
        line } });
    const ends = makeEnds(what, shared, words), times = [];
    for (let round = 0; round < 9; round++) {
        while (Atomics.load(line, 0) <= round);
        const began = performance.now();
        produce(ends, count);
        while (Atomics.load(line, 1) <= round);
        times.push((performance.now() - began) * 1e6 / count);
    }
    await worker.terminate();
    return median(times.slice(2));
}

// One thread writes a hundred records and reads them: the bare instructions.
function both(what, words, count) {
    const ends = makeEnds(what, makeChannel(what, words), words), times = [];
    for (let round = 0; round < 9; round++) {
        const began = performance.now();
        for (let i = 0; i < count; i += 100) {
            for (let k = 0; k < 100; k++) ends.write(i + k, 1);
            for (let k = 0; k < 100; k++) ends.read(1);
        }
        times.push((performance.now() - began) * 1e6 / count);
    }
    return median(times.slice(2));
}

// What it costs a page's main thread to hand over a record, in Chromium; a worker reads them. A
// thousand records every four milliseconds, so that nothing piles up.
async function post(what) {
    const { openPage } = await import(new URL('../../tests/web/browser.mjs', import.meta.url));
    writeFileSync(new URL('post_worker.mjs', folder), `import { RingPeer } from './ring.js';
onmessage = ({ data }) => {
    if (!(data.shared instanceof SharedArrayBuffer)) return;
    const ring = new RingPeer(data.shared), record = new Int32Array(4);
    if (data.asleep) for (;;) ring.readWords(record, Infinity);
    setInterval(() => { while (ring.readWords(record) === 0); }, 1);
};`);
    writeFileSync(new URL('index.html', folder), '<!doctype html><link rel=icon href="data:,">');
    const { page, close } = await openPage(folder.pathname);
    const nanoseconds = await page.evaluate(async (way) => {
        const { RingPeer } = await import('./ring.js');
        const { createRing } = await import('./ring_layout.js');
        const worker = new Worker('post_worker.mjs', { type: 'module' });
        const record = new Int32Array(4);
        const shared = createRing({ slotBytes: 16, slots: 1024 }), ring = new RingPeer(shared);
        const times = [];
        if (way !== 'postmessage') worker.postMessage({ shared, asleep: way === 'post_asleep' });
        await new Promise((done) => setTimeout(done, 300));
        for (let round = 0; round < 400; round++) {
            const began = performance.now();
            if (way === 'post' || way === 'post_asleep') {
                for (let i = 0; i < 1000; i++) {
                    record[0] = i;
                    ring.writeWords(record);
                }
            } else if (way === 'post_batch') {
                for (let done = 0; done < 1000 && ring.claim(1000 - done) === 0;) {
                    const { i32, claimCount: count } = ring;
                    for (let i = 0, at = ring.claimAt >> 2; i < count; i++, at += 4) {
                        i32[at] = done + i;
                    }
                    done += count;
                    ring.publish(count);
                }
            } else {
                for (let i = 0; i < 1000; i++) {
                    record[0] = i;
                    worker.postMessage(record);
                }
            }
            if (round >= 100) times.push((performance.now() - began) * 1e6 / 1000);
            await new Promise((done) => setTimeout(done, 4));
        }
        // The mean without the worst tenth: single times are as coarse as the page's clock.
        times.sort((a, b) => a - b);
        const most = times.slice(0, Math.floor(times.length * 0.9));
        return most.reduce((sum, time) => sum + time, 0) / most.length;
    }, what);
    await close();
    return nanoseconds;
}

function follow({ what, shared, words, count, line }) {
    const ends = makeEnds(what, shared, words);
    for (let round = 1; ; round++) {
        Atomics.store(line, 0, round);
        const before = ends.sum();
        consume(ends, count);
        if (((ends.sum() - before) | 0) !== (((count - 1) / 2) * count | 0)) {
            throw new Error('records were lost');
        }
        Atomics.store(line, 1, round);
    }
}

async function measure(what) {
    if (what.startsWith('post')) return post(what);
    if (what.endsWith('_both')) return both(what, 4, 1000000);
    return across(what, what.endsWith('_64') ? 16 : what.endsWith('_8') ? 2 : 4, 500000);
}

if (!isMainThread) {
    follow(workerData);
} else if (process.argv[2]) {
    console.log((await measure(process.argv[2])).toFixed(1));
} else {
    const rows = [['8-byte record, between threads', 'ring_8', 'ringbuf_8'],
        ['16-byte record', 'ring', 'ringbuf'],
        ['64-byte record', 'ring_64', 'ringbuf_64'],
        ['16-byte record, batches of 64', 'ring_batch', 'ringbuf'],
        ['16-byte record, one thread', 'ring_both', 'ringbuf_both'],
        ['main-thread post', 'post', 'postmessage'],
        ['the same, in batches', 'post_batch', 'postmessage'],
        ['the same, reader asleep', 'post_asleep', 'postmessage']];
    for (const [name, ours, peer] of rows) {
        const mine = [], theirs = [];
        for (let i = 0; i < 3; i++) {
            mine.push(await measure(ours));
            theirs.push(await measure(peer));
        }
        const a = median(mine), b = median(theirs);
        console.log(`${name.padEnd(32)}${a.toFixed(1).padStart(9)} ns ours ` +
            `${b.toFixed(1).padStart(9)} ns ${peer.padEnd(12)} ${(b / a).toFixed(1)}x`);
    }
}
