// Errors: their names, the last one of each OS thread, and the one that a failed kernel leaves for all.
#include <atomic>

#include "internal.h"

namespace gpu
{

static thread_local hipError_t last = hipSuccess;
static std::atomic<hipError_t> sticky{hipSuccess};

hipError_t remember(hipError_t error)
{
    if (error != hipSuccess)
        last = error;
    return error;
}

hipError_t last_error()
{
    return last;
}

hipError_t exchange_last_error(hipError_t error)
{
    hipError_t before = last;
    last = error;
    return before;
}

hipError_t sticky_error()
{
    return sticky.load(std::memory_order_relaxed);
}

void set_sticky_error(hipError_t error)
{
    hipError_t none = hipSuccess;
    sticky.compare_exchange_strong(none, error);
}

void clear_sticky_error()
{
    sticky.store(hipSuccess);
}

namespace
{

struct ErrorText {
    hipError_t error;
    const char *name, *text;
};

#define ERROR_TEXT(error, text)                                                                                        \
    {                                                                                                                  \
        error, #error, text                                                                                            \
    }

const ErrorText error_texts[] = {
    ERROR_TEXT(hipSuccess, "no error"),
    ERROR_TEXT(hipErrorInvalidValue, "invalid argument"),
    ERROR_TEXT(hipErrorOutOfMemory, "out of memory"),
    ERROR_TEXT(hipErrorNotInitialized, "initialization error"),
    ERROR_TEXT(hipErrorDeinitialized, "driver shutting down"),
    ERROR_TEXT(hipErrorProfilerDisabled, "profiler disabled while using external profiling tool"),
    ERROR_TEXT(hipErrorProfilerNotInitialized, "profiler is not initialized"),
    ERROR_TEXT(hipErrorProfilerAlreadyStarted, "profiler already started"),
    ERROR_TEXT(hipErrorProfilerAlreadyStopped, "profiler already stopped"),
    ERROR_TEXT(hipErrorInvalidConfiguration, "invalid configuration argument"),
    ERROR_TEXT(hipErrorInvalidPitchValue, "invalid pitch argument"),
    ERROR_TEXT(hipErrorInvalidSymbol, "invalid device symbol"),
    ERROR_TEXT(hipErrorInvalidDevicePointer, "invalid device pointer"),
    ERROR_TEXT(hipErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
    ERROR_TEXT(hipErrorInsufficientDriver, "driver version is insufficient for runtime version"),
    ERROR_TEXT(hipErrorMissingConfiguration, "missing launch configuration"),
    ERROR_TEXT(hipErrorPriorLaunchFailure, "unspecified launch failure in prior launch"),
    ERROR_TEXT(hipErrorInvalidDeviceFunction, "invalid device function"),
    ERROR_TEXT(hipErrorNoDevice, "no GPU is detected"),
    ERROR_TEXT(hipErrorInvalidDevice, "invalid device ordinal"),
    ERROR_TEXT(hipErrorInvalidImage, "device kernel image is invalid"),
    ERROR_TEXT(hipErrorInvalidContext, "invalid device context"),
    ERROR_TEXT(hipErrorContextAlreadyCurrent, "context is already current context"),
    ERROR_TEXT(hipErrorMapFailed, "mapping of buffer object failed"),
    ERROR_TEXT(hipErrorUnmapFailed, "unmapping of buffer object failed"),
    ERROR_TEXT(hipErrorArrayIsMapped, "array is mapped"),
    ERROR_TEXT(hipErrorAlreadyMapped, "resource already mapped"),
    ERROR_TEXT(hipErrorNoBinaryForGpu, "no kernel image is available for execution on the device"),
    ERROR_TEXT(hipErrorAlreadyAcquired, "resource already acquired"),
    ERROR_TEXT(hipErrorNotMapped, "resource not mapped"),
    ERROR_TEXT(hipErrorNotMappedAsArray, "resource not mapped as array"),
    ERROR_TEXT(hipErrorNotMappedAsPointer, "resource not mapped as pointer"),
    ERROR_TEXT(hipErrorECCNotCorrectable, "uncorrectable ECC error encountered"),
    ERROR_TEXT(hipErrorUnsupportedLimit, "limit is not supported on this architecture"),
    ERROR_TEXT(hipErrorContextAlreadyInUse, "exclusive-thread device already in use by a different thread"),
    ERROR_TEXT(hipErrorPeerAccessUnsupported, "peer access is not supported between these two devices"),
    ERROR_TEXT(hipErrorInvalidKernelFile, "invalid kernel file"),
    ERROR_TEXT(hipErrorInvalidGraphicsContext, "invalid OpenGL or DirectX context"),
    ERROR_TEXT(hipErrorInvalidSource, "device kernel image is invalid"),
    ERROR_TEXT(hipErrorFileNotFound, "file not found"),
    ERROR_TEXT(hipErrorSharedObjectSymbolNotFound, "shared object symbol not found"),
    ERROR_TEXT(hipErrorSharedObjectInitFailed, "shared object initialization failed"),
    ERROR_TEXT(hipErrorOperatingSystem, "operating system call failed or unsupported on this system"),
    ERROR_TEXT(hipErrorInvalidHandle, "invalid resource handle"),
    ERROR_TEXT(hipErrorIllegalState, "the operation cannot be performed in the present state"),
    ERROR_TEXT(hipErrorNotFound, "named symbol not found"),
    ERROR_TEXT(hipErrorNotReady, "device not ready"),
    ERROR_TEXT(hipErrorIllegalAddress, "an illegal memory access was encountered"),
    ERROR_TEXT(hipErrorLaunchOutOfResources, "too many resources requested for launch"),
    ERROR_TEXT(hipErrorLaunchTimeOut, "the launch timed out and was terminated"),
    ERROR_TEXT(hipErrorPeerAccessAlreadyEnabled, "peer access is already enabled"),
    ERROR_TEXT(hipErrorPeerAccessNotEnabled, "peer access has not been enabled"),
    ERROR_TEXT(hipErrorSetOnActiveProcess, "cannot set while device is active in this process"),
    ERROR_TEXT(hipErrorContextIsDestroyed, "context is destroyed"),
    ERROR_TEXT(hipErrorAssert, "device-side assert triggered"),
    ERROR_TEXT(hipErrorHostMemoryAlreadyRegistered, "part or all of the requested memory range is already mapped"),
    ERROR_TEXT(hipErrorHostMemoryNotRegistered, "pointer does not correspond to a registered memory region"),
    ERROR_TEXT(hipErrorLaunchFailure, "unspecified launch failure"),
    ERROR_TEXT(hipErrorCooperativeLaunchTooLarge, "too many blocks in cooperative launch"),
    ERROR_TEXT(hipErrorNotSupported, "operation not supported"),
    ERROR_TEXT(hipErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    ERROR_TEXT(hipErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture"),
    ERROR_TEXT(hipErrorStreamCaptureMerge, "operation would result in a merge of separate capture sequences"),
    ERROR_TEXT(hipErrorStreamCaptureUnmatched, "capture was not ended in the same stream as it began"),
    ERROR_TEXT(hipErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    ERROR_TEXT(hipErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream"),
    ERROR_TEXT(hipErrorStreamCaptureImplicit, "operation would make the null stream depend on a capturing stream"),
    ERROR_TEXT(hipErrorCapturedEvent, "operation not permitted on an event last recorded in a capturing stream"),
    ERROR_TEXT(hipErrorStreamCaptureWrongThread, "attempt to terminate a thread-local capture from another thread"),
    ERROR_TEXT(hipErrorGraphExecUpdateFailure, "the graph update was not performed: it violates its constraints"),
    ERROR_TEXT(hipErrorUnknown, "unknown error"),
    ERROR_TEXT(hipErrorRuntimeMemory, "runtime memory call returned error"),
    ERROR_TEXT(hipErrorRuntimeOther, "runtime call other than memory returned error"),
};

const ErrorText &text_of(hipError_t error)
{
    for (const ErrorText &entry : error_texts)
        if (entry.error == error)
            return entry;
    return text_of(hipErrorUnknown);
}

} // namespace

} // namespace gpu

const char *hipGetErrorName(hipError_t error)
{
    return gpu::text_of(error).name;
}

const char *hipGetErrorString(hipError_t error)
{
    return gpu::text_of(error).text;
}

hipError_t hipPeekAtLastError(void)
{
    hipError_t sticky = gpu::sticky_error();
    return sticky != hipSuccess ? sticky : gpu::last_error();
}

hipError_t hipGetLastError(void)
{
    hipError_t last = gpu::exchange_last_error(hipSuccess);
    hipError_t sticky = gpu::sticky_error();
    return sticky != hipSuccess ? sticky : last;
}
