// half and half2, the 16-bit floating-point types, and their functions.
#ifndef GPU_HIP_FP16_H
#define GPU_HIP_FP16_H

#ifdef __cplusplus
#include "../gpu/half.h"
#include "../gpu/half_functions.h"
#include "../gpu/half2.h"
#else
typedef struct {
    unsigned short x;
} __half_raw;
typedef struct {
    unsigned short x, y;
} __half2_raw;
#endif

#endif
