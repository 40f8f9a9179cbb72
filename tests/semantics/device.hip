// What the device says of itself: properties, attributes and warpSize agree with one another; devices that are not
// there.
#include "expect.h"

__global__ void ask(int *out)
{
    out[0] = warpSize;
    out[1] = __popcll(__ballot(1));
}

__global__ void fill_block(int *out)
{
    out[threadIdx.x] = threadIdx.x;
}

static int attribute(hipDeviceAttribute_t which)
{
    int value = -12345;
    EXPECT_OK(hipDeviceGetAttribute(&value, which, 0));
    return value;
}

int main()
{
    int count = 0, device = -1, out_of_kernel[2];
    EXPECT_OK(hipInit(0));
    EXPECT_OK(hipGetDeviceCount(&count));
    EXPECT_EQ(count, 1);
    EXPECT_OK(hipGetDevice(&device));
    EXPECT_EQ(device, 0);
    EXPECT_OK(hipSetDevice(0));
    EXPECT_ERROR(hipSetDevice(count), hipErrorInvalidDevice);
    EXPECT_ERROR(hipSetDevice(-1), hipErrorInvalidDevice);

    hipDeviceProp_t p;
    memset((void *)&p, 0xee, sizeof p);
    EXPECT_OK(hipGetDeviceProperties(&p, 0));
    EXPECT_ERROR(hipGetDeviceProperties(&p, 7), hipErrorInvalidDevice);
    EXPECT_ERROR(hipGetDeviceProperties(nullptr, 0), hipErrorInvalidValue);
    int value;
    EXPECT_ERROR(hipDeviceGetAttribute(&value, hipDeviceAttributeWarpSize, 1), hipErrorInvalidDevice);
    EXPECT_ERROR(hipDeviceGetAttribute(nullptr, hipDeviceAttributeWarpSize, 0), hipErrorInvalidValue);
    EXPECT_ERROR(hipDeviceGetAttribute(&value, (hipDeviceAttribute_t)5000, 0), hipErrorInvalidValue);

    int *seen = room<int>(1024);
    ask<<<1, 1024>>>(seen);
    EXPECT_RAN();
    memcpy(out_of_kernel, seen, sizeof out_of_kernel);
    const char *wanted = getenv("GPU_WARP");
    EXPECT_EQ(p.warpSize, wanted ? atoi(wanted) : 32);
    EXPECT_EQ(out_of_kernel[0], p.warpSize);
    EXPECT_EQ(out_of_kernel[1], p.warpSize);
    EXPECT_EQ(attribute(hipDeviceAttributeWarpSize), p.warpSize);
    EXPECT_EQ((int)warpSize, p.warpSize); // host code may ask as well

    EXPECT(p.name[0] && memchr(p.name, 0, sizeof p.name));
    char name[256];
    EXPECT_OK(hipDeviceGetName(name, sizeof name, 0));
    EXPECT_EQ(std::string(name), std::string(p.name));
    EXPECT(p.multiProcessorCount >= 1);
    EXPECT_EQ(attribute(hipDeviceAttributeMultiprocessorCount), p.multiProcessorCount);
    EXPECT_EQ(p.maxThreadsPerBlock, 1024);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxThreadsPerBlock), p.maxThreadsPerBlock);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxBlockDimX), p.maxThreadsDim[0]);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxBlockDimY), p.maxThreadsDim[1]);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxBlockDimZ), p.maxThreadsDim[2]);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxGridDimX), p.maxGridSize[0]);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxGridDimY), p.maxGridSize[1]);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxGridDimZ), p.maxGridSize[2]);
    EXPECT_EQ((size_t)attribute(hipDeviceAttributeMaxSharedMemoryPerBlock), p.sharedMemPerBlock);
    EXPECT_EQ(p.sharedMemPerBlock, (size_t)65536);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxThreadsPerMultiProcessor), p.maxThreadsPerMultiProcessor);
    EXPECT(p.maxThreadsPerMultiProcessor >= p.maxThreadsPerBlock && p.maxThreadsPerMultiProcessor % p.warpSize == 0);
    EXPECT_EQ((size_t)attribute(hipDeviceAttributeTotalConstantMemory), p.totalConstMem);
    EXPECT(p.totalConstMem >= 65536);
    EXPECT_EQ(attribute(hipDeviceAttributeComputeCapabilityMajor), p.major);
    EXPECT_EQ(attribute(hipDeviceAttributeComputeCapabilityMinor), p.minor);
    EXPECT_EQ(attribute(hipDeviceAttributeClockRate), p.clockRate);
    EXPECT_EQ(attribute(hipDeviceAttributeMaxRegistersPerBlock), p.regsPerBlock);
    EXPECT_EQ(attribute(hipDeviceAttributeCooperativeLaunch), p.cooperativeLaunch);
    EXPECT_EQ(attribute(hipDeviceAttributeManagedMemory), p.managedMemory);
    EXPECT_EQ(attribute(hipDeviceAttributeL2CacheSize), p.l2CacheSize);
    EXPECT(p.cooperativeLaunch == 1 && p.managedMemory == 1);
    EXPECT(p.regsPerBlock > 0 && p.clockRate > 0 && p.major > 0 && p.maxGridSize[0] > 65535);
    EXPECT(p.arch.hasWarpShuffle && p.arch.hasDoubles && p.arch.hasGlobalInt32Atomics);
    size_t total = 0;
    EXPECT_OK(hipDeviceTotalMem(&total, 0));
    EXPECT_EQ(total, p.totalGlobalMem);
    int major = 0, minor = -1;
    EXPECT_OK(hipDeviceComputeCapability(&major, &minor, 0));
    EXPECT(major == p.major && minor == p.minor);

    // As large as the properties allow, in each direction.
    fill_block<<<1, dim3(p.maxThreadsDim[0])>>>(seen);
    fill_block<<<1, dim3(1, p.maxThreadsDim[1])>>>(seen);
    fill_block<<<1, dim3(1, 1, p.maxThreadsDim[2])>>>(seen);
    fill_block<<<dim3(1, p.maxGridSize[1]), 1>>>(seen);
    fill_block<<<dim3(1, 1, p.maxGridSize[2]), 1>>>(seen);
    EXPECT_RAN();

    // Limits.
    size_t stack = 0, again = 0;
    EXPECT_OK(hipDeviceGetLimit(&stack, hipLimitStackSize));
    EXPECT(stack > 0);
    EXPECT_OK(hipDeviceSetLimit(hipLimitStackSize, 2 * stack));
    EXPECT_OK(hipDeviceGetLimit(&again, hipLimitStackSize));
    EXPECT(again >= 2 * stack);
    EXPECT_OK(hipDeviceSetLimit(hipLimitStackSize, stack));
    EXPECT_ERROR(hipDeviceSetLimit((hipLimit_t)77, 1), hipErrorUnsupportedLimit);

    int version = 0;
    EXPECT_OK(hipRuntimeGetVersion(&version));
    EXPECT(version > 0);
    EXPECT_OK(hipDriverGetVersion(&version));
    EXPECT(version > 0);
    EXPECT_OK(hipDeviceCanAccessPeer(&value, 0, 0));
    EXPECT_EQ(value, 0);
    EXPECT_OK(hipSetDeviceFlags(hipDeviceScheduleSpin));

    // Reset: everything is gone, and the device is as new.
    int *memory;
    EXPECT_OK(hipMalloc(&memory, 64));
    EXPECT_OK(hipDeviceReset());
    EXPECT_ERROR(hipFree(memory), hipErrorInvalidValue);
    EXPECT_OK(hipMalloc(&memory, 64));
    EXPECT_OK(hipFree(memory));
    return expect_result();
}
