// check.h: no error of the GPU goes unseen.
// Nearly every call of the HIP API returns an error code, and a kernel launch returns nothing at all: its errors
// wait in hipGetLastError() (bad launch) or come out of a later call that has to wait (fault inside the kernel).
// A program that ignores both prints wrong numbers with a straight face.
#ifndef COMMON_CHECK_H
#define COMMON_CHECK_H

#include "fail.h"
#include <hip/hip_runtime_api.h>
#include <string.h>

static inline hipError_t hip_report_at(hipError_t error, const char *expression, const char *file, int line)
{
    if (error != hipSuccess)
        complain("%s:%d: %s: %s: %s", file, line, expression, hipGetErrorName(error), hipGetErrorString(error));
    return error;
}

static inline void hip_check_at(hipError_t error, const char *expression, const char *file, int line)
{
    if (hip_report_at(error, expression, file, line) != hipSuccess)
        exit(STATUS_FAILED);
}

// A launch is only queued: a fault inside the kernel shows at the next call that waits, perhaps far away. With
// KERNELS_SYNC=1 in the environment every launch is waited for, so that the message names the right line.
static inline void hip_check_launch_at(const char *file, int line)
{
    hip_check_at(hipGetLastError(), "kernel launch", file, line);
    const char *wait = getenv("KERNELS_SYNC");
    if (wait && strcmp(wait, "1") == 0)
        hip_check_at(hipDeviceSynchronize(), "kernel", file, line);
}

// HIP_CHECK(expression): where it is not hipSuccess, one line "FILE:LINE: EXPRESSION: NAME: meaning", exit status 3.
#define HIP_CHECK(...) hip_check_at((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

// The same line, but the program goes on; the value is the error. For errors that are expected or can be handled.
#define hip_report(...) hip_report_at((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

// Right after kernel<<<...>>>(...).
#define HIP_CHECK_LAUNCH() hip_check_launch_at(__FILE__, __LINE__)

#endif
