// worker.mjs - the JavaScript end of the ring: makes records in place, or checks them in place.
import { RESULT } from './ring_layout.js';
import { RingPeer } from './ring.js';

const check = (number) => Math.imul(number, 2654435761);

function produce(ring, records) {
    let done = 0, result = RESULT.OK;
    while (done < records) {
        result = ring.claim(256, Infinity);
        if (result !== RESULT.OK) break;
        const { i32, f32 } = ring, count = Math.min(ring.claimCount, records - done);
        for (let i = 0, at = ring.claimAt >> 2; i < count; i++, at += 4) {
            i32[at] = done + i;
            f32[at + 1] = (done + i) * 0.5;
            f32[at + 2] = -f32[at + 1];
            i32[at + 3] = check(done + i);
        }
        result = ring.publish(count);
        done += count;
        if (result !== RESULT.OK) break;
    }
    return { done, wrong: 0, result };
}

function consume(ring, records) {
    let done = 0, wrong = 0, result = RESULT.OK;
    while (done < records) {
        result = ring.peek(256, Infinity);
        if (result !== RESULT.OK) break;
        const { i32, f32, peekCount: count } = ring;
        for (let i = 0, at = ring.peekAt >> 2; i < count; i++, at += 4) {
            const number = (done + i) | 0;
            if (i32[at] !== number || i32[at + 3] !== check(number) ||
                f32[at + 1] + f32[at + 2] !== 0) wrong++;
        }
        ring.consume(count);
        done += count;
    }
    return { done, wrong, result };
}

onmessage = ({ data: { memory, address, records, produce: produces } }) => {
    try {
        const ring = new RingPeer(memory, address), began = performance.now();
        const report = produces ? produce(ring, records) : consume(ring, records);
        postMessage({ ...report, milliseconds: performance.now() - began });
    } catch (error) {
        postMessage({ done: 0, wrong: 0, result: -1, milliseconds: 0, text: error.message });
    }
};
