// thread_cases.mjs - the thread host's tests that run alike in node and in a page: see
// test_threads.mjs. Gives the number of passed checks and the texts of failed ones.
import { MemoryViews, canBlock } from './memory.js';
import { startThreads } from './threads.js';

const ADD = 0, PASS = 1, SLEEP = 2, TRAP = 3, WAIT = 4, SPIN = 5, START = 6, LITMUS = 7;
const OK = 0, OUT_OF_MEMORY = 2, CLOSED = 17, ERR_THREAD = 20, TIMEOUT = 16;
const PLACES = 64, LINE = 32;
const KINDS = ['store buffering, seq_cst', 'store buffering, acquire/release',
    'store buffering, plain', 'message passing, release/acquire', 'message passing, plain payload'];
const FORBIDDEN = [true, false, false, true, true]; // the others are only counted

const pause = (ms = 1) => new Promise((done) => setTimeout(done, ms));

export async function runThreadCases({ bytes, otherBytes, rounds, log, url }) {
    let passed = 0;
    const failures = [];
    const check = (good, what, details = '') => {
        if (good) passed++;
        else failures.push(`${what} ${JSON.stringify(details)}`);
    };
    const errors = [];
    const onError = (error) => errors.push(error);
    const host = await startThreads(bytes, { workers: 4, maxWorkers: 6, onError, url,
        processors: 3 });
    const { exports } = host;
    const blocking = canBlock();
    check(exports.can_block() === (blocking ? 1 : 0), 'the host says who may block');
    check(exports.count() >= 1, 'a count of processors', exports.count());
    check(Math.abs(exports.now()) < 1e8 && exports.now() > 0, 'a clock near its base');

    // Joins without ever blocking a page's main thread.
    async function join(index) {
        let result, asked = 0;
        while ((result = exports.join(index)) === ERR_THREAD) {
            if (blocking) check(false, 'only a main thread is told to ask again');
            if (asked++ > 20000) return -1;
            await pause();
        }
        return result;
    }

    // Four add under a mutex, this thread with them.
    for (let i = 0; i < 4; i++) check(exports.start(i, ADD, 20000, 0) === OK, `start ${i}`);
    if (!blocking) check(exports.join(0) === ERR_THREAD || exports.result(0) === 0, 'join at once');
    exports.lock_here();
    for (let i = 0; i < 4; i++) check(await join(i) === OK, `join ${i}`);
    check(exports.sum() === 1080000, 'sums under the mutex', exports.sum());
    const tokens = [0, 1, 2, 3].map((i) => exports.token(i)).concat(exports.main_token());
    check(new Set(tokens).size === 5 && !tokens.includes(0), 'thread tokens differ', tokens);
    for (let i = 0; i < 4; i++) {
        check(exports.result(i) === 0, `a stack each ${i}`, exports.result(i));
    }
    check(exports.join(0) === OK, 'joining twice does nothing');
    check(exports.wait_here() === TIMEOUT, 'waiting here ends');

    // Two wake each other; one sleeps; one waits for JavaScript.
    exports.start(0, PASS, 2000, 0);
    exports.start(1, PASS, 2000, 0);
    exports.start(2, SLEEP, 0, 0);
    exports.start(3, WAIT, 0, 0);
    check(await join(0) === OK && await join(1) === OK, 'turns end');
    check(exports.turns() === 4000, 'turns', exports.turns());
    check(await join(2) === OK && exports.result(2) === 0, 'sleep', exports.result(2));
    check(exports.slept() >= 19.9 && exports.slept() < 10000, 'slept', exports.slept());
    if (!blocking) check(exports.join(3) === ERR_THREAD, 'still waiting');
    Atomics.store(host.views.i32, exports.word() >> 2, 4711);
    Atomics.notify(host.views.i32, exports.word() >> 2);
    check(await join(3) === OK && exports.result(3) === 4711, 'woken by JavaScript');

    // The workers are used again: many threads, never more workers than threads at a time.
    for (let i = 0; i < 100; i++) {
        if (exports.start(i & 3, ADD, 10, 0) !== OK) check(false, 'start again', i);
        if (await join(i & 3) !== OK) check(false, 'join again', i);
    }
    check(exports.sum() === 1081000, 'a hundred more threads', exports.sum());

    // More than maxWorkers are refused; a thread that has started another.
    for (let i = 0; i < 4; i++) exports.start(i, SPIN, 0, 0);
    const extra = await startThreads(bytes, { workers: 1, maxWorkers: 2, url, onError });
    check(extra.exports.start(0, SPIN, 0, 0) === OK, 'one of two');
    check(extra.exports.start(1, SPIN, 0, 0) === OK, 'two of two');
    check(extra.exports.start(2, SPIN, 0, 0) === OUT_OF_MEMORY, 'a third is refused');
    check(String(extra.running) === '1,2', 'running', extra.running);
    await extra.stop();
    check(host.running.length === 4, 'four running', host.running);

    // Ended by force: the joiner is told, the number is gone, the worker's place is free again.
    const ended = await Promise.all(host.running.map((number) => host.terminate(number)));
    check(ended.every(Boolean), 'terminate');
    check(await host.terminate(12345) === false, 'terminate what is not there');
    for (let i = 0; i < 4; i++) check(await join(i) === CLOSED, `join what was ended ${i}`);
    check(errors.length === 0, 'no errors so far', errors);
    check(exports.start(0, START, 0, 0) === OK, 'a thread that starts one');
    while (blocking && host.running.length) await pause(); // a new worker may need this thread
    check(await join(0) === OK && exports.result(0) === OK && exports.inner() === 0,
        'a thread started by a thread', [exports.result(0), exports.inner()]);

    // A trap is reported, with the thread's number, and the joiner is not left waiting.
    exports.start(1, TRAP, 0, 0);
    const number = host.running.at(-1);
    while (blocking && host.running.length) await pause();
    check(await join(1) === CLOSED, 'joining a trapped thread');
    for (let i = 0; i < 1000 && !errors.length; i++) await pause();
    check(errors.length === 1 && /unreachable/.test(errors[0].message) &&
        errors[0].number > 100 && (number === undefined || errors[0].number === number),
    'the trap is reported', errors);

    // Memory growth by this thread and what the others see of it.
    const before = host.views.u8.length;
    check(exports.grow(1) !== 0xFFFFFFFF && host.views.u8.length === before + 65536, 'growth');
    check(host.views.text(0, 0) === '' && host.views.copy(-65536, 0).length === 0, 'views');
    exports.start(2, ADD, 1, 0);
    check(await join(2) === OK && exports.sum() === 1082001, 'a thread after growth');

    // Litmus: threads in C; then one side in JavaScript.
    for (let kind = 0; kind < KINDS.length; kind++) {
        exports.start(0, LITMUS, rounds, kind);
        exports.start(1, LITMUS, rounds, kind);
        check(await join(0) === OK && await join(1) === OK, 'litmus ends');
        judge(kind, 'C and C', exports.result(0));
        for (const mine of [0, 1]) {
            if (mine === 0) { // else C clears where the two meet
                for (const which of [2, 3]) host.views.i32[exports.litmus_address(which) >> 2] = 0;
            }
            exports.start(mine ? 0 : 1, LITMUS, rounds, kind);
            const counted = litmus(kind, mine);
            check(await join(mine ? 0 : 1) === OK, 'litmus with JavaScript ends');
            judge(kind, mine ? 'C and JavaScript' : 'JavaScript and C',
                mine ? exports.result(0) : counted);
        }
    }
    function judge(kind, who, count) {
        log(`${KINDS[kind]}, ${who}: ${count} of ${rounds * PLACES} reordered`);
        if (FORBIDDEN[kind]) check(count === 0, `${KINDS[kind]}, ${who}`, count);
    }
    function litmus(kind, who) {
        const words = host.views.i32;
        const [places, seen, arrived, gone] =
            [0, 1, 2, 3].map((which) => exports.litmus_address(which) >>> 2);
        let count = 0;
        for (let batch = 0; batch < rounds; batch++) {
            Atomics.add(words, arrived, 1);
            while (Atomics.load(words, arrived) < 2 * batch + 2);
            for (let i = 0; i < PLACES; i++) {
                words[seen + who * PLACES + i] = role(words, kind, who, places + 2 * LINE * i);
            }
            Atomics.add(words, gone, 1);
            while (Atomics.load(words, gone) < 2 * batch + 2);
            if (who) continue;
            for (let i = 0; i < PLACES; i++) {
                const first = words[seen + i], second = words[seen + PLACES + i];
                count += Number(kind < 3 ? !first && !second : second === 2);
                words[places + 2 * LINE * i] = words[places + 2 * LINE * i + LINE] = 0;
            }
        }
        return count;
    }
    function role(words, kind, who, place) {
        const x = place, y = place + LINE;
        if (kind < 2) {
            Atomics.store(words, who ? y : x, 1);
            return Atomics.load(words, who ? x : y);
        }
        if (kind === 2) {
            words[who ? y : x] = 1;
            return words[who ? x : y];
        }
        if (!who) {
            if (kind === 3) Atomics.store(words, x, 1);
            else words[x] = 1;
            Atomics.store(words, y, 1);
            return 0;
        }
        const flag = Atomics.load(words, y);
        return flag << 1 | (kind === 3 ? Atomics.load(words, x) : words[x]);
    }

    // A module with thread-local variables, and the ways to fail.
    const other = await startThreads(otherBytes, { workers: 2, url, onError });
    for (let i = 0; i < 2; i++) other.exports.start(i, ADD, 1000, 0);
    for (let i = 0; i < 2; i++) {
        while (other.exports.join(i) === ERR_THREAD) await pause();
        check(other.exports.result(i) === 0, 'thread-local variables', other.exports.result(i));
    }
    check(new Set([0, 1].map((i) => other.exports.token(i)).concat(other.exports.main_token()))
        .size === 3, 'tokens of a module with thread-locals');
    await other.stop();
    const module = await WebAssembly.compile(bytes);
    check(/memory/.test(await textOf(startThreads(module))), 'a module without its memory');
    check(await textOf(startThreads(new Uint8Array(3))) !== '', 'no module');
    const bad = new URL('./nowhere.js', import.meta.url).href;
    const text = await textOf(startThreads(bytes, { workers: 1, url: bad }));
    check(/nowhere/.test(text), "a workers' script that is not there", text);
    await host.stop();
    return { passed, failures };
}

