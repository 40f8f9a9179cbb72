// What a kernel needs that was cut at its barriers into loops over the threads of a block (the fission engine; see
// common/cpu/translate/fission.py). A local variable that lives across a cut is an array with one entry a thread.
#ifndef GPU_FISSION_H
#define GPU_FISSION_H

#include <cstring>
#include <type_traits>

#include "engine.h"

namespace gpu
{

// Entries in such an array: what __launch_bounds__ allows, and never more than a device has threads in a block.
constexpr unsigned most_threads(unsigned long bound)
{
    return bound >= 1 && bound <= 1024 ? (unsigned)bound : 1024;
}

// How many of 0 ... n - 1 are less than `limit`, when the comparison is made between a V and a Limit: the threads for
// which `if (threadIdx.x < limit)` is true.
template <class V, class Limit> inline unsigned up_to(unsigned n, Limit limit)
{
    if constexpr (std::is_integral<Limit>::value) {
        using Common = typename std::common_type<V, Limit>::type;
        Common end = (Common)limit;
        return end <= 0 ? 0 : end < (Common)n ? (unsigned)end : n;
    } else {
        unsigned k = 0;
        while (k < n && (V)k < limit)
            ++k;
        return k;
    }
}

// How many of 0 ... n - 1 come into question for `if (threadIdx.x + offset < limit)`: those for which it is true, where the
// sum is an int, which cannot overflow; else all of them, and the condition remains.
template <class V, class Offset, class Limit> constexpr bool all_up_to_sum(Offset, Limit)
{
    return std::is_same<decltype(V() + Offset()), int>::value && std::is_same<Limit, int>::value;
}
template <class V, class Offset, class Limit> inline unsigned up_to_sum(unsigned n, Offset offset, Limit limit)
{
    if constexpr (all_up_to_sum<V>(Offset(), Limit())) {
        long end = (long)limit - (long)offset;
        n = end <= 0 ? 0 : end < (long)n ? (unsigned)end : n;
    }
    assume(n <= 1024); // or the compiler does not see that t and t + offset run over neighbours
    return n;
}

// for (T i = start of a thread; i < limit; i += step): do the threads' values lie in order, so that nobody has more rounds
// than the first thread? `first` and `last` are where the first and the last thread of a row begin. Always with int.
template <class T, class First, class Limit, class Step>
constexpr bool together(First first, First last, Limit limit, Step step)
{
    if constexpr (std::is_same<T, int>::value && std::is_same<Limit, int>::value)
        return true;
    else if constexpr (std::is_arithmetic<Limit>::value || std::is_enum<Limit>::value) {
        using Common = decltype(true ? T() : limit);
        using Signed = typename std::make_signed<T>::type;
        return (Common)(T)first <= (Common)(T)last && (Signed)step > 0;
    } else
        return false;
}

// Copies an array of numbers that each thread has, row by row as the kernel's own loops go over it: then what is loaded
// are the vectors that were stored, and g++ leaves the detour out. (A processor hands on what one store wrote; for what
// several wrote, it has to wait until all of it is in its cache.)
template <class T, size_t N> inline __attribute__((always_inline)) void copy_array(T (&to)[N], const T (&from)[N])
{
    if constexpr (std::is_array<T>::value) {
        for (size_t i = 0; i < N; ++i)
            copy_array(to[i], from[i]);
    } else {
#pragma omp simd
        for (size_t i = 0; i < N; ++i)
            to[i] = from[i];
    }
}

template <class T> using Plain = typename std::remove_cv<typename std::remove_reference<T>::type>::type;

inline unsigned threads_in(const uint3 &block)
{
    return block.x * block.y * block.z;
}

// Who takes part in an if or a loop that not all threads take.
template <unsigned MOST> class Mask
{
  public:
    // Nobody so far; all threads of the block come into question.
    void clear(const uint3 &block)
    {
        first = 0, end = threads_in(block), all = false;
        memset(each, 0, end + 64);
    }
    bool &operator[](size_t thread) { return each[thread]; }
    // Is there anyone? From now on only those from the first to the last of them come into question.
    bool any()
    {
        while (first < end && !any_of<64>(first))
            first += 64;
        while (first < end && !any_of<8>(first))
            first += 8;
        while (first < end && !each[first])
            ++first;
        if (first >= end) {
            first = end, all = false;
            return false;
        }
        while (first + 64 <= end && !any_of<64>(end - 64))
            end -= 64;
        while (first + 8 <= end && !any_of<8>(end - 8))
            end -= 8;
        while (!each[end - 1])
            --end;
        all = all_of(first, end);
        return true;
    }
    // Does the thread take part? Between two calls of any() nobody else comes to be. If nobody is missing between the
    // first and the last one, that is known for all of them at once, and the compiler makes a loop without a condition.
    bool has(size_t thread) const { return all || each[thread]; }
    // Those of a row of threads who come into question, counted from the first thread of the row.
    unsigned from(size_t row) const { return small(first > row ? unsigned(first - row) : 0); }
    unsigned to(size_t row, unsigned length) const
    {
        return small(end <= row ? 0 : end - row < length ? unsigned(end - row) : length);
    }
    // The same in whole warps, counted from the first thread of the block.
    unsigned warps_from() const { return first & ~(unsigned)(warpSize - 1); }
    unsigned warps_to() const { return (end + (unsigned)warpSize - 1) & ~(unsigned)(warpSize - 1); }

  private:
    // Or the compiler does not see that row + x runs over neighbours, from here to there.
    static unsigned small(unsigned x)
    {
        assume(x <= MOST);
        return x;
    }
    // COUNT is a multiple of 8.
    template <unsigned COUNT> bool any_of(unsigned thread) const
    {
        uint64_t found = 0, eight;
        for (unsigned i = 0; i < COUNT; i += 8) {
            memcpy(&eight, each + thread + i, sizeof eight);
            found |= eight;
        }
        return found != 0;
    }
    bool all_of(unsigned thread, unsigned behind) const
    {
        bool found = true;
        for (; thread < behind; ++thread)
            found &= each[thread];
        return found;
    }
    unsigned first, end;
    bool all;
    alignas(64) bool each[MOST + 64]; // behind the last thread there is nobody
};

// A shuffle: each thread puts its value, then looks at another one's. Lanes that do not come leave zeros, which is what
// the fibre engine gives to those who ask for their value. The formulas are those of warp.h.
template <unsigned MOST> class Values
{
  public:
    // All threads of the block will come: only the lanes that the last warp lacks are cleared.
    void open(const uint3 &block)
    {
        size_t count = threads_in(block);
        memset(bits + place(8, count), 0, 8 * 64);
        memset(bits + place(4, count), 0, 4 * 64);
        memset(bits + place(2, count), 0, 2 * 64);
        memset(bits + place(1, count), 0, 1 * 64);
    }
    void clear(const uint3 &block) { memset(bits, 0, place(8, threads_in(block) + 64)); }
    void clear(const Mask<MOST> &mask)
    {
        size_t first = place(1, mask.warps_from()), end = place(8, mask.warps_to());
        memset(bits + first, 0, end - first); // where values of 1, 2, 4 or 8 bytes of these threads would be
    }
    template <class T> void put(size_t thread, T value)
    {
        static_assert(std::is_trivially_copyable<T>::value && sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
        memcpy(bits + place(sizeof(T), thread), &value, sizeof value);
    }
    // Of the whole warp, whoever comes.
    template <class T> T from(size_t thread, int source) const
    {
        return read<T>(thread - (size_t)lane(thread) + (size_t)(source & (warpSize - 1)));
    }
    // Both lanes that come into question are looked at: neighbouring threads then read neighbouring values.
    template <class T> T up(size_t thread, unsigned delta) const
    {
        T there = read<T>(thread - (delta < (unsigned)warpSize ? delta : 0)), here = read<T>(thread);
        return delta <= (unsigned)lane(thread) ? there : here;
    }
    template <class T> T down(size_t thread, unsigned delta) const
    {
        T there = read<T>(thread + (delta < (unsigned)warpSize ? delta : 0)), here = read<T>(thread);
        return delta < (unsigned)(warpSize - lane(thread)) ? there : here;
    }
    template <class T> T across(size_t thread, int lane_mask) const
    {
        size_t step = (unsigned)lane_mask < (unsigned)warpSize ? (unsigned)lane_mask : 0;
        if ((step & (step - 1)) != 0)
            return read<T>(thread ^ step);
        T above = read<T>(thread + step), below = read<T>(thread - step); // one bit: neighbours have neighbours
        return (thread & step) == 0 ? above : below;
    }
    // Of groups of `width` lanes, and of the lanes in a mask.
    template <class T> T from(unsigned thread, int source, int width, uint64_t mask) const
    {
        return look<T>(thread, start(thread, width) + (source & (width - 1)), mask);
    }
    template <class T> T up(unsigned thread, unsigned delta, int width, uint64_t mask) const
    {
        int self = lane(thread);
        unsigned rank = unsigned(self - start(thread, width));
        return look<T>(thread, delta <= rank ? self - (int)delta : self, mask);
    }
    template <class T> T down(unsigned thread, unsigned delta, int width, uint64_t mask) const
    {
        int self = lane(thread);
        unsigned above = unsigned(start(thread, width) + width - 1 - self);
        return look<T>(thread, delta <= above ? self + (int)delta : self, mask);
    }
    template <class T> T across(unsigned thread, int lane_mask, int width, uint64_t mask) const
    {
        int self = lane(thread), source = self ^ lane_mask;
        if (source < 0 || source >= start(thread, width) + width)
            source = self;
        return look<T>(thread, source, mask);
    }

  private:
    template <class T> T read(size_t thread) const
    {
        T value;
        memcpy(&value, bits + place(sizeof(T), thread), sizeof value);
        return value;
    }
    // A warp is free on both sides: lanes look there before they know that there is nobody.
    static constexpr size_t place(size_t size, size_t thread) { return size * (64 + thread); }
    static int lane(unsigned thread) { return (int)(thread & (unsigned)(warpSize - 1)); }
    static int start(unsigned thread, int width)
    {
        if (width < 1 || width > warpSize || (width & (width - 1)) != 0)
            fault(hipErrorInvalidValue, "shuffle width %d is not a power of two from 1 to the warp size, %d", width,
                  warpSize);
        return lane(thread) & ~(width - 1);
    }
    template <class T> T look(unsigned thread, int source, uint64_t mask) const
    {
        int self = lane(thread);
        T value;
        memcpy(&value, bits + place(sizeof(T), thread - (unsigned)self + (unsigned)source), sizeof value);
        if (mask != whoever && source != self && !(mask >> source & 1))
            memset(&value, 0, sizeof value);
        return value;
    }
    alignas(64) unsigned char bits[8 * (64 + MOST + 64)];
};

// A vote of the warp.
template <unsigned MOST> class Votes
{
  public:
    void open(const uint3 &block) { clear(block); }
    void clear(const uint3 &block)
    {
        memset(came, 0, threads_in(block) + 64);
        memset(yes, 0, threads_in(block) + 64);
    }
    void clear(const Mask<MOST> &mask)
    {
        unsigned first = mask.warps_from(), count = mask.warps_to() - first;
        memset(came + first, 0, count);
        memset(yes + first, 0, count);
    }
    template <class T> void put(size_t thread, T predicate)
    {
        came[thread] = true;
        yes[thread] = (int)predicate != 0;
    }
    unsigned long long ballot(unsigned thread, uint64_t mask) const { return bits(thread, yes) & who(thread, mask); }
    int any(unsigned thread, uint64_t mask) const { return ballot(thread, mask) != 0; }
    int all(unsigned thread, uint64_t mask) const
    {
        return ballot(thread, mask) == (bits(thread, came) & who(thread, mask));
    }

  private:
    static uint64_t who(unsigned thread, uint64_t mask)
    {
        return mask | (uint64_t)1 << (thread & (unsigned)(warpSize - 1));
    }
    static uint64_t bits(unsigned thread, const bool *of)
    {
        unsigned first = thread & ~(unsigned)(warpSize - 1);
        uint64_t found = 0;
        for (unsigned i = 0; i < (unsigned)warpSize; i += 8) { // the lowest bit of each of eight bytes
            uint64_t eight;
            memcpy(&eight, of + first + i, sizeof eight);
            found |= (eight * 0x0102040810204080u >> 56 & 0xff) << i;
        }
        return found;
    }
    alignas(64) bool came[MOST + 64], yes[MOST + 64];
};

// __syncthreads_count and its like: a barrier at which all threads of the block vote.
class Count
{
  public:
    void put(unsigned, int predicate)
    {
        ++came;
        yes += predicate != 0;
    }
    int count() const { return (int)yes; }
    int any() const { return yes != 0; }
    int all() const { return yes == came; }

  private:
    unsigned came = 0, yes = 0;
};

} // namespace gpu

#endif
