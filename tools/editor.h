// How an editor reads our sources: compile_commands.json has clangd include this file first.
//
// clangd knows kernels and <<<...>>> in its HIP mode, but that mode wants AMD's headers, and here they may be
// missing. So it gets the headers of the simulated GPU, which serve every backend's sources, with the words that
// the translator would have dealt with as clang's own attributes. Never part of a program.
#define GPU_QUALIFIERS_H // stands in for common/cpu/gpu/qualifiers.h
#define __global__       __attribute__((global))
#define __shared__       __attribute__((shared))
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

// From here on every function may be called by kernels too. C++ headers cannot be read that way, so those that
// the simulated GPU needs stand above; C headers can.
#pragma clang force_cuda_host_device begin
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hip/hip_runtime.h>

// What clang turns kernel<<<grid, block, shared, stream>>> into a call of.
extern "C" unsigned __hipPushCallConfiguration(dim3 grid, dim3 block, size_t shared = 0, hipStream_t stream = nullptr);
