// ring_cases.mjs - the ring's tests that run alike in node and in a page (see test_ring.mjs), and
// the script of their JavaScript workers, which play the roles of ring_peer.c.
import { RESULT, RING_MPMC, RING_SPSC } from './ring_layout.js';
import { createRing, ringFormat, ringMemorySize } from './ring_layout.js';
import { RingPeer } from './ring.js';
import { canBlock } from './memory.js';
import { startThreads } from './threads.js';

const KINDS = ['SPSC', 'MPSC', 'MPMC'], PRODUCERS = 4, SLOT = 32, SLOTS = 256;
const PRODUCE = 0, CONSUME = 1, SEND = 2, RECEIVE = 3;
const MINUTE = 60000;
const inNode = typeof Worker === 'undefined';
const pause = (ms = 1) => new Promise((done) => setTimeout(done, ms));

// ---- the roles, as in ring_peer.c ----

function checksum(producer, sequence) {
    let x = Math.imul(producer, 0x9E3779B1) ^ sequence;
    x = Math.imul(x ^ x >>> 15, 0x85EBCA6B);
    return x ^ x >>> 13;
}

function makeRecord(words, at, producer, sequence) {
    words[at] = producer;
    words[at + 1] = sequence;
    words[at + 2] = checksum(producer, sequence);
    words[at + 3] = 0;
}

function checkRecord(report, words, at) {
    const producer = words[at] >>> 0, sequence = words[at + 1];
    const one = report.tallies[producer % PRODUCERS];
    if (producer >= PRODUCERS || words[at + 2] !== checksum(producer, sequence) ||
        words[at + 3] !== 0 || sequence < one.last) report.wrong++;
    one.last = sequence + 1;
    one.count++;
    one.sum = (one.sum + sequence) | 0;
    one.hash ^= words[at + 2];
}

function newReport() {
    const tallies = Array.from({ length: PRODUCERS },
        () => ({ count: 0, sum: 0, hash: 0, last: 0 }));
    return { result: 0, wrong: 0, tallies };
}

function produce(ring, id, count, timeout, from = 0) {
    const report = newReport(), record = new Int32Array(4);
    let sequence = from;
    while (sequence < count && report.result === RESULT.OK) {
        if ((sequence >> 6) % 2) {
            makeRecord(record, 0, id, sequence);
            report.result = ring.writeWords(record, timeout);
            if (report.result === RESULT.OK) sequence++;
            continue;
        }
        report.result = ring.claim(1 + sequence % 37, timeout);
        if (report.result !== RESULT.OK) break;
        let batch = Math.min(ring.claimCount, count - sequence);
        if (batch > 1 && sequence % 5 === 0) batch--;
        for (let i = 0; i < batch; i++) {
            makeRecord(ring.i32, (ring.claimAt + i * ring.stride) >> 2, id, sequence + i);
        }
        sequence += batch;
        report.result = ring.publish(batch);
    }
    return report;
}

function consume(ring, timeout) {
    const report = newReport(), record = new Int32Array(4);
    for (let turn = 0; report.result === RESULT.OK; turn++) {
        if ((turn >> 4) % 2) {
            report.result = ring.readWords(record, timeout);
            if (report.result === RESULT.OK) checkRecord(report, record, 0);
            continue;
        }
        report.result = ring.peek(1 + turn % 41, timeout);
        if (report.result !== RESULT.OK) break;
        for (let i = 0; i < ring.peekCount; i++) {
            checkRecord(report, ring.i32, (ring.peekAt + i * ring.stride) >> 2);
        }
        ring.consume(ring.peekCount);
    }
    return report;
}

function makeMessage(size, seed) {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = checksum(seed, i) >>> 24;
    return bytes;
}

function countWrong(bytes, seed) {
    let wrong = 0;
    for (let i = 0; i < bytes.length; i++) wrong += Number(bytes[i] !== checksum(seed, i) >>> 24);
    return wrong;
}

function play({ source, offset, role, id, count, size, timeout, stop }, tell) {
    const ring = new RingPeer(source, offset);
    if (role === PRODUCE) {
        const report = produce(ring, id, count, timeout);
        if (stop) { // to be killed between claim and publish
            ring.claim(3, timeout);
            tell({ stopped: true });
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        }
        return report;
    }
    if (role === CONSUME) return consume(ring, timeout);
    if (role === SEND) return { result: ring.send(makeMessage(size, id), timeout), wrong: 0 };
    const bytes = new Uint8Array(size), result = ring.receive(bytes, timeout);
    const used = result === RESULT.OK ? ring.messageSize : 0;
    return { result, count: ring.messageSize, wrong: countWrong(bytes.subarray(0, used), id) };
}

