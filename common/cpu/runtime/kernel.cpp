// Kernels by their address: launches with an array of arguments, their attributes, and how many blocks fit.
#include <algorithm>
#include <map>
#include <mutex>

#include "../gpu/registry.h"
#include "internal.h"
#include "worker.h"

namespace gpu
{

namespace
{

constexpr int threads_per_multiprocessor = 2048, blocks_per_multiprocessor = 32;

struct Entry {
    AnyFunction host_side;
    CallByAddresses call;
    unsigned parameters;
    const Kernel *kernel;
};

struct Kernels {
    std::mutex mutex;
    std::map<const void *, Entry> entries;
};

Kernels &kernels()
{
    static Kernels *it = new Kernels; // kernels register before main(), in no known order
    return *it;
}

// Entries are never removed, and a map does not move them.
const Entry *find_kernel(const void *address)
{
    Kernels &all = kernels();
    std::lock_guard<std::mutex> lock(all.mutex);
    auto entry = all.entries.find(address);
    return entry == all.entries.end() ? nullptr : &entry->second;
}

// How many blocks a multiprocessor holds; 0 where the kernel cannot be launched so.
int blocks_that_fit(const Kernel &kernel, size_t block_size, size_t dynamic_shared)
{
    if (block_size == 0 || block_size > kernel.max_threads || dynamic_shared > max_shared_bytes)
        return 0;
    size_t shared = kernel.static_shared + dynamic_shared;
    if (shared > max_shared_bytes)
        return 0;
    size_t blocks = std::min<size_t>(threads_per_multiprocessor / block_size, blocks_per_multiprocessor);
    return (int)(shared ? std::min(blocks, max_shared_bytes / shared) : blocks);
}

// Puts the arguments in and reports how this launch went, apart from what went wrong before it.
hipError_t call(const Entry &entry, void **arguments)
{
    hipError_t before = exchange_last_error(hipSuccess);
    entry.call(entry.host_side, arguments);
    return exchange_last_error(before);
}

template <class Configure> hipError_t launch_by_address(const void *address, void **arguments, Configure configure)
{
    return api([&] {
        const Entry *entry = find_kernel(address);
        if (!entry)
            return hipErrorInvalidDeviceFunction;
        if (entry->parameters && !arguments)
            return hipErrorInvalidValue;
        hipError_t error = configure(*entry->kernel);
        return error != hipSuccess ? error : call(*entry, arguments);
    });
}

} // namespace

bool register_kernel(AnyFunction host_side, CallByAddresses call, unsigned parameters, const Kernel *kernel)
{
    Kernels &all = kernels();
    std::lock_guard<std::mutex> lock(all.mutex);
    all.entries[(const void *)host_side] = {host_side, call, parameters, kernel};
    return true;
}

} // namespace gpu

using namespace gpu;

hipError_t hipLaunchKernel(const void *address, dim3 grid, dim3 block, void **arguments, size_t shared,
                           hipStream_t stream)
{
    return launch_by_address(address, arguments, [&](const Kernel &) {
        configure(grid, block, shared, stream);
        return hipSuccess;
    });
}

hipError_t hipLaunchCooperativeKernel(const void *address, dim3 grid, dim3 block, void **arguments, unsigned int shared,
                                      hipStream_t stream)
{
    return launch_by_address(address, arguments, [&](const Kernel &kernel) {
        unsigned long long row = (unsigned long long)grid.x * grid.y; // 64 bits hold it, and clearly not row * grid.z
        unsigned long long room = blocks_that_fit(kernel, (size_t)block.x * block.y * block.z, shared);
        room *= worker_count();
        // A configuration that fits no multiprocessor has a fault of its own, which the launch tells.
        if (room && grid.z && row > room / grid.z)
            return hipErrorCooperativeLaunchTooLarge;
        configure_cooperative(grid, block, shared, stream);
        return hipSuccess;
    });
}

