/* ring_spsc.pml - the SPSC ring: private cached indices, batches, wrapping numbers, close and
 * drain.
 *
 * modelled: slots, free-running head and tail (modulo 8, so that they wrap), each side's own copy
 *   of the other's index that is read again only when it says full or empty, batches of any size
 *   that fits, a producer that closes after its last record or is closed upon by a third party.
 * abstracted: a side that reads its own index back from the block, where nobody else writes it,
 *   has it to itself here; memory is sequentially consistent here, which release stores and
 *   acquire loads of one word are for these two threads; waiting is a blocked statement (see
 *   ring_wait.pml).
 * proved: records arrive once each and in order; no slot is overwritten before it is read; nothing
 *   published before the close is lost; neither side is stuck.
 *
 * pan: -DSAFETY
 * mutation: BROKEN_PUBLISH_FIRST - head is stored before the slots are filled
 * mutation: BROKEN_FREE_FIRST - tail is stored before the slots are read
 * mutation: BROKEN_STALE - the producer never reads tail again
 * mutation: BROKEN_DISTANCE - room is judged by head < tail + slots without wrapping
 * mutation: BROKEN_LAST_LOOK - the consumer sees closed and leaves without looking again */

#define SLOTS 2
#define MODULUS 8
#define RECORDS 10
#define LESS(a, b) (((a) + MODULUS - (b)) % MODULUS)

byte head = 6, tail = 6, closed = 0;
byte slot[SLOTS];
byte published = 0, received = 0, owed = 0;
bool closes_early = false;

proctype producer()
{
    byte mine = 6, tail_seen = 6, next = 1, count, i;
    do
    :: next > RECORDS || closed -> break
    :: else ->
#ifdef BROKEN_DISTANCE
        do
        :: mine < tail_seen + SLOTS -> break
        :: else -> tail_seen = tail
        od;
        count = 1;
#else
        do
        :: LESS(mine, tail_seen) < SLOTS -> break
#ifdef BROKEN_STALE
        :: else -> (false)
#else
        :: else -> (tail != tail_seen || closed); tail_seen = tail;
            if
            :: closed -> goto done
            :: else
            fi
#endif
        od;
        assert(LESS(mine, tail_seen) <= SLOTS);
        count = 1;
        if
        :: SLOTS - LESS(mine, tail_seen) >= 2 && next < RECORDS -> count = 2
        :: true
        fi;
#endif
#ifdef BROKEN_PUBLISH_FIRST
        head = (mine + count) % MODULUS;
#endif
        i = 0;
        do
        :: i < count -> slot[((mine + i) % MODULUS) % SLOTS] = next + i; i++
        :: else -> break
        od;
        mine = (mine + count) % MODULUS;
        next = next + count;
        atomic {
            head = mine;
            published = next - 1;
            if /* only what was published before the close is owed */
            :: !closed -> owed = published
            :: else
            fi
        }
    od;
done:
    closed = 1
}

proctype consumer()
{
    byte mine = 6, head_seen = 6, count, i, seen_closed = 0;
    do
    :: true ->
        do
        :: head_seen != mine -> break
        :: else ->
            head_seen = head;
            if
            :: head_seen != mine
            :: head_seen == mine && seen_closed -> goto done
            :: head_seen == mine && !seen_closed ->
                (head != mine || closed);
                if
                :: closed ->
                    seen_closed = 1;
#ifdef BROKEN_LAST_LOOK
                    goto done
#endif
                :: else
                fi
            fi
        od;
        assert(LESS(head_seen, mine) <= SLOTS);
        count = 1;
        if
        :: LESS(head_seen, mine) >= 2 -> count = 2
        :: true
        fi;
#ifdef BROKEN_FREE_FIRST
        tail = (mine + count) % MODULUS;
#endif
        i = 0;
        do
        :: i < count ->
            assert(slot[((mine + i) % MODULUS) % SLOTS] == received + 1);
            received++;
            i++
        :: else -> break
        od;
        mine = (mine + count) % MODULUS;
        tail = mine
    od;
done:
    assert(received >= owed && received <= published)
}

/* May close at any moment. */
proctype third()
{
    if
    :: closed = 1
    :: true
    fi
}

init
{
    atomic {
        run producer();
        run consumer();
        run third()
    }
}
