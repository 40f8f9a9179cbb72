// The host API of the simulated GPU: what a program calls to get memory, copy, time and ask. C11 and C++17.
//
// There is one device, number 0, and it works synchronously: a copy or a launch is done when the call returns, and a
// stream is always empty. Programs cannot tell, but by the clock. What is told here of errors is what a device does
// too; each function also returns hipErrorInvalidValue for a null pointer where it has to store something, and, once a
// kernel has failed, that failure until hipDeviceReset().
//
// Not here, so that it fails to compile: textures, arrays, modules, run-time compilation, several devices, IPC.
#ifndef GPU_HIP_RUNTIME_API_H
#define GPU_HIP_RUNTIME_API_H

#include <stddef.h>

#include "driver_types.h"
#include "hip_common.h"
#include "hip_vector_types.h"
#include "hip_version.h"

// Some parameters may be left out in C++.
#ifdef __cplusplus
#define GPU_OR(value) = value
extern "C" {
#else
#define GPU_OR(value)
#endif

// ---- errors ----

// The OS thread's last error. hipGetLastError also forgets it, unless it is a kernel's failure.
hipError_t hipGetLastError(void);
hipError_t hipPeekAtLastError(void);
const char *hipGetErrorName(hipError_t error);
const char *hipGetErrorString(hipError_t error);

// ---- the device ----

hipError_t hipInit(unsigned int flags); // flags: 0
hipError_t hipDriverGetVersion(int *version);
hipError_t hipRuntimeGetVersion(int *version);
hipError_t hipGetDeviceCount(int *count);
hipError_t hipSetDevice(int device); // hipErrorInvalidDevice for any but 0, here and below
hipError_t hipGetDevice(int *device);
hipError_t hipDeviceGet(hipDevice_t *device, int ordinal);
hipError_t hipChooseDevice(int *device, const hipDeviceProp_t *wanted);
hipError_t hipGetDeviceProperties(hipDeviceProp_t *properties, int device);
hipError_t hipDeviceGetAttribute(int *value, hipDeviceAttribute_t attribute, int device);
hipError_t hipDeviceGetName(char *name, int room, hipDevice_t device);
hipError_t hipDeviceTotalMem(size_t *bytes, hipDevice_t device);
hipError_t hipDeviceComputeCapability(int *major, int *minor, hipDevice_t device);
hipError_t hipDeviceGetPCIBusId(char *id, int room, int device);
hipError_t hipDeviceGetByPCIBusId(int *device, const char *id);
hipError_t hipDeviceCanAccessPeer(int *can, int device, int peer);
hipError_t hipDeviceSynchronize(void);
// Frees all memory, streams, events and graphs, and makes a failed device usable again.
hipError_t hipDeviceReset(void);
hipError_t hipSetDeviceFlags(unsigned int flags);
hipError_t hipGetDeviceFlags(unsigned int *flags);
hipError_t hipDeviceSetLimit(hipLimit_t limit, size_t value); // hipErrorUnsupportedLimit for one that HIP has not
hipError_t hipDeviceGetLimit(size_t *value, hipLimit_t limit);
hipError_t hipDeviceSetCacheConfig(hipFuncCache_t config);
hipError_t hipDeviceGetCacheConfig(hipFuncCache_t *config);
hipError_t hipDeviceSetSharedMemConfig(hipSharedMemConfig config);
hipError_t hipDeviceGetSharedMemConfig(hipSharedMemConfig *config);
hipError_t hipProfilerStart(void);
hipError_t hipProfilerStop(void);

// ---- memory ----

// Memory is 256-byte aligned, and null where 0 bytes are asked for. hipErrorOutOfMemory where more is asked for than
// the machine has. Memory of up to 1 MiB is filled with bytes 0xFF, which are NaN as floating-point numbers, since a
// device's fresh memory holds anything; larger memory comes as the operating system gives it, which is zero.
hipError_t hipMalloc(void **address, size_t bytes);
hipError_t hipMallocManaged(void **address, size_t bytes, unsigned int flags GPU_OR(hipMemAttachGlobal));
hipError_t hipMallocPitch(void **address, size_t *pitch, size_t width, size_t height); // width, pitch: bytes
hipError_t hipFree(void *address); // hipErrorInvalidValue for what hipMalloc did not give, or not since it was freed
hipError_t hipHostMalloc(void **address, size_t bytes, unsigned int flags);
hipError_t hipHostAlloc(void **address, size_t bytes, unsigned int flags);
hipError_t hipMallocHost(void **address, size_t bytes);
hipError_t hipMemAllocHost(void **address, size_t bytes);
hipError_t hipHostFree(void *address);
hipError_t hipFreeHost(void *address);
hipError_t hipHostRegister(void *address, size_t bytes, unsigned int flags);
hipError_t hipHostUnregister(void *address);
hipError_t hipHostGetDevicePointer(void **device_address, void *address, unsigned int flags);
hipError_t hipHostGetFlags(unsigned int *flags, void *address);
hipError_t hipMemGetInfo(size_t *free_bytes, size_t *total_bytes);
hipError_t hipMemPtrGetInfo(void *address, size_t *bytes);
hipError_t hipMemGetAddressRange(hipDeviceptr_t *base, size_t *bytes, hipDeviceptr_t address);
hipError_t hipPointerGetAttributes(hipPointerAttribute_t *attributes, const void *address);

hipError_t hipMallocAsync(void **address, size_t bytes, hipStream_t stream);
hipError_t hipFreeAsync(void *address, hipStream_t stream);
hipError_t hipMallocFromPoolAsync(void **address, size_t bytes, hipMemPool_t pool, hipStream_t stream);
hipError_t hipDeviceGetDefaultMemPool(hipMemPool_t *pool, int device);
hipError_t hipDeviceGetMemPool(hipMemPool_t *pool, int device);
hipError_t hipDeviceSetMemPool(int device, hipMemPool_t pool);
hipError_t hipMemPoolSetAttribute(hipMemPool_t pool, hipMemPoolAttr attribute, void *value);
hipError_t hipMemPoolGetAttribute(hipMemPool_t pool, hipMemPoolAttr attribute, void *value);
hipError_t hipMemPoolTrimTo(hipMemPool_t pool, size_t bytes_to_keep);

// Managed memory is where everybody reaches it: these check their arguments, and that is all there is to do.
hipError_t hipMemPrefetchAsync(const void *address, size_t bytes, int device, hipStream_t stream GPU_OR(0));
hipError_t hipMemAdvise(const void *address, size_t bytes, hipMemoryAdvise advice, int device);

// ---- copies ----

// hipErrorInvalidValue for null, freed or unknown device addresses and for ranges that leave an allocation;
// hipErrorInvalidMemcpyDirection for an unknown kind, and for device memory where the kind says host memory.
hipError_t hipMemcpy(void *to, const void *from, size_t bytes, hipMemcpyKind kind);
hipError_t hipMemcpyAsync(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream GPU_OR(0));
hipError_t hipMemcpyWithStream(void *to, const void *from, size_t bytes, hipMemcpyKind kind, hipStream_t stream);
hipError_t hipMemcpyHtoD(hipDeviceptr_t to, void *from, size_t bytes);
hipError_t hipMemcpyDtoH(void *to, hipDeviceptr_t from, size_t bytes);
hipError_t hipMemcpyDtoD(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes);
hipError_t hipMemcpyHtoDAsync(hipDeviceptr_t to, void *from, size_t bytes, hipStream_t stream);
hipError_t hipMemcpyDtoHAsync(void *to, hipDeviceptr_t from, size_t bytes, hipStream_t stream);
hipError_t hipMemcpyDtoDAsync(hipDeviceptr_t to, hipDeviceptr_t from, size_t bytes, hipStream_t stream);
// `height` rows of `width` bytes, which start `pitch` bytes apart. hipErrorInvalidPitchValue where width > pitch (a fill:
// hipErrorInvalidValue).
hipError_t hipMemcpy2D(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
                       hipMemcpyKind kind);
hipError_t hipMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
                            hipMemcpyKind kind, hipStream_t stream GPU_OR(0));

