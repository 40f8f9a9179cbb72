// hipMalloc and its kin, and what can be asked about an address.
#include "internal.h"

using namespace gpu;

static hipError_t allocate_host(void **address, size_t bytes, unsigned flags)
{
    return api([&] {
        hipError_t error = check_no_capture();
        return error != hipSuccess ? error : allocate(address, bytes, MemoryKind::host, flags);
    });
}

static hipError_t free_memory(void *address, MemoryKind kind, MemoryKind or_kind)
{
    return api([&] {
        if (!address)
            return hipSuccess;
        hipError_t error = check_no_capture();
        return error != hipSuccess ? error : release(address, kind, or_kind);
    });
}

hipError_t hipMalloc(void **address, size_t bytes)
{
    return api([&] {
        hipError_t error = check_no_capture();
        return error != hipSuccess ? error : allocate(address, bytes, MemoryKind::device, 0);
    });
}

hipError_t hipMallocManaged(void **address, size_t bytes, unsigned int flags)
{
    return api([&] {
        if (flags != hipMemAttachGlobal && flags != hipMemAttachHost)
            return hipErrorInvalidValue;
        if (bytes == 0)
            return hipErrorInvalidValue;
        hipError_t error = check_no_capture();
        return error != hipSuccess ? error : allocate(address, bytes, MemoryKind::managed, flags);
    });
}

hipError_t hipMallocPitch(void **address, size_t *pitch, size_t width, size_t height)
{
    return api([&] {
        if (!address || !pitch)
            return hipErrorInvalidValue;
        constexpr size_t row_alignment = 256;
        if (width > memory_total() || (width && height > memory_total() / width))
            return hipErrorOutOfMemory;
        hipError_t error = check_no_capture();
        if (error != hipSuccess)
            return error;
        size_t row = (width + row_alignment - 1) / row_alignment * row_alignment;
        error = allocate(address, row * height, MemoryKind::device, 0);
        if (error == hipSuccess)
            *pitch = row;
        return error;
    });
}

hipError_t hipFree(void *address)
{
    return free_memory(address, MemoryKind::device, MemoryKind::managed);
}

hipError_t hipHostMalloc(void **address, size_t bytes, unsigned int flags)
{
    constexpr unsigned known = hipHostMallocPortable | hipHostMallocMapped | hipHostMallocWriteCombined |
                               hipHostMallocNumaUser | hipHostMallocCoherent | hipHostMallocNonCoherent;
    constexpr unsigned contradiction = hipHostMallocCoherent | hipHostMallocNonCoherent;
    if ((flags & ~known) || (flags & contradiction) == contradiction)
        return api([] { return hipErrorInvalidValue; });
    return allocate_host(address, bytes, flags);
}

hipError_t hipHostAlloc(void **address, size_t bytes, unsigned int flags)
{
    return hipHostMalloc(address, bytes, flags);
}

hipError_t hipMallocHost(void **address, size_t bytes)
{
    return allocate_host(address, bytes, 0);
}

hipError_t hipMemAllocHost(void **address, size_t bytes)
{
    return allocate_host(address, bytes, 0);
}

hipError_t hipHostFree(void *address)
{
    return free_memory(address, MemoryKind::host, MemoryKind::host);
}

hipError_t hipFreeHost(void *address)
{
    return hipHostFree(address);
}

hipError_t hipHostRegister(void *address, size_t bytes, unsigned int flags)
{
    return api([&] {
        constexpr unsigned known =
            hipHostRegisterPortable | hipHostRegisterMapped | hipHostRegisterIoMemory | hipHostRegisterReadOnly;
        if (!address || bytes == 0 || (flags & ~known))
            return hipErrorInvalidValue;
        return register_host_memory(address, bytes, flags);
    });
}

hipError_t hipHostUnregister(void *address)
{
    return api([&] {
        if (!address)
            return hipErrorInvalidValue;
        hipError_t error = release(address, MemoryKind::registered, MemoryKind::registered);
        return error != hipSuccess ? hipErrorHostMemoryNotRegistered : hipSuccess;
    });
}

