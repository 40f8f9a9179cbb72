// Launch sizes chosen by the occupancy functions, device properties and attributes that must agree with each
// other, a large dynamic shared array asked for by hipFuncSetAttribute, and 64-bit indices.
#include <hip/hip_runtime.h>
#include <cstdlib>
#include <iostream>
#include <vector>
using namespace std;

static void HandleError(hipError_t err, const char *file, int line)
{
    if (err != hipSuccess) {
        cout << "FAILED: " << hipGetErrorString(err) << " in " << file << " at line " << line << endl;
        exit(EXIT_FAILURE);
    }
}
#define HANDLE_ERROR(err) (HandleError(err, __FILE__, __LINE__))

__global__ void triple(long long *data, size_t count)
{
    size_t step = (size_t)blockDim.x * gridDim.x;
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step)
        data[i] = 3 * data[i] + 1;
}

// Reverses blockDim.x * each elements by way of shared memory.
__global__ void reverse_shared(long long *data, int each)
{
    extern __shared__ long long buffer[];
    const int total = blockDim.x * each;
    for (int i = threadIdx.x; i < total; i += blockDim.x)
        buffer[i] = data[i];
    __syncthreads();
    for (int i = threadIdx.x; i < total; i += blockDim.x)
        data[i] = buffer[total - 1 - i];
}

static bool expect(bool condition, const char *what)
{
    if (!condition)
        cout << "FAILED: " << what << endl;
    return condition;
}

int main()
{
    int devices = 0, device = -1;
    HANDLE_ERROR(hipGetDeviceCount(&devices));
    HANDLE_ERROR(hipSetDevice(0));
    HANDLE_ERROR(hipGetDevice(&device));
    hipDeviceProp_t prop;
    HANDLE_ERROR(hipGetDeviceProperties(&prop, device));
    cout << prop.name << ", " << prop.multiProcessorCount << " multiprocessors, "
         << (prop.totalGlobalMem >> 20) << " MiB, warp " << prop.warpSize << endl;
    int warp = 0, processors = 0, threadLimit = 0, shared = 0;
    HANDLE_ERROR(hipDeviceGetAttribute(&warp, hipDeviceAttributeWarpSize, device));
    HANDLE_ERROR(hipDeviceGetAttribute(&processors, hipDeviceAttributeMultiprocessorCount, device));
    HANDLE_ERROR(hipDeviceGetAttribute(&threadLimit, hipDeviceAttributeMaxThreadsPerBlock, device));
    HANDLE_ERROR(hipDeviceGetAttribute(&shared, hipDeviceAttributeMaxSharedMemoryPerBlock, device));
    size_t freeBytes = 0, totalBytes = 0;
    HANDLE_ERROR(hipMemGetInfo(&freeBytes, &totalBytes));
    if (!expect(devices >= 1 && device == 0, "device count") || !expect(warp == prop.warpSize, "warp size") ||
        !expect(processors == prop.multiProcessorCount && processors > 0, "multiprocessors") ||
        !expect(threadLimit == prop.maxThreadsPerBlock && threadLimit >= 256, "threads a block") ||
        !expect(shared == (int)prop.sharedMemPerBlock && shared >= 32768, "shared memory") ||
        !expect(freeBytes <= totalBytes && totalBytes > 0, "memory info") ||
        !expect(prop.maxThreadsDim[0] >= 256 && prop.maxGridSize[0] >= 65535, "limits of a launch") ||
        !expect(prop.maxThreadsPerMultiProcessor >= prop.maxThreadsPerBlock, "threads a multiprocessor"))
        return EXIT_FAILURE;

    int minGridSize = 0, blockSize = 0, active = 0;
    HANDLE_ERROR(hipOccupancyMaxPotentialBlockSize(&minGridSize, &blockSize, triple, 0, 0));
    HANDLE_ERROR(hipOccupancyMaxActiveBlocksPerMultiprocessor(&active, triple, blockSize, 0));
    if (!expect(blockSize > 0 && blockSize <= threadLimit && blockSize % warp == 0, "suggested block size") ||
        !expect(minGridSize >= 1, "suggested grid size") ||
        !expect(active >= 1 && active * blockSize <= prop.maxThreadsPerMultiProcessor, "active blocks"))
        return EXIT_FAILURE;
    hipFuncAttributes attributes;
    HANDLE_ERROR(hipFuncGetAttributes(&attributes, (const void *)triple));
    if (!expect(attributes.maxThreadsPerBlock >= blockSize, "maxThreadsPerBlock of the kernel"))
        return EXIT_FAILURE;

    const size_t count = 123457;
    vector<long long> numbers(count), expected(count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = (long long)i << 20;
        expected[i] = 3 * numbers[i] + 1;
    }
    long long *dev_numbers = 0;
    HANDLE_ERROR(hipMalloc((void **)&dev_numbers, count * sizeof(long long)));
    HANDLE_ERROR(hipMemcpy(dev_numbers, &numbers[0], count * sizeof(long long), hipMemcpyHostToDevice));
    triple<<<minGridSize, blockSize>>>(dev_numbers, count);
    HANDLE_ERROR(hipGetLastError());

    const int threads = 256, each = shared / 2 / (int)sizeof(long long) / threads, total = threads * each;
    const size_t bytes = total * sizeof(long long);
    HANDLE_ERROR(hipFuncSetAttribute((const void *)reverse_shared, hipFuncAttributeMaxDynamicSharedMemorySize,
                                     (int)bytes));
    hipLaunchKernelGGL(reverse_shared, 1, threads, bytes, 0, dev_numbers, each);
    HANDLE_ERROR(hipGetLastError());
    HANDLE_ERROR(hipMemcpy(&numbers[0], dev_numbers, count * sizeof(long long), hipMemcpyDeviceToHost));
    HANDLE_ERROR(hipFree(dev_numbers));
    for (size_t i = 0; i < count; i++) {
        size_t from = i < (size_t)total ? total - 1 - i : i;
        if (numbers[i] != expected[from]) {
            cout << "FAILED: element " << i << " is " << numbers[i] << ", expected " << expected[from] << endl;
            return EXIT_FAILURE;
        }
    }
    cout << "PASSED" << endl;
    return EXIT_SUCCESS;
}
