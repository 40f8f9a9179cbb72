// <hip/hip_runtime.h> of the simulated GPU: what a HIP program includes, for g++ and clang++.
//
// The qualifiers that mark device code mean nothing to a host compiler, so most of them vanish here:
// which function is a kernel, what is shared memory and what <<<...>>> starts has been settled by the
// translator (common/cpu/translate) before the compiler sees the text. What is left is a library:
// the API, the vector types, and every function that a kernel may call.
// In C only the API and the vector types are declared, as with hipcc's own headers.
#ifndef GPU_HIP_RUNTIME_H
#define GPU_HIP_RUNTIME_H

#include "hip_common.h"
#include "hip_version.h"
#include "hip_vector_types.h"
#include "hip_runtime_api.h"

#ifdef __cplusplus

#include "../gpu/qualifiers.h"
#include "../gpu/engine.h"
#include "../gpu/fission.h"
#include "../gpu/registry.h"
#include "../gpu/sync.h"
#include "../gpu/warp.h"
#include "../gpu/atomic.h"
#include "../gpu/bits.h"
#include "../gpu/convert.h"
#include "../gpu/math.h"
#ifdef GPU_CHECK_UNIFORM
#include "../gpu/uniform.h"
#endif

// The older spelling of kernel<<<grid, block, shared, stream>>>(...). The kernel may be a template
// with a comma in it, hence the parentheses around it.
#define hipLaunchKernelGGL(kernel, grid, block, shared, stream, ...)                                                   \
    (::gpu::configure(dim3(grid), dim3(block), shared, stream), (kernel)(__VA_ARGS__))
#define HIP_KERNEL_NAME(...) __VA_ARGS__

// The older spelling of extern __shared__ type name[];
#define HIP_DYNAMIC_SHARED(type, name) type *const name = (type *)::gpu::dynamic_shared();

// The older spelling of the index built-ins.
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
