// cuda_names.h: HIP's names and the CUDA runtime's side by side. Only names that both have with the same meaning and
// the same parameters stand here.
#ifndef CUDA_HIP_CUDA_NAMES_H
#define CUDA_HIP_CUDA_NAMES_H

// Types.
typedef cudaError_t hipError_t;
typedef cudaStream_t hipStream_t;
typedef cudaEvent_t hipEvent_t;
typedef cudaGraph_t hipGraph_t;
typedef cudaGraphExec_t hipGraphExec_t;
typedef cudaGraphNode_t hipGraphNode_t;
typedef cudaMemPool_t hipMemPool_t;
typedef cudaHostFn_t hipHostFn_t;
typedef cudaStreamCallback_t hipStreamCallback_t;
typedef enum cudaMemcpyKind hipMemcpyKind;
typedef enum cudaMemoryType hipMemoryType;
typedef enum cudaDeviceAttr hipDeviceAttribute_t;
typedef enum cudaFuncAttribute hipFuncAttribute;
typedef enum cudaFuncCache hipFuncCache_t;
typedef enum cudaLimit hipLimit_t;
typedef enum cudaMemPoolAttr hipMemPoolAttr;
typedef enum cudaStreamCaptureMode hipStreamCaptureMode;
typedef enum cudaStreamCaptureStatus hipStreamCaptureStatus;
typedef enum cudaGraphNodeType hipGraphNodeType;
typedef enum cudaComputeMode hipComputeMode;
typedef struct cudaFuncAttributes hipFuncAttributes;
typedef struct cudaPointerAttributes hipPointerAttribute_t;
typedef int hipDevice_t;
typedef void *hipDeviceptr_t;

// Errors.
#define hipSuccess                          cudaSuccess
#define hipErrorInvalidValue                cudaErrorInvalidValue
#define hipErrorMemoryAllocation            cudaErrorMemoryAllocation
#define hipErrorInitializationError         cudaErrorInitializationError
#define hipErrorInvalidConfiguration        cudaErrorInvalidConfiguration
#define hipErrorInvalidPitchValue           cudaErrorInvalidPitchValue
#define hipErrorInvalidSymbol               cudaErrorInvalidSymbol
#define hipErrorInvalidDevicePointer        cudaErrorInvalidDevicePointer
#define hipErrorInvalidMemcpyDirection      cudaErrorInvalidMemcpyDirection
#define hipErrorInsufficientDriver          cudaErrorInsufficientDriver
#define hipErrorMissingConfiguration        cudaErrorMissingConfiguration
#define hipErrorPriorLaunchFailure          cudaErrorPriorLaunchFailure
#define hipErrorInvalidDeviceFunction       cudaErrorInvalidDeviceFunction
#define hipErrorNoDevice                    cudaErrorNoDevice
#define hipErrorInvalidDevice               cudaErrorInvalidDevice
#define hipErrorInvalidResourceHandle       cudaErrorInvalidResourceHandle
#define hipErrorNotReady                    cudaErrorNotReady
#define hipErrorIllegalAddress              cudaErrorIllegalAddress
#define hipErrorLaunchOutOfResources        cudaErrorLaunchOutOfResources
#define hipErrorPeerAccessAlreadyEnabled    cudaErrorPeerAccessAlreadyEnabled
#define hipErrorPeerAccessNotEnabled        cudaErrorPeerAccessNotEnabled
#define hipErrorAssert                      cudaErrorAssert
#define hipErrorHostMemoryAlreadyRegistered cudaErrorHostMemoryAlreadyRegistered
#define hipErrorHostMemoryNotRegistered     cudaErrorHostMemoryNotRegistered
#define hipErrorLaunchFailure               cudaErrorLaunchFailure
#define hipErrorCooperativeLaunchTooLarge   cudaErrorCooperativeLaunchTooLarge
#define hipErrorNotSupported                cudaErrorNotSupported
#define hipErrorStreamCaptureUnsupported    cudaErrorStreamCaptureUnsupported
#define hipErrorStreamCaptureInvalidated    cudaErrorStreamCaptureInvalidated
#define hipErrorStreamCaptureMerge          cudaErrorStreamCaptureMerge
#define hipErrorStreamCaptureUnmatched      cudaErrorStreamCaptureUnmatched
#define hipErrorStreamCaptureUnjoined       cudaErrorStreamCaptureUnjoined
#define hipErrorStreamCaptureIsolation      cudaErrorStreamCaptureIsolation
#define hipErrorStreamCaptureImplicit       cudaErrorStreamCaptureImplicit
#define hipErrorCapturedEvent               cudaErrorCapturedEvent
#define hipErrorStreamCaptureWrongThread    cudaErrorStreamCaptureWrongThread
#define hipErrorGraphExecUpdateFailure      cudaErrorGraphExecUpdateFailure
#define hipErrorUnsupportedLimit            cudaErrorUnsupportedLimit
#define hipErrorIllegalState                cudaErrorIllegalState
#define hipErrorUnknown                     cudaErrorUnknown
#define hipErrorOutOfMemory                 cudaErrorMemoryAllocation
#define hipErrorNotInitialized              cudaErrorInitializationError
#define hipErrorDeinitialized               cudaErrorCudartUnloading
#define hipErrorInvalidHandle               cudaErrorInvalidResourceHandle
#define hipErrorLaunchTimeOut               cudaErrorLaunchTimeout
#define hipErrorNotFound                    cudaErrorSymbolNotFound
#define hipErrorNoBinaryForGpu              cudaErrorNoKernelImageForDevice
#define hipGetLastError                     cudaGetLastError
#define hipPeekAtLastError                  cudaPeekAtLastError
#define hipGetErrorName                     cudaGetErrorName
#define hipGetErrorString                   cudaGetErrorString

