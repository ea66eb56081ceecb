/* ring_multi.pml - the MPMC ring: two producers and two consumers on two slots with sequence
 * numbers.
 *
 * modelled: claims and peeks of one or two slots by one compare-and-swap, slots given back unused,
 *   handing over in falling order, a message of three slots (more than the ring has) whose numbers
 *   are taken at once, numbers that wrap (modulo 16), close after the last record, drain.
 *   Producer 0 sends the message 1 2 3 and then record 4; producer 1 sends records 1 and 2.
 * abstracted: memory is sequentially consistent, which acquire and release on the one sequence
 *   number of a slot, and the swaps, are for its payload; waiting is a blocked statement.
 * proved: everything arrives once; a consumer sees the records of one producer in order; a message
 *   comes to one consumer, whole and uninterrupted; no slot is written while it is held; a number
 *   found taken is always behind the index loaded afterwards (else the C code would report damage);
 *   nobody is stuck.
 *
 * pan: -DSAFETY -DCOLLAPSE
 * mutation: BROKEN_NO_SWAP - head is loaded and stored, not compared and swapped
 * mutation: BROKEN_FREE_SEQ - a freed slot gets its number + 1 instead of + slots
 * mutation: BROKEN_PUBLISH_FIRST - the sequence number is stored before the payload
 * mutation: BROKEN_FIRST_ONLY - a claim of two looks at the first sequence number only
 * mutation: BROKEN_MESSAGE_PIECES - a message's numbers are taken one by one
 * mutation: BROKEN_LAST_LOOK - a consumer sees closed and leaves without looking again */

#define SLOTS 2
#define MODULUS 16
#define FIRST 13
#define RECORD 0
#define BEGIN 1
#define REST 2
#define NOTHING 3
#define SEQ(n) seq[(n) % SLOTS]
#define AT(n, k) (((n) + (k)) % MODULUS)
#define AHEAD(s, n) ((s) != (n) && ((s) + MODULUS - (n)) % MODULUS < MODULUS / 2)

byte head = FIRST, tail = FIRST;
byte seq[SLOTS], tag[SLOTS], value[SLOTS]; /* value: producer * 8 + record */
bool held[SLOTS];                          /* somebody reads or writes the payload */
bool got[16];
byte working = 2, closed = 0;

/* Takes `most` numbers, or fewer: p is the first, n how many. */
inline claim(most)
{
    do
    :: true ->
        p = head;
        s = SEQ(p);
        if
        :: s == p ->
            n = 1;
            if
#ifdef BROKEN_FIRST_ONLY
            :: most >= 2 -> n = 2
#else
            :: most >= 2 && SEQ(AT(p, 1)) == AT(p, 1) -> n = 2
#endif
            :: true
            fi;
#ifdef BROKEN_NO_SWAP
            head = AT(p, n);
            break
#else
            atomic {
                if
                :: head == p -> head = AT(p, n); break
                :: else
                fi
            }
#endif
        :: s != p && AHEAD(s, p) -> assert(head != p)
        :: else -> (head != p || SEQ(p) != s)
        fi
    od
}

/* Fills a slot that is this producer's. */
inline fill(number, what, content)
{
    atomic {
        assert(SEQ(number) == number && !held[(number) % SLOTS]);
        held[(number) % SLOTS] = true;
#ifdef BROKEN_PUBLISH_FIRST
        SEQ(number) = AT(number, 1)
#endif
    };
    atomic {
        tag[(number) % SLOTS] = what;
        value[(number) % SLOTS] = content;
        held[(number) % SLOTS] = false
    }
}

inline publish(number) { SEQ(number) = AT(number, 1) }

/* Records a and a + 1, or only a; *done is how many. */
inline send_records(a, most)
{
    claim(most);
    fill(p, RECORD, me * 8 + a);
    if
    :: n == 2 ->
        if
        :: fill(AT(p, 1), RECORD, me * 8 + a + 1); done = 2
        :: fill(AT(p, 1), NOTHING, 0); done = 1
        fi;
        publish(AT(p, 1))
    :: else -> done = 1
    fi;
    publish(p)
}

