// Queues of C++ libraries, for numbers, behind one face of C functions: the other half of src/cpp.rs.
//
// build.rs says which headers there are, and where. A library that is not there has a null pointer for a face. A call through
// a face costs a nanosecond or two that a C++ program would not pay: the compiler cannot look through it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <thread>

struct Face {
    void *(*make)(std::size_t capacity);
    void (*destroy)(void *queue);
    void (*put)(void *queue, std::uint64_t item);
    bool (*try_put)(void *queue, std::uint64_t item);
    std::uint64_t (*get)(void *queue);
    bool (*try_get)(void *queue, std::uint64_t *item);
};

namespace {

template <class Queue>
constexpr Face face = {
    [](std::size_t capacity) noexcept -> void * { return new Queue(capacity); },
    [](void *queue) noexcept { delete static_cast<Queue *>(queue); },
    [](void *queue, std::uint64_t item) noexcept { static_cast<Queue *>(queue)->put(item); },
    [](void *queue, std::uint64_t item) noexcept -> bool { return static_cast<Queue *>(queue)->try_put(item); },
    [](void *queue) noexcept -> std::uint64_t { return static_cast<Queue *>(queue)->get(); },
    [](void *queue, std::uint64_t *item) noexcept -> bool { return static_cast<Queue *>(queue)->try_get(item); },
};

// For queues that cannot wait: asks again and again. They take part where nobody has to.
template <class Queue>
struct Asking : Queue {
    using Queue::Queue;
    void put(std::uint64_t item) {
        while (!this->try_put(item)) std::this_thread::yield();
    }
    std::uint64_t get() {
        std::uint64_t item;
        while (!this->try_get(&item)) std::this_thread::yield();
        return item;
    }
};

} // namespace

#ifdef TOLLGATE_MOODYCAMEL
#include TOLLGATE_MOODYCAMEL
#include TOLLGATE_MOODYCAMEL_BLOCKING
namespace {
// Unbounded: `try_enqueue` would refuse where memory is to be had.
struct MoodycamelTries {
    moodycamel::ConcurrentQueue<std::uint64_t> queue;
    explicit MoodycamelTries(std::size_t) {}
    bool try_put(std::uint64_t item) { return queue.enqueue(item); }
    bool try_get(std::uint64_t *item) { return queue.try_dequeue(*item); }
};
struct MoodycamelBlocking {
    moodycamel::BlockingConcurrentQueue<std::uint64_t> queue;
    explicit MoodycamelBlocking(std::size_t) {}
    void put(std::uint64_t item) {
        if (!queue.enqueue(item)) std::abort();
    }
    bool try_put(std::uint64_t item) { return queue.enqueue(item); }
    std::uint64_t get() {
        std::uint64_t item;
        queue.wait_dequeue(item);
        return item;
    }
    bool try_get(std::uint64_t *item) { return queue.try_dequeue(*item); }
};
const Face *const moodycamel_face = &face<Asking<MoodycamelTries>>;
const Face *const moodycamel_blocking_face = &face<MoodycamelBlocking>;
} // namespace
#define MOODYCAMEL_VERSION "moodycamel (its headers name no version)\n"
#else
namespace {
const Face *const moodycamel_face = nullptr;
const Face *const moodycamel_blocking_face = nullptr;
} // namespace
#define MOODYCAMEL_VERSION ""
#endif

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

#ifdef TOLLGATE_TBB
#include <tbb/concurrent_priority_queue.h>
#include <tbb/concurrent_queue.h>
#include <tbb/version.h>
namespace {
struct TbbTries {
    tbb::concurrent_queue<std::uint64_t> queue;
    explicit TbbTries(std::size_t) {}
    bool try_put(std::uint64_t item) {
        queue.push(item);
        return true;
    }
    bool try_get(std::uint64_t *item) { return queue.try_pop(*item); }
};
struct TbbBounded {
    tbb::concurrent_bounded_queue<std::uint64_t> queue;
    explicit TbbBounded(std::size_t capacity) {
        if (capacity != 0) queue.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }
    void put(std::uint64_t item) { queue.push(item); }
    bool try_put(std::uint64_t item) { return queue.try_push(item); }
    std::uint64_t get() {
        std::uint64_t item;
        queue.pop(item);
        return item;
    }
    bool try_get(std::uint64_t *item) { return queue.try_pop(*item); }
};
// The smallest comes first.
struct TbbHeapTries {
    tbb::concurrent_priority_queue<std::uint64_t, std::greater<std::uint64_t>> queue;
    explicit TbbHeapTries(std::size_t) {}
    bool try_put(std::uint64_t item) {
        queue.push(item);
        return true;
    }
    bool try_get(std::uint64_t *item) { return queue.try_pop(*item); }
};
const Face *const tbb_face = &face<Asking<TbbTries>>;
const Face *const tbb_bounded_face = &face<TbbBounded>;
const Face *const tbb_heap_face = &face<Asking<TbbHeapTries>>;
} // namespace
#define TBB_NAME "TBB " TEXT(TBB_VERSION_MAJOR) "." TEXT(TBB_VERSION_MINOR) "\n"
#else
namespace {
const Face *const tbb_face = nullptr;
const Face *const tbb_bounded_face = nullptr;
const Face *const tbb_heap_face = nullptr;
} // namespace
#define TBB_NAME ""
#endif

#ifdef TOLLGATE_BOOST
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/stack.hpp>
#include <boost/version.hpp>
namespace {
// Nodes for so many items are made at once; more are made as they are needed, and kept.
template <class Container>
struct BoostTries {
    Container container;
    explicit BoostTries(std::size_t capacity) : container(capacity == 0 ? 128 : capacity) {}
    bool try_put(std::uint64_t item) { return container.push(item); }
    bool try_get(std::uint64_t *item) { return container.pop(*item); }
};
const Face *const boost_face = &face<Asking<BoostTries<boost::lockfree::queue<std::uint64_t>>>>;
const Face *const boost_stack_face = &face<Asking<BoostTries<boost::lockfree::stack<std::uint64_t>>>>;
} // namespace
#define BOOST_NAME "Boost.Lockfree of Boost " BOOST_LIB_VERSION "\n"
#else
namespace {
const Face *const boost_face = nullptr;
const Face *const boost_stack_face = nullptr;
} // namespace
#define BOOST_NAME ""
#endif

extern "C" {
extern const Face *const tollgate_moodycamel, *const tollgate_moodycamel_blocking;
extern const Face *const tollgate_tbb, *const tollgate_tbb_bounded, *const tollgate_tbb_heap;
extern const Face *const tollgate_boost, *const tollgate_boost_stack;
const char *tollgate_cpp_versions() noexcept;
}

const Face *const tollgate_moodycamel = moodycamel_face;
const Face *const tollgate_moodycamel_blocking = moodycamel_blocking_face;
const Face *const tollgate_tbb = tbb_face;
const Face *const tollgate_tbb_bounded = tbb_bounded_face;
const Face *const tollgate_tbb_heap = tbb_heap_face;
const Face *const tollgate_boost = boost_face;
const Face *const tollgate_boost_stack = boost_stack_face;

// A line each.
const char *tollgate_cpp_versions() noexcept { return MOODYCAMEL_VERSION TBB_NAME BOOST_NAME; }