// ---- JavaScript workers ----

let NodeWorker = null, nodePort = null, isPeer = false;
if (inNode) {
    const threads = await import('node:worker_threads');
    NodeWorker = threads.Worker;
    nodePort = threads.parentPort;
    isPeer = threads.workerData?.ringPeer === true;
} else {
    isPeer = globalThis.name === 'ring-peer';
}
if (isPeer) {
    const tell = (message) => (inNode ? nodePort : globalThis).postMessage(message);
    const receive = (job) => {
        try {
            tell(play(job, tell));
        } catch (error) {
            tell({ result: -1, wrong: 0, text: String(error) });
        }
    };
    if (inNode) nodePort.on('message', receive);
    else globalThis.onmessage = ({ data }) => receive(data);
}

class JsPeer {
    constructor() {
        this.waiting = [];
        const receive = (message) => this.waiting.shift()?.(message);
        const fail = (text) => receive({ result: -1, wrong: 0, text: String(text) });
        if (inNode) {
            this.worker = new NodeWorker(new URL(import.meta.url),
                { workerData: { ringPeer: true } });
            this.worker.on('message', receive);
            this.worker.on('error', fail);
        } else {
            this.worker = new Worker(import.meta.url, { type: 'module', name: 'ring-peer' });
            this.worker.onmessage = ({ data }) => receive(data);
            this.worker.onerror = (event) => fail(event.message);
        }
    }
    // Gives what the worker says first.
    ask(job) {
        this.worker.postMessage(job);
        return this.next();
    }
    next() {
        return new Promise((done) => this.waiting.push(done));
    }
    stop() {
        return this.worker.terminate();
    }
}

// ---- the cases ----

