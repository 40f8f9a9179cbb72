// Stream-ordered memory: hipMallocAsync and the one pool that it takes from.
//
// A device's pool keeps freed memory for the next request. Here it goes back to the system at once, so that the pool
// never holds more than what is in use.
#include <mutex>

#include "internal.h"

using namespace gpu;

// What programs may set and read again. It changes nothing.
struct ihipMemPoolHandle_t {
    std::mutex mutex;
    int follow_events = 1, opportunistic = 1, internal_dependencies = 1;
    unsigned long long release_threshold = 0;
};

static ihipMemPoolHandle_t the_pool;

static hipError_t give_pool(hipMemPool_t *pool, int device)
{
    return api([&] {
        if (!pool)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess)
            *pool = &the_pool;
        return error;
    });
}

hipError_t hipDeviceGetDefaultMemPool(hipMemPool_t *pool, int device)
{
    return give_pool(pool, device);
}

hipError_t hipDeviceGetMemPool(hipMemPool_t *pool, int device)
{
    return give_pool(pool, device);
}

hipError_t hipDeviceSetMemPool(int device, hipMemPool_t pool)
{
    return api([&] {
        hipError_t error = check_device(device);
        return error != hipSuccess ? error : pool == &the_pool ? hipSuccess : hipErrorInvalidValue;
    });
}

hipError_t hipMemPoolTrimTo(hipMemPool_t pool, size_t)
{
    return api([&] { return pool == &the_pool ? hipSuccess : hipErrorInvalidValue; });
}

static int *policy(ihipMemPoolHandle_t &pool, hipMemPoolAttr attribute)
{
    switch (attribute) {
    case hipMemPoolReuseFollowEventDependencies:
        return &pool.follow_events;
    case hipMemPoolReuseAllowOpportunistic:
        return &pool.opportunistic;
    case hipMemPoolReuseAllowInternalDependencies:
        return &pool.internal_dependencies;
    default:
        return nullptr;
    }
}

hipError_t hipMemPoolSetAttribute(hipMemPool_t pool, hipMemPoolAttr attribute, void *value)
{
    return api([&] {
        if (pool != &the_pool || !value)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(pool->mutex);
        if (int *place = policy(*pool, attribute)) {
            *place = *(int *)value;
            return hipSuccess;
        }
        unsigned long long number = *(unsigned long long *)value;
        if (attribute == hipMemPoolAttrReleaseThreshold) {
            pool->release_threshold = number;
            return hipSuccess;
        }
        // The high-water marks can only be set back.
        bool mark = attribute == hipMemPoolAttrReservedMemHigh || attribute == hipMemPoolAttrUsedMemHigh;
        if (!mark || number != 0)
            return hipErrorInvalidValue;
        reset_memory_used_at_most();
        return hipSuccess;
    });
}

hipError_t hipMemPoolGetAttribute(hipMemPool_t pool, hipMemPoolAttr attribute, void *value)
{
    return api([&] {
        if (pool != &the_pool || !value)
            return hipErrorInvalidValue;
        std::lock_guard<std::mutex> lock(pool->mutex);
        if (int *place = policy(*pool, attribute)) {
            *(int *)value = *place;
            return hipSuccess;
        }
        unsigned long long *number = (unsigned long long *)value;
        switch (attribute) {
        case hipMemPoolAttrReleaseThreshold:
            *number = pool->release_threshold;
            return hipSuccess;
        case hipMemPoolAttrReservedMemCurrent:
        case hipMemPoolAttrUsedMemCurrent:
            *number = memory_used();
            return hipSuccess;
        case hipMemPoolAttrReservedMemHigh:
        case hipMemPoolAttrUsedMemHigh:
            *number = memory_used_at_most();
            return hipSuccess;
        default:
            return hipErrorInvalidValue;
        }
    });
}

hipError_t hipMallocAsync(void **address, size_t bytes, hipStream_t stream)
{
    return api([&] {
        if (!address)
            return hipErrorInvalidValue;
        hipError_t error = synchronize(stream); // a graph cannot hold an allocation
        return error != hipSuccess ? error : allocate(address, bytes, MemoryKind::device, 0);
    });
}

hipError_t hipMallocFromPoolAsync(void **address, size_t bytes, hipMemPool_t pool, hipStream_t stream)
{
    if (pool != &the_pool)
        return api([] { return hipErrorInvalidValue; });
    return hipMallocAsync(address, bytes, stream);
}

hipError_t hipFreeAsync(void *address, hipStream_t stream)
{
    return api([&] {
        if (!address)
            return hipErrorInvalidValue;
        hipError_t error = synchronize(stream);
        return error != hipSuccess ? error : release(address, MemoryKind::device, MemoryKind::managed);
    });
}
