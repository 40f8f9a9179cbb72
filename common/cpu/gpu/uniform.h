// What a kernel asks in a checking build (-DGPU_CHECK_UNIFORM; written by common/cpu/translate/emit_check.py): is what
// fission takes as the same in all threads of a block really the same? Each thread is a fibre there and computes its own
// values; the first one to come to a place leaves its value, and all others are held against it.
#ifndef GPU_UNIFORM_H
#define GPU_UNIFORM_H

#include <cstdio>
#include <cstring>
#include <type_traits>

#include "engine.h"

// The value of an expression, after a look at what it was in the others. place: a number of its own in the kernel.
#define GPU_UNIFORM(place, ...) ::gpu::check_uniform(place, __FILE__, __LINE__, #__VA_ARGS__, __VA_ARGS__)
// Is an expression still what it was before? Asked of what is computed again behind a cut, and of variables that stand
// outside the loops over the threads when a statement inside has been done.
#define GPU_STAYS(before, ...) ::gpu::check_stays(__FILE__, __LINE__, #__VA_ARGS__, before, __VA_ARGS__)
// Before a barrier: do all threads that have not returned come to this one, in the same round? True.
#define GPU_TOGETHER(place) ::gpu::check_together(place, __FILE__, __LINE__)
// Behind a warp operation: did all lanes come that have not returned?
#define GPU_ALL_LANES() ::gpu::check_all_lanes(__FILE__, __LINE__)

namespace gpu
{

struct Seen {
    uint64_t bits;
    uint3 thread;
};

// What the first thread saw at this place, in the same round of the loops around it; the caller's own if it is the first.
Seen seen_first(unsigned place, uint64_t bits);
bool check_together(unsigned place, const char *file, int line);
void check_all_lanes(const char *file, int line);

// A value, or a number that stands for it. NaN is NaN here, and -0 is not 0: the same operations give the same bits.
template <class T> uint64_t bits_of(T value)
{
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
    __builtin_clear_padding(&value);
    constexpr bool whole = true;
#else
    constexpr bool whole = std::has_unique_object_representations<T>::value || std::is_same<T, float>::value ||
                           std::is_same<T, double>::value; // else it may have gaps with anything in them
#endif
#else
    constexpr bool whole = std::has_unique_object_representations<T>::value;
#endif
    uint64_t bits = 0;
    if constexpr (whole && sizeof value <= sizeof bits) {
        memcpy(&bits, &value, sizeof value);
    } else if constexpr (whole) {
        unsigned char bytes[sizeof value];
        memcpy(bytes, &value, sizeof value);
        for (unsigned char byte : bytes)
            bits = (bits ^ byte) * 1099511628211u;
    }
    return bits;
}

struct ValueText {
    char text[40];
};

template <class T> ValueText text_of_bits(uint64_t bits)
{
    ValueText result;
    T value;
    memcpy(&value, &bits, sizeof value);
    if constexpr (std::is_pointer<T>::value)
        snprintf(result.text, sizeof result.text, "%p", (const void *)value);
    else if constexpr (std::is_floating_point<T>::value)
        snprintf(result.text, sizeof result.text, "%.9g", (double)value);
    else if constexpr (std::is_unsigned<T>::value)
        snprintf(result.text, sizeof result.text, "%llu", (unsigned long long)value);
    else
        snprintf(result.text, sizeof result.text, "%lld", (long long)value);
    return result;
}

template <class Given>
const Given &check_uniform(unsigned place, const char *file, int line, const char *what, const Given &value)
{
    using T = typename std::remove_cv<Given>::type;
    if constexpr (std::is_trivially_copyable<T>::value) {
        const uint64_t bits = bits_of<T>(value);
        const Seen first = seen_first(place, bits);
        const uint3 other = first.thread;
        if (first.bits == bits)
            return value;
        if constexpr (std::is_scalar<T>::value && sizeof(T) <= sizeof bits && !std::is_member_pointer<T>::value &&
                      !std::is_null_pointer<T>::value)
            fault(hipErrorLaunchFailure,
                  "%s:%d: `%s` is taken as the same in all threads, but is %s here and %s in thread (%u,%u,%u)", file,
                  line, what, text_of_bits<T>(bits).text, text_of_bits<T>(first.bits).text, other.x, other.y, other.z);
        else
            fault(hipErrorLaunchFailure,
                  "%s:%d: `%s` is taken as the same in all threads, but has other bytes here than in thread (%u,%u,%u)",
                  file, line, what, other.x, other.y, other.z);
    }
    return value;
}

template <class Before, class Now>
void check_stays(const char *file, int line, const char *what, const Before &before, const Now &now)
{
    using T = typename std::remove_cv<Before>::type;
    if constexpr (std::is_integral<T>::value || std::is_pointer<T>::value) // floats may be rounded in other places
        if ((T)now != before)
            fault(hipErrorLaunchFailure, "%s:%d: `%s` is taken to stay %s, but is %s now", file, line, what,
                  text_of_bits<T>(bits_of<T>(before)).text, text_of_bits<T>(bits_of<T>((T)now)).text);
}

} // namespace gpu

#endif
