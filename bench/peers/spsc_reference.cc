/* spsc_reference.cc - a plain, well-made C++ queue for one producer and one consumer, to measure
 * ours against. The design is Erik Rigtorp's SPSCQueue: a power of two of elements, an atomic index
 * a side on a cache line of its own, and beside it the last value seen of the other side's. The
 * blocking form adds C++20's atomic wait and notify, which sleep on a futex and skip the call if
 * nobody waits. */
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#if defined(__x86_64__) || defined(__i386__)
#include <emmintrin.h>
#define PEER_PAUSE() _mm_pause()
#else
#define PEER_PAUSE() ((void)0)
#endif

namespace {

constexpr std::size_t line = 64;

template <typename T> class spsc_queue
{
  public:
    explicit spsc_queue(std::uint32_t capacity) : mask_(capacity - 1), slots_(new T[capacity]) {}
    ~spsc_queue() { delete[] slots_; }
    spsc_queue(const spsc_queue &) = delete;
    spsc_queue &operator=(const spsc_queue &) = delete;

    bool try_push(const T &value)
    {
        const std::uint32_t write = write_.load(std::memory_order_relaxed);
        if (write - read_seen_ > mask_) {
            read_seen_ = read_.load(std::memory_order_acquire);
            if (write - read_seen_ > mask_) return false;
        }
        slots_[write & mask_] = value;
        write_.store(write + 1, std::memory_order_release);
        return true;
    }

    bool try_pop(T &value)
    {
        const std::uint32_t read = read_.load(std::memory_order_relaxed);
        if (read == write_seen_) {
            write_seen_ = write_.load(std::memory_order_acquire);
            if (read == write_seen_) return false;
        }
        value = slots_[read & mask_];
        read_.store(read + 1, std::memory_order_release);
        return true;
    }

#if __cplusplus >= 202002L
    void push(const T &value)
    {
        while (!try_push(value)) read_.wait(read_seen_, std::memory_order_acquire);
        write_.notify_one();
    }

    void pop(T &value)
    {
        while (!try_pop(value)) write_.wait(write_seen_, std::memory_order_acquire);
        read_.notify_one();
    }
#endif

  private:
    const std::uint32_t mask_;
    T *const slots_;
    alignas(line) std::atomic<std::uint32_t> write_{0};
    alignas(line) std::uint32_t read_seen_ = 0;
    alignas(line) std::atomic<std::uint32_t> read_{0};
    alignas(line) std::uint32_t write_seen_ = 0;
    char pad_[line];
};

typedef spsc_queue<std::uint64_t> queue;

} // namespace

extern "C" {
void *peer_spsc_make(uint32_t capacity);
void peer_spsc_free(void *made);
void peer_spsc_produce(void *made, uint64_t count);
uint64_t peer_spsc_consume(void *made, uint64_t count);
void peer_spsc_ping(void *there, void *back, uint64_t count, int blocking);
void peer_spsc_pong(void *there, void *back, uint64_t count, int blocking);
}

void *peer_spsc_make(uint32_t capacity) { return new queue(capacity); }
void peer_spsc_free(void *made) { delete static_cast<queue *>(made); }

void peer_spsc_produce(void *made, uint64_t count)
{
    queue *q = static_cast<queue *>(made);
    for (uint64_t i = 0; i < count; i++)
        while (!q->try_push(i)) PEER_PAUSE();
}

uint64_t peer_spsc_consume(void *made, uint64_t count)
{
    queue *q = static_cast<queue *>(made);
    uint64_t sum = 0, value = 0;
    for (uint64_t i = 0; i < count; i++) {
        while (!q->try_pop(value)) PEER_PAUSE();
        sum += value;
    }
    return sum;
}

void peer_spsc_ping(void *there, void *back, uint64_t count, int blocking)
{
    queue *out = static_cast<queue *>(there), *in = static_cast<queue *>(back);
    uint64_t value = 0;
    for (uint64_t i = 0; i < count; i++) {
#if __cplusplus >= 202002L
        if (blocking) {
            out->push(i);
            in->pop(value);
            continue;
        }
#endif
        (void)blocking;
        while (!out->try_push(i)) PEER_PAUSE();
        while (!in->try_pop(value)) PEER_PAUSE();
    }
}

void peer_spsc_pong(void *there, void *back, uint64_t count, int blocking)
{
    queue *in = static_cast<queue *>(there), *out = static_cast<queue *>(back);
    uint64_t value = 0;
    for (uint64_t i = 0; i < count; i++) {
#if __cplusplus >= 202002L
        if (blocking) {
            in->pop(value);
            out->push(value);
            continue;
        }
#endif
        (void)blocking;
        while (!in->try_pop(value)) PEER_PAUSE();
        while (!out->try_push(value)) PEER_PAUSE();
    }
}
