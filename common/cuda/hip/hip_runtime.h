// <hip/hip_runtime.h> for NVIDIA: HIP's host API (hip_runtime_api.h) and its words for kernels, on top of CUDA's.
// Include it before CUDA's own headers, as a HIP program does.
#ifndef CUDA_HIP_RUNTIME_H
#define CUDA_HIP_RUNTIME_H

#ifndef __HIPCC__
#define __HIPCC__ 1
#endif

#include "hip_runtime_api.h"

#if defined(__cplusplus) && defined(__CUDACC__)
#include "hip_warp.h"

// The older spelling of kernel<<<grid, block, shared, stream>>>(...). A template with a comma in it comes in
// parentheses or in HIP_KERNEL_NAME.
#define HIP_KERNEL_NAME(...) __VA_ARGS__
#define hipLaunchKernelGGL(kernel, grid, block, shared, stream, ...)                                                   \
    do {                                                                                                               \
        kernel<<<(grid), (block), (shared), (stream)>>>(__VA_ARGS__);                                                  \
    } while (0)

// The older spelling of extern __shared__ type name[];
#define HIP_DYNAMIC_SHARED(type, name) extern __shared__ type name[];

#define HIP_SYMBOL(name) name

// The older spelling of the indices.
#define hipThreadIdx_x threadIdx.x
#define hipThreadIdx_y threadIdx.y
#define hipThreadIdx_z threadIdx.z
#define hipBlockIdx_x  blockIdx.x
#define hipBlockIdx_y  blockIdx.y
#define hipBlockIdx_z  blockIdx.z
#define hipBlockDim_x  blockDim.x
#define hipBlockDim_y  blockDim.y
#define hipBlockDim_z  blockDim.z
#define hipGridDim_x   gridDim.x
#define hipGridDim_y   gridDim.y
#define hipGridDim_z   gridDim.z
#endif

#endif
