// threads.js - runs a freestanding wasm module whose threads are workers on one shared memory.
//
//   const host = await startThreads(bytes, { workers: 4, onError: ({ number, message }) => ... });
//   host.exports.simulate();          // may call w3d_thread_start: a worker runs the function
//   host.stop();                      // ends all workers
//
// What the module needs is in sync/thread.c: built with -matomics -mbulk-memory and linked with
// --shared-memory --import-memory --max-memory=BYTES it imports env.memory, w3d.host and w3d.now.
//
// A page's main thread must go back to its event loop before a new worker begins, so a number of
// them is started beforehand. They sleep on a word of a shared board; any thread, the main one
// included, gives a job to a sleeping worker by writing it there, which needs nobody's event loop.
// When none is left a further worker is started: by the thread that called startThreads, which has
// to reach its event loop first (in node it need not, where it is itself the one that asks).
//
// Works in pages, in workers and in node 18 or newer. A module without threads (it exports its
// memory, or imports one that is not shared) is run as well; starting a thread is then refused.

import { MemoryViews, canBlock, whyNoThreads } from './memory.js';

// The operations of core/host.h.
const W3DI_HOST_THREAD_START = 1;
const W3DI_HOST_THREAD_COUNT = 2;
const W3DI_HOST_CAN_BLOCK = 3;
const W3DI_HOST_THREAD_SELF = 4;

// What a thread's state word in wasm memory is set to when it is over; see sync/thread.c.
const W3DI_THREAD_ENDED = 2;
const W3DI_THREAD_TRAPPED = 3;

// The board: word 0 counts the threads started; then each worker has a slot of 8 words: state,
// number of its thread, and the three arguments of THREAD_START.
const W3DI_SLOT_WORDS = 8;
const W3DI_SLOT_NONE = 0;    // no worker
const W3DI_SLOT_IDLE = 1;    // a worker that looks for a job here, or soon will
const W3DI_SLOT_TAKEN = 2;   // somebody is writing a job
const W3DI_SLOT_JOB = 3;     // a job for the worker
const W3DI_SLOT_RUNNING = 4;
const W3DI_SLOT_ENDING = 5;  // terminate() was called: the worker must not touch the board again

// A browser ends a busy worker some time after terminate(), Chromium within two seconds.
const W3DI_TERMINATE_MS = 3000;

const w3diInNode = typeof Worker === 'undefined' && typeof process === 'object' &&
    Boolean(process.versions?.node);
const w3diNodeName = 'node:worker_threads'; // in a variable, so that bundlers leave it alone
let w3diThreadImports = {};

// Imports of the module besides env.memory and w3d, for its threads: { env: { log() {} } }. To be
// called in a worker script of one's own (see startThreads, url), while the script is loaded.
export function setThreadImports(imports) {
    w3diThreadImports = imports;
}

// Compiles and instantiates a module, and starts its workers. Gives a ThreadHost.
//
//   source   the module's bytes, or a WebAssembly.Module
//   options  all may be left out:
//     memory      its WebAssembly.Memory; needed with a WebAssembly.Module whose memory is
//                 imported; else made as the module's bytes ask for
//     workers     how many are started beforehand and waited for (default: the processors' count)
//     maxWorkers  at most so many threads at a time (default 64); more are refused
//     url         the workers' script (default: this file). Where a Content-Security-Policy forbids
//                 blob: or data: addresses, or threads need imports, give a script of your own
//                 that imports this file; it need not do more
//     imports     of the calling thread's instance, besides env.memory and w3d
//     host        (operation, a, b, c) => number: answers operations unknown here; calling thread
//     onError     ({ number, message, stack, record }): a thread threw; number counts from 1
//     processors  what w3d_thread_count says where there is no navigator.hardwareConcurrency
//
// Throws an Error whose text says what is wrong and what to do.
export async function startThreads(source, options = {}) {
    let { memory } = options;
    const compiled = source instanceof WebAssembly.Module;
    const module = compiled ? source : await WebAssembly.compile(source);
    const limits = compiled ? null : w3diMemoryLimits(source);
    const wanted = WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
    if (wanted && !memory) {
        if (!limits) throw new TypeError('startThreads: give the memory that the module imports');
        if (limits.shared && whyNoThreads()) throw new Error(whyNoThreads());
        memory = new WebAssembly.Memory(limits);
    }
    const shared = Boolean(memory) && typeof SharedArrayBuffer === 'function' &&
        memory.buffer instanceof SharedArrayBuffer;
    const host = new ThreadHost(module, memory, shared, options);
    await host.w3diStart();
    return host;
}

