// The properties of the simulated GPU, and the same facts as attributes.
//
// Sizes of blocks, grids and shared memory are those that launches are checked against; the rest is what is true of
// the machine underneath. Where a fact has no meaning here (textures, ECC, peers) its value is 0.
#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>

#include "../gpu/engine.h"
#include "host_facts.h"
#include "internal.h"
#include "worker.h"

using namespace gpu;

static hipDeviceProp_t read_properties()
{
    hipDeviceProp_t p;
    memset(&p, 0, sizeof p);
    snprintf(p.name, sizeof p.name, "simulated GPU on %s", processor_name().c_str());
    snprintf(p.gcnArchName, sizeof p.gcnArchName, "cpu");
    p.totalGlobalMem = memory_total();
    p.sharedMemPerBlock = p.sharedMemPerBlockOptin = max_shared_bytes;
    p.maxSharedMemoryPerMultiProcessor = p.sharedMemPerMultiprocessor = max_shared_bytes;
    p.regsPerBlock = p.regsPerMultiprocessor = 65536;
    p.warpSize = ::warpSize;
    p.maxThreadsPerBlock = (int)max_block_threads;
    for (int &extent : p.maxThreadsDim)
        extent = (int)max_block_threads;
    p.maxGridSize[0] = INT_MAX;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.clockRate = p.clockInstructionRate = clock_khz; // so clock64() / clockRate is in ms, as on a device
    p.totalConstMem = 65536;
    p.major = 9;
    p.multiProcessorCount = (int)worker_count();
    p.l2CacheSize = (int)std::min<size_t>(last_cache_bytes(), INT_MAX);
    p.maxThreadsPerMultiProcessor = 2048;
    p.maxBlocksPerMultiProcessor = 32;
    p.arch.hasGlobalInt32Atomics = p.arch.hasGlobalFloatAtomicExch = 1;
    p.arch.hasSharedInt32Atomics = p.arch.hasSharedFloatAtomicExch = 1;
    p.arch.hasFloatAtomicAdd = 1;
    p.arch.hasGlobalInt64Atomics = p.arch.hasSharedInt64Atomics = 1;
    p.arch.hasDoubles = 1;
    p.arch.hasWarpVote = p.arch.hasWarpBallot = p.arch.hasWarpShuffle = 1;
    p.arch.hasFunnelShift = 1;
    p.arch.hasThreadFenceSystem = p.arch.hasSyncThreadsExt = 1;
    p.arch.has3dGrid = 1;
    p.canMapHostMemory = p.integrated = p.unifiedAddressing = p.hostNativeAtomicSupported = 1;
    p.managedMemory = p.directManagedMemAccessFromHost = p.concurrentManagedAccess = 1;
    p.cooperativeLaunch = p.streamPrioritiesSupported = p.memoryPoolsSupported = 1;
    p.memPitch = INT_MAX;
    return p;
}

static const hipDeviceProp_t &properties()
{
    static const hipDeviceProp_t it = read_properties();
    return it;
}