// The device.
#define hipGetDeviceCount              cudaGetDeviceCount
#define hipSetDevice                   cudaSetDevice
#define hipGetDevice                   cudaGetDevice
#define hipDeviceGetAttribute          cudaDeviceGetAttribute
#define hipDeviceSynchronize           cudaDeviceSynchronize
#define hipDeviceReset                 cudaDeviceReset
#define hipSetDeviceFlags              cudaSetDeviceFlags
#define hipGetDeviceFlags              cudaGetDeviceFlags
#define hipDeviceSetLimit              cudaDeviceSetLimit
#define hipDeviceGetLimit              cudaDeviceGetLimit
#define hipDeviceSetCacheConfig        cudaDeviceSetCacheConfig
#define hipDeviceGetCacheConfig        cudaDeviceGetCacheConfig
#define hipDriverGetVersion            cudaDriverGetVersion
#define hipRuntimeGetVersion           cudaRuntimeGetVersion
#define hipDeviceCanAccessPeer         cudaDeviceCanAccessPeer
#define hipDeviceGetPCIBusId           cudaDeviceGetPCIBusId
#define hipDeviceScheduleAuto          cudaDeviceScheduleAuto
#define hipDeviceScheduleSpin          cudaDeviceScheduleSpin
#define hipDeviceScheduleYield         cudaDeviceScheduleYield
#define hipDeviceScheduleBlockingSync  cudaDeviceScheduleBlockingSync
#define hipDeviceMapHost               cudaDeviceMapHost
#define hipLimitStackSize              cudaLimitStackSize
#define hipLimitPrintfFifoSize         cudaLimitPrintfFifoSize
#define hipLimitMallocHeapSize         cudaLimitMallocHeapSize
#define hipFuncCachePreferNone         cudaFuncCachePreferNone
#define hipFuncCachePreferShared       cudaFuncCachePreferShared
#define hipFuncCachePreferL1           cudaFuncCachePreferL1
#define hipFuncCachePreferEqual        cudaFuncCachePreferEqual
#define hipComputeModeDefault          cudaComputeModeDefault
#define hipComputeModeExclusive        cudaComputeModeExclusive
#define hipComputeModeProhibited       cudaComputeModeProhibited
#define hipComputeModeExclusiveProcess cudaComputeModeExclusiveProcess

