// The page: takes files, has a worker do the job, shows the picture, the table and what went wrong.
const SHIPPED = 'gardener.glb';
const MODEL = /\.(glb|gltf|obj)$/i;
const DOING = ['Reading', 'Checking', 'Welding', 'Computing normals of', 'Writing BJSON of',
    'Reopening', 'Drawing', 'Writing the picture of'];
const UNITS = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']];

const find = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat('en').format;
let worker = null;

function short(value, unit) {
    const [scale, prefix] = UNITS.find(([limit]) => value >= limit) ?? [1, ''];
    return `${(value / scale).toFixed(value / scale < 100 && scale > 1 ? 1 : 0)} ${prefix}${unit}`;
}

function counted(count, one, many = `${one}s`) {
    return `${whole(count)} ${count === 1 ? one : many}`;
}

// A fraction shows the bar; null means that nothing is under way.
function say(text, fraction = null) {
    if (find('status').textContent !== text) find('status').textContent = text;
    find('progress').hidden = fraction === null;
    find('progress').value = fraction ?? 0;
    document.body.classList.toggle('working', fraction !== null);
}

function showError(name, what, advice, where = '') {
    const box = find('error');
    box.querySelector('h2').textContent = `${name} could not be opened`;
    box.querySelector('.what').textContent = `${what}.`;
    box.querySelector('.where').textContent = where;
    box.querySelector('.advice').textContent = advice;
    box.hidden = false;
    find('outcome').hidden = true;
    say('Not opened, see below.');
}

function showReportedError(name, { text, step, file, offset, line, column, quote }) {
    const place = line ? `, line ${line}, column ${column}`
        : step === 'read' ? `, byte ${whole(offset)}` : '';
    showError(name, text, /\.gltf$/i.test(name) && /file|buffer/.test(text)
        ? 'A .gltf file names others that belong to it: drop them all at once.'
        : 'Export the model again, as GLB if you can, or try another file.',
    `in step “${step}”${file && `, in ${file}`}${place}${quote && `\nfound there: ${quote}`}`);
}

function addRow(cells) {
    const row = find('rows').insertRow();
    cells.forEach((content, index) => {
        const cell = document.createElement(index ? 'td' : 'th');
        if (!index) cell.scope = 'row';
        cell.append(...[content].flat());
        row.append(cell);
    });
}

function itemsText({ items, left, unit }) {
    const small = document.createElement('small');
    small.textContent = ` ${unit}`;
    return [left === items ? whole(items) : `${whole(items)} → ${whole(left)}`, small];
}

function offer(id, bytes, type) {
    const link = find(id);
    URL.revokeObjectURL(link.href); // that of the last result
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.querySelector('small').textContent = short(bytes.length, 'B');
}

async function showResult(name, { report, bjson, png }, milliseconds) {
    if (report.error) return showReportedError(name, report.error);
    offer('bjson', bjson, 'application/octet-stream');
    offer('png', png, 'image/png');
    const picture = find('picture');
    picture.src = find('png').href;

    find('rows').replaceChildren();
    for (const row of report.rows) {
        const [amount, unit] = row.rateInBytes ? [row.bytes, 'B/s'] : [row.items, '/s'];
        addRow([row.step, itemsText(row), whole(row.bytes), row.milliseconds.toFixed(2),
            amount && row.milliseconds ? short(amount / row.milliseconds * 1e3, unit) : '']);
    }
    addRow(['all', '', '', milliseconds.toFixed(2), '']);

    const size = [report.x, report.y, report.z].map((side) => Number(side.toPrecision(3)));
    const contents = [counted(report.objects, 'object'), counted(report.meshes, 'mesh', 'meshes'),
        counted(report.materials, 'material'), counted(report.images, 'image')].join(', ');
    find('summary').textContent = `${report.format}: ${contents}; ${size.join('\u00a0×\u00a0')}`;
    picture.alt = `Picture of ${name}: ${contents}`;
    find('error').hidden = true;
    find('outcome').hidden = false;
    await picture.decode();
    say(`${name}: ${counted(report.rows[0].items, 'triangle')} in ${milliseconds.toFixed(0)} ms`);
}

// A new worker for each job: one that is under way is dropped, and its memory goes with it.
function run(name, bytes, files) {
    const started = performance.now();
    worker?.terminate();
    worker = new Worker('worker.mjs', { type: 'module' });
    say(`Loading ${name}`, 0);
    worker.onmessage = ({ data: { progress, result, failure } }) => {
        if (progress) {
            const [step, done, total] = progress;
            say(`${DOING[step]} ${name}`, (step + done / (total || 1)) / DOING.length);
        } else if (result) {
            showResult(name, result, performance.now() - started);
        } else {
            showError(name, failure, 'If memory ran out, a smaller file may work.');
        }
    };
    worker.onerror = () => showError(name, 'The worker did not start', 'Try a newer browser.');
    worker.postMessage({ bytes, files }, [bytes.buffer]);
}

async function openFiles(list) {
    const files = [...list];
    if (!files.length) return;
    const model = files.find((file) => MODEL.test(file.name)) ?? files[0];
    try {
        const read = async (file) => [file.name, new Uint8Array(await file.arrayBuffer())];
        const [name, bytes] = await read(model);
        const others = files.filter((file) => file !== model).map(read);
        run(name, bytes, new Map(await Promise.all(others)));
    } catch {
        showError(model.name, 'The browser cannot read it',
            'Is it a folder? Drop the files that are in it, all at once.');
    }
}

async function openShipped() {
    const response = await fetch(SHIPPED).catch(() => null);
    if (response?.ok) return openFiles([new File([await response.blob()], SHIPPED)]);
    showError(SHIPPED, 'The server does not give it', 'Open a model of your own instead.');
}

find('files').addEventListener('change', (event) => {
    openFiles(event.target.files);
    event.target.value = ''; // so that the same file can be chosen again
});
find('shipped').addEventListener('click', openShipped);

let dragEnd = 0; // dragover comes all the time while something is over the page, and then no more
addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
    clearTimeout(dragEnd);
    dragEnd = setTimeout(() => document.body.classList.remove('dragging'), 200);
});
addEventListener('drop', (event) => {
    event.preventDefault();
    openFiles(event.dataTransfer.files);
});
openShipped();
