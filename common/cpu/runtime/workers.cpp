// The OS threads that run blocks: started once, asleep between launches.
#include <sched.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "worker.h"

namespace gpu
{

namespace
{

unsigned usable_cores()
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
#endif
    unsigned cores = std::thread::hardware_concurrency();
    return cores ? cores : 1;
}

void relax()
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Waking a sleeping thread takes longer than many a kernel, so a waiting one first looks around for a few microseconds.
template <class Condition> bool spin_until(Condition condition)
{
    for (int i = 0; i < 2000; ++i) {
        if (condition())
            return true;
        relax();
    }
    return false;
}

// Never destroyed: its threads may still wait in it when the program ends.
struct Pool {
    std::mutex mutex;
    std::condition_variable call, done;
    std::atomic<unsigned long> number{0}; // of the current job
    std::atomic<unsigned> busy{0};        // helpers that have not finished it
    Job *job = nullptr;
    unsigned threads = 0, wanted = 0;

    void serve(unsigned rank)
    {
        prepare_signal_stack();
        unsigned long seen = 0;
        for (;;) {
            spin_until([&] { return number.load(std::memory_order_acquire) != seen; });
            Job *mine;
            {
                std::unique_lock<std::mutex> lock(mutex);
                call.wait(lock, [&] { return number.load() != seen; });
                seen = number.load();
                mine = rank < wanted ? job : nullptr;
            }
            if (!mine)
                continue;
            work(*mine);
            if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                std::lock_guard<std::mutex> lock(mutex);
                done.notify_one();
            }
        }
    }

    void run(Job &next, unsigned helpers)
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            for (; threads < helpers; ++threads)
                std::thread([this, rank = threads] { serve(rank); }).detach();
            job = &next;
            wanted = helpers;
            busy.store(helpers);
            number.fetch_add(1, std::memory_order_release);
        }
        call.notify_all();
        work(next);
        if (!spin_until([&] { return busy.load(std::memory_order_acquire) == 0; })) {
            std::unique_lock<std::mutex> lock(mutex);
            done.wait(lock, [&] { return busy.load() == 0; });
        }
    }
};

} // namespace

unsigned worker_count()
{
    static const unsigned count = (unsigned)environment_number("GPU_WORKERS", 1, 1024, usable_cores());
    return count;
}

void work_together(Job &job, unsigned helpers)
{
    prepare_signal_stack();
    if (helpers == 0) {
        work(job);
        return;
    }
    static Pool *pool = new Pool;
    pool->run(job, helpers);
}

struct GridBarrier::State {
    std::mutex mutex;
    std::condition_variable open;
    unsigned blocks, arrived = 0;
    unsigned long round = 0;
    bool abandoned = false;
};

GridBarrier::GridBarrier(unsigned blocks) : state(new State)
{
    state->blocks = blocks;
}

GridBarrier::~GridBarrier() = default;

void GridBarrier::wait()
{
    std::unique_lock<std::mutex> lock(state->mutex);
    unsigned long round = state->round;
    if (++state->arrived == state->blocks) {
        state->arrived = 0;
        ++state->round;
        state->open.notify_all();
    } else {
        state->open.wait(lock, [&] { return state->round != round || state->abandoned; });
    }
}

void GridBarrier::leave()
{
    std::lock_guard<std::mutex> lock(state->mutex);
    if (--state->blocks == state->arrived && state->arrived) {
        state->arrived = 0;
        ++state->round;
        state->open.notify_all();
    }
}

void GridBarrier::abandon()
{
    std::lock_guard<std::mutex> lock(state->mutex);
    state->abandoned = true;
    state->open.notify_all();
}

} // namespace gpu
