// Atomic operations: read, change and write a word in one step, whatever the other threads do. All
// return the value from before. As on a GPU they order nothing else (relaxed): who needs an order
// between an atomic and other memory writes a fence.
//
// Two threads that add floats in another order get another last digit: the result of a float
// atomicAdd over a grid differs from run to run, here as on a device.
#ifndef GPU_ATOMIC_H
#define GPU_ATOMIC_H

#include "engine.h"

namespace gpu
{

// Keeps a parameter out of template deduction, so that atomicAdd(&some_float, 1) adds 1.0f.
template <class T> struct SameType {
    using Type = T;
};
template <class T> using Same = typename SameType<T>::Type;

template <class T, class... Allowed> using IfOneOf = std::enable_if_t<(std::is_same<T, Allowed>::value || ...), int>;

// The types that HIP's operations take.
template <class T> using IfBits = IfOneOf<T, int, unsigned, unsigned long, unsigned long long>;
template <class T> using IfNumber = IfOneOf<T, int, unsigned, unsigned long, unsigned long long, float, double>;
template <class T>
using IfOrdered = IfOneOf<T, int, unsigned, long, unsigned long, long long, unsigned long long, float, double>;

// *address = change(*address) in one step: computes the new value and stores it only if nobody has
// changed the old one meanwhile, else tries again.
template <class T, class Change> T atomic_update(T *address, Change change)
{
    T before, after;
    __atomic_load(address, &before, __ATOMIC_RELAXED);
    do
        after = change(before);
    while (!__atomic_compare_exchange(address, &before, &after, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return before;
}

// Programs wait for others by repeating an atomic that changes nothing: atomicAdd(&flag, 0) == 0.
template <class T> void take_turn_if_polling(T value)
{
    if (value == 0)
        take_turn();
}

} // namespace gpu

template <class T, gpu::IfNumber<T> = 0> T atomicAdd(T *address, gpu::Same<T> value)
{
    gpu::take_turn_if_polling(value);
    if constexpr (std::is_integral<T>::value)
        return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
    else
        return gpu::atomic_update(address, [=](T before) { return before + value; });
}

template <class T, gpu::IfNumber<T> = 0> T atomicSub(T *address, gpu::Same<T> value)
{
    gpu::take_turn_if_polling(value);
    if constexpr (std::is_integral<T>::value)
        return __atomic_fetch_sub(address, value, __ATOMIC_RELAXED);
    else
        return gpu::atomic_update(address, [=](T before) { return before - value; });
}

template <class T, gpu::IfOrdered<T> = 0> T atomicMin(T *address, gpu::Same<T> value)
{
    return gpu::atomic_update(address, [=](T before) { return value < before ? value : before; });
}

template <class T, gpu::IfOrdered<T> = 0> T atomicMax(T *address, gpu::Same<T> value)
{
    return gpu::atomic_update(address, [=](T before) { return before < value ? value : before; });
}

template <class T, gpu::IfBits<T> = 0> T atomicAnd(T *address, gpu::Same<T> value)
{
    return __atomic_fetch_and(address, value, __ATOMIC_RELAXED);
}

template <class T, gpu::IfBits<T> = 0> T atomicOr(T *address, gpu::Same<T> value)
{
    gpu::take_turn_if_polling(value);
    return __atomic_fetch_or(address, value, __ATOMIC_RELAXED);
}

template <class T, gpu::IfBits<T> = 0> T atomicXor(T *address, gpu::Same<T> value)
{
    return __atomic_fetch_xor(address, value, __ATOMIC_RELAXED);
}

// Exchange and compare-and-swap are what locks are made of: a thread that does not get the lock must
// let the thread run that has it.
template <class T, gpu::IfNumber<T> = 0> T atomicExch(T *address, gpu::Same<T> value)
{
    gpu::take_turn();
    T before;
    __atomic_exchange(address, &value, &before, __ATOMIC_RELAXED);
    return before;
}

// Stores `value` if *address equals `expected`, bit by bit.
template <class T, gpu::IfNumber<T> = 0> T atomicCAS(T *address, gpu::Same<T> expected, gpu::Same<T> value)
{
    gpu::take_turn();
    __atomic_compare_exchange(address, &expected, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return expected; // holds the old value in both cases
}

// Counts 0, 1, ..., limit, 0, 1, ...
inline unsigned atomicInc(unsigned *address, unsigned limit)
{
    return gpu::atomic_update(address, [=](unsigned before) { return before >= limit ? 0 : before + 1; });
}

// Counts limit, limit - 1, ..., 0, limit, ...
inline unsigned atomicDec(unsigned *address, unsigned limit)
{
    return gpu::atomic_update(address,
                              [=](unsigned before) { return before == 0 || before > limit ? limit : before - 1; });
}

// The reach of an atomic, one block or the whole system: all of it is one coherent memory here.
#define GPU_ATOMIC_REACH(NAME)                                                                                         \
    template <class T> T NAME##_system(T *address, gpu::Same<T> value)                                                 \
    {                                                                                                                  \
        return NAME(address, value);                                                                                   \
    }                                                                                                                  \
    template <class T> T NAME##_block(T *address, gpu::Same<T> value)                                                  \
    {                                                                                                                  \
        return NAME(address, value);                                                                                   \
    }
GPU_ATOMIC_REACH(atomicAdd)
GPU_ATOMIC_REACH(atomicSub)
GPU_ATOMIC_REACH(atomicMin)
GPU_ATOMIC_REACH(atomicMax)
GPU_ATOMIC_REACH(atomicAnd)
GPU_ATOMIC_REACH(atomicOr)
GPU_ATOMIC_REACH(atomicXor)
GPU_ATOMIC_REACH(atomicExch)
GPU_ATOMIC_REACH(atomicInc)
GPU_ATOMIC_REACH(atomicDec)
#undef GPU_ATOMIC_REACH

template <class T> T atomicCAS_system(T *address, gpu::Same<T> expected, gpu::Same<T> value)
{
    return atomicCAS(address, expected, value);
}

template <class T> T atomicCAS_block(T *address, gpu::Same<T> expected, gpu::Same<T> value)
{
    return atomicCAS(address, expected, value);
}

// AMD's choice between a fast atomic add and one that is right for every kind of memory.
inline float unsafeAtomicAdd(float *address, float value)
{
    return atomicAdd(address, value);
}

inline double unsafeAtomicAdd(double *address, double value)
{
    return atomicAdd(address, value);
}

inline float safeAtomicAdd(float *address, float value)
{
    return atomicAdd(address, value);
}

inline double safeAtomicAdd(double *address, double value)
{
    return atomicAdd(address, value);
}

inline void atomicAddNoRet(float *address, float value)
{
    atomicAdd(address, value);
}

// AMD's atomics with an explicit order and reach. The strongest of both serves for all. They are macros
// because clang++ has builtins of these names, which would not let other threads run in a spin loop.
#define __HIP_MEMORY_SCOPE_SINGLETHREAD 1
#define __HIP_MEMORY_SCOPE_WAVEFRONT    2
#define __HIP_MEMORY_SCOPE_WORKGROUP    3
#define __HIP_MEMORY_SCOPE_AGENT        4
#define __HIP_MEMORY_SCOPE_SYSTEM       5

namespace gpu
{

template <class T> T ordered_load(const T *address)
{
    take_turn();
    T value;
    __atomic_load(address, &value, __ATOMIC_SEQ_CST);
    return value;
}

template <class T> void ordered_store(T *address, Same<T> value)
{
    __atomic_store(address, &value, __ATOMIC_SEQ_CST);
}

template <class T> T ordered_exchange(T *address, Same<T> value)
{
    take_turn();
    T before;
    __atomic_exchange(address, &value, &before, __ATOMIC_SEQ_CST);
    return before;
}

template <class T> bool ordered_compare_exchange(T *address, T *expected, Same<T> value)
{
    take_turn();
    return __atomic_compare_exchange(address, expected, &value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

template <class T, class Change> T ordered_update(T *address, Change change)
{
    T before = ordered_load(address), after;
    do
        after = change(before);
    while (!__atomic_compare_exchange(address, &before, &after, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return before;
}

template <class T> T ordered_add(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return T(x + value); });
}

template <class T> T ordered_and(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return T(x & value); });
}

template <class T> T ordered_or(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return T(x | value); });
}

template <class T> T ordered_xor(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return T(x ^ value); });
}

