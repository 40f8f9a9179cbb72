// <hip/hip_fp16.h> for NVIDIA: half and half2 have the same names in both.
#ifndef CUDA_HIP_FP16_H
#define CUDA_HIP_FP16_H

#include "hip_runtime.h"
#include <cuda_fp16.h>

#endif
