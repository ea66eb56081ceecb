// main.mjs - the ring page: starts the C worker and the JavaScript worker, shows how they get on.
//
// The page itself touches no record: it looks at the number of those done, once a frame.
import { whyNoThreads } from './memory.js';
import { startThreads } from './threads.js';

const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat('en');
const RESULTS = { 16: 'the time ran out', 17: 'the ring was closed', 12: 'the ring was damaged' };
let host, worker, running = null;

function showError(title, text) {
    $('error').hidden = false;
    $('error').querySelector('h2').textContent = title;
    $('error').querySelector('p').textContent = text;
    $('status').textContent = 'Not running';
    $('start').disabled = !host;
    $('stop').disabled = true;
    running = null;
}

// The job's four words in wasm memory: records, done, wrong, result.
function job(index) {
    return Atomics.load(host.views.u32, (host.exports.ring_job() >>> 2) + index);
}

function fromC() {
    return document.querySelector('input[name=direction]:checked').value === 'c';
}

function showDirection() {
    const ends = fromC() ? ['C', 'wasm thread', 'JavaScript', 'worker'] :
        ['JavaScript', 'worker', 'C', 'wasm thread'];
    const places = [...document.querySelectorAll('.end b, .end span')];
    places.forEach((place, i) => { place.textContent = ends[i]; });
}

function start() {
    const records = $('count').valueAsNumber;
    if (!$('count').reportValidity()) return;
    $('error').hidden = true;
    const result = host.exports.ring_start(fromC() ? 1 : 0, records);
    if (result !== 0) return showError('The C worker did not start', `w3d_result ${result}`);
    running = { records, fromC: fromC(), began: performance.now(), report: null };
    worker.postMessage({ memory: host.memory, address: host.exports.ring_block(), records,
        produce: !running.fromC });
    for (const id of ['rate', 'received', 'wrong', 'time']) $(id).textContent = '\u2013';
    $('start').disabled = true;
    $('stop').disabled = false;
    $('status').textContent = 'Running';
    requestAnimationFrame(show);
}

// Once a frame, until both workers have ended.
function show() {
    if (!running) return;
    const { records, report } = running;
    $('progress').value = job(1) / records;
    $('received').textContent = number.format(job(1));
    if (!report || host.exports.ring_join() === 20) return requestAnimationFrame(show);
    finish(report);
}

function finish(report) {
    const { records } = running, toC = !running.fromC;
    const done = toC ? job(1) : report.done, wrong = toC ? job(2) : report.wrong;
    const ms = report.milliseconds, rate = done / ms / 1000;
    running = null;
    $('progress').value = done / records;
    $('received').textContent = number.format(done);
    $('wrong').textContent = number.format(wrong);
    $('time').textContent = `${ms.toFixed(1)} ms`;
    $('rate').textContent = `${rate.toFixed(1)} M/s`;
    $('start').disabled = false;
    $('stop').disabled = true;
    if (report.text) return showError('The JavaScript worker failed', report.text);
    if (wrong) return showError('Records arrived damaged', `${wrong} of ${number.format(done)}`);
    if (done < records) {
        const why = RESULTS[job(3) || report.result] ?? `w3d_result ${job(3) || report.result}`;
        $('status').textContent = `Stopped after ${number.format(done)} records: ${why}`;
        return;
    }
    $('status').textContent = `${number.format(done)} records, none lost, none wrong`;
}

async function begin() {
    showDirection();
    if (whyNoThreads()) return showError('No shared memory here', whyNoThreads());
    try {
        const response = await fetch('ring.wasm');
        if (!response.ok) throw new Error(`ring.wasm: ${response.status}; run: make ring`);
        host = await startThreads(await response.arrayBuffer(), { workers: 1,
            onError: ({ message }) => showError('The C worker failed', message) });
        worker = new Worker('worker.mjs', { type: 'module' });
        worker.onmessage = ({ data }) => { if (running) running.report = data; };
        worker.onerror = (event) => showError('The JavaScript worker failed', event.message ?? '');
    } catch (error) {
        host = null;
        return showError('The workers did not start', error.message);
    }
    $('start').addEventListener('click', start);
    $('stop').addEventListener('click', () => host.exports.ring_stop());
    $('start').disabled = false;
    $('status').textContent = 'Ready';
}

document.querySelectorAll('input[name=direction]').forEach(
    (input) => input.addEventListener('change', () => { if (!running) showDirection(); }));
begin();
