// gpu_webgl_read.js - what a WebGL2 device answers later: bytes read back, queries, times.
//
// A read goes into a buffer of the device at once; its bytes are fetched when a fence says that
// they are there, so nobody waits. Buffers, queries and arrays are used again.

import { GPU_EVENT_DOWNLOAD, GPU_EVENT_TIME } from './gpu_stream.js';

const W3DI_GL_SPARE = 8;              // buffers kept for the next reads
const W3DI_GL_TIME_ELAPSED = 0x88BF;  // EXT_disjoint_timer_query_webgl2
const W3DI_GL_GPU_DISJOINT = 0x8FBB;

// Half a float, of one that is exactly a half.
function w3diGlHalf(bits) {
    const sign = bits >>> 16 & 0x8000, exponent = (bits >>> 23 & 255) - 112, part = bits & 0x7FFFFF;
    if (exponent >= 31) return sign | 0x7C00 | (exponent === 143 && part ? part >>> 13 | 1 : 0);
    if (exponent > 0) return sign | exponent << 10 | part >>> 13;
    return exponent < -10 ? sign : sign | (part | 0x800000) >>> 14 - exponent;
}

export class GlReads {
    constructor(gl, events, timer) {
        this._gl = gl;
        this._events = events;
        this._timer = timer;
        this._waiting = [];   // reads, in order
        this._free = [];      // records of reads, to be used again
        this._spare = [[], []]; // buffers: { gl, size }, of data and of indices
        this._queries = [];   // { query, id, kind } waiting
        this._freeQueries = [];
        this._open = [null, null]; // the query, and the time, that is running
        this._raw = new Uint8Array(0);
        this._given = [];     // arrays that events point to until the next look
    }