// A running module: what startThreads gives.
export class ThreadHost {
    #options; #module; #shared; #workerClass = null;
    #workers = [];              // by slot: { worker, ended }, or null
    #board = null; #words = null;
    #stopped = false;

    constructor(module, memory, shared, options) {
        this.#module = module;
        this.#shared = shared;
        this.#options = options;
        this.memory = memory;
        this.exports = null;
        this.views = null;      // MemoryViews
    }

    // Numbers of the threads that are running or about to.
    get running() {
        const numbers = [];
        for (let slot = 0; slot < this.#workers.length; slot++) {
            const at = w3diSlotAt(slot);
            if (Atomics.load(this.#words, at) >= W3DI_SLOT_TAKEN) numbers.push(this.#words[at + 1]);
        }
        return numbers;
    }

    // Ends a thread by force, wherever it is: locks it holds stay locked. Joining it gives
    // W3D_ERR_CLOSED. The promise is kept when it really has stopped; in browsers, which do not
    // tell, after three seconds. Gives false where no such thread is running.
    async terminate(number) {
        const words = this.#words;
        const slot = this.#workers.findIndex((entry, i) => entry &&
            words[w3diSlotAt(i) + 1] === number && [W3DI_SLOT_JOB, W3DI_SLOT_RUNNING].some(
                (state) => Atomics.compareExchange(words, w3diSlotAt(i), state,
                    W3DI_SLOT_ENDING) === state));
        if (slot < 0) return false;
        this.#workers[slot].ended = true;
        await this.#workers[slot].worker.terminate();
        if (!w3diInNode) await new Promise((done) => setTimeout(done, W3DI_TERMINATE_MS));
        this.#clear(slot);
        return true;
    }

    // Ends all workers. Nobody who waits for them is woken: this is for the very end.
    async stop() {
        this.#stopped = true;
        const workers = this.#workers.filter(Boolean);
        this.#workers = [];
        await Promise.all(workers.map(({ worker }) => worker.terminate()));
    }

    // Not for callers: the second half of startThreads.
    async w3diStart() {
        const { workers, maxWorkers = 64, imports = {} } = this.#options;
        const context = { base: performance.timeOrigin, processors: this.#options.processors,
            host: this.#options.host };
        if (this.#shared) {
            if (w3diInNode) this.#workerClass = (await import(w3diNodeName)).Worker;
            this.#board = new SharedArrayBuffer(4 * W3DI_SLOT_WORDS * (maxWorkers + 1));
            this.#words = new Int32Array(this.#board);
            context.words = this.#words;
            context.begin = (slot) => this.#begin(slot, false);
        }
        const all = w3diImports(this.memory, context, imports);
        const instance = await WebAssembly.instantiate(this.#module, all);
        this.exports = instance.exports;
        this.memory ??= instance.exports.memory;
        if (this.memory) this.views = new MemoryViews(this.memory);
        if (!this.#shared) return;
        if (!instance.exports.w3d_thread_entry) return; // no thread is ever started
        const count = Math.min(maxWorkers, workers ?? (w3diProcessors(context) || 4));
        const started = [];
        for (let slot = 0; slot < count; slot++) started.push(this.#begin(slot, true));
        try {
            await Promise.all(started);
        } catch (error) {
            await this.stop();
            throw error;
        }
    }

    // Starts the worker of a slot; the promise is kept when it is ready for a job. A failure before
    // that is thrown from the promise where startThreads waits for it (first), else it is told to
    // onError.
    #begin(slot, first) {
        const { url = import.meta.url } = this.#options;
        if (first) Atomics.store(this.#words, w3diSlotAt(slot), W3DI_SLOT_IDLE);
        const entry = { worker: null, ended: false };
        if (this.#stopped) return null;
        this.#workers[slot] = entry;
        return new Promise((kept, failed) => {
            let waiting = first; // for the promise, by startThreads
            const ready = () => {
                waiting = false;
                kept();
            };
            const fail = (text, stack) => {
                if (entry.ended || this.#stopped) return;
                entry.ended = true;
                entry.worker?.terminate();
                const number = this.#clear(slot);
                if (waiting) return failed(new Error(text));
                this.#report({ number, message: text, stack, record: 0 });
                ready();
            };
            const receive = (data) => {
                if (data?.w3d === 'ready') ready();
                if (data?.w3d === 'error') this.#report(data.error);
                if (data?.w3d === 'need') this.#begin(data.slot, false);
                if (data?.w3d === 'failed') fail(data.message);
            };
            try {
                entry.worker = this.#makeWorker(url, receive, fail);
                entry.worker.postMessage({ w3d: 'start', module: this.#module, memory: this.memory,
                    board: this.#board, slot, base: performance.timeOrigin,
                    processors: this.#options.processors });
            } catch (error) {
                fail(`no worker could be started: ${error.message}`);
            }
        });
    }

    #makeWorker(url, receive, fail) {
        if (w3diInNode) {
            const worker = new this.#workerClass(new URL(url), { workerData: { w3d: 'thread' } });
            worker.on('message', receive);
            worker.on('error', (error) => fail(`the worker failed: ${error.message}`, error.stack));
            worker.on('exit', () => fail('the worker has ended by itself'));
            return worker;
        }
        const worker = new Worker(url, { type: 'module', name: 'w3d-thread' });
        worker.onmessage = (event) => receive(event.data);
        worker.onerror = (event) => {
            event.preventDefault?.();
            fail(event.message ? `the worker failed: ${event.message}` :
                `the workers' script ${url} could not be loaded; if a Content-Security-Policy ` +
                'forbids it, give startThreads the url of a script that imports threads.js');
        };
        return worker;
    }

    #report(error) {
        if (this.#options.onError) return this.#options.onError(error);
        console.error(`thread ${error.number}: ${error.message}`);
    }

    // A worker is gone: whoever waits for its thread is told; gives that thread's number or 0.
    #clear(slot) {
        const at = w3diSlotAt(slot), words = this.#words;
        for (let i = 0; i < 1e6 && Atomics.load(words, at) === W3DI_SLOT_TAKEN; i++);
        const number = words[at + 1], address = words[at + 4];
        this.#workers[slot] = null;
        if (Atomics.exchange(words, at, W3DI_SLOT_NONE) < W3DI_SLOT_JOB) return 0;
        w3diTell(this.memory, address, W3DI_THREAD_TRAPPED);
        return number;
    }
}

function w3diSlotAt(slot) {
    return W3DI_SLOT_WORDS * (slot + 1);
}

function w3diProcessors(context) {
    return globalThis.navigator?.hardwareConcurrency ?? context.processors ?? 0;
}

// Writes a thread's state word and wakes who waits for it.
function w3diTell(memory, address, state) {
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, address >>> 2, state);
    Atomics.notify(words, address >>> 2);
}

// Gives a job to an idle worker, else to a slot without one, whose worker is then begun. 1, or 0
// where all are busy.
function w3diGive(context, record, stack, address) {
    const { words } = context;
    for (const wanted of [W3DI_SLOT_IDLE, W3DI_SLOT_NONE]) {
        for (let at = W3DI_SLOT_WORDS; at < words.length; at += W3DI_SLOT_WORDS) {
            const state = Atomics.compareExchange(words, at, wanted, W3DI_SLOT_TAKEN);
            if (state !== wanted) continue;
            words[at + 1] = Atomics.add(words, 0, 1) + 1;
            words[at + 2] = record;
            words[at + 3] = stack;
            words[at + 4] = address;
            Atomics.store(words, at, W3DI_SLOT_JOB);
            Atomics.notify(words, at);
            if (wanted === W3DI_SLOT_NONE) context.begin(at / W3DI_SLOT_WORDS - 1);
            return 1;
        }
    }
    return 0;
}

// The import object of one thread's instance.
function w3diImports(memory, context, more) {
    const origin = performance.timeOrigin - context.base;
    const mayBlock = canBlock() ? 1 : 0;
    const host = (operation, a, b, c) => {
        switch (operation) {
        case W3DI_HOST_THREAD_START: return context.words ? w3diGive(context, a, b, c) : 0;
        case W3DI_HOST_THREAD_COUNT: return w3diProcessors(context);
        case W3DI_HOST_CAN_BLOCK: return mayBlock;
        case W3DI_HOST_THREAD_SELF: return context.self ? context.self[a & 1] : 0;
        }
        return context.host?.(operation, a, b, c) ?? 0;
    };
    const now = () => origin + performance.now();
    return { ...more, env: { ...(memory ? { memory } : {}), ...more.env },
        w3d: { ...more.w3d, host, now } };
}

// The limits of the memory that a module imports, read from its bytes; null where it imports none.
function w3diMemoryLimits(source) {
    const bytes = ArrayBuffer.isView(source) ?
        new Uint8Array(source.buffer, source.byteOffset, source.byteLength) :
        new Uint8Array(source);
    let at = 8;
    const number = () => {
        let value = 0, scale = 1, byte;
        do {
            byte = at < bytes.length ? bytes[at++] : 0;
            value += (byte & 127) * scale;
            scale *= 128;
        } while (byte & 128);
        return value;
    };
    const skip = (count) => { at += count; };
    const limits = () => {
        const flags = number(), initial = number();
        const maximum = flags & 1 ? number() : undefined;
        return { initial, maximum, shared: Boolean(flags & 2) };
    };
    while (at < bytes.length) {
        const section = number(), size = number(), end = at + size;
        if (section === 2) {
            for (let left = number(); left > 0 && at < end; left--) {
                skip(number());                               // the names
                skip(number());
                const kind = number();
                if (kind === 2) return limits();
                if (kind === 0) number();                     // a function: its type
                if (kind === 1) { number(); limits(); }       // a table: element type, limits
                if (kind === 3) { number(); number(); }       // a global: type, whether it changes
                if (kind === 4) { number(); number(); }       // a tag
            }
        }
        at = end;
    }
    return null;
}

// A worker's life: make an instance, wait for a job, run it, tell that it is over; again. Each
// thread gets an instance of its own, since stack pointer and thread-locals are the instance's.
function w3diServe(data, post) {
    const { module, memory, board, slot, base, processors } = data;
    const words = new Int32Array(board), at = w3diSlotAt(slot);
    const begin = (other) => post({ w3d: 'need', slot: other });
    const context = { base, processors, words, begin, self: [0, 0] };
    for (let first = true; ; first = false) {
        let entry;
        try {
            const imports = w3diImports(memory, context, w3diThreadImports);
            entry = new WebAssembly.Instance(module, imports).exports.w3d_thread_entry;
        } catch (error) {
            post({ w3d: 'failed', message: `the module cannot be used here: ${error.message}` });
            return;
        }
        if (first) post({ w3d: 'ready' });
        w3diStep(words, at, W3DI_SLOT_JOB, W3DI_SLOT_RUNNING);
        const number = words[at + 1], record = words[at + 2], address = words[at + 4];
        context.self = [record, words[at + 3]];
        let result = W3DI_THREAD_ENDED;
        try {
            entry();
        } catch (error) {
            result = W3DI_THREAD_TRAPPED;
            post({ w3d: 'error', error: { number, message: String(error?.message ?? error),
                stack: error?.stack, record: record >>> 0 } });
        }
        // First idle, then over: who has joined and starts the next thread at once finds this one.
        w3diStep(words, at, W3DI_SLOT_RUNNING, W3DI_SLOT_IDLE);
        w3diTell(memory, address, result);
    }
}

// Takes the slot from one state to another as soon as it is in the first.
function w3diStep(words, at, from, to) {
    for (;;) {
        const state = Atomics.compareExchange(words, at, from, to);
        if (state === from) return;
        Atomics.wait(words, at, state, 100); // not for ever: see ring.js, W3DI_RING_LATER_LOOK_MS
    }
}

// Loaded as the script of a worker that startThreads has made?
if (w3diInNode) {
    import(w3diNodeName).then(({ parentPort, workerData }) => {
        if (workerData?.w3d !== 'thread') return;
        parentPort.once('message', (data) => w3diServe(data, (m) => parentPort.postMessage(m)));
    }, () => {}); // no such module: no worker of ours
} else if (typeof WorkerGlobalScope === 'function' && globalThis.name === 'w3d-thread') {
    globalThis.addEventListener('message', ({ data }) => {
        if (data?.w3d === 'start') w3diServe(data, (message) => globalThis.postMessage(message));
    });
}
