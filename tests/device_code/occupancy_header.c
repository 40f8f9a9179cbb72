// Blocks a multiprocessor by NVIDIA's own header, for test_occupancy.py. Reads lines of eight numbers: compute
// capability (major, minor), threads and shared bytes a multiprocessor, shared bytes reserved a block; then threads,
// registers and shared bytes of the kernel.
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cuda_occupancy.h>

int main(void)
{
    int major, minor, max_threads, shared, reserved, threads, registers, bytes;
    while (scanf("%d %d %d %d %d %d %d %d", &major, &minor, &max_threads, &shared, &reserved, &threads, &registers,
                 &bytes) == 8) {
        struct cudaOccDeviceProp device;
        struct cudaOccFuncAttributes kernel;
        struct cudaOccDeviceState state;
        cudaOccResult result;
        memset(&device, 0, sizeof device);
        memset(&kernel, 0, sizeof kernel);
        memset(&state, 0, sizeof state);
        device.computeMajor = major;
        device.computeMinor = minor;
        device.maxThreadsPerBlock = 1024;
        device.maxThreadsPerMultiprocessor = max_threads;
        device.regsPerBlock = 65536;
        device.regsPerMultiprocessor = 65536;
        device.warpSize = 32;
        device.sharedMemPerBlock = 49152;
        device.sharedMemPerMultiprocessor = shared;
        device.sharedMemPerBlockOptin = shared - reserved;
        device.reservedSharedMemPerBlock = reserved;
        device.numSms = 1;
        kernel.maxThreadsPerBlock = 1024;
        kernel.numRegs = registers;
        kernel.sharedSizeBytes = bytes;
        kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
        kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_DEFAULT;
        kernel.numBlockBarriers = 1;
        state.carveoutConfig = SHAREDMEM_CARVEOUT_MAX_SHARED;
        if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, 0) != CUDA_OCC_SUCCESS)
            return 1;
        printf("%d\n", result.activeBlocksPerMultiprocessor);
    }
    return 0;
}