hipError_t hipMemset(void *to, int value, size_t bytes);
hipError_t hipMemsetAsync(void *to, int value, size_t bytes, hipStream_t stream GPU_OR(0));
hipError_t hipMemset2D(void *to, size_t pitch, int value, size_t width, size_t height);
hipError_t hipMemset2DAsync(void *to, size_t pitch, int value, size_t width, size_t height,
                            hipStream_t stream GPU_OR(0));
hipError_t hipMemsetD8(hipDeviceptr_t to, unsigned char value, size_t count);
hipError_t hipMemsetD16(hipDeviceptr_t to, unsigned short value, size_t count);
hipError_t hipMemsetD32(hipDeviceptr_t to, int value, size_t count);
hipError_t hipMemsetD8Async(hipDeviceptr_t to, unsigned char value, size_t count, hipStream_t stream GPU_OR(0));
hipError_t hipMemsetD16Async(hipDeviceptr_t to, unsigned short value, size_t count, hipStream_t stream GPU_OR(0));
hipError_t hipMemsetD32Async(hipDeviceptr_t to, int value, size_t count, hipStream_t stream GPU_OR(0));

// Variables that are __device__ or __constant__. hipErrorInvalidSymbol for anything else, hipErrorInvalidValue for
// bytes beyond the variable.
hipError_t hipMemcpyToSymbol(const void *symbol, const void *from, size_t bytes, size_t offset GPU_OR(0),
                             hipMemcpyKind kind GPU_OR(hipMemcpyHostToDevice));