hipError_t hipHostGetDevicePointer(void **device_address, void *address, unsigned int flags)
{
    return api([&] {
        Region region;
        if (!device_address || flags != 0 || !find_region(address, &region))
            return hipErrorInvalidValue;
        if (region.kind != MemoryKind::host && region.kind != MemoryKind::registered)
            return hipErrorInvalidValue;
        *device_address = address;
        return hipSuccess;
    });
}

hipError_t hipHostGetFlags(unsigned int *flags, void *address)
{
    return api([&] {
        Region region;
        if (!flags || !find_region(address, &region))
            return hipErrorInvalidValue;
        if (region.kind != MemoryKind::host && region.kind != MemoryKind::registered)
            return hipErrorInvalidValue;
        *flags = region.flags;
        return hipSuccess;
    });
}

hipError_t hipMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    return api([&] {
        if (!free_bytes || !total_bytes)
            return hipErrorInvalidValue;
        *total_bytes = memory_total();
        *free_bytes = memory_total() - memory_used();
        return hipSuccess;
    });
}

hipError_t hipMemPtrGetInfo(void *address, size_t *bytes)
{
    return api([&] {
        Region region;
        if (!address || !bytes || !find_region(address, &region) || region.base != address)
            return hipErrorInvalidValue;
        *bytes = region.bytes;
        return hipSuccess;
    });
}

hipError_t hipMemGetAddressRange(hipDeviceptr_t *base, size_t *bytes, hipDeviceptr_t address)
{
    return api([&] {
        Region region;
        if (!base && !bytes)
            return hipErrorInvalidValue;
        if (!find_region(address, &region))
            return hipErrorInvalidDevicePointer;
        if (base)
            *base = region.base;
        if (bytes)
            *bytes = region.bytes;
        return hipSuccess;
    });
}

hipError_t hipPointerGetAttributes(hipPointerAttribute_t *attributes, const void *address)
{
    return api([&] {
        Region region;
        if (!attributes || !find_region(address, &region))
            return hipErrorInvalidValue;
        bool device_only = region.kind == MemoryKind::device || region.kind == MemoryKind::symbol;
        bool managed = region.kind == MemoryKind::managed;
        attributes->type = device_only ? hipMemoryTypeDevice : managed ? hipMemoryTypeManaged : hipMemoryTypeHost;
        attributes->device = 0;
        attributes->devicePointer = (void *)address;
        attributes->hostPointer = device_only ? nullptr : (void *)address;
        attributes->isManaged = managed;
        attributes->allocationFlags = region.flags;
        return hipSuccess;
    });
}

// A managed range is one whole piece of memory from hipMallocManaged.
static hipError_t check_managed(const void *address, size_t bytes, int device)
{
    Region region;
    if (device != hipCpuDeviceId && check_device(device) != hipSuccess)
        return hipErrorInvalidDevice;
    if (bytes == 0 || !find_region(address, &region) || region.kind != MemoryKind::managed)
        return hipErrorInvalidValue;
    return check_range(address, bytes, Side::any);
}

hipError_t hipMemPrefetchAsync(const void *address, size_t bytes, int device, hipStream_t stream)
{
    return api([&] {
        hipError_t error = check_managed(address, bytes, device);
        auto nothing = [] { return hipSuccess; };
        return error != hipSuccess ? error : submit(stream, nothing, hipGraphNodeTypeEmpty);
    });
}

hipError_t hipMemAdvise(const void *address, size_t bytes, hipMemoryAdvise advice, int device)
{
    return api([&] {
        bool known = (advice >= hipMemAdviseSetReadMostly && advice <= hipMemAdviseUnsetAccessedBy) ||
                     advice == hipMemAdviseSetCoarseGrain || advice == hipMemAdviseUnsetCoarseGrain;
        return known ? check_managed(address, bytes, device) : hipErrorInvalidValue;
    });
}
