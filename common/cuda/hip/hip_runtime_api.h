// <hip/hip_runtime_api.h> for NVIDIA: the host API of HIP as names of the CUDA runtime's (12 and 13). C11 and C++17.
// The two APIs were made alike, so nearly everything is a renaming; what differs is an inline function at the end.
// Errors keep CUDA's own names when they are printed: cudaErrorInvalidConfiguration and not hipError...
// Compile with: nvcc -x cu -I common/cuda program.hip
#ifndef CUDA_HIP_RUNTIME_API_H
#define CUDA_HIP_RUNTIME_API_H

#ifndef __HIP_PLATFORM_NVIDIA__
#define __HIP_PLATFORM_NVIDIA__ 1
#endif

#include <cuda_runtime_api.h>
#ifdef __cplusplus
#include <cuda_runtime.h> // the typed forms: cudaMalloc(&pointer, bytes) without a cast
#endif
#include <stdio.h>
#include <string.h>

#include "cuda_names.h"

// The fields of a device's properties that programs read. CUDA 13 took several of them (clock rates, compute mode) out
// of its own structure; as attributes they are still there.
typedef struct hipDeviceProp_t {
    char name[256];
    size_t totalGlobalMem, sharedMemPerBlock, totalConstMem, memPitch, textureAlignment;
    int regsPerBlock, warpSize, maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
    int clockRate, memoryClockRate; // kHz
    int memoryBusWidth;             // bits
    int major, minor, multiProcessorCount, l2CacheSize, maxThreadsPerMultiProcessor;
    int computeMode, concurrentKernels, pciDomainID, pciBusID, pciDeviceID, isMultiGpuBoard;
    int canMapHostMemory, integrated, cooperativeLaunch, managedMemory, concurrentManagedAccess, ECCEnabled;
    int asyncEngineCount, kernelExecTimeoutEnabled, unifiedAddressing, regsPerMultiprocessor;
    size_t maxSharedMemoryPerMultiProcessor, sharedMemPerMultiprocessor, sharedMemPerBlockOptin;
    char gcnArchName[256]; // "sm_90"
} hipDeviceProp_t;

static inline int hip_attribute(enum cudaDeviceAttr attribute, int device)
{
    int value = 0;
    if (cudaDeviceGetAttribute(&value, attribute, device) != cudaSuccess)
        (void)cudaGetLastError(); // not known for this device: 0, and no error left behind
    return value;
}

static inline hipError_t hipGetDeviceProperties(hipDeviceProp_t *properties, int device)
{
    struct cudaDeviceProp cuda;
    hipError_t error = cudaGetDeviceProperties(&cuda, device);
    if (error != hipSuccess)
        return error;
    memset(properties, 0, sizeof *properties);
    memcpy(properties->name, cuda.name, sizeof properties->name);
    properties->totalGlobalMem = cuda.totalGlobalMem;
    properties->sharedMemPerBlock = cuda.sharedMemPerBlock;
    properties->totalConstMem = cuda.totalConstMem;
    properties->memPitch = cuda.memPitch;
    properties->textureAlignment = cuda.textureAlignment;
    properties->regsPerBlock = cuda.regsPerBlock;
    properties->warpSize = cuda.warpSize;
    properties->maxThreadsPerBlock = cuda.maxThreadsPerBlock;
    for (int d = 0; d < 3; ++d) {
        properties->maxThreadsDim[d] = cuda.maxThreadsDim[d];
        properties->maxGridSize[d] = cuda.maxGridSize[d];
    }
    properties->clockRate = hip_attribute(cudaDevAttrClockRate, device);
    properties->memoryClockRate = hip_attribute(cudaDevAttrMemoryClockRate, device);
    properties->memoryBusWidth = cuda.memoryBusWidth;
    properties->major = cuda.major;
    properties->minor = cuda.minor;
    properties->multiProcessorCount = cuda.multiProcessorCount;
    properties->l2CacheSize = cuda.l2CacheSize;
    properties->maxThreadsPerMultiProcessor = cuda.maxThreadsPerMultiProcessor;
    properties->computeMode = hip_attribute(cudaDevAttrComputeMode, device);
    properties->concurrentKernels = cuda.concurrentKernels;
    properties->pciDomainID = cuda.pciDomainID;
    properties->pciBusID = cuda.pciBusID;
    properties->pciDeviceID = cuda.pciDeviceID;
    properties->isMultiGpuBoard = cuda.isMultiGpuBoard;
    properties->canMapHostMemory = cuda.canMapHostMemory;
    properties->integrated = cuda.integrated;
    properties->cooperativeLaunch = cuda.cooperativeLaunch;
    properties->managedMemory = cuda.managedMemory;
    properties->concurrentManagedAccess = cuda.concurrentManagedAccess;
    properties->ECCEnabled = cuda.ECCEnabled;
    properties->asyncEngineCount = cuda.asyncEngineCount;
    properties->kernelExecTimeoutEnabled = hip_attribute(cudaDevAttrKernelExecTimeout, device);
    properties->unifiedAddressing = cuda.unifiedAddressing;
    properties->regsPerMultiprocessor = cuda.regsPerMultiprocessor;
    properties->maxSharedMemoryPerMultiProcessor = cuda.sharedMemPerMultiprocessor;
    properties->sharedMemPerMultiprocessor = cuda.sharedMemPerMultiprocessor;
    properties->sharedMemPerBlockOptin = cuda.sharedMemPerBlockOptin;
    snprintf(properties->gcnArchName, sizeof properties->gcnArchName, "sm_%d%d", cuda.major, cuda.minor);
    return hipSuccess;
}

// CUDA 12 took the log out of cudaGraphInstantiate.
static inline hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, hipGraphNode_t *error_node,
                                             char *log, size_t log_room)
{
    if (error_node)
        *error_node = NULL;
    if (log && log_room > 0)
        log[0] = '\0';
    return cudaGraphInstantiate(exec, graph, 0);
}

// HIP lets the flags be left out, and the pointer be of any type.
#ifdef __cplusplus
template <typename T>
static inline hipError_t hipHostMalloc(T **address, size_t bytes, unsigned flags = hipHostMallocDefault)
{
    return cudaHostAlloc((void **)address, bytes, flags);
}

template <typename T>
static inline hipError_t hipHostGetDevicePointer(T **device_address, void *address, unsigned flags = 0)
{
    return cudaHostGetDevicePointer((void **)device_address, address, flags);
}
#else
static inline hipError_t hipHostMalloc(void **address, size_t bytes, unsigned flags)
{
    return cudaHostAlloc(address, bytes, flags);
}

static inline hipError_t hipHostGetDevicePointer(void **device_address, void *address, unsigned flags)
{
    return cudaHostGetDevicePointer(device_address, address, flags);
}
#endif

#endif