hipError_t hipMemcpyFromSymbol(void *to, const void *symbol, size_t bytes, size_t offset GPU_OR(0),
                               hipMemcpyKind kind GPU_OR(hipMemcpyDeviceToHost));
hipError_t hipMemcpyToSymbolAsync(const void *symbol, const void *from, size_t bytes, size_t offset, hipMemcpyKind kind,
                                  hipStream_t stream GPU_OR(0));
hipError_t hipMemcpyFromSymbolAsync(void *to, const void *symbol, size_t bytes, size_t offset, hipMemcpyKind kind,
                                    hipStream_t stream GPU_OR(0));
hipError_t hipGetSymbolAddress(void **address, const void *symbol);
hipError_t hipGetSymbolSize(size_t *bytes, const void *symbol);
#define HIP_SYMBOL(name) name

// ---- streams ----

// hipErrorInvalidHandle for a stream or an event that does not exist, or no more.
hipError_t hipStreamCreate(hipStream_t *stream);
hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned int flags);
hipError_t hipStreamCreateWithPriority(hipStream_t *stream, unsigned int flags, int priority);
hipError_t hipStreamDestroy(hipStream_t stream);
hipError_t hipStreamSynchronize(hipStream_t stream);
hipError_t hipStreamQuery(hipStream_t stream);
hipError_t hipStreamWaitEvent(hipStream_t stream, hipEvent_t event, unsigned int flags GPU_OR(0));
hipError_t hipStreamGetFlags(hipStream_t stream, unsigned int *flags);
hipError_t hipStreamGetPriority(hipStream_t stream, int *priority);
hipError_t hipDeviceGetStreamPriorityRange(int *least, int *greatest);
hipError_t hipStreamAddCallback(hipStream_t stream, hipStreamCallback_t callback, void *user_data, unsigned int flags);
hipError_t hipLaunchHostFunc(hipStream_t stream, hipHostFn_t function, void *user_data);

hipError_t hipEventCreate(hipEvent_t *event);
hipError_t hipEventCreateWithFlags(hipEvent_t *event, unsigned int flags);
hipError_t hipEventRecord(hipEvent_t event, hipStream_t stream GPU_OR(0));
hipError_t hipEventSynchronize(hipEvent_t event);
hipError_t hipEventQuery(hipEvent_t event);
// Milliseconds. hipErrorInvalidHandle where one of them was never recorded, or was created without timing.
hipError_t hipEventElapsedTime(float *ms, hipEvent_t start, hipEvent_t stop);
hipError_t hipEventDestroy(hipEvent_t event);

