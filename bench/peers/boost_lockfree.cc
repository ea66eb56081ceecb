/* boost_lockfree.cc - boost::lockfree's queues as peers of the ring. */
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#if defined(__x86_64__) || defined(__i386__)
#include <emmintrin.h>
#define PEER_PAUSE() _mm_pause()
#else
#define PEER_PAUSE() ((void)0)
#endif

typedef boost::lockfree::spsc_queue<std::uint64_t> spsc;
typedef boost::lockfree::queue<std::uint64_t, boost::lockfree::fixed_sized<true>> mpmc;

extern "C" {
void *peer_boost_make(int multi, uint32_t capacity);
void peer_boost_free(int multi, void *made);
void peer_boost_produce(int multi, void *made, uint64_t count);
uint64_t peer_boost_consume(int multi, void *made, uint64_t count);
}

void *peer_boost_make(int multi, uint32_t capacity)
{
    if (multi) return new mpmc(capacity);
    return new spsc(capacity);
}

void peer_boost_free(int multi, void *made)
{
    if (multi)
        delete static_cast<mpmc *>(made);
    else
        delete static_cast<spsc *>(made);
}

template <typename queue> static void produce(queue *q, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        while (!q->push(i)) PEER_PAUSE();
}

template <typename queue> static uint64_t consume(queue *q, uint64_t count)
{
    uint64_t sum = 0, value = 0;
    for (uint64_t i = 0; i < count; i++) {
        while (!q->pop(value)) PEER_PAUSE();
        sum += value;
    }
    return sum;
}

void peer_boost_produce(int multi, void *made, uint64_t count)
{
    if (multi)
        produce(static_cast<mpmc *>(made), count);
    else
        produce(static_cast<spsc *>(made), count);
}

uint64_t peer_boost_consume(int multi, void *made, uint64_t count)
{
    return multi ? consume(static_cast<mpmc *>(made), count)
                 : consume(static_cast<spsc *>(made), count);
}
