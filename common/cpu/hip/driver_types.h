// The types of the host API: handles, flags, and what the queries fill in. Numbers as in HIP. C11 and C++17.
#ifndef GPU_DRIVER_TYPES_H
#define GPU_DRIVER_TYPES_H

#include <stddef.h>

#include "../gpu/device_attributes.h"
#include "../gpu/error_codes.h"

typedef int hipDevice_t;
typedef void *hipDeviceptr_t;
typedef struct ihipStream_t *hipStream_t;
typedef struct ihipEvent_t *hipEvent_t;
typedef struct ihipMemPoolHandle_t *hipMemPool_t;
typedef struct ihipGraph *hipGraph_t;
typedef struct hipGraphNode *hipGraphNode_t;
typedef struct hipGraphExec *hipGraphExec_t;

typedef void (*hipHostFn_t)(void *user_data);
typedef void (*hipStreamCallback_t)(hipStream_t stream, hipError_t status, void *user_data);

typedef enum hipMemcpyKind {
    hipMemcpyHostToHost = 0,
    hipMemcpyHostToDevice = 1,
    hipMemcpyDeviceToHost = 2,
    hipMemcpyDeviceToDevice = 3,
    hipMemcpyDefault = 4 // as the pointers say
} hipMemcpyKind;

typedef enum hipMemoryType {
    hipMemoryTypeHost = 0,
    hipMemoryTypeDevice = 1,
    hipMemoryTypeArray = 2,
    hipMemoryTypeUnified = 3,
    hipMemoryTypeManaged = 4
} hipMemoryType;

typedef struct hipPointerAttribute_t {
    union { // HIP 6 renamed it
        hipMemoryType memoryType;
        hipMemoryType type;
    };
    int device;
    void *devicePointer;
    void *hostPointer; // null for memory that is the device's own
    int isManaged;
    unsigned allocationFlags;
} hipPointerAttribute_t;

// Streams. The null stream is stream 0.
#define hipStreamDefault     0x00
#define hipStreamNonBlocking 0x01
#define hipStreamLegacy      ((hipStream_t)1)
#define hipStreamPerThread   ((hipStream_t)2)

// Events.
#define hipEventDefault         0x0
#define hipEventBlockingSync    0x1
#define hipEventDisableTiming   0x2
#define hipEventInterprocess    0x4
#define hipEventReleaseToDevice 0x40000000
#define hipEventReleaseToSystem 0x80000000

// Memory. All the kinds of host memory are one here, so that these flags change nothing.
#define hipHostMallocDefault       0x0
#define hipHostMallocPortable      0x1
#define hipHostMallocMapped        0x2
#define hipHostMallocWriteCombined 0x4
#define hipHostMallocNumaUser      0x20000000
#define hipHostMallocCoherent      0x40000000
#define hipHostMallocNonCoherent   0x80000000
#define hipHostAllocDefault        0x0
#define hipHostAllocPortable       0x1
#define hipHostAllocMapped         0x2
#define hipHostAllocWriteCombined  0x4
#define hipHostRegisterDefault     0x0
#define hipHostRegisterPortable    0x1
#define hipHostRegisterMapped      0x2
#define hipHostRegisterIoMemory    0x4
#define hipHostRegisterReadOnly    0x8
#define hipMemAttachGlobal         0x01
#define hipMemAttachHost           0x02
#define hipMemAttachSingle         0x04
#define hipCpuDeviceId             ((int)-1)
#define hipInvalidDeviceId         ((int)-2)

typedef enum hipMemoryAdvise {
    hipMemAdviseSetReadMostly = 1,
    hipMemAdviseUnsetReadMostly = 2,
    hipMemAdviseSetPreferredLocation = 3,
    hipMemAdviseUnsetPreferredLocation = 4,
    hipMemAdviseSetAccessedBy = 5,
    hipMemAdviseUnsetAccessedBy = 6,
    hipMemAdviseSetCoarseGrain = 100,
    hipMemAdviseUnsetCoarseGrain = 101
} hipMemoryAdvise;

