/* handle_release.pml - retain, release, get, create and reuse of slots, as in memory/handle.c.
 *
 * Modelled    Three processes share a cell with a handle, as threads share a scene's texture. Each,
 *             as often as OPS says and in any order, makes an object, exchanges it for the handle
 *             in the cell and releases that; or reads the handle in the cell, which is not its own
 *             and may be stale by then, retains it, looks at the object twice, and releases it. Two
 *             slots lie on the free list, one has never been used. The word {generation, dead,
 *             count}, the `self` for get, the free list's {tag, head} and `next` are loaded and
 *             swapped one atomic step each, with every other step of other processes in between;
 *             running the finaliser takes two.
 * Abstracted  Memory order: the code uses acquire and release on the words that decide, and relies
 *             on no more between them. Chunks: slots exist from the start. Retiring (a slot that is
 *             not pushed again), limits of counts and generations, several pools.
 * Proved      The finaliser runs exactly once for every object that has ended, never for one that
 *             somebody holds, and while somebody holds an object it is alive, it is the one the
 *             handle was made for, and get finds it. Retaining a stale handle never succeeds. A
 *             slot is handed out only when nobody has it; in the end the free list, the unused
 *             slots and the object in the cell are all the slots: none is lost, none there twice.
 *
 * pan: -DSAFETY -DCOLLAPSE
 * mutation: BROKEN_TAG - removals leave the free list's tag as it is (ABA)
 * mutation: BROKEN_RETAIN - the generation is looked at first, the count raised in a second step
 * mutation: BROKEN_RELEASE - the count goes down first and is looked at in a second step
 * mutation: BROKEN_GENERATION - a freed slot keeps its generation
 * mutation: BROKEN_EARLY - the slot is free before its finaliser has run
 * mutation: BROKEN_SELF - `self` is left as it is when an object ends, and set only later
 */
#define PROCESSES 3
#define SLOTS     3
#define OPS(k)    (k < 2 -> 2 : 1) /* of process k */
#define NONE      255

#define LIVE   0
#define FREE   1
#define ENDING 2

/* The slots' words. */
byte generation[SLOTS], state[SLOTS], count[SLOTS];
byte self[SLOTS]; /* the live generation, or 0 */
byte next[SLOTS];

/* The pool's. */
byte head, tag, used;

/* The cell: a handle with one reference, and (ghost) which object it was made for. */
byte cell_index = NONE, cell_generation, cell_serial;

/* Ghosts, which the code does not have: they say what is true. */
byte serials;         /* objects made so far                            */
byte object[SLOTS];   /* serial of the object that lives there, or 0    */
byte holders[SLOTS];  /* references that processes and the cell have    */
bool taken[SLOTS];    /* a process or an object has the slot            */
byte finalised;       /* finalisers run                                 */
byte left = PROCESSES;

inline load_word(i)
{
    d_step { w_generation = generation[i]; w_state = state[i]; w_count = count[i]; }
}

/* Gives the slot to whoever makes the next object. */
inline push(i)
{
    d_step { h_head = head; h_tag = tag; }
    do
    :: true ->
        next[i] = h_head;
        if
        :: atomic { head == h_head && tag == h_tag ->
                head = i;
                assert(taken[i]);
                taken[i] = false;
                break; }
        :: d_step { else -> h_head = head; h_tag = tag; }
        fi
    od;
    skip
}

inline end_object(i)
{
#ifdef BROKEN_EARLY
    d_step { generation[i]++; state[i] = FREE; }
    push(i);
#endif
    d_step { /* the finaliser looks at the object */
        assert(object[i] == serial);
        assert(holders[i] == 0);
        finalised++;
    }
    d_step { /* and it is gone */
        assert(object[i] == serial);
        object[i] = 0;
    }
#ifndef BROKEN_EARLY
    d_step {
        assert(state[i] == ENDING && generation[i] == g);
#ifndef BROKEN_GENERATION
        generation[i]++;
#endif
        state[i] = FREE;
    }
    push(i);
#endif
}

/* Releases the reference to (i, g), object `serial`, that this process has. */
inline release(i)
{
#ifdef BROKEN_RELEASE
    d_step { count[i]--; holders[i]--; }
    load_word(i);
    if
    :: d_step { w_count == 0 -> state[i] = ENDING; self[i] = 0; w_state = ENDING; }
    :: else
    fi;
#else
    load_word(i);
    do
    :: true ->
        assert(w_generation == g && w_state == LIVE && w_count > 0);
        if
        :: atomic { generation[i] == w_generation && state[i] == w_state && count[i] == w_count ->
                count[i]--;
                holders[i]--;
                w_generation = 0; w_state = 0; w_count = 0;
                if
                :: count[i] == 0 -> state[i] = ENDING; w_state = ENDING;
                :: else
                fi;
                break; }
        :: d_step { else -> w_generation = generation[i]; w_state = state[i]; w_count = count[i]; }
        fi
    od;
#ifndef BROKEN_SELF
    if
    :: w_state == ENDING -> self[i] = 0;
    :: else
    fi;
#endif
#endif
    if
    :: w_state == ENDING -> end_object(i);
#ifdef BROKEN_SELF
        self[i] = 0;
#endif
    :: else
    fi
}

