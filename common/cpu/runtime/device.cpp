// The one device: choosing it, waiting for it, its limits, and setting it back.
#include <atomic>
#include <cstdio>
#include <cstring>

#include "../gpu/engine.h"
#include "internal.h"

using namespace gpu;

namespace gpu
{

static const char pci_bus_id[] = "0000:00:00.0";

// Set and read again, without any other effect.
static std::atomic<unsigned> device_flags{hipDeviceScheduleAuto};
static std::atomic<size_t> printf_bytes{1 << 20}, heap_bytes{8 << 20};
static std::atomic<hipFuncCache_t> cache_config{hipFuncCachePreferNone};
static std::atomic<hipSharedMemConfig> bank_config{hipSharedMemBankSizeDefault};

hipError_t check_device(int device)
{
    return device == 0 ? hipSuccess : hipErrorInvalidDevice;
}

// Stores a fact where it is asked for.
template <class T, class U> hipError_t give(T *place, U value)
{
    return api([&] {
        if (!place)
            return hipErrorInvalidValue;
        *place = value;
        return hipSuccess;
    });
}

// A host's functions need more stack than a device's, so what is asked for is a minimum.
static hipError_t set_stack_limit(size_t bytes)
{
    static const size_t least = stack_size();
    constexpr size_t most = (size_t)1 << 30;
    if (bytes > most)
        return hipErrorInvalidValue;
    set_stack_size(bytes < least ? least : bytes);
    return hipSuccess;
}

} // namespace gpu

hipError_t hipInit(unsigned int flags)
{
    return api([&] { return flags == 0 ? hipSuccess : hipErrorInvalidValue; });
}

hipError_t hipDriverGetVersion(int *version)
{
    return give(version, HIP_VERSION);
}

hipError_t hipRuntimeGetVersion(int *version)
{
    return give(version, HIP_VERSION);
}

hipError_t hipGetDeviceCount(int *count)
{
    return give(count, 1);
}

hipError_t hipSetDevice(int device)
{
    return api([&] { return check_device(device); });
}

hipError_t hipGetDevice(int *device)
{
    return give(device, 0);
}

hipError_t hipDeviceGet(hipDevice_t *device, int ordinal)
{
    return api([&] {
        if (!device)
            return hipErrorInvalidValue;
        hipError_t error = check_device(ordinal);
        if (error == hipSuccess)
            *device = ordinal;
        return error;
    });
}

hipError_t hipChooseDevice(int *device, const hipDeviceProp_t *wanted)
{
    return api([&] {
        if (!device || !wanted)
            return hipErrorInvalidValue;
        *device = 0;
        return hipSuccess;
    });
}

hipError_t hipDeviceGetPCIBusId(char *id, int room, int device)
{
    return api([&] {
        if (!id || room < (int)sizeof pci_bus_id)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess)
            memcpy(id, pci_bus_id, sizeof pci_bus_id);
        return error;
    });
}

hipError_t hipDeviceGetByPCIBusId(int *device, const char *id)
{
    return api([&] {
        unsigned domain, bus, slot;
        if (!device || !id || sscanf(id, "%x:%x:%x", &domain, &bus, &slot) != 3)
            return hipErrorInvalidValue;
        if (domain || bus || slot)
            return hipErrorInvalidDevice;
        *device = 0;
        return hipSuccess;
    });
}

hipError_t hipDeviceCanAccessPeer(int *can, int device, int peer)
{
    return api([&] {
        if (!can)
            return hipErrorInvalidValue;
        if (check_device(device) != hipSuccess || check_device(peer) != hipSuccess)
            return hipErrorInvalidDevice;
        *can = 0;
        return hipSuccess;
    });
}

hipError_t hipDeviceSynchronize(void)
{
    return api([] { return check_no_capture_at_all(); });
}

hipError_t hipDeviceReset(void)
{
    clear_sticky_error();
    exchange_last_error(hipSuccess);
    destroy_streams_and_events();
    destroy_graphs();
    release_all_memory();
    return hipSuccess;
}

hipError_t hipSetDeviceFlags(unsigned int flags)
{
    return api([&] {
        constexpr unsigned known = hipDeviceScheduleMask | hipDeviceMapHost | hipDeviceLmemResizeToMax;
        if (flags & ~known)
            return hipErrorInvalidValue;
        device_flags = flags;
        return hipSuccess;
    });
}

hipError_t hipGetDeviceFlags(unsigned int *flags)
{
    return give(flags, device_flags.load());
}

hipError_t hipDeviceSetLimit(hipLimit_t limit, size_t value)
{
    return api([&] {
        switch (limit) {
        case hipLimitStackSize:
            return set_stack_limit(value);
        case hipLimitPrintfFifoSize:
            printf_bytes = value;
            return hipSuccess;
        case hipLimitMallocHeapSize:
            heap_bytes = value;
            return hipSuccess;
        default:
            return hipErrorUnsupportedLimit;
        }
    });
}

hipError_t hipDeviceGetLimit(size_t *value, hipLimit_t limit)
{
    switch (limit) {
    case hipLimitStackSize:
        return give(value, stack_size());
    case hipLimitPrintfFifoSize:
        return give(value, printf_bytes.load());
    case hipLimitMallocHeapSize:
        return give(value, heap_bytes.load());
    default:
        return api([] { return hipErrorUnsupportedLimit; });
    }
}

hipError_t hipDeviceSetCacheConfig(hipFuncCache_t config)
{
    return api([&] {
        if (config > hipFuncCachePreferEqual)
            return hipErrorInvalidValue;
        cache_config = config;
        return hipSuccess;
    });
}

hipError_t hipDeviceGetCacheConfig(hipFuncCache_t *config)
{
    return give(config, cache_config.load());
}

hipError_t hipDeviceSetSharedMemConfig(hipSharedMemConfig config)
{
    return api([&] {
        if (config > hipSharedMemBankSizeEightByte)
            return hipErrorInvalidValue;
        bank_config = config;
        return hipSuccess;
    });
}

hipError_t hipDeviceGetSharedMemConfig(hipSharedMemConfig *config)
{
    return give(config, bank_config.load());
}

// A profiler that is attached from outside (perf) takes no notice.
hipError_t hipProfilerStart(void)
{
    return api([] { return hipSuccess; });
}

hipError_t hipProfilerStop(void)
{
    return api([] { return hipSuccess; });
}