// All values are unsigned long long, but for the three policies, which are int.
typedef enum hipMemPoolAttr {
    hipMemPoolReuseFollowEventDependencies = 1,
    hipMemPoolReuseAllowOpportunistic = 2,
    hipMemPoolReuseAllowInternalDependencies = 3,
    hipMemPoolAttrReleaseThreshold = 4,
    hipMemPoolAttrReservedMemCurrent = 5,
    hipMemPoolAttrReservedMemHigh = 6,
    hipMemPoolAttrUsedMemCurrent = 7,
    hipMemPoolAttrUsedMemHigh = 8
} hipMemPoolAttr;

// The device.
#define hipDeviceScheduleAuto         0x0
#define hipDeviceScheduleSpin         0x1
#define hipDeviceScheduleYield        0x2
#define hipDeviceScheduleBlockingSync 0x4
#define hipDeviceScheduleMask         0x7
#define hipDeviceMapHost              0x8
#define hipDeviceLmemResizeToMax      0x16

typedef enum hipComputeMode {
    hipComputeModeDefault = 0,
    hipComputeModeExclusive = 1,
    hipComputeModeProhibited = 2,
    hipComputeModeExclusiveProcess = 3
} hipComputeMode;

typedef enum hipLimit_t {
    hipLimitStackSize = 0, // bytes for each thread of a kernel
    hipLimitPrintfFifoSize = 1,
    hipLimitMallocHeapSize = 2
} hipLimit_t;

typedef enum hipFuncCache_t {
    hipFuncCachePreferNone,
    hipFuncCachePreferShared,
    hipFuncCachePreferL1,
    hipFuncCachePreferEqual
} hipFuncCache_t;

typedef enum hipSharedMemConfig {
    hipSharedMemBankSizeDefault,
    hipSharedMemBankSizeFourByte,
    hipSharedMemBankSizeEightByte
} hipSharedMemConfig;

// Kernels.
typedef enum hipFuncAttribute {
    hipFuncAttributeMaxDynamicSharedMemorySize = 8,
    hipFuncAttributePreferredSharedMemoryCarveout = 9,
    hipFuncAttributeMax
} hipFuncAttribute;

typedef struct hipFuncAttributes {
    int binaryVersion;
    int cacheModeCA;
    size_t constSizeBytes;
    size_t localSizeBytes; // the stack of a thread
    int maxDynamicSharedSizeBytes;
    int maxThreadsPerBlock; // __launch_bounds__, or 1024
    int numRegs;            // 0: not known
    int preferredShmemCarveout;
    int ptxVersion;
    size_t sharedSizeBytes; // the __shared__ declarations
} hipFuncAttributes;

#define hipOccupancyDefault                0x00
#define hipOccupancyDisableCachingOverride 0x01

// Graphs.
typedef enum hipStreamCaptureMode {
    hipStreamCaptureModeGlobal = 0,
    hipStreamCaptureModeThreadLocal,
    hipStreamCaptureModeRelaxed
} hipStreamCaptureMode;

typedef enum hipStreamCaptureStatus {
    hipStreamCaptureStatusNone = 0,
    hipStreamCaptureStatusActive,
    hipStreamCaptureStatusInvalidated
} hipStreamCaptureStatus;

typedef enum hipGraphNodeType {
    hipGraphNodeTypeKernel = 1,
    hipGraphNodeTypeMemcpy = 2,
    hipGraphNodeTypeMemset = 3,
    hipGraphNodeTypeHost = 4,
    hipGraphNodeTypeGraph = 5,
    hipGraphNodeTypeEmpty = 6
} hipGraphNodeType;

typedef enum hipGraphExecUpdateResult {
    hipGraphExecUpdateSuccess = 0,
    hipGraphExecUpdateError = 1,
    hipGraphExecUpdateErrorTopologyChanged = 2,
    hipGraphExecUpdateErrorNodeTypeChanged = 3,
    hipGraphExecUpdateErrorFunctionChanged = 4,
    hipGraphExecUpdateErrorParametersChanged = 5,
    hipGraphExecUpdateErrorNotSupported = 6,
    hipGraphExecUpdateErrorUnsupportedFunctionChange = 7
} hipGraphExecUpdateResult;

#endif