/* Takes a slot off the free list, or one that has never been used: i, or NONE. */
inline take()
{
    i = NONE;
    d_step { h_head = head; h_tag = tag; }
    do
    :: h_head == NONE -> break;
    :: h_head != NONE ->
        h_next = next[h_head];
        if
        :: atomic { head == h_head && tag == h_tag ->
                head = h_next;
#ifndef BROKEN_TAG
                tag++;
#endif
                i = h_head;
                assert(!taken[i]);
                taken[i] = true;
                h_head = 0; h_tag = 0; h_next = 0;
                break; }
        :: d_step { else -> h_head = head; h_tag = tag; }
        fi
    od;
    if
    :: i == NONE ->
        if
        :: d_step { used < SLOTS -> i = used; used++; assert(!taken[i]); taken[i] = true; }
        :: d_step { used == SLOTS -> skip; }
        fi
    :: else
    fi
}

inline make()
{
    take();
    if
    :: i != NONE ->
        d_step { /* nobody else can look at it yet */
            assert(state[i] == FREE && count[i] == 0 && object[i] == 0 && holders[i] == 0);
            serials++;
            serial = serials;
            object[i] = serial;
            g = generation[i];
        }
        d_step { state[i] = LIVE; count[i] = 1; holders[i] = 1; }
        self[i] = g;
        d_step { /* exchange: its reference now belongs to the cell, the cell's to us */
            h_head = cell_index;
            h_next = cell_generation;
            h_tag = cell_serial;
            cell_index = i;
            cell_generation = g;
            cell_serial = serial;
            i = h_head;
            g = h_next;
            serial = h_tag;
            h_head = 0; h_tag = 0; h_next = 0;
        }
        if
        :: i != NONE -> release(i);
        :: else
        fi
    :: else
    fi
}

/* While this process holds the object. */
inline check_held(i)
{
    assert(object[i] == serial && holders[i] > 0 && self[i] == g && generation[i] == g &&
           state[i] == LIVE);
}

inline visit()
{
    d_step { i = cell_index; g = cell_generation; serial = cell_serial; }
    if
    :: i != NONE ->
        load_word(i);
        h_next = 0; /* 1: retained */
        do
        :: w_generation != g || w_state != LIVE -> break; /* stale */
        :: w_generation == g && w_state == LIVE ->
#ifdef BROKEN_RETAIN
            d_step { count[i]++; holders[i]++; h_next = 1; }
            break;
#else
            if
            :: atomic { generation[i] == w_generation && state[i] == w_state &&
                        count[i] == w_count ->
                    count[i]++;
                    holders[i]++;
                    h_next = 1;
                    w_generation = 0; w_state = 0; w_count = 0;
                    break; }
            :: d_step { else -> w_generation = generation[i]; w_state = state[i];
                                w_count = count[i]; }
            fi
#endif
        od;
        if
        :: h_next ->
            d_step { check_held(i); }
            d_step { check_held(i); h_next = 0; }
            release(i);
        :: else
        fi
    :: else
    fi
}

/* Dead variables are all the same to us: fewer states. */
inline forget()
{
    d_step {
        i = NONE; g = 0; serial = 0;
        w_generation = 0; w_state = 0; w_count = 0;
        h_head = 0; h_tag = 0; h_next = 0;
    }
}

proctype worker(byte ops)
{
    byte i, g, serial;                  /* a handle */
    byte w_generation, w_state, w_count; /* a word as loaded */
    byte h_head, h_tag, h_next;          /* the free list as loaded */
    do
    :: ops > 0 -> ops--; make(); forget();
    :: ops > 0 -> ops--; visit(); forget();
    :: ops == 0 -> break;
    od;
    atomic {
        left--;
        if
        :: left == 0 -> /* the last one counts: every slot is somewhere, once */
            assert(finalised + (cell_index != NONE) == serials);
            w_count = SLOTS - used + (cell_index != NONE);
            h_head = head;
            do
            :: h_head != NONE ->
                assert(!taken[h_head] && state[h_head] == FREE && w_count < SLOTS);
                w_count++;
                h_head = next[h_head];
            :: else -> break;
            od;
            assert(w_count == SLOTS);
            assert(cell_index == NONE ||
                   (object[cell_index] == cell_serial && count[cell_index] == 1));
        :: else
        fi
    }
}

init
{
    atomic {
        byte k = 0;
        do
        :: k < SLOTS -> generation[k] = 1; state[k] = FREE; next[k] = NONE; k++;
        :: else -> break;
        od;
        head = 0;
        next[0] = 1;
        used = 2;
        k = 0;
        do
        :: k < PROCESSES -> run worker(OPS(k)); k++;
        :: else -> break;
        od;
    }
}
