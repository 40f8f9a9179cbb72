// What a kernel needs that was cut at its barriers into loops over the threads of a block (the fission engine; see
// common/cpu/translate/fission.py). A local variable that lives across a cut is an array with one entry a thread.
#ifndef GPU_FISSION_H
#define GPU_FISSION_H

#include <cstring>
#include <type_traits>

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

// The initial value of an array that each thread has.
template <class T> inline __attribute__((always_inline)) void copy_array(T &to, const T &from)
{
    memcpy(&to, &from, sizeof to);
}

} // namespace gpu

#endif