export async function runRingCases({ bytes, count, log, pairsOnly = false, url }) {
    let passed = 0;
    const failures = [];
    const check = (good, what, details = '') => {
        if (good) passed++;
        else failures.push(`${what} ${JSON.stringify(details)}`);
    };
    const errors = [];
    const host = await startThreads(bytes, { workers: 4, maxWorkers: 8, url,
        onError: (error) => errors.push(error) });
    const c = host.exports, address = c.block_address() >>> 0;
    const peers = [new JsPeer(), new JsPeer(), new JsPeer(), new JsPeer()];

    async function join(index) {
        let result;
        while ((result = c.join(index)) === 20) await pause();
        return result;
    }

    // Roles to be played at the same time: each in C (a wasm thread) or in JavaScript (a worker).
    // The reports come as promises.
    function begin(parties) {
        return parties.map((party, i) => {
            const { language, role, id = 0, count: n = 0, size = 0, timeout = MINUTE } = party;
            if (language === 'JavaScript') {
                return peers[i].ask({ source: host.memory, offset: address, role, id, count: n,
                    size, timeout });
            }
            const started = c.start(i, role, id, n, size);
            if (started !== 0) return Promise.resolve({ result: -started, wrong: 0 });
            return (async () => {
                const joined = await joinLater(i);
                const at = c.tallies(i) >>> 2, words = host.views.i32;
                const tallies = Array.from({ length: PRODUCERS }, (_, p) => {
                    const [seen, sum, hash] = words.subarray(at + 4 * p, at + 4 * p + 3);
                    return { count: seen, sum, hash };
                });
                return { result: joined === 0 ? c.result(i) : -joined, wrong: c.wrong(i), tallies,
                    count: c.received(i) };
            })();
        });
    }
    // In node join would block this thread, which has other things to do.
    async function joinLater(index) {
        while (Atomics.load(host.views.i32, c.thread_state(index) >>> 2) === 1) await pause();
        return join(index);
    }

    function judge(reports, producers, each, what) {
        for (let p = 0; p < producers; p++) {
            let n = 0, sum = 0, hash = 0, wantedSum = 0, wantedHash = 0;
            for (const { tallies } of reports) {
                n += tallies[p].count;
                sum = (sum + tallies[p].sum) | 0;
                hash ^= tallies[p].hash;
            }
            for (let i = 0; i < each; i++) {
                wantedSum = (wantedSum + i) | 0;
                wantedHash ^= checksum(p, i);
            }
            check(n === each && sum === wantedSum && hash === wantedHash, what, [p, n, each]);
        }
        for (const { result, wrong } of reports) {
            check(result === RESULT.CLOSED && wrong === 0, what, [result, wrong]);
        }
    }

    // All pairs; the mixed rows have one of each language on both sides.
    const languages = [['C', 'C'], ['C', 'JavaScript'], ['JavaScript', 'C'],
        ['JavaScript', 'JavaScript'], ['both', 'both']];
    for (let kind = 0; kind < 3; kind++) {
        for (const [from, to] of languages) {
            if (from === 'both' && kind === RING_SPSC) continue;
            const producers = kind === RING_SPSC ? 1 : 2, consumers = kind === RING_MPMC ? 2 : 1;
            const each = Math.floor(count / producers);
            const name = `${KINDS[kind]} ${from} to ${to}`;
            check(c.format(kind, SLOT, SLOTS, -100) === RESULT.OK, 'format');
            const language = (wanted, i) => wanted === 'both' ? ['C', 'JavaScript'][i & 1] : wanted;
            const began = performance.now();
            const reports = begin([
                ...Array.from({ length: producers }, (_, i) =>
                    ({ language: language(from, i), role: PRODUCE, id: i, count: each })),
                ...Array.from({ length: consumers }, (_, i) =>
                    ({ language: language(to, i), role: CONSUME })),
            ]);
            // The memory grows under way.
            for (let i = 0; i < 3; i++) {
                await pause();
                check(c.grow(1) !== -1, 'growth');
            }
            const made = await Promise.all(reports.slice(0, producers));
            check(made.every(({ result }) => result === RESULT.OK), `${name}: producers`, made);
            c.close_ring();
            judge(await Promise.all(reports.slice(producers)), producers, each, name);
            const seconds = (performance.now() - began) / 1000;
            log(`${name}: ${producers * each} records, ` +
                `${(producers * each / seconds / 1e6).toFixed(2)} M/s`);
        }
    }
    check(errors.length === 0, 'no errors in threads', errors);
    if (pairsOnly) return end();

    // Messages of up to 16 MB through a ring of 8 KB, both ways, all kinds.
    for (let kind = 0; kind < 3; kind++) {
        for (const size of [0, 1, 40, 1000, 300000, kind === 0 ? 1 << 24 : 1 << 20]) {
            for (const [from, to] of languages.slice(1, 3)) {
                c.format(kind, SLOT, SLOTS, -7);
                const [sent, got] = await Promise.all(begin([
                    { language: from, role: SEND, id: size, size },
                    { language: to, role: RECEIVE, id: size, size: size + 8 },
                ]));
                check(sent.result === RESULT.OK && got.result === RESULT.OK &&
                    got.count === size && got.wrong === 0,
                `message of ${size}, ${KINDS[kind]} ${from} to ${to}`, [sent, got]);
            }
        }
    }
    await runDeaths();
    runHostile();
    await runHere();
    return end();

    async function end() {
        await Promise.all(peers.map((peer) => peer.stop()));
        await host.stop();
        return { passed, failures };
    }

    // Workers that die in mid-transfer: the other side gets an error, never hangs.
    async function runDeaths() {
        for (let kind = 0; kind < 3; kind++) {
            for (const language of ['C', 'JavaScript']) {
                const name = `${KINDS[kind]}, a producer is killed, ${language} goes on`;
                c.format(kind, SLOT, SLOTS, 0);
                const victim = new JsPeer();
                const first = victim.ask({ source: host.memory, offset: address, role: PRODUCE,
                    id: 0, count: 100, timeout: MINUTE, stop: true });
                check((await first).stopped === true, `${name}: stopped between claim and publish`);
                await victim.stop();
                const after = new RingPeer(host.memory, address);
                const [next] = begin([{ language, role: PRODUCE, id: 1, count: 50 }]);
                check((await next).result === RESULT.OK, `${name}: another producer`);
                const report = await peers[1].ask({ source: host.memory, offset: address,
                    role: CONSUME, timeout: 30 });
                const [dead, living] = report.tallies;
                check(report.result === RESULT.TIMEOUT && report.wrong === 0 && dead.count === 100,
                    `${name}: timeout`, report);
                // In an SPSC ring a successor takes over; behind a lost slot nothing can be read.
                check(living.count === (kind === RING_SPSC ? 50 : 0), `${name}: what follows`,
                    living);
                check(after.stalled === (kind !== RING_SPSC) &&
                    c.stalled() === Number(kind !== RING_SPSC), `${name}: stalled`);
                // Those who wait without end get out by close.
                const waiting = begin([{ language: 'C', role: CONSUME },
                    { language: 'JavaScript', role: CONSUME, timeout: Infinity }]);
                await pause(20);
                after.close();
                for (const { result } of await Promise.all(waiting)) {
                    check(result === RESULT.CLOSED, `${name}: closed`, result);
                }
            }
            // Killed anywhere while it produces, by language.
            for (const language of ['C', 'JavaScript']) {
                const name = `${KINDS[kind]}, a ${language} producer is killed anywhere`;
                c.format(kind, SLOT, SLOTS, 0);
                const victim = language === 'C' ? null : new JsPeer();
                victim?.ask({ source: host.memory, offset: address, role: PRODUCE, id: 0,
                    count: 0x7FFFFFFF, timeout: MINUTE });
                if (!victim) c.start(0, PRODUCE, 0, 0x7FFFFFFF, 0);
                const watch = new RingPeer(host.memory, address);
                for (let i = 0; i < 10000 && watch.count < SLOTS / 2; i++) await pause();
                const reading = peers[1].ask({ source: host.memory, offset: address, role: CONSUME,
                    timeout: 200 });
                await pause(30);
                if (!victim) {
                    check(await host.terminate(host.running.at(-1)), `${name}: terminate`);
                    check(await join(0) === RESULT.CLOSED, `${name}: joined`);
                } else {
                    await victim.stop();
                }
                const report = await reading;
                const { count: n, sum } = report.tallies[0];
                check(report.result === RESULT.TIMEOUT && report.wrong === 0 && n > 0 &&
                    sum === Number(BigInt.asIntN(32, BigInt(n) * BigInt(n - 1) / 2n)),
                `${name}: a clean beginning of the stream`, report);
            }
            // In the middle of a message.
            c.format(kind, SLOT, 16, 0);
            const victim = new JsPeer();
            victim.ask({ source: host.memory, offset: address, role: SEND, id: 0, size: 100000,
                timeout: MINUTE });
            const after = new RingPeer(host.memory, address);
            for (let i = 0; i < 2000 && after.count < 5; i++) await pause();
            await victim.stop();
            if (!inNode) await pause(3000); // Chromium lets a worker live on for two seconds
            const [got] = begin([{ language: 'JavaScript', role: RECEIVE, id: 0, size: 100000,
                timeout: 50 }]);
            check((await got).result === RESULT.TIMEOUT, `${KINDS[kind]}, half a message`);
            after.close();
            check(after.receive(new Uint8Array(100000)) === RESULT.CLOSED || kind !== 0,
                `${KINDS[kind]}, half a message, closed`);
        }
    }

    // Ten thousand headers with some words wrong: this side and C give the same answer, and where a
    // ring is accepted, no call throws or writes outside of it.
    function runHostile() {
        let seed = 12345, accepted = 0, different = 0, thrown = 0, outside = 0;
        const random = (n) => {
            seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
            return Math.floor(seed / 4294967296 * n);
        };
        const size = c.block_size();
        const words = host.views.i32.subarray(address >> 2, (address + size) >> 2);
        const interesting = [0, 1, -1, 15, 16, 31, 32, 64, 255, 256, 511, 512, 528, 0x1000000,
            0x7FFFFFFF, -0x80000000, 0x10001, 0x20001, 0x30001, 2, 0x47523357];
        const places = [0, 1, 2, 3, 4, 5, 6, 32, 64, 96, 97, 98, 99, 100, 101, 128, 129, 136, 137];
        const any = () => random(2) ? interesting[random(interesting.length)] : random(2 ** 32) | 0;
        const bytes8 = new Uint8Array(16), record = new Int32Array(4);
        for (let round = 0; round < 10000; round++) {
            c.format(random(3), 16 * (1 + random(4)), 2 << random(6), any());
            if (random(50) === 0) for (let i = 0; i < 140; i++) words[i] = any();
            else for (let i = random(4); i > 0; i--) words[places[random(places.length)]] = any();
            const room = random(10) ? size - 4096 : random(size);
            const fromC = c.attach(room);
            let mine = 0, ring = null;
            try {
                ring = new RingPeer(host.memory, address, room);
            } catch (error) {
                mine = (error.code | error.offset << 8) | 0;
                if (error.name !== 'RingError') thrown++;
            }
            if (mine !== fromC) different++;
            if (!ring) continue;
            accepted++;
            const total = words[6] >>> 0;
            words.fill(0x55AA55AA, Math.ceil(total / 4), size >> 2);
            try {
                for (let i = 0; i < 12; i++) {
                    const place = places[random(places.length)];
                    if (random(3) === 0 && place < total / 4) words[place] = any();
                    switch (random(9)) {
                    case 0: ring.writeWords(record); break;
                    case 1: ring.readWords(record); break;
                    case 2: if (ring.claim(1 + random(9)) === 0) scribble(ring); break;
                    case 3: ring.publish(random(3)); break;
                    case 4: ring.peek(1 + random(9)); break;
                    case 5: ring.consume(random(3)); break;
                    case 6: ring.send(bytes8); break;
                    case 7: ring.receive(bytes8); break;
                    default: ring.write(bytes8.subarray(0, random(8))); ring.recordSize(0);
                    }
                    if (ring.claimCount > ring.slots || ring.peekCount > ring.slots ||
                        ring.count > ring.slots || typeof ring.stalled !== 'boolean') outside++;
                }
            } catch (error) {
                thrown++;
                failures.push(`hostile: ${error.stack}`);
            }
            for (let i = Math.ceil(total / 4); i < size >> 2; i += 7) {
                if (words[i] !== 0x55AA55AA) outside++;
            }
        }
        function scribble(ring) {
            const end = ring.claimAt + ring.claimCount * ring.stride;
            if (end > ring.u8.length + 8 || ring.claimAt < 512) outside++;
            ring.u8.fill(7, ring.claimAt, end - (ring.kind === 0 ? 0 : 8));
        }
        log(`hostile headers: 10000, ${accepted} accepted`);
        check(different === 0, 'JavaScript and C agree on headers', different);
        check(thrown === 0 && outside === 0, 'hostile words', [thrown, outside]);
        check(accepted > 500 && accepted < 9500, 'some are accepted, some are not', accepted);
    }

    // In this thread alone: all sizes of rings and messages, every error, growth that takes views
    // away, and waiting without blocking.
    async function runHere() {
        for (const kind of [0, 1, 2]) {
            for (const slotBytes of [16, 64]) {
                for (const slots of [2, 8, 64]) runSmall(kind, slotBytes, slots);
            }
        }
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 100 });
        for (const kind of [0, 1, 2]) {
            ringFormat(memory, 1024, { kind, slotBytes: 32, slots: 8 });
            const ring = new RingPeer(memory, 1024), record = new Int32Array(2);
            for (let i = 0; i < 30; i++) {
                record[0] = i;
                if (i % 3 === 0) memory.grow(1);
                check(ring.writeWords(record, 5) === 0, 'write after growth');
                if (i % 5 === 0) memory.grow(1);
                check(ring.readWords(record) === 0 && record[0] === i, 'read after growth', i);
            }
            check(ring.claim(2) === 0 && memory.grow(1) > 0 && ring.publish(2) === 0,
                'publish after growth');
            check(ring.peek(2) === 0 && memory.grow(1) > 0 && ring.consume(2) === 0,
                'consume after growth');
            memory.grow(1);
            check(ring.count === 0 && !ring.closed && ring.dropped === 0 && !ring.stalled,
                'state after growth');
            memory.grow(1);
            check(await ring.waitReadable(5) === RESULT.TIMEOUT, 'polls an unshared memory');
        }
        for (const kind of [0, 1, 2]) runDamage(kind);
        for (const bad of [{ kind: 3 }, { slotBytes: 24 }, { slots: 3 }, { slots: 1 },
            { slotBytes: 1 << 25 }, { slotBytes: 1 << 20, slots: 1 << 20 }, { slots: 2.5 }]) {
            check(ringMemorySize(bad) === 0, 'a bad description', bad);
            check(codeOf(() => createRing(bad)) === RESULT.ARGUMENT, 'no ring of it', bad);
        }
        check(ringMemorySize() === 512 + 65536, 'the default size');
        const formatAt = (bytes, offset) =>
            codeOf(() => ringFormat(new SharedArrayBuffer(bytes), offset));
        check(formatAt(600, 0) === RESULT.CAPACITY, 'no room');
        check(formatAt(1 << 20, 8) === RESULT.ARGUMENT, 'not aligned');

        // Waiting without blocking, and a message over many turns of the event loop.
        for (const kind of [0, 1, 2]) {
            const shared = createRing({ kind, slotBytes: 64, slots: 16 });
            const ring = new RingPeer(shared), other = new RingPeer(shared);
            check(await ring.waitReadable(10) === RESULT.TIMEOUT, 'nothing to read');
            check(await ring.waitWritable(10) === RESULT.OK, 'room to write');
            const woken = ring.waitReadable(5000);
            await pause(5);
            other.writeWords(new Int32Array(3));
            check(await woken === RESULT.OK && ring.readWords(new Int32Array(3)) === 0, 'woken');
            const bytes = makeMessage(50000, 9), got = new Uint8Array(50000);
            const results = await Promise.all([other.sendAsync(bytes, 20000),
                ring.receiveAsync(got, 20000)]);
            check(String(results) === '0,0' && countWrong(got, 9) === 0, 'sendAsync', results);
            check(await ring.receiveAsync(got, 5) === RESULT.TIMEOUT, 'receiveAsync times out');
            const closing = ring.receiveAsync(got);
            other.close();
            check(await closing === RESULT.CLOSED, 'receiveAsync is told of the end');
            check(new Int32Array(shared)[96] === 0 && new Int32Array(shared)[97] === 0,
                'nobody is counted as waiting');
        }
    }

    // What another party may write that cannot be: each is noticed.
    function runDamage(kind) {
        const make = () => {
            const shared = createRing({ kind, slotBytes: 16, slots: 4 });
            return [new RingPeer(shared), new Int32Array(shared)];
        };
        const record = new Int32Array(2), bytes = new Uint8Array(100);
        const look = (ring) => kind ? ring.peek(1) : ring.readWords(record);
        let [ring, words] = make();
        if (kind) words[128] = 7; // seq of slot 0
        else {
            for (let i = 0; i < 4; i++) ring.writeWords(record);
            words[64] = 5;        // tail
        }
        check(ring.claim(1) === RESULT.DAMAGED && ring.send(bytes) === RESULT.DAMAGED,
            `${KINDS[kind]}: damage seen by a producer`);
        [ring, words] = make();
        words[kind ? 128 : 32] = 7;
        check(look(ring) === RESULT.DAMAGED && ring.receive(bytes) === RESULT.DAMAGED,
            `${KINDS[kind]}: damage seen by a consumer`);
        if (!kind) return;
        for (const tag of [9, 2 << 28, 4 << 28, 15 << 28]) {
            [ring, words] = make();
            ring.writeWords(record);
            words[129] = tag;     // length_tag of slot 0
            check(look(ring) === RESULT.DAMAGED, `${KINDS[kind]}: tag ${tag}`);
        }
        [ring, words] = make();
        ring.send(bytes.subarray(0, 20));
        words[133] = 0;           // length_tag of slot 1, the message's second
        check(ring.receive(bytes) === RESULT.DAMAGED, `${KINDS[kind]}: a message's tag`);
    }

    function runSmall(kind, slotBytes, slots) {
        const name = `${KINDS[kind]} ${slotBytes} x ${slots}`;
        const shared = createRing({ kind, slotBytes, slots, first: -3, schema: 77 });
        const a = new RingPeer(shared), b = new RingPeer(shared);
        const record = new Int32Array(2), got = new Int32Array(2), bytes = new Uint8Array(5);
        check(a.schema === 77 && a.kind === kind && a.slots === slots, `${name}: fields`);
        check(b.readWords(got) === RESULT.BUSY && b.readWords(got, 2) ===
            (canBlock() ? RESULT.TIMEOUT : RESULT.BUSY), `${name}: empty`);
        let wrong = 0;
        for (let i = 0; i < 300; i++) {
            record[0] = i;
            record[1] = ~i;
            wrong += a.writeWords(record) + b.readWords(got);
            wrong += Number(got[0] !== i || got[1] !== ~i);
        }
        check(wrong === 0, `${name}: one by one`);
        for (let i = 0; i < slots; i++) {
            record[0] = i;
            wrong += i % 2 ? a.writeWords(record) : a.write(new Uint8Array(record.buffer));
        }
        check(wrong === 0 && a.writeWords(record) === RESULT.BUSY && b.count === slots &&
            a.offer(bytes) === RESULT.BUSY && b.dropped === 1, `${name}: full`);
        let n = 0;
        while (b.peek(5) === RESULT.OK) {
            check(b.peek(1) === 0 && b.peekCount === 1 && b.peek(5) === 0, `${name}: peek again`);
            for (let i = 0; i < b.peekCount; i++, n++) {
                wrong += Number(b.i32[(b.peekAt + i * b.stride) >> 2] !== n);
                wrong += Number(b.recordSize(i) !== (kind ? 8 : slotBytes));
            }
            check(b.readWords(got) === RESULT.ARGUMENT && b.receive(bytes) === RESULT.ARGUMENT &&
                b.consume(b.peekCount + 99) === RESULT.ARGUMENT, `${name}: peeked`);
            wrong += b.consume(1);
            if (b.peekCount) wrong += b.consume(b.peekCount);
        }
        check(wrong === 0 && n === slots && b.recordSize(0) === 0, `${name}: all in order`,
            [wrong, n]);
        check(a.claim(3) === 0 && a.write(bytes) === RESULT.ARGUMENT &&
            a.send(bytes) === RESULT.ARGUMENT && a.publish(99) === RESULT.ARGUMENT &&
            a.publish(0.5) === RESULT.ARGUMENT && a.claim(0) === RESULT.ARGUMENT,
        `${name}: claimed`);
        a.u8[a.claimAt] = 99;
        check(a.publish(1) === 0 && b.read(bytes) === 0 && bytes[0] === 99 &&
            b.read(bytes) === RESULT.BUSY, `${name}: the rest is given back`);
        check(a.write(new Uint8Array(a.recordBytes + 1)) === RESULT.ARGUMENT &&
            a.writeWords(new Int32Array(a.recordBytes / 4 + 1)) === RESULT.ARGUMENT,
        `${name}: too long`);
        if (kind) {
            bytes.fill(1);
            check(a.write(bytes.subarray(0, 2)) === 0 && b.read(bytes) === 0 &&
                String(bytes) === '1,1,0,0,0', `${name}: zeros behind a short record`, bytes);
            check(a.write(bytes.subarray(0, 2)) === 0 && b.readWords(got) === 0 && got[0] === 257 &&
                got[1] === 0, `${name}: the same as words`, got);
        }
        for (const size of [0, 1, 7, 8, 9, 48, 49, 500, 5000]) {
            const message = makeMessage(size, size), into = new Uint8Array(size);
            let sent = RESULT.BUSY, read = RESULT.BUSY;
            for (let i = 0; i < 10000 && (sent === RESULT.BUSY || read === RESULT.BUSY); i++) {
                if (sent === RESULT.BUSY) sent = a.send(message);
                if (i === 0 && sent === RESULT.BUSY) {
                    wrong += Number(a.writeWords(record) !== RESULT.ARGUMENT);
                    wrong += Number(a.send(message.subarray(1)) !== RESULT.ARGUMENT);
                }
                if (i === 0 && size) {
                    wrong += Number(b.receive(into.subarray(1)) !== RESULT.CAPACITY);
                    wrong += Number(b.messageSize !== size);
                }
                if (read === RESULT.BUSY) read = b.receive(into);
                if (i === 0 && read === RESULT.BUSY) {
                    wrong += Number(b.readWords(got) !== RESULT.ARGUMENT);
                }
            }
            check(sent === 0 && read === 0 && b.messageSize === size && wrong === 0 &&
                countWrong(into, size) === 0, `${name}: message of ${size}`, [sent, read, wrong]);
        }
        if (kind) {
            a.send(bytes);
            check(b.peek(1) === RESULT.FORMAT && b.receive(bytes) === 0,
                `${name}: peek at a message`);
        }
        a.writeWords(record);
        check(b.receive(bytes) === RESULT.FORMAT && b.readWords(got) === 0, `${name}: no message`);
        a.writeWords(record);
        b.close();
        check(a.closed && a.writeWords(record) === RESULT.CLOSED && a.claim(1) === RESULT.CLOSED &&
            a.send(bytes) === RESULT.CLOSED, `${name}: closed for producers`);
        check(b.readWords(got) === 0 && b.readWords(got) === RESULT.CLOSED &&
            b.peek(1, 1000) === RESULT.CLOSED && b.receive(bytes) === RESULT.CLOSED,
        `${name}: closed for consumers, after the last record`);
    }
}

function codeOf(run) {
    try {
        run();
        return 0;
    } catch (error) {
        return error.code;
    }
}
