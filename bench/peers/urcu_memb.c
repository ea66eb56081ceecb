/* urcu_memb.c - liburcu's memb flavour as a peer: reads as inlined code (which its licence allows
 * to LGPL-compatible programs) and as calls into the library (what every other program gets). */
#define _LGPL_SOURCE
#include <stdint.h>
#include <urcu/urcu-memb.h>

/* The same functions in the library. */
#undef urcu_memb_read_lock
#undef urcu_memb_read_unlock
extern void urcu_memb_read_lock(void);
extern void urcu_memb_read_unlock(void);

static uint32_t *current;

void urcu_peer_open(uint32_t *first)
{
    urcu_memb_register_thread();
    current = first;
}

void urcu_peer_close(void) { urcu_memb_unregister_thread(); }

/* Puts another version in place, waits until no reader has the old one, and gives that. */
uint32_t *urcu_peer_publish(uint32_t *version)
{
    uint32_t *before = rcu_xchg_pointer(&current, version);
    urcu_memb_synchronize_rcu();
    return before;
}

uint32_t urcu_peer_read_inline(uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        _urcu_memb_read_lock();
        sum += *(const volatile uint32_t *)rcu_dereference(current);
        _urcu_memb_read_unlock();
    }
    return sum;
}

uint32_t urcu_peer_read_called(uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        urcu_memb_read_lock();
        sum += *(const volatile uint32_t *)rcu_dereference(current);
        urcu_memb_read_unlock();
    }
    return sum;
}

/* `batch` reads in one section. */
uint32_t urcu_peer_read_many(uint32_t count, uint32_t batch)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i += batch) {
        _urcu_memb_read_lock();
        for (uint32_t k = 0; k < batch; k++)
            sum += *(const volatile uint32_t *)rcu_dereference(current);
        _urcu_memb_read_unlock();
    }
    return sum;
}
