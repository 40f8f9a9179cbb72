// The common.h of main.hip and of the files in kernels/.
#ifndef HEADERS_COMMON_H
#define HEADERS_COMMON_H

#include <cstdio>
#include <cstdlib>

#define WHICH_COMMON 1
#define SCALE        3.0f

#define MUST(expr)                                                                 \
    do {                                                                           \
        hipError_t status = (expr);                                                \
        if (status != hipSuccess) {                                                \
            printf("FAILED: %s: %s\n", #expr, hipGetErrorString(status));          \
            exit(1);                                                               \
        }                                                                          \
    } while (0)

#endif
