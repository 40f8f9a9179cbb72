// Barriers of the block, and memory fences.
#ifndef GPU_SYNC_H
#define GPU_SYNC_H

#include "engine.h"

// Waits for all threads of the block that have not returned; what they wrote is then visible to all.
inline void __syncthreads()
{
    gpu::barrier();
}

// The same, and all threads get the number of those that passed a true predicate.
inline int __syncthreads_count(int predicate)
{
    return (int)gpu::barrier_count(predicate != 0);
}

inline int __syncthreads_and(int predicate)
{
    unsigned total;
    unsigned count = gpu::barrier_count(predicate != 0, &total);
    return count == total;
}

inline int __syncthreads_or(int predicate)
{
    return gpu::barrier_count(predicate != 0) != 0;
}

// What this thread wrote before the fence is seen before what it writes after. No barrier: nobody
// waits. But a thread that spins until another one has written usually has a fence in its loop, so
// this is a good place to let the others run.
inline void __threadfence()
{
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtsan" // g++ says that its own race detector ignores fences; ours does not
#endif
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
    gpu::take_turn();
}

// The caches of the host are coherent, so the three reaches of a fence cost and do the same here.
inline void __threadfence_block()
{
    __threadfence();
}

inline void __threadfence_system()
{
    __threadfence();
}

#endif
