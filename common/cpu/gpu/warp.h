// Warp operations: shuffles, votes and masks. The lanes of a warp exchange values without shared
// memory. With fibres each operation is one meeting (gpu::meet): every lane leaves a value, then reads the
// others'. In kernels that are cut, arrays take their place (fission.h).
//
// The forms without a mask take the lanes whose way leads to the same call; the _sync forms name the
// lanes that must come. `width` (a power of two) cuts the warp into groups that keep to themselves.
// The last two parameters, the caller's place in the source, are filled in by the compiler.
#ifndef GPU_WARP_H
#define GPU_WARP_H

#include <cstring>

#include "engine.h"

namespace gpu
{

// What a shuffle can carry: anything plain of at most 8 bytes. CUDA and HIP list int, unsigned,
// (unsigned) long, (unsigned) long long, float, double and half, and convert the smaller ones.
template <class T> uint64_t pack(T value)
{
    static_assert(std::is_trivially_copyable<T>::value && sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T> T unpack(uint64_t bits)
{
    T value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// First lane of the caller's group. The width is checked, because with a warp of 32 a 64 that was
// written for another device would quietly read lanes that do not exist.
inline int group_start(int width)
{
    if (width < 1 || width > warpSize || (width & (width - 1)) != 0)
        fault(hipErrorInvalidValue, "shuffle width %d is not a power of two from 1 to the warp size, %d", width,
              warpSize);
    return (int)lane() & ~(width - 1);
}

// The value that lane `source` left; 0 if that lane did not come (a real device gives some bits).
template <class T> T value_of(const Meeting &meeting, int source)
{
    return unpack<T>(meeting.lanes >> source & 1 ? meeting.value[source] : 0);
}

} // namespace gpu

#define GPU_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

// The value of lane `source` of the group; source counts modulo the width.
template <class T> T __shfl_sync(uint64_t mask, T value, int source, int width = warpSize, GPU_HERE)
{
    int from = gpu::group_start(width) + (source & (width - 1));
    return gpu::value_of<T>(gpu::meet(gpu::pack(value), mask, file, line), from);
}

// The value of the lane `delta` below; the group's first `delta` lanes keep their own.
template <class T> T __shfl_up_sync(uint64_t mask, T value, unsigned delta, int width = warpSize, GPU_HERE)
{
    int self = (int)gpu::lane();
    unsigned rank = unsigned(self - gpu::group_start(width));
    int from = delta <= rank ? self - (int)delta : self;
    return gpu::value_of<T>(gpu::meet(gpu::pack(value), mask, file, line), from);
}

// The value of the lane `delta` above; the group's last `delta` lanes keep their own.
template <class T> T __shfl_down_sync(uint64_t mask, T value, unsigned delta, int width = warpSize, GPU_HERE)
{
    int self = (int)gpu::lane();
    unsigned above = unsigned(gpu::group_start(width) + width - 1 - self);
    int from = delta <= above ? self + (int)delta : self;
    return gpu::value_of<T>(gpu::meet(gpu::pack(value), mask, file, line), from);
}

// The value of the lane whose number differs in the bits of `lane_mask`. Reading from a lower group
// is allowed, from a higher one gives the lane's own value: so the manuals define it.
template <class T> T __shfl_xor_sync(uint64_t mask, T value, int lane_mask, int width = warpSize, GPU_HERE)
{
    int self = (int)gpu::lane(), from = self ^ lane_mask;
    if (from < 0 || from >= gpu::group_start(width) + width)
        from = self;
    return gpu::value_of<T>(gpu::meet(gpu::pack(value), mask, file, line), from);
}

template <class T> T __shfl(T value, int source, int width = warpSize, GPU_HERE)
{
    return __shfl_sync(gpu::whoever, value, source, width, file, line);
}

template <class T> T __shfl_up(T value, unsigned delta, int width = warpSize, GPU_HERE)
{
    return __shfl_up_sync(gpu::whoever, value, delta, width, file, line);
}

template <class T> T __shfl_down(T value, unsigned delta, int width = warpSize, GPU_HERE)
{
    return __shfl_down_sync(gpu::whoever, value, delta, width, file, line);
}

template <class T> T __shfl_xor(T value, int lane_mask, int width = warpSize, GPU_HERE)
{
    return __shfl_xor_sync(gpu::whoever, value, lane_mask, width, file, line);
}

// Bit i of a ballot: lane i came with a true predicate. 64 bits, whatever the size of the warp.
inline unsigned long long __ballot_sync(uint64_t mask, int predicate, GPU_HERE)
{
    return gpu::meet(predicate != 0, mask, file, line).ballot;
}

inline int __any_sync(uint64_t mask, int predicate, GPU_HERE)
{
    return gpu::meet(predicate != 0, mask, file, line).ballot != 0;
}

inline int __all_sync(uint64_t mask, int predicate, GPU_HERE)
{
    gpu::Meeting meeting = gpu::meet(predicate != 0, mask, file, line);
    return meeting.ballot == meeting.lanes;
}

inline unsigned long long __ballot(int predicate, GPU_HERE)
{
    return __ballot_sync(gpu::whoever, predicate, file, line);
}

inline unsigned long long __ballot64(int predicate, GPU_HERE)
{
    return __ballot_sync(gpu::whoever, predicate, file, line);
}

inline int __any(int predicate, GPU_HERE)
{
    return __any_sync(gpu::whoever, predicate, file, line);
}

inline int __all(int predicate, GPU_HERE)
{
    return __all_sync(gpu::whoever, predicate, file, line);
}

inline void __syncwarp(uint64_t mask = gpu::whoever, GPU_HERE)
{
    gpu::meet(0, mask, file, line);
}

// The lanes that are here. Which ones reach this place together is a matter of luck on a real device.
inline unsigned long long __activemask(GPU_HERE)
{
    return gpu::meet(0, gpu::whoever, file, line).lanes;
}

// The lanes that came with the same value as the caller.
template <class T> unsigned long long __match_any_sync(uint64_t mask, T value, GPU_HERE)
{
    gpu::Meeting meeting = gpu::meet(gpu::pack(value), mask, file, line);
    unsigned long long same = 0;
    for (int i = 0; i < warpSize; ++i)
        if (meeting.lanes >> i & 1 && meeting.value[i] == gpu::pack(value))
            same |= 1ull << i;
    return same;
}

// All lanes if all came with the same value, else 0; *all_same says which.
template <class T> unsigned long long __match_all_sync(uint64_t mask, T value, int *all_same, GPU_HERE)
{
    gpu::Meeting meeting = gpu::meet(gpu::pack(value), mask, file, line);
    *all_same = 1;
    for (int i = 0; i < warpSize; ++i)
        if (meeting.lanes >> i & 1 && meeting.value[i] != gpu::pack(value))
            *all_same = 0;
    return *all_same ? meeting.lanes : 0;
}

inline unsigned __lane_id()
{
    return gpu::lane();
}

// Of the lanes that are here: those below, up to, at, from and above the caller's number.
inline uint64_t __lanemask_lt(GPU_HERE)
{
    return __activemask(file, line) & ((1ull << gpu::lane()) - 1);
}

inline uint64_t __lanemask_eq(GPU_HERE)
{
    return __activemask(file, line) & 1ull << gpu::lane();
}

inline uint64_t __lanemask_le(GPU_HERE)
{
    return __activemask(file, line) & ((2ull << gpu::lane()) - 1);
}

inline uint64_t __lanemask_ge(GPU_HERE)
{
    return __activemask(file, line) & ~((1ull << gpu::lane()) - 1);
}

inline uint64_t __lanemask_gt(GPU_HERE)
{
    return __activemask(file, line) & ~((2ull << gpu::lane()) - 1);
}

// How many bits of the low or high half of a mask stand for lanes below the caller's, plus `base`.
inline unsigned __mbcnt_lo(unsigned mask, unsigned base)
{
    uint64_t below = (1ull << gpu::lane()) - 1;
    return base + (unsigned)__builtin_popcountll(mask & below & 0xffffffffu);
}

inline unsigned __mbcnt_hi(unsigned mask, unsigned base)
{
    uint64_t below = (1ull << gpu::lane()) - 1;
    return base + (unsigned)__builtin_popcountll(mask & below >> 32);
}

#endif
