/* holder.c - a CPython module whose C threads keep Python objects and let them go without the GIL.
 *
 * build.py compiles it; demo.py shows it. The rules it follows:
 *   - A function called from Python has the GIL: it adopts the registry first, so that it is the
 *     owner as long as it does not let go of the GIL. Py_DECREF may: so adopt again behind it.
 *   - C threads know handles only. Their releases wait in the queue until such a function drains.
 *   - Python's atexit, which runs while the interpreter is whole, abandons the registry. Threads
 *     may go on for as long as the process lives; nothing of Python's is touched any more. (Py_AtExit
 *     is too late for that: objects are already torn down by then. Here it only prints.) */
#include <Python.h>

#include "wasm3d.h"

enum { MOST_THREADS = 8, CELLS = 64, HELD = 32 };

static struct {
    w3d_proxy_registry *registry;
    w3d_thread thread[MOST_THREADS];
    uint32_t   threads, stop, keep, report;
    uint64_t   cell[CELLS]; /* handles on their way to a thread; 0 is an empty cell */
    uint64_t   touched_late; /* calls of a hook after the end: must stay 0 */
    int        ended;
} state; /* one interpreter: the module refuses to be loaded twice */

static void object_retain(void *user, void *object)
{
    (void)user;
    state.touched_late += (uint64_t)state.ended;
    Py_INCREF((PyObject *)object);
}

static void object_release(void *user, void *object)
{
    (void)user;
    state.touched_late += (uint64_t)state.ended;
    Py_DECREF((PyObject *)object);
    /* A destructor may have let another Python thread run, which adopted; the GIL is ours again. */
    w3d_proxy_adopt(state.registry);
}

/* A C thread: takes handles out of the cells, keeps the last HELD of them, releases older ones. */
static void hold_and_release(void *user)
{
    w3d_handle held[HELD] = { { 0 } };
    uint32_t at = 0, idle = 0;
    (void)user;
    for (uint32_t i = 0;; i++) {
        w3d_handle taken;
        taken.id = w3d_atomic_exchange_u64(&state.cell[i % CELLS], 0);
        if (taken.id) {
            /* Another reference and back: what sharing it between C threads would do. */
            if (w3d_proxy_retain(state.registry, taken) == W3D_OK)
                w3d_proxy_release(state.registry, taken);
        } else if (++idle < CELLS) {
            continue;
        } else {
            int stop = w3d_atomic_load_u32(&state.stop) != 0;
            idle = 0;
            if (w3d_atomic_load_u32(&state.keep) && !stop) { /* hold on to what there is */
                w3d_thread_sleep(1000000);
                continue;
            }
            if (stop && !held[at].id) {
                uint32_t k = 0;
                while (k < HELD && !held[k].id) k++;
                if (k == HELD) return;
            }
            w3d_thread_yield();
        }
        if (held[at].id) w3d_proxy_release(state.registry, held[at]);
        held[at] = taken;
        at = (at + 1) % HELD;
    }
}

/* Sets the Python error that fits and gives NULL. */
static PyObject *fail(w3d_result result)
{
    if (result == W3D_ERR_OUT_OF_MEMORY) return PyErr_NoMemory();
    PyErr_SetString(PyExc_RuntimeError, w3d_result_text(result));
    return NULL;
}

/* start(threads) */
static PyObject *holder_start(PyObject *self, PyObject *argument)
{
    (void)self;
    long wanted = PyLong_AsLong(argument);
    if (wanted == -1 && PyErr_Occurred()) return NULL;
    if (wanted < 1 || wanted > MOST_THREADS || state.threads) {
        PyErr_SetString(PyExc_ValueError, "start(1 to 8), once");
        return NULL;
    }
    for (; state.threads < (uint32_t)wanted; state.threads++) {
        w3d_result result =
            w3d_thread_start(&state.thread[state.threads], hold_and_release, NULL, NULL);
        if (result != W3D_OK) return fail(result);
    }
    Py_RETURN_NONE;
}

/* hold(object) -> handle: puts it into the hands of the C threads. */
static PyObject *holder_hold(PyObject *self, PyObject *object)
{
    static uint32_t turn;
    (void)self;
    w3d_handle handle;
    w3d_proxy_adopt(state.registry);
    (void)w3d_proxy_drain(state.registry, 8, NULL); /* a little each time: the queue stays short */
    w3d_result result = w3d_proxy_create(state.registry, object, 0, &handle);
    if (result != W3D_OK) return fail(result);
    for (;; w3d_thread_yield()) { /* the C threads need no GIL to make room */
        for (uint32_t i = 0; i < CELLS; i++) {
            uint64_t empty = 0;
            if (w3d_atomic_swap_u64(&state.cell[turn++ % CELLS], &empty, handle.id))
                return PyLong_FromUnsignedLongLong(handle.id);
        }
        if (state.threads) continue;
        w3d_proxy_release(state.registry, handle);
        PyErr_SetString(PyExc_RuntimeError, "no room, and no thread that would make it: start()");
        return NULL;
    }
}

