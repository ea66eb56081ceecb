/* jobs.pml - the job pool: taking, ending, cancelling, waiting, and the sleep of workers and waiters.
 *
 * Modelled: two workers, one submitter that then waits without helping (a helping waiter is a worker
 * more), and one thread that cancels. Three jobs go through a table of two places: A, then B after A,
 * then C, which takes the place that A or B has given back. Steps under the pool's lock are one step;
 * what happens outside is not: the worker's look at `work` before the queue, its counting itself as a
 * sleeper, its going to sleep while `work` is what it saw, and the wake after the lock is released.
 * Sleeping is a futex: the word is compared and the thread put to sleep in one step; a wake takes one
 * sleeper, or all. A handle is a place and a generation. At last a parallel_for is opened, which takes
 * no lock, and which in this model cannot end without a worker.
 *
 * Abstracted: priorities (any ready job may be taken), groups, memory order (seq_cst; see the comment
 * on the addition in parallel_for.c and jobs.c), looking around before sleeping, early returns from
 * sleep.
 *
 * Proved: every submitted job runs once or is cancelled, never both; B never starts before A has
 * ended, nor when A was cancelled; the handle of a job never tells of another job's end; nobody
 * sleeps for ever: every run comes to its end, with all jobs ended and both workers stopped.
 *
 * pan: -DSAFETY -DCOLLAPSE
 * mutation: BROKEN_LOOK - the worker looks at `work` after the queue: a job comes between, it sleeps
 * mutation: BROKEN_SLEEPERS - who opens a loop looks for sleepers before it changes `work`
 * mutation: BROKEN_AWAITED - the waiter reads `done` after it has let go of the lock
 * mutation: BROKEN_GENERATION - a place is given out again under the same generation
 * mutation: BROKEN_CANCEL - cancelling does not look whether the job has begun
 * mutation: BROKEN_DEPENDENT - a cancelled job lets what waits for it start
 * mutation: BROKEN_WOKEN - wakes under way are not taken off when a sleeper comes back
 */

#define NONE 9
#define A 0
#define B 1
#define C 2

mtype = { FREE, BLOCKED, READY, RUNNING, ENDED };

/* the table */
mtype state[2];
byte  generation[2];
byte  which[2];            /* the job in this place */
bool  owned[2], cancelled_result[2], awaited[2];
byte  waits_for[2];        /* place of the dependency, or NONE */

/* what really happened */
byte started[3], cancelled[3];
bool ended[3];

/* the pool's words */
byte work, idle, sleepers, woken, done, waiters;
bool stopping, lock;
bool loop_open, loop_joined;

/* who sleeps on which futex */
bool asleep_work[2];       /* by worker */
bool asleep_done;

#define TAKE   !lock -> lock = true
#define LOCK   atomic { TAKE }
#define UNLOCK lock = false

inline wake_one_worker()
{
    if
    :: asleep_work[0] -> asleep_work[0] = false
    :: asleep_work[1] -> asleep_work[1] = false
    :: else
    fi
}

/* place p has ended: tells the waiter, and the dependent in the other place; freed if not owned */
inline end_place(p, was_cancelled)
{
    assert(state[p] == RUNNING || state[p] == READY || state[p] == BLOCKED);
    assert(!ended[which[p]]);
    ended[which[p]] = true;
    cancelled_result[p] = was_cancelled;
    state[p] = ENDED;
    if
    :: awaited[p] -> tell = true
    :: else
    fi;
    if
    :: state[1 - p] == BLOCKED && waits_for[1 - p] == p ->
        waits_for[1 - p] = NONE;
        if
#ifndef BROKEN_DEPENDENT
        :: was_cancelled ->
            cancelled[which[1 - p]]++;
            ended[which[1 - p]] = true;
            cancelled_result[1 - p] = true;
            state[1 - p] = ENDED;
            if
            :: awaited[1 - p] -> tell = true
            :: else
            fi;
            give_back(1 - p)
        :: else ->
#else
        :: true ->
#endif
            state[1 - p] = READY;
            pushed = true
        fi
    :: else
    fi;
    give_back(p)
}

inline give_back(q)
{
    if
    :: state[q] == ENDED && !owned[q] ->
        state[q] = FREE;
#ifndef BROKEN_GENERATION
        generation[q]++;
#endif
        awaited[q] = false
    :: else
    fi
}

/* what w3di_jobs_unlock does: `pushed` and `tell` say what changed under the lock */
inline unlock()
{
    atomic {
        send = false;
        if
        :: pushed && idle > 0 ->
            work++;
            send = sleepers > woken;
            if
            :: send -> woken++
            :: else
            fi
        :: else
        fi;
        tell = tell && waiters > 0;
        if
        :: tell -> done++
        :: else
        fi;
        pushed = false;
        UNLOCK
    };
    if
    :: send -> atomic { wake_one_worker() }
    :: else
    fi;
    if
    :: tell -> atomic { asleep_done = false; tell = false }
    :: else
    fi
}

