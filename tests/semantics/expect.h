// Checks for the programs of this folder. Each program asks the simulated GPU many small questions whose answers the
// manuals of HIP and CUDA give, prints every wrong answer with its place, and ends with status 1 if there was one.
#ifndef EXPECT_H
#define EXPECT_H

#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

static int expect_checks, expect_failures;

// A value as text, for the message.
template <class T> std::string expect_text(const T &value)
{
    char text[96];
    if constexpr (std::is_floating_point<T>::value)
        snprintf(text, sizeof text, "%.17g (%a)", (double)value, (double)value);
    else if constexpr (std::is_pointer<T>::value)
        snprintf(text, sizeof text, "%p", (const void *)value);
    else if constexpr (std::is_convertible<T, long long>::value)
        snprintf(text, sizeof text, "%lld (0x%llx)", (long long)value, (unsigned long long)value);
    else
        snprintf(text, sizeof text, "?");
    return text;
}

static inline std::string expect_text(const std::string &value)
{
    return '"' + value + '"';
}

// Counts the check; a failed one is printed, up to a number that can still be read.
static inline void expect_note(bool good, const char *file, int line, const std::string &message)
{
    ++expect_checks;
    if (good)
        return;
    if (++expect_failures <= 25)
        printf("%s:%d: %s\n", file, line, message.c_str());
}

template <class A, class B>
void expect_equal(const A &actual, const B &expected, const char *text, const char *file, int line)
{
    if (actual == expected)
        ++expect_checks;
    else
        expect_note(false, file, line,
                    std::string(text) + " is " + expect_text(actual) + ", expected " + expect_text(expected));
}

// The same for element i of something: the message says which one.
template <class A, class B>
void expect_equal_at(long i, const A &actual, const B &expected, const char *text, const char *file, int line)
{
    if (actual == expected)
        ++expect_checks;
    else
        expect_note(false, file, line,
                    std::string(text) + " [" + std::to_string(i) + "] is " + expect_text(actual) + ", expected " +
                        expect_text(expected));
}

static inline void expect_status(hipError_t actual, hipError_t expected, const char *text, const char *file, int line)
{
    expect_note(actual == expected, file, line,
                std::string(text) + " gives " + hipGetErrorName(actual) + ", expected " + hipGetErrorName(expected));
}

#define EXPECT(condition)              expect_note((condition), __FILE__, __LINE__, #condition " does not hold")
#define EXPECT_EQ(actual, expected)    expect_equal((actual), (expected), #actual, __FILE__, __LINE__)
#define EXPECT_AT(i, actual, expected) expect_equal_at((i), (actual), (expected), #actual, __FILE__, __LINE__)
#define EXPECT_STATUS(call, expected)  expect_status((call), (expected), #call, __FILE__, __LINE__)
#define EXPECT_OK(call)                expect_status((call), hipSuccess, #call, __FILE__, __LINE__)
// For a call that fails: the error it returns is also what hipGetLastError() then hands out, once.
#define EXPECT_ERROR(call, expected)                                                                                   \
    do {                                                                                                               \
        expect_status((call), (expected), #call, __FILE__, __LINE__);                                                  \
        expect_status(hipGetLastError(), (expected), "hipGetLastError() after " #call, __FILE__, __LINE__);            \
    } while (0)
// After a launch.
#define EXPECT_RAN()                                                                                                   \
    do {                                                                                                               \
        expect_status(hipGetLastError(), hipSuccess, "the launch", __FILE__, __LINE__);                                \
        expect_status(hipDeviceSynchronize(), hipSuccess, "the kernel", __FILE__, __LINE__);                           \
    } while (0)

// n zeroed elements that host and device both read and write. They live until the program ends.
template <class T> T *room(size_t n)
{
    T *data = nullptr;
    hipError_t error = hipMallocManaged((void **)&data, n * sizeof(T));
    if (error != hipSuccess) {
        printf("cannot allocate %zu bytes: %s\n", n * sizeof(T), hipGetErrorString(error));
        exit(3);
    }
    memset((void *)data, 0, n * sizeof(T));
    return data;
}

static inline int warp_size()
{
    int warp = 0;
    if (hipDeviceGetAttribute(&warp, hipDeviceAttributeWarpSize, 0) != hipSuccess)
        exit(3);
    return warp;
}

// The lowest n bits.
__host__ __device__ inline unsigned long long low_bits(int n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

// What main() returns.
static inline int expect_result()
{
    printf("%d checks, %d failed\n", expect_checks, expect_failures);
    return expect_failures || !expect_checks ? 1 : 0;
}

#endif
