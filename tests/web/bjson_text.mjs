// bjson_text.mjs - an open BJSON file as JSON text, in the form that src/scene/bjson_json.h
// describes. Slow and plain; runs in node and in pages. toText(bjson, file): bjson is bjson.js.

const f64 = (x) => {
    if (!Number.isFinite(x)) return null;
    const text = Object.is(x, -0) ? '-0' : String(x).replace('e+', 'e');
    return /[.e]/.test(text) ? text : text + '.0';
};
const base64 = (data) => {
    let text = '';
    for (const byte of new Uint8Array(data.buffer, data.byteOffset,
        data.byteLength)) text += String.fromCharCode(byte);
    return JSON.stringify(btoa(text));
};
const safe = (x) => x >= -(2n ** 53n - 1n) && x < 2n ** 53n;

function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

// The shortest decimal that gives the same float; of two that are as near the even one.
function f32(x) {
    if (x === 0) return f64(x);
    if (!Number.isFinite(x)) return f64(x);
    for (let digits = 1; ; digits++) {
        const short = x.toPrecision(digits), more = x.toPrecision(digits + 1);
        if (Math.fround(Number(short)) !== x) continue;
        const even = short.replace(/[13579](?=e|$)/, (digit) => digit - 1);
        const tie = Number(more) === x && /5(e|$)/.test(more) && Math.fround(Number(even)) === x;
        return f64(Number(tie ? even : short));
    }
}

function element(sub, x) {
    if (sub === 'ref') return x === 0xFFFFFFFF ? 'null' : String(x);
    if (typeof x === 'bigint') return safe(x) ? String(x) : `"${x}"`;
    if (sub === 'f16') x = half(x);
    if (sub[0] !== 'f') return String(x);
    return (sub === 'f64' ? f64(x) : f32(x)) ?? `"${x}"`;
}

export function toText(bjson, file) {
    const { Reference, Time, Unsigned, Unknown, Elements } = bjson;
    const map = (record) => `{${[...record].map(([key, value]) =>
        `${JSON.stringify(key[0] === '$' ? '$' + key : key)}:${text(value)}`).join()}}`;

    function text(value) {
        if (value === null || typeof value === 'boolean' ||
            typeof value === 'string') return JSON.stringify(value);
        if (typeof value === 'number') return f64(value) ?? `{"$f64":"${value}"}`;
        if (typeof value === 'bigint') return safe(value) ? String(value) : `{"$i64":"${value}"}`;
        if (value instanceof Time) return `{"$time":"${value.value}"}`;
        if (value instanceof Unsigned) return `{"$u64":"${value.value}"}`;
        if (value instanceof Reference) return `{"$ref":${value.row}}`;
        if (Array.isArray(value)) return `[${value.map(text).join()}]`;
        const { tag, sub, n, data } = value;
        if (value instanceof Unknown) {
            const form = { 0x08: '$vector', 0x82: '$array', 0x90: '$large' }[tag];
            const count = n === 1 || tag === 0x08 ? '' : `"n":${n},`;
            if (form) return `{"${form}":${sub},${count}"base64":${base64(data)}}`;
            const rows = data instanceof Uint32Array &&
                `[${Array.from(data, (x) => element('ref', x)).join()}]`;
            const content = rows ? `"data":${rows}` : `"bytes":${base64(data)}`;
            return `{"$tag":${tag},"subtype":${sub},"n":${n},${content}}`;
        }
        if (!(value instanceof Elements)) return map(value);
        if (tag === 0x81) return `{"$bytes":${base64(data)}}`;
        const form = { 0x08: '$vector', 0x82: '$array', 0x90: '$large' }[tag];
        const count = tag === 0x08 || n === 1 ? '' : `"n":${n},`;
        const all = Array.from(data, (x) => element(value.subtype, x));
        return `{"${form}":"${value.subtype}",${count}"data":[${all.join()}]}`;
    }

    const ids = [...file].map((id) => {
        const parts = [`"type":${id.type < 16 ? JSON.stringify(bjson.TYPES[id.type]) : id.type}`];
        const flags = id.flags & ~3;
        if (id.here) parts.push(`"name":${JSON.stringify(id.name)}`);
        if (!id.here && (id.flags & 3) !== 2) parts.push('"deleted":true');
        if (!id.here && id.flags & 2) parts.push('"external":true');
        if (id.time) parts.push(`"time":"${id.time}"`);
        if (flags) parts.push(`"flags":${flags}`);
        if (id.here) parts.push(`"properties":${map(id.properties)}`);
        return `{${parts.join()}}`;
    });
    const meta = file.meta ? `,"meta":${map(file.meta)}` : '';
    const others = otherChunks(bjson, file).map(({ kind, data }) =>
        `{"kind":${JSON.stringify(kind)},"bytes":${base64(data)}}`);
    return `{"bjson":2,${file.flags & 2 ? '"crc":true,' : ''}"ids":[${ids.join()}]${meta}` +
        `${others.length ? `,"chunks":[${others.join()}]` : ''}}`;
}

function nameOfKind(kind) {
    const name = String.fromCharCode(...[0, 8, 16, 24].map((shift) => (kind >>> shift) & 255));
    return /^[ -~]{4}$/.test(name) ? name : kind;
}

// The chunks that are content but mean nothing to the format, as write() takes them.
export function otherChunks({ KIND }, file) {
    const known = new Set(Object.values(KIND));
    return file.chunks().filter(({ kind }) => !known.has(kind)).map(({ kind, at, size }) => ({
        kind: nameOfKind(kind),
        data: file.u8.slice(at, at + size) }));
}

// One file of bytes: { json } or { error, offset }, and where it is sound the file as written
// again.
export function readAndWrite(bjson, source, offset, size) {
    try {
        const file = bjson.open(source, offset, size);
        return { json: toText(bjson, file), written: bjson.write(file,
            { crc: (file.flags & 2) !== 0,
            meta: file.meta, chunks: otherChunks(bjson, file) }) };
    } catch (error) {
        if (!(error instanceof bjson.BjsonError)) throw error;
        return { error: error.code, offset: error.offset };
    }
}