template <class T> T ordered_min(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return value < x ? value : x; });
}

template <class T> T ordered_max(T *p, Same<T> value)
{
    return ordered_update(p, [=](T x) { return x < value ? value : x; });
}

} // namespace gpu

#define __hip_atomic_load(address, order, scope)            gpu::ordered_load(address)
#define __hip_atomic_store(address, value, order, scope)    gpu::ordered_store(address, value)
#define __hip_atomic_exchange(address, value, order, scope) gpu::ordered_exchange(address, value)
#define __hip_atomic_compare_exchange_strong(address, expected, value, order, failure, scope)                          \
    gpu::ordered_compare_exchange(address, expected, value)
#define __hip_atomic_compare_exchange_weak(address, expected, value, order, failure, scope)                            \
    gpu::ordered_compare_exchange(address, expected, value)
#define __hip_atomic_fetch_add(address, value, order, scope) gpu::ordered_add(address, value)
#define __hip_atomic_fetch_and(address, value, order, scope) gpu::ordered_and(address, value)
#define __hip_atomic_fetch_or(address, value, order, scope)  gpu::ordered_or(address, value)
#define __hip_atomic_fetch_xor(address, value, order, scope) gpu::ordered_xor(address, value)
#define __hip_atomic_fetch_min(address, value, order, scope) gpu::ordered_min(address, value)
#define __hip_atomic_fetch_max(address, value, order, scope) gpu::ordered_max(address, value)

#endif