hipError_t hipFuncGetAttributes(hipFuncAttributes *attributes, const void *address)
{
    return api([&] {
        if (!attributes)
            return hipErrorInvalidValue;
        const Entry *entry = find_kernel(address);
        if (!entry)
            return hipErrorInvalidDeviceFunction;
        *attributes = {};
        attributes->localSizeBytes = stack_size();
        attributes->maxDynamicSharedSizeBytes = (int)(max_shared_bytes - entry->kernel->static_shared);
        attributes->maxThreadsPerBlock = (int)entry->kernel->max_threads;
        attributes->preferredShmemCarveout = -1;
        attributes->sharedSizeBytes = entry->kernel->static_shared;
        return hipSuccess;
    });
}

// Some devices give more than 48 KiB of shared memory only to kernels that asked for it before. Here all may have it.
hipError_t hipFuncSetAttribute(const void *address, hipFuncAttribute attribute, int value)
{
    return api([&] {
        const Entry *entry = find_kernel(address);
        if (!entry)
            return hipErrorInvalidDeviceFunction;
        if (attribute == hipFuncAttributeMaxDynamicSharedMemorySize) {
            bool fits = value >= 0 && (size_t)value + entry->kernel->static_shared <= max_shared_bytes;
            return fits ? hipSuccess : hipErrorInvalidValue;
        }
        bool carveout = attribute == hipFuncAttributePreferredSharedMemoryCarveout && value >= -1 && value <= 100;
        return carveout ? hipSuccess : hipErrorInvalidValue;
    });
}

hipError_t hipFuncSetCacheConfig(const void *address, hipFuncCache_t config)
{
    return api([&] {
        if (!find_kernel(address))
            return hipErrorInvalidDeviceFunction;
        return config <= hipFuncCachePreferEqual ? hipSuccess : hipErrorInvalidValue;
    });
}

hipError_t hipFuncSetSharedMemConfig(const void *address, hipSharedMemConfig config)
{
    return api([&] {
        if (!find_kernel(address))
            return hipErrorInvalidDeviceFunction;
        return config <= hipSharedMemBankSizeEightByte ? hipSuccess : hipErrorInvalidValue;
    });
}

hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *address, int block_size, size_t shared)
{
    return api([&] {
        if (!blocks || block_size <= 0)
            return hipErrorInvalidValue;
        const Entry *entry = find_kernel(address);
        if (!entry)
            return hipErrorInvalidDeviceFunction;
        *blocks = blocks_that_fit(*entry->kernel, (size_t)block_size, shared);
        return hipSuccess;
    });
}

hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *address, int block_size,
                                                                 size_t shared, unsigned int flags)
{
    if (flags != hipOccupancyDefault && flags != hipOccupancyDisableCachingOverride)
        return api([] { return hipErrorInvalidValue; });
    return hipOccupancyMaxActiveBlocksPerMultiprocessor(blocks, address, block_size, shared);
}

// The largest of the block sizes that keep the most threads on a multiprocessor, and the grid that fills the device.
hipError_t hipOccupancyMaxPotentialBlockSize(int *grid_size, int *block_size, const void *address, size_t shared,
                                             int block_size_limit)
{
    return api([&] {
        if (!grid_size || !block_size || block_size_limit < 0)
            return hipErrorInvalidValue;
        const Entry *entry = find_kernel(address);
        if (!entry)
            return hipErrorInvalidDeviceFunction;
        int largest = (int)entry->kernel->max_threads;
        if (block_size_limit > 0 && block_size_limit < largest)
            largest = block_size_limit;
        int best_size = 0, best_blocks = 0;
        // Whole warps, and the limit itself where that is none.
        for (int size = largest; size > 0; size = (size - 1) / warpSize * warpSize) {
            int blocks = blocks_that_fit(*entry->kernel, (size_t)size, shared);
            if (blocks * size > best_blocks * best_size) {
                best_size = size;
                best_blocks = blocks;
            }
        }
        if (best_size == 0)
            return hipErrorInvalidConfiguration;
        *block_size = best_size;
        *grid_size = best_blocks * (int)worker_count();
        return hipSuccess;
    });
}