// Device attributes.
#define hipDeviceAttributeMultiprocessorCount              cudaDevAttrMultiProcessorCount
#define hipDeviceAttributeMaxThreadsPerBlock               cudaDevAttrMaxThreadsPerBlock
#define hipDeviceAttributeMaxThreadsPerMultiProcessor      cudaDevAttrMaxThreadsPerMultiProcessor
#define hipDeviceAttributeMaxBlocksPerMultiProcessor       cudaDevAttrMaxBlocksPerMultiprocessor
#define hipDeviceAttributeWarpSize                         cudaDevAttrWarpSize
#define hipDeviceAttributeClockRate                        cudaDevAttrClockRate
#define hipDeviceAttributeMemoryClockRate                  cudaDevAttrMemoryClockRate
#define hipDeviceAttributeMemoryBusWidth                   cudaDevAttrGlobalMemoryBusWidth
#define hipDeviceAttributeL2CacheSize                      cudaDevAttrL2CacheSize
#define hipDeviceAttributeComputeCapabilityMajor           cudaDevAttrComputeCapabilityMajor
#define hipDeviceAttributeComputeCapabilityMinor           cudaDevAttrComputeCapabilityMinor
#define hipDeviceAttributeMaxSharedMemoryPerBlock          cudaDevAttrMaxSharedMemoryPerBlock
#define hipDeviceAttributeMaxSharedMemoryPerMultiprocessor cudaDevAttrMaxSharedMemoryPerMultiprocessor
#define hipDeviceAttributeSharedMemPerBlockOptin           cudaDevAttrMaxSharedMemoryPerBlockOptin
#define hipDeviceAttributeMaxRegistersPerBlock             cudaDevAttrMaxRegistersPerBlock
#define hipDeviceAttributeMaxRegistersPerMultiprocessor    cudaDevAttrMaxRegistersPerMultiprocessor
#define hipDeviceAttributeTotalConstantMemory              cudaDevAttrTotalConstantMemory
#define hipDeviceAttributeMaxBlockDimX                     cudaDevAttrMaxBlockDimX
#define hipDeviceAttributeMaxBlockDimY                     cudaDevAttrMaxBlockDimY
#define hipDeviceAttributeMaxBlockDimZ                     cudaDevAttrMaxBlockDimZ
#define hipDeviceAttributeMaxGridDimX                      cudaDevAttrMaxGridDimX
#define hipDeviceAttributeMaxGridDimY                      cudaDevAttrMaxGridDimY
#define hipDeviceAttributeMaxGridDimZ                      cudaDevAttrMaxGridDimZ
#define hipDeviceAttributeMaxPitch                         cudaDevAttrMaxPitch
#define hipDeviceAttributeComputeMode                      cudaDevAttrComputeMode
#define hipDeviceAttributeConcurrentKernels                cudaDevAttrConcurrentKernels
#define hipDeviceAttributeCooperativeLaunch                cudaDevAttrCooperativeLaunch
#define hipDeviceAttributeManagedMemory                    cudaDevAttrManagedMemory
#define hipDeviceAttributeConcurrentManagedAccess          cudaDevAttrConcurrentManagedAccess
#define hipDeviceAttributeCanMapHostMemory                 cudaDevAttrCanMapHostMemory
#define hipDeviceAttributeIntegrated                       cudaDevAttrIntegrated
#define hipDeviceAttributeEccEnabled                       cudaDevAttrEccEnabled
#define hipDeviceAttributeAsyncEngineCount                 cudaDevAttrAsyncEngineCount
#define hipDeviceAttributeKernelExecTimeout                cudaDevAttrKernelExecTimeout
#define hipDeviceAttributeUnifiedAddressing                cudaDevAttrUnifiedAddressing
#define hipDeviceAttributeMemoryPoolsSupported             cudaDevAttrMemoryPoolsSupported
#define hipDeviceAttributePciBusId                         cudaDevAttrPciBusId
#define hipDeviceAttributePciDeviceId                      cudaDevAttrPciDeviceId
#define hipDeviceAttributePciDomainID                      cudaDevAttrPciDomainId
#define hipDeviceAttributeTextureAlignment                 cudaDevAttrTextureAlignment
#define hipDeviceAttributeIsMultiGpuBoard                  cudaDevAttrIsMultiGpuBoard