/* release(handle) -> bool: 1 where it was a reference; again and again does no harm. */
static PyObject *holder_release(PyObject *self, PyObject *argument)
{
    (void)self;
    w3d_handle handle;
    handle.id = PyLong_AsUnsignedLongLong(argument);
    if (PyErr_Occurred()) return NULL;
    w3d_proxy_adopt(state.registry);
    return PyBool_FromLong(w3d_proxy_release(state.registry, handle) == W3D_OK);
}

static PyObject *holder_drain(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    uint32_t count = 0;
    w3d_proxy_adopt(state.registry);
    w3d_result result = w3d_proxy_drain(state.registry, 0, &count);
    return result == W3D_OK ? PyLong_FromUnsignedLong(count) : fail(result);
}

/* stop(): the C threads release what they hold and end; nobody may hold() meanwhile. */
static PyObject *holder_stop(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    w3d_atomic_store_u32(&state.stop, 1);
    Py_BEGIN_ALLOW_THREADS
    for (uint32_t i = 0; i < state.threads; i++) w3d_thread_join(&state.thread[i]);
    Py_END_ALLOW_THREADS
    state.threads = 0;
    w3d_atomic_store_u32(&state.stop, 0);
    return holder_drain(NULL, NULL);
}

/* keep(bool): whether the C threads hold on to the last objects instead of passing them through. */
static PyObject *holder_keep(PyObject *self, PyObject *argument)
{
    (void)self;
    w3d_atomic_store_u32(&state.keep, PyObject_IsTrue(argument) == 1);
    Py_RETURN_NONE;
}

static PyObject *holder_stats(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    w3d_proxy_stats s = w3d_proxy_registry_stats(state.registry);
    return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "created", (unsigned long long)s.created,
                         "live", (unsigned long long)s.live, "queued", (unsigned long long)s.queued,
                         "released", (unsigned long long)s.released, "drained",
                         (unsigned long long)s.drained, "abandoned",
                         (unsigned long long)s.abandoned, "refused", (unsigned long long)s.refused);
}

/* report_at_end(): a line when the interpreter is gone, from Py_AtExit. */
static PyObject *holder_report_at_end(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    state.report = 1;
    Py_RETURN_NONE;
}

/* Registered with atexit: the interpreter is whole and this thread has the GIL. */
static PyObject *holder_abandon(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    w3d_proxy_adopt(state.registry);
    (void)w3d_proxy_drain(state.registry, 0, NULL); /* give back what can be given back */
    (void)w3d_proxy_abandon(state.registry);
    state.ended = 1;
    w3d_atomic_store_u32(&state.keep, 0); /* the threads now release all they have, for nothing */
    Py_RETURN_NONE;
}

/* The interpreter is gone; the C threads still run. No Python call is allowed here. */
static void last_word(void)
{
    if (!state.report) return;
    w3d_thread_sleep(50000000);
    w3d_proxy_stats s = w3d_proxy_registry_stats(state.registry);
    printf("after the end: %llu abandoned, %llu still held, %llu touched\n",
           (unsigned long long)s.abandoned, (unsigned long long)s.held,
           (unsigned long long)state.touched_late);
    fflush(stdout);
}

static PyMethodDef methods[] = {
    { "start", holder_start, METH_O, "start(threads): C threads that take what hold() gives" },
    { "hold", holder_hold, METH_O, "hold(object) -> handle: a C thread now holds it" },
    { "release", holder_release, METH_O, "release(handle) -> whether it was still held" },
    { "drain", holder_drain, METH_NOARGS, "drain() -> objects given back to Python" },
    { "stop", holder_stop, METH_NOARGS, "stop() -> drained: the threads let go and end" },
    { "keep", holder_keep, METH_O, "keep(bool): hold on to the last objects" },
    { "stats", holder_stats, METH_NOARGS, "stats() -> dict of counters" },
    { "report_at_end", holder_report_at_end, METH_NOARGS, "print a line after the interpreter" },
    { "_abandon", holder_abandon, METH_NOARGS, "for atexit" },
    { NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "holder", "Python objects held by C threads, through wasm3d's proxies.",
    -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_holder(void)
{
    if (state.registry) {
        PyErr_SetString(PyExc_ImportError, "holder works in one interpreter a process");
        return NULL;
    }
    w3d_proxy_desc desc = { 0 };
    desc.hooks.retain = object_retain;
    desc.hooks.release = object_release;
    PyObject *module = PyModule_Create(&definition);
    PyObject *exits = module ? PyImport_ImportModule("atexit") : NULL;
    PyObject *abandon = exits ? PyObject_GetAttrString(module, "_abandon") : NULL;
    PyObject *done = NULL;
    if (abandon) {
        w3d_result result = w3d_proxy_registry_create(&desc, &state.registry);
        if (result == W3D_OK)
            done = PyObject_CallMethod(exits, "register", "O", abandon);
        else
            (void)fail(result);
    }
    Py_XDECREF(exits);
    Py_XDECREF(abandon);
    if (!done || Py_AtExit(last_word) != 0) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ImportError, "no room for an exit function");
        Py_XDECREF(done);
        Py_XDECREF(module);
        (void)w3d_proxy_registry_destroy(state.registry, NULL);
        state.registry = NULL;
        return NULL;
    }
    Py_DECREF(done);
    return module;
}
