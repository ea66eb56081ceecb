#!/usr/bin/env python3
"""Python objects held by C threads: counts stay exact, nothing leaks, the end is quiet.

    demo.py [CYCLES]       a million if nothing is said
    demo.py exit           ends Python while C threads hold and release objects
    demo.py threads        several Python threads at once, each with destructors

Build the module first: python3 examples/python/build.py
"""
import atexit
import gc
import pathlib
import resource
import sys
import threading
import time
import tracemalloc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "python"))
THREADS = 4


class Mesh:
    """Something that tells when, and on which thread, it goes."""
    gone = 0
    elsewhere = 0
    main = threading.get_ident()

    def __init__(self):
        self.vertices = [0.0] * 8

    def __del__(self):
        Mesh.gone += 1
        Mesh.elsewhere += threading.get_ident() != Mesh.main


def check(what, true):
    print(f"{what}: {'yes' if true else 'NO'}")
    if not true:
        sys.exit(1)


def counts(objects):
    return [sys.getrefcount(each) for each in objects]


def settled():
    """Drains until no C thread holds anything."""
    while True:
        holder.drain()
        stats = holder.stats()
        if not stats["live"] and not stats["queued"]:
            return stats
        time.sleep(0.001)


def cycles(count):
    holder.start(THREADS)
    objects = [Mesh() for _ in range(1000)]
    before = counts(objects)
    for i in range(20000):  # warm: the pool's memory, the threads' stacks
        holder.hold(objects[i % 1000])
    settled()
    gc.collect()
    tracked = len(gc.get_objects())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    traced = tracemalloc.get_traced_memory()[0]
    began = time.perf_counter()
    for i in range(count):
        holder.hold(objects[i % 1000])
    seconds = time.perf_counter() - began
    stats = settled()
    gc.collect()
    traced = tracemalloc.get_traced_memory()[0] - traced
    tracemalloc.stop()
    print(f"{count} objects held and released by {THREADS} C threads, {count / seconds / 1e6:.2f} M/s")
    print(stats)
    check("every reference count as before", counts(objects) == before)
    check("created = released + drained",
          stats["created"] == count + 20000 == stats["released"] + stats["drained"])
    check("no stale handle was used", stats["refused"] == 0)
    check("no object more", len(gc.get_objects()) - tracked < 20)
    check("no Python memory more", traced < 20000)
    check("no process memory more",
          resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 8 * 1024)

    # Objects that nothing but a C thread holds: they go when they are drained, on Python's thread.
    Mesh.gone = 0
    for _ in range(count // 10):
        holder.hold(Mesh())
    settled()
    check("each object ended once", Mesh.gone == count // 10)
    check("none on a C thread", Mesh.elsewhere == 0)

    # Releasing what is gone is an answer, not a crash.
    handle = holder.hold(objects[0])
    settled()
    check("a second release is refused",
          not holder.release(handle) and not holder.release(handle) and not holder.release(2**64 - 1))
    check("and takes nothing", counts(objects) == before)
    holder.stop()
    check("the threads have ended with empty hands", holder.stats()["live"] == 0)


def python_threads():
    """Whoever holds the GIL is the owner: it changes hands in the middle of everything."""
    holder.start(THREADS)
    objects = [Mesh() for _ in range(100)]
    before = counts(objects)
    sys.setswitchinterval(1e-5)

    def run():
        for i in range(20000):
            holder.hold(objects[i % 100])
            if i % 10 == 0:
                holder.hold(Mesh())
            if i % 50 == 0:
                holder.drain()
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stats = settled()
    print(stats)
    check("every reference count as before", counts(objects) == before)
    check("created = released + drained", stats["created"] == 88000 == stats["released"] + stats["drained"])
    check("each object ended once", Mesh.gone == 8000)
    holder.stop()


def leave():
    """Runs off the end with objects in the hands of C threads, and those still at work."""
    objects = [Mesh() for _ in range(100)]
    holder.start(THREADS)
    for i in range(50000):
        holder.hold(objects[i % 100])
    settled()
    holder.keep(True)
    for i in range(100):
        holder.hold(objects[i])
        holder.hold(Mesh())  # only a C thread holds this one: never ended, since never touched again
    time.sleep(0.05)
    print("held at the end:", holder.stats()["live"] > 0)
    holder.report_at_end()


def late():
    """Registered before holder was imported, so it runs after holder has abandoned everything."""
    if "holder" not in globals() or sys.argv[1:] != ["exit"]:
        return
    stats = holder.stats()
    try:
        holder.hold(object())
        print("hold at the end: taken")
    except RuntimeError as error:
        print("hold at the end:", error)
    time.sleep(0.05)  # the C threads release all they hold, meanwhile
    print("abandoned:", stats["abandoned"], "live:", stats["live"])


atexit.register(late)
try:
    import holder
except ImportError as error:
    sys.exit(f"{error}\nbuild it first: python3 examples/python/build.py")

if __name__ == "__main__":
    word = sys.argv[1] if len(sys.argv) > 1 else "1000000"
    {"exit": leave, "threads": python_threads}.get(word, lambda: cycles(int(word)))()