inline send_message()
{
#ifdef BROKEN_MESSAGE_PIECES
    claim(1);
    fill(p, BEGIN, 1);
    publish(p);
    claim(1);
    fill(p, REST, 2);
    publish(p);
    claim(1);
    fill(p, REST, 3);
    publish(p)
#else
    do
    :: true ->
        p = head;
        s = SEQ(p);
        if
        :: s == p ->
            atomic {
                if
                :: head == p -> head = AT(p, 3); break
                :: else
                fi
            }
        :: s != p && AHEAD(s, p) -> assert(head != p)
        :: else -> (head != p || SEQ(p) != s)
        fi
    od;
    fill(p, BEGIN, 1);
    publish(p);
    (SEQ(AT(p, 1)) == AT(p, 1));
    fill(AT(p, 1), REST, 2);
    publish(AT(p, 1));
    (SEQ(AT(p, 2)) == AT(p, 2));
    fill(AT(p, 2), REST, 3);
    publish(AT(p, 2))
#endif
}

proctype producer(byte me)
{
    byte p, s, n, done, next = 1;
    do
    :: me == 0 && next == 1 -> send_message(); next = 4
    :: me == 0 && next == 4 -> send_records(next, 1); next = next + done
    :: me == 1 && next <= 2 -> send_records(next, 3 - next); next = next + done
    :: else -> break
    od;
    atomic {
        working--;
        if
        :: working == 0 -> closed = 1
        :: else
        fi
    }
}

/* Reads a slot that is this consumer's. */
inline take(number, what)
{
    atomic {
        assert(!held[(number) % SLOTS] && tag[(number) % SLOTS] == what);
        held[(number) % SLOTS] = true
    };
    atomic {
        if
        :: what != NOTHING ->
            n = value[(number) % SLOTS];
            assert(!got[n]);
            got[n] = true;
            assert(n % 8 > seen[n / 8]);
            seen[n / 8] = n % 8;
            n = 0
        :: else
        fi;
        held[(number) % SLOTS] = false
    }
}

inline give_back(number)
{
#ifdef BROKEN_FREE_SEQ
    SEQ(number) = AT(number, 1)
#else
    SEQ(number) = AT(number, SLOTS)
#endif
}

proctype consumer()
{
    byte p, s, n, t, last = 0;
    byte seen[2];
    do
    :: true ->
        p = tail;
        s = SEQ(p);
        if
        :: s == AT(p, 1) ->
            t = tag[p % SLOTS];
            n = 1;
            if
            :: t == RECORD && SEQ(AT(p, 1)) == AT(p, 2) && tag[(p + 1) % SLOTS] == RECORD -> n = 2
            :: t == BEGIN -> n = 3
            :: t != BEGIN
            fi;
            atomic {
                if
                :: tail == p -> tail = AT(p, n)
                :: else -> n = 0
                fi
            };
            if
            :: n == 0
            :: n == 3 ->
                take(p, BEGIN);
                give_back(p);
                (SEQ(AT(p, 1)) == AT(p, 2));
                take(AT(p, 1), REST);
                give_back(AT(p, 1));
                (SEQ(AT(p, 2)) == AT(p, 3));
                take(AT(p, 2), REST);
                give_back(AT(p, 2))
            :: n == 2 ->
                take(p, RECORD);
                take(AT(p, 1), RECORD);
                give_back(AT(p, 1));
                give_back(p)
            :: n == 1 -> take(p, t); give_back(p)
            fi
        :: s != AT(p, 1) && AHEAD(s, AT(p, 1)) -> assert(tail != p)
        :: else ->
            if
            :: last -> break
            :: else ->
                (tail != p || SEQ(p) != s || closed);
                if
                :: closed ->
                    last = 1;
#ifdef BROKEN_LAST_LOOK
                    break
#endif
                :: else
                fi
            fi
        fi
    od
}

init
{
    atomic {
        seq[FIRST % SLOTS] = FIRST;
        seq[(FIRST + 1) % SLOTS] = FIRST + 1;
        run producer(0);
        run producer(1);
        run consumer();
        run consumer()
    };
    (_nr_pr == 1);
    assert(got[1] && got[2] && got[3] && got[4] && got[9] && got[10])
}