// ---- graphs ----

// While a stream captures, what is given to it is not done but noted; hipGraphLaunch() does it. An event that is
// recorded on the stream and waited for by another one brings that one into the capture. What would have to wait for
// a capturing stream fails with hipErrorStreamCaptureUnsupported (or ...Implicit, for the null stream), and the
// capture fails with it.
hipError_t hipStreamBeginCapture(hipStream_t stream, hipStreamCaptureMode mode);
hipError_t hipStreamEndCapture(hipStream_t stream, hipGraph_t *graph);
hipError_t hipStreamIsCapturing(hipStream_t stream, hipStreamCaptureStatus *status);
hipError_t hipStreamGetCaptureInfo(hipStream_t stream, hipStreamCaptureStatus *status, unsigned long long *id);
hipError_t hipThreadExchangeStreamCaptureMode(hipStreamCaptureMode *mode);

hipError_t hipGraphCreate(hipGraph_t *graph, unsigned int flags);
hipError_t hipGraphDestroy(hipGraph_t graph);
// *count: the room in the array, then what was stored; without an array, how many there are.
hipError_t hipGraphGetNodes(hipGraph_t graph, hipGraphNode_t *nodes, size_t *count);
hipError_t hipGraphGetRootNodes(hipGraph_t graph, hipGraphNode_t *nodes, size_t *count);
hipError_t hipGraphGetEdges(hipGraph_t graph, hipGraphNode_t *from, hipGraphNode_t *to, size_t *count);
hipError_t hipGraphNodeGetType(hipGraphNode_t node, hipGraphNodeType *type);
hipError_t hipGraphInstantiate(hipGraphExec_t *exec, hipGraph_t graph, hipGraphNode_t *error_node, char *log,
                               size_t log_room);
hipError_t hipGraphInstantiateWithFlags(hipGraphExec_t *exec, hipGraph_t graph, unsigned long long flags);
hipError_t hipGraphExecUpdate(hipGraphExec_t exec, hipGraph_t graph, hipGraphNode_t *error_node,
                              hipGraphExecUpdateResult *result);
hipError_t hipGraphLaunch(hipGraphExec_t exec, hipStream_t stream);
hipError_t hipGraphExecDestroy(hipGraphExec_t exec);

// ---- kernels by their address ----

// hipErrorInvalidDeviceFunction for what is no kernel. arguments[i] is the address of the i-th argument.
hipError_t hipLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments, size_t shared GPU_OR(0),
                           hipStream_t stream GPU_OR(0));
// hipErrorCooperativeLaunchTooLarge where not all blocks can be on the device at once.
hipError_t hipLaunchCooperativeKernel(const void *kernel, dim3 grid, dim3 block, void **arguments, unsigned int shared,
                                      hipStream_t stream);
hipError_t hipFuncGetAttributes(hipFuncAttributes *attributes, const void *kernel);
hipError_t hipFuncSetAttribute(const void *kernel, hipFuncAttribute attribute, int value);
hipError_t hipFuncSetCacheConfig(const void *kernel, hipFuncCache_t config);
hipError_t hipFuncSetSharedMemConfig(const void *kernel, hipSharedMemConfig config);
// A multiprocessor holds 2048 threads, 64 KiB of shared memory and 32 blocks, whichever is reached first.
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *kernel, int block_size, size_t shared);
hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *kernel, int block_size,
                                                                 size_t shared, unsigned int flags);
hipError_t hipOccupancyMaxPotentialBlockSize(int *grid_size, int *block_size, const void *kernel, size_t shared,
                                             int block_size_limit);

#ifdef __cplusplus
}
#include "../gpu/api_templates.h"
#endif
#undef GPU_OR

#endif