proctype worker(byte me)
{
    byte seen, place, was_idle = 0;
    bool pushed = false, tell = false, send;
    do
    :: true ->
#ifndef BROKEN_LOOK
        seen = work;
#endif
        if
        :: loop_open -> loop_joined = true
        :: else
        fi;
        do
        :: true ->
            atomic { TAKE;
                place = NONE;
                idle = idle - was_idle;
                was_idle = 0;
                if
                :: state[0] == READY -> place = 0
                :: state[1] == READY -> place = 1
                :: else
                fi;
                if
                :: place != NONE ->
                    state[place] = RUNNING
                :: else -> idle++; was_idle = 1
                fi
            };
            unlock();
            if
            :: place == NONE -> break
            :: else
            fi;
            atomic { /* the job begins */
                started[which[place]]++;
                assert(started[which[place]] == 1 && cancelled[which[place]] == 0);
                assert(which[place] != B || (ended[A] && !cancelled[A]))
            };
            atomic { TAKE;
#ifdef BROKEN_CANCEL
                if
                :: state[place] == RUNNING -> end_place(place, false)
                :: else
                fi
#else
                end_place(place, false)
#endif
            };
            unlock()
        od;
#ifdef BROKEN_LOOK
        seen = work;
#endif
        LOCK;
        if
        :: stopping -> unlock(); break
        :: else
        fi;
        sleepers++;
        unlock();
        atomic { /* wait32(&work, seen) */
            if
            :: work == seen -> asleep_work[me] = true
            :: else
            fi
        };
        !asleep_work[me];
        seen = 0;
        atomic { TAKE;
            sleepers--;
#ifndef BROKEN_WOKEN
            if
            :: woken > 0 -> woken--
            :: else
            fi
#endif
        };
        unlock()
    od
}

/* Puts job j into place p, after the job in place d or NONE; the handle is (p, generation[p]). */
inline submit(j, p, d)
{
    assert(state[p] == FREE);
    which[p] = j;
    owned[p] = true;
    waits_for[p] = NONE;
    if
    :: d != NONE && state[d] != ENDED -> waits_for[p] = d; state[p] = BLOCKED
    :: d != NONE && state[d] == ENDED && cancelled_result[d] ->
        state[p] = ENDED;
        cancelled_result[p] = true;
        ended[j] = true;
        cancelled[j]++
    :: else -> state[p] = READY; pushed = true
    fi
}

byte handle_a = NONE;      /* the generation of A in place 0, for the canceller; NONE: not yet */

/* Waits until the job in place p under generation g has ended, or the handle is stale. */
inline wait_for(j, p, g)
{
    do
    :: true ->
        LOCK;
        if
        :: generation[p] != g || !owned[p] || state[p] == ENDED ->
            assert(ended[j]);
            assert(which[p] == j);
            unlock();
            break
        :: else
        fi;
        awaited[p] = true;
#ifndef BROKEN_AWAITED
        seen = done;
#endif
        waiters++;
        unlock();
#ifdef BROKEN_AWAITED
        seen = done;
#endif
        atomic {
            if
            :: done == seen -> asleep_done = true
            :: else
            fi
        };
        !asleep_done;
        LOCK;
        waiters--;
        unlock()
    od
}

inline release(p)
{
    atomic { TAKE; owned[p] = false; give_back(p) };
    unlock()
}

proctype submitter()
{
    byte seen, g, h, place;
    bool pushed = false, tell = false, send;
    atomic { TAKE; submit(A, 0, NONE); g = generation[0]; handle_a = g };
    unlock();
    atomic { TAKE; submit(B, 1, 0); h = generation[1] };
    unlock();
    if /* A's place is given back: before it has ended or after; or B's, after */
    :: release(0); wait_for(B, 1, h); release(1)
    :: wait_for(B, 1, h); release(0); release(1)
    :: wait_for(A, 0, g); release(0); wait_for(B, 1, h); release(1)
    fi;
    (state[0] == FREE); /* submitting C is tried until there is a place */
    atomic { TAKE; submit(C, 0, NONE); g = generation[0] };
    unlock();
    wait_for(C, 0, g);
    assert(cancelled[C] == 0);
    release(0);
    loop_open = true;
#ifdef BROKEN_SLEEPERS
    send = sleepers > 0;
    work++;
#else
    work++;
    send = sleepers > 0;
#endif
    if
    :: send -> atomic { wake_one_worker() }
    :: else
    fi;
    loop_joined;
    loop_open = false;
    LOCK;
    stopping = true;
    work++;
    unlock();
    atomic { asleep_work[0] = false; asleep_work[1] = false }
}

/* Cancels A by its handle, at any time: it may not have begun, run, have ended, or be C by now. */
proctype canceller()
{
    bool pushed = false, tell = false, send;
    if
    :: true
    :: handle_a != NONE ->
        atomic { TAKE;
            if
            :: generation[0] == handle_a && owned[0] &&
#ifdef BROKEN_CANCEL
               (state[0] == READY || state[0] == RUNNING) ->
#else
               state[0] == READY ->
#endif
                cancelled[which[0]]++;
                assert(started[which[0]] == 0);
                end_place(0, true)
            :: else
            fi
        };
        unlock()
    fi
}

init
{
    atomic {
        state[0] = FREE; state[1] = FREE;
        waits_for[0] = NONE; waits_for[1] = NONE;
        run worker(0); run worker(1); run submitter(); run canceller()
    };
    _nr_pr == 1;
    assert(started[A] + cancelled[A] == 1);
    assert(started[B] + cancelled[B] == 1);
    assert(started[C] == 1)
}