// All attributes that are a number. False for the others, and for what is no attribute.
static bool attribute_value(const hipDeviceProp_t &p, hipDeviceAttribute_t attribute, size_t *value)
{
    auto is = [&](auto fact) {
        *value = (size_t)fact;
        return true;
    };
    // clang-format off
    switch (attribute) {
    case hipDeviceAttributeCanMapHostMemory: return is(p.canMapHostMemory);
    case hipDeviceAttributeCanUseHostPointerForRegisteredMem: return is(1);
    case hipDeviceAttributeClockRate: return is(p.clockRate);
    case hipDeviceAttributeComputeMode: return is(p.computeMode);
    case hipDeviceAttributeConcurrentKernels: return is(p.concurrentKernels);
    case hipDeviceAttributeConcurrentManagedAccess: return is(p.concurrentManagedAccess);
    case hipDeviceAttributeCooperativeLaunch: return is(p.cooperativeLaunch);
    case hipDeviceAttributeDirectManagedMemAccessFromHost: return is(p.directManagedMemAccessFromHost);
    case hipDeviceAttributeGlobalL1CacheSupported: return is(1);
    case hipDeviceAttributeHostNativeAtomicSupported: return is(p.hostNativeAtomicSupported);
    case hipDeviceAttributeIntegrated: return is(p.integrated);
    case hipDeviceAttributeL2CacheSize: return is(p.l2CacheSize);
    case hipDeviceAttributeLocalL1CacheSupported: return is(1);
    case hipDeviceAttributeComputeCapabilityMajor: return is(p.major);
    case hipDeviceAttributeComputeCapabilityMinor: return is(p.minor);
    case hipDeviceAttributeManagedMemory: return is(p.managedMemory);
    case hipDeviceAttributeMaxBlocksPerMultiProcessor: return is(p.maxBlocksPerMultiProcessor);
    case hipDeviceAttributeMaxBlockDimX: return is(p.maxThreadsDim[0]);
    case hipDeviceAttributeMaxBlockDimY: return is(p.maxThreadsDim[1]);
    case hipDeviceAttributeMaxBlockDimZ: return is(p.maxThreadsDim[2]);
    case hipDeviceAttributeMaxGridDimX: return is(p.maxGridSize[0]);
    case hipDeviceAttributeMaxGridDimY: return is(p.maxGridSize[1]);
    case hipDeviceAttributeMaxGridDimZ: return is(p.maxGridSize[2]);
    case hipDeviceAttributeMaxThreadsDim: return is(p.maxThreadsDim[0]);
    case hipDeviceAttributeMaxThreadsPerBlock: return is(p.maxThreadsPerBlock);
    case hipDeviceAttributeMaxThreadsPerMultiProcessor: return is(p.maxThreadsPerMultiProcessor);
    case hipDeviceAttributeMaxPitch: return is(p.memPitch);
    case hipDeviceAttributeMemoryBusWidth: return is(p.memoryBusWidth);
    case hipDeviceAttributeMemoryClockRate: return is(p.memoryClockRate);
    case hipDeviceAttributeMultiprocessorCount: return is(p.multiProcessorCount);
    case hipDeviceAttributePhysicalMultiProcessorCount: return is(p.multiProcessorCount);
    case hipDeviceAttributeMaxRegistersPerBlock: return is(p.regsPerBlock);
    case hipDeviceAttributeMaxRegistersPerMultiprocessor: return is(p.regsPerMultiprocessor);
    case hipDeviceAttributeMaxSharedMemoryPerBlock: return is(p.sharedMemPerBlock);
    case hipDeviceAttributeSharedMemPerBlockOptin: return is(p.sharedMemPerBlockOptin);
    case hipDeviceAttributeSharedMemPerMultiprocessor: return is(p.sharedMemPerMultiprocessor);
    case hipDeviceAttributeMaxSharedMemoryPerMultiprocessor: return is(p.maxSharedMemoryPerMultiProcessor);
    case hipDeviceAttributeSingleToDoublePrecisionPerfRatio: return is(2);
    case hipDeviceAttributeStreamPrioritiesSupported: return is(p.streamPrioritiesSupported);
    case hipDeviceAttributeTotalConstantMemory: return is(p.totalConstMem);
    case hipDeviceAttributeTotalGlobalMem: return is(p.totalGlobalMem);
    case hipDeviceAttributeUnifiedAddressing: return is(p.unifiedAddressing);
    case hipDeviceAttributeWarpSize: return is(p.warpSize);
    case hipDeviceAttributeMemoryPoolsSupported: return is(p.memoryPoolsSupported);
    case hipDeviceAttributeClockInstructionRate: return is(p.clockInstructionRate);
    case hipDeviceAttributeWallClockRate: return is(p.clockInstructionRate);
    case hipDeviceAttributeFineGrainSupport: return is(1);
    // Texts, bytes and addresses, which an int cannot hold.
    case hipDeviceAttributeName:
    case hipDeviceAttributeUuid:
    case hipDeviceAttributeLuid:
    case hipDeviceAttributeArch:
    case hipDeviceAttributeGcnArchName:
    case hipDeviceAttributeHdpMemFlushCntl:
    case hipDeviceAttributeHdpRegFlushCntl: return false;
    default: break;
    }
    // clang-format on
    bool known = (attribute >= hipDeviceAttributeEccEnabled && attribute <= hipDeviceAttributeMemoryPoolsSupported) ||
                 (attribute >= hipDeviceAttributeClockInstructionRate && attribute <= hipDeviceAttributeWallClockRate);
    return known && is(0);
}

hipError_t hipGetDeviceProperties(hipDeviceProp_t *wanted, int device)
{
    return api([&] {
        if (!wanted)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess)
            *wanted = properties();
        return error;
    });
}

hipError_t hipDeviceGetAttribute(int *value, hipDeviceAttribute_t attribute, int device)
{
    return api([&] {
        if (!value)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error != hipSuccess)
            return error;
        size_t number;
        if (!attribute_value(properties(), attribute, &number))
            return hipErrorInvalidValue;
        *value = (int)std::min<size_t>(number, INT_MAX);
        return hipSuccess;
    });
}

hipError_t hipDeviceGetName(char *name, int room, hipDevice_t device)
{
    return api([&] {
        if (!name || room <= 0)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess)
            snprintf(name, (size_t)room, "%s", properties().name);
        return error;
    });
}

hipError_t hipDeviceTotalMem(size_t *bytes, hipDevice_t device)
{
    return api([&] {
        if (!bytes)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess)
            *bytes = properties().totalGlobalMem;
        return error;
    });
}

hipError_t hipDeviceComputeCapability(int *major, int *minor, hipDevice_t device)
{
    return api([&] {
        if (!major || !minor)
            return hipErrorInvalidValue;
        hipError_t error = check_device(device);
        if (error == hipSuccess) {
            *major = properties().major;
            *minor = properties().minor;
        }
        return error;
    });
}