    // Bytes of a buffer; `index` where it holds indices, which go with their like only.
    buffer(source, index, offset, size, handle) {
        const gl = this._gl, read = this._new(handle, size, index, size);
        gl.bindBuffer(gl.COPY_READ_BUFFER, source);
        gl.bindBuffer(gl.COPY_WRITE_BUFFER, read.buffer.gl);
        gl.copyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, offset, 0, size);
        this._fence(read);
    }

    // Texels of what is bound as READ_FRAMEBUFFER. flip: the last row comes first.
    texels(x, y, width, height, format, flip, handle) {
        const gl = this._gl;
        const bytes = format.integer || format.type !== gl.UNSIGNED_BYTE ? 16 : 4;
        const read = this._new(handle, width * height * bytes, 0, width * height * format.bytes);
        read.width = width;
        read.height = height;
        read.rawPixel = bytes;
        read.pixel = format.bytes;
        read.half = format.type === gl.HALF_FLOAT;
        read.flip = flip;
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, read.buffer.gl);
        if (bytes === 4) gl.readPixels(x, y, width, height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
        else if (!format.integer) gl.readPixels(x, y, width, height, gl.RGBA, gl.FLOAT, 0);
        else gl.readPixels(x, y, width, height, gl.RGBA_INTEGER, gl.UNSIGNED_INT, 0);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
        this._fence(read);
    }

    queryBegin(target, id, kind) {
        const gl = this._gl, slot = kind === GPU_EVENT_TIME ? 1 : 0;
        const record = this._freeQueries.pop() ?? { query: gl.createQuery(), id: 0, kind: 0 };
        record.id = id;
        record.kind = kind;
        this._open[slot] = record;
        gl.beginQuery(target, record.query);
    }
    queryEnd(target, kind) {
        const slot = kind === GPU_EVENT_TIME ? 1 : 0;
        if (!this._open[slot]) return;
        this._gl.endQuery(target);
        this._queries.push(this._open[slot]);
        this._open[slot] = null;
    }
    timeBegin(id) {
        if (this._timer) this.queryBegin(W3DI_GL_TIME_ELAPSED, id, GPU_EVENT_TIME);
    }
    timeEnd() {
        if (this._timer) this.queryEnd(W3DI_GL_TIME_ELAPSED, GPU_EVENT_TIME);
    }

    // Makes events of what has come.
    look() {
        const gl = this._gl;
        while (this._waiting.length) {
            const read = this._waiting[0];
            const state = gl.clientWaitSync(read.sync, 0, 0);
            if (state === gl.TIMEOUT_EXPIRED) break;
            this._waiting.shift();
            gl.deleteSync(read.sync);
            read.sync = null;
            this._take(read);
        }
        while (this._queries.length) {
            const record = this._queries[0];
            if (!gl.getQueryParameter(record.query, gl.QUERY_RESULT_AVAILABLE)) break;
            this._queries.shift();
            let value = Number(gl.getQueryParameter(record.query, gl.QUERY_RESULT));
            if (record.kind === GPU_EVENT_TIME && gl.getParameter(W3DI_GL_GPU_DISJOINT)) value = 0;
            this._freeQueries.push(record);
            this._events.push(record.kind, record.id, value);
        }
    }

    close() {
        const gl = this._gl;
        for (const read of this._waiting) {
            gl.deleteSync(read.sync);
            gl.deleteBuffer(read.buffer.gl);
        }
        for (const list of this._spare) for (const { gl: buffer } of list) gl.deleteBuffer(buffer);
        for (const record of [...this._queries, ...this._freeQueries, ...this._open]) {
            if (record) gl.deleteQuery(record.query);
        }
        this._waiting = [];
        this._queries = [];
        this._freeQueries = [];
        this._spare = [[], []];
    }

    _new(handle, rawSize, index, size) {
        const gl = this._gl, list = this._spare[index];
        const read = this._free.pop() ?? { handle: 0, sync: null, buffer: null, index: 0,
            rawSize: 0, size: 0, width: 0, height: 0, rawPixel: 0, pixel: 0, half: false,
            flip: false };
        read.handle = handle;
        read.rawSize = rawSize;
        read.size = size;
        read.index = index;
        read.width = 0;
        read.buffer = null;
        for (let i = 0; i < list.length && !read.buffer; i++) {
            if (list[i].size < rawSize || list[i].size > 4 * rawSize + 4096) continue;
            read.buffer = list[i];
            list[i] = list[list.length - 1];
            list.pop();
        }
        read.buffer = read.buffer ?? { gl: gl.createBuffer(), size: rawSize };
        // Chromium copies what is made to be read aside at the fence; it cannot for indices, and
        // has to be told when the buffer begins anew.
        const target = index ? gl.ELEMENT_ARRAY_BUFFER : gl.PIXEL_PACK_BUFFER;
        gl.bindBuffer(target, read.buffer.gl);
        gl.bufferData(target, read.buffer.size, index ? gl.STREAM_COPY : gl.STREAM_READ);
        gl.bindBuffer(target, null);
        return read;
    }
    _fence(read) {
        read.sync = this._gl.fenceSync(this._gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
        this._waiting.push(read);
        this._gl.flush(); // else the fence might never be reached
    }
    _take(read) {
        const gl = this._gl, { size, rawSize } = read;
        const out = this._array(size);
        const direct = !read.width || (read.rawPixel === read.pixel && !read.flip);
        if (!direct && this._raw.length < rawSize) this._raw = new Uint8Array(rawSize);
        gl.bindBuffer(gl.COPY_READ_BUFFER, read.buffer.gl);
        gl.getBufferSubData(gl.COPY_READ_BUFFER, 0, direct ? out : this._raw, 0, rawSize);
        gl.bindBuffer(gl.COPY_READ_BUFFER, null);
        if (!direct) this._convert(read, out);
        const spare = this._spare[read.index];
        if (spare.length < W3DI_GL_SPARE) spare.push(read.buffer);
        else gl.deleteBuffer(read.buffer.gl);
        this._free.push(read);
        this._events.push(GPU_EVENT_DOWNLOAD, read.handle, 0, '', out, size);
    }
    // Rows in the other order, fewer channels, halves.
    _convert(read, out) {
        const { width, height, pixel, rawPixel, half, flip } = read, raw = this._raw;
        const words = half ? new Uint32Array(raw.buffer, 0, read.rawSize >> 2) : null;
        for (let y = 0, to = 0; y < height; y++) {
            let from = (flip ? height - 1 - y : y) * width * rawPixel;
            for (let x = 0; x < width; x++, from += rawPixel) {
                for (let i = 0; half && i < 4; i++, to += 2) {
                    const value = w3diGlHalf(words[(from >> 2) + i]);
                    out[to] = value & 255;
                    out[to + 1] = value >> 8;
                }
                for (let i = 0; !half && i < pixel; i++) out[to++] = raw[from + i];
            }
        }
    }
    // An array for an event: one that was given before where it is large enough but not far too
    // much.
    _array(size) {
        const given = this._given;
        for (let i = 0; i < given.length; i++) {
            const array = given[i];
            if (array.length < size || array.length > 4 * size + 4096) continue;
            given[i] = given[given.length - 1];
            given.pop();
            return array;
        }
        return new Uint8Array(size);
    }
    // The event's bytes have been used.
    giveBack(array) {
        if (this._given.length < W3DI_GL_SPARE) this._given.push(array);
    }
}