// Memory.
#define hipMalloc                        cudaMalloc
#define hipFree                          cudaFree
#define hipMallocPitch                   cudaMallocPitch
#define hipMallocManaged                 cudaMallocManaged
#define hipMallocHost                    cudaMallocHost
#define hipHostAlloc                     cudaHostAlloc
#define hipFreeHost                      cudaFreeHost
#define hipHostRegister                  cudaHostRegister
#define hipHostUnregister                cudaHostUnregister
#define hipHostGetFlags                  cudaHostGetFlags
#define hipMemGetInfo                    cudaMemGetInfo
#define hipPointerGetAttributes          cudaPointerGetAttributes
#define hipMallocAsync                   cudaMallocAsync
#define hipFreeAsync                     cudaFreeAsync
#define hipMallocFromPoolAsync           cudaMallocFromPoolAsync
#define hipDeviceGetDefaultMemPool       cudaDeviceGetDefaultMemPool
#define hipDeviceGetMemPool              cudaDeviceGetMemPool
#define hipDeviceSetMemPool              cudaDeviceSetMemPool
#define hipMemPoolSetAttribute           cudaMemPoolSetAttribute
#define hipMemPoolGetAttribute           cudaMemPoolGetAttribute
#define hipMemPoolTrimTo                 cudaMemPoolTrimTo
#define hipMemPoolAttrReleaseThreshold   cudaMemPoolAttrReleaseThreshold
#define hipMemPoolAttrReservedMemCurrent cudaMemPoolAttrReservedMemCurrent
#define hipMemPoolAttrReservedMemHigh    cudaMemPoolAttrReservedMemHigh
#define hipMemPoolAttrUsedMemCurrent     cudaMemPoolAttrUsedMemCurrent
#define hipMemPoolAttrUsedMemHigh        cudaMemPoolAttrUsedMemHigh
#define hipHostAllocDefault              cudaHostAllocDefault
#define hipHostAllocPortable             cudaHostAllocPortable
#define hipHostAllocMapped               cudaHostAllocMapped
#define hipHostAllocWriteCombined        cudaHostAllocWriteCombined
#define hipHostRegisterDefault           cudaHostRegisterDefault
#define hipHostRegisterPortable          cudaHostRegisterPortable
#define hipHostRegisterMapped            cudaHostRegisterMapped
#define hipMemAttachGlobal               cudaMemAttachGlobal
#define hipMemAttachHost                 cudaMemAttachHost
#define hipMemoryTypeHost                cudaMemoryTypeHost
#define hipMemoryTypeDevice              cudaMemoryTypeDevice
#define hipMemoryTypeManaged             cudaMemoryTypeManaged
#define hipHostFree                      cudaFreeHost
#define hipMemAllocHost                  cudaMallocHost
#define hipHostMallocDefault             cudaHostAllocDefault
#define hipHostMallocPortable            cudaHostAllocPortable
#define hipHostMallocMapped              cudaHostAllocMapped
#define hipHostMallocWriteCombined       cudaHostAllocWriteCombined
#define hipHostMallocCoherent            0
#define hipHostMallocNonCoherent         0

// Copies.
#define hipMemcpyHostToHost      cudaMemcpyHostToHost
#define hipMemcpyHostToDevice    cudaMemcpyHostToDevice
#define hipMemcpyDeviceToHost    cudaMemcpyDeviceToHost
#define hipMemcpyDeviceToDevice  cudaMemcpyDeviceToDevice
#define hipMemcpyDefault         cudaMemcpyDefault
#define hipMemcpy                cudaMemcpy
#define hipMemcpyAsync           cudaMemcpyAsync
#define hipMemcpy2D              cudaMemcpy2D
#define hipMemcpy2DAsync         cudaMemcpy2DAsync
#define hipMemset                cudaMemset
#define hipMemsetAsync           cudaMemsetAsync
#define hipMemset2D              cudaMemset2D
#define hipMemset2DAsync         cudaMemset2DAsync
#define hipMemcpyToSymbol        cudaMemcpyToSymbol
#define hipMemcpyToSymbolAsync   cudaMemcpyToSymbolAsync
#define hipMemcpyFromSymbol      cudaMemcpyFromSymbol
#define hipMemcpyFromSymbolAsync cudaMemcpyFromSymbolAsync
#define hipGetSymbolAddress      cudaGetSymbolAddress
#define hipGetSymbolSize         cudaGetSymbolSize

