/* ring_wait.pml - the SPSC ring's waiting and waking, on a machine with store buffers.
 *
 * modelled: both sides wait: count up the flag, read the event word, look, sleep while the event
 *   word is the one read, count down the flag; wakers that store their index with release only,
 *   load the flag, and if it is up change the event word and wake. The store of an index goes into
 *   a buffer (x86) and arrives at any later time, after the load of the flag if it likes; locked
 *   operations wait until the own buffer is empty. A waiter's first sleep ends by itself, at the
 *   earliest when what was in the buffers at its beginning has arrived (the 1 ms of "the third
 *   look" is longer than a store takes); its later sleeps end by a wake only. The producer closes
 *   at the end; a third party may close at any time.
 * abstracted: the slots (see ring_spsc.pml): records are counted; spinning; timeouts.
 * proved: no wake-up is lost: nobody sleeps for ever while there is something to do, and everybody
 *   comes to the end.
 *
 * pan: -DSAFETY
 * mutation: BROKEN_WAKER_CLEARS - the waker lowers the flag instead of the waiter
 * mutation: BROKEN_NO_THIRD_LOOK - the first sleep, too, ends by a wake only
 * mutation: BROKEN_EVENT_LATE - the event word is read after the look
 * mutation: BROKEN_FLAG_LATE - the flag is raised after the look
 * mutation: BROKEN_CLOSE_SILENT - closing wakes, but does not change the event words
 * mutation: BROKEN_NO_EVENT - the waker wakes, but does not change the event word */

#define SLOTS 1
#define RECORDS 4
#define RX 0
#define TX 1

byte index[2];    /* TX: head as it is in memory, RX: tail */
byte buffer[2];   /* the store under way of each side ... */
bool pending[2];  /* ... if there is one                  */
byte flag[2], event[2];
bool asleep[2], awaited[2]; /* awaited: a store pending when the sleep began */
byte closed = 0;

/* Drains the store buffers, whenever it likes. */
active proctype memory()
{
end:
    do
    :: atomic { pending[TX] -> index[TX] = buffer[TX]; pending[TX] = false; awaited[RX] = false }
    :: atomic { pending[RX] -> index[RX] = buffer[RX]; pending[RX] = false; awaited[TX] = false }
    od
}

/* Locked operations: the own buffer is empty first. */
#define LOCKED(me) (!pending[me])

inline wake(me, other)
{
#ifndef BROKEN_NO_EVENT
    atomic { LOCKED(me) -> event[other] = (event[other] + 1) % 8 };
#endif
    atomic { LOCKED(me) -> asleep[other] = false }
}

/* Stores the own index, and wakes the other side if its flag is up. */
inline publish(me, other, value)
{
    atomic { LOCKED(me) -> buffer[me] = value; pending[me] = true }; /* room for one store */
    if
    :: flag[other] != 0 ->
#ifdef BROKEN_WAKER_CLEARS
        atomic { LOCKED(me) -> flag[other] = 0 };
#endif
        wake(me, other)
    :: else
    fi
}

/* Waits until `something` holds of the other's index, or it is closed and that has been seen
 * before. */
inline wait(me, other, something)
{
    last = 0;
    raised = 0;
    slept = 0;
    do
    :: true ->
#ifndef BROKEN_EVENT_LATE
        if
        :: raised -> seen = event[me]
        :: else
        fi;
#endif
        if
        :: something -> break
        :: else
        fi;
        if
        :: last -> break
        :: else
        fi;
        if
        :: closed -> last = 1
        :: else ->
            if
            :: !raised ->
#ifdef BROKEN_FLAG_LATE
                seen = event[me];
#endif
                atomic { LOCKED(me) -> flag[me]++ };
                raised = 1;
#ifdef BROKEN_FLAG_LATE
                goto_sleep(me, other)
#endif
            :: else -> goto_sleep(me, other)
            fi
        fi
    od;
#ifndef BROKEN_WAKER_CLEARS
    if
    :: raised -> atomic { LOCKED(me) -> flag[me]-- }
    :: else
    fi
#endif
}

inline goto_sleep(me, other)
{
#ifdef BROKEN_EVENT_LATE
    seen = event[me];
#endif
    atomic {
        LOCKED(me);
        if
        :: event[me] == seen -> asleep[me] = true; awaited[me] = pending[other]
        :: else
        fi
    };
#ifdef BROKEN_NO_THIRD_LOOK
    (!asleep[me])
#else
    if
    :: !asleep[me]
    :: slept == 0 && !awaited[me] -> asleep[me] = false; slept = 1
    fi
#endif
}

inline close(me)
{
    atomic { LOCKED(me) -> closed = 1 };
#ifdef BROKEN_CLOSE_SILENT
    asleep[RX] = false;
    asleep[TX] = false
#else
    wake(me, RX);
    wake(me, TX)
#endif
}

active proctype producer()
{
    byte mine = 0, seen = 0;
    bit last, raised, slept;
    do
    :: mine < RECORDS && !closed ->
        wait(TX, RX, (mine - index[RX] < SLOTS));
        if
        :: last -> break
        :: else
        fi;
        mine++;
        publish(TX, RX, mine)
    :: else -> break
    od;
    close(TX)
}

active proctype consumer()
{
    byte mine = 0, seen = 0;
    bit last, raised, slept;
    do
    :: true ->
        wait(RX, TX, (index[TX] != mine));
        if
        :: index[TX] == mine -> break /* closed, and nothing more */
        :: else
        fi;
        mine++;
        publish(RX, TX, mine)
    od;
    assert(closed)
}

active proctype third()
{
    if
    :: true ->
        closed = 1;
#ifdef BROKEN_CLOSE_SILENT
        asleep[RX] = false;
        asleep[TX] = false
#else
        event[RX] = (event[RX] + 1) % 8;
        asleep[RX] = false;
        event[TX] = (event[TX] + 1) % 8;
        asleep[TX] = false
#endif
    :: true
    fi
}