async function textOf(promise) {
    try {
        await (await promise).stop();
        return '';
    } catch (error) {
        return error.message;
    }
}

// One thread by a given copy of the JavaScript half: '' or what went wrong.
export async function runOneThread(web, bytes, options = {}) {
    try {
        const host = await web.startThreads(bytes, { workers: 1, ...options });
        const started = host.exports.start(0, ADD, 100, 0);
        let joined;
        for (let i = 0; i < 5000; i++) {
            joined = host.exports.join(0);
            if (joined !== ERR_THREAD) break;
            await pause();
        }
        const sum = host.exports.sum();
        await host.stop();
        return started === OK && joined === OK && sum === 100 ? '' : `${started} ${joined} ${sum}`;
    } catch (error) {
        return error.message;
    }
}

// A module without threads, with a memory of its own: runs, and refuses to start one.
export async function runWithoutThreads(web, bytes) {
    const UNSUPPORTED = 10;
    const host = await web.startThreads(bytes);
    const { exports } = host;
    exports.lock_here();
    return host.views.u8.length > 0 && exports.sum() === 1000000 && exports.count() === 1 &&
        exports.can_block() === 0 && exports.start(0, ADD, 1, 0) === UNSUPPORTED &&
        exports.join(0) === OK && exports.now() > 0 && host.running.length === 0 &&
        await host.terminate(1) === false && await host.stop() === undefined;
}

// MemoryViews on a memory that is not shared: growth takes the old views away.
export function runViewCases() {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
    const views = new MemoryViews(memory);
    const old = views.u8;
    views.f64[1] = 3;
    memory.grow(1);
    return old.length === 0 && views.u8.length === 131072 && views.f64[1] === 3 &&
        views.u32.length === 32768 && views.f32.length === 32768 && views.i32.length === 32768;
}