// Streams and events.
#define hipStreamCreate                 cudaStreamCreate
#define hipStreamCreateWithFlags        cudaStreamCreateWithFlags
#define hipStreamCreateWithPriority     cudaStreamCreateWithPriority
#define hipStreamDestroy                cudaStreamDestroy
#define hipStreamSynchronize            cudaStreamSynchronize
#define hipStreamQuery                  cudaStreamQuery
#define hipStreamWaitEvent              cudaStreamWaitEvent
#define hipStreamGetFlags               cudaStreamGetFlags
#define hipStreamGetPriority            cudaStreamGetPriority
#define hipDeviceGetStreamPriorityRange cudaDeviceGetStreamPriorityRange
#define hipStreamAddCallback            cudaStreamAddCallback
#define hipLaunchHostFunc               cudaLaunchHostFunc
#define hipStreamDefault                cudaStreamDefault
#define hipStreamNonBlocking            cudaStreamNonBlocking
#define hipStreamLegacy                 cudaStreamLegacy
#define hipStreamPerThread              cudaStreamPerThread
#define hipEventCreate                  cudaEventCreate
#define hipEventCreateWithFlags         cudaEventCreateWithFlags
#define hipEventRecord                  cudaEventRecord
#define hipEventSynchronize             cudaEventSynchronize
#define hipEventQuery                   cudaEventQuery
#define hipEventElapsedTime             cudaEventElapsedTime
#define hipEventDestroy                 cudaEventDestroy
#define hipEventDefault                 cudaEventDefault
#define hipEventBlockingSync            cudaEventBlockingSync
#define hipEventDisableTiming           cudaEventDisableTiming
#define hipEventInterprocess            cudaEventInterprocess

// Graphs.
#define hipStreamBeginCapture              cudaStreamBeginCapture
#define hipStreamEndCapture                cudaStreamEndCapture
#define hipStreamIsCapturing               cudaStreamIsCapturing
#define hipThreadExchangeStreamCaptureMode cudaThreadExchangeStreamCaptureMode
#define hipStreamCaptureModeGlobal         cudaStreamCaptureModeGlobal
#define hipStreamCaptureModeThreadLocal    cudaStreamCaptureModeThreadLocal
#define hipStreamCaptureModeRelaxed        cudaStreamCaptureModeRelaxed
#define hipStreamCaptureStatusNone         cudaStreamCaptureStatusNone
#define hipStreamCaptureStatusActive       cudaStreamCaptureStatusActive
#define hipStreamCaptureStatusInvalidated  cudaStreamCaptureStatusInvalidated
#define hipGraphCreate                     cudaGraphCreate
#define hipGraphDestroy                    cudaGraphDestroy
#define hipGraphGetNodes                   cudaGraphGetNodes
#define hipGraphGetRootNodes               cudaGraphGetRootNodes
#define hipGraphNodeGetType                cudaGraphNodeGetType
#define hipGraphInstantiateWithFlags       cudaGraphInstantiateWithFlags
#define hipGraphLaunch                     cudaGraphLaunch
#define hipGraphExecDestroy                cudaGraphExecDestroy
#define hipGraphNodeTypeKernel             cudaGraphNodeTypeKernel
#define hipGraphNodeTypeMemcpy             cudaGraphNodeTypeMemcpy
#define hipGraphNodeTypeMemset             cudaGraphNodeTypeMemset
#define hipGraphNodeTypeHost               cudaGraphNodeTypeHost
#define hipGraphNodeTypeGraph              cudaGraphNodeTypeGraph
#define hipGraphNodeTypeEmpty              cudaGraphNodeTypeEmpty

// Kernels as objects.
#define hipLaunchKernel                                       cudaLaunchKernel
#define hipLaunchCooperativeKernel                            cudaLaunchCooperativeKernel
#define hipFuncGetAttributes                                  cudaFuncGetAttributes
#define hipFuncSetAttribute                                   cudaFuncSetAttribute
#define hipFuncSetCacheConfig                                 cudaFuncSetCacheConfig
#define hipFuncAttributeMaxDynamicSharedMemorySize            cudaFuncAttributeMaxDynamicSharedMemorySize
#define hipFuncAttributePreferredSharedMemoryCarveout         cudaFuncAttributePreferredSharedMemoryCarveout
#define hipOccupancyMaxActiveBlocksPerMultiprocessor          cudaOccupancyMaxActiveBlocksPerMultiprocessor
#define hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags
#define hipOccupancyMaxPotentialBlockSize                     cudaOccupancyMaxPotentialBlockSize
#define hipOccupancyDefault                                   cudaOccupancyDefault
#define hipOccupancyDisableCachingOverride                    cudaOccupancyDisableCachingOverride

#endif
