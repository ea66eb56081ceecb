/* snapshot.pml - reclamation in sync/snapshot.c: no reader touches a freed version, none is kept.
 *
 * Two readers and two writers who publish VERSIONS - 1 versions between them. A reader pins, gets
 * and uses the current version, then unpins, or refreshes and gets again. A writer publishes, then
 * takes the two looks of w3di_snapshot_collect.
 *
 * Modelled: the reader's record holds 0 or 4 + the epoch's low bits; the number it writes is loaded
 * in one step and stored in a later one, so it may be as old as it likes. Both ways to pin:
 * - with the system's barrier: the store goes to a buffer and reaches memory at any later moment
 *   or at unpin (a second store pushes it out: the buffer is one deep), or when a writer's barrier
 *   empties the buffers, one after the other; the reader's loads pass it, as they may everywhere;
 * - fenced: the store is visible before the reader goes on.
 * The mutex; the exchange, and retirement with the epoch of that moment; the look after the
 * barrier, reader by reader while readers run; the epoch moving by one or, where nobody is pinned,
 * by two.
 *
 * Abstracted: a version is freed while the mutex is still held (in C a moment later: this is
 * harder); the look before the barrier, which only ever gives up, is one step; the exchange and the
 * retirement are one (both under the mutex; readers see only the exchange); a reader's own copy of
 * the epoch (it is as if the load had been earlier); nested pins; limits; registering (a record
 * that is not taken is one that is not pinned).
 *
 * Proved: whoever uses a version finds it not freed; when all are done, one reclaim leaves exactly
 * the current version; every run gets there.
 *
 * pan: -DSAFETY -DCOLLAPSE
 * run: -m1000000 -w24
 * mutation: BROKEN_ONE_EPOCH - a version is freed one epoch on instead of two
 * mutation: BROKEN_NO_BARRIER - the writer looks without emptying the readers' store buffers
 * mutation: BROKEN_NO_FENCE - where readers fence themselves, the fence is missing
 * mutation: BROKEN_ANY_EPOCH - the epoch moves although a reader is pinned in an earlier one
 * mutation: BROKEN_ALWAYS_TWO - the epoch moves by two although a reader is pinned
 * mutation: BROKEN_KEPT - what is due is taken out before the epoch moves, and never after
 */
#define READERS  2
#define WRITERS  2
#define VERSIONS 4 /* 0 is current at the start */
#define ROUNDS(r) (2 - (r)) /* gets of a reader: one may refresh, or pin twice */

byte turn = 1;          /* the epoch in full: readers see its two low bits */
byte state[READERS];    /* what memory holds: 0, or 4 + two bits */
byte buffer[READERS];   /* a store on its way there, or 0 */
bool fenced;            /* how this domain's readers pin: settled when it is made */
bool made;
byte current;
byte fresh = 1;         /* the next version to publish */
byte retired[VERSIONS]; /* the epoch of its retirement, or 0: not in the ring */
bool freed[VERSIONS];
bool locked;
byte done;

/* Of whoever holds the mutex; 0 when nobody does. */
byte i, looks;
bool pinned, stalled, waiting;

#define ENCODE(t) (4 + ((t) & 3))

#ifdef BROKEN_ONE_EPOCH
#define DUE(v) (retired[v] && turn - retired[v] >= 1)
#else
#define DUE(v) (retired[v] && turn - retired[v] >= 2)
#endif

/* Store buffers empty themselves whenever they like. */
active [READERS] proctype drain()
{
end:
    do
    :: atomic { buffer[_pid] -> state[_pid] = buffer[_pid]; buffer[_pid] = 0 }
    od
}

inline flush(r)
{
    if
    :: buffer[r] -> state[r] = buffer[r]; buffer[r] = 0
    :: else
    fi
}

/* The store of a pin; an earlier one that is still in the buffer goes first. */
inline store(r, value)
{
    d_step {
        flush(r);
        if
#ifndef BROKEN_NO_FENCE
        :: fenced -> state[r] = value
#endif
        :: else -> buffer[r] = value
        fi
    }
}

active [READERS] proctype reader()
{
    byte me, mine, version, rounds;
    bool again;
    me = _pid - READERS;
    made;
    do
    :: rounds < ROUNDS(me) ->
        if
        :: !again || mine != ENCODE(turn) ->      /* pin, or a refresh in a new epoch: load... */
            mine = ENCODE(turn);
            store(me, mine)                       /* ...and store */
        :: again && mine == ENCODE(turn)          /* a refresh in the same: nothing */
        fi;
        version = current;                        /* get */
        d_step { assert(!freed[version]); version = 0; rounds++ };  /* use */
        if
        :: d_step { flush(me); state[me] = 0; again = false; mine = 0 }  /* unpin */
        :: rounds < ROUNDS(me) -> again = true        /* refresh */
        fi
    :: else -> break
    od;
    done++
}

inline look()
{
    i = 0;
    do
    :: i < READERS ->
        d_step {
            pinned = pinned || state[i];
            stalled = stalled || (state[i] && (state[i] & 3) != (turn & 3));
            i++
        }
    :: else -> i = 0; break
    od
}

inline take()
{
    i = 0; waiting = false;
    do
    :: i < VERSIONS ->
        if
        :: DUE(i) -> assert(!freed[i]); freed[i] = true; retired[i] = 0
        :: else -> waiting = waiting || retired[i]
        fi;
        i++
    :: else -> i = 0; break
    od
}

/* w3di_snapshot_collect; the mutex is held, and given back. */
inline collect()
{
    d_step { take(); skip };
    do
    :: looks < 2 && waiting ->
        d_step {                                  /* the look before the barrier */
            looks++; stalled = false; i = 0;
            do
            :: i < READERS ->
                stalled = stalled || (state[i] && (state[i] & 3) != (turn & 3)); i++
            :: else -> i = 0; break
            od;
            skip
        }
        if
#ifndef BROKEN_ANY_EPOCH
        :: stalled -> break
#endif
        :: else
        fi;
#ifndef BROKEN_NO_BARRIER
        do                                        /* the barrier: each processor at its own time */
        :: i < READERS && !fenced -> d_step { flush(i); i++ }
        :: else -> break
        od;
#endif
        atomic { pinned = false; stalled = false };
        look();
        if
#ifndef BROKEN_ANY_EPOCH
        :: stalled -> break
#endif
        :: else ->
            d_step {
                if
#ifndef BROKEN_ALWAYS_TWO
                :: pinned -> turn++
#endif
                :: else -> turn = turn + 2
                fi;
#ifndef BROKEN_KEPT
                take();
#endif
                skip
            }
        fi
    :: else -> break
    od;
    atomic { looks = 0; pinned = false; stalled = false; waiting = false; locked = false }
}

active [WRITERS] proctype writer()
{
    made;
    do
    :: atomic { !locked && fresh < VERSIONS ->    /* the exchange: a hold of the mutex of its own */
            assert(!freed[current] && !retired[current]);
            retired[current] = turn; current = fresh; fresh++ };
        atomic { !locked -> locked = true };
        collect()
    :: atomic { fresh == VERSIONS -> break }
    od;
    done++;
    if
    :: _pid == 2 * READERS ->                     /* one stays: nobody is pinned any more */
        atomic { done == READERS + WRITERS -> locked = true };
        collect();
        d_step {
            i = 0;
            do
            :: i < VERSIONS -> assert(freed[i] == (i != current)); i++
            :: else -> i = 0; break
            od
        }
    :: else
    fi
}

init {
    atomic {
        if
        :: fenced = true
        :: fenced = false
        fi;
        made = true
    }
}
